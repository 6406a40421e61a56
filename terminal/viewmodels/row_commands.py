"""What the menu of a table's row offers, as values; the widget draws it and asks for a price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

if TYPE_CHECKING:
    from collections.abc import Callable

WHAT_HAPPENED = "What happened to it\N{HORIZONTAL ELLIPSIS}"
"""The entry that shows the trail of an order's events."""


@final
@dataclass(frozen=True, slots=True)
class RowCommand:
    """One entry. ``why_not`` is the reason why it is off, empty when it can be chosen."""

    words: str
    act: Callable[[], None]
    why_not: str = ""


@final
@dataclass(frozen=True, slots=True)
class PriceCommand:
    """One entry that asks for a price first. ``act`` takes what was typed.

    ``question`` stands over the field, ``suggested`` in it.
    """

    words: str
    question: str
    suggested: str
    act: Callable[[str], None]
    why_not: str = ""


RowEntry: TypeAlias = RowCommand | PriceCommand | None
"""None is a line between entries."""
