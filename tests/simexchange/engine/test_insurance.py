"""The exchange's own money is never below zero, and the crowd pays what it has not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.simexchange.engine.insurance import FIRST_BALANCES, Insurance
from terminal.simexchange.market.matching import BUY
from tests.support.floor import SYMBOL, Floor


def test_what_the_fund_has_not_the_crowd_pays() -> None:
    insurance = Insurance()
    insurance.set_balance("USDT", Decimal(10))
    insurance.book("USDT", Decimal(-14))
    assert (insurance.balances["USDT"], insurance.crowd["USDT"]) == (Decimal(0), Decimal(-4))
    insurance.book("USDT", Decimal(3))
    assert (insurance.balances["USDT"], insurance.crowd["USDT"]) == (Decimal(3), Decimal(-4))


def test_fees_of_trades_are_fees_and_those_of_liquidations_the_funds() -> None:
    floor = Floor()
    order = floor.place(BUY, None, 40, leverage=20)
    insurance = floor.engine.insurance
    assert insurance.fees["USDT"] == floor.account.positions[SYMBOL].fees > 0
    order.trade_type = "liquid"
    insurance.fee(order, "USDT", Decimal(7))
    assert insurance.balances["USDT"] == FIRST_BALANCES["USDT"] + 7
    assert insurance.shown()["fund"]["USDT"] == "250007"


@pytest.mark.parametrize("wrong", [("EUR", 1), ("USDT", -1), ("USDT", "NaN"), ("USDT", 10**13)])
def test_no_other_balance_can_be_set(wrong: tuple[str, int | str]) -> None:
    insurance = Insurance()
    with pytest.raises(ValueError, match="fund"):
        insurance.set_balance(wrong[0], Decimal(wrong[1]))
    assert insurance.balances == FIRST_BALANCES
