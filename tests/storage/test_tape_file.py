"""The tape's file: there whole or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.tape import TapeHole
from terminal.domain.tape_csv import HEADER
from terminal.domain.units import PriceScale
from terminal.storage.tape_file import write_tape

if TYPE_CHECKING:
    from pathlib import Path

SCALE = PriceScale(Decimal("0.1"))


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_the_file_holds_the_rows_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv"
    path.write_text("what was there before", encoding="utf-8")
    await write_tape(path, (TapeHole(1),), SCALE)
    assert path.read_bytes() == f"{HEADER}\nmissed,,,,,,,\n".encode()
    assert files_in(tmp_path) == [path]


async def test_a_folder_that_is_not_there_is_told_as_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await write_tape(tmp_path / "gone" / "tape.csv", (), SCALE)


async def test_rows_that_cannot_be_written_leave_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(AttributeError):
        await write_tape(path, (object(),), SCALE)  # type: ignore[arg-type]  # on purpose
    assert path.read_text(encoding="utf-8") == "before"
    assert files_in(tmp_path) == [path]
