"""A state in a file: never half of it, and what is no state is refused with one sentence.

Two lines of JSON: what it is, with the version of the format and a sum of the second line; and the
state. Only the user may read it: the secrets in it are those of a game, but they are secrets.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 2
"""Grows when a state of before cannot be read any more."""
WHAT: Final = (
    "State of a simulated exchange. Its keys and secrets open nothing but the simulation: "
    "no key of a real exchange is ever in it."
)
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class BadFile(ValueError):  # noqa: N818 - an answer, not a fault of the program
    """A file is no state that can be gone on from; the text is one sentence that says why."""


def text_of(state: dict[str, Any]) -> str:
    """What a file of this state holds."""
    body = _encode(state)
    head = {"what": WHAT, "format": FORMAT, "sha256": _sum(body.encode())}
    return f"{_encode(head)}\n{body}\n"


def write(path: Path, text: str) -> None:
    """Replace a file at once, for nobody else to read. Raises ``OSError``, and it is as it was."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def read(path: Path) -> dict[str, Any] | None:
    """The state in a file, None when there is no such file. Raises ``BadFile``."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror or error}.") from None
    head, _, rest = data.partition(b"\n")
    format_of = _head(path, head)
    body = rest.removesuffix(b"\n")
    if _sum(body) != format_of:
        raise damaged(path)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise damaged(path) from None
    if not isinstance(found, dict):
        raise damaged(path)
    return found


def damaged(path: Path) -> BadFile:
    """What is said of a file that is not as it was written."""
    return BadFile(f"{path} is damaged or no state of the exchange; it was left as it is.")


def unfit(path: Path) -> BadFile:
    """What is said of a file that was written by a program with other parts."""
    return BadFile(
        f"{path} was written by another version and does not fit this one; it was left as it is."
    )


def _head(path: Path, line: bytes) -> str:
    """The sum of the body by the first line. Raises ``BadFile``."""
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        raise damaged(path) from None
    if not isinstance(head, dict) or type(head.get("format")) is not int:
        raise damaged(path)
    if head["format"] > FORMAT:
        raise BadFile(
            f"{path} was written by a newer version of this program; it was left as it is."
        )
    if head["format"] < FORMAT:
        raise unfit(path)
    return str(head.get("sha256"))


def _sum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
