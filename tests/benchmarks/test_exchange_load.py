"""How much the simulated exchange can carry, as a process of its own over loopback.

The clients here are bare sockets in this process, so that what is measured is the exchange.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.benchmarks.children import Child
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

SYMBOLS = (
    "XBTUSDTM", "ETHUSDTM", "SOLUSDTM", "XRPUSDTM", "DOGEUSDTM",
    "LINKUSDTM", "BNBUSDTM", "ADAUSDTM", "LTCUSDTM", "AVAXUSDTM",
)  # fmt: skip
HOUR_MS = 3_600_000
ORDERS = 2_000
IN_FLIGHT = 50


@pytest.fixture
def child(request: pytest.FixtureRequest) -> Iterator[Child]:
    child = Child(*request.param)
    yield child
    child.end()


def an_order(number: int, price: str) -> dict[str, Any]:
    return {
        "clientOid": f"load-{number}",
        "symbol": "XBTUSDTM",
        "side": "buy",
        "type": "limit",
        "price": price,
        "size": 1,
        "leverage": 5,
    }


async def a_low_price(session: aiohttp.ClientSession, rest: str) -> str:
    """A price far below the market, where nothing fills."""
    async with session.get(f"{rest}/api/v1/ticker?symbol=XBTUSDTM") as answer:
        return str(round(float((await answer.json())["data"]["price"]) * 0.97))


async def level2(child: Child, seconds: float) -> tuple[int, float]:
    """Changes of the book of ten contracts that arrive in so many seconds, and the seconds."""
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{child.ready['rest']}/api/v1/bullet-public") as answer:
            data = (await answer.json())["data"]
        url = f"{data['instanceServers'][0]['endpoint']}?token={data['token']}"
        async with session.ws_connect(url) as wire:
            await wire.receive()
            topic = f"/contractMarket/level2:{','.join(SYMBOLS)}"
            await wire.send_json({"id": "1", "type": "subscribe", "topic": topic, "response": True})
            while '"ack"' not in (await wire.receive()).data:
                pass
            count, began = 0, time.perf_counter()
            while (passed := time.perf_counter() - began) < seconds:
                await wire.receive()
                count += 1
            return count, passed


async def over_rest(child: Child) -> float:
    """Orders placed and canceled one after the other, several at a time; orders per second."""
    rest = child.ready["rest"]
    numbers = iter(range(ORDERS))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session:
        price = await a_low_price(session, rest)

        async def work() -> None:
            for number in numbers:
                body = json.dumps(an_order(number, price))
                headers = child.secrets.headers("POST", "/api/v1/orders", body)
                async with session.post(
                    f"{rest}/api/v1/orders", data=body, headers=headers
                ) as answer:
                    placed = await answer.json()
                assert placed["code"] == "200000", placed
                path = f"/api/v1/orders/{placed['data']['orderId']}"
                async with session.delete(
                    f"{rest}{path}", headers=child.secrets.headers("DELETE", path)
                ) as answer:
                    canceled = await answer.json()
                assert canceled["code"] == "200000", canceled

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(16)))
        return ORDERS / (time.perf_counter() - began)


async def over_socket(child: Child) -> float:
    """The same with up to fifty commands in flight on one order socket."""
    ready = child.ready
    stamp = str(time.time_ns() // 1_000_000)
    query = (
        f"apikey={ready['api_key']}&timestamp={stamp}"
        f"&sign={quote(child.secrets.mac(ready['api_key'] + stamp), safe='')}"
        f"&passphrase={quote(child.secrets.mac(ready['passphrase']), safe='')}"
    )
    async with aiohttp.ClientSession() as session:
        price = await a_low_price(session, ready["rest"])
        async with session.ws_connect(f"{ready['ws_api']}?{query}") as wire:
            await wire.send_str(child.secrets.mac((await wire.receive()).data))
            assert json.loads((await wire.receive()).data)["data"] == "welcome"
            room = asyncio.Semaphore(IN_FLIGHT)

            async def send() -> None:
                for number in range(ORDERS):
                    await room.acquire()
                    args: dict[str, Any] = an_order(number, price)
                    await wire.send_json({"id": f"p{number}", "op": "futures.order", "args": args})
                    args = {"clientOid": args["clientOid"], "symbol": args["symbol"]}
                    await wire.send_json({"id": f"c{number}", "op": "futures.cancel", "args": args})

            began = time.perf_counter()
            sending = asyncio.get_running_loop().create_task(send())
            for _ in range(2 * ORDERS):
                reply = json.loads((await wire.receive()).data)
                assert reply["code"] == "200000", reply
                if reply["id"].startswith("c"):
                    room.release()
            await sending
            return ORDERS / (time.perf_counter() - began)


ROOMY = ("--calm", "--vip", "12")


@pytest.mark.parametrize("child", [("--speed", "max")], indirect=True)
def test_book_changes_of_ten_contracts_streamed(child: Child, benchmark: BenchmarkFixture) -> None:
    """As many as come through when time runs as fast as it can."""

    def run() -> float:
        count, seconds = asyncio.run(level2(child, 5.0))
        assert count > 0
        return count / seconds

    rate = in_rounds(benchmark, run, rounds=3)
    benchmark.extra_info["changes_per_s"] = round(rate)


@pytest.mark.parametrize("child", [ROOMY], indirect=True)
def test_orders_over_rest(child: Child, benchmark: BenchmarkFixture) -> None:
    rate = in_rounds(benchmark, lambda: asyncio.run(over_rest(child)), rounds=1)
    benchmark.extra_info["orders_per_s"] = round(rate)


@pytest.mark.parametrize("child", [ROOMY], indirect=True)
def test_orders_over_the_order_socket(child: Child, benchmark: BenchmarkFixture) -> None:
    rate = in_rounds(benchmark, lambda: asyncio.run(over_socket(child)), rounds=1)
    benchmark.extra_info["orders_per_s"] = round(rate)


async def pass_hours(child: Child, hours: int = 1) -> None:
    """Step time by hand, a minute at a time."""
    control = child.ready["control"]
    async with aiohttp.ClientSession() as session:
        for _ in range(60 * hours):
            body = {"advance_ms": HOUR_MS // 60}
            async with session.post(f"{control}/time", json=body) as answer:
                assert answer.status == 200, await answer.text()


async def trades(child: Child) -> int:
    """How many trades all contracts had, by a number that begins somewhere: for differences."""
    async with aiohttp.ClientSession() as session:
        rest, total = child.ready["rest"], 0
        async with session.get(f"{rest}/api/v1/contracts/active") as answer:
            symbols = [str(row["symbol"]) for row in (await answer.json())["data"]]
        assert len(symbols) >= 12
        for symbol in symbols:
            async with session.get(f"{rest}/api/v1/ticker?symbol={symbol}") as answer:
                total += int((await answer.json())["data"]["tradeId"])
        return total


@pytest.mark.parametrize("child", [("--paused",)], indirect=True)
def test_memory_after_a_simulated_hour(child: Child, benchmark: BenchmarkFixture) -> None:
    if benchmark.disabled:
        pytest.skip("an hour takes most of a minute")
    before = child.memory_mb
    in_rounds(benchmark, lambda: asyncio.run(pass_hours(child)), rounds=1)
    after = child.memory_mb
    benchmark.extra_info["mb_before"] = round(before, 1)
    benchmark.extra_info["mb_after"] = round(after, 1)
    assert after < 2 * before, "an hour must not double it"


@pytest.mark.parametrize("child", [("--paused", "--start", "2026-01-05T00:00:00Z")], indirect=True)
def test_a_simulated_day_at_full_speed(child: Child, benchmark: BenchmarkFixture) -> None:
    """All contracts for a day: how long it takes, and memory at its start, middle and end.

    What a day adds is the history that anybody may ask for: each minute's candle, and what the
    figures of its index and premium need, together about a hundred bytes.
    """
    if benchmark.disabled:
        pytest.skip("a day takes minutes")
    faulthandler.cancel_dump_traceback_later()  # longer than a test may be silent elsewhere
    asyncio.run(pass_hours(child))  # what is made when it is first asked for is there from then on
    memory, before = [child.memory_mb], asyncio.run(trades(child))

    def run() -> None:
        for _ in range(2):
            asyncio.run(pass_hours(child, 12))
            memory.append(child.memory_mb)

    in_rounds(benchmark, run, rounds=1)
    benchmark.extra_info["trades"] = asyncio.run(trades(child)) - before
    benchmark.extra_info["mb"] = [round(megabytes, 1) for megabytes in memory]
    assert memory[2] - memory[1] <= 4, "half a day adds next to nothing"
    assert memory[2] - memory[0] <= 10
