"""A feed's life: replay subscriptions on every connection, hand facts out, find what went silent.

The first connection is the feed: when it ends, everything is doubted. Topics that do not fit on it
have further connections, whose end is told to the listeners of their channels only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.clock import SleepWatch
from terminal.exchange.connect_window import ConnectWindow
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelRefused,
    ChannelsTooMany,
    FrameIgnored,
    FrameUnreadable,
)
from terminal.session.lane import FeedStatus, Lane
from terminal.session.listeners import Handle, Listeners
from terminal.session.subscriptions import ChannelState, Subscriptions, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.exchange.gateway import StreamFact, StreamGateway
    from terminal.session.subscriptions import Subscription
    from terminal.session.tasks import TaskOwner

    Handler = Callable[[StreamFact], None]

__all__ = ["Feed", "FeedHealth", "FeedStatus"]

REFUSED_WAIT_S = 30.0
LONGEST_REFUSED_WAIT_S = 600.0
TOPICS_PER_CONNECTION = 300
"""Until the exchange says otherwise. Source: API reference 5.4 (100 in 2023)."""
WATCH_INTERVAL_S = 1.0


@final
@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How a feed does. Times are monotonic seconds, None when not known.

    ``attempt`` counts failed connections in a row. ``messages`` are data frames since the start,
    ``unreadable`` and ``ignored`` those that could not be read or are of no known kind. The
    channels are those somebody listens to; ``connections`` carry them.
    """

    status: FeedStatus
    reason: str
    attempt: int
    round_trip_ms: float | None
    connected_since_s: float | None
    last_frame_at_s: float | None
    messages: int
    retry_at_s: float | None
    unreadable: int = 0
    ignored: int = 0
    connections: int = 1
    channels: int = 0
    pending: int = 0
    failed: int = 0


@final
class Feed:
    """Keeps one stream connected as long as it is started.

    ``on_opened`` is told before the subscriptions are sent on a fresh connection, ``on_lost`` when
    a live connection ended, ``on_changed`` on any change of status or round trip. ``window`` is
    shared by all that connect for the same account.
    """

    def __init__(
        self,
        name: str,
        stream: StreamGateway,
        clock: Clock,
        owner: TaskOwner,
        window: ConnectWindow | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._parent = owner
        self._owner: TaskOwner | None = None
        self._window = window or ConnectWindow()
        self._first = Lane(stream, clock, owner, self, self._window)
        self._lanes = [self._first]
        self._limit = TOPICS_PER_CONNECTION
        self._subscriptions = Subscriptions()
        self._connections = 0
        self._messages = 0
        self._unreadable = 0
        self._ignored = 0
        self.on_changed: Listeners[[]] = Listeners(owner.listener_failed)
        self.on_opened: Listeners[[]] = Listeners(owner.listener_failed)
        self.on_lost: Listeners[[]] = Listeners(owner.listener_failed)

    @property
    def health(self) -> FeedHealth:
        """How the feed does now."""
        first = self._first
        states = self._subscriptions.states()
        return FeedHealth(
            first.status,
            first.reason,
            first.attempt,
            first.round_trip_ms,
            first.connected_since_s,
            first.last_frame_at_s,
            self._messages,
            first.retry_at_s,
            unreadable=self._unreadable,
            ignored=self._ignored,
            connections=len(self._lanes),
            channels=len(self._subscriptions),
            pending=states[ChannelState.PENDING],
            failed=states[ChannelState.FAILED],
        )

    @property
    def is_live(self) -> bool:
        """True while the (first) connection is welcomed."""
        return self._first.is_live

    def state_of(self, channel: Channel) -> tuple[ChannelState, str]:
        """How a channel stands, and why it failed; waiting when nobody listens to it."""
        found = self._subscriptions.get(channel)
        return (ChannelState.WAITING, "") if found is None else (found.state, found.reason)

    # Subscriptions ---------------------------------------------------------------------------

    def subscribe(self, channel: Channel, handler: Handler) -> Handle:
        """Hand the facts of a channel to a handler, on this connection and every later one.

        The handler also gets what happens to the channel itself: confirmed, refused, interrupted,
        unreadable.
        """
        subscription, is_new = self._subscriptions.add(channel, handler)
        if is_new and self.is_live:
            self._carry((subscription,))
        elif self.is_live and subscription.state is ChannelState.CONFIRMED:
            self._hand(handler, ChannelConfirmed(channel))
        elif self.is_live and subscription.state is ChannelState.FAILED:
            self._hand(handler, ChannelRefused(channel, subscription.reason))

        def remove() -> None:
            if self._subscriptions.remove(subscription, handler):
                self._give_up(channel)

        return Handle(remove)

    def _carry(self, subscriptions: tuple[Subscription, ...]) -> None:
        """Give each channel a place on a connection, and ask for those that are there already."""
        asked: dict[Lane, list[Channel]] = {}
        for one in subscriptions:
            lane = self._lane_with_room()
            lane.channels[one.channel] = None
            if lane.is_live:
                one.asked()
                asked.setdefault(lane, []).append(one.channel)
        for lane, channels in asked.items():
            lane.stream.subscribe(tuple(channels))

    def _lane_with_room(self) -> Lane:
        for lane in self._lanes:
            if len(lane.channels) < self._limit:
                return lane
        stream = self._first.stream.another()
        lane = Lane(stream, self._clock, self._owner or self._parent, self, self._window)
        self._lanes.append(lane)
        if self._owner is not None:
            lane.start(f"feed {self.name} {len(self._lanes)}")
        return lane

    def _give_up(self, channel: Channel) -> None:
        lane = self._lane_of(channel)
        if lane is None:
            return
        del lane.channels[channel]
        if lane.is_live:
            lane.stream.unsubscribe((channel,))
        if not lane.channels and lane is not self._first:
            self._drop(lane)

    def _lane_of(self, channel: Channel) -> Lane | None:
        return next((lane for lane in self._lanes if channel in lane.channels), None)

    def _drop(self, lane: Lane) -> None:
        """Nobody needs this further connection any more."""
        self._lanes.remove(lane)
        lane.mute()
        if self._owner is not None:
            self._owner.spawn("drop a connection", lane.stop())

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect. Idempotent."""
        if self._owner is None:
            self._owner = self._parent.child(f"feed {self.name}")
            self._first.start(f"feed {self.name} 1")
            self._owner.spawn("watch", self._watch())

    async def stop(self) -> None:
        """Disconnect and wait until it is done. Idempotent."""
        owner, self._owner = self._owner, None
        if owner is not None:
            await owner.close()
        for lane in reversed(tuple(self._lanes)):
            await lane.stop()

    async def restart(self) -> None:
        """Drop the connection and connect anew at once."""
        await self.stop()
        self._first.attempt = 0
        self.start()

    def doubt(self, reason: str) -> None:
        """Believe nothing any more and connect anew at once."""
        self._first.renew(reason)

    async def _watch(self) -> None:
        """Find what went silent, and what happened while nothing ran."""
        sleep = SleepWatch(self._clock)
        while True:
            await self._clock.sleep(WATCH_INTERVAL_S)
            if sleep.slept():
                self.doubt("The computer slept.")
            elif self.is_live:
                self._look_for_silence(self._clock.monotonic_s())

    def _look_for_silence(self, now_s: float) -> None:
        for one in self._subscriptions:
            verdict = one.verdict(now_s)
            if verdict is Verdict.FINE:
                continue
            lane = self._lane_of(one.channel)
            if lane is None or not lane.is_live:
                continue
            words = f"Nothing came for {one.silent_for_s(now_s):.0f} s: {one.channel.kind.value}."
            if verdict is Verdict.RECONNECT:
                lane.renew(words)
                return
            one.asked()
            self._tell(one.channel, ChannelInterrupted(one.channel, words))
            lane.stream.unsubscribe((one.channel,))
            lane.stream.subscribe((one.channel,))

    # Lanes -----------------------------------------------------------------------------------

    def lane_opened(self, lane: Lane) -> None:
        """A connection is welcomed: ask for everything that belongs on it."""
        if lane is self._first:
            self._connections += 1
            lane.channels.clear()
            for one in self._subscriptions:
                one.forget()
            self.on_opened.notify()
            carried = {channel for each in self._lanes for channel in each.channels}
            self._carry(tuple(one for one in self._subscriptions if one.channel not in carried))
            return
        channels = tuple(lane.channels)
        for channel in channels:
            if (asked := self._subscriptions.get(channel)) is not None:
                asked.asked()
        lane.stream.subscribe(channels)

    def lane_lost(self, lane: Lane) -> None:
        """A connection ended: with the first one everything, with another one its channels."""
        if lane is self._first:
            for further in self._lanes[1:]:
                self._drop(further)
            for one in self._subscriptions:
                one.forget()
            self.on_lost.notify()
            return
        if lane not in self._lanes:
            return
        for channel in tuple(lane.channels):
            if (carried := self._subscriptions.get(channel)) is not None:
                carried.forget()
            self._tell(channel, ChannelInterrupted(channel, lane.reason))

    def lane_changed(self) -> None:
        """Status or round trip changed."""
        self.on_changed.notify()

    def take_data(self, fact: StreamFact, now_s: float) -> None:
        """Hand a fact to those it is for."""
        self._messages += 1
        subscriptions = self._subscriptions
        handlers, watched = subscriptions.route(fact)
        for one in watched:
            one.heard(now_s)
        revision = subscriptions.revision
        for handler in handlers:
            # Who stopped listening while others were told is not told any more.
            if revision == subscriptions.revision or handler in subscriptions.route(fact).handlers:
                self._hand(handler, fact)

    def take_control(self, lane: Lane, fact: StreamFact) -> None:
        """Keep account of channels and frames, and tell whom it concerns."""
        if isinstance(fact, ChannelConfirmed):
            if (one := self._subscriptions.get(fact.channel)) is not None:
                one.confirmed(self._clock.monotonic_s())
            self._tell(fact.channel, fact)
        elif isinstance(fact, ChannelInterrupted):
            self._tell(fact.channel, fact)
        elif isinstance(fact, ChannelRefused):
            self._refused(fact)
        elif isinstance(fact, ChannelsTooMany):
            self._too_many(lane, fact)
        elif isinstance(fact, FrameUnreadable):
            self._unreadable += 1
            for handler in self._subscriptions.concerned(fact):
                self._hand(handler, fact)
        elif isinstance(fact, FrameIgnored):
            self._ignored += 1

    def _hand(self, handler: Handler, fact: StreamFact) -> None:
        """Give a fact to one handler; one that fails does not take the connection down."""
        try:
            handler(fact)
        except Exception as error:  # noqa: BLE001 - goes down the funnel, with its traceback
            self._parent.report(f"feed {self.name}", error)

    def _tell(self, channel: Channel, fact: StreamFact) -> None:
        for handler in self._subscriptions.listeners(channel):
            if handler in self._subscriptions.listeners(channel):
                self._hand(handler, fact)

    def _refused(self, fact: ChannelRefused) -> None:
        one = self._subscriptions.get(fact.channel)
        if one is not None:
            one.refused(fact.sentence)
            if self._owner is not None:
                wait_s = min(LONGEST_REFUSED_WAIT_S, REFUSED_WAIT_S * 2.0 ** (one.refusals - 1))
                self._owner.spawn("ask again", self._ask_again(one, wait_s, self._connections))
        self._tell(fact.channel, fact)

    def _too_many(self, lane: Lane, fact: ChannelsTooMany) -> None:
        """Learn how much a connection may hold, and move what does not fit to another one."""
        moved = [one for c in fact.channels if (one := self._subscriptions.get(c)) is not None]
        left = len(lane.channels) - len(moved)
        # A limit that was kept and refused all the same is not the one that counts.
        told = fact.limit if fact.limit and len(lane.channels) > fact.limit else left
        limit = min(told, self._limit)
        if limit < 1 or (lane is not self._first and not left):
            # An empty connection that holds nothing: more of them would not help.
            for one in moved:
                self._refused(ChannelRefused(one.channel, "The exchange takes no more topics."))
            return
        self._limit = limit
        for one in moved:
            lane.channels.pop(one.channel, None)
            one.forget()
        # As many as there is room for may have been refused with the others: they are asked again.
        self._carry(tuple(moved))

    async def _ask_again(self, one: Subscription, wait_s: float, connection: int) -> None:
        await self._clock.sleep(wait_s)
        lane = self._lane_of(one.channel)
        if connection != self._connections or one.state is not ChannelState.FAILED:
            return
        if self._subscriptions.get(one.channel) is not one:
            return  # nobody listened any more; who listens since then asked anew
        if lane is not None and lane.is_live:
            one.asked()
            lane.stream.subscribe((one.channel,))
