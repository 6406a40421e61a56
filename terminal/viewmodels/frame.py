"""The one frame timer of the program, and how long frames take.

View-models that are dirty and visible ask for a tick; a calm program ticks not at all, and the
first change after a rest is shown at once. Timing is measured, never assumed: a frame lasts from
the start of its tick to the end of the last paint event that followed it.
"""

from __future__ import annotations

from collections import deque
from math import ceil
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, Qt, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_INTERVAL_MS = 16
"""At most about 60 frames a second."""
LONGEST_INTERVAL_MS = 100
"""Frames that take long are further apart, and never further than this."""
REST_MS = 250
"""So long after the last frame a burst is over."""
REFRESH_MS = 8.0
"""Refreshes that have not begun so long after the start of their frame wait for the next one."""
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


def wait_ms(since_ms: float, work_ms: float) -> int:
    """How long a frame waits that is wanted ``since_ms`` after the start of the one before it.

    Not at all after a rest. Else frames are a sixtieth of a second apart, or twice as long as we
    computed for the last one (``work_ms``, with its painting): messages and keys have the other
    half. What other programs took of the time does not count, or both would wait for each other.
    """
    apart_ms = max(FRAME_INTERVAL_MS, min(LONGEST_INTERVAL_MS, 2.0 * work_ms))
    return ceil(max(0.0, apart_ms - since_ms))


@final
class QtFrameClock(QObject):
    """The program's frame timer: single-shot, armed only while somebody asked.

    Many refreshes in one frame are spread over two; none waits for more than one further frame.
    ``now_s`` is any steady clock in seconds, ``used_s`` what this thread has computed so far.
    """

    def __init__(
        self,
        parent: QObject | None = None,
        now_s: Callable[[], float] = perf_counter,
        used_s: Callable[[], float] = thread_time,
    ) -> None:
        super().__init__(parent)
        self.meter = FrameMeter()
        self._now_s, self._used_s = now_s, used_s
        self._wanted: dict[Callable[[], None], None] = {}
        self._late: frozenset[Callable[[], None]] = frozenset()
        self._ticked_s = float("-inf")
        self._work_ms = self._before_s = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        # What was asked to be painted is painted before a timer without delay fires.
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.timeout.connect(self._on_painted)

    def request(self, refresh: Callable[[], None]) -> None:
        """Call ``refresh`` at the next frame; asking twice before it calls once."""
        self._wanted[refresh] = None
        if not self._timer.isActive():
            self._timer.start(wait_ms((self._now_s() - self._ticked_s) * 1000.0, self._work_ms))

    def forget(self, refresh: Callable[[], None]) -> None:
        """Take a request back; not having asked is fine."""
        self._wanted.pop(refresh, None)

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for a frame, nor did a short while ago.

        In the middle of a burst there are moments in which nobody happens to wait.
        """
        return not self._wanted and (self._now_s() - self._ticked_s) * 1000.0 >= REST_MS

    def stop(self) -> None:
        """End for good: forget all requests."""
        self._wanted.clear()
        self._timer.stop()
        self._painted.stop()

    def _tick(self) -> None:
        self.meter.tick_started()
        self._ticked_s = started_s = self._now_s()
        self._before_s = self._used_s()
        wanted, self._wanted = self._wanted, {}
        late = self._late
        postponed: list[Callable[[], None]] = []
        for refresh in wanted:
            if refresh not in late and (self._now_s() - started_s) * 1000.0 >= REFRESH_MS:
                postponed.append(refresh)
            else:
                refresh()
        self._late = frozenset(postponed)
        for refresh in postponed:
            self.request(refresh)
        self._painted.start(0)

    def _on_painted(self) -> None:
        self._work_ms = (self._used_s() - self._before_s) * 1000.0


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
