"""One stream's life: connect, replay subscriptions, hand facts out, back off, report health."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, cast, final

from terminal.domain.events import (
    BookDelta,
    CandleUpdate,
    MarkUpdate,
    OrderUpdate,
    PositionUpdate,
    PublicTrade,
    WalletUpdate,
)
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
    PongReceived,
    StreamOpened,
)
from terminal.session.listeners import Handle, Listeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.exchange.gateway import StreamFact, StreamGateway
    from terminal.session.tasks import TaskOwner

    Handler = Callable[[StreamFact], None]

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Source: API reference 5.9; the actual wait is between half of this and all of it."""

REFUSED_WAIT_S = 30.0
PROVEN_S = 10.0
"""Only a connection that lived so long makes the next wait short again."""

_KINDS_OF: dict[type, tuple[ChannelKind, ...]] = {
    BookDelta: (ChannelKind.BOOK,),
    PublicTrade: (ChannelKind.TRADES,),
    MarkUpdate: (ChannelKind.MARK,),
    CandleUpdate: (ChannelKind.CANDLES,),
    OrderUpdate: (ChannelKind.ORDERS, ChannelKind.STOPS),
    PositionUpdate: (ChannelKind.POSITIONS,),
    WalletUpdate: (ChannelKind.WALLET,),
}


class FeedStatus(Enum):
    """Where a feed is in its life."""

    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"
    STOPPED = "stopped"


@final
@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How a feed does. Times are monotonic seconds, None when not known.

    ``attempt`` counts failed connections in a row. ``messages`` are data frames since the start.
    """

    status: FeedStatus
    reason: str
    attempt: int
    round_trip_ms: float | None
    connected_since_s: float | None
    last_frame_at_s: float | None
    messages: int
    retry_at_s: float | None


@final
class Feed:
    """Keeps one stream connected as long as it is started.

    ``on_opened`` is told before the subscriptions are sent on a fresh connection, ``on_lost`` when
    a live connection ended, ``on_changed`` on any change of status or round trip.
    """

    def __init__(self, name: str, stream: StreamGateway, clock: Clock, owner: TaskOwner) -> None:
        self.name = name
        self._stream = stream
        self._clock = clock
        self._parent = owner
        self._owner: TaskOwner | None = None
        self._handlers: dict[Channel, dict[Handler, int]] = {}
        self._routes: dict[tuple[type, object], tuple[Handler, ...]] = {}
        self._confirmed: set[Channel] = set()
        self._connections = 0
        self._status = FeedStatus.STOPPED
        self._reason = ""
        self._attempt = 0
        self._round_trip_ms: float | None = None
        self._connected_since_s: float | None = None
        self._last_frame_at_s: float | None = None
        self._messages = 0
        self._retry_at_s: float | None = None
        self._random = random.Random()  # noqa: S311 - spreads reconnections, keeps no secret
        self.on_changed: Listeners[[]] = Listeners(owner.listener_failed)
        self.on_opened: Listeners[[]] = Listeners(owner.listener_failed)
        self.on_lost: Listeners[[]] = Listeners(owner.listener_failed)

    @property
    def health(self) -> FeedHealth:
        """How the feed does now."""
        return FeedHealth(
            self._status,
            self._reason,
            self._attempt,
            self._round_trip_ms,
            self._connected_since_s,
            self._last_frame_at_s,
            self._messages,
            self._retry_at_s,
        )

    @property
    def is_live(self) -> bool:
        """True while the connection is welcomed."""
        return self._status is FeedStatus.LIVE

    # Subscriptions ---------------------------------------------------------------------------

    def subscribe(self, channel: Channel, handler: Handler) -> Handle:
        """Hand the facts of a channel to a handler, on this connection and every later one.

        The handler also gets what happens to the channel itself: confirmed, refused, unreadable.
        """
        handlers = self._handlers.setdefault(channel, {})
        is_new = not handlers
        handlers[handler] = handlers.get(handler, 0) + 1
        self._routes.clear()
        if is_new and self.is_live:
            self._stream.subscribe((channel,))
        elif self.is_live and channel in self._confirmed:
            self._hand(handler, ChannelConfirmed(channel))

        def remove() -> None:
            count = handlers.get(handler, 0) - 1
            if count > 0:
                handlers[handler] = count
            else:
                handlers.pop(handler, None)
            self._routes.clear()
            if not handlers and self._handlers.get(channel) is handlers:
                del self._handlers[channel]
                self._confirmed.discard(channel)
                if self.is_live:
                    self._stream.unsubscribe((channel,))

        return Handle(remove)

    def _route(self, fact_type: type, symbol: object) -> tuple[Handler, ...]:
        """Who gets facts of a type; private channels are for all symbols. Each handler once."""
        found: dict[Handler, None] = {}
        for kind in _KINDS_OF.get(fact_type, ()):
            for channel, handlers in self._handlers.items():
                if channel.kind is kind and (kind.is_private or channel.symbol == symbol):
                    found.update(dict.fromkeys(handlers))
        route = tuple(found)
        self._routes[fact_type, symbol] = route
        return route

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect. Idempotent."""
        if self._owner is None:
            self._owner = self._parent.child(f"feed {self.name}")
            self._owner.spawn("run", self._run())

    async def stop(self) -> None:
        """Disconnect and wait until it is done. Idempotent."""
        owner, self._owner = self._owner, None
        if owner is not None:
            await owner.close()
        self._ended(FeedStatus.STOPPED, "")

    async def restart(self) -> None:
        """Drop the connection and connect anew at once."""
        await self.stop()
        self._attempt = 0
        self.start()

    async def _run(self) -> None:
        while True:
            self._status, self._retry_at_s = FeedStatus.CONNECTING, None
            self.on_changed.notify()
            reason = await self._run_once()
            wait_s = self._backoff_s()
            self._attempt += 1
            self._retry_at_s = self._clock.monotonic_s() + wait_s
            self._ended(FeedStatus.WAITING, reason)
            await self._clock.sleep(wait_s)

    async def _run_once(self) -> str:
        """One connection; whatever goes wrong in it, the next one is tried."""
        try:
            reason = await self._stream.run(self._on_fact)
        except Exception as error:  # noqa: BLE001 - reported, and a dead feed that looks alive is worse
            self._parent.report(f"feed {self.name}", error)
            reason = "An error inside the program ended the stream."
        since_s = self._connected_since_s
        if since_s is not None and self._clock.monotonic_s() - since_s >= PROVEN_S:
            self._attempt = 0
        return reason

    def _backoff_s(self) -> float:
        longest = BACKOFF_S[min(self._attempt, len(BACKOFF_S) - 1)]
        return longest * self._random.uniform(0.5, 1.0)

    def _ended(self, status: FeedStatus, reason: str) -> None:
        was_live = self.is_live
        self._status, self._reason = status, reason
        self._round_trip_ms = self._connected_since_s = None
        if was_live:
            self.on_lost.notify()
        self.on_changed.notify()

    # Facts -----------------------------------------------------------------------------------

    def _on_fact(self, fact: StreamFact) -> None:
        self._last_frame_at_s = self._clock.monotonic_s()
        kind = type(fact)
        if kind in _KINDS_OF:
            self._messages += 1
            symbol = None
            if kind not in _PRIVATE_FACTS:
                symbol = cast("BookDelta | PublicTrade | MarkUpdate | CandleUpdate", fact).symbol
            route = self._routes.get((kind, symbol))
            for handler in self._route(kind, symbol) if route is None else route:
                self._hand(handler, fact)
            return
        self._on_control(fact)

    def _hand(self, handler: Handler, fact: StreamFact) -> None:
        """Give a fact to one handler; one that fails does not take the connection down."""
        try:
            handler(fact)
        except Exception as error:  # noqa: BLE001 - goes down the funnel, with its traceback
            self._parent.report(f"feed {self.name}", error)

    def _on_control(self, fact: StreamFact) -> None:
        if isinstance(fact, StreamOpened):
            self._status, self._reason = FeedStatus.LIVE, ""
            self._connected_since_s = self._clock.monotonic_s()
            self._connections += 1
            self._confirmed.clear()
            channels = tuple(self._handlers)
            self.on_opened.notify()
            self._stream.subscribe(channels)
            self.on_changed.notify()
        elif isinstance(fact, PongReceived):
            self._round_trip_ms = fact.round_trip_ms
            self.on_changed.notify()
        elif isinstance(fact, (ChannelConfirmed, ChannelRefused, FrameUnreadable)):
            self._on_channel(fact)

    def _on_channel(self, fact: ChannelConfirmed | ChannelRefused | FrameUnreadable) -> None:
        """Tell whom it concerns; a frame of nobody's may have been about any private channel."""
        if isinstance(fact, ChannelConfirmed):
            self._confirmed.add(fact.channel)
        elif isinstance(fact, ChannelRefused) and self._owner is not None:
            self._owner.spawn("ask again", self._ask_again(fact.channel, self._connections))
        told: dict[Handler, None] = {}
        for channel, handlers in self._handlers.items():
            if channel == fact.channel or (fact.channel is None and channel.kind.is_private):
                told.update(dict.fromkeys(handlers))
        for handler in told:
            self._hand(handler, fact)

    async def _ask_again(self, channel: Channel, connection: int) -> None:
        await self._clock.sleep(REFUSED_WAIT_S)
        if self.is_live and connection == self._connections and channel in self._handlers:
            self._stream.subscribe((channel,))


_PRIVATE_FACTS = frozenset({OrderUpdate, PositionUpdate, WalletUpdate})
