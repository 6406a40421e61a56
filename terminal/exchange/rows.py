"""Rows of a list, one at a time: a row that cannot be read must not take the others away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import DecodeError, Raw, decode, decode_rows
from terminal.wire.pages import MorePayload, PagePayload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Fact = TypeVar("Fact")
Row = TypeVar("Row")

_log = logging.getLogger("app")


def readable(read: Callable[[Row], Fact], rows: Iterable[Row], noun: str) -> tuple[Fact, ...]:
    """What can be read of some rows; the log names those that were left out."""
    facts: list[Fact] = []
    for row in rows:
        try:
            facts.append(read(row))
        except ProtocolError as error:
            _log.warning("%s was left out: %s", noun, error)
    return tuple(facts)


def reader(read: Callable[[Row], Fact], noun: str) -> Callable[[Iterable[Row]], tuple[Fact, ...]]:
    """``readable`` for one kind of row, to be handed to a walk."""

    def rows_read(rows: Iterable[Row]) -> tuple[Fact, ...]:
        return readable(read, rows, noun)

    return rows_read


def rows_of(raw: Raw, kind: type[Row]) -> list[Row]:
    """Decode what is a list, a single object or nothing (API reference 1.4 and 3.8).

    For lists of which no row may be missing. Raises ``ProtocolError``.
    """
    try:
        return decode_rows(bytes(raw), kind)
    except DecodeError as error:
        raise ProtocolError(str(error)) from error


def most_rows_of(raw: Raw, kind: type[Row], noun: str) -> list[Row]:
    """Like ``rows_of``, without the rows that cannot be read, which the log names.

    Raises ``ProtocolError`` when it is no list at all, or when not one of its rows can be read.
    """
    try:
        return decode_rows(bytes(raw), kind)
    except DecodeError:
        return _readable_rows(rows_of(raw, Raw), kind, noun)


def page_of(raw: Raw, kind: type[Row], noun: str) -> PagePayload[Row]:
    """A numbered page without the rows that cannot be read. Raises like ``most_rows_of``."""
    page = _whole(raw, PagePayload[Raw])
    return PagePayload(
        _readable_rows(page.items or [], kind, noun),
        page.currentPage,
        page.pageSize,
        page.totalNum,
        page.totalPage,
    )


def more_of(raw: Raw, kind: type[Row], noun: str) -> MorePayload[Row]:
    """A stretch without the rows that cannot be read. Raises like ``most_rows_of``."""
    stretch = _whole(raw, MorePayload[Raw])
    return MorePayload(_readable_rows(stretch.dataList or [], kind, noun), stretch.hasMore)


def _whole(raw: Raw, kind: type[Row]) -> Row:
    try:
        return decode(bytes(raw), kind)
    except DecodeError as error:
        raise ProtocolError(str(error)) from error


def _readable_rows(rows: list[Raw], kind: type[Row], noun: str) -> list[Row]:
    found: list[Row] = []
    wrong: DecodeError | None = None
    for row in rows:
        try:
            found.append(decode(bytes(row), kind))
        except DecodeError as error:
            wrong = error
            _log.warning("%s was left out: %s", noun, error)
    if wrong is not None and not found:
        # One odd row is an oddity; nothing but odd ones are another form.
        raise ProtocolError(f"not one row can be read: {wrong}") from wrong
    return found
