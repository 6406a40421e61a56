"""What is kept on the disk for one account: its order journal, and the lock that makes it ours.

By environment and account, so that no two share anything. What cannot be held by this program
makes it watch only; what sends nothing needs neither.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock
    from terminal.storage.instance_lock import InstanceLock
    from terminal.storage.journal import SqliteJournal

ACCOUNTS = "accounts"


def folder_of(data: Path, account: str) -> Path:
    """The folder of one account in one environment; its name tells nobody which."""
    return data / ACCOUNTS / hashlib.sha256(account.encode()).hexdigest()[:20]


@final
class AccountFiles:
    """Journal and lock of one account, opened for as long as the program may send for it.

    Without a ``folder`` nothing is kept, nor for who never sends (``may_send``, also what is not
    permitted yet). ``access`` is how far commands may go then, ``journal`` None where nothing is
    kept or sent, ``words`` what the user should read.
    """

    def __init__(
        self, folder: Path | None, access: Access, clock: Clock, *, may_send: bool = True
    ) -> None:
        self.access = access
        self.journal: SqliteJournal | None = None
        self.words: tuple[str, ...] = ()
        self._lock: InstanceLock | None = None
        if folder is None or not may_send:
            return
        # Not before they are needed: a demo starts without a database.
        from terminal.storage.instance_lock import InstanceLock
        from terminal.storage.journal import FILE_NAME, SqliteJournal

        self._lock = InstanceLock(folder)
        answer = self._lock.take()
        if answer.is_taken:
            who = f" (process {answer.holder})" if answer.holder else ""
            self.access = Access.SECOND
            words = (
                f"Another Tern{who} trades this account, so this one watches only. Close the other "
                "one and start this one again to trade here."
            )
            self.words = (words,)
            return
        self.journal = SqliteJournal(folder / FILE_NAME, clock)
        words = self.journal.open()
        if answer.problem:
            why = f"This account cannot be locked ({answer.problem})"
            self.words = (f"{why}: do not trade it with a second Tern.",)
        self.words = (*self.words, words) if words else self.words

    async def close(self) -> None:
        """Nothing is written any more, and another program may have the account."""
        if self.journal is not None:
            self.journal.close()
        if self._lock is not None:
            self._lock.release()
