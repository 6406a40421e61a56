"""The table of REST calls: what each is named, who may use it, what it costs, who answers it.

Paths are compared after their escapes are undone, part by part: an escaped slash belongs to the
name it stands in. A path ends as the reference writes it, without a further slash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, final
from urllib.parse import unquote

from terminal.simexchange.errors import Refused
from terminal.simexchange.fields import Fields, decimal_of, flag_of, objects_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from decimal import Decimal

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.trading.account import Account

    Handler = Callable[["Call"], Any]

PUBLIC, FUTURES, MANAGEMENT, UNIFIED = "Public", "Futures", "Management", "Unified"
GENERAL, TRADE, TRANSFER = "General", "Futures", "InnerTransfer"


@final
@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed the gateway. ``key`` and ``owner`` are None when it was not signed.

    ``body`` is decoded JSON, None without a body and for GET. ``host`` is the address it was sent
    to. ``query`` holds the values of a repeated name with commas between, in their order.
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
    def fields(self) -> Fields:
        """The body as an object, to be read member by member. Raises ``Refused``."""
        if not isinstance(self.body, dict):
            raise Refused("400100", "The body is no JSON object", 400)
        return Fields(self.body)

    def objects(self, most: int) -> list[Fields]:
        """The body as an array of objects, not empty. Raises ``Refused``."""
        return objects_of("The body", self.body or None, most)

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

    def decimal(self, name: str) -> Decimal | None:
        """An exact number of the query, None when absent."""
        value = self.query.get(name)
        return decimal_of(name, value) if value else None

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of some words of the query."""
        word = self.query.get(name) or default
        if word not in allowed:
            raise Refused("400100", f"{name} is invalid", 400)
        return word

    def flag(self, name: str, *, default: bool) -> bool:
        """A parameter that is ``true`` or ``false``."""
        value = self.query.get(name)
        return flag_of(name, value) if value else default


@final
class Enveloped(NamedTuple):
    """What a handler returns that answers in an envelope of its own."""

    answer: Mapping[str, Any]


def old_envelope(data: Any) -> Enveloped:  # noqa: ANN401 - whatever a handler answers
    """Data in the envelope of the exchange's older services (1.4)."""
    return Enveloped(
        {"success": True, "code": "200", "msg": "success", "retry": False, "data": data}
    )


@final
class Route(NamedTuple):
    """One call of the reference. ``permission`` is None for calls that need no key.

    ``fault`` names the kind of command for faults on demand: place, cancel, transfer, or read.
    """

    method: str
    path: str
    pool: str
    weight: int
    permission: str | None
    handler: Handler
    fault: str = "read"
    media: str = "application/json"


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
        """The route of a path as it was sent, and the parts that stand for placeholders.

        Raises ``Refused`` for what there is not.
        """
        route = self._fixed.get((method, path))
        if route is not None:
            return route, {}
        given = path.split("/")
        if "%" in path:
            given = [unquote(part) for part in given]
            path = "" if any("/" in part for part in given) else "/".join(given)
            route = self._fixed.get((method, path))
            if route is not None:
                return route, {}
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
