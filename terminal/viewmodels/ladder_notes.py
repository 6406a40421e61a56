"""Notes and alerts as one ladder shows and writes them: at the row of the cursor, for its contract.

A grouped row shows the notes of all its prices; what is written there lies at its lowest tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import row_index, row_price
from terminal.domain.price_notes import AlertSource, PriceNote, cleaned
from terminal.domain.units import ExactPrice
from terminal.viewmodels import text
from terminal.viewmodels.ladder_tags import PriceTag, TagKind
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.session.price_notes import PriceNotes

_ALERT, _NOTE = "AL", "N"


@final
@dataclass(frozen=True, slots=True)
class NoteDraft:
    """What the editor begins with. ``row`` is counted from the top of the view."""

    row: int
    price_text: str
    text: str
    alert: AlertSource | None
    is_new: bool


@final
class LadderNotes:
    """The notes of one ladder's contract. ``draft`` is None while nothing is being written."""

    def __init__(self, notes: PriceNotes) -> None:
        self.book = notes
        self.draft: NoteDraft | None = None
        self._at: tuple[Contract, Decimal] | None = None
        self._tags: tuple[PriceTag, ...] = ()
        self._tags_of: tuple[object, object] = (None, None)

    def tags(self, contract: Contract) -> tuple[PriceTag, ...]:
        """A tag for each note; made anew when notes or contract are others."""
        key = (self.book.notes, contract)
        if self._tags_of[0] is not key[0] or self._tags_of[1] is not key[1]:
            self._tags_of = key
            self._tags = tuple(_tag(note) for note in self.book.of(contract.symbol))
        return self._tags

    # Writing ---------------------------------------------------------------------------------

    def begin(self, contract: Contract, row: int, index: int, step: int) -> None:
        """Open the draft of a row: its note, or a new one at its lowest tick."""
        scale = contract.scale
        on_row = [
            note
            for note in self.book.of(contract.symbol)
            if row_index(scale.ticks_nearest(note.price), step) == index
        ]
        price = on_row[0].price if on_row else scale.decimal(row_price(index, step))
        shown = text.number(price, scale.decimals)
        self._at = (contract, price)
        if on_row:
            note = on_row[0]
            self.draft = NoteDraft(row, shown, note.text, note.alert, is_new=False)
        else:
            self.draft = NoteDraft(row, shown, "", None, is_new=True)

    def drop(self) -> bool:
        """Write nothing; True when something was being written."""
        was, self.draft, self._at = self.draft is not None, None, None
        return was

    def save(self, typed: str, alert: AlertSource | None) -> tuple[str, Role]:
        """Keep what was typed; nothing typed and no alert deletes. Answers what was done."""
        at, self._at, self.draft = self._at, None, None
        if at is None:
            return "", Role.TEXT_DIM
        contract, price = at
        words, shown = cleaned(typed), text.number(price, contract.scale.decimals)
        if not words and alert is None:
            return self._delete(contract, price, shown)
        try:
            note = PriceNote(contract.symbol, price, words, alert)
        except ValueError:
            return "There is no note at a price of zero.", Role.CAUTION
        problem = self.book.put(note)
        if problem:
            return problem, Role.CAUTION
        if alert is None:
            return f"Note at {shown} kept.", Role.TEXT_DIM
        return f"Alert at {shown} on {alert.value}: it calls once.", Role.ACCENT

    def _delete(self, contract: Contract, price: Decimal, shown: str) -> tuple[str, Role]:
        if self.book.at(contract.symbol, price) is None:
            return "Nothing was written.", Role.TEXT_DIM
        problem = self.book.remove(contract.symbol, price)
        return (problem, Role.CAUTION) if problem else (f"Note at {shown} deleted.", Role.TEXT_DIM)


def note_words(note: PriceNote) -> str:
    """A note in words: its text, and whether it calls or has."""
    if note.alert is None:
        return note.text
    if note.fired_at is None:
        state = f"alert on {note.alert.value}"
    else:
        state = f"alert on {note.alert.value} called {text.clock_time(note.fired_at)}"
    return f"{note.text} ({state})" if note.text else state


def _tag(note: PriceNote) -> PriceTag:
    kind = TagKind.NOTE if note.alert is None else TagKind.ALERT
    label, role = (_NOTE, Role.TEXT_DIM) if note.alert is None else (_ALERT, Role.ACCENT)
    if note.fired_at is not None:
        label, role = f"{_ALERT}!", Role.CAUTION
    price = ExactPrice(note.price)
    return PriceTag(kind, price, label, role, note_words(note))
