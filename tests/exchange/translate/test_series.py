"""Series, funding, risk levels: units by name, old and new spellings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.market_facts import ServiceState
from terminal.domain.words import UnknownWord
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import decode
from terminal.wire.pages import MorePayload
from terminal.wire.series import (
    CurrentFundingPayload,
    PastFundingPayload,
    RiskTierPayload,
    SeriesPointPayload,
    StatusPayload,
)
from tests.support.builders import XBT
from tests.support.payloads import load, raw, read


def test_an_index_point_has_its_parts() -> None:
    answer = decode(raw("index_query"), MorePayload[SeriesPointPayload])
    assert answer.hasMore
    (row,) = answer.dataList or []
    point = translate.series_point(row)
    assert (point.series, point.at, point.value) == (
        ".KXBTUSDT",
        1_760_000_000_000,
        Decimal("100010.11"),
    )
    assert point.parts[0].weight == Decimal("0.31")


def test_the_current_funding_knows_the_last_and_the_next_settlement() -> None:
    rate = translate.funding_rate(XBT, decode(raw("funding_rate"), CurrentFundingPayload))
    assert (rate.began_at, rate.next_at) == (1_759_996_800_000, 1_760_025_600_000)
    assert (rate.rate, rate.predicted, rate.is_charged) == (Decimal("0.000071"), None, True)


@pytest.mark.parametrize("name", ["timepoint", "timePoint"])
def test_past_rates_in_both_spellings(name: str) -> None:
    row = {"symbol": XBT, "fundingRate": "7.1E-5", name: 1_759_996_800_000}
    assert translate.past_funding(read(PastFundingPayload, **row)).at == 1_759_996_800_000


def test_a_rate_that_is_none_and_a_rate_without_time_are_refused() -> None:
    row = {"symbol": XBT, "fundingRate": 5, "timepoint": 1_759_996_800_000}
    with pytest.raises(ProtocolError, match="fundingRate"):
        translate.past_funding(read(PastFundingPayload, **row))
    with pytest.raises(ProtocolError, match="timepoint"):
        translate.past_funding(read(PastFundingPayload, symbol=XBT, fundingRate=0))


def test_the_state_of_the_exchange_and_a_new_one() -> None:
    assert translate.service_status(decode(raw("status"), StatusPayload)).state is ServiceState.OPEN
    strange = translate.service_status(read(StatusPayload, status="dancing", msg="x"))
    assert (strange.state, strange.message) == (UnknownWord("dancing"), "x")


def test_risk_levels() -> None:
    tier = translate.risk_tier(decode(raw("risk_limit"), list[RiskTierPayload])[0])
    assert tier.level == 1
    assert [str(one) for one in (tier.min_value, tier.max_value, tier.max_leverage)] == [
        "0",
        "100000",
        "125",
    ]
    with pytest.raises(ProtocolError, match="maxLeverage"):
        translate.risk_tier(read(RiskTierPayload, **{**load("risk_limit")[0], "maxLeverage": 0}))
