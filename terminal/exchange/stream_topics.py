"""Which topic carries which channel, and how each topic's frames become facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.candles import CandleInterval, StreamInterval
from terminal.domain.units import Symbol
from terminal.exchange import translate
from terminal.exchange.gateway import Channel, ChannelKind, FrameIgnored
from terminal.exchange.translate import feed
from terminal.wire import topics
from terminal.wire.account import (
    LegacyWalletPayload,
    RiskLimitPayload,
    SettlementPayload,
    StreamLeveragePayload,
    StreamPositionPayload,
    WalletPayload,
)
from terminal.wire.codec import decode
from terminal.wire.market import (
    CandleFramePayload,
    ChangePayload,
    DaySummaryPayload,
    DepthPayload,
    ExecutionPayload,
    FundingMomentPayload,
    FundingRatePayload,
    MarkIndexPayload,
    QuotePayload,
    TickerPayload,
)
from terminal.wire.trading import OrderEventPayload, StopEventPayload

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.exchange.gateway import StreamFact
    from terminal.exchange.translate import Scales
    from terminal.wire.connection import Pushed

_TOPICS = {
    ChannelKind.BOOK: topics.LEVEL2,
    ChannelKind.DEPTH5: topics.DEPTH5,
    ChannelKind.DEPTH50: topics.DEPTH50,
    ChannelKind.QUOTES: topics.TICKER_V2,
    ChannelKind.TICKERS: topics.TICKER,
    ChannelKind.TRADES: topics.EXECUTION,
    ChannelKind.MARK: topics.INSTRUMENT,
    ChannelKind.FUNDING: topics.ANNOUNCEMENT,
    ChannelKind.DAY: topics.SNAPSHOT,
    ChannelKind.CANDLES: topics.LIMIT_CANDLE,
    ChannelKind.ORDERS: topics.TRADE_ORDERS,
    ChannelKind.STOPS: topics.ADVANCED_ORDERS,
    ChannelKind.WALLET: topics.WALLET,
    ChannelKind.POSITIONS: topics.POSITION_ALL,
    ChannelKind.POSITION: topics.POSITION,
    ChannelKind.MARGIN_MODES: topics.MARGIN_MODE,
    ChannelKind.CROSS_LEVERAGE: topics.CROSS_LEVERAGE,
}
_KINDS = {topic: kind for kind, topic in _TOPICS.items()}


_CANDLE_TYPES: dict[CandleInterval | StreamInterval, str] = {
    CandleInterval.M1: "1min",
    StreamInterval.M3: "3min",
    CandleInterval.M5: "5min",
    CandleInterval.M15: "15min",
    CandleInterval.M30: "30min",
    CandleInterval.H1: "1hour",
    CandleInterval.H2: "2hour",
    CandleInterval.H4: "4hour",
    CandleInterval.H8: "8hour",
    CandleInterval.H12: "12hour",
    CandleInterval.D1: "1day",
    CandleInterval.W1: "1week",
    StreamInterval.MONTH: "1month",
}
_CANDLE_INTERVALS = {word: interval for interval, word in _CANDLE_TYPES.items()}


def topic_of(kind: ChannelKind) -> str:
    """The topic's name before the colon."""
    return _TOPICS[kind]


def subject_of(channel: Channel) -> str | None:
    """What a channel's topic says after the colon; None for topics without one."""
    if channel.symbol is None:
        return None
    if channel.interval is None:
        return channel.symbol
    return topics.candle_subject(channel.symbol, _CANDLE_TYPES[channel.interval])


def channel_of_topic(topic: str) -> Channel | None:
    """The channel of a topic as the exchange writes it; None for a topic that is not ours."""
    base, symbol = topics.split(topic)
    kind = _KINDS.get(base)
    if kind is None:
        return None
    if kind is ChannelKind.CANDLES:
        return _candle_channel(symbol)
    return Channel(kind, Symbol(symbol) if symbol else None)


def _candle_channel(subject: str) -> Channel | None:
    symbol, word = topics.split_candle_subject(subject)
    interval = _CANDLE_INTERVALS.get(word)
    return None if interval is None else Channel(ChannelKind.CANDLES, Symbol(symbol), interval)


def translated(event: Pushed, scales: Scales) -> StreamFact | None:
    """The fact in a data frame; None for a known frame that tells nothing we can use.

    Told apart by topic, for three topics share one subject. Raises ``ProtocolError`` or
    ``DecodeError`` for a frame of ours that cannot be read.
    """
    known = _known.get(event.topic)
    if known is None:
        base, _, symbol = event.topic.partition(":")
        known = (_READERS.get(base, _unknown), Symbol(symbol))
        if len(_known) < MAX_KNOWN:
            _known[event.topic] = known
    return known[0](known[1], event, scales)


def _unknown(_symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact:
    return _ignored(event)


def _ignored(event: Pushed) -> FrameIgnored:
    return FrameIgnored(f"{event.topic.partition(':')[0]} {event.subject}".strip()[:100])


def _book(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return translate.book_delta(symbol, decode(event.data, ChangePayload), scales)


def _depth(rows: int) -> Callable[[Symbol, Pushed, Scales], StreamFact]:
    def read(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
        return feed.depth(symbol, rows, decode(event.data, DepthPayload), scales)

    return read


def _quote(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return feed.quote(symbol, decode(event.data, QuotePayload), scales)


def _ticker(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return feed.ticker(symbol, decode(event.data, TickerPayload), scales)


def _trade(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return feed.execution(symbol, decode(event.data, ExecutionPayload), scales)


def _mark(symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact:
    if event.subject == "mark.index.price":
        return translate.mark_update(symbol, decode(event.data, MarkIndexPayload))
    if event.subject == "funding.rate":
        return feed.funding_rate(symbol, decode(event.data, FundingRatePayload))
    return _ignored(event)


def _funding(_symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact:
    if event.subject not in {"funding.begin", "funding.end"}:
        return _ignored(event)
    payload = decode(event.data, FundingMomentPayload)
    return feed.funding_moment(payload, is_begin=event.subject == "funding.begin")


def _day(symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact:
    return feed.day_summary(symbol, decode(event.data, DaySummaryPayload))


def _candle(subject: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    channel = _candle_channel(subject)
    if channel is None or channel.symbol is None or channel.interval is None:
        return _ignored(event)
    payload = decode(event.data, CandleFramePayload)
    return translate.candle_update(channel.symbol, channel.interval, payload, scales)


def _order(_symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return translate.order_event(decode(event.data, OrderEventPayload), scales)


def _stop(_symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return translate.stop_event(decode(event.data, StopEventPayload), scales)


_LEGACY_WALLET = frozenset({"orderMargin.change", "availableBalance.change", "withdrawHold.change"})


def _wallet(_symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact:
    if event.subject == "walletBalance.change":
        return translate.wallet_change(decode(event.data, WalletPayload))
    if event.subject in _LEGACY_WALLET:
        return feed.wallet_patch(decode(event.data, LegacyWalletPayload))
    return _ignored(event)


def _position(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact | None:
    if event.subject == "position.change":
        payload = decode(event.data, StreamPositionPayload)
        return feed.position(symbol or None, payload, scales)
    if event.subject == "position.settlement":
        return feed.settlement(symbol or None, decode(event.data, SettlementPayload))
    if event.subject == "position.adjustRiskLimit":
        return feed.risk_limit(symbol or None, decode(event.data, RiskLimitPayload))
    return _ignored(event)


def _margin_modes(_symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact:
    if event.subject != "user.config":
        return _ignored(event)
    return feed.margin_modes(decode(event.data, dict[str, str]))


def _cross_leverage(_symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact:
    if event.subject != "user.config":
        return _ignored(event)
    return feed.cross_leverages(decode(event.data, dict[str, StreamLeveragePayload]))


MAX_KNOWN = 10_000
"""Topics whose reader is remembered: more than all contracts have."""
_known: dict[str, tuple[Callable[[Symbol, Pushed, Scales], StreamFact | None], Symbol]] = {}

_READERS: dict[str, Callable[[Symbol, Pushed, Scales], StreamFact | None]] = {
    topics.LEVEL2: _book,
    topics.DEPTH5: _depth(5),
    topics.DEPTH50: _depth(50),
    topics.TICKER_V2: _quote,
    topics.TICKER: _ticker,
    topics.EXECUTION: _trade,
    topics.INSTRUMENT: _mark,
    topics.ANNOUNCEMENT: _funding,
    topics.SNAPSHOT: _day,
    topics.LIMIT_CANDLE: _candle,
    topics.TRADE_ORDERS: _order,
    topics.ADVANCED_ORDERS: _stop,
    topics.WALLET: _wallet,
    topics.POSITION_ALL: _position,
    topics.POSITION: _position,
    topics.MARGIN_MODE: _margin_modes,
    topics.CROSS_LEVERAGE: _cross_leverage,
}
