"""What holds for all tests: markers by folder, hypothesis profiles, fixtures, leak police."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.item_wrappers import item_wrappers
from tests.support.left_windows import end_what_is_left

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).parent
MARKERS = {
    "viewmodels": "gui",
    "widgets": "gui",
    "integration": "integration",
    "faults": "integration",
    "crash": "integration",
    "end_to_end": "end_to_end",
    "benchmarks": "bench",
}

hypothesis.settings.register_profile(
    "dev", max_examples=60, deadline=None, derandomize=True, database=None
)
hypothesis.settings.register_profile(
    "nightly", max_examples=2000, deadline=None, print_blob=True, database=None
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="add the large profiles")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("nightly" if config.getoption("--nightly") else "dev")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own hook, which came before
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        folder = _folder(item)
        if folder in MARKERS:
            item.add_marker(MARKERS[folder])
        # Of several processes one takes a whole file, whose tests may share an exchange; and one
        # takes all that open the program, because two at once would slow each other's windows.
        if config.pluginmanager.hasplugin("xdist"):
            group = folder if folder == "end_to_end" else str(item.path)
            item.add_marker(pytest.mark.xdist_group(group))
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, "no_tasks")  # around the other fixtures
        if item.get_closest_marker("nightly") and not config.getoption("--nightly"):
            item.add_marker(pytest.mark.skip(reason="only with --nightly"))
    # What opens the program is the longest part and cannot be shared: begun last it ends last.
    items.sort(key=lambda item: MARKERS.get(_folder(item)) != "end_to_end")


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT).parts[0]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Layout items with a Python object fail a test; looked for while its widgets still live.

    Windows that it leaves end with it.
    """
    items = item_wrappers()
    try:
        yield
    finally:
        end_what_is_left()
    items.extend(item_wrappers())
    assert not items, f"layout items with a Python object: {len(items)}, {set(items)}"


@pytest.fixture(autouse=True)
def _no_leaks() -> Iterator[None]:
    """Threads that a test leaves behind fail it, and a garbage collector that it slowed down."""
    before = {thread.ident for thread in threading.enumerate()}
    thresholds = gc.get_threshold()
    yield
    assert gc.get_threshold() == thresholds
    left = [
        thread.name
        for thread in threading.enumerate()
        if thread.ident not in before
        and not thread.daemon
        and thread.is_alive()
        # The loop's own executor ends with the loop, after this fixture.
        and not thread.name.startswith(("asyncio_", "ThreadPoolExecutor"))
    ]
    assert not left, f"threads left: {left}"


@pytest.fixture
async def no_tasks() -> AsyncIterator[None]:
    """Tasks that a coroutine test leaves behind fail it; every coroutine test has this."""
    loop = asyncio.get_running_loop()
    problems: list[str] = []
    loop.set_exception_handler(lambda _loop, context: problems.append(str(context)))
    yield
    left = [
        task.get_name()
        for task in asyncio.all_tasks(loop)
        if task is not asyncio.current_task()
        and not task.done()
        and "_wrap_asyncgen_fixture" not in repr(task.get_coro())
    ]
    assert not left, f"tasks left: {left}"
    assert not problems, f"loop errors: {problems}"
