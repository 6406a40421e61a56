"""Everything below the view-models for one account on one exchange: clients, feeds, sessions."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.domain.errors import TernError
from terminal.domain.intention import OWN_PREFIX
from terminal.domain.protection import ProtectionSettings
from terminal.domain.triggers import References
from terminal.domain.units import ClientOid, Symbol
from terminal.exchange.outcome import Rejected
from terminal.session.account import AccountSession
from terminal.session.breakevens import Breakevens
from terminal.session.candle_sessions import CandleSessions
from terminal.session.charges import ChargeBook
from terminal.session.clock import ClockKeeping, ExchangeClock
from terminal.session.conditions import (
    clock_condition,
    key_condition,
    mode_condition,
    resolution_condition,
    standing_condition,
    stream_condition,
    truth_condition,
)
from terminal.session.daily_loss import DailyLoss
from terminal.session.entry_lock import EntryLock
from terminal.session.exit_orders import ExitOrders
from terminal.session.exits import HeldExits, Protecting
from terminal.session.feed import Feed
from terminal.session.fuse import Fuse, FuseTerms
from terminal.session.health import ExchangeHealth
from terminal.session.key_watch import KeyWatch
from terminal.session.kill_switch import KillSwitch, NoMemory
from terminal.session.leaving import Leaving
from terminal.session.limits import LimitKeeper
from terminal.session.listeners import Listeners
from terminal.session.live_switch import LiveSwitch
from terminal.session.markets import Markets
from terminal.session.newly_listed import NewlyListed
from terminal.session.notices import NoticeBoard, NoticeLevel
from terminal.session.orders import OrderDesk
from terminal.session.pairs import Pairs
from terminal.session.position_modes import PositionModes
from terminal.session.price_notes import NoFile, PriceNotes
from terminal.session.protection import ProtectionWatch
from terminal.session.reconcile import Reconciling
from terminal.session.risk_levels import RiskLevels
from terminal.session.studies import StudyShelf
from terminal.session.surroundings import GuardSurroundings
from terminal.session.trading_terms import TradingTerms
from terminal.session.transfers import TransferDesk

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.guard import GuardLimits, Touch
    from terminal.domain.units import ExactPrice
    from terminal.exchange.batches import Subject
    from terminal.exchange.connect import ExchangeClients
    from terminal.exchange.outcome import Outcome
    from terminal.session.conditions import Check, Condition
    from terminal.session.journal import Journal
    from terminal.session.kill_switch import StopMemory
    from terminal.session.limits import LimitFile
    from terminal.session.price_notes import NoteFile
    from terminal.session.tasks import TaskOwner


@final
@dataclass(frozen=True, slots=True)
class Safety:
    """What the kill switch remembers by, and what is known of the exchange's timer."""

    memory: StopMemory = field(default_factory=NoMemory)
    fuse: FuseTerms = field(default_factory=FuseTerms)


OTHER_MODE = frozenset({"330011", "330012"})
"""A position side that the account's mode does not have: it was changed elsewhere (1.6)."""
JOURNAL_CARE_S = 60.0
"""Between two times that the journal's log is written into its file."""
_RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0)

_log = logging.getLogger("app")


@final
class Backend:
    """Clients and sessions of one account. ``start`` returns at once; truth arrives in time."""

    def __init__(  # noqa: PLR0913, PLR0915 - the one place where all of an account is put together
        self,
        clients: ExchangeClients,
        clock: Clock,
        owner: TaskOwner,
        limits: Callable[[], GuardLimits],
        *,
        journal: Journal | None = None,
        limit_file: LimitFile | None = None,
        protection: Callable[[], ProtectionSettings] = ProtectionSettings,
        safety: Safety | None = None,
        notes: NoteFile | None = None,
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
        newly_listed = NewlyListed(clients.market.contract, clock, owner, self.notices)
        newly_listed.on_listed.add(self._on_listed)
        clients.when_unknown(newly_listed.met)
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
            self._limits,
            new_client_oid,
            journal,
        )
        self.desk.resolution.past = clients.history.done_orders
        self.desk.on_answer.add(self._on_answer)
        self.desk.latency.offset_ms = lambda: clients.keeper.time.offset_ms
        self.limits = LimitKeeper(
            limit_file,
            limits(),
            self.exchange_clock,
            owner,
            self.notices,
            lambda: clients.keeper.time.is_doubtful,
        )
        self.entry_lock = EntryLock(self.desk, self.limits, owner, self.notices)
        self.loss = DailyLoss(
            clients.history, self.account, self.limits, clock, owner, self.markets.contracts
        )
        self.desk.guarding.surroundings = self.surroundings = GuardSurroundings(
            clients.market, self.markets, self.limits, self.loss, clock, owner
        )
        self.protection = ProtectionWatch(
            self.desk,
            self.account,
            self.markets.contracts,
            self.references_of,
            protection,
            owner,
        )
        fees = clients.account if self.has_account else None
        self.charges = ChargeBook(clients.market, fees, self.exchange_clock, owner)
        self.breakevens = Breakevens(self.charges, self.desk.own_fills, self.mark_of)
        self.exit_orders = ExitOrders(self.desk, self.account, self.protection, self.breakevens)
        self.held_exits = HeldExits(
            self.desk, self.account, self.markets, self.protection, self.exit_orders, owner
        )
        self.protecting = Protecting(self.protection, self.exit_orders, self.held_exits)
        self.pairs = Pairs(self.desk, owner)
        safety = safety or Safety()
        self.kill_switch = KillSwitch(self.desk, self.account, owner, self.notices, safety.memory)
        self.studies = StudyShelf(self.markets, self.candles, self.desk, clock)
        self.price_notes = PriceNotes(
            notes or NoFile(), self.market_feed, self.markets.contracts, clock, self.notices
        )
        self.fuse = Fuse(
            clients.funds, self.desk, self.exchange_clock, owner, self.notices, safety.fuse
        )
        self.leaving = Leaving(
            self.desk, self.account, self.fuse, clock, owner, self.protection.watched
        )
        self.leaving.busy.extend((self.exit_orders.under_way, self.protection.under_way))
        self.reconciling = Reconciling(self.desk, owner)
        self.terms = TradingTerms(clients.settings, self.account, owner)
        self.risk_levels = RiskLevels(clients.settings, self.account, clock, owner)
        self.position_modes = PositionModes(
            clients.settings, self.account, clock, owner, lambda: len(self.desk.working())
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
        self._socket_owner: TaskOwner | None = None
        self._is_socket_ending = False
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

        self.key_watch, self.live = self._switch()
        self._say_what_is_absent()

    def _say_what_is_absent(self) -> None:
        if not self.has_account:
            self.account.trust.say_absent()
            self.desk.trust.say_absent()

    def _switch(self) -> tuple[KeyWatch | None, LiveSwitch | None]:
        """The switch of an account that may be traded but is not yet, and who looks at its key."""
        permit, ask = self.clients.permit, self.clients.key_facts
        if permit.most is not Access.FULL or permit.access is Access.FULL or ask is None:
            return None, None
        watch = KeyWatch(ask, self.clock, self.owner)
        market, account = self.market_feed, self.account_feed
        time = self.clients.keeper.time

        def key() -> Condition:
            return key_condition(watch.state, self.clock.monotonic_s())

        def truth() -> Condition:
            return truth_condition(
                has_orders=self.desk.is_trusted, has_account=self.account.is_trusted
            )

        checks: tuple[Check, ...] = (
            key,
            lambda: clock_condition(time.reading()),
            lambda: stream_condition("Market stream", market, market.health.reason),
            lambda: stream_condition("Account stream", account, account.health.reason),
            truth,
            lambda: mode_condition(self.account.position_mode),
            lambda: resolution_condition(self.desk.resolution.reason),
            lambda: standing_condition(
                "Order journal",
                self.desk.journal.problem,
                "Orders are written down as they go.",
                "Make room on the disk and let the program write there; it is tried every minute.",
            ),
            lambda: standing_condition("Limits", self.limits.refusal(), "The guard's limits hold."),
            lambda: standing_condition(
                "Stop", self.entry_lock.other_reason(), "Nobody stopped trading."
            ),
        )
        live = LiveSwitch(permit, checks, self.clock, self.owner, self.notices)
        for changed in (market.on_lost, account.on_lost, self.desk.on_changed, watch.on_changed):
            changed.add(live.look)
        live.on_changed.add(self.desk.on_changed.notify)
        live.on_changed.add(self._run_order_socket)
        live.on_changed.add(self.fuse.permit_changed)
        live.farewell = self.fuse.farewell
        return watch, live

    def _on_answer(self, _subject: Subject, outcome: Outcome) -> None:
        if isinstance(outcome, Rejected) and outcome.code in OTHER_MODE:
            self.account.doubt_mode()

    def _on_feed_opened(self, feed: Feed) -> None:
        self.notices.post(NoticeLevel.INFO, "feed", f"The {feed.name} stream is connected.")

    def _on_feed_lost(self, feed: Feed) -> None:
        reason = feed.health.reason
        words = f"The {feed.name} stream was lost. {reason}".strip()
        level = NoticeLevel.WARNING if reason else NoticeLevel.INFO
        self.notices.post(level, "feed", words)

    def _limits(self) -> GuardLimits:
        return self.limits.limits

    def touch_of(self, symbol: Symbol) -> Touch | None:
        """The touch of a contract whose book is open and live, else None."""
        market = self.markets.get(symbol)
        return None if market is None else market.touch()

    def mark_of(self, symbol: Symbol) -> ExactPrice | None:
        """The mark price as it was heard last, however long ago: for what is only valued by it."""
        market = self.markets.get(symbol)
        heard = None if market is None else market.mark
        return self.account.mark(symbol) if heard is None else heard.mark_price

    def references_of(self, symbol: Symbol) -> References:
        """The prices that stops watch, of an open and live market; else what the account tells."""
        market = self.markets.get(symbol)
        if market is not None and market.staleness() is None:
            mark, last = market.mark, market.last_trade
            return References(
                None if last is None else last.price,
                None if mark is None else mark.mark_price,
                None if mark is None else mark.index_price,
            )
        is_known = market is None and self.account.is_trusted
        return References(mark=self.account.mark(symbol) if is_known else None)

    async def start(self) -> None:
        """Begin: the contract list is read, then the feeds connect and the sessions recover."""
        reason = self.clients.trading.access.reason
        if reason:
            self.notices.post(NoticeLevel.INFO, "app", reason)
        self.health.start()
        self.owner.spawn("load contracts", self._load_contracts())
        self.owner.spawn("journal", self._care_for_journal())

    async def stop(self) -> None:
        """End sessions, feeds and connections, in the reverse order of their start."""
        self.health.stop()
        if self.live is not None:
            await self.live.stop()
        if self.key_watch is not None:
            await self.key_watch.stop()
        self.price_notes.stop()
        await self.candles.stop()
        await self.held_exits.stop()
        await self.pairs.stop()
        await self.markets.stop()
        await self.transfers.stop()
        await self.terms.stop()
        await self.risk_levels.stop()
        await self.position_modes.stop()
        await self.reconciling.stop()
        await self.leaving.stop()
        await self.kill_switch.stop()
        await self.fuse.stop()
        await self.protection.stop()
        await self.loss.stop()
        await self.surroundings.stop()
        await self.charges.stop()
        await self.desk.stop()
        await self.account.stop()
        await self.limits.stop()
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
        self._start_market()
        if self.has_account:
            self.account_feed.start()
            self.account.start()
            self.desk.start()
            self.reconciling.start()
            self.pairs.start()
            self.protection.start()
            self.loss.start(self.desk.on_fill)
            self.kill_switch.start()
            self.fuse.start()
        self._run_order_socket()
        if self.live is not None and self.key_watch is not None:
            self.key_watch.start()
            self.live.start()
        self.on_contracts_loaded.notify()
        await self._keep_current()

    def _start_market(self) -> None:
        self.market_feed.start()
        self.price_notes.start()

    def _run_order_socket(self) -> None:
        """It is signed in while something may be sent, and not for who only watches."""
        if self._order_socket is None:
            return
        is_silent, owner = self.clients.permit.access.silence, self._socket_owner
        if owner is None and not is_silent:
            owner = self._socket_owner = self.owner.child("order socket")
            owner.spawn("run", self._order_socket.run())
        elif owner is not None and is_silent and not self._is_socket_ending:
            self._is_socket_ending = True
            self.owner.spawn("end of the order socket", self._end_order_socket(owner))

    async def _end_order_socket(self, owner: TaskOwner) -> None:
        await owner.close()
        self._socket_owner, self._is_socket_ending = None, False
        self._run_order_socket()  # it may have been allowed again meanwhile

    def _on_listed(self, contract: Contract) -> None:
        """Positions are asked for until they can be read; orders were believed without prices."""
        self.markets.add(contract)
        if self.has_account:
            self.desk.read_again()

    async def _keep_current(self) -> None:
        """Clocks drift and machines sleep.

        The contract list is not read again (``newly_listed`` says why, and what is).
        """
        await ClockKeeping(self.clock, self.clients.keeper.time, self._is_clock_measured).run()

    async def _is_clock_measured(self) -> bool:
        try:
            await self.clients.synchronize_clock()
        except TernError as error:
            _log.info("clock: %s", error)
            return False
        return True

    async def _care_for_journal(self) -> None:
        journal, told = self.desk.journal, ""
        while True:
            await journal.tidy()
            self.desk.resolution.read_again()
            if journal.problem and journal.problem != told:
                words = f"{journal.problem} Opening orders are not sent until it can be written."
                self.notices.post(NoticeLevel.ERROR, "orders", words)
            told = journal.problem
            await self.clock.sleep(JOURNAL_CARE_S)

    async def _measure_clock(self) -> None:
        await self._is_clock_measured()

    def _on_skew(self) -> None:
        """The exchange refused a request for its time: measure before the next one."""
        self.notices.post(NoticeLevel.WARNING, "app", "The clock is off; it is measured again.")
        self.owner.spawn("measure clock", self._measure_clock())


def new_client_oid() -> ClientOid:
    """A client order id that was never used before (at most 40 letters, digits and dashes)."""
    return ClientOid(f"{OWN_PREFIX}{uuid.uuid4().hex}")


def new_transfer_oid() -> ClientOid:
    """An id for one transfer: a plain UUID, because at most 128 bits are taken (reference 4.1)."""
    return ClientOid(str(uuid.uuid4()))
