"""Many orders between two prices: whole ticks, whole lots, and nothing lost or added."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.errors import UnitError
from terminal.domain.scale import FEWEST, MOST, Shape, prices, split
from terminal.domain.units import Lots, Price

COUNTS = st.integers(FEWEST, MOST)


@pytest.mark.parametrize(
    ("first", "last", "count", "expected"),
    [
        (1000, 1010, 3, (1000, 1005, 1010)),
        (1010, 1000, 3, (1010, 1005, 1000)),
        (1000, 1003, 3, (1000, 1002, 1003)),
        (1003, 1000, 3, (1003, 1001, 1000)),
        (1000, 1001, 2, (1000, 1001)),
    ],
)
def test_prices_lie_evenly_on_whole_ticks(
    first: int, last: int, count: int, expected: tuple[int, ...]
) -> None:
    assert prices(Price(first), Price(last), count) == expected


@pytest.mark.parametrize(
    ("total", "count", "shape", "expected"),
    [
        (10, 4, Shape.EVEN, (3, 3, 2, 2)),
        (6, 3, Shape.RISING, (1, 2, 3)),
        (6, 3, Shape.FALLING, (3, 2, 1)),
        (60, 3, Shape.RISING, (10, 20, 30)),
        (4, 3, Shape.RISING, (1, 1, 2)),
        (3, 3, Shape.FALLING, (1, 1, 1)),
    ],
)
def test_lots_are_shared_out(
    total: int, count: int, shape: Shape, expected: tuple[int, ...]
) -> None:
    assert split(Lots(total), count, shape) == expected


def test_what_cannot_be_is_refused() -> None:
    for count in (FEWEST - 1, MOST + 1):
        with pytest.raises(UnitError, match="are not"):
            prices(Price(1000), Price(2000), count)
    with pytest.raises(UnitError, match="at most 3 orders"):
        prices(Price(1000), Price(1002), 4)
    with pytest.raises(UnitError, match="too few"):
        split(Lots(3), 4)
    with pytest.raises(UnitError, match="steps of 10"):
        split(Lots(25), 2, step=10)


@given(st.integers(1, 10**7), st.integers(0, 10**5), st.booleans(), COUNTS)
def test_prices_are_all_different_in_order_and_end_where_they_should(
    first: int, apart: int, is_down: bool, count: int
) -> None:
    last = first + (-apart if is_down else apart)
    if apart < count - 1:
        with pytest.raises(UnitError):
            prices(Price(first), Price(last), count)
        return
    found = prices(Price(first), Price(last), count)
    assert (found[0], found[-1], len(found)) == (first, last, count)
    gaps = [(b - a) * (-1 if is_down else 1) for a, b in itertools.pairwise(found)]
    assert min(gaps) >= 1
    assert max(gaps) - min(gaps) <= 1


@given(st.integers(0, 10**7), COUNTS, st.sampled_from(list(Shape)), st.sampled_from([1, 10]))
def test_the_sum_is_exact_and_the_shape_is_kept(
    steps: int, count: int, shape: Shape, step: int
) -> None:
    if steps < count:
        with pytest.raises(UnitError):
            split(Lots(steps * step), count, shape, step)
        return
    found = split(Lots(steps * step), count, shape, step)
    assert sum(found) == steps * step
    assert len(found) == count
    assert all(lots > 0 and lots % step == 0 for lots in found)
    rising = found[::-1] if shape is Shape.FALLING else found
    if shape is Shape.EVEN:
        assert max(found) - min(found) <= step
    else:
        assert list(rising) == sorted(rising)
        whole = count * (count + 1) // 2
        if steps >= whole:  # as near to 1, 2, 3, ... as whole steps allow
            ideal = [steps * number / whole for number in range(1, count + 1)]
            assert all(abs(a / step - b) < 1 for a, b in zip(rising, ideal, strict=True))
