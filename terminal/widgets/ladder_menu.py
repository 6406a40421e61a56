"""The ladder's own menu: its columns, how it moves, what its bars mean, and their numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QMenu,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from terminal.viewmodels.keys import LadderAction, first_key
from terminal.viewmodels.ladder_choices import column_choices
from terminal.viewmodels.ladder_columns import (
    DEFAULT_COLUMNS,
    FACTS,
    FONT_PERCENTS,
    LOCKED,
    LadderColumn,
    NumberFormat,
    moved,
    resized,
    setting_of,
    shown,
    with_font,
    with_format,
)
from terminal.viewmodels.ladder_options import LARGEST, BarScale, Centering

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_columns import Columns
    from terminal.widgets.canvas.ladder_layout import LadderLayout

SIZE_ARITHMETIC = (
    LadderAction.SIZE_UP,
    LadderAction.SIZE_DOWN,
    LadderAction.SIZE_HALF,
    LadderAction.SIZE_DOUBLE,
    LadderAction.SIZE_OF_POSITION,
)
_FORMATS = {
    NumberFormat.LOTS: "Lots",
    NumberFormat.COIN: "Coin",
    NumberFormat.VALUE: "Value",
    NumberFormat.SHORT: "Lots, abbreviated (12.3k)",
}
WIDER, NARROWER = 1.25, 0.8
_MOST_DRIFT = 100_000
_ARROWS = {1: "\u25b2", -1: "\u25bc"}


@final
class LadderMenu(QObject):
    """Opens the menu of one ladder, for the column under the hand."""

    def __init__(self, view_model: LadderViewModel, owner: QWidget) -> None:
        super().__init__(owner)
        self._vm = view_model
        self._owner = owner
        self._menu = QMenu(owner)
        self._deeds: list[Callable[[], None]] = []
        self._groups: list[QActionGroup] = []
        self.numbers: LadderNumbers | None = None

    @property
    def menu(self) -> QMenu:
        """The menu as it was last opened."""
        return self._menu

    def open(self, column: LadderColumn, layout: LadderLayout, at: QPoint) -> None:
        """Show it at a place of the screen; never waited for."""
        self._menu.deleteLater()
        self._deeds.clear()
        self._groups.clear()
        menu = self._menu = QMenu(self._owner)
        menu.setObjectName("ladder.menu")
        menu.setToolTipsVisible(True)
        menu.triggered.connect(self._on_triggered)
        self._add_column(menu, column)
        menu.addSeparator()
        self._add_columns(menu, layout)
        menu.addSeparator()
        self._add_ways(menu)
        self._add_sizes(menu)
        self._add_outside(menu)
        menu.addSeparator()
        self._add(menu, "Reset the columns", partial(self._set, DEFAULT_COLUMNS))
        menu.popup(at)

    # Parts -----------------------------------------------------------------------------------

    def _add_column(self, menu: QMenu, column: LadderColumn) -> None:
        columns, facts = self._columns, FACTS[column]
        setting = setting_of(columns, column)
        hide = self._add(menu, f"Hide {facts.name}", partial(self._show, column, is_shown=False))
        hide.setEnabled(column is not LOCKED)
        left, right = self._neighbors(column)
        self._move(menu, "Move left (Ctrl+Left)", column, left)
        self._move(menu, "Move right (Ctrl+Right)", column, right)
        for words, factor in (("Wider (Shift+Right)", WIDER), ("Narrower (Shift+Left)", NARROWER)):
            share = stepped(setting.share, factor)
            self._add(menu, words, partial(self._set, resized(columns, column, share)))
        if facts.has_sizes:
            formats = self._group(menu, "Number format")
            for number_format, words in _FORMATS.items():
                chosen = partial(self._set, with_format(columns, column, number_format))
                self._choice(formats, words, chosen, is_on=setting.number_format is number_format)
        for one in column_choices(self._vm, column):
            action = self._add(menu, one.words, one.deed)
            action.setCheckable(one.is_on is not None)
            action.setChecked(bool(one.is_on))
            action.setToolTip(one.help or one.words)
        fonts = self._group(menu, "Font size")
        for percent in FONT_PERCENTS:
            chosen = partial(self._set, with_font(columns, column, percent))
            self._choice(fonts, f"{percent} %", chosen, is_on=setting.font_percent == percent)

    def _move(
        self, menu: QMenu, words: str, column: LadderColumn, onto: LadderColumn | None
    ) -> None:
        target = column if onto is None else onto
        action = self._add(menu, words, partial(self._set, moved(self._columns, column, target)))
        action.setEnabled(onto is not None)

    def _add_columns(self, menu: QMenu, layout: LadderLayout) -> None:
        columns = menu.addMenu("Columns")
        columns.setToolTipsVisible(True)
        for setting in self._columns:
            facts = FACTS[setting.column]
            why = ""
            if setting.column in self._vm.view.missing:
                why = facts.needs
            elif setting.is_shown and not layout.shows(setting.column):
                why = "no room: widen the ladder or hide others"
            words = f"{facts.name} ({why})" if why else facts.name
            action = self._add(
                columns, words, partial(self._show, setting.column, is_shown=not setting.is_shown)
            )
            action.setCheckable(True)
            action.setChecked(setting.is_shown)
            action.setEnabled(setting.column is not LOCKED)

    def _add_ways(self, menu: QMenu) -> None:
        options = self._vm.options
        centering = self._group(menu, "Centring")
        for one in Centering:
            words = one.words
            if one is Centering.DRIFT:
                words = f"After a drift of {options.drift_ticks} ticks"
            chosen = partial(self._vm.set_options, replace(options, centering=one))
            self._choice(centering, words, chosen, is_on=options.centering is one)
        collapsed = replace(options, is_spread_collapsed=not options.is_spread_collapsed)
        collapse = self._add(menu, "Collapse the spread", partial(self._vm.set_options, collapsed))
        collapse.setCheckable(True)
        collapse.setChecked(options.is_spread_collapsed)
        collapse.setToolTip(
            "Leaves out the empty rows between the best prices. Rows then move with the spread, "
            "but nothing is hidden under the pointer."
        )
        scale = self._group(menu, "A full depth bar is")
        for bar in BarScale:
            words = bar.words
            if bar is BarScale.FIXED:
                words = f"{options.bar_full_lots} lots"
            chosen = partial(self._vm.set_options, replace(options, bar_scale=bar))
            self._choice(scale, words, chosen, is_on=options.bar_scale is bar)
        self._add(menu, "Ticks, full bar, large sizes\N{HORIZONTAL ELLIPSIS}", self._ask_numbers)

    def _add_sizes(self, menu: QMenu) -> None:
        """The arithmetic of the size in hand, which a low ladder has no buttons for."""
        sizes = menu.addMenu("Size in hand")
        for action in SIZE_ARITHMETIC:
            key = first_key(action, self._vm.keys)
            words = f"{action.value}\t{key}" if key else action.value
            self._add(sizes, words, partial(self._vm.resize, action))

    def _add_outside(self, menu: QMenu) -> None:
        """What a click on a plate at the edge does, for who has no pointer or no room for it."""
        found = [(row.outside_way, tag) for row in self._vm.view.rows for tag in row.outside]
        outside = menu.addMenu("Out of view")
        outside.setEnabled(bool(found))
        for way, tag in found:
            words = f"{_ARROWS[way]} {tag.words[:1].upper()}{tag.words[1:]}"
            self._add(outside, words, partial(self._vm.bring, tag))

    # Hands -----------------------------------------------------------------------------------

    @property
    def _columns(self) -> Columns:
        return self._vm.options.columns

    def _neighbors(self, column: LadderColumn) -> tuple[LadderColumn | None, LadderColumn | None]:
        return neighbors(self._columns, column)

    def _set(self, columns: Columns) -> None:
        self._vm.set_columns(columns)

    def _show(self, column: LadderColumn, *, is_shown: bool) -> None:
        self._vm.set_columns(shown(self._columns, column, is_shown=is_shown))

    def _ask_numbers(self) -> None:
        self.numbers = LadderNumbers(self._vm, self._owner)
        self.numbers.open()

    def _add(self, menu: QMenu, words: str, deed: Callable[[], None]) -> QAction:
        action = QAction(words.replace("&", "&&"), menu)  # "P&L" has no key of its own
        action.setData(len(self._deeds))
        self._deeds.append(deed)
        menu.addAction(action)
        return action

    def _group(self, menu: QMenu, words: str) -> QMenu:
        sub = menu.addMenu(words)
        group = QActionGroup(sub)
        self._groups.append(group)
        return sub

    def _choice(self, menu: QMenu, words: str, deed: Callable[[], None], *, is_on: bool) -> None:
        action = self._add(menu, words, deed)
        action.setCheckable(True)
        action.setChecked(is_on)
        self._groups[-1].addAction(action)

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        number = action.data()
        if isinstance(number, int):
            self._deeds[number]()


def neighbors(
    columns: Columns, column: LadderColumn
) -> tuple[LadderColumn | None, LadderColumn | None]:
    """The wanted columns to the left and to the right of one, None at the ends."""
    order = [one.column for one in columns if one.is_shown]
    at = order.index(column)
    return (
        order[at - 1] if at else None,
        order[at + 1] if at + 1 < len(order) else None,
    )


def stepped(share: int, factor: float) -> int:
    """A share one step wider or narrower, always by at least one."""
    changed = round(share * factor)
    return changed if changed != share else share + (1 if factor > 1 else -1)


@final
class LadderNumbers(QDialog):
    """The numbers behind the ladder's choices. Not modal for the loop: it is opened, not run."""

    def __init__(self, view_model: LadderViewModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ladder.numbers")
        self.setWindowTitle("Ladder: ticks, full bar, large sizes")
        self._vm = view_model
        options = view_model.options
        form = QFormLayout()
        self._drift = self._spin("drift", options.drift_ticks, 1, _MOST_DRIFT)
        self._full = self._spin("full", options.bar_full_lots, 1, LARGEST)
        self._first = self._spin("large_1", options.large_lots[0], 0, LARGEST)
        self._second = self._spin("large_2", options.large_lots[1], 0, LARGEST)
        form.addRow("Recentre after a drift of, ticks", self._drift)
        form.addRow("A full depth bar is, lots", self._full)
        unit = "times the mean in view" if options.is_large_by_mean else "lots"
        form.addRow(f"Mark sizes with \u2022 from, {unit} (0: never)", self._first)
        form.addRow(f"Mark sizes with \u25c6 from, {unit} (0: never)", self._second)
        note = QLabel(
            "Which centring and which scale are used is chosen in the ladder's menu.", self
        )
        note.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout()
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(buttons)
        self.setLayout(column)
        self.accepted.connect(self._on_accepted)
        self.finished.connect(self.deleteLater)

    def _spin(self, name: str, value: int, least: int, most: int) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setObjectName(f"ladder.numbers.{name}")
        spin.setRange(least, most)
        spin.setValue(value)
        return spin

    @Slot()
    def _on_accepted(self) -> None:
        self._vm.set_options(
            replace(
                self._vm.options,
                drift_ticks=self._drift.value(),
                bar_full_lots=self._full.value(),
                large_lots=(self._first.value(), self._second.value()),
            )
        )
