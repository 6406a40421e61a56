"""Connecting an account: what is typed, what is wrong with it, what the exchange says about it.

Nothing is stored before the exchange has answered well, unless the user says so. Secrets are held
in a type that does not print and are dropped as soon as they are handed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from terminal.domain.api_key import part_problem
from terminal.domain.secret import Secret
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.api_key import ApiKeyFacts
    from terminal.viewmodels.frame import FrameClock

LONGEST_NAME = 40
CLOCK_WARNING_MS = 1000
_NOTHING = Secret("")


@final
@dataclass(frozen=True, slots=True)
class Draft:
    """What was entered, trimmed. The secrets do not print."""

    name: str
    key: Secret
    secret: Secret
    passphrase: Secret
    futures_host: str
    account_host: str


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What the exchange said about a key: facts, or a sentence why there are none."""

    facts: ApiKeyFacts | None
    sentence: str = ""


class AccountDoor(Protocol):
    """What connecting needs of the program. The callbacks come later, at most once."""

    def check(self, draft: Draft, on_answer: Callable[[Answer], None]) -> None:
        """Ask the exchange about a key."""
        ...

    def connect(self, draft: Draft) -> None:
        """Store the account and open it; a draft that was checked is known."""
        ...

    def host_problem(self, address: str) -> str:
        """Why an address cannot be used, empty when it can."""
        ...

    def is_stored(self, name: str) -> bool:
        """Whether an account of this name is stored already."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Line:
    """One line of the answer."""

    text: str
    role: Role


@final
@dataclass(frozen=True, slots=True)
class ConnectView:
    """Everything the dialog shows except what was typed. Errors are empty where nothing is wrong.

    ``button_text`` is the main button's; ``can_store_anyway`` offers to store what did not pass;
    ``keeping`` says where the secrets would go.
    """

    name_error: str
    key_error: str
    secret_error: str
    passphrase_error: str
    futures_host_error: str
    account_host_error: str
    is_busy: bool
    lines: tuple[Line, ...]
    button_text: str
    can_store_anyway: bool
    keeping: Line


@final
class ConnectViewModel(ViewModel):
    """The fields of one account. ``submit`` checks first and connects when that went well."""

    finished = Signal()

    def __init__(
        self,
        door: AccountDoor,
        hosts: tuple[str, str],
        frame: FrameClock,
        name: str = "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._door = door
        self.initial = (name, *hosts)
        self._texts = {"name": name, "futures_host": hosts[0], "account_host": hosts[1]}
        self._secrets = dict.fromkeys(("key", "secret", "passphrase"), _NOTHING)
        self._is_asked = False
        self._is_busy = False
        self._round = 0
        self._answer: Answer | None = None
        self._keeping = _kept_in("")
        self.view = self._build()

    # Editing ---------------------------------------------------------------------------------

    def set_text(self, field: str, typed: str) -> None:
        """A name or an address as typed: ``name``, ``futures_host`` or ``account_host``."""
        self._texts[field] = typed.strip()
        self._edited()

    def set_secret(self, field: str, typed: str) -> None:
        """A secret as typed: ``key``, ``secret`` or ``passphrase``."""
        self._secrets[field] = Secret(typed.strip())
        self._edited()

    def _edited(self) -> None:
        """What was asked is no longer what is there; an answer on its way counts for nothing."""
        self._round += 1
        self._is_busy = False
        self._answer = None
        self.mark_dirty()

    def set_keeping(self, ring: str, problem: str = "") -> None:
        """Where secrets can go: the key ring's name, or a sentence why there is none to use.

        A key ring without a name is that of this system.
        """
        self._keeping = _kept_in(ring)
        if problem:
            words = f"{problem} The key is kept for this session only, never in a file."
            self._keeping = Line(words, Role.CAUTION)
        self.mark_dirty()

    # Commands --------------------------------------------------------------------------------

    def submit(self) -> None:
        """Check, or connect when the check has passed and its warnings were read."""
        self._is_asked = True
        if self._is_busy:
            return
        if self._is_passed():
            self._connect()
        elif not any(self._errors().values()):
            self._is_busy, self._answer = True, None
            self._round += 1
            asked = self._round
            self._door.check(self._draft(), lambda answer: self._on_answer(asked, answer))
        self.mark_dirty()

    def store_anyway(self) -> None:
        """Store and open although the check did not pass: the user's own decision."""
        if self._answer is not None and not self._is_busy and not any(self._errors().values()):
            self._connect()

    def cancel(self) -> None:
        """Leave: nothing is stored, and what was typed is forgotten."""
        self._edited()
        self._forget()

    def _on_answer(self, asked: int, answer: Answer) -> None:
        if asked != self._round:
            return
        self._is_busy, self._answer = False, answer
        if answer.facts is not None and self._is_passed() and not answer.facts.warnings:
            self._connect()
        self.mark_dirty()

    def _connect(self) -> None:
        draft = self._draft()
        self._edited()
        self._forget()
        self._door.connect(draft)
        self.finished.emit()

    def _forget(self) -> None:
        self._secrets = dict.fromkeys(self._secrets, _NOTHING)
        self._is_asked = False

    def _is_passed(self) -> bool:
        answer = self._answer
        return answer is not None and answer.facts is not None and not answer.facts.problems

    def _draft(self) -> Draft:
        texts, secrets = self._texts, self._secrets
        return Draft(
            name=texts["name"],
            key=secrets["key"],
            secret=secrets["secret"],
            passphrase=secrets["passphrase"],
            futures_host=texts["futures_host"],
            account_host=texts["account_host"],
        )

    # Refresh ---------------------------------------------------------------------------------

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> ConnectView:
        errors = self._errors()
        shown = {f"{field}_error": words for field, words in errors.items()}
        if not self._is_asked:
            # An empty form is not wrong yet; what was typed wrongly is.
            filled = {**self._texts, **self._secrets}
            shown = {
                f"{field}_error": words if filled[field] else "" for field, words in errors.items()
            }
        passed = self._is_passed()
        button = "Check and connect"
        if passed:
            button = "Open for now" if self._keeping.role is Role.CAUTION else "Store and open"
        return ConnectView(
            **shown,
            is_busy=self._is_busy,
            lines=tuple(self._lines()),
            button_text="Checking" if self._is_busy else button,
            can_store_anyway=self._answer is not None and not passed,
            keeping=self._keeping,
        )

    def _lines(self) -> list[Line]:
        if self._is_busy:
            return [Line("Asking the exchange about the key.", Role.TEXT_DIM)]
        answer = self._answer
        if answer is None:
            if self._door.is_stored(self._texts["name"]):
                words = "An account of this name is stored: its key will be replaced."
                return [Line(words, Role.CAUTION)]
            return []
        if answer.facts is None:
            return [Line(f"{answer.sentence} Nothing was stored.", Role.DANGER)]
        facts = answer.facts
        lines = [Line(words, Role.DANGER) for words in facts.problems]
        if not facts.problems:
            lines.append(Line("The exchange knows this key.", Role.BUY))
        lines.append(Line(f"Permissions: {facts.permission_words}.", Role.TEXT))
        if facts.has_ip_list:
            lines.append(Line("The key works from the addresses on its list only.", Role.TEXT))
        lines.extend(Line(words, Role.CAUTION) for words in facts.warnings)
        if abs(facts.clock_offset_ms) >= CLOCK_WARNING_MS:
            seconds = abs(facts.clock_offset_ms) / 1000
            side = "behind" if facts.clock_offset_ms > 0 else "ahead of"
            words = f"This clock is {seconds:.1f} s {side} the exchange's; that is allowed for."
            lines.append(Line(words, Role.CAUTION))
        lines.append(Line("Nothing is stored yet.", Role.TEXT_DIM))
        return lines

    def _errors(self) -> dict[str, str]:
        return {
            "name": _name_error(self._texts["name"]),
            **{name: part_problem(part, name) for name, part in self._secrets.items()},
            "futures_host": self._door.host_problem(self._texts["futures_host"]),
            "account_host": self._door.host_problem(self._texts["account_host"]),
        }


def _kept_in(ring: str) -> Line:
    where = ring or "the key ring of this system"
    return Line(f"The key is kept in {where}, never in a file.", Role.TEXT_DIM)


def _name_error(name: str) -> str:
    if not name:
        return "Give the account a name of your choice."
    if len(name) > LONGEST_NAME or not name.isprintable():
        return f"At most {LONGEST_NAME} letters."
    return ""
