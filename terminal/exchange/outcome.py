"""How a command ends: Accepted, Rejected with evidence, or Unknown.

A fourth end, Blocked, comes from ``domain.guard`` before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

if TYPE_CHECKING:
    from terminal.domain.units import OrderId


@final
@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange took the command; its effect is told by the stream or by a query.

    ``order_ids`` are the orders the answer names: the one placed, or those being cancelled. It may
    be empty.
    """

    order_ids: tuple[OrderId, ...] = ()


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


@final
@dataclass(frozen=True, slots=True)
class NotSent:
    """The command provably never left this machine (no connection, no quota left)."""

    sentence: str


@final
@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows yet: the command may or may not have had its effect. Never send it again."""

    sentence: str


Outcome: TypeAlias = Accepted | Rejected | NotSent | Unknown
"""How a command ended."""
