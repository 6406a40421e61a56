"""The desk without the right to send: it says why, tests orders, and asks nobody for more."""

from __future__ import annotations

import pytest

from terminal.domain.access import Access
from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.exchange.outcome import NotSent, Rejected, Unknown
from terminal.session.results import Blocked, DryRun
from tests.support.builders import XBT, a_position_update, a_ticket, an_order_update
from tests.support.desk import Bench

OID = ClientOid("mine")


async def a_watching_bench(access: Access = Access.WATCH_ONLY) -> tuple[Bench, list[DryRun]]:
    """A started bench that may not send, with one order of the account on it."""
    bench = Bench()
    bench.trading.access = access
    runs: list[DryRun] = []
    bench.desk.on_dry_run.add(runs.append)
    await bench.start()
    bench.stream.push(an_order_update(order_id=OrderId("9"), client_oid=OID))
    bench.stream.push(a_position_update(4, "100"))
    await bench.clock.settle()
    return bench, runs


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.SECOND, Access.MARKET_DATA])
async def test_no_command_reaches_the_gateway_and_each_says_why(access: Access) -> None:
    """Sending, moving, four ways of canceling and flattening."""
    bench, _ = await a_watching_bench(access)
    desk = bench.desk
    submitted = desk.submit(a_ticket())
    assert isinstance(submitted, Blocked)
    assert (submitted.blocks[0].field, submitted.blocks[0].reason) == (
        BlockField.ACCESS,
        access.reason,
    )
    assert desk.blocks(a_ticket())[0].field is BlockField.ACCESS
    moved = desk.move(OID, Price(900))
    assert isinstance(moved, Blocked)
    assert moved.blocks[0].reason == access.reason
    desk.cancel(OID)
    desk.cancel(ClientOid("nobody's"))
    desk.cancel_all(XBT)
    desk.cancel_side(XBT, Side.BUY)
    assert desk.cancel_newest(XBT) is False
    desk.cancel_everywhere()
    desk.cancel_chosen((OID,))
    desk.flatten(XBT)
    await bench.clock.advance(30.0)
    assert bench.trading.placed == []
    assert bench.trading.cancels == []
    order = desk.orders[OID]
    assert (order.state, order.pending) == (OrderState.OPEN, PendingCommand.NONE)
    assert bench.sentences == [f"Not canceled. {access.reason}"]
    told = [notice.text for notice in bench.notices.notices]
    assert told.count(f"Not canceled. {access.reason}") >= 5
    assert f"Not flattened. {access.reason}" in told
    await bench.stop()


async def test_the_account_is_followed_all_the_same() -> None:
    """Orders and positions that others change are shown as they change."""
    bench, _ = await a_watching_bench()
    assert bench.desk.is_trusted
    assert [order.client_oid for order in bench.desk.working(XBT)] == [OID]
    bench.stream.push(
        an_order_update(order_id=OrderId("9"), client_oid=OID, filled=Lots(2), is_done=True)
    )
    assert bench.desk.working(XBT) == ()
    await bench.stop()


async def test_a_test_order_is_tested_and_leaves_no_order() -> None:
    """The exchange's yes is told; no list holds the test."""
    bench, runs = await a_watching_bench()
    before = dict(bench.desk.orders)
    assert bench.desk.dry_run(a_ticket()) is None
    await bench.clock.settle()
    assert [ticket for ticket, _ in bench.trading.tested] == [a_ticket()]
    assert [(run.ok, run.ticket) for run in runs] == [(True, a_ticket())]
    assert "Nothing was placed." in runs[0].sentence
    assert bench.desk.orders == before
    assert bench.trading.placed == []
    await bench.stop()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Rejected("300003", "The balance is not enough.", "Less."), "The balance is not enough."),
        (NotSent("The exchange did not answer."), "Not tested. The exchange did not answer."),
        (Unknown("The exchange did not answer."), "Not tested. The exchange did not answer."),
    ],
)
async def test_what_the_exchange_would_say_is_told_once(
    outcome: Rejected | NotSent | Unknown, words: str
) -> None:
    """A test is never asked about again, whatever became of it."""
    bench, runs = await a_watching_bench()
    bench.trading.test_outcomes.append(outcome)
    queries = bench.trading.queries
    bench.desk.dry_run(a_ticket())
    await bench.clock.advance(30.0)
    (run,) = runs
    assert not run.ok
    assert words in run.sentence
    assert run.sentence.endswith("Nothing was placed.")
    assert len(bench.trading.tested) == 1
    assert bench.trading.queries == queries
    assert run.sentence in [notice.text for notice in bench.notices.notices]
    await bench.stop()


async def test_our_own_limits_hold_for_tests_too() -> None:
    """What would be blocked when sending is blocked when testing."""
    bench, runs = await a_watching_bench()
    bench.limits = GuardLimits(max_lots=Lots(1))
    blocked = bench.desk.dry_run(a_ticket(lots=Lots(2)))
    assert isinstance(blocked, Blocked)
    assert blocked.blocks[0].field is BlockField.LOTS
    await bench.clock.settle()
    assert bench.trading.tested == []
    assert runs == []
    await bench.stop()


async def test_full_access_blocks_nothing_of_its_own() -> None:
    """The check costs the demo nothing."""
    bench = Bench()
    await bench.start()
    assert bench.desk.access is Access.FULL
    assert bench.desk.blocks(a_ticket()) == ()
    await bench.stop()
