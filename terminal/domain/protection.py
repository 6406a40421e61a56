"""Whether a position's loss is bounded by what waits at the exchange, and the exact mending order.

Pure: one position (in hedge mode one of the two) and the orders of its contract in, a state out.
Only an order that is known to close the position once the price goes against it protects; what is
not known never makes a position look protected, and never hides that one is naked where it could
not protect it anyway. Sources: API reference 3.3 (stops, reduceOnly, closeOrder), 3.6, 3.9 (hedge
mode), 11 (what is not established about attached exits).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.bounding import may_bound_loss
from terminal.domain.events import OrderType, PositionSide, StopDirection, StopReference
from terminal.domain.lanes import is_of_lane
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.ticket import OrderTerms, OrderTicket, StopTrigger
from terminal.domain.triggers import loss_direction
from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.events import MarginMode
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, ExactPrice, Symbol


class ProtectionState(Enum):
    """How a position stands. The values are the words shown to the user."""

    FLAT = "flat"
    PROTECTED = "protected"
    UNDER_COVERED = "under-covered"
    OVER_COVERED = "over-covered"
    NAKED = "naked"
    ORPHAN_STOPPED = "orphan stop"
    COMING = "exits on their way"
    UNKNOWN = "unknown"


class DistanceUnit(Enum):
    """In what the distance of a mending stop is measured."""

    TICKS = "ticks"
    PERCENT = "percent of the price"
    LIQUIDATION_SHARE = "percent of the way to liquidation"


@final
@dataclass(frozen=True, slots=True)
class StopDistance:
    """How far from the mark price a mending stop is put; above zero."""

    unit: DistanceUnit = DistanceUnit.PERCENT
    value: Decimal = Decimal(1)


@final
@dataclass(frozen=True, slots=True)
class ProtectionSettings:
    """What the user can set about protection.

    ``bracket_loss_ticks`` and ``bracket_profit_ticks`` are where the exits of the next order lie
    from its price; ``grace_s`` is how long attached exits may be on their way; ``gap_ticks`` is how
    far last and mark may be apart without a warning. ``quiet`` are contracts whose naked positions
    get no banner; the table says it all the same.
    """

    reference: StopReference = StopReference.MARK
    distance: StopDistance = StopDistance()
    bracket_loss_ticks: int = 200
    bracket_profit_ticks: int = 400
    grace_s: int = 10
    gap_ticks: int = 50
    quiet: frozenset[Symbol] = frozenset()


@final
@dataclass(frozen=True, slots=True)
class Held:
    """What is to be protected. ``lots`` are signed; ``lane`` says which position of hedge mode.

    ``liquidation`` is given only where it is the end of the position (isolated margin; in cross
    mode it is informative, API reference 3.8): a stop beyond it comes too late.
    """

    contract: Contract
    lots: Lots
    lane: PositionSide = PositionSide.BOTH
    liquidation: ExactPrice | None = None

    @property
    def is_long(self) -> bool:
        """True for a long position, and for the long lane while it is flat."""
        return self.lots > 0 or (self.lots == 0 and self.lane is PositionSide.LONG)

    @property
    def size(self) -> Lots:
        """Lots without their sign."""
        return Lots(abs(self.lots))

    @property
    def closing_side(self) -> Side:
        """The side of an order that makes the position smaller."""
        return Side.SELL if self.is_long else Side.BUY


@final
class Weak(NamedTuple):
    """A stop that looks like protection and is not, with the reason in one sentence."""

    order: Order
    reason: str


@final
@dataclass(frozen=True, slots=True)
class Cover:
    """How far a position is covered, and by what.

    ``covered`` lots are certain, never more than held. ``stops`` protect, nearest to the price
    first; ``surplus`` of them are not needed; ``strays`` close nothing that is held; ``targets``
    take profit; ``doubts`` say what is not known, one sentence each.
    """

    state: ProtectionState
    held: Held
    covered: Lots
    stops: tuple[Order, ...] = ()
    surplus: tuple[Order, ...] = ()
    strays: tuple[Order, ...] = ()
    targets: tuple[Order, ...] = ()
    weak: tuple[Weak, ...] = ()
    doubts: tuple[str, ...] = ()
    awaited: Lots = Lots(0)
    """Lots of what is missing that exits on their way may still cover."""

    @property
    def missing(self) -> Lots:
        """Lots that no known stop covers."""
        return Lots(self.held.size - self.covered)

    @property
    def is_loud(self) -> bool:
        """True for what must be seen at once."""
        return self.state in {ProtectionState.NAKED, ProtectionState.UNDER_COVERED}


@final
class _Sorted(NamedTuple):
    """The orders of one contract by what they are to the position."""

    stops: list[Order]
    targets: list[Order]
    strays: list[Order]
    weak: list[Weak]
    doubtful: list[str]
    arriving: list[Order]
    entering: Lots


class _Part(Enum):
    """What one order is to a position."""

    STOP = "stop"
    TARGET = "target"
    STRAY = "stray"
    WEAK = "weak"
    DOUBT = "doubt"
    ARRIVING = "arriving"
    ENTRY = "entry"
    NOTHING = "nothing"


LEAVING = frozenset({PendingCommand.CANCEL, PendingCommand.CANCEL_UNKNOWN, PendingCommand.MOVE})


def classify(
    held: Held,
    orders: Iterable[Order],
    *,
    flags_unknown: frozenset[ClientOid] = frozenset(),
    is_trusted: bool = True,
    awaited: int = 0,
) -> Cover:
    """Say how one position is protected by the working orders of its contract.

    ``flags_unknown`` are orders of which it is not known whether they only reduce; without
    ``is_trusted`` the lists themselves may be out of date; ``awaited`` are lots that
    filled by orders whose attached exits may still be on their way. What these, and stops that are
    being placed, cannot cover is not covered.
    """
    found = _sort(held, orders, flags_unknown)
    near_first = sorted(found.stops, key=lambda order: _nearness(held, order))
    surplus = _surplus(near_first, Lots(held.size + found.entering))
    covered = held.size if any(order.is_close_order for order in near_first) else _sum(near_first)
    covered = Lots(min(held.size, covered))
    strays = found.strays if held.lots or not found.entering else []
    doubts = [*found.doubtful, *("A stop is being placed." for _ in found.arriving)]
    if not is_trusted:
        doubts.insert(0, "Orders and positions are being read again.")
    return Cover(
        state=_state(
            held,
            covered,
            is_trusted=is_trusted,
            is_doubtful=bool(found.doubtful),
            is_coming=covered + awaited + _arriving(held, found.arriving) >= held.size,
            has_strays=bool(strays),
            has_surplus=bool(surplus),
        ),
        held=held,
        covered=covered,
        stops=tuple(near_first),
        surplus=tuple(surplus),
        strays=tuple(strays),
        targets=tuple(found.targets),
        weak=tuple(found.weak),
        doubts=tuple(doubts),
        awaited=Lots(min(awaited, held.size - covered)),
    )


def _state(  # noqa: PLR0913 - the facts that decide, by name
    held: Held,
    covered: Lots,
    *,
    is_trusted: bool,
    is_doubtful: bool,
    is_coming: bool,
    has_strays: bool,
    has_surplus: bool,
) -> ProtectionState:
    if not is_trusted:
        return ProtectionState.UNKNOWN
    if covered < held.size:
        if is_doubtful:
            return ProtectionState.UNKNOWN
        if is_coming:
            return ProtectionState.COMING
        return ProtectionState.UNDER_COVERED if covered else ProtectionState.NAKED
    if has_strays:
        return ProtectionState.ORPHAN_STOPPED
    if has_surplus:
        return ProtectionState.OVER_COVERED
    return ProtectionState.PROTECTED if held.lots else ProtectionState.FLAT


def _sort(held: Held, orders: Iterable[Order], flags_unknown: frozenset[ClientOid]) -> _Sorted:
    found = _Sorted([], [], [], [], [], [], Lots(0))
    entering = 0
    for order in orders:
        if not order.is_working or not is_of_lane(held.lane, order):
            continue
        part, words = _part(held, order, is_unclear=order.client_oid in flags_unknown)
        if part is _Part.STOP:
            found.stops.append(order)
        elif part is _Part.TARGET:
            found.targets.append(order)
        elif part is _Part.STRAY:
            found.strays.append(order)
        elif part is _Part.WEAK:
            found.weak.append(Weak(order, words))
        elif part is _Part.DOUBT:
            found.doubtful.append(words)
        elif part is _Part.ARRIVING:
            found.arriving.append(order)
        elif part is _Part.ENTRY:
            entering += order.remaining
    return found._replace(entering=Lots(entering))


def _part(held: Held, order: Order, *, is_unclear: bool) -> tuple[_Part, str]:
    doubt = _doubt(held, order, is_unclear=is_unclear)
    if doubt:
        return _Part.DOUBT, doubt
    if not held.lots:
        return _part_of_flat(held, order)
    if not (order.is_close_order or order.side is held.closing_side):
        is_stray = order.is_stop and _only_reduces(held, order)
        return (_Part.STRAY, "") if is_stray else (_Part.ENTRY, "")
    if order.state is OrderState.SUBMITTING and order.is_stop:
        part, words = _part_of_waiting(held, order)
        return (_Part.ARRIVING, "") if part is _Part.STOP else (part, words)
    if order.state is not OrderState.UNTRIGGERED:
        if order.order_type is OrderType.MARKET or order.is_close_order:
            return _Part.DOUBT, "An order is closing it right now."
        return (_Part.TARGET if order.reduces_only else _Part.NOTHING), ""
    return _part_of_waiting(held, order)


def _doubt(held: Held, order: Order, *, is_unclear: bool) -> str:
    """What is not known of an order that may close the position; empty when all is."""
    if held.lane is not PositionSide.BOTH and order.position_side is None:
        return "An order does not say whether it is of the long or the short position."
    is_lost = order.state is OrderState.UNKNOWN
    if is_lost and not _is_plain_entry(held, order, is_unclear=is_unclear):
        return "It is not known what became of an order that may be a stop."
    if is_unclear:
        return "It is not known yet whether an order only reduces."
    if order.side is None and not order.is_close_order:
        return "An order cannot be read whole."
    return ""


def _part_of_waiting(held: Held, order: Order) -> tuple[_Part, str]:
    """What a waiting order on the closing side is."""
    if order.stop_direction is None or order.trigger is None:
        return _Part.DOUBT, "It is not known which way a stop looks."
    if not may_bound_loss(order, held.lots):
        return _Part.TARGET, ""
    if order.pending in LEAVING:
        return _Part.DOUBT, "A stop is being canceled."
    if order.order_type is OrderType.LIMIT and not order.is_close_order:
        return _Part.WEAK, "It becomes a limit order, which a fast market leaves behind."
    if _is_beyond_liquidation(held, order.trigger):
        return _Part.WEAK, "It lies beyond the liquidation price."
    return _Part.STOP, ""


def _part_of_flat(held: Held, order: Order) -> tuple[_Part, str]:
    """Without a position a waiting exit has lost its purpose; what opens is an entry."""
    if _only_reduces(held, order):
        if order.is_stop and order.pending not in LEAVING:
            return _Part.STRAY, ""
        return _Part.NOTHING, ""
    return _Part.ENTRY, ""


def _only_reduces(held: Held, order: Order) -> bool:
    """In hedge mode an order on the closing side never opens (API reference 3.9)."""
    if order.reduces_only:
        return True
    return held.lane is not PositionSide.BOTH and order.side is held.closing_side


def _is_plain_entry(held: Held, order: Order, *, is_unclear: bool) -> bool:
    """An order that cannot protect, whatever became of it."""
    return (
        not is_unclear
        and not order.is_stop
        and not order.is_close_order
        and order.side is held.closing_side.opposite
    )


def _is_beyond_liquidation(held: Held, trigger: Price) -> bool:
    if held.liquidation is None or held.liquidation.value <= 0:
        return False
    level = held.contract.scale.decimal(trigger)
    liquidation = held.liquidation.value
    return level <= liquidation if held.is_long else level >= liquidation


def _nearness(held: Held, order: Order) -> int:
    """Sorts stops by how soon they fire as the price goes against the position."""
    trigger = order.trigger or 0
    return -trigger if held.is_long else trigger


def _sum(orders: Iterable[Order]) -> int:
    return sum(order.remaining for order in orders)


def _arriving(held: Held, orders: Sequence[Order]) -> int:
    """How many lots the stops that are being placed are for."""
    return held.size if any(order.is_close_order for order in orders) else _sum(orders)


def _surplus(near_first: Sequence[Order], allowed: Lots) -> list[Order]:
    """The stops that are not needed; the nearest ones are.

    Sized stops may add up to what is held and what orders may still add; one stop that closes all
    is enough.
    """
    surplus: list[Order] = []
    sized = 0
    has_close = False
    for order in near_first:
        if order.is_close_order:
            if has_close:
                surplus.append(order)
            has_close = True
        elif sized + order.remaining <= allowed:
            sized += order.remaining
        else:
            surplus.append(order)
    return surplus


# Mending -----------------------------------------------------------------------------------------


@final
@dataclass(frozen=True, slots=True)
class Mending:
    """What would mend a position: stops to place first, and what to cancel once they wait.

    ``reason`` says why there is nothing to do or nothing that can be done, empty otherwise.
    """

    places: tuple[OrderTicket, ...] = ()
    cancels: tuple[Order, ...] = ()
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        """True when nothing would be sent."""
        return not self.places and not self.cancels


def mending(
    cover: Cover, mode: MarginMode, mark: ExactPrice | None, settings: ProtectionSettings
) -> Mending:
    """The exact orders and cancels that would make a position protected.

    What is missing gets reduce-only market stops; what is too much is canceled. Coverage never
    falls on the way: new stops are placed before old ones are canceled.
    """
    held, state = cover.held, cover.state
    if state is ProtectionState.UNKNOWN:
        return Mending(reason=" ".join(("Not known well enough to mend.", *cover.doubts)))
    if state is ProtectionState.COMING:
        return Mending(reason="Exits are on their way: wait for them, or place a stop yourself.")
    if cover.missing:
        if mark is None:
            name = settings.reference.value
            return Mending(reason=f"The {name} price is not known, so no stop can be placed by it.")
        price = protective_price(held, mark, settings.distance)
        if price is None:
            return Mending(reason="There is no room for a stop between the price and the end.")
        lots = Lots(cover.missing - cover.awaited)
        places = stop_tickets(held, lots, mode, settings.reference, price)
        return Mending(places)
    if state is ProtectionState.ORPHAN_STOPPED:
        return Mending(cancels=(*cover.strays, *_spare(cover)))
    if state is ProtectionState.OVER_COVERED:
        return _less(cover, mode)
    return Mending(reason="Nothing to mend.")


def _spare(cover: Cover) -> tuple[Order, ...]:
    """Surplus whose cancel leaves everything covered."""
    rest = [order for order in cover.stops if order not in cover.surplus]
    is_enough = any(order.is_close_order for order in rest) or _sum(rest) >= cover.held.size
    return cover.surplus if is_enough else ()


def _less(cover: Cover, mode: MarginMode) -> Mending:
    """Cancel the surplus; what that would uncover is covered first, where the surplus stood."""
    if _spare(cover):
        return Mending(cancels=cover.surplus)
    rest = _sum(order for order in cover.stops if order not in cover.surplus)
    gap = Lots(cover.held.size - rest)
    first = cover.surplus[0]
    if first.trigger is None:  # sorted among the stops only with a trigger
        return Mending(reason="Nothing to mend.")
    reference = first.stop_reference or StopReference.MARK
    places = stop_tickets(cover.held, gap, mode, reference, first.trigger)
    return Mending(places, cover.surplus)


def stop_tickets(
    held: Held, lots: Lots, mode: MarginMode, reference: StopReference, price: Price
) -> tuple[OrderTicket, ...]:
    """Reduce-only market stops for so many lots, in as few orders as the exchange allows."""
    return exit_tickets(held, lots, mode, StopTrigger(_against(held), reference, price))


def exit_tickets(
    held: Held, lots: Lots, mode: MarginMode, trigger: StopTrigger
) -> tuple[OrderTicket, ...]:
    """Reduce-only market orders for so many lots that wait for a trigger."""
    most = held.contract.max_market_order_lots
    sizes = [most] * (lots // most) + ([Lots(lots % most)] if lots % most else [])
    lane = None if held.lane is PositionSide.BOTH else held.lane
    return tuple(
        OrderTicket(
            symbol=held.contract.symbol,
            order_type=OrderType.MARKET,
            side=held.closing_side,
            price=None,
            lots=size,
            margin_mode=mode,
            is_reduce_only=True,
            trigger=trigger,
            terms=OrderTerms(position_side=lane),
        )
        for size in sizes
    )


def _against(held: Held) -> StopDirection:
    return loss_direction(is_long=held.is_long)


def protective_price(held: Held, mark: ExactPrice, distance: StopDistance) -> Price | None:
    """Where a mending stop lies: the distance from mark, on the side of the loss, on a tick.

    Rounded to the nearer side, so that the loss is never larger than asked for. A distance that
    would reach the liquidation price is cut to the middle of the way there. None where no tick is
    left.
    """
    scale = held.contract.scale
    sign = -1 if held.is_long else 1
    room = _room(held, mark)
    away = {
        DistanceUnit.TICKS: distance.value * scale.tick_size,
        DistanceUnit.PERCENT: mark.value * distance.value / 100,
        DistanceUnit.LIQUIDATION_SHARE: (room or Decimal(0)) * distance.value / 100,
    }[distance.unit]
    if away <= 0:  # no liquidation price to take a share of: one percent
        away = mark.value / 100
    if room is not None and away >= room:
        away = room / 2
    wanted = mark.value + sign * away
    price = scale.ticks_above(wanted) if held.is_long else scale.ticks_below(wanted)
    level = scale.decimal(price)
    is_past = level >= mark.value if held.is_long else level <= mark.value
    if is_past or price <= 0 or price > held.contract.max_price:
        return None
    return None if _is_beyond_liquidation(held, price) else price


def _room(held: Held, mark: ExactPrice) -> Decimal | None:
    """How far it is from mark to liquidation; None where liquidation is no end or is reached."""
    if held.liquidation is None or held.liquidation.value <= 0:
        return None
    room = mark.value - held.liquidation.value
    room = room if held.is_long else -room
    return room if room > 0 else None
