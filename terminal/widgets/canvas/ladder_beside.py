"""What is written beside a row's numbers: the staged line, what a click would do, prices off view.

Labels stand where the row says nothing: they cover neither price nor depth nor own orders, so that
the size one would join can be read. Only trades of the last moment may lie under one. Where the
words do not fit there are shorter ones; the tooltip and the spoken row tell the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.widgets.canvas.ladder_layout import PAD
from terminal.widgets.canvas.ladder_plates import Plate, Room, edge_plates, plate_list, without
from terminal.widgets.canvas.ladder_shapes import (
    BOLD,
    ELLIPSIS,
    LEFT,
    SMALL,
    Fill,
    Frame,
    Line,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from terminal.viewmodels.ladder_view import HoverMark, LadderRow, StagedMark
    from terminal.widgets.canvas.ladder_layout import LadderLayout
    from terminal.widgets.canvas.ladder_shapes import Measure, Primitive

_C = LadderColumn
_LIVELY = frozenset(
    {_C.BID_TOTAL, _C.ASK_TOTAL, _C.BID_CHANGE, _C.ASK_CHANGE, _C.IMBALANCE, _C.VOLUME, _C.PNL}
)


@final
class _Label(NamedTuple):
    """Words with their font, and where their plate begins and ends."""

    words: str
    font: str
    start: int
    end: int

    @property
    def room(self) -> Room:
        """Where it lies."""
        return Room(self.start, self.end)


def beside_row(row: LadderRow, layout: LadderLayout, measure: Measure) -> list[Primitive]:
    """Everything beside the numbers of a row, over them: nothing for most rows."""
    made: list[Primitive] = []
    label, plates = _laid_out(row, layout, measure)
    if label is not None and row.staged is not None:
        made += _staged(row.staged, label, layout)
    elif label is not None and row.hover is not None:
        made += _hover(row.hover, label, layout)
    return [*made, *plate_list(plates, layout.row_height)]


def plate_at(x: int, row: LadderRow, layout: LadderLayout, measure: Measure) -> Plate | None:
    """The plate of something out of view under a place in a row, as it is drawn."""
    if not row.outside:
        return None
    plates = _laid_out(row, layout, measure)[1]
    return next((one for one in plates if one.room.start <= x < one.room.end), None)


def _laid_out(
    row: LadderRow, layout: LadderLayout, measure: Measure
) -> tuple[_Label | None, tuple[Plate, ...]]:
    """The label of a row and the plates of what lies out of view, none over another.

    What the cursor or a hand stages comes first. The pointer's label comes after the plates: they
    must not run away from a pointer that is on its way to one. Where it has no room beside them it
    covers some, as what a click would send has to be read whole.
    """
    free = free_rooms(row, layout)
    if row.staged is not None:
        label = _staged_label(row, row.staged, layout, measure)
        return label, edge_plates(row, without(free, [label.room]), measure)
    plates = edge_plates(row, free, measure, _steady_rooms(row, layout)) if row.outside else ()
    if row.hover is None:
        return None, plates
    taken = [plate.room for plate in plates]
    label = _hover_label(row, row.hover, layout, measure, taken)
    return label, tuple(one for one in plates if not one.room.meets(label.room))


# Room --------------------------------------------------------------------------------------------


def _is_taken(row: LadderRow, column: LadderColumn) -> bool:
    """Whether a cell says what nothing may cover."""
    if column is _C.BID:
        return bool(row.bid_text)
    if column is _C.ASK:
        return bool(row.ask_text)
    if column is _C.OWN_BID:
        return row.own_bid is not None
    if column is _C.OWN_ASK:
        return row.own_ask is not None
    if column is _C.BID_TRADES or column is _C.ASK_TRADES:
        return False
    if column is _C.VOLUME and row.extras.volume_sold:
        return True
    return column is _C.PRICE or bool(EXTRA_TEXTS[column](row)[0])


def _steady_rooms(row: LadderRow, layout: LadderLayout) -> list[Room]:
    """Where plates lie first: no cell whose figures come and go is among it, empty or not.

    A plate would jump to the other side and back with every size of the last row.
    """
    depth = _C.ASK if row.outside_way > 0 else _C.BID
    return free_rooms(row, layout, {depth, *_LIVELY})


def free_rooms(
    row: LadderRow, layout: LadderLayout, kept: Collection[LadderColumn] = ()
) -> list[Room]:
    """The stretches of a row on which nothing stands, left to right; ``kept`` are not free."""
    rooms: list[Room] = []
    for placed in layout.columns:
        if placed.column in kept or _is_taken(row, placed.column):
            continue
        end = placed.left + placed.width
        if rooms and rooms[-1].end == placed.left:
            rooms[-1] = Room(rooms[-1].start, end)
        else:
            rooms.append(Room(placed.left, end))
    return rooms


def cut(words: str, measure: Measure, font: tuple[str, int], room: int) -> str:
    """As much of some words as fits, with an ellipsis where something is missing."""
    if measure(words, *font) <= room:
        return words
    kept = words
    while kept and measure(f"{kept}{ELLIPSIS}", *font) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}{ELLIPSIS}"


def _placed(
    forms: Sequence[tuple[str, str]], rooms: Sequence[Room], measure: Measure, price: Room
) -> _Label:
    """The first form of the words that fits, in the first room that has it; else cut in the widest.

    It stands at the end of its room that is nearer to the price.
    """
    found = _fitting(forms, rooms, measure)
    if found is not None:
        room, words, font = found
    else:
        room = max(rooms, key=lambda one: one.width)
        words, font = next(form for form in reversed(forms) if form[0])
        words = cut(words, measure, (font, 100), room.width - 2 * PAD)
    wide = round(measure(words, font, 100)) + 2 * PAD
    start = room.start if room.start >= price.end else max(room.start, room.end - wide)
    return _Label(words, font, start, start + wide)


def _fitting(
    forms: Sequence[tuple[str, str]], rooms: Sequence[Room], measure: Measure
) -> tuple[Room, str, str] | None:
    """The first form that fits whole, with its font and the first room that has it."""
    found = (
        (room, words, font)
        for words, font in forms
        if words
        for room in rooms
        if measure(words, font, 100) + 2 * PAD <= room.width
    )
    return next(found, None)


def _price_room(layout: LadderLayout) -> Room:
    left, width = layout.column(_C.PRICE)
    return Room(left, left + width)


def _sides(layout: LadderLayout, price: Room) -> list[Room]:
    """Where a row has no room at all: all of it left and right of the price."""
    return [Room(layout.inset, price.start), Room(price.end, layout.width - layout.inset)]


def _ordered(rooms: Iterable[Room], price: Room, *, right_first: bool) -> list[Room]:
    """Nearest to the price first, on the wanted side before the other."""

    def rank(room: Room) -> tuple[bool, int]:
        is_right = room.start >= price.end
        away = room.start - price.end if is_right else price.start - room.end
        return is_right is not right_first, away

    return sorted(rooms, key=rank)


# Staged ------------------------------------------------------------------------------------------


def _staged_label(
    row: LadderRow, staged: StagedMark, layout: LadderLayout, measure: Measure
) -> _Label:
    """On the other side than the order's own: there is the queue that it would join."""
    price = _price_room(layout)
    is_right_first = staged.role.value != "sell"
    rooms = _ordered(free_rooms(row, layout), price, right_first=is_right_first)
    forms = [(staged.whole, BOLD), (staged.whole, SMALL), (staged.short, SMALL)]
    return _placed(forms, rooms or _sides(layout, price), measure, price)


def _staged(staged: StagedMark, label: _Label, layout: LadderLayout) -> list[Primitive]:
    """A dashed line with its words on a plate."""
    height, ink, left = layout.row_height, staged.role.value, layout.inset
    width = layout.width - 2 * left
    bar = round(width * staged.held_share)
    return [
        Line(left, 0, width, ink, is_dashed=True),
        Line(left, height - 2, width, ink, is_dashed=True),
        *_words(label, ink, height),
        *([Fill(left, height - 4, bar, 3, ink)] if bar else []),
    ]


def _words(label: _Label, ink: str, height: int) -> tuple[Primitive, ...]:
    return (
        Fill(label.start, 1, label.end - label.start, height - 3, "raised"),
        Text(label.start + PAD, LEFT, label.font, 100, ink, label.words),
    )


# Hover -------------------------------------------------------------------------------------------


def _hover_label(
    row: LadderRow, hover: HoverMark, layout: LadderLayout, measure: Measure, plates: list[Room]
) -> _Label:
    """The cell that is aimed at is the last to be covered, and only while it says nothing."""
    price = _price_room(layout)
    is_right_first = layout.column(hover.column)[0] < price.start
    beside, anywhere = free_rooms(row, layout, (hover.column,)), free_rooms(row, layout)
    rooms = [
        *_ordered(beside, price, right_first=is_right_first),
        *_ordered(anywhere, price, right_first=is_right_first),
    ]
    forms = [(hover.words, SMALL), (hover.short, SMALL)]
    if plates:
        left = [
            *_ordered(without(beside, plates), price, right_first=is_right_first),
            *_ordered(without(anywhere, plates), price, right_first=is_right_first),
        ]
        if _fitting(forms, left, measure) is not None:
            rooms = left
    return _placed(forms, rooms or _sides(layout, price), measure, price)


def _hover(hover: HoverMark, label: _Label, layout: LadderLayout) -> list[Primitive]:
    """A frame around the cell under the pointer, and what a click would do."""
    left, width = layout.column(hover.column)
    height, ink = layout.row_height, hover.role.value
    return [*_words(label, ink, height), Frame(left, 0, width - 1, height - 2, ink)]


# Cells beyond the depth --------------------------------------------------------------------------


def _signed_ink(words: str) -> str:
    return "buy" if words.startswith("+") else "sell"


EXTRA_TEXTS: dict[LadderColumn, Callable[[LadderRow], tuple[str, str]]] = {
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
