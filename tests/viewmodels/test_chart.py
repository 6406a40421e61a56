"""The chart follows workspace, candles, orders, fills and position, one value a frame."""

from __future__ import annotations

import contextlib
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QTimer

from terminal.domain.candles import CandleInterval
from terminal.domain.clock import TimestampMs
from terminal.domain.events import MarkUpdate
from terminal.domain.units import ExactPrice, Lots, OrderId, Price, Side
from terminal.session.market import MarketSession
from terminal.viewmodels.chart import ChartViewModel, Move
from terminal.viewmodels.chart_view import (
    EMPTY_CHART,
    PRICE_PANE,
    VOLUME_PANE,
    Bounds,
    ChartPart,
    LineKind,
)
from terminal.viewmodels.text import THIN_SPACE, Role
from terminal.viewmodels.workspace import Workspace
from tests.support.builders import (
    NOW_MS,
    NOW_NS,
    XBT,
    a_contract,
    a_fill,
    a_position_update,
    an_order_update,
)
from tests.support.desktop import OTHER, Desktop
from tests.support.fake_candles import FakeCandleSources, a_candle, a_long_series, some_candles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.chart_view import ChartView, PriceLine

pytestmark = pytest.mark.usefixtures("qapp")

WIDTH = 800
MINUTE = CandleInterval.M1.ms


class Stage:
    """A chart with a plot, on a desktop whose first contract is shown."""

    def __init__(self, interval: CandleInterval = CandleInterval.M1) -> None:
        self.desktop = Desktop()
        self.sources = FakeCandleSources(self.desktop.bench.contracts)
        self.chart = ChartViewModel(
            self.desktop.workspace,
            self.desktop.desk,
            self.desktop.account,
            self.sources,
            self.desktop.frame,
            self.desktop.clock,
            interval,
            UTC,
        )
        self.chart.set_plot_width(WIDTH)
        self.changes = 0
        self.chart.changed.connect(self._count)

    def _count(self) -> None:
        self.changes += 1

    @property
    def timer(self) -> QTimer:
        found = self.chart.findChild(QTimer)
        assert isinstance(found, QTimer)
        return found

    def view(self) -> ChartView:
        """What the next frame shows."""
        self.desktop.frame.tick()
        return self.chart.view

    def line(self, kind: LineKind) -> PriceLine | None:
        return next((line for line in self.view().lines if line.kind is kind), None)

    def figures(self) -> dict[str, str]:
        """The readout's labelled values."""
        return {figure.label: figure.text for figure in self.view().readout if figure.label}


def a_market(desktop: Desktop) -> MarketSession:
    """One that is not started: enough where no loop runs."""
    bench = desktop.bench
    return MarketSession(
        a_contract(),
        desktop.market_gateway,
        desktop.market_feed,
        desktop.clock,
        bench.owner,
        bench.notices,
    )


@contextlib.asynccontextmanager
async def a_stage(
    count: int = 300, interval: CandleInterval = CandleInterval.M1
) -> AsyncIterator[Stage]:
    """With so many one-minute candles that end in the present minute."""
    stage = Stage(interval)
    await stage.desktop.start()
    stage.chart.start()
    try:
        if count:
            stage.sources.now.push(some_candles(count))
        stage.view()
        yield stage
    finally:
        stage.chart.stop()
        await stage.desktop.stop()


# Waiting ---------------------------------------------------------------------------------------


def test_without_a_contract_nothing_is_opened() -> None:
    """Before the contract list is known the chart says that it waits for it."""
    desktop = Desktop()
    sources = FakeCandleSources()
    chart = ChartViewModel(
        Workspace(desktop.markets), desktop.desk, desktop.account, sources, desktop.frame,
        desktop.clock,
    )  # fmt: skip
    chart.start()
    desktop.frame.tick()

    assert chart.view == EMPTY_CHART
    assert sources.opened == []
    chart.stop()


async def test_the_words_while_there_is_no_candle() -> None:
    """Loading, a problem, no connection, or no trade yet: each has its sentence."""
    async with a_stage(0) as stage:
        source = stage.sources.now
        assert stage.view().waiting == "No 1m candles of XBTUSDTM yet. The first trade begins one."
        source.say(is_loading=True)
        assert stage.view().waiting == "Loading 1m candles of XBTUSDTM."
        source.say(stale="No connection for 3 s.")
        assert stage.view().waiting == "No connection for 3 s."
        source.say(problem="Candles could not be read.", stale="No connection for 3 s.")
        assert stage.view().waiting == "Candles could not be read."
        assert stage.view().columns is None
        source.trade(NOW_MS, 1000, 3)
        assert stage.view().waiting is None
        assert len(stage.sources.now.series) == 1


# Candles ---------------------------------------------------------------------------------------


async def test_the_newest_candles_fill_the_plot() -> None:
    """The view holds the range in sight and its bounds, ready to scale and draw."""
    async with a_stage() as stage:
        view, series = stage.view(), stage.sources.now.series
        assert (view.symbol, view.interval) == ("XBTUSDTM", CandleInterval.M1)
        assert view.end == len(series) == 300
        in_sight = range(view.first, view.end)
        assert 90 <= len(in_sight) <= 100
        assert view.seen == Bounds(
            min(series.lows[index] for index in in_sight),
            max(series.highs[index] for index in in_sight),
        )
        assert view.most_lots == max(series.lots[index] for index in in_sight)
        assert view.live is not None
        assert view.live.close == series.closes[-1]
        assert view.is_following
        assert view.time_ticks
        assert (view.stale, view.waiting, view.note) == (None, None, "")


async def test_a_hundred_trades_are_one_frame_and_no_new_history() -> None:
    """What layers keep of history stays in use while only the newest candle moves."""
    async with a_stage() as stage:
        before, changes = stage.view(), stage.changes
        close = stage.sources.now.series.closes[-1]
        for number in range(100):
            stage.sources.now.trade(NOW_MS, close + number, 2)
        view = stage.view()
        assert stage.changes == changes + 1
        assert view.revision == before.revision
        assert view.live is not None
        assert before.live is not None
        assert (view.live.close, view.live.lots) == (close + 99, before.live.lots + 200)
        stage.view()
        assert stage.changes == changes + 1, "a frame in which nothing differs tells nobody"


async def test_a_corrected_candle_changes_the_bounds_in_sight() -> None:
    """What was kept of history is looked at anew when history differs."""
    async with a_stage(20) as stage:
        before = stage.view().seen
        assert before is not None
        stage.sources.now.push([a_candle(-5, (650_000, 900_000, 100, 650_000), lots=5_000)])
        view = stage.view()
        assert view.seen == Bounds(100, 900_000)
        assert view.most_lots == 5_000


async def test_a_candle_that_begins_moves_a_chart_that_follows() -> None:
    """The newest candle keeps its place; looking at history is not disturbed."""
    async with a_stage() as stage:
        before = stage.view()
        stage.sources.now.trade(NOW_MS + MINUTE, 650_000)
        view = stage.view()
        assert (view.right, view.revision) == (before.right + 1, before.revision + 1)
        stage.chart.pan(-100)
        away = stage.view()
        assert not away.is_following
        stage.sources.now.trade(NOW_MS + 2 * MINUTE, 650_000)
        assert (stage.view().left, stage.view().right) == (away.left, away.right)
        stage.chart.move(Move.LATEST)
        assert stage.view().is_following
        assert stage.view().right == before.right + 2


async def test_older_candles_move_nothing() -> None:
    """History that loads is put to the left of what is in sight."""
    async with a_stage(100) as stage:
        before = stage.view()
        stage.sources.now.push(some_candles(500, last_minute=-100))
        view = stage.view()
        assert (view.left, view.right) == (before.left, before.right)
        assert view.first == before.first + 500
        assert view.columns is not None
        assert len(view.columns) == 600


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("push"), st.integers(-80, 60), st.integers(1, 40)),
            st.tuples(st.just("trade"), st.integers(0, 3), st.integers(1, 900)),
            st.tuples(st.just("pan"), st.integers(-60, 60), st.just(0)),
            st.tuples(st.just("zoom"), st.sampled_from([50, 80, 125, 200]), st.just(0)),
            st.tuples(st.just("tick"), st.just(0), st.just(0)),
        ),
        max_size=20,
    )
)
def test_what_is_shown_is_what_is_known(steps: list[tuple[str, int, int]]) -> None:
    """After anything in any order, columns and bounds are those of the exact series."""
    stage = Stage()
    stage.desktop.workspace.market = a_market(stage.desktop)
    stage.chart.start()
    source, series = stage.sources.now, stage.sources.now.series
    for name, first, second in steps:
        if name == "push":
            source.push(some_candles(second, last_minute=first, seed=second))
        elif name == "trade":
            last = series.starts[-1] if len(series) else NOW_MS
            source.trade(last + first * MINUTE, 650_000 + second, second)
        elif name == "pan":
            stage.chart.pan(first)
        elif name == "zoom":
            stage.chart.zoom(first / 100)
        else:
            stage.view()
    view = stage.view()
    stage.chart.stop()

    if not len(series):
        assert view.columns is None
        return
    columns = view.columns
    assert columns is not None
    base = columns.base_ms or 0
    slots = [(start - base) // MINUTE for start in series.starts]
    assert columns.slots.tolist() == slots
    assert columns.highs.tolist() == series.highs.tolist()
    assert columns.lows.tolist() == series.lows.tolist()
    assert columns.closes.tolist() == series.closes.tolist()
    assert columns.lots.tolist() == series.lots.tolist()
    in_sight = [n for n, slot in enumerate(slots) if slot + 1 > view.left and slot < view.right]
    assert list(range(view.first, view.end)) == in_sight
    lows, highs = [series.lows[n] for n in in_sight], [series.highs[n] for n in in_sight]
    assert view.seen == (Bounds(min(lows), max(highs)) if in_sight else None)
    assert view.most_lots == max((series.lots[n] for n in in_sight), default=0)


async def test_labels_that_would_all_be_bold_are_plain() -> None:
    """Where every label begins a day, none needs to stand out."""
    async with a_stage(0, CandleInterval.H1) as stage:
        stage.sources.now.push([a_candle(-60 * hour - 53) for hour in range(400, -1, -1)])
        ticks = stage.view().time_ticks
        assert {tick.is_major for tick in ticks} == {True, False}
        stage.chart.zoom(0.3)
        ticks = stage.view().time_ticks
        assert ticks
        assert not any(":" in tick.text or tick.is_major for tick in ticks)


# Which candles ---------------------------------------------------------------------------------


async def test_another_contract_opens_its_candles_and_lets_go_of_the_others() -> None:
    """Nothing of the contract before is listened to, kept or shown."""
    async with a_stage() as stage:
        stage.chart.set_price_range(600_000, 700_000)
        stage.chart.point_at(-3, PRICE_PANE, 650_000)
        stage.view()
        before, market = stage.sources.now, stage.desktop.workspace.market
        assert market is not None

        stage.desktop.workspace.choose(OTHER)

        assert [source.contract.symbol for source in stage.sources.opened] == [XBT, OTHER]
        assert stage.sources.closed == [before]
        assert len(before.on_changed) == len(before.on_status_changed) == 0
        assert len(market.on_mark_changed) == 0
        view = stage.view()
        assert (view.symbol, view.columns, view.lines) == ("XBTUSDM", None, ())
        stage.sources.now.push(some_candles(50))
        view = stage.view()
        assert (view.price_range, view.crosshair) == (None, None)
        assert view.is_following
        assert view.end == 50


async def test_another_interval_opens_its_candles_and_says_so() -> None:
    """The chosen price range stays: it is the same contract."""
    async with a_stage() as stage:
        told: list[CandleInterval] = []
        stage.chart.options_changed.connect(lambda: told.append(stage.chart.interval))
        stage.sources.ready[CandleInterval.H1] = a_long_series(400, CandleInterval.H1)
        stage.chart.set_price_range(600_000, 700_000)
        before = stage.sources.now

        stage.chart.choose_interval(CandleInterval.H1)
        stage.chart.choose_interval(CandleInterval.H1)

        assert told == [CandleInterval.H1]
        assert stage.sources.closed == [before]
        assert len(before.on_changed) == len(before.on_status_changed) == 0
        view = stage.view()
        assert view.interval is CandleInterval.H1
        assert view.end == 400, "what was kept of them is there at once"
        assert view.price_range == Bounds(600_000, 700_000)


async def test_intervals_step_by_step() -> None:
    """Longer, shorter, and not beyond the ends."""
    async with a_stage(0) as stage:
        for steps in (1, -1, -1, 99):
            stage.chart.step_interval(steps)
        assert [source.interval.text for source in stage.sources.opened] == ["1m", "5m", "1m", "1w"]
        assert len(stage.sources.closed) == 3


async def test_a_zoom_over_months_is_not_carried_to_weeks() -> None:
    """A far zoom among minutes would ask for a thousand years of weeks."""
    async with a_stage(0) as stage:
        stage.sources.ready[CandleInterval.M1] = a_long_series(60_000)
        stage.chart.choose_interval(CandleInterval.M5)
        stage.chart.choose_interval(CandleInterval.M1)
        stage.view()
        stage.chart.zoom(0.0001)
        assert stage.view().slot_px < 0.02
        stage.chart.choose_interval(CandleInterval.W1)
        stage.sources.now.push([a_candle(0)])
        view = stage.view()
        assert view.slot_px == 1.0
        assert view.time_ticks


async def test_a_stopped_chart_listens_to_nothing_and_starts_again() -> None:
    """Stop closes the source; start opens it anew."""
    async with a_stage() as stage:
        source, market = stage.sources.now, stage.desktop.workspace.market
        assert market is not None
        others = len(market.on_mark_changed) - 1
        stage.chart.stop()
        stage.chart.stop()
        assert stage.sources.closed == [source]
        assert len(source.on_changed) == len(source.on_status_changed) == 0
        assert len(market.on_mark_changed) == others
        assert not stage.timer.isActive()
        stage.desktop.workspace.choose(OTHER)
        assert len(stage.sources.opened) == 1

        stage.chart.start()
        stage.sources.now.push(some_candles(20))
        assert stage.view().symbol == "XBTUSDM"
        assert stage.view().end == 20


async def test_a_hidden_chart_computes_nothing_and_catches_up() -> None:
    """No frame and no timer while nobody can see it; one frame when it is shown again."""
    async with a_stage() as stage:
        before = stage.view()
        stage.chart.set_paused(True)
        assert not stage.timer.isActive()
        for number in range(5):
            stage.sources.now.trade(NOW_MS + number * MINUTE, 650_000)
        assert stage.view() is before
        stage.chart.set_paused(False)
        assert stage.timer.isActive()
        assert stage.view().end == before.end + 4


async def test_a_chart_that_is_hidden_when_it_starts_has_no_timer() -> None:
    """Started behind another tab it waits in silence."""
    async with a_stage() as stage:
        stage.chart.stop()
        stage.chart.set_paused(True)
        stage.chart.start()
        assert not stage.timer.isActive()


# Older candles ---------------------------------------------------------------------------------


async def test_older_candles_are_asked_for_once_near_the_left_end() -> None:
    """One question for each first candle; a new look may ask again."""
    async with a_stage(300) as stage:
        source = stage.sources.now
        source.has_older = True
        assert stage.view().first > 150
        assert source.asked_for_older == 0, "far from the left end"
        source.say(is_loading=True)
        assert stage.view().note == "", "what loads is out of sight"
        source.say()
        stage.chart.move(Move.OLDEST)
        for _ in range(3):
            stage.chart.mark_dirty()
            stage.view()
        assert source.asked_for_older == 1

        source.say(is_loading=True)
        stage.chart.pan(-1)
        assert stage.view().note == "Loading older candles."
        assert source.asked_for_older == 1, "one question at a time"

        source.push(some_candles(30, last_minute=-300))
        source.say()
        stage.view()
        assert source.asked_for_older == 2, "thirty more are not enough"
        source.push(some_candles(300, last_minute=-330))
        stage.view()
        assert source.asked_for_older == 2
        assert stage.view().note == ""


async def test_a_failed_question_is_asked_again_only_by_a_new_look() -> None:
    """A chart that stands still does not hammer the exchange."""
    async with a_stage(20) as stage:
        source = stage.sources.now
        source.has_older = True
        source.say(is_loading=False)
        stage.view()
        assert source.asked_for_older == 1
        source.say(problem="Older candles could not be read.")
        view = stage.view()
        assert view.note == "Older candles could not be read."
        assert view.waiting is None
        stage.view()
        assert source.asked_for_older == 1
        stage.chart.pan(-1)
        stage.view()
        assert source.asked_for_older == 2


async def test_the_beginning_of_a_contract_is_not_asked_beyond() -> None:
    """When there is nothing older nobody asks."""
    async with a_stage(20) as stage:
        stage.chart.move(Move.OLDEST)
        stage.view()
        assert stage.sources.now.asked_for_older == 0


async def test_the_live_end_is_shaded_while_it_is_stale() -> None:
    """Candles stay, the reason is told, and goes when all is well."""
    async with a_stage() as stage:
        stage.sources.now.say(stale="No connection for 3 s.")
        view = stage.view()
        assert view.stale == "No connection for 3 s."
        assert view.end == 300
        stage.sources.now.say()
        assert stage.view().stale is None


# Gestures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "slots"),
    [
        (Move.OLDER, -10),
        (Move.NEWER, 10),
        (Move.PAGE_OLDER, -90),
        (Move.PAGE_NEWER, 90),
    ],
)
async def test_keys_move_by_shares_of_the_plot(where: Move, slots: float) -> None:
    """A tenth of the plot, or nearly all of it."""
    async with a_stage(3000) as stage:
        stage.chart.pan(-1000)
        before = stage.view()
        stage.chart.move(where)
        assert stage.view().left == pytest.approx(before.left + slots)


async def test_zooming_by_key_keeps_the_newest_candle_or_the_middle() -> None:
    """Followed, the right edge of the newest candle stays; in history, the middle."""
    async with a_stage(3000) as stage:
        before = stage.view()
        stage.chart.zoom(2)
        view = stage.view()
        assert view.slot_px == 2 * before.slot_px
        assert view.live is not None
        assert view.is_following
        newest = view.live.slot + 1
        assert (view.right - newest) * view.slot_px == pytest.approx(
            (before.right - newest) * before.slot_px
        )
        stage.chart.pan(-1000)
        before = stage.view()
        stage.chart.zoom(0.5)
        view = stage.view()
        assert view.left + view.right == pytest.approx(before.left + before.right)


async def test_zooming_about_the_cursor_keeps_its_slot() -> None:
    """The slot under the cursor stays at its share of the plot."""
    async with a_stage(3000) as stage:
        stage.chart.pan(-1000)
        before = stage.view()
        slot = before.left + 20
        stage.chart.zoom(2, slot)
        assert (slot - stage.view().left) * stage.view().slot_px == pytest.approx(
            20 * before.slot_px
        )


async def test_the_price_axis_is_held_and_let_go() -> None:
    """A range that is chosen stays; nonsense is ignored; auto and reset follow again."""
    async with a_stage() as stage:
        assert stage.view().price_range is None
        stage.chart.set_price_range(640_000, 660_000)
        stage.chart.set_price_range(650_000, 650_003)
        stage.chart.set_price_range(660_000, 640_000)
        stage.chart.set_price_range(float("nan"), float("nan"))
        assert stage.view().price_range == Bounds(640_000, 660_000)
        stage.chart.auto_price()
        assert stage.view().price_range is None
        before = stage.view()
        stage.chart.set_price_range(640_000, 660_000)
        stage.chart.zoom(0.5)
        stage.chart.pan(-50)
        stage.chart.reset()
        view = stage.view()
        assert (view.price_range, view.left, view.right) == (None, before.left, before.right)


# Own orders, fills, position -------------------------------------------------------------------


async def test_own_orders_appear_and_disappear() -> None:
    """A line while the order works, none when it has ended, none when orders are left out."""
    async with a_stage() as stage:
        assert stage.line(LineKind.ORDER) is None
        update = an_order_update(order_id=OrderId("o1"), client_oid=None, lots=Lots(4))
        stage.desktop.bench.stream.push(update)
        line = stage.line(LineKind.ORDER)
        assert line is not None
        assert (line.price, line.label, line.role) == (1000, "▲ Buy 4", Role.BUY)

        stage.chart.show_part(ChartPart.ORDERS, is_shown=False)
        assert stage.line(LineKind.ORDER) is None
        stage.chart.show_part(ChartPart.ORDERS, is_shown=True)
        assert stage.line(LineKind.ORDER) == line

        stage.desktop.workspace.choose(OTHER)
        stage.sources.now.push(some_candles(20))
        assert stage.line(LineKind.ORDER) is None, "an order of another contract"
        stage.desktop.workspace.choose(XBT)
        stage.sources.now.push(some_candles(20))
        assert stage.line(LineKind.ORDER) == line

        stage.desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId("o1"),
                client_oid=None,
                lots=Lots(4),
                canceled=Lots(4),
                is_done=True,
                event_at=NOW_NS + 1,
            )
        )
        assert stage.line(LineKind.ORDER) is None


async def test_fills_are_marked_in_their_candle() -> None:
    """A fill stands where it happened, and its candle tells of it; others' fills do not."""
    async with a_stage() as stage:
        stage.desktop.desk.take_recent_fills(
            (
                a_fill(trade_id="t1", price=Price(649_000), lots=Lots(3)),
                a_fill(trade_id="t2", price=Price(649_004), lots=Lots(1), side=Side.SELL),
                a_fill(trade_id="t3", symbol=OTHER),
            )
        )
        view = stage.view()
        assert view.live is not None
        assert [(mark.slot, mark.side, mark.lots) for mark in view.marks] == [
            (view.live.slot, Side.BUY, 3),
            (view.live.slot, Side.SELL, 1),
        ]
        figures = stage.figures()
        assert (figures["▲ Bought"], figures["▼ Sold"]) == ("3", "1")

        stage.sources.now.push(some_candles(50, last_minute=-300))
        assert stage.view().marks == view.marks, "older candles move no mark"
        stage.chart.show_part(ChartPart.FILLS, is_shown=False)
        assert stage.view().marks == ()


async def test_the_position_of_a_linear_contract() -> None:
    """Its average entry, lots and profit at the mark price come, move and go."""
    async with a_stage() as stage:
        assert stage.line(LineKind.ENTRY) is None
        stage.desktop.mark("110.05")
        stage.view()
        stage.desktop.bench.stream.push(a_position_update(2000, "100.05"))
        line = stage.line(LineKind.ENTRY)
        assert line is not None
        assert line.price == pytest.approx(1000.5)
        assert line.label == f"Long 2{THIN_SPACE}000"
        assert (line.detail, line.detail_role) == ("+20.00 USDT", Role.BUY)

        stage.desktop.mark("90.05")
        line = stage.line(LineKind.ENTRY)
        assert line is not None
        assert line.detail_role is Role.SELL

        stage.chart.show_part(ChartPart.POSITION, is_shown=False)
        assert stage.line(LineKind.ENTRY) is None
        stage.chart.show_part(ChartPart.POSITION, is_shown=True)
        stage.desktop.bench.stream.push(
            a_position_update(0, None, event_at=TimestampMs(NOW_MS + 1))
        )
        assert stage.line(LineKind.ENTRY) is None


async def test_the_position_of_an_inverse_contract() -> None:
    """Profit is in coins, by the inverse formula."""
    async with a_stage(0) as stage:
        stage.desktop.workspace.choose(OTHER)
        await stage.desktop.settle()
        stage.sources.now.push(some_candles(20))
        stage.desktop.bench.stream.push(a_position_update(-200, "100", symbol=OTHER))
        price = ExactPrice(Decimal(80))
        stage.desktop.market_stream.push(
            MarkUpdate(OTHER, price, price, TimestampMs(NOW_MS + 1000))
        )
        line = stage.line(LineKind.ENTRY)
        assert line is not None
        assert (line.label, line.detail) == ("Short 200", "+0.500000 XBT")


async def test_parts_are_told_once() -> None:
    """Leaving out what is left out already is no change."""
    async with a_stage() as stage:
        told: list[frozenset[ChartPart]] = []
        stage.chart.options_changed.connect(lambda: told.append(stage.chart.parts))
        stage.chart.show_part(ChartPart.VOLUME, is_shown=True)
        stage.chart.show_part(ChartPart.VOLUME, is_shown=False)
        stage.chart.show_part(ChartPart.VOLUME, is_shown=False)
        assert told == [frozenset(ChartPart) - {ChartPart.VOLUME}]
        assert stage.view().parts == told[0]


# Last price and crosshair ----------------------------------------------------------------------


async def test_the_last_price_counts_down() -> None:
    """The line lies at the newest close; below it the time that the candle has left."""
    async with a_stage() as stage:
        stage.sources.now.trade(NOW_MS, 650_123)
        line = stage.line(LineKind.LAST)
        assert line is not None
        assert (line.price, line.tag, line.detail) == (650_123, f"65{THIN_SPACE}012.3", "0:40")
        await stage.desktop.clock.advance(10)
        stage.chart.mark_dirty()
        line = stage.line(LineKind.LAST)
        assert line is not None
        assert line.detail == "0:30"


async def test_weeks_begin_on_monday() -> None:
    """A weekly candle begins on Monday UTC and ends on Sunday night."""
    async with a_stage(0, CandleInterval.W1) as stage:
        stage.sources.now.trade(NOW_MS, 650_000)  # Thursday, 9 October 2025, 08:53
        assert stage.view().readout[0].text == "6 Oct 2025 UTC"
        line = stage.line(LineKind.LAST)
        assert line is not None
        assert line.detail == "3 d 15 h"


async def test_the_crosshair_reads_whole_ticks_and_lots() -> None:
    """Its line stands on what it says; the time is that of its slot."""
    async with a_stage() as stage:
        start = stage.sources.now.series.starts[-1]
        stage.chart.point_at(299, PRICE_PANE, 650_000.4)
        crosshair = stage.view().crosshair
        assert crosshair is not None
        assert start % MINUTE == 0
        assert (crosshair.at, crosshair.value) == (299.5, 650_000)
        assert crosshair.value_text == f"65{THIN_SPACE}000.0"
        assert crosshair.time_text == "9 Oct 2025 08:53"
        stage.chart.point_at(299, VOLUME_PANE, 1234.4)
        crosshair = stage.view().crosshair
        assert crosshair is not None
        assert crosshair.value_text == f"1{THIN_SPACE}234"
        stage.chart.point_at(299, VOLUME_PANE, -7.0)
        crosshair = stage.view().crosshair
        assert crosshair is not None
        assert crosshair.value_text == "0", "below the volume axis there are no lots"
        stage.chart.point_nowhere()
        assert stage.view().crosshair is None


async def test_the_readout_invents_no_candle() -> None:
    """In a hole it says that nothing traded; before the first candle it says only the time."""
    async with a_stage(0) as stage:
        stage.sources.now.push([a_candle(minute) for minute in (-9, -8, -3)])
        assert stage.figures()["C"] == "100.5", "without a cursor it reads the newest candle"
        stage.chart.point_at(1, PRICE_PANE, 1000)
        assert stage.figures()["O"] == "100.0"
        stage.chart.point_at(3, PRICE_PANE, 1000)
        assert [figure.text for figure in stage.view().readout] == [
            "9 Oct 2025 08:47",
            "No trade in this time.",
        ]
        stage.chart.point_at(40, PRICE_PANE, 1000)
        assert stage.view().readout[0].text == "9 Oct 2025 08:50", "the newest: none is later"
        stage.chart.point_at(-2, PRICE_PANE, 1000)
        assert [figure.text for figure in stage.view().readout] == ["9 Oct 2025 08:42"]
