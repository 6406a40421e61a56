from dataclasses import replace
from decimal import Decimal

import pytest

from terminal.domain.events import MarkUpdate, OrderType, StopDirection, StopReference
from terminal.domain.order import Order, OrderState
from terminal.domain.position import FLAT, PositionCore
from terminal.domain.units import ClientOid, ExactPrice, Lots, OrderId, Price, Side
from terminal.session.account import Position
from terminal.viewmodels.ladder_tags import (
    PriceTag,
    TagKind,
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


def test_tags_out_of_view_are_arrows_the_nearest_first() -> None:
    """Each label once."""
    tags = (
        a_tag(TagKind.LIQUIDATION, 500, "LIQ"),
        a_tag(TagKind.STOP, 900, "S"),
        a_tag(TagKind.STOP, 800, "S"),
        a_tag(TagKind.DAY_HIGH, 2000, "H"),
        a_tag(TagKind.ENTRY, 1500, "E"),
    )

    placed = place_tags(tags, CONTRACT, 1, range(1010, 990, -1))

    assert [mark.label for mark in placed.above] == ["E", "H"]
    assert placed.below == (TagMark("S", Role.TEXT), TagMark("LIQ", Role.TEXT))
    assert place_tags(tags, CONTRACT, 1, ()).above == ()


def test_an_exact_price_stands_on_the_nearest_row() -> None:
    """An average entry between two ticks of 0.1."""
    tag = PriceTag(TagKind.ENTRY, ExactPrice(Decimal("100.06")), "E", Role.ACCENT, "")
    assert list(place_tags((tag,), CONTRACT, 1, range(1010, 990, -1)).rows) == [1001]


def test_a_position_shows_where_it_was_entered_and_where_it_would_be_liquidated() -> None:
    """Nothing for flat, and no liquidation price of zero."""
    tags = position_tags(a_position(4, "100.25", "81.3"), CONTRACT)

    assert [(tag.kind, tag.label, tag.words) for tag in tags] == [
        (TagKind.ENTRY, "E", "entry 100.25"),
        (TagKind.LIQUIDATION, "LIQ", "liquidation 81.30"),
    ]
    assert position_tags(a_position(0, None, "81"), CONTRACT) == ()
    assert [tag.kind for tag in position_tags(a_position(4, "100", "0"), CONTRACT)] == [
        TagKind.ENTRY
    ]


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
