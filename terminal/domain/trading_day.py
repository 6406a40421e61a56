"""The day that a loss is counted by: its midnights in a zone, and what the ledger says it brought.

Zones come as ``tzinfo``: where they are looked up is none of this storey's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.account_facts import LedgerKind
from terminal.domain.clock import TimestampMs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from terminal.domain.account_facts import LedgerEntry


@final
@dataclass(frozen=True, slots=True)
class TradingDay:
    """A day from one midnight (included) to the next (not included), in epoch ms.

    It has 23 or 25 hours where clocks are changed. Where midnight is skipped the day begins with
    its first instant; where it comes twice, with the first.
    """

    start_ms: TimestampMs
    end_ms: TimestampMs

    def has(self, at_ms: int) -> bool:
        """Whether an instant belongs to it."""
        return self.start_ms <= at_ms < self.end_ms


def day_of(now_ms: int, zone: tzinfo) -> TradingDay:
    """The day that an instant belongs to by a zone's clocks."""
    # Through the common clock: of two equal wall times only that tells which is meant.
    local = datetime.fromtimestamp(now_ms // 1000, UTC).astimezone(zone)
    start, end = (_midnight(local, days, zone) for days in (0, 1))
    return TradingDay(start, end)


def _midnight(local: datetime, days: int, zone: tzinfo) -> TimestampMs:
    date = local.date() + timedelta(days=days)
    midnight = datetime.combine(date, time(0), zone)
    return TimestampMs(int(midnight.timestamp()) * 1000)


def realized(rows: Iterable[LedgerEntry], day: TradingDay) -> Decimal:
    """Realized profit, fees and funding of a day by the exchange's ledger; losses are negative.

    Rows that are still running count as they stand. Each row counts whole on the day that it is
    booked, though it may have begun before: the exchange books a contract when its position is
    closed or its settlement period ends (API reference 3.2). Transfers do not count.
    """
    total = Decimal(0)
    for row in rows:
        if row.kind is LedgerKind.REALIZED and day.has(row.at):
            total += row.amount.amount - (row.fee.amount if row.fee is not None else 0)
    return total
