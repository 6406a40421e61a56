"""One run of the window: event loop, exchange child, ordered start and stop, the tour."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import qasync
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from terminal import __version__
from terminal.app import qt_messages
from terminal.app.choice import Choice, Mode
from terminal.app.cli import Command
from terminal.app.demo import DemoError, DemoExchange
from terminal.app.display import OFFSCREEN, has_display, missing_packages
from terminal.app.exchange_watch import ExchangeWatch
from terminal.app.executor import DaemonExecutor
from terminal.app.faults import Faults
from terminal.app.garbage import Garbage
from terminal.app.lifecycle import Lifecycle
from terminal.app.logs import Logs
from terminal.app.startup import process_age_s
from terminal.app.tour_run import Picture, run_tour
from terminal.domain.access import Access
from terminal.domain.errors import TernError
from terminal.exchange.hosts import REAL, Hosts, order_socket_of
from terminal.session.clock import SystemClock
from terminal.session.notices import NoticeLevel
from terminal.session.tasks import TaskOwner
from terminal.storage.paths import Paths, resources
from terminal.storage.settings import SettingsStore

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal.app.account_files import AccountFiles
    from terminal.app.accounts import Accounts
    from terminal.app.cli import Options
    from terminal.app.closing import Closing
    from terminal.app.entrance import Entrance
    from terminal.app.settings_keeper import SettingsKeeper
    from terminal.app.tour import Tour
    from terminal.app.wire_timer import WireTimer
    from terminal.app.wiring import Program
    from terminal.domain.guard import GuardLimits
    from terminal.domain.protection import ProtectionSettings
    from terminal.exchange.connect import ExchangeClients
    from terminal.exchange.credentials import Credentials
    from terminal.session.backend import Backend
    from terminal.session.journal import Journal
    from terminal.viewmodels.trouble import TroubleBanner
    from terminal.widgets.theme import Theme

CHART_AT_LAST_MS = 2000
"""The chart is there after so long, even if no ladder is alive."""
SETTLED_MS = 500
"""So long after the chart was added the first frames are painted, too, and the start is over."""
EXIT_OK, EXIT_FAILED, EXIT_CANNOT_START = 0, 1, 3
DEFAULT_SCREENSHOT = Path("tern-tour.png")
LIVE = (Command.WATCH, Command.CONNECT)


def run(options: Options) -> int:
    """Run the window to its end and return the exit code."""
    if _needs_a_display(options):
        sys.stderr.write("There is no display for a window of the live market.\n")
        return EXIT_CANNOT_START
    options = _with_platform(options)
    missing = missing_packages(window=has_display())
    if missing:
        sys.stderr.write(f"Qt needs these system packages: {' '.join(missing)}\n")
        return EXIT_CANNOT_START
    paths = Paths.of_system()
    logs = Logs(paths.logs)
    logs.start()
    faults = Faults()
    faults.install()
    qt_messages.to_log()
    try:
        return _run_loop(options, paths, faults)
    finally:
        qt_messages.as_before()
        faults.uninstall()
        logs.stop()


def _needs_a_display(options: Options) -> bool:
    """The live market is opened to be looked at, unless somebody wants a picture of it."""
    return options.command in LIVE and not options.is_limited and not has_display()


def _with_platform(options: Options) -> Options:
    """Without a display there is nobody to look: run the tour offscreen and save a picture."""
    if has_display():
        return options
    os.environ["QT_QPA_PLATFORM"] = OFFSCREEN
    if options.is_limited:
        return options
    screenshot = options.screenshot or DEFAULT_SCREENSHOT
    if not options.tour:
        sys.stderr.write(
            "There is no display: running the tour offscreen instead, "
            f"with a picture of the window in {screenshot}.\n"
        )
    return replace(options, tour=True, screenshot=screenshot)


def _run_loop(options: Options, paths: Paths, faults: Faults) -> int:
    application = QApplication.instance() or QApplication([sys.argv[0]])
    if not isinstance(application, QApplication):
        raise TypeError("another kind of Qt application runs already")
    application.setApplicationName("tern")
    application.setApplicationDisplayName("Tern")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("tern")
    application.setWindowIcon(QIcon(str(resources() / "icons" / "tern.svg")))
    application.setQuitOnLastWindowClosed(False)
    loop = qasync.QEventLoop(application)
    loop.set_default_executor(DaemonExecutor())
    asyncio.set_event_loop(loop)
    faults.watch(loop)
    with loop:
        code: int = loop.run_until_complete(ProgramRun(options, paths, faults).main())
    return code


@final
class ProgramRun(QObject):
    """The terminal from the first look to the last task: one choice, one window, one end."""

    def __init__(self, options: Options, paths: Paths, faults: Faults) -> None:
        super().__init__()
        self._options = options
        self._paths = paths
        self._faults = faults
        self._clock = SystemClock()
        self._owner = TaskOwner("app", faults.task_failed)
        self._lifecycle = Lifecycle()
        self._store = SettingsStore(paths.config, self._clock)
        settings, self._settings_problem = self._store.load()
        self._settings = settings  # as they were found
        self._demo = DemoExchange(options.seed, self)
        self._hosts = REAL if options.hosts is None else Hosts(*options.hosts)
        self._entrance: Entrance | None = None
        self._accounts: Accounts | None = None
        self._trouble: TroubleBanner | None = None
        self._loaded_theme: Theme | None = None
        self._program: Program | None = None
        self._keeper: SettingsKeeper | None = None
        self._picture = Picture(options.screenshot, self._window)
        self._end: asyncio.Future[int] | None = None
        self._is_ending = False
        self._closing: Closing | None = None

    async def main(self) -> int:
        """Start, run until asked to end, stop in order; returns the exit code."""
        self._end = asyncio.get_running_loop().create_future()
        self._catch_signals()
        self._lifecycle.on_stop("tasks", self._owner.close)
        self._lifecycle.on_stop("simulated exchange", self._demo.stop)
        if self._options.is_limited:
            self._owner.spawn("end", self._end_in_time())
        code = EXIT_CANNOT_START
        try:
            await self._open(self._end)
            code = await self._end
        except DemoError as error:
            sys.stderr.write(f"{error.sentence}\n")
        finally:
            failed = await self._lifecycle.stop()
        return code if not failed else EXIT_FAILED

    # First look ------------------------------------------------------------------------------

    async def _open(self, end: asyncio.Future[int]) -> None:
        """Open what the command line names, or what is chosen in the start window."""
        command, message = self._options.command, ""
        if command is Command.DEMO or self._options.tour:
            await self._start(Choice(Mode.DEMO))
            return
        if command is Command.WATCH:
            try:
                await self._start(Choice(Mode.WATCH, self._hosts))
            except TernError as error:
                message = error.sentence
            else:
                return
        entrance = self._make_entrance()
        choosing = entrance.choose(message)
        if command is Command.CONNECT:
            self._ask_for_account(entrance)
        while True:
            either: set[asyncio.Future[Any]] = {choosing, end}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                return
            try:
                await self._start(choosing.result())
            except TernError as error:
                choosing = entrance.choose(error.sentence)
            else:
                entrance.close()
                return

    def _make_entrance(self) -> Entrance:
        from terminal.app.accounts import Accounts
        from terminal.app.doors import Doors
        from terminal.app.entrance import Entrance
        from terminal.storage.profiles import ProfileStore
        from terminal.storage.vault import Vault

        vault = Vault()
        self._lifecycle.on_stop("key ring", vault.close)
        profiles = ProfileStore(self._paths.config, self._clock)
        problem = profiles.load()
        accounts = self._accounts = Accounts(
            profiles, vault, self._clock, self._hosts, self._options.order_socket
        )
        owner = self._owner.child("entrance")
        doors = Doors(accounts, self._clock, owner, self._proxy)
        entrance = Entrance(doors, self._hosts, self._theme())
        entrance.left.connect(self._on_close_requested)
        self._entrance = entrance
        self._lifecycle.on_stop("start window", self._close_entrance)
        self._lifecycle.on_stop("questions", owner.close)
        words = " ".join(filter(None, (self._settings_problem, problem)))
        if words:
            entrance.view_model.tell(words)
        return entrance

    def _ask_for_account(self, entrance: Entrance) -> None:
        name = self._options.profile
        if name:
            entrance.view_model.open_account(name)
        else:
            entrance.ask_for_account("")

    async def _close_entrance(self) -> None:
        if self._entrance is not None:
            self._entrance.close()

    @property
    def _proxy(self) -> str:
        return self._options.proxy or self._settings.proxy

    # Start -----------------------------------------------------------------------------------

    async def _start(self, choice: Choice) -> None:
        """Open the window. Raises ``TernError``, with nothing of it left, when that cannot be."""
        beginning = asyncio.gather(self._sources(choice))
        await asyncio.sleep(0)  # the child starts while our own modules are imported
        from terminal.app.wire_timer import WireTimer
        from terminal.app.wiring import build

        timer = WireTimer(self) if self._options.tour else None
        ((hosts, credentials),) = await beginning
        files = self._files(choice, credentials)
        try:
            clients = self._clients(choice, hosts, credentials, timer, files.access)
        except TernError:
            await files.close()
            raise
        self._lifecycle.on_stop("account files", files.close)
        backend = self._backend(clients, choice, files.journal)
        self._lifecycle.on_stop("sessions", backend.stop)
        program = build(backend, self._settings, self._theme(), choice.badge, choice.name)
        program.window.setWindowTitle(choice.title)
        self._program = program
        self._faults.on_fault = self._on_fault
        self._lifecycle.on_stop("window", self._close_window)
        self._connect(program, choice)
        for view_model in program.view_models:
            view_model.start()
        self._show(program, choice)
        program.ladder_widget.setFocus()
        await backend.start()
        for words in (self._settings_problem, *choice.words, *files.words):
            if words:
                backend.notices.post(NoticeLevel.WARNING, "app", words)
        if timer is not None and credentials is not None:
            self._start_tour(program, hosts, credentials, timer)

    def _show(self, program: Program, choice: Choice) -> None:
        """Show the window as it was left, and keep what changes in it."""
        from terminal.app.layouts import LayoutKeeper
        from terminal.app.setting_pages import add_settings
        from terminal.app.settings_keeper import SettingsKeeper
        from terminal.storage.layouts import LayoutStore
        from terminal.storage.ticket_templates import TemplateStore

        stores = not self._options.tour  # a tour leaves no traces
        layouts = LayoutKeeper(
            program.window,
            LayoutStore(self._store.path.parent, self._clock),
            program.backend.notices,
            self._settings.workspace,
            stores=stores,
        )
        program.window.set_locked(self._settings.layout_locked)
        if stores:
            program.ladders.restore()
        layouts.show(self._settings.older_layout)
        self._keeper = SettingsKeeper(self._store, self._settings, self, stores=stores)
        self._keeper.watch(program, layouts)
        if stores:
            program.ticket.keep_templates(TemplateStore(self._store.path.parent, self._clock))
        add_settings(program, self._keeper, is_demo=choice.mode is Mode.DEMO)
        QTimer.singleShot(CHART_AT_LAST_MS, self, self._add_chart)

    async def _sources(self, choice: Choice) -> tuple[Hosts, Credentials | None]:
        """Where to connect, and with what; the simulated exchange is started for it."""
        if choice.hosts is not None:
            return choice.hosts, choice.credentials
        hosts, credentials = await self._demo.start()
        order_socket = self._options.order_socket
        if order_socket:
            hosts = replace(hosts, orders=order_socket_of(order_socket, hosts.futures))
        return hosts, credentials

    def _clients(
        self,
        choice: Choice,
        hosts: Hosts,
        credentials: Credentials | None,
        timer: WireTimer | None,
        access: Access,
    ) -> ExchangeClients:
        from terminal.exchange.connect import connect
        from terminal.exchange.credentials import Keys

        return connect(
            hosts,
            None if credentials is None else Keys(credentials, choice.order_key),
            self._clock,
            access=access,
            permit=None if access is Access.SECOND else choice.permit,
            proxy=self._proxy,
            on_sent=None if timer is None else timer.on_sent,
        )

    def _files(self, choice: Choice, credentials: Credentials | None) -> AccountFiles:
        """Journal and lock of an account; a simulated one ends with us and needs neither."""
        from terminal.app.account_files import AccountFiles, folder_of

        folder = None
        if choice.mode is Mode.ACCOUNT and credentials is not None:
            folder = folder_of(self._paths.data, choice.account)
        may_send = choice.permit is not None
        return AccountFiles(folder, choice.access, self._clock, may_send=may_send)

    def _backend(
        self, clients: ExchangeClients, choice: Choice, journal: Journal | None
    ) -> Backend:
        from terminal.app.account_files import folder_of
        from terminal.app.safety import safety_of
        from terminal.session.backend import Backend
        from terminal.storage.limits import LimitStore
        from terminal.storage.price_notes import PriceNoteStore

        notes = None if self._options.tour else folder_of(self._paths.data, choice.account)
        folder = None if self._options.tour else self._store.path.parent
        folders = (self._paths.config, self._paths.data)
        # A tour leaves no traces, and is not stopped by what somebody has set.
        store = None if self._options.tour else LimitStore(folders, choice.account, self._clock)
        return Backend(
            clients,
            self._clock,
            self._owner.child("backend"),
            self._limits,
            journal=journal,
            limit_file=store,
            protection=self._protection,
            safety=safety_of(choice, self._settings, folder, self._clock),
            notes=PriceNoteStore(notes, self._clock),
        )

    def _limits(self) -> GuardLimits:
        """The limits of an account that has none of its own yet."""
        return self._settings.limits

    def _protection(self) -> ProtectionSettings:
        settings = self._settings if self._keeper is None else self._keeper.settings
        return settings.protection

    def _theme(self) -> Theme:
        from terminal.widgets.theme import DENSITIES, Theme

        if self._loaded_theme is None:
            for name in Theme.register_fonts(resources() / "fonts"):
                logging.getLogger("app").warning("the font %s cannot be read", name)
            settings = self._settings
            self._loaded_theme = Theme.load(
                resources() / "themes",
                settings.theme,
                settings.text_percent / 100,
                row_scale=DENSITIES[settings.density],
            )
        return self._loaded_theme

    def _connect(self, program: Program, choice: Choice) -> None:
        from terminal.app.closing import Closing

        closing = self._closing = Closing(
            program.safety.leaving, self, asks=not self._options.is_unattended
        )
        closing.left.connect(self._on_left)
        program.window.close_requested.connect(closing.by_hand)
        program.ladder.changed.connect(self._look_for_first_frame)
        program.backend.on_contracts_loaded.add(self._on_contracts_loaded)
        backend, accounts = program.backend, self._accounts
        if backend.key_watch is not None and backend.live is not None and accounts is not None:
            from terminal.app.owner_watch import OwnerWatch

            OwnerWatch(accounts, choice.name, backend.key_watch, backend.live, backend.notices)
        if program.live is not None:
            program.live.allowed_changed.connect(self._remember_allowed)
        if choice.mode is Mode.DEMO:
            ExchangeWatch(self._demo, program, self._owner, self)
        else:
            self._watch_for_trouble(program)

    @Slot(bool)
    def _remember_allowed(self, may_trade: bool) -> None:  # noqa: FBT001 - a Qt slot has no names
        program, accounts = self._program, self._accounts
        if program is None or program.live is None or accounts is None:
            return
        for words in accounts.set_may_trade(program.live.name, may_trade=may_trade):
            program.backend.notices.post(NoticeLevel.WARNING, "app", words)

    def _watch_for_trouble(self, program: Program) -> None:
        from terminal.viewmodels.trouble import TroubleBanner

        backend = program.backend
        feeds = [("The market:", backend.market_feed)]
        if backend.has_account:
            feeds.insert(0, ("The account:", backend.account_feed))
        self._trouble = TroubleBanner(program.status, tuple(feeds))
        self._trouble.start()
        backend.on_not_loaded.add(self._trouble.not_loaded)
        backend.on_contracts_loaded.add(self._trouble.loaded)

    def _on_contracts_loaded(self) -> None:
        program = self._program
        if program is None:
            return
        program.ladders.contracts_loaded()

    @Slot()
    def _look_for_first_frame(self) -> None:
        """Start-up ends at the first paint of a live book."""
        program = self._program
        if program is None or not program.ladder.view.rows or program.ladder.view.stale is not None:
            return
        program.ladder.changed.disconnect(self._look_for_first_frame)
        program.frame.meter.after_next_paint(self._note_startup)

    def _note_startup(self) -> None:
        if self._program is not None:
            self._program.startup_ms = round(process_age_s() * 1000, 1)
            QTimer.singleShot(0, self, self._add_chart)

    @Slot()
    def _add_chart(self) -> None:
        """After the ladder lives, or when that takes long: its libraries are slow to load."""
        from terminal.app.wiring import add_chart

        program, keeper = self._program, self._keeper
        if program is None or keeper is None or program.chart is not None or self._is_ending:
            return
        chart = add_chart(program)
        keeper.watch_chart(chart)
        chart.start()
        garbage = Garbage(program.frame, self)
        self._lifecycle.on_stop("garbage", garbage.end)
        QTimer.singleShot(SETTLED_MS, garbage, garbage.settle)

    # Tour ------------------------------------------------------------------------------------

    def _start_tour(
        self, program: Program, hosts: Hosts, credentials: Credentials, timer: WireTimer
    ) -> None:
        from terminal.app.tour import Tour, TourTools
        from terminal.exchange.connect import connect

        QApplication.instance().installEventFilter(timer)  # type: ignore[union-attr] # there is one
        second = connect(hosts, credentials, self._clock)
        self._lifecycle.on_stop("second client", second.aclose)
        owner = self._owner.child("tour")
        self._lifecycle.on_stop("tour", owner.close)  # before its client
        tour = Tour(program, TourTools(second, timer, self._faults, self._picture.take))
        owner.spawn("tour", self._tour(tour))

    async def _tour(self, tour: Tour) -> None:
        ok = await run_tour(tour, self._options, self._picture)
        self._finish(EXIT_OK if ok else EXIT_FAILED)

    async def _end_in_time(self) -> None:
        await self._clock.sleep(self._options.seconds)
        self._picture.take()
        if self._picture.problem:
            sys.stderr.write(f"{self._picture.problem}\n")
        self._finish(EXIT_FAILED if self._picture.problem else EXIT_OK)

    def _window(self) -> QWidget | None:
        """The window that is to be seen now."""
        if self._program is not None:
            return self._program.window
        return None if self._entrance is None else self._entrance.window

    def _on_fault(self, text: str) -> None:
        if self._program is not None:
            words = f"Something went wrong inside the program: {text}"
            self._program.backend.notices.post(NoticeLevel.ERROR, "app", words)

    # End -------------------------------------------------------------------------------------

    @Slot()
    def _on_close_requested(self) -> None:
        self._leave()

    @Slot()
    def _on_left(self) -> None:
        self._leave()

    @Slot()
    def _on_signal(self) -> None:
        if self._closing is None:
            self._leave()
        else:
            self._closing.by_signal()

    def _leave(self) -> None:
        """End because somebody asked; a tour that did not come to its end has not passed."""
        self._finish(EXIT_FAILED if self._options.tour else EXIT_OK)

    def _finish(self, code: int) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(code)

    async def _close_window(self) -> None:
        program = self._program
        if program is None:
            return
        self._is_ending = True
        if self._keeper is not None:
            self._keeper.save()
        if self._trouble is not None:
            self._trouble.stop()
        for view_model in program.view_models:
            view_model.stop()
        program.ladders.stop()
        program.frame.stop()
        program.window.close_for_good()

    def _catch_signals(self) -> None:
        """Ctrl-C and a polite kill end the program in order, like closing the window.

        A question must not be opened wherever the interpreter happens to be: it waits for the loop.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: QTimer.singleShot(0, self, self._on_signal))
