"""How long this process has been alive: the start of every start-up figure."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_IMPORTED_S = time.monotonic()


def process_age_s() -> float:
    """Seconds since the operating system started this process.

    On Linux from the kernel's own books (resolution 10 ms); elsewhere since this module was
    imported, which is first thing in ``terminal.__main__``.
    """
    if sys.platform == "linux":
        age = _linux_process_age_s()
        if age is not None:
            return age
    return time.monotonic() - _IMPORTED_S


def _linux_process_age_s() -> float | None:
    try:
        stat = Path("/proc/self/stat").read_text(encoding="ascii")
    except OSError:
        return None
    # Fields after the command name, which is in parentheses and may hold spaces: start time is
    # field 22 of proc(5), the 20th after the name, in clock ticks since boot.
    started_ticks = int(stat.rpartition(")")[2].split()[19])
    started_s = started_ticks / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_s
