"""Log set-up: a rotating file, written behind a queue, and secrets that are never in it."""

from __future__ import annotations

import logging
import re
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, final

from typing_extensions import override

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 5_000_000
KEPT_FILES = 3
_SECRETS = re.compile(
    r"(?i)(KC-API-[A-Z-]+|secret|passphrase|api_key|token)([\"'=:\s]+)([^\s\"'&,}]{8,})"
)
_HEADER = re.compile(r"(?i)(header (?:value|name)s?:? )b?(?:'[^'\n]*'|\"[^\"\n]*\")")


@final
class Redacted(logging.Formatter):
    """Takes what looks like a secret out of every line, its traceback's as well.

    It formats what was formatted: whatever is rendered later would not be looked at.
    """

    @override
    def format(self, record: logging.LogRecord) -> str:
        """The whole text of a record."""
        return redact(super().format(record))


def redact(text: str) -> str:
    """Replace the values of secret-looking fields, and of headers that a library complains of."""
    return _HEADER.sub(r"\1(redacted)", _SECRETS.sub(r"\1\2(redacted)", text))


@final
class Logs:
    """The program's log file. A folder that cannot be written leaves a log to standard error."""

    def __init__(self, folder: Path) -> None:
        self.problem = ""
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._front = QueueHandler(self._queue)
        self._listener = QueueListener(self._queue, self._back(folder))

    def _back(self, folder: Path) -> logging.Handler:
        handler: logging.Handler
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(
                folder / "tern.log", maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
            )
        except OSError as error:
            self.problem = f"No log file can be written ({type(error).__name__})."
            handler = logging.StreamHandler()
            handler.setLevel(logging.WARNING)
        handler.setFormatter(Redacted("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        return handler

    def start(self) -> None:
        """Begin to write. Libraries that log every request are kept quiet."""
        root = logging.getLogger()
        root.setLevel(logging.INFO)
        root.addHandler(self._front)
        for noisy in ("httpx", "httpcore", "websockets", "qasync", "asyncio"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        self._listener.start()

    def stop(self) -> None:
        """Write what is queued and close the file."""
        logging.getLogger().removeHandler(self._front)
        self._listener.stop()
        for handler in self._listener.handlers:
            handler.close()
