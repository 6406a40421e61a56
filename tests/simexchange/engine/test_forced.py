"""Orders that the exchange sends for an account close what they are told to, at that price."""

from __future__ import annotations

from terminal.simexchange.engine.filling import Filling, Shared
from terminal.simexchange.engine.forced import Forced, Terms
from terminal.simexchange.market.matching import BUY
from terminal.simexchange.trading.orders import OrderNumbers
from tests.support.floor import SYMBOL, Floor


def test_lots_close_at_exactly_the_price_and_off_the_book() -> None:
    floor = Floor()
    floor.place(BUY, None, 10)
    engine, sequence = floor.engine, floor.market.book.sequence
    numbers = OrderNumbers(floor.clock.now_ms() + 1)
    shared = Shared(engine.accounts, engine.reports, numbers, floor.clock, floor.switches)
    held, price = floor.account.positions[SYMBOL], floor.bid - 777
    forced = Forced(shared, Filling(shared))
    order = forced.close(floor.account, held, floor.market, Terms(4, price, "liquid"))
    fill = floor.account.fills.newest()[0]
    assert (held.lots, order.filled, order.is_active, order.client_oid) == (6, 4, False, "")
    assert (fill.price, fill.lots, fill.trade_type) == (price, 4, "liquid")
    assert floor.market.book.sequence == sequence
    assert floor.account.orders[order.id] is order
