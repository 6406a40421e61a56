"""Paints ladder rows. Everything that can be kept is prepared when theme or size changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygon

from terminal.viewmodels.ladder_view import LadderRow, LadderView, OwnMark, OwnState
from terminal.viewmodels.text import THIN_SPACE
from terminal.widgets.canvas.ladder_layout import LadderColumn, LadderLayout
from terminal.widgets.canvas.text_cache import TextCache

if TYPE_CHECKING:
    from terminal.widgets.theme import Theme

PAD = 6
FRAME_PX = 2


@final
class LadderPainter:
    """Draws a ladder's view into a painter, row by row."""

    def __init__(self, theme: Theme) -> None:
        self._texts = TextCache(theme.font)
        self._bold = TextCache(theme.bold_font)
        self._small = TextCache(theme.small_font)
        color = theme.color
        self._panel, self._raised = color("panel"), color("raised")
        self._grounds = {"buy": color("buy_ground"), "sell": color("sell_ground")}
        self._bars = {"buy": theme.faded("buy", 56), "sell": theme.faded("sell", 56)}
        self._side = {"buy": color("buy"), "sell": color("sell")}
        self._pens = {
            name: QPen(color(name))
            for name in (
                "text",
                "text_dim",
                "text_off",
                "buy",
                "sell",
                "accent",
                "caution",
                "panel",
            )
        }
        self._line = QPen(color("line"))
        self._cursor_pen = QPen(color("accent"), 1)
        self._target_pen = QPen(color("caution"), 1, Qt.PenStyle.DashLine)
        self._shade = theme.faded("window", 175)
        self._shade_plate = color("raised")
        self._frames = {name: color(name) for name in ("keyboard_armed", "mouse_armed")}
        self._partly = {side: theme.faded(side, 110) for side in self._side}
        self._entry = color("accent")
        self._hatches = {
            side: QBrush(self._side[side], Qt.BrushStyle.BDiagPattern) for side in self._side
        }

    # Rows ------------------------------------------------------------------------------------

    def paint_row(self, painter: QPainter, layout: LadderLayout, row: int, view: LadderRow) -> None:
        """Draw one row in all its columns."""
        rect = layout.row_rect(row)
        self._paint_grounds(painter, layout, row, view)
        painter.setPen(self._line)
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        top = rect.top() + (rect.height() - self._texts.height) / 2
        self._paint_sizes(painter, layout, view, top)
        self._paint_price(painter, layout.cell(row, LadderColumn.PRICE), view, top)
        if view.own_bid is not None:
            self._paint_own(painter, layout.cell(row, LadderColumn.OWN_BID), view.own_bid, "buy")
        if view.own_ask is not None:
            self._paint_own(painter, layout.cell(row, LadderColumn.OWN_ASK), view.own_ask, "sell")
        if view.is_cursor:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._cursor_pen)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        if view.is_grab_target:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._target_pen)
            painter.drawRect(rect.adjusted(1, 1, -2, -2))

    def _paint_grounds(
        self, painter: QPainter, layout: LadderLayout, row: int, view: LadderRow
    ) -> None:
        painter.fillRect(layout.row_rect(row), self._panel)
        bid, ask = layout.cell(row, LadderColumn.BID), layout.cell(row, LadderColumn.ASK)
        painter.fillRect(layout.cell(row, LadderColumn.PRICE), self._raised)
        if view.bid_text:
            painter.fillRect(bid, self._grounds["buy"])
            width = round(bid.width() * view.bid_share)
            bar = QRect(bid.right() - width + 1, bid.top(), width, bid.height())
            painter.fillRect(bar, self._bars["buy"])
        if view.ask_text:
            painter.fillRect(ask, self._grounds["sell"])
            width = round(ask.width() * view.ask_share)
            painter.fillRect(QRect(ask.left(), ask.top(), width, ask.height()), self._bars["sell"])

    def _paint_sizes(
        self, painter: QPainter, layout: LadderLayout, view: LadderRow, top: float
    ) -> None:
        painter.setFont(self._texts.font)
        if view.bid_text:
            left, width = layout.column(LadderColumn.BID)
            painter.setPen(self._pens["buy"])
            self._texts.draw_right(painter, left + width - PAD, top, view.bid_text)
        if view.ask_text:
            left, width = layout.column(LadderColumn.ASK)
            painter.setPen(self._pens["sell"])
            self._texts.draw_right(painter, left + width - PAD, top, view.ask_text)

    def _paint_price(self, painter: QPainter, cell: QRect, view: LadderRow, top: float) -> None:
        best = "buy" if view.is_best_bid else "sell" if view.is_best_ask else ""
        texts = self._bold if best or view.is_last else self._texts
        right = cell.right() - PAD
        if view.is_last:
            room = right - texts.get(view.price_text).width - cell.left()
            self._paint_last(painter, cell.left() + 3, room, view, top)
        if view.is_entry:
            painter.fillRect(QRect(cell.right() - 2, cell.top(), 3, cell.height()), self._entry)
        painter.setFont(texts.font)
        painter.setPen(self._pens[best or "text"])
        texts.draw_right(painter, right, top, view.price_text)

    def _paint_last(
        self, painter: QPainter, left: int, room: float, view: LadderRow, top: float
    ) -> None:
        """The last trade: an arrow that tells the direction without colour, and its lots.

        The lots are left out where there is no room: they must never run into the price.
        """
        name = {1: "buy", -1: "sell"}.get(view.last_direction, "text_dim")
        arrow = {1: "▲", -1: "▼"}.get(view.last_direction, "•")
        painter.setFont(self._small.font)
        painter.setPen(self._pens[name])
        words = f"{arrow}{THIN_SPACE}{view.last_text}"
        fits = self._small.get(words).width + PAD <= room
        self._small.draw_left(painter, left, top, words if fits else arrow)

    # Own orders ------------------------------------------------------------------------------

    def _paint_own(self, painter: QPainter, cell: QRect, mark: OwnMark, side: str) -> None:
        """The look page's order states: each has a shape of its own, not only a colour."""
        box = cell.adjusted(2, 2, -3, -3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen, suffix = self._paint_own_box(painter, box, mark, side)
        painter.setFont(self._bold.font)
        painter.setPen(self._pens[pen])
        top = cell.top() + (cell.height() - self._bold.height) / 2
        self._bold.draw_middle(painter, box.center().x(), top, f"{mark.text}{suffix}")

    def _paint_own_box(
        self, painter: QPainter, box: QRect, mark: OwnMark, side: str
    ) -> tuple[str, str]:
        """Draw the box of a state; answer the text's colour and what follows the text."""
        color = self._side[side]
        if mark.state is OwnState.WORKING:
            painter.fillRect(box.adjusted(0, 0, 1, 1), color)
            return "panel", ""
        if mark.state in {OwnState.PENDING, OwnState.UNKNOWN}:
            painter.setPen(self._pens["caution"])
            painter.drawRect(box)
            return "caution", f"{THIN_SPACE}?" if mark.state is OwnState.UNKNOWN else ""
        if mark.state is OwnState.CANCELING:
            painter.fillRect(box, self._hatches[side])
        elif mark.state is OwnState.PARTLY:
            left = QRect(box)
            left.setWidth(round(box.width() * (1 - mark.filled_share)))
            painter.fillRect(left, self._partly[side])
        else:
            self._paint_triangle(painter, box, color, side)
        painter.setPen(self._pens[side])
        painter.drawRect(box)
        return "text", ""

    @staticmethod
    def _paint_triangle(painter: QPainter, box: QRect, color: QColor, side: str) -> None:
        middle, size = box.center().y(), 4
        tip = -size if side == "buy" else size
        left = box.left() + 4
        points = [
            QPoint(left, middle - tip),
            QPoint(left + 2 * size, middle - tip),
            QPoint(left + size, middle + tip),
        ]
        painter.setBrush(color)
        painter.drawPolygon(QPolygon(points))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    # Over everything -------------------------------------------------------------------------

    def paint_empty(self, painter: QPainter, layout: LadderLayout, words: str) -> None:
        """Nothing to show yet: say what is waited for."""
        painter.fillRect(0, 0, layout.width, layout.height, self._panel)
        painter.setFont(self._texts.font)
        painter.setPen(self._pens["text_dim"])
        area = QRect(PAD, 0, layout.width - 2 * PAD, layout.height)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area, int(flags), words)

    def paint_below(self, painter: QPainter, layout: LadderLayout) -> None:
        """The strip below the last whole row, and the edge around all rows."""
        edge = layout.inset
        top = edge + layout.row_count * layout.row_height
        painter.fillRect(0, top, layout.width, layout.height - top, self._panel)
        painter.fillRect(0, 0, layout.width, edge, self._panel)
        painter.fillRect(0, 0, edge, layout.height, self._panel)
        painter.fillRect(layout.width - edge, 0, edge, layout.height, self._panel)

    def paint_stale(self, painter: QPainter, layout: LadderLayout, words: str) -> None:
        """Shade what cannot be trusted and say why."""
        painter.fillRect(0, 0, layout.width, layout.height, self._shade)
        plate = QRect(0, layout.height // 2 - 26, layout.width, 52)
        painter.fillRect(plate, self._shade_plate)
        painter.setFont(self._bold.font)
        painter.setPen(self._pens["caution"])
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(plate.adjusted(PAD, 0, -PAD, 0), int(flags), words)

    def paint_off_market(self, painter: QPainter, layout: LadderLayout, view: LadderView) -> None:
        """A plate at the edge beyond which the market is."""
        height = layout.row_height
        top = FRAME_PX if view.is_market_above else layout.height - height - FRAME_PX
        plate = QRect(FRAME_PX, top, layout.width - 2 * FRAME_PX, height)
        painter.fillRect(plate, self._shade_plate)
        painter.setFont(self._texts.font)
        painter.setPen(self._pens["caution"])
        arrow = "▲" if view.is_market_above else "▼"
        at = plate.top() + (plate.height() - self._texts.height) / 2
        self._texts.draw_middle(painter, plate.center().x(), at, f"{arrow} {view.off_market}")

    def paint_frame(self, painter: QPainter, layout: LadderLayout, view: LadderView) -> None:
        """Two pixels around an armed ladder; both hands armed show both."""
        inset = 0
        for is_armed, name in (
            (view.is_keyboard_armed, "keyboard_armed"),
            (view.is_mouse_armed, "mouse_armed"),
        ):
            if not is_armed:
                continue
            color = self._frames[name]
            width, height = layout.width - 2 * inset, layout.height - 2 * inset
            painter.fillRect(inset, inset, width, FRAME_PX, color)
            painter.fillRect(inset, inset + height - FRAME_PX, width, FRAME_PX, color)
            painter.fillRect(inset, inset, FRAME_PX, height, color)
            painter.fillRect(inset + width - FRAME_PX, inset, FRAME_PX, height, color)
            inset += FRAME_PX
