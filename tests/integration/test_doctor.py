"""``python -m terminal doctor`` as a process of its own, on the simulated exchange."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, final

import pytest

from terminal.session.clock import SystemClock
from terminal.simexchange.server import SimExchange
from terminal.storage.profiles import Profile, ProfileStore
from tests.support.deadlines import STRETCH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parent.parent.parent
CHECKS = {
    "futures_host": ["round_trip_ms", "first_answer_ms"],
    "account_host": ["round_trip_ms", "first_answer_ms"],
    "clock": ["offset_ms", "uncertainty_ms", "sample_count"],
    "service": ["service_status"],
    "public_stream": ["token_ms", "opened_ms", "ping_round_trip_ms"],
    "key": ["key_version"],
    "permissions": ["permissions"],
    "key_addresses": ["has_address_list"],
    "account_mode": ["mode"],
    "position_mode": ["mode"],
    "private_stream": ["token_ms", "opened_ms", "ping_round_trip_ms"],
    "order_socket": ["opened_ms", "ping_round_trip_ms"],
    "rate_budget": [
        "public_limit_weight",
        "public_remaining_weight",
        "futures_limit_weight",
        "futures_remaining_weight",
        "management_limit_weight",
        "management_remaining_weight",
        "spot_limit_weight",
        "spot_remaining_weight",
        "unified_limit_weight",
        "unified_remaining_weight",
        "lowest_remaining_percent",
    ],
    "key_ring": ["key_ring"],
    "system_libraries": ["missing_packages"],
    "qt_binding": ["pyside6_version"],
    "docking_library": ["docking_version"],
    "qt_platform": ["platform_plugin", "has_display"],
    "data_folders": ["config_folder", "data_folder", "log_folder", "free_bytes"],
    "settings_file": [],
    "profiles_file": ["account_count"],
    "libraries": [
        "httpx_version",
        "sniffio_version",
        "websockets_version",
        "msgspec_version",
        "qasync_version",
        "pyqtgraph_version",
        "numpy_version",
        "keyring_version",
        "platformdirs_version",
        "aiohttp_version",
    ],
    "versions": ["tern_version", "python_version", "system"],
    "access": ["access"],
}
"""What readers by program rely on: every check in its order, with the names of its figures."""


class Ended(NamedTuple):
    """How the process ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        return {check["name"]: check for check in json.loads(self.out)["checks"]}


def _hear_interrupts() -> None:
    """Who runs the tests in the background may have the children ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@final
class Doctor:
    """Runs the doctor with a home of its own and no key ring."""

    def __init__(self, home: Path, exchange: SimExchange) -> None:
        self.home = home
        self.exchange = exchange
        self.place = ("--rest", exchange.rest, "--ws-api", exchange.ws_api)
        key = exchange.key
        self.parts = {"key": key.key, "secret": key.secret, "passphrase": key.passphrase}

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "terminal",
            "doctor",
            *arguments,
            cwd=ROOT,
            preexec_fn=_hear_interrupts if os.name != "nt" else None,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                **kept,
                "TERN_HOME": str(self.home),
                "QT_QPA_PLATFORM": "offscreen",
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            },
        )

    async def run(self, *arguments: str, key: dict[str, str] | None = None) -> Ended:
        """Run to the end; whatever was said, no part of a key was in it."""
        process = await self.start(*arguments)
        line = b"" if key is None else json.dumps(key).encode()
        async with asyncio.timeout(60 * STRETCH):
            out, err = await process.communicate(line)
        assert process.returncode is not None
        ended = Ended(process.returncode, out.decode(), err.decode())
        for part in {*self.parts.values(), *(key or {}).values()}:
            assert part not in ended.out + ended.err
        assert "Traceback" not in ended.err
        return ended


@pytest.fixture
async def doctor(tmp_path: Path) -> AsyncIterator[Doctor]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    yield Doctor(tmp_path, exchange)
    await exchange.stop()


async def test_an_exchange_a_key_and_a_machine_that_are_fit(doctor: Doctor) -> None:
    """Exit code 0, every check with every figure, and nothing left on the disk."""
    ended = await doctor.run("--json", "--key-stdin", *doctor.place, key=doctor.parts)
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out)
    assert document["is_trading_possible"] is True
    assert document["key_source"] == "standard input"
    assert {name: list(check["figures"]) for name, check in ended.checks.items()} == CHECKS
    assert list(ended.checks) == list(CHECKS)
    assert {check["result"] for check in ended.checks.values()} <= {"ok", "warning"}
    assert ended.checks["order_socket"]["figures"]["ping_round_trip_ms"] > 0
    assert list(doctor.home.iterdir()) == []


async def test_what_stops_trading_is_the_last_line_and_the_exit_code(doctor: Doctor) -> None:
    """A wrong passphrase, in the table for people."""
    wrong = {**doctor.parts, "passphrase": "not-the-right-one"}
    ended = await doctor.run("--key-stdin", *doctor.place, key=wrong)
    assert ended.code == 1
    last = ended.out.splitlines()[-1]
    assert last == "Trading is not possible. What stops it: Key accepted."
    assert "The passphrase or the secret is wrong." in " ".join(ended.out.split())


async def test_nobody_there_is_no_accident(doctor: Doctor) -> None:
    """No network: clear sentences, and what is known of the machine."""
    ended = await doctor.run("--rest", "http://127.0.0.1:1", "--json")
    assert (ended.code, ended.err) == (1, "")
    assert ended.checks["futures_host"]["sentence"] == "No connection could be made."
    assert ended.checks["key"]["result"] == "skipped"
    assert ended.checks["qt_binding"]["result"] == "ok"


async def test_a_stored_account_whose_key_ring_is_gone(doctor: Doctor) -> None:
    """It is found by name, and damaged settings stay where they are."""
    folder = doctor.home / "config"
    rest = doctor.exchange.rest
    ProfileStore(folder, SystemClock()).put(Profile("main", "a1", rest, rest, is_stored=True))
    (folder / "settings.json").write_text("{")
    ended = await doctor.run("--json", "--profile", "main")
    assert ended.code == 1
    document = json.loads(ended.out)
    assert (document["profile"], document["futures_host"]) == ("main", rest)
    assert ended.checks["key"]["result"] == "failed"
    assert "This system has no key ring." in ended.checks["key"]["sentence"]
    assert ended.checks["settings_file"]["result"] == "warning"
    assert sorted(path.name for path in folder.iterdir()) == ["profiles.json", "settings.json"]


async def test_what_contradicts_itself_is_refused_in_one_sentence(doctor: Doctor) -> None:
    """Nothing is looked at."""
    for arguments, key in (
        (("--key-stdin",), {"key": "one-part-alone"}),
        (("--rest", "http://example.org"), None),
    ):
        ended = await doctor.run(*arguments, key=key)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("tern doctor: ")
        assert ended.err.count("\n") == 1
    assert not doctor.exchange.gateway.calls


@pytest.mark.skipif(os.name == "nt", reason="interrupts by signal")
async def test_an_interrupt_ends_it_cleanly(doctor: Doctor) -> None:
    """Its child ends with it."""
    asked = asyncio.Event()
    silent: list[asyncio.StreamWriter] = []

    def hear(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.append(writer)
        asked.set()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await doctor.start("--rest", f"http://127.0.0.1:{port}")
    async with asyncio.timeout(60 * STRETCH):
        await asked.wait()
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    for writer in silent:
        writer.close()
    server.close()
    await server.wait_closed()
    assert (process.returncode, out, err) == (130, b"", b"Interrupted.\n")
