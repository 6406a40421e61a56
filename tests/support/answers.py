"""Clients whose exchange is a table of answers, for tests of what goes out and what comes in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, final

import httpx

from terminal.exchange.http import HttpClient
from tests.exchange.test_http import BASE, SECRETS
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable


@final
class Answers:
    """Answers each request by a function of it, and keeps what was asked.

    The function returns data, or an ``httpx.Response`` for anything but plain success.
    """

    def __init__(self, answer: Callable[[httpx.Request], Any]) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer
        self.http = HttpClient(BASE, FakeClock(), SECRETS, transport=httpx.MockTransport(self._say))

    def _say(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        said = self._answer(request)
        if isinstance(said, httpx.Response):
            return said
        return httpx.Response(200, json={"code": "200000", "data": said})

    def query(self, at: int = -1) -> dict[str, str]:
        """The query of a request."""
        return dict(self.asked[at].url.params)

    def body(self, at: int = -1) -> Any:
        """The body of a request."""
        return json.loads(self.asked[at].content)

    def line(self, at: int = -1) -> str:
        """Verb and path of a request."""
        return f"{self.asked[at].method} {self.asked[at].url.path}"


def saying(data: Any) -> Answers:
    """The same data for every request."""
    return Answers(lambda _: data)


def refusing(code: str, text: str = "m", status: int = 200) -> Answers:
    """The same refusal for every request."""
    return Answers(lambda _: httpx.Response(status, json={"code": code, "msg": text}))
