"""Orders and fills: strict about meaning, old and new names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import (
    Liquidity,
    OrderType,
    PositionSide,
    StopDirection,
    StopReference,
    TimeInForce,
    TradeKind,
)
from terminal.domain.words import UnknownWord
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import DecodeError, decode
from terminal.wire.trading import (
    FillPayload,
    OpenOrderStatisticsPayload,
    OrderEventPayload,
    OrderPayload,
    StopEventPayload,
)
from tests.support.builders import XBT
from tests.support.payloads import known_scales, load, raw, read

if TYPE_CHECKING:
    from terminal.exchange.translate import Scales


@pytest.fixture
def scales() -> Scales:
    return known_scales()


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
    assert update.fill.liquidity is Liquidity.TAKER
    charged = translate.order_event(read(OrderEventPayload, **event, feeType="makerFee"), scales)
    assert charged.fill is not None
    assert charged.fill.liquidity is Liquidity.MAKER, "what is charged tells"


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
        with pytest.raises((ProtocolError, DecodeError)):
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
    event = {
        "orderId": "1",
        "symbol": XBT,
        "type": "open",
        "side": "sell",
        "size": 1,
        "ts": 1_760_000_000_000,
    }
    told = translate.stop_event(read(StopEventPayload, **event, stopPrice="101.04"), scales)
    assert told.untriggered
    assert told.trigger == 1010, "between two ticks: the nearest, for showing"
    assert translate.stop_event(read(StopEventPayload, **event), scales).trigger is None
    ended = translate.stop_event(read(StopEventPayload, **{**event, "type": "cancel"}), scales)
    assert ended.is_done
    assert ended.reason == ""
    fired = {**event, "type": "triggered", "triggerSuccess": False, "error": "error.noBalance"}
    refused = translate.stop_event(read(StopEventPayload, **fired), scales)
    assert refused.is_done
    assert refused.reason == (
        "The stop fired, but the exchange refused its order: error.noBalance."
    )


def test_an_order_says_by_status_or_by_activity_whether_it_lives(scales: Scales) -> None:
    def bare(**values: object) -> bool:
        rest = {k: v for k, v in REST_ORDER.items() if k not in {"status", "isActive"}}
        return translate.order_update(read(OrderPayload, **rest, **values), scales).is_done

    assert not bare(status="open")
    assert not bare(isActive=True)
    assert bare(status="done")
    assert bare(isActive="false")
    with pytest.raises(ProtocolError, match="status"):
        bare()


@pytest.mark.parametrize("field", ["dealSize", "price", "createdAt"])
def test_an_order_without_what_it_must_have_is_refused(field: str, scales: Scales) -> None:
    rest = {k: v for k, v in REST_ORDER.items() if k not in {field, "updatedAt"}}
    with pytest.raises(ProtocolError, match=field):
        translate.order_update(read(OrderPayload, **rest), scales)


def test_the_details_of_an_order(scales: Scales) -> None:
    done = translate.order_update(decode(raw("order_done"), OrderPayload), scales)
    assert done.details is not None
    assert done.details.average_price is not None
    assert done.details.average_price.value == Decimal("99000.5")
    assert done.details.time_in_force is TimeInForce.GTC
    assert done.details.ended_at == 1_760_000_005_000
    assert (done.filled, done.canceled, done.is_done) == (1, 1, True)
    stop = translate.order_update(decode(raw("stop_order"), OrderPayload), scales)
    assert stop.details is not None
    assert (stop.details.stop_reference, stop.untriggered) == (StopReference.MARK, True)
    assert stop.details.trigger is not None
    strange = {**load("order"), "timeInForce": "FOK"}
    update = translate.order_update(read(OrderPayload, **strange), scales)
    assert update.details is not None
    assert update.details.time_in_force == UnknownWord("FOK")


def test_fills_of_all_kinds(scales: Scales) -> None:
    plain = translate.fill(decode(raw("fill"), FillPayload), scales)
    assert (plain.kind, plain.is_stop, plain.order_type) == (
        TradeKind.TRADE,
        False,
        OrderType.LIMIT,
    )
    forced = translate.fill(decode(raw("fill_liquidation"), FillPayload), scales)
    assert (forced.kind, forced.is_stop) == (TradeKind.LIQUIDATION, True)


@pytest.mark.parametrize("name", ["open_order_statistics", "open_order_statistics_old"])
def test_open_order_totals_under_both_names(name: str) -> None:
    totals = translate.open_order_totals(XBT, decode(raw(name), OpenOrderStatisticsPayload))
    assert (totals.buy_lots, totals.sell_lots, str(totals.buy_cost.amount)) == (2, 0, "198.001")


@pytest.mark.parametrize(
    ("size", "canceled", "remain", "left"),
    [("2", "1", "2", 2), ("3", "1", "2", 2), ("2", "0", "2", 2), ("2", None, "1", 1)],
)
def test_what_still_works_of_a_reduced_order_is_the_exchanges_word(
    size: str, canceled: str | None, remain: str, left: int, scales: Scales
) -> None:
    """Whether the size told is that of before, and counts as canceled, is not established."""
    event = {**EVENT, "type": "update", "status": "open", "filledSize": "0", "oldSize": "3"}
    event |= {"size": size, "canceledSize": canceled, "remainSize": remain}
    update = translate.order_event(read(OrderEventPayload, **event), scales)
    assert update.remaining == left
    assert update.lots - update.filled - update.canceled == left


@pytest.mark.parametrize(
    "change",
    [
        {"filledSize": "3"},
        {"matchSize": "2"},
        {"matchSize": "0"},
        {"matchPrice": "-100"},
        {"remainSize": "-1", "status": "open"},
    ],
)
def test_counts_that_contradict_each_other_cannot_be_read(
    change: dict[str, str], scales: Scales
) -> None:
    event = load("order_match_frame")["data"] | change
    with pytest.raises(ProtocolError):
        translate.order_event(read(OrderEventPayload, **event), scales)


@pytest.mark.parametrize(
    ("stop", "kind", "direction", "reference"),
    [
        ("up", "TP", StopDirection.UP, StopReference.LAST),
        ("down", "MP", StopDirection.DOWN, StopReference.MARK),
        ("down", "IP", StopDirection.DOWN, StopReference.INDEX),
        ("sideways", "XP", None, None),
        (None, None, None, None),
    ],
)
def test_a_stop_event_tells_which_way_it_looks_and_what_it_watches(
    scales: Scales,
    stop: str | None,
    kind: str | None,
    direction: StopDirection | None,
    reference: StopReference | None,
) -> None:
    frame = load("stop_frame")["data"] | {"stop": stop, "stopPriceType": kind}
    told = translate.stop_event(read(StopEventPayload, **frame), scales)
    assert (told.stop_direction, told.stop_reference) == (direction, reference)
    listed = load("stop_order") | {"stop": stop, "stopPriceType": kind}
    asked = translate.order_update(read(OrderPayload, **listed), scales)
    assert (asked.stop_direction, asked.stop_reference) == (direction, reference)


@pytest.mark.parametrize(
    ("word", "side"),
    [("BOTH", PositionSide.BOTH), ("SHORT", PositionSide.SHORT), ("ODD", None), (None, None)],
)
def test_an_order_tells_its_position_side(
    scales: Scales, word: str | None, side: PositionSide | None
) -> None:
    event = translate.order_event(read(OrderEventPayload, **EVENT, positionSide=word), scales)
    assert event.position_side is side
    listed = load("stop_order") | {"positionSide": word}
    assert translate.order_update(read(OrderPayload, **listed), scales).position_side is side
    assert translate.order_stub(read(OrderPayload, **listed)).position_side is side
