"""Looks at an exchange before it is trusted: hosts, clock, streams, key, order socket, quota.

Reads and pings only: nothing is ordered, moved or set. Checks run beside each other, each with a
deadline, and one that fails stops no other. Nothing is asked twice in the hope of a better answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.account_facts import AccountMode
from terminal.domain.api_key import KEY_VERSIONS_READ, Permission
from terminal.domain.errors import TernError
from terminal.domain.events import PositionMode
from terminal.domain.market_facts import ServiceState
from terminal.domain.units import Symbol
from terminal.exchange import findings
from terminal.exchange.account_client import AccountClient
from terminal.exchange.errors import AuthError
from terminal.exchange.exchange_time import SIGNATURE_WINDOW_MS, ExchangeTime, Sample
from terminal.exchange.findings import PRIVATE, PUBLIC, Finding, within, words_of
from terminal.exchange.funds_client import FundsClient
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelKind,
    ChannelRefused,
    PongReceived,
    StreamOpened,
)
from terminal.exchange.http import HttpClient
from terminal.exchange.key_check import check_key
from terminal.exchange.limiter import RateBudget
from terminal.exchange.market_client import MarketClient
from terminal.exchange.order_socket import OrderSocket, SocketStatus
from terminal.exchange.stream import StreamClient
from terminal.exchange.token import fetch_address
from terminal.exchange.translate import Scales

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from terminal.domain.api_key import ApiKeyFacts
    from terminal.domain.clock import Clock
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.findings import Check, Figure
    from terminal.exchange.gateway import StreamFact
    from terminal.exchange.hosts import Hosts

DEADLINE_S = 8.0
"""Of each check; what needs a key is looked at after it, so that all take about twice that."""
_STREAM_SHARE = 0.9
"""Of the deadline: by then it is said what a stream lacks, which the deadline itself cannot."""
SAMPLES = 5
"""Readings of the exchange's clock after the first, which opens the connection."""
OFFSET_WARNING_MS = 1000
LOW_PERCENT = 20
"""With less than that of a quota left, reads are about to wait."""
_LOOK_S = 0.02
_MARKET = Channel(ChannelKind.MARK, Symbol("XBTUSDTM"))
"""A contract that is as old as the exchange."""
_ACCOUNT = Channel(ChannelKind.ORDERS)
_REFUSED = "The key was refused, so this was not asked."


@final
@dataclass(frozen=True, slots=True)
class NoKey:
    """Why there is no key to look at, one sentence; ``is_failure`` when there should be one."""

    sentence: str
    remedy: str = ""
    is_failure: bool = False


@final
class _Seen:
    """What a stream has shown so far; times in monotonic seconds."""

    def __init__(self) -> None:
        self.opened_s: float | None = None
        self.is_confirmed = False
        self.refusal = ""
        self.ping_ms: float | None = None

    @property
    def is_all(self) -> bool:
        """Whether there is nothing more to see."""
        return self.is_confirmed and self.ping_ms is not None

    @property
    def missing(self) -> str:
        """What did not come, in the middle of a sentence."""
        if self.opened_s is None:
            return "the welcome"
        return "an answer to a ping" if self.is_confirmed else "the answer to a subscription"


@final
class Diagnosis:
    """One look at one exchange: ``run`` once, then ``aclose``.

    ``proxy`` as for the clients. Raises ``TernError`` for a proxy that cannot be used.
    """

    def __init__(
        self, hosts: Hosts, clock: Clock, proxy: str = "", *, deadline_s: float = DEADLINE_S
    ) -> None:
        self._hosts = hosts
        self._clock = clock
        self._proxy = proxy
        self._deadline_s = deadline_s
        self._time = ExchangeTime(clock)
        self._budget = RateBudget()
        self._clients: list[HttpClient] = []
        self._futures = self._client(hosts.futures)
        self._account = self._client(hosts.account)

    def _client(self, host: str, credentials: Credentials | None = None) -> HttpClient:
        client = HttpClient(
            host,
            self._clock,
            credentials,
            proxy=self._proxy,
            budget=self._budget,
            exchange_time=self._time,
        )
        self._clients.append(client)
        return client

    async def aclose(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.aclose()

    async def run(
        self,
        key: Awaitable[Credentials | NoKey],
        order_key: Awaitable[Credentials | NoKey] | None = None,
    ) -> tuple[Finding, ...]:
        """Look at everything; each check of the table is found once, in its order.

        ``key`` is waited for beside what needs none; its deadline is its own, and it must not
        raise. ``order_key`` is that of the order socket, None when it has none of its own; it is
        always waited for.
        """
        async with asyncio.TaskGroup() as group:
            hosts = group.create_task(self._futures_host_and_clock())
            account = group.create_task(self._guarded(findings.ACCOUNT_HOST, self._account_host()))
            service = group.create_task(self._guarded(findings.SERVICE, self._service()))
            public = group.create_task(self._guarded(findings.PUBLIC_STREAM, self._public_stream()))
            private = group.create_task(self._private(key, order_key, hosts))
        futures_host, clock = hosts.result()
        found = (futures_host, account.result(), clock, service.result(), public.result())
        return (*found, *private.result(), self._rate_budget())

    async def _guarded(self, check: Check, work: Awaitable[Finding]) -> Finding:
        return await within(check, work, self._deadline_s)

    # Hosts and clock -------------------------------------------------------------------------

    async def _samples(self, http: HttpClient, count: int) -> list[Sample]:
        """Read a host's clock so often, fewer times when it is slow. Raises if it never did."""
        taken: list[Sample] = []
        began_s = self._clock.monotonic_s()
        for _ in range(count):
            before_s = self._clock.monotonic_s()
            if taken and before_s - began_s > self._deadline_s / 3:
                break
            try:
                theirs_ms = await http.get("/api/v1/timestamp", int)
            except TernError:
                if not taken:
                    raise
                break
            taken.append(Sample(before_s, self._clock.monotonic_s(), theirs_ms))
        return taken

    async def _account_host(self) -> Finding:
        samples = await self._samples(self._account, 2)
        return findings.ACCOUNT_HOST.ok("The account host answers.", figures=_trips(samples))

    async def _futures_host_and_clock(self) -> tuple[Finding, Finding]:
        samples: list[Sample] = []

        async def ask() -> Finding:
            samples.extend(await self._samples(self._futures, SAMPLES + 1))
            return findings.FUTURES_HOST.ok("The futures host answers.", figures=_trips(samples))

        host = await self._guarded(findings.FUTURES_HOST, ask())
        if not samples:
            return host, findings.CLOCK.skipped(
                "The clock could not be compared: the futures host did not tell its time."
            )
        # The first one opened the connection: its way back says nothing about its way there.
        self._time.measured(samples[1:] or samples)
        return host, self._clock_finding(len(samples[1:] or samples))

    def _clock_finding(self, count: int) -> Finding:
        reading = self._time.reading()
        offset_ms = reading.offset_ms
        figures: dict[str, Figure] = {
            "offset_ms": offset_ms,
            "uncertainty_ms": round(reading.uncertainty_ms or 0.0, 1),
            "sample_count": count,
        }
        apart = f"{abs(offset_ms) / 1000:.1f} s {'behind' if offset_ms > 0 else 'ahead of'}"
        remedy = "Let the system set its clock by the network."
        if abs(offset_ms) > SIGNATURE_WINDOW_MS:
            return findings.CLOCK.failed(
                f"This machine's clock is {apart} the exchange: what is signed by it is refused. "
                "Tern signs by the exchange's clock instead.",
                remedy,
                figures=figures,
            )
        if abs(offset_ms) > OFFSET_WARNING_MS:
            return findings.CLOCK.warning(
                f"This machine's clock is {apart} the exchange.", remedy, figures
            )
        return findings.CLOCK.ok("The clock agrees with the exchange.", figures=figures)

    async def _service(self) -> Finding:
        status = await MarketClient(self._futures, Scales(), None).service_status()
        figure = status.state.value
        if status.state is ServiceState.OPEN:
            return findings.SERVICE.ok("The exchange is open.", figures={"service_status": figure})
        words = "The exchange takes no new orders at the moment."
        if not isinstance(status.state, ServiceState):
            words = "The exchange describes its state in a word that Tern does not know."
            return findings.SERVICE.warning(words, figures={"service_status": figure})
        return findings.SERVICE.failed(
            words, "Wait; its announcements say for how long.", figures={"service_status": figure}
        )

    # Streams ---------------------------------------------------------------------------------

    async def _public_stream(self) -> Finding:
        return await self._stream(findings.PUBLIC_STREAM, self._futures, _MARKET)

    async def _stream(self, check: Check, http: HttpClient, channel: Channel) -> Finding:
        """Token, connection, welcome, one subscription acknowledged, one ping answered."""
        is_private = channel.kind.is_private
        began_s = self._clock.monotonic_s()
        await fetch_address(http, is_private=is_private)
        token_s = self._clock.monotonic_s()
        stream = StreamClient(http, self._clock, Scales(), is_private=is_private, proxy=self._proxy)
        seen = _Seen()

        def look(fact: StreamFact) -> None:
            if isinstance(fact, StreamOpened):
                seen.opened_s = self._clock.monotonic_s()
                stream.subscribe((channel,))
            elif isinstance(fact, ChannelConfirmed):
                seen.is_confirmed = True
            elif isinstance(fact, ChannelRefused):
                seen.refusal = fact.sentence
            elif isinstance(fact, PongReceived):
                seen.ping_ms = fact.round_trip_ms
            if seen.is_all or seen.refusal:
                stream.close("All was seen.")

        words = ""
        left_s = self._deadline_s * _STREAM_SHARE - (token_s - began_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                words = await stream.run(look)
        figures: dict[str, Figure] = {
            "token_ms": _ms(token_s - began_s),
            "opened_ms": None if seen.opened_s is None else _ms(seen.opened_s - token_s),
            "ping_round_trip_ms": None if seen.ping_ms is None else round(seen.ping_ms, 1),
        }
        if seen.is_all:
            return check.ok("The stream opens, takes a subscription and answers.", figures=figures)
        why = seen.refusal or words or f"The stream opened too slowly: {seen.missing} did not come."
        return check.failed(why, "Check what lies between: proxy, firewall, VPN.", figures=figures)

    # What needs a key ------------------------------------------------------------------------

    async def _private(
        self,
        key: Awaitable[Credentials | NoKey],
        order_key: Awaitable[Credentials | NoKey] | None,
        clock: asyncio.Task[tuple[Finding, Finding]],
    ) -> tuple[Finding, ...]:
        credentials = await key
        for_orders = None if order_key is None else await order_key
        if isinstance(credentials, NoKey):
            return no_key(credentials)
        about, known = await self._about_key(credentials)
        if known is None:
            rest = PRIVATE[len(about) :]
            return (*about, *(check.skipped(_REFUSED) for check in rest))
        await asyncio.wait({clock})  # what is signed is signed by the measured time
        futures = self._client(self._hosts.futures, known)
        account = self._client(self._hosts.account, known)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._guarded(check, work))
                for check, work in (
                    (findings.ACCOUNT_MODE, self._account_mode(account)),
                    (findings.POSITION_MODE, self._position_mode(futures)),
                    (
                        findings.PRIVATE_STREAM,
                        self._stream(findings.PRIVATE_STREAM, futures, _ACCOUNT),
                    ),
                    (findings.ORDER_SOCKET, self._order_socket(for_orders or known)),
                )
            ]
        return (*about, *(task.result() for task in tasks))

    async def _about_key(
        self, credentials: Credentials
    ) -> tuple[tuple[Finding, ...], Credentials | None]:
        """Findings about the key itself; and the key with its version, None if it was refused.

        When nobody answered, nothing is known about it and the rest is asked all the same.
        """
        known: Credentials | None = credentials
        facts: ApiKeyFacts | None = None

        async def ask() -> Finding:
            nonlocal known, facts
            try:
                facts, known = await check_key(
                    self._hosts, credentials, self._clock, self._proxy, budget=self._budget
                )
            except AuthError:
                known = None
                raise
            version = facts.version
            if version not in KEY_VERSIONS_READ:
                return findings.KEY.failed(
                    f"The key is of version {version}; versions 2 and 3 can be used.",
                    "Make another key on the exchange's site.",
                    figures={"key_version": version},
                )
            return findings.KEY.ok("The exchange knows the key.", figures={"key_version": version})

        key = await self._guarded(findings.KEY, ask())
        if facts is None:
            words = "The exchange told nothing about the key."
            return (
                key,
                findings.PERMISSIONS.skipped(words),
                findings.KEY_ADDRESSES.skipped(words),
            ), known
        return (key, _permissions(facts), _addresses(facts)), known

    async def _account_mode(self, http: HttpClient) -> Finding:
        check = findings.ACCOUNT_MODE
        try:
            mode = await FundsClient(http).account_mode()
        except TernError as error:
            sentence, remedy = words_of(error)
            words = f"The account's mode could not be read; it is taken for classic. {sentence}"
            return check.warning(words, remedy)
        if mode is AccountMode.CLASSIC:
            return check.ok("This is a classic account.", figures={"mode": mode.value})
        if mode is AccountMode.UNIFIED:
            return check.failed(
                "This is a unified account, which Tern does not know yet.",
                "Use a classic account.",
                figures={"mode": mode.value},
            )
        return check.warning(
            "The account's mode is none that Tern knows.", figures={"mode": mode.value}
        )

    async def _position_mode(self, http: HttpClient) -> Finding:
        check = findings.POSITION_MODE
        try:
            mode = await AccountClient(http, Scales()).position_mode()
        except TernError as error:
            sentence, remedy = words_of(error)
            words = f"The position mode could not be read; nothing is opened without it. {sentence}"
            return check.failed(words, remedy)
        words = "The account is in one-way mode."
        if mode is PositionMode.HEDGE:
            words = "The account is in hedge mode: each contract has a long and a short position."
        return check.ok(words, figures={"mode": mode.value})

    async def _order_socket(self, credentials: Credentials | NoKey) -> Finding:
        check = findings.ORDER_SOCKET
        if isinstance(credentials, NoKey):
            words = f"{credentials.sentence} Orders go by REST instead."
            return check.failed(words, credentials.remedy)
        if not self._hosts.orders:
            return check.skipped("No address of an order socket is known; orders go by REST.")
        socket = OrderSocket(
            self._hosts.orders,
            credentials,
            self._clock,
            proxy=self._proxy,
            exchange_time=self._time,
        )
        began_s = self._clock.monotonic_s()
        opened_ms: float | None = None
        async with asyncio.TaskGroup() as group:
            life = group.create_task(socket.run())
            # A pong is told to nobody, so it is looked for. Whatever ends, ends in a state.
            while socket.round_trip_ms is None:
                await self._clock.sleep(_LOOK_S)
                status = socket.state.status
                if status in {SocketStatus.WAITING, SocketStatus.STOPPED}:
                    break
                if status is SocketStatus.OPEN and opened_ms is None:
                    opened_ms = _ms(self._clock.monotonic_s() - began_s)
            state, ping_ms = socket.state, socket.round_trip_ms
            life.cancel()
        if ping_ms is None:
            words = f"{state.reason} Orders go by REST instead."
            return check.failed(words, state.remedy, {"opened_ms": opened_ms})
        return check.ok(
            "The order socket signs in and answers; nothing was ordered.",
            figures={"opened_ms": opened_ms, "ping_round_trip_ms": round(ping_ms, 1)},
        )

    # Quota -----------------------------------------------------------------------------------

    def _rate_budget(self) -> Finding:
        """The quotas as the answers to all these questions told them."""
        state = self._budget.state(self._clock.monotonic_s())
        told = [pool for pool in state.pools if pool.is_told]
        if not told:
            return findings.RATE_BUDGET.skipped("No answer told how much of the quota is left.")
        figures: dict[str, Figure] = {}
        for pool in told:
            figures[f"{pool.name.lower()}_limit_weight"] = pool.limit
            figures[f"{pool.name.lower()}_remaining_weight"] = pool.remaining
        lowest = min(100 * pool.remaining // pool.limit for pool in told)
        figures["lowest_remaining_percent"] = lowest
        if lowest < LOW_PERCENT:
            return findings.RATE_BUDGET.warning(
                "Little is left of the quota of requests: requests are about to wait.",
                "Look for other programs that use this key or this address.",
                figures=figures,
            )
        return findings.RATE_BUDGET.ok("There is room for requests.", figures=figures)


def no_key(why: NoKey) -> tuple[Finding, ...]:
    """The findings about a key that is not there."""
    first = findings.KEY.failed if why.is_failure else findings.KEY.skipped
    rest = PRIVATE[1:]
    return (
        first(why.sentence, why.remedy),
        *(check.skipped("There is no key to ask with.") for check in rest),
    )


def not_possible(error: TernError, key: NoKey | None = None) -> tuple[Finding, ...]:
    """The findings when nothing can be asked at all, such as with a proxy that cannot be used."""
    public = tuple(check.failed(error.sentence, error.remedy) for check in PUBLIC)
    without = key or NoKey("Nothing could be asked.")
    budget = findings.RATE_BUDGET.skipped("Nothing could be asked.")
    return (*public, *no_key(without), budget)


def _trips(samples: list[Sample]) -> dict[str, Figure]:
    rest = samples[1:] or samples
    return {
        "round_trip_ms": round(min(sample.round_trip_ms for sample in rest), 1),
        "first_answer_ms": round(samples[0].round_trip_ms, 1),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _permissions(facts: ApiKeyFacts) -> Finding:
    check = findings.PERMISSIONS
    figures: dict[str, Figure] = {"permissions": facts.permission_words}
    wanted = (Permission.GENERAL, Permission.FUTURES)
    missing = [one.value for one in wanted if one not in facts.permissions]
    if missing:
        return check.failed(
            f"The key lacks the right {' and '.join(missing)}: nothing can be traded with it.",
            "Add it to the key on the exchange's site, or make another key.",
            figures=figures,
        )
    surplus = [one.value for one in Permission if one in facts.permissions - {*wanted}]
    surplus.extend(facts.unknown)
    if not surplus:
        return check.ok("The key may read and trade futures, and nothing else.", figures=figures)
    words = f"The key may trade, and more than that: {', '.join(surplus)}."
    if Permission.WITHDRAW in facts.permissions:
        words = f"{words} It can take money off the exchange."
    return check.warning(words, "Use a key with General and Futures only.", figures=figures)


def _addresses(facts: ApiKeyFacts) -> Finding:
    check = findings.KEY_ADDRESSES
    if facts.has_ip_list:
        return check.ok(
            "The key works from listed addresses only.", figures={"has_address_list": True}
        )
    return check.warning(
        "The key works from every address.",
        "Restrict it to yours on the exchange's site, if yours stays the same.",
        figures={"has_address_list": False},
    )
