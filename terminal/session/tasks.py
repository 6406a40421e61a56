"""The only way to start a task: every task has an owner that waits for its end.

An error in a task goes to the owner's funnel, at once and by name; nothing is lost when a task is
collected.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from terminal.domain.clock import Clock

    OnError = Callable[[str, BaseException], None]


@final
class TaskOwner:
    """Owns tasks and further owners; ``close`` cancels all of them and waits.

    ``on_error`` gets the task's name and what it raised. After ``close`` nothing can be started:
    coroutines are closed unrun, because a program on its way out takes no new work.
    """

    def __init__(self, name: str, on_error: OnError) -> None:
        self.name = name
        self._on_error = on_error
        self._tasks: set[asyncio.Task[None]] = set()
        self._children: list[TaskOwner] = []
        self._leave: Callable[[TaskOwner], None] | None = None
        self._is_closed = False

    @property
    def task_names(self) -> tuple[str, ...]:
        """Names of the running tasks, children included."""
        own = [task.get_name() for task in self._tasks]
        for child in self._children:
            own.extend(child.task_names)
        return tuple(own)

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Start a task; None when the owner is closed."""
        if self._is_closed:
            work.close()
            return None
        loop = asyncio.get_running_loop()
        task = loop.create_task(work, name=f"{self.name}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    def child(self, name: str) -> TaskOwner:
        """An owner that is closed with this one, or before it."""
        child = TaskOwner(f"{self.name}/{name}", self._on_error)
        child._is_closed = self._is_closed
        child._leave = self._children.remove
        self._children.append(child)
        return child

    def report(self, name: str, error: BaseException) -> None:
        """Send an error down the funnel without ending anything."""
        self._on_error(f"{self.name}: {name}", error)

    def listener_failed(self, error: Exception) -> None:
        """Report what a listener raised: the ``on_error`` of listener lists."""
        self.report("listener", error)

    async def close(self) -> None:
        """Cancel all tasks and wait for their end. Idempotent."""
        self._is_closed = True
        for child in list(self._children):
            await child.close()
        current = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A parent that lives long must not keep all that ever lived with it.
        leave, self._leave = self._leave, None
        if leave is not None:
            leave(self)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._on_error(task.get_name(), error)


@final
class Pulse:
    """Wakes those who wait for something to change, and gives up in time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = asyncio.Event()

    def beat(self) -> None:
        """Something changed: whoever waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds, at most ``seconds``; return whether it does."""
        deadline_s = self._clock.monotonic_s() + seconds
        while not condition():
            left_s = deadline_s - self._clock.monotonic_s()
            if left_s <= 0:
                return False
            await self._either(left_s)
        return True

    async def _either(self, seconds: float) -> None:
        """Wait for the next beat or so many seconds, whichever comes first."""
        loop = asyncio.get_running_loop()
        waiting: set[asyncio.Task[bool]] = {
            loop.create_task(_set(self._changed), name="pulse"),
            loop.create_task(self._sleep(seconds), name="pulse deadline"),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            # Our own cancellation passes through: a wait that swallowed it would run on.
            await asyncio.wait(waiting)

    async def _sleep(self, seconds: float) -> bool:
        await self._clock.sleep(seconds)
        return True


async def _set(event: asyncio.Event) -> bool:
    await event.wait()
    return True
