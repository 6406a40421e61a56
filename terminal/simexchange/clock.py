"""The exchange's own time and everything that waits for it.

All that happens by itself (markets, pulses, settlements, deadlines) is an event on this clock, so
that time can run as it does outside, faster, not at all, or by hand.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable

_MS = 1_000_000
_S = 1_000_000_000
TOP_SPEED = 1e6
"""The highest speed; what the machine cannot reach of it is given up."""
_LONGEST_WAIT_S = 1.0
_SLICE_NS = 10_000_000
"""So long events may happen before sockets have their turn."""
_SLEPT_NS = 5 * _S
"""Real time that is so far behind is not caught up with: the machine slept."""
_BEHIND_NS = 100_000_000
"""Of fast time, no more than this (of time outside) is caught up with."""
_LONGEST_HOLD_NS = 2 * _S
_STILL_NS = 30 * _S
"""So long time stands still before rates are counted in the time outside."""
_FEWEST_CANCELED = 64
_NEVER_NS = 1 << 80


@final
class Timer:
    """What waits for its instant. ``cancel`` may be called at any time, also when it has passed."""

    __slots__ = ("_clock", "call", "due_ns", "interval_ns", "is_canceled")

    def __init__(
        self, clock: SimClock, due_ns: int, call: Callable[[], None], interval_ns: int
    ) -> None:
        self._clock = clock
        self.due_ns = due_ns
        self.call = call
        self.interval_ns = interval_ns
        self.is_canceled = False

    def cancel(self) -> None:
        """Let it never happen (again)."""
        if not self.is_canceled:
            self.is_canceled = True
            self._clock.forget_one()


@final
class SimClock:
    """Epoch time in ms and ns, with a settable shift that plays a wrong clock, and timed events.

    ``speed`` 1 is the time outside (the machine's wall clock, also after it slept), N is N times
    faster from when it runs on, 0 stands still until ``advance``. No event is ever earlier than one
    that happened. ``is_held``, if set, is asked before fast time goes on: it waits while that is
    True.
    """

    def __init__(
        self, *, start_ms: int | None = None, speed: float = 1.0, is_paused: bool = False
    ) -> None:
        self.shift_ms = 0
        self.given_up_s = 0.0
        """Seconds of this clock that fast time was too slow by, in all: it ran slower then."""
        self.skipped_s = 0.0
        """Seconds that real time jumped over, in all, because nobody was awake."""
        self.is_held: Callable[[], bool] | None = None
        self._resumed_speed = _checked(speed) or 1.0
        self._speed = 0.0 if is_paused else speed
        self._since_ns = self._outside_ns()
        self._base_ns = time.time_ns() if start_ms is None else start_ms * _MS
        self._latest_ns = self._base_ns
        # By how much this clock was ahead of the machine's, at the least and at the most.
        self._least_ns = self._most_ns = self._base_ns - time.time_ns()
        self._still_since_ns: int | None = time.monotonic_ns() if self._speed == 0 else None
        self._waited_ns = 0
        self._pinned_ns: int | None = None
        self._events: list[tuple[int, int, Timer]] = []
        self._count = 0
        self._canceled = 0
        self._woken = asyncio.Event()
        self._sleepers: dict[asyncio.Future[None], None] = {}
        self._is_over = False
        self._has_begun = False
        self._held_since_ns: int | None = None
        self._errors: list[Exception] = []
        self._turn = asyncio.Lock()

    # Reading ---------------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """How many seconds pass here in one second outside; 0 when time stands still."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = _checked(speed)
        base_ns = self._true_ns()
        self._speed = checked
        self._restart(base_ns)
        self._woken.set()

    @property
    def is_paused(self) -> bool:
        """True when time stands still."""
        return self._speed == 0

    def pause(self) -> None:
        """Let time stand still; ``resume`` goes on with the speed of before."""
        if self._speed:
            self._resumed_speed = self._speed
            self.speed = 0

    def resume(self) -> None:
        """Go on after ``pause``."""
        if not self._speed:
            self.speed = self._resumed_speed

    def _outside_ns(self) -> int:
        # The monotonic clock stands still while a machine sleeps, the wall clock does not.
        return time.time_ns() if self._speed == 1 else time.monotonic_ns()

    def _restart(self, base_ns: int) -> None:
        self._note(base_ns)
        self._waited_ns += self._stood_ns()
        self._still_since_ns = time.monotonic_ns() if self._speed == 0 else None
        self._base_ns = self._latest_ns = base_ns
        self._since_ns = self._outside_ns()

    def _target_ns(self) -> int:
        if self._speed == 0 or not (self._has_begun or self._speed == 1):
            return self._base_ns
        passed = self._outside_ns() - self._since_ns
        if self._speed == 1:
            if self._base_ns + passed < self._latest_ns - _S:
                # Somebody turned the wall clock back: time goes on from where it is.
                self._restart(self._latest_ns)
                return self._base_ns
            return self._base_ns + passed
        return self._base_ns + int(passed * self._speed)

    def _true_ns(self) -> int:
        if self._pinned_ns is not None:
            return self._pinned_ns
        now = self._target_ns()
        if self._speed != 1 and self._events:
            # Fast time never passes what has not happened yet.
            now = min(now, self._events[0][0])
        self._latest_ns = max(now, self._latest_ns)
        return self._latest_ns

    def now_ns(self) -> int:
        """Epoch nanoseconds."""
        return self._true_ns() + self.shift_ms * _MS

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return self._true_ns() // _MS + self.shift_ms

    def monotonic_s(self) -> float:
        """Seconds that no shift moves, for intervals."""
        return self._true_ns() / _S

    def drift_ms(self) -> tuple[int, int]:
        """How far behind and ahead of this clock one may be that was set by it and runs outside.

        Both are 0 as long as time passes as it does outside. Else whoever set a clock by this one,
        at whatever moment, finds it wrong soon: standing time falls behind such a clock, fast and
        stepped time run away from it.
        """
        now_ns = self._true_ns()
        outside_ns = time.time_ns()
        self._note(now_ns)
        behind_ns = now_ns - outside_ns - self._least_ns
        ahead_ns = self._most_ns - (now_ns - outside_ns)
        return max(0, behind_ns) // _MS, max(0, ahead_ns) // _MS

    def _note(self, now_ns: int) -> None:
        ahead_ns = now_ns - time.time_ns()
        self._least_ns = min(self._least_ns, ahead_ns)
        self._most_ns = max(self._most_ns, ahead_ns)

    def window_s(self) -> float:
        """Seconds by which rates are counted: those of this clock.

        When nobody moved standing time for half a minute, those of the time outside are added:
        else a quota that is spent would be spent for good.
        """
        return (self._true_ns() + self._waited_ns + self._stood_ns()) / _S

    def _stood_ns(self) -> int:
        if self._still_since_ns is None:
            return 0
        return max(0, time.monotonic_ns() - self._still_since_ns - _STILL_NS)

    # Events ----------------------------------------------------------------------------------

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call once, so many seconds from now."""
        return self._add(Timer(self, self._true_ns() + round(seconds * _S), call, 0))

    def every(
        self, seconds: float, call: Callable[[], None], *, first_s: float | None = None
    ) -> Timer:
        """Call again and again, first after ``first_s``, by default after one interval.

        Raises ``ValueError`` for an interval that is not above zero.
        """
        interval_ns = round(seconds * _S)
        if interval_ns <= 0:
            raise ValueError("An interval is longer than nothing.")
        first_ns = interval_ns if first_s is None else round(first_s * _S)
        return self._add(Timer(self, self._true_ns() + first_ns, call, interval_ns))

    def waiting_once(self) -> list[Timer]:
        """What will happen once, in the order in which it will."""
        entries = sorted(self._events, key=lambda entry: entry[:2])
        return [timer for _, _, timer in entries if not (timer.is_canceled or timer.interval_ns)]

    def let_wait(self, timer: Timer) -> None:
        """Let a timer wait that was made outside; what is due already happens next."""
        self._add(timer)

    def begin_at(self, at_ns: int | None) -> None:
        """Go on from an instant, by default the time outside, unless it is past already.

        Nothing happens between, and ``drift_ms`` knows nothing of what was before.
        """
        self._restart(max(time.time_ns() if at_ns is None else at_ns, self._true_ns()))
        self._least_ns = self._most_ns = self._base_ns - time.time_ns()

    @property
    def waiting(self) -> int:
        """How many timers wait."""
        return len(self._events) - self._canceled

    async def sleep(self, seconds: float) -> None:
        """Return so many seconds of this clock later. Cancelled when time ends."""
        if self._is_over:
            raise asyncio.CancelledError
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.after(seconds, lambda: None if done.done() else done.set_result(None))
        self._sleepers[done] = None
        try:
            await done
        finally:
            timer.cancel()
            del self._sleepers[done]

    def end(self) -> None:
        """Cancel whoever sleeps: time will not go on."""
        self._is_over = True
        for sleeper in self._sleepers:
            sleeper.cancel()

    def forget_one(self) -> None:
        """A timer was canceled (told by the timer); many of them are cleared away at once."""
        self._canceled += 1
        if self._canceled > _FEWEST_CANCELED and self._canceled * 2 > len(self._events):
            self._events = [entry for entry in self._events if not entry[2].is_canceled]
            heapq.heapify(self._events)
            self._canceled = 0

    # Passing ---------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let time pass at once; every event happens in its order, at its own instant.

        What an event raises goes to the running loop's exception handler; without a loop the first
        of it is raised, after everything happened.
        """
        self._note(self._true_ns())
        end_ns = self._true_ns() + round(seconds * _S)
        self._run_until(end_ns)
        self._restart(max(end_ns, self._latest_ns))
        if self._errors:
            first, self._errors = self._errors[0], []
            raise first

    async def pass_time(self, seconds: float) -> None:
        """Like ``advance``, while others have their turn: sleepers wake at their own instants."""
        async with self._turn:
            self._note(self._true_ns())
            end_ns = self._true_ns() + round(seconds * _S)
            while self._first_due_ns() <= end_ns:
                due_ns, sleepers = self._first_due_ns(), len(self._sleepers)
                began = time.monotonic_ns()
                while self._first_due_ns() <= end_ns and time.monotonic_ns() - began < _SLICE_NS:
                    due_ns = self._first_due_ns()
                    self._run_until(due_ns)
                    if sleepers:
                        break
                if self._speed == 0:
                    self._restart(max(due_ns, self._latest_ns))
                for _ in range(4 if sleepers else 1):
                    await asyncio.sleep(0)
                while self._must_hold():  # noqa: ASYNC110 - whoever holds knows of no clock
                    await asyncio.sleep(0.001)
            self._restart(max(end_ns, self._latest_ns))
            self._woken.set()

    async def run(self) -> None:
        """Let events happen as time passes, until it is cancelled."""
        loop = asyncio.get_running_loop()
        if not self._has_begun and self._speed != 1:
            self._restart(self._true_ns())  # fast time begins here
        self._has_begun = True
        while True:
            wait_s = self._catch_up()
            if wait_s == 0:
                await asyncio.sleep(0)
                continue
            self._woken.clear()
            alarm = None if wait_s is None else loop.call_later(wait_s, self._woken.set)
            try:
                await self._woken.wait()
            finally:
                if alarm is not None:
                    alarm.cancel()

    def _catch_up(self) -> float | None:
        """Let happen what is due, for a while; seconds outside until more is, None for never."""
        if self._speed == 0:
            return None
        if self._must_hold():
            self._give_up()
            return 0.001
        target_ns = self._target_ns()
        if self._speed == 1 and target_ns - self._first_due_ns() > _SLEPT_NS:
            self._skip(target_ns)
        if not self._run_until(target_ns, _SLICE_NS):
            if target_ns - self._first_due_ns() > _BEHIND_NS * self._speed and self._speed != 1:
                self._give_up()
            return 0
        due_ns = self._first_due_ns()
        if due_ns == _NEVER_NS:
            return None
        ahead_s = (due_ns - self._target_ns()) / _S / self._speed
        return min(_LONGEST_WAIT_S, max(0.0, ahead_s))

    def _must_hold(self) -> bool:
        """True while fast time has to wait for somebody, but not for one who never comes."""
        if self._speed == 1 or self.is_held is None or not self.is_held():
            self._held_since_ns = None
            return False
        now_ns = time.monotonic_ns()
        if self._held_since_ns is None:
            self._held_since_ns = now_ns
        return now_ns - self._held_since_ns < _LONGEST_HOLD_NS

    def _give_up(self) -> None:
        """Go on from where the events are: fast time was too fast for this machine."""
        target_ns = self._target_ns()
        now_ns = self._true_ns()
        self.given_up_s += max(0, target_ns - now_ns) / _S
        self._restart(now_ns)

    def _skip(self, now_ns: int) -> None:
        """What is told again and again is told once instead of for every interval slept over."""
        self.skipped_s += (now_ns - self._first_due_ns()) / _S
        entries = []
        for due_ns, number, timer in self._events:
            late_ns = now_ns - due_ns
            if timer.interval_ns and late_ns > timer.interval_ns:
                timer.due_ns = due_ns + late_ns // timer.interval_ns * timer.interval_ns
            entries.append((timer.due_ns, number, timer))
        heapq.heapify(entries)
        self._events = entries

    def _first_due_ns(self) -> int:
        events = self._events
        while events and events[0][2].is_canceled:
            heapq.heappop(events)
            self._canceled -= 1
        return events[0][0] if events else _NEVER_NS

    def _add(self, timer: Timer) -> Timer:
        self._count += 1
        heapq.heappush(self._events, (timer.due_ns, self._count, timer))
        if self._events[0][2] is timer:
            self._woken.set()
        return timer

    def _run_until(self, end_ns: int, longest_ns: int | None = None) -> bool:
        """Let happen what is due; False when that took too long and something is left."""
        began = time.monotonic_ns()
        while self._first_due_ns() <= end_ns:
            if longest_ns is not None and time.monotonic_ns() - began > longest_ns:
                return False
            self._happen(heapq.heappop(self._events)[2])
        return True

    def _happen(self, timer: Timer) -> None:
        # What a late event stamps is never older than what was stamped before it.
        self._pinned_ns = self._latest_ns = max(timer.due_ns, self._latest_ns)
        try:
            timer.call()
        except Exception as error:  # noqa: BLE001 - time goes on whatever an event does
            self._report(error)
        finally:
            self._pinned_ns = None
        if timer.is_canceled:
            self._canceled -= 1  # it was counted as one of those that wait
        elif timer.interval_ns:
            timer.due_ns += timer.interval_ns
            self._add(timer)
        else:
            timer.is_canceled = True  # cancelling what has passed counts nothing

    def _report(self, error: Exception) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._errors.append(error)
            return
        loop.call_exception_handler({"message": "an event of the exchange", "exception": error})


def _checked(speed: float) -> float:
    if not 0 <= speed <= TOP_SPEED:
        raise ValueError(f"A speed is a number from 0 to {TOP_SPEED:.0f}, not {speed}.")
    return speed
