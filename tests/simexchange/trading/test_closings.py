"""Closed positions: what is remembered of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.trading.closings import KEPT_CLOSINGS, Closings
from terminal.simexchange.trading.margin import SimPosition

BY_NAME = {spec.symbol: spec for spec in CONTRACTS}
MORE = st.tuples(st.integers(1, 50), st.integers(90_000, 110_000))


@given(
    st.sampled_from(["XBTUSDTM", "XBTUSDM"]),
    st.sampled_from([1, -1]),
    st.lists(MORE, min_size=1, max_size=4),
    st.lists(MORE, max_size=4),
    st.integers(90_000, 110_000),
)
def test_what_it_earned_follows_from_its_average_prices(
    symbol: str,
    sign: int,
    opened: list[tuple[int, int]],
    turns: list[tuple[int, int]],
    last: int,
) -> None:
    """However often it grew and shrank."""
    spec = BY_NAME[symbol]
    held, closings = SimPosition(spec), Closings(0)
    for lots, price in opened:
        held.fill(sign * lots, Decimal(price), Decimal(5), 1)
    for lots, price in turns:
        closing = min(lots, abs(held.lots) - 1)
        if closing:
            held.fill(-sign * closing, Decimal(price), Decimal(5), 2)
        held.fill(sign * lots, Decimal(price + 7), Decimal(5), 2)
    total = sum(lots for lots, _ in (*opened, *turns))
    held.fill(-held.lots, Decimal(last), Decimal(5), 3)
    closings.add(held, "trade", 3, is_long=sign > 0)
    (row,) = closings.newest()
    size = spec.multiplier * total
    if spec.is_inverse:
        gross = sign * size * (1 / row.open_price - 1 / row.close_price)
    else:
        gross = sign * size * (row.close_price - row.open_price)
    assert row.gross == pytest.approx(gross, abs=Decimal("1E-6"))


@pytest.mark.parametrize(
    ("trade", "way"), [("trade", "CLOSE"), ("liquid", "LIQUID"), ("adl", "ADL")]
)
def test_how_it_was_closed(trade: str, way: str) -> None:
    held, closings = SimPosition(BY_NAME["XBTUSDTM"]), Closings(0)
    held.fill(1, Decimal(100_000), Decimal(5), 1)
    held.fill(-1, Decimal(100_100), Decimal(5), 2)
    closings.add(held, trade, 2, is_long=True)
    assert [row.way for row in closings.newest()] == [way]


def test_the_oldest_of_ten_thousand_are_forgotten() -> None:
    held, closings = SimPosition(BY_NAME["XBTUSDTM"]), Closings(5)
    held.fill(1, Decimal(100_000), Decimal(5), 1)
    held.fill(-1, Decimal(100_100), Decimal(5), 2)
    for at_ms in range(KEPT_CLOSINGS + 3):
        closings.add(held, "trade", at_ms, is_long=True)
    rows = closings.newest()
    assert len(rows) == KEPT_CLOSINGS
    assert rows[-1].closed_ms == 3
    assert len({row.number for row in rows}) == KEPT_CLOSINGS
    assert [row.closed_ms for row in closings.newest(None, 7, 8)] == [8, 7]
