"""A ladder row as a list of things to paint: a pure function of row, layout and font widths.

``x`` is in the widget's pixels, ``y`` in those of the row, so that a list stays true wherever its
row stands. Inks and fonts are roles; the painter knows their colours. Painting walks the list from
the front, and tests compare it as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

from terminal.domain.units import Side
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_lanes import UNCLEAR
from terminal.viewmodels.ladder_numbers import shortened
from terminal.viewmodels.ladder_view import HoverMark, LadderRow, OwnMark, OwnState
from terminal.viewmodels.text import MINUS, THIN_SPACE
from terminal.widgets.canvas.ladder_layout import PAD, LadderLayout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terminal.viewmodels.ladder_columns import PlacedColumn

    Measure: TypeAlias = Callable[[str, str, int], float]
    """Pixels of a text in a font role at a percentage."""

PLAIN, BOLD, SMALL = "plain", "bold", "small"
LEFT, MIDDLE, RIGHT = "left", "middle", "right"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_UP, _DOWN, _FLAT = "\u25b2", "\u25bc", "\u2022"
_LARGE_SIGNS = ("", "\u2022", "\u25c6")
_HELD_SIGN = "\u2195"
_C = LadderColumn


@final
class Fill(NamedTuple):
    """A filled rectangle."""

    x: int
    y: int
    width: int
    height: int
    ink: str


@final
class Bar(NamedTuple):
    """A rectangle that lets its ground through: how much of something there is."""

    x: int
    y: int
    width: int
    height: int
    ink: str


@final
class Text(NamedTuple):
    """A text at the middle of the row's height; ``x`` is the edge, or the middle, of its anchor."""

    x: int
    anchor: str
    font: str
    percent: int
    ink: str
    text: str


@final
class Frame(NamedTuple):
    """The outline of a rectangle, one pixel wide."""

    x: int
    y: int
    width: int
    height: int
    ink: str
    is_dashed: bool = False


@final
class Hatch(NamedTuple):
    """A rectangle of slanted lines: what is going away."""

    x: int
    y: int
    width: int
    height: int
    ink: str


@final
class Triangle(NamedTuple):
    """A triangle around a point, which is +1 up or -1 down."""

    x: int
    y: int
    size: int
    way: int
    ink: str


@final
class Line(NamedTuple):
    """A level line, one pixel wide."""

    x: int
    y: int
    width: int
    ink: str
    is_dashed: bool = False


Primitive: TypeAlias = Fill | Bar | Text | Frame | Hatch | Triangle | Line
RowList: TypeAlias = tuple[Primitive, ...]


def as_text(items: Iterable[Primitive]) -> str:
    """A list as lines of text, for comparing pictures without pixels."""
    return "\n".join(
        f"{type(item).__name__.lower():8} {' '.join(str(part) for part in item)}" for item in items
    )


def row_list(row: LadderRow, layout: LadderLayout, measure: Measure) -> RowList:
    """Everything a row shows: grounds and bars first, then marks, texts, and frames on top."""
    return _RowWriter(row, layout, measure).write()


@final
class _RowWriter:
    """Writes one row. Shapes lie below texts, so they are gathered apart."""

    def __init__(self, row: LadderRow, layout: LadderLayout, measure: Measure) -> None:
        self._row = row
        self._layout = layout
        self._measure = measure
        self._height = layout.row_height
        self._shapes: list[Primitive] = []
        self._texts: list[Primitive] = []

    def write(self) -> RowList:
        row, layout, height = self._row, self._layout, self._height
        left, width = layout.inset, layout.width - 2 * layout.inset
        self._shapes.append(Fill(left, 0, width, height, "panel"))
        for placed in layout.columns:
            self._cell(placed)
            if placed.column is layout.focus:
                for x in (placed.left, placed.left + placed.width - 2):
                    self._shapes.append(Fill(x, 0, 2, height, "accent"))
        self._shapes.append(
            Line(left, height - 1, width, "line_strong", is_dashed=True)
            if row.is_gap_below
            else Line(left, height - 1, width, "line")
        )
        over: list[Primitive] = []
        if row.is_cursor:
            over.append(Frame(left, 0, width - 1, height - 1, "accent"))
        if row.is_grab_target:
            over.append(Frame(left + 1, 1, width - 3, height - 3, "caution", is_dashed=True))
        if row.staged is not None:
            over += self._staged(left, width)
        elif row.hover is not None:
            over += self._hover(row.hover, left, width)
        return (*self._shapes, *self._texts, *over)

    def _cell(self, placed: PlacedColumn) -> None:
        row, column = self._row, placed.column
        if column is _C.BID:
            self._depth(placed, "buy")
        elif column is _C.ASK:
            self._depth(placed, "sell")
        elif column is _C.PRICE:
            self._price(placed)
        elif column is _C.OWN_BID:
            self._own(placed, row.own_bid, "buy", row.extras.bid_queue)
        elif column is _C.OWN_ASK:
            self._own(placed, row.own_ask, "sell", row.extras.ask_queue)
        else:
            self._extra(placed)

    # Cells -----------------------------------------------------------------------------------

    def _depth(self, placed: PlacedColumn, side: str) -> None:
        row = self._row
        is_bid = side == "buy"
        words = row.bid_text if is_bid else row.ask_text
        share = row.bid_share if is_bid else row.ask_share
        large = row.large_bid if is_bid else row.large_ask
        trail = row.bid_trail if is_bid else row.ask_trail
        x, width, height = placed.left, placed.width, self._height
        if words:
            self._shapes.append(Fill(x, 0, width, height, f"{side}_ground"))
            length = round(width * share)
            start = x + width - length if is_bid else x
            if length:
                self._shapes.append(Bar(start, 0, length, height, f"{side}_bar"))
        if trail:
            start = x + width - trail if is_bid else x
            self._shapes.append(Fill(start, 0, trail, height, side))
        if words:
            taken = self._sign(placed, _LARGE_SIGNS[large], side) if large else 0
            self._number(placed, words, BOLD if large else PLAIN, side, taken)

    def _sign(self, placed: PlacedColumn, sign: str, ink: str) -> int:
        """A sign at the cell's left edge; answers the pixels it takes."""
        self._texts.append(Text(placed.left + 2, LEFT, SMALL, placed.font_percent, ink, sign))
        return round(self._measure(sign, SMALL, placed.font_percent)) + 2

    def _price(self, placed: PlacedColumn) -> None:
        row = self._row
        self._shapes.append(Fill(placed.left, 0, placed.width, self._height, "raised"))
        best = "buy" if row.is_best_bid else "sell" if row.is_best_ask else ""
        font = BOLD if best or row.is_last else PLAIN
        percent = placed.font_percent
        right = placed.left + placed.width - PAD
        self._texts.append(Text(right, RIGHT, font, percent, best or "text", row.price_text))
        limit = right - self._measure(row.price_text, font, percent)
        at = placed.left + 1
        if row.tags:
            self._shapes.append(Fill(placed.left, 0, 3, self._height, row.tags[0].role.value))
            at += 3
        if row.is_last:
            at = self._last(at, limit, percent)
        for tag in row.tags:
            at = self._beside(at, limit, percent, (tag.role.value, tag.label))
        if row.outside:
            arrow = _UP if row.outside_way > 0 else _DOWN
            marks = [(tag.role.value, tag.label) for tag in row.outside]
            at = self._beside(at, limit, percent, (marks[0][0], f"{arrow}{marks[0][1]}"), arrow)
            for mark in marks[1:]:
                at = self._beside(at, limit, percent, mark)

    def _last(self, at: int, limit: float, percent: int) -> int:
        """The last trade: an arrow that tells the direction without colour, and its lots.

        The lots are left out where there is no room: they must never run into the price.
        """
        row = self._row
        ink = {1: "buy", -1: "sell"}.get(row.last_direction, "text_dim")
        arrow = {1: _UP, -1: _DOWN}.get(row.last_direction, _FLAT)
        words = f"{arrow}{THIN_SPACE}{row.last_text}"
        return self._beside(at, limit, percent, (ink, words), arrow)

    def _beside(
        self, at: int, limit: float, percent: int, mark: tuple[str, str], else_: str = ""
    ) -> int:
        """A small text beside the price while there is room; answers where the next may begin."""
        ink, words = mark
        for attempt in (words, else_):
            width = self._measure(attempt, SMALL, percent) if attempt else 0.0
            if width and at + 1 + width + 1 <= limit:
                self._texts.append(Text(at + 1, LEFT, SMALL, percent, ink, attempt))
                return at + 1 + round(width) + 2
        return at

    def _extra(self, placed: PlacedColumn) -> None:
        extras = self._row.extras
        words, ink = _EXTRA_TEXTS[placed.column](self._row)
        if placed.column is _C.VOLUME and extras.is_volume_split:
            self._split_volume(placed)
            return
        if placed.column is _C.VOLUME and words:
            length = round(placed.width * extras.volume_share)
            if length:
                self._shapes.append(Bar(placed.left, 0, length, self._height, "volume_bar"))
        if placed.column is _C.NOTES:
            if words:
                self._words(placed, words, ink)
        elif words:
            self._number(placed, words, PLAIN, ink)

    def _split_volume(self, placed: PlacedColumn) -> None:
        """What sellers took on the left, what buyers took on the right, each with its bar."""
        extras, half = self._row.extras, placed.width // 2
        sold = placed._replace(width=half)
        bought = placed._replace(left=placed.left + half, width=placed.width - half)
        for cell, words, share, ink in (
            (sold, extras.volume_sold, extras.volume_sold_share, "sell"),
            (bought, extras.volume_text, extras.volume_share, "buy"),
        ):
            length = min(cell.width, round(placed.width * share))
            if length:
                start = cell.left + cell.width - length if ink == "sell" else cell.left
                self._shapes.append(Bar(start, 0, length, self._height, f"{ink}_bar"))
            if words:
                self._number(cell, words, SMALL, ink)

    def _number(
        self, placed: PlacedColumn, words: str, font: str, ink: str, taken: int = 0
    ) -> None:
        """A number at the right edge: abbreviated rather than cut, never short of digits."""
        percent = placed.font_percent
        room = placed.width - taken - 4
        fits = self._measure(words, font, percent) <= room
        made = words if fits else shortened(words)
        if not fits and self._measure(made, font, percent) > room:
            font = SMALL
            if self._measure(made, font, percent) > room:
                made = _ELLIPSIS
        pad = min(PAD, max(1, placed.width - taken - round(self._measure(made, font, percent)) - 1))
        right = placed.left + placed.width - pad
        self._texts.append(Text(right, RIGHT, font, percent, ink, made))

    def _words(self, placed: PlacedColumn, words: str, ink: str) -> None:
        made = self._cut(words, SMALL, placed.font_percent, placed.width - 2 * PAD)
        self._texts.append(Text(placed.left + PAD, LEFT, SMALL, placed.font_percent, ink, made))

    def _cut(self, words: str, font: str, percent: int, room: int) -> str:
        """As much of some words as fits, with an ellipsis where something is missing."""
        if self._measure(words, font, percent) <= room:
            return words
        kept = words
        while kept and self._measure(f"{kept}{_ELLIPSIS}", font, percent) > room:
            kept = kept[:-1]
        return f"{kept.rstrip()}{_ELLIPSIS}"

    # Own orders ------------------------------------------------------------------------------

    def _own(self, placed: PlacedColumn, mark: OwnMark | None, side: str, queue: str) -> None:
        """The look page's order states: each has a shape of its own, not only a colour."""
        if mark is None:
            return
        prefix, side = _of_lane(mark, side)
        x, y = placed.left + 2, 2
        width, height = placed.width - 5, self._height - 5
        ink, suffix = self._own_box(mark, side, (x, y, width, height))
        held = f"{THIN_SPACE}{_HELD_SIGN}" if mark.is_held else ""
        percent = placed.font_percent
        room = width - 2
        *count, lots = mark.text.split(": ")
        words = f"{': '.join([*count, prefix + lots])}{suffix}{held}"
        if self._measure(words, BOLD, percent) > room:
            words = f"{': '.join([*count, prefix + shortened(lots)])}{suffix}{held}"
            if self._measure(words, SMALL, percent) > room:
                words = f"{': '.join([*count, prefix + _ELLIPSIS])}{suffix}{held}"
        if queue:
            both = f"{words} {queue}"
            words = both if self._measure(both, SMALL, percent) <= room else words
        font = BOLD if self._measure(words, BOLD, percent) <= room else SMALL
        words = self._cut(words, font, percent, room)
        self._texts.append(Text(x + width // 2, MIDDLE, font, percent, ink, words))

    def _own_box(self, mark: OwnMark, side: str, box: tuple[int, int, int, int]) -> tuple[str, str]:
        """Draw the box of a state; answer the text's ink and what follows the text."""
        x, y, width, height = box
        shapes = self._shapes
        if mark.lane == UNCLEAR:
            shapes.append(Frame(x, y, width, height, "caution", is_dashed=True))
            return "caution", ""
        if mark.is_ghost:
            shapes.append(Frame(x, y, width, height, side, is_dashed=True))
            return "text_dim", ""
        if mark.state is OwnState.WORKING:
            shapes.append(Fill(x, y, width + 1, height + 1, side))
            return "panel", ""
        if mark.state in {OwnState.PENDING, OwnState.UNKNOWN}:
            shapes.append(Frame(x, y, width, height, "caution"))
            return "caution", f"{THIN_SPACE}?" if mark.state is OwnState.UNKNOWN else ""
        if mark.state is OwnState.CANCELING:
            shapes.append(Hatch(x, y, width, height, side))
        elif mark.state is OwnState.PARTLY:
            left = round(width * (1 - mark.filled_share))
            shapes.append(Bar(x, y, left, height, f"{side}_partly"))
        elif mark.points:
            shapes.append(Triangle(x + 8, y + height // 2, 4, mark.points, side))
        else:
            shapes.append(Fill(x + 5, y + height // 2 - 2, 5, 5, side))
        shapes.append(Frame(x, y, width, height, side))
        return "text", ""

    # Staged ----------------------------------------------------------------------------------

    def _staged(self, left: int, width: int) -> list[Primitive]:
        """A dashed line with its words on a plate beside the price, on the order's own side."""
        staged = self._row.staged
        if staged is None:
            return []
        height, ink = self._height, staged.role.value
        price_left, price_width = self._layout.column(LadderColumn.PRICE)
        is_right = ink == "sell"
        start = price_left + price_width if is_right else left
        room = (left + width - start if is_right else price_left - left) - 2 * PAD
        words = self._cut(staged.words, BOLD, 100, room)
        plate = round(self._measure(words, BOLD, 100)) + 2 * PAD
        x = start if is_right else price_left - plate
        bar = round(width * staged.held_share)
        return [
            Line(left, 0, width, ink, is_dashed=True),
            Line(left, height - 2, width, ink, is_dashed=True),
            Fill(x, 1, plate, height - 3, "raised"),
            Text(x + PAD, LEFT, BOLD, 100, ink, words),
            *(self._other(staged.other, left, width, is_right=not is_right)),
            *([Fill(left, height - 4, bar, 3, ink)] if bar else []),
        ]

    def _other(self, other: str, left: int, width: int, *, is_right: bool) -> list[Primitive]:
        """What else could be sent there, on a plate on the other side of the price."""
        if not other:
            return []
        price_left, price_width = self._layout.column(LadderColumn.PRICE)
        start = price_left + price_width if is_right else left
        room = (left + width - start if is_right else price_left - left) - 2 * PAD
        words = self._cut(other, PLAIN, 100, room)
        plate = round(self._measure(words, PLAIN, 100)) + 2 * PAD
        x = start if is_right else price_left - plate
        return [
            Fill(x, 1, plate, self._height - 3, "raised"),
            Text(x + PAD, LEFT, PLAIN, 100, "caution", words),
        ]

    # Hover -----------------------------------------------------------------------------------

    def _hover(self, hover: HoverMark, left: int, width: int) -> list[Primitive]:
        """A frame around the cell under the pointer, and beyond the price what a click would do."""
        height, ink = self._height, hover.role.value
        cell_left, cell_width = self._layout.column(hover.column)
        price_left, price_width = self._layout.column(LadderColumn.PRICE)
        is_right = cell_left < price_left  # the words must not cover what is aimed at
        start = price_left + price_width if is_right else left
        room = (left + width - start if is_right else price_left - left) - 2 * PAD
        words = self._cut(hover.words, SMALL, 100, room)
        plate = round(self._measure(words, SMALL, 100)) + 2 * PAD
        x = start if is_right else price_left - plate
        return [
            Frame(cell_left, 0, cell_width - 1, height - 2, ink),
            Fill(x, 1, plate, height - 3, "raised"),
            Text(x + PAD, LEFT, SMALL, 100, ink, words),
        ]


def _of_lane(mark: OwnMark, side: str) -> tuple[str, str]:
    """What stands before the size, and the ink: in hedge mode the lane's letter and a sign.

    A lane has buys and sells: the sign and the ink are the order's, not the column's.
    """
    if not mark.lane:
        return "", side
    ink = side if mark.side is None else _SIDE_INKS[mark.side]
    return f"{mark.lane}{_SIGNS[mark.side]}", ink


_SIDE_INKS = {Side.BUY: "buy", Side.SELL: "sell"}
_SIGNS = {Side.BUY: "+", Side.SELL: MINUS, None: "\u00b1"}


def _signed_ink(words: str) -> str:
    return "buy" if words.startswith("+") else "sell"


_EXTRA_TEXTS: dict[LadderColumn, Callable[[LadderRow], tuple[str, str]]] = {
    _C.NOTES: lambda row: (row.extras.note, "text_dim"),
    _C.BID_TOTAL: lambda row: (row.extras.bid_total, "buy"),
    _C.ASK_TOTAL: lambda row: (row.extras.ask_total, "sell"),
    _C.BID_CHANGE: lambda row: (row.extras.bid_change, _signed_ink(row.extras.bid_change)),
    _C.ASK_CHANGE: lambda row: (row.extras.ask_change, _signed_ink(row.extras.ask_change)),
    _C.BID_TRADES: lambda row: (row.extras.bid_trades, "sell"),
    _C.ASK_TRADES: lambda row: (row.extras.ask_trades, "buy"),
    _C.IMBALANCE: lambda row: (row.extras.imbalance, "text_dim"),
    _C.VOLUME: lambda row: (row.extras.volume_text, "text"),
    _C.PNL: lambda row: (row.extras.pnl_text, row.extras.pnl_role.value),
}
