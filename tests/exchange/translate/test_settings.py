"""What an account may do: lots, rates, the switch."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.events import MarginMode
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import decode
from terminal.wire.settings import (
    CrossOrderLimitPayload,
    CrossRequirementPayload,
    FeeRatesPayload,
    MarginModesPayload,
    MaxOpenSizePayload,
    SwitchPayload,
    SwitchSetPayload,
)
from tests.support.builders import XBT
from tests.support.payloads import raw, read


def test_many_margin_modes_and_what_failed() -> None:
    changed = translate.margin_modes(decode(raw("margin_modes"), MarginModesPayload))
    assert changed.modes == (("ETHUSDTM", MarginMode.ISOLATED),)
    assert changed.failures == (("ETHUSDTM", "exist.order.or.position"),)


def test_sizes_and_rates() -> None:
    size = translate.max_open_size(decode(raw("max_open_size"), MaxOpenSizePayload))
    assert (size.buy_lots, size.sell_lots) == (480, 470)
    limit = translate.cross_order_limit(
        decode(raw("cross_order_limits"), list[CrossOrderLimitPayload])[0]
    )
    assert (limit.max_lots, limit.maintenance_rate) == (12_102, Decimal("0.00416136"))
    needs = translate.cross_requirement(decode(raw("cross_requirement"), CrossRequirementPayload))
    assert (needs.initial_rate, needs.lots) == (Decimal("0.008"), 20)
    fees = translate.fee_rates(decode(raw("trade_fees"), FeeRatesPayload))
    assert (fees.maker, fees.taker) == (Decimal("0.0002"), Decimal("0.0006"))
    with pytest.raises(ProtocolError):
        translate.fee_rates(read(FeeRatesPayload, symbol=XBT, takerFeeRate=60, makerFeeRate=20))


def test_the_dead_man_switch_is_on_off_or_unset() -> None:
    assert translate.dead_man_switch(decode(raw("switch"), SwitchPayload)) == (
        60,
        ("XBTUSDTM", "ETHUSDTM"),
    )
    assert translate.dead_man_switch(SwitchPayload(-1)).timeout_s is None
    assert translate.dead_man_switch(SwitchPayload()).timeout_s is None
    with pytest.raises(ProtocolError):
        translate.dead_man_switch(SwitchPayload(-2))


def test_the_times_of_a_switch_that_was_set() -> None:
    assert translate.switch_times(SwitchSetPayload(1_760_000_000, 1_760_000_060)) == (
        1_760_000_000_000,
        1_760_000_060_000,
    )
    assert translate.switch_times(SwitchSetPayload(1_760_000_000, 0)) is None
