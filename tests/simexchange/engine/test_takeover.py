"""What was taken over leaves the exchange within the instant, and the fund gets the difference."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.simexchange.engine.adl import Deleveraging, Holders, Taken
from terminal.simexchange.engine.filling import Filling, Shared
from terminal.simexchange.engine.forced import Forced
from terminal.simexchange.engine.insurance import Insurance
from terminal.simexchange.engine.takeover import Takeovers
from terminal.simexchange.market.contracts import booked
from terminal.simexchange.trading.orders import OrderNumbers
from tests.support.floor import INVERSE, SYMBOL, Floor


class Desk:
    """Takes positions over on a floor where nobody else holds any."""

    def __init__(self, symbol: str, fund: int) -> None:
        self.floor = floor = Floor(symbol)
        self.insurance = Insurance()
        self.currency = floor.market.spec.settle
        self.insurance.set_balance(self.currency, Decimal(fund))
        engine, numbers = floor.engine, OrderNumbers(0)
        shared = Shared(engine.accounts, engine.reports, numbers, floor.clock, floor.switches)
        adl = Deleveraging(Holders([symbol]), Forced(shared, Filling(shared)))
        self.takeovers = Takeovers(self.insurance, adl, numbers)

    def take(self, lots: int, price: int, *, is_long: bool) -> int:
        spec = self.floor.market.spec
        value = booked(spec.value(spec.price(price), lots))
        self.takeovers.work(self.floor.market, Taken("u", is_long, lots, price, value))
        return self.insurance.crowd_lots.get(self.floor.symbol, 0)


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
@pytest.mark.parametrize("is_long", [True, False])
def test_better_prices_fill_the_fund(symbol: str, is_long: bool) -> None:
    desk = Desk(symbol, 0)
    away = -2000 if is_long else 2000
    assert desk.take(30, desk.floor.market.last + away, is_long=is_long) == 0
    assert desk.insurance.balances[desk.currency] > 0
    assert desk.insurance.crowd[desk.currency] == 0


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
@pytest.mark.parametrize("is_long", [True, False])
def test_worse_prices_are_paid_while_the_fund_can_and_the_crowd_has_the_rest(
    symbol: str, is_long: bool
) -> None:
    away = 2000 if is_long else -2000
    rich, poor = Desk(symbol, 1000), Desk(symbol, 0)
    price = rich.floor.market.last + away
    assert rich.take(30, price, is_long=is_long) == 0
    assert rich.insurance.balances[rich.currency] < 1000
    assert poor.take(30, price, is_long=is_long) == (30 if is_long else -30)
    assert poor.insurance.balances[poor.currency] == 0
