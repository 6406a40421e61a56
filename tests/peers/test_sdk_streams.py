"""The exchange's own SDK listens: all of its topics, in one connection of each kind.

Frames of another kind than it knows are dropped by it, so whatever arrives here was read in full.
"""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any, final

import pytest

from tests.peers.hosted import SYMBOL, Hosted, wait_until
from tests.peers.programs import Official, known, require, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

require()

# After a connection that was dropped it does not close its own end.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@final
class Ears:
    """An SDK with both of its streams open, and what it was handed by topic."""

    def __init__(self, exchange: Hosted) -> None:
        self.exchange = exchange
        self.official = Official(exchange)
        self.public = self.official.streams.new_futures_public_ws()
        self.private = self.official.streams.new_futures_private_ws()
        self.public.start()
        self.private.start()

    def close(self) -> None:
        """Close both streams, side by side for each takes its seconds, and all connections."""
        ends = [threading.Thread(target=one.stop) for one in (self.public, self.private)]
        for end in ends:
            end.start()
        for end in ends:
            end.join()
        self.official.close()

    def place(self, client_oid: str, **terms: Any) -> str:
        """An isolated order to buy; returns its id."""
        usual = {"side": "buy", "symbol": SYMBOL, "type": "limit", "leverage": 3}
        reply = self.official.ask(
            "order",
            "add_order",
            **{**usual, "margin_mode": "ISOLATED", **terms, "client_oid": client_oid},
        )
        return str(reply.order_id)

    def cancel(self, client_oid: str) -> None:
        """Cancel an order by the client's own id."""
        self.official.ask(
            "order", "cancel_order_by_client_oid", client_oid=client_oid, symbol=SYMBOL
        )


@pytest.fixture(scope="module")
def shared() -> Iterator[Ears]:
    """Opening and closing the SDK's streams takes seconds, so all tests share them."""
    exchange = Hosted()
    ears = Ears(exchange)
    yield ears
    ears.close()
    exchange.close()
    gc.collect()  # here, where its sockets are expected


@final
class Heard:
    """What one subscription brought: topic, subject and event, in the order of arrival."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, Any]] = []

    def __call__(self, topic: str, subject: str, event: Any) -> None:
        """The SDK's callback, in its thread."""
        self.all.append((topic, subject, event))

    @property
    def events(self) -> list[Any]:
        """The events alone."""
        return [event for _, _, event in self.all]

    def check(self, topic: str, subject: str) -> None:
        """Everything came under one name, and every field was read."""
        assert {(one[0], one[1]) for one in self.all} == {(topic, subject)}
        for event in self.events:
            assert told(event) == known(event, event.common_response.raw_data)
            assert told(event)


@pytest.fixture
def hear(shared: Ears) -> Iterator[Callable[..., Heard]]:
    """Subscribes until the end of the test."""
    subscribed: list[tuple[Any, str]] = []

    def subscribe(service: Any, method: str, *names: str) -> Heard:
        heard = Heard()
        subscribed.append((service, getattr(service, method)(*names, heard)))
        return heard

    yield subscribe
    for service, identity in subscribed:
        service.unsubscribe(identity)


# Market -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "topic", "subject"),
    [
        ("ticker_v2", "/contractMarket/tickerV2", "tickerV2"),
        ("ticker_v1", "/contractMarket/ticker", "ticker"),
        ("execution", "/contractMarket/execution", "match"),
        ("orderbook_increment", "/contractMarket/level2", "level2"),
        ("orderbook_level5", "/contractMarket/level2Depth5", "level2"),
        ("orderbook_level50", "/contractMarket/level2Depth50", "level2"),
        ("instrument", "/contract/instrument", "mark.index.price"),
    ],
)
def test_a_market_topic(shared: Ears, hear: Any, method: str, topic: str, subject: str) -> None:
    heard = hear(shared.public, method, SYMBOL)
    wait_until(lambda: heard.all, topic)
    heard.check(f"{topic}:{SYMBOL}", subject)


def test_the_day_s_figures(shared: Ears, hear: Any) -> None:
    heard = hear(shared.public, "symbol_snapshot", SYMBOL)
    wait_until(lambda: heard.all, "a snapshot")
    heard.check(f"/contractMarket/snapshot:{SYMBOL}", "snapshot.24h")


def test_announcements_can_be_listened_to(shared: Ears, hear: Any) -> None:
    """Nothing is announced within a test; the subscription is acknowledged."""
    hear(shared.public, "announcement", SYMBOL)
    topic = f"/contract/announcement:{SYMBOL}"
    assert shared.exchange.is_heard(topic)


def test_the_touch_is_the_book_s(shared: Ears, hear: Any) -> None:
    heard = hear(shared.public, "ticker_v2", SYMBOL)
    wait_until(lambda: heard.all, "a ticker")
    with shared.exchange.still():
        raw = shared.exchange.ask("/api/v1/ticker", symbol=SYMBOL)
        names = ("bestBidPrice", "bestBidSize", "bestAskPrice", "bestAskSize")
        expected = [raw[name] for name in names]
        wait_until(
            lambda: [told(heard.events[-1])[name] for name in names] == expected, "the touch"
        )


def test_a_book_kept_in_step(shared: Ears, hear: Any) -> None:
    """By the exchange's own recipe: snapshot, then every change after it, without a gap."""
    heard = hear(shared.public, "orderbook_increment", SYMBOL)
    wait_until(lambda: heard.all, "a change")
    snapshot = shared.official.ask("market", "get_full_order_book", symbol=SYMBOL)
    sides = {"buy": dict(map(tuple, snapshot.bids)), "sell": dict(map(tuple, snapshot.asks))}
    wait_until(lambda: heard.events[-1].sequence > snapshot.sequence + 40, "forty changes")
    with shared.exchange.still():
        raw = shared.exchange.ask("/api/v1/level2/snapshot", symbol=SYMBOL)
        wait_until(lambda: heard.events[-1].sequence == raw["sequence"], "the last change")
        last = snapshot.sequence
        for event in heard.events:
            if event.sequence <= last:
                continue
            assert event.sequence == last + 1
            last = event.sequence
            price, side, lots = event.change.split(",")
            if lots == "0":
                sides[side].pop(float(price), None)
            else:
                sides[side][float(price)] = int(lots)
    assert sorted(sides["buy"].items(), reverse=True) == [tuple(row) for row in raw["bids"]]
    assert sorted(sides["sell"].items()) == [tuple(row) for row in raw["asks"]]


def test_trades_are_those_of_the_tape(shared: Ears, hear: Any) -> None:
    heard = hear(shared.public, "execution", SYMBOL)
    wait_until(lambda: len(heard.all) >= 3, "three trades")
    events = list(heard.events)
    raw = {
        row["tradeId"]: row for row in shared.exchange.ask("/api/v1/trade/history", symbol=SYMBOL)
    }
    for event in events:
        row = raw[event.trade_id]
        assert (event.price, event.size, event.ts) == (row["price"], row["size"], row["ts"])


@pytest.mark.parametrize(("name", "minutes"), [("1min", 1), ("1hour", 60)])
def test_candles(shared: Ears, hear: Any, name: str, minutes: int) -> None:
    heard = hear(shared.public, "klines", SYMBOL, name)
    wait_until(lambda: heard.all, "a candle")
    with shared.exchange.still():
        shared.exchange.do(lambda one: one.engine.broadcast.second())
        raw = shared.exchange.ask("/api/v1/kline/query", symbol=SYMBOL, granularity=minutes)[-1]
        wait_until(lambda: int(heard.events[-1].candles[6]) == raw[5], "the last trade")
        start, opened, closed, high, low = heard.events[-1].candles[:5]
    heard.check(f"/contractMarket/limitCandle:{SYMBOL}_{name}", "candle.stick")
    assert int(start) * 1000 == raw[0]
    assert [float(text) for text in (opened, high, low, closed)] == raw[1:5]


def test_mark_and_index_price(shared: Ears, hear: Any) -> None:
    heard = hear(shared.public, "instrument", SYMBOL)
    wait_until(lambda: heard.all, "a mark price")
    with shared.exchange.still():
        shared.exchange.do(lambda one: one.engine.broadcast.second())
        raw = shared.exchange.ask(f"/api/v1/mark-price/{SYMBOL}/current")
        expected = (raw["value"], raw["indexPrice"])
        wait_until(
            lambda: (heard.events[-1].mark_price, heard.events[-1].index_price) == expected,
            "the mark price",
        )


def test_a_symbol_that_nobody_lists(shared: Ears, hear: Any) -> None:
    """The SDK means to raise the text of the error frame, and raises that it cannot."""
    with pytest.raises(TypeError, match="exceptions must derive from BaseException"):
        hear(shared.public, "ticker_v2", "NOPEUSDTM")


def test_unsubscribing_ends_the_topic(shared: Ears) -> None:
    topic = "/contractMarket/execution:ETHUSDTM"
    identity = shared.public.execution("ETHUSDTM", Heard())
    assert shared.exchange.is_heard(topic)
    shared.public.unsubscribe(identity)
    assert not shared.exchange.is_heard(topic)


# Account ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "names", "topic", "subject"),
    [
        ("all_order", (), "/contractMarket/tradeOrders", "orderChange"),
        ("order", (SYMBOL,), f"/contractMarket/tradeOrders:{SYMBOL}", "symbolOrderChange"),
    ],
)
def test_own_orders(
    shared: Ears, hear: Any, method: str, names: tuple[str, ...], topic: str, subject: str
) -> None:
    heard = hear(shared.private, method, *names)
    rested = shared.place(f"r-{method}", price=str(shared.exchange.far_bid()), size=2)
    shared.cancel(f"r-{method}")
    filled = shared.place(f"f-{method}", type="market", size=3)
    wait_until(lambda: kinds(heard, filled)[-1:] == ["filled"], "the fill")
    heard.check(topic, subject)
    assert kinds(heard, rested) == ["open", "canceled"]
    assert set(kinds(heard, filled)[:-1]) == {"match"}
    matches = [one for one in heard.events if one.order_id == filled and one.trade_id]
    raw = {row["tradeId"]: row for row in shared.exchange.ask("/api/v1/recentFills")}
    for match in matches:
        row = raw[match.trade_id]
        assert (match.match_price, match.match_size) == (row["price"], str(row["size"]))
    assert sum(int(one.match_size) for one in matches) == 3


def kinds(heard: Heard, order_id: str) -> list[str]:
    """The types of an order's events."""
    return [one.type.value for one in heard.events if one.order_id == order_id]


def test_stops(shared: Ears, hear: Any) -> None:
    heard = hear(shared.private, "stop_orders")
    low = str(shared.exchange.far_bid())
    stop = {"stop": "down", "stop_price": low, "stop_price_type": "MP", "side": "sell"}
    waiting = shared.place("stop-1", price=low, size=1, **stop)
    shared.cancel("stop-1")
    wait_until(lambda: len(heard.all) == 2, "its end")
    heard.check("/contractMarket/advancedOrders", "stopOrder")
    assert kinds(heard, waiting) == ["open", "cancel"]
    assert float(heard.events[0].stop_price) == float(low)


def test_balance(shared: Ears, hear: Any) -> None:
    heard = hear(shared.private, "balance")
    shared.place("bal-1", price=str(shared.exchange.far_bid()), size=5)
    raw = shared.exchange.ask("/api/v1/account-overview", currency="USDT")
    wait_until(
        lambda: any(
            float(one.available_balance) == pytest.approx(raw["availableBalance"])
            for one in heard.events
        ),
        "the order's margin",
    )
    heard.check("/contractAccount/wallet", "walletBalance.change")
    shared.cancel("bal-1")


@pytest.mark.parametrize(
    ("method", "names", "topic"),
    [
        ("all_position", (), "/contract/positionAll"),
        ("position", (SYMBOL,), f"/contract/position:{SYMBOL}"),
    ],
)
def test_position(shared: Ears, hear: Any, method: str, names: tuple[str, ...], topic: str) -> None:
    """The first event is the change itself, full; later ones only re-mark it."""
    heard = hear(shared.private, method, *names)
    shared.place(f"p-{method}", type="market", size=4)
    raw = shared.exchange.ask("/api/v1/position", symbol=SYMBOL)
    wait_until(
        lambda: any(one.current_qty == raw["currentQty"] for one in heard.events), "the position"
    )
    heard.check(topic, "position.change")
    full = next(one for one in heard.events if one.current_qty == raw["currentQty"])
    assert (full.symbol, reason(full)) == (SYMBOL, "positionChange")
    assert full.avg_entry_price == raw["avgEntryPrice"]
    wait_until(lambda: reason(heard.events[-1]) == "markPriceChange", "a mark price")


def reason(event: Any) -> str:
    """Why a position was told; the SDK leaves it in the frame."""
    return str(event.common_response.raw_data["changeReason"])


def test_margin_mode(shared: Ears, hear: Any) -> None:
    heard = hear(shared.private, "margin_mode")
    shared.official.ask("positions", "switch_margin_mode", symbol="SOLUSDTM", margin_mode="CROSS")
    wait_until(lambda: heard.all, "the mode")
    assert heard.all[0][:2] == ("/contract/marginMode", "user.config")
    assert heard.events[0].data == {"SOLUSDTM": "CROSS"}


def test_leverage(shared: Ears, hear: Any) -> None:
    heard = hear(shared.private, "cross_leverage")
    shared.official.ask("positions", "modify_margin_leverage", symbol="SOLUSDTM", leverage="6")
    wait_until(lambda: heard.all, "the leverage")
    assert heard.all[0][:2] == ("/contract/crossLeverage", "user.config")
    assert heard.events[0].data["SOLUSDTM"].leverage == "6"


# Trouble ----------------------------------------------------------------------------------------


def test_a_dropped_connection_is_taken_up_again(shared: Ears, hear: Any) -> None:
    """The SDK asks for a new token, connects, and subscribes again five seconds later."""
    tickers = hear(shared.public, "ticker_v2", SYMBOL)
    orders = hear(shared.private, "all_order")
    wait_until(lambda: tickers.all, "a ticker")
    tokens = shared.exchange.asked("POST /api/v1/bullet-private")
    shared.exchange.do(lambda one: one.drop_streams())
    wanted = ("/contractMarket/tradeOrders", f"/contractMarket/tickerV2:{SYMBOL}")
    wait_until(lambda: not any(map(shared.exchange.is_heard, wanted)), "the end")
    wait_until(lambda: all(map(shared.exchange.is_heard, wanted)), "the new subscriptions", 20)
    assert shared.exchange.asked("POST /api/v1/bullet-private") == tokens + 1
    before = len(tickers.all)
    wait_until(lambda: len(tickers.all) > before, "another ticker")
    made = shared.place("again", price=str(shared.exchange.far_bid()), size=1)
    wait_until(lambda: kinds(orders, made) == ["open"], "the order")
    shared.cancel("again")
