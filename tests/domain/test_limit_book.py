"""What is kept of an account's limits: lock-outs by currency and time."""

from __future__ import annotations

from terminal.domain.guard_terms import GuardLimits, Lockout
from terminal.domain.limit_book import LimitBook


def until(until_ms: int, currency: str = "USDT") -> Lockout:
    return Lockout(currency, until_ms, "midnight in UTC", "It was lost.")


def test_a_lock_holds_for_its_currency_up_to_its_instant() -> None:
    book = LimitBook(GuardLimits()).locked_out(until(1000), 0)
    assert book.lockout("USDT", 999) == until(1000)
    assert book.lockout("USDT", 1000) is None
    assert book.lockout("XBT", 0) is None
    assert book.going(999) == (until(1000),)
    assert book.going(1000) == ()


def test_a_lock_without_a_currency_holds_for_all() -> None:
    book = LimitBook(GuardLimits()).locked_out(until(1000, ""), 0)
    assert book.lockout("XBT", 0) == until(1000, "")
    assert book.lockout("", 0) == until(1000, "")


def test_a_lock_never_becomes_shorter() -> None:
    book = LimitBook(GuardLimits()).locked_out(until(1000), 0)
    assert book.locked_out(until(900), 0) is book
    assert book.locked_out(until(1000), 0) is book
    longer = book.locked_out(until(2000), 0)
    assert longer.lockouts == (until(2000),)


def test_a_lock_that_was_ended_rests_up_to_its_instant() -> None:
    book = LimitBook(GuardLimits()).locked_out(until(1000), 0).with_lockouts_ended(10)
    assert book.lockouts == ()
    assert book.is_lifted("USDT", 999)
    assert not book.is_lifted("USDT", 1000)
    assert not book.is_lifted("XBT", 10)
    again = book.locked_out(until(5000), 1000).with_lockouts_ended(1000)
    assert again.lifted == (until(5000),)


def test_a_new_lock_forgets_those_that_have_ended() -> None:
    book = LimitBook(GuardLimits()).locked_out(until(1000), 0).locked_out(until(5000, "XBT"), 1000)
    assert book.lockouts == (until(5000, "XBT"),)
