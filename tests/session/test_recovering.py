"""Trust comes back after one whole reading, and only then."""

from __future__ import annotations

from terminal.domain.errors import TernError
from terminal.exchange.gateway import ChannelKind
from terminal.session.recovering import APART_S, CALM_S, RETRY_S, Recovery
from terminal.session.tasks import TaskOwner
from terminal.session.trust import Trust
from tests.support.fake_clock import FakeClock

ORDERS = ChannelKind.ORDERS


class Harness:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.errors: list[str] = []
        self.problems: list[str] = []
        self.reads = 0
        self.fails: Exception | None = None
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.trust = Trust(self.clock, lambda: None)
        self.recovery = Recovery(
            self.owner,
            self.clock,
            self.trust,
            frozenset({ORDERS}),
            self._read,
            self.problems.append,
        )

    async def _read(self) -> None:
        self.reads += 1
        await self.clock.sleep(0.1)
        if self.fails is not None:
            raise self.fails

    async def live(self) -> None:
        self.recovery.opened()
        self.recovery.confirmed(ORDERS)
        await self.clock.advance(1.0)
        assert self.trust.is_given


async def test_nothing_is_read_before_the_channel_is_confirmed() -> None:
    h = Harness()
    h.recovery.opened()
    await h.clock.advance(30.0)
    assert h.reads == 0
    h.recovery.confirmed(ORDERS)
    await h.clock.advance(0.2)
    assert h.trust.is_given
    await h.owner.close()


async def test_a_doubt_during_the_reading_asks_for_another_one() -> None:
    h = Harness()
    h.recovery.opened()
    h.recovery.confirmed(ORDERS)
    await h.clock.advance(0.05)
    for _ in range(20):
        h.recovery.again()
    await h.clock.advance(0.1)
    assert not h.trust.is_given, "what was read is older than the doubt"
    await h.clock.advance(1.0)
    assert h.trust.is_given
    assert h.reads == 2
    await h.owner.close()


async def test_a_lost_connection_ends_the_reading_and_the_next_one_starts_anew() -> None:
    h = Harness()
    await h.live()
    h.recovery.lost()
    assert not h.trust.is_given
    h.recovery.again()
    await h.clock.advance(10.0)
    assert h.reads == 1, "there is nobody to ask"
    h.recovery.opened()
    await h.clock.advance(1.0)
    assert not h.trust.is_given, "the old confirmation is worth nothing"
    h.recovery.confirmed(ORDERS)
    await h.clock.advance(1.0)
    assert h.trust.is_given
    await h.owner.close()


async def test_whatever_goes_wrong_it_is_tried_again_and_said_once() -> None:
    h = Harness()
    for error in (TernError("x", sentence="No answer."), ValueError("inside")):
        h.fails = error
        h.recovery.opened()
        h.recovery.confirmed(ORDERS)
        await h.clock.advance(20.0)
        assert not h.trust.is_given
        h.fails = None
        await h.clock.advance(6.0)
        assert h.trust.is_given
    assert h.problems == ["No answer.", "An error inside the program stopped the reading."]
    assert h.errors
    await h.owner.close()


async def test_doubts_without_end_are_answered_ever_more_seldom_until_they_end() -> None:
    """A kind of message that can never be read must not use up the quota of requests."""
    h = Harness()
    await h.live()
    for _ in range(600):
        h.recovery.again()
        await h.clock.advance(0.2)
    assert 4 <= h.reads <= 18
    await h.clock.advance(APART_S[-1] + 1.0)
    assert h.trust.is_given
    await h.clock.advance(CALM_S)
    h.recovery.again()
    await h.clock.advance(0.5)
    assert h.trust.is_given, "one doubt after a calm time is cleared up at once"
    await h.owner.close()


async def test_a_fresh_connection_is_read_soon_however_many_readings_were_before() -> None:
    h = Harness()
    await h.live()
    for _ in range(100):
        h.recovery.again()
        await h.clock.advance(0.2)
    h.recovery.lost()
    h.recovery.opened()
    h.recovery.confirmed(ORDERS)
    await h.clock.advance(RETRY_S[-1] + 0.5)
    assert h.trust.is_given
    await h.owner.close()
