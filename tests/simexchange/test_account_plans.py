"""Accounts as a file defines them, and everything that such a file may have wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.account_plans import PlanError, read_file
from terminal.simexchange.auth import DEMO_UID
from terminal.simexchange.clock import SimClock
from terminal.simexchange.keys import read_key
from terminal.simexchange.server import House, SimExchange
from tests.support.caller import START_MS

DESK = {"name": "desk1", "balances": {"contract": {"USDT": 250}}, "keys": [{"name": "d"}]}
MASTER = {
    "name": "main",
    "balances": {"main": {"USDT": "5000.5", "BTC": 2}, "contract": {"XBT": "0.5"}},
    "keys": [
        {"name": "boss", "permissions": ["Spot", "InnerTransfer", "withdraw"], "ips": ["10.0.0.1"]},
        {"name": "old", "traits": ["v2", "until=2026-01-01"]},
    ],
    "subs": [DESK, {"name": "desk2", "frozen": True}],
}


def read(*accounts: Any) -> Any:
    return read_file(json.dumps({"accounts": accounts}), 7)


def opened(*accounts: Any) -> SimExchange:
    house = House(accounts=read(*accounts))
    return SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0), house=house)


def test_masters_come_before_their_sub_accounts_and_keys_are_those_of_the_command_line() -> None:
    main, one, two = read(MASTER)
    assert [plan.name for plan in (main, one, two)] == ["main", "main/desk1", "main/desk2"]
    assert (main.uid, one.master_uid, one.sub_name) == (DEMO_UID, DEMO_UID, "desk1")
    assert [key.name for key in main.keys] == ["boss", "old"]
    assert main.keys[0].key.permissions == {"General", "Spot", "InnerTransfer", "Withdrawal"}
    assert main.keys[1].key.expires_ms == 1_767_225_600_000
    assert one.keys[0].key == read_key("d@main/desk1", 7).key
    assert (two.is_frozen, two.balances, two.keys) == (True, None, ())


def test_an_exchange_begins_with_what_the_file_says() -> None:
    exchange = opened(MASTER, {"name": "house"})
    shown = {row["name"]: row for row in exchange.accounts()}
    assert list(shown) == ["main", "main/desk1", "main/desk2", "house"]
    assert shown["main"]["balances"] == {
        "main": {"USDT": "5000.5", "USDC": "0", "BTC": "2"},
        "trade": {"USDT": "0", "USDC": "0", "BTC": "0"},
        "contract": {"USDT": "0", "USDC": "0", "XBT": "0.5"},
    }
    assert shown["main/desk1"]["balances"]["contract"]["USDT"] == "250"
    assert [shown[name]["frozen"] for name in shown] == [False, False, True, False]
    assert shown["main/desk1"]["master"] == DEMO_UID
    assert shown["house"]["balances"]["contract"]["USDT"] == "100000"
    ledger = exchange.engine.account.ledger
    assert [(row.type, row.currency, row.amount) for row in ledger.rows] == [
        ("Deposit", "XBT", Decimal("0.5"))
    ]
    assert list(exchange.keys) == ["demo", "boss", "old", "d"]
    assert exchange.announcement()["accounts"] == exchange.accounts()


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({}, "A name of an account is a text, not 'None'"),
        ({"name": "a b"}, "A name of an account is 1 to 32 letters"),
        ({"name": "x", "subs": [{"name": "main"}]}, "A sub-account cannot be named main"),
        ({"name": "x", "subs": [{"name": "y", "subs": []}]}, "no sub-accounts of its own"),
        ({"name": "x", "vip": 1}, "There is no 'vip' in the account"),
        ({"name": "x", "frozen": 1}, "frozen of x is true or false, not 1"),
        ({"name": "x", "keys": {}}, "keys is a list"),
        ({"name": "x", "keys": ["k"]}, "The key is a JSON object"),
        ({"name": "x", "keys": [{"name": "k", "permissions": ["All"]}]}, "is no permission"),
        ({"name": "x", "keys": [{"name": "k", "ips": ["home"]}]}, "is no IP address"),
        ({"name": "x", "keys": [{"name": "k", "traits": ["until=soon"]}]}, "is no instant"),
        ({"name": "x", "keys": [{"name": "k", "traits": ["v9"]}]}, "is no trait"),
        ({"name": "x", "keys": [{"name": "k"}, {"name": "k"}]}, "two keys named k"),
        ({"name": "x", "subs": [{"name": "y"}, {"name": "y"}]}, "two accounts named x/y"),
        ({"name": "x", "balances": []}, "list of balances of x is a JSON object"),
        ({"name": "x", "balances": {"margin": {}}}, "There is no 'margin'"),
        ({"name": "x", "balances": {"main": {"ETH": 1}}}, "There is no 'ETH'"),
        ({"name": "x", "balances": {"main": {"BTC": 1, "XBT": 1}}}, "Bitcoin is named twice"),
        ({"name": "x", "balances": {"main": {"USDT": -1}}}, "is an amount from 0 to"),
        ({"name": "x", "balances": {"main": {"USDT": "1e99"}}}, "is an amount from 0 to"),
        ({"name": "x", "balances": {"main": {"USDT": "1.000000001"}}}, "up to 8 decimals"),
        ({"name": "x", "balances": {"main": {"USDT": True}}}, "is an amount from 0 to"),
        ({"name": "x", "balances": {"main": {"USDT": "much"}}}, "is an amount from 0 to"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(account: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as info:
        read(account)
    assert str(info.value).count("\n") == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"accounts": [], "x": 1}', "[" * 100_000])
def test_a_file_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="file of accounts"):
        read_file(text, 7)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "balances", "keys", "subs", "main", "USDT", "traits"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=3))
def test_whatever_a_file_holds_it_is_read_or_refused_with_a_sentence(rows: list[Any]) -> None:
    said = ""
    try:
        found = read(*rows)
        assert len(found) >= len(rows)
    except ValueError as error:
        said = str(error)
    assert said == "" or said.endswith((".", ")"))
