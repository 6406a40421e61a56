"""Triggers of waiting orders in words, which way each purpose looks, and whether one fires now.

The direction is never typed by hand: it follows from the side and the purpose, because a stop that
looks the wrong way fires at once (API reference 3.3 and 9). What is not known is said as unknown
and never taken for "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.events import StopDirection, StopReference
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import ExactPrice, Price, Side

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.units import PriceScale


class Purpose(Enum):
    """What a waiting order is for. The values are the words shown to the user."""

    ENTRY = "stop entry"
    LOSS = "stop-loss"
    PROFIT = "take-profit"


class Fires(Enum):
    """Whether a trigger's condition holds already."""

    YES = "fires now"
    NO = "waits"
    UNKNOWN = "not known"


@final
@dataclass(frozen=True, slots=True)
class References:
    """The prices that stops watch, as they are now; None where one is not known or is stale."""

    last: Price | None = None
    mark: ExactPrice | None = None
    index: ExactPrice | None = None


UNKNOWN_REFERENCES = References()


def loss_direction(*, is_long: bool) -> StopDirection:
    """Which way the price goes when a position loses."""
    return StopDirection.DOWN if is_long else StopDirection.UP


def direction_of(purpose: Purpose, side: Side) -> StopDirection:
    """Which way an order of a side and purpose looks.

    A stop sell waits for a fall and a stop buy for a rise, entry or stop-loss alike; a take-profit
    looks the other way.
    """
    with_the_move = StopDirection.UP if side is Side.BUY else StopDirection.DOWN
    return opposite(with_the_move) if purpose is Purpose.PROFIT else with_the_move


def opposite(direction: StopDirection) -> StopDirection:
    """The other direction."""
    return StopDirection.DOWN if direction is StopDirection.UP else StopDirection.UP


def trigger_for(
    purpose: Purpose, side: Side, reference: StopReference, price: Price
) -> StopTrigger:
    """The one trigger that fits an order's side and purpose."""
    return StopTrigger(direction_of(purpose, side), reference, price)


def purpose_of(direction: StopDirection, *, is_long: bool) -> Purpose:
    """What an exit with this direction does to a position: limit its loss, or take its profit."""
    return Purpose.LOSS if direction is loss_direction(is_long=is_long) else Purpose.PROFIT


def words(direction: StopDirection, reference: StopReference, price_text: str) -> str:
    """A trigger as a condition, for example ``if mark falls to 98,500.0``."""
    verb = "rises to" if direction is StopDirection.UP else "falls to"
    return f"if {reference.value} {verb} {price_text}"


def unclear_words(
    direction: StopDirection | None, reference: StopReference | None, price_text: str
) -> str:
    """A trigger of which a part may be unknown: then it is said that it is."""
    if direction is not None and reference is not None:
        return words(direction, reference, price_text)
    watched = "the price" if reference is None else reference.value
    if direction is None:
        return f"if {watched} gets to {price_text}, from where is not known"
    verb = "rises to" if direction is StopDirection.UP else "falls to"
    return f"if {watched} {verb} {price_text}"


def watched_price(reference: StopReference, scale: PriceScale, now: References) -> Decimal | None:
    """The price that a reference stands at now, None while it is not known."""
    if reference is StopReference.LAST:
        return None if now.last is None else scale.decimal(now.last)
    exact = now.mark if reference is StopReference.MARK else now.index
    return None if exact is None else exact.value


def would_fire_now(trigger: StopTrigger, scale: PriceScale, now: References) -> Fires:
    """Whether a stop would fire the moment it is placed.

    Both directions include the price itself: ``up`` fires at or above, ``down`` at or below (API
    reference 3.3). Without a price of its own reference nothing is concluded from the others.
    """
    price = watched_price(trigger.reference, scale, now)
    if price is None:
        return Fires.UNKNOWN
    level = scale.decimal(trigger.price)
    reached = price >= level if trigger.direction is StopDirection.UP else price <= level
    return Fires.YES if reached else Fires.NO


def problem(
    purpose: Purpose, side: Side, trigger: StopTrigger, contract: Contract, now: References
) -> str:
    """Why a waiting order must not be sent, in one sentence; empty when it may.

    Refused are a direction that does not fit the purpose and a trigger that would fire at once: a
    stop-loss of a long position at or above the price, and so on. An unknown price is no reason.
    """
    expected = direction_of(purpose, side)
    if trigger.direction is not expected:
        way = "rise" if trigger.direction is StopDirection.UP else "fall"
        right = "rise" if expected is StopDirection.UP else "fall"
        return f"A {purpose.value} by a {side.value} waits for a {right}, not for a {way}."
    if would_fire_now(trigger, contract.scale, now) is Fires.YES:
        where = "below" if trigger.direction is StopDirection.DOWN else "above"
        return (
            f"It would fire now: a {purpose.value} by a {side.value} "
            f"lies {where} the {trigger.reference.value} price."
        )
    return ""


def gap_ticks(scale: PriceScale, now: References) -> Decimal | None:
    """How far the last price is above the mark (below: negative), in ticks; None if unknown."""
    if now.last is None or now.mark is None:
        return None
    return (scale.decimal(now.last) - now.mark.value) / scale.tick_size


def gap_warning(scale: PriceScale, now: References, limit_ticks: int) -> str:
    """A sentence when last and mark are further apart than the limit (exclusive), else empty."""
    gap = gap_ticks(scale, now)
    if gap is None or abs(gap) <= limit_ticks:
        return ""
    way = "above" if gap > 0 else "below"
    return (
        f"Last is {abs(gap).quantize(Decimal(1)):f} ticks {way} mark: "
        "a stop on one fires long before a stop on the other."
    )
