"""One account: wallets, positions, orders, fills, and what it may still use."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import booked
from terminal.simexchange.trading.closings import Closings
from terminal.simexchange.trading.holds import holds_of
from terminal.simexchange.trading.ledger import (
    DEPOSIT,
    TRANSFER_IN,
    TRANSFER_OUT,
    FundingPayment,
    Ledger,
)
from terminal.simexchange.trading.margin import CROSS, ISOLATED, SimPosition, Wallet, WalletState
from terminal.simexchange.trading.timeline import Fills, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.orders import UserOrder

KEPT_ORDERS = 10_000
"""Orders that have ended stay to be asked for until so many came after them."""
DEFAULT_CROSS_LEVERAGE = Decimal(10)
_ZERO = Decimal(0)


@final
class UserFill(NamedTuple):
    """A match of one of the account's orders."""

    symbol: str
    trade_id: str
    order_id: str
    side: str
    is_taker: bool
    price: int
    lots: int
    value: Decimal
    fee: Decimal
    opening_fee: Decimal
    margin_mode: str
    order_type: str
    at_ns: int
    stop: str = ""
    trade_type: str = "trade"
    position_side: str = "BOTH"
    liquidity: str = "taker"
    """What the exchange calls its role; the fee follows ``pays_taker``."""
    pays_taker: bool = True


class _Parts:
    """What one margin mode binds and earns in a wallet."""

    __slots__ = ("order", "position", "unrealized")

    def __init__(self) -> None:
        self.position = self.order = self.unrealized = _ZERO


@final
class Account:
    """What the account holds and has asked for. ``now_ms`` tells the exchange's time.

    It begins with cash of every settle currency, or empty.
    """

    def __init__(
        self,
        uid: str,
        number: int,
        markets: Mapping[str, Market],
        now_ms: Callable[[], int],
        *,
        is_empty: bool = False,
    ) -> None:
        self.uid = uid
        self.number = number
        self.opened_ms = now_ms()
        self._now_ms = now_ms
        self._markets = markets
        self.wallets = {
            currency: Wallet(currency, _ZERO if is_empty else cash)
            for currency, cash in (
                ("USDT", Decimal(100_000)),
                ("USDC", Decimal(25_000)),
                ("XBT", Decimal(1)),
            )
        }
        self.positions = {symbol: SimPosition(market.spec) for symbol, market in markets.items()}
        self.margin_modes = dict.fromkeys(markets, ISOLATED)
        self.cross_leverage = dict.fromkeys(markets, DEFAULT_CROSS_LEVERAGE)
        self.orders: dict[str, UserOrder] = {}
        self._working: dict[str, dict[str, UserOrder]] = {symbol: {} for symbol in markets}
        self._waiting: dict[str, dict[str, UserOrder]] = {symbol: {} for symbol in markets}
        self._reducing: dict[str, dict[str, UserOrder]] = {symbol: {} for symbol in markets}
        self._active_oids: dict[str, UserOrder] = {}
        self.holds = holds_of({symbol: market.spec for symbol, market in markets.items()})
        self._settled: dict[str, list[str]] = {}
        for symbol, market in markets.items():
            self._settled.setdefault(market.spec.settle, []).append(symbol)
        self._ended: deque[UserOrder] = deque()
        self._newest: dict[str, UserOrder] = {}
        self.done: Timeline[UserOrder] = Timeline()
        """Orders that have ended, by the time they were placed (ms)."""
        self.ended_by_time: Timeline[UserOrder] = Timeline()
        """The same by the time they ended (ms)."""
        self.fills: Fills[UserFill] = Fills(KEPT_ORDERS)
        self.closings = Closings(self.opened_ms)
        # The numbers under which margin was put into positions, the latest of them.
        self.deposits: dict[str, None] = {}
        self.placed = 0
        self.ledger = Ledger()
        self._book_deposits()

    def _book_deposits(self) -> None:
        for currency, wallet in self.wallets.items():
            cash = wallet.cash
            if cash:
                self.ledger.moved(DEPOSIT, currency, cash, cash, DEPOSIT, self.opened_ms)

    def add(self, order: UserOrder) -> None:
        """Take in a new order. One without a client order id is found by its own id only."""
        self.orders[order.id] = order
        if order.client_oid:
            self._newest[order.client_oid] = self._active_oids[order.client_oid] = order
        self.placed += 1
        if order.waits:
            self._waiting[order.symbol][order.id] = order
        else:
            self.works(order)

    def works(self, order: UserOrder) -> None:
        """An order works now: a new one, or a stop that was triggered."""
        self._waiting[order.symbol].pop(order.id, None)
        self._working[order.symbol][order.id] = order
        if order.only_reduces:
            self._reducing[order.symbol][order.id] = order
        self.holds[order.symbol].set(order)

    def resized(self, order: UserOrder) -> None:
        """Less of a working order remains than before."""
        self.holds[order.symbol].set(order)

    def ended(self, order: UserOrder) -> None:
        """An order has ended; the oldest of those that ended may be forgotten now."""
        for orders in (self._working, self._waiting, self._reducing):
            orders[order.symbol].pop(order.id, None)
        self.holds[order.symbol].drop(order)
        if self._active_oids.get(order.client_oid) is order:
            del self._active_oids[order.client_oid]
        self._ended.append(order)
        self.done.add(order.symbol, order.created_ms, order.number, order)
        self.ended_by_time.add(order.symbol, order.ended_ms or 0, order.number, order)
        if len(self._ended) > KEPT_ORDERS:
            oldest = self._ended.popleft()
            self.done.remove(oldest.symbol, oldest.created_ms, oldest.number)
            self.ended_by_time.remove(oldest.symbol, oldest.ended_ms or 0, oldest.number)
            self.orders.pop(oldest.id, None)
            if self._newest.get(oldest.client_oid) is oldest:
                del self._newest[oldest.client_oid]

    def working(self, symbol: str) -> Mapping[str, UserOrder]:
        """Orders of a contract that may fill, by id, oldest first."""
        return self._working[symbol]

    def waiting(self, symbol: str) -> Mapping[str, UserOrder]:
        """Stops of a contract that were not triggered, by id, oldest first."""
        return self._waiting[symbol]

    def reducing(self, symbol: str) -> Mapping[str, UserOrder]:
        """Those of the working orders that must not open a position."""
        return self._reducing[symbol]

    def is_active_oid(self, client_oid: str) -> bool:
        """True when an order with this id of the user has not ended."""
        return client_oid in self._active_oids

    def active(self, symbol: str | None = None) -> list[UserOrder]:
        """Working orders, stops included, oldest first."""
        symbols = self._working if symbol is None else (symbol,)
        found = [
            order
            for orders in (self._working, self._waiting)
            for name in symbols
            for order in orders[name].values()
        ]
        return sorted(found, key=_by_number)

    def by_client_oid(self, client_oid: str) -> UserOrder | None:
        """The newest order with this id of the user."""
        return self._newest.get(client_oid)

    # Cash -------------------------------------------------------------------------------------

    def earn(self, symbol: str, amount: Decimal) -> None:
        """Book what a position earned or paid, and close its ledger row when it is closed now."""
        currency = self._markets[symbol].spec.settle
        self.wallets[currency].add(amount)
        self.ledger.realized(symbol, currency, amount, self._now_ms())
        if not self.positions[symbol].lots:
            self.end_period(symbol)

    def deposited(self, number: str) -> None:
        """Margin was put into a position under a number of the user's."""
        self.deposits[number] = None
        if len(self.deposits) > KEPT_ORDERS:
            del self.deposits[next(iter(self.deposits))]

    def end_period(self, symbol: str) -> None:
        """A settlement period ends: what the contract's position realized becomes a ledger row."""
        equity = self.wallet_state(self._markets[symbol].spec.settle).equity
        is_open = bool(self.positions[symbol].lots)
        self.ledger.settled(symbol, equity, self._now_ms(), is_open=is_open)

    def settle_funding(self, payment: FundingPayment) -> None:
        """Book a payment of funding; the settlement period of its contract ends with it."""
        self.ledger.paid(payment)
        self.earn(payment.symbol, payment.amount)
        self.end_period(payment.symbol)

    def move(self, currency: str, amount: Decimal, remark: str) -> None:
        """Book a transfer in (above zero) or out of a settle currency."""
        self.wallets[currency].add(amount)
        kind = TRANSFER_IN if amount > 0 else TRANSFER_OUT
        equity = self.wallet_state(currency).equity
        self.ledger.moved(kind, currency, amount, equity, remark, self._now_ms())

    # Margin -----------------------------------------------------------------------------------

    def set_cross_leverage(self, symbol: str, leverage: Decimal) -> None:
        """Select a contract's leverage in cross mode; its cross position and orders follow.

        Raises ``Refused`` (300003), and nothing has changed, when the margin they need then is not
        there.
        """
        spec, held = self._markets[symbol].spec, self.positions[symbol]
        orders = [order for order in self.active(symbol) if order.margin_mode == CROSS]
        is_cross = held.lots != 0 and held.margin_mode == CROSS
        before = [order.leverage for order in orders]
        kept = self.cross_leverage[symbol], held.leverage, held.initial_margin
        self._set_leverages(orders, [leverage] * len(orders))
        self.cross_leverage[symbol] = leverage
        if is_cross:
            held.leverage = leverage
            held.initial_margin = booked(held.cost / leverage)
        if leverage < kept[0] and self.wallet_state(spec.settle).available < 0:
            self.cross_leverage[symbol], held.leverage, held.initial_margin = kept
            self._set_leverages(orders, before)
            raise Refused("300003", "Balance insufficient.")

    def _set_leverages(self, orders: Iterable[UserOrder], leverages: Iterable[Decimal]) -> None:
        for order, leverage in zip(orders, leverages, strict=True):
            order.leverage = leverage
            if not order.waits:
                self.holds[order.symbol].set(order)

    def mode(self, symbol: str) -> str:
        """The margin mode of a contract: of the position when there is one, else the selected."""
        position = self.positions[symbol]
        return position.margin_mode if position.lots else self.margin_modes[symbol]

    def shown_position(self, symbol: str) -> SimPosition:
        """A contract's position; without one as the next would be, by what is selected."""
        held, mode = self.positions[symbol], self.mode(symbol)
        if held.lots:
            return held
        return held.as_selected(
            mode, self.cross_leverage[symbol] if mode == CROSS else held.leverage
        )

    def order_margin(self, symbol: str) -> Decimal:
        """What working orders of a contract hold back: opening parts over leverage plus fee."""
        holds = self.holds[symbol]
        if holds.is_empty:
            return _ZERO
        return holds.margin(self.positions[symbol].lots, self._cross_leverage(symbol))

    def order_cost(
        self, order: UserOrder, price: Decimal, cross_leverage: Decimal | None = None
    ) -> Decimal:
        """What an order that was not taken in yet would hold, valued at a price.

        In cross mode it is reckoned with the contract's leverage, or with another one.
        """
        symbol = order.symbol
        lots, selected = self.positions[symbol].lots, self._cross_leverage(symbol)
        leverage = selected if selected is None else cross_leverage or selected
        return self.holds[symbol].cost_of(order, lots, price, leverage)

    def _cross_leverage(self, symbol: str) -> Decimal | None:
        return self.cross_leverage[symbol] if self.mode(symbol) == CROSS else None

    def wallet_state(self, currency: str) -> WalletState:
        """The wallet at the present mark prices (reference 5.7, its two checks)."""
        cross, isolated = _Parts(), _Parts()
        for symbol in self._settled.get(currency, ()):
            position = self.positions[symbol]
            if not position.lots and self.holds[symbol].is_empty:
                continue
            parts = cross if self.mode(symbol) == CROSS else isolated
            parts.order += self.order_margin(symbol)
            if position.lots:
                mark = self._markets[symbol].mark_price
                parts.position += position.margin(mark)
                parts.unrealized += position.unrealized(mark)
        wallet = self.wallets[currency]
        isolated_held = isolated.position + isolated.order
        cross_total = wallet.cash - wallet.frozen - isolated_held + cross.unrealized
        return WalletState(
            currency=currency,
            cash=wallet.cash,
            equity=wallet.cash + cross.unrealized + isolated.unrealized,
            available=cross_total - cross.position - cross.order,
            cross_position=cross.position,
            cross_order=cross.order,
            cross_unrealized=cross.unrealized,
            isolated_position=isolated.position,
            isolated_order=isolated.order,
            isolated_unrealized=isolated.unrealized,
            version=wallet.version,
            frozen=wallet.frozen,
        )


def _by_number(order: UserOrder) -> int:
    return order.number
