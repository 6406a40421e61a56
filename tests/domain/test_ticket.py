"""Tickets that contradict themselves cannot be made."""

from __future__ import annotations

import pytest

from terminal.domain.errors import UnitError
from terminal.domain.events import (
    MarginMode,
    OrderType,
    StopDirection,
    StopReference,
    TimeInForce,
)
from terminal.domain.ticket import AttachedExits, OrderTerms, StopTrigger, close_ticket
from terminal.domain.units import Lots, Price
from tests.support.builders import XBT, a_ticket

STOP = StopTrigger(StopDirection.UP, StopReference.LAST, Price(1100))
EXITS = AttachedExits(StopReference.LAST, Price(1100), Price(900))
IOC = OrderTerms(time_in_force=TimeInForce.IOC)


@pytest.mark.parametrize(
    "changes",
    [
        {"price": None},
        {"order_type": OrderType.MARKET},
        {"side": None},
        {"lots": None},
        {"lots": Lots(0)},
        {"is_close_order": True},
        {"trigger": STOP, "exits": EXITS},
        {"order_type": OrderType.MARKET, "price": None, "terms": IOC},
        {"order_type": OrderType.MARKET, "price": None, "terms": OrderTerms(is_hidden=True)},
        {"is_post_only": True, "terms": IOC},
        {"is_post_only": True, "terms": OrderTerms(is_hidden=True)},
        {"is_post_only": True, "lots": Lots(9), "terms": OrderTerms(visible_lots=Lots(3))},
        {"lots": Lots(9), "terms": OrderTerms(is_hidden=True, visible_lots=Lots(3))},
        {"lots": Lots(41), "terms": OrderTerms(visible_lots=Lots(2))},
        {"lots": Lots(41), "terms": OrderTerms(visible_lots=Lots(0))},
        {"lots": Lots(41), "terms": OrderTerms(visible_lots=Lots(42))},
        {"terms": OrderTerms(remark="x" * 101)},
    ],
)
def test_contradictions(changes: dict[str, object]) -> None:
    with pytest.raises(UnitError):
        a_ticket(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"trigger": STOP, "terms": IOC},
        {"exits": EXITS},
        {"lots": Lots(40), "terms": OrderTerms(visible_lots=Lots(2), remark="x" * 100)},
        {"lots": Lots(1), "terms": OrderTerms(visible_lots=Lots(1))},
        {"is_post_only": True, "terms": OrderTerms(time_in_force=TimeInForce.GTC)},
        {"order_type": OrderType.MARKET, "price": None, "trigger": STOP},
    ],
)
def test_what_goes_together(changes: dict[str, object]) -> None:
    a_ticket(**changes)


@pytest.mark.parametrize(("up", "down"), [(None, None), (90, 90), (80, 90)])
def test_exits_that_lie_the_wrong_way_round(up: int | None, down: int | None) -> None:
    """The upper one takes what the lower one limits, or the other way round; never the same."""
    prices = [None if price is None else Price(price) for price in (up, down)]
    with pytest.raises(UnitError):
        AttachedExits(StopReference.LAST, *prices)


def test_closing_only_reduces() -> None:
    ticket = close_ticket(XBT, MarginMode.CROSS)
    assert ticket.reduces_only
    assert ticket.lots is None
    assert a_ticket(is_reduce_only=True).reduces_only
    assert not a_ticket().reduces_only
