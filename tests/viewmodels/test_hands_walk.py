"""Random histories of both hands: whatever comes in between, only what was asked for is sent.

The law: an order that opens was asked for by one gesture at the price that was shown, and the hand
that asked is armed still; what is held, grabbed, dragged or pressed ends with cancelling all,
flattening, the lock, disarming, a lost connection, another contract and a hidden panel.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.ladder_habits import OtherButton
from terminal.viewmodels.ladder_clicks import Button
from terminal.viewmodels.ladder_columns import LadderColumn
from tests.support.hands_walk import ENDS_ALL, HandsWalk
from tests.support.mouse_scene import HOLD_MS, a_scene

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.usefixtures("qapp")
C, L, R = LadderColumn, Button.LEFT, Button.OTHER
KEYS = [
    "B", "S", "B", "S", "Shift+B", "Shift+S", "Ctrl+S", "Q", "A", "W", "Z", "G", "Up", "Down",
    "Up", "Enter", "Enter", "Esc", "Delete", "Backspace", "D", "U", "Ctrl+Delete",
    "Ctrl+Shift+Delete", "F F", "H H", "T", "O", "I", "L", "1", "2", "P", "Space", "Home", "End",
    "Ctrl+Shift+B Ctrl+Shift+B", "Shift+Up", "]", "[",
]  # fmt: skip
COLUMNS = [C.BID, C.ASK, C.BID, C.ASK, C.OWN_BID, C.OWN_BID, C.OWN_ASK, C.PRICE, C.PNL]
USER = [
    "keyboard", "mouse", "keyboard", "mouse", "disarm", "lock", "unlock", "hide", "contract",
    "cancel elsewhere", "flatten elsewhere", "watch", "trade", "trade", "unlock",
]  # fmt: skip
WORLD = ["disconnect", "no touch", "touch", "touch", "answers", "answers", "fills", "own order"]
BUTTONS = [L, L, L, R, Button.MIDDLE]
A_ROW = st.integers(8, 19)
STEP = st.one_of(
    st.just(("frame",)),
    st.tuples(st.just("key"), st.sampled_from(KEYS)),
    st.tuples(st.just("key"), st.sampled_from(KEYS)),
    st.tuples(
        st.just("aim"), A_ROW, st.sampled_from(COLUMNS), st.sampled_from(BUTTONS),
        st.sampled_from(["", "", "Shift", "Ctrl"]),
    ),
    st.tuples(st.just("own"), A_ROW),
    st.just(("grab",)),
    st.tuples(st.just("up"), st.sampled_from(BUTTONS)),
    st.tuples(st.just("point"), A_ROW, st.sampled_from(COLUMNS)),
    st.just(("leave",)),
    st.tuples(st.just("user"), st.sampled_from(USER)),
    st.tuples(
        st.just("habits"), st.booleans(), st.booleans(), st.booleans(), st.sampled_from(OtherButton)
    ),
    st.tuples(st.just("time"), st.sampled_from([50, HOLD_MS, 1000])),
    st.tuples(st.just("market"), st.sampled_from([-2, -1, 1, 2, 8])),
    st.tuples(st.just("world"), st.sampled_from(WORLD)),
)  # fmt: skip
ARMED = (("user", "keyboard"), ("user", "mouse"), ("world", "own order"), ("world", "answers"),
         ("frame",))  # fmt: skip


def play(steps: Sequence[tuple[Any, ...]], *, is_hedged: bool = False) -> None:
    """A history from two armed hands and an own order on; the world answers when it is told to."""

    async def history() -> None:
        with pytest.MonkeyPatch.context() as patch:
            async with a_scene(patch, is_hedged=is_hedged) as scene:
                walk = HandsWalk(scene)
                for step in (*ARMED, *steps):
                    await walk.do(step)

    asyncio.run(history())


@given(st.lists(STEP, min_size=8, max_size=30), st.booleans())
@settings(max_examples=max(30, settings().max_examples // 2))
def test_only_what_was_asked_for_is_sent(steps: list[tuple[Any, ...]], is_hedged: bool) -> None:
    play(steps, is_hedged=is_hedged)


PRESSES = {
    "pressed": (("habits", True, False, False, OtherButton.NOTHING), ("aim", 16, C.BID, L, "")),
    "dragged": (("own", 19),),
    "grabbed": (("grab",), ("key", "Up")),
    "dropped": (("habits", False, True, False, OtherButton.NOTHING), ("own", 19), ("up", L)),
    "held": (("habits", False, True, False, OtherButton.NOTHING), ("frame",), ("key", "B")),
}
LATER = (("up", L), ("key", "Enter"), ("time", HOLD_MS), ("world", "answers"), ("frame",))
"""Whatever would carry out what is in hand."""


@pytest.mark.parametrize(
    ("hand", "ender"),
    [
        pytest.param(hand, ender, id=f"{hand}, {ender}")
        for hand in PRESSES
        for ender in sorted(ENDS_ALL)
    ],
)
def test_nothing_in_hand_survives(hand: str, ender: str) -> None:
    by_key = ender in KEYS
    by_world = ender == "disconnect"
    what = "key" if by_key else "world" if by_world else "user"
    play((*PRESSES[hand], (what, ender), *LATER))


@pytest.mark.parametrize("way", ["]", "Space", "wheel", "middle"])
def test_a_click_is_never_sent_at_a_price_that_was_not_painted_there(way: str) -> None:
    moves = {
        "wheel": ("scroll", 3),
        "middle": ("down", Button.MIDDLE, ""),
    }.get(way, ("key", way))
    play((("scroll", 4), ("frame",), ("point", 16, C.BID), ("frame",), moves, ("down", L, "")))


def test_a_drop_is_held_back_like_every_other_order() -> None:
    async def history() -> None:
        with pytest.MonkeyPatch.context() as patch:
            async with a_scene(patch) as scene:
                walk = HandsWalk(scene)
                for step in (*ARMED, *PRESSES["dropped"]):
                    await walk.do(step)
                assert scene.bench.trading.cancels == []
                await walk.do(("time", HOLD_MS))
                assert len(scene.bench.trading.cancels) == 1

    asyncio.run(history())
