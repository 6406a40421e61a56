"""A desk with orders and a position, on an exchange that does what it is told."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.protection import ProtectionSettings
from terminal.domain.triggers import References
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side, Symbol
from terminal.exchange.errors import TransportError
from terminal.session.leaving import Leaving
from terminal.session.protection import ProtectionWatch
from tests.support.builders import XBT, a_contract, a_position_update, a_ticket, an_order_update
from tests.support.desk import Bench
from tests.support.pocket import some_details

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import OrderUpdate
    from terminal.domain.ticket import OrderTicket
    from terminal.session.fuse import Fuse

OTHER = Symbol("ETHUSDTM")
A_STOP = {
    "order_type": OrderType.MARKET,
    "price": None,
    "lots": Lots(3),
    "trigger": Price(900),
    "stop_direction": StopDirection.DOWN,
    "stop_reference": StopReference.MARK,
}
AWAY = TransportError("down", was_sent=True)


@final
class Stage:
    """``live`` are the orders of the exchange by name; ``log`` is what it was told, in order."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.bench.contracts[OTHER] = a_contract(symbol=OTHER)
        self.clock = self.bench.clock
        self.live: dict[str, OrderUpdate] = {}
        self.log: list[str] = []
        self.closes: list[Symbol] = []
        self.refuses = 0
        self.holds_cancels = False
        self.held_back: list[str] = []
        self.closes_do_nothing = False
        self.is_away = False
        trading = self.bench.trading
        trading.on_cancel = self._on_cancel
        trading.on_place = self._on_place
        self._numbers = 0

    def leaving(self, fuse: Fuse) -> Leaving:
        """The way out of this desk, with a watch over its positions."""
        bench = self.bench
        watch = ProtectionWatch(
            bench.desk, bench.account, bench.contracts, lambda _symbol: References(),
            ProtectionSettings, bench.owner,
        )  # fmt: skip
        return Leaving(bench.desk, bench.account, fuse, self.clock, bench.owner, watch.watched)

    # What stands -----------------------------------------------------------------------------

    def put(self, update: OrderUpdate, *, is_silent: bool = False) -> None:
        """An order is on the exchange; told by stream where that is connected."""
        self.live[str(update.client_oid)] = update
        self._show(None if is_silent else update)

    def _show(self, update: OrderUpdate | None) -> None:
        trading = self.bench.trading
        trading.open = tuple(u for u in self.live.values() if not u.untriggered)
        trading.stops = tuple(u for u in self.live.values() if u.untriggered)
        for name, one in self.live.items():
            trading.known[name] = trading.known[str(one.order_id)] = one
        if update is not None and self.bench.stream.heard_by is not None:
            self.bench.stream.push(update)

    def hold_position(self, lots: int) -> None:
        """A position of the first contract."""
        self.bench.gateway.held = (a_position_update(lots, "100"),) if lots else ()
        if self.bench.stream.heard_by is not None:
            self.bench.stream.push(a_position_update(lots, "100" if lots else None))

    @property
    def working(self) -> set[str]:
        """What the desk takes for working."""
        return {str(order.client_oid) for order in self.bench.desk.working()}

    @property
    def on_exchange(self) -> set[str]:
        """What works on the exchange."""
        return set(self.live)

    # What happens ----------------------------------------------------------------------------

    def go_away(self) -> None:
        """Neither the stream nor a question comes through."""
        self.is_away = True
        self.bench.stream.connects = False
        self.bench.stream.drop()
        self.bench.trading.query_error = AWAY
        self.bench.gateway.fails = AWAY

    async def come_back(self) -> None:
        """Everything comes through again."""
        self.is_away = False
        self.bench.stream.connects = True
        self.bench.trading.query_error = None
        self.bench.gateway.fails = None
        await self.clock.settle()

    async def let_go(self) -> None:
        """Cancels that were held back are carried out."""
        self.holds_cancels = False
        names, self.held_back = self.held_back, []
        for name in names:
            self._end(name)
        await self.clock.settle()

    def _on_cancel(self, name: str) -> None:
        if self.is_away:
            return
        kind, _, symbol = name.partition(":")
        if kind in {"all", "stops"}:
            waits = kind == "stops"
            chosen = [
                n for n, u in self.live.items() if u.symbol == symbol and u.untriggered is waits
            ]
        else:
            chosen = [n for n, u in self.live.items() if name in {u.order_id, f"oid:{n}"}]
        for one in chosen:
            self.log.append(f"cancel {one}")
            if self.refuses:
                self.refuses -= 1
            elif self.holds_cancels:
                self.held_back.append(one)
            else:
                self._end(one)

    def _end(self, name: str) -> None:
        order = self.live.pop(name, None)
        if order is None:
            return
        ended = replace(
            order, canceled=order.lots, remaining=Lots(0), is_done=True, untriggered=False
        )
        self.bench.trading.known[name] = self.bench.trading.known[str(order.order_id)] = ended
        self._show(None)
        if self.bench.stream.heard_by is not None:
            self.bench.stream.push(ended)

    def _on_place(self, ticket: OrderTicket, oid: ClientOid) -> None:
        if self.is_away:
            return
        order_id = OrderId(f"id-{len(self.bench.trading.placed)}")
        if not ticket.is_close_order:
            self.put(
                an_order_update(
                    order_id=order_id, client_oid=oid, side=ticket.side, price=ticket.price,
                    lots=ticket.lots, is_reduce_only=ticket.is_reduce_only, symbol=ticket.symbol,
                )
            )  # fmt: skip
            return
        self.log.append(f"close {ticket.symbol}")
        self.closes.append(ticket.symbol)
        if self.closes_do_nothing:
            return
        done = an_order_update(
            order_id=order_id, client_oid=oid, side=Side.SELL, lots=Lots(3), filled=Lots(3),
            is_done=True, symbol=ticket.symbol, is_close_order=True,
        )  # fmt: skip
        self.bench.trading.known[str(oid)] = done
        self.hold_position(0)
        if self.bench.stream.heard_by is not None:
            self.bench.stream.push(done)


@contextlib.asynccontextmanager
async def staged(*, empty: bool = False) -> AsyncIterator[Stage]:
    """Long 3 with an exit and a stop, an entry there and one elsewhere, an exit elsewhere."""
    stage = Stage()
    if not empty:
        stage.bench.gateway.held = (a_position_update(3, "100"),)
    await stage.bench.start()
    if not empty:
        for name, symbol, reduces, waits in (
            ("entry", XBT, False, False),
            ("exit", XBT, True, False),
            ("stop", XBT, True, True),
            ("other-entry", OTHER, False, False),
            ("other-exit", OTHER, True, False),
        ):
            stage.put(
                an_order_update(
                    symbol=symbol, order_id=OrderId(f"x-{name}"), client_oid=ClientOid(name),
                    is_reduce_only=reduces, untriggered=waits,
                    side=Side.SELL if reduces else Side.BUY,
                    details=some_details(a_ticket(symbol=symbol)),
                    **(A_STOP if waits else {}),
                )
            )  # fmt: skip
    await stage.clock.settle()
    try:
        yield stage
    finally:
        stage.bench.trading.query_error = None
        await stage.bench.stop()
