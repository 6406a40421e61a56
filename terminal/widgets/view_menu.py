"""The View menu: panels, layouts, workspaces by name, themes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QInputDialog, QMenu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from terminal.widgets.theme import Theme

NEW_LADDER_KEY = "Ctrl+N"


NEXT_PANEL_KEY, PREVIOUS_PANEL_KEY = "F6", "Shift+F6"


@final
class ViewMenu(QObject):
    """Fills a menu; what is chosen comes out as signals with names."""

    default_layout_asked = Signal()
    previous_layout_asked = Signal()
    put_back_asked = Signal()
    next_panel_asked = Signal()
    previous_panel_asked = Signal()
    lock_asked = Signal(bool)
    workspace_chosen = Signal(str)
    workspace_named = Signal(str)
    workspace_dropped = Signal(str)
    new_ladder_asked = Signal()

    def __init__(self, menu: QMenu, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._theme = theme
        self._menu = menu
        self._end_of_panels = menu.addSeparator()
        self._with_key("&Next panel", NEXT_PANEL_KEY, self.next_panel_asked)
        self._with_key("Pre&vious panel", PREVIOUS_PANEL_KEY, self.previous_panel_asked)
        new = self._plain("&New ladder", self.new_ladder_asked)
        new.setShortcut(QKeySequence(NEW_LADDER_KEY))
        new.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        new.setAutoRepeat(False)
        new.setToolTip("A further ladder with a contract, an arming and sizes of its own")
        self._plain("Put &torn-off panels back", self.put_back_asked)
        self._lock = QAction("&Lock the layout", menu)
        self._lock.setCheckable(True)
        self._lock.triggered.connect(self.lock_asked)
        menu.addAction(self._lock)
        self._plain("&Restore default layout", self.default_layout_asked)
        self._previous = self._plain("&Bring back the previous layout", self.previous_layout_asked)
        self._previous.setEnabled(False)
        self._workspaces = menu.addMenu("&Workspace")
        self._workspace_group = QActionGroup(self)
        self.show_workspaces((), "")
        themes = menu.addMenu("T&heme")
        self._themes = QActionGroup(self)
        for name, label in theme.choices.items():
            action = self._choice(themes, self._themes, label, name)
            action.triggered.connect(partial(theme.switch_to, name))
        self._show_theme()
        theme.changed.connect(self._show_theme)

    def add_panel(self, toggle: QAction) -> None:
        """Add a panel's check."""
        self._menu.insertAction(self._end_of_panels, toggle)

    def show_locked(self, *, is_locked: bool) -> None:
        """Whether panels are kept where they are."""
        self._lock.setChecked(is_locked)

    def set_previous(self, *, is_there: bool) -> None:
        """Whether there is a layout to be brought back."""
        self._previous.setEnabled(is_there)

    def show_workspaces(self, names: Sequence[str], current: str) -> None:
        """Fill the list of workspaces."""
        for action in self._workspace_group.actions():
            self._workspace_group.removeAction(action)
        self._workspaces.clear()
        for name in names:
            action = self._choice(self._workspaces, self._workspace_group, name, name)
            action.setChecked(name == current)
            action.triggered.connect(partial(self.workspace_chosen.emit, name))
        self._workspaces.addSeparator()
        save = QAction("&Save as\N{HORIZONTAL ELLIPSIS}", self._workspaces)
        save.triggered.connect(self._ask_name)
        self._workspaces.addAction(save)
        drop = QAction(f"&Delete {current}" if current else "&Delete", self._workspaces)
        drop.setEnabled(bool(names) and current != names[0])
        drop.triggered.connect(partial(self.workspace_dropped.emit, current))
        self._workspaces.addAction(drop)

    def _with_key(self, words: str, key: str, signal: object) -> None:
        action = self._plain(words, signal)
        action.setShortcut(QKeySequence(key))
        # A shortcut of the main window would not fire while a torn-off panel has the focus.
        action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)

    def _plain(self, words: str, signal: object) -> QAction:
        action = QAction(words, self._menu)
        action.triggered.connect(signal)
        self._menu.addAction(action)
        return action

    @staticmethod
    def _choice(menu: QMenu, group: QActionGroup, words: str, name: str) -> QAction:
        action = QAction(words.replace("&", "&&"), menu)
        action.setCheckable(True)
        action.setData(name)
        group.addAction(action)
        menu.addAction(action)
        return action

    @Slot()
    def _show_theme(self) -> None:
        for action in self._themes.actions():
            action.setChecked(action.data() == self._theme.name)

    @Slot()
    def _ask_name(self) -> None:
        dialog = QInputDialog(self._parent)
        dialog.setObjectName("workspace.name")
        dialog.setWindowTitle("Save the workspace as")
        dialog.setLabelText("Name of the workspace. One that is there already is replaced.")
        dialog.textValueSelected.connect(self.workspace_named)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
