"""Rows by themselves, and lists that are sometimes none."""

from __future__ import annotations

import logging

import pytest

from terminal.exchange.errors import ProtocolError
from terminal.exchange.rows import more_of, most_rows_of, page_of, readable, reader, rows_of
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


GOOD, ODD = b'{"symbol":"a","leverage":"1"}', b'{"symbol":null,"leverage":{}}'


@pytest.mark.parametrize("rows", [[GOOD, ODD, GOOD], [b"null", GOOD, b'"x"', GOOD]])
def test_a_row_of_another_form_takes_no_other_row_away(
    rows: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """In lists, pages and stretches; the log names it, and what says the page is kept."""
    raw = b"[" + b",".join(rows) + b"]"
    with caplog.at_level(logging.WARNING, logger="app"):
        found = most_rows_of(Raw(raw), CrossLeveragePayload, "a row")
        page = page_of(
            Raw(b'{"totalNum":"7","totalPage":2,"items":' + raw + b"}"), CrossLeveragePayload, "one"
        )
        more = more_of(
            Raw(b'{"hasMore":true,"dataList":' + raw + b"}"), CrossLeveragePayload, "one"
        )
    assert [len(some or ()) for some in (found, page.items, more.dataList)] == [2, 2, 2]
    assert (page.totalNum, page.totalPage, more.hasMore) == (7, 2, True)
    assert any("leverage" in one.message or "Expected" in one.message for one in caplog.records)
    caplog.clear()


@pytest.mark.parametrize("raw", [b"[%s]" % ODD, b"[5, 6]", b'"x"', b"5"])
def test_nothing_but_odd_rows_are_another_form(
    raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """That is an error and no empty list: nobody may take a new form for nothing at all."""
    with caplog.at_level(logging.CRITICAL, logger="app"):
        for read in (most_rows_of, page_of, more_of):
            whole = raw
            if read is not most_rows_of:
                whole = b'{"items":%s,"dataList":%s}' % (raw, raw)
            with pytest.raises(ProtocolError):
                read(Raw(whole), CrossLeveragePayload, "a row")


def test_nothing_is_no_row() -> None:
    assert most_rows_of(Raw(b"null"), CrossLeveragePayload, "a row") == []
    assert page_of(Raw(b'{"items":null}'), CrossLeveragePayload, "a row").items == []
    assert more_of(Raw(b"{}"), CrossLeveragePayload, "a row").dataList == []
