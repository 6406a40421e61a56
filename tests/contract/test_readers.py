"""No answer and no frame, whatever was done to it, is anything but a whole fact or the one error.

Dropped, nulled, retyped, nested, blown up, doubled, cut, no text at all: by request what is raised
is of the tree of ``exchange.errors``, commands end as outcomes, the stream tells what it could not
read and lives on. What is told of it is short and shows no secret.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Any, final

import httpx
import hypothesis
import pytest
from typing_extensions import override

from terminal.domain.errors import TernError
from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.batches import Subject
from terminal.exchange.errors import ExchangeError
from terminal.exchange.gateway import FrameIgnored, FrameUnreadable, PongReceived
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.exchange.routes import (
    _canceled,  # pyright: ignore[reportPrivateUsage]
    _canceled_by_name,  # pyright: ignore[reportPrivateUsage]
    _placed,  # pyright: ignore[reportPrivateUsage]
)
from terminal.wire.order_socket import Operation, OrderConnection
from tests.contract.calls import CALLS
from tests.exchange.test_order_socket import Bench
from tests.support.clients import Clients
from tests.support.facts import assert_whole
from tests.support.frames import FRAMES, a_connection, heard
from tests.support.mutations import SECRET, damaged, dumped, mutated
from tests.support.payloads import known_scales, load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.contract.calls import Call

STATUSES = (200,) * 9 + (400, 401, 403, 404, 429, 500, 503)
LONGEST = 900
"""Characters that an error may have: a clipped excerpt, a field and a few words."""


def seeds(share: float) -> Iterator[int]:
    """So many of the profile's examples; many at night."""
    yield from range(max(1, int(hypothesis.settings().max_examples * share)))


def assert_words(*words: object) -> None:
    """What is told is bounded and holds no secret."""
    for one in words:
        text = str(one)
        assert len(text) < LONGEST, f"{len(text)} characters"
        assert SECRET not in text, text


@final
class Log(logging.Handler):
    """Looks at everything that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def log() -> Iterator[Log]:
    root, handler = logging.getLogger(), Log()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


@final
class Damaged:
    """Answers everything with the damaged bytes of the present seed."""

    def __init__(self, call: Call) -> None:
        self._envelope = call.envelope
        self.body, self.status = b"", 200
        self.clients = Clients(self._answer)

    def _answer(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(self.status, content=self.body)

    def turn(self, seed: int) -> None:
        self.body = damaged(self._envelope, seed)
        self.status = random.Random(seed).choice(STATUSES)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.name} {call.fixture}")
async def test_no_damaged_answer_is_a_half_fact_or_another_error(call: Call, log: Log) -> None:
    exchange = Damaged(call)
    for seed in seeds(0.2):
        exchange.turn(seed)
        try:
            await _asked(call, exchange.clients)
            assert_words(*log.lines)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {exchange.body[:400]!r}") from error
        log.lines.clear()


async def _asked(call: Call, clients: Clients) -> None:
    try:
        fact = await call.ask(clients)
    except ExchangeError as error:
        assert not call.is_command, "commands end as outcomes"
        assert_words(error, error.sentence, error.remedy, error.__cause__)
        return
    except TernError as error:
        assert "bullet" in call.name, "only the address of the stream can be one that is refused"
        assert_words(error, error.sentence)
        return
    if call.is_command:
        assert_outcomes(fact)
    elif call.fixture not in {"bullet", "api_key"}:
        assert_whole(fact)


def assert_outcomes(ended: Any) -> None:
    for one in ended if type(ended) is tuple else (ended,):
        if isinstance(one, (Rejected, NotSent, Unknown)):
            assert_words(one)
        elif isinstance(one, Accepted):
            assert all(type(name) is str and name for name in one.order_ids)
        else:
            assert_whole(one)


@pytest.mark.parametrize("name", FRAMES)
def test_no_damaged_frame_is_a_half_fact_or_ends_the_stream(name: str) -> None:
    payload, scales = load(name), known_scales()
    for seed in seeds(3):
        raw = damaged(payload, seed)
        connection = a_connection()
        try:
            fact = heard(connection, raw, scales)
            if isinstance(fact, FrameUnreadable):
                assert_words(fact.error)
            elif not isinstance(fact, (FrameIgnored, PongReceived)):
                assert_whole(fact)
            assert_words(connection.closing)
            connection.tick(0.5)
            connection.drain(0.5)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {raw[:400]!r}") from error


MESSAGES = ("socket_welcome", "socket_refusal", "socket_pong", "socket_no_id", "socket_slowed")


@pytest.mark.parametrize("name", MESSAGES)
def test_no_damaged_message_of_the_order_socket_raises(name: str) -> None:
    payload = load(name)
    for seed in seeds(3):
        raw = damaged(payload, seed)
        connection = OrderConnection(lambda text: f"signed {len(text)}", timeout_s=5, now_s=0)
        connection.request(Operation.PLACE, {}, 0)
        try:
            event = connection.received(raw, 0.0)
            assert_words(getattr(event, "words", ""), *(connection.closing or ()))
            connection.drain(0.1, 1)
            connection.tick(0.1)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {raw[:400]!r}") from error


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.start()
    yield bench
    await bench.stop()


async def _turns() -> None:
    """As many turns of the loop as a message takes from the socket to who waits for it."""
    for _ in range(8):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("socket_order", _placed(ClientOid("t-31"))),
        ("socket_cancel_by_id", _canceled(OrderId("400000000000000051"))),
        ("socket_cancel", _canceled_by_name(ClientOid("t-51"))),
        ("socket_cancel_refused", _canceled(OrderId("1"))),
        ("socket_slowed", _placed(ClientOid("t-31"))),
    ],
)
async def test_every_reply_of_the_order_socket_is_an_outcome(
    name: str, read: Any, bench: Bench
) -> None:
    """A reply that finds its request ends it, and the socket lives on."""
    payload = load(name)
    payload = payload.get("reply", payload)
    await bench.sign_in()
    loop = asyncio.get_running_loop()
    for seed in seeds(0.5):
        told = mutated(payload, random.Random(seed))
        if not isinstance(told, dict):
            continue
        asking = loop.create_task(
            bench.client.ask(Operation.PLACE, {}, (Subject(ClientOid("c1")),), read)
        )
        await _turns()
        told["id"] = bench.socket.requests()[-1]["id"]
        raw = dumped(told).decode()
        bench.socket.say(raw)
        await _turns()
        try:
            if not asking.done():
                # What is no frame at all is nobody's reply: the request becomes overdue. It is
                # answered late, for a request that never is would end the connection in time.
                await bench.watch(6.0)
                bench.socket.say({"id": told["id"], "code": "300003", "msg": "late"})
                await _turns()
            assert_outcomes(await asking)
            assert len(bench.sockets) == 1
        except Exception as error:
            raise AssertionError(f"seed {seed}: {raw[:400]!r}") from error
        bench.pong()
        await _turns()
