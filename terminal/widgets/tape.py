"""The tape's panel: speed, filter, large trades, rows, and what the menu of it offers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels import text
from terminal.viewmodels.tape_view import TapeMeter
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.tape_canvas import TapeCanvas
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.tape import TapeViewModel
    from terminal.widgets.theme import Theme

_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
LEAST_ROWS = 6
"""So many rows the tape asks for, beside its fields."""
SPEED_ROWS = 16
"""A tape of fewer row heights has no line for the words of its speed."""
BAR_HELP = (
    "The last five seconds, beside the fastest ones of the last minute. The left part was "
    "bought, the right one sold."
)


@final
class SpeedBar(QWidget):
    """How fast the tape runs: a bar whose two parts are what was bought and what was sold."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tape.speed")
        self._theme = theme
        self._meter = TapeMeter()
        self._take_theme()
        theme.changed.connect(self._take_theme)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(BAR_HELP)

    @Slot()
    def _take_theme(self) -> None:
        self._colors = [self._theme.color(name) for name in ("line", "buy", "sell")]
        self.update()

    def show_meter(self, meter: TapeMeter) -> None:
        """Show another speed."""
        if meter != self._meter:
            self._meter = meter
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(60), self._theme.px(5))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        empty, buy, sell = self._colors
        width, height = self.width(), self.height()
        painter.fillRect(0, 0, width, height, empty)
        full = round(width * self._meter.full)
        bought = round(full * self._meter.bought)
        painter.fillRect(0, 0, bought, height, buy)
        painter.fillRect(bought + 1, 0, max(0, full - bought - 1), height, sell)
        painter.end()


@final
class TapePanel(QWidget):
    """Public trades of the shown contract. The rows have the focus first."""

    def __init__(
        self,
        view_model: TapeViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
        *,
        beep: Callable[[], None] = QApplication.beep,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._vm = view_model
        self._beep = beep
        self._theme = theme
        self.canvas = TapeCanvas(view_model, theme, meter, self)
        self.speed = QLabel(self)
        self.speed.setObjectName("tape.words")
        paint_role(self.speed, Role.TEXT_DIM)
        self._bar = SpeedBar(theme, self)
        options = view_model.options
        self.least = self._field("least", options.least_lots, view_model.choose_least)
        self.large = self._field("large", options.large.least, view_model.choose_large)
        self._titles: dict[str, QLabel] = {}
        self._unit = ""
        self._menu_button()
        self._lay_out()
        self.setFocusProxy(self.canvas)
        view_model.changed.connect(self._show)
        view_model.options_changed.connect(self._show_options)
        view_model.sounded.connect(self._sound)
        self._show_options()

    @Slot()
    def _sound(self) -> None:
        self._beep()

    # Building --------------------------------------------------------------------------------

    def _field(self, name: str, lots: int, choose: Callable[[str], str]) -> QLineEdit:
        title, empty, _ = _FIELDS[name]
        help_words = self._help(name)
        line = QLineEdit(str(lots) if lots else "", self)
        line.setObjectName(f"tape.{name}")
        line.setPlaceholderText(empty)
        line.setToolTip(help_words)
        line.setAccessibleName(f"{title}, lots")
        line.setAccessibleDescription(help_words)
        line.setAlignment(Qt.AlignmentFlag.AlignRight)
        line.setFixedWidth(self._theme.text_width("1 000 000") + self._theme.px(16))
        line.editingFinished.connect(partial(self._take, line, name, choose))
        return line

    def _help(self, name: str) -> str:
        return _FIELDS[name][2].format(self._vm.large_unit)

    def _take(self, line: QLineEdit, name: str, choose: Callable[[str], str]) -> None:
        problem, help_words = choose(line.text()), self._help(name)
        set_property(line, "wrong", "true" if problem else "false")
        line.setToolTip(problem or help_words)
        line.setAccessibleDescription(problem or help_words)

    def _menu_button(self) -> None:
        vm = self._vm
        self.menu = QMenu(self)
        self.joins = self._switch("&Join bursts of one side", vm.join_bursts)
        self.alerts = self._switch("&Tell large ones in the event log", vm.tell_large)
        self.by_value = self._switch("Large ones by &value, not by lots", vm.value_large)
        self.sounds = self._switch("&Beep at large ones", vm.sound_large)
        self.held = self._switch("&Pause\tSpace", lambda _: vm.toggle_held())
        self.menu.aboutToShow.connect(self._show_held)
        self.menu.addSeparator()
        save = QAction(f"&Save as CSV{_ELLIPSIS}", self.menu)
        save.setToolTip("All rows that are kept, whatever the filter.")
        save.triggered.connect(self._ask_for_file)
        self.menu.addAction(save)
        button = self._button = QToolButton(self)
        button.setObjectName("tape.menu")
        button.setText("Tape \N{BLACK DOWN-POINTING SMALL TRIANGLE}")
        button.setAccessibleName("What the tape offers")
        button.setToolTip(
            "Join bursts; large ones by value, in the log, with a sound; pause; save as CSV"
        )
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.menu)
        set_property(button, "slim", "true")

    def _switch(self, words: str, act: Callable[[bool], None]) -> QAction:
        action = QAction(words, self.menu)
        action.setCheckable(True)
        action.triggered.connect(act)
        self.menu.addAction(action)
        return action

    def _lay_out(self) -> None:
        gap = self._theme.px(4)
        column = QVBoxLayout()
        column.setContentsMargins(gap, gap, gap, gap)
        column.setSpacing(gap)
        fields = QHBoxLayout()
        fields.setSpacing(gap)
        for name, line in (("least", self.least), ("large", self.large)):
            label = self._titles[name] = QLabel(_FIELDS[name][0], self)
            paint_role(label, Role.TEXT_DIM)
            fields.addWidget(label)
            fields.addWidget(line)
        fields.addStretch(1)
        fields.addWidget(self._button)
        column.addLayout(fields)
        column.addWidget(self.speed)
        column.addWidget(self._bar)
        column.addWidget(self.canvas, 1)
        self.setLayout(column)
        # Long words of a fast tape must not make the panel wider.
        self.speed.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        """Of a low tape: its rows are why it is there."""
        rows = (LEAST_ROWS + 1) * self._theme.row_height  # and their heading
        around = self.least.sizeHint().height() + self._bar.sizeHint().height()
        return QSize(super().sizeHint().width(), rows + around + 6 * self._theme.px(4))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low tape says its speed in the tooltip of the bar alone."""
        super().resizeEvent(event)
        self.speed.setVisible(self.height() >= SPEED_ROWS * self._theme.row_height)

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        if self._unit != self._vm.large_unit:
            self._name_large()
        meter = self._vm.view.meter
        self.speed.setText(meter.words)
        self._bar.show_meter(meter)
        if self.speed.isHidden():
            self._bar.setToolTip(f"{meter.words}\n{BAR_HELP}")

    @Slot()
    def _show_held(self) -> None:
        self.held.setChecked(self._vm.is_held)

    @Slot()
    def _show_options(self) -> None:
        options = self._vm.options
        self.joins.setChecked(options.joins_bursts)
        self.alerts.setChecked(options.alerts)
        self.sounds.setChecked(options.sounds)
        self.by_value.setChecked(options.is_large_by_value)
        self._name_large()
        for line, lots in ((self.least, options.least_lots), (self.large, options.large.least)):
            if not line.hasFocus():
                line.setText(text.whole(lots) if lots else "")

    def _name_large(self) -> None:
        unit = self._vm.large_unit
        self._titles["large"].setText("Value" if self._vm.options.is_large_by_value else "Large")
        help_words = self._help("large")
        self._unit = unit
        self.large.setAccessibleName(f"Large, {unit}")
        self.large.setToolTip(help_words)
        self.large.setAccessibleDescription(help_words)

    # Saving ----------------------------------------------------------------------------------

    @Slot()
    def _ask_for_file(self) -> None:
        dialog = QFileDialog(self, "Save the tape")
        dialog.setObjectName("tape.file")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Comma-separated values (*.csv)")
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(self._vm.file_name)
        dialog.fileSelected.connect(self._vm.save_as)
        dialog.open()


_FIELDS = {
    "least": (
        "From",
        "all",
        "Only trades and bursts of so many lots are listed. Empty lists all.",
    ),
    "large": (
        "Large",
        "none",
        (
            "Bursts of so many {} or more stand out; the menu says by lots or by value, and can "
            "let them be told in the event log and heard. Empty marks none."
        ),
    ),
}
