"""What start-up imports: a fresh interpreter is asked, so that other tests cannot answer for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# Slow to import and not needed before the first live ladder; they come when they are wanted.
LATE = ("pyqtgraph", "numpy", "keyring", "aiohttp", "sqlite3", "terminal.simexchange")
QT = ("PySide6", "shiboken6", "qasync")
WINDOW = (
    "terminal.app.program", "terminal.app.wiring", "terminal.session.backend",
    "terminal.exchange.connect", "terminal.widgets.theme",
)  # fmt: skip


def imported_by(*modules: str) -> set[str]:
    """Names of all modules that are there after these are imported, in a new process."""
    lines = [f"import {module}" for module in modules]
    code = "\n".join([*lines, "import json, sys", "print(json.dumps(sorted(sys.modules)))"])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stdout))


def test_the_window_starts_without_what_comes_late() -> None:
    """The libraries of charts, key ring and history cost up to half a second."""
    there = imported_by(*WINDOW)
    assert "PySide6.QtWidgets" in there
    assert not there & set(LATE)


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        (("terminal.app.main",), (*LATE, *QT, "asyncio")),
        (("terminal.app.main", "terminal.simexchange.__main__"), ("pyqtgraph", "keyring", *QT)),
        (("terminal.app.main", "terminal.app.doctor.main"), (*LATE, *QT)),
    ],
)
def test_what_needs_no_window_is_dispatched_before_qt(
    modules: tuple[str, ...], never: tuple[str, ...]
) -> None:
    """The exchange must start fast and needs no display; the doctor works where Qt does not."""
    assert not imported_by(*modules) & set(never)


@pytest.mark.parametrize("module", ["terminal.exchange.connect", "terminal.session.library"])
def test_the_client_is_a_library_without_a_window(module: str) -> None:
    """Whoever scripts the exchange loads no Qt, no key ring and nothing of the window."""
    there = imported_by(module)
    assert not there & {*LATE, *QT, "platformdirs"}
    ours = {name.split(".")[1] for name in there if name.startswith("terminal.")}
    assert ours <= {"domain", "wire", "exchange", "session"}
