"""Answers about the account, compared field by field with payloads of known provenance."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.trading.ledger import FundingPayment
from tests.contract.test_fixtures import load, shape_of
from tests.support.caller import SYMBOL, Caller

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONAL = {
    # Only a key that is bound to addresses has them.
    "api_key": {"ipWhitelist"},
}
MORE = {
    # The reference names four of the counts and says that there are others.
    "user_info": {
        "spotSubQuantity",
        "marginSubQuantity",
        "optionSubQuantity",
        "maxDefaultSubQuantity",
        "maxSpotSubQuantity",
        "maxMarginSubQuantity",
        "maxFuturesSubQuantity",
        "maxOptionSubQuantity",
    },
}


def busy() -> Caller:
    """An account that has done a bit of everything."""
    caller = Caller()
    caller.account.margin_modes[SYMBOL] = "CROSS"
    caller.place(size=2, marginMode="CROSS")
    caller.place(price=caller.low(), clientOid="t-0001", marginMode="CROSS", size=2)
    caller.place("ETHUSDTM")
    caller.place("ETHUSDTM", side="sell")
    caller.account.settle_funding(
        FundingPayment(
            1_472_000_000_000_001,
            SYMBOL,
            caller.clock.now_ms(),
            Decimal("0.000071"),
            Decimal(100_050),
            2,
            Decimal("200.1"),
            Decimal("-0.0142071"),
            "USDT",
            "CROSS",
        )
    )
    return caller


def left(caller: Caller) -> Any:
    body = {"currency": "USDT", "amount": 0.01, "recAccountType": "MAIN"}
    return caller.data("/api/v3/transfer-out", "POST", body)


def listed(caller: Caller) -> Any:
    left(caller)
    return caller.data("/api/v1/transfer-list")


def a_sub(caller: Caller) -> str:
    """The uid of a sub-account that has one dollar."""
    uid = caller.new_key("bot@main/desk1").uid
    body = {"clientOid": "s", "type": "PARENT_TO_SUB", "toUserId": uid, "currency": "USDT"}
    body |= {"fromAccountType": "MAIN", "toAccountType": "MAIN", "amount": "1"}
    caller.data("/api/v3/accounts/universal-transfer", "POST", body)
    return uid


def subs(caller: Caller) -> Any:
    a_sub(caller)
    return caller.data("/api/v2/sub/user")


def sub_balance(caller: Caller) -> Any:
    return caller.data(f"/api/v1/sub-accounts/{a_sub(caller)}")


def sub_balances(caller: Caller) -> Any:
    a_sub(caller)
    (row,) = caller.data("/api/v2/sub-accounts")["items"]
    return row


def inner_transfer(caller: Caller) -> Any:
    body = {"clientOid": "i", "currency": "USDT", "amount": "0.01", "from": "main", "to": "trade"}
    key = caller.new_key("spot:Spot")
    return caller.data("/api/v2/accounts/inner-transfer", "POST", body, key)


def sub_transfer(caller: Caller) -> Any:
    body = {"clientOid": "s-2", "currency": "USDT", "amount": "0.01", "direction": "OUT"}
    kinds = {"accountType": "MAIN", "subAccountType": "MAIN", "subUserId": a_sub(caller)}
    key = caller.new_key("spot:Spot")
    return caller.data("/api/v2/accounts/sub-transfer", "POST", {**body, **kinds}, key)


def batch(caller: Caller) -> Any:
    """The one contract that is in use fails."""
    body = {"marginMode": "ISOLATED", "symbols": [SYMBOL]}
    answer = caller.data("/api/v2/position/batchChangeMarginMode", "POST", body)
    return {**answer, "marginMode": {"ETHUSDTM": answer["marginMode"][SYMBOL]}}


def cancel_by_client_oid(caller: Caller) -> Any:
    return caller.data(f"/api/v1/orders/client-order/t-0001?symbol={SYMBOL}", "DELETE")


def cancel_by_id(caller: Caller) -> Any:
    order = caller.account.by_client_oid("t-0001")
    assert order is not None
    return caller.data(f"/api/v1/orders/{order.id}", "DELETE")


def completed(caller: Caller) -> Any:
    answer = caller.data("/api/v1/transaction-history?type=RealisedPNL&currency=USDT")
    answer["dataList"] = [row for row in answer["dataList"] if row["status"] == "Completed"]
    return answer


def asked(target: str, pick: Callable[[Any], Any] = lambda data: data) -> Callable[[Caller], Any]:
    return lambda caller: pick(caller.data(target))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("orders_page", asked("/api/v1/orders?symbol=SOLUSDTM")),
        ("order", asked("/api/v1/orders/byClientOid?clientOid=t-0001")),
        ("open_order_statistics", asked(f"/api/v1/openOrderStatistics?symbol={SYMBOL}")),
        ("fill_taxed", asked("/api/v1/fills", lambda data: data["items"][-1])),
        ("cancel_by_client_oid", cancel_by_client_oid),
        ("cancel_by_id", cancel_by_id),
        ("ledger", completed),
        ("overview", asked("/api/v1/account-overview?currency=USDT")),
        ("overview_all", asked("/api/v1/account-overview-all?currency=USDT")),
        ("funding_history", asked(f"/api/v1/funding-history?symbol={SYMBOL}")),
        ("trade_fees", asked(f"/api/v1/trade-fees?symbol={SYMBOL}")),
        ("position_mode", asked("/api/v2/position/getPositionMode")),
        ("margin_modes", batch),
        ("account_mode", asked("/api/ua/v1/account/mode")),
        ("api_key", asked("/api/v1/user/api-key")),
        ("user_info", asked("/api/v2/user-info")),
        ("transfer_out", left),
        ("transfer_list", listed),
        ("sub_users", subs),
        ("sub_account_balance", sub_balance),
        ("sub_account_balance", sub_balances),
        ("universal_transfer_reply", inner_transfer),
        ("universal_transfer_reply", sub_transfer),
        ("account_detail", asked("/api/v1/accounts/548600000001")),
        ("position_v2_full", asked(f"/api/v2/position?symbol={SYMBOL}", lambda data: data[0])),
        ("position", asked("/api/v1/positions", lambda data: data[0])),
        ("closed_positions", asked("/api/v1/history-positions")),
        ("max_withdraw_margin", asked(f"/api/v1/margin/maxWithdrawMargin?symbol={SYMBOL}")),
        (
            "max_open_size",
            asked(f"/api/v2/getMaxOpenSize?symbol={SYMBOL}&price=99000&leverage=5"),
        ),
        ("cross_order_limits", asked(f"/api/v2/batchGetCrossOrderLimit?symbol={SYMBOL}")),
    ],
)
def test_answers_have_the_fields_of_the_reference(
    name: str, answer: Callable[[Caller], Any]
) -> None:
    """No field is missing, none is made up, each has its kind; null stands for any."""
    ours, theirs = answer(busy()), load(name)
    assert agrees(ours, theirs, OPTIONAL.get(name, set()), MORE.get(name, set()))


def test_an_isolated_position_has_its_own_fields() -> None:
    """And a cross one has none of them."""
    caller, theirs = busy(), load("position_isolated_extra")
    caller.place("SOLUSDTM")
    cross, isolated = caller.data("/api/v1/positions")
    assert not set(theirs) & set(cross)
    assert set(isolated) - set(cross) == set(theirs)
    for name, value in theirs.items():
        assert shape_of(isolated[name]) == shape_of(value), name


@pytest.mark.parametrize(
    ("switch", "name"),
    [("current", "transfer_in_reply"), ("old", "transfer_in_old_reply")],
)
def test_transfer_in_answers_in_both_forms_of_the_reference(switch: str, name: str) -> None:
    """The whole envelope, as it stands there."""
    body = {"currency": "USDT", "amount": 0.01, "payAccountType": "MAIN"}
    caller = Caller(transfer_in_envelope=switch)
    assert caller.call("POST", "/api/v1/transfer-in", body) == (200, load(name))


def agrees(ours: Any, theirs: Any, optional: set[str], more: set[str]) -> bool:
    if isinstance(theirs, dict):
        assert isinstance(ours, dict)
        assert set(theirs) - set(ours) <= optional
        assert set(ours) - set(theirs) <= more
        return all(
            agrees(ours[name], value, optional, more)
            for name, value in theirs.items()
            if name in ours
        )
    if isinstance(theirs, list) and theirs:
        assert ours
        return all(agrees(one, theirs[0], optional, more) for one in ours)
    assert theirs is None or ours is None or shape_of(ours) == shape_of(theirs), (ours, theirs)
    return True


@pytest.mark.parametrize(
    ("name", "target", "body"),
    [
        (
            "margin_mode_frame",
            "/api/v2/position/changeMarginMode",
            {"symbol": "ETHUSDTM", "marginMode": "CROSS"},
        ),
        (
            "cross_leverage_frame",
            "/api/v2/changeCrossUserLeverage",
            {"symbol": "ETHUSDTM", "leverage": "8"},
        ),
    ],
)
def test_settings_are_told_as_the_reference_has_it(
    name: str, target: str, body: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same subject on both topics, the contract as the key."""
    caller, frame = Caller(), load(name)
    said: list[tuple[str, str, str, Any]] = []
    monkeypatch.setattr(caller.exchange.hub, "publish_private", lambda *frame: said.append(frame))
    caller.data(target, "POST", body)
    uid, topic, subject, data = next(one for one in said if one[1] == frame["topic"])
    assert (uid, topic, subject) == (caller.account.uid, frame["topic"], frame["subject"])
    assert shape_of(data) == shape_of(frame["data"])
