"""One signed request: what is sent, and what each kind of answer becomes."""

from __future__ import annotations

import asyncio
import json
import traceback
from typing import TYPE_CHECKING, Any, final

import httpx
import pytest

from terminal.domain.errors import TernError
from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import (
    AddressBlockedError,
    AuthError,
    ClockSkewError,
    EndpointLimitedError,
    ExchangeError,
    NotFoundError,
    OverloadError,
    ProtocolError,
    QuotaSpentError,
    RateLimitedError,
    RejectedError,
    SuspendedError,
    TransportError,
    UnavailableError,
)
from terminal.exchange.exchange_time import ExchangeTime, Sample, TimeKeeper
from terminal.exchange.http import HttpClient
from terminal.exchange.limiter import RateBudget
from terminal.exchange.meter import Figures
from terminal.wire.endpoints import Pool, endpoint
from terminal.wire.signing import sign
from tests.support.fake_clock import START_MS, FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from terminal.exchange.limiter import PoolState

SECRETS = Credentials("key", "secret", "pass")
BASE = "http://127.0.0.1:1"


def a_client(answer: Callable[[httpx.Request], httpx.Response]) -> HttpClient:
    return HttpClient(BASE, FakeClock(), SECRETS, transport=httpx.MockTransport(answer))


def saying(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpClient:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return a_client(lambda _: httpx.Response(status, content=content, headers=headers))


def told_by_headers(remaining: int, reset_ms: int) -> dict[str, str]:
    return {
        "gw-ratelimit-limit": "2000",
        "gw-ratelimit-remaining": str(remaining),
        "gw-ratelimit-reset": str(reset_ms),
    }


async def test_the_signed_text_is_the_sent_text() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "200000", "data": 5})

    client = a_client(answer)
    client.offset_ms = 250
    assert await client.get("/api/v1/x", int, {"symbol": "A,B", "n": 1}, signed=True) == 5
    await client.post("/api/v1/orders", int, {"price": "1", "size": 2})
    await client.aclose()
    get, post = seen
    stamp = str(START_MS + 250)
    assert get.url.raw_path == b"/api/v1/x?symbol=A,B&n=1"
    assert get.headers["KC-API-TIMESTAMP"] == stamp
    assert get.headers["KC-API-SIGN"] == sign("secret", f"{stamp}GET{get.url.raw_path.decode()}")
    body = post.content.decode()
    assert body == '{"price":"1","size":2}'
    assert post.headers["KC-API-SIGN"] == sign("secret", f"{stamp}POST/api/v1/orders{body}")


async def test_public_requests_carry_no_key() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "200000", "data": 1})

    client = a_client(answer)
    await client.get("/api/v1/timestamp", int)
    await client.aclose()
    assert not [name for name in seen[0].headers if name.startswith("kc-api")]


async def test_what_is_posted_says_its_type_signed_or_not() -> None:
    """A token is asked for without a key and without a body (reference 1.3: else 415000)."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "200000", "data": 1})

    client = a_client(answer)
    await client.post("/api/v1/bullet-public", int, None, signed=False)
    await client.post("/api/v1/bullet-private", int, None)
    await client.aclose()
    assert [one.headers.get_list("content-type") for one in seen] == [["application/json"]] * 2
    assert [one.content for one in seen] == [b"", b""]


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/api/v1/orders/a b", None, b"/api/v1/orders/a%20b"),
        ("/api/v1/orders/a?x=1#y", None, b"/api/v1/orders/a%3Fx%3D1%23y"),
        ("/api/v1/orders/50%", None, b"/api/v1/orders/50%25"),
        ("/api/v1/orders/\u00e9", None, b"/api/v1/orders/%C3%A9"),
        ("/x", {"a": "b c&d=e+f%g/h?i#j"}, b"/x?a=b%20c%26d%3De%2Bf%25g%2Fh%3Fi%23j"),
        ("/x", {"symbol": "A,B"}, b"/x?symbol=A,B"),
        ("/x", {"s": ".KXBTUSDT", "z": "\u00fc~*'(!"}, b"/x?s=.KXBTUSDT&z=%C3%BC~%2A%27%28%21"),
    ],
)  # fmt: skip
async def test_special_letters_are_signed_just_as_they_are_sent(
    path: str, query: dict[str, str | int] | None, target: bytes
) -> None:
    """On the wire stands what was signed, and the exchange reads what was meant."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "200000", "data": 1})

    client = a_client(answer)
    await client.get(path, int, query, signed=True)
    await client.aclose()
    (request,) = seen
    assert request.url.raw_path == target
    stamp = request.headers["KC-API-TIMESTAMP"]
    assert request.headers["KC-API-SIGN"] == sign("secret", f"{stamp}GET{target.decode()}")
    assert dict(request.url.params) == (query or {})


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_no_name_in_a_path_makes_it_that_of_another_call(name: str) -> None:
    """To cancel the order without a name would be to cancel them all."""
    client = a_client(_fail)
    for path in (f"/api/v1/orders/{name}", f"/api/v1/contracts/{name}/x"):
        with pytest.raises(TransportError) as raised:
            await client.delete(path, int)
        assert not raised.value.was_sent
    await client.aclose()


async def test_signing_without_a_key_is_refused_before_anything_is_sent() -> None:
    client = HttpClient(BASE, FakeClock(), transport=httpx.MockTransport(_fail))
    with pytest.raises(AuthError):
        await client.get("/x", int, signed=True)
    await client.aclose()


def _fail(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing may be sent")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"code": "400005", "msg": "Invalid signature"}, 401, AuthError),
        ({"code": "400002", "msg": "time"}, 400, ClockSkewError),
        ({"code": "300003", "msg": "Balance insufficient"}, 200, RejectedError),
        ({"code": "429000", "msg": "Too many"}, 429, RateLimitedError),
        ({"code": "500000", "msg": "Internal"}, 200, TransportError),
        ({"code": "x"}, 503, TransportError),
        (b"<html>1015</html>", 429, RateLimitedError),
        (b"<html>1015</html>", 403, RateLimitedError),
        (b"<html>bad gateway</html>", 502, TransportError),
        (b"<html>hello</html>", 200, ProtocolError),
        ({"code": "200000", "data": "text"}, 200, ProtocolError),
        ({"code": 400005, "msg": "a number as code"}, 401, AuthError),
        ({"code": "400005", "msg": "in the body only"}, 200, AuthError),
        ({"code": "999999", "msg": "unheard of"}, 401, AuthError),
        ({"code": "100001", "msg": "error.getOrder.orderNotExist"}, 400, NotFoundError),
        ({"code": "100001", "msg": "price"}, 400, RejectedError),
        ({"code": "300002", "msg": "suspended"}, 200, SuspendedError),
        ({"code": "100002", "msg": "config"}, 200, UnavailableError),
        ({"code": "x"}, 503, UnavailableError),
        (b"", 503, UnavailableError),
        ({"code": "200002", "msg": "slow"}, 200, EndpointLimitedError),
        ({"code": "1015", "msg": "slow"}, 429, AddressBlockedError),
        (b"error code: 1015", 429, AddressBlockedError),
        ({"code": "429000", "msg": "overload"}, 200, OverloadError),
        ({"code": "x", "msg": "overload"}, 429, OverloadError),
        ({"code": "200000", "msg": "Position does not exist"}, 200, NotFoundError),
        ({"code": "200000", "data": None}, 200, ProtocolError),
        ({"success": False, "code": "200", "msg": "No."}, 200, RejectedError),
        ({"code": "200000", "data": 5}, 400, ProtocolError),
        ({"error": "Bad Request", "status": 400}, 400, ProtocolError),
        (b"<html>a portal</html>", 404, ProtocolError),
        ([1, 2], 200, ProtocolError),
    ],
)
async def test_answers_that_are_no_success(body: Any, status: int, error: type) -> None:
    client = saying(body, status)
    with pytest.raises(error) as caught:
        await client.get("/x", int)
    await client.aclose()
    assert isinstance(caught.value, ExchangeError)
    assert caught.value.sentence.endswith(".")


async def test_a_spent_quota_tells_when_it_ends_and_overload_does_not() -> None:
    """Only the gateway's whole figures prove the former."""
    spent = told_by_headers(0, 18_430)
    half = {"gw-ratelimit-remaining": "0", "gw-ratelimit-reset": "18430"}
    for headers, wait_s in ((spent, 18.43), (told_by_headers(1500, 1), None), (half, None)):
        client = saying({"code": "429000", "msg": "Too many"}, 429, headers)
        with pytest.raises(RateLimitedError) as caught:
            await client.get("/x", int)
        assert caught.value.retry_after_s == wait_s
        await client.aclose()


@pytest.mark.parametrize(
    ("error", "was_sent"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("busy"), False),
        (httpx.ProxyError("no"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.WriteError("broken"), True),
        (httpx.RemoteProtocolError("closed"), True),
    ],
)
async def test_what_provably_never_left_is_told_apart(error: Exception, *, was_sent: bool) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    client = a_client(answer)
    with pytest.raises(TransportError) as caught:
        await client.post("/x", int, {})
    assert caught.value.was_sent is was_sent
    await client.aclose()


async def test_loopback_ignores_a_proxy_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"code":"200000","data":7}'
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sent: list[tuple[str, str]] = []
    client = HttpClient(
        f"http://127.0.0.1:{port}",
        FakeClock(),
        on_sent=lambda method, path, _at: sent.append((method, path)),
    )
    assert await client.get("/api/v1/timestamp", int) == 7
    assert sent == [("GET", "/api/v1/timestamp")]
    await client.aclose()
    server.close()
    await server.wait_closed()


async def test_a_refusal_for_the_time_is_told() -> None:
    client = saying({"code": "400002", "msg": "time"}, 400)
    told: list[int] = []
    client.on_skew = lambda: told.append(1)
    with pytest.raises(ClockSkewError):
        await client.get("/x", int)
    assert told == [1]
    await client.aclose()


async def test_the_version_of_the_key_is_sent() -> None:
    """A key of version 2 says so."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["KC-API-KEY-VERSION"])
        return httpx.Response(200, json={"code": "200000", "data": 5})

    transport = httpx.MockTransport(answer)
    client = HttpClient(BASE, FakeClock(), SECRETS.of_version(2), transport=transport)
    await client.get("/x", int, signed=True)
    assert seen == ["2"]
    await client.aclose()


async def test_a_proxy_is_used_for_real_hosts_only() -> None:
    """What goes to loopback never passes a proxy; what goes out asks the proxy for the host."""
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for base in ("https://exchange.invalid", "http://127.0.0.1:1"):
        client = HttpClient(base, FakeClock(), proxy=address)
        with pytest.raises(TransportError):
            await client.get("/x", int)
        await client.aclose()
    assert asked == [b"CONNECT exchange.invalid:443 HTTP/1.1"]
    server.close()
    await server.wait_closed()


def test_a_proxy_that_cannot_be_used_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment may hold anything; loopback does not look at it."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "gopher://127.0.0.1:9")
    HttpClient(BASE, FakeClock())
    with pytest.raises(TernError) as raised:
        HttpClient("https://exchange.invalid", FakeClock())
    assert "proxy" in raised.value.sentence
    with pytest.raises(TernError):
        HttpClient("https://exchange.invalid", FakeClock(), proxy="nonsense")


@pytest.mark.parametrize("key", ["THE-KEY-01234567\n", "THE-KEY-01234567\u00e9"])
async def test_a_key_that_no_header_takes_is_not_shown(key: str) -> None:
    """Neither in the error nor in its traceback, whatever the libraries below put into theirs."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = HttpClient(base, FakeClock(), Credentials(key, "secret", "pass"))
    with pytest.raises(TransportError) as raised:
        await client.get("/x", int, signed=True)
    await client.aclose()
    server.close()
    await server.wait_closed()
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert "THE-KEY" not in shown
    assert raised.value.sentence.endswith(".")


async def test_an_address_that_cannot_be_written_is_one_sentence() -> None:
    """It is found out before anything is sent."""
    client = HttpClient("https://xn--a.com", FakeClock(), transport=httpx.MockTransport(_fail))
    with pytest.raises(TransportError) as raised:
        await client.get("/x", int)
    assert not raised.value.was_sent
    assert "this address" in raised.value.sentence
    await client.aclose()


# Asked again, held back, measured ----------------------------------------------------------------

OVERLOAD = httpx.Response(429, json={"code": "429000", "msg": "busy"})
SKEW = httpx.Response(400, json={"code": "400002", "msg": "time"})
FINE = httpx.Response(200, json={"code": "200000", "data": 5})
GARBAGE = httpx.Response(200, content=b"<html>")


@final
class Desk:
    """A patient client with a budget on a scripted exchange; the last answer repeats."""

    def __init__(self, *answers: httpx.Response | Exception, measures: bool = True) -> None:
        self.clock = FakeClock()
        self.budget = RateBudget(dice=lambda: 0.5)
        self.time = ExchangeTime(self.clock)
        self.answers = list(answers)
        self.seen: list[httpx.Request] = []
        self.measured = 0
        self.http = HttpClient(
            BASE,
            self.clock,
            SECRETS,
            transport=httpx.MockTransport(self._answer),
            budget=self.budget,
            exchange_time=self.time,
            is_patient=True,
        )
        if measures:
            self.http.keeper = TimeKeeper(self.time, self.clock, self._measure)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.seen), len(self.answers) - 1)]
        self.seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    async def _measure(self) -> int:
        self.measured += 1
        return self.clock.now_ms() + 7000

    async def ends(self, command: Awaitable[int], within_s: float = 20.0) -> int | ExchangeError:
        """What a request ends in, time running."""

        async def caught() -> int | ExchangeError:
            try:
                return await command
            except ExchangeError as error:
                return error

        task = asyncio.get_running_loop().create_task(caught())
        await self.clock.advance(within_s)
        assert task.done(), "still waiting"
        return task.result()

    def read(self) -> Awaitable[int]:
        return self.http.get("/api/v1/orders", int, signed=True)

    def cancel(self) -> Awaitable[int]:
        return self.http.delete("/api/v1/orders/1", int)

    def cancel_all(self) -> Awaitable[int]:
        return self.http.delete("/api/v3/orders", int)

    def place(self, **body: object) -> Awaitable[int]:
        return self.http.post("/api/v1/orders", int, body)

    def move(self) -> Awaitable[int]:
        return self.http.post("/api/v3/accounts/universal-transfer", int, {})

    def futures(self) -> PoolState:
        state = self.budget.state(self.clock.monotonic_s())
        return next(pool for pool in state.pools if pool.name == "Futures")


LOST = httpx.ReadTimeout("slow")
REFUSED = httpx.ConnectError("refused")
BROKEN = httpx.Response(503, content=b"<html>")


@pytest.mark.parametrize("trouble", [LOST, REFUSED, BROKEN, OVERLOAD])
async def test_reads_and_cancels_are_asked_again_and_signed_anew(
    trouble: httpx.Response | Exception,
) -> None:
    """A few times, each with a fresh stamp and its own signature."""
    for request in (Desk.read, Desk.cancel):
        desk = Desk(trouble, trouble, FINE)
        assert await desk.ends(request(desk)) == 5
        stamps = [one.headers["KC-API-TIMESTAMP"] for one in desk.seen]
        assert len(set(stamps)) == 3
        assert stamps == sorted(stamps)
        for one, stamp in zip(desk.seen, stamps, strict=True):
            text = f"{stamp}{one.method}{one.url.raw_path.decode()}"
            assert one.headers["KC-API-SIGN"] == sign("secret", text)


async def test_asking_again_has_an_end() -> None:
    """The last error is told."""
    desk = Desk(LOST)
    assert isinstance(await desk.ends(desk.read()), TransportError)
    assert len(desk.seen) == 4
    desk = Desk(LOST)
    assert isinstance(await desk.ends(desk.cancel()), TransportError)
    assert len(desk.seen) == 3


async def test_slow_failures_are_not_repeated_for_ever() -> None:
    """After some seconds no new try is begun."""
    desk = Desk(FINE)

    async def slow(_: httpx.Request) -> httpx.Response:
        desk.seen.append(_)
        await desk.clock.sleep(5.0)
        raise LOST

    desk.http._client = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(slow))
    assert isinstance(await desk.ends(desk.read(), 60.0), TransportError)
    assert len(desk.seen) == 2


@pytest.mark.parametrize("trouble", [LOST, REFUSED, BROKEN, OVERLOAD, SKEW, GARBAGE])
async def test_orders_and_transfers_are_sent_once(trouble: httpx.Response | Exception) -> None:
    """Whatever comes back, and even when nothing was sent at all."""
    for request in (Desk.place, Desk.move):
        desk = Desk(trouble)
        assert isinstance(await desk.ends(request(desk)), ExchangeError)
        assert len(desk.seen) == 1


async def test_a_cancel_of_all_is_not_repeated_after_a_lost_answer() -> None:
    """It could take away what was ordered since; what was refused at the gate cannot."""
    desk = Desk(LOST)
    assert isinstance(await desk.ends(desk.cancel_all()), TransportError)
    assert len(desk.seen) == 1
    desk = Desk(OVERLOAD, REFUSED, FINE)
    assert await desk.ends(desk.cancel_all()) == 5


async def test_a_refused_stamp_is_measured_away_once() -> None:
    """The request is signed by the new time; a second refusal is told."""
    desk = Desk(SKEW, FINE)
    assert await desk.ends(desk.read()) == 5
    first, second = (int(one.headers["KC-API-TIMESTAMP"]) for one in desk.seen)
    assert (second - first, desk.measured) == (7000, 1)
    desk = Desk(SKEW)
    assert isinstance(await desk.ends(desk.cancel()), ClockSkewError)
    assert (len(desk.seen), desk.measured) == (2, 1)
    desk = Desk(SKEW, FINE, measures=False)
    assert isinstance(await desk.ends(desk.read()), ClockSkewError)


async def test_after_a_refused_stamp_what_was_known_is_no_longer_the_surer() -> None:
    """A slow answer is believed then, though the time before was measured by a quick one."""
    desk = Desk(SKEW, FINE)
    now_s = desk.clock.monotonic_s()
    desk.time.measured([Sample(now_s, now_s, START_MS)])

    async def slow() -> int:
        await desk.clock.sleep(0.4)
        return desk.clock.now_ms() - 100

    desk.http.keeper = TimeKeeper(desk.time, desk.clock, slow)
    assert await desk.ends(desk.read()) == 5
    first, second = (int(one.headers["KC-API-TIMESTAMP"]) for one in desk.seen)
    assert second - first == 400 - 100 + 200


async def test_an_answer_in_pieces_is_read_to_its_end() -> None:
    """The list of contracts is a million bytes."""
    text = "x" * 300_000
    body = json.dumps({"code": "200000", "data": text}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=pieces()))
    client = HttpClient(BASE, FakeClock(), transport=transport)
    assert await client.get("/x", str) == text
    await client.aclose()


async def test_after_sleep_reads_are_signed_by_a_new_measurement() -> None:
    """A command does not wait for one: it goes with the best guess, wall time."""
    for request, stamp_ms in ((Desk.read, 3_607_000), (Desk.place, 3_600_000)):
        desk = Desk(FINE)
        desk.time.offset_ms = 0
        desk.clock.shift_ms = 3_600_000
        assert await desk.ends(request(desk)) == 5
        assert int(desk.seen[0].headers["KC-API-TIMESTAMP"]) == START_MS + stamp_ms


async def test_a_read_waits_for_its_turn_and_an_order_is_told_at_once() -> None:
    """A cancel and a closing order go ahead within the reserve."""
    desk = Desk(FINE)
    spent = Figures(2000, 300, 12_000)
    desk.budget.told(Pool.FUTURES, spent, sent_s=0.0, now_s=0.0)
    for request in (desk.cancel(), desk.place(size=1, reduceOnly=True)):
        assert await request == 5
    held_back = await asyncio.gather(desk.place(size=1), return_exceptions=True)
    error = held_back[0]
    assert isinstance(error, QuotaSpentError)
    assert not error.was_sent
    assert error.sentence == "The quota of requests is used up for about 13 s."
    assert len(desk.seen) == 2
    assert await desk.ends(desk.read()) == 5
    assert len(desk.seen) == 3
    assert desk.futures().remaining >= 1995


async def test_a_waiting_read_can_be_canceled() -> None:
    """It leaves nothing behind."""
    desk = Desk(FINE)
    desk.budget.told(Pool.FUTURES, Figures(2000, 0, 12_000), sent_s=0.0, now_s=0.0)

    async def read() -> int:
        return await desk.read()

    task = asyncio.get_running_loop().create_task(read())
    await desk.clock.settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.seen == []
    await desk.http.aclose()


async def test_reads_go_in_the_order_in_which_they_began_to_wait() -> None:
    """A dear one is not overtaken by cheap ones that would fit, nor by who comes when it wakes."""
    desk = Desk(FINE)
    desk.budget.told(Pool.FUTURES, Figures(2000, 605, 12_000), sent_s=0.0, now_s=0.0)
    paths = ["openOrderStatistics", "orders", "fills", "orders/7"]

    async def read(name: str) -> None:
        await desk.http.get(f"/api/v1/{name}", int, signed=True)

    async with asyncio.TaskGroup() as group:
        for path in paths:
            group.create_task(read(path))
            await desk.clock.settle()
        assert desk.seen == [], "orders would fit, but waits behind what does not"
        await desk.clock.advance(11.0)
        group.create_task(read("positions"))
        assert await desk.cancel() == 5, "what is more urgent passes all of them"
        await desk.clock.advance(3.0)
    went = [one.url.path.removeprefix("/api/v1/") for one in desk.seen[1:]]
    assert went == [*paths, "positions"]
    await desk.http.aclose()


async def test_who_gives_up_waiting_stops_nobody() -> None:
    """The next one in line has its turn; nor does a paused call hold up its pool."""
    desk = Desk(FINE)
    desk.budget.endpoint_limited(endpoint("GET", "/api/v1/fills"), 0.0)
    desk.budget.told(Pool.FUTURES, Figures(2000, 605, 5_000), sent_s=0.0, now_s=0.0)

    async def read(name: str) -> int:
        return await desk.http.get(f"/api/v1/{name}", int, signed=True)

    loop = asyncio.get_running_loop()
    first, paused, second = (
        loop.create_task(read(one)) for one in ("openOrderStatistics", "fills", "orders")
    )
    await desk.clock.settle()
    first.cancel()
    await desk.clock.advance(6.0)
    assert second.done()
    assert not paused.done()
    await desk.clock.advance(5.0)
    assert await paused == await second == 5
    await desk.http.aclose()


async def test_waiting_for_a_turn_has_an_end_whoever_is_served_meanwhile() -> None:
    """Another client of the same address may take all there is, window after window."""
    desk = Desk(FINE)

    async def spent_for_ever() -> None:
        while True:
            now_s = desk.clock.monotonic_s()
            figures = Figures(2000, 0, 10_000)
            desk.budget.told(Pool.FUTURES, figures, sent_s=now_s, now_s=now_s)
            await desk.clock.sleep(9.0)

    other = asyncio.get_running_loop().create_task(spent_for_ever())
    await desk.clock.settle()
    error = await desk.ends(desk.read(), 60.0)
    other.cancel()
    assert isinstance(error, QuotaSpentError)
    assert not error.was_sent
    assert desk.seen == []
    await desk.http.aclose()


async def test_a_quota_that_the_gateway_calls_spent_stops_its_pool() -> None:
    """A read comes back after the reset; an order in between is not sent."""
    spent = httpx.Response(
        429, json={"code": "429000", "msg": "quota"}, headers=told_by_headers(0, 12_000)
    )
    desk = Desk(spent, FINE)
    assert await desk.ends(desk.read()) == 5
    assert len(desk.seen) == 2
    assert desk.clock.monotonic_s() > 12
    desk = Desk(spent)
    assert isinstance(await desk.ends(desk.place(), 1.0), QuotaSpentError)
    error = await desk.ends(desk.place(closeOrder=True), 1.0)
    assert isinstance(error, QuotaSpentError)
    assert (len(desk.seen), error.was_sent) == (1, False)


async def test_a_block_of_the_address_stops_all_requests() -> None:
    """Reads wait it out, others are told; after the second one the wait is too long for a read."""
    desk = Desk(httpx.Response(429, content=b"<html>1015</html>"), FINE)
    assert await desk.ends(desk.read(), 40.0) == 5
    desk = Desk(httpx.Response(403, content=b"<html>1015</html>"))
    error = await desk.ends(desk.cancel(), 1.0)
    assert isinstance(error, AddressBlockedError)
    assert error.was_sent
    for request in (Desk.cancel, Desk.place):
        error = await desk.ends(request(desk), 1.0)
        assert isinstance(error, AddressBlockedError)
        assert not error.was_sent
    assert isinstance(await desk.ends(desk.read(), 100.0), AddressBlockedError)
    assert len(desk.seen) == 2


async def test_a_paused_call_pauses_alone() -> None:
    """Ten seconds for that one."""
    desk = Desk(httpx.Response(200, json={"code": "200002", "msg": "slow"}), FINE)
    assert isinstance(await desk.ends(desk.place(), 1.0), EndpointLimitedError)
    assert await desk.ends(desk.read(), 0.1) == 5
    held_back = await desk.ends(desk.place(), 0.1)
    assert isinstance(held_back, EndpointLimitedError)
    assert not held_back.was_sent
    assert await desk.ends(desk.place(), 0.1) != 5
    await desk.clock.advance(10.0)
    assert await desk.ends(desk.place(), 0.1) == 5


async def test_what_never_left_is_not_charged_and_what_is_lost_is() -> None:
    """Also when the waiting was given up."""
    desk = Desk(REFUSED, LOST)
    assert isinstance(await desk.ends(desk.place(), 0.1), TransportError)
    assert desk.futures().remaining == 2000
    assert isinstance(await desk.ends(desk.place(), 0.1), TransportError)
    assert desk.futures().remaining == 1998

    async def never(_: httpx.Request) -> httpx.Response:
        await desk.clock.sleep(1000.0)
        raise AssertionError

    desk.http._client = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(never))

    async def place() -> int:
        return await desk.place()

    task = asyncio.get_running_loop().create_task(place())
    await desk.clock.settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.futures().remaining == 1996
    await desk.http.aclose()


async def test_a_delete_with_a_body_signs_the_bytes_it_sends() -> None:
    """The single exception among the deletes (reference 1.3), against its published vector."""
    desk = Desk(FINE)
    demo = Credentials("demo-key-0001", "demo-secret-0001", "demo-pass")
    desk.http._credentials = demo
    desk.time.offset_ms = 1_700_000_000_000 - START_MS
    path = "/api/v1/orders/multi-cancel"
    assert await desk.http.delete(path, int, None, {"orderIdsList": ["1", "2"]}) == 5
    (request,) = desk.seen
    assert request.content == b'{"orderIdsList":["1","2"]}'
    assert request.headers["KC-API-SIGN"] == "sZF/MxNbFTJ7TkfTwUWIavbmgCaij7Cp8w9f8aZvaj0="
    assert request.headers["Content-Type"] == "application/json"
    await desk.http.aclose()


async def test_a_batch_is_a_list_on_the_wire() -> None:
    """And goes ahead of the rest only when each of its orders can only close."""
    desk = Desk(FINE)
    desk.budget.told(Pool.FUTURES, Figures(2000, 300, 12_000), sent_s=0.0, now_s=0.0)
    batch = [{"clientOid": "a", "reduceOnly": True}, {"clientOid": "b", "closeOrder": True}]
    assert await desk.http.post("/api/v1/orders/multi", int, batch) == 5
    assert json.loads(desk.seen[0].content) == batch
    with pytest.raises(QuotaSpentError):
        await desk.http.post("/api/v1/orders/multi", int, [*batch, {"clientOid": "c"}])
    assert len(desk.seen) == 1
    await desk.http.aclose()
