"""Rules about the trader: how fast, how often the same, how much was lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.domain.guard import Block, BlockField, GuardLimits, check
from terminal.domain.guard_pace import countdown
from terminal.domain.guard_terms import DayResult, Lockout, OrderRate, Sent
from terminal.domain.units import Lots, Price, Side, Symbol
from tests.support.builders import a_contract, a_ticket, an_inverse_contract
from tests.support.guarding import a_sent, a_stop, some_facts

RATE = GuardLimits(rate=OrderRate(3, 10))
REPEAT = GuardLimits(repeat_ms=300)
LOSS = GuardLimits(max_losses={"USDT": Decimal(200)})


def blocks_of(limits: GuardLimits, **facts: Any) -> tuple[Block, ...]:
    return check(a_ticket(), a_contract(), some_facts(**facts), limits)


def others(*at_ms: int) -> tuple[Sent, ...]:
    return tuple(a_sent(at_ms=one, lots=Lots(9)) for one in at_ms)


# Pace ------------------------------------------------------------------------------------------


def test_the_last_order_of_the_rate_passes_and_one_more_does_not() -> None:
    assert blocks_of(RATE, sent=others(99_000, 99_500)) == ()
    (block,) = blocks_of(RATE, sent=others(95_000, 99_000, 99_500))
    assert block.field is BlockField.PACE
    assert block.sentence == "3 orders in 10 s; your limit is 3."
    assert block.remedy.startswith("Wait 5 s, ")


def test_what_left_the_window_counts_no_more() -> None:
    """The window is open at its old end: after exactly ten seconds there is room."""
    assert blocks_of(RATE, sent=others(90_000, 99_000, 99_500)) == ()
    assert blocks_of(RATE, sent=others(90_001, 99_000, 99_500)) != ()


def test_reducing_is_outside_the_rate() -> None:
    facts = some_facts(sent=others(*[99_999] * 50))
    assert check(a_ticket(is_reduce_only=True), a_contract(), facts, RATE) == ()


@pytest.mark.parametrize(("ago_ms", "is_blocked"), [(0, True), (299, True), (300, False)])
def test_the_same_order_again_waits_until_the_time_is_over(ago_ms: int, is_blocked: bool) -> None:
    blocks = blocks_of(REPEAT, sent=(a_sent(at_ms=100_000 - ago_ms),))
    assert [block.field for block in blocks] == [BlockField.PACE] * is_blocked
    if is_blocked:
        assert "300 ms" in blocks[0].sentence


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": Symbol("ETHUSDTM")},
        {"side": Side.SELL},
        {"price": Price(999)},
        {"lots": Lots(3)},
        {"trigger": Price(1100)},
    ],
)
def test_an_order_that_differs_in_anything_is_no_repetition(change: dict[str, Any]) -> None:
    assert blocks_of(REPEAT, sent=(a_sent(**change),)) == ()


def test_a_stop_repeats_a_stop_with_the_same_trigger_only() -> None:
    sent = (a_sent(trigger=Price(1100)),)
    facts = some_facts(sent=sent)
    limits = GuardLimits(repeat_ms=300, collar_ticks=1000)
    assert check(a_stop(1100), a_contract(), facts, limits) != ()
    assert check(a_stop(1101), a_contract(), facts, limits) == ()


def test_a_repetition_counts_also_when_another_order_came_between() -> None:
    sent = (a_sent(at_ms=99_900), a_sent(at_ms=99_950, lots=Lots(9)))
    assert blocks_of(REPEAT, sent=sent) != ()


# The day's loss --------------------------------------------------------------------------------


def day(realized: str, unrealized: str | None = None) -> DayResult:
    return DayResult(
        "USDT", Decimal(realized), None if unrealized is None else Decimal(unrealized), 0
    )


def test_the_loss_limit_blocks_from_the_limit_on() -> None:
    assert blocks_of(LOSS, day=day("-199.99")) == ()
    (block,) = blocks_of(LOSS, day=day("-200"))
    assert block.field is BlockField.LOSS
    assert "200" in block.sentence


def test_open_losses_and_gains_count_where_they_are_told() -> None:
    assert blocks_of(LOSS, day=day("-150", "-50")) != ()
    assert blocks_of(LOSS, day=day("-250", "51")) == ()


def test_a_day_that_is_not_known_blocks_what_opens() -> None:
    (block,) = blocks_of(LOSS, day=None)
    assert block.field is BlockField.LOSS
    assert "not known" in block.sentence
    assert blocks_of(GuardLimits(), day=None) == ()


def test_a_limit_of_another_currency_is_none() -> None:
    facts = some_facts(day=None)
    assert check(a_ticket(), an_inverse_contract(), facts, LOSS) == ()


def test_a_lock_holds_whatever_the_limits_say_now() -> None:
    lockout = Lockout("USDT", 10**15, "midnight in UTC", "The day brought -205 USDT.")
    for limits in (GuardLimits(), LOSS):
        (block,) = blocks_of(limits, day=day("500"), lockout=lockout, left_ms=11_520_000)
        assert block.sentence == (
            "Locked until midnight in UTC, 3 h 12 min from now. The day brought -205 USDT."
        )
        assert "Reducing and canceling go on" in block.remedy


@pytest.mark.parametrize(
    ("left_ms", "words"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (1, "1 s"),
        (59_001, "60 s"),
        (60_001, "2 min"),
        (3_600_000, "1 h 0 min"),
        (11_520_000, "3 h 12 min"),
    ],
)
def test_a_countdown_never_promises_too_soon(left_ms: int, words: str) -> None:
    assert countdown(left_ms) == words
