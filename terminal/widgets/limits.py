"""The limits dialog: a field for each limit with what is used of it, the lock and its password.

All rules about what may be changed by whom are the session's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
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

from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Body, Dialog, put_words, show_one
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.limits import LimitRow, LimitsView, LimitsViewModel
    from terminal.widgets.theme import Theme

TITLE = "Limits"
_WIDTH_EM = 52


def show_limits(view_model: LimitsViewModel, theme: Theme, parent: QWidget) -> LimitsDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    return show_one(LimitsDialog, lambda: LimitsDialog(view_model, theme, parent), parent)


class _Field(NamedTuple):
    """The parts of one row that change."""

    line: QLineEdit
    unit: QLabel
    used: QLabel


@final
class LimitsDialog(Dialog):
    """Draws a ``LimitsViewModel``, which it begins and pauses; it deletes itself when closed.

    Not modal: orders can be cancelled and positions flattened while it is open. Enter in a field
    applies what is valid; Esc closes and changes nothing.
    """

    def __init__(
        self, view_model: LimitsViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__("limits.dialog", TITLE, theme, parent, width_em=_WIDTH_EM)
        self._vm = view_model
        self._fields: dict[str, _Field] = {}
        self._grid = QGridLayout()
        self._state = QLabel(self)
        self._scope = QComboBox(self)
        self._zone = QLineEdit(self)
        self._zone_problem = QLabel(self)
        self._margin = QCheckBox("Margin and fees must be &available (estimated)", self)
        self._unrealized = QCheckBox("&Open positions count for the day", self)
        self._password = QLineEdit(self)
        self._lock = QPushButton(self)
        self._end = QPushButton("&End the lock-out", self)
        self._message = QLabel(self)
        self._close = QPushButton("Close", self)
        self._apply = QPushButton("A&pply", self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()

    # Building --------------------------------------------------------------------------------

    def _set_up(self) -> None:
        parts: dict[QWidget, tuple[str, str]] = {
            self._state: ("state", "How the limits stand"),
            self._scope: ("scope", "Which contracts"),
            self._zone: ("zone", "The day begins at midnight in"),
            self._zone_problem: ("zone_problem", ""),
            self._margin: ("margin", "Margin and fees must be available"),
            self._unrealized: ("unrealized", "Open positions count for the day"),
            self._password: ("password", "Password"),
            self._lock: ("lock", "Lock or unlock the limits"),
            self._end: ("end", "End the lock-out"),
            self._message: ("message", ""),
            self._close: ("close", "Close"),
            self._apply: ("apply", "Apply"),
        }
        self.name_parts("limits", parts)
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setPlaceholderText("password")
        self._password.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self._close.setToolTip("Close; nothing is changed (Esc)")
        self._end.setToolTip("Needs the password; reducing and canceling go on without it")
        set_property(self._apply, "main", "true")
        for label in (self._state, self._message, self._zone_problem):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        paint_role(self._zone_problem, Role.DANGER)

    def _lay_out(self) -> None:
        em = self._theme.base_px
        column = QVBoxLayout()
        column.setContentsMargins(round(1.5 * em), em, round(1.5 * em), em)
        column.setSpacing(round(0.5 * em))
        column.addWidget(self._state)
        column.addWidget(self._scope)
        column.addWidget(Body(self._lay_out_body(), self), 1)
        column.addWidget(self._message)
        foot = QHBoxLayout()
        foot.setSpacing(round(0.6 * em))
        for widget in (self._password, self._lock, self._end):
            foot.addWidget(widget)
        foot.addStretch(1)
        foot.addWidget(self._close)
        foot.addWidget(self._apply)
        column.addLayout(foot)
        self.setLayout(column)

    def _lay_out_body(self) -> QWidget:
        em = self._theme.base_px
        body = QWidget(self)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(0.5 * em))
        self._grid.setHorizontalSpacing(round(0.7 * em))
        self._grid.setVerticalSpacing(round(0.25 * em))
        self._grid.setColumnStretch(3, 1)
        column.addLayout(self._grid)
        day = QHBoxLayout()
        day.addWidget(self.label_of("The &day begins at midnight in", self._zone))
        day.addWidget(self._zone)
        day.addWidget(self._zone_problem, 1)
        column.addLayout(day)
        column.addWidget(self._unrealized)
        column.addWidget(self._margin)
        column.addStretch(1)
        body.setLayout(column)
        return body

    def _connect(self) -> None:
        vm = self._vm
        vm.changed.connect(self._show)
        self._scope.textActivated.connect(vm.choose_scope)
        self._zone.textEdited.connect(partial(vm.set_text, "zone"))
        self._margin.clicked.connect(vm.set_checks_margin)
        self._unrealized.clicked.connect(vm.set_counts_unrealized)
        self._lock.clicked.connect(self._on_lock)
        self._end.clicked.connect(self._on_end)
        self._close.clicked.connect(self.reject)
        self._apply.clicked.connect(self._on_apply)

    # Gestures --------------------------------------------------------------------------------

    @Slot()
    def _on_apply(self) -> None:
        self._vm.apply(self._taken_password())

    @Slot()
    def _on_lock(self) -> None:
        act = self._vm.unlock if self._vm.view.is_locked else self._vm.lock
        act(self._taken_password())

    @Slot()
    def _on_end(self) -> None:
        self._vm.end_lockout(self._taken_password())

    def _taken_password(self) -> str:
        """What was typed, once: it does not stay in the field."""
        typed = self._password.text()
        self._password.setText("")
        return typed

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._apply if isinstance(focused, QLineEdit) else None

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        put_words(self._state, view.state)
        paint_role(self._state, view.state_role)
        shown = tuple(self._scope.itemText(n) for n in range(self._scope.count()))
        if shown != view.scopes:
            self._scope.clear()
            self._scope.addItems(view.scopes)
        self._scope.setCurrentText(view.scope)
        for row in view.rows:
            self._show_row(row)
        put_words(self._zone, view.zone)
        put_words(self._zone_problem, view.zone_problem)
        self._margin.setChecked(view.checks_margin)
        self._unrealized.setChecked(view.counts_unrealized)
        put_words(self._message, view.message)
        paint_role(self._message, view.message_role)
        self._show_buttons(view)

    def _show_row(self, row: LimitRow) -> None:
        field = self._fields.get(row.name) or self._add(row)
        put_words(field.line, row.typed)
        set_property(field.line, "wrong", "true" if row.problem else "false")
        field.line.setAccessibleDescription(row.problem or row.used)
        put_words(field.unit, row.unit)
        put_words(field.used, row.problem or row.used)
        paint_role(field.used, Role.DANGER if row.problem else Role.TEXT_DIM)

    def _show_buttons(self, view: LimitsView) -> None:
        put_words(self._lock, "Un&lock" if view.is_locked else "&Lock with it")
        self._end.setVisible(view.can_end_lockout)
        for button in (self._lock, self._end):
            button.setEnabled(not view.is_busy)
        self._apply.setEnabled(view.can_apply)
        words = view.why_not or "Let these limits hold now (Enter)"
        if view.can_apply and view.needs_password:
            words = "Looser than before: needs the password"
        self._apply.setToolTip(words)
        set_property(self._password, "wrong", "true" if view.needs_password else "false")

    def _add(self, row: LimitRow) -> _Field:
        line, used = QLineEdit(self), QLabel(self)
        unit = QLabel(self)
        label = self.label_of(row.title, line)
        line.setObjectName(f"limits.{row.name}")
        line.setAccessibleName(f"{row.title}, {row.unit}")
        line.setAlignment(Qt.AlignmentFlag.AlignRight)
        line.setMaxLength(20)
        for widget in (line, label):
            widget.setToolTip(row.hint)
        used.setObjectName(f"limits.{row.name}.used")
        used.setTextFormat(Qt.TextFormat.PlainText)
        set_property(unit, "dim", "true")
        at = self._grid.rowCount()
        for column, part in enumerate((label, line, unit, used)):
            self._grid.addWidget(part, at, column)
        line.textEdited.connect(partial(self._vm.set_text, row.name))
        self._order_stops(line)
        field = self._fields[row.name] = _Field(line, unit, used)
        return field

    def _order_stops(self, line: QLineEdit) -> None:
        """A new field comes after the last one, before the zone."""
        last = next(reversed(self._fields.values())).line if self._fields else self._scope
        QWidget.setTabOrder(last, line)
        QWidget.setTabOrder(line, self._zone)

    @override
    def on_shown(self) -> None:
        self._vm.begin()
        self.resize(self.fitting(self.sizeHint()))

    @override
    def on_hidden(self) -> None:
        self._password.setText("")
        self._vm.set_paused(True)
