"""Margin of isolated positions and risk limit levels, at the engine."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.simexchange.engine.checks import Cost
from terminal.simexchange.engine.reports import POSITIONS, WALLET
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL
from tests.support.floor import INVERSE, SYMBOL, Floor


@pytest.fixture
def floor() -> Floor:
    return Floor()


def refusal(action: Any, *given: Any) -> str:
    with pytest.raises(Refused) as caught:
        action(*given)
    return caught.value.code


def outcomes(floor: Floor) -> list[dict[str, Any]]:
    return [data for data in floor.publisher.frames(POSITIONS) if "success" in data]


def reasons(floor: Floor) -> list[str]:
    frames = floor.publisher.frames(POSITIONS)
    return [data["changeReason"] for data in frames if "changeReason" in data]


# Margin ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
def test_margin_moves_between_wallet_and_position(symbol: str) -> None:
    """What is free shrinks by it, the bankruptcy price moves away, the equity stays."""
    floor = Floor(symbol)
    floor.place(BUY, None, 10)
    floor.market.move_fair(0)
    held, currency = floor.account.positions[symbol], floor.market.spec.settle
    amount = Decimal("0.00005") if currency == "XBT" else Decimal("2.5")
    before, bankrupt = floor.account.wallet_state(currency), held.bankruptcy(Decimal(0))
    assert floor.engine.margins.deposit(
        floor.account, floor.account.positions[floor.symbol], amount, "b-1"
    )
    after = floor.account.wallet_state(currency)
    assert before.available - after.available == amount
    assert after.isolated_position - before.isolated_position == amount
    assert (after.equity, after.cash) == (before.equity, before.cash)
    assert held.bankruptcy(Decimal(0)) < bankrupt
    assert reasons(floor)[-1] == "marginChange"
    assert floor.publisher.private[-1][0] == WALLET
    assert floor.engine.margins.deposit(
        floor.account, floor.account.positions[floor.symbol], amount, "b-1"
    )
    assert floor.account.wallet_state(currency).available == after.available, "once for a number"
    assert floor.engine.margins.withdraw(
        floor.account, floor.account.positions[floor.symbol], amount
    )
    assert floor.account.wallet_state(currency).available == before.available
    assert held.added == 0


def test_the_most_that_can_be_withdrawn(floor: Floor) -> None:
    """Not a bit more, and then nothing is left to withdraw; a loss counts, a profit does not."""
    floor.place(BUY, None, 10, leverage=2)
    margins, account, market = floor.engine.margins, floor.account, floor.market
    held = account.positions[SYMBOL]
    market.move_fair(-200)
    most = margins.withdrawable(held)
    needed = market.spec.value(market.mark_price, 10) * held.level.initial
    loss = held.unrealized(market.mark_price)
    assert loss < 0
    assert most == pytest.approx(held.initial_margin + loss - needed, abs=Decimal("1E-9"))
    assert refusal(margins.withdraw, account, held, most + Decimal("1E-10")) == "300003"
    assert margins.withdraw(account, held, most)
    assert margins.withdrawable(held) <= Decimal("1E-10")
    assert held.liquidation(Decimal(0)) < market.mark_price


def test_a_part_that_is_closed_takes_its_part_of_the_margin(floor: Floor) -> None:
    floor.place(BUY, None, 10)
    held = floor.account.positions[SYMBOL]
    floor.engine.margins.deposit(
        floor.account, floor.account.positions[floor.symbol], Decimal(20), "b-1"
    )
    held.settle(Decimal("0.5"))
    held.settle(Decimal("-1.5"))
    before = held.own_margin
    assert before == held.initial_margin + 20 + Decimal("0.5") - Decimal("1.5")
    floor.place(SELL, None, 4)
    assert held.own_margin == pytest.approx(before * 6 / 10)
    assert held.funding == -1, "what it got and paid is all remembered"
    floor.place(SELL, None, 6)
    assert held.own_margin == held.added == 0


def test_margins_that_are_refused_change_nothing(floor: Floor) -> None:
    margins, account, market = floor.engine.margins, floor.account, floor.market
    held = account.positions[SYMBOL]
    assert not margins.deposit(account, held, Decimal(10), "b-0"), "no position"
    assert not margins.withdraw(account, held, Decimal(10))
    assert margins.withdrawable(held) == 0
    floor.place(BUY, None, 10)
    before = account.wallet_state("USDT")
    least = margins.least_deposit("USDT")
    assert least == pytest.approx(Decimal("0.00001667") * market.index_price, abs=Decimal("1E-8"))
    assert margins.least_deposit("XBT") == Decimal("0.00001667")
    below = least - Decimal("1E-8")
    assert refusal(margins.deposit, account, held, below, "b-1") == "300000"
    assert refusal(margins.deposit, account, held, before.available + 1, "b-1") == "300003"
    floor.engine.halts.liquidating.add((account.uid, SYMBOL))
    assert refusal(margins.deposit, account, held, Decimal(10), "b-1") == "300014"
    assert refusal(margins.withdraw, account, held, Decimal(1)) == "300014"
    floor.engine.halts.liquidating.clear()
    assert account.wallet_state("USDT") == before
    assert not account.deposits
    assert margins.deposit(account, held, least, "b-1"), "a number that was refused is free"


def test_cross_positions_have_no_margin_of_their_own(floor: Floor) -> None:
    floor.engine.set_margin_mode(SYMBOL, "CROSS")
    floor.place(BUY, None, 10, marginMode="CROSS")
    margins, account, market = floor.engine.margins, floor.account, floor.market
    held = account.positions[SYMBOL]
    assert refusal(margins.deposit, account, held, Decimal(10), "b-1") == "330005"
    assert refusal(margins.withdraw, account, held, Decimal(1)) == "330005"
    assert refusal(margins.change_level, account, market, 2) == "330005"
    assert margins.withdrawable(held) == 0


# Risk limits -------------------------------------------------------------------------------------


def test_a_level_lets_more_be_opened_and_cancels_working_orders(floor: Floor) -> None:
    order = floor.place(BUY, floor.bid - 9, 900)
    stop = floor.stop(SELL, "down", floor.market.last - 500)
    assert floor.refused(floor.body(BUY, floor.bid - 9, 200)) == "300005"
    floor.engine.margins.change_level(floor.account, floor.market, 2)
    assert outcomes(floor) == [{"success": True, "riskLimitLevel": 2, "msg": ""}]
    assert (order.is_active, stop.is_active) == (False, True)
    assert floor.place(BUY, floor.bid - 9, 1100).is_active
    assert floor.refused(floor.body(BUY, floor.bid - 9, 1, leverage=101)) == "300016"
    floor.engine.margins.change_level(floor.account, floor.market, 2)
    assert len(floor.account.working(SYMBOL)) == 1, "the same level cancels nothing"
    assert len(outcomes(floor)) == 2


@pytest.mark.parametrize("level", [0, 13, -1])
def test_100005_for_a_level_that_there_is_not(floor: Floor, level: int) -> None:
    order = floor.place(BUY, floor.bid - 9)
    assert refusal(floor.engine.margins.change_level, floor.account, floor.market, level) == (
        "100005"
    )
    assert order.is_active
    assert not outcomes(floor)


def test_a_position_gets_the_margin_that_the_level_asks_for(floor: Floor) -> None:
    floor.place(BUY, None, 100, leverage=125)
    held, free = floor.account.positions[SYMBOL], floor.free
    before = held.initial_margin
    floor.engine.margins.change_level(floor.account, floor.market, 6)
    value = floor.market.spec.value(held.entry, 100)
    assert held.leverage == 20
    assert held.level.level == 6
    assert held.initial_margin == pytest.approx(value / 20)
    assert free - floor.free == held.initial_margin - before
    assert reasons(floor)[-1] == "marginChange"
    assert held.maintenance == Decimal("0.025")


def stuck(**switches: str) -> Floor:
    """A position with a high leverage and no money beside it but that of an order."""
    floor = Floor(**switches)
    floor.place(BUY, None, 100, leverage=125)
    floor.place(BUY, floor.bid - 9, 10)
    floor.account.wallets["USDT"].cash -= floor.free - 1
    return floor


def test_200005_when_the_margin_is_not_there() -> None:
    floor = stuck()
    before = floor.free
    assert refusal(floor.engine.margins.change_level, floor.account, floor.market, 7) == "200005"
    assert floor.free == before
    assert len(floor.account.working(SYMBOL)) == 1
    assert not outcomes(floor)


def test_a_refusal_may_be_told_on_the_feed_alone() -> None:
    floor = stuck(risk_limit_refusal="feed")
    floor.engine.margins.change_level(floor.account, floor.market, 7)
    (told,) = outcomes(floor)
    assert (told["success"], told["riskLimitLevel"]) == (False, 1)
    assert told["msg"]
    assert not floor.account.working(SYMBOL), "its orders are canceled all the same"


def test_300016_where_the_leverage_is_not_lowered() -> None:
    floor = Floor(risk_limit_leverage="refused")
    floor.place(BUY, None, 100, leverage=125)
    assert refusal(floor.engine.margins.change_level, floor.account, floor.market, 2) == "300016"


def test_300005_when_the_position_is_above_the_level(floor: Floor) -> None:
    floor.at_level(3)
    floor.place(BUY, floor.ask + 2000, 1200)
    floor.place(SELL, floor.bid - 2000, 100, floor.another_account())
    if floor.market.spec.value(floor.market.mark_price, floor.held) <= 100_000:
        pytest.fail("the position is too small to show it")
    assert refusal(floor.engine.margins.change_level, floor.account, floor.market, 1) == "300005"
    assert floor.account.positions[SYMBOL].level.level == 3


def test_the_margin_of_canceled_orders_pays_for_the_level() -> None:
    floor = stuck()
    floor.account.wallets["USDT"].cash += 50
    held = floor.account.positions[SYMBOL]
    lacks = floor.market.spec.value(held.entry, 100) / 75 - held.initial_margin
    assert floor.free < lacks < floor.free + floor.account.order_margin(SYMBOL)
    floor.engine.margins.change_level(floor.account, floor.market, 3)
    assert held.level.level == 3
    assert floor.free >= 0


# Sizes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
@pytest.mark.parametrize("mode", ["ISOLATED", "CROSS"])
@pytest.mark.parametrize("held", [0, 7, -7])
@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("leverage", [3, 60])
def test_the_largest_open_size_is_taken_and_one_lot_more_is_not(
    symbol: str, mode: str, held: int, side: str, leverage: int
) -> None:
    """Beside a position and an order; the refusal is one of size, limit or balance."""
    floor = Floor(symbol)
    floor.engine.set_margin_mode(symbol, mode)
    floor.account.cross_leverage[symbol] = Decimal(leverage)
    how: dict[str, Any] = {"marginMode": mode, "leverage": leverage}
    if held:
        floor.place(BUY if held > 0 else SELL, None, abs(held), **how)
    floor.place(BUY, floor.bid - 9, 3, **how)
    ticks = floor.bid - 5 if side == BUY else floor.ask + 5
    price = floor.market.spec.price(ticks)
    lots = floor.engine.max_open_lots(floor.account, floor.market, side, price, Decimal(leverage))
    covered = abs(held) if held * (1 if side == SELL else -1) > 0 else 0
    covered -= min(covered, 3) if side == BUY else 0
    assert lots > 0
    assert floor.engine.test(floor.account, floor.body(side, ticks, covered + lots, **how)).size
    code = floor.refused(floor.body(side, ticks, covered + lots + 1, **how))
    assert code in ("300003", "300005", "330008")


def test_the_formula_is_the_same_for_orders_and_for_helpers(floor: Floor) -> None:
    price = floor.market.spec.price(floor.bid)
    floor.engine.set_margin_mode(SYMBOL, "CROSS")
    few = floor.engine._checks.max_open_value(floor.account, floor.market, Cost(price, Decimal(2)))
    many = floor.engine._checks.max_open_value(floor.account, floor.market, Cost(price, Decimal(9)))
    assert 0 < few < many < few * Decimal("4.5")
