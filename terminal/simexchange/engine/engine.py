"""Takes orders, matches them, keeps accounts true, and reports in the order of events."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.engine.broadcast import Broadcast
from terminal.simexchange.engine.reports import Reports
from terminal.simexchange.engine.settlements import Settlements
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.market import Market
from terminal.simexchange.market.matching import BUY, SELL, BookOrder, Match
from terminal.simexchange.payloads import frames
from terminal.simexchange.trading.account import Account, UserFill
from terminal.simexchange.trading.accounts import Accounts
from terminal.simexchange.trading.margin import CROSS, ISOLATED
from terminal.simexchange.trading.orders import PlaceRequest, UserOrder, read_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.broadcast import Publisher
    from terminal.simexchange.market.market import Trade
    from terminal.simexchange.switches import Switches

MAX_ACTIVE = 100
MAX_STOPS = 200
_ORDERS_PER_START = 100_000


@final
class Engine:
    """All markets and all accounts. Everything happens synchronously, in one order.

    ``account`` is the one that ``key`` opens.
    """

    def __init__(
        self, seed: int, key: ApiKey, clock: SimClock, publisher: Publisher, switches: Switches
    ) -> None:
        self._clock = clock
        self._switches = switches
        # Ids go on where the clock is, so that a restarted exchange never gives one out twice.
        self._next_order = clock.now_ms() * _ORDERS_PER_START
        self.markets: dict[str, Market] = {}
        self.broadcast = Broadcast(self.markets, publisher, clock)
        self.reports = Reports(self.markets, publisher, clock, switches)
        for spec in CONTRACTS:
            self.markets[spec.symbol] = Market(spec, seed, clock, self)
        self.settlements = Settlements(self.markets, self.broadcast, clock)
        self.settling = self.settlements.settling
        self.accounts = Accounts(self.markets, clock, self.reports.wallet)
        self.account = self.accounts.add(key)
        self.is_suspended = False

    def market(self, symbol: str) -> Market:
        """A listed contract's market. Raises ``Refused`` for an unknown one."""
        found = self.markets.get(symbol)
        if found is None:
            raise Refused("100003", f"symbol {symbol} does not exist")
        return found

    # What markets tell -----------------------------------------------------------------------

    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None:
        """A level changed."""
        self.broadcast.book_changed(market, change)

    def traded(self, market: Market, trade: Trade, match: Match) -> None:
        """A match: everybody is told, then the maker if it is somebody's."""
        self.broadcast.traded(market, trade)
        if match.maker.owner:
            account = self.accounts.by_uid[match.maker.owner]
            self._filled(account.orders[match.maker.id], market, trade, is_taker=False)

    def step(self, symbol: str) -> None:
        """Let a market act once, then look at stops."""
        market = self.markets[symbol]
        market.step()
        self._check_stops(market)

    # Placing ---------------------------------------------------------------------------------

    def place(self, account: Account, body: Mapping[str, Any]) -> UserOrder:
        """Place an order. Raises ``Refused``; what happens next is told by events."""
        market, order = self._accepted(account, body)
        account.add(order)
        if order.stop:
            self.reports.stop(order, "open")
            self._check_stops(market)
        else:
            self._enter(order, market)
        self.reports.wallet(account, market.spec.settle)
        return order

    def test(self, account: Account, body: Mapping[str, Any]) -> UserOrder:
        """Check an order like ``place`` and forget it."""
        return self._accepted(account, body)[1]

    def _accepted(self, account: Account, body: Mapping[str, Any]) -> tuple[Market, UserOrder]:
        if self.is_suspended:
            raise Refused("300002", "Trading is suspended")
        market = self.market(str(body.get("symbol", "")))
        if market.spec.symbol in self.settling:
            raise Refused("300015", f"{market.spec.symbol} is being settled")
        request = read_request(body, market.spec)
        self._check_account(account, request, market)
        order = self._made(account, request, market)
        if not order.only_reduces and not order.stop:
            self._check_balance(account, order, market)
        return market, order

    def _check_account(self, account: Account, request: PlaceRequest, market: Market) -> None:
        symbol = market.spec.symbol
        if request.position_side != "BOTH":
            raise Refused("330011", "The order's position mode does not match the account's")
        held = account.positions[symbol]
        mode = held.margin_mode if held.lots else account.margin_modes[symbol]
        if request.margin_mode != mode:
            raise Refused("330005", "The order's margin mode does not match the selected one")
        working = account.active(symbol)
        if any(order.client_oid == request.client_oid for order in account.active()):
            raise Refused("300018", "clientOid repeated")
        if len([o for o in working if not o.waits]) >= MAX_ACTIVE and not request.stop:
            raise Refused("300001", f"Active orders above the limit of {MAX_ACTIVE}")
        if len([o for o in working if o.waits]) >= MAX_STOPS and request.stop:
            raise Refused("300004", f"Stop orders above the limit of {MAX_STOPS}")
        self._check_bounds(request, market)

    @staticmethod
    def _check_bounds(request: PlaceRequest, market: Market) -> None:
        if request.price is None:
            return
        price = market.spec.price(request.price)
        if request.side == BUY and price > market.buy_limit:
            raise Refused("300011", f"The price must not be above {market.buy_limit}")
        if request.side == SELL and price < market.sell_limit:
            raise Refused("300012", f"The price must not be below {market.sell_limit}")

    def _made(self, account: Account, request: PlaceRequest, market: Market) -> UserOrder:
        symbol = market.spec.symbol
        held = account.positions[symbol].lots
        side, size = request.side, request.size
        if request.is_close_order or request.is_reduce_only:
            closing = SELL if held > 0 else BUY
            if not request.stop and (held == 0 or (side is not None and side != closing)):
                raise Refused("300009", "No open positions to close.")
            side = side or closing
            limit = abs(held) if held else size or 1
            size = limit if request.is_close_order else min(size or limit, limit)
        elif request.leverage is None and request.margin_mode == ISOLATED:
            raise Refused("400100", "leverage is required")
        leverage = account.cross_leverage[symbol]
        if request.margin_mode == ISOLATED:
            leverage = request.leverage or account.positions[symbol].leverage
        self._next_order += 1
        now_ns = self._clock.now_ns()
        if side is None or size is None:
            raise Refused("400100", "side and size are required")
        return UserOrder(
            id=str(self._next_order),
            number=self._next_order,
            uid=account.uid,
            client_oid=request.client_oid,
            symbol=symbol,
            side=side,
            type=request.type,
            price=request.price,
            size=size,
            leverage=leverage,
            margin_mode=request.margin_mode,
            created_ms=now_ns // 1_000_000,
            updated_ms=now_ns // 1_000_000,
            time_ns=now_ns,
            is_post_only=request.is_post_only,
            is_reduce_only=request.is_reduce_only,
            is_close_order=request.is_close_order,
            is_immediate=request.is_immediate,
            remark=request.remark,
            stop=request.stop,
            stop_price_type=request.stop_price_type,
            stop_price=request.stop_price,
        )

    @staticmethod
    def _check_balance(account: Account, order: UserOrder, market: Market) -> None:
        spec = market.spec
        held = account.positions[order.symbol].lots
        covered = abs(held) if held and (held > 0) == (order.side == SELL) else 0
        opening = max(0, order.size - covered)
        price = spec.price(order.price) if order.price is not None else market.buy_limit
        value = spec.value(price, opening) if opening else Decimal(0)
        cost = value / order.leverage + value * spec.taker_rate
        available = account.wallet_state(spec.settle).available
        if cost > available:
            raise Refused(
                "300003",
                f"Balance insufficient. The order cost is {cost:.8f}, "
                f"available balance is {available:.8f}.",
            )

    def _enter(self, order: UserOrder, market: Market) -> None:
        price = order.price
        if order.is_post_only and price is not None and market.book.would_take(order.side, price):
            self._end(order, "canceled")
            return
        limit = price
        if limit is None:
            bound = market.buy_limit if order.side == BUY else market.sell_limit
            limit = int(bound / market.spec.tick)
        for trade in market.match(order.side, limit, order.remaining, order.id):
            self._filled(order, market, trade, is_taker=True)
        if not order.is_active:
            return
        if order.is_immediate or price is None:
            self._end(order, "canceled")
            return
        resting = BookOrder(order.id, order.uid, order.side, price, order.remaining)
        self.reports.order(order, "open", "open")
        market.book.rest(resting)

    # Filling ---------------------------------------------------------------------------------

    def _filled(self, order: UserOrder, market: Market, trade: Trade, *, is_taker: bool) -> None:
        spec, account = market.spec, self._account_of(order)
        price = spec.price(trade.price)
        value = spec.value(price, trade.lots)
        fee = value * (spec.taker_rate if is_taker else spec.maker_rate)
        held = account.positions[order.symbol]
        signed = trade.lots if order.side == BUY else -trade.lots
        closing = min(trade.lots, abs(held.lots)) if signed * held.lots < 0 else 0
        if held.lots == 0:
            held.margin_mode = order.margin_mode
        profit = held.fill(signed, price, order.leverage, self._clock.now_ms())
        held.fees += fee
        account.wallets[spec.settle].add(profit - fee)
        order.filled += trade.lots
        order.deal_value += value
        order.deal_base += price * trade.lots
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
            fee * (trade.lots - closing) / trade.lots,
            order.margin_mode,
            order.type,
            trade.at_ns,
        )
        account.fills.append(fill)
        status = "match" if is_taker else "open"
        extra = frames.match_fields(market, fill)
        self.reports.order(order, "match", status, extra)
        if order.filled + order.canceled >= order.size:
            self._end(order, "filled")
        self.reports.position(account, market)
        self.reports.wallet(account, spec.settle)
        self._shrink_reducing(account, market)

    def _shrink_reducing(self, account: Account, market: Market) -> None:
        """Orders that only reduce must not outgrow the position (reference 3.3)."""
        symbol = market.spec.symbol
        held = account.positions[symbol].lots
        closing, room = (SELL if held > 0 else BUY), abs(held)
        for order in account.active(symbol):
            if not order.only_reduces or order.waits or market.book.order(order.id) is None:
                continue
            allowed = min(order.remaining, room) if held and order.side == closing else 0
            room -= allowed
            if allowed == 0:
                market.book.cancel(order.id)
                self._end(order, "canceled")
            elif allowed < order.remaining:
                old = order.size
                order.canceled += order.remaining - allowed
                market.book.reduce(order.id, allowed)
                self.reports.order(order, "update", "open", {"oldSize": str(old)})

    def _end(self, order: UserOrder, kind: str) -> None:
        order.canceled = order.size - order.filled
        self._ended(order)
        self.reports.order(order, kind, "done")

    def _ended(self, order: UserOrder) -> None:
        order.ended_ms = order.updated_ms = self._clock.now_ms()
        self._account_of(order).ended(order)

    def _account_of(self, order: UserOrder) -> Account:
        return self.accounts.by_uid[order.uid]

    # Cancelling ------------------------------------------------------------------------------

    def cancel(self, order: UserOrder) -> None:
        """Cancel one order. Raises ``Refused`` when it has ended."""
        if not order.is_active:
            raise Refused("100004", "The order cannot be canceled.")
        market = self.markets[order.symbol]
        if order.waits:
            order.canceled = order.size
            self._ended(order)
            self.reports.stop(order, "cancel")
            return
        market.book.cancel(order.id)
        self._end(order, "canceled")
        self.reports.wallet(self._account_of(order), market.spec.settle)

    def cancel_all(self, account: Account, symbol: str | None, *, stops: bool) -> list[str]:
        """Cancel all plain orders, or all waiting stops; returns their ids."""
        chosen = [order for order in account.active(symbol) if order.waits is stops]
        for order in chosen:
            self.cancel(order)
        return [order.id for order in chosen]

    # Stops -----------------------------------------------------------------------------------

    def _check_stops(self, market: Market) -> None:
        for account in self.accounts.by_uid.values():
            for order in account.active(market.spec.symbol):
                if order.waits and self._is_reached(order, market):
                    self._trigger(account, order, market)

    @staticmethod
    def _is_reached(order: UserOrder, market: Market) -> bool:
        references = {
            "TP": market.spec.price(market.last),
            "MP": market.mark_price,
            "IP": market.index_price,
        }
        reference, target = references[order.stop_price_type], order.stop_price
        if target is None:
            return False
        return reference >= target if order.stop == "up" else reference <= target

    def _trigger(self, account: Account, order: UserOrder, market: Market) -> None:
        order.is_triggered = True
        held = account.positions[order.symbol].lots
        error = ""
        if order.only_reduces:
            room = abs(held) if held and (held > 0) == (order.side == SELL) else 0
            order.size = room if order.is_close_order else min(order.size, room)
            if not order.size:
                error = "error.createOrder.noPositionToClose"
        else:
            try:
                self._check_balance(account, order, market)
            except Refused:
                error = "error.createOrder.accountBalanceInsufficient"
        self.reports.stop(order, "triggered", error)
        if error:
            self._ended(order)
        else:
            self._enter(order, market)

    # Pulses ----------------------------------------------------------------------------------

    def publish_second(self) -> None:
        """What is told once a second."""
        self.broadcast.second()
        for account in self.accounts.by_uid.values():
            self.reports.mark(account)

    def set_margin_mode(self, symbol: str, mode: str) -> None:
        """Select the margin mode of a contract in the first account (for tests)."""
        if mode not in (ISOLATED, CROSS):
            raise Refused("400100", "marginMode is invalid")
        self.account.margin_modes[symbol] = mode
