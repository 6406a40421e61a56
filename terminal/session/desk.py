"""What the desk's procedures need of it: moving, flattening and recovering know no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from terminal.domain.intention import Purpose, Source
from terminal.domain.order import PendingCommand

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from terminal.domain.access import Access
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill, OrderDetails, OrderUpdate, PositionSide
    from terminal.domain.guard import Block
    from terminal.domain.intention import ProcedureId
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.exchange.batches import Subject
    from terminal.exchange.gateway import TradingGateway
    from terminal.exchange.outcome import Outcome, Route
    from terminal.session.account import AccountSession
    from terminal.session.journal import Journal
    from terminal.session.latency import LatencyBook
    from terminal.session.listeners import Listeners
    from terminal.session.origins import Origins
    from terminal.session.recording import Recorder
    from terminal.session.results import BatchResult, SubmitResult
    from terminal.session.tasks import Pulse


class Desk(Protocol):
    """The order desk as its procedures see it; ``session.orders`` says what each part does."""

    gateway: TradingGateway
    account: AccountSession
    journal: Journal
    recorder: Recorder
    clock: Clock
    pulse: Pulse
    latency: LatencyBook
    origins: Origins
    orders: dict[ClientOid, Order]
    sent: dict[ClientOid, float]
    flags_unknown: set[ClientOid]
    details: dict[ClientOid, OrderDetails]
    on_changed: Listeners[[]]
    on_answer: Listeners[[Subject, Outcome]]

    @property
    def is_trusted(self) -> bool:
        """True once everything was read on the present connection."""
        ...

    def contract(self, symbol: Symbol) -> Contract | None:
        """A listed contract; None for one that is not."""
        ...

    def working(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """Orders that may still fill, oldest first."""
        ...

    def flattening(self, symbol: Symbol, lane: PositionSide | None = None) -> bool:
        """True while a contract, or one lane of it, is being flattened."""
        ...

    @property
    def access(self) -> Access:
        """How far commands go."""
        ...

    @property
    def stop_reason(self) -> str:
        """Why no opening order leaves; empty when there is no such reason."""
        ...

    def is_moving(self, client_oid: ClientOid) -> bool:
        """True while a procedure sees to an order that it moves."""
        ...

    def blocks(
        self,
        ticket: OrderTicket,
        replacing: ClientOid | None = None,
        *,
        as_if_flat: bool = False,
    ) -> tuple[Block, ...]:
        """What would keep a ticket from being sent now, or once its contract is flattened."""
        ...

    def submit(
        self,
        ticket: OrderTicket,
        purpose: Purpose = Purpose.SUBMIT,
        procedure: ProcedureId | None = None,
        replacing: ClientOid | None = None,
    ) -> SubmitResult:
        """Send a ticket unless something blocks it."""
        ...

    def cancel(self, client_oid: ClientOid) -> None:
        """Cancel one order."""
        ...

    def mark_canceling(
        self, client_oid: ClientOid, pending: PendingCommand = PendingCommand.CANCEL
    ) -> bool:
        """Note that a cancel is on its way; False when there is nothing (more) to cancel."""
        ...

    def abort_moves(self, symbol: Symbol | None, *, exits_too: bool = True) -> None:
        """Moves and reversals under way, of a contract or all, send no new order any more."""
        ...

    async def cancel_and_see(
        self, client_oid: ClientOid, why_no_more: Callable[[], Awaitable[str]] | None = None
    ) -> None:
        """Ask for a cancel until the order's end is known, or it must not be repeated."""
        ...

    def tell_dry_run(self, ticket: OrderTicket, sentence: str, *, ok: bool) -> None:
        """Say how the test of an order ended."""
        ...

    def close_position(
        self,
        ticket: OrderTicket,
        purpose: Purpose = Purpose.FLATTEN,
        procedure: ProcedureId | None = None,
    ) -> ClientOid:
        """Send a close ticket past the guard."""
        ...

    async def resolve_unknown(self, client_oid: ClientOid) -> None:
        """Ask until the exchange knows the order, or provably never got it."""
        ...

    def look_for(self, client_oid: ClientOid) -> None:
        """Begin to find out what became of an order, with all others at one pace."""
        ...

    async def refresh_order(self, client_oid: ClientOid) -> bool | None:
        """Ask about one order: whether the exchange knows it; None without an answer."""
        ...

    def take(self, update: OrderUpdate, source: Source = Source.REST) -> None:
        """Bring an order up to date by what somebody said of it."""
        ...

    def take_past(self, update: OrderUpdate) -> None:
        """Take an ended order of the past: it matters only if it is known."""
        ...

    def take_recent_fills(self, fills: tuple[Fill, ...]) -> None:
        """Add fills read by request."""
        ...

    def put(self, order: Order) -> None:
        """Store an order's new state."""
        ...

    def tell(self, client_oid: ClientOid, sentence: str, *, ok: bool) -> None:
        """Say how a command ended."""
        ...

    def tell_about(self, order: Order, sentence: str, *, ok: bool) -> None:
        """Say how a command about an order ended."""
        ...

    async def answer(
        self, name: str, command: Awaitable[Outcome], route: Route | None = None
    ) -> Outcome:
        """A command's outcome; an error of our own leaves it unknown."""
        ...

    async def answers(
        self, name: str, command: Awaitable[tuple[Outcome, ...]], count: int
    ) -> tuple[Outcome, ...]:
        """Outcomes of a batch of ``count``; an error of our own leaves them all unknown."""
        ...

    def tell_batch(self, result: BatchResult) -> None:
        """Say how a command about many orders ended."""
        ...

    def abort_move(self, client_oid: ClientOid) -> None:
        """One move under way sends no new order any more."""
        ...

    def report(self, name: str, error: BaseException) -> None:
        """Report an error of our own that a procedure lives on after."""
        ...

    def warn(self, text: str, symbol: Symbol | None = None) -> None:
        """Put a warning about orders into the event log."""
        ...

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Start a task of the desk."""
        ...
