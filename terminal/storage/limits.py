"""One account's limits on the disk, twice: damage or loss of one file does not loosen them.

Passwords are kept as salted scrypt hashes only, with the parameters they were made with. Of two
files the newer good one counts; damaged ones are kept aside. When none is good although there was
one, nothing opens until the limits are set anew: what is lost may have been a lock.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, final

from terminal.domain.guard_terms import ContractLimits, GuardLimits, Lockout, OrderRate
from terminal.domain.limit_book import LimitBook, PasswordHash
from terminal.domain.units import Lots, Symbol, plain
from terminal.storage.json_file import JsonFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from terminal.domain.clock import Clock
    from terminal.domain.secret import Secret

VERSION = 1
LARGEST = 1_000_000_000
"""No number here may be above it: a limit without a bound is none."""
SCRYPT = (2**15, 8, 1)
"""n, r, p: about a tenth of a second and 32 MB for each guess."""
_MEMORY = 128 * 1024 * 1024
_MOST_CONTRACTS = 2000
_LONGEST = 200


class LimitError(ValueError):
    """A value that no limit can have; the text names it."""


@final
class LimitStore:
    """Loads and saves the limits of one account in two folders. Implements ``LimitFile``."""

    def __init__(self, folders: tuple[Path, Path], account: str, clock: Clock) -> None:
        self._files = [JsonFile(folder / file_name(account), clock) for folder in folders]
        self._revision = 0
        self._is_newer = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the limits are."""
        return tuple(file.path for file in self._files)

    def load(self, first: GuardLimits) -> tuple[LimitBook, str]:
        """What is kept, and a sentence for the user if something is wrong with it (else empty)."""
        good: list[tuple[int, LimitBook]] = []
        problems: list[str] = []
        for file in self._files:
            try:
                document = file.read()
                if document is not None:
                    good.append(self._read(document))
            except NewerLimitsError:
                self._is_newer = True
                problems.append("they were written by a newer version of this program")
            except OSError as error:
                problems.append(type(error).__name__)
            except ValueError as error:  # JSON errors are ValueErrors as well
                kept = file.set_aside()
                problems.append(f"{str(error) or 'no limits'}; {kept or 'it could not be kept'}")
        if self._is_newer:
            return LimitBook(first, must_confirm=True), _sentence(problems)
        if good:
            self._revision, book = max(good, key=lambda each: each[0])
            if not problems:
                return book, ""
            self._keep_at_once(book)
            return book, f"{_sentence(problems)} Their second copy is used."
        if not problems:
            return LimitBook(first), ""
        lost = LimitBook(first, must_confirm=True)
        self._keep_at_once(lost)
        words = "Nothing opens until they are set anew; reducing and canceling go on."
        return lost, f"{_sentence(problems)} {words}"

    def _keep_at_once(self, book: LimitBook) -> None:
        """Put it in place of what was damaged, so that it is no different at the next start."""
        with suppress(OSError):  # what could not be replaced is found damaged again
            self.save(book)

    def save(self, book: LimitBook) -> None:
        """Write both files, each in one step. Raises ``OSError`` when neither could be written.

        What a newer version wrote stays as it is: then nothing is written.
        """
        if self._is_newer:
            raise OSError(0, "a newer version of this program wrote the limits")
        self._revision += 1
        document = {"version": VERSION, "revision": self._revision, **_written(book)}
        failed: list[OSError] = []
        for file in self._files:
            try:
                file.write(document)
            except OSError as error:
                failed.append(error)
        if len(failed) == len(self._files):
            raise failed[0]

    def _read(self, document: dict[str, Any]) -> tuple[int, LimitBook]:
        version = _whole("version", document.get("version"))
        if version > VERSION:
            raise NewerLimitsError("newer")
        return _whole("revision", document.get("revision")), _book(document)

    # Passwords -------------------------------------------------------------------------------

    async def hashed(self, password: Secret) -> PasswordHash:
        """A new salted hash, made on a worker thread."""
        salt = secrets.token_hex(16)
        digest = await asyncio.to_thread(scrypt_of, password.reveal(), salt, SCRYPT)
        return PasswordHash(*SCRYPT, salt, digest)

    async def matches(self, password: Secret, known: PasswordHash) -> bool:
        """Whether a password is the one of a hash, found out on a worker thread."""
        made = (known.n, known.r, known.p)
        digest = await asyncio.to_thread(scrypt_of, password.reveal(), known.salt, made)
        return hmac.compare_digest(digest, known.digest)


class NewerLimitsError(ValueError):
    """The limits were written by a newer version of the program: they must stay as they are."""


def file_name(account: str) -> str:
    """The file of an account: its name in plain letters, and a digest that keeps two apart."""
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in account.casefold())[:24]
    digest = hashlib.sha256(account.casefold().encode()).hexdigest()[:12]
    return f"limits-{letters}-{digest}.json"


def scrypt_of(password: str, salt: str, made: tuple[int, int, int]) -> str:
    """The one function that runs on a worker thread: values in, a value out."""
    n, r, p = made
    raw = hashlib.scrypt(
        password.encode(), salt=bytes.fromhex(salt), n=n, r=r, p=p, maxmem=_MEMORY, dklen=32
    )
    return raw.hex()


def _sentence(problems: list[str]) -> str:
    return f"The limits of this account cannot be read ({', '.join(problems)})."


# Writing -----------------------------------------------------------------------------------------


def _written(book: LimitBook) -> dict[str, Any]:
    password = book.password
    return {
        "limits": _limits_written(book.limits),
        "password": None
        if password is None
        else {one.name: getattr(password, one.name) for one in fields(password)},
        "lockouts": [_lockout_written(lockout) for lockout in book.lockouts],
        "lifted": [_lockout_written(lockout) for lockout in book.lifted],
        "wrong": book.wrong,
        "wrong_at_ms": book.wrong_at_ms,
        "must_confirm": book.must_confirm,
    }


def _lockout_written(lockout: Lockout) -> dict[str, Any]:
    return {one.name: getattr(lockout, one.name) for one in fields(lockout)}


def _limits_written(limits: GuardLimits) -> dict[str, Any]:
    rate = limits.rate
    return {
        **{
            name: _plain(getattr(limits, name))
            for name in (*_LIMIT_READERS, "max_lots", "max_value", "collar_ticks")
        },
        "rate": None if rate is None else [rate.orders, rate.seconds],
        "max_losses": {name: plain(most) for name, most in limits.max_losses.items()},
        "contracts": {
            symbol: {name: _plain(getattr(own, name)) for name in _CONTRACT_READERS}
            for symbol, own in limits.contracts.items()
        },
    }


def _plain(value: object) -> object:
    return plain(value) if isinstance(value, Decimal) else value


# Reading -----------------------------------------------------------------------------------------


def _book(document: dict[str, Any]) -> LimitBook:
    password = _told(document, "password")
    return LimitBook(
        limits=_limits(_object("limits", document.get("limits"))),
        password=None if password is None else _password(_object("password", password)),
        lockouts=_lockouts("lockouts", document),
        lifted=_lockouts("lifted", document),
        wrong=_whole("wrong", document.get("wrong")),
        wrong_at_ms=_instant("wrong_at_ms", document.get("wrong_at_ms")),
        must_confirm=_flag("must_confirm", document.get("must_confirm")),
    )


def _limits(found: dict[str, Any]) -> GuardLimits:
    """All of them must be there: a limit that is missing is not one that is off."""
    rate, losses, contracts = (_told(found, one) for one in ("rate", "max_losses", "contracts"))
    if rate is not None and (not isinstance(rate, list) or len(rate) != 2):
        raise LimitError("rate is no pair")
    return GuardLimits(
        max_lots=Lots(_positive("max_lots", found.get("max_lots"))),
        max_value=_amount("max_value", found.get("max_value")),
        collar_ticks=_whole("collar_ticks", found.get("collar_ticks")),
        **{name: reader(name, _told(found, name)) for name, reader in _LIMIT_READERS.items()},
        rate=None if rate is None else OrderRate(*(_positive("rate", one) for one in rate)),
        max_losses={
            _text("currency", currency): _amount("max_losses", most)
            for currency, most in _object("max_losses", losses).items()
        },
        contracts={
            Symbol(_text("contract", symbol)): _contract(_object("contract", own))
            for symbol, own in _object("contracts", contracts).items()
        },
    )


def _contract(found: dict[str, Any]) -> ContractLimits:
    known = {name: reader(name, _told(found, name)) for name, reader in _CONTRACT_READERS.items()}
    return ContractLimits(**known)


def _password(found: dict[str, Any]) -> PasswordHash:
    n, r, p = (_positive(name, found.get(name)) for name in ("n", "r", "p"))
    salt, digest = (_text(name, found.get(name)) for name in ("salt", "digest"))
    bytes.fromhex(salt + digest)
    if 128 * n * r * p > _MEMORY or n & (n - 1) or n < 2:
        raise LimitError("the password was made in a way that is not used here")
    return PasswordHash(n, r, p, salt, digest)


def _lockouts(name: str, document: dict[str, Any]) -> tuple[Lockout, ...]:
    rows = _told(document, name)
    if not isinstance(rows, list):
        raise LimitError(f"{name} are no list")
    return tuple(_lockout(_object(name, one)) for one in rows)


def _lockout(found: dict[str, Any]) -> Lockout:
    return Lockout(
        currency=_text("currency", found.get("currency")),
        until_ms=_instant("until_ms", found.get("until_ms")),
        until=_text("until", found.get("until")),
        why=_text("why", found.get("why")),
    )


def _told(found: dict[str, Any], name: str) -> object:
    if name not in found:
        raise LimitError(f"{name} is missing")
    return found[name]


def _object(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > _MOST_CONTRACTS:
        raise LimitError(f"{name} is no object")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise LimitError(f"{name} is no text")
    return value


def _instant(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise LimitError(f"{name} is no instant")
    return value


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise LimitError(f"{name} is no whole number up to {LARGEST}")
    return value


def _positive(name: str, value: object) -> int:
    number = _whole(name, value)
    if not number:
        raise LimitError(f"{name} is zero")
    return number


def _amount(name: str, value: object) -> Decimal:
    try:
        amount = Decimal(_text(name, value))
    except InvalidOperation:
        raise LimitError(f"{name} is no amount") from None
    if not amount.is_finite() or not 0 < amount <= LARGEST:
        raise LimitError(f"{name} is no amount above zero and up to {LARGEST}")
    return amount


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise LimitError(f"{name} is neither true nor false")
    return value


def _maybe(read: Callable[[str, object], Any]) -> Callable[[str, object], Any]:
    """A reader of a limit that may be off."""
    return lambda name, value: None if value is None else read(name, value)


_LIMIT_READERS: dict[str, Callable[[str, object], Any]] = {
    "max_position": _maybe(_positive),
    "mark_percent": _maybe(_amount),
    "repeat_ms": _whole,
    "max_leverage": _maybe(_amount),
    "checks_margin": _flag,
    "liquidation_percent": _maybe(_amount),
    "counts_unrealized": _flag,
    "zone": _text,
}
_CONTRACT_READERS: dict[str, Callable[[str, object], Any]] = {
    "max_lots": _maybe(_positive),
    "max_value": _maybe(_amount),
    "max_position": _maybe(_positive),
}
