"""What the ticket shows, as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from terminal.domain.sizing import SizeUnit
    from terminal.viewmodels.ladder_view import Message
    from terminal.viewmodels.text import Role
    from terminal.viewmodels.ticket_figures import FigureRow
    from terminal.viewmodels.ticket_form import TicketForm
    from terminal.viewmodels.ticket_level import LevelView
    from terminal.viewmodels.ticket_terms import TermsView


@final
@dataclass(frozen=True, slots=True)
class TicketView:
    """Everything the ticket shows. ``staged`` is the sentence that a second press would send.

    With ``is_dry`` the buttons let the exchange test the order, and nothing is ever sent. ``form``
    is what was typed and chosen; ``sizes`` the size in every unit, ``unit_names`` their words,
    ``size_note`` what a percentage is of. An error stands beside its field. ``lane_help`` is empty
    in one-way mode. The reasons say why a side cannot be pressed; what only one side is refused for
    stands by its name below its button and beside the field that it is about.
    """

    symbol: str
    form: TicketForm
    is_market: bool
    price_text: str
    lots_text: str
    sizes: dict[SizeUnit, str]
    unit_names: dict[SizeUnit, str]
    is_post_only: bool
    is_reduce_only: bool
    loss_text: str
    profit_text: str
    exits_text: str
    exits_error: str
    price_error: str
    trigger_error: str
    trigger_text: str
    lots_error: str
    size_note: str
    price_refused: str
    trigger_refused: str
    lots_refused: str
    terms_error: str
    margin_error: str
    distance_text: str
    value_text: str
    fee_title: str
    fee_text: str
    figures: tuple[FigureRow, ...]
    effect_text: str
    terms: TermsView
    lane_help: str
    is_dry: bool
    buy_text: str
    sell_text: str
    can_buy: bool
    can_sell: bool
    buy_reason: str
    sell_reason: str
    buy_refused: str
    sell_refused: str
    blocked_reason: str
    stale: str | None
    staged: str | None
    staged_role: Role
    preflight: Message | None
    tests_first: bool
    templates: tuple[str, ...]
    message: Message | None
    level: LevelView
