"""A transfer desk on fakes: two purses and a futures wallet that really hold money."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, final

from terminal.domain.transfer import AccountKind, Funds
from terminal.domain.units import ClientOid, Money, OrderId
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.session.transfers import TransferDesk
from tests.support.builders import a_wallet
from tests.support.desk import Bench
from tests.support.fakes import LOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.events import WalletUpdate
    from terminal.domain.transfer import TransferTicket
    from terminal.exchange.funding_gateway import TransferOutcome
    from tests.support.fakes import FakeAccountGateway

MAIN, TRADE, FUTURES = AccountKind.MAIN, AccountKind.TRADE, AccountKind.FUTURES
NO_ANSWER = Unknown("The exchange did not answer.")
REFUSED = Rejected("230003", "The account has not enough to move.", "Look at what is there.")
UNSENT = NotSent("The exchange did not answer.")


@final
@dataclass(frozen=True)
class Answer:
    """How one transfer goes: whether it takes effect, and what is answered."""

    moves: bool
    outcome: TransferOutcome


@final
class FakeTransferGateway:
    """Holds the money of main and trade, and moves it; ids that were there move nothing again.

    ``answers`` are used up first, then everything works. With ``holds_credit`` money leaves and
    arrives only by ``credit``. Accounts in ``unreadable`` raise ``unreadable_error``; with ``hold``
    set, transfers wait; with ``fails`` set they raise it once, after what the answer moved.
    """

    def __init__(self, account: FakeAccountGateway, refusal: str = "") -> None:
        self._account = account
        self.refusal = refusal
        self.purses: dict[tuple[AccountKind, str], Decimal] = {
            (MAIN, "USDT"): Decimal(1000),
            (TRADE, "USDT"): Decimal(500),
            (MAIN, "XBT"): Decimal("0.5"),
            (TRADE, "XBT"): Decimal(0),
        }
        for currency in ("USDT", "XBT"):
            account.wallets[currency] = a_full_wallet(currency)
        self.sent: list[tuple[TransferTicket, ClientOid]] = []
        self.moved: dict[ClientOid, TransferTicket] = {}
        self.on_its_way: list[TransferTicket] = []
        self.answers: deque[Answer] = deque()
        self.unreadable: set[AccountKind] = set()
        self.unreadable_error: Exception = LOST
        self.fails: Exception | None = None
        self.holds_credit = False
        self.hold: asyncio.Event | None = None

    async def funds(self, account: AccountKind, currency: str) -> Funds:
        await asyncio.sleep(0)
        if account in self.unreadable:
            raise self.unreadable_error
        amount = Money(self.purses[account, currency], currency)
        return Funds(account, amount, amount)

    async def transfer(self, ticket: TransferTicket, client_oid: ClientOid) -> TransferOutcome:
        self.sent.append((ticket, client_oid))
        if self.hold is not None:
            await self.hold.wait()
        answer = Answer(moves=True, outcome=Accepted((OrderId("t"),)))
        if self.answers:
            answer = self.answers.popleft()
        if answer.moves and client_oid not in self.moved:
            self.moved[client_oid] = ticket
            self.add(ticket.source, ticket.currency, -ticket.money.amount)
            self.on_its_way.append(ticket)
            if not self.holds_credit:
                self.credit()
        fails, self.fails = self.fails, None
        if fails is not None:
            raise fails
        return answer.outcome

    def credit(self) -> None:
        """Let arrive what is on its way."""
        while self.on_its_way:
            ticket = self.on_its_way.pop(0)
            self.add(ticket.target, ticket.currency, ticket.money.amount)

    def add(self, kind: AccountKind, currency: str, amount: Decimal) -> None:
        """Change a balance, as a transfer or something else does."""
        if kind is not FUTURES:
            self.purses[kind, currency] += amount
            return
        money = Money(amount, currency)
        known = self._account.wallets[currency]
        self._account.wallets[currency] = replace(
            known,
            equity=known.equity + money,
            available=known.available + money,
            withdrawable=None if known.withdrawable is None else known.withdrawable + money,
        )

    def balances(self, currency: str = "USDT") -> Mapping[AccountKind, Decimal]:
        """What each account holds."""
        return {
            MAIN: self.purses[MAIN, currency],
            TRADE: self.purses[TRADE, currency],
            FUTURES: self._account.wallets[currency].equity.amount,
        }

    def total(self, currency: str = "USDT") -> Decimal:
        """All there is, what is on its way included."""
        moving = (t.money.amount for t in self.on_its_way if t.currency == currency)
        return sum(self.balances(currency).values(), Decimal(0)) + sum(moving, Decimal(0))


def a_full_wallet(currency: str = "USDT") -> WalletUpdate:
    """Equity 1000, of which 850 may leave."""
    return replace(a_wallet(currency), withdrawable=Money(Decimal(850), currency))


@final
@dataclass
class TransferBench:
    """A transfer desk and everything below it. ``start`` and ``stop`` it."""

    refusal: str = ""
    bench: Bench = field(default_factory=Bench)

    def __post_init__(self) -> None:
        self.clock, self.notices = self.bench.clock, self.bench.notices
        self.gateway = FakeTransferGateway(self.bench.gateway, self.refusal)
        numbers = count(1)
        self.desk = TransferDesk(
            self.gateway,
            self.bench.account,
            self.clock,
            self.bench.owner,
            self.notices,
            lambda: ClientOid(f"t{next(numbers)}"),
        )

    async def start(self) -> TransferBench:
        """Connect, and read what there is."""
        await self.bench.start()
        self.desk.read("USDT")
        await self.clock.settle()
        return self

    async def stop(self) -> None:
        """End everything; whatever went wrong in a task fails the test here."""
        await self.desk.stop()
        await self.bench.stop()

    async def move(self, ticket: TransferTicket) -> None:
        """Submit, and let everything come to rest, looks at the balances included."""
        blocks = self.desk.submit(ticket)
        assert not blocks, blocks
        await self.clock.advance(10)

    @property
    def oids(self) -> list[str]:
        """The ids that were sent, in order."""
        return [oid for _, oid in self.gateway.sent]
