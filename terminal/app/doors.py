"""What the first look asks of the program: keys checked, accounts stored, opened and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import TransportError
from terminal.exchange.hosts import Hosts, host_problem
from terminal.exchange.key_check import check_key
from terminal.session.listeners import Listeners
from terminal.viewmodels.connect import Answer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from terminal.app.accounts import Accounts
    from terminal.app.choice import Choice
    from terminal.domain.clock import Clock
    from terminal.session.tasks import TaskOwner
    from terminal.viewmodels.connect import Draft
    from terminal.viewmodels.start import StoredAccount

INNER_FAULT = "Something went wrong inside the program. The log file has the details."


@final
class Doors:
    """Implements ``StartDoor`` and ``AccountDoor`` with tasks of its own.

    ``on_opened`` is told an account with its key at hand, ``on_storing`` the name of one whose
    key is on its way into the key ring, ``on_not_stored`` a sentence. Every question ends in an
    answer: what nobody expected is reported and ends in a sentence, too.
    """

    def __init__(self, accounts: Accounts, clock: Clock, owner: TaskOwner, proxy: str = "") -> None:
        self._accounts = accounts
        self._clock = clock
        self._owner = owner
        self._proxy = proxy
        self._checked: tuple[Draft, Credentials, str] | None = None
        self._checking: asyncio.Task[None] | None = None
        self.on_opened: Listeners[[Choice]] = Listeners(owner.listener_failed)
        self.on_storing: Listeners[[str]] = Listeners(owner.listener_failed)
        self.on_not_stored: Listeners[[str]] = Listeners(owner.listener_failed)

    # The start window's ----------------------------------------------------------------------

    def stored(self) -> tuple[StoredAccount, ...]:
        """Accounts that were connected before, the last used first."""
        return self._accounts.stored

    def open_stored(self, name: str, on_failed: Callable[[str], None]) -> None:
        """Fetch an account's key from the key ring and open it."""
        self._owner.spawn("open an account", self._open(self._accounts.open(name), on_failed))

    def remove_stored(self, name: str, on_done: Callable[[str], None]) -> None:
        """Forget an account, its key first."""
        self._owner.spawn("forget an account", self._forget(name, on_done))

    async def _open(self, opening: Awaitable[Choice], on_failed: Callable[[str], None]) -> None:
        try:
            choice = await opening
        except TernError as error:
            on_failed(in_full(error))
        except Exception as error:  # noqa: BLE001 - reported; who waits must not wait for ever
            on_failed(self._fault("open an account", error))
        else:
            self.on_opened.notify(choice)

    async def _forget(self, name: str, on_done: Callable[[str], None]) -> None:
        sentence = ""
        try:
            await self._accounts.forget(name)
        except TernError as error:
            sentence = in_full(error)
        except Exception as error:  # noqa: BLE001 - reported; who waits must not wait for ever
            sentence = self._fault("forget an account", error)
        on_done(sentence)

    def _fault(self, name: str, error: Exception) -> str:
        self._owner.report(name, error)
        return INNER_FAULT

    # The dialog's ----------------------------------------------------------------------------

    def look_at_ring(self, on_looked: Callable[[str, str], None]) -> None:
        """Ask where keys can be stored; tells the key ring's name, and why it cannot be used."""
        self._owner.spawn("look at the key ring", self._look_at_ring(on_looked))

    def host_problem(self, address: str) -> str:
        """Why an address cannot be used, empty when it can."""
        return host_problem(address)

    def is_stored(self, name: str) -> bool:
        """Whether an account of this name is stored already."""
        return self._accounts.is_stored(name)

    def check(self, draft: Draft, on_answer: Callable[[Answer], None]) -> None:
        """Ask the exchange about a key. An earlier question is dropped: it gets no answer."""
        self.forget_check()
        self._checking = self._owner.spawn("check a key", self._check(draft, on_answer))

    def connect(self, draft: Draft) -> None:
        """Store the account and open it; a draft that was checked is known."""
        credentials, owner = _credentials(draft), ""
        if self._checked is not None and self._checked[0] == draft:
            _, credentials, owner = self._checked
        self.forget_check()
        self.on_storing.notify(draft.name)
        storing = self._accounts.store(draft, credentials, owner)
        self._owner.spawn("store an account", self._open(storing, self.on_not_stored.notify))

    def forget_check(self) -> None:
        """The dialog is gone: what was checked and not stored is dropped, asked or answered."""
        self._checked = None
        if self._checking is not None:
            self._checking.cancel()  # its frames hold the key, too
            self._checking = None

    async def _look_at_ring(self, on_looked: Callable[[str, str], None]) -> None:
        on_looked(*await self._accounts.keeping())

    async def _check(self, draft: Draft, on_answer: Callable[[Answer], None]) -> None:
        try:
            hosts = Hosts(draft.futures_host, draft.account_host)
            facts, known = await check_key(hosts, _credentials(draft), self._clock, self._proxy)
        except TransportError as error:
            words = f"{error.sentence} Nothing is known about the key; check the connection."
            on_answer(Answer(None, words))
        except TernError as error:
            on_answer(Answer(None, in_full(error)))
        except Exception as error:  # noqa: BLE001 - reported; who waits must not wait for ever
            on_answer(Answer(None, self._fault("check a key", error)))
        else:
            # Who is told may connect at once.
            self._checked, self._checking = (draft, known, facts.owner), None
            on_answer(Answer(facts))


def in_full(error: TernError) -> str:
    """What happened and what can be done, for the user."""
    return f"{error.sentence} {error.remedy}".rstrip()


def _credentials(draft: Draft) -> Credentials:
    return Credentials(draft.key, draft.secret, draft.passphrase)
