"""Filled tickets under a name, without their price: what is kept, and how it is read back.

A document is plain data (text, numbers, booleans). It was perhaps written by another version or by
hand: what is not understood is left out, a template at a time, and said.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, cast, final

from terminal.domain.draft import OrderKind
from terminal.domain.events import SelfTrade, StopReference, TimeInForce
from terminal.domain.sizing import SizeUnit

MOST_TEMPLATES = 50
LONGEST_NAME = 40
LONGEST_TEXT = 20


@final
@dataclass(frozen=True, slots=True)
class TicketTemplate:
    """A ticket without contract, side and prices. ``size`` is as typed, in ``unit``.

    Raises ``ValueError`` for a name or a text that cannot be kept.
    """

    name: str
    kind: OrderKind = OrderKind.LIMIT
    unit: SizeUnit = SizeUnit.LOTS
    size: str = "1"
    reference: StopReference = StopReference.MARK
    is_post_only: bool = False
    is_reduce_only: bool = False
    closes: bool = False
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade: SelfTrade | None = None
    is_hidden: bool = False
    visible: str = ""
    holds_margin: bool = False

    def __post_init__(self) -> None:
        if self.name != self.name.strip() or not 0 < len(self.name) <= LONGEST_NAME:
            raise ValueError(f"a name has 1 to {LONGEST_NAME} characters")
        if not self.name.isprintable():
            raise ValueError("a name is printable")
        for typed in (self.size, self.visible):
            if len(typed) > LONGEST_TEXT or not typed.isprintable():
                raise ValueError(f"a size has up to {LONGEST_TEXT} characters")


_WORDS: dict[str, type[Enum]] = {
    "kind": OrderKind,
    "unit": SizeUnit,
    "reference": StopReference,
    "time_in_force": TimeInForce,
    "self_trade": SelfTrade,
}
_TEXTS = frozenset({"name", "size", "visible"})


def to_document(template: TicketTemplate) -> dict[str, Any]:
    """Plain data that ``from_document`` reads back."""
    document: dict[str, Any] = {}
    for field in fields(template):
        value = getattr(template, field.name)
        document[field.name] = value.name.lower() if isinstance(value, Enum) else value
    return document


def from_document(document: object) -> TicketTemplate:
    """One template. Raises ``ValueError`` when it is none, or of words that are not known here."""
    if not isinstance(document, dict):
        raise ValueError("no template")  # noqa: TRY004 - damaged content, not a bug
    told = cast("dict[str, object]", document)
    found: dict[str, Any] = {}
    for field in fields(TicketTemplate):
        if field.name in told:
            found[field.name] = _value(field.name, told[field.name])
    if "name" not in found:
        raise ValueError("a template without a name")
    return TicketTemplate(**found)


def _value(name: str, value: object) -> object:
    if name == "self_trade" and value is None:
        return None
    if name in _WORDS:
        word = next((one for one in _WORDS[name] if one.name.lower() == value), None)
        if word is None:
            raise ValueError(f"{name} is {str(value)[:20]!r}")
        return word
    wanted = str if name in _TEXTS else bool
    if not isinstance(value, wanted):
        raise ValueError(f"{name} is no {wanted.__name__}")  # noqa: TRY004 - damaged content
    return value


def with_template(
    known: tuple[TicketTemplate, ...], template: TicketTemplate
) -> tuple[TicketTemplate, ...] | None:
    """The templates with one more, sorted by name; one of the same name is replaced.

    None when there are too many already.
    """
    others = without_template(known, template.name)
    if len(others) >= MOST_TEMPLATES:
        return None
    return tuple(sorted((*others, template), key=lambda one: one.name.casefold()))


def without_template(known: tuple[TicketTemplate, ...], name: str) -> tuple[TicketTemplate, ...]:
    """The templates without one; names are the same whatever their case."""
    return tuple(one for one in known if one.name.casefold() != name.casefold())
