"""Dialogues with a stream connection: event in, frame out."""

from __future__ import annotations

import json

import pytest

from terminal.wire.connection import (
    MAX_FRAMES_PER_WINDOW,
    SLOW_DOWN_S,
    Acked,
    Full,
    Ponged,
    Pushed,
    Refused,
    StreamConnection,
    Unreadable,
    Welcomed,
)


def a_connection(now_s: float = 0.0) -> StreamConnection:
    return StreamConnection(ping_interval_s=18.0, ping_timeout_s=10.0, now_s=now_s)


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
    connection.tick(9.9)
    assert connection.closing is None
    connection.tick(10.0)
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
    connection.tick(28.0)
    assert connection.closing == "the exchange did not answer a ping in time"


def test_a_foreign_pong_proves_nothing() -> None:
    connection = welcomed()
    connection.drain(18.0)
    assert connection.received('{"id":"other","type":"pong"}', 18.1) is None
    connection.tick(28.0)
    assert connection.closing is not None


def test_hundreds_of_symbols_are_split_and_paced() -> None:
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", tuple(f"S{n}" for n in range(250)))
    frames = connection.drain(1.0)
    assert [json.loads(f)["topic"].count(",") + 1 for f in frames] == [100, 100, 50]
    for number in range(200):
        connection.subscribe("/contractMarket/execution", (f"S{number}",))
    assert len(connection.drain(2.0)) == MAX_FRAMES_PER_WINDOW - 3
    assert connection.drain(5.0) == []
    assert connection.deadline_s(5.0) == 11.0
    assert len(connection.drain(12.0)) == MAX_FRAMES_PER_WINDOW


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
    connection.unsubscribe("/contractMarket/level2", ("A",))
    sent = json.loads(connection.drain(1.0)[0])
    assert connection.received(json.dumps({"id": sent["id"], "type": "ack"}), 1.0) is None


def test_a_subscription_that_nobody_confirms_ends_the_connection() -> None:
    connection = welcomed()
    connection.subscribe("/contractMarket/level2", ("A",))
    connection.drain(1.0)
    connection.tick(10.9)
    assert connection.closing is None
    connection.tick(11.0)
    assert connection.closing == "the exchange did not confirm a subscription in time"


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
    connection.tick(28.0)
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
    connection.unsubscribe("/contractMarket/level2", ("A", "B"))
    identity = json.loads(connection.drain(1.0)[0])["id"]
    assert connection.received(an_error(identity, 404, "topic is not found"), 1.1) is None
    assert connection.drain(1.2) == []
    assert connection.closing is None


def test_the_first_reason_to_close_is_the_one_that_is_told() -> None:
    connection = welcomed()
    connection.end("the computer slept")
    connection.end("something else")
    connection.tick(999.0)
    assert connection.closing == "the computer slept"


def test_an_old_message_without_a_type_is_a_message() -> None:
    raw = '{"userId":"u","topic":"/contractAccount/wallet","subject":"s","data":{"a":1}}'
    assert welcomed().received(raw, 1.0) == Pushed("/contractAccount/wallet", "s", b'{"a":1}')


def test_ids_that_come_back_as_numbers_are_ids() -> None:
    assert welcomed().received('{"id":7,"type":"ack"}', 1.0) is None


@pytest.mark.parametrize("deep", ["[" * 5000, '{"a":' * 5000, '{"topic":"/t","data":' + "[" * 5000])
def test_a_frame_that_is_nested_too_deeply_is_told_and_ends_nothing(deep: str) -> None:
    connection = welcomed()
    assert isinstance(connection.received(deep, 1.0), Unreadable)
    assert connection.closing is None
