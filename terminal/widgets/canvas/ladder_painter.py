"""Paints ladder rows. Everything that can be kept is prepared when theme or size changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QBrush, QFont, QPainter, QPen, QPolygon

from terminal.widgets.canvas.ladder_frame import FRAME_PX, FramePainter, borders
from terminal.widgets.canvas.ladder_layout import PAD, LadderLayout
from terminal.widgets.canvas.ladder_shapes import (
    BOLD,
    LEFT,
    PLAIN,
    RIGHT,
    SMALL,
    Bar,
    Fill,
    Frame,
    Hatch,
    Line,
    Text,
    Triangle,
)
from terminal.widgets.canvas.text_cache import TextCache

if TYPE_CHECKING:
    from terminal.viewmodels.ladder_view import LadderView
    from terminal.widgets.canvas.ladder_shapes import Primitive, RowList
    from terminal.widgets.theme import Theme

_FADED = {"buy_bar": ("buy", 56), "sell_bar": ("sell", 56), "volume_bar": ("accent", 56),
          "buy_partly": ("buy", 110), "sell_partly": ("sell", 110)}  # fmt: skip


@final
class LadderPainter:
    """Walks the lists of a ladder's rows, and draws what lies over all of them."""

    def __init__(self, theme: Theme) -> None:
        self._fonts = {PLAIN: theme.font, BOLD: theme.bold_font, SMALL: theme.small_font}
        self._caches: dict[tuple[str, int], TextCache] = {}
        self._texts, self._bold = self._cache(PLAIN, 100), self._cache(BOLD, 100)
        color = theme.color
        self._inks = {name: color(name) for name in theme.colors}
        self._inks.update({ink: theme.faded(*of) for ink, of in _FADED.items()})
        self._pens = {name: QPen(shade) for name, shade in self._inks.items()}
        self._dashed = {
            name: QPen(shade, 1, Qt.PenStyle.DashLine) for name, shade in self._inks.items()
        }
        self._hatches = {
            side: QBrush(color(side), Qt.BrushStyle.BDiagPattern) for side in ("buy", "sell")
        }
        self._panel = color("panel")
        self._shade = theme.faded("window", 175)
        self._shade_plate = color("raised")
        self._frames = FramePainter(theme)

    def _cache(self, font: str, percent: int) -> TextCache:
        known = self._caches.get((font, percent))
        if known is None:
            sized = QFont(self._fonts[font])
            sized.setPixelSize(max(6, round(sized.pixelSize() * percent / 100)))
            known = self._caches[font, percent] = TextCache(sized)
        return known

    def measure(self, words: str, font: str, percent: int) -> float:
        """The width of a text in pixels."""
        return self._cache(font, percent).width(words)

    # Rows ------------------------------------------------------------------------------------

    def paint_row(self, painter: QPainter, layout: LadderLayout, row: int, items: RowList) -> None:
        """Draw one row in all its columns."""
        top = layout.inset + row * layout.row_height
        height, inks = layout.row_height, self._inks
        font: TextCache | None = None
        pen: str | None = None
        for item in items:
            if type(item) is Text:
                _, _, role, percent, ink, _ = item
                cache = self._caches.get((role, percent)) or self._cache(role, percent)
                if font is not cache:
                    font = cache
                    painter.setFont(cache.font)
                if pen is not ink:
                    pen = ink
                    painter.setPen(self._pens[ink])
                _paint_text(painter, cache, item, top + (height - cache.height) / 2)
            elif type(item) is Fill or type(item) is Bar:
                left, down, width, tall, ink = item
                painter.fillRect(left, top + down, width, tall, inks[ink])
            elif type(item) is Line and not item.is_dashed:
                # A pen as wide as a pixel takes ten times as long.
                painter.fillRect(item.x, top + item.y, item.width, 1, inks[item.ink])
            else:
                pen = None
                self._paint_shape(painter, top, item)

    def _paint_shape(self, painter: QPainter, top: int, item: Primitive) -> None:
        match item:
            case Line(x, y, width, ink):
                painter.setPen(self._dashed[ink])
                painter.drawLine(x, top + y, x + width - 1, top + y)
            case Frame(x, y, width, height, ink, is_dashed):
                painter.setPen((self._dashed if is_dashed else self._pens)[ink])
                painter.drawRect(x, top + y, width, height)
            case Hatch(x, y, width, height, ink):
                painter.fillRect(x, top + y, width, height, self._hatches[ink])
            case Triangle(x, y, size, way, ink):
                points = [
                    QPoint(x - size, top + y + size * way),
                    QPoint(x + size, top + y + size * way),
                    QPoint(x, top + y - size * way),
                ]
                painter.setPen(self._pens[ink])
                painter.setBrush(self._inks[ink])
                painter.drawPolygon(QPolygon(points))
                painter.setBrush(Qt.BrushStyle.NoBrush)
            case _:
                raise TypeError(type(item).__name__)

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

    def paint_off_market(
        self, painter: QPainter, layout: LadderLayout, view: LadderView, covered_px: int
    ) -> None:
        """A plate at the edge beyond which the market is, above what stands on the foot."""
        height = layout.row_height
        top = layout.inset
        if not view.is_market_above:
            covered = layout.rows_below(layout.height - covered_px)
            top += max(0, layout.row_count - 1 - covered) * height
        plate = QRect(FRAME_PX, top, layout.width - 2 * FRAME_PX, height)
        painter.fillRect(plate, self._shade_plate)
        painter.setFont(self._texts.font)
        painter.setPen(self._pens["caution"])
        arrow = "▲" if view.is_market_above else "▼"
        at = plate.top() + (plate.height() - self._texts.height) / 2
        self._texts.draw_middle(painter, plate.center().x(), at, f"{arrow} {view.off_market}")

    def paint_frame(
        self, painter: QPainter, area: QRect, view: LadderView, *, has_focus: bool
    ) -> None:
        """What is armed, and whether the rows read the keys: one frame inside the other."""
        frames = borders(
            has_keys=view.is_keyboard_armed, has_mouse=view.is_mouse_armed, has_focus=has_focus
        )
        self._frames.paint(painter, area, frames)


def _paint_text(painter: QPainter, cache: TextCache, item: Text, top: float) -> None:
    """Draw a text; the painter has its font and pen."""
    x, words = float(item.x), item.text
    known = cache.known(words)
    if item.anchor is not LEFT:
        wide = cache.width(words) if known is None else known.width
        x -= wide if item.anchor is RIGHT else wide / 2
    if known is None:
        cache.draw_new(painter, int(x), int(top), words)
    else:
        painter.drawStaticText(int(x), int(top), known.text)
