"""Dictionaries of positions, wallets and balances in the exchange's shapes, built by hand.

Numbers are numbers and texts are texts exactly where the reference says so; its sections are named.
"""

from __future__ import annotations

import json
import zlib
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.contracts import plain
from terminal.simexchange.trading.margin import CROSS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.closings import ClosedPosition
    from terminal.simexchange.trading.ledger import FundingPayment, LedgerRow
    from terminal.simexchange.trading.margin import SimPosition, WalletState

Payload = dict[str, Any]
_NONE = Decimal(0)


def position(held: SimPosition, market: Market, wallet: WalletState, now_ms: int) -> Payload:
    """3.8, v1: numbers."""
    spec, mark = held.spec, market.mark_price
    sign = -1 if spec.is_inverse else 1
    signed = sign * held.lots * spec.multiplier
    cost = _signed_value(spec.is_inverse, signed, held.entry)
    value = _signed_value(spec.is_inverse, signed, mark)
    unrealized, margin = held.unrealized(mark), held.margin(mark)
    is_cross, rate = held.margin_mode == CROSS, held.maintenance
    payload: Payload = {
        "id": f"4000000000{zlib.crc32(spec.symbol.encode()):010d}",
        "symbol": spec.symbol,
        "crossMode": is_cross,
        "maintMarginReq": float(round(rate, 10)),
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
        "posMaint": float(abs(value) * rate),
        "realisedGrossPnl": float(held.realized_gross),
        "realisedPnl": float(held.realized_gross - held.fees),
        "unrealisedPnl": float(unrealized),
        "unrealisedPnlPcnt": float(unrealized / abs(cost)) if cost else 0,
        "unrealisedRoePcnt": float(unrealized / held.initial_margin) if held.initial_margin else 0,
        "avgEntryPrice": float(held.entry),
        "liquidationPrice": float(round(held.liquidation(wallet.staying), 8)),
        "bankruptPrice": float(round(held.bankruptcy(wallet.staying), 8)),
        "settleCurrency": spec.settle,
        "isInverse": spec.is_inverse,
        "maintainMargin": float(round(rate, 10)),
        "marginMode": held.margin_mode,
        "positionSide": "BOTH",
        "leverage": float(held.leverage),
        "dealComm": float(-held.fees),
        "fundingFee": float(held.funding),
        "tax": 0,
    }
    if not is_cross:
        payload.update(_isolated(held, margin + unrealized, abs(value)))
    return payload


def _isolated(held: SimPosition, backing: Decimal, value: Decimal) -> Payload:
    """3.8, what only isolated positions have (7.3).

    Nothing is frozen for fees since May 2025. That funding which was received counts to
    ``posCross`` and what was paid to ``posLoss`` is what the official sample adds up to.
    """
    return {
        "realLeverage": float(_effective_leverage(held, backing, value)),
        "maintMargin": float(backing),
        "autoDeposit": held.is_auto_deposit,
        "riskLimit": held.level.most,
        "riskLimitLevel": held.level.level,
        "posCross": float(held.added + held.received),
        "posCrossMargin": float(held.added),
        "posComm": 0.0,
        "posCommCommon": 0.0,
        "posLoss": float(held.paid),
        "posFunding": 0.0,
    }


def _effective_leverage(held: SimPosition, backing: Decimal, value: Decimal) -> Decimal:
    """The value over what backs it; zero when nothing does, the selected one without a position."""
    if not held.lots:
        return held.leverage
    return round(value / backing, 4) if backing > 0 else _NONE


def closed_position(row: ClosedPosition, uid: str) -> Payload:
    """3.8, a position of before: text, but for its times.

    Nobody withdraws a profit from a position or is taxed here, and what a liquidation shows in
    addition is not known: those are as in the known samples.
    """
    side = "LONG" if row.is_long else "SHORT"
    leverage = plain(row.leverage)
    return {
        "closeId": str(row.number),
        "userId": uid,
        "symbol": row.symbol,
        "settleCurrency": row.currency,
        "leverage": leverage if "." in leverage else f"{leverage}.0",
        "type": f"{row.way}_{side}",
        "pnl": plain(row.pnl),
        "realisedGrossCost": plain(-row.gross),
        "realisedGrossCostNew": plain(-row.gross),
        "withdrawPnl": "0.0",
        "tradeFee": plain(row.fees),
        "fundingFee": plain(row.funding),
        "openTime": row.opened_ms,
        "closeTime": row.closed_ms,
        "openPrice": plain(row.open_price),
        "closePrice": plain(row.close_price),
        "marginMode": row.margin_mode,
        "tax": "0.0",
        "roe": None,
        "liquidAmount": None,
        "liquidPrice": None,
        "side": side,
    }


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
        "posCross",
        "posCrossMargin",
        "posComm",
        "posCommCommon",
        "posLoss",
        "posFunding",
    ]
)


_V1_ONLY = frozenset({"dealComm", "fundingFee", "tax"})


def rest_position(payload: Payload, spec: ContractSpec) -> Payload:
    """3.8 as REST shows it: liquidation and bankruptcy prices on the index's grid.

    Up for longs (7.4) and, presumably, down for shorts; frames leave them as they are.
    """
    rounding = ROUND_CEILING if payload["currentQty"] > 0 else ROUND_FLOOR
    rounded = {
        name: float(_on_grid(Decimal(repr(payload[name])), spec.index_tick, rounding))
        for name in ("liquidationPrice", "bankruptPrice")
    }
    return {**payload, **rounded}


def _on_grid(price: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (price / step).to_integral_value(rounding) * step


def position_v2(payload: Payload) -> Payload:
    """3.8, v2: the same position with money as text, and its own names for what it cost."""
    made = {
        name: _text(value) if name in _V2_TEXTS else value
        for name, value in payload.items()
        if name not in _V1_ONLY
    }
    made["cumulativeTradeFee"] = _text(-payload["dealComm"])
    made["cumulativeFundingFee"] = _text(payload["fundingFee"])
    made["cumulativeTax"] = _text(payload["tax"])
    if payload["leverage"]:
        made["imr"] = _text(round(1 / payload["leverage"], 10))
    return made


def _text(number: float) -> str:
    return plain(Decimal(repr(number)))


def overview(state: WalletState, risk: Decimal = _NONE) -> Payload:
    """3.1: numbers. ``risk`` is the cross risk rate as a fraction."""
    held = state.cross_position + state.isolated_position
    ordered = state.cross_order + state.isolated_order
    unrealized = state.cross_unrealized + state.isolated_unrealized
    return {
        "accountEquity": float(state.equity),
        "unrealisedPNL": float(unrealized),
        "marginBalance": float(state.cash),
        "positionMargin": float(held),
        "orderMargin": float(ordered),
        "frozenFunds": float(state.frozen),
        "availableBalance": float(state.available),
        "availableMargin": float(state.available),
        "currency": state.currency,
        "riskRatio": float(round(risk, 10)),
        "maxWithdrawAmount": float(state.withdrawable),
    }


def overview_all(states: Sequence[tuple[str, WalletState]]) -> Payload:
    """4: each account by name, all of one currency, and their sums; numbers."""
    names = (
        "accountEquity",
        "unrealisedPNL",
        "marginBalance",
        "positionMargin",
        "orderMargin",
        "frozenFunds",
        "availableBalance",
    )
    rows = [(name, overview(state)) for name, state in states]
    return {
        "summary": {
            **{f"{name}Total": _total(row[name] for _, row in rows) for name in names},
            "currency": states[0][1].currency,
        },
        "accounts": [
            {
                "accountName": account,
                **{name: row[name] for name in names},
                "currency": row["currency"],
            }
            for account, row in rows
        ],
    }


def _total(amounts: Iterable[float]) -> float:
    return float(sum((Decimal(repr(amount)) for amount in amounts), _NONE))


def ledger_row(row: LedgerRow) -> Payload:
    """3.2: numbers; a pending row has no fee."""
    return {
        "time": row.at_ms,
        "type": row.type,
        "amount": float(row.amount),
        "fee": None if row.fee is None else float(row.fee),
        "accountEquity": float(row.equity),
        "status": row.status,
        "remark": row.remark,
        "offset": row.offset,
        "currency": row.currency,
    }


def funding_payment(payment: FundingPayment) -> Payload:
    """3.13: numbers, and JSON text inside a text."""
    sides = {"marginMode": payment.margin_mode, "positionSide": payment.position_side}
    return {
        "id": payment.number,
        "symbol": payment.symbol,
        "timePoint": payment.at_ms,
        "fundingRate": float(payment.rate),
        "markPrice": float(payment.mark),
        "positionQty": payment.lots,
        "positionCost": float(payment.cost),
        "funding": float(payment.amount),
        "settleCurrency": payment.currency,
        "context": json.dumps(sides),
        "marginMode": payment.margin_mode,
    }


def trade_fees(spec: ContractSpec) -> Payload:
    """3.13: rates as text."""
    return {
        "symbol": spec.symbol,
        "takerFeeRate": plain(spec.taker_rate),
        "makerFeeRate": plain(spec.maker_rate),
    }
