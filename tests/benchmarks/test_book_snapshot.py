"""A full book of 40,000 rows from bytes to the snapshot; the bound is 25 ms, in slices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from terminal.exchange import translate
from terminal.wire.codec import decode
from terminal.wire.market import BookPayload
from tests.support.builders import XBT
from tests.support.payloads import known_scales

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from terminal.domain.events import BookSnapshot

ROWS = 20_000


def test_a_full_book_is_read(benchmark: BenchmarkFixture) -> None:
    bids = [[(1_000_000 - at) / 10, at % 99 + 1] for at in range(ROWS)]
    asks = [[(1_000_001 + at) / 10, at % 99 + 1] for at in range(ROWS)]
    bids[500][0] = 95_000.05
    values = {"symbol": XBT, "sequence": 5, "bids": bids, "asks": asks}
    raw = json.dumps({**values, "ts": 1_760_000_000_456_000_000}).encode()
    scales = known_scales()

    def read() -> BookSnapshot:
        return translate.book_snapshot(decode(raw, BookPayload), scales)

    snapshot = benchmark(read)
    assert (len(snapshot.bids), len(snapshot.asks)) == (ROWS - 1, ROWS)
    assert len(snapshot.off_tick) == 1
