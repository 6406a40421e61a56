"""What the ticket would send for each side: the order that is filled in, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.access import Access
from terminal.domain.draft import Fault, Field, ticket_of
from terminal.domain.events import StopReference
from terminal.domain.guard import BlockField
from terminal.viewmodels.ticket_figures import NOTHING, SideFigures, level_refusal
from terminal.viewmodels.ticket_form import (
    draft_of,
    exits_problem,
    price_problem,
    sized,
    visible_problem,
)

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.draft import Draft
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Side
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ticket_form import Sized, TicketForm
    from terminal.viewmodels.ticket_sources import TicketSources

_BESIDE = {
    BlockField.PRICE: Field.PRICE,
    BlockField.LOTS: Field.SIZE,
    BlockField.VALUE: Field.SIZE,
    BlockField.POSITION: Field.SIZE,
}
_MARGIN = frozenset({BlockField.LEVERAGE, BlockField.MARGIN, BlockField.LIQUIDATION})


@final
class Candidate(NamedTuple):
    """One side: the ticket that would be sent and what it would do, or why there is none.

    ``field`` is that which ``reason`` stands beside.
    """

    ticket: OrderTicket | None
    field: Field | None = None
    reason: str = ""
    is_margin: bool = False
    figures: SideFigures = NOTHING

    @property
    def is_ready(self) -> bool:
        """Whether it can be pressed."""
        return self.ticket is not None and not self.reason


@final
class TicketCandidates:
    """Asks market, account and guard about a form; it keeps nothing."""

    def __init__(self, sources: TicketSources, desk: OrderDesk) -> None:
        self._sources = sources
        self._desk = desk

    @property
    def is_dry(self) -> bool:
        """Whether the exchange only tests what is filled in, and nothing is ever sent."""
        return self._desk.access.is_watching

    def size(self, form: TicketForm) -> Sized:
        """The size in all units."""
        return sized(form, self._sources.sizing(form))

    def draft(self, form: TicketForm, contract: Contract) -> Draft:
        """What is written down, with the reference that exits watch."""
        reference = StopReference.MARK
        if self._sources.protecting is not None:
            reference = self._sources.protecting.watch.settings.reference
        return draft_of(form, contract, self.size(form).lots, reference)

    def _text_problem(self, form: TicketForm, contract: Contract) -> tuple[Field, str] | None:
        """The first text that means nothing."""
        price = price_problem(form.price_text, contract) if form.kind.has_price else ""
        trigger = price_problem(form.trigger_text, contract) if form.kind.waits else ""
        size = "" if form.is_close else self.size(form).problem
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

    def of(self, form: TicketForm, side: Side) -> Candidate:
        """The order of a side; why there is none, or what the guard has against it."""
        contract = self._sources.contract
        if contract is None:
            return Candidate(None)
        problem = self._text_problem(form, contract)
        if problem is not None and problem[0] is not Field.SIZE:
            return Candidate(None, *problem)
        if self._desk.access is Access.MARKET_DATA:
            return Candidate(None, None, self._desk.access.reason)
        standing = self._sources.standing(form, contract, side)
        if standing is None:
            return Candidate(None, None, "The margin mode is not known yet.")
        found = ticket_of(self.draft(form, contract), side, contract, standing)
        if isinstance(found, Fault):
            if found.field is Field.SIZE and problem is not None:
                return Candidate(None, *problem)
            return Candidate(None, found.field, found.sentence)
        figures = self._sources.figures(found, contract)
        blocks = (self._desk.dry_run_blocks if self.is_dry else self._desk.blocks)(found)
        if not blocks:
            refused = level_refusal(figures.effect)
            return Candidate(found, Field.SIZE if refused else None, refused, figures=figures)
        first, is_margin = blocks[0], blocks[0].field in _MARGIN
        return Candidate(found, _BESIDE.get(first.field), first.reason, is_margin, figures)
