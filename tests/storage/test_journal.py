"""The journal on the disk: what was written is there after the program ended, however it ended."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.intention import (
    EventKind,
    Intention,
    JournalError,
    JournalEvent,
    ProcedureId,
    Purpose,
    Source,
    UnreadIntention,
)
from terminal.domain.units import ClientOid, OrderId
from terminal.session.journal import MemoryJournal
from terminal.storage import journal as module
from terminal.storage.journal import SqliteJournal, prune_and_checkpoint
from tests.support.builders import XBT, a_ticket
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from terminal.session.journal import Journal

OID = ClientOid("tern-1")
DAY_MS = 86_400_000


def an_intention(oid: str = OID, at_ms: int = 5, procedure: str | None = None) -> Intention:
    return Intention(
        ClientOid(oid),
        a_ticket(),
        Purpose.SUBMIT,
        None if procedure is None else ProcedureId(procedure),
        TimestampMs(at_ms),
    )


def an_event(what: EventKind = EventKind.ANSWERED, *, is_end: bool | None = None) -> JournalEvent:
    return JournalEvent(
        what,
        Source.STREAM,
        TimestampMs(7),
        TimestampNs(1_760_000_000_123_456_789),
        OrderId("400000000000000001"),
        is_end,
        {"state": "Open", "filled": 2**53 + 1},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts" / "one" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(path, FakeClock())
    assert opened.open() == ""
    yield opened
    opened.close()


def again(path: Path) -> SqliteJournal:
    opened = SqliteJournal(path, FakeClock())
    opened.open()
    return opened


def test_what_was_written_is_there_without_closing(journal: SqliteJournal, path: Path) -> None:
    """As after a kill: nobody closes, nobody writes the log into the file."""
    journal.intend(an_intention(procedure="p1"))
    journal.note(OID, an_event(is_end=False))
    one = journal.begin(Purpose.MOVE, XBT, "Move it.", {"price": 1000})
    journal.step(one, "cancel", {"client_oid": OID})
    other = again(path)
    (found,) = other.open_intentions()
    assert found.intention == an_intention(procedure="p1")
    assert (found.order_id, found.was_heard_of) == ("400000000000000001", True)
    assert other.trail(OID) == (an_event(is_end=False),)
    (procedure,) = other.open_procedures()
    assert procedure.detail == {"price": 1000}
    assert [(step.name, step.detail) for step in procedure.steps] == [
        ("cancel", {"client_oid": OID})
    ]
    other.close()


def test_a_procedure_is_found_after_its_end_and_an_order_by_the_exchanges_id(
    journal: SqliteJournal,
) -> None:
    one = journal.begin(Purpose.MOVE, XBT, "Move it.")
    journal.step(one, "cancel")
    journal.end(one, "Moved.")
    found = journal.procedure(one)
    assert found is not None
    assert (found.wanted, found.end, [step.name for step in found.steps]) == (
        "Move it.",
        "Moved.",
        ["cancel"],
    )
    assert journal.procedure(ProcedureId("none")) is None
    journal.intend(an_intention())
    assert journal.named(OrderId("400000000000000001")) is None
    journal.note(OID, an_event())
    assert journal.named(OrderId("400000000000000001")) == OID


def test_what_ended_is_not_open_and_may_be_opened_again(journal: SqliteJournal) -> None:
    journal.intend(an_intention())
    journal.note(OID, an_event(is_end=True))
    assert journal.open_intentions() == ()
    journal.note(OID, an_event(EventKind.UPDATED, is_end=False))
    assert len(journal.open_intentions()) == 1
    one = journal.begin(Purpose.FLATTEN, XBT, "Flatten.")
    journal.end(one, "Flat.")
    journal.end(one, "Never said.")
    assert journal.open_procedures() == ()


def test_orders_that_nobody_intended_leave_nothing(journal: SqliteJournal) -> None:
    journal.note(OID, an_event(is_end=True))
    assert journal.trail(OID) == ()
    assert journal.intention(OID) is None


def test_an_id_is_intended_once(journal: SqliteJournal) -> None:
    journal.intend(an_intention())
    with pytest.raises(JournalError):
        journal.intend(an_intention())


ENDS = {"note": None, "end": True, "reopen": False}
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["intend", "note", "end", "reopen", "begin", "step", "stop"]),
        st.integers(0, 3),
    ),
    max_size=30,
)


def act_out(journal: Journal, acts: list[tuple[str, int]]) -> None:
    procedures: list[ProcedureId] = []
    seen: set[int] = set()
    for act, number in acts:
        oid = ClientOid(f"tern-{number}")
        procedure = procedures[number] if number < len(procedures) else ProcedureId("nobody's")
        if act == "intend" and number not in seen:
            seen.add(number)
            journal.intend(an_intention(oid, len(seen)))
        elif act == "begin":
            procedures.append(journal.begin(Purpose.MOVE, XBT, f"{number}"))
        elif act == "step" and number < len(procedures):
            journal.step(procedure, "a step", {"number": number})
        elif act == "stop":
            journal.end(procedure, "Done.")
        elif act in ENDS:
            journal.note(oid, an_event(is_end=ENDS[act]))


@given(ACTS)
def test_the_file_says_what_the_memory_says(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    """Whatever is written in whatever order, and read back by another program."""
    path = tmp_path_factory.mktemp("law") / "journal.sqlite"
    disk, memory = again(path), MemoryJournal(FakeClock())
    for journal in (disk, memory):
        act_out(journal, acts)
    other = again(path)
    assert other.open_intentions() == memory.open_intentions()
    for number in range(4):
        oid = ClientOid(f"tern-{number}")
        assert other.trail(oid) == memory.trail(oid)
    assert [(one.wanted, one.steps) for one in other.open_procedures()] == [
        (one.wanted, one.steps) for one in memory.open_procedures()
    ]
    other.close()
    disk.close()


def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no journal" * 100)
    opened = SqliteJournal(path, FakeClock())
    words = opened.open()
    assert "is damaged and kept as journal.sqlite.damaged-" in words
    opened.intend(an_intention())
    assert len(opened.open_intentions()) == 1
    opened.close()
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.read_bytes().startswith(b"this is no journal")


def test_a_damaged_page_is_found_at_the_start(journal: SqliteJournal, path: Path) -> None:
    for number in range(200):
        journal.intend(an_intention(f"tern-{number}"))
    journal.close()
    raw = bytearray(path.read_bytes())
    raw[8192:12288] = b"\xff" * 4096
    path.write_bytes(raw)
    opened = SqliteJournal(path, FakeClock())
    assert "damaged" in opened.open()
    assert opened.open_intentions() == ()
    opened.close()


def test_somebody_elses_database_is_not_written_to(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (number INTEGER)")
        other.execute("PRAGMA user_version = 1")
    other.close()
    opened = SqliteJournal(path, FakeClock())
    assert "kept as" in opened.open()
    opened.close()


def test_a_newer_file_stays_as_it_is_and_nothing_opening_is_sent(
    journal: SqliteJournal, path: Path
) -> None:
    journal.close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {len(module.MIGRATIONS) + 1}")
    other.close()
    before = path.read_bytes()
    opened = SqliteJournal(path, FakeClock())
    assert "newer version" in opened.open()
    with pytest.raises(JournalError) as refused:
        opened.intend(an_intention())
    assert "newer version" in refused.value.sentence
    opened.note(OID, an_event())
    with pytest.raises(JournalError) as unread:
        opened.open_intentions()
    assert "newer version" in unread.value.sentence
    opened.close()
    assert path.read_bytes() == before


def test_an_older_file_is_brought_to_our_version(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that is in it; a step that fails leaves the file as it was."""
    journal.intend(an_intention())
    journal.close()
    steps = (*module.MIGRATIONS, "ALTER TABLE intention ADD COLUMN more TEXT")
    monkeypatch.setattr(module, "MIGRATIONS", (*steps, "ALTER TABLE nothing ADD COLUMN more TEXT"))
    broken = SqliteJournal(path, FakeClock())
    assert "cannot be opened" in broken.open()
    monkeypatch.setattr(module, "MIGRATIONS", steps)
    opened = again(path)
    assert len(opened.open_intentions()) == 1
    assert opened._connection is not None
    assert opened._connection.execute("PRAGMA user_version").fetchone() == (len(steps),)
    opened.close()


def fill_up(journal: SqliteJournal) -> None:
    for number in range(1000):
        journal.intend(an_intention(f"tern-{number}"))


def test_a_full_disk_is_told_and_over_when_there_is_room_again(journal: SqliteJournal) -> None:
    connection = journal._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError) as full:
        fill_up(journal)
    assert "the disk is full" in full.value.sentence
    assert journal.problem
    connection.execute("PRAGMA max_page_count = 100000")
    journal.intend(an_intention("tern-with-room"))
    assert journal.problem == ""


def test_what_may_only_be_read_blocks_intentions_and_holds_up_nothing_else(
    journal: SqliteJournal,
) -> None:
    journal.intend(an_intention())
    connection = journal._connection
    assert connection is not None
    connection.execute("PRAGMA query_only = 1")
    with pytest.raises(JournalError):
        journal.intend(an_intention("tern-2"))
    journal.note(OID, an_event(is_end=True))
    journal.end(journal.begin(Purpose.MOVE, XBT, "Move it."), "Done.")
    assert "may only be read" in journal.problem
    assert len(journal.open_intentions()) == 1, "nothing was half written"


def test_a_folder_that_cannot_be_made_blocks_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "accounts").write_text("a file where a folder should be")
    opened = SqliteJournal(tmp_path / "accounts" / "journal.sqlite", FakeClock())
    assert "cannot be opened" in opened.open()
    with pytest.raises(JournalError):
        opened.intend(an_intention())
    (tmp_path / "accounts").unlink()
    opened.intend(an_intention())
    assert len(opened.open_intentions()) == 1
    opened.close()


def test_what_could_not_be_read_is_no_empty_journal(journal: SqliteJournal, path: Path) -> None:
    """No connection, a question that fails, and later the orders that were there all the time."""
    journal.intend(an_intention())
    begun = journal.begin(Purpose.FLATTEN, XBT, "Flatten.")
    journal.close()
    away = path.parent.rename(path.parent.with_name("away"))
    path.parent.write_text("a file where a folder should be")
    opened = SqliteJournal(path, FakeClock())
    assert "cannot be opened" in opened.open()
    for read in (opened.open_intentions, opened.open_procedures):
        with pytest.raises(JournalError) as unread:
            read()
        assert "cannot be opened" in unread.value.sentence
        assert unread.value.remedy
    path.parent.unlink()
    away.rename(path.parent)
    assert [one.intention.client_oid for one in opened.open_intentions()] == [OID]
    assert opened._connection is not None
    assert [one.procedure_id for one in opened.open_procedures()] == [begun]
    opened._connection.execute("ALTER TABLE event RENAME TO elsewhere")
    opened._connection.execute("ALTER TABLE step RENAME TO elsewhere_too")
    for read in (opened.open_intentions, opened.open_procedures):
        with pytest.raises(JournalError):
            read()
    assert opened.trail(OID) == ()
    assert opened.procedure(begun) is not None, "nothing is decided by it"
    opened.close()


@pytest.mark.parametrize(("column", "text"), [("ticket", "{}"), ("purpose", "unheard of")])
def test_an_intention_that_cannot_be_read_is_still_an_open_one(
    journal: SqliteJournal, caplog: pytest.LogCaptureFixture, column: str, text: str
) -> None:
    journal.intend(an_intention())
    journal.note(OID, an_event(EventKind.SIGNED))
    connection = journal._connection
    assert connection is not None
    connection.execute(f"UPDATE intention SET {column} = ?", (text,))  # noqa: S608 - our own names
    (found,) = journal.open_intentions()
    assert found.intention == UnreadIntention(OID, XBT, TimestampMs(5))
    assert (found.order_id, found.signed_at) == (OrderId("400000000000000001"), TimestampMs(7))
    assert journal.intention(OID) is None
    connection.execute("UPDATE event SET what = 'unheard of'")
    (found,) = journal.open_intentions()
    assert (found.order_id, found.signed_at) == (None, None)
    assert "cannot be read" in caplog.text
    caplog.clear()


async def test_a_problem_ends_when_a_trial_shows_that_writing_works_again(
    journal: SqliteJournal, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing else writes where only what opens would, and that waits for it."""
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.end(ProcedureId("x"), "y")
        assert journal.problem
        await journal.tidy()
        assert journal.problem, "it still cannot be written"
        other.execute("ROLLBACK")
    other.close()
    await journal.tidy()
    assert journal.problem == ""
    assert journal._connection is not None
    assert journal._connection.execute("SELECT count(*) FROM step").fetchone() == (0,)
    caplog.clear()


async def test_a_journal_that_was_never_opened_is_opened_when_it_is_tidied(tmp_path: Path) -> None:
    (tmp_path / "accounts").write_text("a file where a folder should be")
    opened = SqliteJournal(tmp_path / "accounts" / "journal.sqlite", FakeClock())
    assert "cannot be opened" in opened.open()
    await opened.tidy()
    assert opened.problem
    (tmp_path / "accounts").unlink()
    await opened.tidy()
    assert opened.problem == ""
    opened.intend(an_intention())
    opened.close()


async def test_old_ended_orders_are_forgotten_and_open_ones_never(
    journal: SqliteJournal, path: Path
) -> None:
    for number in range(450):
        journal.intend(an_intention(f"old-{number}", number))
        journal.note(ClientOid(f"old-{number}"), an_event(is_end=number != 7))
    new_ms = 200 * DAY_MS
    journal.intend(an_intention("new", new_ms))
    journal.note(ClientOid("new"), an_event(is_end=True))
    forgotten = prune_and_checkpoint(path, new_ms)
    assert forgotten == 449
    assert [one.intention.client_oid for one in journal.open_intentions()] == ["old-7"]
    assert journal.trail(ClientOid("old-8")) == ()
    assert journal.trail(ClientOid("new"))


async def test_only_so_many_ended_orders_are_kept(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_ENDED", 10)
    for number in range(30):
        journal.intend(an_intention(f"tern-{number:02}", 1000 + number))
        journal.note(ClientOid(f"tern-{number:02}"), an_event(is_end=True))
    assert prune_and_checkpoint(path, 2000) == 20
    assert journal.intention(ClientOid("tern-19")) is None
    assert journal.intention(ClientOid("tern-20")) is not None


def size_of(path: Path) -> int:
    return path.stat().st_size


async def test_the_log_is_written_into_the_file_by_the_named_worker(
    journal: SqliteJournal, path: Path
) -> None:
    for number in range(100):
        journal.intend(an_intention(f"tern-{number}"))
    assert size_of(path) < 20_000, "nothing is written there by the loop"
    await journal.tidy()
    assert "journal checkpoints" in {thread.name for thread in threading.enumerate()}
    assert size_of(path) > 20_000
    journal.close()
    assert "journal checkpoints" not in {thread.name for thread in threading.enumerate()}


def test_no_secret_has_a_place_in_it(journal: SqliteJournal) -> None:
    """The columns are all there is, and none takes more than what was meant and what was told."""
    assert journal._connection is not None
    tables = journal._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {name for (name,) in tables} == {"intention", "event", "procedure", "step"}
