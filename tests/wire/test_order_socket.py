"""The order socket as dialogues: frame in, frame out, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.wire.order_socket import (
    SILENCE_S,
    WELCOME_TIMEOUT_S,
    Closing,
    Event,
    Ignored,
    Operation,
    OrderConnection,
    Ponged,
    Quota,
    Replied,
    Welcomed,
    signed_query,
)
from terminal.wire.signing import sign
from tests.contract.test_fixtures import load

SECRET = "demo-secret-0001"
CHALLENGE = '{"sessionId":"00000000-0000-4000-8000-000000000001","timestamp":1700000000123}'
WELCOME = '{"sessionId":"uuid","data":"welcome","pingInterval":18000,"pingTimeout":10000}'
NOW_MS = 1_760_000_000_000


def a_connection() -> OrderConnection:
    return OrderConnection(lambda text: sign(SECRET, text), timeout_s=5.0, now_s=100.0)


def welcomed(frame: str = WELCOME) -> OrderConnection:
    """A connection that has signed in and had its first ping answered at 100 s."""
    connection = a_connection()
    connection.received(CHALLENGE, 100.0)
    connection.drain(100.0, NOW_MS)
    assert connection.received(frame, 100.0) == Welcomed()
    (ping,) = connection.drain(100.0, NOW_MS)
    connection.received(json.dumps({"id": json.loads(ping)["id"], "op": "pong"}), 100.0)
    return connection


def watch(connection: OrderConnection, until_s: float) -> list[str]:
    """Look at the clock every second from 100 s on, as the driver does; what became overdue."""
    overdue: list[str] = []
    for second in range(100, int(until_s) + 1):
        overdue += connection.tick(float(second))
    return overdue + connection.tick(until_s)


def reply(identity: str, **more: Any) -> str:
    return json.dumps({"id": identity, "op": "futures.order", "code": "200000", **more})


# Signing in --------------------------------------------------------------------------------------


def test_the_query_of_the_reference() -> None:
    query = signed_query(("demo-key-0001", SECRET, "demo-pass"), 1_700_000_000_000)
    assert query == (
        "apikey=demo-key-0001&timestamp=1700000000000"
        "&sign=LdQd8Swtgtx29rm0MlSIyJxl48ik3niRuFtjRK%2F4%2F%2Fk%3D"
        "&passphrase=aEChcstw4%2FQl7KWk7hKmsJFoJgGxmn3IhVPrHvaWZeY%3D"
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (CHALLENGE, "Y16Rq81tT4k+RDjct6IzYOizjXuaRQHTE4FqGa+5sew="),
        (CHALLENGE.replace(',"t', ', "t'), "xi80dH5jXsHRSB1siv8gZtOueyQTBmisCGThdNtmD+g="),
    ],
)
def test_the_very_text_of_the_challenge_is_signed(text: str, answer: str) -> None:
    """Compact or with a space: the vectors of the reference, as text and as bytes."""
    for raw in (text, text.encode()):
        connection = a_connection()
        assert connection.received(raw, 100.0) is None
        assert connection.drain(100.0, NOW_MS) == [answer]
        assert connection.drain(100.0, NOW_MS) == []
        assert not connection.is_welcomed


def test_what_is_no_challenge_is_not_signed() -> None:
    """A signature of any other text could be used as that of a request."""
    connection = a_connection()
    for text in ("1700000000000POST/api/v1/orders{}", "[]", '"text"', "{}", '{"timestamp":1}'):
        assert isinstance(connection.received(text, 100.0), Ignored)
    assert connection.drain(100.0, NOW_MS) == []
    connection.received(CHALLENGE, 100.0)
    connection.received(CHALLENGE.replace("123}", "124}"), 100.0)
    assert len(connection.drain(100.0, NOW_MS)) == 1


def test_a_welcome_opens_the_connection_and_asks_for_the_first_pong() -> None:
    connection = a_connection()
    connection.received(CHALLENGE, 100.0)
    connection.drain(100.0, NOW_MS)
    assert connection.received(WELCOME, 100.0) == Welcomed()
    (ping,) = connection.drain(100.0, NOW_MS)
    assert json.loads(ping) == {"id": "1", "op": "ping", "timestamp": NOW_MS}
    pong = json.dumps({"id": "1", "op": "pong", "timestamp": NOW_MS + 5})
    event = connection.received(pong, 100.25)
    assert isinstance(event, Ponged)
    assert event.round_trip_ms == pytest.approx(250.0)


@pytest.mark.parametrize("code", ["400001", "400003", "400011", "400012", "429000"])
def test_a_refusal_before_the_welcome_ends_the_connection(code: str) -> None:
    connection = a_connection()
    frame = {**load("socket_refusal"), "code": code, "msg": "m"}
    assert connection.received(json.dumps(frame), 100.0) is None
    assert connection.closing == Closing(code, "m")
    assert connection.drain(100.0, NOW_MS) == []


def test_no_welcome_in_time_ends_the_connection() -> None:
    connection = a_connection()
    connection.received(CHALLENGE, 100.0)
    assert connection.deadline_s(100.0) == 100.0 + WELCOME_TIMEOUT_S
    watch(connection, 100.0 + WELCOME_TIMEOUT_S - 0.01)
    assert connection.closing is None
    watch(connection, 100.0 + WELCOME_TIMEOUT_S)
    assert connection.closing is not None
    assert connection.closing.code == ""


# Pings -------------------------------------------------------------------------------------------


def test_pings_go_out_at_the_interval_of_the_welcome() -> None:
    connection = welcomed(WELCOME.replace("18000", "7000"))
    assert connection.deadline_s(100.0) == 107.0
    assert connection.drain(106.9, NOW_MS) == []
    assert len(connection.drain(107.0, NOW_MS)) == 1
    assert connection.deadline_s(100.0) == 117.0


@pytest.mark.parametrize("value", ["0", "-1", '"soon"', "null", "{}"])
def test_impossible_ping_times_are_replaced(value: str) -> None:
    connection = welcomed(WELCOME.replace("18000", value).replace("10000", value))
    assert connection.deadline_s(100.0) == 118.0
    connection.drain(118.0, NOW_MS)
    assert connection.deadline_s(100.0) == 128.0


def test_a_ping_without_a_pong_ends_the_connection() -> None:
    """Replies to requests are no pongs, and another pong is not this one."""
    connection = welcomed()
    connection.drain(118.0, NOW_MS)
    connection.received('{"id":"99","op":"pong"}', 119.0)
    watch(connection, 127.9)
    assert connection.closing is None
    watch(connection, 128.0)
    assert connection.closing is not None


# Requests ----------------------------------------------------------------------------------------


def test_a_request_has_a_numbered_text_for_an_id() -> None:
    connection = welcomed()
    first, frame = connection.request(Operation.PLACE, {"clientOid": "t-31", "size": 1}, 100.0)
    second, _ = connection.request(Operation.CANCEL, {"orderId": "1"}, 100.0)
    assert (first, second) == ("2", "3")
    expected = b'{"id":"2","op":"futures.order","args":{"clientOid":"t-31","size":1}}'
    assert frame == expected


def test_the_operations_are_those_of_the_reference() -> None:
    assert Operation(load("socket_multi_order")["request"]["op"]) is Operation.PLACE_BATCH
    assert Operation(load("socket_cancel")["request"]["op"]) is Operation.CANCEL
    assert Operation(load("socket_order")["op"]) is Operation.PLACE
    assert Operation.CANCEL_BATCH.value == "futures.multi_cancel"


def test_the_replies_of_the_reference_are_read() -> None:
    connection = welcomed()
    identity, _ = connection.request(Operation.PLACE, {}, 100.0)
    event = connection.received(json.dumps({**load("socket_order"), "id": identity}), 100.1)
    assert isinstance(event, Replied)
    assert (event.identity, event.is_success, event.is_late) == (identity, True, False)
    assert json.loads(event.data)["orderId"] == "400000000000000031"
    assert event.quota == Quota(limit=2000, remaining=1998, reset=24617)
    identity, _ = connection.request(Operation.CANCEL, {}, 100.0)
    refused = {**load("socket_cancel_refused"), "id": identity}
    event = connection.received(json.dumps(refused), 100.1)
    assert isinstance(event, Replied)
    assert (event.is_success, event.code, event.text) == (
        False,
        "100004",
        "The order cannot be canceled.",
    )


FIGURES = {"limit": 2000, "remaining": 5, "reset": 100}


@pytest.mark.parametrize(
    ("more", "quota"),
    [
        ({"userRateLimit": FIGURES}, Quota(2000, 5, 100)),
        ({"rateLimit": FIGURES}, Quota(2000, 5, 100)),
        ({"rateLimit": {k: str(v) for k, v in FIGURES.items()}}, Quota(2000, 5, 100)),
        ({"userRateLimit": None, "rateLimit": FIGURES}, Quota(2000, 5, 100)),
        ({}, None),
        ({"userRateLimit": {"limit": 2000}}, None),
        ({"userRateLimit": "much"}, None),
    ],
)
def test_the_quota_has_two_names_or_none(more: dict[str, Any], quota: Quota | None) -> None:
    connection = welcomed()
    identity, _ = connection.request(Operation.PLACE, {}, 100.0)
    event = connection.received(reply(identity, **more), 100.0)
    assert isinstance(event, Replied)
    assert event.quota == quota


@pytest.mark.parametrize("code", ["200000", "200", 200000, 200])
def test_both_success_codes_are_success_as_text_and_as_number(code: str | int) -> None:
    connection = welcomed()
    identity, _ = connection.request(Operation.PLACE, {}, 100.0)
    event = connection.received(reply(identity, code=code), 100.0)
    assert isinstance(event, Replied)
    assert event.is_success


@given(st.permutations(range(6)), st.integers(0, 6))
def test_every_reply_finds_its_request_in_any_order(order: list[int], late: int) -> None:
    """Whatever the order, each is told once; those after the deadline are late."""
    connection = welcomed()
    asked = [connection.request(Operation.PLACE, {}, 100.0)[0] for _ in range(6)]
    heard: list[tuple[str, bool]] = []

    def hear(event: Event | None) -> None:
        assert isinstance(event, Replied)
        heard.append((event.identity, event.is_late))

    for number in order[:late]:
        hear(connection.received(reply(asked[number]), 101.0))
    overdue = watch(connection, 105.0)
    assert overdue == [asked[number] for number in sorted(order[late:])]
    for number in order[late:]:
        hear(connection.received(reply(asked[number]), 106.0))
        again = connection.received(reply(asked[number]), 106.0)
        assert isinstance(again, Ignored)
    assert heard == [(asked[number], at >= late) for at, number in enumerate(order)]


def test_an_overdue_request_is_told_once_and_its_time_is_a_deadline() -> None:
    connection = welcomed()
    first, _ = connection.request(Operation.PLACE, {}, 101.0)
    second, _ = connection.request(Operation.PLACE, {}, 103.0)
    assert connection.deadline_s(100.0) == 106.0
    assert watch(connection, 105.9) == []
    assert watch(connection, 106.0) == [first]
    assert watch(connection, 107.0) == []
    assert connection.deadline_s(100.0) == 108.0
    assert watch(connection, 108.0) == [second]
    assert connection.closing is None


def test_a_request_that_stays_unanswered_ends_the_connection() -> None:
    """Only then is silence a proof; not while another request may still be answered."""
    connection = welcomed()
    first, _ = connection.request(Operation.PLACE, {}, 100.0)
    assert watch(connection, 105.0) == [first]
    other, _ = connection.request(Operation.PLACE, {}, 119.0)
    connection.drain(118.0, NOW_MS)
    connection.received(json.dumps({"id": "4", "op": "pong"}), 118.0)
    watch(connection, 105.0 + SILENCE_S)
    assert connection.closing is None
    assert isinstance(connection.received(reply(other), 121.0), Replied)
    assert connection.deadline_s(100.0) == 105.0 + SILENCE_S
    watch(connection, 121.0)
    assert connection.closing == Closing("", "The exchange left a request unanswered.")


def test_a_connection_that_is_to_be_ended_for_a_silence_takes_no_more_requests() -> None:
    """Else one who keeps trading would keep it from ending, and no silence would be a proof."""
    connection = welcomed()
    assert connection.takes_requests(100.0)
    connection.request(Operation.PLACE, {}, 100.0)
    watch(connection, 105.0)
    assert connection.takes_requests(105.0 + SILENCE_S - 0.1)
    connection.request(Operation.PLACE, {}, 119.0)
    assert not connection.takes_requests(105.0 + SILENCE_S)


def test_a_program_that_stood_still_reads_before_it_judges() -> None:
    connection = welcomed()
    identity, _ = connection.request(Operation.PLACE, {}, 100.0)
    connection.drain(118.0, NOW_MS)
    assert connection.tick(140.0) == []
    assert connection.closing is None
    assert connection.deadline_s(140.0) == 142.0
    event = connection.received(reply(identity), 140.1)
    assert isinstance(event, Replied)
    assert not event.is_late


def test_the_first_reason_to_end_is_the_one_that_is_told() -> None:
    connection = welcomed()
    connection.end("The computer slept.")
    watch(connection, 200.0)
    assert connection.closing == Closing("", "The computer slept.")
    assert not connection.takes_requests(200.0)


def test_a_challenge_that_is_no_text_is_ignored() -> None:
    connection = a_connection()
    raw = b'{"sessionId":"s","more":"\xff"}'
    assert isinstance(connection.received(raw, 100.0), Ignored)
    connection.received(CHALLENGE, 100.1)
    assert len(connection.drain(100.1, NOW_MS)) == 1


def test_a_late_reply_keeps_the_connection() -> None:
    connection = welcomed()
    first, _ = connection.request(Operation.PLACE, {}, 100.0)
    watch(connection, 105.0)
    connection.received(reply(first), 110.0)
    watch(connection, 100.0 + 2 * SILENCE_S)
    assert connection.closing is None


@pytest.mark.parametrize(
    "frame",
    [
        reply("77"),
        reply(""),
        '{"id":"77","code":"4001002","msg":"id"}',
        '{"code":"4001002","msg":"id"}',
        '{"code":"429000","msg":"slow"}',
        '{"sessionId":"x","timestamp":1}',
        '{"hello":1}',
        "no json",
        "[]",
        '{"id":{}}',
        b"\xff",
    ],
)
def test_what_concerns_no_request_is_ignored(frame: str | bytes) -> None:
    connection = welcomed()
    identity, _ = connection.request(Operation.PLACE, {}, 100.0)
    assert isinstance(connection.received(frame, 100.0), Ignored)
    assert connection.closing is None
    assert connection.drain(100.0, NOW_MS) == []
    assert isinstance(connection.received(reply(identity), 100.0), Replied)


@pytest.mark.parametrize("code", ["400002", "400003", "400010", "411100"])
def test_a_refused_session_ends_an_open_connection(code: str) -> None:
    connection = welcomed()
    assert connection.received(json.dumps({"code": code, "msg": "m"}), 100.0) is None
    assert connection.closing == Closing(code, "m")


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_no_input_raises(raw: str | bytes) -> None:
    for connection in (a_connection(), welcomed()):
        connection.received(raw, 100.0)


def test_a_challenge_that_is_no_text_is_not_signed() -> None:
    """A byte that is no text may stand in a field that nobody reads."""
    connection = a_connection()
    raw = b'{"sessionId":"s","timestamp":1,"more":"\xff"}'
    assert isinstance(connection.received(raw, 100.0), Ignored)
    assert connection.drain(100.0, NOW_MS) == []


def test_a_frame_that_is_nested_too_deeply_concerns_nobody() -> None:
    connection = welcomed()
    assert isinstance(connection.received("[" * 5000, 101.0), Ignored)
    assert isinstance(connection.received('{"id":"1","data":' + "[" * 5000, 101.0), Ignored)
    assert connection.closing is None


def test_the_words_of_an_end_are_bounded_and_without_secrets() -> None:
    connection = a_connection()
    said = json.dumps(
        {"code": "4" * 500, "msg": "at /v1/private?apikey=k123&sign=abc " + "w" * 900}
    )
    assert connection.received(said, 100.0) is None
    assert connection.closing is not None
    assert len(connection.closing.code) + len(connection.closing.text) < 300
    assert "k123" not in connection.closing.text


@pytest.mark.parametrize("figure", ["1" * 500, 10**30, "x", None])
def test_figures_of_the_quota_that_are_none_are_left_out(figure: object) -> None:
    """A reply is not worth less for them, and nothing is counted with them."""
    connection = welcomed()
    identity, _ = connection.request(Operation.PLACE, {}, 101.0)
    quota = {"limit": 2000, "remaining": 0, "reset": figure}
    raw = json.dumps({"id": identity, "op": "futures.order", "code": "1", "userRateLimit": quota})
    event = connection.received(raw, 101.0)
    assert isinstance(event, Replied)
    assert event.quota is None
