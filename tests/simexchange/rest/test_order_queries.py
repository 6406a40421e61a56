"""Asking for orders and fills: what is listed where, since when, and how it is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.account import KEPT_ORDERS
from terminal.simexchange.trading.orders import UserOrder
from tests.support.caller import START_MS, SYMBOL, Caller

ORDERS, STOPS, FILLS = "/api/v1/orders", "/api/v1/stopOrders", "/api/v1/fills"
DAY_S = 24 * 3600.0
DAY_MS = 24 * 3600 * 1000


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def a_stop(caller: Caller, **more: Any) -> str:
    """A stop far away."""
    stop = {"stop": "down", "stopPriceType": "MP", "stopPrice": caller.low(ticks=9000)}
    return caller.place(**{**stop, **more})


# Lists of orders ---------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/orders", "GET /api/v1/stopOrders")
def test_active_done_and_waiting_orders_are_listed_apart() -> None:
    """Done by default; a stop that waits is in no list but that of stops."""
    caller = Caller()
    resting, waiting, filled = caller.place(price=caller.low()), a_stop(caller), caller.place()
    assert ids(caller.data(f"{ORDERS}?status=active")) == [resting]
    assert ids(caller.data(ORDERS)) == [filled]
    assert ids(caller.data(STOPS)) == [waiting]


@pytest.mark.conforms("GET /api/v1/orders")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=active", ["d", "c", "b", "a"]),
        ("status=active&side=sell", ["c"]),
        ("status=active&symbol=ETHUSDTM", ["b"]),
        ("status=active&type=limit", ["d", "c", "b", "a"]),
        ("status=active&type=market", []),
        (f"status=active&startAt={START_MS + 2000}", ["d", "c"]),
        (f"status=active&endAt={START_MS + 1000}", ["b", "a"]),
        (f"status=active&startAt={START_MS + 1000}&endAt={START_MS + 2000}", ["c", "b"]),
        ("status=active&pageSize=3", ["d", "c", "b"]),
        ("status=active&pageSize=3&currentPage=2", ["a"]),
    ],
)
def test_filters_of_active_orders(query: str, expected: list[str]) -> None:
    """Newest first."""
    caller = Caller()
    for oid, symbol, side in (
        ("a", SYMBOL, "buy"),
        ("b", "ETHUSDTM", "buy"),
        ("c", SYMBOL, "sell"),
        ("d", SYMBOL, "buy"),
    ):
        price = caller.low(symbol) if side == "buy" else caller.high(symbol)
        caller.place(symbol, side=side, price=price, clientOid=oid)
        caller.clock.advance(1)
    items = caller.data(f"{ORDERS}?{query}")["items"]
    assert [item["clientOid"] for item in items] == expected


@pytest.mark.conforms("GET /api/v1/orders")
def test_the_type_of_a_triggered_stop_is_its_own() -> None:
    """A stop whose condition is met fires at once; it is no plain market order afterwards."""
    caller = Caller()
    fired = a_stop(caller, stop="up")
    plain = caller.place()
    assert ids(caller.data(f"{ORDERS}?type=market_stop")) == [fired]
    assert ids(caller.data(f"{ORDERS}?type=market")) == [plain]
    for kind in ("limit_stop", "oco_limit", "oco_stop"):
        assert ids(caller.data(f"{ORDERS}?type={kind}")) == []
    assert ids(caller.data(f"{STOPS}?type=limit")) == []
    waits = a_stop(caller, price=caller.low())
    assert ids(caller.data(f"{STOPS}?type=limit&side=buy&symbol={SYMBOL}")) == [waits]
    assert ids(caller.data(f"{STOPS}?type=market")) == []


@pytest.mark.conforms("GET /api/v1/orders")
def test_the_window_of_done_orders() -> None:
    """At most seven days; one bound takes a day from it; active orders know no such limit."""
    caller = Caller()
    resting = caller.place(price=caller.low())
    first = caller.place()
    caller.clock.advance(2 * DAY_S)
    second = caller.place()
    assert ids(caller.data(ORDERS)) == [second, first]
    assert ids(caller.data(f"{ORDERS}?startAt={START_MS}")) == [first]
    assert ids(caller.data(f"{ORDERS}?endAt={START_MS + 2 * DAY_MS}")) == [second]
    week = f"startAt={START_MS}&endAt={START_MS + 7 * DAY_MS}"
    assert ids(caller.data(f"{ORDERS}?{week}")) == [second, first]
    longer = f"startAt={START_MS}&endAt={START_MS + 7 * DAY_MS + 1}"
    assert caller.code(f"{ORDERS}?{longer}") == (400, "400100")
    assert ids(caller.data(f"{ORDERS}?status=active&{longer}")) == [resting]


@pytest.mark.parametrize(
    "target",
    [
        f"{ORDERS}?status=open",
        f"{ORDERS}?side=long",
        f"{ORDERS}?type=stop",
        f"{ORDERS}?startAt=yesterday",
        f"{ORDERS}?startAt=9&endAt=8",
        f"{ORDERS}?pageSize=all",
        f"{STOPS}?type=limit_stop",
        f"{FILLS}?type=oco_limit",
        f"{FILLS}?tradeTypes=trade,theft",
        f"{ORDERS}/byClientOid",
        "/api/v1/openOrderStatistics",
    ],
)
def test_wrong_parameters_are_refused(target: str) -> None:
    assert Caller().code(target) == (400, "400100")


@pytest.mark.parametrize(
    "target", [ORDERS, STOPS, FILLS, "/api/v1/recentFills", "/api/v1/recentDoneOrders"]
)
def test_an_unknown_contract_is_refused(target: str) -> None:
    assert Caller().code(f"{target}?symbol=NOPE")[1] == "100003"


@pytest.mark.conforms("GET /api/v1/recentDoneOrders")
def test_recently_done_orders() -> None:
    """A plain list of what ended within a day, by the time of its end."""
    caller = Caller()
    resting = caller.place(price=caller.low())
    old = caller.place()
    caller.clock.advance(DAY_S + 1)
    filled, other = caller.place(), caller.place("ETHUSDTM")
    caller.data(f"{ORDERS}/{resting}", "DELETE")
    done = [item["id"] for item in caller.data("/api/v1/recentDoneOrders")]
    assert set(done) == {resting, filled, other}
    assert old not in done
    one = caller.data("/api/v1/recentDoneOrders?symbol=ETHUSDTM")
    assert [item["id"] for item in one] == [other]


# One order ---------------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/orders/{orderId}", "GET /api/v1/orders/byClientOid")
def test_one_order_by_either_id() -> None:
    """Stops included, working or ended; the symbol is not asked for."""
    caller = Caller()
    for placed in (caller.place(clientOid="plain"), a_stop(caller, clientOid="stop")):
        order = caller.data(f"{ORDERS}/{placed}")
        assert order == caller.data(f"{ORDERS}/byClientOid?clientOid={order['clientOid']}")
        assert order["id"] == placed


@pytest.mark.parametrize(("switch", "status"), [("200", 200), ("404", 404)])
def test_an_order_that_is_not_there(switch: str, status: int) -> None:
    """Code and text are always the same; the HTTP status is an open question."""
    caller = Caller(not_found_status=switch)
    for target in (f"{ORDERS}/1", f"{ORDERS}/byClientOid?clientOid=nobody"):
        assert caller.call("GET", target) == (
            status,
            {"code": "100001", "msg": "error.getOrder.orderNotExist"},
        )


def test_how_an_order_is_written() -> None:
    """Money is text, counts and times are numbers; the trigger is a number but in the stop list."""
    caller = Caller()
    placed = a_stop(caller, price=caller.low(), leverage=3, remark="note")
    order = caller.data(f"{ORDERS}/{placed}")
    assert order["stopPrice"] == float(caller.low(ticks=9000))
    assert (order["leverage"], order["remark"]) == ("3", "note")
    assert order["updatedAt"] == order["createdAt"] == START_MS
    assert order["orderTime"] == START_MS * 1_000_000
    (listed,) = caller.data(STOPS)["items"]
    assert listed == {**order, "stopPrice": caller.low(ticks=9000)}


def test_switches_of_the_order_object() -> None:
    """The other reading of each open question."""
    caller = Caller(updated_at_unit="ns", stop_price_type="text", leverage_text="3.0")
    order = caller.data(f"{ORDERS}/{a_stop(caller, leverage=3)}")
    assert order["stopPrice"] == caller.low(ticks=9000)
    assert order["leverage"] == "3.0"
    assert order["updatedAt"] == START_MS * 1_000_000
    assert order["createdAt"] == START_MS


def test_how_a_filled_and_a_canceled_order_end() -> None:
    """The table of end states (3.6)."""
    caller = Caller()
    filled = caller.data(f"{ORDERS}/{caller.place(size=2)}")
    assert (filled["status"], filled["isActive"], filled["cancelExist"]) == ("done", False, False)
    assert filled["dealSize"] == filled["filledSize"] == filled["size"] == 2
    assert filled["dealValue"] == filled["filledValue"]
    average = Decimal(filled["dealValue"]) * 1000 / 2
    assert Decimal(filled["avgDealPrice"]) == average
    assert (filled["endAt"], filled["price"]) == (START_MS, "0")
    resting = caller.place(price=caller.low(), size=3)
    caller.data(f"{ORDERS}/{resting}", "DELETE")
    canceled = caller.data(f"{ORDERS}/{resting}")
    assert (canceled["status"], canceled["cancelExist"], canceled["dealSize"]) == ("done", True, 0)


@pytest.mark.conforms("GET /api/v1/openOrderStatistics")
@pytest.mark.parametrize("ending", ["Size", "Qty"])
def test_statistics_of_open_orders(ending: str) -> None:
    """What is not filled of the plain orders of one contract; older replies say Qty."""
    caller = Caller(statistics_names=ending)
    market = caller.engine.markets[SYMBOL]
    best = market.book.best(SELL)
    assert best is not None
    lots = market.book.total(SELL, best)
    caller.place(price=market.spec.text(best), size=lots + 3)
    caller.place(price=caller.low(), size=2)
    caller.place("ETHUSDTM", price=caller.low("ETHUSDTM"), size=9)
    a_stop(caller, price=caller.low())
    cost = market.spec.price(best) * 3 / 1000 + Decimal(caller.low()) * 2 / 1000
    shown = caller.data(f"/api/v1/openOrderStatistics?symbol={SYMBOL}")
    assert Decimal(shown.pop("openOrderBuyCost")) == cost
    assert shown == {
        f"openOrderBuy{ending}": 5,
        f"openOrderSell{ending}": 0,
        "openOrderSellCost": "0",
        "settleCurrency": "USDT",
    }


# Fills -------------------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/fills")
def test_filters_of_fills() -> None:
    """An order's id sets aside every other filter, the window included."""
    caller = Caller()
    first = caller.place()
    caller.clock.advance(3 * DAY_S)
    stopped = a_stop(caller, stop="up")
    sold = caller.place("ETHUSDTM", side="sell")

    def orders(query: str) -> set[str]:
        return {item["orderId"] for item in caller.data(f"{FILLS}?{query}")["items"]}

    assert orders("") == {stopped, sold}
    assert orders(f"startAt={START_MS}&endAt={START_MS + 7 * DAY_MS}") == {first, stopped, sold}
    assert orders(f"startAt={START_MS}") == {first}
    assert orders(f"endAt={START_MS + 3 * DAY_MS}") == {stopped, sold}
    assert orders("symbol=ETHUSDTM") == orders("side=sell") == orders("type=market") == {sold}
    assert orders("type=market_stop") == {stopped}
    assert orders("tradeTypes=trade,liquid") == {stopped, sold}
    assert orders("tradeTypes=adl,settlement") == set()
    assert orders(f"orderId={first}&symbol=ETHUSDTM&side=sell") == {first}
    assert orders("orderId=1") == set()
    too_long = f"{FILLS}?startAt={START_MS}&endAt={START_MS + 7 * DAY_MS + 1}"
    assert caller.code(too_long) == (400, "400100")


@pytest.mark.conforms("GET /api/v1/fills", "GET /api/v1/recentFills")
def test_how_a_fill_is_written() -> None:
    """The fee is split into opening and closing; both lists write the same."""
    caller = Caller()
    caller.place(size=2)
    opened = caller.data("/api/v1/recentFills")
    assert opened == caller.data(FILLS)["items"]
    fill = opened[0]
    fee = Decimal(fill["value"]) * Decimal("0.0006")
    assert Decimal(fill["fee"]) == Decimal(fill["openFeePay"]) == fee
    assert (fill["closeFeePay"], fill["feeRate"], fill["feeCurrency"]) == ("0", "0.00060", "USDT")
    assert (fill["liquidity"], fill["tradeType"]) == ("taker", "trade")
    assert (fill["tradeTime"], fill["createdAt"]) == (START_MS * 1_000_000, START_MS)
    caller.place(side="sell", size=2)
    closed = caller.data("/api/v1/recentFills")[0]
    assert (closed["openFeePay"], closed["closeFeePay"]) == ("0", closed["fee"])
    a_stop(caller, stop="up")
    stopped = caller.data("/api/v1/recentFills")[0]
    assert (stopped["stop"], stopped["displayType"], stopped["orderType"]) == (
        "up",
        "market_stop",
        "market",
    )


@pytest.mark.conforms("GET /api/v1/recentFills")
def test_recent_fills_are_those_of_a_day() -> None:
    """With a symbol or without."""
    caller = Caller()
    caller.place()
    caller.clock.advance(DAY_S + 1)
    assert caller.data("/api/v1/recentFills") == []
    placed = [caller.place(), caller.place("ETHUSDTM")]
    assert {fill["orderId"] for fill in caller.data("/api/v1/recentFills")} == set(placed)
    one = caller.data("/api/v1/recentFills?symbol=ETHUSDTM")
    assert {fill["orderId"] for fill in one} == {placed[1]}


# Many orders -------------------------------------------------------------------------------------


def test_the_oldest_of_very_many_orders_are_forgotten_everywhere() -> None:
    """By id, by the user's id and in the lists alike; pages go on to the last one kept."""
    caller = Caller()
    more = 50
    for number in range(KEPT_ORDERS + more):
        order = UserOrder(
            id=f"id-{number}",
            number=number,
            uid=caller.account.uid,
            client_oid=f"oid-{number}",
            symbol=SYMBOL,
            side=BUY,
            type="limit",
            price=1,
            size=1,
            leverage=Decimal(5),
            margin_mode="ISOLATED",
            created_ms=START_MS - number % 7,
            time_ns=0,
        )
        caller.account.add(order)
        order.ended_ms = START_MS
        caller.account.ended(order)
    assert caller.code(f"{ORDERS}/id-{more - 1}")[1] == "100001"
    assert caller.code(f"{ORDERS}/byClientOid?clientOid=oid-{more - 1}")[1] == "100001"
    assert caller.data(f"{ORDERS}/id-{more}")["clientOid"] == f"oid-{more}"
    walked: list[str] = []
    for number in range(1, KEPT_ORDERS // 1000 + 1):
        page = caller.data(f"{ORDERS}?pageSize=1000&currentPage={number}")
        assert (page["totalNum"], page["totalPage"]) == (KEPT_ORDERS, KEPT_ORDERS // 1000)
        walked += ids(page)
    assert len(walked) == len(set(walked)) == KEPT_ORDERS
    assert len(caller.data("/api/v1/recentDoneOrders")) == 1000
    assert ids(caller.data(f"{ORDERS}?status=active")) == []


class Untouched(dict[str, UserOrder]):
    """Answers for single ids; nobody may look through it."""

    def _refuse(self, *_: object) -> Any:
        raise AssertionError("all orders were looked through")

    __iter__ = keys = values = items = _refuse


@pytest.mark.parametrize(
    "target",
    [
        f"{ORDERS}?status=active",
        ORDERS,
        STOPS,
        FILLS,
        "/api/v1/recentDoneOrders",
        f"/api/v1/openOrderStatistics?symbol={SYMBOL}",
        f"{ORDERS}/byClientOid?clientOid=o-1",
    ],
)
def test_no_query_looks_through_all_orders(target: str) -> None:
    caller = Caller()
    caller.place()
    caller.place(price=caller.low())
    caller.account.orders = Untouched(caller.account.orders)
    caller.data(target)


@pytest.mark.parametrize(
    ("target", "weight"),
    [
        (ORDERS, 2),
        (STOPS, 6),
        (f"{ORDERS}/1", 5),
        (f"{ORDERS}/byClientOid?clientOid=a", 5),
        ("/api/v1/recentDoneOrders", 5),
        (f"/api/v1/openOrderStatistics?symbol={SYMBOL}", 10),
        (FILLS, 5),
        ("/api/v1/recentFills", 3),
    ],
)
def test_what_the_calls_cost(target: str, weight: int) -> None:
    assert Caller().spent(target) == ("Futures", weight)
