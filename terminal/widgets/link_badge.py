"""The badge of a link colour: a small ground with its number, for a dock's header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QIcon, QPainter, QPixmap

from terminal.viewmodels.links import LinkColor

if TYPE_CHECKING:
    from terminal.widgets.theme import Theme

SIZE_PX = 32
"""Drawn large, so that it is sharp where pixels are small."""


def link_icon(color: LinkColor, theme: Theme) -> QIcon:
    """The badge in the theme's colours; an empty icon for what is not linked."""
    if color is LinkColor.NONE:
        return QIcon()
    pixmap = QPixmap(SIZE_PX, SIZE_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(f"link_{color.number}"))
    area = QRectF(2, 2, SIZE_PX - 4, SIZE_PX - 4)
    painter.drawRoundedRect(area, 6, 6)
    font = QFont(theme.bold_font)
    font.setPixelSize(SIZE_PX * 3 // 4)
    painter.setFont(font)
    painter.setPen(theme.color("window"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(color.number))
    painter.end()
    return QIcon(pixmap)
