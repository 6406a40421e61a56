"""Dictionaries of positions, wallets and balances in the exchange's shapes, built by hand.

Numbers are numbers and texts are texts exactly where the reference says so; its sections are named.
"""

from __future__ import annotations

import json
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.market.contracts import booked, plain
from terminal.simexchange.switches import Switches
from terminal.simexchange.trading.margin import CROSS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.closings import ClosedPosition
    from terminal.simexchange.trading.ledger import FundingPayment, LedgerRow
    from terminal.simexchange.trading.margin import SimPosition, WalletState
    from terminal.simexchange.trading.risk import Prices

Payload = dict[str, Any]
_USUAL = Switches()
_NONE = Decimal(0)


@final
class Valued(NamedTuple):
    """What a position's surroundings decide: its prices, its maintenance rate, and its ADL rank."""

    prices: Prices
    maintenance: Decimal
    rank: Decimal = _NONE
    leverage: Decimal | None = None
    """What the margin of a cross position follows from, if it is another than its own."""


def position(held: SimPosition, market: Market, valued: Valued, now_ms: int) -> Payload:
    """3.8, v1: numbers. A flat contract is given ``as_selected``; it never had an id maybe."""
    spec, mark = held.spec, market.mark_price
    sign = -1 if spec.is_inverse else 1
    signed = sign * held.lots * spec.multiplier
    cost = held.cost if signed > 0 else -held.cost
    value = signed_value(mark, signed, is_inverse=spec.is_inverse)
    realized = held.realized_gross - held.fees + held.funding
    unrealized, margin = held.unrealized(mark), held.margin(mark, valued.leverage)
    is_cross, rate = held.margin_mode == CROSS, valued.maintenance
    payload: Payload = {
        "id": str(held.number or ""),
        "symbol": spec.symbol,
        "crossMode": is_cross,
        "maintMarginReq": _number(rate),
        "delevPercentage": float(valued.rank),
        "openingTimestamp": held.opened_ms,
        "currentTimestamp": now_ms,
        "currentQty": held.lots,
        "currentCost": _number(cost - held.realized_gross),
        "currentComm": _number(held.fees),
        "unrealisedCost": _number(cost),
        "realisedGrossCost": _number(-held.realized_gross),
        "realisedCost": _number(-realized),
        "isOpen": held.lots != 0,
        "markPrice": float(mark),
        "markValue": _number(value),
        "posCost": _number(cost),
        "posInit": _number(held.initial_margin),
        "posMargin": _number(margin),
        "posMaint": _number(abs(value) * rate),
        "realisedGrossPnl": _number(held.realized_gross),
        "realisedPnl": _number(realized),
        "unrealisedPnl": _number(unrealized),
        "unrealisedPnlPcnt": _number(unrealized / abs(cost)) if cost else 0,
        "unrealisedRoePcnt": _number(unrealized / held.initial_margin)
        if held.initial_margin
        else 0,
        "avgEntryPrice": _number(held.entry),
        "liquidationPrice": float(round(valued.prices.liquidation, 8)),
        "bankruptPrice": float(round(valued.prices.bankruptcy, 8)),
        "settleCurrency": spec.settle,
        "isInverse": spec.is_inverse,
        "maintainMargin": _number(rate),
        "marginMode": held.margin_mode,
        "positionSide": held.side,
        "leverage": float(held.leverage),
        "dealComm": _number(-held.fees),
        "fundingFee": _number(held.funding),
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
        "maintMargin": _number(backing),
        "autoDeposit": held.is_auto_deposit,
        "riskLimit": held.level.most,
        "riskLimitLevel": held.level.level,
        "posCross": _number(held.added + held.received),
        "posCrossMargin": _number(held.added),
        "posComm": 0.0,
        "posCommCommon": 0.0,
        "posLoss": _number(held.paid),
        "posFunding": 0.0,
    }


def _effective_leverage(held: SimPosition, backing: Decimal, value: Decimal) -> Decimal:
    """The value over what backs it; zero when nothing does, the selected one without a position."""
    if not held.lots:
        return held.leverage
    return round(value / backing, 4) if backing > 0 else _NONE


def closed_position(row: ClosedPosition, uid: str, switches: Switches = _USUAL) -> Payload:
    """3.8, a position of before: text, but for its times.

    Nobody withdraws a profit from a position or is taxed here: those are as in the known samples.
    What a liquidation shows in addition is not known: a switch.
    """
    is_named = row.way == "SETTLEMENT" or switches.forced_close_type == "named"
    is_told = bool(row.liquid_lots) and switches.liquidation_history == "filled"
    side = "LONG" if row.is_long else "SHORT"
    leverage = plain(row.leverage)
    return {
        "closeId": str(row.number),
        "userId": uid,
        "symbol": row.symbol,
        "settleCurrency": row.currency,
        "leverage": leverage if "." in leverage else f"{leverage}.0",
        "type": f"{row.way if is_named else 'CLOSE'}_{side}",
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
        "liquidAmount": str(row.liquid_lots) if is_told else None,
        "liquidPrice": plain(row.liquid_price) if is_told else None,
        "side": side,
    }


def signed_value(price: Decimal, signed: Decimal, *, is_inverse: bool) -> Decimal:
    """7.1: lots times the multiplier, signed as the exchange does, at a price."""
    if not price or not signed:
        return _NONE
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


def rest_position(payload: Payload, spec: ContractSpec, switches: Switches = _USUAL) -> Payload:
    """3.8 as REST shows it: liquidation and bankruptcy prices on the index's grid.

    Up for longs (7.4), for shorts as the switch says; frames leave them as they are.
    """
    is_up = payload["currentQty"] > 0 or switches.short_price_rounding == "up"
    rounding = ROUND_CEILING if is_up else ROUND_FLOOR
    rounded = {
        name: float(on_grid(Decimal(repr(payload[name])), spec.index_tick, rounding))
        for name in ("liquidationPrice", "bankruptPrice")
    }
    return {**payload, **rounded}


def on_grid(price: Decimal, step: Decimal, rounding: str) -> Decimal:
    """A price on a grid of steps."""
    return (price / step).to_integral_value(rounding) * step


def position_v2(payload: Payload, leverage: Decimal | None = None) -> Payload:
    """3.8, v2: the same position with money as text, and its own names for what it cost.

    ``leverage`` is what the margin of a cross position follows from.
    """
    made = {
        name: _text(value) if name in _V2_TEXTS else value
        for name, value in payload.items()
        if name not in _V1_ONLY
    }
    made["cumulativeTradeFee"] = _text(-payload["dealComm"])
    made["cumulativeFundingFee"] = _text(payload["fundingFee"])
    made["cumulativeTax"] = _text(payload["tax"])
    if payload["leverage"]:
        floor = 0.0 if leverage is None else float(1 / leverage)
        made["imr"] = _text(round(max(1 / payload["leverage"], floor), 10))
    return made


def _number(amount: Decimal) -> float:
    """An amount, or an average, as a JSON number of at most ten decimals."""
    return float(booked(amount)) + 0.0  # no negative nought


def _text(number: float) -> str:
    return plain(Decimal(repr(number)))


def overview(state: WalletState, risk: Decimal = _NONE) -> Payload:
    """3.1: numbers. ``risk`` is the cross risk rate as a fraction.

    The unrealized profit of an isolated position counts for its margin, that of a cross one for
    what is available; so both kinds fit the one formula of ``marginBalance``.
    """
    held = state.cross_position + state.isolated_position + state.isolated_unrealized
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
        "positionCost": _number(payment.cost),
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
