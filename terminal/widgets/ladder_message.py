"""The ladder's sentence: in a line below the rows, and over their foot when it is longer.

Rows never move for it. Where it lies over rows a click reaches nothing: what cannot be seen is not
clicked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget
from typing_extensions import override

from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.ladder_view import Message
    from terminal.widgets.theme import Theme

MOST_LINES = 4
"""In a low panel; in a higher one half of it, so that no advice is lost at the end."""
_MARGIN = 1


@final
class MessageLine(QLabel):
    """Stands on the foot of its ``slot``, as high as its words are, over rows if need be."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ladder.message")
        self.slot = QWidget(parent)
        """Its line below the rows, to be laid out; something else may stand there meanwhile."""
        self._beside = QHBoxLayout(self.slot)
        self._beside.setContentsMargins(0, 0, 0, 0)
        self._theme = theme
        self.setWordWrap(True)
        self.setMargin(_MARGIN)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        set_property(self, "ground", "panel")
        self.hide()
        self.slot.installEventFilter(self)

    def share(self, widget: QWidget) -> None:
        """Let something stand in its line while there is nothing to say."""
        self._beside.addWidget(widget)
        widget.show()  # another parent had it

    def take_lines(self, lines: int) -> None:
        """Give the line below the rows another height."""
        self.slot.setFixedHeight(self.height_of(lines))

    def height_of(self, lines: int) -> int:
        """The pixels of so many lines."""
        return lines * QFontMetrics(self._theme.font).lineSpacing() + 2 * _MARGIN

    @property
    def top(self) -> int:
        """Where it begins in its parent's coordinates; its line's top while nothing is said."""
        return (self if self.text() else self.slot).geometry().top()

    def show_message(self, message: Message | None) -> None:
        """Say something, or nothing."""
        words = "" if message is None else message.text
        if message is not None:
            paint_role(self, message.role)
        if words != self.text():
            self.setText(words)
            self.setToolTip(words)
            self._place()
        self.setVisible(bool(words))

    def _place(self) -> None:
        slot = self.slot.geometry()
        parent = self.parentWidget()
        most = max(self.height_of(MOST_LINES), parent.height() // 2 if parent is not None else 0)
        area = QRect(0, 0, slot.width() - 2 * _MARGIN, 10 * most)
        flags = Qt.TextFlag.TextWordWrap
        wanted = QFontMetrics(self._theme.font).boundingRect(area, int(flags), self.text()).height()
        height = min(max(slot.height(), wanted + 2 * _MARGIN), most)
        self.setGeometry(slot.left(), slot.bottom() + 1 - height, slot.width(), height)
        self.raise_()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Resize, QEvent.Type.Move}:
            self._place()
        return super().eventFilter(watched, event)
