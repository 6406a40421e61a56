"""Axis labels: ascending, in sight, on round values, not dense, in the user's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from terminal.domain.candles import CandleInterval
from terminal.domain.units import PriceScale
from terminal.viewmodels.chart_axis import (
    AxisTick,
    TimeScale,
    lots_ticks,
    price_step,
    price_ticks,
    round_up,
    time_ticks,
    zone_text,
)
from terminal.viewmodels.text import MINUS, THIN_SPACE
from tests.support.builders import a_contract

BASE = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
BASE_MS = int(BASE.timestamp() * 1000)
GAP = 84
DAY = timedelta(days=1)


class Seasonal(tzinfo):
    """A zone that is an hour further ahead of UTC in one summer; no other year is known."""

    _HOUR = timedelta(hours=1)

    def __init__(self, hours: int, begins: datetime, ends: datetime) -> None:
        self._winter = timedelta(hours=hours)
        self._begins = begins.replace(tzinfo=None)
        self._ends = ends.replace(tzinfo=None)

    @override
    def fromutc(self, dt: datetime) -> datetime:
        utc = dt.replace(tzinfo=None)
        is_summer = self._begins <= utc < self._ends
        is_second = self._ends <= utc < self._ends + self._HOUR
        return (dt + self._winter + is_summer * self._HOUR).replace(fold=is_second)

    @override
    def utcoffset(self, dt: datetime | None) -> timedelta:
        assert dt is not None
        winter_utc = dt.replace(tzinfo=None, fold=0) - self._winter
        ends = self._ends + (0 if dt.fold else 1) * self._HOUR
        is_summer = self._begins + self._HOUR <= winter_utc < ends
        return self._winter + is_summer * self._HOUR

    @override
    def dst(self, dt: datetime | None) -> timedelta:
        return self.utcoffset(dt) - self._winter

    @override
    def tzname(self, dt: datetime | None) -> str:
        return "Seasonal"


BERLIN = Seasonal(1, datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))
SYDNEY = Seasonal(10, datetime(2025, 10, 4, 16, tzinfo=UTC), datetime(2026, 4, 4, 16, tzinfo=UTC))
KOLKATA = timezone(timedelta(hours=5, minutes=30))
ZONES = (UTC, BERLIN, SYDNEY, KOLKATA, timezone(timedelta(hours=-8)))
TICK_SIZES = ("0.1", "0.05", "0.00001", "1", "0.5", "0.25", "5", "100")


def words(ticks: tuple[AxisTick, ...]) -> list[str]:
    return [tick.text for tick in ticks]


def labels(
    *, of: CandleInterval, at: datetime = BASE, slots: float, slot_px: float, zone: tzinfo = UTC
) -> list[str]:
    """The labels of so many slots from an instant on."""
    scale = TimeScale(int(at.timestamp() * 1000), of, zone)
    return words(time_ticks(0, slots, slot_px=slot_px, gap_px=GAP, scale=scale))


# Prices ----------------------------------------------------------------------------------------


@given(
    st.integers(-1000, 10_000_000),
    st.floats(0.5, 5_000_000),
    st.integers(20, 3000),
    st.sampled_from(TICK_SIZES),
)
def test_price_labels_are_round_in_sight_and_not_dense(
    low: int, span: float, height_px: int, tick_size: str
) -> None:
    """Every label is a multiple of one step within the range, and the gap is kept."""
    contract = a_contract(scale=PriceScale(Decimal(tick_size)))
    ticks = price_ticks(low, low + span, height_px=height_px, gap_px=36, contract=contract)

    step = price_step(span * 36 / height_px, contract.scale)
    assert all(low <= tick.at <= low + span for tick in ticks)
    assert all(tick.at % step == 0 for tick in ticks)
    assert all(after.at - before.at == step for before, after in pairwise(ticks))
    assert step * height_px / span >= 36 - 1e-6
    # None is left out between the first and the last, nor at either end.
    assert len(ticks) == (low + span) // step - -(-low // step) + 1


@given(st.floats(0.001, 1e9), st.sampled_from(TICK_SIZES))
def test_a_price_step_is_the_smallest_round_one(at_least: float, tick_size: str) -> None:
    """One, two or five times a power of ten, on the tick grid, with none smaller that would do."""
    scale = PriceScale(Decimal(tick_size))

    step = price_step(at_least, scale)

    assert step >= at_least
    digit = scale.decimal(step).normalize().as_tuple().digits  # type: ignore[arg-type] # a Price
    assert digit in {(1,), (2,), (5,)}
    smaller = [
        ticks
        for power in range(-6, 12)
        for n in (1, 2, 5)
        for ticks, rest in (divmod(Decimal(n).scaleb(power), scale.tick_size),)
        if not rest and max(1.0, at_least) <= ticks < step
    ]
    assert smaller == []


def test_a_price_step_on_an_odd_grid_is_whole_ticks() -> None:
    """Where no round price lies on the grid, any whole number of ticks will do."""
    assert price_step(12.3, PriceScale(Decimal(7))) == 13


def test_price_labels_read_as_prices_of_the_contract() -> None:
    """All decimals of the tick, thousands apart, true minus."""
    ticks = price_ticks(649_900, 650_200, height_px=300, gap_px=100, contract=a_contract())
    assert words(ticks) == [f"64{THIN_SPACE}990.0", f"65{THIN_SPACE}000.0", *words(ticks[2:])]
    assert [tick.at for tick in ticks] == [649_900, 650_000, 650_100, 650_200]
    assert words(price_ticks(-15, -5, height_px=30, gap_px=20, contract=a_contract())) == [
        f"{MINUS}1.0"
    ]


def test_no_room_no_labels() -> None:
    """An empty range and a plot without height have none."""
    assert price_ticks(5, 5, height_px=100, gap_px=10, contract=a_contract()) == ()
    assert price_ticks(5, 9, height_px=0, gap_px=10, contract=a_contract()) == ()
    assert lots_ticks(0, height_px=100, gap_px=10) == ()
    assert lots_ticks(9, height_px=0, gap_px=10) == ()
    scale = TimeScale(BASE_MS, CandleInterval.M1, UTC)
    assert time_ticks(5, 5, slot_px=8, gap_px=GAP, scale=scale) == ()
    assert time_ticks(5, 9, slot_px=0, gap_px=GAP, scale=scale) == ()


# Lots ------------------------------------------------------------------------------------------


@given(st.floats(0.01, 1e12), st.integers(10, 2000))
def test_sizes_are_round_in_sight_and_not_dense(most: float, height_px: int) -> None:
    """Multiples of a round step above zero, up to the largest, with the gap between them."""
    ticks = lots_ticks(most, height_px=height_px, gap_px=24)

    places = [0.0, *(tick.at for tick in ticks)]
    assert all(0 < tick.at <= most for tick in ticks)
    steps = {after - before for before, after in pairwise(places)}
    assert len(steps) <= 1
    for step in steps:
        assert str(int(step)).rstrip("0") in {"1", "2", "5"}
        assert step * height_px / most >= 24 - 1e-6


def test_sizes_read_as_whole_numbers() -> None:
    """Two and a half thousand lots get a label at each thousand."""
    ticks = lots_ticks(2_500, height_px=100, gap_px=30)
    assert ticks == (AxisTick(1000, f"1{THIN_SPACE}000"), AxisTick(2000, f"2{THIN_SPACE}000"))
    assert [round_up(value) for value in (0.2, 1, 1.1, 2, 3, 5.5, 10, 11)] == [
        1, 1, 2, 2, 5, 10, 10, 20,
    ]  # fmt: skip


# Time ------------------------------------------------------------------------------------------


@given(
    st.sampled_from(CandleInterval),
    st.floats(-20_000, 20_000),
    st.floats(0.01, 80),
    st.integers(100, 2500),
    st.sampled_from(ZONES),
)
def test_time_labels_ascend_in_sight_and_keep_their_distance(
    interval: CandleInterval, left: float, slot_px: float, width_px: int, zone: tzinfo
) -> None:
    """Each stands in the middle of a slot in sight, and no nearer to the next than asked."""
    right = left + width_px / slot_px
    scale = TimeScale(BASE_MS, interval, zone)
    ticks = time_ticks(left, right, slot_px=slot_px, gap_px=GAP, scale=scale)

    assert all(left <= tick.at < right for tick in ticks)
    assert all((tick.at - 0.5).is_integer() for tick in ticks)
    for before, after in pairwise(ticks):
        assert (after.at - before.at) * slot_px >= GAP
    assert all(tick.text for tick in ticks)


@given(
    st.sampled_from([interval for interval in CandleInterval if interval is not CandleInterval.W1]),
    st.floats(-20_000, 20_000),
    st.floats(0.05, 40),
    st.sampled_from(ZONES),
)
def test_a_wide_plot_is_never_without_labels(
    interval: CandleInterval, left: float, slot_px: float, zone: tzinfo
) -> None:
    """Labels are not much rarer than asked either: a plot of eight gaps has at least two."""
    scale = TimeScale(BASE_MS, interval, zone)
    right = left + 8 * GAP / slot_px
    assert len(time_ticks(left, right, slot_px=slot_px, gap_px=GAP, scale=scale)) >= 2


@pytest.mark.parametrize(
    ("interval", "slots", "slot_px", "expected"),
    [
        (CandleInterval.M1, 30, 20.0, ["2026", "00:05", "00:10", "00:15", "00:20", "00:25"]),
        (CandleInterval.M5, 60, 8.0, ["2026", "01:00", "02:00", "03:00", "04:00"]),
        (CandleInterval.H8, 6, 80.0, ["2026", "2 Jan"]),
        (CandleInterval.H8, 4, 90.0, ["2026", "08:00", "16:00", "2 Jan"]),
        (CandleInterval.D1, 35, 8.4, ["11 Jan", "21 Jan", "Feb"]),
        (CandleInterval.D1, 65, 4.0, ["Feb", "Mar"]),
        (CandleInterval.D1, 400, 1.0, ["Apr", "Jul", "Oct", "2027"]),
        (CandleInterval.W1, 60, 8.0, ["2026", "Apr", "Jul", "Oct", "2027"]),
        (CandleInterval.W1, 9, 80.0, ["2026", "Feb", "Mar"]),
    ],
)
def test_time_labels_say_what_begins(
    interval: CandleInterval, slots: int, slot_px: float, expected: list[str]
) -> None:
    """Times within a day, the date at its first candle, the month at its first, the year too."""
    at = BASE - timedelta(days=4) if interval.ms < CandleInterval.D1.ms else BASE
    assert labels(of=interval, at=at, slots=slots, slot_px=slot_px) == expected


def test_times_are_the_users_and_days_the_exchanges() -> None:
    """Minutes are shown in the zone; a daily candle keeps the date that the exchange gives it."""
    zone = timezone(timedelta(hours=-8))
    assert labels(of=CandleInterval.H1, slots=24, slot_px=20, zone=zone) == [
        "18:00",
        "5 Jan",
        "06:00",
        "12:00",
    ]
    assert labels(of=CandleInterval.D1, slots=3, slot_px=90, zone=zone) == [
        "5 Jan",
        "6 Jan",
        "7 Jan",
    ]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [27, 34])
def test_days_begin_at_midnight_of_the_zone(zone: tzinfo, day: int) -> None:
    """Labels a day apart stand at the first candle of the day, before and after a change."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day - 1)
    scale = TimeScale(int(at.timestamp() * 1000), CandleInterval.M30, zone)

    ticks = time_ticks(0, 240, slot_px=2, gap_px=GAP, scale=scale)

    starts = [scale.start_of(int(tick.at - 0.5)) for tick in ticks]
    assert len(starts) == 5
    assert all(start.strftime("%H:%M") == "00:00" for start in starts)
    assert all(after.date() - before.date() == DAY for before, after in pairwise(starts))
    assert words(ticks)[:2] == [
        f"{day + n} Mar" if day < 31 else f"{day + n - 31} Apr" for n in (1, 2)
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # The clocks go forward at 02:00: it is followed by 03:00.
        (datetime(2026, 3, 28, 23, tzinfo=UTC), ["29 Mar", "01:00", "03:00", "04:00", "05:00"]),
        # And back at 03:00: 02:00 comes twice.
        (
            datetime(2026, 10, 24, 22, tzinfo=UTC),
            ["25 Oct", "01:00", "02:00", "02:00", "03:00", "04:00"],
        ),
    ],
)
def test_labels_stay_on_the_hour_when_the_clocks_change(day: datetime, expected: list[str]) -> None:
    """Even times are even before and after."""
    found = labels(of=CandleInterval.M30, at=day, slots=12, slot_px=42, zone=BERLIN)
    assert found[: len(expected)] == expected


@pytest.mark.parametrize(
    "change", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
)
def test_even_hours_stay_even_after_the_clocks_change(change: datetime) -> None:
    """Six-hour labels stand at midnight, six, noon and eighteen on both sides of the change."""
    found = labels(
        of=CandleInterval.M30, at=change - timedelta(days=2), slots=192, slot_px=7, zone=BERLIN
    )
    assert {word for word in found if ":" in word} == {"06:00", "12:00", "18:00"}


def test_the_first_of_march_is_there_in_a_leap_year() -> None:
    """The 29th of February gives way to the month that follows it."""
    start = datetime(2028, 2, 20, tzinfo=UTC)
    assert labels(of=CandleInterval.D1, at=start, slots=16, slot_px=42) == [
        "21 Feb",
        "23 Feb",
        "25 Feb",
        "27 Feb",
        "Mar",
        "3 Mar",
        "5 Mar",
    ]


@given(st.sampled_from(ZONES), st.integers(0, 525_600))
def test_major_labels_are_where_a_day_begins(zone: tzinfo, minute: int) -> None:
    """A bold label stands at the first candle of a day of the zone, and nowhere else."""
    scale = TimeScale(BASE_MS, CandleInterval.M5, zone)
    left = minute / 5
    for tick in time_ticks(left, left + 400, slot_px=4, gap_px=GAP, scale=scale):
        slot = int(tick.at - 0.5)
        is_first = scale.start_of(slot).date() != scale.start_of(slot - 1).date()
        assert tick.is_major == is_first
        assert (":" in tick.text) != is_first


def test_instants_and_slots() -> None:
    """A slot begins at its start; an instant within one belongs to the next that begins."""
    scale = TimeScale(BASE_MS, CandleInterval.M5, UTC)
    assert scale.start_of(3) == BASE + timedelta(minutes=15)
    assert scale.start_of(-1) == BASE - timedelta(minutes=5)
    assert scale.slot_from(BASE_MS + 300_000) == 1
    assert scale.slot_from(BASE_MS + 300_001) == 2


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (UTC, "UTC"),
        (timezone(timedelta(hours=2)), "UTC+2"),
        (KOLKATA, "UTC+5:30"),
        (timezone(timedelta(hours=-3, minutes=-30)), f"UTC{MINUS}3:30"),
        (timezone(timedelta(minutes=-30)), f"UTC{MINUS}0:30"),
    ],
)
def test_the_zone_is_told(zone: tzinfo, expected: str) -> None:
    """Hours ahead of or behind UTC, minutes where there are any; days are always in UTC."""
    assert zone_text(0, TimeScale(BASE_MS, CandleInterval.M1, zone)) == expected
    assert zone_text(0, TimeScale(BASE_MS, CandleInterval.D1, zone)) == "UTC"


def test_the_zone_follows_the_season() -> None:
    """Central Europe is one hour ahead in winter, two in summer."""
    scale = TimeScale(BASE_MS, CandleInterval.H1, BERLIN)
    assert [zone_text(24 * day, scale) for day in (0, 180)] == ["UTC+1", "UTC+2"]


def test_long_ago_is_no_problem() -> None:
    """A weekly plot that reaches back before 1970 has labels there."""
    found = labels(
        of=CandleInterval.W1, at=datetime(1950, 1, 2, tzinfo=UTC), slots=1000, slot_px=1.0
    )
    assert found[:3] == ["1950", "1952", "1954"]
