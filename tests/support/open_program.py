"""The whole program on an exchange of the test's own: built, shown, and ended piece by piece."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from terminal.app.wiring import Program, add_chart, build
from terminal.storage.paths import resources
from terminal.storage.settings import Settings
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.live import Live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@final
class OpenProgram(NamedTuple):
    """A program that runs, and what it runs on."""

    live: Live
    program: Program


@asynccontextmanager
async def an_open_program(
    *,
    is_calm: bool = True,
    theme: str = "dark",
    has_chart: bool = False,
    live: Live | None = None,
    scale: float = 1.0,
) -> AsyncIterator[OpenProgram]:
    """Rows are in the ladder and orders are trusted when it is given out.

    ``live`` is the exchange where it is another than the usual one, ``scale`` that of the letters.
    """
    live = live or Live(is_calm=is_calm)
    await live.start()
    program = build(live.backend, Settings(), Theme.load(resources() / "themes", theme, scale))
    if has_chart:
        add_chart(program)
    for view_model in program.view_models:
        view_model.start()
    program.workspace.contracts_loaded()
    program.workspace.choose(XBT)
    program.window.show_first()
    try:
        await eventually(lambda: bool(program.ladder.view.rows), "rows in the ladder")
        await eventually(lambda: live.backend.desk.is_trusted, "trust")
        yield OpenProgram(live, program)
    finally:
        for view_model in program.view_models:
            view_model.stop()
        program.ladders.stop()  # nobody's focus is followed any longer
        program.frame.stop()
        program.window.close_for_good()
        program.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        await live.stop()
