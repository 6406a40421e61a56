"""One outcome for each item, whatever the answer to a batch looks like."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.batches import NO_WORD, Subject, batch_outcomes
from terminal.exchange.outcome import Accepted, Rejected, Route, Unknown
from terminal.wire.codec import DecodeError

SOCKET = Route.SOCKET
NO_WORD_YET = Unknown(NO_WORD, SOCKET)


def orders(*names: str) -> tuple[Subject, ...]:
    return tuple(Subject(ClientOid(name)) for name in names)


def cancels(*ids: str) -> tuple[Subject, ...]:
    return tuple(Subject(order_id=OrderId(one), is_cancel=True) for one in ids)


def item(client_oid: str | None, order_id: str | None, code: str = "200000") -> dict[str, Any]:
    return {"clientOid": client_oid, "orderId": order_id, "code": code, "msg": "m"}


def placed(*ids: str) -> tuple[Accepted, ...]:
    return tuple(Accepted((OrderId(one),), SOCKET) for one in ids)


def test_each_item_ends_for_itself() -> None:
    """Taken, refused with evidence, and what may have happened."""
    answer = [
        item("a", "1"),
        item("b", None, "300003"),
        item("c", None, "500000"),
        item("d", None, "429000"),
        item("e", None),
    ]
    first, second, *others = batch_outcomes(answer, orders("a", "b", "c", "d", "e"), SOCKET)
    assert first == Accepted((OrderId("1"),), SOCKET)
    assert isinstance(second, Rejected)
    assert (second.code, second.route) == ("300003", SOCKET)
    assert "The balance is not enough." in second.sentence
    assert [type(other) for other in others] == [Unknown] * 3


@pytest.mark.parametrize("code", ["200", "200000", 200, 200000])
def test_canceled_items_carry_either_success_code(code: Any) -> None:
    by_id = batch_outcomes([item(None, "1", code)], cancels("1"), SOCKET)
    assert by_id == placed("1")
    named = (Subject(ClientOid("a"), is_cancel=True),)
    assert batch_outcomes([item("a", None, code)], named, SOCKET) == (Accepted((), SOCKET),)


@given(st.permutations("abcdef"))
def test_the_order_of_the_answers_does_not_matter(order: list[str]) -> None:
    answer = [item(name, f"id-{name}") for name in order]
    outcomes = batch_outcomes(answer, orders(*"abcdef"), SOCKET)
    assert outcomes == placed(*(f"id-{name}" for name in "abcdef"))


@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.sampled_from(["data", None]))
def test_what_has_no_item_is_unknown(missing: set[str], nested: str | None) -> None:
    answer: Any = [item(name, f"id-{name}") for name in "abcdef" if name not in missing]
    value = answer if nested is None else {nested: answer}
    for name, outcome in zip("abcdef", batch_outcomes(value, orders(*"abcdef"), SOCKET),
                             strict=True):  # fmt: skip
        assert outcome == (NO_WORD_YET if name in missing else placed(f"id-{name}")[0])


def test_an_item_without_a_name_is_known_by_its_place_when_none_is_missing() -> None:
    answer = [item("a", "1"), item(None, None, "300003"), item("c", "3")]
    first, second, third = batch_outcomes(answer, orders("a", "b", "c"), SOCKET)
    assert (first, third) == placed("1", "3")
    assert isinstance(second, Rejected)
    assert batch_outcomes(answer, orders("a", "b", "c", "d"), SOCKET)[1] == NO_WORD_YET


def test_an_item_of_somebody_else_is_nobodys() -> None:
    """A foreign name in the right place is no answer, and an unreadable item neither."""
    answer = [item("z", "9"), 5]
    assert batch_outcomes(answer, orders("a", "b"), SOCKET) == (NO_WORD_YET, NO_WORD_YET)


def test_the_same_order_canceled_twice_has_two_answers() -> None:
    answer = [item(None, "1", "200"), item(None, "2", "200"), item(None, "1", "100004")]
    first, second, third = batch_outcomes(answer, cancels("1", "2", "1"), SOCKET)
    assert (first, second) == placed("1", "2")
    assert isinstance(third, Rejected)


def test_an_answer_without_items_is_an_error() -> None:
    with pytest.raises(DecodeError):
        batch_outcomes(None, orders("a"), SOCKET)
