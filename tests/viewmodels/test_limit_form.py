"""Limits as texts and back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from terminal.domain.guard_terms import ContractLimits, GuardLimits, OrderRate
from terminal.domain.units import Lots
from terminal.viewmodels.limit_form import limits_of, problems_of, texts_of
from tests.support.builders import XBT
from tests.support.guarding import any_limits

LIMITS = GuardLimits(
    rate=OrderRate(10, 5),
    max_losses={"USDT": Decimal("200.5")},
    contracts={XBT: ContractLimits(max_lots=Lots(5))},
)


@given(any_limits())
def test_what_is_shown_says_the_same_when_it_is_read(limits: GuardLimits) -> None:
    limits = replace(limits, liquidation_percent=None)  # above a hundred is no distance
    texts = texts_of(limits, None)
    assert problems_of(texts, None) == {}
    switches = GuardLimits(
        checks_margin=limits.checks_margin, counts_unrealized=limits.counts_unrealized
    )
    assert limits_of(texts, None, switches) == limits


def test_a_contracts_fields_are_its_own_and_may_be_empty() -> None:
    texts = texts_of(LIMITS, XBT)
    assert (texts["max_lots"], texts["max_value"]) == ("5", "")
    assert problems_of(texts, XBT) == {}
    assert limits_of(texts, XBT, LIMITS) == LIMITS
    texts["max_lots"] = ""
    assert limits_of(texts, XBT, LIMITS) == replace(LIMITS, contracts={})


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("max_lots", "", "cannot be off"),
        ("max_lots", "0", "Above zero"),
        ("max_lots", "2.5", "whole number"),
        ("max_lots", "-3", "whole number"),
        ("max_value", "x", "A number"),
        ("max_value", "0", "Above zero"),
        ("max_value", "1000000001", "At most"),
        ("collar_ticks", "", "cannot be off"),
        ("liquidation_percent", "100.1", "At most 100"),
        ("rate_orders", "1001", "At most 1000"),
        ("loss.USDT", "0", "Above zero"),
        ("loss.USDT", "-200", "A number"),
        ("zone", "Middle/Earth", "No zone"),
        ("zone", "", "No zone"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(name: str, typed: str, words: str) -> None:
    problems = problems_of({**texts_of(LIMITS, None), name: typed}, None)
    assert list(problems) == [name]
    assert words in problems[name]


@pytest.mark.parametrize(
    ("name", "typed"),
    [("collar_ticks", "0"), ("max_value", "0.01"), ("max_value", "250,000"), ("rate_orders", "1")],
)
def test_what_is_just_allowed(name: str, typed: str) -> None:
    assert problems_of({**texts_of(LIMITS, None), name: typed}, None) == {}


def test_orders_and_their_time_belong_together() -> None:
    texts = texts_of(LIMITS, None)
    assert "rate_seconds" in problems_of({**texts, "rate_seconds": ""}, None)
    assert "rate_orders" in problems_of({**texts, "rate_orders": " "}, None)
    off = limits_of({**texts, "rate_orders": "", "rate_seconds": ""}, None, LIMITS)
    assert off.rate is None
