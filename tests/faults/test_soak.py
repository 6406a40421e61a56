"""A long life under faults: at its end both sides are equal, and nothing has piled up."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.quick_time import run_quickly
from tests.support.rig import Rig
from tests.support.soak import NOTHING, Soak, figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.quick_time import QuickClock

HOUR_S = 3600.0
HOURS = float(os.environ.get("TERN_SOAK_HOURS", "2"))
SEED = int(os.environ.get("TERN_SOAK_SEED", "20261121"))
MOST_GROWTH_KB = 4_000
"""Of the client, after the lists it keeps (ended orders, fills, notices) had time to fill."""


@contextmanager
def traced() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def live(seed: int, seconds: float, stretches: int, tell: Callable[[str], None]) -> None:
    """Live so long, whole again after each stretch; tells what was met and what piled up."""
    tell(f"seed {seed}")

    async def life(clock: QuickClock) -> None:
        rig = Rig(clock, has_socket=True)
        soak = Soak(rig, seed)
        held, empty = (NOTHING, NOTHING), figures()
        try:
            await rig.start()
            await rig.open()
            await rig.prepare()
            for number in range(stretches):
                await soak.run(seconds / stretches)
                now = figures()
                minutes = (number + 1) * seconds / stretches / 60
                tell(f"after {minutes:.0f} min: {now}")
                # The first quarter warms up.
                held = (now if number <= stretches // 4 else held[0], now)
        finally:
            await rig.stop()
        await asyncio.sleep(5.0)
        left = figures()
        assert (left.tasks, left.files) == (empty.tasks, empty.files), f"{left} against {empty}"
        account = rig.exchange.engine.account
        before, after = held
        tell(f"faults {dict(soak.met)}, commands {dict(soak.done)}")
        tell(
            f"{account.placed} orders of {len(rig.intents)} intentions, {len(account.fills)} fills,"
            f" whole again within {soak.longest_s:.1f} s"
        )
        # What is just being asked or connected comes and goes; a leak of hours would be hundreds.
        assert after.tasks <= before.tasks + 15
        assert after.timers <= before.timers + 20
        assert after.files <= before.files + 40
        assert after.client_kb <= before.client_kb + MOST_GROWTH_KB

    run_quickly(life)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_some_minutes_under_faults(seed: int) -> None:
    """Book, orders, fills, positions and wallet are equal at the end; nothing is left behind."""
    live(seed, 150.0, 2, print)  # shown when it fails


@pytest.mark.nightly
def test_hours_under_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """The same for hours; memory of the client, tasks, timers and files do not grow."""
    faulthandler.cancel_dump_traceback_later()  # it takes longer than any test may that hangs
    with traced(), capsys.disabled():
        live(SEED, HOURS * HOUR_S, max(8, round(HOURS * 8)), print)
