"""What is known of ticks."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest

from terminal.domain.units import Price, Symbol
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import Scales
from tests.support.builders import XBT, a_contract
from tests.support.payloads import known_scales


@pytest.fixture
def scales() -> Scales:
    return known_scales()


def test_the_price_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scales, "CACHE_LIMIT", 3)
    known = Scales()
    known.learn([a_contract()])
    for ticks in range(1, 20):
        text = str(Decimal(ticks) / 10)
        assert known.ticks_of_text(XBT, text) == Price(ticks)


@pytest.mark.parametrize("price", ["1e20", "100.05"])
def test_what_is_no_price_in_ticks_is_refused(price: str, scales: Scales) -> None:
    with pytest.raises(ProtocolError):
        scales.ticks(XBT, Decimal(price))
    with pytest.raises(ProtocolError, match="unknown contract"):
        scales.nearest(Symbol("NEW"), Decimal(price), "price")


def test_who_wants_to_know_is_told_of_every_contract_that_was_never_listed(scales: Scales) -> None:
    told: list[Symbol] = []
    scales.on_unknown = told.append
    for symbol in (XBT, "NEWUSDTM"):
        with suppress(ProtocolError):
            scales.contract(symbol)
    assert told == ["NEWUSDTM"]
