"""Panels where nothing may be sent: each says why, at the moment it is asked for more."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.domain.units import OrderId, Price, Side
from terminal.exchange.outcome import Rejected
from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.keys import Chord, LadderAction
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.text import EMPTY, NO_ACCOUNT, Role
from terminal.viewmodels.ticket import TicketViewModel
from tests.support.builders import XBT, a_position_update, an_order_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.usefixtures("qapp")

REASONS = {access: access.reason for access in Access}


@contextlib.asynccontextmanager
async def watching(access: Access = Access.WATCH_ONLY) -> AsyncIterator[Desktop]:
    """A desktop that may not send, with an order and a position where there is an account."""
    desktop = await Desktop(access).start()
    if access is Access.WATCH_ONLY:
        desktop.bench.stream.push(
            a_position_update(4, "100"),
            an_order_update(order_id=OrderId("9"), client_oid=None, price=Price(995)),
        )
        await desktop.settle()
    try:
        yield desktop
    finally:
        await desktop.stop()


def said(desktop: Desktop) -> str:
    """The sentence beside the ladder after the next frame."""
    desktop.frame.tick()
    message = desktop.ladder.view.message
    return "" if message is None else message.text


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA])
async def test_the_ladder_cannot_be_armed_and_says_why(access: Access) -> None:
    """The reason stands there from the start, and arming repeats it."""
    async with watching(access) as desktop:
        assert said(desktop) == access.reason
        for toggle in (desktop.ladder.toggle_keyboard, desktop.ladder.toggle_mouse):
            toggle()
            assert said(desktop) == f"Not armed. {access.reason}"
            assert desktop.ladder.trading.armed == frozenset()


async def test_no_key_of_the_ladder_sends_or_asks() -> None:
    """Every chord that is bound, once and as a double press: nothing reaches the gateway."""
    async with watching() as desktop:
        for number, chord in enumerate(desktop.ladder.keys):
            desktop.ladder.key_pressed(chord, 1000 * number, is_repeat=False)
            desktop.ladder.key_pressed(chord, 1000 * number + 100, is_repeat=False)
            desktop.frame.tick()
            assert desktop.ladder.trading.armed == frozenset()
            assert desktop.ladder.trading.choice is None
            assert desktop.ladder.trading.grab is None
        await desktop.clock.advance(20.0)
        assert desktop.bench.trading.placed == []
        assert desktop.bench.trading.cancels == []
        assert desktop.bench.trading.tested == []


async def test_canceling_and_flattening_say_why_not() -> None:
    """No question is asked that could only end in no."""
    async with watching() as desktop:
        reason = Access.WATCH_ONLY.reason
        trading = desktop.ladder.trading
        acts: list[tuple[Callable[[], object], str]] = [
            (trading.cancel_newest, "Not canceled."),
            (partial(trading.cancel_side, Side.BUY), "Not canceled."),
            (trading.cancel_all, "Not canceled."),
            (trading.cancel_everywhere, "Not canceled."),
            (partial(trading.press, LadderAction.FLATTEN, 1000), "Not flattened."),
        ]
        for act, words in acts:
            trading.message = None
            act()
            message = desktop.ladder.trading.message
            assert message is not None
            assert message.text == f"{words} {reason}"


async def test_the_account_is_shown_in_the_ladder() -> None:
    """Own orders and the position are where they are when trading."""
    async with watching() as desktop:
        row = next(row for row in desktop.ladder.view.rows if row.price == 995)
        assert row.own_bid is not None
        assert row.own_bid.text == "2"
        assert desktop.ladder.view.position_text != EMPTY


async def test_the_ticket_tests_an_order_with_one_press() -> None:
    """Its buttons say so; the exchange's answer is shown, and nothing is staged or placed."""
    async with watching() as desktop:
        ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
        ticket.start()
        ticket.set_price_text("99.5")
        ticket.set_lots_text("3")
        desktop.frame.tick()
        view = ticket.view
        assert (view.is_dry, view.can_buy, view.can_sell) == (True, True, True)
        assert (view.buy_text, view.sell_text) == ("Test buy 3", "Test sell 3")
        assert view.blocked_reason == Access.WATCH_ONLY.reason
        ticket.stage(Side.BUY)
        desktop.frame.tick()
        assert ticket.view.staged is None
        assert ticket.view.message is not None
        assert ticket.view.message.text == "Testing the order."
        ticket.confirm()
        await desktop.settle()
        assert ticket.view.message.text.startswith("Test passed")
        assert ticket.view.message.role is Role.BUY
        assert [(t.side, t.price, t.lots) for t, _ in desktop.bench.trading.tested] == [
            (Side.BUY, 995, 3)
        ]
        assert desktop.bench.trading.placed == []
        ticket.stop()


async def test_the_ticket_shows_what_the_exchange_would_refuse() -> None:
    """The exchange's reason, and our own where it does not even come to asking."""
    async with watching() as desktop:
        ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
        ticket.start()
        ticket.set_price_text("99.5")
        desktop.bench.trading.test_outcomes.append(Rejected("300003", "The balance is low."))
        ticket.stage(Side.SELL)
        await desktop.settle()
        assert ticket.view.message is not None
        assert "The balance is low." in ticket.view.message.text
        assert ticket.view.message.role is Role.DANGER
        ticket.set_price_text("")
        ticket.stage(Side.SELL)
        desktop.frame.tick()
        assert ticket.view.message is not None
        assert ticket.view.message.text == "Not tested. Enter a price."
        ticket.set_price_text("99.5")
        ticket.set_lots_text("999999")
        ticket.stage(Side.SELL)
        desktop.frame.tick()
        assert ticket.view.message is not None
        assert ticket.view.message.text.startswith("Not tested. ")
        assert len(desktop.bench.trading.tested) == 1
        ticket.stop()


async def test_without_an_account_the_ticket_offers_nothing() -> None:
    """There is nobody for whom an order could be tested."""
    async with watching(Access.MARKET_DATA) as desktop:
        ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
        ticket.start()
        ticket.set_price_text("99.5")
        desktop.frame.tick()
        view = ticket.view
        assert (view.is_dry, view.can_buy, view.can_sell) == (False, False, False)
        assert view.blocked_reason == Access.MARKET_DATA.reason
        assert view.stale is None
        assert view.effect_text == "", "a position that is not known makes no other one"
        assert desktop.ladder.view.position_text == "No account"
        ticket.stage(Side.BUY)
        ticket.confirm()
        await desktop.settle()
        assert desktop.bench.trading.tested == []
        assert desktop.bench.trading.placed == []
        ticket.stop()


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (Access.WATCH_ONLY, ("No open position.", "No working orders.", "No fills in the")),
        (Access.MARKET_DATA, (NO_ACCOUNT, NO_ACCOUNT, NO_ACCOUNT)),
    ],
)
async def test_empty_panels_know_whether_there_is_an_account(
    access: Access, words: tuple[str, str, str]
) -> None:
    """An empty table that knows nothing does not pretend that there is nothing."""
    desktop = Desktop(access)
    contracts = desktop.bench.contracts
    panels: tuple[PositionsViewModel | OrdersViewModel | FillsViewModel, ...] = (
        PositionsViewModel(
            desktop.workspace, desktop.account, desktop.desk, contracts, desktop.frame
        ),
        OrdersViewModel(desktop.desk, contracts, desktop.frame),
        FillsViewModel(desktop.desk, contracts, desktop.frame),
    )
    texts = [panel.empty_text for panel in panels]
    assert [text[: len(start)] for text, start in zip(texts, words, strict=True)] == list(words)
    assert not any("ladder" in text for text in texts)
    await desktop.bench.stop()


async def test_the_status_bar_without_an_account() -> None:
    """One stream, no money, and the reason why there is none."""
    desktop = Desktop(Access.MARKET_DATA)
    status = StatusViewModel(
        StatusSources(
            desktop.market_feed,
            desktop.bench.feed,
            desktop.account,
            desktop.workspace,
            desktop.clock,
            desktop.ladder,
            desktop.health,
        ),
        ("LIVE \N{MIDDLE DOT} watch only", Role.LIVE),
        desktop.frame,
    )
    await desktop.start()
    await desktop.bench.feed.stop()
    status.start()
    desktop.frame.tick()
    cells = {cell.name: cell for cell in status.view.cells}
    assert cells["connection"].text == "Connected", "the account's stream is not looked at"
    assert NO_ACCOUNT in cells["connection"].tooltip
    assert "market" in cells["round_trip"].tooltip
    for name in ("equity", "available", "day_pnl"):
        assert (cells[name].text, cells[name].tooltip) == (EMPTY, NO_ACCOUNT)
    status.stop()
    await desktop.stop()


async def test_a_row_of_the_orders_panel_cannot_cancel() -> None:
    """The event log says why."""
    async with watching() as desktop:
        orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
        orders.start()
        desktop.frame.tick()
        (row,) = orders.model.rows
        orders.cancel(row.key)
        await desktop.settle()
        assert desktop.bench.trading.cancels == []
        assert orders.model.rows[0].state == "Open"
        assert f"Not canceled. {Access.WATCH_ONLY.reason}" in [
            notice.text for notice in desktop.bench.notices.notices
        ]
        orders.stop()


async def test_flattening_from_the_positions_panel_is_refused() -> None:
    """The position stays, and the event log says why."""
    async with watching() as desktop:
        positions = PositionsViewModel(
            desktop.workspace,
            desktop.account,
            desktop.desk,
            desktop.bench.contracts,
            desktop.frame,
        )
        positions.start()
        desktop.frame.tick()
        assert [row.symbol for row in positions.model.rows] == [XBT]
        positions.flatten(XBT)
        await desktop.clock.advance(5.0)
        assert desktop.bench.trading.placed == []
        assert not desktop.desk.flattening(XBT)
        positions.stop()


def test_the_chords_that_were_pressed_are_those_of_trading() -> None:
    """The sweep above would prove nothing with an empty table of keys."""
    desktop_keys = Desktop(Access.WATCH_ONLY).ladder.keys
    assert len(desktop_keys) > 15
    assert all(isinstance(chord, Chord) for chord in desktop_keys)
