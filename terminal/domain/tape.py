"""The tape: public trades joined to bursts, with a filter, a mark for large ones, and its speed.

A burst is what one taker, or several at once, took: trades of one side, one after the other with
none of the other side between, all within so many ms of the first. Bounded in everything.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.domain.clock import TimestampNs
    from terminal.domain.events import PublicTrade

KEPT_BURSTS = 10_000
_NS_IN_MS = 1_000_000


@final
@dataclass(frozen=True, slots=True)
class TapeSettings:
    """How the tape is joined and read.

    ``burst_ms`` 0 joins nothing. Bursts below ``least_lots`` are not listed; one of ``large_lots``
    or more is marked, None marks none.
    """

    burst_ms: int = 100
    least_lots: Lots = Lots(0)
    large_lots: Lots | None = None


@final
class Burst(NamedTuple):
    """Trades of one taking side: the first price and the last, how many, their lots together.

    ``began_at`` and ``ended_at`` are the exchange's times of the first and the last trade.
    ``number`` counts bursts and holes from 1; it tells rows apart.
    """

    number: int
    taker: Side
    first: Price
    last: Price
    lots: Lots
    trades: int
    began_at: TimestampNs
    ended_at: TimestampNs
    is_large: bool

    @property
    def ticks(self) -> int:
        """How far it moved the price, in ticks; negative downwards."""
        return self.last - self.first


@final
class TapeHole(NamedTuple):
    """Trades are missing here: the stream was away or could not be read."""

    number: int


@final
class Tape:
    """The last bursts and holes, the newest last; at most ``kept``.

    The newest burst grows while trades join it: it is a new value under the same number then.
    """

    __slots__ = ("_number", "_rows", "settings")

    def __init__(self, settings: TapeSettings | None = None, kept: int = KEPT_BURSTS) -> None:
        self.settings = settings or TapeSettings()
        self._rows: deque[Burst | TapeHole] = deque(maxlen=kept)
        self._number = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, trade: PublicTrade) -> Burst:
        """Join a trade to the newest burst or begin another; answers the burst it is in."""
        settings = self.settings
        rows, large = self._rows, settings.large_lots
        newest = rows[-1] if rows else None
        if (
            type(newest) is Burst
            and newest.taker is trade.taker_side
            and 0 <= trade.event_at - newest.began_at < settings.burst_ms * _NS_IN_MS
        ):
            lots = Lots(newest.lots + trade.lots)
            burst = Burst(
                newest.number,
                newest.taker,
                newest.first,
                trade.price,
                lots,
                newest.trades + 1,
                newest.began_at,
                trade.event_at,
                large is not None and lots >= large,
            )
            rows[-1] = burst
            return burst
        self._number += 1
        at, lots = trade.event_at, trade.lots
        is_large = large is not None and lots >= large
        burst = Burst(
            self._number, trade.taker_side, trade.price, trade.price, lots, 1, at, at, is_large
        )
        rows.append(burst)
        return burst

    def hole(self) -> None:
        """Trades may be missing from here on; said once, however often it is noticed."""
        if self._rows and type(self._rows[-1]) is not TapeHole:
            self._number += 1
            self._rows.append(TapeHole(self._number))

    def clear(self) -> None:
        """Forget all; numbers go on."""
        self._rows.clear()

    def newest(self, count: int) -> list[Burst | TapeHole]:
        """At most ``count`` rows that pass the filter, the newest first; holes always do."""
        found: list[Burst | TapeHole] = []
        least = self.settings.least_lots
        for row in reversed(self._rows):
            if len(found) >= count:
                break
            if isinstance(row, TapeHole) or row.lots >= least:
                found.append(row)
        return found

    def count_after(self, number: int, most: int) -> int:
        """How many rows that pass the filter are newer than a number; no more than ``most``.

        Costs O(rows looked at): they are looked at until ``most`` are found.
        """
        count, least = 0, self.settings.least_lots
        for row in reversed(self._rows):
            if row.number <= number or count >= most:
                break
            count += isinstance(row, TapeHole) or row.lots >= least
        return count

    @property
    def newest_row(self) -> Burst | TapeHole | None:
        """The row that came last, whatever the filter; None while there is none."""
        return self._rows[-1] if self._rows else None

    def __iter__(self) -> Iterator[Burst | TapeHole]:
        return iter(self._rows)


# Speed -------------------------------------------------------------------------------------------

BUCKET_MS = 100
LONGEST_MS = 60_000


@final
class TapeSpeed(NamedTuple):
    """What traded within the last ``window_ms``: how many trades, and lots by taking side."""

    window_ms: int
    trades: int
    bought: Lots
    sold: Lots

    @property
    def trades_per_s(self) -> Decimal:
        """Trades per second."""
        return Decimal(self.trades * 1000) / self.window_ms

    @property
    def lots_per_s(self) -> Decimal:
        """Lots per second."""
        return Decimal((self.bought + self.sold) * 1000) / self.window_ms


@final
class SpeedMeter:
    """How fast the tape runs, over windows up to a minute.

    Time is cut into tenths of a second of a clock that never goes back (ms): a window is answered
    to that accuracy, the running tenth included. A trade costs O(1), a reading O(window).
    """

    __slots__ = ("_bought", "_newest", "_sold", "_trades")

    def __init__(self) -> None:
        count = LONGEST_MS // BUCKET_MS
        self._trades = [0] * count
        self._bought = [0] * count
        self._sold = [0] * count
        self._newest: int | None = None

    def add(self, taker: Side, lots: Lots, now_ms: int) -> None:
        """Count one trade that came now."""
        self._go_on(now_ms)
        at = now_ms // BUCKET_MS % len(self._trades)
        self._trades[at] += 1
        (self._bought if taker is Side.BUY else self._sold)[at] += lots

    def over(self, window_ms: int, now_ms: int) -> TapeSpeed:
        """The last ``window_ms`` (from a tenth of a second to a minute)."""
        self._go_on(now_ms)
        size = len(self._trades)
        count = min(size, max(1, window_ms // BUCKET_MS))
        newest = now_ms // BUCKET_MS
        places = [(newest - back) % size for back in range(count)]
        return TapeSpeed(
            count * BUCKET_MS,
            sum(self._trades[at] for at in places),
            Lots(sum(self._bought[at] for at in places)),
            Lots(sum(self._sold[at] for at in places)),
        )

    def _go_on(self, now_ms: int) -> None:
        """Empty the tenths that began since the last time."""
        now = now_ms // BUCKET_MS
        newest, size = self._newest, len(self._trades)
        if newest is None or now > newest:
            for bucket in range(
                now - min(size, now - newest if newest is not None else 0) + 1, now + 1
            ):
                at = bucket % size
                self._trades[at] = self._bought[at] = self._sold[at] = 0
            self._newest = now
