"""Gathers what the guard has to know about a ticket, and asks it. The rules are in the domain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.events import MarginMode, PositionSide
from terminal.domain.guard import check
from terminal.domain.guard_terms import (
    NOTHING_HELD,
    Block,
    BlockField,
    Entry,
    GuardFacts,
    Holding,
    gets_out,
)
from terminal.domain.lanes import is_of_lane, lane_block, never_opens, other_lane
from terminal.domain.order import OrderState
from terminal.domain.units import Price, Side
from terminal.session.order_pace import OrderPace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.guard_terms import DayResult, GuardLimits, Lockout, Touch
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, ExactPrice, Symbol
    from terminal.session.account import AccountSession


class Surroundings(Protocol):
    """What the guard is told that neither orders nor account know. Each may be asked at any key."""

    def mark(self, symbol: Symbol) -> ExactPrice | None:
        """The mark price, None while none is fresh."""
        ...

    def tiers(self, symbol: Symbol) -> Sequence[RiskTier]:
        """The risk levels of a contract, lowest first, empty while they are not known."""
        ...

    def day(self, currency: str) -> DayResult | None:
        """What the day brought in a settle currency, None while it is not known."""
        ...

    def lockout(self, currency: str) -> tuple[Lockout, int] | None:
        """What locks a settle currency now, and for how many ms."""
        ...

    def is_lifted(self, currency: str) -> bool:
        """Whether the day's loss rests, because its lock-out was ended before its time."""
        ...

    def refusal(self) -> str:
        """Why nothing may be opened at all, one sentence; empty when it may."""
        ...


class Working(Protocol):
    """The working orders, as the desk keeps them."""

    def working(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """Orders that may still fill, oldest first."""
        ...


@final
class Nowhere:
    """Surroundings of a desk that has none: nothing is known of them and nothing is locked."""

    def mark(self, symbol: Symbol) -> ExactPrice | None:
        """Unknown."""
        del symbol
        return None

    def tiers(self, symbol: Symbol) -> Sequence[RiskTier]:
        """Unknown."""
        del symbol
        return ()

    def day(self, currency: str) -> DayResult | None:
        """Unknown."""
        del currency
        return None

    def lockout(self, currency: str) -> tuple[Lockout, int] | None:
        """Nothing is locked."""
        del currency
        return None

    def is_lifted(self, currency: str) -> bool:
        """Nothing was."""
        del currency
        return False

    def refusal(self) -> str:
        """Nothing is refused."""
        return ""


@final
class Guarding:
    """The guard of one desk. ``surroundings`` are set by whoever has them."""

    def __init__(
        self,
        desk: Working,
        account: AccountSession,
        clock: Clock,
        touch_of: Callable[[Symbol], Touch | None],
        limits: Callable[[], GuardLimits],
    ) -> None:
        self._desk = desk
        self._account = account
        self._touch_of = touch_of
        self._limits = limits
        self.pace = OrderPace(clock)
        self.surroundings: Surroundings = Nowhere()

    @property
    def limits(self) -> GuardLimits:
        """The limits that hold now."""
        return self._limits()

    def blocks(
        self,
        ticket: OrderTicket,
        contract: Contract,
        replacing: ClientOid | None = None,
        *,
        as_if_flat: bool = False,
    ) -> tuple[Block, ...]:
        """What the guard says of a ticket. An order that it replaces counts no more.

        ``as_if_flat`` asks what it will say once the contract was flattened: nothing is held, no
        entry waits, and the position's margin is free again.
        """
        limits, misfit = self._limits(), lane_block(ticket, self._account.position_mode)
        if gets_out(ticket):
            facts = GuardFacts(self._touch_of(ticket.symbol))
            # What gets out is kept only by what is sure: the mode may be another one by now.
            found = check(ticket, contract, facts, limits)
            return (misfit, *found) if misfit is not None and self._account.is_trusted else found
        if misfit is not None:
            return (misfit,)
        refusal = self.surroundings.refusal()
        facts = self._facts(ticket, contract, limits, replacing)
        if as_if_flat:
            facts = self._once_flat(ticket, facts)
        blocks = check(ticket, contract, facts, limits)
        return (Block(BlockField.LOSS, refusal), *blocks) if refusal else blocks

    def preview(self, ticket: OrderTicket, contract: Contract) -> GuardFacts:
        """All that is known of what a ticket would change, whatever the limits are.

        Asks for the risk levels where they are not known yet.
        """
        around, account = self.surroundings, self._account
        lane = ticket.terms.position_side or PositionSide.BOTH
        wallet = account.wallet(contract.settle_currency)
        return GuardFacts(
            touch=self._touch_of(contract.symbol),
            mark=around.mark(contract.symbol),
            holding=self._holding(contract.symbol, lane),
            entries=self.entries(contract, None, lane),
            cross_leverage=account.leverage(contract.symbol)
            if ticket.margin_mode is MarginMode.CROSS
            else None,
            available=None if wallet is None else wallet.available.amount,
            tiers=around.tiers(contract.symbol),
            risk_level=account.position(contract.symbol, lane).risk_level,
        )

    def worst(self, contract: Contract) -> int | None:
        """The most lots that would be held, long or short, once all working entries have filled.

        In hedge mode that of the lane that would be larger; None while the position is not known.
        """
        if not self._account.is_trusted:
            return None
        worst = 0
        for lane in self._account.lanes(contract.symbol):
            held = self._account.position(contract.symbol, lane).core.lots
            entries = self.entries(contract, lane=lane)
            buys, sells = (
                sum(entry.lots for entry in entries if entry.side in {side, None}) for side in Side
            )
            worst = max(worst, abs(held), held + buys, sells - held)
        return worst

    def _facts(
        self,
        ticket: OrderTicket,
        contract: Contract,
        limits: GuardLimits,
        replacing: ClientOid | None,
    ) -> GuardFacts:
        symbol, currency = contract.symbol, contract.settle_currency
        around, account = self.surroundings, self._account
        lane = ticket.terms.position_side or PositionSide.BOTH
        wallet = account.wallet(currency)
        needs_entries = limits.checks_margin or limits.of(symbol).max_position is not None
        locked = around.lockout(currency)
        cross = ticket.margin_mode is MarginMode.CROSS
        is_paced = limits.rate is not None or limits.repeat_ms > 0
        return GuardFacts(
            touch=self._touch_of(symbol),
            mark=around.mark(symbol),
            holding=self._holding(symbol, lane),
            entries=self.entries(contract, replacing, lane) if needs_entries else (),
            cross_leverage=account.leverage(symbol) if cross else None,
            available=None if wallet is None else wallet.available.amount,
            tiers=() if limits.liquidation_percent is None else around.tiers(symbol),
            now_ms=self.pace.now_ms,
            # What takes another's place is no further order: half of a move must not be stopped.
            sent=self.pace.sent if is_paced and replacing is None else (),
            day=around.day(currency) if currency in limits.max_losses else None,
            lockout=None if locked is None else locked[0],
            left_ms=0 if locked is None else locked[1],
            is_loss_lifted=around.is_lifted(currency),
        )

    def _once_flat(self, ticket: OrderTicket, facts: GuardFacts) -> GuardFacts:
        """In hedge mode the lane beside the ticket's own was flattened, and its own is as it is."""
        available, holding = facts.available, facts.holding
        lane = ticket.terms.position_side or PositionSide.BOTH
        if lane is not PositionSide.BOTH:
            beside = self._holding(ticket.symbol, other_lane(lane))
            if available is not None and beside is not None and beside.margin is not None:
                available += beside.margin
            return replace(facts, available=available)
        if available is not None and holding is not None and holding.margin is not None:
            available += holding.margin
        return replace(facts, holding=NOTHING_HELD, entries=(), available=available)

    def _holding(self, symbol: Symbol, lane: PositionSide) -> Holding | None:
        """What is held in a lane; None while it is not known."""
        if not self._account.is_trusted:
            return None
        position = self._account.position(symbol, lane)
        entry, margin = position.core.average_entry, position.margin
        if position.is_provisional and not position.core.is_flat:
            margin = None  # it is that of before the last fills
        if position.core.is_flat:
            return NOTHING_HELD
        return Holding(
            position.core.lots,
            None if entry is None else entry.value,
            None if margin is None else margin.amount,
        )

    def entries(
        self,
        contract: Contract,
        replacing: ClientOid | None = None,
        lane: PositionSide = PositionSide.BOTH,
    ) -> tuple[Entry, ...]:
        """The working orders of a contract's lane that may open or enlarge, oldest first.

        Where it is not known whether an order only reduces, it counts as one that does not.
        """
        found: list[Entry] = []
        for order in self._desk.working(contract.symbol):
            if never_opens(order) or order.client_oid == replacing or not order.remaining:
                continue
            if not is_of_lane(lane, order):
                continue
            at = order.price if order.price is not None else order.trigger
            price = None if at is None else contract.scale.decimal(Price(at))
            is_held = order.state is not OrderState.SUBMITTING
            waits = order.state is OrderState.UNTRIGGERED
            found.append(Entry(order.side, order.remaining, price, is_held=is_held, waits=waits))
        return tuple(found)
