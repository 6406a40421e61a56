"""Positions, wallets and modes.

Source: API reference 3.1, 3.8, 3.9, 4 and 5.7.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.account_facts import AccountTotals
from terminal.domain.clock import TimestampMs
from terminal.domain.events import (
    MarginMode,
    PositionDetails,
    PositionMode,
    PositionUpdate,
    WalletUpdate,
)
from terminal.domain.units import Lots, Money
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import read

if TYPE_CHECKING:
    from terminal.exchange.translate.scales import Scales
    from terminal.wire.account import (
        OverviewAllPayload,
        OverviewPayload,
        PositionModePayload,
        PositionPayload,
        WalletPayload,
    )


def position_update(payload: PositionPayload, scales: Scales) -> PositionUpdate | None:
    """A whole position; None for a partial frame that only re-marks it.

    One reader for the old shape (numbers), the new one (text) and the stream's.
    """
    if payload.currentQty is None or payload.symbol is None:
        return None
    listed = scales.contract(payload.symbol)
    for field, price in (
        ("avgEntryPrice", payload.avgEntryPrice),
        ("markPrice", payload.markPrice),
    ):
        if price is not None and price < 0:
            raise ProtocolError(f"{listed.symbol}: {field}: {price} is below zero")
    currency = payload.settleCurrency or listed.settle_currency
    is_flat = payload.currentQty == 0
    stamp = payload.currentTimestamp
    return PositionUpdate(
        symbol=listed.symbol,
        lots=Lots(payload.currentQty),
        average_entry=None if is_flat else read.exact_price(payload.avgEntryPrice),
        mark=read.exact_price(payload.markPrice),
        liquidation=None if is_flat else read.exact_price(payload.liquidationPrice),
        realized=Money(payload.realisedPnl or Decimal(0), currency),
        unrealized=Money(payload.unrealisedPnl or Decimal(0), currency),
        margin=Money(payload.posMargin or Decimal(0), currency),
        margin_mode=_position_margin_mode(payload),
        leverage=payload.leverage,
        event_at=read.ms(stamp, "currentTimestamp") if stamp else TimestampMs(0),
        untold=_untold(payload),
        details=_position_details(payload, currency),
    )


def rest_position(payload: PositionPayload, scales: Scales) -> PositionUpdate | None:
    """A position by request, which is whole or cannot be read; None for a contract that is flat.

    Raises ``ProtocolError`` when a field is missing that an open position must have.
    """
    if payload.currentQty is None and payload.isOpen is False:
        return None
    if payload.currentQty == 0:
        return None
    update = position_update(payload, scales)
    if update is None:
        raise ProtocolError("a position without symbol or currentQty")
    for field in ("average_entry", "mark", "realized", "unrealized", "margin", "margin_mode"):
        if field in update.untold:
            raise ProtocolError(f"{update.symbol}: {field} of a position is missing")
    return update


def _position_details(payload: PositionPayload, currency: str) -> PositionDetails:
    return PositionDetails(
        side=read.told_position_side(payload.positionSide),
        value=read.money(payload.markValue, currency),
        initial_margin=read.money(payload.posInit, currency),
        maintenance_margin=read.money(payload.posMaint, currency),
        maintenance_rate=payload.maintMarginReq,
        bankruptcy=read.exact_price(payload.bankruptPrice),
        return_rate=payload.unrealisedRoePcnt,
        effective_leverage=payload.realLeverage,
        adl_rank=payload.delevPercentage,
        risk_level=payload.riskLimitLevel,
        risk_limit=payload.riskLimit,
        adds_margin=payload.autoDeposit,
        opened_at=read.told_ms(payload.openingTimestamp, "openingTimestamp"),
    )


def _untold(payload: PositionPayload) -> frozenset[str]:
    """What a whole position left out: unchanged, never zero (API reference 5.7)."""
    told = {
        "mark": payload.markPrice,
        "realized": payload.realisedPnl,
        "unrealized": payload.unrealisedPnl,
        "margin": payload.posMargin,
        "leverage": payload.leverage,
        "margin_mode": payload.crossMode if payload.marginMode is None else payload.marginMode,
    }
    if payload.currentQty:
        told["average_entry"] = payload.avgEntryPrice
        told["liquidation"] = payload.liquidationPrice
    return frozenset(name for name, value in told.items() if value is None)


def _position_margin_mode(payload: PositionPayload) -> MarginMode:
    if payload.marginMode is not None:
        return read.margin_mode(payload.marginMode)
    return MarginMode.CROSS if payload.crossMode else MarginMode.ISOLATED


def margin_mode(word: str) -> MarginMode:
    """A margin mode. Raises ``ProtocolError`` for a word that is none."""
    return read.margin_mode(word)


def position_mode(payload: PositionModePayload) -> PositionMode:
    """0 is one-way, 1 is hedge. Raises ``ProtocolError`` for any other number."""
    if payload.positionMode not in {0, 1}:
        raise ProtocolError(f"positionMode: {payload.positionMode} is no known mode")
    return PositionMode.HEDGE if payload.positionMode == 1 else PositionMode.ONE_WAY


def overview(payload: OverviewPayload) -> WalletUpdate:
    """The account overview of one currency, by REST. It carries no time of its own."""
    currency = payload.currency
    return WalletUpdate(
        currency=currency,
        equity=Money(payload.accountEquity, currency),
        available=Money(payload.availableBalance, currency),
        order_margin=Money(payload.orderMargin, currency),
        position_margin=Money(payload.positionMargin, currency),
        unrealized=Money(payload.unrealisedPNL, currency),
        event_at=None,
        withdrawable=read.money(payload.maxWithdrawAmount, currency),
        frozen=read.money(payload.frozenFunds, currency),
        margin_balance=read.money(payload.marginBalance, currency),
        risk_rate=payload.riskRatio,
    )


def account_totals(payload: OverviewAllPayload) -> AccountTotals:
    """The master and its sub-accounts, and their sum (API reference 4)."""
    total, currency = payload.summary, payload.summary.currency
    whole = WalletUpdate(
        currency=currency,
        equity=Money(total.accountEquityTotal, currency),
        available=Money(total.availableBalanceTotal, currency),
        order_margin=Money(total.orderMarginTotal, currency),
        position_margin=Money(total.positionMarginTotal, currency),
        unrealized=Money(total.unrealisedPNLTotal, currency),
        event_at=None,
        frozen=read.money(total.frozenFundsTotal, currency),
        margin_balance=read.money(total.marginBalanceTotal, currency),
    )
    return AccountTotals(whole, tuple((one.accountName, overview(one)) for one in payload.accounts))


def wallet_change(payload: WalletPayload) -> WalletUpdate:
    """A ``walletBalance.change`` event; isolated and cross parts are added up."""
    currency = payload.currency
    return WalletUpdate(
        currency=currency,
        equity=Money(payload.equity, currency),
        available=Money(payload.availableBalance, currency),
        order_margin=_sum(payload.crossOrderMargin, payload.isolatedOrderMargin, currency),
        position_margin=_sum(payload.crossPosMargin, payload.isolatedPosMargin, currency),
        unrealized=_sum(payload.crossUnPnl, payload.isolatedUnPnl, currency),
        event_at=read.ms(payload.timestamp, "timestamp"),
        withdrawable=read.money(payload.maxWithdrawAmount, currency),
    )


def _sum(cross: Decimal | None, isolated: Decimal | None, currency: str) -> Money:
    """Both parts of a figure; an account without one of the modes may not tell its part."""
    return Money((cross or Decimal(0)) + (isolated or Decimal(0)), currency)
