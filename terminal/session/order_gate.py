"""The gate of the desk: what keeps a ticket from leaving, and the writing down of what leaves.

The rules for one ticket are the guard's (``guarding``); here stands what holds for all of them.
What only reduces passes whatever is in doubt but the exchange's own limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.guard import Block, BlockField
from terminal.domain.intention import Intention, JournalError, Purpose
from terminal.domain.order import submitting
from terminal.session.results import Blocked, SubmitResult, Submitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.intention import ProcedureId
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.desk import Desk
    from terminal.session.guarding import Guarding
    from terminal.session.resolution import Resolution


@final
class OrderGate:
    """The one gate of a desk through which every order passes.

    ``stops`` may each say why no opening order leaves now; empty when it has nothing against it.
    """

    def __init__(
        self,
        desk: Desk,
        guarding: Guarding,
        resolution: Resolution,
        new_client_oid: Callable[[], ClientOid],
    ) -> None:
        self._desk = desk
        self._guarding = guarding
        self._resolution = resolution
        self.new_client_oid = new_client_oid
        self.stops: list[Callable[[], str]] = []

    @property
    def stop_reason(self) -> str:
        """Why no opening order leaves, whatever it is; empty when there is no such reason."""
        return next(filter(None, (reason() for reason in self.stops)), "")

    def blocks(
        self, ticket: OrderTicket, replacing: ClientOid | None, *, as_if_flat: bool
    ) -> tuple[Block, ...]:
        """What would keep a ticket from being sent now; empty means go."""
        reason = self._desk.access.reason_for(reduces=ticket.reduces_only)
        blocks = self.own_blocks(ticket, replacing, as_if_flat=as_if_flat)
        unresolved = self._resolution.reason
        if unresolved and not ticket.reduces_only:
            blocks = (*blocks, Block(BlockField.ORDER, unresolved))
        return (Block(BlockField.ACCESS, reason), *blocks) if reason else blocks

    def own_blocks(
        self, ticket: OrderTicket, replacing: ClientOid | None, *, as_if_flat: bool = False
    ) -> tuple[Block, ...]:
        """What would keep a ticket from being sent if sending were on; empty means go."""
        desk = self._desk
        contract = desk.contract(ticket.symbol)
        if contract is None and ticket.reduces_only:
            return ()  # no belief of ours may keep anybody from getting out; the exchange knows it
        if contract is None:
            return (Block(BlockField.CONTRACT, f"{ticket.symbol} is not listed."),)
        blocks = list(self._guarding.blocks(ticket, contract, replacing, as_if_flat=as_if_flat))
        if not ticket.reduces_only and self.stop_reason:
            blocks.insert(0, Block(BlockField.ACCESS, self.stop_reason))
        lane = ticket.terms.position_side
        if not ticket.reduces_only and desk.flattening(ticket.symbol, lane):
            blocks.append(Block(BlockField.POSITION, f"{ticket.symbol} is being flattened."))
        if not ticket.reduces_only and not (desk.is_trusted and desk.account.is_trusted):
            blocks.append(
                Block(BlockField.ORDER, "Orders and positions are being read again; wait for it.")
            )
        return tuple(blocks)

    def refuses(self, what: str, symbol: Symbol | None = None) -> bool:
        """Whether all commands are off; then the event log says so."""
        reason = self._desk.access.silence
        if reason:
            self._desk.warn(f"{what} {reason}", symbol)
        return bool(reason)

    # Passing ---------------------------------------------------------------------------------

    def begin(
        self, ticket: OrderTicket, purpose: Purpose, procedure: ProcedureId | None
    ) -> SubmitResult:
        """Write an order down and show it; whoever calls has asked for blocks, and sends it."""
        if purpose is Purpose.SUBMIT and ticket.exits is not None:
            purpose = Purpose.BRACKET
        client_oid = self.new_client_oid()
        self._desk.latency.begin(client_oid, procedure)
        block = self._intend(client_oid, ticket, purpose, procedure)
        if block is not None:
            self._desk.latency.forget(client_oid)
            return Blocked((block,))
        if purpose is not Purpose.MOVE:
            self._guarding.pace.note(ticket)
        self._show(client_oid, ticket)
        return Submitted(client_oid)

    def begin_close(
        self, ticket: OrderTicket, purpose: Purpose, procedure: ProcedureId | None
    ) -> ClientOid:
        """Write a close down and show it: nothing blocks getting out, the journal neither."""
        client_oid = self.new_client_oid()
        self._desk.latency.begin(client_oid, procedure)
        self._intend(client_oid, ticket, purpose, procedure)
        self._show(client_oid, ticket)
        return client_oid

    def _show(self, client_oid: ClientOid, ticket: OrderTicket) -> None:
        self._desk.origins.note(client_oid)
        self._desk.sent[client_oid] = self._desk.clock.monotonic_s()
        self._desk.put(submitting(ticket, client_oid))

    def _intend(
        self,
        client_oid: ClientOid,
        ticket: OrderTicket,
        purpose: Purpose,
        procedure: ProcedureId | None,
    ) -> Block | None:
        """Write what is meant before it is sent; what opens is not sent without."""
        desk = self._desk
        self._resolution.read_again()
        intention = Intention(client_oid, ticket, purpose, procedure, desk.clock.now_ms())
        try:
            desk.journal.intend(intention)
        except JournalError as error:
            if not ticket.reduces_only:
                return Block(BlockField.JOURNAL, f"{error.sentence} {error.remedy}".rstrip())
            desk.warn(f"{error.sentence} The order reduces, so it is sent.", ticket.symbol)
        else:
            desk.recorder.intended(client_oid)
        return None
