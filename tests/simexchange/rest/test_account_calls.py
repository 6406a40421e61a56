"""The account's own calls: key, overviews, ledger, funding, fees."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.simexchange.keys import named_key
from terminal.simexchange.trading.ledger import FundingPayment
from tests.support.caller import START_MS, SYMBOL, Caller

LEDGER, FUNDING = "/api/v1/transaction-history", "/api/v1/funding-history"
DAY_MS = 24 * 3600 * 1000


@pytest.mark.conforms("GET /api/v1/user/api-key")
def test_what_the_key_is() -> None:
    """Its rights with commas between; addresses only when there are some."""
    caller = Caller()
    shown = caller.data("/api/v1/user/api-key")
    assert set(shown["permission"].split(",")) == {"General", "Futures", "InnerTransfer"}
    assert (shown["apiKey"], shown["apiVersion"]) == (caller.exchange.key.key, 3)
    assert (shown["isMaster"], shown["uid"]) == (True, caller.account.number)
    assert shown["createdAt"] == START_MS
    assert (shown["remark"], "ipWhitelist" in shown) == ("demo", False)
    listed = replace(caller.exchange.key, ip_list="127.0.0.1,10.0.0.1")
    caller.engine.accounts.keys[listed.key] = listed
    assert caller.data("/api/v1/user/api-key")["ipWhitelist"] == "127.0.0.1,10.0.0.1"


@pytest.mark.conforms("GET /api/v2/user-info", "GET /api/ua/v1/account/mode")
def test_who_the_user_is() -> None:
    """The VIP level is that of the quota; there are no sub-accounts; the account is classic."""
    caller = Caller()
    assert caller.data("/api/v2/user-info")["level"] == caller.exchange.quota.level == 0
    info = caller.data("/api/v2/user-info")
    assert {name for name, value in info.items() if value} == {
        "maxSubQuantity",
        "maxDefaultSubQuantity",
    }
    assert caller.data("/api/ua/v1/account/mode") == {
        "selfAccountMode": "CLASSIC",
        "unifiedSubAccount": [],
        "classicSubAccount": [],
    }


@pytest.mark.conforms("GET /api/v1/account-overview")
@pytest.mark.parametrize(
    ("currency", "cash"), [("USDT", 100_000), ("USDC", 25_000), ("XBT", 1), ("", 1)]
)
def test_the_overview_of_each_currency(currency: str, cash: float) -> None:
    """Bitcoin when none is named."""
    query = f"?currency={currency}" if currency else ""
    shown = Caller().data(f"/api/v1/account-overview{query}")
    assert shown["currency"] == (currency or "XBT")
    assert shown["accountEquity"] == shown["availableBalance"] == shown["marginBalance"] == cash


@pytest.mark.conforms("GET /api/v1/account-overview", "GET /api/v1/account-overview-all")
def test_the_overview_adds_up() -> None:
    """Equity is margin balance and unrealized profit; the sum over accounts is the only one."""
    caller = Caller()
    caller.place(size=20)
    caller.place(price=caller.low(), size=5)
    caller.exchange.step(SYMBOL, 30)
    shown = caller.data("/api/v1/account-overview?currency=USDT")
    assert shown["unrealisedPNL"] != 0
    assert shown["accountEquity"] == pytest.approx(shown["marginBalance"] + shown["unrealisedPNL"])
    assert shown["positionMargin"] > 0
    assert shown["orderMargin"] > 0
    everything = caller.data("/api/v1/account-overview-all?currency=USDT")
    (main,) = everything["accounts"]
    assert main.pop("accountName") == "main"
    assert main == {name: shown[name] for name in main}
    summary = everything["summary"]
    assert summary.pop("currency") == main.pop("currency") == "USDT"
    assert summary == {f"{name}Total": value for name, value in main.items()}


@pytest.mark.conforms(
    "GET /api/v2/user-info",
    "GET /api/v1/user/api-key",
    "GET /api/ua/v1/account/mode",
    "GET /api/v1/account-overview-all",
)
def test_what_a_master_and_its_sub_accounts_say_of_themselves() -> None:
    """Subs count where they may trade, have names, and stand in the overview behind main."""
    caller = Caller()
    one, two = caller.new_key("one:Futures@main/desk1"), caller.new_key("two@main/desk2")
    other = caller.new_key("boss@house/desk1")
    info = caller.data("/api/v2/user-info")
    assert (info["subQuantity"], info["futuresSubQuantity"], info["marginSubQuantity"]) == (2, 2, 0)
    assert info["maxSubQuantity"] == 5
    assert caller.data("/api/v2/user-info", key=one)["subQuantity"] == 0
    numbers = [caller.engine.accounts.of(key).number for key in (one, two)]
    assert caller.data("/api/ua/v1/account/mode")["classicSubAccount"] == numbers
    shown = caller.data("/api/v1/user/api-key", key=one)
    assert (shown["isMaster"], shown["subName"], shown["remark"]) == (False, "desk1", "one")
    assert shown["uid"] == numbers[0]
    assert caller.data("/api/v1/user/api-key", key=other)["subName"] == "desk1"
    assert "subName" not in caller.data("/api/v1/user/api-key")

    caller.account.wallets["USDT"].add(Decimal("0.1"))
    caller.engine.accounts.of(two).wallets["USDT"].add(Decimal("0.2"))
    shown = caller.data("/api/v1/account-overview-all?currency=USDT")
    assert [row["accountName"] for row in shown["accounts"]] == ["main", "desk1", "desk2"]
    assert [row["accountEquity"] for row in shown["accounts"]] == [100_000.1, 0, 0.2]
    assert shown["summary"]["accountEquityTotal"] == 100_000.3
    (alone,) = caller.data("/api/v1/account-overview-all?currency=USDT", key=one)["accounts"]
    assert (alone["accountName"], alone["accountEquity"]) == ("desk1", 0)


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/account-overview?currency=ETH",
        "/api/v1/account-overview-all?currency=BTC",
        f"{LEDGER}?currency=BTC",
        f"{LEDGER}?type=Theft",
        f"{LEDGER}?startAt=2&endAt=1",
        f"{LEDGER}?offset=x",
        FUNDING,
        "/api/v1/trade-fees",
    ],
)
def test_wrong_parameters_are_refused(target: str) -> None:
    assert Caller().code(target) == (400, "400100")


# The ledger --------------------------------------------------------------------------------------


def rows(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.data(f"{LEDGER}?{query}")["dataList"]
    return found


@pytest.mark.conforms("GET /api/v1/transaction-history")
def test_the_pending_row_leads_while_a_position_is_open() -> None:
    """Its offset is -1, it has no fee, and closing the position replaces it."""
    caller = Caller()
    caller.place()
    pending = rows(caller, "currency=USDT")[0]
    assert (pending["status"], pending["offset"], pending["fee"]) == ("Pending", -1, None)
    assert pending["amount"] < 0
    assert pending["remark"] == SYMBOL
    caller.place(side="sell")
    done = rows(caller, "currency=USDT")[0]
    assert (done["status"], done["type"], done["fee"]) == ("Completed", "RealisedPNL", 0)
    assert done["accountEquity"] == float(caller.account.wallets["USDT"].cash)
    amounts = [Decimal(str(row["amount"])) for row in rows(caller, "currency=USDT")]
    assert sum(amounts) == caller.account.wallets["USDT"].cash


@pytest.mark.conforms("GET /api/v1/transaction-history")
def test_the_ledger_is_paged_by_offset() -> None:
    """By the last row as by the smallest offset, with two positions open."""
    caller = Caller()
    for _ in range(6):
        caller.place()
        caller.place(side="sell")
    caller.place()
    caller.place("ETHUSDTM")
    everything = [row["offset"] for row in rows(caller)]
    assert everything[:2] == [-1, -2]
    assert len(everything) == len(set(everything)) == 2 + 6 + 3
    walked: list[int] = []
    more = caller.data(f"{LEDGER}?maxCount=3")
    while True:
        walked += [row["offset"] for row in more["dataList"]]
        if not more["hasMore"]:
            break
        more = caller.data(f"{LEDGER}?maxCount=3&offset={walked[-1]}")
    assert walked == everything
    back = caller.data(f"{LEDGER}?maxCount=3&forward=false")["dataList"]
    assert [row["offset"] for row in back] == everything[:-4:-1]


@pytest.mark.conforms("GET /api/v1/transaction-history")
def test_filters_of_the_ledger() -> None:
    """The spelling of a type does not matter; both ends belong to the window."""
    caller = Caller()
    caller.clock.advance(1)
    body = {
        "clientOid": "t-1",
        "type": "INTERNAL",
        "currency": "USDT",
        "amount": "5",
        "fromAccountType": "MAIN",
        "toAccountType": "CONTRACT",
    }
    caller.data("/api/v3/accounts/universal-transfer", "POST", body)
    (row,) = rows(caller, "type=TransferIn")
    assert (row["amount"], row["remark"]) == (5, "Transferred from Funding Account")
    assert rows(caller, "type=Transferin") == [row]
    assert rows(caller, "type=TransferOut") == rows(caller, "type=Withdrawal") == []
    assert len(rows(caller, "type=Deposit")) == 3
    assert [row["currency"] for row in rows(caller, "currency=XBT")] == ["XBT"]
    assert rows(caller, f"startAt={START_MS + 1000}") == [row]
    assert len(rows(caller, f"endAt={START_MS + 999}")) == 3


@pytest.mark.parametrize(("switch", "found"), [("unlimited", 3), ("day", 0)])
def test_how_long_a_window_of_the_ledger_may_be(switch: str, found: int) -> None:
    """Not stated: no bound, or a day and no more."""
    caller = Caller(history_window=switch)
    caller.clock.advance(2 * DAY_MS / 1000)
    assert len(rows(caller)) == found
    status, _ = caller.call("GET", f"{LEDGER}?startAt={START_MS}&endAt={START_MS + DAY_MS + 1}")
    assert status == (200 if switch == "unlimited" else 400)
    assert len(rows(caller, f"startAt={START_MS}&endAt={START_MS + DAY_MS}")) == 3


# Funding and fees --------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/funding-history")
def test_own_funding() -> None:
    """Empty until something was settled; then ten at a time, newest first."""
    caller = Caller()
    assert caller.data(f"{FUNDING}?symbol={SYMBOL}") == {"dataList": [], "hasMore": False}
    caller.place(size=2)
    for number in range(1, 13):
        caller.clock.advance(8 * 3600)
        payment = FundingPayment(
            number,
            SYMBOL,
            caller.clock.now_ms(),
            Decimal("0.0001"),
            Decimal(100_000),
            2,
            Decimal(200),
            Decimal("-0.02"),
            "USDT",
            "ISOLATED",
        )
        caller.account.settle_funding(payment)
    answer = caller.data(f"{FUNDING}?symbol={SYMBOL}")
    assert [row["id"] for row in answer["dataList"]] == list(range(12, 2, -1))
    assert answer["hasMore"] is True
    rest = caller.data(f"{FUNDING}?symbol={SYMBOL}&offset=3")
    assert [row["id"] for row in rest["dataList"]] == [2, 1]
    assert rest["dataList"][0] == {
        "id": 2,
        "symbol": SYMBOL,
        "timePoint": START_MS + 2 * 8 * 3_600_000,
        "fundingRate": 0.0001,
        "markPrice": 100_000,
        "positionQty": 2,
        "positionCost": 200,
        "funding": -0.02,
        "settleCurrency": "USDT",
        "context": '{"marginMode": "ISOLATED", "positionSide": "BOTH"}',
        "marginMode": "ISOLATED",
    }
    for names in (("startAt", "endAt"), ("from", "to")):
        query = f"{names[0]}={START_MS}&{names[1]}={START_MS + 8 * 3_600_000}&reverse=false"
        window = caller.data(f"{FUNDING}?symbol={SYMBOL}&{query}")
        assert [row["id"] for row in window["dataList"]] == [1]
    assert caller.data(f"{FUNDING}?symbol=ETHUSDTM")["dataList"] == []


@pytest.mark.conforms("GET /api/v1/trade-fees")
def test_the_fees_are_those_that_are_charged() -> None:
    caller = Caller()
    caller.place()
    fill, shown = (
        caller.account.fills[-1],
        caller.data(f"/api/v1/trade-fees?symbol={SYMBOL}"),
    )
    assert shown == {"symbol": SYMBOL, "takerFeeRate": "0.0006", "makerFeeRate": "0.0002"}
    assert fill.fee == fill.value * Decimal(shown["takerFeeRate"])


@pytest.mark.parametrize(
    ("target", "pool", "weight"),
    [
        ("/api/v1/user/api-key", "Management", 20),
        ("/api/v2/user-info", "Management", 20),
        ("/api/v1/account-overview", "Futures", 5),
        ("/api/v1/account-overview-all", "Futures", 6),
        (LEDGER, "Futures", 2),
        (FUNDING, "Futures", 5),
        ("/api/v1/trade-fees", "Futures", 3),
        ("/api/v1/accounts", "Management", 5),
        ("/api/v1/accounts/1", "Management", 5),
    ],
)
def test_what_the_calls_cost(target: str, pool: str, weight: int) -> None:
    assert Caller().spent(target) == (pool, weight)


GENERAL_ONLY = (
    "/api/v1/user/api-key",
    "/api/v2/user-info",
    "/api/v1/account-overview-all",
    LEDGER,
    f"/api/v1/trade-fees?symbol={SYMBOL}",
    "/api/v1/orders",
    "/api/v1/fills",
    "/api/v1/accounts",
)


def test_what_a_key_that_only_reads_may_ask() -> None:
    """Orders, fills, accounts and fees; the futures account itself needs the right to trade."""
    caller = Caller()
    reader = replace(caller.exchange.key, permissions=frozenset({"General"}))
    caller.engine.accounts.keys[reader.key] = reader
    for target in GENERAL_ONLY:
        caller.data(target)
    for target in ("/api/v1/account-overview", FUNDING, "/api/v1/positions"):
        assert caller.code(target) == (403, "400007")


def test_the_remark_of_a_key_is_its_name() -> None:
    caller = Caller()
    named = named_key(7, "robot-2")
    caller.exchange.add_key(named)
    caller.exchange.key = named.key
    shown = caller.data("/api/v1/user/api-key")
    assert (shown["apiKey"], shown["remark"]) == (named.key.key, "robot-2")


actions = st.lists(
    st.tuples(
        st.sampled_from([SYMBOL, "ETHUSDTM", "XBTUSDM"]),
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 60),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(actions, st.sets(st.sampled_from([SYMBOL, "ETHUSDTM", "XBTUSDM"])), st.integers(-3000, 3000))
@settings(deadline=None, max_examples=settings().max_examples // 4)
def test_the_overview_adds_up_whatever_is_held(
    rows: list[tuple[str, str, int, bool]], cross: set[str], move: int
) -> None:
    """The identity of 3.1 with positions and orders in both margin modes, at any mark price."""
    caller = Caller()
    for symbol in cross:
        caller.account.margin_modes[symbol] = "CROSS"
    for symbol, side, size, rests in rows:
        mode = caller.account.margin_modes[symbol]
        far = caller.low(symbol) if side == "buy" else caller.high(symbol)
        price = {"price": far} if rests else {}
        caller.place(symbol, side=side, size=size, marginMode=mode, leverage=7, **price)
    for market in caller.engine.markets.values():
        market.move_fair(move if market.last > 5000 else 0)
    for currency in ("USDT", "XBT"):
        shown = caller.data(f"/api/v1/account-overview?currency={currency}")
        n = {key: Decimal(repr(v)) for key, v in shown.items() if isinstance(v, (int, float))}
        parts = n["positionMargin"] + n["orderMargin"] + n["frozenFunds"] + n["availableBalance"]
        assert abs(n["marginBalance"] - (parts - n["unrealisedPNL"])) < Decimal("1E-9")
        assert abs(n["accountEquity"] - n["marginBalance"] - n["unrealisedPNL"]) < Decimal("1E-9")
