"""Margin mode and leverage: asked for once, refused in words, read back whatever was answered."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

import pytest

from terminal.domain.events import MarginMode
from terminal.exchange.outcome import NotSent, Rejected, Unknown
from terminal.session.trading_terms import TradingTerms
from tests.support.builders import XBT, a_contract, a_position_update
from tests.support.desk import Bench
from tests.support.fakes import FakeAccountCommands

if TYPE_CHECKING:
    from terminal.exchange.outcome import Outcome

CONTRACT = a_contract()


@final
class Stage:
    """Terms on a bench whose account has the exchange's mode."""

    def __init__(self, mode: MarginMode = MarginMode.ISOLATED) -> None:
        self.bench = Bench()
        self.bench.gateway.margin = mode
        self.commands = FakeAccountCommands(self.bench.gateway)
        self.terms = TradingTerms(self.commands, self.bench.account, self.bench.owner)

    async def __aenter__(self) -> Stage:
        await self.bench.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.terms.stop()
        await self.bench.stop()

    @property
    def words(self) -> str:
        answer = self.terms.answer(XBT)
        return "" if answer is None else answer.sentence


async def test_a_mode_is_asked_for_and_read_back() -> None:
    async with Stage() as stage:
        stage.terms.set_mode(CONTRACT, MarginMode.CROSS)
        assert stage.terms.is_busy(XBT)
        stage.terms.set_mode(CONTRACT, MarginMode.CROSS)
        await stage.bench.clock.settle()
        assert stage.commands.asked == [("mode", XBT, MarginMode.CROSS)]
        assert stage.bench.account.margin_mode(XBT) is MarginMode.CROSS
        assert stage.words == "The margin mode of XBTUSDTM is cross now."
        stage.terms.forget(XBT)
        assert stage.terms.answer(XBT) is None


async def test_the_mode_that_holds_is_not_asked_for() -> None:
    async with Stage() as stage:
        stage.terms.set_mode(CONTRACT, MarginMode.ISOLATED)
        await stage.bench.clock.settle()
        assert stage.commands.asked == []
        assert stage.words == "It is isolated already."


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            Rejected("50002", "No.", exchange_text="exist.order.or.position"),
            "Not changed. The exchange changes it only without a position and without orders.",
        ),
        (Rejected("300016", "Too high.", "Take less."), "Not changed. Too high. Take less."),
        (NotSent("This account only watches."), "Not changed. This account only watches."),
        (Unknown("No answer came."), "No answer came. What holds now is being read."),
    ],
)
async def test_a_refusal_is_said_and_what_holds_is_read(outcome: Outcome, words: str) -> None:
    async with Stage() as stage:
        stage.commands.outcomes.append(outcome)
        stage.terms.set_mode(CONTRACT, MarginMode.CROSS)
        await stage.bench.clock.settle()
        answer = stage.terms.answer(XBT)
        assert answer is not None
        assert (answer.ok, answer.sentence) == (False, words)
        assert stage.bench.account.margin_mode(XBT) is MarginMode.ISOLATED
        assert len(stage.commands.asked) == 1


async def test_cross_leverage_is_the_exchanges() -> None:
    async with Stage(MarginMode.CROSS) as stage:
        stage.terms.set_leverage(CONTRACT, Decimal(8))
        await stage.bench.clock.settle()
        assert stage.commands.asked == [("leverage", XBT, Decimal(8))]
        assert stage.words == "The cross leverage of XBTUSDTM is 8x now."


async def test_isolated_leverage_goes_with_the_orders_and_nobody_is_asked() -> None:
    async with Stage() as stage:
        account = stage.bench.account
        assert account.leverage(XBT) == 5
        stage.terms.set_leverage(CONTRACT, Decimal(8))
        assert account.leverage(XBT) == 8
        assert stage.words == "The next orders of XBTUSDTM are sent with 8x."
        await stage.bench.clock.settle()
        assert stage.commands.asked == []


async def test_a_choice_goes_before_the_positions_own_leverage() -> None:
    async with Stage() as stage:
        stage.bench.stream.push(a_position_update(2, leverage=Decimal(3)))
        assert stage.bench.account.leverage(XBT) == 3
        stage.terms.set_leverage(CONTRACT, Decimal(9))
        assert stage.bench.account.leverage(XBT) == 9


@pytest.mark.parametrize("leverage", ["0", "0.5", "2.5", "126"])
async def test_a_leverage_that_is_none_is_refused_here(leverage: str) -> None:
    async with Stage(MarginMode.CROSS) as stage:
        stage.terms.set_leverage(CONTRACT, Decimal(leverage))
        assert stage.words == "A whole number from 1 to 125."
        await stage.bench.clock.settle()
        assert stage.commands.asked == []


async def test_an_answer_that_never_comes_ends_with_the_session() -> None:
    stage = Stage()
    async with stage:
        stage.commands.hold.clear()
        stage.terms.set_mode(CONTRACT, MarginMode.CROSS)
        await stage.bench.clock.settle()
        assert stage.terms.is_busy(XBT)
    assert stage.bench.owner.task_names == ()
