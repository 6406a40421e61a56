"""Lax about form, strict about meaning."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.wire.codec import DecodeError, decimal_of, decode, encode, excerpt
from terminal.wire.market import ChangePayload, ContractPayload


def test_numbers_may_be_texts_and_extra_fields_are_fine() -> None:
    raw = b'{"sequence":"5","change":"1,buy,2","timestamp":7,"new":true}'
    assert decode(raw, ChangePayload).sequence == 5


def test_an_unreadable_field_is_named_with_an_excerpt() -> None:
    with pytest.raises(DecodeError, match=r"sequence.* in \{"):
        decode(b'{"sequence":"x","change":"","timestamp":7}', ChangePayload)
    with pytest.raises(DecodeError):
        decode(b"<html>", ChangePayload)
    with pytest.raises(DecodeError):
        decode(b"\xff\xfe", ContractPayload)


@pytest.mark.parametrize(
    ("value", "number"),
    [("2.0E-4", Decimal("0.0002")), (66968.1, Decimal("66968.1")), (5, Decimal(5)), ("", None)],
)
def test_decimals_of_any_form(value: object, number: Decimal | None) -> None:
    assert decimal_of(value, "price") == number


@pytest.mark.parametrize("value", ["x", "NaN", "Infinity", []])
def test_what_is_no_number_is_named(value: object) -> None:
    with pytest.raises(DecodeError, match="price is no"):
        decimal_of(value, "price")


def test_encoding_is_compact_and_excerpts_are_short() -> None:
    assert encode({"a": 1, "b": "x"}) == b'{"a":1,"b":"x"}'
    assert len(excerpt("x" * 5000)) < 300


def test_an_excerpt_shows_no_secret() -> None:
    raw = b'{"token":"abc==","apiKey": "k123","passphrase":"pp","uid":160000000,"a":"seen"}'
    with pytest.raises(DecodeError) as caught:
        decode(raw, ChangePayload)
    told = str(caught.value)
    assert "seen" in told
    assert not any(secret in told for secret in ("abc", "k123", '"pp"', "160000000"))
    cut = excerpt('{"token":"' + "s3cret" * 1000)
    assert "s3cret" not in cut
    assert cut.endswith("...")


@pytest.mark.parametrize(
    "told",
    [
        '{"token":"SECRET\\"SECRET","a":1}',
        "{'signature': 'SECRET'}",
        '{"password": "SECRET", "connectToken":"SECRET',
        "wss://host/?token=SECRET&connectId=1&sign=SECRET",
        "apikey=SECRET&sign=SECRET&passphrase=SECRET&partner=",
        "KC-API-KEY: SECRET, KC-API-SIGN: SECRET, KC-API-PASSPHRASE: SECRET",
    ],
)
def test_an_excerpt_hides_secrets_in_whatever_form(told: str) -> None:
    """Fields with escaped quotes, printed objects, parameters of addresses, headers."""
    assert "SECRET" not in excerpt(told)
    assert "***" in excerpt(told)


def test_an_excerpt_is_one_line() -> None:
    """Nobody outside writes lines of his own into the log."""
    assert excerpt("a\r\nERROR b\x1b[31m\u2028c") == "a ERROR b [31m c"


def test_an_excerpt_shows_what_is_no_secret() -> None:
    for told in (
        '{"code":"300003","msg":"balance 12.5 of 13 is not enough","symbol":"XBTUSDTM"}',
        "the signature is wrong, the key is unknown",
    ):
        assert excerpt(told) == told


@pytest.mark.parametrize(
    "text",
    [
        '{"connectId":"s3cret"}',
        '{"signature": "s3cret"}',
        '{"token":"a\\"s3cret"}',
        '{"token":["s3cret"],"b":"s3cret"}',
        '{"msg":"{\\"token\\":\\"s3cret\\"}"}',
        'KC-API-SIGN="s3cret"',
        '{"user_id":"s3cret"}',
        '{"passphrase":{"a":{"b":1},"c":"s3cret"}}',
        "{'apiKey': 's3cret'}",
        "wss://host/endpoint?token=s3cret&connectId=s3cret",
        "apikey=k&partner_sign=s3cret&timestamp=1",
    ],
)
def test_an_excerpt_shows_no_secret_however_it_is_written(text: str) -> None:
    """Other names, escapes, lists in its place, the representation of objects, addresses."""
    assert "s3cret" not in excerpt(text)
    assert "s3cret" not in excerpt(text.encode())
