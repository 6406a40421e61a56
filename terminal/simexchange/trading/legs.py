"""The legs of contracts: a position of one side, and what the orders sent for it hold back.

Source: reference 3.8 and 3.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.market.matching import SELL
from terminal.simexchange.trading.holds import OrderHolds
from terminal.simexchange.trading.margin import SimPosition
from terminal.simexchange.trading.sides import BOTH, HEDGED, ONE_WAY, POSITION_SIDES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terminal.simexchange.market.contracts import ContractSpec


@final
class Leg:
    """One side of one contract of one account."""

    __slots__ = ("holds", "position", "side")

    def __init__(self, spec: ContractSpec, side: str) -> None:
        self.side = side
        self.position = SimPosition(spec, side=side)
        self.holds = OrderHolds(spec)

    @property
    def lots(self) -> int:
        """Signed lots of its position."""
        return self.position.lots

    @property
    def is_idle(self) -> bool:
        """True when it binds no money: no position, and no order that holds anything."""
        return not self.position.lots and self.holds.is_empty


@final
class Legs:
    """All legs of one account, and which of them its position mode uses. It begins one-way."""

    def __init__(self, specs: Iterable[ContractSpec]) -> None:
        self._all = {
            (spec.symbol, side): Leg(spec, side) for spec in specs for side in POSITION_SIDES
        }
        symbols = [symbol for symbol, side in self._all if side == BOTH]
        self._one_way, self._hedged = (
            {symbol: tuple(self._all[symbol, side] for side in sides) for symbol in symbols}
            for sides in (ONE_WAY, HEDGED)
        )
        self._present = self._one_way

    @property
    def is_hedged(self) -> bool:
        """True in hedge mode."""
        return self._present is self._hedged

    def switch(self, *, is_hedged: bool) -> None:
        """Use the legs of a mode. None is open; the settings of the contracts go over."""
        before, self._present = self._present, self._hedged if is_hedged else self._one_way
        for symbol, legs in self._present.items():
            old = before[symbol][0].position
            for leg in legs:
                leg.position.level = old.level
                leg.position.is_auto_deposit = old.is_auto_deposit

    def one(self, symbol: str, side: str = BOTH) -> Leg:
        """One side of a contract."""
        return self._all[symbol, side]

    def of(self, symbol: str) -> tuple[Leg, ...]:
        """The sides of a contract in the present mode: one, or long and short."""
        return self._present[symbol]

    def opened_by(self, symbol: str, side: str) -> Leg:
        """The leg of the present mode that orders of a side open."""
        return self._present[symbol][-1 if side == SELL else 0]

    def open(self, symbol: str | None = None) -> Iterator[SimPosition]:
        """Positions that there are, of all contracts or of one."""
        for name in self._present if symbol is None else (symbol,):
            for leg in self._present[name]:
                if leg.position.lots:
                    yield leg.position
