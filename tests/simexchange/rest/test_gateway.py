"""The gateway without sockets: every request gets the envelope, in the order of the checks."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.rest.gateway import Gateway, Request, origin_form
from terminal.simexchange.rest.routing import PUBLIC, Call, Route
from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import Switches
from tests.support.requests import START_MS, Arena, Asked
from tests.support.stranger import ask_signed

if TYPE_CHECKING:
    from terminal.simexchange.rest.gateway import Answer

QUOTA = {"gw-ratelimit-limit", "gw-ratelimit-remaining", "gw-ratelimit-reset"}
POSITIONS = "/api/v1/positions"

# Reference 1.9, row by row. The calls without a row there (account mode, contracts of the unified
# account) are in pools of their own.
_TABLE = """
GET contracts/active | Public | 3
GET contracts/{symbol} | Public | 3
GET ticker | Public | 2
GET allTickers | Public | 5
GET level2/snapshot | Public | 3
GET level2/depth20 | Public | 5
GET level2/depth100 | Public | 5
GET trade/history | Public | 5
GET kline/query | Public | 3
GET mark-price/{symbol}/current | Public | 3
GET index/query | Public | 2
GET interest/query | Public | 5
GET premium/query | Public | 3
GET trade-statistics | Futures | 3
GET timestamp | Public | 2
GET status | Public | 4
GET funding-rate/{symbol}/current | Public | 2
GET contract/funding-rates | Public | 5
GET contracts/risk-limit/{symbol} | Public | 5
POST bullet-public | Public | 10
POST bullet-private | Futures | 10
POST orders | Futures | 2
POST orders/test | Futures | 2
POST st-orders | Futures | 2
POST orders/multi | Futures | 20
DELETE orders/{orderId} | Futures | 1
DELETE orders/client-order/{clientOid} | Futures | 1
DELETE orders/multi-cancel | Futures | 20
DELETE v3/orders | Futures | 10
DELETE orders | Futures | 800
DELETE stopOrders | Futures | 15
GET orders | Futures | 2
GET stopOrders | Futures | 6
GET orders/{orderId} | Futures | 5
GET orders/byClientOid | Futures | 5
GET recentDoneOrders | Futures | 5
GET openOrderStatistics | Futures | 10
GET fills | Futures | 5
GET recentFills | Futures | 3
GET position | Futures | 2
GET v2/position | Futures | 2
GET positions | Futures | 2
GET history-positions | Futures | 2
GET v2/position/getMarginMode | Futures | 2
POST v2/position/changeMarginMode | Futures | 2
POST v2/position/batchChangeMarginMode | Futures | 2
GET v2/getCrossUserLeverage | Futures | 2
POST v2/changeCrossUserLeverage | Futures | 2
GET v2/position/getPositionMode | Futures | 2
POST v2/position/switchPositionMode | Futures | 2
GET v2/getMaxOpenSize | Futures | 2
GET v2/batchGetCrossOrderLimit | Futures | 2
GET v2/getCrossModeMarginRequirement | Futures | 3
POST v2/getCrossModeMarginRequirement | Futures | 3
GET margin/maxWithdrawMargin | Futures | 10
POST margin/withdrawMargin | Futures | 10
POST position/margin/deposit-margin | Futures | 4
POST position/margin/auto-deposit-status | Futures | 4
POST position/risk-limit-level/change | Futures | 5
GET funding-history | Futures | 5
GET account-overview | Futures | 5
GET account-overview-all | Futures | 6
GET transaction-history | Futures | 2
GET trade-fees | Futures | 3
GET accounts/transferable | Management | 20
POST v3/accounts/universal-transfer | Management | 4
POST v2/accounts/sub-transfer | Management | 30
POST v2/accounts/inner-transfer | Management | 10
POST v3/transfer-out | Management | 20
POST transfer-in | Management | 20
GET transfer-list | Management | 20
GET accounts | Management | 5
GET v2/user-info | Management | 20
GET user/api-key | Management | 20
GET v2/sub/user | Management | 20
GET v2/sub-accounts | Management | 20
GET sub-accounts/{subUserId} | Management | 15
"""


def the_table() -> dict[str, tuple[str, int]]:
    rows = {}
    for line in _TABLE.strip().splitlines():
        call, pool, weight = line.split(" | ")
        method, path = call.split()
        prefix = "/api/" if path.startswith("v") and path[1].isdigit() else "/api/v1/"
        rows[f"{method} {prefix}{path}"] = (pool, int(weight))
    return rows


@pytest.fixture
def arena() -> Arena:
    return Arena()


def told(answer: Answer) -> tuple[int, str]:
    body = json.loads(answer.body)
    assert set(answer.headers) >= QUOTA, "whatever the answer is, it has the headers"
    return answer.status, body["code"]


def with_route(arena: Arena, route: Route) -> Gateway:
    """The arena's gateway with one call more."""
    exchange = arena.exchange
    routes = (*exchange.gateway.table.routes, route)
    parts = (exchange.engine.accounts, exchange.clock, exchange.quota, exchange.faults)
    return Gateway(routes, *parts, exchange.switches)


def test_data_comes_in_the_envelope(arena: Arena) -> None:
    answer = arena.send(Asked("GET", "/api/v1/timestamp", sign="no"))
    assert answer.body == b'{"code":"200000","data":%d}' % START_MS
    assert (answer.status, answer.media) == (200, "application/json")
    assert arena.send(Asked("GET", "/api/v1/status")).media == "text/plain"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (Asked("GET", "/nowhere", sign="no"), (404, "404000")),
        (Asked("GET", "/api/v1/timestamp/"), (404, "404000")),
        (Asked("PATCH", "/api/v1/timestamp"), (405, "405000")),
        (Asked("HEAD", "/api/v1/timestamp"), (405, "405000")),
        (Asked("OPTIONS", "*"), (404, "404000")),
        (Asked("POST", "/api/v1/orders", b"{}", sign="no"), (401, "400001")),
        (Asked("GET", POSITIONS, sign="late"), (401, "400002")),
        (Asked("GET", POSITIONS, sign="stamp"), (401, "400002")),
        (Asked("GET", POSITIONS, sign="key"), (401, "400003")),
        (Asked("GET", POSITIONS, sign="version"), (401, "400009")),
        (Asked("GET", POSITIONS, sign="passphrase"), (401, "400004")),
        (Asked("GET", POSITIONS, sign="sign"), (401, "400005")),
        (Asked("GET", "/api/v1/ticker?symbol=NOPE", sign="no"), (200, "100003")),
        (Asked("POST", "/api/v1/bullet-public", b"{}", "no", ""), (415, "415000")),
        (Asked("POST", "/api/v1/bullet-public", b"{}", "no", "text/json"), (415, "415000")),
        (Asked("DELETE", "/api/v3/orders", b"{}", "right", "text/plain"), (415, "415000")),
        (Asked("DELETE", "/api/v3/orders", b"{}", "no", "text/plain"), (401, "400001")),
        (Asked("POST", "/api/v1/bullet-public", b"{", "no"), (400, "400100")),
        (Asked("POST", "/api/v1/orders", b""), (400, "400100")),
        (Asked("POST", "/api/v1/orders", b"[1]"), (400, "400100")),
        (Asked("GET", f"/api/v1/ticker?{'a=1&' * 65}", sign="no"), (400, "400100")),
    ],
)
def test_refusals_come_in_the_envelope(arena: Arena, asked: Asked, answer: tuple[int, str]) -> None:
    found = arena.send(asked)
    assert told(found) == answer
    assert set(json.loads(found.body)) == {"code", "msg"}


@pytest.mark.parametrize(
    "asked",
    [
        Asked("POST", "/api/v1/bullet-public", b"", "no", ""),
        Asked("POST", "/api/v1/bullet-private", b"", "right", ""),
        Asked("POST", "/api/v1/bullet-private", b"{}"),
        Asked("POST", "/api/v1/bullet-private", b"{}", "right", "Application/JSON ;charset=utf-8"),
        Asked("DELETE", "/api/v3/orders?symbol=XBTUSDTM", b"", "right", ""),
        Asked("GET", "/api/v1/timestamp", b"not looked at", "no", "text/plain"),
        Asked("GET", POSITIONS, b"signed, not looked at"),
    ],
)
def test_bodies_and_media_types_that_are_accepted(arena: Arena, asked: Asked) -> None:
    assert told(arena.send(asked)) == (200, "200000")


def test_a_key_is_refused_for_its_address_its_rights_and_a_frozen_user(arena: Arena) -> None:
    key = arena.exchange.key
    for changed, answer, word in (
        (replace(key, ip_list="10.0.0.1,10.0.0.2"), (401, "400006"), "127.0.0.1"),
        (replace(key, permissions=frozenset({"Spot"})), (403, "400007"), "Futures"),
        (replace(key, version=2, needs_v3=True), (401, "400008"), "V3"),
        (replace(key, is_frozen=True), (403, "411100"), "frozen"),
        (replace(key, ip_list="10.0.0.1, 127.0.0.1"), (200, "200000"), ""),
    ):
        arena.exchange.engine.accounts.add(changed)
        found = arena.send(Asked("GET", POSITIONS))
        assert told(found) == answer
        assert word in found.body.decode()


def test_every_call_has_the_pool_and_the_weight_of_the_reference(arena: Arena) -> None:
    """Reference 1.9; /api/ua has a pool of its own (1.7)."""
    gateway, table = arena.exchange.gateway, the_table()
    for route in gateway.table.routes:
        name = f"{route.method} {route.path}"
        if route.path.startswith("/api/ua/"):
            assert route.pool == "Unified", name
        elif name in table:
            assert (route.pool, gateway.weight(route)) == table[name], name
        else:
            assert route.pool in {"Public", "Futures", "Management", "Spot"}, name


def test_weights_that_sources_disagree_on_follow_their_switches(arena: Arena) -> None:
    remaining = []
    for weight in ("10", "30"):
        arena.exchange.switches.set("cancel_all_weight", weight)
        answer = arena.send(Asked("DELETE", "/api/v3/orders?symbol=ETHUSDTM"))
        remaining.append(answer.headers["gw-ratelimit-remaining"])
    assert remaining == ["1990", "1970"]
    route = Route("DELETE", "/api/v1/orders/multi-cancel", "Futures", 20, "Futures", lambda _: 0)
    gateway = with_route(arena, route)
    assert gateway.weight(route) == 20
    arena.exchange.switches.set("multi_cancel_weight", "30")
    assert gateway.weight(route) == 30


def test_the_full_book_may_need_a_key(arena: Arena) -> None:
    path = "/api/v1/level2/snapshot?symbol=XBTUSDTM"
    assert told(arena.send(Asked("GET", path, sign="no"))) == (200, "200000")
    arena.exchange.switches.set("snapshot_key", "signed")
    assert told(arena.send(Asked("GET", path, sign="no"))) == (401, "400001")
    assert told(arena.send(Asked("GET", path))) == (200, "200000")
    other = "/api/v1/level2/depth20?symbol=XBTUSDTM"
    assert told(arena.send(Asked("GET", other, sign="no"))) == (200, "200000")


@pytest.mark.parametrize(("switch", "status"), [("200", 200), ("400", 400)])
def test_business_refusals_have_the_status_of_their_switch(switch: str, status: int) -> None:
    arena = Arena(Switches(business_status=switch))
    found = arena.send(Asked("DELETE", "/api/v1/orders/1"))
    assert told(found) == (status, "100004")
    assert told(arena.send(Asked("GET", POSITIONS, sign="no"))) == (401, "400001")


def test_a_signature_follows_the_switch_of_its_query(arena: Arena) -> None:
    path = "/api/v1/orders?symbol=XBTUSDTM%2CETHUSDTM"
    plain = arena.request(Asked("GET", path.replace("%2C", ",")))
    as_sent = arena.request(Asked("GET", path))
    found = {}
    for switch in ("either", "encoded", "decoded"):
        arena.exchange.switches.set("signed_query", switch)
        requests = (as_sent, replace(plain, target=path))
        answers = [arena.exchange.gateway.answer(one) for one in requests]
        found[switch] = [told(answer)[1] != "400005" for answer in answers]
    assert found == {"either": [True, True], "encoded": [True, False], "decoded": [False, True]}


# Quotas ------------------------------------------------------------------------------------------


def ask(arena: Arena, asked: Asked, remote: str = "127.0.0.1") -> Answer:
    request = replace(arena.request(asked), remote=remote)
    return arena.exchange.gateway.answer(request)


def remaining(answer: Answer) -> int:
    return int(answer.headers["gw-ratelimit-remaining"])


def test_calls_count_for_an_address_or_for_an_account(arena: Arena) -> None:
    arena.exchange.quota.pools.clear()
    public, private = Asked("GET", "/api/v1/timestamp", sign="no"), Asked("GET", POSITIONS)
    assert remaining(ask(arena, public, "10.0.0.1")) == 1998
    assert remaining(ask(arena, public, "10.0.0.2")) == 1998
    assert remaining(ask(arena, private, "10.0.0.1")) == 1998
    assert remaining(ask(arena, private, "10.0.0.2")) == 1996
    refused = Asked("GET", POSITIONS, sign="sign")
    assert remaining(ask(arena, refused, "10.0.0.3")) == 1994, "a wrong signature costs, too"
    nobody = Asked("GET", POSITIONS, sign="key")
    assert remaining(ask(arena, nobody, "10.0.0.3")) == 1998, "an unknown key costs its address"
    assert remaining(ask(arena, Asked("GET", "/nowhere"), "10.0.0.1")) == 1998, "costs nothing"


def test_a_spent_pool_refuses_before_anything_is_looked_at(arena: Arena) -> None:
    arena.exchange.quota.pools.clear()
    asked = Asked("GET", POSITIONS)
    ask(arena, asked)
    pool = arena.exchange.quota.pool("Futures", arena.exchange.key.uid)
    pool.spent = 1999
    for sign in ("right", "sign", "late"):
        answer = ask(arena, replace(asked, sign=sign))
        assert told(answer) == (429, "429000")
        assert answer.headers == {
            "gw-ratelimit-limit": "2000",
            "gw-ratelimit-remaining": "0",
            "gw-ratelimit-reset": "30000",
        }
    assert told(ask(arena, Asked("GET", "/api/v1/user/api-key")))[0] == 200, "another pool"
    arena.exchange.clock.advance(29.5)
    assert ask(arena, asked).headers["gw-ratelimit-reset"] == "500"
    arena.exchange.clock.advance(0.5)
    assert told(ask(arena, asked)) == (200, "200000")


def test_an_overloaded_server_says_so_with_quota_left(arena: Arena) -> None:
    arena.exchange.faults.overloads = 1
    answer = arena.send(Asked("GET", POSITIONS))
    assert told(answer) == (429, "429000")
    assert remaining(answer) == 1998, "it was counted before"


def test_a_flood_of_paths_does_not_eat_memory(arena: Arena) -> None:
    for number in range(100):
        arena.send(Asked("GET", f"/{number}", sign="no"))
        arena.send(Asked("GET", f"/api/v1/orders/{number}", sign="no"))
    calls = arena.exchange.gateway.calls
    assert calls["unknown"] == calls["GET /api/v1/orders/{orderId}"] == 100


# Paths and queries -------------------------------------------------------------------------------


def seen(arena: Arena, target: str, path: str = "/x/{name}/y") -> Call:
    calls: list[Call] = []
    gateway = with_route(arena, Route("GET", path, PUBLIC, 1, None, calls.append))
    assert told(gateway.answer(Request("GET", target, {}))) == (200, "200000")
    return calls[0]


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/x/a%20b/y", "a b"),
        ("/x/a+b/y", "a+b"),
        ("/x/a%2Fb/y", "a/b"),
        ("/%78/%C3%A9/y", "\u00e9"),
        ("/x/%FF/y", "\ufffd"),
        ("/x/%zz/y", "%zz"),
        ("http://host:1/x/n/y", "n"),
        ("https://host/x/n/y?a=/z", "n"),
    ],
)
def test_escapes_of_a_path_are_undone_part_by_part(arena: Arena, target: str, name: str) -> None:
    assert seen(arena, target).parts == {"name": name}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a=1&a=2&a=3", {"a": "1,2,3"}),
        ("a=x+y&b=x%2By", {"a": "x y", "b": "x+y"}),
        ("a=%C3%A9&b=%FF&c=%zz", {"a": "\u00e9", "b": "\ufffd", "c": "%zz"}),
        ("&&a&=&", {"a": "", "": ""}),
        ("a=1=2?b", {"a": "1=2?b"}),
    ],
)
def test_queries_are_read_like_a_form(arena: Arena, query: str, found: dict[str, str]) -> None:
    assert seen(arena, f"/x?{query}", "/x").query == found


def test_an_escaped_slash_is_no_part_of_a_fixed_path(arena: Arena) -> None:
    for target, status in (("/api%2Fv1/timestamp", 404), ("/api/v1/%74imestamp", 200)):
        assert told(arena.send(Asked("GET", target, sign="no")))[0] == status


def test_addresses_without_a_path_are_not_found() -> None:
    assert [origin_form(one) for one in ("*", "http://h", "h:443", "", "?a")] == [
        "*", "http://h", "h:443", "", "?a",
    ]  # fmt: skip


# Faults of the program ---------------------------------------------------------------------------


def broken(_call: Call) -> object:
    raise ZeroDivisionError


@pytest.mark.parametrize("handler", [broken, lambda _call: object(), lambda _call: float("nan")])
async def test_a_fault_of_a_handler_is_500000_and_told_to_the_loop(handler: Any) -> None:
    arena, problems = Arena(), []
    loop = asyncio.get_running_loop()
    former = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: problems.append(context["exception"]))
    gateway = with_route(arena, Route("GET", "/x", PUBLIC, 1, None, handler))
    answer = gateway.answer(Request("GET", "/x", {}))
    loop.set_exception_handler(former)
    assert told(answer) == (500, "500000")
    assert len(problems) == 1


def test_without_a_loop_a_fault_is_raised(arena: Arena) -> None:
    gateway = with_route(arena, Route("GET", "/x", PUBLIC, 1, None, broken))
    with pytest.raises(ZeroDivisionError):
        gateway.answer(Request("GET", "/x", {}))


def test_the_exchange_itself_has_one_gateway_for_all_calls() -> None:
    exchange = SimExchange(is_calm=True)
    assert len({(one.method, one.path) for one in exchange.gateway.table.routes}) == len(
        exchange.gateway.table.routes
    )


# What handlers read -----------------------------------------------------------------------------


def test_calls_read_their_parameters_safely() -> None:
    call = Call("GET", "/", {"n": "1.50", "w": "b", "f": "TRUE", "bad": "1e999999", "e": ""})
    assert (call.decimal("n"), call.decimal("e"), call.decimal("gone")) == (
        Decimal("1.5"), None, None,
    )  # fmt: skip
    assert (call.choice("w", ("a", "b"), "a"), call.choice("e", ("a",), "a")) == ("b", "a")
    assert call.flag("f", default=False)
    assert not call.flag("e", default=False)
    assert Call("POST", "/", {}, body=[{"a": 1}]).objects(2)[0].whole("a") == 1


@pytest.mark.parametrize("speed", [60, 0], ids=["fast", "standing"])
async def test_a_client_that_asked_for_the_time_once_may_go_on_signing(
    monkeypatch: pytest.MonkeyPatch, speed: float
) -> None:
    """Its clock runs as outside; after a minute of it, in fast and in standing time."""
    wall_ns, real_ns = time.time_ns(), time.monotonic_ns()
    passed_s = [0]
    monkeypatch.setattr(time, "time_ns", lambda: wall_ns + passed_s[0] * 1_000_000_000)
    monkeypatch.setattr(time, "monotonic_ns", lambda: real_ns + passed_s[0] * 1_000_000_000)
    clock = SimClock(start_ms=1_760_000_000_000, speed=speed)
    running = asyncio.get_running_loop().create_task(clock.run())
    await asyncio.sleep(0)
    exchange = SimExchange(is_calm=True, clock=clock)
    offset_ms = clock.now_ms() - time.time_ns() // 1_000_000

    def code(changed_ms: int = 0) -> str:
        stamp_ms = time.time_ns() // 1_000_000 + offset_ms + changed_ms
        return str(ask_signed(exchange, "GET", POSITIONS, stamp_ms=stamp_ms)[1]["code"])

    assert code() == "200000"
    passed_s[0] = 60
    assert clock.now_ms() == 1_760_000_000_000 + 60_000 * speed
    assert code() == "200000"
    assert code(-6_000 if speed else 6_000) == "400002"
    assert code(60_000 * 60) == "400002"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_a_spent_quota_is_there_again_in_time_that_nobody_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0))
    exchange.faults.quotas_spent = 1
    codes = [ask_signed(exchange, "GET", POSITIONS)[1]["code"] for _ in range(2)]
    assert codes == ["429000", "429000"]
    later_ns = time.monotonic_ns() + 61 * 1_000_000_000
    monkeypatch.setattr(time, "monotonic_ns", lambda: later_ns)
    assert ask_signed(exchange, "GET", POSITIONS)[1]["code"] == "200000"
