"""Words: known in any case, unknown ones kept."""

from __future__ import annotations

import pytest

from terminal.wire import enums
from terminal.wire.enums import Unknown, read


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("trade", enums.TradeKind.TRADE),
        ("ADL", enums.TradeKind.DELEVERAGING),
        ("adl", enums.TradeKind.DELEVERAGING),
        ("liquidation", enums.TradeKind.LIQUIDATION),
        ("liquid", enums.TradeKind.LIQUIDATION),
        ("Dancing", Unknown("Dancing")),
        ("", Unknown("")),
    ],
)
def test_words_are_read_in_any_case_and_new_ones_survive(text: str, word: object) -> None:
    assert read(enums.TradeKind, text) == word
