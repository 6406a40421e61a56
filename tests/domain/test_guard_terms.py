"""Limits as values: what holds for a contract, and what is looser than before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from terminal.domain.guard_terms import (
    ContractLimits,
    DayResult,
    GuardLimits,
    OrderRate,
    loosened,
)
from terminal.domain.units import Lots, Symbol
from tests.support.builders import XBT
from tests.support.guarding import any_limits

ETH = Symbol("ETHUSDTM")
TIGHT = GuardLimits(
    max_lots=Lots(10),
    max_value=Decimal(1000),
    collar_ticks=5,
    max_position=Lots(20),
    mark_percent=Decimal(3),
    rate=OrderRate(5, 10),
    repeat_ms=300,
    max_leverage=Decimal(10),
    checks_margin=True,
    liquidation_percent=Decimal(8),
    max_losses={"USDT": Decimal(200)},
    counts_unrealized=True,
    zone="UTC",
    contracts={XBT: ContractLimits(max_lots=Lots(5))},
)


@pytest.mark.parametrize(
    ("looser", "tighter"),
    [
        ({"max_lots": Lots(11)}, {"max_lots": Lots(9)}),
        ({"max_value": Decimal(1001)}, {"max_value": Decimal(999)}),
        ({"collar_ticks": 6}, {"collar_ticks": 4}),
        ({"max_position": Lots(21)}, {"max_position": Lots(19)}),
        ({"max_position": None}, {"max_position": Lots(1)}),
        ({"mark_percent": Decimal(4)}, {"mark_percent": Decimal(2)}),
        ({"mark_percent": None}, {}),
        ({"rate": OrderRate(6, 10)}, {"rate": OrderRate(4, 10)}),
        ({"rate": OrderRate(5, 9)}, {"rate": OrderRate(5, 11)}),
        ({"rate": None}, {}),
        ({"repeat_ms": 299}, {"repeat_ms": 301}),
        ({"max_leverage": None}, {"max_leverage": Decimal(9)}),
        ({"checks_margin": False}, {}),
        ({"liquidation_percent": Decimal(7)}, {"liquidation_percent": Decimal(9)}),
        ({"liquidation_percent": None}, {}),
        ({"max_losses": {"USDT": Decimal(201)}}, {"max_losses": {"USDT": Decimal(199)}}),
        ({"max_losses": {}}, {"max_losses": {"USDT": Decimal(200), "XBT": Decimal(1)}}),
        ({"counts_unrealized": False}, {}),
        ({"zone": "Asia/Tokyo"}, {}),
        ({"contracts": {}}, {"contracts": {XBT: ContractLimits(max_lots=Lots(4))}}),
        (
            {"contracts": {XBT: ContractLimits(max_lots=Lots(5)),
                           ETH: ContractLimits(max_lots=Lots(11))}},
            {"contracts": {XBT: ContractLimits(max_lots=Lots(5)),
                           ETH: ContractLimits(max_lots=Lots(9))}},
        ),
    ],
)  # fmt: skip
def test_every_limit_knows_which_way_is_looser(
    looser: dict[str, Any], tighter: dict[str, Any]
) -> None:
    assert loosened(TIGHT, replace(TIGHT, **looser))
    assert not loosened(TIGHT, replace(TIGHT, **tighter))


@given(any_limits(), any_limits())
def test_a_change_and_its_way_back_are_not_both_free(one: GuardLimits, other: GuardLimits) -> None:
    """Unless nothing changed that matters: else two free steps would end anywhere."""
    assert not loosened(one, one)
    if not loosened(one, other) and not loosened(other, one):
        silent: dict[str, Any] = {"zone": "UTC", "counts_unrealized": False}
        assert replace(one, **silent) == replace(other, **silent)


def test_without_a_limit_of_loss_the_way_of_counting_is_free() -> None:
    free = replace(TIGHT, max_losses={})
    assert not loosened(free, replace(free, zone="Asia/Tokyo", counts_unrealized=False))


def test_a_contract_without_own_limits_has_those_of_all_and_no_entry() -> None:
    assert TIGHT.of(ETH) == ContractLimits(Lots(10), Decimal(1000), Lots(20))
    assert TIGHT.of(XBT) == ContractLimits(Lots(5), Decimal(1000), Lots(20))
    assert TIGHT.with_contract(XBT, ContractLimits()).contracts == {}


def test_a_days_total_counts_open_profit_only_where_it_is_told() -> None:
    assert DayResult("USDT", Decimal(-5), None, 0).total == -5
    assert DayResult("USDT", Decimal(-5), Decimal(2), 0).total == -3
