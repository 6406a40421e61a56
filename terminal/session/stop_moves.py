"""Moving a stop that only reduces: the new one waits before the old one is canceled.

The position is never without it. Both only reduce, so two of them for a moment open nothing. If
the new one is refused, not seen, or fires at once, the old one stays as it was, and it is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand
from terminal.session.procedures import Recorded
from terminal.session.results import Blocked, Submitted

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.desk import Desk

SEEN_WAIT_S = 10.0
"""How long the new stop may take to be seen before the old one is left alone for good."""
READ_INTERVAL_S = 1.0
CANCEL_WAIT_S = 6.0
_UNCLEAR = (OrderState.SUBMITTING, OrderState.UNKNOWN)


@final
@dataclass(slots=True)
class _StopMove:
    old: ClientOid
    new: ClientOid
    symbol: Symbol
    recorded: Recorded
    is_canceling: bool = False
    is_wanted: bool = True


@final
class StopMoving:
    """The procedure that moves a protective stop."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way: dict[ClientOid, _StopMove] = {}

    def is_moving(self, client_oid: ClientOid) -> bool:
        """True for a stop that is being moved, and for the one that takes its place."""
        return any(client_oid in {one.old, one.new} for one in self._under_way.values())

    def abort(self, client_oid: ClientOid) -> None:
        """The user cancels the old stop: he wants neither of the two."""
        move = self._under_way.get(client_oid)
        if move is None:
            return
        move.is_wanted = False
        order = self._desk.orders[client_oid]
        if order.pending is PendingCommand.MOVE and not move.is_canceling:
            self._desk.put(replace(order, pending=PendingCommand.NONE))
        self._desk.pulse.beat()

    def abort_all(self, symbol: Symbol | None) -> None:
        """The user cancels all of a contract, or everything."""
        for client_oid, move in tuple(self._under_way.items()):
            if symbol in {move.symbol, None}:
                self.abort(client_oid)

    def start(self, order: Order, ticket: OrderTicket) -> Blocked | None:
        """Place the new stop at once; the old one is touched only when the new one is seen."""
        desk = self._desk
        wanted = "Moving a stop (the new one first, then the cancel of the old)."
        detail = {"old": str(order.client_oid)}
        recorded = Recorded(desk, Purpose.MOVE, order.symbol, wanted, detail)
        recorded.step("place new")
        result = desk.submit(ticket, Purpose.MOVE, recorded.procedure_id)
        if not isinstance(result, Submitted):
            recorded.end(f"Not moved: {result.blocks[0].reason}")
            return result
        desk.put(replace(order, pending=PendingCommand.MOVE))
        move = _StopMove(order.client_oid, result.client_oid, order.symbol, recorded)
        self._under_way[order.client_oid] = move
        desk.spawn(f"move stop {order.client_oid}", self._run(move))
        return None

    async def _run(self, move: _StopMove) -> None:
        try:
            is_seen = await self._is_seen(move)
            if not move.is_wanted:
                self._give_up(move)
            elif not self._desk.orders[move.old].is_working:
                self._tell_fired(move)
            elif not is_seen:
                self._leave_old(move)
            else:
                await self._cancel_old(move)
        except Exception as error:  # noqa: BLE001 - reported; the old stop must stay cancelable
            self._desk.report("move a stop", error)
            self._break_off(move)
        finally:
            del self._under_way[move.old]

    async def _is_seen(self, move: _StopMove) -> bool:
        """Whether the new stop waits, by the exchange's word: a trusted stream, or its list."""
        desk = self._desk
        deadline_s = desk.clock.monotonic_s() + SEEN_WAIT_S
        move.recorded.step("see new")
        while move.is_wanted and desk.clock.monotonic_s() < deadline_s:
            await desk.pulse.until(lambda: self._is_settled(move), READ_INTERVAL_S)
            new = desk.orders[move.new]
            state = new.state
            if not self._desk.orders[move.old].is_working or not move.is_wanted:
                return False
            if state not in {*_UNCLEAR, OrderState.UNTRIGGERED}:
                return False
            # A new stop that the user is canceling stands in for nothing.
            if new.pending is PendingCommand.NONE:
                if state is OrderState.UNTRIGGERED and desk.is_trusted:
                    return True
                if await self._is_listed(move):
                    new = desk.orders[move.new]
                    is_left = new.pending is PendingCommand.NONE
                    return new.state is OrderState.UNTRIGGERED and is_left
            await desk.clock.sleep(READ_INTERVAL_S)
        return False

    def _is_settled(self, move: _StopMove) -> bool:
        orders = self._desk.orders
        is_told = orders[move.new].state not in _UNCLEAR
        return is_told or not orders[move.old].is_working or not move.is_wanted

    async def _is_listed(self, move: _StopMove) -> bool:
        desk = self._desk
        try:
            updates = await desk.gateway.open_stops(move.symbol)
        except TernError:
            return False  # asked again until the deadline; then the old stop stays
        except Exception as error:  # noqa: BLE001 - reported; a procedure must not die of a query
            desk.report("read the stops", error)
            return False
        for update in updates:
            desk.take(update)
        order_id = desk.orders[move.new].order_id
        return order_id is not None and any(one.order_id == order_id for one in updates)

    def _release_old(self, move: _StopMove) -> None:
        """Nothing of ours is on its way for the old stop any more."""
        old = self._desk.orders.get(move.old)
        if old is not None and old.pending is PendingCommand.MOVE:
            self._desk.put(replace(old, pending=PendingCommand.NONE))

    def _break_off(self, move: _StopMove) -> None:
        """An error of our own: the old stop is left as it is, and can be canceled or moved."""
        self._release_old(move)
        words = "The move was broken off by an error inside the program: look at both stops."
        if not move.is_wanted:
            self._desk.cancel(move.new)
        self._end(move, words, ok=False)

    def _leave_old(self, move: _StopMove) -> None:
        """The new stop does not stand: the old one is as it was."""
        new = self._desk.orders[move.new]
        self._release_old(move)
        if new.state is OrderState.REJECTED and not new.is_guess:
            words = f"Not moved: {new.reason} The old stop stays as it was."
        elif new.state in _UNCLEAR:
            words = (
                "Not moved: nobody says what became of the new stop, so the old one stays. Both "
                "may wait; both only reduce."
            )
        elif new.state is OrderState.UNTRIGGERED:
            words = "Not moved: the new stop is being canceled. The old one stays as it was."
        elif new.is_working or new.filled:
            words = "The new stop fired at once. The old one stays; it only reduces."
        else:
            words = "Not moved: the new stop has ended. The old one stays as it was."
        self._end(move, words, ok=False)

    def _give_up(self, move: _StopMove) -> None:
        """The user canceled the old stop, or everything, meanwhile."""
        self._desk.cancel(move.new)
        self._end(move, "Canceled instead of moved: this stop is gone.", ok=False)

    async def _cancel_old(self, move: _StopMove) -> None:
        desk = self._desk
        move.recorded.step("cancel old")
        move.is_canceling = True
        desk.spawn(f"cancel {move.old}", desk.cancel_and_see(move.old))
        await desk.pulse.until(
            lambda: (
                not desk.orders[move.old].is_working
                or desk.orders[move.old].pending is PendingCommand.NONE
            ),
            CANCEL_WAIT_S,
        )
        old = desk.orders[move.old]
        if not move.is_wanted:
            self._give_up(move)
        elif old.is_working and old.state is OrderState.UNTRIGGERED:
            words = "The new stop waits, but the old one may still wait, too. Both only reduce."
            self._end(move, words, ok=False)
        elif old.is_working or old.filled or not old.canceled or not self._new_works(move):
            self._tell_fired(move)
        else:
            self._end(move, "Moved: the new stop waits, the old one is canceled.", ok=True)

    def _new_works(self, move: _StopMove) -> bool:
        return self._desk.orders[move.new].is_working

    def _tell_fired(self, move: _StopMove) -> None:
        old = self._desk.orders[move.old]
        new = self._desk.orders[move.new]
        if old.canceled and not old.filled:
            words = "The old stop has ended meanwhile; the new one stays."
        else:
            words = "The old stop fired while it was moved. The new one stays; it only reduces."
        if not new.is_working:
            words = "The old stop has ended, and the new one does not wait: look at the position."
        self._end(move, words, ok=False)

    def _end(self, move: _StopMove, sentence: str, *, ok: bool) -> None:
        move.recorded.end(sentence)
        self._desk.tell(move.old, sentence, ok=ok)
