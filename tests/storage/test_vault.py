"""Secrets go into a safe key ring or stay in memory; nothing waits for a ring for ever."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from importlib import import_module
from typing import TYPE_CHECKING, cast

import pytest
from keyring.errors import KeyringLocked, NoKeyringError, PasswordSetError

from terminal.domain.secret import Secret
from terminal.storage.vault import (
    ENTRY_BYTES,
    NO_BACKENDS,
    SERVICE,
    Vault,
    VaultError,
    safe_backend,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.storage.vault import Backend

SECRETS = {
    "key": Secret("0123456789abcdef"),
    "secret": Secret("s3cr3t-\N{SNOWMAN}"),
    "passphrase": Secret(" my own words "),
}
SHORT_S = 0.05
LONG_S = 20.0


class FakeRing:
    """A key ring in memory. ``before`` runs first in every call, on the worker's thread."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.threads: set[str] = set()
        self.before = before

    def _enter(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.before()

    def get_password(self, service: str, username: str) -> str | None:
        self._enter()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._enter()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._enter()
        del self.entries[service, username]


def finding(ring: object) -> Callable[[], Backend]:
    """What finds this key ring."""
    return lambda: cast("Backend", ring)


def raising(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


async def test_an_entry_comes_back_and_goes() -> None:
    """One entry of the service for each name; what is deleted is nowhere."""
    ring = FakeRing()
    vault = Vault(lambda: ring, LONG_S)
    assert (await vault.save("main (a1)", SECRETS)).is_lasting
    assert list(ring.entries) == [(SERVICE, "main (a1)")]
    assert await Vault(lambda: ring, LONG_S).load("main (a1)") == SECRETS
    assert await vault.load("another") is None
    assert await vault.problem() == ""
    await vault.delete("main (a1)")
    await vault.delete("main (a1)")
    assert ring.entries == {}
    assert await vault.load("main (a1)") is None
    await vault.close()


async def test_the_ring_is_spoken_to_on_one_daemon_thread() -> None:
    """A ring that hangs can hold neither the loop nor the end of the program."""
    ring = FakeRing()
    found: list[threading.Thread] = []
    ring.before = lambda: found.append(threading.current_thread())
    vault = Vault(lambda: ring, LONG_S)
    await asyncio.gather(vault.load("a"), vault.load("b"), vault.problem())
    assert ring.threads == {"key ring"}
    assert len(found) == 3
    assert len(set(found)) == 1
    assert found[0].daemon
    await vault.close()
    assert not found[0].is_alive()


async def test_a_ring_that_hangs_costs_one_deadline_and_then_nothing() -> None:
    """The first call waits its time, the next ones fail at once, until the ring answers."""
    answer = threading.Event()
    ring = FakeRing(lambda: _wait(answer))
    vault = Vault(lambda: ring, SHORT_S)
    with pytest.raises(VaultError, match="no answer") as raised:
        await vault.load("main")
    assert "did not answer within" in raised.value.sentence
    with pytest.raises(VaultError, match="busy"):
        await vault.load("main")
    kept = await vault.save("main", SECRETS)
    assert not kept.is_lasting
    assert await vault.load("main") == SECRETS, "this run has it all the same"
    await asyncio.wait_for(vault.close(), LONG_S)
    answer.set()


async def test_a_ring_that_answers_late_can_be_used_again() -> None:
    """Its late answer is nobody's; the next question gets its own."""
    answer = threading.Event()
    ring = FakeRing(lambda: _wait(answer))
    vault = Vault(lambda: ring, SHORT_S)
    with pytest.raises(VaultError):
        await vault.load("main")
    answer.set()
    ring.entries[SERVICE, "main"] = '{"key": "k"}'
    async with asyncio.timeout(LONG_S):
        while True:
            try:
                assert await vault.load("main") == {"key": Secret("k")}
                break
            except VaultError as error:
                assert str(error) == "busy"  # noqa: PT017 - the late answer may still be on its way
                await asyncio.sleep(0)
    await vault.close()


def _wait(event: threading.Event) -> None:
    assert event.wait(LONG_S)


async def test_a_call_that_is_given_up_leaves_nothing_behind() -> None:
    """Cancelling the caller does not disturb the worker."""
    answer = threading.Event()
    ring = FakeRing(lambda: _wait(answer))
    vault = Vault(lambda: ring, LONG_S)
    call = asyncio.ensure_future(vault.load("main"))  # noqa: TID251 - to be cancelled
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    answer.set()
    await vault.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyringLocked("my text"), "is locked"),
        (NoKeyringError("my text"), "no key ring"),
        (PasswordSetError("my text"), "cannot be used (PasswordSetError)"),
    ],
)
async def test_what_a_ring_raises_is_one_sentence_and_the_key_stays_for_now(
    error: Exception, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The ring's own text is shown nowhere: it may hold anything."""
    vault = Vault(lambda: FakeRing(raising(error)), LONG_S)
    with caplog.at_level(logging.DEBUG):
        kept = await vault.save("main", SECRETS)
        with pytest.raises(VaultError) as raised:
            await vault.delete("other")
        assert words in await vault.problem()
    assert words in kept.sentence
    assert not kept.is_doubtful
    assert words in raised.value.sentence
    assert kept.sentence.endswith("for this session only, never in a file.")
    assert await vault.load("main") == SECRETS
    everything = caplog.text + kept.sentence + raised.value.sentence + repr(raised.value)
    assert "my text" not in everything
    await vault.close()
    with pytest.raises(VaultError):
        await vault.load("main")


async def test_what_breaks_off_is_a_doubt_and_not_a_refusal() -> None:
    """A ring that fails in a way of its own, or answers too late, may have the key all the same."""
    gate = threading.Event()
    for ring in (FakeRing(raising(RuntimeError("my text"))), FakeRing(lambda: _wait(gate))):
        vault = Vault(finding(ring), SHORT_S)
        kept = await vault.save("main", SECRETS)
        assert (kept.is_lasting, kept.is_doubtful) == (False, True)
        assert "may have stored it, too" in kept.sentence
        assert "my text" not in kept.sentence
        assert await vault.load("main") == SECRETS
        await vault.close()
    gate.set()


async def test_a_ring_tells_its_name_once_it_was_asked() -> None:
    """In words that its owner knows; a ring without such a name has none."""
    for module, name in (
        ("keyring.backends.SecretService", "the Secret Service"),
        ("keyring.backends.macOS", "the Keychain"),
        ("somewhere.else", ""),
    ):
        ring = _of_module(module, get_password=lambda *_: None)
        vault = Vault(finding(ring), LONG_S)
        assert vault.ring_name == ""
        assert await vault.problem() == ""
        assert vault.ring_name == name
        await vault.close()


async def test_a_ring_is_looked_for_on_the_worker_and_may_not_be_there() -> None:
    """Finding one can hang or fail like using it."""
    threads: list[str] = []

    def find() -> FakeRing:
        threads.append(threading.current_thread().name)
        raise NoKeyringError

    vault = Vault(find, LONG_S)
    assert "no key ring" in await vault.problem()
    assert threads == ["key ring"]
    await vault.close()


async def test_a_new_entry_in_the_ring_ends_what_was_kept_for_now() -> None:
    """There is one truth of each name."""
    ring = FakeRing(raising(KeyringLocked()))
    vault = Vault(lambda: ring, LONG_S)
    await vault.save("main", SECRETS)
    ring.before = lambda: None
    assert (await vault.save("main", {"key": Secret("new")})).is_lasting
    assert await vault.load("main") == {"key": Secret("new")}
    await vault.close()


async def test_deleting_forgets_what_is_kept_for_now_whatever_the_ring_does() -> None:
    """A locked ring keeps its own copy, and that is raised."""
    vault = Vault(lambda: FakeRing(raising(KeyringLocked())), LONG_S)
    await vault.save("main", SECRETS)
    with pytest.raises(VaultError):
        await vault.delete("main")
    with pytest.raises(VaultError):
        await vault.load("main")
    await vault.close()


async def test_an_entry_that_no_ring_would_take_is_not_sent_there() -> None:
    """Windows takes 2560 bytes; the bound is the same everywhere."""
    ring = FakeRing()
    vault = Vault(lambda: ring, LONG_S)
    kept = await vault.save("main", {"key": Secret("x" * ENTRY_BYTES)})
    assert not kept.is_lasting
    assert "too long" in kept.sentence
    assert ring.entries == {}
    await vault.close()


@pytest.mark.parametrize("text", ["{", "[1]", '"s3cr3t"', '{"key": 5}', "null"])
async def test_an_entry_that_somebody_else_wrote_is_not_shown(text: str) -> None:
    """The error holds nothing of what was read, not even as its cause."""
    ring = FakeRing()
    ring.entries[SERVICE, "main"] = text
    vault = Vault(lambda: ring, LONG_S)
    with pytest.raises(VaultError) as raised:
        await vault.load("main")
    assert "enter it again" in raised.value.sentence
    assert raised.value.__cause__ is None
    await vault.close()


async def test_the_entry_is_plain_json_of_the_secrets() -> None:
    """What is written can be read by the next version."""
    ring = FakeRing()
    vault = Vault(lambda: ring, LONG_S)
    await vault.save("main", SECRETS)
    (text,) = ring.entries.values()
    assert json.loads(text) == {name: secret.reveal() for name, secret in SECRETS.items()}
    await vault.close()


async def test_after_the_end_nothing_is_asked() -> None:
    """Closing twice is fine; a closed vault says so."""
    vault = Vault(FakeRing, LONG_S)
    await vault.close()
    await vault.close()
    with pytest.raises(VaultError, match="closed"):
        await vault.load("main")


def _of_module(module: str, **attributes: object) -> object:
    return type("Keyring", (), {"__module__": module, **attributes})()


def test_what_keyring_finds_when_there_is_nothing_is_known() -> None:
    """The names that are refused as nothing are those of the library."""
    for name in NO_BACKENDS:
        assert import_module(name).Keyring.__module__ == name


@pytest.mark.parametrize(
    "module",
    [
        "keyring.backends.SecretService",
        "keyring.backends.libsecret",
        "keyring.backends.kwallet",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    ],
)
def test_the_key_rings_of_systems_are_safe(module: str) -> None:
    """They encrypt with the user's own login."""
    ring = _of_module(module)
    assert safe_backend(ring) is ring


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        (_of_module("keyring.backends.null"), "no key ring."),
        (_of_module("keyring.backends.fail"), "no key ring."),
        (_of_module("keyrings.alt.file"), "keyrings.alt.file.Keyring"),
        (_of_module("keyring_backends_SecretService"), "none that Tern knows"),
    ],
)
def test_all_others_are_refused_by_name(ring: object, words: str) -> None:
    """Plain files, rings that keep nothing, rings that nobody looked at."""
    with pytest.raises(VaultError) as raised:
        safe_backend(ring)
    assert words in raised.value.sentence


def test_a_chain_gives_its_first_safe_one() -> None:
    """A file among several rings does not get the key."""
    good = _of_module("keyring.backends.kwallet")
    chain = _of_module("keyring.backends.chainer", backends=[_of_module("keyrings.alt.file"), good])
    assert safe_backend(chain) is good
    with pytest.raises(VaultError):
        safe_backend(_of_module("keyring.backends.chainer", backends=[]))
