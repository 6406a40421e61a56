"""The ladder's rows as one custom-painted widget: draws the view, forwards keys and clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCursor, QHelpEvent, QPainter
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_spoken import help_words, plate_help
from terminal.viewmodels.ladder_view import Shape
from terminal.widgets.canvas.ladder_beside import plate_at
from terminal.widgets.canvas.ladder_clicks import take_click
from terminal.widgets.canvas.ladder_frame import INSET
from terminal.widgets.canvas.ladder_layout import LadderLayout, least_width, place
from terminal.widgets.canvas.ladder_list import RowWriter
from terminal.widgets.canvas.ladder_overlay import line_at, line_list, line_rects
from terminal.widgets.canvas.ladder_painter import LadderPainter
from terminal.widgets.canvas.ladder_shapes import PLAIN
from terminal.widgets.canvas.ladder_speech import LadderSpeech
from terminal.widgets.inputs import HeldKeys, chord_of, pressed_at_ms

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QContextMenuEvent,
        QEnterEvent,
        QFocusEvent,
        QHideEvent,
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_columns import ColumnSetting
    from terminal.viewmodels.ladder_view import LadderRow, LadderView, OwnList
    from terminal.widgets.canvas.ladder_plates import Plate
    from terminal.widgets.canvas.ladder_shapes import RowList
    from terminal.widgets.theme import Theme

ROWS_PER_NOTCH = 3
TURBO_ROWS = 15
"""Rows for a notch of the wheel with Shift."""
_NOTCH = 120


@final
class LadderCanvas(QWidget):
    """Rows of a ladder. Only rows that differ are painted again.

    ``layout_changed`` tells that columns have another place.
    """

    layout_changed = Signal()

    def __init__(
        self,
        view_model: LadderViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("ladder.canvas")
        self._vm = view_model
        self._theme = theme
        self._meter = meter
        self._painter = LadderPainter(theme)
        self._shown: LadderView = view_model.view
        self._lists: list[tuple[LadderRow, RowList]] = []
        self._digit_width = self._painter.measure("0", PLAIN, 100)
        self._layout = self._place_columns()
        self._writer = RowWriter(self._layout, self._painter.measure)
        self._wheel = 0
        self._covered_px = 0
        self._held = HeldKeys()
        self.speech = LadderSpeech(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view_model.changed.connect(self.show_view)
        theme.changed.connect(self._on_theme_changed)

    @Slot()
    def _on_theme_changed(self) -> None:
        self._painter = LadderPainter(self._theme)
        self._begin_anew()
        self.update()

    def _place_columns(self) -> LadderLayout:
        view, inset = self._shown, INSET
        columns = place(
            view.options.columns, self.width(), self.least_width, view.missing, inset=inset
        )
        return LadderLayout(
            self.width(), self.height(), self._theme.row_height, columns, inset, view.focus
        )

    def measure(self, words: str, font: str, percent: int) -> float:
        """The width of a text in a font role, in pixels."""
        return self._painter.measure(words, font, percent)

    def least_width(self, setting: ColumnSetting) -> int:
        """The pixels that a column needs with the present fonts."""
        return least_width(setting, self._digit_width, self._shown.price_digits)

    def _lay_out(self) -> None:
        layout = self._place_columns()
        if layout != self._layout:
            self._layout = layout
            self._begin_anew()
            self.update()
            self.layout_changed.emit()

    def _begin_anew(self) -> None:
        """Fonts or places are others: nothing that was written holds any more."""
        self._lists.clear()
        self._writer = RowWriter(self._layout, self._painter.measure)

    @property
    def layout_grid(self) -> LadderLayout:
        """Where rows and columns are."""
        return self._layout

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, 30 * self._theme.row_height + 2 * INSET)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(300, 8 * self._theme.row_height)

    def set_covered(self, pixels: int) -> None:
        """Take note of how much of the foot something stands on: 0 for nothing.

        The frames and the market's plate end above it.
        """
        pixels = max(0, pixels)
        if pixels != self._covered_px:
            self._covered_px = pixels
            self.update()

    # Showing ---------------------------------------------------------------------------------

    def show_view(self) -> None:
        """Take the view-model's view; ask for a repaint of what differs."""
        before, now = self._shown, self._vm.view
        self._shown = now
        self.speech.show(now)
        if before.pointer is not now.pointer:
            self.setCursor(_CURSORS[now.pointer])
        if (before.options, before.missing, before.price_digits, before.focus) != (
            now.options,
            now.missing,
            now.price_digits,
            now.focus,
        ):
            self._lay_out()
        if self._is_other_picture(before, now):
            self.update()
            return
        # A line of one pixel between two rows covers parts of both where pixels are scaled.
        spill = 0 if self.devicePixelRatioF() == 1 else 1
        for row, (old, new) in enumerate(zip(before.rows, now.rows, strict=True)):
            if old is not new and old != new and self._differs(row, new):
                self.update(self._layout.row_rect(row).adjusted(0, -spill, 0, spill))

    def _differs(self, row: int, new: LadderRow) -> bool:
        """Whether a row's picture is another one: a bar may change by less than a pixel."""
        before = self._lists[row][1] if row < len(self._lists) else None
        return self._list_of(row, new) != before

    def _list_of(self, row: int, shown: LadderRow) -> RowList:
        """What to paint for a row; kept while the row and the columns are the same."""
        while len(self._lists) <= row:
            place_ = len(self._lists)
            rows = self._shown.rows
            self._lists.append((rows[place_], self._writer.write(rows[place_])))
        known, items = self._lists[row]
        if known is not shown:
            if known != shown:
                items = self._writer.write(shown)
            self._lists[row] = (shown, items)
        return items

    @staticmethod
    def _is_other_picture(before: LadderView, now: LadderView) -> bool:
        return (
            len(before.rows) != len(now.rows)
            or before.stale != now.stale
            or before.waiting != now.waiting
            or before.off_market != now.off_market
            or before.is_keyboard_armed != now.is_keyboard_armed
            or before.is_mouse_armed != now.is_mouse_armed
            or before.own_list != now.own_list
        )

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        view, layout = self._shown, self._layout
        painter = QPainter(self)
        if view.waiting is not None or not view.rows:
            self._painter.paint_empty(painter, layout, view.waiting or "")
        else:
            region = event.region()
            for row, shown in enumerate(view.rows[: layout.row_count]):
                if region.intersects(layout.row_rect(row)):
                    self._painter.paint_row(painter, layout, row, self._list_of(row, shown))
            self._painter.paint_below(painter, layout)
            if view.own_list is not None:
                self._paint_list(painter, view.own_list)
            if view.off_market:
                self._painter.paint_off_market(painter, layout, view, self._covered_px)
            if view.stale is not None:
                self._painter.paint_stale(painter, layout, view.stale)
        area = self.rect().adjusted(0, 0, 0, -self._covered_px)
        self._painter.paint_frame(painter, area, view, has_focus=self.hasFocus())
        painter.end()
        self._meter.painted()

    def _paint_list(self, painter: QPainter, own: OwnList) -> None:
        layout = self._layout
        for number, rect in enumerate(line_rects(own, layout, self._painter.measure)):
            row = (rect.top() - layout.inset) // layout.row_height
            self._painter.paint_row(painter, layout, row, line_list(own, number, rect))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
        self._vm.set_visible_rows(self._layout.row_count)
        super().resizeEvent(event)

    # Hands -----------------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _MODIFIER_KEYS:
            self._see_modifiers()
        chord = chord_of(event)
        if chord is None or not self._vm.key_pressed(
            chord, pressed_at_ms(event), self._held.is_repeat(event)
        ):
            super().keyPressEvent(event)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in _MODIFIER_KEYS:
            self._see_modifiers()
        self._held.released(event)
        super().keyReleaseEvent(event)

    def _see_modifiers(self) -> None:
        """What a click would do depends on the modifiers: show it when they change."""
        if self.underMouse():
            at = self.mapFromGlobal(QCursor.pos())
            self._vm.mouse_moved(self._spot(at, QApplication.queryKeyboardModifiers()))

    def _spot(self, at: QPoint, modifiers: Qt.KeyboardModifier) -> Spot:
        own, entry = self._shown.own_list, None
        if own is not None:
            entry = line_at(at, line_rects(own, self._layout, self._painter.measure))
        is_inside = self.rect().contains(at)
        plate = self._plate_at(at) if is_inside else None
        return Spot(
            self._layout.row_at(at.y()) if is_inside else None,
            self._layout.column_at(at.x()) if is_inside else None,
            shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            other=bool(modifiers & _OTHER_MODIFIERS),
            entry=entry,
            edge=None if plate is None else plate.tag,
        )

    def _plate_at(self, at: QPoint) -> Plate | None:
        """The plate of something out of view under a point, as it was drawn last.

        None while a press or a list is open: what was begun on the rows ends on rows.
        """
        row, rows = self._layout.row_at(at.y()), self._shown.rows
        if row is None or row >= len(rows) or self._vm.mouse.is_open:
            return None
        if self._vm.axis.is_covered(row) or self._shown.waiting is not None:
            return None
        return plate_at(at.x(), rows[row], self._layout, self._painter.measure)

    def _spot_of(self, event: QMouseEvent) -> Spot:
        return self._spot(event.position().toPoint(), event.modifiers())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        spot, button = self._spot_of(event), _BUTTONS.get(event.button())
        if (
            not self._vm.mouse.is_open
            and not spot.picks
            and spot.edge is None
            and spot.row is not None
            and spot.column is not None
            and not self._vm.axis.is_covered(spot.row)
            and not self._vm.mouse.has_lost_plate(spot)
            and take_click(self._vm, spot.row, spot.column, event.button())
        ):
            return
        if button is not None:
            top = self._vm.axis.top_index
            self._vm.mouse_pressed(spot, button)
            if spot.edge is not None and self._vm.axis.top_index != top:
                self.speech.say(f"In view: {spot.edge.words}")

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        button = _BUTTONS.get(event.button())
        if button is not None:
            self._vm.mouse_released(self._spot_of(event), button)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """No menu opens over rows in which a right click may send."""
        event.accept()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click is one click: the second must not send a second order."""
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        if event.buttons() != Qt.MouseButton.NoButton:
            self._wheel = 0  # rows must not move under a button that is down
            return
        delta = event.angleDelta()
        self._wheel += delta.y() or delta.x()  # some systems turn the wheel with Shift
        notches = int(self._wheel / _NOTCH)
        self._wheel -= notches * _NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            for _ in range(abs(notches)):
                self._vm.step(finer=notches > 0)
        elif notches:
            is_turbo = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._vm.scroll(notches * (TURBO_ROWS if is_turbo else ROWS_PER_NOTCH))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._vm.mouse_moved(self._spot_of(event))
        super().mouseMoveEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        """A tooltip says a cell in words, made when it is asked for: queues, tagged prices."""
        if event.type() is QEvent.Type.WindowDeactivate:
            self._vm.window_left()
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.help_at(event.pos()), self)
            return True
        return super().event(event)

    def help_at(self, point: QPoint) -> str:
        """A cell in words: what is said of its row, also what had no room there."""
        row, insight, rows = self._layout.row_at(point.y()), self._vm.insight, self._shown.rows
        if row is None or row >= len(rows):
            return ""
        plate = self._plate_at(point)
        if plate is not None:
            return "\n".join((plate_help(rows[row], plate.tag), *help_words(rows[row])))
        column = self._layout.column_at(point.x())
        cell = "" if insight is None else insight.words_at(row, column)
        return "\n".join(filter(None, (cell, *help_words(rows[row]))))

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self._vm.set_hovered(True)
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._vm.set_hovered(False)
        super().leaveEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.speech.focus_came(self._shown)
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._vm.mouse_lost()
        self.update()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._vm.hidden()

    def point_of(self, row: int, column: str) -> QPoint:
        """The middle of a cell, by the column's name."""
        return self._layout.point_of(row, LadderColumn(column))


_OTHER_MODIFIERS = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_MODIFIER_KEYS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)
_BUTTONS = {
    Qt.MouseButton.LeftButton: Button.LEFT,
    Qt.MouseButton.RightButton: Button.OTHER,
    Qt.MouseButton.MiddleButton: Button.MIDDLE,
}
_CURSORS = {
    Shape.ARROW: Qt.CursorShape.ArrowCursor,
    Shape.SENDS: Qt.CursorShape.CrossCursor,
    Shape.CANCELS: Qt.CursorShape.PointingHandCursor,
    Shape.DRAGS: Qt.CursorShape.ClosedHandCursor,
    Shape.REFUSES: Qt.CursorShape.ForbiddenCursor,
    Shape.GOES: Qt.CursorShape.PointingHandCursor,
}
