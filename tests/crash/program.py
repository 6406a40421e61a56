"""A program without a window that trades, and is killed at a point of its work by its own hand.

The real clients, sessions and journal, assembled as the library assembles them; around the journal
and behind the requests lie the points at which it may die: before and after everything that is
written, and just after a request's last byte was handed over. The product knows nothing of it.

Reads one JSON object from standard input, writes one JSON object for each point it passed and a
last one that says how it stands.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from terminal.domain.events import MarginMode, OrderType, StopDirection, StopReference
from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.intention import NO_DETAIL, Purpose
from terminal.domain.order import OrderState
from terminal.domain.ticket import AttachedExits, OrderTicket, StopTrigger
from terminal.domain.units import Lots, Price, Side, Symbol
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.backend import Backend
from terminal.session.clock import SystemClock
from terminal.session.library import OpenExchange
from terminal.session.results import Submitted
from terminal.session.tasks import TaskOwner
from terminal.storage.instance_lock import InstanceLock
from terminal.storage.journal import SqliteJournal

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.intention import (
        Detail,
        Intention,
        JournalEvent,
        OpenIntention,
        Procedure,
        ProcedureId,
    )
    from terminal.domain.units import ClientOid, OrderId
    from terminal.session.market import MarketSession

XBT = Symbol("XBTUSDTM")
FAR = 500
LIMIT_S = 60.0


@final
class Points:
    """Counts the points that are passed and ends the process at the chosen one, there and then."""

    def __init__(self, chosen: tuple[str, int] | None) -> None:
        self._chosen = chosen
        self._passed: Counter[str] = Counter()
        self.is_on = False

    def passed(self, name: str) -> None:
        if not self.is_on:
            return
        self._passed[name] += 1
        say({"point": [name, self._passed[name]]})
        if self._chosen == (name, self._passed[name]):
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    def sent(self, method: str, path: str, _at_s: float) -> None:
        if method != "GET":
            self.passed(f"sent {method} {'/'.join(path.split('/')[:4])}")


@final
class DyingJournal:
    """A journal with a point before and after everything that is written."""

    lasts = True

    def __init__(self, inner: SqliteJournal, points: Points) -> None:
        self._inner = inner
        self._points = points

    @property
    def problem(self) -> str:
        return self._inner.problem

    def intend(self, intention: Intention) -> None:
        self._around("intend", lambda: self._inner.intend(intention))

    def note(self, client_oid: ClientOid, event: JournalEvent) -> None:
        self._around(event.what.value, lambda: self._inner.note(client_oid, event))

    def begin(
        self, kind: Purpose, symbol: Symbol, wanted: str, detail: Detail = NO_DETAIL
    ) -> ProcedureId:
        made: list[ProcedureId] = []
        self._around("begin", lambda: made.append(self._inner.begin(kind, symbol, wanted, detail)))
        return made[0]

    def step(self, procedure_id: ProcedureId, name: str, detail: Detail = NO_DETAIL) -> None:
        self._around(f"step {name}", lambda: self._inner.step(procedure_id, name, detail))

    def end(self, procedure_id: ProcedureId, sentence: str) -> None:
        self._around("end", lambda: self._inner.end(procedure_id, sentence))

    def _around(self, name: str, act: Callable[[], None]) -> None:
        self._points.passed(f"{name} before")
        act()
        self._points.passed(f"{name} after")

    def open_intentions(self) -> tuple[OpenIntention, ...]:
        return self._inner.open_intentions()

    def open_procedures(self) -> tuple[Procedure, ...]:
        return self._inner.open_procedures()

    def intention(self, client_oid: ClientOid) -> Intention | None:
        return self._inner.intention(client_oid)

    def trail(self, client_oid: ClientOid) -> tuple[JournalEvent, ...]:
        return self._inner.trail(client_oid)

    def procedure(self, procedure_id: ProcedureId) -> Procedure | None:
        return self._inner.procedure(procedure_id)

    def named(self, order_id: OrderId) -> ClientOid | None:
        return self._inner.named(order_id)

    async def tidy(self) -> None:
        await self._inner.tidy()


def say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


async def main(plan: dict[str, Any]) -> None:
    folder = Path(plan["folder"])
    assert InstanceLock(folder).take().is_ours, "a dead program's lock is in the way"
    clock = SystemClock()
    chosen = plan.get("kill_at")
    points = Points(None if chosen is None else (chosen[0], chosen[1]))
    disk = SqliteJournal(folder / "journal.sqlite", clock)
    assert disk.open() == ""
    clients = connect(
        Hosts(plan["rest"], plan["rest"], plan["socket"]),
        Credentials(*plan["key"]),
        clock,
        on_sent=points.sent,
    )
    errors: list[str] = []
    owner = TaskOwner("crash", lambda name, error: errors.append(f"{name}: {error!r}"))
    backend = Backend(clients, clock, owner, GuardLimits, journal=DyingJournal(disk, points))
    exchange = OpenExchange(backend, clock, LIMIT_S)
    watch = Watch(backend)
    try:
        await backend.start()
        await exchange.ready()
        market = await exchange.market(XBT)
        await watch.until(lambda: not backend.desk.resolution.reason)
        points.is_on = True
        await ACTS[plan["act"]](Hand(backend, market, watch))
        points.is_on = False
        await asyncio.sleep(plan["quiet_s"])
        await watch.until(lambda: backend.desk.is_trusted and backend.account.is_trusted)
        say({"stands": stands(backend, disk, watch), "errors": errors})
    finally:
        exchange.close()
        await backend.stop()
        disk.close()


@final
class Watch:
    """Waits for the desk, and looks at every change whether anything could have been opened."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.looked = 0
        self.open_before_found = 0
        backend.desk.on_changed.add(self._look)

    def _look(self) -> None:
        desk = self._backend.desk
        if desk.resolution.from_before:
            self.looked += 1
            fields = {block.field for block in desk.blocks(a_bid(Price(1)))}
            if BlockField.ORDER not in fields or not desk.resolution.reason:
                self.open_before_found += 1

    async def until(self, condition: Callable[[], object]) -> None:
        desk = self._backend.desk
        assert await desk.pulse.until(lambda: bool(condition()), LIMIT_S), "it took too long"


@final
class Hand:
    """What an act may use."""

    def __init__(self, backend: Backend, market: MarketSession, watch: Watch) -> None:
        self.desk = backend.desk
        self.account = backend.account
        self.exits = backend.exit_orders
        self.until = watch.until
        bid, ask = market.book.best_bid, market.book.best_ask
        assert bid is not None
        assert ask is not None
        self.bid, self.ask = bid, ask

    async def send(self, ticket: OrderTicket, purpose: Purpose = Purpose.SUBMIT) -> ClientOid:
        result = self.desk.submit(ticket, purpose)
        assert isinstance(result, Submitted), result
        unclear = (OrderState.SUBMITTING, OrderState.UNKNOWN)
        await self.until(lambda: self.desk.orders[result.client_oid].state not in unclear)
        return result.client_oid


def a_bid(price: Price, lots: int = 1, exits: AttachedExits | None = None) -> OrderTicket:
    """A bid of one lot: all accounts take from one calm book, and one lot fills at once."""
    return OrderTicket(
        XBT, OrderType.LIMIT, Side.BUY, price, Lots(lots), MarginMode.ISOLATED,
        Decimal(5), exits=exits,
    )  # fmt: skip


async def submit(hand: Hand) -> None:
    """One order that rests and one that fills at once."""
    await hand.send(a_bid(Price(hand.bid - FAR)))
    taken = await hand.send(a_bid(hand.ask))
    await hand.until(lambda: hand.desk.orders[taken].state is OrderState.FILLED)


async def move(hand: Hand) -> None:
    """A resting order goes to another price."""
    oid = await hand.send(a_bid(Price(hand.bid - FAR)))
    assert hand.desk.move(oid, Price(hand.bid - FAR + 3)) is None
    await hand.until(
        lambda: (
            not hand.desk.orders[oid].is_working
            and [order.price for order in hand.desk.working(XBT)] == [hand.bid - FAR + 3]
            and all(order.state is OrderState.OPEN for order in hand.desk.working(XBT))
        )
    )


async def flatten(hand: Hand) -> None:
    """A position and a resting entry, both gone at the end."""
    taken = await hand.send(a_bid(hand.ask))
    await hand.send(a_bid(Price(hand.bid - FAR)))
    await hand.until(lambda: hand.desk.orders[taken].state is OrderState.FILLED)
    hand.desk.flatten(XBT)
    await hand.until(lambda: not hand.desk.flattening(XBT))
    assert hand.account.position(XBT).core.is_flat


async def reverse(hand: Hand) -> None:
    """A position becomes the opposite one of its size."""
    taken = await hand.send(a_bid(hand.ask))
    await hand.until(lambda: hand.desk.orders[taken].state is OrderState.FILLED)
    held = hand.account.position(XBT).core.lots
    assert hand.desk.reverse(XBT) is None
    await hand.until(lambda: not hand.desk.reversing(XBT))
    assert hand.account.position(XBT).core.lots == -held


async def stopped(hand: Hand) -> ClientOid:
    """A position with a stop that waits at the exchange."""
    taken = await hand.send(a_bid(hand.ask))
    await hand.until(lambda: hand.desk.orders[taken].state is OrderState.FILLED)
    trigger = StopTrigger(StopDirection.DOWN, StopReference.LAST, Price(hand.bid - FAR))
    lots = abs(hand.account.position(XBT).core.lots)
    stop = OrderTicket(
        XBT, OrderType.MARKET, Side.SELL, None, Lots(lots), MarginMode.ISOLATED,
        Decimal(5), is_reduce_only=True, trigger=trigger,
    )  # fmt: skip
    oid = await hand.send(stop, Purpose.PROTECT)
    await hand.until(lambda: hand.desk.orders[oid].state is OrderState.UNTRIGGERED)
    return oid


async def move_stop(hand: Hand) -> None:
    """A stop that protects a position goes to another price, the new one first."""
    oid = await stopped(hand)
    assert hand.desk.move(oid, Price(hand.bid - FAR + 3)) is None
    await hand.until(lambda: not hand.desk.orders[oid].is_working)


async def breakeven(hand: Hand) -> None:
    """The position's stop is swapped for one that is better: place the new, see it, cancel the old.

    What breakeven does; in a calm market it lies where the price has not come to, so below it.
    """
    oid = await stopped(hand)
    better = Price(hand.bid - FAR + 3)
    await hand.until(lambda: hand.exits.move_stop(XBT, better) is None)
    await hand.until(lambda: not hand.exits.is_moving(XBT))
    assert not hand.desk.orders[oid].is_working
    assert [order.trigger for order in hand.desk.working(XBT)] == [better]


async def bracket(hand: Hand) -> None:
    """An entry that fills, with its exits attached."""
    exits = AttachedExits(StopReference.LAST, Price(hand.ask + FAR), Price(hand.bid - FAR))
    taken = await hand.send(a_bid(hand.ask, exits=exits), Purpose.BRACKET)
    await hand.until(lambda: hand.desk.orders[taken].state is OrderState.FILLED)


async def nothing(hand: Hand) -> None:
    """Only look what there is after a start."""


ACTS = {
    "submit": submit, "move": move, "flatten": flatten, "bracket": bracket, "reverse": reverse,
    "move_stop": move_stop, "breakeven": breakeven, "nothing": nothing,
}  # fmt: skip


def stands(backend: Backend, disk: SqliteJournal, watch: Watch) -> dict[str, Any]:
    """How things stand, by what the program believes."""
    desk, account = backend.desk, backend.account
    return {
        "orders": {
            order.client_oid: [order.state.value, order.filled, order.order_id]
            for order in desk.orders.values()
        },
        "working": sorted(str(order.order_id) for order in desk.working()),
        "fills": sorted([fill.trade_id, fill.order_id, fill.lots] for fill in desk.fills),
        "position": account.position(XBT).core.lots,
        "open_intentions": sorted(one.intention.client_oid for one in disk.open_intentions()),
        "open_procedures": [
            [one.kind.value, [step.name for step in one.steps]] for one in disk.open_procedures()
        ],
        "looked": watch.looked,
        "open_before_found": watch.open_before_found,
    }


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    asyncio.run(main(json.load(sys.stdin)))
