"""Keeps full garbage collections out of the market's way.

A full collection looks at every object of the program and took 113 to 220 ms when it came by
itself, in the middle of a burst. What is there after the start stays to the end and is frozen: no
collection looks at it again. The young generations are collected as ever; the full collection, of
what came since, is made when no frame waits, and at the latest after some minutes: in a burst it
takes 20 to 40 ms and finds nearly nothing.
"""

from __future__ import annotations

import gc
from time import monotonic
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, QTimer, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_MS = 1000
SOONEST_S = 10.0
"""Full collections are so far apart at least."""
LATEST_S = 300.0
"""So long a full collection waits for calm."""
_BY_ITSELF_NEVER = 1_000_000_000


class Busy(Protocol):
    """What knows whether there is something to draw."""

    @property
    def is_idle(self) -> bool:
        """Whether no frame waits and none was drawn just now."""
        ...


@final
class Garbage(QObject):
    """The garbage collector's settings from the end of the start on; ``stop`` puts them back.

    ``now_s`` is any steady clock in seconds.
    """

    def __init__(
        self, busy: Busy, parent: QObject | None = None, now_s: Callable[[], float] = monotonic
    ) -> None:
        super().__init__(parent)
        self._busy = busy
        self._now_s = now_s
        self._before: tuple[int, int, int] | None = None
        self._is_over = False
        self._collected_s = now_s()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    @Slot()
    def settle(self) -> None:
        """The start is over: what lives now is kept. Counts once, and not after the end."""
        if self._before is not None or self._is_over:
            return
        self._before = gc.get_threshold()
        young, middle, _ = self._before
        gc.collect()
        gc.freeze()
        gc.set_threshold(young, middle, _BY_ITSELF_NEVER)
        self._collected_s = self._now_s()
        self._timer.start()

    @Slot()
    def look(self) -> None:
        """Collect if it is time and nobody is disturbed, or if it has waited too long."""
        since_s = self._now_s() - self._collected_s
        if since_s >= LATEST_S or (since_s >= SOONEST_S and self._busy.is_idle):
            gc.collect()
            self._collected_s = self._now_s()

    def stop(self) -> None:
        """Everything as it was before. Idempotent."""
        self._is_over = True
        self._timer.stop()
        if self._before is not None:
            gc.set_threshold(*self._before)
            gc.unfreeze()
            self._before = None

    async def end(self) -> None:
        """``stop`` as a step of the program's end."""
        self.stop()
