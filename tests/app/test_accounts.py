"""Accounts are one thing: a profile on the disk and a key in the ring."""

from __future__ import annotations

import asyncio
import json
import threading
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
from terminal.exchange.hosts import ORDER_SOCKETS, REAL, Hosts
from terminal.storage.profiles import ProfileStore
from terminal.storage.vault import FOR_NOW, Vault
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

    def again(self, deadline_s: float = 20.0, order_socket: str = "") -> Accounts:
        vault = Vault(lambda: self.ring, deadline_s)
        self._vaults.append(vault)
        profiles = ProfileStore(self.folder, self.clock)
        assert profiles.load() == ""
        self.accounts = Accounts(profiles, vault, self.clock, REAL, order_socket)
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


async def test_what_is_kept_belongs_to_the_account_whatever_its_key_and_name(shelf: Shelf) -> None:
    """Another key of the same account finds the same journal, limits and leave to trade."""
    first = await shelf.accounts.store(DRAFT, KEY, "123456")
    shelf.accounts.set_may_trade("main", may_trade=True)
    again = await shelf.accounts.store(replace(DRAFT, secret=Secret("new")), KEY, "123456")
    assert (again.account, again.may_trade) == (first.account, True)
    renamed = await shelf.accounts.store(replace(DRAFT, name="side"), KEY, "123456")
    assert (renamed.account, renamed.may_trade) == (first.account, False)
    other = await shelf.accounts.store(replace(DRAFT, secret=Secret("newer")), KEY, "777")
    assert other.account != first.account
    assert not other.may_trade
    assert "123456" not in (shelf.folder / "profiles.json").read_text()


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
    name, problem = await shelf.accounts.keeping()
    assert name == ""
    assert "is locked" in problem
    shelf.ring.fails = None
    assert "enter it" in await sentence_of_opening(shelf.again(), "main")


async def test_forgetting_takes_the_key_first(shelf: Shelf) -> None:
    """A ring that keeps its copy keeps the account in the list, and that is said."""
    await shelf.accounts.store(DRAFT, KEY)
    shelf.ring.fails = KeyringLocked()
    with pytest.raises(TernError) as raised:
        await shelf.accounts.forget("main")
    assert "may still be there" in raised.value.sentence
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
    assert stored.words[-1] == FOR_NOW
    assert shelf.ring.entries == {}, "a key that no list knows could never be forgotten"


async def test_a_key_that_is_stored_late_is_not_forgotten_before_it_is_deleted(
    shelf: Shelf,
) -> None:
    """The ring misses the deadline and stores all the same: the account stays until it lets go."""
    shelf.ring.holds = threading.Event()
    stored = await shelf.again(0.05).store(DRAFT, KEY)
    (words,) = stored.words
    assert "may have stored it" in words
    shelf.ring.holds.set()
    assert await asyncio.to_thread(shelf.ring.is_written.wait, 20.0)
    shelf.ring.fails = KeyringLocked()
    with pytest.raises(TernError) as raised:
        await shelf.again().forget("main")
    assert "may still be there" in raised.value.sentence
    assert shelf.accounts.is_stored("main")
    shelf.ring.fails = None
    opened = await shelf.again().open("main")
    assert opened.credentials == KEY
    await shelf.accounts.forget("main")
    assert shelf.ring.entries == {}
    assert shelf.accounts.stored == ()


async def test_a_program_that_ends_while_it_stores_knows_the_account_afterwards(
    shelf: Shelf,
) -> None:
    """What the ring takes after the end can still be opened and forgotten."""
    shelf.ring.holds = threading.Event()
    storing = asyncio.ensure_future(shelf.accounts.store(DRAFT, KEY))  # noqa: TID251 - cancelled
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing
    shelf.ring.holds.set()
    assert await asyncio.to_thread(shelf.ring.is_written.wait, 20.0)
    await shelf.again().forget("main")
    assert shelf.ring.entries == {}


NEW = replace(DRAFT, key=Secret("fedcba9876543210"))
NEW_KEY = Credentials("fedcba9876543210", "a-secret", "own words", 3)


async def test_a_new_key_that_could_not_be_stored_leaves_the_old_one_under_its_own_name(
    shelf: Shelf,
) -> None:
    """This run uses the new key where it belongs; the next one finds the old key described."""
    await shelf.accounts.store(DRAFT, KEY)
    shelf.ring.fails = KeyringLocked()
    here = "http://127.0.0.1:1"
    stored = await shelf.accounts.store(replace(NEW, futures_host=here, account_host=here), NEW_KEY)
    assert stored.credentials == NEW_KEY
    assert "for this session only" in stored.words[0]
    again = await shelf.accounts.open("main")
    assert (again.credentials, again.hosts) == (NEW_KEY, stored.hosts)
    shelf.ring.fails = None
    assert shelf.again().stored[0].key_tail == DRAFT.key.tail
    opened = await shelf.accounts.open("main")
    assert (opened.credentials, opened.hosts) == (KEY, REAL)


async def test_a_new_key_that_is_stored_late_signs_for_its_own_version(shelf: Shelf) -> None:
    """While nobody knows which key the ring holds no letters are shown; opening it tells."""
    await shelf.accounts.store(DRAFT, KEY)
    shelf.ring.is_written.clear()
    shelf.ring.holds = threading.Event()
    await shelf.again(0.05).store(NEW, NEW_KEY)
    assert shelf.accounts.stored[0].key_tail == ""
    shelf.ring.holds.set()
    assert await asyncio.to_thread(shelf.ring.is_written.wait, 20.0)
    assert (await shelf.again().open("main")).credentials == NEW_KEY
    assert shelf.accounts.stored[0].key_tail == NEW.key.tail


async def test_a_key_of_an_older_entry_signs_for_the_version_of_the_list(shelf: Shelf) -> None:
    """Entries had no version of their own before."""
    await shelf.accounts.store(DRAFT, KEY)
    ((name, text),) = shelf.ring.entries.items()
    entry = json.loads(text)
    assert entry.pop("version") == "2"
    shelf.ring.entries[name] = json.dumps(entry)
    assert (await shelf.again().open("main")).credentials == KEY


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "0123456789abcdef\n"},
        {"key": "0123456789 abcdef"},
        {"secret": "a-s\u00e9cret"},
        {"passphrase": " own words"},
        {"passphrase": "own\r\nwords"},
        {"secret": "x" * 257},
    ],
)
async def test_a_stored_key_is_looked_at_like_a_typed_one(
    shelf: Shelf, changed: dict[str, str]
) -> None:
    """What cannot be sent in a header is not sent, and one sentence says what to do."""
    await shelf.accounts.store(DRAFT, KEY)
    ((name, text),) = shelf.ring.entries.items()
    shelf.ring.entries[name] = json.dumps({**json.loads(text), **changed})
    words = await sentence_of_opening(shelf.again(), "main")
    assert words == "The stored key of main holds letters that no key has: enter it again."


async def test_a_list_of_a_newer_version_is_not_replaced_and_nothing_is_stored(
    shelf: Shelf,
) -> None:
    """The account opens for this session, and both reasons are told."""
    shelf.folder.mkdir()
    path = shelf.folder / "profiles.json"
    path.write_text('{"version": 99}')
    profiles = ProfileStore(shelf.folder, shelf.clock)
    assert "newer version" in profiles.load()
    vault = Vault(lambda: shelf.ring, 20.0)
    stored = await Accounts(profiles, vault, shelf.clock, REAL).store(DRAFT, KEY)
    await vault.close()
    assert stored.credentials == KEY
    assert "newer version" in stored.words[0]
    assert stored.words[1] == FOR_NOW
    assert path.read_text() == '{"version": 99}'
    assert shelf.ring.entries == {}


COLOCATED = ORDER_SOCKETS["colocated"]
ORDER_KEY = Credentials("order-key", "order-secret", "order words", 3)


async def test_the_order_socket_of_this_run_is_remembered_with_what_is_stored(
    shelf: Shelf,
) -> None:
    """The command line goes first; without it the account says, and without that the exchange."""
    await shelf.again(order_socket="colocated").store(DRAFT, KEY)
    for given, address in (("", COLOCATED), ("none", ""), ("main", REAL.orders)):
        opened = await shelf.again(order_socket=given).open("main")
        assert opened.hosts is not None
        assert opened.hosts.orders == address
    await shelf.again().store(DRAFT, KEY)
    assert (await shelf.accounts.open("main")).hosts == replace(REAL, orders=COLOCATED)


async def test_a_stand_in_has_no_order_socket_unless_it_is_named(shelf: Shelf) -> None:
    """Its key is never taken to the exchange's own socket."""
    here = "http://127.0.0.1:1"
    stand_in = replace(DRAFT, futures_host=here, account_host=here)
    stored = await shelf.accounts.store(stand_in, KEY)
    assert stored.hosts == Hosts(here, here)
    with pytest.raises(TernError) as raised:
        await shelf.again(order_socket="main").open("main")
    assert "belongs to the exchange itself" in raised.value.sentence
    opened = await shelf.again(order_socket="ws://127.0.0.1:2/v1/private").open("main")
    assert opened.hosts == Hosts(here, here, "ws://127.0.0.1:2/v1/private")


async def test_an_order_socket_that_was_edited_into_the_file_is_checked(shelf: Shelf) -> None:
    """The order socket's key is sent to no host that is not encrypted."""
    await shelf.accounts.store(DRAFT, KEY)
    path = shelf.folder / "profiles.json"
    document = json.loads(path.read_text())
    document["profiles"][0]["order_socket"] = "ws://elsewhere.example/v1/private"
    path.write_text(json.dumps(document))
    assert "encrypted" in await sentence_of_opening(shelf.again(), "main")


async def test_the_order_socket_may_have_a_key_of_its_own(shelf: Shelf) -> None:
    """It is kept in the ring beside the other one, opens with it and is forgotten with it."""
    await shelf.accounts.store(DRAFT, KEY)
    assert (await shelf.accounts.open("main")).order_key is None
    assert await shelf.accounts.set_order_key("main", ORDER_KEY) == ()
    assert len(shelf.ring.entries) == 2
    opened = await shelf.again().open("main")
    assert (opened.credentials, opened.order_key, opened.words) == (KEY, ORDER_KEY, ())
    assert (await shelf.again(order_socket="none").open("main")).order_key is None
    assert await shelf.again().set_order_key("main", None) == ()
    assert (await shelf.again().open("main")).order_key is None
    assert len(shelf.ring.entries) == 1
    await shelf.accounts.set_order_key("main", ORDER_KEY)
    await shelf.accounts.forget("main")
    assert shelf.ring.entries == {}
    with pytest.raises(TernError):
        await shelf.accounts.set_order_key("main", ORDER_KEY)


async def test_the_order_key_of_another_key_sends_no_order(shelf: Shelf) -> None:
    """A new key may be of another account: its orders would go where nobody looks."""
    await shelf.accounts.store(DRAFT, KEY)
    await shelf.accounts.set_order_key("main", ORDER_KEY)
    await shelf.accounts.store(NEW, NEW_KEY)
    opened = await shelf.again().open("main")
    assert opened.credentials == NEW_KEY
    assert opened.order_key is None
    assert opened.hosts == replace(REAL, orders="")
    (words,) = opened.words
    assert "stored for another key" in words
    assert "Orders go by REST" in words


async def test_an_order_key_that_is_gone_costs_only_the_socket(shelf: Shelf) -> None:
    """Kept for now it works for now; afterwards the account opens, and says what is missing."""
    await shelf.accounts.store(DRAFT, KEY)
    await shelf.accounts.open("main")
    shelf.ring.is_full = KeyringLocked()
    (words,) = await shelf.accounts.set_order_key("main", ORDER_KEY)
    assert "for this session only" in words
    assert (await shelf.accounts.open("main")).order_key == ORDER_KEY
    opened = await shelf.again().open("main")
    assert (opened.order_key, opened.hosts) == (None, replace(REAL, orders=""))
    assert "order socket key of main is not stored" in opened.words[0]


# Whose it is ---------------------------------------------------------------------------------


async def test_a_key_entered_again_without_a_check_has_the_files_of_before(shelf: Shelf) -> None:
    """Its limits, its stop, its journal and its lock: entering a key walks around nothing."""
    first = await shelf.accounts.store(DRAFT, KEY, "12345")
    again = await shelf.accounts.store(DRAFT, KEY)
    other = await shelf.accounts.store(replace(DRAFT, key=Secret("another-key")), KEY)
    assert first.account == again.account == other.account
    assert (await shelf.again().open("main")).account == first.account
    assert not shelf.accounts.learn_owner("main", "12345").is_other
    elsewhere = replace(DRAFT, futures_host="https://elsewhere.example")
    assert (await shelf.accounts.store(elsewhere, KEY)).account.startswith("main at ")


async def test_whose_account_it_is_keeps_the_files_that_were_begun_under_its_name(
    shelf: Shelf,
) -> None:
    """One account has one place, whatever names it is stored under later."""
    unchecked = await shelf.accounts.store(DRAFT, KEY)
    assert not shelf.accounts.learn_owner("main", "").is_other
    assert not shelf.accounts.learn_owner("main", "12345").is_other
    assert (await shelf.again().open("main")).account == unchecked.account
    checked = await shelf.accounts.store(DRAFT, KEY, "12345")
    second = await shelf.accounts.store(replace(DRAFT, name="second"), KEY, "12345")
    assert checked.account == second.account == unchecked.account
    await shelf.accounts.forget("main")
    await shelf.accounts.forget("second")
    third = await shelf.again().store(replace(DRAFT, name="third"), KEY, "12345")
    assert third.account == unchecked.account


async def test_a_check_of_the_same_key_keeps_the_files_of_before_it(shelf: Shelf) -> None:
    unchecked = await shelf.accounts.store(DRAFT, KEY)
    assert (await shelf.accounts.store(DRAFT, KEY, "12345")).account == unchecked.account


async def test_another_account_under_the_same_name_is_told_and_has_no_files_of_it(
    shelf: Shelf,
) -> None:
    first = await shelf.accounts.store(DRAFT, KEY, "12345")
    word = shelf.accounts.learn_owner("main", "67890")
    assert word.is_other
    assert "another account" in word.words
    assert word.remedy
    assert (await shelf.again().open("main")).account == first.account, "nothing was changed"
    other = await shelf.accounts.store(DRAFT, KEY, "67890")
    assert other.account != first.account


async def test_a_second_name_of_one_account_shares_its_files_from_the_next_start(
    shelf: Shelf,
) -> None:
    first = await shelf.accounts.store(DRAFT, KEY, "12345")
    second = await shelf.accounts.store(replace(DRAFT, name="second"), KEY)
    assert second.account != first.account
    word = shelf.accounts.learn_owner("second", "12345")
    assert word.is_other
    assert "not those of this run" in word.words
    assert (await shelf.again().open("second")).account == first.account


async def test_files_begun_under_a_name_are_one_owners_only(shelf: Shelf) -> None:
    """Whoever takes a name later does not take the limits of who had it before."""
    first = await shelf.accounts.store(DRAFT, KEY)
    assert not shelf.accounts.learn_owner("main", "12345").is_other
    await shelf.accounts.forget("main")
    await shelf.accounts.store(DRAFT, KEY)
    assert shelf.accounts.learn_owner("main", "67890").is_other
    assert (await shelf.again().open("main")).account != first.account


async def test_a_place_that_could_not_be_written_is_none(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.accounts.store(DRAFT, KEY)

    def full(_document: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shelf.accounts._profiles._file, "write", full)
        assert shelf.accounts.learn_owner("main", "12345").words == ""
    assert not shelf.accounts.learn_owner("main", "12345").is_other
