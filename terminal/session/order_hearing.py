"""Hearing what the exchange tells of orders: by its streams, by its lists, and when asked.

Trust is given when everything was read on the present connection, and taken away at every doubt.
What is believed then is stored in ``order_store``; this storey's commands know neither stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import OrderUpdate
from terminal.domain.intention import Source
from terminal.domain.order import OrderState, apply_update, from_update
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.listeners import Listeners
from terminal.session.recovering import Recovery
from terminal.session.recovery import read_orders
from terminal.session.trust import Trust

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid
    from terminal.exchange.gateway import StreamFact
    from terminal.session.desk import Desk
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.session.order_store import OrderStore
    from terminal.session.own_fills import OwnFills
    from terminal.session.tasks import TaskOwner
    from terminal.session.telling import Telling

RECONCILE_INTERVAL_S = 60.0


@final
class OrderHearing:
    """Keeps the orders of a desk true. ``on_compared`` is told of each minutely comparison."""

    def __init__(
        self,
        desk: Desk,
        feed: Feed,
        owner: TaskOwner,
        store: OrderStore,
        fills: OwnFills,
        telling: Telling,
    ) -> None:
        self._desk = desk
        self._feed = feed
        self._owner = owner
        self._store = store
        self._fills = fills
        self._telling = telling
        self._handles: list[Handle] = []
        self.trust = Trust(desk.clock, desk.on_changed.notify)
        self.on_compared: Listeners[[]] = Listeners(owner.listener_failed)
        self._recovery = Recovery(
            owner,
            desk.clock,
            self.trust,
            frozenset({ChannelKind.ORDERS, ChannelKind.STOPS}),
            self._read_anew,
            self._could_not_read,
        )

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to listen, and to compare now and then."""
        self._handles = [
            self._feed.on_opened.add(self._on_opened),
            self._feed.on_lost.add(self._on_lost),
        ]
        if self._feed.is_live:
            self._on_opened()
        for kind in (ChannelKind.ORDERS, ChannelKind.STOPS):
            self._handles.append(self._feed.subscribe(Channel(kind), self._on_fact))
        self._owner.spawn("reconcile", self._reconcile_now_and_then())
        self._owner.spawn("trust", self.trust.watch())

    def stop(self) -> None:
        """Listen no more; who owns the tasks ends them."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def read_again(self) -> None:
        """What could not be read whole before can be now: all is read once more."""
        self._recovery.again()

    # Streams ---------------------------------------------------------------------------------

    def _on_opened(self) -> None:
        self._recovery.opened()

    def _on_lost(self) -> None:
        self._recovery.lost()
        self._desk.on_changed.notify()

    def _on_fact(self, fact: StreamFact) -> None:
        if isinstance(fact, OrderUpdate):
            self.take(fact, Source.STREAM)
        elif isinstance(fact, ChannelConfirmed):
            self._recovery.confirmed(fact.channel.kind)
        elif isinstance(fact, ChannelInterrupted):
            self._recovery.interrupted(fact.channel.kind)
            self._desk.on_changed.notify()
        elif isinstance(fact, ChannelRefused):
            self._recovery.interrupted(fact.channel.kind)
            self._distrust(f"The exchange refused the order stream: {fact.sentence}")
        elif isinstance(fact, FrameUnreadable):
            self._telling.warn(f"A message about an order could not be read: {fact.error}")
            self._recovery.again()

    def _distrust(self, why: str) -> None:
        self.trust.take_away()
        self._telling.alarm(why)
        self._desk.on_changed.notify()

    # Lists -----------------------------------------------------------------------------------

    async def _read_anew(self) -> None:
        await read_orders(self._desk)

    def _could_not_read(self, sentence: str) -> None:
        self._telling.warn(f"The orders could not be read. {sentence}")

    async def _reconcile_now_and_then(self) -> None:
        """Compare all working orders with the exchange's list, so that no ghost stays."""
        while True:
            await self._desk.clock.sleep(RECONCILE_INTERVAL_S)
            if not self.trust.is_given:
                continue
            try:
                await read_orders(self._desk)
            except TernError as error:
                self._telling.warn(f"The orders could not be compared. {error.sentence}")
            except Exception as error:  # noqa: BLE001 - reported; the next comparison must come
                self._owner.report("reconcile", error)
            else:
                self.on_compared.notify()

    # Words about one order -------------------------------------------------------------------

    def take(self, update: OrderUpdate, source: Source = Source.REST) -> None:
        """Bring an order up to date, or learn of one placed elsewhere."""
        known = self._store.known(update)
        after = from_update(update) if known is None else apply_update(known, update)
        self._desk.recorder.updated(known, after, update, source)
        if source is Source.STREAM:
            self._desk.latency.told(after.client_oid)
        self._note_flags(after.client_oid, update, is_new=known is None)
        if update.details is not None and not update.is_done:
            self._store.details[after.client_oid] = update.details
        if update.fill is not None:
            self._fills.take(update.fill, after)
        if after is not known:
            self._store.put(after)
            if update.fill is None and after.filled > (known.filled if known is not None else 0):
                self._fills.want_fees()  # it filled, and no message told how
            self._tell_change(known, after, update)

    def _tell_change(self, known: Order | None, after: Order, update: OrderUpdate) -> None:
        if known is not None and known.state is OrderState.REJECTED:
            self._telling.ended(after, "The exchange has this order after all.", ok=False)
        if update.reason:
            self._telling.warn(f"{self._telling.words(after)}: {update.reason}", after.symbol)
        elif known is not None and after.state is OrderState.CANCELED:
            self._telling.note(f"Canceled {self._telling.words(after)}.", after.symbol)
        has_fired = known is not None and known.state is OrderState.UNTRIGGERED
        if has_fired and after.state is OrderState.OPEN:
            # What a stop becomes may have an id of its own; then this one is over.
            oid = after.client_oid
            self._owner.spawn(f"fired stop {oid}", self._read_order(oid))

    def _note_flags(self, client_oid: ClientOid, update: OrderUpdate, *, is_new: bool) -> None:
        """The stream does not tell what only reduces: orders first heard there are looked up."""
        if update.is_reduce_only is not None:
            self._store.flags_unknown.discard(client_oid)
        elif is_new and not update.is_done:
            self._store.flags_unknown.add(client_oid)
            self._owner.spawn(f"flags of {client_oid}", self._read_order(client_oid))

    async def _read_order(self, client_oid: ClientOid) -> None:
        await self.ask(client_oid)

    async def ask(self, client_oid: ClientOid) -> bool | None:
        """Ask the exchange about one order: whether it knows it; None when it did not answer."""
        order = self._store.orders[client_oid]
        try:
            if order.order_id is not None:
                update = await self._desk.gateway.order(order.order_id)
            else:
                update = await self._desk.gateway.order_by_client_oid(client_oid)
        except TernError:
            return None
        except Exception as error:  # noqa: BLE001 - reported; a procedure must not die of a query
            self._owner.report("query", error)
            return None
        if update is not None:
            self.take(update)
        return update is not None
