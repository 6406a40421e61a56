"""The menu bar: what the program, trading, the account, the view and help have to offer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QWidget

from terminal.viewmodels.palette import PaletteCommand
from terminal.widgets.view_menu import ViewMenu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from terminal.widgets.theme import Theme


@final
class Menus(QObject):
    """Fills a menu bar. Its keys, and the letters that open menus, work from every window of ours.

    After a menu the focus goes to ``home``, where trading keys are read.
    """

    quit_asked = Signal()
    keys_asked = Signal()

    def __init__(self, bar: QMenuBar, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.home: QWidget | None = None
        self._bar = bar
        self._account: QMenu | None = None
        program = self._program = self._menu("&Tern")
        self._trade = self._menu("Tr&ade")
        view = self._menu("&View")
        self._before_account = view.menuAction()
        helping = self._help = self._menu("&Help")
        leave = self._leave = self._with_key(
            program, "&Quit", QKeySequence(QKeySequence.StandardKey.Quit)
        )
        leave.setMenuRole(QAction.MenuRole.QuitRole)
        leave.triggered.connect(self.quit_asked)
        keys = self._with_key(helping, "&Keys of the ladder", QKeySequence(Qt.Key.Key_F1))
        keys.triggered.connect(self.keys_asked)
        self.view = ViewMenu(view, theme, parent)

    def _menu(self, words: str, before: QAction | None = None) -> QMenu:
        menu = QMenu(words, self._bar)
        self._bar.insertMenu(before, menu)  # type: ignore[arg-type]  # None is the end
        menu.aboutToHide.connect(self._on_hidden)
        return menu

    @staticmethod
    def _with_key(menu: QMenu, words: str, key: QKeySequence) -> QAction:
        action = QAction(words, menu)
        action.setShortcut(key)
        # A shortcut of the main window would not fire while a torn-off panel has the focus.
        action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        menu.addAction(action)
        return action

    # Entries ---------------------------------------------------------------------------------

    def add_trade_action(self, words: str, keys: str, act: Callable[[], None]) -> None:
        """Add an entry to the trade menu; an empty text adds a line. The keys are only told.

        They are handled in the ladder itself: a menu shortcut would fire on a held key.
        """
        _add_entry(self._trade, words, keys, act)

    def tell_trade_keys(self, told: Mapping[str, str]) -> None:
        """Tell other keys beside entries of the trade menu, by the entries' words."""
        for action in self._trade.actions():
            words = action.text().split("\t")[0]
            if words in told:
                keys = told[words]
                action.setText(f"{words}\t{keys}" if keys else words)

    def add_program_action(self, words: str, keys: str, act: Callable[[], object]) -> None:
        """Add an entry to the program's own menu, above its end, with a key of its own."""
        action = self._with_key(self._program, words, QKeySequence(keys))
        action.setMenuRole(QAction.MenuRole.NoRole)
        action.setAutoRepeat(False)
        action.triggered.connect(act)
        self._program.insertAction(self._leave, action)

    def taken_keys(self) -> dict[str, str]:
        """The keys of the whole program by their labels, and what they do."""
        taken: dict[str, str] = {}
        for menu in self._bar.findChildren(QMenu):
            for action in menu.actions():
                for key in action.shortcuts():
                    label = key.toString(QKeySequence.SequenceFormat.PortableText)
                    taken[label] = action.text().replace("&", "").rstrip("\N{HORIZONTAL ELLIPSIS}")
        return taken

    def commands(self) -> Iterator[PaletteCommand]:
        """Every entry of every menu that acts, for the command palette."""
        for menu in self._bar.findChildren(QMenu):
            group = _plain(menu.title())
            for action in menu.actions():
                if action.isSeparator() or action.menu() is not None or not action.text():
                    continue
                words, _, told = action.text().partition("\t")
                key = action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
                why_not = "" if action.isEnabled() else "There is nothing for it to do now."
                yield PaletteCommand(_plain(words), group, key or told, action.trigger, why_not)

    def add_account_action(self, words: str, keys: str, act: Callable[[], object]) -> None:
        """Add an entry to the account menu, with a key of its own if given. The first makes it."""
        if self._account is None:
            self._account = self._menu("A&ccount", self._before_account)
        action = self._with_key(self._account, words, QKeySequence(keys))
        action.setAutoRepeat(False)
        action.triggered.connect(act)

    def add_help_action(self, words: str, act: Callable[[], object]) -> None:
        """Add an entry to the help menu."""
        _add_entry(self._help, words, "", act)

    # Keys ------------------------------------------------------------------------------------

    @Slot(QWidget)
    def serve(self, window: QWidget) -> None:
        """Let Alt and a menu's letter open it from a torn-off window, too."""
        for menu in self._bar.actions():
            key = QKeySequence.mnemonic(menu.text())
            shortcut = QShortcut(key, window)
            shortcut.activated.connect(partial(self._open, menu))

    def _open(self, menu: QAction) -> None:
        self._bar.window().activateWindow()
        self._bar.setActiveAction(menu)

    @Slot()
    def _on_hidden(self) -> None:
        # After the menu is gone; whether another one opens in its place is known only then.
        QTimer.singleShot(0, self, self._leave_bar)

    def _leave_bar(self) -> None:
        """Esc leaves a menu for the ladder at once, not for a menu bar that swallows its keys."""
        if self.home is None or QApplication.activePopupWidget() is not None:
            return
        if self._bar.hasFocus():
            self.home.setFocus(Qt.FocusReason.MenuBarFocusReason)
            self.home.activateWindow()


def _plain(words: str) -> str:
    return words.replace("&", "")


def _add_entry(menu: QMenu, words: str, keys: str, act: Callable[[], object]) -> None:
    if not words:
        menu.addSeparator()
        return
    action = QAction(f"{words}\t{keys}" if keys else words, menu)
    action.triggered.connect(act)
    menu.addAction(action)
