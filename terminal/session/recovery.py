"""Reading all orders anew after a connection: only then are they trusted. Source: reference 5.9."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from terminal.domain.errors import TernError
from terminal.domain.order import UNCLEAR, OrderState

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.units import OrderId
    from terminal.session.desk import Desk


SENT_LONG_AGO_S = 60.0
"""No request takes so long: whoever saw to an order that is still on its way is gone."""


def _is_suspect(desk: Desk, order: Order) -> bool:
    """Whether the lists must know an order; one on its way may not have arrived."""
    if order.state is not OrderState.SUBMITTING:
        return True
    begun_s = desk.sent.get(order.client_oid, 0.0)
    return desk.clock.monotonic_s() - begun_s >= SENT_LONG_AGO_S


async def read_orders(desk: Desk) -> None:
    """Read all lists once and merge them. Raises ``TernError`` when a word is missing."""
    gateway, recorder = desk.gateway, desk.recorder
    news_before = recorder.news
    suspects = {order.client_oid for order in desk.working() if _is_suspect(desk, order)}
    seen: set[OrderId] = set()
    ended: set[OrderId] = set()
    # Done orders first: an order that ends while we read is then seen open and later by stream.
    for update in await gateway.recent_done_orders():
        desk.take_past(update)
        ended.add(update.order_id)
    for read in (gateway.open_orders, gateway.open_stops):
        for update in await read():
            # A list that lags behind must not bring back what has ended (reference 3.6 rule 6).
            if update.order_id not in ended:
                desk.take(update)
            seen.add(update.order_id)
    for client_oid in suspects:
        order = desk.orders[client_oid]
        if order.state in UNCLEAR:
            desk.look_for(client_oid)  # at its own pace, with all others of which nobody knows
        elif order.is_working and order.order_id not in seen | ended:
            is_known = await desk.refresh_order(client_oid)
            if is_known is None:
                raise TernError(
                    f"no word about order {client_oid}",
                    sentence="The exchange did not answer about every order.",
                )
            order = desk.orders[client_oid]  # the stream may have told more meanwhile
            if not is_known and order.is_working:
                words = "The exchange does not list this order."
                desk.put(replace(order, state=OrderState.UNKNOWN, reason=words))
                desk.look_for(client_oid)
                recorder.news += 1
    recorder.compared(news_before)
    _read_modes(desk)
    desk.take_recent_fills(await gateway.recent_fills())


def _read_modes(desk: Desk) -> None:
    """Ask for the margin mode wherever something is held or works, not only where a market is."""
    account = desk.account
    held = {position.symbol for position in account.positions()}
    for symbol in sorted(held | {order.symbol for order in desk.working()}):
        if account.margin_mode(symbol) is None:
            account.prepare(symbol)
