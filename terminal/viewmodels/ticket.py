"""The order ticket: an intention filled in by hand, previewed, and sent by a second press.

What is typed is in ``ticket_form``, what it would do in ``ticket_figures``, where that is known
from in ``ticket_sources``, margin mode and leverage in ``ticket_terms``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.access import Access
from terminal.domain.draft import Fault, Field, OrderKind, ticket_of
from terminal.domain.effect import effect_of
from terminal.domain.events import MarginMode, PositionSide, StopReference
from terminal.domain.guard import BlockField
from terminal.domain.lanes import lane_help
from terminal.domain.size_units import SizeUnit
from terminal.domain.ticket_template import MOST_TEMPLATES, with_template, without_template
from terminal.domain.triggers import Fires, would_fire_now
from terminal.domain.units import Side
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.protection import NOT_ESTABLISHED, exits_words
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket_editing import TicketEditing
from terminal.viewmodels.ticket_figures import (
    NOTHING,
    distance_words,
    fees_words,
    figure_rows,
    value_words,
)
from terminal.viewmodels.ticket_form import (
    TicketForm,
    draft_of,
    exits_problem,
    price_problem,
    sized,
    typed_price,
    visible_problem,
)
from terminal.viewmodels.ticket_sources import TicketSources
from terminal.viewmodels.ticket_terms import TicketTerms
from terminal.viewmodels.ticket_view import TicketView
from terminal.viewmodels.ticket_words import condition_words, staged_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.draft import Draft
    from terminal.domain.effect import Effect
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.ticket_template import TicketTemplate
    from terminal.session.account import AccountSession
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.session.results import DryRun, OrderResult
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.ticket_form import Sized
    from terminal.viewmodels.workspace import Workspace

INCOMPLETE = "The ticket is not complete."
_BESIDE = {
    BlockField.PRICE: Field.PRICE,
    BlockField.LOTS: Field.SIZE,
    BlockField.VALUE: Field.SIZE,
    BlockField.POSITION: Field.SIZE,
}
_MARGIN = frozenset({BlockField.LEVERAGE, BlockField.MARGIN, BlockField.LIQUIDATION})


class TemplateShelf(Protocol):
    """Where templates are kept."""

    def load(self) -> tuple[tuple[TicketTemplate, ...], str]:
        """All of them, and a sentence when some could not be read."""
        ...

    def save(self, templates: tuple[TicketTemplate, ...]) -> str:
        """Keep them; a sentence when that failed, else empty."""
        ...


@final
class _Candidate(NamedTuple):
    """One side: the ticket that would be sent, or why there is none, beside which field."""

    ticket: OrderTicket | None
    field: Field | None = None
    reason: str = ""
    is_margin: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether it can be pressed."""
        return self.ticket is not None and not self.reason


@final
class TicketViewModel(TicketEditing):
    """An order ticket on the workspace's contract. Staging never sends; ``confirm`` does, once.

    ``scale_asked`` when many orders are wanted in place of one.
    """

    scale_asked = Signal()

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
        self._handles: list[Removable] = []
        self.protecting: Protecting | None = None
        """What is known of protection; set before the start, exits are by mark without."""
        self.locked: Callable[[], str] = str
        """Why no order is entered by hand at all; empty while some may be."""
        self._shelf: TemplateShelf | None = None
        self._templates: tuple[TicketTemplate, ...] = ()
        self._tests_first = False
        self._staged: tuple[Side, OrderTicket] | None = None
        self.side: Side | None = None
        """The side in hand: that which was staged for what is typed now."""
        self._preflight: Message | None = None
        self._message: Message | None = None
        self.view = self._build()

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

    def ask_for_scale(self) -> None:
        """Somebody wants many orders between two prices."""
        self.scale_asked.emit()

    # Margin mode and leverage ----------------------------------------------------------------

    def open_terms(self, *, is_open: bool) -> None:
        """Show or hide margin mode and leverage."""
        self.terms.open(self.sources.contract, is_open=is_open)

    def apply_terms(self) -> None:
        """Change what is wanted of them; this sends no order."""
        self.terms.apply(self.sources.contract)

    def _estimate(self, mode: MarginMode, leverage: Decimal) -> Effect | None:
        """What the order in the ticket would do with other terms; the first side that it can be."""
        contract = self.sources.contract
        if contract is None:
            return None
        for side in Side:
            ticket = self._candidate(side).ticket
            found = NOTHING if ticket is None else self.sources.figures(ticket, contract)
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
        self._shelf = shelf
        self._templates, problem = shelf.load()
        if problem:
            self._message = Message(problem, Role.CAUTION)
        self.mark_dirty()

    def save_template(self, name: str) -> None:
        """Keep what is filled in, without prices, under a name; it replaces one of that name."""
        try:
            template = self.form.template(name)
        except ValueError as error:
            self._say(f"Not saved: {error}.", Role.DANGER)
            return
        templates = with_template(self._templates, template)
        if templates is None:
            self._say(f"Not saved: there are {MOST_TEMPLATES} templates already.", Role.DANGER)
            return
        self._keep(templates, f"Saved as {template.name}, without its prices.")

    def recall_template(self, name: str) -> None:
        """Fill in what was kept; nothing is staged."""
        kept = next((one for one in self._templates if one.name == name), None)
        if kept is not None:
            self.edit(self.form.recalled(kept))

    def delete_template(self, name: str) -> None:
        """Forget one."""
        self._keep(without_template(self._templates, name), f"{name} is deleted.")

    def _keep(self, templates: tuple[TicketTemplate, ...], words: str) -> None:
        problem = "" if self._shelf is None else self._shelf.save(templates)
        self._templates = templates
        self._say(problem or words, Role.DANGER if problem else Role.TEXT_DIM)

    def _say(self, words: str, role: Role) -> None:
        self._staged = self._preflight = None
        self._message = Message(words, role)
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
        if self._is_dry:
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

    def _test(self, found: _Candidate) -> None:
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
        """Second press: send what is staged, once."""
        if self._is_locked():
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
        with self._desk.latency.gesture():
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
            self._account.on_changed.add(self.mark_dirty),
            self._desk.on_outcome.add(self._on_outcome),
            self._desk.on_dry_run.add(self._on_dry_run),
        )
        if self.terms.changes is not None:
            self.listen(self.terms.changes.on_changed.add(self.mark_dirty))
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
        return sized(self.form, self.sources.sizing(self.form))

    def _draft(self, contract: Contract) -> Draft:
        reference = StopReference.MARK
        if self.protecting is not None:
            reference = self.protecting.watch.settings.reference
        return draft_of(self.form, contract, self.size().lots, reference)

    def _text_problem(self, contract: Contract) -> tuple[Field, str] | None:
        """The first text that means nothing."""
        form = self.form
        price = price_problem(form.price_text, contract) if form.kind.has_price else ""
        trigger = price_problem(form.trigger_text, contract) if form.kind.waits else ""
        size = "" if form.is_close else self.size().problem
        for field, problem in (
            (Field.PRICE, price),
            (Field.TRIGGER, trigger),
            (Field.SIZE, size),
            (Field.EXITS, exits_problem(form, contract)),
            (Field.TERMS, visible_problem(form)),
        ):
            if problem:
                return field, problem
        return None

    def _candidate(self, side: Side) -> _Candidate:
        contract = self.sources.contract
        if contract is None:
            return _Candidate(None)
        problem = self._text_problem(contract)
        if problem is not None and problem[0] is not Field.SIZE:
            return _Candidate(None, *problem)
        if self._desk.access is Access.MARKET_DATA:
            return _Candidate(None, None, self._desk.access.reason)
        standing = self.sources.standing(self.form, contract, side)
        if standing is None:
            return _Candidate(None, None, "The margin mode is not known yet.")
        found = ticket_of(self._draft(contract), side, contract, standing)
        if isinstance(found, Fault):
            if found.field is Field.SIZE and problem is not None:
                return _Candidate(None, *problem)
            return _Candidate(None, found.field, found.sentence)
        blocks = (self._desk.dry_run_blocks if self._is_dry else self._desk.blocks)(found)
        if not blocks:
            return _Candidate(found)
        first = blocks[0]
        return _Candidate(
            found, _BESIDE.get(first.field), first.reason, is_margin=first.field in _MARGIN
        )

    # The view --------------------------------------------------------------------------------

    def _build(self) -> TicketView:
        contract, form = self.sources.contract, self.form
        size = self.size()
        found = {side: self._candidate(side) for side in Side}
        buy, sell = found[Side.BUY], found[Side.SELL]
        sides = dict.fromkeys(Side, NOTHING)
        if contract is not None:
            sides = {side: self.sources.figures(found[side].ticket, contract) for side in Side}
        common = buy if buy.reason == sell.reason else _Candidate(None)
        effect = sides[Side.BUY].effect or sides[Side.SELL].effect
        value, fee = self._value(contract, size, effect)
        errors = self._errors(contract, common)
        lane = self.sources.lane(form)
        return TicketView(
            symbol="" if contract is None else str(contract.symbol),
            form=form,
            is_market=form.kind is OrderKind.MARKET,
            price_text=form.price_text,
            lots_text=size.texts[SizeUnit.LOTS],
            sizes=size.texts,
            unit_names=_unit_names(contract),
            is_post_only=form.is_post_only and form.is_limit,
            is_reduce_only=form.is_reduce_only or form.kind.is_exit,
            loss_text=form.loss_text,
            profit_text=form.profit_text,
            exits_text=self._exits_text(contract),
            exits_error=errors.get(Field.EXITS, ""),
            price_error=errors.get(Field.PRICE, ""),
            trigger_error=errors.get(Field.TRIGGER, ""),
            trigger_text=self._trigger_text(contract),
            lots_error=errors.get(Field.SIZE, ""),
            terms_error=errors.get(Field.TERMS, "") or errors.get(Field.LANE, ""),
            margin_error=common.reason if common.is_margin else "",
            distance_text=self._distance(contract),
            value_text=value,
            fee_text=fee,
            figures=() if contract is None else figure_rows(contract, sides, waits=form.kind.waits),
            effect_text=self._effect_text(contract),
            terms=self.terms.view(contract, None if lane is PositionSide.BOTH else lane),
            lane_help=lane_help(lane),
            is_dry=self._is_dry,
            buy_text=self._button(Side.BUY, size),
            sell_text=self._button(Side.SELL, size),
            can_buy=buy.is_ready and not self.locked(),
            can_sell=sell.is_ready and not self.locked(),
            buy_reason=buy.reason,
            sell_reason=sell.reason,
            blocked_reason=self.locked()
            or self._desk.access.reason_for(reduces=form.is_reduce_only)
            or common.reason,
            stale=self.sources.stale(),
            staged=None
            if self._staged is None or contract is None
            else staged_words(self._staged[1], contract),
            staged_role=self._staged_role(),
            preflight=self._preflight,
            tests_first=self._tests_first,
            templates=tuple(one.name for one in self._templates),
            message=self._message,
        )

    def _staged_role(self) -> Role:
        if self._staged is None:
            return Role.TEXT
        return Role.BUY if self._staged[0] is Side.BUY else Role.SELL

    def _errors(self, contract: Contract | None, common: _Candidate) -> dict[Field, str]:
        """What stands beside fields: what is typed wrong, and what both sides are refused for.

        An empty field is not wrong yet.
        """
        if contract is None:
            return {}
        errors: dict[Field, str] = {}
        if common.field is not None:
            errors[common.field] = common.reason
        form = self.form
        for field, typed in ((Field.PRICE, form.price_text), (Field.TRIGGER, form.trigger_text)):
            if not typed.strip():
                errors.pop(field, None)
        if not form.is_close:
            errors[Field.SIZE] = self.size().problem or errors.get(Field.SIZE, "")
        exits = exits_problem(form, contract)
        if exits:
            errors[Field.EXITS] = exits
        return errors

    def _button(self, side: Side, size: Sized) -> str:
        verb = "Buy" if side is Side.BUY else "Sell"
        if self._is_dry:
            verb = f"Test {verb.lower()}"
        if self.form.is_close:
            return f"{verb} to close"
        typed = self.form.size_text if self.form.unit is SizeUnit.LOTS else None
        lots = "" if size.lots is None else text.whole(size.lots)
        return f"{verb} {lots or typed or ''}".rstrip()

    def _value(
        self, contract: Contract | None, size: Sized, effect: Effect | None
    ) -> tuple[str, str]:
        """Value and fees; without an account by the price alone."""
        if contract is None:
            return text.EMPTY, text.EMPTY
        if effect is not None:
            return value_words(contract, effect.value), fees_words(contract, effect)
        sizing = self.sources.sizing(self.form)
        if sizing is None or size.lots is None or sizing.price is None or self.form.is_close:
            return text.EMPTY, text.EMPTY
        return value_words(contract, contract.settle_value(sizing.price, size.lots).amount), (
            text.EMPTY
        )

    def _distance(self, contract: Contract | None) -> str:
        """How far the price, or else the trigger, is from the last trade."""
        form, last = self.form, self.sources.last()
        if contract is None or last is None or self.sources.stale() is not None:
            return ""
        price = typed_price(form.price_text, contract) if form.kind.has_price else None
        if price is None and form.kind.waits:
            price = typed_price(form.trigger_text, contract)
        if price is None:
            return ""
        at = contract.scale.decimal(price)
        return distance_words(contract, at, last, self.sources.average_range())

    def _trigger_text(self, contract: Contract | None) -> str:
        """Each side's condition in words: a trigger is never typed with a direction."""
        trigger = typed_price(self.form.trigger_text, contract)
        if contract is None or trigger is None or not self.form.kind.waits:
            return ""
        buy, sell = condition_words(self.form.kind, self.form.reference, trigger, contract)
        return f"Buy {buy}; sell {sell}."

    def _exits_text(self, contract: Contract | None) -> str:
        """The exits as conditions, for the side that they fit, and what is not documented."""
        if contract is None or self.form.kind.waits or exits_problem(self.form, contract):
            return ""
        for side in Side:
            ticket = self._candidate(side).ticket
            if ticket is not None and ticket.exits is not None:
                words = exits_words(ticket.exits, contract)
                return f"{side.value.capitalize()} with {words}. {NOT_ESTABLISHED}"
        return ""

    def _effect_text(self, contract: Contract | None) -> str:
        if contract is None:
            return ""
        return self.sources.effect_words(self.form, self._draft(contract), contract)

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
        self.mark_dirty()

    @property
    def _is_dry(self) -> bool:
        return self._desk.access.is_watching

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

    def _on_outcome(self, result: OrderResult) -> None:
        if not result.ok and result.order.symbol == self.view.symbol:
            self._message = Message(result.sentence, Role.DANGER)
            self.mark_dirty()

    def _leave(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self.sources.leave()


def _unit_names(contract: Contract | None) -> dict[SizeUnit, str]:
    coin, value = ("coin", "value")
    if contract is not None:
        coin, value = contract.base_currency, contract.quote_currency
    return {
        SizeUnit.LOTS: "Lots",
        SizeUnit.COIN: coin,
        SizeUnit.VALUE: value,
        SizeUnit.SHARE: "% free",
    }


def _terms_of(ticket: OrderTicket) -> tuple[MarginMode, Decimal | None]:
    """What can be changed beside the form between showing an order and sending it."""
    return ticket.margin_mode, ticket.leverage
