"""Prepared texts: laid out once, drawn many times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QStaticText

if TYPE_CHECKING:
    from PySide6.QtGui import QFont, QPainter

LIMIT = 4096


@final
class PreparedText(NamedTuple):
    """A laid out text and its width in pixels."""

    text: QStaticText
    width: float


@final
class TextCache:
    """Texts of one font. When it is full it starts anew; a ladder repeats a few hundred."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        metrics = QFontMetricsF(font)
        self.height = metrics.height()
        self._metrics = metrics
        self._known: dict[str, PreparedText] = {}

    def get(self, text: str) -> PreparedText:
        """The prepared form of a text."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= LIMIT:
                self._known.clear()
            prepared = QStaticText(text)
            prepared.setTextFormat(Qt.TextFormat.PlainText)
            prepared.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            known = PreparedText(prepared, self._metrics.horizontalAdvance(text))
            self._known[text] = known
        return known

    def draw_right(self, painter: QPainter, right: float, top: float, text: str) -> None:
        """Draw with the right edge at ``right``. The painter has the font and the pen."""
        prepared = self.get(text)
        painter.drawStaticText(int(right - prepared.width), int(top), prepared.text)

    def draw_left(self, painter: QPainter, left: float, top: float, text: str) -> None:
        """Draw with the left edge at ``left``."""
        painter.drawStaticText(int(left), int(top), self.get(text).text)

    def draw_middle(self, painter: QPainter, middle: float, top: float, text: str) -> None:
        """Draw centred on ``middle``."""
        prepared = self.get(text)
        painter.drawStaticText(int(middle - prepared.width / 2), int(top), prepared.text)
