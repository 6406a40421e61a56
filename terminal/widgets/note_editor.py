"""A small editor over the ladder's rows: a note at a price, and whether it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLabel, QLineEdit
from typing_extensions import override

from terminal.domain.price_notes import LONGEST, AlertSource

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_insight import LadderInsight
    from terminal.widgets.canvas.ladder_canvas import LadderCanvas
    from terminal.widgets.theme import Theme

WIDTH = 380


@final
class NoteEditor(QFrame):
    """Opened at a row, closed by Enter (keeps), Esc (does not), or another contract."""

    def __init__(
        self, ladder: LadderViewModel, insight: LadderInsight, canvas: LadderCanvas, theme: Theme
    ) -> None:
        super().__init__(canvas)
        self.setObjectName("ladder.note")
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._insight = insight
        self._canvas = canvas
        self._theme = theme
        self._price = QLabel(self)
        self._text = QLineEdit(self)
        self._alert = QCheckBox("Alert", self)
        self._source = QComboBox(self)
        self._dress()
        self._connect()
        insight.note_asked.connect(self.open)
        ladder.changed.connect(self._on_ladder_changed)
        self.hide()

    def _dress(self) -> None:
        self._text.setObjectName("ladder.note.text")
        self._text.setMaxLength(LONGEST)
        self._text.setPlaceholderText("Note")
        self._text.setAccessibleName("Note at the price")
        self._text.setToolTip("Enter keeps it, Esc does not. Empty and without alert deletes it.")
        self._alert.setObjectName("ladder.note.alert")
        self._alert.setToolTip("Calls once when the price comes here: event log, row, status.")
        self._source.setObjectName("ladder.note.source")
        self._source.setToolTip("Which price calls")
        self._source.addItems([source.value for source in AlertSource])
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        for part in (self._price, self._text, self._alert, self._source):
            row.addWidget(part, 1 if part is self._text else 0)

    def _connect(self) -> None:
        self._alert.toggled.connect(self._source.setEnabled)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Whatever the parts leave over ends here: a key in the editor never trades below it."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._keep()
        elif event.key() == Qt.Key.Key_Escape:
            self._insight.drop_note()
            self._close()
        event.accept()

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.accept()

    @Slot()
    def open(self) -> None:
        """Show the draft at its row."""
        draft = self._insight.notes.draft
        if draft is None:
            return
        self._price.setText(draft.price_text)
        self._text.setText(draft.text)
        self._alert.setChecked(draft.alert is not None)
        source = draft.alert or AlertSource.LAST
        self._source.setCurrentText(source.value)
        self._source.setEnabled(draft.alert is not None)
        grid = self._canvas.layout_grid
        height = max(self.sizeHint().height(), self._theme.row_height)
        width = min(self._theme.px(WIDTH), self._canvas.width())
        top = grid.row_rect(draft.row).center().y() - height // 2
        top = max(0, min(top, self._canvas.height() - height))
        self.setGeometry((self._canvas.width() - width) // 2, top, width, height)
        self.show()
        self.raise_()
        self._text.setFocus()
        self._text.selectAll()

    def _keep(self) -> None:
        alert = AlertSource(self._source.currentText()) if self._alert.isChecked() else None
        self._insight.save_note(self._text.text(), alert)
        self._close()

    @Slot()
    def _on_ladder_changed(self) -> None:
        """Another contract, or one step back: what was being written is gone."""
        if self.isVisible() and self._insight.notes.draft is None:
            self._close()

    def _close(self) -> None:
        had_focus = self.window().focusWidget() in {self._text, self._alert, self._source}
        self.hide()
        if had_focus:
            self._canvas.setFocus()
