"""What the contracts of a base share."""

from __future__ import annotations

import pytest

from terminal.simexchange.market.world import SLEEPS_S, World


def test_a_base_is_the_same_for_everybody_and_no_other() -> None:
    world = World()
    assert world.base("XBT") is world.base("XBT")
    assert world.base("XBT") is not world.base("ETH")


def test_a_base_that_stands_goes_on_from_where_it_stood() -> None:
    base = World(-1000.0).base("XBT")
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
    assert base.at(1000.0) == base.at(1000.0 + SLEEPS_S) == 1000.0
    passed = [round(base.at(1001.0 + at) - base.at(1000.0 + at), 6) for at in range(200)]
    assert passed == sorted(passed), "never slower than a moment before"
    assert 0.5 < passed[int(1.9 * SLEEPS_S)] < passed[int(2.7 * SLEEPS_S)] == passed[-1] == 1.0
    base.stand(1150.0)
    stood = base.at(1160.0)
    base.go_on(1200.0)
    assert base.at(1200.0) == pytest.approx(stood)
    assert base.at(1201.0) == pytest.approx(stood + 1)


@pytest.mark.parametrize("seconds", [0.0, 6.0])
def test_a_world_sleeps_as_long_as_it_is_told(seconds: float) -> None:
    world = World(1000.0)
    bases = world.base("XBT"), world.base("ETH")
    world.sleep(seconds)
    for base in bases:
        assert base.at(1000.0) == base.at(1000.0 + seconds) == 1000.0
        assert base.at(1000.5 + seconds) > 1000.0
        assert base.at(1021.0) - base.at(1020.0) == pytest.approx(1.0)
