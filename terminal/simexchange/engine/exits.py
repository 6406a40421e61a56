"""Exits attached to an order (``st-orders``): stops that close what it opens.

The exchange does not say when they are made, how large they are, and whether one ends the other
(reference 3.3, 11): three switches. They are market orders that only reduce, without a client
order id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.market.matching import opposite
from terminal.simexchange.trading.orders import UserOrder
from terminal.simexchange.trading.requests import bad, number, stop_price_type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from terminal.simexchange.engine.filling import Shared
    from terminal.simexchange.engine.stops import Stops


@final
class ExitPrices(NamedTuple):
    """Where the exits fire: ``prices`` by direction (up, down), one or both."""

    prices: dict[str, Decimal]
    price_type: str


def read_exits(body: Mapping[str, Any]) -> ExitPrices:
    """The exits that a request asks for. Raises ``Refused``."""
    if body.get("stop") or body.get("stopPrice"):
        raise bad("stop and stopPrice have no place beside attached exits")
    names = {"up": "triggerStopUpPrice", "down": "triggerStopDownPrice"}
    prices = {}
    for direction, name in names.items():
        price = number(body, name)
        if price is not None and price <= 0:
            raise bad(f"{name} is above zero")
        if price is not None:
            prices[direction] = price
    if not prices:
        raise bad("triggerStopUpPrice or triggerStopDownPrice is required")
    return ExitPrices(prices, stop_price_type(body))


@final
@dataclass(slots=True)
class _Plan:
    main: UserOrder
    wanted: ExitPrices
    made: list[UserOrder] = field(default_factory=list)


@final
class Exits:
    """Makes exits as their orders fill, lets them grow, and ends them together."""

    def __init__(self, shared: Shared, stops: Stops) -> None:
        self._accounts, self._reports, self._numbers, self._clock, self._switches = shared
        self._stops = stops
        self._by_main: dict[str, _Plan] = {}
        self._by_exit: dict[str, _Plan] = {}

    def attach(self, main: UserOrder, wanted: ExitPrices) -> None:
        """Give an order exits, before it starts to work."""
        plan = self._by_main[main.id] = _Plan(main, wanted)
        if self._switches.exits_made == "at_once":
            self._make(plan)

    def filled(self, main: UserOrder) -> None:
        """An order filled a bit: its exits appear, or grow."""
        plan = self._by_main.get(main.id)
        if plan is None:
            return
        if not plan.made:
            self._make(plan)
        elif self._switches.exits_size == "filled":
            self._resize(plan)

    def ended(self, main: UserOrder) -> None:
        """An order ended: exits of nothing end with it."""
        plan = self._by_main.pop(main.id, None)
        if plan is not None and not main.filled:
            for exit_order in list(plan.made):
                self._end(plan, exit_order)

    def fired(self, exit_order: UserOrder) -> None:
        """A stop fires. If it is an exit, it closes what there is, and the other one ends."""
        plan = self._by_exit.pop(exit_order.id, None)
        if plan is None:
            return
        plan.made.remove(exit_order)
        if self._switches.exits_size == "filled":
            exit_order.size = plan.main.filled
        if self._switches.exits_linked == "yes":
            for other in list(plan.made):
                self._end(plan, other)
            # What fills later has no exit any more: it fired.
            self._by_main.pop(plan.main.id, None)

    def canceled(self, exit_order: UserOrder) -> None:
        """A stop was canceled by its owner. If it is an exit, the other one stays."""
        plan = self._by_exit.pop(exit_order.id, None)
        if plan is not None:
            plan.made.remove(exit_order)

    def _make(self, plan: _Plan) -> None:
        account = self._accounts.by_uid[plan.main.uid]
        for direction, price in plan.wanted.prices.items():
            exit_order = self._exit(plan, direction, price)
            plan.made.append(exit_order)
            self._by_exit[exit_order.id] = plan
            self._stops.wait(account, exit_order)

    def _resize(self, plan: _Plan) -> None:
        for exit_order in plan.made:
            if exit_order.size != plan.main.filled:
                exit_order.size = plan.main.filled
                exit_order.updated_ms = self._clock.now_ms()
                self._reports.stop(exit_order, "open")

    def _end(self, plan: _Plan, exit_order: UserOrder) -> None:
        self._by_exit.pop(exit_order.id, None)
        plan.made.remove(exit_order)
        self._stops.cancel(exit_order)

    def _exit(self, plan: _Plan, direction: str, price: Decimal) -> UserOrder:
        main = plan.main
        now_ns = self._clock.now_ns()
        identity = self._numbers.next()
        covers = main.filled if self._switches.exits_size == "filled" else main.size
        return UserOrder(
            id=str(identity),
            number=identity,
            uid=main.uid,
            client_oid="",
            symbol=main.symbol,
            side=opposite(main.side),
            type="market",
            price=None,
            # Made before anything filled, an exit shows what it is meant for.
            size=covers or main.size,
            leverage=main.leverage,
            margin_mode=main.margin_mode,
            created_ms=now_ns // 1_000_000,
            updated_ms=now_ns // 1_000_000,
            time_ns=now_ns,
            is_reduce_only=True,
            is_immediate=True,
            position_side=main.position_side,
            stop=direction,
            stop_price_type=plan.wanted.price_type,
            stop_price=price,
        )
