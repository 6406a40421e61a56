"""What every ladder of a window has, the first one and those that are opened later."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from terminal.app.ladders import Ladders
from terminal.domain.guard import GuardLimits
from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.sizing import SizeBasis, SizeUnit
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.backend import Backend
from terminal.session.clock import SystemClock
from terminal.session.tasks import TaskOwner
from terminal.storage.paths import resources
from terminal.storage.settings import Settings
from terminal.viewmodels.frame import QtFrameClock
from terminal.viewmodels.keys import Chord
from terminal.widgets.theme import Theme
from tests.support.builders import a_contract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.ladder import LadderViewModel

pytestmark = pytest.mark.usefixtures("qapp")
NOWHERE = "http://127.0.0.1:9"
STORED = LadderHabits(hold_ms=100)
CHOSEN = LadderHabits(
    hold_ms=250,
    infers_type=True,
    acts_on_release=True,
    disarms_on_focus_loss=True,
    other_button=OtherButton.NET_SIZE,
)


class Bench:
    """The ladders of a window that is not there, on an exchange that is never asked."""

    def __init__(self, ladders: dict[str, dict[str, Any]] | None = None) -> None:
        self.errors: list[str] = []
        owner = TaskOwner("ladders", lambda name, error: self.errors.append(f"{name} {error!r}"))
        clock = SystemClock()
        clients = connect(
            Hosts(NOWHERE, NOWHERE, ""), Credentials("key", "secret", "phrase"), clock
        )
        self.backend = Backend(clients, clock, owner, GuardLimits)
        self.frame = QtFrameClock()
        settings = replace(Settings(), ladder_hold_ms=STORED.hold_ms, ladders=ladders or {})
        theme = Theme.load(resources() / "themes", "dark")
        self.ladders = Ladders(self.backend, settings, self.frame, theme)

    def open(self) -> LadderViewModel:
        before = set(self.ladders.group.all)
        self.ladders.open_new()
        (name,) = self.ladders.group.all.keys() - before
        return self.ladders.group.all[name]


@contextlib.asynccontextmanager
async def a_bench(ladders: dict[str, dict[str, Any]] | None = None) -> AsyncIterator[Bench]:
    one = Bench(ladders)
    try:
        yield one
    finally:
        one.ladders.stop()
        one.frame.stop()
        for parts in one.ladders._parts.values():
            parts.panel.deleteLater()
        await one.backend.stop()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not one.errors


async def test_chosen_habits_reach_every_ladder_and_those_opened_later() -> None:
    async with a_bench() as one:
        first, second = one.ladders.group.first, one.open()
        assert (first.habits, second.habits) == (STORED, STORED)
        one.ladders.take_habits(CHOSEN)
        third = one.open()
        for ladder in (first, second, third):
            assert ladder.habits == CHOSEN


async def test_the_lock_holds_in_every_ladder() -> None:
    async with a_bench() as one:
        second = one.open()
        one.backend.entry_lock.lock()
        third = one.open()
        for ladder in (one.ladders.group.first, second, third):
            ladder.key_pressed(Chord("Q"), 1, False)
            assert ladder.trading.message is not None
            assert ladder.trading.message.text.startswith("Not sent. ")
            assert one.backend.entry_lock.reason() in ladder.trading.message.text


async def test_every_ladder_knows_more_than_the_book_and_can_place_stops() -> None:
    async with a_bench() as one:
        ladders = (one.ladders.group.first, one.open())
        for ladder in ladders:
            assert ladder.insight is not None
            assert ladder.hand is not None
        assert ladders[0].insight is not ladders[1].insight


BASIS = SizeBasis(a_contract(), Decimal(100), Decimal(2000), 200, "it")


async def test_a_further_ladder_keeps_its_units_and_sizes_through_a_restart() -> None:
    """Five thousand dollars of ladder 2 must not come back as preset 5 in lots."""
    async with a_bench() as one:
        sizes = one.open().trading.sizes
        sizes.follow(lambda: BASIS)
        sizes.enter("XBTUSDTM")
        sizes.choose(3)
        sizes.choose_unit(SizeUnit.VALUE)
        sizes.choose(5)
        assert sizes.take_text("750") == ""
        sizes.store(4)
        sizes.choose(5)
        written = one.ladders.written({})
    document = json.loads(json.dumps(written))
    async with a_bench(document) as again:
        sizes = again.open().trading.sizes
        assert again.ladders.written(document) == document, "written as it was read"
        assert (sizes.stored, sizes.chosen_lots) == ((1, 5, 10, 25, 100), 3)
        sizes.follow(lambda: BASIS)
        sizes.enter("XBTUSDTM")
        assert (sizes.unit, sizes.chosen, sizes.current) == (SizeUnit.VALUE, 5, 50_000)
        assert list(map(int, sizes.amounts)) == [100, 250, 500, 750, 5000]


@pytest.mark.parametrize(
    "document",
    [
        {"sizes": [2, 4, 6, 8, 10], "chosen_size": 2},
        {"sizes": [2, 4, 6, 8, 10], "chosen_size": 2, "contract_sizes": 7},
        {"sizes": [2, 4, 6, 8, 10], "chosen_size": 2, "contract_sizes": {"XBTUSDTM": "x"}},
        {"sizes": [2, 4, 6, 8, 10], "chosen_size": 2, "contract_sizes": {"XBTUSDTM": {"unit": 3}}},
    ],
)
async def test_a_ladder_written_before_units_were_kept_still_opens(
    document: dict[str, Any],
) -> None:
    async with a_bench({"ladder-2": document}) as one:
        sizes = one.open().trading.sizes
        sizes.enter("XBTUSDTM")
        assert (sizes.unit, sizes.stored, sizes.current) == (SizeUnit.LOTS, (2, 4, 6, 8, 10), 4)


async def test_a_new_ladder_begins_with_the_sizes_of_the_first() -> None:
    async with a_bench() as one:
        first = one.ladders.group.first.trading.sizes
        first.follow(lambda: BASIS)
        first.enter("XBTUSDTM")
        first.choose_unit(SizeUnit.COIN)
        second = one.open().trading.sizes
        second.enter("XBTUSDTM")
        assert (second.unit, second.amounts) == (SizeUnit.COIN, first.amounts)
        second.choose_unit(SizeUnit.VALUE)
        assert first.unit is SizeUnit.COIN, "its own from now on"
