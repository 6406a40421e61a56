"""What is said aloud: fills, refusals, arming and its end, data out of date."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.units import Lots, Side
from terminal.session.notices import NoticeLevel
from terminal.viewmodels.announcements import FRESH, AnnouncementsViewModel
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.ladder_group import LadderGroup
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.workspace import Workspace
from tests.support.builders import XBT, a_fill, an_order_update
from tests.support.desktop import OTHER, Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Ear:
    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.ladders = LadderGroup(desktop.ladder)
        self.heard: list[tuple[str, bool]] = []
        self.announcements = AnnouncementsViewModel(
            desktop.desk,
            desktop.bench.notices,
            self.ladders,
            desktop.bench.contracts,
            desktop.frame,
        )
        self.announcements.announced.connect(self._hear)

    def _hear(self, words: str, is_urgent: bool) -> None:
        self.heard.append((words, is_urgent))

    def frames(self) -> list[tuple[str, bool]]:
        """What was said within two frames: the ladder's own comes first."""
        self.desktop.frame.tick()
        self.desktop.frame.tick()
        heard, self.heard = self.heard, []
        return heard


@pytest.fixture
async def ear(qapp: object) -> AsyncIterator[Ear]:
    desktop = Desktop()
    made = Ear(desktop)
    await desktop.start()
    made.announcements.start()
    made.frames()
    yield made
    made.announcements.stop()
    await desktop.stop()


async def test_a_fill_is_said_with_side_size_and_price(ear: Ear) -> None:
    stream = ear.desktop.bench.stream
    stream.push(an_order_update(client_oid=None, side=Side.SELL))
    update = an_order_update(client_oid=None, side=Side.SELL, filled=Lots(2))
    stream.push(replace(update, fill=a_fill(side=Side.SELL)))
    ((words, is_urgent),) = ear.frames()
    assert words.startswith("Sold ")
    assert "XBTUSDTM at 100." in words
    assert not is_urgent


async def test_a_warning_interrupts_and_an_information_is_silent(ear: Ear) -> None:
    notices = ear.desktop.bench.notices
    notices.post(NoticeLevel.INFO, "feed", "Connected.")
    assert ear.frames() == []
    notices.post(NoticeLevel.WARNING, "orders", "The exchange said no.", XBT)
    assert ear.frames() == [("XBTUSDTM: The exchange said no.", True)]


async def test_many_at_once_are_one_announcement_that_counts_the_rest(ear: Ear) -> None:
    for number in range(10):
        ear.desktop.bench.notices.post(NoticeLevel.ERROR, "orders", f"Problem {number}.")
    assert ear.frames() == [("Problem 0. Problem 1. Problem 2. And 7 more.", True)]


async def test_arming_and_its_end_are_said_with_the_reason(ear: Ear) -> None:
    ladder = ear.desktop.ladder
    ladder.toggle_keyboard()
    ((words, _),) = ear.frames()
    assert words == "Keyboard trading is armed."
    ladder.disarm("the connection was lost.")
    ((words, is_urgent),) = ear.frames()
    assert words == "Keyboard trading is off. Disarmed: the connection was lost."
    assert is_urgent


async def test_data_out_of_date_is_said_once_and_its_end_too(ear: Ear) -> None:
    ear.desktop.market_stream.drop()
    await ear.desktop.clock.settle()
    first = ear.frames()
    assert first[0][0].startswith("Out of date: ")
    await ear.desktop.clock.advance(5)
    ear.desktop.mark()
    heard = " ".join(words for words, _ in ear.frames())
    assert heard.count(FRESH) == 1
    assert "Out of date" not in heard


@pytest.fixture
async def second(ear: Ear) -> AsyncIterator[LadderViewModel]:
    desktop = ear.desktop
    workspace = Workspace(desktop.markets)
    ladder = LadderViewModel(
        workspace, desktop.desk, desktop.account, Sizes((1, 1, 1, 1, 1), 1), desktop.frame
    )
    ladder.start()
    workspace.choose(XBT)
    ear.ladders.add("ladder-2", ladder)
    await desktop.settle()
    ear.frames()
    yield ladder
    ladder.stop()
    workspace.leave()


async def test_a_further_ladder_is_heard_with_its_number(ear: Ear, second: LadderViewModel) -> None:
    second.toggle_mouse()
    assert ear.frames() == [("Ladder 2: Mouse trading is armed.", True)]
    ear.ladders.disarm("the connection was lost.")
    assert ear.frames() == [
        ("Ladder 2: Mouse trading is off. Disarmed: the connection was lost.", True)
    ]


async def test_a_ladder_that_is_closed_while_armed_is_said_to_be_off(
    ear: Ear, second: LadderViewModel
) -> None:
    second.toggle_keyboard()
    ear.frames()
    ear.ladders.remove("ladder-2")
    assert ear.frames() == [("Ladder 2: Closed and disarmed.", True)]
    second.toggle_keyboard()
    assert ear.frames() == []


async def test_two_ladders_out_of_date_are_said_once_for_each_contract(
    ear: Ear, second: LadderViewModel
) -> None:
    ear.desktop.market_stream.drop()
    await ear.desktop.clock.settle()
    heard = " ".join(words for words, _ in ear.frames())
    assert heard.count(f"{XBT}: Out of date: ") == 1
    second.choose_contract(str(OTHER))
    await ear.desktop.clock.advance(5)
    ear.desktop.mark()
    heard = " ".join(words for words, _ in ear.frames())
    assert heard.count(f"{XBT}: {FRESH}") == 1
