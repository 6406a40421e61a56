"""Rows by themselves, and lists that are sometimes none."""

from __future__ import annotations

import logging

import pytest

from terminal.exchange.errors import ProtocolError
from terminal.exchange.rows import readable, reader, rows_of
from terminal.wire.account import CrossLeveragePayload
from terminal.wire.codec import Raw


def odd_only(row: int) -> int:
    if row % 2:
        return row
    raise ProtocolError("even")


def test_what_cannot_be_read_is_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="app"):
        assert readable(odd_only, [1, 2, 3], "a row") == (1, 3)
        assert reader(odd_only, "a row")((5,)) == (5,)
    caplog.clear()


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        (b"null", 0),
        (b"[]", 0),
        (b' [{"symbol":"a","leverage":"1"}]', 1),
        (b'{"symbol":"a","leverage":1}', 1),
    ],
)
def test_a_list_an_object_and_nothing(raw: bytes, count: int) -> None:
    assert len(rows_of(Raw(raw), CrossLeveragePayload)) == count


@pytest.mark.parametrize("raw", [b'"x"', b"5", b'[{"symbol":"a"}]', b"[null]"])
def test_anything_else_is_one_error_with_its_path(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        rows_of(Raw(raw), CrossLeveragePayload)
