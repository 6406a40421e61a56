"""Limits against the simulated exchange over sockets: real fills, a real ledger, its own margin."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.events import MarginMode
from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.guard_terms import NOTHING_HELD, Holding
from terminal.domain.order import OrderState
from terminal.domain.risk import (
    after_order,
    cross_needed,
    isolated_needed,
    liquidation_price,
    maintenance_rate,
)
from terminal.domain.units import Lots, Price, Side, Symbol
from terminal.exchange.outcome import Accepted
from terminal.session.backend import Backend
from terminal.session.results import Blocked, Submitted
from terminal.session.tasks import TaskOwner
from terminal.simexchange.trading import risk as simulated
from terminal.storage.limits import LimitStore
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of
from tests.support.steady_time import SteadyClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from terminal.domain.contract import Contract
    from terminal.domain.units import ClientOid

INVERSE = Symbol("XBTUSDM")
GRAIN = Decimal("0.00000001")
"""Amounts of the simulated exchange are whole steps of this."""


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    """A calm exchange: nothing moves but what the test moves."""
    live = Live(is_calm=True)
    await live.start()
    yield live
    await live.stop()


async def follow(live: Live, symbol: Symbol) -> None:
    """Have a contract's book and modes, too."""
    market = live.backend.markets.open(symbol)
    await eventually(
        lambda: market.touch() is not None and live.backend.account.margin_mode(symbol) is not None,
        f"a live market of {symbol}",
    )


def touch(live: Live, symbol: Symbol = XBT) -> tuple[int, int]:
    market = live.backend.markets.get(symbol)
    assert market is not None
    bid, ask = market.book.best_bid, market.book.best_ask
    assert bid is not None
    assert ask is not None
    return bid, ask


def ticket_of(live: Live, side: Side, lots: int, away: int = 0, **more: Any) -> Any:
    """A limit so many ticks on the resting side; zero or less takes."""
    symbol = more.get("symbol", XBT)
    bid, ask = touch(live, symbol)
    price = ask - away if side is Side.BUY else bid + away
    return a_ticket(side=side, price=Price(price), lots=Lots(lots), **more)


async def send(live: Live, ticket: Any, state: OrderState) -> ClientOid:
    result = live.backend.desk.submit(ticket)
    assert isinstance(result, Submitted), result
    oid = result.client_oid
    await eventually(lambda: live.backend.desk.orders[oid].state is state, state.value)
    return oid


def blocked(live: Live, ticket: Any) -> set[BlockField]:
    result = live.backend.desk.submit(ticket)
    return {block.field for block in result.blocks} if isinstance(result, Blocked) else set()


# Position --------------------------------------------------------------------------------------


async def test_a_real_fill_uses_up_the_position_limit_and_an_exit_gives_it_back(
    live: Live,
) -> None:
    live.backend.limits.change(GuardLimits(max_position=Lots(10)))
    await send(live, ticket_of(live, Side.BUY, 6, -3), OrderState.FILLED)
    await eventually(lambda: live.backend.account.position(XBT).core.lots == 6, "the position")
    resting = await send(live, ticket_of(live, Side.BUY, 3, 9), OrderState.OPEN)
    assert blocked(live, ticket_of(live, Side.BUY, 2, 9)) == {BlockField.POSITION}
    await send(live, ticket_of(live, Side.BUY, 1, 9), OrderState.OPEN)
    assert blocked(live, ticket_of(live, Side.BUY, 1, 9)) == {BlockField.POSITION}
    assert blocked(live, ticket_of(live, Side.SELL, 17, 9)) == {BlockField.POSITION}
    live.backend.desk.cancel(resting)
    await eventually(lambda: not live.backend.desk.orders[resting].is_working, "the cancel")
    await send(live, ticket_of(live, Side.BUY, 3, 9), OrderState.OPEN)
    exit_ticket = ticket_of(live, Side.SELL, 6, -3, is_reduce_only=True)
    await send(live, exit_ticket, OrderState.FILLED)
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "a flat position")
    await send(live, ticket_of(live, Side.BUY, 6, 9), OrderState.OPEN)


# The day's loss --------------------------------------------------------------------------------


def cash(live: Live) -> Decimal:
    return live.exchange.engine.account.wallets["USDT"].cash


async def lose(live: Live) -> Decimal:
    """Buy and sell at a loss; what it cost by the exchange's own cash."""
    before = cash(live)
    await send(live, ticket_of(live, Side.BUY, 50, -3), OrderState.FILLED)
    leave = ticket_of(live, Side.SELL, 50, -3, is_reduce_only=True)
    await send(live, leave, OrderState.FILLED)
    await eventually(lambda: live.backend.account.position(XBT).core.is_flat, "a flat position")
    return before - cash(live)


async def test_a_real_ledger_locks_what_opens_and_a_restart_keeps_the_lock(
    live: Live, tmp_path: Path
) -> None:
    """The loss is the exchange's to the last digit; a second client finds the lock on the disk."""
    await live.backend.stop()

    async def begin(most: str) -> None:
        store = LimitStore((tmp_path / "config", tmp_path / "data"), "demo", SteadyClock())
        first = GuardLimits(max_losses={"USDT": Decimal(most)})
        owner = TaskOwner("run", lambda name, error: live.errors.append(f"{name} {error!r}"))
        live.backend = Backend(
            clients_of(live.exchange), SteadyClock(), owner, lambda: first, limit_file=store
        )
        await live.backend.start()
        await eventually(lambda: live.backend.markets.contracts, "the contract list")
        live.market = live.backend.markets.open(XBT)
        await eventually(live.is_ready, "a live book and a trusted account")
        await eventually(lambda: live.backend.loss.day("USDT") is not None, "the day by the ledger")

    await begin("1")
    assert blocked(live, ticket_of(live, Side.BUY, 1, 9)) == set()
    lost = await lose(live)
    assert lost > 1
    await eventually(lambda: live.backend.limits.lockouts, "the lock", 20)
    day = live.backend.loss.day("USDT")
    assert day is not None
    assert day.realized == -lost
    assert blocked(live, ticket_of(live, Side.BUY, 1, 9)) == {BlockField.LOSS}
    live.backend.desk.cancel_all(XBT)  # cancels go on
    await eventually(lambda: not live.backend.desk.working(XBT), "no order")
    locked = live.backend.limits.lockouts
    await live.backend.stop()
    await begin("1000000")
    assert live.backend.limits.lockouts == locked
    assert blocked(live, ticket_of(live, Side.BUY, 1, 9)) == {BlockField.LOSS}
    await live.backend.limits.stop()


# Margin and liquidation ------------------------------------------------------------------------


def holding(live: Live, symbol: Symbol) -> Holding:
    held = live.exchange.engine.account.positions[symbol]
    if not held.lots:
        return NOTHING_HELD
    return Holding(Lots(held.lots), held.entry, held.own_margin)


async def set_cross(live: Live, symbol: Symbol) -> None:
    outcome = await live.backend.clients.settings.set_margin_mode(symbol, MarginMode.CROSS)
    assert isinstance(outcome, Accepted)
    await eventually(
        lambda: live.backend.account.margin_mode(symbol) is MarginMode.CROSS, "cross mode"
    )


def contract_of(live: Live, symbol: Symbol) -> Contract:
    return live.backend.markets.contracts[symbol]


@pytest.mark.parametrize("mode", list(MarginMode))
async def test_the_estimated_margin_is_what_the_exchange_holds(
    live: Live, mode: MarginMode
) -> None:
    """Linear and inverse, isolated and cross: to the step that amounts are rounded to."""
    for symbol in (XBT, INVERSE):
        await compare_margins(live, symbol, mode)


async def compare_margins(live: Live, symbol: Symbol, mode: MarginMode) -> None:
    """For orders of both sides, one after the other: to the step that amounts are rounded to."""
    await follow(live, symbol)
    if mode is MarginMode.CROSS:
        await set_cross(live, symbol)
    contract, account = contract_of(live, symbol), live.exchange.engine.account
    leverage = live.backend.account.leverage(symbol)
    assert leverage is not None
    held, guarding = 0, live.backend.desk.guarding
    rule = cross_needed if mode is MarginMode.CROSS else isolated_needed
    plan = ((Side.BUY, 7, 11), (Side.SELL, 5, 12), (Side.SELL, 9, 13), (Side.BUY, 1, 14))
    for side, lots, away in plan:
        ticket = ticket_of(live, side, lots, away, symbol=symbol, margin_mode=mode)
        order = (side, lots, contract.scale.decimal(ticket.price))
        facts = guarding.entries(contract)
        estimated = rule(contract, held, facts, order, leverage)
        before = account.order_margin(symbol)
        await send(live, replace(ticket, leverage=leverage), OrderState.OPEN)
        assert abs(account.order_margin(symbol) - before - estimated) <= 2 * GRAIN


@pytest.mark.parametrize("side", list(Side))
async def test_an_isolated_position_has_the_estimated_margin_and_liquidation_price(
    live: Live, side: Side
) -> None:
    """Linear and inverse: as the exchange itself has it."""
    for symbol in (XBT, INVERSE):
        await compare_positions(live, symbol, side)


async def compare_positions(live: Live, symbol: Symbol, side: Side) -> None:
    """Opened, enlarged, made smaller: each time as the exchange itself has it."""
    await follow(live, symbol)
    contract = contract_of(live, symbol)
    tiers = await live.backend.clients.market.risk_tiers(symbol)
    for way, lots in ((side, 40), (side, 25), (side.opposite, 15)):
        after, fills = holding(live, symbol), live.exchange.engine.account.fills
        known = len(fills)
        await send(live, ticket_of(live, way, lots, -3, symbol=symbol), OrderState.FILLED)
        for number in range(known, len(fills)):
            at = contract.scale.decimal(Price(fills[number].price))
            signed = way.sign * fills[number].lots
            after = after_order(contract, after, signed, at, Decimal(5))
        truth = live.exchange.engine.account.positions[symbol]
        assert after.lots == truth.lots
        assert after.margin is not None
        assert after.entry is not None
        assert abs(after.margin - truth.own_margin) <= 2 * GRAIN
        value = contract.settle_value(after.entry, after.lots).amount
        rate = maintenance_rate(contract, tiers, value) + contract.taker_fee_rate
        estimated = liquidation_price(contract, after.lots, after.entry, after.margin, rate)
        assert estimated is not None
        assert abs(estimated / truth.liquidation(Decimal(0)) - 1) < Decimal("0.000001")


async def test_a_cross_position_is_liquidated_where_the_guard_estimates_it(live: Live) -> None:
    """All else being equal; the exchange's own rate for its size lies just below the risk level."""
    await set_cross(live, XBT)
    contract = contract_of(live, XBT)
    tiers = await live.backend.clients.market.risk_tiers(XBT)
    engine = live.exchange.engine
    engine.account.move("USDT", 5000 - cash(live), "for one position")
    ticket = ticket_of(live, Side.BUY, 60, -9, margin_mode=MarginMode.CROSS)
    await send(live, ticket, OrderState.FILLED)
    truth, mark = engine.account.positions[XBT], engine.markets[XBT].mark_price
    balance = engine.account.wallet_state("USDT").available + truth.margin(mark)
    value = contract.settle_value(mark, Lots(truth.lots)).amount
    rate = maintenance_rate(contract, tiers, value) + contract.taker_fee_rate
    estimated = liquidation_price(contract, truth.lots, mark, balance, rate)
    told = simulated.prices(engine.account, truth).liquidation
    assert estimated is not None
    assert told > 0
    assert abs(estimated / told - 1) < Decimal("0.00001")


async def test_the_margin_rule_says_no_where_the_exchange_would(live: Live) -> None:
    """One lot less than too much passes both."""
    live.backend.limits.change(
        GuardLimits(max_lots=Lots(10**6), max_value=Decimal(10**9), checks_margin=True)
    )
    wallet = live.backend.account.wallet("USDT")
    assert wallet is not None
    contract = contract_of(live, XBT)
    sample = ticket_of(live, Side.BUY, 1, 9, leverage=Decimal(1))
    at = contract.scale.decimal(sample.price)
    each = isolated_needed(contract, 0, (), (Side.BUY, 1, at), Decimal(1))
    most = int(wallet.available.amount / each)
    assert blocked(live, replace(sample, lots=Lots(most + 1))) == {BlockField.MARGIN}
    await send(live, replace(sample, lots=Lots(most)), OrderState.OPEN)
    await eventually(
        lambda: blocked(live, replace(sample, lots=Lots(1))) == {BlockField.MARGIN},
        "the wallet without that margin",
    )
