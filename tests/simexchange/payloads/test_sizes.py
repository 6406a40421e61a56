"""The sizing helpers' dictionaries against the published ones (reference 3.11, 7.6)."""

from __future__ import annotations

from decimal import Decimal

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.payloads.sizes import cross_limit, margin_requirement

BY_NAME = {spec.symbol: spec for spec in CONTRACTS}


def test_the_published_limits_of_cross_orders_character_by_character() -> None:
    margin = Decimal(10_000)
    assert cross_limit(BY_NAME["XBTUSDTM"], Decimal(102_012), margin, Decimal(125)) == {
        "symbol": "XBTUSDTM",
        "maxOpenSize": 12102,
        "maxOpenValue": "1234549.2240000000",
        "totalMargin": "10000",
        "price": "102012",
        "leverage": "125.00",
        "mmr": "0.00416136",
        "imr": "0.008",
        "currency": "USDT",
    }
    assert cross_limit(BY_NAME["ETHUSDTM"], Decimal("2556.4"), margin, Decimal(100)) == {
        "symbol": "ETHUSDTM",
        "maxOpenSize": 38003,
        "maxOpenValue": "971508.6920000000",
        "totalMargin": "10000",
        "price": "2556.4",
        "leverage": "100.00",
        "mmr": "0.0054623236",
        "imr": "0.01",
        "currency": "USDT",
    }


def test_a_requirement_is_for_whole_lots() -> None:
    """The value asked for comes back as it is, also where it is no whole number of lots."""
    asked = margin_requirement(BY_NAME["XBTUSDTM"], Decimal(100_000), Decimal("250.5"), Decimal(5))
    assert (asked["size"], asked["positionValue"], asked["imr"]) == (2, "250.5", "0.2")
    assert asked["mmr"] == "0.0040000267", "that of reference 7.6 for 0.002 coins"
    inverse = margin_requirement(
        BY_NAME["XBTUSDM"], Decimal(50_000), Decimal("1000.9"), Decimal(10)
    )
    assert (inverse["size"], inverse["price"]) == (1000, "50000")
