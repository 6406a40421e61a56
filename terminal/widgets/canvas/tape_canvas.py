"""The tape's rows as one custom-painted widget: draws the view, forwards keys and the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Slot
from PySide6.QtGui import QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.canvas.text_cache import TextCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import (
        QEnterEvent,
        QFocusEvent,
        QHideEvent,
        QKeyEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.tape import TapeViewModel
    from terminal.viewmodels.tape_view import TapeRow, TapeView
    from terminal.widgets.theme import Theme

ROWS_PER_NOTCH = 3
_NOTCH = 120
_PAD = 8
_MARK_PX = 3
_SIDES = (Role.BUY, Role.SELL)


@final
class TapeLayout(NamedTuple):
    """Where the columns are, px: the left of time and arrow, the right of numbers; None: no room.

    ``price`` is the right edge of the price column, ``lots`` and ``trades`` of theirs.
    """

    time: int
    arrow: int
    price: int
    lots: int
    trades: int | None


def place_columns(width: int, pad: int, measure: Callable[[str], float]) -> TapeLayout:
    """Columns from the left; how many trades a burst had is left out first where room is scarce."""
    arrow = pad + round(measure("00:00:00")) + pad
    price = arrow + round(measure("\N{BLACK UP-POINTING TRIANGLE}" * 2 + "1 000 000.0")) + pad
    lots = price + round(measure("100 000")) + pad
    trades = lots + round(measure("\N{MULTIPLICATION SIGN}1 000")) + pad
    return TapeLayout(pad, arrow, price, lots, trades if trades <= width else None)


@final
class TapeCanvas(QWidget):
    """Rows of the tape under a line of titles. A pointer over them makes them stand still."""

    def __init__(
        self,
        view_model: TapeViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tape.canvas")
        self.setAccessibleName("Tape: public trades, the newest on top")
        self._vm = view_model
        self._theme = theme
        self._meter = meter
        self._wheel = 0
        self._shown: TapeView = view_model.view
        self._take_theme()
        self._layout = place_columns(self.width(), self._pad, self._measure)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view_model.changed.connect(self._show)
        theme.changed.connect(self._take_theme)

    @Slot()
    def _take_theme(self) -> None:
        theme = self._theme
        self._pad = theme.px(_PAD)
        self._row_height = theme.row_height
        self._plain, self._bold = TextCache(theme.font), TextCache(theme.bold_font)
        self._small = TextCache(theme.small_font)
        self._top = self._row_height + theme.px(2)
        self._pens = {role: QPen(theme.color(role)) for role in Role}
        self._grounds = {role: theme.color(f"{role.value}_ground") for role in _SIDES}
        self._ground, self._line = theme.color("panel"), QPen(theme.color("line"))
        self._shade = theme.faded("window", 150)
        self._hole_pen = QPen(theme.color("caution"), 1, Qt.PenStyle.DashLine)
        self.update()

    def _measure(self, words: str) -> float:
        return self._bold.get(words).width

    @override
    def sizeHint(self) -> QSize:
        return QSize(self._layout.lots + self._pad, 20 * self._row_height)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self._layout.price, self._top + self._row_height)

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        before, now = self._shown, self._vm.view
        self._shown = now
        if (before.stale, before.waiting) != (now.stale, now.waiting):
            self.setAccessibleDescription(now.stale or now.waiting or _HELP)
            self.update()
            return
        if before.note != now.note:
            self.update(0, 0, self.width(), self._top)
        if len(before.rows) != len(now.rows):
            self.update(0, self._top, self.width(), self.height() - self._top)
            return
        for number, (old, new) in enumerate(zip(before.rows, now.rows, strict=True)):
            if old is not new and old != new:
                self.update(self._rect(number))

    def _rect(self, row: int) -> QRect:
        return QRect(0, self._top + row * self._row_height, self.width(), self._row_height)

    def _row_at(self, y: int) -> int:
        return (y - self._top) // self._row_height if y >= self._top else -1

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        view, region = self._shown, event.region()
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._ground)
        for number, row in enumerate(view.rows):
            rect = self._rect(number)
            if region.intersects(rect):
                if row.hole:
                    self._paint_hole(painter, rect, row)
                else:
                    self._paint_row(painter, rect, row)
        if view.stale is not None or view.waiting:
            self._paint_words(painter, view)
        self._paint_titles(painter, view)
        if self.hasFocus():
            painter.setPen(self._pens[Role.ACCENT])
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
        self._meter.painted()

    def _paint_row(self, painter: QPainter, rect: QRect, row: TapeRow) -> None:
        layout, cache = self._layout, self._bold if row.is_large else self._plain
        top = rect.top() + (rect.height() - cache.height) / 2
        pen = self._pens[row.role]
        if row.is_large:
            painter.fillRect(rect, self._grounds[row.role])
            painter.fillRect(0, rect.top(), _MARK_PX, rect.height(), pen.color())
        painter.setFont(cache.font)
        painter.setPen(self._pens[Role.TEXT_DIM])
        cache.draw_left(painter, layout.time, top, row.time)
        if layout.trades is not None and row.trades:
            cache.draw_right(painter, layout.trades, top, row.trades)
        painter.setPen(pen)
        cache.draw_left(painter, layout.arrow, top, row.arrow)
        cache.draw_right(painter, layout.price, top, row.price)
        cache.draw_right(painter, layout.lots, top, row.lots)

    def _paint_hole(self, painter: QPainter, rect: QRect, row: TapeRow) -> None:
        middle = rect.center().y()
        painter.setPen(self._hole_pen)
        painter.drawLine(0, middle, rect.right(), middle)
        width = round(self._small.get(row.hole).width)
        left = max(self._pad, (rect.width() - width) // 2)
        painter.fillRect(left - self._pad, rect.top(), width + 2 * self._pad, rect.height(),
                         self._ground)  # fmt: skip
        painter.setFont(self._small.font)
        self._small.draw_left(
            painter, left, rect.top() + (rect.height() - self._small.height) / 2, row.hole
        )

    def _paint_titles(self, painter: QPainter, view: TapeView) -> None:
        layout, cache = self._layout, self._small
        top = (self._top - cache.height) / 2
        painter.fillRect(0, 0, self.width(), self._top, self._ground)
        painter.setFont(cache.font)
        if view.note:
            painter.setPen(self._pens[Role.CAUTION])
            cache.draw_left(painter, layout.time, top, view.note)
        else:
            painter.setPen(self._pens[Role.TEXT_DIM])
            cache.draw_left(painter, layout.time, top, "Time")
            cache.draw_right(painter, layout.price, top, "Price")
            cache.draw_right(painter, layout.lots, top, "Lots")
            if layout.trades is not None:
                cache.draw_right(painter, layout.trades, top, "Trades")
        painter.setPen(self._line)
        painter.drawLine(0, self._top - 1, self.width(), self._top - 1)

    def _paint_words(self, painter: QPainter, view: TapeView) -> None:
        area = self.rect().adjusted(self._pad, self._top, -self._pad, 0)
        if view.stale is not None:
            painter.fillRect(self.rect(), self._shade)
        painter.setFont(self._theme.font)
        painter.setPen(self._pens[Role.CAUTION if view.stale else Role.TEXT_DIM])
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area, int(flags), view.stale or view.waiting)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._layout = place_columns(self.width(), self._pad, self._measure)
        self._vm.set_visible_rows(max(0, -(-(self.height() - self._top) // self._row_height)))
        super().resizeEvent(event)

    # Hands -----------------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = max(1, (self.height() - self._top) // self._row_height - 1)
        rows = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_PageUp: -page,
        }
        key = Qt.Key(event.key())
        if key in rows:
            self._vm.scroll(rows[key])
        elif key is Qt.Key.Key_Home:
            self._vm.follow()
        elif key is Qt.Key.Key_End:
            self._vm.scroll_to_end()
        elif key is Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._vm.toggle_held()
        else:
            super().keyPressEvent(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / _NOTCH)
        self._wheel -= notches * _NOTCH
        if notches:
            self._vm.scroll(-notches * ROWS_PER_NOTCH)
        event.accept()

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self._vm.set_hovered(True)
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._vm.set_hovered(False)
        super().leaveEvent(event)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        # A hidden panel is told of no pointer that leaves.
        self._vm.set_hovered(False)
        super().hideEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            row = self._row_at(event.pos().y())
            words = self._vm.tooltip(row) or _HELP
            QToolTip.showText(event.globalPos(), words, self, self._rect(row))
            return True
        return super().event(event)


_HELP = (
    "Space stops the rows and lets them go on; arrows, Page Up and Page Down look at older ones, "
    "Home goes back to the newest. They stand still while the pointer is over them."
)
