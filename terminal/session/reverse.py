"""Reversing: flatten, and only when verified flat one opposite order of the old size.

The guard is asked about the opposite order before anything is closed, so that a reverse which would
be refused says so while the position is still there; and once more before that order is sent. Where
it stops, it says what remains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import OrderType, PositionMode
from terminal.domain.guard import Block, BlockField
from terminal.domain.intention import Purpose
from terminal.domain.order import UNCLEAR, OrderState
from terminal.domain.ticket import OrderTicket
from terminal.domain.units import Lots, Side
from terminal.session.account import HEDGE_WORDS
from terminal.session.procedures import Recorded
from terminal.session.results import Blocked, Submitted

if TYPE_CHECKING:
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.desk import Desk
    from terminal.session.flatten import Flattening

END_WAIT_S = 10.0
"""How long the opposite order may take to end before it is said that it still works."""


@final
class Reversing:
    """The reverse procedure of a desk, once at a time for each contract."""

    def __init__(self, desk: Desk, flattening: Flattening) -> None:
        self._desk = desk
        self._flattening = flattening
        self._wanted: dict[Symbol, bool] = {}

    def is_running(self, symbol: Symbol) -> bool:
        """True while a contract is being reversed."""
        return symbol in self._wanted

    def abort(self, symbol: Symbol | None) -> None:
        """No opposite order follows any more; what is being closed is closed."""
        for one in self._wanted:
            if symbol in {one, None}:
                self._wanted[one] = False

    def start(self, symbol: Symbol) -> Blocked | None:
        """Begin, unless the opposite order would be blocked now: then nothing is touched."""
        desk = self._desk
        if desk.account.position_mode is PositionMode.HEDGE:
            return _blocked(HEDGE_WORDS)
        if symbol in self._wanted or self._flattening.is_running(symbol):
            return _blocked(f"{symbol} is being flattened or reversed already.")
        held = desk.account.position(symbol).core.lots
        if not held:
            return _blocked(f"There is no position in {symbol} to reverse.")
        ticket = self._opposite(symbol, held)
        blocks = _NO_MODE if ticket is None else desk.blocks(ticket, as_if_flat=True)
        if blocks:
            return Blocked(blocks)
        wanted = f"Reversing (flatten, then {_words(-held)})."
        recorded = Recorded(desk, Purpose.REVERSE, symbol, wanted, {"held": held})
        if block := recorded.unwritten():
            return Blocked((block,))
        self._wanted[symbol] = True
        desk.spawn(f"reverse {symbol}", self._run(symbol, recorded))
        return None

    async def _run(self, symbol: Symbol, recorded: Recorded) -> None:
        try:
            sentence, ok = await self._reverse(symbol, recorded)
        finally:
            del self._wanted[symbol]
        recorded.close(sentence, ok=ok)

    async def _reverse(self, symbol: Symbol, recorded: Recorded) -> tuple[str, bool]:
        recorded.step("verify size")
        held = await self._verified(symbol)
        if held is None:
            return f"Nothing was touched: the position in {symbol} could not be read.", False
        reason = self._reason(symbol, held, as_if_flat=True)
        if reason:
            return f"Not reversed, and nothing was touched. {reason}", False
        recorded.step("flatten", {"held": held})
        flattened = await self._flattening.carry_out(symbol, recorded)
        if not flattened.is_flat:
            return f"Not reversed: {flattened.sentence}", False
        # From here to the order there is no wait: nothing comes in between.
        reason = self._reason(symbol, held)
        if not flattened.is_sure:
            reason = "Orders may work that could not be read."
        ticket = self._opposite(symbol, held)
        if reason or ticket is None:
            return f"{symbol} is flat, and nothing opposite was sent. {reason}", False
        recorded.step("open opposite", {"lots": -held})
        result = self._desk.submit(ticket, Purpose.REVERSE, recorded.procedure_id)
        if not isinstance(result, Submitted):
            reason = result.blocks[0].reason
            return f"{symbol} is flat, and nothing opposite was sent. {reason}", False
        return await self._end_of(symbol, result.client_oid, held)

    async def _verified(self, symbol: Symbol) -> int | None:
        """The size by the exchange's own word, signed; zero when there is none."""
        try:
            return (await self._desk.account.read_position(symbol)).core.lots
        except TernError:
            return None

    def _reason(self, symbol: Symbol, held: int, *, as_if_flat: bool = False) -> str:
        """Why the opposite order must not be sent now; empty when it may."""
        if not self._wanted[symbol]:
            return "The reverse was called off."
        if not held:
            return "There is no position any more."
        ticket = self._opposite(symbol, held)
        if ticket is None:
            return _NO_MODE[0].reason
        blocks = self._desk.blocks(ticket, as_if_flat=as_if_flat)
        return blocks[0].reason if blocks else ""

    def _opposite(self, symbol: Symbol, held: int) -> OrderTicket | None:
        account = self._desk.account
        mode = account.margin_mode(symbol)
        if mode is None:
            return None
        return OrderTicket(
            symbol=symbol,
            order_type=OrderType.MARKET,
            side=Side.SELL if held > 0 else Side.BUY,
            price=None,
            lots=Lots(abs(held)),
            margin_mode=mode,
            leverage=account.leverage(symbol),
        )

    async def _end_of(self, symbol: Symbol, client_oid: ClientOid, held: int) -> tuple[str, bool]:
        desk = self._desk
        await desk.pulse.until(lambda: not desk.orders[client_oid].is_working, END_WAIT_S)
        order = desk.orders[client_oid]
        if order.state is OrderState.REJECTED:
            return f"{symbol} is flat; the opposite order was refused. {order.reason}", False
        if order.state in UNCLEAR:
            words = f"{symbol} was flat; what became of the opposite order is being asked."
            return words, False
        if order.filled < abs(held):
            words = f"{order.filled} of {abs(held)} lots were opened the other way"
            if order.is_working:
                return f"{symbol}: {words} so far; the order still works.", False
            return f"{symbol}: {words}, the rest was canceled.", False
        return f"Reversed: {symbol} is {_words(-held)}, without exits.", True


_NO_MODE = (Block(BlockField.CONTRACT, "The margin mode is not known yet."),)


def _words(lots: int) -> str:
    return f"{'long' if lots > 0 else 'short'} {abs(lots)}"


def _blocked(reason: str) -> Blocked:
    return Blocked((Block(BlockField.POSITION, reason),))
