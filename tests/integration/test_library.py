"""The client as a library on the simulated exchange: opened, used and closed by a script."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.domain.errors import TernError
from terminal.domain.order import OrderState
from terminal.domain.units import Price, Side
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.exchange.outcome import Accepted, Rejected, Route, Unknown
from terminal.session.library import BlockedError, NotReadyError, open_exchange
from terminal.simexchange.server import SimExchange
from tests.support.builders import XBT
from tests.support.steady_time import steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.ticket import OrderTicket
    from terminal.session.library import OpenExchange

FAR = 500
"""Ticks below the best bid, where an order rests."""


@pytest.fixture
async def sim() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True, clock=steady_time())
    await exchange.start()
    yield exchange
    await exchange.stop()


def key_of(sim: SimExchange) -> Credentials:
    return Credentials(sim.key.key, sim.key.secret, sim.key.passphrase)


def hosts_of(sim: SimExchange, *, has_socket: bool = True) -> Hosts:
    return Hosts(sim.rest, sim.rest, sim.ws_api if has_socket else "")


async def a_bid(exchange: OpenExchange, **changes: bool) -> OrderTicket:
    market = await exchange.market(XBT)
    best = market.book.best_bid
    assert best is not None
    return exchange.limit(market, Side.BUY, 1, Price(best - FAR), **changes)


@pytest.mark.parametrize("has_socket", [True, False])
async def test_an_order_goes_and_comes_back_by_the_way_there_is(
    sim: SimExchange, *, has_socket: bool
) -> None:
    """Each command returns when its effect is known, and tells which way it went."""
    way = Route.SOCKET if has_socket else Route.REST
    async with open_exchange(hosts_of(sim, has_socket=has_socket), key_of(sim)) as exchange:
        placed = await exchange.place(await a_bid(exchange, is_post_only=True))
        assert placed.order.state is OrderState.OPEN
        assert placed.outcome == Accepted((placed.order.order_id,), way)  # type: ignore[arg-type]  # None fails
        canceled = await exchange.cancel(placed.order)
        assert canceled.order.state is OrderState.CANCELED
        assert str(canceled) == f"Canceled, accepted by {way.value}"
        again = await exchange.cancel(placed.order)
        assert (str(again), again.outcome) == ("Canceled", None)
    assert not sim.engine.account.working(XBT)


@pytest.mark.parametrize("has_socket", [True, False])
async def test_an_end_that_is_told_before_the_answer_hides_no_outcome(
    sim: SimExchange, *, has_socket: bool
) -> None:
    """The stream is often quicker than the reply."""
    async with open_exchange(hosts_of(sim, has_socket=has_socket), key_of(sim)) as exchange:
        placed = await exchange.place(await a_bid(exchange))
        sim.faults.events_first = True
        sim.faults.answer_delay_s = 0.2
        canceled = await exchange.cancel(placed.order)
        assert canceled.order.state is OrderState.CANCELED
        assert isinstance(canceled.outcome, Accepted)


async def test_a_lost_answer_is_cleared_up_before_place_returns(sim: SimExchange) -> None:
    """What is told is what the exchange says, not what the answer would have said."""
    async with open_exchange(hosts_of(sim, has_socket=False), key_of(sim)) as exchange:
        bid = await a_bid(exchange)
        sim.faults.set("answers_lost", 1)
        placed = await exchange.place(bid)
        assert isinstance(placed.outcome, Unknown)
        assert placed.order.state is OrderState.OPEN
        both = await asyncio.gather(exchange.cancel(placed.order), exchange.cancel(placed.order))
        assert [one.order.state for one in both] == [OrderState.CANCELED] * 2
    assert len(sim.engine.account.orders) == 1, "an order is never sent twice"


async def test_what_the_exchange_refuses_and_what_the_guard_keeps_back(sim: SimExchange) -> None:
    """A refusal is an answer; what was never sent is an error with all its reasons."""
    async with open_exchange(hosts_of(sim), key_of(sim)) as exchange:
        bid = await a_bid(exchange)
        sim.faults.rejects.append(("300003", "Balance insufficient."))
        refused = await exchange.place(bid)
        assert refused.order.state is OrderState.REJECTED
        assert isinstance(refused.outcome, Rejected)
        assert str(refused) == "Rejected, rejected by socket"
        assert bid.price is not None
        with pytest.raises(BlockedError) as blocked:
            await exchange.place(replace(bid, price=Price(bid.price + 10 * FAR)))
        assert blocked.value.sentence
        with pytest.raises(TernError) as unlisted:
            await exchange.market("NOPEUSDTM")
        assert unlisted.value.sentence == "NOPEUSDTM is not listed."
        with pytest.raises(TernError):
            await exchange.cancel(replace(refused.order, client_oid=bid.symbol))  # type: ignore[arg-type]  # any other text


async def test_the_market_needs_no_key_and_sends_nothing(sim: SimExchange) -> None:
    async with open_exchange(hosts_of(sim)) as exchange:
        market = await exchange.market(XBT)
        assert (await exchange.market(XBT)) is market
        assert market.touch() is not None
        with pytest.raises(TernError) as unknown:
            await a_bid(exchange)
        assert "margin mode" in unknown.value.sentence


async def test_watching_places_nothing(sim: SimExchange) -> None:
    async with open_exchange(hosts_of(sim), key_of(sim), access=Access.WATCH_ONLY) as exchange:
        with pytest.raises(BlockedError) as blocked:
            await exchange.place(await a_bid(exchange))
        assert Access.WATCH_ONLY.reason in blocked.value.sentence
    assert sim.engine.account.orders == {}


async def test_a_book_is_waited_for_until_it_changes() -> None:
    """Each call returns a book that is newer than the one before."""
    sim = SimExchange(clock=steady_time())
    await sim.start()
    async with open_exchange(hosts_of(sim)) as exchange:
        market = await exchange.market(XBT)
        sequences = [(await exchange.next_book(market)).sequence for _ in range(3)]
        assert sequences == sorted(set(sequences))
    await sim.stop()


async def test_what_does_not_get_ready_in_time_says_why(sim: SimExchange) -> None:
    """Nobody there, and a key that nobody knows: a sentence, and nothing runs on."""
    with pytest.raises(NotReadyError) as nobody:
        async with open_exchange(Hosts("http://127.0.0.1:9", "http://127.0.0.1:9"), ready_s=0.5):
            pytest.fail("it cannot be ready")
    assert nobody.value.sentence == "The exchange did not answer."
    stranger = Credentials("nobody", "s", "p")
    with pytest.raises(NotReadyError) as unknown:
        async with open_exchange(hosts_of(sim), stranger, ready_s=1.5):
            pytest.fail("it cannot be ready")
    assert "key" in unknown.value.sentence.lower()
