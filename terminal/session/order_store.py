"""Every order that is known, by our name and by the exchange's: what the desk believes, stored.

Two names for one order become one here, and orders that ended long ago are forgotten. Who tells of
orders is ``order_hearing``; nothing is sent and nothing is said from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.order import ended_twin, is_made_up, merged

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.events import OrderDetails, OrderUpdate
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from terminal.session.recording import Recorder

KEPT_TERMINAL = 500
FORGET_AFTER_S = 600.0


@final
class OrderStore:
    """The orders of a desk. ``on_put`` is called after each change of one."""

    def __init__(self, clock: Clock, recorder: Recorder, on_put: Callable[[], None]) -> None:
        self._clock = clock
        self._recorder = recorder
        self._on_put = on_put
        self.orders: dict[ClientOid, Order] = {}
        self.sent: dict[ClientOid, float] = {}
        """Orders of this run, with when each was begun (monotonic)."""
        self.flags_unknown: set[ClientOid] = set()
        self.details: dict[ClientOid, OrderDetails] = {}
        self.by_id: dict[OrderId, ClientOid] = {}
        self._ended_at_s: dict[ClientOid, float] = {}

    def known(self, update: OrderUpdate) -> Order | None:
        """The order that an update is about; None for one never heard of."""
        named = None if update.client_oid is None else self.orders.get(update.client_oid)
        client_oid = self.by_id.get(update.order_id)
        by_id = None if client_oid is None else self.orders.get(client_oid)
        if named is not None and named.order_id in {None, update.order_id}:
            return named
        return by_id or named

    def working(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """Orders that may still fill, oldest first."""
        return tuple(
            order
            for order in self.orders.values()
            if order.is_working and (symbol is None or order.symbol == symbol)
        )

    def put(self, order: Order) -> None:
        """Store an order's new state and tell everyone."""
        if order.order_id is not None:
            order = self._with_twin(order, self.by_id.get(order.order_id))
        self.orders[order.client_oid] = order
        self._recorder.stands(order)
        if order.order_id is not None:
            self.by_id[order.order_id] = order.client_oid
        self._forget_old(order)
        self._on_put()

    def _with_twin(self, order: Order, named: ClientOid | None) -> Order:
        """Two names for one order become one.

        A stop's event tells no id of ours, so one that comes before the answer to its request looks
        like an order placed elsewhere (API reference 3.6 rules 4 and 7).
        """
        twin = None if named is None or named == order.client_oid else self.orders.get(named)
        if twin is None or not is_made_up(twin.client_oid):
            return order
        self.flags_unknown.discard(twin.client_oid)
        self.orders[twin.client_oid] = ended_twin(twin)
        self._ended_at_s.setdefault(twin.client_oid, self._clock.monotonic_s())
        details = self.details.pop(twin.client_oid, None)
        if details is not None:
            self.details.setdefault(order.client_oid, details)
        joined = merged(order, twin)
        if joined is not order:
            self._recorder.joined(order.client_oid, twin.client_oid)
        return joined

    def _forget_old(self, order: Order) -> None:
        """Forget orders that ended long ago; none that a procedure may still look at."""
        now_s = self._clock.monotonic_s()
        if order.state.is_terminal:
            self._ended_at_s.setdefault(order.client_oid, now_s)
        else:
            self._ended_at_s.pop(order.client_oid, None)
        if len(self._ended_at_s) <= 2 * KEPT_TERMINAL:
            return
        for client_oid, ended_at_s in list(self._ended_at_s.items())[:-KEPT_TERMINAL]:
            if now_s - ended_at_s < FORGET_AFTER_S:
                break
            forgotten = self.orders.pop(client_oid)
            del self._ended_at_s[client_oid]
            self.flags_unknown.discard(client_oid)
            self.sent.pop(client_oid, None)
            self.details.pop(client_oid, None)
            self._recorder.forget(client_oid)
            if forgotten.order_id is not None:
                self.by_id.pop(forgotten.order_id, None)
