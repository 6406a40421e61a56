"""Orders of the tour in a market that moves: one that was met is sent again, farther away.

A market may run over any resting order. That is no defect as long as the order was filled at its
price or better and every lot of it was told; only a market that does so each time is one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar, final

from terminal.app.tour_stage import StepFailedError
from terminal.domain.order import Order, OrderState
from terminal.domain.units import Side

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from terminal.domain.events import Fill
    from terminal.domain.units import ClientOid

    Until = Callable[[Callable[[], bool], str], Awaitable[None]]
    Send = Callable[[int], Awaitable[None]]

_Seen = TypeVar("_Seen")
SETTLING = "Settlement is in progress."
"""How the reason begins for which an order is refused while funding is settled."""
PATIENCE = 60
"""So often an order is sent again that was refused for it; a settlement may take 20 s."""

_MET = frozenset({OrderState.PARTLY_FILLED, OrderState.FILLED})
_ARRIVED = _MET | {OrderState.OPEN, OrderState.CANCELED, OrderState.REJECTED}


class Desk(Protocol):
    """Where our orders and fills are kept."""

    @property
    def orders(self) -> Mapping[ClientOid, Order]:
        """Orders by our own id."""
        ...

    @property
    def fills(self) -> Sequence[Fill]:
        """Our fills, oldest first."""
        ...


@final
class MetError(Exception):
    """The market met an order that was to rest."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.client_oid)
        self.order = order


@final
class TourOrders:
    """Sends orders and watches them, with the patience that ``until`` has.

    ``pause`` waits for about half a second.
    """

    def __init__(self, desk: Desk, until: Until, pause: Callable[[], Awaitable[None]]) -> None:
        self._desk = desk
        self._until = until
        self._pause = pause

    def now(self, order: Order) -> Order:
        """An order as it is now."""
        return self._desk.orders[order.client_oid]

    def is_met(self, order: Order) -> bool:
        """Whether anything of an order was filled, as its state says."""
        return self.now(order).state in _MET

    def fills(self, order: Order) -> list[Fill]:
        """The fills of an order that were told."""
        order_id = self.now(order).order_id
        return [fill for fill in self._desk.fills if fill.order_id == order_id]

    async def sent(self, send: Callable[[], Awaitable[None]]) -> Order:
        """Send one order; return it as it is when the exchange has it.

        While funding is settled it is sent again and again, as the exchange asks for. Raises
        ``StepFailedError`` when it was rejected or does not come.
        """
        order = await self._sent_once(send)
        for _ in range(PATIENCE):
            if order.state is not OrderState.REJECTED or not order.reason.startswith(SETTLING):
                break
            await self._pause()
            order = await self._sent_once(send)
        if order.state is OrderState.REJECTED:
            raise StepFailedError(f"rejected: {order.reason}")
        return order

    async def _sent_once(self, send: Callable[[], Awaitable[None]]) -> Order:
        before = set(self._desk.orders)
        await send()
        await self._until(lambda: self._arrived(before) is not None, "an order on the exchange")
        order = self._arrived(before)
        if order is None:
            raise StepFailedError("the order is gone")
        return order

    async def rested(self, send: Callable[[], Awaitable[None]]) -> Order:
        """Send one order that is to rest. Raises ``MetError`` when the market met it at once."""
        order = await self.sent(send)
        if order.state in _MET:
            raise MetError(order)
        if order.state is not OrderState.OPEN:
            raise StepFailedError(f"the order did not rest: {order.state.value}")
        return order

    async def while_resting(self, order: Order, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition; raises ``MetError`` when the market meets the order before."""
        await self._until(lambda: condition() or self.is_met(order), what)
        if not condition():
            raise MetError(order)

    async def outlast(
        self,
        send: Send,
        use: Callable[[Order], Awaitable[_Seen]],
        away: Sequence[int],
        first: Order | None = None,
    ) -> _Seen:
        """Do something with an order that rests; with another one when the market met it.

        ``send`` places it so many rows from the touch, ``away`` says how many at each try.
        ``first`` is one that rests already. Raises ``StepFailedError`` after the last try, and for
        an order that should not have been filled as it was.
        """
        for rows in away:
            try:
                order, first = first, None
                return await use(order or await self.rested(partial(send, rows)))
            except MetError as met:
                await self.told(met.order)
        raise StepFailedError(
            f"{len(away)} orders in a row were filled, the last one {away[-1]} rows away"
        )

    async def told(self, order: Order) -> None:
        """Wait until every lot that was filled is told.

        Raises ``StepFailedError`` when one was filled at a price worse than the order's.
        """
        await self._until(partial(self._is_told, order), "all fills of an order")
        for fill in self.fills(order):
            worse = 0 if order.price is None else fill.price - order.price
            if (worse if order.side is Side.BUY else -worse) > 0:
                raise StepFailedError(f"filled at {fill.price}, worse than {order.price} (ticks)")

    def _is_told(self, order: Order) -> bool:
        filled = self.now(order).filled
        told = sum(fill.lots for fill in self.fills(order))
        return told == filled and (filled > 0 or not self.is_met(order))

    def _arrived(self, before: set[ClientOid]) -> Order | None:
        """The newest order that was not there before, once the exchange has said a word."""
        new = [order for oid, order in self._desk.orders.items() if oid not in before]
        return new[-1] if new and new[-1].state in _ARRIVED else None
