"""Wire structs to domain facts: nothing is guessed, nothing is lost."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.contract import ContractStatus
from terminal.domain.events import OrderType
from terminal.domain.units import Price, Side, Symbol
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import Scales
from terminal.wire.account import PositionPayload
from terminal.wire.codec import decode
from terminal.wire.market import BookPayload, ChangePayload, ContractPayload
from terminal.wire.trading import OrderEventPayload, OrderPayload, StopEventPayload
from tests.support.builders import XBT, a_contract


@pytest.fixture
def scales() -> Scales:
    known = Scales()
    known.learn([a_contract()])
    return known


def read(kind: type, **values: Any) -> Any:
    return decode(json.dumps(values).encode(), kind)


CONTRACT = {
    "symbol": "XBTUSDM",
    "baseCurrency": "XBT",
    "quoteCurrency": "USD",
    "settleCurrency": "XBT",
    "tickSize": 0.1,
    "multiplier": -1,
    "isInverse": True,
    "maxOrderQty": 10_000_000,
    "maxPrice": 1_000_000.0,
    "status": "Open",
}


def test_an_inverse_contract_has_a_positive_multiplier() -> None:
    contract = translate.contract(read(ContractPayload, **CONTRACT))
    assert contract.multiplier == 1
    assert contract.max_price == 10_000_000
    assert contract.max_market_order_lots == 10_000_000


def test_unknown_states_are_other_and_impossible_contracts_are_refused() -> None:
    strange = translate.contract(read(ContractPayload, **{**CONTRACT, "status": "Dancing"}))
    assert strange.status is ContractStatus.OTHER
    with pytest.raises(ProtocolError, match="XBTUSDM"):
        translate.contract(read(ContractPayload, **{**CONTRACT, "tickSize": 0}))


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
    delta = translate.book_delta(XBT, ChangePayload(1, "100.05,sell,4", 2), scales)
    assert (delta.price, delta.exact, delta.lots) == (1000, Decimal("1000.5"), 4)
    rows = [[100.05, 1], ["100.0", "2"]]
    payload = read(BookPayload, symbol=XBT, sequence=7, bids=rows, asks=[], ts=5)
    snapshot = translate.book_snapshot(payload, scales)
    assert snapshot.bids == ((1000, 2),)
    assert snapshot.off_tick == ((Side.BUY, Decimal("1000.5"), 1),)


def test_a_large_snapshot_is_read_in_slices(scales: Scales) -> None:
    rows = [[Decimal(ticks) / 10, 1] for ticks in range(9_000, 4_000, -1)]
    text = [[str(price), lots] for price, lots in rows]
    payload = read(BookPayload, symbol=XBT, sequence=7, bids=text, asks=[], ts=5)
    reading = translate.SnapshotReading(payload, scales)
    assert sum(1 for _ in reading.slices()) == 5
    assert len(reading.snapshot().bids) == 5_000


@given(st.integers(1, 10**7), st.sampled_from(Side), st.integers(0, 10**9))
def test_changes_round_trip(ticks: int, side: Side, lots: int) -> None:
    known = Scales()
    known.learn([a_contract()])
    text = f"{Decimal(ticks) / 10},{side.value},{lots}"
    delta = translate.book_delta(XBT, ChangePayload(1, text, 2), known)
    assert (delta.price, delta.side, delta.lots) == (ticks, side, lots)
    again = translate.book_delta(XBT, ChangePayload(1, text, 2), known)
    assert again == delta, "from the cache"


@pytest.mark.parametrize(
    "change",
    ["100.05,buy,-1", "100,hold,1", "100,buy,-1", "100,buy", "x,buy,1", ",buy,1", "100,buy,1.5"],
)
def test_changes_that_cannot_be_read(change: str, scales: Scales) -> None:
    with pytest.raises(ProtocolError):
        translate.book_delta(XBT, ChangePayload(1, change, 2), scales)
    with pytest.raises(ProtocolError, match="unknown contract"):
        translate.book_delta(Symbol("NEW"), ChangePayload(1, "1,buy,1", 2), scales)


EVENT = {
    "orderId": "1",
    "symbol": XBT,
    "type": "open",
    "status": "open",
    "orderType": "limit",
    "side": "buy",
    "price": "100",
    "size": "5",
    "filledSize": "0",
    "remainSize": "5",
    "canceledSize": "0",
    "clientOid": "c1",
    "ts": 1_760_000_000_000_000_000,
}


def test_a_match_carries_its_fill(scales: Scales) -> None:
    event = {
        **EVENT,
        "type": "match",
        "status": "match",
        "filledSize": "2",
        "matchSize": "2",
        "matchPrice": "99.9",
        "tradeId": "t1",
        "liquidity": "taker",
    }
    update = translate.order_event(read(OrderEventPayload, **event), scales)
    assert update.fill is not None
    assert (update.fill.price, update.fill.lots, update.filled) == (999, 2, 2)
    assert not update.is_done


def test_the_references_cancel_frame_is_terminal_with_all_canceled(scales: Scales) -> None:
    event = {**EVENT, "type": "canceled", "status": "done", "canceledSize": "5", "remainSize": "0"}
    update = translate.order_event(read(OrderEventPayload, **event), scales)
    assert (update.is_done, update.canceled, update.remaining) == (True, 5, 0)


def test_optional_fields_may_be_missing(scales: Scales) -> None:
    bare = {k: v for k, v in EVENT.items() if k not in {"clientOid", "orderType", "canceledSize"}}
    update = translate.order_event(read(OrderEventPayload, **bare), scales)
    assert (update.client_oid, update.order_type) == (None, OrderType.LIMIT)
    market = {**bare, "price": "0"}
    update = translate.order_event(read(OrderEventPayload, **market), scales)
    assert (update.price, update.order_type) == (None, OrderType.MARKET)


def test_what_cannot_be_understood_is_refused(scales: Scales) -> None:
    for change in ({"side": "hold"}, {"symbol": "NEW"}, {"price": "100.05"}, {"price": "x"}):
        with pytest.raises(ProtocolError):
            translate.order_event(read(OrderEventPayload, **{**EVENT, **change}), scales)
    matched = {**EVENT, "type": "match", "tradeId": "t"}
    with pytest.raises(ProtocolError, match="without size or price"):
        translate.order_event(read(OrderEventPayload, **matched), scales)


REST_ORDER = {
    "id": "1",
    "symbol": XBT,
    "type": "limit",
    "side": "sell",
    "price": "100.1",
    "size": 4,
    "dealSize": 1,
    "status": "open",
    "isActive": True,
    "clientOid": "",
    "stopPrice": None,
    "createdAt": 1_760_000_000_000,
    "updatedAt": 1_760_000_001_000_000_000,
    "reduceOnly": True,
}


def test_a_rest_order(scales: Scales) -> None:
    update = translate.order_update(read(OrderPayload, **REST_ORDER), scales)
    assert (update.price, update.remaining, update.client_oid) == (1001, 3, None)
    assert update.event_at == 1_760_000_001_000_000_000, "the unit is told by magnitude"
    assert update.is_reduce_only
    done = {**REST_ORDER, "status": "done", "isActive": False}
    update = translate.order_update(read(OrderPayload, **done), scales)
    assert (update.is_done, update.canceled) == (True, 3)


@pytest.mark.parametrize(("triggered", "waits"), [(False, True), (True, False)])
def test_stops_wait_until_triggered(scales: Scales, *, triggered: bool, waits: bool) -> None:
    stop = {**REST_ORDER, "stop": "up", "stopTriggered": triggered, "stopPrice": "101"}
    assert translate.order_update(read(OrderPayload, **stop), scales).untriggered is waits
    assert translate.order_update(read(OrderPayload, **stop), scales).trigger == 1010


def test_stop_events(scales: Scales) -> None:
    event = {"orderId": "1", "symbol": XBT, "type": "open", "side": "sell", "size": 1, "ts": 5}
    told = translate.stop_event(read(StopEventPayload, **event, stopPrice="101.04"), scales)
    assert told.untriggered
    assert told.trigger == 1010, "between two ticks: the nearest, for showing"
    assert translate.stop_event(read(StopEventPayload, **event), scales).trigger is None
    ended = translate.stop_event(read(StopEventPayload, **{**event, "type": "cancel"}), scales)
    assert ended.is_done


def test_positions_flat_partial_and_whole(scales: Scales) -> None:
    assert translate.position_update(read(PositionPayload, markPrice=5), scales) is None
    flat = read(PositionPayload, symbol=XBT, currentQty=0, avgEntryPrice=100, isOpen=False)
    update = translate.position_update(flat, scales)
    assert update is not None
    assert (update.lots, update.average_entry) == (0, None)
    text = read(
        PositionPayload, symbol=XBT, currentQty=-2, avgEntryPrice="100.55", marginMode="CROSS"
    )
    update = translate.position_update(text, scales)
    assert update is not None
    assert update.average_entry is not None
    assert update.average_entry.value == Decimal("100.55")
    with pytest.raises(ProtocolError):
        translate.position_update(
            read(PositionPayload, symbol=XBT, currentQty=1, marginMode="BOTH"), scales
        )


def test_the_price_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scales, "CACHE_LIMIT", 3)
    known = Scales()
    known.learn([a_contract()])
    for ticks in range(1, 20):
        text = str(Decimal(ticks) / 10)
        assert known.ticks_of_text(XBT, text) == Price(ticks)
