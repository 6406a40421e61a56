"""Says the row under the ladder's cursor: when the cursor moves, or our own orders there change."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.viewmodels.ladder_spoken import cursor_row
from terminal.widgets.spoken import Announcer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.ladder_view import LadderView

NAME = "Ladder"


@final
class LadderSpeech:
    """The voice of a ladder's canvas, which is silent while the canvas has no focus."""

    def __init__(self, canvas: QWidget, tell: Callable[[str, bool], None] | None = None) -> None:
        self._canvas = canvas
        self._announcer = Announcer(canvas, tell)
        self._said: object = None
        canvas.setAccessibleName(NAME)

    def show(self, view: LadderView) -> None:
        """Look at another view; costs nothing while nobody listens."""
        if not self._announcer.is_heard or not self._canvas.hasFocus():
            return
        spoken = cursor_row(view)
        if spoken is None or spoken.reason == self._said:
            return
        self._said = spoken.reason
        self._canvas.setAccessibleDescription(spoken.words)
        self._announcer.say(spoken.words, False)  # noqa: FBT003 - a Qt slot has no names

    def say(self, words: str) -> None:
        """Say what a hand has just done to the rows."""
        self._announcer.say(words, False)  # noqa: FBT003 - a Qt slot has no names

    def focus_came(self, view: LadderView) -> None:
        """Somebody has come to the ladder: say where the cursor is."""
        self._canvas.setAccessibleName(f"{NAME} {view.symbol}".strip())
        self._said = None
        self.show(view)
