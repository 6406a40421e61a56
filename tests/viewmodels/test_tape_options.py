"""The tape's choices: through the file and back, leniently."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.tape_options import (
    LARGEST,
    SHIPPED,
    TapeOptions,
    from_document,
    to_document,
)


@given(
    st.builds(
        TapeOptions,
        joins_bursts=st.booleans(),
        least_lots=st.integers(0, LARGEST),
        large_lots=st.integers(0, LARGEST),
        alerts=st.booleans(),
        sounds=st.booleans(),
        large_value=st.integers(0, LARGEST),
        is_large_by_value=st.booleans(),
    )
)
def test_what_is_stored_comes_back(options: TapeOptions) -> None:
    assert from_document(to_document(options)) == options


@pytest.mark.parametrize(
    ("name", "value"),
    [("joins_bursts", 1), ("least_lots", -1), ("least_lots", True), ("large_lots", "5"),
     ("large_lots", LARGEST + 1), ("alerts", None), ("sounds", 1),
      ("large_value", -1), ("is_large_by_value", "yes")],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_as_shipped(name: str, value: Any) -> None:
    other = TapeOptions(
        joins_bursts=False,
        least_lots=1,
        large_lots=2,
        alerts=True,
        sounds=True,
        large_value=3,
        is_large_by_value=True,
    )
    read = from_document({**to_document(other), name: value})
    assert getattr(read, name) == getattr(SHIPPED, name)
    assert read != SHIPPED


def test_what_a_later_version_wrote_is_not_guessed_at() -> None:
    assert from_document({**to_document(TapeOptions(alerts=True)), "version": 2}) == SHIPPED
    assert from_document(None) == SHIPPED


def test_no_large_size_marks_nothing() -> None:
    assert SHIPPED.settings.large_lots is None
    assert TapeOptions(large_lots=5).settings.large_lots == 5
