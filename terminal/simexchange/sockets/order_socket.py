"""The order socket: a connection that is signed for twice, then takes commands.

Source: reference 6. What a command does is decided in ``order_commands``; here are connections,
their deadlines, and the ways in which replies may be late, out of order or lost.
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, final

from aiohttp import WSCloseCode, WSMsgType, web

from terminal.simexchange.auth import check_socket, is_signed
from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.http_server import let_others_write, response_of
from terminal.simexchange.sockets.order_commands import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.sockets.order_commands import OrderCommands
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.tokens import Tokens
    from terminal.simexchange.trading.accounts import Accounts

PATH = "/v1/private"
LOGIN_S = 30.0
"""How long a client may take to sign its session."""

IDLE_S = 60.0
"""A connection that says nothing for so long is closed, as on the feed (5.3)."""

_STOPS = "the exchange stops"
CLOSE_S = 2.0
MAX_FRAME = 1 << 20
MAX_QUEUED = 100_000
_SHORTEST_S = 0.001


@final
class _Link:
    """One connection and what waits to be sent on it."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, now_s: float) -> None:
        self._socket = socket
        self._transport = request.transport
        self._queue: deque[tuple[str, Callable[[], None] | None]] = deque()
        self._greeting = ""
        self._wake = asyncio.Event()
        self._reason = ""
        self.heard_s = now_s
        self.uid = ""
        self.swapped: Reply | None = None
        """A reply that waits until the next one was sent."""
        self.is_welcome = False
        self.is_ended = False
        self.is_mute = False

    def send(self, text: str, told: Callable[[], None] | None = None) -> None:
        """Queue a frame; a client that does not read is cut off. Mute, it loses the frame.

        ``told`` is called when the frame was sent or will never be.
        """
        if len(self._queue) >= MAX_QUEUED:
            self.drop()
        if not (self.is_ended or self.is_mute):
            self._queue.append((text, told))
            self._wake.set()
        elif told is not None:
            told()

    def greet(self, text: str) -> None:
        """Queue the first frame; who is mute gets it when it is mute no more."""
        if self.is_mute:
            self._greeting = text
        else:
            self.send(text)

    def _clear(self) -> None:
        while self._queue:
            told = self._queue.popleft()[1]
            if told is not None:
                told()

    def mute(self, *, is_mute: bool) -> None:
        """Play half-open: nothing is heard and nothing said until it is over."""
        if is_mute == self.is_mute or self._transport is None:
            return
        self.is_mute = is_mute
        if is_mute:
            self._clear()
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
            if self._greeting:
                greeting, self._greeting = self._greeting, ""
                self.send(greeting)

    def end(self, reason: str) -> None:
        """Close the connection in good order when all is sent that waits."""
        if not self.is_ended:
            self.is_ended = True
            self._reason = reason
            self._wake.set()

    def drop(self) -> None:
        """Break the connection: what waits is lost, and there is no farewell."""
        self.is_ended = True
        self._clear()
        self._wake.set()
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        """Send what waits until the connection has ended."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                text, told = self._queue.popleft()
                try:
                    await self._socket.send_str(text)
                except (ConnectionError, RuntimeError):
                    self.is_ended = True
                    self._clear()
                    return
                finally:
                    if told is not None:
                        told()
            if self.is_ended:
                await self._socket.close(code=WSCloseCode.OK, message=self._reason.encode())
                return


@final
class OrderSockets:
    """All connections of the order socket.

    While ``holds_replies`` is set, replies to commands wait in ``held`` until they are released, in
    any order; the commands themselves are done at once, in the order they came. The fault
    ``replies_swapped`` holds one until the next one of its connection was sent.
    """

    def __init__(
        self,
        commands: OrderCommands,
        accounts: Accounts,
        clock: SimClock,
        tokens: Tokens,
        switches: Switches,
        seed: int,
    ) -> None:
        self.commands = commands
        self._tokens = tokens
        self._accounts = accounts
        self._clock = clock
        self._switches = switches
        self._dice = random.Random(seed)
        # In the order in which they came, which no hash decides.
        self._links: dict[_Link, None] = {}
        self.is_mute = False
        self.opened = 0
        self.holds_replies = False
        self.held: list[tuple[_Link, Reply]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection from its challenge to its end."""
        if self.commands.refuses_streams:
            return response_of(self.commands.unavailable())
        socket = web.WebSocketResponse(compress=False, max_msg_size=MAX_FRAME, timeout=CLOSE_S)
        if not socket.can_prepare(request).ok:
            return response_of(self.commands.no_upgrade(request.remote or ""))
        in_ms = self._clock.now_ms()
        await socket.prepare(request)
        link = _Link(socket, request, self._clock.monotonic_s())
        self._links[link] = None
        link.mute(is_mute=self.is_mute)
        writer = asyncio.get_running_loop().create_task(link.write(), name="order socket")
        try:
            key = check_socket(
                self._accounts.keys,
                request.query,
                in_ms,
                self.commands.address(request.query.get("apikey", ""), request.remote or ""),
                drift_ms=self._clock.drift_ms(),
            )
            self._accounts.check_open(key, in_ms)
            self.opened += 1
            link.uid = key.uid
            await self._serve(socket, link, key)
        except Refused as refused:
            self._refuse(link, refused, in_ms)
        finally:
            self._links.pop(link, None)
            self._forget_held(link)
            link.end("")
            await writer
        return socket

    def release(self, order: Iterable[int] | None = None) -> None:
        """Send held replies in the order of these positions in ``held``; all when None."""
        waiting = self.held
        chosen = list(range(len(waiting)) if order is None else order)
        self.held = [waiting[at] for at in range(len(waiting)) if at not in chosen]
        for at in chosen:
            link, reply = waiting[at]
            link.send(reply.text(self._clock.now_ms()), reply.fate.told)

    def _forget_held(self, link: _Link) -> None:
        gone = [reply for other, reply in self.held if other is link]
        if link.swapped is not None:
            gone.append(link.swapped)
        self.held = [(other, reply) for other, reply in self.held if other is not link]
        for reply in gone:
            if reply.fate.told is not None:
                reply.fate.told()

    def drop_all(self) -> int:
        """Break every connection and say how many; what was in flight stays done."""
        return self.end(None, is_abrupt=True)

    def end(self, uid: str | None, *, is_abrupt: bool) -> int:
        """End the connections of an account, or all; says how many there were."""
        links = [link for link in self._links if uid is None or link.uid == uid]
        for link in links:
            link.drop() if is_abrupt else link.end(_STOPS)
        return len(links)

    def mute(self, *, is_mute: bool) -> None:
        """Let all connections, also those to come, play half-open, or go on."""
        self.is_mute = is_mute
        for link in self._links:
            link.mute(is_mute=is_mute)

    def end_all(self, reason: str = _STOPS) -> None:
        """Close every connection in good order."""
        for link in tuple(self._links):
            link.end(reason)

    async def _serve(self, socket: web.WebSocketResponse, link: _Link, key: ApiKey) -> None:
        if not await self._login(socket, link, key):
            return
        self._watch_idle(link)
        while True:
            text = await self._next(socket, link)
            if text is None:
                return
            reply = self.commands.answer(key, text, self._clock)
            if reply is None:
                continue
            if reply.fate.delay_s:
                self._clock.after(reply.fate.delay_s, partial(self._due, link, reply))
                continue
            if reply.fate.yields:
                await let_others_write()
            self._due(link, reply)

    async def _login(self, socket: web.WebSocketResponse, link: _Link, key: ApiKey) -> bool:
        """Challenge, answer, welcome (6.1). Raises ``Refused``; False when the client left."""
        session = str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
        challenge = self._challenge(session)
        sent_ms = self._clock.now_ms()
        # The client signs by its own clock: in fast time it is granted as much as outside.
        login_s = LOGIN_S * max(1.0, self._clock.speed)
        self._clock.after(login_s, partial(self._login_due, link, sent_ms))
        link.greet(challenge)
        answer = await self._next(socket, link)
        if answer is None:
            return False
        if not is_signed(key, challenge, answer):
            raise Refused("400011", "Session verification failed.")
        link.is_welcome = True
        welcome = {"sessionId": session, "data": "welcome", **self._tokens.pings.payload()}
        link.send(_compact(welcome))
        return True

    def _challenge(self, session: str) -> str:
        content = {"sessionId": session, "timestamp": self._clock.now_ms()}
        return (
            json.dumps(content)
            if self._switches.socket_challenge == "spaced"
            else _compact(content)
        )

    async def _next(self, socket: web.WebSocketResponse, link: _Link) -> str | None:
        """The next frame's text, empty for a frame of bytes, None when the connection ended."""
        message = await socket.receive()
        link.heard_s = self._clock.monotonic_s()
        if link.is_ended or message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return None
        return message.data if message.type is WSMsgType.TEXT else ""

    def _due(self, link: _Link, reply: Reply) -> None:
        told = reply.fate.told
        if reply.fate.is_lost:
            link.drop()
            if told is not None:
                told()
        elif self.holds_replies and reply.in_ms is not None and not link.is_ended:
            self.held.append((link, reply))
        elif reply.in_ms is not None and link.swapped is None and self.commands.swaps_reply():
            link.swapped = reply
        else:
            link.send(reply.text(self._clock.now_ms()), told)
            late, link.swapped = link.swapped, None
            if late is not None:
                link.send(late.text(self._clock.now_ms()), late.fate.told)

    def _refuse(self, link: _Link, refused: Refused, in_ms: int) -> None:
        content = {"code": refused.code, "msg": refused.text}
        link.send(Reply(content, in_ms).text(self._clock.now_ms()))
        link.end(refused.text)

    def _login_due(self, link: _Link, sent_ms: int) -> None:
        if link.is_mute:
            # What is half open is for the client to find; it is granted all its time afterwards.
            self._clock.after(LOGIN_S, partial(self._login_due, link, sent_ms))
        elif not link.is_welcome and not link.is_ended:
            self._refuse(link, Refused("400012", "Session verification has timed out."), sent_ms)

    def _watch_idle(self, link: _Link) -> None:
        if link.is_ended:
            return
        # The client pings by its own clock: in fast time it is granted as much as outside. What is
        # half open is for the client to find.
        idle_s = IDLE_S * max(1.0, self._clock.speed)
        left_s = link.heard_s + idle_s - self._clock.monotonic_s()
        if link.is_mute:
            self._clock.after(IDLE_S, partial(self._watch_idle, link))
        elif left_s > 0:
            self._clock.after(max(left_s, _SHORTEST_S), partial(self._watch_idle, link))
        else:
            link.end("ping timeout")


def _compact(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
