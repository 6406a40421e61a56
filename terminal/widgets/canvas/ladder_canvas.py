"""The ladder's rows as one custom-painted widget: draws the view, forwards keys and clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from terminal.domain.units import Side
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.widgets.canvas.ladder_layout import LadderLayout, least_width, place
from terminal.widgets.canvas.ladder_list import PLAIN, row_list
from terminal.widgets.canvas.ladder_painter import FRAME_PX, LadderPainter
from terminal.widgets.inputs import HeldKeys, chord_of, pressed_at_ms

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QEnterEvent,
        QFocusEvent,
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_columns import ColumnSetting
    from terminal.viewmodels.ladder_view import LadderRow, LadderView
    from terminal.widgets.canvas.ladder_list import RowList
    from terminal.widgets.theme import Theme

ROWS_PER_NOTCH = 3
TURBO_ROWS = 15
"""Rows for a notch of the wheel with Shift."""
_NOTCH = 120
_SIDES = {LadderColumn.BID: Side.BUY, LadderColumn.ASK: Side.SELL}
_OWN_SIDES = {LadderColumn.OWN_BID: Side.BUY, LadderColumn.OWN_ASK: Side.SELL}


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
        self._wheel = 0
        self._held = HeldKeys()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view_model.changed.connect(self.show_view)
        theme.changed.connect(self._on_theme_changed)

    @Slot()
    def _on_theme_changed(self) -> None:
        self._painter = LadderPainter(self._theme)
        self._lists.clear()
        self.update()

    def _place_columns(self) -> LadderLayout:
        view, inset = self._shown, 2 * FRAME_PX
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
            self._lists.clear()
            self.update()
            self.layout_changed.emit()

    @property
    def layout_grid(self) -> LadderLayout:
        """Where rows and columns are."""
        return self._layout

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, 30 * self._theme.row_height + 4 * FRAME_PX)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(300, 8 * self._theme.row_height)

    # Showing ---------------------------------------------------------------------------------

    def show_view(self) -> None:
        """Take the view-model's view; ask for a repaint of what differs."""
        before, now = self._shown, self._vm.view
        self._shown = now
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
            made = row_list(rows[place_], self._layout, self._painter.measure)
            self._lists.append((rows[place_], made))
        known, items = self._lists[row]
        if known is not shown:
            if known != shown:
                items = row_list(shown, self._layout, self._painter.measure)
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
            if view.off_market:
                self._painter.paint_off_market(painter, layout, view)
            if view.stale is not None:
                self._painter.paint_stale(painter, layout, view.stale)
        self._painter.paint_frame(painter, layout, view)
        if self.hasFocus() and not (view.is_keyboard_armed or view.is_mouse_armed):
            painter.setPen(self._theme.color("line_strong"))
            painter.drawRect(0, 0, layout.width - 1, layout.height - 1)
        painter.end()
        self._meter.painted()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
        self._vm.set_visible_rows(self._layout.row_count)
        super().resizeEvent(event)

    # Hands -----------------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        chord = chord_of(event)
        if chord is None or not self._vm.key_pressed(
            chord, pressed_at_ms(event), self._held.is_repeat(event)
        ):
            super().keyPressEvent(event)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._held.released(event)
        super().keyReleaseEvent(event)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        point = event.position().toPoint()
        row, column = self._layout.row_at(point.y()), self._layout.column_at(point.x())
        if row is None or column is None:
            return
        button = event.button()
        if button is Qt.MouseButton.MiddleButton or (
            button is Qt.MouseButton.RightButton and column is LadderColumn.PRICE
        ):
            self._vm.recenter()
        elif button is Qt.MouseButton.LeftButton:
            self._left(row, column, has_modifier=bool(event.modifiers() & _MODIFIERS))

    def _left(self, row: int, column: LadderColumn, *, has_modifier: bool) -> None:
        own, side = _OWN_SIDES.get(column), _SIDES.get(column)
        if own is not None:
            self._vm.own_clicked(row, own)
        elif side is not None and not has_modifier:
            # Shift and Ctrl mean stops; until they exist they must not send a plain limit.
            self._vm.row_clicked(row, side)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click is one click: the second must not send a second order."""
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
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
        event.accept()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._vm.point_at(self._layout.row_at(point.y()), self._layout.column_at(point.x()))
        super().mouseMoveEvent(event)

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
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def point_of(self, row: int, column: str) -> QPoint:
        """The middle of a cell, by the column's name."""
        return self._layout.point_of(row, LadderColumn(column))


_MODIFIERS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
