"""The guard: what is blocked, and what must never be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.contract import ContractStatus
from terminal.domain.events import OrderType
from terminal.domain.guard import BlockField, GuardLimits, Touch, check, ticks_through_touch
from terminal.domain.units import Lots, Price, Side
from tests.support.builders import a_contract, a_ticket, an_inverse_contract

TOUCH = Touch(Price(1000), Price(1001))
LIMITS = GuardLimits(Lots(100), Decimal(1000), 20)


def fields(ticket: object, touch: Touch | None = TOUCH, **contract: object) -> set[BlockField]:
    blocks = check(ticket, a_contract(**contract), touch, LIMITS)  # type: ignore[arg-type]
    assert all(block.reason.endswith(".") for block in blocks)
    return {block.field for block in blocks}


def test_a_usual_order_passes() -> None:
    assert fields(a_ticket()) == set()


@pytest.mark.parametrize("price", [1021, 1, 1000])
def test_prices_up_to_the_collar_pass(price: int) -> None:
    assert fields(a_ticket(price=Price(price))) == set()


def test_the_collar_is_inclusive_and_for_both_sides() -> None:
    assert fields(a_ticket(price=Price(1022))) == {BlockField.PRICE}
    assert fields(a_ticket(side=Side.SELL, price=Price(980))) == set()
    assert fields(a_ticket(side=Side.SELL, price=Price(979))) == {BlockField.PRICE}


def test_reducing_orders_have_a_collar_too() -> None:
    assert fields(a_ticket(price=Price(1022), is_reduce_only=True)) == {BlockField.PRICE}


@pytest.mark.parametrize("price", [0, -5, 10_000_001])
def test_impossible_prices(price: int) -> None:
    assert BlockField.PRICE in fields(a_ticket(price=Price(price)))


def test_lots_and_value() -> None:
    assert fields(a_ticket(lots=Lots(101))) == {BlockField.LOTS}
    assert fields(a_ticket(lots=Lots(101), is_reduce_only=True)) == set()
    dear = a_ticket(lots=Lots(100), price=Price(200_000))
    assert fields(dear, Touch(Price(200_000), Price(200_001))) == {BlockField.VALUE}


def test_market_orders_are_valued_at_the_far_touch() -> None:
    ticket = a_ticket(order_type=OrderType.MARKET, price=None, lots=Lots(100))
    assert fields(ticket) == set()
    assert fields(ticket, Touch(Price(1000), Price(200_000))) == {BlockField.VALUE}


def test_the_exchanges_own_size_limit_holds_for_all() -> None:
    assert fields(a_ticket(lots=Lots(6), is_reduce_only=True), max_order_lots=Lots(5)) == {
        BlockField.LOTS
    }


def test_a_book_that_is_not_live_blocks_opening_only() -> None:
    assert fields(a_ticket(), None) == {BlockField.BOOK}
    assert fields(a_ticket(is_reduce_only=True), None) == set()


def test_a_contract_that_is_closed_blocks_opening_only() -> None:
    assert fields(a_ticket(), status=ContractStatus.CANCEL_ONLY) == {BlockField.CONTRACT}
    assert fields(a_ticket(is_reduce_only=True), status=ContractStatus.PAUSED) == set()


def test_inverse_values_are_in_quote_lots() -> None:
    blocks = check(a_ticket(lots=Lots(100)), an_inverse_contract(), TOUCH, LIMITS)
    assert blocks == ()


def test_ticks_through_an_empty_side_are_none() -> None:
    assert ticks_through_touch(Side.BUY, Price(9999), Touch(Price(1), None)) == 0
    assert ticks_through_touch(None, Price(9999), TOUCH) == 0
