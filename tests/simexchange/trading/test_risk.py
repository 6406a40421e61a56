"""The cross risk rate."""

from __future__ import annotations

from decimal import Decimal

from terminal.simexchange.trading.risk import Exposure, risk_rate
from terminal.simexchange.trading.sizing import maintenance_rate
from tests.support.caller import Caller


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
