"""Lanes of hedge mode: what a side does to each, and which lane fits the account's mode."""

from __future__ import annotations

import pytest

from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.lanes import (
    about,
    closes,
    could_be,
    lane_block,
    lane_for,
    lane_help,
    lane_of_lots,
    mode_of,
    never_opens,
    other_lane,
    wire_lane,
)
from terminal.domain.order import from_update
from terminal.domain.ticket import OrderTerms, OrderTicket
from terminal.domain.units import ClientOid, Side
from tests.support.builders import XBT, a_ticket, an_order_update

BOTH, LONG, SHORT = PositionSide
BUY, SELL = Side
ONE_WAY, HEDGE = PositionMode


@pytest.mark.parametrize(
    ("side", "reduces", "lane"),
    [(BUY, False, LONG), (SELL, False, SHORT), (BUY, True, SHORT), (SELL, True, LONG)],
)
def test_a_side_by_itself_means_the_lane_that_it_can_act_on(
    side: Side, reduces: bool, lane: PositionSide
) -> None:
    """The table of API reference 3.9: it opens its own lane, and closes the other one."""
    assert lane_for(side, HEDGE, reduces=reduces) is lane
    assert closes(lane, side) is reduces
    assert lane_block(in_lane(lane, side=side, is_reduce_only=reduces), HEDGE) is None
    for mode in (ONE_WAY, None):
        assert lane_for(side, mode, reduces=reduces) is None
    assert not closes(BOTH, side)
    assert not closes(None, side)


def in_lane(lane: PositionSide | None, **changes: object) -> OrderTicket:
    return a_ticket(terms=OrderTerms(position_side=lane), **changes)


@pytest.mark.parametrize(
    ("lane", "mode", "words"),
    [
        (None, ONE_WAY, ""),
        (BOTH, ONE_WAY, ""),
        (LONG, HEDGE, ""),
        (SHORT, ONE_WAY, "one-way mode, which has no short lane"),
        (None, HEDGE, "neither its long nor its short position"),
        (BOTH, HEDGE, "neither its long nor its short position"),
        (None, None, ""),
        (LONG, None, ""),
    ],
)
def test_a_position_side_that_the_mode_does_not_have_is_said_with_a_way_out(
    lane: PositionSide | None, mode: PositionMode | None, words: str
) -> None:
    block = lane_block(in_lane(lane), mode)
    assert (block is None) is (not words)
    if block is not None:
        assert words in block.sentence
        assert "lane" in block.remedy


def test_what_opens_a_lane_cannot_only_reduce() -> None:
    block = lane_block(in_lane(LONG, is_reduce_only=True), HEDGE)
    assert block is not None
    assert block.sentence == "A buy opens the long lane, so it cannot only reduce."
    assert lane_block(in_lane(LONG, side=SELL, is_reduce_only=True), HEDGE) is None
    assert lane_block(a_ticket(is_reduce_only=True), ONE_WAY) is None


def test_lanes_have_signs_names_and_neighbors() -> None:
    assert [other_lane(lane) for lane in PositionSide] == [BOTH, SHORT, LONG]
    assert [wire_lane(lane) for lane in PositionSide] == [None, LONG, SHORT]
    assert [mode_of(lane) for lane in PositionSide] == [ONE_WAY, HEDGE, HEDGE]
    assert [lane_of_lots(lots) for lots in (0, 3, -3)] == [None, LONG, SHORT]
    assert [[could_be(lane, lots) for lots in (-1, 0, 1)] for lane in PositionSide] == [
        [True, True, True],
        [False, True, True],
        [True, True, False],
    ]
    assert [about(XBT, lane) for lane in PositionSide] == [
        "XBTUSDTM",
        "XBTUSDTM, long lane",
        "XBTUSDTM, short lane",
    ]
    assert lane_help(BOTH) == ""
    assert lane_help(LONG) == "Long lane: Buy opens, Sell reduces."
    assert lane_help(SHORT) == "Short lane: Sell opens, Buy reduces."


@pytest.mark.parametrize("lane", [None, *PositionSide])
@pytest.mark.parametrize("side", [None, *Side])
@pytest.mark.parametrize("reduces", [True, False])
def test_an_order_never_opens_by_its_words_or_by_its_lane(
    lane: PositionSide | None, side: Side | None, reduces: bool
) -> None:
    update = an_order_update(position_side=lane, side=side, is_reduce_only=reduces)
    order = from_update(update)
    assert order.client_oid == ClientOid("c1")
    closing = {(LONG, SELL), (SHORT, BUY)}
    assert never_opens(order) is (reduces or (lane, side) in closing)
