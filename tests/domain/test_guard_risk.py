"""Rules about what would be held: position, leverage, margin, liquidation; each at its edge."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.events import MarginMode, OrderType, PositionSide
from terminal.domain.guard import BlockField, GuardLimits, Touch, check
from terminal.domain.guard_risk import rounded
from terminal.domain.guard_terms import ContractLimits, Entry, Holding
from terminal.domain.units import ExactPrice, Lots, Price, Side
from tests.support.builders import XBT, a_contract, a_ticket, an_inverse_contract
from tests.support.guarding import a_stop, in_lane, some_facts

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.ticket import OrderTicket

CROSS = MarginMode.CROSS


def held(lots: int, entry: str = "100", margin: str | None = "1") -> Holding:
    return Holding(Lots(lots), Decimal(entry), None if margin is None else Decimal(margin))


def entries(*rows: tuple[Side | None, int]) -> tuple[Entry, ...]:
    return tuple(Entry(side, Lots(lots), Decimal(100)) for side, lots in rows)


def fields(
    ticket: OrderTicket, limits: GuardLimits, contract: Contract | None = None, **facts: Any
) -> list[BlockField]:
    blocks = check(ticket, contract or a_contract(), some_facts(**facts), limits)
    return [block.field for block in blocks]


# Position --------------------------------------------------------------------------------------

TEN = GuardLimits(max_position=Lots(10))


@pytest.mark.parametrize(
    ("side", "lots", "holding", "working", "at_limit"),
    [
        (Side.BUY, 0, 0, (), 10),
        (Side.SELL, 0, 0, (), 10),
        (Side.BUY, 0, 4, ((Side.BUY, 3),), 3),
        (Side.BUY, 0, 4, ((Side.SELL, 30),), 6),  # the other side may not fill before
        (Side.SELL, 0, 4, ((Side.SELL, 3),), 11),
        (Side.BUY, 0, -4, ((Side.BUY, 3),), 11),
        (Side.BUY, 0, 4, ((None, 3),), 3),  # of unknown side: perhaps a buy
        (Side.SELL, 0, -4, ((None, 3),), 3),
        (Side.BUY, 0, -30, (), 40),  # already over on the other side: getting less is free
    ],
)
@pytest.mark.parametrize("is_inverse", [False, True])
def test_what_all_entries_would_make_stays_within_the_limit(
    side: Side,
    lots: int,
    holding: int,
    working: tuple[tuple[Side | None, int], ...],
    at_limit: int,
    is_inverse: bool,
) -> None:
    del lots
    contract = an_inverse_contract() if is_inverse else a_contract()
    facts: dict[str, Any] = {"holding": held(holding), "entries": entries(*working)}
    for size, expected in ((at_limit, []), (at_limit + 1, [BlockField.POSITION])):
        ticket = a_ticket(side=side, lots=Lots(size))
        assert fields(ticket, TEN, contract, **facts) == expected


@pytest.mark.parametrize(
    ("lane", "side", "sign"),
    [(PositionSide.LONG, Side.BUY, 1), (PositionSide.SHORT, Side.SELL, -1)],
)
def test_each_lane_of_hedge_mode_has_the_limit_for_itself(
    lane: PositionSide, side: Side, sign: int
) -> None:
    """The facts are those of the ticket's lane."""
    facts: dict[str, Any] = {"holding": held(4 * sign), "entries": entries((side, 3))}
    assert fields(in_lane(lane, side=side, lots=Lots(3)), TEN, **facts) == []
    assert fields(in_lane(lane, side=side, lots=Lots(4)), TEN, **facts) == [BlockField.POSITION]
    assert fields(in_lane(lane, side=side.opposite, lots=Lots(99)), TEN, **facts) == []


def test_the_sentence_names_what_it_would_be_and_the_limit() -> None:
    facts = some_facts(holding=held(4), entries=entries((Side.BUY, 3)))
    (block,) = check(a_ticket(lots=Lots(4)), a_contract(), facts, TEN)
    assert block.sentence == (
        "11 lots long when this, 3 in working entries, has filled; your limit is 10."
    )


def test_a_contracts_own_position_limit_goes_first() -> None:
    limits = TEN.with_contract(XBT, ContractLimits(max_position=Lots(1)))
    assert fields(a_ticket(lots=Lots(2)), limits) == [BlockField.POSITION]


@pytest.mark.parametrize("unknown", ["holding", "entries"])
def test_a_position_that_is_not_known_blocks_only_with_a_limit(unknown: str) -> None:
    assert fields(a_ticket(), TEN, **{unknown: None}) == [BlockField.POSITION]
    assert fields(a_ticket(), GuardLimits(), **{unknown: None}) == []


# Leverage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(MarginMode))
def test_the_leverage_that_counts_is_the_orders_or_the_contracts(mode: MarginMode) -> None:
    for most, expected in ((5, []), ("4.99", [BlockField.LEVERAGE])):
        limits = GuardLimits(max_leverage=Decimal(most))
        isolated = mode is MarginMode.ISOLATED
        ticket = a_ticket(margin_mode=mode, leverage=Decimal(5 if isolated else 99))
        assert fields(ticket, limits, cross_leverage=Decimal(99 if isolated else 5)) == expected


def test_a_leverage_that_is_not_known_blocks_with_a_cap() -> None:
    limits = GuardLimits(max_leverage=Decimal(5))
    assert fields(a_ticket(leverage=None), limits) == [BlockField.LEVERAGE]
    cross = a_ticket(margin_mode=CROSS)
    assert fields(cross, limits, cross_leverage=None) == [BlockField.LEVERAGE]
    assert fields(a_ticket(leverage=None), GuardLimits()) == []


# Margin ----------------------------------------------------------------------------------------

MARGIN = GuardLimits(checks_margin=True, max_lots=Lots(10**6), max_value=Decimal(10**9))
# 1000 lots at 100: value 100, over 5 it is 20, and the fee is 0.06.
NEEDED = Decimal("20.06")
THOUSAND = Lots(1000)


@pytest.mark.parametrize("mode", list(MarginMode))
@pytest.mark.parametrize(
    ("holding", "working", "needed"),
    [
        (0, (), "20.06"),
        (400, (), "20.06"),
        (-400, (), "12.036"),
        (-400, ((Side.BUY, 300),), "18.054"),
        (-2000, ((Side.BUY, 300),), None),
    ],
)
def test_margin_and_fee_of_what_opens_must_be_available(
    mode: MarginMode, holding: int, working: tuple[tuple[Side, int], ...], needed: str | None
) -> None:
    ticket = a_ticket(lots=THOUSAND, margin_mode=mode)
    facts: dict[str, Any] = {
        "holding": held(holding),
        "entries": entries(*working),
        "cross_leverage": Decimal(5),
    }
    if needed is None:
        assert fields(ticket, MARGIN, available=Decimal(-1), **facts) == []
        return
    assert fields(ticket, MARGIN, available=Decimal(needed), **facts) == []
    less = Decimal(needed) - Decimal("0.00001")
    assert fields(ticket, MARGIN, available=less, **facts) == [BlockField.MARGIN]


def test_in_cross_mode_only_the_larger_side_needs_margin() -> None:
    """A buy beside a larger sell costs nothing more; isolated it does."""
    working = entries((Side.SELL, 1500))
    ticket = a_ticket(lots=THOUSAND, margin_mode=CROSS)
    facts: dict[str, Any] = {"entries": working, "available": Decimal(0)}
    assert fields(ticket, MARGIN, **facts) == []
    assert fields(a_ticket(lots=Lots(1501), margin_mode=CROSS), MARGIN, **facts) == [
        BlockField.MARGIN
    ]
    assert fields(a_ticket(lots=THOUSAND), MARGIN, **facts) == [BlockField.MARGIN]


def test_margin_of_inverse_contracts_is_in_coin() -> None:
    """1000 lots at 100 are 10 coins; over 5 it is 2, and the fee is 0.006."""
    contract, ticket = an_inverse_contract(), a_ticket(lots=THOUSAND)
    assert fields(ticket, MARGIN, contract, available=Decimal("2.006")) == []
    blocks = check(ticket, contract, some_facts(available=Decimal("2.0059")), MARGIN)
    assert [block.field for block in blocks] == [BlockField.MARGIN]
    assert "2.006 XBT" in blocks[0].sentence
    assert "estimated" in blocks[0].sentence


def test_orders_under_way_are_taken_off_what_is_available() -> None:
    under_way = (Entry(Side.BUY, THOUSAND, Decimal(100), is_held=False),)
    ticket = a_ticket(lots=THOUSAND)
    assert fields(ticket, MARGIN, entries=under_way, available=2 * NEEDED) == []
    assert fields(ticket, MARGIN, entries=under_way, available=2 * NEEDED - 1) == [
        BlockField.MARGIN
    ]


def test_stops_need_no_margin_before_they_fire() -> None:
    stop = a_stop(1000, lots=THOUSAND)
    assert fields(stop, MARGIN, available=Decimal(0)) == []
    waiting = (Entry(Side.BUY, THOUSAND, Decimal(100), is_held=False, waits=True),)
    assert fields(a_ticket(lots=THOUSAND), MARGIN, entries=waiting, available=NEEDED) == []


@pytest.mark.parametrize("unknown", ["holding", "entries", "available"])
def test_margin_that_cannot_be_judged_blocks_with_the_rule(unknown: str) -> None:
    assert fields(a_ticket(), MARGIN, **{unknown: None}) == [BlockField.MARGIN]
    assert fields(a_ticket(), GuardLimits(), **{unknown: None}) == []


def test_an_unknown_leverage_blocks_the_margin_rule() -> None:
    assert fields(a_ticket(leverage=None), MARGIN) == [BlockField.MARGIN]


# Liquidation -----------------------------------------------------------------------------------


def least(percent: str) -> GuardLimits:
    return GuardLimits(liquidation_percent=Decimal(percent))


# Isolated at 5: long at 100 is liquidated at (100 - 20) / (1 - 0.0046) = 80.3697..., 19.63 % away;
# short at (100 + 20) / 1.0046 = 119.4505..., 19.45 % away. Inverse long: 100 * 1.0046 / 1.2 =
# 83.7167, 16.28 % away; short: 100 * 0.9954 / 0.8 = 124.425, 24.425 % away.
@pytest.mark.parametrize(
    ("side", "is_inverse", "near", "far"),
    [
        (Side.BUY, False, "19.64", "19.63"),
        (Side.SELL, False, "19.46", "19.45"),
        (Side.BUY, True, "16.29", "16.28"),
        (Side.SELL, True, "24.43", "24.425"),
    ],
)
def test_an_isolated_position_keeps_its_distance(
    side: Side, is_inverse: bool, near: str, far: str
) -> None:
    contract = an_inverse_contract() if is_inverse else a_contract()
    ticket = a_ticket(side=side)
    assert fields(ticket, least(far), contract) == []
    assert fields(ticket, least(near), contract) == [BlockField.LIQUIDATION]


def test_the_sentence_says_that_it_is_estimated() -> None:
    (block,) = check(a_ticket(), a_contract(), some_facts(), least("20"))
    assert block.sentence == ("Liquidation is estimated at 80.4, 19.63 % away; your limit is 20 %.")


def test_adding_to_a_position_counts_with_its_own_margin() -> None:
    """1000 lots at 120 with 60, 1000 more at 100 with 20: entry 110, margin 80 for 2 coins."""
    facts: dict[str, Any] = {"holding": held(1000, "120", "60")}
    ticket = a_ticket(lots=THOUSAND)
    # (110 - 40) / 0.9954 = 70.3235
    assert fields(ticket, least("29.67"), **facts) == []
    assert fields(ticket, least("29.68"), **facts) == [BlockField.LIQUIDATION]


def test_what_makes_a_position_smaller_is_free_and_what_turns_it_is_judged_anew() -> None:
    facts: dict[str, Any] = {"holding": held(-1000, "100", "0.5")}
    assert fields(a_ticket(lots=Lots(999)), least("90"), **facts) == []
    assert fields(a_ticket(lots=THOUSAND), least("90"), **facts) == []
    assert fields(a_ticket(lots=Lots(1001)), least("90"), **facts) == [BlockField.LIQUIDATION]
    assert fields(a_ticket(lots=Lots(1001)), least("19.6"), **facts) == []


def test_a_resting_order_is_judged_where_it_fills() -> None:
    """Far below the market: from there liquidation is as near as ever."""
    low = a_ticket(price=Price(500))
    assert fields(low, least("19.63")) == []
    assert fields(low, least("19.64")) == [BlockField.LIQUIDATION]


def test_larger_positions_are_liquidated_earlier_by_their_risk_level() -> None:
    """Above 1000 of value the second level asks for 5 %."""
    limits = GuardLimits(max_lots=Lots(10**6), liquidation_percent=Decimal(18))
    assert fields(a_ticket(lots=Lots(10_000)), limits) == []
    assert fields(a_ticket(lots=Lots(10_001)), limits) == [BlockField.LIQUIDATION]


def test_a_cross_position_is_backed_by_all_that_is_available() -> None:
    """10 coins at 100 with 200: (100 - (200 - fee 0.6) / 10) / 0.9954 = 80.43."""
    ticket = a_ticket(lots=Lots(10_000), margin_mode=CROSS)
    facts: dict[str, Any] = {"available": Decimal(200)}
    assert fields(ticket, least("19.56"), **facts) == []
    assert fields(ticket, least("19.58"), **facts) == [BlockField.LIQUIDATION]
    short = a_ticket(lots=Lots(10_000), margin_mode=CROSS, side=Side.SELL)
    # (100 + 19.94) / 1.0046 = 119.3908
    assert fields(short, least("19.39"), **facts) == []
    assert fields(short, least("19.40"), **facts) == [BlockField.LIQUIDATION]


def test_a_cross_position_that_is_backed_well_is_never_liquidated() -> None:
    ticket = a_ticket(lots=Lots(1000), margin_mode=CROSS)
    assert fields(ticket, least("99"), available=Decimal(500)) == []
    short = a_ticket(lots=Lots(1000), margin_mode=CROSS, side=Side.SELL)
    inverse = an_inverse_contract()
    assert fields(short, least("99"), inverse, available=Decimal(500)) == []


def test_what_is_spent_already_is_no_distance_at_all() -> None:
    ticket = a_ticket(lots=Lots(1000), margin_mode=CROSS)
    facts = some_facts(available=Decimal(-50), holding=held(1000, "100", "0"))
    (block,) = check(ticket, a_contract(), facts, least("0.01"))
    assert " 0.00 % away" in block.sentence


@pytest.mark.parametrize(
    ("mode", "facts", "word"),
    [
        (MarginMode.ISOLATED, {"mark": None}, "mark price"),
        (MarginMode.ISOLATED, {"mark": ExactPrice(Decimal(0))}, "mark price"),
        (MarginMode.ISOLATED, {"tiers": ()}, "risk levels"),
        (MarginMode.ISOLATED, {"holding": None}, "position"),
        (MarginMode.ISOLATED, {"holding": held(5, margin=None)}, "margin of the position"),
        (CROSS, {"cross_leverage": None}, "leverage"),
        (CROSS, {"available": None}, "available"),
        (CROSS, {"holding": held(5, margin=None)}, "available"),
    ],
)
def test_a_distance_that_cannot_be_judged_blocks_and_says_why(
    mode: MarginMode, facts: dict[str, Any], word: str
) -> None:
    ticket = a_ticket(margin_mode=mode)
    (block,) = check(ticket, a_contract(), some_facts(**facts), least("1"))
    assert block.field is BlockField.LIQUIDATION
    assert word in block.sentence
    assert "1 %" in block.sentence


def test_market_orders_are_judged_at_the_far_touch() -> None:
    ticket = a_ticket(order_type=OrderType.MARKET, price=None, lots=THOUSAND)
    assert fields(ticket, MARGIN, available=Decimal("20.08006")) == []  # at 100.1
    assert fields(ticket, MARGIN, available=NEEDED) == [BlockField.MARGIN]
    limits = GuardLimits(checks_margin=True, liquidation_percent=Decimal(1))
    nowhere = Touch(Price(1000), None)
    assert fields(ticket, limits, touch=nowhere) == []  # an empty side: nothing to value it by


@pytest.mark.parametrize(
    ("amount", "words"), [("10.001", "10.01"), ("9.99999999", "10"), ("0.0000001", "0.000001")]
)
def test_what_is_over_a_limit_never_looks_like_the_limit(amount: str, words: str) -> None:
    assert rounded(Decimal(amount)) == words
