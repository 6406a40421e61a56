"""Every call of the reference that our client makes: how it asks, and what the example means.

One row for each call and fixture. The values that matter are written in plain words
(``support.clients.said``): ticks and lots as whole numbers, money with its currency, times in the
unit of their field, enumerations by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.domain.candles import CandleInterval
from terminal.domain.clock import TimestampMs
from terminal.domain.events import MarginMode, PositionMode
from terminal.domain.transfer import AccountKind
from terminal.domain.units import ClientOid, ExactPrice, Money, OrderId, Symbol
from terminal.exchange.token import fetch_address
from terminal.wire.account import ApiKeyPayload
from tests.support.builders import NOW_MS, XBT, a_ticket, a_transfer
from tests.support.payloads import load

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.support.clients import Clients

    Ask = Callable[[Clients], Awaitable[Any]]

FROM, TO = TimestampMs(NOW_MS - 3_600_000), NOW_MS
ETH = Symbol("ETHUSDTM")
A, B = ClientOid("t-2"), ClientOid("t-3")
OURS = ClientOid("t-0001")
ONE, TWO = OrderId("400000000000000001"), OrderId("400000000000000002")
DOLLAR = Money(Decimal("0.01"), "USDT")


@final
@dataclass(frozen=True, slots=True)
class Call:
    """One call with one example of its answer.

    ``in_list`` says that the example is one row of the list that is answered. A call that is
    ``commanding`` ends in outcomes and raises nothing.
    """

    name: str
    fixture: str
    ask: Ask
    means: dict[str, Any] = field(default_factory=dict)
    in_list: bool = False
    is_command: bool = False

    @property
    def payload(self) -> Any:
        """What stands behind ``data``, or a whole envelope."""
        payload = load(self.fixture)
        return [payload] if self.in_list else payload

    @property
    def envelope(self) -> Any:
        """The whole answer."""
        payload = self.payload
        is_whole = isinstance(payload, dict) and "code" in payload
        return payload if is_whole else {"code": "200000", "data": payload}

    def is_line(self, line: str) -> bool:
        """Whether a request is this call."""
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.name), line) is not None


async def first(walk: Any) -> Any:
    """The first batch of a walk: examples say that there is more and have it not."""
    async for batch in walk:
        return batch
    return ()


def walked(ask: Callable[[Clients], Any]) -> Ask:
    return lambda c: first(ask(c))


CONTRACT = {
    "symbol": "XBTUSDTM", "multiplier": "0.001", "is_inverse": False, "max_order_lots": 1_000_000,
    "max_price": 10_000_000, "buy_limit": 1_050_129, "sell_limit": 950_117, "status": "OPEN",
    "maker_fee_rate": "0.0002", "taker_fee_rate": "0.0006", "max_leverage": 125,
    "scale.tick_size": "0.1", "index_tick_size": "0.01", "settle_currency": "USDT",
}  # fmt: skip
SUMMARY = {
    "0.mark": "100012.34", "0.open_interest": 6_012_345, "0.turnover": "710000000",
    "0.volume": "7100.123", "0.predicted_funding_rate": None, "0.funding_rate": "0.000071",
    "0.next_funding_at": 1_760_025_600_000, "0.funding_interval_ms": 28_800_000,
    "0.change_rate": "0.0061", "0.expires_at": None,
}  # fmt: skip
TICKER = {
    "trade.price": 1_000_115, "trade.lots": 5, "trade.taker_side": "BUY",
    "trade.event_at": 1_760_000_000_123_000_000, "quote.bid": [1_000_114, 321],
    "quote.ask": [1_000_115, 77], "quote.sequence": 1_720_000_000_001,
}  # fmt: skip
BOOK = {
    "sequence": 1_720_000_000_100, "bids": [[1_000_114, 321], [1_000_110, 12]],
    "asks": [[1_000_115, 77], [1_000_120, 640]], "event_at": 1_760_000_000_456_000_000,
}  # fmt: skip
CANDLE = {
    "0.start_at": 1_760_000_040_000, "0.open": 1_000_010, "0.high": 1_000_120, "0.low": 999_905,
    "0.close": 1_000_115, "0.lots": 602,
}  # fmt: skip
POSITION = {
    "symbol": "XBTUSDTM", "lots": 2, "average_entry": "100000", "mark": "100050",
    "liquidation": "21000.5", "realized": "-0.12 USDT", "unrealized": "0.1 USDT",
    "margin": "40.02 USDT", "margin_mode": "CROSS", "leverage": "5", "event_at": 1_760_000_100_000,
    "details.side": "BOTH", "details.value": "200.1 USDT", "details.adl_rank": "0.4",
    "details.opened_at": 1_760_000_000_000, "untold": frozenset(),
}  # fmt: skip
FILL = {
    "price": 1_000_115, "lots": 1, "side": "BUY", "liquidity": "TAKER", "fee": "0.0600069 USDT",
    "fee_rate": "0.0006", "event_at": 1_760_000_000_123_000_000, "value": "100.0115 USDT",
    "order_id": "400000000000000001", "kind": "TRADE",
}  # fmt: skip
ORDER = {
    "order_id": "400000000000000001", "client_oid": "t-0001", "side": "BUY", "price": 990_005,
    "lots": 2, "filled": 0, "canceled": 0, "remaining": 2, "is_done": False, "order_type": "LIMIT",
    "event_at": 1_760_000_000_000_000_000, "is_post_only": True, "untriggered": False,
    "trigger": None, "details.leverage": "5", "details.margin_mode": "ISOLATED",
    "details.average_price": None, "details.value": "198.001 USDT", "details.ended_at": None,
}  # fmt: skip
DONE = {
    "filled": 1, "canceled": 1, "remaining": 0, "is_done": True,
    "event_at": 1_760_000_005_000_000_000, "details.average_price": "99000.5",
    "details.ended_at": 1_760_000_005_000,
}  # fmt: skip
STOP = {
    "order_id": "400000000000000021", "order_type": "MARKET", "price": None, "untriggered": True,
    "trigger": 980_000, "is_reduce_only": True, "details.stop_direction": "DOWN",
    "details.stop_reference": "MARK",
}  # fmt: skip
FUNDING = {
    "rate": "0.000071", "began_at": 1_759_996_800_000, "next_at": 1_760_025_600_000,
    "interval_ms": 28_800_000, "is_charged": True, "predicted": None, "cap": "0.003",
}  # fmt: skip
LEDGER = {
    "0.at": 1_760_000_000_000, "0.kind": "REALIZED", "0.amount": "-0.05 USDT",
    "0.equity": "1000.1 USDT",
}  # fmt: skip
CLOSED = {
    "0.kind": "CLOSE_LONG", "0.side": "LONG", "0.profit": "0.4 USDT", "0.fee": "0.08 USDT",
    "0.funding": "-0.02 USDT", "0.entry": "100000", "0.exit": "100500", "0.return_rate": None,
    "0.opened_at": 1_760_000_000_000, "0.closed_at": 1_760_000_900_000, "0.leverage": "5",
}  # fmt: skip
WALLET = {
    "currency": "USDT", "equity": "1012.5 USDT", "available": "892.5 USDT",
    "order_margin": "20 USDT", "position_margin": "100 USDT", "unrealized": "12.5 USDT",
    "withdrawable": "880 USDT", "risk_rate": "0.0123", "margin_balance": "1000 USDT",
}  # fmt: skip
PLACED = {"order_ids": ["400000000000000001"]}
TRANSFERRED = {"order_ids": ["670500000000000000000001"]}
HOLDS = {"user_id": "63740000000000000000bbbb", "name": "desk1"}


def rows(means: dict[str, Any]) -> dict[str, Any]:
    """The same of the first row of a list."""
    return {f"0.{path}": value for path, value in means.items()}


CALLS: tuple[Call, ...] = (
    # 1.2, 3.15: the key check reads these through the same client.
    Call("GET /api/v1/user/api-key", "api_key",
         lambda c: c.http.get("/api/v1/user/api-key", ApiKeyPayload, signed=True),
         {"apiVersion": 3, "permission": "General,Futures,InnerTransfer"}),
    Call("GET /api/ua/v1/account/mode", "account_mode", lambda c: c.funds.account_mode(),
         {"": "CLASSIC"}),
    # 2
    Call("GET /api/v1/contracts/active", "contract", lambda c: c.market.contracts(),
         rows(CONTRACT), in_list=True),
    Call("GET /api/v1/contracts/active", "contract", lambda c: c.market.market_summaries(),
         SUMMARY, in_list=True),
    Call("GET /api/v1/contracts/active", "contract_inverse", lambda c: c.market.market_summaries(),
         {"0.funding_rate": None, "0.next_funding_at": None, "0.expires_at": 1_766_736_000_000,
          "0.open_interest": 12_345}, in_list=True),
    Call("GET /api/v1/contracts/{symbol}", "contract", lambda c: c.market.contract(XBT), CONTRACT),
    Call("GET /api/v1/contracts/{symbol}", "contract_inverse",
         lambda c: c.market.contract(Symbol("XBTMZ25")),
         {"is_inverse": True, "multiplier": "1", "settle_currency": "XBT"}),
    Call("GET /api/v1/ticker", "ticker", lambda c: c.market.ticker(XBT), TICKER),
    Call("GET /api/v1/ticker", "ticker_untraded", lambda c: c.market.ticker(XBT),
         {"quote.bid": None, "quote.ask": None, "trade.price": 1_000_115}),
    Call("GET /api/v1/allTickers", "all_tickers", lambda c: c.market.tickers(),
         {"0.trade.price": 1_000_115, "0.trade.lots": 21, "0.trade.taker_side": "SELL"}),
    Call("GET /api/v1/level2/snapshot", "snapshot", lambda c: c.market.book_snapshot(XBT), BOOK),
    Call("GET /api/v1/level2/snapshot", "snapshot_text", lambda c: c.market.book_snapshot(XBT),
         BOOK),
    Call("GET /api/v1/level2/depth20", "depth20", lambda c: c.market.book_depth(XBT, 20),
         {"rows": 20, "bids.0": [1_000_114, 321], "event_at": 1_760_000_000_456}),
    Call("GET /api/v1/level2/depth100", "depth20", lambda c: c.market.book_depth(XBT, 100),
         {"rows": 100, "asks.0": [1_000_115, 77], "event_at": 1_760_000_000_456}),
    Call("GET /api/v1/trade/history", "trade_history", lambda c: c.market.recent_trades(XBT),
         {"0.price": 1_000_115, "0.lots": 5, "0.taker_side": "BUY",
          "0.event_at": 1_760_000_000_123_000_000, "0.trade_id": "1800000000001"}),
    Call("GET /api/v1/kline/query", "klines",
         lambda c: c.market.candles(XBT, CandleInterval.M1), CANDLE),
    Call("GET /api/v1/kline/query", "klines_six_columns",
         lambda c: c.market.candles(XBT, CandleInterval.M1), CANDLE),
    Call("GET /api/v1/mark-price/{symbol}/current", "mark_price",
         lambda c: c.market.mark_price(XBT),
         {"mark_price": "100010.15", "index_price": "100009.61", "event_at": 1_760_000_000_000}),
    Call("GET /api/v1/index/query", "index_query",
         walked(lambda c: c.market.index_history(".KXBTUSDT", FROM, TO)),
         {"0.value": "100010.11", "0.at": 1_760_000_000_000, "0.interval_ms": 1000,
          "0.parts.0": ["okex", "100010.4", "0.31"]}),
    Call("GET /api/v1/interest/query", "interest_query",
         walked(lambda c: c.market.interest_history(".XBTINT8H", FROM, TO)),
         {"0.value": "0.0003", "0.at": 1_759_996_800_000, "0.interval_ms": 28_800_000}),
    Call("GET /api/v1/premium/query", "premium_query",
         walked(lambda c: c.market.premium_history(".XBTUSDTMPI", FROM, TO)),
         {"0.value": "0.00006", "0.at": 1_760_000_040_000, "0.series": ".XBTUSDTMPI"}),
    Call("GET /api/v1/funding-rate/{symbol}/current", "funding_rate",
         lambda c: c.market.funding_rate(XBT), FUNDING),
    Call("GET /api/v1/funding-rate/{symbol}/current", "funding_rate_predicted",
         lambda c: c.market.funding_rate(XBT),
         {"rate": "0.000071", "predicted": "0.0001", "next_at": None, "is_charged": None}),
    Call("GET /api/v1/contract/funding-rates", "funding_rates",
         walked(lambda c: c.market.funding_rates(XBT, FROM, TO)),
         {"0.rate": "0.000071", "0.at": 1_759_996_800_000, "0.symbol": "XBTUSDTM"}),
    Call("GET /api/v1/timestamp", "timestamp", lambda c: c.market.server_time(),
         {"": 1_760_000_000_774}),
    Call("GET /api/v1/status", "status", lambda c: c.market.service_status(),
         {"state": "OPEN", "message": ""}),
    Call("GET /api/v1/trade-statistics", "trade_statistics",
         lambda c: c.market.platform_turnover(), {"": "1100000000"}),
    # 3.1, 3.2
    Call("GET /api/v1/account-overview", "overview", lambda c: c.account.wallet("USDT"), WALLET),
    Call("GET /api/v1/account-overview-all", "overview_all",
         lambda c: c.account.account_totals("USDT"),
         {"total.equity": "100 USDT", "accounts.0.0": "main", "accounts.0.1.equity": "100 USDT"}),
    Call("GET /api/v1/transaction-history", "ledger",
         walked(lambda c: c.history.ledger("USDT")),
         LEDGER | {"0.state": "COMPLETED", "0.offset": 51_360_001, "0.fee": "0 USDT"}),
    Call("GET /api/v1/transaction-history", "ledger_pending",
         walked(lambda c: c.history.ledger("USDT")),
         LEDGER | {"0.state": "PENDING", "0.offset": -1, "0.fee": None}),
    # 3.3
    Call("POST /api/v1/orders", "order_placed", lambda c: c.trading.place(a_ticket(), OURS),
         PLACED,
         is_command=True),
    Call("POST /api/v1/orders/test", "order_placed", lambda c: c.trading.test(a_ticket(), OURS),
         PLACED, is_command=True),
    Call("POST /api/v1/orders/multi", "multi_order_reply",
         lambda c: c.trading.place_batch([(a_ticket(), A), (a_ticket(), B)]),
         {"0.order_ids": ["400000000000000002"], "1.code": "300003"}, is_command=True),
    Call("POST /api/v1/orders/multi", "multi_order_nested",
         lambda c: c.trading.place_batch([(a_ticket(), A), (a_ticket(), B)]),
         {"0.order_ids": ["400000000000000002"], "1.code": "300003"}, is_command=True),
    # 3.4
    Call("DELETE /api/v1/orders/{orderId}", "cancel_by_id", lambda c: c.trading.cancel(ONE),
         PLACED, is_command=True),
    Call("DELETE /api/v1/orders/client-order/{clientOid}", "cancel_by_client_oid",
         lambda c: c.trading.cancel_by_client_oid(XBT, OURS), is_command=True),
    Call("DELETE /api/v3/orders", "cancel_by_id", lambda c: c.trading.cancel_all(XBT), PLACED,
         is_command=True),
    Call("DELETE /api/v1/stopOrders", "cancel_by_id", lambda c: c.trading.cancel_all_stops(XBT),
         PLACED, is_command=True),
    Call("DELETE /api/v1/orders/multi-cancel", "multi_cancel_reply",
         lambda c: c.trading.cancel_batch([ONE]),
         {"0.order_ids": ["400000000000000001"]}, is_command=True),
    Call("DELETE /api/v1/orders/multi-cancel", "multi_cancel_refused",
         lambda c: c.trading.cancel_batch([ONE, TWO]),
         {"0.order_ids": ["400000000000000001"], "1.code": "100004"}, is_command=True),
    # 3.5
    Call("GET /api/v1/orders", "orders_page", lambda c: c.trading.open_orders(), {"": []}),
    Call("GET /api/v1/orders", "orders_done_page",
         walked(lambda c: c.history.done_orders(FROM, TO)), rows(DONE)),
    Call("GET /api/v1/stopOrders", "orders_page", lambda c: c.trading.open_stops(), {"": []}),
    Call("GET /api/v1/orders/{orderId}", "order", lambda c: c.trading.order(ONE), ORDER),
    Call("GET /api/v1/orders/{orderId}", "order_done", lambda c: c.trading.order(ONE), DONE),
    Call("GET /api/v1/orders/{orderId}", "order_market", lambda c: c.trading.order(ONE),
         {"price": None, "order_type": "MARKET", "filled": 1, "canceled": 0, "is_done": True,
          "details.average_price": "100011.5", "event_at": 1_760_000_005_000_000_000}),
    Call("GET /api/v1/orders/{orderId}", "order_not_found", lambda c: c.trading.order(ONE),
         {"": None}),
    Call("GET /api/v1/orders/byClientOid", "stop_order",
         lambda c: c.trading.order_by_client_oid(ClientOid("t-sl-1")), STOP),
    Call("GET /api/v1/orders/byClientOid", "order_web",
         lambda c: c.trading.order_by_client_oid(ClientOid("")),
         {"client_oid": None, "trigger": 980_005, "event_at": 1_760_000_000_130_000_000,
          "details.leverage": "10", "price": 990_005,
          "details.stop_direction": "UP", "details.stop_reference": "LAST"}),
    Call("GET /api/v1/orders/byClientOid", "order_not_found",
         lambda c: c.trading.order_by_client_oid(A), {"": None}),
    Call("GET /api/v1/recentDoneOrders", "order_done",
         lambda c: c.trading.recent_done_orders(), rows(DONE), in_list=True),
    Call("GET /api/v1/openOrderStatistics", "open_order_statistics",
         lambda c: c.history.open_order_totals(XBT),
         {"buy_lots": 2, "sell_lots": 0, "buy_cost": "198.001 USDT", "sell_cost": "0 USDT"}),
    Call("GET /api/v1/openOrderStatistics", "open_order_statistics_old",
         lambda c: c.history.open_order_totals(XBT), {"buy_lots": 2, "sell_lots": 0}),
    # 3.7
    Call("GET /api/v1/fills", "fills_page", walked(lambda c: c.history.fills(FROM, TO)),
         rows(FILL)),
    Call("GET /api/v1/fills", "fills_page", walked(lambda c: c.history.fills_of_order(ONE)),
         rows(FILL)),
    Call("GET /api/v1/recentFills", "fill", lambda c: c.trading.recent_fills(), rows(FILL),
         in_list=True),
    Call("GET /api/v1/recentFills", "fill_taxed", lambda c: c.trading.recent_fills(), rows(FILL),
         in_list=True),
    Call("GET /api/v1/recentFills", "fill_liquidation", lambda c: c.trading.recent_fills(),
         {"0.kind": "LIQUIDATION", "0.is_stop": True, "0.order_type": "MARKET"}, in_list=True),
    # 3.8
    Call("GET /api/v2/position", "position_v2", lambda c: c.account.position(XBT), POSITION),
    Call("GET /api/v2/position", "position_v2_full", lambda c: c.account.position(XBT),
         {"lots": 2, "margin_mode": "CROSS"}),
    Call("GET /api/v2/position", "position_flat", lambda c: c.account.position(XBT), {"": None}),
    Call("GET /api/v2/position", "no_position", lambda c: c.account.position(XBT), {"": None}),
    Call("GET /api/v2/position", "no_data", lambda c: c.account.position(XBT), {"": None}),
    Call("GET /api/v1/positions", "position", lambda c: c.account.positions(), rows(POSITION),
         in_list=True),
    Call("GET /api/v1/positions", "position_isolated", lambda c: c.account.positions(),
         {"0.margin_mode": "ISOLATED", "0.details.effective_leverage": "4.98",
          "0.details.risk_level": 2, "0.details.adds_margin": False}, in_list=True),
    Call("GET /api/v1/positions", "no_data", lambda c: c.account.positions(), {"": []}),
    Call("GET /api/v1/history-positions", "closed_positions",
         walked(lambda c: c.history.closed_positions()), CLOSED),
    # 3.9
    Call("GET /api/v2/position/getMarginMode", "margin_mode", lambda c: c.account.margin_mode(XBT),
         {"": "ISOLATED"}),
    Call("POST /api/v2/position/changeMarginMode", "margin_mode",
         lambda c: c.settings.set_margin_mode(XBT, MarginMode.ISOLATED), PLACED | {"order_ids": []},
         is_command=True),
    Call("POST /api/v2/position/batchChangeMarginMode", "margin_modes",
         lambda c: c.settings.set_margin_modes((ETH,), MarginMode.ISOLATED),
         {"modes.0": ["ETHUSDTM", "ISOLATED"], "failures.0.1": "exist.order.or.position"},
         is_command=True),
    Call("GET /api/v2/getCrossUserLeverage", "cross_leverage",
         lambda c: c.account.cross_leverage(XBT), {"": "8"}),
    Call("POST /api/v2/changeCrossUserLeverage", "change_cross_leverage",
         lambda c: c.settings.set_cross_leverage(XBT, Decimal(8)), {"order_ids": []},
         is_command=True),
    Call("GET /api/v2/position/getPositionMode", "position_mode",
         lambda c: c.account.position_mode(), {"": "ONE_WAY"}),
    Call("POST /api/v2/position/switchPositionMode", "position_mode",
         lambda c: c.settings.set_position_mode(PositionMode.ONE_WAY), {"order_ids": []},
         is_command=True),
    # 3.10
    Call("POST /api/v1/position/margin/deposit-margin", "position_isolated",
         lambda c: c.settings.add_margin(XBT, Decimal(1), A), {"order_ids": []}, is_command=True),
    Call("GET /api/v1/margin/maxWithdrawMargin", "max_withdraw_margin",
         lambda c: c.account.max_withdrawable_margin(XBT), {"": "21.11 USDT"}),
    Call("POST /api/v1/margin/withdrawMargin", "max_withdraw_margin",
         lambda c: c.settings.withdraw_margin(XBT, Decimal("21.11")), {"order_ids": []},
         is_command=True),
    Call("POST /api/v1/position/margin/auto-deposit-status", "change_cross_leverage",
         lambda c: c.settings.set_auto_deposit(XBT, is_on=True), {"order_ids": []},
         is_command=True),
    # 3.11, 3.12
    Call("GET /api/v2/getMaxOpenSize", "max_open_size",
         lambda c: c.account.max_open_size(XBT, ExactPrice(Decimal(1)), Decimal(5)),
         {"buy_lots": 480, "sell_lots": 470}),
    Call("GET /api/v2/getMaxOpenSize", "max_open_size_old",
         lambda c: c.account.max_open_size(XBT, ExactPrice(Decimal(1)), Decimal(5)),
         {"buy_lots": 480, "sell_lots": 470}),
    Call("GET /api/v2/batchGetCrossOrderLimit", "cross_order_limits",
         lambda c: c.account.cross_order_limits((XBT,)),
         {"0.max_lots": 12_102, "0.max_value": "1234549.224 USDT", "0.leverage": "125"}),
    Call("GET /api/v2/getCrossModeMarginRequirement", "cross_requirement",
         lambda c: c.account.cross_requirement(XBT, Decimal(2000)),
         {"initial_rate": "0.008", "maintenance_rate": "0.004", "lots": 20}),
    Call("GET /api/v2/getCrossModeMarginRequirement", "cross_requirement",
         lambda c: c.account.cross_requirement(XBT, Decimal(2000)),
         {"initial_rate": "0.008"}, in_list=True),
    Call("GET /api/v1/contracts/risk-limit/{symbol}", "risk_limit",
         lambda c: c.market.risk_tiers(XBT),
         {"0.level": 1, "0.max_value": "100000", "0.max_leverage": "125",
          "0.initial_rate": "0.008", "0.maintenance_rate": "0.004"}),
    Call("POST /api/v1/position/risk-limit-level/change", "change_cross_leverage",
         lambda c: c.settings.set_risk_level(XBT, 2), {"order_ids": []}, is_command=True),
    # 3.13, 3.14
    Call("GET /api/v1/funding-history", "funding_history",
         walked(lambda c: c.history.funding_payments(XBT)),
         {"0.payment_id": "1472000000000001", "0.funding": "-0.0142071 USDT", "0.lots": 2,
          "0.rate": "0.000071", "0.mark": "100050", "0.at": 1_759_996_800_000}),
    Call("GET /api/v1/trade-fees", "trade_fees", lambda c: c.account.fee_rates(XBT),
         {"maker": "0.0002", "taker": "0.0006"}),
    Call("POST /api/ua/v1/dcp/set", "switch_set", lambda c: c.funds.set_dead_man_switch(60),
         {"order_ids": []}, is_command=True),
    Call("GET /api/ua/v1/dcp/query", "switch", lambda c: c.funds.dead_man_switch(),
         {"timeout_s": 60, "symbols": ["XBTUSDTM", "ETHUSDTM"]}),
    # 4
    Call("POST /api/v3/accounts/universal-transfer", "universal_transfer_reply",
         lambda c: c.transfers.transfer(a_transfer(), A), TRANSFERRED, is_command=True),
    Call("GET /api/v1/accounts/transferable", "transferable",
         lambda c: c.transfers.funds(AccountKind.MAIN, "USDT"),
         {"balance": "10.5 USDT", "transferable": "10.5 USDT"}),
    Call("POST /api/v3/transfer-out", "transfer_out",
         lambda c: c.old_transfers.transfer_out(DOLLAR, AccountKind.MAIN),
         {"order_ids": ["670b00000000000000000002"]}, is_command=True),
    Call("POST /api/v1/transfer-in", "transfer_in_reply",
         lambda c: c.old_transfers.transfer_in(DOLLAR, AccountKind.MAIN), {"order_ids": []},
         is_command=True),
    Call("POST /api/v1/transfer-in", "transfer_in_old_reply",
         lambda c: c.old_transfers.transfer_in(DOLLAR, AccountKind.MAIN), {"order_ids": []},
         is_command=True),
    Call("GET /api/v1/transfer-list", "transfer_list",
         walked(lambda c: c.old_transfers.past_transfers()),
         {"0.state": "SUCCESS", "0.amount": "0.01 USDT", "0.created_at": 1_760_000_000_000}),
    Call("GET /api/v1/accounts", "accounts", lambda c: c.funds.accounts(),
         {"0.kind": "MAIN", "0.balance": "10.5 USDT", "0.account_id": "548600000001"}),
    Call("GET /api/v1/accounts/{accountId}", "account_detail",
         lambda c: c.funds.account("548600000001"), {"balance": "10.5 USDT", "kind": "?"}),
    Call("GET /api/v2/user-info", "user_info", lambda c: c.funds.user_level(), {"vip_level": 0}),
    Call("GET /api/v2/sub/user", "sub_users", walked(lambda c: c.funds.sub_accounts()),
         {"0.is_enabled": True}),
    Call("GET /api/v1/sub-accounts/{subUserId}", "sub_account_balance",
         lambda c: c.funds.funds_of_sub_account("63740000000000000000bbbb"),
         HOLDS | {"funds.0.kind": "MAIN", "funds.0.balance": "1 USDT"}),
    Call("GET /api/v2/sub-accounts", "sub_accounts",
         walked(lambda c: c.funds.funds_of_sub_accounts()), rows(HOLDS)),
    # 5.1
    Call("POST /api/v1/bullet-public", "bullet",
         lambda c: fetch_address(c.http, is_private=False),
         {"ping_interval_s": 18.0, "ping_timeout_s": 10.0}),
    Call("POST /api/v1/bullet-private", "bullet",
         lambda c: fetch_address(c.http, is_private=True), {"ping_interval_s": 18.0}),
)  # fmt: skip

NOT_CALLED: dict[str, tuple[str, str]] = {
    "POST /api/v1/st-orders": ("order_placed", "what is attached when is not established (3.3)"),
    "DELETE /api/v1/orders": ("cancel_by_id", "deprecated, weight 800 (3.4)"),
    "GET /api/v1/position": ("position", "v2 is read instead; the reader takes both (3.8)"),
    "POST /api/v2/getCrossModeMarginRequirement": (
        "cross_requirement", "tried after the other verb was refused (3.11)"),
    "POST /api/v2/accounts/sub-transfer": ("universal_transfer_reply", "deprecated (4)"),
    "POST /api/v2/accounts/inner-transfer": ("universal_transfer_reply", "deprecated (4)"),
}  # fmt: skip
"""Calls of the reference that our client does not make as such: their example, and why."""
