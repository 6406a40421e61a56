"""The legs of contracts."""

from __future__ import annotations

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.market.risk_limits import ladder
from terminal.simexchange.trading.legs import Legs
from terminal.simexchange.trading.sides import BOTH, LONG, SHORT

SYMBOL = CONTRACTS[0].symbol


def test_a_position_mode_chooses_the_legs_and_takes_the_settings_over() -> None:
    legs = Legs(CONTRACTS)
    assert [leg.side for leg in legs.of(SYMBOL)] == [BOTH]
    assert legs.opened_by(SYMBOL, BUY) is legs.opened_by(SYMBOL, SELL) is legs.one(SYMBOL)
    legs.one(SYMBOL).position.level = ladder(CONTRACTS[0])[3]
    legs.switch(is_hedged=True)
    assert legs.is_hedged
    assert [leg.side for leg in legs.of(SYMBOL)] == [LONG, SHORT]
    assert [leg.position.level.level for leg in legs.of(SYMBOL)] == [4, 4]
    assert (legs.opened_by(SYMBOL, BUY).side, legs.opened_by(SYMBOL, SELL).side) == (LONG, SHORT)
    legs.one(SYMBOL, SHORT).position.lots = -3
    assert [held.side for held in legs.open()] == [SHORT]
    assert list(legs.open(CONTRACTS[1].symbol)) == []
    assert all(leg.is_idle == (leg.side == LONG) for leg in legs.of(SYMBOL))
