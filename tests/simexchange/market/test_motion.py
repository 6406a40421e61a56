"""Where the price is right now: on its path, and off it as far as somebody moved it."""

from __future__ import annotations

import math

import pytest

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.motion import Motion
from terminal.simexchange.market.path import PricePath
from terminal.simexchange.market.world import Base, World

START_MS = 1_760_000_012_345
START_S = START_MS / 1000
SPEC = CONTRACTS[0]
PATH = PricePath(SPEC, "7", START_MS)


def a_motion(base: Base | None = None) -> Motion:
    return Motion(SPEC, PATH, base or World().base("XBT"), START_S)


def test_it_begins_at_the_start_price_and_follows_the_path() -> None:
    motion = a_motion()
    motion.go(START_S)
    assert motion.fair == SPEC.start_ticks
    motion.go(START_S + 3600)
    minute = (START_MS // 1000 + 3600) // 60
    span = PATH.span(minute, 1)
    assert abs(math.log(motion.fair / SPEC.start_ticks) - span.left) < 0.01


def test_it_depends_on_the_instant_and_not_on_what_was_asked_before() -> None:
    one, two = a_motion(), a_motion()
    for second in range(1, 90):
        one.passed(START_S + second)
        one.go(START_S + second)
    two.passed(START_S + 89)
    two.go(START_S + 89)
    assert one.fair == two.fair


def test_who_is_moved_takes_the_others_of_its_base_along() -> None:
    base = World().base("XBT")
    one, two, still = a_motion(base), a_motion(base), a_motion()
    one.shift_to(SPEC.start_ticks * 1.1)
    for second in range(1, 300):
        for motion in (one, two, still):
            motion.passed(START_S + second)
            motion.go(START_S + second)
    assert one.fair / still.fair == pytest.approx(1.1)
    assert two.fair / still.fair == pytest.approx(1.1, rel=1e-3)


def test_it_never_leaves_what_can_be_traded() -> None:
    motion = a_motion()
    for ticks in (-1e12, 1e15):
        motion.shift_to(ticks)
        motion.go(START_S)
        assert 100 <= motion.fair <= float(SPEC.max_price / SPEC.tick)
