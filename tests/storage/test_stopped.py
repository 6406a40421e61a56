"""That trading is stopped survives a restart, and a damaged record counts as stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import StopRecord
from terminal.domain.clock import TimestampMs
from terminal.storage.stopped import OLD_NAME, StoppedStore
from tests.support.fake_clock import START_MS, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

SINCE = TimestampMs(1_760_000_000_000)


def a_store(folder: Path, place: str = "demo:") -> StoppedStore:
    return StoppedStore(folder, FakeClock(), place)


def test_nothing_is_stopped_until_it_was(tmp_path: Path) -> None:
    assert a_store(tmp_path).load() is None
    assert not a_store(tmp_path).path.exists()


@pytest.mark.parametrize("is_finished", [True, False])
def test_it_is_kept_for_its_place_alone(tmp_path: Path, is_finished: bool) -> None:
    record = StopRecord(SINCE, is_finished=is_finished)
    assert a_store(tmp_path).keep(record) == ""
    assert a_store(tmp_path, "account:Main").keep(StopRecord(SINCE)) == ""
    assert a_store(tmp_path).load() == record
    assert a_store(tmp_path, "account:Other").load() is None
    assert a_store(tmp_path).keep(None) == ""
    assert a_store(tmp_path).load() is None
    assert a_store(tmp_path, "account:Main").load() == StopRecord(SINCE)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"places": 5}', '{"places": {"demo:": 1}}', '{"places": {"demo:": {}}}']
)
def test_what_cannot_be_read_counts_as_stopped_until_it_is_lifted(
    tmp_path: Path, content: str
) -> None:
    store = a_store(tmp_path)
    store.path.write_text(content)
    record = store.load()
    assert record is not None
    assert record.since == START_MS
    assert "taken as stopped" in record.problem
    assert store.keep(None) == ""
    assert store.load() is None


def test_a_disk_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Either way: a restart would be wrong about it."""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    store = a_store(blocked)
    assert "a restart would lift it" in store.keep(StopRecord(SINCE))
    assert "the next start is stopped" in store.keep(None)


def test_one_unreadable_file_says_nothing_about_other_places(tmp_path: Path) -> None:
    """Lifting it there leaves the stop of the others as it is."""
    demo, account = a_store(tmp_path), a_store(tmp_path, "account:Main")
    assert account.keep(StopRecord(SINCE)) == ""
    demo.path.write_text("{")
    assert a_store(tmp_path, "account:Other").load() is None
    assert demo.keep(None) == ""
    assert demo.load() is None
    assert account.load() == StopRecord(SINCE)


def test_names_that_look_alike_have_files_of_their_own(tmp_path: Path) -> None:
    paths = {
        a_store(tmp_path, place).path.name.lower()
        for place in (
            "account:a",
            "account:A",
            "account:a ",
            "account:\N{GREEK SMALL LETTER ALPHA}",
        )
    }
    assert len(paths) == 4


def an_old_file(folder: Path, content: str) -> None:
    (folder / OLD_NAME).write_text(content)


def test_the_file_of_all_places_is_taken_over_place_by_place(tmp_path: Path) -> None:
    entry = f'{{"since": {SINCE}, "is_finished": true}}'
    an_old_file(tmp_path, f'{{"places": {{"demo:": {entry}, "account:Main": {entry}}}}}')
    assert a_store(tmp_path).load() == StopRecord(SINCE, is_finished=True)
    assert a_store(tmp_path, "account:Other").load() is None
    assert a_store(tmp_path).keep(None) == ""
    assert a_store(tmp_path).load() is None, "lifted it stays"
    assert a_store(tmp_path, "account:Main").load() == StopRecord(SINCE, is_finished=True)


@pytest.mark.parametrize("content", ["{", '{"places": 5}', '{"places": {"demo:": 1}}'])
def test_an_old_file_that_cannot_be_read_counts_as_stopped_until_it_is_lifted_here(
    tmp_path: Path, content: str
) -> None:
    an_old_file(tmp_path, content)
    record = a_store(tmp_path).load()
    assert record is not None
    assert record.problem
    assert a_store(tmp_path).keep(None) == ""
    assert a_store(tmp_path).load() is None
