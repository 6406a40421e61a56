"""Adding to the chart without touching it: a study, a pane and a tool that live in a test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from typing_extensions import override

from terminal.domain.candles import CandleInterval
from terminal.storage.paths import resources
from terminal.viewmodels.chart import ChartViewModel
from terminal.viewmodels.chart_axis import AxisTick
from terminal.viewmodels.chart_view import Bounds
from terminal.widgets.canvas.chart_layers import LayerItem, Z
from terminal.widgets.canvas.chart_panes import PaneSpec, default_panes, with_layers
from terminal.widgets.canvas.graph import RectArray
from terminal.widgets.chart import ChartPanel
from terminal.widgets.theme import Theme
from tests.support.desktop import Desktop
from tests.support.fake_candles import FakeCandleSources, a_long_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QPainter

    from terminal.viewmodels.chart_view import ChartView
    from terminal.widgets.canvas.chart_hands import Spot
    from terminal.widgets.canvas.chart_scale import PaneScale
    from terminal.widgets.canvas.chart_style import ChartStyle

INK = QColor("#ff00ff")
FAR_ABOVE = 3000


@final
class MeanLayer(LayerItem):
    """A made-up study: the close moved up, one dot for each candle in sight."""

    def __init__(self, _style: ChartStyle) -> None:
        super().__init__(Z.STUDIES)
        self._dots = RectArray()

    @override
    def bounds(self, view: ChartView) -> Bounds | None:
        if view.seen is None:
            return None
        return Bounds(view.seen.low + FAR_ABOVE, view.seen.high + FAR_ABOVE)

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        self.take_size(scale)
        assert view.columns is not None
        part = slice(view.first, view.end)
        slots, closes = view.columns.slots[part], view.columns.closes[part] + FAR_ABOVE
        dots = [
            (scale.x(slot + 0.5), scale.y(close), 2, 2)
            for slot, close in zip(slots, closes, strict=True)
        ]
        self._dots.set(np.array(dots, dtype=np.float64).reshape(-1, 4))
        self.update()

    @override
    def paint(self, painter: QPainter, option: object, widget: object = None) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(INK)
        self._dots.draw(painter)


@final
class LineTool:
    """Takes the mouse in the price pane above a price, and remembers what it was told."""

    def __init__(self) -> None:
        self.takes = True
        self.told: list[tuple[str, str]] = []

    def press(self, spot: Spot) -> bool:
        if self.takes:
            self.told.append(("press", spot.pane))
        return self.takes

    def move(self, spot: Spot) -> None:
        self.told.append(("move", spot.pane))

    def release(self) -> None:
        self.told.append(("release", ""))


@final
class Shown:
    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        sources = FakeCandleSources()
        sources.ready[CandleInterval.M1] = a_long_series(2000)
        self.vm = ChartViewModel(
            desktop.workspace, desktop.desk, desktop.account, sources, desktop.frame, desktop.clock
        )
        price, volume = default_panes()
        own = PaneSpec(
            "own",
            2,
            lambda style: (MeanLayer(style),),
            lambda _view, wanted: wanted,
            lambda _view, bounds, _height: (AxisTick(bounds.low + 100, "own"),),
        )
        self.tool = LineTool()
        theme = Theme.load(resources() / "themes", "dark")
        panes = (with_layers(price, MeanLayer), volume, own)
        self.panel = ChartPanel(self.vm, theme, panes=panes, tools=(self.tool,))
        self.panel.resize(700, 500)
        self.vm.start()
        self.panel.show()
        self.frame()

    def frame(self) -> None:
        for _ in range(4):
            self.desktop.frame.tick()

    def drag(self) -> None:
        where = self.panel.canvas.viewport()
        begin, end = QPoint(300, 60), QPoint(360, 80)
        QTest.mousePress(where, Qt.MouseButton.LeftButton, pos=begin)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(end),
            QPointF(where.mapToGlobal(end)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(where, event)
        QTest.mouseRelease(where, Qt.MouseButton.LeftButton, pos=end)
        self.frame()


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Shown]:
    loop = asyncio.new_event_loop()
    desktop = Desktop()
    loop.run_until_complete(desktop.start())
    shown = Shown(desktop)
    yield shown
    shown.vm.stop()
    loop.run_until_complete(desktop.stop())
    loop.close()
    shown.panel.close()
    shown.panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_study_is_drawn_and_brought_into_sight(shown: Shown) -> None:
    """A layer of another file paints in the price pane, and the price axis makes room for it."""
    scale = shown.panel.canvas.panes[0].scale
    assert scale is not None
    assert shown.vm.view.seen is not None
    assert scale.high > shown.vm.view.seen.high + FAR_ABOVE
    height = int(shown.panel.canvas.panes[0].box.geometry().height())
    picture = shown.panel.canvas.grab().toImage()
    rows = [y for y in range(height) for x in range(500) if picture.pixelColor(x, y) == INK]
    assert rows
    assert max(rows) < height / 2, "far above the candles"


def test_a_pane_of_its_own_has_an_axis_of_its_own(shown: Shown) -> None:
    """A third pane lies below the others and scales by its own layers."""
    boxes = [pane.box.geometry() for pane in shown.panel.canvas.panes]
    assert [box.top() for box in boxes] == sorted(box.top() for box in boxes)
    assert boxes[2].height() > boxes[1].height()
    scale = shown.panel.canvas.panes[2].scale
    assert scale is not None
    assert shown.vm.view.seen is not None
    assert scale.low == shown.vm.view.seen.low + FAR_ABOVE
    assert [tick.text for tick in scale.ticks] == ["own"]


def test_a_tool_takes_the_mouse_before_the_chart_pans(shown: Shown) -> None:
    """What a tool has taken does not pan; what it leaves does."""
    right = shown.vm.view.right
    shown.drag()
    assert shown.tool.told == [("press", "price"), ("move", "price"), ("release", "")]
    assert shown.vm.view.right == right
    shown.tool.takes = False
    shown.drag()
    assert len(shown.tool.told) == 3
    assert shown.vm.view.right < right
