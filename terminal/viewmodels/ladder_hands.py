"""What the hands of a ladder have and ask for: arming, an order to send, one in hand, a choice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.events import PositionSide
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Lots, Side
    from terminal.viewmodels.sizes import Sizes

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

    ``uses_flags`` while post-only, reduce-only and exits were those of the next order. Without
    ``needs_arming`` it was confirmed by hand and only reduces. ``lost`` says why it must not be
    sent any more, empty while it may: asked for as long as it is held back. ``is_by_place`` where
    the best price decided what it is, so that it means nothing without one.
    """

    ticket: OrderTicket
    hand: ArmedBy
    words: str
    role: Role = Role.TEXT
    uses_flags: bool = True
    needs_arming: bool = True
    purpose: Purpose = Purpose.SUBMIT
    lost: Callable[[], str] = str
    is_by_place: bool = False


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

    def has(self, client_oid: ClientOid) -> bool:
        """Whether an order is in hand, or moves along with the one that is."""
        return client_oid == self.client_oid or client_oid in self.others


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


class TradingHand(Protocol):
    """The trading hand of a ladder as its parts see it: ``LadderTrading``.

    Who asks one of the gates lets it say why not: ``what`` is what is not done then.
    """

    contract: Contract | None
    grab: Grab | None
    choice: Choice | None
    commits_all: Callable[[int], None] | None
    sizes: Sizes

    @property
    def lane(self) -> PositionSide:
        """The lane that is acted on."""
        ...

    @property
    def is_hedged(self) -> bool:
        """Whether there are two lanes."""
        ...

    def is_exit(self, side: Side) -> bool:
        """Whether the next order of a side only reduces."""
        ...

    def reduces(self, order: Order) -> bool:
        """Whether an order only reduces."""
        ...

    def press_market(self, side: Side, lots: Lots) -> None:
        """Send so many lots at market."""
        ...

    def size_to_send(self) -> Lots | None:
        """The lots in hand; None after saying why there are none."""
        ...

    def is_free(self, hand: ArmedBy, *, reduces: bool) -> bool:
        """Whether arming lets an order pass; nothing is said."""
        ...

    def is_unarmed(self, hand: ArmedBy, *, reduces: bool) -> bool:
        """Whether arming keeps an order."""
        ...

    def is_refused(self, what: str, *, reduces: bool) -> bool:
        """Whether the account takes no such order."""
        ...

    def is_off(self, what: str) -> bool:
        """Whether nothing that opens may be sent."""
        ...

    def is_locked(self, what: str) -> bool:
        """Whether the lock keeps hands from entering anything."""
        ...

    def is_silent(self, what: str) -> bool:
        """Whether not even a cancel may be sent."""
        ...

    def say(self, words: str, role: Role) -> None:
        """Put one sentence next to the ladder."""
        ...
