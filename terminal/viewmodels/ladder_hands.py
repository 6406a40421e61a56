"""What the hands of a ladder have and ask for: arming, an order to send, one in hand, a choice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.order import OrderState
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Side

MOVABLE = frozenset({OrderState.OPEN, OrderState.PARTLY_FILLED, OrderState.UNTRIGGERED})
"""States in which an order can be moved."""


class ArmedBy(Enum):
    """By which hand an order is asked for; each is armed by itself."""

    KEYBOARD = "keyboard"
    MOUSE = "mouse"


@final
@dataclass(frozen=True, slots=True)
class Sending:
    """An order that a hand asked for, and what is said once it is sent.

    ``uses_flags`` while post-only, reduce-only and exits were those of the next order.
    """

    ticket: OrderTicket
    hand: ArmedBy
    words: str
    role: Role = Role.TEXT
    uses_flags: bool = True


@final
@dataclass(frozen=True, slots=True)
class Grab:
    """An own order in hand, and the row it would go to.

    ``all_rows`` are those of them that ``others`` move along, by ``LadderBracket``.
    """

    client_oid: ClientOid
    side: Side
    target: int
    all_rows: int = 0
    others: tuple[ClientOid, ...] = ()


class ChoicePurpose(Enum):
    """What the user picks one of several orders on a row for."""

    CANCEL = "cancel"
    GRAB = "grab"


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """Several own orders on one row: which one is meant?"""

    purpose: ChoicePurpose
    orders: tuple[ClientOid, ...]
