"""The exchange's own SDK: every field it has a name for is the one the exchange sends.

A reply whose fields are of another kind becomes an empty object without a word, so that equality
is also a proof of kinds.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.peers.hosted import SYMBOL, wait_until
from tests.peers.programs import Official, known, library, require, told

if TYPE_CHECKING:
    from terminal.simexchange.server import SimExchange
    from tests.peers.hosted import Hosted

require()

INDEX = ".KXBTUSDT"


class Read(NamedTuple):
    """A reading method of the SDK, its fields, and the call it stands for."""

    area: str
    method: str
    path: str
    fields: dict[str, Any]
    query: dict[str, Any]


def read(
    area: str, method: str, path: str, fields: dict[str, Any], query: dict[str, Any] | None = None
) -> Any:
    """A case; the query is the fields unless they are spelled otherwise."""
    return pytest.param(
        Read(area, method, path, fields, fields if query is None else query), id=method
    )


OF_SYMBOL = {"symbol": SYMBOL}
OF_MONEY = {"currency": "USDT"}
PAST = {"from": 0, "to": 4_000_000_000_000}
OBJECTS = [
    read("market", "get_symbol", f"/api/v1/contracts/{SYMBOL}", OF_SYMBOL, {}),
    read("market", "get_ticker", "/api/v1/ticker", OF_SYMBOL),
    read("market", "get_full_order_book", "/api/v1/level2/snapshot", OF_SYMBOL),
    read(
        "market",
        "get_part_order_book",
        "/api/v1/level2/depth20",
        {"symbol": SYMBOL, "size": "20"},
        OF_SYMBOL,
    ),
    read("market", "get_mark_price", f"/api/v1/mark-price/{SYMBOL}/current", OF_SYMBOL, {}),
    read("market", "get_service_status", "/api/v1/status", {}),
    read("market", "get24hr_stats", "/api/v1/trade-statistics", {}),
    read(
        "funding",
        "get_current_funding_rate",
        f"/api/v1/funding-rate/{SYMBOL}/current",
        OF_SYMBOL,
        {},
    ),
    read("order", "get_open_order_value", "/api/v1/openOrderStatistics", OF_SYMBOL),
    read("positions", "get_position_details", "/api/v1/position", OF_SYMBOL),
    read("positions", "get_margin_mode", "/api/v2/position/getMarginMode", OF_SYMBOL),
    read("positions", "get_cross_margin_leverage", "/api/v2/getCrossUserLeverage", OF_SYMBOL),
    read(
        "positions",
        "get_max_open_size",
        "/api/v2/getMaxOpenSize",
        {"symbol": SYMBOL, "price": "100000", "leverage": 5},
    ),
    read("account", "get_futures_account", "/api/v1/account-overview", OF_MONEY),
    read("account", "get_apikey_info", "/api/v1/user/api-key", {}),
    read("account", "get_account_info", "/api/v2/user-info", {}),
    read("fee", "get_futures_actual_fee", "/api/v1/trade-fees", OF_SYMBOL),
    read(
        "transfer",
        "get_transfer_quotas",
        "/api/v1/accounts/transferable",
        {"currency": "USDT", "type": "MAIN"},
    ),
]
LISTS = [
    read("market", "get_all_symbols", "/api/v1/contracts/active", {}),
    read("market", "get_all_tickers", "/api/v1/allTickers", {}),
    read("market", "get_trade_history", "/api/v1/trade/history", OF_SYMBOL),
    read("order", "get_recent_closed_orders", "/api/v1/recentDoneOrders", OF_SYMBOL),
    read("order", "get_recent_trade_history", "/api/v1/recentFills", OF_SYMBOL),
    read("positions", "get_position_list", "/api/v1/positions", OF_MONEY),
    read(
        "positions",
        "get_isolated_margin_risk_limit",
        f"/api/v1/contracts/risk-limit/{SYMBOL}",
        OF_SYMBOL,
        {},
    ),
    read(
        "positions",
        "get_cross_margin_risk_limit",
        "/api/v2/batchGetCrossOrderLimit",
        OF_SYMBOL,
    ),
    read(
        "funding",
        "get_public_funding_history",
        "/api/v1/contract/funding-rates",
        {"symbol": SYMBOL, "from_": 0, "to": PAST["to"]},
        {"symbol": SYMBOL, **PAST},
    ),
    read("account", "get_spot_account_list", "/api/v1/accounts", {}),
]
PAGES = [
    read("order", "get_order_list", "/api/v1/orders", {"status": "active"}),
    read("order", "get_stop_order_list", "/api/v1/stopOrders", OF_SYMBOL),
    read("order", "get_trade_history", "/api/v1/fills", OF_SYMBOL),
    read("positions", "get_positions_history", "/api/v1/history-positions", {}),
]
ROLLS = [
    read("market", "get_spot_index_price", "/api/v1/index/query", {"symbol": INDEX}),
    read("market", "get_interest_rate_index", "/api/v1/interest/query", {"symbol": ".XBTINT8H"}),
    read("market", "get_premium_index", "/api/v1/premium/query", {"symbol": ".XBTUSDTMPI"}),
    read("account", "get_futures_ledger", "/api/v1/transaction-history", OF_MONEY),
]


@pytest.fixture
def busy(exchange: Hosted, official: Official) -> Official:
    """The SDK of an account with a position, fills, resting, done and waiting orders."""
    low = exchange.far_bid()
    place(official, "b1", type="market", size=3)
    place(official, "b2", price=str(low), size=2)
    place(official, "b3", price=str(low), size=1)
    official.ask("order", "cancel_order_by_client_oid", client_oid="b3", symbol=SYMBOL)
    stop = {"stop": "down", "stop_price": str(low), "stop_price_type": "TP"}
    place(official, "b4", side="sell", price=str(low), size=1, **stop)
    place(official, "b5", side="sell", type="market", size=3)
    place(official, "b6", type="market", size=4)
    wait_until(lambda: exchange.ask("/api/v1/trade/history", symbol=SYMBOL), "a trade")
    return official


def place(official: Official, client_oid: str, **terms: Any) -> Any:
    """An order: a limit order to buy, isolated, threefold, unless the terms say otherwise."""
    usual = {"side": "buy", "symbol": SYMBOL, "type": "limit", "leverage": 3}
    return official.ask(
        "order",
        "add_order",
        **{**usual, "margin_mode": "ISOLATED", **terms, "client_oid": client_oid},
    )


def both(exchange: Hosted, official: Official, case: Read) -> tuple[Any, Any]:
    """What the exchange knows and what the SDK was told, at one moment."""
    with exchange.still():
        model = official.ask(case.area, case.method, **case.fields)
        return exchange.ask(case.path, **case.query), model


@pytest.mark.parametrize("case", OBJECTS)
def test_an_object(exchange: Hosted, busy: Official, case: Read) -> None:
    raw, model = both(exchange, busy, case)
    assert told(model) == known(model, raw)
    assert told(model)


@pytest.mark.parametrize("case", LISTS)
def test_a_list(exchange: Hosted, busy: Official, case: Read) -> None:
    raw, model = both(exchange, busy, case)
    assert raw
    assert [told(row) for row in model.data] == [
        known(row, one) for row, one in zip(model.data, raw, strict=True)
    ]
    assert all(len(told(row)) >= 3 for row in model.data)


@pytest.mark.parametrize("case", PAGES)
def test_a_page(exchange: Hosted, busy: Official, case: Read) -> None:
    raw, model = both(exchange, busy, case)
    assert raw["items"]
    assert (model.current_page, model.page_size) == (raw["currentPage"], raw["pageSize"])
    assert (model.total_num, model.total_page) == (raw["totalNum"], raw["totalPage"])
    assert [told(row) for row in model.items] == [
        known(row, one) for row, one in zip(model.items, raw["items"], strict=True)
    ]


@pytest.mark.parametrize("case", ROLLS)
def test_a_list_that_goes_on(exchange: Hosted, busy: Official, case: Read) -> None:
    raw, model = both(exchange, busy, case)
    assert raw["dataList"]
    assert model.has_more is raw["hasMore"]
    assert [told(row) for row in model.data_list] == [
        known(row, one) for row, one in zip(model.data_list, raw["dataList"], strict=True)
    ]


def test_candles(exchange: Hosted, official: Official) -> None:
    with exchange.still():
        rows = official.ask("market", "get_klines", symbol=SYMBOL, granularity=5).data
        raw = exchange.ask("/api/v1/kline/query", symbol=SYMBOL, granularity=5)
    assert len(raw) > 100
    assert rows == raw


def test_time(exchange: Hosted, official: Official) -> None:
    before_ms = exchange.do(lambda one: one.clock.now_ms())
    told_ms = official.ask("market", "get_server_time").data
    assert before_ms <= told_ms <= exchange.do(lambda one: one.clock.now_ms())


def test_tokens(exchange: Hosted, official: Official) -> None:
    for method, uid in (("get_public_token", None), ("get_private_token", exchange.key.uid)):
        reply = official.ask("market", method)
        server = reply.instance_servers[0]
        assert (server.protocol.value, server.ping_interval) == ("websocket", 18_000)
        found = exchange.do(partial(token_of, reply.token))
        assert found.uid == uid


def token_of(text: str, one: Any) -> Any:
    """What the exchange knows of a token."""
    return one.tokens.find(text)


def test_quota_comes_with_every_reply(exchange: Hosted, official: Official) -> None:
    """The SDK reads the three headers as whole numbers."""
    first = official.ask("account", "get_futures_account", currency="USDT")
    second = official.ask("account", "get_futures_account", currency="USDT")
    limits = [one.common_response.rate_limit for one in (first, second)]
    assert limits[0].limit == 2000
    assert limits[0].remaining - limits[1].remaining == 5
    assert 0 < limits[1].reset <= limits[0].reset <= 30_000


# Orders -----------------------------------------------------------------------------------------


def active(exchange: Hosted) -> list[str]:
    """The client's own ids of all active orders, as the account itself has them."""
    return exchange.of_account(
        lambda account: [one.client_oid for one in account.orders.values() if one.is_active]
    )


def test_an_order_from_its_birth_to_its_end(exchange: Hosted, official: Official) -> None:
    made = place(official, "s-1", price=str(exchange.far_bid()), size=2, post_only=True)
    assert active(exchange) == ["s-1"]
    raw = exchange.ask("/api/v1/orders/byClientOid", clientOid="s-1")
    assert made.order_id == raw["id"]
    for order in (
        official.ask("order", "get_order_by_order_id", order_id=made.order_id),
        official.ask("order", "get_order_by_client_oid", client_oid="s-1"),
    ):
        assert told(order) == known(order, raw)
        assert (order.is_active, order.post_only, order.size) == (True, True, 2)
    ended = official.ask("order", "cancel_order_by_id", order_id=made.order_id)
    assert ended.cancelled_order_ids == [made.order_id]
    assert active(exchange) == []


def test_an_order_on_trial_is_not_placed(exchange: Hosted, official: Official) -> None:
    terms = {"side": "buy", "symbol": SYMBOL, "type": "limit", "leverage": 3, "size": 1}
    price = str(exchange.far_bid())
    reply = official.ask("order", "add_order_test", client_oid="t-1", price=price, **terms)
    assert reply.client_oid == "t-1"
    assert active(exchange) == []


def test_canceling_all(exchange: Hosted, official: Official) -> None:
    low = exchange.far_bid()
    ids = [place(official, f"a{number}", price=str(low), size=1).order_id for number in range(3)]
    stop = {"stop": "down", "stop_price": str(low), "stop_price_type": "MP"}
    waiting = place(official, "a9", side="sell", type="market", size=1, **stop).order_id
    ended = official.ask("order", "cancel_all_orders_v3", symbol=SYMBOL)
    assert sorted(ended.cancelled_order_ids) == ids
    assert active(exchange) == ["a9"]
    ended = official.ask("order", "cancel_all_stop_orders", symbol=SYMBOL)
    assert ended.cancelled_order_ids == [waiting]
    assert active(exchange) == []


def test_canceling_all_the_old_way(exchange: Hosted, official: Official) -> None:
    made = place(official, "a1", price=str(exchange.far_bid()), size=1)
    ended = official.ask("order", "cancel_all_orders_v1", symbol=SYMBOL)
    assert ended.cancelled_order_ids == [made.order_id]
    assert active(exchange) == []


def test_many_at_once(exchange: Hosted, official: Official) -> None:
    low = exchange.far_bid()
    order = library("kucoin_universal_sdk.generate.futures.order")
    items = [
        order.BatchAddOrdersItem(
            client_oid=name,
            side="buy",
            symbol=SYMBOL,
            type="limit",
            leverage=3,
            margin_mode="ISOLATED",
            price=str(price),
            size=1,
        )
        for name, price in (("m1", low), ("m2", low), ("m3", low * 2), ("m4", low))
    ]
    made = official.ask("order", "batch_add_orders", items=items).data
    assert [row.code for row in made][:2] == ["200000", "200000"]
    assert made[2].code == "300011"
    assert active(exchange) == ["m1", "m2", "m4"]
    own = [order.BatchCancelOrdersClientOidsList(symbol=SYMBOL, client_oid="m4")]
    official.ask("order", "batch_cancel_orders", order_ids_list=[made[0].order_id])
    assert active(exchange) == ["m2", "m4"]
    official.ask("order", "batch_cancel_orders", client_oids_list=own)
    assert active(exchange) == ["m2"]


def test_exits_attached_to_an_order(exchange: Hosted, official: Official) -> None:
    bid, _ = exchange.touch()
    terms = {"side": "buy", "symbol": SYMBOL, "type": "market", "leverage": 3, "size": 1}
    exits = {
        "trigger_stop_up_price": str(round(bid * 1.03, 1)),
        "trigger_stop_down_price": str(round(bid * 0.97, 1)),
        "stop_price_type": "TP",
    }
    official.ask(
        "order", "add_tpsl_order", client_oid="e1", margin_mode="ISOLATED", **terms, **exits
    )
    assert {row["stop"] for row in exchange.ask("/api/v1/stopOrders")["items"]} == {"up", "down"}


# Margin -----------------------------------------------------------------------------------------


def test_setting_the_margin_mode(exchange: Hosted, official: Official) -> None:
    reply = official.ask("positions", "switch_margin_mode", symbol=SYMBOL, margin_mode="CROSS")
    assert told(reply) == {"symbol": SYMBOL, "marginMode": "CROSS"}
    assert exchange.of_account(lambda account: account.margin_modes[SYMBOL]) == "CROSS"


def test_setting_many_margin_modes(exchange: Hosted, official: Official) -> None:
    symbols = [SYMBOL, "ETHUSDTM"]
    reply = official.ask(
        "positions", "batch_switch_margin_mode", symbols=symbols, margin_mode="CROSS"
    )
    assert reply.margin_mode == dict.fromkeys(symbols, "CROSS")
    modes = exchange.of_account(lambda account: [account.margin_modes[one] for one in symbols])
    assert modes == ["CROSS", "CROSS"]


def test_setting_the_leverage(exchange: Hosted, official: Official) -> None:
    reply = official.ask("positions", "modify_margin_leverage", symbol=SYMBOL, leverage="6")
    assert reply.data is True
    assert exchange.of_account(lambda account: account.cross_leverage[SYMBOL]) == 6


def test_more_and_less_margin(exchange: Hosted, official: Official) -> None:
    place(official, "m-1", type="market", size=5)
    with exchange.still():
        before = exchange.ask("/api/v1/position", symbol=SYMBOL)["posMargin"]
        reply = official.ask(
            "positions", "add_isolated_margin", symbol=SYMBOL, margin=10, biz_no="biz-1"
        )
        more = exchange.ask("/api/v1/position", symbol=SYMBOL)["posMargin"]
        assert reply.pos_margin == more
        assert more - before == pytest.approx(10)
        official.ask("positions", "remove_isolated_margin", symbol=SYMBOL, withdraw_amount="4")
        assert more - exchange.ask("/api/v1/position", symbol=SYMBOL)["posMargin"] == pytest.approx(
            4
        )


def test_what_can_be_withdrawn_and_margin_that_comes_by_itself(
    exchange: Hosted, official: Official
) -> None:
    place(official, "m-2", type="market", size=5)
    with exchange.still():
        official.ask("positions", "add_isolated_margin", symbol=SYMBOL, margin=10, biz_no="biz-2")
        reply = official.ask("positions", "get_max_withdraw_margin", symbol=SYMBOL)
        assert reply.data == exchange.ask("/api/v1/margin/maxWithdrawMargin", symbol=SYMBOL)
        assert float(reply.data) > 10
    for is_on in (True, False):
        reply = official.ask("positions", "modify_auto_deposit_status", symbol=SYMBOL, status=is_on)
        assert reply.data is True
        assert exchange.ask("/api/v1/position", symbol=SYMBOL)["autoDeposit"] is is_on


def test_another_risk_limit_level(exchange: Hosted, official: Official) -> None:
    reply = official.ask("positions", "modify_isolated_margin_risk_limt", symbol=SYMBOL, level=3)
    assert reply.data is True
    assert exchange.of_account(lambda account: account.positions[SYMBOL].level.level) == 3


def test_own_funding(exchange: Hosted, official: Official) -> None:
    """A settlement that is not waited for."""
    place(official, "m-3", type="market", size=5)

    def settled(one: SimExchange) -> None:
        begin = one.engine.settlements.on_begin
        assert begin is not None
        begin(one.engine.markets[SYMBOL], one.clock.now_ms(), 0.0003)

    exchange.do(settled)
    reply = official.ask("funding", "get_private_funding_history", symbol=SYMBOL)
    (raw,) = exchange.ask("/api/v1/funding-history", symbol=SYMBOL)["dataList"]
    (row,) = reply.data_list
    assert told(row) == known(row, raw)


def test_a_position_that_was_delivered(exchange: Hosted, official: Official) -> None:
    """The library reads the end of a dated contract: its fill, its history, its status."""

    def dated(one: SimExchange) -> str:
        return next(name for name, m in one.engine.markets.items() if m.spec.is_dated)

    symbol = exchange.do(dated)
    place(official, "m-4", symbol=symbol, type="market", size=5)
    exchange.do(lambda one: one.engine.deliveries.bring(one.engine.markets[symbol], 0))
    wait_until(lambda: exchange.do(lambda one: one.engine.markets[symbol].phase), "the delivery")
    fills = official.ask("order", "get_trade_history", symbol=symbol).items
    assert [told(row)["tradeType"] for row in fills] == ["settlement", "trade"]
    (closed,) = official.ask("positions", "get_positions_history", symbol=symbol).items
    (raw,) = exchange.ask("/api/v1/history-positions", symbol=symbol)["items"]
    assert told(closed) == known(closed, raw)
    assert not official.ask("positions", "get_position_list").data


def test_a_transfer_arrives(exchange: Hosted, official: Official) -> None:
    before = exchange.ask("/api/v1/account-overview", currency="USDT")["availableBalance"]
    reply = official.ask(
        "transfer",
        "flex_transfer",
        client_oid="f-1",
        currency="USDT",
        amount="25",
        type="INTERNAL",
        from_account_type="MAIN",
        to_account_type="CONTRACT",
    )
    assert reply.order_id
    after = exchange.ask("/api/v1/account-overview", currency="USDT")["availableBalance"]
    assert after - before == pytest.approx(25)


# Refusals ---------------------------------------------------------------------------------------


def refusal(action: Any) -> Any:
    """The SDK's own exception."""
    common = library("kucoin_universal_sdk.model.common")
    with pytest.raises(common.RestError) as caught:
        action()
    return caught.value


def test_a_business_refusal_has_its_code(exchange: Hosted, official: Official) -> None:
    low = str(exchange.far_bid())
    cases = [
        ("300003", {"price": low, "size": 900_000}),
        ("300011", {"price": str(float(low) * 2), "size": 1}),
        ("330005", {"price": low, "size": 1, "margin_mode": "CROSS"}),
        ("100003", {"price": low, "size": 1, "symbol": "NOPEUSDTM"}),
    ]
    for code, terms in cases:
        error = refusal(lambda terms=terms: place(official, "r-1", **terms))
        assert error.get_common_response().code == code, terms
    error = refusal(lambda: official.ask("order", "get_order_by_order_id", order_id="399"))
    assert error.get_common_response().code == "100001"
    assert active(exchange) == []


@pytest.mark.parametrize(
    ("name", "code"), [("secret", "40000[45]"), ("key", "400003"), ("passphrase", "400004")]
)
def test_wrong_secrets(exchange: Hosted, name: str, code: str) -> None:
    """The SDK keeps only the text of a status that is not 200."""
    wrong: Any = {name: "wrong"}
    exchange.key = replace(exchange.key, **wrong)
    stranger = Official(exchange)
    error = refusal(lambda: stranger.ask("account", "get_futures_account", currency="USDT"))
    stranger.close()
    assert re.search(f"status code: 401.*{code}", str(error))


def test_a_clock_that_is_wrong(exchange: Hosted, official: Official) -> None:
    exchange.do(lambda one: setattr(one.clock, "shift_ms", 6_000))
    error = refusal(lambda: official.ask("account", "get_futures_account", currency="USDT"))
    assert "400002" in str(error)


def test_too_many_requests(exchange: Hosted, official: Official) -> None:
    official.ask("account", "get_futures_account", currency="USDT")

    def spend(one: Any) -> None:
        for pool in one.quota.pools.values():
            pool.spent = pool.limit

    exchange.do(spend)
    error = refusal(lambda: official.ask("account", "get_futures_account", currency="USDT"))
    assert "status code: 429" in str(error)
    assert "429000" in str(error)
