"""The five sizes at the ladder's foot and the size in hand: a number in a unit.

What is in hand is what was chosen: 250 dollars stay 250 dollars, 5 lots stay 5 lots. Its whole lots
are reckoned once for each frame, from the prices of that moment, and hold until the next one: what
is shown is what a hand sends. The unit and its five sizes are each contract's own; five sizes in
lots are common to all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.domain.sizing import (
    UNITS,
    Sized,
    SizeUnit,
    Unsized,
    lots_of,
    shown_amount,
    why_unknown,
)
from terminal.domain.units import Lots, plain
from terminal.viewmodels import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.domain.sizing import SizeBasis, Sizing

SIZE_COUNT = 5
LARGEST = Lots(1_000_000_000)
"""A bound against slips of the keyboard; the real limits are the guard's."""
NO_CONTRACT = Unsized("There is no price yet to reckon the size with.")

_WHOLE = re.compile(r"[0-9]{1,12}")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
_SHIPPED: Mapping[SizeUnit, tuple[str, ...]] = {
    SizeUnit.COIN: ("0.001", "0.005", "0.01", "0.05", "0.1"),
    SizeUnit.VALUE: ("100", "250", "500", "1000", "5000"),
    SizeUnit.RISK: ("0.25", "0.5", "1", "1.5", "2"),
}


@final
@dataclass(slots=True)
class _Own:
    """One contract's unit, its five sizes in each unit but lots, and which is chosen."""

    unit: SizeUnit = SizeUnit.LOTS
    chosen: int = 1
    amounts: dict[SizeUnit, list[Decimal]] = field(default_factory=dict)

    def of(self, unit: SizeUnit) -> list[Decimal]:
        """The five sizes in a unit, those as shipped before any were set."""
        return self.amounts.setdefault(unit, [Decimal(one) for one in _SHIPPED[unit]])


@final
class InHand(NamedTuple):
    """The size in hand as it was chosen: so many of a unit. Of lots it is a whole number."""

    unit: SizeUnit
    amount: Decimal


@final
class Sizes:
    """Five stored sizes and the one in hand; pure, no Qt.

    ``basis`` tells what other units are converted with; it is asked by ``settle``, once a frame,
    and what it said holds until then. ``said`` is a sentence about the last change, empty when
    there is nothing to say. ``chosen_lots`` is which of the common five in lots was chosen last.
    """

    def __init__(self, stored: tuple[int, ...], chosen: int) -> None:
        if len(stored) != SIZE_COUNT or min(stored) < 1:
            raise ValueError(f"five sizes of at least one lot are needed, got {stored}")
        self._stored = [Lots(size) for size in stored]
        self.chosen_lots = self.chosen = chosen if 1 <= chosen <= SIZE_COUNT else 1
        self.said = ""
        self._source: Callable[[], SizeBasis | None] = _nothing
        self._basis: SizeBasis | None = None
        self._symbol = ""
        self._owned: dict[str, _Own] = {}
        self._own = _Own()
        self.in_hand = InHand(SizeUnit.LOTS, Decimal(self._stored[self.chosen - 1]))
        self._found: Sizing = self._convert(self.in_hand)

    # Stored ----------------------------------------------------------------------------------

    @property
    def stored(self) -> tuple[Lots, ...]:
        """The five sizes in lots, which are common to all contracts."""
        return tuple(self._stored)

    @property
    def unit(self) -> SizeUnit:
        """What sizes of this contract are written in."""
        return self._own.unit

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """The five sizes in the present unit."""
        if self.unit is SizeUnit.LOTS:
            return tuple(Decimal(size) for size in self._stored)
        return tuple(self._own.of(self.unit))

    def enter(self, symbol: str) -> None:
        """Another contract: its unit, and of another unit than lots its own chosen size."""
        was = self.unit
        self._symbol = symbol
        self._own = self._owned.setdefault(symbol, _Own())
        self._look()
        if self.unit is not SizeUnit.LOTS or was is not SizeUnit.LOTS:
            self._take_chosen()
        else:
            self.said = ""

    def choose_unit(self, unit: SizeUnit) -> None:
        """Write this contract's sizes in another of the four units; lots in hand stay these lots.

        While they are not known, the chosen size of the other unit is taken.
        """
        if unit is self.unit:
            return
        lots = self.current
        self._own.unit = unit
        self._look()
        if lots is None:
            self._take_chosen()
        else:
            self.set_current(lots)

    def documents(self) -> dict[str, dict[str, Any]]:
        """What is to be stored of the contracts, in words of JSON."""
        return {
            symbol: {
                "unit": own.unit.value,
                "chosen": own.chosen,
                **{unit.value: [plain(one) for one in own.amounts[unit]] for unit in own.amounts},
            }
            for symbol, own in self._owned.items()
            if own.unit is not SizeUnit.LOTS or own.amounts
        }

    def restore(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Take over what was stored; what makes no sense is as if it were not there."""
        for symbol, one in documents.items():
            own = _Own()
            for unit in _SHIPPED:
                amounts = _read(one.get(unit.value))
                if amounts is not None:
                    own.amounts[unit] = amounts
            word, chosen = one.get("unit"), one.get("chosen")
            own.unit = next((unit for unit in UNITS if unit.value == word), SizeUnit.LOTS)
            if isinstance(chosen, int) and 1 <= chosen <= SIZE_COUNT:
                own.chosen = chosen
            self._owned[symbol] = own
        if self._symbol in documents:
            self._own = self._owned[self._symbol]
            self._look()
            self._take_chosen()

    # Reckoned --------------------------------------------------------------------------------

    @property
    def basis(self) -> SizeBasis | None:
        """What the sizes of this frame are converted with; None without a contract."""
        return self._basis

    def follow(self, source: Callable[[], SizeBasis | None]) -> None:
        """From now on ``source`` tells what sizes are converted with."""
        self._source = source
        self.settle()

    def settle(self) -> None:
        """Reckon the lots anew, by the prices of now: once for each frame, before it is drawn."""
        before = self._basis
        self._look()
        if self._basis != before:
            self._found = self._convert(self.in_hand)

    @property
    def current(self) -> Lots | None:
        """The lots of the size in hand, at least one; None while they cannot be reckoned."""
        return self._found.lots if isinstance(self._found, Sized) else None

    @property
    def problem(self) -> str:
        """Why there are no lots for the size in hand; empty when there are."""
        return self._found.reason if isinstance(self._found, Unsized) else ""

    @property
    def amount(self) -> Decimal | None:
        """The size in hand in the present unit; None while that cannot be reckoned."""
        unit, amount = self.in_hand
        if unit is self.unit:
            return amount
        lots, basis = self.current, self._basis
        return None if lots is None or basis is None else shown_amount(self.unit, lots, basis)

    @property
    def is_kept_in_lots(self) -> bool:
        """Whether lots are in hand although sizes are written in another unit."""
        return self.in_hand.unit is not self.unit

    def is_chosen(self, number: int) -> bool:
        """Whether stored size 1 to 5 is what is in hand."""
        return number == self.chosen and self.in_hand == (self.unit, self.amounts[number - 1])

    def lots_at(self, number: int) -> Lots | None:
        """Stored size 1 to 5 in lots as of this frame; None where there is none."""
        found = self._convert(InHand(self.unit, self.amounts[number - 1]))
        return None if isinstance(found, Unsized) else found.lots

    def to_send(self, number: int | None = None) -> Sized | Unsized:
        """What a hand sends: the lots of this frame, of the size in hand or of stored size 1 to 5.

        None at all where they could not be reckoned any more: never a number of before.
        """
        wanted = self.in_hand if number is None else InHand(self.unit, self.amounts[number - 1])
        found = self._found if number is None else self._convert(wanted)
        if isinstance(found, Unsized) or wanted.unit is SizeUnit.LOTS:
            return found
        now = self._source()
        reason = NO_CONTRACT.reason if now is None else why_unknown(wanted.unit, now)
        return Unsized(reason) if reason else found

    # In hand ---------------------------------------------------------------------------------

    def choose(self, number: int) -> None:
        """Take stored size 1 to 5 in hand; one that is less than a lot is not taken."""
        wanted = InHand(self.unit, self.amounts[number - 1])
        found = self._convert(wanted)
        if isinstance(found, Unsized) and not self._unknown(self.unit):
            self.said = f"Size {number} was not taken. {found.reason}"
            return
        self._choose(number)
        self._take(wanted)

    def store(self, number: int) -> bool:
        """Keep the size in hand as 1 to 5; whether its amount is known."""
        amount = self.amount
        if amount is None:
            return False
        if self.unit is SizeUnit.LOTS:
            self._stored[number - 1] = Lots(int(amount))
        else:
            self._own.of(self.unit)[number - 1] = amount
        self._choose(number)
        self._take(InHand(self.unit, amount))
        return True

    def take_text(self, typed: str) -> str:
        """Take a typed size of the present unit in hand; answers why not, empty when it was."""
        if self.unit is SizeUnit.LOTS:
            lots = parse_lots(typed)
            if lots is None:
                return f"'{typed}' is not a whole number of lots."
            self.set_current(lots)
            return ""
        amount = parse_amount(typed)
        if amount is None:
            return f"'{typed}' is not a size above zero."
        found = self._convert(InHand(self.unit, amount))
        if isinstance(found, Unsized):
            return found.reason
        self._take(InHand(self.unit, amount))
        return ""

    def set_current(self, lots: int) -> None:
        """Take so many lots in hand, clamped to what is sensible: they stay these lots."""
        self._take(InHand(SizeUnit.LOTS, Decimal(min(max(1, lots), LARGEST))))

    def step(self, direction: int) -> None:
        """One step up (+1) or down (-1): one unit of the leading digit, but at least one lot."""
        unit, amount = self.in_hand
        before = self.current or 0
        place = amount.adjusted()
        if direction < 0 and amount == Decimal(1).scaleb(place):
            place -= 1
        if unit is SizeUnit.LOTS:
            place = max(0, place)
        if not self._change(amount + direction * Decimal(1).scaleb(place)):
            return
        if ((self.current or 0) - before) * direction <= 0:
            self.set_current(max(self._smallest, before + direction * self._smallest))

    def halve(self) -> None:
        """Half the size, rounded down, at least one lot."""
        self._change(self.in_hand.amount / 2)

    def double(self) -> None:
        """Twice the size."""
        self._change(self.in_hand.amount * 2)

    def _change(self, amount: Decimal) -> bool:
        """Another number of the same unit, at least one lot; False where it means nothing now."""
        unit = self.in_hand.unit
        self.said = self._unknown(unit)
        if self.said:
            return False
        wanted = InHand(unit, min(amount, Decimal(LARGEST)))
        if unit is SizeUnit.LOTS:
            self.set_current(max(int(amount), self._smallest))
        elif amount <= 0 or isinstance(self._convert(wanted), Unsized):
            self.set_current(self._smallest)
        else:
            self._take(wanted)
        return True

    def _choose(self, number: int) -> None:
        self.chosen = number
        if self.unit is SizeUnit.LOTS:
            self.chosen_lots = number
        else:
            self._own.chosen = number

    def _take_chosen(self) -> None:
        self.chosen = self.chosen_lots if self.unit is SizeUnit.LOTS else self._own.chosen
        self._take(InHand(self.unit, self.amounts[self.chosen - 1]))

    def _take(self, wanted: InHand) -> None:
        self.in_hand = wanted
        self._found = self._convert(wanted)
        is_rounded = isinstance(self._found, Sized) and not self._found.is_exact
        self.said = "Rounded down to whole lots." if is_rounded else ""

    def _look(self) -> None:
        self._basis = self._source()

    @property
    def _smallest(self) -> Lots:
        return Lots(1 if self._basis is None else self._basis.contract.lot_size)

    def _unknown(self, unit: SizeUnit) -> str:
        """Why a unit cannot be converted at all in this frame; empty when it can be."""
        if unit is SizeUnit.LOTS:
            return ""
        return NO_CONTRACT.reason if self._basis is None else why_unknown(unit, self._basis)

    def _convert(self, wanted: InHand) -> Sizing:
        if wanted.unit is SizeUnit.LOTS:
            return Sized(Lots(int(wanted.amount)), is_exact=True)
        if self._basis is None:
            return NO_CONTRACT
        found = lots_of(wanted.unit, wanted.amount, self._basis)
        if isinstance(found, Sized) and found.lots > LARGEST:
            return Sized(LARGEST, is_exact=False)
        return found


def _nothing() -> None:
    return None


def _read(document: object) -> list[Decimal] | None:
    """Five stored amounts; None where they are not."""
    if not isinstance(document, list) or len(document) != SIZE_COUNT:
        return None
    try:
        amounts = [Decimal(one) for one in document if isinstance(one, str)]
    except InvalidOperation:
        return None
    is_good = len(amounts) == SIZE_COUNT and all(
        one.is_finite() and 0 < one <= LARGEST for one in amounts
    )
    return amounts if is_good else None


def parse_lots(typed: str) -> Lots | None:
    """Read whole lots above zero as typed by a user; None when it is something else."""
    bare = "".join(typed.split())
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _WHOLE.fullmatch(bare):
        return None
    lots = int(bare)
    return Lots(lots) if 1 <= lots <= LARGEST else None


def parse_amount(typed: str) -> Decimal | None:
    """Read an amount above zero as typed by a user; None when it is something else."""
    bare = text.bare_number(typed)
    if bare == "x":
        return None
    amount = Decimal(bare)
    return amount if 0 < amount <= LARGEST else None
