"""The table of REST calls: what each is named, who may use it, what it costs, who answers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.trading.account import Account

    Handler = Callable[["Call"], Any]

PUBLIC, FUTURES, MANAGEMENT = "Public", "Futures", "Management"
GENERAL, TRADE, TRANSFER = "General", "Futures", "InnerTransfer"


@final
@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed the gateway. ``key`` and ``owner`` are None when it was not signed.

    ``body`` is decoded JSON, None without a body. ``host`` is the address it was sent to.
    """

    method: str
    path: str
    query: Mapping[str, str]
    parts: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    host: str = ""
    key: ApiKey | None = None
    owner: Account | None = None

    @property
    def account(self) -> Account:
        """The account that signed."""
        if self.owner is None:
            raise Refused("400001", "KC-API-KEY is required", 401)
        return self.owner

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body as an object. Raises ``Refused`` when it is something else."""
        if not isinstance(self.body, dict):
            raise Refused("400100", "The body is no JSON object", 400)
        return self.body

    def text(self, name: str, default: str = "") -> str:
        """A parameter of the path or of the query; empty counts as absent."""
        return self.parts.get(name) or self.query.get(name) or default

    def required(self, name: str) -> str:
        """A parameter that must be there."""
        found = self.text(name)
        if not found:
            raise Refused("400100", f"{name} is required", 400)
        return found

    def whole(self, name: str) -> int | None:
        """A whole number not below zero, None when absent."""
        value = self.query.get(name)
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 18):
            raise Refused("400100", f"{name} is invalid", 400)
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """A parameter that is ``true`` or ``false``."""
        value = self.query.get(name)
        if not value:
            return default
        if value.lower() not in ("true", "false"):
            raise Refused("400100", f"{name} is invalid", 400)
        return value.lower() == "true"


@final
class Route(NamedTuple):
    """One call of the reference. ``permission`` is None for calls that need no key.

    ``fault`` names the kind of command for faults on demand: place, cancel, transfer, or read.
    ``signed_by`` names a switch that, while it is ``signed``, makes a public call need a key.
    """

    method: str
    path: str
    pool: str
    weight: int
    permission: str | None
    handler: Handler
    fault: str = "read"
    media: str = "application/json"
    signed_by: str = ""


@final
class RouteTable:
    """Finds the route of a request. Fixed parts of a path win over placeholders."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[tuple[str, str], Route] = {}
        self._open: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in self.routes:
            if "{" not in route.path:
                self._fixed[route.method, route.path] = route
            else:
                names = tuple(route.path.split("/"))
                self._open.setdefault(len(names), []).append((names, route))
        self._paths = {route.path for route in self.routes if "{" not in route.path}

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and the parts of the path. Raises ``Refused`` for what there is not."""
        route = self._fixed.get((method, path))
        if route is not None:
            return route, {}
        given = path.split("/")
        is_known = path in self._paths
        for names, candidate in self._open.get(len(given), ()):
            parts = _matched(names, given)
            if parts is None:
                continue
            if candidate.method == method:
                return candidate, parts
            is_known = True
        if is_known:
            raise Refused("405000", "Method Not Allowed", 405)
        raise Refused("404000", "Url Not Found", 404)


def _matched(names: tuple[str, ...], given: list[str]) -> dict[str, str] | None:
    parts: dict[str, str] = {}
    for name, value in zip(names, given, strict=True):
        if name.startswith("{") and value:
            parts[name[1:-1]] = value
        elif name != value:
            return None
    return parts
