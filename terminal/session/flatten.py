"""Flattening a contract: cancel entries, close with ``closeOrder``, verify, then leftover exits.

Exits stay until the position is verified flat, because they are what protects it if closing fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, final

from terminal.domain.bounding import may_bound_loss
from terminal.domain.errors import TernError
from terminal.domain.events import MarginMode, PositionMode
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState
from terminal.domain.ticket import close_ticket
from terminal.session.account import HEDGE_WORDS
from terminal.session.procedures import Recorded, say

if TYPE_CHECKING:
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.account import Position
    from terminal.session.desk import Desk

CANCEL_WAIT_S = 3.0
FLAT_WAIT_S = 10.0
READ_INTERVAL_S = 1.0
ROUNDS = 3


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
    """The flatten procedure of a desk, once at a time for each contract."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._running: set[Symbol] = set()

    def is_running(self, symbol: Symbol) -> bool:
        """True while a contract is being flattened."""
        return symbol in self._running

    def start(self, symbol: Symbol) -> None:
        """Begin; ignored while the contract is being flattened already."""
        if symbol not in self._running:
            recorded = Recorded(
                self._desk, Purpose.FLATTEN, symbol, "Flattening (entries, close, then exits)."
            )
            self._desk.spawn(f"flatten {symbol}", self._run(symbol, recorded))
            self._running.add(symbol)
            self._desk.on_changed.notify()

    async def _run(self, symbol: Symbol, recorded: Recorded) -> None:
        try:
            flattened = await self.carry_out(symbol, recorded)
        except Exception as error:  # noqa: BLE001 - reported and told: it must not end unsaid
            say(self._desk, symbol, recorded.break_off(f"flatten {symbol}", error), ok=False)
            return
        recorded.close(flattened.sentence, ok=flattened.is_flat and flattened.is_sure)

    async def carry_out(self, symbol: Symbol, recorded: Recorded) -> Flattened:
        """Flatten as a step of a procedure; until it ends nothing opens on the contract."""
        self._running.add(symbol)
        try:
            return await self._flatten(symbol, recorded)
        finally:
            self._running.discard(symbol)
            self._desk.on_changed.notify()

    async def _flatten(self, symbol: Symbol, recorded: Recorded) -> Flattened:
        """Rounds of entries, close and exits until the last word of the exchange is flat.

        Each round ends with the position read after everything else: an entry that fills while its
        cancel is on its way must not be taken for flat. A close that ended with something left (a
        market order is bounded, API reference 3.3) is followed by another in the next round.
        """
        for client_oid in self._entries(symbol):
            self._desk.cancel(client_oid)  # what is known does not wait for what is not
        knows_orders = await self._learn_orders(symbol)
        for _ in range(ROUNDS):
            recorded.step("cancel entries")
            await self._cancel(symbol, exits=False)
            close_oid = await self._close_if_held(symbol, recorded)
            if close_oid is not None:
                recorded.step("verify")
                closed = await self._closed(symbol, close_oid)
                if closed is _Close.FAILED:
                    return self._not_flat(symbol, close_oid)
                if closed is _Close.LEFT:
                    continue
            if self._entries(symbol):
                continue  # exits stay while an entry may still fill
            recorded.step("cancel exits")
            await self._cancel(symbol, exits=True)
            if not self._desk.working(symbol) and await self._reads_flat(symbol):
                return self._flat(symbol, knows_orders=knows_orders)
        left = len(self._desk.working(symbol))
        noun = "order" if left == 1 else "orders"
        words = f"{symbol} is not verified flat: look at the position."
        if left and await self._reads_flat(symbol):
            words = f"{symbol} is flat, but {left} {noun} may still fill."
        return Flattened(is_flat=False, sentence=words)

    def _flat(self, symbol: Symbol, *, knows_orders: bool) -> Flattened:
        if knows_orders:
            return Flattened(is_flat=True, sentence=f"{symbol} is flat.")
        words = f"{symbol} is flat, but its orders could not be read: some may still work."
        return Flattened(is_flat=True, sentence=words, is_sure=False)

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

    def _entries(self, symbol: Symbol) -> list[ClientOid]:
        """Working orders that may open or enlarge a position, and do not protect what is held.

        A stop bounds the loss of what it would close even if it was placed without reduce-only. It
        stays until we are flat, as an exit does: a refused close must leave nothing naked.
        """
        desk = self._desk
        held = desk.account.position(symbol).core.lots if desk.account.is_trusted else None
        return [
            order.client_oid
            for order in desk.working(symbol)
            if not (
                order.reduces_only
                or order.client_oid in desk.flags_unknown
                or may_bound_loss(order, held or None)
            )
        ]

    async def _close_if_held(self, symbol: Symbol, recorded: Recorded) -> ClientOid | None:
        """Send the close of what is held; None when nothing is."""
        mode = await self._mode_if_held(symbol)
        if mode is None:
            return None
        recorded.step("close")
        ticket = close_ticket(symbol, mode)
        return self._desk.close_position(ticket, procedure=recorded.procedure_id)

    async def _reads_flat(self, symbol: Symbol) -> bool:
        position = await self._read(symbol)
        return position is not None and position.core.is_flat

    async def _read(self, symbol: Symbol) -> Position | None:
        """The position by the exchange's own word; None when there is none to be had now."""
        try:
            return await self._desk.account.read_position(symbol)
        except TernError:
            return None
        except Exception as error:  # noqa: BLE001 - reported; flattening must not die of a query
            self._desk.report("read the position", error)
            return None

    async def _cancel(self, symbol: Symbol, *, exits: bool) -> None:
        """Cancel entries or exits and wait for their end; one stuck order does not stop us."""
        desk = self._desk
        await self._learn_flags(symbol)
        chosen = [order.client_oid for order in desk.working(symbol)]
        if not exits:
            chosen = self._entries(symbol)
        for client_oid in chosen:
            desk.cancel(client_oid)
        await desk.pulse.until(
            lambda: not any(desk.orders[oid].is_working for oid in chosen), CANCEL_WAIT_S
        )

    async def _learn_flags(self, symbol: Symbol) -> None:
        """Ask about orders that may be exits; what stays unclear is kept until we are flat."""
        desk = self._desk
        for order in desk.working(symbol):
            if order.client_oid in desk.flags_unknown:
                await desk.refresh_order(order.client_oid)

    async def _mode_if_held(self, symbol: Symbol) -> MarginMode | None:
        """The margin mode to close with; None when there is nothing to close."""
        account = self._desk.account
        position = await self._read(symbol)
        if position is None:
            # Closing what is not there is refused without harm; not closing is the worse error.
            position = account.position(symbol)
            return position.margin_mode or account.margin_mode(symbol) or MarginMode.ISOLATED
        if position.core.is_flat:
            return None
        return position.margin_mode or account.margin_mode(symbol) or MarginMode.ISOLATED

    async def _closed(self, symbol: Symbol, client_oid: ClientOid) -> _Close:
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
            position = await self._read(symbol)
            if position is None:
                has_ended = False  # asked again; in the end it is said that nothing is known
            elif position.core.is_flat:
                return _Close.FLAT
            order = desk.orders[client_oid]
            if order.state is OrderState.REJECTED and not order.is_guess:
                return _Close.FAILED
            # What filled whole is flat, unless more was opened: the position may lag behind it.
            if has_ended and order.filled and (order.canceled or attempt):
                return _Close.LEFT
            await desk.clock.sleep(READ_INTERVAL_S)
        return _Close.FAILED

    def _not_flat(self, symbol: Symbol, client_oid: ClientOid) -> Flattened:
        desk, order = self._desk, self._desk.orders[client_oid]
        words = f"{symbol} is not verified flat: look at the position."
        if order.state is OrderState.REJECTED:
            words = f"{symbol} was not flattened. {order.reason}"
        if desk.account.position_mode is PositionMode.HEDGE:
            words = f"{words} {HEDGE_WORDS}"
        return Flattened(is_flat=False, sentence=words)
