"""Payload shapes of balances and positions. Source: API reference 3.1, 3.8, 3.9, 4 and 5.7."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from terminal.wire.fields import Exact, MaybeExact, MaybeFlag, MaybeText, MaybeWhole, Text, Whole


class OverviewPayload(msgspec.Struct):
    """``account-overview`` in one currency."""

    currency: Text
    accountEquity: Exact
    unrealisedPNL: Exact
    positionMargin: Exact
    orderMargin: Exact
    availableBalance: Exact
    maxWithdrawAmount: MaybeExact = None
    marginBalance: MaybeExact = None
    frozenFunds: MaybeExact = None
    availableMargin: MaybeExact = None
    riskRatio: MaybeExact = None


class OverviewTotalsPayload(msgspec.Struct):
    """The sums of ``account-overview-all`` (4)."""

    currency: Text
    accountEquityTotal: Exact
    unrealisedPNLTotal: Exact
    positionMarginTotal: Exact
    orderMarginTotal: Exact
    availableBalanceTotal: Exact
    marginBalanceTotal: MaybeExact = None
    frozenFundsTotal: MaybeExact = None


class NamedOverviewPayload(OverviewPayload, kw_only=True):
    """One account of ``account-overview-all``; ``main`` is the master."""

    accountName: Text


class OverviewAllPayload(msgspec.Struct):
    """``account-overview-all``: the master and its sub-accounts in one currency (4)."""

    summary: OverviewTotalsPayload
    accounts: list[NamedOverviewPayload]


class PositionPayload(msgspec.Struct):
    """A position by REST (numbers or text) or by stream; a partial frame has no ``currentQty``.

    ``currentTimestamp`` is ms.
    """

    symbol: MaybeText = None
    currentQty: MaybeWhole = None
    avgEntryPrice: MaybeExact = None
    markPrice: MaybeExact = None
    liquidationPrice: MaybeExact = None
    realisedPnl: MaybeExact = None
    unrealisedPnl: MaybeExact = None
    posMargin: MaybeExact = None
    settleCurrency: MaybeText = None
    marginMode: MaybeText = None
    crossMode: MaybeFlag = None
    leverage: MaybeExact = None
    currentTimestamp: MaybeWhole = None
    isOpen: MaybeFlag = None
    id: MaybeText = None
    positionSide: MaybeText = None
    openingTimestamp: MaybeWhole = None
    bankruptPrice: MaybeExact = None
    markValue: MaybeExact = None
    posInit: MaybeExact = None
    posMaint: MaybeExact = None
    maintMarginReq: MaybeExact = None
    delevPercentage: MaybeExact = None
    unrealisedRoePcnt: MaybeExact = None
    realLeverage: MaybeExact = None
    riskLimit: MaybeExact = None
    riskLimitLevel: MaybeWhole = None
    autoDeposit: MaybeFlag = None


class MarginModePayload(msgspec.Struct):
    """``getMarginMode``."""

    symbol: Text
    marginMode: Text


class CrossLeveragePayload(msgspec.Struct):
    """``getCrossUserLeverage``."""

    symbol: Text
    leverage: Exact


class PositionModePayload(msgspec.Struct):
    """``getPositionMode``: 0 one-way, 1 hedge."""

    positionMode: Whole


class WalletPayload(msgspec.Struct):
    """Data of ``walletBalance.change``: all text; ``timestamp`` is ms."""

    currency: Text
    equity: Exact
    availableBalance: Exact
    timestamp: Whole
    crossPosMargin: Exact = Decimal(0)
    crossOrderMargin: Exact = Decimal(0)
    crossUnPnl: Exact = Decimal(0)
    isolatedPosMargin: Exact = Decimal(0)
    isolatedOrderMargin: Exact = Decimal(0)
    isolatedUnPnl: Exact = Decimal(0)
    maxWithdrawAmount: MaybeExact = None


class TransferablePayload(msgspec.Struct):
    """``accounts/transferable`` of the main or the trade account (4): all text."""

    currency: Text
    balance: Exact
    transferable: Exact


class TransferredPayload(msgspec.Struct):
    """Answer to ``universal-transfer`` (4.1)."""

    orderId: Text


class ApiKeyPayload(msgspec.Struct):
    """``user/api-key``: what a key is. Source: API reference 1.2."""

    apiVersion: Whole
    permission: MaybeText = None
    ipWhitelist: MaybeText = None
    uid: int | str | None = None


class AccountModePayload(msgspec.Struct):
    """``ua/v1/account/mode``: ``CLASSIC`` or ``UNIFIED``. Source: API reference 3.15."""

    selfAccountMode: Text


class StreamPositionPayload(PositionPayload):
    """Data of a ``position.change`` frame: whole, or a part of it. Source: 5.7."""

    maintMargin: MaybeExact = None
    changeReason: MaybeText = None


class SettlementPayload(msgspec.Struct):
    """Data of a ``position.settlement`` frame; ``fundingTime`` is ms, ``ts`` ns."""

    fundingTime: Whole
    qty: Whole
    markPrice: Exact
    fundingRate: Exact
    fundingFee: Exact
    ts: Whole
    settleCurrency: Text
    symbol: MaybeText = None


class RiskLimitPayload(msgspec.Struct):
    """Data of a ``position.adjustRiskLimit`` frame."""

    success: bool
    riskLimitLevel: MaybeWhole = None
    msg: MaybeText = None
    symbol: MaybeText = None


class StreamLeveragePayload(msgspec.Struct):
    """One contract of a ``crossLeverage`` frame; text or number."""

    leverage: Exact


class LegacyWalletPayload(msgspec.Struct):
    """Data of the wallet subjects of the old account model; ``timestamp`` is ms."""

    currency: Text
    timestamp: Whole
    orderMargin: MaybeExact = None
    availableBalance: MaybeExact = None
    withdrawHold: MaybeExact = None
