"""Orders that the exchange sends in the name of an account: of liquidations and deleveraging.

They only reduce, have no client order id, and carry the type of their trades. Source: reference
3.7, 5.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.market.market import Trade
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.orders import UserOrder

if TYPE_CHECKING:
    from terminal.simexchange.engine.filling import Filling, Shared
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition


@final
class Terms(NamedTuple):
    """How many lots go at which price (ticks), and the type of the trade."""

    lots: int
    price: int
    trade_type: str


def forced_order(shared: Shared, account: Account, held: SimPosition, terms: Terms) -> UserOrder:
    """An order that closes lots of a position; it is in the account's lists and works."""
    number, now_ns = shared.numbers.next(), shared.clock.now_ns()
    order = UserOrder(
        id=str(number),
        number=number,
        uid=account.uid,
        client_oid="",
        symbol=held.spec.symbol,
        side=SELL if held.lots > 0 else BUY,
        type="limit",
        price=terms.price,
        size=terms.lots,
        leverage=held.leverage,
        margin_mode=held.margin_mode,
        created_ms=now_ns // 1_000_000,
        updated_ms=now_ns // 1_000_000,
        time_ns=now_ns,
        is_reduce_only=True,
        is_immediate=True,
        position_side=held.side,
        trade_type=terms.trade_type,
    )
    account.add(order)
    return order


@final
class Forced:
    """Closes lots of positions at a price, with nobody of the book."""

    def __init__(self, shared: Shared, filling: Filling) -> None:
        self._shared = shared
        self._filling = filling

    def close(self, account: Account, held: SimPosition, market: Market, terms: Terms) -> UserOrder:
        """Close so many lots at exactly this price; everybody concerned is told."""
        order = forced_order(self._shared, account, held, terms)
        number = self._shared.numbers.next()
        trade = Trade(
            number,
            str(number),
            order.side,
            terms.price,
            terms.lots,
            str(number),
            order.id,
            self._shared.clock.now_ns(),
        )
        self._filling.off_book(order, market, trade)
        return order
