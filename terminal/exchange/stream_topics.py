"""Which topic carries which channel, and how each topic's frames become facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.candles import CandleInterval
from terminal.domain.units import Symbol
from terminal.exchange import translate
from terminal.exchange.gateway import Channel, ChannelKind
from terminal.wire import topics
from terminal.wire.account import PositionPayload, WalletPayload
from terminal.wire.codec import decode
from terminal.wire.market import CandleFramePayload, ChangePayload, MarkIndexPayload, TradePayload
from terminal.wire.trading import OrderEventPayload, StopEventPayload

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.exchange.gateway import StreamFact
    from terminal.exchange.translate import Scales
    from terminal.wire.connection import Pushed

_TOPICS = {
    ChannelKind.BOOK: topics.LEVEL2,
    ChannelKind.TRADES: topics.EXECUTION,
    ChannelKind.MARK: topics.INSTRUMENT,
    ChannelKind.CANDLES: topics.LIMIT_CANDLE,
    ChannelKind.ORDERS: topics.TRADE_ORDERS,
    ChannelKind.STOPS: topics.ADVANCED_ORDERS,
    ChannelKind.WALLET: topics.WALLET,
    ChannelKind.POSITIONS: topics.POSITION_ALL,
}
_KINDS = {topic: kind for kind, topic in _TOPICS.items()}


_CANDLE_TYPES = {
    CandleInterval.M1: "1min",
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
    return Channel(kind, None if kind.is_private or not symbol else Symbol(symbol))


def _candle_channel(subject: str) -> Channel | None:
    symbol, word = topics.split_candle_subject(subject)
    interval = _CANDLE_INTERVALS.get(word)
    return None if interval is None else Channel(ChannelKind.CANDLES, Symbol(symbol), interval)


def translated(event: Pushed, scales: Scales) -> StreamFact | None:
    """The fact in a data frame; None for frames that tell nothing we use.

    Raises ``ProtocolError`` or ``DecodeError`` for a frame of ours that cannot be read.
    """
    base, _, symbol = event.topic.partition(":")
    reader = _READERS.get(base)
    return None if reader is None else reader(Symbol(symbol), event, scales)


def _book(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return translate.book_delta(symbol, decode(event.data, ChangePayload), scales)


def _trade(symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return translate.public_trade(symbol, decode(event.data, TradePayload), scales)


def _mark(symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact | None:
    if event.subject != "mark.index.price":
        return None
    return translate.mark_update(symbol, decode(event.data, MarkIndexPayload))


def _candle(subject: Symbol, event: Pushed, scales: Scales) -> StreamFact | None:
    channel = _candle_channel(subject)
    if channel is None or channel.symbol is None or channel.interval is None:
        return None
    payload = decode(event.data, CandleFramePayload)
    return translate.candle_update(channel.symbol, channel.interval, payload, scales)


def _order(_symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return translate.order_event(decode(event.data, OrderEventPayload), scales)


def _stop(_symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact:
    return translate.stop_event(decode(event.data, StopEventPayload), scales)


def _wallet(_symbol: Symbol, event: Pushed, _scales: Scales) -> StreamFact | None:
    if event.subject != "walletBalance.change":
        return None
    return translate.wallet_change(decode(event.data, WalletPayload))


def _position(_symbol: Symbol, event: Pushed, scales: Scales) -> StreamFact | None:
    if event.subject != "position.change":
        return None
    return translate.position_update(decode(event.data, PositionPayload), scales)


_READERS: dict[str, Callable[[Symbol, Pushed, Scales], StreamFact | None]] = {
    topics.LEVEL2: _book,
    topics.EXECUTION: _trade,
    topics.INSTRUMENT: _mark,
    topics.LIMIT_CANDLE: _candle,
    topics.TRADE_ORDERS: _order,
    topics.ADVANCED_ORDERS: _stop,
    topics.WALLET: _wallet,
    topics.POSITION_ALL: _position,
}
