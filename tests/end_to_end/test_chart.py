"""The chart by real keys and mouse, on real candle sessions, against the exchange over sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from terminal.domain.candles import CandleInterval
from terminal.domain.units import Price, Symbol
from terminal.session.results import Submitted
from terminal.storage.paths import resources
from terminal.viewmodels.chart import ChartViewModel
from terminal.viewmodels.chart_view import LineKind
from terminal.viewmodels.frame import QtFrameClock
from terminal.viewmodels.workspace import Workspace
from terminal.widgets.chart import ChartPanel
from terminal.widgets.theme import Theme
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from terminal.domain.candles import Candle
    from terminal.viewmodels.chart_view import ChartView

pytestmark = pytest.mark.usefixtures("qapp")
ETH = Symbol("ETHUSDTM")
WORDS = ("1min", "5min", "15min", "30min")


class Hands:
    """The panel with somebody at keys and mouse, and the exchange below."""

    def __init__(self, live: Live, vm: ChartViewModel, panel: ChartPanel, desk: Workspace) -> None:
        self.live = live
        self.vm = vm
        self.panel = panel
        self.workspace = desk

    @property
    def view(self) -> ChartView:
        return self.vm.view

    def press(self, key: Qt.Key, *, alt: bool = False) -> None:
        held = Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(self.panel.canvas, key, held)

    def click(self, name: str) -> None:
        button = self.panel.findChild(QToolButton, name)
        assert isinstance(button, QToolButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    async def shows(self, interval: CandleInterval) -> None:
        await eventually(
            lambda: self.view.interval is interval and self.view.end > self.view.first + 1,
            f"{interval.text} candles",
        )

    def drawn(self) -> dict[int, tuple[float, ...]]:
        """Every candle of the chart's columns by its start."""
        columns = self.view.columns
        assert columns is not None
        found: dict[int, tuple[float, ...]] = {}
        for number in range(len(columns)):
            one = columns.values(number)
            start = columns.start_of(int(one.slot))
            found[int(start)] = (one.open, one.high, one.low, one.close, one.lots)
        return found


def drawn_as(candle: Candle) -> tuple[float, ...]:
    return (candle.open, candle.high, candle.low, candle.close, candle.lots)


def with_chart(play: Callable[[Hands], Coroutine[Any, Any, None]]) -> None:
    """Start everything, show the chart of the main contract, play, end everything."""

    async def work() -> None:
        live = Live()
        await live.start()
        frame = QtFrameClock()
        backend = live.backend
        workspace = Workspace(backend.markets)
        workspace.choose(XBT)
        vm = ChartViewModel(
            workspace, backend.desk, backend.account, backend.candles, frame, backend.clock
        )
        panel = ChartPanel(vm, Theme.load(resources() / "themes", "dark"), frame.meter)
        panel.resize(900, 500)
        vm.start()
        panel.show()
        panel.canvas.setFocus()
        try:
            await play(Hands(live, vm, panel, workspace))
        finally:
            vm.stop()
            frame.stop()
            panel.close()
            panel.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            await live.stop()

    run_on_qt(work())


def test_history_is_walked_back_to_its_beginning_and_is_the_exchanges() -> None:
    """Hours by button, Home until there is no more: each closed candle as the exchange tells it."""

    async def play(hands: Hands) -> None:
        hands.click("chart.interval_1h")
        await hands.shows(CandleInterval.H1)

        candles = hands.live.backend.candles.open(XBT, CandleInterval.H1)

        def is_at_the_beginning() -> bool:
            hands.press(Qt.Key.Key_Home)
            return not candles.has_older

        await eventually(lambda: len(hands.drawn()) >= 500, "the first page")
        await eventually(is_at_the_beginning, "the beginning of history")
        await eventually(lambda: len(hands.drawn()) == len(candles.series), "all of it drawn")
        hands.live.backend.candles.close(candles)
        assert 8_700 <= len(hands.drawn()) <= 8_810
        assert not hands.view.is_following
        second = clients_of(hands.live.exchange)
        await second.market.contracts()
        rows = await second.market.candles(XBT, CandleInterval.H1)
        await second.aclose()
        drawn = hands.drawn()
        assert all(drawn[row.start_at] == drawn_as(row) for row in rows[:-1])
        hands.press(Qt.Key.Key_End)
        await eventually(lambda: hands.view.is_following, "the newest candle")

    with_chart(play)


def test_a_lost_stream_is_shaded_and_comes_back_true() -> None:
    """While nothing is heard the chart says so; afterwards it is live again."""

    async def play(hands: Hands) -> None:
        await hands.shows(CandleInterval.M1)
        hands.live.exchange.drop_streams()
        await eventually(lambda: hands.view.stale is not None, "the shade")
        await eventually(lambda: hands.view.stale is None, "the live end", 15.0)

    with_chart(play)


def test_another_interval_and_contract_leave_nothing_open_behind() -> None:
    """By key through the intervals, then another contract: one session is open at the end."""

    async def play(hands: Hands) -> None:
        await hands.shows(CandleInterval.M1)
        for interval in (CandleInterval.M5, CandleInterval.M15, CandleInterval.M30):
            hands.press(Qt.Key.Key_Up, alt=True)
            await hands.shows(interval)
        hands.workspace.choose(ETH)
        await eventually(lambda: hands.view.symbol == ETH and hands.view.waiting is None, ETH)
        hub = hands.live.exchange.hub
        words = [f"{symbol}_{word}" for symbol in (XBT, ETH) for word in WORDS]

        def open_topics() -> list[str]:
            return [word for word in words if hub.is_wanted(f"/contractMarket/limitCandle:{word}")]

        await eventually(lambda: open_topics() == [f"{ETH}_30min"], "one candle topic")

    with_chart(play)


def test_an_own_order_is_a_line_as_long_as_it_works() -> None:
    """Placed and canceled on the exchange: the line comes and goes."""

    async def play(hands: Hands) -> None:
        await hands.shows(CandleInterval.M1)
        touch = hands.live.market.touch()
        assert touch is not None
        assert touch.best_bid is not None
        desk = hands.live.backend.desk
        sent = desk.submit(a_ticket(price=Price(touch.best_bid - 40)))
        await eventually(
            lambda: any(line.kind is LineKind.ORDER for line in hands.view.lines), "the line"
        )
        (line,) = (line for line in hands.view.lines if line.kind is LineKind.ORDER)
        assert line.price == touch.best_bid - 40
        assert isinstance(sent, Submitted)
        desk.cancel(sent.client_oid)
        await eventually(
            lambda: all(line.kind is not LineKind.ORDER for line in hands.view.lines), "its end"
        )

    with_chart(play)
