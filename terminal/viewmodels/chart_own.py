"""Our own things on the chart: orders and position as lines, fills as marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.viewmodels.chart_columns import interval_end_ms
from terminal.viewmodels.chart_marks import entry_line, fill_marks, last_line, order_lines
from terminal.viewmodels.chart_view import ChartPart

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.session.account import AccountSession
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.chart_columns import CandleValues, ChartColumns
    from terminal.viewmodels.chart_view import FillMark, PriceLine


@final
class OwnThings:
    """Reads the desk and the account. ``forget`` is called when orders or fills are others."""

    def __init__(self, desk: OrderDesk, account: AccountSession, clock: Clock) -> None:
        self._desk = desk
        self._account = account
        self._clock = clock
        self._orders: tuple[PriceLine, ...] | None = None
        self._marks: tuple[FillMark, ...] | None = None

    def forget(self) -> None:
        """Make everything anew when it is asked for next."""
        self._orders = self._marks = None

    def lines(
        self,
        market: MarketSession,
        live: CandleValues,
        columns: ChartColumns,
        parts: frozenset[ChartPart],
    ) -> tuple[PriceLine, ...]:
        """The wanted lines; the last price's is always one of them."""
        contract = market.contract
        lines: tuple[PriceLine, ...] = ()
        if ChartPart.ORDERS in parts:
            if self._orders is None:
                self._orders = order_lines(self._desk.working(contract.symbol), contract)
            lines = self._orders
        if ChartPart.POSITION in parts:
            mark = None if market.mark is None else market.mark.mark_price
            for position in self._account.held(contract.symbol):
                lines = (*lines, *entry_line(position.core, mark, contract))
        now_ms = self._clock.now_ms()
        left_ms = interval_end_ms(now_ms, columns.interval) - now_ms
        return (*lines, last_line(live, contract, columns.interval, left_ms))

    def marks(
        self, contract: Contract, columns: ChartColumns, parts: frozenset[ChartPart]
    ) -> tuple[FillMark, ...]:
        """The fills of a contract, if they are wanted."""
        if ChartPart.FILLS not in parts:
            return ()
        if self._marks is None:
            self._marks = fill_marks(self._desk.fills, contract, columns.slot_of)
        return self._marks
