"""Ordered stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from terminal.app import lifecycle
from terminal.app.lifecycle import Lifecycle

if TYPE_CHECKING:
    import pytest


async def test_what_started_last_ends_first_and_nothing_stops_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lifecycle, "STEP_LIMIT_S", 0.01)
    ended: list[str] = []
    steps = Lifecycle()

    async def end(name: str) -> None:
        ended.append(name)

    async def fail() -> None:
        raise ValueError("no")

    async def hang() -> None:
        await asyncio.Event().wait()

    steps.on_stop("first", lambda: end("first"))
    steps.on_stop("broken", fail)
    steps.on_stop("stuck", hang)
    steps.on_stop("last", lambda: end("last"))
    assert await steps.stop() == ("stuck", "broken")
    assert ended == ["last", "first"]
    assert await steps.stop() == ()
