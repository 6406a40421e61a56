"""What B and S mean at the cursor: shown first, sent as shown."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType, PositionMode
from terminal.domain.guard import Touch
from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.units import Price, Side
from terminal.viewmodels.keys import Chord
from tests.support.builders import a_delta, a_position_update
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.ladder_view import StagedMark


class Ladder:
    def __init__(self, protected: Protected) -> None:
        self.protected = protected
        self.desktop = protected.desktop
        self.ladder = protected.desktop.ladder
        self._now_ms = 0

    def press(self, *names: str) -> None:
        for name in names:
            self._now_ms += 1000
            *modifiers, key = name.split("+")
            chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
            assert self.ladder.key_pressed(chord, self._now_ms, False), name
        self.desktop.frame.tick()

    def at_cursor(self) -> StagedMark | None:
        return next(row.staged for row in self.ladder.view.rows if row.is_cursor)

    def line(self) -> str:
        mark = self.at_cursor()
        return "" if mark is None else mark.words

    @property
    def words(self) -> str:
        message = self.ladder.view.message
        return "" if message is None else message.text

    async def kinds(self) -> list[tuple[Side | None, int | None, bool]]:
        """Side, trigger and whether it only reduces, of all that was sent."""
        await self.desktop.settle()
        return [
            (t.side, None if t.trigger is None else t.trigger.price, t.is_reduce_only)
            for t, _ in self.desktop.bench.trading.placed
        ]


@contextlib.asynccontextmanager
async def a_ladder(
    lots: int = 0, *, infers: bool = False, hedged: bool = False
) -> AsyncIterator[Ladder]:
    protected = Protected()
    if hedged:
        protected.desktop.bench.gateway.mode = PositionMode.HEDGE
    await protected.start(lots)
    protected.desktop.ladder.set_visible_rows(61)
    protected.desktop.ladder.habits = LadderHabits(infers_type=infers)
    protected.desktop.frame.tick()
    try:
        yield Ladder(protected)
    finally:
        await protected.stop()


pytestmark = pytest.mark.usefixtures("qapp")


async def test_an_armed_ladder_says_what_its_keys_send_and_an_unarmed_one_nothing() -> None:
    async with a_ladder() as one:
        one.press("Home", "Down")
        assert one.line() == ""
        one.press("F4")
        assert one.line() == "Buy 1 limit"
        one.press("3", "O", "I")
        assert one.line() == "Buy 10 limit post-only reduce-only"
        one.press("O", "I", "T")
        assert one.line() == "Buy 10 limit with exits"
        one.press("End", "Up")
        assert one.line().startswith("Sell 10 limit")
        one.press("F4")
        assert one.line() == ""


async def test_the_line_goes_with_a_cursor_that_follows_the_market() -> None:
    """In every frame the line stands on the row at which the key would send."""
    async with a_ladder() as one:
        one.press("F4")
        for sequence, lots, best in ((101, 0, 999), (102, 7, 1000), (103, 0, 999)):
            one.desktop.market_stream.push(a_delta(sequence, Side.BUY, 1000, lots))
            one.desktop.frame.tick()
            (row,) = [row for row in one.ladder.view.rows if row.is_cursor]
            assert row.price == one.ladder.axis.cursor == best
            assert row.staged is not None


async def test_a_mouse_armed_ladder_shows_no_line_of_keys() -> None:
    async with a_ladder() as one:
        one.ladder.toggle_mouse()
        one.desktop.frame.tick()
        assert one.line() == ""


async def test_the_line_names_the_lane_of_hedge_mode() -> None:
    async with a_ladder(hedged=True) as one:
        one.press("F4", "Home")
        assert one.line() == "Buy 1 limit (long lane)"
        one.press("L")
        assert one.line() == "Buy 1 limit reduce-only (short lane)"


async def test_nothing_is_staged_while_an_order_is_in_hand_or_the_data_is_stale() -> None:
    async with a_ladder() as one:
        one.press("F4", "Home")
        assert one.line()
        one.desktop.market_stream.drop()
        await one.desktop.settle()
        assert one.line() == ""


async def test_far_through_the_market_a_stop_is_announced_and_then_sent() -> None:
    async with a_ladder(infers=True) as one:
        one.press("F4", "Home", "PgDown", "PgDown", "Down")
        mark = one.at_cursor()
        assert mark is not None
        assert mark.words == "Buy 1 limit"
        assert mark.other == "S: sell 1 stop if mark falls to 97.9"
        one.press("S")
        assert await one.kinds() == [(Side.SELL, 979, False)]


async def test_a_long_position_is_stopped_by_s_below_the_market() -> None:
    async with a_ladder(3, infers=True) as one:
        one.press("F4", "Home", "Down", "Down")
        mark = one.at_cursor()
        assert mark is not None
        assert mark.other.startswith("S: sell 1 stop reduce-only if mark falls to")
        one.press("S")
        assert await one.kinds() == [(Side.SELL, 998, True)]


async def test_who_presses_before_the_line_has_said_stop_sends_nothing() -> None:
    """Ten rows down and S within one frame: nothing was seen, so nothing is sent."""
    async with a_ladder(infers=True) as one:
        one.press("F4", "Home", "PgDown", "PgDown", "Down", "S")
        one.press("F4", "F4", "Home")
        one.press("PgDown", "PgDown", "Down", "S")
        assert await one.kinds() == []
        assert "the line did not say so yet" in one.words
        one.press("S")
        assert len(await one.kinds()) == 1


async def test_a_type_that_changed_under_the_finger_is_not_sent() -> None:
    async with a_ladder(infers=True) as one:
        one.press("F4", "Home", "PgDown", "PgDown", "Down")
        one.desktop.bench.touch = Touch(Price(999), Price(1001))
        one.press("S")
        assert await one.kinds() == []
        assert "means a limit now" in one.words


async def test_unarmed_it_is_the_arming_that_is_told() -> None:
    async with a_ladder(infers=True) as one:
        one.press("Home", "PgDown", "PgDown", "Down", "S")
        assert one.words.startswith("Keyboard trading is off")
        assert await one.kinds() == []


async def test_post_only_and_exits_keep_it_a_limit() -> None:
    async with a_ladder(infers=True) as one:
        one.press("F4", "Home", "PgDown", "PgDown", "Down", "O")
        mark = one.at_cursor()
        assert mark is not None
        assert mark.other == ""
        one.press("S")
        assert await one.kinds() == []
        assert "collar" in one.words


async def test_without_the_habit_s_below_the_market_is_a_limit_as_ever() -> None:
    async with a_ladder(3) as one:
        one.press("F4", "Home", "Down", "S")
        await one.desktop.settle()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert ticket.order_type is OrderType.LIMIT
        one.desktop.bench.stream.push(a_position_update(0))
