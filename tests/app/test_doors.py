"""The doors: every question ends in an answer, and nothing of a dropped one stays."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from typing import TYPE_CHECKING, final

import pytest

from terminal.app import doors as doors_module
from terminal.app.accounts import Accounts
from terminal.app.doors import INNER_FAULT, Doors
from terminal.domain.api_key import ApiKeyFacts
from terminal.domain.secret import Secret
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import REAL, Hosts
from terminal.session.tasks import TaskOwner
from terminal.storage.profiles import ProfileStore
from terminal.storage.vault import Vault
from terminal.viewmodels.connect import Answer, Draft
from tests.support.deadlines import eventually
from tests.support.fake_clock import FakeClock
from tests.support.rings import MemoryRing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from terminal.domain.clock import Clock

DRAFT = Draft(
    "main",
    Secret("the-key-of-the-doors"),
    Secret("a-secret"),
    Secret("own words"),
    REAL.futures,
    REAL.account,
)


@final
class Exchange:
    """Answers questions about keys when the test says so; counts those that were given up."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[ApiKeyFacts]] = []

    async def check_key(
        self, _hosts: Hosts, credentials: Credentials, _clock: Clock, _proxy: str
    ) -> tuple[ApiKeyFacts, Credentials]:
        answer = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        return await answer, credentials.of_version(2)


@final
class Hall:
    """The doors of a program whose exchange is in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.errors: list[str] = []
        self.answers: list[Answer] = []
        self.exchange = Exchange()
        self.ring = MemoryRing()
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name}: {error}"))
        self.vault = Vault(lambda: self.ring, 20.0)
        self.profiles = ProfileStore(folder, FakeClock())
        self.profiles.load()
        accounts = Accounts(self.profiles, self.vault, FakeClock(), REAL)
        self.doors = Doors(accounts, FakeClock(), self.owner)

    async def ask(self, draft: Draft = DRAFT) -> None:
        """Ask, and let the question reach the exchange."""
        self.doors.check(draft, self.answers.append)
        await self.settle()

    async def settle(self) -> None:
        """Let what is due happen."""
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
async def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hall]:
    hall = Hall(tmp_path)
    monkeypatch.setattr(doors_module, "check_key", hall.exchange.check_key)
    yield hall
    await hall.owner.close()
    await hall.vault.close()


A_FACT = ApiKeyFacts(3, frozenset(), (), True, False, 0, "42")


async def test_nothing_of_a_key_stays_when_the_dialog_is_gone(hall: Hall) -> None:
    """Neither after an answer nor while the question is on its way."""
    await hall.ask()
    hall.exchange.asked[0].set_result(A_FACT)
    await hall.settle()
    assert hall.answers == [Answer(A_FACT)]
    hall.doors.forget_check()
    await hall.ask()
    hall.doors.forget_check()
    await hall.settle()
    assert hall.exchange.asked[1].cancelled()
    assert hall.owner.task_names == ()
    assert hall.answers == [Answer(A_FACT)], "who is gone is not told"
    assert hall.doors._checked is None
    gc.collect()
    # By type(): isinstance asks every object for its class, and some of libraries are lazy.
    kept = [one for one in gc.get_objects() if type(one) is Credentials]
    assert [one for one in kept if one.key == DRAFT.key.reveal()] == []


async def test_a_slow_old_answer_is_dropped_for_a_newer_question(hall: Hall) -> None:
    """What is stored in the end was checked as it is: with the version that was found for it."""
    await hall.ask(replace(DRAFT, secret=Secret("mistyped")))
    await hall.ask()
    old, new = hall.exchange.asked
    new.set_result(A_FACT)
    await hall.settle()
    assert old.cancelled()
    assert hall.answers == [Answer(A_FACT)]
    opened: list[Credentials | None] = []
    hall.doors.on_opened.add(lambda choice: opened.append(choice.credentials))
    hall.doors.connect(DRAFT)
    await eventually(lambda: opened, "the account")
    assert opened == [Credentials("the-key-of-the-doors", "a-secret", "own words", 2)]


async def test_an_answer_may_be_followed_by_connecting_at_once(hall: Hall) -> None:
    """A key without a warning is stored in the same breath."""
    opened: list[str] = []
    hall.doors.on_opened.add(lambda choice: opened.append(choice.name))
    hall.doors.check(DRAFT, lambda _: hall.doors.connect(DRAFT))
    await hall.settle()
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "test: check a key"]
    hall.exchange.asked[0].set_result(A_FACT)
    await eventually(lambda: opened, "the account")
    assert not task.cancelled()
    assert hall.errors == []


async def test_what_nobody_expected_is_an_answer_and_reported(hall: Hall) -> None:
    """No dialog and no window waits for ever."""
    await hall.ask()
    hall.exchange.asked[0].set_exception(ZeroDivisionError("odd"))
    await hall.settle()
    assert hall.answers == [Answer(None, INNER_FAULT)]
    assert hall.errors == ["test: check a key: odd"]


async def test_opening_and_forgetting_end_in_an_answer_as_well(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with the list of accounts."""

    def find(_: str) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(ProfileStore, "find", lambda _, name: find(name))
    said: list[str] = []
    hall.doors.open_stored("main", said.append)
    hall.doors.remove_stored("main", said.append)
    await hall.settle()
    assert said == [INNER_FAULT, INNER_FAULT]
    assert len(hall.errors) == 2


async def test_where_keys_are_kept_is_told_with_what_is_wrong_there(hall: Hall) -> None:
    """The name of the ring comes from the ring."""
    looked: list[tuple[str, str]] = []
    hall.ring.fails = RuntimeError()
    hall.doors.look_at_ring(lambda ring, problem: looked.append((ring, problem)))
    await eventually(lambda: looked, "the answer")
    assert looked == [("", "The key ring cannot be used (RuntimeError).")]
