"""What the day brought in each settle currency that has a limit of loss, and the lock that follows.

Source of the realized part is the exchange's ledger alone: it is read at once, a moment after own
fills, and every minute. Nothing is reckoned from own fills in between, so nothing is counted twice;
how old the reading is, is told. Open profit, if it counts, is that of the positions at the mark
prices that the exchange tells with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from terminal.domain.errors import TernError
from terminal.domain.guard_terms import DayResult, Lockout
from terminal.domain.position import unrealized
from terminal.domain.trading_day import day_of, realized
from terminal.domain.units import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from terminal.domain.account_facts import LedgerEntry
    from terminal.domain.clock import Clock, TimestampMs
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill
    from terminal.domain.trading_day import TradingDay
    from terminal.domain.units import Symbol
    from terminal.exchange.paging import Walk
    from terminal.session.account import AccountSession
    from terminal.session.limits import LimitKeeper
    from terminal.session.listeners import Handle, Listeners
    from terminal.session.tasks import TaskOwner

LOOK_S = 1.0
READ_EVERY_S = 60.0
AFTER_FILL_S = 1.0
"""A fill is in the ledger by then; many fills within it are one reading."""
PACE_S = 5.0
"""However many fills there are, and however often it fails, it is not read more often."""
STALE_S = 180.0
"""A result older than this is none: the loss may have been reached since."""
UTC_NAME = "UTC"


class Ledger(Protocol):
    """What can be asked for the ledger of the futures account."""

    def ledger(
        self,
        currency: str,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[LedgerEntry]:
        """Changes of the account, the latest first."""
        ...


@final
@dataclass(slots=True)
class _Reading:
    """What is known of one currency; ``rows`` are the final ones of the day, by offset."""

    day: TradingDay
    realized: Decimal
    read_at_s: float
    rows: dict[int, LedgerEntry] = field(default_factory=dict[int, "LedgerEntry"])


@final
class DailyLoss:
    """Reads and judges while there is a limit of loss; locks by the keeper, which remembers."""

    def __init__(
        self,
        source: Ledger,
        account: AccountSession,
        keeper: LimitKeeper,
        clock: Clock,
        owner: TaskOwner,
        contracts: Mapping[Symbol, Contract],
    ) -> None:
        self._contracts = contracts
        self._source = source
        self._account = account
        self._keeper = keeper
        self._clock = clock
        self._owner = owner.child("daily loss")
        self._readings: dict[str, _Reading] = {}
        self._asked_at_s: dict[str, float] = {}
        self._new_since_s: dict[str, float] = {}
        self._filled_at_s = 0.0
        self._failed: set[str] = set()
        self._is_watching = False
        self._handles: list[Handle] = []

    # Truth -----------------------------------------------------------------------------------

    def day(self, currency: str) -> DayResult | None:
        """What this day brought as far as it is known; None when that is too long ago."""
        reading = self._readings.get(currency)
        limits = self._keeper.limits
        if reading is None or not reading.day.has(self._keeper.now_ms()):
            return None
        age_s = self._clock.monotonic_s() - reading.read_at_s
        if age_s > STALE_S:
            return None
        open_profit = None
        if limits.counts_unrealized:
            open_profit = self._unrealized(currency)
            if open_profit is None:
                return None
        return DayResult(currency, reading.realized, open_profit, int(age_s * 1000))

    def _unrealized(self, currency: str) -> Decimal | None:
        """Open profit of all positions at the latest mark price of each; None if one is unknown."""
        if not self._account.is_trusted:
            return None
        total = Decimal(0)
        for position in self._account.positions():
            contract = self._contracts.get(position.symbol)
            if contract is None or position.mark is None:
                return None
            if contract.settle_currency == currency:
                total += unrealized(position.core, position.mark, contract).amount
        return total

    # Life ------------------------------------------------------------------------------------

    def start(self, on_fill: Listeners[[Fill]]) -> None:
        """Begin: from now on the ledger is read whenever there is a limit of loss."""
        self._handles = [
            on_fill.add(self._on_fill),
            self._keeper.on_changed.add(self._on_limits),
            self._account.on_changed.add(self._judge),
        ]
        self._on_limits()

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    def _on_fill(self, _fill: Fill) -> None:
        """The ledger will tell something new in a moment."""
        self._filled_at_s = self._clock.monotonic_s()
        for currency in self._keeper.limits.max_losses:
            self._new_since_s.setdefault(currency, self._filled_at_s)

    def _on_limits(self) -> None:
        if self._keeper.limits.max_losses and not self._is_watching:
            self._is_watching = True
            self._owner.spawn("watch", self._watch())
        self._judge()

    async def _watch(self) -> None:
        try:
            while self._keeper.limits.max_losses:
                for currency in tuple(self._keeper.limits.max_losses):
                    if self._is_due(currency):
                        await self._read(currency)
                self._judge()
                await self._clock.sleep(LOOK_S)
        finally:
            self._is_watching = False

    # Reading ---------------------------------------------------------------------------------

    def _is_due(self, currency: str) -> bool:
        now_s = self._clock.monotonic_s()
        asked_s, reading = self._asked_at_s.get(currency), self._readings.get(currency)
        if asked_s is None:
            return True
        if now_s - asked_s < PACE_S:
            return False
        if reading is None or reading.day != self._today():
            return True
        new_since_s = self._new_since_s.get(currency)
        is_new = new_since_s is not None and now_s >= new_since_s + AFTER_FILL_S
        return is_new or currency in self._failed or now_s - asked_s >= READ_EVERY_S

    def _today(self) -> TradingDay:
        return day_of(self._keeper.now_ms(), zone_of(self._keeper.limits.zone))

    async def _read(self, currency: str) -> None:
        asked_s = self._clock.monotonic_s()
        self._asked_at_s[currency] = asked_s
        if self._new_since_s.pop(currency, None) is not None and (
            asked_s < self._filled_at_s + AFTER_FILL_S
        ):
            self._new_since_s[currency] = self._filled_at_s  # the last may not be in it yet
        day, known = self._today(), self._readings.get(currency)
        rows = dict(known.rows) if known is not None and known.day == day else {}
        running: list[LedgerEntry] = []
        try:
            async for batch in self._source.ledger(currency, start_at=day.start_ms):
                final_rows = [row for row in batch if row.is_final]
                running.extend(row for row in batch if not row.is_final)
                is_known = bool(final_rows) and all(row.offset in rows for row in final_rows)
                rows.update((row.offset, row) for row in final_rows)
                if is_known:
                    break  # what is older was read before
        except TernError as error:
            if currency not in self._failed:
                words = f"The day's result in {currency} could not be read. {error.sentence}"
                self._keeper.warn(words)
            self._failed.add(currency)
            return
        except Exception as error:  # noqa: BLE001 - reported; the day must be read on
            self._owner.report("read the day", error)
            if currency not in self._failed:
                self._keeper.warn(f"The day's result in {currency} could not be read.")
            self._failed.add(currency)
            return
        self._failed.discard(currency)
        total = realized((*rows.values(), *running), day)
        self._readings[currency] = _Reading(day, total, asked_s, rows)
        self._keeper.on_changed.notify()

    # Judging ---------------------------------------------------------------------------------

    def _judge(self) -> None:
        limits = self._keeper.limits
        for currency, most in limits.max_losses.items():
            day, reading = self.day(currency), self._readings.get(currency)
            if day is None or reading is None or day.total > -most:
                continue
            self._keeper.lock_out(
                Lockout(
                    currency,
                    reading.day.end_ms,
                    f"midnight in {limits.zone}",
                    f"The day brought {plain(day.total)} {currency}; your limit is a loss of "
                    f"{plain(most)}.",
                )
            )


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo | None:
    """Looked up in one file of the system, once; None for what is no zone."""
    if name == UTC_NAME:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(name: str) -> tzinfo:
    """A zone by its IANA name; UTC for one that this system does not know."""
    return _zone(name) or UTC


def is_zone(name: str) -> bool:
    """Whether this system knows a zone of this name."""
    return _zone(name) is not None
