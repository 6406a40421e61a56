"""Rules of the guard about what would be held: position, leverage, margin, liquidation.

Only opening orders come here: ``guard`` sends no others. The arithmetic is in ``risk``; what it
says of margin and liquidation is an estimate and is called so.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from terminal.domain.events import MarginMode
from terminal.domain.guard_terms import WHERE, Block, BlockField
from terminal.domain.risk import (
    after_order,
    cross_needed,
    gain,
    isolated_needed,
    liquidation_price,
    maintenance_rate,
    opening_lots,
    order_margin,
)
from terminal.domain.units import Lots, Side, plain, spaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.domain.contract import Contract
    from terminal.domain.guard_terms import GuardFacts, GuardLimits, Holding
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Price

_FEWER = f"Take fewer lots, or change the limit under {WHERE}."
_LESS = f"Take fewer lots or less leverage, or change the limit under {WHERE}."
_FUND = f"Take fewer lots, transfer more in, or switch the rule off under {WHERE}."


def risk_rules(
    ticket: OrderTicket, contract: Contract, facts: GuardFacts, limits: GuardLimits
) -> Iterator[Block]:
    """All rules about what would be held once a ticket has filled."""
    most = limits.of(contract.symbol).max_position
    if most is not None:
        yield from _position(ticket, facts, most)
    leverage = _leverage(ticket, facts)
    if limits.max_leverage is not None:
        yield from _leverage_cap(leverage, limits.max_leverage)
    if limits.checks_margin:
        yield from _margin(ticket, contract, facts, leverage)
    if limits.liquidation_percent is not None:
        yield from _liquidation(ticket, contract, facts, leverage, limits.liquidation_percent)


def worst_price(ticket: OrderTicket, facts: GuardFacts) -> Price | None:
    """The price a ticket is valued at: its limit, else its stop, else the far side of the touch.

    The exchange's own basis for market orders is not established (API reference 7.3).
    """
    if ticket.price is not None:
        return ticket.price
    if ticket.trigger is not None:
        return ticket.trigger.price
    if facts.touch is None:
        return None
    return facts.touch.best_ask if ticket.side is Side.BUY else facts.touch.best_bid


def rounded(amount: Decimal) -> str:
    """An amount as it is told: whole cents of large ones, six decimals of small ones, rounded up.

    What is over a limit must not look like the limit.
    """
    step = Decimal("0.01") if amount >= 10 else Decimal("0.000001")
    return spaced(amount.quantize(step, ROUND_CEILING))


def _unknown(what: str, limit: str, field: BlockField) -> Block:
    return Block(
        field,
        f"{what} not known, and {limit}.",
        f"Wait for it, or change the limit under {WHERE}.",
    )


def _leverage(ticket: OrderTicket, facts: GuardFacts) -> Decimal | None:
    """That of the order when isolated, the contract's when cross; None while it is not known."""
    leverage = ticket.leverage
    if ticket.margin_mode is MarginMode.CROSS:
        leverage = facts.cross_leverage
    return leverage if leverage is not None and leverage > 0 else None


def _position(ticket: OrderTicket, facts: GuardFacts, most: int) -> Iterator[Block]:
    """What is held in the ticket's direction after it and all working entries have filled."""
    side, lots = ticket.side, ticket.lots
    if facts.holding is None or facts.entries is None or side is None or lots is None:
        limit = f"your limit is {spaced(most)} lots held"
        yield _unknown("The position or its orders are", limit, BlockField.POSITION)
        return
    held = facts.holding.lots
    working = sum(e.lots for e in facts.entries if e.side is side or e.side is None)
    worst = held * side.sign + working + lots
    if worst > most:
        word = "long" if side is Side.BUY else "short"
        beside = f", {working} in working entries," if working else ""
        yield Block(
            BlockField.POSITION,
            f"{spaced(worst)} lots {word} when this{beside} has filled; your limit is "
            f"{spaced(most)}.",
            _FEWER,
        )


def _leverage_cap(leverage: Decimal | None, most: Decimal) -> Iterator[Block]:
    if leverage is None:
        yield _unknown("The leverage is", f"your limit is {plain(most)}x", BlockField.LEVERAGE)
    elif leverage > most:
        yield Block(
            BlockField.LEVERAGE,
            f"The leverage is {plain(leverage)}x; your limit is {plain(most)}x.",
            f"Set less leverage, or change the limit under {WHERE}.",
        )


def _margin(
    ticket: OrderTicket, contract: Contract, facts: GuardFacts, leverage: Decimal | None
) -> Iterator[Block]:
    price, held, entries = worst_price(ticket, facts), facts.holding, facts.entries
    if price is None or price <= 0 or ticket.trigger is not None:
        return  # blocked already, or freezes nothing before it fires
    side, lots = ticket.side, ticket.lots
    if held is None or entries is None or side is None or lots is None:
        yield _unknown("The position is", "the margin is to be checked", BlockField.MARGIN)
        return
    if leverage is None or facts.available is None:
        what = "The leverage is" if leverage is None else "The available balance is"
        yield _unknown(what, "the margin is to be checked", BlockField.MARGIN)
        return
    entries = [entry for entry in entries if not entry.waits]
    at = contract.scale.decimal(price)
    rule = cross_needed if ticket.margin_mode is MarginMode.CROSS else isolated_needed
    needed = rule(contract, held.lots, entries, (side, lots, at), leverage)
    if not needed:
        return
    under_way = sum(
        (
            order_margin(contract, at if entry.price is None else entry.price, entry.lots, leverage)
            for entry in entries
            if not entry.is_held
        ),
        Decimal(0),
    )
    left = facts.available - under_way
    if needed > left:
        currency = contract.settle_currency
        beside = " beside the orders under way" if under_way else ""
        yield Block(
            BlockField.MARGIN,
            f"Needs about {rounded(needed)} {currency} of margin and fees (estimated); "
            f"{spaced(left)} {currency} are available{beside}.",
            _FUND,
        )


# Liquidation -------------------------------------------------------------------------------------


def _liquidation(
    ticket: OrderTicket,
    contract: Contract,
    facts: GuardFacts,
    leverage: Decimal | None,
    least: Decimal,
) -> Iterator[Block]:
    price, held, side, lots = worst_price(ticket, facts), facts.holding, ticket.side, ticket.lots
    if price is None or price <= 0:
        return  # blocked already
    limit = f"liquidation must stay {plain(least)} % away"
    if facts.mark is None or facts.mark.value <= 0 or not facts.tiers:
        what = "The mark price is" if facts.tiers else "The risk levels are"
        yield _unknown(what, limit, BlockField.LIQUIDATION)
        return
    if held is None or leverage is None or side is None or lots is None:
        what = "The position is" if held is None else "The leverage is"
        yield _unknown(what, limit, BlockField.LIQUIDATION)
        return
    signed = side.sign * lots
    if not opening_lots(held.lots, (), side, lots):
        return  # less is held afterwards
    at, mark = contract.scale.decimal(price), facts.mark.value
    if ticket.margin_mode is MarginMode.CROSS:
        liquidated = _cross(contract, facts, held, (signed, at))
    else:
        liquidated = _isolated(contract, facts, held, (signed, at, leverage))
    if isinstance(liquidated, str):
        yield _unknown(liquidated, limit, BlockField.LIQUIDATION)
        return
    # A resting order fills where the market has come to its price: the distance counts from there.
    total = held.lots + signed
    near = min(mark, at) if total > 0 else max(mark, at)
    if liquidated is None or total == 0:
        return
    away = (near - liquidated) * (1 if total > 0 else -1)
    if away * 100 < least * near:
        shown = f"{liquidated:.{contract.scale.decimals}f}"
        off = max(Decimal(0), away * 100 / near)
        yield Block(
            BlockField.LIQUIDATION,
            f"Liquidation is estimated at {shown}, {off:.2f} % away; "
            f"your limit is {plain(least)} %.",
            _LESS,
        )


def _isolated(
    contract: Contract, facts: GuardFacts, held: Holding, order: tuple[int, Decimal, Decimal]
) -> Decimal | str | None:
    after = after_order(contract, held, *order)
    if after.margin is None or after.entry is None:
        return "The margin of the position is"
    value = contract.settle_value(after.entry, after.lots).amount
    rate = maintenance_rate(contract, facts.tiers, value) + contract.taker_fee_rate
    return liquidation_price(contract, after.lots, after.entry, after.margin, rate)


def _cross(
    contract: Contract, facts: GuardFacts, held: Holding, order: tuple[int, Decimal]
) -> Decimal | str | None:
    """By the risk rate: what backs the position at the mark price falls to what it must keep.

    Other contracts keep what they hold now, which is more than they must: nearer than it will be.
    """
    if facts.available is None or held.margin is None or facts.mark is None:
        return "The available balance is"
    signed, at = order
    mark = facts.mark.value
    total = held.lots + signed
    fee = contract.settle_value(at, Lots(signed)).amount * contract.taker_fee_rate
    balance = facts.available + held.margin + gain(contract, signed, at, mark) - fee
    value = contract.settle_value(mark, Lots(total)).amount
    rate = maintenance_rate(contract, facts.tiers, value) + contract.taker_fee_rate
    return liquidation_price(contract, total, mark, balance, rate)
