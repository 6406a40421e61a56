"""Exits in the order ticket: which side they fit, what is refused, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.domain.events import MarginMode, StopReference
from terminal.domain.ticket import AttachedExits
from terminal.domain.units import Price, Side
from tests.support.desktop import OTHER
from tests.support.protected import Protected

pytestmark = pytest.mark.usefixtures("qapp")


async def a_ticket_at(price: str, loss: str = "", profit: str = "") -> Protected:
    protected = await Protected().start()
    ticket = protected.ticket
    ticket.set_price_text(price)
    ticket.set_loss_text(loss)
    ticket.set_profit_text(profit)
    protected.desktop.frame.tick()
    return protected


@pytest.mark.parametrize(
    ("side", "loss", "profit", "up", "down"),
    [
        (Side.BUY, "98", "103", 1030, 980),
        (Side.SELL, "103", "98", 1030, 980),
        (Side.BUY, "98", "", None, 980),
        (Side.SELL, "", "98", None, 980),
        (Side.BUY, "", "103", 1030, None),
    ],
)
async def test_exits_go_with_the_order_and_are_staged_as_conditions(
    side: Side, loss: str, profit: str, up: int | None, down: int | None
) -> None:
    protected = await a_ticket_at("100", loss, profit)
    ticket = protected.ticket
    view = ticket.view
    assert (view.can_buy, view.can_sell) == (side is Side.BUY, side is Side.SELL)
    assert view.exits_text.startswith(side.value.capitalize())
    assert "not documented" in view.exits_text
    ticket.stage(side)
    protected.desktop.frame.tick()
    assert ticket.view.staged is not None
    assert "exits if mark" in ticket.view.staged
    ticket.confirm()
    await protected.settle()
    ((sent, _),) = protected.desktop.bench.trading.placed
    assert sent.exits == AttachedExits(
        StopReference.MARK,
        None if up is None else Price(up),
        None if down is None else Price(down),
    )
    await protected.stop()


@pytest.mark.parametrize(
    ("loss", "profit", "error"),
    [
        ("98.04", "", "on a tick"),
        ("x", "", "on a tick"),
        ("0", "", "on a tick"),
        ("98", "98", "at one price"),
    ],
)
async def test_exits_that_are_no_prices_are_refused_at_their_field(
    loss: str, profit: str, error: str
) -> None:
    protected = await a_ticket_at("100", loss, profit)
    view = protected.ticket.view
    assert error in view.exits_error
    assert (view.can_buy, view.can_sell) == (False, False)
    assert view.exits_text == ""
    await protected.stop()


async def test_exits_on_the_wrong_side_of_the_price_say_which_side_is_right() -> None:
    protected = await a_ticket_at("100", "101", "102")
    protected.ticket.stage(Side.BUY)
    protected.desktop.frame.tick()
    message = protected.ticket.view.message
    assert message is not None
    assert "The stop-loss of a buy lies below its price." in message.text
    protected.ticket.stage(Side.SELL)
    protected.desktop.frame.tick()
    message = protected.ticket.view.message
    assert message is not None
    assert "The take-profit of a sell lies below its price." in message.text
    await protected.stop()


async def test_a_market_order_compares_its_exits_with_the_touch() -> None:
    protected = await a_ticket_at("", "98", "103")
    protected.ticket.set_market(True)
    protected.desktop.frame.tick()
    assert (protected.ticket.view.can_buy, protected.ticket.view.can_sell) == (True, False)
    await protected.stop()


async def test_what_only_reduces_takes_no_exits() -> None:
    protected = await a_ticket_at("100", "98")
    protected.ticket.set_reduce_only(True)
    protected.desktop.frame.tick()
    assert "takes no exits" in protected.ticket.view.exits_error
    await protected.stop()


async def test_the_reference_is_the_settings_and_a_new_contract_forgets_the_exits() -> None:
    protected = await a_ticket_at("100", "98")
    protected.guarded.settings = replace(protected.guarded.settings, reference=StopReference.LAST)
    protected.ticket.mark_dirty()
    protected.desktop.frame.tick()
    assert "if last falls to 98.0" in protected.ticket.view.exits_text
    assert protected.desktop.workspace.choose(OTHER)
    protected.desktop.frame.tick()
    assert protected.ticket.view.loss_text == ""
    await protected.stop()


async def test_a_margin_mode_that_nobody_told_keeps_back_only_what_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    protected = await a_ticket_at("100")
    account = protected.desktop.bench.account
    monkeypatch.setattr(account, "margin_mode", lambda _symbol: None)
    protected.ticket.set_price_text("100")
    protected.desktop.frame.tick()
    assert not protected.ticket.view.can_buy
    protected.ticket.set_reduce_only(True)
    protected.ticket.stage(Side.SELL)
    protected.desktop.frame.tick()
    protected.ticket.confirm()
    await protected.settle()
    ((sent, _),) = protected.desktop.bench.trading.placed
    assert (sent.is_reduce_only, sent.margin_mode) == (True, MarginMode.ISOLATED)
    await protected.stop()
