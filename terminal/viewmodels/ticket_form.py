"""What is typed and chosen in the ticket, as text, and what it means: a draft, or why it has none.

Pure: no Qt, no session. What is typed stays as it was typed; all else follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, final

from terminal.domain.draft import Draft, Field, OrderKind
from terminal.domain.errors import UnitError
from terminal.domain.events import PositionSide, StopReference, TimeInForce
from terminal.domain.sizing import SizeUnit, Unsized, lots_of, shown_amount
from terminal.domain.ticket_template import TicketTemplate
from terminal.domain.units import Lots, plain
from terminal.viewmodels import text
from terminal.viewmodels.sizes import LARGEST, parse_lots

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.events import SelfTrade
    from terminal.domain.sizing import SizeBasis
    from terminal.domain.units import Price

NO_LOTS = "A whole number of lots above zero."
NO_PRICE = "Not a price."


@final
@dataclass(frozen=True, slots=True)
class TicketForm:
    """Everything that can be typed or chosen. ``size_text`` is in ``unit``, the others follow."""

    kind: OrderKind = OrderKind.LIMIT
    price_text: str = ""
    trigger_text: str = ""
    reference: StopReference = StopReference.MARK
    unit: SizeUnit = SizeUnit.LOTS
    size_text: str = "1"
    is_post_only: bool = False
    is_reduce_only: bool = False
    closes: bool = False
    loss_text: str = ""
    profit_text: str = ""
    lane: PositionSide = PositionSide.LONG
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade: SelfTrade | None = None
    is_hidden: bool = False
    visible_text: str = ""
    holds_margin: bool = False

    @property
    def can_close(self) -> bool:
        """Whether it may close all of the position: a market order does, a limit does not."""
        kind = self.kind
        return not kind.needs_price and not (kind.is_exit and self.price_text.strip())

    @property
    def is_close(self) -> bool:
        """Whether it closes all of the position, without a size."""
        return self.closes and self.can_close

    @property
    def is_limit(self) -> bool:
        """Whether it has a price in the book, and with it the terms of a limit order."""
        return self.kind.needs_price or (self.kind.is_exit and bool(self.price_text.strip()))

    @property
    def picks(self) -> Field | None:
        """Where a price goes that is picked in a ladder or a chart; None where there is none.

        What waits needs its trigger first; a stop at market and an exit have no other price.
        """
        if self.kind.waits and not (self.kind.needs_price and self.trigger_text.strip()):
            return Field.TRIGGER
        return Field.PRICE if self.kind.needs_price else None

    def without_prices(self) -> TicketForm:
        """The same for another contract: prices mean nothing there."""
        return replace(self, price_text="", trigger_text="", loss_text="", profit_text="")

    def template(self, name: str) -> TicketTemplate:
        """What of it is kept under a name. Raises ``ValueError`` for a name that is none."""
        return TicketTemplate(
            " ".join(name.split()), self.kind, self.unit, self.size_text.strip(), self.reference,
            self.is_post_only, self.is_reduce_only, self.closes, self.time_in_force,
            self.self_trade, self.is_hidden, self.visible_text.strip(), self.holds_margin,
        )  # fmt: skip

    def recalled(self, kept: TicketTemplate) -> TicketForm:
        """What was kept in place of what is there; the lane stays, prices are typed anew."""
        return replace(
            self.without_prices(),
            kind=kept.kind,
            unit=kept.unit,
            size_text=kept.size,
            reference=kept.reference,
            is_post_only=kept.is_post_only,
            is_reduce_only=kept.is_reduce_only,
            closes=kept.closes,
            time_in_force=kept.time_in_force,
            self_trade=kept.self_trade,
            is_hidden=kept.is_hidden,
            visible_text=kept.visible,
            holds_margin=kept.holds_margin,
        )


def typed_price(typed: str, contract: Contract | None) -> Price | None:
    """A typed price above zero on a tick, else None."""
    if contract is None:
        return None
    try:
        ticks = contract.scale.ticks(Decimal(text.bare_number(typed)))
    except (InvalidOperation, UnitError):
        return None
    return ticks if ticks > 0 else None


def price_problem(typed: str, contract: Contract | None) -> str:
    """Why what is typed is no price; empty when it is one, or nothing is typed."""
    if contract is None or not typed.strip():
        return ""
    try:
        price = Decimal(text.bare_number(typed))
    except InvalidOperation:
        return NO_PRICE
    if not price.is_finite() or price <= 0:
        return NO_PRICE
    if price % contract.scale.tick_size:
        return f"The tick is {plain(contract.scale.tick_size)}."
    return ""


def exits_problem(form: TicketForm, contract: Contract | None) -> str:
    """Why the attached exits are no prices; empty when they are, or there are none."""
    if contract is None or form.kind.waits:
        return ""
    typed = [one for one in (form.loss_text, form.profit_text) if one.strip()]
    prices = [typed_price(one, contract) for one in typed]
    if None in prices:
        return "An exit is at a price above zero, on a tick."
    if len(prices) > len(set(prices)):
        return "Stop-loss and take-profit lie at one price."
    if typed and (form.is_reduce_only or form.is_close):
        return "An order that only reduces takes no exits with it."
    return ""


@final
@dataclass(frozen=True, slots=True)
class Sized:
    """The size in all units as text; ``lots`` is None with a ``problem``."""

    lots: Lots | None
    problem: str
    texts: dict[SizeUnit, str]


def sized(form: TicketForm, basis: SizeBasis | None) -> Sized:
    """What is typed in one unit, and the others that follow; an unknown one is empty."""
    lots, problem = _lots(form, basis)
    texts: dict[SizeUnit, str] = {}
    for unit in SizeUnit:
        amount = None if lots is None or basis is None else shown_amount(unit, lots, basis)
        texts[unit] = "" if amount is None else plain(amount)
    texts[form.unit] = form.size_text
    return Sized(lots, problem, texts)


def _lots(form: TicketForm, basis: SizeBasis | None) -> tuple[Lots | None, str]:
    if form.unit is SizeUnit.LOTS:
        lots = parse_lots(form.size_text)
        return lots, "" if lots is not None else NO_LOTS
    try:
        amount = Decimal(text.bare_number(form.size_text))
    except InvalidOperation:
        return None, "A number above zero."
    if basis is None:
        return None, "There is no contract yet."
    found = lots_of(form.unit, amount, basis)
    if isinstance(found, Unsized):
        return None, found.reason
    return (found.lots, "") if found.lots <= LARGEST else (None, "Too large.")


def stepped(form: TicketForm, lots: Lots | None, by: int, lot_size: int) -> TicketForm:
    """So many lots more or fewer, at least one step; the size is typed in lots from then on."""
    now = 0 if lots is None else lots
    wanted = min(max(lot_size, now + by * lot_size), LARGEST)
    return replace(form, unit=SizeUnit.LOTS, size_text=str(wanted))


def draft_of(
    form: TicketForm, contract: Contract, lots: Lots | None, exit_reference: StopReference
) -> Draft:
    """What was written down. Problems of single texts are told apart, before."""
    waits = form.kind.waits
    return Draft(
        kind=form.kind,
        price=typed_price(form.price_text, contract),
        trigger=typed_price(form.trigger_text, contract) if waits else None,
        reference=form.reference,
        lots=lots,
        is_post_only=form.is_post_only,
        is_reduce_only=form.is_reduce_only,
        closes=form.closes,
        loss=None if waits else typed_price(form.loss_text, contract),
        profit=None if waits else typed_price(form.profit_text, contract),
        exit_reference=exit_reference,
        # Nothing said means good till canceled, as the exchange has it.
        time_in_force=None if form.time_in_force is TimeInForce.GTC else form.time_in_force,
        self_trade=form.self_trade,
        is_hidden=form.is_hidden,
        visible_lots=parse_lots(form.visible_text),
        holds_margin=form.holds_margin,
    )


def visible_problem(form: TicketForm) -> str:
    """Why the part to be seen is none; empty when it is one, or not asked for."""
    if not form.is_limit or not form.visible_text.strip():
        return ""
    return "" if parse_lots(form.visible_text) is not None else "Whole lots, or nothing."
