"""An order intention before it is sent, and what identifies it.

A ticket says all the exchange needs to know and nothing about how it gets there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.errors import UnitError
from terminal.domain.events import MarginMode, OrderType, TimeInForce

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.events import PositionSide, SelfTrade, StopDirection, StopReference
    from terminal.domain.units import Lots, Price, Side, Symbol

LONGEST_REMARK = 100
MOST_SLICES = 20
"""The part of an iceberg that is seen is at least the twentieth of it (API reference 3.3)."""


@final
@dataclass(frozen=True, slots=True)
class StopTrigger:
    """When a waiting order is sent: once ``reference`` has gone to ``price``, in its direction.

    A trigger whose condition holds already fires at once (API reference 3.3).
    """

    direction: StopDirection
    reference: StopReference
    price: Price


@final
@dataclass(frozen=True, slots=True)
class AttachedExits:
    """Where what an order opens is closed again: above, below, or both (``st-orders``).

    ``up`` takes a long position's profit and stops a short one's loss, ``down`` the other way
    round. When they are made and how large they are is not established (API reference 11). Raises
    ``UnitError`` without any, and when they lie the wrong way round.
    """

    reference: StopReference
    up: Price | None = None
    down: Price | None = None

    def __post_init__(self) -> None:
        if self.up is None and self.down is None:
            raise UnitError("exits need a price above or below")
        if self.up is not None and self.down is not None and self.up <= self.down:
            raise UnitError(f"an exit above at {self.up} and one below at {self.down} contradict")


@final
@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What is said of few orders; None and False leave it to the exchange (API reference 3.3).

    ``visible_lots`` makes an iceberg. ``holds_margin`` freezes margin for a reducing order, too, so
    that it survives changes of the position. ``position_side`` is for hedge mode only.
    """

    time_in_force: TimeInForce | None = None
    self_trade: SelfTrade | None = None
    position_side: PositionSide | None = None
    is_hidden: bool = False
    visible_lots: Lots | None = None
    holds_margin: bool = False
    remark: str = ""

    @property
    def is_shown_whole(self) -> bool:
        """False for what others do not see, or see in part."""
        return not self.is_hidden and self.visible_lots is None


USUAL_TERMS = OrderTerms()
ASSUMED_MODE = MarginMode.ISOLATED
"""Of what only reduces, while nobody told the mode: that is no reason to keep it back."""


@final
@dataclass(frozen=True, slots=True)
class OrderTicket:
    """What the user wants to send.

    A limit ticket has a price, a market ticket none. A close ticket (``is_close_order``) flattens
    the contract whatever its side and has neither side, price nor lots of its own. ``leverage`` is
    needed to open in isolated mode. With a ``trigger`` it waits as a stop; ``exits`` are attached
    to it. Raises ``UnitError`` when the parts contradict each other.
    """

    symbol: Symbol
    order_type: OrderType
    side: Side | None
    price: Price | None
    lots: Lots | None
    margin_mode: MarginMode
    leverage: Decimal | None = None
    is_post_only: bool = False
    is_reduce_only: bool = False
    is_close_order: bool = False
    trigger: StopTrigger | None = None
    exits: AttachedExits | None = None
    terms: OrderTerms = USUAL_TERMS

    def __post_init__(self) -> None:
        self._check_terms()
        if (self.order_type is OrderType.LIMIT) != (self.price is not None):
            raise UnitError(f"a {self.order_type.value} ticket and price {self.price} contradict")
        if self.is_close_order:
            if self.order_type is not OrderType.MARKET or self.lots is not None:
                raise UnitError("a close ticket is a market order without size")
            return
        if self.side is None or self.lots is None or self.lots <= 0:
            raise UnitError("a ticket needs a side and a size above zero")

    def _check_terms(self) -> None:
        terms = self.terms
        if self.trigger is not None and self.exits is not None:
            raise UnitError("a stop takes no attached exits")
        is_limit = self.order_type is OrderType.LIMIT
        if not is_limit and (terms.time_in_force is not None or not terms.is_shown_whole):
            raise UnitError("a time in force and hidden lots are for limit tickets")
        waits = terms.time_in_force is not TimeInForce.IOC and terms.is_shown_whole
        if self.is_post_only and not waits:
            raise UnitError("a post-only ticket neither hides nor takes at once")
        if len(terms.remark) > LONGEST_REMARK:
            raise UnitError(f"a remark has up to {LONGEST_REMARK} characters")
        if terms.visible_lots is None:
            return
        if terms.is_hidden or self.lots is None:
            raise UnitError("an iceberg has a size and a part that is seen")
        if not self.lots <= terms.visible_lots * MOST_SLICES <= self.lots * MOST_SLICES:
            raise UnitError(f"{terms.visible_lots} of {self.lots} lots are no part to be seen")

    @property
    def reduces_only(self) -> bool:
        """True when the exchange itself will keep it from opening or enlarging a position."""
        return self.is_reduce_only or self.is_close_order


def close_ticket(
    symbol: Symbol,
    margin_mode: MarginMode,
    *,
    trigger: StopTrigger | None = None,
    terms: OrderTerms = USUAL_TERMS,
) -> OrderTicket:
    """Build the market order that flattens a contract, whatever its position is by then.

    With a ``trigger`` it does so once that fires.
    """
    return OrderTicket(
        symbol=symbol,
        order_type=OrderType.MARKET,
        side=None,
        price=None,
        lots=None,
        margin_mode=margin_mode,
        is_close_order=True,
        trigger=trigger,
        terms=terms,
    )
