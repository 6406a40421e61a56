"""Transfer-out, transfer-in and their list as a stranger's client sees them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.caller import START_MS, Caller

OUT, IN, LIST = "/api/v3/transfer-out", "/api/v1/transfer-in", "/api/v1/transfer-list"
OVERVIEW = "/api/v1/account-overview?currency=USDT"


def out(caller: Caller, amount: float = 40, currency: str = "USDT") -> Any:
    body = {"currency": currency, "amount": amount, "recAccountType": "TRADE"}
    return caller.data(OUT, "POST", body)


def overview(caller: Caller) -> dict[str, Any]:
    shown = caller.data(OVERVIEW)
    parts = ("positionMargin", "orderMargin", "frozenFunds", "availableBalance")
    total = sum(shown[name] for name in parts) - shown["unrealisedPNL"]
    assert shown["marginBalance"] == pytest.approx(total)
    return {name: shown[name] for name in ("accountEquity", *parts[2:], "maxWithdrawAmount")}


def trade_balance(caller: Caller, currency: str = "USDT") -> str:
    (row,) = caller.data(f"/api/v1/accounts?type=trade&currency={currency}")
    balance: str = row["balance"]
    return balance


@pytest.mark.conforms("POST /api/v3/transfer-out", "GET /api/v1/account-overview")
def test_money_that_leaves_is_frozen_first() -> None:
    """The reply says PROCESSING; equity holds until it is gone; the account gets it then."""
    caller = Caller()
    answer = out(caller, 40.5)
    assert (answer["status"], answer["amount"], answer["recAccountType"]) == (
        "PROCESSING",
        "40.5",
        "TRADE",
    )
    assert answer["createdAt"] == answer["updatedAt"] == START_MS
    assert overview(caller) == {
        "accountEquity": 100_000,
        "frozenFunds": 40.5,
        "availableBalance": 99_959.5,
        "maxWithdrawAmount": 99_959.5,
    }
    assert trade_balance(caller) == "10000"
    caller.clock.advance(1)
    assert overview(caller) == {
        "accountEquity": 99_959.5,
        "frozenFunds": 0,
        "availableBalance": 99_959.5,
        "maxWithdrawAmount": 99_959.5,
    }
    assert trade_balance(caller) == "10040.5"
    ledger = caller.data("/api/v1/transaction-history?type=TransferOut")["dataList"]
    assert [(row["amount"], row["currency"]) for row in ledger] == [(-40.5, "USDT")]


@pytest.mark.conforms("POST /api/v3/transfer-out")
def test_a_currency_is_called_as_in_the_futures_account() -> None:
    caller = Caller()
    out(caller, 0.1, "XBT")
    caller.clock.advance(1)
    assert trade_balance(caller, "BTC") == "0.35"
    body = {"currency": "BTC", "amount": 0.1, "recAccountType": "TRADE"}
    assert caller.code(OUT, "POST", body) == (400, "400100")


@pytest.mark.conforms("POST /api/v3/transfer-out")
@pytest.mark.parametrize(
    ("first", "end"),
    [
        *((word, "SUCCESS") for word in ("PROCESSING", "APPLY", "PENDING_APPROVAL", "APPROVED")),
        ("PENDING_CANCEL", "CANCEL"),
        ("PENDING_APPROVAL", "REJECTED"),
        *(("final", word) for word in ("SUCCESS", "REJECTED", "CANCEL")),
    ],
)
def test_all_eight_statuses_can_be_seen_in_the_reply(first: str, end: str) -> None:
    """What ends without success is given back and has a reason."""
    caller = Caller(transfer_out_reply=first, transfer_out_end=end)
    answer = out(caller)
    assert answer["status"] == (end if first == "final" else first)
    listed = caller.data(LIST)["items"][0]["status"]
    is_success = end == "SUCCESS"
    done = "SUCCESS" if is_success else "FAILURE"
    assert listed == (done if first == "final" else "PROCESSING")
    caller.clock.advance(1)
    (row,) = caller.data(LIST)["items"]
    assert (row["status"], bool(row["reason"])) == (done, not is_success)
    assert overview(caller)["availableBalance"] == (99_960 if is_success else 100_000)
    assert trade_balance(caller) == ("10040" if is_success else "10000")


@pytest.mark.conforms("POST /api/v3/transfer-out", "POST /api/v1/transfer-in")
@pytest.mark.parametrize(("path", "name"), [(OUT, "recAccountType"), (IN, "payAccountType")])
@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"amount": 1_000_000}, (200, "300003")),
        ({"amount": 1e9 + 1}, (400, "400100")),
        ({"amount": 0}, (400, "400100")),
        ({"amount": 1e-9}, (400, "400100")),
        ({"amount": "x"}, (400, "400100")),
        ({"amount": None}, (400, "400100")),
        ({"currency": "ETH"}, (400, "400100")),
        ({"currency": None}, (400, "400100")),
        ({"kind": "CONTRACT"}, (400, "400100")),
        ({"kind": None}, (400, "400100")),
    ],
)
def test_what_is_wrong_is_refused_and_moves_nothing(
    path: str, name: str, changes: dict[str, Any], answer: tuple[int, str]
) -> None:
    caller = Caller()
    body = {"currency": "USDT", "amount": 5, "kind": "TRADE", **changes}
    body[name] = body.pop("kind")
    assert caller.code(path, "POST", body) == answer
    assert overview(caller)["availableBalance"] == 100_000
    assert caller.data(LIST)["items"] == []
    assert trade_balance(caller) == "10000"


@pytest.mark.conforms("POST /api/v1/transfer-in")
def test_money_comes_in_at_once() -> None:
    """The reply has no data; what spot orders hold back does not come."""
    caller = Caller()
    body = {"currency": "USDT", "amount": 8750, "payAccountType": "TRADE"}
    assert caller.call("POST", IN, body) == (200, {"code": "200000", "data": None})
    assert overview(caller)["availableBalance"] == 108_750
    assert trade_balance(caller) == "1250"
    (row,) = caller.data("/api/v1/transaction-history?type=TransferIn")["dataList"]
    assert (row["amount"], row["remark"]) == (8750, "Transferred from Trading Account")
    assert caller.code(IN, "POST", {**body, "amount": 0.01}) == (200, "300003")


@pytest.mark.conforms("POST /api/v1/transfer-in")
def test_the_old_form_of_its_reply() -> None:
    """Success with text code 200; refusals are as ever."""
    caller = Caller(transfer_in_envelope="old")
    body = {"currency": "XBT", "amount": 0.1, "payAccountType": "MAIN"}
    answer = {"code": "200", "msg": "", "retry": True, "success": True}
    assert caller.call("POST", IN, body) == (200, answer)
    assert caller.account.wallets["XBT"].cash * 10 == 11
    assert caller.code(IN, "POST", {**body, "amount": 1000}) == (200, "300003")


def test_both_belong_to_the_management_pool_and_the_right_to_trade_futures() -> None:
    """Reading the list does not."""
    caller = Caller()
    body = {"currency": "USDT", "amount": 1, "recAccountType": "MAIN", "payAccountType": "MAIN"}
    reader = caller.new_key("reader:General")
    for path in (OUT, IN):
        assert caller.code(path, "POST", body, reader) == (403, "400007")
        assert caller.spent(path, "POST", body) == ("Management", 20)
    assert caller.spent(LIST, key=reader) == ("Management", 20)
    assert len(caller.data(LIST, key=reader)["items"]) == 1


@pytest.mark.conforms("GET /api/v1/transfer-list")
def test_the_list_is_newest_first_and_cut_into_pages() -> None:
    caller = Caller()
    for amount in range(1, 8):
        out(caller, amount)
        caller.clock.advance(0.01)
    page = caller.data(f"{LIST}?pageSize=3")
    assert [row["amount"] for row in page.pop("items")] == ["7", "6", "5"]
    assert page == {"currentPage": 1, "pageSize": 3, "totalNum": 7, "totalPage": 3}
    rows = caller.data(f"{LIST}?pageSize=3&currentPage=3")["items"]
    assert [row["amount"] for row in rows] == ["1"]
    offsets = [row["offset"] for row in caller.data(LIST)["items"]]
    assert offsets == sorted(set(offsets), reverse=True)
    assert caller.data(LIST)["pageSize"] == 50


@pytest.mark.conforms("GET /api/v1/transfer-list")
@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("", ["4", "3", "0.2", "1"]),
        ("currency=XBT", ["0.2"]),
        ("status=SUCCESS", ["0.2", "1"]),
        ("status=FAILURE", ["3"]),
        ("status=PROCESSING&currency=USDT", ["4"]),
        ("queryStatus=PROCESSING,FAILURE", ["4", "3"]),
        ("queryStatus=PROCESSING&queryStatus=FAILURE", ["4", "3"]),
        ("status=SUCCESS&queryStatus=FAILURE", []),
        ("type=SUCCESS", ["0.2", "1"]),
        ("tag=PROCESSING,FAILURE", ["4", "3"]),
        ("type=MAIN&tag=BTC-USDT", ["4", "3", "0.2", "1"]),
        (f"startAt={START_MS + 2000}", ["4", "3"]),
        (f"endAt={START_MS + 1000}", ["0.2", "1"]),
        (f"startAt={START_MS + 1000}&endAt={START_MS + 2000}", ["3", "0.2"]),
    ],
)
def test_filters_of_the_list(query: str, amounts: list[str]) -> None:
    """The newer specification calls the statuses type and tag; both ends of a window count."""
    caller = Caller()
    out(caller, 1)
    caller.clock.advance(1)
    out(caller, 0.2, "XBT")
    caller.clock.advance(1)
    caller.exchange.switches.set("transfer_out_end", "REJECTED")
    out(caller, 3)
    caller.clock.advance(1)
    out(caller, 4)
    assert [row["amount"] for row in caller.data(f"{LIST}?{query}")["items"]] == amounts


@pytest.mark.conforms("GET /api/v1/transfer-list")
@pytest.mark.parametrize(
    "query",
    ["currency=BTC", "status=DONE", "queryStatus=SUCCESS,X", "startAt=2&endAt=1", "pageSize=x"],
)
def test_wrong_filters_are_refused(query: str) -> None:
    assert Caller().code(f"{LIST}?{query}") == (400, "400100")


def test_everybody_sees_only_their_own_list() -> None:
    caller = Caller()
    out(caller)
    for text in ("a@main/desk1", "b@other"):
        assert caller.data(LIST, key=caller.new_key(text))["items"] == []
