"""No two exchanges have one file of state, and a lock of one that is gone is none."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from terminal.simexchange.saved.files import BadFile
from terminal.simexchange.saved.lock import used

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_had_by_one_at_a_time_and_nothing_stays(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with used(path):
        with pytest.raises(BadFile, match=f"another exchange, process {os.getpid()};"), used(path):
            pass
        with used(tmp_path / "other.json"):
            pass
        with pytest.raises(BadFile), used(path):
            pass
    assert list(tmp_path.iterdir()) == []
    with used(path):
        pass


def test_it_is_given_back_when_something_goes_wrong(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with pytest.raises(LookupError), used(path):
        raise LookupError
    with used(path):
        pass


def test_a_lock_that_a_dead_process_left_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    code = (
        "import os, pathlib, sys\n"
        "from terminal.simexchange.saved.lock import used\n"
        "with used(pathlib.Path(sys.argv[1])):\n"
        "    os._exit(7)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ended.returncode == 7
    assert [one.name for one in tmp_path.iterdir()] == [".state.json.lock"]
    with used(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_locked_there_is_no_lock(tmp_path: Path) -> None:
    """Saving tells what is wrong there."""
    with used(tmp_path / "no" / "such" / "state.json"):
        pass
