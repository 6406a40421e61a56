"""The ladder as a picture made of values: rows with their texts, marks and roles.

``viewmodels.ladder`` builds these, ``widgets.canvas.ladder_painter`` draws them without thinking.
Rows compare by value, so that only changed rows are painted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.units import Price


class OwnState(Enum):
    """How an own order's mark is drawn (look page, order states)."""

    WORKING = "working"
    PARTLY = "partly filled"
    PENDING = "pending"
    CANCELING = "canceling"
    UNKNOWN = "unknown"
    UNTRIGGERED = "untriggered"


@final
class OwnMark(NamedTuple):
    """Own orders on one row and side: their remaining lots as text, drawn by the worst state.

    ``filled_share`` is 0 to 1 of the ordered lots. ``orders`` is how many lie on the row.
    """

    text: str
    state: OwnState
    filled_share: float
    orders: int


@final
class LadderRow(NamedTuple):
    """One row, ready to draw. Texts are empty where nothing is to be said.

    ``price`` is the row's lowest tick. Shares are 0 to 1 of the widest depth bar in view.
    ``last_text`` is the size of the last trade if it was here; ``last_direction`` is -1, 0, +1.
    """

    price: Price
    price_text: str
    bid_text: str
    ask_text: str
    bid_share: float
    ask_share: float
    own_bid: OwnMark | None
    own_ask: OwnMark | None
    is_best_bid: bool
    is_best_ask: bool
    is_inside: bool
    is_last: bool
    last_text: str
    last_direction: int
    is_entry: bool
    is_cursor: bool
    is_grab_target: bool


@final
@dataclass(frozen=True, slots=True)
class SizeCell:
    """One of the five sizes at the ladder's foot."""

    number: int
    text: str
    is_chosen: bool


@final
@dataclass(frozen=True, slots=True)
class Message:
    """One sentence next to the ladder, with the colour role that says how serious it is."""

    text: str
    role: Role


@final
@dataclass(frozen=True, slots=True)
class LadderView:
    """Everything the ladder shows at one frame.

    ``off_market`` says how far the touch lies outside the rows, empty while it is in view.
    ``stale`` is None while the book can be trusted, else the sentence for the shade that covers
    the rows. ``waiting`` is None once there is something to show, else what is waited for.
    """

    symbol: str
    unit_text: str
    rows: tuple[LadderRow, ...]
    step_text: str
    sizes: tuple[SizeCell, ...]
    size_text: str
    is_keyboard_armed: bool
    is_mouse_armed: bool
    is_post_only: bool
    is_reduce_only: bool
    is_grabbing: bool
    position_text: str
    position_role: Role
    pnl_text: str
    pnl_role: Role
    entry_text: str
    mark_text: str
    message: Message | None
    off_market: str
    is_market_above: bool
    stale: str | None
    waiting: str | None


EMPTY_LADDER = LadderView(
    symbol="",
    unit_text="",
    rows=(),
    step_text="",
    sizes=(),
    size_text="",
    is_keyboard_armed=False,
    is_mouse_armed=False,
    is_post_only=False,
    is_reduce_only=False,
    is_grabbing=False,
    position_text="",
    position_role=Role.TEXT_DIM,
    pnl_text="",
    pnl_role=Role.TEXT_DIM,
    entry_text="",
    mark_text="",
    message=None,
    off_market="",
    is_market_above=False,
    stale=None,
    waiting="Waiting for the contract list.",
)
"""What a ladder shows before anything is known."""
