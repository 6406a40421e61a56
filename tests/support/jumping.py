"""A loop whose time jumps to the next timer: minutes without sockets take milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any, final

from typing_extensions import override

from terminal.domain.clock import TimestampMs
from tests.support.builders import (
    NOW_MS,
)


@final
class _Jumping(selectors.BaseSelector):
    """Nothing is ever read or written: instead of waiting, time passes."""

    def __init__(self, loop: JumpingLoop) -> None:
        self._loop = loop
        self._map: dict[Any, selectors.SelectorKey] = {}

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = self._map[fileobj] = selectors.SelectorKey(fileobj, 0, events, data)
        return key

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._map.pop(fileobj)

    @override
    def select(self, timeout: float | None = None) -> list[Any]:
        loop = self._loop
        if timeout is None:
            raise RuntimeError("Everybody waits and nobody comes.")
        if timeout > 0:
            loop.now_s += timeout
            loop.turns = 0
        loop.turns += 1
        assert loop.turns < MOST_TURNS, "so much happens without any time passing"
        return []

    @override
    def get_map(self) -> dict[Any, selectors.SelectorKey]:
        return self._map


MOST_TURNS = 100_000


@final
class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop without a world around it."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.turns = 0
        super().__init__(_Jumping(self))

    @override
    def time(self) -> float:
        return self.now_s


@final
class LoopClock:
    """The ``Clock`` of such a loop."""

    def __init__(self, loop: JumpingLoop) -> None:
        self._loop = loop

    def now_ms(self) -> TimestampMs:
        return TimestampMs(NOW_MS + round(self._loop.now_s * 1000))

    def monotonic_s(self) -> float:
        return self._loop.now_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
