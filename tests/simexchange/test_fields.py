"""Reading what a client sent: exact and small, or refused; never anything else."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.errors import Refused
from terminal.simexchange.fields import (
    Fields,
    decimal_of,
    decoded,
    flag_of,
    objects_of,
    text_of,
    whole_of,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("value", "number"),
    [("1.50", "1.5"), (2, "2"), (0.1, "0.1"), ("-1e-3", "-0.001"), (".5", "0.5"), ("1E+2", "100")],
)
def test_numbers_are_exact_as_number_or_as_text(value: object, number: str) -> None:
    assert decimal_of("price", value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [True, None, [], {}, "", " 1", "1e999999", "1e-999999", "NaN", "Infinity", "9" * 41, 10**5000,
     float("inf"), float("nan"), "\u0663", "\u00b2", "1_0", "0x1", "1\n", "1e31"],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_usable_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(Refused) as caught:
        decimal_of("price", value)
    assert (caught.value.code, caught.value.status) == ("400100", 400)
    assert "price" in caught.value.text


def test_whole_numbers_have_no_fraction_and_at_most_18_digits() -> None:
    assert [whole_of("n", value) for value in ("7", 7, 7.0, "-7", "9" * 18)] == [
        7, 7, 7, -7, 10**18 - 1,
    ]  # fmt: skip
    for value in (1.5, "1.5", "9" * 19, 10**18, 1e30, True):
        with pytest.raises(Refused):
            whole_of("n", value)


@given(ANYTHING)
def test_no_value_raises_anything_but_a_refusal(value: Any) -> None:
    fields = Fields({"x": value})
    for read in (
        lambda: decimal_of("x", value),
        lambda: whole_of("x", value),
        lambda: text_of("x", value),
        lambda: flag_of("x", value),
        lambda: objects_of("x", value),
        lambda: fields.text("x"),
        lambda: fields.required("x"),
        lambda: fields.choice("x", ("a", "b")),
        lambda: fields.choice("x", ("a", "b"), "a"),
        lambda: fields.whole("x"),
        lambda: fields.decimal("x"),
        lambda: fields.flag("x"),
        lambda: fields.texts("x"),
        lambda: fields.objects("x"),
    ):
        with suppress(Refused):
            read()


def test_members_are_read_one_by_one_and_empty_is_absent() -> None:
    fields = Fields({"a": "text", "n": "5", "no": None, "empty": "", "yes": "TRUE", "l": ["a"]})
    assert fields.text("a") == fields.required("a") == fields.choice("a", ("text",)) == "text"
    assert (fields.text("no", "x"), fields.text("empty", "x"), fields.text("gone")) == (
        "x",
        "x",
        "",
    )
    assert (fields.whole("n"), fields.decimal("n"), fields.whole("no")) == (5, Decimal(5), None)
    assert (fields.flag("yes"), fields.flag("no"), fields.flag("no", default=True)) == (
        True, False, True,
    )  # fmt: skip
    assert (fields.texts("l"), fields.texts("no"), fields.objects("no")) == (["a"], [], [])
    assert objects_of("items", [{"a": 1}])[0].whole("a") == 1
    for wrong in (
        lambda: fields.required("empty"),
        lambda: fields.choice("no", ("a",)),
        lambda: fields.text("a", longest=3),
        lambda: fields.texts("l", most=0),
    ):
        with pytest.raises(Refused):
            wrong()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"a":0.30000000000000004}', {"a": 0.30000000000000004}),
        (b'{"a":1.50}', {"a": 1.5}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        ('"\u00e9"'.encode(), "\u00e9"),
        (b"[" * 32 + b"]" * 32, None),
        (b"[" + b"{}," * 40 + b"{}]", [{}] * 41),
    ],
)
def test_bodies_that_are_read(body: bytes, value: object) -> None:
    assert value in (None, decoded(body))


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b"{}{}", b"NaN", b"[Infinity]", b"1e999999", b"1e999", b"9" * 5000, b"9" * 41,
     b"0.12345678901234567891", b"\xff", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'"\\ud800"',
     b'{"\\udfff":1}', b"[" * 33 + b"]" * 33, b"[" * 200_000, b'{"a":' * 300 + b"1" + b"}" * 300,
     b'"\x01"', b"'a'"],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_bodies_that_are_refused(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        decoded(body)
    assert (caught.value.code, caught.value.status) == ("400100", 400)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_refusal(body: bytes) -> None:
    with suppress(Refused):
        decoded(body)
