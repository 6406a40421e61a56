"""Keeps an exchange's state in a file: takes it from there, and saves it again and again."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.saved import files, state
from terminal.simexchange.saved.graph import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from terminal.simexchange.saved.state import Beginning, Exchange

EVERY_S = 30.0
"""How often it is saved unless told otherwise, in seconds outside."""

MOST_SHARE = 0.02
"""The part of the time that saving may take: a long history is saved less often."""


@final
class Keeper:
    """One file of one exchange. Raises ``BadFile`` when there is a file that cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, Any] | None = files.read(path)
        self.most_share = MOST_SHARE
        self._last_s = 0.0
        self.longest_s = 0.0
        """The longest that the exchange stood still for a saving, in seconds outside."""
        self.saved = 0
        """How often it was saved."""

    @property
    def beginning(self) -> Beginning | None:
        """What the exchange must be made with; None when there is nothing to go on from.

        Raises ``BadFile``.
        """
        try:
            return None if self._found is None else state.beginning(self._found)
        except StateError:
            raise files.damaged(self._path) from None

    def restore(self, exchange: Exchange) -> None:
        """Let an exchange that was just made go on, if there is something. Raises ``BadFile``."""
        found, self._found = self._found, None
        if found is None:
            return
        try:
            state.restore(exchange, found)
        except StateError:
            raise files.unfit(self._path) from None

    def save(self, exchange: Exchange) -> None:
        """Save it now. Raises ``OSError``, and the file is as it was."""
        files.write(self._path, self._taken(exchange))

    def save_at_last(self, exchange: Exchange) -> None:
        """Save it; what hinders is said."""
        try:
            self.save(exchange)
        except (OSError, StateError) as error:
            self._complain(error)

    @asynccontextmanager
    async def saving(self, exchange: Exchange, every_s: float) -> AsyncIterator[None]:
        """Save it again and again meanwhile; what hinders is said and tried again."""
        task = asyncio.get_running_loop().create_task(self._run(exchange, every_s), name="saving")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self, exchange: Exchange, every_s: float) -> None:
        while True:
            await asyncio.sleep(max(every_s, self._last_s / self.most_share))
            try:
                await self._save_aside(self._taken(exchange))
            except (OSError, StateError) as error:
                self._complain(error)

    async def _save_aside(self, text: str) -> None:
        """Write a text that nobody changes, while the exchange goes on: a disk may take its time.

        Whoever cancels it waits until it is done, so that what is saved next is saved later.
        """
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(None, files.write, self._path, text)
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait([job])
            if error := job.exception():
                self._complain(error)
            raise

    def _complain(self, error: BaseException) -> None:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        sys.stderr.write(f"{self._path} was not saved: {reason}.\n")

    def _taken(self, exchange: Exchange) -> str:
        began = time.monotonic()
        # Nothing of what is made here is in a cycle: looking for some would take half of the time.
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            text = files.text_of(state.written(exchange))
        finally:
            if was_enabled:
                gc.enable()
        self._last_s = time.monotonic() - began
        self.longest_s = max(self.longest_s, self._last_s)
        self.saved += 1
        return text
