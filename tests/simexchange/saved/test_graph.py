"""Objects as JSON values and back: identity, callbacks and everything that values can be."""

from __future__ import annotations

import itertools
import json
import random
from array import array
from collections import deque
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from terminal.simexchange.clock import SimClock, Timer
from terminal.simexchange.engine.checks import Halts
from terminal.simexchange.market.matching import BUY, BookOrder, MatchingBook
from terminal.simexchange.saved.graph import Reader, StateError, Writer, is_of_rooms
from terminal.simexchange.trading.ledger import Ledger
from terminal.simexchange.trading.margin import Wallet

KNOWN = {
    f"{kind.__module__.removeprefix('terminal.simexchange.')}.{kind.__name__}": kind
    for kind in (BookOrder, MatchingBook, Halts, Wallet, Ledger)
}


def read_again(value: Any, existing: Any = None, leap: int = 0) -> Any:
    writer = Writer()
    written = json.loads(json.dumps(writer.value(value)))
    return Reader(writer.classes, KNOWN, [], leap).value(written, existing)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 7, "text", 2.5, float("inf"), Decimal("1.500"), 10**30),
        *([], [1, [2]], (1, ("a", None)), {"a": 1, ("b", 2): {3: [4]}}, {1, 2}, frozenset({"x"})),
        *(deque([1, 2], maxlen=3), array("I", [1, 2]), {"s": {("a", "b")}}),
    ],
    ids=str,
)
def test_values_come_back_with_their_types(value: Any) -> None:
    found = read_again(value)
    assert (type(found), found) == (type(value), value)
    if isinstance(value, deque):
        assert found.maxlen == value.maxlen


def test_chance_and_counters_go_on() -> None:
    dice, count = random.Random(3), itertools.count(5)
    dice.gauss(0, 1)
    next(count)
    again, counter = read_again([dice, count])
    assert next(read_again(count, leap=100)) == 106
    assert [again.random(), again.gauss(0, 1)] == [dice.random(), dice.gauss(0, 1)]
    assert next(counter) == next(count)


def test_an_object_that_comes_again_is_one_object_and_those_that_are_there_are_filled() -> None:
    order = BookOrder("1", "u", BUY, 5, 3)
    halts, other = Halts(settling={"X"}), Halts()
    settling = other.settling
    found = read_again({"a": order, "b": [order, order], "h": halts}, {"h": other})
    assert found["a"] is found["b"][0] is found["b"][1]
    assert found["a"] == order
    assert found["h"] is other
    assert other.settling is settling
    assert settling == {"X"}


def test_what_clients_are_told_by_number_leaps() -> None:
    wallet, ledger = read_again([Wallet("USDT", Decimal(5)), Ledger()], leap=1000)
    assert (wallet.cash, wallet.version) == (5, 1001)
    assert ledger._offset == Ledger()._offset + 1000


def test_a_field_that_was_added_since_has_its_default_and_one_that_is_gone_is_refused() -> None:
    writer = Writer()
    written = writer.value(Wallet("USDT", Decimal(5), 3, Decimal(1)))
    (name, *columns), row = writer.classes[0], written[3:]
    old = [name, *columns[:-1]]
    found = Reader([old], KNOWN, [], 0).value([*written[:3], *row[:-1]])
    assert (found.version, found.frozen) == (3, 0)
    with pytest.raises(StateError, match="has no cash"):
        Reader([[name, columns[0]]], KNOWN, [], 0).value([*written[:3], row[0]])
    with pytest.raises(AttributeError):
        Reader([[name, *columns[:-1], "gone"]], KNOWN, [], 0).value(written)
    with pytest.raises(StateError, match="there is no"):
        Reader([["os.system"]], KNOWN, [], 0)


def test_what_cannot_be_written_is_an_error_and_no_hole() -> None:
    for value in (SimpleNamespace(), b"bytes", object(), {"deep": [memoryview(b"")]}):
        with pytest.raises(StateError, match="cannot be written"):
            Writer().value(value)


def test_callbacks_stay_as_they_are_and_missing_ones_are_refused() -> None:
    assert read_again([len], [min]) == [min]
    with pytest.raises(StateError, match="something is missing"):
        read_again([len])
    order, other = BookOrder("1", "u", BUY, 5, 3), BookOrder("2", "", BUY, 1, 1)
    (found,) = read_again([order.refill], [other.refill])
    assert (found, other.id) == (other.refill, "1"), "whoever is called back has state, too"
    with pytest.raises(StateError, match="callback is missing"):
        read_again([order.refill], [None])


def test_timers_call_methods_of_the_rooms_and_nothing_else() -> None:
    clock = SimClock(start_ms=0, speed=0)
    timer = Timer(clock, 5, lambda: None, 0)
    writer = Writer([timer])
    assert writer.value(timer) == ["T", 0]
    assert writer.call(print) is None
    assert writer.call(clock.pause) is None
    book = MatchingBook(1, lambda *_: None)
    book.rest(BookOrder("1", "", BUY, 5, 3))
    order = BookOrder("1", "u", BUY, 5, 3)
    written = writer.call(order.refill)
    reader = Reader(writer.classes, KNOWN, [timer], 0)
    assert reader.value(["T", 0]) is timer
    reader.call(json.loads(json.dumps(written)))()
    for name in ("__init_subclass__", "nothing", "id"):
        with pytest.raises(StateError, match="there is no method"):
            reader.call([written[0], name])


def test_rooms_are_those_of_state() -> None:
    assert is_of_rooms(Wallet)
    assert not any(is_of_rooms(kind) for kind in (SimClock, Decimal, Reader, int))
