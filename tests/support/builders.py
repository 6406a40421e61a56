"""Made-up facts with sensible defaults: ``a_contract()``, ``an_order_update()`` and so on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.contract import Contract, ContractStatus
from terminal.domain.events import (
    BookDelta,
    BookSnapshot,
    Fill,
    Level,
    Liquidity,
    MarginMode,
    OrderType,
    OrderUpdate,
    PositionDetails,
    PositionSide,
    PositionUpdate,
    WalletUpdate,
)
from terminal.domain.ticket import OrderTicket
from terminal.domain.transfer import AccountKind, Funds, TransferTicket
from terminal.domain.units import (
    ClientOid,
    ExactPrice,
    Lots,
    Money,
    OrderId,
    Price,
    PriceScale,
    Side,
    Symbol,
)

XBT = Symbol("XBTUSDTM")
NOW_MS = TimestampMs(1_760_000_000_000)
NOW_NS = TimestampNs(1_760_000_000_000_000_000)


def a_contract(**changes: Any) -> Contract:
    values: dict[str, Any] = {
        "symbol": XBT,
        "base_currency": "XBT",
        "quote_currency": "USDT",
        "settle_currency": "USDT",
        "scale": PriceScale(Decimal("0.1")),
        "multiplier": Decimal("0.001"),
        "is_inverse": False,
        "max_order_lots": Lots(1_000_000),
        "max_market_order_lots": Lots(500_000),
        "max_price": Price(10_000_000),
        "max_leverage": 125,
        "maker_fee_rate": Decimal("0.0002"),
        "taker_fee_rate": Decimal("0.0006"),
        "maintenance_rate": Decimal("0.004"),
        "index_tick_size": Decimal("0.01"),
        "status": ContractStatus.OPEN,
    }
    return Contract(**{**values, **changes})


def an_inverse_contract(**changes: Any) -> Contract:
    return a_contract(
        **{
            "symbol": Symbol("XBTUSDM"),
            "quote_currency": "USD",
            "settle_currency": "XBT",
            "multiplier": Decimal(1),
            "is_inverse": True,
            **changes,
        }
    )


def a_snapshot(
    sequence: int = 100,
    bids: tuple[tuple[int, int], ...] = ((1000, 5), (999, 7)),
    asks: tuple[tuple[int, int], ...] = ((1001, 4), (1002, 9)),
) -> BookSnapshot:
    return BookSnapshot(
        XBT,
        sequence,
        tuple(Level(Price(p), Lots(n)) for p, n in bids),
        tuple(Level(Price(p), Lots(n)) for p, n in asks),
        NOW_NS,
    )


def a_delta(sequence: int, side: Side = Side.BUY, price: int = 999, lots: int = 3) -> BookDelta:
    return BookDelta(XBT, sequence, side, Price(price), Lots(lots), NOW_MS)


def a_ticket(**changes: Any) -> OrderTicket:
    values: dict[str, Any] = {
        "symbol": XBT,
        "order_type": OrderType.LIMIT,
        "side": Side.BUY,
        "price": Price(1000),
        "lots": Lots(2),
        "margin_mode": MarginMode.ISOLATED,
        "leverage": Decimal(5),
    }
    return OrderTicket(**{**values, **changes})


def a_fill(**changes: Any) -> Fill:
    values: dict[str, Any] = {
        "symbol": XBT,
        "trade_id": "t1",
        "order_id": OrderId("o1"),
        "side": Side.BUY,
        "price": Price(1000),
        "lots": Lots(2),
        "liquidity": Liquidity.TAKER,
        "event_at": NOW_NS,
    }
    return Fill(**{**values, **changes})


def an_order_update(**changes: Any) -> OrderUpdate:
    """An open limit buy; ``filled`` and ``canceled`` set what remains."""
    values: dict[str, Any] = {
        "symbol": XBT,
        "order_id": OrderId("o1"),
        "client_oid": ClientOid("c1"),
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "price": Price(1000),
        "lots": Lots(2),
        "filled": Lots(0),
        "canceled": Lots(0),
        "is_done": False,
        "event_at": NOW_NS,
        **changes,
    }
    left = values["lots"] - values["filled"] - values["canceled"]
    values.setdefault("remaining", Lots(0 if values["is_done"] else left))
    return OrderUpdate(**values)


def a_position_update(lots: int = 2, entry: str | None = "100", **changes: Any) -> PositionUpdate:
    zero = Money(Decimal(0), "USDT")
    values: dict[str, Any] = {
        "symbol": XBT,
        "lots": Lots(lots),
        "average_entry": None if entry is None or not lots else ExactPrice(Decimal(entry)),
        "mark": ExactPrice(Decimal("100.5")),
        "liquidation": None,
        "realized": zero,
        "unrealized": zero,
        "margin": zero,
        "margin_mode": MarginMode.ISOLATED,
        "leverage": Decimal(5),
        "event_at": NOW_MS,
    }
    return PositionUpdate(**{**values, **changes})


def a_wallet(currency: str = "USDT", equity: str = "1000", available: str = "900") -> WalletUpdate:
    zero = Money(Decimal(0), currency)
    return WalletUpdate(
        currency,
        Money(Decimal(equity), currency),
        Money(Decimal(available), currency),
        zero,
        zero,
        zero,
        NOW_MS,
    )


def a_transfer(amount: str | None = "250", **changes: Any) -> TransferTicket:
    """From main to futures unless said otherwise."""
    values: dict[str, Any] = {
        "source": AccountKind.MAIN,
        "target": AccountKind.FUTURES,
        "currency": "USDT",
        "amount": None if amount is None else Decimal(amount),
    }
    return TransferTicket(**{**values, **changes})


def some_funds(
    account: AccountKind, balance: str, *, transferable: str | None = None, currency: str = "USDT"
) -> Funds:
    """Everything is transferable unless said otherwise."""
    left = balance if transferable is None else transferable
    return Funds(account, Money(Decimal(balance), currency), Money(Decimal(left), currency))


def position_details(side: PositionSide | None = None) -> PositionDetails:
    """What else is told of a position: its lane, and nothing more."""
    return PositionDetails(side, *(None,) * 12)
