"""Flattening a contract: cancel entries, close with ``closeOrder``, verify, then leftover exits.

Exits stay until the position is verified flat, because they are what protects it if closing fails.
While funding is settled the exchange refuses every order for seconds (API reference 1.6, 300015):
the close is sent again until it takes it.
In hedge mode a contract is flat when both its lanes are; one lane can be flattened by itself, and
then nothing of the other one is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, final

from terminal.domain.bounding import may_bound_loss
from terminal.domain.errors import TernError
from terminal.domain.events import MarginMode
from terminal.domain.intention import Purpose
from terminal.domain.lanes import about, is_of_lane, lane_words, never_opens, wire_lane
from terminal.domain.order import OrderState
from terminal.domain.ticket import OrderTerms, close_ticket
from terminal.exchange.outcome import Rejected
from terminal.session.procedures import Recorded, say

if TYPE_CHECKING:
    from terminal.domain.events import PositionSide
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, Symbol
    from terminal.exchange.batches import Subject
    from terminal.exchange.outcome import Outcome
    from terminal.session.account import Position
    from terminal.session.desk import Desk

CANCEL_WAIT_S = 3.0
FLAT_WAIT_S = 10.0
READ_INTERVAL_S = 1.0
ROUNDS = 3
SETTLING = "300015"
SETTLING_INTERVAL_S = 2.0
SETTLING_WAIT_S = 40.0
"""Settlements of up to 20 s are known (API reference 5.6)."""


@final
@dataclass(frozen=True, slots=True)
class Flattened:
    """How flattening ended. ``is_flat`` only when it was verified and nothing may fill any more."""

    is_flat: bool
    sentence: str
    is_sure: bool = True
    """False when orders may work that nobody could tell of."""


class _Close(Enum):
    """How closing ended, by the exchange's word on the position."""

    FLAT = "flat"
    LEFT = "closed in part"
    FAILED = "failed"


@final
class Flattening:
    """The flatten procedure of a desk, once at a time for each contract and lane.

    A ``lane`` of None is the whole contract, whatever lanes it has by then.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._running: set[tuple[Symbol, PositionSide | None]] = set()
        self._refused_for_now: set[ClientOid] = set()
        desk.on_answer.add(self._on_answer)

    def _on_answer(self, subject: Subject, outcome: Outcome) -> None:
        oid = subject.client_oid
        if oid is None or not self._running:
            return
        if isinstance(outcome, Rejected) and outcome.code == SETTLING:
            self._refused_for_now.add(oid)

    def is_running(self, symbol: Symbol, lane: PositionSide | None = None) -> bool:
        """True while a contract, or one of its lanes, is being flattened."""
        if lane is None:
            return any(one == symbol for one, _ in self._running)
        return (symbol, lane) in self._running or (symbol, None) in self._running

    def start(self, symbol: Symbol, lane: PositionSide | None = None) -> None:
        """Begin; ignored while it is being flattened already.

        The whole contract, while one lane of it is being flattened, is the lanes that are not.
        """
        if lane is not None and len(self._desk.account.lanes(symbol)) == 1:
            lane = None
        if not self.is_running(symbol, lane):
            self._begin(symbol, lane)
        elif lane is None and (symbol, None) not in self._running:
            for other in self._desk.account.lanes(symbol):
                if not self.is_running(symbol, other):
                    self._begin(symbol, other)

    def _begin(self, symbol: Symbol, lane: PositionSide | None) -> None:
        what = "Flattening" if lane is None else f"Flattening the {lane_words(lane)}"
        wanted = f"{what} (entries, close, then exits)."
        recorded = Recorded(self._desk, Purpose.FLATTEN, symbol, wanted)
        self._desk.spawn(f"flatten {symbol}", self._run(symbol, lane, recorded))
        self._running.add((symbol, lane))
        self._desk.on_changed.notify()

    async def _run(self, symbol: Symbol, lane: PositionSide | None, recorded: Recorded) -> None:
        try:
            flattened = await self.carry_out(symbol, recorded, lane)
        except Exception as error:  # noqa: BLE001 - reported and told: it must not end unsaid
            say(self._desk, symbol, recorded.break_off(f"flatten {symbol}", error), ok=False)
            return
        recorded.close(flattened.sentence, ok=flattened.is_flat and flattened.is_sure)

    async def carry_out(
        self,
        symbol: Symbol,
        recorded: Recorded,
        lane: PositionSide | None = None,
        *,
        outlasts_settlement: bool = True,
    ) -> Flattened:
        """Flatten as a step of a procedure; until it ends nothing opens there.

        A settlement of funding is waited out, unless what follows would come too late then.
        """
        self._running.add((symbol, lane))
        wait_s = SETTLING_WAIT_S if outlasts_settlement else 0.0
        try:
            until_s = self._desk.clock.monotonic_s() + wait_s
            return await self._flatten(symbol, lane, recorded, until_s)
        finally:
            self._running.discard((symbol, lane))
            if not self._running:
                self._refused_for_now.clear()
            self._desk.on_changed.notify()

    async def _flatten(
        self, symbol: Symbol, lane: PositionSide | None, recorded: Recorded, until_s: float
    ) -> Flattened:
        """Rounds of entries, close and exits until the last word of the exchange is flat.

        Each round ends with the positions read after everything else: an entry that fills while its
        cancel is on its way must not be taken for flat. A close that ended with something left (a
        market order is bounded, API reference 3.3) is followed by another in the next round.
        """
        for client_oid in self._entries(symbol, lane):
            self._desk.cancel(client_oid)  # what is known does not wait for what is not
        knows_orders = await self._learn_orders(symbol)
        for _ in range(ROUNDS):
            recorded.step("cancel entries")
            await self._cancel(symbol, lane, exits=False)
            closed = await self._close(symbol, lane, recorded, until_s)
            if isinstance(closed, Flattened):
                return closed
            if closed is _Close.LEFT or self._entries(symbol, lane):
                continue  # exits stay while an entry may still fill
            recorded.step("cancel exits")
            await self._cancel(symbol, lane, exits=True)
            if not self._working(symbol, lane) and await self._reads_flat(symbol, lane):
                return self._flat(symbol, lane, knows_orders=knows_orders)
        left, name = len(self._working(symbol, lane)), _name(symbol, lane)
        noun = "order" if left == 1 else "orders"
        words = f"{name} is not verified flat: look at the position."
        if left and await self._reads_flat(symbol, lane):
            words = f"{name} is flat, but {left} {noun} may still fill."
        return Flattened(is_flat=False, sentence=words)

    def _flat(self, symbol: Symbol, lane: PositionSide | None, *, knows_orders: bool) -> Flattened:
        name = _name(symbol, lane)
        is_both = len(self._lanes(symbol, lane)) > 1
        if knows_orders:
            words = f"{name} is flat, both lanes." if is_both else f"{name} is flat."
            return Flattened(is_flat=True, sentence=words)
        words = f"{name} is flat, but its orders could not be read: some may still work."
        return Flattened(is_flat=True, sentence=words, is_sure=False)

    # Orders ----------------------------------------------------------------------------------

    async def _learn_orders(self, symbol: Symbol) -> bool:
        """While orders are not trusted, ask for those of the contract; whether all are known."""
        desk = self._desk
        if desk.is_trusted:
            return True
        try:
            updates = [
                *await desk.gateway.open_orders(symbol),
                *await desk.gateway.open_stops(symbol),
            ]
        except TernError:
            return False
        except Exception as error:  # noqa: BLE001 - reported; flattening must not die of a query
            desk.report("read the orders", error)
            return False
        for update in updates:
            desk.take(update)
        return True

    def _working(self, symbol: Symbol, lane: PositionSide | None) -> list[Order]:
        """Orders of what is flattened. One that tells no lane is of this one if it may open it."""
        return [
            order
            for order in self._desk.working(symbol)
            if lane is None
            or order.position_side is lane
            or (order.position_side is None and not order.reduces_only)
        ]

    def _entries(self, symbol: Symbol, lane: PositionSide | None) -> list[ClientOid]:
        """Working orders that may open or enlarge a position, and do not protect what is held.

        A stop bounds the loss of what it would close even if it was placed without reduce-only. It
        stays until we are flat, as an exit does: a refused close must leave nothing naked.
        """
        return [
            order.client_oid
            for order in self._working(symbol, lane)
            if not (
                never_opens(order)
                or order.client_oid in self._desk.flags_unknown
                or self._may_bound_loss(order)
            )
        ]

    def _may_bound_loss(self, order: Order) -> bool:
        """Whether it is, or may be, a stop against the loss of what is held in its lane."""
        account = self._desk.account
        held = [one for one in account.held(order.symbol) if is_of_lane(one.lane, order)]
        if not account.is_trusted or not held:
            return may_bound_loss(order, None)
        return any(may_bound_loss(order, one.core.lots) for one in held)

    async def _cancel(self, symbol: Symbol, lane: PositionSide | None, *, exits: bool) -> None:
        """Cancel entries or exits and wait for their end; one stuck order does not stop us."""
        desk = self._desk
        await self._learn_flags(symbol, lane)
        chosen = [order.client_oid for order in self._working(symbol, lane)]
        if not exits:
            chosen = self._entries(symbol, lane)
        for client_oid in chosen:
            desk.cancel(client_oid)
        await desk.pulse.until(
            lambda: not any(desk.orders[oid].is_working for oid in chosen), CANCEL_WAIT_S
        )

    async def _learn_flags(self, symbol: Symbol, lane: PositionSide | None) -> None:
        """Ask about orders that may be exits; what stays unclear is kept until we are flat."""
        desk = self._desk
        for order in self._working(symbol, lane):
            if order.client_oid in desk.flags_unknown:
                await desk.refresh_order(order.client_oid)

    # Positions -------------------------------------------------------------------------------

    def _lanes(self, symbol: Symbol, lane: PositionSide | None) -> tuple[PositionSide, ...]:
        return self._desk.account.lanes(symbol) if lane is None else (lane,)

    async def _close(
        self, symbol: Symbol, lane: PositionSide | None, recorded: Recorded, until_s: float
    ) -> _Close | Flattened:
        """Close what is held and verify it; how flattening ended where that failed.

        What came amid a settlement is sent again until ``until_s``.
        """
        while True:
            closes = await self._close_held(symbol, lane, recorded)
            if closes:
                recorded.step("verify")
            ends = {one: await self._closed(symbol, one, oid) for one, oid in closes.items()}
            failed = [one for one, end in ends.items() if end is _Close.FAILED]
            if not failed:
                return _Close.LEFT if _Close.LEFT in ends.values() else _Close.FLAT
            is_over = self._desk.clock.monotonic_s() >= until_s
            for one in failed:
                if is_over or closes[one] not in self._refused_for_now:
                    return self._not_flat(symbol, one, closes[one])
            await self._desk.clock.sleep(SETTLING_INTERVAL_S)

    async def _close_held(
        self, symbol: Symbol, lane: PositionSide | None, recorded: Recorded
    ) -> dict[PositionSide, ClientOid]:
        """Send the close of what is held, one for each lane; empty when nothing is."""
        modes = await self._modes_of_held(symbol, lane)
        if modes:
            recorded.step("close")
        return {
            one: self._desk.close_position(
                close_ticket(symbol, mode, terms=OrderTerms(position_side=wire_lane(one))),
                procedure=recorded.procedure_id,
            )
            for one, mode in modes.items()
        }

    async def _modes_of_held(
        self, symbol: Symbol, lane: PositionSide | None
    ) -> dict[PositionSide, MarginMode]:
        """The margin modes to close with, by lane; empty when there is nothing to close."""
        account = self._desk.account
        positions = await self._read(symbol, lane)
        if positions is None:
            # Closing what is not there is refused without harm; not closing is the worse error.
            known = [account.position(symbol, one) for one in self._lanes(symbol, lane)]
            is_sure = account.is_trusted and len(known) > 1
            positions = [
                one
                for one in known
                if not (is_sure and one.core.is_flat and not one.is_provisional)
            ]
        else:
            positions = [one for one in positions if not one.core.is_flat]
        usual = account.margin_mode(symbol) or MarginMode.ISOLATED
        return {one.lane: one.margin_mode or usual for one in positions}

    async def _reads_flat(self, symbol: Symbol, lane: PositionSide | None) -> bool:
        positions = await self._read(symbol, lane)
        return positions is not None and all(one.core.is_flat for one in positions)

    async def _read(self, symbol: Symbol, lane: PositionSide | None) -> list[Position] | None:
        """The positions by the exchange's own word; None when there is none to be had now."""
        try:
            found = await self._desk.account.read_lanes(symbol, only=lane)
        except TernError:
            return None
        except Exception as error:  # noqa: BLE001 - reported; flattening must not die of a query
            self._desk.report("read the position", error)
            return None
        return [one for one in found if lane in {None, one.lane}]

    async def _closed(self, symbol: Symbol, lane: PositionSide, client_oid: ClientOid) -> _Close:
        """Verify by the exchange's own word, asked when the close has ended and every second.

        The close's answer is not waited for: what counts is the position.
        """
        desk = self._desk
        deadline_s = desk.clock.monotonic_s() + FLAT_WAIT_S
        await desk.pulse.until(lambda: not desk.orders[client_oid].is_working, READ_INTERVAL_S)
        for attempt in count():
            if desk.clock.monotonic_s() >= deadline_s:
                break
            has_ended = not desk.orders[client_oid].is_working
            positions = await self._read(symbol, lane)
            if positions is None:
                has_ended = False  # asked again; in the end it is said that nothing is known
            elif all(one.core.is_flat for one in positions):
                return _Close.FLAT
            order = desk.orders[client_oid]
            if order.state is OrderState.REJECTED and not order.is_guess:
                return _Close.FAILED
            # What filled whole is flat, unless more was opened: the position may lag behind it.
            if has_ended and order.filled and (order.canceled or attempt):
                return _Close.LEFT
            await desk.clock.sleep(READ_INTERVAL_S)
        return _Close.FAILED

    def _not_flat(self, symbol: Symbol, lane: PositionSide, client_oid: ClientOid) -> Flattened:
        order, name = self._desk.orders[client_oid], about(symbol, lane)
        words = f"{name} is not verified flat: look at the position."
        if order.state is OrderState.REJECTED:
            words = f"{name} was not flattened. {order.reason}"
        return Flattened(is_flat=False, sentence=words)


def _name(symbol: Symbol, lane: PositionSide | None) -> str:
    return str(symbol) if lane is None else about(symbol, lane)
