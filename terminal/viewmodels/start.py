"""The first look: demo, watching the market, or an account; stored accounts by name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import TimestampMs
    from terminal.viewmodels.frame import FrameClock


class StartKind(Enum):
    """What an entry opens. The values are the keys that choose it, empty where a number does."""

    DEMO = "D"
    WATCH = "W"
    CONNECT = "C"
    ACCOUNT = ""


@final
@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account that was connected before. ``host`` is empty for the exchange itself."""

    name: str
    key_tail: str
    host: str
    last_used: TimestampMs | None


@final
@dataclass(frozen=True, slots=True)
class StartEntry:
    """One line of the list: what it is, one sentence, and the key that opens it.

    ``digit`` is a second key for those whose first one is a letter.
    """

    kind: StartKind
    name: str
    title: str
    words: str
    key: str
    digit: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that open it, the one to show first; may be empty."""
        return tuple(key for key in (self.key, self.digit) if key)


@final
@dataclass(frozen=True, slots=True)
class StartView:
    """Everything the start window shows. ``question`` asks before an account is forgotten."""

    entries: tuple[StartEntry, ...]
    message: str
    role: Role
    is_busy: bool
    question: str = ""


class StartDoor(Protocol):
    """What the first look needs of the program. Callbacks get a sentence, empty for success."""

    def stored(self) -> tuple[StoredAccount, ...]:
        """Accounts that were connected before, the last used first."""
        ...

    def open_stored(self, name: str, on_failed: Callable[[str], None]) -> None:
        """Fetch an account's key from the key ring and open it."""
        ...

    def remove_stored(self, name: str, on_done: Callable[[str], None]) -> None:
        """Forget an account, its key first."""
        ...


@final
class StartViewModel(ViewModel):
    """Tells what the user wants: ``demo_chosen``, ``watch_chosen``, ``connect_chosen``.

    ``connect_chosen`` brings a name to fill in, mostly empty; a stored account is opened through
    the door.
    """

    demo_chosen = Signal()
    watch_chosen = Signal()
    connect_chosen = Signal(str)

    def __init__(
        self, door: StartDoor, frame: FrameClock, message: str = "", parent: QObject | None = None
    ) -> None:
        super().__init__(frame, parent)
        self._door = door
        self._message, self._role = message, Role.CAUTION
        self._is_busy = False
        self._removing: str | None = None
        self.view = self._build()

    def choose(self, entry: StartEntry) -> None:
        """Open an entry."""
        if self._is_busy:
            return
        self._removing = None
        if entry.kind is StartKind.DEMO:
            self.demo_chosen.emit()
        elif entry.kind is StartKind.WATCH:
            self.watch_chosen.emit()
        elif entry.kind is StartKind.CONNECT:
            self.connect_chosen.emit("")
        else:
            self.open_account(entry.name)

    def open_account(self, name: str) -> None:
        """Open a stored account by name."""
        self._say(f"Fetching the key of {name} from the key ring.", Role.TEXT_DIM)
        self._is_busy = True
        self._door.open_stored(name, lambda sentence: self._on_not_opened(name, sentence))

    def _on_not_opened(self, name: str, sentence: str) -> None:
        self._is_busy = False
        self._say(sentence, Role.DANGER)
        self.connect_chosen.emit(name)

    def remove(self, entry: StartEntry) -> None:
        """Forget a stored account: the first time it is asked, the second time it is done."""
        if entry.kind is not StartKind.ACCOUNT or self._is_busy:
            return
        if self._removing != entry.name:
            self._removing = entry.name
            self._say("", Role.TEXT_DIM)
            return
        self.confirm_remove()

    def confirm_remove(self) -> None:
        """Forget the account that was asked about; nothing when there was no question."""
        name = self._removing
        if name is None or self._is_busy:
            return
        self._removing = None
        self._is_busy = True
        self._say(f"Forgetting {name}.", Role.TEXT_DIM)
        self._door.remove_stored(name, lambda sentence: self._on_removed(name, sentence))

    def _on_removed(self, name: str, sentence: str) -> None:
        self._is_busy = False
        done = f"{name} is forgotten; its key is not in the key ring."
        self._say(sentence or done, Role.DANGER if sentence else Role.TEXT_DIM)

    def back(self) -> bool:
        """Take a question back; False when there was none."""
        if self._removing is None:
            return False
        self._removing = None
        self._say("", Role.TEXT_DIM)
        return True

    def wait(self, words: str) -> None:
        """The program is busy with what was chosen: nothing else can be, and this is why."""
        self._is_busy = True
        self._say(words, Role.TEXT_DIM)

    def failed(self, sentence: str) -> None:
        """What was chosen did not open: the choice is free again."""
        self._is_busy = False
        self._say(sentence, Role.DANGER)

    def tell(self, words: str) -> None:
        """Something to know that changes nothing."""
        self._say(words, Role.CAUTION)

    def refill(self) -> None:
        """The stored accounts may have changed."""
        self.mark_dirty()

    def _say(self, words: str, role: Role) -> None:
        self._message, self._role = words, role
        self.mark_dirty()

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> StartView:
        first = len(_FIXED) + 2
        accounts = [
            _entry(number, account) for number, account in enumerate(self._door.stored(), first)
        ]
        question = ""
        if self._removing is not None:
            question = f"Forget {self._removing}? Its key is deleted from the key ring."
        entries = (*_FIXED, *accounts, _CONNECT)
        return StartView(entries, self._message, self._role, self._is_busy, question)


_FIXED = (
    StartEntry(
        StartKind.DEMO,
        "",
        "Demo",
        "A simulated exchange on this computer. No account, no risk.",
        "D",
        "1",
    ),
    StartEntry(
        StartKind.WATCH,
        "",
        "Watch live",
        "The real market as it is. No key is needed, nothing is sent.",
        "W",
        "2",
    ),
)
_CONNECT = StartEntry(
    StartKind.CONNECT,
    "",
    "Connect an account",
    "Your own account with an API key. Watch only for now: no orders are sent.",
    "C",
    "3",
)


def _entry(number: int, account: StoredAccount) -> StartEntry:
    parts = [f"key {account.key_tail}"] if account.key_tail else []
    parts.append(f"at {account.host}" if account.host else "watch only")
    if account.last_used:
        parts.append(f"last used {text.day(account.last_used)}")
    key = str(number) if number <= 9 else ""
    words = ", ".join(parts)
    return StartEntry(
        StartKind.ACCOUNT, account.name, account.name, words[0].upper() + words[1:], key
    )
