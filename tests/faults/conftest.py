"""Prints how long recoveries took: the slowest, and all of them when asked for more words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.recoveries import RECOVERIES, table

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    recoveries = config.stash.get(RECOVERIES, [])
    if not recoveries:
        return
    lines = table(recoveries)
    is_wordy = config.get_verbosity() > 0 or config.getoption("--nightly")
    terminalreporter.section(f"{len(recoveries)} faults, seconds of the client's clock")
    for line in lines if is_wordy else lines[:6]:
        terminalreporter.write_line(line)
