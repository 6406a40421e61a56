"""That the user stopped trading, kept over restarts: one small file, one entry for each place.

A file that cannot be read counts as stopped, because nobody knows; lifting the stop writes it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from terminal.domain.access import StopRecord
from terminal.domain.clock import TimestampMs
from terminal.storage.json_file import JsonFile

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock

VERSION = 1
FILE_NAME = "stopped.json"


@final
class StoppedStore:
    """The record of one place: the demo, or an account by its name."""

    def __init__(self, folder: Path, clock: Clock, place: str) -> None:
        self._file = JsonFile(folder / FILE_NAME, clock)
        self._clock = clock
        self._place = place

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self._file.path

    def load(self) -> StopRecord | None:
        """What was kept for this place; None when trading is not stopped."""
        try:
            return _record(self._places(), self._place)
        except (OSError, ValueError) as error:
            words = (
                f"Whether trading was stopped cannot be read ({type(error).__name__}), so it is "
                "taken as stopped. Lift the stop to trade."
            )
            return StopRecord(self._clock.now_ms(), is_finished=False, problem=words)

    def keep(self, record: StopRecord | None) -> str:
        """Write at once; answers a sentence for the user when that failed, else empty."""
        try:
            places = self._places()
        except (OSError, ValueError):
            self._file.set_aside()
            places = {}
        places.pop(self._place, None)
        if record is not None:
            places[self._place] = {"since": record.since, "is_finished": record.is_finished}
        try:
            self._file.write({"version": VERSION, "places": places})
        except OSError as error:
            reason = error.strerror or str(error)
            if record is None:
                words = "The stop is lifted, but that could not be kept"
                return f"{words} ({reason}): the next start is stopped."
            return f"The stop could not be kept on the disk ({reason}): a restart would lift it."
        return ""

    def _places(self) -> dict[str, Any]:
        document = self._file.read() or {}
        places = document.get("places", {})
        if not isinstance(places, dict):
            raise ValueError("places is no object")  # noqa: TRY004 - damaged content, not a bug
        return places


def _record(places: dict[str, Any], place: str) -> StopRecord | None:
    if place not in places:
        return None
    entry = places[place]
    if not isinstance(entry, dict) or not isinstance(entry.get("since"), int):
        raise ValueError("an entry is no record")  # noqa: TRY004 - damaged content, not a bug
    return StopRecord(TimestampMs(entry["since"]), is_finished=entry.get("is_finished") is True)
