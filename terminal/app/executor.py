"""Threads for what the event loop hands out by itself: names of hosts being looked up.

A look-up without a network can block for long, and the loop's own kind of executor waits for its
threads at the end. These are daemons: nobody waits for them.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, final

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = 4
T = TypeVar("T")
_Job: TypeAlias = "tuple[Future[Any], Callable[[], Any]]"


@final
class DaemonExecutor:
    """What a loop needs of an executor; threads are started when they are first needed."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = 0

    def submit(self, act: Callable[..., T], *args: Any) -> Future[T]:  # noqa: ANN401 - as it comes
        """Run on one of the threads."""
        future: Future[T] = Future()
        self._jobs.put((future, lambda: act(*args)))
        if self._threads < WORKERS:
            self._threads += 1
            name = f"look-up {self._threads}"
            threading.Thread(target=self._run, name=name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the loop's call
        """Let idle threads end; those that are blocked are left alone."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, act = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(act())
            except BaseException as error:  # noqa: BLE001 - it is whoever waits that is told
                future.set_exception(error)


@final
class DaemonPool(ThreadPoolExecutor):
    """The same for asyncio's own loops, which take nothing that is not of this kind by name."""

    def __init__(self) -> None:
        super().__init__(WORKERS)  # starts no threads of its own as long as nothing is submitted
        self._daemons = DaemonExecutor()

    @override
    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run on one of the daemons."""
        return self._daemons.submit(lambda: fn(*args, **kwargs))

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let idle threads end; those that are blocked are left alone."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        self._daemons.shutdown()
