"""What comes back of commands: an outcome in any case, written down before anybody acts on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.order import UNCLEAR
from terminal.exchange.outcome import Unknown
from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.exchange.batches import Subject
    from terminal.exchange.outcome import Outcome, Route
    from terminal.session.desk import Desk


@final
class Answering:
    """The answers to a desk's commands. ``on_answer`` is told each, after the journal."""

    def __init__(self, desk: Desk, on_error: Callable[[Exception], None]) -> None:
        self._desk = desk
        self.on_answer: Listeners[[Subject, Outcome]] = Listeners(on_error)
        self.on_answer.add(self.record)

    async def one(
        self, name: str, command: Awaitable[Outcome], route: Route | None = None
    ) -> Outcome:
        """A command's outcome; an error of our own leaves it unknown, like a lost answer.

        ``route`` is the only way that the command may go; without it, it takes that of the moment.
        """
        route = route or self._desk.gateway.route.route  # chosen when the command begins, just now
        try:
            return await command
        except Exception as error:  # noqa: BLE001 - reported; an order must never be forgotten
            return self._hidden(name, error, route)

    async def many(
        self, name: str, command: Awaitable[tuple[Outcome, ...]], count: int
    ) -> tuple[Outcome, ...]:
        """Outcomes of a batch of ``count``; an error of our own leaves them all unknown."""
        route = self._desk.gateway.route.route
        try:
            return await command
        except Exception as error:  # noqa: BLE001 - reported; an order must never be forgotten
            return (self._hidden(name, error, route),) * count

    def _hidden(self, name: str, error: Exception, route: Route) -> Outcome:
        self._desk.report(name, error)
        return Unknown("An error inside the program hid the answer.", route)

    def record(self, subject: Subject, outcome: Outcome) -> None:
        """Write an answer down."""
        orders, client_oid = self._desk.orders, subject.client_oid
        order = None if client_oid is None else orders.get(client_oid)
        is_heard_of = order is not None and order.state not in UNCLEAR
        self._desk.recorder.answered(subject, outcome, is_heard_of=is_heard_of)
