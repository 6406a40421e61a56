"""Every frame of the reference through the connection and the translation; nothing without proof.

And the list itself: every call, topic, frame and operation has its examples, every example has its
place and says where it comes from, and is compared with the simulated exchange or says why not.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.batches import Subject, batch_outcomes
from terminal.exchange.errors import (
    AddressBlockedError,
    ExchangeError,
    NotFoundError,
    ProtocolError,
    RejectedError,
)
from terminal.exchange.outcome import Accepted, Rejected, Route
from terminal.wire.codec import Raw, decode
from terminal.wire.connection import Acked, Refused, StreamConnection, Welcomed
from terminal.wire.envelope import MEANINGS, Kind
from terminal.wire.order_socket import Operation, OrderConnection, Replied
from tests.contract import reference
from tests.contract.calls import CALLS, NOT_CALLED
from tests.contract.pushes import BODIES, CONTROLS, ENVELOPES, OPERATIONS, PUSHES, Push
from tests.support.clients import Clients, always, found
from tests.support.facts import assert_whole
from tests.support.frames import a_connection, heard
from tests.support.payloads import FOLDER, known_scales, load

SCALES = known_scales()
HERE = Path(__file__).parent
COMPARED_IN = (
    HERE / "test_fixtures.py",
    HERE / "test_account_fixtures.py",
    HERE / "test_public_payloads.py",
    HERE / "test_order_socket.py",
    HERE / "test_shapes.py",
    HERE.parent / "simexchange" / "sockets" / "test_feed.py",
)

# The list ----------------------------------------------------------------------------------------


def used() -> set[str]:
    """Every example that has a place."""
    names = {call.fixture for call in CALLS} | {push.fixture for push in PUSHES}
    names |= {fixture for fixture, _ in NOT_CALLED.values()}
    for group in (*CONTROLS.values(), *OPERATIONS.values(), ENVELOPES, BODIES):
        names |= set(group)
    return names


def test_every_topic_frame_and_operation_of_the_reference_has_an_example() -> None:
    assert {push.topic for push in PUSHES} == {name for _, name in reference.TOPICS}
    assert set(CONTROLS) == {name for _, name in reference.FRAMES}
    assert set(OPERATIONS) == {name for _, name in reference.OPERATIONS}


def test_no_example_is_missing_and_none_is_unused() -> None:
    assert used() == {path.stem for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_every_example_says_where_it_comes_from(name: str) -> None:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    assert set(document) == {"provenance", "payload"}
    said = re.fullmatch(
        r"KuCoin Futures API reference, section (\d+(\.\d+)?\b|A\b|appendix A\b).*",
        document["provenance"],
    )
    assert said, document["provenance"]


NOT_COMPARED = {
    # Forms of the past, and what the exchange could send but ours need not.
    "klines_six_columns", "snapshot_text", "depth5_old_frame", "execution_old_frame",
    "open_order_statistics_old", "funding_begin_old_frame", "funding_rate_predicted",
    "max_open_size_old", "multi_order_nested", "stop_canceled_frame", "fill_liquidation",
    "cross_leverage_number_frame", "pong_bare_frame", "notice_frame", "ticker_untraded",
    "contract_inverse", "order_web", "position_nameless_frame", "wallet_order_margin_frame",
    "wallet_withdraw_hold_frame", "shield_page", "no_position", "no_data", "socket_slowed",
    "order_maker_frame", "order_update_frame", "order_liquidated_frame",
    "order_partly_done_frame", "risk_limit_refused_frame", "error_busy_frame",
    # The same shapes as another example of theirs.
    "funding_fixed_frame", "level2_removed_frame",
}  # fmt: skip


def test_every_example_is_compared_with_the_simulated_exchange_or_says_why_not() -> None:
    """By name in one of the tests that compare."""
    compared: set[str] = set()
    for path in COMPARED_IN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                compared.add(node.value)
    left = used() - compared - NOT_COMPARED
    assert not left, " ".join(sorted(left))
    assert not NOT_COMPARED & compared, "compared all the same"


# Frames ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("push", PUSHES, ids=lambda push: push.fixture)
def test_a_frame_means_what_the_reference_says(push: Push) -> None:
    frame = load(push.fixture)
    assert frame["topic"].partition(":")[0] == push.topic
    fact = heard(a_connection(), json.dumps(frame), SCALES)
    assert type(fact).__name__ == push.fact
    assert {path: found(fact, path) for path in push.means} == push.means
    assert_whole(fact)


def welcomed(name: str = "welcome_frame") -> StreamConnection:
    connection = a_connection()
    assert connection.received(json.dumps(load(name)), 0.0) == Welcomed()
    return connection


def asked(verb: str = "subscribe") -> tuple[StreamConnection, str]:
    """A connection that asked for a topic, and the id under which it did."""
    connection = welcomed()
    getattr(connection, verb)("/contractMarket/level2", ("XBTUSDTM",))
    *_, request = connection.drain(0.0)
    return connection, json.loads(request)["id"]


@pytest.mark.parametrize("verb", ["subscribe", "unsubscribe"])
def test_an_ack_answers_a_request(verb: str) -> None:
    connection, identity = asked(verb)
    event = connection.received(json.dumps({**load("ack_frame"), "id": identity}), 1.0)
    topics = ("/contractMarket/level2:XBTUSDTM",)
    assert event == (Acked(topics) if verb == "subscribe" else None)


@pytest.mark.parametrize("name", ["error_frame", "error_login_frame"])
def test_an_error_about_a_topic_refuses_the_topic(name: str) -> None:
    connection, identity = asked()
    event = connection.received(json.dumps({**load(name), "id": identity}), 1.0)
    assert isinstance(event, Refused)
    assert load(name)["data"] in event.reason
    assert connection.closing is None


def test_who_sends_too_much_sends_nothing_for_a_while_and_asks_again() -> None:
    connection, identity = asked()
    assert (
        connection.received(json.dumps({**load("error_busy_frame"), "id": identity}), 1.0) is None
    )
    assert connection.drain(5.0) == []
    assert any(b"subscribe" in frame for frame in connection.drain(12.0))


def test_an_expired_token_ends_the_connection() -> None:
    connection = welcomed()
    assert connection.received(json.dumps(load("error_token_frame")), 1.0) is None
    assert connection.closing is not None
    assert "401" in connection.closing


@pytest.mark.parametrize("name", ["pong_frame", "pong_bare_frame"])
def test_a_pong_with_and_without_a_time_answers_a_ping(name: str) -> None:
    connection = welcomed()
    (ping,) = connection.drain(0.0)
    fact = heard(connection, json.dumps({**load(name), "id": json.loads(ping)["id"]}), SCALES)
    assert type(fact).__name__ == "PongReceived"
    connection.tick(0.9)
    assert connection.closing is None


def test_frames_of_other_kinds_are_nobodys() -> None:
    assert welcomed().received(json.dumps(load("notice_frame")), 1.0) is None


# The order socket --------------------------------------------------------------------------------


def signed_in() -> OrderConnection:
    connection = OrderConnection(lambda _: "signed", timeout_s=5.0, now_s=0.0)
    event = connection.received(json.dumps(load("socket_welcome")), 0.0)
    assert type(event).__name__ == "Welcomed"
    return connection


def replied(name: str, operation: Operation) -> Replied:
    """The reply of an example to a request of that kind."""
    example = load(name)
    reply = example.get("reply", example)
    connection = signed_in()
    identity, request = connection.request(operation, example.get("request", {}).get("args"), 0.0)
    assert json.loads(request)["op"] == operation.value == reply["op"]
    event = connection.received(json.dumps({**reply, "id": identity}), 0.1)
    assert isinstance(event, Replied)
    return event


@pytest.mark.parametrize(
    ("name", "operation", "code", "data"),
    [
        ("socket_order", Operation.PLACE, "200000",
         {"orderId": "400000000000000031", "clientOid": "t-31"}),
        ("socket_cancel", Operation.CANCEL, "200000", {"clientOid": "t-51"}),
        ("socket_cancel_by_id", Operation.CANCEL, "200000",
         {"cancelledOrderIds": ["400000000000000051"]}),
        ("socket_cancel_refused", Operation.CANCEL, "100004", None),
        ("socket_slowed", Operation.PLACE, "429000", None),
    ],
)  # fmt: skip
def test_a_reply_finds_its_request(name: str, operation: Operation, code: str, data: Any) -> None:
    reply = replied(name, operation)
    assert (reply.code, reply.is_success) == (code, code == "200000")
    assert json.loads(reply.data) == data
    if name in {"socket_order", "socket_slowed", "socket_cancel_refused"}:
        assert reply.quota is not None, "under either name"
        assert reply.quota.limit == 2000


def test_items_of_batches_end_one_by_one_with_either_code_of_success() -> None:
    placed = replied("socket_multi_order", Operation.PLACE_BATCH)
    subjects = (Subject(ClientOid("t-51")),)
    outcomes = batch_outcomes(decode(placed.data, object), subjects, Route.SOCKET)
    assert outcomes == (Accepted((OrderId("400000000000000051"),), Route.SOCKET),)
    ended = replied("socket_multi_cancel", Operation.CANCEL_BATCH)
    ids = [OrderId(f"40000000000000005{last}") for last in "123"]
    cancels = tuple(Subject(order_id=one, is_cancel=True) for one in ids)
    first, second, third = batch_outcomes(decode(ended.data, object), cancels, Route.SOCKET)
    assert first == Accepted((ids[0],), Route.SOCKET)
    assert second == Accepted((ids[1],), Route.SOCKET)
    assert isinstance(third, Rejected)
    assert third.code == "100004"


def test_a_pong_and_what_has_no_id() -> None:
    connection = signed_in()
    (ping,) = connection.drain(0.0, 1)
    answer = {**load("socket_pong"), "id": json.loads(ping)["id"]}
    assert type(connection.received(json.dumps(answer), 0.1)).__name__ == "Ponged"
    ignored = connection.received(json.dumps(load("socket_no_id")), 0.1)
    assert type(ignored).__name__ == "Ignored"
    assert connection.closing is None


def test_a_refusal_before_the_welcome_ends_the_order_socket() -> None:
    connection = OrderConnection(lambda _: "signed", timeout_s=5.0, now_s=0.0)
    assert connection.received(json.dumps(load("socket_refusal")), 0.0) is None
    assert connection.closing is not None
    assert connection.closing.code == "400003"


# Envelopes ---------------------------------------------------------------------------------------


async def raised(clients: Clients) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        await clients.http.get("/api/v1/status", Raw)
    return caught.value


@pytest.mark.parametrize("status", [200, 400, 403])
async def test_the_code_refuses_whatever_http_says(status: int) -> None:
    error = await raised(always(json.dumps(load("refused")).encode(), status))
    assert isinstance(error, RejectedError)
    assert error.code == "300003"
    assert "20.5" in error.sentence, "the exchange's words say the cost"


async def test_a_page_that_is_no_json_blocks_the_address_or_cannot_be_read() -> None:
    page = load("shield_page").encode()
    for status in (403, 429):
        assert isinstance(await raised(always(page, status)), AddressBlockedError)
    assert isinstance(await raised(always(page, 200)), ProtocolError)


@pytest.mark.parametrize(("name", "kind"), [("no_position", NotFoundError)])
async def test_success_that_is_not_success(name: str, kind: type) -> None:
    clients = always(json.dumps(load(name)).encode())
    with pytest.raises(kind):
        await clients.http.get("/api/v1/status", dict)


@pytest.mark.parametrize("as_number", [False, True])
@pytest.mark.parametrize("code", sorted(MEANINGS))
async def test_every_code_of_the_table_is_an_error_of_the_tree(
    code: str,
    as_number: bool,
) -> None:
    """As text and as a number, with HTTP's success and without."""
    body = {"code": int(code) if as_number else code, "msg": "in words"}
    for status in (200, 400):
        error = await raised(always(json.dumps(body).encode(), status))
        assert error.sentence
        if MEANINGS[code].kind is Kind.BUSINESS:
            assert isinstance(error, RejectedError)
            assert error.code == code
