"""Payload shapes of balances and positions. Source: API reference 3.1, 3.8, 3.9, 4 and 5.7."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class OverviewPayload(msgspec.Struct):
    """``account-overview`` in one currency."""

    currency: str
    accountEquity: Decimal
    unrealisedPNL: Decimal
    positionMargin: Decimal
    orderMargin: Decimal
    availableBalance: Decimal
    maxWithdrawAmount: Decimal | None = None


class PositionPayload(msgspec.Struct):
    """A position by REST (numbers or text) or by stream; a partial frame has no ``currentQty``.

    ``currentTimestamp`` is ms.
    """

    symbol: str | None = None
    currentQty: int | None = None
    avgEntryPrice: Decimal | None = None
    markPrice: Decimal | None = None
    liquidationPrice: Decimal | None = None
    realisedPnl: Decimal | None = None
    unrealisedPnl: Decimal | None = None
    posMargin: Decimal | None = None
    settleCurrency: str | None = None
    marginMode: str | None = None
    crossMode: bool | None = None
    leverage: Decimal | None = None
    currentTimestamp: int | None = None
    isOpen: bool | None = None


class MarginModePayload(msgspec.Struct):
    """``getMarginMode``."""

    symbol: str
    marginMode: str


class CrossLeveragePayload(msgspec.Struct):
    """``getCrossUserLeverage``."""

    symbol: str
    leverage: Decimal


class PositionModePayload(msgspec.Struct):
    """``getPositionMode``: 0 one-way, 1 hedge."""

    positionMode: int


class WalletPayload(msgspec.Struct):
    """Data of ``walletBalance.change``: all text; ``timestamp`` is ms."""

    currency: str
    equity: Decimal
    availableBalance: Decimal
    timestamp: int
    crossPosMargin: Decimal = Decimal(0)
    crossOrderMargin: Decimal = Decimal(0)
    crossUnPnl: Decimal = Decimal(0)
    isolatedPosMargin: Decimal = Decimal(0)
    isolatedOrderMargin: Decimal = Decimal(0)
    isolatedUnPnl: Decimal = Decimal(0)
    maxWithdrawAmount: Decimal | None = None


class TransferablePayload(msgspec.Struct):
    """``accounts/transferable`` of the main or the trade account (4): all text."""

    currency: str
    balance: Decimal
    transferable: Decimal


class TransferredPayload(msgspec.Struct):
    """Answer to ``universal-transfer`` (4.1)."""

    orderId: str


class ApiKeyPayload(msgspec.Struct):
    """``user/api-key``: what a key is. Source: API reference 1.2."""

    apiVersion: int
    permission: str
    ipWhitelist: str | None = None


class AccountModePayload(msgspec.Struct):
    """``ua/v1/account/mode``: ``CLASSIC`` or ``UNIFIED``. Source: API reference 3.15."""

    selfAccountMode: str


class StreamPositionPayload(PositionPayload):
    """Data of a ``position.change`` frame: whole, or a part of it. Source: 5.7."""

    maintMargin: Decimal | None = None
    realLeverage: Decimal | None = None
    changeReason: str | None = None


class SettlementPayload(msgspec.Struct):
    """Data of a ``position.settlement`` frame; ``fundingTime`` is ms, ``ts`` ns."""

    fundingTime: int
    qty: int
    markPrice: Decimal
    fundingRate: Decimal
    fundingFee: Decimal
    ts: int
    settleCurrency: str
    symbol: str | None = None


class RiskLimitPayload(msgspec.Struct):
    """Data of a ``position.adjustRiskLimit`` frame."""

    success: bool
    riskLimitLevel: int | None = None
    msg: str | None = None
    symbol: str | None = None


class StreamLeveragePayload(msgspec.Struct):
    """One contract of a ``crossLeverage`` frame; text or number."""

    leverage: Decimal


class LegacyWalletPayload(msgspec.Struct):
    """Data of the wallet subjects of the old account model; ``timestamp`` is ms."""

    currency: str
    timestamp: int
    orderMargin: Decimal | None = None
    availableBalance: Decimal | None = None
    withdrawHold: Decimal | None = None
