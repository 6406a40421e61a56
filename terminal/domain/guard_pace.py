"""Rules of the guard about the trader rather than the order: pace, repeated clicks, the day's loss.

Only opening orders come here: ``guard`` sends no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.guard_terms import WHERE, Block, BlockField
from terminal.domain.units import spaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.domain.contract import Contract
    from terminal.domain.guard_terms import GuardFacts, GuardLimits, Sent
    from terminal.domain.ticket import OrderTicket

_MINUTE_MS = 60_000


def pace_rules(ticket: OrderTicket, facts: GuardFacts, limits: GuardLimits) -> Iterator[Block]:
    """At most so many orders in a window, and none that looks like the one just sent."""
    rate = limits.rate
    if rate is not None:
        since_ms = facts.now_ms - rate.seconds * 1000
        recent = [sent for sent in facts.sent if sent.at_ms > since_ms]
        if len(recent) >= rate.orders:
            wait_ms = recent[-rate.orders].at_ms - since_ms
            yield Block(
                BlockField.PACE,
                f"{len(recent)} orders in {rate.seconds} s; your limit is {rate.orders}.",
                f"Wait {-(-wait_ms // 1000)} s, or change the limit under {WHERE}.",
            )
    if limits.repeat_ms:
        since_ms = facts.now_ms - limits.repeat_ms
        if any(sent.at_ms > since_ms and is_same(ticket, sent) for sent in reversed(facts.sent)):
            yield Block(
                BlockField.PACE,
                f"The same order was sent less than {limits.repeat_ms} ms ago.",
                f"Press again a moment later if it is meant, or change the limit under {WHERE}.",
            )


def is_same(ticket: OrderTicket, sent: Sent) -> bool:
    """Whether a ticket cannot be told from an order that was sent: contract, side, prices, size."""
    trigger = None if ticket.trigger is None else ticket.trigger.price
    return (ticket.symbol, ticket.side, ticket.price, ticket.lots, trigger) == (
        sent.symbol,
        sent.side,
        sent.price,
        sent.lots,
        sent.trigger,
    )


def loss_rules(contract: Contract, facts: GuardFacts, limits: GuardLimits) -> Iterator[Block]:
    """Nothing opens in a settle currency that lost what the user is ready to lose in a day."""
    lockout = facts.lockout
    if lockout is not None:
        yield Block(
            BlockField.LOSS,
            f"Locked until {lockout.until}, {countdown(facts.left_ms)} from now. {lockout.why}",
            f"Reducing and canceling go on; {WHERE} tells more.",
        )
        return
    currency = contract.settle_currency
    most = limits.max_losses.get(currency)
    if most is None or facts.is_loss_lifted:
        return
    if facts.day is None:
        yield Block(
            BlockField.LOSS,
            f"The day's result in {currency} is not known, and your limit is a loss of "
            f"{spaced(most)} {currency}.",
            "It is being read from the exchange's ledger; reducing and canceling go on.",
        )
    elif facts.day.total <= -most:
        yield Block(
            BlockField.LOSS,
            f"The day's result is {spaced(facts.day.total)} {currency}; your limit is a loss of "
            f"{spaced(most)}.",
            "Nothing opens until the next day; reducing and canceling go on.",
        )


def countdown(left_ms: int) -> str:
    """How long something goes on, never less than it does: 3 h 12 min, 12 min, 59 s."""
    if left_ms <= _MINUTE_MS:
        return f"{max(0, -(-left_ms // 1000))} s"
    minutes = -(-left_ms // _MINUTE_MS)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
