"""One program for one account: a lock that the system itself takes away when its holder is gone.

A file beside the account's journal is locked, not merely made, so that what a dead process left is
no obstacle. A second program is to watch only: two that send for one account would not know of each
other's limits and could not share a journal.
"""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

FILE_NAME = "in-use.lock"
_LOCKED_AT = 1 << 30
"""On Windows a locked byte can be read by nobody else: far behind what is written in the file."""
_HELD = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})


@final
@dataclass(frozen=True, slots=True)
class LockAnswer:
    """Whether the lock is ours; else ``is_taken`` by another program, whose process is ``holder``.

    Neither means that locking is not possible here; ``problem`` says why. ``holder`` is 0 where it
    is not known.
    """

    is_ours: bool
    is_taken: bool = False
    holder: int = 0
    problem: str = ""


@final
class InstanceLock:
    """The lock of one account's folder. Held until ``release``, or until the process ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._file: BinaryIO | None = None

    def take(self) -> LockAnswer:
        """Try once, without waiting. Raises nothing."""
        if self._file is not None:
            return LockAnswer(is_ours=True)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a+b", buffering=0)
        except OSError as error:
            return LockAnswer(is_ours=False, problem=error.strerror or type(error).__name__)
        try:
            _lock(file)
        except OSError as error:
            with file:
                if error.errno in _HELD:
                    return LockAnswer(is_ours=False, is_taken=True, holder=_holder(file))
            return LockAnswer(is_ours=False, problem=error.strerror or type(error).__name__)
        self._file = file
        _write_holder(file)
        return LockAnswer(is_ours=True)

    def release(self) -> None:
        """Let others have it. Idempotent. The file stays: removing it would race with another."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(_LOCKED_AT)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write_holder(file: BinaryIO) -> None:
    """Who holds it, for the sentence that others are told; it is no more than that."""
    try:
        file.truncate(0)
        file.write(str(os.getpid()).encode())
    except OSError:
        return  # a full disk: the lock holds all the same


def _holder(file: BinaryIO) -> int:
    try:
        file.seek(0)
        text = file.read(20)
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0
