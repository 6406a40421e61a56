"""Takes orders, matches them, keeps the account, and tells the streams in the order of events."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, final

from terminal.simexchange import payloads
from terminal.simexchange.account import USER_ID, Account, UserFill
from terminal.simexchange.auth import ApiKey, Refused
from terminal.simexchange.contracts import CONTRACTS
from terminal.simexchange.margin import CROSS, ISOLATED
from terminal.simexchange.market import Market
from terminal.simexchange.matching import BUY, SELL, BookOrder, Match
from terminal.simexchange.orders import PlaceRequest, UserOrder, read_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market import Trade

MAX_ACTIVE = 100
MAX_STOPS = 200
_ORDERS_PER_START = 100_000
ORDERS = "/contractMarket/tradeOrders"
STOPS = "/contractMarket/advancedOrders"
WALLET = "/contractAccount/wallet"
POSITIONS = "/contract/positionAll"
_TOUCH = ("bestBidPrice", "bestBidSize", "bestAskPrice", "bestAskSize")


class Publisher(Protocol):
    """Where events go. A topic that nobody listens to costs one look-up."""

    def is_wanted(self, topic: str) -> bool:
        """True when somebody listens to a topic."""
        ...

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:  # noqa: ANN401
        """Send a public message."""
        ...

    def publish_private(self, topic: str, subject: str, data: Any) -> None:  # noqa: ANN401
        """Send a message of the account."""
        ...


@final
class Engine:
    """All markets and the one account. Everything happens synchronously, in one order."""

    def __init__(self, seed: int, key: ApiKey, clock: SimClock, publisher: Publisher) -> None:
        self._clock = clock
        self._publisher = publisher
        self._touches: dict[str, list[object]] = {}
        self._candles: dict[str, tuple[int, int]] = {}
        self._depths: dict[str, int] = {}
        # Ids go on where the clock is, so that a restarted exchange never gives one out twice.
        self._next_order = clock.now_ms() * _ORDERS_PER_START
        self.markets = {spec.symbol: Market(spec, seed, clock, self) for spec in CONTRACTS}
        self.account = Account(key, self.markets)
        self.is_suspended = False

    # Public events ---------------------------------------------------------------------------

    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None:
        """A level changed: one level2 frame, and the touch if it is another one now."""
        self._publish_touch(market)
        topic = f"/contractMarket/level2:{market.spec.symbol}"
        if not self._publisher.is_wanted(topic):
            return
        sequence, side, price, lots = change
        text = f"{market.spec.text(price)},{side},{lots}"
        data = {"sequence": sequence, "change": text, "timestamp": self._clock.now_ms()}
        self._publisher.publish(topic, "level2", data, sequence)

    def _publish_touch(self, market: Market) -> None:
        topic = f"/contractMarket/tickerV2:{market.spec.symbol}"
        if not self._publisher.is_wanted(topic):
            return
        data = payloads.ticker_v2(market, self._clock.now_ns())
        touch = [data[name] for name in _TOUCH]
        if self._touches.get(market.spec.symbol) != touch:
            self._touches[market.spec.symbol] = touch
            self._publisher.publish(topic, "tickerV2", data, data["sequence"])

    def traded(self, market: Market, trade: Trade, match: Match) -> None:
        """A match: one execution frame, and the maker's side of it if it is the account's."""
        topic = f"/contractMarket/execution:{market.spec.symbol}"
        if self._publisher.is_wanted(topic):
            data = payloads.trade(market, trade)
            self._publisher.publish(topic, "match", data, trade.number)
        if match.maker.owner:
            maker = self.account.orders[match.maker.id]
            self._filled(maker, market, trade, is_taker=False)

    def step(self, symbol: str) -> None:
        """Let a market act once, then look at stops."""
        market = self.markets[symbol]
        market.step()
        self._check_stops(market)

    # Placing ---------------------------------------------------------------------------------

    def place(self, body: Mapping[str, Any]) -> UserOrder:
        """Place an order. Raises ``Refused``; what happens next is told by events."""
        market, order = self._accepted(body)
        self.account.orders[order.id] = order
        self.account.placed += 1
        if order.stop:
            self._publish_stop(order, market, "open")
            self._check_stops(market)
        else:
            self._enter(order, market)
        self._publish_wallet(market.spec.settle)
        return order

    def test(self, body: Mapping[str, Any]) -> UserOrder:
        """Check an order like ``place`` and forget it."""
        return self._accepted(body)[1]

    def _accepted(self, body: Mapping[str, Any]) -> tuple[Market, UserOrder]:
        if self.is_suspended:
            raise Refused("300002", "Trading is suspended")
        market = self.markets.get(str(body.get("symbol", "")))
        if market is None:
            raise Refused("100003", "error.getOrder.contract not exist")
        request = read_request(body, market.spec)
        self._check_account(request, market)
        order = self._made(request, market)
        if not order.only_reduces and not order.stop:
            self._check_balance(order, market)
        return market, order

    def _check_account(self, request: PlaceRequest, market: Market) -> None:
        symbol, account = market.spec.symbol, self.account
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

    def _made(self, request: PlaceRequest, market: Market) -> UserOrder:
        account, symbol = self.account, market.spec.symbol
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

    def _check_balance(self, order: UserOrder, market: Market) -> None:
        spec = market.spec
        held = self.account.positions[order.symbol].lots
        covered = abs(held) if held and (held > 0) == (order.side == SELL) else 0
        opening = max(0, order.size - covered)
        price = spec.price(order.price) if order.price is not None else market.buy_limit
        value = spec.value(price, opening) if opening else Decimal(0)
        cost = value / order.leverage + value * spec.taker_rate
        available = self.account.wallet_state(spec.settle).available
        if cost > available:
            raise Refused(
                "300003",
                f"Balance insufficient. The order cost is {cost:.8f}, "
                f"available balance is {available:.8f}.",
            )

    def _enter(self, order: UserOrder, market: Market) -> None:
        price = order.price
        if order.is_post_only and price is not None and market.book.would_take(order.side, price):
            self._end(order, market, "canceled")
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
            self._end(order, market, "canceled")
            return
        resting = BookOrder(order.id, USER_ID, order.side, price, order.remaining)
        self._publish_order(order, market, "open", "open")
        market.book.rest(resting)

    # Filling ---------------------------------------------------------------------------------

    def _filled(self, order: UserOrder, market: Market, trade: Trade, *, is_taker: bool) -> None:
        spec, account = market.spec, self.account
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
        extra = payloads.match_fields(market, fill)
        self._publish_order(order, market, "match", status, extra)
        if order.filled + order.canceled >= order.size:
            self._end(order, market, "filled")
        self._publish_position(market)
        self._publish_wallet(spec.settle)
        self._shrink_reducing(market)

    def _shrink_reducing(self, market: Market) -> None:
        """Orders that only reduce must not outgrow the position (reference 3.3)."""
        symbol = market.spec.symbol
        held = self.account.positions[symbol].lots
        closing, room = (SELL if held > 0 else BUY), abs(held)
        for order in self.account.active(symbol):
            if not order.only_reduces or order.waits or market.book.order(order.id) is None:
                continue
            allowed = min(order.remaining, room) if held and order.side == closing else 0
            room -= allowed
            if allowed == 0:
                market.book.cancel(order.id)
                self._end(order, market, "canceled")
            elif allowed < order.remaining:
                old = order.size
                order.canceled += order.remaining - allowed
                market.book.reduce(order.id, allowed)
                self._publish_order(order, market, "update", "open", {"oldSize": str(old)})

    def _end(self, order: UserOrder, market: Market, kind: str) -> None:
        order.canceled = order.size - order.filled
        order.ended_ms = order.updated_ms = self._clock.now_ms()
        self._publish_order(order, market, kind, "done")

    # Cancelling ------------------------------------------------------------------------------

    def cancel(self, order: UserOrder) -> None:
        """Cancel one order. Raises ``Refused`` when it has ended."""
        if not order.is_active:
            raise Refused("100004", "The order cannot be canceled.")
        market = self.markets[order.symbol]
        if order.waits:
            order.canceled = order.size
            order.ended_ms = order.updated_ms = self._clock.now_ms()
            self._publish_stop(order, market, "cancel")
            return
        market.book.cancel(order.id)
        self._end(order, market, "canceled")
        self._publish_wallet(market.spec.settle)

    def cancel_all(self, symbol: str | None, *, stops: bool) -> list[str]:
        """Cancel all plain orders, or all waiting stops; returns their ids."""
        chosen = [order for order in self.account.active(symbol) if order.waits is stops]
        for order in chosen:
            self.cancel(order)
        return [order.id for order in chosen]

    # Stops -----------------------------------------------------------------------------------

    def _check_stops(self, market: Market) -> None:
        for order in self.account.active(market.spec.symbol):
            if order.waits and self._is_reached(order, market):
                self._trigger(order, market)

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

    def _trigger(self, order: UserOrder, market: Market) -> None:
        order.is_triggered = True
        held = self.account.positions[order.symbol].lots
        error = ""
        if order.only_reduces:
            room = abs(held) if held and (held > 0) == (order.side == SELL) else 0
            order.size = room if order.is_close_order else min(order.size, room)
            if not order.size:
                error = "error.createOrder.noPositionToClose"
        else:
            try:
                self._check_balance(order, market)
            except Refused:
                error = "error.createOrder.accountBalanceInsufficient"
        self._publish_stop(order, market, "triggered", error)
        if error:
            order.ended_ms = order.updated_ms = self._clock.now_ms()
        else:
            self._enter(order, market)

    # Private events --------------------------------------------------------------------------

    def _publish_order(
        self,
        order: UserOrder,
        market: Market,
        kind: str,
        status: str,
        extra: dict[str, str] | None = None,
    ) -> None:
        data = payloads.order_event(order, market, kind, status, self._clock.now_ns())
        event = {**data, **(extra or {})}
        self._publisher.publish_private(ORDERS, "orderChange", event)
        self._publisher.publish_private(f"{ORDERS}:{order.symbol}", "symbolOrderChange", event)

    def _publish_stop(self, order: UserOrder, market: Market, kind: str, error: str = "") -> None:
        data = payloads.stop_event(order, market, kind, self._clock.now_ns(), error)
        self._publisher.publish_private(STOPS, "stopOrder", data)

    def position_payload(self, market: Market) -> dict[str, Any]:
        """A position as REST v1 shows it."""
        held = self.account.positions[market.spec.symbol]
        state = self.account.wallet_state(market.spec.settle)
        return payloads.position(held, market, state, self._clock.now_ms())

    def _publish_position(self, market: Market) -> None:
        data = {**self.position_payload(market), "changeReason": "positionChange"}
        if data["currentQty"] == 0:
            data["posMargin"] = 0
        self._publisher.publish_private(POSITIONS, "position.change", data)

    def _publish_wallet(self, currency: str) -> None:
        data = payloads.wallet(self.account.wallet_state(currency), self._clock.now_ms())
        self._publisher.publish_private(WALLET, "walletBalance.change", data)

    def publish_second(self) -> None:
        """What is told once a second: marks, re-marked positions, wallets that moved with them."""
        currencies = set()
        for symbol, market in self.markets.items():
            self._publisher.publish(
                f"/contract/instrument:{symbol}",
                "mark.index.price",
                {
                    "markPrice": float(market.mark_price),
                    "indexPrice": float(market.index_price),
                    "granularity": 1000,
                    "timestamp": self._clock.now_ms(),
                },
            )
            if self.account.positions[symbol].lots:
                currencies.add(market.spec.settle)
                data = payloads.mark_change(self.position_payload(market))
                # The all-positions topic carries the symbol; the frame's data does not have to.
                self._publisher.publish_private(
                    POSITIONS, "position.change", {**data, "symbol": symbol}
                )
            self._publish_candle(market)
        for currency in currencies:
            self._publish_wallet(currency)

    def _publish_candle(self, market: Market) -> None:
        for name, minutes in CANDLE_TYPES.items():
            topic = f"/contractMarket/limitCandle:{market.spec.symbol}_{name}"
            if not self._publisher.is_wanted(topic):
                continue
            candle = market.candles.last(minutes)
            if candle is None:
                continue
            told = (candle.start_ms, candle.lots)
            if self._candles.get(topic) != told:
                self._candles[topic] = told
                data = payloads.stream_candle(market, candle, self._clock.now_ms())
                self._publisher.publish(topic, "candle.stick", data)

    def publish_depth(self) -> None:
        """The fifty best levels of markets that changed; called at most ten times a second."""
        for symbol, market in self.markets.items():
            topic = f"/contractMarket/level2Depth50:{symbol}"
            sequence = market.book.sequence
            if self._publisher.is_wanted(topic) and self._depths.get(symbol) != sequence:
                self._depths[symbol] = sequence
                now_ms = self._clock.now_ms()
                self._publisher.publish(topic, "level2", payloads.depth50(market, now_ms), now_ms)

    def publish_minute(self) -> None:
        """The running funding rate of every contract."""
        for symbol, market in self.markets.items():
            self._publisher.publish(
                f"/contract/instrument:{symbol}",
                "funding.rate",
                {
                    "period": 1,
                    "granularity": 60_000,
                    "fundingRate": round(market.funding_rate, 8),
                    "timestamp": self._clock.now_ms(),
                },
            )

    def set_margin_mode(self, symbol: str, mode: str) -> None:
        """Select the margin mode of a contract (for tests)."""
        if mode not in (ISOLATED, CROSS):
            raise Refused("400100", "marginMode is invalid")
        self.account.margin_modes[symbol] = mode


CANDLE_TYPES = {
    "1min": 1,
    "3min": 3,
    "5min": 5,
    "15min": 15,
    "30min": 30,
    "1hour": 60,
    "2hour": 120,
    "4hour": 240,
    "8hour": 480,
    "12hour": 720,
    "1day": 1440,
    "1week": 10080,
    "1month": 43200,
}
