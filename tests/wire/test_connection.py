"""Dialogues with a stream connection: event in, frame out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.wire.connection import (
    MAX_FRAMES_PER_WINDOW,
    MAX_MESSAGES_PER_WINDOW,
    SLOW_DOWN_S,
    Acked,
    Event,
    Full,
    Ponged,
    Pushed,
    Refused,
    StreamConnection,
    Unreadable,
    Welcomed,
)
from terminal.wire.patience import PATIENCE_S


def a_connection(now_s: float = 0.0) -> StreamConnection:
    return StreamConnection(ping_interval_s=18.0, ping_timeout_s=10.0, now_s=now_s)


def watch(connection: StreamConnection, until_s: float) -> list[Event]:
    """Look at the clock every second from the start on, as the driver does; what was given up."""
    given_up: list[Event] = []
    for second in range(int(until_s) + 1):
        given_up += connection.tick(float(second))
    return given_up + connection.tick(until_s)


def welcomed() -> StreamConnection:
    connection = a_connection()
    assert connection.received('{"id":"c","type":"welcome"}', 0.0) == Welcomed()
    (ping,) = connection.drain(0.0)
    answer = {"id": json.loads(ping)["id"], "type": "pong"}
    assert connection.received(json.dumps(answer), 0.02) == Ponged(20.0)
    return connection


def test_nothing_is_sent_before_the_welcome() -> None:
    connection = a_connection()
    connection.subscribe("/contractMarket/level2", ("A",))
    assert connection.drain(0.0) == []
    watch(connection, 9.9)
    assert connection.closing is None
    watch(connection, 10.0)
    assert connection.closing == "the exchange did not say welcome in time"


def test_subscriptions_are_acknowledged_by_topic() -> None:
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", ("A", "B"))
    (frame,) = connection.drain(1.0)
    sent = json.loads(frame)
    assert sent["topic"] == "/contractMarket/level2:A,B"
    assert sent["privateChannel"] is False
    ack = connection.received(json.dumps({"id": sent["id"], "type": "ack"}), 1.1)
    assert ack == Acked(("/contractMarket/level2:A", "/contractMarket/level2:B"))


def test_private_topics_say_so_and_refusals_carry_the_reason() -> None:
    connection = welcomed()
    connection.subscribe("/contractAccount/wallet", ())
    sent = json.loads(connection.drain(1.0)[0])
    assert sent["privateChannel"] is True
    error = {"id": sent["id"], "type": "error", "code": 403, "data": "login is required"}
    refused = connection.received(json.dumps(error), 1.1)
    assert refused == Refused(("/contractAccount/wallet",), "login is required (403)")
    assert connection.closing is None


def test_an_error_about_nothing_we_asked_ends_the_connection() -> None:
    connection = welcomed()
    error = {"type": "error", "code": 401, "data": "token is expired"}
    assert connection.received(json.dumps(error), 1.0) is None
    assert connection.closing == "the exchange ended the stream: token is expired (401)"
    assert connection.drain(99.0) == []


def test_pings_keep_their_own_time_and_a_missing_pong_ends_it() -> None:
    connection = welcomed()
    assert connection.deadline_s(1.0) == 18.0
    assert connection.drain(17.9) == []
    assert len(connection.drain(18.0)) == 1
    assert connection.deadline_s(18.0) == 28.0
    connection.received('{"type":"message","topic":"/x:A","subject":"s","data":{}}', 27.0)
    watch(connection, 28.0)
    assert connection.closing == "the exchange did not answer a ping in time"


def test_a_foreign_pong_proves_nothing() -> None:
    connection = welcomed()
    connection.drain(18.0)
    assert connection.received('{"id":"other","type":"pong"}', 18.1) is None
    watch(connection, 28.0)
    assert connection.closing is not None


def test_hundreds_of_symbols_are_split_and_paced() -> None:
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", tuple(f"S{n}" for n in range(250)))
    frames = connection.drain(1.0)
    assert [json.loads(f)["topic"].count(",") + 1 for f in frames] == [100, 100, 50]
    for number in range(200):
        connection.subscribe("/contractMarket/execution", (f"S{number}",))
    assert len(connection.drain(2.0)) == MAX_FRAMES_PER_WINDOW - 4, "the ping of 0 s counts too"
    assert connection.drain(5.0) == []
    assert connection.deadline_s(5.0) == 10.0
    assert len(connection.drain(12.0)) == MAX_FRAMES_PER_WINDOW


def test_pings_are_messages_and_keep_within_the_limit_too() -> None:
    connection = StreamConnection(ping_interval_s=0.01, ping_timeout_s=10.0, now_s=0.0)
    connection.received('{"type":"welcome"}', 0.0)
    sent = 0
    for step in range(900):
        for frame in connection.drain(step / 100):
            sent += 1
            answer = {"id": json.loads(frame)["id"], "type": "pong"}
            connection.received(json.dumps(answer), step / 100)
    assert sent == MAX_MESSAGES_PER_WINDOW
    assert connection.deadline_s(9.0) == 10.0
    assert len(connection.drain(10.0)) == 1


def test_messages_keep_their_data_undecoded() -> None:
    connection = welcomed()
    frame = (
        '{"topic":"/contractMarket/level2:A","type":"message","subject":"level2","data":{"a":1}}'
    )
    assert connection.received(frame, 1.0) == Pushed(
        "/contractMarket/level2:A", "level2", b'{"a":1}'
    )


def test_what_is_no_frame_is_told_and_what_is_unknown_is_ignored() -> None:
    connection = welcomed()
    assert isinstance(connection.received("<html>", 1.0), Unreadable)
    assert isinstance(connection.received(b"\xff", 1.0), Unreadable)
    assert connection.received('{"type":"notice"}', 1.0) is None
    assert connection.received('{"id":"zz","type":"ack"}', 1.0) is None
    connection.subscribe("/contractMarket/level2", ("A",))
    connection.received(an_ack(connection.drain(1.0)[0]), 1.0)
    connection.unsubscribe("/contractMarket/level2", ("A",))
    sent = json.loads(connection.drain(1.0)[0])
    assert connection.received(json.dumps({"id": sent["id"], "type": "ack"}), 1.0) is None


def an_ack(frame: bytes) -> str:
    return json.dumps({"id": json.loads(frame)["id"], "type": "ack"})


def test_where_nothing_is_ever_confirmed_the_connection_is_given_up() -> None:
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", ("A",))
    connection.drain(1.0)
    assert connection.deadline_s(2.0) == 11.0
    watch(connection, 11.0)
    assert connection.closing is None
    assert topics_sent(connection, 11.0) == ["/contractMarket/level2:A"]
    watch(connection, 20.9)
    assert connection.closing is None
    watch(connection, 21.0)
    assert connection.closing == "the exchange confirmed no subscription in time"


def test_one_topic_that_is_not_confirmed_does_not_take_the_others_away() -> None:
    """It is asked for once more, then given up and said; a late ack still counts."""
    connection = welcomed()
    for symbol in ("A", "B"):
        connection.subscribe("/contractMarket/level2", (symbol,))
    first, other = connection.drain(1.0)
    connection.received(an_ack(other), 1.1)
    assert watch(connection, 11.0) == []
    (second,) = connection.drain(11.0)
    assert watch(connection, 20.9) == []
    refused = Refused(("/contractMarket/level2:A",), "the exchange did not confirm it in time")
    assert watch(connection, 21.0) == [refused]
    assert connection.closing is None
    assert watch(connection, 99.0) == []
    assert connection.received(an_ack(second), 99.0) == Acked(("/contractMarket/level2:A",))
    assert connection.received(an_ack(first), 99.1) == Acked(("/contractMarket/level2:A",))


def test_the_end_of_a_subscription_is_asked_for_twice_and_then_let_be() -> None:
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", ("A",))
    connection.received(an_ack(connection.drain(1.0)[0]), 1.0)
    connection.unsubscribe("/contractMarket/level2", ("A",))
    connection.drain(1.0)
    watch(connection, 11.0)
    assert len(connection.drain(11.0)) == 1
    assert watch(connection, 21.0) == []
    assert connection.drain(21.0)[1:] == []
    assert connection.closing is None


def test_the_ack_of_a_subscription_that_was_ended_meanwhile_confirms_nothing() -> None:
    """Who listens, leaves and listens again is confirmed by the last ack, not by the first."""
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", ("A", "B"))
    frames = connection.drain(1.0)
    connection.unsubscribe("/contractMarket/level2", ("A",))
    connection.subscribe("/contractMarket/level2", ("A",))
    frames += connection.drain(1.0)
    answers = [connection.received(an_ack(frame), 1.1) for frame in frames]
    assert answers == [
        Acked(("/contractMarket/level2:B",)),
        None,
        Acked(("/contractMarket/level2:A",)),
    ]


def test_what_is_looked_at_for_a_moment_holds_nothing_up() -> None:
    """Who leafs through contracts faster than the limit gets the one where the leafing ends."""
    connection = welcomed()
    connection.drain(1.0)
    for number in range(1000):
        connection.subscribe("/contractMarket/level2", (f"S{number}",))
        connection.unsubscribe("/contractMarket/level2", (f"S{number}",))
    connection.subscribe("/contractMarket/level2", ("LAST",))
    frames = [json.loads(frame) for frame in connection.drain(1.0)]
    assert [(one["type"], one["topic"]) for one in frames] == [
        ("subscribe", "/contractMarket/level2:LAST")
    ]


TOO_FAST = "messages exceed the limit of 100 in 10 s"


@pytest.mark.parametrize("is_wanted", [True, False])
def test_of_two_commands_that_came_too_fast_only_the_later_one_is_repeated(
    *, is_wanted: bool
) -> None:
    """Repeated the other way round, a topic that is wanted would end silent."""
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", ("A",))
    frames = connection.drain(1.0)
    connection.unsubscribe("/contractMarket/level2", ("A",))
    if is_wanted:
        connection.subscribe("/contractMarket/level2", ("A",))
    for frame in frames + connection.drain(1.0):
        connection.received(an_error(json.loads(frame)["id"], 509, TOO_FAST), 1.1)
    again = [json.loads(frame)["type"] for frame in connection.drain(1.1 + SLOW_DOWN_S)]
    assert again == ["subscribe" if is_wanted else "unsubscribe"]


def test_what_is_not_wanted_any_more_is_not_refused_and_not_asked_for_in_parts() -> None:
    connection = welcomed()
    identity = asked_for(connection, ("A", "B", "C"))
    connection.unsubscribe("/contractMarket/level2", ("B",))
    text = "topic /contractMarket/level2:B is not found"
    assert connection.received(an_error(identity, 404, text), 1.1) is None
    assert "/contractMarket/level2:A,C" in topics_sent(connection, 1.2)
    lone = asked_for(connection, ("D",))
    connection.unsubscribe("/contractMarket/level2", ("D",))
    assert connection.received(an_error(lone, 509, "topics of one session exceed 9"), 1.3) is None


def test_a_welcome_that_is_said_twice_changes_nothing() -> None:
    connection = welcomed()
    assert connection.received('{"id":"c","type":"welcome"}', 1.0) is None


def test_a_program_that_stood_still_reads_before_it_judges() -> None:
    connection = welcomed()
    (ping,) = connection.drain(18.0)
    connection.tick(18.0)
    connection.tick(40.0)
    assert connection.closing is None
    assert connection.deadline_s(40.0) == 40.0 + PATIENCE_S
    pong = {"id": json.loads(ping)["id"], "type": "pong"}
    assert isinstance(connection.received(json.dumps(pong), 40.1), Ponged)
    watch(connection, 42.0)
    assert connection.closing is None


def asked_for(connection: StreamConnection, symbols: tuple[str, ...], now_s: float = 1.0) -> str:
    """Subscribe to books; the id of the request."""
    connection.subscribe("/contractMarket/level2", symbols)
    return str(json.loads(connection.drain(now_s)[0])["id"])


def an_error(identity: str, code: int, text: str) -> str:
    return json.dumps({"id": identity, "type": "error", "code": code, "data": text})


def topics_sent(connection: StreamConnection, now_s: float) -> list[str]:
    return [json.loads(frame)["topic"] for frame in connection.drain(now_s)]


def test_one_unknown_symbol_does_not_take_the_others_of_its_frame_away() -> None:
    connection = welcomed()
    identity = asked_for(connection, ("A", "B", "C"))
    text = "topic /contractMarket/level2:B is not found"
    refused = connection.received(an_error(identity, 404, text), 1.1)
    assert refused == Refused(("/contractMarket/level2:B",), f"{text} (404)")
    assert topics_sent(connection, 1.2) == ["/contractMarket/level2:A,C"]


def test_a_refusal_that_names_no_topic_is_narrowed_down_by_halves() -> None:
    connection = welcomed()
    connection.received(an_error(asked_for(connection, ("A", "B", "C")), 400, "topic invalid"), 1.1)
    frames = [json.loads(frame) for frame in connection.drain(1.2)]
    assert [frame["topic"] for frame in frames] == [
        "/contractMarket/level2:A",
        "/contractMarket/level2:B,C",
    ]
    refused = connection.received(an_error(frames[0]["id"], 400, "topic invalid"), 1.3)
    assert refused == Refused(("/contractMarket/level2:A",), "topic invalid (400)")


def test_too_many_topics_for_the_connection_are_handed_back_with_the_limit() -> None:
    connection = welcomed()
    text = "topics of one session exceed the limit of 100"
    full = connection.received(an_error(asked_for(connection, ("A", "B")), 509, text), 1.1)
    assert full == Full(("/contractMarket/level2:A", "/contractMarket/level2:B"), 100)
    assert connection.closing is None


def test_too_many_topics_in_a_request_are_asked_for_in_smaller_ones() -> None:
    connection = welcomed()
    identity = asked_for(connection, ("A", "B", "C"))
    text = "topics of one request exceed the limit of 2"
    assert connection.received(an_error(identity, 509, text), 1.1) is None
    assert topics_sent(connection, 1.2) == [
        "/contractMarket/level2:A,B",
        "/contractMarket/level2:C",
    ]
    connection.subscribe("/contractMarket/execution", ("A", "B", "C"))
    assert len(topics_sent(connection, 1.3)) == 2, "learnt for all that follow"


def test_a_request_that_came_too_fast_waits_for_a_window_and_is_asked_again() -> None:
    connection = welcomed()
    text = "messages exceed the limit of 100 in 10 s"
    assert connection.received(an_error(asked_for(connection, ("A",)), 509, text), 2.0) is None
    assert connection.drain(2.0 + SLOW_DOWN_S / 2) == []
    assert connection.deadline_s(3.0) == 2.0 + SLOW_DOWN_S
    assert topics_sent(connection, 2.0 + SLOW_DOWN_S) == ["/contractMarket/level2:A"]


def test_a_ping_that_came_too_fast_is_no_missing_pong() -> None:
    connection = welcomed()
    (ping,) = connection.drain(18.0)
    error = an_error(json.loads(ping)["id"], 509, "exceed max permits per second")
    assert connection.received(error, 18.1) is None
    watch(connection, 28.0)
    assert connection.closing is None
    (again,) = connection.drain(28.2)
    assert json.loads(again)["type"] == "ping"


@pytest.mark.parametrize(("code", "text"), [(401, "token is expired"), (500, "system error")])
def test_a_bad_token_or_a_sick_server_ends_the_connection_whatever_was_asked(
    code: int, text: str
) -> None:
    connection = welcomed()
    assert connection.received(an_error(asked_for(connection, ("A", "B")), code, text), 1.1) is None
    assert connection.closing == f"the exchange ended the stream: {text} ({code})"


def test_a_refused_end_of_a_subscription_is_no_loss() -> None:
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", ("A", "B"))
    connection.received(an_ack(connection.drain(1.0)[0]), 1.0)
    connection.unsubscribe("/contractMarket/level2", ("A", "B"))
    identity = json.loads(connection.drain(1.0)[0])["id"]
    assert connection.received(an_error(identity, 404, "topic is not found"), 1.1) is None
    assert connection.drain(1.2) == []
    assert connection.closing is None


def test_the_first_reason_to_close_is_the_one_that_is_told() -> None:
    connection = welcomed()
    connection.end("the computer slept")
    connection.end("something else")
    watch(connection, 999.0)
    assert connection.closing == "the computer slept"


def test_an_old_message_without_a_type_is_a_message() -> None:
    raw = '{"userId":"u","topic":"/contractAccount/wallet","subject":"s","data":{"a":1}}'
    assert welcomed().received(raw, 1.0) == Pushed("/contractAccount/wallet", "s", b'{"a":1}')


def test_ids_that_come_back_as_numbers_are_ids() -> None:
    assert welcomed().received('{"id":7,"type":"ack"}', 1.0) is None


steps = st.lists(
    st.tuples(st.sampled_from(["sub", "unsub", "serve", "limit", "tick"]), st.integers(0, 3)),
    max_size=40,
)


class Exchange:
    """What it has subscribed and what it confirmed; frames wait in ``inbox`` until served."""

    def __init__(self) -> None:
        self.connection = welcomed()
        self.wanted: dict[str, bool] = {}
        self.carried: set[str] = set()
        self.confirmed: set[str] = set()
        self.inbox: list[dict[str, str]] = []
        self.now_s = 1.0

    def step(self, step: str, number: int) -> None:
        if step in {"sub", "unsub"}:
            self.command("ABCD"[number], is_wanted=step == "sub")
        for _ in range(number if step == "tick" else 0):
            self.now_s += 1.0
            self.connection.tick(self.now_s)
        self.inbox.extend(json.loads(frame) for frame in self.connection.drain(self.now_s))
        if step == "serve":
            for frame in self.inbox:
                self.serve(frame)
            self.inbox.clear()
        elif step == "limit" and self.inbox and self.inbox[0]["type"] != "ping":
            identity = self.inbox.pop(0)["id"]
            self.connection.received(an_error(identity, 509, TOO_FAST), self.now_s)

    def command(self, symbol: str, *, is_wanted: bool) -> None:
        name = f"/contractMarket/level2:{symbol}"
        self.wanted[name] = is_wanted
        self.confirmed.discard(name)
        verb = self.connection.subscribe if is_wanted else self.connection.unsubscribe
        verb("/contractMarket/level2", (symbol,))

    def serve(self, frame: dict[str, str]) -> None:
        if frame["type"] == "ping":
            self.connection.received(json.dumps({"id": frame["id"], "type": "pong"}), self.now_s)
            return
        base, _, symbols = frame["topic"].partition(":")
        names = {f"{base}:{symbol}" for symbol in symbols.split(",")}
        self.carried = (
            self.carried | names if frame["type"] == "subscribe" else self.carried - names
        )
        ack = json.dumps({"id": frame["id"], "type": "ack"})
        event = self.connection.received(ack, self.now_s)
        if isinstance(event, Acked):
            self.confirmed.update(event.topics)


@given(steps)
def test_in_the_end_the_exchange_has_what_was_asked_for_last(
    history: list[tuple[str, int]],
) -> None:
    """Whatever is refused for a while, unanswered or answered late: the latest command wins."""
    exchange = Exchange()
    for step, number in [*history, *[("serve", 0), ("tick", 3)] * 30]:
        exchange.step(step, number)
    assert exchange.connection.closing is None
    assert exchange.carried == {name for name, is_on in exchange.wanted.items() if is_on}
    assert exchange.confirmed == exchange.carried


@pytest.mark.parametrize("deep", ["[" * 5000, '{"a":' * 5000, '{"topic":"/t","data":' + "[" * 5000])
def test_a_frame_that_is_nested_too_deeply_is_told_and_ends_nothing(deep: str) -> None:
    connection = welcomed()
    assert isinstance(connection.received(deep, 1.0), Unreadable)
    assert connection.closing is None
