"""Index, premium, interest and funding rates of a contract at every instant.

Before the market opened they are functions of seed and time; from then on they are what the market
showed: for two hours every second, then of each minute where it opened, its high, its low and where
it closed. Rows for a year are worked out when somebody asks for them. The index is counted in steps
of its own grid, the premium in millionths. Source: reference 2.6, 7.7.
"""

from __future__ import annotations

import itertools
import math
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.market.path import DAY_MS, MINUTE_MS, Dice

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.path import PricePath

SECOND_MS = 1000
HOUR_MS = 60 * MINUTE_MS
CYCLE_MS = 8 * 60 * MINUTE_MS
"""The interval of the series whose names end in 8H, and the usual one between settlements."""

BASE_INTEREST = 0.0003
QUOTE_INTEREST = 0.0006
"""What it costs to borrow the base and the quote currency for a day."""

DAILY_INTEREST = 0.0003
"""Their difference."""

FUNDING_CAP = 0.003
_CLAMP = 0.0005
_MILLION = 1_000_000
_SLOW_MS = 12 * HOUR_MS
_FAST_MS = HOUR_MS  # within an hour the premium goes straight
_YEAR_MS = 365 * DAY_MS
_WIGGLE = 300
_KEPT = 8192
_KEPT_HOURS = 10_000
_WHOLE_S = 2 * 60 * 60
_THINNED_S = 10 * 60  # so many seconds are thinned out at once


@final
class Figures(NamedTuple):
    """Open, high, low and close of a series in an interval."""

    open: float
    high: float
    low: float
    close: float


@final
class Series:
    """One contract's series since ``first_ms``. Instants are epoch ms."""

    def __init__(self, spec: ContractSpec, path: PricePath, seed: str, opened_ms: int) -> None:
        self._path = path
        self._spec = spec
        self._dice = Dice(f"{seed}-series")
        self._grid = float(spec.tick / spec.index_tick)
        self._scale = 0.00045 if spec.base == "XBT" else 0.0006
        self._from_minute = opened_ms // MINUTE_MS
        self._from_s = self._from_minute * 60
        self.first_ms = min(spec.first_open_ms, opened_ms - 30 * DAY_MS)
        # What the market showed, by seconds after ``_from_s``, only where it changed. Minutes
        # before ``_thinned_s`` keep no more than what their figures need.
        self._thinned_s = 0
        self._at = array("I")
        self._index = array("i")
        self._premium = array("i")
        self._nodes: dict[tuple[int, int], float] = {}
        self._hours: dict[int, tuple[int, int, int, int]] = {}
        self._rates: dict[tuple[int, int], float] = {}
        self._averages: dict[int, float] = {}

    def crowd_premium(self, at_ms: int) -> float:
        """How far the price is above the index, as a fraction: a slow wave and a faster one.

        Straight within an hour. Of a dated contract it also is what is left of its basis.
        """
        slow = self._wave(1, at_ms, _SLOW_MS)
        wave = self._scale * (slow + 0.35 * self._wave(2, at_ms, _FAST_MS))
        if self._spec.expires_ms is None:
            return wave
        return wave - self._spec.drift * max(0, self._spec.expires_ms - at_ms) / _YEAR_MS

    def _wave(self, kind: int, at_ms: int, period_ms: int) -> float:
        node, rest = divmod(at_ms, period_ms)
        near, far = self._node(kind, node), self._node(kind, node + 1)
        return near + (far - near) * rest / period_ms

    def _node(self, kind: int, node: int) -> float:
        found = self._nodes.get((kind, node))
        if found is None:
            if len(self._nodes) >= _KEPT:
                self._nodes.clear()
            found = self._nodes[kind, node] = self._dice.gauss(kind, node)
        return found

    # The market shows ------------------------------------------------------------------------

    def observe(self, at_ms: int, index: int, premium: float) -> None:
        """The market's index (in steps) and premium (fraction) from now on.

        The last word in a second is that second's value. Now and then what is older than two hours
        is thinned out, by what is observed alone: asking changes nothing.
        """
        second = max(0, at_ms // SECOND_MS - self._from_s)
        millionths = round(premium * _MILLION)
        if self._at and second <= self._at[-1]:
            self._index[-1], self._premium[-1] = index, millionths
        elif not self._at or (self._index[-1], self._premium[-1]) != (index, millionths):
            self._at.append(second)
            self._index.append(index)
            self._premium.append(millionths)
            if second >= self._thinned_s + _WHOLE_S + _THINNED_S:
                self._thin((second - _WHOLE_S) // 60 * 60)

    def _thin(self, until_s: int) -> None:
        """Keep what open, high, low and close of each minute before ``until_s`` need.

        A minute opens with its second nought, or with what was shown last before it.
        """
        first, end = bisect_left(self._at, self._thinned_s), bisect_left(self._at, until_s)
        kept: list[int] = []
        for _, minute in itertools.groupby(range(first, end), lambda place: self._at[place] // 60):
            places = list(minute)
            opens = self._at[places[0]] % 60 == 0 or places[0] == 0
            high = max(places, key=self._index.__getitem__)
            low = min(places, key=self._index.__getitem__)
            kept += sorted({places[0] if opens else high, high, low, places[-1]})
        for held in (self._at, self._index, self._premium):
            held[first:end] = array(held.typecode, [held[place] for place in kept])
        self._thinned_s = until_s

    def _place(self, at_s: int) -> int:
        """Where the value of a second is kept; the first one also stands for what was before."""
        return max(0, bisect_right(self._at, at_s - self._from_s) - 1)

    # Index -----------------------------------------------------------------------------------

    def index(self, at_ms: int) -> int:
        """The index at a whole second, in steps.

        Within a minute that is older than two hours it is that of the nearest second before which
        was kept; at its beginning and its end it is exact.
        """
        at_s = at_ms // SECOND_MS
        if at_s >= self._from_s:
            return self._index[self._place(at_s)]
        minute, second = divmod(at_s, 60)
        opened, high, low, closed = self._minute(minute)
        if second == 0:
            return opened
        on_line = opened + (closed - opened) * second / 60
        wiggle = (high - low) / 4 * self._dice.gauss(_WIGGLE, at_s)
        return min(high, max(low, round(on_line + wiggle)))

    def _minute(self, minute: int) -> tuple[int, int, int, int]:
        """The index within a minute before the opening: the price of it without the premium."""
        return self._span(minute, 1)

    def _span(self, minute: int, minutes: int) -> tuple[int, int, int, int]:
        """The same for a span of no more than an hour.

        Highs and lows are taken by the hour's least and greatest premium, so that those of an hour
        are exactly those of its minutes.
        """
        made = self._path.span(minute, minutes)
        grid, start_ms = self._grid, minute * MINUTE_MS
        hour_ms = start_ms - start_ms % HOUR_MS
        least, most = sorted((self.crowd_premium(hour_ms), self.crowd_premium(hour_ms + HOUR_MS)))
        opens = 1 + self.crowd_premium(start_ms)
        closes = 1 + self.crowd_premium(start_ms + minutes * MINUTE_MS)
        start = self._spec.start_ticks * grid
        opened = round(start * math.exp(made.left) / opens)
        closed = round(start * math.exp(made.right) / closes)
        high = max(opened, closed, round(start * math.exp(made.top) / (1 + least)))
        low = max(1, min(opened, closed, round(start * math.exp(made.bottom) / (1 + most))))
        return opened, high, low, closed

    def index_figures(self, start_ms: int, end_ms: int) -> Figures:
        """The index from ``start_ms`` until before ``end_ms``, whole minutes; in steps.

        However old they are.
        """
        is_hour = start_ms % HOUR_MS == 0 and start_ms + HOUR_MS <= self._from_minute * MINUTE_MS
        opened = self._hour(start_ms // MINUTE_MS)[0] if is_hour else self.index(start_ms)
        highs, lows, closed = [opened], [opened], opened
        last = min(end_ms // MINUTE_MS, self._from_minute)
        minute = start_ms // MINUTE_MS
        while minute < last:
            count = 60 if minute % 60 == 0 and minute + 60 <= last else 1
            made = self._hour(minute) if count == 60 else self._minute(minute)
            _, high, low, closed = made
            highs.append(high)
            lows.append(low)
            minute += count
        if end_ms // SECOND_MS > self._from_s:
            first = bisect_left(self._at, max(0, start_ms // SECOND_MS - self._from_s))
            shown = self._index[first : self._place(end_ms // SECOND_MS - 1) + 1]
            highs.append(max(shown, default=opened))
            lows.append(min(shown, default=opened))
            closed = self.index(end_ms - SECOND_MS)
        return Figures(opened, max(highs), min(lows), closed)

    def _hour(self, first: int) -> tuple[int, int, int, int]:
        """The index within sixty minutes before the opening; worked out once."""
        found = self._hours.get(first)
        if found is None:
            if len(self._hours) >= _KEPT_HOURS:
                self._hours.clear()
            found = self._hours[first] = self._span(first, 60)
        return found

    # Premium ---------------------------------------------------------------------------------

    def premium(self, at_ms: int) -> float:
        """The premium of the price over the index, a fraction of six digits.

        Exact where a minute begins; within one that is older than two hours it is that of the
        nearest second before which was kept. Until anything was shown it is that of the crowd: a
        market may open in the last moments of a cycle and be asked first in those of the next.
        """
        at_s = at_ms // SECOND_MS
        if at_s >= self._from_s and self._at:
            return self._premium[self._place(at_s)] / _MILLION
        return round(self.crowd_premium(at_ms), 6) + 0.0  # no negative nought

    def average_premium(self, from_ms: int, to_ms: int) -> float:
        """The mean premium of the minutes in ``from_ms <= t < to_ms``; the later weigh more.

        Weights rise by one each minute; of each counts the premium with which it began. Reference
        7.7.
        """
        if to_ms - from_ms <= MINUTE_MS:
            return self.premium(from_ms)
        count = (to_ms - from_ms) // MINUTE_MS
        from_ms -= from_ms % MINUTE_MS  # what is kept of a minute that is long ago
        total = sum(
            weight * self.premium(from_ms + (weight - 1) * MINUTE_MS)
            for weight in range(1, count + 1)
        )
        return total / (count * (count + 1) / 2)

    def cycle_premium(self, at_ms: int) -> float:
        """The mean premium of the eight hours that ended at ``at_ms``."""
        found = self._averages.get(at_ms)
        if found is None:
            if len(self._averages) >= _KEPT:
                self._averages.clear()
            found = round(self.average_premium(at_ms - CYCLE_MS, at_ms), 6) + 0.0
            self._averages[at_ms] = found
        return found

    # Funding ---------------------------------------------------------------------------------

    def funding_rate(self, settles_ms: int, interval_ms: int) -> float:
        """The rate charged at a settlement: that of the interval before the one it ends.

        So it is known, and told, from the settlement before. Once asked for it never changes.
        """
        found = self._rates.get((settles_ms, interval_ms))
        if found is None:
            ends_ms = settles_ms - interval_ms
            premium = self.average_premium(ends_ms - interval_ms, ends_ms)
            found = self._rates[settles_ms, interval_ms] = rate(premium, interval_ms)
        return found

    def predicted_rate(self, now_ms: int, since_ms: int, interval_ms: int) -> float:
        """What the interval that began at ``since_ms`` will make the next rate, as it looks now."""
        return rate(self.average_premium(since_ms, now_ms), interval_ms)


def rate(premium: float, interval_ms: int) -> float:
    """A funding rate from a mean premium, six digits, within floor and cap. Reference 7.7."""
    interest = DAILY_INTEREST * interval_ms / DAY_MS
    wanted = premium + max(-_CLAMP, min(_CLAMP, interest - premium))
    return round(max(-FUNDING_CAP, min(FUNDING_CAP, wanted)), 6) + 0.0
