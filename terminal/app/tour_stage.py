"""What every step of the tour needs: hands on the window, eyes on it, and patience with an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from terminal.app.hands import Hands

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint

    from terminal.app.wiring import Program
    from terminal.session.market import MarketSession

STEP_DEADLINE_S = 15.0
POLL_S = 0.005


class StepFailedError(Exception):
    """A step did not happen in time; the text says what was waited for."""


@final
class Stage:
    """The program's own window, driven by real key and mouse events."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.hands = Hands()

    @property
    def market(self) -> MarketSession:
        """The market of the contract that is shown. Raises ``StepFailedError`` without one."""
        market = self.program.workspace.market
        if market is None:
            raise StepFailedError("no contract is shown")
        return market

    def widget(self, name: str) -> QWidget:
        """A widget of the window by its name. Raises ``StepFailedError`` when there is none."""
        found = self.program.window.findChild(QObject, name)
        if not isinstance(found, QWidget):
            raise StepFailedError(f"the window has no {name}")
        return found

    def press(self, name: str, key: Qt.Key) -> None:
        """Press a key on a widget."""
        self.hands.press(self.widget(name), key)

    def click(self, name: str, point: QPoint | None = None) -> None:
        """Click on a widget, in its middle or at a point of its own."""
        self.hands.click(self.widget(name), point)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition. Raises ``StepFailedError`` when it does not come in time."""
        clock = self.program.backend.clock
        deadline = clock.monotonic_s() + STEP_DEADLINE_S
        while not condition():
            if clock.monotonic_s() > deadline:
                raise StepFailedError(f"{what} did not come within {STEP_DEADLINE_S:.0f} s")
            await clock.sleep(POLL_S)
