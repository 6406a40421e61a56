"""The score by which positions are deleveraged."""

from __future__ import annotations

from decimal import Decimal

from terminal.simexchange.market.matching import BUY
from terminal.simexchange.trading.ranking import rank, score
from tests.support.floor import SYMBOL, Floor


def test_a_return_counts_as_often_as_the_leverage_and_a_loss_less() -> None:
    floor = Floor()
    floor.place(BUY, None, 10, leverage=10)
    held = floor.account.positions[SYMBOL]
    up, down = held.entry * Decimal("1.02"), held.entry * Decimal("0.98")
    assert round(score(floor.account, held, up), 4) == Decimal("0.1700")
    assert round(score(floor.account, held, down), 4) == Decimal("-0.0016")
    assert rank(floor.account, held, up) > rank(floor.account, held, down) > Decimal("0.49")


def test_who_has_nothing_left_is_last_and_who_holds_nothing_is_nobody() -> None:
    floor = Floor()
    held = floor.account.positions[SYMBOL]
    assert rank(floor.account, held, Decimal(1)) == 0
    floor.place(BUY, None, 10, leverage=10)
    assert score(floor.account, held, held.entry / 2) == -1
    assert rank(floor.account, held, held.entry / 2) == 0
    assert rank(floor.account, held, held.entry * 3) == 1
