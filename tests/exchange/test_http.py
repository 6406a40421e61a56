"""One signed request: what is sent, and what each kind of answer becomes."""

from __future__ import annotations

import asyncio
import json
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from terminal.domain.errors import TernError
from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import (
    AuthError,
    ClockSkewError,
    ExchangeError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    TransportError,
)
from terminal.exchange.http import HttpClient
from terminal.wire.signing import sign
from tests.support.fake_clock import START_MS, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = Credentials("key", "secret", "pass")
BASE = "http://127.0.0.1:1"


def a_client(answer: Callable[[httpx.Request], httpx.Response]) -> HttpClient:
    return HttpClient(BASE, FakeClock(), SECRETS, transport=httpx.MockTransport(answer))


def saying(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpClient:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return a_client(lambda _: httpx.Response(status, content=content, headers=headers))


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
    ],
)
async def test_answers_that_are_no_success(body: Any, status: int, error: type) -> None:
    client = saying(body, status)
    with pytest.raises(error) as caught:
        await client.get("/x", int)
    await client.aclose()
    assert isinstance(caught.value, ExchangeError)
    assert caught.value.sentence.endswith((".", "insufficient"))


async def test_a_spent_quota_tells_when_it_ends_and_overload_does_not() -> None:
    spent = {"gw-ratelimit-remaining": "0", "gw-ratelimit-reset": "18430"}
    for headers, wait_s in ((spent, 18.43), ({"gw-ratelimit-remaining": "1500"}, None)):
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


async def test_success_without_data_is_an_empty_list() -> None:
    client = saying({"code": "200000", "msg": "Position does not exist"})
    assert await client.get_list("/x", int) == []
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
