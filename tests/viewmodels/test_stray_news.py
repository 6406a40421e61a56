"""Refusals that no panel in sight has told stand in the status bar, and nothing else does."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.units import Side
from terminal.exchange.outcome import Rejected, Unknown
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.ladder_group import LadderGroup
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.stray_news import StrayNews
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.workspace import Workspace
from tests.support.builders import XBT, an_order_update
from tests.support.desktop import OTHER, Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.usefixtures("qapp")
WORDS = "Rejected: Too poor. Use a smaller size."


class Stage:
    """Two ladders and the ticket; the second ladder is the one that sends and may go."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.workspace = Workspace(desktop.markets)
        self.second = LadderViewModel(
            self.workspace, desktop.desk, desktop.account, Sizes((7, 7, 7, 7, 7), 1), desktop.frame
        )
        self.ticket = TicketViewModel(
            desktop.workspace, desktop.desk, desktop.account, desktop.frame
        )
        for one in (self.second, self.ticket):
            one.start()
        self.second.set_visible_rows(21)
        self.workspace.choose(XBT)
        self.group = LadderGroup(desktop.ladder)
        self.group.add("ladder-2", self.second)
        self.news = StrayNews(desktop.desk, lambda: (*self.group.all.values(), self.ticket))
        self.told = 0
        self.handles = self.news.listen(self._count)

    def _count(self) -> None:
        self.told += 1

    def close(self) -> None:
        """Close the second ladder for good, as its menu does."""
        if "ladder-2" in self.group.all:
            self.group.remove("ladder-2").stop()

    async def refused(self, meanwhile: Callable[[], object] | None = None) -> None:
        """An order of the second ladder is refused, after something has happened to it."""
        gateway = self.desktop.bench.trading
        gateway.hold = asyncio.Event()
        gateway.place_outcomes.append(Rejected("300003", "Too poor.", "Use a smaller size."))
        if not self.second.trading.armed:
            self.second.toggle_keyboard()
        self.desktop.frame.tick()
        assert self.second.key_pressed(Chord("Q"), 1000, False)
        await self.desktop.settle()
        assert len(gateway.placed) == 1
        gateway.placed.clear()
        if meanwhile is not None:
            meanwhile()
        gateway.hold.set()
        await self.desktop.settle()


@contextlib.asynccontextmanager
async def a_stage() -> AsyncIterator[Stage]:
    stage = Stage(await Desktop().start())
    await stage.desktop.settle()
    try:
        yield stage
    finally:
        stage.close()
        stage.ticket.stop()
        stage.workspace.leave()
        for handle in stage.handles:
            handle.remove()
        await stage.desktop.stop()


async def test_a_refusal_that_its_ladder_shows_is_no_stray_news() -> None:
    async with a_stage() as stage:
        await stage.refused()
        message = stage.second.trading.message
        assert message is not None
        assert message.text == WORDS
        assert stage.news.words == ""


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(lambda stage: stage.close(), id="closed"),
        pytest.param(lambda stage: stage.second.set_paused(True), id="out of sight"),
        pytest.param(lambda stage: stage.workspace.choose(OTHER), id="another contract"),
    ],
)
async def test_a_refusal_whose_ladder_cannot_tell_it_is_brought_to_the_status_bar(
    meanwhile: Callable[[Stage], object],
) -> None:
    """Once, with the contract; a press takes it away."""
    async with a_stage() as stage:
        await stage.refused(lambda: meanwhile(stage))
        assert stage.news.words == f"{XBT}: {WORDS}"
        assert stage.told == 1
        stage.news.drop("what stood there before")
        assert stage.news.words == f"{XBT}: {WORDS}", "it came as he pressed, and was not read"
        stage.news.drop(stage.news.words)
        assert (stage.news.words, stage.told) == ("", 3)


async def test_more_of_them_are_counted_and_the_newest_is_read() -> None:
    async with a_stage() as stage:
        stage.second.set_paused(True)
        for at_ms, name in ((1000, "Too poor."), (2000, "Much too poor.")):
            stage.desktop.bench.trading.place_outcomes.append(Rejected("300003", name, ""))
            ladder = stage.second
            ladder.set_paused(False)
            if not ladder.trading.armed:
                ladder.toggle_keyboard()
            stage.desktop.frame.tick()
            assert ladder.key_pressed(Chord("Q"), at_ms, False)
            ladder.set_paused(True)
            await stage.desktop.settle()
        assert stage.news.words == f"2 warnings: {XBT}: Rejected: Much too poor."


async def test_what_went_well_and_what_another_panel_tells_is_no_stray_news() -> None:
    async with a_stage() as stage:
        stage.second.toggle_keyboard()
        stage.desktop.frame.tick()
        stage.second.key_pressed(Chord("Q"), 1000, False)
        stage.close()
        await stage.desktop.settle()
        oid = next(iter(stage.desktop.desk.orders))
        stage.desktop.desk.tell(oid, "Canceled.", ok=True)
        assert stage.news.words == ""


async def test_that_nobody_answered_is_said_only_until_it_is_known() -> None:
    """The exchange has the order after all: a good end is told by nobody, it is seen."""
    async with a_stage() as stage:
        bench = stage.desktop.bench
        stage.second.toggle_keyboard()
        stage.desktop.frame.tick()
        bench.trading.place_outcomes.append(Unknown("No answer came."))
        assert stage.second.key_pressed(Chord("Q"), 1000, False)
        stage.second.set_paused(True)
        await stage.desktop.settle()
        assert "No answer to the order" in stage.news.words
        ((_, oid),) = bench.trading.placed
        bench.stream.push(an_order_update(client_oid=oid))
        await stage.desktop.settle()
        assert stage.news.words == ""


async def test_a_ladder_and_the_ticket_ask_only_until_it_is_known() -> None:
    async with a_stage() as stage:
        bench, ladder, ticket = stage.desktop.bench, stage.second, stage.ticket
        ladder.toggle_keyboard()
        stage.desktop.frame.tick()
        bench.trading.place_outcomes.extend([Unknown("No answer came."), Unknown("None.")])
        assert ladder.key_pressed(Chord("Q"), 1000, False)
        ticket.set_price_text("99.0")
        ticket.set_lots_text("1")
        stage.desktop.frame.tick()
        ticket.stage(Side.BUY)
        stage.desktop.frame.tick()
        ticket.stage(Side.BUY)
        await stage.desktop.settle()
        stage.desktop.frame.tick()
        for shown in (ladder.view.message, ticket.view.message):
            assert shown is not None
            assert "No answer to the order" in shown.text
        for _, oid in bench.trading.placed:
            bench.stream.push(an_order_update(client_oid=oid))
        await stage.desktop.settle()
        stage.desktop.frame.tick()
        assert ladder.view.message is None
        assert ticket.view.message is None


async def test_of_one_order_the_newest_word_holds() -> None:
    async with a_stage() as stage:
        desk = stage.desktop.desk
        stage.desktop.bench.stream.push(an_order_update())
        await stage.desktop.settle()
        stage.second.set_paused(True)
        stage.desktop.ladder.set_paused(True)
        oid = next(iter(desk.orders))
        for words in ("Not moved.", "Not canceled."):
            desk.tell(oid, words, ok=False)
        assert stage.news.words == f"{XBT}: Not canceled."
        desk.tell(oid, "Canceled.", ok=True)
        assert stage.news.words == ""
