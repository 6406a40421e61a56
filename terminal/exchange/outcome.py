"""How a command ends: Accepted, Rejected with evidence, or Unknown.

A fourth end, Blocked, comes from ``domain.guard`` before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

if TYPE_CHECKING:
    from terminal.domain.account_facts import SwitchTimes
    from terminal.domain.units import OrderId


class Route(Enum):
    """The way that a command went; one command never goes both."""

    REST = "rest"
    SOCKET = "socket"


@final
@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange took the command; its effect is told by the stream or by a query.

    ``order_ids`` are the orders the answer names: the one placed, or those being cancelled. It may
    be empty.
    """

    order_ids: tuple[OrderId, ...] = ()
    route: Route = Route.REST


@final
@dataclass(frozen=True, slots=True)
class Rejected:
    """The exchange provably refused. ``code`` is its code as text, ``sentence`` plain words.

    The rest is the evidence: its own words, and the status of HTTP (0 when it came another way).
    """

    code: str
    sentence: str
    remedy: str = ""
    exchange_text: str = ""
    status: int = 0
    route: Route = Route.REST


@final
@dataclass(frozen=True, slots=True)
class NotSent:
    """The command provably never left this machine (no connection, no quota left)."""

    sentence: str
    route: Route = Route.REST


@final
@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows yet: the command may or may not have had its effect. Never send it again.

    ``settled_after_s`` (monotonic seconds of our clock) is from when on it is proof that the
    command never arrived if the exchange does not know its effect. None when no such time is
    known: a request without a time stamp can be carried out however late while its connection
    stands.
    """

    sentence: str
    route: Route = Route.REST
    settled_after_s: float | None = None


Outcome: TypeAlias = Accepted | Rejected | NotSent | Unknown
"""How a command ended."""


@final
class Renewal(NamedTuple):
    """How setting the dead-man switch ended; ``times`` is None where the answer told none."""

    outcome: Outcome
    times: SwitchTimes | None
