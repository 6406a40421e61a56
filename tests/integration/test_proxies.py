"""Streams pass a proxy on their way to real hosts, and none on loopback."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from terminal.exchange.http import HttpClient
from terminal.exchange.stream import StreamClient
from terminal.exchange.translate import Scales
from terminal.session.clock import SystemClock


def a_stream(endpoint: str, proxy: str) -> tuple[StreamClient, HttpClient]:
    """A public stream whose token names an endpoint."""
    bullet = {
        "token": "t",
        "instanceServers": [
            {
                "endpoint": endpoint,
                "encrypt": True,
                "protocol": "websocket",
                "pingInterval": 18000,
                "pingTimeout": 10000,
            }
        ],
    }
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"code": "200000", "data": bullet})
    )
    clock = SystemClock()
    http = HttpClient("http://127.0.0.1:1", clock, transport=transport)
    return StreamClient(http, clock, Scales(), is_private=False, proxy=proxy), http


@pytest.mark.parametrize("in_environment", [False, True])
async def test_a_stream_asks_the_proxy_for_a_real_host_only(
    monkeypatch: pytest.MonkeyPatch, *, in_environment: bool
) -> None:
    """The setting is used, else what the environment says; never for this machine itself."""
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if in_environment:
        monkeypatch.setenv("https_proxy", address)
        monkeypatch.setenv("http_proxy", address)
    setting = "" if in_environment else address
    for endpoint in ("wss://exchange.invalid/endpoint", "ws://127.0.0.1:1/endpoint"):
        stream, http = a_stream(endpoint, setting)
        assert await stream.run(lambda _fact: None) == "The stream could not be opened."
        await http.aclose()
    assert asked == [b"CONNECT exchange.invalid:443 HTTP/1.1"]
    server.close()
    await server.wait_closed()
