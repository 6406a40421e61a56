"""Tickets as text and back, exactly: whole numbers stay whole, decimals are plain text."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from terminal.domain.events import (
    MarginMode,
    OrderType,
    PositionSide,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
)
from terminal.domain.ticket import AttachedExits, OrderTerms, OrderTicket, StopTrigger
from terminal.domain.units import Lots, Price, Side, Symbol, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

Word = TypeVar("Word", bound=Enum)


def ticket_text(ticket: OrderTicket) -> str:
    """Write a ticket as one JSON object; what is not said of the order is left out."""
    words: dict[str, Any] = {
        "symbol": ticket.symbol,
        "type": ticket.order_type.value,
        "side": None if ticket.side is None else ticket.side.value,
        "price": ticket.price,
        "lots": ticket.lots,
        "margin_mode": ticket.margin_mode.value,
        "leverage": None if ticket.leverage is None else plain(ticket.leverage),
        "post_only": ticket.is_post_only,
        "reduce_only": ticket.is_reduce_only,
        "close_order": ticket.is_close_order,
        "trigger": _trigger_words(ticket.trigger),
        "exits": _exit_words(ticket.exits),
        **_term_words(ticket.terms),
    }
    said = {name: value for name, value in words.items() if value not in (None, False, "")}
    return json.dumps(said, separators=(",", ":"))


def ticket_of(text: str) -> OrderTicket:
    """Read a ticket that ``ticket_text`` wrote. Raises ``ValueError`` for anything else."""
    try:
        words = json.loads(text)
        return _ticket(words)
    except (KeyError, TypeError, AttributeError, InvalidOperation, RecursionError) as error:
        raise ValueError(f"no ticket: {type(error).__name__}") from error


def _ticket(words: Mapping[str, Any]) -> OrderTicket:
    leverage = words.get("leverage")
    return OrderTicket(
        symbol=Symbol(_text(words["symbol"])),
        order_type=OrderType(words["type"]),
        side=_word(Side, words.get("side")),
        price=_price(words.get("price")),
        lots=_lots(words.get("lots")),
        margin_mode=MarginMode(words["margin_mode"]),
        leverage=None if leverage is None else Decimal(_text(leverage)),
        is_post_only=bool(words.get("post_only", False)),
        is_reduce_only=bool(words.get("reduce_only", False)),
        is_close_order=bool(words.get("close_order", False)),
        trigger=_trigger(words.get("trigger")),
        exits=_exits(words.get("exits")),
        terms=OrderTerms(
            time_in_force=_word(TimeInForce, words.get("time_in_force")),
            self_trade=_word(SelfTrade, words.get("self_trade")),
            position_side=_word(PositionSide, words.get("position_side")),
            is_hidden=bool(words.get("hidden", False)),
            visible_lots=_lots(words.get("visible_lots")),
            holds_margin=bool(words.get("holds_margin", False)),
            remark=_text(words.get("remark", "")),
        ),
    )


def _trigger_words(trigger: StopTrigger | None) -> dict[str, str | int] | None:
    if trigger is None:
        return None
    return {
        "direction": trigger.direction.value,
        "reference": trigger.reference.value,
        "price": trigger.price,
    }


def _trigger(words: Mapping[str, Any] | None) -> StopTrigger | None:
    if words is None:
        return None
    return StopTrigger(
        StopDirection(words["direction"]),
        StopReference(words["reference"]),
        Price(_whole(words["price"])),
    )


def _exit_words(exits: AttachedExits | None) -> dict[str, str | int] | None:
    if exits is None:
        return None
    prices = {"up": exits.up, "down": exits.down}
    said = {name: price for name, price in prices.items() if price is not None}
    return {"reference": exits.reference.value, **said}


def _exits(words: Mapping[str, Any] | None) -> AttachedExits | None:
    if words is None:
        return None
    reference = StopReference(words["reference"])
    return AttachedExits(reference, _price(words.get("up")), _price(words.get("down")))


def _term_words(terms: OrderTerms) -> dict[str, Any]:
    return {
        "time_in_force": None if terms.time_in_force is None else terms.time_in_force.value,
        "self_trade": None if terms.self_trade is None else terms.self_trade.value,
        "position_side": None if terms.position_side is None else terms.position_side.value,
        "hidden": terms.is_hidden,
        "visible_lots": terms.visible_lots,
        "holds_margin": terms.holds_margin,
        "remark": terms.remark,
    }


def _word(kind: type[Word], value: object) -> Word | None:
    return None if value is None else kind(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _price(value: object) -> Price | None:
    return None if value is None else Price(_whole(value))


def _lots(value: object) -> Lots | None:
    return None if value is None else Lots(_whole(value))
