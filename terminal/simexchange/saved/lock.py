"""One file of state, one exchange: a second one that would use it is told so.

The lock is the system's own on a small file beside the state, so that it is gone with the process
that had it, however that ended. Where a file system knows no locks there is none.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from terminal.simexchange.saved.files import BadFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TAKEN = (BlockingIOError, PermissionError)
_TRIES = 5
_FAR = 1 << 30
"""What is locked on Windows lies behind the number of the process, which stays readable so."""


@contextmanager
def used(path: Path) -> Iterator[None]:
    """Have a file of state for oneself meanwhile. Raises ``BadFile`` while another has it."""
    beside = path.with_name(f".{path.name}.lock")
    number = _taken(path, beside)
    try:
        yield
    finally:
        if number is not None:
            _give_back(number, beside)


def _taken(path: Path, beside: Path) -> int | None:
    """The open lock, None where there is none to have: saving says what is wrong there."""
    for _ in range(_TRIES):
        try:
            number = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return None
        try:
            _lock(number)
        except _TAKEN:
            owner = os.read(number, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(number)
            raise BadFile(
                f"{path} is used by another exchange, process {owner}; it was left as it is."
            ) from None
        except OSError:
            os.close(number)
            return None
        # Who had it may have taken the file away between the opening and the lock.
        with suppress(OSError):
            if os.path.samestat(os.fstat(number), beside.stat()):
                os.ftruncate(number, 0)
                os.write(number, f"{os.getpid()}\n".encode())
                return number
        os.close(number)
    return None


def _give_back(number: int, beside: Path) -> None:
    # Windows takes no file away that is open; what stays there is no lock.
    with suppress(OSError):
        beside.unlink()
    os.close(number)
    with suppress(OSError):
        if sys.platform == "win32":
            beside.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(number: int) -> None:
        os.lseek(number, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(number, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
