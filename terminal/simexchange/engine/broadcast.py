"""What everybody is told through the public topics. Source: reference 5.6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, final

from terminal.simexchange.payloads import markets as payloads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market.market import Market, Trade

_TOUCH = ("bestBidPrice", "bestBidSize", "bestAskPrice", "bestAskSize")
CANDLE_TYPES = {
    "1min": 1,
    "3min": 3,
    "5min": 5,
    "15min": 15,
    "30min": 30,
    "1hour": 60,
    "2hour": 120,
    "4hour": 240,
    "8hour": 480,
    "12hour": 720,
    "1day": 1440,
    "1week": 10080,
    "1month": 43200,
}


class Publisher(Protocol):
    """Where events go. A topic that nobody listens to costs one look-up."""

    def is_wanted(self, topic: str) -> bool:
        """True when somebody listens to a public topic."""
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
        self._touches: dict[str, list[object]] = {}
        self._candles: dict[str, tuple[int, int]] = {}
        self._depths: dict[str, int] = {}

    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None:
        """A level changed: one level2 frame, and the touch if it is another one now."""
        self._touch(market)
        topic = f"/contractMarket/level2:{market.spec.symbol}"
        if not self._publisher.is_wanted(topic):
            return
        sequence, side, price, lots = change
        text = f"{market.spec.text(price)},{side},{lots}"
        data = {"sequence": sequence, "change": text, "timestamp": self._clock.now_ms()}
        self._publisher.publish(topic, "level2", data, sequence)

    def _touch(self, market: Market) -> None:
        topic = f"/contractMarket/tickerV2:{market.spec.symbol}"
        if not self._publisher.is_wanted(topic):
            return
        data = payloads.ticker_v2(market, self._clock.now_ns())
        touch = [data[name] for name in _TOUCH]
        if self._touches.get(market.spec.symbol) != touch:
            self._touches[market.spec.symbol] = touch
            self._publisher.publish(topic, "tickerV2", data, data["sequence"])

    def traded(self, market: Market, trade: Trade) -> None:
        """A match happened."""
        topic = f"/contractMarket/execution:{market.spec.symbol}"
        if self._publisher.is_wanted(topic):
            self._publisher.publish(topic, "match", payloads.trade(market, trade), trade.number)

    def depth(self) -> None:
        """The best levels of markets that changed; called at most ten times a second."""
        for symbol, market in self._markets.items():
            topic = f"/contractMarket/level2Depth50:{symbol}"
            sequence = market.book.sequence
            if self._publisher.is_wanted(topic) and self._depths.get(symbol) != sequence:
                self._depths[symbol] = sequence
                now_ms = self._clock.now_ms()
                self._publisher.publish(topic, "level2", payloads.depth50(market, now_ms), now_ms)

    def second(self) -> None:
        """What is told once a second: mark and index prices, forming candles."""
        for symbol, market in self._markets.items():
            self._publisher.publish(
                f"/contract/instrument:{symbol}",
                "mark.index.price",
                {
                    "markPrice": float(market.mark_price),
                    "indexPrice": float(market.index_price),
                    "granularity": 1000,
                    "timestamp": self._clock.now_ms(),
                },
            )
            self._candle(market)

    def _candle(self, market: Market) -> None:
        for name, minutes in CANDLE_TYPES.items():
            topic = f"/contractMarket/limitCandle:{market.spec.symbol}_{name}"
            if not self._publisher.is_wanted(topic):
                continue
            candle = market.candles.last(minutes)
            if candle is None:
                continue
            told = (candle.start_ms, candle.lots)
            if self._candles.get(topic) != told:
                self._candles[topic] = told
                data = payloads.stream_candle(market, candle, self._clock.now_ms())
                self._publisher.publish(topic, "candle.stick", data)

    def minute(self) -> None:
        """The running funding rate of every contract."""
        for symbol, market in self._markets.items():
            self._publisher.publish(
                f"/contract/instrument:{symbol}",
                "funding.rate",
                {
                    "period": 1,
                    "granularity": 60_000,
                    "fundingRate": round(market.funding_rate, 8),
                    "timestamp": self._clock.now_ms(),
                },
            )
