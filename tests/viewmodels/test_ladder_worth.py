"""One breakeven: tag, head, result at price and the stop that Y sends stand at the same row."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from terminal.domain.breakeven import profit_at
from terminal.domain.events import Liquidity, MarkUpdate, PositionSide, PositionUpdate
from terminal.domain.units import ExactPrice, Lots, Money, OrderId, Price, Side, Symbol
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn
from terminal.viewmodels.ladder_tags import TagKind
from tests.support.builders import (
    NOW_MS,
    XBT,
    a_fill,
    a_position_update,
    a_snapshot,
    position_details,
)
from tests.support.desktop import OTHER
from tests.support.guarded import prices
from tests.support.insight import Insighted, an_insight

pytestmark = pytest.mark.usefixtures("qapp")
BOTH, LONG, SHORT = PositionSide
PNL = tuple(
    replace(one, is_shown=one.column in {LadderColumn.PRICE, LadderColumn.PNL})
    for one in DEFAULT_COLUMNS
)


async def press(one: Insighted, *names: str) -> str:
    """Press a second apart, let everything happen, and give what the ladder says."""
    for name, at_ms in zip(names, count(50_000, 1000), strict=False):
        assert one.ladder.key_pressed(Chord(name), at_ms, False), name
    await one.settle()
    return one.said


def tagged(one: Insighted) -> tuple[int, str]:
    """The price of the row that the tag stands on, and its words."""
    found = [
        (index, tag.words)
        for index, row in one.ladder.face._marks.tags.rows.items()
        for tag in row
        if tag.kind is TagKind.BREAKEVEN
    ]
    ((index, words),) = found
    return index * one.ladder.axis.step, words


def stop_sent(one: Insighted) -> tuple[Symbol, str, int | None, int, PositionSide | None]:
    """The one order that was sent: contract, side, lots, trigger, lane."""
    ((ticket, _),) = one.desktop.bench.trading.placed
    assert ticket.trigger is not None
    assert ticket.side is not None
    lane = ticket.terms.position_side
    return ticket.symbol, ticket.side.value, ticket.lots, ticket.trigger.price, lane


async def agrees(one: Insighted, at: int, *, is_long: bool, lots: int, lane: PositionSide) -> None:
    """Tag, head, result at price and Y: all at one price."""
    one.ladder.set_columns(PNL)
    one.ladder.recenter()
    await one.settle()
    price, words = tagged(one)
    shown = f"{Decimal(at) / 10:.1f}"
    about = "~" if "(estimated)" in words else ""
    assert (price, one.ladder.view.breakeven_text) == (at, f"{about}{shown}")
    assert words.partition(" with ")[0].removesuffix(" (estimated)").endswith(f" {shown}")
    charges, builder = one.insight.charges, one.ladder.face._builder
    assert builder is not None
    core, contract = builder.position, builder._contract
    assert core.average_entry is not None
    for ticks, is_loss in ((at, False), (at - 1 if is_long else at + 1, True)):
        level = contract.scale.decimal(Price(ticks))
        left = profit_at(contract, core.lots, core.average_entry.value, level, charges)
        assert (left < 0) == is_loss, ticks
    one.protected.guarded.now = prices(at + 30 if is_long else at - 30)
    said = await press(one, "F4", "Y")
    side = "sell" if is_long else "buy"
    wire_lane = None if lane is BOTH else lane
    assert stop_sent(one) == (contract.symbol, side, lots, at, wire_lane)
    assert said.startswith("Done"), "it waits"


@pytest.mark.parametrize(("lots", "at"), [(300, 1002), (-300, 998)])
async def test_in_one_way_mode(lots: int, at: int) -> None:
    """30 in value: 0.018 in, the next funding of 0.01 % at 100.05, 0.06 % out."""
    async with an_insight(lots) as one:
        one.desktop.mark("100.05")
        await agrees(one, at, is_long=lots > 0, lots=300, lane=BOTH)


async def test_after_a_maker_entry_that_is_known_and_a_funding_that_is_received() -> None:
    """100 coins short at 100.4: 2.008 paid, 0.5 % of 10 005 is received.

    (10040 - 2.008 + 50.025) / (100 x 1.0006) = 100.8196, which is above the entry.
    """
    update = a_position_update(-100_000, "100.4")
    async with an_insight(held=(update,), funding="0.005") as one:
        fill = a_fill(side=Side.SELL, price=Price(1004), lots=Lots(100_000),
                      liquidity=Liquidity.MAKER, fee=Money(Decimal("2.008"), "USDT"))  # fmt: skip
        one.desktop.desk.take_recent_fills((fill,))
        one.desktop.mark("100.05")
        await agrees(one, 1008, is_long=False, lots=100_000, lane=BOTH)


def lanes() -> tuple[PositionUpdate, ...]:
    return (
        a_position_update(300, "99.8", details=position_details(LONG)),
        a_position_update(-200, "100.5", details=position_details(SHORT)),
    )


@pytest.mark.parametrize(
    ("lane", "at", "lots"),
    [(LONG, 1000, 300), (SHORT, 1004, 200)],
)
async def test_in_each_lane_of_hedge_mode(lane: PositionSide, at: int, lots: int) -> None:
    """The short's fee is known: (20.1 - 0.001 + 0.002) / (0.2 x 1.0006) = 100.4447.

    The long's is not: (99.8 x 1.0006 + 0.010005) / 0.9994 = 99.9298.
    """
    async with an_insight(hedged=True, held=lanes()) as one:
        short = a_fill(side=Side.SELL, lots=Lots(200), price=Price(1005), order_id=OrderId("o7"),
                       position_side=SHORT, fee=Money(Decimal("0.001"), "USDT"))  # fmt: skip
        one.desktop.desk.take_recent_fills((short,))
        one.desktop.mark("100.05")
        await one.settle()
        if one.ladder.lane is not lane:
            await press(one, "L")
        assert one.ladder.lane is lane
        await agrees(one, at, is_long=lane is LONG, lots=lots, lane=lane)


@pytest.mark.parametrize(("lots", "at"), [(5000, 1002), (-5000, 998)])
async def test_of_an_inverse_contract(lots: int, at: int) -> None:
    """5000 dollars at 100 are 50 coins: 0.03 in, 0.005 of funding, 0.06 % of 5000 / price out."""
    update = a_position_update(lots, "100", symbol=OTHER)
    async with an_insight(held=(update,)) as one:
        one.desktop.market_gateway.snapshots = deque([a_snapshot()._replace(symbol=OTHER)])
        one.ladder.choose_contract(str(OTHER))
        await one.desktop.clock.advance(1.0)
        price = ExactPrice(Decimal("100.05"))
        one.desktop.market_stream.push(MarkUpdate(OTHER, price, price, NOW_MS))
        await one.settle()
        await agrees(one, at, is_long=lots > 0, lots=5000, lane=BOTH)


async def test_y_is_refused_before_the_price_is_past_the_tag_and_says_where_it_stands() -> None:
    async with an_insight(300) as one:
        one.desktop.mark("100.05")
        await one.settle()
        said = await press(one, "F4", "Y")
        assert said.startswith("Not moved. Breakeven is 100.2 (estimated). It would fire now: ")
        assert one.desktop.bench.trading.placed == []
        assert XBT not in {symbol for symbol, _ in one.protected.guarded.exits._moving}


async def test_what_is_held_by_the_program_goes_where_the_tag_stands_by_then() -> None:
    """The fees were not known when it began to be held; they are once the stop is moved."""
    async with an_insight(300, funding="0") as one:
        one.protected.hand.hold_breakeven()
        (held,) = one.protected.held.held()
        assert held.plan.breakeven is not None
        assert held.plan.breakeven.price == 1002
        await one.settle()
        placed = one.desktop.bench.trading.placed
        ((first, _),) = placed
        assert first.trigger is not None
        fill = a_fill(lots=Lots(300), fee=Money(Decimal("-0.015"), "USDT"))
        one.desktop.desk.take_recent_fills((fill,))
        one.protected.guarded.now = prices(1300)
        one.desktop.mark("130")
        await one.settle()
        assert one.ladder.view.breakeven_text == "100.1"  # (30 - 0.015) / 0.29982 = 100.0100
        assert placed[-1][0].trigger is not None
        assert placed[-1][0].trigger.price == 1001
