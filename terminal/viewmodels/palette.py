"""The command palette: every command by a few letters of its name.

It only finds; what a command does, and whether it may, is its own. Those that cannot act now stay
in the list and say why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

from typing_extensions import override

from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.fuzzy import score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtCore import QObject

    from terminal.viewmodels.frame import FrameClock

MOST = 60
"""So many are listed at most; a letter more finds the rest."""
NOTHING = "Nothing is called that."


class PaletteCommand(NamedTuple):
    """One command: its name, where it belongs, its key if it has one, and what it does.

    ``why_not`` says why it cannot act now; empty while it can.
    """

    words: str
    group: str
    key: str
    run: Callable[[], object]
    why_not: str = ""

    @property
    def name(self) -> str:
        """What it is found by."""
        return f"{self.words} {self.group}"


@final
@dataclass(frozen=True, slots=True)
class PaletteView:
    """What is listed, best first, and which of them Enter runs (-1 while there is none)."""

    rows: tuple[PaletteCommand, ...] = ()
    chosen: int = -1
    message: str = ""


@final
class PaletteViewModel(ViewModel):
    """Finds commands. ``sources`` are asked each time it is opened; each gives its commands.

    What was run last comes first while nothing is typed, so that Enter alone runs it again.
    """

    def __init__(
        self,
        title: str,
        hint: str,
        sources: Iterable[Callable[[], Iterable[PaletteCommand]]],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.title = title
        self.hint = hint
        self._sources = tuple(sources)
        self._commands: tuple[PaletteCommand, ...] = ()
        self._typed = ""
        self._last: tuple[str, str] | None = None
        self.view = PaletteView()

    def begin(self) -> None:
        """It is opened: ask what there is now."""
        self._commands = tuple(command for source in self._sources for command in source())
        self.set_text("")

    def set_text(self, typed: str) -> None:
        """What is looked for."""
        self._typed = typed
        rows = self._found()
        self.view = PaletteView(rows, 0 if rows else -1, "" if rows else NOTHING)
        self._tell()

    def move(self, rows: int) -> None:
        """Choose another one; positive is down. The ends hold."""
        self.choose(self.view.chosen + rows)

    def choose(self, row: int) -> None:
        """Choose one by its row; beyond the ends it is the last one there."""
        view = self.view
        if view.rows:
            chosen = max(0, min(row, len(view.rows) - 1))
            self.view = PaletteView(view.rows, chosen, view.rows[chosen].why_not)
            self._tell()

    def take(self) -> PaletteCommand | None:
        """What Enter runs; None when it cannot act, which is said."""
        view = self.view
        if view.chosen < 0:
            return None
        command = view.rows[view.chosen]
        if command.why_not:
            self.view = PaletteView(view.rows, view.chosen, command.why_not)
            self._tell()
            return None
        self._last = (command.words, command.group)
        return command

    def _found(self) -> tuple[PaletteCommand, ...]:
        found: list[tuple[int, bool, int, PaletteCommand]] = []
        for number, command in enumerate(self._commands):
            fits = score(self._typed, command.name)
            if fits is not None:
                is_last = (command.words, command.group) == self._last
                found.append((-fits, not is_last, number, command))
        found.sort(key=lambda one: one[:3])
        return tuple(command for *_, command in found[:MOST])

    def _tell(self) -> None:
        self.changed.emit()  # what is typed is answered at once, not at the next frame

    @override
    def refresh(self) -> bool:
        return False
