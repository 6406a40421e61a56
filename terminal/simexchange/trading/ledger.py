"""The futures ledger: every change of a wallet's cash as a row, and what is not booked yet.

Fees, closed profit and funding of a contract run up while its position is open and become one row
when it is closed or its settlement period ends; until then they show as a pending row. Source:
reference 3.2, 3.13; the moment of booking is our reading of "the current settlement period".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Iterable

REALIZED, DEPOSIT, WITHDRAWAL = "RealisedPNL", "Deposit", "Withdrawal"
TRANSFER_IN, TRANSFER_OUT = "TransferIn", "TransferOut"
TYPES = (REALIZED, DEPOSIT, WITHDRAWAL, TRANSFER_IN, TRANSFER_OUT)
COMPLETED, PENDING = "Completed", "Pending"
KEPT_ROWS = 10_000
_FIRST_OFFSET = 51_360_000


@final
class LedgerRow(NamedTuple):
    """One row. ``amount`` is signed and in ``currency``; a pending row has no fee.

    ``offset`` grows with each row. Pending rows have -1, -2 and so on.
    """

    at_ms: int
    type: str
    amount: Decimal
    fee: Decimal | None
    equity: Decimal
    status: str
    remark: str
    offset: int
    currency: str


@final
class FundingPayment(NamedTuple):
    """One settlement of an open position. ``amount`` is signed: positive was received.

    ``lots`` are signed, ``cost`` is their signed value at the mark price (reference 7.1).
    """

    number: int
    symbol: str
    at_ms: int
    rate: Decimal
    mark: Decimal
    lots: int
    cost: Decimal
    amount: Decimal
    currency: str
    margin_mode: str
    position_side: str = "BOTH"


@final
@dataclass(slots=True)
class _Running:
    """What a contract's position realized since its last row."""

    currency: str
    amount: Decimal = Decimal(0)
    at_ms: int = 0


@final
@dataclass(slots=True)
class Ledger:
    """Rows of one account, all currencies, oldest first; the oldest of 10,000 are forgotten."""

    rows: list[LedgerRow] = field(default_factory=list)
    payments: list[FundingPayment] = field(default_factory=list)
    """Funding of its positions, oldest first."""
    _running: dict[tuple[str, str], _Running] = field(default_factory=dict)
    """By contract and side of it."""
    _offset: int = _FIRST_OFFSET

    def moved(
        self, kind: str, currency: str, amount: Decimal, equity: Decimal, remark: str, now_ms: int
    ) -> None:
        """Book a row: money came (amount above zero) or left; ``equity`` is what is there since."""
        self._offset += 1
        row = LedgerRow(
            now_ms,
            kind,
            amount,
            Decimal(0),
            equity,
            COMPLETED,
            remark,
            self._offset,
            currency,
        )
        self.rows.append(row)
        del self.rows[:-KEPT_ROWS]

    def realized(
        self, symbol: str, currency: str, amount: Decimal, now_ms: int, side: str = "BOTH"
    ) -> None:
        """A contract's position earned, paid a fee, or paid or got funding."""
        running = self._running.setdefault((symbol, side), _Running(currency))
        running.amount += amount
        running.at_ms = now_ms

    def settled(
        self, symbol: str, equity: Decimal, now_ms: int, side: str = "BOTH", *, is_open: bool
    ) -> None:
        """The position was closed or its period ended: what ran up becomes a row.

        While it is open nothing has run up from now on, which shows as a pending row, too.
        """
        running = self._running.pop((symbol, side), None)
        if running is None:
            return
        if is_open:
            self._running[symbol, side] = _Running(running.currency, at_ms=now_ms)
        if running.amount or not is_open:
            self.moved(REALIZED, running.currency, running.amount, equity, symbol, now_ms)

    def pending(self, equity: dict[str, Decimal]) -> list[LedgerRow]:
        """What runs up, newest contract first; ``equity`` is the present one by currency."""
        return [
            LedgerRow(
                running.at_ms,
                REALIZED,
                running.amount,
                None,
                equity[running.currency],
                PENDING,
                symbol,
                -number,
                running.currency,
            )
            for number, ((symbol, _), running) in enumerate(reversed(self._running.items()), 1)
        ]

    def paid(self, payment: FundingPayment) -> None:
        """Funding was settled for a position; the cash is told with ``realized``."""
        self.payments.append(payment)
        del self.payments[:-KEPT_ROWS]

    def total(self, currency: str) -> Decimal:
        """The cash of a currency by the rows, what runs up included."""
        rows: Iterable[Decimal] = (row.amount for row in self.rows if row.currency == currency)
        running = (r.amount for r in self._running.values() if r.currency == currency)
        return sum(rows, Decimal(0)) + sum(running, Decimal(0))
