"""Shift with the arrows: an entry with its exits, or a position's stop and target, together."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType, StopReference
from terminal.domain.replacement import Unclear, with_exits_moved
from terminal.domain.ticket import AttachedExits
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.viewmodels.keys import Chord
from tests.support.builders import a_ticket, an_order_update
from tests.support.pocket import stop_at
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.units import ClientOid

pytestmark = pytest.mark.usefixtures("qapp")


class Hands:
    def __init__(self, protected: Protected) -> None:
        self.protected = protected
        self.desktop, self.ladder = protected.desktop, protected.desktop.ladder
        self.trading = self.desktop.bench.trading
        self._now_ms = 0

    async def press(self, *names: str) -> str:
        for name in names:
            self._now_ms += 1000
            *modifiers, key = name.split("+")
            chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
            assert self.ladder.key_pressed(chord, self._now_ms, False), name
        await self.protected.settle()
        message = self.ladder.view.message
        return "" if message is None else message.text

    def staged(self) -> dict[int, str]:
        return {row.price: row.staged.words for row in self.ladder.view.rows if row.staged}


@contextlib.asynccontextmanager
async def hands() -> AsyncIterator[Hands]:
    """A long position of 2 with a stop at 995, in an armed ladder."""
    protected = await Protected().start(2)
    protected.desktop.desk.submit(a_ticket(**{"lots": Lots(2), **stop_at(995)}))
    await protected.settle()
    one = Hands(protected)
    try:
        await one.press("F4", "Home")
        yield one
    finally:
        await protected.stop()


async def a_target(one: Hands, price: int = 1006) -> ClientOid:
    """A reduce-only limit of ours that takes the profit."""
    desk = one.desktop.desk
    result = desk.submit(
        a_ticket(side=Side.SELL, price=Price(price), lots=Lots(2), is_reduce_only=True)
    )
    await one.protected.settle()
    oid = result.client_oid  # type: ignore[union-attr] # nothing blocks what reduces
    one.desktop.bench.stream.push(
        an_order_update(
            client_oid=oid, order_id=OrderId("t1"), side=Side.SELL, price=Price(price),
            lots=Lots(2), is_reduce_only=True,
        )
    )  # fmt: skip
    await one.protected.settle()
    return oid


async def test_the_stop_takes_the_target_along_and_the_distance_stays() -> None:
    async with hands() as one:
        await a_target(one)
        await one.press(*["Down"] * 5, "G")
        said = await one.press("Shift+Up", "Shift+Up")
        assert "2 orders 2 ticks up together" in said
        assert "lost" in said
        staged = one.staged()
        assert staged[997].startswith("Sell 2 moved here")
        assert staged[1008] == "Sell 2 moved along"
        assert one.trading.cancels == []
        said = await one.press("Esc")
        assert one.staged().keys() == {1000 - 5}, "only what the keys would send"
        assert one.trading.cancels == []


async def test_enter_moves_all_the_protective_stop_placed_first() -> None:
    async with hands() as one:
        await a_target(one)
        before = len(one.trading.placed)
        await one.press(*["Down"] * 5, "G", "Shift+Up", "Shift+Up")
        await one.press("Enter")
        first, *_ = [ticket for ticket, _ in one.trading.placed[before:]]
        assert first.trigger is not None
        assert first.trigger.price == 997
        assert first.is_reduce_only
        assert "t1" in one.trading.cancels, "the target is canceled first"


async def test_one_that_may_not_move_keeps_all_where_they_are() -> None:
    async with hands() as one:
        await a_target(one, 1003)
        before = len(one.trading.placed)
        await one.press("End", "Up", "Up", "G")
        said = await one.press(*["Shift+Down"] * 4, "Enter")
        assert said.startswith("Nothing was moved.")
        assert "would fill there at once" in said
        assert len(one.trading.placed) == before
        assert one.trading.cancels == []


async def test_a_stop_is_not_moved_to_where_it_would_fire() -> None:
    async with hands() as one:
        await one.press(*["Down"] * 5, "G")
        said = await one.press(*["Shift+Up"] * 6, "Enter")
        assert "would fire there at once" in said
        assert len(one.trading.placed) == 1


async def test_an_entry_takes_its_attached_exits() -> None:
    async with hands() as one:
        exits = AttachedExits(StopReference.MARK, Price(1010), Price(985))
        result = one.desktop.desk.submit(
            replace(a_ticket(price=Price(999), lots=Lots(3)), exits=exits)
        )
        await one.protected.settle()
        oid = result.client_oid  # type: ignore[union-attr] # nothing blocks it
        update = an_order_update(
            client_oid=oid, order_id=OrderId("e1"), price=Price(999), lots=Lots(3)
        )
        one.desktop.bench.stream.push(update)
        await one.press("Down", "G")
        said = await one.press("Shift+Down", "Shift+Down", "Shift+Down")
        assert "the order and its exits 3 ticks down" in said
        assert one.staged()[1007] == "Sell exit moved along"
        await one.press("Enter")
        assert one.trading.cancels == ["e1"]
        one.desktop.bench.stream.push(
            replace(update, canceled=Lots(3), remaining=Lots(0), is_done=True)
        )
        await one.protected.settle()
        ticket, _ = one.trading.placed[-1]
        assert ticket.order_type is OrderType.LIMIT
        assert ticket.price == 996
        assert ticket.exits == AttachedExits(StopReference.MARK, Price(1007), Price(982))


async def test_plain_arrows_move_the_order_alone() -> None:
    async with hands() as one:
        await a_target(one)
        await one.press(*["Down"] * 5, "G", "Up")
        assert 1007 not in one.staged()


async def test_without_an_order_in_hand_nothing_moves() -> None:
    async with hands() as one:
        cursor = one.ladder.axis.cursor
        assert "Nothing is in hand" in await one.press("Shift+Up")
        assert one.ladder.axis.cursor == cursor


async def test_disarmed_nothing_is_committed() -> None:
    async with hands() as one:
        await a_target(one)
        await one.press(*["Down"] * 5, "G", "Shift+Up", "F4", "Enter")
        assert one.trading.cancels == []
        assert len(one.trading.placed) == 2


def test_exits_never_go_to_zero_or_below() -> None:
    ticket = replace(
        a_ticket(price=Price(10)), exits=AttachedExits(StopReference.MARK, None, Price(3))
    )
    assert isinstance(with_exits_moved(ticket, -3), Unclear)
    moved = with_exits_moved(ticket, -2)
    assert not isinstance(moved, Unclear)
    assert moved.exits == AttachedExits(StopReference.MARK, None, Price(1))
    plain = a_ticket()
    assert with_exits_moved(plain, 5) is plain
