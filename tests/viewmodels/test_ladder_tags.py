from dataclasses import replace
from decimal import Decimal

import pytest

from terminal.domain.events import MarkUpdate, OrderType, PositionSide, StopDirection, StopReference
from terminal.domain.order import Order, OrderState
from terminal.domain.position import FLAT, PositionCore
from terminal.domain.units import ClientOid, ExactPrice, Lots, OrderId, Price, Side
from terminal.session.account import Position
from terminal.viewmodels.ladder_tags import (
    PriceTag,
    TagKind,
    own_tags,
    place_tags,
    position_tags,
    reference_tags,
    staged_tags,
    stop_label,
    stop_tags,
)
from terminal.viewmodels.ladder_view import StagedOrder, TagMark
from terminal.viewmodels.text import Role
from tests.support.builders import NOW_MS, XBT, a_contract

CONTRACT = a_contract()


def a_tag(kind: TagKind, price: int, label: str) -> PriceTag:
    return PriceTag(kind, Price(price), label, Role.TEXT, kind.value)


def a_stop(
    direction: StopDirection | None = StopDirection.DOWN,
    reference: StopReference | None = StopReference.MARK,
) -> Order:
    return Order(
        symbol=XBT,
        client_oid=ClientOid("c1"),
        order_id=OrderId("o1"),
        side=Side.SELL,
        order_type=OrderType.MARKET,
        price=None,
        lots=Lots(3),
        state=OrderState.UNTRIGGERED,
        trigger=Price(990),
        stop_direction=direction,
        stop_reference=reference,
    )


def a_position(lots: int, entry: str | None, liquidation: str | None) -> Position:
    core = FLAT
    if lots:
        core = PositionCore(Lots(lots), None if entry is None else ExactPrice(Decimal(entry)))
    return Position(
        XBT, core, None, None, None if liquidation is None else ExactPrice(Decimal(liquidation)),
        None, None, None,
    )  # fmt: skip


def test_tags_stand_on_their_rows_and_the_weightiest_comes_first() -> None:
    """Two on one row of five ticks."""
    tags = (a_tag(TagKind.MARK, 1003, "M"), a_tag(TagKind.ENTRY, 1001, "E"))

    placed = place_tags(tags, CONTRACT, 5, range(205, 195, -1))

    assert [tag.label for tag in placed.rows[200]] == ["E", "M"]
    assert (placed.above, placed.below) == ((), ())


def test_tags_out_of_view_are_arrows_with_prices_the_weightiest_first() -> None:
    """What is alike is one mark: how many there are, and the nearest price."""
    tags = (
        a_tag(TagKind.LIQUIDATION, 500, "LIQ"),
        a_tag(TagKind.STOP, 900, "S"),
        a_tag(TagKind.STOP, 800, "S"),
        a_tag(TagKind.DAY_HIGH, 2000, "H"),
        a_tag(TagKind.ENTRY, 1500, "E"),
    )

    placed = place_tags(tags, CONTRACT, 1, range(1010, 990, -1))

    assert [mark.label for mark in placed.above] == ["E", "H"]
    assert placed.below == (
        TagMark("LIQ", Role.TEXT, "50.0", "liquidation", Price(500)),
        TagMark("2 S", Role.TEXT, "90.0", "2 times stop, the nearest 90.0", Price(900)),
    )
    assert place_tags(tags, CONTRACT, 1, ()).above == ()


def test_a_price_off_the_tick_is_written_at_the_edge_as_the_rows_write_theirs() -> None:
    """The words keep all of it."""
    (liquidation,) = (tag for tag in position_tags(a_position(4, "100.25", "81.34"), CONTRACT)
                      if tag.kind is TagKind.LIQUIDATION)  # fmt: skip
    (mark,) = place_tags((liquidation,), CONTRACT, 1, range(1010, 990, -1)).below
    assert (mark.price, mark.words) == ("81.3", "liquidation 81.34")


def a_limit(number: int, side: Side, price: int, lane: PositionSide | None = None) -> Order:
    return Order(
        symbol=XBT,
        client_oid=ClientOid(f"l{number}"),
        order_id=OrderId(f"o{number}"),
        side=side,
        order_type=OrderType.LIMIT,
        price=Price(price),
        lots=Lots(3),
        state=OrderState.OPEN,
        position_side=lane,
    )


def test_own_limits_out_of_view_are_counted_with_the_nearest_price() -> None:
    """Those in view have marks, stops have tags, ended ones have nothing."""
    view = range(1010, 990, -1)
    orders = (
        a_limit(1, Side.BUY, 950), a_limit(2, Side.BUY, 980), a_limit(3, Side.BUY, 1000),
        a_limit(4, Side.SELL, 1100), a_stop(),
        replace(a_limit(5, Side.SELL, 1200), state=OrderState.CANCELED),
    )  # fmt: skip
    placed = place_tags(own_tags(orders, 1, view, is_hedged=False), CONTRACT, 1, view)

    assert placed.rows == {}
    assert placed.above == (TagMark("sell", Role.SELL, "110.0", "own sell 110.0", Price(1100)),)
    assert placed.below == (
        TagMark("2 buys", Role.BUY, "98.0", "2 times own buy, the nearest 98.0", Price(980)),
    )
    assert own_tags(orders, 1, (), is_hedged=False) == ()


def test_own_limits_out_of_view_are_told_apart_by_lane_in_hedge_mode() -> None:
    """A lane has buys and sells; one that names no lane says so."""
    view = range(1010, 990, -1)
    orders = (
        a_limit(1, Side.BUY, 950, PositionSide.LONG),
        a_limit(2, Side.BUY, 960, PositionSide.SHORT),
        a_limit(3, Side.BUY, 970),
    )
    placed = place_tags(own_tags(orders, 1, view, is_hedged=True), CONTRACT, 1, view)
    assert [mark.label for mark in placed.below] == ["? buy", "S buy", "L buy"]


def test_an_exact_price_stands_on_the_nearest_row() -> None:
    """An average entry between two ticks of 0.1."""
    tag = PriceTag(TagKind.ENTRY, ExactPrice(Decimal("100.06")), "E", Role.ACCENT, "")
    assert list(place_tags((tag,), CONTRACT, 1, range(1010, 990, -1)).rows) == [1001]


def test_a_position_shows_where_it_was_entered_and_where_it_would_be_liquidated() -> None:
    """Nothing for flat, and no liquidation price of zero or above what the contract can cost."""
    tags = position_tags(a_position(4, "100.25", "81.3"), CONTRACT)

    assert [(tag.kind, tag.label, tag.words) for tag in tags] == [
        (TagKind.ENTRY, "E", "entry 100.25"),
        (TagKind.LIQUIDATION, "LIQ", "liquidation 81.30"),
    ]
    assert position_tags(a_position(0, None, "81"), CONTRACT) == ()
    for out_of_reach in ("0", "1811549640"):
        tags = position_tags(a_position(4, "100", out_of_reach), CONTRACT)
        assert [tag.kind for tag in tags] == [TagKind.ENTRY]


def test_mark_and_index_are_tags_once_they_are_known() -> None:
    """Not before."""
    mark, index = ExactPrice(Decimal("100.05")), ExactPrice(Decimal("100.40"))
    tags = reference_tags(MarkUpdate(XBT, mark, index, NOW_MS), CONTRACT)

    assert [(tag.label, tag.price) for tag in tags] == [("M", mark), ("I", index)]
    assert reference_tags(None, CONTRACT) == ()


@pytest.mark.parametrize(
    ("direction", "reference", "label"),
    [
        (StopDirection.DOWN, StopReference.MARK, "\u2264M"),
        (StopDirection.UP, StopReference.LAST, "\u2265L"),
        (StopDirection.UP, StopReference.INDEX, "\u2265I"),
        (None, StopReference.MARK, "M"),
        (StopDirection.DOWN, None, "\u2264"),
        (None, None, ""),
    ],
)
def test_a_stop_says_which_way_it_looks_and_what_it_watches(
    direction: StopDirection | None, reference: StopReference | None, label: str
) -> None:
    """As far as it is known."""
    stop = a_stop(direction, reference)
    assert stop_label(stop) == label
    assert [(tag.price, tag.label) for tag in stop_tags([stop])] == [(990, label or "S")]


def test_only_stops_that_wait_are_tags() -> None:
    """Ended ones are not, nor are plain limits; two alike are one."""
    over = replace(a_stop(), state=OrderState.CANCELED)
    limit = replace(a_stop(), state=OrderState.OPEN, trigger=None, price=Price(990))

    assert stop_tags([over, limit]) == ()
    assert len(stop_tags([a_stop(), a_stop()])) == 1


def test_what_is_staged_is_a_tag_only_out_of_view() -> None:
    """In view it has a line."""
    staged = (
        StagedOrder(Side.SELL, Price(900), "stop", Lots(4)),
        StagedOrder(Side.BUY, Price(1000), "limit", Lots(1)),
    )
    tags = staged_tags(staged, 1, range(1010, 990, -1))
    assert [(tag.kind, tag.price, tag.words) for tag in tags] == [
        (TagKind.STAGED, 900, "Sell 4 stop")
    ]
    assert staged_tags(staged, 1, ()) == ()
