"""The smallest steps: one value each, refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.account_facts import AccountMode, CloseKind, LedgerKind, LedgerState
from terminal.domain.events import (
    Liquidity,
    MarginMode,
    OrderType,
    PositionSide,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
    TradeKind,
)
from terminal.domain.funds_facts import AccountType, TransferState
from terminal.domain.market_facts import ServiceState
from terminal.domain.words import UnknownWord
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import read
from terminal.wire import enums

PAIRS = [
    (AccountMode, enums.AccountMode),
    (AccountType, enums.AccountType),
    (CloseKind, enums.CloseKind),
    (LedgerKind, enums.LedgerKind),
    (LedgerState, enums.LedgerState),
    (Liquidity, enums.Liquidity),
    (MarginMode, enums.MarginMode),
    (OrderType, enums.OrderKind),
    (PositionSide, enums.PositionSide),
    (SelfTrade, enums.SelfTrade),
    (ServiceState, enums.ServiceState),
    (StopDirection, enums.StopDirection),
    (StopReference, enums.StopReference),
    (TimeInForce, enums.TimeInForce),
    (TradeKind, enums.TradeKind),
    (TransferState, enums.TransferState),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_every_word_of_the_exchange_has_its_meaning(ours: type, theirs: type) -> None:
    assert [one.name for one in ours] == [one.name for one in theirs]  # type: ignore[attr-defined]
    for word in theirs:  # type: ignore[attr-defined]
        assert read.meaning(ours, theirs, word.value) is ours[word.name]  # type: ignore[index]
    assert read.meaning(ours, theirs, "Dancing") == UnknownWord("Dancing")
    assert read.told(ours, theirs, "") is None


@given(st.integers(1_262_304_000, 4_102_444_799), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_instants_of_every_unit_are_told_by_magnitude(seconds: int, unit: int) -> None:
    assert read.ms(seconds * unit, "ts") == seconds * 1000


@pytest.mark.parametrize("stamp", [-1, 0, 5, 10**6, 4_102_444_800, 2**63])
def test_instants_of_no_sense_are_refused_by_name(stamp: int) -> None:
    with pytest.raises(ProtocolError, match="createdAt"):
        read.ns(stamp, "createdAt")


def test_what_must_be_there_and_what_must_be_positive() -> None:
    with pytest.raises(ProtocolError, match="dealSize is missing"):
        read.needed(None, "dealSize")
    with pytest.raises(ProtocolError, match="size: -1"):
        read.lots(-1, "size")
    assert read.told_lots(None, "size") is None
    assert read.told_ms(0, "endAt") is None
