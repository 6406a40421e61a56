"""Where the time of orders goes, by route: percentiles side by side, and the last orders."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from typing_extensions import override

from terminal.domain.clock import TimestampMs
from terminal.session.latency import Part
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.tables import Column, RowTableModel
from terminal.viewmodels.told import AgeTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from terminal.session.latency import Anatomy, LatencyBook, Percentiles
    from terminal.viewmodels.frame import FrameClock

LEAST = 20
"""With fewer orders of a route nothing is said about which is quicker."""
SHOWN = 100
CLOCKS = (
    "The ways there and back rest on the measured offset of two clocks: each may be off by what "
    "the other is off the other way. A dash is a point that was not reached or is not told."
)
_SHORT = {
    Part.GUARD: "Guard",
    Part.SIGN: "Sign",
    Part.WRITE: "Write",
    Part.THERE: "There",
    Part.GATEWAY: "Gateway",
    Part.BACK: "Back",
    Part.REPLY: "Reply",
    Part.EVENT: "Event",
    Part.PAINT: "Paint",
    Part.WHOLE: "Whole",
}
_WAYS = {True: "socket", False: "REST", None: text.EMPTY}


@final
class PartRow(NamedTuple):
    """One part of the way with both routes' percentiles in ms, as texts."""

    part: str
    socket: tuple[str, str, str, str]
    rest: tuple[str, str, str, str]


@final
class OrderRow(NamedTuple):
    """One order's way, in ms, as texts; a dash where a part is not known."""

    key: str
    time: str
    way: str
    parts: tuple[str, ...]


def _of_socket(place: int) -> Callable[[PartRow], str]:
    return lambda row: row.socket[place]


def _of_rest(place: int) -> Callable[[PartRow], str]:
    return lambda row: row.rest[place]


def _part(place: int) -> Callable[[OrderRow], str]:
    return lambda row: row.parts[place]


def _named(part: Part) -> Callable[[OrderRow], str]:
    return lambda _row: part.value


_FIGURES = ("p50", "p90", "p99", "orders")
PART_COLUMNS: tuple[Column[PartRow], ...] = (
    Column("Part, ms", lambda row: row.part, is_number=False, sample="sent to stream event"),
    *(
        Column(f"{way} {figure}", of(place), sample="10 000.00")
        for way, of in (("Socket", _of_socket), ("REST", _of_rest))
        for place, figure in enumerate(_FIGURES)
    ),
)
ORDER_COLUMNS: tuple[Column[OrderRow], ...] = (
    Column("Time", lambda row: row.time, is_number=False, sample="00:00:00.000"),
    Column("Way", lambda row: row.way, is_number=False, sample="socket"),
    *(
        Column(_SHORT[part], _part(place), tooltip=_named(part), sample="1 000.0")
        for place, part in enumerate(Part)
    ),
)


@final
class LatencyViewModel(ViewModel):
    """Percentiles of each part by route, the last orders, and which route is quicker."""

    empty_text = "No order was sent yet."
    stale: str | None = None

    def __init__(
        self, latency: LatencyBook, frame: FrameClock, parent: QObject | None = None
    ) -> None:
        super().__init__(frame, parent)
        self.model: RowTableModel[PartRow] = RowTableModel(PART_COLUMNS, lambda row: row.part, self)
        self.orders: RowTableModel[OrderRow] = RowTableModel(
            ORDER_COLUMNS, lambda row: row.key, self
        )
        self.sentence = ""
        self._latency = latency
        # The way ends with painting, of which nobody tells: it is looked at now and then.
        self._timer = AgeTimer(lambda: True, self.mark_dirty, self)

    @override
    def connect_sources(self) -> None:
        self.listen(self._latency.on_event.add(self._on_event))
        self._timer.run(is_seen=self.is_seen)

    @override
    def stop(self) -> None:
        super().stop()
        self._timer.run(is_seen=False)

    @override
    def set_paused(self, paused: bool) -> None:
        super().set_paused(paused)
        self._timer.run(is_seen=self.is_seen)

    def _on_event(self, _client_oid: object) -> None:
        self.mark_dirty()

    @override
    def refresh(self) -> bool:
        socket, rest = self._latency.by_route()
        before = self.sentence
        self.sentence = quicker(socket, rest)
        parts = [part for part in Part if part in socket or part in rest]
        changed = self.model.set_rows(
            [PartRow(p.value, _figures(socket.get(p)), _figures(rest.get(p))) for p in parts]
        )
        changed |= self.orders.set_rows([_row(one) for one in self._latency.last(SHOWN)])
        return changed or before != self.sentence


def quicker(socket: dict[Part, Percentiles], rest: dict[Part, Percentiles]) -> str:
    """Which route is answered sooner at the median; with too few orders of one nothing is said."""
    by_socket, by_rest = socket.get(Part.REPLY), rest.get(Part.REPLY)
    counts = [0 if one is None else one.count for one in (by_socket, by_rest)]
    if by_socket is None or by_rest is None or min(counts) < LEAST:
        return (
            f"Not enough orders to compare the routes: {counts[0]} answered over the socket, "
            f"{counts[1]} by REST; it takes {LEAST} of each."
        )
    over, by = _ms(by_socket.p50_ms), _ms(by_rest.p50_ms)
    which = "the socket is quicker" if by_socket.p50_ms < by_rest.p50_ms else "REST is quicker"
    if over == by:
        which = "neither is quicker"
    return f"Orders over the socket were answered in {over} ms, by REST in {by} ms (p50): {which}."


def anatomy_words(anatomy: Anatomy) -> list[tuple[str, str]]:
    """Each part of an order's way in ms; a dash where it is not known."""
    return [(part.value, _value(value)) for part, value in anatomy.parts().items()]


def _row(anatomy: Anatomy) -> OrderRow:
    at_ms = anatomy.guarded_ms
    return OrderRow(
        str(anatomy.client_oid),
        text.EMPTY if at_ms is None else text.clock_time_ms(TimestampMs(int(at_ms))),
        _WAYS[anatomy.went_by_socket],
        tuple(_value(value) for value in anatomy.parts().values()),
    )


def _figures(found: Percentiles | None) -> tuple[str, str, str, str]:
    if found is None:
        return (text.EMPTY, text.EMPTY, text.EMPTY, "0")
    return (_ms(found.p50_ms), _ms(found.p90_ms), _ms(found.p99_ms), str(found.count))


def _value(value: float | None) -> str:
    return text.EMPTY if value is None else _ms(value)


def _ms(value: float) -> str:
    """Milliseconds to two decimals below ten, then to one."""
    return text.number(Decimal(value), 2 if abs(value) < 10 else 1)
