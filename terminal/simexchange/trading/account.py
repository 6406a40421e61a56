"""One account: wallets, positions, orders, fills, and what it may still use."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY
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
    from collections.abc import Callable, Mapping

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


@final
class Account:
    """What the account holds and has asked for. ``now_ms`` tells the exchange's time."""

    def __init__(
        self, uid: str, number: int, markets: Mapping[str, Market], now_ms: Callable[[], int]
    ) -> None:
        self.uid = uid
        self.number = number
        self.opened_ms = now_ms()
        self._now_ms = now_ms
        self._markets = markets
        self.wallets = {
            currency: Wallet(currency, cash)
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
        self._ended: deque[UserOrder] = deque()
        self._newest: dict[str, UserOrder] = {}
        self.done: Timeline[UserOrder] = Timeline()
        """Orders that have ended, by the time they were placed (ms)."""
        self.ended_by_time: Timeline[UserOrder] = Timeline()
        """The same by the time they ended (ms)."""
        self.fills: Fills[UserFill] = Fills(KEPT_ORDERS)
        self.placed = 0
        self.ledger = Ledger()
        for currency, wallet in self.wallets.items():
            cash = wallet.cash
            self.ledger.moved(DEPOSIT, currency, cash, cash, DEPOSIT, self.opened_ms)

    def add(self, order: UserOrder) -> None:
        """Take in a new order."""
        self.orders[order.id] = order
        self._working[order.symbol][order.id] = order
        self._newest[order.client_oid] = order
        self.placed += 1

    def ended(self, order: UserOrder) -> None:
        """An order has ended; the oldest of those that ended may be forgotten now."""
        self._working[order.symbol].pop(order.id, None)
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

    def active(self, symbol: str | None = None) -> list[UserOrder]:
        """Working orders, stops included, oldest first."""
        if symbol is not None:
            return list(self._working[symbol].values())
        found = [order for orders in self._working.values() for order in orders.values()]
        return sorted(found, key=lambda order: order.number)

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
        orders = [o for o in self._working[symbol].values() if o.margin_mode == CROSS]
        is_cross = held.lots != 0 and held.margin_mode == CROSS
        before = [order.leverage for order in orders]
        kept = self.cross_leverage[symbol], held.leverage, held.initial_margin
        for order in orders:
            order.leverage = leverage
        self.cross_leverage[symbol] = leverage
        if is_cross:
            held.leverage = leverage
            held.initial_margin = spec.value(held.entry, held.lots) / leverage
        if leverage < kept[0] and self.wallet_state(spec.settle).available < 0:
            self.cross_leverage[symbol], held.leverage, held.initial_margin = kept
            for order, old in zip(orders, before, strict=True):
                order.leverage = old
            raise Refused("300003", "Balance insufficient.")

    def order_margin(self, symbol: str) -> Decimal:
        """What working orders of a contract hold back: opening parts over leverage plus fee."""
        market = self._markets[symbol]
        spec, held = market.spec, self.positions[symbol].lots
        free = {side: max(0, -held if side == BUY else held) for side in ("buy", "sell")}
        total = _ZERO
        for order in self._working[symbol].values():
            if order.waits or order.only_reduces or order.price is None:
                continue
            covered = min(order.remaining, free[order.side])
            free[order.side] -= covered
            value = spec.value(spec.price(order.price), order.remaining - covered)
            total += value / order.leverage + value * spec.taker_rate
        return total

    def wallet_state(self, currency: str) -> WalletState:
        """The wallet at the present mark prices (reference 5.7, its two checks)."""
        parts = {
            (mode, what): _ZERO
            for mode in (CROSS, ISOLATED)
            for what in ("position", "order", "unrealized")
        }
        for symbol, market in self._markets.items():
            if market.spec.settle != currency:
                continue
            position = self.positions[symbol]
            mode = position.margin_mode if position.lots else self.margin_modes[symbol]
            parts[mode, "order"] += self.order_margin(symbol)
            if position.lots:
                mark = market.mark_price
                parts[mode, "position"] += position.margin(mark)
                parts[mode, "unrealized"] += position.unrealized(mark)
        wallet = self.wallets[currency]
        cross_unrealized = parts[CROSS, "unrealized"]
        isolated_held = parts[ISOLATED, "position"] + parts[ISOLATED, "order"]
        cross_total = wallet.cash - isolated_held + cross_unrealized
        return WalletState(
            currency=currency,
            cash=wallet.cash,
            equity=wallet.cash + cross_unrealized + parts[ISOLATED, "unrealized"],
            available=cross_total - parts[CROSS, "position"] - parts[CROSS, "order"],
            cross_position=parts[CROSS, "position"],
            cross_order=parts[CROSS, "order"],
            cross_unrealized=cross_unrealized,
            isolated_position=parts[ISOLATED, "position"],
            isolated_order=parts[ISOLATED, "order"],
            isolated_unrealized=parts[ISOLATED, "unrealized"],
            version=wallet.version,
        )
