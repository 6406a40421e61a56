"""Contracts, tickers and candles: nothing is guessed, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.contract import ContractStatus
from terminal.domain.units import Side
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import decode
from terminal.wire.market import (
    CandlePayload,
    ContractPayload,
    TickerPayload,
)
from tests.support.builders import XBT
from tests.support.payloads import known_scales, load, raw, read

if TYPE_CHECKING:
    from terminal.exchange.translate import Scales


@pytest.fixture
def scales() -> Scales:
    return known_scales()


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


def test_sizes_go_in_the_contracts_steps_and_in_single_lots_where_none_is_told() -> None:
    assert translate.contract(read(ContractPayload, **CONTRACT)).lot_size == 1
    told = {**CONTRACT, "lotSize": 10}
    assert translate.contract(read(ContractPayload, **told)).lot_size == 10


def test_unknown_states_are_other_and_impossible_contracts_are_refused() -> None:
    strange = translate.contract(read(ContractPayload, **{**CONTRACT, "status": "Dancing"}))
    assert strange.status is ContractStatus.OTHER
    with pytest.raises(ProtocolError, match="XBTUSDM"):
        translate.contract(read(ContractPayload, **{**CONTRACT, "tickSize": 0}))


def test_the_summary_of_a_contract_has_instants_and_no_countdown() -> None:
    summary = translate.market_summary(decode(raw("contract"), ContractPayload))
    assert summary.next_funding_at == 1_760_025_600_000
    assert summary.predicted_funding_rate is None, "null on live"
    assert summary.open_interest == 6_012_345, "text on the wire"
    assert summary.turnover == 710_000_000
    assert summary.interest_series == (".XBTINT8H", ".USDTINT8H")


def test_a_ticker_has_the_last_match_and_the_best_prices(scales: Scales) -> None:
    told = translate.ticker(XBT, decode(raw("ticker"), TickerPayload), scales)
    assert (told.trade.price, told.trade.lots, told.trade.taker_side) == (1_000_115, 5, Side.BUY)
    assert (told.quote.bid, told.quote.ask) == ((1_000_114, 321), (1_000_115, 77))
    empty = {**load("ticker"), "bestBidPrice": "", "bestBidSize": None}
    assert translate.ticker(XBT, read(TickerPayload, **empty), scales).quote.bid is None


def test_candles_of_six_columns_are_whole(scales: Scales) -> None:
    (row,) = decode(raw("klines_six_columns"), list[CandlePayload])
    assert translate.candle(XBT, row, scales).lots == 602


@pytest.mark.parametrize("row", [[5, 1, 1, 1, 1, 1], [1_760_000_040_000, 0, 1, 0, 1, 1]])
def test_a_candle_of_another_age_or_without_price_is_refused(
    row: list[int], scales: Scales
) -> None:
    with pytest.raises(ProtocolError):
        translate.candle(XBT, decode(str(row), CandlePayload), scales)
