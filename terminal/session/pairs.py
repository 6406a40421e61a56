"""Holds pairs of orders of which one cancels the other; every pair dies with the program.

What is done is decided by ``domain.pairs`` at each change of an order. A pair is written into the
journal as a procedure that ends when the pair does: one that the end of the program cut off has no
end there, and the next start tells of it (``reconcile``). A lost connection leaves pairs as they
are; what was missed is read when it is back, and looked at then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.bounding import may_bound_loss
from terminal.domain.intention import Purpose
from terminal.domain.lanes import is_of_lane
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.pairs import (
    Cancel,
    Known,
    Pair,
    PairPhase,
    PairRule,
    Say,
    Told,
    filled_since,
    leg_words,
    link,
    look,
    why_not,
)
from terminal.session.listeners import Listeners
from terminal.session.procedures import Recorded

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.pairs import Leg, Wish
    from terminal.domain.units import ClientOid
    from terminal.session.listeners import Handle
    from terminal.session.orders import OrderDesk
    from terminal.session.tasks import TaskOwner

LOOK_AGAIN_S = 1.0
"""While a cancel is not carried out, so often it is looked at without a word about it."""
DIES = "Only the program holds this: it ends with it."
PROTECTS = (
    "One of them is a stop that protects what is held: it goes only once the other is filled "
    "whole, or nothing is held."
)
_NS_IN_MS = 1_000_000


@final
@dataclass(slots=True)
class _Held:
    pair: Pair
    recorded: Recorded
    words: tuple[str, str]
    """The orders as they were linked: their words must stay when they have ended."""
    is_followed: bool = False
    was_refused: bool = False


@final
class Pairs:
    """All pairs of one desk; an order is in one at most. ``on_changed`` tells of links and ends."""

    def __init__(self, desk: OrderDesk, owner: TaskOwner) -> None:
        self._desk = desk
        self._owner = owner.child("pairs")
        self._held: dict[ClientOid, _Held] = {}
        """Each pair under the names of both its orders."""
        self._handles: list[Handle] = []
        self._is_looking = self._must_look_again = False
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    # Truth -----------------------------------------------------------------------------------

    def of(self, client_oid: ClientOid) -> Pair | None:
        """The pair that an order is in, None without."""
        held = self._held.get(client_oid)
        return None if held is None else held.pair

    def partner(self, client_oid: ClientOid) -> Order | None:
        """The other order of the pair that an order is in; None without."""
        held = self._held.get(client_oid)
        if held is None:
            return None
        one, other = (leg.client_oid for leg in held.pair.legs)
        return self._desk.orders.get(other if client_oid == one else one)

    def words(self) -> tuple[str, ...]:
        """What is held, one sentence for each pair of which both orders still work."""
        told: dict[int, str] = {}
        for held in self._held.values():
            if all(order is not None and order.is_working for order in self._known(held.pair)):
                told[id(held)] = _wanted(held.words, held.pair.rule)
        return tuple(told.values())

    # Commands --------------------------------------------------------------------------------

    def why_not(self, one: ClientOid, other: ClientOid, rule: PairRule) -> str:
        """Why two orders cannot be linked by a rule now; empty when they can."""
        if reason := self._desk.access.silence:
            return reason
        if one in self._held or other in self._held:
            return "One of them is in a pair already; unlink it first."
        orders = (self._desk.orders.get(one), self._desk.orders.get(other))
        if reason := why_not(*orders):
            return reason
        return PROTECTS if rule is PairRule.FIRST_FILL and self._bounding(orders) else ""

    def link(self, one: ClientOid, other: ClientOid, rule: PairRule = PairRule.FIRST_FILL) -> str:
        """Let one order cancel the other. Returns why it cannot be, empty when it is so."""
        if reason := self.why_not(one, other, rule):
            return reason
        orders = (self._desk.orders[one], self._desk.orders[other])
        words = (self._leg_words(orders[0]), self._leg_words(orders[1]))
        symbol = orders[0].symbol
        wanted = _wanted(words, rule)
        detail = {"one": str(one), "other": str(other), "rule": rule.value}
        recorded = Recorded(self._desk, Purpose.PAIR, symbol, wanted, detail)
        held = _Held(link(*orders, rule), recorded, words)
        self._held[one] = self._held[other] = held
        self._say(orders[0], f"{DIES} {wanted}", ok=True)
        self.on_changed.notify()
        return ""

    def unlink(self, client_oid: ClientOid) -> None:
        """Let both orders go their own way. A cancel that was asked for is carried out."""
        held = self._held.get(client_oid)
        if held is None:
            return
        on_its_way = held.pair.phase is PairPhase.CANCELING
        tail = " The cancel that was asked for is carried out." if on_its_way else ""
        words = f"No pair any more: {held.words[0]} and {held.words[1]}.{tail}"
        self._end(held, words)
        self._say(self._desk.orders.get(client_oid), words, ok=True)

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to watch the orders."""
        self._handles = [
            self._desk.on_changed.add(self._look),
            self._desk.account.on_changed.add(self._look),
        ]

    async def stop(self) -> None:
        """End. Pairs that are held are lost; the journal knows them for the next start."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    def _look(self) -> None:
        """Look at every pair; a change that comes of that is looked at after it."""
        if not self._held:
            return
        if self._is_looking:
            self._must_look_again = True
            return
        self._is_looking = True
        try:
            while True:
                self._must_look_again = False
                for held in {id(one): one for one in self._held.values()}.values():
                    self._look_at(held)
                if not self._must_look_again:
                    return
        finally:
            self._is_looking = False

    def _look_at(self, held: _Held) -> None:
        before = held.pair
        known = self._known(before)
        pair, wishes = look(before, known, self._now_ms(), self._bounding(known))
        if pair is before:
            return
        held.pair = pair  # before anything follows from it
        if pair.phase is PairPhase.CANCELING is not before.phase:
            held.recorded.step("cancel the other")
        said = [self._sentence(held, wish) for wish in wishes if isinstance(wish, Say)]
        for wish in wishes:
            self._carry_out(held, wish)
        if pair.phase is PairPhase.ENDED:
            self._end(held, " ".join(said))

    def _carry_out(self, held: _Held, wish: Wish) -> None:
        if isinstance(wish, Cancel):
            self._cancel(held, wish.client_oid)
            return
        order = self._known(held.pair)[wish.leg]
        is_well = wish.told in {Told.FILLED, Told.DONE} and not (
            wish.told is Told.DONE and held.pair.has_raced
        )
        is_well &= wish.told is not Told.FILLED or not self._leaves_less(held.pair, wish.leg)
        self._say(order, self._sentence(held, wish), ok=is_well)

    def _cancel(self, held: _Held, client_oid: ClientOid) -> None:
        is_silent = bool(self._desk.access.silence)
        if not (is_silent and held.was_refused):  # why it is not canceled is said once
            self._desk.cancel(client_oid)
        held.was_refused = is_silent
        if not held.is_followed:
            held.is_followed = True
            self._owner.spawn("see a cancel through", self._see(held))

    async def _see(self, held: _Held) -> None:
        """A cancel that is given up says nothing more: look by the clock until it is over."""
        try:
            while self._is_held(held):
                await self._desk.pulse.until(lambda: not self._is_held(held), LOOK_AGAIN_S)
                self._look()
        finally:
            held.is_followed = False

    def _is_held(self, held: _Held) -> bool:
        """Whether there may be anything to cancel: who comes back to life tells so itself."""
        winner, orders = held.pair.winner, self._known(held.pair)
        other = None if winner is None else orders[1 - winner]
        return (
            any(one is held for one in self._held.values())
            and other is not None
            and other.is_working
        )

    def _end(self, held: _Held, sentence: str) -> None:
        self._held = {oid: one for oid, one in self._held.items() if one is not held}
        held.recorded.end(sentence)
        self.on_changed.notify()

    def _now_ms(self) -> int:
        return round(self._desk.clock.monotonic_s() * 1000)

    # What is held ----------------------------------------------------------------------------

    def _bounding(self, known: Known) -> frozenset[int]:
        """The orders that are, or may be, stops against the loss of what is held now."""
        return frozenset(
            number
            for number, (order, other) in enumerate((known, known[::-1]))
            if order is not None and self._may_bound_loss(order, other)
        )

    def _may_bound_loss(self, order: Order, other: Order | None) -> bool:
        if not may_bound_loss(order, None):
            return False
        account, symbol = self._desk.account, order.symbol
        lanes = [lane for lane in account.lanes(symbol) if is_of_lane(lane, order)]
        positions = [account.position(symbol, lane) for lane in lanes]
        if any(may_bound_loss(order, one.core.lots) for one in positions):
            return True
        # Flat is believed by the exchange's word alone, and no older one than of the other's fills.
        is_newer = (
            other is not None
            and other.symbol == symbol
            and other.filled
            and other.updated_at is not None
            and all(one.event_at <= other.updated_at // _NS_IN_MS for one in positions)
        )
        is_sure = account.is_trusted and symbol not in account.unconfirmed() and not is_newer
        return not is_sure and may_bound_loss(order, None)

    def _leaves_less(self, pair: Pair, winner: int) -> bool:
        """Whether the one that goes protects something that is held by all that is known."""
        order = self._known(pair)[1 - winner]
        if order is None:
            return False
        return any(
            is_of_lane(one.lane, order) and may_bound_loss(order, one.core.lots)
            for one in self._desk.account.held(order.symbol)
        )

    # Words -----------------------------------------------------------------------------------

    def _known(self, pair: Pair) -> Known:
        one, other = pair.legs
        return self._desk.orders.get(one.client_oid), self._desk.orders.get(other.client_oid)

    def _leg_words(self, order: Order) -> str:
        return leg_words(order, self._desk.contract(order.symbol))

    def _say(self, order: Order | None, words: str, *, ok: bool) -> None:
        if order is not None:
            self._desk.tell_about(order, words, ok=ok)
        else:
            self._desk.warn(words)

    def _sentence(self, held: _Held, wish: Say) -> str:
        mine, theirs = held.words[wish.leg], held.words[1 - wish.leg]
        orders = self._known(held.pair)
        order, partner = orders[wish.leg], orders[1 - wish.leg]
        if wish.told is Told.FILLED:
            words = f"Pair: {_filled(mine, held.pair.legs[wish.leg], order)}; canceling {theirs}."
            is_less = self._leaves_less(held.pair, wish.leg)
            return (
                f"{words} It protects what is still held: look at the rest." if is_less else words
            )
        if wish.told is Told.RACED:
            pair = held.pair
            one = _filled(theirs, pair.legs[1 - wish.leg], partner)
            other = _filled(mine, pair.legs[wish.leg], order)
            return f"Both of a pair filled before the cancel was carried out: {one}, {other}."
        if wish.told is Told.DONE:
            return f"The pair is done: {mine} {_end_words(order)}."
        if wish.told is Told.DOUBTED:
            return (
                f"Pair: nobody knows what became of {mine}. {theirs} works on; if it fills, the "
                "other is canceled wherever it is."
            )
        is_left = (
            partner is not None and partner.is_working and (partner.pending is PendingCommand.NONE)
        )
        if order is not None and self._desk.is_moving(order.client_oid):
            return f"The pair is no more: {mine} was moved, and its new order is in no pair."
        tail = f"{theirs} goes on alone." if is_left else f"{theirs} is ending as well."
        return f"The pair is no more: {mine} {_end_words(order)}; {tail}"


def _wanted(words: tuple[str, str], rule: PairRule) -> str:
    return f"One cancels the other {rule.value}: {words[0]}, {words[1]}."


def _filled(words: str, leg: Leg, order: Order | None) -> str:
    lots = filled_since(leg, order)
    return f"{words} filled {lots}" if lots else f"{words} fired"


def _end_words(order: Order | None) -> str:
    if order is None:
        return "ended long ago"
    if order.state is OrderState.CANCELED and order.filled:
        return f"was canceled after {order.filled} lots had filled"
    return {
        OrderState.CANCELED: "was canceled",
        OrderState.REJECTED: "was refused",
        OrderState.FILLED: "filled",
    }.get(order.state, "has ended")
