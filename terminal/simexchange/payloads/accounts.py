"""Dictionaries of positions, wallets and balances in the exchange's shapes, built by hand.

Numbers are numbers and texts are texts exactly where the reference says so; its sections are named.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.contracts import plain
from terminal.simexchange.trading.margin import CROSS

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.margin import SimPosition, WalletState
    from terminal.simexchange.trading.transfers import Purse

Payload = dict[str, Any]


def position(held: SimPosition, market: Market, wallet: WalletState, now_ms: int) -> Payload:
    """3.8, v1: numbers."""
    spec, mark = held.spec, market.mark_price
    sign = -1 if spec.is_inverse else 1
    signed = sign * held.lots * spec.multiplier
    cost = _signed_value(spec.is_inverse, signed, held.entry)
    value = _signed_value(spec.is_inverse, signed, mark)
    unrealized, margin = held.unrealized(mark), held.margin(mark)
    is_cross = held.margin_mode == CROSS
    payload: Payload = {
        "id": f"4000000000{zlib.crc32(spec.symbol.encode()):010d}",
        "symbol": spec.symbol,
        "crossMode": is_cross,
        "maintMarginReq": float(spec.maintenance),
        "delevPercentage": 0.0,
        "openingTimestamp": held.opened_ms,
        "currentTimestamp": now_ms,
        "currentQty": held.lots,
        "currentCost": float(cost),
        "currentComm": float(held.fees),
        "unrealisedCost": float(cost),
        "realisedGrossCost": float(-held.realized_gross),
        "realisedCost": float(held.fees - held.realized_gross),
        "isOpen": held.lots != 0,
        "markPrice": float(mark),
        "markValue": float(value),
        "posCost": float(cost),
        "posInit": float(held.initial_margin),
        "posMargin": float(margin),
        "posMaint": float(abs(value) * spec.maintenance),
        "realisedGrossPnl": float(held.realized_gross),
        "realisedPnl": float(held.realized_gross - held.fees),
        "unrealisedPnl": float(unrealized),
        "unrealisedPnlPcnt": float(unrealized / abs(cost)) if cost else 0,
        "unrealisedRoePcnt": float(unrealized / held.initial_margin) if held.initial_margin else 0,
        "avgEntryPrice": float(held.entry),
        "liquidationPrice": float(round(held.liquidation(wallet.cash), 8)),
        "bankruptPrice": float(round(held.bankruptcy(wallet.cash), 8)),
        "settleCurrency": spec.settle,
        "isInverse": spec.is_inverse,
        "maintainMargin": float(spec.maintenance),
        "marginMode": held.margin_mode,
        "positionSide": "BOTH",
        "leverage": float(held.leverage),
        "dealComm": float(-held.fees),
        "fundingFee": 0,
        "tax": 0,
    }
    if not is_cross:
        payload["realLeverage"] = float(held.leverage)
        payload["maintMargin"] = float(margin + unrealized)
    return payload


def _signed_value(is_inverse: bool, signed: Decimal, price: Decimal) -> Decimal:  # noqa: FBT001
    if not price or not signed:
        return signed * 0
    return signed / price if is_inverse else signed * price


_V2_TEXTS = frozenset(
    [
        "leverage",
        "realLeverage",
        "delevPercentage",
        "avgEntryPrice",
        "markPrice",
        "liquidationPrice",
        "bankruptPrice",
        "currentCost",
        "unrealisedCost",
        "posCost",
        "markValue",
        "realisedGrossCost",
        "realisedCost",
        "currentComm",
        "realisedGrossPnl",
        "realisedPnl",
        "unrealisedPnl",
        "unrealisedPnlPcnt",
        "unrealisedRoePcnt",
        "posInit",
        "posMargin",
        "posMaint",
        "maintMargin",
        "maintMarginReq",
        "maintainMargin",
    ]
)


def position_v2(payload: Payload) -> Payload:
    """3.8, v2: the same position with money as text."""
    return {name: repr(value) if name in _V2_TEXTS else value for name, value in payload.items()}


def overview(state: WalletState) -> Payload:
    """3.1: numbers."""
    held = state.cross_position + state.isolated_position
    ordered = state.cross_order + state.isolated_order
    unrealized = state.cross_unrealized + state.isolated_unrealized
    return {
        "accountEquity": float(state.equity),
        "unrealisedPNL": float(unrealized),
        "marginBalance": float(state.cash),
        "positionMargin": float(held),
        "orderMargin": float(ordered),
        "frozenFunds": 0,
        "availableBalance": float(state.available),
        "availableMargin": float(state.available),
        "currency": state.currency,
        "riskRatio": 0.0,
        "maxWithdrawAmount": float(state.withdrawable),
    }


def funding_account(number: int, currency: str, kind: str, purse: Purse) -> Payload:
    """4: a row of the accounts list, all text, the type in lower case."""
    return {
        "id": str(548_600_000_000 + number),
        "currency": currency,
        "type": kind,
        **_purse(purse),
    }


def transferable(currency: str, purse: Purse) -> Payload:
    """4: all text."""
    return {"currency": currency, **_purse(purse), "transferable": plain(purse.available)}


def _purse(purse: Purse) -> Payload:
    return {
        "balance": plain(purse.balance),
        "available": plain(purse.available),
        "holds": plain(purse.holds),
    }
