"""The page of what Tern looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from terminal.viewmodels.settings_appearance import DENSITY_WORDS, THEME_WORDS
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.dialog import put_words
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from terminal.viewmodels.settings_appearance import AppearancePageViewModel
    from terminal.widgets.theme import Theme

_THEMES, _DENSITIES = tuple(THEME_WORDS), tuple(DENSITY_WORDS)


@final
class AppearancePage(QWidget):
    """Draws an ``AppearancePageViewModel``; its first field takes the focus."""

    def __init__(self, view_model: AppearancePageViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._vm = view_model
        self._percents: tuple[int, ...] = ()
        self._theme_box = ChoiceBox(theme, self)
        self._pair = QCheckBox("Sides that colour-&blind eyes tell apart", self)
        self._size = ChoiceBox(theme, self)
        self._density = ChoiceBox(theme, self)
        self._note = QLabel(self)
        self._set_up()
        self._lay_out(theme.base_px)
        view_model.changed.connect(self._show)
        self._theme_box.activated.connect(self._on_theme)
        self._pair.clicked.connect(view_model.set_colour_blind)
        self._size.activated.connect(self._on_size)
        self._density.activated.connect(self._on_density)
        self._show()
        self.setFocusProxy(self._theme_box)

    def _set_up(self) -> None:
        self._theme_box.addItems(list(THEME_WORDS.values()))
        self._density.addItems(list(DENSITY_WORDS.values()))
        named: dict[QWidget, tuple[str, str]] = {
            self._theme_box: ("theme", "Theme"),
            self._pair: ("colour_blind", "Sides that colour-blind eyes tell apart"),
            self._size: ("size", "Size of letters"),
            self._density: ("density", "Density of rows"),
            self._note: ("note", ""),
        }
        for widget, (name, words) in named.items():
            widget.setObjectName(f"settings.appearance.{name}")
            widget.setAccessibleName(words)
        self._pair.setToolTip("Blue and orange instead of green and red, in any theme (Alt+B)")
        self._note.setWordWrap(True)
        set_property(self._note, "dim", "true")

    def _lay_out(self, em: int) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(em)
        grid.setVerticalSpacing(round(0.7 * em))
        grid.setColumnStretch(1, 1)
        for row, (words, widget) in enumerate(
            (
                ("&Theme", self._theme_box),
                ("", self._pair),
                ("&Size of letters", self._size),
                ("&Density", self._density),
            )
        ):
            if words:
                label = QLabel(words, self)
                label.setBuddy(widget)
                set_property(label, "dim", "true")
                grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(grid)
        column.addSpacing(em)
        column.addWidget(self._note)
        column.addStretch(1)
        self.setLayout(column)

    @Slot(int)
    def _on_theme(self, index: int) -> None:
        self._vm.choose_theme(_THEMES[index])

    @Slot(int)
    def _on_size(self, index: int) -> None:
        self._vm.choose_percent(self._percents[index])

    @Slot(int)
    def _on_density(self, index: int) -> None:
        self._vm.choose_density(_DENSITIES[index])

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        choices = view.choices
        if view.percents != self._percents:
            self._percents = view.percents
            self._size.clear()
            self._size.addItems([f"{percent} %" for percent in view.percents])
        self._theme_box.setCurrentIndex(_THEMES.index(choices.theme))
        self._pair.setChecked(choices.is_colour_blind)
        self._size.setCurrentIndex(view.percents.index(choices.text_percent))
        self._density.setCurrentIndex(_DENSITIES.index(choices.density))
        put_words(self._note, view.note)
