"""Single fields: any form, exact, bounded."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.wire.codec import DecodeError, decode
from terminal.wire.fields import (  # noqa: TC001 - msgspec reads annotations at run time
    Exact,
    MaybeExact,
    MaybeFlag,
    MaybeText,
    MaybeWhole,
    MaybeWords,
    Text,
    Texts,
    Whole,
)


class Sample(msgspec.Struct):
    exact: MaybeExact = None
    whole: MaybeWhole = None
    text: MaybeText = None
    flag: MaybeFlag = None


class Strict(msgspec.Struct):
    exact: Exact
    whole: Whole
    text: Text


@pytest.mark.parametrize(
    ("json", "number"),
    [
        ("2.0E-4", Decimal("0.0002")),
        ('"2.0E-4"', Decimal("0.0002")),
        ("6.353E8", Decimal(635_300_000)),
        ("1234567890.1234567890123", Decimal("1234567890.1234567890123")),
        ('" 5 "', Decimal(5)),
        ("-0.0", Decimal(0)),
        ('""', None),
        ("null", None),
    ],
)
def test_numbers_of_any_form_are_exact(json: str, number: Decimal | None) -> None:
    assert decode(f'{{"exact":{json}}}', Sample).exact == number


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=12
    )
)
def test_every_decimal_comes_through_as_text_and_as_number(number: Decimal) -> None:
    for json in (f"{number:f}", f'"{number:f}"', f'"{number:E}"'):
        assert decode(f'{{"exact":{json}}}', Sample).exact == number


@pytest.mark.parametrize(
    "json",
    ['"x"', '"NaN"', '"Infinity"', "[]", "{}", "true", "1e99999999999", '"1e999"', '"1_000"',
     '"\u0661"', "1" * 80, "0." + "1" * 80, "[" * 2000 + "]" * 2000],
)  # fmt: skip
def test_what_is_no_number_is_one_error(json: str) -> None:
    with pytest.raises(DecodeError):
        decode(f'{{"exact":{json}}}', Sample)


@pytest.mark.parametrize(("json", "number"), [("3", 3), ('"3"', 3), ("3.0", 3), ("6.5E2", 650)])
def test_whole_numbers_of_any_form(json: str, number: int) -> None:
    assert decode(f'{{"whole":{json}}}', Sample).whole == number


@pytest.mark.parametrize("json", ["3.5", '"3.5"', "true", "1e30", str(2**63), '"x"'])
def test_what_is_no_whole_number_is_one_error(json: str) -> None:
    with pytest.raises(DecodeError, match=r"\$\.whole"):
        decode(f'{{"whole":{json}}}', Sample)


def test_an_id_keeps_its_digits_and_a_flag_its_forms() -> None:
    assert decode('{"text":1234567890123456789}', Sample).text == "1234567890123456789"
    for json, told in (("1", True), ('"false"', False), ('"TRUE"', True), ('""', None)):
        assert decode(f'{{"flag":{json}}}', Sample).flag is told
    for bad in ('{"text":1.5}', '{"text":[]}', '{"flag":2}', '{"flag":"yes"}', '{"flag":[]}'):
        with pytest.raises(DecodeError):
            decode(bad, Sample)


@pytest.mark.parametrize("field", ["exact", "whole", "text"])
@pytest.mark.parametrize("json", ["null", '""', None])
def test_a_field_that_must_be_there_is_named_when_it_is_not(field: str, json: str | None) -> None:
    values = {"exact": "1", "whole": "1", "text": '"a"'}
    if json is None:
        del values[field]
    else:
        values[field] = json
    raw = "{" + ",".join(f'"{name}":{value}' for name, value in values.items()) + "}"
    with pytest.raises(DecodeError, match=field):
        decode(raw, Strict)


class Shown(msgspec.Struct):
    words: MaybeWords = None
    names: Texts = msgspec.field(default_factory=list[str])


@pytest.mark.parametrize(
    ("json", "names"),
    [("null", []), ("[]", []), ('["a", 7]', ["a", "7"])],
)
def test_a_list_of_texts_may_be_null(json: str, names: list[str]) -> None:
    assert decode(f'{{"names":{json}}}', Shown).names == names
    assert decode("{}", Shown).names == []


@pytest.mark.parametrize("json", ['"a"', "{}", "5", '[""]', "[null]", "[{}]"])
def test_what_is_no_list_of_texts_is_named(json: str) -> None:
    with pytest.raises(DecodeError, match=r"names"):
        decode(f'{{"names":{json}}}', Shown)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_words_are_read_whatever_they_are(value: object) -> None:
    words = decode(msgspec.json.encode({"words": value}), Shown).words
    assert words == (value if value is None or isinstance(value, str) else str(value))
