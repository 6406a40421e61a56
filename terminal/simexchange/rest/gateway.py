"""The gateway: from the bytes of a request to the bytes of the answer, without a socket.

In this order it finds the call, counts its weight, checks who asks, looks at the media type and
reads the body; then the call's handler has its turn, and what comes back is put into the envelope.
Whatever is sent, the answer is the exchange's envelope with one of its codes, and it has the three
headers of a quota: of the call's pool, or of the address's public pool where there is no such call.
Source: reference 1.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final
from urllib.parse import parse_qsl, unquote

from terminal.simexchange.auth import KEY_HEADER, Signed, check
from terminal.simexchange.callers import Callers
from terminal.simexchange.errors import Refused
from terminal.simexchange.faults import NO_FATE, UNAVAILABLE_PAGE, Fate
from terminal.simexchange.fields import decoded
from terminal.simexchange.rest.routing import (
    GENERAL,
    PUBLIC,
    Call,
    Enveloped,
    Route,
    RouteTable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.quota import Quota
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.accounts import Accounts

SUCCESS = "200000"
JSON_TYPE = "application/json"
MAX_PARAMETERS = 64
UNKNOWN = "unknown"
"""The name under which requests for what there is not are counted."""
_WEIGHT_SWITCHES = {
    "DELETE /api/v1/orders/multi-cancel": "multi_cancel_weight",
    "DELETE /api/v3/orders": "cancel_all_weight",
}
_KEY_SWITCHES = {"GET /api/v1/level2/snapshot": "snapshot_key"}
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


@final
@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came. ``target`` is path and query as sent; ``headers`` ignore case.

    Of a header that comes twice the first counts.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    remote: str = "127.0.0.1"
    host: str = ""


@final
@dataclass(slots=True)
class Answer:
    """What to send back, and how: late, or not at all when the connection breaks instead."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    media: str = JSON_TYPE
    fate: Fate = NO_FATE


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
        self._names = {id(route): f"{route.method} {route.path}" for route in self.table.routes}
        self._accounts = accounts
        self._clock = clock
        self._quota = quota
        self._faults = faults
        self._switches = switches
        self.callers = Callers()
        self.calls: dict[str, int] = {}
        """How often each call was asked for, by method and path as in the table."""
        self.signed_calls = 0

    def answer(self, request: Request) -> Answer:
        """Answer one request, at once and completely.

        A fault of the program itself is answered 500000 and told to the running loop, where tests
        see it; without a loop it is raised.
        """
        self.signed_calls += KEY_HEADER in request.headers
        address = self.callers.address(request.headers.get(KEY_HEADER, ""), request.remote)
        path, _, query = origin_form(request.target).partition("?")
        pool, owner, headers = PUBLIC, address, None
        try:
            route, parts = self._found(request.method, path)
            pool, owner = route.pool, self._payer(route, request, address)
            self._faults.check_gate()
            headers = self.charge(route, owner)
            self._faults.check_load()
            key = self._signer(route, request, address)
            call = Call(
                method=request.method,
                path=unquote(path),
                query=_parameters(query) if query else {},
                parts=parts,
                body=_body(request),
                host=request.host,
                key=key,
                owner=None if key is None else self._accounts.of(key),
            )
            return self._done(route, call, headers)
        except Refused as refused:
            if refused.headers is not None:
                headers = refused.headers
            elif headers is None and refused.body is None:
                headers = self._quota.look(pool, owner, self._clock.window_s())
            return self.refusal(refused, headers)
        except Exception as error:  # noqa: BLE001 - reported, never lost
            report(error)
            return self.failure(headers)

    def _done(self, route: Route, call: Call, headers: dict[str, str]) -> Answer:
        """Let the call's handler have its turn. Raises ``Refused``."""
        try:
            self._faults.check_command(route.fault, "" if call.key is None else call.key.uid)
            answer = envelope(route.handler(call), headers, route.media)
            answer.fate = self._faults.fate(route.fault)
        finally:
            self._faults.end_command()
        return answer

    def headers(self, address: str) -> dict[str, str]:
        """The headers of an answer to an address that belongs to no call and costs nothing."""
        return self._quota.look(PUBLIC, address, self._clock.window_s())

    def refusal(self, refused: Refused, headers: dict[str, str] | None = None) -> Answer:
        """A refusal in the envelope."""
        status = refused.status
        if refused.body is not None:
            return Answer(status, refused.body.encode(), headers or {}, "text/html")
        if status == 200:
            status = int(self._switches.business_status)
        body = _encode({"code": refused.code, "msg": refused.text})
        return Answer(status, body.encode(), headers or {})

    def unavailable(self) -> Answer:
        """The page of who stands before the exchange when nobody is let in."""
        return self.refusal(Refused("503000", "", 503, body=UNAVAILABLE_PAGE))

    def failure(self, headers: dict[str, str] | None = None) -> Answer:
        """What a fault of the program itself looks like."""
        return self.refusal(Refused("500000", "Internal Server Error", 500), headers)

    def weight(self, route: Route) -> int:
        """What a call costs, as the switches stand."""
        switch = _WEIGHT_SWITCHES.get(self._names[id(route)])
        return route.weight if switch is None else int(getattr(self._switches, switch))

    def permission(self, route: Route) -> str | None:
        """The right that a call needs, as the switches stand; None when it needs no key."""
        switch = _KEY_SWITCHES.get(self._names[id(route)])
        is_signed = switch is not None and getattr(self._switches, switch) == "signed"
        return GENERAL if is_signed else route.permission

    def _found(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        try:
            route, parts = self.table.find(method, path)
        except Refused:
            self.calls[UNKNOWN] = self.calls.get(UNKNOWN, 0) + 1
            raise
        name = self._names[id(route)]
        self.calls[name] = self.calls.get(name, 0) + 1
        return route, parts

    def _payer(self, route: Route, request: Request, address: str) -> str:
        """Whose pool is charged, before it is known whether the key is really theirs."""
        if route.pool == PUBLIC:
            return address
        key = self._accounts.keys.get(request.headers.get(KEY_HEADER, ""))
        return address if key is None else key.uid

    def charge(self, route: Route, owner: str) -> dict[str, str]:
        """Count a call in its pool: the headers of its answer. Raises ``Refused`` with them."""
        fits, headers = self._quota.spend(
            route.pool, owner, self.weight(route), self._clock.window_s()
        )
        if self._faults.use("quotas_spent"):
            pool = self._quota.pool(route.pool, owner)
            pool.spent, fits = pool.limit, False
            headers["gw-ratelimit-remaining"] = "0"
        if not fits:
            raise Refused("429000", "Too many requests in a short period of time", 429, headers)
        return headers

    def _signer(self, route: Route, request: Request, address: str) -> ApiKey | None:
        permission = self.permission(route)
        if permission is None:
            return None
        key = check(
            self._accounts.keys,
            request.headers,
            self._clock.now_ms(),
            Signed(request.method, origin_form(request.target), request.body),
            drift_ms=self._clock.drift_ms(),
            query=self._switches.signed_query,
            version=self._switches.key_version,
        )
        if not key.admits(address):
            text = f"The requested ip address {address} is not in the api whitelist"
            raise Refused("400006", text, 401)
        if not key.may(permission):
            text = f"Access denied, require more permission: {permission}"
            raise Refused("400007", text, 403)
        if key.is_frozen or self._accounts.is_frozen(key.uid):
            raise Refused("411100", "The user is frozen, please contact support center", 403)
        return key


def report(error: Exception) -> None:
    """Tell the running loop about a fault of the program; raise it when there is none."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise error from None
    loop.call_exception_handler({"message": "a request met a fault", "exception": error})


def envelope(data: Any, headers: dict[str, str], media: str = JSON_TYPE) -> Answer:  # noqa: ANN401
    """A success in the envelope, or in the one that it brings with it."""
    if isinstance(data, Enveloped):
        return Answer(200, _encode(data.answer).encode(), headers, media)
    return Answer(200, f'{{"code":"{SUCCESS}","data":{_encode(data)}}}'.encode(), headers, media)


def origin_form(target: str) -> str:
    """Path and query of a target, which may be a whole address as for a proxy."""
    if target.startswith("/"):
        return target
    _, mark, rest = target.partition("://")
    slash = rest.find("/")
    return rest[slash:] if mark and slash >= 0 else target


def _parameters(query: str) -> dict[str, str]:
    """The query's parameters as a form has them: ``+`` is a space, bad escapes stay as they are.

    The values of a repeated name become one with commas between, as the exchange's lists have it.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise Refused("400100", "The query has too many parameters", 400) from None
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _body(request: Request) -> Any:  # noqa: ANN401 - whatever was sent
    """The body as JSON; that of a GET has no meaning and is not looked at."""
    if not request.body or request.method == "GET":
        return None
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media != JSON_TYPE:
        raise Refused("415000", "Unsupported Media Type", 415)
    return decoded(request.body)
