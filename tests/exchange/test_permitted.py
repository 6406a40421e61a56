"""Whatever is asked for, only what the permit allows is sent."""

from __future__ import annotations

import inspect

import pytest

from terminal.domain.access import Access
from terminal.domain.events import MarginMode
from terminal.domain.ticket import close_ticket
from terminal.domain.units import ClientOid, OrderId, Side
from terminal.exchange.gateway import TradingGateway
from terminal.exchange.outcome import Accepted, NotSent
from terminal.exchange.permit import Permit
from terminal.exchange.permitted import PermittedTrading
from tests.support.builders import XBT, a_fill, a_ticket, an_order_update
from tests.support.fakes import FakeTradingGateway

OID, ID = ClientOid("c1"), OrderId("9")
NO_COMMANDS = (Access.WATCH_ONLY, Access.SECOND, Access.MARKET_DATA)


@pytest.mark.parametrize("access", NO_COMMANDS)
async def test_every_command_ends_before_the_gateway(access: Access) -> None:
    """Placing and each kind of canceling: not sent, with the reason."""
    inner = FakeTradingGateway()
    watching = PermittedTrading(inner, Permit(access))
    outcomes = [
        await watching.place(a_ticket(side=Side.SELL), OID),
        await watching.cancel(ID),
        await watching.cancel_by_client_oid(XBT, OID),
        await watching.cancel_all(XBT),
        await watching.cancel_all_stops(XBT),
    ]
    assert outcomes == [NotSent(access.reason)] * 5
    batches = [
        await watching.place_batch([(a_ticket(), OID), (a_ticket(), ClientOid("c2"))]),
        await watching.cancel_batch([ID, OrderId("10")]),
    ]
    assert batches == [(NotSent(access.reason),) * 2] * 2
    assert inner.placed == []
    assert inner.cancels == []
    assert watching.access is access


async def test_an_order_is_tested_only_for_an_account() -> None:
    """Testing is the one thing that goes through, once, and not without a key."""
    inner = FakeTradingGateway()
    watching = PermittedTrading(inner, Permit(Access.WATCH_ONLY))
    assert await watching.test(a_ticket(), OID) == Accepted((OrderId("t"),))
    refused = await PermittedTrading(inner, Permit(Access.MARKET_DATA)).test(a_ticket(), OID)
    assert isinstance(refused, NotSent)
    assert inner.tested == [(a_ticket(), OID)]


async def test_questions_are_answered() -> None:
    """What only reads goes through."""
    inner = FakeTradingGateway()
    order, fill = an_order_update(order_id=ID, client_oid=OID), a_fill()
    inner.known = {ID: order, OID: order}
    inner.open, inner.stops, inner.done, inner.fills = (order,), (order,), (order,), (fill,)
    watching = PermittedTrading(inner, Permit(Access.WATCH_ONLY))
    assert await watching.order(ID) == order
    assert await watching.order_by_client_oid(OID) == order
    for many in (
        await watching.open_orders(),
        await watching.open_stops(XBT),
        await watching.recent_done_orders(),
    ):
        assert many == (order,)
    assert await watching.recent_fills() == (fill,)
    assert watching.route == inner.route


async def test_reducing_sends_cancels_and_what_reduces() -> None:
    """What opens is refused, alone and in a batch, where the others go; each keeps its place."""
    inner = FakeTradingGateway()
    reducing = PermittedTrading(inner, Permit(Access.REDUCING))
    exit_, close = a_ticket(is_reduce_only=True), close_ticket(XBT, MarginMode.ISOLATED)
    refused = NotSent(Access.REDUCING.reason)
    assert await reducing.place(a_ticket(), OID) == refused
    assert isinstance(await reducing.place(exit_, OID), Accepted)
    assert isinstance(await reducing.place(close, ClientOid("c2")), Accepted)
    batch = [(a_ticket(), ClientOid("c3")), (exit_, ClientOid("c4")), (a_ticket(), ClientOid("c5"))]
    first, second, third = await reducing.place_batch(batch)
    assert (first, third) == (refused, refused)
    assert isinstance(second, Accepted)
    assert [oid for _, oid in inner.placed] == [OID, ClientOid("c2"), ClientOid("c4")]
    for cancel in (
        reducing.cancel(ID),
        reducing.cancel_by_client_oid(XBT, OID),
        reducing.cancel_all(XBT),
        reducing.cancel_all_stops(XBT),
    ):
        assert isinstance(await cancel, Accepted)
    assert [type(one) for one in await reducing.cancel_batch([ID])] == [Accepted]


async def test_a_permit_is_looked_at_for_each_command() -> None:
    """It can be lowered at any time, and raised again."""
    inner, permit = FakeTradingGateway(), Permit(Access.WATCH_ONLY, Access.FULL)
    trading = PermittedTrading(inner, permit)
    for access, is_sent in (
        (Access.FULL, True),
        (Access.REDUCING, False),
        (Access.FULL, True),
        (Access.WATCH_ONLY, False),
    ):
        permit.change(access)
        outcome = await trading.place(a_ticket(), ClientOid(f"c{access.value}"))
        assert isinstance(outcome, Accepted) is is_sent
        assert trading.access is access


def test_nothing_of_the_gateway_is_forgotten() -> None:
    """A command that the protocol gains must look at the permit, too."""
    members = {name for name in vars(TradingGateway) if not name.startswith("_")}
    assert members <= set(vars(PermittedTrading))
    readers = {
        "order", "order_by_client_oid", "open_orders", "open_stops",
        "recent_done_orders", "recent_fills", "route",
    }  # fmt: skip
    for name in members - readers - {"access"}:
        source = inspect.getsource(getattr(PermittedTrading, name))
        assert "self.access" in source or "self._why_not" in source, name
