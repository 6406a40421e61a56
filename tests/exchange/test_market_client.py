"""Reading the book: with a key only where the exchange insists on one."""

from __future__ import annotations

import httpx
import pytest

from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import AuthError
from terminal.exchange.http import HttpClient
from terminal.exchange.market_client import MarketClient
from terminal.exchange.translate import Scales
from tests.support.builders import XBT, a_contract
from tests.support.fake_clock import FakeClock

BOOK = {
    "symbol": XBT,
    "sequence": 7,
    "bids": [[100.0, 1]],
    "asks": [["100.1", "2"]],
    "ts": 1_760_000_000_456_000_000,
}


class Exchange:
    """Serves the full book to signed requests, or to all; notes whether they were signed."""

    def __init__(self, *, needs_key: bool) -> None:
        self._needs_key = needs_key
        self.asked: list[tuple[str, bool]] = []
        transport = httpx.MockTransport(self._answer)
        self._clients = [
            HttpClient("http://127.0.0.1:1", FakeClock(), keys, transport=transport)
            for keys in (None, Credentials("k", "s", "p"))
        ]
        self._scales = Scales()
        self._scales.learn([a_contract()])

    def client(self, *, with_key: bool = True) -> MarketClient:
        public, signed = self._clients
        return MarketClient(public, self._scales, signed if with_key else None)

    async def aclose(self) -> None:
        for client in self._clients:
            await client.aclose()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        is_signed = "KC-API-SIGN" in request.headers
        self.asked.append((request.url.path, is_signed))
        if self._needs_key and not is_signed and request.url.path.endswith("snapshot"):
            refusal = {"code": "400001", "msg": "Please check the header of your request"}
            return httpx.Response(401, json=refusal)
        return httpx.Response(200, json={"code": "200000", "data": BOOK})


PATH = "/api/v1/level2/snapshot"


async def test_the_full_book_is_asked_for_without_a_key_where_that_works() -> None:
    exchange = Exchange(needs_key=False)
    client = exchange.client()
    assert (await client.book_snapshot(XBT)).sequence == 7
    assert exchange.asked == [(PATH, False)]
    await exchange.aclose()


async def test_a_refused_full_book_is_asked_for_with_the_key_from_then_on() -> None:
    exchange = Exchange(needs_key=True)
    client = exchange.client()
    for _ in range(2):
        assert (await client.book_snapshot(XBT)).sequence == 7
    assert exchange.asked == [(PATH, False), (PATH, True), (PATH, True)]
    await exchange.aclose()


async def test_without_a_key_the_refusal_is_said_and_the_best_levels_are_there() -> None:
    exchange = Exchange(needs_key=True)
    client = exchange.client(with_key=False)
    with pytest.raises(AuthError):
        await client.book_snapshot(XBT)
    depth = await client.book_depth(XBT, 100)
    assert (depth.rows, depth.bids, depth.asks) == (100, ((1000, 1),), ((1001, 2),))
    with pytest.raises(ValueError, match="not 50"):
        await client.book_depth(XBT, 50)
    await exchange.aclose()
