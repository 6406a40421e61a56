"""Exits on their way: each fill by itself, and never more than may still come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.events import PositionSide
from terminal.session.awaited import AwaitedExits
from tests.support.builders import XBT

LANE = (XBT, PositionSide.BOTH)
GRACE_S = 10.0


def a_fill(exits: AwaitedExits, lots: int, now_s: float, sign: int = 1) -> None:
    exits.fill(LANE, lots, sign, now_s, now_s + 1.0, now_s + GRACE_S)


def test_each_fill_has_its_own_deadline() -> None:
    exits = AwaitedExits()
    a_fill(exits, 1, 0.0)
    a_fill(exits, 2, 8.0)
    assert [exits.lots(LANE, 3, now_s) for now_s in (9.9, 10.0, 17.9, 18.0)] == [3, 2, 2, 0]


def test_fills_of_a_moment_are_looked_for_together() -> None:
    exits = AwaitedExits()
    first = exits.fill(LANE, 1, 1, 0.0, 1.0, GRACE_S)
    assert first is not None
    assert exits.fill(LANE, 2, 1, 0.9, 1.9, 10.9) is None
    assert first.lots == 3
    assert exits.fill(LANE, 2, -1, 0.9, 1.9, 10.9) is not None, "those of the other side are not"
    assert exits.fill(LANE, 2, 1, 1.0, 2.0, 11.0) is not None


def test_a_fill_against_what_is_held_covers_none_of_it() -> None:
    exits = AwaitedExits()
    a_fill(exits, 2, 0.0, sign=-1)
    assert (exits.lots(LANE, 3, 1.0), exits.lots(LANE, -3, 1.0)) == (0, 2)


@given(
    st.lists(
        st.tuples(st.sampled_from(["fill", "stop", "gone", "flat", "wait"]), st.integers(1, 4)),
        max_size=20,
    )
)
def test_never_more_is_awaited_than_filled_of_late_less_what_came(
    steps: list[tuple[str, int]],
) -> None:
    exits, now_s = AwaitedExits(), 0.0
    fills: list[tuple[float, int]] = []
    came, held, stops = 0, 0, dict[str, int]()
    for number, (what, lots) in enumerate(steps):
        if what == "fill":
            a_fill(exits, lots, now_s)
            fills.append((now_s, lots))
            held += lots
        elif what == "stop":
            stops[f"s{number}"] = lots
            came += lots
        elif what == "gone" and stops:
            stops.popitem()
        elif what == "flat":
            held = came = 0
            fills.clear()
        else:
            now_s += 4.0 * lots
        exits.see(LANE, held, stops.items())
        awaited = exits.lots(LANE, held, now_s)
        late = sum(more for at_s, more in fills if now_s < at_s + GRACE_S)
        assert 0 <= awaited <= late
        # A stop that came before any fill, or for one given up, is nobody's exit.
        assert awaited >= late - came
