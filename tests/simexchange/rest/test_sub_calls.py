"""Sub-accounts as their master's key sees them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.caller import START_MS, Caller

USERS, BALANCES, ONE = "/api/v2/sub/user", "/api/v2/sub-accounts", "/api/v1/sub-accounts"
TRANSFER = "/api/v3/accounts/universal-transfer"


def a_house(subs: int = 1) -> tuple[Caller, list[str]]:
    """A caller and the uids of its sub-accounts desk1, desk2 and so on."""
    caller = Caller()
    keys = [caller.new_key(f"k{n}@main/desk{n}") for n in range(1, subs + 1)]
    return caller, [key.uid for key in keys]


def give(caller: Caller, uid: str, amount: str, currency: str = "USDT", kind: str = "MAIN") -> None:
    oid = f"g{len(caller.exchange.funding.moved)}"
    body = {"clientOid": oid, "type": "PARENT_TO_SUB", "toUserId": uid, "amount": amount}
    kinds = {"fromAccountType": "MAIN", "toAccountType": kind}
    caller.data(TRANSFER, "POST", {**body, **kinds, "currency": currency})


def set_price(caller: Caller, symbol: str, price: str) -> None:
    market = caller.engine.markets[symbol]
    market._index_price = Decimal(price)


@pytest.mark.conforms("GET /api/v2/sub/user")
def test_the_sub_accounts_of_a_master() -> None:
    """In the order in which they were opened; several keys are one sub-account."""
    caller, (one, two) = a_house(2)
    caller.new_key("again@main/desk1")
    caller.clock.advance(1)
    three = caller.new_key("late@main/desk3").uid
    caller.new_key("other@house/desk4")
    page = caller.data(USERS)
    rows = page.pop("items")
    assert page == {"currentPage": 1, "pageSize": 10, "totalNum": 3, "totalPage": 1}
    assert [row["userId"] for row in rows] == [one, two, three]
    assert [row["subName"] for row in rows] == ["desk1", "desk2", "desk3"]
    assert [row["createdAt"] - START_MS for row in rows] == [0, 0, 1000]
    numbers = [caller.engine.accounts.by_uid[uid].number for uid in (one, two, three)]
    assert [row["uid"] for row in rows] == numbers
    assert {(row["status"], row["type"]) for row in rows} == {(2, 0)}


@pytest.mark.conforms("GET /api/v2/sub/user", "GET /api/v2/sub-accounts")
@pytest.mark.parametrize(("path", "smallest"), [(USERS, 1), (BALANCES, 10)])
def test_pages_of_sub_accounts(path: str, smallest: int) -> None:
    caller, uids = a_house(12)

    def asked(query: str) -> tuple[int, list[str]]:
        page = caller.data(f"{path}?{query}")
        rows = page["items"]
        return page["pageSize"], [row.get("userId") or row.get("subUserId") for row in rows]

    assert asked("") == (10, uids[:10])
    assert asked("currentPage=2") == (10, uids[10:])
    assert asked("pageSize=1") == (smallest, uids[:smallest])
    assert asked("pageSize=1000") == (100, uids)
    assert asked("currentPage=9") == (10, [])


@pytest.mark.conforms("GET /api/v1/sub-accounts/{subUserId}")
def test_what_a_sub_account_has() -> None:
    """Main and trade, with their worth in bitcoin rounded down; empty currencies are left out."""
    caller, (uid,) = a_house()
    set_price(caller, "XBTUSDTM", "62514.5")
    give(caller, uid, "0.01")
    give(caller, uid, "0.02", "BTC", "TRADE")
    shown = caller.data(f"{ONE}/{uid}")
    assert (shown["subUserId"], shown["subName"]) == (uid, "desk1")
    assert shown["mainAccounts"] == [
        {
            "currency": "USDT",
            "balance": "0.01",
            "available": "0.01",
            "holds": "0",
            "baseCurrency": "BTC",
            "baseCurrencyPrice": "62514.5",
            "baseAmount": "0.00000015",
            "tag": "DEFAULT",
        }
    ]
    (coin,) = shown["tradeAccounts"]
    assert (coin["currency"], coin["baseCurrencyPrice"], coin["baseAmount"]) == ("BTC", "1", "0.02")
    assert shown["marginAccounts"] == shown["tradeHFAccounts"] == []
    everything = caller.data(f"{ONE}/{uid}?includeBaseAmount=true")
    assert [row["currency"] for row in everything["mainAccounts"]] == ["USDT", "USDC", "BTC"]


@pytest.mark.conforms("GET /api/v1/sub-accounts/{subUserId}")
def test_worth_in_another_currency_and_the_least_of_it() -> None:
    caller, (uid,) = a_house()
    set_price(caller, "XBTUSDTM", "100000")
    set_price(caller, "XBTUSDCM", "50000")
    give(caller, uid, "0.1", "BTC")
    give(caller, uid, "30")
    give(caller, uid, "7", "USDC")

    def worth(query: str) -> dict[str, Any]:
        rows = caller.data(f"{ONE}/{uid}?{query}")["mainAccounts"]
        return {row["currency"]: (row["baseCurrencyPrice"], row["baseAmount"]) for row in rows}

    assert worth("baseCurrency=USDT") == {
        "USDT": ("1", "30"),
        "USDC": ("0.5", "14"),
        "BTC": ("0.00001", "10000"),
    }
    assert set(worth("baseCurrency=USDT&baseAmount=14")) == {"USDT", "USDC", "BTC"}
    assert set(worth("baseCurrency=USDT&baseAmount=14.01")) == {"USDT", "BTC"}
    assert set(worth("baseAmount=0.1")) == {"BTC"}


@pytest.mark.conforms("GET /api/v2/sub-accounts")
def test_what_all_sub_accounts_have() -> None:
    """Each as it is shown alone."""
    caller, uids = a_house(2)
    give(caller, uids[1], "5")
    items = caller.data(BALANCES)["items"]
    assert items == [caller.data(f"{ONE}/{uid}") for uid in uids]
    assert items[0]["mainAccounts"] == []
    assert items[1]["mainAccounts"][0]["balance"] == "5"


@pytest.mark.conforms("GET /api/v1/sub-accounts/{subUserId}")
def test_wrong_questions_are_refused() -> None:
    caller, (uid,) = a_house()
    other = caller.new_key("other@house/desk1").uid
    for target in (
        f"{ONE}/nobody",
        f"{ONE}/{caller.account.uid}",
        f"{ONE}/{other}",
        f"{ONE}/{uid}?includeBaseAmount=maybe",
        f"{ONE}/{uid}?baseCurrency=ETH",
        f"{ONE}/{uid}?baseAmount=x",
        f"{USERS}?pageSize=x",
    ):
        assert caller.code(target) == (400, "400100"), target


def test_a_sub_account_sees_no_other() -> None:
    """Its lists are empty, and there is nobody whose balances it may ask for."""
    caller = Caller()
    key = caller.new_key("a@main/desk1")
    caller.new_key("b@main/desk2")
    assert caller.data(USERS, key=key)["items"] == caller.data(BALANCES, key=key)["items"] == []
    assert caller.code(f"{ONE}/{key.uid}", key=key) == (400, "400100")


def test_their_weights() -> None:
    caller, (uid,) = a_house()
    assert caller.spent(USERS) == caller.spent(BALANCES) == ("Management", 20)
    assert caller.spent(f"{ONE}/{uid}") == ("Management", 15)


def test_a_frozen_sub_account_neither_gets_nor_gives_nor_does_anything() -> None:
    """Its keys and its transfers are refused with 411100; its master sees that it is frozen."""
    caller = Caller()
    key = caller.new_key("k@main/desk1")
    give(caller, key.uid, "5")
    caller.engine.accounts.funding[key.uid].is_frozen = True
    assert caller.data(USERS)["items"][0]["status"] == 3
    assert caller.code("/api/v1/account-overview", key=key) == (403, "411100")
    body = {"clientOid": "f", "currency": "USDT", "amount": "1"}
    kinds = {"fromAccountType": "MAIN", "toAccountType": "MAIN"}
    to_sub = {**body, **kinds, "type": "PARENT_TO_SUB", "toUserId": key.uid}
    to_parent = {**body, **kinds, "type": "SUB_TO_PARENT", "fromUserId": key.uid}
    for asked in (to_sub, to_parent):
        assert caller.code(TRANSFER, "POST", asked) == (403, "411100")
    caller.engine.accounts.funding[key.uid].is_frozen = False
    caller.data(TRANSFER, "POST", to_parent)


def test_from_one_sub_account_to_another_only_as_a_switch_says() -> None:
    """The reference knows no such way; who wants it gets it, but never to the same one."""
    body = {"clientOid": "s", "type": "SUB_TO_SUB", "currency": "USDT", "amount": "1"}
    kinds = {"fromAccountType": "MAIN", "toAccountType": "CONTRACT"}
    for choice in ("refused", "taken"):
        caller = Caller(sub_to_sub=choice)
        one, two = (caller.new_key(f"k{n}@main/desk{n}") for n in (1, 2))
        give(caller, one.uid, "5")
        asked = {**body, **kinds, "fromUserId": one.uid, "toUserId": two.uid}
        if choice == "refused":
            assert caller.code(TRANSFER, "POST", asked) == (400, "400100")
            continue
        caller.data(TRANSFER, "POST", asked)
        theirs = caller.data("/api/v1/account-overview?currency=USDT", key=two)
        assert theirs["availableBalance"] == 1
        same = {**asked, "clientOid": "t", "toUserId": one.uid}
        assert caller.code(TRANSFER, "POST", same) == (400, "400100")
