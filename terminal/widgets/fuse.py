"""The fuse's dialog: how it stands, for how long and for what it is lit."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.fuse import WHAT_IT_IS
from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Dialog, put_words, show_one
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.fuse import FuseView, FuseViewModel
    from terminal.widgets.theme import Theme

TITLE = "The fuse"
ALL = "All contracts"
LOOK_MS = 500
_WIDTH_EM = 40


def show_fuse(view_model: FuseViewModel, theme: Theme, parent: QWidget) -> FuseDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    return show_one(FuseDialog, lambda: FuseDialog(view_model, theme, parent), parent)


@final
class FuseDialog(Dialog):
    """Draws a ``FuseViewModel``; not modal. Its seconds are looked at while it is open."""

    def __init__(
        self, view_model: FuseViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__("fuse.dialog", TITLE, theme, parent, width_em=_WIDTH_EM)
        self._vm = view_model
        self._state, self._detail = QLabel(self), QLabel(self)
        self._stops, self._problem = QLabel(self), QLabel(self)
        self._timeout, self._scope = QLineEdit(self), QComboBox(self)
        self._light, self._put_out = QPushButton(self), QPushButton(self)
        self._close = QPushButton("Close", self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()

    def _set_up(self) -> None:
        parts: dict[QWidget, tuple[str, str]] = {
            self._state: ("state", ""),
            self._detail: ("detail", ""),
            self._stops: ("stops", ""),
            self._problem: ("problem", ""),
            self._timeout: ("timeout", "Seconds"),
            self._scope: ("scope", "Contracts"),
            self._light: ("light", "Light the fuse"),
            self._put_out: ("put_out", "Put the fuse out"),
            self._close: ("close", "Close"),
        }
        self.name_parts("fuse", parts)
        for label in (self._state, self._detail, self._stops, self._problem):
            label.setWordWrap(True)
        paint_role(self._problem, Role.CAUTION)
        set_property(self._detail, "dim", "true")
        set_property(self._light, "main", "true")
        self._close.setToolTip("Close; the fuse stays as it is (Esc)")
        self._timeout.setText(str(self._vm.timeout_s))
        self._timeout.setMaxLength(5)
        self._timeout.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._scope.addItem(ALL)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        what = QLabel(WHAT_IT_IS, self)
        what.setWordWrap(True)
        set_property(what, "dim", "true")
        for label in (self._state, self._detail, what, self._stops):
            column.addWidget(label)
        grid = QGridLayout()
        for row, (words, widget) in enumerate(
            (("&Seconds of silence", self._timeout), ("&Contracts", self._scope))
        ):
            label = QLabel(words, self)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        column.addLayout(grid)
        column.addWidget(self._problem)
        foot = QHBoxLayout()
        foot.addWidget(self._put_out)
        foot.addStretch(1)
        foot.addWidget(self._close)
        foot.addWidget(self._light)
        column.addLayout(foot)
        self.setLayout(column)

    def _connect(self) -> None:
        self._vm.changed.connect(self._show)
        self._light.clicked.connect(self._on_light)
        self._put_out.clicked.connect(self._vm.put_out)
        self._close.clicked.connect(self.reject)
        timer = QTimer(self)
        timer.setInterval(LOOK_MS)
        timer.timeout.connect(self._show)
        timer.start()

    @Slot()
    def _on_light(self) -> None:
        self._vm.light(self._timeout.text(), is_for_one=self._scope.currentIndex() > 0)

    @Slot()
    def _show(self) -> None:
        view = self._vm.view_now()
        self._show_scope(view)
        for widget, words in (
            (self._state, view.state),
            (self._detail, view.detail),
            (self._stops, view.stops),
            (self._problem, view.problem),
            (self._light, view.light_text),
            (self._put_out, view.put_out_text),
        ):
            put_words(widget, words)
        self._detail.setVisible(bool(view.detail))
        self._problem.setVisible(bool(view.problem))
        paint_role(self._state, view.role)
        self._light.setEnabled(view.can_light)
        self._put_out.setEnabled(view.can_put_out)

    def _show_scope(self, view: FuseView) -> None:
        known = self._scope.itemText(1) if self._scope.count() > 1 else ""
        if known == view.symbol:
            return
        chosen = self._scope.currentIndex()
        if known:
            self._scope.removeItem(1)
        if view.symbol:
            self._scope.addItem(view.symbol)
            is_first = not known and self._vm.is_for_one
            self._scope.setCurrentIndex(1 if chosen or is_first else 0)

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._light
