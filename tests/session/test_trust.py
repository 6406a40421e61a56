"""Trust and its age."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from terminal.session.trust import Trust
from tests.support.fake_clock import FakeClock


async def test_the_age_counts_from_the_first_loss_and_is_told() -> None:
    clock = FakeClock()
    told: list[float | None] = []
    trust = Trust(clock, lambda: told.append(trust.missing_for_s))
    watching = asyncio.get_running_loop().create_task(trust.watch())
    assert not trust.is_given
    await clock.advance(2.5)
    assert told == [1.0, 2.0]
    trust.give()
    assert trust.missing_for_s is None
    await clock.advance(5.0)
    assert told == [1.0, 2.0, None], "a calm session tells nothing"
    trust.take_away()
    await clock.advance(1.0)
    trust.take_away()
    await clock.advance(1.0)
    assert trust.missing_for_s == 2.0
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_what_is_absent_is_not_out_of_date() -> None:
    """Without an account nothing is missing, and no age is told."""
    clock = FakeClock()
    trust = Trust(clock, lambda: None)
    trust.say_absent()
    await clock.advance(5.0)
    assert trust.missing_for_s is None
    assert not trust.is_given
    assert trust.is_absent
