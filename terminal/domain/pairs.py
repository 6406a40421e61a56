"""One cancels the other: two working orders of which only one is meant to fill.

A pure state machine: what is known of both orders in, what is to be canceled and what is to be said
out. The exchange knows nothing of the pair, so it dies with the program. The rule is the user's for
each pair. At the first fill (the default) nothing is held twice, and the other order goes even if
the first never fills whole; reducing the other by what was filled would be a cancel and a new order
here, with a gap between them, so it is not offered. Once one is filled whole, until then both may
fill in part. A stop that fires counts as filled under both rules: what it becomes may carry another
id (API reference 3.6 rule 7). Both may fill before a cancel is carried out: that is told, never
undone. Whatever the rule, a stop that bounds the loss of what is held is not taken from what is
left of it: it goes once the other is filled whole, or nothing is held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

from terminal.domain.order import UNCLEAR, Order, OrderState, PendingCommand
from terminal.domain.triggers import unclear_words
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.units import ClientOid, Price

ASK_AGAIN_MS = 2000
"""Before a cancel that was given up is asked for again."""
ASK_UNKNOWN_MS = 10_000
"""Before it is asked for again while it is being found out what became of the one before."""


class PairRule(Enum):
    """When one cancels the other; the values are words for the user."""

    FIRST_FILL = "at the first fill"
    WHOLE_FILL = "once one is filled whole"


class PairPhase(Enum):
    """Where a pair is in its life."""

    LINKED = "linked"
    CANCELING = "canceling"
    ENDED = "ended"


class Told(Enum):
    """What is to be said of a pair.

    ``FILLED``: one filled, the other is canceled now. ``RACED``: both filled. ``DONE``: the other
    has ended. ``BROKEN``: one ended without a fill, the other goes on alone. ``DOUBTED``: nobody
    knows what became of one.
    """

    FILLED = "filled"
    RACED = "raced"
    DONE = "done"
    BROKEN = "broken"
    DOUBTED = "doubted"


@final
@dataclass(frozen=True, slots=True)
class Leg:
    """One order of a pair, with what had filled when it was linked and whether it was a stop."""

    client_oid: ClientOid
    filled_before: Lots
    waited: bool


@final
@dataclass(frozen=True, slots=True)
class Pair:
    """Two legs and how far they have come. ``winner`` is the number of the leg that filled.

    ``asked_ms`` (monotonic) is when a cancel was asked for last, None before the first.
    """

    legs: tuple[Leg, Leg]
    rule: PairRule = PairRule.FIRST_FILL
    phase: PairPhase = PairPhase.LINKED
    winner: int | None = None
    has_raced: bool = False
    doubted: frozenset[int] = frozenset()
    asked_ms: int | None = None


@final
class Cancel(NamedTuple):
    """This order is to be canceled; asking twice does no harm."""

    client_oid: ClientOid


@final
class Say(NamedTuple):
    """This happened; ``leg`` is the number of the leg that it is about."""

    told: Told
    leg: int


Wish: TypeAlias = Cancel | Say
Known: TypeAlias = tuple[Order | None, Order | None]
"""What is known of both orders; None for one that is long forgotten."""


def why_not(one: Order | None, other: Order | None) -> str:
    """Why two orders cannot be linked, in one sentence; empty when they can."""
    for order in (one, other):
        if order is None or not order.is_working:
            return "Both orders must be working."
        if order.state in UNCLEAR:
            return "It is not known yet whether both orders stand; wait for it."
        if order.pending is not PendingCommand.NONE:
            return "One of them is being canceled or moved."
        if not order.remaining and not order.is_close_order:  # its last fill was told, not its end
            return "Nothing is left of one of them."
    assert one is not None  # noqa: S101 - looked at just now
    assert other is not None  # noqa: S101 - looked at just now
    if one.client_oid == other.client_oid:
        return "It takes two orders."
    return ""


def link(one: Order, other: Order, rule: PairRule = PairRule.FIRST_FILL) -> Pair:
    """Link two orders. What has filled of them by now counts for nothing."""
    return Pair((_leg(one), _leg(other)), rule)


def _leg(order: Order) -> Leg:
    return Leg(order.client_oid, order.filled, order.state is OrderState.UNTRIGGERED)


def look(
    pair: Pair, known: Known, now_ms: int, bounding: frozenset[int] = frozenset()
) -> tuple[Pair, tuple[Wish, ...]]:
    """Take what is known of both orders into account. Never raises, and asks for nothing twice.

    Only orders of the pair are ever wished canceled, and only the one that did not win. Those
    numbered in ``bounding`` are, or may be, stops against the loss of what is held now.
    """
    wishes: list[Wish] = []
    if pair.phase is PairPhase.LINKED:
        pair = _linked(pair, known, bounding, wishes)
    if pair.phase is PairPhase.CANCELING and pair.winner is not None:
        winner = pair.winner
        must_wait = 1 - winner in bounding and not _is_enough(pair, winner, known)
        pair = _canceling(pair, known, now_ms, 1 - winner, wishes, must_wait=must_wait)
    return pair, tuple(wishes)


def _is_enough(pair: Pair, winner: int, known: Known) -> bool:
    """Whether the other may go although it bounds a loss: this one is filled whole.

    One that fires counts as filled where it is not for the same side: what it closes cannot be
    what the other protects.
    """
    order, other = known[winner], known[1 - winner]
    if order is not None and order.state is OrderState.FILLED:
        return True
    is_same_side = order is None or other is None or order.side is other.side
    return not is_same_side and _has_fired(pair.legs[winner], order)


def filled_since(leg: Leg, order: Order | None) -> Lots:
    """So many lots of a leg have filled since it was linked."""
    return Lots(0) if order is None else Lots(max(0, order.filled - leg.filled_before))


def _linked(pair: Pair, known: Known, bounding: frozenset[int], wishes: list[Wish]) -> Pair:
    winners = [
        number
        for number in (0, 1)
        if _has_won(pair, number, known[number])
        and (1 - number not in bounding or _is_enough(pair, number, known))
    ]
    if winners:
        winner = max(winners, key=lambda number: _weight(pair, number, known[number]))
        wishes.append(Say(Told.FILLED, winner))
        return replace(pair, phase=PairPhase.CANCELING, winner=winner)
    over = [number for number in (0, 1) if _is_over(known[number])]
    if over:
        wishes.append(Say(Told.BROKEN, over[0]))
        return replace(pair, phase=PairPhase.ENDED)
    doubted = frozenset(number for number in (0, 1) if _is_doubtful(known[number]))
    wishes.extend(Say(Told.DOUBTED, number) for number in sorted(doubted - pair.doubted))
    return pair if doubted == pair.doubted else replace(pair, doubted=doubted)


def _canceling(
    pair: Pair, known: Known, now_ms: int, loser: int, wishes: list[Wish], *, must_wait: bool
) -> Pair:
    leg, order = pair.legs[loser], known[loser]
    if not pair.has_raced and (filled_since(leg, order) or _has_fired(leg, order)):
        wishes.append(Say(Told.RACED, loser))
        pair = replace(pair, has_raced=True)
    if _is_over(order):
        wishes.append(Say(Told.DONE, loser))
        return replace(pair, phase=PairPhase.ENDED)
    if order is None or not order.is_working or order.pending is PendingCommand.CANCEL:
        return pair  # nothing to cancel, or somebody sees to it
    if must_wait:
        return pair  # it protects by now what was not held before
    is_asked = order.pending is PendingCommand.CANCEL_UNKNOWN
    wait_ms = ASK_UNKNOWN_MS if is_asked else ASK_AGAIN_MS
    if pair.asked_ms is not None and now_ms < pair.asked_ms + wait_ms:
        return pair
    wishes.append(Cancel(leg.client_oid))
    return replace(pair, asked_ms=now_ms)


def _has_won(pair: Pair, number: int, order: Order | None) -> bool:
    leg = pair.legs[number]
    if _has_fired(leg, order):
        return True
    if pair.rule is PairRule.WHOLE_FILL:
        return order is not None and order.state is OrderState.FILLED
    return filled_since(leg, order) > 0


def _weight(pair: Pair, number: int, order: Order | None) -> tuple[bool, Lots, int]:
    """Of two that filled before anybody looked, the one that got further stays; else the first."""
    is_whole = order is not None and order.state is OrderState.FILLED
    return is_whole, filled_since(pair.legs[number], order), -number


def _has_fired(leg: Leg, order: Order | None) -> bool:
    fired = {OrderState.OPEN, OrderState.PARTLY_FILLED, OrderState.FILLED}
    return leg.waited and order is not None and order.state in fired


def _is_over(order: Order | None) -> bool:
    """Whether an order has ended by somebody's word; an end concluded from silence may be undone.

    One that was forgotten ended long ago.
    """
    return order is None or (order.state.is_terminal and not order.is_guess)


def _is_doubtful(order: Order | None) -> bool:
    return order is not None and (order.state is OrderState.UNKNOWN or order.is_guess)


def leg_words(order: Order, contract: Contract | None) -> str:
    """An order of a pair in a few words, for example ``sell 2 XBTUSDTM at 101.0``."""
    side = "close" if order.is_close_order else "order of" if order.side is None else (
        order.side.value
    )  # fmt: skip
    lots = "" if order.is_close_order else f" {order.lots}"
    words = f"{side}{lots} {order.symbol}"
    if order.price is not None:
        words += f" at {_price(order.price, contract)}"
    if order.trigger is not None:
        at = _price(order.trigger, contract)
        words += f" {unclear_words(order.stop_direction, order.stop_reference, at)}"
    return words


def _price(price: Price, contract: Contract | None) -> str:
    if contract is None:
        return f"{price} ticks"
    return f"{contract.scale.decimal(price):.{contract.scale.decimals}f}"
