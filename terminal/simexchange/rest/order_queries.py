"""Asking for orders and fills. Source: reference 3.5 to 3.7.

Active orders are found among the active ones, ended ones by their time, and one order by its id:
nothing here looks at all orders that are kept.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.payloads import orders as payloads
from terminal.simexchange.rest.paging import (
    DAY_MS,
    WEEK_MS,
    asked_window,
    bounded_window,
    page,
)
from terminal.simexchange.rest.routing import FUTURES, GENERAL, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import UserFill
    from terminal.simexchange.trading.orders import UserOrder

SIDES = (BUY, SELL)
PLAIN_TYPES = ("limit", "market")
FILL_TYPES = (*PLAIN_TYPES, "limit_stop", "market_stop")
ORDER_TYPES = (*FILL_TYPES, "oco_limit", "oco_stop")
TRADE_TYPES = ("trade", "adl", "liquid", "settlement")
RECENT = 1000
_NS = 1_000_000


@final
class OrderQueries:
    """What has become of the orders of the account that signed."""

    def __init__(self, engine: Engine, clock: SimClock, switches: Switches) -> None:
        self._engine = engine
        self._clock = clock
        self._switches = switches

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        orders = "/api/v1/orders"
        statistics = "/api/v1/openOrderStatistics"
        return (
            Route("GET", orders, FUTURES, 2, GENERAL, self._orders),
            Route("GET", "/api/v1/stopOrders", FUTURES, 6, GENERAL, self._stops),
            Route("GET", "/api/v1/recentDoneOrders", FUTURES, 5, GENERAL, self._recent_done),
            Route("GET", statistics, FUTURES, 10, GENERAL, self._statistics),
            Route("GET", f"{orders}/byClientOid", FUTURES, 5, GENERAL, self._by_client_oid),
            Route("GET", f"{orders}/{{orderId}}", FUTURES, 5, GENERAL, self._order),
            Route("GET", "/api/v1/fills", FUTURES, 5, GENERAL, self._fills),
            Route("GET", "/api/v1/recentFills", FUTURES, 3, GENERAL, self._recent_fills),
        )

    # Orders ----------------------------------------------------------------------------------

    def _orders(self, call: Call) -> object:
        status = _one_of(call, "status", ("active", "done")) or "done"
        kind = _one_of(call, "type", ORDER_TYPES)
        fits = _filter(call, kind, payloads.display_type)
        symbol = self._symbol(call)
        if status == "active":
            window = asked_window(call)
            found = [
                order
                for order in reversed(call.account.active(symbol))
                if not order.waits
                and (fits is None or fits(order))
                and window.holds(order.created_ms)
            ]
        else:
            window = bounded_window(call, WEEK_MS, WEEK_MS, self._clock.now_ms())
            done = call.account.done.newest(symbol, *window)
            found = done if fits is None else [order for order in done if fits(order)]
        return page(call, found, self._payload)

    def _stops(self, call: Call) -> object:
        kind = _one_of(call, "type", PLAIN_TYPES)
        fits = _filter(call, kind, lambda order: order.type)
        window = asked_window(call)
        found = [
            order
            for order in reversed(call.account.active(self._symbol(call)))
            if order.waits and (fits is None or fits(order)) and window.holds(order.created_ms)
        ]
        return page(call, found, self._stop_payload)

    def _recent_done(self, call: Call) -> object:
        since_ms = self._clock.now_ms() - DAY_MS
        done = call.account.ended_by_time.newest(self._symbol(call), since_ms)
        return [self._payload(order) for order in done[:RECENT]]

    def _statistics(self, call: Call) -> object:
        """Lots and value of what is not filled of the working orders of a contract."""
        market = self._engine.market(call.required("symbol"))
        spec = market.spec
        lots = dict.fromkeys(SIDES, 0)
        cost = dict.fromkeys(SIDES, Decimal(0))
        for order in call.account.active(spec.symbol):
            if order.waits or order.price is None:
                continue
            lots[order.side] += order.remaining
            cost[order.side] += spec.value(spec.price(order.price), order.remaining)
        return payloads.statistics(lots, cost, spec.settle, self._switches)

    def _order(self, call: Call) -> object:
        return self._found(call.account.orders.get(call.text("orderId")))

    def _by_client_oid(self, call: Call) -> object:
        return self._found(call.account.by_client_oid(call.required("clientOid")))

    def _found(self, order: UserOrder | None) -> dict[str, Any]:
        if order is None:
            status = int(self._switches.not_found_status)
            raise Refused("100001", "error.getOrder.orderNotExist", status)
        return self._payload(order)

    def _payload(self, order: UserOrder) -> dict[str, Any]:
        return payloads.order(order, self._engine.markets[order.symbol], self._switches)

    def _stop_payload(self, order: UserOrder) -> dict[str, Any]:
        return payloads.listed_stop(order, self._engine.markets[order.symbol], self._switches)

    # Fills -----------------------------------------------------------------------------------

    def _fills(self, call: Call) -> object:
        order_id = call.text("orderId")
        if order_id:
            return page(call, call.account.fills.of_order(order_id), self._fill_payload)
        symbol, side = self._symbol(call), _one_of(call, "side", SIDES)
        kind = _one_of(call, "type", FILL_TYPES)
        chosen = _trade_types(call)
        start_ms, end_ms = bounded_window(call, WEEK_MS, DAY_MS, self._clock.now_ms())
        since_ns = None if start_ms is None else start_ms * _NS
        until_ns = None if end_ms is None else (end_ms + 1) * _NS - 1
        found = [
            fill
            for fill in call.account.fills.newest(symbol, since_ns, until_ns)
            if side in ("", fill.side)
            and kind in ("", payloads.fill_type(fill))
            and (not chosen or fill.trade_type.lower() in chosen)
        ]
        return page(call, found, self._fill_payload)

    def _recent_fills(self, call: Call) -> object:
        since_ns = (self._clock.now_ms() - DAY_MS) * _NS
        fills = call.account.fills.newest(self._symbol(call), since_ns)
        return [self._fill_payload(fill) for fill in fills[:RECENT]]

    def _fill_payload(self, fill: UserFill) -> dict[str, Any]:
        return payloads.fill(fill, self._engine.markets[fill.symbol])

    def _symbol(self, call: Call) -> str | None:
        """The contract asked for, None for all. Raises ``Refused`` for an unknown one."""
        symbol = call.text("symbol")
        return self._engine.market(symbol).spec.symbol if symbol else None


def _one_of(call: Call, name: str, allowed: tuple[str, ...]) -> str:
    """A word out of a few, empty when absent. Raises ``Refused``."""
    value = call.text(name)
    if value and value not in allowed:
        raise Refused("400100", f"{name} is one of {', '.join(allowed)}", 400)
    return value


def _filter(
    call: Call, kind: str, kind_of: Callable[[UserOrder], str]
) -> Callable[[UserOrder], bool] | None:
    """What side and type ask for, None when they ask for nothing."""
    side = _one_of(call, "side", SIDES)
    if not side and not kind:
        return None
    return lambda order: side in ("", order.side) and (not kind or kind == kind_of(order))


def _trade_types(call: Call) -> frozenset[str]:
    """The kinds of fills asked for, in small letters; none means all. Raises ``Refused``."""
    chosen = frozenset(part.strip().lower() for part in call.text("tradeTypes").split(",") if part)
    if not chosen <= set(TRADE_TYPES):
        raise Refused("400100", f"tradeTypes are {', '.join(TRADE_TYPES)}", 400)
    return chosen
