"""The untidy wire (API reference 9): each rule as a table, through the clients and the stream.

Lax about form, strict about meaning: text or number, exponent, null, empty and absent, another
name, another unit, a new word survive; what decides something and makes no sense does not.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from terminal.domain.clock import to_ms, to_ns
from terminal.exchange.errors import ExchangeError, ProtocolError
from terminal.exchange.gateway import FrameIgnored, FrameUnreadable
from terminal.exchange.outcome import Accepted
from tests.contract.calls import CALLS, Call
from tests.contract.pushes import PUSHES
from tests.support.builders import XBT, a_ticket
from tests.support.clients import Clients, always, found
from tests.support.frames import a_connection, heard
from tests.support.payloads import known_scales, load

SCALES = known_scales()
BY_FIXTURE = {call.fixture: call for call in CALLS}


def changed(payload: Any, changes: dict[str, Any]) -> Any:
    """A payload with other values; GONE leaves a field out."""
    if isinstance(payload, list):
        return [changed(payload[0], changes), *payload[1:]]
    if isinstance(payload, dict) and "items" in payload:
        return {**payload, "items": changed(payload["items"], changes)}
    if isinstance(payload, dict) and "dataList" in payload:
        return {**payload, "dataList": changed(payload["dataList"], changes)}
    whole = {**payload, **changes}
    return {name: value for name, value in whole.items() if value is not GONE}


GONE = object()


async def read(fixture: str, **changes: Any) -> Any:
    """What the client makes of an example with other values."""
    call: Call = BY_FIXTURE[fixture]
    body = json.dumps({"code": "200000", "data": changed(call.payload, changes)}).encode()
    return await call.ask(always(body))


def pushed(fixture: str, **changes: Any) -> Any:
    """What the stream makes of an example with other values."""
    frame = load(fixture)
    return heard(
        a_connection(), json.dumps({**frame, "data": changed(frame["data"], changes)}), SCALES
    )


# Timestamp rule ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stamp",
    [1_760_000_000, 1_760_000_000_000, 1_760_000_000_000_000, 1_760_000_000_000_000_000],
)
def test_the_magnitude_of_a_time_is_its_unit(stamp: int) -> None:
    assert to_ms(stamp) == 1_760_000_000_000
    assert to_ns(stamp) == 1_760_000_000_000_000_000


@pytest.mark.parametrize(("below", "factor"), [(10**11, 10**9), (10**14, 10**6), (10**17, 10**3)])
def test_the_borders_of_the_units(below: int, factor: int) -> None:
    assert to_ns(below - 1) == (below - 1) * factor
    assert to_ns(below) == below * (factor // 1000)


UNITS = [1, 10**3, 10**6, 10**9]
S = 1_760_000_100


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("fixture", "field", "path"),
    [
        ("order_done", "endAt", "0.details.ended_at"),
        ("funding_rates", "timepoint", "0.at"),
        ("index_query", "timePoint", "0.at"),
        ("funding_rate", "timePoint", "began_at"),
        ("funding_rate", "fundingTime", "next_at"),
        ("funding_history", "timePoint", "0.at"),
        ("closed_positions", "openTime", "0.opened_at"),
        ("closed_positions", "closeTime", "0.closed_at"),
        ("ledger", "time", "0.at"),
        ("mark_price", "timePoint", "event_at"),
        ("transfer_list", "createdAt", "0.created_at"),
        ("position", "currentTimestamp", "0.event_at"),
        ("position_v2", "currentTimestamp", "event_at"),
        ("depth20", "ts", "event_at"),
    ],
)
async def test_times_by_request_are_ms_whatever_unit_they_come_in(
    fixture: str, field: str, path: str, unit: int
) -> None:
    fact = await read(fixture, **{field: S * unit})
    assert found(fact, path) == S * 1000


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("fixture", "field", "path"),
    [
        ("ticker", "ts", "trade.event_at"),
        ("trade_history", "ts", "0.event_at"),
        ("snapshot", "ts", "event_at"),
        ("fill", "tradeTime", "0.event_at"),
    ],
)
async def test_times_by_request_that_are_ns_stay_ns(
    fixture: str, field: str, path: str, unit: int
) -> None:
    assert found(await read(fixture, **{field: S * unit}), path) == S * 10**9


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("fixture", "field", "scale"),
    [
        ("ticker_v2_frame", "ts", 10**9),
        ("execution_frame", "ts", 10**9),
        ("snapshot_frame", "ts", 10**9),
        ("order_match_frame", "ts", 10**9),
        ("stop_frame", "ts", 10**9),
        ("position_settlement_frame", "ts", 10**9),
        ("level2_frame", "timestamp", 10**3),
        ("depth5_frame", "ts", 10**3),
        ("mark_frame", "timestamp", 10**3),
        ("funding_rate_frame", "timestamp", 10**3),
        ("funding_begin_frame", "timestamp", 10**3),
        ("candle_frame", "time", 10**3),
        ("wallet_frame", "timestamp", 10**3),
    ],
)
def test_times_of_the_stream_have_their_unit(
    fixture: str, field: str, scale: int, unit: int
) -> None:
    assert pushed(fixture, **{field: S * unit}).event_at == S * scale


# Number rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [2, 2.0, "2", "2.0", " 2 ", "0.2E+1"])
@pytest.mark.parametrize(
    ("fixture", "field", "path", "expected"),
    [
        ("position", "currentQty", "0.lots", 2),
        ("position_v2", "currentQty", "lots", 2),
        ("position_v2", "leverage", "leverage", "2"),
        ("position", "markPrice", "0.mark", "2"),
        ("order", "size", "lots", 2),
        ("order", "leverage", "details.leverage", "2"),
        ("fill", "size", "0.lots", 2),
        ("fill", "fee", "0.fee", "2 USDT"),
        ("overview", "availableBalance", "available", "2 USDT"),
        ("contract", "multiplier", "multiplier", "2"),
        ("ticker", "bestBidSize", "quote.bid.1", 2),
        ("risk_limit", "maxLeverage", "0.max_leverage", "2"),
        ("max_open_size", "maxBuyOpenSize", "buy_lots", 2),
        ("transferable", "balance", "balance", "2 USDT"),
        ("trade_statistics", "turnoverOf24h", "", "2"),
        ("cross_leverage", "leverage", "", "2"),
    ],
)
async def test_a_number_is_the_same_in_every_form(
    fixture: str, field: str, path: str, expected: Any, form: object
) -> None:
    assert found(await read(fixture, **{field: form}), path) == expected


@pytest.mark.parametrize("nothing", [None, "", GONE])
@pytest.mark.parametrize(
    ("fixture", "field", "path"),
    [
        ("contract", "predictedFundingFeeRate", None),
        ("contract", "fundingFeeRate", None),
        ("contract", "nextFundingRateDateTime", None),
        ("contract", "buyLimit", None),
        ("order", "stopPrice", "trigger"),
        ("order", "endAt", "details.ended_at"),
        ("order", "clientOid", "client_oid"),
        ("order", "avgDealPrice", "details.average_price"),
        ("closed_positions", "roe", "0.return_rate"),
        ("closed_positions", "liquidPrice", "0.liquidation"),
        ("ledger", "fee", "0.fee"),
        ("position", "riskLimitLevel", "0.details.risk_level"),
        ("fill", "feeRate", "0.fee_rate"),
        ("funding_rate", "predictedValue", "predicted"),
        ("overview", "riskRatio", "risk_rate"),
        ("accounts", "holds", "0.held"),
    ],
)
async def test_null_empty_and_absent_are_nothing_and_not_zero(
    fixture: str, field: str, path: str | None, nothing: object
) -> None:
    fact = await read(fixture, **{field: nothing})
    assert fact is not None
    if path is not None:
        assert found(fact, path) is None


@pytest.mark.parametrize("form", ["2.0E-4", 2.0e-4, "0.0002", "+0.0002"])
async def test_exponents_are_exact(form: object) -> None:
    fact = await read("trade_fees", makerFeeRate=form)
    assert found(fact, "maker") == "0.0002"


async def test_a_number_with_more_digits_than_a_float_keeps_them_all() -> None:
    digits = "0.1234567890123456789012345678901"
    body = b'{"code":"200000","data":{"currency":"USDT","balance":%s,"transferable":"%s"}}'
    text = digits.encode()
    fact = await BY_FIXTURE["transferable"].ask(always(body % (text, text)))
    assert found(fact, "balance") == found(fact, "transferable") == f"{digits} USDT"


@pytest.mark.parametrize(
    ("fixture", "changes"),
    [
        ("ticker", {"price": "about 100"}),
        ("order", {"size": 1.5}),
        ("order", {"side": "hold"}),
        ("order", {"type": "iceberg"}),
        ("order", {"price": "-1"}),
        ("mark_price", {"value": "NaN"}),
        ("funding_rate", {"value": 7.1}),
        ("trade_fees", {"takerFeeRate": "6"}),
        ("margin_mode", {"marginMode": "BOTH"}),
        ("position_mode", {"positionMode": 2}),
        ("overview", {"accountEquity": None}),
        ("risk_limit", {"maxLeverage": 0}),
        ("max_open_size", {"maxBuyOpenSize": -1}),
        ("position_v2", {"markPrice": "-1"}),
        ("position_v2", {"currentQty": "a lot"}),
        ("transfer_out", {"amount": "-1"}),
    ],
)
async def test_what_decides_something_and_makes_no_sense_is_not_believed(
    fixture: str, changes: dict[str, Any]
) -> None:
    if BY_FIXTURE[fixture].is_command:
        assert not isinstance(await read(fixture, **changes), Accepted) or fixture == "transfer_out"
        return
    with pytest.raises(ProtocolError):
        await read(fixture, **changes)


# Codes and labels --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["200000", "200", 200000, 200])
@pytest.mark.parametrize("label", ["application/json", "text/plain", "text/html", None])
async def test_both_codes_of_success_as_text_and_as_number_under_any_label(
    code: str | int, label: str | None
) -> None:
    body = json.dumps({"code": code, "data": load("status")}).encode()
    headers = {} if label is None else {"content-type": label}
    answer = httpx.Response(200, content=body, headers=headers)
    assert found(await BY_FIXTURE["status"].ask(Clients(lambda _: answer)), "state") == "OPEN"


@pytest.mark.parametrize("success", [{"success": True}, {}, {"success": None}])
async def test_the_old_envelope_is_success_unless_it_says_otherwise(success: Any) -> None:
    body = {"code": "200", "retry": True, "msg": "", "data": load("order_placed"), **success}
    clients = always(json.dumps(body).encode())
    assert isinstance(await clients.trading.place(a_ticket(), "t-0001"), Accepted)  # type: ignore[arg-type]
    refused = always(json.dumps({**body, "success": False}).encode())
    assert not isinstance(await refused.trading.place(a_ticket(), "t-0001"), Accepted)  # type: ignore[arg-type]


# Words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fixture", "field", "path"),
    [
        ("status", "status", "state"),
        ("ledger", "type", "0.kind"),
        ("ledger", "status", "0.state"),
        ("closed_positions", "type", "0.kind"),
        ("closed_positions", "side", "0.side"),
        ("closed_positions", "marginMode", "0.margin_mode"),
        ("fill", "tradeType", "0.kind"),
        ("fill", "positionSide", "0.position_side"),
        ("order", "timeInForce", "details.time_in_force"),
        ("order", "stp", "details.self_trade"),
        ("order", "stopPriceType", "details.stop_reference"),
        ("order", "positionSide", "details.position_side"),
        ("position", "positionSide", "0.details.side"),
        ("accounts", "type", "0.kind"),
        ("transfer_list", "status", "0.state"),
        ("account_mode", "selfAccountMode", ""),
    ],
)
async def test_a_word_that_nobody_knows_yet_survives_as_it_came(
    fixture: str, field: str, path: str
) -> None:
    assert found(await read(fixture, **{field: "BrandNew"}), path) == "?BrandNew"


async def test_a_contract_in_a_state_that_is_new_is_listed_all_the_same() -> None:
    contract = await read("contract", status="Hibernating", marketStage="NEW", k=[], extra={})
    assert contract.symbol == XBT
    assert contract.status.name != "OPEN", "nothing is traded in a state that nobody knows"


def test_subjects_and_reasons_that_are_new_do_no_harm() -> None:
    for name in ("wallet_frame", "mark_frame", "position_change_frame", "margin_mode_frame"):
        frame = {**load(name), "subject": "brand.new"}
        assert isinstance(heard(a_connection(), json.dumps(frame), SCALES), FrameIgnored)
    fact = pushed("position_change_frame", changeReason="brandNew")
    assert fact.lots == 2


# The symptoms that concern reading ---------------------------------------------------------------


async def test_the_next_funding_is_an_instant_and_never_the_countdown() -> None:
    """NextFundingRateTime is ms remaining, timePoint is the past."""
    countdown = {**load("contract"), "nextFundingRateTime": 28_149_691}
    for instant in (1_760_025_600_000, None):
        row = {**countdown, "nextFundingRateDateTime": instant}
        clients = always(json.dumps({"code": "200000", "data": [row]}).encode())
        (summary,) = await clients.market.market_summaries()
        assert summary.next_funding_at == instant
    rate = await read("funding_rate")
    assert (rate.began_at, rate.next_at) == (1_759_996_800_000, 1_760_025_600_000)


async def test_the_rate_of_this_cycle_is_the_value_and_not_the_prediction() -> None:
    rate = await read("funding_rate_predicted")
    assert (found(rate, "rate"), found(rate, "predicted")) == ("0.000071", "0.0001")


@pytest.mark.parametrize("order_id", ["400000000000000001", "4000000000000000019"])
async def test_ids_of_18_and_19_digits_keep_every_digit(order_id: str) -> None:
    """As text and as a number, by request and by stream."""
    for form in (order_id, int(order_id)):
        assert (await read("order", id=form)).order_id == order_id
        assert (await read("fill", orderId=form))[0].order_id == order_id
        assert pushed("order_open_frame", orderId=form).order_id == order_id
        assert pushed("stop_frame", orderId=form).order_id == order_id
        placed = await read("order_placed", orderId=form)
        assert placed.order_ids == (order_id,)


@pytest.mark.parametrize("price", ["0", "", None, 0, "0.0"])
async def test_a_market_order_has_no_price(price: object) -> None:
    assert (await read("order_market", price=price)).price is None
    fact = pushed("order_match_frame", orderType="market", price=price)
    assert (fact.price, fact.order_type.name) == (None, "MARKET")


async def test_a_market_order_that_was_partly_canceled_is_judged_by_what_was_filled() -> None:
    fact = await read("order_market", size=3, cancelExist=True)
    assert (fact.filled, fact.canceled, fact.is_done) == (1, 2, True)


@pytest.mark.parametrize("oid", ["", None, GONE])
def test_an_event_without_our_id_is_known_by_the_exchanges(oid: object) -> None:
    fact = pushed("order_match_frame", clientOid=oid)
    assert fact.client_oid is None
    assert fact.order_id == "400000000000000001"
    assert fact.fill.order_id == fact.order_id


def test_candles_of_the_stream_are_open_close_high_low_in_seconds() -> None:
    rows = ["1760000040", "1", "4", "9", "0.5", "77", "602"]
    candle = pushed("candle_frame", candles=rows).candle
    assert (candle.open, candle.close, candle.high, candle.low) == (10, 40, 90, 5)
    assert (candle.start_at, candle.lots) == (1_760_000_040_000, 602), "lots, not the sixth column"


async def test_candles_by_request_are_open_high_low_close_in_milliseconds() -> None:
    row = [1_760_000_040_000, "1", 9, 0.5, "4", "602", "1"]
    for columns in (7, 6):
        body = json.dumps({"code": "200000", "data": [row[:columns]]}).encode()
        (candle,) = await BY_FIXTURE["klines"].ask(always(body))
        assert (candle.open, candle.close, candle.high, candle.low) == (10, 40, 90, 5)
        assert candle.lots == 602


async def test_positions_of_all_shapes_are_the_same_position() -> None:
    """Numbers or text, an object or a list, one contract or all (3.8)."""
    old, new = load("position"), load("position_v2")
    old = old[0] if isinstance(old, list) else old
    new = new[0] if isinstance(new, list) else new
    told = []
    for data in ([old], old, [new], new):
        body = json.dumps({"code": "200000", "data": data}).encode()
        told.append(await always(body).account.position(XBT))
        told.append((await always(body).account.positions())[0])
    first = told[0]
    for other in told:
        for path in ("lots", "average_entry", "mark", "liquidation", "margin", "leverage",
                     "realized", "unrealized", "margin_mode", "event_at"):  # fmt: skip
            assert found(other, path) == found(first, path), path


def test_a_part_of_a_position_zeroes_nothing() -> None:
    fact = pushed("position_mark_frame")
    assert (fact.margin, fact.leverage, fact.liquidation) == (None, None, None)


@pytest.mark.parametrize(
    ("names", "other"),
    [(("openOrderBuySize", "openOrderSellSize"), ("openOrderBuyQty", "openOrderSellQty"))],
)
async def test_sizes_of_open_orders_under_old_and_new_names(
    names: tuple[str, str], other: tuple[str, str]
) -> None:
    buy, sell = names
    gone = dict.fromkeys(names, GONE)
    new = await read("open_order_statistics", **{buy: 7, sell: 8})
    old = await read("open_order_statistics", **gone, **dict(zip(other, (7, 8), strict=True)))
    assert (new.buy_lots, new.sell_lots) == (old.buy_lots, old.sell_lots) == (7, 8)


async def test_prices_of_books_are_numbers_and_text_alike() -> None:
    assert await read("snapshot") == await read("snapshot_text")


@pytest.mark.parametrize("rest", ["", ";"])
def test_a_change_is_price_side_size(rest: str) -> None:
    """One change in each frame; what has more cannot be read, and the book is read again."""
    fact = pushed("level2_frame", change=f"100011.5,sell,7{rest}")
    if rest:
        assert isinstance(fact, FrameUnreadable)
    else:
        assert (fact.price, fact.side.name, fact.lots) == (1_000_115, "SELL", 7)


@pytest.mark.parametrize("stop_price", [None, "", 98000, 98000.0, "98000", "9.8E4"])
async def test_the_trigger_of_an_order_in_all_its_forms(stop_price: object) -> None:
    fact = await read("stop_order", stopPrice=stop_price)
    assert fact.trigger == (980_000 if stop_price else None)


@pytest.mark.parametrize("code", ["100001", 100001])
async def test_an_order_that_is_not_known_is_none_and_a_wrong_parameter_is_an_error(
    code: str | int,
) -> None:
    clients = always(json.dumps({"code": code, "msg": "error.getOrder.orderNotExist"}).encode())
    assert await clients.trading.order("1") is None  # type: ignore[arg-type]
    wrong = always(json.dumps({"code": code, "msg": "symbol"}).encode())
    with pytest.raises(ExchangeError):
        await wrong.trading.order("1")  # type: ignore[arg-type]


def test_three_topics_with_one_subject_are_told_apart_by_topic() -> None:
    kinds = {
        push.fixture: push.fact for push in PUSHES if load(push.fixture)["subject"] == "level2"
    }
    assert kinds["level2_frame"] == "BookDelta"
    assert kinds["depth5_frame"] == kinds["depth50_frame"] == "BookDepth"
