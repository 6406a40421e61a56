"""What the scale shows, as values: one row for each order, and everything beside the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.tables import Column

if TYPE_CHECKING:
    from terminal.domain.scale import Shape
    from terminal.domain.units import Side
    from terminal.viewmodels.ladder_view import Message
    from terminal.viewmodels.text import Role


@final
class ScaleRow(NamedTuple):
    """One order of the scale in texts; ``key`` is its number, from 1."""

    key: int
    price: str
    lots: str
    value: str
    fee: str
    state: str
    state_role: Role


COLUMNS: tuple[Column[ScaleRow], ...] = (
    Column("#", lambda row: str(row.key), sample="40"),
    Column("Price", lambda row: row.price, sample="100 000.0"),
    Column("Lots", lambda row: row.lots, sample="10 000"),
    Column("Value", lambda row: row.value, sample="100 000.00 USDT"),
    Column("Fee at most", lambda row: row.fee, sample="100.0000 USDT"),
    Column(
        "What of it",
        lambda row: row.state,
        lambda row: row.state_role,
        lambda row: row.state,
        is_number=False,
        sample="Unknown: asking what became of it.",
    ),
)


@final
@dataclass(frozen=True, slots=True)
class ScaleView:
    """Everything but the list. ``problem`` says what is wrong with what was typed.

    ``symbol`` is the contract, in hedge mode with the lane that side and reduce-only mean.
    ``is_staged`` while a second press sends; ``why_not`` says why the button is off.
    """

    symbol: str
    first_text: str
    last_text: str
    count_text: str
    lots_text: str
    shape: Shape
    side: Side
    is_post_only: bool
    is_reduce_only: bool
    problem: str
    total: str
    button: str
    is_staged: bool
    why_not: str
    message: Message | None
