"""What an order would change: value, margin, fees, liquidation, risk level, what is left.

Estimates by ``risk`` and ``breakeven``, in the settle currency; None is "not known", never zero.
Nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.breakeven import Backing, StagedOrder, liquidation
from terminal.domain.events import MarginMode
from terminal.domain.guard_terms import Holding, gets_out
from terminal.domain.risk import cross_needed, gain, isolated_needed
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.guard_terms import GuardFacts
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.ticket import OrderTicket

_ZERO = Decimal(0)


@final
class RiskLevel(NamedTuple):
    """The isolated risk level that is set; where nobody told it, the lowest, as it is at first."""

    number: int
    is_told: bool


@final
@dataclass(frozen=True, slots=True)
class Effect:
    """What one order does when all of it fills at one price.

    ``signed`` are the lots that fill: those of a reducing order beyond the position do not.
    ``margin`` is the initial margin and the taker's fee that it freezes beyond what is frozen.
    ``tiers`` are the isolated risk levels before and after, None in cross mode; ``level`` is the
    one that is set, which holds whatever the value is (API reference 3.12, 3.15).
    """

    signed: int
    held: int | None
    value: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    margin: Decimal | None
    available: Decimal | None
    liquidation: Decimal | None
    tiers: tuple[RiskTier, RiskTier] | None
    level: RiskLevel | None = None

    @property
    def after(self) -> int | None:
        """Signed lots held afterwards."""
        return None if self.held is None else self.held + self.signed

    @property
    def needs_level(self) -> int | None:
        """The risk level it needs above the one that is set; None where that one is enough.

        The exchange does not raise an isolated level by itself: it refuses the order (300005).
        """
        if self.tiers is None or self.level is None or self.signed == 0:
            return None
        after, held = self.tiers[1].level, self.held or 0
        is_more = abs(held + self.signed) > abs(held) or held * (held + self.signed) < 0
        return after if is_more and after > self.level.number else None

    @property
    def is_refused(self) -> bool:
        """Whether the exchange is sure to refuse it for its risk level."""
        return self.level is not None and self.level.is_told and self.needs_level is not None


def filling(ticket: OrderTicket, held: int | None) -> int:
    """The signed lots of a ticket that can fill beside signed lots held."""
    if ticket.is_close_order:
        return -(held or 0)
    if ticket.side is None or ticket.lots is None:
        return 0
    signed = ticket.side.sign * ticket.lots
    if not gets_out(ticket) or held is None:
        return signed
    if held * signed >= 0:
        return 0
    return max(signed, -held) if signed < 0 else min(signed, -held)


def leverage_of(ticket: OrderTicket, facts: GuardFacts) -> Decimal | None:
    """That of the order when isolated, the contract's when cross."""
    is_cross = ticket.margin_mode is MarginMode.CROSS
    found = facts.cross_leverage if is_cross else ticket.leverage
    return found if found is not None and found > 0 else None


def effect_of(ticket: OrderTicket, contract: Contract, facts: GuardFacts, price: Decimal) -> Effect:
    """What a ticket would do if it filled at a price above zero."""
    held = None if facts.holding is None else int(facts.holding.lots)
    signed = filling(ticket, held)
    value = contract.settle_value(price, Lots(signed)).amount
    leverage = leverage_of(ticket, facts)
    margin = _margin(ticket, contract, facts, (signed, price), leverage)
    return Effect(
        signed=signed,
        held=held,
        value=value,
        maker_fee=value * contract.maker_fee_rate,
        taker_fee=value * contract.taker_fee_rate,
        margin=margin,
        available=_available(contract, facts, (signed, price), margin),
        liquidation=_liquidation(ticket, contract, facts, (signed, price), leverage),
        tiers=_tiers(ticket, contract, facts, (signed, price)),
        level=_level(facts),
    )


def _margin(
    ticket: OrderTicket,
    contract: Contract,
    facts: GuardFacts,
    order: tuple[int, Decimal],
    leverage: Decimal | None,
) -> Decimal | None:
    signed, price = order
    if gets_out(ticket) or not signed:
        return _ZERO
    held, entries, side = facts.holding, facts.entries, ticket.side
    if held is None or entries is None or side is None or leverage is None:
        return None
    freezing = [entry for entry in entries if not entry.waits]
    rule = cross_needed if ticket.margin_mode is MarginMode.CROSS else isolated_needed
    return rule(contract, held.lots, freezing, (side, abs(signed), price), leverage)


def _available(
    contract: Contract, facts: GuardFacts, order: tuple[int, Decimal], margin: Decimal | None
) -> Decimal | None:
    """What is left: without what is frozen, with what the closed part gives back and earns."""
    held, (signed, price) = facts.holding, order
    if facts.available is None or margin is None or held is None:
        return None
    closed = _closed(held.lots, signed)
    if not closed:
        return facts.available - margin
    if held.margin is None or held.entry is None:
        return None
    back = held.margin * closed / abs(held.lots)
    sign = 1 if held.lots > 0 else -1
    earned = gain(contract, sign * closed, held.entry, price)
    fee = contract.settle_value(price, Lots(closed)).amount * contract.taker_fee_rate
    return facts.available - margin + back + earned - fee


def _closed(held: int, signed: int) -> int:
    return min(abs(held), abs(signed)) if held * signed < 0 else 0


def _liquidation(
    ticket: OrderTicket,
    contract: Contract,
    facts: GuardFacts,
    order: tuple[int, Decimal],
    leverage: Decimal | None,
) -> Decimal | None:
    held, (signed, price) = facts.holding, order
    if held is None or leverage is None or not facts.tiers:
        return None
    mark = None if facts.mark is None else facts.mark.value
    backing = Backing(ticket.margin_mode, facts.available, mark)
    staged = StagedOrder(signed, price, leverage) if signed else None
    return liquidation(contract, held, backing, facts.tiers, staged)


def _tiers(
    ticket: OrderTicket, contract: Contract, facts: GuardFacts, order: tuple[int, Decimal]
) -> tuple[RiskTier, RiskTier] | None:
    held, (signed, price) = facts.holding, order
    if held is None or not facts.tiers or ticket.margin_mode is MarginMode.CROSS:
        return None
    before = _value(contract, held, price)
    after = contract.settle_value(price, Lots(held.lots + signed)).amount
    if held.lots * signed > 0:  # by which price the held part counts is not established: the less
        after = min(after, before + contract.settle_value(price, Lots(signed)).amount)
    return tier_of(facts.tiers, before), tier_of(facts.tiers, after)


def _level(facts: GuardFacts) -> RiskLevel | None:
    if facts.risk_level is not None:
        return RiskLevel(facts.risk_level, is_told=True)
    return RiskLevel(facts.tiers[0].level, is_told=False) if facts.tiers else None


def _value(contract: Contract, held: Holding, price: Decimal) -> Decimal:
    at = price if held.entry is None else held.entry
    return contract.settle_value(at, held.lots).amount


def tier_of(tiers: Sequence[RiskTier], value: Decimal) -> RiskTier:
    """The risk level of an unsigned value; above the highest that one. ``tiers`` is not empty."""
    return next((tier for tier in tiers if value <= tier.max_value), tiers[-1])
