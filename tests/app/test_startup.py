import os
import subprocess
import sys
import time

from terminal.app.startup import process_age_s


def test_the_age_of_a_process_includes_its_interpreter_start() -> None:
    """A fresh interpreter is older than zero and younger than our waiting for it."""
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", "from terminal.app.startup import process_age_s as a; print(a())"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    waited = time.monotonic() - before

    assert 0.0 <= float(done.stdout) <= waited + 0.05


def test_the_age_grows() -> None:
    """Two readings in order."""
    first = process_age_s()

    assert process_age_s() >= first
