"""What a click in a ladder means by the keys page, in a few lines of its own.

Written from the page and not from the ladder, so that a mistake in one shows against the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.events import OrderType, PositionSide
from terminal.domain.ladder_habits import OtherButton
from terminal.domain.units import Side
from terminal.viewmodels.ladder_clicks import Button
from terminal.viewmodels.ladder_columns import LadderColumn

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket


@final
class Meaning(NamedTuple):
    """An order by everything that a user would call another order if it were different."""

    side: str
    kind: str
    tick: int | None
    lots: int | None
    reduces: bool = False
    is_post_only: bool = False
    has_exits: bool = False
    lane: PositionSide | None = None


@final
class World(NamedTuple):
    """What a click's meaning depends on. ``lots`` are those of the lane in focus, signed."""

    bid: int
    ask: int
    collar: int
    step: int
    size: int
    second: int
    lots: int
    lane: PositionSide | None
    is_post_only: bool = False
    is_reduce_only: bool = False
    has_exits: bool = False
    place_says: bool = False


def meaning_of(ticket: OrderTicket) -> Meaning:
    """What was sent, in the same words."""
    trigger = ticket.trigger
    if ticket.is_close_order:
        side, kind = "close", "stop" if trigger is not None else "market"
    else:
        assert ticket.side is not None
        side = ticket.side.value
        kind = "stop" if trigger is not None else ticket.order_type.value.lower()
    if trigger is not None:
        assert ticket.order_type is OrderType.MARKET
    return Meaning(
        side,
        kind,
        ticket.price if trigger is None else trigger.price,
        ticket.lots,
        ticket.reduces_only,
        ticket.is_post_only,
        ticket.exits is not None,
        ticket.terms.position_side,
    )


def click_means(
    world: World, tick: int, column: LadderColumn, button: Button, held: str, other: OtherButton
) -> Meaning | None:
    """The order that a click in a depth column asks for; None where it asks for none."""
    if column not in {LadderColumn.BID, LadderColumn.ASK} or held in {"Alt", "Shift+Ctrl"}:
        return None
    if button is Button.MIDDLE or (button is Button.OTHER and other is OtherButton.NOTHING):
        return None
    side = Side.BUY if column is LadderColumn.BID else Side.SELL
    low = tick - tick % world.step
    at = low if side is Side.BUY else low + world.step - 1
    leaves = _leaves(world, side)
    if button is Button.OTHER and other is OtherButton.NET_SIZE:
        if held or not leaves or not world.lots:
            return None
        post = world.is_post_only
        return Meaning(side.value, "limit", at, abs(world.lots), True, post, lane=world.lane)
    lots = world.second if button is Button.OTHER else world.size
    if held == "Ctrl":
        return Meaning("close", "stop", at, None, reduces=True, lane=world.lane)
    kind, reduces = "limit", world.is_reduce_only or _only_leaves(world, side)
    if held == "Shift":
        kind = "stop"
    elif world.place_says and not world.is_post_only and not world.has_exits:
        through = at - world.ask if side is Side.BUY else world.bid - at
        if through > world.collar or (through > 0 and leaves):
            kind, reduces = "stop", reduces or leaves
    if kind == "stop":
        return Meaning(side.value, kind, at, lots, reduces, lane=world.lane)
    exits = world.has_exits and not reduces
    return Meaning(side.value, kind, at, lots, reduces, world.is_post_only, exits, world.lane)


def _only_leaves(world: World, side: Side) -> bool:
    """In a lane of hedge mode one side can never open anything."""
    return world.lane is not None and (world.lane is PositionSide.LONG) is (side is Side.SELL)


def _leaves(world: World, side: Side) -> bool:
    return _only_leaves(world, side) or (
        (world.lots > 0) is (side is Side.SELL) and world.lots != 0
    )


def rests(world: World, meant: Meaning) -> bool:
    """Whether nothing about a limit could be refused: it waits in the book."""
    if meant.kind != "limit" or meant.tick is None:
        return False
    if meant.side == "buy":
        return meant.tick < world.ask
    return meant.tick > world.bid


def exit_means(world: World, tick: int) -> Meaning | None:
    """The exit that a click at the result of closing asks for; None where nothing is held."""
    if not world.lots:
        return None
    side = Side.SELL if world.lots > 0 else Side.BUY
    low = tick - tick % world.step
    at = low if side is Side.BUY else low + world.step - 1
    best = world.bid if side is Side.SELL else world.ask
    loses = (low - (best - best % world.step)) * side.sign > 0
    if loses:
        return Meaning("close", "stop", at, None, reduces=True, lane=world.lane)
    return Meaning(side.value, "limit", at, abs(world.lots), reduces=True, lane=world.lane)


def order_of(words: str, button: Button) -> str:
    """The part of a mark that is about one button, with what both parts have in common."""
    left, _, right = words.partition(", right: ")
    if button is Button.LEFT:
        return left
    if not right or "limit" in right or "stop" in right:
        return right
    side, _, rest = left.partition(" ")
    rest = re.sub(r"^[\d\u202f]+ ", "", rest)
    if "reduce-only" in right:  # the net size: always a limit
        return f"{side} {right} limit"
    return f"{side} {right} {rest}"


def order_disagrees(words: str, sent: Meaning) -> str:
    """Why the words of a mark are not about what was sent: side, kind, lots; else empty."""
    low = words.lower()
    said = re.search(r"\d[\d\u202f]*", low)
    lots = None if said is None else int(said.group().replace("\u202f", ""))
    if sent.side == "close":
        return "" if "close" in low and lots is None else "that all is closed was not said"
    if not low.startswith(sent.side):
        return "the side was not said"
    if ("stop" in low) != (sent.kind == "stop") or ("limit" in low) != (sent.kind == "limit"):
        return "the kind was not said"
    return "" if lots == sent.lots else "the size was not said"


def flags_disagree(words: str, sent: Meaning) -> str:
    """Why the words of a mark hide a flag or a lane of what was sent, or name one too many."""
    if sent.side == "close":
        return ""
    for flag, is_on in (
        ("reduce-only|closes the", sent.reduces),
        ("post-only", sent.is_post_only),
        ("with exits", sent.has_exits),
        ("long", sent.lane is PositionSide.LONG),
        ("short", sent.lane is PositionSide.SHORT),
    ):
        if (re.search(flag, words.lower()) is not None) != is_on:
            return f"{flag}: {'on' if is_on else 'off'}, and the mark says otherwise"
    return ""
