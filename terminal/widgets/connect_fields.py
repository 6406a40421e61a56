"""Parts of the connect dialog: a field with its message, and the lines of the exchange's answer.

A field of a secret shows it only when asked, takes no blanks that were pasted along, and can
forget everything that was typed into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from terminal.viewmodels.text import Role
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.connect import Line
    from terminal.widgets.theme import Theme

SECRETS = ("key", "secret", "passphrase")
_MARKS = {Role.BUY: "\N{CHECK MARK}", Role.CAUTION: "!", Role.DANGER: "\N{MULTIPLICATION SIGN}"}
_INVISIBLE = dict.fromkeys(map(ord, "\r\n\t\u2028\u2029\u200b\u200c\u200d\u2060\ufeff"))
"""What comes along when text is copied and can be part of nothing that is entered here."""


@final
class EntryField(QWidget):
    """One line to type into, its label, what is wrong with it, and for secrets a way to look."""

    edited = Signal(str)

    def __init__(
        self, name: str, texts: tuple[str, str, str], theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._theme = theme
        self._length = 0
        self._is_hidden = name in {"secret", "passphrase"}
        title, hint, text = texts
        self.label = QLabel(title, parent)
        self.error = QLabel(parent)
        self.line = QLineEdit(text, self)
        self._look = QToolButton(self)
        self.line.setPlaceholderText(hint)
        self._set_up(title.replace("&", ""))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self._look)
        self.line.textEdited.connect(self._on_text_edited)
        self.line.editingFinished.connect(self._on_finished)
        self._look.toggled.connect(self._on_look)

    def _set_up(self, title: str) -> None:
        self.label.setBuddy(self.line)
        self.line.setObjectName(f"connect.{self._name}")
        self.line.setAccessibleName(title)
        self.error.setObjectName(f"connect.{self._name}.error")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.setWordWrap(True)
        self.error.setMinimumHeight(round(1.35 * self._theme.base_px))
        self.error.setAlignment(Qt.AlignmentFlag.AlignTop)
        set_property(self.error, "head", "true")
        paint_role(self.error, Role.DANGER)
        self._look.setObjectName(f"connect.{self._name}.show")
        self._look.setCheckable(True)
        self._look.setVisible(self._is_hidden)
        self._look.setToolTip(f"Show or hide the {title.lower()} (Space)")
        self._look.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self._look.setMinimumWidth(self._theme.text_width("Show") + 3 * self._theme.base_px)
        if self._name in SECRETS:
            hints = Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
            self.line.setInputMethodHints(hints | Qt.InputMethodHint.ImhNoAutoUppercase)
        self._on_look(is_shown=False)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab stops, in order."""
        return (self.line, self._look) if self._is_hidden else (self.line,)

    @property
    def has_error(self) -> bool:
        """Whether something is wrong with it."""
        return bool(self.error.text())

    def show_error(self, words: str) -> None:
        """Say what is wrong; nothing for empty words."""
        if self.error.text() != words:
            self.error.setText(words)
            self.line.setAccessibleDescription(words)
        set_property(self.line, "wrong", "true" if words else "false")

    def empty(self) -> None:
        """Forget what was typed, and how: setting a text ends the history for undoing, too."""
        self.line.setText("")
        self._length = 0
        self._look.setChecked(False)

    @Slot(bool)
    def _on_look(self, is_shown: bool) -> None:  # noqa: FBT001 - a Qt signal's value
        mode = QLineEdit.EchoMode
        self.line.setEchoMode(mode.Password if self._is_hidden and not is_shown else mode.Normal)
        self._look.setText("Hide" if is_shown else "Show")
        self._look.setAccessibleName(f"{self._look.text()} {self.line.accessibleName().lower()}")

    @Slot(str)
    def _on_text_edited(self, text: str) -> None:
        clean = text.translate(_INVISIBLE)
        if len(text) - self._length > 1:
            clean = clean.strip()  # pasted: blanks at the ends came along by accident
        self._replace(text, clean)
        self.edited.emit(self._name)

    @Slot()
    def _on_finished(self) -> None:
        text = self.line.text()
        self._replace(text, text.strip())

    def _replace(self, text: str, clean: str) -> None:
        if clean != text:
            self.line.setText(clean)
        self._length = len(clean)


@final
class AnswerBox(QFrame):
    """Lines in the colours of their roles, each with a mark, so that colour is not needed."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("connect.answer")
        set_property(self, "box", "true")
        self._theme = theme
        self._shown: tuple[Line, ...] = ()
        self._labels: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        em = theme.base_px
        self._grid.setContentsMargins(em, round(0.6 * em), em, round(0.6 * em))
        self._grid.setHorizontalSpacing(round(0.7 * em))
        self._grid.setVerticalSpacing(round(0.35 * em))
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Show these, or nothing at all when there are none."""
        if lines == self._shown:
            return
        self._shown = lines
        while len(self._labels) < len(lines):
            self._add()
        for at, (mark, words) in enumerate(self._labels):
            is_used = at < len(lines)
            mark.setVisible(is_used)
            words.setVisible(is_used)
            role = lines[at].role if is_used else Role.TEXT
            mark.setText(_MARKS.get(role, ""))
            words.setText(lines[at].text if is_used else "")
            paint_role(mark, role)
            paint_role(words, role)
        self.setVisible(bool(lines))

    def _add(self) -> None:
        mark, words = QLabel(self), QLabel(self)
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        mark.setFixedWidth(self._theme.base_px)
        row = len(self._labels)
        self._grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(words, row, 1)
        self._labels.append((mark, words))
