"""Pre-trade checks: a list of blocks with field, limit and way out, never an exception.

What is blocked here never leaves the program. The exchange's own refusals are rejections and come
later. An order that only reduces by its words on the wire is stopped by no limit of the user's and
by nothing that is not known, because a limit that keeps a trader from getting out is a danger of
its own: only what the exchange could not take at all is left, its price and size rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain import guard_pace, guard_risk
from terminal.domain.contract import ContractStatus
from terminal.domain.guard_terms import (
    WHERE,
    Block,
    BlockField,
    ContractLimits,
    GuardFacts,
    GuardLimits,
    Touch,
    gets_out,
)
from terminal.domain.units import Side, plain, spaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Price

__all__ = [
    "Block",
    "BlockField",
    "GuardFacts",
    "GuardLimits",
    "Touch",
    "check",
    "ticks_through_touch",
]


def check(
    ticket: OrderTicket, contract: Contract, facts: GuardFacts, limits: GuardLimits
) -> tuple[Block, ...]:
    """List what keeps a ticket from being sent; empty means go. The gravest comes first.

    An opening order is also blocked while something is not known that a rule needs which the user
    has set; the block says what.
    """
    blocks = [*_lot_rules(ticket, contract), *_price_rules(ticket, contract)]
    if gets_out(ticket):
        return tuple(blocks)
    blocks = [
        *_openness(contract, facts),
        *guard_pace.loss_rules(contract, facts, limits),
        *blocks,
        *_reach(ticket, contract, facts, limits),
        *_size(ticket, contract, facts, limits.of(contract.symbol)),
        *guard_pace.pace_rules(ticket, facts, limits),
        *guard_risk.risk_rules(ticket, contract, facts, limits),
    ]
    return tuple(blocks)


def _openness(contract: Contract, facts: GuardFacts) -> Iterator[Block]:
    if contract.status is not ContractStatus.OPEN:
        yield Block(
            BlockField.CONTRACT,
            f"{contract.symbol} takes no new orders: {contract.status.value}.",
            "Reducing and canceling go on.",
        )
    if facts.touch is None:
        yield Block(
            BlockField.BOOK,
            "The order book is not live, so nothing is sent.",
            "Wait for it; reducing and canceling go on.",
        )


# What the exchange could not take ----------------------------------------------------------------


def _lot_rules(ticket: OrderTicket, contract: Contract) -> Iterator[Block]:
    """Lot rules of the contract (API reference 7.11). At least one lot is the ticket's own law."""
    lots = ticket.lots
    if lots is None:
        return
    most = contract.max_market_order_lots if ticket.price is None else contract.max_order_lots
    if lots > most:
        kind = "market" if ticket.price is None else "limit"
        yield Block(
            BlockField.LOTS,
            f"The exchange takes at most {spaced(most)} lots in one {kind} order.",
            "Send it in parts; closing the whole position takes no size.",
        )
    if lots % contract.lot_size:
        down = lots - lots % contract.lot_size
        yield Block(
            BlockField.LOTS,
            f"{contract.symbol} is traded in steps of {contract.lot_size} lots.",
            f"Take {down or contract.lot_size} lots.",
        )


def _price_rules(ticket: OrderTicket, contract: Contract) -> Iterator[Block]:
    """The contract's bound; prices are whole ticks by their type."""
    trigger = None if ticket.trigger is None else ticket.trigger.price
    for word, price in (("price", ticket.price), ("stop price", trigger)):
        if price is not None and not 0 < price <= contract.max_price:
            top = plain(contract.scale.decimal(contract.max_price))
            yield Block(
                BlockField.PRICE,
                f"The {word} is outside what {contract.symbol} allows, which is up to {top}.",
                "Choose a price inside.",
            )


# How far and how much ----------------------------------------------------------------------------


def _reach(
    ticket: OrderTicket, contract: Contract, facts: GuardFacts, limits: GuardLimits
) -> Iterator[Block]:
    price = ticket.price
    if price is None:
        return
    through, what = 0, ""
    if ticket.trigger is not None:
        # It meets the book when it fires: what counts is how far it goes beyond that.
        sign = 0 if ticket.side is None else ticket.side.sign
        through, what = sign * (price - ticket.trigger.price), "its stop price"
    elif facts.touch is not None:
        through = ticks_through_touch(ticket.side, price, facts.touch)
        what = "the best ask" if ticket.side is Side.BUY else "the best bid"
    if through > limits.collar_ticks:
        word = "above" if ticket.side is Side.BUY else "below"
        yield Block(
            BlockField.PRICE,
            f"{through} ticks {word} {what}; the collar is {limits.collar_ticks} ticks.",
            f"Choose a nearer price, or change the collar under {WHERE}.",
        )
    if limits.mark_percent is not None:
        yield from _far(contract.scale.decimal(price), facts, limits.mark_percent)


def _far(price: Decimal, facts: GuardFacts, most: Decimal) -> Iterator[Block]:
    if facts.mark is None or facts.mark.value <= 0:
        yield Block(
            BlockField.PRICE,
            f"The mark price is not known, and your limit is {plain(most)} % from it.",
            f"Wait for it, or change the limit under {WHERE}.",
        )
        return
    mark = facts.mark.value
    if abs(price - mark) * 100 > most * mark:
        off = abs(price - mark) * 100 / mark
        yield Block(
            BlockField.PRICE,
            f"{off:.2f} % from the mark price; your limit is {plain(most)} %.",
            f"Choose a nearer price, or change the limit under {WHERE}.",
        )


def ticks_through_touch(side: Side | None, price: Price, touch: Touch) -> int:
    """How many ticks a limit lies beyond the opposite best price; zero when it would rest."""
    if side is Side.BUY and touch.best_ask is not None:
        return max(0, price - touch.best_ask)
    if side is Side.SELL and touch.best_bid is not None:
        return max(0, touch.best_bid - price)
    return 0


def _size(
    ticket: OrderTicket, contract: Contract, facts: GuardFacts, limits: ContractLimits
) -> Iterator[Block]:
    if ticket.lots is None:
        return
    if limits.max_lots is not None and ticket.lots > limits.max_lots:
        yield Block(
            BlockField.LOTS,
            f"{spaced(ticket.lots)} lots; your limit is {spaced(limits.max_lots)} an order.",
            f"Take fewer, or change the limit under {WHERE}.",
        )
    price = guard_risk.worst_price(ticket, facts)
    if price is None or limits.max_value is None:
        return  # without a book it is blocked already
    value = contract.notional(price, ticket.lots)
    if value.amount > limits.max_value:
        # Never rounded down to what would be allowed.
        yield Block(
            BlockField.VALUE,
            f"Worth {guard_risk.rounded(value.amount)} {value.currency}; your limit is "
            f"{spaced(limits.max_value)} an order.",
            f"Take fewer lots, or change the limit under {WHERE}.",
        )
