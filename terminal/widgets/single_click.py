"""A button whose first press shows what its second sends: a burst of clicks is one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent


@final
class SingleClick(QPushButton):
    """A button for which the clicks of one burst are one: double, triple, however many.

    The first shows an order, the second sends it: one gesture must not do both. What comes sooner
    after a press than the desktop's double click may is of the same burst.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pressed_ms: int | None = None

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._is_of_a_burst(event):
            event.accept()
        else:
            super().mousePressEvent(event)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._is_of_a_burst(event)  # a third press goes on from this one
        event.accept()

    def _is_of_a_burst(self, event: QMouseEvent) -> bool:
        before, self._pressed_ms = self._pressed_ms, event.timestamp()
        if before is None:
            return False
        return 0 <= event.timestamp() - before < QApplication.doubleClickInterval()
