"""Taking away what stands, everywhere, until the exchange's word is that nothing of it is left.

What protects a position is never taken away by us before that position is verified flat, unless the
user said so: entries go one by one and exits stay, or a contract is flattened as a whole. A stop
that protects stays even if it was placed without reduce-only; that it could open is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.bounding import guards_in_lanes, may_bound_loss
from terminal.domain.errors import TernError
from terminal.domain.lanes import never_opens
from terminal.domain.order import UNCLEAR, PendingCommand

if TYPE_CHECKING:
    from terminal.domain.events import PositionSide
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk

LOOK_S = 1.0
CANCEL_AGAIN_S = 3.0
"""An order whose cancel came to nothing is canceled again after so long."""
FLATTEN_AGAIN_S = 5.0


class ClearingKind(Enum):
    """How far it goes.

    ENTRIES: every order that may open or enlarge a position; what only reduces stays, and so do
    stops that bound the loss of a held position, up to its size. ALL: every order, protective stops
    too. FLATTEN: every order and every position, exits last.
    """

    ENTRIES = "entries"
    ALL = "all orders"
    FLATTEN = "all orders and positions"


@final
@dataclass(frozen=True, slots=True)
class ClearingProgress:
    """What is left to do. ``unclear`` are orders of which it is not known whether they must go.

    ``kept`` are orders that only reduce and stay; ``guards`` are stops that stay because they
    protect, although they could open a position. ``problem`` is a sentence while the exchange
    cannot be asked, empty otherwise.
    """

    orders: int = 0
    unclear: int = 0
    kept: int = 0
    guards: int = 0
    positions: tuple[Symbol, ...] = ()
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Nothing known is left to do; whether that can be believed is for the clearing to say."""
        return not (self.orders or self.unclear or self.positions)


NOTHING_LEFT = ClearingProgress()


@final
class _SortedOut(NamedTuple):
    to_go: list[Order]
    unclear: list[Order]
    guards: list[Order]


@final
class Clearing:
    """One clearing. ``run`` ends when it is verified; cancel it to give up.

    It also ends, unverified, when nothing may be sent any more: ``ended_by`` says why then.
    """

    def __init__(self, desk: OrderDesk, account: AccountSession, kind: ClearingKind) -> None:
        self.kind = kind
        self.is_verified = False
        self.ended_by = ""
        self._desk = desk
        self._account = account
        self._problem = ""
        self._is_read = False
        self._told: dict[Symbol, dict[PositionSide, int]] = {}
        self._canceled_at_s: dict[ClientOid, float] = {}
        self._flattened_at_s: dict[Symbol, float] = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing more is done, verified or not."""
        return self.is_verified or bool(self.ended_by)

    @property
    def progress(self) -> ClearingProgress:
        """What is left, as far as known."""
        working = self._desk.working()
        sorted_out = self._sorted_out()
        positions: tuple[Symbol, ...] = ()
        if self.kind is ClearingKind.FLATTEN:
            held = {position.symbol for position in self._account.positions()}
            held.update(self._account.unconfirmed())  # flat only by our own sum is not flat
            flattening = {
                symbol for symbol in self._flattened_at_s if self._desk.flattening(symbol)
            }
            positions = tuple(sorted(held | flattening))
        to_go, unclear, guards = map(len, sorted_out)
        kept = len(working) - to_go - unclear - guards
        return ClearingProgress(to_go, unclear, kept, guards, positions, self._problem)

    def to_go(self) -> tuple[Order, ...]:
        """The orders that stand now and that this kind of clearing takes away."""
        return tuple(self._sorted_out().to_go)

    async def run(self) -> None:
        """Command and look, until nothing is left and the exchange's word is there."""
        self._abort_moves()
        if self.kind is ClearingKind.ALL:
            self._desk.cancel_everywhere()
        while not self.is_verified:
            self.ended_by = self._desk.access.silence
            if self.ended_by:
                return
            await self._learn()
            self.is_verified = self._is_over()
            if not self.is_verified:
                self._command()
                await self._desk.pulse.until(self._is_over, LOOK_S)

    def _abort_moves(self) -> None:
        """Entries that move and reversals open nothing more; an exit must find its new place."""
        self._desk.abort_moves(None, exits_too=False)

    def _is_over(self) -> bool:
        if not self.progress.is_over:
            return False
        if self.kind is ClearingKind.FLATTEN and not self._account.is_trusted:
            return False
        return self._desk.is_trusted or self._is_read

    # Knowing ---------------------------------------------------------------------------------

    async def _learn(self) -> None:
        """While the orders are not trusted the exchange is asked for them; flags always."""
        desk = self._desk
        self._problem, self._is_read = "", False
        if not desk.is_trusted:
            try:
                updates = [*await desk.gateway.open_orders(), *await desk.gateway.open_stops()]
            except TernError as error:
                self._problem = error.sentence
                return
            except Exception as error:  # noqa: BLE001 - reported; clearing must not die of a query
                desk.report("read the orders", error)
                self._problem = "The exchange's answer could not be used."
                return
            for update in updates:
                desk.take(update)
            self._is_read = True
        if self.kind is ClearingKind.FLATTEN:
            await self._confirm_positions()
        if self.kind is ClearingKind.ENTRIES:
            await self._learn_what_is_held()
        for order in self._unclear():
            if await desk.refresh_order(order.client_oid) is None:
                self._problem = "The exchange did not answer about every order."

    async def _learn_what_is_held(self) -> None:
        """Whether a stop protects hangs on the position: ask for it where it is not known."""
        for symbol in sorted({order.symbol for order in self._desk.working()}):
            if self._is_sure_of(symbol) or not any(
                may_bound_loss(order, None) and not never_opens(order)
                for order in self._desk.working(symbol)
            ):
                continue
            self._told.pop(symbol, None)
            if not self._desk.flattening(symbol) and await self._read_positions(symbol):
                self._told[symbol] = {
                    lane: self._account.position(symbol, lane).core.lots
                    for lane in self._account.lanes(symbol)
                }

    def _is_sure_of(self, symbol: Symbol) -> bool:
        return self._account.is_trusted and symbol not in self._account.unconfirmed()

    def _held(self, symbol: Symbol, lane: PositionSide) -> int | None:
        """Signed lots of a lane by the exchange's own word; None while there is none."""
        if self._is_sure_of(symbol):
            return self._account.position(symbol, lane).core.lots
        if self.is_verified:
            return None  # grown old by then
        return self._told.get(symbol, {}).get(lane)

    async def _confirm_positions(self) -> None:
        """Ask for positions that are only sums of our fills."""
        for symbol in self._account.unconfirmed():
            if not self._desk.flattening(symbol):  # that asks by itself
                await self._read_positions(symbol)

    async def _read_positions(self, symbol: Symbol) -> bool:
        try:
            await self._account.read_lanes(symbol)
        except TernError as error:
            self._problem = error.sentence
        except Exception as error:  # noqa: BLE001 - reported; asked again
            self._desk.report("read the position", error)
            self._problem = "The exchange did not answer about every position."
        else:
            return True
        return False

    def _unclear(self) -> list[Order]:
        unknown = self._desk.flags_unknown
        return [order for order in self._desk.working() if order.client_oid in unknown]

    def _sorted_out(self) -> _SortedOut:
        """What must go, what is not clear yet, and what stays because it protects."""
        found = _SortedOut([], [], [])
        if self.kind is not ClearingKind.ENTRIES:
            found.to_go.extend(self._desk.working())
            return found
        for symbol in {order.symbol for order in self._desk.working()}:
            self._sort_contract(symbol, found)
        return found

    def _sort_contract(self, symbol: Symbol, found: _SortedOut) -> None:
        working, unknown = self._desk.working(symbol), self._desk.flags_unknown
        held = {lane: self._held(symbol, lane) for lane in self._account.lanes(symbol)}
        is_held_known = None not in held.values()
        guards = guards_in_lanes(working, held, unknown)
        for order in working:
            if order.client_oid in unknown:
                found.unclear.append(order)
            elif order.client_oid in guards:
                is_clear = is_held_known and order.state not in UNCLEAR
                (found.guards if is_clear else found.unclear).append(order)
            elif not never_opens(order):
                found.to_go.append(order)

    # Commanding ------------------------------------------------------------------------------

    def _command(self) -> None:
        if self.kind is ClearingKind.FLATTEN:
            self._flatten()
            return
        now_s = self._desk.clock.monotonic_s()
        for order in self._sorted_out().to_go:
            if order.pending in {PendingCommand.CANCEL, PendingCommand.MOVE}:
                continue  # on its way; a move that was aborted is a cancel
            is_asked = order.pending is PendingCommand.CANCEL_UNKNOWN
            if is_asked and self._desk.is_moving(order.client_oid):
                continue  # its mover asks again; to cancel it would take what stands in its place
            before_s = self._canceled_at_s.get(order.client_oid)
            if before_s is None or now_s - before_s >= CANCEL_AGAIN_S:
                self._canceled_at_s[order.client_oid] = now_s
                self._desk.cancel(order.client_oid)

    def _flatten(self) -> None:
        """Contract by contract; never while a close of ours may still be carried out."""
        desk, now_s = self._desk, self._desk.clock.monotonic_s()
        working = desk.working()
        symbols = {o.symbol for o in working} | {p.symbol for p in self._account.positions()}
        for symbol in sorted(symbols):
            before_s = self._flattened_at_s.get(symbol)
            is_closing = any(
                o.symbol == symbol and o.is_close_order and o.state in UNCLEAR for o in working
            )
            if desk.flattening(symbol):
                self._flattened_at_s[symbol] = now_s
            elif not is_closing and (before_s is None or now_s - before_s >= FLATTEN_AGAIN_S):
                self._flattened_at_s[symbol] = now_s
                desk.flatten(symbol)
