"""One-way or hedge: sent once, refused in words, and read whatever was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import pytest

from terminal.domain.events import PositionMode
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.session.position_modes import PositionModes
from tests.support.builders import a_position_update
from tests.support.desk import Bench

if TYPE_CHECKING:
    from terminal.exchange.outcome import Outcome

ONE_WAY, HEDGE = PositionMode.ONE_WAY, PositionMode.HEDGE
RULE = "The exchange switches it only while no contract has a position or an order"
STILL = "The account is still in one-way mode. Look again before you switch once more."


@final
class Stage:
    """Position modes on a bench; ``outcomes`` are used up first, ``takes`` says what holds then."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.asked: list[PositionMode] = []
        self.outcome: Outcome = Accepted()
        self.takes = True
        self.orders = 0
        self.modes = PositionModes(
            self, self.bench.account, self.bench.clock, self.bench.owner, lambda: self.orders
        )
        self.told: list[str] = []
        self.modes.on_changed.add(lambda: self.told.append(self.words))

    async def set_position_mode(self, mode: PositionMode) -> Outcome:
        self.asked.append(mode)
        if self.takes:
            self.bench.gateway.mode = mode
        return self.outcome

    async def __aenter__(self) -> Stage:
        await self.bench.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.modes.stop()
        await self.bench.stop()

    @property
    def words(self) -> str:
        return "" if self.modes.answer is None else self.modes.answer.sentence


async def test_a_switch_is_asked_for_once_and_read_back() -> None:
    async with Stage() as stage:
        stage.modes.switch(HEDGE)
        assert stage.modes.is_busy
        stage.modes.switch(HEDGE)
        await stage.bench.clock.settle()
        assert stage.asked == [HEDGE]
        assert stage.bench.account.is_hedged
        assert stage.told == ["Asking the exchange.", "The account is in hedge mode now."]
        stage.modes.switch(HEDGE)
        assert stage.words == "It is hedge mode already."
        stage.modes.forget()
        assert stage.modes.answer is None
        assert stage.asked == [HEDGE]


@pytest.mark.parametrize(
    ("lots", "orders", "open_"),
    [
        (2, 0, "1 position is open"),
        (0, 1, "1 order is open"),
        (2, 3, "1 position and 3 orders are open"),
    ],
)
async def test_with_positions_or_orders_nothing_is_sent_and_the_exchanges_rule_is_said(
    lots: int, orders: int, open_: str
) -> None:
    async with Stage() as stage:
        if lots:
            stage.bench.stream.push(a_position_update(lots))
        stage.orders = orders
        stage.modes.switch(HEDGE)
        await stage.bench.clock.settle()
        assert stage.asked == []
        assert stage.words == (f"Not switched. {RULE}; {open_}. Close and cancel first.")


@pytest.mark.parametrize(
    ("outcome", "takes", "words"),
    [
        (
            Rejected("50002", "Taken.", "Close.", "exist.order.or.position"), False,
            f"Not switched. {RULE}. Close and cancel first.",
        ),
        (Rejected("400100", "A bad field.", "Report this."), False,
         "Not switched. A bad field. Report this."),
        (NotSent("This account only watches."), False,
         "Not switched. This account only watches."),
        (Unknown("No answer came."), False, STILL),
        (Unknown("No answer came."), True, "The account is in hedge mode now."),
        (Accepted(), False, STILL),
    ],
)  # fmt: skip
async def test_what_is_said_is_what_holds_and_nothing_is_sent_again(
    outcome: Outcome, takes: bool, words: str
) -> None:
    async with Stage() as stage:
        stage.outcome, stage.takes = outcome, takes
        stage.modes.switch(HEDGE)
        await stage.bench.clock.advance(9.0)
        assert stage.words == words
        assert stage.asked == [HEDGE]
        if isinstance(outcome, Unknown):
            assert "No answer came. What holds now is being read." in stage.told


async def test_a_switch_whose_end_nobody_told_may_still_be_on_its_way() -> None:
    """The old mode, read at once, is no word that it failed: it is read again, never sent again."""
    async with Stage() as stage:
        stage.outcome, stage.takes = Unknown("No answer came."), False
        stage.modes.switch(HEDGE)
        await stage.bench.clock.settle()
        assert stage.modes.is_busy
        stage.bench.gateway.mode = HEDGE
        await stage.bench.clock.advance(1.0)
        assert stage.words == "The account is in hedge mode now."
        assert stage.bench.account.is_hedged
        assert stage.asked == [HEDGE]


async def test_an_unknown_end_is_read_until_the_exchange_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Stage() as stage:
        stage.outcome = Unknown("No answer came.")
        asked, gateway = [0], stage.bench.gateway

        async def flaky() -> PositionMode:
            asked[0] += 1
            if asked[0] < 3:
                raise TransportError("no connection", was_sent=False)
            return gateway.mode

        monkeypatch.setattr(gateway, "position_mode", flaky)
        stage.modes.switch(HEDGE)
        await stage.bench.clock.settle()
        assert stage.modes.is_busy
        await stage.bench.clock.advance(2.0)
        assert stage.words == "The account is in hedge mode now."
        assert stage.asked == [HEDGE]


async def test_when_nobody_answers_it_is_said_that_it_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Stage() as stage:
        stage.outcome = Unknown("No answer came.")

        async def nobody() -> PositionMode:
            raise TransportError("no connection", was_sent=False)

        monkeypatch.setattr(stage.bench.gateway, "position_mode", nobody)
        stage.modes.switch(HEDGE)
        await stage.bench.clock.advance(9.0)
        assert stage.words == (
            "It is not known which position mode holds; all of the account is read again."
        )
        assert not stage.bench.account.is_trusted
