"""What happens to an order that works: it meets others, fills, rests, shrinks and ends.

Source: reference 3.3 (behavior), 3.6 (events) and 7.2 (fees).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.market.contracts import booked
from terminal.simexchange.market.market import Trade
from terminal.simexchange.market.matching import BUY, SELL, BookOrder
from terminal.simexchange.payloads import frames
from terminal.simexchange.trading.account import UserFill
from terminal.simexchange.trading.risk import liquidation_fee
from terminal.simexchange.trading.sides import BOTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.reports import Reports
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.accounts import Accounts
    from terminal.simexchange.trading.orders import OrderNumbers, UserOrder

LIQUID, ADL, SETTLEMENT = "liquid", "adl", "settlement"
"""Types of trades that the exchange forces upon an account (3.7)."""
_REASONS = {LIQUID: "liquidation", ADL: "adl"}
_FREE = Decimal(0)


@final
class Shared(NamedTuple):
    """What everything in the engine that moves orders works with."""

    accounts: Accounts
    reports: Reports
    numbers: OrderNumbers
    clock: SimClock
    switches: Switches


@final
class _Part(NamedTuple):
    """Lots of a fill (signed) that all close or all open, what they are booked with, the fee."""

    signed: int
    value: Decimal
    fee: Decimal


@final
class Filling:
    """The life of working orders of all accounts.

    ``on_filled`` and ``on_ended`` are told after an order filled a bit, and after it ended;
    ``on_held`` when a position changed by it, ``on_fee`` the order, the currency and what it paid.
    """

    def __init__(self, shared: Shared) -> None:
        self._accounts, self._reports, self._numbers, self._clock, self._switches = shared
        self._taker: UserOrder | None = None
        self.on_filled: Callable[[UserOrder], None] = _ignore
        self.on_ended: Callable[[UserOrder], None] = _ignore
        self.on_held: Callable[[Account, Market], None] = _ignore_account
        self.on_fee: Callable[[UserOrder, str, Decimal], None] = _ignore_fee

    # Entering --------------------------------------------------------------------------------

    def enter(self, order: UserOrder, market: Market) -> None:
        """An order meets what stands in the book, and rests or ends."""
        price = order.price
        if order.never_takes and price is not None and market.book.would_take(order.side, price):
            self.end(order, "canceled")
            return
        self._taker = order
        try:
            self._take(order, market)
        finally:
            self._taker = None
            market.took()
        if not order.is_active:
            return
        allowed = self._allowed(order)
        if order.is_immediate or price is None or not allowed:
            self.end(order, "canceled")
            return
        if allowed < order.remaining:
            order.shrink(order.remaining - allowed)
            self._account_of(order).resized(order)
        self._reports.order(order, "open", "open")
        peak = order.peak
        market.book.rest(BookOrder(order.id, order.uid, order.side, price, allowed, peak))

    def _take(self, order: UserOrder, market: Market) -> None:
        limit = order.price
        if limit is None:
            # A market order is protected: what lies beyond the bound is canceled.
            bound = market.buy_limit if order.side == BUY else market.sell_limit
            limit = int(bound / market.spec.tick)
        owner = order.uid if order.stp else ""
        while order.is_active and (lots := self._allowed(order)):
            met = market.meet(order.side, limit, lots, order.id, owner)
            if isinstance(met, Trade):
                self._filled(order, market, met, is_taker=True)
            elif met is None:
                return
            else:
                self._prevent(order, met.maker, market)

    def _allowed(self, order: UserOrder) -> int:
        """Lots that may fill now: an order that only reduces never outgrows the position."""
        if not order.only_reduces:
            return order.remaining
        held = self._account_of(order).legs.one(order.symbol, order.position_side).lots
        if not held or (held > 0) == (order.side == BUY):
            return 0
        return min(order.remaining, abs(held))

    def _prevent(self, taker: UserOrder, resting: BookOrder, market: Market) -> None:
        """An order came upon one of its own account and was told not to trade with it."""
        if taker.stp in ("CO", "CB"):
            market.book.cancel(resting.id)
            maker = self._account_of(taker).orders[resting.id]
            self.end(maker, "update")
        if taker.stp in ("CN", "CB"):
            self.end(taker, "update")
        else:
            self._reports.order(taker, "update", "match", {"oldSize": str(taker.size)})

    # Filling ---------------------------------------------------------------------------------

    def maker_filled(self, resting: BookOrder, market: Market, trade: Trade) -> None:
        """A resting order of an account was met."""
        order = self._accounts.by_uid[resting.owner].orders[resting.id]
        self._filled(order, market, trade, is_taker=False)

    def off_book(self, order: UserOrder, market: Market, trade: Trade) -> None:
        """An order fills at its own price with nobody of the book: the exchange forced it."""
        self._filled(order, market, trade, is_taker=True)

    def _filled(self, order: UserOrder, market: Market, trade: Trade, *, is_taker: bool) -> None:
        account = self._account_of(order)
        was = account.legs.one(order.symbol, order.position_side).lots
        fill = self._booked(account, order, market, trade, is_taker=is_taker)
        account.resized(order)
        status = "match" if is_taker else "open"
        self._reports.order(order, "match", status, frames.match_fields(market, fill))
        self.on_held(account, market)
        self.on_fee(order, market.spec.settle, fill.fee)
        self.on_filled(order)
        if order.filled + order.canceled >= order.size:
            self.end(order, "filled")
        reason = _REASONS.get(order.trade_type, "positionChange")
        self._reports.position(account, market, reason, order.position_side)
        self._reports.wallet(account, market.spec.settle)
        self._shrink_reducing(account, market)
        # In hedge mode orders that close never open, so that they need no margin later.
        if was and (was > 0) == (order.side == SELL) and order.position_side == BOTH:
            self._drop_uncovered(account, market, order.side)

    def _booked(
        self, account: Account, order: UserOrder, market: Market, trade: Trade, *, is_taker: bool
    ) -> UserFill:
        spec = market.spec
        price = spec.price(trade.price)
        value = booked(spec.value(price, trade.lots))
        pays_taker = is_taker or order.pays_taker
        fee = booked(value * self._fee_rate(order, market, pays_taker=pays_taker))
        held = account.legs.one(order.symbol, order.position_side).lots
        sign = 1 if order.side == BUY else -1
        closing = min(trade.lots, abs(held)) if sign * held < 0 else 0
        opening = trade.lots - closing
        opening_fee = booked(fee * opening / trade.lots)
        # What crosses zero closes one position and opens another.
        closed_value = booked(spec.value(price, closing)) if opening else value
        if closing:
            part = _Part(sign * closing, closed_value, fee - opening_fee)
            self._settle(account, order, price, part)
        if opening:
            rest = value - closed_value if closing else value
            self._settle(account, order, price, _Part(sign * opening, rest, opening_fee))
        order.filled += trade.lots
        order.deal_value += value
        order.deal_base += trade.lots / price if spec.is_inverse else trade.lots * price
        order.updated_ms = self._clock.now_ms()
        fill = UserFill(
            order.symbol,
            trade.id,
            order.id,
            order.side,
            is_taker,
            trade.price,
            trade.lots,
            value,
            fee,
            opening_fee,
            order.margin_mode,
            order.type,
            trade.at_ns,
            stop=order.stop,
            trade_type=order.trade_type,
            position_side=order.position_side,
            liquidity=self._liquidity(is_taker=is_taker),
            pays_taker=pays_taker,
        )
        account.fills.append(fill)
        return fill

    def _fee_rate(self, order: UserOrder, market: Market, *, pays_taker: bool) -> Decimal:
        """The rates of what the exchange forces upon an account are not published: switches."""
        if order.trade_type == ADL and self._switches.adl_fee == "none":
            return _FREE
        if order.trade_type == LIQUID:
            return liquidation_fee(market.spec, self._switches)
        if order.trade_type == SETTLEMENT:
            return market.spec.settlement_rate
        return market.spec.taker_rate if pays_taker else market.spec.maker_rate

    def _settle(self, account: Account, order: UserOrder, price: Decimal, part: _Part) -> None:
        """Let lots that all close, or all open, change the position and the wallet."""
        held = account.legs.one(order.symbol, order.position_side).position
        if held.lots == 0:
            held.margin_mode = order.margin_mode
            held.number = self._numbers.next()
        now_ms = self._clock.now_ms()
        profit = held.fill(part.signed, price, order.leverage, now_ms, part.value)
        held.fees += part.fee
        if order.trade_type == LIQUID:
            held.liquid_lots += abs(part.signed)
            held.liquid_value += held.spec.value(price, part.signed)
        if held.lots == 0:
            account.closings.add(held, self._way(order), now_ms, is_long=part.signed < 0)
        account.earn(order.symbol, profit - part.fee, order.position_side)

    def _way(self, order: UserOrder) -> str:
        """The type of the trade as the history of positions knows it: a delivery is a switch."""
        if order.trade_type == SETTLEMENT and self._switches.delivery_close_type == "CLOSE":
            return ""
        return order.trade_type

    def _liquidity(self, *, is_taker: bool) -> str:
        """What the exchange calls the role; a maker that met a hidden order may be a taker."""
        if is_taker:
            return "taker"
        is_secret = self._taker is not None and self._taker.pays_taker
        return self._switches.liquidity_of_hidden if is_secret else "maker"

    # Shrinking -------------------------------------------------------------------------------

    def _shrink_reducing(self, account: Account, market: Market) -> None:
        """Orders that only reduce must not outgrow the position (reference 3.3)."""
        reducing = account.reducing(market.spec.symbol)
        if not reducing:
            return
        for order in list(reducing.values()):
            if market.book.order(order.id) is None:
                continue
            allowed = self._allowed(order)
            if allowed == 0:
                market.book.cancel(order.id)
                self.end(order, "canceled")
            elif allowed < order.remaining:
                old = order.size
                order.shrink(order.remaining - allowed)
                order.updated_ms = self._clock.now_ms()
                account.resized(order)
                market.book.reduce(order.id, allowed)
                self._reports.order(order, "update", "open", {"oldSize": str(old)})

    def _drop_uncovered(self, account: Account, market: Market, side: str) -> None:
        """Orders that reduced a position need margin when it is gone, or they are canceled.

        The newest go first; those with ``forceHold`` have their margin and stay (3.3).
        """
        symbol, currency = market.spec.symbol, market.spec.settle
        if not account.order_margin(symbol) or account.wallet_state(currency).available >= 0:
            return
        for order in reversed(list(account.working(symbol).values())):
            if order.side != side or order.holds_margin or market.book.order(order.id) is None:
                continue
            market.book.cancel(order.id)
            self.end(order, "canceled")
            if account.wallet_state(currency).available >= 0:
                return

    # Ending ----------------------------------------------------------------------------------

    def cancel(self, order: UserOrder, market: Market) -> None:
        """Take a working order out of the book."""
        market.book.cancel(order.id)
        self.end(order, "canceled")
        self._reports.wallet(self._account_of(order), market.spec.settle)

    def end(self, order: UserOrder, kind: str) -> None:
        """An order ends: ``filled``, ``canceled``, or ``update`` for what ended it half-way."""
        old = {"oldSize": str(order.size)}
        if kind == "canceled" and order.filled:
            kind = self._switches.partly_filled_end
        self.forget(order)
        self._reports.order(order, kind, "done", old if kind == "update" else None)
        self.on_ended(order)

    def forget(self, order: UserOrder) -> None:
        """An order ends and nobody is told: what did not fill is canceled."""
        order.canceled = order.size - order.filled
        order.ended_ms = order.updated_ms = self._clock.now_ms()
        self._account_of(order).ended(order)

    def _account_of(self, order: UserOrder) -> Account:
        return self._accounts.by_uid[order.uid]


def _ignore(_order: UserOrder) -> None:
    """Nobody wants to know."""


def _ignore_account(_account: Account, _market: Market) -> None:
    """Nobody wants to know."""


def _ignore_fee(_order: UserOrder, _currency: str, _fee: Decimal) -> None:
    """Nobody wants to know."""
