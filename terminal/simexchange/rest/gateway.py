"""The gateway: from the bytes of a request to the bytes of the answer, without a socket.

It finds the call, counts its weight, checks who asks, reads the body, and puts what comes back into
the envelope. Whatever is sent to it, the answer is the exchange's envelope with one of its codes.
Source: reference 1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final
from urllib.parse import parse_qsl, unquote

from terminal.simexchange.auth import check
from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.routing import PUBLIC, Call, Route, RouteTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.quota import Quota
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.accounts import Accounts

SUCCESS = "200000"
_HEADER = "KC-API-KEY"


@final
@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came. ``target`` is path and query as sent; ``headers`` ignore case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    remote: str = "127.0.0.1"
    host: str = ""


@final
@dataclass(slots=True)
class Answer:
    """What to send back; ``is_lost`` means nothing: the connection breaks instead."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    media: str = "application/json"
    delay_s: float = 0.0
    is_lost: bool = False


@final
class Gateway:
    """Answers every request of every client."""

    def __init__(
        self,
        routes: Iterable[Route],
        accounts: Accounts,
        clock: SimClock,
        quota: Quota,
        faults: Faults,
        switches: Switches,
    ) -> None:
        self.table = RouteTable(routes)
        self._accounts = accounts
        self._clock = clock
        self._quota = quota
        self._faults = faults
        self._switches = switches
        self.calls: dict[str, int] = {}
        """How often each method and path was asked for."""
        self.signed_calls = 0

    def answer(self, request: Request) -> Answer:
        """Answer one request, at once and completely. Never raises."""
        path, _, query = request.target.partition("?")
        path = unquote(path)
        name = f"{request.method} {path}"
        self.calls[name] = self.calls.get(name, 0) + 1
        self.signed_calls += _HEADER in request.headers
        headers: dict[str, str] = {}
        try:
            self._faults.check_gate()
            route, parts = self.table.find(request.method, path)
            headers = self._charge(route, request)
            self._faults.check_load()
            key = self._signer(route, request)
            call = Call(
                method=request.method,
                path=path,
                query=dict(parse_qsl(query, keep_blank_values=True)),
                parts=parts,
                body=_decoded(request.body),
                host=request.host,
                key=key,
                owner=None if key is None else self._accounts.of(key),
            )
            self._faults.check_command(route.fault)
            answer = envelope(route.handler(call), headers, route.media)
        except Refused as refused:
            return self.refusal(refused, refused.headers or headers)
        answer.delay_s, answer.is_lost = self._faults.fate(route.fault)
        return answer

    def refusal(self, refused: Refused, headers: dict[str, str] | None = None) -> Answer:
        """A refusal in the envelope."""
        status = refused.status
        if refused.body is not None:
            return Answer(status, refused.body.encode(), headers or {}, "text/html")
        if status == 200:
            status = int(self._switches.business_status)
        body = {"code": refused.code, "msg": refused.text}
        return Answer(status, json.dumps(body).encode(), headers or {})

    def _charge(self, route: Route, request: Request) -> dict[str, str]:
        owner = request.remote
        key = self._accounts.keys.get(request.headers.get(_HEADER, ""))
        if route.pool != PUBLIC and key is not None:
            owner = key.uid
        fits, headers = self._quota.spend(
            route.pool, owner, route.weight, self._clock.monotonic_s()
        )
        if self._faults.use("quotas_spent"):
            pool = self._quota.pool(route.pool, owner)
            pool.spent, fits = pool.limit, False
            headers["gw-ratelimit-remaining"] = "0"
        if not fits:
            raise Refused("429000", "Too many requests in a short period of time", 429, headers)
        return headers

    def _signer(self, route: Route, request: Request) -> ApiKey | None:
        if route.permission is None:
            return None
        asked = (request.method, request.target, request.body.decode("utf-8", "replace"))
        key = check(self._accounts.keys, request.headers, self._clock.now_ms(), asked)
        if key.ip_list and request.remote not in key.ip_list.split(","):
            raise Refused("400006", f"The IP address {request.remote} is not on the list", 401)
        if not key.may(route.permission):
            text = f"Access denied, require more permission: {route.permission}"
            raise Refused("400007", text, 403)
        return key


def envelope(data: Any, headers: dict[str, str], media: str = "application/json") -> Answer:  # noqa: ANN401
    """A success in the envelope."""
    body = json.dumps({"code": SUCCESS, "data": data}, separators=(",", ":")).encode()
    return Answer(200, body, headers, media)


def _decoded(body: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("400100", "The body is no JSON", 400) from None
