"""Whose key it is: nothing is sent to an account whose limits, stop and journal are elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.app.accounts import OwnerWord
from terminal.app.owner_watch import OwnerWatch
from terminal.domain.access import Access
from terminal.session.conditions import Light
from terminal.session.key_watch import INTERVAL_S, KeyState, KeyWatch
from terminal.session.notices import NoticeLevel
from tests.app.test_accounts import DRAFT, KEY, Shelf
from tests.session.test_conditions import facts
from tests.support.switch import SwitchPanel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from terminal.domain.api_key import ApiKeyFacts


class Watched:
    """An owner watch on a switch whose conditions are all green; ``owner`` is what is told."""

    def __init__(self, shelf: Shelf) -> None:
        self.panel = SwitchPanel()
        self.owner = ""
        self.key = KeyWatch(self.ask, self.panel.clock, self.panel.owner)
        self.watch = OwnerWatch(
            shelf.accounts, "main", self.key, self.panel.switch, self.panel.notices
        )
        self.panel.switch.allow()

    async def ask(self) -> ApiKeyFacts:
        return replace(facts(), owner=self.owner)

    async def told(self, owner: str) -> None:
        """The exchange says whose key it is."""
        self.owner = owner
        if self.key.state == KeyState():
            self.key.start()
            await self.panel.clock.settle()
        else:
            await self.panel.clock.advance(INTERVAL_S)

    @property
    def errors(self) -> list[str]:
        notices = self.panel.notices.notices
        return [one.text for one in notices if one.level is NoticeLevel.ERROR]

    @property
    def light(self) -> Light:
        return next(c.light for c in self.panel.switch.conditions() if c.name == "Account")


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    shelf = Shelf(tmp_path / "config")
    yield shelf
    await shelf.close()


async def test_the_account_of_before_is_traded_as_before(shelf: Shelf) -> None:
    await shelf.accounts.store(DRAFT, KEY, "12345")
    watched = Watched(shelf)
    for owner in ("", "12345", "12345"):
        await watched.told(owner)
        assert watched.panel.switch.access is Access.REDUCING
    assert watched.panel.switch.turn_on() == ""
    assert watched.errors == []
    await watched.key.stop()
    await watched.panel.switch.stop()


async def test_another_account_is_only_watched_and_stays_so(shelf: Shelf) -> None:
    """Also when the user allows more, and whatever the exchange tells later in this run."""
    await shelf.accounts.store(DRAFT, KEY, "12345")
    watched = Watched(shelf)
    assert watched.panel.switch.turn_on() == ""
    await watched.told("67890")
    assert watched.panel.switch.access is Access.WATCH_ONLY
    (words,) = watched.errors
    assert "belongs to another account" in words
    assert "only watched" in words
    assert watched.light is Light.RED
    watched.panel.switch.allow()
    assert watched.panel.switch.access is Access.WATCH_ONLY
    assert "Account: The key of main belongs to another account" in watched.panel.switch.turn_on()
    await watched.told("12345")
    assert watched.panel.switch.access is Access.WATCH_ONLY
    assert len(watched.errors) == 1
    await watched.key.stop()
    await watched.panel.switch.stop()


async def test_one_of_which_it_was_not_known_is_watched_only_if_its_files_are_elsewhere(
    shelf: Shelf,
) -> None:
    await shelf.accounts.store(DRAFT, KEY)
    watched = Watched(shelf)
    await watched.told("12345")
    assert watched.panel.switch.access is Access.REDUCING
    await watched.key.stop()
    await shelf.accounts.store(replace(DRAFT, name="other"), KEY, "67890")
    await shelf.accounts.forget("main")
    await shelf.accounts.store(DRAFT, KEY)
    watched = Watched(shelf)
    await watched.told("67890")
    assert watched.panel.switch.access is Access.WATCH_ONLY
    assert watched.light is Light.RED
    await watched.key.stop()
    assert OwnerWord().is_other is False
