"""Where positions break even: the one place that knows, for what is drawn and for what is sent.

It gathers what was charged from the fills, the account's rates and the next funding. Who draws a
breakeven, reckons a result at a price or sends a stop to it asks here, so that all of them agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.breakeven import breakeven
from terminal.domain.fees_paid import PaidFees, fees_of
from terminal.domain.position_charges import KnownFacts, charges_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from terminal.domain.account_facts import FeeRates
    from terminal.domain.contract import Contract
    from terminal.domain.position_charges import PositionCharges
    from terminal.domain.units import ExactPrice, Price, Symbol
    from terminal.session.account import Position
    from terminal.session.charges import ChargeBook
    from terminal.session.own_fills import OwnFills
    from terminal.session.positions import Key


@final
class BreakevenPoint(NamedTuple):
    """Where leaving as taker loses nothing, in ticks, and the charges that it follows from.

    ``resting`` is where a limit that rests loses nothing. None where there is no such price.
    """

    price: Price | None
    resting: Price | None
    known: PositionCharges


@final
class _Kept:
    """What was reckoned last for one position, and from what."""

    __slots__ = ("of", "paid", "paid_of", "point")

    def __init__(self) -> None:
        self.paid_of: tuple[object, ...] = ()
        self.paid: PaidFees | None = None
        self.of: tuple[object, ...] = ()
        self.point: BreakevenPoint | None = None


@final
class Breakevens:
    """Reckons anew only when something that it follows from has changed.

    ``mark_of`` tells the mark price as it was heard last: funding is valued by it.
    """

    def __init__(
        self,
        charges: ChargeBook,
        fills: OwnFills,
        mark_of: Callable[[Symbol], ExactPrice | None],
    ) -> None:
        self._charges = charges
        self._fills = fills
        self._mark_of = mark_of
        self._kept: dict[Key, _Kept] = {}
        self.on_changed = charges.on_changed
        """Tells that rates or funding were read."""

    def of(self, contract: Contract, position: Position) -> BreakevenPoint | None:
        """The breakeven of one position of a contract; None while it is flat.

        Begins to read rates and funding that are not known yet. Cost: O(own fills) after a fill,
        else a comparison.
        """
        symbol, core = contract.symbol, position.core
        key, entry = (symbol, position.lane), core.average_entry
        if core.is_flat or entry is None or entry.value <= 0:
            self._kept.pop(key, None)
            return None
        kept = self._kept.setdefault(key, _Kept())
        rates = self._charges.fees(symbol)
        funding = self._charges.funding(symbol) if contract.is_perpetual else None
        mark = self._mark_of(symbol)
        known = KnownFacts(
            self._paid(kept, contract, position, rates),
            rates,
            funding,
            None if mark is None else mark.value,
        )
        of = (contract, core, known)
        if kept.point is None or of != kept.of:
            kept.of, kept.point = of, _point(contract, core.lots, entry.value, known)
        return kept.point

    def _paid(
        self, kept: _Kept, contract: Contract, position: Position, rates: FeeRates | None
    ) -> PaidFees:
        """The fees of what is held, looked up when a fill or the position is another."""
        lots = position.core.lots
        of = (contract, lots, rates, self._fills.revision)
        if kept.paid is None or of != kept.paid_of:
            fills = self._fills.of_lane(contract.symbol, position.lane)
            kept.paid_of, kept.paid = of, fees_of(contract, lots, fills, rates)
        return kept.paid


def _point(contract: Contract, lots: int, entry: Decimal, known: KnownFacts) -> BreakevenPoint:
    found = charges_of(contract, lots, entry, known)
    charges = found.charges
    return BreakevenPoint(
        breakeven(contract, lots, entry, charges),
        breakeven(contract, lots, entry, charges.resting),
        found,
    )
