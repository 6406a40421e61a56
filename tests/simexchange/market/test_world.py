"""What the contracts of a base share."""

from __future__ import annotations

import pytest

from terminal.simexchange.market.world import WAKES_S, World, slept_s


def test_a_base_is_the_same_for_everybody_and_no_other() -> None:
    world = World()
    assert world.base("XBT") is world.base("XBT")
    assert world.base("XBT") is not world.base("ETH")


def test_a_base_that_stands_goes_on_from_where_it_stood() -> None:
    base = World().base("XBT")
    base.ahead_s = 5.0
    stood = base.at(100.0)
    base.stand(100.0)
    base.stand(120.0)
    assert base.at(150.0) == stood
    base.go_on(160.0)
    base.go_on(170.0)
    assert base.at(161.0) == pytest.approx(stood + 1)


def test_a_market_wakes_up_slowly_and_then_keeps_pace() -> None:
    base = World(1000.0).base("XBT")
    assert base.at(1000.0) == 1000.0
    passed = [base.at(1001.0 + at) - base.at(1000.0 + at) for at in range(200)]
    assert [round(one, 6) for one in passed] == sorted(round(one, 6) for one in passed)
    assert passed[0] < 0.1
    assert all(one == pytest.approx(1.0) for one in passed[int(2 * WAKES_S) :])
    assert slept_s(2 * WAKES_S) == slept_s(1e9) < 2 * WAKES_S
    base.stand(1150.0)
    base.go_on(1200.0)
    assert base.at(1200.0) == pytest.approx(1150.0 - slept_s(150.0))
