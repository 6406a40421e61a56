"""How near the cross positions of a currency are to liquidation. Source: reference 7.6."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.trading.margin import CROSS
from terminal.simexchange.trading.sizing import coins, maintenance_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import Account

_ZERO = Decimal(0)


@final
class Exposure(NamedTuple):
    """Unsigned value in the settle currency, and the rates it is subject to."""

    value: Decimal
    maintenance: Decimal
    fee_rate: Decimal


def risk_rate(
    margin: Decimal, positions: Iterable[Exposure], orders: Iterable[Exposure]
) -> Decimal:
    """The cross risk rate as a fraction; at 1 positions are liquidated.

    Maintenance of positions and of orders as if filled, with the fees to close them, over the cross
    margin less the fees to open. One when there is something at risk and no margin left.
    """
    ordered = list(orders)
    needed = sum((e.value * (e.maintenance + e.fee_rate) for e in (*positions, *ordered)), _ZERO)
    left = margin - sum((e.value * e.fee_rate for e in ordered), _ZERO)
    if not needed:
        return _ZERO
    return needed / left if left > 0 else Decimal(1)


def cross_risk(account: Account, markets: Mapping[str, Market], currency: str) -> Decimal:
    """The risk rate of an account's cross positions and orders in a settle currency."""
    positions, orders = [], []
    for symbol, market in markets.items():
        spec, held = market.spec, account.positions[symbol]
        if spec.settle != currency:
            continue
        if held.lots and held.margin_mode == CROSS:
            value = spec.value(market.mark_price, held.lots)
            positions.append(Exposure(value, held.maintenance, spec.taker_rate))
        for order in account.active(symbol):
            if order.margin_mode != CROSS or order.waits or order.only_reduces:
                continue
            if order.price is not None:
                price = spec.price(order.price)
                rate = maintenance_rate(spec, coins(spec, price, order.remaining))
                value = spec.value(price, order.remaining)
                orders.append(Exposure(value, rate, spec.taker_rate))
    return risk_rate(account.wallet_state(currency).cross_margin, positions, orders)
