"""Keeps the window's layout on disk: brought back at start, stored when it changes, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from terminal.session.notices import NoticeLevel
from terminal.storage.layouts import DEFAULT, Layout, NewerLayoutError, name_problem, older_layout
from terminal.widgets.main_window import WindowLayout

if TYPE_CHECKING:
    from terminal.session.notices import NoticeBoard
    from terminal.storage.layouts import LayoutStore
    from terminal.widgets.main_window import MainWindow

SAVE_DELAY_MS = 500


@final
class LayoutKeeper(QObject):
    """One window and its workspaces. ``stores`` is off for a tour, which leaves no traces.

    ``changed`` is emitted when the workspace or the lock did: settings hold both.
    """

    changed = Signal()

    def __init__(
        self,
        window: MainWindow,
        store: LayoutStore,
        notices: NoticeBoard,
        workspace: str,
        *,
        stores: bool = True,
    ) -> None:
        super().__init__(window)
        self.workspace = workspace
        self._window = window
        self._store = store
        self._notices = notices
        self._stores = stores
        self._stored: Layout | None = None
        self._saver = QTimer(self)
        self._saver.setSingleShot(True)
        self._saver.setInterval(SAVE_DELAY_MS)
        self._saver.timeout.connect(self.save)

    def show(self, older: object) -> None:
        """Show the window as it was left; ``older`` is the layout text of version 1, if any."""
        if name_problem(self.workspace) or not self._store.exists(self.workspace):
            self.workspace = DEFAULT
        is_new = not self._store.exists(self.workspace)
        layout = older_layout(older) if is_new else self._load(self.workspace)
        if layout is not None and self._apply(layout, is_stored=not is_new):
            self._window.show()
        else:
            self._window.show_first()
        menu = self._window.view_menu
        menu.workspace_chosen.connect(self._on_chosen)
        menu.workspace_named.connect(self._on_named)
        menu.workspace_dropped.connect(self._on_dropped)
        self._window.layout_changed.connect(self._on_layout_changed)
        menu.lock_asked.connect(self.changed)
        self._show_names()

    @property
    def is_locked(self) -> bool:
        """Whether panels are kept where they are."""
        return self._window.docks.is_locked

    @Slot()
    def save(self) -> None:
        """Store the layout of now, if it is another one than what is stored."""
        self._saver.stop()
        unknown = {} if self._stored is None else self._stored.unknown
        layout = Layout(*self._window.saved_layout(), unknown)
        if layout == self._stored or not self._stores:
            return
        if self._save_as(self.workspace, layout):
            self._stored = layout

    def _save_as(self, name: str, layout: Layout) -> bool:
        """Store a layout; False, and said, when it could not be."""
        try:
            self._store.save(name, layout)
        except NewerLayoutError:
            pass  # was said when it was opened; nothing is replaced
        except OSError as error:
            self._warn(f"The window layout could not be saved: {error.strerror or error}.")
            return False
        return True

    def _load(self, name: str) -> Layout | None:
        layout, problem = self._store.load(name)
        if problem:
            self._warn(problem)
        return layout

    def _apply(self, layout: Layout, *, is_stored: bool) -> bool:
        problem = self._window.restore_layout(WindowLayout(layout.geometry, layout.docks))
        if not problem:
            self._stored = layout
            return True
        if is_stored:
            self._warn(self._store.set_aside(self.workspace, problem))
        return False

    def _warn(self, words: str) -> None:
        self._notices.post(NoticeLevel.WARNING, "app", words)

    def _show_names(self) -> None:
        self._window.view_menu.show_workspaces(self._store.names(), self.workspace)
        self.changed.emit()

    # Hands -----------------------------------------------------------------------------------

    @Slot()
    def _on_layout_changed(self) -> None:
        self._saver.start()

    @Slot(str)
    def _on_chosen(self, name: str) -> None:
        """Store the workspace that is left, then show the other one."""
        if name != self.workspace:
            self.save()
            self._open(name)

    @Slot(str)
    def _on_named(self, name: str) -> None:
        name = name.strip()
        problem = name_problem(name)
        if problem:
            self._warn(problem)
            return
        if self._store.is_newer(name):
            self._warn(f"The layout {name} was written by a newer version and is not replaced.")
            return
        self.save()
        # One name in two spellings is one workspace, spelt as it was.
        known = {one.casefold(): one for one in self._store.names()}
        name = known.get(name.casefold(), name)
        layout = Layout(*self._window.saved_layout())
        # A workspace that could not be stored is none: the settings must not name it.
        if not self._stores or self._save_as(name, layout):
            self.workspace, self._stored = name, layout
            self._show_names()

    @Slot(str)
    def _on_dropped(self, name: str) -> None:
        """Delete a workspace; its layout can be brought back until the program ends."""
        try:
            self._store.delete(name)
        except OSError as error:
            self._warn(f"The workspace could not be deleted: {error.strerror or error}.")
            return
        if name == self.workspace:
            self._open(DEFAULT)
        self._show_names()

    def _open(self, name: str) -> None:
        self._window.remember()
        self.workspace, self._stored = name, None
        layout = self._load(name)
        if layout is None or not self._apply(layout, is_stored=True):
            self._window.docks.restore_default()
        self._show_names()
