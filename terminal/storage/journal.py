"""The order journal on the disk: one SQLite file for each environment and account.

Writing stays on the loop, because what is meant must be written before it is sent: with a
write-ahead log and without waiting for the disk an entry costs tens of microseconds, and survives
the end of the program, however it ends. It does not survive a power cut; orders without a line here
are known by the prefix of their client order ids. Pruning and checkpoints, which wait for the disk,
run on one named worker with a connection of its own.

Prices are whole ticks and sizes whole lots, decimals are plain text. No secret is ever written.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import threading
import uuid
from concurrent.futures import Future
from contextlib import closing
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias, final

from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.errors import TernError
from terminal.domain.intention import (
    NO_DETAIL,
    EventKind,
    Intention,
    JournalError,
    JournalEvent,
    OpenIntention,
    Procedure,
    ProcedureId,
    ProcedureStep,
    Purpose,
    Source,
    UnreadIntention,
)
from terminal.domain.units import ClientOid, OrderId, Symbol
from terminal.storage.ticket_text import ticket_of, ticket_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from terminal.domain.clock import Clock
    from terminal.domain.intention import Detail

FILE_NAME = "journal.sqlite"
APPLICATION_ID = 0x5465726E
"""``Tern`` in the header of the file."""
KEPT_DAYS = 90
KEPT_ENDED = 20_000
"""So many ended orders stay at most, and none that is older than ``KEPT_DAYS``."""
PRUNED_AT_ONCE = 200
"""Rows in one step of pruning: while it writes, nobody else can."""
BUSY_MS = 250
"""How long a write waits for a step of the worker; it is never that long."""
END_WAIT_S = 2.0
REMEDY = "Make room on the disk and let the program write there."
_DAY_MS = 86_400_000
_LARGEST_CHECKED = 64_000_000
"""A file above so many bytes is not looked through at start; reading it tells damage as well."""

MIGRATIONS = (
    """
    CREATE TABLE intention (
        number INTEGER PRIMARY KEY, client_oid TEXT NOT NULL UNIQUE, symbol TEXT NOT NULL,
        ticket TEXT NOT NULL, purpose TEXT NOT NULL, procedure_id TEXT, made_at INTEGER NOT NULL,
        is_ended INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX open_intention ON intention (number) WHERE NOT is_ended;
    CREATE INDEX ended_intention ON intention (made_at) WHERE is_ended;
    CREATE TABLE event (
        number INTEGER PRIMARY KEY, client_oid TEXT NOT NULL, what TEXT NOT NULL,
        source TEXT NOT NULL, received_at INTEGER NOT NULL, event_at INTEGER, order_id TEXT,
        is_end INTEGER, detail TEXT NOT NULL
    );
    CREATE INDEX event_of ON event (client_oid);
    CREATE TABLE procedure (
        number INTEGER PRIMARY KEY, procedure_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        symbol TEXT NOT NULL, wanted TEXT NOT NULL, begun_at INTEGER NOT NULL,
        detail TEXT NOT NULL, ended_at INTEGER, sentence TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX open_procedure ON procedure (number) WHERE ended_at IS NULL;
    CREATE TABLE step (
        number INTEGER PRIMARY KEY, procedure_id TEXT NOT NULL, name TEXT NOT NULL,
        at INTEGER NOT NULL, detail TEXT NOT NULL
    );
    CREATE INDEX step_of ON step (procedure_id);
    """,
)
"""What makes each version of the file out of the one before; the last one is ours."""

_INTEND = (
    "INSERT INTO intention (client_oid, symbol, ticket, purpose, procedure_id, made_at)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_NOTE = (
    "INSERT INTO event"
    " (client_oid, what, source, received_at, event_at, order_id, is_end, detail)"
    " SELECT ?, ?, ?, ?, ?, ?, ?, ?"
    " WHERE EXISTS (SELECT 1 FROM intention WHERE client_oid = ?)"
)
_END_OF_ORDER = "UPDATE intention SET is_ended = ? WHERE client_oid = ?"
_TRAIL = (
    "SELECT what, source, received_at, event_at, order_id, is_end, detail FROM event"
    " WHERE client_oid = ? ORDER BY number"
)
_BEGIN = (
    "INSERT INTO procedure (procedure_id, kind, symbol, wanted, begun_at, detail)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_STEP = "INSERT INTO step (procedure_id, name, at, detail) VALUES (?, ?, ?, ?)"
_STEPS = "SELECT name, at, detail FROM step WHERE procedure_id = ? ORDER BY number"
_TRIAL = (
    ("INSERT INTO step (procedure_id, name, at, detail) VALUES ('', 'trial', 0, '{}')", ()),
    ("DELETE FROM step WHERE procedure_id = ''", ()),
)
"""Goes through the disk as every line does, and leaves none."""
_END = "UPDATE procedure SET ended_at = ?, sentence = ? WHERE procedure_id = ? AND ended_at IS NULL"

_log = logging.getLogger("orders")

_Statement: TypeAlias = "tuple[str, tuple[str | int | None, ...]]"


class _NewerError(Exception):
    """The file was written by a newer version: it stays as it is."""


class _DamagedError(Exception):
    """The file holds something that no version wrote."""


@final
class SqliteJournal:
    """Implements ``session.journal.Journal`` on one file. ``open`` it, and ``close`` it at the end.

    One process at a time: who opens it holds the lock of the account (``instance_lock``).
    """

    lasts = True

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._worker = _Worker()
        self.problem = ""

    def open(self) -> str:
        """Open or begin the file. Returns a sentence for the user when something was wrong.

        A damaged file is kept under another name and a new one begun: then the exchange is asked
        what there is, and our own orders are known by their prefix. What cannot be opened at all is
        tried again at every intention, whenever it is tidied, and to read those of before.
        """
        try:
            return self._open()
        except _NewerError:
            words = "The order journal was written by a newer version of the program."
            return self._failed(words, None)
        except (sqlite3.Error, OSError) as error:
            return self._failed(f"The order journal cannot be opened ({_why(error)}).", error)

    def _open(self) -> str:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        words = ""
        try:
            self._connection = _connected(self.path)
        except (_DamagedError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # not the file but the way to it
            aside = self._set_aside()
            words = (
                f"The order journal is damaged and kept as {aside}; a new one is begun. Orders of "
                "before are known by what the exchange says of them."
            )
            _log.error("journal: %s", error)
            self._connection = _connected(self.path)
        self.problem = ""
        return words

    def _set_aside(self) -> str:
        """Keep a damaged file, with what belongs to it, under another name. Raises ``OSError``."""
        stamp = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{self.path.name}.damaged-{stamp}"
        self.path.replace(self.path.with_name(name))
        for suffix in ("-wal", "-shm"):
            beside = self.path.with_name(self.path.name + suffix)
            if beside.exists():
                beside.replace(self.path.with_name(name + suffix))
        return name

    async def tidy(self) -> None:
        """Prune what ended long ago and write the log into the file, on the worker.

        While there is a problem, a trial shows whether it has passed: nothing else would write
        where only opening orders do, and those wait for it.
        """
        if self._connection is None and self.problem:
            self.open()
        if self._connection is None:
            return
        path, now_ms = self.path, self._clock.now_ms()
        try:
            await self._worker.call(lambda: prune_and_checkpoint(path, now_ms))
        except sqlite3.Error as error:
            _log.warning("journal: not tidied, %s", error)
        if self.problem and self._connection is not None:
            self._try(*_TRIAL)

    def close(self) -> None:
        """End the worker, then write what is left of the log into the file."""
        self._worker.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # Writing ---------------------------------------------------------------------------------

    def intend(self, intention: Intention) -> None:
        """Write what is about to be sent. Raises ``JournalError``."""
        if self._connection is None:
            self.open()
        try:
            self._write(
                (
                    _INTEND,
                    (
                        intention.client_oid,
                        intention.ticket.symbol,
                        ticket_text(intention.ticket),
                        intention.purpose.value,
                        intention.procedure,
                        intention.made_at,
                    ),
                )
            )
        except sqlite3.Error as error:
            words = self._failed(f"The order journal cannot be written ({_why(error)}).", error)
            raise JournalError(
                f"journal: {error}",
                sentence=f"{words} What cannot be recorded is not sent.",
                remedy=REMEDY,
            ) from error

    def note(self, client_oid: ClientOid, event: JournalEvent) -> None:
        """Write what became known of an order that was intended here."""
        statements: list[_Statement] = [
            (
                _NOTE,
                (
                    client_oid,
                    event.what.value,
                    event.source.value,
                    event.received_at,
                    event.event_at,
                    event.order_id,
                    event.is_end,
                    _detail_text(event.detail),
                    client_oid,
                ),
            )
        ]
        if event.is_end is not None:
            statements.append((_END_OF_ORDER, (event.is_end, client_oid)))
        self._try(*statements)

    def begin(
        self, kind: Purpose, symbol: Symbol, wanted: str, detail: Detail = NO_DETAIL
    ) -> ProcedureId:
        """Write that a procedure begins."""
        procedure_id = ProcedureId(uuid.uuid4().hex)
        values = (procedure_id, kind.value, symbol, wanted, self._clock.now_ms())
        self._try(
            (
                _BEGIN,
                (*values, _detail_text(detail)),
            )
        )
        return procedure_id

    def step(self, procedure_id: ProcedureId, name: str, detail: Detail = NO_DETAIL) -> None:
        """Write that a step of a procedure begins."""
        self._try(
            (
                _STEP,
                (procedure_id, name, self._clock.now_ms(), _detail_text(detail)),
            )
        )

    def end(self, procedure_id: ProcedureId, sentence: str) -> None:
        """Write how a procedure ended."""
        self._try(
            (
                _END,
                (self._clock.now_ms(), sentence, procedure_id),
            )
        )

    def _write(self, *statements: _Statement) -> None:
        """One transaction, whole or not at all. Raises ``sqlite3.Error``."""
        connection = self._connection
        if connection is None:
            raise sqlite3.OperationalError(self.problem or "the journal is not open")
        if len(statements) > 1:
            connection.execute("BEGIN IMMEDIATE")
        try:
            for sql, values in statements:
                connection.execute(sql, values)
            if connection.in_transaction:
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # some errors have rolled it back already
                connection.execute("ROLLBACK")
            raise
        self.problem = ""

    def _try(self, *statements: _Statement) -> None:
        """A transaction that holds nothing up: its error is remembered, not raised."""
        try:
            self._write(*statements)
        except sqlite3.Error as error:
            self._failed(f"The order journal cannot be written ({_why(error)}).", error)

    def _failed(self, sentence: str, error: Exception | None) -> str:
        if not self.problem:
            _log.error("journal: %s", error or sentence)
        self.problem = sentence
        return sentence

    # Reading ---------------------------------------------------------------------------------

    def open_intentions(self) -> tuple[OpenIntention, ...]:
        """Intentions whose end is not known here, oldest first. Raises ``JournalError``."""
        if self._connection is None:
            self.open()
        rows = self._read(
            "SELECT client_oid, ticket, purpose, procedure_id, made_at, symbol FROM intention"
            " WHERE NOT is_ended ORDER BY number"
        )
        return tuple(map(self._open_one, rows))

    def _open_one(self, row: tuple[Any, ...]) -> OpenIntention:
        intention: Intention | UnreadIntention | None = _intention(row)
        if intention is None:  # its order may have arrived all the same
            intention = UnreadIntention(ClientOid(row[0]), Symbol(row[5]), TimestampMs(row[4]))
        order_id: OrderId | None = None
        signed_at: TimestampMs | None = None
        went_by_socket = was_heard_of = False
        for event in self._events(intention.client_oid):
            order_id = event.order_id or order_id
            if event.what is EventKind.SIGNED:
                signed_at = event.received_at
                went_by_socket = event.detail.get("route") == "socket"
            was_heard_of |= event.order_id is not None and event.source is not Source.OWN
        return OpenIntention(intention, order_id, signed_at, went_by_socket, was_heard_of)

    def _events(self, client_oid: ClientOid) -> tuple[JournalEvent, ...]:
        """What became known of an order, as far as we can read it. Raises ``JournalError``."""
        rows = self._read(_TRAIL, client_oid)
        try:
            return tuple(map(_event, rows))
        except ValueError as error:  # then it counts as signed when the program ended
            _log.error("journal: the trail of %s cannot be read: %s", client_oid, error)
            return ()

    def open_procedures(self) -> tuple[Procedure, ...]:
        """Procedures that were begun and not ended, oldest first. Raises ``JournalError``."""
        if self._connection is None:
            self.open()
        rows = self._read(
            "SELECT procedure_id, kind, symbol, wanted, begun_at, detail, ended_at, sentence"
            " FROM procedure WHERE ended_at IS NULL ORDER BY number"
        )
        return tuple(_procedure(row, self._read(_STEPS, row[0])) for row in rows)

    def intention(self, client_oid: ClientOid) -> Intention | None:
        """What was meant with an order; None when it was not intended here."""
        rows = self._rows(
            "SELECT client_oid, ticket, purpose, procedure_id, made_at FROM intention"
            " WHERE client_oid = ?",
            client_oid,
        )
        return _intention(rows[0]) if rows else None

    def trail(self, client_oid: ClientOid) -> tuple[JournalEvent, ...]:
        """All that became known of an order, in the order of writing."""
        return tuple(map(_event, self._rows(_TRAIL, client_oid)))

    def procedure(self, procedure_id: ProcedureId) -> Procedure | None:
        """A procedure, ended or not; None when it was not begun here."""
        rows = self._rows(
            "SELECT procedure_id, kind, symbol, wanted, begun_at, detail, ended_at, sentence"
            " FROM procedure WHERE procedure_id = ?",
            procedure_id,
        )
        return _procedure(rows[0], self._rows(_STEPS, rows[0][0])) if rows else None

    def named(self, order_id: OrderId) -> ClientOid | None:
        """Our name of the order that the exchange gave this id; None when nobody told it."""
        rows = self._rows(
            "SELECT client_oid FROM event WHERE order_id = ? ORDER BY number DESC LIMIT 1", order_id
        )
        return ClientOid(rows[0][0]) if rows else None

    def _rows(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        """What is written, as far as it can be read; for what nothing is decided by."""
        if self._connection is None:
            return []
        try:
            return self._read(question, *values)
        except JournalError:
            return []

    def _read(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        """What is written. Raises ``JournalError`` when it could not be read."""
        if self._connection is None:
            words = self.problem or "The order journal is not open."
            raise JournalError("journal: not open", sentence=words, remedy=REMEDY)
        try:
            return self._connection.execute(question, values).fetchall()
        except sqlite3.Error as error:
            words = self._failed(f"The order journal cannot be read ({_why(error)}).", error)
            raise JournalError(f"journal: {error}", sentence=words, remedy=REMEDY) from error


# The file ------------------------------------------------------------------------------------


def _connected(path: Path) -> sqlite3.Connection:
    """Open a file, bring it to our version and look it through.

    Raises ``_NewerError``, ``_DamagedError`` and ``sqlite3.Error``.
    """
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
    try:
        version = _checked_version(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # the worker's; on the loop it stalls
        _migrate(connection, version)
    except BaseException:
        connection.close()
        raise
    return connection


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    """Which version of ours the file is. Raises as ``_connected`` does."""
    is_small = path.stat().st_size <= _LARGEST_CHECKED
    if is_small and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise _DamagedError("the file is damaged")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner != APPLICATION_ID and (owner or version):
        raise _DamagedError("the file is no journal")
    if version > len(MIGRATIONS):
        raise _NewerError
    return version


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    """Make our version out of an older one, each step whole or not at all."""
    for after, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {after}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def prune_and_checkpoint(path: Path, now_ms: int) -> int:
    """Forget what ended long ago and write the log into the file; for the worker.

    Returns how many orders were forgotten. Those whose end is not known stay for ever. In small
    steps, because nothing else can be written meanwhile. Raises ``sqlite3.Error``.
    """
    with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        before_ms = now_ms - KEPT_DAYS * _DAY_MS
        last_kept = connection.execute(
            "SELECT made_at FROM intention WHERE is_ended ORDER BY made_at DESC LIMIT 1 OFFSET ?",
            (KEPT_ENDED,),
        ).fetchone()
        if last_kept is not None:
            before_ms = max(before_ms, last_kept[0] + 1)
        pruned = 0
        while (step := _prune(connection, before_ms)) > 0:
            pruned += step
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return pruned


def _prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Forget some orders and procedures that ended before an instant; returns how many."""
    gone = 0
    connection.execute("BEGIN IMMEDIATE")
    for table, key, child, condition in (
        ("intention", "client_oid", "event", "is_ended AND made_at < ?"),
        ("procedure", "procedure_id", "step", "ended_at < ?"),
    ):
        chosen = f"SELECT {key} FROM {table} WHERE {condition} LIMIT {PRUNED_AT_ONCE}"  # noqa: S608 - our own names
        keys = connection.execute(chosen, (before_ms,)).fetchall()
        connection.executemany(f"DELETE FROM {child} WHERE {key} = ?", keys)  # noqa: S608 - as above
        connection.executemany(f"DELETE FROM {table} WHERE {key} = ?", keys)  # noqa: S608 - as above
        gone += len(keys)
    connection.execute("COMMIT")
    return gone


def _intention(row: tuple[Any, ...]) -> Intention | None:
    """An intention as it was written; None when no version of ours can read it."""
    try:
        ticket, purpose = ticket_of(row[1]), Purpose(row[2])
    except (ValueError, TernError) as error:
        _log.error("journal: the intention %s cannot be read: %s", row[0], error)
        return None
    procedure = None if row[3] is None else ProcedureId(row[3])
    return Intention(ClientOid(row[0]), ticket, purpose, procedure, TimestampMs(row[4]))


def _procedure(row: tuple[Any, ...], steps: list[tuple[Any, ...]]) -> Procedure:
    return Procedure(
        ProcedureId(row[0]),
        Purpose(row[1]),
        Symbol(row[2]),
        row[3],
        TimestampMs(row[4]),
        _detail(row[5]),
        tuple(ProcedureStep(one[0], TimestampMs(one[1]), _detail(one[2])) for one in steps),
        None if row[6] is None else TimestampMs(row[6]),
        row[7],
    )


def _event(row: tuple[Any, ...]) -> JournalEvent:
    return JournalEvent(
        EventKind(row[0]),
        Source(row[1]),
        TimestampMs(row[2]),
        None if row[3] is None else TimestampNs(row[3]),
        None if row[4] is None else OrderId(row[4]),
        None if row[5] is None else bool(row[5]),
        _detail(row[6]),
    )


def _detail_text(detail: Detail) -> str:
    return json.dumps(dict(detail), separators=(",", ":")) if detail else "{}"


def _detail(text: str) -> Detail:
    found: dict[str, str | int] = json.loads(text)
    return found


def _why(error: Exception) -> str:
    """What went wrong, in a few words for the user."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    code = getattr(error, "sqlite_errorname", "")
    known = {
        "SQLITE_FULL": "the disk is full",
        "SQLITE_READONLY": "it may only be read",
        "SQLITE_CANTOPEN": "its folder cannot be used",
        "SQLITE_BUSY": "another program holds it",
        "SQLITE_CORRUPT": "the file is damaged",
        "SQLITE_IOERR": "the disk does not answer",
    }
    return next((words for name, words in known.items() if code.startswith(name)), str(error))


# The worker ----------------------------------------------------------------------------------

_Job: TypeAlias = "tuple[Future[int], Callable[[], int]]"


@final
class _Worker:
    """One daemon thread, named; it gets values and returns values, one job after the other."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def call(self, act: Callable[[], int]) -> int:
        """Run on the worker and return what it returned, or raise what it raised."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="journal checkpoints", daemon=True
            )
            self._thread.start()
        future: Future[int] = Future()
        self._jobs.put((future, act))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the thread, after the job that it has in hand."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(END_WAIT_S)
            self._thread = None

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, act = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(act())
            except BaseException as error:  # noqa: BLE001 - it is whoever waits that is told
                future.set_exception(error)
