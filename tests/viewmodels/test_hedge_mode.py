"""Panels of an account in hedge mode: each says which lane it is about, and acts on that one."""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.ticket import OrderTicket
from terminal.domain.triggers import Purpose
from terminal.domain.units import ClientOid, OrderId, Price, Side
from terminal.session.fuse import Fuse, FuseTerms
from terminal.session.leaving import Leaving
from terminal.viewmodels.keys import DEFAULT_KEYS, DOUBLE_PRESSED, Chord, LadderAction
from terminal.viewmodels.leaving import standing_lines
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import key_of, of_key
from terminal.viewmodels.row_commands import PriceCommand, RowCommand
from tests.support.builders import (
    XBT,
    a_position_update,
    an_order_update,
    position_details,
)
from tests.support.fake_fuse import FakeFuseGateway
from tests.support.guarded import a_stop_update, prices
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import OrderUpdate, PositionUpdate

pytestmark = pytest.mark.usefixtures("qapp")
BOTH, LONG, SHORT = PositionSide


def told(lots: int, side: PositionSide) -> PositionUpdate:
    return a_position_update(lots, details=position_details(side))


class Hands:
    """The panels of an account that holds 4 long and 2 short; presses keys in its ladder."""

    def __init__(self) -> None:
        self.protected = Protected()
        self.desktop = self.protected.desktop
        self.ladder = self.desktop.ladder
        bench = self.desktop.bench
        bench.gateway.mode = PositionMode.HEDGE
        bench.gateway.held = (told(4, LONG), told(-2, SHORT))
        self._now_ms = count(1000, 100)

    async def press(self, *names: str) -> str:
        for name in names:
            *modifiers, key = name.split("+")
            chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
            assert self.ladder.key_pressed(chord, next(self._now_ms), False), name
        await self.protected.settle()
        return "" if self.ladder.view.message is None else self.ladder.view.message.text

    @property
    def sent(self) -> list[tuple[str, PositionSide | None, bool]]:
        """Side (``close`` for a close order), lane and whether it only reduces, of all sent."""
        return [
            (
                "close" if ticket.side is None else ticket.side.value,
                ticket.terms.position_side,
                ticket.reduces_only,
            )
            for ticket, _ in self.desktop.bench.trading.placed
        ]


@contextlib.asynccontextmanager
async def hands() -> AsyncIterator[Hands]:
    one = Hands()
    await one.protected.start()
    try:
        yield one
    finally:
        await one.protected.stop()


async def test_l_takes_the_other_lane_and_the_header_follows() -> None:
    async with hands() as one:
        assert (one.ladder.lane, one.ladder.view.position_text) == (LONG, "Long 4")
        assert one.ladder.lane_words == ("Long lane", "Long lane: Buy opens, Sell reduces.")
        assert await one.press("L") == "Short lane: Sell opens, Buy reduces."
        assert (one.ladder.lane, one.ladder.view.position_text) == (SHORT, "Short 2")
        await one.press("P")
        assert one.desktop.sizes.current == 2
        await one.press("L", "P")
        assert (one.ladder.lane, one.desktop.sizes.current) == (LONG, 4)
        assert one.sent == []


async def test_in_one_way_mode_there_is_no_other_lane() -> None:
    one = Hands()
    one.desktop.bench.gateway.mode = PositionMode.ONE_WAY
    one.desktop.bench.gateway.held = (a_position_update(4),)
    await one.protected.start()
    assert "no lanes" in await one.press("L")
    assert (one.ladder.lane, one.ladder.lane_words) == (BOTH, ("", ""))
    await one.press("F4", "Q")
    assert one.sent == [("buy", None, False)]
    await one.protected.stop()


@pytest.mark.parametrize(
    ("keys", "lane", "sides"),
    [
        ((), LONG, [("buy", LONG, False), ("sell", LONG, True)]),
        (("L",), SHORT, [("buy", SHORT, True), ("sell", SHORT, False)]),
    ],
)
async def test_plain_keys_send_with_the_lane_and_its_closing_side_only_reduces(
    keys: tuple[str, ...], lane: PositionSide, sides: list[tuple[str, PositionSide, bool]]
) -> None:
    async with hands() as one:
        said = await one.press(*keys, "F4", "Q")
        assert f"Buy 1 ({lane.value} lane) at" in said
        await one.press("A")
        assert one.sent == sides
        await one.press("Ctrl+Shift+B", "Ctrl+Shift+B", "Ctrl+Shift+S", "Ctrl+Shift+S")
        assert one.sent[2:] == sides
        one.protected.guarded.now = prices(1000)
        await one.press("End", "Up", "Up", "Shift+B", "Home", "Down", "Shift+S")
        assert one.sent[4:] == sides


async def test_reduce_only_on_the_side_that_opens_is_said_to_be_none() -> None:
    async with hands() as one:
        said = await one.press("F4", "I", "Q")
        assert "opens the long lane, so it cannot only reduce" in said
        assert one.sent == []


async def test_closing_half_reversing_and_stops_act_on_the_lane_of_the_ladder() -> None:
    async with hands() as one:
        assert await one.press("L", "H") == "Once more to close half of the short lane."
        assert await one.press("H") == "Closing half of XBTUSDTM, short lane at market."
        assert one.sent == [("buy", SHORT, True)]
        assert await one.press("F4", "R") == "Once more to reverse the short lane."
        await one.press("End", "Up", "Ctrl+B")
        assert one.sent[1:] == [("close", SHORT, True)]


async def test_flatten_is_both_lanes_and_says_so() -> None:
    async with hands() as one:
        assert await one.press("F") == "Once more to flatten both lanes."
        assert await one.press("F") == "Flattening XBTUSDTM, both lanes."
        await one.desktop.clock.advance(0.1)
        assert one.sent == [("close", LONG, True), ("close", SHORT, True)]
        await one.desktop.clock.advance(60.0)


async def test_the_banner_is_about_the_lane_and_what_was_staged_for_the_other_is_dropped() -> None:
    async with hands() as one:
        one.protected.guarded.push(a_stop_update(lots=4, position_side=LONG))
        await one.protected.settle()
        assert one.protected.vm.view.words == "Long: Protected"
        await one.press("L")
        assert one.protected.vm.view.words.startswith("Short: NAKED")
        await one.press("M")
        staged = one.protected.vm.staged
        assert staged is not None
        assert (staged.lane, staged.places[0].side) == (SHORT, Side.BUY)
        await one.press("L")
        assert one.protected.vm.staged is None
        await one.press("L", "M", "M")
        await one.desktop.clock.advance(1.0)
        assert one.sent == [("buy", SHORT, True)]


async def test_the_table_has_a_row_for_each_lane_with_its_own_commands() -> None:
    async with hands() as one:
        positions = one.protected.positions
        rows = positions.model.rows
        assert [(row.key, row.side, plain(row.lots)) for row in rows] == [
            ("XBTUSDTM long", "Long lane", "4"),
            ("XBTUSDTM short", "Short lane", "-2"),
        ]
        assert [row.protection for row in rows] == ["Naked", "Naked"]
        short = key_of(XBT, SHORT)
        for words in ("Close 50 %", "Close all at market"):
            choose(one, short, words)
            await one.protected.settle()
        positions.close_at(short, "99.5")
        await one.protected.settle()
        assert one.sent == [("buy", SHORT, True), ("close", SHORT, True), ("buy", SHORT, True)]
        positions.flatten(short)
        assert one.desktop.desk.flattening(XBT, SHORT)
        assert not one.desktop.desk.flattening(XBT, LONG)
        positions.select(short)
        await one.desktop.clock.advance(60.0)


async def test_a_row_cancels_the_orders_of_its_lane_only() -> None:
    async with hands() as one:
        for name, lane in (("o1", LONG), ("o2", SHORT)):
            update = an_order_update(
                order_id=OrderId(name), client_oid=ClientOid(name), position_side=lane
            )
            one.desktop.bench.stream.push(update)
        orders = OrdersViewModel(one.desktop.desk, one.desktop.bench.contracts, one.desktop.frame)
        orders.start()
        one.desktop.frame.tick()
        assert {row.key: row.side for row in orders.model.rows} == {
            "o1": "Buy, long", "o2": "Buy, short",
        }  # fmt: skip
        choose(one, key_of(XBT, LONG), "Cancel its orders")
        await one.protected.settle()
        assert one.desktop.bench.trading.cancels == ["o1"]
        orders.stop()
        await one.desktop.clock.advance(30.0)


def plain(shown: str) -> str:
    return shown.replace("\N{MINUS SIGN}", "-")


def choose(one: Hands, key: str, words: str) -> None:
    entries = one.protected.positions.commands_of(key)
    found = next(entry for entry in entries if entry is not None and entry.words.startswith(words))
    assert isinstance(found, RowCommand)
    found.act()


@pytest.mark.parametrize(
    ("side", "reduces", "lane"),
    [
        (Side.BUY, False, LONG), (Side.SELL, False, SHORT),
        (Side.BUY, True, SHORT), (Side.SELL, True, LONG),
    ],
)  # fmt: skip
async def test_the_tickets_lane_is_chosen_and_says_which_side_only_reduces(
    side: Side, reduces: bool, lane: PositionSide
) -> None:
    async with hands() as one:
        ticket = one.protected.ticket
        ticket.set_price_text("100")
        ticket.set_lane(lane)
        one.desktop.frame.tick()
        effects = {
            LONG: "Long lane 4: buy makes 5, sell 3",
            SHORT: "Short lane -2: buy makes -1, sell -3",
        }
        assert plain(ticket.view.effect_text) == effects[lane]
        assert ticket.view.lane_help
        ticket.stage(side)
        one.desktop.frame.tick()
        assert f", {lane.value} lane" in (ticket.view.staged or "")
        ticket.confirm()
        await one.protected.settle()
        assert one.sent == [(side.value, lane, reduces)]


def test_keys_of_rows_are_read_back() -> None:
    assert [of_key(key_of(XBT, lane)) for lane in PositionSide] == [
        (XBT, None), (XBT, LONG), (XBT, SHORT),
    ]  # fmt: skip


async def test_who_leaves_is_told_of_each_lane_what_protects_it() -> None:
    """A stop of the long lane is no comfort for the short one."""
    async with hands() as one:
        one.protected.guarded.push(a_stop_update(lots=4, position_side=LONG))
        await one.protected.settle()
        bench = one.desktop.bench
        fuse = Fuse(
            FakeFuseGateway(bench.clock),
            bench.desk,
            bench.clock,
            bench.owner,
            bench.notices,
            FuseTerms(),
        )
        watched = one.protected.protecting.watch.watched
        leaving = Leaving(bench.desk, bench.account, fuse, bench.clock, bench.owner, watched)
        lines = [line.text for line in standing_lines(leaving.standing())]
        assert lines == [
            "Long 4 XBTUSDTM: protected by 1 stop on the exchange.",
            "Short 2 XBTUSDTM: NAKED, no stop on the exchange limits its loss.",
        ]
        await fuse.stop()


LANES = pytest.mark.parametrize(("keys", "lane"), [((), LONG), (("L",), SHORT)])


@LANES
@pytest.mark.parametrize("what", ["hold_trailing", "hold_breakeven", "hold_targets"])
async def test_exits_that_are_held_are_of_the_lane_of_the_ladder(
    keys: tuple[str, ...], lane: PositionSide, what: str
) -> None:
    async with hands() as one:
        one.protected.guarded.now = prices(1000)
        await one.press(*keys, "F4")
        getattr(one.protected.hand, what)()
        message = one.desktop.ladder.trading.message
        (held,) = one.protected.held.held()
        assert (held.symbol, held.lane) == (XBT, lane)
        assert message is not None
        assert message.text.startswith("Held: ")
        assert "its stop at" in message.text, "it is on its way"
        await one.desktop.clock.advance(5.0)
        assert {told for _, told, _ in one.sent} == {lane}
        one.protected.hand.release()
        assert one.protected.held.held() == ()


@LANES
async def test_no_key_of_the_ladder_fails_in_a_lane(
    keys: tuple[str, ...], lane: PositionSide
) -> None:
    """Each twice, armed; what fails in a task fails when all is stopped."""
    assert set(DEFAULT_KEYS.values()) == set(LadderAction)
    chords = sorted(DEFAULT_KEYS, key=lambda chord: DEFAULT_KEYS[chord] in DOUBLE_PRESSED)
    async with hands() as one:
        one.protected.guarded.now = prices(1000)
        await one.press(*keys)
        assert one.ladder.lane is lane
        for chord in chords:
            if not one.ladder.view.is_keyboard_armed:
                await one.press("F4")
            for _ in range(2):
                assert one.ladder.key_pressed(chord, next(one._now_ms), False)
                await one.protected.settle()
        assert one.sent
        assert {told for _, told, _ in one.sent} <= {LONG, SHORT}
        await one.desktop.clock.advance(60.0)


@pytest.mark.parametrize("lane", [LONG, SHORT])
async def test_no_command_of_a_row_fails_in_a_lane(lane: PositionSide) -> None:
    async with hands() as one:
        positions = one.protected.positions
        positions._is_armed = lambda _symbol: True
        commands = [entry for entry in positions.commands_of(key_of(XBT, lane)) if entry]
        assert len(commands) > 10
        for command in commands:
            assert not command.why_not, command.words
            if isinstance(command, PriceCommand):
                command.act("100")
            else:
                command.act()
            await one.protected.settle()
        assert {told for _, told, _ in one.sent} <= {LONG, SHORT}
        await one.desktop.clock.advance(60.0)


def a_stop_of(lane: PositionSide, name: str, **changes: Any) -> OrderUpdate:
    side = Side.SELL if lane is LONG else Side.BUY
    return a_stop_update(name, 1, position_side=lane, side=side, **changes)


@pytest.mark.parametrize("words", ["Cancel its stops", "Cancel its orders"])
async def test_a_stop_on_its_way_is_canceled_with_those_of_its_lane(words: str) -> None:
    async with hands() as one:
        exits = one.protected.guarded.exits
        one.protected.guarded.now = prices(1000)
        ticket = exits.exit_at(XBT, Purpose.LOSS, Price(900), None, LONG)
        assert isinstance(ticket, OrderTicket)
        one.protected.guarded.push(a_stop_of(SHORT, "other"))
        await one.protected.settle()
        one.desktop.desk.submit(ticket)
        choose(one, key_of(XBT, LONG), words)
        await one.desktop.clock.advance(15.0)
        assert [str(o.order_id) for o in one.desktop.desk.working(XBT)] == ["other"]
