"""Payload shapes of an account's settings and of what it may do.

Modes, leverage, sizes, fees, dead-man switch. Source: API reference 3.9-3.15 and 4.
"""

from __future__ import annotations

import msgspec

from terminal.wire.fields import Exact, MaybeExact, MaybeText, MaybeWhole, Text, Whole


class ModeErrorPayload(msgspec.Struct):
    """Why a contract's margin mode was not changed."""

    code: Text
    symbol: Text
    msg: MaybeText = None


class MarginModesPayload(msgspec.Struct):
    """Answer to ``batchChangeMarginMode``: every contract's mode now, and what failed."""

    marginMode: dict[str, Text]
    errors: list[ModeErrorPayload] | None = None


class MaxOpenSizePayload(msgspec.Struct):
    """``getMaxOpenSize``: lots."""

    symbol: Text
    maxBuyOpenSize: Whole
    maxSellOpenSize: Whole


class CrossOrderLimitPayload(msgspec.Struct):
    """One row of ``batchGetCrossOrderLimit``."""

    symbol: Text
    maxOpenSize: Whole
    maxOpenValue: Exact
    currency: Text
    totalMargin: MaybeExact = None
    price: MaybeExact = None
    leverage: MaybeExact = None
    mmr: MaybeExact = None
    imr: MaybeExact = None


class CrossRequirementPayload(msgspec.Struct):
    """``getCrossModeMarginRequirement``: rates as fractions."""

    symbol: Text
    imr: Exact
    mmr: Exact
    size: MaybeWhole = None
    positionValue: MaybeExact = None
    price: MaybeExact = None


class FeeRatesPayload(msgspec.Struct):
    """``trade-fees`` of the futures host."""

    symbol: Text
    takerFeeRate: Exact
    makerFeeRate: Exact


class SwitchPayload(msgspec.Struct):
    """``dcp/query``: ``timeout`` is seconds, -1 is off."""

    timeout: MaybeWhole = None
    symbols: MaybeText = None
    currentTime: MaybeWhole = None


class SwitchSetPayload(msgspec.Struct):
    """``dcp/set``: times whose unit is told by their magnitude; 0 is none."""

    systemTime: MaybeWhole = None
    triggerTime: MaybeWhole = None


class UserInfoPayload(msgspec.Struct):
    """``v2/user-info``: ``level`` is the VIP level."""

    level: Whole
    subQuantity: MaybeWhole = None
    futuresSubQuantity: MaybeWhole = None
    maxSubQuantity: MaybeWhole = None
