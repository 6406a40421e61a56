"""The bar that says that order entry is locked, and the dialog that opens the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.entry_lock import DETAIL, TITLE
from terminal.viewmodels.keys import LOCK_KEY
from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Dialog, put_words, show_one
from terminal.widgets.styling import paint_badge, paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.entry_lock import EntryLockViewModel
    from terminal.widgets.theme import Theme

_WIDTH_EM = 32


@final
class LockBar(QWidget):
    """Above the panels while order entry is locked."""

    def __init__(
        self, view_model: EntryLockViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("lock")
        self._vm = view_model
        self._theme = theme
        title, detail = QLabel(TITLE, self), QLabel(DETAIL, self)
        title.setObjectName("lock.title")
        title.setAccessibleName("Order entry is locked")
        detail.setWordWrap(True)
        paint_badge(title, Role.CAUTION)
        button = QPushButton("Unlock\N{HORIZONTAL ELLIPSIS}", self)
        button.setObjectName("lock.unlock")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(f"Allow order entry again, after a question ({LOCK_KEY})")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(title)
        row.addWidget(detail, 1)
        row.addWidget(button)
        button.clicked.connect(view_model.unlock_asked)
        view_model.unlock_asked.connect(self._ask)
        view_model.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        self.setVisible(self._vm.view.is_locked)

    @Slot()
    def _ask(self) -> None:
        window = QApplication.activeWindow() or self.window()
        if isinstance(window, UnlockDialog):
            return
        show_one(UnlockDialog, lambda: UnlockDialog(self._vm, self._theme, window), window)


@final
class UnlockDialog(Dialog):
    """Asks for the password where there is one, else for a plain yes. Esc stays locked.

    Not modal: orders can be canceled and positions flattened while it is open.
    """

    def __init__(self, view_model: EntryLockViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__("unlock", "Unlock order entry?", theme, parent, width_em=_WIDTH_EM)
        self._vm = view_model
        self._words = QLabel(view_model.view.question, self)
        self._words.setWordWrap(True)
        self._password = QLineEdit(self)
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._problem = QLabel(self)
        self._problem.setWordWrap(True)
        self._unlock = QPushButton("Unlock", self)
        stay = QPushButton("Stay locked", self)
        self.name_parts(
            "unlock",
            {
                self._password: ("password", "Password of the limits"),
                self._problem: ("problem", "Why it was not unlocked"),
                self._unlock: ("yes", "Unlock order entry"),
                stay: ("no", "Stay locked"),
            },
        )
        set_property(self._unlock, "main", "true")
        paint_role(self._problem, Role.DANGER)
        column = QVBoxLayout()
        for widget in (self._words, self._password, self._problem):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._unlock)
        row.addWidget(stay)
        column.addLayout(row)
        self.setLayout(column)
        self._unlock.clicked.connect(self._on_unlock)
        stay.clicked.connect(self.reject)
        view_model.changed.connect(self._show)
        self._show()

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._unlock if focused is self._password else None

    @override
    def on_shown(self) -> None:
        first = self._password if self._vm.view.needs_password else self._unlock
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def on_hidden(self) -> None:
        self.give_back()

    @Slot()
    def _on_unlock(self) -> None:
        self._vm.unlock(self._password.text())
        self._password.clear()

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        if not view.is_locked:
            self.accept()
            return
        self._password.setVisible(view.needs_password)
        put_words(self._problem, view.message)
        self._problem.setVisible(bool(view.message))
