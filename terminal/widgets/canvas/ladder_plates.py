"""Plates at the ladder's edge for prices out of view: where they are, and what stands on them.

Places are a pure function of rooms and font widths, so what is drawn is what is clicked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.widgets.canvas.ladder_shapes import LEFT, SMALL, Fill, Frame, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terminal.viewmodels.ladder_view import LadderRow, TagMark
    from terminal.widgets.canvas.ladder_shapes import Measure, Primitive

EDGE_PAD = 3
"""Free pixels on either side of a text on a plate."""
_UP, _DOWN = "\u25b2", "\u25bc"
_APART = 2


@final
class Room(NamedTuple):
    """A stretch of a row, in pixels; ``end`` is the first that is not in it."""

    start: int
    end: int

    @property
    def width(self) -> int:
        """Its pixels."""
        return self.end - self.start

    def meets(self, other: Room) -> bool:
        """Whether they have pixels in common."""
        return self.start < other.end and other.start < self.end


@final
class Plate(NamedTuple):
    """A plate with its words. ``tag`` is where a click on it goes: of a count, the weightiest."""

    room: Room
    words: str
    tag: TagMark


def edge_plates(
    row: LadderRow, rooms: Sequence[Room], measure: Measure, steady: Iterable[Room] = ()
) -> tuple[Plate, ...]:
    """What lies beyond the edge, on plates with prices of their own; the rest is counted.

    They begin at the left, the weightiest first, in what is ``steady`` of the rooms: sizes that
    come and go beside the price decide only what has room besides, and a plate that a hand is on
    its way to stays. Of the steady ones the last gives way where the rest could not be counted.
    """
    arrow = _UP if row.outside_way > 0 else _DOWN
    tags = [(tag, " ".join(filter(None, (arrow, tag.label, tag.price)))) for tag in row.outside]
    staying: list[Plate] = []
    for room in sorted(steady):
        at = room.start + 1
        for tag, words in tags:
            wide = _wide(words, measure)
            if at + wide <= room.end and all(tag is not one.tag for one in staying):
                staying.append(Plate(Room(at, at + wide), words, tag))
                at += wide + _APART
    while True:
        taken = [Room(one.room.start, one.room.end + _APART - 1) for one in staying]
        waiting = [one for one in tags if all(one[0] is not plate.tag for plate in staying)]
        others, is_told = _fill(without(rooms, taken), waiting, arrow, measure)
        if is_told or not staying:
            return (*staying, *others)
        staying.pop()


def _fill(
    rooms: Iterable[Room], waiting: list[tuple[TagMark, str]], arrow: str, measure: Measure
) -> tuple[list[Plate], bool]:
    """Plates for what waits, from left to right; whether all of it has one or is counted on one."""
    made: list[Plate] = []
    in_order = sorted(rooms)
    for number, room in enumerate(in_order):
        is_last = number == len(in_order) - 1
        at = room.start + 1
        while waiting:
            tag, words = waiting[0]
            wide = _wide(words, measure)
            more = _wide(f"{arrow} +{len(waiting) - 1}", measure) + _APART
            if at + wide + (more if is_last and len(waiting) > 1 else 0) > room.end:
                break
            made.append(Plate(Room(at, at + wide), words, tag))
            waiting.pop(0)
            at += wide + _APART
        if waiting and is_last:
            rest = f"{arrow} +{len(waiting)}"
            wide = _wide(rest, measure)
            if at + wide <= room.end:
                made.append(Plate(Room(at, at + wide), rest, waiting[0][0]))
                return made, True
    return made, not waiting


def without(rooms: Iterable[Room], taken: Sequence[Room]) -> list[Room]:
    """What is left of some rooms beside what lies there already."""
    left = list(rooms)
    for one in taken:
        left = [
            part
            for room in left
            for part in (
                Room(room.start, min(room.end, one.start)),
                Room(max(room.start, one.end), room.end),
            )
            if part.width > 0
        ]
    return left


def plate_list(plates: Iterable[Plate], height: int) -> list[Primitive]:
    """What to paint of plates on a row."""
    made: list[Primitive] = []
    for (start, end), words, tag in plates:
        width, ink = end - start, tag.role.value
        made += (
            Fill(start, 1, width, height - 3, "panel"),
            Frame(start, 1, width - 1, height - 4, ink),
            Text(start + EDGE_PAD, LEFT, SMALL, 100, ink, words),
        )
    return made


def _wide(words: str, measure: Measure) -> int:
    return round(measure(words, SMALL, 100)) + 2 * EDGE_PAD
