"""The risk level: asked for once, its end taken from the stream, or read, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

import pytest

from terminal.domain.events import MarginMode, RiskLimitUpdate
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.session.risk_levels import (
    NOBODY_TOLD,
    NOT_ISOLATED,
    NOT_KNOWN,
    WORD_WITHIN_S,
    RiskLevels,
)
from tests.support.builders import XBT, a_contract, a_position_update, position_details
from tests.support.desk import Bench
from tests.support.fakes import FakeAccountCommands

if TYPE_CHECKING:
    from terminal.domain.events import PositionUpdate
    from terminal.exchange.outcome import Outcome

CONTRACT = a_contract()


def held(level: int | None) -> PositionUpdate:
    return a_position_update(4, details=replace(position_details(), risk_level=level))


@final
class Stage:
    """Levels on a bench whose account is isolated."""

    def __init__(self, mode: MarginMode = MarginMode.ISOLATED) -> None:
        self.bench = Bench()
        self.bench.gateway.margin = mode
        self.commands = FakeAccountCommands(self.bench.gateway)
        self.levels = RiskLevels(
            self.commands, self.bench.account, self.bench.clock, self.bench.owner
        )

    async def __aenter__(self) -> Stage:
        await self.bench.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.levels.stop()
        await self.bench.stop()

    async def ask(self, outcome: Outcome | None = None, level: int = 2) -> None:
        """Ask for a level; the exchange's answer has come."""
        if outcome is not None:
            self.commands.outcomes.append(outcome)
        self.levels.raise_to(CONTRACT, level)
        await self.bench.clock.settle()

    async def wait(self) -> None:
        """As long as a word of the stream is waited for."""
        await self.bench.clock.advance(WORD_WITHIN_S + 1)

    @property
    def said(self) -> tuple[bool | None, str]:
        answer = self.levels.answer(XBT)
        assert answer is not None
        return answer.ok, answer.sentence


DONE = (True, "The risk level of XBTUSDTM is 2 now. Any open orders in it were canceled.")


@pytest.mark.parametrize("outcome", [Accepted(), Unknown("No answer came.")])
@pytest.mark.parametrize("is_named", [True, False])
async def test_the_streams_word_ends_it_whatever_the_answer_was(
    outcome: Outcome, *, is_named: bool
) -> None:
    """The answer only says that it was asked for."""
    async with Stage() as stage:
        await stage.ask(outcome)
        assert stage.levels.is_busy(XBT)
        stage.bench.stream.push(RiskLimitUpdate(XBT if is_named else None, True, 2, ""))
        await stage.bench.clock.advance(1)
        assert stage.said == DONE
        assert stage.commands.asked == [("level", XBT, 2)]
        stage.levels.forget(XBT)
        assert stage.levels.answer(XBT) is None


async def test_a_word_that_comes_before_the_answer_counts() -> None:
    async with Stage() as stage:
        stage.commands.hold.clear()
        await stage.ask()
        stage.bench.stream.push(RiskLimitUpdate(XBT, True, 2, ""))
        stage.commands.hold.set()
        await stage.bench.clock.settle()
        assert stage.said == DONE


async def test_a_refusal_on_the_stream_is_said_with_its_words() -> None:
    async with Stage() as stage:
        await stage.ask()
        stage.bench.stream.push(RiskLimitUpdate(XBT, False, 1, "Too little margin."))
        await stage.bench.clock.advance(1)
        assert stage.said == (False, "Not changed. Too little margin.")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Rejected("200005", "Too poor.", "Add funds."), "Not changed. Too poor. Add funds."),
        (NotSent("This account only watches."), "Not changed. This account only watches."),
    ],
)
async def test_what_the_exchange_does_not_take_waits_for_no_word(
    outcome: Outcome, words: str
) -> None:
    async with Stage() as stage:
        await stage.ask(outcome)
        assert stage.said == (False, words)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (2, DONE),
        (1, (False, "The risk level of XBTUSDTM is 1: it was not changed so far.")),
        (None, (False, NOBODY_TOLD)),
    ],
)
async def test_without_a_word_the_position_is_read_and_nothing_is_asked_for_again(
    level: int | None, said: tuple[bool, str]
) -> None:
    async with Stage() as stage:
        stage.bench.gateway.held = (held(level),)
        await stage.ask(Unknown("No answer came."))
        await stage.wait()
        assert stage.said == said
        assert len(stage.commands.asked) == 1


async def test_without_a_position_the_unknown_end_is_called_so() -> None:
    async with Stage() as stage:
        await stage.ask(Unknown("No answer came."))
        await stage.wait()
        assert stage.said == (False, NOBODY_TOLD)


async def test_somebody_elses_change_to_another_level_does_not_end_ours() -> None:
    async with Stage() as stage:
        stage.bench.gateway.held = (held(3),)
        await stage.ask()
        stage.bench.stream.push(RiskLimitUpdate(XBT, True, 3, ""))
        await stage.bench.clock.advance(1)
        assert stage.said[0] is None
        await stage.wait()
        assert stage.said == (False, "The risk level of XBTUSDTM is 3: it was not changed so far.")


async def test_while_one_is_under_way_no_other_is_asked_for() -> None:
    async with Stage() as stage:
        stage.commands.hold.clear()
        await stage.ask()
        await stage.ask(level=3)
        assert stage.commands.asked == [("level", XBT, 2)]
        assert stage.levels.is_busy(XBT)
        stage.levels.forget(XBT)
        assert stage.levels.answer(XBT) is not None


async def test_cross_margin_has_no_level_to_set() -> None:
    async with Stage(MarginMode.CROSS) as stage:
        await stage.ask()
        assert stage.said == (False, NOT_ISOLATED)
        assert stage.commands.asked == []


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (2, DONE),
        (1, (False, "The risk level of XBTUSDTM is 1: it was not changed so far.")),
    ],
)
async def test_a_word_that_names_no_contract_is_held_against_the_position(
    level: int, said: tuple[bool, str]
) -> None:
    """It may be about another contract; and afterwards it is known which level is set."""
    async with Stage() as stage:
        gateway, account = stage.bench.gateway, stage.bench.account
        gateway.held = (held(1),)
        await account.read_again()
        await stage.ask()
        gateway.held = (held(level),)
        stage.bench.stream.push(RiskLimitUpdate(None, True, 2, ""))
        await stage.bench.clock.advance(1)
        assert stage.said == said
        assert account.position(XBT).risk_level == level


async def test_while_the_account_is_read_again_nothing_is_asked_for() -> None:
    """The level that was known may be an old one: what looks like raising might lower it."""
    async with Stage() as stage:
        stage.bench.account.trust.take_away()
        await stage.ask()
        assert stage.said == (False, NOT_KNOWN)
        assert stage.commands.asked == []
