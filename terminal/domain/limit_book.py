"""What is kept of an account's limits: the limits, who may loosen them, and what is locked now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from terminal.domain.guard_terms import GuardLimits, Lockout


@final
@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A salted scrypt hash with the parameters it was made with; both texts are hexadecimal."""

    n: int
    r: int
    p: int
    salt: str
    digest: str


@final
@dataclass(frozen=True, slots=True)
class LimitBook:
    """One account's limits as they are kept.

    While there is a ``password`` no limit is loosened without it. ``lifted`` are lock-outs that
    were ended before their time: up to it the day's loss of their currencies locks no more.
    ``wrong`` counts the wrong passwords in a row, the last of which came at ``wrong_at_ms``.
    ``must_confirm`` means that what was kept is lost: nothing opens until limits are set anew.
    """

    limits: GuardLimits
    password: PasswordHash | None = None
    lockouts: tuple[Lockout, ...] = ()
    lifted: tuple[Lockout, ...] = ()
    wrong: int = 0
    wrong_at_ms: int = 0
    must_confirm: bool = False

    def lockout(self, currency: str, now_ms: int) -> Lockout | None:
        """The lock-out of a settle currency that ends last, None without one."""
        going = [
            one for one in self.lockouts if one.currency in {currency, ""} and now_ms < one.until_ms
        ]
        return max(going, key=lambda one: one.until_ms, default=None)

    def going(self, now_ms: int) -> tuple[Lockout, ...]:
        """All lock-outs that have not ended."""
        return tuple(one for one in self.lockouts if now_ms < one.until_ms)

    def is_lifted(self, currency: str, now_ms: int) -> bool:
        """Whether the day's loss of a settle currency rests, because its lock-out was ended."""
        return any(one.currency in {currency, ""} and now_ms < one.until_ms for one in self.lifted)

    def with_lockouts_ended(self, now_ms: int) -> LimitBook:
        """With all lock-outs ended before their time."""
        rest = (one for one in self.lifted if now_ms < one.until_ms)
        return replace(self, lockouts=(), lifted=(*rest, *self.going(now_ms)))

    def locked_out(self, lockout: Lockout, now_ms: int) -> LimitBook:
        """With one more lock-out; those that have ended are forgotten, longer ones stay."""
        known = self.lockout(lockout.currency, now_ms)
        if known is not None and known.until_ms >= lockout.until_ms:
            return self
        others = (one for one in self.going(now_ms) if one.currency != lockout.currency)
        return replace(self, lockouts=(*others, lockout))
