"""What the contracts of a base share."""

from __future__ import annotations

from terminal.simexchange.market.world import World


def test_a_base_is_the_same_for_everybody_and_no_other() -> None:
    world = World()
    assert world.base("XBT") is world.base("XBT")
    assert world.base("XBT") is not world.base("ETH")


def test_a_base_that_stands_goes_on_from_where_it_stood() -> None:
    base = World().base("XBT")
    base.ahead_s = 5.0
    base.stand(100.0)
    base.stand(120.0)
    assert base.at(150.0) == 105.0
    base.go_on(160.0)
    base.go_on(170.0)
    assert base.at(161.0) == 106.0
