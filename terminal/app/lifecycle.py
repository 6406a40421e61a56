"""Ordered start and ordered stop: what was started last ends first, each step in its time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

STEP_LIMIT_S = 5.0
_log = logging.getLogger("app")


@final
class Lifecycle:
    """A stack of named things to end. ``stop`` ends all, whatever single steps do."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], Awaitable[None]]]] = []

    def on_stop(self, name: str, end: Callable[[], Awaitable[None]]) -> None:
        """Remember how to end what was just started."""
        self._steps.append((name, end))

    async def stop(self) -> tuple[str, ...]:
        """End everything in reverse order; returns the names of steps that failed."""
        failed: list[str] = []
        while self._steps:
            name, end = self._steps.pop()
            try:
                async with asyncio.timeout(STEP_LIMIT_S):
                    await end()
            except Exception:  # noqa: BLE001 - the next step must run whatever this one did
                _log.exception("ending %s failed", name)
                failed.append(name)
        return tuple(failed)
