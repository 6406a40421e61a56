"""Where a contract's price goes: a function of seed and time, for the past and for what comes.

The logarithm of the price is a Brownian path in a clock of its own, which runs faster in busy
hours: regimes over weeks, the season of the day, and bursts that are passed down from each span to
its parts. A span is made before its parts: its open, close, high, low, lots and turnover are known
first and the parts are drawn so that they give exactly these. So any interval of any year can be
asked for alone, is cheap, and is always the exact merger of its minutes.

All contracts share a part of what moves them, those of one base nearly everything. Prices are
ticks, logarithms of prices are those of the ratio to the price at the opening.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec

MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60
DAY_MS = DAY_MINUTES * MINUTE_MS
CHAIN = (1440, 720, 240, 120, 60, 30, 15, 5, 1)
"""The spans that are made of each other, in minutes, each from the one before."""

_WORD = (1 << 64) - 1
_PARENT = {part: whole for whole, part in itertools.pairwise(CHAIN)}
_TOP = 12  # levels above a day: their root spans eleven years
_SHIFT_DAYS = 1300  # moves the ends of that span away from the years that matter
_HOME_DAYS = 64  # longer spans stray no farther than this one: prices come home within years
_REGIMES = 6  # so many levels above a day have moods: regimes of up to two months
_REGIME = 0.30
_BURST = 0.52  # how unevenly a span's activity falls on its parts
_FINE_BURST = 0.36  # the same for parts of half an hour
_RUSH = 1.0  # the same within a minute
_NEWS_ONE_IN = 400  # minutes in which most happens at one instant
_OWN = 0.06  # of a contract's moves within an hour, how much is not that of its base
_KEPT = 2000
_KEPT_SPANS = 256  # three hours of minutes and what they are parts of
_WEEKEND = 0.55
_SEASON = (
    *(0.85, 0.95, 0.85, 0.75, 0.65, 0.60, 0.65, 0.85, 1.05, 1.10, 1.00, 0.95),
    *(1.10, 1.50, 1.85, 1.70, 1.45, 1.20, 1.05, 0.95, 0.90, 0.85, 0.75, 0.75),
)  # by hours of the day, UTC: busiest when Europe and America trade
# Where in a standard normal distribution the middle of a span is looked for.
_STEPS = tuple(-2.6 + 0.52 * number for number in range(11))
_MASS = tuple(math.exp(-step * step / 2) for step in _STEPS)


@final
class Dice:
    """Numbers that depend on a seed and on what they are asked for, and on nothing else."""

    def __init__(self, seed: str) -> None:
        self._key = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")

    def word(self, kind: int, place: int) -> int:
        """64 even bits."""
        word = (self._key + kind * 0x9E3779B97F4A7C15 + place * 0xD1B54A32D192ED03) & _WORD
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
        return word ^ (word >> 31)

    def gauss(self, kind: int, place: int) -> float:
        """Nearly normal, variance 1, never beyond 3.47: the sum of four even numbers."""
        word = self.word(kind, place)
        total = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
        return (total / 65535 - 2) * 1.7320508

    def even(self, kind: int, place: int) -> float:
        """Even between 0 and 1, both excluded."""
        return (self.word(kind, place) + 0.5) / 18446744073709551616


@final
class Span(NamedTuple):
    """An interval of the chain. ``start`` and ``minutes`` are epoch minutes.

    Prices are ticks and whole, ``traded`` is the sum of price times lots. ``left``, ``right``,
    ``top`` and ``bottom`` are logarithms, ``room`` is the variance of what happens within. Without
    ``lots`` nothing moves and all prices are the same.
    """

    start: int
    minutes: int
    open: int
    high: int
    low: int
    close: int
    lots: int
    traded: int
    left: float
    right: float
    top: float
    bottom: float
    room: float


# What the dice are thrown for; levels and sizes of spans are added to it.
_MIDDLE, _SHARE, _TOPS, _BOTTOMS, _LOTS, _REGIMES_AT, _MEAN = (
    0,
    2000,
    4000,
    6000,
    8000,
    10_000,
    12_000,
)


@final
class PricePath:
    """One contract's spans. At ``opened_ms``'s minute the price is its start price."""

    def __init__(self, spec: ContractSpec, seed: str, opened_ms: int) -> None:
        self.opened_minute = opened_ms // MINUTE_MS
        self._seed = seed
        self._spec = spec
        self._common = Dice(f"{seed}-common")
        self._base = Dice(f"{seed}-{spec.base}")
        self._own = Dice(f"{seed}-{spec.symbol}")
        self._follows = spec.follows, math.sqrt(1 - spec.follows**2)
        self._drift = spec.drift / (365 * DAY_MINUTES)
        self._day_lots = spec.daily_lots
        self._days: dict[int, float] = {}
        self._spans: dict[tuple[int, int], Span] = {}
        self._home = 0.0
        self._home = self.span(self.opened_minute - 1, 1).right
        self._spans.clear()

    def _rank(self, kind: int, place: int) -> float:
        """An even number between 0 and 1, shared as ``_mixed`` is."""
        return 0.5 * (1 + math.erf(self._mixed(kind, place) / 1.4142135624))

    # Days ------------------------------------------------------------------------------------

    def _mixed(self, kind: int, place: int) -> float:
        """A normal number of which a part is common to all contracts, the rest to the base."""
        common, base = self._follows
        return common * self._common.gauss(kind, place) + base * self._base.gauss(kind, place)

    def _edge(self, day: int) -> float:
        """The path at the beginning of a day."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _KEPT:
                self._days.clear()
            found = self._days[day] = self._made_edge(day) + self._drift * day * DAY_MINUTES
        return found

    def _made_edge(self, day: int) -> float:
        left, right, number = 0.0, 0.0, day + _SHIFT_DAYS
        for level in range(_TOP, 0, -1):
            if not number & ((1 << level) - 1):
                break
            node = number >> level
            spread = self._spec.daily * math.sqrt(
                min(1 << level, _HOME_DAYS) * self._mood(level, node)
            )
            middle = (left + right) / 2 + spread / 2 * self._mixed(_MIDDLE + level, node)
            if number >> (level - 1) & 1:
                left = middle
            else:
                right = middle
        return left

    def _mood(self, level: int, node: int) -> float:
        """How busy a span of days is, 1 on average: it has the moods of all that it is part of."""
        total, count = 0.0, 0
        for at in range(level, _REGIMES + 1):
            total += self._mixed(_REGIMES_AT + at, node >> (at - level))
            count += 1
        return math.exp(_REGIME * total - _REGIME * _REGIME / 2 * count)

    def _made_day(self, day: int) -> Span:
        left, right = self._edge(day) - self._home, self._edge(day + 1) - self._home
        mood = self._mood(0, day + _SHIFT_DAYS)
        # Moods above belong to the variance between days; within a day the weekend is quieter.
        room = self._spec.daily**2 * mood * (_WEEKEND if (day + 4) % 7 in {0, 6} else 1.0)
        reach = (right - left) ** 2
        up, down = self._rank(_TOPS, day), self._rank(_BOTTOMS, day)
        top = (left + right + math.sqrt(reach - 2 * room * math.log(up))) / 2
        bottom = (left + right - math.sqrt(reach - 2 * room * math.log(down))) / 2
        busy = math.exp(0.25 * self._own.gauss(_LOTS, day)) * (room / self._spec.daily**2) ** 0.6
        lots = int(self._day_lots * busy) + DAY_MINUTES
        low, high = self._ticks(bottom), self._ticks(top)
        mean = (self._ticks(left) + self._ticks(right) + low + high) // 4
        return Span(
            day * DAY_MINUTES, DAY_MINUTES, self._ticks(left), high, low, self._ticks(right),
            lots, lots * mean, left, right, top, bottom, room,
        )  # fmt: skip

    def _ticks(self, at: float) -> int:
        return max(1, round(self._spec.start_ticks * math.exp(at)))

    # Spans -----------------------------------------------------------------------------------

    def span(self, start: int, minutes: int) -> Span:
        """A span of the chain; ``start`` is a whole number of its size. Costs microseconds."""
        found = self._spans.get((start, minutes))
        if found is not None:
            return found
        if len(self._spans) >= _KEPT_SPANS:
            self._spans.clear()
        if minutes == DAY_MINUTES:
            found = self._spans[start, minutes] = self._made_day(start // DAY_MINUTES)
            return found
        size = _PARENT[minutes]
        rest = self.span(start - start % size, size)
        while rest.minutes > minutes:
            part, rest = self._split(rest, minutes)
            self._spans[part.start, minutes] = part
        self._spans[rest.start, minutes] = rest
        return self._spans[start, minutes]

    def _split(self, span: Span, first: int) -> tuple[Span, Span]:
        """The first minutes of a span and the rest of it, which together are the span exactly."""
        start, minutes = span.start, span.minutes
        rest = minutes - first
        if span.lots == 0:
            near = span._replace(minutes=first)
            return near, span._replace(start=start + first, minutes=rest)
        if span.lots == 1:
            return _single(span, first)
        kind = minutes  # no two splits have the same start and size
        season = _season(start, first)
        season /= season + _season(start + first, rest)
        tilt = 0.9 * self._common.gauss(_SHARE + kind, start)
        tilt += 0.44 * self._base.gauss(_SHARE + kind, start)
        weight = season * math.exp((_BURST if minutes > 30 else _FINE_BURST) * tilt)
        share = weight / (weight + 1 - season)
        share = min(0.98, max(0.02, share))
        if first == 1 and self._own.word(_LOTS + kind, start) % self._spec.quiet_one_in == 0:
            quiet = self._quiet_first(span)
            if quiet is not None:
                return quiet
        middle = self._middle(span, share, kind)
        return self._parts(span, first, share, middle)

    def _quiet_first(self, span: Span) -> tuple[Span, Span] | None:
        """A first minute in which nothing happens, unless it is the last before the opening."""
        if span.start == self.opened_minute - 1:
            return None
        price, left = span.open, span.left
        near = Span(span.start, 1, price, price, price, price, 0, 0, left, left, left, left, 0.0)
        return near, span._replace(start=span.start + 1, minutes=span.minutes - 1)

    def _middle(self, span: Span, share: float, kind: int) -> float:
        """Where the path is between the parts, given how far it went in all.

        The straight line and a normal number, weighed by how likely the span's top and
        bottom are on a path through there. The number is turned into the weighed one by its rank,
        so that contracts that share numbers move together.
        """
        left, right, top, bottom, room = span.left, span.right, span.top, span.bottom, span.room
        near, far = share * room, (1 - share) * room
        both = share * (1 - share)
        spread = math.sqrt(room * both)
        line = left + (right - left) * share
        thrown = self._mixed(_MIDDLE + 100 + kind, span.start)
        if span.minutes <= 60:
            thrown = math.sqrt(1 - _OWN**2) * thrown + _OWN * self._own.gauss(
                _MIDDLE + 100 + kind, span.start
            )
        if spread <= 0.0:
            return min(top, max(bottom, line))
        sums, total = [], 0.0
        for step, mass in zip(_STEPS, _MASS, strict=True):
            at = line + spread * step
            if bottom < at < top:
                total += (
                    mass
                    * _reaches(top - left, top - at, near, top - right, far)
                    * _reaches(left - bottom, at - bottom, near, right - bottom, far)
                )
            sums.append(total)
        if total <= 0.0:
            return min(top, max(bottom, line + spread * thrown))
        wanted = total * 0.5 * (1 + math.erf(thrown / 1.4142135624))
        place = min(len(sums) - 1, bisect_left(sums, wanted))
        before = sums[place - 1] if place else 0.0
        inside = (wanted - before) / max(1e-300, sums[place] - before)
        return min(top, max(bottom, line + spread * (_STEPS[place] + 0.52 * (inside - 0.5))))

    def _parts(self, span: Span, first: int, share: float, middle: float) -> tuple[Span, Span]:
        start, minutes = span.start, span.minutes
        near, far = share * span.room, (1 - share) * span.room
        kind = minutes
        tops = _highs(
            (span.left, middle, near), (middle, span.right, far), span.top,
            self._rank(_TOPS + kind, start), self._rank(_MEAN + kind, start),
        )  # fmt: skip
        bottoms = _highs(
            (-span.left, -middle, near), (-middle, -span.right, far), -span.bottom,
            self._rank(_BOTTOMS + kind, start), self._rank(_MEAN + 2000 + kind, start),
        )  # fmt: skip
        ticks, at = self._ticks, self._ticks(middle)
        # What is the top of the whole stays exactly that, also in ticks.
        highs = [span.high if top == span.top else ticks(top) for top in tops]
        lows = [span.low if -low == span.bottom else ticks(-low) for low in bottoms]
        highs = [max(high, at) for high in highs]
        lows = [min(low, at) for low in lows]
        highs = [
            min(span.high, max(highs[0], span.open)),
            min(span.high, max(highs[1], span.close)),
        ]
        lows = [max(span.low, min(lows[0], span.open)), max(span.low, min(lows[1], span.close))]
        lots = min(span.lots - 1, max(1, round(span.lots * share)))
        means = (
            (span.open + at + lows[0] + highs[0]) // 4,
            (at + span.close + lows[1] + highs[1]) // 4,
        )
        traded = _turnover(span, lots, (lows[0], means[0], highs[0]), (lows[1], means[1], highs[1]))
        one = Span(
            start, first, span.open, highs[0], lows[0], at, lots, traded,
            span.left, middle, tops[0], -bottoms[0], near,
        )  # fmt: skip
        two = Span(
            start + first, minutes - first, at, highs[1], lows[1], span.close,
            span.lots - lots, span.traded - traded,
            middle, span.right, tops[1], -bottoms[1], far,
        )  # fmt: skip
        return one, two

    def price(self, minute: int) -> float:
        """The price at the beginning of a minute (epoch minutes), in ticks, not rounded."""
        return self._spec.start_ticks * math.exp(self.span(minute, 1).left)

    # Within a minute -------------------------------------------------------------------------

    def inner(self, minute: int, levels: int) -> tuple[list[float], list[float]]:
        """The path within a minute in 2**levels equal steps, for whoever trades live.

        The logarithms at the beginning of each step and at the end, and the share of the minute's
        activity that falls on each step, 1 on average.
        """
        span = self.span(minute, 1)
        common = random.Random(f"{self._seed}-{minute}")
        base = random.Random(f"{self._seed}-{self._spec.base}-{minute}")
        with_all, with_base = self._follows
        common_throw, base_throw, exp, sqrt = common.gauss, base.gauss, math.exp, math.sqrt
        is_news = common.random() * _NEWS_ONE_IN < 1
        path, rooms, whole = [span.left, span.right], [1.0], span.room
        for _ in range(levels):
            finer: list[float] = []
            halves: list[float] = []
            near = path[0]
            for room, far in zip(rooms, path[1:], strict=True):
                share = 1 / (1 + exp(_RUSH * common_throw(0, 1)))
                if is_news and room > 0.6:
                    share = 0.999
                rest = 1 - share
                throw = with_all * common_throw(0, 1) + with_base * base_throw(0, 1)
                middle = near + (far - near) * share + sqrt(whole * room * share * rest) * throw
                finer += (near, middle)
                halves += (room * share, room * rest)
                near = far
            path, rooms = [*finer, path[-1]], halves
        count = float(1 << levels)
        return path, [room * count for room in rooms]

    def pace(self, minute: int) -> float:
        """How busy a minute is compared with a usual one."""
        return self.span(minute, 1).room * DAY_MINUTES / self._spec.daily**2


def _single(span: Span, first: int) -> tuple[Span, Span]:
    """One lot cannot be parted: all happens in the first minutes."""
    price, at = span.close, span.right
    start, minutes = span.start + first, span.minutes - first
    still = Span(start, minutes, price, price, price, price, 0, 0, at, at, at, at, 0.0)
    return span._replace(minutes=first), still


def _season(start: int, minutes: int) -> float:
    """What share of a day's activity falls on a span, on average."""
    total, at, end = 0.0, start, start + minutes
    while at < end:
        until = min(end, at - at % 60 + 60)
        total += _SEASON[at // 60 % 24] * (until - at)
        at = until
    return total / DAY_MINUTES


def _reaches(left: float, middle: float, near: float, right: float, far: float) -> float:
    """How likely a bridge over two parts has its highest point just there, but for a factor.

    ``left``, ``middle`` and ``right`` say how far below that point the path is at the edges;
    ``near`` and ``far`` are the variances of the parts.
    """
    one = 1 - math.exp(-2 * left * middle / near)
    two = 1 - math.exp(-2 * middle * right / far)
    return (left + middle) / near * (1 - one) * two + (middle + right) / far * (1 - two) * one


def _highs(
    one: tuple[float, float, float], two: tuple[float, float, float], top: float,
    chosen: float, drawn: float,
) -> tuple[float, float]:  # fmt: skip
    """The highest points of two parts (from, to, variance), one of which is ``top``."""
    (a, b, near), (_, c, far) = one, two
    first = 1 - math.exp(-2 * (top - a) * (top - b) / near) if near > 0 else 1.0
    second = 1 - math.exp(-2 * (top - b) * (top - c) / far) if far > 0 else 1.0
    by_first = (2 * top - a - b) / near * (1 - first) * second if near > 0 else 0.0
    by_second = (2 * top - b - c) / far * (1 - second) * first if far > 0 else 0.0
    if top in {a, b, c}:
        is_first, is_second = top in {a, b}, top in {b, c}
    else:
        is_first = chosen * (by_first + by_second) <= by_first and near > 0
        is_second = not is_first
    return (
        top if is_first else _below(a, b, near, drawn * first, top),
        top if is_second else _below(b, c, far, drawn * second, top),
    )


def _below(left: float, right: float, room: float, drawn: float, top: float) -> float:
    """A highest point of a bridge, by its rank among all."""
    reach = (right - left) ** 2 - 2 * room * math.log(max(1e-12, 1 - drawn))
    return min(top, max(left, right, (left + right + math.sqrt(reach)) / 2))


def _turnover(span: Span, lots: int, one: tuple[int, int, int], two: tuple[int, int, int]) -> int:
    """The turnover of the first of two parts (low, mean and high of each).

    What the means miss of the whole is taken from both, as far as each has room for it.
    """
    rest = span.lots - lots
    first, second = (part[0] if part[1] < part[0] else min(part[1], part[2]) for part in (one, two))
    missing = span.traded - lots * first - rest * second
    edge = 2 if missing > 0 else 0
    rooms = lots * abs(one[edge] - first), rest * abs(two[edge] - second)
    given = missing * rooms[0] // max(1, rooms[0] + rooms[1])
    wanted = lots * first + given
    least = max(lots * one[0], span.traded - rest * two[2])
    most = min(lots * one[2], span.traded - rest * two[0])
    return min(most, max(least, wanted))
