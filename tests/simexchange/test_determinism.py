"""With time by hand, the same seed and the same script, every byte is the same."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, final

import pytest

ROOT = Path(__file__).parent.parent.parent
START = "1760000000000"
SYMBOLS = "XBTUSDTM,ETHUSDTM"
PUBLIC = (
    f"/contractMarket/level2:{SYMBOLS}",
    f"/contractMarket/level2Depth50:{SYMBOLS}",
    f"/contractMarket/tickerV2:{SYMBOLS}",
    f"/contractMarket/execution:{SYMBOLS}",
    "/contractMarket/limitCandle:XBTUSDTM_1min,ETHUSDTM_5min",
    f"/contract/instrument:{SYMBOLS}",
)
PRIVATE = (
    "/contractMarket/tradeOrders",
    "/contractMarket/tradeOrders:XBTUSDTM",
    "/contractMarket/advancedOrders",
    "/contractAccount/wallet",
    "/contract/positionAll",
)
READS = (
    "/api/v1/contracts/active",
    "/api/v1/allTickers",
    "/api/v1/level2/snapshot?symbol=XBTUSDTM",
    "/api/v1/trade/history?symbol=ETHUSDTM",
    "/api/v1/kline/query?symbol=XBTUSDTM&granularity=60",
    "/api/v1/timestamp",
    "/api/v1/orders?status=active",
    "/api/v1/orders?status=done",
    "/api/v1/stopOrders",
    "/api/v1/fills",
    "/api/v1/positions",
    "/api/v1/account-overview?currency=USDT",
    "/api/v1/no-such-path",
)


@final
class Line:
    """A raw connection that keeps every byte that came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.received = bytearray()

    @classmethod
    async def to(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def _exactly(self, count: int) -> bytes:
        data = await self._reader.readexactly(count)
        self.received += data
        return data

    async def head(self) -> str:
        data = await self._reader.readuntil(b"\r\n\r\n")
        self.received += data
        return data.decode()

    async def ask(self, method: str, path: str, body: str = "", **headers: str) -> Any:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += (
            ["Content-Type: application/json"] if body and "Content_Type" not in headers else []
        )
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        head = await self.head()
        length = int(head.lower().partition("content-length:")[2].split()[0])
        return json.loads(await self._exactly(length))

    async def upgrade(self, path: str) -> None:
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await self.head()

    def say(self, frame: dict[str, Any]) -> None:
        data = json.dumps(frame).encode()
        # A mask of zeros leaves the text as it is.
        head = bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big") + bytes(4)
        self._writer.write(head + data)

    async def frame(self) -> dict[str, Any]:
        first, second = await self._exactly(2)
        length = second & 0x7F
        if length in {126, 127}:
            length = int.from_bytes(await self._exactly(2 if length == 126 else 8), "big")
        data = await self._exactly(length)
        return dict(json.loads(data)) if first == 0x81 else {"type": first}

    async def until(self, identity: str) -> None:
        while (await self.frame()).get("id") != identity:
            pass

    def close(self) -> None:
        self._writer.close()


def signed(ready: dict[str, Any], now_ms: int, method: str, path: str, body: str) -> dict[str, str]:
    def mac(text: str) -> str:
        made = hmac.new(ready["secret"].encode(), text.encode(), hashlib.sha256)
        return base64.b64encode(made.digest()).decode()

    return {
        "KC_API_KEY": ready["api_key"],
        "KC_API_TIMESTAMP": str(now_ms),
        "KC_API_SIGN": mac(f"{now_ms}{method}{path}{body}"),
        "KC_API_PASSPHRASE": mac(ready["passphrase"]),
    }


@final
class Script:
    """A client that does the same things at the same instants."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self.port = int(ready["rest"].rpartition(":")[2])
        self.lines: dict[str, Line] = {}
        self.now_ms = int(START)
        self.pings = 0

    async def line(self, name: str) -> Line:
        self.lines[name] = await Line.to(self.port)
        return self.lines[name]

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        text = "" if body is None else json.dumps(body)
        headers = signed(self.ready, self.now_ms, method, path, text)
        answer = await self.lines["rest"].ask(method, path, text, **headers)
        await self.settle()
        return answer

    async def pass_ms(self, count: int) -> None:
        body = json.dumps({"advance_ms": count})
        control = self.lines["control"]
        answer = await control.ask("POST", "/_sim/time", body, Content_Type="application/json")
        self.now_ms = answer["now_ms"]
        await self.settle()

    async def settle(self) -> None:
        """All that was sent to the streams until now has come."""
        self.pings += 1
        for name in ("public", "private"):
            if name in self.lines:
                self.lines[name].say({"id": f"p{self.pings}", "type": "ping"})
                await self.lines[name].until(f"p{self.pings}")

    async def stream(self, name: str, topics: tuple[str, ...]) -> None:
        token = (await self.call("POST", f"/api/v1/bullet-{name}"))["data"]["token"]
        line = await Line.to(self.port)
        await line.upgrade(f"/endpoint?token={token}&connectId={name}")
        await line.frame()
        is_private = name == "private"
        for number, topic in enumerate(topics):
            frame = {"id": f"s{number}", "type": "subscribe", "topic": topic, "response": True}
            line.say({**frame, "privateChannel": is_private})
            await line.until(f"s{number}")
        self.lines[name] = line

    async def play(self) -> dict[str, str]:
        await self.line("control")
        await self.line("rest")
        await self.stream("public", PUBLIC)
        await self.stream("private", PRIVATE)
        for _ in range(4):
            await self.pass_ms(250)
        await self.trade()
        for path in READS:
            await self.call("GET", path)
        for line in self.lines.values():
            line.close()
        return {
            name: hashlib.sha256(line.received).hexdigest() + f" {len(line.received)}"
            for name, line in self.lines.items()
        }

    async def trade(self) -> None:
        order = {"symbol": "XBTUSDTM", "leverage": 5, "size": 3, "marginMode": "ISOLATED"}
        answer = await self.call("GET", "/api/v1/ticker?symbol=XBTUSDTM")
        price = float(answer["data"]["price"])
        low, near = f"{price - 500:.0f}", f"{price:.0f}"
        placed = []
        for number, fields in enumerate(
            (
                {"side": "buy", "type": "market"},
                {"side": "buy", "type": "limit", "price": low},
                {"side": "buy", "type": "limit", "price": near},
                {"side": "sell", "type": "market", "stop": "down", "stopPriceType": "TP",
                 "stopPrice": f"{price - 20:.0f}"},
                {"side": "sell", "type": "market", "stop": "up", "stopPriceType": "MP",
                 "stopPrice": f"{price + 20:.0f}"},
                {"side": "sell", "type": "limit", "price": "1"},
            )
        ):  # fmt: skip
            body = {**order, **fields, "clientOid": f"t-{number}"}
            placed.append(await self.call("POST", "/api/v1/orders", body))
            await self.pass_ms(70)
        order_id = placed[1]["data"]["orderId"]
        await self.call("DELETE", f"/api/v1/orders/{order_id}")
        await self.call("DELETE", f"/api/v1/orders/{order_id}")
        market = {"move_ticks": -600, "step": 3}
        control = self.lines["control"]
        path, media = "/_sim/market/XBTUSDTM", "application/json"
        await control.ask("POST", path, json.dumps(market), Content_Type=media)
        await self.settle()
        for _ in range(3):
            await self.pass_ms(20_000)


async def played(hash_seed: str, *arguments: str) -> dict[str, str]:
    """What came over each connection (digest and length), from an exchange of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "terminal.simexchange",
        *("--seed", "5", "--start", START, "--paused", *arguments),
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=2**20,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(120):
            ready = json.loads(await process.stdout.readline())
            heard = await Script(ready).play()
            process.stdin.close()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return heard


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), marks=pytest.mark.nightly),
        ("--fault", "frames_dropped=5%@/contractMarket/*"),
        pytest.param(("--fault", "reply_first"), marks=pytest.mark.nightly),
        pytest.param(("--fault", "events_first"), marks=pytest.mark.nightly),
    ],
)
async def test_two_processes_send_the_same_bytes(arguments: tuple[str, ...]) -> None:
    """Whatever order their sets and tables of hashes are in; faults by chance are the same too."""
    first, second = await asyncio.gather(played("1", *arguments), played("2", *arguments))
    assert first == second
    assert set(first) == {"control", "rest", "public", "private"}
    assert int(first["public"].split()[1]) > 100_000
    assert int(first["private"].split()[1]) > 5_000


async def test_another_seed_sends_other_bytes() -> None:
    """So that the comparison could fail."""
    first, second = await asyncio.gather(played("1"), played("1", "--seed", "6"))
    assert all(first[name] != second[name] for name in ("public", "private", "rest"))
