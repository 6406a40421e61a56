"""The market looks and moves like one."""

from __future__ import annotations

import pytest

from terminal.simexchange.auth import demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.faults import Faults
from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.crowd import LEVELS
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.sockets.hub import Hub
from terminal.simexchange.switches import Switches

START_MS = 1_760_000_012_345


def an_engine(seed: int = 7) -> Engine:
    return Engine(
        seed, demo_key(seed), SimClock(start_ms=START_MS, speed=0), Hub(Faults()), Switches()
    )


@pytest.mark.parametrize("symbol", [spec.symbol for spec in CONTRACTS])
def test_a_hundred_levels_a_side_and_never_crossed(symbol: str) -> None:
    engine = an_engine()
    market = engine.markets[symbol]
    counts = []
    for _ in range(300):
        engine.step(symbol)
        bid, ask = market.book.best(BUY), market.book.best(SELL)
        assert bid is not None
        assert ask is not None
        assert bid < ask
        assert ask - bid < 60
        counts.append(min(market.book.level_count(BUY), market.book.level_count(SELL)))
    assert min(counts[50:]) >= 100
    assert max(counts) <= 4 * LEVELS
    assert market.trades, "somebody traded"


def test_the_same_seed_is_the_same_market() -> None:
    def tape(seed: int) -> list[tuple[int, int, str]]:
        engine = an_engine(seed)
        for _ in range(200):
            engine.step("XBTUSDTM")
        return [(t.price, t.lots, t.side) for t in engine.markets["XBTUSDTM"].trades]

    assert tape(7) == tape(7)
    assert tape(7) != tape(8)


def test_prices_move_and_trades_cluster() -> None:
    engine = an_engine()
    market = engine.markets["XBTUSDTM"]
    prices, bursts = set(), []
    for _ in range(3000):
        before = market.book.trades
        engine.step("XBTUSDTM")
        bursts.append(market.book.trades - before)
        prices.add(market.book.best(BUY))
    assert len(prices) > 30
    assert bursts.count(0) > 100
    assert max(bursts) >= 4


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3))
def test_a_day_of_trading_stays_a_market(seed: int) -> None:
    """As many steps as a day has: prices stay believable, layers stay, memory does not grow."""
    engine = an_engine(seed)
    market = engine.markets["XBTUSDTM"]
    start = market.spec.start_ticks
    for step in range(200_000):
        engine.step("XBTUSDTM")
        if step % 1000 == 0:
            assert min(market.book.level_count(BUY), market.book.level_count(SELL)) >= 100
            assert market.book.level_count(BUY) + market.book.level_count(SELL) <= 8 * LEVELS
            assert 0.3 * start < market.last < 3 * start
