"""The sides of a contract."""

from __future__ import annotations

import pytest

from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.sides import BOTH, LONG, SHORT, closes, opening_side


@pytest.mark.parametrize(
    ("leg", "opening", "closing"), [(LONG, BUY, SELL), (SHORT, SELL, BUY), (BOTH, "", None)]
)
def test_a_side_opens_or_closes_a_leg(leg: str, opening: str, closing: str | None) -> None:
    assert opening_side(leg) == opening
    assert [side for side in (BUY, SELL, None) if closes(leg, side)] == (
        [closing] if closing else []
    )
