"""Payload shapes of an account's past: ledger, closed positions, funding payments.

Source: API reference 3.2, 3.8 and 3.13. Times are ms.
"""

from __future__ import annotations

import msgspec

from terminal.wire.fields import Exact, MaybeExact, MaybeText, MaybeWhole, Text, Whole


class LedgerPayload(msgspec.Struct):
    """One row of ``transaction-history``. A running row is ``Pending`` with offset -1."""

    time: Whole
    type: Text
    amount: Exact
    currency: Text
    status: Text
    offset: Whole
    fee: MaybeExact = None
    accountEquity: MaybeExact = None
    remark: MaybeText = None


class ClosedPositionPayload(msgspec.Struct):
    """One row of ``history-positions``; ``pnl`` is net."""

    closeId: Text
    symbol: Text
    settleCurrency: Text
    type: Text
    pnl: Exact
    openTime: Whole
    closeTime: Whole
    leverage: MaybeExact = None
    tradeFee: MaybeExact = None
    fundingFee: MaybeExact = None
    openPrice: MaybeExact = None
    closePrice: MaybeExact = None
    marginMode: MaybeText = None
    side: MaybeText = None
    roe: MaybeExact = None
    liquidPrice: MaybeExact = None


class FundingPaymentPayload(msgspec.Struct):
    """One row of ``funding-history``; ``funding`` is positive when received."""

    id: Text
    symbol: Text
    timePoint: Whole
    fundingRate: Exact
    funding: Exact
    settleCurrency: Text
    markPrice: MaybeExact = None
    positionQty: MaybeWhole = None
    positionCost: MaybeExact = None
    marginMode: MaybeText = None
