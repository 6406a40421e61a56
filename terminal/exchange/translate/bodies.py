"""Orders as they are sent: the one direction in which facts become words of the wire.

Source: API reference 3.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.events import MarginMode
from terminal.domain.units import plain
from terminal.wire import enums

if TYPE_CHECKING:
    from enum import Enum

    from terminal.domain.ticket import OrderTerms, OrderTicket
    from terminal.domain.units import ClientOid, Price, Symbol
    from terminal.exchange.translate.scales import Scales


def order_body(ticket: OrderTicket, client_oid: ClientOid, scales: Scales) -> dict[str, object]:
    """The body of ``POST /api/v1/orders``, and with attached exits of ``/api/v1/st-orders``.

    Raises ``ProtocolError`` when the contract was never listed.
    """
    body: dict[str, object] = {
        "clientOid": client_oid,
        "symbol": ticket.symbol,
        "type": ticket.order_type.value,
        "marginMode": "CROSS" if ticket.margin_mode is MarginMode.CROSS else "ISOLATED",
    }
    body.update(_what(ticket, scales))
    body.update(_when(ticket, scales))
    body.update(_terms(ticket.terms))
    return body


def _what(ticket: OrderTicket, scales: Scales) -> dict[str, object]:
    if ticket.is_close_order:
        return {"closeOrder": True}
    body: dict[str, object] = {}
    if ticket.side is not None:
        body["side"] = ticket.side.value
    body["size"] = ticket.lots
    if ticket.leverage is not None:
        body["leverage"] = plain(ticket.leverage)
    if ticket.price is not None:
        body["price"] = _price(ticket.symbol, ticket.price, scales)
    if ticket.is_post_only:
        body["postOnly"] = True
    if ticket.is_reduce_only:
        body["reduceOnly"] = True
    return body


def _when(ticket: OrderTicket, scales: Scales) -> dict[str, object]:
    trigger, exits = ticket.trigger, ticket.exits
    if trigger is not None:
        return {
            "stop": _word(enums.StopDirection, trigger.direction),
            "stopPriceType": _word(enums.StopReference, trigger.reference),
            "stopPrice": _price(ticket.symbol, trigger.price, scales),
        }
    if exits is None:
        return {}
    body: dict[str, object] = {"stopPriceType": _word(enums.StopReference, exits.reference)}
    if exits.up is not None:
        body["triggerStopUpPrice"] = _price(ticket.symbol, exits.up, scales)
    if exits.down is not None:
        body["triggerStopDownPrice"] = _price(ticket.symbol, exits.down, scales)
    return body


def _terms(terms: OrderTerms) -> dict[str, object]:
    body: dict[str, object] = {}
    if terms.time_in_force is not None:
        body["timeInForce"] = _word(enums.TimeInForce, terms.time_in_force)
    if terms.self_trade is not None:
        body["stp"] = _word(enums.SelfTrade, terms.self_trade)
    if terms.position_side is not None:
        body["positionSide"] = _word(enums.PositionSide, terms.position_side)
    if terms.is_hidden:
        body["hidden"] = True
    if terms.visible_lots is not None:
        body["iceberg"] = True
        body["visibleSize"] = str(terms.visible_lots)
    if terms.holds_margin:
        body["forceHold"] = True
    if terms.remark:
        body["remark"] = terms.remark
    return body


def _word(words: type[Enum], meaning: Enum) -> object:
    """The exchange's word; both sides name their members alike."""
    return words[meaning.name].value


def _price(symbol: Symbol, price: Price, scales: Scales) -> str:
    return plain(scales.contract(symbol).scale.decimal(price))
