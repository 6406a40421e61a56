"""The ticket's templates in one small file; what cannot be read is said and never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.ticket_template import (
    MOST_TEMPLATES,
    TicketTemplate,
    from_document,
    to_document,
    with_template,
)
from terminal.storage.json_file import JsonFile

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock

FILE_NAME = "ticket_templates.json"
VERSION = 1


@final
class TemplateStore:
    """Loads and saves the templates of one folder.

    A file with anything in it that this version does not understand is kept aside under another
    name before it is written anew.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = JsonFile(folder / FILE_NAME, clock)
        self._is_damaged = False

    def load(self) -> tuple[tuple[TicketTemplate, ...], str]:
        """The templates by name, and a sentence for the user about what was left out."""
        try:
            document = self._file.read()
        except (OSError, ValueError) as error:
            self._is_damaged = True
            why = error.strerror if isinstance(error, OSError) else str(error)
            return (), f"The ticket's templates cannot be read ({why})."
        listed = [] if document is None else document.get("templates")
        if not isinstance(listed, list):
            self._is_damaged = True
            return (), "The ticket's templates cannot be read (no list)."
        found: tuple[TicketTemplate, ...] = ()
        missed = len(listed[MOST_TEMPLATES:])
        for entry in listed[:MOST_TEMPLATES]:
            try:
                found = with_template(found, from_document(entry)) or found
            except ValueError:
                missed += 1
        self._is_damaged = bool(missed)
        words = f"{missed} of the ticket's templates cannot be read and are left out."
        return found, words if missed else ""

    def save(self, templates: tuple[TicketTemplate, ...]) -> str:
        """Write all of them; answers a sentence for the user when that failed, else empty."""
        if self._is_damaged:
            self._file.set_aside()
            self._is_damaged = False
        document = {"version": VERSION, "templates": [to_document(one) for one in templates]}
        try:
            self._file.write(document)
        except OSError as error:
            return f"The templates could not be saved: {error.strerror or error}."
        return ""
