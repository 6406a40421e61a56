"""One connection's answers without sockets: whatever is sent, it is answered and nothing breaks."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.clock import SimClock
from terminal.simexchange.faults import Faults
from terminal.simexchange.payloads.frames import channel
from terminal.simexchange.sockets.dialogue import Dialogue, FeedParts
from terminal.simexchange.sockets.hub import Hub, Listener
from terminal.simexchange.sockets.limits import FeedLimits
from terminal.simexchange.switches import Switches

LEVEL2 = "/contractMarket/level2:XBTUSDTM"
CODES = {400, 403, 404, 406, 415, 509}
KINDS = ("ping", "subscribe", "unsubscribe", "openTunnel", "closeTunnel")


class Bench:
    """One connection and the hub it belongs to; time stands still."""

    def __init__(self, uid: str | None = None) -> None:
        self.clock = SimClock(start_ms=1_760_000_000_000, speed=0)
        self.faults = Faults()
        self.hub = Hub(self.faults)
        symbols = {"XBTUSDTM", "ETHUSDTM"}
        parts = FeedParts(
            self.hub, symbols, self.clock, self.faults, Switches(), FeedLimits(messages=10_000)
        )
        self.listener = Listener(uid)
        self.dialogue = Dialogue(self.listener, "c9", parts)
        self.dialogue.open()
        self.said()

    def said(self) -> list[dict[str, Any]]:
        found = [json.loads(text) for text in self.listener.queue]
        self.listener.queue.clear()
        return found

    def ask(self, **frame: Any) -> list[dict[str, Any]]:
        self.dialogue.received(json.dumps(frame))
        return self.said()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TOPICS = st.sampled_from(
    [
        LEVEL2,
        "/contractMarket/limitCandle:XBTUSDTM_1min,ETHUSDTM_1day",
        "/contractMarket/tradeOrders:XBTUSDTM",
        "/contractAccount/wallet",
        "/contract/announcement",
        "/contractMarket/level2",
        ":",
        ",",
    ]
)
FRAMES = st.fixed_dictionaries(
    {},
    optional={
        "id": ANYTHING,
        "type": st.sampled_from(KINDS) | ANYTHING,
        "topic": TOPICS | ANYTHING,
        "privateChannel": st.booleans() | st.sampled_from(["true", "false"]) | ANYTHING,
        "response": st.booleans() | st.sampled_from(["true", "false"]) | ANYTHING,
        "newTunnelId": st.sampled_from(["a", "b"]) | ANYTHING,
        "tunnelId": st.sampled_from(["a", "b"]) | ANYTHING,
    },
)


@given(st.lists(FRAMES, max_size=12), st.sampled_from([None, "60000000000000000000aaaa"]))
def test_whatever_is_asked_is_answered_or_done(frames: list[Any], uid: str | None) -> None:
    """At most one answer to each frame; an error changes nothing; the end leaves nothing."""
    bench = Bench(uid)
    for frame in frames:
        before = set(bench.hub._by_topic), {*bench.dialogue._tunnels}
        answers = bench.ask(**frame)
        assert len(answers) <= 1
        for answer in answers:
            assert answer.get("id") is None or isinstance(answer["id"], str)
            if answer["type"] == "error":
                assert answer["code"] in CODES
                assert isinstance(answer["data"], str)
                assert (set(bench.hub._by_topic), {*bench.dialogue._tunnels}) == before
            else:
                assert answer["type"] == ("pong" if frame["type"] == "ping" else "ack")
        if not answers:
            assert frame["type"] in KINDS
            assert frame.get("response") not in (True, "true") or frame["type"] == "ping"
    bench.dialogue.close()
    assert not bench.hub._by_topic


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_random_text_gets_an_error(text: str) -> None:
    bench = Bench()
    bench.dialogue.received(text)
    (answer,) = bench.said()
    assert (answer["id"], answer["type"]) == ("c9", "error")
    assert answer["code"] in CODES


@pytest.mark.parametrize("text", [None, "[" * 200_000, '{"id":' * 100_000, "9" * 10_000])
def test_what_no_parser_likes_gets_an_error(text: str | None) -> None:
    bench = Bench()
    bench.dialogue.received(text)
    assert bench.said()[0]["code"] == 415


@pytest.mark.parametrize(
    ("identity", "told"), [("a", "a"), (7, "7"), (1.5, "1.5"), ("", ""), (0, "0")]
)
def test_an_id_comes_back_as_text(identity: object, told: str) -> None:
    bench = Bench()
    assert bench.ask(id=identity, type="ping")[0]["id"] == told
    assert bench.ask(id=identity, type="subscribe", topic=LEVEL2, response=True)[0]["id"] == told
    assert bench.ask(id=identity, type="dance")[0]["id"] == told


def test_without_an_id_an_error_carries_the_connection_s_own() -> None:
    bench = Bench()
    assert bench.ask(type="dance")[0]["id"] == "c9"
    assert "id" not in bench.ask(type="ping")[0]


def test_a_refused_list_subscribes_to_nothing() -> None:
    bench = Bench()
    answer = bench.ask(id="x", type="subscribe", topic=f"{LEVEL2},NOPE")
    assert answer[0]["code"] == 404
    assert not bench.listener.topics


def test_leaving_a_private_topic_needs_no_flag() -> None:
    bench = Bench("u")
    bench.ask(type="subscribe", topic="/contractAccount/wallet", privateChannel=True)
    assert bench.hub.is_wanted(channel("u", "/contractAccount/wallet"))
    bench.ask(type="unsubscribe", topic="/contractAccount/wallet")
    assert not bench.hub.is_wanted(channel("u", "/contractAccount/wallet"))


def test_a_topic_in_a_tunnel_and_outside_is_heard_twice_and_left_apart() -> None:
    bench = Bench()
    bench.ask(type="openTunnel", newTunnelId=1)
    bench.ask(type="subscribe", topic=LEVEL2)
    bench.ask(type="subscribe", topic=LEVEL2, tunnelId="1")
    bench.hub.publish(LEVEL2, "level2", {}, 1)
    assert [frame.get("tunnelId") for frame in bench.said()] == [None, "1"]
    bench.ask(type="unsubscribe", topic=LEVEL2)
    bench.hub.publish(LEVEL2, "level2", {}, 2)
    assert [frame.get("tunnelId") for frame in bench.said()] == ["1"]


def test_withheld_pongs_are_withheld() -> None:
    bench = Bench()
    bench.faults.withholds_pongs = True
    assert bench.ask(id="p", type="ping") == []


def test_silence_ends_with_words() -> None:
    bench = Bench()
    bench.clock.advance(61)
    assert bench.dialogue.idle_s() == pytest.approx(61)
    bench.dialogue.ping_timed_out()
    assert bench.said() == [{"id": "c9", "type": "error", "code": 400, "data": "ping timeout"}]
    assert bench.listener.is_ended


def test_who_talked_too_much_may_talk_again_in_time_that_nobody_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    for _ in range(10_000):
        bench.ask(id="1", type="ping")
    assert bench.ask(id="1", type="ping")[0]["code"] == 509
    later_ns = time.monotonic_ns() + 60 * 1_000_000_000
    monkeypatch.setattr(time, "monotonic_ns", lambda: later_ns)
    assert bench.ask(id="1", type="ping")[0]["type"] == "pong"
