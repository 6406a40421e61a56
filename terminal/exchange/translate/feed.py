"""What only the stream tells, to domain facts.

Prices become whole ticks and sizes whole lots here. What cannot be translated raises
``ProtocolError``; nothing is guessed, and what a frame leaves out is None, never zero.
Source: API reference 5.6 and 5.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.clock import TimestampMs
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
from terminal.exchange.translate import read
from terminal.exchange.translate.account import margin_mode, position_update
from terminal.exchange.translate.market import public_trade
from terminal.wire.codec import encode, excerpt
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
        read.ms(stamp, "ts"),
    )


def _levels(rows: list[tuple[Decimal, int]], symbol: Symbol, scales: Scales) -> list[Level]:
    totals: dict[Price, int] = {}
    for price, lots in rows:
        if lots < 0 or price <= 0:
            raise ProtocolError(f"{symbol}: {price} with {lots} lots")
        at = scales.ticks_below(symbol, price)
        totals[at] = totals.get(at, 0) + lots
    return [Level(price, Lots(lots)) for price, lots in totals.items() if lots]


def quote(symbol: Symbol, payload: QuotePayload | TickerPayload, scales: Scales) -> QuoteUpdate:
    """Best bid and ask; an empty side comes without a price, or with nothing behind it."""
    return QuoteUpdate(
        symbol,
        payload.sequence,
        _best(symbol, payload.bestBidPrice, payload.bestBidSize, scales),
        _best(symbol, payload.bestAskPrice, payload.bestAskSize, scales),
        read.ns(payload.ts, "ts"),
    )


def _best(symbol: Symbol, price: Decimal | None, lots: int | None, scales: Scales) -> Level | None:
    if not price or not lots:
        return None
    ticks = scales.ticks_below(symbol, read.positive(price, "best price"))
    return Level(ticks, read.lots(lots, "best size"))


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
    rate = read.rate(payload.fundingRate, "fundingRate")
    at = read.ms(payload.timestamp, "timestamp")
    return FundingRateUpdate(symbol, rate, payload.granularity, at)


def funding_moment(payload: FundingMomentPayload, *, is_begin: bool) -> FundingMoment:
    """Funding begins or has ended."""
    return FundingMoment(
        Symbol(payload.symbol),
        is_begin,
        read.rate(payload.fundingRate, "fundingRate"),
        read.ms(payload.fundingTime, "fundingTime"),
        read.ms(payload.timestamp, "timestamp"),
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
        read.ns(payload.ts, "ts"),
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
        mark=read.exact_price(payload.markPrice),
        unrealized=read.money(payload.unrealisedPnl, currency),
        margin=read.money(payload.posMargin, currency),
        liquidation=read.exact_price(payload.liquidationPrice),
        leverage=payload.leverage,
        event_at=read.told_ms(payload.currentTimestamp, "currentTimestamp") or TimestampMs(0),
        side=read.told_position_side(payload.positionSide),
    )


def settlement(symbol: Symbol | None, payload: SettlementPayload) -> PositionSettlement:
    """Funding of one of our positions."""
    return PositionSettlement(
        symbol=Symbol(payload.symbol) if payload.symbol else symbol,
        lots=Lots(payload.qty),
        mark=ExactPrice(payload.markPrice),
        rate=read.rate(payload.fundingRate, "fundingRate"),
        fee=Money(payload.fundingFee, payload.settleCurrency),
        funding_at=read.ms(payload.fundingTime, "fundingTime"),
        event_at=read.ns(payload.ts, "ts"),
    )


def risk_limit(symbol: Symbol | None, payload: RiskLimitPayload) -> RiskLimitUpdate:
    """How a change of the risk limit ended."""
    name = Symbol(payload.symbol) if payload.symbol else symbol
    return RiskLimitUpdate(name, payload.success, payload.riskLimitLevel, payload.msg or "")


def margin_modes(payload: dict[str, str]) -> MarginModesUpdate:
    """Margin modes that were changed. Raises ``ProtocolError`` for a word that is none."""
    try:
        modes = [(Symbol(symbol), margin_mode(word)) for symbol, word in payload.items()]
    except ProtocolError:
        # The word alone could be anything: with its name before it, a secret is left out.
        raise ProtocolError(f"marginMode: unknown word in {excerpt(encode(payload))}") from None
    return MarginModesUpdate(tuple(modes))


def cross_leverages(payload: dict[str, StreamLeveragePayload]) -> CrossLeverageUpdate:
    """Leverages in cross mode that were changed."""
    return CrossLeverageUpdate(
        tuple((Symbol(symbol), told.leverage) for symbol, told in payload.items())
    )


def wallet_patch(payload: LegacyWalletPayload) -> WalletPatch:
    """A part of a wallet of the old account model."""
    return WalletPatch(
        payload.currency,
        read.money(payload.availableBalance, payload.currency),
        read.money(payload.orderMargin, payload.currency),
        read.money(payload.withdrawHold, payload.currency),
        read.ms(payload.timestamp, "timestamp"),
    )
