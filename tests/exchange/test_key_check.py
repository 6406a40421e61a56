"""Asking about a key: the facts of a good one, a clear sentence for each way of being refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.api_key import ApiKeyFacts, Permission
from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError
from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import AuthError, ProtocolError, TransportError
from terminal.exchange.hosts import Hosts
from terminal.exchange.key_check import check_key
from terminal.session.clock import SystemClock
from terminal.simexchange.server import SimExchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.clock import Clock
    from terminal.simexchange.auth import ApiKey


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    yield exchange
    await exchange.stop()


def change_key(exchange: SimExchange, **changes: object) -> None:
    """Let the exchange's own key be another one."""
    key = exchange.key
    exchange.engine.accounts.keys[key.key] = replace(key, **changes)  # type: ignore[arg-type]


async def ask(
    exchange: SimExchange, changes: dict[str, str] | None = None, clock: Clock | None = None
) -> tuple[ApiKeyFacts, Credentials]:
    """Ask with the exchange's key, or one that differs."""
    key: ApiKey = replace(exchange.key, **(changes or {}))  # type: ignore[arg-type]
    hosts = Hosts(exchange.rest, exchange.rest)
    credentials = Credentials(key.key, key.secret, key.passphrase)
    return await check_key(hosts, credentials, clock or SystemClock())


async def refused(exchange: SimExchange, changes: dict[str, str] | None = None) -> AuthError:
    """Ask and be refused."""
    with pytest.raises(AuthError) as raised:
        await ask(exchange, changes)
    return raised.value


async def test_a_good_key_and_its_facts(exchange: SimExchange) -> None:
    """Version, permissions, restriction and clock, without a command on the way."""
    facts, credentials = await ask(exchange)
    assert facts.permissions == {
        Permission.GENERAL,
        Permission.FUTURES,
        Permission.TRANSFER,
    }
    assert (facts.version, credentials.version) == (3, 3)
    assert not facts.has_ip_list
    assert not facts.is_unified
    assert abs(facts.clock_offset_ms) < 1000
    assert set(exchange.gateway.calls) == {
        "GET /api/v1/timestamp",
        "GET /api/v1/user/api-key",
        "GET /api/ua/v1/account/mode",
    }


async def test_an_older_key_is_found_by_trying(exchange: SimExchange) -> None:
    """The version that works is the one that is used from then on."""
    change_key(exchange, version=2)
    facts, credentials = await ask(exchange)
    assert (facts.version, credentials.version) == (2, 2)


async def test_a_version_nobody_speaks_is_refused(exchange: SimExchange) -> None:
    """All versions that we know were tried."""
    change_key(exchange, version=9)
    error = await refused(exchange)
    assert error.code == "400009"
    assert exchange.gateway.calls["GET /api/v1/user/api-key"] == 2


@pytest.mark.parametrize(
    ("changes", "sentence", "remedy"),
    [
        ({"key": "another"}, "does not know this key", "Check the key"),
        ({"secret": "another"}, "The passphrase or the secret is wrong", "Enter both"),
        ({"passphrase": "another"}, "The passphrase or the secret is wrong", "Enter both"),
    ],
)
async def test_what_is_wrong_is_told_in_one_sentence(
    exchange: SimExchange, changes: dict[str, str], sentence: str, remedy: str
) -> None:
    """A refusal is not tried again as another version."""
    error = await refused(exchange, changes)
    assert sentence in error.sentence
    assert remedy in error.remedy
    assert "another" not in error.sentence + str(error)
    assert exchange.gateway.calls["GET /api/v1/user/api-key"] == 1


async def test_an_address_that_is_not_on_the_list_is_named(exchange: SimExchange) -> None:
    """The user learns which address to add."""
    change_key(exchange, ip_list="10.1.2.3,10.1.2.4")
    error = await refused(exchange)
    assert "127.0.0.1 is not on the key's list" in error.sentence
    change_key(exchange, ip_list="10.1.2.3,127.0.0.1")
    facts, _ = await ask(exchange)
    assert facts.has_ip_list


async def test_a_key_without_the_general_permission_is_told(exchange: SimExchange) -> None:
    """Asking needs it, and so does reading orders."""
    change_key(exchange, permissions=frozenset({"Futures"}))
    assert "lacks the General permission" in (await refused(exchange)).sentence


async def test_permissions_are_read_whatever_they_are(exchange: SimExchange) -> None:
    """A key that can withdraw is known as one."""
    change_key(exchange, permissions=frozenset({"General", "Withdrawal", "Options"}))
    facts, _ = await ask(exchange)
    assert facts.permissions == {Permission.GENERAL, Permission.WITHDRAW}
    assert facts.unknown == ("Options",)
    assert facts.warnings
    assert facts.problems


class _LateClock:
    """Half a minute behind."""

    def now_ms(self) -> TimestampMs:
        return TimestampMs(SystemClock().now_ms() - 30_000)

    def monotonic_s(self) -> float:
        return SystemClock().monotonic_s()

    async def sleep(self, seconds: float) -> None:
        await SystemClock().sleep(seconds)


async def test_a_clock_that_is_off_is_measured_and_allowed_for(exchange: SimExchange) -> None:
    """The exchange refuses stamps five seconds off; ours is corrected before we sign."""
    facts, _ = await ask(exchange, clock=_LateClock())
    assert 29_000 < facts.clock_offset_ms < 31_000


async def test_nobody_there_and_nonsense_there() -> None:
    """A network that is down is no refusal of the key."""
    credentials = Credentials("k", "s", "p")
    with pytest.raises(TransportError) as raised:
        await check_key(
            Hosts("http://127.0.0.1:1", "http://127.0.0.1:1"), credentials, SystemClock()
        )
    assert raised.value.sentence
    with pytest.raises(TernError, match="proxy"):
        await check_key(
            Hosts("https://exchange.invalid", "https://exchange.invalid"),
            credentials,
            SystemClock(),
            proxy="nonsense",
        )


async def test_an_exchange_that_fails_is_told_as_such(exchange: SimExchange) -> None:
    """Its own fault is not the key's."""
    exchange.faults.server_errors = 1
    with pytest.raises((TransportError, ProtocolError, TernError)) as raised:
        await ask(exchange)
    assert not isinstance(raised.value, AuthError)
