"""Taking away what stands, everywhere, without taking away what protects."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.access import Access
from terminal.domain.clock import TimestampNs
from terminal.domain.events import OrderType, StopDirection
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side, Symbol
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Rejected
from terminal.session.clearing import Clearing, ClearingKind
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_fill, a_ticket, an_order_update
from tests.support.standing import OTHER, Stage, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import OrderUpdate


KINDS = list(ClearingKind)


@contextlib.asynccontextmanager
async def cleared(
    kind: ClearingKind, seconds: float = 20.0
) -> AsyncIterator[tuple[Stage, Clearing]]:
    async with staged() as stage:
        clearing = Clearing(stage.bench.desk, stage.bench.account, kind)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(seconds)
        yield stage, clearing


async def test_entries_go_and_what_only_reduces_stays() -> None:
    async with cleared(ClearingKind.ENTRIES) as (stage, clearing):
        assert clearing.is_verified
        assert stage.working == {"exit", "stop", "other-exit"}
        assert clearing.progress.kept == 3
        assert stage.closes == []


async def test_all_takes_protective_orders_too() -> None:
    async with cleared(ClearingKind.ALL) as (stage, clearing):
        assert clearing.is_verified
        assert stage.working == set()
        assert stage.closes == [], "positions stay"


async def test_flattening_takes_exits_last_in_each_contract() -> None:
    async with cleared(ClearingKind.FLATTEN) as (stage, clearing):
        assert clearing.is_verified
        assert stage.working == set()
        assert stage.closes == [XBT]
        log = stage.log
        assert log.index("cancel entry") < log.index(f"close {XBT}")
        for name in ("exit", "stop"):
            assert log.index(f"close {XBT}") < log.index(f"cancel {name}")
        assert stage.bench.account.positions() == ()


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_verified_while_the_exchange_cannot_be_asked_and_it_is_tried_on(
    kind: ClearingKind,
) -> None:
    async with staged() as stage:
        stage.go_away()
        clearing = Clearing(stage.bench.desk, stage.bench.account, kind)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(30)
        assert not clearing.is_verified
        assert clearing.progress.problem == "The exchange did not answer."
        await stage.come_back()
        await stage.clock.advance(60)
        assert clearing.is_verified
        assert "entry" not in stage.working
        if kind is ClearingKind.FLATTEN:
            assert stage.bench.account.positions() == ()


async def test_orders_that_only_the_exchange_knows_are_found_and_canceled() -> None:
    """The stream is away, questions are answered: what was placed elsewhere is canceled too."""
    async with staged() as stage:
        stage.bench.stream.connects = False
        stage.bench.stream.drop()
        await stage.clock.settle()
        stage.put(
            an_order_update(
                order_id=OrderId("far"), client_oid=ClientOid("far"), is_reduce_only=False
            )
        )
        clearing = Clearing(stage.bench.desk, stage.bench.account, ClearingKind.ENTRIES)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(30)
        assert "cancel far" in stage.log
        assert clearing.is_verified, "read by request after the last cancel"
        assert stage.on_exchange == {"exit", "stop", "other-exit"}


async def test_a_refused_cancel_is_tried_again_and_never_taken_for_done() -> None:
    async with staged() as stage:
        stage.bench.trading.cancel_outcomes.extend([Rejected("1", "No.")] * 4)
        stage.refuses = 4
        clearing = Clearing(stage.bench.desk, stage.bench.account, ClearingKind.ENTRIES)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(1)
        assert not clearing.is_verified
        assert clearing.progress.orders == 2
        await stage.clock.advance(20)
        assert clearing.is_verified


async def test_an_order_of_which_nobody_knows_whether_it_opens_is_asked_about_not_canceled() -> (
    None
):
    async with staged() as stage:
        told = an_order_update(
            order_id=OrderId("web"),
            client_oid=ClientOid("web"),
            is_reduce_only=None,
            side=Side.SELL,
        )
        stage.bench.trading.query_error = TransportError("down", was_sent=True)
        stage.bench.stream.push(told)
        stage.live["web"] = told
        await stage.clock.settle()
        clearing = Clearing(stage.bench.desk, stage.bench.account, ClearingKind.ENTRIES)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(5)
        assert clearing.progress.unclear == 1
        assert "cancel web" not in stage.log
        stage.bench.trading.query_error = None
        stage.put(
            an_order_update(
                order_id=OrderId("web"), client_oid=ClientOid("web"), is_reduce_only=True,
                side=Side.SELL,
            ),
            is_silent=True,
        )  # fmt: skip
        await stage.clock.advance(5)
        assert clearing.is_verified
        assert "web" in stage.working


async def test_an_order_on_its_way_is_waited_for_and_canceled() -> None:
    async with staged() as stage:
        import asyncio

        stage.bench.trading.hold = asyncio.Event()
        stage.bench.desk.submit(a_ticket())
        await stage.clock.settle()
        clearing = Clearing(stage.bench.desk, stage.bench.account, ClearingKind.ENTRIES)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(1)
        assert not clearing.is_verified
        stage.bench.trading.hold.set()
        await stage.clock.advance(20)
        assert clearing.is_verified
        assert stage.on_exchange == {"exit", "stop", "other-exit"}


async def test_the_move_of_an_entry_ends_as_a_cancel_and_that_of_an_exit_goes_on() -> None:
    async with staged() as stage:
        desk = stage.bench.desk
        own = desk.submit(a_ticket(price=Price(980)))
        assert isinstance(own, Submitted)
        await stage.clock.settle()
        stage.holds_cancels = True
        assert desk.move(own.client_oid, Price(990)) is None
        assert desk.move(ClientOid("exit"), Price(1300)) is None
        await stage.clock.settle()
        clearing = Clearing(desk, stage.bench.account, ClearingKind.ENTRIES)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.settle()
        await stage.let_go()
        await stage.clock.advance(10)
        assert clearing.is_verified
        placed = [ticket for ticket, _ in stage.bench.trading.placed]
        assert [(one.price, one.is_reduce_only) for one in placed] == [(980, False), (1300, True)]


async def test_no_second_close_while_the_first_may_still_be_carried_out() -> None:
    async with staged() as stage:
        stage.closes_do_nothing = True
        stage.bench.trading.query_error = TransportError("down", was_sent=True)
        clearing = Clearing(stage.bench.desk, stage.bench.account, ClearingKind.FLATTEN)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(90)
        assert not clearing.is_verified
        alive = [
            order
            for order in stage.bench.desk.working()
            if order.is_close_order and order.state in {OrderState.UNKNOWN, OrderState.SUBMITTING}
        ]
        assert len(alive) <= 1


@given(
    orders=st.lists(
        st.tuples(st.sampled_from([XBT, OTHER]), st.booleans(), st.booleans()), max_size=8
    ),
    lots=st.integers(-3, 3),
)
def test_a_position_never_loses_an_exit_unless_it_was_asked_for(
    orders: list[tuple[Symbol, bool, bool]], lots: int
) -> None:
    """Whatever stands: clearing entries sends no cancel for anything that only reduces.

    A plain stop on the closing side stays while without it less would be covered, and no other.
    """
    import asyncio

    async def play() -> None:
        async with staged(empty=True) as stage:
            stage.hold_position(lots)
            exits: set[str] = set()
            stops: set[str] = set()
            for number, (symbol, reduces, waits) in enumerate(orders):
                name = f"o{number}"
                stage.put(
                    an_order_update(
                        symbol=symbol, order_id=OrderId(name), client_oid=ClientOid(name),
                        is_reduce_only=reduces, untriggered=waits,
                    )
                )  # fmt: skip
                if reduces:
                    exits.add(name)
                if waits and symbol == XBT and lots < 0:
                    stops.add(name)
            await stage.clock.settle()
            clearing = Clearing(stage.bench.desk, stage.bench.account, ClearingKind.ENTRIES)
            stage.bench.owner.spawn("clear", clearing.run())
            await stage.clock.advance(10)
            assert clearing.is_verified
            assert exits <= stage.on_exchange <= exits | stops
            covered = 2 * len(stops & stage.on_exchange)
            assert min(-lots, covered) == min(-lots, 2 * len(stops))
            assert {f"cancel {name}" for name in exits}.isdisjoint(stage.log)

    asyncio.run(play())


def a_plain_stop(name: str = "plain", **changes: object) -> OrderUpdate:
    """A waiting market sell that is not reduce-only."""
    return an_order_update(
        **{
            "order_id": OrderId(name), "client_oid": ClientOid(name), "side": Side.SELL,
            "order_type": OrderType.MARKET, "price": None, "untriggered": True,
            "is_reduce_only": False, "trigger": Price(900),
            "stop_direction": StopDirection.DOWN, **changes,
        }
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_a_plain_stop_that_protects_goes_only_with_everything(kind: ClearingKind) -> None:
    async with staged(empty=True) as stage:
        stage.hold_position(2)
        stage.put(a_plain_stop())
        stage.put(a_plain_stop("target", stop_direction=StopDirection.UP, trigger=Price(1200)))
        stage.put(a_plain_stop("entry", side=Side.BUY))
        await stage.clock.settle()
        clearing = Clearing(stage.bench.desk, stage.bench.account, kind)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(20)
        assert clearing.is_verified
        is_kept = kind is ClearingKind.ENTRIES
        assert stage.on_exchange == ({"plain"} if is_kept else set())
        assert (clearing.progress.guards, clearing.progress.kept) == (int(is_kept), 0)
        if kind is ClearingKind.FLATTEN:
            assert stage.log.index(f"close {XBT}") < stage.log.index("cancel plain")


@pytest.mark.parametrize("lots", [0, 2])
async def test_whether_a_plain_stop_protects_is_asked_while_positions_are_not_trusted(
    lots: int,
) -> None:
    """Neither canceled nor kept before the exchange has said what is held."""
    async with staged(empty=True) as stage:
        stage.bench.stream.connects = False
        stage.bench.stream.drop()
        stage.put(a_plain_stop())
        stage.bench.gateway.fails = TransportError("down", was_sent=True)
        clearing = Clearing(stage.bench.desk, stage.bench.account, ClearingKind.ENTRIES)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(5)
        progress = clearing.progress
        assert (progress.unclear, progress.orders, progress.guards) == (1, 0, 0)
        assert progress.problem == "The exchange did not answer."
        assert not clearing.is_verified
        stage.bench.gateway.fails = None
        stage.hold_position(lots)
        await stage.clock.advance(10)
        assert clearing.is_verified
        assert stage.on_exchange == ({"plain"} if lots else set())


async def test_flattening_does_not_believe_a_flat_that_is_only_our_own_sum() -> None:
    async with staged() as stage:
        bench = stage.bench
        at = TimestampNs((bench.clock.now_ms() + 500) * 1_000_000)
        held = bench.account.position(XBT).core.lots
        bench.account.apply_fill(a_fill(side=Side.SELL, lots=Lots(held), event_at=at))
        clearing = Clearing(bench.desk, bench.account, ClearingKind.FLATTEN)
        assert bench.account.positions() == ()
        assert XBT in clearing.progress.positions
        bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(20.0)
        assert clearing.is_verified
        assert stage.closes == [XBT]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reverse_under_way_opens_nothing_any_more(kind: ClearingKind) -> None:
    """Also where no order works: between the close and the opposite order there is none."""
    async with staged(empty=True) as stage:
        stage.hold_position(3)
        await stage.clock.settle()
        desk = stage.bench.desk
        assert desk.reverse(XBT) is None
        clearing = Clearing(desk, stage.bench.account, kind)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(30)
        assert clearing.is_verified
        assert stage.closes == [XBT]
        assert all(ticket.reduces_only for ticket, _ in stage.bench.trading.placed)
        assert not desk.reversing(XBT)


@pytest.mark.parametrize("kind", KINDS)
async def test_it_ends_with_the_reason_when_nothing_may_be_sent_any_more(
    kind: ClearingKind,
) -> None:
    """Trying on would only fill the event log with warnings."""
    async with staged() as stage:
        stage.refuses = 100
        clearing = Clearing(stage.bench.desk, stage.bench.account, kind)
        stage.bench.owner.spawn("clear", clearing.run())
        await stage.clock.advance(2)
        assert not clearing.is_over
        stage.bench.trading.access = Access.WATCH_ONLY
        await stage.clock.advance(30)
        assert clearing.is_over
        assert not clearing.is_verified
        assert clearing.ended_by == Access.WATCH_ONLY.silence
        before = len(stage.bench.notices.notices)
        await stage.clock.advance(30)
        assert len(stage.bench.notices.notices) == before
