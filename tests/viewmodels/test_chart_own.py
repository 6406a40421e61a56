"""Own orders, fills and position as the chart asks for them: kept until told, and left out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.candles import CandleInterval, CandleSeries, SeriesChange
from terminal.domain.units import Lots, OrderId, Price
from terminal.viewmodels.chart_columns import ChartColumns
from terminal.viewmodels.chart_own import OwnThings
from terminal.viewmodels.chart_view import ALL_PARTS, ChartPart, LineKind
from tests.support.builders import a_contract, a_fill, a_position_update, an_order_update
from tests.support.desktop import Desktop
from tests.support.fake_candles import some_candles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Asked:
    """Own things, and what a chart of thirty candles gets when it asks for them."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.own = OwnThings(desktop.desk, desktop.account, desktop.clock)
        series = CandleSeries(CandleInterval.M1)
        series.merge(some_candles(30))
        self.columns = ChartColumns(CandleInterval.M1)
        self.columns.take(series, SeriesChange(0, 0, 30))

    def kinds(self, parts: frozenset[ChartPart] = ALL_PARTS) -> list[LineKind]:
        market = self.desktop.workspace.market
        assert market is not None
        lines = self.own.lines(market, self.columns.values(-1), self.columns, parts)
        return [line.kind for line in lines]

    def fills(self, parts: frozenset[ChartPart] = ALL_PARTS) -> list[tuple[int, int]]:
        marks = self.own.marks(a_contract(), self.columns, parts)
        return [(mark.slot, mark.lots) for mark in marks]


@contextlib.asynccontextmanager
async def asked() -> AsyncIterator[Asked]:
    desktop = await Desktop().start()
    try:
        yield Asked(desktop)
    finally:
        await desktop.stop()


async def test_lines_are_orders_then_entry_then_the_last_price() -> None:
    """What is drawn later lies above: the last price covers all others."""
    async with asked() as it:
        assert it.kinds() == [LineKind.LAST]
        it.desktop.bench.stream.push(
            an_order_update(order_id=OrderId("o1"), client_oid=None), a_position_update(2, "100")
        )
        it.own.forget()
        assert it.kinds() == [LineKind.ORDER, LineKind.ENTRY, LineKind.LAST]
        assert it.kinds(ALL_PARTS - {ChartPart.ORDERS}) == [LineKind.ENTRY, LineKind.LAST]
        assert it.kinds(ALL_PARTS - {ChartPart.POSITION}) == [LineKind.ORDER, LineKind.LAST]
        assert it.kinds(frozenset()) == [LineKind.LAST]


async def test_orders_and_fills_are_kept_until_they_are_others() -> None:
    """Nothing is made anew a frame: only ``forget`` looks at the desk again."""
    async with asked() as it:
        newest = int(it.columns.slots[-1])
        assert it.kinds() == [LineKind.LAST]
        assert it.fills() == []
        it.desktop.bench.stream.push(an_order_update(order_id=OrderId("o1"), client_oid=None))
        it.desktop.desk.take_recent_fills((a_fill(price=Price(1000), lots=Lots(3)),))
        assert it.kinds() == [LineKind.LAST]
        assert it.fills() == []

        it.own.forget()

        assert it.kinds() == [LineKind.ORDER, LineKind.LAST]
        assert it.fills() == [(newest, 3)]
        assert it.fills(ALL_PARTS - {ChartPart.FILLS}) == []
