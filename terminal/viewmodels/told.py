"""Who told of an order or a position, and how long ago: the words of the column, and the tooltip.

Tooltips are made when they are asked for, words at every look.

Nothing is claimed that was not told: what nobody knows is called so, and what was concluded from
our own fills or from silence is called assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QObject, QTimer

from terminal.domain.clock import to_ms
from terminal.domain.intention import Source
from terminal.domain.order import OrderState, PendingCommand
from terminal.viewmodels import text
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import TimestampMs
    from terminal.domain.order import Order
    from terminal.session.account import Position
    from terminal.session.hearing import Hearing
    from terminal.session.recording import Recorder

TITLE = "Told"
SAMPLE = "Unknown 59 s"
OLD_S = 90.0
"""All lists are read each 60 s: what nobody told for longer was left out of a comparison."""
LOOK_MS = 1000
"""Ages grow while nothing happens: so often they are looked at."""
_WORDS = {
    Source.REPLY: "reply",
    Source.STREAM: "stream",
    Source.REST: "REST",
    Source.ASSUMED: "assumed",
    Source.OWN: "own",
}
_BY = {
    Source.REPLY: "the answer to the command",
    Source.STREAM: "the stream",
    Source.REST: "a reading (REST)",
    Source.ASSUMED: "nobody; it is assumed",
    Source.OWN: "this program",
}


@final
class Told(NamedTuple):
    """The column's words and their colour role."""

    words: str
    role: Role


NOBODY = Told(text.EMPTY, Role.CAUTION)
NOBODY_TIP = "Nobody has told of it yet."


def order_told(order: Order, recorder: Recorder, now_s: float) -> Told:
    """Who told what is shown of an order, and how long ago. ``now_s`` is monotonic."""
    heard = recorder.heard.get(order.client_oid)
    unclear = recorder.unclear.get(order.client_oid)
    age = "" if unclear is None else f" {text.age(max(0.0, now_s - unclear.at_s))}"
    if order.state is OrderState.UNKNOWN:
        return Told(f"Unknown{age}: asking", Role.CAUTION)
    if order.is_guess:
        return _told(Source.ASSUMED, heard, now_s)
    if heard is not None:
        return _told(heard.source, heard, now_s)
    return Told(f"sending{age}", Role.CAUTION) if order.state is OrderState.SUBMITTING else NOBODY


def order_tip(order: Order, recorder: Recorder) -> str:
    """All that is known of who told of an order: exact times by both clocks, and the revision."""
    heard = recorder.heard.get(order.client_oid)
    unclear = recorder.unclear.get(order.client_oid)
    lines: list[str] = []
    if order.state is OrderState.UNKNOWN:
        since = "" if unclear is None else f" since {text.exact_time(unclear.at)} (our clock)"
        lines.append(f"Nobody knows what it is{since}; the exchange is asked.")
        if order.reason:
            lines.append(order.reason)
        if heard is not None:
            lines.append("Before that:")
    if heard is not None:
        lines.append(_heard_line(heard))
    if order.updated_at is not None:
        lines.append(_exchange_line(to_ms(order.updated_at)))
    if heard is not None:
        lines.append(f"Revision {heard.revision}.")
    if order.pending is PendingCommand.CANCEL_UNKNOWN:
        lines.append("Nobody knows whether its cancel was carried out; the exchange is asked.")
    return "\n".join(lines) or NOBODY_TIP


def position_told(position: Position, now_s: float) -> Told:
    """Who told the size of a position that is shown, and how long ago; ``now_s`` is monotonic."""
    heard = position.told
    if heard is None:
        return NOBODY
    return _told(Source.ASSUMED if position.is_provisional else heard.source, heard, now_s)


def position_tip(position: Position) -> str:
    """All that is known of who told of a position."""
    heard = position.told
    if heard is None:
        return NOBODY_TIP
    lines = [_heard_line(heard)]
    if position.is_provisional:
        lines = [
            f"Our own fills were added at {text.exact_time(heard.at)} (our clock).",
            "The exchange's own word about the position does not cover them yet.",
        ]
    if position.event_at:
        lines.append(_exchange_line(position.event_at))
    return "\n".join((*lines, f"Revision {heard.revision}."))


def _told(source: Source, heard: Hearing | None, now_s: float) -> Told:
    if heard is None:
        return Told(_WORDS[source], Role.CAUTION)
    age_s = heard.age_s(now_s)
    is_doubtful = source is Source.ASSUMED or age_s > OLD_S
    role = Role.CAUTION if is_doubtful else Role.TEXT_DIM
    return Told(f"{_WORDS[source]} {text.age(age_s)}", role)


def _heard_line(heard: Hearing) -> str:
    return f"Told by {_BY[heard.source]} at {text.exact_time(heard.at)} (our clock)."


def _exchange_line(at: TimestampMs) -> str:
    return f"True at {text.exact_time(at)} (the exchange's clock)."


@final
class AgeTimer(QObject):
    """Calls ``look`` about once a second while ages are seen; ``has_ages`` says whether any are."""

    def __init__(
        self, has_ages: Callable[[], bool], look: Callable[[], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._has_ages = has_ages
        self._look = look
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_time)

    @property
    def is_running(self) -> bool:
        """Whether it looks at the clock at all."""
        return self._timer.isActive()

    def run(self, *, is_seen: bool) -> None:
        """Begin, or end while nothing is seen."""
        if not is_seen:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _on_time(self) -> None:
        if self._has_ages():
            self._look()
