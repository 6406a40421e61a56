"""Exits that only the program holds: one evaluation a price, nothing on stale data, said to die."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from terminal.domain.clock import TimestampNs
from terminal.domain.events import MarkUpdate, OrderUpdate, PositionMode, PositionSide
from terminal.domain.held_exits import Breakeven, HeldPlan, Phase, Step, Target
from terminal.domain.intention import Purpose
from terminal.domain.protection import ProtectionState
from terminal.domain.units import ClientOid, ExactPrice, Lots, OrderId, Price, Side
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Rejected
from terminal.session.exits import HeldExits
from terminal.session.markets import Markets
from terminal.session.results import Blocked
from tests.support.builders import NOW_MS, XBT, a_fill, a_position_update, an_order_update
from tests.support.fakes import FakeMarketGateway
from tests.support.guarded import SCALE, Guarded, a_stop_update, prices


class Held:
    """A guarded bench with a market whose mark price the test sets."""

    def __init__(self, **changes: Any) -> None:
        self.guarded = Guarded(**changes)
        bench = self.guarded.bench
        self.markets = Markets(
            FakeMarketGateway(), bench.feed, bench.clock, bench.owner, bench.notices
        )
        self.exits = HeldExits(
            bench.desk,
            bench.account,
            self.markets,
            self.guarded.watch,
            self.guarded.exits,
            bench.owner,
        )
        self.told = 0
        self.exits.on_changed.add(self._told)

    def _told(self) -> None:
        self.told += 1

    async def start(self, lots: int, *stops: OrderUpdate) -> Held:
        await self.markets.load()
        await self.guarded.start(lots, *stops)
        self.markets.open(XBT)
        await self.guarded.bench.clock.advance(0.7)
        return self

    async def price(self, ticks: int) -> None:
        """The mark goes somewhere; everything that follows from it happens."""
        self.guarded.now = prices(ticks)
        exact = ExactPrice(SCALE.decimal(Price(ticks)))
        self.guarded.bench.stream.push(MarkUpdate(XBT, exact, exact, NOW_MS))
        await self.guarded.settle()

    async def stop(self) -> None:
        await self.exits.stop()
        await self.markets.stop()
        await self.guarded.stop()

    @property
    def placed(self) -> list[tuple[str, int, int | None]]:
        """Side, lots and trigger of everything that was sent; all of it only reduces."""
        found: list[tuple[str, int, int | None]] = []
        for ticket, _ in self.guarded.bench.trading.placed:
            assert ticket.reduces_only
            if ticket.side is None:
                assert ticket.is_close_order
                found.append(("all", 0, None))
                continue
            at = None if ticket.trigger is None else int(ticket.trigger.price)
            found.append((ticket.side.value, int(ticket.lots or 0), at))
        return found

    @property
    def problem(self) -> str:
        (one,) = self.exits.held()
        return one.problem

    def fills(self, number: int, lots: int, left: int) -> None:
        """The exchange fills the order that was sent so and so."""
        _, oid = self.guarded.bench.trading.placed[number - 1]
        self.guarded.bench.stream.push(
            an_order_update(order_id=OrderId(f"id-{number}"), client_oid=oid, side=Side.SELL,
                lots=Lots(lots), filled=Lots(lots), is_done=True, price=None),
        )  # fmt: skip
        self.guarded.hold(left)


def a_plan(**changes: Any) -> HeldPlan:
    values: dict[str, Any] = {
        "is_long": True,
        "entry": Price(1000),
        "level": Price(950),
        "lots": Lots(4),
        "steps": (Step(20, 30),),
    }
    return HeldPlan(**{**values, **changes})


async def test_a_trailing_stop_moves_the_stop_at_the_exchange_in_favor_only() -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    assert held.exits.start(XBT, a_plan()) is None
    for ticks in (1010, 1030, 1020, 1040):
        await held.price(ticks)
    assert held.placed == [("sell", 4, 1000), ("sell", 4, 1010)]
    assert held.guarded.bench.trading.cancels == ["s1", "n1"]
    assert held.guarded.state() is ProtectionState.PROTECTED
    (one,) = held.exits.held()
    assert (one.symbol, one.level, one.problem) == (XBT, 1010, "")
    assert one.words("101.0") == "Held trailing, level 101.0, stop at the exchange"
    await held.stop()


async def test_an_insured_plan_puts_its_stop_at_the_exchange_first() -> None:
    held = await Held().start(4)
    assert held.exits.start(XBT, a_plan()) is None
    await held.guarded.settle()
    assert held.placed == [("sell", 4, 950)]
    assert held.guarded.state() is ProtectionState.PROTECTED
    await held.stop()


async def test_an_insurance_that_is_refused_is_said_and_not_sent_again() -> None:
    held = await Held().start(4)
    held.guarded.keeps = False
    held.guarded.bench.trading.place_outcomes.append(Rejected("300003", "Too little.", ""))
    assert held.exits.start(XBT, a_plan()) is None
    await held.guarded.settle()
    await held.price(1001)
    await held.price(1002)
    assert len(held.placed) == 1
    assert held.problem == "its stop at the exchange is not where it belongs"
    await held.stop()


async def test_stale_data_does_nothing_and_says_so() -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan(is_insured=False))
    await held.price(1000)
    await held.guarded.bench.clock.advance(4.0)
    assert held.problem.startswith("nothing is done: No mark price")
    (one,) = held.exits.held()
    assert "no stop at the exchange, nothing is done" in one.words("95.0")
    assert held.placed == []
    await held.price(940)
    assert held.placed == [("all", 0, None)]
    await held.stop()


async def test_a_lost_connection_does_nothing() -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan(is_insured=False))
    held.guarded.bench.stream.connects = False
    held.guarded.bench.stream.drop()
    await held.guarded.settle()
    assert "nothing is done" in held.problem
    assert held.placed == []
    await held.stop()


async def test_without_insurance_it_closes_once_and_ends_with_the_position() -> None:
    held = await Held().start(4)
    held.exits.start(XBT, a_plan(is_insured=False))
    for ticks in (960, 950, 940, 930):
        await held.price(ticks)
    assert held.placed == [("all", 0, None)], "one close, whatever the price does meanwhile"
    held.fills(1, 4, 0)
    await held.guarded.settle()
    assert held.exits.held() == ()
    await held.price(920)
    assert len(held.placed) == 1
    await held.stop()


async def test_a_close_that_is_refused_is_said_and_not_sent_again() -> None:
    held = await Held().start(4)
    held.guarded.bench.trading.place_outcomes.append(Rejected("300003", "No.", ""))
    held.exits.start(XBT, a_plan(is_insured=False))
    for ticks in (940, 930, 920):
        await held.price(ticks)
    await held.guarded.bench.clock.advance(2.0)
    await held.price(910)
    assert len(held.placed) == 1
    (one,) = held.exits.held()
    assert one.progress.phase is Phase.STUCK
    assert "not sent again" in one.problem
    await held.stop()


async def test_targets_close_parts_and_the_end_cancels_the_stop_behind_them() -> None:
    """One leg ends the other: when nothing is held any more, the stop goes."""
    held = await Held().start(4, a_stop_update("s1", 4))
    targets = (Target(Price(1010), Lots(3)), Target(Price(1020), Lots(1)))
    held.exits.start(XBT, a_plan(steps=(), targets=targets))
    await held.price(1011)
    assert held.placed == [("sell", 3, None)]
    held.fills(1, 3, 1)
    await held.price(1021)
    assert held.placed[1:] == [("sell", 1, None)]
    held.fills(2, 1, 0)
    await held.guarded.settle()
    assert held.exits.held() == ()
    assert held.guarded.bench.trading.cancels == ["s1"]
    await held.stop()


async def test_what_something_else_closed_is_not_closed_again() -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan(steps=(), targets=(Target(Price(1010), Lots(3)),)))
    held.guarded.hold(1)
    await held.price(1011)
    assert held.placed == [("sell", 1, None)]
    await held.stop()


async def test_breakeven_moves_the_stop_when_the_price_was_far_enough() -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan(steps=(), breakeven=Breakeven(30, Price(1002))))
    await held.price(1029)
    assert held.placed == []
    await held.price(1030)
    assert held.placed == [("sell", 4, 1002)]
    await held.stop()


@pytest.mark.parametrize("is_insured", [True, False])
async def test_a_breakeven_that_falls_below_a_price_of_long_ago_does_not_fire_at_once(
    *, is_insured: bool
) -> None:
    """A funding was in it and is settled: the best price is past the new one, the price is not."""
    held = await Held().start(4, *([a_stop_update("s1", 4)] if is_insured else []))
    rates = held.guarded.rates
    rates.is_told, rates.funding = True, Decimal("0.03")
    held.guarded.exits.breakeven_of(XBT)
    plan = a_plan(steps=(), breakeven=Breakeven(10, Price(1002)), is_insured=is_insured)
    assert held.exits.start(XBT, plan) is None
    for ticks in (1001, 1020, 995):
        await held.price(ticks)
    (one,) = held.exits.held()
    assert one.plan.breakeven == Breakeven(10, Price(1032)), "with the funding that is due"
    rates.is_told = False
    await held.guarded.bench.clock.advance(3601.0)
    for ticks in (996, 1002):
        await held.price(ticks)
    assert held.placed == []
    (one,) = held.exits.held()
    assert (one.level, one.problem) == (950, "")
    await held.price(1003)
    assert held.placed == ([("sell", 4, 1002)] if is_insured else [])
    (one,) = held.exits.held()
    assert one.level == 1002
    await held.stop()


async def test_the_price_may_fall_before_the_stop_could_follow() -> None:
    """Then nothing is sent: it would fire at once; what was there stays, and that is said."""
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan())
    held.guarded.now = prices(990)
    exact = ExactPrice(Decimal(103))
    held.guarded.bench.stream.push(MarkUpdate(XBT, exact, exact, NOW_MS))
    await held.guarded.settle()
    assert held.placed == []
    assert "would fire now" in held.problem
    await held.price(1005)
    assert held.placed == [("sell", 4, 1000)], "nothing had been sent, so it may be tried again"
    assert held.problem == ""
    await held.stop()


async def test_a_plan_larger_than_the_position_is_refused() -> None:
    held = await Held().start(2)
    blocked = held.exits.start(XBT, a_plan())
    assert isinstance(blocked, Blocked)
    assert "smaller than the plan" in blocked.blocks[0].reason
    await held.stop()


async def test_a_plan_for_the_short_lane_moves_and_closes_only_that() -> None:
    """It watches what the short lane holds; the long one of the same contract is not its."""
    held = Held()
    bench = held.guarded.bench
    bench.gateway.mode = PositionMode.HEDGE
    bench.gateway.held = (a_position_update(4), a_position_update(-4))
    await held.start(0)
    plan = a_plan(is_long=False, level=Price(1050), is_insured=False, steps=())
    assert held.exits.start(XBT, plan, PositionSide.SHORT) is None
    assert isinstance(held.exits.start(XBT, plan, PositionSide.LONG), Blocked)
    (shown,) = held.exits.held()
    assert shown.lane is PositionSide.SHORT
    assert shown.words("105").startswith("Held stop (short lane), level 105")
    await held.price(1020)
    assert held.placed == []
    await held.price(1051)
    ((ticket, _),) = bench.trading.placed
    assert (ticket.is_close_order, ticket.terms.position_side) == (True, PositionSide.SHORT)
    assert held.exits.release(XBT, PositionSide.SHORT)
    await held.stop()


async def test_a_release_leaves_the_stop_at_the_exchange() -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan())
    before = held.told
    assert held.exits.release(XBT)
    assert not held.exits.release(XBT)
    assert held.told == before + 1
    await held.price(1100)
    assert held.placed == []
    assert held.guarded.bench.trading.cancels == []
    assert held.exits.held() == ()
    await held.stop()


async def test_an_end_by_another_hand_cancels_only_stops_that_only_reduce() -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan())
    await held.price(1000)
    held.guarded.hold(0)
    await held.guarded.settle()
    assert held.guarded.bench.trading.cancels == ["s1"]
    assert ClientOid("id:s1") in held.guarded.bench.desk.orders
    await held.stop()


@pytest.mark.parametrize("turned", [-4, -1])
async def test_a_turned_position_ends_it_and_touches_nothing(turned: int) -> None:
    held = await Held().start(4, a_stop_update("s1", 4))
    held.exits.start(XBT, a_plan())
    await held.price(1000)
    held.guarded.hold(turned)
    await held.guarded.settle()
    assert held.exits.held() == ()
    assert held.guarded.bench.trading.cancels == []
    await held.stop()


async def test_a_flat_that_is_only_our_own_sum_ends_nothing() -> None:
    """A plan for 2 lots, 1 more was bought elsewhere: its target sells 2, and 1 is still held."""
    held = await Held().start(2, a_stop_update("s1", 2))
    held.exits.start(XBT, a_plan(lots=Lots(2), steps=(), targets=(Target(Price(1010), Lots(2)),)))
    await held.price(1011)
    bench = held.guarded.bench
    bench.gateway.held = (a_position_update(1),)
    _, oid = bench.trading.placed[0]
    at = TimestampNs((NOW_MS + 500) * 1_000_000)
    fill = a_fill(order_id=OrderId("id-1"), side=Side.SELL, lots=Lots(2), event_at=at)
    bench.gateway.fails = TransportError("down", was_sent=True)
    bench.stream.push(
        an_order_update(order_id=OrderId("id-1"), client_oid=oid, side=Side.SELL, lots=Lots(2),
            filled=Lots(2), is_done=True, price=None, fill=fill),
    )  # fmt: skip
    position = bench.account.position(XBT)
    assert (position.core.lots, position.is_provisional) == (0, True)
    await held.guarded.settle()
    assert bench.trading.cancels == []
    assert "it is being asked" in held.problem
    bench.gateway.fails = None
    await bench.clock.advance(1.1)
    assert bench.account.position(XBT).core.lots == 1
    assert bench.trading.cancels == []
    assert held.exits.held(), "the plan goes on for what is held"
    held.guarded.hold(0)
    await held.guarded.settle()
    assert held.exits.held() == ()
    assert bench.trading.cancels == ["s1"]
    await held.stop()


def ends(held: Held, number: int, lots: int, filled: int, left: int) -> None:
    """The exchange fills some of an order and cancels the rest."""
    _, oid = held.guarded.bench.trading.placed[number - 1]
    held.guarded.bench.stream.push(
        an_order_update(order_id=OrderId(f"id-{number}"), client_oid=oid, side=Side.SELL,
            lots=Lots(lots), filled=Lots(filled), canceled=Lots(lots - filled), is_done=True,
            price=None),
    )  # fmt: skip
    held.guarded.hold(left)


async def test_the_proven_rest_of_a_close_is_closed_as_well() -> None:
    """A market order is bounded: what it left is closed by another, until nothing is filled."""
    held = await Held().start(6)
    targets = (Target(Price(1010), Lots(4)),)
    held.exits.start(XBT, a_plan(steps=(), targets=targets, is_insured=False))
    await held.price(1011)
    ends(held, 1, 4, 3, 3)
    await held.guarded.settle()
    assert held.placed == [("sell", 4, None), ("sell", 1, None)]
    ends(held, 2, 1, 1, 2)
    await held.guarded.settle()
    (one,) = held.exits.held()
    assert (one.progress.phase, one.progress.done) == (Phase.WATCHING, frozenset({0}))
    await held.price(940)
    assert held.placed[2:] == [("all", 0, None)]
    ends(held, 3, 2, 0, 2)
    await held.guarded.settle()
    (one,) = held.exits.held()
    assert one.progress.phase is Phase.STUCK, "what fills nothing is not sent again"
    assert len(held.placed) == 3
    await held.stop()


async def test_a_close_above_the_market_maximum_goes_in_parts() -> None:
    held = Held()
    contract = replace(held.guarded.bench.contracts[XBT], max_market_order_lots=Lots(3))
    held.guarded.bench.contracts[XBT] = contract
    await held.start(8)
    targets = (Target(Price(1010), Lots(7)),)
    held.exits.start(XBT, a_plan(lots=Lots(8), steps=(), targets=targets, is_insured=False))
    await held.price(1011)
    assert held.placed == [("sell", 3, None), ("sell", 3, None), ("sell", 1, None)]
    journal = held.guarded.bench.desk.journal
    for _ticket, oid in held.guarded.bench.trading.placed:
        intention = journal.intention(oid)
        assert intention is not None
        assert intention.purpose is Purpose.CLOSE, "no order of the user's own"
    for number, lots, left in ((1, 3, 5), (2, 3, 2), (3, 1, 1)):
        held.fills(number, lots, left)
    await held.guarded.settle()
    (one,) = held.exits.held()
    assert (one.progress.phase, one.progress.done) == (Phase.WATCHING, frozenset({0}))
    await held.stop()
