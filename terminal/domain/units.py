"""Units of trading: whole ticks, whole lots, exact prices, money.

Nothing here is a float. Prices of orders, books and trades are whole ticks (``Price``). Mark,
index, entry and liquidation prices have other steps or none at all and are ``ExactPrice``, a type
that cannot be compared with ticks by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import Enum
from typing import NewType, final

from typing_extensions import override

from terminal.domain.errors import UnitError

Symbol = NewType("Symbol", str)
"""The exchange's id of a contract, for example XBTUSDTM."""

Price = NewType("Price", int)
"""A price in whole ticks of its contract."""

Lots = NewType("Lots", int)
"""A size in whole lots. Unsigned unless the name says signed."""

OrderId = NewType("OrderId", str)
"""The exchange's id of an order. Always text: it has more digits than a float keeps."""

ClientOid = NewType("ClientOid", str)
"""Our own id of an order, unique among all orders this program ever sent."""


THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
"""Stands between thousands: as slim as a thin space, and no line is broken there."""


class Side(Enum):
    """Side of an order, of a book level or of the taker in a trade."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for buy, -1 for sell."""
        return 1 if self is Side.BUY else -1


@final
@dataclass(frozen=True, slots=True, order=True)
class ExactPrice:
    """A price off the tick grid: mark, index, average entry, liquidation, bankruptcy.

    Orders only against its own kind, so it never meets ticks by accident.
    """

    value: Decimal

    @override
    def __str__(self) -> str:
        return plain(self.value)


@final
@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency. Adding two currencies raises ``UnitError``."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        self._require_same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._require_same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._require_same(other)
        return self.amount < other.amount

    def __gt__(self, other: Money) -> bool:
        self._require_same(other)
        return self.amount > other.amount

    def _require_same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise UnitError(f"cannot combine {self.currency} with {other.currency}")


@final
@dataclass(frozen=True, slots=True)
class PriceScale:
    """Converts between decimal prices and whole ticks of one tick size (greater than zero)."""

    tick_size: Decimal

    def __post_init__(self) -> None:
        if self.tick_size <= 0:
            raise UnitError(f"tick size must be positive, got {self.tick_size}")

    def ticks(self, price: Decimal) -> Price:
        """Convert exactly. Raises ``UnitError`` when the price is no multiple of the tick."""
        whole, rest = divmod(price, self.tick_size)
        if rest:
            raise UnitError(f"{plain(price)} is no multiple of the tick {plain(self.tick_size)}")
        return Price(int(whole))

    def ticks_below(self, price: Decimal) -> Price:
        """Convert, rounding down to a tick: lossy, the default for buys."""
        return Price(int((price / self.tick_size).to_integral_value(ROUND_FLOOR)))

    def ticks_above(self, price: Decimal) -> Price:
        """Convert, rounding up to a tick: lossy, the default for sells."""
        return Price(int((price / self.tick_size).to_integral_value(ROUND_CEILING)))

    def ticks_nearest(self, price: Decimal) -> Price:
        """Convert to the nearest tick (half to even): lossy, for showing only."""
        return Price(int((price / self.tick_size).to_integral_value(ROUND_HALF_EVEN)))

    def decimal(self, price: Price) -> Decimal:
        """The decimal price of whole ticks, exact."""
        return self.tick_size * price

    @property
    def decimals(self) -> int:
        """How many decimals a price of this tick size needs (0 or more)."""
        exponent = self.tick_size.normalize().as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else 0


def plain(number: Decimal) -> str:
    """Write a decimal as plain text: no exponent, no trailing zeros, never minus zero.

    Source: API reference 7.11, the form in which prices are sent.
    """
    if not number:
        return "0"
    # Not by ``normalize``, which rounds to the digits of the context.
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def spaced(number: Decimal | int) -> str:
    """Like ``plain`` with thousands set apart by a thin space: for sentences, not for the wire."""
    whole, dot, rest = plain(abs(Decimal(number))).partition(".")
    return f"{'-' if number < 0 else ''}{set_apart(f'{int(whole):,}')}{dot}{rest}"


def set_apart(commas: str) -> str:
    """A number with commas between its thousands, with ``THIN_SPACE`` in their place.

    The one place that says what stands there.
    """
    return commas.replace(",", THIN_SPACE)
