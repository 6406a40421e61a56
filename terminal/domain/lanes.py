"""Lanes: which of a contract's positions is meant, and what a side does to it.

In one-way mode a contract has one position, the lane BOTH; in hedge mode a long and a short one
beside each other, which never become each other (API reference 3.9). Pure words and choices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.guard_terms import Block, BlockField
from terminal.domain.units import Side

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.words import UnknownWord

ONE_WAY = (PositionSide.BOTH,)
HEDGED = (PositionSide.LONG, PositionSide.SHORT)
_SIGNS = {PositionSide.BOTH: 0, PositionSide.LONG: 1, PositionSide.SHORT: -1}
_MODES = {
    PositionSide.BOTH: PositionMode.ONE_WAY,
    PositionSide.LONG: PositionMode.HEDGE,
    PositionSide.SHORT: PositionMode.HEDGE,
}


def mode_of(lane: PositionSide) -> PositionMode:
    """The position mode that has such a lane."""
    return _MODES[lane]


def other_lane(lane: PositionSide) -> PositionSide:
    """The lane beside it; BOTH has none and is answered with itself."""
    if lane is PositionSide.BOTH:
        return lane
    return PositionSide.SHORT if lane is PositionSide.LONG else PositionSide.LONG


def wire_lane(lane: PositionSide) -> PositionSide | None:
    """What a ticket says of its lane: nothing in one-way mode, where the word may be left out."""
    return None if lane is PositionSide.BOTH else lane


def known_lane(told: PositionSide | UnknownWord | None) -> PositionSide | None:
    """A told lane that we know; None for what was not told, or in a word of which we know none."""
    return told if isinstance(told, PositionSide) else None


def lane_of_lots(lots: int) -> PositionSide | None:
    """The lane of hedge mode that signed lots can only be in; None for none."""
    if not lots:
        return None
    return PositionSide.LONG if lots > 0 else PositionSide.SHORT


def closes(lane: PositionSide | None, side: Side | None) -> bool:
    """Whether a side can only make a lane smaller (API reference 3.9). Never in one-way mode."""
    return (lane is PositionSide.LONG and side is Side.SELL) or (
        lane is PositionSide.SHORT and side is Side.BUY
    )


def never_opens(order: Order) -> bool:
    """Whether the exchange keeps an order from opening or enlarging, by its words or its lane."""
    return order.reduces_only or closes(order.position_side, order.side)


def lane_for(side: Side, mode: PositionMode | None, *, reduces: bool) -> PositionSide | None:
    """The lane that a side means by itself: a buy opens the long one, or closes the short one.

    None where tickets say nothing of lanes.
    """
    if mode is not PositionMode.HEDGE:
        return None
    is_long = (side is Side.BUY) is not reduces
    return PositionSide.LONG if is_long else PositionSide.SHORT


def lane_words(lane: PositionSide) -> str:
    """A lane as it is named: ``long lane``; empty in one-way mode."""
    return "" if lane is PositionSide.BOTH else f"{lane.value} lane"


def lane_help(lane: PositionSide) -> str:
    """What the sides do in a lane, in one sentence; empty in one-way mode."""
    if lane is PositionSide.BOTH:
        return ""
    opens, reduces = ("Buy", "Sell") if lane is PositionSide.LONG else ("Sell", "Buy")
    return f"{lane_words(lane).capitalize()}: {opens} opens, {reduces} reduces."


def about(symbol: str, lane: PositionSide) -> str:
    """A position as it is named in sentences: ``XBTUSDTM`` or ``XBTUSDTM, long lane``."""
    return symbol if lane is PositionSide.BOTH else f"{symbol}, {lane_words(lane)}"


def is_of_lane(lane: PositionSide, order: Order) -> bool:
    """Whether an order can be about a lane; one that does not say may be about any."""
    return order.position_side is None or order.position_side is lane


def could_be(lane: PositionSide, lots: int) -> bool:
    """Whether signed lots can be held in a lane: the long one has no short lots."""
    return lots * _SIGNS[lane] >= 0


def lane_block(ticket: OrderTicket, mode: PositionMode | None) -> Block | None:
    """Why the exchange could not take a ticket's position side (330011); None when it could.

    While the mode is not known nothing is said.
    """
    lane = ticket.terms.position_side
    if mode is None or mode_of(lane or PositionSide.BOTH) is mode:
        return _contradiction(ticket)
    if mode is PositionMode.HEDGE:
        return Block(
            BlockField.POSITION,
            "The account is in hedge mode and this names neither its long nor its short position.",
            "Choose the long or the short lane.",
        )
    word = PositionSide.BOTH.value if lane is None else lane.value
    return Block(
        BlockField.POSITION,
        f"The account is in one-way mode, which has no {word} lane.",
        "Send it without a lane, or switch the account to hedge mode in the ticket.",
    )


def _contradiction(ticket: OrderTicket) -> Block | None:
    """What opens a lane can never only reduce it; in one-way mode either side can."""
    lane, side = ticket.terms.position_side, ticket.side
    if lane is None or lane is PositionSide.BOTH or side is None or not ticket.is_reduce_only:
        return None
    if closes(lane, side):
        return None
    return Block(
        BlockField.POSITION,
        f"A {side.value} opens the {lane_words(lane)}, so it cannot only reduce.",
        "Choose the other lane, or send it without reduce-only.",
    )
