"""What accounts are told, and that nothing is made that nobody wants."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from terminal.simexchange.auth import demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.payloads.frames import channel
from terminal.simexchange.switches import Switches

XBT = "XBTUSDTM"


class Ear:
    """Wants the channels and topics it is told to want."""

    def __init__(self, *wanted: str) -> None:
        self.wanted = set(wanted)
        self.asked: list[str] = []
        self.told: list[tuple[str, str, Any]] = []

    def is_wanted(self, topic: str) -> bool:
        self.asked.append(topic)
        return topic in self.wanted

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:
        self.told.append((topic, subject, data))

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:
        self.told.append((channel(uid, topic), subject, data))


def an_engine(ear: Ear) -> Engine:
    clock = SimClock(start_ms=1_760_000_000_000, speed=0)
    return Engine(7, demo_key(7), clock, ear, Switches())


def order(oid: str, **changes: Any) -> dict[str, Any]:
    body = {"clientOid": oid, "symbol": XBT, "side": "buy", "size": 2, "leverage": 5}
    return {**body, "type": "market", **changes}


def test_nothing_is_made_that_nobody_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole trading day without listeners makes no dictionary of the stream."""
    ear = Ear()
    engine = an_engine(ear)
    frames = "terminal.simexchange.payloads.frames"
    made = [
        "ticker_v2", "ticker", "level2", "depth", "execution", "candle", "mark_price",
        "funding_rate", "funding_event", "snapshot", "order_event", "stop_event", "wallet",
        "legacy_wallet", "position_change", "mark_change", "position_settlement", "risk_limit",
    ]  # fmt: skip
    for name in made:
        monkeypatch.setattr(f"{frames}.{name}", None)
    for _ in range(20):
        engine.step(XBT)
    engine.place(engine.account, order("a"))
    low = engine.markets[XBT].spec.text(engine.markets[XBT].last - 1000)
    stop = {"stop": "down", "stopPrice": low, "stopPriceType": "TP"}
    engine.cancel(engine.place(engine.account, order("b", **stop)))
    engine.cancel(engine.place(engine.account, order("c", type="limit", price=low)))
    engine.publish_second()
    for tell in (engine.broadcast.depth, engine.broadcast.minute, engine.broadcast.snapshots):
        tell()
    engine.settlements.settle(engine.markets[XBT], 1_760_000_000_000)
    engine.reports.risk_limit(engine.account, XBT, 2)
    assert not ear.told
    assert ear.asked


def test_an_account_s_wallet_is_told_by_its_own_version() -> None:
    uid = demo_key(7).uid
    ear = Ear(channel(uid, "/contractAccount/wallet"))
    engine = an_engine(ear)
    before = engine.account.wallets["USDT"].version
    for _ in range(3):
        engine.reports.wallet(engine.account, "USDT")
    versions = [int(data["version"]) for _, _, data in ear.told]
    assert versions == [before + 1, before + 2, before + 3]


def test_two_accounts_are_told_apart() -> None:
    engine = an_engine(Ear())
    ear = engine.reports._publisher
    assert isinstance(ear, Ear)
    other = engine.accounts.add(dataclasses.replace(demo_key(8), uid="b"))
    ear.wanted = {channel("b", "/contractMarket/tradeOrders")}
    engine.place(engine.account, order("a"))
    assert not ear.told
    engine.place(other, order("a"))
    assert {topic for topic, _, _ in ear.told} == ear.wanted


def test_orders_of_a_liquidation_have_no_type_and_no_id_of_the_user() -> None:
    uid = demo_key(7).uid
    ear = Ear(channel(uid, "/contractMarket/tradeOrders"))
    engine = an_engine(ear)
    placed = engine.place(engine.account, order("a"))
    placed.trade_type = "liquid"
    engine.reports.order(placed, "match", "match")
    data = ear.told[-1][2]
    assert data["tradeType"] == "liquid"
    assert not {"clientOid", "orderType"} & set(data)


@pytest.mark.parametrize("reason", ["liquidation", "marginChange", "adl"])
def test_a_position_is_told_with_its_reason(reason: str) -> None:
    uid = demo_key(7).uid
    ear = Ear(channel(uid, f"/contract/position:{XBT}"))
    engine = an_engine(ear)
    engine.place(engine.account, order("a"))
    ear.told.clear()
    engine.reports.position(engine.account, engine.markets[XBT], reason)
    ((_, subject, data),) = ear.told
    assert (subject, data["changeReason"], data["currentQty"]) == ("position.change", reason, 2)


def test_modes_of_several_contracts_come_in_one_frame() -> None:
    ear = Ear()
    engine = an_engine(ear)
    engine.set_margin_mode("ETHUSDTM", "CROSS")
    engine.reports.margin_mode(engine.account, XBT, "ETHUSDTM")
    engine.account.cross_leverage[XBT] = Decimal("7.5")
    engine.reports.cross_leverage(engine.account, XBT)
    assert [data for _, _, data in ear.told] == [
        {XBT: "ISOLATED", "ETHUSDTM": "CROSS"},
        {XBT: {"leverage": "7.5"}},
    ]
