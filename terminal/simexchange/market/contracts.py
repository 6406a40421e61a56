"""The contracts that the simulated exchange lists: real ticks, lots and multipliers.

Prices inside the exchange are whole ticks; this is the one place that turns them into the texts and
numbers of the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import final

BUSY = frozenset({"XBTUSDTM"})
"""Markets that act at every step; the others take turns."""

BUSY_STEPS = 1000
QUIET_STEPS = 143


@final
@dataclass(frozen=True, slots=True)
class ContractSpec:
    """One listed contract.

    ``start_ticks`` is where its price begins. ``step_ticks`` is the usual move of the fair price
    per market step, ``level_lots`` the usual size of a level near the touch.
    """

    symbol: str
    base: str
    quote: str
    settle: str
    tick: Decimal
    index_tick: Decimal
    multiplier: Decimal
    is_inverse: bool
    max_lots: int
    max_price: Decimal
    max_leverage: int
    maintenance: Decimal
    start_ticks: int
    step_ticks: float
    level_lots: int

    maker_rate = Decimal("0.0002")
    taker_rate = Decimal("0.0006")
    price_range = Decimal("0.05")

    @property
    def steps_per_minute(self) -> int:
        """How often its market acts in a minute of real time."""
        return BUSY_STEPS if self.symbol in BUSY else QUIET_STEPS

    @property
    def root(self) -> str:
        """The exchange's root symbol: the settle currency."""
        return self.settle

    @property
    def open_scale(self) -> Decimal:
        """In coins: how large a cross position may grow with its margin (``k`` of 7.6).

        490 as published for the contracts on XBT, as much value of the others (our choice).
        """
        return Decimal(49_000_000) / (self.tick * self.start_ticks)

    def price(self, ticks: int) -> Decimal:
        """The decimal price of whole ticks."""
        return self.tick * ticks

    def text(self, ticks: int) -> str:
        """A price as the stream and order answers write it."""
        return plain(self.tick * ticks)

    def number(self, ticks: int) -> float:
        """A price as REST market data writes it: a JSON number."""
        return float(self.tick * ticks)

    def ticks(self, price: Decimal) -> int | None:
        """Whole ticks of a price, None when it is off the grid."""
        whole, rest = divmod(price, self.tick)
        return None if rest else int(whole)

    def value(self, price: Decimal, lots: int) -> Decimal:
        """Unsigned value in the settle currency (reference 7.1)."""
        if self.is_inverse:
            return self.multiplier * abs(lots) / price
        return self.multiplier * abs(lots) * price


def plain(number: Decimal) -> str:
    """Plain decimal text without exponent and trailing zeros."""
    return format(number.normalize(), "f") if number else "0"


def _linear(  # noqa: PLR0913 - one row of the table below
    symbol: str,
    base: str,
    tick: str,
    multiplier: str,
    price: str,
    *,
    settle: str = "USDT",
    step_ticks: float,
    level_lots: int,
    max_leverage: int = 100,
    index_tick: str | None = None,
) -> ContractSpec:
    return ContractSpec(
        symbol=symbol,
        base=base,
        quote=settle,
        settle=settle,
        tick=Decimal(tick),
        index_tick=Decimal(index_tick or tick),
        multiplier=Decimal(multiplier),
        is_inverse=False,
        max_lots=1_000_000,
        max_price=Decimal(1_000_000),
        max_leverage=max_leverage,
        maintenance=Decimal("0.5") / max_leverage,
        start_ticks=int(Decimal(price) / Decimal(tick)),
        step_ticks=step_ticks,
        level_lots=level_lots,
    )


CONTRACTS: tuple[ContractSpec, ...] = (
    _linear(
        "XBTUSDTM",
        "XBT",
        "0.1",
        "0.001",
        "100011.5",
        step_ticks=2.2,
        level_lots=220,
        max_leverage=125,
        index_tick="0.01",
    ),
    _linear("ETHUSDTM", "ETH", "0.01", "0.01", "3120.55", step_ticks=1.8, level_lots=400),
    _linear("SOLUSDTM", "SOL", "0.001", "0.1", "151.237", step_ticks=1.6, level_lots=600),
    _linear("XRPUSDTM", "XRP", "0.0001", "10", "2.1873", step_ticks=0.5, level_lots=900),
    _linear("DOGEUSDTM", "DOGE", "0.00001", "100", "0.16284", step_ticks=0.5, level_lots=700),
    _linear("LINKUSDTM", "LINK", "0.001", "0.1", "13.482", step_ticks=0.5, level_lots=500),
    _linear(
        "XBTUSDCM",
        "XBT",
        "0.1",
        "0.001",
        "99998.2",
        settle="USDC",
        step_ticks=2.0,
        level_lots=60,
        max_leverage=125,
        index_tick="0.01",
    ),
    ContractSpec(
        symbol="XBTUSDM",
        base="XBT",
        quote="USD",
        settle="XBT",
        tick=Decimal("0.1"),
        index_tick=Decimal("0.01"),
        multiplier=Decimal(1),
        is_inverse=True,
        max_lots=10_000_000,
        max_price=Decimal(1_000_000),
        max_leverage=75,
        maintenance=Decimal("0.007"),
        start_ticks=999_874,
        step_ticks=2.0,
        level_lots=4_000,
    ),
)
