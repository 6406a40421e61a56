"""Requests: exact bytes once, the rate budget, signing, envelope, error mapping, retries.

The only importer of httpx, and the one place that all requests pass. What provably never left the
machine is told apart from what nobody knows. What may be asked again by itself is said by
``exchange.retry``; orders and transfers never are. Loopback ignores the environment's proxies.
"""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar, final
from urllib.parse import urlencode

import httpx

from terminal import __version__
from terminal.domain.errors import TernError
from terminal.exchange.charge import slowed
from terminal.exchange.errors import (
    AuthError,
    ClockSkewError,
    ExchangeError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    TransportError,
    UnavailableError,
)
from terminal.exchange.exchange_time import ExchangeTime
from terminal.exchange.hosts import is_loopback
from terminal.exchange.limiter import (
    Grant,
    figures_of,
    urgency_of,
)
from terminal.exchange.refusals import blocked, held_back, in_their_words, refusal
from terminal.exchange.retry import PATIENCE_S, delays, may_retry
from terminal.wire.codec import DecodeError, decode, encode, excerpt
from terminal.wire.endpoints import Effect, endpoint
from terminal.wire.envelope import Envelope, meaning
from terminal.wire.signing import signed_headers

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from terminal.domain.clock import Clock
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.exchange_time import TimeKeeper
    from terminal.exchange.limiter import Figures, RateBudget, Urgency
    from terminal.wire.endpoints import Endpoint

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
"""A read that would wait for longer than a window of the quota is refused at once."""


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
                headers={"User-Agent": f"tern/{__version__}"},
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
        try:
            return _data(envelope, kind)
        except ProtocolError:
            if envelope.has_data or not envelope.msg:
                raise
        words = in_their_words(envelope.msg)
        raise NotFoundError(envelope.code_text, envelope.msg, sentence=words)

    async def get_list(
        self, path: str, kind: type[T], query: Mapping[str, str | int] | None = None
    ) -> list[T]:
        """Read a list, signed; success without data is an empty one (API reference 1.4)."""
        envelope = await self._send("GET", path, query, None, signed=True)
        return _data(envelope, list[kind]) if envelope.has_data else []  # type: ignore[valid-type]

    async def post(
        self,
        path: str,
        kind: type[T],
        body: object,
        *,
        signed: bool = True,
    ) -> T:
        """Send a body (None sends none). Raises from ``exchange.errors``."""
        return _data(await self._send("POST", path, None, body, signed=signed), kind)

    async def delete(
        self,
        path: str,
        kind: type[T],
        query: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> T:
        """Delete, signed; one call takes a body (API reference 1.3). Raises like the others."""
        return _data(await self._send("DELETE", path, query, body, signed=True), kind)

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
        target = f"{path}?{urlencode(query, safe=',')}" if query else path
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
            response = await self._exchange(call, grant)
        except TransportError as error:
            if self._budget is not None and grant is not None and not error.was_sent:
                self._budget.unsent(grant)
            raise
        if self._budget is not None and grant is not None and _is_passed(response):
            self._budget.address_passed(grant.sent_s)
        try:
            return _envelope(call.name, response)
        except ClockSkewError:
            self._time.refused()
            if self.on_skew is not None:
                self.on_skew()
            raise
        except RateLimitedError as error:
            if self._budget is not None and grant is not None:
                now_s = self._clock.monotonic_s()
                slowed(self._budget, grant, error, figures_of(response.headers), now_s)
            raise

    async def _exchange(self, call: _Call, grant: Grant | None) -> httpx.Response:
        """Send and read the whole answer. Raises ``TransportError``."""
        # What httpx says names headers and addresses: a key could be read in it. So its texts are
        # dropped, and its errors are no causes of ours: those are printed in tracebacks.
        try:
            headers = self._headers(call) if call.signed else {}
            request = self._client.build_request(
                call.row.method, call.target, content=call.content, headers=headers
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise TransportError(
                f"{call.name}: {type(error).__name__}",
                was_sent=False,
                sentence="The request cannot be written with this address and this key.",
            ) from None
        if self._on_sent is not None:
            request.extensions["trace"] = _Trace(self._on_sent, call.row.method, call.path)
        figures: Figures | None = None
        is_unsent = False
        try:
            response = await self._client.send(request)
            figures = figures_of(response.headers)
        except httpx.HTTPError as error:
            # Whatever went wrong after the connection stood: the exchange may have acted.
            is_unsent = isinstance(error, _NEVER_SENT)
            raise TransportError(
                f"{call.name}: {type(error).__name__}", was_sent=not is_unsent
            ) from None
        finally:
            if self._budget is not None and grant is not None and not is_unsent:
                # Also when the waiting for an answer was given up: it may count all the same.
                self._budget.finished(grant, self._clock.monotonic_s(), figures)
        return response

    def _headers(self, call: _Call) -> dict[str, str]:
        secrets = self._credentials
        assert secrets is not None  # noqa: S101 - looked at before the budget was charged
        return signed_headers(
            (secrets.key, secrets.secret, secrets.passphrase),
            self._time.stamp_ms(),
            call.row.method,
            call.target,
            call.content.decode(),
            secrets.version,
        )

    async def _granted(self, call: _Call) -> Grant | None:
        """Charge the budget. Reads wait for their turn; nothing else is ever held back silently.

        Raises ``RateLimitedError`` for what is not sent, and ``AuthError`` without a key.
        """
        if call.signed and self._credentials is None:
            raise AuthError("400003", "no credentials", sentence="There is no key to sign with.")
        if self._budget is None:
            return None
        while True:
            verdict = self._budget.admit(call.row, call.urgency, self._clock.monotonic_s())
            if isinstance(verdict, Grant):
                return verdict
            is_short = verdict.wait_s is not None and verdict.wait_s <= LONGEST_WAIT_S
            if call.row.effect is not Effect.READ or not is_short:
                raise held_back(call.name, verdict)
            await self._clock.sleep(verdict.wait_s or 0.0)

    async def _measure(self) -> bool:
        """Measure the exchange's clock; False when that was not possible."""
        if self.keeper is None:
            return False
        try:
            await self.keeper.measure(samples=1)
        except TernError:
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


def _is_passed(response: httpx.Response) -> bool:
    """Whether the exchange itself answered, and not the shield in front of it."""
    return response.is_success or response.headers.get("gw-ratelimit-limit") is not None


def _envelope(name: str, response: httpx.Response) -> Envelope:
    where = f"{name}: HTTP {response.status_code}"
    try:
        envelope = decode(response.content, Envelope)
    except DecodeError as error:
        raise _unreadable(where, response, error) from error
    if envelope.is_success and response.is_success:
        return envelope
    raise _refusal(where, response, envelope)


def _unreadable(where: str, response: httpx.Response, error: DecodeError) -> ExchangeError:
    """What an answer is that holds no envelope: a page of the shield or of a server in between."""
    if response.status_code in {403, 429}:
        return blocked(f"{where}: blocked by address")
    if response.status_code >= 500:
        known = meaning("", "", response.status_code)
        return UnavailableError(
            f"{where}: {excerpt(response.content)}", sentence=known.sentence, remedy=known.remedy
        )
    return ProtocolError(f"{where}: {error}")


def _refusal(where: str, response: httpx.Response, envelope: Envelope) -> ExchangeError:
    """The error of an envelope that is no success. The code decides, then HTTP's status."""
    if not envelope.code_text:
        where = f"{where}: {excerpt(response.content)}"
    error = refusal(
        where,
        envelope.code_text,
        envelope.msg or "",
        status=response.status_code,
        figures=figures_of(response.headers),
    )
    if envelope.is_success and isinstance(error, RejectedError):
        return ProtocolError(f"{where}: success of the code and failure of HTTP")
    return error


def _data(envelope: Envelope, kind: type[T]) -> T:
    try:
        return decode(bytes(envelope.data), kind)
    except DecodeError as error:
        said = f", with the message {excerpt(envelope.msg)}" if envelope.msg else ""
        raise ProtocolError(f"{error}{said}") from error
