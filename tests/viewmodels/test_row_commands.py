"""What the menus of positions and orders offer, and what choosing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from terminal.domain.access import Access
from terminal.domain.units import ClientOid, OrderId, Price, Side
from terminal.exchange.outcome import Accepted, Rejected
from terminal.session.pairs import PROTECTS, Pairs
from terminal.viewmodels.orders import FLAGS, OCO, TWO, OrdersViewModel
from terminal.viewmodels.positions import NOT_ARMED, PositionsViewModel, parse_price
from terminal.viewmodels.row_commands import WHAT_HAPPENED, PriceCommand, RowCommand
from terminal.viewmodels.text import Role
from tests.support.builders import XBT, a_contract, a_position_update, an_order_update
from tests.support.desktop import Desktop
from tests.support.guarded import a_stop_update

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.row_commands import RowEntry

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
async def desktop() -> AsyncIterator[Desktop]:
    desktop = await Desktop().start()
    desktop.bench.gateway.held = (a_position_update(8, "100"),)
    desktop.bench.stream.push(*desktop.bench.gateway.held)
    yield desktop
    await desktop.stop()


def positions_of(desktop: Desktop) -> PositionsViewModel:
    return PositionsViewModel(
        desktop.workspace,
        desktop.account,
        desktop.desk,
        desktop.bench.contracts,
        desktop.frame,
        desktop.ladder.is_armed_on,
    )


def entry(entries: tuple[RowEntry, ...], words: str) -> RowCommand | PriceCommand:
    return next(one for one in entries if one is not None and one.words.startswith(words))


def choose(entries: tuple[RowEntry, ...], words: str) -> None:
    found = entry(entries, words)
    assert isinstance(found, RowCommand)
    found.act()


@pytest.mark.parametrize(("words", "lots"), [("Close 25", 2), ("Close 50", 4), ("Close 75", 6)])
async def test_shares_of_a_position_are_closed_at_market(
    desktop: Desktop, words: str, lots: int
) -> None:
    choose(positions_of(desktop).commands_of(XBT), words)
    await desktop.settle()
    ((ticket, _),) = desktop.bench.trading.placed
    assert (ticket.side, ticket.lots, ticket.is_reduce_only) == (Side.SELL, lots, True)


async def test_all_is_closed_with_a_close_order_or_a_limit_at_a_typed_price(
    desktop: Desktop,
) -> None:
    positions = positions_of(desktop)
    choose(positions.commands_of(XBT), "Close all at market")
    at_price = entry(positions.commands_of(XBT), "Close all with a limit")
    assert isinstance(at_price, PriceCommand)
    assert at_price.suggested == "100.0", "the best bid, where it would fill at once"
    for typed in ("nonsense", "100.05", "-1", ""):
        at_price.act(typed)
    at_price.act("101.5")
    await desktop.settle()
    (whole, _), (limit, _) = desktop.bench.trading.placed
    assert whole.is_close_order
    assert (limit.price, limit.lots, limit.is_reduce_only) == (1015, 8, True)
    told = [notice.text for notice in desktop.bench.notices.notices]
    assert sum("is not a price of XBTUSDTM" in text for text in told) == 4


async def test_reversing_from_the_table_needs_an_armed_ladder_and_two_choices(
    desktop: Desktop,
) -> None:
    positions = positions_of(desktop)
    assert entry(positions.commands_of(XBT), "Reverse").why_not == NOT_ARMED
    positions.reverse(XBT)
    desktop.ladder.toggle_keyboard()
    assert entry(positions.commands_of(XBT), "Reverse").why_not == ""
    positions.reverse(XBT)
    assert not desktop.desk.reversing(XBT)
    positions.reverse(XBT)
    assert desktop.desk.reversing(XBT)
    desktop.desk.flatten(XBT)
    await desktop.clock.advance(30.0)


async def test_a_position_can_be_flattened_and_its_orders_canceled(desktop: Desktop) -> None:
    positions = positions_of(desktop)
    choose(positions.commands_of(XBT), "Flatten")
    assert desktop.desk.flattening(XBT)
    choose(positions.commands_of(XBT), "Cancel its orders")
    choose(positions.commands_of(XBT), "Cancel its stops")
    await desktop.clock.advance(30.0)
    assert {f"all:{XBT}", f"stops:{XBT}"} <= set(desktop.bench.trading.cancels)


async def test_the_orders_menu_cancels_one_a_side_the_stops_a_contract_or_everything(
    desktop: Desktop,
) -> None:
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    for name, side in (("o1", Side.BUY), ("o2", Side.SELL)):
        desktop.bench.stream.push(
            an_order_update(order_id=OrderId(name), client_oid=ClientOid(name), side=side)
        )
    entries = orders.commands_of("o1")
    assert [one.words for one in entries if one is not None] == [
        WHAT_HAPPENED,
        "Cancel this order",
        "Cancel all buys of XBTUSDTM",
        "Cancel the stops of XBTUSDTM",
        "Cancel all of XBTUSDTM",
        "Cancel all everywhere",
    ]
    choose(entries, "Cancel all buys")
    await desktop.settle()
    assert desktop.bench.trading.cancels == ["o1"]
    choose(orders.commands_of("o2"), "Cancel this order")
    choose(entries, "Cancel the stops")
    choose(entries, "Cancel all everywhere")
    await desktop.clock.advance(30.0)
    assert {"o2", f"stops:{XBT}", "stops:*", f"all:{XBT}"} <= set(desktop.bench.trading.cancels)
    assert orders.commands_of("gone") == ()


async def test_watching_every_entry_that_sends_is_off_with_the_reason() -> None:
    desktop = await Desktop(Access.WATCH_ONLY).start()
    desktop.bench.stream.push(an_order_update(order_id=OrderId("o1"), client_oid=ClientOid("o1")))
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    look, *entries = (*orders.commands_of("o1"), *positions_of(desktop).commands_of(XBT))
    assert {one.why_not for one in entries if one is not None} == {Access.WATCH_ONLY.reason}
    assert look is not None
    assert (look.words, look.why_not) == (WHAT_HAPPENED, "")
    await desktop.stop()


def test_a_price_is_above_zero_and_on_the_ticks_of_its_contract() -> None:
    contract = a_contract()
    assert parse_price(" 1 000.5 ", contract) == Price(10005)
    for typed in ("0", "-5", "nan", "inf", "1.23", "abc", ""):
        assert parse_price(typed, contract) is None


async def test_two_orders_are_linked_by_either_rule_shown_and_unlinked(desktop: Desktop) -> None:
    pairs = Pairs(desktop.desk, desktop.bench.owner)
    pairs.start()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    orders.pairs = pairs
    for name in ("o1", "o2", "o3"):
        desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId(name), client_oid=ClientOid(name), is_reduce_only=False
            )
        )
    orders.start()
    assert entry(orders.commands_of("o1"), "One cancels").why_not == TWO
    assert entry(orders.commands_of_many(("o1", "o2", "o3")), "One cancels").why_not == TWO
    both = orders.commands_of_many(("o1", "o2"))
    assert [one.words for one in both if one is not None] == [
        "Cancel the 2 selected orders",
        "One cancels the other at the first fill",
        "One cancels the other once one is filled whole",
    ]
    choose(both, "One cancels the other at the first fill")
    desktop.frame.tick()
    assert {row.key: row.flags for row in orders.model.rows} == {"o1": OCO, "o2": OCO, "o3": ""}
    column = [one.title for one in orders.model.columns].index(FLAGS)
    tips = [
        orders.model.index(number, column).data(Qt.ItemDataRole.ToolTipRole) for number in range(3)
    ]
    assert tips.count("") == 1
    (tip,) = set(tips) - {""}
    assert tip == (
        "OCO: one cancels the other at the first fill. The other: buy 2 XBTUSDTM at 100.0. "
        "Only the program holds this: it ends with it."
    )
    choose(both, "One cancels the other at the first fill")
    told = [notice.text for notice in desktop.bench.notices.notices]
    assert told[-1].startswith("Not linked. One of them is in a pair already")
    choose(orders.commands_of("o2"), "Unlink the pair")
    desktop.frame.tick()
    assert {row.flags for row in orders.model.rows} == {""}
    desktop.bench.stream.push(a_stop_update("s1", 8, client_oid=ClientOid("s1")))
    await desktop.bench.clock.settle()
    both = orders.commands_of_many(("o1", "s1"))
    assert entry(both, "One cancels the other at the first fill").why_not == PROTECTS
    assert entry(both, "One cancels the other once one is filled whole").why_not == ""
    orders.stop()
    await pairs.stop()


async def test_several_orders_are_canceled_with_a_verdict_for_each(desktop: Desktop) -> None:
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    orders.start()
    for name in ("o1", "o2", "o3"):
        desktop.bench.stream.push(
            an_order_update(order_id=OrderId(name), client_oid=ClientOid(name))
        )
    trading = desktop.bench.trading
    trading.on_cancel = lambda name: desktop.bench.stream.push(
        an_order_update(
            order_id=OrderId(name), client_oid=ClientOid(name), is_done=True, canceled=2
        )
    ) if name == "o1" else None  # fmt: skip
    trading.known["o3"] = an_order_update(order_id=OrderId("o3"), client_oid=ClientOid("o3"))
    trading.cancel_outcomes.extend([Accepted(), *([Rejected("300001", "Not now.", "")] * 4)])
    choose(orders.commands_of_many(("o1", "o3")), "Cancel the 2 selected orders")
    await desktop.clock.advance(30.0)
    desktop.frame.tick()
    assert set(trading.cancels) == {"o1", "o3"}, "and no others"
    left = {row.key: row for row in orders.model.rows}
    assert set(left) == {"o2", "o3"}
    assert (left["o3"].reason, left["o3"].state_role) == ("Not canceled.", Role.CAUTION)
    assert left["o2"].reason == ""
    told = [notice.text for notice in desktop.bench.notices.notices]
    assert "1 order of 2 may still work: chosen orders." in told
    assert "buy 2 XBTUSDTM at 100.0: Not canceled." in told
    orders.stop()
