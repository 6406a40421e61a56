"""The program in a real window on an X server of its own, driven from outside."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.support.deadlines import STRETCH

ROOT = Path(__file__).parent.parent.parent
DEADLINE_S = 60 * STRETCH


def environment(home: Path, **changes: str) -> dict[str, str]:
    known = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    return {**known, "TERN_HOME": str(home), "PYTHONPATH": str(ROOT), **changes}


def wait_for(condition: Any, what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        threading.Event().wait(0.05)


def xdotool(display: str, *arguments: str) -> str:
    done = subprocess.run(
        ["xdotool", *arguments],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout
