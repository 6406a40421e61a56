"""Rows of the ladder as lists of what is painted, compared as text: one for every state.

The texts lie in ``ladder_rows.txt``. After a wanted change write them anew and read what differs:
``python -m tests.widgets.canvas.test_ladder_list``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.units import Price, Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import LadderColumn, PlacedColumn
from terminal.viewmodels.ladder_view import (
    HoverMark,
    LadderRow,
    OwnMark,
    OwnState,
    RowExtras,
    StagedMark,
    TagMark,
)
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.ladder_layout import LadderLayout
from terminal.widgets.canvas.ladder_list import RowWriter, row_list
from terminal.widgets.canvas.ladder_shapes import Text, as_text

SNAPSHOTS = Path(__file__).with_name("ladder_rows.txt")
C = LadderColumn
USUAL = ((C.OWN_BID, 40), (C.BID, 60), (C.PRICE, 120), (C.ASK, 60), (C.OWN_ASK, 40))
STUDIES = (
    (C.BID_CHANGE, 40), (C.BID_TRADES, 40), (C.PRICE, 90), (C.ASK_TRADES, 40), (C.ASK_CHANGE, 40),
    (C.BID_TOTAL, 50), (C.ASK_TOTAL, 50), (C.IMBALANCE, 30), (C.VOLUME, 50), (C.PNL, 60),
    (C.NOTES, 60),
)  # fmt: skip


def a_layout(
    columns: tuple[tuple[LadderColumn, int], ...] = USUAL, focus: LadderColumn | None = None
) -> LadderLayout:
    placed, left = [], 4
    for column, width in columns:
        placed.append(PlacedColumn(column, left, width))
        left += width
    return LadderLayout(left + 4, 200, 19, tuple(placed), 4, focus)


def measure(words: str, font: str, percent: int) -> float:
    return len(words) * (5 if font == "small" else 6) * percent / 100


def a_row(**changes: Any) -> LadderRow:
    values: dict[str, Any] = dict.fromkeys(LadderRow._fields[:17], False)
    values |= {
        "price": Price(1000), "price_text": "100.0", "bid_text": "", "ask_text": "",
        "bid_share": 0.0, "ask_share": 0.0, "own_bid": None, "own_ask": None, "last_text": "",
        "last_way": 0,
    }  # fmt: skip
    return LadderRow(**{**values, **changes})


def own(state: OwnState = OwnState.WORKING, **changes: Any) -> OwnMark:
    return OwnMark(**{"text": "4", "state": state, "filled_share": 0.25, "orders": 1, **changes})


STATES: dict[str, LadderRow] = {
    "empty row": a_row(),
    "best bid with a full bar": a_row(bid_text="1 200", bid_share=1.0, is_best_bid=True),
    "best ask with a half bar": a_row(ask_text="7", ask_share=0.5, is_best_ask=True),
    "last trade up": a_row(is_last=True, last_text="36", last_way=1),
    "last trade down without room for its lots": a_row(
        is_last=True, last_text="1 000 000 000 000", last_way=-1
    ),
    "last trade of unknown direction": a_row(is_last=True, last_text="1", last_way=0),
    "large size, first threshold": a_row(bid_text="250", bid_share=0.3, large_bid=1),
    "large size, second threshold": a_row(ask_text="900", ask_share=0.9, large_ask=2),
    "chase trails": a_row(bid_trail=3, ask_trail=1),
    "cursor": a_row(is_cursor=True),
    "grab target": a_row(is_grab_target=True),
    "staged buy that is held back": a_row(
        staged=StagedMark("Buy 4 limit held back", Role.BUY, held_share=0.5)
    ),
    "staged buy": a_row(staged=StagedMark("Buy 4 limit", Role.BUY)),
    "staged sell too long for its side": a_row(
        staged=StagedMark("Sell 4 stop if mark falls to 98.5", Role.SELL)
    ),
    "tags": a_row(tags=(TagMark("E", Role.ACCENT), TagMark("M", Role.TEXT_DIM))),
    "tags beyond the top": a_row(
        outside=(TagMark("E", Role.ACCENT, "120.5"), TagMark("LIQ", Role.DANGER, "180.0")),
        outside_way=1,
    ),
    "tag beyond the bottom": a_row(
        bid_text="7", outside=(TagMark("LIQ", Role.DANGER, "80.0"),), outside_way=-1
    ),
    "tags beyond the bottom for which there is no room": a_row(
        bid_text="7",
        outside=(
            TagMark("LIQ", Role.DANGER, "80.0"),
            TagMark("2 buys", Role.BUY, "85.0"),
            TagMark("E", Role.ACCENT, "90.0"),
        ),
        outside_way=-1,
    ),
    "tags beyond the top, all cells taken": a_row(
        bid_text="7",
        ask_text="9",
        own_bid=own(),
        outside_way=1,
        outside=(TagMark("LIQ", Role.DANGER, "180.0"), TagMark("E", Role.ACCENT, "120.5")),
    ),
    "rows left out below": a_row(is_gap_below=True),
    "own order at work": a_row(own_bid=own()),
    "own order partly filled": a_row(own_ask=own(OwnState.PARTLY)),
    "own order pending": a_row(own_bid=own(OwnState.PENDING)),
    "own order being cancelled": a_row(own_ask=own(OwnState.CANCELING)),
    "own order of unknown fate": a_row(own_bid=own(OwnState.UNKNOWN)),
    "stop that looks up": a_row(own_bid=own(OwnState.UNTRIGGERED, points=1)),
    "stop that looks down": a_row(own_ask=own(OwnState.UNTRIGGERED, points=-1)),
    "stop whose way is not known": a_row(own_ask=own(OwnState.UNTRIGGERED)),
    "own order held under the pointer": a_row(own_bid=own(is_held=True)),
    "ghost of the held order": a_row(own_bid=own(is_ghost=True)),
    "own order with its place in the queue": a_row(
        own_bid=own(text="5"), extras=RowExtras(bid_queue=("q12",))
    ),
    "own order whose place in the queue has no room": a_row(
        own_bid=own(text="5"), extras=RowExtras(bid_queue=("q1 200-34 000",))
    ),
    "own order whose place in the queue has room in short": a_row(
        own_bid=own(text="5"), extras=RowExtras(bid_queue=("q1 200-34 000", "q~9"))
    ),
    "click that would close": a_row(
        hover=HoverMark(LadderColumn.PNL, "Sell 3 limit 100.4, closes, reduce-only", Role.SELL)
    ),
    "exit shown and not sent": a_row(staged=StagedMark("Sell 3 exit", Role.SELL)),
    "click that the collar refuses": a_row(
        bid_text="250",
        hover=HoverMark(
            LadderColumn.ASK,
            "59 ticks through: the collar is 6",
            Role.DANGER,
            "59 through, collar 6",
        ),
    ),
    "staged buy on the queue that it joins": a_row(
        bid_text="1 200", bid_share=0.5, staged=StagedMark("Buy 4 limit", Role.BUY)
    ),
    "several own orders too wide for the cell": a_row(
        own_bid=own(text="12: 1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567")
    ),
    "a size too wide for the cell": a_row(
        bid_text=text.whole(12_345_678_901),
        bid_share=0.1,
    ),
}
STUDIED = {
    "studies": a_row(
        extras=RowExtras(
            "1 500", 0.5, "12", "7", "+30", "\N{MINUS SIGN}4", "800", "90", "64", "+1.25", Role.BUY,
            "entry 100.0",
        )
    ),
    "volume split by who took": a_row(
        extras=RowExtras(
            volume_text="150",
            volume_share=0.5,
            volume_sold="90",
            volume_sold_share=0.25,
            is_volume_split=True,
        )
    ),
    "volume that buyers took alone": a_row(
        extras=RowExtras(volume_text="90", volume_share=0.5, is_volume_split=True)
    ),
    "volume that sellers took alone": a_row(
        extras=RowExtras(volume_sold="90", volume_sold_share=1.0, is_volume_split=True)
    ),
    "notes, alerts and breakeven on a row": a_row(
        tags=(
            TagMark("BE", Role.ACCENT),
            TagMark("AL!", Role.CAUTION),
            TagMark("N", Role.TEXT_DIM),
        ),
        extras=RowExtras(note="breakeven, alert on last called 10:00, my level"),
    ),
    "changes as large as no cell is wide": a_row(
        extras=RowExtras(
            bid_change="+12\N{NARROW NO-BREAK SPACE}345\N{NARROW NO-BREAK SPACE}678",
            ask_change="\N{MINUS SIGN}1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567",
        )
    ),
    "nothing studied": a_row(),
}  # fmt: skip

LANES = {
    "order that opens the long lane": a_row(own_bid=own(lane="L", side=Side.BUY)),
    "order that closes the long lane": a_row(own_bid=own(lane="L", side=Side.SELL)),
    "order that opens the short lane": a_row(own_ask=own(lane="S", side=Side.SELL)),
    "stop of the short lane": a_row(
        own_ask=own(OwnState.UNTRIGGERED, lane="S", side=Side.BUY, points=1)
    ),
    "buys and sells of a lane on one row": a_row(own_ask=own(text="2: 7", lane="S", side=None)),
    "order that names no lane": a_row(own_bid=own(lane="?", side=Side.BUY)),
    "tags of both lanes": a_row(
        tags=(
            TagMark("E\N{NARROW NO-BREAK SPACE}L", Role.BUY),
            TagMark("E\N{NARROW NO-BREAK SPACE}S", Role.SELL),
        )
    ),
}


def pictures() -> dict[str, str]:
    usual = {name: as_text(row_list(row, a_layout(), measure)) for name, row in STATES.items()}
    layout = a_layout(STUDIES)
    lanes = a_layout(focus=C.OWN_BID)
    return (
        usual
        | {name: as_text(row_list(row, layout, measure)) for name, row in STUDIED.items()}
        | {name: as_text(row_list(row, lanes, measure)) for name, row in LANES.items()}
        | {
            "focus on the short lane": as_text(
                row_list(a_row(), a_layout(focus=C.OWN_ASK), measure)
            )
        }
    )


def kept() -> dict[str, str]:
    parts = SNAPSHOTS.read_text(encoding="utf-8").strip().split("\n\n")
    return {part.splitlines()[0]: "\n".join(part.splitlines()[1:]) for part in parts}


@pytest.mark.parametrize("name", [*STATES, *STUDIED, *LANES, "focus on the short lane"])
def test_a_row_is_painted_as_it_was_agreed(name: str) -> None:
    """Every mark has a shape of its own, and its place."""
    assert pictures()[name] == kept()[name]


def test_no_two_states_look_alike() -> None:
    """And nothing is kept that is not shown any more."""
    made = pictures()
    assert len(set(made.values())) == len(made)
    assert kept().keys() == made.keys()


def test_a_side_is_never_told_by_color_alone() -> None:
    """Without inks all own states still differ from one another."""
    colors = ("buy", "sell", "caution", "accent", "text_dim", "text", "panel")
    shapes = set()
    for state in OwnState:
        words = as_text(row_list(a_row(own_bid=own(state, points=1)), a_layout(), measure))
        for color in colors:
            words = words.replace(color, "ink")
        shapes.add(words)
    assert len(shapes) == len(OwnState)


@given(st.lists(st.sampled_from(sorted(STATES)), max_size=12))
def test_what_a_writer_keeps_from_other_rows_changes_nothing(names: list[str]) -> None:
    """A row is a pure function of itself, whatever was written before."""
    for columns in (USUAL, STUDIES):
        layout = a_layout(columns)
        writer = RowWriter(layout, measure)
        for name in names:
            assert writer.write(STATES[name]) == row_list(STATES[name], layout, measure)


@given(
    st.integers(0, 10**12), st.integers(12, 90), st.sampled_from([80, 100, 150]), st.integers(0, 2)
)
def test_digits_are_never_cut(size: int, width: int, percent: int, large: int) -> None:
    """A number stands whole or abbreviated in its cell, or an ellipsis says that it is there."""
    words = f"{size:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    layout = LadderLayout(width, 50, 19, (PlacedColumn(C.BID, 0, width, percent),))

    items = row_list(a_row(bid_text=words, large_bid=large), layout, measure)

    texts = [item for item in items if isinstance(item, Text)]
    number = texts[-1]
    if number.text != "\N{HORIZONTAL ELLIPSIS}":
        assert number.x - measure(number.text, number.font, percent) >= 0
        assert number.text == words or number.text[-1] in "kMG"
    assert number.x <= width


if __name__ == "__main__":
    SNAPSHOTS.write_text(
        "\n\n".join(f"{name}\n{picture}" for name, picture in pictures().items()) + "\n",
        encoding="utf-8",
    )
