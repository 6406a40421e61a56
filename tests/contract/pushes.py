"""Every topic, control frame and operation of the reference: its examples, and what they mean.

One row for each example, in the words of ``calls``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final


@final
@dataclass(frozen=True, slots=True)
class Push:
    """One frame of a topic: the fact it becomes, by the name of its type."""

    topic: str
    fixture: str
    fact: str
    means: dict[str, Any] = field(default_factory=dict)


DEPTH = {
    "symbol": "XBTUSDTM", "sequence": 1_720_000_000_205, "event_at": 1_760_000_000_600,
    "bids": [[1_000_114, 321], [1_000_110, 12]], "asks": [[1_000_116, 5], [1_000_120, 640]],
}  # fmt: skip
TRADE = {
    "price": 1_000_115, "lots": 2, "taker_side": "BUY", "trade_id": "1704000000001",
    "sequence": 1_704_000_000_001, "event_at": 1_760_000_000_700_000_000,
}  # fmt: skip
MATCH = {
    "fill.price": 1_000_115, "fill.lots": 1, "fill.trade_id": "1800000000009",
    "fill.event_at": 1_760_000_000_974_000_000, "filled": 1, "side": "BUY",
}  # fmt: skip
MOMENT = {
    "symbol": "XBTUSDTM", "rate": "0.000071", "funding_at": 1_760_025_600_000,
}  # fmt: skip
MARKED = {
    "mark": "100060", "unrealized": "0.12 USDT", "margin": None, "liquidation": None,
    "event_at": 1_760_003_251_000,
}  # fmt: skip
MODES = {"modes": [["ETHUSDTM", "ISOLATED"]]}
LEVERAGES = {"leverages": [["ETHUSDTM", "8"]]}

PUSHES: tuple[Push, ...] = (
    # 5.6
    Push("/contractMarket/tickerV2", "ticker_v2_frame", "QuoteUpdate",
         {"bid": [1_000_114, 321], "ask": [1_000_115, 77], "sequence": 1_720_000_000_200,
          "event_at": 1_760_000_000_500_000_000}),
    Push("/contractMarket/ticker", "ticker_frame", "TickerUpdate",
         {"trade.price": 1_000_114, "trade.lots": 1, "trade.taker_side": "SELL",
          "quote.bid": [1_000_114, 320]}),
    Push("/contractMarket/level2", "level2_frame", "BookDelta",
         {"price": 1_000_115, "side": "SELL", "lots": 0, "sequence": 1_720_000_000_201,
          "event_at": 1_760_000_000_510, "exact": None}),
    Push("/contractMarket/level2", "level2_removed_frame", "BookDelta",
         {"price": 1_000_114, "side": "BUY", "lots": 0, "sequence": 1_720_000_000_202}),
    Push("/contractMarket/level2Depth5", "depth5_frame", "BookDepth", DEPTH | {"rows": 5}),
    Push("/contractMarket/level2Depth5", "depth5_old_frame", "BookDepth", DEPTH | {"rows": 5}),
    Push("/contractMarket/level2Depth50", "depth50_frame", "BookDepth", DEPTH | {"rows": 50}),
    Push("/contractMarket/execution", "execution_frame", "PublicTrade", TRADE),
    Push("/contractMarket/execution", "execution_old_frame", "PublicTrade", TRADE),
    Push("/contractMarket/limitCandle", "candle_frame", "CandleUpdate",
         {"interval": "M1", "candle.start_at": 1_760_000_040_000, "candle.open": 1_000_010,
          "candle.close": 1_000_115, "candle.high": 1_000_120, "candle.low": 999_905,
          "candle.lots": 602, "event_at": 1_760_000_088_357}),
    Push("/contract/instrument", "mark_frame", "MarkUpdate",
         {"mark_price": "100010.15", "index_price": "100009.61", "event_at": 1_760_000_001_000}),
    Push("/contract/instrument", "funding_rate_frame", "FundingRateUpdate",
         {"rate": "0.000077", "granularity_ms": 60_000, "is_predicted": True}),
    Push("/contract/instrument", "funding_fixed_frame", "FundingRateUpdate",
         {"rate": "0.000077", "granularity_ms": 28_800_000, "is_predicted": False}),
    Push("/contract/announcement", "funding_begin_frame", "FundingMoment",
         MOMENT | {"is_begin": True, "event_at": 1_760_025_600_000}),
    Push("/contract/announcement", "funding_begin_old_frame", "FundingMoment",
         MOMENT | {"is_begin": True}),
    Push("/contract/announcement", "funding_end_frame", "FundingMoment",
         MOMENT | {"is_begin": False, "event_at": 1_760_025_610_000}),
    Push("/contractMarket/snapshot", "snapshot_frame", "DaySummary",
         {"last": "100011.5", "high": "101500", "low": "98700.1", "change": "0.0061",
          "turnover": "710000000.12", "volume": "7100.123",
          "event_at": 1_760_000_005_012_494_819}),
    # 5.7
    Push("/contractMarket/tradeOrders", "order_match_frame", "OrderUpdate",
         MATCH | {"is_done": False, "client_oid": "t-0001", "fill.liquidity": "TAKER"}),
    Push("/contractMarket/tradeOrders", "order_maker_frame", "OrderUpdate",
         MATCH | {"is_done": False, "remaining": 2, "fill.liquidity": "MAKER"}),
    Push("/contractMarket/tradeOrders", "order_liquidated_frame", "OrderUpdate",
         MATCH | {"client_oid": None, "order_type": "MARKET", "price": None}),
    Push("/contractMarket/tradeOrders", "order_open_frame", "OrderUpdate",
         {"is_done": False, "lots": 2, "remaining": 2, "price": 990_005, "client_oid": None,
          "event_at": 1_760_000_000_150_000_000, "fill": None}),
    Push("/contractMarket/tradeOrders", "order_update_frame", "OrderUpdate",
         {"is_done": False, "lots": 2, "remaining": 2, "filled": 0}),
    Push("/contractMarket/tradeOrders", "order_cancel_frame", "OrderUpdate",
         {"is_done": True, "canceled": 1, "filled": 0, "remaining": 0, "fill": None}),
    Push("/contractMarket/tradeOrders", "order_partly_done_frame", "OrderUpdate",
         {"is_done": True, "canceled": 2, "filled": 1, "remaining": 0, "lots": 3}),
    Push("/contractMarket/tradeOrders", "order_filled_frame", "OrderUpdate",
         {"is_done": True, "canceled": 0, "filled": 1, "fill": None}),
    Push("/contractMarket/advancedOrders", "stop_frame", "OrderUpdate",
         {"untriggered": True, "lots": 1, "price": 980_000, "trigger": 981_000, "side": "SELL",
          "client_oid": None, "event_at": 1_760_000_000_843_133_000}),
    Push("/contractMarket/advancedOrders", "stop_triggered_frame", "OrderUpdate",
         {"untriggered": False, "is_done": False, "remaining": 1}),
    Push("/contractMarket/advancedOrders", "stop_canceled_frame", "OrderUpdate",
         {"is_done": True, "canceled": 1, "lots": 1}),
    Push("/contractMarket/advancedOrders", "stop_refused_frame", "OrderUpdate",
         {"is_done": True, "price": None, "order_type": "MARKET", "canceled": 1}),
    Push("/contractAccount/wallet", "wallet_frame", "WalletUpdate",
         {"currency": "USDT", "equity": "999.98 USDT", "available": "959.9 USDT",
          "position_margin": "40 USDT", "unrealized": "0.1 USDT", "withdrawable": "959.9 USDT",
          "event_at": 1_760_000_000_976}),
    Push("/contractAccount/wallet", "legacy_wallet_frame", "WalletPatch",
         {"available": "5923 USDT", "order_margin": None, "event_at": 1_760_000_000_614}),
    Push("/contractAccount/wallet", "wallet_order_margin_frame", "WalletPatch",
         {"order_margin": "5923 USDT", "available": None}),
    Push("/contractAccount/wallet", "wallet_withdraw_hold_frame", "WalletPatch",
         {"available": None, "order_margin": None}),
    Push("/contract/positionAll", "position_change_frame", "PositionUpdate",
         {"lots": 2, "average_entry": "100000", "margin": "40.02 USDT", "leverage": "5",
          "margin_mode": "CROSS", "event_at": 1_760_000_100_000}),
    Push("/contract/positionAll", "position_closed_frame", "PositionUpdate",
         {"lots": 0, "average_entry": None, "realized": "0.0028 USDT",
          "untold": frozenset({"margin"}), "event_at": 1_760_003_250_819}),
    Push("/contract/positionAll", "position_nameless_frame", "NoneType"),
    Push("/contract/position", "position_mark_frame", "PositionPatch", MARKED),
    Push("/contract/position", "position_settlement_frame", "PositionSettlement",
         {"lots": 2, "fee": "-0.0142 USDT", "rate": "0.000071", "mark": "100050",
          "funding_at": 1_760_025_600_000, "event_at": 1_760_025_601_000_004_923}),
    Push("/contract/position", "risk_limit_frame", "RiskLimitUpdate",
         {"is_done": True, "level": 2, "symbol": "XBTUSDTM"}),
    Push("/contract/position", "risk_limit_refused_frame", "RiskLimitUpdate",
         {"is_done": False, "level": 1, "message": "The position is too large."}),
    Push("/contract/marginMode", "margin_mode_frame", "MarginModesUpdate", MODES),
    Push("/contract/crossLeverage", "cross_leverage_frame", "CrossLeverageUpdate", LEVERAGES),
    Push("/contract/crossLeverage", "cross_leverage_number_frame", "CrossLeverageUpdate",
         LEVERAGES),
)  # fmt: skip

CONTROLS: dict[str, tuple[str, ...]] = {
    "token life": ("error_token_frame",),
    "welcome": ("welcome_frame",),
    "subscribe": ("ack_frame", "error_frame", "error_busy_frame", "error_login_frame"),
    "unsubscribe": ("ack_frame",),
    "openTunnel": ("ack_frame",),
    "closeTunnel": ("ack_frame",),
    "ping timeout": ("pong_frame", "pong_bare_frame", "notice_frame"),
}
"""Control frames; what they do is in ``test_pushes``."""

OPERATIONS: dict[str, tuple[str, ...]] = {
    "futures.order": ("socket_order", "socket_refusal", "socket_slowed", "socket_no_id"),
    "futures.cancel": ("socket_cancel", "socket_cancel_by_id", "socket_cancel_refused"),
    "futures.multi_order": ("socket_multi_order",),
    "futures.multi_cancel": ("socket_multi_cancel",),
    "ping": ("socket_pong", "socket_welcome"),
}

ENVELOPES = ("refused", "order_not_found", "no_position", "no_data", "shield_page")
"""What stands around every answer (1.4); read in ``test_pushes`` and by calls."""

BODIES = ("universal_transfer", "multi_cancel_by_client_oid", "position_isolated_extra")
"""Parts: bodies that are sent, and the fields that isolated positions have in addition."""
