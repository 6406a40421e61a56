"""What a click in a ladder means before it is made: place, side, kind of order, size.

Pure: values in, values out. What is shown under the pointer and what is sent come from here both.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_places import Kind

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Lots, Price
    from terminal.viewmodels.ladder_view import TagMark

SECOND_SIZE = 2
"""The number of the stored size that the right button may send."""

TRADED = {LadderColumn.BID: Side.BUY, LadderColumn.ASK: Side.SELL}
"""Columns in which a click sends, and what it sends."""


class Button(Enum):
    """A mouse button, by what it is for."""

    LEFT = "left"
    OTHER = "right"
    MIDDLE = "middle"


class Spot(NamedTuple):
    """Where the pointer is, and the modifiers that are held with it.

    ``row`` is a visible row (0 is the top). None is outside of rows or columns. ``entry`` is the
    number of a line in the list of several orders, from 0. ``other`` tells of Alt or Meta: alone
    they mean the ticket, with others nothing. ``edge`` is what lies out of view and stands there on
    a plate: it hides the cell, so a press is never about the cell's price.
    """

    row: int | None
    column: LadderColumn | None
    shift: bool = False
    ctrl: bool = False
    other: bool = False
    entry: int | None = None
    edge: TagMark | None = None

    @property
    def picks(self) -> bool:
        """Whether a left click takes the price into the ticket, and never sends or cancels."""
        return self.other and not self.shift and not self.ctrl


class Click(NamedTuple):
    """An order that a click would send, shown and sent as it is written here.

    ``place`` is the absolute row. ``lots`` is None where it closes whatever there is. ``reduces``
    is its word on the wire. ``label`` is what else goes with it, in words: flags, exits, lane.
    ``ticket`` is the order itself where a click at the result closes the position.
    """

    place: int
    side: Side
    kind: Kind
    price: Price
    lots: Lots | None
    reduces: bool = False
    label: str = ""
    ticket: OrderTicket | None = None

    @property
    def words(self) -> str:
        """Such as ``Buy 4 limit post-only`` or ``Sell stop, closes all``."""
        side = self.side.value.capitalize()
        if self.kind is Kind.CLOSE:
            return f"{side} stop, closes all {self.label}".rstrip()
        lots = "" if self.lots is None else f" {text.whole(self.lots)}"
        return f"{side}{lots} {self.kind.words} {self.label}".rstrip()


def kind_of(spot: Spot) -> Kind | None:
    """What the modifiers ask for; None for those that mean nothing, which send nothing."""
    if spot.other or (spot.shift and spot.ctrl):
        return None
    if spot.ctrl:
        return Kind.CLOSE
    return Kind.STOP if spot.shift else Kind.LIMIT


def other_words(shown: Click | None, other: Click | None) -> str:
    """What the right button would send beside what the left one does; empty for nothing."""
    if other is None or shown is None:
        return "" if other is None else f"right: {other.words[0].lower()}{other.words[1:]}"
    if other == shown:
        return "right: the same"
    if other.lots is not None and other._replace(lots=shown.lots) == shown:
        return f"right: {text.whole(other.lots)}"
    return f"right: {other.words[0].lower()}{other.words[1:]}"
