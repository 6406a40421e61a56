"""That the user stopped trading, kept over restarts: one small file for each place.

A file that cannot be read counts as stopped, because nobody knows; lifting the stop writes it anew.
It says nothing about other places. Older versions kept all places in one file: it is read where a
place has none of its own yet, and never written again.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, final

from terminal.domain.access import StopRecord
from terminal.domain.clock import TimestampMs
from terminal.storage.json_file import JsonFile

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock

VERSION = 2
OLD_NAME = "stopped.json"


def file_name(place: str) -> str:
    """A name of its own for each place, whatever characters the place has."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", place).strip("-")[:40]
    return f"stopped-{words}-{hashlib.sha256(place.encode()).hexdigest()[:12]}.json"


@final
class StoppedStore:
    """The record of one place: the demo, or an account by its name."""

    def __init__(self, folder: Path, clock: Clock, place: str) -> None:
        self._file = JsonFile(folder / file_name(place), clock)
        self._old = JsonFile(folder / OLD_NAME, clock)
        self._clock = clock
        self._place = place

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self._file.path

    def load(self) -> StopRecord | None:
        """What was kept for this place; None when trading is not stopped."""
        try:
            document = self._file.read()
            return self._of_before() if document is None else _record(document)
        except (OSError, ValueError) as error:
            words = (
                f"Whether trading was stopped cannot be read ({type(error).__name__}), so it is "
                "taken as stopped. Lift the stop to trade."
            )
            return StopRecord(self._clock.now_ms(), is_finished=False, problem=words)

    def keep(self, record: StopRecord | None) -> str:
        """Write at once; answers a sentence for the user when that failed, else empty."""
        try:
            self._file.read()
        except (OSError, ValueError):
            self._file.set_aside()
        entry: dict[str, Any] = {"version": VERSION, "place": self._place, "since": None}
        if record is not None:
            entry |= {"since": record.since, "is_finished": record.is_finished}
        try:
            self._file.write(entry)
        except OSError as error:
            reason = error.strerror or str(error)
            if record is None:
                words = "The stop is lifted, but that could not be kept"
                return f"{words} ({reason}): the next start is stopped."
            return f"The stop could not be kept on the disk ({reason}): a restart would lift it."
        return ""

    def _of_before(self) -> StopRecord | None:
        """What the file of all places says of this one."""
        document = self._old.read() or {}
        places = document.get("places", {})
        if not isinstance(places, dict):
            raise ValueError("places is no object")  # noqa: TRY004 - damaged content, not a bug
        return _record(places[self._place]) if self._place in places else None


def _record(entry: object) -> StopRecord | None:
    """What an entry says. Raises ``ValueError`` for one that says nothing."""
    if not isinstance(entry, dict) or not isinstance(entry.get("since", ""), int | None):
        raise ValueError("an entry is no record")  # noqa: TRY004 - damaged content, not a bug
    if entry["since"] is None:
        return None
    return StopRecord(TimestampMs(entry["since"]), is_finished=entry.get("is_finished") is True)
