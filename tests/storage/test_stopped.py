"""That trading is stopped survives a restart, and a damaged record counts as stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import StopRecord
from terminal.domain.clock import TimestampMs
from terminal.storage.stopped import StoppedStore
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
