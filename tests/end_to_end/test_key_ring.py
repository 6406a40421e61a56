"""A real gnome-keyring in a private D-Bus session: what is stored, where it is, where it is not."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import pytest

from terminal.simexchange.server import SimExchange
from tests.support.deadlines import STRETCH, eventually
from tests.support.ring_driver import PARTS
from tests.support.steady_time import steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parent.parent.parent
WANTED = "TERN_TEST_REAL_KEYRING"
TOOLS = ("dbus-run-session", "gnome-keyring-daemon")
SECRETS = dict(
    zip(
        PARTS, ("6f1d-the-real-key-9c", "6f1d-the-real-secret-9c", "6f1d own words 9c"), strict=True
    )
)
STEP_S = 60.0


@final
class Session:
    """A D-Bus session with an unlocked, empty key ring, and a home that nobody else uses."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._bus: asyncio.subprocess.Process | None = None
        self._ring: asyncio.subprocess.Process | None = None
        run = home / "run"
        run.mkdir(parents=True, mode=0o700)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(run),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_STATE_HOME": str(home / "state"),
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": str(ROOT),
            "TERN_TEST_STRETCH": str(STRETCH),
        }

    async def start(self) -> None:
        """Start the bus, then the key ring on it, unlocked with a new password."""
        pipe = asyncio.subprocess.PIPE
        self._bus = await asyncio.create_subprocess_exec(
            "dbus-run-session",
            "--",
            "sh",
            "-c",
            'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat',
            stdin=pipe,
            stdout=pipe,
            stderr=asyncio.subprocess.DEVNULL,
            env=self.environment,
        )
        assert self._bus.stdout is not None
        address = await asyncio.wait_for(self._bus.stdout.readline(), STEP_S)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address.decode().strip()
        self._ring = await asyncio.create_subprocess_exec(
            "gnome-keyring-daemon",
            "--unlock",
            "--foreground",
            "--components=secrets",
            stdin=pipe,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=self.environment,
        )
        assert self._ring.stdin is not None
        self._ring.stdin.write(b"a password of the ring")
        self._ring.stdin.close()
        await eventually(lambda: list(self.home.rglob("*.keyring")), "a key ring", STEP_S)

    async def stop(self) -> None:
        """End both, the key ring first."""
        if self._ring is not None:
            self._ring.terminate()
            await self._ring.wait()
        if self._bus is not None:
            assert self._bus.stdin is not None
            self._bus.stdin.close()
            await self._bus.wait()

    async def spawn(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start Python in the session."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
            cwd=ROOT,
        )

    async def step(self, step: str, **given: str) -> dict[str, Any]:
        """One step of the driver."""
        process = await self.spawn("-m", "tests.support.ring_driver", step)
        out, err = await asyncio.wait_for(
            process.communicate(json.dumps(given).encode()), STEP_S * STRETCH
        )
        assert process.returncode == 0, err.decode()
        for secret in given.values() if step != "connect" else SECRETS.values():
            assert secret.encode() not in out + err
        answer: dict[str, Any] = json.loads(out.splitlines()[-1])
        return answer

    def files_with(self, texts: tuple[str, ...]) -> list[str]:
        """Files of the home in which one of the texts can be read, in any usual encoding."""
        wanted = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
        files = [path for path in self.home.rglob("*") if path.is_file()]
        assert any(path.suffix == ".keyring" for path in files)
        return [str(path) for path in files if any(one in path.read_bytes() for one in wanted)]


def processes_with(texts: tuple[str, ...]) -> list[str]:
    """Processes whose command line or environment holds one of the texts."""
    found: list[str] = []
    for name in ("cmdline", "environ"):
        for path in Path("/proc").glob(f"[0-9]*/{name}"):
            try:
                content = path.read_bytes()
            except OSError:
                continue  # ended meanwhile, or somebody else's
            if any(text.encode() in content for text in texts):
                found.append(str(path))
    return found


def taken(picture: Path) -> bool:
    """Whether a picture was saved."""
    return picture.is_file() and picture.stat().st_size > 0


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing and not os.environ.get(WANTED):
        pytest.skip(f"needs {', '.join(missing)} (Debian packages: dbus, gnome-keyring)")
    assert not missing, f"{WANTED} is set and {', '.join(missing)} cannot be found"
    session = Session(tmp_path / "home")
    await session.start()
    yield session
    await session.stop()


async def test_secrets_are_in_the_ring_and_nowhere_else(session: Session) -> None:
    """Another process reads them, no file shows them, and deleted is deleted."""
    texts = tuple(SECRETS.values())
    assert await session.step("look") == {"problem": "", "name": "the Secret Service"}
    assert await session.step("load", **SECRETS) == {"is_same": [False] * 3}
    before = {path: path.read_bytes() for path in session.home.rglob("*.keyring")}
    assert await session.step("save", **SECRETS) == {"is_lasting": True, "sentence": ""}
    after = {path: path.read_bytes() for path in session.home.rglob("*.keyring")}
    assert after != before, "the ring holds something that it did not hold"
    assert await session.step("load", **SECRETS) == {"is_same": [True] * 3}
    assert session.files_with(texts) == []
    assert processes_with(texts) == []
    assert await session.step("delete") == {"is_there": False}


async def test_a_locked_ring_is_said_and_blocks_nothing(session: Session) -> None:
    """Nobody is there to unlock it: the answer comes within the deadline."""
    await session.step("save", **SECRETS)
    await session.step("lock")
    assert "is locked" in (await session.step("look"))["problem"]
    kept = await session.step("save", **SECRETS)
    assert not kept["is_lasting"]
    assert "for this session only, never in a file" in kept["sentence"]
    assert "is locked" in (await session.step("load", **SECRETS))["problem"]
    assert session.files_with(tuple(SECRETS.values())) == []


async def test_the_program_stores_an_account_and_opens_it_again(
    session: Session, tmp_path: Path
) -> None:
    """Typed once into the dialog, read from the ring by the next run, asked for when locked."""
    exchange = SimExchange(clock=steady_time())
    await exchange.start()
    key = exchange.key
    texts = (key.key, key.secret, key.passphrase)
    typed = {"key": key.key, "secret": key.secret, "passphrase": key.passphrase}
    answer = await session.step("connect", rest=exchange.rest, name="main", **typed)
    assert answer == {"titles": ["main, live"], "faults": []}
    assert session.files_with(texts) == []
    assert session.files_with(('"name": "main"',)), "the files were read, the list of accounts too"

    calls = await _opened_by_name(session, exchange, tmp_path / "open.png", texts)
    assert calls > 0, "the key came out of the ring"
    assert session.files_with(texts) == []
    logs = [path for path in session.home.rglob("*.log") if path.stat().st_size]
    assert logs, "there are logs in which nothing of it was found"

    await session.step("lock")
    assert await _opened_by_name(session, exchange, tmp_path / "locked.png", texts) == 0
    changed = [name for name in exchange.gateway.calls if name.split()[0] in {"DELETE", "PUT"}]
    assert changed == []
    assert "POST /api/v1/orders" not in exchange.gateway.calls
    await exchange.stop()


async def _opened_by_name(
    session: Session, exchange: SimExchange, picture: Path, texts: tuple[str, ...]
) -> int:
    """Run the program on the stored account; returns how many signed requests it made."""
    before = exchange.gateway.signed_calls
    process = await session.spawn(
        "-m", "terminal", "connect", "--profile", "main", "--futures-host", exchange.rest,
        "--seconds", "4", "--screenshot", str(picture),
    )  # fmt: skip
    ending = asyncio.ensure_future(process.communicate())  # noqa: TID251 - watched while it runs
    held: list[str] = []
    seen: list[str] = []
    while not ending.done():
        held += processes_with(texts)
        seen += processes_with((exchange.rest,))
        await asyncio.wait({ending}, timeout=0.5)
    out, err = await ending
    assert process.returncode == 0, err.decode()
    assert taken(picture)
    assert seen, "the processes were looked at while it ran"
    assert held == [], "no command line and no environment holds a secret"
    for text in texts:
        assert text.encode() not in out + err
    return exchange.gateway.signed_calls - before
