"""Positions, margin modes, cross leverage, position mode."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest

from terminal.simexchange.engine.reports import CROSS_LEVERAGE, MARGIN_MODE
from tests.support.caller import START_MS, SYMBOL, Caller

OTHER = "ETHUSDTM"
MODE, CHANGE = "/api/v2/position/getMarginMode", "/api/v2/position/changeMarginMode"
BATCH = "/api/v2/position/batchChangeMarginMode"
LEVERAGE, SET_LEVERAGE = "/api/v2/getCrossUserLeverage", "/api/v2/changeCrossUserLeverage"
SWITCH = "/api/v2/position/switchPositionMode"
POSITION_MODE = "/api/v2/position/getPositionMode"


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


@pytest.mark.parametrize(
    ("side", "switch", "rounding"),
    [
        ("buy", "down", ROUND_CEILING),
        ("sell", "down", ROUND_FLOOR),
        ("buy", "up", ROUND_CEILING),
        ("sell", "up", ROUND_CEILING),
    ],
)
def test_rest_rounds_the_liquidation_price(
    caller: Caller, side: str, switch: str, rounding: str
) -> None:
    """On the index's grid, up for longs, either way for shorts; frames do not."""
    caller.exchange.switches.short_price_rounding = switch
    caller.place(side=side, size=3)
    market = caller.engine.markets[SYMBOL]
    exact = caller.engine.reports.position_payload(caller.account, market)
    shown = caller.data(f"/api/v1/position?symbol={SYMBOL}")
    for name in ("liquidationPrice", "bankruptPrice"):
        price = Decimal(repr(exact[name]))
        assert shown[name] == float(price.quantize(Decimal("0.01"), rounding))


# Closed positions --------------------------------------------------------------------------------

CLOSED = "/api/v1/history-positions"


@pytest.mark.conforms("GET /api/v1/history-positions")
def test_closed_positions(caller: Caller) -> None:
    """What it brought is what the wallet has more, and the sum that the reference gives."""
    cash = caller.account.wallets["USDT"].cash
    assert caller.data(CLOSED)["items"] == []
    caller.place(size=3)
    caller.place(size=2, side="sell")
    assert caller.data(CLOSED)["items"] == [], "a part is left"
    caller.account.positions[SYMBOL].settle(Decimal("-0.25"))
    caller.account.wallets["USDT"].cash -= Decimal("0.25")
    caller.clock.advance(60)
    caller.place(size=1, side="sell")
    caller.place("XBTUSDM", side="sell", size=7)
    caller.place("XBTUSDM", size=7)
    inverse, linear = caller.data(CLOSED)["items"]
    for one in (inverse, linear):
        parts = [Decimal(one[name]) for name in ("realisedGrossCost", "tradeFee", "fundingFee")]
        assert Decimal(one["pnl"]) == -parts[0] - parts[1] + parts[2]
        assert one["realisedGrossCostNew"] == one["realisedGrossCost"]
    assert Decimal(linear["pnl"]) == caller.account.wallets["USDT"].cash - cash
    assert (linear["type"], linear["side"], linear["leverage"]) == ("CLOSE_LONG", "LONG", "5.0")
    assert (linear["fundingFee"], linear["userId"]) == ("-0.25", caller.account.uid)
    assert linear["closeTime"] - linear["openTime"] == 60_000
    assert (inverse["type"], inverse["settleCurrency"]) == ("CLOSE_SHORT", "XBT")


def test_what_crosses_zero_closes_one_position_and_opens_another(caller: Caller) -> None:
    """Fees are shared by lots, and the new position begins with none of the old one's."""
    caller.place(size=2)
    caller.clock.advance(5)
    order = caller.place(size=5, side="sell", leverage=3)
    (closed,) = caller.data(CLOSED)["items"]
    fills = caller.data(f"/api/v1/fills?orderId={order}")["items"]
    fee = sum(Decimal(fill["fee"]) for fill in fills)
    held = caller.data(f"/api/v1/position?symbol={SYMBOL}")
    assert (held["currentQty"], held["leverage"]) == (-3, 3)
    assert held["openingTimestamp"] == closed["closeTime"]
    assert held["realisedGrossPnl"] == 0
    opening = sum(
        Decimal(fill["fee"])
        for fill in caller.data(f"/api/v1/fills?symbol={SYMBOL}")["items"]
        if fill["orderId"] != order
    )
    total = Decimal(closed["tradeFee"]) + Decimal(str(held["currentComm"]))
    assert total == pytest.approx(fee + opening)
    rows = [
        row
        for row in caller.data("/api/v1/transaction-history?type=RealisedPNL")["dataList"]
        if row["status"] == "Completed"
    ]
    assert len(rows) == 1, "the ledger's row ends with the position"


def test_closed_positions_by_contract_window_and_page(caller: Caller) -> None:
    for symbol in (SYMBOL, OTHER, SYMBOL):
        caller.place(symbol)
        caller.clock.advance(10)
        caller.place(symbol, side="sell")
    rows = caller.data(CLOSED)["items"]
    assert [row["symbol"] for row in rows] == [SYMBOL, OTHER, SYMBOL]
    assert len({row["closeId"] for row in rows}) == 3
    assert len(caller.data(f"{CLOSED}?symbol={SYMBOL}")["items"]) == 2
    at_ms = rows[1]["closeTime"]
    assert caller.data(f"{CLOSED}?from={at_ms}&to={at_ms}")["items"] == [rows[1]]
    assert caller.data(f"{CLOSED}?from={at_ms + 1}")["items"] == rows[:1]
    page = caller.data(f"{CLOSED}?limit=2&pageId=2")
    assert page == {
        "currentPage": 2,
        "pageSize": 2,
        "totalNum": 3,
        "totalPage": 2,
        "items": rows[2:],
    }
    assert caller.data(CLOSED)["pageSize"] == 10
    assert caller.data(f"{CLOSED}?limit=201")["pageSize"] == 200
    assert caller.code(f"{CLOSED}?limit=x")[1] == "400100"
    assert caller.code(f"{CLOSED}?from=2&to=1")[1] == "400100"
    assert caller.code(f"{CLOSED}?symbol=NOPE")[1] == "100003"


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
def test_the_position_mode_is_of_the_whole_account(caller: Caller) -> None:
    """Text or number; what is selected already is answered like a switch."""
    assert caller.data(POSITION_MODE) == {"positionMode": 0}
    for asked in ("1", 1, "0", "0", "1"):
        assert caller.data(SWITCH, "POST", {"positionMode": asked}) == {"positionMode": int(asked)}
        assert caller.data(POSITION_MODE) == {"positionMode": int(asked)}
    other = caller.new_key("other@other")
    assert caller.data(POSITION_MODE, key=other) == {"positionMode": 0}


@pytest.mark.parametrize("stands", ["order", "stop", "position"])
def test_the_position_mode_stays_while_anything_stands_anywhere(
    caller: Caller, stands: str
) -> None:
    more: dict[str, dict[str, Any]] = {
        "order": {"price": caller.low(OTHER)},
        "stop": {"stop": "up", "stopPrice": caller.high(OTHER), "stopPriceType": "TP"},
        "position": {},
    }
    caller.place(OTHER, **more[stands])
    assert caller.code(SWITCH, "POST", {"positionMode": "1"}) == (200, "50002")
    assert caller.data(SWITCH, "POST", {"positionMode": "0"}) == {"positionMode": 0}
    assert caller.data(POSITION_MODE) == {"positionMode": 0}


def test_the_settings_of_a_contract_go_over_to_the_other_mode(caller: Caller) -> None:
    level = {"symbol": SYMBOL, "level": 3}
    assert caller.data("/api/v1/position/risk-limit-level/change", "POST", level) is True
    caller.data(SWITCH, "POST", {"positionMode": "1"})
    levels = [leg.position.level.level for leg in caller.account.legs.of(SYMBOL)]
    assert levels == [3, 3]


@pytest.mark.conforms("GET /api/v1/position", "GET /api/v2/position", "GET /api/v1/positions")
def test_both_legs_are_listed(caller: Caller) -> None:
    """The singular call of old shows one of them."""
    caller.data(SWITCH, "POST", {"positionMode": "1"})
    old = f"/api/v1/position?symbol={SYMBOL}"
    shown = caller.data(old)
    assert (shown["positionSide"], shown["isOpen"]) == ("LONG", False)
    caller.place(side="sell", positionSide="SHORT", size=2)
    assert caller.data(old)["positionSide"] == "SHORT"
    caller.place(side="buy", positionSide="LONG", size=3)
    assert caller.data(old)["positionSide"] == "LONG"
    rows = caller.data("/api/v1/positions")
    texts = caller.data(f"/api/v2/position?symbol={SYMBOL}")
    for found in (rows, texts):
        legs = [(row["positionSide"], row["currentQty"]) for row in found]
        assert legs == [("LONG", 3), ("SHORT", -2)]
    assert rows[0]["id"] != rows[1]["id"]
    assert caller.data(f"/api/v2/position?symbol={OTHER}") == []
    body = {"symbol": SYMBOL, "margin": 5, "bizNo": "b-1"}
    deposit = "/api/v1/position/margin/deposit-margin"
    assert caller.code(deposit, "POST", body)[1] == "330011"
    shown = caller.data(deposit, "POST", {**body, "positionSide": "SHORT"})
    assert (shown["positionSide"], shown["posCrossMargin"]) == ("SHORT", 5)
    most = f"/api/v1/margin/maxWithdrawMargin?symbol={SYMBOL}"
    assert caller.code(most)[1] == "330011"
    assert float(caller.data(f"{most}&positionSide=SHORT")) > 5


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
        ("GET", CLOSED),
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


# What a position shows ---------------------------------------------------------------------------


def shown(caller: Caller, symbol: str = SYMBOL) -> dict[str, Any]:
    found: dict[str, Any] = caller.data(f"/api/v1/position?symbol={symbol}")
    return found


@pytest.mark.conforms("GET /api/v1/position")
def test_a_flat_contract_shows_the_selected_mode_and_leverage(caller: Caller) -> None:
    """Cross shows none of the fields that only isolated positions have, before and after one."""
    caller.data(CHANGE, "POST", {"symbol": SYMBOL, "marginMode": "CROSS"})
    caller.data(SET_LEVERAGE, "POST", {"symbol": SYMBOL, "leverage": "8"})
    only_isolated = {"realLeverage", "maintMargin", "riskLimit", "posCross", "autoDeposit"}

    def check() -> None:
        flat = shown(caller)
        assert (flat["marginMode"], flat["crossMode"], flat["leverage"]) == ("CROSS", True, 8)
        assert flat["isOpen"] is False
        assert not only_isolated & set(flat)

    check()
    caller.place(size=2, marginMode="CROSS")
    caller.place(side="sell", size=2, marginMode="CROSS")
    check()
    caller.data(CHANGE, "POST", {"symbol": SYMBOL, "marginMode": "ISOLATED"})
    assert (shown(caller)["marginMode"], shown(caller)["crossMode"]) == ("ISOLATED", False)
    assert only_isolated <= set(shown(caller))


@pytest.mark.parametrize("symbol", [SYMBOL, "XBTUSDM"])
def test_costs_of_what_is_open_and_of_what_was_closed(caller: Caller, symbol: str) -> None:
    """The current cost is the open one and the realized one; funding counts as realized."""
    caller.place(symbol, size=9)
    caller.engine.markets[symbol].move_fair(-400)
    caller.exchange.step(symbol, 40)
    caller.place(symbol, side="sell", size=4)
    market = caller.engine.markets[symbol]
    caller.engine.settlements.settle(market, START_MS)
    caller.clock.advance(3)
    seen: dict[str, Decimal] = {}
    for size in (0, 5):
        if size:
            caller.place(symbol, side="sell", size=size)
        seen = {name: Decimal(repr(v)) for name, v in shown(caller, symbol).items() if is_number(v)}
        assert seen["realisedGrossPnl"] != 0
        assert seen["currentCost"] == seen["unrealisedCost"] + seen["realisedGrossCost"]
        assert seen["realisedGrossCost"] == -seen["realisedGrossPnl"]
        assert seen["fundingFee"] != 0
        net = -seen["realisedGrossCost"] - seen["currentComm"] + seen["fundingFee"]
        assert seen["realisedPnl"] == net == -seen["realisedCost"]
        assert (seen["unrealisedCost"] == 0) == bool(size)
    (closed,) = caller.data(f"{CLOSED}?symbol={symbol}")["items"]
    assert Decimal(closed["pnl"]) == seen["realisedPnl"]


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def test_a_flip_closes_one_position_and_opens_another(caller: Caller) -> None:
    """Crossing zero, the first one is booked and the second has nothing of it (7.1)."""
    caller.place(size=3)
    before = shown(caller)
    caller.clock.advance(5)
    caller.place(side="sell", size=5)
    after = shown(caller)
    assert (before["currentQty"], after["currentQty"]) == (3, -2)
    assert after["openingTimestamp"] == before["openingTimestamp"] + 5000
    assert after["id"] != before["id"]
    fill = caller.account.fills.newest()[0]
    assert fill.lots == 5
    opened = float(fill.opening_fee)
    assert 0 < opened < float(fill.fee)
    assert (after["realisedGrossPnl"], after["currentComm"]) == (0, opened)
    assert (after["realisedPnl"], after["currentCost"]) == (-opened, after["posCost"])
    (closed,) = caller.data(f"{CLOSED}?symbol={SYMBOL}")["items"]
    rows = caller.data("/api/v1/transaction-history?currency=USDT")["dataList"]
    booked = [row["amount"] for row in rows if row["status"] == "Completed"]
    assert booked[0] == float(closed["pnl"])
    assert [row["amount"] for row in rows if row["status"] == "Pending"] == [-opened]


def test_each_position_has_a_number_of_its_own(caller: Caller) -> None:
    """Eighteen digits, kept while it is open, another one for every contract and for the next."""
    assert shown(caller)["id"] == ""
    caller.place(size=2)
    caller.place(OTHER, size=2)
    first, other = shown(caller)["id"], shown(caller, OTHER)["id"]
    caller.place(size=2)
    caller.place(side="sell", size=1)
    assert shown(caller)["id"] == first
    (v2,) = caller.data(f"/api/v2/position?symbol={SYMBOL}")
    assert v2["id"] == first
    caller.place(side="sell", size=3)
    caller.place(size=1)
    second = shown(caller)["id"]
    assert len({first, other, second}) == 3
    assert all(len(one) == 18 and one.isdigit() for one in (first, other, second))
    assert int(first) < int(other) < int(second)


def test_the_real_leverage_is_that_of_the_mark(caller: Caller) -> None:
    """Value over what backs it, not what was selected (7.3)."""
    caller.place(size=50)
    caller.engine.markets[SYMBOL].move_fair(-4000)
    seen = shown(caller)
    backing = seen["maintMargin"] - seen["posComm"]
    assert seen["unrealisedPnl"] < 0
    assert seen["realLeverage"] == pytest.approx(abs(seen["markValue"]) / backing, abs=1e-4)
    assert seen["realLeverage"] != seen["leverage"]


def test_a_larger_cross_position_must_keep_more_and_is_liquidated_earlier(caller: Caller) -> None:
    """The rate of 7.6, with its check, and the liquidation price by that rate."""
    caller.data(CHANGE, "POST", {"symbol": SYMBOL, "marginMode": "CROSS"})
    caller.data(SET_LEVERAGE, "POST", {"symbol": SYMBOL, "leverage": "100"})
    caller.account.wallets["USDT"].cash = Decimal(10_000_000)
    market = caller.engine.markets[SYMBOL]
    held = caller.account.positions[SYMBOL]
    caller.place(size=12_102, marginMode="CROSS")
    caller.exchange.step(SYMBOL, 5)
    while held.lots < 12_102:
        caller.exchange.step(SYMBOL, 20)
        caller.place(size=12_102 - held.lots, marginMode="CROSS")
    seen = shown(caller)
    assert seen["maintMarginReq"] == pytest.approx(0.00416136, abs=1e-8)
    assert seen["posMaint"] == pytest.approx(seen["markValue"] * seen["maintMarginReq"])
    rate = Decimal(repr(seen["maintMarginReq"])) + market.spec.taker_rate
    bankrupt = held.bankruptcy(Decimal(10_000))
    assert bankrupt > 0
    assert held.liquidation(Decimal(10_000)) == pytest.approx(bankrupt / (1 - rate))


@pytest.mark.parametrize(("word", "codes"), [("refused", {"300014"}), ("allowed", {"200000"})])
def test_leverage_and_modes_of_what_is_in_liquidation(word: str, codes: set[str]) -> None:
    """The one contract is locked; position mode belongs to all of them."""
    caller = Caller(liquidation_settings=word)
    caller.engine.halts.liquidating.add((caller.account.uid, SYMBOL))
    v2 = "/api/v2/position"
    found = {
        caller.call("POST", path, body)[1]["code"]
        for path, body in (
            (f"{v2}/changeMarginMode", {"symbol": SYMBOL, "marginMode": "CROSS"}),
            ("/api/v2/changeCrossUserLeverage", {"symbol": SYMBOL, "leverage": "3"}),
            (f"{v2}/switchPositionMode", {"positionMode": "1"}),
        )
    }
    assert found == codes
    assert (caller.account.cross_leverage[SYMBOL] == 3) is (word == "allowed")
    body = {"symbol": "ETHUSDTM", "leverage": "3"}
    assert caller.data("/api/v2/changeCrossUserLeverage", "POST", body) is True


def test_one_locked_contract_of_a_batch_fails_alone() -> None:
    caller = Caller()
    caller.engine.halts.liquidating.add((caller.account.uid, SYMBOL))
    body = {"symbols": [SYMBOL, "ETHUSDTM"], "marginMode": "CROSS"}
    found = caller.data("/api/v2/position/batchChangeMarginMode", "POST", body)
    assert found["marginMode"] == {SYMBOL: "ISOLATED", "ETHUSDTM": "CROSS"}
    assert [(one["code"], one["symbol"]) for one in found["errors"]] == [("300014", SYMBOL)]


@pytest.mark.parametrize(("word", "shown"), [("named", "LIQUID_SHORT"), ("CLOSE", "CLOSE_SHORT")])
def test_how_the_history_calls_a_liquidation(word: str, shown: str) -> None:
    caller = Caller(forced_close_type=word)
    caller.place(side="sell", size=40, leverage=20)
    caller.engine.move(SYMBOL, 60_000)
    (row,) = caller.data("/api/v1/history-positions")["items"]
    assert (row["type"], row["side"]) == (shown, "SHORT")


@pytest.mark.parametrize("word", ["null", "filled"])
def test_what_the_history_says_of_a_liquidation(word: str) -> None:
    caller = Caller(liquidation_history=word)
    caller.place(size=40, leverage=20)
    caller.place("ETHUSDTM")
    caller.place("ETHUSDTM", side="sell")
    caller.engine.move(SYMBOL, -60_000)
    closed, liquid = sorted(
        caller.data("/api/v1/history-positions")["items"], key=lambda row: row["type"]
    )
    assert (liquid["type"], closed["liquidAmount"], closed["liquidPrice"]) == (
        "LIQUID_LONG", None, None,
    )  # fmt: skip
    shown = liquid["liquidAmount"], liquid["liquidPrice"]
    assert shown == (("40", liquid["closePrice"]) if word == "filled" else (None, None))


def test_the_initial_margin_of_a_large_cross_position_has_a_floor_by_a_switch() -> None:
    """1.3 times what it must keep: at 1,000 coins and a leverage of 125 that is more than 0.8 %."""
    margins = {}
    for word in ("none", "maintenance"):
        caller = Caller(initial_margin_floor=word)
        caller.engine.set_margin_mode(SYMBOL, "CROSS")
        caller.account.set_cross_leverage(SYMBOL, Decimal(125))
        held = caller.account.positions[SYMBOL]
        held.margin_mode = "CROSS"
        held.leverage = Decimal(125)
        held.fill(1_000_000, Decimal(100_000), held.leverage, START_MS)
        (row,) = caller.data(f"/api/v2/position?symbol={SYMBOL}")
        margins[word] = Decimal(row["posMargin"]) / Decimal(row["markValue"])
        assert abs(Decimal(row["imr"]) - margins[word]) < Decimal("1E-8")
        state = caller.account.wallet_state("USDT")
        assert float(state.cross_position) == pytest.approx(float(row["posMargin"]))
        body = {"symbol": SYMBOL, "positionValue": "100000000", "leverage": "125"}
        asked = caller.data("/api/v2/getCrossModeMarginRequirement", "POST", body)
        assert float(asked["imr"]) == pytest.approx(float(margins[word]), rel=0.01)
    assert margins["none"] == pytest.approx(Decimal("0.008"))
    assert float(margins["maintenance"]) == pytest.approx(1.3 * (1 + 1000 / 300) / 250)
