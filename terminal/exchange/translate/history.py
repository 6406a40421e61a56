"""An account's past: ledger, closed positions, funding payments.

Source: API reference 3.2, 3.8 and 3.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.account_facts import (
    ClosedPosition,
    CloseKind,
    FundingPayment,
    LedgerEntry,
    LedgerKind,
    LedgerState,
)
from terminal.domain.units import Lots, Money, Symbol
from terminal.exchange.translate import read
from terminal.wire import enums

if TYPE_CHECKING:
    from terminal.wire.history import (
        ClosedPositionPayload,
        FundingPaymentPayload,
        LedgerPayload,
    )


def ledger_entry(payload: LedgerPayload) -> LedgerEntry:
    """One change of the futures account; a running one says so and has offset -1."""
    currency = payload.currency
    return LedgerEntry(
        at=read.ms(payload.time, "time"),
        kind=read.meaning(LedgerKind, enums.LedgerKind, payload.type),
        state=read.meaning(LedgerState, enums.LedgerState, payload.status),
        amount=Money(payload.amount, currency),
        fee=read.money(payload.fee, currency),
        equity=read.money(payload.accountEquity, currency),
        remark=payload.remark or "",
        offset=payload.offset,
    )


def closed_position(payload: ClosedPositionPayload) -> ClosedPosition:
    """A position of the past."""
    currency = payload.settleCurrency
    return ClosedPosition(
        close_id=payload.closeId,
        symbol=Symbol(payload.symbol),
        kind=read.meaning(CloseKind, enums.CloseKind, payload.type),
        side=read.told_position_side(payload.side),
        profit=Money(payload.pnl, currency),
        fee=read.money(payload.tradeFee, currency),
        funding=read.money(payload.fundingFee, currency),
        entry=read.exact_price(payload.openPrice),
        exit=read.exact_price(payload.closePrice),
        leverage=payload.leverage,
        margin_mode=read.told_margin_mode(payload.marginMode),
        return_rate=payload.roe,
        liquidation=read.exact_price(payload.liquidPrice),
        opened_at=read.ms(payload.openTime, "openTime"),
        closed_at=read.ms(payload.closeTime, "closeTime"),
    )


def funding_payment(payload: FundingPaymentPayload) -> FundingPayment:
    """One funding settlement of ours; positive was received."""
    quantity = payload.positionQty
    return FundingPayment(
        payment_id=payload.id,
        symbol=Symbol(payload.symbol),
        at=read.ms(payload.timePoint, "timePoint"),
        rate=payload.fundingRate,
        funding=Money(payload.funding, payload.settleCurrency),
        mark=read.exact_price(payload.markPrice),
        lots=None if quantity is None else Lots(quantity),
        margin_mode=read.told_margin_mode(payload.marginMode),
    )
