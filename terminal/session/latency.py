"""Where the time of an order goes: from the key to the painted row, and percentiles for each route.

All times are monotonic seconds of our clock but the gateway's two, which are the exchange's. A part
whose ends are not both known is None: nothing is guessed.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, TypeVar, final

from terminal.exchange.outcome import Route
from terminal.exchange.stamps import Stamps
from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from terminal.domain.clock import Clock
    from terminal.domain.intention import ProcedureId
    from terminal.domain.units import ClientOid

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

KEPT = 500
"""So many orders are remembered and counted, and so many procedures."""


class Part(Enum):
    """One part of the way; the values are the words shown."""

    GUARD = "key to guarded"
    SIGN = "guarded to signed"
    WRITE = "to the wire"
    THERE = "way there"
    GATEWAY = "in the gateway"
    BACK = "way back"
    REPLY = "sent to reply"
    EVENT = "sent to stream event"
    PAINT = "event to painted"
    WHOLE = "key to painted"


@final
@dataclass(slots=True)
class Anatomy:
    """The stamps of one order. ``route`` is None until an answer told it.

    ``pressed_s`` is when the gesture began (None for what no gesture asked for), ``event_s`` when
    the stream first told of the order, ``painted_s`` when a frame that shows it was painted.
    """

    client_oid: ClientOid
    pressed_s: float | None
    guarded_s: float
    route: Route | None = None
    stamps: Stamps = field(default_factory=Stamps)
    event_s: float | None = None
    painted_s: float | None = None
    offset_ms: float | None = None
    """What is added to our wall clock's ms to get the exchange's, when the answer came."""
    wall_ms: float | None = None
    """Our wall clock at monotonic second zero, in epoch ms."""

    def parts(self) -> dict[Part, float | None]:
        """Every part in milliseconds.

        The ways there and back rest on the measured offset of two clocks: each can be wrong by what
        the other one is wrong the other way, and below zero.
        """
        stamps = self.stamps
        taken_ms, told_ms = stamps.gateway_in_ms, stamps.gateway_out_ms
        sent_ms, replied_ms = self._theirs(stamps.sent_s), self._theirs(stamps.replied_s)
        return {
            Part.GUARD: _ms(self.pressed_s, self.guarded_s),
            Part.SIGN: _ms(self.guarded_s, stamps.signed_s),
            Part.WRITE: _ms(_first(stamps.signed_s, self.guarded_s), stamps.sent_s),
            Part.THERE: _apart(sent_ms, taken_ms),
            Part.GATEWAY: _apart(taken_ms, told_ms),
            Part.BACK: _apart(told_ms, replied_ms),
            Part.REPLY: _ms(stamps.sent_s, stamps.replied_s),
            Part.EVENT: _ms(stamps.sent_s, self.event_s),
            Part.PAINT: _ms(self.event_s, self.painted_s),
            Part.WHOLE: _ms(_first(self.pressed_s, self.guarded_s), self.painted_s),
        }

    @property
    def went_by_socket(self) -> bool | None:
        """Which way it went; None until an answer told it."""
        return None if self.route is None else self.route is Route.SOCKET

    @property
    def guarded_ms(self) -> float | None:
        """When it passed the guard, by our wall clock in epoch ms; None until it was answered."""
        return None if self.wall_ms is None else self.wall_ms + self.guarded_s * 1000

    def _theirs(self, at_s: float | None) -> float | None:
        """A time of ours in the exchange's epoch ms."""
        if at_s is None or self.offset_ms is None or self.wall_ms is None:
            return None
        return self.wall_ms + at_s * 1000 + self.offset_ms


@final
@dataclass(frozen=True, slots=True)
class Percentiles:
    """One part of all remembered orders of a route, in ms; ``count`` of them had it."""

    part: Part
    count: int
    p50_ms: float
    p90_ms: float
    p99_ms: float


@final
class LatencyBook:
    """Keeps the anatomy of the last orders. ``on_event`` is told when the stream told of one.

    ``offset_ms`` tells what is added to our wall clock to get the exchange's, None while that is
    not known; whoever knows it sets it.
    """

    def __init__(self, clock: Clock, on_error: Callable[[Exception], None] | None = None) -> None:
        self._clock = clock
        self.offset_ms: Callable[[], float | None] = _unknown
        self._pressed_s: float | None = None
        self._kept: OrderedDict[ClientOid, Anatomy] = OrderedDict()
        self._begun_s: OrderedDict[ProcedureId, float] = OrderedDict()
        self.on_event: Listeners[[ClientOid]] = Listeners(on_error)

    @contextmanager
    def gesture(self) -> Generator[None]:
        """What is sent inside was asked for now, by a key or by the mouse."""
        with self.since(self._clock.monotonic_s()):
            yield

    @contextmanager
    def since(self, pressed_s: float | None) -> Generator[None]:
        """What is sent inside was asked for then; nobody may wait inside.

        For what has to wait between a gesture and its order: ``pressed_s`` as it was told then.
        """
        before, self._pressed_s = self._pressed_s, pressed_s
        try:
            yield
        finally:
            self._pressed_s = before

    @property
    def pressed_s(self) -> float | None:
        """When the gesture that is under way began (monotonic); None while there is none."""
        return self._pressed_s

    def begun(self, procedure: ProcedureId) -> None:
        """A procedure begins: what it sends later was asked for by the gesture of now, if any."""
        if self._pressed_s is not None:
            _keep(self._begun_s, procedure, self._pressed_s)

    # Stamping --------------------------------------------------------------------------------

    def begin(self, client_oid: ClientOid, procedure: ProcedureId | None = None) -> Stamps:
        """An order passed the guard and is about to be sent; returns what its clients fill in."""
        pressed_s = self._pressed_s
        if pressed_s is None and procedure is not None:
            pressed_s = self._begun_s.get(procedure)
        anatomy = Anatomy(client_oid, pressed_s, self._clock.monotonic_s())
        _keep(self._kept, client_oid, anatomy)
        return anatomy.stamps

    def forget(self, client_oid: ClientOid) -> None:
        """An order that had begun was not sent after all."""
        self._kept.pop(client_oid, None)

    def stamps(self, client_oid: ClientOid) -> Stamps:
        """What the clients fill in for an order; some that nobody reads for one that is unknown."""
        anatomy = self._kept.get(client_oid)
        return Stamps() if anatomy is None else anatomy.stamps

    def together(self, client_oids: Iterable[ClientOid]) -> Stamps:
        """Orders leave in one request: what its clients fill in once, for each of them."""
        stamps = Stamps()
        for client_oid in client_oids:
            anatomy = self._kept.get(client_oid)
            if anatomy is not None:
                anatomy.stamps = stamps
        return stamps

    def answered(self, client_oid: ClientOid, route: Route) -> None:
        """The command ended, by this route."""
        anatomy = self._kept.get(client_oid)
        if anatomy is not None:
            anatomy.route = route
            anatomy.offset_ms = self.offset_ms()
            anatomy.wall_ms = self._clock.now_ms() - self._clock.monotonic_s() * 1000

    def told(self, client_oid: ClientOid) -> None:
        """The stream told of an order; only the first time counts."""
        anatomy = self._kept.get(client_oid)
        if anatomy is not None and anatomy.event_s is None:
            anatomy.event_s = self._clock.monotonic_s()
            self.on_event.notify(client_oid)

    def painted(self, client_oid: ClientOid) -> None:
        """A frame that shows what the stream told was painted; only the first one counts."""
        anatomy = self._kept.get(client_oid)
        if anatomy is not None and anatomy.painted_s is None and anatomy.event_s is not None:
            anatomy.painted_s = self._clock.monotonic_s()

    # Reading ---------------------------------------------------------------------------------

    def of(self, client_oid: ClientOid) -> Anatomy | None:
        """The anatomy of one order, None when it is not remembered."""
        return self._kept.get(client_oid)

    def last(self, count: int) -> list[Anatomy]:
        """The newest remembered orders, newest first."""
        return list(islice(reversed(self._kept.values()), count))

    def by_route(self) -> tuple[dict[Part, Percentiles], dict[Part, Percentiles]]:
        """What ``percentiles`` says of orders over the socket and of those by REST, by part."""
        socket, rest = (self.percentiles(route) for route in (Route.SOCKET, Route.REST))
        return {one.part: one for one in socket}, {one.part: one for one in rest}

    def percentiles(self, route: Route) -> tuple[Percentiles, ...]:
        """Each part that some remembered order of a route had, in the order of the way."""
        values: dict[Part, list[float]] = {part: [] for part in Part}
        for anatomy in self._kept.values():
            if anatomy.route is route:
                for part, value in anatomy.parts().items():
                    if value is not None:
                        values[part].append(value)
        return tuple(_percentiles(part, sorted(found)) for part, found in values.items() if found)


def _keep(kept: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Remember the newest only."""
    kept[key] = value
    if len(kept) > KEPT:
        kept.popitem(last=False)


def _unknown() -> None:
    """Nobody knows the exchange's clock here."""


def _percentiles(part: Part, ordered: list[float]) -> Percentiles:
    def at(share: float) -> float:
        return ordered[min(len(ordered), math.ceil(share * len(ordered))) - 1]

    return Percentiles(part, len(ordered), at(0.5), at(0.9), at(0.99))


def _first(*times: float | None) -> float | None:
    return next((one for one in times if one is not None), None)


def _ms(begin_s: float | None, end_s: float | None) -> float | None:
    return None if begin_s is None or end_s is None else (end_s - begin_s) * 1000


def _apart(begin_ms: float | None, end_ms: float | None) -> float | None:
    return None if begin_ms is None or end_ms is None else end_ms - begin_ms
