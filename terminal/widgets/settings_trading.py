"""The page of trading: each choice acts at once, each number when Enter or Tab leaves its field."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from terminal.viewmodels.keys import KILL_KEY
from terminal.viewmodels.settings_trading import (
    FIXED_WORDS,
    KILL_WORDS,
    NUMBERS,
    OTHER_WORDS,
    REFERENCE_WORDS,
    STOPS_WORDS,
    UNIT_WORDS,
)
from terminal.viewmodels.text import Role
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.dialog import put_words
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.viewmodels.settings_trading import TradingPageViewModel
    from terminal.widgets.theme import Theme


@final
class TradingPage(QWidget):
    """Draws a ``TradingPageViewModel``. ``limits_asked`` is the way to the limits' own dialog."""

    limits_asked = Signal()

    def __init__(self, view_model: TradingPageViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._vm = view_model
        self._theme = theme
        self._at = 0
        self._grid = QGridLayout()
        self._kill = self._box("kill", "What STOP takes away", KILL_WORDS)
        self._stops = self._box("fuse_stops", "What the fuse does to waiting stops", STOPS_WORDS)
        self._unit = self._box("unit", "Unit of the stop's distance", UNIT_WORDS)
        self._reference = self._box("reference", "Stops trigger by", REFERENCE_WORDS)
        self._at_start = QCheckBox("L&ight it at every start", self)
        self._disarms = QCheckBox("Disarm when another &window has the focus", self)
        self._other = self._box("other_button", "What the right button sends", OTHER_WORDS)
        self._on_release = QCheckBox("A click sends when the button is let g&o", self)
        self._infers = QCheckBox("The pla&ce of a click says limit or stop", self)
        self._lines = {field.name: QLineEdit(self) for field in NUMBERS}
        self._problems = {field.name: QLabel(self) for field in NUMBERS}
        self._limits = QPushButton("Collar and other li&mits\N{HORIZONTAL ELLIPSIS}", self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()
        self.setFocusProxy(self._kill)

    # Building --------------------------------------------------------------------------------

    def _box(self, name: str, words: str, choices: Mapping[Any, str]) -> ChoiceBox:
        box = ChoiceBox(self._theme, self)
        box.setObjectName(f"settings.trading.{name}")
        box.setAccessibleName(words)
        box.addItems(list(choices.values()))
        box.setMinimumContentsLength(12)
        return box

    def _set_up(self) -> None:
        self._at_start.setObjectName("settings.trading.fuse_at_start")
        self._disarms.setObjectName("settings.trading.disarms_on_focus_loss")
        self._disarms.setToolTip("Also another window of this program, a dialog of it too")
        self._limits.setObjectName("settings.trading.limits")
        self._limits.setToolTip(
            "Ticks of the collar, sizes, losses of the day: with a lock (Alt+M)"
        )
        self._on_release.setObjectName("settings.trading.acts_on_release")
        self._on_release.setToolTip("Let go elsewhere and nothing is sent. Cancels always wait so")
        self._infers.setObjectName("settings.trading.infers_type")
        self._infers.setToolTip(
            "Plain clicks send a stop where a limit would run through the market beyond the "
            "collar, or through it on the side that closes the position; never with post-only or "
            "exits on. The cell under the pointer says so first. Keys say it by themselves: "
            "B and S are limits, Shift+B and Shift+S stops"
        )
        self._other.setToolTip("In the bid and ask columns while the mouse is armed")
        for field in NUMBERS:
            line, problem = self._lines[field.name], self._problems[field.name]
            line.setObjectName(f"settings.trading.{field.name}")
            line.setAccessibleName(field.title.replace("&", ""))
            line.setToolTip(f"{field.hint}. Enter lets it hold.")
            line.setMaxLength(12)
            line.setAlignment(Qt.AlignmentFlag.AlignRight)
            line.setFixedWidth(8 * self._theme.base_px)
            problem.setObjectName(f"settings.trading.{field.name}.problem")

    def _lay_out(self) -> None:
        em = self._theme.base_px
        grid = self._grid
        grid.setHorizontalSpacing(em)
        grid.setVerticalSpacing(round(0.35 * em))
        grid.setColumnStretch(2, 1)
        self._head("STOP")
        self._row(f"{KILL_KEY} ta&kes away", self._kill)
        self._head("The fuse")
        self._number("fuse_timeout_s")
        self._row("W&aiting stops (next start)", self._stops)
        self._wide(self._at_start)
        self._head("Protection")
        self._number("distance", self._unit)
        self._row("Stops trigger &by", self._reference)
        for name in ("bracket_loss_ticks", "bracket_profit_ticks", "gap_ticks"):
            self._number(name)
        self._lay_out_ladder()
        self._head("Fixed, and elsewhere")
        fixed = QLabel(FIXED_WORDS, self)
        fixed.setWordWrap(True)
        set_property(fixed, "dim", "true")
        self._wide(fixed)
        row = QHBoxLayout()
        row.addWidget(self._limits)
        row.addStretch(1)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(grid)
        column.addLayout(row)
        column.addStretch(1)
        self.setLayout(column)

    def _lay_out_ladder(self) -> None:
        self._head("The ladder's hands")
        self._number("hold_ms")
        self._row("Right b&utton", self._other)
        self._wide(self._on_release)
        self._wide(self._disarms)
        self._wide(self._infers)

    def _head(self, words: str) -> None:
        label = QLabel(words, self)
        label.setFont(self._theme.bold_font)
        label.setContentsMargins(0, round(0.6 * self._theme.base_px) if self._at else 0, 0, 0)
        self._wide(label)

    def _wide(self, widget: QWidget) -> None:
        self._grid.addWidget(widget, self._at, 0, 1, 3)
        self._at += 1

    def _row(self, words: str, widget: QWidget) -> None:
        self._grid.addWidget(self._label(words, widget), self._at, 0)
        self._grid.addWidget(widget, self._at, 1, 1, 2)
        self._at += 1

    def _number(self, name: str, unit: QWidget | None = None) -> None:
        field = next(one for one in NUMBERS if one.name == name)
        self._grid.addWidget(self._label(field.title, self._lines[name]), self._at, 0)
        self._grid.addWidget(self._lines[name], self._at, 1)
        beside = QHBoxLayout()
        beside.setSpacing(self._theme.base_px)
        words = QLabel(field.unit, self)
        set_property(words, "dim", "true")
        beside.addWidget(unit if unit is not None else words)
        words.setVisible(unit is None)
        beside.addWidget(self._problems[name], 1)
        self._grid.addLayout(beside, self._at, 2)
        self._at += 1

    def _label(self, words: str, buddy: QWidget) -> QLabel:
        label = QLabel(words, self)
        label.setBuddy(buddy)
        set_property(label, "dim", "true")
        return label

    def _connect(self) -> None:
        vm = self._vm
        vm.changed.connect(self._show)
        self._kill.activated.connect(self._on_kill)
        self._stops.activated.connect(self._on_stops)
        self._unit.activated.connect(self._on_unit)
        self._reference.activated.connect(self._on_reference)
        self._at_start.clicked.connect(vm.set_at_start)
        self._disarms.clicked.connect(vm.set_disarms)
        self._other.activated.connect(self._on_other)
        self._on_release.clicked.connect(vm.set_on_release)
        self._infers.clicked.connect(vm.set_infers)
        self._limits.clicked.connect(self.limits_asked)
        for name, line in self._lines.items():
            line.textEdited.connect(partial(vm.set_text, name))
            line.editingFinished.connect(partial(vm.commit, name))

    # Gestures --------------------------------------------------------------------------------

    @Slot(int)
    def _on_kill(self, index: int) -> None:
        self._vm.choose_kill(tuple(KILL_WORDS)[index])

    @Slot(int)
    def _on_stops(self, index: int) -> None:
        self._vm.choose_stops(tuple(STOPS_WORDS)[index])

    @Slot(int)
    def _on_unit(self, index: int) -> None:
        self._vm.choose_unit(tuple(UNIT_WORDS)[index])

    @Slot(int)
    def _on_reference(self, index: int) -> None:
        self._vm.choose_reference(tuple(REFERENCE_WORDS)[index])

    @Slot(int)
    def _on_other(self, index: int) -> None:
        self._vm.choose_other(tuple(OTHER_WORDS)[index])

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        choices = view.choices
        for box, words, chosen in (
            (self._kill, KILL_WORDS, choices.kill),
            (self._stops, STOPS_WORDS, choices.fuse_stops),
            (self._unit, UNIT_WORDS, view.unit),
            (self._reference, REFERENCE_WORDS, choices.reference),
            (self._other, OTHER_WORDS, choices.other_button),
        ):
            box.setCurrentIndex(list(words).index(chosen))
        self._stops.setEnabled(not view.stops_note)
        self._stops.setToolTip(
            view.stops_note
            or "What you have seen the exchange's timer do; holds from the next start on"
        )
        self._at_start.setChecked(choices.fuse_at_start)
        self._disarms.setChecked(choices.disarms_on_focus_loss)
        self._on_release.setChecked(choices.acts_on_release)
        self._infers.setChecked(choices.infers_type)
        for field, typed, problem in zip(NUMBERS, view.typed, view.problems, strict=True):
            line = self._lines[field.name]
            put_words(line, typed)
            put_words(self._problems[field.name], problem)
            set_property(line, "wrong", "true" if problem else "false")
            line.setAccessibleDescription(problem)
            paint_role(self._problems[field.name], Role.DANGER)
