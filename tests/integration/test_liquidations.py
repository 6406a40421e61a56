"""The real client sees its position liquidated: flat, with what was lost, and without ghosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.order import OrderState
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    """A calm exchange: nothing moves but what the test moves."""
    live = Live(is_calm=True)
    await live.start()
    yield live
    await live.stop()


async def test_a_liquidated_position_is_flat_with_its_loss_and_no_ghost_orders(live: Live) -> None:
    backend, engine = live.backend, live.exchange.engine
    best = live.market.book.best_ask
    assert best is not None
    for side, price, lots in ((Side.BUY, best + 3, 5), (Side.SELL, best + 900, 1)):
        ticket = a_ticket(side=side, price=Price(price), lots=Lots(lots))
        result = backend.desk.submit(ticket)
        assert isinstance(result, Submitted), result
    await eventually(lambda: backend.account.position(XBT).core.lots == 5, "the position")
    await eventually(
        lambda: any(o.state is OrderState.OPEN for o in backend.desk.orders.values()), "the order"
    )
    held = engine.account.positions[XBT]
    margin, cash = held.own_margin, engine.account.wallets["USDT"].cash
    while held.lots:
        engine.move(XBT, -engine.markets[XBT].last // 20)
    await eventually(lambda: backend.account.position(XBT).core.is_flat, "a flat position")
    await eventually(lambda: not backend.desk.working(XBT), "no order")
    lost = cash - engine.account.wallets["USDT"].cash
    assert 0 < lost <= margin
    # Nothing is open any more, so that what the client shows is the cash.
    left = engine.account.wallets["USDT"].cash

    def shows_the_loss() -> bool:
        wallet = backend.account.wallet("USDT")
        return wallet is not None and wallet.equity.amount == left

    await eventually(shows_the_loss, "the loss in the wallet")
