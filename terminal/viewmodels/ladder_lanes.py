"""The two lanes of hedge mode as a ladder shows them: left and right of the price.

The long lane has the left own column, the short one the right; an order that names no lane stands
on its side's column and says that it is unclear. Lanes are told by letter, never by colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.events import PositionSide
from terminal.domain.lanes import HEDGED, lane_help, lane_words
from terminal.domain.position import unrealized
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_tags import PriceTag, TagKind, position_tags
from terminal.viewmodels.ladder_view import LaneHead
from terminal.viewmodels.text import EMPTY, THIN_SPACE, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.units import ExactPrice
    from terminal.session.account import Position

UNCLEAR = "?"
"""Stands for the lane of an order that names none."""
LETTERS = {PositionSide.LONG: "L", PositionSide.SHORT: "S"}
_COLUMN_SIDES = {PositionSide.LONG: Side.BUY, PositionSide.SHORT: Side.SELL}
_LANES = {side: lane for lane, side in _COLUMN_SIDES.items()}
LANE_ROLES = {PositionSide.LONG: Role.BUY, PositionSide.SHORT: Role.SELL}
TITLES = {LadderColumn.OWN_BID: "L orders", LadderColumn.OWN_ASK: "S orders"}
"""What the own columns are called in hedge mode."""


def column_side(order: Order, *, is_hedged: bool) -> Side | None:
    """Whose own column an order stands in: BUY is the left one, SELL the right one.

    In hedge mode that is its lane's; where no lane is named, and in one-way mode, its side's.
    """
    if not is_hedged or order.position_side is None:
        return order.side
    return _COLUMN_SIDES.get(order.position_side, order.side)


def lane_letter(order: Order, *, is_hedged: bool) -> str:
    """``L`` or ``S`` in hedge mode, ``?`` for an order that names no lane; else empty."""
    if not is_hedged:
        return ""
    named = order.position_side
    return UNCLEAR if named is None else LETTERS.get(named, UNCLEAR)


def lane_at(side: Side) -> PositionSide:
    """The lane of an own column of hedge mode."""
    return _LANES[side]


def lane_heads(
    positions: Iterable[Position],
    focused: PositionSide,
    mark: ExactPrice | None,
    contract: Contract,
) -> tuple[LaneHead, ...]:
    """The headers of both lanes, the long one first."""
    heads: list[LaneHead] = []
    for position in positions:
        core, lane = position.core, position.lane
        pnl = None if mark is None or core.is_flat else unrealized(core, mark, contract)
        star = "*" if position.is_provisional else ""
        lots = "flat" if core.is_flat else text.whole(abs(core.lots))
        entry = core.average_entry
        heads.append(
            LaneHead(
                lane,
                lane_words(lane).capitalize(),
                f"{lots}{star}",
                "" if entry is None else text.exact_price(entry, contract),
                "" if pnl is None else text.money(pnl, sign=True),
                Role.TEXT_DIM if pnl is None else text.gain_role(pnl),
                lane is focused,
                lane_help(lane),
            )
        )
    return tuple(heads)


def with_lane(tag: PriceTag, lane: PositionSide) -> PriceTag:
    """A tag of a position with its lane's letter; in the lane's colour, but danger stays danger."""
    letter = LETTERS.get(lane)
    if letter is None:
        return tag
    role = tag.role if tag.kind in _DANGEROUS else LANE_ROLES[lane]
    return tag._replace(
        label=f"{tag.label}{THIN_SPACE}{letter}", role=role, words=f"{tag.words} ({letter})"
    )


_DANGEROUS = frozenset({TagKind.LIQUIDATION, TagKind.LIQUIDATION_STAGED})


def lane_tags(positions: Iterable[Position], contract: Contract) -> tuple[PriceTag, ...]:
    """Entry and liquidation of each position, in hedge mode with the lane's letter."""
    return tuple(
        with_lane(tag, position.lane)
        for position in positions
        for tag in position_tags(position, contract)
    )


def lane_of_row(lane: PositionSide | None) -> str:
    """A lane in the cell of a table: ``long``; a dash where none was told."""
    return lane.value if lane in HEDGED else EMPTY
