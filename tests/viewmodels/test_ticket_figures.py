"""The figures of a ticket in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.viewmodels.ticket_figures import distance_words
from tests.support.builders import a_contract


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("100.1", "1 tick above last"),
        ("99.9", "1 tick below last"),
        ("100.2", "2 ticks above last"),
        ("100", "at last"),
    ],
)
def test_a_distance_is_in_ticks_from_the_last_trade(price: str, words: str) -> None:
    contract, last = a_contract(), Decimal(100)
    assert distance_words(contract, Decimal(price), last, None) == words
    if "tick " in words:
        assert distance_words(contract, Decimal(price), last, Decimal(2)) == f"{words}, 0.5 ATR"
