"""When the fund is empty, who earned most on the other side is closed at the bankruptcy price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.simexchange.engine.adl import Holders
from terminal.simexchange.engine.reports import ORDERS, POSITIONS
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.ranking import rank
from tests.support.floor import INVERSE, SYMBOL, Floor


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
def test_the_most_profitable_of_the_other_side_goes_first(symbol: str) -> None:
    floor = Floor(symbol)
    rich = floor.another_account()
    floor.engine.insurance.set_balance(floor.market.spec.settle, Decimal(0))
    floor.place(BUY, None, 40, leverage=20)
    floor.place(SELL, None, 25, rich, leverage=10)
    floor.publisher.private.clear()
    floor.engine.move(symbol, -floor.market.last // 8)
    assert not floor.held
    assert rich.positions[symbol].lots == 0
    (closed,) = rich.closings.newest()
    assert (closed.way, closed.is_long) == ("ADL", False)
    fill = rich.fills.newest()[0]
    lost = floor.account.fills.newest()[0]
    assert (fill.trade_type, fill.lots, fill.price) == ("adl", 25, lost.price)
    assert fill.fee == 0
    assert closed.gross > 0
    told = [one for one in floor.publisher.frames(ORDERS) if one["tradeType"] == "adl"]
    assert [(one["type"], one["status"]) for one in told] == [
        ("match", "match"),
        ("filled", "done"),
    ]
    reasons = [one.get("changeReason") for one in floor.publisher.frames(POSITIONS)]
    assert "adl" in reasons
    assert floor.engine.insurance.crowd_lots == {symbol: 15}, "the rest is the crowd's"


def test_a_full_fund_spares_everybody() -> None:
    floor = Floor()
    other = floor.another_account()
    floor.place(BUY, None, 40, leverage=20)
    floor.place(SELL, None, 25, other, leverage=10)
    floor.engine.move(SYMBOL, -floor.market.last // 8)
    assert not floor.held
    assert other.positions[SYMBOL].lots == -25


def test_the_rank_grows_with_profit_and_leverage() -> None:
    floor = Floor()
    low, high = floor.account, floor.another_account()
    for account, leverage in ((low, 5), (high, 20)):
        floor.place(SELL, None, 10, account, leverage=leverage)

    def ranks() -> list[Decimal]:
        mark = floor.market.mark_price
        return [rank(account, account.positions[SYMBOL], mark) for account in (low, high)]

    assert all(Decimal("0.4") <= one <= Decimal("0.5") for one in ranks())
    floor.engine.move(SYMBOL, -floor.market.last // 50)
    first, second = ranks()
    assert Decimal("0.5") < first < second <= 1
    shown = floor.engine.reports.position_payload(high, floor.market)
    assert shown["delevPercentage"] == float(second)


def test_holders_come_and_go() -> None:
    floor = Floor()
    holders = Holders([SYMBOL])
    floor.place(BUY, None, 2)
    holders.note(floor.account, SYMBOL)
    assert holders.of(SYMBOL) == [floor.account]
    floor.place(SELL, None, 2)
    holders.note(floor.account, SYMBOL)
    assert not holders.has(SYMBOL)
    floor.place(BUY, None, 2)
    holders.recount([floor.account])
    assert holders.has(SYMBOL)
