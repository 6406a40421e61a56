"""The tape as lines of comma-separated values: exact decimals, times of the exchange in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from terminal.domain.tape import TapeHole
from terminal.domain.units import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terminal.domain.clock import TimestampNs
    from terminal.domain.tape import Burst
    from terminal.domain.units import PriceScale

HEADER = "kind,began,ended,taker,first_price,last_price,lots,trades"
_NS_IN_S = 1_000_000_000


def iso_time(at: TimestampNs) -> str:
    """A time in UTC as ISO 8601 writes it, with all nine decimals of the second."""
    seconds, rest = divmod(at, _NS_IN_S)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09d}Z"


def csv_lines(rows: Iterable[Burst | TapeHole], scale: PriceScale) -> Iterator[str]:
    """The header, then a line for each row in the order given, without line ends.

    No field ever needs quotes. A hole is a line of its own kind with empty fields.
    """
    yield HEADER
    for row in rows:
        if isinstance(row, TapeHole):
            yield "missed" + "," * HEADER.count(",")
            continue
        yield ",".join(
            (
                "trades",
                iso_time(row.began_at),
                iso_time(row.ended_at),
                row.taker.value,
                plain(scale.decimal(row.first)),
                plain(scale.decimal(row.last)),
                str(row.lots),
                str(row.trades),
            )
        )
