"""Swapping protection: the new one is seen to wait before the old one is canceled."""

from __future__ import annotations

from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.intention import Purpose
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import Lots, Price, Side
from terminal.session.swaps import swap
from tests.support.builders import XBT, a_ticket
from tests.support.guarded import a_guarded, a_stop_update

TICKET = a_ticket(
    side=Side.SELL,
    order_type=OrderType.MARKET,
    price=None,
    lots=Lots(2),
    is_reduce_only=True,
    trigger=StopTrigger(StopDirection.DOWN, StopReference.MARK, Price(980)),
)
WANTED = "Moving the stop."


async def test_both_happen_in_order() -> None:
    guarded = await a_guarded(2, a_stop_update())
    (old,) = guarded.bench.desk.working()
    done = await swap(guarded.bench.desk, XBT, [TICKET], [old.client_oid], WANTED)
    assert (done.ok, len(done.sent)) == (True, 1)
    assert guarded.bench.trading.cancels == ["s1"]
    await guarded.stop()


async def test_what_the_guard_blocks_leaves_everything() -> None:
    guarded = await a_guarded(2, a_stop_update())
    (old,) = guarded.bench.desk.working()
    large = a_ticket(lots=Lots(5_000_000))
    done = await swap(guarded.bench.desk, XBT, [large], [old.client_oid], WANTED)
    assert not done.ok
    assert done.sentence.endswith("What was there before stays.")
    assert done.sent == ()
    assert guarded.bench.trading.cancels == []
    await guarded.stop()


async def test_only_placing_and_only_canceling_are_said_as_such() -> None:
    guarded = await a_guarded(2, a_stop_update())
    (old,) = guarded.bench.desk.working()
    placed = await swap(guarded.bench.desk, XBT, [TICKET, TICKET], [], WANTED)
    assert placed.sentence == "Done: 2 stops wait."
    ended = await swap(guarded.bench.desk, XBT, [], [old.client_oid], WANTED)
    assert ended.sentence == "Done: 1 was canceled."
    await guarded.stop()


async def test_one_that_is_cut_off_between_the_two_is_told_at_the_next_start() -> None:
    """The new stop waits, the old one is not canceled yet: the journal knows that it was meant."""
    guarded = await a_guarded(2, a_stop_update())
    bench = guarded.bench
    (old,) = bench.desk.working()
    guarded.keeps = False  # the new one is not told of

    async def swapping() -> None:
        await swap(bench.desk, XBT, [TICKET], [old.client_oid], WANTED)

    task = bench.owner.spawn("swap", swapping())
    assert task is not None
    await guarded.settle()
    task.cancel()
    await guarded.settle()
    (cut,) = bench.desk.journal.open_procedures()
    assert (cut.kind, cut.symbol, cut.wanted) == (Purpose.PROTECT, XBT, WANTED)
    assert [step.name for step in cut.steps] == ["place new", "see new"]
    intention = bench.desk.journal.intention(bench.trading.placed[0][1])
    assert intention is not None
    assert (intention.purpose, intention.procedure) == (Purpose.PROTECT, cut.procedure_id)
    guarded.keeps = True
    await swap(bench.desk, XBT, [], [old.client_oid], WANTED)
    assert bench.desk.journal.open_procedures() == (cut,), "one that ended is told no more"
    await guarded.stop()
