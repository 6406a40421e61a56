"""One account: wallets, positions, orders, fills, and what it may still use."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.market.matching import BUY
from terminal.simexchange.trading.margin import CROSS, ISOLATED, SimPosition, Wallet, WalletState

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@final
class Account:
    """What the account holds and has asked for."""

    def __init__(self, uid: str, number: int, markets: Mapping[str, Market]) -> None:
        self.uid = uid
        self.number = number
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
        self.fills: deque[UserFill] = deque(maxlen=KEPT_ORDERS)
        self.placed = 0

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
        if len(self._ended) > KEPT_ORDERS:
            oldest = self._ended.popleft()
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
