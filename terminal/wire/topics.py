"""Topic names of the stream, built and split. Source: API reference 5.5 to 5.7."""

from __future__ import annotations

LEVEL2 = "/contractMarket/level2"
DEPTH5 = "/contractMarket/level2Depth5"
DEPTH50 = "/contractMarket/level2Depth50"
TICKER_V2 = "/contractMarket/tickerV2"
TICKER = "/contractMarket/ticker"
EXECUTION = "/contractMarket/execution"
INSTRUMENT = "/contract/instrument"
LIMIT_CANDLE = "/contractMarket/limitCandle"
ANNOUNCEMENT = "/contract/announcement"
SNAPSHOT = "/contractMarket/snapshot"
TRADE_ORDERS = "/contractMarket/tradeOrders"
ADVANCED_ORDERS = "/contractMarket/advancedOrders"
WALLET = "/contractAccount/wallet"
POSITION_ALL = "/contract/positionAll"
POSITION = "/contract/position"
MARGIN_MODE = "/contract/marginMode"
CROSS_LEVERAGE = "/contract/crossLeverage"

PRIVATE = frozenset(
    {TRADE_ORDERS, ADVANCED_ORDERS, WALLET, POSITION_ALL, POSITION, MARGIN_MODE, CROSS_LEVERAGE}
)


def build(base: str, symbols: tuple[str, ...]) -> str:
    """One topic for several symbols (comma list), or the bare topic without any."""
    return f"{base}:{','.join(symbols)}" if symbols else base


def split(topic: str) -> tuple[str, str]:
    """Base and symbol of a pushed topic; the symbol is empty for topics without one."""
    base, _, symbol = topic.partition(":")
    return base, symbol


def candle_subject(symbol: str, kind: str) -> str:
    """What follows the colon of a candle topic: the contract and the candle's type."""
    return f"{symbol}_{kind}"


def split_candle_subject(subject: str) -> tuple[str, str]:
    """Contract and candle type of what follows the colon; the type is empty when there is none."""
    symbol, _, kind = subject.rpartition("_")
    return (symbol, kind) if symbol else (kind, "")
