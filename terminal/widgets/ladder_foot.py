"""The ladder's foot: five sizes edited in place, the size in hand, its unit, and arithmetic."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import (
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.viewmodels.keys import LadderAction
from terminal.viewmodels.text import Role
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.styling import elided, paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_view import SizeFoot
    from terminal.widgets.theme import Theme

SPACING = 4
_EDITS = (Qt.Key.Key_F2,)
_ARITHMETIC = (
    ("size_down", "\N{MINUS SIGN}", LadderAction.SIZE_DOWN),
    ("size_up", "+", LadderAction.SIZE_UP),
    ("size_half", "\N{VULGAR FRACTION ONE HALF}", LadderAction.SIZE_HALF),
    ("size_double", "\N{MULTIPLICATION SIGN}2", LadderAction.SIZE_DOUBLE),
    ("size_position", "Pos", LadderAction.SIZE_OF_POSITION),
)


@final
class PresetButton(QPushButton):
    """One stored size. ``edit_asked`` by a double click or F2."""

    edit_asked = Signal()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.edit_asked.emit()
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _EDITS:
            self.edit_asked.emit()
        else:
            super().keyPressEvent(event)


@final
class LadderFoot(QWidget):
    """Draws the sizes of a ``LadderViewModel``. ``done`` when the rows should have the focus."""

    done = Signal()

    def __init__(self, view_model: LadderViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._vm = view_model
        self._theme = theme
        self._presets = [self._make_preset(number) for number in range(1, 6)]
        self._size = QLineEdit(self)
        self._unit = ChoiceBox(theme, self)
        self._arithmetic = [self._make_button(*one) for one in _ARITHMETIC]
        self.note = self._note = QLabel(self)
        self._is_folded = False
        self._edited = 0
        self._editor = QLineEdit(self)
        self._note_words = self._short_note = ""
        self._dress()
        self._lay_out()
        self._connect()

    def _make_preset(self, number: int) -> PresetButton:
        button = PresetButton(self)
        button.setObjectName(f"ladder.size_{number}")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMinimumWidth(self._theme.px(30))
        button.setStyleSheet("padding-left: 3px; padding-right: 3px;")  # three digits, also large
        button.clicked.connect(partial(self._on_preset, number))
        button.edit_asked.connect(partial(self._edit, number))
        return button

    def _make_button(self, name: str, words: str, action: LadderAction) -> QPushButton:
        button = QPushButton(words, self)
        button.setObjectName(f"ladder.{name}")
        button.setAccessibleName(action.value)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMinimumWidth(self._theme.px(24))
        button.setStyleSheet("padding-left: 3px; padding-right: 3px;")
        button.clicked.connect(partial(self._on_arithmetic, action))
        return button

    def _dress(self) -> None:
        self._size.setObjectName("ladder.size")
        self._size.setAccessibleName("Size in hand")
        self._size.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._size.setFixedWidth(self._theme.px(70))
        self._unit.setObjectName("ladder.size_unit")
        self._unit.setAccessibleName("Unit of the sizes")
        self._unit.setToolTip(
            "What sizes of this contract are written in; orders are whole lots, rounded down"
        )
        self._unit.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._unit.setMinimumContentsLength(4)
        self._editor.setObjectName("ladder.size_editor")
        self._editor.setAccessibleName("Stored size")
        self._editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._editor.setMaxLength(16)
        self._editor.hide()
        self._note.setObjectName("ladder.size_note")
        self._note.setMinimumWidth(1)
        self._note.setFont(self._theme.small_font)
        set_property(self._note, "head", "true")  # in small letters with the program's sheet, too
        self._note.setWordWrap(True)

    def _lay_out(self) -> None:
        column = self._column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        first, second = QHBoxLayout(), QHBoxLayout()
        self._second = second
        for row, widgets in (
            (first, (*self._presets, self._size, self._unit)),
            (second, (*self._arithmetic, self._note)),
        ):
            row.setSpacing(SPACING)
            for widget in widgets:
                row.addWidget(widget, 1 if widget is self._note else 0)
            column.addLayout(row)
        self.setLayout(column)
        first.insertStretch(len(self._presets), 1)

    def _connect(self) -> None:
        self._size.returnPressed.connect(self._on_typed)
        self._unit.activated.connect(self._on_unit)
        self._editor.returnPressed.connect(self._on_edited)
        self._editor.installEventFilter(self)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self._size)
        escape.setContext(Qt.ShortcutContext.WidgetShortcut)
        escape.activated.connect(self._on_dropped)

    # Gestures --------------------------------------------------------------------------------

    def _on_preset(self, number: int) -> None:
        self._vm.choose_size(number)
        self.show_view()  # what could not be taken is not lit
        self.done.emit()

    def _on_arithmetic(self, action: LadderAction) -> None:
        self._vm.resize(action)
        self.done.emit()

    @Slot(int)
    def _on_unit(self, index: int) -> None:
        self._vm.choose_unit(index)
        self.done.emit()

    @Slot()
    def _on_typed(self) -> None:
        self._vm.set_size_text(self._size.text())
        self.done.emit()

    @Slot()
    def _on_dropped(self) -> None:
        self._size.setText(self._vm.view.size_text)
        self.done.emit()

    def _edit(self, number: int) -> None:
        """Open the field over a stored size. What is typed holds with Enter."""
        button = self._presets[number - 1]
        self._edited = number
        self._editor.setText(button.text())
        place = button.geometry()
        place.setWidth(max(place.width(), self._theme.px(72)))
        self._editor.setGeometry(place)
        self._editor.show()
        self._editor.raise_()
        self._editor.selectAll()
        self._editor.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_edited(self) -> None:
        number = self._edited
        typed = self._editor.text()
        self._close_editor()
        self._vm.store_size_text(number, typed)

    @Slot()
    def _close_editor(self) -> None:
        self._edited = 0
        self._editor.hide()
        self.done.emit()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc, and looking elsewhere, drop what was typed: it holds with Enter only."""
        if watched is not self._editor or not self._edited:
            return False
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.KeyPress:
                self._close_editor()
            event.accept()
            return True
        if event.type() is QEvent.Type.FocusOut:
            self._edited = 0
            self._editor.hide()
        return False

    # Folding ---------------------------------------------------------------------------------

    def fold(self, *, is_folded: bool) -> None:
        """Show the sizes only: their arithmetic is in the ladder's menu and has keys.

        The note is not here then: whoever folds has another place for it.
        """
        self._is_folded = is_folded
        for button in self._arithmetic:
            button.setVisible(not is_folded)
        if not is_folded:
            self._second.addWidget(self._note, 1)
            self._note.show()  # another parent had it
        lines = 1 if is_folded else 2
        self._note.setFixedHeight(lines * QFontMetrics(self._theme.small_font).lineSpacing())
        self._column.activate()  # its height is asked for at once
        self.updateGeometry()
        self._elide()

    # Showing ---------------------------------------------------------------------------------

    def tell_keys(self) -> None:
        """Tooltips name the keys that hold now."""
        vm = self._vm
        for number, button in enumerate(self._presets, start=1):
            takes, stores = LadderAction[f"SIZE_{number}"], LadderAction[f"STORE_{number}"]
            button.setToolTip(
                f"Size {number}. {vm.tooltip(takes)}. {vm.tooltip(stores)}. "
                "A double click or F2 edits it."
            )
        for other, (_, _, action) in zip(self._arithmetic, _ARITHMETIC, strict=True):
            other.setToolTip(vm.tooltip(action))

    def show_view(self) -> None:
        """Take the view-model's view."""
        view = self._vm.view
        for button, size in zip(self._presets, view.sizes, strict=False):
            if button.text() != size.text:
                button.setText(size.text)
            button.setChecked(size.is_chosen)
        if not self._size.hasFocus() and self._size.text() != view.size_text:
            self._size.setText(view.size_text)
        self._show_foot(view.foot)

    def _show_foot(self, foot: SizeFoot) -> None:
        units = tuple(self._unit.itemText(at) for at in range(self._unit.count()))
        if units != foot.units:
            self._unit.clear()
            self._unit.addItems(list(foot.units))
        self._unit.setCurrentText(foot.unit)
        words = f"{foot.note} {foot.limits}".strip()
        if words != self._note.toolTip():
            self._note.setToolTip(words)
            self._size.setToolTip(f"Size in hand, in {foot.unit}. Enter takes it. {words}")
        shown = words if foot.is_over else foot.note  # two lines, also of large text
        if shown != self._note_words:
            self._note_words, self._short_note = shown, foot.note
            self._elide()
        paint_role(self._note, Role.DANGER if foot.is_over else Role.TEXT_DIM)

    def _elide(self) -> None:
        words, lines = self._note_words, 1 if self._is_folded else 2
        metrics = self._note.fontMetrics()
        if metrics.horizontalAdvance(words) > lines * self._note.width() - metrics.height():
            words = self._short_note  # the limits are in the tooltip
        self._note.setText(elided(words, self._note, lines=lines))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()
