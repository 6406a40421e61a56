"""New protection first, seen at the exchange by its own word; only then the old is canceled.

The one way in which stops take the place of others. A position is never left with less than it had:
whatever becomes of the new ones, the old stay until the new are known to wait, and a cancel of an
old one that nobody answered is repeated only while they still are. Who asks for it words the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.guard import BlockField
from terminal.domain.order import UNCLEAR, OrderState, PendingCommand
from terminal.session.results import Blocked, not_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.intention import Purpose
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.desk import Desk
    from terminal.session.procedures import Recorded

SEEN_WAIT_S = 10.0
"""So long the new stops may take to be seen before the old are left alone for good."""
READ_INTERVAL_S = 1.0
CANCEL_WAIT_S = 6.0
OWN_ERROR = "An error inside the program kept a new stop from being sent: look at the stops."
NOT_REPEATED = "What takes its place no longer waits, so the cancel is not repeated."


class End(Enum):
    """How it ended. Up to ``OLD_OVER`` no old one was touched by us."""

    BLOCKED = auto()
    REFUSED = auto()
    """The exchange said no to a new one."""
    UNCLEAR = auto()
    """Nobody says what became of a new one; it may wait."""
    BEING_CANCELED = auto()
    """Somebody here is canceling a new one: it stands in for nothing."""
    FIRED = auto()
    """A new one fired at once."""
    NEW_ENDED = auto()
    CALLED_OFF = auto()
    """The user canceled meanwhile; the new ones are being canceled."""
    OLD_OVER = auto()
    """An old one fired or ended by other hands, or no new one is left where it was canceled."""
    OLD_CANCELED = auto()
    """The old ones were canceled from here meanwhile, by the user or for him."""
    NOT_REPEATED = auto()
    """A new one stopped waiting before the old one's cancel was answered."""
    OLD_LEFT = auto()
    """The new ones wait, and an old one may still do."""
    BROKEN = auto()
    """An error of our own; the old are left as they are."""
    DONE = auto()


@final
@dataclass(slots=True, eq=False)
class Change:
    """Stops that take the place of others. ``block`` is what the guard had against a new one.

    ``is_move`` is one stop that the user moves: to cancel it means that he wants neither. ``about``
    is the new one because of which it did not go on.
    """

    symbol: Symbol
    old: tuple[ClientOid, ...]
    recorded: Recorded
    is_move: bool = False
    new: tuple[ClientOid, ...] = ()
    block: Blocked | None = None
    about: ClientOid | None = None
    is_canceling: bool = False
    is_wanted: bool = True
    is_lost: bool = False
    by_hand: set[ClientOid] = field(default_factory=set)
    """Old ones that were canceled from here, by the user or for him."""


@final
class PlaceFirst:
    """All such changes of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way: list[Change] = []

    def is_moving(self, client_oid: ClientOid) -> bool:
        """True for a stop that gives its place away, and for one that takes another's."""
        return any(client_oid in (*one.old, *one.new) for one in self._under_way)

    def is_moved_by_hand(self, client_oid: ClientOid) -> bool:
        """True for one of the two stops of a move that the user asked for."""
        moves = (one for one in self._under_way if one.is_move)
        return any(client_oid in (*one.old, *one.new) for one in moves)

    # Calling off -----------------------------------------------------------------------------

    def abort(self, client_oid: ClientOid) -> None:
        """The user cancels a stop: of one that he moves he wants neither of the two."""
        for change in tuple(self._under_way):
            if client_oid in change.old:
                change.by_hand.add(client_oid)
                if change.is_move:
                    self._call_off(change)

    def abort_all(self, symbol: Symbol | None) -> None:
        """The user cancels all of a contract, or everything."""
        for change in tuple(self._under_way):
            if symbol in {change.symbol, None}:
                self._call_off(change)

    def _call_off(self, change: Change) -> None:
        change.is_wanted = False
        if not change.is_canceling:
            self._release(change)
        self._desk.pulse.beat()

    # Carrying out ----------------------------------------------------------------------------

    def begin(
        self, change: Change, places: Sequence[OrderTicket], purpose: Purpose
    ) -> Blocked | None:
        """Send the new ones at once, up to the first that is blocked; the old are not touched.

        An error of our own is reported and blocks like a rule.
        """
        desk = self._desk
        change.old = tuple(oid for oid in change.old if oid in desk.orders)
        if places:
            change.recorded.step("place new")
        for ticket in places:
            try:
                result = desk.submit(ticket, purpose, change.recorded.procedure_id)
            except Exception as error:  # noqa: BLE001 - reported; the procedure must have an end
                desk.report("place first", error)
                result = not_sent(BlockField.ORDER, OWN_ERROR)
            if isinstance(result, Blocked):
                change.block = result
                return result
            change.new = (*change.new, result.client_oid)
        self._under_way.append(change)
        return None

    async def see_through(self, change: Change) -> End:
        """See the new ones wait, then cancel the old; ``begin`` was not blocked."""
        try:
            return await self._carry_out(change)
        except Exception as error:  # noqa: BLE001 - reported; the old must stay cancelable
            self._desk.report("place first", error)
            self._release(change)
            if not change.is_wanted:
                self._cancel_new(change)
            return End.BROKEN
        finally:
            self._under_way.remove(change)

    async def _carry_out(self, change: Change) -> End:
        are_seen = not change.new or await self._are_seen(change)
        if not change.is_wanted:
            return self._give_up(change)
        if change.old and not self._old_work(change):
            return self._over(change)
        if not are_seen:
            self._release(change)
            return self._why_not(change)
        return await self._cancel_old(change) if change.old else End.DONE

    def _give_up(self, change: Change) -> End:
        self._cancel_new(change)
        return End.CALLED_OFF

    def _cancel_new(self, change: Change) -> None:
        for client_oid in change.new:
            self._desk.cancel(client_oid)

    def _release(self, change: Change) -> None:
        """Nothing of ours is on its way for the old ones any more."""
        for client_oid in change.old:
            old = self._desk.orders.get(client_oid)
            if old is not None and old.pending is PendingCommand.MOVE:
                self._desk.put(replace(old, pending=PendingCommand.NONE))

    # Seeing ----------------------------------------------------------------------------------

    async def _are_seen(self, change: Change) -> bool:
        """Whether the new ones wait, by the exchange's word: a trusted stream, or its list."""
        desk = self._desk
        deadline_s = desk.clock.monotonic_s() + SEEN_WAIT_S
        change.recorded.step("see new")
        while change.is_wanted and desk.clock.monotonic_s() < deadline_s:
            await desk.pulse.until(lambda: self._is_settled(change), READ_INTERVAL_S)
            if self._is_pointless(change):
                return False
            news = self._news(change)
            if any(new.state not in {*UNCLEAR, OrderState.UNTRIGGERED} for new in news):
                return False
            # A new stop that the user is canceling stands in for nothing.
            if all(new.pending is PendingCommand.NONE for new in news):
                if desk.is_trusted and all(map(_stands, news)):
                    return True
                if await self._are_listed(change):
                    return all(map(_stands, self._news(change)))
            await desk.clock.sleep(READ_INTERVAL_S)
        return False

    def _news(self, change: Change) -> list[Order]:
        return [self._desk.orders[client_oid] for client_oid in change.new]

    def _old_work(self, change: Change) -> bool:
        return any(self._desk.orders[client_oid].is_working for client_oid in change.old)

    def _is_settled(self, change: Change) -> bool:
        are_told = all(new.state not in UNCLEAR for new in self._news(change))
        return are_told or self._is_pointless(change)

    def _is_pointless(self, change: Change) -> bool:
        """Whether nothing is left to be done for the old ones, or nobody wants it any more."""
        return not change.is_wanted or (bool(change.old) and not self._old_work(change))

    async def _are_listed(self, change: Change) -> bool | None:
        """Whether the exchange lists all new ones as waiting; None without an answer."""
        desk = self._desk
        try:
            updates = await desk.gateway.open_stops(change.symbol)
        except TernError:
            return None  # asked again, or given up: then the old stay
        except Exception as error:  # noqa: BLE001 - reported; a procedure must not die of a query
            desk.report("read the stops", error)
            return None
        for update in updates:
            desk.take(update)
        listed = {update.order_id for update in updates}
        return all(new.order_id in listed for new in self._news(change))

    def _why_not(self, change: Change) -> End:
        """What keeps the new ones from standing in for the old."""
        news = self._news(change)
        tellers: tuple[tuple[End, Callable[[Order], bool]], ...] = (
            (End.REFUSED, lambda new: new.state is OrderState.REJECTED and not new.is_guess),
            (End.UNCLEAR, lambda new: new.state in UNCLEAR),
            (End.NEW_ENDED, lambda new: not new.is_working and not new.filled),
            (End.FIRED, lambda new: new.state is not OrderState.UNTRIGGERED),
            (End.BEING_CANCELED, lambda new: new.pending is not PendingCommand.NONE),
        )
        for end, applies in tellers:
            for new in news:
                if applies(new):
                    change.about = new.client_oid
                    return end
        # They wait by what was told, but no list and no trusted stream says so.
        change.about = change.new[0]
        return End.UNCLEAR

    # Canceling -------------------------------------------------------------------------------

    async def _cancel_old(self, change: Change) -> End:
        desk = self._desk
        change.recorded.step("cancel old")
        change.is_canceling = True
        for client_oid in change.old:
            if change.is_move or desk.mark_canceling(client_oid, PendingCommand.MOVE):
                cancel = desk.cancel_and_see(client_oid, lambda: self._why_no_more(change))
                desk.spawn(f"cancel {client_oid}", cancel)
        await desk.pulse.until(lambda: change.is_lost or self._are_told(change), CANCEL_WAIT_S)
        olds = [desk.orders[client_oid] for client_oid in change.old]
        if not change.is_wanted:
            return self._give_up(change)
        if any(old.state is OrderState.UNTRIGGERED for old in olds):
            return End.NOT_REPEATED if change.is_lost else End.OLD_LEFT
        if any(old.is_working or old.filled or not old.canceled for old in olds):
            return End.OLD_OVER
        do_work = all(new.is_working for new in self._news(change))
        return End.DONE if do_work else self._over(change)

    def _over(self, change: Change) -> End:
        """Nothing is left to be done for the old ones; who did it."""
        olds = [self._desk.orders[client_oid] for client_oid in change.old]
        are_canceled = all(old.canceled and not old.filled for old in olds)
        is_by_hand = are_canceled and change.by_hand.issuperset(change.old)
        return End.OLD_CANCELED if is_by_hand else End.OLD_OVER

    def _are_told(self, change: Change) -> bool:
        """Whether each cancel has an end: the order's, or that it was given up."""
        olds = (self._desk.orders[client_oid] for client_oid in change.old)
        return all(not old.is_working or old.pending is PendingCommand.NONE for old in olds)

    async def _why_no_more(self, change: Change) -> str:
        """Why the cancel of an old one must not be asked for again; empty when it may be.

        Who canceled here wants the old one gone, whatever the new ones do.
        """
        if not change.is_wanted or not change.new:
            return ""
        do_stand = all(map(_stands, self._news(change)))
        if do_stand:
            are_listed = await self._are_listed(change)
            do_stand = self._desk.is_trusted if are_listed is None else are_listed
        if do_stand and all(map(_stands, self._news(change))):
            return ""
        change.is_lost = True
        self._desk.pulse.beat()
        return NOT_REPEATED


def _stands(new: Order) -> bool:
    return new.state is OrderState.UNTRIGGERED and new.pending is PendingCommand.NONE
