"""Which way an order command goes: the order socket while it is signed in, REST otherwise.

The way is chosen once, before anything is sent. A command that ended badly on one way is never
sent on the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.exchange.batches import Subject, batch_outcomes
from terminal.exchange.charge import Charge
from terminal.exchange.commands import ended, outcome_of
from terminal.exchange.echoes import canceled_ids, canceled_ids_by_name, placed_ids
from terminal.exchange.errors import ExchangeError
from terminal.exchange.limiter import Grant, urgency_of
from terminal.exchange.order_socket import SocketStatus
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Route, Unknown
from terminal.exchange.refusals import held_back
from terminal.wire.batches import MOST_ITEMS, CancelById, CancelIds, OrderName
from terminal.wire.codec import DecodeError, decode
from terminal.wire.endpoints import endpoint
from terminal.wire.order_socket import Operation
from terminal.wire.trading import CancelledPayload, PlacedPayload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from terminal.domain.clock import Clock
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.limiter import RateBudget
    from terminal.exchange.order_socket import OrderSocket, Read
    from terminal.wire.order_socket import Replied

ORDERS = "/api/v1/orders"
ROWS = {
    Operation.PLACE: endpoint("POST", ORDERS),
    Operation.CANCEL: endpoint("DELETE", f"{ORDERS}/{{orderId}}"),
    Operation.PLACE_BATCH: endpoint("POST", f"{ORDERS}/multi"),
    Operation.CANCEL_BATCH: endpoint("DELETE", f"{ORDERS}/multi-cancel"),
}
"""What a request over the socket costs: the same as by REST, of the same pool (reference 6.3)."""

NO_SOCKET = "No order socket is set up."
TOO_MANY = f"At most {MOST_ITEMS} orders go in one batch; nothing was sent."


@final
@dataclass(frozen=True, slots=True)
class RouteState:
    """The way that the next order takes, and why it is not the socket (empty when it is)."""

    route: Route
    reason: str = ""
    remedy: str = ""


@final
class OrderRoutes:
    """Sends order commands; ``http``, ``socket`` and ``budget`` are for the same account.

    The budget is asked before anything goes over the socket, as ``http`` asks it for itself: what
    does not fit is not sent, by neither way.
    """

    def __init__(
        self,
        http: HttpClient,
        clock: Clock,
        socket: OrderSocket | None = None,
        budget: RateBudget | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._socket = socket
        self._budget = budget

    @property
    def state(self) -> RouteState:
        """Which way the next command takes."""
        socket = self._socket
        if socket is None:
            return RouteState(Route.REST, NO_SOCKET)
        if socket.is_ready:
            return RouteState(Route.SOCKET)
        if socket.state.status is SocketStatus.OPEN:
            return RouteState(Route.REST, "The order socket takes no orders right now.")
        return RouteState(Route.REST, socket.state.reason, socket.state.remedy)

    def _ready(self) -> OrderSocket | None:
        return self._socket if self._socket is not None and self._socket.is_ready else None

    async def _by_socket(
        self,
        socket: OrderSocket,
        operation: Operation,
        args: object,
        subjects: tuple[Subject, ...],
        read: Read,
    ) -> tuple[Outcome, ...]:
        charge: Charge | None = None
        if self._budget is not None:
            row = ROWS[operation]
            now_s = self._clock.monotonic_s()
            verdict = self._budget.admit(row, urgency_of(row, args), now_s)
            if not isinstance(verdict, Grant):
                error = held_back(operation.value, verdict)
                return (outcome_of(error, Route.SOCKET),) * len(subjects)
            charge = Charge(self._budget, verdict, self._clock)
        return await socket.ask(operation, args, subjects, read, charge)

    # Single orders ---------------------------------------------------------------------------

    async def place(self, body: Mapping[str, object], client_oid: ClientOid) -> Outcome:
        """Send one order; the body is that of REST (API reference 3.3)."""
        socket = self._ready()
        if socket is None:
            return await ended(self._place(body, client_oid))
        subjects, read = (Subject(client_oid),), _placed(client_oid)
        (outcome,) = await self._by_socket(socket, Operation.PLACE, body, subjects, read)
        return outcome

    async def _place(
        self, body: Mapping[str, object], client_oid: ClientOid
    ) -> tuple[OrderId, ...]:
        return placed_ids(await self._http.post(ORDERS, PlacedPayload, body), client_oid)

    async def cancel(self, order_id: OrderId) -> Outcome:
        """Ask to cancel one order by the exchange's id."""
        socket = self._ready()
        if socket is None:
            return await ended(self._cancel(order_id))
        subjects = (Subject(order_id=order_id, is_cancel=True),)
        args, read = CancelById(order_id), _canceled(order_id)
        (outcome,) = await self._by_socket(socket, Operation.CANCEL, args, subjects, read)
        return outcome

    async def _cancel(self, order_id: OrderId) -> tuple[OrderId, ...]:
        answer = await self._http.delete(f"{ORDERS}/{order_id}", CancelledPayload)
        return canceled_ids(answer, order_id)

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:
        """Ask to cancel one order by our own id."""
        socket = self._ready()
        if socket is None:
            return await ended(self._cancel_by_name(symbol, client_oid))
        subjects = (Subject(client_oid, is_cancel=True),)
        name, read = OrderName(symbol, client_oid), _canceled_by_name(client_oid)
        (outcome,) = await self._by_socket(socket, Operation.CANCEL, name, subjects, read)
        return outcome

    async def _cancel_by_name(self, symbol: Symbol, client_oid: ClientOid) -> tuple[OrderId, ...]:
        path = f"{ORDERS}/client-order/{client_oid}"
        answer = await self._http.delete(path, CancelledPayload, {"symbol": symbol})
        return canceled_ids_by_name(answer, client_oid)

    # Batches ---------------------------------------------------------------------------------

    async def place_batch(
        self, bodies: Sequence[Mapping[str, object]], client_oids: Sequence[ClientOid]
    ) -> tuple[Outcome, ...]:
        """Send up to 20 orders at once; one outcome for each, in the same order."""
        subjects = tuple(Subject(one) for one in client_oids)
        return await self._batch(Operation.PLACE_BATCH, bodies, subjects)

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        """Ask to cancel up to 20 orders by the exchange's ids."""
        subjects = tuple(Subject(order_id=one, is_cancel=True) for one in order_ids)
        return await self._batch(Operation.CANCEL_BATCH, CancelIds([*order_ids]), subjects)

    async def _batch(
        self, operation: Operation, args: object, subjects: tuple[Subject, ...]
    ) -> tuple[Outcome, ...]:
        if not subjects:
            return ()
        socket = self._ready()
        if len(subjects) > MOST_ITEMS:
            route = Route.REST if socket is None else Route.SOCKET
            return (NotSent(TOO_MANY, route),) * len(subjects)
        if socket is not None:

            def read(reply: Replied) -> tuple[Outcome, ...]:
                return batch_outcomes(decode(reply.data, object), subjects, Route.SOCKET)

            return await self._by_socket(socket, operation, args, subjects, read)
        if operation is Operation.PLACE_BATCH:
            return await _ended_batch(self._http.post(f"{ORDERS}/multi", object, args), subjects)
        sent = self._http.delete(f"{ORDERS}/multi-cancel", object, body=args)
        return await _ended_batch(sent, subjects)


async def _ended_batch(
    command: Awaitable[object], subjects: tuple[Subject, ...]
) -> tuple[Outcome, ...]:
    """Say how a batch by REST ended: what befalls it as a whole befalls every item."""
    try:
        return batch_outcomes(await command, subjects, Route.REST)
    except ExchangeError as error:
        return (outcome_of(error, Route.REST),) * len(subjects)
    except DecodeError:
        unknown = Unknown("The exchange sent something that could not be read.")
        return (unknown,) * len(subjects)


def _placed(client_oid: ClientOid) -> Read:
    def read(reply: Replied) -> tuple[Outcome, ...]:
        placed = decode(reply.data, PlacedPayload)
        return (Accepted(placed_ids(placed, client_oid), Route.SOCKET),)

    return read


def _canceled(order_id: OrderId) -> Read:
    def read(reply: Replied) -> tuple[Outcome, ...]:
        answer = decode(reply.data, CancelledPayload)
        return (Accepted(canceled_ids(answer, order_id), Route.SOCKET),)

    return read


def _canceled_by_name(client_oid: ClientOid) -> Read:
    def read(reply: Replied) -> tuple[Outcome, ...]:
        answer = decode(reply.data, CancelledPayload)
        return (Accepted(canceled_ids_by_name(answer, client_oid), Route.SOCKET),)

    return read
