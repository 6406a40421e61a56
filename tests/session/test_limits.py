"""Limits over time: who may loosen them, what is locked, and that both survive."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.guard_terms import GuardLimits, Lockout
from terminal.domain.limit_book import LimitBook, PasswordHash
from terminal.domain.secret import Secret
from terminal.domain.units import Lots
from terminal.session.limits import LONGEST_WAIT_MS, wait_after
from tests.support.builders import NOW_MS
from tests.support.limit_bench import FakeLimitFile, LimitBench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOUR_MS = 3_600_000
TIGHT = GuardLimits(max_lots=Lots(10), max_losses={"USDT": Decimal(200)})
LOOSE = replace(TIGHT, max_lots=Lots(20))
WORD = Secret("open sesame")
LOCKED = LimitBook(TIGHT, PasswordHash(2, 1, 1, "", WORD.reveal()[::-1]))


def until(ms: int, currency: str = "USDT") -> Lockout:
    return Lockout(currency, ms, "midnight in UTC", "The day brought -205 USDT.")


@pytest.fixture
async def stage() -> AsyncIterator[LimitBench]:
    stage = LimitBench(FakeLimitFile(LimitBook(TIGHT)))
    yield stage
    await stage.bench.stop()


@pytest.fixture
async def locked() -> AsyncIterator[LimitBench]:
    stage = LimitBench(FakeLimitFile(LOCKED))
    yield stage
    await stage.bench.stop()


# Changing --------------------------------------------------------------------------------------


async def test_without_a_lock_limits_are_changed_and_stored(stage: LimitBench) -> None:
    stage.keeper.change(LOOSE)
    assert stage.keeper.limits == LOOSE
    assert stage.ok
    assert stage.a_keeper().limits == LOOSE


async def test_what_cannot_be_stored_holds_now_and_says_so(stage: LimitBench) -> None:
    assert stage.file is not None
    stage.file.fails = OSError(28, "No space left")
    stage.keeper.change(LOOSE)
    assert stage.keeper.limits == LOOSE
    assert not stage.ok
    assert "No space left" in stage.said


async def test_tightening_is_free_and_loosening_needs_the_password(locked: LimitBench) -> None:
    tighter = replace(TIGHT, max_lots=Lots(5))
    locked.keeper.change(tighter)
    assert locked.keeper.limits == tighter
    locked.keeper.change(TIGHT)
    assert locked.keeper.limits == tighter
    assert "order size" in locked.said
    assert "password" in locked.said
    locked.keeper.change(TIGHT, WORD)
    assert locked.keeper.is_busy
    await locked.bench.clock.settle()
    assert locked.keeper.limits == TIGHT
    assert locked.ok


async def test_a_change_of_both_kinds_is_a_loosening(locked: LimitBench) -> None:
    locked.keeper.change(replace(LOOSE, collar_ticks=1))
    assert locked.keeper.limits == TIGHT


async def test_wrong_passwords_change_nothing_and_cost_time(locked: LimitBench) -> None:
    """Also across a restart; and the right one is not looked at before."""
    for _ in range(3):
        locked.keeper.change(LOOSE, Secret("guess"))
        await locked.bench.clock.settle()
        assert locked.keeper.limits == TIGHT
    assert "looked at in 2 s" in locked.said
    locked.keeper = locked.a_keeper()
    locked.keeper.change(LOOSE, WORD)
    await locked.bench.clock.settle()
    assert "wait 2 s" in locked.said
    assert locked.keeper.limits == TIGHT
    await locked.bench.clock.advance(2)
    locked.keeper.change(LOOSE, WORD)
    await locked.bench.clock.settle()
    assert locked.keeper.limits == LOOSE
    locked.keeper.change(replace(LOOSE, max_lots=Lots(30)), Secret("guess"))
    await locked.bench.clock.settle()
    assert "looked at" not in locked.said  # counting begins anew


@pytest.mark.parametrize(
    ("wrong", "wait_ms"), [(0, 0), (2, 0), (3, 2000), (4, 4000), (40, LONGEST_WAIT_MS)]
)
def test_waits_grow_and_end(wrong: int, wait_ms: int) -> None:
    assert wait_after(wrong) == wait_ms


async def test_one_password_is_looked_at_at_a_time(locked: LimitBench) -> None:
    locked.keeper.change(LOOSE, Secret("guess"))
    locked.keeper.change(LOOSE, WORD)
    await locked.bench.clock.settle()
    assert locked.keeper.limits == TIGHT


# Passwords -------------------------------------------------------------------------------------


async def test_limits_are_locked_and_unlocked(stage: LimitBench) -> None:
    stage.keeper.set_password(WORD)
    await stage.bench.clock.settle()
    assert stage.keeper.has_password
    assert stage.a_keeper().has_password
    stage.keeper.remove_password(Secret("guess"))
    await stage.bench.clock.settle()
    assert stage.keeper.has_password
    stage.keeper.remove_password(WORD)
    await stage.bench.clock.settle()
    assert not stage.keeper.has_password
    assert stage.ok


async def test_a_second_password_never_replaces_the_first(locked: LimitBench) -> None:
    locked.keeper.set_password(Secret("another"))
    await locked.bench.clock.settle()
    locked.keeper.remove_password(WORD)
    await locked.bench.clock.settle()
    assert not locked.keeper.has_password


@pytest.mark.parametrize("word", ["", "abc"])
async def test_a_password_that_is_too_short_is_none(stage: LimitBench, word: str) -> None:
    stage.keeper.set_password(Secret(word))
    await stage.bench.clock.settle()
    assert not stage.keeper.has_password
    assert "at least 4" in stage.said


async def test_where_nothing_is_kept_there_is_no_password() -> None:
    stage = LimitBench(file=None)
    stage.keeper.set_password(WORD)
    assert not stage.keeper.has_password
    assert not stage.keeper.is_kept
    stage.keeper.change(LOOSE)
    assert stage.keeper.limits == LOOSE
    await stage.bench.stop()


# Lock-outs -------------------------------------------------------------------------------------


async def test_a_lock_out_holds_to_its_instant_and_survives_a_restart(stage: LimitBench) -> None:
    stage.keeper.lock_out(until(NOW_MS + HOUR_MS))
    for keeper in (stage.keeper, stage.a_keeper()):
        assert keeper.lockout("USDT") == (until(NOW_MS + HOUR_MS), HOUR_MS)
        assert keeper.lockout("XBT") is None
    await stage.bench.clock.advance(3599.9)
    assert stage.a_keeper().lockout("USDT") == (until(NOW_MS + HOUR_MS), 100)
    await stage.bench.clock.advance(0.1)
    assert stage.keeper.lockout("USDT") is None
    assert stage.a_keeper().lockouts == ()


async def test_removing_the_limit_does_not_remove_the_lock(stage: LimitBench) -> None:
    """Without a password nothing is loosened before midnight, and a removed rule opens nothing."""
    stage.keeper.lock_out(until(NOW_MS + HOUR_MS))
    stage.keeper.change(replace(TIGHT, max_losses={}))
    assert stage.keeper.limits == TIGHT
    assert "not before midnight in UTC" in stage.said
    stage.keeper.change(replace(TIGHT, zone="Asia/Tokyo"))
    assert stage.keeper.limits == TIGHT
    stage.keeper.change(replace(TIGHT, max_losses={"USDT": Decimal(1)}))
    assert stage.keeper.limits.max_losses == {"USDT": Decimal(1)}
    assert stage.keeper.lockout("USDT") is not None
    await stage.bench.clock.advance(3600)
    stage.keeper.change(replace(TIGHT, max_losses={}))
    assert stage.keeper.limits.max_losses == {}


async def test_a_lock_out_is_ended_by_the_password_only(locked: LimitBench) -> None:
    locked.keeper.lock_out(until(NOW_MS + HOUR_MS))
    locked.keeper.end_lockouts(Secret("guess"))
    await locked.bench.clock.settle()
    assert locked.keeper.lockouts
    locked.keeper.end_lockouts(WORD)
    await locked.bench.clock.settle()
    assert not locked.keeper.lockouts
    for keeper in (locked.keeper, locked.a_keeper()):
        assert keeper.lockouts == ()
        assert keeper.is_lifted("USDT")
        assert not keeper.is_lifted("XBT")
        keeper.lock_out(until(NOW_MS + HOUR_MS))
        assert keeper.lockouts == ()
    await locked.bench.clock.advance(3600)
    locked.keeper.lock_out(until(NOW_MS + 2 * HOUR_MS))
    assert locked.keeper.lockouts


async def test_without_a_password_a_lock_out_ends_at_midnight_only(stage: LimitBench) -> None:
    """And none can be made up meanwhile, not even one that was on its way."""
    stage.keeper.set_password(WORD)
    stage.keeper.lock_out(until(NOW_MS + HOUR_MS))
    await stage.bench.clock.settle()
    assert not stage.keeper.has_password
    stage.keeper.set_password(WORD)
    await stage.bench.clock.settle()
    assert not stage.keeper.has_password
    assert "while a loss locks" in stage.said
    for word in (Secret(""), WORD):
        stage.keeper.end_lockouts(word)
        await stage.bench.clock.settle()
        assert stage.keeper.lockouts


async def test_unlocking_the_limits_does_not_end_a_lock_out(locked: LimitBench) -> None:
    locked.keeper.lock_out(until(NOW_MS + HOUR_MS))
    locked.keeper.remove_password(WORD)
    await locked.bench.clock.settle()
    assert not locked.keeper.has_password
    assert locked.keeper.lockouts


async def test_setting_the_machines_clock_opens_nothing(stage: LimitBench) -> None:
    """Forward it may be sleep, or a hand: until the exchange's clock is measured time goes on."""
    stage.keeper.lock_out(until(NOW_MS + HOUR_MS))
    stage.keeper.lockout("USDT")
    stage.is_doubtful = True
    stage.bench.clock.shift_ms = 5 * HOUR_MS
    assert stage.keeper.lockout("USDT") == (until(NOW_MS + HOUR_MS), HOUR_MS)
    await stage.bench.clock.advance(60)
    assert stage.keeper.lockout("USDT") == (until(NOW_MS + HOUR_MS), HOUR_MS - 60_000)
    stage.bench.clock.shift_ms = 0
    stage.is_doubtful = False
    assert stage.keeper.lockout("USDT") == (until(NOW_MS + HOUR_MS), HOUR_MS - 60_000)


async def test_the_same_lock_is_told_and_stored_once(stage: LimitBench) -> None:
    assert stage.file is not None
    for _ in range(3):
        stage.keeper.lock_out(until(NOW_MS + HOUR_MS))
    assert stage.file.saves == 1


# What was lost ---------------------------------------------------------------------------------


async def test_after_the_loss_of_all_files_limits_are_set_anew_and_open_at_midnight() -> None:
    lost = LimitBook(GuardLimits(), must_confirm=True)
    stage = LimitBench(FakeLimitFile(lost, "The limits of this account cannot be read (why)."))
    assert stage.bench.notices.notices[-1].text.startswith("The limits of this account cannot")
    assert "Account, Limits" in stage.keeper.refusal()
    stage.keeper.change(GuardLimits())
    assert stage.keeper.refusal() == ""
    found = stage.keeper.lockout("XBT")
    assert found is not None
    assert found[0].until_ms % 86_400_000 == 0
    assert stage.a_keeper().lockout("USDT") is not None
    await stage.bench.stop()
