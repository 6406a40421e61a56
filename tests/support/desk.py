"""An order desk with its account on fakes, connected and trusted: where session tests begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, final

from terminal.domain.guard import GuardLimits, Touch
from terminal.domain.units import ClientOid, Price, Symbol
from terminal.session.account import AccountSession
from terminal.session.feed import Feed
from terminal.session.notices import NoticeBoard
from terminal.session.orders import OrderDesk
from terminal.session.results import Submitted
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT, a_contract, a_ticket, an_order_update
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeAccountGateway, FakeStream, FakeTradingGateway

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.session.results import OrderResult


@final
@dataclass
class Bench:
    """Everything a test of the desk can touch. ``start`` and ``stop`` it."""

    clock: FakeClock = field(default_factory=FakeClock)
    stream: FakeStream = field(default_factory=FakeStream)
    trading: FakeTradingGateway = field(default_factory=FakeTradingGateway)
    gateway: FakeAccountGateway = field(default_factory=FakeAccountGateway)
    touch: Touch | None = field(default_factory=lambda: Touch(Price(1000), Price(1001)))
    limits: GuardLimits = field(default_factory=GuardLimits)
    errors: list[str] = field(default_factory=list)
    results: list[OrderResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name}: {error!r}"))
        self.notices = NoticeBoard(self.clock)
        self.contracts: dict[Symbol, Contract] = {XBT: a_contract()}
        self.feed = Feed("account", self.stream, self.clock, self.owner)
        self.account = AccountSession(
            self.gateway, self.feed, self.clock, self.owner, self.notices, self.contracts
        )
        numbers = count(1)
        self.desk = OrderDesk(
            self.trading,
            self.account,
            self.feed,
            self.clock,
            self.owner,
            self.notices,
            self.contracts,
            lambda _symbol: self.touch,
            lambda: self.limits,
            lambda: ClientOid(f"c{next(numbers)}"),
        )
        self.desk.on_outcome.add(self.results.append)

    async def start(self) -> None:
        """Connect and wait until everything is trusted."""
        self.feed.start()
        self.account.start()
        self.desk.start()
        self.account.prepare(XBT)
        await self.clock.settle()

    async def stop(self) -> None:
        """End everything; whatever went wrong in a task fails the test here."""
        await self.desk.stop()
        await self.account.stop()
        await self.feed.stop()
        await self.owner.close()
        assert not self.errors, self.errors

    @property
    def sentences(self) -> list[str]:
        """What the user was told about orders."""
        return [result.sentence for result in self.results]


async def a_started_bench() -> Bench:
    bench = Bench()
    await bench.start()
    return bench


async def an_open_order(bench: Bench, **changes: object) -> ClientOid:
    """Submit, be accepted, be open."""
    result = bench.desk.submit(a_ticket())
    assert isinstance(result, Submitted)
    await bench.clock.settle()
    order = bench.desk.orders[result.client_oid]
    assert order.order_id is not None
    bench.stream.push(
        an_order_update(order_id=order.order_id, client_oid=order.client_oid, **changes)
    )
    return result.client_oid
