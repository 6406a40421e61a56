"""Client and simulated exchange in quick time, and the comparison of all that both know.

What the user could see is written down as it happens: sentences, staleness, outcomes. And at every
change it is checked that what is shown as live is the exchange's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, final

from aiohttp import web

from terminal.domain.clock import TimestampNs
from terminal.domain.events import BookSnapshot, Level
from terminal.domain.guard import GuardLimits
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, Price, Side
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.backend import Backend
from terminal.session.results import Submitted
from terminal.session.tasks import TaskOwner
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.server import LOOPBACK, SimExchange
from tests.support.builders import XBT, a_ticket
from tests.support.quick_time import until
from tests.support.tamper import Tamper

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.session.feed import Feed
    from terminal.session.market import MarketSession
    from terminal.session.notices import Notice
    from terminal.session.results import OrderResult
    from terminal.simexchange.market.history import DayFigures
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.switches import Switches
    from tests.support.quick_time import QuickClock

CROWD_S = 0.25
"""How often the market of a rig acts."""
COMPARED_FILLS = 500
"""The newest; older ones are not told by request any more when there are many (reference 3.7)."""
GRAIN = Decimal("0.000001")
"""Amounts by request are numbers, by stream text: they agree up to this."""
BUSY_CHANGES = 60
"""Of the book, before a fault: so many that a book which falls silent is noticed."""
UNCLEAR = (OrderState.SUBMITTING, OrderState.UNKNOWN)


@final
@dataclass(eq=False)
class Rig:
    """An exchange and a backend on it; ``start``, use, ``stop``.

    ``has_socket`` lets orders go over the order socket. ``is_moving`` lets the market act.
    """

    clock: QuickClock
    has_socket: bool = False
    is_moving: bool = True
    switches: Switches | None = None
    seed: int = 7
    said: list[str] = field(default_factory=list)
    """Every sentence that the user could read."""
    stale: list[str] = field(default_factory=list)
    """Why the market was not to be trusted, each time that this changed."""
    lies: list[str] = field(default_factory=list)
    """What was shown as live and is not what the exchange had at that sequence."""
    errors: list[str] = field(default_factory=list)
    intents: list[ClientOid] = field(default_factory=list)
    """Every id that the desk made for an order: each is one intention."""
    was_doubted: bool = False
    """Whether orders or positions were not trusted at some time."""
    believed_s: float = 0.0
    """The longest time that a book was shown as live that the exchange had left behind."""
    outage_s: float = 0.0
    """For how long, in all, something was said not to be trusted."""

    def __post_init__(self) -> None:
        self.exchange = SimExchange(is_calm=True, switches=self.switches, seed=self.seed)
        self.faults = self.exchange.faults
        self.tamper = Tamper(self.exchange)
        self.owner = TaskOwner("rig", lambda name, error: self.errors.append(f"{name} {error!r}"))
        for symbol, market in self.exchange.engine.markets.items():
            market.day = partial(_day_of, symbol, market.day)  # type: ignore[method-assign]  # kept
        self._touches: dict[int, tuple[int | None, int | None]] = {}
        self._left_s: dict[int, float] = {}
        self._book_changed = self.exchange.engine.book_changed
        self.exchange.engine.book_changed = self._note_change  # type: ignore[method-assign]  # look

    # Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start both; nothing is waited for."""
        await self.exchange.start()
        self.exchange.clock.every(CROWD_S, self._act)
        key = self.exchange.key
        hosts = Hosts(self.exchange.rest, self.exchange.rest)
        if self.has_socket:
            hosts = Hosts(self.exchange.rest, self.exchange.rest, self.exchange.ws_api)
        credentials = Credentials(key.key, key.secret, key.passphrase)
        self.clients = connect(hosts, credentials, self.clock)
        self.backend = Backend(self.clients, self.clock, self.owner, GuardLimits)
        self.desk, self.account = self.backend.desk, self.backend.account
        gate = self.desk._gate
        made = gate.new_client_oid
        gate.new_client_oid = lambda: self._intended(made())
        self.backend.notices.on_posted.add(self._on_notice)
        self.desk.on_outcome.add(self._on_outcome)
        self.desk.on_changed.add(self._look)
        self.account.on_changed.add(self._look)
        for feed in (self.backend.market_feed, self.backend.account_feed):
            feed.on_changed.add(partial(self._on_feed, feed))
        await self.backend.start()

    def _intended(self, client_oid: ClientOid) -> ClientOid:
        self.intents.append(client_oid)
        return client_oid

    async def open(self) -> None:
        """Open the market when the contracts are known, and wait until all is live and trusted."""
        await until(lambda: self.backend.markets.contracts, "the contract list", 120.0)
        self.market: MarketSession = self.backend.markets.open(XBT)
        self.market.on_book_changed.add(self._look)
        self.market.on_status_changed.add(self._on_status)
        await until(self.is_ready, "a live book and a trusted account", 90.0)

    async def prepare(self) -> None:
        """Something to lose: a position, its fills, two orders that rest; and a busy market."""
        await self.clear_up(self.takes(3))
        self.standing = self.rests()
        await self.clear_up(self.standing)
        await self.clear_up(self.rests())
        if self.is_moving:  # a market just opened stands nearly still, and quiet is no fault
            busy = len(self._left_s) + BUSY_CHANGES
            await until(lambda: len(self._left_s) >= busy, "a busy market", 60.0)
        await until(self.is_whole, "equality", 15.0)

    async def stop(self) -> None:
        """End both; no task may have failed, and nothing may be left."""
        await self.backend.stop()
        assert not self.owner.task_names
        await self.exchange.stop()
        assert not self.errors, self.errors

    async def vanish(self) -> None:
        """Nobody listens at the exchange's address any more, and all connections break."""
        for site in tuple(self._runner.sites):
            await site.stop()
        assert self._runner.server is not None
        for connection in tuple(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def reappear(self) -> None:
        """It listens again, where it did."""
        await web.TCPSite(self._runner, LOOPBACK, self.exchange.port).start()

    @property
    def _runner(self) -> web.AppRunner:
        runner = self.exchange._runner
        assert runner is not None
        return runner

    def _act(self) -> None:
        if self.is_moving:
            self.exchange.step(XBT)
        if hasattr(self, "market") and not self.is_ready():
            self.outage_s += CROWD_S

    @property
    def now_s(self) -> float:
        """Seconds of the client's clock."""
        return self.clock.monotonic_s()

    # What is seen ----------------------------------------------------------------------------

    def _on_notice(self, notice: Notice) -> None:
        self.said.append(notice.text)

    def _on_outcome(self, result: OrderResult) -> None:
        self.said.append(result.sentence)
        self.said.append(result.order.reason)

    def _on_feed(self, feed: Feed) -> None:
        """What the connection panel shows."""
        if feed.health.reason and feed.health.reason not in self.said[-1:]:
            self.said.append(feed.health.reason)

    def _on_status(self) -> None:
        reason = self.market.staleness()
        self.stale.append("" if reason is None else reason.reason)
        for pool in self.clients.budget.state(self.now_s).pools:
            if pool.blocked_for_ms and pool.why.value not in self.said:
                self.said.append(pool.why.value)
        self._look()

    def _note_change(self, market: Market, change: tuple[int, str, int, int]) -> None:
        if market.spec.symbol == XBT:
            self._left_s[market.book.sequence - 1] = self.now_s
            self._touches[market.book.sequence] = (market.book.best(BUY), market.book.best(SELL))
        self._book_changed(market, change)

    def _look(self) -> None:
        """Whatever is shown as live must be, or have been, the exchange's own."""
        if not (self.desk.is_trusted and self.account.is_trusted):
            self.was_doubted = True
        if not hasattr(self, "market"):
            return
        touch = self.market.touch()
        if touch is None:
            return
        sequence = self.market.book.sequence
        if sequence in self._left_s:
            self.believed_s = max(self.believed_s, self.now_s - self._left_s[sequence])
        own = self._touches.get(sequence)
        if own is not None and own != (touch.best_bid, touch.best_ask):
            self.lies.append(f"{touch} at {sequence}, where the exchange had {own}")

    def forget(self) -> None:
        """What was so far does not count any more."""
        self._touches.clear()
        self._left_s.clear()
        self.said.clear()
        self.stale.clear()
        self.was_doubted = False
        self.believed_s = self.outage_s = 0.0

    # Commands --------------------------------------------------------------------------------

    @property
    def bid(self) -> int:
        """The exchange's own best bid, ticks."""
        best = self.exchange.engine.markets[XBT].book.best(BUY)
        assert best is not None
        return best

    @property
    def ask(self) -> int:
        """The exchange's own best ask, ticks."""
        best = self.exchange.engine.markets[XBT].book.best(SELL)
        assert best is not None
        return best

    def submit(self, side: Side, price: int, lots: int = 2) -> ClientOid:
        """One intention."""
        ticket = a_ticket(side=side, price=Price(price), lots=Lots(lots))
        result = self.desk.submit(ticket)
        assert isinstance(result, Submitted), result
        return result.client_oid

    def rests(self, lots: int = 2) -> ClientOid:
        """Buy far below the market."""
        return self.submit(Side.BUY, self.bid - 300 - len(self.intents), lots)

    def takes(self, lots: int = 2, side: Side = Side.BUY) -> ClientOid:
        """Buy or sell at once."""
        price = self.ask + 15 if side is Side.BUY else self.bid - 15
        return self.submit(side, price, lots)

    def state(self, client_oid: ClientOid) -> OrderState:
        """How an order stands as far as the client knows."""
        return self.desk.orders[client_oid].state

    async def clear_up(self, client_oid: ClientOid, seconds: float = 60.0) -> None:
        """Wait until the client knows what became of an order."""
        await until(lambda: self.state(client_oid) not in UNCLEAR, "word of an order", seconds)

    async def cancel(self, client_oid: ClientOid, seconds: float = 60.0) -> None:
        """Cancel, and wait until the client knows the end."""
        self.desk.cancel(client_oid)
        await until(lambda: self.state(client_oid).is_terminal, "the end of an order", seconds)

    # Comparison ------------------------------------------------------------------------------

    def is_ready(self) -> bool:
        """Everything is live and trusted."""
        self._look()
        return (
            self.market.touch() is not None
            and self.desk.is_trusted
            and self.account.is_trusted
            and self.account.margin_mode(XBT) is not None
            and (self.clients.order_socket is None or self.clients.order_socket.is_ready)
        )

    def is_whole(self) -> bool:
        """Everything is live and trusted, and what is known is what the exchange has."""
        return self.is_ready() and not self.apart()

    def apart(self) -> list[str]:
        """Where client and exchange differ, in words; the first part of all that does."""
        return (
            self._subscriptions_apart()
            or self._orders_apart()
            or self._fills_apart()
            or self._positions_apart()
            or self._wallet_apart()
            or self._book_apart()
        )

    def _book_apart(self) -> list[str]:
        market = self.exchange.engine.markets[XBT]
        sides = [
            tuple(Level(Price(price), Lots(lots)) for price, lots in market.book.levels(side))
            for side in (BUY, SELL)
        ]
        own = BookSnapshot(XBT, market.book.sequence, sides[0], sides[1], TimestampNs(0))
        return [f"book: {words}" for words in self.market.book.differences(own)]

    def _orders_apart(self) -> list[str]:
        theirs = {
            order.id: (order.client_oid, order.price, order.filled, order.remaining)
            for order in self.exchange.engine.account.active()
        }
        ours = {
            str(order.order_id or order.client_oid): (
                str(order.client_oid), order.price, order.filled, order.remaining
            )
            for order in self.desk.working()
        }  # fmt: skip
        found = [f"order {key}: {ours.get(key)} against {theirs.get(key)}"
                 for key in ours.keys() ^ theirs.keys()]  # fmt: skip
        found += [
            f"order {key}: {ours[key]} against {theirs[key]}"
            for key in ours.keys() & theirs.keys()
            if ours[key] != theirs[key]
        ]
        found += [f"{one.client_oid} is {one.state}" for one in self.desk.working()
                  if one.state in UNCLEAR]  # fmt: skip
        return found

    def _fills_apart(self) -> list[str]:
        theirs: dict[tuple[str, ...], object] = {
            (fill.symbol, fill.trade_id, fill.order_id): (fill.price, fill.lots, fill.fee)
            for fill in self.exchange.engine.account.fills.newest()[:COMPARED_FILLS]
        }
        ours: dict[tuple[str, ...], object] = {
            tuple(map(str, fill.key)): (
                fill.price, fill.lots, None if fill.fee is None else fill.fee.amount
            )
            for fill in self.desk.fills[-COMPARED_FILLS:]
        }  # fmt: skip
        return [
            f"fill {key}: {ours.get(key)} against {theirs.get(key)}"
            for key in ours.keys() | theirs.keys()
            if ours.get(key) != theirs.get(key)
        ]

    def _positions_apart(self) -> list[str]:
        found: list[str] = []
        for symbol, held in self.exchange.engine.account.positions.items():
            position = self.account.position(symbol)  # type: ignore[arg-type]  # text there
            theirs = (held.lots, held.entry if held.lots else None)
            entry = position.core.average_entry
            ours = (position.core.lots, None if entry is None else entry.value)
            is_near = theirs[1] is None or abs(theirs[1] - (ours[1] or 0)) < GRAIN
            if position.is_provisional or ours[0] != theirs[0] or not is_near:
                found.append(f"position {symbol}: {ours} against {theirs}")
        return found

    def _wallet_apart(self) -> list[str]:
        theirs = self.exchange.engine.account.wallet_state("USDT")
        ours = self.account.wallet("USDT")
        if ours is None:
            return ["no wallet"]
        pairs = {
            "cash": (ours.equity.amount - ours.unrealized.amount, theirs.cash),
            "order margin": (ours.order_margin.amount, theirs.isolated_order),
        }
        return [
            f"{name}: {mine} against {own}"
            for name, (mine, own) in pairs.items()
            if abs(mine - own) > GRAIN
        ]

    def topics(self) -> list[str]:
        """What the exchange itself has the client's streams down for; once for each time."""
        return sorted(
            topic.rpartition(" ")[2] if listener.uid else topic
            for listener in self.exchange.hub.listeners
            for topic in listener.topics
        )

    def _subscriptions_apart(self) -> list[str]:
        """Whoever listens is subscribed, and nobody else."""
        found: list[str] = []
        for feed in (self.backend.market_feed, self.backend.account_feed):
            health = feed.health
            if health.pending or health.failed:
                found.append(f"{feed.name}: {health.pending} pending, {health.failed} failed")
        return found

    def told_twice_or_never(self) -> list[str]:
        """Intentions that did not arrive exactly as often as they should: once, or not at all."""
        found = [f"{oid} arrived {count} times" for oid, count in self.tamper.received.items()
                 if count > 1]  # fmt: skip
        for oid in self.intents:
            order = self.exchange.engine.account.by_client_oid(oid)
            if oid not in self.desk.orders:  # ended long ago
                found += [f"{oid} is forgotten and works"] if order and order.is_active else []
                continue
            state = self.state(oid)
            if order is None and state is not OrderState.REJECTED:
                found.append(f"{oid} is {state} and was never placed")
            elif order is not None and state is OrderState.REJECTED:
                found.append(f"{oid} was placed and is said to be rejected")
            elif order is not None and order.filled != self.desk.orders[oid].filled:
                found.append(f"{oid}: {self.desk.orders[oid].filled} against {order.filled}")
        placed = self.exchange.engine.account.placed
        if placed > len(self.intents):
            found.append(f"{placed} orders were placed of {len(self.intents)} intentions")
        return found


_DAYS: dict[str, DayFigures] = {}


def _day_of(symbol: str, count: Callable[[], DayFigures]) -> DayFigures:
    """A contract's figures of the last day: counting them costs more than all the rest."""
    if symbol not in _DAYS:
        _DAYS[symbol] = count()
    return _DAYS[symbol]
