"""The dialog of what the exchange has; it opens by itself when there is something to read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Dialog, show_one
from terminal.widgets.row_table import TablePanel
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.reconcile import ReconcileViewModel
    from terminal.widgets.theme import Theme

TITLE = "What the exchange has"
_WIDTH_EM, _HEIGHT_EM = 62, 30


def show_reconcile(
    view_model: ReconcileViewModel, theme: Theme, meter: FrameMeter, parent: QWidget
) -> ReconcileDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    make = partial(ReconcileDialog, view_model, theme, meter, parent)
    return show_one(ReconcileDialog, make, parent, takes_focus=False)


@final
class ReconcileDialog(Dialog):
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
        super().__init__("reconcile.dialog", TITLE, theme, parent)
        self._vm = view_model
        self.headline, self.sentences = QLabel(self), QLabel(self)
        self.panel = TablePanel(view_model, theme, meter, self)
        self.seen = QPushButton("I have read &this", self)
        self.again = QPushButton("&Read again", self)
        self._build()
        self.seen.clicked.connect(self._on_seen)
        self.again.clicked.connect(self._on_again)
        view_model.changed.connect(self._show)
        em = theme.base_px
        self.resize(self.fitting(QSize(_WIDTH_EM * em, _HEIGHT_EM * em)))
        self._show()

    def _build(self) -> None:
        self.headline.setObjectName("reconcile.headline")
        set_property(self.headline, "dim", "true")
        self.sentences.setObjectName("reconcile.sentences")
        self.sentences.setWordWrap(True)
        self.sentences.setTextFormat(Qt.TextFormat.PlainText)
        paint_role(self.sentences, Role.CAUTION)
        self.panel.table.setObjectName("reconcile.table")
        self.panel.table.setAccessibleName("What the exchange has and what we know")
        self.seen.setObjectName("reconcile.seen")
        self.seen.setToolTip("What was under way is not shown again (Alt+T)")
        self.again.setObjectName("reconcile.again")
        self.again.setToolTip("Read orders and positions from the exchange now (Alt+R)")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._close = buttons.button(QDialogButtonBox.StandardButton.Close)
        for button in (self.again, self.seen):
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
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._close

    @override
    def on_shown(self) -> None:
        self._vm.set_paused(False)

    @override
    def on_hidden(self) -> None:
        self._vm.set_paused(True)
