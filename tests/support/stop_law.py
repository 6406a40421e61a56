"""The law about stops that protect: one goes only if it was asked for, or others wait in its place.

It counts as protection all that ``domain.protection`` does, plain stops against the loss of what is
held included. A stop that has fired, that is being canceled or of which nothing is known stands in
for nothing. Looked at when a cancel is sent, by what the desk had been told by then, and again when
it is carried out, by what is true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.events import OrderType, StopDirection
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.intention import Intention, ProcedureId
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from tests.support.histories import History
    from tests.support.truth import Truth

LISTED_FOR_S = 20.0
"""So long after a cancel of all the exchange's list may still add orders that nobody told of."""
SWEPT_FOR_S = 60.0
"""So long a cancel of all may be on its way, and what it finds then goes."""


class _Wish(NamedTuple):
    at_s: float
    is_meant: Callable[[Truth], bool]
    is_lasting: bool = False


@final
class StopLaw:
    """What the user wanted gone, and what took the place of what."""

    def __init__(self, history: History) -> None:
        self._h = history
        self._wishes: list[_Wish] = []
        self._signed_s: dict[ClientOid, float] = {}
        self._groups: dict[ProcedureId, list[ClientOid]] = {}
        """Stops that were sent together to take the place of others."""
        self._stand_ins: dict[OrderId, tuple[ClientOid, ...]] = {}
        """By what took its place, for each stop whose cancel was sent without being asked for."""
        self._let_go: set[OrderId] = set()
        """Stops that the cancels of entries need not spare."""
        self._flat_wanted: list[tuple[Symbol, float]] = []
        self._moved: set[OrderId] = set()
        self.clears_entries = False
        """Whether everything that could open is being canceled."""

    # What the user wants ---------------------------------------------------------------------

    def wants_gone(self, is_meant: Callable[[Truth], bool], *, is_lasting: bool = False) -> None:
        """Orders that are there now, or with ``is_lasting`` those that follow, too."""
        self._wishes.append(_Wish(self._h.now_s(), is_meant, is_lasting))

    def no_longer(self) -> None:
        """Lasting wishes end; what is on its way stays wanted."""
        self.clears_entries = False
        now_s = self._h.now_s()
        self._wishes = [_Wish(now_s, w.is_meant) if w.is_lasting else w for w in self._wishes]

    def wants_flat(self, symbol: Symbol) -> None:
        """Whatever stands of a contract may go once it was flat."""
        exchange, now_s = self._h.exchange, self._h.now_s()
        if not exchange.held[symbol]:
            exchange.flat_at_s[symbol] = now_s
        self._flat_wanted.append((symbol, now_s))

    def moves(self, order: Truth) -> None:
        """The user moves an order. What opens goes first: two of them could open twice as much.

        So may a plain stop while others cover what the desk knows to be held, or none is held.
        """
        if not order.ticket.reduces_only and self._are_others_enough(order):
            self._moved.add(order.order_id)

    def _are_others_enough(self, order: Truth) -> bool:
        desk, symbol = self._h.desk, order.ticket.symbol
        held = max(0, -self._h.account.position(symbol).core.lots * order.side.sign)
        others = (
            one
            for one in desk.working(symbol)
            if one.is_stop and one.side is order.side and one.order_id != order.order_id
        )
        return sum(one.remaining for one in others) >= held

    # What happens ----------------------------------------------------------------------------

    def signed(self, intention: Intention) -> None:
        """An order is sent."""
        ticket, client_oid = intention.ticket, intention.client_oid
        self._signed_s[client_oid] = self._h.now_s()
        is_exit = ticket.trigger is not None and ticket.reduces_only
        is_instead = intention.purpose in {Purpose.MOVE, Purpose.PROTECT}
        if intention.procedure is not None and is_exit and is_instead:
            self._groups.setdefault(intention.procedure, []).append(client_oid)

    def cancel_sent(self, order: Truth) -> None:
        """The desk asks for a cancel; whether that is right is judged by what it knows now."""
        if not self._is_subject(order) or self._is_allowed(order, "desk"):
            return
        group = self._waiting_group(order)
        if group is not None:
            self._stand_ins[order.order_id] = group
        elif self._is_spare(order):
            self._let_go.add(order.order_id)
        else:
            self._h.is_wrong(
                f"the cancel of the stop {order.order_id} {order.tag} was sent and nothing waits "
                "in its place"
            )

    def ends(self, order: Truth, who: str) -> None:
        """Before what is left of an order is canceled at the exchange."""
        if who not in {"desk", "sweep"} or not self._is_subject(order):
            return
        if order.order_id in self._let_go or self._is_allowed(order, who):
            return
        if not self._was_replaced(order):
            self._h.is_wrong(
                f"the stop {order.order_id} {order.tag} went and nothing took its place"
            )

    def _was_replaced(self, order: Truth) -> bool:
        """Whether what took its place still does, or went otherwise than by our own doing.

        Since the cancel was sent it may have fired, or others may have taken it away, or its place.
        """
        names = self._stand_ins.get(order.order_id, ())
        others = [self._h.exchange.named(name) for name in names]
        return bool(others) and all(one is not None and self._did_its_part(one) for one in others)

    def _did_its_part(self, one: Truth) -> bool:
        was_ours = one.ended_by in {"desk", "sweep"} and one.waits
        return not was_ours or self._is_allowed(one, one.ended_by) or self._was_replaced(one)

    # Judging ---------------------------------------------------------------------------------

    def _is_subject(self, order: Truth) -> bool:
        """Whether it waits, and only reduces or bounds the loss of what is held."""
        if not order.waits or order.done:
            return False
        return order.ticket.reduces_only or self.protects(order)

    def protects(self, order: Truth) -> bool:
        """Whether it bounds the loss of what is held, if it waits."""
        held, trigger = self._h.exchange.held[order.ticket.symbol], order.ticket.trigger
        if trigger is None or held * order.side.sign >= 0:
            return False
        against = StopDirection.DOWN if held > 0 else StopDirection.UP
        return trigger.direction is against and order.ticket.order_type is OrderType.MARKET

    def _is_allowed(self, order: Truth, who: str) -> bool:
        """Whether the user wanted it gone, or wanted the contract flat and it was."""
        symbol, exchange = order.ticket.symbol, self._h.exchange
        if order.order_id in self._moved:
            return True
        if any(one == symbol and exchange.was_flat_since(one, s) for one, s in self._flat_wanted):
            return True
        return any(self._is_about(wish, order, who) for wish in self._wishes)

    def _is_about(self, wish: _Wish, order: Truth, who: str) -> bool:
        if not wish.is_meant(order):
            return False
        if wish.is_lasting:
            return True
        oid, now_s = order.client_oid, self._h.now_s()
        sent_s = None if oid is None else self._signed_s.get(oid)
        if sent_s is not None and sent_s <= wish.at_s:
            return True
        if sent_s is None and order.placed_s <= wish.at_s + LISTED_FOR_S:
            return True
        return who == "sweep" and now_s <= wish.at_s + SWEPT_FOR_S

    def _waiting_group(self, order: Truth) -> tuple[ClientOid, ...] | None:
        """The stops sent after an order, for its side, all of which the desk knows to wait."""
        for group in self._groups.values():
            if order.client_oid not in group and self._does_stand_in(order, group):
                return tuple(group)
        return None

    def _does_stand_in(self, order: Truth, group: Sequence[ClientOid]) -> bool:
        known = self._h.desk.orders
        for name in group:
            one = known.get(name)
            if one is None or (one.symbol, one.side) != (order.ticket.symbol, order.side):
                return False
            if one.state is not OrderState.UNTRIGGERED or one.pending is not PendingCommand.NONE:
                return False
            if self._signed_s[name] < order.placed_s:
                return False
        return True

    def _is_spare(self, order: Truth) -> bool:
        """Whether a plain stop goes with the entries: what is held is covered without it."""
        if order.ticket.reduces_only or not self.clears_entries:
            return False
        symbol = order.ticket.symbol
        held = abs(self._h.exchange.held[symbol])
        # What is not told yet cannot be spared for: then the stop looks like an entry.
        known = max(0, -self._h.account.position(symbol).core.lots * order.side.sign)
        others = (one for one in self._h.exchange.alive(symbol) if one is not order)
        cover = sum(
            one.left for one in others if one.ticket.trigger is not None and one.side is order.side
        )
        return cover >= min(held, known)
