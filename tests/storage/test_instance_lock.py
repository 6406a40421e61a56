"""One program for one account: held while it lives, free when it is gone, however it went."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from terminal.storage.instance_lock import FILE_NAME, InstanceLock

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from terminal.storage.instance_lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
print(lock.take().is_ours, flush=True)
sys.stdin.read()
"""


def test_the_first_has_it_and_the_second_is_told_who(tmp_path: Path) -> None:
    first, second = InstanceLock(tmp_path / "one"), InstanceLock(tmp_path / "one")
    assert first.take().is_ours
    assert first.take().is_ours, "asking again changes nothing"
    answer = second.take()
    assert (answer.is_ours, answer.is_taken, answer.holder) == (False, True, os.getpid())
    first.release()
    assert second.take().is_ours
    second.release()
    second.release()


def test_two_accounts_are_two_locks(tmp_path: Path) -> None:
    locks = [InstanceLock(tmp_path / name) for name in ("one", "two")]
    assert all(lock.take().is_ours for lock in locks)
    for lock in locks:
        lock.release()


def test_a_process_that_was_killed_leaves_no_obstacle(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "True\n"
    lock = InstanceLock(tmp_path)
    answer = lock.take()
    assert (answer.is_taken, answer.holder) == (True, holder.pid)
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    assert (tmp_path / FILE_NAME).read_text() == str(holder.pid), "its file is still there"
    assert lock.take().is_ours
    lock.release()


def test_where_nothing_can_be_locked_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    answer = InstanceLock(tmp_path / "file").take()
    assert (answer.is_ours, answer.is_taken) == (False, False)
    assert answer.problem
