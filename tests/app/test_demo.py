"""The simulated exchange as a child process."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminal.app import demo as demo_module
from terminal.app.demo import DemoError, DemoExchange
from terminal.exchange.connect import connect
from terminal.session.clock import SystemClock
from tests.support.deadlines import eventually
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.hosts import Hosts

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.usefixtures("qapp")


async def can_read(hosts: Hosts, credentials: Credentials) -> bool:
    clients = connect(hosts, credentials, SystemClock())
    await clients.market.contracts()
    wallet = await clients.account.wallet("USDT")
    await clients.aclose()
    return wallet.equity.amount > 0


def test_a_child_that_serves_and_ends_when_asked() -> None:
    async def work() -> None:
        demo = DemoExchange(7)
        hosts, credentials = await demo.start()
        assert hosts.orders.startswith("ws://127.0.0.1:")
        assert await can_read(hosts, credentials)
        process = demo.process_id
        died: list[int] = []
        demo.died.connect(lambda: died.append(1))
        await demo.stop()
        await demo.stop()
        assert not died
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)

    run_on_qt(work())


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_a_child_that_dies_is_told_and_replaced_in_its_place() -> None:
    async def work() -> None:
        demo = DemoExchange(7)
        died: list[int] = []
        demo.died.connect(lambda: died.append(1))
        hosts, credentials = await demo.start()
        os.kill(demo.process_id, signal.SIGKILL)
        await eventually(lambda: died, "the news")
        again, same = await demo.start()
        assert again == hosts
        assert same == credentials
        assert await can_read(hosts, credentials)
        await demo.stop()

    run_on_qt(work())


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_a_frozen_child_without_standard_output_is_found_by_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A windowed program may have no standard streams; the same child serves all the same."""
    program = tmp_path / "tern"
    program.write_text(
        f'#!/bin/sh\nshift\ncd "{ROOT}"\n'
        f'exec "{sys.executable}" -m terminal.simexchange "$@" >/dev/null 2>&1\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))

    async def work() -> None:
        demo = DemoExchange(7)
        hosts, credentials = await demo.start()
        assert await can_read(hosts, credentials)
        await demo.stop()

    run_on_qt(work())


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("/no/such/program", []), "could not be started"),
        (("sh", ["-c", "echo oops >&2; exit 3"]), "code 3. oops"),
        (("sh", ["-c", "echo nonsense; sleep 60"]), "cannot be read"),
        (("sh", ["-c", "sleep 60"]), "not ready within"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_children_that_do_not_become_an_exchange(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, list[str]], words: str
) -> None:
    monkeypatch.setattr(demo_module, "READY_TIMEOUT_MS", 300)
    monkeypatch.setattr(demo_module, "END_TIMEOUT_MS", 100)
    monkeypatch.setattr(DemoExchange, "_command", lambda _self: command)

    async def work() -> None:
        demo = DemoExchange(7)
        with pytest.raises(DemoError) as caught:
            await demo.start()
        assert words in caught.value.sentence
        await demo.stop()

    run_on_qt(work())
