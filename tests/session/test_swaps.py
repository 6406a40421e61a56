"""Swapping protection: the new one is seen to wait before the old one is canceled."""

from __future__ import annotations

from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import Lots, Price, Side
from terminal.session.swaps import swap
from tests.support.builders import a_ticket
from tests.support.guarded import a_guarded, a_stop_update

TICKET = a_ticket(
    side=Side.SELL,
    order_type=OrderType.MARKET,
    price=None,
    lots=Lots(2),
    is_reduce_only=True,
    trigger=StopTrigger(StopDirection.DOWN, StopReference.MARK, Price(980)),
)


async def test_both_happen_in_order() -> None:
    guarded = await a_guarded(2, a_stop_update())
    (old,) = guarded.bench.desk.working()
    done = await swap(guarded.bench.desk, [TICKET], [old.client_oid])
    assert (done.ok, len(done.sent)) == (True, 1)
    assert guarded.bench.trading.cancels == ["s1"]
    await guarded.stop()


async def test_what_the_guard_blocks_leaves_everything() -> None:
    guarded = await a_guarded(2, a_stop_update())
    (old,) = guarded.bench.desk.working()
    large = a_ticket(lots=Lots(5_000_000))
    done = await swap(guarded.bench.desk, [large], [old.client_oid])
    assert not done.ok
    assert done.sentence.endswith("What was there before stays.")
    assert done.sent == ()
    assert guarded.bench.trading.cancels == []
    await guarded.stop()


async def test_only_placing_and_only_canceling_are_said_as_such() -> None:
    guarded = await a_guarded(2, a_stop_update())
    (old,) = guarded.bench.desk.working()
    placed = await swap(guarded.bench.desk, [TICKET, TICKET], [])
    assert placed.sentence == "Done: 2 stops wait."
    ended = await swap(guarded.bench.desk, [], [old.client_oid])
    assert ended.sentence == "Done: 1 was canceled."
    await guarded.stop()
