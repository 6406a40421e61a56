"""Prepared texts: measured without laying them out where that can be, laid out once, drawn often.

Numbers of a busy market are new texts all the time: most are drawn once and never again. A text is
laid out for keeps when it was drawn some times, and numbers are measured digit by digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QStaticText

from terminal.viewmodels.text import MINUS, THIN_SPACE

if TYPE_CHECKING:
    from PySide6.QtGui import QFont, QPainter

LIMIT = 4096
"""So many texts are kept at most, of each kind."""
KEPT_FROM = 4
"""A text is prepared when it is drawn for this time: preparing one takes as long as two drawings
without."""
_FIGURES = f"0123456789.+-{MINUS}{THIN_SPACE}"
_LETTERS = "kMG"
"""What ends a number that is abbreviated; nothing of it follows."""
_KERNED = 0.01


@final
class PreparedText(NamedTuple):
    """A laid out text and its width in pixels."""

    text: QStaticText
    width: float


@final
class TextCache:
    """Texts of one font. What was not used for long is forgotten, half of all at a time."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        metrics = QFontMetricsF(font)
        self.height = metrics.height()
        self._ascent = metrics.ascent()
        self._metrics = metrics
        self._known: dict[str, PreparedText] = {}
        self._older: dict[str, PreparedText] = {}
        self._widths: dict[str, float] = {}
        self._drawn: dict[str, int] = {}
        self._advances = _advances(metrics)

    def get(self, text: str) -> PreparedText:
        """The prepared form of a text."""
        known = self._known.get(text)
        if known is None:
            known = self._older.pop(text, None) or self._prepared(text)
            if len(self._known) >= LIMIT // 2:
                self._older, self._known = self._known, {}
            self._known[text] = known
        return known

    def _prepared(self, text: str) -> PreparedText:
        prepared = QStaticText(text)
        prepared.setTextFormat(Qt.TextFormat.PlainText)
        prepared.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        return PreparedText(prepared, self.width(text))

    def width(self, text: str) -> float:
        """The width of a text in pixels; it need not be prepared for that."""
        known = self._widths.get(text)
        if known is None:
            try:
                known = sum(map(self._advances.__getitem__, text), 0.0)
            except KeyError:  # words
                known = self._metrics.horizontalAdvance(text)
            if len(self._widths) >= LIMIT:
                self._widths.clear()
            self._widths[text] = known
        return known

    def draw(self, painter: QPainter, left: int, top: int, text: str) -> None:
        """Draw with the upper left corner at a pixel. The painter has the font and the pen."""
        known = self.known(text)
        if known is None:
            self.draw_new(painter, left, top, text)
        else:
            painter.drawStaticText(left, top, known.text)

    def draw_new(self, painter: QPainter, left: int, top: int, text: str) -> None:
        """Draw a text that is not prepared, at the same pixels as if it were."""
        painter.drawText(QPointF(left, top + self._ascent), text)

    def known(self, text: str) -> PreparedText | None:
        """The prepared form of a text that is to be drawn now, None while it is a new one."""
        known = self._known.get(text)
        if known is not None:
            return known
        drawn = self._drawn.get(text, 0) + 1
        if drawn >= KEPT_FROM or text in self._older:
            return self.get(text)
        if len(self._drawn) >= LIMIT:
            self._drawn.clear()
        self._drawn[text] = drawn
        return None

    def draw_right(self, painter: QPainter, right: float, top: float, text: str) -> None:
        """Draw with the right edge at ``right``. The painter has the font and the pen."""
        self.draw(painter, int(right - self.width(text)), int(top), text)

    def draw_left(self, painter: QPainter, left: float, top: float, text: str) -> None:
        """Draw with the left edge at ``left``."""
        self.draw(painter, int(left), int(top), text)

    def draw_middle(self, painter: QPainter, middle: float, top: float, text: str) -> None:
        """Draw centred on ``middle``."""
        self.draw(painter, int(middle - self.width(text) / 2), int(top), text)


def _advances(metrics: QFontMetricsF) -> dict[str, float]:
    """The widths of what numbers are made of; empty where the font moves digits together."""
    found = {sign: metrics.horizontalAdvance(sign) for sign in _FIGURES + _LETTERS}
    for sign in _FIGURES:
        # All pairs in one text, each figure beside this one on both sides.
        texts = ["".join(f"{sign}{other}" for other in _FIGURES), *(sign + one for one in _LETTERS)]
        for text in texts:
            expected = sum(map(found.__getitem__, text), 0.0)
            if abs(metrics.horizontalAdvance(text) - expected) > _KERNED:
                return {}
    return found
