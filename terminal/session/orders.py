"""The order desk: every order of the account, every command about them, and how commands end.

Policies, in one place: nothing is sent that the guard blocks; a placed order is never resent; an
answer that did not come makes the order Unknown and the exchange is asked until it says what
happened; cancels may be asked again; opening orders wait until the orders have been read anew after
a connection was lost. Moving and flattening are procedures of their own (``moves``, ``flatten``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import OrderUpdate
from terminal.domain.guard import Block, BlockField, GuardLimits, Touch
from terminal.domain.intention import Intention, JournalError, Purpose, Source
from terminal.domain.order import (
    UNCLEAR,
    Order,
    OrderState,
    PendingCommand,
    apply_update,
    ended_twin,
    from_update,
    is_made_up,
    merged,
    submitting,
)
from terminal.domain.units import Side
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.exchange.outcome import Outcome, Route, Unknown
from terminal.session.closing import WHOLE
from terminal.session.commands import Commands
from terminal.session.guarding import Guarding
from terminal.session.journal import Journal, MemoryJournal
from terminal.session.latency import LatencyBook
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel
from terminal.session.recording import Recorder
from terminal.session.recovering import Recovery
from terminal.session.recovery import read_orders
from terminal.session.resolution import Resolution
from terminal.session.results import (
    BatchResult,
    Blocked,
    DryRun,
    OrderResult,
    SubmitResult,
    Submitted,
)
from terminal.session.tasks import Pulse
from terminal.session.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
    from decimal import Decimal

    from terminal.domain.access import Access
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill, OrderDetails
    from terminal.domain.intention import ProcedureId
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Price, Symbol
    from terminal.exchange.batches import Subject
    from terminal.exchange.gateway import StreamFact, TradingGateway
    from terminal.exchange.order_socket import Correction
    from terminal.session.account import AccountSession
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner

FEE_DELAY_S = 1.0
KEPT_TERMINAL = 500
FORGET_AFTER_S = 600.0
KEPT_FILLS = 2000
RECONCILE_INTERVAL_S = 60.0


@final
class OrderDesk:
    """All orders of the account and all commands about them. Commands return at once."""

    def __init__(  # noqa: PLR0913, PLR0915, PLR0917 - the one gate through which everything passes
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
        self._feed = feed
        self._owner = owner.child("orders")
        self._notices = notices
        self._contracts = contracts
        self._touch_of = touch_of
        self.guarding = Guarding(self, account, clock, touch_of, limits)
        self._new_client_oid = new_client_oid
        self._handles: list[Handle] = []
        self._by_id: dict[OrderId, ClientOid] = {}
        self._fills: dict[tuple[Symbol, str, OrderId], Fill] = {}
        self._applied: dict[tuple[Symbol, str, OrderId], None] = {}
        """Fills that the stream told; reading one says nothing of its effect on the position."""
        self._fees_asked = False
        self.recorder = Recorder(self.journal, clock)
        self.resolution = Resolution(self)
        self._commands = Commands(self, self.resolution)
        self.orders: dict[ClientOid, Order] = {}
        self.sent: dict[ClientOid, float] = {}
        """Orders of this run, with when each was begun (monotonic)."""
        self.flags_unknown: set[ClientOid] = set()
        self.details: dict[ClientOid, OrderDetails] = {}
        self.stops: list[Callable[[], str]] = []
        """Each may say why no opening order leaves now; empty when it has nothing against it."""
        self._ended_at_s: dict[ClientOid, float] = {}
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self.on_answer: Listeners[[Subject, Outcome]] = Listeners(self._owner.listener_failed)
        self.on_answer.add(self._record_answer)
        self.trust = Trust(clock, self.on_changed.notify)
        self.latency = LatencyBook(clock, self._owner.listener_failed)
        self._recovery = Recovery(
            self._owner,
            clock,
            self.trust,
            frozenset({ChannelKind.ORDERS, ChannelKind.STOPS}),
            self._read_anew,
            self._could_not_read,
        )
        self.on_compared: Listeners[[]] = Listeners(self._owner.listener_failed)
        self.on_fill: Listeners[[Fill]] = Listeners(self._owner.listener_failed)
        self.on_outcome: Listeners[[OrderResult]] = Listeners(self._owner.listener_failed)
        self.on_batch: Listeners[[BatchResult]] = Listeners(self._owner.listener_failed)
        self.on_dry_run: Listeners[[DryRun]] = Listeners(self._owner.listener_failed)

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
        return tuple(self._fills.values())

    def contract(self, symbol: Symbol) -> Contract | None:
        """A listed contract; None for one that is not."""
        return self._contracts.get(symbol)

    def named(self, order_id: OrderId) -> ClientOid | None:
        """Our name of an order of the exchange; the journal is asked about one long gone."""
        return self._by_id.get(order_id) or self.journal.named(order_id)

    def working(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """Orders that may still fill, oldest first."""
        return tuple(
            order
            for order in self.orders.values()
            if order.is_working and (symbol is None or order.symbol == symbol)
        )

    def touch(self, symbol: Symbol) -> Touch | None:
        """The touch of a contract whose book is open and live, else None."""
        return self._touch_of(symbol)

    def flattening(self, symbol: Symbol) -> bool:
        """True while a contract is being flattened."""
        return self._commands.flattening.is_running(symbol)

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
        reason = self.access.reason_for(reduces=ticket.reduces_only)
        blocks = self._blocks(ticket, replacing, as_if_flat=as_if_flat)
        unresolved = self.resolution.reason
        if unresolved and not ticket.reduces_only:
            blocks = (*blocks, Block(BlockField.ORDER, unresolved))
        return (Block(BlockField.ACCESS, reason), *blocks) if reason else blocks

    @property
    def stop_reason(self) -> str:
        """Why no opening order leaves, whatever it is; empty when there is no such reason."""
        return next(filter(None, (reason() for reason in self.stops)), "")

    def dry_run_blocks(
        self, ticket: OrderTicket, replacing: ClientOid | None = None
    ) -> tuple[Block, ...]:
        """What would keep a ticket from being sent if sending were on; empty means go."""
        return self._blocks(ticket, replacing, as_if_flat=False)

    def _blocks(
        self, ticket: OrderTicket, replacing: ClientOid | None, *, as_if_flat: bool
    ) -> tuple[Block, ...]:
        contract = self._contracts.get(ticket.symbol)
        if contract is None:
            return (Block(BlockField.CONTRACT, f"{ticket.symbol} is not listed."),)
        blocks = list(self.guarding.blocks(ticket, contract, replacing, as_if_flat=as_if_flat))
        if not ticket.reduces_only and self.stop_reason:
            blocks.insert(0, Block(BlockField.ACCESS, self.stop_reason))
        if not ticket.reduces_only and self.flattening(ticket.symbol):
            blocks.append(Block(BlockField.POSITION, f"{ticket.symbol} is being flattened."))
        if not ticket.reduces_only and not (self.is_trusted and self.account.is_trusted):
            blocks.append(
                Block(BlockField.ORDER, "Orders and positions are being read again; wait for it.")
            )
        return tuple(blocks)

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to keep the orders true, those that the journal knows from before included."""
        self.resolution.read_journal()
        self._handles = [
            self._feed.on_opened.add(self._on_opened),
            self._feed.on_lost.add(self._on_lost),
        ]
        if self._feed.is_live:
            self._on_opened()
        for kind in (ChannelKind.ORDERS, ChannelKind.STOPS):
            self._handles.append(self._feed.subscribe(Channel(kind), self._on_fact))
        self.spawn("reconcile", self._reconcile_now_and_then())
        self.spawn("trust", self.trust.watch())

    async def stop(self) -> None:
        """End and wait until nothing runs. Orders on the exchange stay as they are."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Start a task of the desk."""
        self._owner.spawn(name, work)

    def _on_opened(self) -> None:
        self._recovery.opened()

    def _on_lost(self) -> None:
        self._recovery.lost()
        self.on_changed.notify()

    async def _read_anew(self) -> None:
        await read_orders(self)

    def _could_not_read(self, sentence: str) -> None:
        self.warn(f"The orders could not be read. {sentence}")

    async def _reconcile_now_and_then(self) -> None:
        """Compare all working orders with the exchange's list, so that no ghost stays."""
        while True:
            await self.clock.sleep(RECONCILE_INTERVAL_S)
            if not self.is_trusted:
                continue
            try:
                await read_orders(self)
            except TernError as error:
                self.warn(f"The orders could not be compared. {error.sentence}")
            except Exception as error:  # noqa: BLE001 - reported; the next comparison must come
                self._owner.report("reconcile", error)
            else:
                self.on_compared.notify()

    def report(self, name: str, error: BaseException) -> None:
        """Report an error of our own that a procedure lives on after."""
        self._owner.report(name, error)

    def warn(self, text: str, symbol: Symbol | None = None) -> None:
        """Put a warning about orders into the event log."""
        self._notices.post(NoticeLevel.WARNING, "orders", text, symbol)

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
        result = self._begin(ticket, purpose, procedure)
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
            result = Blocked(blocks) if blocks else self._begin(ticket, purpose, procedure)
            results.append(result)
            if isinstance(result, Submitted):
                orders.append((ticket, result.client_oid))
        self._commands.batches.place(orders)
        return tuple(results)

    def _begin(
        self, ticket: OrderTicket, purpose: Purpose, procedure: ProcedureId | None
    ) -> SubmitResult:
        """Write an order down and show it; whoever calls sends it."""
        if purpose is Purpose.SUBMIT and ticket.exits is not None:
            purpose = Purpose.BRACKET
        client_oid = self._new_client_oid()
        self.latency.begin(client_oid)
        block = self._intend(Intention(client_oid, ticket, purpose, procedure, self.clock.now_ms()))
        if block is not None:
            self.latency.forget(client_oid)
            return Blocked((block,))
        if purpose is not Purpose.MOVE:
            self.guarding.pace.note(ticket)
        self.sent[client_oid] = self.clock.monotonic_s()
        self.put(submitting(ticket, client_oid))
        return Submitted(client_oid)

    def _intend(self, intention: Intention) -> Block | None:
        """Write what is meant before it is sent; what opens is not sent without."""
        ticket = intention.ticket
        self.resolution.read_again()
        try:
            self.journal.intend(intention)
        except JournalError as error:
            if not ticket.reduces_only:
                return Block(BlockField.JOURNAL, f"{error.sentence} {error.remedy}".rstrip())
            self.warn(f"{error.sentence} The order reduces, so it is sent.", ticket.symbol)
        else:
            self.recorder.intended(intention.client_oid)
        return None

    def dry_run(self, ticket: OrderTicket) -> Blocked | None:
        """Let the exchange test a ticket without placing it; ``on_dry_run`` is told the answer.

        A test is no order: it is in no list, and nothing is asked about it later.
        """
        blocks = self.dry_run_blocks(ticket)
        if blocks:
            return Blocked(blocks)
        self.spawn("test an order", self._commands.placing.test(ticket, self._new_client_oid()))
        return None

    def tell_dry_run(self, ticket: OrderTicket, sentence: str, *, ok: bool) -> None:
        """Say how the test of an order ended."""
        level = NoticeLevel.INFO if ok else NoticeLevel.WARNING
        self._notices.post(level, "orders", sentence, ticket.symbol)
        self.on_dry_run.notify(DryRun(ticket, ok, sentence))

    async def answer(
        self, name: str, command: Awaitable[Outcome], route: Route | None = None
    ) -> Outcome:
        """A command's outcome; an error of our own leaves it unknown, like a lost answer.

        ``route`` is the only way that the command may go; without it, it takes that of the moment.
        """
        route = route or self.gateway.route.route  # chosen when the command begins, just now
        try:
            return await command
        except Exception as error:  # noqa: BLE001 - reported; an order must never be forgotten
            self._owner.report(name, error)
            return Unknown("An error inside the program hid the answer.", route)

    async def answers(
        self, name: str, command: Awaitable[tuple[Outcome, ...]], count: int
    ) -> tuple[Outcome, ...]:
        """Outcomes of a batch of ``count``; an error of our own leaves them all unknown."""
        route = self.gateway.route.route
        try:
            return await command
        except Exception as error:  # noqa: BLE001 - reported; an order must never be forgotten
            self._owner.report(name, error)
            return (Unknown("An error inside the program hid the answer.", route),) * count

    def _record_answer(self, subject: Subject, outcome: Outcome) -> None:
        order = None if subject.client_oid is None else self.orders.get(subject.client_oid)
        is_heard_of = order is not None and order.state not in UNCLEAR
        self.recorder.answered(subject, outcome, is_heard_of=is_heard_of)

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
            client_oid = self._by_id.get(subject.order_id)
        if client_oid is None or client_oid not in self.orders:
            return
        self._record_answer(replace(subject, client_oid=client_oid), correction.outcome)
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
            self._commands.canceling.start(client_oid)

    def mark_canceling(
        self, client_oid: ClientOid, pending: PendingCommand = PendingCommand.CANCEL
    ) -> bool:
        """Note that a cancel is on its way; False when there is nothing (more) to cancel."""
        return self._commands.canceling.mark(client_oid, pending)

    async def cancel_and_see(self, client_oid: ClientOid) -> None:
        """Ask for a cancel, again if nobody answers, until the order's end is known."""
        await self._commands.canceling.run(client_oid)

    def cancel_all(self, symbol: Symbol) -> None:
        """Cancel every order of a contract, stops included."""
        if not self._refused("Not canceled.", symbol):
            self._commands.sweeping.all(symbol)

    def cancel_side(self, symbol: Symbol, side: Side) -> None:
        """Cancel a contract's buys or sells."""
        if not self._refused("Not canceled.", symbol):
            self._commands.sweeping.side(symbol, side)

    def cancel_stops(self, symbol: Symbol | None = None) -> None:
        """Cancel the stops that wait, of a contract or of all."""
        if not self._refused("Not canceled.", symbol):
            self._commands.sweeping.stops(symbol)

    def cancel_newest(self, symbol: Symbol) -> bool:
        """Cancel the newest order that is not being canceled; False when there is none."""
        if self._refused("Not canceled.", symbol):
            return False
        return self._commands.canceling.newest(symbol)

    def cancel_everywhere(self) -> None:
        """Cancel every order of every contract that has one, older and foreign ones included."""
        if not self._refused("Not canceled."):
            self._commands.sweeping.everywhere()

    def _refused(self, what: str, symbol: Symbol | None = None) -> bool:
        """Whether all commands are off; then the event log says so."""
        reason = self.access.silence
        if reason:
            self.warn(f"{what} {reason}", symbol)
        return bool(reason)

    # Procedures ------------------------------------------------------------------------------

    def move(self, client_oid: ClientOid, price: Price) -> Blocked | None:
        """Move an order: cancel, and a new one only after the cancel's end is known."""
        order = self.orders.get(client_oid)
        reduces = order is not None and order.reduces_only
        if reason := self.access.reason_for(reduces=reduces):
            return Blocked((Block(BlockField.ACCESS, reason),))
        return self._commands.moving.start(client_oid, price)

    def abort_move(self, client_oid: ClientOid) -> None:
        """One move under way sends no new order any more."""
        self._commands.moving.abort(client_oid)

    def abort_moves(self, symbol: Symbol | None, *, exits_too: bool = True) -> None:
        """Moves and reversals, of a contract or all, open nothing any more; cancels go on."""
        self._commands.moving.abort_all(symbol, exits_too=exits_too)
        self._commands.reversing.abort(symbol)

    def flatten(self, symbol: Symbol) -> None:
        """Flatten a contract: cancel entries, close, verify flat, then cancel leftover exits."""
        if not self._refused("Not flattened.", symbol):
            self._commands.reversing.abort(symbol)
            self._commands.flattening.start(symbol)

    def reverse(self, symbol: Symbol) -> Blocked | None:
        """Reverse a position: flatten, and only when verified flat the same size opposite."""
        if self.access.reason:
            return Blocked((Block(BlockField.ACCESS, self.access.reason),))
        return self._commands.reversing.start(symbol)

    def reversing(self, symbol: Symbol) -> bool:
        """True while a contract is being reversed."""
        return self._commands.reversing.is_running(symbol)

    def close_share(
        self, symbol: Symbol, share: Decimal = WHOLE, price: Price | None = None
    ) -> Blocked | None:
        """Close a share (above 0, up to 1) of a position at market, or with a limit at a price."""
        if reason := self.access.silence:
            return Blocked((Block(BlockField.ACCESS, reason),))
        return self._commands.closing.start(symbol, share, price)

    def close_position(
        self,
        ticket: OrderTicket,
        purpose: Purpose = Purpose.FLATTEN,
        procedure: ProcedureId | None = None,
    ) -> ClientOid:
        """Send a close ticket past the guard: getting out is never blocked. Returns at once."""
        client_oid = self._new_client_oid()
        self._intend(Intention(client_oid, ticket, purpose, procedure, self.clock.now_ms()))
        self.sent[client_oid] = self.clock.monotonic_s()
        self.put(submitting(ticket, client_oid))
        self.spawn(f"close {client_oid}", self._commands.placing.run(ticket, client_oid))
        return client_oid

    def under_way(self) -> tuple[str, ...]:
        """What procedures of many steps are doing now, one sentence each."""
        return self._commands.under_way()

    # Facts -----------------------------------------------------------------------------------

    def _on_fact(self, fact: StreamFact) -> None:
        if isinstance(fact, OrderUpdate):
            self.take(fact, Source.STREAM)
        elif isinstance(fact, ChannelConfirmed):
            self._recovery.confirmed(fact.channel.kind)
        elif isinstance(fact, ChannelInterrupted):
            self._recovery.interrupted(fact.channel.kind)
            self.on_changed.notify()
        elif isinstance(fact, ChannelRefused):
            self._recovery.interrupted(fact.channel.kind)
            self._distrust(f"The exchange refused the order stream: {fact.sentence}")
        elif isinstance(fact, FrameUnreadable):
            self.warn(f"A message about an order could not be read: {fact.error}")
            self._recovery.again()

    def _distrust(self, why: str) -> None:
        self.trust.take_away()
        self._notices.post(NoticeLevel.ERROR, "orders", why)
        self.on_changed.notify()

    def take(self, update: OrderUpdate, source: Source = Source.REST) -> None:
        """Bring an order up to date, or learn of one placed elsewhere."""
        known = self._known(update)
        after = from_update(update) if known is None else apply_update(known, update)
        self.recorder.updated(known, after, update, source)
        if source is Source.STREAM:
            self.latency.told(after.client_oid)
        self._note_flags(after.client_oid, update, is_new=known is None)
        if update.details is not None and not update.is_done:
            self.details[after.client_oid] = update.details
        if update.fill is not None:
            self._take_fill(update.fill, after.client_oid)
        if after is not known:
            self.put(after)
            if update.fill is None and after.filled > (known.filled if known is not None else 0):
                self._want_fees()  # it filled, and no message told how
            if known is not None and known.state is OrderState.REJECTED:
                self.tell_about(after, "The exchange has this order after all.", ok=False)
            if update.reason:
                self.warn(f"{self._named(after)}: {update.reason}", after.symbol)
            elif known is not None and after.state is OrderState.CANCELED:
                self._note(f"Canceled {self._named(after)}.", after.symbol)
            has_fired = known is not None and known.state is OrderState.UNTRIGGERED
            if has_fired and after.state is OrderState.OPEN:
                # What a stop becomes may have an id of its own; then this one is over.
                oid = after.client_oid
                self.spawn(f"fired stop {oid}", self._read_order(oid))

    def _note_flags(self, client_oid: ClientOid, update: OrderUpdate, *, is_new: bool) -> None:
        """The stream does not tell what only reduces: orders first heard there are looked up."""
        if update.is_reduce_only is not None:
            self.flags_unknown.discard(client_oid)
        elif is_new and not update.is_done:
            self.flags_unknown.add(client_oid)
            self.spawn(f"flags of {client_oid}", self._read_order(client_oid))

    async def _read_order(self, client_oid: ClientOid) -> None:
        await self.refresh_order(client_oid)

    def _known(self, update: OrderUpdate) -> Order | None:
        named = None if update.client_oid is None else self.orders.get(update.client_oid)
        client_oid = self._by_id.get(update.order_id)
        by_id = None if client_oid is None else self.orders.get(client_oid)
        if named is not None and named.order_id in {None, update.order_id}:
            return named
        return by_id or named

    def _take_fill(self, fill: Fill, client_oid: ClientOid) -> None:
        if fill.key in self._applied:
            return
        self._applied[fill.key] = None
        if len(self._applied) > 2 * KEPT_FILLS:
            for key in list(self._applied)[:-KEPT_FILLS]:
                del self._applied[key]
        if fill.key not in self._fills:  # one that was read already knows its fee
            self._fills[fill.key] = fill
            self.recorder.filled(client_oid, fill, Source.STREAM)
        self.account.apply_fill(fill)
        self.on_fill.notify(fill)
        verb = "Bought" if fill.side is Side.BUY else "Sold"
        price = self._price_text(fill.symbol, fill.price)
        self._note(f"{verb} {fill.lots} at {price}.", fill.symbol)
        self._want_fees()

    def _want_fees(self) -> None:
        if not self._fees_asked:
            self._fees_asked = True
            self.spawn("fees", self._read_fees())

    def _named(self, order: Order) -> str:
        unsided = "close" if order.is_close_order else "order of"
        side = order.side.value if order.side is not None else unsided
        words = f"{side} {order.canceled}"
        if order.price is not None:
            words += f" at {self._price_text(order.symbol, order.price)}"
        return words

    def _price_text(self, symbol: Symbol, price: Price) -> str:
        contract = self._contracts.get(symbol)
        if contract is None:
            return f"{price} ticks"
        return f"{contract.scale.decimal(price):.{contract.scale.decimals}f}"

    def _note(self, text: str, symbol: Symbol) -> None:
        self._notices.post(NoticeLevel.INFO, "orders", text, symbol)

    async def _read_fees(self) -> None:
        """The stream does not tell fees: read them a moment after a fill."""
        await self.clock.sleep(FEE_DELAY_S)
        self._fees_asked = False
        try:
            fills = await self.gateway.recent_fills()
        except TernError as error:
            self._notices.post(NoticeLevel.INFO, "orders", f"No fees yet. {error.sentence}")
            return
        self.take_recent_fills(fills)

    def take_recent_fills(self, fills: tuple[Fill, ...]) -> None:
        """Add fills read by request; what they say about fees completes what is known.

        They do not change positions: those were read by request as well.
        """
        for fill in fills:
            client_oid = self._by_id.get(fill.order_id)
            if client_oid is not None and fill.key not in self._fills:
                self.recorder.filled(client_oid, fill, Source.REST)
            self._fills[fill.key] = fill
        ordered = sorted(self._fills.values(), key=lambda fill: fill.event_at)[-KEPT_FILLS:]
        self._fills = {fill.key: fill for fill in ordered}
        self.on_changed.notify()

    async def refresh_order(self, client_oid: ClientOid) -> bool | None:
        """Ask the exchange about one order: whether it knows it; None when it did not answer."""
        order = self.orders[client_oid]
        try:
            if order.order_id is not None:
                update = await self.gateway.order(order.order_id)
            else:
                update = await self.gateway.order_by_client_oid(client_oid)
        except TernError:
            return None
        except Exception as error:  # noqa: BLE001 - reported; a procedure must not die of a query
            self._owner.report("query", error)
            return None
        if update is not None:
            self.take(update)
        return update is not None

    # State -----------------------------------------------------------------------------------

    def put(self, order: Order) -> None:
        """Store an order's new state and tell everyone."""
        if order.order_id is not None:
            order = self._with_twin(order, self._by_id.get(order.order_id))
        self.orders[order.client_oid] = order
        self.recorder.stands(order)
        if order.order_id is not None:
            self._by_id[order.order_id] = order.client_oid
        self._forget_old(order)
        self.pulse.beat()
        self.on_changed.notify()

    def _with_twin(self, order: Order, named: ClientOid | None) -> Order:
        """Two names for one order become one.

        A stop's event tells no id of ours, so one that comes before the answer to its request looks
        like an order placed elsewhere (API reference 3.6 rules 4 and 7).
        """
        twin = None if named is None or named == order.client_oid else self.orders.get(named)
        if twin is None or not is_made_up(twin.client_oid):
            return order
        self.flags_unknown.discard(twin.client_oid)
        self.orders[twin.client_oid] = ended_twin(twin)
        self._ended_at_s.setdefault(twin.client_oid, self.clock.monotonic_s())
        details = self.details.pop(twin.client_oid, None)
        if details is not None:
            self.details.setdefault(order.client_oid, details)
        joined = merged(order, twin)
        if joined is not order:
            self.recorder.joined(order.client_oid, twin.client_oid)
        return joined

    def _forget_old(self, order: Order) -> None:
        """Forget orders that ended long ago; none that a procedure may still look at."""
        now_s = self.clock.monotonic_s()
        if order.state.is_terminal:
            self._ended_at_s.setdefault(order.client_oid, now_s)
        else:
            self._ended_at_s.pop(order.client_oid, None)
        if len(self._ended_at_s) <= 2 * KEPT_TERMINAL:
            return
        for client_oid, ended_at_s in list(self._ended_at_s.items())[:-KEPT_TERMINAL]:
            if now_s - ended_at_s < FORGET_AFTER_S:
                break
            forgotten = self.orders.pop(client_oid)
            del self._ended_at_s[client_oid]
            self.flags_unknown.discard(client_oid)
            self.sent.pop(client_oid, None)
            self.details.pop(client_oid, None)
            self.recorder.forget(client_oid)
            if forgotten.order_id is not None:
                self._by_id.pop(forgotten.order_id, None)

    def take_past(self, update: OrderUpdate) -> None:
        """Take an ended order of the past: it matters only if we know it as working."""
        if self._known(update) is not None:
            self.take(update)

    def tell(self, client_oid: ClientOid, sentence: str, *, ok: bool) -> None:
        """Say how a command ended: to the ladder and to the event log."""
        self.tell_about(self.orders[client_oid], sentence, ok=ok)

    def tell_about(self, order: Order, sentence: str, *, ok: bool) -> None:
        """Say how a command about an order ended."""
        level = NoticeLevel.INFO if ok else NoticeLevel.WARNING
        self._notices.post(level, "orders", sentence, order.symbol)
        self.on_outcome.notify(OrderResult(order, ok, sentence))

    def tell_batch(self, result: BatchResult) -> None:
        """Say how a command about many orders ended."""
        level = NoticeLevel.INFO if result.ok else NoticeLevel.WARNING
        self._notices.post(level, "orders", result.sentence, result.symbol)
        self.on_batch.notify(result)
