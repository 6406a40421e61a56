"""The program's entry: arguments first, Qt only when a window is wanted."""

from __future__ import annotations

import sys

from terminal.app import startup as _startup  # noqa: F401 - starts the start-up clock
from terminal.app.cli import Command, parse


def main(argv: list[str] | None = None) -> int:
    """Run Tern and return the exit code.

    The simulated exchange is dispatched before Qt is imported: as a child process it must start
    fast and must not depend on a display.
    """
    options = parse(sys.argv[1:] if argv is None else argv)
    if options.command is Command.SIMEXCHANGE:
        from terminal.simexchange.__main__ import main as exchange_main

        return exchange_main(list(options.rest))
    from terminal.app.program import run

    return run(options)
