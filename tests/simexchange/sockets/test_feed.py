"""The feed as a stranger sees it over real sockets: every topic, every frame, every limit."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.auth import demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.payloads.frames import CANDLE_TYPES, Settlement
from terminal.simexchange.server import SimExchange
from tests.support.book_keeper import BookKeeper
from tests.support.deadlines import eventually
from tests.support.kucoin import assert_alike, fixture
from tests.support.wire import Wire, knocked, opened, opened_with

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FUNDING_MS = 1_760_025_600_000
XBT = "XBTUSDTM"
BUY = {"symbol": XBT, "side": "buy", "size": 2, "leverage": 5}


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    """An exchange whose time stands still, ten minutes before a settlement."""
    clock = SimClock(start_ms=FUNDING_MS - 600_000, speed=0)
    exchange = SimExchange(is_calm=True, clock=clock)
    await exchange.start()
    yield exchange
    await exchange.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def public(exchange: SimExchange, session: aiohttp.ClientSession) -> AsyncIterator[Wire]:
    wire = await opened(exchange, session)
    yield wire
    await wire.socket.close()


@pytest.fixture
async def private(exchange: SimExchange, session: aiohttp.ClientSession) -> AsyncIterator[Wire]:
    wire = await opened(exchange, session, exchange.engine.account.uid)
    yield wire
    await wire.socket.close()


def place(exchange: SimExchange, oid: str, **changes: Any) -> Any:
    body = {**BUY, "clientOid": oid, "type": "market", **changes}
    return exchange.engine.place(exchange.engine.account, body)


def price(exchange: SimExchange, ticks_from_last: int) -> str:
    market = exchange.engine.markets[XBT]
    return market.spec.text(market.last + ticks_from_last)


# Frames ------------------------------------------------------------------------------------------


@pytest.mark.conforms("welcome", "ping", "subscribe", "unsubscribe")
async def test_frames_are_those_of_the_reference(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    """Welcome carries the connectId, ids come back as text, pong counts microseconds."""
    wire = await knocked(exchange.tokens.issue(None), exchange, session)
    welcome = await wire.next(lambda _: True)
    assert_alike(welcome, fixture("welcome_frame"))
    assert welcome["id"] == "c9"
    pong = await wire.ask(id="p-1", type="ping")
    assert_alike(pong, fixture("pong_frame"))
    assert pong == {"id": "p-1", "type": "pong", "timestamp": exchange.clock.now_ns() // 1000}
    topic = "/contractMarket/tickerV2:XBTUSDTM,ETHUSDTM"
    for kind in ("subscribe", "unsubscribe"):
        for response in (True, "true"):
            ack = await wire.ask(
                id=1, type=kind, topic=topic, privateChannel=False, response=response
            )
            assert_alike(ack, fixture("ack_frame"))
            assert ack["id"] == "1"
    error = await wire.ask(id="s-1", type="subscribe", topic="/x")
    assert error == fixture("error_frame")
    await wire.socket.close()


async def test_only_who_asks_gets_an_ack(exchange: SimExchange, public: Wire) -> None:
    for response in ({}, {"response": False}, {"response": "false"}):
        frame = {"id": "s", "type": "subscribe", "topic": f"/contractMarket/level2:{XBT}"}
        await public.socket.send_json({**frame, **response})
    assert await public.ask(id="p", type="ping") == {
        "id": "p",
        "type": "pong",
        "timestamp": exchange.clock.now_ns() // 1000,
    }


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "subscribe", "topic": "/contractMarket/level2"}, 400),
        ({"type": "subscribe", "topic": 7}, 400),
        ({"type": "subscribe", "topic": "/contractMarket/tradeOrders"}, 403),
        ({"type": "subscribe", "topic": "/contractAccount/wallet", "privateChannel": True}, 403),
        ({"type": "subscribe", "topic": f"/contractMarket/indexPrice:{XBT}"}, 404),
        ({"type": "subscribe", "topic": f"/contractMarket/level3v2:{XBT}"}, 404),
        ({"type": "subscribe", "topic": f"/contractMarket/level3:{XBT}"}, 404),
        ({"type": "subscribe", "topic": "/contractMarket/level2:NOPE"}, 404),
        ({"type": "subscribe", "topic": f"/contractMarket/level2:{XBT},"}, 404),
        ({"type": "subscribe", "topic": f"/contractMarket/limitCandle:{XBT}_2min"}, 404),
        ({"type": "subscribe", "topic": f"/contractMarket/limitCandle:{XBT}"}, 404),
        ({"type": "subscribe", "topic": f"/contractMarket/level2:{XBT}", "tunnelId": "t"}, 404),
        ({"type": "subscribe"}, 406),
        ({"type": "subscribe", "topic": ""}, 406),
        ({"type": "unsubscribe"}, 406),
        ({"type": "dance"}, 415),
        ({}, 415),
    ],
)
async def test_what_is_refused_has_a_number_and_a_text(
    frame: dict[str, Any], code: int, public: Wire
) -> None:
    answer = await public.ask(id=5, **frame)
    assert_alike(answer, fixture("error_frame"))
    assert (answer["id"], answer["code"]) == ("5", code)


async def test_bad_frames_get_an_error_and_the_connection_lives(
    exchange: SimExchange, public: Wire
) -> None:
    """No text, no JSON, no object, too deep: an error with the connection's own id."""
    bad = ["", "{", "[1]", "null", '"ping"', "[" * 100_000, '{"id":"\\ud800"', "1" * 5000]
    for text in bad:
        await public.socket.send_str(text)
        assert_alike(await public.next(lambda _: True), fixture("error_frame"))
    await public.socket.send_bytes(b"\x00\xff")
    answer = await public.next(lambda _: True)
    assert (answer["id"], answer["code"]) == ("c9", 415)
    assert (await public.ask(id="p", type="ping"))["type"] == "pong"


# Public topics -----------------------------------------------------------------------------------


@pytest.mark.conforms("/contractMarket/tickerV2")
async def test_ticker_v2(exchange: SimExchange, public: Wire) -> None:
    """The touch whenever it is another one; its sequence is the book's and has holes."""
    await public.subscribe(f"/contractMarket/tickerV2:{XBT}")
    exchange.step(XBT, 40)
    frames = await public.pushed()
    assert_alike(frames[0], fixture("ticker_v2_frame"))
    sequences = [frame["sn"] for frame in frames]
    assert sequences == sorted(set(sequences))
    assert sequences == [frame["data"]["sequence"] for frame in frames]
    assert sequences[-1] - sequences[0] > len(sequences)
    names = ("bestBidPrice", "bestBidSize", "bestAskPrice", "bestAskSize")
    touches = [tuple(frame["data"][name] for name in names) for frame in frames]
    assert all(one != other for one, other in itertools.pairwise(touches))


@pytest.mark.conforms("/contractMarket/ticker")
async def test_ticker_tells_the_last_match_of_an_instant(
    exchange: SimExchange, public: Wire
) -> None:
    market = exchange.engine.markets[XBT]
    for base in ("ticker", "execution"):
        await public.subscribe(f"/contractMarket/{base}:{XBT}")
    before = market.book.trades
    asks = list(market.book.levels("sell", 3))
    market.take("buy", None, sum(lots for _, lots in asks))
    frames = await public.pushed()
    trades = [frame for frame in frames if frame["subject"] == "match"]
    tickers = [frame for frame in frames if frame["subject"] == "ticker"]
    assert len(trades) == market.book.trades - before >= 3
    assert len(tickers) == 1
    assert_alike(tickers[0], fixture("ticker_frame"))
    last, told = trades[-1]["data"], tickers[0]["data"]
    for name in ("price", "size", "side", "tradeId", "sequence", "ts"):
        assert told[name] == last[name]
    assert tickers[0]["sn"] == told["sequence"]


@pytest.mark.conforms("/contractMarket/execution")
async def test_execution(exchange: SimExchange, public: Wire) -> None:
    """A trade's sequence is its id and no sequence of the book."""
    await public.subscribe(f"/contractMarket/execution:{XBT}")
    exchange.step(XBT, 60)
    frames = await public.pushed()
    for frame in frames:
        assert_alike(frame, fixture("execution_frame"))
        assert frame["sn"] == frame["data"]["sequence"] == int(frame["data"]["tradeId"])
    numbers = [frame["sn"] for frame in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.conforms("/contractMarket/level2")
async def test_each_level2_frame_is_one_change_and_sequences_are_contiguous(
    exchange: SimExchange, public: Wire
) -> None:
    await public.subscribe(f"/contractMarket/level2:{XBT}")
    sequence = exchange.engine.markets[XBT].book.sequence
    exchange.step(XBT, 20)
    frames = await public.pushed()
    assert [frame["sn"] for frame in frames] == list(
        range(sequence + 1, exchange.engine.markets[XBT].book.sequence + 1)
    )
    for frame in frames:
        assert_alike(frame, fixture("level2_frame"))
        assert frame["sn"] == frame["data"]["sequence"]
        price, side, lots = frame["data"]["change"].split(",")
        assert Decimal(price) > 0
        assert side in ("buy", "sell")
        assert lots.isdigit()


@pytest.mark.parametrize(
    ("base", "count"),
    [
        pytest.param("level2Depth5", 5, marks=pytest.mark.conforms("/contractMarket/level2Depth5")),
        pytest.param(
            "level2Depth50", 50, marks=pytest.mark.conforms("/contractMarket/level2Depth50")
        ),
    ],
)
async def test_depth(base: str, count: int, exchange: SimExchange, public: Wire) -> None:
    """The visible levels, at most every 100 ms and only when they changed; sn is the time."""
    market = exchange.engine.markets[XBT]
    await public.subscribe(f"/contractMarket/{base}:{XBT}")
    exchange.step(XBT, 5)
    exchange.clock.advance(0.5)
    (frame,) = await public.pushed()
    assert_alike(frame, fixture("depth5_frame"))
    data = frame["data"]
    assert frame["sn"] == data["timestamp"] == data["ts"]
    assert data["sequence"] == market.book.sequence
    for side, name in (("buy", "bids"), ("sell", "asks")):
        levels = [[market.spec.text(at), lots] for at, lots in market.book.levels(side, count)]
        assert data[name] == levels
    times = []
    for _ in range(10):
        exchange.step(XBT)
        exchange.clock.advance(0.05)
        times += [frame["sn"] for frame in await public.pushed()]
    assert len(times) >= 3
    assert all(later - earlier >= 100 for earlier, later in itertools.pairwise(times))


async def test_a_change_below_the_visible_levels_is_none(
    exchange: SimExchange, public: Wire
) -> None:
    for base in ("level2Depth5", "level2Depth50"):
        await public.subscribe(f"/contractMarket/{base}:{XBT}")
    exchange.step(XBT)
    exchange.clock.advance(0.5)
    await public.pushed()
    sixth = list(exchange.engine.markets[XBT].book.levels("buy", 6))[-1][0]
    text = exchange.engine.markets[XBT].spec.text(sixth)
    place(exchange, "deep", type="limit", price=text)
    exchange.clock.advance(0.5)
    assert [frame["topic"] for frame in await public.pushed()] == [
        f"/contractMarket/level2Depth50:{XBT}"
    ]


@pytest.mark.conforms("/contractMarket/limitCandle")
async def test_all_candle_types(exchange: SimExchange, public: Wire) -> None:
    """Texts in the order start in seconds, open, close, high, low, volume, lots; once a second."""
    names = ",".join(f"{XBT}_{kind}" for kind in CANDLE_TYPES)
    await public.subscribe(f"/contractMarket/limitCandle:{names}")
    exchange.step(XBT, 60)
    exchange.clock.advance(1)
    frames = await public.pushed()
    assert [frame["topic"].rsplit("_")[-1] for frame in frames] == list(CANDLE_TYPES)
    now_s = exchange.clock.now_ms() // 1000
    for frame, minutes in zip(frames, CANDLE_TYPES.values(), strict=True):
        assert_alike(frame, fixture("candle_frame"))
        start, opened, close, high, low, _, lots = frame["data"]["candles"]
        assert now_s - 31 * 86_400 < int(start) <= now_s
        assert now_s < int(start) + max(minutes, 31 * 1440 * (minutes > 40_000)) * 60
        assert Decimal(high) >= max(Decimal(opened), Decimal(close))
        assert Decimal(low) <= min(Decimal(opened), Decimal(close))
        assert int(lots) > 0
        assert Decimal(close) == exchange.engine.markets[XBT].spec.price(
            exchange.engine.markets[XBT].last
        )
    exchange.clock.advance(3)
    assert not await public.pushed(), "without a trade nothing is told"


@pytest.mark.conforms("/contract/instrument")
async def test_instrument(exchange: SimExchange, public: Wire) -> None:
    """Mark and index each second, the running and the fixed rate each minute; no symbol inside."""
    await public.subscribe(f"/contract/instrument:{XBT},ETHUSDTM")
    major = exchange.engine.markets[XBT]
    major.series._rates[major.next_funding_ms, major.funding_ms] = fixed = 0.0007
    exchange.engine.settlements.settle(major, FUNDING_MS)
    exchange.step(XBT, 20)
    frames = []
    for _ in range(2):
        exchange.clock.advance(30)
        frames += [frame for frame in await public.pushed() if XBT in frame["topic"]]
    marks = [frame for frame in frames if frame["subject"] == "mark.index.price"]
    assert len(marks) == 60
    assert_alike(marks[0], fixture("mark_frame"))
    market = exchange.engine.markets[XBT]
    assert Decimal(str(marks[-1]["data"]["markPrice"])) == market.mark_price
    rates = [frame for frame in frames if frame["subject"] == "funding.rate"]
    for frame in rates:
        assert_alike(frame, fixture("funding_rate_frame"))
    told = [(frame["data"]["granularity"], frame["data"]["fundingRate"]) for frame in rates]
    assert told[-2:] == [(60_000, market.predicted_rate), (28_800_000, fixed)]
    assert told[0][1] != fixed


@pytest.mark.conforms("/contract/announcement")
async def test_a_settlement_is_announced_and_stops_orders_meanwhile(
    exchange: SimExchange, session: aiohttp.ClientSession, public: Wire
) -> None:
    """Begin at the instant, end after it, on both forms of the topic; between them 300015."""
    single = await opened(exchange, session)
    await public.subscribe("/contract/announcement")
    await single.subscribe(f"/contract/announcement:{XBT}")
    for _ in range(20):  # whoever is silent for a minute is left
        exchange.clock.advance(29.9)
        assert not await public.pushed()
        assert not await single.pushed()
    exchange.clock.advance(3)
    perpetual = {name for name, one in exchange.engine.markets.items() if not one.spec.is_dated}
    assert perpetual == exchange.engine.halts.settling
    with pytest.raises(Exception, match="settled") as refused:
        place(exchange, "meanwhile")
    assert getattr(refused.value, "code", "") == "300015"
    exchange.clock.advance(3)
    assert not exchange.engine.halts.settling
    place(exchange, "after")
    everything = await public.pushed()
    own = await single.pushed()
    assert len(everything) == 2 * len(perpetual)
    begin, end = own
    assert_alike(begin, {**fixture("funding_begin_frame"), "topic": begin["topic"]})
    assert_alike(end, fixture("funding_end_frame"))
    assert begin["data"] in [frame["data"] for frame in everything]
    assert begin["data"]["timestamp"] == begin["data"]["fundingTime"] == FUNDING_MS
    assert end["data"]["timestamp"] == FUNDING_MS + 2000
    assert begin["data"]["fundingRate"] == end["data"]["fundingRate"]
    await single.socket.close()


@pytest.mark.conforms("/contractMarket/snapshot")
async def test_snapshots_come_every_five_seconds(exchange: SimExchange, public: Wire) -> None:
    """The last day in base and quote units; frames are numbered."""
    exchange.step(XBT, 50)
    await public.subscribe(f"/contractMarket/snapshot:{XBT},XBTUSDM")
    exchange.clock.advance(15)
    frames = await public.pushed()
    assert len(frames) == 6
    assert len({frame["id"] for frame in frames}) == 6
    for frame in frames:
        assert_alike(frame, fixture("snapshot_frame"))
        data = frame["data"]
        assert data["lowPrice"] <= data["lastPrice"] <= data["highPrice"]
        assert data["priceChg"] == pytest.approx(data["lastPrice"] - data["price24HoursBefore"])
        assert data["priceChgPct"] == pytest.approx(
            data["priceChg"] / data["price24HoursBefore"], abs=1e-6
        )
        assert data["lowPrice"] <= data["turnover"] / data["volume"] <= data["highPrice"]


async def test_pushes_of_a_list_carry_the_single_symbol(
    exchange: SimExchange, public: Wire
) -> None:
    await public.subscribe(f"/contractMarket/level2:{XBT},ETHUSDTM")
    exchange.step(XBT)
    exchange.step("ETHUSDTM")
    told = {frame["topic"] for frame in await public.pushed()}
    assert told == {f"/contractMarket/level2:{XBT}", "/contractMarket/level2:ETHUSDTM"}


async def test_who_subscribes_twice_hears_once_and_unsubscribes_once(
    exchange: SimExchange, public: Wire
) -> None:
    topic = f"/contractMarket/level2:{XBT}"
    await public.subscribe(topic)
    await public.subscribe(topic)
    exchange.step(XBT, 5)
    sequences = [frame["sn"] for frame in await public.pushed()]
    assert sequences
    assert len(sequences) == len(set(sequences))
    await public.ask(id="u", type="unsubscribe", topic=topic, response=True)
    assert not exchange.hub.is_wanted(topic)
    exchange.step(XBT, 5)
    assert not await public.pushed()


async def test_a_book_kept_by_the_recipe_is_the_book_of_the_exchange(
    exchange: SimExchange, session: aiohttp.ClientSession, public: Wire
) -> None:
    """Frames over the socket, snapshots by request, frames left out and sent twice in between."""
    market = exchange.engine.markets[XBT]
    await public.subscribe(f"/contractMarket/level2:{XBT}")
    exchange.step(XBT, 10)
    snapshots: list[dict[str, Any]] = []
    keeper = BookKeeper(lambda: snapshots[-1])
    for turn in range(12):
        url = f"{exchange.rest}/api/v1/level2/snapshot?symbol={XBT}"
        async with session.get(url) as answer:
            snapshots.append((await answer.json())["data"])
        exchange.faults.level2_skipped = int(turn % 4 == 2)
        exchange.faults.level2_doubled = int(turn % 4 == 3)
        exchange.step(XBT, 7)
        for frame in await public.pushed():
            keeper.frame(frame["data"])
        if turn % 4 in (0, 1, 3):
            keeper.assert_is_book_of(market)


# Private topics ----------------------------------------------------------------------------------


def is_type(kind: str) -> Any:
    return lambda frame: frame["data"].get("type") == kind


@pytest.mark.conforms("/contractMarket/tradeOrders")
async def test_orders(exchange: SimExchange, private: Wire) -> None:
    """Both forms of the topic, each with its subject; types and states of 3.6."""
    uid = exchange.engine.account.uid
    both, single = "/contractMarket/tradeOrders", f"/contractMarket/tradeOrders:{XBT}"
    await private.subscribe(both, privateChannel=True)
    await private.subscribe(single, privateChannel="true")
    place(exchange, "taker")
    resting = place(exchange, "resting", type="limit", price=price(exchange, -1000))
    exchange.engine.cancel(resting)
    frames = await private.pushed()
    for topic, subject in ((both, "orderChange"), (single, "symbolOrderChange")):
        own = [frame for frame in frames if frame["topic"] == topic]
        assert {frame["subject"] for frame in own} == {subject}
        assert {(frame["userId"], frame["channelType"]) for frame in own} == {(uid, "private")}
        told = [(frame["data"]["type"], frame["data"]["status"]) for frame in own]
        assert told == [
            ("match", "match"), ("filled", "done"), ("open", "open"), ("canceled", "done")
        ]  # fmt: skip
        assert_alike(own[0], fixture("order_match_frame"))
        assert_alike(own[3], fixture("order_cancel_frame"))
        more = frozenset({"positionSide", "orderType", "clientOid", "tradeType"})
        assert_alike(own[2], fixture("order_open_frame"), more=more)
        assert own[3]["data"]["canceledSize"] == "2"
        assert own[3]["data"]["remainSize"] == "0"


async def test_an_order_partly_filled_ends_with_an_update(
    exchange: SimExchange, private: Wire
) -> None:
    """What was filled stays, the rest is canceled, the size before is told (3.6)."""
    market = exchange.engine.markets[XBT]
    await private.subscribe("/contractMarket/tradeOrders", privateChannel=True)
    best = market.book.best("sell")
    assert best is not None
    lots = market.book.total("sell", best)
    order = place(exchange, "part", type="limit", price=market.spec.text(best), size=lots + 5)
    exchange.engine.cancel(order)
    last = (await private.pushed())[-1]["data"]
    assert (last["type"], last["status"]) == ("update", "done")
    assert (last["filledSize"], last["canceledSize"], last["remainSize"]) == (str(lots), "5", "0")
    assert last["oldSize"] == str(lots + 5)


async def test_the_echoed_topic_can_lack_the_symbol(exchange: SimExchange, private: Wire) -> None:
    exchange.switches.set("order_topic_echo", "plain")
    await private.subscribe(f"/contractMarket/tradeOrders:{XBT}", privateChannel=True)
    place(exchange, "a")
    frames = await private.pushed()
    assert {(frame["topic"], frame["subject"]) for frame in frames} == {
        ("/contractMarket/tradeOrders", "symbolOrderChange")
    }


@pytest.mark.conforms("/contractMarket/advancedOrders")
async def test_stops(exchange: SimExchange, private: Wire) -> None:
    """Open, triggered with its success, cancel; the user's own id by switch only."""
    await private.subscribe("/contractMarket/advancedOrders", privateChannel=True)
    low = price(exchange, -1000)
    stop = {"stop": "down", "stopPrice": low, "stopPriceType": "MP", "type": "limit", "price": low}
    waiting = place(exchange, "a", **stop)
    exchange.engine.cancel(waiting)
    exchange.switches.set("stop_event_client_oid", "present")
    high = {**stop, "stop": "down", "stopPrice": price(exchange, 1000), "stopPriceType": "TP"}
    place(exchange, "b", **high)
    much = {**high, "size": 900_000, "price": None, "type": "market"}
    place(exchange, "c", **much)
    frames = await private.pushed()
    assert [frame["data"]["type"] for frame in frames] == [
        "open", "cancel", "open", "triggered", "open", "triggered"
    ]  # fmt: skip
    assert_alike(frames[0], fixture("stop_frame"))
    assert len({frame["id"] for frame in frames}) == 6
    assert frames[3]["data"]["triggerSuccess"] is True
    more = frozenset({"id", "clientOid"})
    assert_alike(frames[5], fixture("stop_refused_frame"), more=more)
    assert [frame["data"].get("clientOid") for frame in frames] == [None, None, *"bbcc"]


@pytest.mark.conforms("/contractAccount/wallet")
async def test_wallets(exchange: SimExchange, private: Wire) -> None:
    """All texts; the version grows with each change and stays when only the mark moved."""
    await private.subscribe("/contractAccount/wallet", privateChannel=True)
    place(exchange, "a")
    place(exchange, "b", type="limit", price=price(exchange, -1000))
    changed = await private.pushed()
    for frame in changed:
        assert_alike(frame, fixture("wallet_frame"))
        assert all(isinstance(value, str) for value in frame["data"].values())
    versions = [int(frame["data"]["version"]) for frame in changed]
    assert len(versions) >= 2
    assert versions == sorted(set(versions))
    assert len({frame["id"] for frame in changed}) == len(changed)
    exchange.clock.advance(2)
    marked = await private.pushed()
    assert [int(frame["data"]["version"]) for frame in marked] == [versions[-1]] * 2
    data = marked[-1]["data"]
    names = ("walletBalance", "crossUnPnl", "isolatedUnPnl")
    assert Decimal(data["equity"]) == sum(Decimal(data[name]) for name in names)


@pytest.mark.parametrize(("subjects", "current"), [("legacy", False), ("both", True)])
async def test_old_wallet_subjects(
    subjects: str, current: bool, exchange: SimExchange, private: Wire
) -> None:
    """Numbers, each when its own figure changed; no more once the margin mode was switched."""
    exchange.switches.set("wallet_subjects", subjects)
    await private.subscribe("/contractAccount/wallet", privateChannel=True)
    place(exchange, "b", type="limit", price=price(exchange, -1000))
    frames = await private.pushed()
    told = [frame["subject"] for frame in frames]
    old = ["orderMargin.change", "availableBalance.change", "withdrawHold.change"]
    assert told == [*["walletBalance.change"] * current, *old]
    more = frozenset({"type", "channelType"})
    available = frames[-2]
    assert_alike(available, fixture("legacy_wallet_frame"), more=more)
    assert frames[-3]["data"]["orderMargin"] > 0
    assert set(frames[-1]["data"]) == {"withdrawHold", "currency", "timestamp"}
    place(exchange, "c", type="limit", price=price(exchange, -1000))
    told = [frame["subject"] for frame in await private.pushed()]
    assert told == [*["walletBalance.change"] * current, *old[:2]]
    exchange.engine.reports.margin_mode(exchange.engine.account, XBT)
    place(exchange, "d", type="limit", price=price(exchange, -1000))
    told = [frame["subject"] for frame in await private.pushed()]
    assert told == ["walletBalance.change", *old[:2] * current]


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param(f"/contract/position:{XBT}", marks=pytest.mark.conforms("/contract/position")),
        pytest.param("/contract/positionAll", marks=pytest.mark.conforms("/contract/positionAll")),
    ],
)
async def test_positions(topic: str, exchange: SimExchange, private: Wire) -> None:
    """In full on fills, in part each second, and a last time without margin when closed."""
    uid = exchange.engine.account.uid
    await private.subscribe(topic, privateChannel=True)
    place(exchange, "a")
    (full,) = await private.pushed()
    assert (full["topic"], full["subject"], full["userId"]) == (topic, "position.change", uid)
    names = {*fixture("position"), *fixture("position_closed_frame")["data"]}
    assert names - {"id", "isInverse", "maintainMargin"} <= set(full["data"])
    assert (full["data"]["currentQty"], full["data"]["changeReason"]) == (2, "positionChange")
    exchange.step(XBT, 20)
    exchange.clock.advance(2)
    marks = await private.pushed()
    assert len(marks) == 2
    for frame in marks:
        assert_alike(frame, {**fixture("position_mark_frame"), "topic": topic})
    assert marks[0]["data"]["changeReason"] == "markPriceChange"
    exchange.engine.place(
        exchange.engine.account,
        {"clientOid": "z", "symbol": XBT, "type": "market", "closeOrder": True},
    )
    closed = (await private.pushed())[-1]
    # The example is of a cross position; an isolated one has more to tell.
    isolated = {"autoDeposit", "riskLimit", "riskLimitLevel", "realLeverage", "maintMargin"}
    isolated |= {name for name in full["data"] if name.startswith("pos")}
    assert_alike(closed, fixture("position_closed_frame"), more=frozenset(isolated))
    assert "posMargin" not in closed["data"]
    assert (closed["data"]["currentQty"], closed["data"]["isOpen"]) == (0, False)
    exchange.clock.advance(2)
    assert not await private.pushed()


async def test_partial_position_frames_can_be_named_and_without_reason(
    exchange: SimExchange, private: Wire
) -> None:
    exchange.switches.set_all({"mark_frame_symbol": "present", "mark_frame_reason": "absent"})
    for topic in (f"/contract/position:{XBT}", "/contract/positionAll"):
        await private.subscribe(topic, privateChannel=True)
    place(exchange, "a")
    await private.pushed()
    exchange.clock.advance(1)
    one, every = await private.pushed()
    assert ("symbol" in one["data"], every["data"]["symbol"]) == (False, XBT)
    assert not any("changeReason" in frame["data"] for frame in (one, every))


async def test_settlements_and_risk_limits_of_positions(
    exchange: SimExchange, private: Wire
) -> None:
    account, reports = exchange.engine.account, exchange.engine.reports
    market = exchange.engine.markets[XBT]
    for topic in (f"/contract/position:{XBT}", "/contract/positionAll"):
        await private.subscribe(topic, privateChannel=True)
    settled = Settlement(FUNDING_MS, 2, market.mark_price, 0.000071, Decimal("-0.0142"))
    reports.settlement(account, market, settled)
    reports.risk_limit(account, XBT, 2)
    frames = await private.pushed()
    assert len(frames) == 4
    assert_alike(frames[0], fixture("position_settlement_frame"))
    assert_alike(frames[2], fixture("risk_limit_frame"))
    assert frames[2]["data"] == {"success": True, "riskLimitLevel": 2, "msg": ""}


@pytest.mark.conforms("/contract/marginMode", "/contract/crossLeverage")
async def test_modes(exchange: SimExchange, private: Wire) -> None:
    """One subject on two topics: a map from contract to mode, or to leverage as text."""
    account, reports = exchange.engine.account, exchange.engine.reports
    for topic in ("/contract/marginMode", "/contract/crossLeverage"):
        await private.subscribe(topic, privateChannel=True)
    account.cross_leverage["ETHUSDTM"] = Decimal(8)
    reports.margin_mode(account, "ETHUSDTM")
    reports.cross_leverage(account, "ETHUSDTM")
    mode, leverage = await private.pushed()
    uid = account.uid
    assert mode == {**fixture("margin_mode_frame"), "userId": uid}
    assert leverage == {**fixture("cross_leverage_frame"), "userId": uid}


async def test_nobody_hears_of_another_account(
    exchange: SimExchange, session: aiohttp.ClientSession, private: Wire
) -> None:
    """Private frames reach the connections of their own account, all of them, and no other."""
    other = dataclasses.replace(demo_key(8), uid="60000000000000000000bbbb")
    stranger = await opened(exchange, session, exchange.engine.accounts.add(other).uid)
    second = await opened(exchange, session, exchange.engine.account.uid)
    wires = (private, second, stranger)
    for wire in wires:
        for topic in ("/contractMarket/tradeOrders", "/contractAccount/wallet"):
            await wire.subscribe(topic, privateChannel=True)
    place(exchange, "a")
    own, same, none = [await wire.pushed() for wire in wires]
    assert own
    assert own == same
    assert none == []
    for wire in (second, stranger):
        await wire.socket.close()


async def test_a_private_topic_needs_both_token_and_flag(
    exchange: SimExchange, private: Wire
) -> None:
    """And a private token serves for public topics, with the flag or without."""
    topic = "/contractAccount/wallet"
    assert (await private.ask(id="x", type="subscribe", topic=topic))["code"] == 403
    false = await private.ask(id="x", type="subscribe", topic=topic, privateChannel="false")
    assert false["code"] == 403
    await private.subscribe(f"/contractMarket/level2:{XBT}", privateChannel=True)
    await private.subscribe(f"/contractMarket/level2:{XBT}")
    exchange.step(XBT)
    assert await private.pushed()


# Tunnels -----------------------------------------------------------------------------------------


@pytest.mark.conforms("openTunnel", "closeTunnel")
async def test_tunnels(exchange: SimExchange, public: Wire) -> None:
    """At most five; pushes of a tunnel's topics carry its name, until it is closed."""
    for number in range(5):
        name = f"bt{number}"
        ack = await public.ask(id=name, type="openTunnel", newTunnelId=name, response=True)
        assert ack == {"id": name, "type": "ack"}
    sixth = await public.ask(id="x", type="openTunnel", newTunnelId="bt5", response=True)
    assert sixth["code"] == 509
    again = await public.ask(id="x", type="openTunnel", newTunnelId="bt1", response=True)
    assert again["code"] == 400
    topic = f"/contractMarket/tickerV2:{XBT}"
    await public.subscribe(topic, tunnelId="bt1")
    exchange.step(XBT, 5)
    frames = await public.pushed()
    assert frames
    assert {frame.pop("tunnelId") for frame in frames} == {"bt1"}
    assert_alike(frames[0], fixture("ticker_v2_frame"))
    closing = {"type": "closeTunnel", "tunnelId": "bt1", "response": True}
    assert (await public.ask(id="y", **closing))["type"] == "ack"
    assert (await public.ask(id="y", **closing))["code"] == 404
    exchange.step(XBT, 5)
    assert not await public.pushed()
    assert not exchange.hub.is_wanted(topic)


# Limits ------------------------------------------------------------------------------------------


async def test_a_client_that_talks_too_much_is_told_until_it_waited(
    exchange: SimExchange, public: Wire
) -> None:
    for number in range(100):
        await public.ask(id=number, type="ping")
    refused = await public.ask(id="x", type="ping")
    assert (refused["id"], refused["code"]) == ("x", 509)
    exchange.clock.advance(9.9)
    assert (await public.ask(id="x", type="ping"))["code"] == 509
    exchange.clock.advance(0.2)
    assert (await public.ask(id="x", type="ping"))["type"] == "pong"


@pytest.mark.parametrize("limit", [300, 100])
async def test_one_connection_holds_so_many_topics(
    limit: int, exchange: SimExchange, public: Wire
) -> None:
    """Whichever way the switch stands; leaving topics makes room, at the limit, too."""
    exchange.switches.set("topic_limit", str(limit))
    bases = ("tickerV2", "ticker", "level2", "level2Depth5", "level2Depth50", "execution")
    symbols = list(exchange.engine.markets)
    topics = [f"/contractMarket/{base}:{symbol}" for base in bases for symbol in symbols]
    kinds = [f"{symbol}_{kind}" for symbol in symbols for kind in CANDLE_TYPES]
    topics += [f"/contractMarket/limitCandle:{name}" for name in kinds]
    tunnels = [None, *(f"t{number}" for number in range(2))]
    for name in tunnels[1:]:
        await public.ask(id=name, type="openTunnel", newTunnelId=name, response=True)
    wanted = [(topic, name) for name in tunnels for topic in topics][:limit]
    by_base: dict[tuple[str, str | None], list[str]] = {}
    for topic, name in wanted:
        base, _, symbol = topic.partition(":")
        by_base.setdefault((base, name), []).append(symbol)
    for (base, name), names in by_base.items():
        for start in range(0, len(names), 100):
            topic = f"{base}:{','.join(names[start : start + 100])}"
            await public.subscribe(topic, **({"tunnelId": name} if name else {}))
    instrument = f"/contract/instrument:{XBT}"
    one_more = await public.ask(id="x", type="subscribe", topic=instrument, response=True)
    assert one_more["code"] == 509
    await public.subscribe(wanted[0][0])
    left = await public.ask(id="u", type="unsubscribe", topic=wanted[0][0], response=True)
    assert left["type"] == "ack"
    await public.subscribe(instrument)


async def test_a_request_names_at_most_a_hundred_topics(public: Wire) -> None:
    names = ",".join([f"{XBT}_1min"] * 101)
    topic = f"/contractMarket/limitCandle:{names}"
    refused = await public.ask(id="x", type="subscribe", topic=topic, response=True)
    assert refused["code"] == 509
    await public.subscribe(topic.removesuffix(f",{XBT}_1min"))


async def test_one_account_holds_fifty_connections(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    """The one too many is told 509 and closed; another account has its own count."""
    uid = exchange.engine.account.uid
    exchange.streams._parts.limits.new_connections = 100
    wires = [await opened(exchange, session, uid) for _ in range(50)]
    refused = await knocked(exchange.tokens.issue(uid), exchange, session)
    (frame,) = await refused.ending()
    assert (frame["type"], frame["code"]) == ("error", 509)
    wires.append(await opened(exchange, session, "somebody else"))
    await wires.pop(0).socket.close()
    await eventually(lambda: exchange.streams.connections.count(uid) == 49, "the end of one")
    wires.append(await opened(exchange, session, uid))
    for wire in wires:
        await wire.socket.close()


async def test_thirty_new_connections_a_minute(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    """Closing them makes no room, time does."""
    for _ in range(30):
        await (await opened(exchange, session)).socket.close()
    exchange.clock.advance(59)
    refused = await knocked(exchange.tokens.issue(None), exchange, session)
    (frame,) = await refused.ending()
    assert (frame["type"], frame["code"]) == ("error", 509)
    exchange.clock.advance(2)
    await (await opened(exchange, session)).socket.close()


# Life --------------------------------------------------------------------------------------------


@pytest.mark.conforms("token life")
async def test_tokens_end_and_connections_outlive_them(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    exchange.tokens.life_s = 40.0
    token = exchange.tokens.issue(None)
    wire = await opened_with(token, exchange, session)
    exchange.clock.advance(39)
    again = await opened_with(token, exchange, session)
    await wire.ask(id="p", type="ping")
    exchange.clock.advance(2)
    for old in (token, "never given out", ""):
        late = await knocked(old, exchange, session)
        refused = {"id": "c9", "type": "error", "code": 401, "data": "token is expired"}
        assert await late.ending() == [refused]
    assert (await wire.ask(id="p", type="ping"))["type"] == "pong"
    for open_wire in (wire, again):
        await open_wire.socket.close()


@pytest.mark.conforms("ping timeout")
async def test_who_is_silent_for_a_minute_is_left(
    exchange: SimExchange, session: aiohttp.ClientSession, public: Wire
) -> None:
    """Any message counts, pushes to the client do not."""
    silent = await opened(exchange, session)
    await silent.subscribe(f"/contract/instrument:{XBT}")
    exchange.clock.advance(59)
    assert (await public.ask(id="p", type="ping"))["type"] == "pong"
    exchange.clock.advance(2)
    last = (await silent.ending())[-1]
    assert last == {"id": "c9", "type": "error", "code": 400, "data": "ping timeout"}
    exchange.clock.advance(57)
    assert (await public.ask(id="p", type="ping"))["type"] == "pong"
    await eventually(lambda: len(exchange.hub.listeners) == 1, "the silent one's end")
    assert not exchange.hub.is_wanted(f"/contract/instrument:{XBT}")


async def test_in_fast_time_a_client_that_pings_as_usual_is_kept(
    exchange: SimExchange, public: Wire
) -> None:
    """Two minutes of the exchange are less than a second outside."""
    began_s = exchange.clock.monotonic_s()
    exchange.clock.speed = 300.0
    await eventually(lambda: exchange.clock.monotonic_s() > began_s + 120, "two minutes")
    exchange.clock.speed = 0.0
    assert (await public.ask(id="p", type="ping"))["type"] == "pong"


async def test_who_does_not_read_is_dropped_and_nobody_waits(
    exchange: SimExchange, public: Wire
) -> None:
    """Frames wait in a bounded queue; when it is full the connection is cut."""
    exchange.streams._parts.limits.queued = 50
    token = exchange.tokens.issue(None)
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port, limit=1024)
    key = base64.b64encode(b"0123456789abcdef").decode()
    writer.write(
        f"GET /endpoint?token={token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    topic = f"/contractMarket/level2:{XBT}"
    frame = json.dumps({"id": "s", "type": "subscribe", "topic": topic}).encode()
    mask = bytes(4)
    writer.write(bytes([0x81, 0x80 | len(frame)]) + mask + frame)
    await eventually(lambda: exchange.hub.is_wanted(topic), "the deaf one's subscription")
    await public.subscribe(topic)
    big, sent = {"change": "x" * 100_000}, 0
    while len(exchange.hub.listeners) == 2:
        sent += 1
        assert sent < 2000, "the deaf one was never dropped"
        exchange.hub.publish(topic, "level2", big, sent)
        assert (await public.push(topic))["sn"] == sent
    assert (await public.ask(id="p", type="ping"))["type"] == "pong"
    writer.close()
    assert reader is not None


async def test_faults_on_the_stream(exchange: SimExchange, session: aiohttp.ClientSession) -> None:
    wire = await opened(exchange, session)
    exchange.drop_streams()
    assert await wire.ending() == []
    exchange.faults.refuses_streams = True
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(f"{exchange.rest}/endpoint?token=x")
