"""Books: sorted, exact, in slices, and quick."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.units import PriceScale, Side, Symbol
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import Scales
from terminal.wire.codec import DecodeError, decode
from terminal.wire.market import (
    BookPayload,
    ChangePayload,
)
from tests.support.builders import XBT, a_contract
from tests.support.payloads import known_scales, read

NS = 1_760_000_000_456_000_000
MS = NS // 1_000_000


@pytest.fixture
def scales() -> Scales:
    return known_scales()


def test_a_snapshot_is_sorted_whatever_came(scales: Scales) -> None:
    payload = read(
        BookPayload,
        symbol=XBT,
        sequence=7,
        bids=[[99.9, 1], ["100.0", "2"]],
        asks=[[100.2, 3], [100.1, 4]],
        ts=1_760_000_000_456_000_000,
    )
    snapshot = translate.book_snapshot(payload, scales)
    assert snapshot.bids == ((1000, 2), (999, 1))
    assert snapshot.asks == ((1001, 4), (1002, 3))


def test_a_level_between_two_ticks_keeps_its_exact_price(scales: Scales) -> None:
    delta = translate.book_delta(XBT, ChangePayload(1, "100.05,sell,4", MS), scales)
    assert (delta.price, delta.exact, delta.lots) == (1000, Decimal("1000.5"), 4)
    rows = [[100.05, 1], ["100.0", "2"]]
    payload = read(BookPayload, symbol=XBT, sequence=7, bids=rows, asks=[], ts=NS)
    snapshot = translate.book_snapshot(payload, scales)
    assert snapshot.bids == ((1000, 2),)
    assert snapshot.off_tick == ((Side.BUY, Decimal("1000.5"), 1),)


def test_a_large_snapshot_is_read_in_slices(scales: Scales) -> None:
    rows = [[Decimal(ticks) / 10, 1] for ticks in range(19_000, 9_000, -1)]
    text = [[str(price), lots] for price, lots in rows]
    payload = read(BookPayload, symbol=XBT, sequence=7, bids=text, asks=[], ts=NS)
    reading = translate.SnapshotReading(payload, scales)
    assert sum(1 for _ in reading.slices()) == 10
    assert len(reading.snapshot().bids) == 10_000


@given(st.integers(1, 10**7), st.sampled_from(Side), st.integers(0, 10**9))
def test_changes_round_trip(ticks: int, side: Side, lots: int) -> None:
    known = Scales()
    known.learn([a_contract()])
    text = f"{Decimal(ticks) / 10},{side.value},{lots}"
    delta = translate.book_delta(XBT, ChangePayload(1, text, MS), known)
    assert (delta.price, delta.side, delta.lots) == (ticks, side, lots)
    again = translate.book_delta(XBT, ChangePayload(1, text, MS), known)
    assert again == delta, "from the cache"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("100.1", "100.2", "100.10", "0100.1", "100.05", "", "x")),
            st.sampled_from(("buy", "sell", "Buy", "")),
            st.sampled_from(("5", "05", "+5", " 5", "5_0", "\u0665", "", "5,6", "0")),
        ),
        min_size=2,
        max_size=12,
    )
)
def test_what_was_read_before_changes_nothing(parts: list[tuple[str, str, str]]) -> None:
    """A change is read, or refused, as by somebody who never saw one."""
    known = known_scales()

    def tried(scales: Scales, text: str) -> object:
        try:
            return translate.book_delta(XBT, ChangePayload(1, text, 2), scales)
        except ProtocolError:
            return "refused"

    for text in map(",".join, parts):
        assert tried(known, text) == tried(known_scales(), text)


def test_another_tick_size_forgets_what_was_read(scales: Scales) -> None:
    payload = ChangePayload(1, "100.1,buy,5", MS)
    assert translate.book_delta(XBT, payload, scales).price == 1001
    scales.learn([a_contract(scale=PriceScale(Decimal("0.01")))])
    assert translate.book_delta(XBT, payload, scales).price == 10010


def test_a_row_that_is_no_pair_is_refused() -> None:
    for row in ("[1.0]", "[1.0,2,3]", "[1.0,2.5]", "[]", "7"):
        raw = f'{{"symbol":"{XBT}","sequence":1,"bids":[{row}],"asks":[],"ts":{NS}}}'
        with pytest.raises(DecodeError):
            decode(raw, BookPayload)


@pytest.mark.parametrize(
    "change",
    ["100.05,buy,-1", "100,hold,1", "100,buy,-1", "100,buy", "x,buy,1", ",buy,1", "100,buy,1.5"],
)
def test_changes_that_cannot_be_read(change: str, scales: Scales) -> None:
    with pytest.raises(ProtocolError):
        translate.book_delta(XBT, ChangePayload(1, change, MS), scales)
    with pytest.raises(ProtocolError, match="unknown contract"):
        translate.book_delta(Symbol("NEW"), ChangePayload(1, "1,buy,1", MS), scales)


@given(
    st.sampled_from(["0.1", "0.5", "0.00001", "1", "5", "0.25", "0.05", "10"]),
    st.integers(1, 10**9),
    st.integers(0, 9),
)
def test_the_quick_way_is_the_exact_way(tick: str, ticks: int, tenths: int) -> None:
    """Whatever the tick, a price on it is that many ticks and one beside it keeps its key."""
    step = Decimal(tick)
    price = step * ticks + step / 10 * tenths
    known = Scales()
    known.learn([a_contract(scale=PriceScale(step))])
    text = f"[[{price:f}, 3]]"
    stamp = 1_760_000_000_456_000_000
    payload = decode(
        f'{{"symbol":"{XBT}","sequence":1,"bids":{text},"asks":[],"ts":{stamp}}}', BookPayload
    )
    snapshot = translate.book_snapshot(payload, known)
    if tenths:
        assert snapshot.off_tick == ((Side.BUY, price / step, 3),)
    else:
        assert snapshot.bids == ((ticks, 3),)


@pytest.mark.parametrize(
    "row",
    [[-1.0, 5], [0, 5], ["NaN", 5], ["Infinity", 5], [100.0, -5], [100.05, -5], [1e300, 5]],
)
def test_levels_that_make_no_sense_are_refused(row: list[object], scales: Scales) -> None:
    values = {"symbol": XBT, "sequence": 7, "bids": [row], "asks": [], "ts": NS}
    with pytest.raises((ProtocolError, DecodeError)):
        translate.book_snapshot(read(BookPayload, **values), scales)


def test_depth_by_request_counts_levels_between_ticks_below(scales: Scales) -> None:
    bids = [[100.05, 1], [100.0, 2], [99.9, 3]]
    payload = read(BookPayload, symbol=XBT, sequence=7, bids=bids, asks=[[101, 4]], ts=NS)
    depth = translate.book_depth(payload, 20, scales)
    assert depth.bids == ((1000, 3), (999, 3))
    assert (depth.asks, depth.rows, depth.event_at) == (((1010, 4),), 20, NS // 10**6)
