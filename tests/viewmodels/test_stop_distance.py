"""The stop that a risk is reckoned to: what waits for the position, else that of a bracket."""

from __future__ import annotations

import pytest

from terminal.domain.events import PositionSide
from terminal.viewmodels.stop_distance import stop_distance
from tests.support.builders import a_contract
from tests.support.guarded import a_stop_update
from tests.support.protected import Protected

pytestmark = pytest.mark.usefixtures("qapp")


async def test_without_a_position_it_is_the_brackets_stop() -> None:
    protected = await Protected().start()
    watch = protected.guarded.watch
    ticks = watch.settings.bracket_loss_ticks
    assert stop_distance(watch, a_contract(), PositionSide.BOTH) == (
        ticks,
        f"to the bracket's stop, {ticks} ticks",
    )
    await protected.stop()


async def test_of_a_protected_position_it_is_the_stop_that_waits() -> None:
    protected = await Protected().start(5, a_stop_update())
    watch = protected.guarded.watch
    watched = watch.watched(a_contract().symbol)
    assert watched is not None
    (stop,) = watched.cover.stops
    assert stop.trigger is not None
    ticks, words = stop_distance(watch, a_contract(), PositionSide.BOTH)
    assert ticks == abs(stop.trigger - 1000)  # the mark of 100.05 lies between two ticks
    assert words == f"to the stop at {stop.trigger / 10:.1f}, {ticks} ticks"
    await protected.stop()
