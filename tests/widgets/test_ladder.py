"""The ladder panel: real key and mouse events on real widgets, down to the gateway."""

from __future__ import annotations

import contextlib
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)

from terminal.domain.access import Access
from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.units import ExactPrice, Lots, Money, OrderId, Price, Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, STUDIED, LadderColumn
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.ladder_layout import LadderLayout, least_width, place
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.protection import ProtectionBanner
from terminal.widgets.theme import Theme
from tests.support.builders import XBT, a_delta, a_position_update, an_order_update
from tests.support.desktop import OTHER, Desktop
from tests.support.insight import an_insight
from tests.support.overlaps import overlaps
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.widgets.canvas.ladder_shapes import RowList

pytestmark = pytest.mark.usefixtures("qapp")
K = Qt.Key


class Shown:
    def __init__(self, desktop: Desktop, panel: LadderPanel, meter: FrameMeter) -> None:
        self.desktop, self.panel, self.meter = desktop, panel, meter

    @property
    def canvas(self):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return self.panel.canvas

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.panel.canvas, key)
        self.desktop.frame.tick()

    def row_of(self, price: int) -> int:
        rows = self.desktop.ladder.view.rows
        return next(n for n, row in enumerate(rows) if row.price == price)

    def click(
        self, price: int, column: str, button: Qt.MouseButton = Qt.MouseButton.LeftButton
    ) -> None:
        point = self.panel.point_of(self.row_of(price), column)
        QTest.mouseClick(self.panel.canvas, button, Qt.KeyboardModifier.NoModifier, point)
        self.desktop.frame.tick()

    @property
    def placed(self) -> list[tuple[Side | None, int | None]]:
        return [(t.side, t.price) for t, _ in self.desktop.bench.trading.placed]


@contextlib.asynccontextmanager
async def shown(access: Access = Access.FULL, *, scale: float = 1.0) -> AsyncIterator[Shown]:
    desktop = await Desktop(access).start()
    meter = FrameMeter()
    theme = Theme.load(resources() / "themes", "dark", scale)
    panel = LadderPanel(desktop.ladder, theme, meter)
    panel.resize(420, 700)
    panel.show()
    desktop.workspace.contracts_loaded()
    desktop.frame.tick()
    try:
        yield Shown(desktop, panel, meter)
    finally:
        await desktop.stop()
        panel.close()
        panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_the_heading_stands_over_its_columns() -> None:
    async with shown() as ladder:
        header, canvas = ladder.panel.header, ladder.canvas
        assert header.width() == canvas.width()
        assert header.mapTo(ladder.panel, QPoint()).x() == canvas.mapTo(ladder.panel, QPoint()).x()


async def test_keys_trade_from_the_canvas() -> None:
    async with shown() as ui:
        ui.press(K.Key_F4, K.Key_Home, K.Key_Down, K.Key_B)
        await ui.desktop.settle()
        assert ui.placed == [(Side.BUY, 999)]


async def test_a_key_held_down_sends_one_order() -> None:
    async with shown() as ui:
        ui.press(K.Key_F4)
        for is_repeat in (False, True, True, True):
            event = QKeyEvent(
                QEvent.Type.KeyPress, K.Key_B, Qt.KeyboardModifier.NoModifier, "b", is_repeat
            )
            QApplication.sendEvent(ui.panel.canvas, event)
        await ui.desktop.settle()
        assert len(ui.placed) == 1


async def test_clicks_send_only_with_the_mouse_armed() -> None:
    async with shown() as ui:
        ui.press(K.Key_F4)
        ui.click(999, "bid")
        await ui.desktop.settle()
        assert ui.placed == []
        arm = ui.panel.findChild(QPushButton, "ladder.arm_mouse")
        assert isinstance(arm, QPushButton)
        QTest.mouseClick(arm, Qt.MouseButton.LeftButton)
        assert arm.isChecked()
        ui.desktop.frame.tick()
        ui.click(999, "bid")
        ui.click(1002, "ask")
        await ui.desktop.settle()
        assert ui.placed == [(Side.BUY, 999), (Side.SELL, 1002)]


async def test_modifier_clicks_do_not_send_plain_limits() -> None:
    """Without an account's protecting hand there are no stops, and no limits in their place."""
    async with shown() as ui:
        ui.desktop.ladder.toggle_mouse()
        point = ui.panel.point_of(ui.row_of(999), "bid")
        for modifier in (
            Qt.KeyboardModifier.ShiftModifier,
            Qt.KeyboardModifier.ControlModifier,
            Qt.KeyboardModifier.AltModifier,
        ):
            QTest.mouseClick(ui.panel.canvas, Qt.MouseButton.LeftButton, modifier, point)
        await ui.desktop.settle()
        assert ui.placed == []


async def test_a_double_click_is_one_order() -> None:
    async with shown() as ui:
        ui.desktop.ladder.toggle_mouse()
        point = ui.panel.point_of(ui.row_of(999), "bid")
        QTest.mouseClick(ui.panel.canvas, Qt.MouseButton.LeftButton, pos=point)
        QTest.mouseDClick(ui.panel.canvas, Qt.MouseButton.LeftButton, pos=point)
        await ui.desktop.settle()
        assert len(ui.placed) == 1


async def test_a_click_on_an_own_order_cancels_it() -> None:
    async with shown() as ui:
        ui.desktop.bench.stream.push(
            an_order_update(order_id=OrderId("o1"), client_oid=None, price=Price(998))
        )
        ui.desktop.frame.tick()
        ui.click(998, "own_bid")
        await ui.desktop.settle()
        assert ui.desktop.bench.trading.cancels == ["o1"]


async def test_middle_click_and_right_click_on_the_price_recentre() -> None:
    async with shown() as ui:
        for button, column in (
            (Qt.MouseButton.MiddleButton, "bid"),
            (Qt.MouseButton.RightButton, "price"),
        ):
            ui.desktop.ladder.scroll(8)
            ui.desktop.frame.tick()
            before = ui.desktop.ladder.view.rows[0].price
            QTest.mouseClick(ui.panel.canvas, button, pos=ui.panel.point_of(3, column))
            ui.desktop.frame.tick()
            assert ui.desktop.ladder.view.rows[0].price != before


def wheel(ui: Shown, delta: int, modifiers: Qt.KeyboardModifier) -> None:
    event = QWheelEvent(
        QPointF(50, 50),
        QPointF(50, 50),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(ui.panel.canvas, event)
    ui.desktop.frame.tick()


async def test_the_wheel_scrolls_and_groups_and_small_steps_add_up() -> None:
    async with shown() as ui:
        top = ui.desktop.ladder.view.rows[0].price
        for _ in range(3):
            wheel(ui, 40, Qt.KeyboardModifier.NoModifier)
        assert ui.desktop.ladder.view.rows[0].price == top + 3
        wheel(ui, -120, Qt.KeyboardModifier.NoModifier)
        assert ui.desktop.ladder.view.rows[0].price == top
        wheel(ui, -120, Qt.KeyboardModifier.ControlModifier)
        assert ui.desktop.ladder.axis.step > 1


async def test_the_picker_changes_the_contract_and_disarms() -> None:
    async with shown() as ui:
        ui.press(K.Key_F4)
        picker = ui.panel.findChild(QComboBox, "ladder.contract")
        assert isinstance(picker, QComboBox)
        assert picker.count() == 2
        picker.textActivated.emit(OTHER)
        await ui.desktop.settle()
        assert ui.desktop.ladder.view.symbol == OTHER
        assert not ui.desktop.ladder.view.is_keyboard_armed
        assert picker.currentText() == OTHER


async def test_typing_a_size_and_taking_it_back() -> None:
    async with shown() as ui:
        size = ui.panel.findChild(QLineEdit, "ladder.size")
        assert isinstance(size, QLineEdit)
        size.setFocus()
        size.selectAll()
        QTest.keyClicks(size, "12")
        QTest.keyClick(size, K.Key_Return)
        ui.desktop.frame.tick()
        assert ui.desktop.sizes.current == 12
        assert ui.placed == []


async def test_buttons_do_what_their_keys_do() -> None:
    async with shown() as ui:
        for name, flag in (("post_only", "is_post_only"), ("reduce_only", "is_reduce_only")):
            button = ui.panel.findChild(QPushButton, f"ladder.{name}")
            assert isinstance(button, QPushButton)
            button.click()
            assert getattr(ui.desktop.ladder.trading, flag)
        keys = ui.panel.findChild(QPushButton, "ladder.arm_keyboard")
        assert isinstance(keys, QPushButton)
        keys.click()
        ui.desktop.frame.tick()
        assert ui.desktop.ladder.view.is_keyboard_armed
        size = ui.panel.findChild(QPushButton, "ladder.size_4")
        assert isinstance(size, QPushButton)
        size.click()
        assert ui.desktop.sizes.current == 25


async def test_the_exits_button_is_lit_by_its_key_and_its_click_and_goes_out_with_the_order() -> (
    None
):
    protected = await Protected().start()
    panel = LadderPanel(
        protected.desktop.ladder, Theme.load(resources() / "themes", "dark"), FrameMeter()
    )
    panel.resize(420, 700)
    panel.show()
    await protected.settle()
    button = panel.findChild(QPushButton, "ladder.exits")
    assert isinstance(button, QPushButton)
    assert not button.isChecked()
    QTest.keyClick(panel.canvas, K.Key_T)
    await protected.settle()
    assert button.isChecked()
    button.click()
    assert not button.isChecked()
    button.click()
    assert button.isChecked()
    QTest.keyClick(panel.canvas, K.Key_F4)
    QTest.keyClick(panel.canvas, K.Key_Q)
    await protected.settle()
    ((ticket, _),) = protected.desktop.bench.trading.placed
    assert ticket.exits is not None
    assert not button.isChecked(), "they are for the next order only"
    panel.close()
    panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    await protected.stop()


async def test_without_an_account_the_exits_button_stays_out() -> None:
    async with shown() as ui:
        button = ui.panel.findChild(QPushButton, "ladder.exits")
        assert isinstance(button, QPushButton)
        button.click()
        assert not button.isChecked()


async def test_only_rows_that_differ_are_asked_to_repaint(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown() as ui:
        canvas = ui.panel.canvas
        asked: list[tuple[object, ...]] = []
        monkeypatch.setattr(canvas, "update", lambda *rects: asked.append(rects))
        ui.desktop.market_stream.push(a_delta(101, Side.BUY, 999, 6))
        ui.desktop.frame.tick()
        assert asked == [(canvas.layout_grid.row_rect(ui.row_of(999)),)]
        asked.clear()
        ui.press(K.Key_F4)
        assert asked == [()], "arming changes the frame around all rows"


async def test_a_small_region_paints_only_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown() as ui:
        canvas = ui.panel.canvas
        painted: list[int] = []
        original = canvas._painter.paint_row

        def record(painter: QPainter, layout: LadderLayout, row: int, items: RowList) -> None:
            painted.append(row)
            original(painter, layout, row, items)

        monkeypatch.setattr(canvas._painter, "paint_row", record)
        canvas.grab()
        assert painted == list(range(len(ui.desktop.ladder.view.rows)))
        painted.clear()
        image = QImage(canvas.size(), QImage.Format.Format_RGB32)
        canvas.render(image, QPoint(), QRegion(canvas.layout_grid.row_rect(5)))
        assert painted == [5]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0])
async def test_what_is_repainted_equals_a_full_picture_at_every_scale(
    ratio: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a row ends between two pixels of the screen, nothing of the old row stays behind."""
    async with shown() as ui:
        canvas = ui.panel.canvas
        monkeypatch.setattr(type(canvas), "devicePixelRatioF", lambda _: ratio)
        asked = QRegion()

        def note(*rects: QRect) -> None:
            nonlocal asked
            asked += QRegion(rects[0]) if rects else QRegion(canvas.rect())

        monkeypatch.setattr(canvas, "update", note)
        kept = picture_of(canvas, ratio)
        for key in (K.Key_Up, K.Key_Up, K.Key_Down, K.Key_End, K.Key_Home, K.Key_Down):
            ui.press(key)
            canvas.render(kept, asked.boundingRect().topLeft(), asked)
            asked = QRegion()
            assert kept == picture_of(canvas, ratio), key


def picture_of(canvas: QWidget, ratio: float) -> QImage:
    image = QImage(canvas.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    canvas.render(image, QPoint(), QRegion(canvas.rect()))
    return image


def look(ui: Shown) -> QImage:
    return ui.panel.canvas.grab().toImage()


async def test_every_state_paints_something_else() -> None:
    """A smoke test of the painter: states that must differ to the eye differ in pixels."""
    async with shown() as ui:
        plain = look(ui)
        assert plain.width() > 300
        ui.press(K.Key_F4)
        armed = look(ui)
        assert armed != plain
        frame = armed.pixelColor(0, armed.height() // 2)
        assert frame == ui.canvas._theme.color("keyboard_armed")
        states: tuple[dict[str, Any], ...] = ({}, {"filled": Lots(1)}, {"untriggered": True})
        for number, changes in enumerate(states):
            ui.desktop.bench.stream.push(
                an_order_update(
                    order_id=OrderId(f"o{number}"),
                    client_oid=None,
                    price=Price(998 - number),
                    **changes,
                )
            )
        ui.desktop.bench.stream.push(a_position_update(3, "100.1"))
        ui.desktop.frame.tick()
        with_orders = look(ui)
        assert with_orders != armed
        ui.desktop.market_stream.drop()
        await ui.desktop.settle()
        assert look(ui) != with_orders
        assert ui.meter.frames >= 0


async def test_an_empty_ladder_says_what_it_waits_for() -> None:
    desktop = Desktop()
    theme = Theme.load(resources() / "themes", "dark")
    panel = LadderPanel(desktop.ladder, theme, FrameMeter())
    panel.resize(400, 500)
    assert not panel.grab().isNull()
    assert desktop.ladder.view.waiting == "Waiting for the contract list."
    panel.deleteLater()
    await desktop.bench.owner.close()


@pytest.mark.parametrize(("width", "height"), [(300, 200), (417, 731), (1000, 400)])
def test_the_layout_covers_every_pixel_once(width: int, height: int) -> None:
    layout = a_layout(width, height)
    for x in range(width):
        assert layout.column_at(x) is not None
    edges = [layout.column(placed.column) for placed in layout.columns]
    assert edges[0][0] == 0
    for (left, wide), (after, _) in itertools.pairwise(edges):
        assert left + wide == after
    assert layout.column_at(width) is None
    assert layout.row_at(layout.row_count * 19) is None
    inset = a_layout(width, height, 4)
    assert inset.column_at(3) is None
    assert inset.row_at(3) is None
    assert inset.row_rect(0).top() == 4
    assert inset.row_rect(inset.row_count - 1).bottom() < height - 4
    for row in range(layout.row_count):
        for placed in layout.columns:
            point = layout.point_of(row, placed.column)
            assert layout.row_at(point.y()) == row
            assert layout.column_at(point.x()) is placed.column
    assert layout.column(LadderColumn.VOLUME) == (0, 0), "not on show: no source"


def a_layout(width: int, height: int, inset: int = 0) -> LadderLayout:
    columns = place(
        DEFAULT_COLUMNS, width, lambda one: least_width(one, 7.0, 9), STUDIED, inset=inset
    )
    return LadderLayout(width, height, 19, columns, inset)


async def test_watching_arms_nothing_and_the_buttons_do_not_look_armed() -> None:
    """A button that cannot arm springs back, and the reason is read beside the ladder."""
    async with shown(Access.WATCH_ONLY) as ui:
        for name in ("ladder.arm_keyboard", "ladder.arm_mouse"):
            button = ui.panel.findChild(QPushButton, name)
            assert isinstance(button, QPushButton)
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            ui.desktop.frame.tick()
            assert not button.isChecked()
            message = ui.desktop.ladder.view.message
            assert message is not None
            assert message.text == f"Not armed. {Access.WATCH_ONLY.reason}"
        ui.press(K.Key_F4, K.Key_Home, K.Key_Down, K.Key_B)
        ui.click(998, "bid")
        await ui.desktop.settle()
        assert ui.placed == []


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def chord(ui: Shown, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    QTest.keyClick(ui.panel.canvas, key, modifiers)
    ui.desktop.frame.tick()


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        (K.Key_Q, (Side.BUY, 1000)),
        (K.Key_A, (Side.SELL, 1001)),
        (K.Key_W, (Side.BUY, 1001)),
        (K.Key_Z, (Side.SELL, 1000)),
    ],
)
async def test_real_keys_join_and_hit_the_touch(key: Qt.Key, sent: tuple[Side, int]) -> None:
    async with shown() as ui:
        ui.press(key)
        await ui.desktop.settle()
        assert ui.placed == [], "not armed"
        ui.press(K.Key_F4, key)
        await ui.desktop.settle()
        assert ui.placed == [sent]


@pytest.mark.parametrize(("key", "side"), [(K.Key_B, Side.BUY), (K.Key_S, Side.SELL)])
async def test_real_chords_send_market_orders_on_the_second_press(key: Qt.Key, side: Side) -> None:
    async with shown() as ui:
        ui.press(K.Key_F4)
        for delay_ms in (-1, 100):
            QTest.keyClick(ui.panel.canvas, key, CTRL | SHIFT, delay_ms)
        await ui.desktop.settle()
        assert ui.placed == [(side, None)]


async def test_real_keys_cancel_sides_the_contract_and_everything_unarmed() -> None:
    async with shown() as ui:
        trading = ui.desktop.bench.trading
        for name, side in (("o1", Side.BUY), ("o2", Side.SELL)):
            ui.desktop.bench.stream.push(
                an_order_update(order_id=OrderId(name), client_oid=None, side=side)
            )
        ui.press(K.Key_D)
        await ui.desktop.settle()
        assert trading.cancels == ["o1"]
        ui.press(K.Key_U)
        await ui.desktop.settle()
        assert trading.cancels == ["o1", "o2"]
        chord(ui, K.Key_Delete, CTRL)
        await ui.desktop.settle()
        assert trading.cancels[2:] == ["all:XBTUSDTM", "stops:XBTUSDTM"]
        chord(ui, K.Key_Delete, CTRL | SHIFT)
        await ui.desktop.settle()
        assert "stops:*" in trading.cancels


async def test_real_keys_close_half_and_reverse_on_the_second_press() -> None:
    async with shown() as ui:
        bench = ui.desktop.bench
        bench.gateway.held = (a_position_update(4, "100"),)
        bench.stream.push(*bench.gateway.held)
        for delay_ms in (-1, 100):
            QTest.keyClick(ui.panel.canvas, K.Key_H, Qt.KeyboardModifier.NoModifier, delay_ms)
        await ui.desktop.settle()
        assert [(t.side, t.lots) for t, _ in bench.trading.placed] == [(Side.SELL, 2)]
        for delay_ms in (-1, 100):
            QTest.keyClick(ui.panel.canvas, K.Key_R, Qt.KeyboardModifier.NoModifier, delay_ms)
        assert not ui.desktop.desk.reversing(XBT), "not armed"
        ui.press(K.Key_F4)
        for delay_ms in (-1, 100):
            QTest.keyClick(ui.panel.canvas, K.Key_R, Qt.KeyboardModifier.NoModifier, delay_ms)
        assert ui.desktop.desk.reversing(XBT)
        await ui.desktop.clock.advance(60.0)
        assert not ui.desktop.desk.reversing(XBT)


async def test_a_held_key_is_no_second_press() -> None:
    async with shown() as ui:
        bench = ui.desktop.bench
        bench.gateway.held = (a_position_update(4, "100"),)
        bench.stream.push(*bench.gateway.held)
        for is_repeat in (False, True, True):
            event = QKeyEvent(
                QEvent.Type.KeyPress, K.Key_H, Qt.KeyboardModifier.NoModifier, "h", is_repeat
            )
            QApplication.sendEvent(ui.panel.canvas, event)
        await ui.desktop.settle()
        assert ui.placed == []


async def test_a_price_without_room_goes_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark price cut off after its first digits would be another price."""
    async with shown() as one:
        one.desktop.bench.stream.push(a_position_update(50_000_000, "100.1"))
        await one.desktop.settle()
        entry = next(
            label for label in one.panel.findChildren(QLabel) if label.text().startswith("at 100")
        )
        one.panel.resize(800, 700)
        one.desktop.ladder.trading.say("", Role.TEXT)
        one.desktop.ladder.mark_dirty()
        one.desktop.frame.tick()
        assert "mark 100.05" in entry.text()
        whole = entry.text()
        # Letters as wide as in the largest text; how wide this machine's are does not matter.
        monkeypatch.setattr(Theme, "text_width", lambda _theme, words: 40 * len(words))
        one.desktop.mark("100.06")
        await one.desktop.settle()
        assert entry.text() == whole.split("  ")[0]
        told = entry.toolTip().splitlines()
        assert told[0] == "Long 50\u202f000\u202f000 at 100.10"
        assert told[-1].endswith("at the mark 100.06, without fees and funding")
        assert entry.accessibleDescription() == entry.toolTip()


async def test_the_head_shows_breakeven_and_liquidation_where_there_is_room_and_tells_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mark gives way first, then breakeven; the tooltip has margin and charges, too."""
    async with an_insight(3) as one:
        one.desktop.bench.stream.push(
            a_position_update(
                3, "100", liquidation=ExactPrice(Decimal("80.04")), margin=Money(Decimal(2), "USDT")
            )
        )
        one.desktop.mark("100.05")
        theme = Theme.load(resources() / "themes", "dark")
        panel = LadderPanel(one.ladder, theme, FrameMeter())
        panel.resize(900, 700)
        panel.show()
        await one.settle()
        label = next(
            label for label in panel.findChildren(QLabel) if label.text().startswith("at 100")
        )
        assert label.text() == "at 100.00  BE ~100.2  LIQ 80.0  mark 100.05"
        shown_at = [label.text()]
        for letter_px in range(8, 60, 2):  # however wide this machine's letters are
            monkeypatch.setattr(Theme, "text_width", lambda _, words, px=letter_px: px * len(words))
            panel.resize(panel.width() - 1, 700)
            if label.text() != shown_at[-1]:
                shown_at.append(label.text())
        assert shown_at[1:] == [
            "at 100.00  BE ~100.2  LIQ 80.0", "at 100.00  LIQ 80.0", "at 100.00",
        ]  # fmt: skip
        told = label.toolTip().splitlines()
        assert told[0] == "Long 3 at 100.00"
        assert told[1].startswith("Breakeven 100.2 (estimated) with an entry fee of 0.06 %, ")
        assert told[2:4] == ["Liquidation 80.04", "Margin 2.00 USDT, isolated 5x"]
        assert told[4].endswith("at the mark 100.05, without fees and funding")
        help_ = panel.header.help_of(LadderColumn.PNL)
        assert help_.startswith("P&L USDT: P&L at price\nOf closing all of it at that price, less ")
        panel.close()
        panel.deleteLater()


async def test_the_lane_of_hedge_mode_is_named_and_the_button_takes_the_other_one() -> None:
    async with shown() as ladder:
        button = ladder.panel.findChild(QPushButton, "ladder.lane")
        assert button is not None
        assert button.isHidden(), "one-way mode has none"
        ladder.desktop.bench.gateway.mode = PositionMode.HEDGE
        await ladder.desktop.account.read_again()
        ladder.desktop.frame.tick()
        assert not button.isHidden()
        assert button.text() == "Long lane"
        assert "Buy opens, Sell reduces" in button.toolTip()
        assert "(L)" in button.toolTip()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        ladder.desktop.frame.tick()
        assert button.text() == "Short lane"
        assert "Sell opens, Buy reduces" in button.toolTip()
        ladder.press(K.Key_L)
        assert button.text() == "Long lane"
        assert ladder.desktop.ladder.lane is PositionSide.LONG


# Room --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "rows"),
    [((390, 677), 26), ((470, 950), 35), ((380, 470), 14)],
    ids=["1366x768", "1920x1080", "1920x1080 at twice the scale"],
)
async def test_so_many_whole_rows_fit_on_usual_screens(size: tuple[int, int], rows: int) -> None:
    """What is left of a screen for the ladder, with the program's own letters and its sheet."""
    Theme.register_fonts(resources() / "fonts")
    theme = Theme.load(resources() / "themes", "dark")
    protected = await Protected().start()
    panel = LadderPanel(protected.desktop.ladder, theme, FrameMeter())
    panel.show_protection(ProtectionBanner(protected.vm, protected.hand, theme))
    panel.setStyleSheet(theme.style_sheet)
    panel.resize(*size)
    panel.show()
    try:
        protected.desktop.frame.tick()
        assert panel.size().toTuple() == size, "nothing of it asks for more"
        flat = panel.canvas.layout_grid.row_count
        assert flat >= rows
        for told in ("Sent.", "Not sent, for a reason that takes more than a line to tell. " * 3):
            protected.desktop.ladder.trading.message = Message(told, Role.CAUTION)
            protected.desktop.ladder.mark_dirty()
            protected.desktop.frame.tick()
            assert panel.canvas.layout_grid.row_count == flat
        for button in panel.findChildren(QPushButton):
            if button.isVisible():
                words = button.fontMetrics().horizontalAdvance(button.text())
                assert words <= button.width() - 2, button.text()
    finally:
        await protected.stop()
        panel.close()
        panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_what_a_low_ladder_folds_is_in_its_menu_and_has_keys() -> None:
    async with shown() as ui:
        ui.panel.resize(420, 600)
        names = ("size_up", "size_down", "size_half", "size_double", "size_position")
        buttons = [ui.panel.findChild(QPushButton, f"ladder.{name}") for name in names]
        assert all(one is not None and not one.isVisible() for one in buttons)
        note = ui.panel.findChild(QLabel, "ladder.size_note")
        assert note is not None
        assert note.isVisible()
        ui.panel.header.open_menu()
        sizes = next(
            one.menu()
            for one in ui.panel.header.menu.menu.actions()
            if one.text() == "Size in hand"
        )
        assert isinstance(sizes, QMenu)
        assert len(sizes.actions()) == len(names)
        before = ui.desktop.sizes.current
        sizes.actions()[0].trigger()
        after = ui.desktop.sizes.current
        assert before is not None
        assert after is not None
        assert after > before
        ui.panel.header.menu.menu.close()
        ui.panel.resize(420, 950)
        assert all(one is not None and one.isVisible() for one in buttons)
        assert note.isVisible()


@pytest.mark.parametrize("scale", [1.0, 2.0])
async def test_nothing_of_it_lies_on_anything_else_however_low_it_is(scale: float) -> None:
    async with shown(scale=scale) as ladder:
        panel, host = ladder.panel, QWidget()  # a window of its own would not become so low
        host.resize(2000, 2000)
        panel.setParent(host)
        panel.show()
        host.show()
        for height in (900, 560, 400, 300, 220, 170):
            panel.resize(round(400 * scale), round(height * scale))
            QApplication.sendPostedEvents()
            assert overlaps(panel) == [], height
        panel.setParent(None)
        host.close()


async def test_the_frame_and_the_plate_of_the_market_end_above_a_message() -> None:
    async with shown() as ladder:
        panel, canvas, model = ladder.panel, ladder.canvas, ladder.desktop.ladder
        panel.resize(420, 400)
        ladder.press(K.Key_F4)
        model.scroll(60)
        words = "Nothing was sent: the cursor is out of sight, look again. " * 3
        model.trading.say(words, Role.CAUTION)
        model.mark_dirty()
        ladder.desktop.frame.tick()
        ladder.desktop.frame.tick()
        message = panel.findChild(QLabel, "ladder.message")
        assert message is not None
        top = message.geometry().top() - canvas.geometry().top()
        assert top < canvas.height()
        picture = QImage(canvas.size(), QImage.Format.Format_RGB32)
        canvas.render(picture)
        palette = panel._theme.colors
        assert picture.pixelColor(canvas.width() // 2, top - 1) == palette["keyboard_armed"]
        row = next(
            n for n in reversed(range(model.axis.count))
            if canvas.layout_grid.row_rect(n).bottom() < top
        )  # fmt: skip
        plate = canvas.layout_grid.row_rect(row)
        assert picture.pixelColor(10, plate.top() + 2) == palette["raised"]
        assert model.axis.is_covered(row)
        assert not model.axis.is_covered(row - 1)
