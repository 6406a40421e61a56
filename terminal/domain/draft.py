"""An order as it is written down in a ticket, and the ticket that follows from it for each side.

A draft says what is wanted before the side is chosen; a fault says which field is not right yet.
Everything is parsed already: prices are whole ticks, sizes whole lots. No fault is a limit of the
user's: those are the guard's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.events import OrderType, PositionSide, StopReference, TimeInForce
from terminal.domain.lanes import closes, wire_lane
from terminal.domain.ticket import (
    MOST_SLICES,
    AttachedExits,
    OrderTerms,
    OrderTicket,
    close_ticket,
)
from terminal.domain.triggers import Purpose, problem, trigger_for
from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.domain.events import MarginMode, SelfTrade
    from terminal.domain.ticket import StopTrigger
    from terminal.domain.triggers import References


class OrderKind(Enum):
    """The types of order that a ticket offers; the values are the words shown."""

    LIMIT = "Limit"
    MARKET = "Market"
    STOP_LIMIT = "Stop-limit"
    STOP_MARKET = "Stop-market"
    STOP_LOSS = "Stop-loss"
    TAKE_PROFIT = "Take-profit"

    @property
    def waits(self) -> bool:
        """Whether it waits for a trigger price."""
        return self not in {OrderKind.LIMIT, OrderKind.MARKET}

    @property
    def is_exit(self) -> bool:
        """Whether it always only reduces."""
        return self in {OrderKind.STOP_LOSS, OrderKind.TAKE_PROFIT}

    @property
    def has_price(self) -> bool:
        """Whether it may have a limit price; exits may do without."""
        return self not in {OrderKind.MARKET, OrderKind.STOP_MARKET}

    @property
    def needs_price(self) -> bool:
        """Whether it is nothing without a limit price."""
        return self in {OrderKind.LIMIT, OrderKind.STOP_LIMIT}

    @property
    def purpose(self) -> Purpose:
        """What its trigger is for."""
        if self is OrderKind.STOP_LOSS:
            return Purpose.LOSS
        return Purpose.PROFIT if self is OrderKind.TAKE_PROFIT else Purpose.ENTRY


class Field(Enum):
    """Which field of a ticket a fault is about."""

    PRICE = "price"
    TRIGGER = "trigger"
    SIZE = "size"
    EXITS = "exits"
    TERMS = "terms"
    LANE = "lane"


@final
@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no ticket yet: the field, and one calm sentence."""

    field: Field
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class Draft:
    """What was written down, side apart.

    ``loss`` and ``profit`` are triggers of attached exits, watched by ``exit_reference``. With
    ``closes`` the whole position is closed whatever its size (``closeOrder``): then there is
    neither price nor size.
    """

    kind: OrderKind = OrderKind.LIMIT
    price: Price | None = None
    trigger: Price | None = None
    reference: StopReference = StopReference.MARK
    lots: Lots | None = None
    is_post_only: bool = False
    is_reduce_only: bool = False
    closes: bool = False
    loss: Price | None = None
    profit: Price | None = None
    exit_reference: StopReference = StopReference.MARK
    time_in_force: TimeInForce | None = None
    self_trade: SelfTrade | None = None
    is_hidden: bool = False
    visible_lots: Lots | None = None
    holds_margin: bool = False

    @property
    def is_close(self) -> bool:
        """Whether it closes all; a limit order cannot."""
        return self.closes and self.order_type is OrderType.MARKET

    @property
    def order_type(self) -> OrderType:
        """Limit or market once it is in the book; an exit without a price is a market order."""
        is_limit = self.kind.needs_price or (self.kind.is_exit and self.price is not None)
        return OrderType.LIMIT if is_limit else OrderType.MARKET


@final
@dataclass(frozen=True, slots=True)
class Standing:
    """What a ticket takes from the account: its modes, and the lane that was chosen.

    ``lane`` is BOTH in one-way mode. ``now`` are the prices that triggers watch and ``far`` what a
    market order of a side would pay, None where it is not known. ``held`` are signed lots of the
    only position of one-way mode, None where they are not known for sure.
    """

    mode: MarginMode
    leverage: Decimal | None
    lane: PositionSide
    now: References
    far: dict[Side, Price | None]
    held: int | None = None


def only_reduces(draft: Draft, side: Side, lane: PositionSide) -> bool:
    """Whether a side of a draft is sent as reduce-only: as wished, an exit, or out of its lane."""
    return draft.is_reduce_only or draft.kind.is_exit or closes(lane, side)


def ticket_of(
    draft: Draft, side: Side, contract: Contract, standing: Standing
) -> OrderTicket | Fault:
    """The ticket of one side, or the first thing that is not right yet."""
    draft = _usable(draft)
    fault = _missing(draft) or _contradiction(draft, side, standing)
    if fault is not None:
        return fault
    trigger = None
    if draft.kind.waits and draft.trigger is not None:
        trigger = trigger_for(draft.kind.purpose, side, draft.reference, draft.trigger)
        words = problem(draft.kind.purpose, side, trigger, contract, standing.now)
        if words:
            return Fault(Field.TRIGGER, words)
    if draft.is_close:
        return _closing(draft, contract, standing, trigger)
    fault = _inverted(draft, side, standing)
    return fault or _order(draft, side, contract, standing, trigger)


def _usable(draft: Draft) -> Draft:
    """Without what its kind does not have: it is switched off there, not forgotten."""
    if not draft.kind.has_price:
        draft = replace(draft, price=None)
    if draft.kind.waits:
        draft = replace(draft, loss=None, profit=None)
    if draft.order_type is OrderType.MARKET:
        return replace(
            draft, is_post_only=False, time_in_force=None, is_hidden=False, visible_lots=None
        )
    return draft


def _missing(draft: Draft) -> Fault | None:
    if draft.kind.waits and draft.trigger is None:
        return Fault(Field.TRIGGER, "Enter the price that it waits for.")
    if draft.kind.needs_price and draft.price is None:
        return Fault(Field.PRICE, "Enter a price.")
    if draft.lots is None and not draft.is_close:
        return Fault(Field.SIZE, "A whole number of lots above zero.")
    return None


def _contradiction(draft: Draft, side: Side, standing: Standing) -> Fault | None:
    visible, lots = draft.visible_lots, draft.lots
    is_shown = not draft.is_hidden and visible is None
    takes = draft.time_in_force is TimeInForce.IOC
    exits = draft.loss is not None or draft.profit is not None
    if draft.is_post_only and (takes or not is_shown):
        return Fault(Field.TERMS, "A post-only order neither hides nor takes at once.")
    if draft.is_hidden and visible is not None:
        return Fault(Field.TERMS, "Hidden, or seen in part: not both.")
    if visible is not None and lots is not None:
        least = -(-lots // MOST_SLICES)
        if not least <= visible <= lots:
            return Fault(Field.TERMS, f"Of {lots} lots, {least} to {lots} can be seen.")
    reduces = only_reduces(draft, side, standing.lane)
    if exits and (reduces or draft.is_close):
        return Fault(Field.EXITS, "An order that only reduces takes no exits with it.")
    if not (draft.is_reduce_only or draft.kind.is_exit) or draft.is_close:
        return None
    if standing.lane is not PositionSide.BOTH:
        return _opens(side, standing.lane)
    return _adds(side, standing.held)


def _adds(side: Side, held: int | None) -> Fault | None:
    """An exit on the side that is held would wait, look like protection, and reduce nothing."""
    if held is None or held * side.sign <= 0:
        return None
    name = "Long" if held > 0 else "Short"
    return Fault(Field.TERMS, f"{name} {abs(held)} is held: a {side.value} cannot reduce it.")


def _opens(side: Side, lane: PositionSide) -> Fault | None:
    if closes(lane, side):
        return None
    words = f"A {side.value} opens the {lane.value} lane, so it cannot only reduce."
    return Fault(Field.LANE, words)


def _inverted(draft: Draft, side: Side, standing: Standing) -> Fault | None:
    """Exits that lie on the wrong side of where the order fills."""
    if draft.loss is None and draft.profit is None:
        return None
    if draft.loss == draft.profit:
        return Fault(Field.EXITS, "Stop-loss and take-profit lie at one price.")
    base = draft.price if draft.price is not None else standing.far[side]
    if base is None:
        return Fault(Field.EXITS, "There is no price to compare the exits with.")
    below, above = ("below", "above") if side is Side.BUY else ("above", "below")
    if draft.loss is not None and (base - draft.loss) * side.sign <= 0:
        return Fault(Field.EXITS, f"The stop-loss of a {side.value} lies {below} its price.")
    if draft.profit is not None and (draft.profit - base) * side.sign <= 0:
        return Fault(Field.EXITS, f"The take-profit of a {side.value} lies {above} its price.")
    return None


def _closing(
    draft: Draft, contract: Contract, standing: Standing, trigger: StopTrigger | None
) -> OrderTicket:
    terms = OrderTerms(self_trade=draft.self_trade, position_side=wire_lane(standing.lane))
    return close_ticket(contract.symbol, standing.mode, trigger=trigger, terms=terms)


def _order(
    draft: Draft,
    side: Side,
    contract: Contract,
    standing: Standing,
    trigger: StopTrigger | None,
) -> OrderTicket:
    return OrderTicket(
        symbol=contract.symbol,
        order_type=draft.order_type,
        side=side,
        price=draft.price,
        lots=draft.lots,
        margin_mode=standing.mode,
        leverage=standing.leverage,
        is_post_only=draft.is_post_only,
        is_reduce_only=only_reduces(draft, side, standing.lane),
        trigger=trigger,
        exits=attached(draft, side),
        terms=OrderTerms(
            time_in_force=draft.time_in_force,
            self_trade=draft.self_trade,
            position_side=wire_lane(standing.lane),
            is_hidden=draft.is_hidden,
            visible_lots=draft.visible_lots,
            holds_margin=draft.holds_margin,
        ),
    )


def attached(draft: Draft, side: Side) -> AttachedExits | None:
    """The exits of a side; None without. They must not lie at one price."""
    loss, profit = draft.loss, draft.profit
    if loss is None and profit is None:
        return None
    up, down = (profit, loss) if side is Side.BUY else (loss, profit)
    return AttachedExits(draft.exit_reference, up, down)
