"""Secrets in the system's key ring, nowhere else. The only importer of keyring.

A key ring may ask its owner something, be locked, or never answer. So it is spoken to on a daemon
thread of its own: the loop waits with a deadline and the program's end waits for nothing. What
cannot be kept in a key ring that is known to be safe is kept for this run of the program only,
never in a file.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, cast, final

from terminal.domain.errors import TernError
from terminal.domain.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SERVICE = "tern"
DEADLINE_S = 45.0
"""A key ring may ask for its password first, and hands need time."""
ENTRY_BYTES = 2560
"""What Windows takes for one entry, counted in its own encoding: our bound everywhere."""
END_WAIT_S = 0.5
PROBE = "(is it there)"
"""An entry that is never written: asking for it shows whether the key ring answers."""
FOR_NOW = "The key is kept for this session only, never in a file."
IN_DOUBT = "The key is kept for this session; the key ring may have stored it, too."
SAFE_BACKENDS = {
    "keyring.backends.SecretService": "the Secret Service",
    "keyring.backends.libsecret": "the Secret Service",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.macOS": "the Keychain",
    "keyring.backends.Windows": "the Credential Manager of Windows",
}
"""Key rings of systems and what their owners call them.

All others are refused: most of them are plain files or keep nothing.
"""
NO_BACKENDS = ("keyring.backends.fail", "keyring.backends.null")

Secrets: TypeAlias = "Mapping[str, Secret]"
T = TypeVar("T")

_log = logging.getLogger("app")


class VaultError(TernError):
    """The key ring did not do what was asked; the sentence says why."""


class VaultDoubtError(VaultError):
    """Nobody knows whether the key ring did what was asked, or will still do it."""


class Backend(Protocol):
    """What is used of a key ring."""

    def get_password(self, service: str, username: str) -> str | None:
        """The stored text, None when there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a text, in place of what was there."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget a text."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Kept:
    """Where secrets went: into the key ring, or only into this run, with a sentence why.

    ``is_doubtful`` when the key ring may have them all the same, now or in a moment.
    """

    is_lasting: bool
    sentence: str = ""
    is_doubtful: bool = False


@final
class Vault:
    """Stores one entry of several secrets for each name; every call ends within its deadline."""

    def __init__(
        self,
        find: Callable[[], Backend] | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._worker = _Worker(find or system_backend, deadline_s)
        self._memory: dict[str, dict[str, Secret]] = {}
        self.ring_name = ""

    async def save(self, name: str, secrets: Secrets) -> Kept:
        """Store an entry; what the key ring does not take is kept for this run."""
        try:
            text = _written(secrets)
            await self._worker.call(lambda ring: ring.set_password(SERVICE, name, text.reveal()))
        except VaultError as error:
            self._memory[name] = dict(secrets)
            is_doubtful = isinstance(error, VaultDoubtError)
            words = f"{error.sentence} {IN_DOUBT if is_doubtful else FOR_NOW}"
            return Kept(is_lasting=False, sentence=words, is_doubtful=is_doubtful)
        self._memory.pop(name, None)
        return Kept(is_lasting=True)

    async def problem(self) -> str:
        """Why nothing can be stored for good, one sentence; empty when it can be.

        ``ring_name`` is known from then on, if the key ring has a name that its owner knows.
        """

        def ask(ring: Backend) -> str:
            ring.get_password(SERVICE, PROBE)
            return ring_name(ring.found) if isinstance(ring, _Lazy) else ""

        try:
            self.ring_name = await self._worker.call(ask)
        except VaultError as error:
            return error.sentence
        return ""

    async def load(self, name: str) -> Secrets | None:
        """An entry's secrets; None when there is no such entry. Raises ``VaultError``."""
        kept = self._memory.get(name)
        if kept is not None:
            return kept
        text = await self._worker.call(lambda ring: _hidden(ring.get_password(SERVICE, name)))
        return None if text is None else _read(text)

    async def delete(self, name: str) -> None:
        """Forget an entry; one that is not there is fine. Raises ``VaultError``.

        What was kept for this run is forgotten in any case.
        """
        self._memory.pop(name, None)

        def forget(ring: Backend) -> None:
            if ring.get_password(SERVICE, name) is not None:
                ring.delete_password(SERVICE, name)

        await self._worker.call(forget)

    async def close(self) -> None:
        """End the worker if it can end; a key ring that hangs is left alone."""
        self._memory.clear()
        await self._worker.close()


@final
class _Worker:
    """One daemon thread, one job at a time. While a job hangs, others fail at once."""

    def __init__(self, find: Callable[[], Backend], deadline_s: float) -> None:
        self._find = find
        self._deadline_s = deadline_s
        self._jobs: SimpleQueue[Callable[[Backend], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_busy = False
        self._is_closed = False
        self._turn = asyncio.Lock()

    async def call(self, act: Callable[[Backend], T]) -> T:
        """Run on the worker and return what it returned. Raises ``VaultError``."""
        async with self._turn:
            if self._is_busy:
                raise VaultError("busy", sentence="The key ring does not answer.")
            if self._is_closed:
                raise VaultError("closed", sentence="The program is ending.")
            return await self._call(act)

    async def _call(self, act: Callable[[Backend], T]) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def ended(result: T | None, error: VaultError | None) -> None:
            self._is_busy = False
            if done.done():
                return
            if error is None:
                done.set_result(cast("T", result))
            else:
                done.set_exception(error)

        def job(ring: Backend) -> None:
            result: T | None = None
            error: VaultError | None = None
            try:
                result = act(ring)
            except Exception as raised:  # noqa: BLE001 - told by kind; its text may hold anything
                error = _explained(raised)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(ended, result, error)

        self._is_busy = True
        self._start()
        self._jobs.put(job)
        try:
            await asyncio.wait({done}, timeout=self._deadline_s)
            if done.done():
                return done.result()
        finally:
            done.cancel()  # an answer that comes later is nobody's
        raise VaultDoubtError(
            f"no answer within {self._deadline_s} s",
            sentence=f"The key ring did not answer within {self._deadline_s:g} s.",
        )

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="key ring", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job(_Lazy(self._find))

    async def close(self) -> None:
        """End the thread; waits a moment for one that is not busy."""
        self._is_closed = True
        self._jobs.put(None)
        if self._thread is None or self._is_busy:
            return
        # It has nothing to do but to end: that takes no longer than a frame.
        self._thread.join(END_WAIT_S)


@final
class _Lazy:
    """The system's key ring, looked for when it is used: finding it can hang, too."""

    def __init__(self, find: Callable[[], Backend]) -> None:
        self._find = find

    @property
    def found(self) -> Backend:
        """The key ring itself. Raises what looking for it raises."""
        return self._find()

    def get_password(self, service: str, username: str) -> str | None:
        return self._find().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._find().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._find().delete_password(service, username)


def system_backend() -> Backend:
    """This system's key ring, if it is one that is known to be safe. Raises ``VaultError``."""
    import keyring

    return safe_backend(keyring.get_keyring())


def safe_backend(found: object) -> Backend:
    """What was found, or the first safe one that it chains. Raises ``VaultError``."""
    for one in (found, *_chained(found)):
        if type(one).__module__.startswith(tuple(SAFE_BACKENDS)):
            return cast("Backend", one)
    kind = type(found)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.startswith(NO_BACKENDS):
        raise VaultError(f"key ring {name}", sentence="This system has no key ring.")
    raise VaultError(
        f"key ring {name}",
        sentence=f"The key ring of this system ({name}) is none that Tern knows to be safe.",
    )


def ring_name(ring: object) -> str:
    """What a safe key ring is called by its owner, in the middle of a sentence; may be empty."""
    module = type(ring).__module__
    return next((name for known, name in SAFE_BACKENDS.items() if module.startswith(known)), "")


def _chained(found: object) -> Iterable[object]:
    chained = getattr(found, "backends", ())
    return chained if isinstance(chained, (list, tuple)) else ()


def _explained(error: Exception) -> VaultError:
    """A sentence for what a key ring raised. Its own text is not shown: it may hold anything."""
    if isinstance(error, VaultError):
        return error
    from keyring.errors import KeyringError, KeyringLocked, NoKeyringError

    kind = type(error).__name__
    sentence = f"The key ring cannot be used ({kind})."
    if isinstance(error, KeyringLocked):
        sentence = "The key ring is locked."
    elif isinstance(error, NoKeyringError):
        sentence = "This system has no key ring."
    _log.warning("key ring: %s", kind)
    # What keyring itself raises is a refusal; anything else may have broken off half-way.
    refused = isinstance(error, KeyringError)
    return (VaultError if refused else VaultDoubtError)(kind, sentence=sentence)


def _written(secrets: Secrets) -> Secret:
    plain = {name: secret.reveal() for name, secret in secrets.items()}
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-16-le", "surrogatepass")) > ENTRY_BYTES:
        raise VaultError("entry too long", sentence="The key is too long for the key ring.")
    return Secret(text)


def _hidden(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _read(text: Secret) -> dict[str, Secret]:
    """The secrets of an entry. Raises ``VaultError`` when somebody else wrote it."""
    try:
        document = json.loads(text.reveal())
    except ValueError:
        document = None
    if not isinstance(document, dict) or not all(
        isinstance(value, str) for value in document.values()
    ):
        # No cause: its text would show what was read.
        raise VaultError(
            "entry unreadable", sentence="The stored key cannot be read: enter it again."
        ) from None
    return {str(name): Secret(value) for name, value in document.items()}
