"""The question when the program is closed with something standing, and the way out it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Dialog, put_words
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.leaving import LeavingLine, LeavingViewModel
    from terminal.widgets.theme import Theme

TITLE = "Leave with orders or positions?"
MOST_LINES = 12
_WIDTH_EM = 46


@final
class LeavingDialog(Dialog):
    """Draws a ``LeavingViewModel``. Enter keeps everything and leaves; Esc stays.

    Closing it by its own button stays, too: only a choice leads out.
    """

    def __init__(self, view_model: LeavingViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__("leaving.dialog", TITLE, theme, parent, width_em=_WIDTH_EM)
        self._vm = view_model
        self._lines: list[QLabel] = []
        self._labels = {
            name: QLabel(self)
            for name in ("doubt", "note", "countdown", "doing", "progress", "problem")
        }
        self._keep = QPushButton("&Keep everything and leave", self)
        self._cancel = QPushButton("&Cancel entries, keep protective orders, leave", self)
        self._flatten = QPushButton("Cancel all, &flatten all, leave", self)
        self._leave = QPushButton("&Leave all the same", self)
        self._stay = QPushButton("&Stay", self)
        self._lay_out()
        self._keep.clicked.connect(view_model.keep)
        self._cancel.clicked.connect(view_model.cancel_entries)
        self._flatten.clicked.connect(view_model.flatten)
        self._leave.clicked.connect(view_model.leave_now)
        self._stay.clicked.connect(self.reject)
        self.rejected.connect(view_model.stay)
        view_model.changed.connect(self._show)
        self._show()
        self._keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        for number in range(MOST_LINES + 1):
            label = QLabel(self)
            label.setObjectName(f"leaving.line.{number}")
            label.setWordWrap(True)
            self._lines.append(label)
            column.addWidget(label)
        for name, label in self._labels.items():
            label.setObjectName(f"leaving.{name}")
            label.setWordWrap(True)
            column.addWidget(label)
        for name in ("doubt", "countdown"):
            paint_role(self._labels[name], Role.CAUTION)
        paint_role(self._labels["problem"], Role.DANGER)
        set_property(self._labels["note"], "dim", "true")
        set_property(self._keep, "main", "true")
        named = {
            "keep": (self._keep, "Orders, stops and positions stay as they are (Enter)"),
            "cancel": (self._cancel, "Only what reduces a position stays"),
            "flatten": (self._flatten, "Exits go last, when each position is verified flat"),
            "leave_now": (self._leave, "Leave without the last word of the exchange"),
            "stay": (self._stay, "Do not leave (Esc)"),
        }
        for name, (button, tooltip) in named.items():
            button.setObjectName(f"leaving.{name}")
            button.setToolTip(tooltip)
            column.addWidget(button)

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        self._show_lines(view.lines)
        for name, label in self._labels.items():
            words: str = getattr(view, name)
            label.setVisible(bool(words))
            put_words(label, words)
        self._keep.setVisible(view.is_question)
        self._cancel.setVisible(view.is_question and view.has_entries)
        self._flatten.setVisible(view.is_question and view.has_orders_or_positions)
        self._leave.setVisible(view.can_leave_now)
        buttons = (self._keep, self._cancel, self._flatten, self._leave, self._stay)
        if self.focusWidget() not in [button for button in buttons if not button.isHidden()]:
            # What is done cannot be pressed by an Enter that was meant for something else.
            self._stay.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_lines(self, lines: tuple[LeavingLine, ...]) -> None:
        more = len(lines) - MOST_LINES
        for number, label in enumerate(self._lines):
            words, role = "", Role.TEXT_DIM
            if number < min(len(lines), MOST_LINES):
                words, role = lines[number].text, lines[number].role
            elif number == MOST_LINES and more > 0:
                words = f"And {more} more."
            label.setVisible(bool(words))
            put_words(label, words)
            paint_role(label, role)


@final
class LeavingQuestion(QObject):
    """Opens the dialog when a ``LeavingViewModel`` asks, and takes it away when it is over."""

    def __init__(self, view_model: LeavingViewModel, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._vm = view_model
        self._theme = theme
        self._window = window
        self._dialog: LeavingDialog | None = None
        view_model.opened.connect(self._open)
        view_model.ended.connect(self._end)

    @property
    def dialog(self) -> LeavingDialog | None:
        """The open dialog, None without one."""
        return self._dialog

    @Slot()
    def _open(self) -> None:
        if self._window.isMinimized():
            self._window.showNormal()
        dialog = self._dialog = LeavingDialog(self._vm, self._theme, self._window)
        dialog.open()
        dialog.activateWindow()
        QApplication.alert(self._window)

    @Slot()
    def _end(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()
