"""The dialog of what the exchange has; it opens by itself when there is something to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.row_table import TablePanel
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.reconcile import ReconcileViewModel
    from terminal.widgets.theme import Theme

TITLE = "What the exchange has"
_WIDTH_EM, _HEIGHT_EM = 62, 30


def show_reconcile(
    view_model: ReconcileViewModel, theme: Theme, meter: FrameMeter, parent: QWidget
) -> ReconcileDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    dialog = parent.findChild(ReconcileDialog)
    if not isinstance(dialog, ReconcileDialog):
        dialog = ReconcileDialog(view_model, theme, meter, parent)
    dialog.show()
    dialog.raise_()
    return dialog


@final
class ReconcileDialog(QDialog):
    """Draws a ``ReconcileViewModel``; it deletes itself when closed.

    Not modal: orders can be cancelled and positions flattened while it is open. Closing it changes
    nothing; only the button says that somebody has read it.
    """

    def __init__(
        self,
        view_model: ReconcileViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("reconcile.dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(TITLE)
        self._vm = view_model
        self.headline, self.sentences = QLabel(self), QLabel(self)
        self.panel = TablePanel(view_model, theme, meter, self)
        self.seen = QPushButton("I have read &this", self)
        self.again = QPushButton("&Read again", self)
        self._build()
        self.seen.clicked.connect(self._on_seen)
        self.again.clicked.connect(self._on_again)
        view_model.changed.connect(self._show)
        view_model.set_paused(False)
        self.resize(_WIDTH_EM * theme.base_px, _HEIGHT_EM * theme.base_px)
        self._show()

    def _build(self) -> None:
        self.headline.setObjectName("reconcile.headline")
        set_property(self.headline, "dim", "true")
        self.sentences.setObjectName("reconcile.sentences")
        self.sentences.setWordWrap(True)
        self.sentences.setTextFormat(Qt.TextFormat.PlainText)
        paint_role(self.sentences, Role.CAUTION)
        self.panel.table.setObjectName("reconcile.table")
        self.seen.setObjectName("reconcile.seen")
        self.seen.setToolTip("What was under way is not shown again (Alt+T)")
        self.again.setObjectName("reconcile.again")
        self.again.setToolTip("Read orders and positions from the exchange now (Alt+R)")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        for button in (self.again, self.seen):
            button.setAutoDefault(False)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.headline, self.sentences, self.panel, buttons):
            column.addWidget(widget)
        column.setStretchFactor(self.panel, 1)

    @Slot()
    def _show(self) -> None:
        self.headline.setText(self._vm.headline)
        self.sentences.setText("\n".join(self._vm.sentences))
        self.sentences.setVisible(bool(self._vm.sentences))
        self.seen.setEnabled(bool(self._vm.sentences))

    @Slot()
    def _on_seen(self) -> None:
        self._vm.acknowledge()

    @Slot()
    def _on_again(self) -> None:
        self._vm.read_again()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        self._vm.set_paused(True)
        super().closeEvent(event)

    @override
    def reject(self) -> None:
        self._vm.set_paused(True)
        super().reject()
