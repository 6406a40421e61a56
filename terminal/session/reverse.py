"""Reversing: flatten, and only when verified flat one opposite order of the old size.

In hedge mode the named lane is flattened and the same size opened in the other one, beside what is
held there.

The guard is asked about the opposite order before anything is closed, so that a reverse which would
be refused says so while the position is still there; and once more before that order is sent. Where
it stops, it says what remains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import OrderType, PositionSide
from terminal.domain.guard import Block, BlockField
from terminal.domain.intention import Purpose
from terminal.domain.lanes import about, other_lane, wire_lane
from terminal.domain.order import UNCLEAR, OrderState
from terminal.domain.ticket import OrderTerms, OrderTicket
from terminal.domain.units import Lots, Side
from terminal.session.account import LaneNotNamedError
from terminal.session.procedures import Recorded, say
from terminal.session.results import Blocked, Submitted, not_sent

if TYPE_CHECKING:
    from terminal.domain.intention import Detail
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

    def start(self, symbol: Symbol, lane: PositionSide | None = None) -> Blocked | None:
        """Begin, unless the opposite order would be blocked now: then nothing is touched."""
        desk = self._desk
        try:
            lane = desk.account.lane(symbol, lane)
        except LaneNotNamedError as error:
            return Blocked((Block(BlockField.POSITION, error.sentence, error.remedy),))
        if symbol in self._wanted or self._flattening.is_running(symbol):
            return not_sent(
                BlockField.POSITION, f"{symbol} is being flattened or reversed already."
            )
        held = desk.account.position(symbol, lane).core.lots
        if not held:
            return not_sent(
                BlockField.POSITION, f"There is no position in {about(symbol, lane)} to reverse."
            )
        ticket = self._opposite(symbol, lane, held)
        blocks = _NO_MODE if ticket is None else desk.blocks(ticket, as_if_flat=True)
        if blocks:
            return Blocked(blocks)
        wanted = f"Reversing (flatten, then {_words(-held)})."
        detail: Detail = {
            "held": held,
            **({} if lane is PositionSide.BOTH else {"lane": lane.value}),
        }
        recorded = Recorded(desk, Purpose.REVERSE, symbol, wanted, detail)
        if block := recorded.unwritten():
            return Blocked((block,))
        self._wanted[symbol] = True
        desk.spawn(f"reverse {symbol}", self._run(symbol, lane, recorded))
        return None

    async def _run(self, symbol: Symbol, lane: PositionSide, recorded: Recorded) -> None:
        try:
            sentence, ok = await self._reverse(symbol, lane, recorded)
        except Exception as error:  # noqa: BLE001 - reported and told: it must not end unsaid
            words = recorded.break_off(f"reverse {symbol}", error)
            say(self._desk, symbol, words, ok=False)
            return
        finally:
            del self._wanted[symbol]
        recorded.close(sentence, ok=ok)

    async def _reverse(
        self, symbol: Symbol, lane: PositionSide, recorded: Recorded
    ) -> tuple[str, bool]:
        recorded.step("verify size")
        name = about(symbol, lane)
        held = await self._verified(symbol, lane)
        if held is None:
            return f"Nothing was touched: the position in {name} could not be read.", False
        reason = self._reason(symbol, lane, held, as_if_flat=True)
        if reason:
            return f"Not reversed, and nothing was touched. {reason}", False
        recorded.step("flatten", {"held": held})
        # What is opened afterwards is meant for now: it does not wait for a settlement's end.
        flattened = await self._flattening.carry_out(
            symbol, recorded, wire_lane(lane), outlasts_settlement=False
        )
        if not flattened.is_flat:
            return f"Not reversed: {flattened.sentence}", False
        # From here to the order there is no wait: nothing comes in between.
        reason = self._reason(symbol, lane, held)
        if not flattened.is_sure:
            reason = "Orders may work that could not be read."
        ticket = self._opposite(symbol, lane, held)
        if reason or ticket is None:
            return f"{name} is flat, and nothing opposite was sent. {reason}", False
        recorded.step("open opposite", {"lots": -held})
        result = self._desk.submit(ticket, Purpose.REVERSE, recorded.procedure_id)
        if not isinstance(result, Submitted):
            reason = result.blocks[0].reason
            return f"{name} is flat, and nothing opposite was sent. {reason}", False
        return await self._end_of(name, result.client_oid, held)

    async def _verified(self, symbol: Symbol, lane: PositionSide) -> int | None:
        """The size by the exchange's own word, signed; zero when there is none."""
        try:
            return (await self._desk.account.read_position(symbol, lane)).core.lots
        except TernError:
            return None
        except Exception as error:  # noqa: BLE001 - reported; nothing is touched without an answer
            self._desk.report("read the position", error)
            return None

    def _reason(
        self, symbol: Symbol, lane: PositionSide, held: int, *, as_if_flat: bool = False
    ) -> str:
        """Why the opposite order must not be sent now; empty when it may."""
        if not self._wanted[symbol]:
            return "The reverse was called off."
        if not held:
            return "There is no position any more."
        ticket = self._opposite(symbol, lane, held)
        if ticket is None:
            return _NO_MODE[0].reason
        blocks = self._desk.blocks(ticket, as_if_flat=as_if_flat)
        return blocks[0].reason if blocks else ""

    def _opposite(self, symbol: Symbol, lane: PositionSide, held: int) -> OrderTicket | None:
        account, into = self._desk.account, other_lane(lane)
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
            leverage=account.leverage(symbol, into),
            terms=OrderTerms(position_side=wire_lane(into)),
        )

    async def _end_of(self, name: str, client_oid: ClientOid, held: int) -> tuple[str, bool]:
        desk = self._desk
        await desk.pulse.until(lambda: not desk.orders[client_oid].is_working, END_WAIT_S)
        order = desk.orders[client_oid]
        if order.state is OrderState.REJECTED:
            return f"{name} is flat; the opposite order was refused. {order.reason}", False
        if order.state in UNCLEAR:
            words = f"{name} was flat; what became of the opposite order is being asked."
            return words, False
        if order.filled < abs(held):
            words = f"{order.filled} of {abs(held)} lots were opened the other way"
            if order.is_working:
                return f"{name}: {words} so far; the order still works.", False
            return f"{name}: {words}, the rest was canceled.", False
        if order.position_side not in {None, PositionSide.BOTH}:
            return f"Reversed: {name} is flat, {_words(-held)} was opened without exits.", True
        return f"Reversed: {name} is {_words(-held)}, without exits.", True


_NO_MODE = (Block(BlockField.CONTRACT, "The margin mode is not known yet."),)


def _words(lots: int) -> str:
    return f"{'long' if lots > 0 else 'short'} {abs(lots)}"
