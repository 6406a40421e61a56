"""Prices that matter, as tags at the ladder's price column: entry, liquidation, mark, index, stops.

A tag is a value; who knows a price hands in a tag of it. A price out of view becomes an arrow at
the edge beyond which it lies.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import row_index
from terminal.domain.events import PositionSide, StopDirection
from terminal.domain.units import ExactPrice, Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_view import TagMark
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.events import MarkUpdate
    from terminal.domain.order import Order
    from terminal.domain.units import Price
    from terminal.session.account import Position
    from terminal.viewmodels.ladder_view import StagedOrder


class TagKind(Enum):
    """What a tagged price is; what matters most comes first. The values are its words."""

    OWN = "own order"
    """Only out of view: in view orders have marks. First there, as the head tells liquidation."""
    LIQUIDATION = "liquidation"
    LIQUIDATION_STAGED = "liquidation if the staged order fills"
    ENTRY = "entry"
    BREAKEVEN = "breakeven"
    STOP = "stop"
    STAGED = "not sent yet"
    ALERT = "alert"
    NOTE = "note"
    MARK = "mark"
    INDEX = "index"
    DAY_HIGH = "day high"
    DAY_LOW = "day low"
    VWAP = "VWAP"


_LANE_LETTERS = {PositionSide.LONG: "L", PositionSide.SHORT: "S"}
_PRICELESS = frozenset({TagKind.OWN, TagKind.STOP, TagKind.STAGED, TagKind.ALERT, TagKind.NOTE})
"""Tags whose words do not tell their price: in view it stands beside them."""
_RANK = {kind: rank for rank, kind in enumerate(TagKind)}


@final
class PriceTag(NamedTuple):
    """A price with a short label and a colour role. A price off the tick is shown at the nearest.

    ``words`` say all of it, for the notes column.
    """

    kind: TagKind
    price: Price | ExactPrice
    label: str
    role: Role
    words: str


@final
class TagPlaces(NamedTuple):
    """Tags by row index, and those beyond either edge of the view, the weightiest first."""

    rows: dict[int, tuple[PriceTag, ...]]
    above: tuple[TagMark, ...]
    below: tuple[TagMark, ...]


def tag_tick(tag: PriceTag, contract: Contract) -> Price:
    """The tick that a tag stands at: the nearest one."""
    if isinstance(tag.price, ExactPrice):
        return contract.scale.ticks_nearest(tag.price.value)
    return tag.price


def tag_index(tag: PriceTag, contract: Contract, step: int) -> int:
    """The row that a tag stands on."""
    return row_index(tag_tick(tag, contract), step)


def place_tags(
    tags: Iterable[PriceTag], contract: Contract, step: int, indices: Sequence[int]
) -> TagPlaces:
    """Sort tags onto rows (from the top, descending), the weightiest of a row first."""
    rows: dict[int, tuple[PriceTag, ...]] = {}
    above: list[tuple[int, PriceTag]] = []
    below: list[tuple[int, PriceTag]] = []
    for tag in sorted(tags, key=lambda one: _RANK[one.kind]):
        index = tag_index(tag, contract, step)
        if not indices:
            continue
        if index > indices[0]:
            above.append((index, tag))
        elif index < indices[-1]:
            below.append((index, tag))
        else:
            rows[index] = (*rows.get(index, ()), tag)
    above.sort(key=lambda one: one[0])
    below.sort(key=lambda one: -one[0])
    return TagPlaces(rows, _edge_marks(above, contract), _edge_marks(below, contract))


def _edge_marks(found: list[tuple[int, PriceTag]], contract: Contract) -> tuple[TagMark, ...]:
    """The weightiest first. What is alike is one mark: how many there are, and the nearest price.

    ``found`` are sorted from the edge outwards.
    """
    alike: dict[tuple[TagKind, str], list[PriceTag]] = {}
    for _, tag in found:
        alike.setdefault((tag.kind, tag.label), []).append(tag)
    weighty = sorted(alike.values(), key=lambda tags: _RANK[tags[0].kind])
    return tuple(_edge_mark(tags, contract) for tags in weighty)


def _edge_mark(tags: list[PriceTag], contract: Contract) -> TagMark:
    nearest, count = tags[0], len(tags)
    price, label, words = edge_price(nearest.price, contract), nearest.label, nearest.words
    if count > 1:
        ending = "s" if nearest.kind is TagKind.OWN else ""
        label = f"{count} {label}{ending}"
        words = f"{count} times {words}, the nearest"
    if count > 1 or nearest.kind in _PRICELESS:
        words = f"{words} {price}"
    return TagMark(label, nearest.role, price, words, tag_tick(nearest, contract))


def edge_price(price: Price | ExactPrice, contract: Contract) -> str:
    """A price as the rows write theirs, with the decimals of a tick."""
    if isinstance(price, ExactPrice):
        return text.number(price.value, contract.scale.decimals)
    return text.price(price, contract)


def staged_tags(
    staged: Iterable[StagedOrder], step: int, indices: Sequence[int]
) -> tuple[PriceTag, ...]:
    """What was shown and not sent, where it lies out of view: in view it has a line of its own."""
    return tuple(
        PriceTag(TagKind.STAGED, order.price, "NEW", Role.CAUTION, order.words)
        for order in staged
        if indices and not indices[-1] <= row_index(order.price, step) <= indices[0]
    )


def own_tags(
    orders: Iterable[Order], step: int, indices: Sequence[int], *, is_hedged: bool
) -> tuple[PriceTag, ...]:
    """Own limits at work out of view: in view they have marks of their own, stops have tags."""
    if not indices:
        return ()
    top, bottom = indices[0], indices[-1]
    found: list[PriceTag] = []
    for order in orders:
        price, side = order.price, order.side
        if order.is_stop or price is None or side is None or not order.is_working:
            continue
        if not bottom <= row_index(price, step) <= top:
            lane = order.position_side or PositionSide.BOTH
            letter = _LANE_LETTERS.get(lane, "?") if is_hedged else ""
            label = f"{letter} {side.value}".lstrip()
            role = Role.BUY if side is Side.BUY else Role.SELL
            found.append(PriceTag(TagKind.OWN, price, label, role, f"own {label}"))
    return tuple(found)


def liquidation_of(position: Position, contract: Contract) -> ExactPrice | None:
    """Where a position is liquidated; None where that is no price at which anybody could trade."""
    at = position.liquidation
    if position.core.is_flat or at is None:
        return None
    return at if 0 < at.value <= contract.scale.decimal(contract.max_price) else None


def position_tags(position: Position, contract: Contract) -> tuple[PriceTag, ...]:
    """Entry and liquidation of what is held."""
    entry, liquidation = position.core.average_entry, liquidation_of(position, contract)
    tags: list[PriceTag] = []
    if position.core.is_flat:
        return ()
    if entry is not None:
        tags.append(_tag(TagKind.ENTRY, entry, "E", Role.ACCENT, contract))
    if liquidation is not None:
        tags.append(_tag(TagKind.LIQUIDATION, liquidation, "LIQ", Role.DANGER, contract))
    return tuple(tags)


def reference_tags(mark: MarkUpdate | None, contract: Contract) -> tuple[PriceTag, ...]:
    """Mark and index price."""
    if mark is None:
        return ()
    return (
        _tag(TagKind.MARK, mark.mark_price, "M", Role.TEXT_DIM, contract),
        _tag(TagKind.INDEX, mark.index_price, "I", Role.TEXT_DIM, contract),
    )


def stop_tags(orders: Iterable[Order]) -> tuple[PriceTag, ...]:
    """Waiting stops at their triggers, with the way they look and what they watch."""
    tags: dict[PriceTag, None] = {}
    for order in orders:
        trigger = order.trigger
        if order.is_working and order.is_stop and trigger is not None:
            label = stop_label(order)
            words = f"stop {label}".rstrip()
            tags[PriceTag(TagKind.STOP, trigger, label or "S", Role.CAUTION, words)] = None
    return tuple(tags)


def stop_label(order: Order) -> str:
    """How a stop fires, in two signs: ``≤ M`` when the mark falls to it; empty if unknown."""
    reference = order.stop_reference
    watched = "" if reference is None else reference.value[0].upper()
    if order.stop_direction is None:
        return watched
    sign = "\u2265" if order.stop_direction is StopDirection.UP else "\u2264"
    return f"{sign}{watched}"


def _tag(kind: TagKind, price: ExactPrice, label: str, role: Role, contract: Contract) -> PriceTag:
    return PriceTag(kind, price, label, role, f"{kind.value} {text.exact_price(price, contract)}")
