"""The column that says who told of an order or a position: it never claims what nobody told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.intention import Source
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, OrderId, Side
from terminal.exchange.outcome import Accepted, Unknown
from terminal.session.results import Submitted
from terminal.viewmodels import text
from terminal.viewmodels.orders import COLUMNS, OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.text import Role
from terminal.viewmodels.told import OLD_S, TITLE, order_tip, order_told, position_told
from tests.support.builders import (
    NOW_MS,
    NOW_NS,
    XBT,
    a_fill,
    a_position_update,
    a_ticket,
    an_order_update,
)
from tests.support.desk import Bench, an_open_order
from tests.support.desktop import Desktop
from tests.support.fakes import LOST

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex

    from terminal.exchange.outcome import Outcome

pytestmark = pytest.mark.usefixtures("qapp")

O1, C1 = OrderId("o1"), ClientOid("c1")
SIZE = 10
WORDS = {"stream": Source.STREAM, "REST": Source.REST}
OUTCOMES: tuple[Outcome, ...] = (Accepted((O1,)), Accepted(()), Unknown("No answer."))


# The law -----------------------------------------------------------------------------------------

_WAITS_S = st.sampled_from((0.0, 0.04, 0.3, 3.0, 12.0))
_TELLERS = st.sampled_from((Source.STREAM, Source.REST))


@given(
    outcome=st.sampled_from(OUTCOMES),
    told=st.lists(st.tuples(_TELLERS, st.integers(0, SIZE), st.booleans(), _WAITS_S), max_size=8),
)
def test_of_an_order_nothing_is_claimed_that_was_not_told(
    outcome: Outcome, told: list[tuple[Source, int, bool, float]]
) -> None:
    """Lost, doubled and late, by stream and by reading: whoever is named said just that, then."""
    asyncio.run(_tell_of_an_order(outcome, told))


async def _tell_of_an_order(outcome: Outcome, told: list[tuple[Source, int, bool, float]]) -> None:
    bench = Bench()
    await bench.start()
    bench.trading.place_outcomes.append(outcome)
    assert isinstance(bench.desk.submit(a_ticket(lots=Lots(SIZE))), Submitted)
    said: list[tuple[float, Source, int, bool]] = []
    for source, filled, is_done, wait_s in told:
        _check_order(bench, said)
        left = SIZE - filled
        update = an_order_update(
            order_id=O1, client_oid=C1, lots=Lots(SIZE), filled=Lots(filled), is_done=is_done,
            canceled=Lots(left if is_done else 0), remaining=Lots(0 if is_done else left),
        )  # fmt: skip
        said.append((bench.clock.monotonic_s(), source, filled, is_done))
        if source is Source.STREAM:
            bench.stream.push(update)
        else:
            bench.desk.take(update)
        _check_order(bench, said)
        await bench.clock.advance(wait_s)
    _check_order(bench, said)
    await bench.stop()


def _check_order(bench: Bench, said: list[tuple[float, Source, int, bool]]) -> None:
    """``said`` has when, who, how many filled, and whether it was an end."""
    order, now_s = bench.desk.orders[C1], bench.clock.monotonic_s()
    shown = order_told(order, bench.desk.recorder, now_s)
    name, _, age = shown.words.partition(" ")
    is_unknown = order.state is OrderState.UNKNOWN
    assert is_unknown == shown.words.startswith("Unknown ")
    assert is_unknown == shown.words.endswith(": asking")
    if is_unknown or order.is_guess or order.state is OrderState.SUBMITTING:
        assert name not in WORDS
        assert shown.role is Role.CAUTION or name == "reply"
    if name in WORDS:
        assert any(
            source is WORDS[name]
            and text.age(now_s - at_s) == age
            and (filled, is_done) == (order.filled, order.state.is_terminal)
            for at_s, source, filled, is_done in said
        )
    if order.is_guess:
        assert name == "assumed"


@given(
    told=st.lists(
        st.tuples(
            st.sampled_from((Source.STREAM, Source.REST, Source.ASSUMED, None)),
            st.integers(-3, 3),
            st.integers(0, 5),
            st.sampled_from((0.0, 0.04, 0.3, 3.0, 6.0)),
        ),
        max_size=8,
    )
)
def test_of_a_position_nothing_is_claimed_that_was_not_told(
    told: list[tuple[Source | None, int, int, float]],
) -> None:
    """By stream, late or not, by reading, by our own fills; and nothing at all."""
    asyncio.run(_tell_of_a_position(told))


async def _tell_of_a_position(told: list[tuple[Source | None, int, int, float]]) -> None:
    bench = Bench()
    await bench.start()
    bench.gateway.fails = None
    said: list[tuple[float, Source, int]] = []
    for number, (source, lots, event, wait_s) in enumerate(told):
        now_s = bench.clock.monotonic_s()
        at = TimestampMs(NOW_MS + event)
        if source is Source.STREAM:
            said.append((now_s, source, lots))
            bench.stream.push(a_position_update(lots, event_at=at))
        elif source is Source.REST:
            said.append((now_s, source, lots))
            bench.gateway.held = (a_position_update(lots, event_at=at),)
            await bench.account.read_position(XBT)
            bench.gateway.fails = LOST  # nobody tells anything that is not in the list above
        elif source is Source.ASSUMED and lots:
            fill = a_fill(
                trade_id=str(number),
                lots=Lots(abs(lots)),
                side=Side.BUY if lots > 0 else Side.SELL,
                event_at=TimestampNs(NOW_NS + event * 1_000_000),
            )
            bench.account.apply_fill(fill)
        bench.gateway.fails = LOST
        _check_position(bench, said)
        await bench.clock.advance(wait_s)
        bench.gateway.fails = None
        _check_position(bench, said)
    await bench.stop()


def _check_position(bench: Bench, said: list[tuple[float, Source, int]]) -> None:
    position, now_s = bench.account.position(XBT), bench.clock.monotonic_s()
    if position.core.is_flat:
        return
    shown = position_told(position, now_s)
    name, _, age = shown.words.partition(" ")
    assert position.is_provisional == (name == "assumed")
    if name == "assumed":
        assert shown.role is Role.CAUTION
        return
    assert any(
        source is WORDS[name] and text.age(now_s - at_s) == age and lots == position.core.lots
        for at_s, source, lots in said
    )


# Cases -------------------------------------------------------------------------------------------


async def test_a_late_word_of_a_reading_is_not_named_for_what_the_stream_told() -> None:
    bench = Bench()
    await bench.start()
    oid = await an_open_order(bench, lots=Lots(5), filled=Lots(3))
    order = bench.desk.orders[oid]
    await bench.clock.advance(2.0)
    late = an_order_update(order_id=order.order_id, client_oid=oid, lots=Lots(5), filled=Lots(1))
    bench.desk.take(late)
    told = order_told(bench.desk.orders[oid], bench.desk.recorder, bench.clock.monotonic_s())
    assert told == ("stream 2.0 s", Role.TEXT_DIM)
    bench.desk.take(replace(late, filled=Lots(3), remaining=Lots(2)))
    told = order_told(bench.desk.orders[oid], bench.desk.recorder, bench.clock.monotonic_s())
    assert told.words == "REST 0.0 s"
    tip = order_tip(bench.desk.orders[oid], bench.desk.recorder)
    assert "(our clock)" in tip
    assert "(the exchange's clock)" in tip
    assert tip.endswith("Revision 3."), "the answer, the stream, the reading"
    await bench.stop()


async def test_a_wall_clock_that_is_set_back_makes_nothing_young() -> None:
    bench = Bench()
    await bench.start()
    oid = await an_open_order(bench)
    await bench.clock.advance(5.0)
    heard = bench.desk.recorder.heard[oid]
    bench.desk.recorder.heard[oid] = heard._replace(at=TimestampMs(heard.at + 3_600_000))
    told = order_told(bench.desk.orders[oid], bench.desk.recorder, bench.clock.monotonic_s())
    assert told.words == "stream 5.0 s"
    await bench.stop()


async def test_what_was_left_out_of_a_comparison_is_marked_old() -> None:
    bench = Bench()
    await bench.start()
    oid = await an_open_order(bench)
    order, recorder = bench.desk.orders[oid], bench.desk.recorder
    now_s = bench.clock.monotonic_s()
    assert order_told(order, recorder, now_s + OLD_S).role is Role.TEXT_DIM
    assert order_told(order, recorder, now_s + OLD_S + 1).role is Role.CAUTION
    await bench.stop()


async def test_an_age_that_grows_changes_its_cell_and_no_other() -> None:
    """And a hidden table does not look at the clock."""
    desktop = await Desktop().start()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    orders.start()
    for name in ("o1", "o2"):
        desktop.bench.stream.push(an_order_update(order_id=OrderId(name), client_oid=None))
        await desktop.clock.advance(10.0)
    desktop.frame.tick()
    ranges: list[tuple[int, int, int, int]] = []

    def note(first: QModelIndex, last: QModelIndex) -> None:
        ranges.append((first.row(), first.column(), last.row(), last.column()))

    orders.model.dataChanged.connect(note)
    told = next(place for place, column in enumerate(COLUMNS) if column.title == TITLE)
    orders._ages._on_time()
    desktop.frame.tick()
    assert ranges == [], "no second has passed"
    await desktop.clock.advance(1.0)
    orders._ages._on_time()
    desktop.frame.tick()
    assert ranges == [(0, told, 0, told), (1, told, 1, told)]
    assert orders._ages.is_running
    orders.set_paused(True)
    assert not orders._ages.is_running
    orders.set_paused(False)
    assert orders._ages.is_running
    orders.stop()
    assert not orders._ages.is_running
    await desktop.stop()


async def test_the_positions_table_says_who_told_of_each() -> None:
    desktop = await Desktop().start()
    positions = PositionsViewModel(
        desktop.workspace, desktop.account, desktop.desk, desktop.bench.contracts, desktop.frame
    )
    positions.start()
    desktop.bench.stream.push(a_position_update(8, "100"))
    await desktop.clock.advance(0.4)
    desktop.frame.tick()
    (row,) = positions.model.rows
    assert (row.told, row.told_role) == ("stream 0.4 s", Role.TEXT_DIM)
    desktop.account.apply_fill(a_fill(event_at=TimestampNs(NOW_NS + 9_000_000)))
    positions.mark_dirty()
    desktop.frame.tick()
    (row,) = positions.model.rows
    assert (row.told, row.told_role, row.lots) == ("assumed 0.0 s", Role.CAUTION, "10*")
    told = next(place for place, one in enumerate(positions.model.columns) if one.title == TITLE)
    tip = positions.model.index(0, told).data(Qt.ItemDataRole.ToolTipRole)
    assert "does not cover them" in tip
    positions.stop()
    await desktop.stop()


async def test_the_tooltip_of_an_unknown_order_says_since_when_and_what_was_told_before() -> None:
    desktop = await Desktop().start()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    orders.start()
    oid = await an_open_order(desktop.bench)
    order = desktop.desk.orders[oid]
    desktop.desk.put(replace(order, state=OrderState.UNKNOWN, reason="Not listed."))
    desktop.frame.tick()
    (row,) = orders.model.rows
    assert (row.told, row.told_role) == ("Unknown 0.0 s: asking", Role.CAUTION)
    told = next(place for place, one in enumerate(orders.model.columns) if one.title == TITLE)
    lines = orders.model.index(0, told).data(Qt.ItemDataRole.ToolTipRole).split("\n")
    assert lines[0].startswith("Nobody knows what it is since ")
    assert lines[1:3] == ["Not listed.", "Before that:"]
    assert lines[3].startswith("Told by the stream at ")
    orders.stop()
    await desktop.stop()
