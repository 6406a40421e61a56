"""Facts about an account that are asked for: its past, what it may do, how it is set.

Money is exact in the currency it names; rates are fractions; times are ms; None where the exchange
tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.clock import TimestampMs
    from terminal.domain.events import MarginMode, PositionSide, WalletUpdate
    from terminal.domain.units import ExactPrice, Lots, Money, Symbol
    from terminal.domain.words import UnknownWord


class LedgerKind(Enum):
    """Why the futures account changed."""

    REALIZED = "realized PnL"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER_IN = "transfer in"
    TRANSFER_OUT = "transfer out"


class LedgerState(Enum):
    """Whether a row of the ledger is final."""

    COMPLETED = "completed"
    PENDING = "pending"


@final
@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One change of the futures account.

    ``remark`` is a contract or free text. A pending row shows the running result of the settlement
    period and is replaced later: it must not be stored. Its ``offset`` is -1, else unique.
    """

    at: TimestampMs
    kind: LedgerKind | UnknownWord
    state: LedgerState | UnknownWord
    amount: Money
    fee: Money | None
    equity: Money | None
    remark: str
    offset: int

    @property
    def is_final(self) -> bool:
        """True for a row that will not change any more."""
        return self.state is LedgerState.COMPLETED and self.offset >= 0


class CloseKind(Enum):
    """How a position ended (only the first word is confirmed)."""

    CLOSE_LONG = "long closed"
    CLOSE_SHORT = "short closed"
    LIQUID_LONG = "long liquidated"
    LIQUID_SHORT = "short liquidated"
    ADL_LONG = "long deleveraged"
    ADL_SHORT = "short deleveraged"


@final
@dataclass(frozen=True, slots=True)
class ClosedPosition:
    """A position of the past. ``profit`` is net of fees and funding."""

    close_id: str
    symbol: Symbol
    kind: CloseKind | UnknownWord
    side: PositionSide | UnknownWord | None
    profit: Money
    fee: Money | None
    funding: Money | None
    entry: ExactPrice | None
    exit: ExactPrice | None
    leverage: Decimal | None
    margin_mode: MarginMode | UnknownWord | None
    return_rate: Decimal | None
    liquidation: ExactPrice | None
    opened_at: TimestampMs
    closed_at: TimestampMs


@final
@dataclass(frozen=True, slots=True)
class FundingPayment:
    """One funding settlement of ours. ``funding`` is positive when received; ``lots`` signed."""

    payment_id: str
    symbol: Symbol
    at: TimestampMs
    rate: Decimal
    funding: Money
    mark: ExactPrice | None
    lots: Lots | None
    margin_mode: MarginMode | UnknownWord | None


@final
class FeeRates(NamedTuple):
    """The account's own rates on one contract."""

    symbol: Symbol
    maker: Decimal
    taker: Decimal


@final
class OpenOrderTotals(NamedTuple):
    """What all open orders of one contract add up to."""

    symbol: Symbol
    buy_lots: Lots
    sell_lots: Lots
    buy_cost: Money
    sell_cost: Money


@final
class MaxOpenSize(NamedTuple):
    """How much could be opened at a price and a leverage."""

    symbol: Symbol
    buy_lots: Lots
    sell_lots: Lots


@final
@dataclass(frozen=True, slots=True)
class CrossOrderLimit:
    """How much could be opened in cross mode with a total margin."""

    symbol: Symbol
    max_lots: Lots
    max_value: Money
    total_margin: Decimal | None
    price: ExactPrice | None
    leverage: Decimal | None
    initial_rate: Decimal | None
    maintenance_rate: Decimal | None


@final
class CrossRequirement(NamedTuple):
    """The margin rates of a cross position of some value."""

    symbol: Symbol
    initial_rate: Decimal
    maintenance_rate: Decimal
    lots: Lots | None


@final
@dataclass(frozen=True, slots=True)
class AccountTotals:
    """The master account and its sub-accounts in one currency, and their sum."""

    total: WalletUpdate
    accounts: tuple[tuple[str, WalletUpdate], ...]


@final
class MarginModes(NamedTuple):
    """How a change of many margin modes went: each contract's mode now, and what failed why."""

    modes: tuple[tuple[Symbol, MarginMode], ...]
    failures: tuple[tuple[Symbol, str], ...]


@final
class DeadManSwitch(NamedTuple):
    """The switch that cancels orders when nothing is heard of us; ``timeout_s`` None is off.

    ``symbols`` empty is all contracts.
    """

    timeout_s: int | None
    symbols: tuple[Symbol, ...]


class StopsFate(Enum):
    """What the switch does to waiting stops and attached exits when it acts: not established.

    Known where somebody has seen it (API reference 11). The values are what settings keep.
    """

    UNKNOWN = "unknown"
    KEPT = "kept"
    CANCELED = "canceled"


@final
class SwitchTimes(NamedTuple):
    """When the switch was set and when it would act, both by the exchange's clock."""

    set_at: TimestampMs
    acts_at: TimestampMs


class AccountMode(Enum):
    """Which of the exchange's two account models this is."""

    CLASSIC = "classic"
    UNIFIED = "unified"
