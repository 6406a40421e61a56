"""The whole program is closed with something standing: every way out, and what the exchange has."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from terminal.app.cli import Command, Options
from terminal.app.demo import DemoExchange
from terminal.app.faults import Faults
from terminal.app.program import ProgramRun
from terminal.domain.events import MarginMode, StopDirection, StopReference
from terminal.domain.ticket import StopTrigger, close_ticket
from terminal.domain.units import Lots, Price, Side
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.fuse import FuseState
from terminal.simexchange.server import SimExchange
from terminal.storage.paths import Paths
from terminal.widgets.leaving import LeavingDialog
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.qt_loop import run_on_qt
from tests.support.steady_time import steady_time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path
    from typing import Any

    from terminal.app.wiring import Program

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Open:
    """The program on an exchange that outlives it."""

    def __init__(self, run: ProgramRun, exchange: SimExchange, main: asyncio.Task[int]) -> None:
        self.run = run
        self.exchange = exchange
        self.main = main

    @property
    def program(self) -> Program:
        program = self.run._program
        assert program is not None
        return program

    @property
    def window(self) -> QWidget:
        return self.program.window

    def is_live(self) -> bool:
        program = self.run._program
        return (
            program is not None
            and bool(program.ladder.view.rows)
            and program.ladder.view.stale is None
            and program.backend.desk.is_trusted
            and program.backend.account.is_trusted
            and program.backend.account.margin_mode(XBT) is not None
        )

    async def trade(self) -> None:
        """A position with a stop, and an entry."""
        desk, workspace = self.program.backend.desk, self.program.workspace
        assert workspace.market is not None
        touch = workspace.market.touch()
        assert touch is not None
        assert touch.best_ask is not None
        ask = touch.best_ask
        desk.submit(a_ticket(side=Side.BUY, price=Price(ask + 2), lots=Lots(3)))
        desk.submit(a_ticket(side=Side.BUY, price=Price(ask - 400), lots=Lots(2)))
        await eventually(lambda: self.stands[0] == 3, "a position")
        trigger = StopTrigger(StopDirection.DOWN, StopReference.LAST, Price(ask - 5000))
        desk.close_position(close_ticket(XBT, MarginMode.ISOLATED, trigger=trigger))
        await eventually(lambda: self.stands == (3, 1, 1), "an entry and a stop")
        await eventually(
            lambda: (
                len(desk.working()) == 2
                and len(self.program.backend.account.positions()) == 1
                and not desk.flags_unknown
            ),
            "the client's word",
        )

    @property
    def stands(self) -> tuple[int, int, int]:
        """The exchange's own lots, entries, and waiting stops."""
        account = self.exchange.engine.account
        position = account.positions.get(XBT)
        waiting = sum(order.waits for order in account.active())
        lots = 0 if position is None else position.lots
        return lots, len(account.active()) - waiting, waiting

    @property
    def dialogs(self) -> list[LeavingDialog]:
        found = self.window.findChildren(LeavingDialog)
        return [one for one in found if one.isVisible()]

    async def asked(self) -> LeavingDialog:
        await eventually(lambda: self.dialogs, "the question")
        (dialog,) = self.dialogs
        return dialog

    def click(self, name: str) -> None:
        (dialog,) = self.dialogs
        button = dialog.findChild(QPushButton, f"leaving.{name}")
        assert isinstance(button, QPushButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    async def over(self) -> int:
        await eventually(self.main.done, "the end of the program", 30)
        return self.main.result()


def with_program(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    play: Callable[[Open], Coroutine[Any, Any, None]],
) -> None:
    """Run the program on an exchange of our own, which is looked at when it has ended."""
    faults = Faults()

    async def work() -> None:
        exchange = SimExchange(is_calm=True, clock=steady_time())
        await exchange.start()
        key = exchange.key

        async def start(_self: DemoExchange) -> tuple[Hosts, Credentials]:
            return (
                Hosts(exchange.rest, exchange.rest),
                Credentials(key.key, key.secret, key.passphrase),
            )

        async def stop(_self: DemoExchange) -> None:
            """It goes on: what stands afterwards is what counts."""

        monkeypatch.setattr(DemoExchange, "start", start)
        monkeypatch.setattr(DemoExchange, "stop", stop)
        run = ProgramRun(
            Options(Command.DEMO), Paths.of_system({"TERN_HOME": str(tmp_path)}), faults
        )
        main = asyncio.get_running_loop().create_task(run.main())
        opened = Open(run, exchange, main)
        await eventually(lambda: main.done() or opened.is_live(), "a live ladder", 30)
        assert not main.done(), "it ended before it was live"
        try:
            await opened.trade()
            await play(opened)
        finally:
            if not main.done():
                run._finish(0)
            await main
            await exchange.stop()

    run_on_qt(work())
    assert faults.texts == []


def test_it_is_asked_once_and_staying_and_keeping_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(one: Open) -> None:
        fuse = one.program.backend.fuse
        assert fuse.light(60) == ""
        await eventually(lambda: fuse.status.state is FuseState.LIT, "a burning fuse")
        one.window.close()
        dialog = await one.asked()
        one.window.close()
        one.window.close()
        assert one.dialogs == [dialog], "a second wish does not ask twice"
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await eventually(lambda: not one.dialogs, "staying")
        assert not one.main.done()
        assert one.window.isVisible()
        assert one.exchange.engine.dead_man.settings, "who stays keeps the fuse"
        one.window.close()
        QTest.keyClick(await one.asked(), Qt.Key.Key_Return)
        assert await one.over() == 0
        assert one.stands == (3, 1, 1)
        assert not one.exchange.engine.dead_man.settings, "who keeps orders puts it out"

    with_program(tmp_path, monkeypatch, play)


@pytest.mark.skipif(os.name == "nt", reason="asks by signal")
def test_a_polite_kill_asks_and_entries_can_go_while_protection_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(one: Open) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await one.asked()
        assert one.program.safety.leaving.view.countdown
        one.click("cancel")
        assert await one.over() == 0
        assert one.stands == (3, 0, 1)

    with_program(tmp_path, monkeypatch, play)


def test_stopped_by_key_and_left_flat_and_still_stopped_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(one: Open) -> None:
        button = one.window.findChild(QPushButton, "kill.button")
        bar = one.window.findChild(QWidget, "stop")
        assert isinstance(button, QPushButton)
        assert isinstance(bar, QWidget)
        assert button.isVisible()
        assert not bar.isVisible()
        # Into the widget: a key into the window's handle would spin the loop under this coroutine.
        QTest.keyClick(one.program.ladder_widget.canvas, Qt.Key.Key_F12)
        switch = one.program.backend.kill_switch
        await eventually(lambda: switch.status.is_finished, "the end of stopping")
        assert one.stands == (3, 0, 1)
        await eventually(bar.isVisible, "the bar that says so")
        one.window.close()
        await one.asked()
        one.click("flatten")
        assert await one.over() == 0
        assert one.stands == (0, 0, 0)

    with_program(tmp_path, monkeypatch, play)
    (kept,) = (tmp_path / "config").glob("stopped-*.json")
    assert '"is_finished": true' in kept.read_text()
