"""The contracts that the simulated exchange lists: real ticks, lots and multipliers.

Prices inside the exchange are whole ticks; this is the one place that turns them into the texts and
numbers of the wire.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import final

BUSY = frozenset({"XBTUSDTM"})
"""Markets that act at every step; the others take turns."""

BUSY_STEPS = 1000
QUIET_STEPS = 143
_TRADED = 0.085
_TRADED_A_TICK = 0.02
# What changes hands in a usual step, in usual levels of the book, measured where the crowd trades.
AMOUNT_GRID = Decimal("1E-10")
"""Every amount that is booked in a settle currency is a whole number of these."""


@final
@dataclass(frozen=True, slots=True)
class ContractSpec:
    """One listed contract.

    ``start_ticks`` is where its price begins, ``daily`` how far it usually goes within a day, as a
    fraction, and ``follows`` how much of that is common to all contracts. ``level_lots`` is the
    usual size of a level near the touch. ``risk_scale`` says how its risk limits compare with those
    of XBTUSDTM. ``cross_k`` and ``cross_m`` are the exchange's figures for cross margin, in base
    coins (reference 7.6). ``expires_ms`` is None for perpetual contracts; ``drift`` is what the
    price of a dated one loses against its index within a year.
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
    daily: float
    follows: float
    level_lots: int
    risk_scale: Decimal
    cross_k: float
    cross_m: float
    expires_ms: int | None = None
    first_open_ms: int = 1_585_555_200_000
    drift: float = 0.0
    _ratio: tuple[int, int] = field(init=False, repr=False, compare=False)

    maker_rate = Decimal("0.0002")
    taker_rate = Decimal("0.0006")
    settlement_rate = Decimal("0.00025")
    """The fee of a delivery; our choice: the figure is not known (reference 7.9)."""
    price_range = Decimal("0.05")
    mmr_limit = Decimal("0.3")

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
    def is_dated(self) -> bool:
        """True when it ends on a day and knows no funding (reference 7.9)."""
        return self.expires_ms is not None

    @property
    def daily_lots(self) -> int:
        """What is usually traded of it within a day: the more, the farther its steps go."""
        steps = self.steps_per_minute * 1440
        reach = self.start_ticks * self.daily / math.sqrt(steps)
        return int((_TRADED + _TRADED_A_TICK * reach) * self.level_lots * steps)

    @property
    def quiet_one_in(self) -> int:
        """Of so many minutes nobody trades in one."""
        return 4000 if self.symbol in BUSY else 120

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
    daily: float,
    follows: float,
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
        daily=daily,
        follows=follows,
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
        daily=0.01,
        follows=0.94,
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
        daily=0.014,
        follows=0.86,
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
        daily=0.019,
        follows=0.8,
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
        daily=0.017,
        follows=0.72,
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
        daily=0.02,
        follows=0.76,
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
        daily=0.019,
        follows=0.78,
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
        daily=0.012,
        follows=0.76,
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
        daily=0.019,
        follows=0.78,
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
        daily=0.017,
        follows=0.74,
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
        daily=0.021,
        follows=0.78,
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
        daily=0.01,
        follows=0.94,
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
        daily=0.01,
        follows=0.94,
        level_lots=4_000,
        risk_scale=Decimal("0.00001"),  # in XBT
        cross_k=490,
        cross_m=300,
    ),
)

_QUARTERS = {3: "H", 6: "M", 9: "U", 12: "Z"}
_BASIS_A_YEAR = 0.05
_LISTED_MS = 182 * 24 * 3_600_000
_NOTICE_MS = 14 * 24 * 3_600_000
_YEAR_MS = 365 * 24 * 3_600_000


def listed(now_ms: int) -> tuple[ContractSpec, ...]:
    """All contracts of an exchange that opens at an instant: the perpetual ones and a dated one.

    The dated one is that of the first quarter that ends in two weeks or later. Reference 7.9, 7.10.
    """
    return (*CONTRACTS, _dated(now_ms))


def _dated(now_ms: int) -> ContractSpec:
    perpetual = CONTRACTS[-1]
    expires = delivery_after(now_ms + _NOTICE_MS)
    expires_ms = int(expires.timestamp()) * 1000
    ahead = (expires_ms - now_ms) / _YEAR_MS
    return replace(
        perpetual,
        symbol=f"{perpetual.base}M{_QUARTERS[expires.month]}{expires.year % 100:02}",
        start_ticks=round(perpetual.start_ticks * (1 + _BASIS_A_YEAR * ahead)),
        level_lots=perpetual.level_lots // 4,
        max_leverage=50,
        maintenance=Decimal("0.01"),
        expires_ms=expires_ms,
        first_open_ms=min(now_ms, expires_ms - _LISTED_MS),
        drift=-_BASIS_A_YEAR,
    )


def delivery_after(at_ms: int) -> datetime:
    """The first last Friday of a quarter, 08:00 UTC, that is not before an instant."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    year, month = at.year, -(-at.month // 3) * 3
    while True:
        after = datetime(year + month // 12, month % 12 + 1, 1, 8, tzinfo=UTC)
        last = after - timedelta(days=1)
        friday = last - timedelta(days=(last.weekday() - 4) % 7)
        if friday >= at:
            return friday
        month += 3
        if month > 12:
            year, month = year + 1, 3
