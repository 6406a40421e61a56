"""The main window: docks, menu, banner and status bar. Panels are added by whoever builds it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QByteArray, QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.viewmodels.palette import PaletteCommand
from terminal.widgets.connection import BannerBar, StatusBar
from terminal.widgets.dock import Docks, Place, move_onto_screens
from terminal.widgets.dock_state import DockStateError, panels_in
from terminal.widgets.keys import show_keys
from terminal.widgets.menus import Menus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from PySide6.QtGui import QCloseEvent, QMoveEvent, QResizeEvent, QShowEvent

    from terminal.viewmodels.connection import StatusViewModel
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.headers import HeadersViewModel
    from terminal.viewmodels.keys import Chord, LadderAction
    from terminal.widgets.dock import Pausable
    from terminal.widgets.theme import Theme

__all__ = ["MainWindow", "Place", "WindowLayout"]

DEFAULT_SIZE = (1366, 768)
SETTLE_MS = 1000
"""How long window managers may take to place a new window."""


class WindowLayout(NamedTuple):
    """The window's geometry (base64) and its docks (XML), for whoever stores them."""

    geometry: str
    docks: str


@final
class MainWindow(QMainWindow):
    """Closing asks (``close_requested``); the program ends things in order and then closes.

    ``layout_changed`` is emitted when the window or its panels were moved, shown or hidden;
    ``panels_asked``, with names, before a layout is shown that holds these panels.
    """

    close_requested = Signal()
    layout_changed = Signal()
    panels_asked = Signal(object)

    def __init__(
        self,
        status: StatusViewModel,
        theme: Theme,
        keys: Mapping[Chord, LadderAction],
        meter: FrameMeter,
    ) -> None:
        super().__init__()
        self._meter = meter
        self._theme = theme
        self.setObjectName("main_window")
        self.setWindowTitle("Simulated exchange")
        self.resize(*DEFAULT_SIZE)
        self._keys = keys
        self._may_close = False
        self._is_arranged = True
        self._before: WindowLayout | None = None
        shell = QWidget(self)
        shell.setObjectName("shell")
        column = QVBoxLayout(shell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.docks = Docks(shell, theme.scale)
        column.addWidget(BannerBar(status, shell))
        column.addWidget(self.docks.widget, 1)
        self._status_bar = StatusBar(status, shell)
        column.addWidget(self._status_bar)
        self._column = column
        self.setCentralWidget(shell)
        self.menus = self._make_menus()
        self.view_menu = self.menus.view
        self.docks.changed.connect(self.layout_changed)
        self._take_theme()
        theme.changed.connect(self._take_theme)

    @Slot()
    def _take_theme(self) -> None:
        QApplication.setPalette(self._theme.qt_palette)
        # Torn-off panels are children of this window: they follow.
        self.setStyleSheet(self._theme.style_sheet)

    # Panels ----------------------------------------------------------------------------------

    def add_panel(
        self, name: str, title: str, widget: QWidget, place: Place, view_model: Pausable
    ) -> None:
        """Put a panel into the default layout. ``name`` is what layouts are stored by."""
        panel = self.docks.add(name, title, widget, place, view_model)
        self.menus.home = self.menus.home or widget
        self.view_menu.add_panel(panel.toggle_action)

    def remove_panel(self, name: str) -> None:
        """Take a panel away for good; layouts that know it ask for it (``panels_asked``)."""
        self.docks.remove(name)

    def show_headers(self, headers: HeadersViewModel) -> None:
        """Let the panels' headers show notes: symbols, counts, what is out of date."""
        self._headers = headers
        headers.changed.connect(self._show_headers)

    @Slot()
    def _show_headers(self) -> None:
        for name, panel in self.docks.panels.items():
            panel.set_note(self._headers.notes.get(name, ""))

    def show_first(self) -> None:
        """Show the window as on a first start: filling the screen, in the default layout."""
        self.docks.build()
        self._is_arranged = False
        if QGuiApplication.platformName() == "offscreen":
            self.show()  # its only screen is small, and nobody looks at it
        else:
            self.showMaximized()

    # Menus -----------------------------------------------------------------------------------

    def _make_menus(self) -> Menus:
        menus = Menus(self.menuBar(), self._theme, self)
        menus.quit_asked.connect(self.close)
        menus.keys_asked.connect(self._show_keys)
        self.docks.torn_off.connect(menus.serve)
        view = menus.view
        view.put_back_asked.connect(self.docks.put_all_back)
        view.next_panel_asked.connect(self.docks.next_panel)
        view.previous_panel_asked.connect(self.docks.previous_panel)
        view.lock_asked.connect(self.set_locked)
        view.default_layout_asked.connect(self.restore_default)
        view.previous_layout_asked.connect(self.bring_back)
        return menus

    def add_bar(self, bar: QWidget) -> None:
        """Put a bar above the panels, below what asks already."""
        bar.setParent(self.centralWidget())
        self._column.insertWidget(self._column.count() - 2, bar)

    def add_corner(self, widget: QWidget) -> None:
        """Keep something in sight whatever is shown: beside the menu, or in the status bar."""
        self._corner = widget  # the menu bar alone would not keep it alive
        if self.menuBar().isNativeMenuBar():
            layout = self._status_bar.layout()
            if layout is not None:
                layout.addWidget(widget)
        else:
            self.menuBar().setCornerWidget(widget)
            widget.show()

    def add_trade_action(self, words: str, keys: str, act: Callable[[], None]) -> None:
        """Add an entry to the menu "Trade"; an empty text adds a line. The keys are only told."""
        self.menus.add_trade_action(words, keys, act)

    def tell_trade_keys(self, told: Mapping[str, str]) -> None:
        """Tell other keys beside entries of the menu "Trade", by the entries' words."""
        self.menus.tell_trade_keys(told)

    def add_program_action(self, words: str, keys: str, act: Callable[[], object]) -> None:
        """Add an entry to the program's own menu, with a key of its own."""
        self.menus.add_program_action(words, keys, act)

    def menu_commands(self) -> Iterator[PaletteCommand]:
        """Every entry of the menus, for the command palette."""
        return self.menus.commands()

    def panel_commands(self) -> Iterator[PaletteCommand]:
        """Every panel, to be shown and given the keys."""
        for panel in self.docks.panels.values():
            yield PaletteCommand(f"Go to {panel.title}", "Panel", "", panel.come_forward)

    def taken_keys(self) -> dict[str, str]:
        """The keys of the whole program by their labels, and what they do."""
        return self.menus.taken_keys()

    def add_help_action(self, words: str, act: Callable[[], object]) -> None:
        """Add an entry to the help menu."""
        self.menus.add_help_action(words, act)

    def add_account_action(self, words: str, keys: str, act: Callable[[], object]) -> None:
        """Add an entry to the menu "Account", which is there as soon as it has one."""
        self.menus.add_account_action(words, keys, act)

    @Slot()
    def _show_keys(self) -> None:
        show_keys(self._keys, self._theme, self)

    # Layout ----------------------------------------------------------------------------------

    def saved_layout(self) -> WindowLayout:
        """Where the window and its panels are, for ``restore_layout``."""
        geometry = bytes(self.saveGeometry().data())
        return WindowLayout(base64.b64encode(geometry).decode("ascii"), self.docks.state())

    def restore_layout(self, layout: WindowLayout) -> str:
        """Bring back a stored layout. Answers why it cannot be used, empty when it can.

        The default layout, or the one that was there, is shown when it cannot.
        """
        try:
            geometry = base64.b64decode(layout.geometry, validate=True)
            self.panels_asked.emit(panels_in(layout.docks))
        except (DockStateError, ValueError, binascii.Error) as error:
            return str(error)
        # One that Qt does not take leaves the window where it is.
        self.restoreGeometry(QByteArray(geometry))
        if not self.isMaximized():
            move_onto_screens(self)
        try:
            self.docks.restore(layout.docks)
        except DockStateError as error:
            return str(error)
        self._is_arranged = True
        return ""

    def remember(self) -> None:
        """Keep the layout of now for ``bring_back``; called before it is replaced."""
        self._before = self.saved_layout()
        self.view_menu.set_previous(is_there=True)

    @Slot()
    def restore_default(self) -> None:
        """Show the default layout; the one before can be brought back."""
        self.remember()
        self.docks.restore_default()

    @Slot(bool)
    def set_locked(self, is_locked: bool) -> None:  # noqa: FBT001 - a Qt signal's value
        """Lock the layout, or unlock it: while it is locked no hand moves a panel by accident."""
        self.docks.set_locked(is_locked=is_locked)
        self.view_menu.show_locked(is_locked=is_locked)
        self.layout_changed.emit()

    @Slot()
    def bring_back(self) -> None:
        """Show the layout before the last replacement; twice is back again."""
        before = self._before
        if before is not None:
            self.remember()
            self.restore_layout(before)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        self.docks.build()
        super().showEvent(event)
        if not self._is_arranged:
            # Not every platform resizes a window that is shown.
            QTimer.singleShot(0, self, self._arrange_first)
            QTimer.singleShot(SETTLE_MS, self, self._settled)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._is_arranged and self.isVisible():
            # The docks have their new size when the events of this one are done.
            QTimer.singleShot(0, self, self._arrange_first)
        self.layout_changed.emit()

    def _arrange_first(self) -> None:
        if not self._is_arranged:
            self.docks.arrange()
            # The window manager may resize once more until the window is at rest.
            self._is_arranged = self.isMaximized() or not self.isVisible()

    def _settled(self) -> None:
        """From now on a hand resizes the window, and what it has arranged stays."""
        self._is_arranged = True

    @override
    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.layout_changed.emit()

    @override
    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.UpdateRequest:
            # Qt has painted every dirty panel of this window by now.
            self._meter.frame_painted()
        return done

    # Closing ---------------------------------------------------------------------------------

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.close_requested.emit()

    def close_for_good(self) -> None:
        """Close without asking: everything has ended."""
        self._may_close = True
        self.docks.hide_windows()
        self.close()
