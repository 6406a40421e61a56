"""Notes and alerts of one account in one JSON file. A damaged file is kept aside, never lost."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, final

from terminal.domain.clock import TimestampMs
from terminal.domain.price_notes import MOST_NOTES, AlertSource, PriceNote, with_note
from terminal.domain.units import Symbol, plain
from terminal.storage.json_file import JsonFile

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock

VERSION = 1
FILE_NAME = "price-notes.json"
_LONGEST_NUMBER = 40


@final
class PriceNoteStore:
    """Loads and saves the notes of one account's folder. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None, clock: Clock) -> None:
        self._file = None if folder is None else JsonFile(folder / FILE_NAME, clock)

    def load(self) -> tuple[tuple[PriceNote, ...], str]:
        """The notes, and a sentence for the user where not all could be read (else empty)."""
        if self._file is None:
            return (), ""
        try:
            document = self._file.read()
        except OSError as error:
            reason = error.strerror or str(error)
            return (), f"The notes at prices cannot be read ({reason})."
        except ValueError as error:
            kept = self._file.set_aside()
            tail = f" and the old file is kept as {kept}" if kept else ""
            return (), f"The notes at prices were damaged ({error}); there are none now{tail}."
        if document is None:
            return (), ""
        return _read(document)

    def save(self, notes: tuple[PriceNote, ...]) -> str:
        """Write at once; answers a sentence for the user when that failed, else empty."""
        if self._file is None:
            return ""
        try:
            self._file.write({"version": VERSION, "notes": [_written(note) for note in notes]})
        except OSError as error:
            return f"Notes and alerts could not be kept on the disk ({error.strerror or error})."
        return ""


def _written(note: PriceNote) -> dict[str, Any]:
    return {
        "symbol": note.symbol,
        "price": plain(note.price),
        "text": note.text,
        "alert": None if note.alert is None else note.alert.value,
        "came_from": note.came_from,
        "fired_at": note.fired_at,
    }


def _read(document: dict[str, Any]) -> tuple[tuple[PriceNote, ...], str]:
    """Every note that is one; the others are left out and said."""
    listed = document.get("notes")
    if document.get("version") != VERSION or not isinstance(listed, list):
        return (), "The notes at prices are of another version of the program; none is shown."
    notes: tuple[PriceNote, ...] = ()
    lost = max(0, len(listed) - MOST_NOTES)
    for entry in listed[:MOST_NOTES]:
        try:
            notes = with_note(notes, _note(entry))
        except (ValueError, TypeError, KeyError, InvalidOperation):
            lost += 1
    words = f"{lost} of the notes at prices could not be read." if lost else ""
    return notes, words


def _note(entry: dict[str, Any]) -> PriceNote:
    symbol, price, words = entry["symbol"], entry["price"], entry["text"]
    came_from, fired_at, alert = entry["came_from"], entry["fired_at"], entry["alert"]
    texts = (symbol, price, words)
    if not all(isinstance(one, str) for one in texts) or len(price) > _LONGEST_NUMBER:
        raise ValueError("no texts")
    if came_from not in {-1, 0, 1} or isinstance(came_from, bool):
        raise ValueError("no side")
    if fired_at is not None and (not isinstance(fired_at, int) or isinstance(fired_at, bool)):
        raise ValueError("no time")
    return PriceNote(
        Symbol(symbol),
        Decimal(price),
        words,
        None if alert is None else AlertSource(alert),
        came_from,
        None if fired_at is None else TimestampMs(fired_at),
    )
