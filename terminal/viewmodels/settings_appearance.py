"""The settings of what Tern looks like: theme, colour-blind pair, size of letters, density."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.viewmodels.base import ViewModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from terminal.viewmodels.frame import FrameClock

TEXT_PERCENTS = (100, 110, 125, 150, 175, 200)
DENSITY_WORDS = {
    "compact": "Compact: more rows",
    "usual": "Usual",
    "roomy": "Roomy: higher rows",
}
THEME_WORDS = {"dark": "Dark", "light": "Light", "high-contrast": "High contrast"}
AT_ONCE = "Theme and colours act at once."
AT_NEXT_START = "Size of letters and density act at the next start of Tern."


@final
@dataclass(frozen=True, slots=True)
class AppearanceChoices:
    """``theme`` is a key of ``THEME_WORDS``; the pair is a switch of its own in each theme."""

    theme: str = "dark"
    is_colour_blind: bool = False
    text_percent: int = 100
    density: str = "usual"


@final
@dataclass(frozen=True, slots=True)
class AppearanceView:
    """What is shown. ``note`` says what waits for the next start."""

    choices: AppearanceChoices
    percents: tuple[int, ...]
    note: str


@final
class AppearancePageViewModel(ViewModel):
    """Takes each choice over at once. ``take`` answers what cannot be shown, empty when all can."""

    def __init__(
        self,
        choices: AppearanceChoices,
        take: Callable[[AppearanceChoices], str],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._started = self._choices = choices
        self._take = take
        self._problem = ""
        self.view = self._build()

    def show(self, choices: AppearanceChoices) -> None:
        """Show what holds; the theme may have been chosen elsewhere."""
        self._choices = choices
        self._problem = ""
        self.mark_dirty()

    def choose_theme(self, name: str) -> None:
        """Another theme; its colour-blind pair stays as it is switched."""
        self._hold(replace(self._choices, theme=name))

    def set_colour_blind(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Sides that colour-blind eyes tell apart."""
        self._hold(replace(self._choices, is_colour_blind=is_set))

    def choose_percent(self, percent: int) -> None:
        """How large letters are from the next start, in percent of the usual size."""
        self._hold(replace(self._choices, text_percent=percent))

    def choose_density(self, density: str) -> None:
        """How high rows are from the next start."""
        self._hold(replace(self._choices, density=density))

    def _hold(self, choices: AppearanceChoices) -> None:
        if choices == self._choices:
            return
        self._problem = self._take(choices)
        if not self._problem:
            self._choices = choices
        self.view = self._build()
        self.changed.emit()  # also when nothing holds: the widget shows what does

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> AppearanceView:
        now, started = self._choices, self._started
        waits = (now.text_percent, now.density) != (started.text_percent, started.density)
        note = f"{AT_ONCE} {AT_NEXT_START}"
        if waits:
            size = f"{now.text_percent} %, {DENSITY_WORDS[now.density].split(':')[0].lower()}"
            note = f"From the next start of Tern: {size}. Until then letters and rows stay."
        percents = tuple(sorted({*TEXT_PERCENTS, now.text_percent}))
        return AppearanceView(now, percents, self._problem or note)
