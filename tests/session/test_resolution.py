"""Finding out what became of orders: one rule for lost answers and for orders from before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from terminal.domain.clock import TimestampMs
from terminal.domain.guard import BlockField
from terminal.domain.intention import (
    EventKind,
    Intention,
    JournalError,
    JournalEvent,
    OpenIntention,
    Purpose,
    Source,
    UnreadIntention,
)
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.units import ClientOid, Lots, OrderId
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Accepted, Rejected, Route, Unknown
from terminal.session.resolution import COVERED_ROWS, SIGNED_FOR_S, SOCKET_CLOSED_S, WAITS_S
from terminal.session.results import Blocked, Submitted
from tests.support.builders import XBT, a_fill, a_ticket, an_order_update
from tests.support.desk import Bench, a_started_bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from terminal.domain.events import OrderUpdate

OLD = ClientOid("tern-old")
C1 = ClientOid("c1")
O1 = OrderId("id-1")


def intended(
    bench: Bench,
    oid: ClientOid = OLD,
    route: Route | None = Route.REST,
    ago_ms: int = 1000,
) -> None:
    """What the program wrote before it ended: an intention, and that it was signed, if it was."""
    journal = bench.desk.journal
    at_ms = TimestampMs(bench.clock.now_ms() - ago_ms)
    intention = Intention(oid, a_ticket(), Purpose.SUBMIT, None, at_ms)
    journal.intend(intention)
    if route is not None:
        event = JournalEvent(EventKind.SIGNED, Source.OWN, at_ms, detail={"route": route.value})
        journal.note(oid, event)


def kinds(bench: Bench, oid: ClientOid) -> list[str]:
    return [event.what.value for event in bench.desk.journal.trail(oid)]


async def test_an_order_from_before_is_found_with_its_fills() -> None:
    bench = Bench()
    intended(bench)
    bench.trading.known[OLD] = an_order_update(
        order_id=O1, client_oid=OLD, filled=Lots(1), remaining=Lots(1)
    )
    bench.trading.open = (bench.trading.known[OLD],)
    bench.trading.fills = (a_fill(order_id=O1, lots=Lots(1)),)
    await bench.start()
    order = bench.desk.orders[OLD]
    assert (order.state, order.filled) == (OrderState.PARTLY_FILLED, Lots(1))
    assert len(bench.desk.fills) == 1
    assert bench.desk.resolution.reason == ""
    assert kinds(bench, OLD) == ["signed", "updated", "filled"]
    (still,) = bench.desk.journal.open_intentions()
    assert still.order_id == O1, "it works on, so its end is still to be written"
    assert not bench.trading.placed
    await bench.stop()


async def test_one_that_ended_meanwhile_is_found_among_the_done() -> None:
    bench = Bench()
    intended(bench)
    bench.trading.done = (
        an_order_update(order_id=O1, client_oid=OLD, filled=Lots(2), is_done=True),
    )
    await bench.start()
    assert bench.desk.orders[OLD].state is OrderState.FILLED
    assert bench.desk.journal.open_intentions() == ()
    await bench.stop()


@pytest.mark.parametrize(
    ("route", "least_s"),
    [(Route.REST, SIGNED_FOR_S), (Route.SOCKET, SOCKET_CLOSED_S), (None, SOCKET_CLOSED_S)],
)
async def test_never_arrived_takes_three_rounds_and_the_time_of_its_way(
    route: Route | None, least_s: float
) -> None:
    bench = Bench()
    intended(bench, route=route)
    await bench.start()
    assert bench.desk.is_trusted
    await bench.clock.advance(least_s - 0.1)
    assert bench.desk.orders[OLD].state is OrderState.UNKNOWN
    assert bench.trading.queries >= 3
    await bench.clock.advance(WAITS_S[-1] + 0.1)
    order = bench.desk.orders[OLD]
    assert (order.state, order.is_guess) == (OrderState.REJECTED, True)
    assert bench.desk.journal.open_intentions() == ()
    last = bench.desk.journal.trail(OLD)[-1]
    assert (last.what, last.source, last.detail["found"]) == (
        EventKind.RESOLVED,
        Source.ASSUMED,
        "never arrived",
    )
    assert not bench.trading.placed
    await bench.stop()


async def test_nothing_opens_before_all_from_before_are_found_and_reducing_goes() -> None:
    bench = Bench()
    intended(bench)
    await bench.start()
    blocked = bench.desk.submit(a_ticket())
    assert isinstance(blocked, Blocked)
    assert [block.field for block in blocked.blocks] == [BlockField.ORDER]
    assert blocked.blocks[0].reason == (
        "An order from before the program ended (XBTUSDTM) is still being looked for; wait a "
        "moment. Canceling and closing work."
    )
    assert isinstance(bench.desk.submit(a_ticket(is_reduce_only=True)), Submitted)
    bench.desk.cancel(OLD)
    await bench.clock.settle()
    await bench.clock.advance(2.0)
    assert bench.trading.cancels, "what may be there can be canceled"
    await bench.clock.advance(20.0)
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.clock.settle()
    await bench.stop()


async def test_a_stop_that_waits_is_found_in_its_own_list() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    bench.trading.stops = (an_order_update(order_id=O1, client_oid=C1, untriggered=True),)
    await bench.clock.advance(1.0)
    assert bench.desk.orders[C1].state is OrderState.UNTRIGGERED
    await bench.stop()


async def test_while_a_list_is_not_answered_nothing_is_concluded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))

    async def silent(_symbol: object = None) -> Sequence[object]:
        raise TransportError("down", was_sent=True)

    monkeypatch.setattr(bench.trading, "open_stops", silent)  # one list fails
    bench.desk.submit(a_ticket())
    await bench.clock.advance(50.0)
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    await bench.stop()


async def test_many_unknown_orders_share_one_pace_and_one_reading_of_the_lists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred lost answers must not spend the quota that a cancel needs."""
    bench = Bench()
    for number in range(100):
        intended(bench, ClientOid(f"tern-{number}"))
    bench.trading.open = tuple(
        an_order_update(order_id=OrderId(f"o-{number}"), client_oid=ClientOid(f"tern-{number}"))
        for number in range(90)
    )
    lists = 0
    read_done = bench.trading.recent_done_orders

    async def counted() -> tuple[object, ...]:
        nonlocal lists
        lists += 1
        return await read_done()

    monkeypatch.setattr(bench.trading, "recent_done_orders", counted)
    await bench.start()
    assert len(bench.desk.resolution.from_before) == 10
    assert bench.trading.queries == 0, "the lists told of the others"
    await bench.clock.advance(10.0)
    assert bench.trading.queries <= 10.0 / 0.2
    assert lists <= 2 + len(WAITS_S)
    await bench.clock.advance(60.0)
    assert bench.desk.resolution.from_before == ()
    assert len(bench.desk.working()) == 90
    await bench.stop()


async def test_what_turns_up_after_all_is_taken_and_written() -> None:
    bench = Bench()
    intended(bench)
    await bench.start()
    await bench.clock.advance(20.0)
    assert bench.desk.orders[OLD].is_guess
    bench.stream.push(an_order_update(order_id=O1, client_oid=OLD))
    await bench.clock.settle()
    assert bench.desk.orders[OLD].state is OrderState.OPEN
    assert [one.intention.client_oid for one in bench.desk.journal.open_intentions()] == [OLD]
    await bench.stop()


async def test_an_order_that_was_taken_and_is_found_nowhere_is_no_longer_known() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Accepted((O1,)))
    bench.desk.submit(a_ticket())
    await bench.clock.advance(SIGNED_FOR_S - 0.1)
    assert bench.desk.orders[C1].state is OrderState.SUBMITTING
    await bench.clock.advance(10.0)
    assert bench.desk.orders[C1].reason == "The exchange no longer knows this order."
    await bench.stop()


async def test_the_trail_of_an_order_has_each_word_by_its_source() -> None:
    bench = await a_started_bench()
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    bench.stream.push(an_order_update(order_id=O1, client_oid=C1))
    fill = a_fill(order_id=O1)
    filled = an_order_update(
        order_id=O1, client_oid=C1, filled=Lots(2), remaining=Lots(0), fill=fill
    )
    bench.stream.push(filled)
    bench.stream.push(filled)
    bench.stream.push(
        an_order_update(order_id=O1, client_oid=C1, filled=Lots(2), remaining=Lots(0), is_done=True)
    )
    await bench.clock.advance(2.0)
    trail = bench.desk.journal.trail(C1)
    assert [(event.what.value, event.source.value, event.is_end) for event in trail] == [
        ("signed", "own", None),
        ("answered", "reply", None),
        ("updated", "stream", False),
        ("updated", "stream", False),
        ("filled", "stream", None),
        ("updated", "stream", True),
    ]
    assert trail[4].detail == {
        "trade_id": "t1", "side": "buy", "price": 1000, "lots": 2, "liquidity": "taker",
    }  # fmt: skip
    assert bench.desk.journal.open_intentions() == ()
    await bench.stop()


async def test_an_error_of_ours_does_not_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.trading.on_place = lambda _ticket, _oid: None
    asked, calls = bench.trading.recent_done_orders, [0]

    async def broken() -> tuple[OrderUpdate, ...]:
        calls[0] += 1
        if calls[0] == 1:
            raise ValueError("unreadable")
        return await asked()

    monkeypatch.setattr(bench.trading, "recent_done_orders", broken)
    result = bench.desk.submit(a_ticket())
    assert isinstance(result, Submitted)
    await bench.clock.advance(30.0)
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    assert calls[0] > 1
    assert bench.errors == ["test/orders: read the lists: ValueError('unreadable')"]
    bench.errors.clear()
    await bench.stop()


DAYS_MS = 3 * 24 * 3_600_000


class Past:
    """Done orders of long ago; asking fails as often as ``fails`` says."""

    def __init__(self, *updates: OrderUpdate, fails: int = 0) -> None:
        self.updates = updates
        self.fails = fails
        self.asked: list[tuple[int, int]] = []

    async def __call__(
        self, start_at: TimestampMs, end_at: TimestampMs
    ) -> AsyncIterator[tuple[OrderUpdate, ...]]:
        self.asked.append((start_at, end_at))
        if len(self.asked) <= self.fails:
            raise TransportError("down", was_sent=True)
        yield self.updates


async def test_one_older_than_the_recent_list_is_looked_for_in_the_past() -> None:
    bench = Bench()
    intended(bench, ago_ms=DAYS_MS)
    update = an_order_update(order_id=O1, client_oid=OLD, filled=Lots(2), is_done=True)
    past = bench.desk.resolution.past = Past(update, fails=1)
    begun_ms = bench.clock.now_ms()
    await bench.start()
    await bench.clock.advance(20.0)
    assert bench.desk.orders[OLD].state is OrderState.UNKNOWN, "nobody answered yet"
    await bench.clock.advance(60.0)
    assert bench.desk.orders[OLD].state is OrderState.FILLED
    assert len(past.asked) == 2, "a walk is long: it is not repeated in each round"
    assert past.asked[0][0] <= begun_ms - DAYS_MS
    assert bench.desk.journal.open_intentions() == ()
    await bench.stop()


@pytest.mark.parametrize("has_past", [True, False])
async def test_without_a_trace_of_an_old_one_it_is_never_said_that_it_was_not_placed(
    has_past: bool,
) -> None:
    bench = Bench()
    intended(bench, ago_ms=DAYS_MS)
    bench.desk.resolution.past = Past() if has_past else None
    await bench.start()
    await bench.clock.advance(20.0)
    order = bench.desk.orders[OLD]
    assert (order.state, order.is_guess) == (OrderState.REJECTED, True)
    assert order.reason.startswith("The exchange no longer knows this order.")
    assert bench.desk.journal.trail(OLD)[-1].detail["found"] == "no longer known"
    await bench.stop()


async def test_a_full_list_of_recent_orders_proves_nothing() -> None:
    bench = Bench()
    intended(bench)
    bench.trading.done = tuple(
        an_order_update(order_id=OrderId(f"o{n}"), client_oid=None, is_done=True)
        for n in range(COVERED_ROWS)
    )
    past = bench.desk.resolution.past = Past()
    await bench.start()
    await bench.clock.advance(20.0)
    assert len(past.asked) == 1
    assert bench.desk.journal.trail(OLD)[-1].detail["found"] == "no longer known"
    await bench.stop()


@pytest.mark.parametrize("answers", [True, False])
async def test_what_was_asked_of_an_order_that_never_arrived_does_not_stick(
    *, answers: bool
) -> None:
    """Should it turn up after all, it can be canceled anew."""
    bench = await a_started_bench()
    refused = Rejected("300003", "The balance is not enough.")
    bench.trading.place_outcomes.append(refused if answers else Unknown("No answer."))
    bench.trading.cancel_outcomes.extend([Unknown("No answer.")] * 3)
    bench.trading.hold = asyncio.Event()
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    if not answers:
        bench.trading.hold.set()
        await bench.clock.settle()
    bench.desk.cancel(C1)
    await bench.clock.settle()
    bench.trading.hold.set()
    await bench.clock.advance(20.0)
    order = bench.desk.orders[C1]
    assert (order.state, order.pending) == (OrderState.REJECTED, PendingCommand.NONE)
    bench.stream.push(an_order_update(order_id=O1, client_oid=C1))
    bench.trading.cancels.clear()
    bench.desk.cancel(C1)
    await bench.clock.settle()
    assert bench.trading.cancels == [O1]
    await bench.stop()


def unread(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """The journal cannot be read until the list that is returned is cleared."""
    journal, closed = bench.desk.journal, [None]
    read = journal.open_intentions

    def answer() -> tuple[OpenIntention, ...]:
        if closed:
            raise JournalError("journal", sentence="The order journal cannot be opened.")
        return read()

    monkeypatch.setattr(journal, "open_intentions", answer)
    return closed


async def test_nothing_opens_while_the_orders_from_before_could_not_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Read at last, they are looked for, and only then what opens may leave."""
    bench = Bench()
    intended(bench)
    closed = unread(bench, monkeypatch)
    await bench.start()
    assert bench.desk.is_trusted
    result = bench.desk.submit(a_ticket())
    assert isinstance(result, Blocked)
    assert "could not be read. The order journal cannot be opened." in result.blocks[0].reason
    assert isinstance(bench.desk.submit_batch([a_ticket()])[0], Blocked)
    assert isinstance(bench.desk.submit(a_ticket(is_reduce_only=True)), Submitted)
    assert OLD not in bench.desk.orders

    closed.clear()
    result = bench.desk.submit(a_ticket())
    assert isinstance(result, Blocked)
    assert "still being looked for" in result.blocks[0].reason
    assert bench.desk.orders[OLD].state is OrderState.UNKNOWN
    await bench.clock.advance(SOCKET_CLOSED_S + WAITS_S[-1])
    assert bench.desk.orders[OLD].state is OrderState.REJECTED
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.stop()


async def test_what_was_read_late_and_is_none_lets_orders_out_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    closed = unread(bench, monkeypatch)
    await bench.start()
    told: list[str] = []
    bench.desk.on_changed.add(lambda: told.append(bench.desk.resolution.reason))
    bench.desk.resolution.read_again()
    assert bench.desk.resolution.reason
    closed.clear()
    bench.desk.resolution.read_again()
    assert told == [""], "who shows the reason hears that it has passed"
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.stop()


@pytest.mark.parametrize("has_arrived", [True, False])
async def test_an_order_whose_ticket_cannot_be_read_is_looked_for_as_any_other(
    monkeypatch: pytest.MonkeyPatch,
    has_arrived: bool,
) -> None:
    bench = Bench()
    intention = UnreadIntention(OLD, XBT, TimestampMs(bench.clock.now_ms() - 1000))
    found = OpenIntention(intention, None, None, went_by_socket=False, was_heard_of=False)
    monkeypatch.setattr(bench.desk.journal, "open_intentions", lambda: (found,))
    bench.trading.query_error = TransportError("not yet", was_sent=True)
    await bench.start()
    order = bench.desk.orders[OLD]
    assert (order.state, order.symbol, order.lots) == (OrderState.UNKNOWN, XBT, 0)
    assert "what it was cannot be read" in order.reason
    assert OLD in bench.desk.flags_unknown
    assert bench.desk.resolution.reason
    bench.trading.query_error = None
    if has_arrived:
        update = an_order_update(order_id=O1, client_oid=OLD, lots=Lots(7), is_reduce_only=True)
        bench.trading.known[OLD] = update
        bench.trading.open = (update,)
    await bench.clock.advance(SOCKET_CLOSED_S + 2 * WAITS_S[-1])
    order = bench.desk.orders[OLD]
    if has_arrived:
        assert (order.state, order.lots, order.is_reduce_only) == (OrderState.OPEN, 7, True)
        assert OLD not in bench.desk.flags_unknown
    else:
        assert order.state is OrderState.REJECTED
    assert bench.desk.resolution.reason == ""
    await bench.stop()
