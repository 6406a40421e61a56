"""Topics as clients write them."""

from __future__ import annotations

import pytest

from terminal.simexchange.payloads.frames import CANDLE_TYPES
from terminal.simexchange.sockets.limits import FrameRefused
from terminal.simexchange.sockets.topics import read

SYMBOLS = {"XBTUSDTM", "ETHUSDTM"}
BY_SYMBOL = ["tickerV2", "ticker", "level2", "level2Depth5", "level2Depth50", "execution"]
PUBLIC = [f"/contractMarket/{name}" for name in (*BY_SYMBOL, "snapshot")]


@pytest.mark.parametrize("base", [*PUBLIC, "/contract/instrument", "/contract/announcement"])
def test_public_topics_of_contracts(base: str) -> None:
    asked = read(f"{base}:XBTUSDTM,ETHUSDTM,XBTUSDTM", SYMBOLS, 100)
    assert asked == ((f"{base}:XBTUSDTM", f"{base}:ETHUSDTM"), False)


def test_candles_of_all_types() -> None:
    names = [f"XBTUSDTM_{kind}" for kind in CANDLE_TYPES]
    assert len(names) == 13
    base = "/contractMarket/limitCandle"
    asked = read(f"{base}:{','.join(names)}", SYMBOLS, 100)
    assert asked.topics == tuple(f"{base}:{name}" for name in names)


@pytest.mark.parametrize(
    "topic",
    [
        "/contractMarket/tradeOrders",
        "/contractMarket/tradeOrders:XBTUSDTM",
        "/contractMarket/advancedOrders",
        "/contractAccount/wallet",
        "/contract/position:XBTUSDTM",
        "/contract/positionAll",
        "/contract/marginMode",
        "/contract/crossLeverage",
    ],
)
def test_private_topics(topic: str) -> None:
    assert read(topic, SYMBOLS, 100) == ((topic,), True)


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        (None, 406),
        ("", 406),
        (["/contract/announcement"], 400),
        ("/contractMarket/level2", 400),
        ("/contract/position", 400),
        ("/contractMarket/limitCandle", 400),
        ("/contractMarket/level2:", 404),
        ("/contractMarket/level2:xbtusdtm", 404),
        ("/contractMarket/limitCandle:XBTUSDTM_1Min", 404),
        ("/contractMarket/advancedOrders:XBTUSDTM", 404),
        ("/contractAccount/wallet:XBTUSDTM", 404),
        ("/contract/positionAll:XBTUSDTM", 404),
        ("/contractMarket/indexPrice:XBTUSDTM", 404),
        ("/contractMarket/level3v2:XBTUSDTM", 404),
        ("/market/ticker:XBTUSDTM", 404),
        ("/contractMarket/level2:" + ",".join(["XBTUSDTM"] * 101), 509),
    ],
)
def test_what_is_no_topic(topic: object, code: int) -> None:
    with pytest.raises(FrameRefused) as refused:
        read(topic, SYMBOLS, 100)
    assert refused.value.code == code
    assert len(refused.value.text) < 150
