"""How near positions are to liquidation: their prices, and the risk rate of cross positions.

Source: reference 7.4 to 7.6.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.market.contracts import booked
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.margin import CROSS, ISOLATED
from terminal.simexchange.trading.sizing import coins, maintenance_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition

_ZERO = Decimal(0)
PARTIAL_FROM = Decimal(600_000)
"""Positions worth more than this, in the quote currency, are reduced before all goes (7.6)."""
ORDERS_GO = Decimal("0.95")
"""The cross risk rate from which on orders are canceled (7.6)."""


@final
class Exposure(NamedTuple):
    """Unsigned value in the settle currency, and the rates it is subject to."""

    value: Decimal
    maintenance: Decimal
    fee_rate: Decimal


@final
class Prices(NamedTuple):
    """Where a position has nothing left, and where it is liquidated; zero where there is none."""

    bankruptcy: Decimal
    liquidation: Decimal


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
        spec = market.spec
        if spec.settle != currency:
            continue
        for held in account.legs.open(symbol):
            if held.margin_mode == CROSS:
                value = spec.value(market.mark_price, held.lots)
                positions.append(Exposure(value, maintenance(account, held), spec.taker_rate))
        for order in account.active(symbol):
            if order.margin_mode != CROSS or order.waits or order.only_reduces:
                continue
            if order.price is not None:
                price = spec.price(order.price)
                rate = maintenance_rate(spec, coins(spec, price, order.remaining))
                value = spec.value(price, order.remaining)
                orders.append(Exposure(value, rate, spec.taker_rate))
    return risk_rate(account.wallet_state(currency).cross_margin, positions, orders)


def maintenance(account: Account, held: SimPosition) -> Decimal:
    """The maintenance rate of a position; a switch lets a cross one count orders of its side."""
    if held.margin_mode == ISOLATED or account.switches.maintenance_size == "position":
        return held.maintenance
    side = BUY if held.lots > 0 else SELL
    lots = abs(held.lots) + account.legs.one(held.spec.symbol, held.side).holds.lots_of(side)
    return maintenance_rate(held.spec, coins(held.spec, held.entry, lots))


def backing(account: Account, symbol: str) -> Decimal:
    """The money that the cross positions of a contract can lose (7.4).

    Cash that is neither bound by isolated positions nor needed by cross ones of other contracts.
    """
    spec = account.markets[symbol].spec
    state = account.wallet_state(spec.settle)
    found = state.staying - state.isolated_position - state.isolated_order
    for held in account.legs.open():
        if (
            held.margin_mode == CROSS
            and held.spec.symbol != symbol
            and held.spec.settle == spec.settle
        ):
            mark = account.markets[held.spec.symbol].mark_price
            needed = maintenance(account, held) + held.spec.taker_rate
            found += held.unrealized(mark) - held.spec.value(mark, held.lots) * needed
    return found


def prices(account: Account, held: SimPosition) -> Prices:
    """Where a position is bankrupt, and where it is liquidated (7.4, 7.5).

    Long and short of a contract in cross mode share one of each: where their one balance ends. By
    the mark price at which the latter is reached the risk rate is 1, if nothing else moves.
    """
    if not held.lots:
        return Prices(_ZERO, _ZERO)
    fee = held.spec.taker_rate
    if held.margin_mode == ISOLATED:
        rate = held.maintenance + liquidation_fee(held.spec, account.switches)
        return Prices(held.bankruptcy(_ZERO), held.liquidation(_ZERO, rate))
    wallet = backing(account, held.spec.symbol)
    together = list(account.legs.open(held.spec.symbol))
    rates = [maintenance(account, one) + fee for one in together]
    if len(together) == 1:
        return Prices(held.bankruptcy(wallet), held.liquidation(wallet, rates[0]))
    nothing = [_ZERO] * len(together)
    return Prices(joint_price(together, wallet, nothing), joint_price(together, wallet, rates))


def joint_price(held: Sequence[SimPosition], wallet: Decimal, rates: Sequence[Decimal]) -> Decimal:
    """The price at which cross positions of one contract have no more left than they must.

    What must be left of the value of each is its rate: zero makes it the bankruptcy price. With one
    position this is the formula of 7.4 and 7.5; for long and short together it follows from the
    same two sides of the balance, which both move with the one price. Zero when there is none.
    """
    spec = held[0].spec
    signed = [position.lots * spec.multiplier for position in held]
    if spec.is_inverse:
        own = wallet + sum((n / p.entry for n, p in zip(signed, held, strict=True)), _ZERO)
        moved = sum((n + abs(n) * rate for n, rate in zip(signed, rates, strict=True)), _ZERO)
        price = moved / own if own else _ZERO
    else:
        own = wallet - sum((n * p.entry for n, p in zip(signed, held, strict=True)), _ZERO)
        moved = sum((n - abs(n) * rate for n, rate in zip(signed, rates, strict=True)), _ZERO)
        price = -own / moved if moved else _ZERO
    return max(_ZERO, price)


def liquidation_fee(spec: ContractSpec, switches: Switches) -> Decimal:
    """The fee rate of a liquidation; the taker's stands in for what is not published (7.3)."""
    return spec.taker_rate if switches.liquidation_fee == "taker" else _ZERO


def is_spent(account: Account, held: SimPosition, mark: Decimal) -> bool:
    """True when an isolated position is to be liquidated (7.3, since May 2025).

    That is when what it must keep, the fee of a liquidation included, is all its margin or more.
    """
    rate = held.maintenance + liquidation_fee(held.spec, account.switches)
    return held.own_margin + held.unrealized(mark) <= held.spec.value(mark, held.lots) * rate


def takeover_ticks(held: SimPosition, mark: Decimal, margin: Decimal, fee: Decimal) -> int:
    """The price (ticks) at which a position is taken over, and nothing of its margin is left.

    ``margin`` is what it has at the mark price, its open profit included; ``fee`` is the rate of
    the fee that is paid out of it. That is the bankruptcy price of 7.4 but for the fee, on the
    next step of the grid that is better for the account: it never loses more than it has.
    """
    spec = held.spec
    sign = 1 if held.lots > 0 else -1
    value = spec.value(mark, held.lots)
    if spec.is_inverse:
        left = (value + sign * margin) / (1 + sign * fee)
        price = spec.multiplier * abs(held.lots) / left if left > 0 else spec.max_price
    else:
        left = (value - sign * margin) / (1 - sign * fee)
        price = left / (spec.multiplier * abs(held.lots))
    rounding = ROUND_CEILING if sign > 0 else ROUND_FLOOR
    ticks = int((price / spec.tick).to_integral_value(rounding))
    return min(max(1, ticks), int(spec.max_price / spec.tick))


def cross_shares(
    account: Account, markets: Mapping[str, Market], currency: str
) -> list[tuple[SimPosition, Decimal]]:
    """The cross positions of a currency, each with its share of the cross margin.

    They have it in common; it is shared out by what each must keep (our choice). The sum of the
    shares is the cross margin, which may be negative.
    """
    found = [
        (held, markets[held.spec.symbol].mark_price)
        for held in account.legs.open()
        if held.margin_mode == CROSS and held.spec.settle == currency
    ]
    needed = [
        held.spec.value(mark, held.lots) * (maintenance(account, held) + held.spec.taker_rate)
        for held, mark in found
    ]
    left, total = account.wallet_state(currency).cross_margin, sum(needed, _ZERO)
    shares = []
    for (held, _), own in zip(found, needed, strict=True):
        share = left if own == total else booked(left * own / total)
        left, total = left - share, total - own
        shares.append((held, share))
    return shares
