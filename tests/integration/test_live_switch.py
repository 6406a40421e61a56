"""The switch on a whole backend: the simulated exchange stands in for a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.domain.account_facts import StopsFate
from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.guard import BlockField
from terminal.domain.order import OrderState
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import Lots, Price, Side
from terminal.exchange.order_socket import SocketStatus
from terminal.exchange.outcome import Accepted
from terminal.exchange.permit import Permit
from terminal.session.backend import Safety
from terminal.session.clearing import ClearingKind
from terminal.session.conditions import Light
from terminal.session.fuse import FuseState, FuseTerms
from terminal.session.results import Blocked, Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.ticket import OrderTicket
    from terminal.session.live_switch import LiveSwitch


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    """A calm exchange, and an account on it that may be traded but is not yet."""
    one = Live(is_calm=True, permit=Permit(Access.WATCH_ONLY, Access.FULL))
    await one.start()
    yield one
    await one.stop()


async def the_switch(live: Live) -> LiveSwitch:
    switch = live.backend.live
    assert switch is not None
    await eventually(
        lambda: all(one.light is Light.GREEN for one in switch.conditions()),
        "all conditions green",
    )
    return switch


def a_deep_buy(live: Live) -> OrderTicket:
    touch = live.market.touch()
    assert touch is not None
    assert touch.best_bid is not None
    return a_ticket(price=Price(touch.best_bid - 300), lots=1)


async def test_from_watching_to_trading_and_back(live: Live) -> None:
    """Nothing is sent before; an order rests while it is on; off, it can only be canceled."""
    desk, switch = live.backend.desk, await the_switch(live)
    blocked = desk.submit(a_deep_buy(live))
    assert isinstance(blocked, Blocked)
    assert blocked.blocks[0].field is BlockField.ACCESS
    assert switch.turn_on() == ""
    sent = desk.submit(a_deep_buy(live))
    assert isinstance(sent, Submitted)
    await eventually(
        lambda: desk.orders[sent.client_oid].state is OrderState.OPEN, "the resting order"
    )
    switch.turn_off()
    again = desk.submit(a_deep_buy(live))
    assert isinstance(again, Blocked)
    assert again.blocks[0].reason == Access.REDUCING.reason
    assert isinstance(desk.move(sent.client_oid, Price(1)), Blocked)
    desk.cancel(sent.client_oid)
    await eventually(
        lambda: desk.orders[sent.client_oid].state is OrderState.CANCELED, "the cancel's end"
    )


async def test_a_lost_stream_switches_it_off_and_flattening_goes_on(live: Live) -> None:
    """The position that was opened while it was on can be closed while it is off."""
    desk, switch = live.backend.desk, await the_switch(live)
    assert switch.turn_on() == ""
    touch = live.market.touch()
    assert touch is not None
    assert touch.best_ask is not None
    assert isinstance(desk.submit(a_ticket(price=Price(touch.best_ask + 2), lots=3)), Submitted)
    account = live.backend.account
    await eventually(lambda: account.position(XBT).core.lots == 3, "a long position")
    live.backend.market_feed.doubt("cut by the test")
    await eventually(lambda: not switch.is_on, "the switch off")
    assert switch.access is Access.REDUCING
    desk.flatten(XBT)
    await eventually(lambda: account.position(XBT).core.is_flat, "a flat position")
    await eventually(lambda: not desk.flattening(XBT), "the end of flattening")
    assert not switch.is_on


@pytest.fixture
async def reducing() -> AsyncIterator[Live]:
    """An account whose cancels are allowed and which is not traded yet, as after a start."""
    one = Live(is_calm=True, permit=Permit(Access.REDUCING, Access.FULL))
    await one.start()
    yield one
    await one.stop()


async def an_open_position(live: Live, lots: int = 3) -> OrderTicket:
    """Switch on, hold lots and leave a resting buy; answers what rests."""
    desk, switch = live.backend.desk, await the_switch(live)
    assert switch.turn_on() == ""
    touch = live.market.touch()
    assert touch is not None
    assert touch.best_ask is not None
    assert isinstance(desk.submit(a_ticket(price=Price(touch.best_ask + 2), lots=lots)), Submitted)
    account = live.backend.account
    await eventually(lambda: account.position(XBT).core.lots == lots, "a long position")
    resting = a_deep_buy(live)
    sent = desk.submit(resting)
    assert isinstance(sent, Submitted)
    await eventually(
        lambda: desk.orders[sent.client_oid].state is OrderState.OPEN, "the resting order"
    )
    return resting


async def test_the_stop_is_thrown_while_live_trading_is_off(reducing: Live) -> None:
    """What was left behind from a time when it was on is canceled."""
    await an_open_position(reducing)
    backend = reducing.backend
    assert backend.live is not None
    backend.live.turn_off()
    assert backend.kill_switch.refusal == "", "the button is enabled"
    backend.kill_switch.throw()
    assert backend.kill_switch.status.is_on
    await eventually(lambda: backend.kill_switch.status.is_finished, "the end of the stop")
    assert backend.desk.working() == ()
    assert backend.account.position(XBT).core.lots == 3


async def test_a_stop_that_turns_live_trading_off_still_flattens(reducing: Live) -> None:
    """The stop itself is a condition of live trading: what was asked after it is carried out."""
    await an_open_position(reducing)
    backend = reducing.backend
    switch = backend.live
    assert switch is not None
    backend.kill_switch.throw()
    await eventually(lambda: not switch.is_on, "live trading off by the stop")
    assert backend.kill_switch.refusal == "", "the button stays enabled"
    backend.kill_switch.throw(ClearingKind.FLATTEN)
    assert backend.kill_switch.status.kind is ClearingKind.FLATTEN
    await eventually(lambda: backend.account.position(XBT).core.is_flat, "a flat position")
    await eventually(lambda: backend.kill_switch.status.is_finished, "the end of the stop")
    assert backend.desk.working() == ()


async def test_the_stop_keeps_a_plain_stop_until_what_it_protects_is_gone(live: Live) -> None:
    """It is not reduce-only and could open: that is said, and flat it goes as an entry does."""
    switch, backend = await the_switch(live), live.backend
    assert switch.turn_on() == ""
    await an_open_position(live)
    await eventually(lambda: backend.references_of(XBT).mark is not None, "a mark price")
    mark = backend.references_of(XBT).mark
    assert mark is not None
    below = Price(backend.markets.contracts[XBT].scale.ticks_below(mark.value) - 2000)
    plain = backend.desk.submit(
        a_ticket(
            side=Side.SELL, order_type=OrderType.MARKET, price=None, lots=Lots(3),
            trigger=StopTrigger(StopDirection.DOWN, StopReference.MARK, below),
        )
    )  # fmt: skip
    assert isinstance(plain, Submitted)
    orders = backend.desk.orders
    await eventually(
        lambda: orders[plain.client_oid].state is OrderState.UNTRIGGERED, "a waiting stop"
    )
    backend.kill_switch.throw()
    await eventually(lambda: backend.kill_switch.status.is_finished, "the end of the stop")
    assert [order.client_oid for order in backend.desk.working()] == [plain.client_oid]
    assert backend.kill_switch.status.progress.guards == 1
    assert backend.desk.close_share(XBT) is None
    await eventually(lambda: not backend.desk.working(), "the end of the plain stop")
    assert backend.account.position(XBT).core.is_flat


async def test_the_fuse_goes_with_the_permit() -> None:
    """Lit as soon as live trading is on, put out before the account is only watched.

    With live trading off it burns on, on the exchange itself.
    """
    terms = FuseTerms(StopsFate.KEPT, timeout_s=60, at_start=True)
    one = Live(
        is_calm=True, permit=Permit(Access.WATCH_ONLY, Access.FULL), safety=Safety(fuse=terms)
    )
    await one.start()
    switch, fuse = await the_switch(one), one.backend.fuse
    settings = one.exchange.engine.dead_man.settings
    assert fuse.status.state is FuseState.OFF
    assert switch.turn_on() == ""
    await eventually(lambda: fuse.status.state is FuseState.LIT, "the fuse lit")
    assert len(settings) == 1
    switch.turn_off()
    assert fuse.is_burning
    renewal = await one.backend.clients.funds.renew_dead_man_switch(60)
    assert isinstance(renewal.outcome, Accepted)
    switch.watch_only()
    await eventually(lambda: fuse.status.state is FuseState.OFF, "the fuse out")
    await eventually(lambda: switch.access is Access.WATCH_ONLY, "an account only watched")
    await one.stop()


async def test_the_order_socket_is_signed_in_only_while_something_may_be_sent() -> None:
    """Who only watches holds no door open; allowed again, it signs in anew."""
    one = Live(is_calm=True, permit=Permit(Access.WATCH_ONLY, Access.FULL), has_socket=True)
    await one.start()
    switch, socket = one.backend.live, one.backend.clients.order_socket
    assert switch is not None
    assert socket is not None
    assert not socket.is_ready
    switch.allow()
    await eventually(lambda: socket.is_ready, "the order socket")
    switch.watch_only()
    await eventually(lambda: socket.state.status is SocketStatus.STOPPED, "its end")
    assert not socket.is_ready
    switch.allow()
    switch.watch_only()
    switch.allow()
    await eventually(lambda: socket.is_ready, "the order socket once more")
    await one.stop()
