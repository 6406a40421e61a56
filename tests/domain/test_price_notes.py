"""Notes at prices: what one is, and when an alert calls."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.domain.price_notes import (
    LONGEST,
    AlertSource,
    PriceNote,
    cleaned,
    with_note,
    without,
)
from tests.support.builders import XBT

PRICES = st.integers(1, 200).map(Decimal)


def an_alert(price: int = 100, **more: object) -> PriceNote:
    return PriceNote(XBT, Decimal(price), "", AlertSource.LAST, **more)  # type: ignore[arg-type] # by name


@given(st.lists(PRICES, max_size=30))
def test_an_alert_calls_once_at_the_first_price_at_or_beyond_it(seen: list[Decimal]) -> None:
    """From whichever side the price was seen first."""
    note = an_alert()
    fired = []
    for number, price in enumerate(seen):
        before, note = note, note.seen(price, TimestampMs(number))
        if note.fired_at is not None and before.fired_at is None:
            fired.append(number)
    expected = next(
        (
            number
            for number, price in enumerate(seen)
            if price == 100 or (price > 100) != (seen[0] > 100)
        ),
        None,
    )
    assert fired == ([] if expected is None else [expected])


def test_what_was_passed_while_nobody_looked_calls_at_the_first_price() -> None:
    """The side it came from is kept with it."""
    assert an_alert(came_from=-1).seen(Decimal(101), TimestampMs(5)).fired_at == 5


def test_a_note_without_alert_never_calls() -> None:
    note = PriceNote(XBT, Decimal(100), "here")
    assert note.seen(Decimal(100), TimestampMs(5)) is note


@pytest.mark.parametrize(
    ("price", "text", "alert"),
    [("0", "a", None), ("-1", "a", None), ("NaN", "a", None), ("Infinity", "a", None),
     ("1", "", None), ("1", "a" * (LONGEST + 1), None), ("1", "a\nb", AlertSource.MARK)],
)  # fmt: skip
def test_what_is_no_note_is_refused(price: str, text: str, alert: AlertSource | None) -> None:
    with pytest.raises(ValueError, match="note"):
        PriceNote(XBT, Decimal(price), text, alert)


@given(st.text(max_size=200))
def test_whatever_is_typed_can_be_kept(typed: str) -> None:
    words = cleaned(typed)
    assert cleaned(words) == words
    assert PriceNote(XBT, Decimal(1), words, AlertSource.LAST).text == words


@given(st.lists(st.tuples(PRICES, st.sampled_from("abc")), max_size=20))
def test_a_price_has_one_note_the_one_written_last(written: list[tuple[Decimal, str]]) -> None:
    notes: tuple[PriceNote, ...] = ()
    for price, text in written:
        notes = with_note(notes, PriceNote(XBT, price, text))
    assert {note.price: note.text for note in notes} == dict(written)
    assert len(notes) == len(dict(written))
    if notes:
        assert without(notes, XBT, notes[0].price) == notes[1:]
