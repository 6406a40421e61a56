"""What one ladder cleared is left out for it, and for nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price, Side
from terminal.domain.volume_profile import VolumeProfile
from terminal.domain.volume_view import VolumePart, VolumeView

NOW = TimestampMs(1)
TRADES = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(90, 110), st.integers(1, 9)), max_size=30
)


def rows_of(view: VolumeView, step: int = 1, top: int = 110, count: int = 30) -> list[int]:
    bought, sold = [0] * count, [0] * count
    view._profile.fill_rows(top, step, bought, sold)
    view.leave_out(top, step, bought, sold)
    return [a + b for a, b in zip(bought, sold, strict=True)]


def trade(profile: VolumeProfile, trades: list[tuple[Side, int, int]]) -> None:
    for side, price, lots in trades:
        profile.add(side, Price(price), Lots(lots))


@given(TRADES, TRADES, st.sampled_from(VolumePart), st.integers(1, 7))
def test_after_a_clear_only_what_is_traded_then_counts_in_its_part(
    before: list[tuple[Side, int, int]],
    after: list[tuple[Side, int, int]],
    part: VolumePart,
    step: int,
) -> None:
    """Like a profile that was cleared itself, at every grouping; another view sees everything."""
    shared, own = VolumeProfile(NOW), VolumeProfile(NOW)
    view, other = VolumeView(shared), VolumeView(shared)
    for profile in (shared, own):
        trade(profile, before)
    assert view.clear(part, Price(99), Price(101))
    if part is VolumePart.ALL:
        own.clear(NOW)
    elif part is VolumePart.ABOVE:
        own.clear_above(Price(101))
    else:
        own.clear_below(Price(99))
    for profile in (shared, own):
        trade(profile, after)
    top = 110 // step
    assert rows_of(view, step, top) == rows_of(VolumeView(own), step, top)
    assert sum(rows_of(other)) == sum(lots for _, _, lots in before + after)


@given(TRADES, TRADES)
def test_what_all_cleared_is_not_left_out_twice(
    before: list[tuple[Side, int, int]], after: list[tuple[Side, int, int]]
) -> None:
    shared = VolumeProfile(NOW)
    view = VolumeView(shared)
    trade(shared, before)
    view.clear(VolumePart.ALL, None, None)
    shared.clear_above(Price(100))
    view.profile_cleared()
    trade(shared, after)
    assert sum(rows_of(view)) == sum(lots for _, _, lots in after)


def test_without_an_inside_nothing_is_beyond_it() -> None:
    shared = VolumeProfile(NOW)
    trade(shared, [(Side.BUY, 100, 3)])
    view = VolumeView(shared)
    assert not view.clear(VolumePart.ABOVE, None, None)
    assert not view.clear(VolumePart.BELOW, None, None)
    assert sum(rows_of(view)) == 3
