"""What the chart asks to be repainted: the picture on the screen is always the whole picture."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, final

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from terminal.domain.candles import CandleInterval
from terminal.domain.units import OrderId, Price
from terminal.storage.paths import resources
from terminal.viewmodels.chart import ChartViewModel, Move
from terminal.viewmodels.chart_view import ChartPart
from terminal.viewmodels.frame import FrameMeter
from terminal.widgets.chart import ChartPanel
from terminal.widgets.theme import Theme
from tests.support.builders import NOW_MS, an_order_update
from tests.support.desktop import Desktop
from tests.support.fake_candles import FakeCandleSources, a_candle, a_long_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.fake_candles import FakeCandleSource

STEPS = 60


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.mark.parametrize("seed", range(6))
def test_partial_repaints_leave_nothing_behind(
    qapp: QApplication, loop: asyncio.AbstractEventLoop, seed: int
) -> None:
    """After any mixture of ticks, new candles, pointer moves and gestures, what partial repaints
    have left on the screen is pixel by pixel what painting everything anew gives.
    """  # noqa: D205 - one sentence
    desktop = Desktop()
    loop.run_until_complete(desktop.start())
    sources = FakeCandleSources()
    sources.ready[CandleInterval.M1] = a_long_series(3000, seed=seed)
    vm = ChartViewModel(
        desktop.workspace, desktop.desk, desktop.account, sources, desktop.frame, desktop.clock
    )
    theme = Theme.load(resources() / "themes", "dark")
    panel = ChartPanel(vm, theme, FrameMeter())
    panel.setStyleSheet(theme.style_sheet)
    panel.resize(640, 400)
    vm.start()
    panel.show()
    dice = random.Random(seed)
    steps = Happenings(vm, panel, sources.now, dice).all

    def paint() -> None:
        for _ in range(3):
            desktop.frame.tick()
            qapp.processEvents()

    paint()

    async def place_orders() -> None:
        last = sources.now.series.closes[-1]
        for number in range(4):
            price = Price(last + dice.randrange(-400, 400))
            desktop.bench.stream.push(
                an_order_update(order_id=OrderId(f"o{number}"), client_oid=None, price=price)
            )

    loop.run_until_complete(place_orders())
    try:
        for number in range(STEPS):
            step = dice.choice(steps)
            step()
            paint()
            on_screen = panel.screen().grabWindow(panel.winId()).toImage()
            anew = panel.grab().toImage()
            assert _same(on_screen, anew), f"step {number}: {step.__name__}"
    finally:
        vm.stop()
        loop.run_until_complete(desktop.stop())
        panel.close()
        panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@final
class Happenings:
    """What can happen to a chart, one thing at a time."""

    def __init__(
        self, vm: ChartViewModel, panel: ChartPanel, source: FakeCandleSource, dice: random.Random
    ) -> None:
        self.vm, self.panel, self.source, self.dice = vm, panel, source, dice
        self.minute = 0
        often = [self.tick, self.next_candle, self.point, self.leave, self.pan, self.zoom]
        rarely = [self.say, self.scale, self.resize, self.leave_out, self.older, self.vm.reset]
        self.all = [*often, self.tick, self.tick, self.point, *rarely]

    def tick(self) -> None:
        price = self.source.series.closes[-1] + self.dice.randrange(-90, 91)
        self.source.trade(NOW_MS + self.minute * 60_000, price, self.dice.randrange(1, 900))

    def next_candle(self) -> None:
        self.minute += 1
        self.tick()

    def point(self) -> None:
        where = self.panel.canvas.viewport()
        at = QPoint(self.dice.randrange(where.width()), self.dice.randrange(where.height()))
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(at),
            QPointF(where.mapToGlobal(at)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(where, event)

    def leave(self) -> None:
        QApplication.sendEvent(self.panel.canvas.viewport(), QEvent(QEvent.Type.Leave))

    def pan(self) -> None:
        self.vm.pan(self.dice.uniform(-30, 30))

    def zoom(self) -> None:
        self.vm.zoom(self.dice.uniform(0.5, 1.9))

    def say(self) -> None:
        self.source.say(stale=self.dice.choice(("", "No connection for 3 s.")))

    def scale(self) -> None:
        middle = self.source.series.closes[-1]
        below, above = self.dice.randrange(50, 900), self.dice.randrange(50, 900)
        self.vm.set_price_range(middle - below, middle + above)

    def resize(self) -> None:
        self.panel.resize(self.dice.randrange(360, 800), self.dice.randrange(160, 500))

    def leave_out(self) -> None:
        part = self.dice.choice(tuple(ChartPart))
        self.vm.show_part(part, is_shown=part not in self.vm.parts)

    def older(self) -> None:
        starts = self.source.series.starts
        first = (starts[0] - starts[-1]) // 60_000 + self.minute
        prices = (9000, 9900, 8800, 9100)
        self.source.push([a_candle(first - n, prices) for n in range(90, 0, -1)])
        self.vm.move(Move.OLDEST)


def _same(one: QImage, other: QImage) -> bool:
    form = QImage.Format.Format_RGB32
    return one.convertToFormat(form) == other.convertToFormat(form)
