"""Tickets, events and procedures of the order journal in words that a trader reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.intention import EventKind, Purpose, Source
from terminal.domain.units import Price
from terminal.viewmodels import text

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.intention import Detail, JournalEvent, Procedure
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTerms, OrderTicket, StopTrigger

SOURCES = {
    Source.REPLY: "reply",
    Source.STREAM: "stream",
    Source.REST: "REST",
    Source.ASSUMED: "assumed",
    Source.OWN: "own",
}
PURPOSES = {
    Purpose.SUBMIT: "an order by itself",
    Purpose.MOVE: "the new order of a move",
    Purpose.CANCEL: "a cancel",
    Purpose.FLATTEN: "flattening the contract",
    Purpose.REVERSE: "reversing the position",
    Purpose.CLOSE: "closing a share of the position",
    Purpose.PROTECT: "protecting the position",
    Purpose.BRACKET: "an exit of a bracket",
    Purpose.PAIR: "a pair of which one cancels the other",
}
_WAYS = {"rest": "by REST", "socket": "over the order socket"}
_COMMANDS = {"place": "The order", "cancel": "The cancel"}
_SAID = {
    "accepted": "was accepted",
    "rejected": "was refused",
    "notsent": "was not sent",
    "unknown": "was not answered: nobody knows what became of it",
}


def price_words(ticks: object, contract: Contract | None) -> str:
    """A price in ticks as text; ticks where the contract is not known."""
    if contract is None or not isinstance(ticks, int):
        return f"{ticks} ticks"
    return text.price(Price(ticks), contract)


def ticket_words(ticket: OrderTicket, contract: Contract | None) -> str:
    """What was meant, all of it: side, size, price, and every term that is not the usual one."""
    if ticket.is_close_order:
        parts = [f"Close {ticket.symbol} at market"]
    else:
        side = "" if ticket.side is None else ticket.side.value.capitalize()
        where = "market" if ticket.price is None else price_words(ticket.price, contract)
        parts = [f"{side} {text.whole(ticket.lots or 0)} {ticket.symbol} at {where}"]
    if ticket.trigger is not None:
        parts.append(_trigger_words(ticket.trigger, contract))
    parts += [
        word
        for word, is_set in (
            ("post-only", ticket.is_post_only),
            ("reduce-only", ticket.is_reduce_only),
        )
        if is_set
    ]
    parts += _term_words(ticket.terms)
    if ticket.exits is not None:
        for word, price in (("above", ticket.exits.up), ("below", ticket.exits.down)):
            if price is not None:
                at = price_words(price, contract)
                parts.append(f"closed {word} at {at} ({ticket.exits.reference.value} price)")
    margin = ticket.margin_mode.value
    parts.append(margin if ticket.leverage is None else f"{margin} {ticket.leverage:f}x")
    return ", ".join(parts)


def _trigger_words(trigger: StopTrigger, contract: Contract | None) -> str:
    at = price_words(trigger.price, contract)
    return f"once the {trigger.reference.value} price goes {trigger.direction.value} to {at}"


def _term_words(terms: OrderTerms) -> list[str]:
    words = []
    if terms.time_in_force is not None:
        words.append(terms.time_in_force.value)
    if terms.self_trade is not None:
        words.append(f"against own orders: {terms.self_trade.value}")
    if terms.position_side is not None:
        words.append(f"{terms.position_side.value} side")
    if terms.is_hidden:
        words.append("hidden")
    if terms.visible_lots is not None:
        words.append(f"{text.whole(terms.visible_lots)} lots seen")
    if terms.holds_margin:
        words.append("holds margin")
    return words


def order_words(order: Order, contract: Contract | None) -> str:
    """What is known of an order that was not meant here."""
    side = "Close" if order.side is None else order.side.value.capitalize()
    size = f" {text.whole(order.lots)}" if order.lots else ""
    where = "" if order.price is None else f" at {price_words(order.price, contract)}"
    if order.price is None and order.order_type.value == "market":
        where = " at market"
    return f"{side}{size} {order.symbol}{where}"


def state_words(order: Order) -> str:
    """How an order stands as far as it is known."""
    words = f"{order.state.value}: {_lots(order.lots)}, {order.filled} filled"
    if order.canceled:
        words = f"{words}, {order.canceled} canceled"
    return f"{words}. {order.reason}".rstrip(" ")


def event_words(event: JournalEvent, contract: Contract | None) -> str:
    """What an event told. A detail that nobody knows here is shown as it was written."""
    words = _WORDS[event.what](event.detail, contract)
    return words or ", ".join(f"{name} {value}" for name, value in event.detail.items())


def procedure_words(procedure: Procedure) -> str:
    """What a procedure was for, how far it came, and how it ended."""
    steps = f" Steps: {', '.join(one.name for one in procedure.steps)}." if procedure.steps else ""
    if procedure.ended_at is None:
        end = "Not ended yet."
    else:
        end = f"Ended at {text.clock_time(procedure.ended_at)}. {procedure.end}".rstrip()
    return f"{procedure.wanted.rstrip('.')}.{steps} {end}"


def _signed(detail: Detail, _contract: Contract | None) -> str:
    return f"Signed, to be sent {_WAYS.get(str(detail.get('route')), '')}".rstrip() + "."


def _answered(detail: Detail, _contract: Contract | None) -> str:
    what = _COMMANDS.get(str(detail.get("command")), "The command")
    outcome = str(detail.get("outcome"))
    words = f"{what} {_SAID.get(outcome, outcome)}"
    way = _WAYS.get(str(detail.get("route")), "")
    sentence = str(detail.get("sentence", ""))
    evidence = " ".join(str(detail[one]) for one in ("code", "exchange_text") if detail.get(one))
    words = f"{words} {way}".rstrip() + "."
    words = f"{words} {sentence}".rstrip()
    return f"{words} ({evidence})" if evidence else words


def _updated(detail: Detail, _contract: Contract | None) -> str:
    if "state" not in detail:
        return ""
    counts = f"{_lots(detail.get('lots'))}, {detail.get('filled')} filled"
    if detail.get("canceled"):
        counts = f"{counts}, {detail['canceled']} canceled"
    return f"{detail['state']}: {counts}. {detail.get('reason', '')}".rstrip()


def filled_words(detail: Detail, contract: Contract | None) -> str:
    """What a fill was, with its price in ticks."""
    if "lots" not in detail:
        return ""
    verb = "Bought" if detail.get("side") == "buy" else "Sold"
    at = price_words(detail.get("price"), contract)
    words = f"{verb} {detail['lots']} at {at} as {detail.get('liquidity')}"
    return f"{words}, trade {detail.get('trade_id')}."


def _resolved(detail: Detail, _contract: Contract | None) -> str:
    if "questions" not in detail:
        return ""
    return f"Concluded that it {detail.get('found')}: asked {detail['questions']} times in vain."


def _lots(lots: object) -> str:
    return "1 lot" if lots == 1 else f"{lots} lots"


_WORDS = {
    EventKind.SIGNED: _signed,
    EventKind.ANSWERED: _answered,
    EventKind.UPDATED: _updated,
    EventKind.FILLED: filled_words,
    EventKind.RESOLVED: _resolved,
}
