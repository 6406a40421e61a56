"""A bench whose positions are watched: where tests of protection begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.domain.events import OrderType, OrderUpdate, StopDirection, StopReference
from terminal.domain.protection import DistanceUnit, ProtectionSettings, StopDistance
from terminal.domain.triggers import References
from terminal.domain.units import ClientOid, ExactPrice, Lots, OrderId, Price, Side
from terminal.exchange.outcome import Accepted
from terminal.session.breakevens import Breakevens
from terminal.session.charges import ChargeBook
from terminal.session.exit_orders import ExitOrders
from terminal.session.protection import ProtectionWatch
from tests.support.builders import XBT, a_contract, a_position_update, an_order_update
from tests.support.desk import Bench
from tests.support.rates import Rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.protection import ProtectionState
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Symbol
    from terminal.session.protection import Mended

SCALE = a_contract().scale
CLOSE_BY = ProtectionSettings(distance=StopDistance(DistanceUnit.TICKS, Decimal(40)))


def prices(ticks: int) -> References:
    """Last, mark and index, all at one tick."""
    exact = ExactPrice(SCALE.decimal(Price(ticks)))
    return References(Price(ticks), exact, exact)


def a_stop_update(name: str = "s1", lots: int = 2, /, **changes: Any) -> OrderUpdate:
    """A waiting reduce-only market sell below 950, as the stop list tells it."""
    values: dict[str, Any] = {
        "order_id": OrderId(name),
        "client_oid": None,
        "side": Side.SELL,
        "order_type": OrderType.MARKET,
        "price": None,
        "lots": Lots(lots),
        "untriggered": True,
        "trigger": Price(950),
        "stop_direction": StopDirection.DOWN,
        "stop_reference": StopReference.MARK,
        "is_reduce_only": True,
        "is_close_order": False,
        "is_post_only": False,
    }
    return an_order_update(**{**values, **changes})


@final
@dataclass
class Guarded:
    """A bench, a watch and the exits on it. With ``keeps`` the exchange takes stops by itself.

    Fee rates and funding are not told unless ``rates`` are made to.
    """

    bench: Bench = field(default_factory=Bench)
    now: References = field(default_factory=lambda: prices(1000))
    settings: ProtectionSettings = CLOSE_BY
    mended: list[Mended] = field(default_factory=list)
    keeps: bool = True
    mark_of: Callable[[Symbol], ExactPrice | None] | None = None

    def __post_init__(self) -> None:
        bench = self.bench
        self.watch = ProtectionWatch(
            bench.desk,
            bench.account,
            bench.contracts,
            lambda _symbol: self.now,
            lambda: self.settings,
            bench.owner,
        )
        self.rates = Rates(bench.clock, is_told=False)
        self.charges = ChargeBook(self.rates, self.rates, bench.clock, bench.owner)
        self.breakevens = Breakevens(self.charges, bench.desk.own_fills, self._mark)
        self.exits = ExitOrders(bench.desk, bench.account, self.watch, self.breakevens)
        self.watch.on_mended.add(self.mended.append)
        bench.trading.on_place = self._take
        bench.trading.on_cancel = self._end

    def _mark(self, symbol: Symbol) -> ExactPrice | None:
        return self.now.mark if self.mark_of is None else self.mark_of(symbol)

    async def start(self, lots: int = 0, *stops: OrderUpdate) -> None:
        """Connect with a position and stops that the exchange has already."""
        if lots:
            self.bench.gateway.held = (a_position_update(lots),)
        self.bench.trading.stops = stops
        for stop in stops:
            self.bench.trading.known[stop.order_id] = stop
        await self.bench.start()
        self.watch.start()
        await self.settle()

    async def stop(self) -> None:
        """End everything."""
        await self.watch.stop()
        await self.bench.stop()

    async def settle(self) -> None:
        """Let everything run that needs no time."""
        await self.bench.clock.settle()

    def state(self) -> ProtectionState | None:
        """How the position of XBT stands."""
        watched = self.watch.watched(XBT)
        return None if watched is None else watched.cover.state

    @property
    def said(self) -> str:
        """All notices, newest last."""
        return "\n".join(notice.text for notice in self.bench.notices.notices)

    def _take(self, ticket: OrderTicket, client_oid: ClientOid) -> None:
        """The exchange keeps a stop: it is in the list, and the stream tells it."""
        if not self.keeps or ticket.trigger is None:
            return
        bench = self.bench
        name = f"n{len(bench.trading.placed)}"
        update = a_stop_update(
            name,
            ticket.lots or 0,
            client_oid=client_oid,
            side=ticket.side or Side.SELL,
            trigger=ticket.trigger.price,
            stop_direction=ticket.trigger.direction,
            stop_reference=ticket.trigger.reference,
            is_reduce_only=ticket.is_reduce_only,
            is_close_order=ticket.is_close_order,
            position_side=ticket.terms.position_side,
        )
        bench.trading.stops = (*bench.trading.stops, update)
        bench.trading.known[name] = update
        bench.trading.place_outcomes.append(Accepted((OrderId(name),)))
        bench.stream.push(update)

    def _end(self, name: str) -> None:
        trading = self.bench.trading
        update = trading.known.get(name)
        if not self.keeps or update is None:
            return
        trading.stops = tuple(stop for stop in trading.stops if stop.order_id != name)
        ended = a_stop_update(
            name,
            update.lots,
            client_oid=update.client_oid,
            side=update.side,
            canceled=update.lots,
            is_done=True,
            untriggered=False,
        )
        trading.known[name] = ended
        self.bench.stream.push(ended)

    def hold(self, lots: int, entry: str = "100") -> None:
        """The position becomes another one, by the exchange's word."""
        update = a_position_update(lots, entry, event_at=self.bench.clock.now_ms())
        self.bench.gateway.held = (update,) if lots else ()
        self.bench.stream.push(update)

    def push(self, *updates: OrderUpdate) -> None:
        """Stops that somebody else placed: listed and told."""
        trading = self.bench.trading
        trading.stops = (*trading.stops, *updates)
        for update in updates:
            trading.known[update.order_id] = update
        self.bench.stream.push(*updates)


async def a_guarded(lots: int = 0, *stops: OrderUpdate, **changes: Any) -> Guarded:
    guarded = Guarded(**changes)
    await guarded.start(lots, *stops)
    return guarded
