"""A ladder row as a list of things to paint: a pure function of row, layout and font widths.

``x`` is in the widget's pixels, ``y`` in those of the row, so that a list stays true wherever its
row stands. Inks and fonts are roles; the painter knows their colours. Painting walks the list from
the front, and tests compare it as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.units import Side
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_lanes import UNCLEAR
from terminal.viewmodels.ladder_numbers import shortened, shorter_forms
from terminal.viewmodels.ladder_view import LadderRow, OwnMark, OwnState
from terminal.viewmodels.text import MINUS, THIN_SPACE
from terminal.widgets.canvas.ladder_beside import EXTRA_TEXTS, beside_row, cut
from terminal.widgets.canvas.ladder_layout import PAD, LadderLayout
from terminal.widgets.canvas.ladder_shapes import (
    BOLD,
    ELLIPSIS,
    LEFT,
    MIDDLE,
    PLAIN,
    RIGHT,
    SMALL,
    Bar,
    Fill,
    Frame,
    Hatch,
    Line,
    Text,
    Triangle,
)

if TYPE_CHECKING:
    from terminal.viewmodels.ladder_columns import PlacedColumn
    from terminal.widgets.canvas.ladder_shapes import Measure, Primitive, RowList

CURSOR_END_PX = 4
"""The cursor's row has thick ends: no other frame of the ladder has, whatever its colour."""
TINY = 80
"""Percent of the small letters: a place in the queue where there is little room for it."""
_EDGE, _APART = 1, 1
_UP, _DOWN, _FLAT = "\u25b2", "\u25bc", "\u2022"
_LARGE_SIGNS = ("", "\u2022", "\u25c6")
_HELD_SIGN = "\u2195"
_KEPT_NUMBERS = 8192
_C = LadderColumn


def row_list(row: LadderRow, layout: LadderLayout, measure: Measure) -> RowList:
    """Everything a row shows: grounds and bars first, then marks, texts, and frames on top."""
    return RowWriter(layout, measure).write(row)


@final
class RowWriter:
    """Writes rows of one layout with the same fonts; keeps how texts were fitted (bounded).

    Shapes lie below texts, so they are gathered apart.
    """

    def __init__(self, layout: LadderLayout, measure: Measure) -> None:
        self._layout = layout
        self._measure = measure
        self._height = layout.row_height
        self._numbers: dict[tuple[int, int, str, str, str, int], Text] = {}
        self._cuts: dict[tuple[str, str, int, int], str] = {}
        self._halves = {
            placed.left: (
                placed._replace(width=placed.width // 2),
                placed._replace(
                    left=placed.left + placed.width // 2, width=placed.width - placed.width // 2
                ),
            )
            for placed in layout.columns
        }

    def write(self, row: LadderRow) -> RowList:
        """Everything the row shows."""
        self._row = row
        self._shapes: list[Primitive] = []
        self._texts: list[Primitive] = []
        layout, height = self._layout, self._height
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
            over += [
                Fill(x, 0, CURSOR_END_PX, height, "accent")
                for x in (left, left + width - CURSOR_END_PX)
            ]
        if row.is_grab_target:
            over.append(Frame(left + 1, 1, width - 3, height - 3, "caution", is_dashed=True))
        over += beside_row(row, layout, self._measure)
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

    def _last(self, at: int, limit: float, percent: int) -> int:
        """The last trade: an arrow that tells who took without colour, and its lots.

        The lots are left out where there is no room: they must never run into the price.
        """
        row = self._row
        ink = {1: "buy", -1: "sell"}.get(row.last_way, "text_dim")
        arrow = {1: _UP, -1: _DOWN}.get(row.last_way, _FLAT)
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
        words, ink = EXTRA_TEXTS[placed.column](self._row)
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
        extras = self._row.extras
        sold, bought = self._halves[placed.left]
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
        key = (placed.left, placed.width, words, font, ink, taken)
        known = self._numbers.get(key)
        if known is None:
            if len(self._numbers) >= _KEPT_NUMBERS:
                self._numbers.clear()
            known = self._numbers[key] = self._fitted(placed, words, font, ink, taken)
        self._texts.append(known)

    def _fitted(self, placed: PlacedColumn, words: str, font: str, ink: str, taken: int) -> Text:
        percent = placed.font_percent
        room = placed.width - taken - 4
        measure, forms = self._measure, shorter_forms(words)
        attempts = [(form, font) for form in forms[:2]] + [(form, SMALL) for form in forms]
        made, font = next(
            (one for one in attempts if measure(*one, percent) <= room), (ELLIPSIS, SMALL)
        )
        pad = min(PAD, max(1, placed.width - taken - round(self._measure(made, font, percent)) - 1))
        return Text(placed.left + placed.width - pad, RIGHT, font, percent, ink, made)

    def _words(self, placed: PlacedColumn, words: str, ink: str) -> None:
        made = self._cut(words, SMALL, placed.font_percent, placed.width - 2 * PAD)
        self._texts.append(Text(placed.left + PAD, LEFT, SMALL, placed.font_percent, ink, made))

    def _cut(self, words: str, font: str, percent: int, room: int) -> str:
        """As much of some words as fits, with an ellipsis where something is missing."""
        if self._measure(words, font, percent) <= room:
            return words
        key = (words, font, percent, room)
        known = self._cuts.get(key)
        if known is None:
            if len(self._cuts) >= _KEPT_NUMBERS:
                self._cuts.clear()
            known = self._cuts[key] = cut(words, self._measure, (font, percent), room)
        return known

    # Own orders ------------------------------------------------------------------------------

    def _own(
        self, placed: PlacedColumn, mark: OwnMark | None, side: str, queue: tuple[str, ...]
    ) -> None:
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
                words = f"{': '.join([*count, prefix + ELLIPSIS])}{suffix}{held}"
        if queue and self._measure(f"{words} {queue[0]}", SMALL, percent) <= room:
            words = f"{words} {queue[0]}"
        elif queue and self._with_place(x, width, words, queue, (ink, percent)):
            return
        font = BOLD if self._measure(words, BOLD, percent) <= room else SMALL
        words = self._cut(words, font, percent, room)
        self._texts.append(Text(x + width // 2, MIDDLE, font, percent, ink, words))

    def _with_place(
        self, x: int, width: int, words: str, queue: tuple[str, ...], style: tuple[str, int]
    ) -> bool:
        """Size and place in the queue apart, each at its edge; False where they have no room."""
        ink, percent = style
        tiny = round(percent * TINY / 100)
        room = width + 1 - 2 * _EDGE - _APART
        for form in queue[1:] or queue:
            for first, second in ((percent, percent), (percent, tiny), (tiny, tiny)):
                wide = self._measure(words, SMALL, first) + self._measure(form, SMALL, second)
                if wide <= room:
                    self._texts += [
                        Text(x + _EDGE, LEFT, SMALL, first, ink, words),
                        Text(x + width + 1 - _EDGE, RIGHT, SMALL, second, ink, form),
                    ]
                    return True
        return False

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
