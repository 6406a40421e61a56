"""Flattening: entries, close, verify, and only then exits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.clock import TimestampNs
from terminal.domain.events import PositionSide, StopDirection
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, OrderId, Side
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Rejected, Unknown
from tests.support.builders import XBT, a_fill, a_position_update, a_ticket, an_order_update
from tests.support.desk import Bench, a_started_bench
from tests.support.pocket import Fate, PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from terminal.domain.events import PositionUpdate
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Symbol

ENTRY, EXIT = OrderId("entry"), OrderId("exit")


async def a_bench_with_orders(*, lots: int = 3) -> tuple[Bench, list[str]]:
    """A position, an entry and an exit; cancels and the close take effect at once."""
    bench = await a_started_bench()
    log: list[str] = []
    bench.gateway.held = (a_position_update(lots, "100"),) if lots else ()
    bench.stream.push(*bench.gateway.held)
    for order_id, reduce_only in ((ENTRY, False), (EXIT, True)):
        bench.stream.push(
            an_order_update(
                order_id=order_id,
                client_oid=ClientOid(order_id),
                is_reduce_only=reduce_only,
                side=Side.SELL if reduce_only else Side.BUY,
            )
        )

    def on_cancel(name: str) -> None:
        log.append(f"cancel {name}")
        bench.stream.push(
            an_order_update(
                order_id=OrderId(name),
                client_oid=ClientOid(name),
                canceled=Lots(2),
                is_done=True,
            )
        )

    def on_place(ticket: OrderTicket, oid: ClientOid) -> None:
        log.append("close" if ticket.is_close_order else "other")
        bench.gateway.held = ()
        bench.stream.push(
            an_order_update(
                order_id=OrderId("id-1"),
                client_oid=oid,
                side=Side.SELL,
                lots=Lots(3),
                filled=Lots(3),
                is_done=True,
            )
        )

    bench.trading.on_cancel = on_cancel
    bench.trading.on_place = on_place
    return bench, log


async def test_the_order_of_things() -> None:
    bench, log = await a_bench_with_orders()
    bench.desk.flatten(XBT)
    assert bench.desk.flattening(XBT)
    bench.desk.flatten(XBT)
    await bench.clock.advance(2.0)
    assert log == ["cancel entry", "close", "cancel exit"]
    assert bench.trading.placed[0][0].is_close_order
    assert bench.sentences == ["XBTUSDTM is flat."]
    assert not bench.desk.flattening(XBT)
    assert bench.account.position(XBT).core.is_flat
    await bench.stop()


async def test_nothing_is_closed_when_flat_but_orders_go() -> None:
    bench, log = await a_bench_with_orders(lots=0)
    bench.desk.flatten(XBT)
    await bench.clock.advance(2.0)
    assert log == ["cancel entry", "cancel exit"]
    assert bench.sentences == ["XBTUSDTM is flat."]
    await bench.stop()


async def test_a_position_that_cannot_be_read_is_closed_all_the_same() -> None:
    bench, log = await a_bench_with_orders()
    bench.gateway.fails = TransportError("down", was_sent=True)
    bench.desk.flatten(XBT)
    await bench.clock.advance(1.0)
    assert "close" in log
    bench.gateway.fails = None
    await bench.clock.advance(3.0)
    assert bench.sentences == ["XBTUSDTM is flat."]
    await bench.stop()


async def test_exits_stay_when_the_position_is_not_verified_flat() -> None:
    bench, log = await a_bench_with_orders()
    bench.trading.on_place = None
    bench.trading.place_outcomes.append(Rejected("300002", "Trading is suspended."))
    bench.desk.flatten(XBT)
    await bench.clock.advance(15.0)
    assert log == ["cancel entry"]
    assert bench.sentences[-1] == "XBTUSDTM was not flattened. Trading is suspended."
    assert [o.client_oid for o in bench.desk.working(XBT)] == ["exit"]
    assert not bench.desk.flattening(XBT)
    await bench.stop()


async def test_flattening_works_untrusted_and_on_a_stale_book() -> None:
    bench, log = await a_bench_with_orders()
    bench.touch = None
    bench.desk.trust.take_away()
    bench.desk.flatten(XBT)
    await bench.clock.advance(2.0)
    assert "close" in log
    await bench.stop()


async def test_a_stuck_entry_does_not_keep_us_in() -> None:
    bench, log = await a_bench_with_orders()
    cancel = bench.trading.on_cancel
    assert cancel is not None
    bench.trading.on_cancel = lambda name: None if name == "entry" else cancel(name)
    bench.trading.known["entry"] = an_order_update(order_id=ENTRY, client_oid=ClientOid("entry"))
    bench.desk.flatten(XBT)
    await bench.clock.advance(60.0)
    assert "close" in log
    assert bench.desk.orders[ClientOid("entry")].state is OrderState.OPEN
    assert "XBTUSDTM is flat." not in bench.sentences
    assert "XBTUSDTM is flat, but 2 orders may still fill." in bench.sentences
    assert "cancel exit" not in log, "exits stay while an entry may still fill"
    await bench.stop()


async def test_a_lost_answer_to_the_close_does_not_hold_flattening_up() -> None:
    bench, _log = await a_bench_with_orders()
    bench.trading.on_place = None
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.trading.query_error = TransportError("down", was_sent=True)
    bench.desk.flatten(XBT)
    await bench.clock.advance(14.0)
    assert not bench.desk.flattening(XBT), "a new attempt is possible"
    assert bench.sentences[-1] == "XBTUSDTM is not verified flat: look at the position."
    assert [o.client_oid for o in bench.desk.working(XBT) if o.client_oid == "exit"] == ["exit"]
    bench.desk.flatten(XBT)
    await bench.clock.advance(1.0)
    assert len(bench.trading.placed) == 2
    await bench.stop()


async def test_orders_that_may_be_exits_stay_until_we_are_flat() -> None:
    bench, log = await a_bench_with_orders()
    bench.trading.query_error = TransportError("down", was_sent=True)
    bench.stream.push(
        an_order_update(order_id=OrderId("web"), client_oid=ClientOid("web"), side=Side.SELL)
    )
    bench.desk.flatten(XBT)
    await bench.clock.advance(5.0)
    assert log.index("close") < log.index("cancel web")
    await bench.stop()


async def test_a_clock_that_runs_ahead_does_not_hide_a_position() -> None:
    bench, log = await a_bench_with_orders(lots=0)
    bench.clock.shift_ms = 10_000
    bench.desk.flatten(XBT)
    await bench.clock.advance(3.0)
    update = a_position_update(5, "100")
    bench.gateway.held = (update,)
    bench.stream.push(update)
    assert bench.account.position(XBT).core.lots == 5
    bench.desk.flatten(XBT)
    await bench.clock.advance(3.0)
    assert "close" in log
    await bench.stop()


async def test_an_entry_that_fills_on_the_way_is_closed_not_called_flat() -> None:
    bench, log = await a_bench_with_orders(lots=0)
    cancel = bench.trading.on_cancel
    assert cancel is not None
    bench.trading.on_cancel = lambda name: None if name == "entry" else cancel(name)
    bench.trading.known["entry"] = an_order_update(order_id=ENTRY, client_oid=ClientOid("entry"))
    bench.desk.flatten(XBT)
    await bench.clock.advance(3.5)
    assert log == []
    filled = an_order_update(
        order_id=ENTRY, client_oid=ClientOid("entry"), filled=Lots(2), is_done=True
    )
    bench.gateway.held = (a_position_update(2, "100"),)
    bench.stream.push(filled, *bench.gateway.held)
    await bench.clock.advance(20.0)
    assert log == ["close", "cancel exit"]
    assert bench.sentences[-1] == "XBTUSDTM is flat."
    assert bench.account.position(XBT).core.is_flat
    await bench.stop()


async def test_orders_the_desk_has_not_heard_of_are_asked_for_first() -> None:
    bench, _log = await a_bench_with_orders()
    bench.stream.connects = False
    bench.stream.drop()
    await bench.clock.settle()
    hidden = an_order_update(
        order_id=OrderId("web"), client_oid=ClientOid("web"), is_reduce_only=False
    )
    bench.trading.open = (hidden,)
    bench.trading.on_cancel = None
    bench.desk.flatten(XBT)
    await bench.clock.settle()
    assert "web" in bench.trading.cancels
    await bench.stop()


async def test_orders_that_could_not_be_read_are_said() -> None:
    bench = await a_started_bench()
    bench.stream.connects = False
    bench.stream.drop()
    bench.trading.query_error = TransportError("down", was_sent=True)
    await bench.clock.settle()
    bench.desk.flatten(XBT)
    await bench.clock.advance(3.0)
    assert bench.sentences == [
        "XBTUSDTM is flat, but its orders could not be read: some may still work."
    ]
    await bench.stop()


async def a_held_position(lots: int = 3) -> PocketDesk:
    d = await a_pocket_desk()
    await d.hold(lots)
    return d


async def test_a_stop_without_reduce_only_on_the_closing_side_stays_until_we_are_flat() -> None:
    d = await a_held_position()
    plain = {**stop_at(900), "is_reduce_only": False}
    await d.placed(a_ticket(lots=Lots(3), **plain))
    adds = {**plain, "side": Side.BUY}
    await d.placed(a_ticket(lots=Lots(3), **adds))
    d.exchange.fate = lambda kind: Fate.REFUSED if kind == "place" else Fate.WELL
    d.desk.flatten(XBT)
    await d.clock.advance(20.0)
    assert [order.client_oid for order in d.exchange.alive()] == ["c1"], "it bounds the loss"
    d.exchange.fate = lambda _kind: Fate.WELL
    d.desk.flatten(XBT)
    await d.clock.advance(20.0)
    assert (d.exchange.alive(), d.exchange.held) == ([], 0)
    await d.stop()


async def test_while_the_position_is_not_sure_no_stop_goes_before_we_are_flat() -> None:
    d = await a_held_position()
    await d.placed(a_ticket(lots=Lots(3), **{**stop_at(900), "is_reduce_only": False}))
    d.exchange.held = -3  # reversed elsewhere while we could not hear it
    await d.placed(
        a_ticket(lots=Lots(3), **{**stop_at(1100, StopDirection.UP), "is_reduce_only": False})
    )
    d.account.trust.take_away()
    d.exchange.fate = lambda kind: Fate.REFUSED if kind == "place" else Fate.WELL
    d.desk.flatten(XBT)
    await d.clock.advance(20.0)
    assert "c2" in [order.client_oid for order in d.exchange.alive()]
    await d.stop()


async def test_a_close_that_fills_in_part_is_followed_by_another_before_exits_go() -> None:
    d = await a_held_position(5)
    await d.placed(a_ticket(lots=Lots(5), **stop_at(900)))
    d.exchange.market_fills = 2
    d.desk.flatten(XBT)
    await d.clock.advance(30.0)
    assert d.exchange.held == 0
    assert d.exchange.alive() == []
    assert d.exchange.log[-1] == "cancel c1"
    closes = [order for order in d.exchange.orders.values() if order.ticket.is_close_order]
    assert [order.filled for order in closes] == [2, 2, 1]
    assert d.sentences[-1] == "XBTUSDTM is flat."
    await d.stop()


async def test_a_position_that_cannot_be_closed_whole_keeps_its_stop() -> None:
    d = await a_held_position(9)
    stop = await d.placed(a_ticket(lots=Lots(9), **stop_at(900)))
    d.exchange.market_fills = 1
    d.desk.flatten(XBT)
    await d.clock.advance(60.0)
    assert d.exchange.held == 6
    assert [order.client_oid for order in d.exchange.alive()] == [stop]
    assert d.sentences[-1] == "XBTUSDTM is not verified flat: look at the position."
    await d.stop()


async def test_a_refused_close_says_why_and_nothing_is_left_naked() -> None:
    d = await a_held_position()
    stop = await d.placed(a_ticket(lots=Lots(3), **stop_at(900)))
    d.exchange.fate = lambda kind: Fate.REFUSED if kind == "place" else Fate.WELL
    d.desk.flatten(XBT)
    await d.clock.advance(20.0)
    assert "was not flattened" in d.sentences[-1]
    assert [order.client_oid for order in d.exchange.alive()] == [stop]
    await d.stop()


async def test_a_settlement_of_funding_is_waited_out() -> None:
    """Three times a day the exchange refuses every order for seconds: that is no reason to stay."""
    d = await a_held_position()
    stop = await d.placed(a_ticket(lots=Lots(3), **stop_at(900)))
    d.exchange.fate = lambda kind: Fate.SETTLING if kind == "place" else Fate.WELL
    d.desk.flatten(XBT)
    await d.clock.advance(20.0)
    assert d.desk.flattening(XBT)
    assert [order.client_oid for order in d.exchange.alive()] == [stop]
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(5.0)
    assert d.exchange.held == 0
    assert d.exchange.alive() == []
    assert d.sentences[-1] == "XBTUSDTM is flat."
    await d.stop()


async def test_a_settlement_that_does_not_end_is_told_and_nothing_is_left_naked() -> None:
    d = await a_held_position()
    stop = await d.placed(a_ticket(lots=Lots(3), **stop_at(900)))
    d.exchange.fate = lambda kind: Fate.SETTLING if kind == "place" else Fate.WELL
    d.desk.flatten(XBT)
    await d.clock.advance(60.0)
    assert not d.desk.flattening(XBT)
    assert "was not flattened. Settlement is in progress." in d.sentences[-1]
    assert [order.client_oid for order in d.exchange.alive()] == [stop]
    await d.stop()


async def test_flattening_is_written_down_step_by_step() -> None:
    d = await a_held_position()
    await d.placed(a_ticket(lots=Lots(3), **stop_at(900)))
    d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    d.desk.flatten(XBT)
    await d.clock.advance(1.0)
    (procedure,) = d.desk.journal.open_procedures()
    assert [step.name for step in procedure.steps] == [
        "cancel entries",
        "close",
        "verify",
        "cancel exits",
    ]
    await d.clock.advance(30.0)
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


FATES = st.sampled_from(
    [Fate.WELL, Fate.WELL, Fate.WELL, Fate.ANSWER_LOST, Fate.LOST, Fate.LATE, Fate.REFUSED]
)
WORDS = st.sampled_from([Fate.WELL, Fate.WELL, Fate.LATE, Fate.TWICE, Fate.LOST])


async def _never_naked(
    held: int,
    commands: Sequence[Fate],
    words: Sequence[Fate],
    reads: Sequence[bool],
    fill_at_s: float | None,
) -> None:
    drawn = {
        "place": iter(commands),
        "cancel": iter(commands[::-1]),
        "word": iter(words),
        "read": iter([Fate.WELL if good else Fate.LOST for good in reads]),
    }
    d = await a_pocket_desk()
    await d.hold(held)
    entry = await d.placed(a_ticket(lots=Lots(2)))
    stop = await d.placed(a_ticket(lots=Lots(9), **stop_at(900)))
    naked: list[str] = []

    def watch(what: str) -> None:
        if what == f"cancel {stop}" and d.exchange.held:
            naked.append(f"{what} while {d.exchange.held} are held")

    def fill() -> None:
        for order in d.exchange.alive():
            if order.client_oid == entry:
                d.exchange.fill(order, 2)

    d.exchange.watch = watch
    d.exchange.fate = lambda kind: next(drawn.get(kind, iter(())), Fate.WELL)
    if fill_at_s is not None:
        d.exchange.later(fill_at_s, fill)
    d.desk.flatten(XBT)
    await d.clock.advance(90.0)
    assert naked == []
    assert not d.desk.flattening(XBT)
    if d.sentences[-1] == "XBTUSDTM is flat.":
        assert (d.exchange.held, d.exchange.alive()) == (0, [])
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


@settings(max_examples=settings().max_examples // 2)
@given(
    st.integers(-4, 4),
    st.lists(FATES, max_size=8),
    st.lists(WORDS, max_size=12),
    st.lists(st.booleans(), max_size=10),
    st.none() | st.floats(0.0, 6.0),
)
def test_exits_never_end_before_we_are_flat(
    held: int,
    commands: list[Fate],
    words: list[Fate],
    reads: list[bool],
    fill_at_s: float | None,
) -> None:
    """Whatever is lost, late or doubled, and when an entry fills on the way."""
    asyncio.run(_never_naked(held, commands, words, reads, fill_at_s))


async def test_exits_stay_while_flat_is_only_our_own_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 held, 3 told; the close of 3 is told during the read: 1 is held, so no exit goes."""
    bench, log = await a_bench_with_orders()
    asked, is_told = bench.gateway.position, [False]
    protected: list[bool] = []

    def on_place(ticket: OrderTicket, oid: ClientOid) -> None:
        log.append("close")
        if log.count("close") == 1:
            bench.gateway.held = (a_position_update(1, "100"),)
            return
        bench.gateway.held = ()
        bench.stream.push(
            an_order_update(
                order_id=OrderId("id-2"), client_oid=oid, side=Side.SELL, lots=Lots(1),
                filled=Lots(1), is_done=True,
            )
        )  # fmt: skip

    async def slow(symbol: Symbol) -> PositionUpdate | None:
        answer = await asked(symbol)
        if log.count("close") == 1 and not is_told[0]:
            is_told[0] = True
            at = TimestampNs((bench.clock.now_ms() + 500) * 1_000_000)
            order_id = OrderId("id-1")
            fill = a_fill(order_id=order_id, side=Side.SELL, lots=Lots(3), event_at=at)
            bench.stream.push(
                an_order_update(
                    order_id=order_id, client_oid=bench.trading.placed[0][1], side=Side.SELL,
                    lots=Lots(4), filled=Lots(3), canceled=Lots(1), is_done=True, fill=fill,
                )
            )  # fmt: skip
            assert bench.account.position(XBT).core.is_flat
            assert bench.account.position(XBT).is_provisional
        if bench.gateway.held:
            protected.append("cancel exit" not in log)
        return answer

    monkeypatch.setattr(bench.gateway, "position", slow)
    bench.trading.on_place = on_place
    bench.desk.flatten(XBT)
    await bench.clock.advance(8.0)
    assert is_told[0]
    assert all(protected)
    assert log == ["cancel entry", "close", "close", "cancel exit"]
    assert bench.sentences == ["XBTUSDTM is flat."]
    await bench.stop()


async def test_the_only_lane_by_its_name_is_the_whole_contract() -> None:
    bench, _ = await a_bench_with_orders()
    bench.desk.flatten(XBT, PositionSide.BOTH)
    (procedure,) = bench.desk.journal.open_procedures()
    assert procedure.wanted == "Flattening (entries, close, then exits)."
    bench.desk.flatten(XBT)
    assert len(bench.desk.journal.open_procedures()) == 1
    await bench.clock.advance(20.0)
    assert bench.desk.journal.open_procedures() == ()
    await bench.stop()
