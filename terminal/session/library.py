"""The client as a library: one account of one exchange, opened, used and closed. No window.

Everything that the program itself runs on is behind ``OpenExchange.backend``; here is what a
script needs of it, as coroutines that return when the truth is known.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.domain.access import Access
from terminal.domain.errors import TernError
from terminal.domain.events import OrderType
from terminal.domain.guard import GuardLimits
from terminal.domain.order import UNCLEAR, PendingCommand
from terminal.domain.ticket import OrderTicket
from terminal.domain.units import Lots, Symbol
from terminal.exchange.batches import Subject
from terminal.exchange.connect import connect
from terminal.exchange.order_socket import SocketStatus
from terminal.session.backend import Backend
from terminal.session.clock import SystemClock
from terminal.session.results import Blocked
from terminal.session.tasks import Pulse, TaskOwner

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from terminal.domain.book import OrderBook
    from terminal.domain.clock import Clock
    from terminal.domain.order import Order
    from terminal.domain.units import Price, Side
    from terminal.exchange.credentials import Credentials, Keys
    from terminal.exchange.hosts import Hosts
    from terminal.exchange.outcome import Outcome
    from terminal.session.journal import Journal
    from terminal.session.listeners import Handle
    from terminal.session.market import MarketSession

READY_S = 20.0
_LONG_S = 3600.0
_CANCELING = frozenset({PendingCommand.CANCEL, PendingCommand.MOVE})


class NotReadyError(TernError):
    """What was waited for did not come in time; the sentence says what was in the way."""


class BlockedError(TernError):
    """Nothing was sent: the guard had reasons, which the sentence lists."""


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """An order after a command about it, and how the command itself ended.

    ``outcome`` is that of the last time it was asked, None when there was nothing to send: then
    the order had ended, or somebody else was canceling it.
    """

    order: Order
    outcome: Outcome | None

    @override
    def __str__(self) -> str:
        state = self.order.state.value
        if self.outcome is None:
            return state
        return f"{state}, {type(self.outcome).__name__.lower()} by {self.outcome.route.value}"


@asynccontextmanager
async def open_exchange(  # noqa: PLR0913 - all but the first two by name
    hosts: Hosts,
    credentials: Credentials | Keys | None = None,
    *,
    access: Access = Access.FULL,
    proxy: str = "",
    limits: GuardLimits | None = None,
    journal: Journal | None = None,
    ready_s: float = READY_S,
) -> AsyncGenerator[OpenExchange]:
    """Connect, wait until market and account are known, and close everything at the end.

    Without credentials there is the market only. Orders stay on the exchange at the end. ``limits``
    are those of the guard; a ``journal`` of a file outlives the program, and the caller opens and
    closes it. Raises ``NotReadyError`` when it takes longer than ``ready_s`` seconds,
    and ``TernError`` for addresses and proxies that cannot be used.
    """
    clock = SystemClock()
    clients = connect(hosts, credentials, clock, access=access, proxy=proxy)
    bounds = limits or GuardLimits()
    backend = Backend(
        clients, clock, TaskOwner("exchange", _to_log), lambda: bounds, journal=journal
    )
    exchange = OpenExchange(backend, clock, ready_s)
    try:
        await backend.start()
        await exchange.ready()
        yield exchange
    finally:
        exchange.close()
        await backend.stop()


@final
class OpenExchange:
    """One account that is connected. Made by ``open_exchange``."""

    def __init__(self, backend: Backend, clock: Clock, ready_s: float) -> None:
        self.backend = backend
        self._ready_s = ready_s
        self._pulse = Pulse(clock)
        self._why = "The exchange did not answer."
        self._markets: dict[Symbol, MarketSession] = {}
        beat = self._pulse.beat
        self._handles: list[Handle] = [
            backend.on_contracts_loaded.add(beat),
            backend.on_not_loaded.add(self._on_not_loaded),
            backend.account.on_changed.add(beat),
            backend.desk.on_changed.add(beat),
            backend.health.on_changed.add(beat),
            backend.market_feed.on_changed.add(beat),
            backend.account_feed.on_changed.add(beat),
        ]

    def close(self) -> None:
        """Stop listening. Idempotent."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    async def ready(self) -> None:
        """Wait until contracts, orders, positions and the way of orders are known."""
        await self._until(self._is_ready, self._missing)

    def _is_ready(self) -> bool:
        backend = self.backend
        if not backend.markets.contracts or not backend.market_feed.is_live:
            return False
        if not backend.has_account:
            return True
        socket = backend.clients.order_socket
        is_settled = socket is None or socket.state.status is not SocketStatus.OPENING
        return is_settled and backend.desk.is_trusted and backend.account.is_trusted

    def _missing(self) -> str:
        backend = self.backend
        if not backend.markets.contracts:
            return self._why
        feeds = (backend.market_feed, backend.account_feed)
        return next((feed.health.reason for feed in feeds if feed.health.reason), self._why)

    # Market ----------------------------------------------------------------------------------

    async def market(self, symbol: str) -> MarketSession:
        """A contract's market, followed until the end, when its book is live. Raises ``TernError``.

        With an account its margin mode and leverage are known then, too.
        """
        name = Symbol(symbol)
        if name not in self.backend.markets.contracts:
            raise TernError(f"{symbol} is not listed", sentence=f"{symbol} is not listed.")
        market = self._markets.get(name) or self._follow(name)

        def is_known() -> bool:
            account = self.backend.account
            has_mode = not self.backend.has_account or account.leverage(name) is not None
            return has_mode and market.touch() is not None

        def missing() -> str:
            stale = market.staleness()
            return f"The leverage of {name} is not known." if stale is None else stale.reason

        await self._until(is_known, missing)
        return market

    def _follow(self, name: Symbol) -> MarketSession:
        market = self._markets[name] = self.backend.markets.open(name)
        self._handles.append(market.on_book_changed.add(self._pulse.beat))
        self._handles.append(market.on_status_changed.add(self._pulse.beat))
        return market

    async def next_book(self, market: MarketSession) -> OrderBook:
        """The book after its next change; while it is not live, after it is again."""
        changes = 0

        def count() -> None:
            nonlocal changes
            changes += 1

        handle = market.on_book_changed.add(count)
        try:
            while not (changes and market.book_is_live):
                await self._pulse.until(lambda: bool(changes and market.book_is_live), _LONG_S)
        finally:
            handle.remove()
        return market.book

    # Orders ----------------------------------------------------------------------------------

    def limit(
        self,
        market: MarketSession,
        side: Side,
        lots: int,
        price: Price,
        *,
        is_post_only: bool = False,
        is_reduce_only: bool = False,
    ) -> OrderTicket:
        """A limit order in the margin mode and leverage of the contract. ``price`` is in ticks."""
        symbol, account = market.contract.symbol, self.backend.account
        mode = account.margin_mode(symbol)
        if mode is None:
            raise TernError("no margin mode", sentence="The margin mode is not known yet.")
        return OrderTicket(
            symbol=symbol,
            order_type=OrderType.LIMIT,
            side=side,
            price=price,
            lots=Lots(lots),
            margin_mode=mode,
            leverage=account.leverage(symbol),
            is_post_only=is_post_only,
            is_reduce_only=is_reduce_only,
        )

    async def place(self, ticket: OrderTicket) -> Answer:
        """Send an order once and wait until it is known what became of it.

        An answer that is lost is cleared up by asking; that takes as long as it takes, so bound it
        with ``asyncio.timeout`` if you must: the order is looked after all the same. Raises
        ``BlockedError`` when the guard lets nothing be sent.
        """
        desk = self.backend.desk
        result = desk.submit(ticket)
        if isinstance(result, Blocked):
            reasons = " ".join(block.reason for block in result.blocks)
            raise BlockedError(f"blocked: {ticket.symbol}", sentence=reasons)
        oid = result.client_oid

        def is_over(outcome: Outcome | None) -> bool:
            return outcome is not None and desk.orders[oid].state not in UNCLEAR

        return await self._answered(Subject(oid), is_over)

    async def cancel(self, order: Order) -> Answer:
        """Cancel an order and wait until its end is known, or until it provably goes on.

        The order's end may be told before the answer to the cancel, which is waited for as well.
        """
        desk, oid = self.backend.desk, order.client_oid
        if oid not in desk.orders:
            raise TernError(f"{oid} is not known", sentence="This order is not known.")

        was_asked = desk.orders[oid].pending in _CANCELING
        desk.cancel(oid)
        is_ours = not was_asked and desk.orders[oid].pending in _CANCELING

        def is_over(outcome: Outcome | None) -> bool:
            if is_ours and outcome is None:
                return False
            now = desk.orders[oid]
            return not now.is_working or now.pending is PendingCommand.NONE

        return await self._answered(Subject(oid, is_cancel=True), is_over)

    async def _answered(
        self, subject: Subject, is_over: Callable[[Outcome | None], bool]
    ) -> Answer:
        """Wait for what becomes of a command that is on its way."""
        last: Outcome | None = None

        def take(about: Subject, outcome: Outcome) -> None:
            nonlocal last
            if about == subject:
                last = outcome
                self._pulse.beat()

        handle = self.backend.desk.on_answer.add(take)
        try:
            while not is_over(last):
                await self._pulse.until(lambda: is_over(last), _LONG_S)
        finally:
            handle.remove()
        assert subject.client_oid is not None  # noqa: S101 - of a command of ours
        return Answer(self.backend.desk.orders[subject.client_oid], last)

    # Waiting ---------------------------------------------------------------------------------

    def _on_not_loaded(self, sentence: str) -> None:
        self._why = sentence
        self._pulse.beat()

    async def _until(self, condition: Callable[[], bool], missing: Callable[[], str]) -> None:
        if not await self._pulse.until(condition, self._ready_s):
            words = missing()
            raise NotReadyError(f"not ready within {self._ready_s:g} s: {words}", sentence=words)


def _to_log(name: str, error: BaseException) -> None:
    logging.getLogger("app").error("%s failed", name, exc_info=error)
