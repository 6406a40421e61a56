"""Who hears what, how often a frame is made, and the book that a stranger keeps from it."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.simexchange.auth import demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.faults import Faults
from terminal.simexchange.payloads import markets
from terminal.simexchange.payloads.frames import channel
from terminal.simexchange.sockets.hub import Hub, Listener, Tunnel
from terminal.simexchange.switches import Switches
from tests.support.book_keeper import BookKeeper

TOPIC = "/contractMarket/level2:XBTUSDTM"
XBT = "XBTUSDTM"


def heard(listener: Listener) -> list[dict[str, Any]]:
    found = [json.loads(text) for text in listener.queue]
    listener.queue.clear()
    return found


def test_a_frame_is_made_once_however_many_listen() -> None:
    """All queues hold the very same text; what nobody wants is not even encoded."""
    hub = Hub(Faults())
    listeners = [Listener(None) for _ in range(5)]
    for listener in listeners:
        hub.subscribe(listener, TOPIC)
    hub.publish(TOPIC, "level2", {"sequence": 1}, 1)
    texts = {id(listener.queue[0]) for listener in listeners}
    assert len(texts) == 1
    assert heard(listeners[0]) == [
        {"topic": TOPIC, "type": "message", "subject": "level2", "sn": 1, "data": {"sequence": 1}}
    ]
    hub.publish("/contractMarket/level2:ETHUSDTM", "level2", object())
    assert hub.sent == 5


def test_private_messages_go_by_account() -> None:
    hub = Hub(Faults())
    own, other = Listener("u"), Listener("v")
    hub.subscribe(own, channel("u", "/contractAccount/wallet"))
    hub.subscribe(other, channel("v", "/contractAccount/wallet"))
    hub.publish_private("u", "/contractAccount/wallet", "walletBalance.change", {"version": "1"})
    (frame,) = heard(own)
    assert frame.pop("id")
    assert frame == {
        "topic": "/contractAccount/wallet",
        "type": "message",
        "subject": "walletBalance.change",
        "userId": "u",
        "channelType": "private",
        "data": {"version": "1"},
    }
    assert not other.queue


def test_faults_see_every_frame_and_decide_what_is_sent() -> None:
    hub, listener = Hub(Faults(level2_skipped=1, level2_doubled=1)), Listener(None)
    hub.subscribe(listener, TOPIC)
    for number in range(3):
        hub.publish(TOPIC, "level2", {}, number)
    assert [frame["sn"] for frame in heard(listener)] == [1, 1, 2]


def test_who_leaves_is_forgotten_with_all_topics() -> None:
    hub, listener = Hub(Faults()), Listener(None)
    tunnel = Tunnel(listener, 'a"b')
    hub.add(listener)
    hub.subscribe(listener, TOPIC)
    hub.subscribe(tunnel, TOPIC)
    hub.publish(TOPIC, "level2", {})
    assert [frame.get("tunnelId") for frame in heard(listener)] == [None, 'a"b']
    hub.remove(listener)
    assert hub.is_wanted(TOPIC)
    hub.forget(tunnel)
    assert not hub.is_wanted(TOPIC)
    assert not hub.listeners


def test_a_listener_that_does_not_read_is_dropped_once() -> None:
    """What waited is thrown away, what comes later is not kept."""
    ends: list[bool] = []
    listener = Listener(None, ends.append, max_queued=3)
    for _ in range(3):
        listener.send("x")
    assert not ends
    for _ in range(3):
        listener.send("x")
    assert ends == [True]
    assert listener.queue == deque()
    listener.end()
    assert ends == [True]


def test_who_is_ended_gets_what_waits() -> None:
    ends: list[bool] = []
    listener = Listener(None, ends.append)
    listener.send("last")
    listener.end()
    listener.end()
    assert (ends, list(listener.queue)) == ([False], ["last"])


STEPS = st.lists(
    st.sampled_from(["step", "step", "buy", "sell", "market", "cancel", "snapshot", "lose"]),
    min_size=1,
    max_size=40,
)


def act(engine: Engine, step: str, number: int) -> None:
    """Let the crowd or the account do something to the book."""
    market = engine.markets[XBT]
    if step in ("step", "lose"):
        engine.step(XBT)
    elif step == "cancel":
        engine.cancel_all(engine.account, None, stops=False)
    elif step != "snapshot":
        ticks = market.last + (-3 if step == "buy" else 3)
        body = {"clientOid": str(number), "symbol": XBT, "size": 3, "leverage": 5}
        side = "sell" if step == "sell" else "buy"
        kind = {"type": "market"} if step == "market" else {"price": market.spec.text(ticks)}
        engine.place(engine.account, {**body, "side": side, **kind})


@settings(max_examples=25)
@given(STEPS)
def test_the_recipe_gives_the_book_of_the_exchange_at_any_moment(steps: list[str]) -> None:
    """Reference 5.8, whatever happens between frames, old snapshots and lost frames."""
    hub, listener = Hub(Faults()), Listener(None)
    clock = SimClock(start_ms=1_760_000_000_000, speed=0)
    engine = Engine(7, demo_key(7), clock, hub, Switches())
    market = engine.markets[XBT]
    hub.subscribe(listener, TOPIC)
    snapshots = [markets.book(market, clock.now_ns())]
    keeper = BookKeeper(lambda: snapshots[-1])
    for number, step in enumerate(steps):
        act(engine, step, number)
        if step == "snapshot":
            snapshots.append(markets.book(market, clock.now_ns()))
        for frame in heard(listener)[step == "lose" :]:
            keeper.frame(frame["data"])
        if keeper.is_live and keeper.last == market.book.sequence:
            keeper.assert_is_book_of(market)
    snapshots.append(markets.book(market, clock.now_ns()))
    engine.step(XBT)
    for frame in heard(listener):
        keeper.frame(frame["data"])
    keeper.assert_is_book_of(market)
