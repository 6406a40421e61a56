"""A contract that was listed after the program began, in which others hold and order something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType
from terminal.domain.units import ClientOid, Lots, Price, Side, Symbol
from terminal.exchange.outcome import Accepted
from terminal.session.results import Submitted
from tests.support.builders import a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.exchange.connect import ExchangeClients

ETH = Symbol("ETHUSDTM")


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    live = Live(is_calm=True)
    await live.start()
    yield live
    await live.stop()


@pytest.fixture
async def others(live: Live) -> AsyncIterator[ExchangeClients]:
    """Another program of the same account, which knows all contracts."""
    others = clients_of(live.exchange)
    await others.market.contracts()
    yield others
    await others.aclose()


async def test_it_is_read_shown_and_got_out_of(live: Live, others: ExchangeClients) -> None:
    backend = live.backend
    scales = backend.clients.scales
    assert scales is not None
    for known in (backend.markets.contracts, scales._contracts):
        del known[ETH]  # as if it had been listed since

    low = Price(live.exchange.engine.markets[ETH].last - 200)
    bought = a_ticket(symbol=ETH, order_type=OrderType.MARKET, price=None, lots=Lots(3))
    waits = a_ticket(symbol=ETH, price=low)
    for name, ticket in (("web-1", bought), ("web-2", waits)):
        assert isinstance(await others.trading.place(ticket, ClientOid(name)), Accepted)

    await eventually(lambda: backend.account.position(ETH).core.lots == 3, "the position")
    await eventually(
        lambda: any(order.price == low for order in backend.desk.working(ETH)), "the order"
    )
    assert ETH in backend.markets.contracts
    await eventually(live.is_ready, "a trusted account")
    part = a_ticket(
        symbol=ETH,
        side=Side.SELL,
        order_type=OrderType.MARKET,
        price=None,
        lots=Lots(1),
        is_reduce_only=True,
    )
    assert isinstance(backend.desk.submit(part), Submitted)
    await eventually(lambda: backend.account.position(ETH).core.lots == 2, "less of it")
    backend.desk.flatten(ETH)
    await eventually(lambda: backend.account.position(ETH).core.is_flat, "out of it")
    await eventually(lambda: not backend.desk.flattening(ETH), "the end of flattening")
    assert backend.desk.working(ETH) == ()
