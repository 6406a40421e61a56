"""An account's limits over time: who may change them, what is locked, and that both are kept.

Policies, in one place: tightening is free, always. While there is a password nothing is loosened
without it, and while a loss locks the account nothing is loosened at all without one: a lock that
opens for whoever is angry is none. For that reason a lock-out without a password ends at its
midnight and by nothing else - no phrase to type, which the same hand types in seconds - and no
password can be made up while it goes on. Time is the exchange's: setting this machine's clock
changes nothing. This is a tool of discipline, no vault: who deletes files or trades elsewhere gets
past it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from terminal.domain.guard_terms import WHERE, Lockout, loosened
from terminal.domain.limit_book import LimitBook
from terminal.domain.trading_day import day_of
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from terminal.domain.clock import Clock
    from terminal.domain.guard_terms import GuardLimits
    from terminal.domain.limit_book import PasswordHash
    from terminal.domain.secret import Secret
    from terminal.domain.units import Symbol
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner

    _Work = Coroutine[object, object, None]

FREE_GUESSES = 2
LONGEST_WAIT_MS = 60_000
SHORTEST_PASSWORD = 4


class LimitFile(Protocol):
    """Where limits are kept, and what passwords are hashed with."""

    def load(self, first: GuardLimits) -> tuple[LimitBook, str]:
        """What is kept, and a sentence if it could not be read. ``first`` holds without any."""
        ...

    def save(self, book: LimitBook) -> None:
        """Keep it. Raises ``OSError``."""
        ...

    async def hashed(self, password: Secret) -> PasswordHash:
        """A new salted hash, made off the loop."""
        ...

    async def matches(self, password: Secret, known: PasswordHash) -> bool:
        """Whether a password is the one of a hash, found out off the loop."""
        ...


class LimitAnswer(NamedTuple):
    """How a wish about limits ended: in one sentence for the user."""

    ok: bool
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class _Wish:
    """A change that needs the password: what it makes of the book, and what is said then."""

    book: Callable[[LimitBook], LimitBook]
    done: str


@final
class LimitKeeper:
    """The limits of one account. Commands return at once; ``on_changed`` tells their end.

    ``file`` is None where nothing may be stored: then limits live as long as the program.
    ``clock`` is the exchange's, ``is_doubtful`` whether it may be wrong at the moment.
    """

    def __init__(
        self,
        file: LimitFile | None,
        first: GuardLimits,
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
        is_doubtful: Callable[[], bool] = lambda: False,
    ) -> None:
        self._file = file
        self._clock = clock
        self._is_doubtful = is_doubtful
        self._sure = (clock.now_ms(), clock.monotonic_s())
        self._owner = owner.child("limits")
        self._notices = notices
        self.is_busy = False
        self.answer: LimitAnswer | None = None
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self._book, problem = LimitBook(first), ""
        if file is not None:
            self._book, problem = file.load(first)
        if problem:
            notices.post(NoticeLevel.ERROR, "limits", problem)

    # Truth -----------------------------------------------------------------------------------

    @property
    def limits(self) -> GuardLimits:
        """The limits that hold now."""
        return self._book.limits

    @property
    def has_password(self) -> bool:
        """Whether loosening needs a password."""
        return self._book.password is not None

    @property
    def is_kept(self) -> bool:
        """Whether limits outlive the program."""
        return self._file is not None

    @property
    def must_confirm(self) -> bool:
        """Whether what was kept is lost, so that nothing opens until limits are set anew."""
        return self._book.must_confirm

    @property
    def lockouts(self) -> tuple[Lockout, ...]:
        """What is locked now."""
        return self._book.going(self.now_ms())

    def refusal(self) -> str:
        """Why nothing may be opened at all; empty when it may."""
        if self._book.must_confirm:
            return f"The limits of this account were lost. Set them anew under {WHERE}."
        return ""

    def lockout(self, currency: str) -> tuple[Lockout, int] | None:
        """What locks a settle currency now, and for how many ms more."""
        if not self._book.lockouts:
            return None
        now_ms = self.now_ms()
        found = self._book.lockout(currency, now_ms)
        return None if found is None else (found, found.until_ms - now_ms)

    def now_ms(self) -> int:
        """The exchange's time, epoch ms.

        While a leap of this machine's clock may be sleep or somebody's hand, it goes on as before:
        a clock that is set forward opens no lock. It is measured anew within seconds.
        """
        now_s = self._clock.monotonic_s()
        if not self._is_doubtful():
            self._sure = (self._clock.now_ms(), now_s)
        return self._sure[0] + int((now_s - self._sure[1]) * 1000)

    def is_lifted(self, currency: str) -> bool:
        """Whether the day's loss of a settle currency rests: its lock-out was ended."""
        return bool(self._book.lifted) and self._book.is_lifted(currency, self.now_ms())

    # Locking ---------------------------------------------------------------------------------

    def lock_out(self, lockout: Lockout) -> None:
        """Lock a settle currency. A longer lock stays, and one that was ended never comes back."""
        if self.is_lifted(lockout.currency):
            return
        book = self._book.locked_out(lockout, self.now_ms())
        if book is not self._book:
            self._notices.post(
                NoticeLevel.ERROR, "limits", f"Locked until {lockout.until}. {lockout.why}"
            )
            self._keep(book)

    # Changing --------------------------------------------------------------------------------

    def change(self, limits: GuardLimits, password: Secret | None = None) -> None:
        """Let other limits hold. What is looser than before needs what the lock asks for."""
        looser = loosened(self._book.limits, limits)
        if self._book.must_confirm:
            self._begin_anew(limits)
            return
        wish = _Wish(lambda book: replace(book, limits=limits), "The limits hold now.")
        if not looser:
            self._grant(wish)
            return
        self._ask(wish, password, f"Looser: {', '.join(dict.fromkeys(looser))}.")

    def _begin_anew(self, limits: GuardLimits) -> None:
        """After the loss of what was kept, which may have been a lock: one more day of patience.

        Without it, damaging a file would be the way out of every lock.
        """
        end_ms = day_of(self.now_ms(), UTC).end_ms
        lockout = Lockout("", end_ms, "midnight in UTC", "The limits of this account were lost.")
        wish = _Wish(
            lambda book: replace(book, limits=limits, must_confirm=False, lockouts=(lockout,)),
            "The limits are kept again; they open at midnight in UTC.",
        )
        self._grant(wish)

    def set_password(self, password: Secret) -> None:
        """Lock the limits with a new password, when there is none yet."""
        if self.has_password:
            self._say(ok=False, words="The limits are locked already; unlock them first.")
        elif self._file is None:
            self._say(ok=False, words="Nothing is kept here, so there is nothing to lock.")
        elif self.lockouts:
            words = "No password can be set while a loss locks the account."
            self._say(ok=False, words=words)
        elif len(password.reveal()) < SHORTEST_PASSWORD:
            words = f"A password has at least {SHORTEST_PASSWORD} characters."
            self._say(ok=False, words=words)
        else:
            self._work("new password", self._hash(password))

    def remove_password(self, password: Secret) -> None:
        """Unlock the limits. Lock-outs by loss stay."""
        if self.has_password:
            wish = _Wish(lambda book: replace(book, password=None), "The limits are unlocked.")
            self._ask(wish, password, "")

    def prove(self, password: Secret, proven: Callable[[], None]) -> None:
        """Call once if this is the password; else ``answer`` says that it is not."""
        if self.has_password and password:
            self._work("check password", self._prove(password, proven))

    def end_lockouts(self, password: Secret) -> None:
        """End what a loss has locked before its time: with the password, else never."""
        if self.lockouts:
            # Else the same loss would lock again at once.
            wish = _Wish(
                lambda book: book.with_lockouts_ended(self.now_ms()),
                "The lock-out is over; the loss of this day locks no more.",
            )
            self._ask(wish, password, "")

    def _ask(self, wish: _Wish, password: Secret | None, why: str) -> None:
        """Grant what the password allows; without a password, what no lock-out forbids."""
        if self.has_password:
            if not password:
                words = f"{why} The limits are locked: enter the password.".strip()
                self._say(ok=False, words=words)
            else:
                self._work("check password", self._check(wish, password))
        elif self.lockouts:
            until = max(self.lockouts, key=lambda one: one.until_ms).until
            words = f"{why} A loss locks the account: not before {until}.".strip()
            self._say(ok=False, words=words)
        else:
            self._grant(wish)

    async def _hash(self, password: Secret) -> None:
        if self._file is not None:
            made = await self._file.hashed(password)
            # What a loss locked meanwhile must not be opened by it.
            if self.lockouts or self.has_password:
                self._say(ok=False, words="The password was not set.")
                return
            self._grant(_Wish(lambda book: replace(book, password=made), "The limits are locked."))

    async def _check(self, wish: _Wish, password: Secret) -> None:
        book = self._book
        if self._file is None or book.password is None:
            return
        now_ms = self.now_ms()
        left_ms = book.wrong_at_ms + wait_after(book.wrong) - now_ms
        if 0 < left_ms <= LONGEST_WAIT_MS:
            words = f"Too many wrong passwords: wait {-(-left_ms // 1000)} s."
            self._say(ok=False, words=words)
            return
        if await self._file.matches(password, book.password):
            self._grant(_Wish(lambda after: replace(wish.book(after), wrong=0), wish.done))
            return
        wrong = self._book.wrong + 1
        self._keep(replace(self._book, wrong=wrong, wrong_at_ms=self.now_ms()))
        words = "This is not the password; nothing was changed."
        if wait_after(wrong):
            words += f" The next one is looked at in {wait_after(wrong) // 1000} s."
        self._say(ok=False, words=words)

    async def _prove(self, password: Secret, proven: Callable[[], None]) -> None:
        await self._check(_Wish(lambda book: book, "The password is right."), password)
        if self.answer is not None and self.answer.ok:
            proven()

    def _work(self, name: str, work: _Work) -> None:
        """One password at a time: hashing takes a moment."""
        if self.is_busy:
            work.close()
            return
        self.is_busy = True
        self.answer = None
        self._owner.spawn(name, self._until_done(work))
        self.on_changed.notify()

    async def _until_done(self, work: _Work) -> None:
        try:
            await work
        finally:
            self.is_busy = False
            self.on_changed.notify()

    def _grant(self, wish: _Wish) -> None:
        words = self._keep(wish.book(self._book))
        self._say(ok=not words, words=words or wish.done)

    def _keep(self, book: LimitBook) -> str:
        """Let a book hold, and store it; what could not be stored holds for this run."""
        self._book = book
        problem = ""
        if self._file is not None:
            try:
                self._file.save(book)
            except OSError as error:
                problem = f"This holds now but could not be stored: {error.strerror or error}."
                self._notices.post(NoticeLevel.ERROR, "limits", problem)
        self.on_changed.notify()
        return problem

    def _say(self, *, ok: bool, words: str) -> None:
        self.answer = LimitAnswer(ok, words)
        if ok:
            self._notices.post(NoticeLevel.INFO, "limits", words)
        self.on_changed.notify()

    def warn(self, words: str, symbol: Symbol | None = None) -> None:
        """Put a warning about limits into the event log."""
        self._notices.post(NoticeLevel.WARNING, "limits", words, symbol)

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        await self._owner.close()


def wait_after(wrong: int) -> int:
    """How long no password is looked at after so many wrong ones in a row, in ms."""
    over = wrong - FREE_GUESSES
    return 0 if over <= 0 else min(LONGEST_WAIT_MS, 1000 * 2**over)
