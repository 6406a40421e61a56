"""Rows of a list, one at a time: a row that cannot be read must not take the others away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import DecodeError, Raw, decode_rows

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

    Raises ``ProtocolError``.
    """
    try:
        return decode_rows(bytes(raw), kind)
    except DecodeError as error:
        raise ProtocolError(str(error)) from error
