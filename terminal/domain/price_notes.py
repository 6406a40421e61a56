"""What a user wrote at a price, and whether it calls him when the price comes there.

A note belongs to a contract and a price, of which it is the only one. Prices are exact decimals:
a contract's tick may become another one while a note is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.clock import TimestampMs
    from terminal.domain.units import Symbol

LONGEST = 80
"""Letters of a note."""
MOST_NOTES = 200
"""Of one account, over all contracts."""
LARGEST_PRICE = Decimal(10) ** 12


class AlertSource(Enum):
    """Which price calls; the values are the words of menus and files."""

    LAST = "last"
    MARK = "mark"


@final
@dataclass(frozen=True, slots=True)
class PriceNote:
    """A note at a price. ``alert`` is None where it never calls.

    ``came_from`` is +1 when the watched price was above the note as it was seen first, -1 below, 0
    before any was seen. ``fired_at`` is when it called (ms), None before: it calls once. Raises
    ``ValueError`` for a price or text out of bounds.
    """

    symbol: Symbol
    price: Decimal
    text: str
    alert: AlertSource | None = None
    came_from: int = 0
    fired_at: TimestampMs | None = None

    def __post_init__(self) -> None:
        if not self.price.is_finite() or not 0 < self.price <= LARGEST_PRICE:
            raise ValueError("a note lies at a price above zero")
        if len(self.text) > LONGEST or not (self.text.isprintable()):
            raise ValueError(f"a note has at most {LONGEST} printable letters")
        if not self.text and self.alert is None:
            raise ValueError("a note without text and alert says nothing")

    @property
    def is_waiting(self) -> bool:
        """True for an alert that has not called yet."""
        return self.alert is not None and self.fired_at is None

    def seen(self, price: Decimal, at: TimestampMs) -> PriceNote:
        """The note after its watched price was seen: itself, unless that changes something.

        It calls when the price is at the note, or beyond it from where it came.
        """
        if not self.is_waiting:
            return self
        side = (price > self.price) - (price < self.price)
        if side == 0 or (self.came_from and side != self.came_from):
            return replace(self, fired_at=at)
        return self if self.came_from else replace(self, came_from=side)


def cleaned(typed: str) -> str:
    """A typed text as a note keeps it: printable, without double spaces, not too long."""
    words = " ".join(typed.split())
    return "".join(letter for letter in words if letter.isprintable())[:LONGEST].strip()


def with_note(notes: Iterable[PriceNote], note: PriceNote) -> tuple[PriceNote, ...]:
    """The notes with another one, in place of what was written at its price."""
    kept = without(notes, note.symbol, note.price)
    return (*kept, note)


def without(notes: Iterable[PriceNote], symbol: Symbol, price: Decimal) -> tuple[PriceNote, ...]:
    """The notes without that of a price."""
    return tuple(one for one in notes if (one.symbol, one.price) != (symbol, price))
