"""A look at an exchange: all that is well, and each thing that can be wrong with it by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

import pytest

from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError
from terminal.exchange import findings
from terminal.exchange.credentials import Credentials
from terminal.exchange.diagnosis import Diagnosis, NoKey, not_possible
from terminal.exchange.findings import PRIVATE, PUBLIC, RATE_BUDGET, Finding, Verdict
from terminal.exchange.hosts import Hosts
from terminal.session.clock import SystemClock
from terminal.simexchange.server import SimExchange
from tests.support.answers import saying
from tests.support.deadlines import STRETCH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.clock import Clock

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
CLEAN = frozenset({"General", "Futures"})
NAMES = [check.name for check in (*PUBLIC, *PRIVATE, RATE_BUDGET)]
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    """An exchange whose key may do no more than it must, from here only."""
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    change_key(exchange, permissions=CLEAN, ip_list="127.0.0.1")
    yield exchange
    await exchange.stop()


def change_key(exchange: SimExchange, **changes: object) -> None:
    """Let the exchange's own key be another one."""
    key = exchange.engine.accounts.keys[exchange.key.key]
    exchange.engine.accounts.keys[key.key] = replace(key, **changes)  # type: ignore[arg-type]


def hosts_of(exchange: SimExchange) -> Hosts:
    return Hosts(exchange.rest, exchange.rest, exchange.ws_api)


def key_of(exchange: SimExchange, **changes: str) -> Credentials:
    key = replace(exchange.key, **changes)  # type: ignore[arg-type]
    return Credentials(key.key, key.secret, key.passphrase)


async def look(
    hosts: Hosts,
    key: Credentials | NoKey,
    clock: Clock | None = None,
    deadline_s: float = 8.0,
    order_key: Credentials | NoKey | None = None,
) -> dict[str, Finding]:
    """All findings by name, each check once and in its order."""

    async def given(key: Credentials | NoKey) -> Credentials | NoKey:
        return key

    diagnosis = Diagnosis(hosts, clock or SystemClock(), deadline_s=deadline_s)
    try:
        own = None if order_key is None else given(order_key)
        found = await diagnosis.run(given(key), own)
    finally:
        await diagnosis.aclose()
    assert [finding.check.name for finding in found] == NAMES
    return {finding.check.name: finding for finding in found}


def other_than_ok(found: dict[str, Finding]) -> dict[str, Verdict]:
    return {name: one.verdict for name, one in found.items() if one.verdict is not OK}


@final
class Shifted:
    """A clock of this machine that is wrong by so much."""

    def __init__(self, by_ms: int) -> None:
        self._by_ms = by_ms

    def now_ms(self) -> TimestampMs:
        return TimestampMs(SystemClock().now_ms() + self._by_ms)

    def monotonic_s(self) -> float:
        return SystemClock().monotonic_s()

    async def sleep(self, seconds: float) -> None:
        await SystemClock().sleep(seconds)


async def test_where_all_is_well_all_is_ok(exchange: SimExchange) -> None:
    """Every check has its figures, and nothing was ordered, set or moved."""
    found = await look(hosts_of(exchange), key_of(exchange))
    assert other_than_ok(found) == {}
    for name in ("futures_host", "account_host", "public_stream", "private_stream", "order_socket"):
        assert all(isinstance(figure, float) for figure in found[name].figures.values()), name
    assert found["clock"].figures["sample_count"] == 5
    assert found["rate_budget"].figures["futures_limit_weight"] == 2000
    assert found["rate_budget"].figures["management_remaining_weight"] is not None
    assert {"POST /api/v1/bullet-public", "POST /api/v1/bullet-private"} == {
        call for call in exchange.gateway.calls if not call.startswith("GET ")
    }
    assert not exchange.order_sockets.commands.calls


async def test_without_a_key_the_public_part_is_looked_at(exchange: SimExchange) -> None:
    """What needs a key is skipped, and the quota is told all the same."""
    found = await look(hosts_of(exchange), NoKey("No account is stored."))
    assert other_than_ok(found) == dict.fromkeys((check.name for check in PRIVATE), SKIPPED)
    assert found["key"].sentence == "No account is stored."
    missing = await look(hosts_of(exchange), NoKey("The key ring is locked.", is_failure=True))
    assert missing["key"].stops_trading


async def test_a_refused_key_fails_and_is_used_no_further(exchange: SimExchange) -> None:
    """No second refusal is provoked, and no part of the key is in the words."""
    for part in ("key", "secret", "passphrase"):
        found = await look(hosts_of(exchange), key_of(exchange, **{part: "another-one"}))
        assert found["key"].stops_trading
        assert found["key"].remedy
        assert {found[check.name].verdict for check in PRIVATE[1:]} == {SKIPPED}
        assert {found[check.name].verdict for check in PUBLIC} == {OK}
        assert "another-one" not in repr(found)
    assert "POST /api/v1/bullet-private" not in exchange.gateway.calls


async def test_rights_are_what_trading_needs_and_no_more(exchange: SimExchange) -> None:
    """A right that is missing stops trading, one too many is a warning."""
    for permissions, verdict, words in (
        ("General", FAILED, "lacks the right Futures"),
        ("General,Futures,Withdrawal", WARNING, "take money off the exchange"),
        ("General,Futures,Spot,Margin", WARNING, "Spot, Margin"),
        ("General,Futures,Options", WARNING, "Options"),
        ("General,Futures", OK, "nothing else"),
    ):
        change_key(exchange, permissions=frozenset(permissions.split(",")))
        found = await look(hosts_of(exchange), key_of(exchange))
        assert found["permissions"].verdict is verdict
        assert words in found["permissions"].sentence
        assert found["key"].verdict is OK


async def test_a_key_for_every_address_is_a_warning(exchange: SimExchange) -> None:
    """And a key for other addresses is refused, with the address that the exchange saw."""
    change_key(exchange, ip_list="")
    found = await look(hosts_of(exchange), key_of(exchange))
    assert other_than_ok(found) == {"key_addresses": WARNING}
    change_key(exchange, ip_list="10.1.2.3")
    found = await look(hosts_of(exchange), key_of(exchange))
    assert "127.0.0.1 is not on the key's list" in found["key"].sentence


async def test_a_wrong_clock_is_told_and_allowed_for(exchange: SimExchange) -> None:
    """What is signed goes by the exchange's clock, so nothing else fails."""
    for ours_ms, verdict, words in (
        (-30_000, FAILED, "30.0 s behind"),
        (30_000, FAILED, "30.0 s ahead of"),
        (-2_500, WARNING, "2.5 s behind"),
        (300, OK, "agrees"),
    ):
        found = await look(hosts_of(exchange), key_of(exchange), Shifted(ours_ms))
        clock = found.pop("clock")
        assert (clock.verdict, clock.stops_trading) == (verdict, False)
        assert words in clock.sentence
        offset_ms, unsure_ms = clock.figures["offset_ms"], clock.figures["uncertainty_ms"]
        assert isinstance(offset_ms, int)
        assert isinstance(unsure_ms, float)
        assert abs(offset_ms + ours_ms) <= unsure_ms + 1
        assert other_than_ok(found) == {}


async def test_an_order_socket_with_a_key_of_its_own_signs_in_with_that(
    exchange: SimExchange,
) -> None:
    """One that is wrong or missing is said for the socket alone, with nothing of the key."""
    wrong = key_of(exchange, secret="another-one")
    gone = NoKey("The order socket key of main is not in the key ring.", "Connect it again.")
    assert not other_than_ok(
        await look(hosts_of(exchange), key_of(exchange), order_key=key_of(exchange))
    )
    for order_key in (wrong, gone):
        found = await look(hosts_of(exchange), key_of(exchange), order_key=order_key)
        assert other_than_ok(found) == {"order_socket": FAILED}
        assert "Orders go by REST" in found["order_socket"].sentence
        assert "another-one" not in found["order_socket"].sentence
        assert not found["order_socket"].stops_trading


async def test_a_dead_order_socket_stops_nothing(exchange: SimExchange) -> None:
    """Orders go by REST then; and without an address it is not looked for."""
    for address, verdict in (("ws://127.0.0.1:1/v1/private", FAILED), ("", SKIPPED)):
        hosts = Hosts(exchange.rest, exchange.rest, address)
        found = await look(hosts, key_of(exchange))
        assert other_than_ok(found) == {"order_socket": verdict}
        assert "orders go by REST" in found["order_socket"].sentence.replace("Orders", "orders")
        assert not found["order_socket"].stops_trading


async def test_streams_that_are_refused_or_mute_are_told(exchange: SimExchange) -> None:
    """The rest is looked at all the same."""
    exchange.faults.refuses_streams = True
    found = await look(hosts_of(exchange), key_of(exchange))
    streams = ("public_stream", "private_stream", "order_socket")
    assert other_than_ok(found) == dict.fromkeys(streams, FAILED)
    exchange.faults.refuses_streams = False
    exchange.faults.withholds_pongs = True
    found = await look(hosts_of(exchange), key_of(exchange), deadline_s=1.5 * STRETCH)
    assert "an answer to a ping did not come" in found["public_stream"].sentence
    assert found["public_stream"].figures["opened_ms"] is not None


async def test_an_exchange_that_takes_no_orders_is_told(exchange: SimExchange) -> None:
    for status, verdict in (("close", FAILED), ("cancelonly", FAILED), ("open", OK)):
        exchange.faults.status = status
        found = await look(hosts_of(exchange), NoKey("None."))
        assert found["service"].verdict is verdict


async def test_a_spent_quota_is_told_with_its_figures(exchange: SimExchange) -> None:
    """The next requests are held back by our own budget, and say so."""
    exchange.faults.quotas_spent = 1
    found = await look(hosts_of(exchange), NoKey("None."))
    assert found["rate_budget"].verdict is WARNING
    assert found["rate_budget"].figures["lowest_remaining_percent"] == 0
    assert any("quota" in found[check.name].sentence for check in PUBLIC)


async def test_one_host_that_is_away_leaves_the_other(exchange: SimExchange) -> None:
    """Nothing is known about the key then; what the other host knows is asked all the same."""
    found = await look(Hosts(exchange.rest, NOBODY, exchange.ws_api), key_of(exchange))
    assert other_than_ok(found) == {
        "account_host": FAILED,
        "key": FAILED,
        "permissions": SKIPPED,
        "key_addresses": SKIPPED,
        "account_mode": WARNING,
    }
    assert found["account_host"].sentence == "No connection could be made."


async def test_hosts_that_swallow_everything_are_given_up(exchange: SimExchange) -> None:
    """However silent they are, every check ends by its deadline."""
    silent: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: silent.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    rest = f"http://127.0.0.1:{port}"
    hosts = Hosts(rest, rest, f"ws://127.0.0.1:{port}/v1/private")
    async with asyncio.timeout(10 * STRETCH):
        found = await look(hosts, key_of(exchange), deadline_s=0.2)
    for writer in silent:
        writer.close()
    server.close()
    await server.wait_closed()
    assert OK not in {one.verdict for one in found.values()}
    assert found["order_socket"].verdict is FAILED


async def test_a_page_of_somebody_else_is_no_exchange() -> None:
    """A portal of a hotel answers everything with its own page."""

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>Hi</html>"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(page, "127.0.0.1", 0)
    host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    found = await look(Hosts(host, host), NoKey("None."))
    server.close()
    await server.wait_closed()
    assert "could not be read" in found["futures_host"].sentence
    assert found["clock"].verdict is SKIPPED


@pytest.mark.parametrize(
    ("data", "verdict", "figure"),
    [
        ("CLASSIC", OK, "classic"),
        ("UNIFIED", FAILED, "unified"),
        ("NEW", WARNING, "NEW"),
        (None, WARNING, None),
    ],
)
async def test_account_modes(data: str | None, verdict: Verdict, figure: str | None) -> None:
    """A unified account cannot be traded; who does not tell is taken for classic."""
    http = saying({"selfAccountMode": data} if data else []).http
    diagnosis = Diagnosis(Hosts(NOBODY, NOBODY), SystemClock())
    finding = await diagnosis._account_mode(http)
    assert (finding.verdict, finding.figures["mode"]) == (verdict, figure)
    await http.aclose()
    await diagnosis.aclose()


@pytest.mark.parametrize(
    ("data", "verdict", "figure"), [(0, OK, "one-way"), (1, OK, "hedge"), (7, FAILED, None)]
)
async def test_position_modes(data: int, verdict: Verdict, figure: str | None) -> None:
    """Both modes are traded, and an account is not trusted before its mode was read."""
    answer: dict[str, Any] = {"positionMode": data}
    http = saying(answer).http
    diagnosis = Diagnosis(Hosts(NOBODY, NOBODY), SystemClock())
    finding = await diagnosis._position_mode(http)
    assert (finding.verdict, finding.figures["mode"]) == (verdict, figure)
    await http.aclose()
    await diagnosis.aclose()


async def test_an_old_key_is_signed_for_as_such_and_an_unknown_one_fails(
    exchange: SimExchange,
) -> None:
    change_key(exchange, version=2)
    found = await look(hosts_of(exchange), key_of(exchange))
    assert other_than_ok(found) == {}
    assert found["key"].figures["key_version"] == 2
    change_key(exchange, version=9)
    assert (await look(hosts_of(exchange), key_of(exchange)))["key"].stops_trading


async def test_a_proxy_that_cannot_be_used_is_told_for_every_host() -> None:
    """Nothing is asked then, and every check is there all the same."""
    with pytest.raises(TernError) as raised:
        Diagnosis(Hosts("https://f.example", "https://a.example"), SystemClock(), "socks9://x:1")
    found = not_possible(raised.value)
    assert [one.check.name for one in found] == NAMES
    assert {one.verdict for one in found[: len(PUBLIC)]} == {FAILED}
    assert findings.KEY is found[len(PUBLIC)].check
