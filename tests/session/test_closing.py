"""Closing a position or a share of it: only what reduces is sent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.events import OrderType, PositionMode, PositionSide
from terminal.domain.intention import Purpose
from terminal.domain.units import Lots, Price, Side
from terminal.session.closing import in_parts, share_of
from terminal.session.results import Blocked
from tests.support.builders import XBT, a_contract
from tests.support.pocket import Fate, PocketDesk, a_pocket_desk

if TYPE_CHECKING:
    from collections.abc import Callable

HALF = Decimal("0.5")


async def a_desk_that_holds(lots: int) -> PocketDesk:
    d = await a_pocket_desk()
    await d.hold(lots)
    return d


@pytest.mark.parametrize(
    ("held", "share", "sent"), [(7, "0.5", 3), (-7, "0.25", 1), (1, "0.25", 1)]
)
async def test_a_share_is_a_market_order_of_whole_lots_that_only_reduces(
    held: int, share: str, sent: int
) -> None:
    d = await a_desk_that_holds(held)
    assert d.desk.close_share(XBT, Decimal(share)) is None
    await d.clock.settle()
    (order,) = d.exchange.orders.values()
    ticket = order.ticket
    assert (ticket.lots, ticket.is_reduce_only, ticket.order_type) == (sent, True, OrderType.MARKET)
    assert ticket.side is (Side.SELL if held > 0 else Side.BUY)
    assert abs(d.exchange.held) == abs(held) - sent
    intention = d.desk.journal.intention(order.client_oid)
    assert intention is not None
    assert intention.purpose is Purpose.CLOSE
    await d.stop()


async def test_the_whole_is_a_close_order_on_a_stale_book_too() -> None:
    d = await a_desk_that_holds(-4)
    d.touch = None
    assert d.desk.close_share(XBT) is None
    await d.clock.settle()
    (order,) = d.exchange.orders.values()
    assert order.ticket.is_close_order
    assert d.exchange.held == 0
    await d.stop()


async def test_at_a_price_it_is_a_limit_that_only_reduces() -> None:
    d = await a_desk_that_holds(4)
    assert d.desk.close_share(XBT, Decimal(1), Price(1010)) is None
    await d.clock.settle()
    (order,) = d.exchange.alive()
    ticket = order.ticket
    assert (ticket.price, ticket.lots, ticket.is_reduce_only) == (1010, 4, True)
    await d.stop()


async def test_nothing_held_and_nonsense_are_said_and_not_sent() -> None:
    d = await a_desk_that_holds(0)
    blocked = d.desk.close_share(XBT, HALF)
    assert isinstance(blocked, Blocked)
    assert blocked.blocks[0].reason == "There is no position in XBTUSDTM to close."
    for share in (Decimal(0), Decimal("1.5"), Decimal(-1)):
        assert d.desk.close_share(XBT, share) is not None
    await d.clock.settle()
    assert d.exchange.orders == {}
    await d.stop()


async def test_a_position_that_is_not_sure_is_read_first() -> None:
    d = await a_desk_that_holds(4)
    d.account.trust.take_away()
    d.exchange.held = 8  # since then more was bought elsewhere
    assert d.desk.close_share(XBT, HALF) is None
    await d.clock.settle()
    assert d.exchange.held == 4
    await d.stop()


async def test_a_share_of_what_cannot_be_read_is_not_guessed_and_all_of_it_is_closed() -> None:
    d = await a_desk_that_holds(4)
    d.account.trust.take_away()
    d.exchange.fate = lambda kind: Fate.LOST if kind == "read" else Fate.WELL
    d.desk.close_share(XBT, HALF)
    await d.clock.settle()
    assert d.exchange.held == 4
    assert "nothing was closed, its size is not known" in d.sentences[-1]
    assert "Flatten it, or close all of it: neither needs the size." in d.sentences[-1]
    d.desk.close_share(XBT)
    await d.clock.settle()
    assert d.exchange.held == 0
    await d.stop()


@pytest.mark.parametrize("command", ["close", "close a share", "flatten", "reverse"])
async def test_the_gesture_that_asked_is_remembered_over_every_wait(command: str) -> None:
    """The position, or all of it, is read between the key and the order that closes."""
    d = await a_desk_that_holds(4)
    if command.startswith("close"):
        d.account.trust.take_away()
    asked: dict[str, Callable[[], object]] = {
        "close": partial(d.desk.close_share, XBT),
        "close a share": partial(d.desk.close_share, XBT, HALF),
        "flatten": partial(d.desk.flatten, XBT),
        "reverse": partial(d.desk.reverse, XBT),
    }
    pressed_s = d.clock.monotonic_s()
    with d.desk.latency.gesture():
        asked[command]()
    await d.clock.advance(20.0)
    sent = d.desk.latency.last(9)
    assert len(sent) == (2 if command == "reverse" else 1)
    assert all(anatomy.pressed_s == pressed_s for anatomy in sent)
    assert all(anatomy.route is not None and anatomy.event_s is not None for anatomy in sent)
    assert d.desk.latency.pressed_s is None
    await d.stop()


async def test_in_hedge_mode_a_lane_must_be_named_and_nothing_is_guessed() -> None:
    d = PocketDesk()
    d.exchange.mode = PositionMode.HEDGE
    await d.start()
    blocked = d.desk.close_share(XBT, HALF)
    assert isinstance(blocked, Blocked)
    assert "hedge mode" in blocked.blocks[0].sentence
    assert "lane" in blocked.blocks[0].remedy
    blocked = d.desk.close_share(XBT, HALF, lane=PositionSide.SHORT)
    assert isinstance(blocked, Blocked)
    assert blocked.blocks[0].reason == "There is no position in XBTUSDTM, short lane to close."
    assert d.exchange.orders == {}
    await d.stop()


@given(st.integers(1, 10**9), st.decimals(min_value="0.0001", max_value=1))
def test_a_share_is_at_least_one_lot_and_never_more_than_was_asked(
    held: int, share: Decimal
) -> None:
    """Rounded down to whole lots, whichever side is held."""
    lots = share_of(held, share)
    assert share_of(-held, share) == lots
    assert 1 <= lots <= held
    assert lots == 1 or lots <= held * share


async def test_a_share_is_whole_lot_sizes_in_parts_below_the_market_maximum() -> None:
    d = PocketDesk()
    contract = replace(a_contract(), lot_size=2, max_market_order_lots=Lots(5))
    d.contracts[XBT] = contract
    await d.start()
    await d.hold(20)
    assert d.desk.close_share(XBT, Decimal("0.57")) is None
    await d.clock.settle()
    assert [order.lots for order in d.exchange.orders.values()] == [4, 4, 2]
    assert d.exchange.held == 10
    await d.stop()


@given(
    st.integers(1, 10_000),
    st.integers(1, 50),
    st.integers(1, 300),
    st.decimals("0.001", "1", places=3),
)
def test_parts_are_the_share_and_each_may_be_sent(
    sizes: int, lot_size: int, most: int, share: Decimal
) -> None:
    lots = share_of(sizes * lot_size, share, lot_size)
    assert lot_size <= lots <= sizes * lot_size
    assert lots % lot_size == 0
    most = max(most, lot_size)
    parts = in_parts(lots, Lots(most), lot_size)
    assert sum(parts) == lots
    assert all(0 < part <= most and part % lot_size == 0 for part in parts)
