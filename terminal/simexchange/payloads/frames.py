"""What the stream says, in the exchange's shapes, and the envelope around it. Source: reference 5.

Numbers are numbers and texts are texts exactly where the reference says so; units as in its part 9.
"""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.market.contracts import plain
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.payloads import markets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.simexchange.market.history import Candle
    from terminal.simexchange.market.market import Market, Trade
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import UserFill
    from terminal.simexchange.trading.margin import WalletState
    from terminal.simexchange.trading.orders import UserOrder

Payload = dict[str, Any]

TICKER_V2 = "/contractMarket/tickerV2"
TICKER = "/contractMarket/ticker"
LEVEL2 = "/contractMarket/level2"
DEPTH5 = "/contractMarket/level2Depth5"
DEPTH50 = "/contractMarket/level2Depth50"
EXECUTION = "/contractMarket/execution"
CANDLES = "/contractMarket/limitCandle"
INSTRUMENT = "/contract/instrument"
ANNOUNCEMENT = "/contract/announcement"
SNAPSHOT = "/contractMarket/snapshot"

ORDERS = "/contractMarket/tradeOrders"
STOPS = "/contractMarket/advancedOrders"
WALLET = "/contractAccount/wallet"
POSITION = "/contract/position"
POSITIONS = "/contract/positionAll"
MARGIN_MODE = "/contract/marginMode"
CROSS_LEVERAGE = "/contract/crossLeverage"

CANDLE_TYPES = {
    "1min": 1,
    "3min": 3,
    "5min": 5,
    "15min": 15,
    "30min": 30,
    "1hour": 60,
    "2hour": 120,
    "4hour": 240,
    "8hour": 480,
    "12hour": 720,
    "1day": 1440,
    "1week": 10080,
    "1month": 43200,
}
"""Candle types and their minutes."""

_NUMBERED = frozenset({"snapshot.24h", "stopOrder", "walletBalance.change"})
"""Subjects whose frames have an ``id`` in the examples of 5.6 and 5.7."""
_FIRST_ID = 0x68AD << 80
_ZERO = Decimal(0)
_compact = json.JSONEncoder(separators=(",", ":")).encode


def channel(uid: str, topic: str) -> str:
    """The name under which a publisher keeps who listens to a private topic of one account."""
    return f"{topic}@{uid}"


@final
class Envelopes:
    """Puts data into frames and frames into text, each once however many listen.

    The ids of frames are counted, so that the same events give the same frames.
    """

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._ids = itertools.count(_FIRST_ID + 1)
        self._heads: dict[tuple[str, str], str] = {}

    def public(self, topic: str, subject: str, data: object, sn: int | None) -> str:
        """5.2: a message to everybody; ``sn`` where the topic has one."""
        number = "" if sn is None else f',"sn":{sn}'
        return f'{self._head(topic, subject)}{number},"data":{_compact(data)}}}'

    def private(self, uid: str, topic: str, subject: str, data: object) -> str:
        """5.2: a message to one account."""
        if topic.startswith(f"{ORDERS}:") and self._switches.order_topic_echo == "plain":
            topic = ORDERS
        owner = f',"userId":{_compact(uid)},"channelType":"private"'
        return f'{self._head(topic, subject)}{owner},"data":{_compact(data)}}}'

    def _head(self, topic: str, subject: str) -> str:
        head = self._heads.get((topic, subject))
        if head is None:
            head = _compact({"topic": topic, "type": "message", "subject": subject})[:-1]
            self._heads[topic, subject] = head
        if subject in _NUMBERED:
            return f'{head},"id":"{next(self._ids):024x}"'
        return head


# Public ------------------------------------------------------------------------------------------


def ticker_v2(market: Market, now_ns: int) -> Payload:
    """5.6 tickerV2."""
    return {
        "symbol": market.spec.symbol,
        "sequence": market.book.sequence,
        **markets.touch(market),
        "ts": now_ns,
    }


def ticker(market: Market, trade: Trade) -> Payload:
    """5.6 ticker: its sequence counts trades."""
    return {
        "symbol": market.spec.symbol,
        "sequence": int(trade.id),
        "side": trade.side,
        "size": trade.lots,
        "price": market.spec.text(trade.price),
        **markets.touch(market),
        "tradeId": trade.id,
        "ts": trade.at_ns,
    }


def level2(market: Market, change: tuple[int, str, int, int], now_ms: int) -> Payload:
    """5.6 level2: the change is price, side and the new total of the level."""
    sequence, side, price, lots = change
    text = f"{market.spec.text(price)},{side},{lots}"
    return {"sequence": sequence, "change": text, "timestamp": now_ms}


def depth(market: Market, count: int, now_ms: int) -> Payload:
    """5.6 level2Depth5 and level2Depth50: prices are text."""
    text = market.spec.text
    return {
        "bids": [[text(price), lots] for price, lots in market.book.levels(BUY, count)],
        "sequence": market.book.sequence,
        "timestamp": now_ms,
        "ts": now_ms,
        "asks": [[text(price), lots] for price, lots in market.book.levels(SELL, count)],
    }


def execution(market: Market, one: Trade) -> Payload:
    """5.6 execution: like a row of 2.4 with its symbol."""
    return markets.trade(market, one)


def candle(market: Market, one: Candle, now_ms: int) -> Payload:
    """5.6 limitCandle: seconds, then open, close, high, low as text."""

    def text(ticks: int) -> str:
        # The examples write a whole price like any other broken number.
        price = market.spec.text(ticks)
        return price if "." in price else f"{price}.0"

    return {
        "symbol": market.spec.symbol,
        "candles": [
            str(one.start_ms // 1000),
            text(one.open),
            text(one.close),
            text(one.high),
            text(one.low),
            f"{one.lots}.0",
            str(one.lots),
        ],
        "time": now_ms,
    }


def mark_price(market: Market, now_ms: int) -> Payload:
    """5.6 instrument, mark.index.price."""
    return {
        "markPrice": float(market.mark_price),
        "indexPrice": float(market.index_price),
        "granularity": 1000,
        "timestamp": now_ms,
    }


def funding_rate(rate: float, granularity_ms: int, now_ms: int) -> Payload:
    """5.6 instrument, funding.rate: a minute's granularity tells the running rate."""
    return {
        "period": 1,
        "granularity": granularity_ms,
        "fundingRate": rate,
        "timestamp": now_ms,
    }


def funding_event(symbol: str, funding_ms: int, rate: float, now_ms: int) -> Payload:
    """5.6 announcement."""
    return {
        "symbol": symbol,
        "fundingTime": funding_ms,
        "fundingRate": rate,
        "timestamp": now_ms,
    }


def snapshot(market: Market, now_ns: int) -> Payload:
    """5.6 snapshot: volume in base units, turnover in quote units, the same as in 2.1."""
    spec, day = market.spec, market.day()
    turnover, volume = markets.day_values(market)
    change = market.last - day.opened
    return {
        "highPrice": spec.number(max(day.high, market.last)),
        "lastPrice": spec.number(market.last),
        "lowPrice": spec.number(min(day.low, market.last)),
        "price24HoursBefore": spec.number(day.opened),
        "priceChg": float(spec.price(change)),
        "priceChgPct": round(change / day.opened, 6),
        "symbol": spec.symbol,
        "ts": now_ns,
        "turnover": turnover,
        "volume": volume,
    }


# Private -----------------------------------------------------------------------------------------


def order_event(one: UserOrder, market: Market, kind: str, status: str, now_ns: int) -> Payload:
    """5.7 tradeOrders without the fields of a match: sizes are text.

    Orders of a liquidation have no type and no clientOid, nor have others that were sent without.
    """
    event: Payload = {
        "symbol": one.symbol,
        "orderType": one.type,
        "side": one.side,
        "canceledSize": str(one.canceled),
        "orderId": one.id,
        "positionSide": one.position_side,
        "marginMode": one.margin_mode,
        "type": kind,
        "orderTime": one.time_ns,
        "size": str(one.size),
        "filledSize": str(one.filled),
        "price": "0" if one.price is None else market.spec.text(one.price),
        "remainSize": str(one.remaining),
        "clientOid": one.client_oid,
        "tradeType": one.trade_type,
        "status": status,
        "ts": now_ns,
    }
    if one.trade_type == "liquid":
        del event["orderType"]
    if one.trade_type == "liquid" or not one.client_oid:
        del event["clientOid"]
    if kind == "open":
        event["liquidity"] = "maker"
    return event


def match_fields(market: Market, fill: UserFill) -> Payload:
    """5.7 tradeOrders, what a match adds."""
    return {
        "matchPrice": market.spec.text(fill.price),
        "matchSize": str(fill.lots),
        "tradeId": fill.trade_id,
        "liquidity": fill.liquidity,
        "feeType": "takerFee" if fill.pays_taker else "makerFee",
    }


def stop_event(one: UserOrder, market: Market, kind: str, now_ns: int, error: str = "") -> Payload:
    """5.7 advancedOrders."""
    event: Payload = {
        "createdAt": one.created_ms,
        "marginMode": one.margin_mode,
        "orderId": one.id,
        "orderPrice": None if one.price is None else market.spec.text(one.price),
        "orderType": "stop",
        "side": one.side,
        "size": one.size,
        "stop": one.stop,
        "stopPrice": "" if one.stop_price is None else plain(one.stop_price),
        "stopPriceType": one.stop_price_type,
        "symbol": one.symbol,
        "ts": now_ns,
        "type": kind,
    }
    if kind == "triggered":
        event["triggerSuccess"] = not error
        if error:
            event["error"] = error
    return event


def wallet(state: WalletState, now_ms: int) -> Payload:
    """5.7 walletBalance.change: all text."""
    amounts: Sequence[tuple[str, Decimal]] = (
        ("crossPosMargin", state.cross_position),
        ("isolatedOrderMargin", state.isolated_order),
        ("holdBalance", state.frozen),
        ("equity", state.equity),
        ("availableBalance", state.available),
        ("isolatedPosMargin", state.isolated_position),
        ("maxWithdrawAmount", state.withdrawable),
        ("walletBalance", state.cash),
        ("isolatedFundingFeeMargin", _ZERO),
        ("crossUnPnl", state.cross_unrealized),
        ("totalCrossMargin", state.cross_margin),
        ("isolatedUnPnl", state.isolated_unrealized),
        ("crossOrderMargin", state.cross_order),
    )
    payload: Payload = {name: plain(amount) for name, amount in amounts}
    payload.update(version=str(state.version), currency=state.currency, timestamp=str(now_ms))
    return payload


def legacy_wallet(state: WalletState) -> dict[str, Payload]:
    """5.7, the three subjects of accounts that never switched their margin mode, without time.

    What waits to leave the account is held; all amounts are numbers.
    """
    ordered = state.cross_order + state.isolated_order
    return {
        "orderMargin.change": {"orderMargin": float(ordered), "currency": state.currency},
        "availableBalance.change": {
            "availableBalance": float(state.available),
            "holdBalance": float(state.frozen),
            "currency": state.currency,
        },
        "withdrawHold.change": {"withdrawHold": float(state.frozen), "currency": state.currency},
    }


_ONLY_BY_REQUEST = frozenset({"id", "isInverse", "maintainMargin"})
"""What no known frame has, of the dictionary that requests are answered with."""
_NOT_WHEN_FLAT = frozenset(
    [
        "posMargin",
        "maintMargin",
        "realLeverage",
        "autoDeposit",
        "riskLimit",
        "riskLimitLevel",
        "posCross",
        "posCrossMargin",
        "posComm",
        "posCommCommon",
        "posLoss",
        "posFunding",
    ]
)
_SET_WHEN_FLAT = {"autoAppendMarginStatusChange": frozenset({"autoDeposit"})}
"""What is told of a contract without a position, because just that was changed."""
_WHEN_MARKED = (
    "markPrice",
    "markValue",
    "maintMargin",
    "realLeverage",
    "unrealisedPnl",
    "unrealisedRoePcnt",
    "unrealisedPnlPcnt",
    "delevPercentage",
    "currentTimestamp",
    "settleCurrency",
)


def position_change(payload: Payload, reason: str) -> Payload:
    """5.7, a position in full, made of its v1 dictionary; a closed one has fewer fields."""
    missing = _ONLY_BY_REQUEST
    if payload["currentQty"] == 0:
        missing |= _NOT_WHEN_FLAT - _SET_WHEN_FLAT.get(reason, frozenset())
    told = {name: value for name, value in payload.items() if name not in missing}
    return {**told, "changeReason": reason}


def mark_change(payload: Payload) -> Payload:
    """5.7, the partial frame that only re-marks a position: no quantity, symbol or reason."""
    return {name: payload[name] for name in _WHEN_MARKED if name in payload}


@final
class Settlement(NamedTuple):
    """What one position paid or got at a settlement of funding.

    ``lots`` is signed, ``fee`` is below zero when the position paid, in the settle currency.
    """

    funding_ms: int
    lots: int
    mark_price: Decimal
    rate: float
    fee: Decimal


def position_settlement(market: Market, one: Settlement, now_ns: int) -> Payload:
    """5.7 position.settlement."""
    return {
        "fundingTime": one.funding_ms,
        "qty": one.lots,
        "markPrice": float(one.mark_price),
        "fundingRate": one.rate,
        "fundingFee": float(one.fee),
        "ts": now_ns,
        "settleCurrency": market.spec.settle,
    }


def risk_limit(level: int, text: str, *, is_success: bool) -> Payload:
    """5.7 position.adjustRiskLimit."""
    return {"success": is_success, "riskLimitLevel": level, "msg": text}
