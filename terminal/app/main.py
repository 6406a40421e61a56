"""The program's entry: arguments first, Qt only when a window is wanted."""

from __future__ import annotations

import sys

from terminal.app import startup as _startup  # noqa: F401 - starts the start-up clock
from terminal.app.cli import Command, parse

EXIT_INTERRUPTED = 130
"""As shells have it: 128 and the number of the signal."""


def main(argv: list[str] | None = None) -> int:
    """Run Tern and return the exit code.

    The simulated exchange and the doctor are dispatched before Qt is imported: the one must start
    fast as a child process, the other must work where Qt does not.
    """
    options = parse(sys.argv[1:] if argv is None else argv)
    if options.command is Command.SIMEXCHANGE:
        from terminal.simexchange.__main__ import main as exchange_main

        return exchange_main(list(options.rest))
    if options.command is Command.DOCTOR:
        return _doctor(list(options.rest))
    from terminal.app.program import run

    return run(options)


def _doctor(arguments: list[str]) -> int:
    try:
        from terminal.app.doctor.main import main as doctor_main

        return doctor_main(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return EXIT_INTERRUPTED
