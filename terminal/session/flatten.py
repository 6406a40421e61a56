"""Flattening a contract: cancel entries, close with ``closeOrder``, verify, then leftover exits.

Exits stay until the position is verified flat, because they are what protects it if closing fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import MarginMode
from terminal.domain.order import Order, OrderState, submitting
from terminal.domain.ticket import close_ticket
from terminal.domain.units import ClientOid

if TYPE_CHECKING:
    from terminal.domain.units import Symbol
    from terminal.session.desk import Desk

CANCEL_WAIT_S = 3.0
FLAT_WAIT_S = 10.0
READ_INTERVAL_S = 1.0
ROUNDS = 3


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
            self._running.add(symbol)
            self._desk.on_changed.notify()
            self._desk.spawn(f"flatten {symbol}", self._run(symbol))

    async def _run(self, symbol: Symbol) -> None:
        try:
            await self._flatten(symbol)
        finally:
            self._running.discard(symbol)
            self._desk.on_changed.notify()

    async def _flatten(self, symbol: Symbol) -> None:
        """Rounds of entries, close and exits until the last word of the exchange is flat.

        Each round ends with the position read after everything else: an entry that fills while its
        cancel is on its way must not be taken for flat.
        """
        knows_orders = await self._learn_orders(symbol)
        for _ in range(ROUNDS):
            await self._cancel(symbol, exits=False)
            if not await self._close_if_held(symbol):
                return
            if self._entries(symbol):
                continue  # exits stay while an entry may still fill
            await self._cancel(symbol, exits=True)
            if not self._desk.working(symbol) and await self._reads_flat(symbol):
                self._say_flat(symbol, knows_orders=knows_orders)
                return
        left = len(self._desk.working(symbol))
        noun = "order" if left == 1 else "orders"
        words = f"{symbol} is not verified flat: look at the position."
        if left and await self._reads_flat(symbol):
            words = f"{symbol} is flat, but {left} {noun} may still fill."
        self._say(symbol, words, ok=False)

    def _say_flat(self, symbol: Symbol, *, knows_orders: bool) -> None:
        if knows_orders:
            self._say(symbol, f"{symbol} is flat.", ok=True)
        else:
            words = f"{symbol} is flat, but its orders could not be read: some may still work."
            self._say(symbol, words, ok=False)

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
        for update in updates:
            desk.take(update)
        return True

    def _entries(self, symbol: Symbol) -> list[ClientOid]:
        """Working orders that may open or enlarge a position."""
        desk = self._desk
        return [
            order.client_oid
            for order in desk.working(symbol)
            if not (order.reduces_only or order.client_oid in desk.flags_unknown)
        ]

    async def _close_if_held(self, symbol: Symbol) -> bool:
        """Close what is held and verify; False when that failed and was said."""
        desk = self._desk
        mode = await self._mode_if_held(symbol)
        if mode is not None:
            client_oid = desk.close_position(close_ticket(symbol, mode))
            if not await self._is_flat(symbol, client_oid):
                self._report(symbol, client_oid)
                return False
        return True

    async def _reads_flat(self, symbol: Symbol) -> bool:
        try:
            return (await self._desk.account.read_position(symbol)).core.is_flat
        except TernError:
            return False

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
        try:
            position = await account.read_position(symbol)
        except TernError:
            # Closing what is not there is refused without harm; not closing is the worse error.
            position = account.position(symbol)
            return position.margin_mode or account.margin_mode(symbol) or MarginMode.ISOLATED
        if position.core.is_flat:
            return None
        return position.margin_mode or account.margin_mode(symbol) or MarginMode.ISOLATED

    async def _is_flat(self, symbol: Symbol, client_oid: ClientOid) -> bool:
        """Verify by the exchange's own word, asked when the close has ended and every second.

        The close's answer is not waited for: what counts is the position.
        """
        desk = self._desk
        deadline_s = desk.clock.monotonic_s() + FLAT_WAIT_S
        await desk.pulse.until(lambda: not desk.orders[client_oid].is_working, READ_INTERVAL_S)
        while desk.clock.monotonic_s() < deadline_s:
            try:
                if (await desk.account.read_position(symbol)).core.is_flat:
                    return True
            except TernError:
                pass  # asked again until the deadline; then it is said that nothing is known
            order = desk.orders[client_oid]
            if order.state is OrderState.REJECTED and not order.is_guess:
                return False
            await desk.clock.sleep(READ_INTERVAL_S)
        return False

    def _report(self, symbol: Symbol, client_oid: ClientOid) -> None:
        order = self._desk.orders[client_oid]
        if order.state is OrderState.REJECTED:
            self._say(symbol, f"{symbol} was not flattened. {order.reason}", ok=False)
        else:
            self._say(symbol, f"{symbol} is not verified flat: look at the position.", ok=False)

    def _say(self, symbol: Symbol, sentence: str, *, ok: bool) -> None:
        nothing = submitting(close_ticket(symbol, MarginMode.ISOLATED), ClientOid(""))
        self._desk.tell_about(_about(self._desk, symbol) or nothing, sentence, ok=ok)


def _about(desk: Desk, symbol: Symbol) -> Order | None:
    """The newest order of the contract, for those who ask what an outcome is about."""
    return next((o for o in reversed(desk.orders.values()) if o.symbol == symbol), None)
