"""The kill switch: a button that is always in sight, a bar while trading is stopped, two questions.

Stopping is never asked about. What cannot be undone is: lifting the stop, flattening everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from terminal.viewmodels.keys import KILL_FLATTEN_KEY, KILL_KEY
from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Dialog, put_words
from terminal.widgets.styling import paint_badge, paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.kill_switch import KillSwitchViewModel
    from terminal.widgets.theme import Theme

_WIDTH_EM = 36


@final
class KillButton(QPushButton):
    """Stops at one press. It takes no focus, so no key presses it by accident."""

    def __init__(self, view_model: KillSwitchViewModel, parent: QWidget | None = None) -> None:
        super().__init__("STOP", parent)
        self.setObjectName("kill.button")
        self.setAccessibleName("Stop trading")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        paint_role(self, Role.DANGER)
        self._vm = view_model
        self.clicked.connect(view_model.throw)
        view_model.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        why_not = self._vm.view.why_not
        self.setEnabled(not why_not)
        self.setToolTip(
            why_not
            or f"Stop: no opening order leaves, entries are canceled everywhere ({KILL_KEY}). "
            f"{KILL_FLATTEN_KEY} asks to flatten, too."
        )


@final
class StopBar(QWidget):
    """Says above the panels that trading is stopped, how far it is, and lifts it after asking."""

    def __init__(
        self, view_model: KillSwitchViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("stop")
        self._vm = view_model
        self._theme = theme
        self._title, self._detail = QLabel(self), QLabel(self)
        self._title.setObjectName("stop.title")
        self._detail.setObjectName("stop.detail")
        self._detail.setWordWrap(True)
        paint_badge(self._title, Role.DANGER)
        self._lift = QPushButton("Lift the stop\N{HORIZONTAL ELLIPSIS}", self)
        self._lift.setObjectName("stop.lift")
        self._lift.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._lift.setToolTip("Allow opening orders again, after a question")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(self._title)
        row.addWidget(self._detail, 1)
        row.addWidget(self._lift)
        self._lift.clicked.connect(view_model.ask_to_lift)
        view_model.lift_asked.connect(self._ask_to_lift)
        view_model.flatten_asked.connect(self._ask_to_flatten)
        view_model.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        self.setVisible(view.is_on)
        for label, words in ((self._title, view.title), (self._detail, view.detail)):
            put_words(label, words)
        self._title.setAccessibleName(view.title)

    @Slot()
    def _ask_to_lift(self) -> None:
        words = "Opening orders can be sent again. Keyboard and mouse stay disarmed."
        question = Question("Lift the stop?", words, ("Stay stopped", "Lift the stop"), self._theme)
        question.confirmed.connect(self._vm.lift)
        question.ask(self)

    @Slot()
    def _ask_to_flatten(self) -> None:
        words = "Trading is stopped. Every position is closed at market, its exits last."
        buttons = ("Keep positions", "Flatten all")
        question = Question("Flatten every position?", words, buttons, self._theme)
        question.confirmed.connect(self._vm.flatten)
        question.ask(self)


@final
class Question(Dialog):
    """One question with a harmless answer that has the focus, and another that takes a choice.

    ``confirmed`` is the accepted answer. Esc and Enter are the harmless one; a held key is none.
    """

    def __init__(self, title: str, words: str, buttons: tuple[str, str], theme: Theme) -> None:
        super().__init__("question", title, theme, width_em=_WIDTH_EM)
        self.confirmed = self.accepted
        self._no, self._yes = QPushButton(buttons[0], self), QPushButton(buttons[1], self)
        self._no.setObjectName("question.no")
        self._yes.setObjectName("question.yes")
        set_property(self._no, "main", "true")
        paint_role(self._yes, Role.DANGER)
        text = QLabel(words, self)
        text.setWordWrap(True)
        column = QVBoxLayout()
        column.addWidget(text)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self._yes, self._no):
            row.addWidget(button)
        column.addLayout(row)
        self.setLayout(column)
        self._no.clicked.connect(self.reject)
        self._yes.clicked.connect(self.accept)
        self._no.setFocus(Qt.FocusReason.OtherFocusReason)

    def ask(self, asker: QWidget) -> None:
        """Show it over the window that is used, once at a time."""
        window = QApplication.activeWindow() or asker.window()
        if isinstance(window, Question):
            self.deleteLater()
            return
        self.setParent(window, self.windowFlags())
        self.open()
