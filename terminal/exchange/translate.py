"""Wire structs to domain facts, the only file that knows both vocabularies.

Prices become whole ticks and sizes whole lots here. What cannot be translated raises
``ProtocolError``; nothing is guessed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.candles import Candle
from terminal.domain.clock import TimestampMs, TimestampNs, to_ms, to_ns
from terminal.domain.contract import Contract, ContractStatus
from terminal.domain.errors import UnitError
from terminal.domain.events import (
    BookDelta,
    BookSnapshot,
    CandleUpdate,
    Fill,
    Level,
    Liquidity,
    MarginMode,
    MarkUpdate,
    OffTickLevel,
    OrderType,
    OrderUpdate,
    PositionMode,
    PositionUpdate,
    PublicTrade,
    WalletUpdate,
)
from terminal.domain.units import (
    ClientOid,
    ExactPrice,
    Lots,
    Money,
    OrderId,
    Price,
    PriceScale,
    Side,
    Symbol,
    plain,
)
from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import DecodeError, decimal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terminal.domain.candles import CandleInterval, StreamInterval
    from terminal.domain.ticket import OrderTicket
    from terminal.wire.account import (
        OverviewPayload,
        PositionModePayload,
        PositionPayload,
        WalletPayload,
    )
    from terminal.wire.market import (
        BookPayload,
        CandleFramePayload,
        CandlePayload,
        ChangePayload,
        ContractPayload,
        MarkIndexPayload,
        MarkPricePayload,
        StreamCandlePayload,
        TradePayload,
    )
    from terminal.wire.trading import (
        FillPayload,
        OrderEventPayload,
        OrderPayload,
        StopEventPayload,
    )

SLICE_LEVELS = 1_000
"""So many levels of a snapshot are translated in one go: well below a millisecond as a rule."""

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
_TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
_MARGIN_MODES = {"ISOLATED": MarginMode.ISOLATED, "CROSS": MarginMode.CROSS}
_LIQUIDITY = {"maker": Liquidity.MAKER, "taker": Liquidity.TAKER}
_PERPETUAL = "FFWCSX"


class _OffTickError(ProtocolError):
    """A price between two ticks."""


@final
class Scales:
    """The tick sizes learned from the contract list; without them no price can be read.

    Also keeps a cache from price text to ticks per symbol, because a stream repeats a few
    thousand texts for ever.
    """

    __slots__ = ("_cache", "_contracts")

    CACHE_LIMIT = 20_000

    def __init__(self) -> None:
        self._contracts: dict[Symbol, Contract] = {}
        self._cache: dict[Symbol, dict[str, Price]] = {}

    def learn(self, contracts: Iterable[Contract]) -> None:
        """Remember (anew) what contracts there are."""
        for contract in contracts:
            self._contracts[contract.symbol] = contract
            self._cache[contract.symbol] = {}

    def contract(self, symbol: str) -> Contract:
        """The contract of a symbol. Raises ``ProtocolError`` when it was never listed."""
        known = self._contracts.get(Symbol(symbol))
        if known is None:
            raise ProtocolError(f"unknown contract {symbol!r}")
        return known

    def ticks(self, symbol: Symbol, price: Decimal) -> Price:
        """Whole ticks of a price. Raises ``ProtocolError`` when it is off the grid."""
        try:
            return self.contract(symbol).scale.ticks(price)
        except UnitError as error:
            raise _OffTickError(f"{symbol}: {error}") from error

    def exact_ticks(self, symbol: Symbol, price: Decimal) -> Decimal:
        """A price in ticks, fractional between two of them; equal prices give equal keys."""
        return price / self.contract(symbol).scale.tick_size

    def ticks_of_text(self, symbol: Symbol, text: str) -> Price:
        """Whole ticks of a price as the stream writes it. Raises ``ProtocolError``."""
        cache = self._cache.get(symbol)
        if cache is None:
            raise ProtocolError(f"unknown contract {symbol!r}")
        ticks = cache.get(text)
        if ticks is None:
            ticks = self.ticks(symbol, _decimal(text, "price"))
            if len(cache) >= self.CACHE_LIMIT:
                cache.clear()
            cache[text] = ticks
        return ticks


# Market ------------------------------------------------------------------------------------------


def contract(payload: ContractPayload) -> Contract:
    """A listed contract; rates that are absent are taken as zero, limits as unknown."""
    try:
        scale = PriceScale(payload.tickSize)
        return Contract(
            symbol=Symbol(payload.symbol),
            base_currency=payload.baseCurrency,
            quote_currency=payload.quoteCurrency,
            settle_currency=payload.settleCurrency,
            scale=scale,
            multiplier=abs(payload.multiplier),
            is_inverse=payload.isInverse,
            max_order_lots=Lots(payload.maxOrderQty),
            max_market_order_lots=Lots(payload.marketMaxOrderQty or payload.maxOrderQty),
            max_price=scale.ticks_below(payload.maxPrice),
            max_leverage=payload.maxLeverage or 1,
            maker_fee_rate=payload.makerFeeRate or Decimal(0),
            taker_fee_rate=payload.takerFeeRate or Decimal(0),
            maintenance_rate=payload.maintainMargin or Decimal(0),
            index_tick_size=payload.indexPriceTickSize or payload.tickSize,
            status=_status(payload.status),
            is_perpetual=payload.type == _PERPETUAL,
            buy_limit=None if payload.buyLimit is None else scale.ticks_below(payload.buyLimit),
            sell_limit=None if payload.sellLimit is None else scale.ticks_above(payload.sellLimit),
        )
    except UnitError as error:
        raise ProtocolError(f"contract {payload.symbol}: {error}") from error


def _status(word: str) -> ContractStatus:
    try:
        return ContractStatus(word)
    except ValueError:
        return ContractStatus.OTHER


def book_snapshot(payload: BookPayload, scales: Scales) -> BookSnapshot:
    """A whole book: bids falling, asks rising, whatever order the exchange sent."""
    reading = SnapshotReading(payload, scales)
    for _ in reading.slices():
        pass
    return reading.snapshot()


@final
class SnapshotReading:
    """A snapshot translated in slices, so that a book of 40,000 levels blocks nobody.

    Run through ``slices`` with pauses as wanted, then take the ``snapshot``. Prices between two
    ticks are kept apart, exactly (API reference 7.11: orders from before a change of the tick
    stay). Raises ``ProtocolError``.
    """

    def __init__(self, payload: BookPayload, scales: Scales) -> None:
        self._payload = payload
        self._scales = scales
        self._bids: list[Level] = []
        self._asks: list[Level] = []
        self._off_tick: list[OffTickLevel] = []

    def slices(self) -> Iterator[None]:
        """Translate; yields after each ``SLICE_LEVELS`` levels."""
        yield from self._side(self._payload.bids, Side.BUY, self._bids)
        yield from self._side(self._payload.asks, Side.SELL, self._asks)

    def _side(
        self, rows: list[tuple[Decimal, int]], side: Side, levels: list[Level]
    ) -> Iterator[None]:
        tick = self._scales.contract(self._payload.symbol).scale.tick_size
        for start in range(0, len(rows), SLICE_LEVELS):
            for price, lots in rows[start : start + SLICE_LEVELS]:
                whole, rest = divmod(price, tick)
                if lots < 0 or not price.is_finite():
                    raise ProtocolError(f"{self._payload.symbol}: {price} with {lots} lots")
                if rest:
                    self._off_tick.append(OffTickLevel(side, price / tick, Lots(lots)))
                else:
                    levels.append(Level(Price(int(whole)), Lots(lots)))
            yield

    def snapshot(self) -> BookSnapshot:
        """The book that was read; levels that came in order, as they should, cost no sorting."""
        self._bids.sort(reverse=True)
        self._asks.sort()
        return BookSnapshot(
            symbol=Symbol(self._payload.symbol),
            sequence=self._payload.sequence,
            bids=tuple(self._bids),
            asks=tuple(self._asks),
            event_at=to_ns(self._payload.ts),
            off_tick=tuple(self._off_tick),
        )


def book_delta(symbol: Symbol, payload: ChangePayload, scales: Scales) -> BookDelta:
    """One change "price,side,size" (API reference 5.6), between two ticks too."""
    parts = payload.change.split(",")
    if len(parts) != 3:
        raise ProtocolError(f"{symbol}: change {payload.change!r} has not three parts")
    price, word, lots = parts
    side = _SIDES.get(word)
    if side is None or not (lots.isascii() and lots.isdigit()):
        raise ProtocolError(f"{symbol}: change {payload.change!r} cannot be read")
    try:
        ticks = scales.ticks_of_text(symbol, price)
    except _OffTickError:
        exact = scales.exact_ticks(symbol, _decimal(price, "price"))
        at = TimestampMs(payload.timestamp)
        return BookDelta(
            symbol, payload.sequence, side, Price(int(exact)), Lots(int(lots)), at, exact
        )
    return BookDelta(
        symbol,
        payload.sequence,
        side,
        ticks,
        Lots(int(lots)),
        TimestampMs(payload.timestamp),
    )


def public_trade(symbol: Symbol, payload: TradePayload, scales: Scales) -> PublicTrade:
    """A public match, by REST or stream; one between two ticks is told at the nearest."""
    return PublicTrade(
        symbol,
        payload.sequence,
        _side(payload.side),
        scales.contract(symbol).scale.ticks_nearest(payload.price),
        _lots(payload.size, "size"),
        payload.tradeId,
        to_ns(payload.ts),
    )


def mark_price(symbol: Symbol, payload: MarkPricePayload) -> MarkUpdate:
    """Mark and index price by REST."""
    return MarkUpdate(
        symbol, ExactPrice(payload.value), ExactPrice(payload.indexPrice), to_ms(payload.timePoint)
    )


def mark_update(symbol: Symbol, payload: MarkIndexPayload) -> MarkUpdate:
    """Mark and index price by stream."""
    return MarkUpdate(
        symbol,
        ExactPrice(payload.markPrice),
        ExactPrice(payload.indexPrice),
        to_ms(payload.timestamp),
    )


def candle(symbol: Symbol, payload: CandlePayload | StreamCandlePayload, scales: Scales) -> Candle:
    """One interval of history, or the forming one of a stream frame.

    Prices off today's grid come from before a change of the tick size: they are taken to the ticks
    that enclose them, for a chart that shows history is worth more than one that refuses it.
    """
    scale = scales.contract(symbol).scale
    try:
        return Candle(
            start_at=to_ms(payload.start),
            open=scale.ticks_nearest(payload.open),
            high=scale.ticks_above(payload.high),
            low=scale.ticks_below(payload.low),
            close=scale.ticks_nearest(payload.close),
            lots=_lots(payload.size, "lots"),
        )
    except ValueError as error:
        raise ProtocolError(f"{symbol}: {error}") from error


def candle_update(
    symbol: Symbol,
    interval: CandleInterval | StreamInterval,
    payload: CandleFramePayload,
    scales: Scales,
) -> CandleUpdate:
    """A forming candle by stream."""
    return CandleUpdate(
        symbol, interval, candle(symbol, payload.candles, scales), to_ms(payload.time)
    )


# Orders ------------------------------------------------------------------------------------------


def order_body(ticket: OrderTicket, client_oid: ClientOid, scales: Scales) -> dict[str, object]:
    """The body of ``POST /api/v1/orders`` for a ticket (API reference 3.3)."""
    body: dict[str, object] = {
        "clientOid": client_oid,
        "symbol": ticket.symbol,
        "type": ticket.order_type.value,
        "marginMode": "CROSS" if ticket.margin_mode is MarginMode.CROSS else "ISOLATED",
    }
    if ticket.is_close_order:
        body["closeOrder"] = True
        return body
    if ticket.side is not None:
        body["side"] = ticket.side.value
    body["size"] = ticket.lots
    if ticket.leverage is not None:
        body["leverage"] = plain(ticket.leverage)
    if ticket.price is not None:
        body["price"] = plain(scales.contract(ticket.symbol).scale.decimal(ticket.price))
    if ticket.is_post_only:
        body["postOnly"] = True
    if ticket.is_reduce_only:
        body["reduceOnly"] = True
    return body


def order_update(payload: OrderPayload, scales: Scales) -> OrderUpdate:
    """An order as REST tells it (API reference 3.5 and 3.6)."""
    symbol = Symbol(payload.symbol)
    order_type = _order_type(payload.type)
    filled = payload.dealSize if payload.dealSize is not None else payload.filledSize or 0
    is_done = payload.status == "done" or not payload.isActive
    canceled = max(0, payload.size - filled) if is_done else 0
    return OrderUpdate(
        symbol=symbol,
        order_id=OrderId(payload.id),
        client_oid=ClientOid(payload.clientOid) if payload.clientOid else None,
        side=_side(payload.side),
        order_type=order_type,
        price=_limit_price(payload.price, order_type, symbol, scales),
        lots=_lots(payload.size, "size"),
        filled=_lots(filled, "dealSize"),
        canceled=Lots(canceled),
        remaining=Lots(max(0, payload.size - filled - canceled)),
        is_done=is_done,
        event_at=_latest(payload),
        is_reduce_only=payload.reduceOnly,
        is_close_order=payload.closeOrder,
        is_post_only=payload.postOnly,
        untriggered=bool(payload.stop) and not payload.stopTriggered and not is_done,
        trigger=_trigger(payload.stopPrice, symbol, scales),
    )


def order_stub(payload: OrderPayload) -> OrderUpdate:
    """What is left of an order whose contract or price cannot be read: enough to cancel it."""
    filled = min(payload.dealSize or 0, payload.size)
    return OrderUpdate(
        symbol=Symbol(payload.symbol),
        order_id=OrderId(payload.id),
        client_oid=ClientOid(payload.clientOid) if payload.clientOid else None,
        side=_SIDES.get(payload.side, Side.BUY),
        order_type=OrderType.MARKET,
        price=None,
        lots=Lots(max(0, payload.size)),
        filled=Lots(max(0, filled)),
        canceled=Lots(0),
        remaining=Lots(max(0, payload.size - filled)),
        is_done=False,
        event_at=_latest(payload),
        is_reduce_only=payload.reduceOnly,
        is_close_order=payload.closeOrder,
        is_post_only=payload.postOnly,
    )


def _latest(payload: OrderPayload) -> TimestampNs:
    stamps = (payload.createdAt, payload.updatedAt or 0, payload.endAt or 0)
    return max(to_ns(stamp) for stamp in stamps)


def order_event(payload: OrderEventPayload, scales: Scales) -> OrderUpdate:
    """A ``tradeOrders`` event; ``done`` is terminal whatever its type (API reference 3.6)."""
    symbol = Symbol(payload.symbol)
    price = _optional(payload.price, "price")
    order_type = _TYPES.get(payload.orderType or "")
    if order_type is None:
        # Liquidations carry no type; a price tells a limit from a market order.
        order_type = OrderType.LIMIT if price else OrderType.MARKET
    is_done = payload.status == "done"
    filled = payload.filledSize
    canceled = payload.canceledSize
    if canceled is None:
        canceled = max(0, payload.size - filled) if is_done else 0
    return OrderUpdate(
        symbol=symbol,
        order_id=OrderId(payload.orderId),
        client_oid=ClientOid(payload.clientOid) if payload.clientOid else None,
        side=_side(payload.side or ""),
        order_type=order_type,
        price=_limit_price(price, order_type, symbol, scales),
        lots=_lots(payload.size, "size"),
        filled=_lots(filled, "filledSize"),
        canceled=_lots(canceled, "canceledSize"),
        remaining=Lots(max(0, payload.size - filled - canceled)),
        is_done=is_done,
        event_at=to_ns(payload.ts),
        fill=_event_fill(payload, scales),
    )


def _event_fill(payload: OrderEventPayload, scales: Scales) -> Fill | None:
    if payload.type != "match" or not payload.tradeId:
        return None
    lots = _optional(payload.matchSize, "matchSize")
    price = _optional(payload.matchPrice, "matchPrice")
    if lots is None or price is None:
        raise ProtocolError(f"match of order {payload.orderId} without size or price")
    symbol = Symbol(payload.symbol)
    told = payload.liquidity or ("maker" if payload.feeType == "makerFee" else "taker")
    return Fill(
        symbol=symbol,
        trade_id=payload.tradeId,
        order_id=OrderId(payload.orderId),
        side=_side(payload.side or ""),
        price=scales.ticks(symbol, price),
        lots=_lots(int(lots), "matchSize"),
        liquidity=_liquidity(told),
        event_at=to_ns(payload.ts),
    )


def stop_event(payload: StopEventPayload, scales: Scales) -> OrderUpdate:
    """An ``advancedOrders`` event. A cancel or a failed trigger ends the order.

    A trigger that worked does not: whether the child keeps the id is not established (API reference
    3.6 rule 7), and an order taken for ended would swallow its child's events.
    """
    symbol = Symbol(payload.symbol)
    price = _optional(payload.orderPrice, "orderPrice")
    waits = payload.type == "open"
    is_done = payload.type == "cancel" or payload.triggerSuccess is False
    return OrderUpdate(
        symbol=symbol,
        order_id=OrderId(payload.orderId),
        client_oid=None,
        side=_side(payload.side),
        order_type=OrderType.LIMIT if price else OrderType.MARKET,
        price=None if not price else scales.ticks(symbol, price),
        lots=_lots(payload.size, "size"),
        filled=Lots(0),
        canceled=Lots(payload.size) if is_done else Lots(0),
        remaining=Lots(0) if is_done else Lots(payload.size),
        is_done=is_done,
        event_at=to_ns(payload.ts),
        untriggered=waits,
        trigger=_trigger(payload.stopPrice, symbol, scales),
    )


def fill(payload: FillPayload, scales: Scales) -> Fill:
    """A fill as REST tells it, with its fee."""
    symbol = Symbol(payload.symbol)
    return Fill(
        symbol=symbol,
        trade_id=payload.tradeId,
        order_id=OrderId(payload.orderId),
        side=_side(payload.side),
        price=scales.ticks(symbol, payload.price),
        lots=_lots(payload.size, "size"),
        liquidity=_liquidity(payload.liquidity),
        event_at=to_ns(payload.tradeTime),
        fee=Money(payload.fee, payload.feeCurrency),
    )


# Account -----------------------------------------------------------------------------------------


def position_update(payload: PositionPayload, scales: Scales) -> PositionUpdate | None:
    """A whole position; None for a partial frame that only re-marks it."""
    if payload.currentQty is None or payload.symbol is None:
        return None
    listed = scales.contract(payload.symbol)
    currency = payload.settleCurrency or listed.settle_currency
    is_flat = payload.currentQty == 0
    return PositionUpdate(
        symbol=listed.symbol,
        lots=Lots(payload.currentQty),
        average_entry=None if is_flat else _exact(payload.avgEntryPrice),
        mark=_exact(payload.markPrice),
        liquidation=None if is_flat else _exact(payload.liquidationPrice),
        realized=Money(payload.realisedPnl or Decimal(0), currency),
        unrealized=Money(payload.unrealisedPnl or Decimal(0), currency),
        margin=Money(payload.posMargin or Decimal(0), currency),
        margin_mode=_position_margin_mode(payload),
        leverage=payload.leverage,
        event_at=to_ms(payload.currentTimestamp or 0),
        untold=_untold(payload),
    )


def _untold(payload: PositionPayload) -> frozenset[str]:
    """What a whole position left out: unchanged, never zero (API reference 5.7)."""
    told = {
        "mark": payload.markPrice,
        "realized": payload.realisedPnl,
        "unrealized": payload.unrealisedPnl,
        "margin": payload.posMargin,
        "leverage": payload.leverage,
        "margin_mode": payload.crossMode if payload.marginMode is None else payload.marginMode,
    }
    if payload.currentQty:
        told["average_entry"] = payload.avgEntryPrice
        told["liquidation"] = payload.liquidationPrice
    return frozenset(name for name, value in told.items() if value is None)


def _position_margin_mode(payload: PositionPayload) -> MarginMode:
    if payload.marginMode is not None:
        return margin_mode(payload.marginMode)
    return MarginMode.CROSS if payload.crossMode else MarginMode.ISOLATED


def margin_mode(word: str) -> MarginMode:
    """A margin mode. Raises ``ProtocolError`` for a word that is none."""
    mode = _MARGIN_MODES.get(word)
    if mode is None:
        raise ProtocolError(f"unknown margin mode {word!r}")
    return mode


def position_mode(payload: PositionModePayload) -> PositionMode:
    """0 is one-way, 1 is hedge."""
    return PositionMode.HEDGE if payload.positionMode == 1 else PositionMode.ONE_WAY


def overview(payload: OverviewPayload) -> WalletUpdate:
    """The account overview of one currency, by REST. It carries no time of its own."""
    currency = payload.currency
    return WalletUpdate(
        currency=currency,
        equity=Money(payload.accountEquity, currency),
        available=Money(payload.availableBalance, currency),
        order_margin=Money(payload.orderMargin, currency),
        position_margin=Money(payload.positionMargin, currency),
        unrealized=Money(payload.unrealisedPNL, currency),
        event_at=None,
        withdrawable=_money(payload.maxWithdrawAmount, currency),
    )


def wallet_change(payload: WalletPayload) -> WalletUpdate:
    """A ``walletBalance.change`` event; isolated and cross parts are added up."""
    currency = payload.currency
    return WalletUpdate(
        currency=currency,
        equity=Money(payload.equity, currency),
        available=Money(payload.availableBalance, currency),
        order_margin=Money(payload.crossOrderMargin + payload.isolatedOrderMargin, currency),
        position_margin=Money(payload.crossPosMargin + payload.isolatedPosMargin, currency),
        unrealized=Money(payload.crossUnPnl + payload.isolatedUnPnl, currency),
        event_at=to_ms(payload.timestamp),
        withdrawable=_money(payload.maxWithdrawAmount, currency),
    )


# Helpers -----------------------------------------------------------------------------------------


def _side(word: str) -> Side:
    side = _SIDES.get(word)
    if side is None:
        raise ProtocolError(f"unknown side {word!r}")
    return side


def _order_type(word: str) -> OrderType:
    order_type = _TYPES.get(word)
    if order_type is None:
        raise ProtocolError(f"unknown order type {word!r}")
    return order_type


def _liquidity(word: str) -> Liquidity:
    liquidity = _LIQUIDITY.get(word)
    if liquidity is None:
        raise ProtocolError(f"unknown liquidity {word!r}")
    return liquidity


def _lots(count: int, field: str) -> Lots:
    if count < 0:
        raise ProtocolError(f"{field} is negative: {count}")
    return Lots(count)


def _optional(value: object, field: str) -> Decimal | None:
    try:
        return decimal_of(value, field)
    except DecodeError as error:
        raise ProtocolError(str(error)) from error


def _decimal(text: str, field: str) -> Decimal:
    number = _optional(text, field)
    if number is None:
        raise ProtocolError(f"{field} is empty")
    return number


def _trigger(value: object, symbol: Symbol, scales: Scales) -> Price | None:
    """Where a stop waits, for showing only: a mark or index trigger may lie between two ticks."""
    price = _optional(value, "stopPrice")
    return scales.contract(symbol).scale.ticks_nearest(price) if price else None


def _limit_price(
    value: object, order_type: OrderType, symbol: Symbol, scales: Scales
) -> Price | None:
    price = _optional(value, "price")
    if order_type is OrderType.MARKET or not price:
        return None
    return scales.ticks(symbol, price)


def _exact(value: Decimal | None) -> ExactPrice | None:
    return None if not value else ExactPrice(value)


def _money(value: Decimal | None, currency: str) -> Money | None:
    return None if value is None else Money(value, currency)
