"""Runs a tour over the program, writes what it found, and takes the picture that was asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from terminal.app.cli import Options
    from terminal.app.tour import Tour


@final
class Picture:
    """A picture of the window, if one was asked for. One that was never taken is a failure, too."""

    def __init__(self, path: Path | None, window: Callable[[], QWidget | None]) -> None:
        self._path = path
        self._window = window
        self.problem = "" if path is None else "No picture was taken."

    def take(self) -> None:
        """Save what is to be seen now."""
        window = self._window()
        if self._path is not None and window is not None:
            saved = window.grab().save(str(self._path))
            self.problem = "" if saved else f"The picture could not be saved as {self._path}."


async def run_tour(tour: Tour, options: Options, picture: Picture) -> bool:
    """Run the tour and write its report; return whether all went well."""
    report = await tour.run(options.seconds)
    ok = report.ok
    for step in report.steps:
        mark = "ok" if step.ok else "FAILED"
        sys.stdout.write(f"{mark:>6}  {step.name}  {step.detail}".rstrip() + "\n")
    if picture.problem:
        sys.stderr.write(f"{picture.problem}\n")
        ok = False
    if options.report is not None:
        try:
            report.write(options.report)
        except OSError as error:
            sys.stderr.write(f"The report could not be written: {error.strerror}.\n")
            ok = False
    return ok
