"""The gateway on aiohttp's server: the only module of REST that knows sockets.

What aiohttp would answer by itself with a page of text (a request it cannot read, one too large, a
socket path without an upgrade) is the exchange's envelope here, too, and nothing that a client
sends is written to a log. Sizes and deadlines are our choice: the reference is silent.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, final

from aiohttp import http_exceptions, web
from typing_extensions import override

from terminal.simexchange.errors import Refused
from terminal.simexchange.faults import NO_FATE
from terminal.simexchange.rest.gateway import Answer, Request, report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.rest.gateway import Gateway

    Door = Callable[[web.BaseRequest], None]

MAX_BODY = 1 << 20
"""Bytes of the largest body that is read."""
BODY_DEADLINE_S = 10.0
"""Seconds in which a body must be there."""
IDLE_S = 75.0
"""Seconds after which a connection without a whole request is closed."""
BACKLOG = 1024
"""Connections that may wait to be accepted."""
_LINGER_S = 1.0
_TURNS = 3
"""Turns of the loop in which a writer that was woken has written."""
EMPTY = b""


@final
class HttpServer:
    """Hands every request to the gateway and sends what it answers."""

    def __init__(self, gateway: Gateway, clock: SimClock) -> None:
        self._gateway = gateway
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        """Take all paths that nobody else takes."""
        app.router.add_route("*", "/{path:.*}", self._handle)

    def runner(self, app: web.Application, door: Door) -> web.AppRunner:
        """What runs the application, so that errors have the envelope.

        Every request passes the door first. No middleware does that: aiohttp keeps what it made
        with one for a thousand handlers, and with them exchanges that have ended long ago.
        """
        return _Runner(
            app,
            self._gateway,
            door,
            access_log=None,
            shutdown_timeout=1.0,
            keepalive_timeout=IDLE_S,
            lingering_time=_LINGER_S,
            # A signature covers the bytes that were sent.
            auto_decompress=False,
        )

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await self._read(request) if request.body_exists else EMPTY
        if isinstance(body, Answer):
            return response_of(body)
        answer = self._gateway.answer(
            Request(
                request.method,
                request.raw_path,
                request.headers,
                body,
                request.remote or "",
                request.headers.get("Host") or _own_address(request),
            )
        )
        fate = answer.fate
        if fate is NO_FATE:
            return response_of(answer)
        try:
            if fate.delay_s:
                await self._clock.sleep(fate.delay_s)
            elif fate.yields:
                await let_others_write()
            if fate.is_lost:
                drop(request)
            response = response_of(answer)
            if fate.told is not None:
                await response.prepare(request)
                await response.write_eof()
            return response
        finally:
            if fate.told is not None:
                fate.told()

    async def _read(self, request: web.BaseRequest) -> bytes | Answer:
        """The body, or the answer to one that cannot be had."""
        headers = self._gateway.headers(request.remote or "")
        if (request.content_length or 0) > MAX_BODY:
            return self._gateway.refusal(_too_large(), headers)
        try:
            async with asyncio.timeout(BODY_DEADLINE_S):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._gateway.refusal(_too_large(), headers)
        except (web.RequestPayloadError, http_exceptions.HttpProcessingError):
            return self._gateway.refusal(_unreadable(), headers)
        except (TimeoutError, OSError):
            drop(request)


def _own_address(request: web.BaseRequest) -> str:
    """Where a request came in that does not say whom it asks."""
    if request.transport is None:
        return ""
    address, port = request.transport.get_extra_info("sockname")[:2]
    return f"{address}:{port}"


async def let_others_write() -> None:
    """Let what waits to be sent on other connections go out first."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _too_large() -> Refused:
    return Refused("400100", "The body is too large", 413)


def _unreadable(status: int = 400) -> Refused:
    return Refused("400100", "The request cannot be read", status)


def drop(request: web.BaseRequest) -> NoReturn:
    """Break the connection instead of answering."""
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError


def response_of(answer: Answer) -> web.Response:
    """An answer as aiohttp sends it."""
    return web.Response(
        status=answer.status,
        body=answer.body,
        headers=answer.headers,
        content_type=answer.media,
    )


# What aiohttp would say by itself ----------------------------------------------------------------


@final
class _Runner(web.AppRunner):
    __slots__ = ("_door", "_gateway")

    def __init__(
        self,
        app: web.Application,
        gateway: Gateway,
        door: Door,
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(app, **options)
        self._gateway = gateway
        self._door = door

    @override
    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        server = _Server(
            partial(self._enveloped, made.request_handler),
            request_factory=made.request_factory,
            loop=asyncio.get_running_loop(),
            **self._kwargs,
        )
        server.gateway = self._gateway
        return server

    async def _enveloped(
        self,
        handler: Callable[[Any], Awaitable[web.StreamResponse]],
        request: web.BaseRequest,
    ) -> web.StreamResponse:
        self._door(request)
        try:
            return await handler(request)
        except web.HTTPException as error:
            headers = self._gateway.headers(request.remote or "")
            refused = _unreadable(error.status)
            if error.status == 404:
                refused = Refused("404000", "Url Not Found", 404)
            return response_of(self._gateway.refusal(refused, headers))


@final
class _Server(web.Server):
    gateway: Gateway

    @override
    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=asyncio.get_running_loop(), **self._kwargs)


@final
class _Protocol(web.RequestHandler):
    """One connection. Its errors are envelopes; faults of the program are told to the loop."""

    __slots__ = ("_gateway",)

    def __init__(self, manager: _Server, **options: Any) -> None:  # noqa: ANN401
        super().__init__(manager, **options)
        self._gateway = manager.gateway

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        task, is_answering = self._task_handler, self._request_in_progress
        super().connection_lost(exc)
        if task is not None and not is_answering:
            task.cancel()  # it would go on to wait for the rest of a body that never comes

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        headers = self._gateway.headers(request.remote or "")
        answer = self._gateway.refusal(_unreadable(status), headers)
        if status >= 500:
            answer = self._gateway.failure(headers)
            if isinstance(exc, Exception):
                report(exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        response = response_of(answer)
        response.force_close()
        return response

    @override
    def log_exception(self, *args: Any, **kw: Any) -> None:
        error = kw.get("exc_info")
        if isinstance(error, Exception):
            report(error)
