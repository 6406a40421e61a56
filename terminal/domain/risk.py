"""Margin and liquidation of what is not there yet: all figures here are estimates.

They follow the exchange's published formulas (API reference 7.1 to 7.5) with the taker's fee in
place of the fee of a liquidation, which is not published. What the exchange itself says of a
position is always to be believed more. Decimal throughout, in the settle currency.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.guard_terms import Holding
from terminal.domain.units import Lots, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.guard_terms import Entry
    from terminal.domain.market_facts import RiskTier

_ZERO = Decimal(0)


# Margin ------------------------------------------------------------------------------------------


def order_margin(contract: Contract, price: Decimal, lots: int, leverage: Decimal) -> Decimal:
    """What an opening order of so many lots freezes: value over leverage, and the taker's fee.

    Source: API reference 7.3. ``price`` and ``leverage`` are above zero.
    """
    value = contract.settle_value(price, Lots(lots)).amount
    return value / leverage + value * contract.taker_fee_rate


def opening_lots(held: int, entries: Sequence[Entry], side: Side, lots: int) -> int:
    """How many lots of a new order would open, beside a position and the orders that stand.

    Lots against the position close it and freeze nothing; the older orders of that side close
    first.
    """
    covering = max(0, -held * side.sign)
    if not covering:
        return lots
    ahead = sum(entry.lots for entry in entries if entry.side is side)
    return lots - min(lots, max(0, covering - ahead))


def isolated_needed(
    contract: Contract,
    held: int,
    entries: Sequence[Entry],
    order: tuple[Side, int, Decimal],
    leverage: Decimal,
) -> Decimal:
    """What an order (side, lots, price) freezes in isolated mode beyond what is frozen."""
    side, lots, price = order
    return order_margin(contract, price, opening_lots(held, entries, side, lots), leverage)


def cross_needed(
    contract: Contract,
    held: int,
    entries: Sequence[Entry],
    order: tuple[Side, int, Decimal],
    leverage: Decimal,
) -> Decimal:
    """The same in cross mode, where only the side of a contract that would open more counts.

    Source: API reference 7.3, last paragraph.
    """
    side, lots, price = order
    own = _opened_value(contract, held, entries, side, price)
    other = _opened_value(contract, held, entries, side.opposite, price)
    opens = opening_lots(held, entries, side, lots)
    more = own + contract.settle_value(price, Lots(opens)).amount
    growth = max(more, other) - max(own, other)
    return growth / leverage + growth * contract.taker_fee_rate


def _opened_value(
    contract: Contract, held: int, entries: Sequence[Entry], side: Side, price: Decimal
) -> Decimal:
    """The value of what the orders of a side would open, the oldest closing first."""
    covering, total = max(0, -held * side.sign), _ZERO
    is_inverse = contract.is_inverse
    for entry in entries:
        if entry.side is not side:
            continue
        covered = min(covering, entry.lots)
        covering -= covered
        at = price if entry.price is None else entry.price
        # Not by ``settle_value``: this runs at each key press, over all working orders.
        total += (entry.lots - covered) / at if is_inverse else (entry.lots - covered) * at
    return total * contract.multiplier


# After a fill ------------------------------------------------------------------------------------


def after_order(
    contract: Contract, held: Holding, signed: int, price: Decimal, leverage: Decimal
) -> Holding:
    """An isolated holding after so many signed lots (not zero) filled at a price.

    Closing takes its share of the margin along, the entry stays; opening adds its value over the
    leverage and averages the entry (API reference 7.1). The margin stays None if it is not known.
    """
    total = held.lots + signed
    if total == 0:
        return Holding(Lots(0), None, _ZERO)
    added = contract.settle_value(price, Lots(signed)).amount / leverage
    if held.lots == 0 or held.entry is None:
        return Holding(Lots(total), price, added)
    if held.lots * signed < 0:
        if held.lots * total < 0:
            opened = contract.settle_value(price, Lots(total)).amount / leverage
            return Holding(Lots(total), price, opened)
        share = Decimal(total) / held.lots
        kept = None if held.margin is None else held.margin * share
        return Holding(Lots(total), held.entry, kept)
    margin = None if held.margin is None else held.margin + added
    if contract.is_inverse:
        entry = total / (held.lots / held.entry + signed / price)
    else:
        entry = (held.lots * held.entry + signed * price) / total
    return Holding(Lots(total), entry, margin)


def maintenance_rate(contract: Contract, tiers: Sequence[RiskTier], value: Decimal) -> Decimal:
    """The maintenance rate for an unsigned value in the settle currency, by risk level.

    Above the highest level that one's; without levels the contract's lowest. Source: API reference
    3.12. In cross mode the exchange's own curve (7.6) lies below these steps.
    """
    for tier in tiers:
        if value <= tier.max_value:
            return tier.maintenance_rate
    return tiers[-1].maintenance_rate if tiers else contract.maintenance_rate


def liquidation_price(
    contract: Contract, lots: int, at: Decimal, balance: Decimal, rate: Decimal
) -> Decimal | None:
    """The price at which a holding of signed lots keeps no more than it must; None without one.

    ``at`` is the price at which ``balance`` is what it can lose: the average entry with its own
    margin when isolated; the mark price with all that backs it there when cross, which is the same
    line by another of its points. ``rate`` is what must be left of the value: maintenance and fee.
    Source: API reference 7.5, isolated since May 2025 and cross. Not rounded.
    """
    if lots == 0:
        return None
    sign = 1 if lots > 0 else -1
    size = contract.multiplier * abs(lots)
    if contract.is_inverse:
        below = size / at + sign * balance
        price = size * (1 + sign * rate) / below if below > 0 else _ZERO
    else:
        price = (at - sign * balance / size) / (1 - sign * rate)
    return price if price > 0 else None


def gain(contract: Contract, signed: int, price: Decimal, mark: Decimal) -> Decimal:
    """What signed lots that were bought or sold at one price have earned at another."""
    size = contract.multiplier * signed
    if contract.is_inverse:
        return size / price - size / mark
    return size * (mark - price)
