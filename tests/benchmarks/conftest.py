"""The table of ratios after the run."""

from __future__ import annotations

import pytest

from tests.benchmarks.scoreboard import Scoreboard

_KEY = pytest.StashKey[Scoreboard]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEY] = Scoreboard()


@pytest.fixture(scope="session")
def scoreboard(pytestconfig: pytest.Config) -> Scoreboard:
    """Where comparisons are noted."""
    return pytestconfig.stash[_KEY]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was compared; nothing when benchmarks were only tried."""
    board = config.stash[_KEY]
    if not config.getoption("benchmark_enable") or not (board.rows or board.missing):
        return
    terminalreporter.section("side by side, medians (ratios below 1: ours takes less)")
    for line in board.lines() if board.rows else ():
        terminalreporter.write_line(line)
    if board.missing:
        terminalreporter.write_line(board.missing)
