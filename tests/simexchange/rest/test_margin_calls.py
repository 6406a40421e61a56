"""Margin of isolated positions and risk limit levels over REST."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.support.caller import SYMBOL, Caller

DEPOSIT = "/api/v1/position/margin/deposit-margin"
MOST, WITHDRAW = "/api/v1/margin/maxWithdrawMargin", "/api/v1/margin/withdrawMargin"
AUTO = "/api/v1/position/margin/auto-deposit-status"
LEVEL = "/api/v1/position/risk-limit-level/change"
TOLD: list[tuple[str, str, Any]] = []


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Caller:
    """A caller with a position; frames of all topics are kept in ``TOLD``."""
    made = Caller()
    made.place(size=10)
    TOLD.clear()
    hub = made.exchange.hub
    monkeypatch.setattr(hub, "is_wanted", lambda _topic: True)
    monkeypatch.setattr(
        hub, "publish_private", lambda _uid, *frame: TOLD.append((frame[0], frame[1], frame[2]))
    )
    return made


def position(caller: Caller) -> dict[str, Any]:
    shown: dict[str, Any] = caller.data(f"/api/v1/position?symbol={SYMBOL}")
    return shown


def changes(topic: str) -> list[Any]:
    return [data.get("changeReason") for name, _, data in TOLD if name == topic]


@pytest.mark.conforms(
    "POST /api/v1/position/margin/deposit-margin", "/contract/position", "/contractAccount/wallet"
)
@pytest.mark.parametrize("amount", [10, 10.0, "10", "10.00"])
def test_putting_margin_in(caller: Caller, amount: object) -> None:
    """As number or text; the answer is the position, the feed tells it and the wallet."""
    before = position(caller)
    body = {"symbol": SYMBOL, "margin": amount, "bizNo": "b-1"}
    answer = caller.data(DEPOSIT, "POST", body)
    assert answer == position(caller)
    assert answer["posMargin"] - before["posMargin"] == pytest.approx(10)
    assert (answer["posCross"], answer["posCrossMargin"]) == (10, 10)
    assert answer["maintMargin"] == pytest.approx(answer["posMargin"] + answer["unrealisedPnl"])
    effective = answer["markValue"] / answer["maintMargin"]
    assert answer["realLeverage"] == pytest.approx(effective, abs=1e-3)
    assert answer["realLeverage"] < before["realLeverage"]
    assert answer["liquidationPrice"] < before["liquidationPrice"]
    for topic in (f"/contract/position:{SYMBOL}", "/contract/positionAll"):
        assert changes(topic) == ["marginChange"]
    (wallet,) = [data for name, _, data in TOLD if name == "/contractAccount/wallet"]
    assert Decimal(wallet["isolatedPosMargin"]) == pytest.approx(Decimal(str(answer["posMargin"])))
    TOLD.clear()
    assert caller.data(DEPOSIT, "POST", {**body, "margin": 99}) == answer, "the number is known"
    assert TOLD == []
    text = caller.data(f"/api/v2/position?symbol={SYMBOL}")[0]
    assert (text["posCross"], text["posLoss"], text["riskLimitLevel"]) == ("10", "0", 1)


@pytest.mark.conforms("GET /api/v1/margin/maxWithdrawMargin", "POST /api/v1/margin/withdrawMargin")
def test_taking_margin_out(caller: Caller) -> None:
    before = position(caller)
    most = caller.data(f"{MOST}?symbol={SYMBOL}")
    assert isinstance(most, str)
    assert 0 < Decimal(most) < Decimal(str(before["posMargin"]))
    body = {"symbol": SYMBOL, "withdrawAmount": "1.50"}
    assert caller.data(WITHDRAW, "POST", body) == "1.5"
    assert before["posMargin"] - position(caller)["posMargin"] == pytest.approx(1.5)
    assert changes("/contract/positionAll") == ["marginChange"]
    left = caller.data(f"{MOST}?symbol={SYMBOL}")
    assert Decimal(most) - Decimal(left) == pytest.approx(Decimal("1.5"))
    over = str(Decimal(left) + Decimal("0.0000000001"))
    assert caller.code(WITHDRAW, "POST", {**body, "withdrawAmount": over}) == (200, "300003")
    assert caller.data(f"{MOST}?symbol={SYMBOL}") == left
    caller.data(WITHDRAW, "POST", {**body, "withdrawAmount": left})
    assert Decimal(caller.data(f"{MOST}?symbol={SYMBOL}")) <= Decimal("1E-10")


@pytest.mark.conforms("POST /api/v1/position/margin/auto-deposit-status")
def test_the_status_of_automatic_deposits(caller: Caller) -> None:
    for status in (True, "true", False):
        assert caller.data(AUTO, "POST", {"symbol": SYMBOL, "status": status}) is True
        assert position(caller)["autoDeposit"] is (status is not False)
    expected = ["autoAppendMarginStatusChange"] * 2
    assert changes("/contract/positionAll") == expected, "told when it changes"
    assert caller.code(AUTO, "POST", {"symbol": SYMBOL})[1] == "400100"
    assert caller.code(AUTO, "POST", {"symbol": SYMBOL, "status": 1})[1] == "400100"


@pytest.mark.conforms("POST /api/v1/position/risk-limit-level/change", "/contract/positionAll")
def test_another_risk_limit_level(caller: Caller) -> None:
    """True says that it was asked for; orders are canceled, the feed tells the outcome."""
    order = caller.place(price=caller.low())
    shown = position(caller)
    assert (shown["riskLimitLevel"], shown["riskLimit"]) == (1, 100_000)
    assert shown["maintMarginReq"] == 0.004
    TOLD.clear()
    assert caller.data(LEVEL, "POST", {"symbol": SYMBOL, "level": 2}) is True
    told = [data for _, subject, data in TOLD if subject == "position.adjustRiskLimit"]
    assert told == [{"success": True, "riskLimitLevel": 2, "msg": ""}] * 2, "on both topics"
    assert caller.data(f"/api/v1/orders/{order}")["cancelExist"]
    shown = position(caller)
    assert (shown["riskLimitLevel"], shown["riskLimit"]) == (2, 500_000)
    assert shown["maintMarginReq"] == 0.005
    assert shown["posMaint"] == pytest.approx(shown["markValue"] * 0.005)
    assert caller.code(LEVEL, "POST", {"symbol": SYMBOL, "level": 13}) == (200, "100005")
    assert caller.code(LEVEL, "POST", {"symbol": SYMBOL})[1] == "400100"
    assert caller.code(LEVEL, "POST", {"symbol": SYMBOL, "level": 1.5})[1] == "400100"
    assert caller.code(LEVEL, "POST", {"symbol": "NOPE", "level": 1})[1] == "100003"


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (DEPOSIT, {"margin": 10, "bizNo": "b-1"}),
        (WITHDRAW, {"withdrawAmount": "1"}),
    ],
)
def test_without_a_position_success_is_none(
    caller: Caller, target: str, body: dict[str, Any]
) -> None:
    """A code of success, a message and no data (1.4)."""
    status, answer = caller.call("POST", target, {"symbol": "ETHUSDTM", **body})
    assert (status, answer) == (200, {"code": "200000", "msg": "Position does not exist"})
    assert caller.data(f"{MOST}?symbol=ETHUSDTM") == "0"
    assert TOLD == []


BODIES: dict[str, dict[str, Any]] = {
    DEPOSIT: {"symbol": SYMBOL, "margin": 10, "bizNo": "b-1"},
    WITHDRAW: {"symbol": SYMBOL, "withdrawAmount": "1"},
}


@pytest.mark.parametrize(
    ("target", "changed", "code"),
    [
        (DEPOSIT, {"margin": None}, "400100"),
        (DEPOSIT, {"margin": 0}, "400100"),
        (DEPOSIT, {"margin": "-1"}, "400100"),
        (DEPOSIT, {"margin": "1E-11"}, "400100"),
        (DEPOSIT, {"margin": True}, "400100"),
        (DEPOSIT, {"margin": "1e29"}, "400100"),
        (DEPOSIT, {"margin": 10**9}, "300003"),
        (DEPOSIT, {"margin": 1}, "300000"),
        (DEPOSIT, {"bizNo": ""}, "400100"),
        (DEPOSIT, {"bizNo": "x" * 37}, "400100"),
        (DEPOSIT, {"bizNo": 5}, "400100"),
        (DEPOSIT, {"symbol": None}, "400100"),
        (DEPOSIT, {"symbol": "NOPE"}, "100003"),
        (DEPOSIT, {"positionSide": "LONG"}, "330011"),
        (DEPOSIT, {"positionSide": "UP"}, "400100"),
        (WITHDRAW, {"withdrawAmount": "0"}, "400100"),
        (WITHDRAW, {"withdrawAmount": []}, "400100"),
        (WITHDRAW, {"withdrawAmount": "1000000"}, "300003"),
        (WITHDRAW, {"positionSide": "SHORT"}, "330011"),
    ],
)
def test_what_is_refused_changes_nothing(
    caller: Caller, target: str, changed: dict[str, Any], code: str
) -> None:
    before = position(caller)
    assert caller.code(target, "POST", {**BODIES[target], **changed})[1] == code
    assert position(caller) == before
    assert TOLD == []


def test_in_cross_mode_there_is_no_margin_of_a_position(caller: Caller) -> None:
    caller.account.margin_modes["ETHUSDTM"] = "CROSS"
    for target, body in (*BODIES.items(), (LEVEL, {"level": 2}), (AUTO, {"status": True})):
        assert caller.code(target, "POST", {**body, "symbol": "ETHUSDTM"}) == (200, "330005")


@pytest.mark.parametrize(
    ("method", "target", "weight"),
    [
        ("POST", DEPOSIT, 4),
        ("GET", MOST, 10),
        ("POST", WITHDRAW, 10),
        ("POST", AUTO, 4),
        ("POST", LEVEL, 5),
    ],
)
def test_what_the_calls_cost_and_need(
    caller: Caller, method: str, target: str, weight: int
) -> None:
    assert caller.spent(target, method) == ("Futures", weight)
    key = caller.exchange.key
    caller.engine.accounts.keys[key.key] = replace(key, permissions=frozenset({"General"}))
    assert caller.code(target, method) == (403, "400007")


@pytest.mark.parametrize(("word", "shown"), [("unsettled", 0.0), ("settled", -1.0)])
def test_funding_is_part_of_the_margin(word: str, shown: float) -> None:
    """What was paid is lost, what was got is added; the switch decides what posFunding says."""
    caller = Caller(pos_funding=word)
    caller.place(size=10)
    before = position(caller)["posMargin"]
    held = caller.account.positions[SYMBOL]
    held.settle(Decimal("-1.5"))
    held.settle(Decimal("0.5"))
    after = position(caller)
    assert (after["posLoss"], after["posCross"], after["posCrossMargin"]) == (1.5, 0.5, 0)
    assert after["posMargin"] == pytest.approx(before - 1)
    assert after["posFunding"] == shown


def test_the_status_is_told_of_a_contract_without_a_position(caller: Caller) -> None:
    """Though what a closed position had is told no more."""
    caller.data(AUTO, "POST", {"symbol": "ETHUSDTM", "status": True})
    (told,) = [data for topic, _, data in TOLD if topic == "/contract/position:ETHUSDTM"]
    assert (told["autoDeposit"], told["isOpen"]) == (True, False)
    assert not {"posCross", "posMargin", "riskLimit"} & set(told)
