"""Positions that were closed, as the exchange remembers them. Source: reference 3.8, 7.1."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.trading.timeline import Timeline

if TYPE_CHECKING:
    from terminal.simexchange.trading.margin import SimPosition

KEPT_CLOSINGS = 10_000
_GRID = Decimal("1E-10")
_NUMBERS_PER_MS = 100_000
_WAYS = {"liquid": "LIQUID", "adl": "ADL", "settlement": "SETTLEMENT"}


@final
class ClosedPosition(NamedTuple):
    """One position from its first lot to its last. Times are epoch ms.

    ``gross`` is what it earned before fees, ``fees`` what it paid for trades (above zero),
    ``funding`` what it got (below zero: paid), all in the settle currency on a grid of 1E-10.
    Prices are averages over all that was opened, and all that was closed.
    """

    number: int
    symbol: str
    currency: str
    margin_mode: str
    leverage: Decimal
    way: str
    """How it was closed: CLOSE, LIQUID, ADL or SETTLEMENT."""
    is_long: bool
    gross: Decimal
    fees: Decimal
    funding: Decimal
    opened_ms: int
    closed_ms: int
    open_price: Decimal
    close_price: Decimal
    liquid_lots: int = 0
    """Those of its lots that were liquidated, and their average price."""
    liquid_price: Decimal = Decimal(0)

    @property
    def pnl(self) -> Decimal:
        """What it brought in all."""
        return self.gross - self.fees + self.funding


@final
class Closings:
    """The closed positions of one account by the time of it (ms), the latest 10,000."""

    def __init__(self, now_ms: int) -> None:
        self._times: Timeline[ClosedPosition] = Timeline(KEPT_CLOSINGS)
        # They go on where the clock is, so that a restarted exchange never gives one out twice.
        self._last = now_ms * _NUMBERS_PER_MS

    def add(self, held: SimPosition, trade_type: str, now_ms: int, *, is_long: bool) -> None:
        """The last lot of a position is gone, by a trade of this type: remember it."""
        self._last += 1
        spec = held.spec
        row = ClosedPosition(
            self._last,
            spec.symbol,
            spec.settle,
            held.margin_mode,
            held.leverage,
            _WAYS.get(trade_type, "CLOSE"),
            is_long,
            _rounded(held.realized_gross),
            _rounded(held.fees),
            _rounded(held.funding),
            held.opened_ms,
            now_ms,
            _rounded(held.average(held.opened_value)),
            _rounded(held.average(held.closed_value)),
            held.liquid_lots,
            _rounded(held.average(held.liquid_value, held.liquid_lots))
            if held.liquid_lots
            else Decimal(0),
        )
        self._times.add(spec.symbol, now_ms, row.number, row)

    def newest(
        self, symbol: str | None = None, since_ms: int | None = None, until_ms: int | None = None
    ) -> list[ClosedPosition]:
        """Those closed in a window, newest first; both ends belong to it, None is open."""
        return self._times.newest(symbol, since_ms, until_ms)


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(_GRID, ROUND_HALF_EVEN)
