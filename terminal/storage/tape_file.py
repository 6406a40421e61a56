"""Writes the tape into a file that the user has named. The one door to it, and off the loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from terminal.domain.tape_csv import csv_lines

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.tape import Burst, TapeHole
    from terminal.domain.units import PriceScale


async def write_tape(path: Path, rows: tuple[Burst | TapeHole, ...], scale: PriceScale) -> None:
    """Write rows as CSV (UTF-8), in one step: there is the whole file, or what was there before.

    Ten thousand rows take a tenth of a second to write down, so a worker does it. Raises
    ``OSError``.
    """
    await asyncio.to_thread(_write, path, rows, scale)


def _write(path: Path, rows: tuple[Burst | TapeHole, ...], scale: PriceScale) -> None:
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in csv_lines(rows, scale))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
