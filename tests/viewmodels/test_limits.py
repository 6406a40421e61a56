"""What the limits panel shows and does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.guard_terms import ContractLimits, GuardLimits, Lockout, OrderRate
from terminal.domain.limit_book import LimitBook, PasswordHash
from terminal.domain.units import Lots
from terminal.viewmodels.limits import ALL
from terminal.viewmodels.text import MINUS, Role
from tests.support.builders import NOW_MS, XBT, a_position_update, a_ticket
from tests.support.limit_bench import FakeLimitFile, a_row
from tests.support.limit_stage import LimitStage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
LIMITS = GuardLimits(
    max_position=Lots(500),
    rate=OrderRate(10, 10),
    max_leverage=Decimal(20),
    max_losses={"USDT": Decimal(200)},
)


@pytest.fixture
async def stage() -> AsyncIterator[LimitStage]:
    stage = LimitStage(LIMITS)
    stage.desktop.bench.gateway.held = (a_position_update(118),)
    stage.ledger.rows = [a_row(NOW_MS, "-35.2")]
    yield await stage.start()
    await stage.stop()


async def test_every_limit_stands_there_with_its_unit_and_what_is_used(stage: LimitStage) -> None:
    assert [(row.title, row.unit, row.typed) for row in stage.vm.view.rows] == [
        ("Order size", "lots", "10000"),
        ("Order value", "quote currency", "250000"),
        ("Position", "lots", "500"),
        ("Collar", "ticks", "20"),
        ("From the mark price", "%", ""),
        ("Orders", "orders", "10"),
        ("within", "s", "10"),
        ("The same order again", "ms", ""),
        ("Leverage", "x", "20"),
        ("To liquidation", "%", ""),
        ("Loss of a day, USDT", "USDT", "200"),
        ("Loss of a day, XBT", "XBT", ""),
    ]
    stage.desktop.desk.submit(a_ticket(lots=Lots(2)))
    await stage.settle()
    assert stage.row("max_position").used == "120 of 500 lots"
    assert stage.row("rate_orders").used == "1 of 10 in 10 s"
    assert stage.row("max_leverage").used == "5x of 20x"
    used = stage.row("loss.USDT").used
    assert used.startswith(f"{MINUS}35.20 of {MINUS}200.00 USDT, ledger ")
    assert used.endswith(" s ago")
    assert stage.row("loss.XBT").used == ""


async def test_what_is_typed_holds_once_it_is_applied(stage: LimitStage) -> None:
    stage.vm.set_text("max_lots", "7")
    stage.vm.set_checks_margin(True)
    await stage.settle()
    assert stage.keeper.limits == LIMITS
    stage.vm.apply("")
    await stage.settle()
    assert stage.keeper.limits == replace(LIMITS, max_lots=Lots(7), checks_margin=True)
    assert stage.vm.view.message == "The limits hold now."
    assert stage.row("max_lots").typed == "7"


async def test_with_something_wrong_nothing_is_applied(stage: LimitStage) -> None:
    stage.vm.set_text("max_lots", "many")
    await stage.settle()
    assert not stage.vm.view.can_apply
    assert stage.row("max_lots").problem == stage.vm.view.why_not == "A whole number."
    stage.vm.apply("")
    assert stage.keeper.limits == LIMITS


async def test_one_contract_has_limits_for_itself(stage: LimitStage) -> None:
    assert stage.vm.view.scopes == (ALL, "XBTUSDTM only")
    stage.vm.choose_scope("XBTUSDTM only")
    await stage.settle()
    assert stage.row("max_lots").typed == ""
    stage.vm.set_text("max_lots", "3")
    stage.vm.apply("")
    assert stage.keeper.limits == LIMITS.with_contract(XBT, ContractLimits(max_lots=Lots(3)))
    stage.vm.choose_scope(ALL)
    await stage.settle()
    assert stage.row("max_lots").typed == "10000"


async def test_what_is_being_typed_is_not_overwritten(stage: LimitStage) -> None:
    stage.vm.set_text("max_lots", "12")
    stage.keeper.change(replace(LIMITS, collar_ticks=3))
    await stage.settle()
    assert stage.row("max_lots").typed == "12"
    stage.vm.begin()
    assert (stage.row("max_lots").typed, stage.row("collar_ticks").typed) == ("10000", "3")


async def test_locking_needs_the_password_for_what_is_looser(stage: LimitStage) -> None:
    assert "anybody" in stage.vm.view.state
    stage.vm.lock("open sesame")
    await stage.settle()
    assert stage.vm.view.is_locked
    assert stage.vm.view.state_role is Role.CAUTION
    stage.vm.set_text("max_lots", "5")
    await stage.settle()
    assert not stage.vm.view.needs_password
    stage.vm.set_text("max_lots", "20000")
    await stage.settle()
    assert stage.vm.view.needs_password
    stage.vm.apply("guess")
    await stage.settle()
    assert "not the password" in stage.vm.view.message
    assert stage.vm.view.message_role is Role.DANGER
    assert stage.row("max_lots").typed == "20000"
    stage.vm.apply("open sesame")
    assert not stage.vm.view.can_apply or stage.keeper.is_busy
    await stage.settle()
    assert stage.keeper.limits.max_lots == 20_000
    stage.vm.unlock("open sesame")
    await stage.settle()
    assert not stage.vm.view.is_locked


async def test_a_lock_out_counts_down_and_only_a_password_ends_it() -> None:
    book = LimitBook(LIMITS, PasswordHash(2, 1, 1, "", "emases nepo"))
    stage = await LimitStage(LIMITS, FakeLimitFile(book)).start()
    stage.keeper.lock_out(
        Lockout("USDT", NOW_MS + 11_520_000, "midnight in UTC", "The day brought -205 USDT.")
    )
    await stage.settle()
    assert stage.vm.view.state.startswith("USDT is locked until midnight in UTC, 3 h 12 min from")
    assert stage.vm.view.state_role is Role.DANGER
    assert stage.vm.view.can_end_lockout
    stage.vm.end_lockout("open sesame")
    await stage.settle()
    assert not stage.vm.view.can_end_lockout
    await stage.stop()


async def test_without_a_password_there_is_no_button_to_end_a_lock_out(stage: LimitStage) -> None:
    stage.keeper.lock_out(Lockout("", NOW_MS + 60_000, "midnight in UTC", "It was lost."))
    await stage.settle()
    assert stage.vm.view.state.startswith("Everything is locked until")
    assert not stage.vm.view.can_end_lockout


async def test_a_day_that_is_not_known_says_so() -> None:
    stage = LimitStage(LIMITS)
    await stage.desktop.start()
    stage.vm.begin()
    assert stage.row("loss.USDT").used.endswith("being read from the ledger")
    assert stage.vm.view.message == ""
    await stage.stop()


async def test_lost_limits_say_what_to_do_first() -> None:
    stage = await LimitStage(LIMITS, FakeLimitFile(LimitBook(LIMITS, must_confirm=True))).start()
    assert "Set them anew" in stage.vm.view.state
    stage.vm.apply("")
    await stage.settle()
    assert "Everything is locked until midnight in UTC" in stage.vm.view.state
    await stage.stop()


async def test_before_it_is_shown_and_after_it_is_closed_nothing_is_computed() -> None:
    stage = await LimitStage(LIMITS).start(shows=False)
    stage.vm.start()
    before = stage.vm.view
    stage.keeper.change(replace(LIMITS, collar_ticks=3))
    await stage.settle()
    assert stage.vm.view is before
    stage.vm.begin()
    assert stage.row("collar_ticks").typed == "3"
    stage.vm.set_paused(True)
    before = stage.vm.view
    stage.keeper.change(replace(LIMITS, collar_ticks=2))
    await stage.settle()
    assert stage.vm.view is before
    await stage.stop()
