"""One account: wallets, positions, orders, fills, and what it may still use."""

from __future__ import annotations

from collections import deque
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import AMOUNT_GRID, booked
from terminal.simexchange.trading import sizing
from terminal.simexchange.trading.closings import Closings
from terminal.simexchange.trading.ledger import (
    DEPOSIT,
    TRANSFER_IN,
    TRANSFER_OUT,
    FundingPayment,
    Ledger,
)
from terminal.simexchange.trading.legs import Legs
from terminal.simexchange.trading.margin import CROSS, ISOLATED, Wallet, WalletState
from terminal.simexchange.trading.sides import BOTH
from terminal.simexchange.trading.timeline import Fills, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from terminal.simexchange.market.market import Market
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.holds import OrderHolds
    from terminal.simexchange.trading.margin import SimPosition
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


@final
class Bound(NamedTuple):
    """What positions and working orders bind in a wallet, and what the positions would earn."""

    position: Decimal = _ZERO
    order: Decimal = _ZERO
    unrealized: Decimal = _ZERO

    def plus(self, other: Bound) -> Bound:
        """Both together."""
        return Bound(
            self.position + other.position,
            self.order + other.order,
            self.unrealized + other.unrealized,
        )


_UNBOUND = Bound()


@final
class Account:
    """What the account holds and has asked for. ``now_ms`` tells the exchange's time.

    It begins with cash of every settle currency, or empty, and in one-way mode: each contract has
    one leg. In hedge mode each has two, long and short apart, which never become each other.
    """

    def __init__(
        self,
        uid: str,
        number: int,
        markets: Mapping[str, Market],
        now_ms: Callable[[], int],
        switches: Switches,
        *,
        is_empty: bool = False,
    ) -> None:
        self.uid, self.number = uid, number
        self.opened_ms = now_ms()
        self._now_ms = now_ms
        self.markets = markets
        self.switches = switches
        self.wallets = {
            currency: Wallet(currency, _ZERO if is_empty else cash)
            for currency, cash in (
                ("USDT", Decimal(100_000)),
                ("USDC", Decimal(25_000)),
                ("XBT", Decimal(1)),
            )
        }
        self.legs = Legs(market.spec for market in markets.values())
        self.positions = {symbol: self.legs.one(symbol).position for symbol in markets}
        """Those of one-way mode by contract; ``legs`` has those of either mode."""
        self.margin_modes = dict.fromkeys(markets, ISOLATED)
        self.cross_leverage = dict.fromkeys(markets, DEFAULT_CROSS_LEVERAGE)
        self.orders: dict[str, UserOrder] = {}
        self._working: dict[str, dict[str, UserOrder]] = {symbol: {} for symbol in markets}
        self._waiting: dict[str, dict[str, UserOrder]] = {symbol: {} for symbol in markets}
        self._reducing: dict[str, dict[str, UserOrder]] = {symbol: {} for symbol in markets}
        self._active_oids: dict[str, UserOrder] = {}
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
        self._holds(order).set(order)

    def resized(self, order: UserOrder) -> None:
        """Less of a working order remains than before."""
        self._holds(order).set(order)

    def _holds(self, order: UserOrder) -> OrderHolds:
        return self.legs.one(order.symbol, order.position_side).holds

    def ended(self, order: UserOrder) -> None:
        """An order has ended; the oldest of those that ended may be forgotten now."""
        for orders in (self._working, self._waiting, self._reducing):
            orders[order.symbol].pop(order.id, None)
        self._holds(order).drop(order)
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

    def earn(self, symbol: str, amount: Decimal, side: str = BOTH) -> None:
        """Book what a position earned or paid, and close its ledger row when it is closed now."""
        currency = self.markets[symbol].spec.settle
        self.wallets[currency].add(amount)
        self.ledger.realized(symbol, currency, amount, self._now_ms(), side)
        if not self.legs.one(symbol, side).lots:
            self.end_period(symbol, side)

    def deposited(self, number: str) -> None:
        """Margin was put into a position under a number of the user's."""
        self.deposits[number] = None
        if len(self.deposits) > KEPT_ORDERS:
            del self.deposits[next(iter(self.deposits))]

    def end_period(self, symbol: str, side: str = BOTH) -> None:
        """A settlement period ends: what the contract's position realized becomes a ledger row."""
        equity = self.wallet_state(self.markets[symbol].spec.settle).equity
        is_open = bool(self.legs.one(symbol, side).lots)
        self.ledger.settled(symbol, equity, self._now_ms(), side, is_open=is_open)

    def settle_funding(self, payment: FundingPayment) -> None:
        """Book a payment of funding; the settlement period of its contract ends with it."""
        self.ledger.paid(payment)
        self.earn(payment.symbol, payment.amount, payment.position_side)
        self.end_period(payment.symbol, payment.position_side)

    def move(self, currency: str, amount: Decimal, remark: str) -> None:
        """Book a transfer in (above zero) or out of a settle currency."""
        self.wallets[currency].add(amount)
        kind = TRANSFER_IN if amount > 0 else TRANSFER_OUT
        equity = self.wallet_state(currency).equity
        self.ledger.moved(kind, currency, amount, equity, remark, self._now_ms())

    # Margin -----------------------------------------------------------------------------------

    def set_hedged(self, *, is_on: bool) -> None:
        """Switch to hedge mode, or to one-way mode.

        Raises ``Refused`` (50002) while there is a position or an order anywhere.
        """
        if is_on == self.legs.is_hedged:
            return
        if any(True for _ in self.legs.open()) or self.active():
            raise Refused("50002", "exist.order.or.position")
        self.legs.switch(is_hedged=is_on)

    def set_cross_leverage(self, symbol: str, leverage: Decimal) -> None:
        """Select a contract's leverage in cross mode; its cross position and orders follow.

        Raises ``Refused`` (300003), and nothing has changed, when the margin they need then is not
        there.
        """
        spec, kept = self.markets[symbol].spec, self.cross_leverage[symbol]
        orders = [order for order in self.active(symbol) if order.margin_mode == CROSS]
        held = [one for one in self.legs.open(symbol) if one.margin_mode == CROSS]
        before = [order.leverage for order in orders]
        was = [(one.leverage, one.initial_margin) for one in held]
        self._set_leverages(orders, [leverage] * len(orders))
        self.cross_leverage[symbol] = leverage
        for one in held:
            one.leverage, one.initial_margin = leverage, booked(one.cost / leverage)
        if leverage < kept and self.wallet_state(spec.settle).available < 0:
            self.cross_leverage[symbol] = kept
            for one, (old, margin) in zip(held, was, strict=True):
                one.leverage, one.initial_margin = old, margin
            self._set_leverages(orders, before)
            raise Refused("300003", "Balance insufficient.")

    def _set_leverages(self, orders: Iterable[UserOrder], leverages: Iterable[Decimal]) -> None:
        for order, leverage in zip(orders, leverages, strict=True):
            order.leverage = leverage
            if not order.waits:
                self._holds(order).set(order)

    def mode(self, symbol: str) -> str:
        """The margin mode of a contract: of the position when there is one, else the selected."""
        for leg in self.legs.of(symbol):
            if leg.position.lots:
                return leg.position.margin_mode
        return self.margin_modes[symbol]

    def shown_position(self, symbol: str, side: str = BOTH) -> SimPosition:
        """A contract's position; without one as the next would be, by what is selected."""
        held, mode = self.legs.one(symbol, side).position, self.mode(symbol)
        if held.lots:
            return held
        return held.as_selected(
            mode, self.cross_leverage[symbol] if mode == CROSS else held.leverage
        )

    def order_margin(self, symbol: str) -> Decimal:
        """What working orders of a contract hold back: opening parts over leverage plus fee."""
        return self.bound(symbol).order

    def bound(self, symbol: str) -> Bound:
        """What a contract binds at the present mark price, in its margin mode (7.3)."""
        legs = self.legs.of(symbol)
        if all(leg.is_idle for leg in legs):
            return _UNBOUND
        mark, leverage = self.markets[symbol].mark_price, self.effective_leverage(symbol)
        found = _UNBOUND
        for leg in legs:
            held = leg.position
            ordered = leg.holds.margin(held.lots, leverage)
            found = found.plus(Bound(held.margin(mark, leverage), ordered, held.unrealized(mark)))
        if len(legs) == 1 or leverage is None or self.switches.hedge_cross_margin == "both":
            return found
        larger = max(leg.position.margin(mark, leverage) for leg in legs)
        return Bound(larger, self._larger(symbol, leverage) - larger, found.unrealized)

    def _larger(
        self, symbol: str, leverage: Decimal, grown: tuple[str, Decimal] = ("", _ZERO)
    ) -> Decimal:
        """The cross margin of the larger side of a contract in hedge mode, and all fees to open.

        What the long orders would buy stands against what the short ones would sell, as in one-way
        mode the orders of both sides (7.3). ``grown``: a side and the value of one more order.
        """
        market = self.markets[symbol]
        most, ordered = _ZERO, _ZERO
        for leg in self.legs.of(symbol):
            value = leg.holds.larger_value(leg.lots) + (grown[1] if leg.side == grown[0] else 0)
            held = booked(market.spec.value(market.mark_price, leg.lots) / leverage)
            most = max(most, held + value / leverage)
            ordered += value
        return (most + ordered * market.spec.taker_rate).quantize(AMOUNT_GRID, ROUND_UP)

    def order_cost(
        self, order: UserOrder, price: Decimal, cross_leverage: Decimal | None = None
    ) -> Decimal:
        """What an order that was not taken in yet would hold, valued at a price.

        In cross mode it is reckoned with the contract's leverage, or with another one.
        """
        symbol, selected = order.symbol, self.effective_leverage(order.symbol)
        leg = self.legs.one(symbol, order.position_side)
        leverage = selected
        if selected is not None and cross_leverage is not None:
            leverage = self._floored(symbol, cross_leverage)
        if leverage is None or leg.side == BOTH or self.switches.hedge_cross_margin == "both":
            return leg.holds.cost_of(order, leg.lots, price, leverage)
        grown = leg.holds.grown_value(order, leg.lots, price)
        before = self._larger(symbol, leverage)
        return self._larger(symbol, leverage, (leg.side, grown)) - before

    def effective_leverage(self, symbol: str) -> Decimal | None:
        """What the margin of a contract in cross mode follows from; None in isolated mode.

        It is the selected one; a switch lets it be no more than what its positions must keep lets
        it.
        """
        if self.mode(symbol) != CROSS:
            return None
        return self._floored(symbol, self.cross_leverage[symbol])

    def _floored(self, symbol: str, leverage: Decimal) -> Decimal:
        if self.switches.initial_margin_floor == "none":
            return leverage
        return min(
            sizing.floored_leverage(leverage, leg.position.maintenance)
            for leg in self.legs.of(symbol)
        )

    def wallet_state(self, currency: str) -> WalletState:
        """The wallet at the present mark prices (reference 5.7, its two checks)."""
        cross = isolated = _UNBOUND
        for symbol in self._settled.get(currency, ()):
            bound = self.bound(symbol)
            if bound is _UNBOUND:
                continue
            if self.mode(symbol) == CROSS:
                cross = cross.plus(bound)
            else:
                isolated = isolated.plus(bound)
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
