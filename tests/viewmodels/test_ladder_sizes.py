"""Sizes in value, coin and risk on a ladder whose price moves: what is drawn is what is sent."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminal.domain.guard import Touch
from terminal.domain.sizing import UNITS, SizeUnit
from terminal.domain.units import Price, Side
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from tests.support.builders import a_delta
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Hand:
    """A ladder around 1000/1001 with both hands armed, sizes in dollars."""

    def __init__(self, protected: Protected) -> None:
        self.protected, self.desktop = protected, protected.desktop
        self.ladder, self.sizes = self.desktop.ladder, self.desktop.sizes
        self._sequence = 100
        self._at_ms = 0
        self._bid = 1000
        self._levels = [(Side.BUY, 1000), (Side.BUY, 999), (Side.SELL, 1001), (Side.SELL, 1002)]

    def book(self, bid: int) -> None:
        """The market goes there at once: one level on each side, a tick apart."""
        levels = [(Side.BUY, bid), (Side.SELL, bid + 1)]
        changes = [(side, price, 0) for side, price in self._levels if (side, price) not in levels]
        for side, price, lots in (*changes, *((side, price, 5) for side, price in levels)):
            self._sequence += 1
            self.desktop.market_stream.push(a_delta(self._sequence, side, price, lots))
        self._levels = levels
        self.touch(bid, bid + 1)

    def touch(self, bid: int, ask: int) -> None:
        """What the desk takes for the best prices."""
        self.desktop.bench.touch = Touch(Price(bid), Price(ask))

    def press(self, *names: str, **modifiers: bool) -> None:
        for name in names:
            self._at_ms += 100
            assert self.ladder.key_pressed(Chord(name, **modifiers), self._at_ms, False)

    def frame(self) -> None:
        self.ladder.mark_dirty()
        self.desktop.frame.tick()

    @property
    def note(self) -> str:
        return self.ladder.view.foot.note

    @property
    def message(self) -> str:
        message = self.ladder.view.message
        return "" if message is None else message.text

    async def sent(self) -> list[int | None]:
        """The lots of all orders so far."""
        await self.protected.settle()
        return [lots for _, lots, _ in self.protected.sent]


@contextlib.asynccontextmanager
async def a_hand(lots: int = 0, unit: SizeUnit = SizeUnit.VALUE) -> AsyncIterator[Hand]:
    protected = await Protected().start(lots)
    hand = Hand(protected)
    hand.ladder.choose_unit(UNITS.index(unit))
    hand.ladder.toggle_keyboard()
    hand.ladder.toggle_mouse()
    hand.frame()
    try:
        yield hand
    finally:
        await protected.stop()


async def test_dollars_follow_the_price_and_a_key_sends_what_the_last_frame_showed() -> None:
    async with a_hand() as hand:
        hand.ladder.set_size_text("20.01")
        hand.frame()
        assert hand.note == "200 lots, about 20.01 USDT."
        hand.book(1019)
        hand.press("Q")
        assert await hand.sent() == [200], "no frame has shown another number"
        assert hand.note == "196 lots, about 19.98 USDT."
        assert hand.ladder.view.size_text == "20.01", "what was chosen stays what was chosen"
        hand.press("Q")
        assert await hand.sent() == [200, 196]


async def test_the_staged_line_shows_the_lots_of_the_frame() -> None:
    async with a_hand() as hand:
        hand.ladder.set_size_text("20.01")
        hand.press("Home")
        hand.frame()

        def line() -> list[str]:
            return [row.staged.words for row in hand.ladder.view.rows if row.staged is not None]

        assert line() == ["Buy 200 limit"]
        hand.book(1019)
        hand.press("Home")
        assert line() == ["Buy 200 limit"]
        await hand.protected.settle()
        assert line() == ["Buy 196 limit"]


async def test_the_size_of_the_position_stays_its_lots_whatever_the_price() -> None:
    async with a_hand(7) as hand:
        hand.press("P")
        hand.book(1019)
        hand.frame()
        assert hand.note.startswith("7 lots whatever the price, about 0.")
        hand.press("A")
        assert await hand.sent() == [7]


async def test_without_a_price_the_hands_refuse_and_send_no_old_number() -> None:
    async with a_hand() as hand:
        hand.ladder.set_size_text("20.01")
        hand.press("Home")
        hand.frame()
        hand.desktop.bench.touch = None  # as when the book is stale
        hand.press("B")
        assert await hand.sent() == []
        words = "There is no price yet to reckon the size with."
        assert hand.message == f"Not sent. {words}"
        assert hand.note == f"No size to send. {words}"
        hand.press("=", "/", "Q")
        assert await hand.sent() == []
        hand.touch(1000, 1001)
        hand.frame()
        hand.press("B")
        assert await hand.sent() == [200]


async def test_without_equity_a_risk_is_no_size_and_says_so() -> None:
    async with a_hand(unit=SizeUnit.RISK) as hand:
        hand.ladder.set_size_text("1")
        hand.frame()
        assert hand.sizes.current
        basis = hand.desktop.ladder.foot.basis()
        assert basis is not None
        hand.sizes.follow(lambda: replace(basis, equity=None))
        hand.frame()
        assert hand.note == ("No size to send. The equity in USDT is not known, or there is none.")
        assert hand.ladder.view.foot.is_over
        hand.press("Q")
        hand.frame()
        assert hand.message == "Not sent. The equity in USDT is not known, or there is none."
        hand.press("B", shift=True)
        hand.press("B", "B", shift=True, ctrl=True)
        hand.frame()
        assert hand.message.startswith("Not sent. The equity")
        rows = hand.ladder.view.rows
        at = next(number for number, row in enumerate(rows) if row.price == 999)
        hand.ladder.mouse_pressed(Spot(at, LadderColumn.BID), Button.LEFT)
        hand.ladder.mouse_released(Spot(at, LadderColumn.BID), Button.LEFT)
        assert await hand.sent() == []
        assert hand.message.startswith("Not sent. The equity")


async def test_a_market_order_is_of_the_lots_that_were_asked_about() -> None:
    async with a_hand() as hand:
        hand.ladder.set_size_text("20.01")
        hand.frame()
        hand.press("B", shift=True, ctrl=True)
        hand.frame()
        assert hand.message == "Once more to buy 200 at market."
        hand.book(1010)
        await hand.protected.settle()
        assert hand.sizes.current == 198
        hand.press("B", shift=True, ctrl=True)
        assert await hand.sent() == [200]


async def test_another_size_between_both_presses_is_asked_about_anew() -> None:
    async with a_hand() as hand:
        hand.ladder.set_size_text("20.01")
        hand.press("B", shift=True, ctrl=True)
        hand.ladder.set_size_text("30")
        hand.press("B", shift=True, ctrl=True)
        hand.frame()
        assert hand.message == "Once more to buy 299 at market."
        hand.press("B", shift=True, ctrl=True)
        assert await hand.sent() == [299]


async def test_a_button_that_is_down_sends_on_release_what_stood_there_at_the_press() -> None:
    async with a_hand() as hand:
        hand.ladder.habits = replace(hand.ladder.habits, acts_on_release=True)
        hand.ladder.set_size_text("20.01")
        hand.frame()
        rows = hand.ladder.view.rows
        at = next(number for number, row in enumerate(rows) if row.price == 999)
        spot = Spot(at, LadderColumn.BID)
        hand.ladder.mouse_moved(spot)
        hand.frame()
        hand.ladder.mouse_pressed(spot, Button.LEFT)
        hand.touch(1000, 1003)
        await hand.protected.settle()
        mark = hand.ladder.view.rows[at].hover
        assert mark is not None
        assert mark.words == "Let go: Buy 200 limit"
        hand.ladder.mouse_released(spot, Button.LEFT)
        assert await hand.sent() == [200]
        assert hand.sizes.current == 199


async def test_more_than_the_limits_allow_is_marked_and_never_sent() -> None:
    """Dollars at a lower price are more lots: the guard looks at those, too."""
    async with a_hand() as hand:
        hand.ladder.set_size_text("1000")
        hand.frame()
        assert not hand.ladder.view.foot.is_over
        hand.book(980)
        await hand.protected.settle()
        assert hand.sizes.current == 10_198
        assert hand.ladder.view.foot.is_over
        hand.press("Q")
        assert await hand.sent() == []
        assert "10198 lots" in hand.message.replace("\N{NARROW NO-BREAK SPACE}", "")


MOVES = st.lists(
    st.one_of(
        st.integers(990, 1010),  # the market goes there
        st.sampled_from(["frame", "P", "=", "-", "/", "1", "2", "5", "send", "send"]),
    ),
    max_size=14,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
async def test_every_order_of_any_walk_is_as_it_was_drawn_or_chosen_since(
    walk: list[int | str],
) -> None:
    async with a_hand(3) as hand:
        most = hand.desktop.desk.guarding.limits.max_lots or 10_000
        wanted: list[int | None] = []
        for one in walk:
            if isinstance(one, int):
                hand.book(one)
            elif one == "frame":
                await hand.protected.settle()
            elif one == "send":
                wanted.append(hand.sizes.current)
                hand.press("W")  # it may rest by now; a join that would take is not sent
            else:
                hand.press(one)
        sent = await hand.sent()
        assert sent == [lots for lots in wanted if lots is not None and lots <= most]
        assert 0 not in sent
