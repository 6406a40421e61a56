"""The one frame timer of the program, and how long frames take.

View-models that are dirty and visible ask for a tick; a calm program ticks not at all. Timing is
measured, never assumed: a frame lasts from the start of its tick to the end of the last paint
event that followed it.
"""

from __future__ import annotations

from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, Qt, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_INTERVAL_MS = 16
"""At most about 60 frames a second."""
WAITING_FOR_PAINT = 1000
"""So many wait for the next paint at most."""


class FrameClock(Protocol):
    """What view-models need: to be called once at the next frame."""

    def request(self, refresh: Callable[[], None]) -> None:
        """Call ``refresh`` at the next frame; asking twice before it calls once."""
        ...

    def forget(self, refresh: Callable[[], None]) -> None:
        """Take a request back; not having asked is fine."""
        ...


@final
class FrameMeter:
    """Frame durations in milliseconds, tick start to the end of painting all visible panels.

    The window calls ``frame_painted`` after it has painted everything that was dirty; widgets that
    can live in a window of their own call ``painted`` at the end of their paint events. What is
    painted without a tick (a hover, an exposure) belongs to no frame. Keeps the last ``keep``.
    """

    def __init__(self, keep: int = 100_000) -> None:
        self.frames = 0
        self.durations_ms: deque[float] = deque(maxlen=keep)
        self._started_s = 0.0
        self._painted_s = 0.0
        self._after_paint: deque[Callable[[], None]] = deque(maxlen=WAITING_FOR_PAINT)

    def after_next_paint(self, callback: Callable[[], None]) -> None:
        """Call once, at the end of the next paint event.

        While nothing paints (minimized, covered) only the newest thousand are kept: nobody
        remembers more orders than that, and the others would be told of a paint long after.
        """
        self._after_paint.append(callback)

    def tick_started(self) -> None:
        """A new frame begins; the one before it is complete."""
        self.close()
        self._started_s = perf_counter()

    def painted(self) -> None:
        """A paint event of one of our panels has ended."""
        self._painted_s = perf_counter()
        if self._after_paint:
            waiting = tuple(self._after_paint)
            self._after_paint.clear()
            for callback in waiting:
                callback()

    def frame_painted(self) -> None:
        """The window has painted all its dirty panels: the frame in progress is complete."""
        if self._started_s:
            self._painted_s = perf_counter()
            self.close()

    def close(self) -> None:
        """Count the frame in progress, if anything was painted in it."""
        if self._started_s and self._painted_s > self._started_s:
            self.frames += 1
            self.durations_ms.append((self._painted_s - self._started_s) * 1000.0)
        self._started_s = 0.0


@final
class QtFrameClock(QObject):
    """The program's frame timer: single-shot, armed only while somebody asked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.meter = FrameMeter()
        self._wanted: dict[Callable[[], None], None] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_INTERVAL_MS)
        self._timer.timeout.connect(self._tick)

    def request(self, refresh: Callable[[], None]) -> None:
        """Call ``refresh`` at the next frame; asking twice before it calls once."""
        self._wanted[refresh] = None
        if not self._timer.isActive():
            self._timer.start()

    def forget(self, refresh: Callable[[], None]) -> None:
        """Take a request back; not having asked is fine."""
        self._wanted.pop(refresh, None)

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for a frame."""
        return not self._wanted

    def stop(self) -> None:
        """End for good: forget all requests."""
        self._wanted.clear()
        self._timer.stop()

    def _tick(self) -> None:
        self.meter.tick_started()
        wanted, self._wanted = self._wanted, {}
        for refresh in wanted:
            refresh()


@final
class HandFrameClock:
    """A frame clock that ticks when the test says so."""

    def __init__(self) -> None:
        self._wanted: dict[Callable[[], None], None] = {}

    @property
    def pending(self) -> int:
        """How many refreshes wait for the next tick."""
        return len(self._wanted)

    def request(self, refresh: Callable[[], None]) -> None:
        """Call ``refresh`` at the next tick."""
        self._wanted[refresh] = None

    def forget(self, refresh: Callable[[], None]) -> None:
        """Take a request back."""
        self._wanted.pop(refresh, None)

    def tick(self) -> None:
        """Run one frame."""
        wanted, self._wanted = self._wanted, {}
        for refresh in wanted:
            refresh()
