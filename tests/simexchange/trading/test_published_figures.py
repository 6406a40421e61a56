"""The figures of the API reference's part 7, each given back by the simulator's own functions.

A row is a paragraph, what it says, and the call that must say the same; the published digits are as
printed, and answers are rounded to them.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.simexchange.engine.funding import funding_of
from terminal.simexchange.market.contracts import CONTRACTS, ContractSpec
from terminal.simexchange.payloads.accounts import on_grid, signed_value
from terminal.simexchange.trading.margin import CROSS, SimPosition
from terminal.simexchange.trading.risk import Exposure, joint_price, risk_rate
from terminal.simexchange.trading.sizing import lots_worth, maintenance_rate, max_open_value

if TYPE_CHECKING:
    from collections.abc import Callable

D = Decimal
SPECS = {spec.symbol: spec for spec in CONTRACTS}
XBT, ETH = SPECS["XBTUSDTM"], SPECS["ETHUSDTM"]
INVERSE = replace(SPECS["XBTUSDM"], symbol="ETHUSDM", settle="ETH")
"""The reference's inverse checks are of ETHUSDM: one dollar a lot, as XBTUSDM."""
TAKER = XBT.taker_rate


def isolated(entry: str, margin: str, lots: int = 1) -> SimPosition:
    return SimPosition(XBT, lots=lots, entry=D(entry), initial_margin=D(margin))


def cross(entry: str, lots: int = 1, spec: ContractSpec = XBT) -> SimPosition:
    return SimPosition(spec, margin_mode=CROSS, lots=lots, entry=D(entry))


def leveraged(spec: ContractSpec, entry: int, leverage: int, lots: int) -> SimPosition:
    """An isolated position that was just opened."""
    held = SimPosition(spec)
    held.fill(lots, D(entry), D(leverage), 1)
    return held


def signed(spec: ContractSpec, price: str, lots: int = 1) -> Decimal:
    number = lots * spec.multiplier * (-1 if spec.is_inverse else 1)
    return signed_value(D(price), number, is_inverse=spec.is_inverse)


def open_lots(spec: ContractSpec, price: str, leverage: int) -> Decimal:
    value = max_open_value(spec, D(price), D(10_000), D(leverage))
    return D(lots_worth(spec, D(price), value))


def help_centre() -> Decimal:
    bitcoin = Exposure(XBT.value(D(62_000), 100), D("0.005"), TAKER)
    ether = Exposure(ETH.value(D(3_000), 1000), D("0.008"), TAKER)
    return 100 * risk_rate(D(5_000), [bitcoin], [ether])


def shown(price: Decimal) -> Decimal:
    """As REST shows the price of a long: up, to the grid of the index."""
    return on_grid(price, XBT.index_tick, ROUND_CEILING)


ENTRY_OF_SHOWN = cross("115549.8")
W = D("99.944536096")
RATES = D("0.0040000133") + D("0.00048")
"""That account's taker fee was four fifths of the usual one."""
OF_INVERSE = cross("2457.12", spec=INVERSE)
OF_ITS_WALLET = 1 / D("1414.96") - 1 / D("2457.12")
"""With it the position is bankrupt at 1414.96."""
OF_SAMPLE = SimPosition(XBT, margin_mode=CROSS, leverage=D(5), lots=2, entry=D(100_000))

FIGURES: list[tuple[str, str, Callable[[], Decimal]]] = [
    # 7.1 Value and signs
    ("7.1 inverse posCost", "-0.00040698", lambda: signed(INVERSE, "2457.12")),
    ("7.1 inverse markValue", "-0.00040748", lambda: signed(INVERSE, "2454.12")),
    (
        "7.1 inverse uPnL",
        "-4.975E-7",
        lambda: signed(INVERSE, "2454.12") - signed(INVERSE, "2457.12"),
    ),
    ("7.1 posCost", "67.4309", lambda: signed(XBT, "67430.9")),
    ("7.1 markValue", "68.9007", lambda: signed(XBT, "68900.7")),
    ("7.1 uPnL", "1.4698", lambda: isolated("67430.9", "1").unrealized(D("68900.7"))),
    (
        "7.1 a short's uPnL",
        "-1.4698",
        lambda: isolated("67430.9", "1", -1).unrealized(D("68900.7")),
    ),
    # 7.2 Fees
    ("7.2 inverse value", "0.02", lambda: INVERSE.value(D(50_000), 1000)),
    ("7.2 inverse fee", "0.000012", lambda: INVERSE.value(D(50_000), 1000) * INVERSE.taker_rate),
    # 7.3, the sample of 3.8
    ("3.8 posInit", "40.0", lambda: leveraged(XBT, 100_000, 5, 2).initial_margin),
    ("3.8 cross posMargin", "40.02", lambda: OF_SAMPLE.margin(D(100_050))),
    ("3.8 maintMarginReq", "0.0040000267", lambda: OF_SAMPLE.maintenance),
    ("3.8 posMaint", "0.80040534", lambda: signed(XBT, "100050", 2) * OF_SAMPLE.maintenance),
    # 7.4 Bankruptcy price
    ("7.4 isolated", "44975.15", lambda: isolated("67430.9", "22.45575").bankruptcy(D(0))),
    ("7.4 cross", "15605.264", lambda: ENTRY_OF_SHOWN.bankruptcy(W)),
    ("7.4 cross as shown", "15605.27", lambda: shown(ENTRY_OF_SHOWN.bankruptcy(W))),
    ("7.4 textbook long", "80000", lambda: leveraged(XBT, 100_000, 5, 3).bankruptcy(D(0))),
    ("7.4 textbook short", "120000", lambda: leveraged(XBT, 100_000, 5, -3).bankruptcy(D(0))),
    ("7.4 inverse long", "80000", lambda: leveraged(INVERSE, 100_000, 4, 100).bankruptcy(D(0))),
    ("7.4 inverse short", "125000", lambda: leveraged(INVERSE, 100_000, 5, -100).bankruptcy(D(0))),
    ("7.4 cross inverse", "1414.96", lambda: OF_INVERSE.bankruptcy(OF_ITS_WALLET)),
    # 7.5 Liquidation price
    (
        "7.5 isolated before May 2025",
        "45314.33",
        lambda: isolated("67430.9", str(D("22.5097045843") - D("0.3931320569"))).bankruptcy(D(0)),
    ),
    (
        "7.5 isolated before May 2025, feed",
        "73853.0426625",
        lambda: isolated("91694.5", str(D("18.40492004") - D("0.5634627025"))).bankruptcy(D(0)),
    ),
    ("7.5 cross", "15675.49", lambda: ENTRY_OF_SHOWN.liquidation(W, RATES)),
    ("7.5 cross, as legs", "15675.49", lambda: joint_price([ENTRY_OF_SHOWN], W, [RATES])),
    (
        "7.5 cross inverse",
        "1429.96",
        lambda: OF_INVERSE.liquidation(OF_ITS_WALLET, D("0.01") + TAKER),
    ),
    # 7.6 Cross margin rates
    ("7.6 XBT, 12.102", "0.00416136", lambda: maintenance_rate(XBT, D("12.102"))),
    ("7.6 XBT, 0.001", "0.0040000133", lambda: maintenance_rate(XBT, D("0.001"))),
    ("7.6 ETH, 380.03", "0.0054623236", lambda: maintenance_rate(ETH, D("380.03"))),
    ("7.6 XBT max open", "12102", lambda: open_lots(XBT, "102012", 125)),
    ("7.6 ETH max open", "38003", lambda: open_lots(ETH, "2556.4", 100)),
    ("7.6 risk rate", "5.88", help_centre),
    # 7.7 Funding
    ("7.7", "-0.05585669", lambda: funding_of(XBT, 1, D("87139.92"), D("6.41E-4"))),
    ("7.7 short", "0.05585669", lambda: funding_of(XBT, -1, D("87139.92"), D("6.41E-4"))),
]


@pytest.mark.parametrize(
    ("printed", "said"), [row[1:] for row in FIGURES], ids=[row[0] for row in FIGURES]
)
def test_a_published_figure(printed: str, said: Callable[[], Decimal]) -> None:
    figure = Decimal(printed)
    assert said().quantize(figure) == figure
