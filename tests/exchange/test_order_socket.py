"""The driver of the order socket on a connection that the test plays."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import pytest

from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.batches import Subject
from terminal.exchange.connect_window import ConnectWindow
from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import TransportError
from terminal.exchange.order_socket import (
    BACKOFF_S,
    BROKEN,
    CROWDED,
    HIDDEN,
    NO_REPLY,
    SETTLED_S,
    Correction,
    OrderSocket,
    SocketState,
    SocketStatus,
)
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Route, Unknown
from terminal.exchange.sockets import ROOM_BYTES
from terminal.wire.codec import DecodeError, decode
from terminal.wire.order_socket import SILENCE_S, WELCOME_TIMEOUT_S, Operation, signed_query
from terminal.wire.signing import sign
from terminal.wire.trading import PlacedPayload
from tests.support.fake_clock import START_MS, FakeClock
from tests.support.fake_socket import CHALLENGE, WELCOME, FakeSocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.exchange.outcome import Outcome
    from terminal.exchange.sockets import Socket
    from terminal.wire.order_socket import Replied

SECRETS = Credentials("key", "secret", "pass")
ONE = (Subject(ClientOid("c1")),)
TIMEOUT_S = 5.0


def read(reply: Replied) -> tuple[Outcome, ...]:
    placed = decode(reply.data, PlacedPayload)
    return (Accepted((OrderId(placed.orderId),), Route.SOCKET),)


class Bench:
    """A driver, the connections it opened, and all that it told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.window = ConnectWindow()
        self.sockets: list[FakeSocket] = []
        self.urls: list[str] = []
        self.opened_s: list[float] = []
        self.told: list[SocketStatus] = []
        self.corrections: list[Correction] = []
        self.fails = 0
        self.client = OrderSocket(
            "ws://127.0.0.1:1/v1/private",
            SECRETS,
            self.clock,
            window=self.window,
            opener=self.open,
        )
        self.client.on_changed = lambda: self.told.append(self.client.state.status)
        self.client.on_corrected = self.corrections.append
        self.running: asyncio.Task[None] | None = None
        self.asking: list[asyncio.Task[tuple[Outcome, ...]]] = []

    async def open(self, url: str, proxy: str) -> Socket:
        self.urls.append(url)
        self.opened_s.append(self.clock.monotonic_s())
        if self.fails:
            self.fails -= 1
            raise TransportError("no connection: OSError", was_sent=False)
        self.sockets.append(FakeSocket())
        return cast("Socket", self.sockets[-1])

    @property
    def socket(self) -> FakeSocket:
        return self.sockets[-1]

    async def settle(self) -> None:
        await self.clock.settle()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.running = loop.create_task(self.client.run())
        await self.settle()

    async def sign_in(self) -> None:
        """Challenge, welcome, first pong."""
        self.socket.say(CHALLENGE)
        await self.settle()
        assert self.socket.sent == [sign("secret", CHALLENGE)]
        self.socket.say(WELCOME)
        await self.settle()
        self.pong()
        await self.settle()

    def pong(self) -> None:
        self.socket.say({"id": self.socket.pings()[-1]["id"], "op": "pong"})

    async def ask(self, name: str = "c1") -> asyncio.Task[tuple[Outcome, ...]]:
        """Send an order; the task ends with its outcome."""
        subjects = (Subject(ClientOid(name)),)
        asking = asyncio.get_running_loop().create_task(
            self.client.ask(Operation.PLACE, {"clientOid": name}, subjects, read)
        )
        self.asking.append(asking)
        await self.settle()
        return asking

    def answer(self, at: int, **more: Any) -> None:
        """Reply to a request by its number."""
        request = self.socket.requests()[at]
        data = {"orderId": f"id-{request['args']['clientOid']}"}
        frame = {"id": request["id"], "op": request["op"], "code": "200000", "data": data}
        self.socket.say({**frame, **more})

    async def watch(self, seconds: float) -> None:
        """Let time pass while the watchdog looks at the clock every second, as it does."""
        until_s = self.clock.monotonic_s() + seconds
        while (left_s := until_s - self.clock.monotonic_s()) > 1e-9:
            await self.clock.advance(min(1.0, left_s))
            self.client._wake.set()
            await self.settle()

    async def stop(self) -> None:
        for task in [*self.asking, self.running]:
            assert task is not None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.start()
    yield bench
    await bench.stop()


# Signing in --------------------------------------------------------------------------------------


async def test_signing_in_opens_the_way_and_measures_the_round_trip(bench: Bench) -> None:
    query = signed_query(("key", "secret", "pass"), START_MS)
    assert bench.urls == [f"ws://127.0.0.1:1/v1/private?{query}"]
    assert not bench.client.is_ready
    await bench.sign_in()
    assert bench.client.is_ready
    assert bench.client.state.status is SocketStatus.OPEN
    assert bench.client.state.reason == ""
    assert bench.client.round_trip_ms == 0.0
    assert bench.socket.pings()[0]["timestamp"] == START_MS


async def test_every_connection_is_signed_for_anew_by_the_exchanges_clock(bench: Bench) -> None:
    bench.client.offset_ms = 250
    bench.socket.drop()
    await bench.clock.advance(BACKOFF_S[0])
    assert len(bench.urls) == 2
    stamp_ms = START_MS + round(bench.opened_s[1] * 1000) + 250
    query = signed_query(("key", "secret", "pass"), stamp_ms)
    assert bench.urls[1].endswith(f"?{query}")
    assert bench.urls[0] != bench.urls[1]


async def test_it_connects_only_as_often_as_the_window_of_the_account_lets_it(
    bench: Bench,
) -> None:
    """Whatever the backoff says, and it says why it waits."""
    now_s = bench.clock.monotonic_s()
    while bench.window.wait_s(now_s) == 0.0:
        bench.window.note(now_s)
    bench.socket.drop()
    await bench.clock.advance(BACKOFF_S[0])
    assert len(bench.urls) == 1
    assert bench.client.state == SocketState(SocketStatus.WAITING, CROWDED)
    await bench.clock.advance(60.0)
    assert len(bench.urls) == 2


@pytest.mark.parametrize(
    "code",
    ["400001", "400003", "400004", "400005", "400006", "400007", "400008", "400009", "400010"],
)
async def test_a_refused_key_ends_it_with_a_sentence(bench: Bench, code: str) -> None:
    bench.socket.say({"code": code, "msg": "m.", "inTime": 1, "outTime": 2})
    await bench.settle()
    assert bench.running is not None
    assert bench.running.done()
    state = bench.client.state
    assert state.status is SocketStatus.STOPPED
    assert state.reason.endswith(".")
    await bench.clock.advance(120)
    assert len(bench.urls) == 1


@pytest.mark.parametrize("code", ["400002", "400011", "400012", "429000", "500000"])
async def test_what_may_pass_is_tried_again(bench: Bench, code: str) -> None:
    skews: list[int] = []
    bench.client.on_skew = lambda: skews.append(1)
    bench.socket.say({"code": code, "msg": "m"})
    await bench.settle()
    assert bench.client.state.status is SocketStatus.WAITING
    assert bench.client.state.reason
    assert len(skews) == (code == "400002")
    await bench.clock.advance(BACKOFF_S[0])
    assert len(bench.urls) == 2
    await bench.sign_in()
    assert bench.client.is_ready


async def test_waits_grow_up_to_half_a_minute(bench: Bench) -> None:
    """Each lies between half of its step and all of it."""
    bench.fails = 9
    bench.socket.drop()
    await bench.clock.advance(sum(BACKOFF_S) + 60.0)
    waits = [later - sooner for sooner, later in pairwise(bench.opened_s)]
    assert len(waits) >= 9
    for wait_s, longest_s in zip(waits, [*BACKOFF_S, 30.0, 30.0], strict=False):
        assert longest_s / 2 <= wait_s <= longest_s


async def test_a_session_that_lasted_makes_the_next_wait_short(bench: Bench) -> None:
    bench.fails = 3
    bench.socket.drop()
    await bench.clock.advance(sum(BACKOFF_S[:4]))
    assert len(bench.sockets) == 2
    await bench.sign_in()
    await bench.clock.advance(10.0)
    bench.socket.drop()
    await bench.clock.advance(BACKOFF_S[0])
    assert len(bench.sockets) == 3


# Commands ----------------------------------------------------------------------------------------


async def test_without_a_session_nothing_is_sent(bench: Bench) -> None:
    for stage in ("opening", "challenged", "closed"):
        asking = await bench.ask()
        (outcome,) = await asking
        assert isinstance(outcome, NotSent), stage
        if stage == "opening":
            bench.socket.say(CHALLENGE)
        else:
            bench.socket.drop()
        await bench.settle()
    assert bench.sockets[0].requests() == []


async def test_replies_find_their_requests_in_any_order(bench: Bench) -> None:
    await bench.sign_in()
    asked = [await bench.ask(f"c{number}") for number in range(3)]
    for at in (2, 0, 1):
        bench.answer(at)
    outcomes = [await one for one in asked]
    assert outcomes == [(Accepted((OrderId(f"id-c{n}"),), Route.SOCKET),) for n in range(3)]
    assert bench.corrections == []


async def test_a_refusal_is_evidence_and_so_is_a_spent_quota(bench: Bench) -> None:
    await bench.sign_in()
    first, second, third = [await bench.ask(name) for name in ("a", "b", "c")]
    spent = {"limit": 2000, "remaining": 0, "reset": 18000}
    bench.answer(0, code="330008", msg="Too much", userRateLimit={**spent, "remaining": 7})
    bench.answer(1, code="429000", msg="slow", rateLimit=spent)
    bench.answer(2)
    ((refused,), (slowed,), (taken,)) = [await one for one in (first, second, third)]
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.route) == ("330008", Route.SOCKET)
    assert isinstance(slowed, Rejected)
    assert slowed.sentence == "The quota of requests is used up for about 18 s."
    assert isinstance(taken, Accepted)


async def test_a_success_that_cannot_be_read_is_unknown(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.sign_in()
    asking = await bench.ask()
    bench.answer(0, data=None)
    (outcome,) = await asking
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s == 0.0
    assert bench.client.is_ready
    caplog.clear()


@pytest.mark.parametrize("code", ["429000", "500000"])
async def test_what_was_replied_to_does_not_wait_for_the_end_of_its_connection(
    bench: Bench, code: str
) -> None:
    """Its end is unknown, but nothing is carried out later: silence may be proof from now on."""
    await bench.sign_in()
    asking = await bench.ask()
    bench.answer(0, code=code, data=None)
    (outcome,) = await asking
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s == 0.0


async def test_a_lost_connection_leaves_what_was_in_flight_unknown(bench: Bench) -> None:
    """Silence is proof ten seconds after the connection ended, not before."""
    await bench.sign_in()
    asked = [await bench.ask(name) for name in ("a", "b")]
    await bench.clock.advance(2.0)
    bench.socket.drop()
    await bench.settle()
    until_s = bench.clock.monotonic_s() + SETTLED_S
    assert [await one for one in asked] == [(Unknown(BROKEN, Route.SOCKET, until_s),)] * 2
    assert bench.corrections == []
    await bench.clock.advance(BACKOFF_S[0])
    await bench.sign_in()
    assert bench.socket.requests() == []


async def test_a_connection_that_breaks_while_sending_leaves_the_order_unknown(
    bench: Bench,
) -> None:
    await bench.sign_in()
    bench.socket.breaks_on_send = True
    (outcome,) = await (await bench.ask())
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s is not None


async def test_a_late_reply_corrects_the_outcome(bench: Bench) -> None:
    await bench.sign_in()
    first, second = await bench.ask("a"), await bench.ask("b")
    await bench.watch(TIMEOUT_S)
    assert [await first, await second] == [(Unknown(NO_REPLY, Route.SOCKET),)] * 2
    assert bench.client.is_ready
    bench.answer(1, code="300003", msg="m")
    bench.answer(0)
    await bench.settle()
    (rejected, accepted) = bench.corrections
    assert rejected.subject == Subject(ClientOid("b"))
    assert isinstance(rejected.outcome, Rejected)
    assert accepted == Correction(
        Subject(ClientOid("a")), Accepted((OrderId("id-a"),), Route.SOCKET)
    )


async def test_the_end_of_the_connection_says_when_an_overdue_order_is_settled(
    bench: Bench,
) -> None:
    await bench.sign_in()
    asking = await bench.ask("a")
    await bench.watch(TIMEOUT_S)
    await asking
    bench.socket.end("the exchange stops")
    await bench.settle()
    until_s = bench.clock.monotonic_s() + SETTLED_S
    unknown = Unknown(BROKEN, Route.SOCKET, until_s)
    assert bench.corrections == [Correction(Subject(ClientOid("a")), unknown)]
    assert bench.client.state.reason.endswith("closed the order socket: the exchange stops.")


async def test_an_order_that_stays_unanswered_ends_the_connection_for_proof(bench: Bench) -> None:
    await bench.sign_in()
    asking = await bench.ask("a")
    await bench.watch(TIMEOUT_S)
    assert (await asking)[0] == Unknown(NO_REPLY, Route.SOCKET)
    await bench.watch(SILENCE_S - 3.0)
    bench.pong()
    await bench.settle()
    assert bench.client.is_ready
    await bench.watch(3.0)
    assert not bench.client.is_ready
    (correction,) = bench.corrections
    assert isinstance(correction.outcome, Unknown)
    assert correction.outcome.settled_after_s == bench.clock.monotonic_s() + SETTLED_S


async def test_who_leaves_before_the_reply_is_told_by_a_correction(bench: Bench) -> None:
    await bench.sign_in()
    asking = await bench.ask("a")
    asking.cancel()
    await bench.settle()
    bench.answer(0)
    await bench.settle()
    (correction,) = bench.corrections
    assert isinstance(correction.outcome, Accepted)


async def test_strange_replies_concern_nobody(bench: Bench) -> None:
    await bench.sign_in()
    asking = await bench.ask()
    bench.socket.say({"id": "77", "op": "futures.order", "code": "200000", "data": {}})
    bench.socket.say("no json")
    await bench.settle()
    assert not asking.done()
    bench.answer(0)
    assert isinstance((await asking)[0], Accepted)
    bench.answer(0)
    await bench.settle()
    assert bench.corrections == []
    assert bench.client.is_ready


# Life --------------------------------------------------------------------------------------------


async def test_pings_go_out_and_a_missing_pong_ends_the_connection(bench: Bench) -> None:
    await bench.sign_in()
    await bench.watch(18.0)
    assert len(bench.socket.pings()) == 2
    bench.pong()
    await bench.watch(18.0)
    assert len(bench.socket.pings()) == 3
    asking = await bench.ask()
    await bench.watch(10.0)
    assert isinstance((await asking)[0], Unknown)
    assert not bench.client.is_ready
    assert bench.client.state.status is SocketStatus.WAITING
    assert "ping" in bench.client.state.reason


async def test_what_is_on_its_way_is_heard_after_we_ended_the_connection(bench: Bench) -> None:
    """A reply that lay ready when a missing pong ended the connection is no less a reply."""
    await bench.sign_in()
    await bench.watch(18.0)
    asking = await bench.ask("a")
    other = await bench.ask("b")
    await bench.watch(9.0)
    await bench.clock.advance(1.0)
    bench.client._wake.set()
    for at in (0, 1):
        bench.answer(at)
    await bench.settle()
    assert isinstance((await asking)[0], Unknown)
    assert isinstance((await other)[0], Unknown)
    accepted = [one for one in bench.corrections if isinstance(one.outcome, Accepted)]
    assert [one.subject.client_oid for one in accepted] == ["a", "b"]
    assert not bench.client.is_ready


async def test_changes_are_told(bench: Bench) -> None:
    await bench.sign_in()
    bench.socket.drop()
    await bench.clock.advance(BACKOFF_S[0])
    assert bench.told == [
        SocketStatus.OPENING,
        SocketStatus.OPEN,
        SocketStatus.WAITING,
        SocketStatus.OPENING,
    ]


async def test_an_end_from_our_side_leaves_nothing_waiting(bench: Bench) -> None:
    await bench.sign_in()
    asking = await bench.ask()
    assert bench.running is not None
    bench.running.cancel()
    await bench.settle()
    (outcome,) = await asking
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s is not None
    assert bench.client.state.status is SocketStatus.STOPPED
    assert not bench.client.is_ready


async def test_a_reader_that_fails_is_a_bug_that_is_told(bench: Bench) -> None:
    """An error of ours ends the run loudly, and orders in flight are Unknown all the same."""
    await bench.sign_in()

    def broken(_: Replied) -> tuple[Outcome, ...]:
        raise ZeroDivisionError

    loop = asyncio.get_running_loop()
    asking = loop.create_task(bench.client.ask(Operation.PLACE, {"clientOid": "x"}, ONE, broken))
    other = await bench.ask("b")
    bench.answer(0)
    await bench.settle()
    assert isinstance((await other)[0], Unknown)
    assert await asking == (Unknown(HIDDEN, Route.SOCKET, 0.0),), "it was replied to"
    assert bench.running is not None
    with pytest.raises(ExceptionGroup):
        await bench.running
    assert not bench.client.is_ready


async def test_a_listener_that_fails_keeps_nobody_waiting(bench: Bench) -> None:
    """All that was in flight is told, though the first correction raises."""
    await bench.sign_in()
    left = await bench.ask("left")
    left.cancel()
    asked = [await bench.ask(name) for name in ("a", "b")]
    told: list[Correction] = []

    def broken(correction: Correction) -> None:
        told.append(correction)
        raise ZeroDivisionError

    bench.client.on_corrected = broken
    bench.socket.drop()
    for one in asked:
        assert isinstance((await one)[0], Unknown)
    assert [one.subject.client_oid for one in told] == ["left"]
    assert bench.running is not None
    with pytest.raises(ZeroDivisionError):
        await bench.running


async def test_a_socket_that_is_never_welcomed_is_opened_ever_more_seldom(bench: Bench) -> None:
    """Ten seconds of silence before the welcome prove nothing."""
    await bench.watch(90.0)
    lives = [later - sooner for sooner, later in pairwise(bench.opened_s)]
    assert len(lives) >= 4
    for life_s, longest_s in zip(lives, BACKOFF_S, strict=False):
        assert WELCOME_TIMEOUT_S + longest_s / 2 <= life_s <= WELCOME_TIMEOUT_S + longest_s + 1.0


async def test_after_the_machine_slept_no_order_goes_over_the_old_connection(bench: Bench) -> None:
    await bench.sign_in()
    asking = await bench.ask("a")
    bench.clock.shift_ms = 3_600_000
    await bench.watch(0.1)
    assert not bench.client.is_ready
    (outcome,) = await asking
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s is not None
    assert bench.client.state.reason == "The computer slept."
    await bench.clock.advance(BACKOFF_S[0])
    assert len(bench.sockets) == 2


async def test_what_does_not_go_out_is_not_the_way_for_an_order(bench: Bench) -> None:
    """A connection whose buffer is full would hold an order back for nobody knows how long."""
    await bench.sign_in()
    bench.socket.transport.waiting_bytes = ROOM_BYTES
    assert not bench.client.is_ready
    (outcome,) = await (await bench.ask("a"))
    assert isinstance(outcome, NotSent)
    bench.socket.transport.waiting_bytes = ROOM_BYTES - 1
    assert bench.client.is_ready


def test_an_unreadable_reply_is_a_decode_error() -> None:
    """What readers may raise, and nothing else."""
    with pytest.raises(DecodeError):
        decode(b"null", PlacedPayload)
