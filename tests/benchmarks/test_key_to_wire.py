"""From a key event delivered to the ladder to the order's bytes handed to the socket."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from terminal.domain.guard import GuardLimits
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.backend import Backend
from terminal.session.clock import SystemClock
from terminal.session.tasks import TaskOwner
from terminal.simexchange.server import House, SimExchange
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter, HandFrameClock
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.workspace import Workspace
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


PRESS_LIMIT_S = 5.0
"""What was not sent by then was refused, and the ladder says why."""
ROUNDS = 100


class Rig:
    """A ladder on real clients on a calm exchange, all in one loop."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, float]] = []

    async def start(self) -> None:
        # A roomy account: with the quota of a small one, our own rate budget rightly keeps presses
        # back after a while, and what would be measured is the waiting.
        self.exchange = SimExchange(is_calm=True, house=House(vip_level=12))
        await self.exchange.start()
        key = self.exchange.key
        clients = connect(
            Hosts(self.exchange.rest, self.exchange.rest),
            Credentials(key.key, key.secret, key.passphrase),
            SystemClock(),
            on_sent=lambda method, _path, at_s: self.sent.append((method, at_s)),
        )
        owner = TaskOwner("bench", lambda name, error: pytest.fail(f"{name}: {error!r}"))
        self.backend = Backend(clients, SystemClock(), owner, GuardLimits)
        self.workspace = Workspace(self.backend.markets)
        self.frame = HandFrameClock()
        self.ladder = LadderViewModel(
            self.workspace,
            self.backend.desk,
            self.backend.account,
            Sizes((1, 2, 3, 4, 5), 1),
            self.frame,
        )
        self.panel = LadderPanel(
            self.ladder, Theme.load(resources() / "themes", "dark"), FrameMeter()
        )
        self.panel.resize(420, 700)
        self.panel.show()
        self.ladder.start()
        await self.backend.start()
        await eventually(lambda: self.backend.markets.contracts, "contracts")
        self.workspace.choose(XBT)
        await eventually(self._is_ready, "a live ladder")
        self.frame.tick()
        QTest.keyClick(self.panel.canvas, Qt.Key.Key_F4)
        QTest.keyClick(self.panel.canvas, Qt.Key.Key_Home)
        for _ in range(5):
            QTest.keyClick(self.panel.canvas, Qt.Key.Key_Down)

    def _is_ready(self) -> bool:
        market = self.workspace.market
        desk, account = self.backend.desk, self.backend.account
        return (
            market is not None
            and market.touch() is not None
            and desk.is_trusted
            and account.is_trusted
            and account.margin_mode(XBT) is not None
        )

    async def press(self) -> float:
        """One order; returns the milliseconds from key to bytes."""
        self.sent.clear()
        pressed_s = monotonic()
        QTest.keyClick(self.panel.canvas, Qt.Key.Key_B)
        # Every turn of the loop counts: an event would add one.
        while not any(method == "POST" for method, _ in self.sent):
            await asyncio.sleep(0)
            assert monotonic() - pressed_s < PRESS_LIMIT_S, self.ladder.trading.message
        sent_s = next(at_s for method, at_s in self.sent if method == "POST")
        return (sent_s - pressed_s) * 1000

    async def clear(self) -> None:
        """Cancel what was placed, so that the next press finds the same book."""
        desk = self.backend.desk
        desk.cancel_all(XBT)
        await eventually(lambda: not desk.working(XBT), "canceled orders")
        await asyncio.sleep(0.04)  # longer than the guard against bouncing keys

    async def stop(self) -> None:
        self.ladder.stop()
        self.panel.close()
        self.panel.deleteLater()
        await self.backend.stop()
        await self.exchange.stop()


@pytest.mark.usefixtures("qapp")
def test_key_press_to_bytes_at_the_socket(benchmark: BenchmarkFixture) -> None:
    loop = asyncio.new_event_loop()
    rig = Rig()
    loop.run_until_complete(rig.start())
    took_ms: list[float] = []

    def press() -> None:
        took_ms.append(loop.run_until_complete(rig.press()))

    def clear() -> None:
        loop.run_until_complete(rig.clear())

    assert rig.ladder.habits.hold_ms == 0, "nothing is held back before it is sent"
    in_rounds(benchmark, press, setup=clear, rounds=ROUNDS, warmup_rounds=3)
    took_ms = sorted(took_ms[3:] if len(took_ms) > ROUNDS else took_ms)
    benchmark.extra_info["key_to_wire_ms_p50"] = took_ms[len(took_ms) // 2]
    benchmark.extra_info["key_to_wire_ms_p99"] = took_ms[int(len(took_ms) * 0.99)]
    loop.run_until_complete(rig.clear())
    loop.run_until_complete(rig.stop())
    loop.close()
