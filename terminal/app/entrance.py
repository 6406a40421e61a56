"""The first look: shows the start window and the dialog of an account until something is chosen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Signal, Slot

from terminal.app.choice import Choice, Mode
from terminal.viewmodels.connect import ConnectViewModel
from terminal.viewmodels.frame import QtFrameClock
from terminal.viewmodels.start import StartViewModel
from terminal.widgets.connect import ConnectDialog
from terminal.widgets.start import StartWindow

if TYPE_CHECKING:
    from terminal.app.doors import Doors
    from terminal.exchange.hosts import Hosts
    from terminal.widgets.theme import Theme


@final
class Entrance(QObject):
    """The start window and what belongs to it. ``left`` is emitted when the window is closed.

    ``hosts`` are those of the exchange itself, or what stands in for it.
    """

    left = Signal()

    def __init__(self, doors: Doors, hosts: Hosts, theme: Theme) -> None:
        super().__init__()
        self._doors = doors
        self._hosts = hosts
        self._theme = theme
        self._frame = QtFrameClock()
        self._chosen: asyncio.Future[Choice] | None = None
        self._is_closed = False
        self.form: ConnectViewModel | None = None
        self.dialog: ConnectDialog | None = None
        self.view_model = StartViewModel(doors, self._frame)
        self.window = StartWindow(self.view_model, theme)
        self.window.close_requested.connect(self.left)
        self.view_model.demo_chosen.connect(self._on_demo)
        self.view_model.watch_chosen.connect(self._on_watch)
        self.view_model.connect_chosen.connect(self.ask_for_account)
        doors.on_opened.add(self._choose)
        doors.on_storing.add(self._on_storing)
        doors.on_not_stored.add(self.view_model.failed)

    def choose(self, message: str = "") -> asyncio.Future[Choice]:
        """Show the window, with what went wrong before, and tell the next choice."""
        self._chosen = asyncio.get_running_loop().create_future()
        self.view_model.start()
        if message:
            self.view_model.failed(message)
        self.window.show()
        return self._chosen

    def close(self) -> None:
        """Take everything away. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.dialog is not None:
            self.dialog.reject()
        self.view_model.stop()
        self._frame.stop()
        self.window.close_for_good()
        self.window.deleteLater()

    @Slot(str)
    def ask_for_account(self, name: str) -> None:
        """Show the dialog of an account, with a name filled in if there is one."""
        if self.dialog is not None:
            return
        form = ConnectViewModel(
            self._doors, (self._hosts.futures, self._hosts.account), self._frame, name
        )
        dialog = ConnectDialog(form, self._theme, self.window)
        dialog.finished.connect(self._on_dialog_finished)
        self.form, self.dialog = form, dialog
        dialog.open()
        self._doors.look_at_ring(self._on_ring_looked_at)

    def _choose(self, choice: Choice) -> None:
        if self._chosen is not None and not self._chosen.done():
            self.view_model.wait(choice.opening_words)
            self._chosen.set_result(choice)

    @Slot()
    def _on_demo(self) -> None:
        self._choose(Choice(Mode.DEMO))

    @Slot()
    def _on_watch(self) -> None:
        self._choose(Choice(Mode.WATCH, self._hosts))

    @Slot()
    def _on_dialog_finished(self) -> None:
        self.form = self.dialog = None
        self._doors.forget_check()

    def _on_ring_looked_at(self, ring: str, problem: str) -> None:
        if self.form is not None:
            self.form.set_keeping(ring, problem)

    def _on_storing(self, name: str) -> None:
        self.view_model.wait(f"Storing the key of {name}.")
