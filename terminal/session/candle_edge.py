"""The live end of a candle series: history, candle frames and trades become one truth. Pure.

A frame is the exchange's own candle up to an instant, about once a second; trades tell what came
after it. What a frame contains is never counted again, and what it does not contain is not lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.candles import Candle, CandleInterval, CandleSeries, SeriesChange
from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.events import CandleUpdate, PublicTrade

PENDING_LIMIT = 10_000
"""Trades kept until a frame contains them; the oldest go first."""

_MS = 1_000_000


@final
class CandleEdge:
    """Keeps ``series`` true while history, frames and trades arrive in any order.

    The volume of a candle that was read by request is taken as read: which trades it contains is
    not known, so trades move its prices only, until a frame tells.
    """

    def __init__(self, interval: CandleInterval) -> None:
        self.series = CandleSeries(interval)
        self._pending: dict[str, PublicTrade] = {}
        # Up to when the frames of a candle told: of the two newest candles that had frames.
        self._framed: dict[TimestampMs, TimestampNs] = {}
        self._read: TimestampMs | None = None

    @property
    def newest(self) -> TimestampMs | None:
        """Where the newest candle starts."""
        return TimestampMs(self.series.starts[-1]) if self.series.starts else None

    def lost(self) -> None:
        """The stream ended: what happens from here on is not heard."""
        self._pending.clear()
        self._framed.clear()
        self._read = self.newest

    def closed(self, candles: Sequence[Candle]) -> SeriesChange:
        """Take in candles that were read a while after they closed: they contain all their trades.

        So a trade that comes late is not counted again. Raises like ``history``.
        """
        starts = self.series.starts
        change = self.history(candles)
        for candle in candles:
            if len(starts) > 1 and candle.start_at == starts[-2]:
                end_ms = candle.start_at + self.series.interval.ms
                self._note_framed(candle.start_at, TimestampNs(end_ms * _MS - 1))
        return change

    def history(self, candles: Sequence[Candle]) -> SeriesChange:
        """Take in candles that were read by request, ascending.

        Raises ``ValueError`` when they do not ascend.
        """
        newest = self.newest
        # The forming candle as frames tell it is newer than any answer.
        framed = newest if newest in self._framed else None
        taken = [candle for candle in candles if candle.start_at != framed]
        if taken and (newest is None or taken[-1].start_at >= newest):
            self._read = taken[-1].start_at
            taken[-1] = self._with_pending(taken[-1], is_counted=False)
        return self.series.merge(taken)

    def frame(self, update: CandleUpdate) -> SeriesChange:
        """Take in the exchange's forming candle; one that is older than another is left out."""
        start = update.candle.start_at
        # Trades of the same millisecond are taken as contained.
        until = TimestampNs((update.event_at + 1) * _MS - 1)
        if any(start < framed for framed in self._framed) or until < self._framed.get(start, 0):
            return self._nothing()
        self._note_framed(start, until)
        if self._read == start:
            self._read = None
        return self.series.merge((self._with_pending(update.candle, is_counted=True),))

    def _note_framed(self, start: TimestampMs, until: TimestampNs) -> None:
        """What a candle contains is told up to an instant."""
        self._framed[start] = until
        if len(self._framed) > 2:
            del self._framed[min(self._framed)]
        self._forget()

    def trade(self, trade: PublicTrade) -> SeriesChange:
        """Take in a public trade, once."""
        at = _ms(trade)
        start = self.series.start_of(at)
        if trade.trade_id in self._pending or trade.event_at <= self._framed.get(start, 0):
            return self._nothing()
        newest = self.newest
        if len(self._pending) >= PENDING_LIMIT:
            del self._pending[next(iter(self._pending))]
        self._pending[trade.trade_id] = trade
        lots = Lots(0) if start == self._read else trade.lots
        if newest is None or start >= newest:
            change = self.series.trade(at, trade.price, lots)
            if newest is not None and start > newest:
                self._forget()
            return change
        return self._late(trade, start, lots)

    def _late(self, trade: PublicTrade, start: TimestampMs, lots: Lots) -> SeriesChange:
        """A trade of the candle before the newest one, overtaken by a frame of the newest."""
        if len(self.series) < 2 or start < self.series.starts[-2]:
            return self._nothing()
        index = self.series.index_at(start)
        if index is None:
            price = trade.price
            return self.series.merge((Candle(start, price, price, price, price, lots),))
        return self.series.merge((_with(self.series.candle(index), trade, lots),))

    def _forget(self) -> None:
        """Drop trades that frames contain, and those of candles that get no frames any more."""
        starts = self.series.starts
        oldest = starts[-2] if len(starts) > 1 else 0
        start_of = self.series.start_of
        self._pending = {
            name: trade
            for name, trade in self._pending.items()
            if (start := start_of(_ms(trade))) >= oldest
            and trade.event_at > self._framed.get(start, 0)
        }

    def _with_pending(self, candle: Candle, *, is_counted: bool) -> Candle:
        """A candle with the trades heard in its interval that it does not contain yet."""
        end = candle.start_at + self.series.interval.ms
        for trade in self._pending.values():
            if candle.start_at <= _ms(trade) < end:
                candle = _with(candle, trade, trade.lots if is_counted else Lots(0))
        return candle

    def _nothing(self) -> SeriesChange:
        return SeriesChange(0, len(self.series), len(self.series))


def _ms(trade: PublicTrade) -> TimestampMs:
    return TimestampMs(trade.event_at // _MS)


def _with(candle: Candle, trade: PublicTrade, lots: Lots) -> Candle:
    """A candle with one more trade in it."""
    return Candle(
        candle.start_at,
        candle.open,
        max(candle.high, trade.price),
        min(candle.low, trade.price),
        trade.price,
        Lots(candle.lots + lots),
    )
