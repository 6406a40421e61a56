"""Runs a coroutine to its end on a qasync loop and looks for what it left behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import qasync
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run_on_qt(work: Coroutine[Any, Any, None]) -> None:
    """Run; no task and no loop error may be left."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    # Closing the last window would stop the loop under running tasks.
    application.setQuitOnLastWindowClosed(False)
    problems: list[str] = []
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda _loop, context: problems.append(str(context)))
    try:
        with loop:
            loop.run_until_complete(work)
            left = [task.get_name() for task in asyncio.all_tasks(loop) if not task.done()]
    finally:
        asyncio.set_event_loop(None)
    assert not left, f"tasks left: {left}"
    assert not problems, f"loop errors: {problems}"
