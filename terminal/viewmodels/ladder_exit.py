"""A click at the result of closing: shows the order that would close there, again sends it.

It only reduces on the wire, so arming does not keep it back: an armed mouse sends at once, an
unarmed one needs the second click on the same row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import price_for_side, row_index
from terminal.domain.events import OrderType
from terminal.domain.intention import Purpose as Meant
from terminal.domain.lanes import wire_lane
from terminal.domain.ticket import ASSUMED_MODE, OrderTerms, OrderTicket
from terminal.domain.triggers import Purpose
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Blocked
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.protection import ticket_words
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.guard import Touch
    from terminal.domain.units import Symbol
    from terminal.session.account import AccountSession, Position
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_trading import LadderTrading


@final
class _Wanted(NamedTuple):
    """An exit that is shown and not sent."""

    ticket: OrderTicket
    row: int
    staged: StagedOrder


@final
class LadderExit:
    """The exits of one ladder. ``protecting`` makes the stops; without it there are none."""

    def __init__(
        self,
        trading: LadderTrading,
        desk: OrderDesk,
        account: AccountSession,
        protecting: Protecting | None,
    ) -> None:
        self._trading = trading
        self._desk = desk
        self._account = account
        self._protecting = protecting
        self._wanted: _Wanted | None = None

    @property
    def staged(self) -> StagedOrder | None:
        """What was shown and not sent; dropped by itself when it holds no more."""
        wanted, contract = self._wanted, self._trading.contract
        if wanted is None:
            return None
        if contract is None or wanted.ticket.symbol != contract.symbol or self._is_other(wanted):
            self._wanted = None
            return None
        return wanted.staged

    def _is_other(self, wanted: _Wanted) -> bool:
        """Whether the position is no longer what the exit was made for."""
        lots = self._position(wanted.ticket.symbol).core.lots
        if wanted.ticket.lots is not None:
            return abs(lots) != wanted.ticket.lots
        return lots == 0

    def drop(self) -> bool:
        """Show nothing any more; True when something was."""
        was, self._wanted = self.staged is not None, None
        return was

    def click(self, row: int, step: int, touch: Touch) -> None:
        """Show the exit at a row, or send it."""
        trading, contract = self._trading, self._trading.contract
        if contract is None or trading.is_refused("Not sent.", reduces=True):
            return
        if reason := trading.locked():
            self._wanted = None
            trading.say(f"Not sent. {reason}", Role.CAUTION)
            return
        before = self._wanted if self.staged is not None else None
        made = self._ticket(contract, row, step, touch)
        if isinstance(made, str):
            self._wanted = None
            trading.say(f"Not sent. {made}", Role.CAUTION)
            return
        ticket, kind = made
        words = ticket_words(ticket, contract)
        is_second = before is not None and (before.row, before.ticket) == (row, ticket)
        if not is_second and ArmedBy.MOUSE not in trading.armed:
            self._wanted = _Wanted(ticket, row, _staged(ticket, kind))
            trading.say(f"{words}: click it again to send, Esc drops it.", Role.ACCENT)
            return
        self._wanted = None
        meant = Meant.PROTECT if ticket.trigger is not None else Meant.SUBMIT
        result = self._desk.submit(ticket, meant)
        if isinstance(result, Blocked):
            trading.say(f"Not sent. {result.blocks[0].reason}", Role.DANGER)
        else:
            trading.say(f"{words}: sent.", Role.TEXT)

    def _ticket(
        self, contract: Contract, row: int, step: int, touch: Touch
    ) -> tuple[OrderTicket, str] | str:
        """What closes at a row, with a word for its kind; or why nothing does."""
        position = self._position(contract.symbol)
        lots = position.core.lots
        if not lots:
            return "There is no position to close."
        side = Side.SELL if lots > 0 else Side.BUY
        price = price_for_side(row, step, side)
        if price <= 0:
            return "There is no price to close at on this row."
        best = touch.best_bid if side is Side.SELL else touch.best_ask
        if best is None:
            return "There is no best price now to tell a limit from a stop."
        is_loss = (row - row_index(best, step)) * side.sign > 0
        if not is_loss:
            return self._limit(contract, position, side, price), "exit"
        if self._protecting is None:
            return "There is nobody to place a stop."
        stop = self._protecting.orders.exit_at(
            contract.symbol, Purpose.LOSS, price, None, position.lane
        )
        return stop.blocks[0].reason if isinstance(stop, Blocked) else (stop, "stop")

    def _limit(
        self, contract: Contract, position: Position, side: Side, price: Price
    ) -> OrderTicket:
        account, symbol = self._account, contract.symbol
        mode = position.margin_mode or account.margin_mode(symbol) or ASSUMED_MODE
        return OrderTicket(
            symbol=symbol,
            order_type=OrderType.LIMIT,
            side=side,
            price=price,
            lots=Lots(abs(position.core.lots)),
            margin_mode=mode,
            leverage=account.leverage(symbol, position.lane),
            is_reduce_only=True,
            terms=OrderTerms(position_side=wire_lane(position.lane)),
        )

    def _position(self, symbol: Symbol) -> Position:
        return self._account.position(symbol, self._trading.lane)


def _staged(ticket: OrderTicket, kind: str) -> StagedOrder:
    trigger = ticket.trigger
    price = ticket.price if trigger is None else trigger.price
    assert price is not None  # noqa: S101 - a limit has a price, a stop a trigger
    return StagedOrder(None if ticket.is_close_order else ticket.side, price, kind, ticket.lots)
