"""Positions, margin modes, cross leverage, position mode."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest

from terminal.simexchange.engine.reports import CROSS_LEVERAGE, MARGIN_MODE
from tests.support.caller import SYMBOL, Caller

OTHER = "ETHUSDTM"
MODE, CHANGE = "/api/v2/position/getMarginMode", "/api/v2/position/changeMarginMode"
BATCH = "/api/v2/position/batchChangeMarginMode"
LEVERAGE, SET_LEVERAGE = "/api/v2/getCrossUserLeverage", "/api/v2/changeCrossUserLeverage"
SWITCH = "/api/v2/position/switchPositionMode"


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Caller:
    """A caller whose private frames are kept in ``told``."""
    made = Caller()
    TOLD.clear()
    monkeypatch.setattr(
        made.exchange.hub,
        "publish_private",
        lambda _uid, topic, subject, data: TOLD.append((topic, subject, data)),
    )
    return made


TOLD: list[tuple[str, str, Any]] = []


def told(topic: str) -> list[Any]:
    return [data for name, subject, data in TOLD if (name, subject) == (topic, "user.config")]


# Positions ---------------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/position", "GET /api/v2/position", "GET /api/v1/positions")
def test_a_position_in_three_shapes(caller: Caller) -> None:
    """One object with numbers, a list with texts, a list with numbers."""
    flat = caller.data(f"/api/v1/position?symbol={SYMBOL}")
    assert (flat["isOpen"], flat["currentQty"]) == (False, 0)
    assert caller.data(f"/api/v2/position?symbol={SYMBOL}") == []
    assert caller.data("/api/v1/positions") == []
    caller.place(size=2)
    caller.place("XBTUSDM", side="sell", size=100)
    one = caller.data(f"/api/v1/position?symbol={SYMBOL}")
    (text,) = caller.data(f"/api/v2/position?symbol={SYMBOL}")
    assert one["currentQty"] == text["currentQty"] == 2
    assert Decimal(text["avgEntryPrice"]) == Decimal(str(one["avgEntryPrice"]))
    assert Decimal(text["cumulativeTradeFee"]) == Decimal(str(one["currentComm"]))
    assert (text["leverage"], text["imr"]) == ("5", "0.2")
    assert not {"dealComm", "fundingFee", "tax"} & set(text)
    assert {p["symbol"] for p in caller.data("/api/v1/positions")} == {SYMBOL, "XBTUSDM"}
    (inverse,) = caller.data("/api/v1/positions?currency=XBT")
    assert (inverse["symbol"], inverse["currentQty"]) == ("XBTUSDM", -100)
    assert inverse["posCost"] > 0
    assert caller.data("/api/v1/positions?currency=USDC") == []


@pytest.mark.parametrize(("side", "rounding"), [("buy", ROUND_CEILING), ("sell", ROUND_FLOOR)])
def test_rest_rounds_the_liquidation_price(caller: Caller, side: str, rounding: str) -> None:
    """On the index's grid, up for longs and down for shorts; frames do not."""
    caller.place(side=side, size=3)
    market = caller.engine.markets[SYMBOL]
    exact = caller.engine.reports.position_payload(caller.account, market)
    shown = caller.data(f"/api/v1/position?symbol={SYMBOL}")
    for name in ("liquidationPrice", "bankruptPrice"):
        price = Decimal(repr(exact[name]))
        assert shown[name] == float(price.quantize(Decimal("0.01"), rounding))


# Margin modes ------------------------------------------------------------------------------------


@pytest.mark.conforms(
    "GET /api/v2/position/getMarginMode",
    "POST /api/v2/position/changeMarginMode",
    "/contract/marginMode",
)
def test_the_margin_mode_of_a_contract(caller: Caller) -> None:
    """It is told once when it changes, and only of that contract."""
    for _ in range(2):
        body = {"symbol": OTHER, "marginMode": "CROSS"}
        assert caller.data(CHANGE, "POST", body) == body
    assert caller.data(f"{MODE}?symbol={OTHER}") == {"symbol": OTHER, "marginMode": "CROSS"}
    assert caller.data(f"{MODE}?symbol={SYMBOL}")["marginMode"] == "ISOLATED"
    assert told(MARGIN_MODE) == [{OTHER: "CROSS"}]


@pytest.mark.parametrize("what", ["position", "order", "stop"])
def test_a_contract_in_use_keeps_its_mode(caller: Caller, what: str) -> None:
    """Asking for the mode it has is no change."""
    stop = {"stop": "down", "stopPriceType": "MP", "stopPrice": caller.low(ticks=9000)}
    caller.place(**{"position": {}, "order": {"price": caller.low()}, "stop": stop}[what])
    body = {"symbol": SYMBOL, "marginMode": "CROSS"}
    assert caller.code(CHANGE, "POST", body) == (200, "50002")
    assert caller.data(f"{MODE}?symbol={SYMBOL}")["marginMode"] == "ISOLATED"
    assert told(MARGIN_MODE) == []
    same = {"symbol": SYMBOL, "marginMode": "ISOLATED"}
    assert caller.data(CHANGE, "POST", same) == same


@pytest.mark.conforms("POST /api/v2/position/batchChangeMarginMode")
def test_margin_modes_of_several_contracts(caller: Caller) -> None:
    """What failed is listed with the mode it has, and named among the errors."""
    caller.place()
    body = {"marginMode": "CROSS", "symbols": [OTHER, SYMBOL, OTHER]}
    assert caller.data(BATCH, "POST", body) == {
        "marginMode": {OTHER: "CROSS", SYMBOL: "ISOLATED"},
        "errors": [{"code": "50002", "msg": "exist.order.or.position", "symbol": SYMBOL}],
    }
    assert told(MARGIN_MODE) == [{OTHER: "CROSS"}]


def test_an_unknown_symbol_refuses_the_whole_batch(caller: Caller) -> None:
    body = {"marginMode": "CROSS", "symbols": [OTHER, "NOPE"]}
    assert caller.code(BATCH, "POST", body)[1] == "100003"
    assert caller.data(f"{MODE}?symbol={OTHER}")["marginMode"] == "ISOLATED"


# Cross leverage ----------------------------------------------------------------------------------


@pytest.mark.conforms(
    "GET /api/v2/getCrossUserLeverage",
    "POST /api/v2/changeCrossUserLeverage",
    "/contract/crossLeverage",
)
@pytest.mark.parametrize(("asked", "shown"), [("8", "8"), (3, "3"), ("2.5", "2.5")])
def test_the_cross_leverage_of_a_contract(caller: Caller, asked: object, shown: str) -> None:
    """Text or number; the answer is true and nothing more."""
    body = {"symbol": OTHER, "leverage": asked}
    assert caller.data(SET_LEVERAGE, "POST", body) is True
    assert caller.data(f"{LEVERAGE}?symbol={OTHER}") == {"symbol": OTHER, "leverage": shown}
    assert caller.data(f"{LEVERAGE}?symbol={SYMBOL}")["leverage"] == "10"
    assert told(CROSS_LEVERAGE) == [{OTHER: {"leverage": shown}}]


def test_a_cross_position_and_its_orders_follow_their_leverage(caller: Caller) -> None:
    """Less leverage holds more margin, and what cannot be paid for changes nothing."""
    caller.data(CHANGE, "POST", {"symbol": SYMBOL, "marginMode": "CROSS"})
    caller.place(size=500, marginMode="CROSS")
    order = caller.place(size=300, marginMode="CROSS", price=caller.low())
    before = caller.account.wallet_state("USDT")
    caller.data(SET_LEVERAGE, "POST", {"symbol": SYMBOL, "leverage": "5"})
    after = caller.account.wallet_state("USDT")
    assert after.cross_position == 2 * before.cross_position
    assert after.cross_order > before.cross_order
    assert caller.data(f"/api/v1/orders/{order}")["leverage"] == "5"
    shown = caller.data(f"/api/v1/position?symbol={SYMBOL}")
    assert shown["leverage"] == 5
    assert shown["posInit"] == pytest.approx(shown["posCost"] / 5)
    TOLD.clear()
    caller.place(OTHER, size=1000, leverage=1)
    TOLD.clear()
    refused = {"symbol": SYMBOL, "leverage": "1"}
    caller.account.wallets["USDT"].cash = Decimal(60_000)
    kept = caller.account.wallet_state("USDT")
    assert caller.code(SET_LEVERAGE, "POST", refused) == (200, "300003")
    assert caller.account.wallet_state("USDT") == kept
    assert caller.data(f"/api/v1/orders/{order}")["leverage"] == "5"
    assert caller.data(f"{LEVERAGE}?symbol={SYMBOL}")["leverage"] == "5"
    assert TOLD == []


def test_more_leverage_than_the_contract_allows(caller: Caller) -> None:
    body = {"symbol": SYMBOL, "leverage": "126"}
    assert caller.code(SET_LEVERAGE, "POST", body) == (200, "300016")
    assert told(CROSS_LEVERAGE) == []


# Position mode -----------------------------------------------------------------------------------


@pytest.mark.conforms(
    "GET /api/v2/position/getPositionMode", "POST /api/v2/position/switchPositionMode"
)
def test_one_way_is_the_only_position_mode(caller: Caller) -> None:
    assert caller.data("/api/v2/position/getPositionMode") == {"positionMode": 0}
    assert caller.data(SWITCH, "POST", {"positionMode": "0"}) == {"positionMode": 0}
    assert caller.code(SWITCH, "POST", {"positionMode": "1"}) == (200, "300000")
    assert caller.data("/api/v2/position/getPositionMode") == {"positionMode": 0}


# Nonsense ----------------------------------------------------------------------------------------

JUNK: list[Any] = [None, True, -1, "", "x", "NaN", "1e99", [], {}, ["x"], "9" * 400]
MODE_BODY = {"symbol": SYMBOL, "marginMode": "CROSS"}
BATCH_BODY = {"symbols": [SYMBOL], "marginMode": "CROSS"}
LEVERAGE_BODY = {"symbol": SYMBOL, "leverage": "3"}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize(
    ("target", "body", "name"),
    [
        (CHANGE, MODE_BODY, "symbol"),
        (CHANGE, MODE_BODY, "marginMode"),
        (BATCH, BATCH_BODY, "marginMode"),
        (BATCH, BATCH_BODY, "symbols"),
        (SET_LEVERAGE, LEVERAGE_BODY, "symbol"),
        (SET_LEVERAGE, LEVERAGE_BODY, "leverage"),
        (SWITCH, {}, "positionMode"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    caller: Caller, target: str, body: dict[str, Any], name: str, junk: object
) -> None:
    account = caller.account
    before = dict(account.margin_modes), dict(account.cross_leverage)
    _, code = caller.code(target, "POST", {**body, name: junk})
    assert code in ("400100", "100003")
    assert (account.margin_modes, account.cross_leverage) == before
    assert TOLD == []


@pytest.mark.parametrize("leverage", ["0", 0.5, "1.234", "3e0", "Infinity", " 3"])
def test_leverages_that_are_none(caller: Caller, leverage: object) -> None:
    """Below one, finer than hundredths, or not written plainly."""
    body = {**LEVERAGE_BODY, "leverage": leverage}
    assert caller.code(SET_LEVERAGE, "POST", body) == (400, "400100")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/api/v1/position"),
        ("GET", "/api/v2/position"),
        ("GET", "/api/v1/positions"),
        ("GET", MODE),
        ("POST", CHANGE),
        ("POST", BATCH),
        ("GET", LEVERAGE),
        ("POST", SET_LEVERAGE),
        ("GET", "/api/v2/position/getPositionMode"),
        ("POST", SWITCH),
    ],
)
def test_what_the_calls_cost(caller: Caller, method: str, target: str) -> None:
    assert caller.spent(target, method) == ("Futures", 2)
