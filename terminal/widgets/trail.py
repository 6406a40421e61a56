"""The dialog of what happened to one order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.trail import NOT_MEASURED
from terminal.widgets.dialog import Dialog, show_one
from terminal.widgets.row_table import PlainTable, TablePanel
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.trail import TrailViewModel
    from terminal.widgets.theme import Theme

TITLE = "What happened to it"
_WIDTH_EM, _HEIGHT_EM = 72, 36


def show_trail(
    view_model: TrailViewModel, theme: Theme, meter: FrameMeter, parent: QWidget, key: str
) -> TrailDialog:
    """Show the trail of an order; a dialog that is open already shows this order from now on."""
    view_model.show(key)
    make = partial(TrailDialog, view_model, theme, meter, parent)
    return show_one(TrailDialog, make, parent)


@final
class TrailDialog(Dialog):
    """Draws a ``TrailViewModel``; it deletes itself when closed.

    Not modal: it may stay open beside the ladder while the order lives on.
    """

    def __init__(
        self,
        view_model: TrailViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("trail.dialog", TITLE, theme, parent)
        self._vm = view_model
        self.headline, self.lines = QLabel(self), QLabel(self)
        self.events = TablePanel(view_model, theme, meter, self)
        parts = PlainTable(view_model.parts, view_model.changed, NOT_MEASURED, self)
        self.parts = TablePanel(parts, theme, meter, self)
        self.copy = QPushButton("&Copy as text", self)
        self._build(theme)
        self.copy.clicked.connect(self._on_copy)
        view_model.changed.connect(self._show)
        em = theme.base_px
        self.resize(self.fitting(QSize(_WIDTH_EM * em, _HEIGHT_EM * em)))
        self._show()

    def _build(self, theme: Theme) -> None:
        self.headline.setObjectName("trail.headline")
        self.lines.setObjectName("trail.lines")
        set_property(self.lines, "dim", "true")
        for label in (self.headline, self.lines):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.events.table.setObjectName("trail.events")
        self.parts.table.setObjectName("trail.parts")
        self.events.table.setAccessibleName("What happened to the order")
        self.parts.table.setAccessibleName("Where its time went")
        self.parts.setFixedWidth(20 * theme.base_px)
        self.copy.setObjectName("trail.copy")
        self.copy.setToolTip("Copy all of this as text (Alt+C)")
        both = QHBoxLayout()
        both.addWidget(self.events, 1)
        both.addWidget(self.parts)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._close = buttons.button(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout()
        column.addWidget(self.headline)
        column.addWidget(self.lines)
        column.addLayout(both, 1)
        column.addWidget(buttons)
        self.setLayout(column)
        self.events.table.setFocus()

    @Slot()
    def _show(self) -> None:
        self.headline.setText(self._vm.headline)
        self.lines.setText("\n".join(self._vm.lines))

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._vm.as_text())

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._close

    @override
    def on_shown(self) -> None:
        self._vm.set_paused(False)

    @override
    def on_hidden(self) -> None:
        self._vm.set_paused(True)
