"""All that keeps a position or takes it away by itself, around the desk of a generated history.

The real sessions, put together as the library does it, on a market of which only the price is true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from terminal.domain.access import Access, StopRecord
from terminal.domain.account_facts import StopsFate
from terminal.domain.clock import TimestampMs
from terminal.domain.events import MarkUpdate
from terminal.domain.held_exits import HeldPlan, Step
from terminal.domain.units import ExactPrice, Lots, Price, Symbol
from terminal.session.exit_orders import ExitOrders
from terminal.session.exits import HeldExits
from terminal.session.fuse import Fuse, FuseTerms
from terminal.session.kill_switch import KillSwitch
from terminal.session.leaving import Leaving
from terminal.session.listeners import Listeners
from terminal.session.live_switch import LiveSwitch
from terminal.session.pairs import Pairs
from terminal.session.protection import ProtectionWatch
from tests.support.builders import NOW_MS, a_contract
from tests.support.fake_fuse import FakeFuseGateway
from tests.support.guarded import CLOSE_BY, prices
from tests.support.rates import silent_breakevens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.contract import Contract
    from terminal.domain.triggers import References
    from terminal.exchange.permit import Permit
    from terminal.session.account import AccountSession
    from terminal.session.market import MarketSession
    from terminal.session.markets import Markets
    from terminal.session.notices import NoticeBoard
    from terminal.session.orders import OrderDesk
    from terminal.session.results import Blocked
    from terminal.session.tasks import TaskOwner
    from tests.support.jumping import LoopClock

ENTRY = Price(1000)
TRAILS = (Step(5, 10),)


@final
class StopMemory:
    """What the kill switch remembers, from one life of the program to the next."""

    def __init__(self) -> None:
        self._record: StopRecord | None = None

    def load(self) -> StopRecord | None:
        return self._record

    def keep(self, record: StopRecord | None) -> str:
        self._record = record
        return ""


@final
class PricedMarket:
    """A market that is always live and of which only the price is known."""

    last_trade = None

    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol
        self.contract = a_contract(symbol=symbol)
        self.on_mark_changed: Listeners[[]] = Listeners()
        self.on_trade: Listeners[[object]] = Listeners()
        self.on_status_changed: Listeners[[]] = Listeners()
        self.price = ENTRY

    @property
    def mark(self) -> MarkUpdate:
        exact = ExactPrice(self.contract.scale.decimal(self.price))
        return MarkUpdate(self.symbol, exact, exact, TimestampMs(NOW_MS))

    def staleness(self) -> None:
        return None

    def goes_to(self, price: Price) -> None:
        self.price = price
        self.on_mark_changed.notify()


@final
class PricedMarkets:
    """One for each contract, never closed: prices outlive the program."""

    def __init__(self, symbols: tuple[Symbol, ...]) -> None:
        self.of = {symbol: PricedMarket(symbol) for symbol in symbols}

    def open(self, symbol: Symbol) -> MarketSession:
        return cast("MarketSession", self.of[symbol])

    def close(self, symbol: Symbol) -> None:
        pass

    def references(self, symbol: Symbol) -> References:
        return prices(self.of[symbol].price)


@final
class Keepers:
    """They live and die with one life of the program."""

    def __init__(  # noqa: PLR0917 - what the library has at hand there
        self,
        desk: OrderDesk,
        account: AccountSession,
        contracts: Mapping[Symbol, Contract],
        markets: PricedMarkets,
        memory: StopMemory,
        permit: Permit,
        clock: LoopClock,
        owner: TaskOwner,
        notices: NoticeBoard,
    ) -> None:
        self._desk = desk
        self._account = account
        self.markets = markets
        self.watch = ProtectionWatch(
            desk, account, contracts, markets.references, lambda: CLOSE_BY, owner
        )
        breakevens = silent_breakevens(
            desk, clock, owner, lambda symbol: markets.references(symbol).mark
        )
        self.exits = ExitOrders(desk, account, self.watch, breakevens)
        self.held = HeldExits(
            desk, account, cast("Markets", markets), self.watch, self.exits, owner
        )
        self.pairs = Pairs(desk, owner)
        self.kill = KillSwitch(desk, account, owner, notices, memory)
        terms = FuseTerms(StopsFate.KEPT)
        self.fuse = Fuse(FakeFuseGateway(clock), desk, clock, owner, notices, terms)
        self.leaving = Leaving(desk, account, self.fuse, clock, owner, self.watch.watched)
        self.leaving.busy.extend((self.exits.under_way, self.watch.under_way))
        self.live = LiveSwitch(permit, (), clock, owner, notices)
        self.live.on_changed.add(desk.on_changed.notify)

    def start(self) -> None:
        self.watch.start()
        self.pairs.start()
        self.kill.start()

    async def stop(self) -> None:
        await self.live.stop()
        await self.held.stop()
        await self.pairs.stop()
        await self.leaving.stop()
        await self.kill.stop()
        await self.fuse.stop()
        await self.watch.stop()

    def hold(self, symbol: Symbol, away: int, *, is_insured: bool) -> Blocked | None:
        """Let a stop follow the price of what is held; None also where nothing is."""
        lots = self._account.position(symbol).core.lots
        if not lots:
            return None
        sign = 1 if lots > 0 else -1
        level = Price(ENTRY - sign * away)
        plan = HeldPlan(sign > 0, ENTRY, level, Lots(abs(lots)), TRAILS, is_insured=is_insured)
        return self.held.start(symbol, plan)

    @property
    def why_closed(self) -> str:
        """Why nothing that opens may leave now, as the user set it; empty when it may."""
        if self.live.access is not Access.FULL:
            return "live trading is off"
        return self._desk.stop_reason
