"""The chart panel: real keys and mouse on the real widget, candles from a fake source."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, final

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QPushButton, QToolButton

from terminal.domain.candles import CandleInterval, CandleSeries
from terminal.domain.units import OrderId, Price, Side
from terminal.storage.paths import resources
from terminal.viewmodels.chart import ChartViewModel
from terminal.viewmodels.chart_view import ChartPart, LineKind
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role
from terminal.widgets.chart import ChartPanel
from terminal.widgets.theme import Theme
from tests.support.builders import NOW_MS, a_fill, a_position_update, an_order_update
from tests.support.desktop import OTHER, Desktop
from tests.support.fake_candles import FakeCandleSources, a_candle, some_candles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.contract import Contract
    from terminal.viewmodels.chart_view import ChartView
    from terminal.widgets.canvas.chart_canvas import ChartCanvas
    from terminal.widgets.canvas.chart_scale import PaneScale
    from tests.support.fake_candles import FakeCandleSource

pytestmark = pytest.mark.usefixtures("qapp")
K = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
SIZE = (900, 500)


def a_series(count: int = 600, interval: CandleInterval = CandleInterval.M1) -> CandleSeries:
    series = CandleSeries(interval)
    series.merge(some_candles(count))
    return series


@final
class Shown:
    """A chart on show. ``frame`` is one frame of the program, without its painting."""

    def __init__(self, desktop: Desktop, sources: FakeCandleSources) -> None:
        self.desktop = desktop
        self.sources = sources
        self.vm = ChartViewModel(
            desktop.workspace, desktop.desk, desktop.account, sources, desktop.frame, desktop.clock
        )
        self.theme = Theme.load(resources() / "themes", "dark")
        self.meter = FrameMeter()
        self.panel = ChartPanel(self.vm, self.theme, self.meter)
        self.panel.setStyleSheet(self.theme.style_sheet)
        self.panel.resize(*SIZE)
        self.vm.start()
        self.panel.show()
        self.panel.canvas.setFocus()
        self.frame(4)

    @property
    def canvas(self) -> ChartCanvas:
        return self.panel.canvas

    @property
    def view(self) -> ChartView:
        return self.vm.view

    @property
    def source(self) -> FakeCandleSource:
        return self.sources.now

    @property
    def price_scale(self) -> PaneScale:
        scale = self.canvas.panes[0].scale
        assert scale is not None
        return scale

    def frame(self, times: int = 2) -> None:
        for _ in range(times):
            self.desktop.frame.tick()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.canvas, key, modifier)
        self.frame()

    def drag(self, begin: QPoint, end: QPoint) -> None:
        where = self.canvas.viewport()
        QTest.mousePress(where, Qt.MouseButton.LeftButton, NONE, begin)
        half = QPoint((begin.x() + end.x()) // 2, (begin.y() + end.y()) // 2)
        for point in (half, end):
            self.move_to(point, Qt.MouseButton.LeftButton)
            self.frame()
        QTest.mouseRelease(where, Qt.MouseButton.LeftButton, NONE, end)
        self.frame()

    def move_to(self, point: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
        where = self.canvas.viewport()
        at = QPointF(point)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            at,
            QPointF(where.mapToGlobal(point)),
            Qt.MouseButton.NoButton,
            buttons,
            NONE,
        )
        QApplication.sendEvent(where, event)
        self.frame()

    def wheel(self, point: QPoint, notches: int, modifier: Qt.KeyboardModifier = NONE) -> None:
        where = self.canvas.viewport()
        event = QWheelEvent(
            QPointF(point),
            QPointF(where.mapToGlobal(point)),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(where, event)
        self.frame()

    def click(self, name: str) -> None:
        button = self.panel.findChild(QAbstractButton, name)
        assert isinstance(button, QAbstractButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.frame()

    def action(self, words: str) -> QAction:
        menu = self.panel.findChild(QMenu, "chart.menu")
        assert isinstance(menu, QMenu)
        return next(action for action in menu.actions() if action.text().startswith(words))

    def picture(self) -> QImage:
        return self.panel.grab().toImage()


@contextlib.asynccontextmanager
async def shown(series: CandleSeries | None = None) -> AsyncIterator[Shown]:
    desktop = await Desktop().start()
    sources = FakeCandleSources(dict(desktop.bench.contracts))
    for interval in CandleInterval:
        ready = a_series() if series is None else series
        if interval is CandleInterval.M1 and len(ready):
            sources.ready[interval] = ready
    ui = Shown(desktop, sources)
    try:
        yield ui
    finally:
        ui.vm.stop()
        await desktop.stop()
        ui.panel.close()
        ui.panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


PLOT = QPoint(400, 150)


# Keys --------------------------------------------------------------------------------------------


async def test_arrows_pan_and_ctrl_pans_further() -> None:
    """Left goes back in time, Ctrl+Left nearly a whole plot, End comes back to follow."""
    async with shown() as ui:
        right = ui.view.right
        ui.press(K.Key_Left)
        a_little = right - ui.view.right
        assert 0 < a_little < ui.vm.viewport.span / 5
        ui.press(K.Key_Left, CTRL)
        assert right - ui.view.right > a_little + ui.vm.viewport.span / 2
        assert not ui.view.is_following
        ui.press(K.Key_Right)
        ui.press(K.Key_End)
        assert ui.view.is_following
        assert ui.view.right == right


@pytest.mark.parametrize(
    ("key", "is_older"), [(K.Key_PageUp, True), (K.Key_Home, True), (K.Key_PageDown, False)]
)
async def test_pages_and_ends(key: Qt.Key, is_older: bool) -> None:
    """PgUp and Home go back in time, PgDown forth."""
    async with shown() as ui:
        ui.press(K.Key_PageUp)
        right = ui.view.right
        ui.press(key)
        assert (ui.view.right < right) is is_older
        if key == K.Key_Home:
            assert ui.view.first == 0


async def test_plus_and_minus_zoom_and_keep_following() -> None:
    """Zooming by keys keeps the newest candle where it is."""
    async with shown() as ui:
        before = ui.view.slot_px
        newest_px = ui.price_scale.x(ui.view.live.slot) if ui.view.live else 0
        ui.press(K.Key_Plus)
        assert ui.view.slot_px > before
        ui.press(K.Key_Minus)
        ui.press(K.Key_Minus)
        assert ui.view.slot_px < before
        assert ui.view.is_following
        assert ui.view.live is not None
        assert abs(ui.price_scale.x(ui.view.live.slot) - newest_px) <= 8


async def test_alt_up_and_down_change_the_interval() -> None:
    """Alt+Up takes longer candles, Alt+Down shorter ones; the buttons follow."""
    async with shown() as ui:
        ui.press(K.Key_Up, ALT)
        assert ui.vm.interval is CandleInterval.M5
        button = ui.panel.findChild(QToolButton, "chart.interval_5m")
        assert isinstance(button, QToolButton)
        assert button.isChecked()
        assert ui.sources.closed == ui.sources.opened[:1]
        ui.press(K.Key_Down, ALT)
        ui.press(K.Key_Down, ALT)
        assert ui.vm.interval.text == "1m"


async def test_other_keys_are_left_to_others() -> None:
    """A key that the chart does not use reaches the window, Esc for one."""
    async with shown() as ui:
        before = ui.view
        for key in (K.Key_Escape, K.Key_F4, K.Key_B):
            ui.press(key)
        assert ui.view == before


async def test_zero_resets_zoom_scale_and_place() -> None:
    """0 is the way back from everything."""
    async with shown() as ui:
        ui.press(K.Key_Plus)
        ui.press(K.Key_PageUp)
        ui.drag(QPoint(870, 100), QPoint(870, 160))
        assert ui.view.price_range is not None
        ui.press(K.Key_0)
        assert ui.view.price_range is None
        assert ui.view.is_following
        assert ui.view.slot_px == 8.0


# Mouse -------------------------------------------------------------------------------------------


async def test_a_drag_pans_by_as_many_pixels() -> None:
    """The candle that was grabbed stays under the pointer."""
    async with shown() as ui:
        before = ui.price_scale.slot_at(300)
        ui.drag(QPoint(300, 150), QPoint(540, 170))
        assert ui.price_scale.slot_at(540) == pytest.approx(before, abs=0.2)
        assert ui.view.price_range is None, "the price axis still follows"


async def test_the_wheel_zooms_at_the_pointer() -> None:
    """What is under the pointer stays there."""
    async with shown() as ui:
        before = ui.price_scale.slot_at(PLOT.x())
        slot_px = ui.view.slot_px
        ui.wheel(PLOT, 2)
        assert ui.view.slot_px > slot_px
        assert ui.price_scale.slot_at(PLOT.x()) == pytest.approx(before, abs=0.2)
        ui.wheel(PLOT, -4)
        assert ui.view.slot_px < slot_px
        assert ui.price_scale.slot_at(PLOT.x()) == pytest.approx(before, abs=0.4)


async def test_the_wheel_with_shift_pans() -> None:
    """Shift and the wheel move in time and keep the zoom."""
    async with shown() as ui:
        right, slot_px = ui.view.right, ui.view.slot_px
        ui.wheel(PLOT, 3, SHIFT)
        assert ui.view.right < right
        assert ui.view.slot_px == slot_px


async def test_the_price_axis_scales_by_drag_and_follows_again_by_double_click() -> None:
    """A drag down shows more prices; a held range can be moved; a double click lets go."""
    async with shown() as ui:
        free = ui.price_scale
        ui.drag(QPoint(870, 100), QPoint(870, 200))
        held = ui.price_scale
        assert held.high - held.low > (free.high - free.low) * 1.4
        ui.drag(QPoint(300, 100), QPoint(300, 150))
        moved = ui.price_scale
        assert moved.value_at(150) == pytest.approx(held.value_at(100), abs=2)
        ui.wheel(QPoint(870, 100), 1)
        assert ui.price_scale.high - ui.price_scale.low < moved.high - moved.low
        where = ui.canvas.viewport()
        QTest.mouseDClick(where, Qt.MouseButton.LeftButton, NONE, QPoint(870, 100))
        ui.frame()
        assert ui.view.price_range is None


async def test_the_time_axis_zooms_by_drag_and_resets_by_double_click() -> None:
    """Dragging the time axis makes candles wider or narrower."""
    async with shown() as ui:
        at = QPoint(400, ui.canvas.height() - 6)
        slot_px = ui.view.slot_px
        ui.drag(at, at + QPoint(100, 0))
        assert ui.view.slot_px > slot_px
        QTest.mouseDClick(ui.canvas.viewport(), Qt.MouseButton.LeftButton, NONE, at)
        ui.frame()
        assert ui.view.slot_px == slot_px


# Following ---------------------------------------------------------------------------------------


async def test_the_view_follows_new_candles_only_at_the_right_edge() -> None:
    """A new candle moves the view on; panned away, it stays and a button leads back."""
    async with shown() as ui:
        latest = ui.panel.findChild(QPushButton, "chart.latest")
        assert isinstance(latest, QPushButton)
        right = ui.view.right
        ui.source.push([a_candle(1)])
        ui.frame()
        assert ui.view.right == right + 1
        assert not latest.isVisible()
        ui.press(K.Key_PageUp)
        right = ui.view.right
        ui.source.push([a_candle(2)])
        ui.frame()
        assert ui.view.right == right
        assert latest.isVisible()
        ui.click("chart.latest")
        assert ui.view.is_following
        assert not latest.isVisible()
        assert ui.panel.focusWidget() is ui.canvas


async def test_older_candles_are_asked_for_near_the_left_end_and_move_nothing() -> None:
    """Panning left asks for history once; when it comes, what is in sight stays where it is."""
    async with shown() as ui:
        ui.source.has_older = True
        ui.press(K.Key_Left)
        assert ui.source.asked_for_older == 0
        ui.press(K.Key_Home)
        assert ui.source.asked_for_older == 1
        ui.frame(3)
        assert ui.source.asked_for_older == 1
        left, right = ui.view.left, ui.view.right
        ui.source.push(some_candles(200, last_minute=-600))
        ui.frame()
        assert (ui.view.left, ui.view.right) == (left, right)
        assert ui.view.first > 0


# What is shown -----------------------------------------------------------------------------------


async def test_the_interval_buttons_choose_and_narrow_charts_keep_the_chosen_one() -> None:
    """Every interval has a button that Tab reaches; a narrow panel leaves out rarer ones."""
    async with shown() as ui:
        for interval in CandleInterval:
            button = ui.panel.findChild(QToolButton, f"chart.interval_{interval.text}")
            assert isinstance(button, QToolButton)
            assert button.isVisible()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        ui.click("chart.interval_12h")
        assert ui.vm.interval is CandleInterval.H12
        ui.panel.resize(ui.panel.minimumSizeHint().width(), 300)
        QApplication.sendPostedEvents()
        shows = [
            i
            for i in CandleInterval
            if (b := ui.panel.findChild(QToolButton, f"chart.interval_{i.text}")) and b.isVisible()
        ]
        assert CandleInterval.H12 in shows
        assert CandleInterval.M1 in shows
        assert CandleInterval.H8 not in shows


async def test_the_crosshair_reads_the_candle_under_it() -> None:
    """The readout is the pointed candle's, the newest one's once the pointer has left."""
    async with shown() as ui:
        newest = ui.panel.readout.words
        assert ui.view.crosshair is None
        ui.move_to(PLOT)
        crosshair = ui.view.crosshair
        assert crosshair is not None
        assert crosshair.value == round(ui.price_scale.value_at(PLOT.y()))
        index = ui.view.columns.index_of(int(crosshair.at - 0.5)) if ui.view.columns else None
        assert index is not None
        assert ui.view.columns is not None
        lots = int(ui.view.columns.lots[index])
        assert f"Vol {lots} lots" in ui.panel.readout.words
        assert ui.panel.readout.words != newest
        QApplication.sendEvent(ui.canvas.viewport(), QEvent(QEvent.Type.Leave))
        ui.frame()
        assert ui.view.crosshair is None
        assert ui.panel.readout.words == newest


async def test_the_crosshair_stays_under_the_pointer_when_the_chart_moves() -> None:
    """Panning by key reads another candle under the resting pointer."""
    async with shown() as ui:
        ui.move_to(PLOT)
        before = ui.view.crosshair
        ui.press(K.Key_Left)
        ui.frame(3)
        after = ui.view.crosshair
        assert before is not None
        assert after is not None
        assert after.at < before.at
        assert ui.price_scale.x(after.at) == pytest.approx(PLOT.x(), abs=5)


async def test_the_volume_pane_has_its_own_crosshair_value() -> None:
    """Over the volume pane the value is in lots."""
    async with shown() as ui:
        ui.move_to(QPoint(400, ui.canvas.height() - 60))
        assert ui.view.crosshair is not None
        assert ui.view.crosshair.pane == "volume"
        ui.move_to(QPoint(870, 100))
        assert ui.view.crosshair is None, "an axis is no candle"


async def test_own_orders_position_and_fills_are_drawn_and_can_be_left_out() -> None:
    """Each kind changes the picture, and its entry in the menu takes it out again."""
    async with shown() as ui:
        bare = ui.picture()
        last = int(ui.view.live.close) if ui.view.live else 0
        ui.desktop.bench.stream.push(
            an_order_update(order_id=OrderId("o1"), client_oid=None, price=Price(last - 200)),
            an_order_update(
                order_id=OrderId("o2"),
                client_oid=None,
                price=Price(last + 200),
                side=Side.SELL,
                untriggered=True,
            ),
            a_position_update(3, str(Decimal(last) / 10)),
        )
        fill = a_fill(price=Price(last), event_at=(NOW_MS - 120_000) * 1_000_000)
        ui.desktop.desk.take_recent_fills((fill,))
        ui.desktop.desk.on_changed.notify()
        await ui.desktop.settle()
        ui.frame()
        kinds = [line.kind for line in ui.view.lines]
        assert kinds.count(LineKind.ORDER) == 2
        assert LineKind.ENTRY in kinds
        assert len(ui.view.marks) == 1
        full = ui.picture()
        assert full != bare
        for part in (ChartPart.ORDERS, ChartPart.POSITION, ChartPart.FILLS):
            before = ui.picture()
            ui.action(part.value).trigger()
            ui.frame()
            assert ui.picture() != before, part
        assert [line.kind for line in ui.view.lines] == [LineKind.LAST]
        assert not ui.view.marks
        for part in (ChartPart.ORDERS, ChartPart.POSITION, ChartPart.FILLS):
            ui.action(part.value).trigger()
        ui.frame()
        assert ui.picture() == full


async def test_without_volume_the_price_pane_is_taller() -> None:
    """Leaving the volume out gives its room to the prices."""
    async with shown() as ui:
        height = ui.price_scale.height
        ui.action("Volume").trigger()
        ui.frame(3)
        assert ui.price_scale.height > height
        ui.move_to(QPoint(400, ui.canvas.height() - 60))
        assert ui.view.crosshair is not None
        assert ui.view.crosshair.pane == "price"
        ui.action("Volume").trigger()
        ui.frame(3)
        assert ui.price_scale.height == height


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard")
async def test_the_options_open_from_the_button_and_by_the_right_mouse_button() -> None:
    """Both ways lead to the same menu, and neither holds its caller up."""
    async with shown() as ui:
        menu = ui.panel.findChild(QMenu, "chart.menu")
        assert isinstance(menu, QMenu)
        ui.click("chart.options")
        assert menu.isVisible()
        menu.close()
        where = ui.canvas.viewport()
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, PLOT, where.mapToGlobal(PLOT), NONE
        )
        QApplication.sendEvent(where, event)
        assert menu.isVisible()
        menu.close()


async def test_a_tick_changes_the_picture_within_one_frame() -> None:
    """A trade moves the live candle, the last line and the readout."""
    async with shown() as ui:
        before, words = ui.picture(), ui.panel.readout.words
        assert ui.view.live is not None
        ui.source.trade(NOW_MS, int(ui.view.live.close) + 60, 5)
        ui.frame(1)
        assert ui.panel.readout.words != words
        assert ui.picture() != before


# Waiting, trouble --------------------------------------------------------------------------------


async def test_an_empty_chart_says_what_it_waits_for_and_paints_no_candle() -> None:
    """Loading, failed, empty: a sentence each, and nothing is invented."""
    async with shown(CandleSeries(CandleInterval.M1)) as ui:
        ui.source.say(is_loading=True)
        ui.frame()
        assert ui.view.waiting == "Loading 1m candles of XBTUSDTM."
        loading = ui.picture()
        ui.source.say(problem="The exchange did not answer. Tern asks again by itself.")
        ui.frame()
        assert ui.view.waiting == "The exchange did not answer. Tern asks again by itself."
        assert ui.picture() != loading
        ui.move_to(PLOT)
        ui.wheel(PLOT, 1)
        assert ui.view.crosshair is None
        ui.source.say()
        ui.source.push([a_candle(0)])
        ui.frame(4)
        assert ui.view.waiting is None
        assert ui.view.first == 0
        assert ui.view.end == 1


async def test_stale_candles_are_shaded_and_trouble_with_history_is_said() -> None:
    """What may be out of date looks so; a problem with history covers nothing."""
    async with shown() as ui:
        calm = ui.picture()
        ui.source.say(stale="No connection for 3 s.")
        ui.frame()
        stale = ui.picture()
        assert stale != calm
        ui.source.say(problem="Older candles could not be read.")
        ui.frame()
        assert ui.view.note == "Older candles could not be read."
        assert ui.picture() not in (calm, stale)
        ui.source.say()
        ui.frame()
        assert ui.picture() == calm


async def test_another_contract_shows_nothing_of_the_one_before() -> None:
    """The chart follows the workspace and starts over."""
    async with shown() as ui:
        ui.press(K.Key_PageUp)
        ui.sources.ready.clear()
        assert ui.desktop.workspace.choose(OTHER)
        ui.frame(3)
        assert ui.source.contract.symbol == OTHER
        assert ui.view.symbol == OTHER
        assert ui.view.waiting is not None
        assert ui.view.columns is None
        assert len(ui.sources.closed) == 1
        await ui.desktop.settle()


async def test_nothing_is_computed_or_painted_while_hidden() -> None:
    """A chart behind another tab rests, and catches up when it is seen again."""
    async with shown() as ui:
        ui.picture()
        ui.panel.hide()
        ui.vm.set_paused(True)
        view = ui.view
        painted: list[None] = []
        ui.meter.after_next_paint(lambda: painted.append(None))
        ui.source.trade(NOW_MS, 700_000)
        assert ui.desktop.frame.pending == 0
        ui.frame()
        QApplication.sendPostedEvents()
        assert ui.view is view
        assert not painted
        ui.panel.show()
        ui.vm.set_paused(False)
        ui.frame()
        ui.picture()
        assert ui.view.live is not None
        assert ui.view.live.close == 700_000
        assert painted


async def test_other_colours_at_run_time() -> None:
    """After the theme has other colours, ``restyle`` paints everything in them."""
    async with shown() as ui:
        ui.picture()
        light = Theme.load(resources() / "themes", "light")
        ui.theme.colors = light.colors
        ui.panel.restyle()
        ui.frame()
        picture = ui.panel.canvas.grab().toImage()
        assert picture.pixelColor(300, 5) == light.color("panel")
        colors = {
            picture.pixelColor(x, y).name()
            for x in range(picture.width())
            for y in range(100, 300, 3)
        }
        assert light.color("sell").name() in colors
        assert Theme.load(resources() / "themes", "dark").color("sell").name() not in colors


async def test_a_small_chart_still_draws() -> None:
    """Nothing fails in a panel that is hardly there."""
    async with shown() as ui:
        for size in ((120, 60), (60, 30), (300, 80), SIZE):
            ui.panel.resize(*size)
            QApplication.sendPostedEvents()
            ui.frame(3)
            assert not ui.picture().isNull()


def test_the_window_does_not_load_the_chart_library() -> None:
    """Start-up pays for pyqtgraph only when a chart is built."""
    code = (
        "import sys, terminal.widgets.main_window, terminal.widgets.chart; "
        "sys.exit('pyqtgraph' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_no_timer_is_left_running_after_stop() -> None:
    """The countdown's timer ends with the view-model and rests while hidden."""
    async with shown() as ui:
        assert ui.vm.is_counting_down
        ui.vm.set_paused(True)
        assert not ui.vm.is_counting_down
        ui.vm.set_paused(False)
        ui.vm.stop()
        assert not ui.vm.is_counting_down
        assert len(ui.sources.closed) == len(ui.sources.opened)
        await asyncio.sleep(0)


async def test_alt_and_a_click_take_the_price_at_the_crosshair_and_pan_nothing() -> None:
    async with shown() as it:
        taken: list[tuple[str, int]] = []

        def takes(contract: Contract, price: Price) -> Message:
            taken.append((contract.symbol, price))
            return Message("Taken.", Role.TEXT_DIM)

        it.vm.takes_price = takes
        left, point = it.vm.viewport.left, QPoint(300, 120)
        QTest.mouseClick(it.canvas.viewport(), Qt.MouseButton.LeftButton, ALT, point)
        it.frame()
        crosshair = it.view.crosshair
        assert crosshair is not None
        assert taken == [("XBTUSDTM", round(crosshair.value))]
        assert it.view.note == "Taken."
        it.move_to(QPoint(500, 130))
        assert it.vm.viewport.left == left
        QTest.mouseClick(it.canvas.viewport(), Qt.MouseButton.LeftButton, NONE, point)
        assert len(taken) == 1, "a plain click is none"


async def test_the_menu_takes_the_price_where_it_was_asked_for() -> None:
    async with shown() as it:
        taken: list[int] = []

        def takes(_contract: Contract, price: Price) -> Message:
            taken.append(price)
            return Message("Taken.", Role.TEXT_DIM)

        it.vm.takes_price = takes
        entry = next(one for one in it.panel.findChildren(QAction) if "ticket" in one.text())
        it.move_to(QPoint(300, 120))
        it.frame()
        pointed = it.vm.pointed
        it.canvas.menu_wanted.emit(it.canvas.mapToGlobal(QPoint(300, 120)))
        menu = it.panel.findChild(QMenu, "chart.menu")
        assert menu is not None
        it.vm.point_nowhere()  # the pointer is on the menu now
        entry.trigger()
        menu.hide()
        assert taken == [pointed]
        it.panel.findChild(QToolButton, "chart.options").click()  # type: ignore[union-attr] # it is there
        assert not entry.isEnabled(), "from the button nothing is pointed at"
        menu.hide()
