"""What the ticket shows, made once a frame of what is filled in, known and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.draft import Field, OrderKind
from terminal.domain.events import PositionSide
from terminal.domain.lanes import lane_help
from terminal.domain.sizing import SizeUnit, unit_word
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.protection import NOT_ESTABLISHED, exits_words
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket_candidates import Candidate
from terminal.viewmodels.ticket_figures import (
    Charged,
    charged,
    distance_words,
    fees_words,
    figure_rows,
    value_words,
)
from terminal.viewmodels.ticket_form import exits_problem, typed_price
from terminal.viewmodels.ticket_view import TicketView
from terminal.viewmodels.ticket_words import condition_words, staged_words

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.effect import Effect
    from terminal.domain.ticket import OrderTicket
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_view import Message
    from terminal.viewmodels.ticket_candidates import TicketCandidates
    from terminal.viewmodels.ticket_form import Sized, TicketForm
    from terminal.viewmodels.ticket_level import TicketLevel
    from terminal.viewmodels.ticket_sources import TicketSources
    from terminal.viewmodels.ticket_terms import TicketTerms


@final
class TicketState(NamedTuple):
    """What a ticket is about now: what is filled in, what is staged, what was said.

    ``locked`` is why no order is entered by hand, empty while some may be.
    """

    form: TicketForm
    locked: str
    staged: tuple[Side, OrderTicket] | None
    preflight: Message | None
    message: Message | None
    tests_first: bool
    templates: tuple[str, ...]


@final
class TicketBuilder:
    """Builds the view of one ticket; it changes nothing."""

    def __init__(
        self,
        sources: TicketSources,
        candidates: TicketCandidates,
        terms: TicketTerms,
        level: TicketLevel,
        desk: OrderDesk,
    ) -> None:
        self._sources = sources
        self._candidates = candidates
        self._terms = terms
        self._level = level
        self._desk = desk

    def build(self, now: TicketState) -> TicketView:
        """What is drawn now."""
        contract, form = self._sources.contract, now.form
        size = self._candidates.size(form)
        found = {side: self._candidates.of(form, side) for side in Side}
        buy, sell = found[Side.BUY], found[Side.SELL]
        sides = {side: one.figures for side, one in found.items()}
        common = buy if buy.reason == sell.reason else Candidate(None)
        effect = sides[Side.BUY].effect or sides[Side.SELL].effect
        charge = charged(buy.ticket or sell.ticket)
        value, fee = self._value(form, contract, size, effect, charge)
        errors = self._errors(form, contract, common, size)
        refused = {
            one.field: _refused(side, found, now.locked)
            for side, one in found.items()
            if one.field is not None
        }
        lane = self._sources.lane(form)
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
            exits_text=_exits_text(form, contract, found),
            exits_error=errors.get(Field.EXITS, ""),
            price_error=errors.get(Field.PRICE, ""),
            trigger_error=errors.get(Field.TRIGGER, ""),
            trigger_text=_trigger_text(form, contract),
            lots_error=errors.get(Field.SIZE, ""),
            size_note=self._size_note(form, contract),
            price_refused=refused.get(Field.PRICE, ""),
            trigger_refused=refused.get(Field.TRIGGER, ""),
            lots_refused=refused.get(Field.SIZE, ""),
            terms_error=errors.get(Field.TERMS, "") or errors.get(Field.LANE, ""),
            margin_error=common.reason if common.is_margin else "",
            distance_text=self._distance(form, contract),
            value_text=value,
            fee_title=charge.value,
            fee_text=fee,
            figures=() if contract is None else figure_rows(contract, sides, waits=form.kind.waits),
            effect_text=self._effect_text(
                form, contract, is_known=any(one.ticket is not None for one in found.values())
            ),
            terms=self._terms.view(contract, None if lane is PositionSide.BOTH else lane),
            lane_help=lane_help(lane),
            is_dry=self._candidates.is_dry,
            buy_text=self._button(form, Side.BUY, size),
            sell_text=self._button(form, Side.SELL, size),
            can_buy=buy.is_ready and not now.locked,
            can_sell=sell.is_ready and not now.locked,
            buy_reason=buy.reason,
            sell_reason=sell.reason,
            buy_refused=_refused(Side.BUY, found, now.locked),
            sell_refused=_refused(Side.SELL, found, now.locked),
            blocked_reason=now.locked
            or self._desk.access.reason_for(reduces=form.is_reduce_only)
            or common.reason,
            stale=self._sources.stale(),
            staged=None
            if now.staged is None or contract is None
            else staged_words(now.staged[1], contract),
            staged_role=_staged_role(now.staged),
            preflight=now.preflight,
            tests_first=now.tests_first,
            templates=now.templates,
            message=now.message,
            level=self._level.view(contract, [one.effect for one in sides.values()]),
        )

    def _errors(
        self, form: TicketForm, contract: Contract | None, common: Candidate, size: Sized
    ) -> dict[Field, str]:
        """What stands beside fields: what is typed wrong, and what both sides are refused for.

        An empty field is not wrong yet.
        """
        if contract is None:
            return {}
        errors: dict[Field, str] = {}
        if common.field is not None:
            errors[common.field] = common.reason
        for field, typed in ((Field.PRICE, form.price_text), (Field.TRIGGER, form.trigger_text)):
            if not typed.strip():
                errors.pop(field, None)
        if not form.is_close:
            errors[Field.SIZE] = size.problem or errors.get(Field.SIZE, "")
        exits = exits_problem(form, contract)
        if exits:
            errors[Field.EXITS] = exits
        return errors

    def _button(self, form: TicketForm, side: Side, size: Sized) -> str:
        verb = "Buy" if side is Side.BUY else "Sell"
        if self._candidates.is_dry:
            verb = f"Test {verb.lower()}"
        if form.is_close:
            return f"{verb} to close"
        typed = form.size_text if form.unit is SizeUnit.LOTS else None
        lots = "" if size.lots is None else text.whole(size.lots)
        return f"{verb} {lots or typed or ''}".rstrip()

    def _value(
        self,
        form: TicketForm,
        contract: Contract | None,
        size: Sized,
        effect: Effect | None,
        charge: Charged,
    ) -> tuple[str, str]:
        """Value and fees; without an account by the price alone."""
        if contract is None:
            return text.EMPTY, text.EMPTY
        if effect is not None:
            return value_words(contract, effect.value), fees_words(contract, effect, charge)
        sizing = self._sources.sizing(form)
        if sizing is None or size.lots is None or sizing.price is None or form.is_close:
            return text.EMPTY, text.EMPTY
        return value_words(contract, contract.settle_value(sizing.price, size.lots).amount), (
            text.EMPTY
        )

    def _distance(self, form: TicketForm, contract: Contract | None) -> str:
        """How far the price, or else the trigger, is from the last trade."""
        last = self._sources.last()
        if contract is None or last is None or self._sources.stale() is not None:
            return ""
        price = typed_price(form.price_text, contract) if form.kind.has_price else None
        if price is None and form.kind.waits:
            price = typed_price(form.trigger_text, contract)
        if price is None:
            return ""
        at = contract.scale.decimal(price)
        return distance_words(contract, at, last, self._sources.average_range())

    def _effect_text(self, form: TicketForm, contract: Contract | None, *, is_known: bool) -> str:
        if contract is None:
            return ""
        draft = self._candidates.draft(form, contract) if is_known else None
        return self._sources.effect_words(form, draft, contract)

    def _size_note(self, form: TicketForm, contract: Contract | None) -> str:
        """What a size in percent is percent of; nothing about the others, which say it."""
        unit, basis = form.unit, self._sources.sizing(form)
        if contract is None or basis is None or form.is_close:
            return ""
        if unit is SizeUnit.SHARE:
            return f"{form.size_text} {unit_word(unit, contract)}, under Advanced"
        return f"Risk {basis.risk_from}" if unit is SizeUnit.RISK and basis.risk_from else ""


def _refused(side: Side, found: dict[Side, Candidate], locked: str) -> str:
    """Why one side is refused and the other is not, or for something else; by the side's name."""
    own, other = found[side].reason, found[side.opposite].reason
    return f"{side.value.capitalize()}: {own}" if own and own != other and not locked else ""


def _staged_role(staged: tuple[Side, OrderTicket] | None) -> Role:
    if staged is None:
        return Role.TEXT
    return Role.BUY if staged[0] is Side.BUY else Role.SELL


def _trigger_text(form: TicketForm, contract: Contract | None) -> str:
    """Each side's condition in words: a trigger is never typed with a direction.

    The price stands in the field above and is not said again: the line is short.
    """
    trigger = typed_price(form.trigger_text, contract)
    if contract is None or trigger is None or not form.kind.waits:
        return ""
    buy, sell = condition_words(form.kind, form.reference)
    return f"Buy {buy}; sell {sell}."


def _exits_text(form: TicketForm, contract: Contract | None, found: dict[Side, Candidate]) -> str:
    """The exits as conditions, for the side that they fit, and what is not documented."""
    if contract is None or form.kind.waits or exits_problem(form, contract):
        return ""
    for side in Side:
        ticket = found[side].ticket
        if ticket is not None and ticket.exits is not None:
            words = exits_words(ticket.exits, contract)
            return f"{side.value.capitalize()} with {words}. {NOT_ESTABLISHED}"
    return ""


def _unit_names(contract: Contract | None) -> dict[SizeUnit, str]:
    """The units as the ladder names them, too, the first letter large at the head of a field."""
    if contract is None:
        return {unit: unit.value for unit in SizeUnit}
    named = {unit: unit_word(unit, contract) for unit in SizeUnit}
    return {unit: f"{words[:1].upper()}{words[1:]}" for unit, words in named.items()}
