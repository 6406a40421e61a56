"""What a ladder's rows look like, from market and account down to the view."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import StopDirection, StopReference
from terminal.domain.units import ExactPrice, Lots, OrderId, Price, Side
from terminal.viewmodels.ladder_columns import (
    DEFAULT_COLUMNS,
    STUDIED,
    LadderColumn,
    NumberFormat,
    with_format,
)
from terminal.viewmodels.ladder_options import BarScale, Centering
from terminal.viewmodels.ladder_pace import AIM_MS, BURST_FRAMES, DEEP_INTERVAL_MS
from terminal.viewmodels.ladder_studies import RowStudy
from terminal.viewmodels.ladder_tags import PriceTag, TagKind
from terminal.viewmodels.ladder_view import OwnState, StagedOrder
from terminal.viewmodels.text import Role
from tests.support.builders import a_delta, a_position_update, an_order_update
from tests.support.clicks import click_own, click_row
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.ladder_view import LadderRow

pytestmark = pytest.mark.usefixtures("qapp")
ALL_COLUMNS = tuple(replace(one, is_shown=True) for one in DEFAULT_COLUMNS)


class Watch:
    now_ms = 0.0


@contextlib.asynccontextmanager
async def a_desktop(rows: int = 41) -> AsyncIterator[tuple[Desktop, Watch]]:
    desktop, watch = Desktop(), Watch()
    desktop.ladder.face._now_ms = lambda: watch.now_ms
    await desktop.start(rows)
    try:
        yield desktop, watch
    finally:
        await desktop.stop()


def row_of(desktop: Desktop, price: int) -> LadderRow:
    return next(row for row in desktop.ladder.view.rows if row.price == price)


async def own_order(desktop: Desktop, price: int, side: Side = Side.BUY, **more: object) -> None:
    update = an_order_update(
        order_id=OrderId("o1"),
        client_oid=None,
        price=Price(price),
        side=side,
        lots=Lots(4),
        **more,
    )
    desktop.bench.stream.push(update)
    await desktop.settle()


def change(desktop: Desktop, sequence: int, side: Side, price: int, lots: int) -> None:
    desktop.market_stream.push(a_delta(sequence, side, price, lots))
    desktop.frame.tick()


class Studies:
    def look(self, *of: object) -> None:
        pass

    def close(self) -> None:
        pass

    def row(self, low: Price, high: Price) -> RowStudy:
        if not low <= 1000 <= high:
            return RowStudy(volume=10)
        return RowStudy(40, 7, 2, 3, -5, ("q 12",), (), "my level")


async def test_columns_of_trades_wait_for_their_source() -> None:
    """Hidden without one, filled with one, for every contract shown later as well."""
    async with a_desktop() as (desktop, _):
        ladder = desktop.ladder
        ladder.set_columns(ALL_COLUMNS)
        desktop.frame.tick()
        assert ladder.view.missing == STUDIED
        assert row_of(desktop, 1000).extras.volume_text == ""

        ladder.study_with(lambda _: Studies())
        desktop.frame.tick()

        extras = row_of(desktop, 1000).extras
        assert ladder.view.missing == frozenset()
        assert (extras.volume_text, extras.volume_share) == ("40", 1.0)
        assert (extras.bid_trades, extras.ask_trades) == ("7", "2")
        assert (extras.bid_change, extras.ask_change) == ("+3", "\N{MINUS SIGN}5")
        assert (extras.bid_queue, extras.note) == (("q 12",), "my level, mark 100.05, index 100.05")
        assert row_of(desktop, 998).extras.volume_share == 0.25


async def test_totals_and_the_share_of_the_bids_run_from_the_inside_outwards() -> None:
    """The book of the desktop holds 5 at 1000 and 4 at 1001."""
    async with a_desktop() as (desktop, _):
        desktop.ladder.set_columns(ALL_COLUMNS)
        change(desktop, 101, Side.BUY, 998, 10)
        change(desktop, 102, Side.SELL, 1003, 6)
        book = desktop.workspace.market.book  # type: ignore[union-attr] # a market is open
        for distance in (0, 2):
            bids = sum(one.lots for one in book.bids.between(Price(1000 - distance), Price(1000)))
            asks = sum(one.lots for one in book.asks.between(Price(1001), Price(1001 + distance)))
            share = str(round(100 * bids / (bids + asks)))
            low, high = row_of(desktop, 1000 - distance), row_of(desktop, 1001 + distance)
            assert (low.extras.bid_total, low.extras.ask_total) == (str(bids), "")
            assert (high.extras.bid_total, high.extras.ask_total) == ("", str(asks))
            assert low.extras.imbalance == high.extras.imbalance == share


async def test_the_result_of_closing_stands_at_every_price() -> None:
    """Long 1000 lots of a thousandth from 100.0: ten ticks of 0.1 are one dollar."""
    async with a_desktop() as (desktop, _):
        desktop.ladder.set_columns(ALL_COLUMNS)
        desktop.frame.tick()
        assert row_of(desktop, 1010).extras.pnl_text == "", "nothing is held"
        desktop.bench.stream.push(a_position_update(1000, "100"))
        await desktop.settle()
        extras = row_of(desktop, 1010).extras
        assert (extras.pnl_text, extras.pnl_role) == ("+1.00", Role.BUY)
        assert row_of(desktop, 990).extras.pnl_text == "\N{MINUS SIGN}1.00"
        assert "entry 100.00" in row_of(desktop, 1000).extras.note
        assert (LadderColumn.PNL, "USDT") in desktop.ladder.view.units


async def test_each_column_writes_its_sizes_in_its_own_format() -> None:
    """Bids in coin, asks in value; the heading names the unit."""
    async with a_desktop() as (desktop, _):
        columns = with_format(DEFAULT_COLUMNS, LadderColumn.BID, NumberFormat.COIN)
        columns = with_format(columns, LadderColumn.ASK, NumberFormat.SHORT)
        desktop.ladder.set_columns(columns)
        change(desktop, 101, Side.SELL, 1001, 12_345)
        assert row_of(desktop, 1000).bid_text == "0.005"
        assert row_of(desktop, 1001).ask_text == "12.3k"
        units = dict(desktop.ladder.view.units)
        assert (units[LadderColumn.BID], units[LadderColumn.ASK]) == ("XBT", "lots")


async def test_a_full_bar_is_what_was_chosen() -> None:
    """The largest in view, so many lots, or the largest of the last minute."""
    async with a_desktop() as (desktop, watch):
        ladder = desktop.ladder
        change(desktop, 101, Side.BUY, 999, 50)
        assert row_of(desktop, 999).bid_share == 1.0
        ladder.set_options(replace(ladder.options, bar_scale=BarScale.FIXED, bar_full_lots=200))
        desktop.frame.tick()
        assert row_of(desktop, 999).bid_share == 0.25
        ladder.set_options(replace(ladder.options, bar_scale=BarScale.MINUTE))
        change(desktop, 102, Side.BUY, 999, 500)
        change(desktop, 103, Side.BUY, 999, 50)
        change(desktop, 104, Side.BUY, 999, 100)
        assert row_of(desktop, 999).bid_share == 0.2
        watch.now_ms += 61_000
        change(desktop, 105, Side.BUY, 999, 50)
        change(desktop, 106, Side.BUY, 999, 51)
        assert row_of(desktop, 999).bid_share == 1.0


async def test_large_sizes_are_marked_by_two_thresholds() -> None:
    """None of them without thresholds."""
    async with a_desktop() as (desktop, _):
        change(desktop, 101, Side.BUY, 999, 150)
        change(desktop, 102, Side.SELL, 1002, 900)
        assert (row_of(desktop, 999).large_bid, row_of(desktop, 1002).large_ask) == (0, 0)
        ladder = desktop.ladder
        ladder.set_options(replace(ladder.options, large_lots=(100, 800)))
        desktop.frame.tick()
        assert (row_of(desktop, 999).large_bid, row_of(desktop, 1002).large_ask) == (1, 2)
        assert row_of(desktop, 1000).large_bid == 0


async def test_deep_rows_wait_in_a_burst_and_the_inside_does_not() -> None:
    """And what was held back comes with a later frame, without any further message."""
    async with a_desktop() as (desktop, watch):
        sequence = 101
        for _ in range(BURST_FRAMES):
            watch.now_ms += 16
            change(desktop, sequence, Side.BUY, 985, sequence)
            sequence += 1
        held = row_of(desktop, 985).bid_text
        watch.now_ms += 16
        desktop.market_stream.push(a_delta(sequence, Side.BUY, 985, 7777))
        change(desktop, sequence + 1, Side.BUY, 1000, 8888)
        assert row_of(desktop, 985).bid_text == held
        assert row_of(desktop, 1000).bid_text == "8\N{NARROW NO-BREAK SPACE}888"
        watch.now_ms += DEEP_INTERVAL_MS
        desktop.frame.tick()
        assert row_of(desktop, 985).bid_text == "7\N{NARROW NO-BREAK SPACE}777"


async def test_a_deep_row_with_news_of_our_own_is_never_held_back() -> None:
    """An own order, whatever the burst."""
    async with a_desktop() as (desktop, watch):
        for sequence in range(101, 101 + 2 * BURST_FRAMES):
            watch.now_ms += 16
            change(desktop, sequence, Side.BUY, 1000, sequence)
        await own_order(desktop, 985)
        assert row_of(desktop, 985).own_bid is not None


async def test_a_tag_that_moves_in_every_frame_does_not_make_deep_rows_due() -> None:
    """The day's average moves with every trade: its own row is made, the others wait."""
    async with a_desktop() as (desktop, watch):
        face = desktop.ladder.face
        for sequence in range(101, 101 + 2 * BURST_FRAMES):
            watch.now_ms += 16
            average = ExactPrice(Decimal(980) / 10 + Decimal(sequence) / 1000)
            face.tags = (PriceTag(TagKind.VWAP, average, "VW", Role.TEXT, f"VWAP {sequence}"),)
            change(desktop, sequence, Side.BUY, 985, sequence)
        assert face.is_behind
        assert row_of(desktop, 985).bid_text != str(sequence)
        face.tags = ()
        desktop.ladder.mark_dirty()
        desktop.frame.tick()
        assert not any(row.tags for row in desktop.ladder.view.rows if row.price < Price(999))


async def test_the_best_price_leaves_a_trail_when_it_runs() -> None:
    """It fades by itself."""
    async with a_desktop() as (desktop, watch):
        for sequence, price in ((101, 1001), (103, 1002)):
            watch.now_ms += 50
            desktop.market_stream.push(a_delta(sequence, Side.SELL, price, 0))
            change(desktop, sequence + 1, Side.BUY, price, 5)
        assert row_of(desktop, 1000).bid_trail == 3
        watch.now_ms += 300
        desktop.frame.tick()
        assert row_of(desktop, 1000).bid_trail == 2
        watch.now_ms += 2000
        desktop.frame.tick()
        assert not any(row.bid_trail for row in desktop.ladder.view.rows)


async def test_prices_that_matter_are_tags_and_others_can_add_theirs() -> None:
    """Position, mark, waiting stops, and whatever a later source knows."""
    async with a_desktop() as (desktop, _):
        desktop.bench.stream.push(a_position_update(3, "99.9"))
        await own_order(
            desktop,
            995,
            Side.SELL,
            untriggered=True,
            trigger=Price(995),
            stop_direction=StopDirection.DOWN,
            stop_reference=StopReference.MARK,
        )
        vwap = PriceTag(TagKind.VWAP, Price(1500), "VW", Role.TEXT, "VWAP")
        desktop.ladder.face.tags = (vwap,)
        desktop.ladder.mark_dirty()
        desktop.frame.tick()
        assert [tag.label for tag in row_of(desktop, 999).tags] == ["E"]
        assert [tag.label for tag in row_of(desktop, 995).tags] == ["\u2264M"]
        mark = row_of(desktop, 995).own_ask
        assert mark is not None
        assert (mark.state, mark.points) == (OwnState.UNTRIGGERED, -1)
        top = desktop.ladder.view.rows[0]
        assert ([tag.label for tag in top.outside], top.outside_way) == (["VW"], 1)


async def test_a_grabbed_order_shows_where_it_would_go() -> None:
    """A line with its words, gone when the grab is dropped."""
    async with a_desktop() as (desktop, _):
        await own_order(desktop, 998)
        trading = desktop.ladder.trading
        desktop.ladder.toggle_keyboard()
        trading.grab_at(998, 1)
        desktop.ladder.mark_dirty()
        desktop.frame.tick()
        assert row_of(desktop, 998).is_grab_target
        assert row_of(desktop, 998).staged is None, "it has not moved"
        trading.move_target(-3)
        desktop.ladder.mark_dirty()
        desktop.frame.tick()
        staged = row_of(desktop, 995).staged
        assert staged is not None
        assert (staged.words, staged.role) == ("Buy 4 moved here", Role.BUY)


async def test_two_staged_orders_on_a_row_share_its_line() -> None:
    """A staged order of somebody else and one that has no side."""
    async with a_desktop() as (desktop, _):
        ladder = desktop.ladder
        ladder.staged = StagedOrder(Side.SELL, Price(996), "stop", Lots(2), "if mark falls")
        ladder.mark_dirty()
        desktop.frame.tick()
        staged = row_of(desktop, 996).staged
        assert staged is not None
        assert staged.words == "Sell 2 stop if mark falls"
        assert StagedOrder(None, Price(996), "close all", None).words == "Close all"


async def centered(desktop: Desktop) -> None:
    ladder = desktop.ladder
    ladder.set_options(replace(ladder.options, centering=Centering.ALWAYS))
    desktop.frame.tick()


def raise_market(desktop: Desktop, sequence: int, ticks: int) -> None:
    for step in range(ticks):
        desktop.market_stream.push(a_delta(sequence + 2 * step, Side.SELL, 1001 + step, 0))
        desktop.market_stream.push(a_delta(sequence + 2 * step + 1, Side.BUY, 1001 + step, 9))
    desktop.frame.tick()


async def test_where_rows_move_the_order_under_the_pointer_is_held_and_clicked_as_itself() -> None:
    """A ghost stands at its true price; the click cancels the order that is seen, no other."""
    async with a_desktop() as (desktop, _):
        await own_order(desktop, 998)
        await centered(desktop)
        ladder = desktop.ladder
        row = next(n for n, one in enumerate(ladder.view.rows) if one.price == 998)
        ladder.set_hovered(True)
        ladder.point_at(row, LadderColumn.OWN_BID)
        raise_market(desktop, 101, 2)
        under = ladder.view.rows[row]
        assert under.price == 1000, "the rows have moved"
        assert under.own_bid is not None
        assert under.own_bid.is_held
        ghost = row_of(desktop, 998).own_bid
        assert ghost is not None
        assert ghost.is_ghost
        click_own(ladder, row, Side.BUY)
        await desktop.settle()
        assert desktop.bench.trading.cancels == ["o1"]


async def test_a_pointer_that_goes_away_lets_the_order_go_to_its_place() -> None:
    """So does an order that has ended."""
    async with a_desktop() as (desktop, _):
        await own_order(desktop, 998)
        await centered(desktop)
        ladder = desktop.ladder
        row = next(n for n, one in enumerate(ladder.view.rows) if one.price == 998)
        ladder.point_at(row, LadderColumn.OWN_BID)
        raise_market(desktop, 101, 2)
        ladder.set_hovered(False)
        desktop.frame.tick()
        assert ladder.view.rows[row].own_bid is None
        mark = row_of(desktop, 998).own_bid
        assert mark is not None
        assert not mark.is_ghost


async def test_a_static_ladder_holds_nothing_because_nothing_moves() -> None:
    """The order under the pointer is where it is."""
    async with a_desktop() as (desktop, _):
        await own_order(desktop, 998)
        ladder = desktop.ladder
        rows = [row.price for row in ladder.view.rows]
        ladder.set_hovered(True)
        ladder.point_at(rows.index(Price(998)), LadderColumn.OWN_BID)
        raise_market(desktop, 101, 2)
        assert [row.price for row in ladder.view.rows] == rows
        mark = row_of(desktop, 998).own_bid
        assert mark is not None
        assert not mark.is_held


async def test_a_collapsed_spread_shows_both_sides_beside_each_other() -> None:
    """Rows that hold something of ours stay, and a click meets the price that is drawn."""
    async with a_desktop() as (desktop, watch):
        ladder = desktop.ladder
        for sequence, price in enumerate(range(1001, 1007), 101):
            desktop.market_stream.push(a_delta(sequence, Side.SELL, price, 0))
        desktop.market_stream.push(a_delta(107, Side.SELL, 1010, 3))
        ladder.set_options(replace(ladder.options, is_spread_collapsed=True))
        desktop.frame.tick()
        best_ask = desktop.workspace.market.book.best_ask  # type: ignore[union-attr] # open
        assert best_ask is not None
        assert best_ask > 1001
        prices = [row.price for row in ladder.view.rows]
        at = prices.index(Price(1000))
        assert prices[at - 1] == best_ask
        assert ladder.view.rows[at - 1].is_gap_below
        await own_order(desktop, 1002, Side.SELL, untriggered=True, trigger=Price(1002))
        prices = [row.price for row in ladder.view.rows]
        at = prices.index(Price(1000))
        assert prices[at - 2 : at] == [best_ask, 1002]
        ladder.toggle_mouse()
        click_row(ladder, at - 2, Side.SELL)
        await desktop.settle()
        assert desktop.bench.trading.placed == [], "the rows have just moved"
        said = desktop.ladder.view.message
        assert said is not None
        assert said.text == "The rows moved as you clicked: nothing was sent."
        watch.now_ms += AIM_MS
        click_row(ladder, at - 2, Side.SELL)
        await desktop.settle()
        assert [t.price for t, _ in desktop.bench.trading.placed] == [best_ask]
