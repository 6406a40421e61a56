"""What only the stream tells: the reference's own frames, and what they leave out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from terminal.domain.clock import TimestampMs
from terminal.domain.events import (
    BookDepth,
    CrossLeverageUpdate,
    DaySummary,
    FundingMoment,
    FundingRateUpdate,
    MarginMode,
    MarginModesUpdate,
    PositionPatch,
    PositionSettlement,
    PositionSide,
    PositionUpdate,
    PublicTrade,
    QuoteUpdate,
    RiskLimitUpdate,
    TickerUpdate,
    WalletPatch,
)
from terminal.domain.units import ExactPrice, Money, Symbol
from terminal.domain.words import UnknownWord
from terminal.exchange.errors import ProtocolError
from terminal.exchange.stream_topics import translated
from terminal.exchange.translate import Scales
from terminal.wire.connection import Pushed, StreamConnection
from tests.support.builders import XBT, a_contract
from tests.support.kucoin import fixture

USDT = "USDT"


def told(frame: dict[str, Any], **changes: Any) -> Any:
    """The fact of a frame whose data has other values; None leaves a field out."""
    data = {**frame["data"], **changes}
    frame = {**frame, "data": {name: value for name, value in data.items() if value is not None}}
    scales = Scales()
    scales.learn([a_contract()])
    connection = StreamConnection(ping_interval_s=1, ping_timeout_s=1, now_s=0)
    pushed = connection.received(json.dumps(frame), 0.0)
    assert type(pushed) is Pushed
    return translated(pushed, scales)


def test_the_best_prices() -> None:
    fact = told(fixture("ticker_v2_frame"))
    assert type(fact) is QuoteUpdate
    assert tuple(fact) == (
        XBT,
        1720000000200,
        (1_000_114, 321),
        (1_000_115, 77),
        1760000000500000000,
    )


@pytest.mark.parametrize("empty", [{"bestBidPrice": None}, {"bestBidPrice": "", "bestBidSize": 0}])
def test_an_empty_side_has_no_best_price(empty: dict[str, Any]) -> None:
    fact = told(fixture("ticker_v2_frame"), **empty)
    assert fact.bid is None
    assert fact.ask == (1_000_115, 77)


def test_the_discouraged_ticker_is_a_trade_and_a_quote() -> None:
    fact = told(fixture("ticker_frame"))
    assert type(fact) is TickerUpdate
    assert (fact.trade.price, fact.trade.lots, fact.quote.bid) == (1_000_114, 1, (1_000_114, 320))


def test_the_best_levels_are_told_by_topic_not_by_subject() -> None:
    frame = fixture("depth5_frame")
    fact = told(frame)
    assert type(fact) is BookDepth
    assert tuple(fact) == (
        XBT,
        5,
        1720000000205,
        ((1_000_114, 321), (1_000_110, 12)),
        ((1_000_116, 5), (1_000_120, 640)),
        1760000000600,
    )
    fifty = told({**frame, "topic": "/contractMarket/level2Depth50:XBTUSDTM"})
    assert fifty == fact._replace(rows=50)


def test_depth_of_2023_had_text_sizes_and_nanoseconds() -> None:
    rows = [["100.0", "3"], ["99.95", "1"], ["99.9", "2"]]
    fact = told(fixture("depth5_frame"), bids=rows, ts=1760000000600000000, timestamp=None)
    assert fact.bids == ((1000, 3), (999, 3)), "between two ticks: the tick below"
    assert fact.event_at == 1760000000600


def test_a_match_of_2023_is_the_same_match() -> None:
    frame = fixture("execution_frame")
    fact = told(frame)
    assert type(fact) is PublicTrade
    old = told(frame, size=None, ts=None, matchSize=2, time=1760000000700000000)
    assert old == fact
    with pytest.raises(ProtocolError, match="without size"):
        told(frame, size=None)


def test_the_funding_rate_is_predicted_each_minute_and_fixed_by_interval() -> None:
    fact = told(fixture("funding_rate_frame"))
    assert type(fact) is FundingRateUpdate
    assert tuple(fact) == (XBT, Decimal("0.000077"), 60_000, 1760000040000)
    assert fact.is_predicted
    assert not told(fixture("funding_rate_frame"), granularity=28_800_000, period=None).is_predicted


def test_funding_begins_and_ends() -> None:
    begin = told(fixture("funding_begin_frame"))
    assert type(begin) is FundingMoment
    assert tuple(begin) == (XBT, True, Decimal("0.000071"), 1760025600000, 1760025600000)
    assert not told(fixture("funding_end_frame")).is_begin


def test_the_last_day() -> None:
    fact = told(fixture("snapshot_frame"))
    assert type(fact) is DaySummary
    assert (fact.last.value, fact.change) == (Decimal("100011.5"), Decimal("0.0061"))
    assert fact.event_at == 1760000005012494819


def test_a_part_of_a_position_says_nothing_about_the_rest() -> None:
    fact = told(fixture("position_mark_frame"))
    assert fact == PositionPatch(
        symbol=XBT,
        mark=ExactPrice(Decimal("100060.0")),
        unrealized=Money(Decimal("0.12"), USDT),
        margin=None,
        liquidation=None,
        leverage=None,
        event_at=TimestampMs(1760003251000),
    )


@pytest.mark.parametrize(
    ("word", "side"),
    [("LONG", PositionSide.LONG), ("BOTH", PositionSide.BOTH), ("UP", UnknownWord("UP"))],
)
def test_a_part_of_a_position_names_its_lane_where_it_is_told(word: str, side: object) -> None:
    fact = told(fixture("position_mark_frame"), positionSide=word)
    assert type(fact) is PositionPatch
    assert fact.side == side


@pytest.mark.parametrize("reason", ["markPriceChange", None])
def test_a_part_of_a_position_without_a_name_is_dropped(reason: str | None) -> None:
    frame = {**fixture("position_mark_frame"), "topic": "/contract/positionAll"}
    assert told(frame, changeReason=reason) is None
    named = told(frame, symbol=XBT, changeReason=reason)
    assert type(named) is PositionPatch


def test_a_closed_position_tells_what_it_left_out() -> None:
    fact = told(fixture("position_closed_frame"))
    assert type(fact) is PositionUpdate
    assert (fact.lots, fact.average_entry) == (0, None)
    assert "margin" in fact.untold
    assert "realized" not in fact.untold


def test_a_whole_position_may_take_its_name_from_the_topic() -> None:
    frame = {**fixture("position_closed_frame"), "topic": "/contract/position:XBTUSDTM"}
    fact = told(frame, symbol=None, currentQty=-3)
    assert (fact.symbol, fact.lots) == (XBT, -3)


def test_settlements_and_risk_limits() -> None:
    fact = told(fixture("position_settlement_frame"))
    assert type(fact) is PositionSettlement
    assert (fact.symbol, fact.fee) == (XBT, Money(Decimal("-0.0142"), USDT))
    nameless = {**fixture("position_settlement_frame"), "topic": "/contract/positionAll"}
    assert told(nameless).symbol is None
    assert told(fixture("risk_limit_frame")) == RiskLimitUpdate(XBT, True, 2, "")


def test_modes_and_leverages_by_contract() -> None:
    modes = told(fixture("margin_mode_frame"))
    assert modes == MarginModesUpdate(((Symbol("ETHUSDTM"), MarginMode.ISOLATED),))
    with pytest.raises(ProtocolError):
        told(fixture("margin_mode_frame"), ETHUSDTM="DANCING")
    assert told(fixture("cross_leverage_frame")) == CrossLeverageUpdate(
        ((Symbol("ETHUSDTM"), Decimal(8)),)
    )
    number = told(fixture("cross_leverage_frame"), ETHUSDTM={"leverage": 8.5})
    assert number.leverages[0][1] == Decimal("8.5")


@pytest.mark.parametrize(
    ("subject", "field", "part"),
    [
        ("availableBalance.change", "availableBalance", "available"),
        ("orderMargin.change", "orderMargin", "order_margin"),
        ("withdrawHold.change", "withdrawHold", "withdraw_hold"),
    ],
)
def test_old_wallets_tell_one_part_each(subject: str, field: str, part: str) -> None:
    frame = {**fixture("legacy_wallet_frame"), "subject": subject}
    fact = told(frame, **{"availableBalance": None, field: 12.5})
    assert type(fact) is WalletPatch
    parts = {"available": fact.available, "order_margin": fact.order_margin}
    parts["withdraw_hold"] = fact.withdraw_hold
    assert parts.pop(part) == Money(Decimal("12.5"), USDT)
    assert set(parts.values()) == {None}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("ticker_v2_frame", "ts"),
        ("ticker_frame", "ts"),
        ("depth5_frame", "ts"),
        ("level2_frame", "timestamp"),
        ("execution_frame", "ts"),
        ("mark_frame", "timestamp"),
        ("funding_rate_frame", "timestamp"),
        ("funding_begin_frame", "fundingTime"),
        ("funding_begin_frame", "timestamp"),
        ("snapshot_frame", "ts"),
        ("candle_frame", "time"),
        ("order_match_frame", "ts"),
        ("stop_frame", "ts"),
        ("wallet_frame", "timestamp"),
        ("legacy_wallet_frame", "timestamp"),
        ("position_mark_frame", "currentTimestamp"),
        ("position_settlement_frame", "fundingTime"),
        ("position_settlement_frame", "ts"),
    ],
)
@pytest.mark.parametrize("stamp", [-1, 1, 12_345_678, 10**18, 2**62])
def test_a_time_of_another_age_cannot_be_read(name: str, field: str, stamp: int) -> None:
    """A countdown, a counter or a wrong unit is no time, and what it stands in is not believed."""
    with pytest.raises(ProtocolError, match="instant of these decades"):
        told(fixture(name), **{field: stamp})


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ticker_v2_frame", {"bestBidPrice": "-100"}),
        ("ticker_v2_frame", {"bestBidSize": -1}),
        ("ticker_frame", {"bestAskSize": -1}),
        ("depth5_frame", {"bids": [["-100", 1]]}),
        ("level2_frame", {"change": "-100,sell,1"}),
        ("level2_frame", {"change": "0,sell,1"}),
        ("level2_frame", {"change": "100,sell,1" + "0" * 19}),
        ("level2_frame", {"sequence": 2**60}),
        ("level2_frame", {"sequence": -1}),
        ("funding_rate_frame", {"fundingRate": 7.1}),
        ("funding_end_frame", {"fundingRate": -1}),
        ("position_settlement_frame", {"fundingRate": 100_050}),
    ],
)
def test_what_cannot_be_cannot_be_read(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        told(fixture(name), **changes)


def test_a_margin_mode_that_is_none_is_named_by_its_contract() -> None:
    with pytest.raises(ProtocolError, match="unknown word") as caught:
        told({**fixture("margin_mode_frame"), "data": {"ETHUSDTM": "NEW", "token": "s3cret"}})
    assert "ETHUSDTM" in str(caught.value)
    assert "s3cret" not in str(caught.value)
