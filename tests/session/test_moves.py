"""Moving: cancel first, and a new order only when the old one's end is known."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.events import MarginMode, OrderType, StopDirection, StopReference, TimeInForce
from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.guard_terms import OrderRate
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.replacement import NOT_READ
from terminal.domain.ticket import AttachedExits, OrderTerms, StopTrigger
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.exchange.outcome import Unknown
from terminal.session.results import Blocked
from tests.support.builders import XBT, a_ticket, an_order_update
from tests.support.desk import Bench, a_started_bench, an_open_order
from tests.support.pocket import Fate, a_pocket_desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from terminal.domain.events import OrderUpdate
    from tests.support.pocket import Placed

O1 = OrderId("id-1")
TARGET = Price(995)


def ends(bench: Bench, oid: ClientOid, *, filled: int = 0, canceled: int = 2) -> None:
    bench.stream.push(
        an_order_update(
            order_id=O1, client_oid=oid, filled=Lots(filled), canceled=Lots(canceled), is_done=True
        )
    )


async def test_the_new_order_waits_for_the_end_of_the_old_one() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    assert bench.desk.move(oid, TARGET) is None
    assert bench.desk.orders[oid].pending is PendingCommand.MOVE
    await bench.clock.advance(1.0)
    assert bench.trading.cancels == [O1]
    assert len(bench.trading.placed) == 1, "the answer to the cancel is not its end"
    ends(bench, oid)
    await bench.clock.settle()
    ticket, _ = bench.trading.placed[1]
    assert (ticket.price, ticket.lots) == (TARGET, 2)
    await bench.stop()


async def test_what_filled_on_the_way_is_not_bought_twice() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    ends(bench, oid, filled=1, canceled=1)
    await bench.clock.settle()
    assert bench.trading.placed[1][0].lots == 1
    await bench.stop()


async def test_an_order_whose_last_fill_was_told_and_its_end_was_not_cannot_be_moved() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.stream.push(an_order_update(order_id=O1, client_oid=oid, filled=Lots(2)))
    assert bench.desk.orders[oid].is_working
    blocked = bench.desk.move(oid, TARGET)
    assert blocked is not None
    assert blocked.blocks[0].reason == "Nothing is left of the order to move."
    assert bench.trading.cancels == []
    await bench.stop()


async def test_an_order_that_filled_instead_sends_nothing() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    ends(bench, oid, filled=2, canceled=0)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences == ["Filled before it could be moved; nothing was sent."]
    await bench.stop()


async def test_an_unknown_end_sends_nothing() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=oid)
    bench.trading.cancel_outcomes.extend([Unknown("No answer.")] * 3)
    bench.desk.move(oid, TARGET)
    await bench.clock.advance(30.0)
    assert len(bench.trading.placed) == 1
    assert any(sentence.startswith("Not moved:") for sentence in bench.sentences)
    ends(bench, oid)
    await bench.clock.advance(5.0)
    assert len(bench.trading.placed) == 1, "a late end does not send it after all"
    await bench.stop()


async def test_blocked_moves_leave_the_order_alone() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    for price in (Price(1001 + 21), Price(1000), Price(0)):
        assert bench.desk.move(oid, price) is not None
    assert bench.desk.move(ClientOid("nobody"), TARGET) is not None
    await bench.clock.settle()
    assert bench.trading.cancels == []
    assert bench.desk.orders[oid].state is OrderState.OPEN
    await bench.stop()


async def test_neither_pace_nor_a_repeat_stops_half_of_a_move() -> None:
    """What takes another order's place is no further order, and is not counted as one."""
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.limits = GuardLimits(rate=OrderRate(1, 1000), repeat_ms=60_000)
    assert bench.desk.move(oid, TARGET) is None
    ends(bench, oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 2
    assert isinstance(bench.desk.submit(a_ticket(price=Price(990))), Blocked)
    await bench.stop()


async def test_a_book_that_goes_stale_on_the_way_keeps_the_new_order_back() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    bench.touch = None
    ends(bench, oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences[-1].startswith("Canceled, but the new order was not sent.")
    await bench.stop()


async def test_cancelling_in_the_middle_of_a_move_wins() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.cancel(oid)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences == ["Canceled instead of moved."]
    await bench.stop()


async def test_cancel_all_in_the_middle_of_a_move_wins() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.cancel_all(XBT)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.advance(3.0)
    assert len(bench.trading.placed) == 1
    await bench.stop()


async def test_flattening_in_the_middle_of_a_move_wins() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.flatten(XBT)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.advance(5.0)
    assert len(bench.trading.placed) == 1
    await bench.stop()


async def test_a_move_that_is_aborted_from_outside_only_cancels() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.abort_moves(XBT)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences == ["Canceled instead of moved."]
    await bench.stop()


async def test_what_was_canceled_before_stays_canceled() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench, lots=Lots(10), canceled=Lots(6))
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    bench.stream.push(
        an_order_update(order_id=O1, client_oid=oid, lots=Lots(10), canceled=Lots(10), is_done=True)
    )
    await bench.clock.settle()
    assert bench.trading.placed[1][0].lots == 4
    await bench.stop()


async def test_an_order_is_moved_once_at_a_time() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    assert bench.desk.move(oid, TARGET) is None
    assert bench.desk.move(oid, Price(990)) is not None
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert [ticket.price for ticket, _ in bench.trading.placed] == [1000, TARGET]
    await bench.stop()


async def test_disarming_leaves_the_move_of_an_exit_alone() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench, is_reduce_only=True)
    bench.desk.move(oid, TARGET)
    bench.desk.abort_moves(XBT, exits_too=False)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert bench.trading.placed[1][0].is_reduce_only
    await bench.stop()


async def test_every_term_of_the_old_order_goes_along() -> None:
    d = await a_pocket_desk()
    terms = OrderTerms(time_in_force=TimeInForce.GTC, visible_lots=Lots(4), remark="mine")
    exits = AttachedExits(StopReference.MARK, Price(1200), Price(800))
    ticket = a_ticket(lots=Lots(10), terms=terms, exits=exits, leverage=Decimal(7))
    oid = await d.placed(ticket)
    assert d.desk.move(oid, TARGET) is None
    await d.clock.advance(3.0)
    (new,) = d.exchange.alive()
    assert new.ticket == replace(ticket, price=TARGET)
    assert d.sentences == ["Moved: the old order has ended, its place in the queue is lost."]
    await d.stop()


async def test_an_iceberg_of_which_little_is_left_shows_no_more_than_that() -> None:
    d = await a_pocket_desk()
    oid = await d.placed(a_ticket(lots=Lots(10), terms=OrderTerms(visible_lots=Lots(4))))
    d.exchange.fill(d.exchange.alive()[0], 7)
    await d.clock.settle()
    d.desk.move(oid, TARGET)
    await d.clock.advance(3.0)
    (new,) = d.exchange.alive()
    assert (new.ticket.lots, new.ticket.terms.visible_lots) == (3, 3)
    await d.stop()


async def test_exits_on_the_wrong_side_of_the_new_price_keep_the_order_where_it_is() -> None:
    d = await a_pocket_desk()
    exits = AttachedExits(StopReference.MARK, down=Price(996))
    oid = await d.placed(a_ticket(exits=exits))
    blocked = d.desk.move(oid, TARGET)
    assert blocked is not None
    assert "wrong side" in blocked.blocks[0].reason
    await d.clock.settle()
    assert len(d.exchange.alive()) == 1
    await d.stop()


async def test_an_opening_order_of_others_is_not_moved_because_its_exits_are_not_told() -> None:
    d = await a_pocket_desk()
    d.exchange._make(a_ticket(), ClientOid("web"))
    await d.clock.settle()
    blocked = d.desk.move(ClientOid("web"), TARGET)
    assert blocked is not None
    assert "exits may be attached" in blocked.blocks[0].reason
    await d.clock.settle()
    assert d.exchange.log == ["place web"]
    await d.stop()


async def test_an_exit_of_others_moves_by_what_the_exchange_tells_of_it() -> None:
    d = await a_pocket_desk()
    await d.hold(3)
    foreign = a_ticket(side=Side.SELL, price=Price(1010), lots=Lots(3), is_reduce_only=True)
    d.exchange._make(foreign, ClientOid("web"))
    await d.clock.settle()
    assert d.desk.move(ClientOid("web"), Price(1012)) is None
    await d.clock.advance(3.0)
    (new,) = d.exchange.alive()
    assert new.ticket == replace(foreign, price=Price(1012))
    await d.stop()


async def test_terms_that_were_not_read_yet_are_asked_for_and_then_it_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    d = await a_pocket_desk()
    await d.hold(3)
    d.exchange.fate = lambda kind: Fate.LOST if kind == "read" else Fate.WELL
    foreign = a_ticket(side=Side.SELL, price=Price(1010), lots=Lots(3), is_reduce_only=True)
    truth = d.exchange.update

    def by_stream(order: Placed) -> OrderUpdate:
        return replace(truth(order), details=None, is_reduce_only=None, is_close_order=None)

    monkeypatch.setattr(d.exchange, "update", by_stream)  # it does not tell terms
    d.exchange._make(foreign, ClientOid("web"))
    await d.clock.settle()
    assert d.desk.move(ClientOid("web"), Price(1012)) is not None
    d.exchange.fate = lambda _kind: Fate.WELL
    monkeypatch.setattr(d.exchange, "update", truth)  # as it was
    assert d.desk.move(ClientOid("web"), Price(1012)) is not None, "it is asked for"
    await d.clock.settle()
    assert d.desk.move(ClientOid("web"), Price(1012)) is None
    await d.clock.advance(3.0)
    await d.stop()


async def test_a_margin_mode_that_changed_keeps_the_order_where_it_is() -> None:
    d = await a_pocket_desk()
    oid = await d.placed(a_ticket(margin_mode=MarginMode.CROSS))
    blocked = d.desk.move(oid, TARGET)
    assert blocked is not None
    assert blocked.blocks[0].field is BlockField.CONTRACT
    await d.stop()


async def test_an_entry_stop_moves_its_trigger_cancel_first() -> None:
    d = await a_pocket_desk()
    trigger = StopTrigger(StopDirection.UP, StopReference.LAST, Price(1010))
    entry = a_ticket(price=Price(1011), trigger=trigger)
    oid = await d.placed(entry)
    assert d.desk.move(oid, Price(1015)) is None
    await d.clock.advance(3.0)
    assert d.exchange.log == ["place c1", "cancel c1", "place c2"]
    (new,) = d.exchange.alive()
    assert new.ticket.trigger == replace(trigger, price=Price(1015))
    assert new.ticket.price == 1016
    await d.stop()


async def test_a_stop_that_has_fired_moves_as_the_limit_order_it_became() -> None:
    d = await a_pocket_desk()
    trigger = StopTrigger(StopDirection.UP, StopReference.LAST, Price(1010))
    oid = await d.placed(a_ticket(price=Price(1011), trigger=trigger))
    d.exchange.fill(d.exchange.alive()[0], 0)  # it fires and rests
    await d.clock.settle()
    assert d.desk.orders[oid].state is OrderState.OPEN
    assert d.desk.move(oid, Price(1005)) is None
    await d.clock.advance(3.0)
    (new,) = d.exchange.alive()
    assert (new.ticket.price, new.ticket.trigger) == (1005, None)
    await d.stop()


async def test_a_market_order_that_is_being_filled_cannot_be_moved() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(
        bench, order_type=OrderType.MARKET, price=None, lots=Lots(3), filled=Lots(1)
    )
    bench.desk.orders[oid] = replace(bench.desk.orders[oid], price=None)
    blocked = bench.desk.move(oid, TARGET)
    assert blocked is not None
    assert blocked.blocks[0].reason == "A market order has no price to move."
    assert bench.trading.cancels == []
    await bench.stop()


async def test_a_move_is_written_down_and_its_new_order_belongs_to_it() -> None:
    d = await a_pocket_desk()
    oid = await d.placed(a_ticket())
    d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    d.desk.move(oid, TARGET)
    await d.clock.settle()
    (procedure,) = d.desk.journal.open_procedures()
    assert procedure.kind is Purpose.MOVE
    assert [step.name for step in procedure.steps] == ["cancel old"]
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(10.0)
    intention = d.desk.journal.intention(ClientOid("c2"))
    assert intention is not None
    assert intention.procedure == procedure.procedure_id
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


# The law -----------------------------------------------------------------------------------------

FATES = st.sampled_from(
    [Fate.WELL, Fate.WELL, Fate.ANSWER_LOST, Fate.LOST, Fate.LATE, Fate.REFUSED]
)
WORDS = st.sampled_from([Fate.WELL, Fate.WELL, Fate.LATE, Fate.TWICE, Fate.LOST])


async def _never_more(
    commands: Sequence[Fate],
    words: Sequence[Fate],
    reads: Sequence[bool],
    fills: Sequence[tuple[float, int]],
    second_at_s: float | None,
) -> None:
    meant = 6
    drawn = {
        "cancel": iter(commands),
        "word": iter(words),
        "read": iter([Fate.WELL if good else Fate.LOST for good in reads]),
    }
    d = await a_pocket_desk()
    oid = await d.placed(a_ticket(lots=Lots(meant)))
    too_many: list[str] = []

    def watch(what: str) -> None:
        total = sum(order.filled + order.left for order in d.exchange.orders.values())
        if total > meant:
            too_many.append(f"{what}: {total}")

    def fill(lots: int) -> None:
        for order in d.exchange.alive():
            d.exchange.fill(order, lots)
            break

    d.exchange.watch = watch
    d.exchange.fate = lambda kind: next(drawn.get(kind, iter(())), Fate.WELL)
    for at_s, lots in fills:
        d.exchange.later(at_s, partial(fill, lots))
    d.desk.move(oid, TARGET)
    if second_at_s is not None:
        d.exchange.later(second_at_s, lambda: d.desk.move(oid, Price(990)))
    await d.clock.advance(60.0)
    assert too_many == []
    assert d.exchange.held <= meant
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


@settings(max_examples=settings().max_examples // 2)
@given(
    st.lists(FATES, max_size=5),
    st.lists(WORDS, max_size=10),
    st.lists(st.booleans(), max_size=8),
    st.lists(st.tuples(st.floats(0.0, 8.0), st.integers(1, 4)), max_size=4),
    st.none() | st.floats(0.0, 8.0),
)
def test_what_may_be_bought_is_never_more_than_was_meant(
    commands: list[Fate],
    words: list[Fate],
    reads: list[bool],
    fills: list[tuple[float, int]],
    second_at_s: float | None,
) -> None:
    """Fills between, lost and late cancels, refused ones, words doubled, swapped and lost."""
    asyncio.run(_never_more(commands, words, reads, fills, second_at_s))


async def test_an_own_exit_whose_flags_are_not_read_yet_waits_for_them() -> None:
    """Told again by the stream alone it looks like an order that opens, and is none."""
    d = await a_pocket_desk()
    await d.hold(3)
    oid = await d.placed(
        a_ticket(lots=Lots(3), price=Price(1100), side=Side.SELL, is_reduce_only=True)
    )
    order = d.desk.orders[oid]
    d.desk.put(replace(order, is_reduce_only=False))
    d.desk.flags_unknown.add(oid)
    d.exchange.fate = lambda kind: Fate.LOST if kind == "read" else Fate.WELL
    blocked = d.desk.move(oid, Price(1105))
    assert blocked is not None
    assert blocked.blocks[0].reason == NOT_READ
    assert d.exchange.log[-1] == f"place {oid}"
    d.exchange.fate = lambda _kind: Fate.WELL
    assert d.desk.move(oid, Price(1105)) is not None
    await d.clock.advance(1.0)
    assert d.desk.move(oid, Price(1105)) is None
    await d.clock.advance(3.0)
    (new,) = d.exchange.alive()
    assert (new.ticket.is_reduce_only, new.ticket.price) == (True, 1105)
    await d.stop()
