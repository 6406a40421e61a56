"""The first look to the last task: a simulated exchange stands in for the real hosts."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import pytest
from keyring.errors import KeyringLocked, NoKeyringError
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from terminal.app.cli import Command, Options
from terminal.app.faults import Faults
from terminal.app.program import ProgramRun
from terminal.domain.access import Access
from terminal.domain.units import ClientOid, Lots, Price, Side, Symbol
from terminal.exchange.outcome import Accepted
from terminal.session.clock import SystemClock
from terminal.simexchange.server import SimExchange
from terminal.storage.journal import SqliteJournal
from terminal.storage.paths import Paths
from terminal.viewmodels.text import NO_ACCOUNT, Role
from terminal.widgets.live import show_live
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import STRETCH, eventually
from tests.support.live import clients_of
from tests.support.qt_loop import run_on_qt
from tests.support.rings import NAME, MemoryRing
from tests.support.steady_time import steady_time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from terminal.app.entrance import Entrance
    from terminal.app.wiring import Program

pytestmark = pytest.mark.usefixtures("qapp")
K = Qt.Key
ROOT = Path(__file__).parent.parent.parent
COMMANDS = ("POST /api/v1/orders", "DELETE /api/v1/orders", "DELETE /api/v3/orders")


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> MemoryRing:
    """A safe key ring that the program finds."""
    ring = MemoryRing()
    ring.install(monkeypatch)
    return ring


@final
class Stage:
    """The program in a home of its own, with an exchange that stands in for the real hosts."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.exchange = SimExchange(is_calm=True, clock=steady_time())
        self.faults = Faults()
        self.code: int | None = None

    def play(
        self, options: Options, act: Callable[[ProgramRun], Coroutine[Any, Any, None]]
    ) -> None:
        """Run the program to its end while ``act`` uses it; the window is closed afterwards."""

        async def work() -> None:
            self.exchange = SimExchange(is_calm=True, clock=steady_time())
            await self.exchange.start()
            rest = self.exchange.rest
            paths = Paths.of_system({"TERN_HOME": str(self.home)})
            run = ProgramRun(replace(options, hosts=(rest, rest)), paths, self.faults)
            main = asyncio.get_running_loop().create_task(run.main())
            try:
                await act(run)
                run._finish(0)
                self.code = await main
            finally:
                if not main.done():
                    run._finish(1)
                    await main
                await self.exchange.stop()

        run_on_qt(work())
        assert self.code == 0
        assert self.faults.texts == []

    def commands(self) -> dict[str, int]:
        """What reached the exchange that could change an account."""
        return {
            name: count
            for name, count in self.exchange.gateway.calls.items()
            if name.startswith(COMMANDS) and name != "POST /api/v1/orders/test"
        }

    def everything_written(self) -> str:
        """All files of the program's home as one text."""
        files = [path for path in self.home.rglob("*") if path.is_file()]
        return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)

    def secrets(self) -> tuple[str, str, str]:
        """What must be in no file."""
        key = self.exchange.key
        return key.key, key.secret, key.passphrase


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "home")


async def entrance_of(run: ProgramRun) -> Entrance:
    """The start window, when it is shown."""
    await eventually(lambda: run._entrance is not None, "the start window")
    entrance = run._entrance
    assert entrance is not None
    await eventually(entrance.window.isVisible, "the start window")
    return entrance


async def program_of(run: ProgramRun) -> Program:
    """The main window, when its ladder is live."""
    await eventually(lambda: is_live(run), "a live ladder", 30)
    program = run._program
    assert program is not None
    return program


def is_live(run: ProgramRun) -> bool:
    program = run._program
    return (
        program is not None
        and bool(program.ladder.view.rows)
        and program.ladder.view.stale is None
        and (not program.backend.has_account or program.backend.desk.is_trusted)
    )


def child(window: QWidget, kind: type[Any], name: str) -> Any:
    """A widget by its name."""
    found = window.findChild(kind, name)
    assert isinstance(found, kind), name
    return found


async def fill(entrance: Entrance, name: str, exchange: SimExchange, **changes: str) -> QWidget:
    """Type an account into the dialog, with real keys."""
    await eventually(lambda: entrance.dialog is not None, "the dialog")
    dialog = entrance.dialog
    assert dialog is not None
    key = exchange.key
    typed = {
        "name": name,
        "key": key.key,
        "secret": key.secret,
        "passphrase": key.passphrase,
        **changes,
    }
    for field, words in typed.items():
        line = child(dialog, QLineEdit, f"connect.{field}")
        line.clear()
        QTest.keyClicks(line, words)
    return dialog


def answer_lines(dialog: QWidget) -> str:
    """Everything the dialog says, in one text."""
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


async def connect(run: ProgramRun, stage: Stage, name: str = "main") -> Program:
    """From the start window to the account's window, by keys."""
    entrance = await entrance_of(run)
    QTest.keyClick(entrance.window, K.Key_C)
    dialog = await fill(entrance, name, stage.exchange)
    QTest.keyClick(dialog, K.Key_Return)
    # The exchange restricts no address for this key: that is read before it is stored.
    await eventually(lambda: "every address" in answer_lines(dialog), "the answer")
    QTest.keyClick(dialog, K.Key_Return)
    return await program_of(run)


def test_an_account_is_connected_watched_and_cannot_be_traded(
    stage: Stage, ring: MemoryRing, caplog: pytest.LogCaptureFixture
) -> None:
    """Orders, positions and money of the account are shown; no command ever leaves."""

    async def act(run: ProgramRun) -> None:
        other = clients_of(stage.exchange)
        await other.market.contracts()
        entrance = await entrance_of(run)
        opened = await connect(run, stage)
        assert entrance._is_closed
        assert opened.window.isVisible()
        assert opened.window.windowTitle() == "main, live"
        view = opened.status.view
        assert (view.badge_text, view.badge_role) == ("LIVE \N{MIDDLE DOT} watch only", Role.LIVE)
        await _somebody_trades(other, opened)
        await _what_is_there_is_shown(opened)
        before = stage.commands()
        orders = set(stage.exchange.engine.account.orders)
        await _nothing_can_be_sent(opened)
        await _an_order_is_tested(stage, opened)
        assert stage.commands() == before
        assert set(stage.exchange.engine.account.orders) == orders
        await other.aclose()

    with caplog.at_level(logging.DEBUG):
        stage.play(Options(Command.RUN), act)
    assert [entry[0] for entry in ring.entries] == ["tern"]
    (profile,) = json.loads((stage.home / "config" / "profiles.json").read_text())["profiles"]
    assert profile["name"] == "main"
    assert profile["is_stored"] is True
    assert profile["key_tail"] == "\N{HORIZONTAL ELLIPSIS}" + stage.exchange.key.key[-4:]
    for secret in stage.secrets():
        assert secret not in stage.everything_written()
        assert secret not in caplog.text


def test_an_account_is_traded_after_its_name_was_typed(stage: Stage, ring: MemoryRing) -> None:
    """By keys: switched on, an order sent, off by itself when a stream is lost; remembered."""
    assert ring is not None

    async def act(run: ProgramRun) -> None:
        opened = await connect(run, stage)
        assert opened.live is not None
        dialog = show_live(opened.live, opened.theme, opened.window)
        typed, on = child(dialog, QLineEdit, "live.typed"), child(dialog, QPushButton, "live.on")
        QTest.keyClicks(typed, "main")
        await eventually(on.isEnabled, "all conditions in order")
        assert not opened.live.is_on
        assert opened.backend.live is not None
        names = [condition.name for condition in opened.backend.live.conditions()]
        assert names[-1] == "Account", "whose key it is, is looked at as well"
        QTest.keyClick(typed, K.Key_Return)
        await eventually(lambda: opened.live is not None and opened.live.is_on, "the switch on")
        await eventually(
            lambda: opened.status.view.badge_text.endswith("TRADING"), "the badge that says so"
        )
        QTest.keyClick(dialog, K.Key_Escape)
        canvas, desk = opened.ladder_widget.canvas, opened.backend.desk
        for key in (K.Key_F4, K.Key_Home, K.Key_Down, K.Key_Down, K.Key_B):
            QTest.keyClick(canvas, key)
        orders = stage.exchange.engine.account.orders
        await eventually(lambda: len(orders) == len(desk.working(XBT)) == 1, "the order")
        opened.backend.market_feed.doubt("cut by the test")
        await eventually(lambda: opened.live is not None and not opened.live.is_on, "it off")
        await eventually(lambda: opened.ladder.trading.armed == frozenset(), "nothing armed")
        await eventually(
            lambda: opened.status.view.badge_text.endswith("reducing only"), "the badge"
        )
        QTest.keyClick(canvas, K.Key_Backspace)
        await eventually(lambda: not desk.working(XBT), "the cancel's end")

    stage.play(Options(Command.RUN), act)
    (profile,) = json.loads((stage.home / "config" / "profiles.json").read_text())["profiles"]
    assert profile["may_trade"] is True
    (file,) = (stage.home / "data").rglob("journal.sqlite")
    journal = SqliteJournal(file, SystemClock())
    journal.open()
    assert journal.open_intentions() == ()
    assert len(journal.open_procedures()) == 0
    journal.close()
    with closing(sqlite3.connect(file)) as database:
        (intended,) = database.execute("SELECT count(*) FROM intention").fetchone()
    assert intended == 1


async def _somebody_trades(other: Any, opened: Program) -> None:
    """The owner trades elsewhere: a position and a resting order come into being."""
    market = opened.workspace.market
    assert market is not None
    touch = market.touch()
    assert touch is not None
    assert touch.best_bid is not None
    taking = a_ticket(side=Side.BUY, price=touch.best_ask, lots=Lots(3))
    resting = a_ticket(side=Side.BUY, price=Price(touch.best_bid - 20), lots=Lots(2))
    assert isinstance(await other.trading.place(taking, ClientOid("elsewhere-1")), Accepted)
    assert isinstance(await other.trading.place(resting, ClientOid("elsewhere-2")), Accepted)


async def _what_is_there_is_shown(opened: Program) -> None:
    backend = opened.backend
    await eventually(lambda: backend.account.position(XBT).core.lots == 3, "the position")
    await eventually(lambda: len(backend.desk.working(XBT)) == 1, "the working order")
    await eventually(lambda: opened.ladder.view.position_text != "Flat", "the ladder's position")
    cells = {cell.name: cell.text for cell in opened.status.view.cells}
    assert cells["equity"].endswith("USDT")
    assert cells["available"].endswith("USDT")


async def _nothing_can_be_sent(opened: Program) -> None:
    reason = Access.WATCH_ONLY.reason
    ladder, canvas = opened.ladder, opened.ladder_widget.canvas
    for key in (K.Key_F4, K.Key_Home, K.Key_B, K.Key_S, K.Key_C, K.Key_X, K.Key_F, K.Key_F):
        QTest.keyClick(canvas, key)
    assert ladder.trading.armed == frozenset()
    ladder.toggle_keyboard()
    message = ladder.trading.message
    assert message is not None
    assert message.text == f"Not armed. {reason}"
    ladder.cancel_all()
    ladder.cancel_everywhere()
    desk = opened.backend.desk
    desk.flatten(XBT)
    (order,) = desk.working(XBT)
    desk.cancel(order.client_oid)
    desk.submit(a_ticket())
    outcome = await opened.backend.clients.trading.cancel_all(Symbol("XBTUSDTM"))
    assert getattr(outcome, "sentence", "") == reason
    await eventually(
        lambda: any("Not flattened." in one.text for one in opened.backend.notices.notices),
        "the reason in the event log",
    )


async def _an_order_is_tested(stage: Stage, opened: Program) -> None:
    market = opened.workspace.market
    assert market is not None
    touch = market.touch()
    assert touch is not None
    assert touch.best_bid is not None
    price = child(opened.window, QLineEdit, "ticket.price")
    buy = child(opened.window, QPushButton, "ticket.buy")
    words = child(opened.window, QLabel, "ticket.words")
    QTest.keyClicks(price, str(market.contract.scale.decimal(Price(touch.best_bid - 50))))
    await eventually(buy.isEnabled, "a ticket that can be tested")
    assert buy.text().startswith("Test buy")
    QTest.mouseClick(buy, Qt.MouseButton.LeftButton)
    await eventually(lambda: "Test passed" in words.text(), "the exchange's answer")
    assert stage.exchange.gateway.calls["POST /api/v1/orders/test"] == 1


def test_a_stored_account_opens_by_its_name_and_is_forgotten_with_its_key(
    stage: Stage, ring: MemoryRing
) -> None:
    """The key comes from the ring; forgetting takes it out of there."""
    stage.play(Options(Command.RUN), lambda run: _connect_only(run, stage))
    profile_file = stage.home / "config" / "profiles.json"
    document = json.loads(profile_file.read_text())

    async def reopen(run: ProgramRun) -> None:
        # The stand-in listens on another port now.
        opened = await program_of(run)
        assert opened.window.windowTitle() == "main, live"
        assert stage.exchange.gateway.signed_calls > 0

    def at_new_port(run: ProgramRun) -> Coroutine[Any, Any, None]:
        rest = stage.exchange.rest
        for profile in document["profiles"]:
            profile.update(futures_host=rest, account_host=rest)
        profile_file.write_text(json.dumps(document))
        return reopen(run)

    stage.play(Options(Command.CONNECT, profile="MAIN"), at_new_port)

    async def forget(run: ProgramRun) -> None:
        entrance = await entrance_of(run)
        QTest.keyClick(entrance.window, K.Key_Delete)
        await eventually(lambda: entrance.view_model.view.question, "the question")
        box = await _question_of(entrance)
        QTest.mouseClick(
            child(box, QPushButton, "start.question.forget"), Qt.MouseButton.LeftButton
        )
        await eventually(lambda: "forgotten" in entrance.view_model.view.message, "the end of it")

    stage.play(Options(Command.RUN), forget)
    assert ring.entries == {}
    assert json.loads(profile_file.read_text())["profiles"] == []


async def _connect_only(run: ProgramRun, stage: Stage) -> None:
    await connect(run, stage)


async def _question_of(entrance: Entrance) -> QWidget:
    await eventually(
        lambda: entrance.window.findChild(QWidget, "start.question") is not None, "the question"
    )
    found = entrance.window.findChild(QWidget, "start.question")
    assert isinstance(found, QWidget)
    return found


@pytest.mark.parametrize("error", [NoKeyringError(), KeyringLocked()])
def test_without_a_key_ring_the_key_is_kept_for_this_run_only(
    stage: Stage, ring: MemoryRing, error: Exception
) -> None:
    """It is said before and after; the next run asks for the key again and stores nothing."""
    ring.fails = error

    async def act(run: ProgramRun) -> None:
        entrance = await entrance_of(run)
        QTest.keyClick(entrance.window, K.Key_C)
        await eventually(
            lambda: (
                entrance.dialog is not None
                and "for this session only" in answer_lines(entrance.dialog)
            ),
            "the words about keeping",
        )
        opened = await connect(run, stage)
        notices = [notice.text for notice in opened.backend.notices.notices]
        assert any("for this session only, never in a file" in text for text in notices)

    stage.play(Options(Command.RUN), act)
    for secret in stage.secrets():
        assert secret not in stage.everything_written()
    assert ring.entries == {}

    async def again(run: ProgramRun) -> None:
        entrance = await entrance_of(run)
        await eventually(lambda: entrance.dialog is not None, "the dialog that asks again")
        assert entrance.dialog is not None
        assert child(entrance.dialog, QLineEdit, "connect.name").text() == "main"
        assert entrance.view_model.view.message

    stage.play(Options(Command.CONNECT, profile="main"), again)


def test_a_wrong_key_is_refused_in_words_and_nothing_is_stored(
    stage: Stage, ring: MemoryRing
) -> None:
    """The exchange's reason is read in the dialog; leaving it leads back to the start window."""

    async def act(run: ProgramRun) -> None:
        entrance = await entrance_of(run)
        await eventually(lambda: entrance.dialog is not None, "the dialog")
        dialog = await fill(entrance, "main", stage.exchange, passphrase="not-this-one")
        keeping = f"The key is kept in {NAME}, never in a file."
        await eventually(lambda: keeping in answer_lines(dialog), "the key ring's name")
        QTest.keyClick(dialog, K.Key_Return)
        words = "The passphrase or the secret is wrong."
        await eventually(lambda: words in answer_lines(dialog), "the refusal")
        assert "Nothing was stored." in answer_lines(dialog)
        QTest.keyClick(dialog, K.Key_Escape)
        await eventually(lambda: entrance.dialog is None, "the end of the dialog")
        assert entrance.window.isVisible()

    stage.play(Options(Command.CONNECT), act)
    assert ring.entries == {}
    assert not (stage.home / "config" / "profiles.json").exists()


def test_watching_needs_no_key_and_signs_nothing(stage: Stage) -> None:
    """The market is live, the account's panels say that there is none, nothing is signed."""

    async def act(run: ProgramRun) -> None:
        opened = await program_of(run)
        assert opened.window.windowTitle() == "Live market, watch only"
        assert opened.status.view.badge_text == "LIVE \N{MIDDLE DOT} watch only"
        said = [getattr(panel, "empty_text", "") for panel in opened.view_models]
        assert said.count(NO_ACCOUNT) == 3, "positions, orders and fills"
        opened.ladder.toggle_mouse()
        message = opened.ladder.trading.message
        assert message is not None
        assert message.text == f"Not armed. {Access.MARKET_DATA.reason}"
        assert stage.exchange.gateway.signed_calls == 0
        assert stage.commands() == {}

    stage.play(Options(Command.WATCH), act)
    assert stage.exchange.gateway.signed_calls == 0


def test_watching_is_chosen_in_the_start_window(stage: Stage, ring: MemoryRing) -> None:
    """One key; the start window goes when the other window is there."""

    async def act(run: ProgramRun) -> None:
        entrance = await entrance_of(run)
        QTest.keyClick(entrance.window, K.Key_W)
        opened = await program_of(run)
        assert opened.window.isVisible()
        assert entrance._is_closed

    stage.play(Options(Command.RUN), act)
    assert ring.entries == {}


def test_the_demo_is_chosen_in_the_start_window(stage: Stage, ring: MemoryRing) -> None:
    """The demo trades as ever: its desk has full access."""

    async def act(run: ProgramRun) -> None:
        entrance = await entrance_of(run)
        QTest.keyClick(entrance.window, K.Key_D)
        opened = await program_of(run)
        assert opened.status.view.badge_text == "DEMO"
        assert opened.backend.desk.access is Access.FULL
        opened.ladder.toggle_keyboard()
        assert opened.ladder.trading.armed

    stage.play(Options(Command.RUN), act)
    assert stage.exchange.gateway.calls == {}, "the real hosts are not asked for a demo"
    assert ring.entries == {}


def test_a_demo_that_does_not_start_leads_back_to_the_choice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is read in the start window, and something else can be chosen."""
    from terminal.app.demo import DemoExchange

    monkeypatch.setattr(DemoExchange, "_command", lambda _self: ("/no/such/program", []))

    async def act(run: ProgramRun) -> None:
        entrance = await entrance_of(run)
        QTest.keyClick(entrance.window, K.Key_D)
        await eventually(
            lambda: "could not be started" in entrance.view_model.view.message, "the reason"
        )
        await eventually(lambda: not entrance.view_model.view.is_busy, "a free choice")
        QTest.keyClick(entrance.window, K.Key_W)
        await program_of(run)

    stage.play(Options(Command.RUN), act)


@pytest.mark.parametrize("command", [Command.RUN, Command.CONNECT])
def test_closing_the_start_window_ends_the_program(
    stage: Stage, ring: MemoryRing, command: Command
) -> None:
    """Also with the dialog open and the key ring asked."""
    codes: list[int] = []

    async def work() -> None:
        paths = Paths.of_system({"TERN_HOME": str(stage.home)})
        run = ProgramRun(Options(command), paths, stage.faults)
        main = asyncio.get_running_loop().create_task(run.main())
        entrance = await entrance_of(run)
        entrance.window.close()
        codes.append(await main)
        assert run._program is None

    run_on_qt(work())
    assert codes == [0]
    assert stage.faults.texts == []


def test_a_key_ring_that_never_answers_holds_up_neither_start_nor_end(
    stage: Stage, ring: MemoryRing
) -> None:
    """The window is there at once, says what it waits for, and closes at once."""
    stage.play(Options(Command.RUN), lambda run: _connect_only(run, stage))
    ring.holds = threading.Event()
    spent: list[float] = []

    async def work() -> None:
        paths = Paths.of_system({"TERN_HOME": str(stage.home)})
        started = time.monotonic()
        run = ProgramRun(Options(Command.CONNECT, profile="main"), paths, stage.faults)
        main = asyncio.get_running_loop().create_task(run.main())
        entrance = await entrance_of(run)
        await eventually(lambda: "Fetching" in entrance.view_model.view.message, "the words")
        spent.append(time.monotonic() - started)
        started = time.monotonic()
        entrance.window.close()
        assert await main == 0
        spent.append(time.monotonic() - started)

    run_on_qt(work())
    ring.holds.set()
    assert max(spent) < 5.0 * STRETCH, "far below the key ring's deadline"


def test_watching_asks_no_key_ring(stage: Stage, ring: MemoryRing) -> None:
    """One that never answers costs nothing where no key is needed."""
    ring.holds = threading.Event()

    async def act(run: ProgramRun) -> None:
        await program_of(run)

    stage.play(Options(Command.WATCH), act)
    ring.holds.set()


def the_command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own, without a display."""
    environment = {**os.environ, "TERN_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-m", "terminal", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60 * STRETCH,
        check=False,
    )


def test_the_live_market_needs_a_display_to_be_looked_at(tmp_path: Path) -> None:
    """One sentence and an exit code; no tour is run against anything real."""
    done = the_command(tmp_path, "watch")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "There is no display for a window of the live market.\n"


def test_a_run_that_ends_by_itself_leaves_a_picture(tmp_path: Path) -> None:
    """The start window, and a live window whose hosts nobody answers at."""
    for number, arguments in enumerate(
        ((), ("watch", "--futures-host", "http://127.0.0.1:1")), start=1
    ):
        picture = tmp_path / f"{number}.png"
        done = the_command(
            tmp_path / "home", *arguments, "--seconds", "1", "--screenshot", str(picture)
        )
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert picture.stat().st_size > 1000


def test_an_exchange_that_cannot_be_reached_is_said_above_the_panels(stage: Stage) -> None:
    """The window is there, says what it waits for, and goes on trying."""

    async def act(run: ProgramRun) -> None:
        run._hosts = replace(run._hosts, futures="http://127.0.0.1:1", account="http://127.0.0.1:1")
        await eventually(lambda: run._program is not None, "the window")
        program = run._program
        assert program is not None
        await eventually(lambda: program.status.view.banner is not None, "the banner")
        banner = program.status.view.banner
        assert banner is not None
        assert banner.text.startswith("The contract list cannot be read.")

    stage.play(Options(Command.WATCH), act)


def test_a_proxy_that_cannot_be_used_leads_to_the_start_window(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says what is wrong; nothing crashes."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "gopher://127.0.0.1:9")

    async def work() -> None:
        paths = Paths.of_system({"TERN_HOME": str(stage.home)})
        far = ("https://exchange.invalid", "https://exchange.invalid")
        run = ProgramRun(Options(Command.WATCH, hosts=far), paths, stage.faults)
        main = asyncio.get_running_loop().create_task(run.main())
        entrance = await entrance_of(run)
        await eventually(lambda: "proxy" in entrance.view_model.view.message, "the sentence")
        entrance.window.close()
        assert await main == 0

    run_on_qt(work())
    assert stage.faults.texts == []
