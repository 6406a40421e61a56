"""A keeper of limits on fakes: a file in memory, quick passwords, a ledger that tests fill."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.domain.account_facts import LedgerEntry, LedgerKind, LedgerState
from terminal.domain.clock import TimestampMs
from terminal.domain.guard_terms import GuardLimits
from terminal.domain.limit_book import LimitBook, PasswordHash
from terminal.domain.units import Money
from terminal.exchange.paging import Batch, Walk
from terminal.session.limits import LimitKeeper
from tests.support.desk import Bench

if TYPE_CHECKING:
    from terminal.domain.secret import Secret


@final
class FakeLimitFile:
    """Keeps a book; ``fails`` is raised by saving."""

    def __init__(self, book: LimitBook | None = None, problem: str = "") -> None:
        self.book = book
        self.problem = problem
        self.fails: OSError | None = None
        self.saves = 0

    def load(self, first: GuardLimits) -> tuple[LimitBook, str]:
        return self.book or LimitBook(first), self.problem

    def save(self, book: LimitBook) -> None:
        if self.fails is not None:
            raise self.fails
        self.saves += 1
        self.book = book

    async def hashed(self, password: Secret) -> PasswordHash:
        return PasswordHash(2, 1, 1, "", password.reveal()[::-1])

    async def matches(self, password: Secret, known: PasswordHash) -> bool:
        return password.reveal() == known.digest[::-1]


def a_row(at: int, amount: str, **changes: Any) -> LedgerEntry:
    """A final row of realized profit in USDT."""
    values: dict[str, Any] = {
        "at": TimestampMs(at),
        "kind": LedgerKind.REALIZED,
        "state": LedgerState.COMPLETED,
        "amount": Money(Decimal(amount), "USDT"),
        "fee": None,
        "equity": None,
        "remark": "XBTUSDTM",
        "offset": at,
    }
    return LedgerEntry(**{**values, **changes})


@final
class FakeLedger:
    """Serves ``rows``, the latest first, ``page`` at a time; ``fails`` is raised instead."""

    def __init__(self) -> None:
        self.rows: list[LedgerEntry] = []
        self.page = 50
        self.fails: Exception | None = None
        self.asked: list[tuple[str, TimestampMs | None]] = []
        self.pages = 0

    def ledger(
        self,
        currency: str,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[LedgerEntry]:
        self.asked.append((currency, start_at))
        rows = [row for row in reversed(self.rows) if row.amount.currency == currency]

        async def ask(at: int) -> Batch[LedgerEntry]:
            if self.fails is not None:
                raise self.fails
            self.pages += 1
            part = tuple(rows[at : at + self.page])
            more = at + self.page if at + self.page < len(rows) else None
            return Batch(part, more)

        return Walk(ask, 0, lambda row: (row.offset, row.remark), lambda part: part)


@final
@dataclass
class LimitBench:
    """A keeper beside a desk that it guards; ``start`` and ``stop`` are the desk's."""

    file: FakeLimitFile | None = field(default_factory=FakeLimitFile)
    first: GuardLimits = field(default_factory=GuardLimits)
    bench: Bench = field(default_factory=Bench)
    is_doubtful: bool = False

    def __post_init__(self) -> None:
        self.keeper = self.a_keeper()

    def a_keeper(self) -> LimitKeeper:
        """As the next start of the program would make it."""
        bench = self.bench
        return LimitKeeper(
            self.file,
            self.first,
            bench.clock,
            bench.owner,
            bench.notices,
            lambda: self.is_doubtful,
        )

    @property
    def said(self) -> str:
        """What was answered last."""
        assert self.keeper.answer is not None
        return self.keeper.answer.sentence

    @property
    def ok(self) -> bool:
        """Whether the last wish was granted."""
        return self.keeper.answer is not None and self.keeper.answer.ok
