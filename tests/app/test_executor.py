"""Look-ups run beside the loop and hold nobody up at the end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from terminal.app.executor import WORKERS, DaemonExecutor, DaemonPool

LONG_S = 20.0


async def test_results_and_errors_come_back_to_the_loop() -> None:
    """What is raised on the thread is raised where it is awaited."""
    executor = DaemonExecutor()
    loop = asyncio.get_running_loop()

    def run(number: int) -> str:
        return f"{number} on {threading.current_thread().name}"

    answers = await asyncio.gather(
        *(asyncio.wrap_future(executor.submit(run, number), loop=loop) for number in range(9))
    )
    assert [answer.split()[0] for answer in answers] == [str(number) for number in range(9)]
    assert len({answer.split(" on ")[1] for answer in answers}) <= WORKERS
    with pytest.raises(ZeroDivisionError):
        await asyncio.wrap_future(executor.submit(divmod, 1, 0), loop=loop)
    executor.shutdown()


def test_the_end_waits_for_nothing() -> None:
    """A blocked look-up stays behind on its daemon thread."""
    executor = DaemonExecutor()
    release, entered = threading.Event(), threading.Event()

    def block() -> None:
        entered.set()
        release.wait(LONG_S)

    future = executor.submit(block)
    assert entered.wait(LONG_S)
    before = time.monotonic()
    executor.shutdown(wait=True)
    assert time.monotonic() - before < LONG_S / 4
    assert not future.done()
    release.set()
    assert future.result(LONG_S) is None


def test_what_is_taken_back_is_not_run() -> None:
    """A job that was cancelled while it waited does not run."""
    executor = DaemonExecutor()
    release = threading.Event()
    for _ in range(WORKERS):
        executor.submit(release.wait, LONG_S)
    ran: list[int] = []
    late = executor.submit(ran.append, 1)
    assert late.cancel()
    release.set()
    executor.submit(ran.append, 2).result(LONG_S)
    assert ran == [2]
    executor.shutdown()


def test_a_loop_of_asyncio_ends_without_waiting_for_a_look_up() -> None:
    """Its own executor would wait for the thread that hangs."""
    release, entered = threading.Event(), threading.Event()

    def block() -> None:
        entered.set()
        release.wait(LONG_S)

    async def work() -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(DaemonPool())
        hanging = loop.run_in_executor(None, block)
        length = await loop.run_in_executor(None, len, "four")
        hanging.cancel()
        return length

    before = time.monotonic()
    assert asyncio.run(work()) == 4
    assert time.monotonic() - before < LONG_S / 4
    assert entered.wait(LONG_S)
    release.set()
