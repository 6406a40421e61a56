"""Dialogues with a stream connection: event in, frame out."""

from __future__ import annotations

import json

from terminal.wire.connection import (
    MAX_FRAMES_PER_WINDOW,
    Acked,
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
