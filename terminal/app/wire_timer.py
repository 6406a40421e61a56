"""Measures from the delivery of a key or mouse press to the write of the order's bytes."""

from __future__ import annotations

from time import monotonic
from typing import final

from PySide6.QtCore import QEvent, QObject
from typing_extensions import override

_PRESSES = frozenset({QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress})
_ORDER_PATH = "/api/v1/orders"


@final
class WireTimer(QObject):
    """An application event filter on one side, the transport's observer on the other.

    Presses that send nothing are overtaken by the next press; every order is counted against the
    last press before its bytes were written. An order that follows a cancel (a move, a flatten)
    waited for the exchange and is not counted.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.key_to_wire_ms: list[float] = []
        self._pressed_s: float | None = None

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note when a press is delivered; nothing is held back."""
        if event.type() in _PRESSES:
            self._pressed_s = monotonic()
        return False

    def on_sent(self, method: str, path: str, sent_s: float) -> None:
        """The transport wrote a request's bytes at ``sent_s`` (monotonic)."""
        if method == "DELETE":
            self._pressed_s = None
        if method == "POST" and path == _ORDER_PATH and self._pressed_s is not None:
            self.key_to_wire_ms.append((sent_s - self._pressed_s) * 1000)
            self._pressed_s = None
