"""Finding by a few letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.fuzzy import score

WORDS = st.text("abcdefgh ", min_size=1, max_size=20)


@given(WORDS, st.data())
def test_what_is_left_of_a_name_in_its_order_finds_it(name: str, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(range(len(name))), unique=True))
    typed = "".join(name[place] for place in sorted(kept)).replace(" ", "")
    assert score(name, name) is not None
    assert typed == "" or score(typed[:1], name) is not None


@given(WORDS)
def test_nothing_typed_fits_everything_and_strange_letters_nothing(name: str) -> None:
    assert score("", name) == 0
    assert score("zz", name) is None


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("flat", "Flatten this contract", "Fill a table"),
        ("cb", "Cancel the buys", "Scabs"),
        ("buys cancel", "Cancel the buys", "Cancel the sells"),
        ("XBT", "XBTUSDTM", "AXBTX"),
    ],
)
def test_starts_of_words_and_whole_pieces_come_first(typed: str, better: str, worse: str) -> None:
    first, second = score(typed, better), score(typed, worse)
    assert first is not None
    assert second is None or first > second
