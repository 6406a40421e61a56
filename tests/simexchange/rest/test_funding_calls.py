"""The funding routes as a stranger's client sees them: raw requests, raw answers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.auth import DEMO_UID
from terminal.simexchange.server import SimExchange
from tests.support.caller import Caller
from tests.support.stranger import Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.simexchange.auth import ApiKey

TRANSFER = "/api/v3/accounts/universal-transfer"
BODY = {
    "clientOid": "tr-0001",
    "type": "INTERNAL",
    "currency": "USDT",
    "amount": "25",
    "fromAccountType": "MAIN",
    "toAccountType": "CONTRACT",
}


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    async with aiohttp.ClientSession() as session:
        yield Stranger(exchange, session)
    await exchange.stop()


async def transferable(stranger: Stranger, kind: str, currency: str = "USDT") -> Any:
    path = f"/api/v1/accounts/transferable?currency={currency}&type={kind}"
    return await stranger.data(path, signed=True)


async def test_main_and_trade_are_listed_in_lower_case(stranger: Stranger) -> None:
    """The list writes account types small, the other calls write them in capitals."""
    rows = await stranger.data("/api/v1/accounts", signed=True)
    assert {row["type"] for row in rows} == {"main", "trade"}
    assert {row["currency"] for row in rows} == {"USDT", "USDC", "BTC"}
    (row,) = await stranger.data("/api/v1/accounts?currency=USDT&type=trade", signed=True)
    assert (row["balance"], row["available"], row["holds"]) == ("10000", "8750", "1250")
    _, answer = await stranger.call("GET", "/api/v1/accounts?type=TRADE")
    assert answer["code"] == "400100"


@pytest.mark.conforms("GET /api/v1/accounts/transferable")
async def test_what_is_transferable(stranger: Stranger) -> None:
    """Capitals only, the futures account not at all, and what is held is not transferable."""
    answer = await transferable(stranger, "TRADE")
    assert answer["transferable"] == "8750"
    for query in ("currency=USDT&type=CONTRACT", "currency=USDT&type=main", "type=MAIN"):
        _, refused = await stranger.call("GET", f"/api/v1/accounts/transferable?{query}")
        assert refused["code"] == "400100", query


@pytest.mark.conforms("POST /api/v3/accounts/universal-transfer")
async def test_a_transfer_shows_on_both_sides(stranger: Stranger) -> None:
    """The overview and the transferable amount follow at once."""
    status, answer = await stranger.call("POST", TRANSFER, BODY)
    assert (status, answer["code"]) == (200, "200000")
    assert set(answer["data"]) == {"orderId"}
    overview = await stranger.data("/api/v1/account-overview?currency=USDT", signed=True)
    assert overview["maxWithdrawAmount"] == overview["availableBalance"] == 100_025
    assert (await transferable(stranger, "MAIN"))["transferable"] == "49975"


@pytest.mark.parametrize("spelling", ["InnerTransfer", "FlexTransfers", "universal transfer"])
async def test_the_right_to_transfer_has_three_spellings(stranger: Stranger, spelling: str) -> None:
    """Each of them opens the transfer; without any it is refused by name."""
    exchange = stranger.exchange
    plain = replace(exchange.key, permissions=frozenset({"General", "Futures"}))
    exchange.engine.accounts.keys[plain.key] = plain
    status, answer = await stranger.call("POST", TRANSFER, BODY)
    assert (status, answer["code"]) == (403, "400007")
    named = replace(plain, permissions=frozenset({"General", spelling}))
    exchange.engine.accounts.keys[plain.key] = named
    status, answer = await stranger.call("POST", TRANSFER, BODY)
    assert (status, answer["code"]) == (200, "200000")


async def test_a_transfer_whose_answer_is_lost_has_moved(stranger: Stranger) -> None:
    """The fault handle of tests; the same id again moves nothing more."""
    stranger.exchange.faults.transfers_lost = 1
    with pytest.raises(aiohttp.ClientError):
        await stranger.call("POST", TRANSFER, BODY)
    assert (await transferable(stranger, "MAIN"))["transferable"] == "49975"
    _, answer = await stranger.call("POST", TRANSFER, BODY)
    assert answer["code"] == "200000"
    assert (await transferable(stranger, "MAIN"))["transferable"] == "49975"


async def test_the_funding_calls_cost_management_quota(stranger: Stranger) -> None:
    """Twenty, five and four of the management pool."""
    await transferable(stranger, "MAIN")
    await stranger.data("/api/v1/accounts", signed=True)
    await stranger.call("POST", TRANSFER, BODY)
    assert stranger.exchange.quota.pool("Management", DEMO_UID).spent == 29


@pytest.mark.conforms("GET /api/v1/accounts", "GET /api/v1/accounts/{accountId}")
async def test_one_account_by_its_id(stranger: Stranger) -> None:
    """Each row of the list leads to its balances; an unknown id is refused."""
    for row in await stranger.data("/api/v1/accounts", signed=True):
        one = await stranger.data(f"/api/v1/accounts/{row['id']}", signed=True)
        assert one == {name: row[name] for name in ("currency", "balance", "available", "holds")}
    for unknown in ("0", "548600000000", "548600000099", "x", "9" * 400):
        _, refused = await stranger.call("GET", f"/api/v1/accounts/{unknown}")
        assert refused["code"] == "400100", unknown


# The older transfers ---------------------------------------------------------------------------

INNER, SUB = "/api/v2/accounts/inner-transfer", "/api/v2/accounts/sub-transfer"
MAY = "Spot+Transfer+Futures"


def balance(caller: Caller, kind: str, key: ApiKey | None = None, currency: str = "USDT") -> str:
    if kind == "contract":
        name = "XBT" if currency == "BTC" else currency
        shown = caller.data(f"/api/v1/account-overview?currency={name}", key=key)
        return f"{Decimal(repr(shown['marginBalance'])).normalize():f}"
    query = f"type={kind}&currency={currency}"
    (row,) = caller.data(f"/api/v1/accounts?{query}", key=key)
    found: str = row["balance"]
    return found


@pytest.mark.conforms("POST /api/v2/accounts/inner-transfer")
def test_an_inner_transfer_needs_the_right_to_trade_spot() -> None:
    """Between main and trade in lower case; the same id moves nothing more."""
    caller = Caller()
    key = caller.new_key(f"spot:{MAY}")
    body = {"clientOid": "i-1", "currency": "USDT", "amount": "25.5", "from": "main", "to": "trade"}
    assert caller.code(INNER, "POST", body) == (403, "400007")
    first = caller.data(INNER, "POST", body, key)
    assert set(first) == {"orderId"}
    assert caller.data(INNER, "POST", body, key) == first
    assert (balance(caller, "main"), balance(caller, "trade")) == ("49974.5", "10025.5")
    assert caller.spent(INNER, "POST", body, key) == ("Management", 10)
    over = {**body, "clientOid": "i-2", "from": "trade", "to": "main", "amount": "8775.51"}
    assert caller.code(INNER, "POST", over, key) == (200, "230003")


@pytest.mark.conforms("POST /api/v2/accounts/inner-transfer")
def test_an_inner_transfer_into_the_futures_account_and_never_out_of_it() -> None:
    caller = Caller()
    key = caller.new_key(f"spot:{MAY}")
    body = {"clientOid": "i-1", "currency": "BTC", "amount": "0.1", "from": "main"}
    caller.data(INNER, "POST", {**body, "to": "contract"}, key)
    assert (balance(caller, "main", None, "BTC"), balance(caller, "contract", None, "BTC")) == (
        "0.4",
        "1.1",
    )
    back = {**body, "clientOid": "i-2", "from": "contract", "to": "main"}
    assert caller.code(INNER, "POST", back, key) == (400, "400100")
    caller.exchange.switches.set("inner_to_futures", "refused")
    again = {**body, "clientOid": "i-3", "to": "contract"}
    assert caller.code(INNER, "POST", again, key) == (400, "400100")


@pytest.mark.conforms("POST /api/v2/accounts/sub-transfer")
def test_a_sub_transfer_goes_out_and_comes_in() -> None:
    """Only the master asks, with the right to trade spot; the sub-account's own key sees it."""
    caller = Caller()
    boss, desk = caller.new_key(f"boss:{MAY}"), caller.new_key(f"bot:{MAY}@main/desk1")
    body = {"clientOid": "s-1", "currency": "USDT", "amount": "100", "direction": "OUT"}
    body |= {"subUserId": desk.uid, "subAccountType": "CONTRACT"}
    assert caller.code(SUB, "POST", body) == (403, "400007")
    assert set(caller.data(SUB, "POST", body, boss)) == {"orderId"}
    assert (balance(caller, "main"), balance(caller, "contract", desk)) == ("49900", "100")
    (row,) = caller.data("/api/v1/transaction-history", key=desk)["dataList"]
    assert (row["type"], row["amount"], row["remark"]) == (
        "TransferIn",
        100,
        "Transferred from Funding Account",
    )
    back = {**body, "clientOid": "s-2", "direction": "IN"}
    assert caller.code(SUB, "POST", back, boss) == (400, "400100")
    assert caller.code(SUB, "POST", {**back, "subAccountType": "MAIN"}, boss) == (200, "230003")
    out = {**body, "clientOid": "s-3", "subAccountType": "TRADE", "accountType": "TRADE"}
    caller.data(SUB, "POST", out, boss)
    back |= {"subAccountType": "TRADE", "accountType": "CONTRACT", "amount": "60"}
    caller.data(SUB, "POST", back, boss)
    assert (balance(caller, "trade", desk), balance(caller, "contract")) == ("40", "100060")
    assert caller.code(SUB, "POST", {**back, "clientOid": "s-4"}, desk) == (400, "400100")
    assert caller.spent(SUB, "POST", body, boss) == ("Management", 30)


@pytest.mark.conforms("POST /api/v3/accounts/universal-transfer")
def test_a_universal_transfer_between_master_and_sub_account() -> None:
    """From a futures account, too; another master's sub-account is out of reach."""
    caller = Caller()
    desk, other = caller.new_key("bot@main/desk1"), caller.new_key(f"x:{MAY}@house")
    there = {**BODY, "type": "PARENT_TO_SUB", "toUserId": desk.uid, "fromAccountType": "CONTRACT"}
    caller.data(TRANSFER, "POST", there)
    assert (balance(caller, "contract"), balance(caller, "contract", desk)) == ("99975", "25")
    back = {**BODY, "clientOid": "b", "type": "SUB_TO_PARENT", "fromUserId": desk.uid}
    back |= {"fromAccountType": "CONTRACT", "toAccountType": "TRADE", "amount": "25.01"}
    assert caller.code(TRANSFER, "POST", back) == (200, "230003")
    caller.data(TRANSFER, "POST", {**back, "amount": "25"})
    assert (balance(caller, "trade"), balance(caller, "contract", desk)) == ("10025", "0")
    assert caller.code(TRANSFER, "POST", {**there, "clientOid": "c"}, other) == (400, "400100")


@pytest.mark.conforms("POST /api/v3/accounts/universal-transfer")
def test_money_of_a_universal_transfer_may_arrive_later() -> None:
    """It has left at once and is with nobody for a second, or for longer."""
    caller = Caller(transfer_credit="later")
    caller.data(TRANSFER, "POST", BODY)
    assert (balance(caller, "main"), balance(caller, "contract")) == ("49975", "100000")
    caller.clock.advance(1)
    assert balance(caller, "contract") == "100025"
    caller.exchange.faults.set("transfers_late_s", "9")
    caller.data(TRANSFER, "POST", {**BODY, "clientOid": "2"})
    caller.clock.advance(9)
    assert balance(caller, "contract") == "100025"
    caller.clock.advance(1)
    assert balance(caller, "contract") == "100050"


@pytest.mark.parametrize("kind", ["MARGIN", "OPTION", "MARGIN_V2", "ISOLATED", "ISOLATED_V2"])
def test_types_that_hold_nothing_here_have_nothing_to_transfer(kind: str) -> None:
    """Those of a pair are asked for with its name; a currency must be one all the same."""
    caller = Caller()
    tag = "&tag=BTC-USDT" if kind.startswith("ISOLATED") else ""
    path = f"/api/v1/accounts/transferable?type={kind}"
    zeros = {"balance": "0", "available": "0", "holds": "0", "transferable": "0"}
    assert caller.data(f"{path}&currency=USDT{tag}") == {"currency": "USDT", **zeros}
    assert caller.code(f"{path}&currency=ETH{tag}") == (400, "400100")
    if tag:
        assert caller.code(f"{path}&currency=USDT") == (400, "400100")
        assert caller.code(f"{path}&currency=USDT&tag=btc") == (400, "400100")
