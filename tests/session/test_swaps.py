"""Swapping protection: the new one is seen to wait before the old one is canceled."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.intention import Purpose
from terminal.domain.protection import ProtectionSettings
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import ClientOid, Lots, Price, Side
from terminal.session.exit_orders import ExitOrders
from terminal.session.protection import ProtectionWatch
from terminal.session.swaps import swap
from tests.support.builders import XBT, a_ticket
from tests.support.guarded import a_guarded, a_stop_update, prices
from tests.support.pocket import Fate, PocketDesk, a_pocket_desk, stop_at
from tests.support.rates import silent_breakevens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


HELD = Lots(3)


@asynccontextmanager
async def a_moving_stop() -> AsyncIterator[PocketDesk]:
    """Three lots held, their stop ``c1``, and ``c2`` that is to take its place at the exchange.

    Of what comes from now on, the words are late.
    """
    d = await a_pocket_desk()
    await d.hold(HELD)
    await d.placed(a_ticket(lots=HELD, **stop_at(900)))
    watch = ProtectionWatch(
        d.desk, d.account, d.contracts, lambda _symbol: prices(1000), ProtectionSettings, d.owner
    )
    watch.start()
    breakevens = silent_breakevens(d.desk, d.clock, d.owner)
    exits = ExitOrders(d.desk, d.account, watch, breakevens)
    d.exchange.fate = lambda kind: Fate.LATE if kind == "word" else Fate.WELL
    assert exits.move_stop(XBT, Price(950)) is None
    await d.clock.settle()
    assert d.exchange.log == ["place c1", "place c2"]
    try:
        yield d
    finally:
        await watch.stop()
        await d.stop()


def alive(d: PocketDesk) -> list[ClientOid]:
    return [order.client_oid for order in d.exchange.alive()]


async def test_a_new_stop_that_is_canceled_before_its_word_leaves_the_old_one() -> None:
    """Backspace, right after the stop was moved to breakeven: the newest order is the new stop."""
    async with a_moving_stop() as d:
        assert d.desk.cancel_newest(XBT)
        await d.clock.advance(12.0)
        assert d.exchange.log == ["place c1", "place c2", "cancel c2"]
        assert alive(d) == ["c1"]
        assert d.sentences[-1].endswith("What was there before stays.")


async def test_a_new_stop_that_fires_and_fills_in_part_leaves_the_old_one() -> None:
    """The rest of its market order ends at the bound of its price; two lots are still held."""
    async with a_moving_stop() as d:
        new = next(order for order in d.exchange.alive() if order.client_oid == "c2")
        d.exchange.fill(new, 1)
        await d.clock.advance(0.2)
        d.exchange.end(new)
        await d.clock.advance(12.0)
        assert "cancel c1" not in d.exchange.log
        assert (d.exchange.held, alive(d)) == (2, ["c1"])
        assert d.sentences[-1].endswith("What was there before stays.")
