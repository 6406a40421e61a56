"""Labels beside a row's numbers cover nothing that says something, and are never cut silently."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.units import Side
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_view import HoverMark, StagedMark, TagMark
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.ladder_beside import beside_row, free_rooms, plate_at
from terminal.widgets.canvas.ladder_list import row_list
from terminal.widgets.canvas.ladder_shapes import Fill, Frame, Primitive, Text
from tests.widgets.canvas.test_ladder_list import USUAL, a_layout, a_row, measure, own

if TYPE_CHECKING:
    from terminal.viewmodels.ladder_view import LadderRow

C = LadderColumn
SHIPPED_400 = (
    (C.OWN_BID, 42), (C.BID_TRADES, 40), (C.BID, 60), (C.PRICE, 98), (C.ASK, 55),
    (C.ASK_TRADES, 45), (C.OWN_ASK, 42),
)  # fmt: skip
"""The shipped columns as they lie in a ladder of 400 pixels."""


def label_of(items: list[Primitive]) -> tuple[Fill, str]:
    plate = next(item for item in items if isinstance(item, Fill) and item.ink == "raised")
    return plate, next(item.text for item in items if isinstance(item, Text))


def covers(plate: Fill, column: LadderColumn) -> bool:
    left, wide = a_layout(SHIPPED_400).column(column)
    return plate.x < left + wide and left < plate.x + plate.width


@pytest.mark.parametrize(("side", "depth"), [(Side.BUY, C.BID), (Side.SELL, C.ASK)])
def test_a_staged_line_leaves_the_queue_that_it_joins_to_be_read(
    side: Side, depth: LadderColumn
) -> None:
    """It stands on the other side, where nothing rests; an own order there is not covered."""
    words = f"{side.value.capitalize()} 1 limit"
    depths = {"bid_text": "322"} if side is Side.BUY else {"ask_text": "322"}
    row = a_row(staged=StagedMark(words, Role(side.value)), **depths)
    plate, shown = label_of(beside_row(row, a_layout(SHIPPED_400), measure))
    assert shown == words
    assert not covers(plate, depth)
    assert not covers(plate, C.PRICE)
    beside = row._replace(own_ask=own()) if side is Side.BUY else row._replace(own_bid=own())
    plate, shown = label_of(beside_row(beside, a_layout(SHIPPED_400), measure))
    assert shown == words
    assert not any(covers(plate, column) for column in (depth, C.PRICE))
    assert not covers(plate, C.OWN_ASK if side is Side.BUY else C.OWN_BID)


@pytest.mark.parametrize("column", [C.BID, C.ASK])
def test_a_refusal_is_not_cut_at_400_pixels(column: LadderColumn) -> None:
    """Whole where there is room, else in shorter words; never over the depth of the row."""
    depth = C.ASK if column is C.BID else C.BID
    depths = {"ask_text": "322"} if column is C.BID else {"bid_text": "322"}
    hover = HoverMark(
        column, "59 ticks through: the collar is 6", Role.DANGER, "59 through, collar 6"
    )
    plate, shown = label_of(
        beside_row(a_row(hover=hover, **depths), a_layout(SHIPPED_400), measure)
    )
    assert shown == "59 through, collar 6"
    assert not covers(plate, depth)
    assert not covers(plate, C.PRICE)
    wide = tuple((one, 2 * width) for one, width in SHIPPED_400)
    _, shown = label_of(beside_row(a_row(hover=hover, **depths), a_layout(wide), measure))
    assert shown == hover.words


@given(st.sampled_from(["", "7"]), st.sampled_from(["", "9"]), st.booleans(), st.booleans())
def test_free_rooms_are_what_no_cell_says_anything_in(
    bid: str,
    ask: str,
    has_buy: bool,
    has_sell: bool,
) -> None:
    """From left to right, each as wide as it can be."""
    layout = a_layout(SHIPPED_400)
    row = a_row(
        bid_text=bid, ask_text=ask, own_bid=own() if has_buy else None,
        own_ask=own() if has_sell else None,
    )  # fmt: skip
    rooms = free_rooms(row, layout)
    assert all(one.end < two.start for one, two in pairwise(rooms))
    taken = sum(
        layout.column(column)[1]
        for column, says in (
            (C.PRICE, True), (C.BID, bid), (C.ASK, ask), (C.OWN_BID, has_buy), (C.OWN_ASK, has_sell)
        )
        if says
    )  # fmt: skip
    assert sum(room.width for room in rooms) == sum(width for _, width in SHIPPED_400) - taken


@given(
    st.integers(0, 6), st.sampled_from(["", "7"]), st.sampled_from(["", "9"]), st.booleans(),
    st.integers(20, 90),
)  # fmt: skip
def test_plates_of_prices_out_of_view_cover_nothing_and_tell_all_or_how_many(
    count: int,
    bid: str,
    ask: str,
    has_own: bool,
    width: int,
) -> None:
    """Each carries its own price, and none lies over a price, a size or an own order."""
    columns = tuple((column, width) for column, _ in USUAL)
    layout = a_layout(columns)
    row = a_row(
        bid_text=bid, ask_text=ask, own_ask=own() if has_own else None, outside_way=-1,
        outside=tuple(TagMark(f"T{n}", Role.ACCENT, f"{n}.5") for n in range(count)),
    )  # fmt: skip
    items = row_list(row, layout, measure)
    plates = [item for item in items if isinstance(item, Fill) and item.ink == "panel"][1:]
    taken = [C.PRICE, *([C.BID] if bid else []), *([C.ASK] if ask else []),
             *([C.OWN_ASK] if has_own else [])]  # fmt: skip
    for plate in plates:
        for column in taken:
            left, wide = layout.column(column)
            assert plate.x + plate.width <= left or left + wide <= plate.x
    words = [item.text for item in items if isinstance(item, Text) and "\u25bc" in item.text]
    shown = [one for one in words if "+" not in one]
    assert shown == [f"\u25bc T{n} {n}.5" for n in range(len(shown))]
    rest = [one for one in words if "+" in one]
    assert rest in ([], [f"\u25bc +{count - len(shown)}"])
    if not rest and len(shown) < count:
        assert width < 30


def a_crowd(count: int, **more: str) -> LadderRow:
    tags = tuple(TagMark(f"T{n}", Role.ACCENT, f"{n}.5", f"tag {n}") for n in range(count))
    return a_row(outside_way=1, outside=tags)._replace(**more)  # type: ignore[arg-type] # texts


@given(
    st.integers(1, 6), st.sampled_from(["", "7"]), st.sampled_from(["", "9"]),
    st.sampled_from([None, "staged", "hover"]), st.sampled_from([C.BID, C.ASK]),
)  # fmt: skip
def test_a_plate_is_clicked_exactly_where_it_is_drawn(
    count: int, bid: str, ask: str, over: str | None, column: LadderColumn
) -> None:
    """Every pixel of a row is either on the one plate that is drawn there, or on none."""
    layout = a_layout(SHIPPED_400)
    row = a_crowd(count, bid_text=bid, ask_text=ask)
    if over == "staged":
        row = row._replace(staged=StagedMark("Buy 1 limit", Role.BUY))
    elif over == "hover":
        row = row._replace(hover=HoverMark(column, "Buy 1 limit", Role.BUY))
    items = beside_row(row, layout, measure)
    drawn = {item.x: item.width for item in items if isinstance(item, Fill) and item.ink == "panel"}
    words = {
        x: text.text
        for text in items
        if isinstance(text, Text) and text.text.startswith("\u25b2")
        for x, width in drawn.items()
        if x <= text.x < x + width
    }
    for x in range(layout.width):
        plate = plate_at(x, row, layout, measure)
        here = [left for left, width in drawn.items() if left <= x < left + width]
        assert [plate.words for plate in (plate,) if plate is not None] == [words[n] for n in here]
        if plate is not None and "+" not in plate.words:
            assert plate.words == f"\u25b2 {plate.tag.label} {plate.tag.price}", "each its own"


def test_plates_do_not_run_away_from_a_pointer_on_its_way_to_one() -> None:
    """What a click on the cell before it would send is written beside them, or over some."""
    layout = a_layout(SHIPPED_400)
    for count in range(1, 7):
        row = a_crowd(count, ask_text="9")
        resting = [item for item in beside_row(row, layout, measure) if isinstance(item, Frame)]
        for column in (C.BID, C.ASK):
            hover = HoverMark(column, "Sell 1 limit post-only", Role.SELL)
            items = beside_row(row._replace(hover=hover), layout, measure)
            framed = [item for item in items if isinstance(item, Frame) and item.ink == "accent"]
            assert set(framed) <= set(resting), "none is elsewhere"
            assert any(
                isinstance(item, Text) and item.text == "Sell 1 limit post-only" for item in items
            ), "it is read whole"


def test_the_first_plate_stays_while_sizes_come_and_go_beside_the_price() -> None:
    """A hand is on its way to it; only what has no room any more goes elsewhere."""
    layout = a_layout(SHIPPED_400)
    for count in range(1, 5):
        places = set()
        for bid, ask in (("", ""), ("322", ""), ("", "322"), ("322", "51")):
            row = a_crowd(count, bid_text=bid, ask_text=ask)
            found = [plate_at(x, row, layout, measure) for x in range(layout.width)]
            places.add(
                tuple(x for x, one in enumerate(found) if one and one.tag.label == "T0"
                      and "+" not in one.words)
            )  # fmt: skip
        assert len(places) == 1, count


def test_a_plate_that_has_room_beside_all_sizes_never_goes_where_a_size_may_come() -> None:
    """However long its price is: at one width it jumped to the other side with every size."""
    layout = a_layout(SHIPPED_400)
    stayed = 0
    for long in range(1, 12):
        for way in (1, -1):
            places = set()
            for size in ("", "51", "322"):
                tag = TagMark("LIQ", Role.DANGER, "8" * long)
                row = a_crowd(1, **{"ask_text" if way > 0 else "bid_text": size})
                row = row._replace(outside=(tag,), outside_way=way)
                found = [plate_at(x, row, layout, measure) for x in range(layout.width)]
                places.add(tuple(x for x, one in enumerate(found) if one and "+" not in one.words))
            if () not in places:
                stayed += 1
                assert len(places) == 1, (long, way)
    assert stayed > 8
