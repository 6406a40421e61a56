"""The contracts that the simulated exchange lists: real ticks, lots and multipliers.

Prices inside the exchange are whole ticks; this is the one place that turns them into the texts and
numbers of the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import final

BUSY = frozenset({"XBTUSDTM"})
"""Markets that act at every step; the others take turns."""

BUSY_STEPS = 1000
QUIET_STEPS = 143
AMOUNT_GRID = Decimal("1E-10")
"""Every amount that is booked in a settle currency is a whole number of these."""


@final
@dataclass(frozen=True, slots=True)
class ContractSpec:
    """One listed contract.

    ``start_ticks`` is where its price begins. ``step_ticks`` is the usual move of the fair price
    per market step, ``level_lots`` the usual size of a level near the touch. ``risk_scale`` says
    how its risk limits compare with those of XBTUSDTM. ``cross_k`` and ``cross_m`` are the
    exchange's figures for cross margin, in base coins (reference 7.6).
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
    risk_scale: Decimal
    cross_k: float
    cross_m: float
    _ratio: tuple[int, int] = field(init=False, repr=False, compare=False)

    maker_rate = Decimal("0.0002")
    taker_rate = Decimal("0.0006")
    price_range = Decimal("0.05")
    mmr_limit = Decimal("0.3")
    first_open_ms = 1_585_555_200_000

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ratio", self.tick.as_integer_ratio())

    @property
    def mmr_leverage(self) -> Decimal:
        """The constant in the maintenance rate of cross positions (reference 7.6)."""
        return Decimal(self.max_leverage)

    @property
    def steps_per_minute(self) -> int:
        """How often its market acts in a minute of real time."""
        return BUSY_STEPS if self.symbol in BUSY else QUIET_STEPS

    @property
    def index_symbol(self) -> str:
        """The name of its index."""
        return f".B{self.base}" if self.is_inverse else f".K{self.base}{self.quote}"

    @property
    def root(self) -> str:
        """The exchange's root symbol: the settle currency."""
        return self.settle

    def price(self, ticks: int) -> Decimal:
        """The decimal price of whole ticks."""
        return self.tick * ticks

    def text(self, ticks: int) -> str:
        """A price as the stream and order answers write it."""
        return plain(self.tick * ticks)

    def number(self, ticks: int) -> float:
        """A price as REST market data writes it: the JSON number nearest to the exact price."""
        above, below = self._ratio
        return ticks * above / below

    def ticks(self, price: Decimal) -> int | None:
        """Whole ticks of a price, None when it is off the grid."""
        whole, rest = divmod(price, self.tick)
        return None if rest else int(whole)

    def value(self, price: Decimal, lots: int) -> Decimal:
        """Unsigned value in the settle currency (reference 7.1)."""
        if self.is_inverse:
            return self.multiplier * abs(lots) / price
        return self.multiplier * abs(lots) * price


def booked(amount: Decimal) -> Decimal:
    """An amount of a settle currency as it is booked: on the grid, halves to the even side."""
    return amount.quantize(AMOUNT_GRID, ROUND_HALF_EVEN)


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
    risk_scale: str = "1",
    cross_k: float,
    cross_m: float,
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
        risk_scale=Decimal(risk_scale),
        cross_k=cross_k,
        cross_m=cross_m,
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
        cross_k=490,
        cross_m=300,
    ),
    _linear(
        "ETHUSDTM",
        "ETH",
        "0.01",
        "0.01",
        "3120.55",
        step_ticks=1.8,
        level_lots=400,
        risk_scale="0.5",
        cross_k=6610,
        cross_m=4110,
    ),
    _linear(
        "SOLUSDTM",
        "SOL",
        "0.001",
        "0.1",
        "151.237",
        step_ticks=1.6,
        level_lots=600,
        risk_scale="0.2",
        cross_k=33_000,
        cross_m=20_500,
    ),
    _linear(
        "XRPUSDTM",
        "XRP",
        "0.0001",
        "10",
        "2.1873",
        step_ticks=0.5,
        level_lots=900,
        risk_scale="0.2",
        cross_k=2_300_000,
        cross_m=1_430_000,
    ),
    _linear(
        "DOGEUSDTM",
        "DOGE",
        "0.00001",
        "100",
        "0.16284",
        step_ticks=0.5,
        level_lots=700,
        risk_scale="0.1",
        cross_k=31_000_000,
        cross_m=19_300_000,
    ),
    _linear(
        "LINKUSDTM",
        "LINK",
        "0.001",
        "0.1",
        "13.482",
        step_ticks=0.5,
        level_lots=500,
        risk_scale="0.1",
        cross_k=370_000,
        cross_m=230_000,
    ),
    _linear(
        "BNBUSDTM",
        "BNB",
        "0.01",
        "0.01",
        "871.34",
        step_ticks=0.9,
        level_lots=500,
        risk_scale="0.1",
        cross_k=5_700,
        cross_m=3_550,
    ),
    _linear(
        "ADAUSDTM",
        "ADA",
        "0.00001",
        "10",
        "0.46215",
        step_ticks=1.2,
        level_lots=900,
        risk_scale="0.1",
        cross_k=10_900_000,
        cross_m=6_800_000,
    ),
    _linear(
        "LTCUSDTM",
        "LTC",
        "0.01",
        "0.1",
        "92.47",
        step_ticks=0.5,
        level_lots=400,
        risk_scale="0.1",
        cross_k=54_000,
        cross_m=33_500,
    ),
    _linear(
        "AVAXUSDTM",
        "AVAX",
        "0.001",
        "0.1",
        "14.826",
        step_ticks=0.9,
        level_lots=600,
        risk_scale="0.1",
        cross_k=337_000,
        cross_m=210_000,
    ),
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
        cross_k=490,
        cross_m=300,
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
        risk_scale=Decimal("0.00001"),  # in XBT
        cross_k=490,
        cross_m=300,
    ),
)
