"""The exchange's words. A word nobody knows yet survives as ``Unknown`` with its text.

Each value is the word itself; ``read`` compares without case where the exchange is inconsistent
(``ADL`` and ``adl``, ``TransferIn`` and ``Transferin``). Source: the tables of API reference 2-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar, final

Word = TypeVar("Word", bound=Enum)


@final
@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that is in no table."""

    text: str


class ContractStatus(Enum):
    """``status`` of a contract (2.1)."""

    INIT = "Init"
    OPEN = "Open"
    BEING_SETTLED = "BeingSettled"
    SETTLED = "Settled"
    PAUSED = "Paused"
    CLOSED = "Closed"
    CANCEL_ONLY = "CancelOnly"


class ServiceState(Enum):
    """``status`` of the whole exchange (2.8)."""

    OPEN = "open"
    CLOSE = "close"
    CANCEL_ONLY = "cancelonly"


class OrderKind(Enum):
    """``type`` of an order (3.3)."""

    LIMIT = "limit"
    MARKET = "market"


class Liquidity(Enum):
    """``liquidity`` of a fill (3.7)."""

    MAKER = "maker"
    TAKER = "taker"


class TimeInForce(Enum):
    """``timeInForce`` of an order (3.3)."""

    GTC = "GTC"
    IOC = "IOC"
    RPI = "RPI"


class SelfTrade(Enum):
    """``stp`` of an order (3.3)."""

    CANCEL_NEW = "CN"
    CANCEL_OLD = "CO"
    CANCEL_BOTH = "CB"


class StopDirection(Enum):
    """``stop`` of an order (3.3)."""

    UP = "up"
    DOWN = "down"


class StopReference(Enum):
    """``stopPriceType`` of an order (3.3)."""

    LAST = "TP"
    MARK = "MP"
    INDEX = "IP"


class TradeKind(Enum):
    """``tradeType`` of a fill (3.7)."""

    TRADE = "trade"
    LIQUIDATION = "liquid"
    DELEVERAGING = "adl"
    SETTLEMENT = "settlement"
    CANCEL = "cancel"


class MarginMode(Enum):
    """``marginMode`` (3.9)."""

    ISOLATED = "ISOLATED"
    CROSS = "CROSS"


class PositionSide(Enum):
    """``positionSide`` (3.8)."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class CloseKind(Enum):
    """``type`` of a position of the past (3.8; only the first is confirmed)."""

    CLOSE_LONG = "CLOSE_LONG"
    CLOSE_SHORT = "CLOSE_SHORT"
    LIQUID_LONG = "LIQUID_LONG"
    LIQUID_SHORT = "LIQUID_SHORT"
    ADL_LONG = "ADL_LONG"
    ADL_SHORT = "ADL_SHORT"


class LedgerKind(Enum):
    """``type`` of a row of the futures ledger (3.2)."""

    REALIZED = "RealisedPNL"
    DEPOSIT = "Deposit"
    WITHDRAWAL = "Withdrawal"
    TRANSFER_IN = "TransferIn"
    TRANSFER_OUT = "TransferOut"


class LedgerState(Enum):
    """``status`` of a row of the futures ledger (3.2)."""

    COMPLETED = "Completed"
    PENDING = "Pending"


class AccountMode(Enum):
    """``selfAccountMode`` (3.15)."""

    CLASSIC = "CLASSIC"
    UNIFIED = "UNIFIED"


class AccountType(Enum):
    """``type`` of an account (4)."""

    MAIN = "main"
    TRADE = "trade"
    CONTRACT = "contract"
    MARGIN = "margin"
    ISOLATED = "isolated"
    OPTION = "option"
    TRADE_HF = "trade_hf"


class TransferState(Enum):
    """``status`` of a transfer of the old kind (4, 4.2)."""

    APPLY = "APPLY"
    PROCESSING = "PROCESSING"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    PENDING_CANCEL = "PENDING_CANCEL"
    CANCEL = "CANCEL"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


_ALIASES: dict[type[Enum], dict[str, str]] = {
    TradeKind: {"liquidation": "liquid"},
    AccountType: {"margin_v2": "margin", "isolated_v2": "isolated"},
}
_TABLES: dict[type[Enum], dict[str, Enum]] = {}


def read(kind: type[Word], text: str) -> Word | Unknown:
    """The word of a kind, compared without case; ``Unknown`` with the text as it came."""
    table = _TABLES.get(kind)
    if table is None:
        table = _TABLES[kind] = {str(word.value).lower(): word for word in kind}
    key = text.lower()
    found = table.get(_ALIASES.get(kind, {}).get(key, key))
    return found if isinstance(found, kind) else Unknown(text)
