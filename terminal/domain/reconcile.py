"""What the exchange has, held against what this program knows: orders, stops, positions, modes.

A value that is made at a start, on demand and after every periodic comparison. It decides nothing
and nothing is done by it: it says what there is, who said so and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.events import PositionSide
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from terminal.domain.clock import TimestampMs
    from terminal.domain.events import MarginMode
    from terminal.domain.intention import Procedure, Source
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, Lots, Symbol

NOT_PLACED = "The exchange does not know this order; it was not placed."
"""The reason of an order of which it is proven that it never arrived."""


class Origin(Enum):
    """Where an order comes from; ``ORPHAN`` is ours by its id, and no line of the journal is."""

    OURS = "this program"
    ORPHAN = "ours, without a record"
    ELSEWHERE = "placed elsewhere"


@final
@dataclass(frozen=True, slots=True)
class Heard:
    """Who told of something, and when by our clock; ``at`` is None where that is not known."""

    source: Source | None = None
    at: TimestampMs | None = None


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is known was held against the exchange's lists, ``at`` by our clock.

    ``differences`` counts what the lists told before the stream did; None for the first reading,
    which had nothing to be compared with.
    """

    at: TimestampMs
    differences: int | None


@final
@dataclass(frozen=True, slots=True)
class OrderFinding:
    """A working order, or a stop that waits. ``is_bare`` marks an exit with nothing to exit."""

    order: Order
    origin: Origin
    heard: Heard
    is_bare: bool = False

    @property
    def is_stop(self) -> bool:
        """True for a stop that waits."""
        return self.order.state is OrderState.UNTRIGGERED


@final
@dataclass(frozen=True, slots=True)
class PositionFinding:
    """A position that is held; ``lots`` is signed, ``heard`` who told of it last."""

    symbol: Symbol
    lots: Lots
    heard: Heard
    lane: PositionSide = PositionSide.BOTH


@final
@dataclass(frozen=True, slots=True)
class ModeFinding:
    """The margin mode of a contract that is traded; None while it is not known."""

    symbol: Symbol
    margin_mode: MarginMode | None


@final
@dataclass(frozen=True, slots=True)
class Unfinished:
    """A procedure that was under way when the program ended; ``sentence`` says what there is now.

    It is never continued.
    """

    procedure: Procedure
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What there is. ``is_complete`` is False while something is still read or looked for.

    ``from_before`` are orders that were never answered when the program ended, or that have ended
    since, as they are now.
    """

    made_at: TimestampMs
    is_complete: bool
    orders: tuple[OrderFinding, ...]
    positions: tuple[PositionFinding, ...]
    modes: tuple[ModeFinding, ...]
    from_before: tuple[Order, ...]
    unfinished: tuple[Unfinished, ...]

    @property
    def orphans(self) -> tuple[OrderFinding, ...]:
        """Orders that are ours by their id, and exits with nothing to exit."""
        return tuple(one for one in self.orders if one.origin is Origin.ORPHAN or one.is_bare)

    @property
    def attention(self) -> tuple[str, ...]:
        """What somebody should look at, one sentence each; empty when all is as it should be."""
        guessed = [one for one in self.from_before if one.is_guess]
        missing = [one for one in guessed if one.reason == NOT_PLACED]
        lost = [one for one in guessed if one.reason != NOT_PLACED]
        found = [one for one in self.from_before if not one.is_guess]
        alone = [one for one in self.orders if one.origin is Origin.ORPHAN]
        bare = [one for one in self.orders if one.is_bare]
        said = [one.sentence for one in self.unfinished]
        if found:
            said.append(
                f"{_orders(len(found))} from before the program ended: see what came of it."
            )
        if missing:
            said.append(f"{_orders(len(missing))} from before never arrived at the exchange.")
        if lost:
            said.append(f"{_orders(len(lost))} from before that the exchange no longer knows.")
        if alone:
            said.append(f"{_orders(len(alone))} of ours without a record of having sent it.")
        if bare:
            said.append(
                f"{_orders(len(bare))} can only reduce, and there is no position to reduce."
            )
        return tuple(said)


def origin_of(
    order: Order, prefix: str, knows: Callable[[ClientOid], bool], *, has_record: bool
) -> Origin:
    """Where an order comes from. Without a lasting record no order of ours is an orphan."""
    if not order.client_oid.startswith(prefix):
        return Origin.ELSEWHERE
    if knows(order.client_oid):
        return Origin.OURS
    return Origin.ORPHAN if has_record else Origin.OURS


def findings(
    orders: Iterable[Order],
    lots_of: Callable[[Order], int],
    origin: Callable[[Order], Origin],
    heard: Mapping[ClientOid, tuple[Source, TimestampMs]],
) -> tuple[OrderFinding, ...]:
    """What is found of each order, in their order. ``lots_of`` says what it could be about."""
    found: list[OrderFinding] = []
    for order in orders:
        known = heard.get(order.client_oid)
        is_stop = order.state is OrderState.UNTRIGGERED
        found.append(
            OrderFinding(
                order,
                origin(order),
                Heard() if known is None else Heard(*known),
                is_stop and order.reduces_only and not lots_of(order),
            )
        )
    return tuple(found)


def unfinished(procedure: Procedure, lots: Sequence[Lots], working: int) -> Unfinished:
    """Say what a procedure was for, how far it came and what there is now.

    ``lots`` are those of each lane in which something is held.

    One without a symbol was about all contracts: then ``working`` counts the orders of all of them.
    """
    reached = f" It had come to: {procedure.steps[-1].name}." if procedure.steps else ""
    held = " and ".join(f"{one:+}" for one in lots)
    position = "no position" if not lots else f"a position of {held} lots"
    if not procedure.symbol:
        wanted = procedure.wanted.rstrip(".")
        return Unfinished(
            procedure,
            f"{wanted} was under way when the program ended.{reached} On all contracts together "
            f"there is now: {_orders(working).lower()}. Nothing was continued.",
        )
    if procedure.kind is Purpose.PAIR:
        sentence = (
            f"{procedure.symbol}: {procedure.wanted} Only the program held this, so it ended with "
            f"it: what still works of the two works alone.{reached} Now there is {position} and "
            f"{_orders(working).lower()}."
        )
        return Unfinished(procedure, sentence)
    sentence = (
        f"{procedure.symbol}: {procedure.wanted.rstrip('.')} was under way when the program ended."
        f"{reached} Now there is {position} and {_orders(working).lower()}. Nothing was continued."
    )
    return Unfinished(procedure, sentence)


def _orders(count: int) -> str:
    return "One order" if count == 1 else f"{count or 'No'} orders"
