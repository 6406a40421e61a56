"""Stops: orders that wait for a price, found by that price, and what happens when it comes.

Source: reference 3.3 (behavior) and 5.7 (advancedOrders).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from terminal.simexchange.engine.checks import Checks
    from terminal.simexchange.engine.filling import Filling, Shared
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.orders import UserOrder

UP, DOWN = "up", "down"
REASONS = {
    "300001": "error.createOrder.tooManyActiveOrders",
    "300002": "error.createOrder.tradingSuspended",
    "300003": "error.createOrder.accountBalanceInsufficient",
    "300005": "error.createOrder.riskLimitExceeded",
    "300006": "error.createOrder.closePriceBeyondBankruptcy",
    "300007": "error.createOrder.closePriceBeyondLiquidation",
    "300008": "error.createOrder.noOppositeOrder",
    "300009": "error.createOrder.noPositionToClose",
    "300010": "error.createOrder.closeFailed",
    "300011": "error.createOrder.priceAboveLimit",
    "300012": "error.createOrder.priceBelowLimit",
    "300014": "error.createOrder.positionInLiquidation",
    "330008": "error.createOrder.maxOpenSizeReached",
}
"""Why a fired stop was refused. Only the first is known of the exchange, the others are ours."""


@final
class _Row(NamedTuple):
    """Sorted so that the stop to fire first is the first, the older of two at one price."""

    key: Decimal
    number: int
    order: UserOrder


@final
class StopIndex:
    """One contract's waiting stops of all accounts, by reference price and direction."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[_Row]] = {}

    def add(self, order: UserOrder) -> None:
        """Let a stop wait."""
        key, row = self._row(order)
        insort(self._rows.setdefault(key, []), row)

    def remove(self, order: UserOrder) -> None:
        """A stop waits no more."""
        key, row = self._row(order)
        rows = self._rows[key]
        del rows[bisect_left(rows, row)]
        if not rows:
            del self._rows[key]

    def kinds(self) -> list[str]:
        """The references that stops wait for, in an order that no hash decides."""
        return sorted({kind for kind, _ in self._rows})

    def take(self, kind: str, price: Decimal) -> list[UserOrder]:
        """Take out the stops that a price of this kind fires. Looks at no others but the next."""
        found = []
        for direction, bound in ((UP, price), (DOWN, -price)):
            rows = self._rows.get((kind, direction))
            if rows is None:
                continue
            # Keys grow with the distance that the price must still go.
            count = 0
            while count < len(rows) and rows[count].key <= bound:
                count += 1
            found += [row.order for row in rows[:count]]
            del rows[:count]
            if not rows:
                del self._rows[kind, direction]
        return sorted(found, key=_by_number)

    @staticmethod
    def _row(order: UserOrder) -> tuple[tuple[str, str], _Row]:
        if order.stop_price is None:
            raise ValueError(order.id)
        price = order.stop_price if order.stop == UP else -order.stop_price
        return (order.stop_price_type, order.stop), _Row(price, order.number, order)


@final
class Stops:
    """Lets stops wait, and fires them. ``on_fired`` is told before a stop becomes an order."""

    def __init__(
        self, shared: Shared, markets: Iterable[str], checks: Checks, filling: Filling
    ) -> None:
        self._accounts, self._reports, self._numbers, self._clock, self._switches = shared
        self._checks = checks
        self._filling = filling
        self._indexes = {symbol: StopIndex() for symbol in markets}
        self._due: dict[str, list[UserOrder]] = {symbol: [] for symbol in self._indexes}
        self._is_checking = False
        self.on_fired: Callable[[UserOrder], None] = lambda _order: None
        self.error: Callable[[], str] = str
        """Asked first when a stop fires: a reason to refuse it, or nothing."""
        self.check_service: Callable[[], None] = _always_open
        """Asked next; raises ``Refused`` while nobody may place orders."""

    def wait(self, account: Account, order: UserOrder) -> None:
        """Take in a stop and tell."""
        account.add(order)
        self._indexes[order.symbol].add(order)
        self._reports.stop(order, "open")

    def cancel(self, order: UserOrder) -> None:
        """A waiting stop is canceled."""
        due = self._due[order.symbol]
        if order in due:
            due.remove(order)
        else:
            self._indexes[order.symbol].remove(order)
        self._filling.forget(order)
        self._reports.stop(order, "cancel")

    def traded(self, market: Market, ticks: int) -> None:
        """A trade: what it reached will fire, wherever the price goes until then."""
        symbol = market.spec.symbol
        self._due[symbol] += self._indexes[symbol].take("TP", market.spec.price(ticks))

    def check(self, market: Market) -> None:
        """Fire every stop whose price has come, those reached by fired ones included.

        While funding of the contract is settled nothing is placed: what is reached fires after it.
        """
        if self._is_checking:
            return
        self._is_checking = True
        due = self._due[market.spec.symbol]
        try:
            self._look(market)
            while due and market.spec.symbol not in self._checks.halts.settling:
                self._fire(due.pop(0), market)
                if not due:
                    self._look(market)
        finally:
            self._is_checking = False

    def _look(self, market: Market) -> None:
        index = self._indexes[market.spec.symbol]
        for kind in index.kinds():
            self._due[market.spec.symbol] += index.take(kind, _reference(market, kind))

    def _fire(self, order: UserOrder, market: Market) -> None:
        account = self._accounts.by_uid[order.uid]
        order.is_triggered = True
        order.updated_ms = self._clock.now_ms()
        self.on_fired(order)
        error = self._refusal(account, order, market)
        self._reports.stop(order, "triggered", error)
        if error:
            order.ended_ms = order.updated_ms
            account.ended(order)
            return
        if self._switches.triggered_stop_id == "new":
            order = self._child(account, order)
        else:
            account.works(order)
        self._filling.enter(order, market)
        self._reports.wallet(account, market.spec.settle)

    def _child(self, account: Account, order: UserOrder) -> UserOrder:
        """The order that a stop becomes, under an id of its own."""
        number = self._numbers.next()
        now_ns = self._clock.now_ns()
        now_ms = now_ns // 1_000_000
        child = replace(
            order,
            id=str(number),
            number=number,
            created_ms=now_ms,
            updated_ms=now_ms,
            time_ns=now_ns,
        )
        order.ended_ms = order.updated_ms
        account.ended(order)
        account.add(child)
        return child

    def _refusal(self, account: Account, order: UserOrder, market: Market) -> str:
        """Fit the order to the position of now; a key says why it cannot be placed."""
        if error := self.error():
            return error
        held = account.legs.one(order.symbol, order.position_side).lots
        try:
            self.check_service()
            self._checks.check_start(account, order.symbol)
            if order.only_reduces:
                _fit(order, held)
            self._checks.check_now(account, order, market)
        except Refused as refused:
            return REASONS.get(refused.code, f"error.createOrder.{refused.code}")
        return ""


def _fit(order: UserOrder, held: int) -> None:
    """Give an order that only reduces its side and size. Raises ``Refused`` without a position."""
    closing = SELL if held > 0 else BUY
    if order.takes_side and held:
        order.side = closing
    if not held or order.side != closing or not order.size:
        raise Refused("300009", "No open positions to close.")
    if order.is_close_order:
        order.size = abs(held)
    elif order.size > abs(held):
        order.shrink(order.size - abs(held))


def _always_open() -> None:
    """Nobody has anything against orders."""


def _by_number(order: UserOrder) -> int:
    return order.number


def _reference(market: Market, kind: str) -> Decimal:
    if kind == "TP":
        return market.spec.price(market.last)
    return market.mark_price if kind == "MP" else market.index_price
