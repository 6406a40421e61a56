"""The five sizes at the ladder's foot and the size in hand: whole lots, written in any unit.

What is in hand is whole lots and never changes by itself: a size in dollars or in risk is turned
into lots when it is taken, not while the price moves. The unit and its five sizes are each
contract's own; five sizes in lots are common to all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any, final

from terminal.domain.sizing import Sized, SizeUnit, Unsized, amount_of, lots_of
from terminal.domain.units import Lots, plain
from terminal.viewmodels import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from terminal.domain.sizing import SizeBasis, Sizing

SIZE_COUNT = 5
LARGEST = Lots(1_000_000_000)
"""A bound against slips of the keyboard; the real limits are the guard's."""
DIGITS = 12
"""So many digits of an amount are kept: fewer than a lot could get lost in."""

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
class Sizes:
    """Five stored sizes and the current one, at least one lot; pure, no Qt.

    ``basis`` tells what other units are converted with. ``amount`` is the size in hand in its unit,
    None while that is not known. ``said`` is a sentence about the last change, empty when there is
    nothing to say. ``chosen_lots`` is which of the common five in lots was chosen last. While
    ``is_pending`` there is no price yet for the chosen size, and the smallest one is in hand.
    """

    def __init__(self, stored: tuple[int, ...], chosen: int) -> None:
        if len(stored) != SIZE_COUNT or min(stored) < 1:
            raise ValueError(f"five sizes of at least one lot are needed, got {stored}")
        self._stored = [Lots(size) for size in stored]
        self.chosen_lots = self.chosen = chosen if 1 <= chosen <= SIZE_COUNT else 1
        self.current = self._stored[self.chosen - 1]
        self.amount: Decimal | None = Decimal(self.current)
        self.said = ""
        self.is_pending = False
        self.basis: Callable[[], SizeBasis | None] = _nothing
        self._symbol = ""
        self._owned: dict[str, _Own] = {}
        self._own = _Own()

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

    def lots_at(self, number: int) -> Lots | None:
        """Stored size 1 to 5 in lots by the prices of now; None where there is none."""
        found = self._convert(self.amounts[number - 1])
        return None if isinstance(found, Unsized) else found.lots

    def enter(self, symbol: str) -> None:
        """Another contract: its unit, and of another unit than lots its own chosen size."""
        was = self.unit
        self._symbol = symbol
        self._own = self._owned.setdefault(symbol, _Own())
        self.said = ""
        if self.unit is not SizeUnit.LOTS:
            self.choose(self._own.chosen)
        elif was is not SizeUnit.LOTS:
            self.choose(self.chosen_lots)

    def choose_unit(self, unit: SizeUnit) -> None:
        """Write this contract's sizes in another unit; the lots in hand stay what they are."""
        self._own.unit = unit
        self.set_current(self.current)

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
            own.unit = next((unit for unit in SizeUnit if unit.value == word), SizeUnit.LOTS)
            if isinstance(chosen, int) and 1 <= chosen <= SIZE_COUNT:
                own.chosen = chosen
            self._owned[symbol] = own
        if self._symbol in documents:
            self._own = self._owned[self._symbol]
            self.choose(self._own.chosen if self.unit is not SizeUnit.LOTS else self.chosen_lots)

    # In hand ---------------------------------------------------------------------------------

    def choose(self, number: int) -> None:
        """Take stored size 1 to 5 in hand; one that is less than a lot is not taken."""
        amount = self.amounts[number - 1]
        found = self._convert(amount)
        if isinstance(found, Unsized) and self._is_known():
            self.said = f"Size {number} was not taken. {found.reason}"
            return
        self._choose(number)
        if isinstance(found, Unsized):
            self.is_pending = True
            self.current, self.amount, self.said = self._smallest, amount, found.reason
            return
        self._hold(amount, found.lots, is_exact=found.is_exact)

    def settle(self) -> bool:
        """Convert the chosen size once there is a price for it; whether it was."""
        if self.is_pending and not isinstance(
            self._convert(self.amounts[self.chosen - 1]), Unsized
        ):
            self.choose(self.chosen)
            return True
        return False

    def store(self, number: int) -> None:
        """Keep the size in hand as 1 to 5."""
        if self.unit is SizeUnit.LOTS:
            self._stored[number - 1] = self.current
        elif self.amount is not None:
            self._own.of(self.unit)[number - 1] = self.amount
        self._choose(number)

    def _choose(self, number: int) -> None:
        self.chosen = number
        if self.unit is SizeUnit.LOTS:
            self.chosen_lots = number
        else:
            self._own.chosen = number

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
        found = self._convert(amount)
        if isinstance(found, Unsized):
            return found.reason
        self._hold(amount, found.lots, is_exact=found.is_exact)
        return ""

    def set_current(self, lots: int) -> None:
        """Take any size in lots in hand, clamped to what is sensible."""
        self.current = Lots(min(max(1, lots), LARGEST))
        self.said, self.is_pending = "", False
        self.amount = self._amount(self.current)

    def step(self, direction: int) -> None:
        """One step up (+1) or down (-1): one unit of the leading digit, but at least one lot."""
        amount = self.amount
        if amount is None or self.is_pending:
            return
        place = amount.adjusted()
        if direction < 0 and amount == Decimal(1).scaleb(place):
            place -= 1
        if self.unit is SizeUnit.LOTS:
            place = max(0, place)
        before = self.current
        self._change(amount + direction * Decimal(1).scaleb(place))
        if (self.current - before) * direction <= 0 and not self.is_pending:
            self.set_current(max(self._smallest, before + direction * self._smallest))

    def halve(self) -> None:
        """Half the size, rounded down, at least one lot."""
        if self.amount is not None and not self.is_pending:
            self._change(self.amount / 2)

    def double(self) -> None:
        """Twice the size."""
        if self.amount is not None and not self.is_pending:
            self._change(self.amount * 2)

    def _change(self, amount: Decimal) -> None:
        found = self._convert(amount) if amount > 0 else None
        if found is None or (isinstance(found, Unsized) and self._is_known()):
            self.set_current(self._smallest)
        elif isinstance(found, Unsized):
            self.said = found.reason
        elif self.unit is SizeUnit.LOTS:
            self.set_current(found.lots)
        else:
            self._hold(amount, found.lots, is_exact=found.is_exact)

    def _hold(self, amount: Decimal, lots: Lots, *, is_exact: bool) -> None:
        self.current = min(lots, LARGEST)
        self.amount, self.is_pending = amount, False
        self.said = "" if is_exact else "Rounded down to whole lots."
        if self.unit is SizeUnit.LOTS:
            self.amount, self.said = Decimal(self.current), ""

    @property
    def _smallest(self) -> Lots:
        basis = self.basis()
        return Lots(1 if basis is None else basis.contract.lot_size)

    def _is_known(self) -> bool:
        """Whether the present unit can be converted at all now."""
        return self._amount(Lots(1)) is not None

    def _convert(self, amount: Decimal) -> Sizing:
        if self.unit is SizeUnit.LOTS:
            return _whole_lots(amount)
        basis = self.basis()
        if basis is None:
            return Unsized("There is no price yet to reckon the size with.")
        return lots_of(self.unit, amount, basis)

    def _amount(self, lots: Lots) -> Decimal | None:
        """What so many lots are in the present unit: rounded up, so that it is those lots again."""
        if self.unit is SizeUnit.LOTS:
            return Decimal(lots)
        basis = self.basis()
        exact = None if basis is None else amount_of(self.unit, lots, basis)
        return None if exact is None else _rounded(exact)


def _nothing() -> None:
    return None


def _whole_lots(amount: Decimal) -> Sizing:
    lots = int(amount)
    return Sized(Lots(lots), lots == amount) if lots >= 1 else Unsized("Less than one lot.")


def _rounded(exact: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec, context.rounding = DIGITS, ROUND_CEILING
        return Decimal(exact.numerator) / Decimal(exact.denominator)


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
