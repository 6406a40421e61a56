"""Streams that are cut at any frame, any number of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.quick_time import run_quickly, until
from tests.support.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.simexchange.sockets.hub import Listener
    from tests.support.quick_time import QuickClock

FRAMES = st.integers(0, 40)
"""After how many frames a connection is cut; the first frame is the welcome."""
CUTS = st.lists(FRAMES, max_size=4)
EXAMPLES = max(8, settings.default.max_examples // 6) if settings.default else 8
_uncut: list[str] = []


def cut_at(rig: Rig, public: list[int], private: list[int]) -> None:
    """Cut each further connection of a kind after its number of frames, then cut no more."""
    plans = {True: list(private), False: list(public)}
    left: dict[Listener, int] = {}

    def bend(to: Listener, _frame: dict[str, Any], _text: str) -> Iterable[str] | None:
        if to not in left:
            plan = plans[to.uid is not None]
            left[to] = plan.pop(0) if plan else -1
        if left[to] == 0:
            to.abort()
            return ()
        left[to] -= 1
        return None

    rig.tamper.frames(bend)


async def trade(rig: Rig) -> None:
    """Orders that rest, fill, and are canceled, whatever happens to the streams meanwhile."""
    for step in range(3):
        await until(rig.is_ready, "a trusted account", 120.0)
        taken, resting = rig.takes(1 + step), rig.rests()
        await rig.clear_up(taken)
        await rig.clear_up(resting)
        if step:
            await rig.cancel(resting)


def run(public: list[int], private: list[int]) -> list[str]:
    """Trade under these cuts; the topics that the exchange has us down for at the end."""
    topics: list[str] = []

    async def live_through(clock: QuickClock) -> None:
        rig = Rig(clock)
        cut_at(rig, public, private)
        try:
            await rig.start()
            await rig.open()
            await trade(rig)
            await until(rig.is_whole, "equality", 120.0)
            assert not rig.told_twice_or_never()
            assert len(rig.intents) == len(rig.tamper.received) == 6
            assert not rig.lies, rig.lies
            topics.extend(rig.topics())
        finally:
            await rig.stop()

    run_quickly(live_through)
    return topics


@settings(max_examples=EXAMPLES)
@given(CUTS, CUTS)
@example([0, 0, 0], [0, 0, 0])
@example([1, 2, 3, 4], [1, 2, 3, 4])
def test_whatever_is_cut_the_same_subscriptions_follow_and_all_is_equal(
    public: list[int], private: list[int]
) -> None:
    """Book, orders, fills and positions are the exchange's own; every order was sent once."""
    if not _uncut:
        _uncut.extend(run([], []))
    assert run(public, private) == _uncut
