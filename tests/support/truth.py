"""The exchange of the generated histories, in its simplest form: what is true, and nothing else.

It shares no code with what it judges: a list of orders, each with its trades, and a number held
for each contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.events import (
    OrderType,
    StopDirection,
)
from terminal.domain.ticket import OrderTicket, StopTrigger
from terminal.domain.units import ClientOid, Lots, OrderId, Side, Symbol
from terminal.exchange.outcome import Accepted, Outcome, Rejected
from tests.support.builders import (
    NOW_MS,
    XBT,
    a_fill,
    a_position_update,
    a_ticket,
    an_order_update,
)
from tests.support.pocket import some_details

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.events import Fill, OrderUpdate, PositionUpdate
    from terminal.exchange.gateway import StreamFact

ETH = Symbol("ETHUSDTM")
SYMBOLS = (XBT, ETH)
OURS = "tern-"


@final
@dataclass
class Truth:
    """One order as the exchange has it."""

    order_id: OrderId
    client_oid: ClientOid | None
    ticket: OrderTicket
    side: Side
    lots: int
    placed_s: float
    waits: bool
    filled: int = 0
    canceled: int = 0
    done: bool = False
    ended_by: str = ""
    trades: list[Fill] = field(default_factory=list["Fill"])
    past: list[tuple[float, OrderUpdate]] = field(default_factory=list["tuple[float, OrderUpdate]"])

    @property
    def left(self) -> int:
        return 0 if self.done else self.lots - self.filled - self.canceled

    @property
    def tag(self) -> str:
        """What the user's own order it stems from was called; empty for what nobody tagged."""
        return self.ticket.terms.remark

    @property
    def is_ours(self) -> bool:
        return self.client_oid is not None and self.client_oid.startswith(OURS)


@final
class Exchange:
    """All that is true. ``tell`` is told of what happens, ``look`` after each change."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.orders: list[Truth] = []
        self.held: dict[Symbol, int] = dict.fromkeys(SYMBOLS, 0)
        self.depth = 1000
        """So many lots a market order finds; its rest is canceled (reference 3.3)."""
        self.flat_at_s: dict[Symbol, float] = {}
        """When a contract was last seen flat, by looking after each change."""
        self.tell: Callable[[StreamFact], None] = lambda _fact: None
        self.look: Callable[[Truth, str], None] = lambda _order, _what: None
        self._number = count(1)
        self._tick = count(1)

    def named(self, client_oid: ClientOid) -> Truth | None:
        return next((o for o in self.orders if o.client_oid == client_oid), None)

    def by_id(self, order_id: OrderId) -> Truth | None:
        return next((o for o in self.orders if o.order_id == order_id), None)

    def alive(self, symbol: Symbol | None = None) -> list[Truth]:
        return [o for o in self.orders if not o.done and symbol in {None, o.ticket.symbol}]

    def was_flat_since(self, symbol: Symbol, since_s: float) -> bool:
        return not self.held[symbol] or self.flat_at_s.get(symbol, -1.0) >= since_s

    def make(self, ticket: OrderTicket, client_oid: ClientOid | None) -> Outcome:
        """Take an order, or refuse it."""
        symbol = ticket.symbol
        held, waits = self.held[symbol], ticket.trigger is not None
        side = ticket.side or (Side.SELL if held > 0 else Side.BUY)
        room = max(0, -held * side.sign)
        if ticket.reduces_only and not waits and not room:
            return Rejected("300009", "There is no position to close.")
        lots = abs(held) if ticket.lots is None else int(ticket.lots)
        if ticket.reduces_only and not waits:
            lots = min(lots, room)
        order_id = OrderId(f"x{next(self._number)}")
        order = Truth(order_id, client_oid, ticket, side, lots, self._now_s(), waits)
        self.orders.append(order)
        self._changed(order, "made")
        if ticket.order_type is OrderType.MARKET and not waits:
            self.fill(order, min(order.left, self.depth))
            self.end(order, "the end of the book")
        return Accepted((order_id,))

    def fill(self, order: Truth, lots: int) -> None:
        """The market takes some of an order; what only reduces never takes more than is held."""
        symbol = order.ticket.symbol
        if order.done:
            return
        if order.waits:
            order.waits = False
            self._changed(order, "fired")
        lots = min(lots, order.left)
        if order.ticket.reduces_only:
            lots = min(lots, max(0, -self.held[symbol] * order.side.sign))
        if lots:
            order.filled += lots
            self.held[symbol] += order.side.sign * lots
            trade = a_fill(
                symbol=symbol,
                trade_id=f"t{next(self._number)}",
                order_id=order.order_id,
                side=order.side,
                lots=Lots(lots),
                event_at=self._stamp(),
            )
            order.trades.append(trade)
            self._changed(order, "filled", trade)
            self.tell(self.position(symbol))
            if order.ticket.exits is not None and len(order.trades) == 1:
                self._attach(order)
        room = max(0, -self.held[symbol] * order.side.sign)
        if order.filled + order.canceled >= order.lots:
            order.done = True
            self._changed(order, "done")
        elif order.ticket.reduces_only and not room:
            self.end(order, "nothing to reduce")

    def _attach(self, order: Truth) -> None:
        exits = order.ticket.exits
        assert exits is not None
        sides = ((exits.up, StopDirection.UP), (exits.down, StopDirection.DOWN))
        for price, direction in sides:
            if price is not None:
                other = Side.SELL if order.side is Side.BUY else Side.BUY
                trigger = StopTrigger(direction, exits.reference, price)
                self.make(a_stop(order.ticket.symbol, other, order.lots, trigger), None)

    def end(self, order: Truth, who: str) -> Outcome:
        """What is left of an order is canceled."""
        if order.done:
            return Rejected("100004", "The order can no longer be canceled.")
        self.look(order, f"ends:{who}")
        order.canceled = order.lots - order.filled
        order.done, order.ended_by = True, who
        self._changed(order, "done")
        return Accepted((order.order_id,))

    def _changed(self, order: Truth, what: str, trade: Fill | None = None) -> None:
        now = self.update(order)
        order.past.append((self._now_s(), now))
        symbol = order.ticket.symbol
        if not self.held[symbol]:
            self.flat_at_s[symbol] = self._now_s()
        self.look(order, what)
        # The stream tells no terms nor flags, and of a stop that waits no id of ours (5.7).
        told = replace(now, details=None, is_reduce_only=None, is_close_order=None, fill=trade)
        self.tell(replace(told, client_oid=None) if now.untriggered else told)

    def _stamp(self) -> TimestampNs:
        """Nanoseconds; no two things happen at once, and time never goes back."""
        return TimestampNs(NOW_MS * 1_000_000 + round(self._now_s() * 1e9) + next(self._tick))

    def update(self, order: Truth) -> OrderUpdate:
        """What a question about an order is answered with now."""
        ticket, trigger = order.ticket, order.ticket.trigger
        return an_order_update(
            symbol=ticket.symbol,
            order_id=order.order_id,
            client_oid=order.client_oid,
            side=order.side,
            order_type=ticket.order_type,
            price=ticket.price,
            lots=Lots(order.lots),
            filled=Lots(order.filled),
            canceled=Lots(order.canceled),
            is_done=order.done,
            event_at=self._stamp(),
            is_reduce_only=ticket.is_reduce_only,
            is_close_order=ticket.is_close_order,
            is_post_only=ticket.is_post_only,
            untriggered=order.waits and not order.done,
            trigger=None if trigger is None else trigger.price,
            details=some_details(ticket),
        )

    def position(self, symbol: Symbol) -> PositionUpdate:
        at_ms = TimestampMs(NOW_MS + int(self._now_s() * 1000) + 1)
        return a_position_update(self.held[symbol], symbol=symbol, event_at=at_ms)


def a_stop(symbol: Symbol, side: Side, lots: int, trigger: StopTrigger) -> OrderTicket:
    return a_ticket(
        symbol=symbol,
        side=side,
        order_type=OrderType.MARKET,
        price=None,
        lots=Lots(lots),
        is_reduce_only=True,
        trigger=trigger,
    )
