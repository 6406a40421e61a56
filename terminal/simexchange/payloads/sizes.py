"""Dictionaries of the sizing helpers. Source: reference 3.11, with the curves of 7.6."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.contracts import plain
from terminal.simexchange.trading import sizing

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec

Payload = dict[str, Any]
_RATE_GRID = Decimal("1E-10")


def cross_limit(
    spec: ContractSpec,
    price: Decimal,
    margin: Decimal,
    leverage: Decimal,
    *,
    has_floor: bool = False,
) -> Payload:
    """How large a cross position may be with so much margin, and its rates at that size."""
    value = sizing.max_open_value(spec, price, margin, leverage)
    lots = sizing.lots_worth(spec, price, value)
    return {
        "symbol": spec.symbol,
        "maxOpenSize": lots,
        "maxOpenValue": f"{sizing.quote_value(spec, price, lots):.10f}",
        "totalMargin": plain(margin),
        "price": plain(price),
        "leverage": f"{leverage:.2f}",
        "mmr": _maintenance(spec, price, lots),
        "imr": _initial(spec, price, lots, leverage, has_floor=has_floor),
        "currency": spec.settle,
    }


def margin_requirement(
    spec: ContractSpec,
    price: Decimal,
    value: Decimal,
    leverage: Decimal,
    *,
    has_floor: bool = False,
) -> Payload:
    """What a cross position of a value in the quote currency must have; its size in whole lots."""
    per_coin = Decimal(1) if spec.is_inverse else price
    lots = int(value / per_coin / spec.multiplier)
    return {
        "symbol": spec.symbol,
        "imr": _initial(spec, price, lots, leverage, has_floor=has_floor),
        "mmr": _maintenance(spec, price, lots),
        "size": lots,
        "positionValue": plain(value),
        "price": plain(price),
    }


def _maintenance(spec: ContractSpec, price: Decimal, lots: int) -> str:
    return _rate(sizing.maintenance_rate(spec, sizing.coins(spec, price, lots)))


def _initial(
    spec: ContractSpec, price: Decimal, lots: int, leverage: Decimal, *, has_floor: bool
) -> str:
    """One over the leverage in all known samples (7.6); a floor is a switch."""
    if has_floor:
        rate = sizing.maintenance_rate(spec, sizing.coins(spec, price, lots))
        leverage = sizing.floored_leverage(leverage, rate)
    return _rate(1 / leverage)


def _rate(rate: Decimal) -> str:
    return plain(rate.quantize(_RATE_GRID, ROUND_HALF_EVEN))
