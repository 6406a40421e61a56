"""The ladder's keys for stops, brackets, breakeven and mending, from chord to gateway."""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import StopReference
from terminal.domain.protection import ProtectionSettings
from terminal.domain.ticket import AttachedExits
from terminal.domain.triggers import UNKNOWN_REFERENCES
from terminal.domain.units import Price, Side
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder_protection import bracket_exits, bracket_warning
from tests.support.builders import XBT, a_contract
from tests.support.desktop import Desktop
from tests.support.guarded import a_stop_update, prices
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import OrderUpdate

pytestmark = pytest.mark.usefixtures("qapp")
TIGHT = ProtectionSettings(bracket_loss_ticks=20, bracket_profit_ticks=30)


class Hands:
    """Presses chords with a second between them."""

    def __init__(self, protected: Protected) -> None:
        self.protected = protected
        self._now_ms = count(1000, 1000)

    async def press(self, *names: str) -> str:
        """Press, let everything happen, and give what the ladder says."""
        ladder = self.protected.desktop.ladder
        for name in names:
            *modifiers, key = name.split("+")
            chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
            assert ladder.key_pressed(chord, next(self._now_ms), False), name
        await self.protected.settle()
        return "" if ladder.view.message is None else ladder.view.message.text


@contextlib.asynccontextmanager
async def hands(lots: int = 0, *stops: OrderUpdate) -> AsyncIterator[tuple[Protected, Hands]]:
    protected = await Protected().start(lots, *stops)
    try:
        yield protected, Hands(protected)
    finally:
        await protected.stop()


async def test_nothing_is_sent_by_a_ladder_that_is_not_armed() -> None:
    async with hands(2, a_stop_update()) as (protected, keys):
        protected.guarded.now = prices(1010)
        for name in ("Shift+B", "Shift+S", "Ctrl+B", "Ctrl+S", "Y"):
            assert "F4 arms it" in await keys.press(name)
        assert protected.sent == []


async def test_a_stop_entry_at_the_cursor_says_its_condition_with_its_source() -> None:
    async with hands() as (protected, keys):
        said = await keys.press("F4", "End", "Up", "Up", "Shift+B")
        assert said == "Buy 1 at market, if mark rises to 100.3: sent."
        assert protected.sent == [("buy", 1, 1003)]
        said = await keys.press("Home", "Down", "Shift+S")
        assert said == "Sell 1 at market, if mark falls to 99.9: sent."


async def test_a_stop_heeds_the_reduce_only_of_the_next_order_and_uses_it_up() -> None:
    async with hands(2) as (protected, keys):
        await keys.press("F4", "I", "Home", "Down", "Shift+S")
        await keys.press("Shift+S")
        placed = [ticket for ticket, _ in protected.desktop.bench.trading.placed]
        assert [ticket.is_reduce_only for ticket in placed] == [True, False]
        assert not protected.desktop.ladder.trading.is_reduce_only


async def test_a_stop_entry_on_the_wrong_side_is_refused() -> None:
    async with hands() as (protected, keys):
        said = await keys.press("F4", "Home", "Down", "Down", "Shift+B")
        assert "would fire now" in said
        protected.guarded.now = UNKNOWN_REFERENCES
        assert "not known" in await keys.press("End", "Up", "Shift+B")
        assert protected.sent == []


async def test_a_close_linked_stop_closes_what_is_held() -> None:
    async with hands(2) as (protected, keys):
        said = await keys.press("F4", "Home", "Down", "Ctrl+S")
        assert said == "Close all at market, if mark falls to 99.9: sent."
        assert "buying closes" not in said
        assert "selling closes it" in await keys.press("Ctrl+B")
        assert protected.sent == [("close", None, 999)]
        assert protected.vm.view.words == "Protected"


async def test_y_moves_the_stop_to_breakeven() -> None:
    async with hands(2, a_stop_update()) as (protected, keys):
        refused = await keys.press("F4", "Y")
        assert refused.startswith("Not moved. Breakeven is 100.2 (estimated). It would fire now: ")
        protected.guarded.now = UNKNOWN_REFERENCES
        assert "it might fire now" in await keys.press("Y")
        protected.guarded.now = prices(1010)
        await keys.press("Y")
        assert protected.sent == [("sell", 2, 1002)]
        assert protected.desktop.bench.trading.cancels == ["s1"]


async def test_a_bracket_goes_with_the_next_order_only() -> None:
    async with hands() as (protected, keys):
        protected.guarded.settings = TIGHT
        said = await keys.press("F4", "T")
        assert "loss 20 ticks, profit 30 ticks, by mark" in said
        assert "not documented" in said
        said = await keys.press("Q")
        assert said.startswith("Buy 1 at 100.0 sent, exits if mark falls to 98.0 or if mark rises")
        ((ticket, _),) = protected.desktop.bench.trading.placed
        assert ticket.exits == AttachedExits(StopReference.MARK, Price(1030), Price(980))
        await keys.press("A")
        second, _ = protected.desktop.bench.trading.placed[1]
        assert second.exits is None


async def test_a_bracket_can_be_taken_back_and_ends_with_the_contract() -> None:
    async with hands() as (protected, keys):
        await keys.press("F4", "T", "T", "Q")
        ((ticket, _),) = protected.desktop.bench.trading.placed
        assert ticket.exits is None
        await keys.press("T")
        protected.desktop.ladder.choose_contract("XBTUSDM")
        assert protected.desktop.ladder.trading.bracket is None


async def test_an_order_that_only_reduces_takes_no_exits() -> None:
    async with hands(2) as (protected, keys):
        await keys.press("F4", "T", "I", "A")
        ((ticket, _),) = protected.desktop.bench.trading.placed
        assert ticket.is_reduce_only
        assert ticket.exits is None


async def test_m_shows_and_sends_without_arming_and_esc_drops_before_anything_else() -> None:
    async with hands(2) as (protected, keys):
        await keys.press("F4", "M")
        assert protected.vm.staged is not None
        assert await keys.press("Esc") == "Nothing was sent."
        assert protected.desktop.ladder.view.is_keyboard_armed, "one step back, no more"
        await keys.press("F4", "M")
        assert protected.sent == []
        await keys.press("M")
        assert protected.sent == [("sell", 2, 960)]


async def test_held_exits_start_with_a_stop_at_the_exchange_and_say_that_they_die() -> None:
    async with hands(4) as (protected, _keys):
        for hold in (
            protected.hand.hold_trailing,
            protected.hand.hold_breakeven,
            protected.hand.hold_targets,
        ):
            hold()
            message = protected.desktop.ladder.trading.message
            assert message is not None
            assert "dies with the app" in message.text
            is_there = bool(protected.sent)
            words = "at the exchange does not." if is_there else "is being placed at the exchange"
            assert words in message.text
            await protected.settle()
            assert len(protected.held.held()) == 1
        assert protected.sent == [("sell", 4, 960)], "one stop stands behind all of them"
        protected.hand.release()
        assert protected.held.held() == ()
        protected.guarded.hold(0)
        await protected.settle()
        protected.hand.hold_trailing()
        assert protected.held.held() == ()


async def test_without_an_account_the_keys_say_so() -> None:
    desktop = await Desktop().start()
    for key in (Chord("M"), Chord("T"), Chord("Y")):
        assert desktop.ladder.key_pressed(key, 5000 + ord(key.key), False)
        message = desktop.ladder.trading.message
        assert message is not None
        assert message.text.startswith("There is no account")
    await desktop.stop()


@pytest.mark.parametrize(
    ("side", "price", "up", "down"),
    [(Side.BUY, 1000, 1030, 980), (Side.SELL, 1000, 1020, 970), (Side.BUY, 15, 45, None)],
)
def test_a_bracket_lies_around_the_orders_price(
    side: Side, price: int, up: int, down: int | None
) -> None:
    exits = bracket_exits(side, Price(price), TIGHT)
    assert (exits.up, exits.down) == (up, down)


@pytest.mark.parametrize(
    ("side", "mark", "purpose"),
    [
        (Side.BUY, 1000, ""),
        (Side.BUY, 1040, "take-profit"),
        (Side.BUY, 970, "stop-loss"),
        (Side.SELL, 1000, ""),
        (Side.SELL, 960, "take-profit"),
        (Side.SELL, 1030, "stop-loss"),
    ],
)
def test_an_exit_beyond_the_price_of_now_is_warned_of(side: Side, mark: int, purpose: str) -> None:
    exits = bracket_exits(side, Price(1000), TIGHT)
    warning = bracket_warning(side, exits, a_contract(), prices(mark))
    assert purpose in warning
    assert bool(warning) == bool(purpose)
    assert str(XBT) not in warning
