"""Percentiles of the routes side by side, and which is quicker, if that can be said."""

from __future__ import annotations

import pytest

from terminal.domain.units import ClientOid
from terminal.exchange.outcome import Route
from terminal.session.latency import LatencyBook, Part
from terminal.viewmodels import text
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.latency import LEAST, LatencyViewModel
from tests.support.fake_clock import FakeClock

pytestmark = pytest.mark.usefixtures("qapp")


def answered(book: LatencyBook, name: str, route: Route, reply_ms: float) -> None:
    oid = ClientOid(name)
    stamps = book.begin(oid)
    stamps.sent_s, stamps.replied_s = 10.0, 10.0 + reply_ms / 1000
    book.answered(oid, route)


def shown(book: LatencyBook) -> LatencyViewModel:
    frame = HandFrameClock()
    view_model = LatencyViewModel(book, frame)
    view_model.start()
    frame.tick()
    view_model.stop()
    return view_model


@pytest.mark.parametrize("short", [Route.SOCKET, Route.REST])
def test_with_too_few_orders_of_one_route_nothing_is_said_of_which_is_quicker(short: Route) -> None:
    book = LatencyBook(FakeClock())
    for route in Route:
        for number in range(LEAST - (route is short)):
            answered(book, f"{route.value} {number}", route, 5.0)
    sentence = shown(book).sentence
    assert sentence.startswith("Not enough orders to compare the routes: ")
    assert f"it takes {LEAST} of each" in sentence


def test_with_enough_of_both_the_medians_are_told_and_stand_side_by_side() -> None:
    book = LatencyBook(FakeClock())
    for number in range(LEAST):
        answered(book, f"s{number}", Route.SOCKET, 3.1)
        answered(book, f"r{number}", Route.REST, 9.8)
    view_model = shown(book)
    assert view_model.sentence == (
        "Orders over the socket were answered in 3.10 ms, by REST in 9.80 ms (p50): the socket is "
        "quicker."
    )
    row = next(row for row in view_model.model.rows if row.part == Part.REPLY.value)
    assert row.socket == ("3.10", "3.10", "3.10", "20")
    assert row.rest == ("9.80", "9.80", "9.80", "20")


def test_the_last_orders_come_first_and_what_is_not_known_is_a_dash() -> None:
    book = LatencyBook(FakeClock())
    answered(book, "first", Route.REST, 12.34)
    book.begin(ClientOid("second"))
    second, first = shown(book).orders.rows
    assert (second.key, second.time, second.way) == ("second", text.EMPTY, text.EMPTY)
    assert set(second.parts) == {text.EMPTY}
    parts = dict(zip(Part, first.parts, strict=True))
    assert (first.way, parts[Part.REPLY], parts[Part.GATEWAY]) == ("REST", "12.3", text.EMPTY)


def test_a_hidden_dialog_looks_at_nothing() -> None:
    view_model = LatencyViewModel(LatencyBook(FakeClock()), HandFrameClock())
    view_model.set_paused(True)
    view_model.start()
    assert not view_model._timer.is_running
    view_model.set_paused(False)
    assert view_model._timer.is_running
    view_model.stop()
    assert not view_model._timer.is_running
