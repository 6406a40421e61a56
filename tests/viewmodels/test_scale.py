"""The scale: what it lists, stages and sends, and what is said of each order afterwards."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.access import Access
from terminal.domain.events import MarginMode, PositionMode, PositionSide
from terminal.domain.guard import GuardLimits
from terminal.domain.guard_terms import ContractLimits
from terminal.domain.scale import Shape
from terminal.domain.units import Lots, OrderId, Side
from terminal.exchange.outcome import Accepted, Rejected, Unknown
from terminal.viewmodels.scale import NOT_COMPLETE, ScaleViewModel
from terminal.viewmodels.text import Role
from tests.support.builders import XBT, a_position_update, an_order_update, position_details
from tests.support.desktop import OTHER, Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import PositionUpdate
    from terminal.viewmodels.scale_view import ScaleView

pytestmark = pytest.mark.usefixtures("qapp")
_, LONG, SHORT = PositionSide


class Stage:
    """A scale on a desktop, with somebody who types."""

    def __init__(self, desktop: Desktop, vm: ScaleViewModel) -> None:
        self.desktop, self.vm = desktop, vm

    def type(self, first: str, last: str, count: str, lots: str) -> ScaleView:
        for name, typed in zip(
            ("first", "last", "count", "lots"), (first, last, count, lots), strict=True
        ):
            self.vm.set_text(name, typed)
        return self.look()

    def look(self) -> ScaleView:
        self.desktop.frame.tick()
        return self.vm.view

    def press(self) -> ScaleView:
        self.vm.press()
        return self.look()

    @property
    def rows(self) -> list[tuple[str, str]]:
        return [(row.price, row.lots) for row in self.vm.model.rows]

    @property
    def states(self) -> list[str]:
        return [row.state for row in self.vm.model.rows]

    @property
    def said(self) -> str:
        assert self.vm.view.message is not None
        return self.vm.view.message.text

    @property
    def placed(self) -> list[tuple[Any, ...]]:
        return [(t.side, t.price, t.lots) for t, _ in self.desktop.bench.trading.placed]


@contextlib.asynccontextmanager
async def a_stage(
    access: Access = Access.FULL, *held: PositionUpdate, mode: PositionMode = PositionMode.ONE_WAY
) -> AsyncIterator[Stage]:
    desktop = Desktop(access)
    desktop.bench.gateway.mode, desktop.bench.gateway.held = mode, held
    vm = ScaleViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    await desktop.start()
    vm.begin()
    desktop.frame.tick()
    try:
        yield Stage(desktop, vm)
    finally:
        vm.stop()
        await desktop.stop()


async def test_what_will_be_sent_is_listed_with_value_and_fee() -> None:
    async with a_stage() as one:
        assert (one.vm.view.why_not, one.vm.view.problem) == (NOT_COMPLETE, "")
        view = one.type("99", "98", "3", "6")
        assert one.rows == [("99.0", "2"), ("98.5", "2"), ("98.0", "2")]
        assert one.states == ["Can be sent."] * 3
        row = one.vm.model.rows[0]
        assert (row.value, row.fee) == ("0.20 USDT", "0.0001 USDT")
        assert view.total == "0.59 USDT, fee at most 0.0004 USDT"
        assert (view.button, view.why_not) == ("Buy 6 in 3 orders", "")
        one.vm.set_shape(Shape.RISING.value)
        one.look()
        assert one.rows == [("99.0", "1"), ("98.5", "2"), ("98.0", "3")]
        one.vm.set_shape(Shape.FALLING.value)
        one.look()
        assert [lots for _, lots in one.rows] == ["3", "2", "1"]


async def test_the_first_press_stages_and_the_second_sends_all_once() -> None:
    async with a_stage() as one:
        one.type("99", "98", "3", "6")
        one.vm.set_post_only(True)
        view = one.press()
        assert view.is_staged
        assert view.button == "Press again: buy 6 in 3 orders"
        assert one.states == ["Staged."] * 3
        assert one.placed == []
        view = one.press()
        assert one.states == ["On its way."] * 3
        await one.desktop.settle()
        assert one.placed == [(Side.BUY, 990, 2), (Side.BUY, 985, 2), (Side.BUY, 980, 2)]
        assert all(ticket.is_post_only for ticket, _ in one.desktop.bench.trading.placed)
        one.press()
        await one.desktop.settle()
        assert len(one.placed) == 3, "sent once, until something is changed"
        assert one.vm.view.why_not.startswith("Sent;")
        await one.desktop.clock.advance(30.0)


async def test_each_order_has_its_own_verdict() -> None:
    async with a_stage() as one:
        trading = one.desktop.bench.trading
        trading.place_outcomes.extend(
            [Accepted((OrderId("o1"),)), Rejected("300003", "Too little."), Unknown("No answer.")]
        )
        one.type("99", "98", "3", "6")
        one.press()
        one.press()
        await one.desktop.settle()
        client_oid = trading.placed[0][1]
        one.desktop.bench.stream.push(
            an_order_update(order_id=OrderId("o1"), client_oid=client_oid, price=990)
        )
        one.look()
        assert one.states == [
            "Sent, it works.",
            "Refused. Too little.",
            "Unknown: asking what became of it. No answer.",
        ]
        assert one.said == "1 of 3 orders sent, 1 not taken, 1 to look at."
        await one.desktop.clock.advance(60.0)


async def test_what_is_blocked_is_said_beside_it_and_nothing_is_staged() -> None:
    async with a_stage() as one:
        one.type("99", "150", "3", "6")
        assert one.states[0] == "Can be sent."
        assert "the collar" in one.states[2]
        assert one.vm.model.rows[2].state_role is Role.DANGER
        view = one.press()
        assert not view.is_staged
        assert one.said.startswith("Not sent. 2 of 3 are blocked: ")
        assert one.placed == []


async def test_what_adds_up_to_too_much_is_blocked_from_where_it_does() -> None:
    async with a_stage() as one:
        most = ContractLimits(max_position=Lots(4))
        one.desktop.bench.limits = GuardLimits(contracts={XBT: most})
        one.type("99", "98", "3", "6")
        assert [state == "Can be sent." for state in one.states] == [True, True, False]
        one.vm.set_reduce_only(True)
        one.look()
        assert one.states == ["Can be sent."] * 3, "what only reduces is blocked by no limit"


async def test_what_became_blocked_after_it_was_staged_is_not_sent() -> None:
    async with a_stage() as one:
        one.type("99", "98", "3", "6")
        one.press()
        one.desktop.bench.limits = GuardLimits(max_lots=Lots(1))
        view = one.press()
        await one.desktop.settle()
        assert one.placed == []
        assert not view.is_staged
        assert one.said.startswith("Not sent. 3 of 3 are blocked")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("99.05", "98", "3", "6"), "tick of 0.1"),
        (("-1", "98", "3", "6"), "above zero"),
        (("99", "98", "1", "6"), "2 to 40"),
        (("99", "98", "x", "6"), "2 to 40"),
        (("99", "98", "3", "1.5"), "whole number"),
        (("99", "98", "3", "2"), "too few"),
        (("99", "98.9", "3", "6"), "at most 2 orders"),
    ],
)
async def test_what_cannot_be_is_said(typed: tuple[str, str, str, str], words: str) -> None:
    async with a_stage() as one:
        view = one.type(*typed)
        assert words in view.problem
        assert view.why_not == view.problem
        assert one.rows == []
        one.press()
        assert one.said == f"Not sent. {view.problem}"


async def test_any_change_and_a_step_back_drop_what_is_staged() -> None:
    async with a_stage() as one:
        one.type("99", "98", "3", "6")
        one.press()
        assert one.vm.drop()
        assert not one.vm.drop()
        assert one.look().message is not None
        one.press()
        one.vm.set_side(Side.SELL)
        assert not one.look().is_staged
        assert one.vm.view.button == "Sell 6 in 3 orders"
        one.vm.set_side(Side.BUY)
        one.press()
        one.desktop.workspace.choose(OTHER)
        view = one.look()
        assert not view.is_staged
        assert (view.symbol, view.first_text, view.lots_text) == (OTHER, "", "6")


async def test_watching_sends_nothing_and_says_why() -> None:
    async with a_stage(Access.WATCH_ONLY) as one:
        one.type("99", "98", "3", "6")
        one.press()
        assert Access.WATCH_ONLY.reason in one.said
        assert not one.vm.view.is_staged


@pytest.mark.parametrize(
    ("side", "reduces", "lane"),
    [
        (Side.BUY, False, LONG), (Side.SELL, False, SHORT),
        (Side.BUY, True, SHORT), (Side.SELL, True, LONG),
    ],
)  # fmt: skip
async def test_in_hedge_mode_it_takes_the_lane_that_its_side_can_act_on(
    side: Side, reduces: bool, lane: PositionSide
) -> None:
    held = [
        a_position_update(lots, details=position_details(one), leverage=Decimal(leverage))
        for lots, one, leverage in ((9, LONG, 3), (-9, SHORT, 7))
    ]
    async with a_stage(Access.FULL, *held, mode=PositionMode.HEDGE) as one:
        one.vm.set_side(side)
        one.vm.set_reduce_only(reduces)
        prices = ("99", "98") if side is Side.BUY else ("101", "102")
        view = one.type(*prices, "3", "6")
        assert one.states == ["Can be sent."] * 3
        assert view.symbol == f"XBTUSDTM, {lane.value} lane"
        assert view.button == f"{side.value.capitalize()} 6 in 3 orders, {lane.value} lane"
        one.press()
        one.press()
        await one.desktop.settle()
        tickets = [ticket for ticket, _ in one.desktop.bench.trading.placed]
        assert {(t.side, t.terms.position_side, t.is_reduce_only, t.leverage) for t in tickets} == {
            (side, lane, reduces, Decimal(3 if lane is LONG else 7))
        }
        assert len(tickets) == 3
        await one.desktop.clock.advance(30.0)


async def test_what_only_reduces_does_not_wait_for_the_margin_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_stage(Access.FULL, a_position_update(4)) as one:
        monkeypatch.setattr(one.desktop.account, "margin_mode", lambda _symbol: None)
        one.vm.set_side(Side.SELL)
        assert one.type("101", "102", "2", "2").problem == "The margin mode is not known yet."
        one.vm.set_reduce_only(True)
        view = one.look()
        assert (view.problem, one.states) == ("", ["Can be sent."] * 2)
        one.press()
        one.press()
        await one.desktop.settle()
        tickets = [ticket for ticket, _ in one.desktop.bench.trading.placed]
        assert {(t.margin_mode, t.is_reduce_only) for t in tickets} == {(MarginMode.ISOLATED, True)}
        await one.desktop.clock.advance(30.0)
