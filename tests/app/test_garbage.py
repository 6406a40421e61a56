"""Full collections happen when nobody is disturbed, and never by themselves."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, final

import pytest

from terminal.app.garbage import LATEST_S, SOONEST_S, Garbage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")


@final
class Frames:
    """A frame clock that is busy or not, and a clock."""

    def __init__(self) -> None:
        self.is_idle = False
        self.now_s = 0.0

    def now(self) -> float:
        return self.now_s


@final
class Knot:
    """Holds itself: only a collection ends it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def frames() -> Frames:
    return Frames()


@pytest.fixture
def garbage(frames: Frames) -> Iterator[Garbage]:
    made = Garbage(frames, now_s=frames.now)
    yield made
    made.stop()


def an_old_knot() -> weakref.ref[Knot]:
    """One that young collections look at no more."""
    knot = Knot()
    gc.collect(1)
    return weakref.ref(knot)


def test_a_burst_is_not_disturbed_and_calm_is_used(garbage: Garbage, frames: Frames) -> None:
    garbage.settle()
    knot = an_old_knot()
    frames.now_s = SOONEST_S
    garbage.look()
    assert knot() is not None, "frames wait"

    frames.is_idle = True
    garbage.look()

    assert knot() is None


def test_a_burst_without_an_end_is_disturbed_at_last(garbage: Garbage, frames: Frames) -> None:
    garbage.settle()
    knot = an_old_knot()
    frames.now_s = LATEST_S
    garbage.look()

    assert knot() is None


def test_calm_is_not_used_all_the_time(garbage: Garbage, frames: Frames) -> None:
    garbage.settle()
    knot = an_old_knot()
    frames.is_idle, frames.now_s = True, SOONEST_S - 1
    garbage.look()

    assert knot() is not None


def test_what_the_start_made_is_looked_at_no_more_until_the_end(garbage: Garbage) -> None:
    """Frozen objects are no candidates; stopping thaws them and puts the thresholds back."""
    before = gc.get_threshold()
    garbage.settle()
    garbage.settle()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[:2] == before[:2]
    assert gc.get_threshold()[2] > 1_000_000

    garbage.stop()
    garbage.stop()

    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before
