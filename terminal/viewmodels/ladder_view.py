"""The ladder as a picture made of values: rows with their texts, marks and roles.

``viewmodels.ladder`` builds these, ``widgets.canvas.ladder_painter`` draws them without thinking.
Rows compare by value, so that only changed rows are painted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.events import PositionSide
from terminal.viewmodels.ladder_columns import STUDIED, LadderColumn
from terminal.viewmodels.ladder_options import SHIPPED, LadderOptions
from terminal.viewmodels.text import Role, whole

if TYPE_CHECKING:
    from terminal.domain.units import Lots, Price, Side

OWN_COLUMNS = {
    PositionSide.LONG: LadderColumn.OWN_BID,
    PositionSide.SHORT: LadderColumn.OWN_ASK,
}
"""The own columns of hedge mode: the long lane left of the price, the short one right of it."""


class Shape(Enum):
    """What the pointer looks like."""

    ARROW = "arrow"
    SENDS = "sends"
    CANCELS = "cancels"
    DRAGS = "drags"
    REFUSES = "refuses"
    GOES = "goes"


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
    ``points`` is the way a waiting stop looks: +1 up, -1 down, 0 where it is not known. ``is_held``
    marks an order that stands under the pointer while its price is elsewhere, ``is_ghost`` the
    place of its true price.
    """

    text: str
    state: OwnState
    filled_share: float
    orders: int
    points: int = 0
    is_held: bool = False
    is_ghost: bool = False
    lane: str = ""
    """``L`` or ``S`` in hedge mode, ``?`` where it is unclear which lane is meant; else empty."""
    side: Side | None = None
    """The orders' side in hedge mode, where columns are lanes; None where they differ, and else."""


@final
class StagedOrder(NamedTuple):
    """An order that was shown and not sent: drawn as a dashed line with its words.

    ``lots`` is None where the order closes whatever there is. ``held_share`` is 1 to 0 of the time
    for which it is still held back, 0 for what waits for another key. ``tail`` is what the other
    side's key would do there, ``short_tail`` the same where room is scarce.
    """

    side: Side | None
    price: Price
    kind: str
    lots: Lots | None
    label: str = ""
    held_share: float = 0.0
    tail: str = ""
    short_tail: str = ""

    @property
    def short(self) -> str:
        """The line and its tail in as few words as can be; empty without a tail."""
        side = "" if self.side is None else self.side.value.capitalize()
        lots = "" if self.lots is None else whole(self.lots)
        return f"{side} {lots} \u00b7 {self.short_tail}" if self.short_tail else ""

    @property
    def words(self) -> str:
        """What stands on the line: ``Sell 4 stop``, with the label behind it."""
        side = "" if self.side is None else self.side.value
        lots = "" if self.lots is None else whole(self.lots)
        return " ".join(part for part in (side, lots, self.kind, self.label) if part).capitalize()


@final
class LaneHead(NamedTuple):
    """What stands above a lane of hedge mode: its name, what is held, whether keys act on it.

    ``alarm`` is what is wrong with its protection, empty while nothing is.
    """

    lane: PositionSide
    name: str
    lots: str
    entry: str
    pnl: str
    pnl_role: Role
    is_focused: bool
    help: str
    alarm: str = ""


@final
class StagedMark(NamedTuple):
    """A staged line on a row, ready to draw.

    ``held_share`` is the length of the bar that shrinks while it is held back, 1 to 0. ``tail`` is
    what the key of the other side would do, ``short`` both where room is scarce.
    """

    words: str
    role: Role
    held_share: float = 0.0
    tail: str = ""
    short: str = ""

    @property
    def whole(self) -> str:
        """The words with their tail."""
        return f"{self.words} \u00b7 {self.tail}" if self.tail else self.words


@final
class HoverMark(NamedTuple):
    """What a click on the cell under the pointer would do, in words, and in fewer of them."""

    column: LadderColumn
    words: str
    role: Role
    short: str = ""


@final
class OwnList(NamedTuple):
    """Several own orders at one price, spread out beside their cell: a line for each.

    ``row`` is the visible row that they belong to; ``pointed`` is the line under the pointer.
    """

    row: int
    side: Side
    title: str
    lines: tuple[str, ...]
    pointed: int | None = None


@final
class TagMark(NamedTuple):
    """A tag on a row or at an edge, ready to draw.

    At an edge it has its own ``price``, which is not the row's; ``words`` say all of it, and ``at``
    is the nearest tick, to which a click goes.
    """

    label: str
    role: Role
    price: str = ""
    words: str = ""
    at: Price | None = None


@final
class RowExtras(NamedTuple):
    """What columns beyond the depth say on a row; texts are empty where nothing is to be said.

    ``volume_share`` is 0 to 1 of the largest volume in view. ``imbalance`` is the share of the bids
    in percent among what rests up to this distance on both sides. Where volume is split,
    ``volume_text`` and its share are what buyers took, ``volume_sold`` and its share the rest.
    """

    volume_text: str = ""
    volume_share: float = 0.0
    bid_trades: str = ""
    ask_trades: str = ""
    bid_change: str = ""
    ask_change: str = ""
    bid_total: str = ""
    ask_total: str = ""
    imbalance: str = ""
    pnl_text: str = ""
    pnl_role: Role = Role.TEXT_DIM
    note: str = ""
    bid_queue: tuple[str, ...] = ()
    ask_queue: tuple[str, ...] = ()
    volume_sold: str = ""
    volume_sold_share: float = 0.0
    is_volume_split: bool = False


NO_EXTRAS = RowExtras()


@final
class LadderRow(NamedTuple):
    """One row, ready to draw. Texts are empty where nothing is to be said.

    ``price`` is the row's lowest tick. Shares are 0 to 1 of what a full depth bar stands for.
    Large sizes are marked 1 or 2, by the threshold they reach; trails are 0 (none) to 3 (fresh).
    ``outside`` are tags beyond the edge at which the row lies, the weightiest first, each with a
    price of its own; ``outside_way`` says which edge (+1 up).
    ``last_text`` is the size of the last trade if it was here; ``last_way`` is +1
    where a buyer took it, -1 where a seller did: the sign and the colours of the tape.
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
    last_way: int
    is_entry: bool
    is_cursor: bool
    is_grab_target: bool
    tags: tuple[TagMark, ...] = ()
    outside: tuple[TagMark, ...] = ()
    outside_way: int = 0
    staged: StagedMark | None = None
    large_bid: int = 0
    large_ask: int = 0
    bid_trail: int = 0
    ask_trail: int = 0
    is_gap_below: bool = False
    extras: RowExtras = NO_EXTRAS
    hover: HoverMark | None = None


@final
@dataclass(frozen=True, slots=True)
class SizeCell:
    """One of the five sizes at the ladder's foot."""

    number: int
    text: str
    is_chosen: bool


@final
class SizeFoot(NamedTuple):
    """What the foot says of the size in hand.

    ``unit`` is the name of its unit, ``units`` those on offer. ``note`` is the size in lots and in
    value and how it was rounded, ``limits`` what the guard allows; ``is_over`` where it is more.
    """

    unit: str
    units: tuple[str, ...]
    note: str
    limits: str
    is_over: bool = False


NO_FOOT = SizeFoot("lots", ("lots",), "", "")


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

    ``options`` are the user's choices, ``units`` the unit of each column's heading; ``missing`` are
    columns whose source is not there. ``price_digits`` is the length of the longest price in view.
    ``pointer`` is how the pointer looks, ``own_list`` several orders of one price, spread out.
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
    options: LadderOptions = SHIPPED
    units: tuple[tuple[LadderColumn, str], ...] = ()
    missing: frozenset[LadderColumn] = STUDIED
    price_digits: int = 0
    pointer: Shape = Shape.ARROW
    own_list: OwnList | None = None
    foot: SizeFoot = NO_FOOT
    breakeven_text: str = ""
    liquidation_text: str = ""
    position_help: str = ""
    """Everything that is known of the position, a line for each, for the help of the head."""
    lanes: tuple[LaneHead, ...] = ()
    """The headers of both lanes in hedge mode, long before short; empty in one-way mode."""

    @property
    def focus(self) -> LadderColumn | None:
        """The own column of the lane that keys act on; None in one-way mode."""
        lane = next((head.lane for head in self.lanes if head.is_focused), None)
        return None if lane is None else OWN_COLUMNS.get(lane)


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
