"""Hands on the wire of the simulated exchange: whatever its own table of faults does not offer.

Answers, frames and replies are changed where they leave the exchange, after it made them, so that
client and exchange both are what they are. It also counts what arrives, by our own order ids.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeAlias, final

from terminal.simexchange.faults import Fate
from terminal.simexchange.rest.gateway import Answer, origin_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.rest.gateway import Request
    from terminal.simexchange.server import SimExchange
    from terminal.simexchange.sockets.hub import Listener
    from terminal.simexchange.sockets.order_commands import Reply

    Bend: TypeAlias = Callable[[Request, Callable[[], Answer]], Answer]
    BendReply: TypeAlias = Callable[[dict[str, Any], Callable[[], Reply | None]], Reply | None]
    BendFrame: TypeAlias = Callable[[Listener, dict[str, Any], str], Iterable[str] | None]

PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>"


@final
@dataclass(slots=True)
class _Rule:
    pattern: str
    left: int
    bend: Bend


@final
class Tamper:
    """Rules are asked in their order; each is used up by the number of times it applies."""

    def __init__(self, exchange: SimExchange) -> None:
        self.received: Counter[str] = Counter()
        """How often an order with this id of ours arrived, by either way."""
        self.applied: Counter[str] = Counter()
        """How often each rule applied, by its pattern; frames and replies by their kind."""
        self._answers: list[_Rule] = []
        self._frames: list[BendFrame] = []
        self._replies: list[BendReply] = []
        self._answer = exchange.gateway.answer
        self._reply = exchange.order_sockets.commands.answer
        self._add = exchange.hub.add
        exchange.gateway.answer = self._answered  # type: ignore[method-assign]  # the hand
        exchange.order_sockets.commands.answer = self._replied  # type: ignore[method-assign]  # too
        exchange.hub.add = self._added  # type: ignore[method-assign]  # and here

    def answers(self, pattern: str, bend: Bend, times: int = 1) -> None:
        """Change answers to requests like ``GET /api/v1/*``."""
        self._answers.append(_Rule(pattern, times, bend))

    def frames(self, bend: BendFrame) -> None:
        """Change frames of streams: None leaves one as it is."""
        self._frames.append(bend)

    def replies(self, bend: BendReply) -> None:
        """Change replies of the order socket; None withholds one."""
        self._replies.append(bend)

    @property
    def is_used(self) -> bool:
        """True when there are rules."""
        return bool(self._answers or self._frames or self._replies)

    def clear(self) -> None:
        """Take the hands off."""
        self._answers.clear()
        self._frames.clear()
        self._replies.clear()

    def _answered(self, request: Request) -> Answer:
        name = f"{request.method} {origin_form(request.target)}"
        if name == "POST /api/v1/orders":
            self.received[json.loads(request.body)["clientOid"]] += 1
        for rule in self._answers:
            if rule.left and fnmatchcase(name, rule.pattern):
                rule.left -= 1
                self.applied[rule.pattern] += 1
                return rule.bend(request, lambda: self._answer(request))
        return self._answer(request)

    def _replied(self, key: ApiKey, text: str, clock: SimClock) -> Reply | None:
        frame = json.loads(text)
        if frame.get("op") == "futures.order":
            self.received[frame["args"]["clientOid"]] += 1
        if not self._replies:
            return self._reply(key, text, clock)
        self.applied["replies"] += 1
        return self._replies[0](frame, lambda: self._reply(key, text, clock))

    def _added(self, listener: Listener) -> None:
        send = listener.send

        def bent(text: str) -> None:
            for bend in tuple(self._frames):
                found = bend(listener, json.loads(text), text)
                if found is not None:
                    self.applied["frames"] += 1
                    for one in found:
                        send(one)
                    return
            send(text)

        listener.send = bent  # type: ignore[method-assign]  # every frame, the welcome included
        self._add(listener)


# Ways to bend an answer --------------------------------------------------------------------------


def lost_before(_request: Request, _original: Callable[[], Answer]) -> Answer:
    """Nothing is done, and the connection breaks."""
    return Answer(500, b"", fate=Fate(is_lost=True))


def page_before(_request: Request, _original: Callable[[], Answer]) -> Answer:
    """Nothing is done; a page of a server in between."""
    return Answer(500, PAGE, media="text/html")


def page_after(_request: Request, original: Callable[[], Answer]) -> Answer:
    """It is done; a page of a server in between."""
    return Answer(502, PAGE, media="text/html", fate=original().fate)


def as_plain_text(_request: Request, original: Callable[[], Answer]) -> Answer:
    """The right answer under the wrong name."""
    answer = original()
    answer.media = "text/plain"
    return answer


def cut_off(_request: Request, original: Callable[[], Answer]) -> Answer:
    """The first half of the answer."""
    answer = original()
    answer.body = answer.body[: len(answer.body) // 2]
    return answer


def wrong_code(_request: Request, original: Callable[[], Answer]) -> Answer:
    """It is done, and a code that nobody knows says otherwise."""
    words = b'{"code":"987654","msg":"Something else."}'
    return Answer(200, words, fate=original().fate)


def refused_with(code: str, words: str, status: int = 200) -> Bend:
    """Nothing is done, and a code says so."""

    def bend(_request: Request, _original: Callable[[], Answer]) -> Answer:
        return Answer(status, json.dumps({"code": code, "msg": words}).encode())

    return bend


def in_two_pages(failures: int) -> Bend:
    """A list comes in two pages, and the second one fails so many times."""
    rest: list[Any] = []
    left = [failures]

    def bend(request: Request, original: Callable[[], Answer]) -> Answer:
        answer = original()
        content = json.loads(answer.body)
        data = content["data"]
        if "currentPage=1&" in request.target:
            middle = len(data["items"]) // 2
            data["items"], rest[:] = data["items"][:middle], data["items"][middle:]
        elif left[0]:
            left[0] -= 1
            return Answer(500, PAGE, media="text/html")
        else:
            data["items"] = list(rest)
        data["totalPage"] = 2
        answer.body = json.dumps(content).encode()
        return answer

    return bend
