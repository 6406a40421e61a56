"""Settlements begin and end at each contract's own instants."""

from __future__ import annotations

from typing import Any

import pytest

from terminal.simexchange.auth import demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.errors import Refused
from terminal.simexchange.switches import Switches

FUNDING_MS = 1_760_025_600_000
INTERVAL_S = 8 * 3600
XBT = "XBTUSDTM"


class Ear:
    """Keeps what is announced."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []

    def is_wanted(self, topic: str) -> bool:
        return topic == f"/contract/announcement:{XBT}"

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:
        self.told.append((topic, subject, data["timestamp"]))

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:
        raise AssertionError("nothing private is announced")


def an_engine(clock: SimClock) -> tuple[Engine, Ear]:
    ear = Ear()
    return Engine(7, demo_key(7), clock, ear, Switches()), ear


def test_each_instant_is_settled_once_and_the_next_one_follows() -> None:
    clock = SimClock(start_ms=FUNDING_MS - 1000, speed=0)
    engine, ear = an_engine(clock)
    seen: list[tuple[int, int, float]] = []
    engine.settlements.on_begin = lambda market, at_ms, rate: (
        seen.append((at_ms, clock.now_ms(), rate)) if market.spec.symbol == XBT else None
    )
    engine.settlements.start()
    clock.advance(2 * INTERVAL_S)
    topic = f"/contract/announcement:{XBT}"
    second_ms = FUNDING_MS + INTERVAL_S * 1000
    assert ear.told == [
        (topic, "funding.begin", FUNDING_MS),
        (topic, "funding.end", FUNDING_MS + 2000),
        (topic, "funding.begin", second_ms),
        (topic, "funding.end", second_ms + 2000),
    ]
    assert [(at_ms, now_ms) for at_ms, now_ms, _ in seen] == [
        (FUNDING_MS, FUNDING_MS),
        (second_ms, second_ms),
    ]
    assert engine.markets[XBT].settled_rate(second_ms) == seen[-1][2]


def test_orders_are_refused_while_their_contract_is_settled() -> None:
    clock = SimClock(start_ms=FUNDING_MS - 1000, speed=0)
    engine, _ = an_engine(clock)
    order = {"clientOid": "a", "symbol": XBT, "side": "buy", "size": 1, "leverage": 5}
    engine.settlements.settle(engine.markets[XBT], FUNDING_MS)
    with pytest.raises(Refused) as refused:
        engine.place(engine.account, {**order, "type": "market"})
    assert refused.value.code == "300015"
    assert not engine.account.orders
    other = {**order, "symbol": "ETHUSDTM", "type": "market", "clientOid": "b"}
    engine.place(engine.account, other)
    clock.advance(3)
    engine.place(engine.account, {**order, "type": "market"})
    assert engine.account.positions[XBT].lots == 1


def test_a_clock_that_was_set_back_settles_when_it_gets_there() -> None:
    clock = SimClock(start_ms=FUNDING_MS - 10_000, speed=0)
    engine, ear = an_engine(clock)
    engine.settlements.start()
    clock.shift_ms = -5_000
    clock.advance(12)
    assert not ear.told
    clock.advance(4)
    assert [stamp for _, _, stamp in ear.told] == [FUNDING_MS]


def test_a_settlement_is_announced_before_anybody_pays_and_over_after_it() -> None:
    clock = SimClock(start_ms=FUNDING_MS - 1000, speed=0)
    engine, ear = an_engine(clock)
    events: list[str] = []
    engine.settlements.on_begin = lambda *_: events.append(f"payment after {len(ear.told)}")
    engine.settlements.on_end = lambda _: events.append(f"over after {len(ear.told)}")
    engine.settlements.settle(engine.markets[XBT], FUNDING_MS)
    clock.advance(3)
    assert events == ["payment after 1", "over after 2"]
    assert [subject for _, subject, _ in ear.told] == ["funding.begin", "funding.end"]
