"""One JSON document in one file: replaced in one step, kept aside when it is damaged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock


LARGEST = 1_000_000
"""No document of this program is larger, in bytes."""


@final
class JsonFile:
    """Reads and writes a file that holds one JSON object."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock

    def read(self) -> dict[str, Any] | None:
        """The object, None when there is no file. Raises ``OSError`` and ``ValueError``."""
        try:
            with self.path.open("rb") as file:
                raw = file.read(LARGEST + 1)
            if len(raw) > LARGEST:
                raise ValueError("too large")
            document = json.loads(raw.decode())
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:  # its own text is for programmers
            raise ValueError("no text") from None
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if not isinstance(document, dict):
            raise ValueError("the file holds no object")  # noqa: TRY004 - damaged content, not a bug
        return document

    def write(self, document: dict[str, Any]) -> None:
        """Replace the file in one step. Raises ``OSError``."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.path)

    def set_aside(self) -> str:
        """Keep a damaged file under another name; returns that name, empty when it cannot be."""
        stamp = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).strftime("%Y%m%d-%H%M%S")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        try:
            self.path.replace(aside)
        except OSError:
            return ""
        return aside.name
