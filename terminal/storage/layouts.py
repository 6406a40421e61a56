"""Window and dock state, one file per named workspace. A damaged file is kept aside, never lost.

What is inside the state is the window's business; here it is text with a checksum. Keys that this
version does not know are kept. Writing replaces the file in one step, and never one that a newer
version of the program wrote.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final
from urllib.parse import quote, unquote

from terminal.storage.json_file import LARGEST, JsonFile

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock

VERSION = 2
FOLDER = "layouts"
DEFAULT = "default"
LONGEST_NAME = 40
LONGEST_FILE_NAME = 150
"""Bytes of a name as a file system gets it: most take 255, and a damaged file's is longer."""
_OLDER_PREFIX = "tern-layout-1:"
_LENGTH_BYTES = 4


class LayoutError(ValueError):
    """A layout file that cannot be used; the text says what is wrong with it."""


class NewerLayoutError(LayoutError):
    """A layout file of a newer version: nothing is wrong with it, and it must stay as it is."""


@final
@dataclass(frozen=True, slots=True)
class Layout:
    """A window's geometry (base64) and its docks (XML), as the window gave them.

    ``unknown`` holds what another version wrote.
    """

    geometry: str
    docks: str
    unknown: dict[str, Any] = field(default_factory=dict)


@final
class LayoutStore:
    """Loads and saves the workspaces of one folder. Names that differ only in case are one."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder / FOLDER
        self._clock = clock

    def path(self, name: str) -> Path:
        """Where a workspace is stored; characters that file systems refuse are escaped."""
        return self._folder / f"{_file_name(name)}.json"

    def exists(self, name: str) -> bool:
        """Whether a workspace was stored, as far as that can be known."""
        try:
            return self.path(name).is_file()
        except OSError:
            return False

    def names(self) -> tuple[str, ...]:
        """All stored workspaces and the default one, which comes first."""
        files = [JsonFile(path, self._clock) for path in self._folder.glob("*.json")]
        others = {_name_in(file) for file in files} - {DEFAULT}
        return DEFAULT, *sorted(others, key=str.casefold)

    def load(self, name: str) -> tuple[Layout | None, str]:
        """A workspace, None if there is none; and a sentence for the user if it was damaged."""
        try:
            document = self._file(name).read()
            return None if document is None else _read(document), ""
        except NewerLayoutError:
            return None, (
                f"The layout {name} was written by a newer version of the program and stays as it "
                "is. The default layout is shown; to keep changes, save it under another name."
            )
        except ValueError as error:  # damage of any kind
            return None, self.set_aside(name, str(error))
        except OSError as error:
            return None, self.set_aside(name, error.strerror or type(error).__name__)

    def is_newer(self, name: str) -> bool:
        """Whether a newer version wrote it: it is neither read nor replaced."""
        try:
            document = self._file(name).read()
        except (ValueError, OSError):
            return False
        return document is not None and _is_newer(document)

    def save(self, name: str, layout: Layout) -> None:
        """Write a workspace in one step.

        Raises ``OSError``, and ``NewerLayoutError`` when that file is a newer version's.
        """
        if self.is_newer(name):
            raise NewerLayoutError("written by a newer version")
        document = {
            **layout.unknown,
            "version": VERSION,
            "name": name,
            "geometry": layout.geometry,
            "docks": layout.docks,
            "checksum": _checksum(layout.geometry, layout.docks),
        }
        self._file(name).write(document)

    def delete(self, name: str) -> None:
        """Delete a workspace; deleting none is fine. Raises ``OSError``."""
        self.path(name).unlink(missing_ok=True)

    def set_aside(self, name: str, why: str) -> str:
        """Keep a file that cannot be used under another name; a sentence for the user."""
        aside = self._file(name).set_aside()
        if not aside:
            return f"The window layout cannot be read ({why}); the default layout is shown."
        return (
            f"The window layout was damaged ({why}); the default layout is shown and the old file "
            f"is kept as {aside}."
        )

    def _file(self, name: str) -> JsonFile:
        return JsonFile(self.path(name), self._clock)


def older_layout(text: object) -> Layout | None:
    """The layout that version 1 kept inside the settings, None when there is none to be had.

    It was ``tern-layout-1:<geometry>:<docks>``, both base64, the docks compressed by Qt: the
    length in four bytes, then a zlib stream.
    """
    if not isinstance(text, str) or not text.startswith(_OLDER_PREFIX):
        return None
    geometry, _, docks = text.removeprefix(_OLDER_PREFIX).partition(":")
    try:
        base64.b64decode(geometry, validate=True)
        packed = base64.b64decode(docks, validate=True)
        stream = zlib.decompressobj()
        plain = stream.decompress(packed[_LENGTH_BYTES:], LARGEST)
        return Layout(geometry, plain.decode("utf-8")) if stream.eof else None
    except (ValueError, binascii.Error, zlib.error):
        return None


def name_problem(name: str) -> str:
    """Why a workspace cannot be called so, empty when it can."""
    if not name.strip():
        return "A workspace needs a name."
    if len(name) > LONGEST_NAME or not name.isprintable():
        return f"The name of a workspace is one line of at most {LONGEST_NAME} characters."
    if len(_file_name(name)) > LONGEST_FILE_NAME:
        return "The name of this workspace is too long for a file's name: take fewer characters."
    return ""


def _file_name(name: str) -> str:
    """What a workspace's file is called without its ending, in plain letters."""
    return quote(name.casefold(), safe=" ", errors="replace")


def _name_in(file: JsonFile) -> str:
    """The name as it was typed; a file that tells none goes by its own."""
    try:
        document = file.read() or {}
    except (OSError, ValueError):
        document = {}
    name = document.get("name")
    own = unquote(file.path.stem)
    return name if isinstance(name, str) and name.casefold() == own else own


def _is_newer(document: dict[str, Any]) -> bool:
    version = document.get("version")
    return isinstance(version, int) and not isinstance(version, bool) and version > VERSION


def _read(document: dict[str, Any]) -> Layout:
    if _is_newer(document):
        raise NewerLayoutError("written by a newer version")
    version = document.pop("version", None)
    if isinstance(version, bool) or version != VERSION:
        raise LayoutError("it names no version that ever was")
    parts = [document.pop(key, None) for key in ("geometry", "docks", "checksum")]
    if not all(isinstance(part, str) for part in parts):
        raise LayoutError("a part is missing")
    geometry, docks, checksum = parts
    if checksum != _checksum(geometry, docks):
        raise LayoutError("its checksum is wrong")
    unknown = {key: value for key, value in document.items() if key != "name"}
    return Layout(geometry, docks, unknown)


def _checksum(geometry: str, docks: str) -> str:
    return hashlib.sha256(f"{geometry}\n{docks}".encode()).hexdigest()
