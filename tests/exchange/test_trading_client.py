"""Commands end as outcomes, queries as facts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from terminal.domain.events import MarginMode, OrderType, StopReference
from terminal.domain.ticket import AttachedExits, close_ticket
from terminal.domain.units import ClientOid, OrderId, Price, Side, Symbol
from terminal.exchange.errors import ProtocolError, RejectedError
from terminal.exchange.http import HttpClient
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.exchange.routes import OrderRoutes
from terminal.exchange.trading_client import NO_EXITS, TradingClient
from terminal.exchange.translate import Scales
from tests.exchange.test_http import BASE, SECRETS
from tests.support.builders import XBT, a_contract, a_ticket
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

OID = ClientOid("c1")


def a_client(answer: Callable[[httpx.Request], httpx.Response]) -> TradingClient:
    scales = Scales()
    scales.learn([a_contract()])
    clock = FakeClock()
    http = HttpClient(BASE, clock, SECRETS, transport=httpx.MockTransport(answer))
    return TradingClient(http, scales, OrderRoutes(http, clock))


def saying(code: str, data: Any = None, status: int = 200) -> TradingClient:
    return a_client(lambda _: httpx.Response(status, json={"code": code, "msg": "m", "data": data}))


async def test_a_limit_order_on_the_wire() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "200000", "data": {"orderId": "9"}})

    client = a_client(answer)
    assert await client.place(a_ticket(is_post_only=True), OID) == Accepted((OrderId("9"),))
    assert json.loads(seen[0].content) == {
        "clientOid": "c1",
        "symbol": "XBTUSDTM",
        "type": "limit",
        "marginMode": "ISOLATED",
        "side": "buy",
        "size": 2,
        "leverage": "5",
        "price": "100",
        "postOnly": True,
    }
    await client.place(close_ticket(XBT, MarginMode.CROSS), OID)
    assert json.loads(seen[1].content) == {
        "clientOid": "c1",
        "symbol": "XBTUSDTM",
        "type": "market",
        "marginMode": "CROSS",
        "closeOrder": True,
    }


async def test_attached_exits_take_a_call_of_their_own() -> None:
    """By REST; in a batch and in a test they have no place, and the others of a batch go."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        data: Any = {"orderId": "9"}
        if request.url.path.endswith("/multi"):
            data = [{"orderId": "8", "clientOid": "c2", "code": "200000"}]
        return httpx.Response(200, json={"code": "200000", "data": data})

    client = a_client(answer)
    ticket = a_ticket(exits=AttachedExits(StopReference.LAST, down=Price(900)))
    assert await client.place(ticket, OID) == Accepted((OrderId("9"),))
    assert seen == ["/api/v1/st-orders"]
    assert await client.test(ticket, OID) == NotSent(NO_EXITS)
    outcomes = await client.place_batch([(ticket, OID), (a_ticket(), ClientOid("c2"))])
    assert outcomes == (NotSent(NO_EXITS), Accepted((OrderId("8"),)))
    assert seen == ["/api/v1/st-orders", "/api/v1/orders/multi"]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("300003", 200, Rejected),
        ("400005", 401, Rejected),
        ("500000", 500, Unknown),
        ("429000", 429, Unknown),
    ],
)
async def test_refusals_are_evidence_and_trouble_is_not(code: str, status: int, kind: type) -> None:
    assert isinstance(await saying(code, status=status).place(a_ticket(), OID), kind)


async def test_an_answer_that_cannot_be_read_leaves_the_order_unknown() -> None:
    assert isinstance(await saying("200000", 5).place(a_ticket(), OID), Unknown)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"data": {"orderId": "9"}}, Unknown),
        ({"data": [{"orderId": "9", "clientOid": "c1", "code": "200000"}]}, Unknown),
        ({"data": None}, Rejected),
        ({}, Rejected),
    ],
)
async def test_no_success_with_an_order_is_no_evidence_of_a_refusal(
    more: dict[str, Any], kind: type
) -> None:
    """The order that is named may work."""
    body = {"code": "200000", "success": False, "msg": "m", **more}
    client = a_client(lambda _: httpx.Response(200, json=body))
    assert type(await client.place(a_ticket(), OID)) is kind
    assert [type(one) for one in await client.place_batch([(a_ticket(), OID)])] == [kind]


async def test_lost_answers_and_lost_connections() -> None:
    def raising(error: Exception) -> TradingClient:
        def answer(_: httpx.Request) -> httpx.Response:
            raise error

        return a_client(answer)

    lost = await raising(httpx.ReadTimeout("slow")).place(a_ticket(), OID)
    assert isinstance(lost, Unknown)
    unsent = await raising(httpx.ConnectError("refused")).cancel(OrderId("1"))
    assert isinstance(unsent, NotSent)


async def test_cancels_name_what_they_cancel() -> None:
    client = saying("200000", {"cancelledOrderIds": ["1", "2"]})
    assert await client.cancel_all(XBT) == Accepted((OrderId("1"), OrderId("2")))
    by_oid = saying("200000", {"clientOid": "c1"})
    assert await by_oid.cancel_by_client_oid(XBT, OID) == Accepted(())


async def test_an_order_that_is_not_there_is_none_and_other_refusals_raise() -> None:
    answer = {"code": "100001", "msg": "error.getOrder.orderNotExist"}
    client = a_client(lambda _: httpx.Response(200, json=answer))
    assert await client.order(OrderId("1")) is None
    with pytest.raises(RejectedError):
        await saying("100001").order(OrderId("1"))
    with pytest.raises(RejectedError):
        await saying("400007").order_by_client_oid(OID)


def an_order(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "symbol": "XBTUSDTM",
        "type": "limit",
        "side": "buy",
        "price": "100",
        "size": 2,
        "dealSize": 0,
        "status": "open",
        "isActive": True,
        "createdAt": 1_760_000_000_000,
    }


async def test_pages_are_joined_and_an_order_that_shifts_counts_once() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["currentPage"])
        asked.append(request.url.params["status"])
        items = [an_order(1), an_order(2)] if page == 1 else [an_order(2), an_order(3)]
        data = {"currentPage": page, "totalPage": 2, "items": items}
        return httpx.Response(200, json={"code": "200000", "data": data})

    updates = await a_client(answer).open_orders()
    assert [update.order_id for update in updates] == ["1", "2", "3"]
    assert asked == ["active", "active"]


async def test_endless_pages_are_an_error() -> None:
    data = {"currentPage": 1, "totalPage": 10**6, "items": [an_order(1)]}
    with pytest.raises(ProtocolError):
        await saying("200000", data).open_orders()


async def test_one_unreadable_row_of_the_past_does_not_hide_the_rest() -> None:
    client = saying("200000", [{**an_order(1), "symbol": "GONE"}, an_order(2)])
    assert [update.order_id for update in await client.recent_done_orders()] == ["2"]


async def test_a_ticket_for_an_unknown_contract_is_not_sent() -> None:
    ticket = a_ticket(symbol=Symbol("GONE"))
    assert isinstance(await a_client(_never).place(ticket, OID), NotSent)


def _never(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing may be sent")


async def test_an_answer_that_cannot_be_unpacked_leaves_the_order_unknown() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.DecodingError("broken gzip")

    assert isinstance(await a_client(answer).place(a_ticket(), OID), Unknown)


async def test_a_working_order_that_cannot_be_read_whole_is_not_hidden() -> None:
    strange = {**an_order(7), "symbol": "GONE", "reduceOnly": False}
    page = {"currentPage": 1, "totalPage": 1, "items": [strange, an_order(2)]}
    stub, whole = await saying("200000", page).open_orders()
    assert (stub.order_id, stub.symbol, stub.price, stub.remaining) == ("7", "GONE", None, 2)
    assert whole.price == 1000
    assert (stub.side, stub.order_type) == (Side.BUY, OrderType.LIMIT)


async def test_what_cannot_be_read_of_a_working_order_is_not_guessed() -> None:
    """Neither a side nor a kind: a sell must not be shown as a buy."""
    strange = {**an_order(7), "side": "short", "type": "peg"}
    (stub,) = await saying("200000", {"totalPage": 1, "items": [strange]}).open_orders()
    assert (stub.side, stub.price, stub.remaining) == (None, None, 2)
    assert stub.order_type is not OrderType.MARKET


async def test_a_test_order_goes_to_the_test_and_nowhere_else() -> None:
    """The same body as an order, another path; a refusal keeps the exchange's reason."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) < 3:
            return httpx.Response(200, json={"code": "200000", "data": {"orderId": "9"}})
        return httpx.Response(200, json={"code": "300003", "msg": "Balance insufficient"})

    client = a_client(answer)
    await client.place(a_ticket(), OID)
    assert await client.test(a_ticket(), OID) == Accepted((OrderId("9"),))
    assert isinstance(await client.test(a_ticket(), OID), Rejected)
    assert [request.url.path for request in seen] == ["/api/v1/orders"] + 2 * [
        "/api/v1/orders/test"
    ]
    assert seen[0].content == seen[1].content


async def test_a_contract_nobody_knows_is_not_tested() -> None:
    """Without its tick size there is nothing to send."""
    client = saying("200000", {"orderId": "9"})
    assert isinstance(await client.test(a_ticket(symbol=Symbol("NEWUSDTM")), OID), NotSent)
