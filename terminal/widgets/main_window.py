"""The main window: docks, menu, banner and status bar. Panels are added by whoever builds it."""

from __future__ import annotations

import base64
import binascii
from enum import Enum
from typing import TYPE_CHECKING, final

import PySide6QtAds as ads  # noqa: N813 - the name its own documents use
from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.widgets.connection import BannerBar, StatusBar
from terminal.widgets.keys import KeysDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtGui import QCloseEvent

    from terminal.viewmodels.base import ViewModel
    from terminal.viewmodels.connection import StatusViewModel
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.keys import Chord, LadderAction
    from terminal.widgets.theme import Theme

DEFAULT_SIZE = (1366, 768)
_STATE_PREFIX = "tern-layout-1:"
_LADDER_WIDTH = 430
_RIGHT_WIDTH = 300


class Place(Enum):
    """Where a panel goes in the default workspace."""

    LEFT = "left"
    TOP = "top"
    MIDDLE = "middle"
    BOTTOM = "bottom"
    RIGHT = "right"
    RIGHT_BELOW = "right below"


@final
class _Panel(QObject):
    """One panel in its dock: its view-model rests while nobody can see it."""

    def __init__(self, dock: ads.CDockWidget, view_model: ViewModel, parent: QObject) -> None:
        super().__init__(parent)
        self.dock = dock
        self._vm = view_model
        dock.visibilityChanged.connect(self._on_visibility_changed)

    @Slot(bool)
    def _on_visibility_changed(self, is_visible: bool) -> None:  # noqa: FBT001 - a Qt signal's value
        self._vm.set_paused(not is_visible)


@final
class MainWindow(QMainWindow):
    """Closing asks (``close_requested``); the program ends things in order and then closes."""

    close_requested = Signal()

    def __init__(
        self,
        status: StatusViewModel,
        theme: Theme,
        keys: Mapping[Chord, LadderAction],
        meter: FrameMeter,
    ) -> None:
        super().__init__()
        self._meter = meter
        self.setObjectName("main_window")
        self.setWindowTitle("Simulated exchange")
        self.setStyleSheet(theme.style_sheet)
        self.resize(*DEFAULT_SIZE)
        self._keys = keys
        self._may_close = False
        self._home: QWidget | None = None
        self._panels: dict[str, _Panel] = {}
        self._areas: dict[Place, ads.CDockAreaWidget] = {}
        shell = QWidget(self)
        shell.setObjectName("shell")
        column = QVBoxLayout(shell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._docks = _dock_manager(shell, theme)
        column.addWidget(BannerBar(status, theme, shell))
        column.addWidget(self._docks, 1)
        column.addWidget(StatusBar(status, theme, shell))
        self.setCentralWidget(shell)
        self._view_menu = self._make_menus()

    # Panels ----------------------------------------------------------------------------------

    def add_panel(
        self, name: str, title: str, widget: QWidget, place: Place, view_model: ViewModel
    ) -> None:
        """Put a panel into the default workspace. ``name`` is what layouts are stored by."""
        dock = ads.CDockWidget(self._docks, title)
        dock.setObjectName(name)
        dock.setWidget(widget, ads.CDockWidget.eInsertMode.ForceNoScrollArea)
        dock.setMinimumSizeHintMode(ads.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromContent)
        self._areas[place] = self._dock_in(dock, place)
        self._panels[name] = _Panel(dock, view_model, self)
        self._home = self._home or widget
        self._view_menu.addAction(dock.toggleViewAction())

    def _dock_in(self, dock: ads.CDockWidget, place: Place) -> ads.CDockAreaWidget:
        area = ads.DockWidgetArea
        beside: dict[Place, tuple[Place, ads.DockWidgetArea]] = {
            Place.TOP: (Place.LEFT, area.RightDockWidgetArea),
            Place.MIDDLE: (Place.TOP, area.BottomDockWidgetArea),
            Place.RIGHT: (Place.MIDDLE, area.RightDockWidgetArea),
            Place.BOTTOM: (Place.MIDDLE, area.BottomDockWidgetArea),
            Place.RIGHT_BELOW: (Place.RIGHT, area.BottomDockWidgetArea),
        }
        if place not in beside or beside[place][0] not in self._areas:
            return self._docks.addDockWidget(area.LeftDockWidgetArea, dock)
        neighbour, side = beside[place]
        return self._docks.addDockWidget(side, dock, self._areas[neighbour])

    def arrange(self) -> None:
        """Give the areas of the default workspace their sizes."""
        width, height = self.width(), self.height()
        middle = max(300, width - _LADDER_WIDTH - _RIGHT_WIDTH)
        sizes: tuple[tuple[Place, list[int]], ...] = (
            (Place.LEFT, [_LADDER_WIDTH, width - _LADDER_WIDTH]),
            (Place.TOP, [height // 6, height * 5 // 6]),
            (Place.MIDDLE, [height // 3, height // 2]),
            (Place.RIGHT, [height // 2, height // 3]),
        )
        for place, wanted in sizes:
            area = self._areas.get(place)
            if area is not None:
                self._docks.setSplitterSizes(area, wanted)
        right = self._areas.get(Place.RIGHT)
        if right is not None and (splitter := _outer_splitter(right)) is not None:
            splitter.setSizes([middle, _RIGHT_WIDTH])

    def show_first(self) -> None:
        """Show the window as on a first start: filling the screen, in the default workspace."""
        if QGuiApplication.platformName() == "offscreen":
            self.show()  # its only screen is small, and nobody looks at it
        else:
            self.showMaximized()
        self.arrange()

    # Menus -----------------------------------------------------------------------------------

    def _make_menus(self) -> QWidget:
        bar = self.menuBar()
        program = bar.addMenu("&Tern")
        leave = QAction("&Quit", self)
        leave.setShortcut(QKeySequence(QKeySequence.StandardKey.Quit))
        leave.setMenuRole(QAction.MenuRole.QuitRole)
        leave.triggered.connect(self.close)
        program.addAction(leave)
        self._trade_menu = bar.addMenu("Tr&ade")
        view = bar.addMenu("&View")
        helping = bar.addMenu("&Help")
        keys = QAction("&Keys of the ladder", self)
        keys.setShortcut(QKeySequence(Qt.Key.Key_F1))
        # Also when a torn-off dock has the focus.
        keys.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        keys.triggered.connect(self._show_keys)
        helping.addAction(keys)
        for menu in (program, self._trade_menu, view, helping):
            menu.aboutToHide.connect(self._on_menu_hidden)
        return view

    @Slot()
    def _on_menu_hidden(self) -> None:
        # After the menu is gone; whether another one opens in its place is known only then.
        QTimer.singleShot(0, self, self._leave_menu_bar)

    def _leave_menu_bar(self) -> None:
        """Esc leaves a menu for the ladder at once, not for a menu bar that swallows its keys."""
        if self._home is not None and QApplication.activePopupWidget() is None:
            bar = self.menuBar()
            if bar.hasFocus():
                self._home.setFocus(Qt.FocusReason.MenuBarFocusReason)

    def add_trade_action(self, words: str, keys: str, act: Callable[[], None]) -> None:
        """Add an entry to the trade menu; an empty text adds a line. The keys are only told.

        They are handled in the ladder itself: a menu shortcut would fire on a held key.
        """
        if not words:
            self._trade_menu.addSeparator()
            return
        action = QAction(f"{words}\t{keys}" if keys else words, self)
        action.triggered.connect(act)
        self._trade_menu.addAction(action)

    @Slot()
    def _show_keys(self) -> None:
        KeysDialog(self._keys, self).open()

    # Layout ----------------------------------------------------------------------------------

    def saved_layout(self) -> str:
        """Geometry and docks as text for ``restore_layout``."""
        parts = (self.saveGeometry(), self._docks.saveState())
        texts = (base64.b64encode(bytes(part.data())).decode("ascii") for part in parts)
        return _STATE_PREFIX + ":".join(texts)

    def restore_layout(self, text: str) -> bool:
        """Bring back a stored layout. False when the text is none; the default stays then."""
        if not text.startswith(_STATE_PREFIX):
            return False
        try:
            geometry, docks = (
                base64.b64decode(part, validate=True)
                for part in text.removeprefix(_STATE_PREFIX).split(":")
            )
        except (ValueError, binascii.Error):
            return False
        return self._docks.restoreState(QByteArray(docks)) and self.restoreGeometry(
            QByteArray(geometry)
        )

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
        self.close()

    def set_icon(self, icon: QIcon) -> None:
        """The window's icon."""
        self.setWindowIcon(icon)


def _outer_splitter(area: ads.CDockAreaWidget) -> QSplitter | None:
    """The splitter around the splitter that holds an area."""
    inner = area.parentWidget()
    outer = None if inner is None else inner.parentWidget()
    return outer if isinstance(outer, QSplitter) else None


def _dock_manager(parent: QWidget, theme: Theme) -> ads.CDockManager:
    flags = ads.CDockManager.eConfigFlag
    for flag, is_on in (
        (flags.OpaqueSplitterResize, True),
        (flags.FocusHighlighting, False),
        (flags.DockAreaHasCloseButton, False),
        (flags.DockAreaHasTabsMenuButton, False),
        (flags.DockAreaHasUndockButton, False),
        (flags.ActiveTabHasCloseButton, False),
    ):
        ads.CDockManager.setConfigFlag(flag, is_on)
    manager = ads.CDockManager(parent)
    manager.setStyleSheet(theme.style_sheet)
    return manager
