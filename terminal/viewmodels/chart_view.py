"""What the chart shows at one frame, as values ready to draw.

The widgets' layers read these. A study has a layer of its own and may have values
of its own: columns, slots and revision are all it needs to follow the candles.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.candles import CandleInterval
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.units import Side
    from terminal.viewmodels.chart_axis import AxisTick
    from terminal.viewmodels.chart_columns import CandleValues, ChartColumns

PRICE_PANE = "price"
VOLUME_PANE = "volume"


@final
class Bounds(NamedTuple):
    """Lowest and highest value of something, in its pane's unit."""

    low: float
    high: float


class ChartPart(Enum):
    """What the user can leave out of the chart. The values are the words shown to the user."""

    ORDERS = "Own orders"
    POSITION = "Position"
    FILLS = "Own fills"
    VOLUME = "Volume"


ALL_PARTS = frozenset(ChartPart)


class LineKind(Enum):
    """What a horizontal line stands for."""

    ORDER = "order"
    ENTRY = "entry"
    LAST = "last"


class LineStyle(Enum):
    """How a line is drawn; each order state has a style of its own, not only a colour."""

    SOLID = "solid"
    DASHED = "dashed"
    DOTTED = "dotted"
    DASH_DOTTED = "dash dotted"


@final
class PriceLine(NamedTuple):
    """A horizontal line in the price pane, at a price in ticks (fractions for average entries).

    ``label`` stands on the line, ``tag`` on the price axis; either may be empty. ``label_role``
    colours the part after the first one, when ``detail`` has something to add.
    """

    kind: LineKind
    price: float
    role: Role
    style: LineStyle
    label: str
    tag: str
    detail: str = ""
    detail_role: Role = Role.TEXT


@final
class FillMark(NamedTuple):
    """Our fills of one side within one candle's time: where, how many lots, at what mean price."""

    slot: int
    price: float
    side: Side
    lots: int


@final
class Crosshair(NamedTuple):
    """The cursor in the chart: the middle of its slot, its pane and the value there, as texts."""

    at: float
    pane: str
    value: float
    time_text: str
    value_text: str


@final
class Figure(NamedTuple):
    """One labelled value of the readout."""

    label: str
    text: str
    role: Role = Role.TEXT


@final
@dataclass(frozen=True, slots=True)
class ChartView:
    """Everything the chart shows at one frame.

    ``columns`` are shared, not copied: ``revision`` and ``live`` say what of them differs from the
    frame before. Candles ``[first, end)`` are in sight, ``live`` is the last one of all. ``seen``
    bounds the prices in sight, ``most_lots`` their sizes. ``price_range`` is what the user chose;
    None lets the price axis follow what is in sight. ``stale`` is None while the live end can be
    trusted, else the sentence for the shade. ``waiting`` is None once there is something to show.
    ``note`` is a sentence at the edge that covers nothing: older candles that load, a problem.
    """

    symbol: str = ""
    contract: Contract | None = None
    interval: CandleInterval = CandleInterval.M1
    columns: ChartColumns | None = None
    revision: int = -1
    live: CandleValues | None = None
    left: float = 0.0
    right: float = 0.0
    slot_px: float = 1.0
    first: int = 0
    end: int = 0
    seen: Bounds | None = None
    most_lots: float = 0.0
    price_range: Bounds | None = None
    time_ticks: tuple[AxisTick, ...] = ()
    lines: tuple[PriceLine, ...] = ()
    marks: tuple[FillMark, ...] = ()
    crosshair: Crosshair | None = None
    readout: tuple[Figure, ...] = ()
    is_following: bool = True
    parts: frozenset[ChartPart] = ALL_PARTS
    zone_text: str = ""
    stale: str | None = None
    waiting: str | None = "Waiting for the contract list."
    note: str = ""
    note_role: Role = Role.TEXT_DIM


EMPTY_CHART = ChartView()
"""What a chart shows before anything is known."""
