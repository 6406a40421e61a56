"""Risk levels: the published ladder, and ladders of its shape."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from terminal.simexchange.market.contracts import CONTRACTS, ContractSpec
from terminal.simexchange.market.risk_limits import ladder


def test_the_ladder_of_xbtusdtm_is_the_published_one() -> None:
    levels = [
        (level.most, level.max_leverage, str(level.initial * 100), str(level.maintenance * 100))
        for level in ladder(CONTRACTS[0])
    ]
    assert levels[0] == (100_000, 125, "0.800", "0.400")
    assert levels[4] == (3_000_000, 30, "3.400", "1.700")
    assert levels[9] == (30_000_000, 3, "33.400", "16.700")
    assert levels[-1] == (50_000_000, 1, "100", "50.0")
    assert len(levels) == 12


@pytest.mark.parametrize("spec", CONTRACTS, ids=lambda spec: spec.symbol)
def test_every_ladder_rises_without_a_gap(spec: ContractSpec) -> None:
    levels = ladder(spec)
    assert [level.level for level in levels] == list(range(1, len(levels) + 1))
    assert levels[0].least == 0
    assert (levels[0].max_leverage, levels[0].maintenance) == (spec.max_leverage, spec.maintenance)
    for lower, upper in pairwise(levels):
        assert lower.most == upper.least < upper.most
        assert lower.max_leverage > upper.max_leverage
        assert lower.initial < upper.initial
    for level in levels:
        assert level.maintenance < level.initial
        assert level.initial * level.max_leverage >= Decimal("0.999")
