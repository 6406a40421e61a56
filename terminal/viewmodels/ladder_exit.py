"""A click at the result of closing: the order that closes all of the position at that row.

At the touch and at better prices it is a limit of all lots: at the best price that takes it, it
takes at once, further on it waits. At a worse price than the touch a limit would be filled at the
touch all the same, so there it is a stop that closes all once the price gets there. Either only
reduces on the wire, so arming does not keep it back: an armed mouse sends it as any other click,
an unarmed one shows it first and needs a second click on the same row.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import price_for_side, row_index
from terminal.domain.events import OrderType
from terminal.domain.intention import Purpose as Meant
from terminal.domain.lanes import is_of_lane, never_opens, wire_lane
from terminal.domain.ticket import ASSUMED_MODE, OrderTerms, OrderTicket
from terminal.domain.triggers import Purpose
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.ladder_clicks import Click
from terminal.viewmodels.ladder_hands import ArmedBy, Sending
from terminal.viewmodels.ladder_places import Kind
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.protection import ticket_words
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.units import Symbol
    from terminal.session.account import AccountSession, Position
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_trading import LadderTrading


@final
class _Wanted(NamedTuple):
    """An exit that is shown and not sent."""

    click: Click
    ticket: OrderTicket


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

    # What is shown and waits -----------------------------------------------------------------

    @property
    def staged(self) -> StagedOrder | None:
        """What was shown and not sent; dropped by itself when it holds no more."""
        wanted, contract = self._wanted, self._trading.contract
        if wanted is None:
            return None
        ticket = wanted.ticket
        if (
            contract is None
            or ticket.symbol != contract.symbol
            or self._is_other(wanted.click, ticket)
        ):
            self._wanted = None
            return None
        kind = "exit" if ticket.trigger is None else "stop"
        side = None if ticket.is_close_order else ticket.side
        return StagedOrder(side, wanted.click.price, kind, ticket.lots)

    def _is_other(self, click: Click, ticket: OrderTicket) -> bool:
        """Whether the position is no longer what the exit was made for.

        A stop that closes all names no lots: it is for whatever is held on its side and lane.
        """
        position = self._position(ticket.symbol)
        lots = position.core.lots
        if ticket.terms.position_side is not wire_lane(position.lane):
            return True
        if ticket.lots is not None and abs(lots) != ticket.lots:
            return True
        return lots == 0 or (lots > 0) is not (click.side is Side.SELL)

    def drop(self) -> bool:
        """Show nothing any more; True when something was."""
        was, self._wanted = self.staged is not None, None
        return was

    # Plans -----------------------------------------------------------------------------------

    def plan(self, row: int, step: int) -> Click | str:
        """What closes at an absolute row by the best prices of now; or why nothing does."""
        contract = self._trading.contract
        touch = None if contract is None else self._desk.touch(contract.symbol)
        if contract is None:
            return "There is no contract to trade yet."
        position = self._position(contract.symbol)
        lots = position.core.lots
        if not lots:
            return "There is no position to close."
        side = Side.SELL if lots > 0 else Side.BUY
        price = price_for_side(row, step, side)
        if price <= 0:
            return "There is no price to close at on this row."
        best = None if touch is None else touch.best_bid if lots > 0 else touch.best_ask
        if best is None:
            return "There is no best price now to tell a limit from a stop."
        if (row - row_index(best, step)) * side.sign > 0:
            return self._stop(contract, position, row, price)
        ticket = self._limit(contract, position, side, price)
        takes = ", takes at once" if (price - best) * side.sign >= 0 else ""
        label = f"{text.price(price, contract)}, {self._closes()}, reduce-only{takes}"
        found = Click(row, side, Kind.LIMIT, price, ticket.lots, reduces=True, label=label)
        return self._covered(ticket, price) or found._replace(ticket=ticket)

    def _closes(self) -> str:
        lane = self._trading.lane
        return f"closes the {lane.value}" if self._trading.is_hedged else "closes"

    def _stop(self, contract: Contract, position: Position, row: int, price: Price) -> Click | str:
        if self._protecting is None:
            return "There is nobody to place a stop."
        stop = self._protecting.orders.exit_at(
            contract.symbol, Purpose.LOSS, price, None, position.lane
        )
        if isinstance(stop, Blocked):
            return stop.blocks[0].reason
        side = Side.SELL if position.core.lots > 0 else Side.BUY
        label = f"of the {position.lane.value}" if self._trading.is_hedged else ""
        found = Click(row, side, Kind.CLOSE, price, None, reduces=True, label=label)
        return self._covered(stop, price) or found._replace(ticket=stop)

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

    # What closes already ---------------------------------------------------------------------

    def _closing(self, ticket: OrderTicket) -> list[Order]:
        """Working orders of the same kind that close the same position."""
        side = self._position(ticket.symbol).core.lots
        closing = Side.SELL if side > 0 else Side.BUY
        return [
            order
            for order in self._desk.working(ticket.symbol)
            if order.is_stop is (ticket.trigger is not None)
            and (order.is_close_order or (order.side is closing and never_opens(order)))
            and is_of_lane(self._trading.lane, order)
        ]

    def _covered(self, ticket: OrderTicket, price: Price) -> str:
        """Why one more exit there would close nothing that is not closed there already."""
        there = [order for order in self._closing(ticket) if order.shown_at == price]
        size = abs(self._position(ticket.symbol).core.lots)
        closes = sum(size if order.is_close_order else order.remaining for order in there)
        if not there or closes < size:
            return ""
        return f"{self._trading.named(there[0]).capitalize()} closes all of it there already."

    def _others(self, ticket: OrderTicket) -> str:
        """What is to be known of further exits that work elsewhere; empty without any."""
        if not self._closing(ticket):
            return ""
        return " Other exits work as well: all of them only reduce, none can open."

    # Sending ---------------------------------------------------------------------------------

    def send(self, click: Click) -> None:
        """Send a planned exit; an unarmed mouse shows it first."""
        trading, ticket, contract = self._trading, click.ticket, self._trading.contract
        before, self._wanted = self._wanted if self.staged is not None else None, None
        if ticket is None or contract is None or trading.is_refused("Not sent.", reduces=True):
            return
        if trading.is_locked("Not sent."):
            return
        words, is_armed = ticket_words(ticket, contract), ArmedBy.MOUSE in trading.armed
        wanted = _Wanted(click, ticket)
        if not is_armed and before != wanted:
            self._wanted = wanted
            trading.say(f"{words}: click it again to send, Esc drops it.", Role.ACCENT)
            return
        trading.release(
            Sending(
                ticket,
                ArmedBy.MOUSE,
                f"{words}: sent.{self._others(ticket)}",
                uses_flags=False,
                needs_arming=is_armed,
                purpose=Meant.SUBMIT if ticket.trigger is None else Meant.PROTECT,
                lost=partial(self._why_lost, click, ticket),
                is_by_place=True,
            )
        )

    def _why_lost(self, click: Click, ticket: OrderTicket) -> str:
        """Why an exit that is held back must not be sent any more; empty while it may."""
        if self._is_other(click, ticket):
            return "the position changed."
        covered = self._covered(ticket, click.price)
        return f"{covered[:1].lower()}{covered[1:]}"
