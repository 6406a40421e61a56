"""Notes survive a restart; what is damaged costs as little as possible."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.clock import TimestampMs
from terminal.domain.price_notes import MOST_NOTES, AlertSource, PriceNote
from terminal.storage.price_notes import FILE_NAME, PriceNoteStore
from tests.support.builders import XBT
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

NOTES = (
    PriceNote(XBT, Decimal("100.10"), "my level"),
    PriceNote(XBT, Decimal("0.00000012"), "", AlertSource.MARK, -1),
    PriceNote(XBT, Decimal(99), "called", AlertSource.LAST, 1, TimestampMs(5)),
)


def a_store(folder: Path) -> PriceNoteStore:
    return PriceNoteStore(folder, FakeClock())


def test_notes_come_back_as_they_were_kept(tmp_path: Path) -> None:
    assert a_store(tmp_path).load() == ((), "")
    assert a_store(tmp_path / "new").save(NOTES) == ""
    assert a_store(tmp_path / "new").load() == (NOTES, "")


def test_without_a_folder_nothing_is_kept() -> None:
    store = PriceNoteStore(None, FakeClock())
    assert store.save(NOTES) == ""
    assert store.load() == ((), "")


def test_a_damaged_file_is_kept_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{")
    notes, words = a_store(tmp_path).load()
    assert notes == ()
    assert "damaged" in words
    assert len(list(tmp_path.glob(f"{FILE_NAME}.damaged-*"))) == 1


@pytest.mark.parametrize(
    "change",
    [{"symbol": 5}, {"price": "x"}, {"price": "9" * 50}, {"price": "NaN"}, {"price": 1},
     {"text": None}, {"alert": "bid"}, {"came_from": 2}, {"came_from": True},
     {"fired_at": "now"}, {"fired_at": True}],
)  # fmt: skip
def test_one_note_that_is_none_costs_only_itself(tmp_path: Path, change: dict[str, Any]) -> None:
    a_store(tmp_path).save(NOTES)
    document = json.loads((tmp_path / FILE_NAME).read_text())
    document["notes"][1] |= change
    (tmp_path / FILE_NAME).write_text(json.dumps(document))
    notes, words = a_store(tmp_path).load()
    assert notes == (NOTES[0], NOTES[2])
    assert words == "1 of the notes at prices could not be read."


@pytest.mark.parametrize("content", ['{"version": 9, "notes": []}', '{"version": 1, "notes": 5}'])
def test_what_another_version_wrote_is_not_guessed_at(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    notes, words = a_store(tmp_path).load()
    assert notes == ()
    assert "another version" in words


def test_more_notes_than_there_may_be_are_not_read(tmp_path: Path) -> None:
    many = tuple(PriceNote(XBT, Decimal(n + 1), "a") for n in range(MOST_NOTES + 3))
    a_store(tmp_path).save(many)
    notes, words = a_store(tmp_path).load()
    assert len(notes) == MOST_NOTES
    assert words.startswith("3 of")


def test_a_disk_that_cannot_be_written_or_read_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert "could not be kept" in a_store(blocked).save(NOTES)
    (tmp_path / FILE_NAME).mkdir()
    assert "cannot be read" in a_store(tmp_path).load()[1]
