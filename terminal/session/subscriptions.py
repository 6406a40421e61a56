"""Who listens to which channel, and how each channel stands: pure book-keeping of a feed.

Channels keep what they were asked with for as long as somebody listens, so that they can be asked
for again on every connection. Nothing here talks.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast, final

from terminal.domain.events import (
    BookDelta,
    BookDepth,
    CandleUpdate,
    CrossLeverageUpdate,
    DaySummary,
    FundingMoment,
    FundingRateUpdate,
    MarginModesUpdate,
    MarkUpdate,
    OrderUpdate,
    PositionPatch,
    PositionSettlement,
    PositionUpdate,
    PublicTrade,
    QuoteUpdate,
    RiskLimitUpdate,
    TickerUpdate,
    WalletPatch,
    WalletUpdate,
)
from terminal.exchange.gateway import ChannelKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from terminal.exchange.gateway import Channel, FrameUnreadable, StreamFact

    Handler = Callable[[StreamFact], None]

SILENCE_S = {
    ChannelKind.MARK: 10.0,
    ChannelKind.DAY: 30.0,
    ChannelKind.BOOK: 30.0,
    ChannelKind.DEPTH5: 30.0,
    ChannelKind.DEPTH50: 30.0,
    ChannelKind.QUOTES: 30.0,
}
"""After so long without a frame something is wrong. Our choice, from reference 5.6 and 9."""

STEADY = frozenset({ChannelKind.MARK, ChannelKind.DAY})
"""Told by the clock (1 s, 5 s) whatever the market does; the others only while it is busy."""
LIQUID_FRAMES = 30
LIQUID_INTERVAL_S = 1.0
"""A market is busy when so many frames came, on average at least one in so long."""

_POSITION_KINDS = (ChannelKind.POSITIONS, ChannelKind.POSITION)
_KINDS_OF: dict[object, tuple[ChannelKind, ...]] = {
    BookDelta: (ChannelKind.BOOK,),
    (BookDepth, 5): (ChannelKind.DEPTH5,),
    (BookDepth, 50): (ChannelKind.DEPTH50,),
    QuoteUpdate: (ChannelKind.QUOTES,),
    TickerUpdate: (ChannelKind.TICKERS,),
    PublicTrade: (ChannelKind.TRADES,),
    MarkUpdate: (ChannelKind.MARK,),
    FundingRateUpdate: (ChannelKind.MARK,),
    FundingMoment: (ChannelKind.FUNDING,),
    DaySummary: (ChannelKind.DAY,),
    CandleUpdate: (ChannelKind.CANDLES,),
    OrderUpdate: (ChannelKind.ORDERS, ChannelKind.STOPS),
    PositionUpdate: _POSITION_KINDS,
    PositionPatch: _POSITION_KINDS,
    PositionSettlement: _POSITION_KINDS,
    RiskLimitUpdate: _POSITION_KINDS,
    WalletUpdate: (ChannelKind.WALLET,),
    WalletPatch: (ChannelKind.WALLET,),
    MarginModesUpdate: (ChannelKind.MARGIN_MODES,),
    CrossLeverageUpdate: (ChannelKind.CROSS_LEVERAGE,),
}
DATA_FACTS = frozenset(kind for kind in _KINDS_OF if isinstance(kind, type)) | {BookDepth}
"""Types of facts that the market or the account tells; the others are about the stream itself."""
_NAMELESS = frozenset({WalletUpdate, WalletPatch, MarginModesUpdate, CrossLeverageUpdate})
_WATCHED = frozenset({BookDelta, BookDepth, QuoteUpdate, MarkUpdate, DaySummary})


_Named: TypeAlias = BookDelta | BookDepth | PublicTrade | MarkUpdate | OrderUpdate


class ChannelState(Enum):
    """How a channel stands on the present connection."""

    WAITING = "waiting"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class Verdict(Enum):
    """What a channel's silence asks for."""

    FINE = "fine"
    ASK_AGAIN = "ask again"
    RECONNECT = "reconnect"


@final
class Subscription:
    """One channel: its listeners with their counts, its state, and when it was last heard.

    ``reason`` says why it failed, empty otherwise; ``refusals`` counts them in a row. Times are
    monotonic seconds.
    """

    __slots__ = (
        "_asked_again",
        "_frames",
        "_heard_s",
        "_last_s",
        "_since_s",
        "channel",
        "handlers",
        "reason",
        "refusals",
        "state",
    )

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.handlers: dict[Handler, int] = {}
        self.state = ChannelState.WAITING
        self.reason = ""
        self.refusals = 0
        self._begin(0.0)

    def _begin(self, now_s: float) -> None:
        self._since_s = self._heard_s = self._last_s = now_s
        self._frames = 0
        self._asked_again = False

    def forget(self) -> None:
        """Its connection is gone."""
        self.state = ChannelState.WAITING
        self._begin(0.0)

    def asked(self) -> None:
        """It was asked for."""
        self.state = ChannelState.PENDING

    def confirmed(self, now_s: float) -> None:
        """The exchange acknowledged it."""
        if not self._asked_again:
            self._begin(now_s)
        self._heard_s = now_s
        self.state, self.reason, self.refusals = ChannelState.CONFIRMED, "", 0

    def refused(self, reason: str) -> None:
        """The exchange refused it."""
        self.state, self.reason = ChannelState.FAILED, reason
        self.refusals += 1

    def heard(self, now_s: float) -> None:
        """A frame of it came."""
        self._heard_s = self._last_s = now_s
        self._frames += 1
        self._asked_again = False

    def quiet(self, now_s: float) -> None:
        """Something else proved that there was nothing to tell: the market was quiet."""
        self._begin(now_s)

    def silent_for_s(self, now_s: float) -> float:
        """How long nothing came since it was confirmed or heard."""
        return now_s - self._heard_s

    def verdict(self, now_s: float) -> Verdict:
        """What to do now. Asking again is said once; then it is to be reconnected.

        A quiet market is fine. So is a steady channel of which nothing ever came on this
        connection, after it was asked for twice: another connection would tell no more.
        """
        limit_s = SILENCE_S.get(self.channel.kind)
        if limit_s is None or self.state is not ChannelState.CONFIRMED:
            return Verdict.FINE
        if self.silent_for_s(now_s) < limit_s or not self._is_liquid():
            return Verdict.FINE
        if not self._asked_again:
            self._asked_again = True
            return Verdict.ASK_AGAIN
        return Verdict.RECONNECT if self._frames else Verdict.FINE

    def _is_liquid(self) -> bool:
        if self.channel.kind in STEADY:
            return True
        span_s = self._last_s - self._since_s
        return self._frames >= LIQUID_FRAMES and span_s <= self._frames * LIQUID_INTERVAL_S


class Route(NamedTuple):
    """Who gets a fact, each once, and whose silence it ends."""

    handlers: tuple[Handler, ...]
    watched: tuple[Subscription, ...]


@final
class Subscriptions:
    """All channels of a feed that somebody listens to.

    ``revision`` grows whenever somebody begins or stops to listen.
    """

    def __init__(self) -> None:
        self._by_channel: dict[Channel, Subscription] = {}
        self._routes: dict[tuple[object, object], Route] = {}
        self.revision = 0

    def __len__(self) -> int:
        return len(self._by_channel)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(tuple(self._by_channel.values()))

    def get(self, channel: Channel) -> Subscription | None:
        """A channel somebody listens to."""
        return self._by_channel.get(channel)

    def states(self) -> Counter[ChannelState]:
        """How many channels stand how."""
        return Counter(one.state for one in self._by_channel.values())

    def add(self, channel: Channel, handler: Handler) -> tuple[Subscription, bool]:
        """Count a listener in; True when it is the channel's first."""
        found = self._by_channel.get(channel)
        is_new = found is None
        if found is None:
            found = self._by_channel[channel] = Subscription(channel)
        found.handlers[handler] = found.handlers.get(handler, 0) + 1
        self._changed()
        return found, is_new

    def remove(self, subscription: Subscription, handler: Handler) -> bool:
        """Count a listener out; True when it was the channel's last."""
        handlers = subscription.handlers
        count = handlers.get(handler, 0) - 1
        if count > 0:
            handlers[handler] = count
        else:
            handlers.pop(handler, None)
        self._changed()
        channel = subscription.channel
        if handlers or self._by_channel.get(channel) is not subscription:
            return False
        del self._by_channel[channel]
        return True

    def _changed(self) -> None:
        self._routes.clear()
        self.revision += 1

    def route(self, fact: StreamFact) -> Route:
        """Who gets a data fact. Costs two look-ups once it is known."""
        kind = type(fact)
        symbol = None if kind in _NAMELESS else cast("_Named", fact).symbol
        tag = (BookDepth, cast("BookDepth", fact).rows) if kind is BookDepth else kind
        found = self._routes.get((tag, symbol))
        return self._found(kind, tag, symbol) if found is None else found

    def _found(self, kind: type, tag: object, symbol: object) -> Route:
        handlers: dict[Handler, None] = {}
        watched: list[Subscription] = []
        for wanted in _KINDS_OF.get(tag, ()):
            for channel, one in self._by_channel.items():
                if channel.kind is wanted and _is_about(channel, symbol):
                    handlers.update(dict.fromkeys(one.handlers))
                    if kind in _WATCHED:
                        watched.append(one)
        route = self._routes[tag, symbol] = Route(tuple(handlers), tuple(watched))
        return route

    def listeners(self, channel: Channel) -> tuple[Handler, ...]:
        """Who is told what happens to a channel itself."""
        found = self._by_channel.get(channel)
        return () if found is None else tuple(found.handlers)

    def concerned(self, fact: FrameUnreadable) -> tuple[Handler, ...]:
        """Who is told of a frame that could not be read.

        One that belongs to nobody may have been of the account, or of any order book.
        """
        return _handlers_of(one for one in self._by_channel.values() if _concerns(fact, one))


def _handlers_of(found: Iterable[Subscription]) -> tuple[Handler, ...]:
    handlers: dict[Handler, None] = {}
    for one in found:
        handlers.update(dict.fromkeys(one.handlers))
    return tuple(handlers)


_BOOKS = frozenset({ChannelKind.BOOK, ChannelKind.DEPTH50, ChannelKind.DEPTH5, ChannelKind.QUOTES})
"""What a quiet market may not tell again."""


def _concerns(fact: FrameUnreadable, one: Subscription) -> bool:
    channel, lost = one.channel, fact.channel
    if lost is None:
        return channel.kind.is_private or channel.kind in _BOOKS
    if channel.kind is not lost.kind or channel.interval is not lost.interval:
        return False
    return _is_about(channel, lost.symbol)


def _is_about(channel: Channel, symbol: object) -> bool:
    """True when a channel may tell of a contract; without a symbol it tells of all."""
    return channel.symbol is None or symbol is None or channel.symbol == symbol
