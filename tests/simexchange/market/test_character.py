"""What is traded has the character of a market: tails, clusters, no memory of direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.market.contracts import CONTRACTS, ContractSpec
from terminal.simexchange.market.market import Market
from terminal.simexchange.market.matching import BUY, SELL
from tests.support.returns import Figures, figures_of, returns_of

if TYPE_CHECKING:
    from terminal.simexchange.market.market import Trade
    from terminal.simexchange.market.matching import Match

START_MS = 1_760_000_012_345


@final
class Nobody:
    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None: ...

    def traded(self, market: Market, trade: Trade, match: Match) -> None: ...

    def taken(self, market: Market, trade: Trade) -> None: ...


def played(spec: ContractSpec, seed: int, minutes: int, steps: int) -> tuple[Figures, float]:
    """Figures of so many minutes of klines, and how much of the time the spread is one tick.

    Klines are made of what was traded, the spread is that of the book after every step.
    """
    clock = SimClock(start_ms=START_MS, speed=0)
    market = Market(spec, seed, clock, Nobody())
    narrow = 0

    def act() -> None:
        nonlocal narrow
        market.step()
        bid, ask = market.book.best(BUY), market.book.best(SELL)
        assert bid is not None
        assert ask is not None
        assert bid < ask
        narrow += ask - bid == 1

    clock.every(60 / steps, act)
    clock.advance(60 * minutes)
    assert spec.start_ticks / 2 < market.last < spec.start_ticks * 2
    candles = market.candles.rows(1, market.candles.opened_ms, None, minutes + 1)
    assert candles[-1].close == market.last
    assert len(candles) > 0.9 * minutes
    figures = figures_of(returns_of([candle.close for candle in candles]))
    return figures, narrow / (minutes * steps)


def test_a_while_of_the_major_contract() -> None:
    """600 minutes, in which it acts 12 times each."""
    figures, narrow = played(CONTRACTS[0], 7, 600, 12)
    assert figures.kurtosis > 1
    assert figures.absolute_at_10 > 0.03
    assert abs(figures.first) < 0.12
    assert narrow > 0.7


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [7, 1, 2])
def test_ten_thousand_minutes_of_the_major_contract(seed: int) -> None:
    figures, narrow = played(CONTRACTS[0], seed, 10_000, CONTRACTS[0].steps_per_minute)
    assert figures.kurtosis > 1
    assert figures.absolute_at_10 > 0.1
    assert abs(figures.first) < 0.05
    assert narrow > 0.7


@pytest.mark.nightly
@pytest.mark.parametrize("spec", CONTRACTS[1:], ids=lambda spec: spec.symbol)
def test_ten_thousand_minutes_of_every_other_contract(spec: ContractSpec) -> None:
    figures, narrow = played(spec, 7, 10_000, 60)
    assert figures.kurtosis > 0.8
    assert figures.absolute_at_10 > 0.07
    assert abs(figures.first) < 0.15, "trades bounce between bid and ask of coarse ticks"
    assert narrow > 0.6
