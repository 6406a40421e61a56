"""The page of keys: the whole map as a table, and what changes one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from terminal.widgets.key_catcher import KeyCatcher
from terminal.widgets.row_table import TablePanel
from terminal.widgets.styling import paint_role

if TYPE_CHECKING:
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.settings_keys import KeysPageViewModel
    from terminal.widgets.theme import Theme


@final
class KeysPage(QWidget):
    """Draws a ``KeysPageViewModel``. Enter changes a row's key, Delete takes it away."""

    def __init__(
        self, view_model: KeysPageViewModel, theme: Theme, meter: FrameMeter, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._vm = view_model
        self.panel = TablePanel(view_model, theme, meter, self)
        self.catcher = KeyCatcher(self)
        self._buttons = {
            name: QPushButton(words, self)
            for name, words in (
                ("change", "C&hange"),
                ("add", "A&dd another"),
                ("unbind", "&No key"),
                ("reset", "&Usual key"),
                ("reset_all", "All usual &keys"),
            )
        }
        self._set_up()
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel, 1)
        column.addWidget(self.catcher)
        row = QHBoxLayout()
        for button in self._buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        self.setLayout(column)
        self._connect()
        self._show()
        self.setFocusProxy(self.panel)

    def _set_up(self) -> None:
        self.panel.table.setObjectName("settings.keys.table")
        self.panel.table.setAccessibleName("Actions of the ladder and their keys")
        self.catcher.setObjectName("settings.keys.catcher")
        self.catcher.setMinimumHeight(3 * self.catcher.fontMetrics().height())
        tips = {
            "change": "Press another key for this action (Enter)",
            "add": "A further key for this action; the ones it has stay",
            "unbind": "Take the keys of this action away (Delete)",
            "reset": "The key that it was shipped with",
            "reset_all": "The keys that all actions were shipped with",
        }
        for name, button in self._buttons.items():
            button.setObjectName(f"settings.keys.{name}")
            button.setToolTip(tips[name])

    def _connect(self) -> None:
        vm, table = self._vm, self.panel.table
        table.row_activated.connect(self._on_change)
        table.rows_deleted.connect(self._on_deleted)
        self._buttons["change"].clicked.connect(self._on_change_clicked)
        self._buttons["add"].clicked.connect(self._on_add)
        self._buttons["unbind"].clicked.connect(partial(self._for_chosen, vm.unbind))
        self._buttons["reset"].clicked.connect(partial(self._for_chosen, vm.reset))
        self._buttons["reset_all"].clicked.connect(vm.reset_all)
        self.catcher.pressed.connect(vm.key_pressed)
        self.catcher.unknown_pressed.connect(vm.unknown_pressed)
        self.catcher.left.connect(vm.leave)
        vm.caught.connect(self._on_caught)
        vm.changed.connect(self._show)

    # Gestures --------------------------------------------------------------------------------

    def _for_chosen(self, act: object, *_: object) -> None:
        key = self.panel.table.selected_key()
        if isinstance(key, str) and callable(act):
            act(key)

    @Slot(tuple)
    def _on_deleted(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._vm.unbind(name)

    @Slot(object)
    def _on_change(self, name: str) -> None:
        self._begin(name, adds=False)

    @Slot()
    def _on_change_clicked(self) -> None:
        self._for_chosen(partial(self._begin, adds=False))

    @Slot()
    def _on_add(self) -> None:
        self._for_chosen(partial(self._begin, adds=True))

    def _begin(self, name: str, *, adds: bool) -> None:
        self._vm.begin(name, adds=adds)
        if self._vm.is_waiting:
            self.catcher.catch()

    @Slot()
    def _on_caught(self) -> None:
        if self.catcher.hasFocus():
            self.panel.table.setFocus(Qt.FocusReason.OtherFocusReason)

    # Showing ---------------------------------------------------------------------------------

    def choose_first(self) -> None:
        """Choose a row, so that there is one to change."""
        if not self.panel.table.currentIndex().isValid():
            self.panel.table.selectRow(0)

    @Slot()
    def _show(self) -> None:
        self.catcher.setText(self._vm.message)
        paint_role(self.catcher, self._vm.role)
