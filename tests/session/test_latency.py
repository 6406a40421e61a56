"""The parts of an order's way add up, and what was not reached is not guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.intention import ProcedureId
from terminal.domain.units import ClientOid
from terminal.exchange.outcome import Route
from terminal.session.latency import KEPT, LatencyBook, Part
from tests.support.fake_clock import START_MS, FakeClock

ONE = ClientOid("c1")


def a_book(clock: FakeClock, offset_ms: float | None) -> LatencyBook:
    book = LatencyBook(clock)
    book.offset_ms = lambda: offset_ms
    return book


async def followed(clock: FakeClock, book: LatencyBook, *, is_signed: bool) -> None:
    """An order whose every part takes another time, in ms: 1, 2 (signed), 4, 8, 16, 32, 64."""
    with book.gesture():
        await clock.advance(0.001)
        stamps = book.begin(ONE)
    if is_signed:
        await clock.advance(0.002)
        stamps.signed_s = clock.monotonic_s()
    await clock.advance(0.004)
    stamps.sent_s = clock.monotonic_s()
    await clock.advance(0.008)
    stamps.gateway_in_ms = clock.now_ms() + 3_600_000
    await clock.advance(0.016)
    stamps.gateway_out_ms = clock.now_ms() + 3_600_000
    await clock.advance(0.032)
    stamps.replied_s = clock.monotonic_s()
    book.answered(ONE, Route.REST if is_signed else Route.SOCKET)
    book.told(ONE)
    await clock.advance(0.064)
    book.painted(ONE)


def shown(book: LatencyBook) -> dict[Part, float | None]:
    anatomy = book.of(ONE)
    assert anatomy is not None
    return {
        part: None if value is None else round(value, 3) for part, value in anatomy.parts().items()
    }


async def test_every_part_is_what_passed() -> None:
    """Although the exchange's clock is an hour ahead."""
    clock = FakeClock()
    book = a_book(clock, 3_600_000.0)
    await followed(clock, book, is_signed=True)
    assert shown(book) == {
        Part.GUARD: 1.0,
        Part.SIGN: 2.0,
        Part.WRITE: 4.0,
        Part.THERE: 8.0,
        Part.GATEWAY: 16.0,
        Part.BACK: 32.0,
        Part.REPLY: 56.0,
        Part.EVENT: 56.0,
        Part.PAINT: 64.0,
        Part.WHOLE: 127.0,
    }


async def test_a_way_without_signing_has_no_such_part() -> None:
    """Then the way to the wire begins at the guard; the rest is as it was."""
    clock = FakeClock()
    book = a_book(clock, 3_600_000.0)
    await followed(clock, book, is_signed=False)
    parts = shown(book)
    assert (parts[Part.SIGN], parts[Part.WRITE], parts[Part.WHOLE]) == (None, 4.0, 125.0)


def test_what_was_not_reached_is_not_guessed() -> None:
    """An order that was only begun has no part at all, and counts in no percentile."""
    book = a_book(FakeClock(), None)
    book.begin(ONE)
    assert set(shown(book).values()) == {None}
    assert book.percentiles(Route.REST) == ()
    book.answered(ONE, Route.REST)
    assert book.percentiles(Route.REST) == ()


async def test_only_the_first_word_and_the_first_frame_count() -> None:
    """And a frame before the first word shows nothing of it."""
    clock = FakeClock()
    book = a_book(clock, 0.0)
    told: list[ClientOid] = []
    book.on_event.add(told.append)
    book.begin(ONE)
    book.painted(ONE)
    for act in (book.told, book.told, book.painted, book.painted):
        await clock.advance(0.01)
        act(ONE)
    anatomy = book.of(ONE)
    assert anatomy is not None
    assert anatomy.event_s == pytest.approx(0.01)
    assert anatomy.painted_s == pytest.approx(0.03)
    assert told == [ONE]


def test_orders_of_others_are_nobodys() -> None:
    """Whatever is told of an order that was not sent here, nothing happens."""
    book = a_book(FakeClock(), 0.0)
    book.stamps(ONE).sent_s = 5.0
    book.answered(ONE, Route.REST)
    book.told(ONE)
    book.painted(ONE)
    assert book.of(ONE) is None


def test_old_orders_are_forgotten() -> None:
    book = a_book(FakeClock(), 0.0)
    for number in range(KEPT + 5):
        book.begin(ClientOid(str(number)))
    assert book.of(ClientOid("4")) is None
    assert book.of(ClientOid("5")) is not None


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=60))
def test_percentiles_are_values_that_were_seen(seconds: list[float]) -> None:
    """At least the named share of all lies at or below each, and they are in order."""
    clock: Any = FakeClock()
    book = a_book(clock, 0.0)
    for number, reply_s in enumerate(seconds):
        oid = ClientOid(str(number))
        stamps = book.begin(oid)
        stamps.sent_s, stamps.replied_s = 0.0, reply_s
        book.answered(oid, Route.SOCKET)
    found = {one.part: one for one in book.percentiles(Route.SOCKET)}[Part.REPLY]
    values = [one * 1000 for one in seconds]
    assert found.count == len(values)
    for share, value in ((0.5, found.p50_ms), (0.9, found.p90_ms), (0.99, found.p99_ms)):
        assert value in values
        assert sum(one <= value for one in values) >= share * len(values)
    assert found.p50_ms <= found.p90_ms <= found.p99_ms
    assert book.percentiles(Route.REST) == ()
    assert clock.now_ms() == START_MS


async def test_what_a_gestures_procedure_sends_later_is_of_that_gesture() -> None:
    """And what one that nobody asked for sends is of none; the newest gesture prevails."""
    clock = FakeClock()
    book = a_book(clock, 0.0)
    with book.gesture():
        book.begun(ProcedureId("flatten"))
    book.begun(ProcedureId("by itself"))
    await clock.advance(2.0)
    book.begin(ONE, ProcedureId("flatten"))
    book.begin(ClientOid("c2"), ProcedureId("by itself"))
    with book.gesture():
        book.begin(ClientOid("c3"), ProcedureId("flatten"))
    with book.since(1.5):
        book.begin(ClientOid("c4"))
    pressed = [anatomy.pressed_s for anatomy in reversed(book.last(4))]
    assert pressed == [pytest.approx(0.0), None, pytest.approx(2.0), 1.5]
    assert book.pressed_s is None


def test_procedures_of_long_ago_are_forgotten() -> None:
    book = a_book(FakeClock(), 0.0)
    with book.gesture():
        for number in range(KEPT + 1):
            book.begun(ProcedureId(str(number)))
    book.begin(ONE, ProcedureId("0"))
    anatomy = book.of(ONE)
    assert anatomy is not None
    assert anatomy.pressed_s is None


def test_orders_of_one_request_share_its_stamps() -> None:
    """Those that are not remembered are left out."""
    book = a_book(FakeClock(), 0.0)
    for name in ("a", "b"):
        book.begin(ClientOid(name))
    stamps = book.together(ClientOid(name) for name in ("a", "b", "forgotten"))
    stamps.sent_s, stamps.replied_s = 0.0, 0.25
    for name in ("a", "b"):
        book.answered(ClientOid(name), Route.SOCKET)
    found = {one.part: one for one in book.percentiles(Route.SOCKET)}[Part.REPLY]
    assert (found.count, found.p50_ms) == (2, 250.0)


def test_the_newest_come_first_and_each_route_is_told_apart() -> None:
    book = a_book(FakeClock(), 0.0)
    for name, route in (("a", Route.REST), ("b", Route.SOCKET), ("c", None)):
        stamps = book.begin(ClientOid(name))
        stamps.sent_s, stamps.replied_s = 0.0, 1.0
        if route is not None:
            book.answered(ClientOid(name), route)
    assert [(one.client_oid, one.went_by_socket) for one in book.last(2)] == [
        ("c", None),
        ("b", True),
    ]
    assert [one.guarded_ms is None for one in book.last(9)] == [True, False, False]
    assert [found[Part.REPLY].count for found in book.by_route()] == [1, 1]


def test_an_order_that_was_not_sent_after_all_is_no_measurement() -> None:
    book = LatencyBook(FakeClock())
    book.begin(ONE)
    book.forget(ONE)
    book.forget(ONE)
    assert book.of(ONE) is None
    assert book.last(5) == []
