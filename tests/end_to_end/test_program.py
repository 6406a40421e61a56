"""The program in this process: the child that dies, the restart, the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QPushButton

from terminal.app.cli import Command, Options
from terminal.app.faults import Faults
from terminal.app.program import ProgramRun
from terminal.domain.order import OrderState
from terminal.domain.units import Price, Side
from terminal.session.clearing import ClearingKind
from terminal.session.feed import FeedStatus
from terminal.storage.paths import Paths
from terminal.storage.settings import SettingsStore
from terminal.viewmodels.keys import Chord, LadderAction
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.text import EMPTY
from terminal.widgets.latency import LatencyDialog
from terminal.widgets.limits import LimitsDialog
from terminal.widgets.settings import SettingsDialog
from terminal.widgets.trail import TrailDialog
from tests.support.deadlines import eventually
from tests.support.fake_clock import FakeClock
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from terminal.app.wiring import Program

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(autouse=True)
def _signals_as_before() -> object:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def with_program(
    tmp_path: Path, play: Callable[[ProgramRun, Program], Coroutine[Any, Any, None]]
) -> tuple[int, Faults]:
    """Run the whole program and play with it once its ladder is live; returns its exit code."""
    faults = Faults()
    codes: list[int] = []

    async def work() -> None:
        paths = Paths.of_system({"TERN_HOME": str(tmp_path)})
        run = ProgramRun(Options(Command.DEMO), paths, faults)
        main = asyncio.get_running_loop().create_task(run.main())
        await eventually(lambda: main.done() or is_live(run), "a live ladder", 30)
        assert not main.done(), "it ended before it was live"
        program = run._program
        assert program is not None
        await play(run, program)
        program.window.close()
        codes.append(await main)

    run_on_qt(work())
    return codes[0], faults


def is_live(run: ProgramRun) -> bool:
    program = run._program
    return (
        program is not None
        and bool(program.ladder.view.rows)
        and program.ladder.view.stale is None
        and program.backend.desk.is_trusted
        and program.backend.account.is_trusted
    )


def test_closing_the_window_ends_everything_in_order(tmp_path: Path) -> None:
    async def play(run: ProgramRun, program: Program) -> None:
        assert program.window.isVisible()
        program.ladder.choose_contract("ETHUSDTM")
        await eventually(lambda: is_live(run), "the other contract")

    code, faults = with_program(tmp_path, play)
    assert code == 0
    assert faults.texts == []
    settings = (tmp_path / "config" / "settings.json").read_text()
    assert '"contract": "ETHUSDTM"' in settings


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_an_exchange_that_dies_is_said_and_restarted_by_a_button(tmp_path: Path) -> None:
    async def play(run: ProgramRun, program: Program) -> None:
        button = program.window.findChild(QPushButton, "banner.button")
        assert isinstance(button, QPushButton)
        assert not button.isVisible()
        program.ladder.toggle_keyboard()
        os.kill(run._demo.process_id, signal.SIGKILL)
        await eventually(button.isVisible, "the banner")
        await eventually(
            lambda: program.backend.market_feed.health.status is FeedStatus.WAITING, "the loss"
        )
        assert program.ladder.trading.armed == frozenset(), "a lost connection disarms"
        assert program.workspace.market is not None
        assert program.workspace.market.touch() is None
        button.click()
        await eventually(lambda: is_live(run), "the ladder again", 30)
        assert not button.isVisible()
        words = [notice.text for notice in program.backend.notices.notices]
        assert any("has ended" in text for text in words)
        assert any("runs again" in text for text in words)

    code, faults = with_program(tmp_path, play)
    assert code == 0
    assert faults.texts == []


def test_an_exchange_that_cannot_start_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from terminal.app.demo import DemoExchange

    monkeypatch.setattr(DemoExchange, "_command", lambda _self: ("/no/such/program", []))

    async def work() -> None:
        paths = Paths.of_system({"TERN_HOME": str(tmp_path)})
        assert await ProgramRun(Options(Command.DEMO), paths, Faults()).main() == 3

    run_on_qt(work())
    assert capsys.readouterr().err == (
        "The simulated exchange could not be started: the program could not be started.\n"
    )


def test_a_limit_set_in_one_run_stops_an_order_in_the_next(tmp_path: Path) -> None:
    """From the menu to the disk; the ladder says the limit and where it is changed."""

    async def set_limit(_run: ProgramRun, program: Program) -> None:
        entries = program.window.findChildren(QAction)
        next(entry for entry in entries if entry.text().startswith("&Limits")).trigger()
        dialog = program.window.findChild(LimitsDialog)
        assert isinstance(dialog, LimitsDialog)
        line = dialog.findChild(QLineEdit, "limits.max_lots")
        apply = dialog.findChild(QPushButton, "limits.apply")
        assert isinstance(line, QLineEdit)
        assert isinstance(apply, QPushButton)
        line.setText("3")
        line.textEdited.emit("3")
        apply.click()
        await eventually(lambda: program.backend.limits.limits.max_lots == 3, "the limit")

    async def meet_limit(_run: ProgramRun, program: Program) -> None:
        trading, market = program.ladder.trading, program.workspace.market
        assert market is not None
        symbol = market.contract.symbol
        await eventually(lambda: program.backend.account.leverage(symbol), "the margin mode")
        trading.toggle(ArmedBy.KEYBOARD)
        trading.sizes.set_current(5)
        trading.send_limit(Side.BUY, market.book.best_bid, ArmedBy.KEYBOARD)
        assert trading.message is not None
        assert "5 lots; your limit is 3 an order." in trading.message.text
        assert "Account, Limits" in trading.message.text
        assert not program.backend.desk.orders

    for play in (set_limit, meet_limit):
        code, faults = with_program(tmp_path, play)
        assert code == 0
        assert faults.texts == []
    for folder in ("config", "data"):
        assert [path.name[:11] for path in (tmp_path / folder).glob("limits-*")] == ["limits-demo"]


def test_an_order_tells_its_trail_and_its_way(tmp_path: Path) -> None:
    """In a dialog for one order and in one of the help menu; nothing is modal."""

    async def play(_run: ProgramRun, program: Program) -> None:
        trading, market = program.ladder.trading, program.workspace.market
        assert market is not None
        symbol, desk = market.contract.symbol, program.backend.desk
        await eventually(lambda: program.backend.account.leverage(symbol), "the margin mode")
        trading.toggle(ArmedBy.KEYBOARD)
        best = market.book.best_bid
        assert best is not None
        trading.send_limit(Side.BUY, Price(best - 50), ArmedBy.KEYBOARD)
        await eventually(
            lambda: any(one.state is OrderState.OPEN for one in desk.working()), "the open order"
        )
        (order,) = desk.working()
        await eventually(
            lambda: (
                (found := desk.latency.of(order.client_oid)) is not None
                and found.painted_s is not None
            ),
            "its painting",
        )
        orders = next(one for one in program.view_models if isinstance(one, OrdersViewModel))
        orders.ask_for_trail(order.client_oid)
        trail = program.window.findChild(TrailDialog)
        assert isinstance(trail, TrailDialog)
        told = {row.source for row in trail.events.table.rows}
        assert told >= {"own", "reply", "stream"}
        parts = {row.part: row.words for row in trail.parts.table.rows}
        assert parts["sent to reply"] != EMPTY
        assert parts["key to painted"] != EMPTY
        entries = program.window.findChildren(QAction)
        next(entry for entry in entries if entry.text().startswith("&Latency")).trigger()
        latency = program.window.findChild(LatencyDialog)
        assert isinstance(latency, LatencyDialog)
        await eventually(lambda: latency.orders.table.rows, "the order in the table")
        assert [trail.isModal(), latency.isModal()] == [False, False]
        desk.cancel(order.client_oid)
        await eventually(lambda: not desk.working(), "the cancel")
        await eventually(
            lambda: "Canceled" in trail.lines.text(), "what went on happening, in the open dialog"
        )

    code, faults = with_program(tmp_path, play)
    assert code == 0
    assert faults.texts == []


def test_what_is_set_holds_at_once_and_is_found_again(tmp_path: Path) -> None:
    """Keys, size of letters and a key that cannot be from the file; the rest by hand."""
    file = tmp_path / "config" / "settings.json"
    file.parent.mkdir()
    own = {"BUY": ["J"], "SELL": ["F"]}
    file.write_text(json.dumps({"version": 3, "keys": own, "text_percent": 125, "density": "x"}))

    async def change(_run: ProgramRun, program: Program) -> None:
        told = " ".join(notice.text for notice in program.backend.notices.notices)
        assert "density" in told
        assert "'Sell limit at the cursor' has its usual key again" in told
        assert program.theme.base_px == 15
        ladder = program.ladder
        assert ladder.keys[Chord("J")] is LadderAction.BUY
        entries = program.window.findChildren(QAction)
        next(entry for entry in entries if entry.text().startswith("&Settings")).trigger()
        dialog = program.window.findChild(SettingsDialog)
        assert isinstance(dialog, SettingsDialog)
        pages = dialog.pages
        assert pages.trading is not None
        pages.trading.choose_kill(ClearingKind.FLATTEN)
        assert program.safety.kill_switch.kind is ClearingKind.FLATTEN
        pages.trading.set_text("bracket_loss_ticks", "333")
        pages.trading.commit("bracket_loss_ticks")
        assert program.backend.protecting.watch.settings.bracket_loss_ticks == 333
        pages.appearance.set_colour_blind(is_set=True)
        assert program.theme.name == "dark-colour-blind"
        pages.keys.begin("ARM_KEYBOARD")
        pages.keys.key_pressed(Chord("T", ctrl=True))
        assert "Transfer" in pages.keys.message
        pages.keys.key_pressed(Chord("K"))
        button = program.ladder_widget.findChild(QPushButton, "ladder.arm_keyboard")
        assert isinstance(button, QPushButton)
        assert button.text() == "K Keys"
        assert "(K)" in button.toolTip()
        assert any(e.text() == "Arm or disarm the keyboard\tK" for e in entries)
        ladder.key_pressed(Chord("K"), 1, is_repeat=False)
        assert ArmedBy.KEYBOARD in ladder.trading.armed
        dialog.close()

    code, faults = with_program(tmp_path, change)
    assert (code, faults.texts) == (0, [])
    settings, problem = SettingsStore(file.parent, FakeClock()).load()
    assert problem == ""
    assert settings.kill_flattens
    assert (settings.bracket_loss_ticks, settings.theme) == (333, "dark-colour-blind")
    assert settings.keys == {"ARM_KEYBOARD": ("K",), "BUY": ("J",)}
    assert (settings.text_percent, settings.density) == (125, "usual")
