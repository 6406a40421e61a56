"""Key rings for tests: one in memory that counts as safe, and ways of not having one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, final

from terminal.storage import vault as vault_module

if TYPE_CHECKING:
    import pytest


NAME = "a ring in memory"


@final
class MemoryRing:
    """A key ring in memory; with ``fails`` set, every call raises it, with ``is_full`` each write.

    With ``holds`` set, every call waits for it, on whatever thread it is made; ``is_written`` is
    set by every text that was stored.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.fails: Exception | None = None
        self.is_full: Exception | None = None
        self.holds: threading.Event | None = None
        self.is_written = threading.Event()

    def _enter(self) -> None:
        if self.holds is not None:
            self.holds.wait()
        if self.fails is not None:
            raise self.fails

    def get_password(self, service: str, username: str) -> str | None:
        self._enter()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._enter()
        if self.is_full is not None:
            raise self.is_full
        self.entries[service, username] = password
        self.is_written.set()

    def delete_password(self, service: str, username: str) -> None:
        self._enter()
        del self.entries[service, username]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the system's key ring from now on."""
        monkeypatch.setattr(vault_module, "system_backend", lambda: self)
        monkeypatch.setitem(vault_module.SAFE_BACKENDS, type(self).__module__, NAME)
