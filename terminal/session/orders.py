"""The order desk: every command about orders, and where to look for what is known of them.

Policies, in one place: nothing is sent that the guard blocks; a placed order is never resent; an
answer that did not come makes the order Unknown and the exchange is asked until it says what
happened; cancels may be asked again; opening orders wait until the orders have been read anew after
a connection was lost. The desk is only the front: what is stored is in ``order_store``, what is
heard in ``order_hearing``, what holds tickets back in ``order_gate``, what is said in ``telling``,
and each command has a module of its own (``commands``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.guard import Block, BlockField
from terminal.domain.intention import Purpose, Source
from terminal.domain.order import PendingCommand
from terminal.session.answering import Answering
from terminal.session.closing import WHOLE
from terminal.session.commands import Commands
from terminal.session.guarding import Guarding
from terminal.session.journal import Journal, MemoryJournal
from terminal.session.latency import LatencyBook
from terminal.session.listeners import Listeners
from terminal.session.order_gate import OrderGate
from terminal.session.order_hearing import OrderHearing
from terminal.session.order_store import OrderStore
from terminal.session.own_fills import OwnFills
from terminal.session.recording import Recorder
from terminal.session.resolution import Resolution
from terminal.session.results import Blocked, SubmitResult, Submitted
from terminal.session.tasks import Pulse
from terminal.session.telling import Telling

if TYPE_CHECKING:
    from collections.abc import (
        Awaitable,
        Callable,
        Collection,
        Coroutine,
        Mapping,
        Sequence,
    )
    from decimal import Decimal

    from terminal.domain.access import Access
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill, OrderUpdate, PositionSide
    from terminal.domain.guard import GuardLimits, Touch
    from terminal.domain.intention import ProcedureId
    from terminal.domain.order import Order
    from terminal.domain.ticket import AttachedExits, OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Price, Side, Symbol
    from terminal.exchange.gateway import TradingGateway
    from terminal.exchange.order_socket import Correction
    from terminal.exchange.outcome import Outcome, Route
    from terminal.session.account import AccountSession
    from terminal.session.feed import Feed
    from terminal.session.notices import NoticeBoard
    from terminal.session.results import BatchResult
    from terminal.session.tasks import TaskOwner


@final
class OrderDesk:
    """All orders of the account and all commands about them. Commands return at once."""

    def __init__(  # noqa: PLR0913, PLR0917 - the one gate through which everything passes
        self,
        gateway: TradingGateway,
        account: AccountSession,
        feed: Feed,
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
        contracts: Mapping[Symbol, Contract],
        touch_of: Callable[[Symbol], Touch | None],
        limits: Callable[[], GuardLimits],
        new_client_oid: Callable[[], ClientOid],
        journal: Journal | None = None,
    ) -> None:
        self.gateway = gateway
        self.account = account
        self.journal: Journal = MemoryJournal(clock) if journal is None else journal
        self.clock = clock
        self.pulse = Pulse(clock)
        self._owner = owner.child("orders")
        failed = self._owner.listener_failed
        self._contracts = contracts
        self._touch_of = touch_of
        self.on_changed: Listeners[[]] = Listeners(failed)
        self._answering = Answering(self, failed)
        self.on_answer = self._answering.on_answer
        self.recorder = Recorder(self.journal, clock)
        self.latency = LatencyBook(clock, failed)
        self._store = OrderStore(clock, self.recorder, self._on_put)
        self._telling = Telling(notices, contracts, failed)
        self._fills = self.own_fills = OwnFills(self, self._store, self._telling, failed)
        self._hearing = OrderHearing(
            self, feed, self._owner, self._store, self._fills, self._telling
        )
        self.resolution = Resolution(self)
        self.guarding = Guarding(self, account, clock, touch_of, limits)
        self._gate = OrderGate(self, self.guarding, self.resolution, new_client_oid)
        self._commands = Commands(self, self.resolution)
        self.place_first = self._commands.place_first
        # What is used everywhere is reached without a detour; each belongs to who is named.
        store, telling = self._store, self._telling
        self.orders, self.sent, self.details = store.orders, store.sent, store.details
        self.flags_unknown, self.origins = store.flags_unknown, telling.origins
        self.trust, self.on_compared = self._hearing.trust, self._hearing.on_compared
        self.on_fill, self.stops = self._fills.on_fill, self._gate.stops
        self.on_outcome, self.on_batch = telling.on_outcome, telling.on_batch
        self.on_called_off, self.on_dry_run = telling.on_called_off, telling.on_dry_run

    # Truth -----------------------------------------------------------------------------------

    @property
    def access(self) -> Access:
        """How far commands go; its reason says why nothing is sent."""
        return self.gateway.access

    @property
    def is_trusted(self) -> bool:
        """True once everything was read on the present connection."""
        return self.trust.is_given

    @property
    def fills(self) -> tuple[Fill, ...]:
        """Our fills, oldest first."""
        return tuple(self._fills.by_key.values())

    def contract(self, symbol: Symbol) -> Contract | None:
        """A listed contract; None for one that is not."""
        return self._contracts.get(symbol)

    def named(self, order_id: OrderId) -> ClientOid | None:
        """Our name of an order of the exchange; the journal is asked about one long gone."""
        return self._store.by_id.get(order_id) or self.journal.named(order_id)

    def working(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """Orders that may still fill, oldest first."""
        return self._store.working(symbol)

    def touch(self, symbol: Symbol) -> Touch | None:
        """The touch of a contract whose book is open and live, else None."""
        return self._touch_of(symbol)

    def flattening(self, symbol: Symbol, lane: PositionSide | None = None) -> bool:
        """True while a contract, or one lane of it, is being flattened."""
        return self._commands.flattening.is_running(symbol, lane)

    def is_moving(self, client_oid: ClientOid) -> bool:
        """True while a procedure sees to an order that it moves."""
        return self._commands.moving.is_moving(client_oid)

    def blocks(
        self,
        ticket: OrderTicket,
        replacing: ClientOid | None = None,
        *,
        as_if_flat: bool = False,
    ) -> tuple[Block, ...]:
        """What would keep a ticket from being sent now; empty means go.

        ``replacing`` is an order that will have ended by then: it counts as if it had. With
        ``as_if_flat`` the contract is looked at as it will be after flattening.
        """
        return self._gate.blocks(ticket, replacing, as_if_flat=as_if_flat)

    @property
    def stop_reason(self) -> str:
        """Why no opening order leaves, whatever it is; empty when there is no such reason."""
        return self._gate.stop_reason

    def dry_run_blocks(
        self, ticket: OrderTicket, replacing: ClientOid | None = None
    ) -> tuple[Block, ...]:
        """What would keep a ticket from being sent if sending were on; empty means go."""
        return self._gate.own_blocks(ticket, replacing)

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to keep the orders true, those that the journal knows from before included."""
        self.resolution.read_journal()
        self._hearing.start()

    async def stop(self) -> None:
        """End and wait until nothing runs. Orders on the exchange stay as they are."""
        self._hearing.stop()
        await self._owner.close()

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Start a task of the desk."""
        self._owner.spawn(name, work)

    def _on_put(self) -> None:
        self.pulse.beat()
        self.on_changed.notify()

    # Placing ---------------------------------------------------------------------------------

    def submit(
        self,
        ticket: OrderTicket,
        purpose: Purpose = Purpose.SUBMIT,
        procedure: ProcedureId | None = None,
        replacing: ClientOid | None = None,
    ) -> SubmitResult:
        """Send a ticket unless something blocks it. The one way for an order to leave.

        ``replacing`` is an order whose place it takes.
        """
        self.resolution.read_again()
        blocks = self.blocks(ticket, replacing)
        if blocks:
            return Blocked(blocks)
        result = self._gate.begin(ticket, purpose, procedure)
        if isinstance(result, Submitted):
            client_oid = result.client_oid
            self.spawn(f"place {client_oid}", self._commands.placing.run(ticket, client_oid))
        return result

    def submit_batch(
        self,
        tickets: Sequence[OrderTicket],
        purpose: Purpose = Purpose.SUBMIT,
        procedure: ProcedureId | None = None,
    ) -> tuple[SubmitResult, ...]:
        """Send many tickets at once; one result for each, in their order.

        Each passes the guard as if those before it were working already, and what opens on one side
        of a contract passes it as one order as well. What is blocked does not hold the rest up.
        """
        self.resolution.read_again()
        together = self._commands.batches.blocks_together(tickets)
        results: list[SubmitResult] = []
        orders: list[tuple[OrderTicket, ClientOid]] = []
        for ticket in tickets:
            blocks = together.get((ticket.symbol, ticket.side), ()) or self.blocks(ticket)
            if ticket.reduces_only:
                blocks = self.blocks(ticket)
            result = Blocked(blocks) if blocks else self._gate.begin(ticket, purpose, procedure)
            results.append(result)
            if isinstance(result, Submitted):
                orders.append((ticket, result.client_oid))
        self._commands.batches.place(orders)
        return tuple(results)

    def batch_blocks(self, tickets: Sequence[OrderTicket]) -> tuple[tuple[Block, ...], ...]:
        """What would keep each of many tickets from being sent together now; empty means go."""
        return self._commands.batches.preview(tickets)

    def dry_run(self, ticket: OrderTicket) -> Blocked | None:
        """Let the exchange test a ticket without placing it; ``on_dry_run`` is told the answer.

        A test is no order: it is in no list, and nothing is asked about it later.
        """
        blocks = self.dry_run_blocks(ticket)
        if blocks:
            return Blocked(blocks)
        self.spawn(
            "test an order", self._commands.placing.test(ticket, self._gate.new_client_oid())
        )
        return None

    async def answer(
        self, name: str, command: Awaitable[Outcome], route: Route | None = None
    ) -> Outcome:
        """A command's outcome; an error of our own leaves it unknown, like a lost answer."""
        return await self._answering.one(name, command, route)

    async def answers(
        self, name: str, command: Awaitable[tuple[Outcome, ...]], count: int
    ) -> tuple[Outcome, ...]:
        """Outcomes of a batch of ``count``; an error of our own leaves them all unknown."""
        return await self._answering.many(name, command, count)

    async def resolve_unknown(self, client_oid: ClientOid) -> None:
        """Ask until the exchange knows the order, or has long not heard of it."""
        await self.resolution.resolve(client_oid)

    def look_for(self, client_oid: ClientOid) -> None:
        """Begin to find out what became of an order, with all others at one pace."""
        self.resolution.look_for(client_oid)

    def correct(self, correction: Correction) -> None:
        """Take what became known of a command after its outcome was given."""
        subject = correction.subject
        client_oid = subject.client_oid
        if subject.order_id is not None:
            client_oid = self._store.by_id.get(subject.order_id)
        if client_oid is None or client_oid not in self.orders:
            return
        self._answering.record(replace(subject, client_oid=client_oid), correction.outcome)
        if subject.is_cancel:
            self._commands.canceling.correct(client_oid, correction.outcome)
        else:
            self._commands.placing.correct(client_oid, correction.outcome)

    # Cancelling ------------------------------------------------------------------------------

    def cancel(self, client_oid: ClientOid) -> None:
        """Cancel one order. Unknown ids and ended orders are ignored."""
        order = self.orders.get(client_oid)
        reason = self.access.silence
        if reason and order is not None:
            self.tell_about(order, f"Not canceled. {reason}", ok=False)
        elif not reason:
            self.origins.note(client_oid)
            self._commands.canceling.start(client_oid)

    def mark_canceling(
        self, client_oid: ClientOid, pending: PendingCommand = PendingCommand.CANCEL
    ) -> bool:
        """Note that a cancel is on its way; False when there is nothing (more) to cancel."""
        return self._commands.canceling.mark(client_oid, pending)

    async def cancel_and_see(
        self, client_oid: ClientOid, why_no_more: Callable[[], Awaitable[str]] | None = None
    ) -> None:
        """Ask for a cancel, again if nobody answers, until the order's end is known.

        ``why_no_more`` is asked before each repetition; it may say why there must be none.
        """
        await self._commands.canceling.run(client_oid, why_no_more=why_no_more)

    def cancel_all(self, symbol: Symbol, lane: PositionSide | None = None) -> None:
        """Cancel every order of a contract, or of one lane of hedge mode; stops included."""
        if self._gate.refuses("Not canceled.", symbol):
            return
        self.on_called_off.notify(symbol)
        if lane is None:
            self._commands.sweeping.all(symbol)
        else:
            self._commands.sweeping.lane(symbol, lane)

    def cancel_side(self, symbol: Symbol, side: Side) -> None:
        """Cancel a contract's buys or sells."""
        if not self._gate.refuses("Not canceled.", symbol):
            self.on_called_off.notify(symbol)
            self._commands.sweeping.side(symbol, side)

    def cancel_stops(self, symbol: Symbol | None = None, lane: PositionSide | None = None) -> None:
        """Cancel the stops that wait, of a contract, of one lane of it or of all contracts."""
        if self._gate.refuses("Not canceled.", symbol):
            return
        if symbol is None or lane is None:
            self._commands.sweeping.stops(symbol)
        else:
            self._commands.sweeping.lane_stops(symbol, lane)

    def cancel_chosen(self, client_oids: Collection[ClientOid]) -> None:
        """Cancel these orders in chunks, with a verdict for each; what has ended is left out."""
        if not self._gate.refuses("Not canceled."):
            self._commands.sweeping.these(client_oids)

    def cancel_newest(self, symbol: Symbol) -> bool:
        """Cancel the newest order that is not being canceled; False when there is none."""
        if self._gate.refuses("Not canceled.", symbol):
            return False
        return self._commands.canceling.newest(symbol)

    def cancel_everywhere(self) -> None:
        """Cancel every order of every contract that has one, older and foreign ones included."""
        if not self._gate.refuses("Not canceled."):
            self.on_called_off.notify(None)
            self._commands.sweeping.everywhere()

    # Procedures ------------------------------------------------------------------------------

    def exits_of(self, client_oid: ClientOid) -> AttachedExits | None:
        """The exits attached to an order that was placed here; None where none are known."""
        intention = self.journal.intention(client_oid)
        return None if intention is None else intention.ticket.exits

    def why_not_moved(
        self, client_oid: ClientOid, price: Price, *, takes_exits: bool = False
    ) -> Blocked | None:
        """What would keep an order from being moved now; None when nothing would."""
        return self._commands.moving.why_not(client_oid, price, takes_exits=takes_exits)

    def move(
        self, client_oid: ClientOid, price: Price, *, takes_exits: bool = False
    ) -> Blocked | None:
        """Move an order: cancel, and a new one only after the cancel's end is known.

        With ``takes_exits`` what is attached to it keeps its distance.
        """
        order = self.orders.get(client_oid)
        reduces = order is not None and order.reduces_only
        if reason := self.access.reason_for(reduces=reduces):
            return Blocked((Block(BlockField.ACCESS, reason),))
        self.origins.note(client_oid)
        return self._commands.moving.start(client_oid, price, takes_exits=takes_exits)

    def abort_move(self, client_oid: ClientOid) -> None:
        """One move under way sends no new order any more."""
        self._commands.moving.abort(client_oid)

    def abort_moves(self, symbol: Symbol | None, *, exits_too: bool = True) -> None:
        """Moves and reversals, of a contract or all, open nothing any more; cancels go on."""
        self._commands.moving.abort_all(symbol, exits_too=exits_too)
        self._commands.reversing.abort(symbol)

    def flatten(self, symbol: Symbol, lane: PositionSide | None = None) -> None:
        """Flatten a contract: cancel entries, close, verify flat, then cancel leftover exits.

        In hedge mode that is both lanes, or the one that is named.
        """
        if not self._gate.refuses("Not flattened.", symbol):
            self.on_called_off.notify(symbol)
            self._commands.reversing.abort(symbol)
            self._commands.flattening.start(symbol, lane)

    def reverse(self, symbol: Symbol, lane: PositionSide | None = None) -> Blocked | None:
        """Reverse a position: flatten, and only when verified flat the same size opposite.

        In hedge mode that is the named lane, and the same size is opened in the other one.
        """
        if self.access.reason:
            return Blocked((Block(BlockField.ACCESS, self.access.reason),))
        return self._commands.reversing.start(symbol, lane)

    def reversing(self, symbol: Symbol) -> bool:
        """True while a contract is being reversed."""
        return self._commands.reversing.is_running(symbol)

    def close_share(
        self,
        symbol: Symbol,
        share: Decimal = WHOLE,
        price: Price | None = None,
        lane: PositionSide | None = None,
    ) -> Blocked | None:
        """Close a share (above 0, up to 1) of a position at market, or with a limit at a price.

        In hedge mode ``lane`` says of which one.
        """
        if reason := self.access.silence:
            return Blocked((Block(BlockField.ACCESS, reason),))
        return self._commands.closing.start(symbol, share, price, lane)

    def close_position(
        self,
        ticket: OrderTicket,
        purpose: Purpose = Purpose.FLATTEN,
        procedure: ProcedureId | None = None,
    ) -> ClientOid:
        """Send a close ticket past the guard: getting out is never blocked. Returns at once."""
        client_oid = self._gate.begin_close(ticket, purpose, procedure)
        self.spawn(f"close {client_oid}", self._commands.placing.run(ticket, client_oid))
        return client_oid

    def under_way(self) -> tuple[str, ...]:
        """What procedures of many steps are doing now, one sentence each."""
        return self._commands.under_way()

    # Facts -----------------------------------------------------------------------------------

    def take(self, update: OrderUpdate, source: Source = Source.REST) -> None:
        """Bring an order up to date, or learn of one placed elsewhere."""
        self._hearing.take(update, source)

    def take_past(self, update: OrderUpdate) -> None:
        """Take an ended order of the past: it matters only if we know it as working."""
        if self._store.known(update) is not None:
            self.take(update)

    def take_recent_fills(self, fills: tuple[Fill, ...]) -> None:
        """Add fills read by request; what they say about fees completes what is known."""
        self._fills.take_read(fills)

    def read_again(self) -> None:
        """Read all orders anew: what could not be read whole before can be now."""
        self._hearing.read_again()

    async def refresh_order(self, client_oid: ClientOid) -> bool | None:
        """Ask the exchange about one order: whether it knows it; None when it did not answer."""
        return await self._hearing.ask(client_oid)

    def put(self, order: Order) -> None:
        """Store an order's new state and tell everyone."""
        self._store.put(order)

    # Telling ---------------------------------------------------------------------------------

    def tell(self, client_oid: ClientOid, sentence: str, *, ok: bool) -> None:
        """Say how a command ended: to the ladder and to the event log."""
        self._telling.ended(self.orders[client_oid], sentence, ok=ok)

    def tell_about(self, order: Order, sentence: str, *, ok: bool) -> None:
        """Say how a command about an order ended."""
        self._telling.ended(order, sentence, ok=ok)

    def tell_batch(self, result: BatchResult) -> None:
        """Say how a command about many orders ended."""
        self._telling.batch_ended(result)

    def tell_dry_run(self, ticket: OrderTicket, sentence: str, *, ok: bool) -> None:
        """Say how the test of an order ended."""
        self._telling.dry_run_ended(ticket, sentence, ok=ok)

    def warn(self, text: str, symbol: Symbol | None = None) -> None:
        """Put a warning about orders into the event log."""
        self._telling.warn(text, symbol)

    def report(self, name: str, error: BaseException) -> None:
        """Report an error of our own that a procedure lives on after."""
        self._owner.report(name, error)
