"""What an account may do and how it is set: sizes, rates, modes, the dead-man switch.

Source: API reference 3.9-3.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.account_facts import (
    CrossOrderLimit,
    CrossRequirement,
    DeadManSwitch,
    FeeRates,
    MarginModes,
    MaxOpenSize,
    SwitchTimes,
)
from terminal.domain.clock import to_ms
from terminal.domain.units import Money, Symbol
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import read

if TYPE_CHECKING:
    from terminal.wire.settings import (
        CrossOrderLimitPayload,
        CrossRequirementPayload,
        FeeRatesPayload,
        MarginModesPayload,
        MaxOpenSizePayload,
        SwitchPayload,
        SwitchSetPayload,
    )

SWITCH_OFF = -1


def margin_modes(payload: MarginModesPayload) -> MarginModes:
    """How a change of many modes went; a failure keeps the exchange's words."""
    failures = payload.errors or []
    return MarginModes(
        tuple((Symbol(name), read.margin_mode(word)) for name, word in payload.marginMode.items()),
        tuple((Symbol(one.symbol), one.msg or f"code {one.code}") for one in failures),
    )


def max_open_size(payload: MaxOpenSizePayload) -> MaxOpenSize:
    """How much could be opened."""
    return MaxOpenSize(
        Symbol(payload.symbol),
        read.lots(payload.maxBuyOpenSize, "maxBuyOpenSize"),
        read.lots(payload.maxSellOpenSize, "maxSellOpenSize"),
    )


def cross_order_limit(payload: CrossOrderLimitPayload) -> CrossOrderLimit:
    """How much could be opened in cross mode."""
    return CrossOrderLimit(
        symbol=Symbol(payload.symbol),
        max_lots=read.lots(payload.maxOpenSize, "maxOpenSize"),
        max_value=Money(payload.maxOpenValue, payload.currency),
        total_margin=payload.totalMargin,
        price=read.exact_price(payload.price),
        leverage=payload.leverage,
        initial_rate=payload.imr,
        maintenance_rate=payload.mmr,
    )


def cross_requirement(payload: CrossRequirementPayload) -> CrossRequirement:
    """The margin rates of a cross position."""
    return CrossRequirement(
        Symbol(payload.symbol),
        payload.imr,
        payload.mmr,
        read.told_lots(payload.size, "size"),
    )


def fee_rates(payload: FeeRatesPayload) -> FeeRates:
    """The account's own rates. A maker's may be negative; none is as large as the order."""
    for rate in (payload.makerFeeRate, payload.takerFeeRate):
        if not -1 < rate < 1:
            raise ProtocolError(f"{payload.symbol}: {rate} is no fee rate")
    return FeeRates(Symbol(payload.symbol), payload.makerFeeRate, payload.takerFeeRate)


def switch_times(payload: SwitchSetPayload) -> SwitchTimes | None:
    """When it was set and acts; None where the answer does not tell both, the later one later."""
    if not payload.systemTime or not payload.triggerTime:
        return None
    times = SwitchTimes(to_ms(payload.systemTime), to_ms(payload.triggerTime))
    return times if times.set_at < times.acts_at else None


def dead_man_switch(payload: SwitchPayload) -> DeadManSwitch:
    """The switch as it is set; no time and -1 are off."""
    timeout_s = payload.timeout
    if timeout_s is not None and timeout_s < SWITCH_OFF:
        raise ProtocolError(f"timeout: {timeout_s} s is no time")
    symbols = [name.strip() for name in (payload.symbols or "").split(",")]
    is_off = timeout_s is None or timeout_s == SWITCH_OFF
    return DeadManSwitch(
        None if is_off else timeout_s, tuple(Symbol(name) for name in symbols if name)
    )
