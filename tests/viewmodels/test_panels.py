"""The panels beside the ladder: what they show and what they can do."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, Money, OrderId, Price, Side
from terminal.exchange.outcome import Rejected
from terminal.session.feed import FeedStatus
from terminal.session.notices import NoticeLevel
from terminal.viewmodels.connection import Banner, StatusSources, StatusViewModel
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.log import LogViewModel
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket import TicketViewModel
from tests.support.builders import XBT, a_fill, a_position_update, a_wallet, an_order_update
from tests.support.desktop import OTHER, Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.base import ViewModel

pytestmark = pytest.mark.usefixtures("qapp")


@contextlib.asynccontextmanager
async def running(desktop: Desktop, *view_models: ViewModel) -> AsyncIterator[None]:
    """The desktop with more view-models on it, ended in the right order."""
    await desktop.start()
    for view_model in view_models:
        view_model.start()
    desktop.frame.tick()
    try:
        yield
    finally:
        for view_model in view_models:
            view_model.stop()
        await desktop.stop()


async def test_positions() -> None:
    desktop = Desktop()
    positions = PositionsViewModel(
        desktop.workspace, desktop.account, desktop.desk, desktop.bench.contracts, desktop.frame
    )
    async with running(desktop, positions):
        assert positions.model.rowCount() == 0
        assert positions.stale is None
        desktop.bench.stream.push(a_position_update(-2, "100.5"))
        desktop.mark("100")
        desktop.frame.tick()
        (row,) = positions.model.rows
        assert (row.side, row.lots, row.base_size) == (
            "Short",
            "\N{MINUS SIGN}2",
            "\N{MINUS SIGN}0.002 XBT",
        )
        assert (row.entry, row.mark, row.pnl_role) == ("100.50", "100.00", Role.TEXT_DIM)
        desktop.mark("90")
        desktop.frame.tick()
        assert positions.model.rows[0].pnl == "+0.02 USDT"
        desktop.bench.stream.drop()
        await desktop.settle()
        assert positions.stale == "Positions may be out of date for 0.0 s."
        positions.select(OTHER)
        assert desktop.workspace.market is not None
        assert desktop.workspace.market.contract.symbol == OTHER


async def test_positions_let_go_of_the_contract_that_is_left() -> None:
    """Changing between contracts leaves no listener behind."""
    desktop = Desktop()
    positions = PositionsViewModel(
        desktop.workspace, desktop.account, desktop.desk, desktop.bench.contracts, desktop.frame
    )
    async with running(desktop, positions):
        left = desktop.workspace.market
        assert left is not None
        assert len(left.on_mark_changed) > 0
        desktop.workspace.choose(OTHER)
        assert len(left.on_mark_changed) == 0


async def test_positions_can_be_flattened() -> None:
    desktop = Desktop()
    positions = PositionsViewModel(
        desktop.workspace, desktop.account, desktop.desk, desktop.bench.contracts, desktop.frame
    )
    async with running(desktop, positions):
        positions.flatten(XBT)
        assert desktop.desk.flattening(XBT)
        await desktop.clock.advance(5.0)


async def test_orders_newest_first_and_canceled_by_key() -> None:
    desktop = Desktop()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    async with running(desktop, orders):
        for name, side in (("o1", Side.BUY), ("o2", Side.SELL)):
            desktop.bench.stream.push(
                an_order_update(
                    order_id=OrderId(name),
                    client_oid=None,
                    side=side,
                    is_post_only=True,
                    is_reduce_only=True,
                )
            )
        desktop.frame.tick()
        assert [row.side for row in orders.model.rows] == ["Sell", "Buy"]
        row = orders.model.rows[0]
        assert (row.price, row.remaining, row.flags, row.state) == ("100.0", "2", "PO RO", "Open")
        orders.cancel(row.key)
        await desktop.settle()
        assert desktop.bench.trading.cancels == ["o2"]
        assert orders.model.rows[0].state == "Open, cancel"
        assert orders.model.rows[0].state_role is Role.CAUTION


async def test_an_order_that_could_not_be_read_whole_is_shown_unknown() -> None:
    """Neither as a buy nor as a market order; a closing order is a close without a side."""
    desktop = Desktop()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    async with running(desktop, orders):
        desktop.bench.stream.push(
            an_order_update(side=None, price=None),
            an_order_update(
                order_id=OrderId("o2"),
                client_oid=None,
                side=None,
                order_type=OrderType.MARKET,
                price=None,
                is_close_order=True,
            ),
        )
        desktop.frame.tick()
        close, unknown = orders.model.rows
        assert (unknown.side, unknown.price) == ("unknown", "unknown")
        assert unknown.side_role is Role.CAUTION
        assert (close.side, close.price) == ("close", "market")


async def test_a_waiting_stop_names_its_trigger() -> None:
    """It does not rest at its price: the table says where it waits, what it does then, and when."""
    desktop = Desktop()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    async with running(desktop, orders):
        desktop.bench.stream.push(
            an_order_update(untriggered=True, trigger=Price(1100)),
            an_order_update(
                order_id=OrderId("o2"),
                client_oid=ClientOid("c2"),
                order_type=OrderType.MARKET,
                price=None,
                untriggered=True,
                trigger=Price(900),
            ),
        )
        desktop.frame.tick()
        assert {(row.price, row.state) for row in orders.model.rows} == {
            ("110.0", "100.0 if the price gets to 110.0, from where is not known"),
            ("90.0", "market if the price gets to 90.0, from where is not known"),
        }


async def test_fills_with_fees_when_known() -> None:
    desktop = Desktop()
    fills = FillsViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    async with running(desktop, fills):
        fill = a_fill(price=Price(1001))
        desktop.desk.take_recent_fills((fill,))
        desktop.frame.tick()
        (row,) = fills.model.rows
        assert (row.price, row.lots, row.fee, row.liquidity) == (
            "100.1",
            "2",
            "\N{EN DASH}",
            "taker",
        )
        paid = replace(fill, fee=Money(Decimal("0.06"), "USDT"))
        desktop.desk.take_recent_fills((paid,))
        desktop.frame.tick()
        assert fills.model.rows[0].fee == "0.0600 USDT"


async def test_the_log_shows_the_newest_first() -> None:
    desktop = Desktop()
    log = LogViewModel(desktop.bench.notices, desktop.frame)
    desktop.bench.notices.post(NoticeLevel.INFO, "app", "Before.")
    async with running(desktop, log):
        desktop.bench.notices.post(NoticeLevel.ERROR, "orders", "After.", XBT)
        desktop.frame.tick()
        words = [row.words for row in log.model.rows]
        assert words[0] == "After."
        assert words[-1] == "Before."
        assert log.model.rows[0].role is Role.DANGER


def cell(status: StatusViewModel, name: str) -> tuple[str, Role]:
    found = next(cell for cell in status.view.cells if cell.name == name)
    return found.text, found.role


async def test_the_status_bar() -> None:
    desktop = Desktop()
    status = StatusViewModel(
        StatusSources(
            desktop.market_feed,
            desktop.bench.feed,
            desktop.account,
            desktop.workspace,
            desktop.clock,
            desktop.ladder,
            desktop.health,
            desk=desktop.desk,
        ),
        ("DEMO", Role.DEMO),
        desktop.frame,
    )
    async with running(desktop, status):
        assert status.view.badge_text == "DEMO"
        compared = next(cell for cell in status.view.cells if cell.name == "connection").tooltip
        assert "Orders first read " in compared
        assert "Positions first read " in compared
        assert cell(status, "connection") == ("Connected", Role.BUY)
        assert cell(status, "keyboard") == ("", Role.KEYBOARD_ARMED)
        desktop.ladder.toggle_keyboard()
        desktop.frame.tick()
        desktop.frame.tick()
        assert cell(status, "keyboard") == ("KEYS XBTUSDTM", Role.KEYBOARD_ARMED)
        assert cell(status, "mouse")[0] == ""
        assert cell(status, "equity")[0] == "1\N{NARROW NO-BREAK SPACE}000.00 USDT"
        assert cell(status, "day_pnl")[0] == "0.00 USDT"
        desktop.bench.stream.push(a_wallet(equity="990"))
        await desktop.clock.advance(4.0)
        status.mark_dirty()
        desktop.frame.tick()
        assert cell(status, "day_pnl") == ("\N{MINUS SIGN}10.00 USDT", Role.SELL)
        assert cell(status, "age")[1] is Role.CAUTION
        desktop.market_stream.connects = False
        desktop.market_stream.drop()
        await desktop.settle()
        assert desktop.market_feed.health.status is FeedStatus.WAITING
        assert cell(status, "connection") == ("Disconnected", Role.DANGER)
        pressed: list[int] = []
        status.show_banner(Banner("It ended.", Role.DANGER, "Restart"), lambda: pressed.append(1))
        desktop.frame.tick()
        assert status.view.banner is not None
        status.banner_pressed()
        assert pressed == [1]
        status.show_banner(None, None)
        status.banner_pressed()
        desktop.frame.tick()
        assert status.view.banner is None


async def test_the_ticket_stages_then_sends_once() -> None:
    desktop = Desktop()
    ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    async with running(desktop, ticket):
        assert not ticket.view.can_buy
        ticket.set_price_text("99.5")
        ticket.set_lots_text("3")
        desktop.frame.tick()
        assert ticket.view.can_buy
        assert ticket.view.value_text == "0.30 USDT"
        ticket.stage(Side.BUY)
        desktop.frame.tick()
        assert ticket.view.staged == "Buy 3 XBTUSDTM at 99.5?"
        await desktop.settle()
        assert not desktop.bench.trading.placed
        ticket.stage(Side.BUY)
        ticket.confirm()
        await desktop.settle()
        assert [(t.price, t.lots) for t, _ in desktop.bench.trading.placed] == [(995, 3)]


async def test_editing_or_esc_takes_back_what_is_staged() -> None:
    desktop = Desktop()
    ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    async with running(desktop, ticket):
        ticket.set_price_text("99.5")
        ticket.stage(Side.SELL)
        ticket.set_lots_text("4")
        ticket.confirm()
        ticket.stage(Side.SELL)
        ticket.drop()
        ticket.confirm()
        ticket.stage(Side.SELL)
        ticket.stage(Side.BUY)
        desktop.frame.tick()
        assert ticket.view.staged is not None
        assert ticket.view.staged.startswith("Buy"), "the other side stages, it does not send"
        await desktop.settle()
        assert not desktop.bench.trading.placed


@pytest.mark.parametrize(
    ("price", "error"),
    [
        ("100.05", "The tick is 0.1."),
        ("abc", "Not a price."),
        ("1e3", "Not a price."),
        ("100012,3", "Not a price."),
        ("-5", "Not a price."),
        ("0", "Not a price."),
        ("1,000.5", ""),
        (" 1 000.5 ", ""),
    ],
)
async def test_prices_as_typed(price: str, error: str) -> None:
    desktop = Desktop()
    ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    async with running(desktop, ticket):
        ticket.set_price_text(price)
        desktop.frame.tick()
        assert ticket.view.price_error == error


async def test_the_ticket_says_what_blocks_and_what_the_exchange_answered() -> None:
    desktop = Desktop()
    ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    async with running(desktop, ticket):
        ticket.set_lots_text("20000")
        ticket.set_price_text("99.5")
        desktop.frame.tick()
        assert "your limit is 10\N{NARROW NO-BREAK SPACE}000" in ticket.view.blocked_reason
        assert not ticket.view.can_buy
        ticket.set_lots_text("x")
        desktop.frame.tick()
        assert ticket.view.lots_error
        ticket.set_lots_text("1")
        ticket.set_market(True)
        desktop.bench.trading.place_outcomes.append(Rejected("300003", "Not enough."))
        ticket.stage(Side.SELL)
        desktop.frame.tick()
        ticket.confirm()
        await desktop.settle()
        assert ticket.view.message is not None
        assert ticket.view.message.text == "Rejected: Not enough."
        (order,) = desktop.desk.orders.values()
        assert (order.state, order.price) == (OrderState.REJECTED, None)


async def test_a_hidden_panel_computes_nothing_and_catches_up() -> None:
    desktop = Desktop()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    async with running(desktop, orders):
        orders.set_paused(True)
        desktop.bench.stream.push(an_order_update(client_oid=None))
        desktop.frame.tick()
        assert orders.model.rows == ()
        orders.set_paused(False)
        desktop.frame.tick()
        assert len(orders.model.rows) == 1


async def test_a_stopped_panel_listens_to_nothing() -> None:
    desktop = Desktop()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    async with running(desktop, orders):
        orders.stop()
        desktop.bench.stream.push(an_order_update(client_oid=None, lots=Lots(1)))
        desktop.frame.tick()
        assert orders.model.rows == ()


async def test_the_workspace_holds_one_market_open() -> None:
    desktop = Desktop()
    async with running(desktop):
        changed: list[str] = []

        def note() -> None:
            assert desktop.workspace.market is not None
            changed.append(desktop.workspace.market.contract.symbol)

        desktop.workspace.contract_changed.connect(note)
        assert desktop.workspace.symbols == (XBT, OTHER)
        assert desktop.workspace.choose(XBT)
        assert changed == []
        assert not desktop.workspace.choose("NOPE")
        assert desktop.workspace.choose(OTHER)
        assert changed == [OTHER]
        assert desktop.markets.get(XBT) is None
        await desktop.settle()
