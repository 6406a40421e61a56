"""Protection over real sockets, in every reading of what the reference leaves open."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import aiohttp
import pytest

from terminal.domain.events import OrderType, StopReference
from terminal.domain.held_exits import HeldPlan, Step
from terminal.domain.order import OrderState
from terminal.domain.protection import ProtectionState
from terminal.domain.ticket import AttachedExits, OrderTicket
from terminal.domain.triggers import Purpose
from terminal.domain.units import ClientOid, Lots, Price, Side, Symbol
from terminal.session.results import Blocked, Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live
from tests.support.readings import reading
from tests.support.stranger import Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.session.breakevens import BreakevenPoint
    from terminal.session.protection import Mended

STATE = ProtectionState


ALL = [
    (made, size, linked, number)
    for number, (made, size, linked) in enumerate(
        (
            ("on_fill", "filled", "yes"),
            ("at_once", "order", "yes"),
            ("on_fill", "order", "no"),
            ("at_once", "filled", "no"),
            ("on_fill", "filled", "no"),
            ("at_once", "order", "no"),
            ("on_fill", "order", "yes"),
            ("at_once", "filled", "yes"),
        )
    )
]
"""Every reading of attached exits; any two choices meet in the first four."""
EXITS = [
    pytest.param(one, id="-".join(one[:3]), marks=[pytest.mark.nightly] if one[3] > 3 else [])
    for one in ALL
]


@pytest.fixture
async def live(request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """A calm exchange: nothing moves but what the test moves."""
    made, size, linked, number = getattr(request, "param", ALL[0])
    switches = reading(number % 2)
    switches.set_all({"exits_made": made, "exits_size": size, "exits_linked": linked})
    live = Live(is_calm=True, switches=switches)
    await live.start()
    yield live
    await live.stop()


def state(live: Live) -> ProtectionState | None:
    watched = live.backend.protection.watched(XBT)
    return None if watched is None else watched.cover.state


async def becomes(live: Live, *states: ProtectionState | None) -> None:
    words = " or ".join(str(one) for one in states)
    await eventually(lambda: state(live) in states, f"{words} (it is {state(live)})", 20.0)


def ask(live: Live) -> int:
    best = live.market.book.best_ask
    assert best is not None
    return best


def submit(live: Live, **more: object) -> ClientOid:
    ticket = a_ticket(**{"price": Price(ask(live) + 3), "lots": Lots(2), **more})
    result = live.backend.desk.submit(ticket)
    assert isinstance(result, Submitted), result
    return result.client_oid


def last(live: Live) -> int:
    trade = live.market.last_trade
    assert trade is not None
    return trade.price


def bracket(live: Live) -> AttachedExits:
    return AttachedExits(StopReference.LAST, Price(last(live) + 900), Price(last(live) - 900))


@pytest.mark.parametrize("live", EXITS, indirect=True)
async def test_a_bracket_is_protected_once_filled_and_leaves_nothing_once_fired(
    live: Live,
) -> None:
    """Until its exits are seen they are on their way; what the one that fires leaves is shown."""
    seen: list[ProtectionState | None] = []
    live.backend.protection.on_changed.add(lambda: seen.append(state(live)))
    exits = bracket(live)
    submit(live, exits=exits)
    await eventually(lambda: not live.backend.account.position(XBT).core.is_flat, "the position")
    await becomes(live, STATE.PROTECTED)
    assert STATE.NAKED not in seen
    watched = live.backend.protection.watched(XBT)
    assert watched is not None
    assert [order.trigger for order in watched.cover.stops] == [exits.down]
    assert [order.trigger for order in watched.cover.targets] == [exits.up]
    assert watched.cover.stops[0].stop_reference is StopReference.LAST
    live.exchange.engine.move(XBT, -1000)
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "the closed position")
    if live.exchange.switches.exits_linked == "no":
        await becomes(live, STATE.ORPHAN_STOPPED)
        await mend(live)
    await eventually(lambda: not live.backend.desk.working(XBT), "no exit left")
    await becomes(live, None)


@pytest.mark.parametrize("live", EXITS, indirect=True)
async def test_a_bracket_that_fills_in_part_is_never_taken_for_protected_too_little(
    live: Live,
) -> None:
    """Exits as large as the order, or as what filled: either covers what is held."""
    book = live.exchange.engine.markets[XBT].book
    best = ask(live)
    lots = Lots(book.total("sell", best) + 5)
    oid = submit(live, price=Price(best), lots=lots, exits=bracket(live))
    desk = live.backend.desk
    await eventually(lambda: desk.orders[oid].state is OrderState.PARTLY_FILLED, "a part")
    await becomes(live, STATE.PROTECTED)
    desk.cancel(oid)
    await eventually(lambda: not desk.orders[oid].is_working, "the end of the rest")
    await becomes(live, STATE.PROTECTED, STATE.OVER_COVERED)
    if state(live) is STATE.OVER_COVERED:
        await mend(live)
        await becomes(live, STATE.PROTECTED)
    watched = live.backend.protection.watched(XBT)
    assert watched is not None
    assert watched.cover.covered == lots - 5


@pytest.mark.parametrize("live", [EXITS[0], EXITS[3]], indirect=True)
async def test_exits_of_an_entry_that_never_filled_leave_nothing_behind(live: Live) -> None:
    oid = submit(live, price=Price(ask(live) - 500), exits=bracket(live))
    desk = live.backend.desk
    await eventually(lambda: desk.orders[oid].state is OrderState.OPEN, "the open order")
    assert state(live) is None
    desk.cancel(oid)
    await eventually(lambda: not desk.working(XBT), "the end of all")
    await becomes(live, None)


async def mend(live: Live) -> None:
    """Propose and send; what changed in between is proposed anew, as for the user."""
    ended: list[Mended] = []
    watch = live.backend.protection
    handle = watch.on_mended.add(ended.append)
    for _ in range(4):
        ended.clear()
        watch.mend(watch.propose(XBT))
        await eventually(lambda: ended, "the end of mending", 20.0)
        if ended[0].ok:
            break
    handle.remove()
    assert ended[0].ok, ended


@pytest.mark.parametrize("side", list(Side))
async def test_a_naked_position_is_mended_and_its_stop_really_closes_it(
    live: Live, side: Side
) -> None:
    touch = live.market.touch()
    assert touch is not None
    best = touch.best_ask if side is Side.BUY else touch.best_bid
    assert best is not None
    submit(live, side=side, price=Price(best + 3 * side.sign))
    await becomes(live, STATE.NAKED)
    proposal = live.backend.protection.propose(XBT)
    (ticket,) = proposal.places
    assert ticket.trigger is not None
    assert live.exchange.engine.account.active(XBT) == [], "nothing is sent by a proposal"
    await mend(live)
    await becomes(live, STATE.PROTECTED)
    (stop,) = live.exchange.engine.account.active(XBT)
    assert (stop.stop, stop.size) == (ticket.trigger.direction.value, 2)
    way = -1 if side is Side.BUY else 1
    for _ in range(40):  # the mark follows the market slowly
        live.exchange.engine.move(XBT, way * 300)
        if live.exchange.engine.account.positions[XBT].lots == 0:
            break
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "the closed position")
    await becomes(live, None)


async def test_a_stop_that_another_program_placed_in_between_keeps_the_mending_back(
    live: Live,
) -> None:
    submit(live)
    await becomes(live, STATE.NAKED)
    watch = live.backend.protection
    proposal = watch.propose(XBT)
    ended: list[Mended] = []
    watch.on_mended.add(ended.append)
    market = live.exchange.engine.markets[XBT]
    body = {
        "clientOid": "theirs",
        "symbol": XBT,
        "closeOrder": True,
        "type": "market",
        "stop": "down",
        "stopPriceType": "TP",
        "stopPrice": market.spec.text(market.last - 300),
    }
    async with aiohttp.ClientSession() as session:
        _, answer = await Stranger(live.exchange, session).call("POST", "/api/v1/orders", body)
    assert answer["code"] == "200000", answer
    watch.mend(proposal)
    await eventually(lambda: ended, "the end of mending")
    assert not ended[0].ok
    assert "changed meanwhile" in ended[0].sentence
    await becomes(live, STATE.PROTECTED)
    assert len(live.exchange.engine.account.active(XBT)) == 1


async def test_a_take_profit_and_a_stop_of_a_standing_position_and_breakeven(live: Live) -> None:
    submit(live)
    await becomes(live, STATE.NAKED)
    exits, desk = live.backend.exit_orders, live.backend.desk
    for purpose, ticks in ((Purpose.LOSS, -500), (Purpose.PROFIT, 3000)):
        ticket = exits.exit_at(XBT, purpose, Price(last(live) + ticks), None)
        assert isinstance(ticket, OrderTicket), ticket
        assert isinstance(desk.submit(ticket), Submitted)
    await becomes(live, STATE.PROTECTED)
    await eventually(lambda: len(live.exchange.engine.account.active(XBT)) == 2, "two exits")
    for _ in range(20):
        live.exchange.engine.move(XBT, 100)
    wanted = (await to_breakeven(live, XBT)).price
    await eventually(lambda: not exits.is_moving(XBT), "the end of the move", 20.0)
    await becomes(live, STATE.PROTECTED)
    watched = live.backend.protection.watched(XBT)
    assert watched is not None
    assert [order.trigger for order in watched.cover.stops] == [wanted]
    assert len(watched.cover.targets) == 1


async def to_breakeven(live: Live, symbol: Symbol) -> BreakevenPoint:
    """Move the stop to breakeven once the price is past it; what was known at that moment."""
    exits = live.backend.exit_orders
    found: list[BreakevenPoint] = []

    def is_sent() -> bool:
        result, point = exits.breakeven(symbol), exits.breakeven_of(symbol)
        if not isinstance(result, Blocked) and point is not None:
            assert point.price == result
            found.append(point)
        return bool(found)

    await eventually(is_sent, "a move", 20.0)
    return found[0]


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("name", ["XBTUSDTM", "XBTUSDM"])
async def test_a_stop_at_breakeven_that_fires_loses_nothing_but_its_slippage(
    live: Live, name: str, side: Side
) -> None:
    """By the exchange's own account of the closed position, fees of both ways taken off.

    What is kept for the next funding is left over, as it is closed before.
    """
    symbol, backend, engine = Symbol(name), live.backend, live.exchange.engine
    market = backend.markets.open(symbol)
    contract = market.contract
    sign = side.sign
    await eventually(
        lambda: market.touch() is not None and backend.account.margin_mode(symbol) is not None,
        "a live book",
    )
    touch = market.touch()
    assert touch is not None
    best = touch.best_ask if side is Side.BUY else touch.best_bid
    assert best is not None
    ticket = a_ticket(symbol=symbol, side=side, lots=Lots(20), price=Price(best + 3 * sign))
    assert isinstance(backend.desk.submit(ticket), Submitted)
    await eventually(lambda: not backend.account.position(symbol).core.is_flat, "the position")
    backend.exit_orders.breakeven_of(symbol)  # rates and funding are read from now on

    def is_known() -> bool:
        point = backend.exit_orders.breakeven_of(symbol)
        return point is not None and not point.known.is_estimated

    await eventually(is_known, "fees, rates and funding, all of them told", 20.0)
    for _ in range(20):
        engine.move(symbol, 200 * sign)
    point = await to_breakeven(live, symbol)
    assert point.price is not None
    await eventually(lambda: not backend.exit_orders.is_moving(symbol), "the stop waits", 20.0)
    for _ in range(60):  # the mark follows the market slowly
        engine.move(symbol, -200 * sign)
        if engine.account.positions[symbol].lots == 0:
            break
    (closed,) = engine.account.closings.newest(symbol)
    assert closed.way == "CLOSE"
    assert closed.funding == 0
    # From where the market order filled to the stop's own price: what it slipped, and its fee.
    at, charges = contract.scale.decimal(point.price), point.known.charges
    wanted, got = (contract.settle_value(one, Lots(20)).amount for one in (at, closed.close_price))
    slipped = (wanted - got) * (-sign if contract.is_inverse else sign)
    at_the_stop = closed.pnl + slipped - (wanted - got) * charges.exit_rate
    left = at_the_stop - charges.funding
    one_tick = wanted * contract.scale.tick_size / at
    assert left >= Decimal("-1E-9")
    assert left <= one_tick * 2, "and no further away than it must be"
    await eventually(lambda: backend.account.position(symbol).core.is_flat, "flat here, too")


async def test_a_stop_entry_fires_and_opens(live: Live) -> None:
    ticket = live.backend.exit_orders.stop_entry(XBT, Side.BUY, Price(last(live) + 200), Lots(2))
    assert isinstance(ticket, OrderTicket), ticket
    assert ticket.order_type is OrderType.MARKET
    assert isinstance(live.backend.desk.submit(ticket), Submitted)
    await eventually(
        lambda: any(o.state is OrderState.UNTRIGGERED for o in live.backend.desk.working(XBT)),
        "the waiting entry",
    )
    assert state(live) is None, "an entry that waits is no orphan"
    for _ in range(40):
        live.exchange.engine.move(XBT, 300)
        if live.exchange.engine.account.positions[XBT].lots:
            break
    await becomes(live, STATE.NAKED)


async def test_a_held_trailing_stop_follows_the_market_and_leaves_its_stop_behind(
    live: Live,
) -> None:
    """What is held dies with the program; the stop that it moved stays at the exchange."""
    submit(live)
    await becomes(live, STATE.NAKED)
    entry = live.backend.account.position(XBT).core.average_entry
    assert entry is not None
    base = live.market.contract.scale.ticks_nearest(entry.value)
    plan = HeldPlan(
        is_long=True,
        entry=base,
        level=Price(base - 2000),
        lots=Lots(2),
        steps=(Step(200, 1000),),
    )
    held = live.backend.held_exits
    assert held.start(XBT, plan) is None
    await becomes(live, STATE.PROTECTED)
    desk = live.backend.desk
    for _ in range(30):
        live.exchange.engine.move(XBT, 100)
        if held.held()[0].level > plan.level:
            break
    await eventually(lambda: held.held()[0].level > plan.level, "a step in favor", 20.0)

    def is_followed() -> bool:
        stops = [order.trigger for order in desk.working(XBT)]
        return stops == [held.held()[0].level]

    await eventually(is_followed, "one stop, at the level", 20.0)
    assert held.release(XBT)
    (stop,) = live.exchange.engine.account.active(XBT)
    assert stop.is_reduce_only
    await becomes(live, STATE.PROTECTED)


async def test_an_order_that_was_placed_is_known_once(live: Live) -> None:
    """Whatever tells of a stop first, the stream or the answer, it is one order."""
    submit(live)
    await becomes(live, STATE.NAKED)
    exits, desk = live.backend.exit_orders, live.backend.desk
    for ticks in (-500, -600, -700):
        ticket = exits.exit_at(XBT, Purpose.LOSS, Price(last(live) + ticks), Lots(1))
        assert isinstance(ticket, OrderTicket), ticket
        assert isinstance(desk.submit(ticket), Submitted)
    await eventually(
        lambda: all(o.state is OrderState.UNTRIGGERED for o in desk.working(XBT)), "three stops"
    )
    known = [order.order_id for order in desk.working(XBT)]
    assert len(known) == len(set(known)) == 3
