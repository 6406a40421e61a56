"""What the exchange's documents leave open, met both ways: the client ends up with the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, Price, Side, Symbol
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live
from tests.support.readings import COUNT, NAMES, reading
from tests.support.stranger import Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=range(COUNT), ids=NAMES)
async def live(request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """A calm exchange: nothing moves but what the test moves."""
    live = Live(is_calm=True, switches=reading(request.param))
    await live.start()
    yield live
    await live.stop()


@pytest.fixture
async def stranger(live: Live) -> AsyncIterator[Stranger]:
    """Another program of the same account."""
    async with aiohttp.ClientSession() as session:
        yield Stranger(live.exchange, session)


def submit(live: Live, side: Side, price: int, lots: int = 2, **more: object) -> ClientOid:
    ticket = a_ticket(side=side, price=Price(price), lots=Lots(lots), **more)
    result = live.backend.desk.submit(ticket)
    assert isinstance(result, Submitted), result
    return result.client_oid


def ask(live: Live) -> int:
    best = live.market.book.best_ask
    assert best is not None
    return best


async def reach(live: Live, oid: ClientOid, *states: OrderState) -> None:
    await eventually(
        lambda: live.backend.desk.orders[oid].state in states, " or ".join(s.value for s in states)
    )


def difference(live: Live) -> str:
    """How the client differs from the exchange; empty when it does not."""
    account, desk = live.exchange.engine.account, live.backend.desk
    mine = sorted(
        (order.side.value if order.side else "", order.remaining) for order in desk.working(XBT)
    )
    theirs = sorted((order.side, order.remaining) for order in account.active(XBT))
    if mine != theirs:
        return f"orders {mine} are {theirs}"
    held = live.backend.account.position(XBT).core.lots
    if held != account.positions[XBT].lots:
        return f"position {held} is {account.positions[XBT].lots}"
    wallet = live.backend.account.wallet("USDT")
    cash = account.wallet_state("USDT").available
    if wallet is None or abs(Decimal(str(wallet.available.amount)) - cash) > Decimal("0.01"):
        return f"wallet {wallet} is {cash}"
    return ""


async def agree(live: Live) -> None:
    await eventually(lambda: not difference(live), "agreement on orders, position and wallet")


def a_stop(live: Live, oid: str, **more: Any) -> dict[str, Any]:
    market = live.exchange.engine.markets[XBT]
    return {
        "clientOid": oid,
        "symbol": XBT,
        "side": "sell",
        "type": "market",
        "size": 2,
        "reduceOnly": True,
        "stop": "down",
        "stopPriceType": "TP",
        "stopPrice": market.spec.text(market.last - 300),
        **more,
    }


async def test_a_stop_of_another_program_waits_fires_and_closes(
    live: Live, stranger: Stranger
) -> None:
    taken = submit(live, Side.BUY, ask(live) + 3)
    await reach(live, taken, OrderState.FILLED)
    _, answer = await stranger.call("POST", "/api/v1/orders", a_stop(live, "exit-1"))
    assert answer["code"] == "200000", answer
    await eventually(lambda: len(live.backend.desk.working(XBT)) == 1, "the waiting stop")
    (stop,) = live.backend.desk.working(XBT)
    assert stop.state is OrderState.UNTRIGGERED
    live.exchange.engine.move(XBT, -400)
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "the closed position")
    await eventually(lambda: not live.backend.desk.working(XBT), "the end of the stop")
    await agree(live)


async def test_a_crossing_post_only_order_ends_without_a_fill(live: Live) -> None:
    oid = submit(live, Side.BUY, ask(live), is_post_only=True)
    await reach(live, oid, OrderState.CANCELED, OrderState.REJECTED)
    assert live.backend.account.position(XBT).core.is_flat
    await agree(live)


async def test_what_is_partly_filled_and_canceled_is_over(live: Live) -> None:
    book = live.exchange.engine.markets[XBT].book
    best = ask(live)
    lots = book.total("sell", best) + 5
    oid = submit(live, Side.BUY, best, lots)
    await reach(live, oid, OrderState.PARTLY_FILLED)
    live.backend.desk.cancel(oid)
    await reach(live, oid, OrderState.CANCELED)
    order = live.backend.desk.orders[oid]
    assert (order.filled, order.canceled) == (lots - 5, 5)
    await agree(live)


async def test_wallet_and_position_follow_fills_and_the_mark(live: Live) -> None:
    taken = submit(live, Side.BUY, ask(live) + 3, 20)
    await reach(live, taken, OrderState.FILLED)
    await agree(live)
    live.exchange.engine.move(XBT, 250)
    await agree(live)
    live.backend.desk.flatten(XBT)
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "flat")
    await agree(live)


async def test_exits_of_another_program_are_seen_and_canceled(
    live: Live, stranger: Stranger
) -> None:
    market = live.exchange.engine.markets[XBT]
    body = {
        "clientOid": "with-exits",
        "symbol": XBT,
        "side": "buy",
        "type": "market",
        "size": 2,
        "leverage": 5,
        "triggerStopUpPrice": market.spec.text(market.last + 900),
        "triggerStopDownPrice": market.spec.text(market.last - 900),
        "stopPriceType": "TP",
    }
    _, answer = await stranger.call("POST", "/api/v1/st-orders", body)
    assert answer["code"] == "200000", answer
    await eventually(lambda: len(live.backend.desk.working(XBT)) == 2, "two exits")
    await agree(live)
    live.exchange.engine.move(XBT, -1000)
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "the closed position")
    for order in live.backend.desk.working(XBT):
        live.backend.desk.cancel(order.client_oid)
    await eventually(lambda: not live.backend.desk.working(XBT), "no exit left")
    await agree(live)


async def test_a_liquidation_is_seen_to_its_end(live: Live) -> None:
    """The position goes, what worked is gone, the wallet is right, and nothing stays unclear."""
    account = live.exchange.engine.account
    before = account.wallets["USDT"].cash
    taken = submit(live, Side.BUY, ask(live) + 15, 20)
    await reach(live, taken, OrderState.FILLED)
    resting = submit(live, Side.SELL, ask(live) + 400, 3)
    await reach(live, resting, OrderState.OPEN)
    for _ in range(20):
        if account.positions[XBT].lots:
            live.exchange.engine.move(XBT, -60_000)
    assert not account.positions[XBT].lots
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "no position left")
    await eventually(lambda: not live.backend.desk.working(XBT), "no order left")
    await reach(live, resting, OrderState.CANCELED)
    await agree(live)
    lost = before - account.wallets["USDT"].cash
    assert lost > 0
    assert account.closings.newest()[0].way == "LIQUID"
    await eventually(lambda: not live.exchange.engine.halts.liquidating, "the end of the lock")
    again = submit(live, Side.BUY, ask(live) - 50)
    await reach(live, again, OrderState.OPEN)
    await agree(live)


async def test_an_order_amid_a_liquidation_is_refused_and_said_to_be(live: Live) -> None:
    """While the contract is locked nothing is placed, and nobody believes otherwise."""
    engine = live.exchange.engine
    engine.halts.liquidating.add((engine.account.uid, XBT))
    refused = submit(live, Side.BUY, ask(live) - 50)
    await reach(live, refused, OrderState.REJECTED)
    assert not engine.account.active()
    engine.halts.liquidating.clear()
    placed = submit(live, Side.BUY, ask(live) - 50)
    await reach(live, placed, OrderState.OPEN)
    await agree(live)


async def test_a_delivered_position_is_gone_and_its_orders_are(
    live: Live, stranger: Stranger
) -> None:
    """A dated contract is settled while the client looks on; it trusts what it knows all along."""
    engine = live.exchange.engine
    market = next(one for one in engine.markets.values() if one.spec.is_dated)
    symbol = Symbol(market.spec.symbol)
    body = {"symbol": symbol, "side": "buy", "size": 10, "leverage": 2, "type": "market"}
    await stranger.call("POST", "/api/v1/orders", {**body, "clientOid": "dated-1"})
    low = market.spec.text(market.last - 900)
    resting = {**body, "clientOid": "dated-2", "type": "limit", "price": low}
    await stranger.call("POST", "/api/v1/orders", resting)
    account = live.backend.account
    await eventually(lambda: account.position(symbol).core.lots == 10, "the position")
    await eventually(lambda: len(live.backend.desk.working(symbol)) == 1, "the order")
    engine.deliveries.bring(market, 0)
    await eventually(lambda: account.position(symbol).core.is_flat, "no position left")
    await eventually(lambda: not live.backend.desk.working(symbol), "no order left")
    assert engine.account.fills.newest()[0].trade_type == "settlement"
    await agree(live)
