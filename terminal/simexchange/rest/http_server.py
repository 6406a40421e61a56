"""The gateway on aiohttp's server: the only module of REST that knows sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from aiohttp import web

from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.gateway import Request

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.rest.gateway import Answer, Gateway

MAX_BODY = 1 << 20
"""Bytes of the largest body that is read."""


@final
class HttpServer:
    """Hands every request to the gateway and sends what it answers."""

    def __init__(self, gateway: Gateway, clock: SimClock) -> None:
        self._gateway = gateway
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        """Take all paths that nobody else takes."""
        app.router.add_route("*", "/{path:.*}", self._handle)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            refused = Refused("400100", "The body is too large", 413)
            return _response(self._gateway.refusal(refused))
        answer = self._gateway.answer(
            Request(
                request.method,
                request.raw_path,
                request.headers,
                body,
                request.remote or "",
                request.host,
            )
        )
        if answer.delay_s:
            await self._clock.sleep(answer.delay_s)
        if answer.is_lost:
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError
        return _response(answer)


def _response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status,
        body=answer.body,
        headers=answer.headers,
        content_type=answer.media,
    )
