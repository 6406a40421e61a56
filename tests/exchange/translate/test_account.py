"""Positions of three shapes, wallets, modes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import (
    PositionMode,
    PositionSide,
)
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire.account import (
    OverviewAllPayload,
    PositionModePayload,
    PositionPayload,
    WalletPayload,
)
from terminal.wire.codec import decode
from tests.support.builders import XBT
from tests.support.payloads import known_scales, load, raw, read

if TYPE_CHECKING:
    from terminal.exchange.translate import Scales


@pytest.fixture
def scales() -> Scales:
    return known_scales()


def test_positions_flat_partial_and_whole(scales: Scales) -> None:
    assert translate.position_update(read(PositionPayload, markPrice=5), scales) is None
    flat = read(PositionPayload, symbol=XBT, currentQty=0, avgEntryPrice=100, isOpen=False)
    update = translate.position_update(flat, scales)
    assert update is not None
    assert (update.lots, update.average_entry) == (0, None)
    text = read(
        PositionPayload, symbol=XBT, currentQty=-2, avgEntryPrice="100.55", marginMode="CROSS"
    )
    update = translate.position_update(text, scales)
    assert update is not None
    assert update.average_entry is not None
    assert update.average_entry.value == Decimal("100.55")
    with pytest.raises(ProtocolError):
        translate.position_update(
            read(PositionPayload, symbol=XBT, currentQty=1, marginMode="BOTH"), scales
        )


@pytest.mark.parametrize(
    "name", ["position", "position_v2", "position_v2_full", "position_isolated"]
)
def test_one_reader_for_all_shapes_of_a_position(name: str, scales: Scales) -> None:
    payload = load(name)
    row = payload[0] if isinstance(payload, list) else payload
    update = translate.rest_position(read(PositionPayload, **row), scales)
    assert update is not None
    assert update.details is not None
    assert (update.lots, update.unrealized.amount) == (2, Decimal("0.1"))
    assert update.details.side is PositionSide.BOTH
    assert update.details.opened_at == 1_760_000_000_000


def test_flat_positions_are_none_and_incomplete_ones_are_refused(scales: Scales) -> None:
    flat = read(PositionPayload, symbol=XBT, isOpen=False)
    assert translate.rest_position(flat, scales) is None
    zero = read(PositionPayload, symbol=XBT, currentQty=0)
    assert translate.rest_position(zero, scales) is None
    for field in ("avgEntryPrice", "markPrice", "realisedPnl", "posMargin"):
        part = {k: v for k, v in load("position").items() if k != field}
        with pytest.raises(ProtocolError, match="missing"):
            translate.rest_position(read(PositionPayload, **part), scales)
    with pytest.raises(ProtocolError):
        translate.rest_position(read(PositionPayload, markPrice=5), scales)


def test_a_third_position_mode_is_none_of_ours() -> None:
    assert translate.position_mode(PositionModePayload(1)) is PositionMode.HEDGE
    with pytest.raises(ProtocolError):
        translate.position_mode(PositionModePayload(2))


def test_the_sum_and_the_parts_of_all_accounts() -> None:
    totals = translate.account_totals(decode(raw("overview_all"), OverviewAllPayload))
    assert totals.total.equity.amount == 100
    assert [name for name, _ in totals.accounts] == ["main"]


def test_a_wallet_without_isolated_parts_is_its_cross_parts() -> None:
    payload = read(
        WalletPayload,
        currency="USDT",
        equity="5",
        availableBalance="4",
        timestamp="1760000000000",
        crossOrderMargin="1",
    )
    assert translate.wallet_change(payload).order_margin.amount == 1
