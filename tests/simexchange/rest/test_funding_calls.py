"""The funding routes as a stranger's client sees them: raw requests, raw answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.auth import DEMO_UID
from terminal.simexchange.server import SimExchange
from tests.support.stranger import Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
