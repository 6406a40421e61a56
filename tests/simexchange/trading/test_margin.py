"""Margin against the reference's own figures."""

from __future__ import annotations

from decimal import Decimal

from terminal.simexchange.market.contracts import CONTRACTS, booked
from terminal.simexchange.trading.margin import CROSS, SimPosition, Wallet

XBT = next(spec for spec in CONTRACTS if spec.symbol == "XBTUSDTM")
INVERSE = next(spec for spec in CONTRACTS if spec.symbol == "XBTUSDM")
FIVE = Decimal(5)


def test_opening_adding_reducing_and_crossing_zero() -> None:
    held = SimPosition(XBT)
    assert held.fill(2, Decimal(100), FIVE, 1) == 0
    assert held.fill(2, Decimal(110), FIVE, 2) == 0
    assert (held.lots, held.entry) == (4, Decimal(105))
    assert held.initial_margin == Decimal("0.084")
    profit = held.fill(-1, Decimal(125), FIVE, 3)
    assert profit == Decimal("0.02")
    assert (held.lots, held.entry) == (3, Decimal(105))
    assert held.initial_margin == Decimal("0.063")
    held.fill(-5, Decimal(100), FIVE, 4)
    assert (held.lots, held.entry) == (-2, Decimal(100))
    held.fill(2, Decimal(100), FIVE, 5)
    assert held.lots == held.entry == held.initial_margin == 0


def test_the_references_inverse_fee_value() -> None:
    assert INVERSE.value(Decimal(50_000), 1000) == Decimal("0.02")


def test_inverse_profit_and_harmonic_entry() -> None:
    held = SimPosition(INVERSE)
    held.fill(1000, Decimal(50_000), FIVE, 1)
    held.fill(1000, Decimal(25_000), FIVE, 2)
    assert round(held.entry, 4) == Decimal("33333.3333")
    assert held.unrealized(Decimal(40_000)) == Decimal("0.01")


def test_parts_of_a_position_are_booked_on_the_grid_and_add_up_exactly() -> None:
    """Whatever a third of it is rounded to, what was earned in all is what was paid and got."""
    for spec, unit in ((XBT, 1), (INVERSE, -1)):
        held = SimPosition(spec)
        paid, got = Decimal(0), Decimal(0)
        for lots, price in ((1, "97123.7"), (2, "97000.1"), (4, "96999.9")):
            held.fill(lots, Decimal(price), Decimal(7), 1)
            paid += booked(spec.value(Decimal(price), lots))
        for lots, price in ((3, "98001.3"), (3, "97777.7"), (1, "91234.5")):
            profit = held.fill(-lots, Decimal(price), Decimal(7), 2)
            got += booked(spec.value(Decimal(price), lots))
            for amount in (profit, held.cost, held.initial_margin, held.realized_gross):
                assert amount == booked(amount)
        assert held.realized_gross == unit * (got - paid)
        assert held.cost == held.initial_margin == 0


def test_the_references_inverse_profit() -> None:
    held = SimPosition(INVERSE)
    held.fill(1, Decimal("2457.12"), FIVE, 1)
    assert round(held.unrealized(Decimal("2454.12")), 9) == Decimal("-4.98E-7")


def test_bankruptcy_of_the_references_isolated_check() -> None:
    held = SimPosition(XBT, lots=1, entry=Decimal("67430.9"), initial_margin=Decimal("22.45575"))
    assert round(held.bankruptcy(Decimal(0)), 2) == Decimal("44975.15")


def test_bankruptcy_of_the_references_cross_check() -> None:
    held = SimPosition(XBT, margin_mode=CROSS, lots=1, entry=Decimal("115549.8"))
    assert round(held.bankruptcy(Decimal("99.944536096")), 3) == Decimal("15605.264")


def test_liquidation_comes_before_bankruptcy() -> None:
    for lots in (3, -3):
        held = SimPosition(XBT, lots=lots, entry=Decimal(100_000), initial_margin=Decimal(60))
        bankrupt, liquidation = held.bankruptcy(Decimal(0)), held.liquidation(Decimal(0))
        assert (liquidation > bankrupt) == (lots > 0)
    assert SimPosition(XBT).liquidation(Decimal(5)) == 0


def test_cross_margin_follows_the_mark() -> None:
    held = SimPosition(XBT, margin_mode=CROSS, leverage=FIVE, lots=2, entry=Decimal(100_000))
    assert held.margin(Decimal(100_050)) == Decimal("40.02")


def test_a_wallet_counts_its_changes() -> None:
    wallet = Wallet("USDT", Decimal(10))
    wallet.add(Decimal(-1))
    assert wallet.cash == 9
    assert wallet.version == 2
