"""State files: whole or not at all, for nobody else to read, and refused with one sentence."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminal.simexchange.saved import files

if TYPE_CHECKING:
    from pathlib import Path

STATE: dict[str, Any] = {"seed": 7, "rows": [["d", "1.50"], None, 2.5, "ä"], "engine": ["@", 1]}
TEXT = files.text_of(STATE)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert files.read(path) is None
    files.write(path, TEXT)
    assert files.read(path) == STATE
    files.write(path, files.text_of({"seed": 8}))
    assert files.read(path) == {"seed": 8}
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_says_what_its_secrets_are_worth_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state"
    files.write(path, TEXT)
    head = json.loads(path.read_text().splitlines()[0])
    assert "open nothing but the simulation" in head["what"]
    assert head["format"] == files.FORMAT
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(OSError, match=r".+"):
        files.write(path, TEXT)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(files.BadFile, match="cannot be read"):
        files.read(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "damaged"),
        ("\n", "damaged"),
        ("{}\n{}\n", "damaged"),
        ("[1]\n{}\n", "damaged"),
        ('{"format":"1"}\n{}\n', "damaged"),
        ("[" * 100_000, "damaged"),
        (TEXT[:-10], "damaged"),
        (TEXT.replace("1.50", "9.50"), "damaged"),
        (TEXT.replace('"format":2', '"format":3'), "newer version"),
        (TEXT.replace('"format":2', '"format":1'), "another version"),
        (files.text_of([]), "damaged"),  # type: ignore[arg-type] # the body is no object
    ],
)
def test_what_is_no_state_is_refused_and_kept(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "state"
    path.write_text(text)
    with pytest.raises(files.BadFile, match=words) as info:
        files.read(path)
    assert str(info.value).endswith("it was left as it is.")
    assert path.read_text() == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(TEXT.encode()) - 1), st.integers(0, 255))
def test_no_byte_can_be_changed_unnoticed(tmp_path: Path, place: int, byte: int) -> None:
    """It is refused, or only its heading or its last line end is another."""
    path, data = tmp_path / "state", bytearray(TEXT.encode())
    data[place] = byte
    path.write_bytes(data)
    try:
        found = files.read(path)
    except files.BadFile:
        found = STATE
    assert found == STATE
