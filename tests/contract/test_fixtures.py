"""The third witness: payloads of known provenance, against the simulated exchange.

It must produce the same shape, field by field and kind by kind. That the client reads them is in
``test_calls`` and ``test_pushes``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from terminal.exchange.stream_topics import translated
from terminal.exchange.translate import Scales
from terminal.simexchange.auth import demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.payloads import accounts, markets, orders
from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import Switches
from terminal.wire.connection import Pushed
from tests.support.builders import a_contract
from tests.support.stranger import Stranger

FOLDER = Path(__file__).parent.parent / "fixtures" / "kucoin"
SYMBOL = "XBTUSDTM"


def load(name: str) -> Any:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    assert document["provenance"].startswith("KuCoin Futures API reference, section")
    return document["payload"]


@pytest.fixture
def scales() -> Scales:
    known = Scales()
    known.learn([a_contract()])
    return known


# The simulated exchange speaks them --------------------------------------------------------------


class Ear:
    """Keeps every frame that the engine publishes."""

    def __init__(self) -> None:
        self.frames: dict[str, list[Any]] = {}

    def is_wanted(self, topic: str) -> bool:
        return True

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:
        self.frames.setdefault(topic, []).append((subject, data))

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:
        self.frames.setdefault(topic, []).append((subject, data))


@pytest.fixture(scope="module")
def spoken() -> dict[str, Any]:
    """One of each payload, made by letting the account trade."""
    ear = Ear()
    engine = Engine(7, demo_key(7), SimClock(), ear, Switches())
    market = engine.markets[SYMBOL]
    for _ in range(60):
        engine.step(SYMBOL)
    buy = {"clientOid": "a", "symbol": SYMBOL, "side": "buy", "size": 2, "leverage": 5}
    engine.place(engine.account, {**buy, "type": "market"})
    low = market.spec.text(market.last - 1000)
    resting = engine.place(engine.account, {**buy, "clientOid": "b", "price": low})
    made: dict[str, Any] = {
        "contract": markets.contract(market, 1_760_000_000_000),
        "ticker": markets.ticker(market),
        "snapshot": markets.book(market, 1_760_000_000_456_000_000),
        "order": orders.order(resting, market),
        "fill": orders.fill(engine.account.fills[-1], market),
        "overview": accounts.overview(engine.account.wallet_state("USDT")),
        "position": engine.reports.position_payload(engine.account, market),
        "position_v2": accounts.position_v2(
            engine.reports.position_payload(engine.account, market)
        ),
    }
    engine.cancel(resting)
    stop = {**buy, "clientOid": "c", "stop": "down", "stopPrice": low, "stopPriceType": "MP"}
    engine.place(engine.account, {**stop, "price": low})
    engine.place(
        engine.account, {"clientOid": "d", "symbol": SYMBOL, "type": "market", "closeOrder": True}
    )
    engine.publish_second()
    made["frames"] = ear.frames
    made["kline"] = markets.kline_row(market, market.candles.rows(1, None, None, 2)[0])
    return made


def shape_of(value: Any) -> Any:
    """What a value looks like on the wire: its JSON kind; whole and broken numbers are one."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    if isinstance(value, dict):
        return {name: shape_of(one) for name, one in value.items()}
    return "null" if value is None else "text"


def compare(ours: dict[str, Any], theirs: dict[str, Any], optional: frozenset[str]) -> None:
    """Every field of the reference is there with the same kind, none is made up."""
    for name, value in theirs.items():
        if name in optional and name not in ours:
            continue
        assert name in ours, f"{name} is missing"
        if value is not None and ours[name] is not None:
            assert shape_of(ours[name]) == shape_of(value), name


async def test_the_simulated_exchange_has_the_same_funding_shapes() -> None:
    """The transfer is asked for with the very body of the reference."""
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    async with aiohttp.ClientSession() as session:
        stranger = Stranger(exchange, session)
        path = "/api/v1/accounts/transferable?currency=USDT&type=MAIN"
        compare(await stranger.data(path, signed=True), load("transferable"), frozenset())
        rows = await stranger.data("/api/v1/accounts", signed=True)
        compare(rows[0], load("accounts")[0], frozenset())
        body = load("universal_transfer")
        _, answer = await stranger.call("POST", "/api/v3/accounts/universal-transfer", body)
        compare(answer["data"], load("universal_transfer_reply"), frozenset())
    await exchange.stop()


NOT_SENT = frozenset(
    # Fields that the reference marks as optional or newer, or that only screens use.
    [
        "displaySymbol",
        "displayBaseCurrency",
        "availableMargin",
        "unrealisedPnlPcnt",
        "unrealisedRoePcnt",
    ]
)


@pytest.mark.parametrize(
    "name",
    ["contract", "ticker", "snapshot", "order", "fill", "overview", "position", "position_v2"],
)
def test_the_simulated_exchange_has_the_same_rest_shapes(name: str, spoken: dict[str, Any]) -> None:
    compare(spoken[name], load(name), NOT_SENT)


@pytest.mark.parametrize(
    ("name", "pick"),
    [
        ("level2_frame", lambda _: True),
        ("execution_frame", lambda _: True),
        ("mark_frame", lambda _: True),
        ("candle_frame", lambda _: True),
        ("order_match_frame", lambda d: d["type"] == "match"),
        ("order_cancel_frame", lambda d: d["type"] == "canceled"),
        ("stop_frame", lambda d: d["type"] == "open"),
        ("wallet_frame", lambda _: True),
        ("position_closed_frame", lambda d: d.get("isOpen") is False),
    ],
)
def test_the_simulated_exchange_has_the_same_stream_shapes(
    name: str, pick: Any, spoken: dict[str, Any]
) -> None:
    frame = load(name)
    said = [(s, d) for s, d in spoken["frames"][frame["topic"]] if pick(d)]
    assert said, "the exchange said nothing like it"
    subject, data = said[0]
    assert subject == frame["subject"]
    compare(data, frame["data"], NOT_SENT)


def test_the_simulated_exchange_writes_candles_alike(spoken: dict[str, Any]) -> None:
    assert [shape_of(one) for one in spoken["kline"]] == [
        shape_of(one) for one in load("klines")[0]
    ]


def test_what_the_exchange_says_the_client_understands(
    spoken: dict[str, Any], scales: Scales
) -> None:
    understood = 0
    for topic, frames in spoken["frames"].items():
        if not topic.endswith(SYMBOL) and ":" in topic:
            continue
        for subject, data in frames:
            fact = translated(Pushed(topic, subject, json.dumps(data).encode()), scales)
            understood += fact is not None
    assert understood > 100
