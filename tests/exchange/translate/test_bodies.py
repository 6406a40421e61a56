"""Orders as they are sent: every field of the reference once, and nothing that was not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.events import (
    MarginMode,
    OrderType,
    PositionSide,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
)
from terminal.domain.ticket import AttachedExits, OrderTerms, StopTrigger, close_ticket
from terminal.domain.units import ClientOid, Lots, Price, Symbol
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire import enums
from tests.support.builders import XBT, a_ticket
from tests.support.payloads import known_scales

if TYPE_CHECKING:
    from enum import Enum

USUAL = {
    "clientOid": "c1",
    "symbol": "XBTUSDTM",
    "type": "limit",
    "marginMode": "ISOLATED",
    "side": "buy",
    "size": 40,
    "leverage": "5",
    "price": "100",
}


def body(**changes: Any) -> dict[str, object]:
    ticket = a_ticket(**{"lots": Lots(40), **changes})
    return translate.order_body(ticket, ClientOid("c1"), known_scales())


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, {}),
        ({"is_post_only": True, "is_reduce_only": True}, {"postOnly": True, "reduceOnly": True}),
        (
            {"trigger": StopTrigger(StopDirection.UP, StopReference.MARK, Price(1005))},
            {"stop": "up", "stopPriceType": "MP", "stopPrice": "100.5"},
        ),
        (
            {"exits": AttachedExits(StopReference.INDEX, Price(1100), Price(900))},
            {"stopPriceType": "IP", "triggerStopUpPrice": "110", "triggerStopDownPrice": "90"},
        ),
        (
            {"exits": AttachedExits(StopReference.LAST, down=Price(900))},
            {"stopPriceType": "TP", "triggerStopDownPrice": "90"},
        ),
        ({"terms": OrderTerms(time_in_force=TimeInForce.IOC)}, {"timeInForce": "IOC"}),
        ({"terms": OrderTerms(time_in_force=TimeInForce.RPI)}, {"timeInForce": "RPI"}),
        ({"terms": OrderTerms(self_trade=SelfTrade.CANCEL_BOTH)}, {"stp": "CB"}),
        ({"terms": OrderTerms(position_side=PositionSide.SHORT)}, {"positionSide": "SHORT"}),
        ({"terms": OrderTerms(is_hidden=True)}, {"hidden": True}),
        ({"terms": OrderTerms(visible_lots=Lots(2))}, {"iceberg": True, "visibleSize": "2"}),
        (
            {"terms": OrderTerms(holds_margin=True, remark="mine")},
            {"forceHold": True, "remark": "mine"},
        ),
    ],
)
def test_what_is_asked_for_and_nothing_else(
    changes: dict[str, Any], more: dict[str, object]
) -> None:
    assert body(**changes) == {**USUAL, **more}


def test_a_stop_can_close_whatever_is_there() -> None:
    """How an existing position is protected (reference 3.3); a leg of hedge mode is named."""
    trigger = StopTrigger(StopDirection.DOWN, StopReference.LAST, Price(900))
    terms = OrderTerms(position_side=PositionSide.LONG)
    ticket = close_ticket(XBT, MarginMode.CROSS, trigger=trigger, terms=terms)
    assert translate.order_body(ticket, ClientOid("c1"), known_scales()) == {
        "clientOid": "c1",
        "symbol": "XBTUSDTM",
        "type": "market",
        "marginMode": "CROSS",
        "closeOrder": True,
        "stop": "down",
        "stopPriceType": "TP",
        "stopPrice": "90",
        "positionSide": "LONG",
    }


def test_a_contract_that_was_never_listed_has_no_prices() -> None:
    with pytest.raises(ProtocolError, match="unknown contract"):
        body(symbol=Symbol("NEW"))


@pytest.mark.parametrize(
    ("meanings", "words"),
    [
        (TimeInForce, enums.TimeInForce),
        (SelfTrade, enums.SelfTrade),
        (StopDirection, enums.StopDirection),
        (StopReference, enums.StopReference),
        (PositionSide, enums.PositionSide),
        (OrderType, enums.OrderKind),
    ],
)
def test_every_meaning_has_its_word(meanings: type[Enum], words: type[Enum]) -> None:
    assert {one.name for one in meanings} == {one.name for one in words}
