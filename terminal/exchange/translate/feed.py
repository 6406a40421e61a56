"""What only the stream tells, to domain facts.

Prices become whole ticks and sizes whole lots here. What cannot be translated raises
``ProtocolError``; nothing is guessed, and what a frame leaves out is None, never zero.
Source: API reference 5.6 and 5.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.clock import to_ms, to_ns
from terminal.domain.events import (
    BookDepth,
    CrossLeverageUpdate,
    DaySummary,
    FundingMoment,
    FundingRateUpdate,
    Level,
    MarginModesUpdate,
    PositionPatch,
    PositionSettlement,
    PublicTrade,
    QuoteUpdate,
    RiskLimitUpdate,
    TickerUpdate,
    WalletPatch,
)
from terminal.domain.units import ExactPrice, Lots, Money, Price, Symbol
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate.account import margin_mode, position_update
from terminal.exchange.translate.market import public_trade
from terminal.wire.codec import DecodeError, decimal_of
from terminal.wire.market import TradePayload

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.events import PositionUpdate
    from terminal.exchange.translate.scales import Scales
    from terminal.wire.account import (
        LegacyWalletPayload,
        RiskLimitPayload,
        SettlementPayload,
        StreamLeveragePayload,
        StreamPositionPayload,
    )
    from terminal.wire.market import (
        DaySummaryPayload,
        DepthPayload,
        ExecutionPayload,
        FundingMomentPayload,
        FundingRatePayload,
        QuotePayload,
        TickerPayload,
    )

# Market ------------------------------------------------------------------------------------------


def depth(symbol: Symbol, rows: int, payload: DepthPayload, scales: Scales) -> BookDepth:
    """The best levels of both sides; levels between two ticks count for the tick below."""
    stamp = payload.ts or payload.timestamp
    if stamp is None:
        raise ProtocolError(f"{symbol}: depth without a time")
    return BookDepth(
        symbol,
        rows,
        payload.sequence,
        tuple(sorted(_levels(payload.bids, symbol, scales), reverse=True)),
        tuple(sorted(_levels(payload.asks, symbol, scales))),
        to_ms(stamp),
    )


def _levels(rows: list[tuple[Decimal, int]], symbol: Symbol, scales: Scales) -> list[Level]:
    totals: dict[Price, int] = {}
    scale = scales.contract(symbol).scale
    for price, lots in rows:
        if lots < 0:
            raise ProtocolError(f"{symbol}: {price} with {lots} lots")
        at = scale.ticks_below(price)
        totals[at] = totals.get(at, 0) + lots
    return [Level(price, Lots(lots)) for price, lots in totals.items() if lots]


def quote(symbol: Symbol, payload: QuotePayload | TickerPayload, scales: Scales) -> QuoteUpdate:
    """Best bid and ask; an empty side comes without a price, or with nothing behind it."""
    return QuoteUpdate(
        symbol,
        payload.sequence,
        _best(symbol, payload.bestBidPrice, payload.bestBidSize, scales),
        _best(symbol, payload.bestAskPrice, payload.bestAskSize, scales),
        to_ns(payload.ts),
    )


def _best(symbol: Symbol, price: object, lots: int | None, scales: Scales) -> Level | None:
    try:
        number = decimal_of(price, "best price")
    except DecodeError as error:
        raise ProtocolError(f"{symbol}: {error}") from error
    if not number or not lots:
        return None
    return Level(scales.contract(symbol).scale.ticks_below(number), Lots(lots))


def ticker(symbol: Symbol, payload: TickerPayload, scales: Scales) -> TickerUpdate:
    """The last match of an instant with the best prices."""
    trade = TradePayload(
        payload.sequence, payload.tradeId, payload.size, payload.price, payload.side, payload.ts
    )
    return TickerUpdate(public_trade(symbol, trade, scales), quote(symbol, payload, scales))


def execution(symbol: Symbol, payload: ExecutionPayload, scales: Scales) -> PublicTrade:
    """A public match by stream, in today's form or that of 2023."""
    size = payload.matchSize if payload.size is None else payload.size
    stamp = payload.time if payload.ts is None else payload.ts
    if size is None or stamp is None:
        raise ProtocolError(f"{symbol}: match {payload.tradeId} without size or time")
    trade = TradePayload(
        payload.sequence, payload.tradeId, size, payload.price, payload.side, stamp
    )
    return public_trade(symbol, trade, scales)


def funding_rate(symbol: Symbol, payload: FundingRatePayload) -> FundingRateUpdate:
    """The funding rate, predicted or fixed."""
    at = to_ms(payload.timestamp)
    return FundingRateUpdate(symbol, payload.fundingRate, payload.granularity, at)


def funding_moment(payload: FundingMomentPayload, *, is_begin: bool) -> FundingMoment:
    """Funding begins or has ended."""
    return FundingMoment(
        Symbol(payload.symbol),
        is_begin,
        payload.fundingRate,
        to_ms(payload.fundingTime),
        to_ms(payload.timestamp),
    )


def day_summary(symbol: Symbol, payload: DaySummaryPayload) -> DaySummary:
    """The last 24 hours."""
    return DaySummary(
        symbol,
        ExactPrice(payload.lastPrice),
        ExactPrice(payload.highPrice),
        ExactPrice(payload.lowPrice),
        ExactPrice(payload.price24HoursBefore),
        payload.priceChgPct,
        payload.turnover,
        payload.volume,
        to_ns(payload.ts),
    )


# Account -----------------------------------------------------------------------------------------


def position(
    symbol: Symbol | None, payload: StreamPositionPayload, scales: Scales
) -> PositionUpdate | PositionPatch | None:
    """A whole position or a part of one; None for a part that does not tell of which contract.

    ``symbol`` is the topic's. Such a nameless part on ``positionAll`` only re-marks: the mark price
    has a stream of its own.
    """
    name = payload.symbol or symbol
    if name is None:
        return None
    if payload.currentQty is not None:
        payload.symbol = name
        return position_update(payload, scales)
    currency = payload.settleCurrency or scales.contract(name).settle_currency
    return PositionPatch(
        symbol=Symbol(name),
        mark=None if payload.markPrice is None else ExactPrice(payload.markPrice),
        unrealized=_money(payload.unrealisedPnl, currency),
        margin=_money(payload.posMargin, currency),
        liquidation=None if not payload.liquidationPrice else ExactPrice(payload.liquidationPrice),
        leverage=payload.leverage,
        event_at=to_ms(payload.currentTimestamp or 0),
    )


def settlement(symbol: Symbol | None, payload: SettlementPayload) -> PositionSettlement:
    """Funding of one of our positions."""
    return PositionSettlement(
        symbol=Symbol(payload.symbol) if payload.symbol else symbol,
        lots=Lots(payload.qty),
        mark=ExactPrice(payload.markPrice),
        rate=payload.fundingRate,
        fee=Money(payload.fundingFee, payload.settleCurrency),
        funding_at=to_ms(payload.fundingTime),
        event_at=to_ns(payload.ts),
    )


def risk_limit(symbol: Symbol | None, payload: RiskLimitPayload) -> RiskLimitUpdate:
    """How a change of the risk limit ended."""
    name = Symbol(payload.symbol) if payload.symbol else symbol
    return RiskLimitUpdate(name, payload.success, payload.riskLimitLevel, payload.msg or "")


def margin_modes(payload: dict[str, str]) -> MarginModesUpdate:
    """Margin modes that were changed. Raises ``ProtocolError`` for a word that is none."""
    return MarginModesUpdate(
        tuple((Symbol(symbol), margin_mode(word)) for symbol, word in payload.items())
    )


def cross_leverages(payload: dict[str, StreamLeveragePayload]) -> CrossLeverageUpdate:
    """Leverages in cross mode that were changed."""
    return CrossLeverageUpdate(
        tuple((Symbol(symbol), told.leverage) for symbol, told in payload.items())
    )


def wallet_patch(payload: LegacyWalletPayload) -> WalletPatch:
    """A part of a wallet of the old account model."""
    return WalletPatch(
        payload.currency,
        _money(payload.availableBalance, payload.currency),
        _money(payload.orderMargin, payload.currency),
        _money(payload.withdrawHold, payload.currency),
        to_ms(payload.timestamp),
    )


def _money(value: Decimal | None, currency: str) -> Money | None:
    return None if value is None else Money(value, currency)
