"""Real mouse events on the ladder's rows, and the foot with its sizes."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton, QWidget

from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.units import ExactPrice, Lots, OrderId, Price, Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.text import Role
from terminal.widgets.canvas import ladder_canvas
from terminal.widgets.canvas.ladder_beside import plate_at
from terminal.widgets.canvas.ladder_overlay import line_at, line_list, line_rects
from terminal.widgets.canvas.ladder_shapes import Fill, as_text
from terminal.widgets.canvas.ladder_speech import LadderSpeech
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.theme import Theme
from tests.support.builders import a_position_update, an_order_update
from tests.support.hold_timer import held_by_hand
from tests.support.pointer import point_at
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.ladder_view import TagMark

pytestmark = pytest.mark.usefixtures("qapp")
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier


class Ui:
    """A shown panel with the mouse armed."""

    def __init__(self, protected: Protected, panel: LadderPanel) -> None:
        self.protected, self.panel, self.canvas = protected, panel, panel.canvas
        self.ladder = protected.desktop.ladder

    def point(self, price: int, column: str) -> QPoint:
        rows = self.ladder.view.rows
        row = next(number for number, one in enumerate(rows) if one.price == price)
        return self.canvas.point_of(row, column)

    def tick(self) -> None:
        self.protected.desktop.frame.tick()

    def find(self, kind: type[QWidget], name: str) -> QWidget:
        found = self.panel.findChild(kind, name)
        assert isinstance(found, kind)
        return found

    @property
    def placed(self) -> list[tuple[int | None, int | None]]:
        return [(t.lots, t.price) for t, _ in self.protected.desktop.bench.trading.placed]

    def rests(self, *lots: int) -> None:
        for number, size in enumerate(lots):
            self.protected.desktop.bench.stream.push(
                an_order_update(
                    order_id=OrderId(f"o{number}"),
                    client_oid=None,
                    price=Price(998),
                    lots=Lots(size),
                )
            )
        self.tick()


@contextlib.asynccontextmanager
async def a_panel(
    habits: LadderHabits | None = None, scale: float = 1.0, width: int = 420
) -> AsyncIterator[Ui]:
    protected = await Protected().start()
    theme = Theme.load(resources() / "themes", "dark", scale)
    panel = LadderPanel(protected.desktop.ladder, theme, FrameMeter())
    panel.resize(width, 700)
    panel.show()
    ui = Ui(protected, panel)
    ui.ladder.habits = habits or LadderHabits()
    ui.ladder.toggle_mouse()
    ui.tick()
    try:
        yield ui
    finally:
        await protected.stop()
        panel.close()
        panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_a_click_and_the_right_button_send_their_sizes_and_no_menu_opens() -> None:
    async with a_panel(LadderHabits(other_button=OtherButton.SECOND_SIZE)) as ui:
        at = ui.point(999, "bid")
        QTest.mouseClick(ui.canvas, LEFT, NONE, at)
        QTest.mouseClick(ui.canvas, RIGHT, NONE, at)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, ui.canvas.mapToGlobal(at))
        event.ignore()
        QApplication.sendEvent(ui.canvas, event)
        assert event.isAccepted(), "nobody else opens one either"
        await ui.protected.settle()
        assert ui.placed == [(1, 999), (5, 999)]


async def test_the_pointer_frames_its_cell_and_has_a_shape_of_its_own() -> None:
    async with a_panel() as ui:
        ui.rests(4)
        for price, column, shape in (
            (999, "bid", Qt.CursorShape.CrossCursor),
            (998, "own_bid", Qt.CursorShape.PointingHandCursor),
            (999, "price", Qt.CursorShape.ArrowCursor),
        ):
            point_at(ui.canvas, ui.point(price, column))
            ui.tick()
            assert ui.canvas.cursor().shape() is shape, column
        point_at(ui.canvas, ui.point(999, "bid"))
        ui.tick()
        row = next(n for n, one in enumerate(ui.ladder.view.rows) if one.price == 999)
        picture = as_text(ui.canvas._list_of(row, ui.ladder.view.rows[row]))
        assert "Buy 1 limit" in picture
        left, width = ui.canvas.layout_grid.column(LadderColumn.BID)
        assert f"frame    {left} 0 {width - 1}" in picture


def plates(ui: Ui) -> list[tuple[QPoint, TagMark]]:
    """The middle of every plate that is drawn, with what it names, found pixel by pixel."""
    grid = ui.canvas.layout_grid
    found: dict[TagMark, list[QPoint]] = {}
    for number, row in enumerate(ui.ladder.view.rows):
        y = grid.row_rect(number).center().y()
        for x in range(grid.width if row.outside else 0):
            plate = plate_at(x, row, grid, ui.canvas.measure)
            if plate is not None:
                found.setdefault(plate.tag, []).append(QPoint(x, y))
    return [(points[len(points) // 2], tag) for tag, points in found.items()]


async def test_plates_at_the_edge_are_targets_of_their_own_with_hand_help_and_voice() -> None:
    async with a_panel() as ui:
        heard: list[str] = []
        ui.canvas.speech = LadderSpeech(ui.canvas, lambda words, _: heard.append(words))
        for name, side, price in (("a", Side.BUY, 900), ("b", Side.SELL, 1100)):
            ui.protected.desktop.bench.stream.push(
                an_order_update(order_id=OrderId(name), client_oid=None, price=Price(price),
                                side=side, lots=Lots(2))
            )  # fmt: skip
        held = a_position_update(3, liquidation=ExactPrice(Decimal("85.04")))
        ui.protected.desktop.bench.stream.push(held)
        await ui.protected.settle()
        assert {tag.label for _, tag in plates(ui)} >= {"buy", "sell", "LIQ"}
        for label, price in (("buy", 900), ("sell", 1100), ("LIQ", 850)):
            at, tag = next(one for one in plates(ui) if one[1].label == label)
            way = "up" if label == "sell" else "down"
            assert ui.canvas.help_at(at).startswith(f"Click: scrolls {way} to {tag.words}. Nothing")
            point_at(ui.canvas, at)
            ui.tick()
            assert ui.canvas.cursor().shape() is Qt.CursorShape.PointingHandCursor
            QTest.mouseClick(ui.canvas, LEFT, NONE, at)
            ui.tick()
            assert tag.at in {row.price for row in ui.ladder.view.rows}
            assert tag.at == price
            assert heard[-1] == f"In view: {tag.words}"
            QTest.mouseDClick(ui.canvas, LEFT, NONE, at)
            QTest.mouseClick(ui.canvas, LEFT, NONE, at)
            QTest.keyClick(ui.canvas, Qt.Key.Key_Space)
            ui.tick()
        await ui.protected.settle()
        assert ui.placed == []
        assert ui.protected.desktop.bench.trading.cancels == []


async def test_the_menu_brings_what_lies_out_of_view_as_well() -> None:
    async with a_panel() as ui:
        menu = ui.panel.header.menu
        menu.open(LadderColumn.PRICE, ui.canvas.layout_grid, QPoint(0, 0))
        outside = next(one for one in menu.menu.actions() if one.text() == "Out of view")
        assert not outside.isEnabled(), "there is nothing"
        ui.protected.desktop.bench.stream.push(
            an_order_update(order_id=OrderId("a"), client_oid=None, price=Price(900))
        )
        await ui.protected.settle()
        menu.open(LadderColumn.PRICE, ui.canvas.layout_grid, QPoint(0, 0))
        outside = next(one for one in menu.menu.actions() if one.text() == "Out of view")
        listed = outside.menu()
        assert isinstance(listed, QMenu)
        (entry,) = listed.actions()
        assert entry.text() == "\u25bc Own buy 90.0"
        entry.trigger()
        menu.menu.close()
        ui.tick()
        assert any(row.own_bid is not None for row in ui.ladder.view.rows)


async def test_the_wheel_turns_nothing_while_a_button_is_down() -> None:
    async with a_panel(LadderHabits(acts_on_release=True)) as ui:
        rows = [row.price for row in ui.ladder.view.rows]
        for buttons, modifiers in ((LEFT, NONE), (RIGHT, Qt.KeyboardModifier.ControlModifier)):
            event = QWheelEvent(
                QPointF(50, 50),
                QPointF(50, 50),
                QPoint(),
                QPoint(0, 240),
                buttons,
                modifiers,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(ui.canvas, event)
            ui.tick()
        assert [row.price for row in ui.ladder.view.rows] == rows
        assert ui.ladder.axis.step == 1


@pytest.mark.parametrize("on_release", [False, True])
async def test_a_double_click_sends_once(on_release: bool) -> None:
    async with a_panel(LadderHabits(acts_on_release=on_release)) as ui:
        at = ui.point(999, "bid")
        QTest.mouseClick(ui.canvas, LEFT, NONE, at)
        QTest.mouseDClick(ui.canvas, LEFT, NONE, at)
        await ui.protected.settle()
        assert len(ui.placed) == 1


def held_bar(ui: Ui, price: int) -> int:
    """How long, in pixels, the bar below what is held is; the only row with such words."""
    (row,) = [n for n, one in enumerate(ui.ladder.view.rows) if one.staged is not None]
    shown = ui.ladder.view.rows[row]
    assert shown.price == price
    items = ui.canvas._list_of(row, shown)
    assert "Buy 1 limit held" in as_text(items)
    return max(one.width for one in items if isinstance(one, Fill) and one.height == 3)


async def test_a_held_click_shows_its_bar_on_its_row_and_esc_drops_it() -> None:
    async with a_panel(LadderHabits(hold_ms=400)) as ui:
        timer = held_by_hand(ui.ladder)
        QTest.mouseClick(ui.canvas, LEFT, NONE, ui.point(998, "bid"))
        ui.tick()
        whole = held_bar(ui, 998)
        timer.advance(300)
        ui.tick()
        assert held_bar(ui, 998) == pytest.approx(whole / 4, abs=1)
        QTest.keyClick(ui.canvas, Qt.Key.Key_Escape)
        timer.advance(400)
        await ui.protected.settle()
        assert ui.placed == []
        QTest.mouseClick(ui.canvas, LEFT, NONE, ui.point(998, "bid"))
        timer.advance(400)
        await ui.protected.settle()
        assert ui.placed == [(1, 998)]


async def test_a_lost_focus_drops_what_is_dragged() -> None:
    async with a_panel() as ui:
        ui.rests(4)
        QTest.mousePress(ui.canvas, LEFT, NONE, ui.point(998, "own_bid"))
        point_at(ui.canvas, ui.point(996, "own_bid"))
        assert ui.ladder.mouse.drag.now is not None
        ui.tick()
        assert ui.canvas.cursor().shape() is not Qt.CursorShape.ArrowCursor
        ui.canvas.hide()
        assert ui.ladder.mouse.drag.now is None
        QTest.mouseRelease(ui.canvas, LEFT, NONE, ui.point(996, "own_bid"))
        await ui.protected.settle()
        assert ui.protected.desktop.bench.trading.cancels == []


async def test_the_list_lies_beside_its_cell_and_a_line_of_it_is_clicked() -> None:
    async with a_panel() as ui:
        ui.rests(2, 3, 4)
        QTest.mouseClick(ui.canvas, LEFT, NONE, ui.point(998, "own_bid"))
        ui.tick()
        own = ui.ladder.view.own_list
        assert own is not None
        layout = ui.canvas.layout_grid
        rects = line_rects(own, layout, ui.canvas.measure)
        assert len(rects) == 4
        assert all(not rect.intersects(layout.row_rect(own.row)) for rect in rects)
        assert all(ui.canvas.rect().contains(rect) for rect in rects)
        assert line_at(rects[0].center(), rects) is None, "the title is no order"
        assert line_at(rects[3].center(), rects) == 2
        assert "buy 4 at 99.8" in as_text(line_list(own, 3, rects[3]))
        ui.canvas.grab()
        QTest.mouseClick(ui.canvas, LEFT, NONE, rects[3].center())
        await ui.protected.settle()
        assert ui.protected.desktop.bench.trading.cancels == ["o2"]


async def test_a_press_on_the_list_is_never_about_what_lies_under_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Other columns and the other lane have clicks of their own; the open list comes first."""
    async with a_panel() as ui:
        under: list[object] = []

        def noted(*where: object) -> bool:
            under.append(where)
            return False

        monkeypatch.setattr(ladder_canvas, "take_click", noted)
        ui.rests(2, 3, 4)
        QTest.mouseClick(ui.canvas, LEFT, NONE, ui.point(998, "own_bid"))
        ui.tick()
        own = ui.ladder.view.own_list
        assert own is not None
        under.clear()
        line = line_rects(own, ui.canvas.layout_grid, ui.canvas.measure)[2]
        QTest.mouseClick(ui.canvas, LEFT, NONE, line.center())
        await ui.protected.settle()
        assert under == []
        assert ui.protected.desktop.bench.trading.cancels == ["o1"]


async def test_a_list_without_room_below_opens_above() -> None:
    async with a_panel() as ui:
        ui.rests(2, 3)
        QTest.mouseClick(ui.canvas, LEFT, NONE, ui.point(998, "own_bid"))
        ui.tick()
        own, layout = ui.ladder.view.own_list, ui.canvas.layout_grid
        assert own is not None
        last = own._replace(row=layout.row_count - 1)
        rects = line_rects(last, layout, ui.canvas.measure)
        assert rects[-1].bottom() < layout.row_rect(last.row).top()


# The foot ----------------------------------------------------------------------------------------


async def test_a_stored_size_is_edited_in_place() -> None:
    async with a_panel() as ui:
        button = ui.find(QPushButton, "ladder.size_3")
        editor = ui.find(QLineEdit, "ladder.size_editor")
        assert isinstance(editor, QLineEdit)
        QTest.mouseDClick(button, LEFT)
        assert editor.isVisible()
        assert editor.geometry().topLeft() == button.geometry().topLeft()
        assert editor.width() >= button.width()
        QTest.keyClicks(editor, "42")
        QTest.keyClick(editor, Qt.Key.Key_Return)
        ui.tick()
        assert not editor.isVisible()
        assert ui.protected.desktop.sizes.stored == (1, 5, 42, 25, 100)
        QTest.mouseDClick(button, LEFT)
        QTest.keyClicks(editor, "7")
        QTest.keyClick(editor, Qt.Key.Key_Escape)
        assert not editor.isVisible()
        QTest.mouseDClick(button, LEFT)
        QTest.keyClicks(editor, "x")
        QTest.keyClick(editor, Qt.Key.Key_Return)
        assert ui.protected.desktop.sizes.stored == (1, 5, 42, 25, 100)
        assert ui.placed == []


async def test_arithmetic_buttons_do_what_their_keys_do() -> None:
    async with a_panel() as ui:
        sizes = ui.protected.desktop.sizes
        sizes.set_current(10)
        for name, lots in (
            ("size_up", 20),
            ("size_down", 10),
            ("size_down", 9),
            ("size_half", 4),
            ("size_double", 8),
        ):
            ui.find(QPushButton, f"ladder.{name}").click()  # type: ignore[attr-defined] # a button
            assert sizes.current == lots, name
        QTest.keyClick(ui.canvas, Qt.Key.Key_Equal)
        assert sizes.current == 9


async def test_sizes_in_value_are_shown_in_lots_and_keys_reckon_in_the_unit() -> None:
    async with a_panel() as ui:
        box = ui.find(ChoiceBox, "ladder.size_unit")
        assert isinstance(box, ChoiceBox)
        assert [box.itemText(at) for at in range(4)] == ["lots", "XBT", "USDT", "% risk"]
        box.activated.emit(2)
        line = ui.find(QLineEdit, "ladder.size")
        assert isinstance(line, QLineEdit)
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, "20.02")
        QTest.keyClick(line, Qt.Key.Key_Return)
        ui.tick()
        # A lot is 0.001 of 100.05: 200 lots are 20.01.
        assert ui.protected.desktop.sizes.current == 200
        assert ui.ladder.view.foot.note == (
            "200 lots, about 20.01 USDT. Rounded down to whole lots."
        )
        QTest.keyClick(ui.canvas, Qt.Key.Key_Slash)
        ui.tick()
        assert (ui.ladder.view.size_text, ui.protected.desktop.sizes.current) == ("10.01", 100)
        QTest.mouseClick(ui.canvas, LEFT, NONE, ui.point(999, "bid"))
        await ui.protected.settle()
        assert ui.placed == [(100, 999)]


async def test_the_limits_stand_at_the_field_and_too_much_is_marked() -> None:
    async with a_panel() as ui:
        note = ui.find(QLabel, "ladder.size_note")
        assert (
            ui.ladder.view.foot.limits == "At most 10\u202f000 lots and 250\u202f000 USDT an order."
        )
        assert note.property("role") == Role.TEXT_DIM.value
        ui.ladder.set_size_text("10001")
        ui.tick()
        assert ui.ladder.view.foot.is_over
        assert note.property("role") == Role.DANGER.value


@pytest.mark.parametrize(("scale", "width"), [(1.0, 420), (2.0, 840)])
async def test_what_the_size_is_worth_is_never_cut(scale: float, width: int) -> None:
    """Lots, value and how it was rounded; what the limits are is in the tooltip while they hold."""
    async with a_panel(scale=scale, width=width) as ui:
        ui.ladder.choose_unit(2)
        for typed in ("20.02", "900.05", "0.05"):
            ui.ladder.set_size_text(typed)
            ui.tick()
            note = ui.find(QLabel, "ladder.size_note")
            assert isinstance(note, QLabel)
            assert note.text() == ui.ladder.view.foot.note
            assert "an order" in note.toolTip()


async def test_risk_says_which_stop_it_is_reckoned_to() -> None:
    async with a_panel() as ui:
        ui.ladder.choose_unit(3)
        ui.tick()
        assert "risk to the bracket's stop, 200 ticks" in ui.ladder.view.foot.note
