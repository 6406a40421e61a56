"""Time stamps of any unit, told apart by magnitude."""

from __future__ import annotations

import pytest

from terminal.domain.clock import to_ms, to_ns


@pytest.mark.parametrize(
    "stamp",
    [1_760_000_000, 1_760_000_000_000, 1_760_000_000_000_000, 1_760_000_000_000_000_000],
)
def test_seconds_to_nanoseconds_mean_the_same_moment(stamp: int) -> None:
    assert to_ns(stamp) == 1_760_000_000_000_000_000
    assert to_ms(stamp) == 1_760_000_000_000
