"""The cross risk rate."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.trading.risk import (
    Exposure,
    backing,
    cross_risk,
    maintenance,
    prices,
    risk_rate,
)
from terminal.simexchange.trading.sizing import maintenance_rate
from tests.support.caller import Caller
from tests.support.floor import INVERSE, SYMBOL, Floor

if TYPE_CHECKING:
    from terminal.simexchange.trading.margin import SimPosition


def test_the_published_example() -> None:
    """5000 USDT, 100 lots of bitcoin at 62000, an order of 1000 lots of ether at 3000: 5.88 %."""
    fee = Decimal("0.0006")
    bitcoin = Exposure(Decimal(6_200), Decimal("0.005"), fee)
    ether = Exposure(Decimal(30_000), Decimal("0.008"), fee)
    assert round(risk_rate(Decimal(5_000), [bitcoin], [ether]), 4) == Decimal("0.0588")


def test_nothing_at_risk_and_nothing_left() -> None:
    bitcoin = Exposure(Decimal(6_200), Decimal("0.005"), Decimal("0.0006"))
    assert risk_rate(Decimal(0), [], []) == 0
    assert risk_rate(Decimal(0), [bitcoin], []) == 1


def test_an_isolated_position_is_no_cross_risk_and_a_cross_one_is() -> None:
    """The overview shows the rate of its own currency."""
    caller = Caller()
    order = {"symbol": "XBTUSDTM", "side": "buy", "type": "market", "size": 100, "leverage": 5}
    overview = "/api/v1/account-overview?currency="
    caller.data("/api/v1/orders", "POST", {**order, "clientOid": "a"})
    assert caller.data(f"{overview}USDT")["riskRatio"] == 0
    caller.account.margin_modes["ETHUSDTM"] = "CROSS"
    cross = {**order, "symbol": "ETHUSDTM", "marginMode": "CROSS", "clientOid": "b"}
    caller.data("/api/v1/orders", "POST", cross)
    market = caller.engine.markets["ETHUSDTM"]
    value = market.mark_price * market.spec.multiplier * 100
    maintenance = maintenance_rate(market.spec, market.spec.multiplier * 100)
    rate = value * (maintenance + market.spec.taker_rate)
    state = caller.account.wallet_state("USDT")
    shown = caller.data(f"{overview}USDT")["riskRatio"]
    assert shown == float(round(rate / state.cross_margin, 10))
    assert caller.data(f"{overview}USDC")["riskRatio"] == 0


def cross_floor(symbol: str, legs: list[tuple[str, int]], **switches: str) -> Floor:
    """Cross positions, one-way when their leg is BOTH, and little money."""
    floor = Floor(symbol, **switches)
    floor.account.set_hedged(is_on=legs[0][0] != "BOTH")
    floor.engine.set_margin_mode(symbol, "CROSS")
    for leg, lots in legs:
        side = "buy" if lots > 0 else "sell"
        floor.place(side, None, abs(lots), marginMode="CROSS", positionSide=leg)
    wallet = floor.account.wallets[floor.market.spec.settle]
    wallet.cash = {"USDT": Decimal(900), "XBT": Decimal("0.02")}[wallet.currency]
    return floor


def balance(floor: Floor, price: Decimal, held: list[SimPosition], rates: list[Decimal]) -> Any:
    """What is left at a price beyond what must be left of the positions' value."""
    left = floor.account.wallets[floor.market.spec.settle].cash
    for one, rate in zip(held, rates, strict=True):
        left += one.unrealized(price) - floor.market.spec.value(price, one.lots) * rate
    return left


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
@pytest.mark.parametrize(
    "legs",
    [
        [("BOTH", 30)],
        [("BOTH", -30)],
        [("LONG", 30), ("SHORT", -10)],
        [("LONG", 10), ("SHORT", -30)],
    ],
    ids=["long", "short", "more long", "more short"],
)
def test_at_the_prices_of_cross_positions_their_balance_ends(
    symbol: str, legs: list[tuple[str, int]]
) -> None:
    """Long and short of a contract end together, where nothing more than needed is left."""
    scale = 1 if symbol == SYMBOL else 100
    floor = cross_floor(symbol, [(leg, lots * scale) for leg, lots in legs])
    held = list(floor.account.legs.open())
    found = {prices(floor.account, one) for one in held}
    (one,) = found
    fee = floor.market.spec.taker_rate
    rates = [maintenance(floor.account, leg) + fee for leg in held]
    assert min(one) > 0
    near = Decimal("1E-7")
    assert balance(floor, one.liquidation, held, rates) == pytest.approx(0, abs=near)
    nothing = [Decimal(0)] * len(held)
    assert balance(floor, one.bankruptcy, held, nothing) == pytest.approx(0, abs=near)
    is_long = sum(lots for _, lots in legs) > 0
    assert (one.bankruptcy < one.liquidation < floor.market.mark_price) == is_long
    assert cross_risk(floor.account, floor.engine.markets, floor.market.spec.settle) < 1


def test_a_contract_that_is_as_long_as_short_is_never_bankrupt() -> None:
    floor = cross_floor(SYMBOL, [("LONG", 20), ("SHORT", -20)])
    assert {prices(floor.account, one).bankruptcy for one in floor.account.legs.open()} == {0}


def test_what_others_need_and_isolated_ones_have_is_not_there_to_lose() -> None:
    caller = Caller()
    caller.account.margin_modes.update({"XBTUSDTM": "CROSS", "ETHUSDTM": "CROSS"})
    caller.account.wallets["USDT"].cash = Decimal(60_000)
    caller.place("XBTUSDTM", marginMode="CROSS", size=1000)
    alone = backing(caller.account, "XBTUSDTM")
    assert alone == caller.account.wallets["USDT"].cash
    (xbt,) = caller.account.legs.open("XBTUSDTM")
    kept = prices(caller.account, xbt)
    caller.place("SOLUSDTM", size=100)
    caller.place("ETHUSDTM", marginMode="CROSS", size=100)
    state = caller.account.wallet_state("USDT")
    (eth,) = caller.account.legs.open("ETHUSDTM")
    mark = caller.engine.markets["ETHUSDTM"].mark_price
    needed = eth.spec.value(mark, 100) * (eth.maintenance + eth.spec.taker_rate)
    expected = state.cash - state.isolated_position + eth.unrealized(mark) - needed
    assert backing(caller.account, "XBTUSDTM") == expected
    assert prices(caller.account, xbt).bankruptcy > kept.bankruptcy


def test_the_open_questions_of_liquidation_are_switches() -> None:
    floor = Floor()
    floor.place("buy", None, 10, leverage=50)
    (held,) = floor.account.legs.open()
    with_fee = prices(floor.account, held).liquidation
    floor.switches.liquidation_fee = "none"
    assert prices(floor.account, held).liquidation < with_fee
    floor = cross_floor(SYMBOL, [("LONG", 20), ("SHORT", -20)])
    order: dict[str, Any] = {"marginMode": "CROSS", "positionSide": "LONG"}
    floor.account.wallets["USDT"].cash = Decimal(90_000)
    floor.place("buy", floor.bid - 90, 500, **order)
    long, short = floor.account.legs.open()
    before = maintenance(floor.account, long)
    assert before == long.maintenance
    floor.switches.maintenance_size = "with_orders"
    size = floor.market.spec.multiplier * 520
    assert maintenance(floor.account, long) == maintenance_rate(floor.market.spec, size)
    assert maintenance(floor.account, short) == short.maintenance
