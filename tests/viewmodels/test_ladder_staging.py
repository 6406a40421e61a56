"""What B and S mean at the cursor: shown first, sent as shown."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType, PositionMode
from terminal.domain.guard import Touch
from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.units import Price, Side
from terminal.viewmodels.keys import DEFAULT_KEYS, Chord, LadderAction
from terminal.viewmodels.ladder_options import Centering
from terminal.viewmodels.ladder_spoken import cursor_row
from tests.support.builders import a_delta, a_position_update
from tests.support.desktop import OTHER
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

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


async def test_the_line_says_what_the_other_sides_key_would_do_where_it_takes() -> None:
    """Best bid 1000, best ask 1001: above the ask B takes, below the bid S does."""
    async with a_ladder() as one:
        one.press("F4", "End")
        mark = one.at_cursor()
        assert mark is not None
        assert (mark.whole, mark.short) == ("Sell 1 limit \u00b7 B takes", "Sell 1 \u00b7 B takes")
        one.press("Up", "Up")
        mark = one.at_cursor()
        assert mark is not None
        assert mark.whole == "Sell 1 limit \u00b7 B takes, 2 t through"
        assert mark.short == "Sell 1 \u00b7 B takes 2 t"
        spoken = cursor_row(one.ladder.view)
        assert spoken is not None
        assert "staged: Sell 1 limit, B takes, 2 t through" in spoken.words
        one.press("Home", "Down", "Down", "Down")
        mark = one.at_cursor()
        assert mark is not None
        assert mark.tail == "S takes, 3 t through"
        one.press("O")
        mark = one.at_cursor()
        assert mark is not None
        assert mark.tail == "S would take: post-only refuses it"
        one.press("O", "S")
        await one.desktop.settle()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert (ticket.side, ticket.price) == (Side.SELL, 997), "as was said"


async def test_beyond_the_collar_the_line_says_so_unless_the_key_only_reduces() -> None:
    async with a_ladder() as one:
        one.press("F4", "End", *(["Up"] * 21))
        mark = one.at_cursor()
        assert mark is not None
        assert mark.whole == "Sell 1 limit \u00b7 B: beyond the collar"
        assert mark.short == "Sell 1 \u00b7 B: collar"
        one.press("I")
        mark = one.at_cursor()
        assert mark is not None
        assert mark.tail == "B takes, 21 t through"


async def test_the_line_names_the_keys_that_hold_and_is_not_said_again_with_every_tick() -> None:
    async with a_ladder() as one:
        keys = {chord: action for chord, action in DEFAULT_KEYS.items() if chord != Chord("B")}
        one.ladder.set_keys({**keys, Chord("X"): LadderAction.BUY})
        one.press("F4", "End", "Up")
        mark, before = one.at_cursor(), cursor_row(one.ladder.view)
        assert mark is not None
        assert before is not None
        assert mark.tail == "X takes, 1 t through"
        one.desktop.bench.touch = Touch(Price(999), Price(1000))
        one.ladder.mark_dirty()
        one.desktop.frame.tick()
        mark, now = one.at_cursor(), cursor_row(one.ladder.view)
        assert mark is not None
        assert now is not None
        assert mark.tail == "X takes, 2 t through"
        assert now.reason == before.reason


MOVES = ((101, Side.BUY, 1000, 0), (102, Side.BUY, 999, 0), (103, Side.BUY, 1000, 7))


@pytest.mark.parametrize("centering", Centering)
async def test_once_armed_the_cursor_never_moves_by_itself(centering: Centering) -> None:
    """It was never placed, the market runs away, and the key sends where it was seen."""
    async with a_ladder() as one:
        one.ladder.set_options(replace(one.ladder.options, centering=centering, drift_ticks=1))
        one.press("F4")
        for move in MOVES:
            one.desktop.market_stream.push(a_delta(*move))
            one.desktop.frame.tick()
            (row,) = [row for row in one.ladder.view.rows if row.is_cursor]
            assert row.price == one.ladder.axis.cursor == 1000
            assert row.staged is not None
        one.press("B")
        await one.desktop.settle()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert ticket.price == 1000


@pytest.mark.parametrize("centering", Centering)
async def test_space_puts_the_cursor_at_the_inside_once_and_it_stays(centering: Centering) -> None:
    async with a_ladder() as one:
        one.ladder.set_options(replace(one.ladder.options, centering=centering, drift_ticks=1))
        one.press("F4", "Home", "PgDown")
        one.desktop.market_stream.push(a_delta(101, Side.BUY, 1000, 0))
        one.press("Space")
        assert one.ladder.axis.cursor == 999
        one.desktop.market_stream.push(a_delta(102, Side.BUY, 999, 0))
        one.desktop.frame.tick()
        assert one.ladder.axis.cursor == 999


async def test_disarmed_a_cursor_that_nobody_placed_follows_the_market_again() -> None:
    async with a_ladder() as one:
        one.press("F4", "F4")
        one.desktop.market_stream.push(a_delta(101, Side.BUY, 1000, 0))
        one.desktop.frame.tick()
        assert one.ladder.axis.cursor == 999
        one.press("Up", "F4", "F4")
        one.desktop.market_stream.push(a_delta(102, Side.BUY, 999, 0))
        one.desktop.frame.tick()
        assert one.ladder.axis.cursor == 1000, "who has placed it finds it where it was"


UNSEEN: dict[str, tuple[Callable[[Ladder], object], str]] = {
    "grouping": (lambda one: one.ladder.step(finer=False), "the price grouping changed"),
    "lane": (lambda one: one.ladder.toggle_lane(), "the lane changed"),
    "wheel": (lambda one: one.ladder.scroll(60), "out of sight"),
    "recentring": (lambda one: one.ladder.recenter(), "the cursor moved"),
    "a message over the rows": (lambda one: one.ladder.set_message_rows(25), "out of sight"),
    "flags": (lambda one: one.ladder.toggle_post_only(), "what goes with the order changed"),
}


async def test_a_message_that_comes_and_goes_is_no_frame() -> None:
    """What changed meanwhile has not been seen for it."""
    async with a_ladder(3, hedged=True) as one:
        one.press("F4", "Home", *["Down"] * 3)
        one.ladder.toggle_lane()
        one.ladder.set_message_rows(2)
        one.ladder.set_message_rows(0)
        one.press("S")
        assert await one.kinds() == []
        assert "the lane changed" in one.words


@pytest.mark.parametrize("key", ["B", "S", "Shift+B", "Shift+S", "Ctrl+S"])
@pytest.mark.parametrize("what", UNSEEN)
async def test_what_the_last_frame_did_not_show_at_the_cursor_is_not_sent(
    what: str, key: str
) -> None:
    change, words = UNSEEN[what]
    async with a_ladder(3, hedged=True) as one:
        one.press("F4", "Home", *["Down"] * 20)
        change(one)
        one.press(key)
        assert one.words.startswith("Nothing was sent: "), one.words
        assert words in one.words
        assert await one.kinds() == []
        assert not one.ladder.holding.is_holding
        one.press("Home", *["Down"] * 8)
        one.press("B")
        assert len(await one.kinds()) == 1, "what is seen is sent"


async def test_a_cursor_in_sight_stays_there_in_a_lower_window() -> None:
    async with a_ladder() as one:
        one.press("F4", "Home", *["Down"] * 12)
        cursor = one.ladder.axis.cursor
        one.ladder.set_visible_rows(9)
        one.desktop.frame.tick()
        assert one.ladder.axis.seen_cursor == cursor
        assert any(row.is_cursor for row in one.ladder.view.rows)
        one.press("B")
        assert len(await one.kinds()) == 1


async def test_wheel_and_message_leave_an_armed_cursor_where_it_is_and_nothing_is_sent_unseen() -> (
    None
):
    """The plate that tells where the market is lies on a row, too: no order goes from beneath."""
    async with a_ladder() as one:
        ladder, axis = one.ladder, one.ladder.axis
        one.press("F4", "Home", *["Up"] * 4)
        one.desktop.frame.tick()
        cursor = axis.cursor
        assert cursor is not None
        ladder.scroll(
            axis.count - 1 - (axis.row_of_index(cursor) or 0)
        )  # the cursor is the lowest row
        one.desktop.frame.tick()
        assert ladder.view.off_market
        assert (axis.cursor, axis.seen_cursor, axis.bottom_index) == (cursor, None, cursor)
        one.press("B")
        assert "out of sight" in one.words
        assert await one.kinds() == []
        one.press("Up")
        one.press("Down")
        one.desktop.frame.tick()
        assert axis.seen_cursor == cursor
        one.press("B")
        assert len(await one.kinds()) == 1


async def test_another_contract_between_frames_sends_nothing() -> None:
    async with a_ladder() as one:
        one.press("F4", "Home")
        one.ladder.choose_contract(str(OTHER))
        one.ladder.toggle_keyboard()
        one.press("B")
        assert await one.kinds() == []


async def test_the_users_own_cursor_keys_need_no_frame_in_between() -> None:
    async with a_ladder() as one:
        one.press("F4", "End", "Down", "Down", "O", "B", "PgDown", "B")
        await one.desktop.settle()
        placed = [(t.price, t.is_post_only) for t, _ in one.desktop.bench.trading.placed]
        assert placed == [(999, True), (989, False)]


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
        assert one.line() == "Buy 1 limit reduce-only (closes the short)"


async def test_nothing_is_staged_while_an_order_is_in_hand_or_the_data_is_stale() -> None:
    async with a_ladder() as one:
        one.press("F4", "Home")
        assert one.line()
        one.desktop.market_stream.drop()
        await one.desktop.settle()
        assert one.line() == ""


@pytest.mark.parametrize("infers", [True, False])
async def test_b_and_s_are_limits_whatever_the_place_means_to_the_mouse(*, infers: bool) -> None:
    """Beyond the collar the guard says so; below the market of a long position too."""
    async with a_ladder(3, infers=infers) as one:
        one.press("F4", "Home", "PgDown", "PgDown", "Down")
        assert one.line() == "Buy 1 limit"
        one.press("S")
        assert await one.kinds() == []
        assert "collar" in one.words
        one.press("Home", "Down", "Down", "S")
        await one.desktop.settle()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert (ticket.order_type, ticket.trigger, ticket.price) == (OrderType.LIMIT, None, 998)
        one.desktop.bench.stream.push(a_position_update(0))


async def test_the_stop_is_shift_and_the_key() -> None:
    async with a_ladder(3, infers=True) as one:
        one.press("F4", "Home", "Down", "Down", "Shift+S")
        assert await one.kinds() == [(Side.SELL, 998, False)]


async def test_unarmed_it_is_the_arming_that_is_told() -> None:
    async with a_ladder() as one:
        one.press("Home", "Down")
        one.ladder.step(finer=False)
        one.press("S")
        assert one.words.startswith("Keyboard trading is off")
        assert await one.kinds() == []


# Join and hit ------------------------------------------------------------------------------------


class Market:
    """Moves the book of 1000/1001 without a frame that shows it."""

    def __init__(self, one: Ladder) -> None:
        self._one, self._sequence = one, 100

    def push(self, side: Side, price: int, lots: int) -> None:
        self._sequence += 1
        self._one.desktop.market_stream.push(a_delta(self._sequence, side, price, lots))

    def up(self, ticks: int) -> None:
        """Both best prices rise."""
        for price in range(1001, 1001 + ticks):
            self.push(Side.SELL, price, 0)
        self.push(Side.SELL, 1001 + ticks, 5)
        self.push(Side.BUY, 1000 + ticks, 5)

    def down(self, ticks: int) -> None:
        """Both best prices fall."""
        for price in range(1000, 1000 - ticks, -1):
            self.push(Side.BUY, price, 0)
        self.push(Side.BUY, 1000 - ticks, 5)
        self.push(Side.SELL, 1001 - ticks, 5)


async def sent(one: Ladder) -> list[tuple[Side | None, int | None]]:
    await one.desktop.settle()
    return [(t.side, t.price) for t, _ in one.desktop.bench.trading.placed]


@pytest.mark.parametrize(
    ("key", "side", "price"),
    [("Q", Side.BUY, 1000), ("A", Side.SELL, 1001), ("W", Side.BUY, 1001), ("Z", Side.SELL, 1000)],
)
@pytest.mark.parametrize("ran", ["not", "up", "down"])
async def test_a_join_or_hit_goes_at_the_best_price_of_the_last_frame_or_not_at_all(
    key: str, side: Side, price: int, ran: str
) -> None:
    """What the eye saw is sent; a join that would take by now is not."""
    async with a_ladder() as one:
        one.press("F4")
        if ran != "not":
            getattr(Market(one), ran)(3)
        one.press(key)
        would_take = (key, ran) in {("Q", "down"), ("A", "up")}
        if would_take:
            assert one.words.endswith("and a join would take. Look, and press again.")
            assert await sent(one) == []
            one.press(key)  # a frame has shown the new price
            price += 3 if ran == "up" else -3
        assert await sent(one) == [(side, price)]


async def test_best_prices_that_ran_beyond_the_collar_since_the_last_frame_are_not_sent_at() -> (
    None
):
    """Twenty ticks as shipped; the frame after the refusal shows where they are."""
    for ticks, is_sent in ((20, True), (21, False)):
        async with a_ladder() as one:
            one.press("F4")
            Market(one).up(ticks)
            one.desktop.bench.touch = Touch(Price(1000 + ticks), Price(1001 + ticks))
            one.press("W")
            assert await sent(one) == ([(Side.BUY, 1001)] if is_sent else [])
            if not is_sent:
                assert one.words == (
                    "Nothing was sent: the best ask ran 21 ticks as you pressed. "
                    "Look, and press again."
                )
                one.press("W")
                assert await sent(one) == [(Side.BUY, 1022)]


async def test_what_goes_with_a_join_is_what_the_last_frame_showed() -> None:
    """Another surface's switch is not sent unseen; the hand's own key before it is known."""
    async with a_ladder() as one:
        one.press("F4")
        one.ladder.toggle_post_only()
        one.press("Q")
        assert "what goes with the order changed" in one.words
        one.ladder.key_pressed(Chord("I"), 10_000, False)
        one.press("Q")
        assert await sent(one) == [(Side.BUY, 1000)]


async def test_a_ladder_out_of_sight_joins_nothing_until_a_frame_shows_it() -> None:
    """The palette reaches it all the same."""
    async with a_ladder() as one:
        one.press("F4")
        one.ladder.hidden()
        one.ladder.run(LadderAction.JOIN_BID)
        assert await sent(one) == []
        assert "Nothing was sent: no frame has shown" in one.words
        one.ladder.run(LadderAction.JOIN_BID)
        assert await sent(one) == [(Side.BUY, 1000)]


async def test_unarmed_the_reason_is_told_as_before() -> None:
    async with a_ladder() as one:
        Market(one).up(40)
        one.press("Q")
        assert one.words.startswith("Keyboard trading is off")
        assert await sent(one) == []
