"""One run of the window: event loop, exchange child, ordered start and stop, the tour."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, final

import qasync
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from terminal import __version__
from terminal.app import qt_messages
from terminal.app.demo import DemoError, DemoExchange
from terminal.app.display import OFFSCREEN, has_display, missing_packages
from terminal.app.faults import Faults
from terminal.app.lifecycle import Lifecycle
from terminal.app.logs import Logs
from terminal.app.startup import process_age_s
from terminal.session.clock import SystemClock
from terminal.session.notices import NoticeLevel
from terminal.session.tasks import TaskOwner
from terminal.storage.paths import Paths, resources
from terminal.storage.settings import SettingsStore

if TYPE_CHECKING:
    from terminal.app.backend import Backend
    from terminal.app.cli import Options
    from terminal.app.layouts import LayoutKeeper
    from terminal.app.tour import Tour
    from terminal.app.wire_timer import WireTimer
    from terminal.app.wiring import Program
    from terminal.domain.guard import GuardLimits
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.hosts import Hosts
    from terminal.widgets.theme import Theme

SAVE_DELAY_MS = 500
EXIT_OK, EXIT_FAILED, EXIT_CANNOT_START = 0, 1, 3
DEFAULT_SCREENSHOT = Path("tern-tour.png")


def run(options: Options) -> int:
    """Run the window to its end and return the exit code."""
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


def _with_platform(options: Options) -> Options:
    """Without a display there is nobody to look: run the tour offscreen and save a picture."""
    if has_display():
        return options
    os.environ["QT_QPA_PLATFORM"] = OFFSCREEN
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
    asyncio.set_event_loop(loop)
    faults.watch(loop)
    with loop:
        code: int = loop.run_until_complete(DemoRun(options, paths, faults).main())
    return code


@final
class DemoRun(QObject):
    """The terminal on a simulated exchange of its own, from the first child to the last task."""

    def __init__(self, options: Options, paths: Paths, faults: Faults) -> None:
        super().__init__()
        self._options = options
        self._faults = faults
        self._clock = SystemClock()
        self._owner = TaskOwner("app", faults.task_failed)
        self._lifecycle = Lifecycle()
        self._store = SettingsStore(paths.config, self._clock)
        self._settings, self._settings_problem = self._store.load()
        self._demo = DemoExchange(options.seed, self)
        self._program: Program | None = None
        self._keeper: LayoutKeeper | None = None
        # A picture that was asked for and never taken is a failure, too.
        self._picture_problem = "" if options.screenshot is None else "No picture was taken."
        self._end: asyncio.Future[int] | None = None
        self._saver = QTimer(self)
        self._saver.setSingleShot(True)
        self._saver.setInterval(SAVE_DELAY_MS)
        self._saver.timeout.connect(self._save)

    async def main(self) -> int:
        """Start, run until asked to end, stop in order; returns the exit code."""
        self._end = asyncio.get_running_loop().create_future()
        self._catch_signals()
        self._lifecycle.on_stop("tasks", self._owner.close)
        self._lifecycle.on_stop("simulated exchange", self._demo.stop)
        code = EXIT_CANNOT_START
        try:
            await self._start()
            code = await self._end
        except DemoError as error:
            sys.stderr.write(f"{error.sentence}\n")
        finally:
            failed = await self._lifecycle.stop()
        return code if not failed else EXIT_FAILED

    # Start -----------------------------------------------------------------------------------

    async def _start(self) -> None:
        beginning = asyncio.gather(self._demo.start())
        await asyncio.sleep(0)  # the child starts while our own modules are imported
        from terminal.app.wire_timer import WireTimer
        from terminal.app.wiring import build

        timer = WireTimer(self) if self._options.tour else None
        ((hosts, credentials),) = await beginning
        backend = self._backend(hosts, credentials, timer)
        self._lifecycle.on_stop("sessions", backend.stop)
        program = build(backend, self._settings, self._theme())
        self._program = program
        self._faults.on_fault = self._on_fault
        self._lifecycle.on_stop("window", self._close_window)
        self._connect(program)
        for view_model in program.view_models:
            view_model.start()
        self._keeper = self._keep_layout(program)
        program.window.set_locked(self._settings.layout_locked)
        self._keeper.show(self._settings.older_layout)
        self._keeper.changed.connect(self._on_settings_changed)
        program.ladder_widget.setFocus()
        await backend.start()
        if self._settings_problem:
            backend.notices.post(NoticeLevel.WARNING, "app", self._settings_problem)
        if timer is not None:
            self._start_tour(program, hosts, credentials, timer)

    def _keep_layout(self, program: Program) -> LayoutKeeper:
        from terminal.app.layouts import LayoutKeeper
        from terminal.storage.layouts import LayoutStore

        return LayoutKeeper(
            program.window,
            LayoutStore(self._store.path.parent, self._clock),
            program.backend.notices,
            self._settings.workspace,
            stores=not self._options.tour,  # a tour leaves no traces
        )

    def _backend(self, hosts: Hosts, credentials: Credentials, timer: WireTimer | None) -> Backend:
        from terminal.app.backend import Backend
        from terminal.exchange.connect import connect

        on_sent = None if timer is None else timer.on_sent
        clients = connect(hosts, credentials, self._clock, on_sent=on_sent)
        return Backend(clients, self._clock, self._owner.child("backend"), self._limits)

    def _limits(self) -> GuardLimits:
        return self._settings.limits

    def _theme(self) -> Theme:
        from terminal.widgets.theme import Theme

        for name in Theme.register_fonts(resources() / "fonts"):
            logging.getLogger("app").warning("the font %s cannot be read", name)
        return Theme.load(resources() / "themes", self._settings.theme)

    def _connect(self, program: Program) -> None:
        program.window.close_requested.connect(self._on_close_requested)
        program.workspace.contract_changed.connect(self._on_settings_changed)
        program.ladder.sizes_changed.connect(self._on_settings_changed)
        program.theme.changed.connect(self._on_settings_changed)
        program.ladder.changed.connect(self._look_for_first_frame)
        program.backend.on_contracts_loaded.add(self._on_contracts_loaded)
        self._demo.died.connect(self._on_exchange_died)

    def _on_contracts_loaded(self) -> None:
        program = self._program
        if program is None:
            return
        program.workspace.contracts_loaded()
        if not program.workspace.choose(self._settings.contract) and program.workspace.symbols:
            program.workspace.choose(program.workspace.symbols[0])

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

    # Tour ------------------------------------------------------------------------------------

    def _start_tour(
        self, program: Program, hosts: Hosts, credentials: Credentials, timer: WireTimer
    ) -> None:
        from terminal.app.tour import Tour, TourTools
        from terminal.exchange.connect import connect

        QApplication.instance().installEventFilter(timer)  # type: ignore[union-attr]
        second = connect(hosts, credentials, self._clock)
        self._lifecycle.on_stop("second client", second.aclose)
        tour = Tour(program, TourTools(second, timer, self._faults, self._take_picture))
        self._owner.spawn("tour", self._run_tour(tour))

    async def _run_tour(self, tour: Tour) -> None:
        report = await tour.run(self._options.seconds)
        ok = report.ok
        for step in report.steps:
            mark = "ok" if step.ok else "FAILED"
            sys.stdout.write(f"{mark:>6}  {step.name}  {step.detail}".rstrip() + "\n")
        ok &= not self._picture_problem
        if self._picture_problem:
            sys.stderr.write(f"{self._picture_problem}\n")
        if self._options.report is not None:
            try:
                report.write(self._options.report)
            except OSError as error:
                sys.stderr.write(f"The report could not be written: {error.strerror}.\n")
                ok = False
        self._finish(EXIT_OK if ok else EXIT_FAILED)

    def _take_picture(self) -> None:
        path = self._options.screenshot
        if path is None or self._program is None:
            return
        saved = self._program.window.grab().save(str(path))
        self._picture_problem = "" if saved else f"The picture could not be saved as {path}."

    # Faults of the exchange ------------------------------------------------------------------

    @Slot()
    def _on_exchange_died(self) -> None:
        from terminal.viewmodels.connection import Banner
        from terminal.viewmodels.text import Role

        if self._program is None:
            return
        words = "The simulated exchange has ended. What is shown is the last that was known."
        self._program.backend.notices.post(NoticeLevel.ERROR, "app", words)
        banner = Banner(words, Role.DANGER, "Restart it")
        self._program.status.show_banner(banner, self._restart_exchange)

    def _restart_exchange(self) -> None:
        if self._program is not None:
            self._program.status.show_banner(None, None)
            self._owner.spawn("restart exchange", self._restart(self._program))

    async def _restart(self, program: Program) -> None:
        notices = program.backend.notices
        try:
            await self._demo.start()
        except DemoError as error:
            notices.post(NoticeLevel.ERROR, "app", error.sentence)
            self._on_exchange_died()
            return
        notices.post(
            NoticeLevel.INFO, "app", "The simulated exchange runs again, with a fresh account."
        )
        await program.backend.market_feed.restart()
        await program.backend.account_feed.restart()

    def _on_fault(self, text: str) -> None:
        if self._program is not None:
            words = f"Something went wrong inside the program: {text}"
            self._program.backend.notices.post(NoticeLevel.ERROR, "app", words)

    # Settings --------------------------------------------------------------------------------

    @Slot()
    def _on_settings_changed(self) -> None:
        if not self._saver.isActive():
            self._saver.start()

    def _save(self) -> None:
        program, keeper = self._program, self._keeper
        if program is None or keeper is None or self._options.tour:
            return  # a tour leaves no traces
        market, sizes = program.workspace.market, program.ladder.trading.sizes
        self._settings = replace(
            self._settings,
            contract=self._settings.contract if market is None else str(market.contract.symbol),
            sizes=tuple(int(size) for size in sizes.stored),
            chosen_size=sizes.chosen,
            theme=program.theme.name,
            workspace=keeper.workspace,
            layout_locked=keeper.is_locked,
        )
        try:
            self._store.save(self._settings)
        except OSError as error:
            words = f"The settings could not be saved: {error.strerror or error}."
            program.backend.notices.post(NoticeLevel.WARNING, "app", words)
        keeper.save()

    # End -------------------------------------------------------------------------------------

    @Slot()
    def _on_close_requested(self) -> None:
        self._finish(EXIT_OK)

    def _finish(self, code: int) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(code)

    async def _close_window(self) -> None:
        program = self._program
        if program is None:
            return
        self._saver.stop()
        self._save()
        for view_model in program.view_models:
            view_model.stop()
        program.frame.stop()
        program.window.close_for_good()

    def _catch_signals(self) -> None:
        """Ctrl-C and a polite kill end the program in order, like closing the window."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._finish(EXIT_OK))
