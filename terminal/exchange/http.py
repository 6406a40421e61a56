"""One signed request: exact bytes once, envelope, error mapping. The only importer of httpx.

Nothing is retried here. What provably never left the machine is told apart from what nobody
knows. Loopback ignores the environment's proxies.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar, final
from urllib.parse import urlencode

import httpx

from terminal import __version__
from terminal.domain.errors import TernError
from terminal.exchange.errors import (
    AuthError,
    ClockSkewError,
    ProtocolError,
    RateLimitedError,
    TransportError,
)
from terminal.exchange.hosts import is_loopback
from terminal.exchange.refusals import refusal
from terminal.wire.codec import DecodeError, decode, encode, excerpt
from terminal.wire.envelope import Envelope
from terminal.wire.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.domain.clock import Clock
    from terminal.exchange.credentials import Credentials

T = TypeVar("T")

_TIMEOUT = httpx.Timeout(5.0, connect=3.0, pool=3.0)
_LIMITS = httpx.Limits(max_connections=16, keepalive_expiry=60.0)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BLOCK_S = 30.0


@final
class HttpClient:
    """Requests to one REST host, signed when credentials are given.

    ``offset_ms`` is what must be added to our clock to get the exchange's; ``on_skew`` is told when
    the exchange refused a request for its time. ``on_sent`` is told
    method, path and monotonic time when a request's bytes have been handed to the socket.
    ``proxy`` is an address or empty for what the environment says; loopback uses none. Raises
    ``TernError`` when the proxy cannot be used.
    """

    def __init__(
        self,
        base: str,
        clock: Clock,
        credentials: Credentials | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        on_sent: Callable[[str, str, float], None] | None = None,
        proxy: str = "",
    ) -> None:
        self._clock = clock
        self._credentials = credentials
        self._on_sent = on_sent
        self.offset_ms = 0
        self.on_skew: Callable[[], None] | None = None
        is_here = is_loopback(base)
        try:
            self._client = httpx.AsyncClient(
                base_url=base,
                timeout=_TIMEOUT,
                limits=_LIMITS,
                trust_env=not is_here,
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

    async def get(
        self,
        path: str,
        kind: type[T],
        query: Mapping[str, str | int] | None = None,
        *,
        signed: bool = False,
    ) -> T:
        """Read. Raises from ``exchange.errors``."""
        return _data(await self._send("GET", path, query, None, signed=signed), kind)

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
        """Delete, signed; one call has a body (API reference 1.3). Raises ``exchange.errors``."""
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
        target = f"{path}?{urlencode(query, safe=',')}" if query else path
        content = b"" if body is None else encode(body)
        headers = self._headers(method, target, content.decode()) if signed else {}
        # What httpx says names headers and addresses: a key could be read in it. So its texts are
        # dropped, and its errors are no causes of ours: those are printed in tracebacks.
        try:
            request = self._client.build_request(method, target, content=content, headers=headers)
        except (httpx.InvalidURL, ValueError) as error:
            raise TransportError(
                f"{method} {path}: {type(error).__name__}",
                was_sent=False,
                sentence="The request cannot be written with this address and this key.",
            ) from None
        if self._on_sent is not None:
            request.extensions["trace"] = _Trace(self._on_sent, method, path)
        try:
            response = await self._client.send(request)
        except httpx.HTTPError as error:
            # Whatever went wrong after the connection stood: the exchange may have acted.
            raise TransportError(
                f"{method} {path}: {type(error).__name__}",
                was_sent=not isinstance(error, _NEVER_SENT),
            ) from None
        try:
            return _envelope(method, path, response)
        except ClockSkewError:
            if self.on_skew is not None:
                self.on_skew()
            raise

    def _headers(self, method: str, target: str, body: str) -> dict[str, str]:
        secrets = self._credentials
        if secrets is None:
            raise AuthError("400003", "no credentials", sentence="There is no key to sign with.")
        stamp = self._clock.now_ms() + self.offset_ms
        return signed_headers(
            (secrets.key, secrets.secret, secrets.passphrase),
            stamp,
            method,
            target,
            body,
            secrets.version,
        )


@final
class _Trace:
    """Tells the observer when the last bytes of a request were written."""

    __slots__ = ("_method", "_observer", "_path")

    def __init__(self, observer: Callable[[str, str, float], None], method: str, path: str) -> None:
        self._observer, self._method, self._path = observer, method, path

    async def __call__(self, event: str, _info: object) -> None:
        if event == "http11.send_request_body.complete":
            self._observer(self._method, self._path, time.monotonic())


def _envelope(method: str, path: str, response: httpx.Response) -> Envelope:
    where = f"{method} {path}: HTTP {response.status_code}"
    try:
        envelope = decode(response.content, Envelope)
    except DecodeError as error:
        raise _unreadable(where, response, error) from error
    if envelope.is_success and response.is_success:
        return envelope
    raise _refusal(where, response, envelope)


def _unreadable(where: str, response: httpx.Response, error: DecodeError) -> Exception:
    if response.status_code in {403, 429}:
        return RateLimitedError(f"{where}: blocked by address", retry_after_s=_BLOCK_S)
    if response.status_code >= 500:
        return TransportError(f"{where}: {excerpt(response.content)}", was_sent=True)
    return ProtocolError(f"{where}: {error}")


def _refusal(where: str, response: httpx.Response, envelope: Envelope) -> Exception:
    return refusal(
        where,
        str(envelope.code),
        envelope.msg or "",
        status=response.status_code,
        retry_after_s=_retry_after_s(response),
    )


def _retry_after_s(response: httpx.Response) -> float | None:
    """Seconds until the quota's window ends; None when the quota was not the reason."""
    if response.headers.get("gw-ratelimit-remaining") != "0":
        return None
    reset = response.headers.get("gw-ratelimit-reset", "")
    return int(reset) / 1000 if reset.isdigit() else None


def _data(envelope: Envelope, kind: type[T]) -> T:
    try:
        return decode(bytes(envelope.data), kind)
    except DecodeError as error:
        raise ProtocolError(str(error)) from error
