"""A world whose time passes as fast as the machine works: a loop, both clocks, real sockets.

Nothing waits for nothing here. While something can be read, written or run, time stands still (but
for a trifle per turn of the loop); when nothing can, it jumps to the next timer. So a test of
minutes takes a moment, and what it measures in seconds is the same on a slow machine as on a quick
one. Everything that waits by the loop is part of it: the client, its sockets and time-outs, and the
simulated exchange, which runs at its plain speed and takes this world's time for the machine's.
"""

from __future__ import annotations

import asyncio
import selectors
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, final

import pytest
from typing_extensions import override

from terminal.domain.clock import TimestampMs
from terminal.simexchange import clock as sim_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

START_S = 1_790_000_000.0
"""Epoch seconds at which every world begins."""
GRACE_S = 0.0001
"""So long (outside) bytes may be under way between two sockets of this machine."""
TURN_S = 2e-6
"""What one turn of the loop takes in this world: no two of them are at the same time."""
DEADLOCK_S = 20.0
"""Nothing happens for so long outside and nobody waits for any time: it never will."""


@final
class _JumpingSelector(selectors.BaseSelector):
    """Asks the real selector; lets time jump instead of waiting."""

    def __init__(self, world: QuickLoop) -> None:
        self._world = world
        self._real = selectors.SelectSelector()  # epoll waits whole milliseconds

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    @override
    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._world.now_s += TURN_S
        if timeout is None:
            ready = self._real.select(DEADLOCK_S)
            if not ready:
                raise RuntimeError("Everybody waits for bytes that nobody sends.")
            return ready
        ready = self._real.select(0)
        if ready or timeout <= 0:
            return ready
        ready = self._real.select(GRACE_S)
        if not ready:
            self._world.now_s += timeout
        return ready

    @override
    def close(self) -> None:
        self._real.close()

    @override
    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


@final
class QuickLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits. ``now_s`` is its monotonic time.

    ``ahead_s`` is added for the wall clocks of this world: a machine that slept finds them ahead.
    """

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.ahead_s = 0.0
        super().__init__(_JumpingSelector(self))

    @override
    def time(self) -> float:
        return self.now_s

    def wall_ns(self) -> int:
        """Epoch nanoseconds."""
        return round((START_S + self.now_s + self.ahead_s) * 1e9)


@final
class _MachineTime:
    """What the simulated exchange takes for the module ``time``."""

    def __init__(self, loop: QuickLoop) -> None:
        self._loop = loop

    def time_ns(self) -> int:
        return self._loop.wall_ns()

    def monotonic_ns(self) -> int:
        return round(self._loop.now_s * 1e9)


@final
class QuickClock:
    """The client's ``Clock``. ``shift_ms`` is how wrong this machine's wall clock is set."""

    def __init__(self, loop: QuickLoop) -> None:
        self._loop = loop
        self.shift_ms = 0

    def now_ms(self) -> TimestampMs:
        return TimestampMs(self._loop.wall_ns() // 1_000_000 + self.shift_ms)

    def monotonic_s(self) -> float:
        return self._loop.now_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def machine_sleeps(self, seconds: float) -> None:
        """Everything stands still for so long; only the wall clocks go on."""
        self._loop.ahead_s += seconds


@contextmanager
def _machine_time(loop: QuickLoop) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim_clock, "time", _MachineTime(loop))
        yield


def run_quickly(main: Callable[[QuickClock], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end in a world of its own.

    Tasks that it leaves behind, and errors that nobody took, fail it.
    """
    problems: list[str] = []
    loop = QuickLoop()
    loop.set_exception_handler(lambda _loop, context: problems.append(str(context)))
    with _machine_time(loop), asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_to_its_end(main(QuickClock(loop))))
    assert not problems, f"loop errors: {problems}"


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    await work
    left = [
        task.get_name()
        for task in asyncio.all_tasks()
        if task is not asyncio.current_task() and not task.done()
    ]
    assert not left, f"tasks left: {left}"


async def until(condition: Callable[[], object], what: str, seconds: float) -> float:
    """Wait until a condition holds, and return how many seconds that took.

    Fails after ``seconds`` of this world; asks often at first, then four times a second.
    """
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while not condition():
        passed_s = loop.time() - began_s
        assert passed_s < seconds, f"{what} did not come within {seconds} s"
        await asyncio.sleep(0.05 if passed_s < 2.0 else 0.25)
    return loop.time() - began_s
