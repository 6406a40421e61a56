"""ccxt trades: orders, fills, positions, margin; the exchange's own account is the measure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.peers.hosted import SYMBOL, wait_until
from tests.peers.programs import entered, require

if TYPE_CHECKING:
    from tests.peers.hosted import Hosted

require()

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"


def active(exchange: Hosted) -> list[str]:
    """Ids of all active orders, as the account itself has them."""
    return exchange.of_account(
        lambda account: [one.id for one in account.orders.values() if one.is_active]
    )


def lots(exchange: Hosted, symbol: str = SYMBOL) -> int:
    """The account's position."""
    return exchange.of_account(lambda account: account.positions[symbol].lots)


# Money ------------------------------------------------------------------------------------------


def test_balance_is_the_overview(either: Any, exchange: Hosted) -> None:
    either.create_order(BTC, "market", "buy", 3)
    either.create_order(BTC, "limit", "buy", 2, exchange.far_bid())
    with exchange.still():
        balance = either.fetch_balance()
        raw = exchange.ask("/api/v1/account-overview", currency="USDT")
    assert balance["info"]["data"] == raw
    assert balance["USDT"]["free"] == raw["availableBalance"]
    assert balance["USDT"]["total"] == raw["accountEquity"]
    assert raw["orderMargin"] > 0
    assert raw["positionMargin"] > 0


@pytest.mark.parametrize("either", ["kucoin"], indirect=True)
def test_a_transfer_arrives(either: Any, exchange: Hosted) -> None:
    """The class for both markets uses universal-transfer, the other one calls that were removed."""
    before = exchange.ask("/api/v1/account-overview", currency="USDT")["availableBalance"]
    either.transfer("USDT", 25, "funding", "contract")
    after = exchange.ask("/api/v1/account-overview", currency="USDT")["availableBalance"]
    assert after - before == pytest.approx(25)


# One order --------------------------------------------------------------------------------------


def test_a_resting_order_from_its_birth_to_its_end(either: Any, exchange: Hosted) -> None:
    price = exchange.far_bid()
    made = either.create_order(BTC, "limit", "buy", 2, price, {"clientOrderId": "peer-1"})
    assert active(exchange) == [made["id"]]
    raw = exchange.ask(f"/api/v1/orders/{made['id']}")
    for order in (
        either.fetch_order(made["id"], BTC),
        either.fetch_order(None, BTC, {"clientOrderId": "peer-1"}),
        *either.fetch_open_orders(BTC),
    ):
        assert order["info"] == raw
        assert (order["id"], order["clientOrderId"]) == (made["id"], "peer-1")
        assert (order["side"], order["type"], order["status"]) == ("buy", "limit", "open")
        assert (order["price"], order["amount"], order["remaining"]) == (price, 2, 2)
        assert order["timestamp"] == raw["createdAt"]
    either.cancel_order(made["id"], BTC)
    assert active(exchange) == []
    assert either.fetch_order(made["id"], BTC)["status"] == "canceled"
    assert either.fetch_open_orders(BTC) == []
    assert [one["id"] for one in either.fetch_closed_orders(BTC)] == [made["id"]]


def test_canceling_by_the_client_s_own_id(client: Any, exchange: Hosted) -> None:
    client.create_order(BTC, "limit", "buy", 1, exchange.far_bid(), {"clientOrderId": "peer-2"})
    client.cancel_order(None, BTC, {"clientOrderId": "peer-2"})
    assert active(exchange) == []
    assert exchange.ask("/api/v1/orders/byClientOid", clientOid="peer-2")["cancelExist"] is True


def test_every_flag_of_an_order_arrives(client: Any, exchange: Hosted) -> None:
    flags = {"postOnly": True, "reduceOnly": False, "leverage": 7, "marginMode": "isolated"}
    made = client.create_order(BTC, "limit", "buy", 1, exchange.far_bid(), flags)
    raw = exchange.ask(f"/api/v1/orders/{made['id']}")
    assert (raw["postOnly"], raw["leverage"], raw["marginMode"]) == (True, "7", "ISOLATED")
    assert client.fetch_order(made["id"], BTC)["postOnly"] is True


def test_an_immediate_order_leaves_nothing_behind(client: Any, exchange: Hosted) -> None:
    made = client.create_order(BTC, "limit", "buy", 1, exchange.far_bid(), {"timeInForce": "IOC"})
    assert active(exchange) == []
    order = client.fetch_order(made["id"], BTC)
    assert (order["status"], order["filled"], order["timeInForce"]) == ("canceled", 0, "IOC")


def test_a_market_order_is_filled(either: Any, exchange: Hosted) -> None:
    made = either.create_order(BTC, "market", "buy", 3)
    order = either.fetch_order(made["id"], BTC)
    raw = exchange.ask(f"/api/v1/orders/{made['id']}")
    assert (order["status"], order["filled"], order["remaining"]) == ("closed", 3, 0)
    assert order["average"] == pytest.approx(float(raw["avgDealPrice"]))
    assert order["cost"] == pytest.approx(float(raw["filledValue"]))
    assert lots(exchange) == 3


def test_my_trades_are_the_fills(either: Any, exchange: Hosted) -> None:
    made = either.create_order(BTC, "market", "sell", 4)
    trades = either.fetch_my_trades(BTC)
    raw = {row["tradeId"]: row for row in exchange.ask("/api/v1/fills", symbol=SYMBOL)["items"]}
    assert len(trades) == len(raw) > 0
    assert sum(one["amount"] for one in trades) == 4
    for trade in trades:
        row = raw[trade["id"]]
        assert (trade["order"], trade["side"], trade["takerOrMaker"]) == (
            made["id"],
            "sell",
            "taker",
        )
        assert (trade["price"], trade["amount"]) == (float(row["price"]), row["size"])
        assert trade["cost"] == pytest.approx(float(row["value"]))
        assert trade["fee"]["cost"] == pytest.approx(float(row["fee"]))
        assert trade["fee"]["currency"] == "USDT"


# Many orders ------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", [BTC, None])
def test_canceling_all(client: Any, exchange: Hosted, symbol: str | None) -> None:
    """The library knows only the older of the two calls; it leaves stops alone."""
    price = exchange.far_bid()
    for number in range(3):
        client.create_order(BTC, "limit", "buy", 1, price - number)
    stop = client.create_order(BTC, "limit", "sell", 1, price, {"triggerPrice": price})
    assert len(active(exchange)) == 4
    client.cancel_all_orders(symbol)
    assert active(exchange) == [stop["id"]]


def test_placing_and_canceling_many_at_once(client: Any, exchange: Hosted) -> None:
    price = exchange.far_bid()
    wanted = [
        {"symbol": BTC, "type": "limit", "side": "buy", "amount": number, "price": price - number}
        for number in range(1, 6)
    ]
    made = client.create_orders(wanted)
    assert [one["id"] for one in made] == active(exchange)
    assert len(made) == 5
    sizes = exchange.of_account(
        lambda account: [one.size for one in account.orders.values() if one.is_active]
    )
    assert sizes == [1, 2, 3, 4, 5]
    client.cancel_orders([one["id"] for one in made[:2]], BTC)
    assert active(exchange) == [one["id"] for one in made[2:]]


def test_canceling_many_by_the_client_s_own_ids(client: Any, exchange: Hosted) -> None:
    price = exchange.far_bid()
    for name in ("peer-a", "peer-b", "peer-c"):
        client.create_order(BTC, "limit", "buy", 1, price, {"clientOrderId": name})
    client.cancel_orders([], BTC, {"clientOrderIds": ["peer-a", "peer-c"]})
    left = [exchange.ask(f"/api/v1/orders/{one}")["clientOid"] for one in active(exchange)]
    assert left == ["peer-b"]


def test_one_bad_order_of_many_fails_alone(client: Any, exchange: Hosted) -> None:
    price = exchange.far_bid()
    order = {"symbol": BTC, "type": "limit", "side": "buy", "amount": 1}
    made = client.create_orders([{**order, "price": price}, {**order, "price": price * 2}])
    assert active(exchange) == [made[0]["id"]]
    assert made[1]["id"] is None


def test_more_orders_than_a_page(client: Any, exchange: Hosted) -> None:
    price = exchange.far_bid()
    for number in range(12):
        client.create_order(BTC, "limit", "buy", 1, round(price - number, 1))
    first = client.fetch_open_orders(BTC, None, None, {"pageSize": 10})
    second = client.fetch_open_orders(BTC, None, None, {"pageSize": 10, "currentPage": 2})
    assert sorted(one["id"] for one in first + second) == sorted(active(exchange))
    assert (len(first), len(second)) == (10, 2)


# Stops ------------------------------------------------------------------------------------------


def test_a_stop_waits_among_the_stops_and_can_be_canceled(either: Any, exchange: Hosted) -> None:
    bid, _ = exchange.touch()
    trigger = round(bid * 1.03, 1)
    made = either.create_order(BTC, "limit", "buy", 1, trigger, {"triggerPrice": trigger})
    raw = exchange.ask("/api/v1/stopOrders")["items"]
    assert [one["id"] for one in raw] == [made["id"]]
    (stop,) = either.fetch_open_orders(BTC, None, None, {"trigger": True})
    assert (stop["id"], stop["triggerPrice"], stop["status"]) == (made["id"], trigger, "open")
    assert (stop["info"]["stop"], stop["info"]["stopPriceType"]) == ("up", "MP")
    assert either.fetch_open_orders(BTC) == []
    either.cancel_all_orders(BTC, {"trigger": True})
    assert exchange.ask("/api/v1/stopOrders")["items"] == []


def test_a_stop_fires_and_is_filled(client: Any, exchange: Hosted) -> None:
    """The market is bought up to the trigger by the same program, until the stop has seen it."""
    trigger = exchange.ask("/api/v1/level2/depth20", symbol=SYMBOL)["asks"][3][0]
    terms = {"triggerPrice": trigger, "triggerPriceType": "last"}
    stop = client.create_order(BTC, "market", "buy", 2, None, terms)
    bought: list[int] = []

    def is_fired() -> bool:
        if exchange.ask("/api/v1/stopOrders")["items"]:
            bought.append(push(client, exchange, trigger))
        return not exchange.ask("/api/v1/stopOrders")["items"]

    wait_until(is_fired, "the stop's firing")
    order = client.fetch_order(stop["id"], BTC)
    assert (order["status"], order["filled"]) == ("closed", 2)
    assert order["info"]["stopTriggered"] is True
    assert lots(exchange) == sum(bought) + 2


def push(client: Any, exchange: Hosted, price: float) -> int:
    """Buy all that is offered below a price, and one lot more; returns the lots."""
    with exchange.still():
        asks = exchange.ask("/api/v1/level2/depth100", symbol=SYMBOL)["asks"]
        size = int(sum(offered for level, offered in asks if level < price)) + 1
        client.create_order(BTC, "market", "buy", size, None, {"leverage": 50})
    return size


def test_exits_attached_to_an_order(client: Any, exchange: Hosted) -> None:
    bid, _ = exchange.touch()
    low, high = round(bid * 0.96, 1), round(bid * 1.04, 1)
    client.create_order(
        BTC,
        "market",
        "buy",
        1,
        None,
        {"stopLoss": {"triggerPrice": low}, "takeProfit": {"triggerPrice": high}},
    )
    assert lots(exchange) == 1
    stops = client.fetch_open_orders(BTC, None, None, {"trigger": True})
    assert sorted(one["triggerPrice"] for one in stops) == [low, high]
    assert {one["side"] for one in stops} == {"sell"}


# Positions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "name"), [("buy", "long"), ("sell", "short")])
def test_a_position_as_it_is(either: Any, exchange: Hosted, side: str, name: str) -> None:
    either.create_order(BTC, "market", side, 5, None, {"leverage": 10})
    with exchange.still():
        (listed,) = either.fetch_positions()
        single = either.fetch_position(BTC)
        raw = exchange.ask("/api/v1/position", symbol=SYMBOL)
    for position in (listed, single):
        assert (position["symbol"], position["side"], position["contracts"]) == (BTC, name, 5)
        assert position["entryPrice"] == raw["avgEntryPrice"]
        assert position["markPrice"] == raw["markPrice"]
        assert position["unrealizedPnl"] == pytest.approx(raw["unrealisedPnl"])
        assert position["liquidationPrice"] == raw["liquidationPrice"]
        assert position["initialMargin"] == pytest.approx(raw["posInit"])
        assert position["leverage"] == pytest.approx(raw["realLeverage"])
        assert position["marginMode"] == "isolated"


def test_closing_a_position(client: Any, exchange: Hosted) -> None:
    client.create_order(BTC, "market", "buy", 5)
    assert lots(exchange) == 5
    client.close_position(BTC)
    assert lots(exchange) == 0
    assert client.fetch_positions() == []


def test_the_rank_among_those_who_are_deleveraged(client: Any, exchange: Hosted) -> None:
    client.create_order(BTC, "market", "buy", 5, None, {"leverage": 10})
    with exchange.still():
        (listed,) = client.fetch_positions_adl_rank([BTC])
        single = client.fetch_position_adl_rank(BTC)
        raw = exchange.ask("/api/v1/position", symbol=SYMBOL)["delevPercentage"]
    assert 0 < raw < 1
    for found in (listed, single):
        assert found["symbol"] == BTC
        assert float(found["info"]["delevPercentage"]) == raw


def test_past_positions(client: Any, exchange: Hosted) -> None:
    client.create_order(BTC, "market", "buy", 5)
    client.close_position(BTC)
    (closed,) = client.fetch_positions_history([BTC])
    (raw,) = exchange.ask("/api/v1/history-positions", symbol=SYMBOL)["items"]
    assert (closed["id"], closed["side"]) == (raw["closeId"], "long")
    assert closed["realizedPnl"] == pytest.approx(float(raw["pnl"]))


# Margin mode, leverage, fees --------------------------------------------------------------------


def test_reading_margin_mode_leverage_and_position_mode(client: Any, exchange: Hosted) -> None:
    exchange.of_account(lambda account: account.cross_leverage.__setitem__(SYMBOL, Decimal(7)))
    mode = exchange.of_account(lambda account: account.margin_modes[SYMBOL])
    assert client.fetch_margin_mode(BTC)["marginMode"] == mode.lower()
    assert client.fetch_leverage(BTC, {"marginMode": "cross"})["longLeverage"] == 7
    assert client.fetch_position_mode(BTC)["hedged"] is False


def test_setting_the_margin_mode(client: Any, exchange: Hosted) -> None:
    for mode in ("cross", "isolated"):
        assert client.set_margin_mode(mode, BTC)["marginMode"] == mode
        known = exchange.of_account(lambda account: account.margin_modes[SYMBOL])
        assert known == mode.upper()
        assert client.fetch_margin_mode(BTC)["marginMode"] == mode


def test_setting_the_leverage(client: Any, exchange: Hosted) -> None:
    client.set_leverage(6, BTC, {"marginMode": "cross"})
    assert exchange.of_account(lambda account: account.cross_leverage[SYMBOL]) == 6
    assert client.fetch_leverage(BTC, {"marginMode": "cross"})["longLeverage"] == 6


def test_setting_the_position_mode(client: Any, exchange: Hosted) -> None:
    client.set_position_mode(True)
    assert exchange.ask("/api/v2/position/getPositionMode") == {"positionMode": 1}
    assert client.fetch_position_mode(BTC)["hedged"] is True


def test_long_and_short_in_hedge_mode(ccxt: Any, client: Any) -> None:
    client.set_position_mode(True)
    hedged = {"hedged": True, "leverage": 5}
    client.create_order(BTC, "market", "buy", 5, None, hedged)
    client.create_order(BTC, "market", "sell", 3, None, hedged)
    found = {one["side"]: one["contracts"] for one in client.fetch_positions([BTC])}
    assert found == {"long": 5, "short": 3}
    with pytest.raises(ccxt.ExchangeError, match="330011"):
        client.create_order(BTC, "market", "buy", 1, None, {"leverage": 5})
    client.create_order(BTC, "market", "sell", 5, None, {**hedged, "reduceOnly": True})
    (left,) = client.fetch_positions([BTC])
    assert (left["side"], left["contracts"]) == ("short", 3)
    with pytest.raises(ccxt.ExchangeError, match="50002"):
        client.set_position_mode(False)
    client.close_position(BTC, None, {"positionSide": "SHORT"})
    assert client.fetch_positions([BTC]) == []
    client.set_position_mode(False)
    assert client.fetch_position_mode(BTC)["hedged"] is False


def test_more_and_less_margin(client: Any, exchange: Hosted) -> None:
    client.create_order(BTC, "market", "buy", 5, None, {"leverage": 10})
    with exchange.still():
        before = exchange.ask("/api/v1/position", symbol=SYMBOL)["posMargin"]
        client.add_margin(BTC, 10)
        more = exchange.ask("/api/v1/position", symbol=SYMBOL)["posMargin"]
        assert more - before == pytest.approx(10)
        client.reduce_margin(BTC, 4)
        less = exchange.ask("/api/v1/position", symbol=SYMBOL)["posMargin"]
        assert more - less == pytest.approx(4)


def test_fees(client: Any, exchange: Hosted) -> None:
    fee = client.fetch_trading_fee(BTC)
    raw = exchange.ask("/api/v1/trade-fees", symbol=SYMBOL)
    assert (fee["maker"], fee["taker"]) == (float(raw["makerFeeRate"]), float(raw["takerFeeRate"]))
    contract = exchange.ask(f"/api/v1/contracts/{SYMBOL}")
    assert fee["taker"] == contract["takerFeeRate"]


def test_ledger(client: Any, exchange: Hosted) -> None:
    client.create_order(BTC, "market", "buy", 5)
    client.close_position(BTC)
    entries = client.fetch_ledger("USDT", None, None, {"hf": False, "type": "swap"})
    raw = exchange.ask("/api/v1/transaction-history", currency="USDT")["dataList"]
    assert raw
    assert sorted(one["timestamp"] for one in entries) == sorted(row["time"] for row in raw)
    amounts = sorted(one["amount"] for one in entries)
    assert amounts == pytest.approx(sorted(abs(row["amount"]) for row in raw))


def test_own_funding(ccxt: Any, settling: Hosted, listed: Any) -> None:
    """Over a settlement, with the library's own cure for another clock."""
    program = entered(ccxt, "kucoinfutures", settling, listed)
    program.load_time_difference()
    program.create_order(BTC, "market", "buy", 5)
    try:
        wait_until(lambda: rows_of(settling), "the settlement")
        payments = program.fetch_funding_history(BTC)
    finally:
        program.session.close()
    told = [(one["timestamp"], one["amount"]) for one in payments]
    assert told == [(row["timePoint"], row["funding"]) for row in rows_of(settling)]


def rows_of(exchange: Hosted) -> list[Any]:
    """The account's funding payments, oldest first."""
    rows: list[Any] = exchange.ask("/api/v1/funding-history", symbol=SYMBOL)["dataList"]
    return sorted(rows, key=lambda row: row["timePoint"])


# Refusals ---------------------------------------------------------------------------------------


def test_too_little_money(ccxt: Any, either: Any, exchange: Hosted) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        either.create_order(BTC, "limit", "buy", 900_000, exchange.far_bid())
    assert active(exchange) == []


def test_a_price_out_of_bounds(ccxt: Any, client: Any, exchange: Hosted) -> None:
    bid, ask = exchange.touch()
    with pytest.raises(ccxt.InvalidOrder, match="300011"):
        client.create_order(BTC, "limit", "buy", 1, round(ask * 1.5, 1))
    with pytest.raises(ccxt.InvalidOrder, match="300012"):
        client.create_order(BTC, "limit", "sell", 1, round(bid * 0.5, 1))
    assert active(exchange) == []


def test_nothing_to_close(ccxt: Any, client: Any, exchange: Hosted) -> None:
    with pytest.raises(ccxt.InvalidOrder, match="300009"):
        client.close_position(BTC)


def test_the_wrong_margin_mode(ccxt: Any, client: Any, exchange: Hosted) -> None:
    with pytest.raises(ccxt.InvalidOrder, match="330005"):
        client.create_order(BTC, "limit", "buy", 1, exchange.far_bid(), {"marginMode": "cross"})
    assert active(exchange) == []


def test_a_symbol_that_nobody_lists(ccxt: Any, client: Any, exchange: Hosted) -> None:
    with pytest.raises(ccxt.BadSymbol):
        client.fetch_ticker("NOPE/USDT:USDT")
    with pytest.raises(ccxt.ExchangeError):
        client.futuresPublicGetTicker({"symbol": "NOPEUSDTM"})
    assert exchange.asked("GET /api/v1/ticker") == 1


def test_an_order_that_does_not_exist(ccxt: Any, client: Any, exchange: Hosted) -> None:
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order("399999999999999999", BTC)
    with pytest.raises(ccxt.BadRequest, match="100004"):
        client.cancel_order("399999999999999999", BTC)


def test_an_own_id_twice(ccxt: Any, client: Any, exchange: Hosted) -> None:
    price = exchange.far_bid()
    client.create_order(BTC, "limit", "buy", 1, price, {"clientOrderId": "twice"})
    with pytest.raises(ccxt.ExchangeError, match="300018"):
        client.create_order(BTC, "limit", "buy", 1, price, {"clientOrderId": "twice"})
    assert len(active(exchange)) == 1


@pytest.mark.parametrize(
    ("name", "code"), [("secret", "40000[45]"), ("apiKey", "400003"), ("password", "400004")]
)
def test_wrong_secrets(ccxt: Any, client: Any, exchange: Hosted, name: str, code: str) -> None:
    client.fetch_balance()
    setattr(client, name, "wrong")
    with pytest.raises(ccxt.AuthenticationError, match=code):
        client.fetch_balance()


@pytest.mark.parametrize("shift_ms", [-6_000, 6_000])
def test_a_clock_that_is_wrong(ccxt: Any, client: Any, exchange: Hosted, shift_ms: int) -> None:
    client.fetch_balance()
    exchange.do(lambda one: setattr(one.clock, "shift_ms", shift_ms))
    with pytest.raises(ccxt.InvalidNonce):
        client.fetch_balance()


def test_the_library_s_own_cure_for_a_wrong_clock(client: Any, exchange: Hosted) -> None:
    exchange.do(lambda one: setattr(one.clock, "shift_ms", 20_000))
    client.options["adjustForTimeDifference"] = True
    client.load_time_difference()
    assert client.fetch_balance()["USDT"]["total"] > 0


def test_too_many_requests(ccxt: Any, client: Any, exchange: Hosted) -> None:
    client.fetch_balance()

    def spend(one: Any) -> None:
        for pool in one.quota.pools.values():
            pool.spent = pool.limit

    exchange.do(spend)
    with pytest.raises(ccxt.RateLimitExceeded):
        client.fetch_balance()
    assert client.last_response_headers["Gw-Ratelimit-Remaining"] == "0"


def test_an_exchange_in_trouble(ccxt: Any, client: Any, exchange: Hosted) -> None:
    exchange.do(lambda one: setattr(one.faults, "server_errors", 1))
    with pytest.raises(ccxt.ExchangeNotAvailable):
        client.fetch_time()
    assert client.fetch_time() > 0


def test_a_lost_answer_is_a_network_error(ccxt: Any, client: Any, exchange: Hosted) -> None:
    """And the order is there: it is found by the client's own id."""
    exchange.do(lambda one: setattr(one.faults, "answers_lost", 1))
    price = exchange.far_bid()
    with pytest.raises(ccxt.NetworkError):
        client.create_order(BTC, "limit", "buy", 1, price, {"clientOrderId": "lost"})
    found = client.fetch_order(None, BTC, {"clientOrderId": "lost"})
    assert [found["id"]] == active(exchange)
