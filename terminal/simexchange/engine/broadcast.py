"""What everybody is told through the public topics. Source: reference 5.6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, final

from terminal.simexchange.market.market import SETTLED
from terminal.simexchange.payloads import frames
from terminal.simexchange.payloads.frames import CANDLE_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market.market import Market, Trade

__all__ = ["CANDLE_TYPES", "Broadcast", "Publisher"]

_TOUCH = ("bestBidPrice", "bestBidSize", "bestAskPrice", "bestAskSize")
_DEPTHS = ((frames.DEPTH5, 5), (frames.DEPTH50, 50))
_MINUTE_MS = 60_000
_MOST_CANDLES = 200


class Publisher(Protocol):
    """Where events go. A topic that nobody listens to costs one look-up."""

    def is_wanted(self, topic: str) -> bool:
        """True when somebody listens to a public topic, or to the channel of a private one."""
        ...

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:  # noqa: ANN401
        """Send a public message."""
        ...

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:  # noqa: ANN401
        """Send a message to one account."""
        ...


@final
class Broadcast:
    """Makes public frames, only those that somebody listens to."""

    def __init__(
        self, markets: Mapping[str, Market], publisher: Publisher, clock: SimClock
    ) -> None:
        self._markets = markets
        self._publisher = publisher
        self._clock = clock
        self._of_book: dict[str, tuple[str, str]] = {}
        self._touches: dict[str, tuple[object, ...]] = {}
        self._candles: dict[str, tuple[int, int]] = {}
        self._depths: dict[str, tuple[int, object, object]] = {}

    # As it happens ---------------------------------------------------------------------------

    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None:
        """A level changed: one level2 frame, and the touch if it is another one now."""
        symbol = market.spec.symbol
        topics = self._of_book.get(symbol)
        if topics is None:  # books change hundreds of times a second: named once
            topics = f"{frames.TICKER_V2}:{symbol}", f"{frames.LEVEL2}:{symbol}"
            self._of_book[symbol] = topics
        touch, level2 = topics
        is_wanted = self._publisher.is_wanted
        if is_wanted(touch):
            self._touch(market, touch)
        if is_wanted(level2):
            data = frames.level2(market, change, self._clock.now_ms())
            self._publisher.publish(level2, "level2", data, data["sequence"])

    def _touch(self, market: Market, topic: str) -> None:
        data = frames.ticker_v2(market, self._clock.now_ns())
        touch = tuple(data[name] for name in _TOUCH)
        if self._touches.get(topic) != touch:
            self._touches[topic] = touch
            self._publisher.publish(topic, "tickerV2", data, data["sequence"])

    def traded(self, market: Market, trade: Trade) -> None:
        """A match happened."""
        topic = f"{frames.EXECUTION}:{market.spec.symbol}"
        if self._publisher.is_wanted(topic):
            data = frames.execution(market, trade)
            self._publisher.publish(topic, "match", data, data["sequence"])

    def taken(self, market: Market, trade: Trade) -> None:
        """Of several matches in one instant only the last is told on this topic."""
        topic = f"{frames.TICKER}:{market.spec.symbol}"
        if self._publisher.is_wanted(topic):
            data = frames.ticker(market, trade)
            self._publisher.publish(topic, "ticker", data, data["sequence"])

    def funding(self, symbol: str, subject: str, funding_ms: int, rate: float) -> None:
        """A settlement begins or ends: subject ``funding.begin`` or ``funding.end``."""
        for topic in (frames.ANNOUNCEMENT, f"{frames.ANNOUNCEMENT}:{symbol}"):
            if self._publisher.is_wanted(topic):
                now_ms = self._clock.now_ms()
                data = frames.funding_event(symbol, funding_ms, rate, now_ms)
                self._publisher.publish(topic, subject, data)

    # By the clock ----------------------------------------------------------------------------

    def depth(self) -> None:
        """The best levels of markets that changed; called at most ten times a second."""
        for symbol, market in self._markets.items():
            for base, count in _DEPTHS:
                topic = f"{base}:{symbol}"
                if self._publisher.is_wanted(topic):
                    self._depth(market, topic, count)

    def _depth(self, market: Market, topic: str, count: int) -> None:
        sequence, bids, asks = self._depths.get(topic, (0, None, None))
        if sequence == market.book.sequence:
            return
        now_ms = self._clock.now_ms()
        data = frames.depth(market, count, now_ms)
        self._depths[topic] = (market.book.sequence, data["bids"], data["asks"])
        if (bids, asks) != (data["bids"], data["asks"]):
            self._publisher.publish(topic, "level2", data, now_ms)

    def second(self) -> None:
        """What is told once a second: mark and index prices, forming candles."""
        for symbol, market in self._markets.items():
            if market.phase == SETTLED:
                continue
            topic = f"{frames.INSTRUMENT}:{symbol}"
            if self._publisher.is_wanted(topic):
                data = frames.mark_price(market, self._clock.now_ms())
                self._publisher.publish(topic, "mark.index.price", data)
            self._candle(market)

    def _candle(self, market: Market) -> None:
        for name, minutes in CANDLE_TYPES.items():
            topic = f"{frames.CANDLES}:{market.spec.symbol}_{name}"
            if not self._publisher.is_wanted(topic):
                self._candles.pop(topic, None)
                continue
            last = market.candles.last(minutes)
            if last is None:
                continue
            told = self._candles.get(topic)
            if told is None or told[0] == last.start_ms:
                candles = [last]
            else:
                # What was traded after the last pulse of the one before is told, too.
                candles = market.candles.rows(minutes, told[0], last.start_ms, _MOST_CANDLES)
            for candle in candles:
                shown = (candle.start_ms, candle.lots)
                if shown != told:
                    data = frames.candle(market, candle, self._clock.now_ms())
                    self._publisher.publish(topic, "candle.stick", data)
                told = self._candles[topic] = shown

    def snapshots(self) -> None:
        """The last 24 hours of every contract; called every five seconds."""
        for symbol, market in self._markets.items():
            topic = f"{frames.SNAPSHOT}:{symbol}"
            if market.phase != SETTLED and self._publisher.is_wanted(topic):
                data = frames.snapshot(market, self._clock.now_ns())
                self._publisher.publish(topic, "snapshot.24h", data)

    def minute(self) -> None:
        """The running and the fixed funding rate of every contract."""
        for symbol, market in self._markets.items():
            topic = f"{frames.INSTRUMENT}:{symbol}"
            if market.spec.is_dated or not self._publisher.is_wanted(topic):
                continue
            now_ms = self._clock.now_ms()
            rates = ((market.predicted_rate, _MINUTE_MS), (market.funding_rate, market.funding_ms))
            for rate, granularity_ms in rates:
                data = frames.funding_rate(rate, granularity_ms, now_ms)
                self._publisher.publish(topic, "funding.rate", data)
