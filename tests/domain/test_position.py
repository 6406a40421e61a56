"""Position arithmetic against the reference's own figures and as laws."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.position import FLAT, PositionCore, after_fill, unrealized
from terminal.domain.units import ExactPrice, Lots, Price, PriceScale, Side
from tests.support.builders import a_contract, a_fill, an_inverse_contract


def exact(price: str) -> ExactPrice:
    return ExactPrice(Decimal(price))


def test_the_references_linear_check() -> None:
    held = PositionCore(Lots(1), exact("67430.9"))
    assert unrealized(held, exact("68900.7"), a_contract()).amount == Decimal("1.4698")


def test_the_references_inverse_check() -> None:
    contract = an_inverse_contract(scale=PriceScale(Decimal("0.01")))
    held = PositionCore(Lots(1), exact("2457.12"))
    profit = unrealized(held, exact("2454.12"), contract).amount
    assert profit.quantize(Decimal("1e-10")) == Decimal("-4.975E-7")


def test_averages() -> None:
    contract = a_contract()
    held = after_fill(FLAT, a_fill(price=Price(1000), lots=Lots(1)), contract)
    held = after_fill(held, a_fill(price=Price(1010), lots=Lots(3)), contract)
    assert held == PositionCore(Lots(4), exact("100.75"))
    held = after_fill(held, a_fill(price=Price(900), lots=Lots(1), side=Side.SELL), contract)
    assert held == PositionCore(Lots(3), exact("100.75")), "reducing keeps the entry"
    held = after_fill(held, a_fill(price=Price(990), lots=Lots(5), side=Side.SELL), contract)
    assert held == PositionCore(Lots(-2), exact("99.0")), "crossing zero opens at the fill"


def test_inverse_averages_are_harmonic() -> None:
    contract = an_inverse_contract()
    held = after_fill(FLAT, a_fill(price=Price(500_000), lots=Lots(1000)), contract)
    held = after_fill(held, a_fill(price=Price(250_000), lots=Lots(1000)), contract)
    assert held.average_entry is not None
    assert round(held.average_entry.value, 4) == Decimal("33333.3333")


@pytest.mark.parametrize("contract", [a_contract(), an_inverse_contract()])
@given(
    fills=st.lists(
        st.tuples(st.sampled_from(Side), st.integers(900, 1100), st.integers(1, 50)), max_size=15
    )
)
def test_lots_add_up_and_flat_has_no_entry(
    contract: object, fills: list[tuple[Side, int, int]]
) -> None:
    held = FLAT
    for side, price, lots in fills:
        fill = a_fill(side=side, price=Price(price), lots=Lots(lots))
        held = after_fill(held, fill, contract)  # type: ignore[arg-type]
        assert (held.average_entry is None) == held.is_flat
    assert held.lots == sum(side.sign * lots for side, _, lots in fills)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**5))
def test_long_and_short_are_mirror_images(entry: int, mark: int, lots: int) -> None:
    contract = a_contract()
    at, now = ExactPrice(Decimal(entry) / 10), ExactPrice(Decimal(mark) / 10)
    long = unrealized(PositionCore(Lots(lots), at), now, contract)
    short = unrealized(PositionCore(Lots(-lots), at), now, contract)
    assert long.amount == -short.amount
    assert unrealized(PositionCore(Lots(lots), at), at, contract).amount == 0
