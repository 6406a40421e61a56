"""The curves of cross margin against the figures that the exchange published (reference 7.6)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS, ContractSpec
from terminal.simexchange.trading.sizing import (
    coins,
    lots_worth,
    maintenance_rate,
    max_open_value,
    quote_value,
)

BY_NAME = {spec.symbol: spec for spec in CONTRACTS}
XBT, ETH, INVERSE = BY_NAME["XBTUSDTM"], BY_NAME["ETHUSDTM"], BY_NAME["XBTUSDM"]


@pytest.mark.parametrize(
    ("spec", "base", "rate"),
    [
        (XBT, "12.102", "0.00416136"),
        (XBT, "0.001", "0.0040000133"),
        (XBT, "0.002", "0.0040000267"),
        (ETH, "380.03", "0.0054623236"),
    ],
)
def test_the_published_maintenance_rates(spec: ContractSpec, base: str, rate: str) -> None:
    found = maintenance_rate(spec, Decimal(base))
    assert round(found, 10) == Decimal(rate)


def test_the_maintenance_rate_has_a_cap() -> None:
    assert maintenance_rate(XBT, Decimal(10**9)) == XBT.mmr_limit


@pytest.mark.parametrize(
    ("symbol", "price", "leverage", "lots", "value"),
    [
        ("XBTUSDTM", "102012", 125, 12_102, "1234549.224"),
        ("ETHUSDTM", "2556.4", 100, 38_003, "971508.692"),
    ],
)
def test_the_published_open_sizes(
    symbol: str, price: str, leverage: int, lots: int, value: str
) -> None:
    """With 10,000 USDT at the highest leverage."""
    spec, at = BY_NAME[symbol], Decimal(price)
    most = max_open_value(spec, at, Decimal(10_000), Decimal(leverage))
    assert lots_worth(spec, at, most) == lots
    assert quote_value(spec, at, lots) == Decimal(value)


def test_without_margin_nothing_can_be_opened() -> None:
    assert max_open_value(XBT, Decimal(100_000), Decimal(-1), Decimal(5)) == 0
    assert lots_worth(XBT, Decimal(100_000), Decimal(-1)) == 0


def test_an_inverse_contract_is_measured_in_its_coin() -> None:
    price = Decimal(50_000)
    assert coins(INVERSE, price, 1000) == INVERSE.value(price, 1000) == Decimal("0.02")
    assert quote_value(INVERSE, price, 1000) == 1000
    small = max_open_value(INVERSE, price, Decimal("0.001"), Decimal(10))
    assert small == pytest.approx(Decimal("0.01"), rel=Decimal("0.001")), "margin times leverage"


@given(
    st.sampled_from(CONTRACTS),
    st.decimals("0.00001", "1000000", places=5),
    st.decimals("0.0001", "10000000", places=4),
)
def test_one_lot_more_is_worth_more_than_asked(
    spec: ContractSpec, price: Decimal, value: Decimal
) -> None:
    lots = lots_worth(spec, price, value)
    assert lots == 0 or spec.value(price, lots) <= value
    assert spec.value(price, lots + 1) * (1 + Decimal("1E-20")) > value
