"""How a ladder takes gestures."""

from __future__ import annotations

import pytest

from terminal.domain.ladder_habits import LONGEST_HOLD_MS, LadderHabits


@pytest.mark.parametrize("hold_ms", [-1, LONGEST_HOLD_MS + 1])
def test_an_order_is_not_held_back_longer_than_can_be_felt(hold_ms: int) -> None:
    with pytest.raises(ValueError, match="0 to 400 ms"):
        LadderHabits(hold_ms=hold_ms)


def test_without_settings_a_ladder_does_what_it_always_did() -> None:
    assert LadderHabits() == LadderHabits(
        disarms_on_focus_loss=False, acts_on_release=False, hold_ms=0, infers_type=False
    )
