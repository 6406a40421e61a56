"""Requests: exact bytes once, the rate budget, signing, envelope, error mapping, retries.

The only importer of httpx, and the one place that all requests pass. What provably never left the
machine is told apart from what nobody knows. What may be asked again by itself is said by
``exchange.retry``; orders and transfers never are. Loopback ignores the environment's proxies.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar, final
from urllib.parse import quote, urlencode

import httpx

from terminal import __version__
from terminal.domain.errors import TernError
from terminal.exchange.answers import Answer, data_of, envelope_of, found_in
from terminal.exchange.charge import slowed
from terminal.exchange.errors import (
    AuthError,
    ClockSkewError,
    ExchangeError,
    ProtocolError,
    RateLimitedError,
    TransportError,
)
from terminal.exchange.exchange_time import ExchangeTime
from terminal.exchange.hosts import is_loopback
from terminal.exchange.limiter import Block, Grant, urgency_of
from terminal.exchange.meter import figures_of
from terminal.exchange.refusals import held_back
from terminal.exchange.retry import PATIENCE_S, delays, may_retry
from terminal.wire.codec import encode
from terminal.wire.endpoints import Effect, endpoint
from terminal.wire.signing import signed_headers

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from terminal.domain.clock import Clock
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.exchange_time import TimeKeeper
    from terminal.exchange.limiter import RateBudget, Turn, Wait
    from terminal.exchange.meter import Figures, Urgency
    from terminal.wire.endpoints import Endpoint
    from terminal.wire.envelope import Envelope

T = TypeVar("T")

_log = logging.getLogger("app")

_TIMEOUT = httpx.Timeout(5.0, connect=3.0, pool=3.0)
_LIMITS = httpx.Limits(max_connections=16, keepalive_expiry=60.0)
_NEVER_SENT = (
    httpx.ConnectError,  # refused, no such name, no trust in the certificate
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # the proxy did not connect us
    httpx.UnsupportedProtocol,
)
"""What proves that not one byte of a request was handed over."""
LONGEST_WAIT_S = 35.0
"""A read waits for its turn for no longer than a window of the quota, and is told at once if it
would have to."""
LONGEST_ANSWER_S = 30.0
"""An answer that still comes in after so long is given up."""
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
"""A whole book has one or two million bytes, the list of contracts too (our choice)."""


@cache
def _trust(*, trust_env: bool) -> ssl.SSLContext:
    """What all clients check certificates with: to read the authorities takes 30 ms each time."""
    return httpx.create_ssl_context(trust_env=trust_env)


@final
class _Call(NamedTuple):
    """One request with its exact bytes, for all its tries."""

    row: Endpoint
    urgency: Urgency
    path: str
    target: str
    content: bytes
    signed: bool

    @property
    def name(self) -> str:
        """For logs: no query, no body."""
        return f"{self.row.method} {self.path}"


@final
class HttpClient:
    """Requests to one REST host, signed when credentials are given.

    ``offset_ms`` is what must be added to our clock to get the exchange's; ``on_skew`` is told when
    the exchange refused a request for its time. ``on_sent`` is told
    method, path and monotonic time when a request's bytes have been handed to the socket.
    ``proxy`` is an address or empty for what the environment says; loopback uses none. Raises
    ``TernError`` when the proxy cannot be used. Reads and cancels are asked again when
    ``is_patient``; ``budget`` and ``exchange_time`` are shared by the clients of an account, and
    ``keeper`` measures the time when the exchange refused a stamp or the machine slept.
    """

    def __init__(  # noqa: PLR0913 - all but the first three by name
        self,
        base: str,
        clock: Clock,
        credentials: Credentials | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        on_sent: Callable[[str, str, float], None] | None = None,
        proxy: str = "",
        budget: RateBudget | None = None,
        exchange_time: ExchangeTime | None = None,
        is_patient: bool = False,
    ) -> None:
        self._clock = clock
        self._credentials = credentials
        self._on_sent = on_sent
        self._budget = budget
        self._time = exchange_time or ExchangeTime(clock)
        self._is_patient = is_patient
        self.keeper: TimeKeeper | None = None
        self.on_skew: Callable[[], None] | None = None
        is_here = is_loopback(base)
        try:
            self._client = httpx.AsyncClient(
                base_url=base,
                timeout=_TIMEOUT,
                limits=_LIMITS,
                trust_env=not is_here,
                verify=_trust(trust_env=not is_here),
                proxy=None if is_here else proxy or None,
                transport=transport,
                # The type is needed wherever something is posted, signed or not (reference 1.3).
                headers={
                    "User-Agent": f"tern/{__version__}",
                    "Content-Type": "application/json",
                },
            )
        except (ValueError, ImportError) as error:
            # The environment may name a kind of proxy that this program cannot speak to.
            raise TernError(
                f"proxy: {type(error).__name__}",
                sentence="The proxy of the settings or of the environment cannot be used.",
                remedy="Use an address such as http://127.0.0.1:3128.",
            ) from error

    @property
    def offset_ms(self) -> int:
        """What is added to this machine's clock to get the exchange's."""
        return self._time.offset_ms

    @offset_ms.setter
    def offset_ms(self, offset_ms: int) -> None:
        self._time.offset_ms = offset_ms

    async def get(
        self,
        path: str,
        kind: type[T],
        query: Mapping[str, str | int] | None = None,
        *,
        signed: bool = False,
    ) -> T:
        """Read. Raises from ``exchange.errors``.

        A success that says that there is nothing (reference 1.4) raises ``NotFoundError``.
        """
        envelope = await self._send("GET", path, query, None, signed=signed)
        return found_in(f"GET {path}", envelope, kind)

    async def post(
        self,
        path: str,
        kind: type[T],
        body: object,
        *,
        signed: bool = True,
    ) -> T:
        """Send a body (None sends none). Raises from ``exchange.errors``."""
        envelope = await self._send("POST", path, None, body, signed=signed)
        return data_of(f"POST {path}", envelope, kind)

    async def delete(
        self,
        path: str,
        kind: type[T],
        query: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> T:
        """Delete, signed; one call takes a body (API reference 1.3). Raises like the others."""
        envelope = await self._send("DELETE", path, query, body, signed=True)
        return data_of(f"DELETE {path}", envelope, kind)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        body: object,
        *,
        signed: bool,
    ) -> Envelope:
        """Send, and once more as long as that is allowed and worth while."""
        row = endpoint(method, path)
        target = _target(path, query)
        content = b"" if body is None else encode(body)
        call = _Call(row, urgency_of(row, body), path, target, content, signed)
        waits_s = delays(row.effect) if self._is_patient else iter(())
        started_s = self._clock.monotonic_s()
        has_measured = False
        while True:
            try:
                return await self._once(call)
            except ExchangeError as error:
                wait_s = next(waits_s, None) if may_retry(row.effect, error) else None
                passed_s = self._clock.monotonic_s() - started_s
                if wait_s is None or passed_s + wait_s > PATIENCE_S:
                    raise
                if isinstance(error, ClockSkewError):
                    if has_measured or not await self._measure():
                        raise
                    has_measured = True
                    continue
                _log.info("asked again: %s", error)
            await self._clock.sleep(wait_s)

    async def _once(self, call: _Call) -> Envelope:
        """One try: charged, signed with a fresh stamp, sent, and its answer read."""
        if call.signed and call.row.effect is Effect.READ and self._time.is_doubtful:
            # The machine slept or its clock was set. Commands do not wait for a measurement: they
            # go with the best guess, and the refusal of a stamp proves that nothing was done.
            await self._measure()
        grant = await self._granted(call)
        try:
            answer = await self._exchange(call, grant)
        except TransportError as error:
            if self._budget is not None and grant is not None and not error.was_sent:
                self._budget.unsent(grant)
            raise
        if self._budget is not None and grant is not None and answer.is_past_shield:
            self._budget.address_passed(grant.sent_s)
        try:
            return envelope_of(call.name, answer, call.row.effect)
        except ClockSkewError:
            self._time.refused()
            if self.on_skew is not None:
                self.on_skew()
            raise
        except RateLimitedError as error:
            if self._budget is not None and grant is not None:
                now_s = self._clock.monotonic_s()
                slowed(self._budget, grant, error, answer.figures, now_s)
            raise

    async def _exchange(self, call: _Call, grant: Grant | None) -> Answer:
        """Send and read the whole answer. Raises ``TransportError`` and ``ProtocolError``."""
        request = self._request(call)
        figures: Figures | None = None
        is_unsent = False
        # What httpx says names headers and addresses: a key could be read in it. So its texts are
        # dropped, and ours are raised where its errors are no longer at hand as their context.
        failed: ExchangeError
        try:
            response = await self._client.send(request, stream=True)
            figures = figures_of(response.headers)
            try:
                content = await self._whole(call, response)
            finally:
                await response.aclose()
        except httpx.DecodingError:
            failed = ProtocolError(f"{call.name}: an answer in a wrong encoding")
        except httpx.HTTPError as error:
            # Whatever went wrong after the connection stood: the exchange may have acted.
            is_unsent = isinstance(error, _NEVER_SENT)
            failed = TransportError(f"{call.name}: {type(error).__name__}", was_sent=not is_unsent)
        else:
            is_past_shield = response.is_success or "gw-ratelimit-limit" in response.headers
            return Answer(response.status_code, content, figures, is_past_shield)
        finally:
            if self._budget is not None and grant is not None and not is_unsent:
                # Also when the waiting for an answer was given up: it may count all the same.
                self._budget.finished(grant, self._clock.monotonic_s(), figures)
        raise failed

    async def _whole(self, call: _Call, response: httpx.Response) -> bytes:
        """The answer's bytes, unpacked; neither beyond all bounds nor for ever."""
        parts: list[bytes] = []
        size = 0
        ends_s = self._clock.monotonic_s() + LONGEST_ANSWER_S
        async for part in response.aiter_bytes():
            size += len(part)
            if size > LARGEST_ANSWER_BYTES:
                raise ProtocolError(f"{call.name}: an answer of over {LARGEST_ANSWER_BYTES} bytes")
            if self._clock.monotonic_s() > ends_s:
                raise TransportError(f"{call.name}: an answer without end", was_sent=True)
            parts.append(part)
        return b"".join(parts)

    def _request(self, call: _Call) -> httpx.Request:
        """What is sent, signed just as it is sent. Raises ``TransportError``."""
        wrong = "the client is closed"
        sentence = "The connection to the exchange is closed."
        if not self._client.is_closed:
            try:
                request = self._client.build_request(
                    call.row.method, call.target, content=call.content
                )
                if call.signed:
                    self._sign(request)
            except (httpx.InvalidURL, ValueError) as error:
                wrong = type(error).__name__
                sentence = "The request cannot be written with this address and this key."
            else:
                if self._on_sent is not None:
                    trace = _Trace(self._on_sent, call.row.method, call.path)
                    request.extensions["trace"] = trace
                return request
        raise TransportError(f"{call.name}: {wrong}", was_sent=False, sentence=sentence)

    def _sign(self, request: httpx.Request) -> None:
        """Add the headers for the very target and bytes of a request, by a fresh stamp."""
        secrets = self._credentials
        assert secrets is not None  # noqa: S101 - looked at before the budget was charged
        if not (secrets.key.isascii() and secrets.key.isprintable()):
            raise ValueError("a key that no header takes")
        request.headers.update(
            signed_headers(
                (secrets.key, secrets.secret, secrets.passphrase),
                self._time.stamp_ms(),
                request.method,
                request.url.raw_path.decode("ascii"),
                request.content.decode(),
                secrets.version,
            )
        )

    async def _granted(self, call: _Call) -> Grant | None:
        """Charge the budget. Reads wait for their turn; nothing else is ever held back silently.

        Raises ``RateLimitedError`` for what is not sent, and ``AuthError`` without a key.
        """
        if call.signed and self._credentials is None:
            raise AuthError("400003", "no credentials", sentence="There is no key to sign with.")
        if self._budget is None:
            return None
        verdict = self._budget.admit(call.row, call.urgency, self._clock.monotonic_s())
        if isinstance(verdict, Grant):
            return verdict
        return await self._turn(self._budget, call, verdict)

    async def _turn(self, budget: RateBudget, call: _Call, verdict: Wait) -> Grant:
        """Wait in line, in all no longer than is worth while. Raises ``RateLimitedError``."""
        ends_s = self._clock.monotonic_s() + LONGEST_WAIT_S
        turn: Turn | None = None
        try:
            while True:
                now_s = self._clock.monotonic_s()
                is_short = verdict.wait_s is not None and now_s + verdict.wait_s <= ends_s
                if call.row.effect is not Effect.READ or not is_short:
                    raise held_back(call.name, verdict)
                if verdict.why not in {Block.BUDGET, Block.QUOTA}:
                    if turn is not None:  # it is not the pool that it waits for any more
                        budget.leave(turn)
                    turn = None
                elif turn is None:
                    turn = budget.join(call.row.pool, now_s + (verdict.wait_s or 0.0))
                await self._clock.sleep(verdict.wait_s or 0.0)
                again = budget.admit(call.row, call.urgency, self._clock.monotonic_s(), turn)
                if isinstance(again, Grant):
                    return again
                verdict = again
        finally:
            if turn is not None:
                budget.leave(turn)

    async def _measure(self) -> bool:
        """Measure the exchange's clock; False when that was not possible."""
        if self.keeper is None:
            return False
        try:
            # Who waits for it may be a cancel: it is told rather than kept waiting for a budget.
            async with asyncio.timeout(PATIENCE_S):
                await self.keeper.measure(samples=1)
        except (TernError, TimeoutError):
            return False  # the request itself will say what is wrong
        return True


@final
class _Trace:
    """Tells the observer when the last bytes of a request were written."""

    __slots__ = ("_method", "_observer", "_path")

    def __init__(self, observer: Callable[[str, str, float], None], method: str, path: str) -> None:
        self._observer, self._method, self._path = observer, method, path

    async def __call__(self, event: str, _info: object) -> None:
        if event == "http11.send_request_body.complete":
            self._observer(self._method, self._path, time.monotonic())


def _target(path: str, query: Mapping[str, str | int] | None) -> str:
    """Path and query as they are sent and signed; commas stay (API reference 1.3).

    An empty name in a path would make it that of another call: of one order that of all. Raises
    ``TransportError``.
    """
    if not {"", ".", ".."}.isdisjoint(path.split("/")[1:]):
        raise TransportError(
            f"a name is missing in {path[:100]!r}",
            was_sent=False,
            sentence="The request names nothing to ask about.",
        )
    written = quote(path, safe="/,")
    return f"{written}?{urlencode(query, safe=',', quote_via=quote)}" if query else written
