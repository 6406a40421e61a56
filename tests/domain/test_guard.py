"""The guard: what is blocked, and what must never be."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.contract import ContractStatus
from terminal.domain.events import OrderType, PositionSide
from terminal.domain.guard import (
    Block,
    BlockField,
    GuardFacts,
    GuardLimits,
    Touch,
    check,
    ticks_through_touch,
)
from terminal.domain.guard_terms import WHERE, ContractLimits
from terminal.domain.units import ExactPrice, Lots, Price, Side, Symbol
from tests.support.builders import XBT, a_contract, a_ticket, an_inverse_contract
from tests.support.guarding import (
    TOUCH,
    a_stop,
    any_facts,
    any_limits,
    in_lane,
    opening_tickets,
    reducing_tickets,
    some_facts,
)

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket

LIMITS = GuardLimits(Lots(100), Decimal(1000), 20)


def fields(
    ticket: OrderTicket,
    facts: GuardFacts | None = None,
    limits: GuardLimits = LIMITS,
    **contract: Any,
) -> set[BlockField]:
    blocks = check(ticket, a_contract(**contract), facts or some_facts(), limits)
    for block in blocks:
        assert block.sentence.endswith(".")
        assert block.remedy.endswith(".")
        assert block.reason == f"{block.sentence} {block.remedy}"
    return {block.field for block in blocks}


def test_a_usual_order_passes() -> None:
    assert fields(a_ticket()) == set()


# Lots and ticks --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_reduce_only", [False, True])
@pytest.mark.parametrize(("order_type", "at_limit"), [(OrderType.LIMIT, 5), (OrderType.MARKET, 3)])
def test_the_exchanges_own_size_limits_are_inclusive_and_hold_for_all(
    order_type: OrderType, at_limit: int, is_reduce_only: bool
) -> None:
    price = Price(1000) if order_type is OrderType.LIMIT else None
    for lots, expected in ((at_limit, set()), (at_limit + 1, {BlockField.LOTS})):
        ticket = a_ticket(
            order_type=order_type, price=price, lots=Lots(lots), is_reduce_only=is_reduce_only
        )
        contract: dict[str, Any] = {"max_order_lots": Lots(5), "max_market_order_lots": Lots(3)}
        assert fields(ticket, **contract) == expected


@pytest.mark.parametrize(("lots", "is_blocked"), [(10, False), (15, True), (20, False), (4, True)])
def test_sizes_are_multiples_of_the_contracts_lot_step(lots: int, is_blocked: bool) -> None:
    blocks = check(a_ticket(lots=Lots(lots)), a_contract(lot_size=10), some_facts(), LIMITS)
    assert [block.field for block in blocks] == [BlockField.LOTS] * is_blocked
    if is_blocked:
        assert "Take 10 lots." in blocks[0].remedy


@pytest.mark.parametrize("is_reduce_only", [False, True])
@pytest.mark.parametrize("price", [0, -5, 10_000_001])
def test_impossible_prices(price: int, is_reduce_only: bool) -> None:
    ticket = a_ticket(price=Price(price), is_reduce_only=is_reduce_only)
    assert fields(ticket, limits=GuardLimits(max_value=Decimal(10**9))) == {BlockField.PRICE}


def test_the_contracts_highest_price_is_allowed_and_one_tick_more_is_not() -> None:
    facts = some_facts(touch=Touch(Price(2000), Price(2001)))
    limits = GuardLimits(max_value=Decimal(10**9))
    assert fields(a_ticket(price=Price(2000)), facts, limits, max_price=Price(2000)) == set()
    for ticket in (a_ticket(price=Price(2001)), a_stop(2001, price=Price(2000))):
        assert fields(ticket, facts, limits, max_price=Price(2000)) == {BlockField.PRICE}


# Prices ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", [1021, 1, 1000])
def test_prices_up_to_the_collar_pass(price: int) -> None:
    assert fields(a_ticket(price=Price(price))) == set()


def test_the_collar_is_inclusive_and_for_both_sides() -> None:
    assert fields(a_ticket(price=Price(1022))) == {BlockField.PRICE}
    assert fields(a_ticket(side=Side.SELL, price=Price(980))) == set()
    assert fields(a_ticket(side=Side.SELL, price=Price(979))) == {BlockField.PRICE}


def test_the_collar_of_a_stop_counts_from_where_it_fires() -> None:
    assert fields(a_stop(5000, price=Price(5020))) == set()
    assert fields(a_stop(5000, price=Price(5021))) == {BlockField.PRICE}
    assert fields(a_stop(5000, side=Side.SELL, price=Price(4980))) == set()
    assert fields(a_stop(5000, side=Side.SELL, price=Price(4979))) == {BlockField.PRICE}


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("price", "is_blocked"), [(990, False), (989, True), (1010, False)])
def test_the_distance_from_the_mark_price_is_inclusive_and_goes_both_ways(
    side: Side, price: int, is_blocked: bool
) -> None:
    limits = GuardLimits(collar_ticks=1000, mark_percent=Decimal(1))
    ticket = a_ticket(side=side, price=Price(price))
    assert fields(ticket, limits=limits) == ({BlockField.PRICE} if is_blocked else set())
    assert fields(a_ticket(side=side, price=Price(1011)), limits=limits) == {BlockField.PRICE}


@pytest.mark.parametrize("mark", [None, ExactPrice(Decimal(0))])
def test_without_a_mark_price_the_distance_from_it_blocks(mark: ExactPrice | None) -> None:
    facts = some_facts(mark=mark)
    assert fields(a_ticket(), facts) == set()
    limits = GuardLimits(mark_percent=Decimal(1))
    assert fields(a_ticket(), facts, limits) == {BlockField.PRICE}
    (block,) = check(a_ticket(), a_contract(), facts, limits)
    assert "mark price is not known" in block.sentence
    assert "1 %" in block.sentence


def test_ticks_through_an_empty_side_are_none() -> None:
    assert ticks_through_touch(Side.BUY, Price(9999), Touch(Price(1), None)) == 0
    assert ticks_through_touch(None, Price(9999), TOUCH) == 0


# Size and value --------------------------------------------------------------------------------


def test_the_users_size_limit_is_inclusive_and_for_opening_only() -> None:
    assert fields(a_ticket(lots=Lots(100))) == set()
    assert fields(a_ticket(lots=Lots(101))) == {BlockField.LOTS}
    assert fields(a_ticket(lots=Lots(101), is_reduce_only=True)) == set()


def test_the_value_limit_is_inclusive_in_quote_currency() -> None:
    limits = GuardLimits(max_value=Decimal("0.2"))
    assert fields(a_ticket(lots=Lots(2)), limits=limits) == set()  # 2 lots of 0.001 at 100
    assert fields(a_ticket(lots=Lots(2), price=Price(1001)), limits=limits) == {BlockField.VALUE}


def test_market_orders_are_valued_at_the_far_touch_and_stops_where_they_fire() -> None:
    ticket = a_ticket(order_type=OrderType.MARKET, price=None, lots=Lots(100))
    assert fields(ticket) == set()
    wide = some_facts(touch=Touch(Price(1000), Price(200_000)))
    assert fields(ticket, wide) == {BlockField.VALUE}
    stop = a_stop(200_000, order_type=OrderType.MARKET, price=None, lots=Lots(100))
    assert fields(stop) == {BlockField.VALUE}


def test_inverse_values_are_lots_in_quote_currency() -> None:
    limits = GuardLimits(max_value=Decimal(100))
    ticket, contract = a_ticket(lots=Lots(100)), an_inverse_contract()
    assert check(ticket, contract, some_facts(), limits) == ()
    blocks = check(a_ticket(lots=Lots(101)), contract, some_facts(), limits)
    assert [block.field for block in blocks] == [BlockField.VALUE]
    assert "101 USD" in blocks[0].sentence


def test_a_contracts_own_limits_go_before_those_of_all() -> None:
    own = ContractLimits(max_lots=Lots(200), max_value=Decimal(50))
    limits = LIMITS.with_contract(XBT, own)
    assert fields(a_ticket(lots=Lots(200)), limits=limits) == set()
    assert fields(a_ticket(lots=Lots(201)), limits=limits) == {BlockField.LOTS}
    dear = some_facts(touch=Touch(Price(2600), Price(2601)))
    ticket = a_ticket(lots=Lots(200), price=Price(2600))
    assert fields(ticket, dear, limits) == {BlockField.VALUE}
    elsewhere = LIMITS.with_contract(Symbol("ETHUSDTM"), own)
    assert fields(a_ticket(lots=Lots(101)), limits=elsewhere) == {BlockField.LOTS}


# Whether anything opens ------------------------------------------------------------------------


def test_a_book_that_is_not_live_blocks_opening_only() -> None:
    facts = some_facts(touch=None)
    assert fields(a_ticket(), facts) == {BlockField.BOOK}
    assert fields(a_ticket(is_reduce_only=True), facts) == set()


def test_a_contract_that_is_closed_blocks_opening_only() -> None:
    assert fields(a_ticket(), status=ContractStatus.CANCEL_ONLY) == {BlockField.CONTRACT}
    assert fields(a_ticket(is_reduce_only=True), status=ContractStatus.PAUSED) == set()


# Getting out -----------------------------------------------------------------------------------

SELL_LONG = in_lane(PositionSide.LONG, side=Side.SELL)
BUY_SHORT = in_lane(PositionSide.SHORT)


@pytest.mark.parametrize("ticket", [SELL_LONG, BUY_SHORT])
def test_closing_a_lane_of_hedge_mode_only_reduces(ticket: OrderTicket) -> None:
    """On the wire a sell of the long lane can become nothing else."""
    assert fields(ticket, GuardFacts(None), GuardLimits(Lots(1), Decimal(1), 0)) == set()


@given(reducing_tickets(), any_facts(), any_limits())
def test_what_only_reduces_meets_nothing_but_what_the_exchange_could_not_take(
    ticket: OrderTicket, facts: GuardFacts, limits: GuardLimits
) -> None:
    """No limit, no lock and nothing unknown is in the way out: only impossible prices and sizes."""
    contract = a_contract(lot_size=3)
    blocks = check(ticket, contract, facts, limits)
    prices = [ticket.price, None if ticket.trigger is None else ticket.trigger.price]
    has_bad_price = any(price is not None and not 0 < price <= 10_000_000 for price in prices)
    most = contract.max_order_lots if ticket.price is not None else contract.max_market_order_lots
    lots = ticket.lots or Lots(0)
    expected = {BlockField.PRICE} if has_bad_price else set()
    if lots > most or lots % 3:
        expected.add(BlockField.LOTS)
    assert {block.field for block in blocks} == expected
    assert not any(WHERE in block.remedy for block in blocks)


@given(opening_tickets(), any_facts(), any_limits(), st.booleans())
def test_whatever_is_asked_the_guard_answers_and_a_lock_is_never_passed(
    ticket: OrderTicket, facts: GuardFacts, limits: GuardLimits, is_inverse: bool
) -> None:
    """Nothing raises; and what is not known or locked is never silently allowed."""
    contract = an_inverse_contract() if is_inverse else a_contract()
    found = {block.field for block in check(ticket, contract, facts, limits)}
    if facts.lockout is not None:
        assert BlockField.LOSS in found
    if limits.max_position is not None and (facts.holding is None or facts.entries is None):
        assert BlockField.POSITION in found
    if facts.touch is None:
        assert BlockField.BOOK in found


def test_a_block_without_a_way_out_is_one_sentence() -> None:
    assert Block(BlockField.ORDER, "It has ended.").reason == "It has ended."
