"""One user's order on the simulated exchange. Source: reference 3.5 and 3.6."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import final

from terminal.simexchange.trading.sides import closes


@final
@dataclass(slots=True)
class UserOrder:
    """An order of the account ``uid``. Prices are ticks (None: market), sizes lots, times ms or ns.

    ``number`` grows with each order of the exchange. ``filled + canceled + remaining == size``
    always; lots that a shrinking took away are no part of the size any more, ``cut`` counts them.
    """

    id: str
    number: int
    uid: str
    client_oid: str
    symbol: str
    side: str
    type: str
    price: int | None
    size: int
    leverage: Decimal
    margin_mode: str
    created_ms: int
    time_ns: int
    is_post_only: bool = False
    is_reduce_only: bool = False
    is_close_order: bool = False
    is_immediate: bool = False
    is_retail: bool = False
    is_hidden: bool = False
    is_iceberg: bool = False
    visible_size: int | None = None
    stp: str = ""
    holds_margin: bool = False
    takes_side: bool = False
    """A close order sent without a side: the position decides it."""
    position_side: str = "BOTH"
    trade_type: str = "trade"
    remark: str = ""
    stop: str = ""
    stop_price_type: str = ""
    stop_price: Decimal | None = None
    is_triggered: bool = False
    filled: int = 0
    canceled: int = 0
    cut: int = 0
    deal_value: Decimal = Decimal(0)
    deal_base: Decimal = Decimal(0)
    """Lots times prices of linear contracts, lots over prices of inverse ones; for the average."""
    updated_ms: int = 0
    ended_ms: int | None = None

    @property
    def is_active(self) -> bool:
        """True until the order has ended."""
        return self.ended_ms is None

    @property
    def remaining(self) -> int:
        """Lots that may still fill."""
        return max(0, self.size - self.filled - self.canceled) if self.is_active else 0

    @property
    def waits(self) -> bool:
        """True for a stop that was not triggered."""
        return bool(self.stop) and not self.is_triggered and self.is_active

    @property
    def only_reduces(self) -> bool:
        """True when it must not open or enlarge a position; who closes a leg never does."""
        if self.is_reduce_only or self.is_close_order:
            return True
        return closes(self.position_side, self.side)

    @property
    def never_takes(self) -> bool:
        """True when it must rest or not be at all."""
        return self.is_post_only or self.is_retail

    @property
    def pays_taker(self) -> bool:
        """True when it pays the taker's fee even where it rested (reference 7.2)."""
        return self.is_hidden or self.is_iceberg

    @property
    def peak(self) -> int | None:
        """The most lots it shows in the book: None all, 0 none. Iceberg wins over hidden."""
        if self.is_iceberg:
            return self.visible_size
        return 0 if self.is_hidden else None

    def shrink(self, lots: int) -> None:
        """Take lots of what remains out of its size."""
        self.size -= lots
        self.cut += lots


@final
class OrderNumbers:
    """Numbers of orders: each is larger than all before, those of an earlier start included."""

    _PER_MS = 100_000

    def __init__(self, now_ms: int) -> None:
        # They go on where the clock is, so that a restarted exchange never gives one out twice.
        self._last = now_ms * self._PER_MS

    def next(self) -> int:
        """A new number."""
        self._last += 1
        return self._last
