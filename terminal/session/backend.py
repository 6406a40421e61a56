"""Everything below the view-models for one account on one exchange: clients, feeds, sessions."""

from __future__ import annotations

import logging
import uuid
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.domain.errors import TernError
from terminal.domain.units import ClientOid, Symbol
from terminal.session.account import AccountSession
from terminal.session.candle_sessions import CandleSessions
from terminal.session.clock import ClockKeeping, ExchangeClock
from terminal.session.feed import Feed
from terminal.session.health import ExchangeHealth
from terminal.session.listeners import Listeners
from terminal.session.markets import Markets
from terminal.session.notices import NoticeBoard, NoticeLevel
from terminal.session.orders import OrderDesk
from terminal.session.transfers import TransferDesk

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.guard import GuardLimits, Touch
    from terminal.exchange.connect import ExchangeClients
    from terminal.session.tasks import TaskOwner

CLIENT_OID_PREFIX = "tern-"
"""By it our own orders are known as ours even without a record of having sent them."""

_RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0)

_log = logging.getLogger("app")


@final
class Backend:
    """Clients and sessions of one account. ``start`` returns at once; truth arrives in time."""

    def __init__(
        self,
        clients: ExchangeClients,
        clock: Clock,
        owner: TaskOwner,
        limits: Callable[[], GuardLimits],
    ) -> None:
        self.clients = clients
        self.clock = clock
        self.exchange_clock = ExchangeClock(clock, clients.keeper.time)
        self.owner = owner
        self.notices = NoticeBoard(clock)
        self.on_contracts_loaded: Listeners[[]] = Listeners()
        self.on_not_loaded: Listeners[[str]] = Listeners()
        self.has_account = clients.trading.access is not Access.MARKET_DATA
        window = clients.window
        self.market_feed = Feed("market", clients.market_stream, clock, owner, window)
        self.account_feed = Feed("account", clients.account_stream, clock, owner, window)
        self.markets = Markets(clients.market, self.market_feed, clock, owner, self.notices)
        self.candles = CandleSessions(
            clients.market, self.market_feed, self.exchange_clock, owner, self.markets.contracts
        )
        self.account = AccountSession(
            clients.account, self.account_feed, clock, owner, self.notices, self.markets.contracts
        )
        self.markets.on_opened.add(self.account.prepare)
        for http in clients.https:
            http.on_skew = self._on_skew
        for feed in (self.market_feed, self.account_feed):
            feed.on_opened.add(partial(self._on_feed_opened, feed))
            feed.on_lost.add(partial(self._on_feed_lost, feed))
        self.desk = OrderDesk(
            clients.trading,
            self.account,
            self.account_feed,
            clock,
            owner,
            self.notices,
            self.markets.contracts,
            self.touch_of,
            limits,
            new_client_oid,
        )
        self.transfers = TransferDesk(
            clients.transfers,
            self.account,
            clock,
            owner,
            self.notices,
            new_transfer_oid,
        )

        self._order_socket = clients.order_socket
        self.health = ExchangeHealth(
            clients.trading,
            clients.budget,
            clock,
            self.notices,
            clients.order_socket,
            owner.listener_failed,
        )
        if self._order_socket is not None:
            self._order_socket.on_skew = self._on_skew
            self._order_socket.on_corrected = self.desk.correct

        if not self.has_account:
            self.account.trust.say_absent()
            self.desk.trust.say_absent()

    def _on_feed_opened(self, feed: Feed) -> None:
        self.notices.post(NoticeLevel.INFO, "feed", f"The {feed.name} stream is connected.")

    def _on_feed_lost(self, feed: Feed) -> None:
        reason = feed.health.reason
        words = f"The {feed.name} stream was lost. {reason}".strip()
        level = NoticeLevel.WARNING if reason else NoticeLevel.INFO
        self.notices.post(level, "feed", words)

    def touch_of(self, symbol: Symbol) -> Touch | None:
        """The touch of a contract whose book is open and live, else None."""
        market = self.markets.get(symbol)
        return None if market is None else market.touch()

    async def start(self) -> None:
        """Begin: the contract list is read, then the feeds connect and the sessions recover."""
        reason = self.clients.trading.access.reason
        if reason:
            self.notices.post(NoticeLevel.INFO, "app", reason)
        self.health.start()
        self.owner.spawn("load contracts", self._load_contracts())

    async def stop(self) -> None:
        """End sessions, feeds and connections, in the reverse order of their start."""
        self.health.stop()
        await self.candles.stop()
        await self.markets.stop()
        await self.transfers.stop()
        await self.desk.stop()
        await self.account.stop()
        await self.account_feed.stop()
        await self.market_feed.stop()
        await self.owner.close()
        await self.clients.aclose()

    async def _load_contracts(self) -> None:
        attempt = 0
        while True:
            try:
                await self.clients.synchronize_clock()
                await self.markets.load()
                break
            except TernError as error:
                _log.warning("contract list: %s", error)
                if attempt == 0:
                    self.notices.post(
                        NoticeLevel.WARNING, "app", f"No contract list yet. {error.sentence}"
                    )
                self.on_not_loaded.notify(error.sentence)
                await self.clock.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                attempt += 1
        self.market_feed.start()
        if self.has_account:
            self.account_feed.start()
            self.account.start()
            self.desk.start()
        if self._order_socket is not None:
            self.owner.spawn("order socket", self._order_socket.run())
        self.on_contracts_loaded.notify()
        await self._keep_current()

    async def _keep_current(self) -> None:
        """Clocks drift and machines sleep.

        The contract list is not read again: a tick size that changed under open books, orders and
        staged prices would turn whole ticks into other prices.
        """
        await ClockKeeping(self.clock, self.clients.keeper.time, self._is_clock_measured).run()

    async def _is_clock_measured(self) -> bool:
        try:
            await self.clients.synchronize_clock()
        except TernError as error:
            _log.info("clock: %s", error)
            return False
        return True

    async def _measure_clock(self) -> None:
        await self._is_clock_measured()

    def _on_skew(self) -> None:
        """The exchange refused a request for its time: measure before the next one."""
        self.notices.post(NoticeLevel.WARNING, "app", "The clock is off; it is measured again.")
        self.owner.spawn("measure clock", self._measure_clock())


def new_client_oid() -> ClientOid:
    """A client order id that was never used before (at most 40 letters, digits and dashes)."""
    return ClientOid(f"{CLIENT_OID_PREFIX}{uuid.uuid4().hex}")


def new_transfer_oid() -> ClientOid:
    """An id for one transfer: a plain UUID, because at most 128 bits are taken (reference 4.1)."""
    return ClientOid(str(uuid.uuid4()))
