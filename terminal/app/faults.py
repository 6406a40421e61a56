"""The three funnels: nothing that goes wrong is lost, wherever it is raised.

``sys.excepthook`` gets what slots and events raise, the loop's handler what tasks lose, the
unraisable hook what finalisers raise. All end here: in the log, in the count, and with the user.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, final

from terminal.app.logs import redact

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import TracebackType

KEPT = 50
_log = logging.getLogger("faults")


@final
class Faults:
    """Collects faults. ``on_fault`` is told one sentence for each, once it is set."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.count = 0
        self.on_fault: Callable[[str], None] | None = None
        self._is_telling = False

    def install(self) -> None:
        """Take over the hooks of the interpreter."""
        sys.excepthook = self._on_exception
        sys.unraisablehook = self._on_unraisable

    def uninstall(self) -> None:
        """Give the hooks back."""
        sys.excepthook = sys.__excepthook__
        sys.unraisablehook = sys.__unraisablehook__

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take over a loop's error handler."""
        loop.set_exception_handler(self._on_loop_error)

    def task_failed(self, name: str, error: BaseException) -> None:
        """A task ended with an error: the funnel of every task owner."""
        self._take(f"task {name}", error)

    def _on_exception(
        self,
        _kind: type[BaseException],
        error: BaseException,
        _traceback: TracebackType | None,
    ) -> None:
        self._take("slot or event", error)

    def _on_unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_value is not None:
            self._take(f"finaliser {unraisable.err_msg or ''}".strip(), unraisable.exc_value)

    def _on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        message = str(context.get("message", "event loop"))
        self._take(message, error if isinstance(error, BaseException) else RuntimeError(message))

    def _take(self, where: str, error: BaseException) -> None:
        self.count += 1
        text = redact(f"{where}: {type(error).__name__}: {error}")
        if len(self.texts) < KEPT:
            self.texts.append(text)
        _log.error("%s", where, exc_info=error)
        if self.on_fault is not None and not self._is_telling:
            self._is_telling = True
            try:
                self.on_fault(text)
            finally:
                self._is_telling = False
