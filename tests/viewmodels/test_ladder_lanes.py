"""Hedge mode in the ladder: each lane has its column, its header and its letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.domain.events import PositionSide
from terminal.domain.lanes import other_lane
from terminal.domain.protection import ProtectionSettings
from terminal.domain.units import ClientOid, OrderId, Price, Side
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.ladder_clicks import Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_group import LadderGroup
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.positions import key_of
from tests.support.builders import XBT, a_fill, an_order_update
from tests.support.clicks import click, click_own
from tests.support.desktop import Desktop
from tests.support.guarded import a_stop_update
from tests.viewmodels.test_hedge_mode import Hands, hands

if TYPE_CHECKING:
    from terminal.viewmodels.ladder_view import LadderRow, OwnMark

pytestmark = pytest.mark.usefixtures("qapp")
BOTH, LONG, SHORT = PositionSide


async def works(one: Hands, name: str, side: Side, lane: PositionSide | None, price: int) -> None:
    one.desktop.bench.stream.push(
        an_order_update(
            order_id=OrderId(name),
            client_oid=ClientOid(name),
            side=side,
            price=Price(price),
            position_side=lane,
        )
    )
    await one.protected.settle()


def row_of(one: Hands, price: int) -> tuple[int, LadderRow]:
    rows = one.ladder.view.rows
    return next((at, row) for at, row in enumerate(rows) if row.price == price)


def focus_of(one: Hands) -> LadderColumn | None:
    return one.ladder.view.focus


def told(mark: OwnMark | None) -> tuple[str, str, Side | None] | None:
    return None if mark is None else (mark.lane, mark.text, mark.side)


async def test_orders_stand_in_their_lanes_column_whatever_their_side() -> None:
    async with hands() as one:
        await works(one, "o1", Side.BUY, LONG, 996)
        await works(one, "o2", Side.SELL, LONG, 1004)
        await works(one, "o3", Side.BUY, SHORT, 996)
        await works(one, "o4", Side.SELL, SHORT, 1004)
        low, high = row_of(one, 996)[1], row_of(one, 1004)[1]
        assert told(low.own_bid) == ("L", "2", Side.BUY)
        assert told(low.own_ask) == ("S", "2", Side.BUY)
        assert told(high.own_bid) == ("L", "2", Side.SELL)
        assert told(high.own_ask) == ("S", "2", Side.SELL)


async def test_an_order_without_a_lane_is_unclear_on_its_sides_column() -> None:
    async with hands() as one:
        await works(one, "o1", Side.BUY, None, 996)
        await works(one, "o2", Side.SELL, BOTH, 1004)
        assert told(row_of(one, 996)[1].own_bid) == ("?", "2", Side.BUY)
        assert told(row_of(one, 1004)[1].own_ask) == ("?", "2", Side.SELL)
        await works(one, "o3", Side.BUY, LONG, 996)
        assert told(row_of(one, 996)[1].own_bid) == ("?", "2: 4", Side.BUY)
        await works(one, "o4", Side.SELL, LONG, 996)
        assert told(row_of(one, 996)[1].own_bid) == ("?", "3: 6", None)


async def test_in_one_way_mode_nothing_is_said_of_lanes() -> None:
    desktop = await Desktop().start()
    desktop.bench.stream.push(an_order_update(price=Price(996)))
    await desktop.settle()
    row = next(row for row in desktop.ladder.view.rows if row.price == 996)
    assert told(row.own_bid) == ("", "2", None)
    assert desktop.ladder.view.lanes == ()
    assert desktop.ladder.view.focus is None
    await desktop.stop()


async def test_both_lanes_have_a_header_and_the_focused_one_is_named() -> None:
    async with hands() as one:
        long, short = one.ladder.view.lanes
        assert (long.name, long.lots, long.entry, long.is_focused) == (
            "Long lane", "4", "100.00", True,
        )  # fmt: skip
        assert (short.name, short.lots, short.is_focused) == ("Short lane", "2", False)
        assert long.pnl.endswith("USDT")
        assert focus_of(one) is LadderColumn.OWN_BID
        await one.press("L")
        assert [head.is_focused for head in one.ladder.view.lanes] == [False, True]
        assert focus_of(one) is LadderColumn.OWN_ASK


async def test_the_head_of_each_lane_says_when_nothing_protects_it() -> None:
    """Keys act on one lane, and its banner is the only one: the other is not forgotten."""
    async with hands() as one:
        assert [head.alarm for head in one.ladder.view.lanes] == ["Naked", "Naked"]
        stop = a_stop_update("s1", 4, position_side=LONG)
        one.desktop.bench.stream.push(stop)
        await one.protected.settle()
        assert [head.alarm for head in one.ladder.view.lanes] == ["", "Naked"]
        one.protected.guarded.settings = ProtectionSettings(quiet=frozenset({XBT}))
        one.ladder.mark_dirty()
        await one.protected.settle()
        assert [head.alarm for head in one.ladder.view.lanes] == ["", ""]


async def test_tags_of_entry_and_liquidation_say_their_lane_by_letter() -> None:
    async with hands() as one:
        tags = [tag.label for row in one.ladder.view.rows for tag in (*row.tags, *row.outside)]
        assert {"E\N{NARROW NO-BREAK SPACE}L", "E\N{NARROW NO-BREAK SPACE}S"} <= set(tags)
        assert "E" not in tags
        assert not {tag for tag in tags if tag.startswith("LIQ")} - {
            "LIQ\N{NARROW NO-BREAK SPACE}L", "LIQ\N{NARROW NO-BREAK SPACE}S",
        }  # fmt: skip


async def test_a_click_in_a_lanes_column_focuses_it_and_cancels_what_was_clicked() -> None:
    async with hands() as one:
        await works(one, "o1", Side.BUY, LONG, 996)
        await works(one, "o2", Side.BUY, SHORT, 996)
        at, _ = row_of(one, 996)
        empty, _ = row_of(one, 1003)
        click_own(one.ladder, empty, Side.SELL)
        await one.protected.settle()
        assert one.ladder.lane is SHORT
        assert one.ladder.view.message is not None
        assert one.ladder.view.message.text == "Short lane: Sell opens, Buy reduces."
        assert one.desktop.bench.trading.cancels == []
        click_own(one.ladder, at, Side.BUY)
        await one.protected.settle()
        assert one.ladder.lane is LONG
        assert one.desktop.bench.trading.cancels == ["o1"]
        await one.desktop.clock.advance(30.0)


@pytest.mark.parametrize(("lane", "column"), [(LONG, Side.BUY), (SHORT, Side.SELL)])
async def test_a_list_of_several_stands_beside_its_lanes_column_whatever_their_side(
    lane: PositionSide, column: Side
) -> None:
    """A press on it is about its lines alone: not about the other lane's column beneath."""
    async with hands() as one:
        for name, side in (("o1", Side.SELL), ("o2", Side.SELL), ("o3", Side.BUY)):
            await works(one, name, side, lane, 1003)
        await works(one, "beneath", Side.SELL, other_lane(lane), 1001)
        at, _ = row_of(one, 1003)
        one.ladder.take_lane(lane)
        click_own(one.ladder, at, column)
        await one.protected.settle()
        own = one.ladder.view.own_list
        assert own is not None
        assert (own.side, len(own.lines)) == (column, 3)
        other = LadderColumn.OWN_ASK if column is Side.BUY else LadderColumn.OWN_BID
        click(one.ladder, Spot(own.row + 2, other, entry=1))
        await one.protected.settle()
        assert one.ladder.lane is lane
        assert one.desktop.bench.trading.cancels == ["o2"]
        await one.desktop.clock.advance(30.0)


async def test_keys_at_the_cursor_mean_the_focused_lanes_orders() -> None:
    async with hands() as one:
        await works(one, "o1", Side.BUY, LONG, 996)
        one.ladder.axis.place_cursor(996)
        said = await one.press("L", "Delete")
        assert said == "The own order on this row is of the long lane."
        assert "No own order" in await one.press("F4", "G")
        assert not one.ladder.view.is_grabbing
        assert one.desktop.bench.trading.cancels == []
        await one.press("L", "Delete")
        assert one.desktop.bench.trading.cancels == ["o1"]
        await one.desktop.clock.advance(30.0)


async def test_an_unclear_order_is_canceled_from_either_lane() -> None:
    async with hands() as one:
        await works(one, "o1", Side.BUY, None, 996)
        one.ladder.axis.place_cursor(996)
        await one.press("L", "Delete")
        assert one.desktop.bench.trading.cancels == ["o1"]
        await one.desktop.clock.advance(30.0)


async def test_a_fill_names_its_lane_by_itself_or_by_its_order() -> None:
    async with hands() as one:
        bench = one.desktop.bench
        fills = FillsViewModel(bench.desk, bench.contracts, one.desktop.frame)
        fills.start()
        await works(one, "o1", Side.BUY, SHORT, 996)
        one.desktop.desk.take_recent_fills(
            (
                a_fill(order_id=OrderId("o1"), trade_id="t1"),
                a_fill(order_id=OrderId("o2"), trade_id="t2", position_side=LONG),
                a_fill(order_id=OrderId("o3"), trade_id="t3"),
            )
        )
        await one.protected.settle()
        shown = {row.key.split("/")[1]: row.side for row in fills.model.rows}
        assert shown == {"t1": "Buy, short", "t2": "Buy, long", "t3": "Buy"}
        fills.stop()


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA, Access.SECOND])
async def test_without_a_key_no_gesture_looks_as_if_it_worked(access: Access) -> None:
    desktop = await Desktop(access).start()
    ladder, trading = desktop.ladder, desktop.ladder.trading
    for gesture in (
        ladder.toggle_keyboard, ladder.toggle_mouse, ladder.toggle_post_only,
        ladder.toggle_reduce_only, ladder.cancel_all, ladder.flatten_chosen,
    ):  # fmt: skip
        trading.message = None
        gesture()
        assert trading.message is not None, gesture
        assert trading.message.text.endswith(access.reason), gesture
    assert not trading.armed
    assert not trading.is_post_only
    assert not trading.is_reduce_only
    assert desktop.bench.trading.placed == []
    await desktop.stop()


async def test_where_only_reducing_is_allowed_its_terms_can_be_switched() -> None:
    desktop = await Desktop(Access.REDUCING).start()
    desktop.ladder.toggle_post_only()
    desktop.ladder.toggle_reduce_only()
    assert desktop.ladder.trading.is_post_only
    assert desktop.ladder.trading.is_reduce_only
    assert ArmedBy.KEYBOARD not in desktop.ladder.trading.armed
    await desktop.stop()


async def test_enter_on_a_position_shows_its_lane_in_the_ladder() -> None:
    async with hands() as one:
        positions = one.protected.positions
        positions.show_in_ladder = LadderGroup(one.ladder).show
        for lane in (SHORT, SHORT, LONG):
            positions.select(key_of(XBT, lane))
            assert one.ladder.lane is lane
