"""Our fills: each counted once, completed with its fee, which the stream does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import PositionSide
from terminal.domain.intention import Source
from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.events import Fill
    from terminal.domain.order import Order
    from terminal.domain.units import OrderId, Symbol
    from terminal.session.desk import Desk
    from terminal.session.order_store import OrderStore
    from terminal.session.telling import Telling

FEE_DELAY_S = 1.0
KEPT_FILLS = 2000


@final
class OwnFills:
    """The fills of a desk's orders."""

    def __init__(
        self,
        desk: Desk,
        store: OrderStore,
        telling: Telling,
        on_error: Callable[[Exception], None],
    ) -> None:
        self._desk = desk
        self._store = store
        self._telling = telling
        self.by_key: dict[tuple[Symbol, str, OrderId], Fill] = {}
        self._applied: dict[tuple[Symbol, str, OrderId], None] = {}
        """Fills that the stream told; reading one says nothing of its effect on the position."""
        self._is_asked = False
        self.revision = 0
        """Counts what was heard of fills: the same number, the same fills."""
        self.on_fill: Listeners[[Fill]] = Listeners(on_error)

    def take(self, fill: Fill, order: Order) -> None:
        """Take a fill that the stream told; one told before changes nothing."""
        if fill.key in self._applied:
            return
        self._applied[fill.key] = None
        if len(self._applied) > 2 * KEPT_FILLS:
            for key in list(self._applied)[:-KEPT_FILLS]:
                del self._applied[key]
        if fill.key not in self.by_key:  # one that was read already knows its fee
            self.by_key[fill.key] = fill
            self.revision += 1
            self._desk.recorder.filled(order.client_oid, fill, Source.STREAM)
        self._desk.account.apply_fill(fill, order.position_side)
        self.on_fill.notify(fill)
        self._telling.filled(fill)
        self.want_fees()

    def take_read(self, fills: tuple[Fill, ...]) -> None:
        """Add fills read by request; what they say about fees completes what is known.

        They do not change positions: those were read by request as well.
        """
        for fill in fills:
            client_oid = self._store.by_id.get(fill.order_id)
            if client_oid is not None and fill.key not in self.by_key:
                self._desk.recorder.filled(client_oid, fill, Source.REST)
            self.by_key[fill.key] = fill
        ordered = sorted(self.by_key.values(), key=lambda fill: fill.event_at)[-KEPT_FILLS:]
        self.by_key = {fill.key: fill for fill in ordered}
        self.revision += 1
        self._desk.on_changed.notify()

    def of_lane(self, symbol: Symbol, lane: PositionSide) -> tuple[Fill, ...]:
        """The fills of one position, oldest first; BOTH is all of the contract. Cost: O(fills).

        The stream names no lane: its order's is meant.
        """
        found = [fill for fill in self.by_key.values() if fill.symbol == symbol]
        if lane is not PositionSide.BOTH:
            found = [fill for fill in found if self._lane_of(fill) is lane]
        return tuple(sorted(found, key=lambda fill: fill.event_at))

    def _lane_of(self, fill: Fill) -> object:
        if fill.position_side is not None:
            return fill.position_side
        client_oid = self._store.by_id.get(fill.order_id)
        order = None if client_oid is None else self._store.orders.get(client_oid)
        return None if order is None else order.position_side

    def want_fees(self) -> None:
        """Read the newest fills a moment from now, once for all that fill until then."""
        if not self._is_asked:
            self._is_asked = True
            self._desk.spawn("fees", self._read_fees())

    async def _read_fees(self) -> None:
        await self._desk.clock.sleep(FEE_DELAY_S)
        self._is_asked = False
        try:
            fills = await self._desk.gateway.recent_fills()
        except TernError as error:
            self._telling.note(f"No fees yet. {error.sentence}")
            return
        self.take_read(fills)
