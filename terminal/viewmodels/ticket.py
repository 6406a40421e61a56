"""The order ticket: an intention filled in by hand, previewed, and sent by a second press.

What is typed is in ``ticket_form``, what would be sent in ``ticket_candidates``, what it would do
in ``ticket_figures``, where that is known from in ``ticket_sources``; margin mode and leverage are
in ``ticket_terms``, the risk level in ``ticket_level``, templates in ``ticket_shelf``.
``ticket_building`` makes the view of it all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.draft import Field
from terminal.domain.effect import effect_of
from terminal.domain.triggers import Fires, would_fire_now
from terminal.domain.units import Side
from terminal.session.origins import Surface, asked_by
from terminal.session.results import Blocked, OrderResult
from terminal.viewmodels import text
from terminal.viewmodels.asked_about import OpenQuestion
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.mode_change import ModeChange
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket_building import TicketBuilder, TicketState
from terminal.viewmodels.ticket_candidates import TicketCandidates
from terminal.viewmodels.ticket_editing import TicketEditing
from terminal.viewmodels.ticket_level import TicketLevel
from terminal.viewmodels.ticket_shelf import TicketTemplates
from terminal.viewmodels.ticket_sources import TicketSources
from terminal.viewmodels.ticket_terms import TicketTerms

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.effect import Effect
    from terminal.domain.events import MarginMode
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Price
    from terminal.session.account import AccountSession
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.session.results import BatchResult, DryRun
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.ticket_candidates import Candidate
    from terminal.viewmodels.ticket_form import Sized, TicketForm
    from terminal.viewmodels.ticket_shelf import TemplateShelf
    from terminal.viewmodels.ticket_view import TicketView
    from terminal.viewmodels.workspace import Workspace

INCOMPLETE = "The ticket is not complete."


@final
class TicketViewModel(TicketEditing):
    """An order ticket on the workspace's contract. Staging never sends; ``confirm`` does, once.

    ``scale_asked`` when many orders are wanted in place of one, ``picked`` when a price of another
    panel was taken or not: that should be seen.
    """

    scale_asked = Signal()
    picked = Signal()

    def __init__(
        self,
        workspace: Workspace,
        desk: OrderDesk,
        account: AccountSession,
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(TicketSources(workspace, desk, account), frame, parent)
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self.terms = TicketTerms(account, self._terms_edited, self._estimate)
        self.level = TicketLevel(desk)
        self._candidates = TicketCandidates(self.sources, desk)
        self._builder = TicketBuilder(self.sources, self._candidates, self.terms, self.level, desk)
        self._handles: list[Removable] = []
        self.locked: Callable[[], str] = str
        """Why no order is entered by hand at all; empty while some may be."""
        self._templates = TicketTemplates()
        self._tests_first = False
        self._staged: tuple[Side, OrderTicket] | None = None
        self.side: Side | None = None
        """The side in hand: that which was staged for what is typed now."""
        self._preflight: Message | None = None
        self._message: Message | None = None
        self._question = OpenQuestion(desk)
        self._mode_change = ModeChange(account)
        self._surface = Surface()
        self.view = self._build()

    @property
    def protecting(self) -> Protecting | None:
        """What is known of protection; set before the start, exits are by mark without."""
        return self.sources.protecting

    @protecting.setter
    def protecting(self, protecting: Protecting | None) -> None:
        self.sources.protecting = protecting

    # Editing ---------------------------------------------------------------------------------

    def set_tests_first(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Let the exchange test whatever is staged."""
        self._tests_first = is_set
        self.mark_dirty()

    @override
    def edit(self, form: TicketForm) -> None:
        self.form = form
        self._take_back()
        self.mark_dirty()

    def _terms_edited(self) -> None:
        self._take_back()
        self.mark_dirty()

    def _take_back(self) -> None:
        self._staged = self._message = self._preflight = None
        self.level.drop()

    def ask_for_scale(self) -> None:
        """Somebody wants many orders between two prices."""
        self.scale_asked.emit()

    def pick(self, contract: Contract, price: Price) -> Message:
        """Take a price that was picked in another panel; answers what came of it, in words.

        Only a price of the contract that is shown here. What is staged is taken back with it.
        """
        own, field = self.sources.contract, self.form.picks
        shown = text.price(price, contract)
        if own is None or own.symbol != contract.symbol:
            here = "no contract" if own is None else str(own.symbol)
            words = (
                f"{shown} was not taken: the ticket shows {here}. Link both panels by one colour, "
                f"or choose {contract.symbol} there."
            )
            return self._picked(words, Role.CAUTION)
        if field is None:
            words = f"{shown} was not taken: {self.form.kind.value} orders have no price. "
            return self._picked(f"{words}Choose another type in the ticket.", Role.CAUTION)
        was_staged = self.is_staged
        self.take_price(price, is_trigger=field is Field.TRIGGER)
        name = "trigger" if field is Field.TRIGGER else "price"
        tail = " What was staged there is taken back." if was_staged else ""
        return self._picked(f"{shown} is the {name} in the ticket.{tail}", Role.TEXT_DIM)

    def _picked(self, words: str, role: Role) -> Message:
        self._message = Message(words, role)
        self.mark_dirty()
        self.picked.emit()
        return self._message

    # Margin mode and leverage ----------------------------------------------------------------

    def open_terms(self, *, is_open: bool) -> None:
        """Show or hide margin mode and leverage."""
        self.terms.open(self.sources.contract, is_open=is_open)

    def apply_terms(self) -> None:
        """Change what is wanted of them; this sends no order, and is locked as orders are."""
        reason = self.locked()
        if reason:
            self._message = Message(f"Not changed. {reason}", Role.CAUTION)
            self.mark_dirty()
            return
        self.terms.apply(self.sources.contract)

    def raise_level(self) -> None:
        """Show what raising the risk level does; pressed again, ask the exchange for it."""
        reason = self.locked()
        if reason:
            self._take_back()
            self._message = Message(f"Not changed. {reason}", Role.CAUTION)
        elif not self.level.is_staged or self.view.level.words:  # what is read, as with orders
            self._staged = self._message = self._preflight = None
            self.level.press(self.sources.contract)
        self.mark_dirty()

    def _on_level_changed(self) -> None:
        """How it ended is told once, where it was asked for."""
        contract = self.sources.contract
        answer = None if contract is None else self.level.ended(contract.symbol)
        if answer is not None:
            self._message = Message(answer.sentence, Role.BUY if answer.ok else Role.DANGER)
        self.mark_dirty()

    def _estimate(self, mode: MarginMode, leverage: Decimal) -> Effect | None:
        """What the order in the ticket would do with other terms; the first side that it can be."""
        contract = self.sources.contract
        if contract is None:
            return None
        for side in Side:
            candidate = self._candidate(side)
            ticket, found = candidate.ticket, candidate.figures
            if ticket is None or found.effect is None or ticket.reduces_only:
                continue
            other = replace(ticket, margin_mode=mode, leverage=leverage)
            facts = self._desk.guarding.preview(other, contract)
            price = self.sources.price(other, contract, found.sweep)
            facts = replace(facts, cross_leverage=leverage)
            return None if price is None else effect_of(other, contract, facts, price)
        return None

    # Templates -------------------------------------------------------------------------------

    def keep_templates(self, shelf: TemplateShelf) -> None:
        """Where they are from now on."""
        self._message = self._templates.keep_on(shelf) or self._message
        self.mark_dirty()

    def save_template(self, name: str) -> None:
        """Keep what is filled in, without prices, under a name; it replaces one of that name."""
        self._tell(self._templates.save(self.form, name))

    def recall_template(self, name: str) -> None:
        """Fill in what was kept; nothing is staged."""
        form = self._templates.recalled(self.form, name)
        if form is not None:
            self.edit(form)

    def delete_template(self, name: str) -> None:
        """Forget one."""
        self._tell(self._templates.delete(name))

    def _say(self, words: str, role: Role) -> None:
        self._tell(Message(words, role))

    def _tell(self, message: Message) -> None:
        self._staged = self._preflight = None
        self._message = message
        self.mark_dirty()

    # Sending ---------------------------------------------------------------------------------

    def stage(self, side: Side) -> None:
        """First press: say what would be sent. The same side again sends it."""
        if self._is_locked():
            return
        if self._staged is not None and self._staged[0] is side:
            self.confirm()
            return
        self._take_back()
        self.side = side
        found = self._candidate(side)
        if self._candidates.is_dry:
            self._test(found)
            return
        if found.ticket is None or not found.is_ready:
            self._say(f"Not sent. {found.reason or INCOMPLETE}", Role.DANGER)
            return
        self._staged = (side, found.ticket)
        if self._tests_first:
            self._test(found)
        self.mark_dirty()

    def test(self) -> None:
        """Let the exchange test what is staged, else the side in hand or the only one there is."""
        sides = [side for side in Side if self._candidate(side).is_ready]
        side = self._staged[0] if self._staged is not None else self.side
        if side is None or side not in sides:
            side = sides[0] if sides else side
        self._test(self._candidate(side or Side.BUY))

    def _test(self, found: Candidate) -> None:
        """Ask what the exchange would say; a press more is not needed where nothing is sent."""
        reason = found.reason or INCOMPLETE
        if found.ticket is not None and not found.reason:
            blocked = self._desk.dry_run(found.ticket)
            reason = "" if blocked is None else blocked.blocks[0].reason
        words = Message("Testing the order.", Role.TEXT_DIM)
        if reason:
            words = Message(f"Not tested. {reason}", Role.DANGER)
        if self._staged is None:
            self._message = words
        else:
            self._preflight = words
        self.mark_dirty()

    def confirm(self) -> None:
        """Second press: send what is staged, once; none while no frame has shown it yet.

        Two presses that waited together in a loop that was held up are one that was meant.
        """
        if self._is_locked() or (self._staged is not None and self.view.staged is None):
            return
        staged, self._staged = self._staged, None
        if staged is None:
            return
        ticket = staged[1]
        self._preflight, self.side = None, None
        contract = self.sources.contract
        if contract is not None and ticket.trigger is not None:
            now = self.sources.references()
            if would_fire_now(ticket.trigger, contract.scale, now) is Fires.YES:
                self._say("Not sent. The price has come there: it would fire now.", Role.DANGER)
                return
        now_found = self._candidate(staged[0]).ticket
        if now_found is not None and _terms_of(now_found) != _terms_of(ticket):
            words = "Not sent. Margin mode or leverage are others than what was shown: look again."
            self._say(words, Role.CAUTION)
            return
        with self._desk.latency.gesture(), asked_by(self._surface):
            result = self._desk.submit(ticket)
        if isinstance(result, Blocked):
            self._message = Message(f"Not sent. {result.blocks[0].reason}", Role.DANGER)
        else:
            self._message = Message("Sent.", Role.TEXT_DIM)
        self.mark_dirty()

    def _is_locked(self) -> bool:
        """Whether order entry is locked; what was staged is dropped then."""
        reason = self.locked()
        if reason:
            self._staged, self._message = None, Message(f"Not sent. {reason}", Role.CAUTION)
            self.mark_dirty()
        return bool(reason)

    @property
    def is_staged(self) -> bool:
        """Whether one more press of that side sends; true before it is shown."""
        return self._staged is not None

    def drop(self) -> None:
        """Take back what is staged; never sends."""
        self._take_back()
        self.side = None
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self.listen(
            self._account.on_changed.add(self._on_account_changed),
            self._desk.on_outcome.add(self._on_outcome),
            self._desk.on_changed.add(self._on_orders_changed),
            self._desk.on_dry_run.add(self._on_dry_run),
        )
        if self.terms.changes is not None:
            self.listen(self.terms.changes.on_changed.add(self.mark_dirty))
        if self.level.levels is not None:
            self.listen(self.level.levels.on_changed.add(self._on_level_changed))
        if self.terms.position_modes is not None:
            self.listen(self.terms.position_modes.on_changed.add(self.mark_dirty))
        self._on_contract_changed()

    @override
    def stop(self) -> None:
        super().stop()
        self._leave()
        self._workspace.contract_changed.disconnect(self._on_contract_changed)

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    # The ticket ------------------------------------------------------------------------------

    @override
    def size(self) -> Sized:
        return self._candidates.size(self.form)

    def _candidate(self, side: Side) -> Candidate:
        return self._candidates.of(self.form, side)

    def _build(self) -> TicketView:
        if self._question.is_answered(self._message):
            self._message = None
        return self._builder.build(
            TicketState(
                self.form,
                self.locked(),
                self._staged,
                self._preflight,
                self._message,
                self._tests_first,
                self._templates.names,
            )
        )

    # Told ------------------------------------------------------------------------------------

    def _on_contract_changed(self) -> None:
        self._leave()
        self._take_back()
        self.side = None
        self.form = self.form.without_prices()
        market = self._workspace.market
        if market is not None:
            # The mark comes about once a second: often enough for what is only looked at.
            self._handles = [
                market.on_status_changed.add(self.mark_dirty),
                market.on_mark_changed.add(self.mark_dirty),
            ]
        self.terms.open(self.sources.contract, is_open=False)
        self._on_level_changed()  # it may have ended while another contract was shown

    def _on_account_changed(self) -> None:
        because = self._mode_change.words()
        if because:
            was_staged = self.is_staged
            self.drop()
            if was_staged:
                self._say(f"Taken back: {because} Look again.", Role.CAUTION)
        self.mark_dirty()

    def _on_dry_run(self, run: DryRun) -> None:
        if run.ticket.symbol != self.view.symbol:
            return
        words = Message(run.sentence, Role.BUY if run.ok else Role.DANGER)
        if self._staged is not None:
            if run.ticket != self._staged[1]:
                return  # it was about what was typed before
            self._preflight = words
        else:
            self._message = words
        self.mark_dirty()

    def tells(self, result: OrderResult | BatchResult) -> bool:
        """Whether the user sees here that a command was refused."""
        return self.is_seen and isinstance(result, OrderResult) and self._is_told_here(result)

    def _is_told_here(self, result: OrderResult) -> bool:
        is_mine = result.origin is self._surface
        return is_mine and not result.ok and result.order.symbol == self.view.symbol

    def _on_outcome(self, result: OrderResult) -> None:
        if self._is_told_here(result):
            self._message = Message(result.sentence, Role.DANGER)
            self._question.note(result, self._message)
            self.mark_dirty()

    def _on_orders_changed(self) -> None:
        if self._question.is_answered(self._message):
            self.mark_dirty()

    def _leave(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self.sources.leave()


def _terms_of(ticket: OrderTicket) -> tuple[MarginMode, Decimal | None]:
    """What can be changed beside the form between showing an order and sending it."""
    return ticket.margin_mode, ticket.leverage
