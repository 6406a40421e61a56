"""Funding is paid at the instant by who holds then, and is seen everywhere it is asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.simexchange.auth import ApiKey, demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.switches import Switches

FUNDING_MS = 1_760_025_600_000
OTHER = ApiKey("other", "secret", "phrase", uid="60000000000000000000bbbb")


class Ear:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, Any]] = []

    def is_wanted(self, topic: str) -> bool:
        return True

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:
        pass

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:
        self.told.append((uid, subject, data))


@pytest.mark.parametrize("symbol", ["XBTUSDTM", "XBTUSDM"])
def test_longs_pay_shorts_by_value_rate_and_mark(symbol: str) -> None:
    clock = SimClock(start_ms=FUNDING_MS - 1000, speed=0)
    ear = Ear()
    engine = Engine(7, demo_key(7), clock, ear, Switches())
    long, short = engine.account, engine.accounts.add(OTHER)
    market = engine.markets[symbol]
    for account, side in ((long, "buy"), (short, "sell")):
        body = {"symbol": symbol, "side": side, "type": "market", "size": 20, "leverage": 5}
        engine.place(account, {**body, "clientOid": side})
    before = {one.uid: one.wallets[market.spec.settle].cash for one in (long, short)}
    engine.settlements.start()
    clock.advance(1.5)
    rate = Decimal(str(market.settled_rate(FUNDING_MS)))
    assert rate
    for account, sign in ((long, -1), (short, 1)):
        (payment,) = account.ledger.payments
        value = market.spec.value(payment.mark, 20)
        assert payment.amount == pytest.approx(sign * value * rate, abs=Decimal("1E-8"))
        assert (payment.at_ms, payment.rate, payment.lots) == (FUNDING_MS, rate, -sign * 20)
        cash = account.wallets[market.spec.settle].cash
        assert cash == before[account.uid] + payment.amount
        subjects = [subject for uid, subject, _ in ear.told if uid == account.uid]
        assert subjects[-3:-1].count("position.change") >= 1
        told = [data for uid, subject, data in ear.told if uid == account.uid]
        settled = [data for data in told if "fundingFee" in data and "fundingTime" in data]
        assert settled[-1]["fundingFee"] == float(payment.amount)
        assert settled[-1]["qty"] == -sign * 20
        payload = engine.reports.position_payload(account, market)
        assert payload["fundingFee"] == float(payment.amount)


def test_who_holds_nothing_pays_nothing() -> None:
    clock = SimClock(start_ms=FUNDING_MS - 1000, speed=0)
    engine = Engine(7, demo_key(7), clock, Ear(), Switches())
    before = dict(engine.account.wallets)
    engine.settlements.start()
    clock.advance(1.5)
    assert engine.account.ledger.payments == []
    assert engine.account.wallets == before


def test_each_leg_of_a_hedged_contract_pays_or_gets_its_own() -> None:
    clock = SimClock(start_ms=FUNDING_MS - 1000, speed=0)
    ear = Ear()
    engine = Engine(7, demo_key(7), clock, ear, Switches())
    account, market = engine.account, engine.markets["XBTUSDTM"]
    account.set_hedged(is_on=True)
    for side, leg, size in (("buy", "LONG", 30), ("sell", "SHORT", 10)):
        body = {"symbol": "XBTUSDTM", "side": side, "type": "market", "leverage": 5, "size": size}
        engine.place(account, {**body, "clientOid": leg, "positionSide": leg})
    cash = account.wallets["USDT"].cash
    engine.settlements.start()
    clock.advance(1.5)
    long, short = account.ledger.payments
    assert (long.position_side, short.position_side) == ("LONG", "SHORT")
    assert (long.lots, short.lots) == (30, -10)
    assert long.amount == pytest.approx(-3 * short.amount, abs=Decimal("1E-7"))
    assert account.wallets["USDT"].cash == cash + long.amount + short.amount
    assert [leg.position.funding for leg in account.legs.of("XBTUSDTM")] == [
        long.amount, short.amount,
    ]  # fmt: skip
    settled = [data["qty"] for _, subject, data in ear.told if subject == "position.settlement"]
    assert set(settled) == {30, -10}
    assert market.settled_rate(FUNDING_MS)
