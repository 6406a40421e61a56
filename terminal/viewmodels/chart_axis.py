"""Where the chart's axes have labels and what they say: pure functions of range, size and zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from math import ceil, floor, log10
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.units import Price
from terminal.viewmodels import text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from terminal.domain.candles import CandleInterval
    from terminal.domain.contract import Contract
    from terminal.domain.units import PriceScale

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_HOUR_MS = 60 * _MINUTE_MS
_WITHIN_DAY = (
    *(n * _MINUTE_MS for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR_MS for n in (1, 2, 3, 4, 6, 8, 12)),
)
_DAYS = (1, 2, 5, 10)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_SHORTEST_MONTH_MS = 28 * _DAY_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MANY = 400


@final
class AxisTick(NamedTuple):
    """One label of an axis: its place in the axis's unit; major ones begin a day, month or year."""

    at: float
    text: str
    is_major: bool = False


# Prices ----------------------------------------------------------------------------------------


def price_ticks(
    low: float, high: float, *, height_px: int, gap_px: int, contract: Contract
) -> tuple[AxisTick, ...]:
    """Labels between two prices (in ticks), at least ``gap_px`` apart, at round prices."""
    if high <= low or height_px <= 0:
        return ()
    step = price_step((high - low) * gap_px / height_px, contract.scale)
    first, last = ceil(low / step), floor(high / step)
    if last - first > _MANY:
        return ()
    return tuple(
        AxisTick(float(n * step), text.price(Price(n * step), contract))
        for n in range(first, last + 1)
    )


def price_step(at_least: float, scale: PriceScale) -> int:
    """The smallest round step that is not below ``at_least``, both in ticks.

    Round is 1, 2 or 5 times a power of ten in the price itself, as far as such a price lies on the
    tick grid; else any whole number of ticks.
    """
    least = max(1.0, at_least)
    exponent = floor(log10(least * float(scale.tick_size))) - 1
    for power in range(exponent, exponent + 4):
        for digit in (1, 2, 5):
            ticks, rest = divmod(Decimal(digit).scaleb(power), scale.tick_size)
            if not rest and ticks >= least:
                return int(ticks)
    return ceil(least)


def lots_ticks(most: float, *, height_px: int, gap_px: int) -> tuple[AxisTick, ...]:
    """Round sizes from above zero up to ``most``."""
    if most <= 0 or height_px <= 0:
        return ()
    step = max(1, round_up(most * gap_px / height_px))
    return tuple(
        AxisTick(float(n * step), text.whole(n * step)) for n in range(1, floor(most / step) + 1)
    )


def round_up(value: float) -> int:
    """The next 1, 2 or 5 times a power of ten (at least 1)."""
    if value <= 1:
        return 1
    power = 10 ** floor(log10(value))
    return int(next(n * power for n in (1, 2, 5, 10) if n * power >= value - 1e-9))


# Time ------------------------------------------------------------------------------------------


@final
class TimeScale(NamedTuple):
    """What turns slots into times: the start of slot 0 (epoch ms) and the interval.

    ``zone`` is the user's; None takes the system's. Days and weeks are the exchange's own, in UTC:
    moved into another zone, a daily candle would bear the wrong date.
    """

    base_ms: int
    interval: CandleInterval
    zone: tzinfo | None = None

    def start_of(self, slot: int) -> datetime:
        """When a slot begins, in the zone it is shown in."""
        return self.local(self.base_ms + slot * self.interval.ms)

    def local(self, at_ms: float) -> datetime:
        """An instant in the zone it is shown in."""
        at = _EPOCH + timedelta(milliseconds=at_ms)
        return at if self.interval.ms >= _DAY_MS else at.astimezone(self.zone)

    def slot_from(self, at_ms: float) -> int:
        """The first slot that begins at or after an instant."""
        return ceil((at_ms - self.base_ms) / self.interval.ms)


def zone_text(slot: int, scale: TimeScale) -> str:
    """The zone of the time labels around a slot: UTC, UTC+2, UTC+5:30."""
    offset = scale.start_of(slot).utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else text.MINUS
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def time_ticks(
    left: float, right: float, *, slot_px: float, gap_px: int, scale: TimeScale
) -> tuple[AxisTick, ...]:
    """Labels of the slots in ``[left, right)``, at least ``gap_px`` (above zero) apart.

    Each label stands under a candle's place and tells when that candle begins; ``at`` is the middle
    of its slot. The first of a day, month or year says so instead of the time.
    """
    if slot_px <= 0 or right <= left:
        return ()
    ms_per_px = scale.interval.ms / slot_px
    from_ms = scale.base_ms + (left - 1) * scale.interval.ms
    to_ms = scale.base_ms + right * scale.interval.ms
    least_ms = max(scale.interval.ms, gap_px * ms_per_px)
    ticks: list[AxisTick] = []
    before: int | None = None
    for at_ms in _boundaries(from_ms, to_ms, least_ms, scale):
        slot = scale.slot_from(at_ms)
        if not left <= slot + 0.5 < right:
            continue
        if before is not None and (slot - before) * slot_px < gap_px:
            continue  # the clocks were changed: this day is shorter than others
        before = slot
        ticks.append(AxisTick(slot + 0.5, *_time_words(slot, scale)))
    return tuple(ticks)


def _time_words(slot: int, scale: TimeScale) -> tuple[str, bool]:
    at, before = scale.start_of(slot), scale.start_of(slot - 1)
    if at.year != before.year:
        return str(at.year), True
    if at.month != before.month:
        return MONTHS[at.month - 1], True
    if at.date() != before.date():
        return f"{at.day} {MONTHS[at.month - 1]}", scale.interval.ms < _DAY_MS
    return at.strftime("%H:%M"), False


def _boundaries(from_ms: float, to_ms: float, least_ms: float, scale: TimeScale) -> Iterator[float]:
    """Instants at even times of the zone, ascending, so far apart as asked in whole candles."""
    interval_ms = scale.interval.ms
    for step in _WITHIN_DAY:
        if step >= least_ms and step % interval_ms == 0:
            return _even_times(from_ms, to_ms, step, scale)
    for days in _DAYS:
        if days * _DAY_MS >= least_ms and _DAY_MS % interval_ms == 0:
            return _even_days(from_ms, to_ms, days, scale)
    months = next((n for n in _MONTH_STEPS if n * _SHORTEST_MONTH_MS >= least_ms), _MONTH_STEPS[-1])
    return _even_months(from_ms, to_ms, months, scale)


def _even_times(from_ms: float, to_ms: float, step: int, scale: TimeScale) -> Iterator[float]:
    offset = _offset_ms(from_ms, scale)
    at = ceil((from_ms + offset) / step) * step - offset
    while at < to_ms:
        moved = _offset_ms(at, scale) - offset
        if moved:  # the clocks were changed: even times lie elsewhere from here on
            offset += moved
            at = ceil((at + offset) / step) * step - offset
        yield at
        at += step


def _even_days(from_ms: float, to_ms: float, days: int, scale: TimeScale) -> Iterator[float]:
    """The first of each month, and on from there while as many days are left before the next."""
    at = scale.local(from_ms)
    for number in count(at.year * 12 + at.month - 1):
        year, month = divmod(number, 12)
        length = monthrange(year, month + 1)[1]
        for day in range(1, length + 2 - days, days):
            at_ms = _midnight_ms(datetime(year, month + 1, day, tzinfo=UTC), scale)
            if at_ms >= to_ms:
                return
            if at_ms >= from_ms:
                yield at_ms


def _even_months(from_ms: float, to_ms: float, months: int, scale: TimeScale) -> Iterator[float]:
    first = scale.local(from_ms)
    for number in count((first.year * 12 + first.month - 1) // months * months, months):
        year, month = divmod(number, 12)
        at_ms = _midnight_ms(datetime(year, month + 1, 1, tzinfo=UTC), scale)
        if at_ms >= to_ms:
            return
        if at_ms >= from_ms:
            yield at_ms


def _midnight_ms(day: datetime, scale: TimeScale) -> float:
    """When a day begins in the zone; ``day`` is the same midnight in UTC."""
    utc_ms = day.timestamp() * 1000
    return utc_ms - _offset_ms(utc_ms - _offset_ms(utc_ms, scale), scale)


def _offset_ms(at_ms: float, scale: TimeScale) -> int:
    offset = scale.local(at_ms).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() * 1000)
