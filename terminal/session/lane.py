"""One connection of a feed: connect, pump, wait, connect again. A feed has one or several."""

from __future__ import annotations

import random
from enum import Enum
from typing import TYPE_CHECKING, Protocol, final

from terminal.exchange.gateway import PongReceived, StreamOpened
from terminal.session.subscriptions import DATA_FACTS
from terminal.session.tasks import Pulse

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.exchange.connect_window import ConnectWindow
    from terminal.exchange.gateway import Channel, StreamFact, StreamGateway
    from terminal.session.tasks import TaskOwner

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Source: API reference 5.9; the actual wait is between half of this and all of it."""

PROVEN_S = 10.0
"""Only a connection that lived so long makes the next wait short again."""


class FeedStatus(Enum):
    """Where a feed or one of its connections is in its life."""

    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"
    STOPPED = "stopped"


class LaneHost(Protocol):
    """What a lane tells, at once and in order."""

    def lane_opened(self, lane: Lane) -> None:
        """The connection is welcomed."""
        ...

    def lane_lost(self, lane: Lane) -> None:
        """A connection that was welcomed ended."""
        ...

    def lane_changed(self) -> None:
        """Status or round trip changed."""
        ...

    def take_data(self, fact: StreamFact, now_s: float) -> None:
        """The market or the account told something."""
        ...

    def take_control(self, lane: Lane, fact: StreamFact) -> None:
        """Something happened to a channel or a frame."""
        ...


@final
class Lane:
    """Keeps one stream connected from ``start`` to ``stop``; ``channels`` are those it carries.

    Times are monotonic seconds, None when not known. ``attempt`` counts failures in a row.
    """

    def __init__(
        self,
        stream: StreamGateway,
        clock: Clock,
        owner: TaskOwner,
        host: LaneHost,
        window: ConnectWindow,
    ) -> None:
        self.stream = stream
        self.channels: dict[Channel, None] = {}
        self.status = FeedStatus.STOPPED
        self.reason = ""
        self.attempt = 0
        self.round_trip_ms: float | None = None
        self.connected_since_s: float | None = None
        self.last_frame_at_s: float | None = None
        self.retry_at_s: float | None = None
        self._clock = clock
        self._parent = owner
        self._owner: TaskOwner | None = None
        self._host = host
        self._window = window
        self._pulse = Pulse(clock)
        self._is_hurried = False
        self._is_deaf = False
        self._random = random.Random()  # noqa: S311 - spreads reconnections, keeps no secret

    @property
    def is_live(self) -> bool:
        """True while the connection is welcomed."""
        return self.status is FeedStatus.LIVE

    # Life ------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Begin to connect. Idempotent."""
        if self._owner is None:
            self._is_deaf = False
            self._owner = self._parent.child(name)
            self._owner.spawn("run", self._run())

    async def stop(self) -> None:
        """Disconnect and wait until it is done. Idempotent."""
        owner, self._owner = self._owner, None
        self._is_deaf = True
        if owner is not None:
            await owner.close()
        self._ended(FeedStatus.STOPPED, "")

    def renew(self, reason: str) -> None:
        """Doubt the connection at once, and connect anew without a wait.

        What it still says is not heard; a wait that is under way ends.
        """
        if self.status is FeedStatus.CONNECTING:
            return  # what is being made has its own deadlines, and nothing to doubt
        self.attempt = 0
        self._is_hurried = True
        if self.is_live:
            self._is_deaf = True
            self._ended(FeedStatus.WAITING, reason)
            self.stream.close(reason)
        self._pulse.beat()

    def mute(self) -> None:
        """Hear nothing any more of the present connection."""
        self._is_deaf = True

    async def _run(self) -> None:
        while True:
            await self._turn()
            self._window.note(self._clock.monotonic_s())
            self.status, self.retry_at_s = FeedStatus.CONNECTING, None
            self._is_hurried = self._is_deaf = False
            self._host.lane_changed()
            reason = await self._run_once()
            wait_s = 0.0 if self._is_hurried else self._backoff_s()
            self.attempt += 1
            self.retry_at_s = self._clock.monotonic_s() + wait_s
            self._ended(FeedStatus.WAITING, reason)
            await self._pulse.until(lambda: self._is_hurried, wait_s)

    async def _turn(self) -> None:
        """The exchange lets only so many connect in a minute, however much we hurry.

        Who waited may find the place taken by another one that waited for it too.
        """
        while (seconds := self._window.wait_s(self._clock.monotonic_s())) > 0:
            self.status = FeedStatus.WAITING
            self.retry_at_s = self._clock.monotonic_s() + seconds
            self._host.lane_changed()
            await self._clock.sleep(seconds)

    async def _run_once(self) -> str:
        """One connection; whatever goes wrong in it, the next one is tried."""
        try:
            reason = await self.stream.run(self._on_fact)
        except Exception as error:  # noqa: BLE001 - reported, and a dead feed that looks alive is worse
            self._parent.report("stream", error)
            reason = "An error inside the program ended the stream."
        since_s = self.connected_since_s
        if since_s is not None and self._clock.monotonic_s() - since_s >= PROVEN_S:
            self.attempt = 0
        return reason

    def _backoff_s(self) -> float:
        longest = BACKOFF_S[min(self.attempt, len(BACKOFF_S) - 1)]
        return longest * self._random.uniform(0.5, 1.0)

    def _ended(self, status: FeedStatus, reason: str) -> None:
        was_live = self.is_live
        self.status, self.reason = status, reason
        self.round_trip_ms = self.connected_since_s = None
        if was_live:
            self._host.lane_lost(self)
        self._host.lane_changed()

    # Facts -----------------------------------------------------------------------------------

    def _on_fact(self, fact: StreamFact) -> None:
        if self._is_deaf:
            return
        self.last_frame_at_s = now_s = self._clock.monotonic_s()
        if type(fact) in DATA_FACTS:
            self._host.take_data(fact, now_s)
        elif isinstance(fact, StreamOpened):
            self.status, self.reason = FeedStatus.LIVE, ""
            self.connected_since_s = now_s
            self._host.lane_opened(self)
            self._host.lane_changed()
        elif isinstance(fact, PongReceived):
            self.round_trip_ms = fact.round_trip_ms
            self._host.lane_changed()
        else:
            self._host.take_control(self, fact)
