"""A small exchange at the gateway, with a mouth that lies late, twice or not at all.

It keeps orders and one position of one contract, does what a command asks (or not, or later), and
tells what happened by a stream whose words may be held back, doubled, swapped or lost. What is true
is in ``orders`` and ``held``; ``log`` is what was done, in order. Laws are looked at after each
change by ``watch``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.domain.clock import TimestampNs
from terminal.domain.events import (
    MarginMode,
    OrderDetails,
    OrderType,
    PositionMode,
    StopDirection,
    StopReference,
)
from terminal.domain.guard import GuardLimits, Touch
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Accepted, Outcome, Rejected, Route, Unknown
from terminal.exchange.routes import RouteState
from terminal.session.account import AccountSession
from terminal.session.feed import Feed
from terminal.session.notices import NoticeBoard
from terminal.session.orders import OrderDesk
from terminal.session.results import Submitted
from terminal.session.tasks import TaskOwner
from tests.support.builders import (
    NOW_MS,
    NOW_NS,
    XBT,
    a_contract,
    a_position_update,
    a_wallet,
    an_order_update,
)
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeStream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.events import Fill, OrderUpdate, PositionUpdate, WalletUpdate
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Symbol
    from terminal.exchange.gateway import StreamFact
    from terminal.session.results import BatchResult, OrderResult

NOTHING_KNOWN = TransportError("no answer", was_sent=True)


class Fate(Enum):
    """What becomes of a command, a question or a word of the stream."""

    WELL = "well"
    ANSWER_LOST = "done, and the answer lost"
    LOST = "lost on the way"
    LATE = "after a second or two"
    REFUSED = "refused"
    SETTLING = "refused while funding is settled"
    TWICE = "twice"


@final
@dataclass
class Placed:
    """One order as it truly is."""

    order_id: OrderId
    client_oid: ClientOid
    ticket: OrderTicket
    side: Side
    lots: int
    filled: int = 0
    canceled: int = 0
    waits: bool = False
    is_done: bool = False

    @property
    def left(self) -> int:
        return 0 if self.is_done else self.lots - self.filled - self.canceled

    @property
    def opens(self) -> bool:
        return not self.ticket.reduces_only


@final
class Pocket:
    """The exchange: a ``TradingGateway`` and an ``AccountGateway`` in one.

    ``fate`` says what becomes of each thing by its kind: ``place``, ``cancel``, ``read``, ``word``.
    """

    access = Access.FULL
    route = RouteState(Route.REST, "There is no order socket here.")

    def __init__(
        self, clock: FakeClock, stream: FakeStream, fate: Callable[[str], Fate] | None = None
    ) -> None:
        self._clock = clock
        self._stream = stream
        self.fate = fate or (lambda _kind: Fate.WELL)
        self.orders: dict[OrderId, Placed] = {}
        self.held = 0
        self.log: list[str] = []
        self.watch: Callable[[str], None] = lambda _what: None
        self.later: Callable[[float, Callable[[], object]], None] = lambda _s, _do: None
        self.market_fills = 1_000_000
        """So many lots of each market order are filled; the rest is canceled."""
        self.mode = PositionMode.ONE_WAY
        self._number = count(1)
        self._time = count(1)

    # What happens ----------------------------------------------------------------------------

    def alive(self) -> list[Placed]:
        """Orders that may still fill."""
        return [order for order in self.orders.values() if not order.is_done]

    def fill(self, order: Placed, lots: int) -> None:
        """The market takes some of an order; a stop fires first."""
        order.waits = False
        lots = min(lots, order.left)
        if not order.opens:
            room = max(0, -self.held * order.side.sign)
            if lots > room:
                order.canceled += order.left - room
                lots = room
        order.filled += lots
        self.held += order.side.sign * lots
        self._ended_when_empty(order)
        self._did(f"fill {order.client_oid} {lots}", order)

    def _ended_when_empty(self, order: Placed) -> None:
        if order.filled + order.canceled >= order.lots:
            order.is_done = True

    def _did(self, what: str, order: Placed) -> None:
        self.log.append(what)
        self.watch(what)
        self._tell(self._message(order))
        self._tell(self._position())

    def _message(self, order: Placed) -> OrderUpdate:
        """What the stream tells: no terms nor flags, of a stop no id of ours (reference 5.7)."""
        bare = replace(self.update(order), details=None, is_reduce_only=None, is_close_order=None)
        return replace(bare, client_oid=None) if order.waits else bare

    def _tell(self, fact: StreamFact) -> None:
        fate = self.fate("word")
        if fate in {Fate.WELL, Fate.TWICE}:
            self._say(fact)
        if fate in {Fate.LATE, Fate.TWICE}:
            self.later(1.5, lambda: self._say(fact))

    def _say(self, fact: StreamFact) -> None:
        if self._stream.heard_by is not None:
            self._stream.push(fact)

    def update(self, order: Placed) -> OrderUpdate:
        """What a query would tell of an order now."""
        ticket, trigger = order.ticket, order.ticket.trigger
        return an_order_update(
            order_id=order.order_id,
            client_oid=order.client_oid,
            side=order.side,
            order_type=ticket.order_type,
            price=ticket.price,
            lots=Lots(order.lots),
            filled=Lots(order.filled),
            canceled=Lots(order.canceled),
            is_done=order.is_done,
            event_at=TimestampNs(NOW_NS + next(self._time)),
            is_reduce_only=ticket.is_reduce_only,
            is_close_order=ticket.is_close_order,
            is_post_only=ticket.is_post_only,
            untriggered=order.waits and not order.is_done,
            trigger=None if trigger is None else trigger.price,
            details=some_details(ticket),
        )

    def _position(self) -> PositionUpdate:
        at_ms = NOW_MS + round(self._clock.monotonic_s() * 1000)
        return a_position_update(self.held, event_at=at_ms)

    # Commands --------------------------------------------------------------------------------

    def _command(self, kind: str, do: Callable[[], Outcome]) -> Outcome:
        fate = self.fate(kind)
        if fate is Fate.REFUSED:
            return Rejected("300002", "Trading is suspended.")
        if fate is Fate.SETTLING:
            return Rejected("300015", "Settlement is in progress.", "Try again in seconds.")
        if fate is Fate.LOST:
            return Unknown("No answer.")
        if fate is Fate.LATE:
            self.later(2.0, do)
            return Unknown("No answer.")
        outcome = do()
        return Unknown("No answer.") if fate is Fate.ANSWER_LOST else outcome

    async def place(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        return self._command("place", lambda: self._make(ticket, client_oid))

    def _make(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        waits = ticket.trigger is not None
        side = ticket.side or (Side.SELL if self.held > 0 else Side.BUY)
        room = max(0, -self.held * side.sign)
        if not waits and ticket.reduces_only and not room:
            return Rejected("300009", "There is no position to close.")
        lots = ticket.lots if ticket.lots is not None else abs(self.held)
        if ticket.reduces_only and not waits:
            lots = Lots(min(lots, room))
        order_id = OrderId(f"x{next(self._number)}")
        order = Placed(order_id, client_oid, ticket, side, lots, waits=waits)
        self.orders[order_id] = order
        self._did(f"place {client_oid}", order)
        if ticket.order_type is OrderType.MARKET and not waits:
            self.fill(order, min(lots, self.market_fills))
            if not order.is_done:
                self.end(order)
        return Accepted((order_id,))

    def end(self, order: Placed) -> None:
        """What is left of an order is canceled."""
        order.canceled = order.lots - order.filled
        order.is_done = True
        self._did(f"cancel {order.client_oid}", order)

    def _end(self, order_id: OrderId) -> Outcome:
        order = self.orders.get(order_id)
        if order is None or order.is_done:
            return Rejected("100004", "The order can no longer be canceled.")
        self.end(order)
        return Accepted((order_id,))

    async def cancel(self, order_id: OrderId) -> Outcome:
        return self._command("cancel", lambda: self._end(order_id))

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:
        return self._command("cancel", lambda: self._end(self._named(client_oid)))

    def _named(self, client_oid: ClientOid) -> OrderId:
        named = (o.order_id for o in self.orders.values() if o.client_oid == client_oid)
        return next(named, OrderId("nobody"))

    async def place_batch(
        self, orders: Sequence[tuple[OrderTicket, ClientOid]]
    ) -> tuple[Outcome, ...]:
        self.log.append(f"batch of {len(orders)}")
        return tuple([await self.place(*order) for order in orders])

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        self.log.append(f"cancel batch of {len(order_ids)}")
        return tuple([await self.cancel(one) for one in order_ids])

    async def cancel_all(self, symbol: Symbol) -> Outcome:
        return self._command("cancel", lambda: self._end_all(waits=False))

    async def cancel_all_stops(self, symbol: Symbol | None = None) -> Outcome:
        return self._command("cancel", lambda: self._end_all(waits=True))

    def _end_all(self, *, waits: bool) -> Outcome:
        gone = [order for order in self.alive() if order.waits is waits]
        for order in gone:
            self.end(order)
        return Accepted(tuple(order.order_id for order in gone))

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        return Accepted((OrderId("t"),))

    # Questions -------------------------------------------------------------------------------

    def _asked(self) -> None:
        if self.fate("read") is not Fate.WELL:
            raise NOTHING_KNOWN

    async def order(self, order_id: OrderId) -> OrderUpdate | None:
        self._asked()
        order = self.orders.get(order_id)
        return None if order is None else self.update(order)

    async def order_by_client_oid(self, client_oid: ClientOid) -> OrderUpdate | None:
        return await self.order(self._named(client_oid))

    async def open_orders(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        self._asked()
        return tuple(self.update(order) for order in self.alive() if not order.waits)

    async def open_stops(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        self._asked()
        return tuple(self.update(order) for order in self.alive() if order.waits)

    async def recent_done_orders(self) -> tuple[OrderUpdate, ...]:
        return tuple(self.update(order) for order in self.orders.values() if order.is_done)

    async def recent_fills(self) -> tuple[Fill, ...]:
        return ()

    async def wallet(self, currency: str) -> WalletUpdate:
        return a_wallet(currency)

    async def positions(self) -> tuple[PositionUpdate, ...]:
        self._asked()
        return (self._position(),) if self.held else ()

    async def position(self, symbol: Symbol) -> PositionUpdate | None:
        self._asked()
        return self._position() if self.held else None

    async def positions_of(self, symbol: Symbol) -> tuple[PositionUpdate, ...]:
        return await self.positions()

    async def margin_mode(self, symbol: Symbol) -> MarginMode:
        return MarginMode.ISOLATED

    async def cross_leverage(self, symbol: Symbol) -> Decimal:
        return Decimal(10)

    async def position_mode(self) -> PositionMode:
        return self.mode


def some_details(ticket: OrderTicket) -> OrderDetails:
    """What a query tells of an order that was placed with this ticket."""
    trigger, terms = ticket.trigger, ticket.terms
    return OrderDetails(
        value=None,
        filled_value=None,
        average_price=None,
        time_in_force=terms.time_in_force,
        self_trade=terms.self_trade,
        stop_direction=None if trigger is None else trigger.direction,
        stop_reference=None if trigger is None else trigger.reference,
        trigger=None,
        is_hidden=terms.is_hidden,
        is_iceberg=terms.visible_lots is not None,
        visible_lots=terms.visible_lots,
        leverage=ticket.leverage,
        margin_mode=ticket.margin_mode,
        position_side=terms.position_side,
        remark=terms.remark,
        created_at=NOW_MS,
        ended_at=None,
        holds_margin=terms.holds_margin,
    )


@final
@dataclass
class PocketDesk:
    """An order desk on a pocket exchange. ``start`` and ``stop`` it."""

    fate: Callable[[str], Fate] | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    stream: FakeStream = field(default_factory=FakeStream)
    touch: Touch | None = field(default_factory=lambda: Touch(Price(1000), Price(1001)))
    limits: GuardLimits = field(default_factory=GuardLimits)
    errors: list[str] = field(default_factory=list)
    results: list[OrderResult] = field(default_factory=list)
    reports: list[BatchResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name}: {error!r}"))
        self.exchange = Pocket(self.clock, self.stream)
        self.exchange.later = self._later
        self.notices = NoticeBoard(self.clock)
        contracts = self.contracts = {XBT: a_contract()}
        self.feed = Feed("account", self.stream, self.clock, self.owner)
        self.account = AccountSession(
            self.exchange, self.feed, self.clock, self.owner, self.notices, contracts
        )
        numbers = count(1)
        self.desk = OrderDesk(
            self.exchange,
            self.account,
            self.feed,
            self.clock,
            self.owner,
            self.notices,
            contracts,
            lambda _symbol: self.touch,
            lambda: self.limits,
            lambda: ClientOid(f"c{next(numbers)}"),
        )
        self.desk.on_outcome.add(self.results.append)
        self.desk.on_batch.add(self.reports.append)

    def _later(self, seconds: float, do: Callable[[], object]) -> None:
        self.owner.spawn("later", self._do_later(seconds, do))

    async def _do_later(self, seconds: float, do: Callable[[], object]) -> None:
        await self.clock.sleep(seconds)
        do()

    async def start(self) -> None:
        """Connect and wait until all is trusted; only then fates are drawn."""
        self.feed.start()
        self.account.start()
        self.desk.start()
        self.account.prepare(XBT)
        await self.clock.settle()
        if self.fate is not None:
            self.exchange.fate = self.fate

    async def stop(self) -> None:
        """End everything; whatever went wrong in a task fails the test here."""
        await self.desk.stop()
        await self.account.stop()
        await self.feed.stop()
        await self.owner.close()
        assert not self.errors, self.errors

    async def placed(self, ticket: OrderTicket) -> ClientOid:
        """Send a ticket that is taken, and let its words come."""
        result = self.desk.submit(ticket)
        assert isinstance(result, Submitted), result
        await self.clock.settle()
        return result.client_oid

    async def hold(self, lots: int) -> None:
        """Hold a position, signed, and know it."""
        self.exchange.held = lots
        await self.account.read_position(XBT)

    @property
    def sentences(self) -> list[str]:
        """What the user was told."""
        return [result.sentence for result in self.results]


async def a_pocket_desk(fate: Callable[[str], Fate] | None = None) -> PocketDesk:
    desk = PocketDesk(fate)
    await desk.start()
    return desk


def stop_at(price: int, direction: StopDirection = StopDirection.DOWN) -> dict[str, object]:
    """What makes a ticket of ``a_ticket`` a stop-market that only reduces."""
    return {
        "order_type": OrderType.MARKET,
        "price": None,
        "is_reduce_only": True,
        "side": Side.SELL if direction is StopDirection.DOWN else Side.BUY,
        "trigger": StopTrigger(direction, StopReference.MARK, Price(price)),
    }
