"""What the user does in a generated history beyond the desk itself, and what he wants by it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.events import StopDirection, StopReference
from terminal.domain.order import OrderState
from terminal.domain.pairs import PairRule
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import Price, Side
from terminal.session.clearing import ClearingKind
from terminal.session.leaving import LeavingKind, LeavingPhase
from terminal.session.results import Blocked
from tests.support.truth import SYMBOLS, a_stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.order import Order
    from terminal.domain.units import Symbol
    from tests.support.histories import History
    from tests.support.keepers import Keepers
    from tests.support.plans import Step
    from tests.support.truth import Truth


@final
class Hands:
    """The user of one history."""

    def __init__(self, history: History) -> None:
        self._h = history

    def do(self, k: Keepers, step: Step, symbol: Symbol) -> None:
        """Let a step happen that is about a contract."""
        if not (self._about_stops(k, step, symbol) or self._about_orders(k, step, symbol)):
            self._about_all(k, step)

    def _about_stops(self, k: Keepers, step: Step, symbol: Symbol) -> bool:
        h, b = self._h, step.b
        sign = 1 if h.exchange.held[symbol] >= 0 else -1
        match step.what:
            case "guard" | "plain guard":
                direction = StopDirection.DOWN if sign > 0 else StopDirection.UP
                trigger = StopTrigger(direction, StopReference.MARK, Price(1000 - sign * (20 + b)))
                held = max(1, abs(h.exchange.held[symbol]))
                side = Side.SELL if sign > 0 else Side.BUY
                ticket = a_stop(symbol, side, min(held, h.plan.most_lots), trigger)
                h.submit(replace(ticket, is_reduce_only=step.what == "guard"))
            case "price":
                k.markets.of[symbol].goes_to(Price(1000 + sign * (b - 8)))
            case "breakeven":
                k.markets.of[symbol].goes_to(Price(1000 + sign * (5 + b)))
                self._say_blocked(k.exits.breakeven(symbol))
            case "mend":
                self._press_mend(k, symbol, b)
            case "hold":
                self._h.law.wants_flat(symbol)
                self._say_blocked(k.hold(symbol, 10 + b, is_insured=b % 4 > 0))
            case "release":
                k.held.release(symbol)
            case "spike":
                h.spikes = True
            case _:
                return False
        return True

    def _about_orders(self, k: Keepers, step: Step, symbol: Symbol) -> bool:
        h, desk, a = self._h, self._h.desk, step.a
        match step.what:
            case "link":
                self._link(k, a, step.b)
            case "unlink":
                if (order := h.of_desk(a)) is not None:
                    k.pairs.unlink(order.client_oid)
            case "cancel newest":
                self._cancel_newest(symbol)
            case "cancel chosen":
                chosen = [order for n, order in enumerate(desk.working()) if (a >> n % 6) & 1]
                for order in chosen:
                    self._h.law.wants_gone(h.same_as(order))
                desk.cancel_chosen([order.client_oid for order in chosen])
            case _:
                return False
        return True

    def _about_all(self, k: Keepers, step: Step) -> None:
        what = step.what
        match what:
            case "stop entries" | "stop all" | "stop and flatten":
                kind = {
                    "stop entries": ClearingKind.ENTRIES,
                    "stop all": ClearingKind.ALL,
                    "stop and flatten": ClearingKind.FLATTEN,
                }[what]
                self._wants_cleared(kind)
                k.kill.throw(kind)
            case "lift":
                self._h.law.no_longer()
                k.kill.lift()
            case "leave":
                leaving = [*LeavingKind][step.b % 3]
                if k.leaving.phase is LeavingPhase.STAYING and leaving is not LeavingKind.KEEP:
                    is_flat = leaving is LeavingKind.FLATTEN
                    self._wants_cleared(ClearingKind.FLATTEN if is_flat else ClearingKind.ENTRIES)
                k.leaving.begin(leaving)
            case "stay":
                k.leaving.stay()
            case "live off":
                k.live.turn_off()
            case "live on":
                k.live.turn_on()
            case _:
                raise AssertionError(what)

    def _cancel_newest(self, symbol: Symbol) -> None:
        """Backspace: which one is meant is what the desk marks."""
        h = self._h
        before = {oid: order.pending for oid, order in h.desk.orders.items()}
        h.desk.cancel_newest(symbol)
        for oid, order in h.desk.orders.items():
            if order.pending is not before[oid]:
                h.law.wants_gone(h.same_as(order))

    def _say_blocked(self, result: object) -> None:
        if isinstance(result, Blocked):
            self._h.say(f"  blocked: {result.blocks[0].reason}")

    def _wants_cleared(self, kind: ClearingKind) -> None:
        if kind is ClearingKind.ALL:
            self._h.law.wants_gone(lambda _order: True, is_lasting=True)
        elif kind is ClearingKind.FLATTEN:
            for symbol in SYMBOLS:
                self._h.wants_flat(symbol)
        self._h.law.clears_entries = True

    def _press_mend(self, k: Keepers, symbol: Symbol, b: int) -> None:
        """Look at what would mend a position, and a moment later press it."""
        proposal = k.watch.propose(symbol)
        self._h.say(f"  would: {len(proposal.places)} {len(proposal.cancels)} {proposal.reason}")

        def press() -> None:
            if self._h.wire.is_dead or self._h.keepers is not k:
                return
            ids = {order.order_id for order in proposal.cancels if order.order_id is not None}
            names = {order.client_oid for order in proposal.cancels}
            if not proposal.places:
                self._h.law.wants_gone(lambda o: o.order_id in ids or o.client_oid in names)
            k.watch.mend(proposal)

        self._h.loop.call_later((b % 4) / 4, press)

    def _link(self, k: Keepers, a: int, b: int) -> None:
        """Let one order cancel another; only the one that did not fill is wanted gone."""
        working = self._h.desk.working()
        if not working:
            return
        one, other = working[a % len(working)], working[(a + 1 + b) % len(working)]
        rule = PairRule.FIRST_FILL if b % 3 else PairRule.WHOLE_FILL
        reason = k.pairs.link(one.client_oid, other.client_oid, rule)
        self._h.say(f"  {one.client_oid} {other.client_oid}: {reason or rule.value}")
        if reason:
            return
        for winner, loser in ((one, other), (other, one)):
            self._h.law.wants_gone(self._loses_to(winner, loser))
        if rule is PairRule.FIRST_FILL:
            self._h.pairs.append((one.client_oid, other.client_oid, one.filled, other.filled))

    def _loses_to(self, winner: Order, loser: Order) -> Callable[[Truth], bool]:
        waited, filled = winner.state is OrderState.UNTRIGGERED, winner.filled
        gone: list[Truth] = []

        def is_lost(order: Truth) -> bool:
            if loser.order_id != order.order_id and loser.client_oid != order.client_oid:
                return False
            won = self._h.truth_of(winner)
            if won is None or not (won.filled > filled or (waited and not won.waits)):
                return False
            # What protects is not taken from what is left.
            is_enough = won.filled == won.lots or (waited and won.side is not order.side)
            known = self._h.held_when_marked.get(loser.client_oid, 0) * order.side.sign
            if is_enough or order in gone or known >= 0 or not self._h.law.protects(order):
                gone.append(order)  # what is learned of a position later calls no cancel back
            return order in gone

        return is_lost
