"""The dialog of what happened to one order."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.trail import NOT_MEASURED
from terminal.widgets.row_table import PlainTable, TablePanel
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.trail import TrailViewModel
    from terminal.widgets.theme import Theme

TITLE = "What happened to it"
_WIDTH_EM, _HEIGHT_EM = 72, 36


def show_trail(
    view_model: TrailViewModel, theme: Theme, meter: FrameMeter, parent: QWidget, key: str
) -> TrailDialog:
    """Show the trail of an order; a dialog that is open already shows this order from now on."""
    dialog = parent.findChild(TrailDialog)
    if not isinstance(dialog, TrailDialog):
        dialog = TrailDialog(view_model, theme, meter, parent)
    view_model.show(key)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
    return dialog


@final
class TrailDialog(QDialog):
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
        super().__init__(parent)
        self.setObjectName("trail.dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(TITLE)
        self._vm = view_model
        self.headline, self.lines = QLabel(self), QLabel(self)
        self.events = TablePanel(view_model, theme, meter, self)
        parts = PlainTable(view_model.parts, view_model.changed, NOT_MEASURED, self)
        self.parts = TablePanel(parts, theme, meter, self)
        self.copy = QPushButton("&Copy as text", self)
        self._build(theme)
        self.copy.clicked.connect(self._on_copy)
        view_model.changed.connect(self._show)
        view_model.set_paused(False)
        self.resize(_WIDTH_EM * theme.base_px, _HEIGHT_EM * theme.base_px)
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
        self.parts.setFixedWidth(20 * theme.base_px)
        self.copy.setObjectName("trail.copy")
        self.copy.setToolTip("Copy all of this as text (Alt+C)")
        self.copy.setAutoDefault(False)
        both = QHBoxLayout()
        both.addWidget(self.events, 1)
        both.addWidget(self.parts)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.headline)
        column.addWidget(self.lines)
        column.addLayout(both, 1)
        column.addWidget(buttons)
        self.events.table.setFocus()

    @Slot()
    def _show(self) -> None:
        self.headline.setText(self._vm.headline)
        self.lines.setText("\n".join(self._vm.lines))

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._vm.as_text())

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        self._vm.set_paused(True)
        super().closeEvent(event)

    @override
    def reject(self) -> None:
        self._vm.set_paused(True)
        super().reject()
