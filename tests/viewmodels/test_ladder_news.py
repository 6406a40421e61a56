"""Rows with something of their own to tell, while a burst holds the others back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.domain.units import Price, Side
from terminal.viewmodels.ladder_news import rows_with_news
from terminal.viewmodels.ladder_rows import RowMarks
from terminal.viewmodels.ladder_tags import PriceTag, TagKind, TagPlaces
from terminal.viewmodels.ladder_view import OwnMark, OwnState, StagedMark, TagMark
from terminal.viewmodels.text import Role

INDICES = range(120, 100, -1)
OWN = OwnMark("4", OwnState.WORKING, 0.0, 1)
BARE = RowMarks()


def tags(*rows: int, price: int = 1, above: tuple[TagMark, ...] = ()) -> TagPlaces:
    tag = PriceTag(TagKind.VWAP, Price(price), "VW", Role.TEXT_DIM, "VWAP")
    return TagPlaces(dict.fromkeys(rows, (tag,)), above, ())


@pytest.mark.parametrize(
    ("before", "now", "rows"),
    [
        (BARE, BARE, set()),
        (replace(BARE, cursor=110), replace(BARE, cursor=111), {110, 111}),
        (replace(BARE, last=110), replace(BARE, last=107), {107, 110}),
        (BARE, replace(BARE, entry=105), {105}),
        (BARE, replace(BARE, grab_target=104), {104}),
        (BARE, replace(BARE, staged={103: StagedMark("Buy 1", Role.BUY)}), {103}),
        (replace(BARE, bid_trail={110: 3, 111: 3}), replace(BARE, bid_trail={110: 3}), {111}),
        (BARE, replace(BARE, ask_trail={112: 1}), {112}),
        (replace(BARE, tags=tags(110, 115)), replace(BARE, tags=tags(110, 116)), {115, 116}),
        (replace(BARE, tags=tags(110)), replace(BARE, tags=tags(110, price=2)), {110}),
    ],
)
def test_what_stands_otherwise_on_a_row_is_its_news(
    before: RowMarks, now: RowMarks, rows: set[int]
) -> None:
    """The row it came to and the one it left, and no other."""
    assert rows_with_news((before, {}), (now, {}), INDICES) == rows


def test_tags_out_of_view_are_news_of_the_outermost_rows() -> None:
    """Two of each edge: a plate may cover the first."""
    now = replace(BARE, tags=tags(above=(TagMark("LIQ", Role.DANGER),)))
    assert rows_with_news((BARE, {}), (now, {}), INDICES) == {120, 119, 102, 101}


def test_an_own_order_is_news_where_it_was_and_where_it_is() -> None:
    """Whatever else stays."""
    before = {(110, Side.BUY): OWN, (115, Side.SELL): OWN}
    now = {(109, Side.BUY): OWN, (115, Side.SELL): OWN}
    assert rows_with_news((BARE, before), (BARE, now), INDICES) == {109, 110}
    assert rows_with_news((BARE, now), (BARE, now), INDICES) == set()


def test_the_last_trade_is_news_although_it_is_on_the_same_row() -> None:
    """Its lots and its direction may be others."""
    at = replace(BARE, last=110)
    assert rows_with_news((at, {}), (at, {}), INDICES) == {110}
