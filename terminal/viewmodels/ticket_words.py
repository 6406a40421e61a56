"""A ticket in one sentence, as it is read before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.events import OrderType, StopReference, TimeInForce
from terminal.domain.lanes import lane_words
from terminal.domain.triggers import direction_of, words
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.protection import exits_words

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.draft import OrderKind
    from terminal.domain.ticket import OrderTerms, OrderTicket

TIMES = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.RPI: "RPI",
}


def staged_words(ticket: OrderTicket, contract: Contract) -> str:
    """``Sell 2 XBTUSDTM at market, reduce-only, if mark falls to 98.5?``: all that is sent."""
    parts = [_what(ticket, contract), lane_of(ticket)]
    parts += [
        word
        for word, is_set in (
            ("post-only", ticket.is_post_only),
            ("reduce-only", ticket.is_reduce_only),
        )
        if is_set
    ]
    parts += _terms(ticket.terms)
    trigger = ticket.trigger
    if trigger is not None:
        at = text.price(trigger.price, contract)
        parts.append(words(trigger.direction, trigger.reference, at))
    if ticket.exits is not None:
        parts.append(exits_words(ticket.exits, contract))
    return f"{', '.join(part for part in parts if part)}?"


def lane_of(ticket: OrderTicket) -> str:
    """The lane of a ticket; empty in one-way mode."""
    lane = ticket.terms.position_side
    return "" if lane is None else lane_words(lane)


def _what(ticket: OrderTicket, contract: Contract) -> str:
    if ticket.is_close_order:
        return f"Close all of {ticket.symbol} at market"
    verb = "Buy" if ticket.side is Side.BUY else "Sell"
    where = "at market"
    if ticket.order_type is OrderType.LIMIT and ticket.price is not None:
        where = f"at {text.price(ticket.price, contract)}"
    return f"{verb} {text.whole(ticket.lots or 0)} {ticket.symbol} {where}"


def _terms(terms: OrderTerms) -> list[str]:
    found: list[str] = []
    if terms.time_in_force is not None:
        found.append(TIMES[terms.time_in_force])
    if terms.is_hidden:
        found.append("hidden")
    if terms.visible_lots is not None:
        found.append(f"{text.whole(terms.visible_lots)} lots seen")
    if terms.self_trade is not None:
        found.append(f"against own orders {terms.self_trade.value}")
    if terms.holds_margin:
        found.append("holds margin")
    return found


def condition_words(kind: OrderKind, reference: StopReference) -> tuple[str, str]:
    """What a trigger means for a buy and for a sell: ``if mark falls to it``."""
    buy, sell = (words(direction_of(kind.purpose, side), reference, "it") for side in Side)
    return buy, sell
