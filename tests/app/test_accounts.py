"""Accounts are one thing: a profile on the disk and a key in the ring."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from keyring.errors import KeyringLocked

from terminal.app.accounts import Accounts
from terminal.app.choice import Mode
from terminal.domain.access import Access
from terminal.domain.errors import TernError
from terminal.domain.secret import Secret
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import REAL
from terminal.storage.profiles import ProfileStore
from terminal.storage.vault import Vault
from terminal.viewmodels.connect import Draft
from tests.support.fake_clock import FakeClock
from tests.support.rings import MemoryRing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DRAFT = Draft(
    "main",
    Secret("0123456789abcdef"),
    Secret("a-secret"),
    Secret("own words"),
    REAL.futures,
    REAL.account,
)
KEY = Credentials("0123456789abcdef", "a-secret", "own words", 2)


class Shelf:
    """Accounts in a folder with a ring in memory; ``again`` is the next run of the program."""

    def __init__(self, folder: Path) -> None:
        self.ring = MemoryRing()
        self.folder = folder
        self.clock = FakeClock()
        self._vaults: list[Vault] = []
        self.accounts = self.again()

    def again(self) -> Accounts:
        vault = Vault(lambda: self.ring, 20.0)
        self._vaults.append(vault)
        profiles = ProfileStore(self.folder, self.clock)
        assert profiles.load() == ""
        self.accounts = Accounts(profiles, vault, self.clock, REAL)
        return self.accounts

    async def close(self) -> None:
        for vault in self._vaults:
            await vault.close()


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    shelf = Shelf(tmp_path / "config")
    yield shelf
    await shelf.close()


async def sentence_of_opening(accounts: Accounts, name: str) -> str:
    """Why an account cannot be opened."""
    with pytest.raises(TernError) as raised:
        await accounts.open(name)
    return raised.value.sentence


async def test_what_is_stored_opens_in_the_next_run(shelf: Shelf) -> None:
    """With its hosts, its key and the version that its key signs for."""
    stored = await shelf.accounts.store(DRAFT, KEY)
    assert (stored.mode, stored.access, stored.words) == (Mode.ACCOUNT, Access.WATCH_ONLY, ())
    opened = await shelf.again().open(" MAIN ")
    assert (opened.credentials, opened.hosts, opened.name) == (KEY, REAL, "main")
    (shown,) = shelf.accounts.stored
    assert (shown.name, shown.host, shown.last_used) == ("main", "", shelf.clock.now_ms())
    assert shelf.accounts.is_stored("Main")


async def test_another_key_under_the_same_name_replaces_the_first(shelf: Shelf) -> None:
    """Whatever the letters' case: one profile, one entry in the ring."""
    await shelf.accounts.store(DRAFT, KEY)
    await shelf.accounts.store(replace(DRAFT, name="MAIN", secret=Secret("new")), KEY)
    assert len(shelf.ring.entries) == 1
    opened = await shelf.again().open("main")
    assert opened.credentials is not None
    assert opened.credentials.secret == "new"


async def test_a_stand_in_is_shown_as_one(shelf: Shelf) -> None:
    """Who connects to another host than the exchange's sees it in the list."""
    here = "http://127.0.0.1:1"
    await shelf.accounts.store(replace(DRAFT, futures_host=here, account_host=here), KEY)
    (shown,) = shelf.accounts.stored
    assert shown.host == here


async def test_an_account_without_its_key_says_so(shelf: Shelf) -> None:
    """A name nobody knows, a key that went out of the ring, a ring that is locked."""
    assert "nobody" in await sentence_of_opening(shelf.accounts, "nobody")
    await shelf.accounts.store(DRAFT, KEY)
    shelf.ring.fails = KeyringLocked()
    assert "is locked" in await sentence_of_opening(shelf.accounts, "main")
    shelf.ring.fails = None
    (name,) = shelf.ring.entries
    shelf.ring.entries[name] = '{"key": "x", "secret": ""}'
    assert "enter it" in await sentence_of_opening(shelf.accounts, "main")
    shelf.ring.entries.clear()
    assert "enter it" in await sentence_of_opening(shelf.accounts, "main")


async def test_hosts_that_were_edited_into_the_file_are_checked(shelf: Shelf) -> None:
    """The key is sent to no host that is not encrypted."""
    await shelf.accounts.store(DRAFT, KEY)
    path = shelf.folder / "profiles.json"
    document = json.loads(path.read_text())
    document["profiles"][0]["futures_host"] = "http://elsewhere.example"
    path.write_text(json.dumps(document))
    assert "encrypted" in await sentence_of_opening(shelf.again(), "main")


async def test_a_key_kept_for_now_is_said_and_gone_with_the_run(shelf: Shelf) -> None:
    """This run opens it again; the next one asks."""
    shelf.ring.fails = KeyringLocked()
    stored = await shelf.accounts.store(DRAFT, KEY)
    (words,) = stored.words
    assert "for this session only" in words
    assert (await shelf.accounts.open("main")).credentials == KEY
    assert "is locked" in await shelf.accounts.storage_problem()
    shelf.ring.fails = None
    assert "enter it" in await sentence_of_opening(shelf.again(), "main")


async def test_forgetting_takes_the_key_first(shelf: Shelf) -> None:
    """A ring that keeps its copy keeps the account in the list, and that is said."""
    await shelf.accounts.store(DRAFT, KEY)
    shelf.ring.fails = KeyringLocked()
    with pytest.raises(TernError) as raised:
        await shelf.accounts.forget("main")
    assert "still there" in raised.value.sentence
    assert shelf.accounts.is_stored("main")
    shelf.ring.fails = None
    await shelf.accounts.forget("main")
    await shelf.accounts.forget("main")
    assert shelf.ring.entries == {}
    assert shelf.again().stored == ()


async def test_what_was_never_stored_is_forgotten_without_a_ring(shelf: Shelf) -> None:
    """There is nothing to take out of a ring that never took it."""
    shelf.ring.fails = KeyringLocked()
    await shelf.accounts.store(DRAFT, KEY)
    await shelf.accounts.forget("main")
    assert shelf.accounts.stored == ()
    assert "nobody" not in await sentence_of_opening(shelf.accounts, "main")


async def test_a_list_that_cannot_be_written_costs_only_the_list(shelf: Shelf) -> None:
    """The account opens all the same, and the reason is told."""
    shelf.folder.write_text("a file where the folder should be")
    stored = await shelf.accounts.store(DRAFT, KEY)
    assert stored.credentials == KEY
    assert any("could not be saved" in words for words in stored.words)
