"""What an order would change, for linear and inverse contracts, isolated and cross."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from terminal.domain.effect import effect_of, filling, tier_of
from terminal.domain.events import MarginMode, PositionSide
from terminal.domain.guard_terms import NOTHING_HELD, GuardFacts, Holding, Touch
from terminal.domain.market_facts import RiskTier
from terminal.domain.ticket import OrderTerms, close_ticket
from terminal.domain.units import ExactPrice, Lots, Price, Side
from tests.support.builders import XBT, a_contract, a_ticket, an_inverse_contract

D = Decimal


def a_tier(level: int, most: int) -> RiskTier:
    return RiskTier(XBT, level, D(0), D(most), D(100), D("0.01"), D("0.004") * level)


TIERS = (a_tier(1, 100), a_tier(2, 1000))


def facts(**changes: Any) -> GuardFacts:
    values: dict[str, Any] = {
        "touch": Touch(Price(1000), Price(1001)),
        "mark": ExactPrice(D(100)),
        "holding": NOTHING_HELD,
        "entries": (),
        "available": D(900),
        "tiers": TIERS,
        "cross_leverage": D(10),
    }
    return GuardFacts(**{**values, **changes})


LONG = Holding(Lots(10), D(100), D("0.2"))


def test_opening_freezes_margin_and_the_takers_fee() -> None:
    effect = effect_of(a_ticket(lots=Lots(10)), a_contract(), facts(), D(100))
    assert (effect.value, effect.maker_fee, effect.taker_fee) == (D(1), D("0.0002"), D("0.0006"))
    assert effect.margin == D("0.2006")
    assert effect.available == D("899.7994")
    assert (effect.held, effect.after) == (0, 10)
    assert effect.liquidation is not None
    assert 80 < effect.liquidation < 81


def test_an_inverse_contract_counts_in_its_coin() -> None:
    effect = effect_of(a_ticket(lots=Lots(10)), an_inverse_contract(), facts(), D(100))
    assert effect.value == D("0.1")
    assert effect.margin == D("0.02") + D("0.1") * D("0.0006")
    assert effect.liquidation is not None
    assert effect.liquidation < 100


def test_cross_mode_uses_the_leverage_of_the_contract_and_all_that_is_available() -> None:
    ticket = a_ticket(lots=Lots(10), margin_mode=MarginMode.CROSS)
    effect = effect_of(ticket, a_contract(), facts(), D(100))
    assert effect.margin == D("0.1006")
    assert effect.tiers is None
    assert effect.liquidation is None, "900 stand behind 1: there is no such price"
    poor = effect_of(ticket, a_contract(), facts(available=D("0.05")), D(100))
    assert poor.liquidation is not None
    assert poor.liquidation > 90


def test_closing_gives_back_its_share_of_the_margin_and_what_it_earned() -> None:
    ticket = a_ticket(side=Side.SELL, lots=Lots(5), is_reduce_only=True)
    effect = effect_of(ticket, a_contract(), facts(holding=LONG), D(110))
    assert (effect.margin, effect.signed, effect.after) == (D(0), -5, 5)
    assert effect.available == 900 + D("0.1") + D("0.05") - D("0.55") * D("0.0006")


@pytest.mark.parametrize(
    ("side", "lots", "held", "signed"),
    [
        (Side.SELL, 5, 10, -5),
        (Side.SELL, 50, 10, -10),
        (Side.BUY, 5, 10, 0),
        (Side.BUY, 50, -10, 10),
        (Side.BUY, 5, 0, 0),
    ],
)
def test_what_only_reduces_fills_up_to_the_position(
    side: Side, lots: int, held: int, signed: int
) -> None:
    ticket = a_ticket(side=side, lots=Lots(lots), is_reduce_only=True)
    assert filling(ticket, held) == signed


def test_a_close_order_takes_all_and_a_lane_lets_nothing_else_go() -> None:
    assert filling(close_ticket(XBT, MarginMode.CROSS), -7) == 7
    terms = OrderTerms(position_side=PositionSide.LONG)
    assert filling(a_ticket(side=Side.SELL, lots=Lots(9), terms=terms), 4) == -4


def test_a_reversal_frees_one_side_and_binds_the_other() -> None:
    ticket = a_ticket(side=Side.SELL, lots=Lots(15))
    effect = effect_of(ticket, a_contract(), facts(holding=LONG), D(100))
    assert effect.margin == D("0.1003")
    assert effect.available == 900 - D("0.1003") + D("0.2") - D("0.0006")
    assert effect.liquidation is not None
    assert effect.liquidation > 100


def test_a_higher_risk_level_is_said() -> None:
    ticket = a_ticket(lots=Lots(1500))
    effect = effect_of(ticket, a_contract(), facts(), D(100))
    assert effect.tiers == TIERS
    assert effect.needs_level == 2
    assert effect_of(a_ticket(lots=Lots(10)), a_contract(), facts(), D(100)).needs_level is None


def held(lots: int, entry: int = 100) -> Holding:
    return Holding(Lots(lots), D(entry), D(20))


@pytest.mark.parametrize(
    ("lots", "side", "level", "refused"),
    [
        (900, Side.BUY, 1, True),
        (900, Side.BUY, 2, False),
        (900, Side.BUY, None, False),  # the level of the contract may have been raised
        (900, Side.SELL, 1, False),
        (1100, Side.SELL, 1, False),  # less is held afterwards, above its level as it is
        (-900, Side.SELL, 1, True),
    ],
)
def test_an_isolated_order_beyond_the_level_that_is_set_is_sure_to_be_refused(
    lots: int, side: Side, level: int | None, refused: bool
) -> None:
    ticket = a_ticket(lots=Lots(200), side=side)
    now = facts(holding=held(lots), risk_level=level)
    assert effect_of(ticket, a_contract(), now, D(100)).is_refused is refused
    cross = replace(ticket, margin_mode=MarginMode.CROSS)
    assert not effect_of(cross, a_contract(), now, D(100)).is_refused


def test_only_what_is_beyond_the_level_by_either_price_is_sure_to_be_refused() -> None:
    """Whether the held part counts by its entry or by the price of now is not established."""
    ticket = a_ticket(lots=Lots(100))
    for entry, refused in ((100, True), (80, False)):
        now = facts(holding=held(950, entry), risk_level=1)
        assert effect_of(ticket, a_contract(), now, D(100)).is_refused is refused
    assert tier_of(TIERS, D(5000)) is TIERS[-1]


@pytest.mark.parametrize(
    "unknown", [{"holding": None}, {"entries": None}, {"available": None}, {"tiers": ()}]
)
def test_what_is_not_known_is_never_a_number(unknown: dict[str, Any]) -> None:
    effect = effect_of(a_ticket(), a_contract(), facts(**unknown), D(100))
    found = {
        "holding": effect.margin,
        "entries": effect.margin,
        "available": effect.available,
        "tiers": effect.liquidation,
    }
    assert found[next(iter(unknown))] is None


def test_a_margin_that_is_not_known_is_not_given_back() -> None:
    ticket = a_ticket(side=Side.SELL, lots=Lots(5))
    held = LONG._replace(margin=None)
    assert effect_of(ticket, a_contract(), facts(holding=held), D(100)).available is None
    no_leverage = replace(a_ticket(), leverage=None)
    assert effect_of(no_leverage, a_contract(), facts(), D(100)).margin is None
