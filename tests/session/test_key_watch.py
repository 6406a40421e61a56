"""The key is looked at now and then; silence makes what is known old, a refusal is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.errors import TernError
from terminal.exchange.errors import AuthError, ClockSkewError, RejectedError, TransportError
from terminal.session.key_watch import INTERVAL_S, RETRY_S, KeyWatch
from terminal.session.tasks import TaskOwner
from tests.session.test_conditions import facts
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.api_key import ApiKeyFacts


class Watched:
    """A key watch whose exchange gives prepared answers, the last one for ever."""

    def __init__(self, answers: Iterable[ApiKeyFacts | Exception]) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.errors: list[str] = []
        self.clock = FakeClock()
        self.owner = TaskOwner("key", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.watch = KeyWatch(self.ask, self.clock, self.owner)

    async def ask(self) -> ApiKeyFacts:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_it_asks_at_once_and_every_ten_minutes() -> None:
    """The facts carry the time of the last answer."""
    watched = Watched([facts()])
    watched.watch.start()
    await watched.clock.settle()
    assert (watched.asked, watched.watch.state.read_at_s) == (1, 0.0)
    await watched.clock.advance(INTERVAL_S * 2)
    assert (watched.asked, watched.watch.state.read_at_s) == (3, INTERVAL_S * 2)
    await watched.watch.stop()


@pytest.mark.parametrize(
    "silence",
    [
        TransportError("cut", was_sent=False, sentence="No."),
        TernError("x", sentence="No."),
        ClockSkewError("400002", "time", sentence="The clock is wrong."),
        RejectedError("500000", "busy", sentence="Not now."),
    ],
)
async def test_silence_keeps_the_last_facts_and_asks_sooner(silence: Exception) -> None:
    """Their age tells that nothing was heard since."""
    watched = Watched([facts(), silence, facts()])
    watched.watch.start()
    await watched.clock.advance(INTERVAL_S)
    assert (watched.watch.state.read_at_s, watched.watch.state.problem) == (0.0, "")
    await watched.clock.advance(RETRY_S)
    assert watched.watch.state.read_at_s == INTERVAL_S + RETRY_S
    await watched.watch.stop()


async def test_a_refused_key_is_told_until_it_is_taken_again() -> None:
    """A key that was deleted may come back as an error of the moment."""
    refusal = AuthError("400003", "gone", sentence="The key does not exist.", remedy="Enter it.")
    watched = Watched([facts(), refusal, facts()])
    told: list[str] = []
    watched.watch.on_changed.add(lambda: told.append(watched.watch.state.problem))
    watched.watch.start()
    await watched.clock.advance(INTERVAL_S)
    assert (watched.watch.state.problem, watched.watch.state.remedy) == (
        "The key does not exist.",
        "Enter it.",
    )
    await watched.clock.advance(RETRY_S)
    assert told == ["", "The key does not exist.", ""]
    await watched.watch.stop()


async def test_a_fault_of_our_own_is_reported_and_it_goes_on() -> None:
    """The next look comes."""
    watched = Watched([ZeroDivisionError("ours"), facts()])
    watched.watch.start()
    await watched.clock.advance(RETRY_S)
    assert watched.errors == ["key/key: look at the key ZeroDivisionError('ours')"]
    assert watched.watch.state.facts == facts()
    await watched.watch.stop()
