"""Exits of a standing position: what they look like, what is refused, and moving to breakeven."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import MarginMode, PositionSide, StopDirection, StopReference
from terminal.domain.protection import ProtectionState
from terminal.domain.ticket import OrderTicket
from terminal.domain.triggers import UNKNOWN_REFERENCES, Purpose
from terminal.domain.units import Lots, Price, Side
from terminal.exchange.outcome import Rejected
from terminal.session.exit_orders import is_as_good
from terminal.session.results import Blocked
from tests.support.builders import XBT
from tests.support.guarded import a_guarded, a_stop_update, prices

if TYPE_CHECKING:
    from tests.support.guarded import Guarded

UP, DOWN = StopDirection.UP, StopDirection.DOWN
BUY, SELL = Side.BUY, Side.SELL


def reason(result: object) -> str:
    assert isinstance(result, Blocked), result
    return result.blocks[0].reason


def direction(result: object) -> StopDirection:
    assert isinstance(result, OrderTicket), result
    assert result.trigger is not None
    return result.trigger.direction


async def test_a_stop_entry_runs_with_the_price_and_is_refused_where_it_would_fire() -> None:
    guarded = await a_guarded()
    exits = guarded.exits
    assert direction(exits.stop_entry(XBT, BUY, Price(1010), Lots(3))) is UP
    assert direction(exits.stop_entry(XBT, SELL, Price(990), Lots(3))) is DOWN
    for side, price in ((BUY, 990), (BUY, 1000), (SELL, 1010), (SELL, 1000)):
        assert "fire now" in reason(exits.stop_entry(XBT, side, Price(price), Lots(3)))
    ticket = exits.stop_entry(XBT, BUY, Price(1010), Lots(3))
    assert isinstance(ticket, OrderTicket)
    assert (ticket.lots, ticket.reduces_only) == (3, False)
    assert ticket.leverage == 5
    guarded.now = UNKNOWN_REFERENCES
    assert "not known" in reason(exits.stop_entry(XBT, BUY, Price(1010), Lots(3)))
    await guarded.stop()


async def test_a_stop_entry_that_only_reduces_does_not_wait_for_the_margin_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guarded = await a_guarded()
    monkeypatch.setattr(guarded.bench.account, "margin_mode", lambda _symbol: None)
    for lane, side, price in (
        (PositionSide.LONG, SELL, 990),
        (PositionSide.SHORT, BUY, 1010),
    ):
        ticket = guarded.exits.stop_entry(XBT, side, Price(price), Lots(3), lane)
        assert isinstance(ticket, OrderTicket), ticket
        assert (ticket.is_reduce_only, ticket.margin_mode) == (True, MarginMode.ISOLATED)
        opening = guarded.exits.stop_entry(XBT, side.opposite, Price(2000 - price), Lots(3), lane)
        assert "margin mode" in reason(opening)
    await guarded.stop()


@pytest.mark.parametrize("lots", [2, -2])
async def test_a_close_linked_stop_looks_the_way_the_price_has_to_go(lots: int) -> None:
    guarded = await a_guarded(lots)
    closing = SELL if lots > 0 else BUY
    for price, way in ((1010, UP), (990, DOWN)):
        ticket = guarded.exits.close_at(XBT, closing, Price(price))
        assert direction(ticket) is way
        assert isinstance(ticket, OrderTicket)
        assert (ticket.is_close_order, ticket.lots, ticket.side) == (True, None, None)
    assert "fire now" in reason(guarded.exits.close_at(XBT, closing, Price(1000)))
    assert "closes it" in reason(guarded.exits.close_at(XBT, closing.opposite, Price(990)))
    guarded.now = UNKNOWN_REFERENCES
    assert "not known" in reason(guarded.exits.close_at(XBT, closing, Price(990)))
    await guarded.stop()


@pytest.mark.parametrize("lots", [3, -3])
async def test_an_exit_has_its_size_or_closes_all(lots: int) -> None:
    guarded = await a_guarded(lots)
    sign = 1 if lots > 0 else -1
    loss = guarded.exits.exit_at(XBT, Purpose.LOSS, Price(1000 - 10 * sign), Lots(2))
    assert isinstance(loss, OrderTicket)
    assert (loss.lots, loss.is_reduce_only) == (2, True)
    assert direction(loss) is (DOWN if lots > 0 else UP)
    profit = guarded.exits.exit_at(XBT, Purpose.PROFIT, Price(1000 + 10 * sign), None)
    assert direction(profit) is (UP if lots > 0 else DOWN)
    inverted = guarded.exits.exit_at(XBT, Purpose.LOSS, Price(1000 + 10 * sign), None)
    assert "would fire now" in reason(inverted)
    for wrong in (0, 4):
        assert "up to all" in reason(
            guarded.exits.exit_at(XBT, Purpose.LOSS, Price(1000 - 10 * sign), Lots(wrong))
        )
    await guarded.stop()


async def test_without_a_position_there_is_nothing_to_close() -> None:
    guarded = await a_guarded()
    assert "no position" in reason(guarded.exits.close_at(XBT, SELL, Price(990)))
    assert "no position" in reason(guarded.exits.exit_at(XBT, Purpose.LOSS, Price(990), None))
    assert "no position" in reason(guarded.exits.breakeven(XBT))
    assert "no position" in reason(guarded.exits.move_stop(XBT, Price(990)))
    await guarded.stop()


def placed(guarded: Guarded) -> list[tuple[int, int | None, StopReference]]:
    found: list[tuple[int, int | None, StopReference]] = []
    for ticket, _ in guarded.bench.trading.placed:
        assert ticket.trigger is not None
        assert ticket.reduces_only
        found.append((ticket.trigger.price, ticket.lots, ticket.trigger.reference))
    return found


async def test_breakeven_places_the_new_stop_first_and_goes_on_watching_the_same_price() -> None:
    stop = a_stop_update(stop_reference=StopReference.LAST)
    guarded = await a_guarded(2, stop)
    guarded.now = prices(1010)
    assert guarded.exits.breakeven(XBT) == 1002  # 100 and 0.06 % both ways
    assert guarded.exits.is_moving(XBT)
    assert "being moved" in reason(guarded.exits.breakeven(XBT))
    await guarded.settle()
    assert placed(guarded) == [(1002, 2, StopReference.LAST)]
    assert guarded.bench.trading.cancels == ["s1"]
    assert guarded.state() is ProtectionState.PROTECTED
    assert guarded.bench.sentences[-1] == "Done: 1 stop waits, 1 was canceled."
    assert "there or better" in reason(guarded.exits.breakeven(XBT))
    await guarded.stop()


async def test_breakeven_of_a_short_lies_below_its_entry() -> None:
    guarded = await a_guarded(-2)
    guarded.now = prices(990)
    assert guarded.exits.breakeven(XBT) == 998
    await guarded.settle()
    assert placed(guarded) == [(998, 2, StopReference.MARK)]
    await guarded.stop()


async def test_breakeven_is_refused_before_the_price_is_past_it() -> None:
    guarded = await a_guarded(2, a_stop_update())
    assert "would fire now" in reason(guarded.exits.breakeven(XBT))
    await guarded.settle()
    assert guarded.bench.trading.placed == []
    assert guarded.bench.trading.cancels == []
    await guarded.stop()


async def test_better_stops_stay_and_a_closing_stop_is_followed_by_one() -> None:
    better = a_stop_update("better", 1, trigger=Price(1005))
    worse = a_stop_update("worse", 0, is_close_order=True, is_reduce_only=False)
    guarded = await a_guarded(3, better, worse)
    guarded.now = prices(1010)
    guarded.exits.breakeven(XBT)
    await guarded.settle()
    ((ticket, _),) = guarded.bench.trading.placed
    assert ticket.is_close_order
    assert guarded.bench.trading.cancels == ["worse"]
    await guarded.stop()


async def test_a_better_part_leaves_only_the_rest_to_be_moved() -> None:
    better = a_stop_update("better", 1, trigger=Price(1005))
    guarded = await a_guarded(3, better, a_stop_update("worse", 2))
    guarded.now = prices(1010)
    guarded.exits.breakeven(XBT)
    await guarded.settle()
    assert placed(guarded) == [(1002, 2, StopReference.MARK)]
    await guarded.stop()


async def test_a_refused_successor_leaves_the_stop_where_it_is() -> None:
    guarded = await a_guarded(2, a_stop_update())
    guarded.now = prices(1010)
    guarded.keeps = False
    guarded.bench.trading.place_outcomes.append(Rejected("300003", "Too small a balance.", ""))
    guarded.exits.breakeven(XBT)
    await guarded.settle()
    assert guarded.bench.trading.cancels == []
    assert guarded.bench.sentences[-1].endswith("What was there before stays.")
    assert not guarded.exits.is_moving(XBT)
    await guarded.stop()


async def test_what_is_not_known_is_not_moved() -> None:
    guarded = await a_guarded(2, a_stop_update(stop_direction=None))
    guarded.now = prices(1010)
    assert "not known well enough" in reason(guarded.exits.breakeven(XBT))
    await guarded.stop()


async def test_a_take_profit_is_never_as_good_as_a_stop() -> None:
    guarded = await a_guarded(2, a_stop_update(), a_stop_update("tp", stop_direction=UP))
    held = guarded.watch.held(XBT)
    assert held is not None
    orders = {order.order_id: order for order in guarded.bench.desk.working(XBT)}
    assert not is_as_good(held, orders["tp"], Price(900))  # type: ignore[index]  # made-up id
    stop = orders["s1"]  # type: ignore[index]  # made-up id
    assert is_as_good(held, stop, Price(950))
    assert not is_as_good(held, stop, Price(951))
    assert not is_as_good(held, replace(stop, trigger=None), Price(900))
    await guarded.stop()


async def test_a_margin_mode_that_nobody_told_keeps_no_exit_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What only reduces goes as closing does; what opens waits until it is known."""
    guarded = await a_guarded(2)
    account = guarded.bench.account
    monkeypatch.setattr(account, "margin_mode", lambda _symbol: None)
    untold = replace(account.position(XBT), margin_mode=None)
    monkeypatch.setattr(account, "position", lambda _symbol, _lane: untold)
    for ticket in (
        guarded.exits.close_at(XBT, SELL, Price(990)),
        guarded.exits.exit_at(XBT, Purpose.LOSS, Price(990), Lots(1)),
    ):
        assert isinstance(ticket, OrderTicket), ticket
        assert ticket.reduces_only
        assert ticket.margin_mode is MarginMode.ISOLATED
    assert guarded.watch.propose(XBT).places, "it can be mended"
    assert "margin mode" in reason(guarded.exits.stop_entry(XBT, BUY, Price(1010), Lots(3)))
    await guarded.stop()
