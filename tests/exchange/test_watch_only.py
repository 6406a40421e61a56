"""Whatever is asked for, watching sends no command."""

from __future__ import annotations

import inspect

import pytest

from terminal.domain.access import Access
from terminal.domain.units import ClientOid, OrderId, Side
from terminal.exchange.gateway import TradingGateway
from terminal.exchange.outcome import Accepted, NotSent
from terminal.exchange.watch_only import WatchOnlyTrading
from tests.support.builders import XBT, a_fill, a_ticket, an_order_update
from tests.support.fakes import FakeTradingGateway

OID, ID = ClientOid("c1"), OrderId("9")
NO_COMMANDS = (Access.WATCH_ONLY, Access.SECOND, Access.MARKET_DATA)


@pytest.mark.parametrize("access", NO_COMMANDS)
async def test_every_command_ends_before_the_gateway(access: Access) -> None:
    """Placing and each kind of canceling: not sent, with the reason."""
    inner = FakeTradingGateway()
    watching = WatchOnlyTrading(inner, access)
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
        await watching.cancel_batch_by_client_oid([(XBT, OID), (XBT, ClientOid("c2"))]),
    ]
    assert batches == [(NotSent(access.reason),) * 2] * 3
    assert inner.placed == []
    assert inner.cancels == []
    assert watching.access is access


async def test_an_order_is_tested_only_for_an_account() -> None:
    """Testing is the one thing that goes through, once, and not without a key."""
    inner = FakeTradingGateway()
    assert await WatchOnlyTrading(inner, Access.WATCH_ONLY).test(a_ticket(), OID) == Accepted(
        (OrderId("t"),)
    )
    refused = await WatchOnlyTrading(inner, Access.MARKET_DATA).test(a_ticket(), OID)
    assert isinstance(refused, NotSent)
    assert inner.tested == [(a_ticket(), OID)]


async def test_questions_are_answered() -> None:
    """What only reads goes through."""
    inner = FakeTradingGateway()
    order, fill = an_order_update(order_id=ID, client_oid=OID), a_fill()
    inner.known = {ID: order, OID: order}
    inner.open, inner.stops, inner.done, inner.fills = (order,), (order,), (order,), (fill,)
    watching = WatchOnlyTrading(inner, Access.WATCH_ONLY)
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


def test_full_access_is_no_reason_to_watch() -> None:
    """A gateway that refuses must be able to say why."""
    with pytest.raises(ValueError, match="no reason"):
        WatchOnlyTrading(FakeTradingGateway(), Access.FULL)


def test_nothing_of_the_gateway_is_forgotten() -> None:
    """A command that the protocol gains must be refused here, too."""
    members = {name for name in vars(TradingGateway) if not name.startswith("_")}
    assert members - {"access"} <= set(vars(WatchOnlyTrading))
    readers = {
        "order", "order_by_client_oid", "open_orders", "open_stops",
        "recent_done_orders", "recent_fills", "route",
    }  # fmt: skip
    commands = members - readers - {"access", "test"}
    for name in commands:
        source = inspect.getsource(getattr(WatchOnlyTrading, name))
        assert "_inner" not in source, name
