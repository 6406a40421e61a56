"""Transfers on the wire: names, exact amounts, and what each refusal means."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from terminal.domain.access import NO_REAL_TRANSFERS
from terminal.domain.transfer import AccountKind
from terminal.domain.units import ClientOid, Money, OrderId
from terminal.exchange.connect import connect
from terminal.exchange.errors import RejectedError
from terminal.exchange.funding_gateway import Repeated
from terminal.exchange.hosts import Hosts
from terminal.exchange.http import HttpClient
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.exchange.transfer_client import TransferClient
from tests.exchange.test_http import BASE, SECRETS
from tests.support.builders import a_transfer
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

MAIN, TRADE, FUTURES = AccountKind.MAIN, AccountKind.TRADE, AccountKind.FUTURES
OID = ClientOid("8f0c2a54-0000-4000-8000-000000000001")


def a_client(answer: Callable[[httpx.Request], httpx.Response]) -> TransferClient:
    return TransferClient(
        HttpClient(BASE, FakeClock(), SECRETS, transport=httpx.MockTransport(answer))
    )


def recording(seen: list[Any], code: str = "200000", words: str = "m") -> TransferClient:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content) if request.content else str(request.url))
        return httpx.Response(200, json={"code": code, "msg": words, "data": {"orderId": "67"}})

    return a_client(answer)


def refusing(code: str, words: str, status: int = 200) -> TransferClient:
    return a_client(lambda _: httpx.Response(status, json={"code": code, "msg": words}))


async def test_a_transfer_on_the_wire() -> None:
    """The body is that of the reference (4.1): capitals, the amount as plain text."""
    seen: list[Any] = []
    outcome = await recording(seen).transfer(a_transfer("25.50"), OID)
    assert outcome == Accepted((OrderId("67"),))
    assert seen == [
        {
            "clientOid": OID,
            "type": "INTERNAL",
            "currency": "USDT",
            "amount": "25.5",
            "fromAccountType": "MAIN",
            "toAccountType": "CONTRACT",
        }
    ]


@pytest.mark.parametrize("amount", ["0.00000001", "1E+3", "123456789012345.12345678"])
async def test_amounts_are_written_exactly(amount: str) -> None:
    """No exponent, no rounding, whatever the size."""
    seen: list[Any] = []
    await recording(seen).transfer(a_transfer(amount), OID)
    assert "E" not in seen[0]["amount"]
    assert Decimal(seen[0]["amount"]) == Decimal(amount)


async def test_funds_of_main_and_trade() -> None:
    """Balance and transferable are read exactly, bitcoin under its funding name."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url.raw_path.decode()))
        data = {
            "currency": "BTC",
            "balance": "1.00000001",
            "available": "1",
            "holds": "0",
            "transferable": "0.99999999",
        }
        return httpx.Response(200, json={"code": "200000", "data": data})

    funds = await a_client(answer).funds(TRADE, "XBT")
    assert seen == ["/api/v1/accounts/transferable?currency=BTC&type=TRADE"]
    assert funds.account is TRADE
    assert funds.balance == Money(Decimal("1.00000001"), "XBT")
    assert funds.transferable == Money(Decimal("0.99999999"), "XBT")


async def test_funds_that_are_refused_raise() -> None:
    """A question that the exchange refuses is an error, not an empty account."""
    with pytest.raises(RejectedError):
        await refusing("400100", "currency is invalid").funds(MAIN, "USDT")


@pytest.mark.parametrize(
    ("code", "words", "status", "kind"),
    [
        ("230003", "Balance insufficient.", 200, Rejected),
        ("400100", "amount is invalid", 200, Rejected),
        ("400100", "clientOid is invalid", 200, Rejected),
        ("400100", "clientOid is repeated", 200, Repeated),
        ("400100", "The clientOid already exists.", 200, Repeated),
        ("400100", "clientOid has already been used", 200, Repeated),
        ("400100", "clientOid must not exceed the 128 bits used for ids", 200, Rejected),
        ("400100", "clientOid is required: it does not exist in the body", 200, Rejected),
        ("400100", "the parameter is repeated", 200, Rejected),
        ("300018", "clientOid parameter repeated", 200, Repeated),
        ("500000", "Internal Server Error", 500, Unknown),
        ("429000", "Too many requests", 429, Unknown),
    ],
)
async def test_what_refusals_mean(code: str, words: str, status: int, kind: type) -> None:
    """Only an id that was there before means that the money moved already."""
    outcome = await refusing(code, words, status).transfer(a_transfer(), OID)
    assert isinstance(outcome, kind)


async def test_a_key_without_the_permission_is_told_what_to_do() -> None:
    """The remedy names the permission that is missing."""
    outcome = await refusing("400007", "Access denied", 403).transfer(a_transfer(), OID)
    assert outcome == Rejected(
        "400007",
        "This key may not move money.",
        "Give it the universal transfer permission on the exchange's site.",
    )


async def test_lost_and_unsent() -> None:
    """A lost answer is unknown, a connection that was never made is not sent; both once."""
    calls: list[str] = []

    def raising(error: Exception) -> TransferClient:
        def answer(_: httpx.Request) -> httpx.Response:
            calls.append(type(error).__name__)
            raise error

        return a_client(answer)

    lost = await raising(httpx.ReadTimeout("slow")).transfer(a_transfer(), OID)
    unsent = await raising(httpx.ConnectError("refused")).transfer(a_transfer(), OID)
    assert isinstance(lost, Unknown)
    assert isinstance(unsent, NotSent)
    assert calls == ["ReadTimeout", "ConnectError"]


async def test_nothing_is_moved_on_an_exchange_that_is_not_on_this_machine() -> None:
    """Real accounts are read only: a transfer is answered with the reason and never leaves."""
    hosts = Hosts("https://futures.example", "https://account.example")
    clients = connect(hosts, SECRETS, FakeClock())
    assert clients.transfers.refusal == NO_REAL_TRANSFERS
    assert await clients.transfers.transfer(a_transfer(), OID) == NotSent(NO_REAL_TRANSFERS)
    await clients.aclose()
    simulated = connect(Hosts(BASE, BASE), SECRETS, FakeClock())
    assert simulated.transfers.refusal == ""
    await simulated.aclose()


async def test_a_refusing_client_sends_nothing() -> None:
    """The reason stands before the wire, not behind it."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "200000", "data": {"orderId": "67"}})

    http = HttpClient(BASE, FakeClock(), SECRETS, transport=httpx.MockTransport(answer))
    client = TransferClient(http, "Off.")
    assert await client.transfer(a_transfer(), OID) == NotSent("Off.")
    assert seen == []


async def test_the_coin_is_called_by_the_other_name_after_a_refusal() -> None:
    """A refused name moves nothing and is not resent by itself; the next transfer knows better."""
    names: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        names.append(json.loads(request.content)["currency"])
        if names[-1] == "BTC":
            return httpx.Response(200, json={"code": "400100", "msg": "currency BTC is invalid"})
        return httpx.Response(200, json={"code": "200000", "data": {"orderId": "67"}})

    client = a_client(answer)
    ticket = a_transfer("0.1", currency="XBT")
    first = await client.transfer(ticket, OID)
    assert isinstance(first, Rejected)
    assert first.sentence == (
        "The exchange does not take BTC as this coin's name here. It says: currency BTC is invalid"
    )
    assert "XBT" in first.remedy
    assert names == ["BTC"]
    assert isinstance(await client.transfer(ticket, OID), Accepted)
    assert names == ["BTC", "XBT"]


@pytest.mark.parametrize(
    ("words", "is_learned"),
    [
        ("currency BTC is invalid", True),
        ("Currency not exist", True),
        ("The currency is not supported.", True),
        ("BTC is not a valid coin", True),
        ("amount is no multiple of the currency's precision", False),
        ("The amount in this currency is invalid", False),
        ("currency precision is incorrect", False),
        ("currency: transfers are paused", False),
        ("fromAccountType is invalid", False),
    ],
)
async def test_only_a_refused_name_teaches_the_other(words: str, *, is_learned: bool) -> None:
    """A refusal that is about the amount is told as that, and the coin keeps its name."""
    seen: list[Any] = []
    client = recording(seen, "400100", words)
    ticket = a_transfer("0.1", currency="XBT")
    first = await client.transfer(ticket, OID)
    assert isinstance(first, Rejected)
    assert words in first.sentence, "the exchange's own words are always told"
    assert ("coin's name" in first.sentence) is is_learned
    await client.transfer(ticket, OID)
    assert [body["currency"] for body in seen] == ["BTC", "XBT" if is_learned else "BTC"]


async def test_between_main_and_trade_the_coin_has_one_name() -> None:
    """A refused name there teaches nothing: it stays BTC."""
    seen: list[Any] = []
    client = recording(seen, "400100", "currency BTC is invalid")
    ticket = a_transfer("0.1", currency="XBT", target=TRADE)
    for _ in range(2):
        assert isinstance(await client.transfer(ticket, OID), Rejected)
    assert [body["currency"] for body in seen] == ["BTC", "BTC"]
