"""The tape: follows, stands still while it is read, marks, filters, tells, and gives back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.tape import Burst
from terminal.domain.units import Side
from terminal.viewmodels.text import Role
from tests.support.desktop import OTHER
from tests.support.tapes import ROWS, TapeBench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
UP, DOWN = "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}"


@pytest.fixture
async def bench(qapp: object) -> AsyncIterator[TapeBench]:
    made = await TapeBench().start()
    yield made
    await made.stop()


async def test_the_newest_trade_is_on_top_with_a_sign_for_its_taker(bench: TapeBench) -> None:
    bench.trade(3)
    bench.trade(1200, price=999, taker=Side.SELL)
    bench.tick()
    rows = bench.tape.view.rows
    assert [(row.lots, row.price, row.arrow, row.role) for row in rows] == [
        ("1\N{NARROW NO-BREAK SPACE}200", "99.9", DOWN, Role.SELL),
        ("3", "100.0", UP, Role.BUY),
    ]


async def test_one_frame_tells_a_thousand_trades_once(bench: TapeBench) -> None:
    told: list[int] = []
    bench.tape.changed.connect(lambda: told.append(len(bench.tape.view.rows)))
    for _ in range(1000):
        bench.trade()
    assert told == []
    bench.tick()
    assert told == [ROWS]


async def test_a_burst_is_one_row_until_joining_is_switched_off(bench: TapeBench) -> None:
    bench.trade(1, price=1000)
    bench.trade(2, price=1002, ms=5)
    bench.tick()
    (row,) = bench.tape.view.rows
    assert (row.lots, row.price, row.trades) == ("3", "100.2", "\N{MULTIPLICATION SIGN}2")
    assert "from 100.0 to 100.2" in bench.tape.tooltip(0)
    bench.tape.join_bursts(False)
    bench.trade(4, price=1002, ms=5)
    bench.tick()
    assert bench.lots == ["4", "3"]


async def test_small_ones_are_left_out_and_large_ones_stand_out(bench: TapeBench) -> None:
    assert bench.tape.choose_least("10") == ""
    assert bench.tape.choose_large("1 000") == ""
    for lots in (9, 10, 999, 1000):
        bench.trade(lots)
    bench.tick()
    rows = bench.tape.view.rows
    assert [row.is_large for row in rows] == [True, False, False]
    assert rows[0].arrow == UP * 2
    assert bench.tape.choose_least("") == ""
    bench.tick()
    assert len(bench.tape.view.rows) == 4


@pytest.mark.parametrize("typed", ["x", "1.5", "-3", "1,5", "9999999999"])
async def test_what_is_no_size_is_said_and_changes_nothing(bench: TapeBench, typed: str) -> None:
    before = bench.tape.options
    assert "whole number" in bench.tape.choose_least(typed)
    assert "whole number" in bench.tape.choose_large(typed)
    assert bench.tape.options == before


async def test_a_filter_that_nothing_passes_says_so(bench: TapeBench) -> None:
    bench.tape.choose_least("50")
    bench.trade(1)
    bench.tick()
    assert "50 lots or more" in bench.tape.view.waiting


async def test_rows_stand_still_under_the_pointer_and_tell_how_many_wait(bench: TapeBench) -> None:
    bench.trade(1)
    bench.tick()
    bench.trade(2)  # arrived, but not on the screen when the pointer came
    bench.tape.set_hovered(True)
    bench.trade(3)
    bench.tick()
    assert bench.lots == ["1"]
    assert bench.tape.view.note == "Paused: 2 wait"
    bench.tape.set_hovered(False)
    bench.tick()
    assert bench.lots == ["3", "2", "1"]
    assert bench.tape.view.note == ""


async def test_a_key_holds_the_rows_until_it_is_pressed_again(bench: TapeBench) -> None:
    bench.trade(1)
    bench.tick()
    bench.tape.toggle_held()
    bench.tape.set_hovered(True)
    bench.tape.set_hovered(False)
    bench.trade(2)
    bench.tick()
    assert bench.lots == ["1"]
    bench.tape.toggle_held()
    bench.tick()
    assert bench.lots == ["2", "1"]


async def test_older_rows_are_looked_at_and_stand_still(bench: TapeBench) -> None:
    for lots in range(1, 31):
        bench.trade(lots)
    bench.tick()
    bench.tape.scroll(3)
    bench.trade(99)
    bench.tick()
    assert bench.lots[0] == "27"
    assert bench.tape.view.note == "Older rows: 1 wait"
    bench.tape.scroll_to_end()
    bench.tick()
    assert bench.lots[-1] == "1"
    assert len(bench.lots) == ROWS
    bench.tape.follow()
    bench.tick()
    assert bench.lots[0] == "99"


async def test_scrolling_back_to_the_top_follows_again(bench: TapeBench) -> None:
    for lots in range(1, 31):
        bench.trade(lots)
    bench.tick()
    bench.tape.scroll(3)
    bench.tape.scroll(-3)
    bench.trade(99)
    bench.tick()
    assert bench.lots[0] == "99"


async def test_missed_trades_are_marked_between_rows(bench: TapeBench) -> None:
    bench.trade(1)
    market = bench.desktop.workspace.market
    assert market is not None
    market.on_trades_missed.notify()
    bench.trade(2)
    bench.tick()
    assert [bool(row.hole) for row in bench.tape.view.rows] == [False, True, False]
    assert "missed" in bench.tape.tooltip(1)


async def test_the_speed_is_that_of_the_last_five_seconds(bench: TapeBench) -> None:
    for _ in range(10):
        bench.trade(3)
    bench.trade(10, taker=Side.SELL)
    bench.tick()
    meter = bench.tape.view.meter
    assert meter.words.startswith("2.2 trades/s  8 lots/s")
    assert (meter.full, meter.bought) == (1.0, 0.75)
    await bench.desktop.clock.advance(6)
    bench.tape.mark_dirty()
    bench.tick()
    assert bench.tape.view.meter.full == 0.0


async def test_large_ones_are_told_in_the_log_but_not_each_of_many(bench: TapeBench) -> None:
    bench.tape.set_options(replace(bench.tape.options, large_lots=100, alerts=True))
    notices = bench.desktop.bench.notices
    bench.trade(99)
    for _ in range(5):
        bench.trade(150)
    told = [notice.text for notice in notices.notices if notice.topic == "tape"]
    assert told == ["Large buy: 150 lots at 100.0."]
    await bench.desktop.clock.advance(2)
    bench.trade(200, taker=Side.SELL)
    assert notices.notices[-1].text == (
        "Large sell: 200 lots at 100.0. 4 more came since the last line."
    )


async def test_large_ones_by_value_have_one_rule_for_mark_log_and_sound(bench: TapeBench) -> None:
    """A lot of the desktop's contract is 0.001 coins: at 100.0 a thousand lots are 100 USDT."""
    heard: list[int] = []
    bench.tape.sounded.connect(lambda: heard.append(len(heard)))
    bench.tape.choose_large("5")  # lots, which do not count then
    bench.tape.value_large(True)
    assert bench.tape.large_unit == "USDT"
    assert "USDT" in bench.tape.choose_large("x")
    bench.tape.choose_large("100")
    bench.trade(1000)
    assert heard == [], "off as shipped"
    bench.tape.sound_large(True)
    bench.trade(999, price=1000, taker=Side.SELL)
    bench.trade(999, price=1002)
    bench.trade(1001, price=999, taker=Side.SELL)
    bench.trade(1000, price=1000)
    bench.tick()
    rows = [
        (row.lots.replace("\N{NARROW NO-BREAK SPACE}", ""), row.is_large)
        for row in bench.tape.view.rows
    ]
    assert rows == [("1000", True), ("1001", False), ("999", True), ("999", False), ("1000", True)]
    assert heard == [0], "of many at once one is heard"
    notices = bench.desktop.bench.notices
    assert not [one for one in notices.notices if one.topic == "tape"]
    bench.tape.tell_large(True)
    await bench.desktop.clock.advance(2)
    bench.trade(1500)
    assert (
        notices.notices[-1].text
        == "Large buy: 1\N{NARROW NO-BREAK SPACE}500 lots at 100.0, 150.00 USDT."
    )
    assert heard == [0, 1]
    bench.tape.value_large(False)
    bench.tick()
    assert all(row.is_large for row in bench.tape.view.rows), "the lots of before hold again"


async def test_large_ones_are_told_behind_another_tab(bench: TapeBench) -> None:
    bench.tape.set_options(replace(bench.tape.options, large_lots=100, alerts=True))
    bench.tape.set_paused(True)
    bench.trade(150)
    assert bench.desktop.bench.notices.notices[-1].topic == "tape"


async def test_nothing_is_counted_before_the_panel_was_seen_and_after_it_was_closed() -> None:
    bench = TapeBench()
    bench.tape.set_paused(True)
    await bench.start()
    market = bench.desktop.workspace.market
    assert market is not None
    before = len(market.on_trade)
    assert not bench.tape.is_counting
    bench.tape.set_paused(False)
    assert bench.tape.is_counting
    assert len(market.on_trade) == before + 2
    bench.tape.set_paused(True)
    assert bench.tape.is_counting, "behind another tab it goes on"
    bench.tape.set_open(False)
    assert not bench.tape.is_counting
    assert len(market.on_trade) == before
    bench.tape.set_paused(False)
    bench.tape.set_open(True)
    assert bench.tape.is_counting
    await bench.stop()


async def test_another_contract_begins_another_tape(bench: TapeBench) -> None:
    bench.trade(1)
    bench.tick()
    bench.tape.toggle_held()
    bench.desktop.workspace.choose(OTHER)
    await bench.desktop.clock.advance(0.1)
    bench.tick()
    assert bench.tape.view.rows == ()
    assert bench.tape.view.note == ""
    assert bench.tape.file_name == "tape-XBTUSDM.csv"


async def test_a_market_that_cannot_be_trusted_is_said(bench: TapeBench) -> None:
    bench.trade(1)
    bench.desktop.market_stream.drop()
    await bench.desktop.clock.settle()
    bench.tick()
    market = bench.desktop.workspace.market
    assert market is not None
    reason = market.staleness()
    assert reason is not None
    assert bench.tape.view.stale == reason.reason


async def test_all_kept_rows_are_saved_whatever_the_filter(bench: TapeBench) -> None:
    saved: list[tuple[str, list[int]]] = []
    bench.tape.save = lambda path, rows, _contract: saved.append(
        (path, [row.lots for row in rows if isinstance(row, Burst)])
    )
    bench.tape.save_as("nothing.csv")
    assert saved == []
    assert "empty" in bench.desktop.bench.notices.notices[-1].text
    bench.tape.choose_least("100")
    for lots in (1, 200):
        bench.trade(lots)
    bench.tape.save_as("some.csv")
    assert saved == [("some.csv", [1, 200])]
