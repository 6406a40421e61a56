"""``python -m terminal.simexchange`` as a process."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.__main__ import made
from terminal.simexchange.options import parsed
from tests.support.asker import Asker
from tests.support.deadlines import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parent.parent.parent
DEADLINE_S = 30
FIELDS = {
    *("rest", "ws_api", "api_key", "secret", "passphrase", "keys", "accounts"),
    *("control", "seed", "start"),
}
posix = pytest.mark.skipif(os.name != "posix", reason="signals and parents of POSIX")


@asynccontextmanager
async def process_of(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "terminal.simexchange", *arguments),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        limit=2**20,
    )
    try:
        async with asyncio.timeout(2 * DEADLINE_S):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def ready_line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    return dict(json.loads(await process.stdout.readline()))


async def end_of(process: asyncio.subprocess.Process) -> tuple[int, str]:
    """Exit code, and what was said on standard error."""
    assert process.stderr is not None
    async with asyncio.timeout(DEADLINE_S):
        errors = (await process.stderr.read()).decode()
        return await process.wait(), errors


async def refused(*arguments: str) -> str:
    async with process_of(*arguments) as process:
        code, errors = await end_of(process)
    assert code == 2
    return errors


async def test_one_ready_line_then_service_then_the_end_of_its_input(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    async with process_of("--port", "0", "--seed", "7", "--ready-file", str(ready)) as process:
        line = await ready_line(process)
        assert set(line) == FIELDS
        assert json.loads(ready.read_text()) == line
        assert [name for _, _, names in os.walk(tmp_path) for name in names] == ["ready.json"]
        if os.name == "posix":
            assert ready.stat().st_mode & 0o777 == 0o600
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"{line['rest']}/api/v1/timestamp")
            assert json.loads(await answer.text())["code"] == "200000"
        assert process.stdin is not None
        process.stdin.close()
        assert await end_of(process) == (0, "")
    assert not ready.exists()


async def test_everything_asked_for_is_there() -> None:
    async with process_of(
        *("--seed", "3", "--start", "1760000000000", "--paused", "--calm", "--vip", "5"),
        *("--key", "bot:General@desk", "--fault", "status=cancelonly", "--token-life", "9"),
        *("--switch", "updated_at_unit=ns", "--fault", "frames_dropped=3@/a:*"),
    ) as process:
        line = await ready_line(process)
        assert (line["seed"], line["start"]) == (3, 1_760_000_000_000)
        assert [(key["name"], key["account"]) for key in line["keys"]] == [
            ("demo", "main"),
            ("bot", "desk"),
        ]
        assert line["keys"][0]["secret"] == line["secret"]
        async with aiohttp.ClientSession() as session:
            state = await (await session.get(f"{line['control']}/state")).json()
            answer = await session.get(f"{line['rest']}/api/v1/status")
            assert answer.headers["gw-ratelimit-limit"] == "2000", "public for everybody"
            assert json.loads(await answer.text())["data"]["status"] == "cancelonly"
        assert state["time"]["now_ms"] == 1_760_000_000_000
        assert state["switches"]["updated_at_unit"] == "ns"
        assert state["faults"]["frames_dropped"] == "3:1@/a:*"


def test_what_is_asked_for_reaches_the_exchange() -> None:
    arguments = ["--vip", "5", "--token-life", "9", "--speed", "0", "--start", "1000"]
    exchange = made(parsed(arguments))
    assert exchange.tokens.life_s == 9
    assert exchange.quota.pool("Futures", "somebody").limit == 7000
    assert (exchange.clock.speed, exchange.clock.now_ms()) == (0, 1000)


async def disturb(line: dict[str, Any], session: aiohttp.ClientSession) -> asyncio.Task[object]:
    """An open stream, and an order whose answer is late."""
    token = json.loads(await (await session.post(f"{line['rest']}/api/v1/bullet-public")).text())
    url = f"{line['rest']}/endpoint?token={token['data']['token']}"
    stream = await session.ws_connect(url)
    topic = "/contractMarket/level2:XBTUSDTM"
    await stream.send_json({"id": "1", "type": "subscribe", "topic": topic, "response": True})
    while (await stream.receive_json())["type"] != "message":
        pass
    late = asyncio.get_running_loop().create_task(_late(line, session))
    state: dict[str, Any] = {}
    while "POST /api/v1/orders" not in state.get("calls", {}):
        state = await (await session.get(f"{line['control']}/state")).json()
        await asyncio.sleep(0)
    return late


async def _late(line: dict[str, Any], session: aiohttp.ClientSession) -> object:
    body = json.dumps(
        {"clientOid": "1", "symbol": "XBTUSDTM", "side": "buy", "type": "market", "size": 1,
         "leverage": 5}
    )  # fmt: skip
    answer = await session.get(f"{line['rest']}/api/v1/timestamp")
    stamp = str(json.loads(await answer.text())["data"])

    def mac(text: str) -> str:
        made = hmac.new(line["secret"].encode(), text.encode(), hashlib.sha256)
        return base64.b64encode(made.digest()).decode()

    headers = {
        "Content-Type": "application/json",
        "KC-API-KEY": line["api_key"],
        "KC-API-TIMESTAMP": stamp,
        "KC-API-SIGN": mac(f"{stamp}POST/api/v1/orders{body}"),
        "KC-API-PASSPHRASE": mac(line["passphrase"]),
    }
    try:
        url = f"{line['rest']}/api/v1/orders"
        async with session.post(url, data=body, headers=headers) as placed:
            return await placed.text()
    except (aiohttp.ClientError, ConnectionError) as error:
        return error


@posix
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "input"])
async def test_it_ends_cleanly_with_streams_open_and_answers_under_way(
    how: str, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    arguments = ("--ready-file", str(ready), "--fault", "answer_delay_s=1000")
    async with aiohttp.ClientSession() as session, process_of(*arguments) as process:
        late = await disturb(await ready_line(process), session)
        if how == "input":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(getattr(signal, how))
        assert await end_of(process) == (0, "")
        assert not isinstance(await late, str), "no answer was made up"
    assert not ready.exists()


@posix
async def test_it_ends_when_its_parent_dies(tmp_path: Path) -> None:
    """Also when nobody holds its standard input."""
    ready = tmp_path / "ready"
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-m', 'terminal.simexchange', '--ready-file', "
        f"{str(ready)!r}], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)\n"
        "time.sleep(600)\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    await eventually(ready.exists, "the ready file", DEADLINE_S)
    port = int(json.loads(ready.read_text())["rest"].rpartition(":")[2])
    parent.kill()
    await parent.wait()
    await eventually(lambda: not ready.exists(), "the end of the orphan", DEADLINE_S)
    await eventually(lambda: is_free(port), "its port", DEADLINE_S)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


async def test_several_clients_with_several_keys_at_once() -> None:
    keys = [argument for n in range(4) for argument in ("--key", f"k{n}@a{n % 2}")]
    async with aiohttp.ClientSession() as session, process_of(*keys) as process:
        line = await ready_line(process)
        assert len({key["api_key"] for key in line["keys"]}) == 5
        assert len({key["uid"] for key in line["keys"]}) == 3
        placed = await asyncio.gather(*(_late({**line, **key}, session) for key in line["keys"]))
    codes = [json.loads(str(text))["code"] for text in placed]
    # The five share one clientOid; three accounts take it once each, the repetitions may be over.
    assert codes.count("200000") >= 3


async def test_a_busy_port_is_one_sentence() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        errors = await refused("--port", str(busy.getsockname()[1]))
    assert errors.startswith("Cannot listen on 127.0.0.1:")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("--port", "x"), ("--what",), ("--ready-file", "/no/such/folder/x")]
)
async def test_wrong_arguments_are_one_sentence(arguments: tuple[str, ...]) -> None:
    errors = await refused(*arguments)
    assert errors.startswith("python -m terminal.simexchange: ")
    assert errors.count("\n") == 1


def test_rhythms_are_those_that_were_asked_for() -> None:
    """Told with tokens; settlements come and go by them."""
    exchange = made(
        parsed(
            [
                *("--start", "1760000000000", "--paused", "--calm"),
                *("--ping-interval", "5", "--ping-timeout", "3"),
                *("--funding-interval", "60", "--settlement-lasts", "7"),
            ]
        )
    )
    exchange.engine.settlements.start()
    ask = Asker(exchange)
    (server,) = ask.data("/api/v1/bullet-public", method="POST")["instanceServers"]
    assert (server["pingInterval"], server["pingTimeout"]) == (5000, 3000)
    told = ask.data("/api/v1/contracts/XBTUSDTM")
    assert told["fundingRateGranularity"] == 60_000
    exchange.clock.advance(told["nextFundingRateTime"] / 1000)
    assert "XBTUSDTM" in exchange.engine.settlements.settling
    exchange.clock.advance(6.9)
    assert "XBTUSDTM" in exchange.engine.settlements.settling
    exchange.clock.advance(0.2)
    assert not exchange.engine.settlements.settling
    exchange.clock.advance(53)
    assert "XBTUSDTM" in exchange.engine.settlements.settling


async def test_what_was_done_is_there_again_at_the_next_start(tmp_path: Path) -> None:
    """Money and keys outlive the process, and so does the instant at which it all began."""
    path = tmp_path / "state.json"
    arguments = ("--state", str(path), "--calm", "--save-every", "0.2")
    found: list[dict[str, Any]] = []
    for turn in range(2):
        async with process_of(*arguments) as process:
            line = await ready_line(process)
            async with aiohttp.ClientSession() as session:
                control = f"{line['control']}/accounts"
                if turn == 0:
                    body = {"name": "main", "deposit": {"main": {"USDT": "-123"}}}
                    await (await session.post(control, json=body)).read()
                found.append({**line, "accounts": await (await session.get(control)).json()})
            assert process.stdin is not None
            process.stdin.close()
            assert await end_of(process) == (0, "")
    assert found[0]["accounts"] == found[1]["accounts"]
    assert found[1]["accounts"][0]["balances"]["main"]["USDT"] == "49877"
    assert (found[0]["keys"], found[0]["start"]) == (found[1]["keys"], found[1]["start"])


async def test_a_damaged_state_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("not a state")
    async with process_of("--state", str(path)) as process:
        code, errors = await end_of(process)
    assert (code, errors.count("\n")) == (2, 1)
    assert "it was left as it is" in errors
    assert path.read_text() == "not a state"


async def test_two_processes_do_not_use_one_state(tmp_path: Path) -> None:
    """The second one ends with a sentence; who comes after the first one was killed does not."""
    path = tmp_path / "state.json"
    arguments = ("--state", str(path), "--calm")
    async with process_of(*arguments) as first:
        await ready_line(first)
        before = path.read_bytes()
        assert await refused(*arguments) == (
            f"{path} is used by another exchange, process {first.pid}; it was left as it is.\n"
        )
        assert path.read_bytes() == before
        first.kill()
        await first.wait()
        async with process_of(*arguments) as second:
            await ready_line(second)
