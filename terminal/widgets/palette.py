"""The command palette and the search for contracts: type a few letters, Enter runs the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QApplication,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Dialog, put_words
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from terminal.viewmodels.palette import PaletteViewModel
    from terminal.widgets.theme import Theme

_WIDTH_EM, _HEIGHT_EM = 48, 30
_PAGE = 10
_STEPS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -_PAGE,
    Qt.Key.Key_PageDown: _PAGE,
}


def show_palette(view_model: PaletteViewModel, name: str, theme: Theme, home: QWidget) -> None:
    """Open it over the window that is used, and no second one: the key again closes it."""
    window = QApplication.activeWindow() or home
    above: QWidget | None = window
    while above is not None:
        if isinstance(above, PaletteDialog):
            if above.objectName() == name:
                above.reject()
                return
            window = above.parentWidget() or home
            above.reject()
            break
        above = above.parentWidget()
    view_model.begin()
    dialog = PaletteDialog(view_model, name, theme, window)
    dialog.place_over_parent()
    dialog.show()
    dialog.activateWindow()


@final
class PaletteDialog(Dialog):
    """Draws a ``PaletteViewModel``. Not modal; it closes before what was chosen acts."""

    def __init__(
        self, view_model: PaletteViewModel, name: str, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(name, view_model.title, theme, parent)
        self._vm = view_model
        self._line = QLineEdit(self)
        self._list = QTreeWidget(self)
        self._message = QLabel(self)
        self._run = QPushButton("Run", self)
        self.name_parts(
            name,
            {
                self._line: ("line", view_model.hint),
                self._list: ("list", view_model.title),
                self._message: ("message", "Why it cannot act"),
                self._run: ("run", "Run what is chosen"),
            },
        )
        self._line.setPlaceholderText(view_model.hint)
        self._line.setToolTip("Arrows choose, Enter runs, Esc closes")
        self._run.setToolTip("Run what is chosen (Enter)")
        set_property(self._run, "main", "true")
        self._message.setWordWrap(True)
        self._dress_list()
        column = QVBoxLayout(self)
        for widget in (self._line, self._list, self._message, self._run):
            column.addWidget(widget)
        self.setFocusProxy(self._line)
        self._line.textEdited.connect(view_model.set_text)
        self._list.currentItemChanged.connect(self._on_current)
        self._list.itemActivated.connect(self._on_run)
        self._run.clicked.connect(self._on_run)
        view_model.changed.connect(self._show)
        em = theme.base_px
        self.resize(self.fitting(QSize(_WIDTH_EM * em, _HEIGHT_EM * em)))
        self._show()

    def _dress_list(self) -> None:
        self._list.setColumnCount(3)
        self._list.setHeaderHidden(True)
        self._list.setRootIsDecorated(False)
        self._list.setUniformRowHeights(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # arrows work while letters are typed
        header = self._list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    @override
    def on_shown(self) -> None:
        self._line.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._run

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows = _STEPS.get(Qt.Key(event.key()))
        if rows is None:
            super().keyPressEvent(event)
        else:
            self._vm.move(rows)

    @override
    def on_hidden(self) -> None:
        self.give_back()

    @Slot()
    def _on_run(self) -> None:
        command = self._vm.take()
        if command is None:
            return
        asker = self.parentWidget()
        self.accept()
        # After the focus is back: what acts may open a window of its own.
        QTimer.singleShot(0, asker or self, command.run)

    def _on_current(self, item: QTreeWidgetItem | None) -> None:
        row = -1 if item is None else self._list.indexOfTopLevelItem(item)
        if row >= 0 and row != self._vm.view.chosen:
            self._vm.choose(row)

    @Slot()
    def _show(self) -> None:
        view, listed = self._vm.view, self._list
        self._list.blockSignals(True)  # noqa: FBT003 - Qt has no names
        shown = [listed.topLevelItem(row) for row in range(listed.topLevelItemCount())]
        names = [(item.text(0), item.text(1)) for item in shown if item is not None]
        if names != [(one.words, one.group) for one in view.rows]:
            listed.clear()
            for command in view.rows:
                item = QTreeWidgetItem([command.words, command.group, command.key])
                item.setDisabled(bool(command.why_not))
                item.setToolTip(0, command.why_not or command.words)
                listed.addTopLevelItem(item)
        if view.chosen >= 0:
            chosen = listed.topLevelItem(view.chosen)
            if chosen is not None:
                listed.setCurrentItem(chosen)
                listed.scrollToItem(chosen)
        self._list.blockSignals(False)  # noqa: FBT003 - Qt has no names
        put_words(self._message, view.message)
        paint_role(self._message, Role.CAUTION)
