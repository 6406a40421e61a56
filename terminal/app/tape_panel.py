"""The tape's panel in the window, and the file that it is saved in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, final

from terminal.session.notices import NoticeLevel
from terminal.storage.tape_file import write_tape
from terminal.viewmodels import text
from terminal.viewmodels.tape import TapeViewModel
from terminal.widgets.main_window import Place
from terminal.widgets.tape import TapePanel

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.tape import Burst, TapeHole
    from terminal.session.backend import Backend
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner
    from terminal.viewmodels.frame import QtFrameClock
    from terminal.viewmodels.workspace import Workspace
    from terminal.widgets.main_window import MainWindow
    from terminal.widgets.theme import Theme


@final
class TapeFiles:
    """Writes the tape without holding anybody up, and says in the event log how it went."""

    def __init__(self, owner: TaskOwner, notices: NoticeBoard) -> None:
        self._owner = owner
        self._notices = notices

    def save(self, path: str, rows: tuple[Burst | TapeHole, ...], contract: Contract) -> None:
        """Begin to write rows; the oldest first."""
        self._owner.spawn("save the tape", self._save(Path(path), rows, contract))

    async def _save(
        self, path: Path, rows: tuple[Burst | TapeHole, ...], contract: Contract
    ) -> None:
        try:
            await write_tape(path, rows, contract.scale)
        except OSError as error:
            words = f"The tape could not be saved as {path.name}: {error.strerror or error}."
            self._notices.post(NoticeLevel.WARNING, "app", f"{words} Choose another place.")
        else:
            words = f"{text.whole(len(rows))} rows of the tape were saved as {path.name}."
            self._notices.post(NoticeLevel.INFO, "app", words, contract.symbol)


def add_tape(
    window: MainWindow,
    theme: Theme,
    backend: Backend,
    frame: QtFrameClock,
    workspace: Workspace,
) -> TapeViewModel:
    """Put the tape beside the ladder, or below the ticket where the screen is not wide enough.

    Closed, it gives back what it counted with. Not behind the ladder: who reads it wants to see
    both, and with a second tab beside it the ladder's own header has no room left for the word
    that tells demo from real.
    """
    tape = TapeViewModel(workspace, backend.studies, backend.clock, backend.notices, frame)
    tape.save = TapeFiles(backend.owner, backend.notices).save
    window.add_panel("tape", "Tape", TapePanel(tape, theme, frame.meter), Place.TAPE, tape)
    window.docks.panels["tape"].opened.connect(tape.set_open)
    return tape
