"""Which key goes where: a stored one never leaves for hosts it was not stored for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.app.doctor.options import DoctorOptions
from terminal.app.doctor.plan import UsageError, plan, stored_key
from terminal.domain.secret import Secret
from terminal.exchange.credentials import Credentials
from terminal.exchange.diagnosis import NoKey
from terminal.exchange.hosts import ORDER_SOCKETS, REAL
from terminal.storage.profiles import Profile, ProfileStore
from terminal.storage.vault import Vault
from tests.support.fake_clock import FakeClock
from tests.support.rings import MemoryRing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OWN = Profile("main", "a1", REAL.futures, REAL.account, last_used_ms=9, is_stored=True)
HERE = Profile("sim", "b2", "http://127.0.0.1:5", "http://127.0.0.1:5", last_used_ms=5)
SOCKET_HERE = "ws://127.0.0.1:5/v1/private"


@pytest.fixture
def profiles(tmp_path: Path) -> ProfileStore:
    store = ProfileStore(tmp_path, FakeClock())
    store.put(HERE)
    store.put(OWN)
    return store


def test_without_a_word_the_account_that_was_used_last(profiles: ProfileStore) -> None:
    """At its own hosts, with the exchange's own order socket."""
    made = plan(DoctorOptions(), profiles)
    assert (made.profile, made.no_key) == (OWN, None)
    assert made.hosts == replace(REAL, orders=ORDER_SOCKETS["main"])


def test_other_hosts_have_other_keys_or_none(profiles: ProfileStore) -> None:
    """One that was stored for them is taken, none is sent elsewhere."""
    made = plan(DoctorOptions(hosts=("http://127.0.0.1:5",) * 2, ws_api=SOCKET_HERE), profiles)
    assert made.profile == HERE
    assert made.hosts.orders == SOCKET_HERE
    made = plan(DoctorOptions(hosts=("http://127.0.0.1:6",) * 2), profiles)
    assert made.profile is None
    assert made.no_key is not None
    assert not made.no_key.is_failure
    assert made.hosts.orders == ""


def test_by_name(profiles: ProfileStore) -> None:
    """Whoever asks for an account that is not there is told so, and it is a failure."""
    assert plan(DoctorOptions(profile="SIM"), profiles).profile == HERE
    made = plan(DoctorOptions(profile="nobody"), profiles)
    assert made.no_key == NoKey("No account named nobody is stored.", is_failure=True)
    assert made.hosts.futures == REAL.futures


@pytest.mark.parametrize(
    "options",
    [
        DoctorOptions(profile="main", hosts=("http://127.0.0.1:5",) * 2),
        DoctorOptions(profile="main", ws_api=SOCKET_HERE),
        DoctorOptions(profile="main", ws_api="wss://wsapi.kucoin.com.example/v1/private"),
        DoctorOptions(ws_api="wss://example.org/v1/private"),
        DoctorOptions(profile="sim", ws_api="wss://wsapi.kucoin.com/v1/private"),
    ],
)
def test_a_stored_key_goes_nowhere_else(options: DoctorOptions, profiles: ProfileStore) -> None:
    with pytest.raises(UsageError) as raised:
        plan(options, profiles)
    assert "--key-stdin" in raised.value.sentence


def test_the_exchange_has_more_than_one_order_socket(profiles: ProfileStore) -> None:
    colocated = ORDER_SOCKETS["colocated"]
    assert plan(DoctorOptions(ws_api=colocated), profiles).hosts.orders == colocated


def test_the_order_socket_that_an_account_remembers_is_looked_at(tmp_path: Path) -> None:
    """Unless another one is asked for; a word that belongs elsewhere is refused."""
    profiles = ProfileStore(tmp_path, FakeClock())
    profiles.put(replace(OWN, order_socket="colocated"))
    assert plan(DoctorOptions(), profiles).hosts.orders == ORDER_SOCKETS["colocated"]
    assert plan(DoctorOptions(ws_api="none"), profiles).hosts.orders == ""
    profiles.put(replace(HERE, order_socket="main"))
    with pytest.raises(UsageError, match="another exchange"):
        plan(DoctorOptions(profile="sim"), profiles)


def test_a_key_by_standard_input_goes_where_it_is_told(profiles: ProfileStore) -> None:
    options = DoctorOptions(
        hosts=("https://f.example", "https://a.example"),
        ws_api="wss://w.example/x",
        has_key_on_stdin=True,
    )
    made = plan(options, profiles)
    assert (made.profile, made.no_key) == (None, None)
    assert (made.hosts.futures, made.hosts.account) == options.hosts
    assert made.hosts.orders == options.ws_api


def test_nothing_stored_is_no_failure(tmp_path: Path) -> None:
    made = plan(DoctorOptions(), ProfileStore(tmp_path, FakeClock()))
    assert made.no_key is not None
    assert not made.no_key.is_failure
    assert made.hosts.orders == ORDER_SOCKETS["main"]


def test_a_profile_with_hosts_that_cannot_be_is_a_failure(tmp_path: Path) -> None:
    """Somebody edited the file."""
    profiles = ProfileStore(tmp_path, FakeClock())
    profiles.put(replace(OWN, futures_host="http://example.org"))
    made = plan(DoctorOptions(), profiles)
    assert made.no_key is not None
    assert made.no_key.is_failure
    assert "must be encrypted" in made.no_key.sentence


# The key ring ----------------------------------------------------------------------------------

PARTS = {name: Secret(f"{name}-of-main") for name in ("key", "secret", "passphrase")}


@pytest.fixture
def ring() -> MemoryRing:
    return MemoryRing()


@pytest.fixture
async def vault(ring: MemoryRing) -> AsyncIterator[Vault]:
    vault = Vault(lambda: ring, deadline_s=5.0)
    yield vault
    await vault.close()


async def test_a_stored_key_is_signed_for_as_its_version(vault: Vault) -> None:
    """The version beside the key counts, the list's only without it."""
    await vault.save(OWN.entry, PARTS)
    older = replace(OWN, key_version=2)
    key = await stored_key(older, vault)
    assert isinstance(key, Credentials)
    assert (key.key, key.version) == ("key-of-main", 2)
    await vault.save(OWN.entry, {**PARTS, "version": Secret("3")})
    key = await stored_key(older, vault)
    assert isinstance(key, Credentials)
    assert key.version == 3


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "is not in the key ring"),
        ({**PARTS, "secret": Secret("")}, "is not in the key ring"),
        ({**PARTS, "secret": Secret("with a space")}, "letters that no key has"),
    ],
)
async def test_an_entry_without_a_usable_key_is_a_failure(
    vault: Vault, parts: dict[str, Secret], words: str
) -> None:
    if parts:
        await vault.save(OWN.entry, parts)
    key = await stored_key(OWN, vault)
    assert isinstance(key, NoKey)
    assert words in key.sentence
    assert key.is_failure


async def test_a_locked_ring_is_a_failure(vault: Vault, ring: MemoryRing) -> None:
    from keyring.errors import KeyringLocked

    ring.fails = KeyringLocked("some text of its own")
    key = await stored_key(OWN, vault)
    assert isinstance(key, NoKey)
    assert "is locked" in key.sentence
    assert "text of its own" not in key.sentence
