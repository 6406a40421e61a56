"""What is kept for one account: opened by who may send, and by one program at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.app.account_files import AccountFiles, folder_of
from terminal.app.choice import Choice, Mode
from terminal.domain.access import Access
from terminal.domain.clock import TimestampMs
from terminal.domain.intention import Intention, Purpose
from terminal.domain.units import ClientOid
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from tests.support.builders import a_ticket
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = Hosts("https://futures.example", "https://account.example")


def test_each_account_has_a_folder_of_its_own_that_does_not_name_it(tmp_path: Path) -> None:
    key = Credentials("key-one", "secret", "passphrase")
    other = Hosts("https://sandbox.example", "https://account.example")
    choices = [
        Choice(Mode.ACCOUNT, hosts, key, name, owner=owner)
        for hosts in (HOSTS, other)
        for name, owner in (("main", ""), ("main", "o1"), ("side", "o1"), ("main", "o2"))
    ]
    folders = [folder_of(tmp_path, choice.account) for choice in choices]
    assert len(set(folders)) == 6
    assert folders[1] == folders[2], "the owner prevails over the name"
    assert all(word not in str(one) for one in folders for word in ("key-one", "example", "main"))


async def test_a_second_program_watches_until_the_first_has_ended(tmp_path: Path) -> None:
    first = AccountFiles(tmp_path, Access.FULL, FakeClock())
    assert (first.access, first.words) == (Access.FULL, ())
    assert first.journal is not None
    first.journal.intend(
        Intention(ClientOid("c1"), a_ticket(), Purpose.SUBMIT, None, TimestampMs(1))
    )
    second = AccountFiles(tmp_path, Access.FULL, FakeClock())
    assert second.access is Access.SECOND
    assert second.journal is None
    assert "watches only" in second.words[0]
    assert second.access.reason
    await second.close()
    await first.close()
    third = AccountFiles(tmp_path, Access.FULL, FakeClock())
    assert third.access is Access.FULL
    assert third.journal is not None
    assert len(third.journal.open_intentions()) == 1
    await third.close()


async def test_who_sends_nothing_takes_nothing(tmp_path: Path) -> None:
    watching = AccountFiles(tmp_path / "one", Access.WATCH_ONLY, FakeClock(), may_send=False)
    assert (watching.access, watching.journal) == (Access.WATCH_ONLY, None)
    assert not (tmp_path / "one").exists()
    await watching.close()


async def test_who_may_be_permitted_to_send_later_has_everything_at_hand(tmp_path: Path) -> None:
    files = AccountFiles(tmp_path, Access.WATCH_ONLY, FakeClock())
    assert files.access is Access.WATCH_ONLY
    assert files.journal is not None
    await files.close()


async def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"nonsense" * 500)
    files = AccountFiles(tmp_path, Access.FULL, FakeClock())
    assert "damaged" in files.words[0]
    await files.close()
