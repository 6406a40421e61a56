"""One contract's market under a stepped clock: the same seed and time, the same prices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.market.contracts import CONTRACTS, ContractSpec
from terminal.simexchange.market.market import FUNDING_MS, Market, Trade
from terminal.simexchange.market.matching import BUY, SELL, BookOrder, Match

START_MS = 1_760_000_012_345
SPEC = CONTRACTS[0]


class Nobody:
    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None: ...

    def traded(self, market: Market, trade: Trade, match: Match) -> None: ...

    def taken(self, market: Market, trade: Trade) -> None: ...


def a_market(spec: ContractSpec = SPEC, seed: int = 7) -> tuple[Market, SimClock]:
    clock = SimClock(start_ms=START_MS, speed=0)
    return Market(spec, seed, clock, Nobody()), clock


def played(seconds: int, seed: int = 7) -> list[tuple[Decimal, Decimal]]:
    market, clock = a_market(seed=seed)
    clock.every(0.06, market.step)
    told = []
    for _ in range(seconds):
        clock.advance(1)
        told.append((market.index_price, market.mark_price))
    return told


def test_index_and_mark_depend_on_seed_and_time_alone() -> None:
    assert played(30) == played(30)
    assert played(30)[:10] == played(10), "how far the clock is advanced at once does not matter"
    assert played(30) != played(30, seed=8)


def test_the_index_is_the_same_whatever_others_do_in_the_book() -> None:
    clock = SimClock(start_ms=START_MS, speed=0)
    quiet, busy = (Market(SPEC, 7, clock, Nobody()) for _ in range(2))
    for number in range(400):
        clock.advance(0.06)
        quiet.step()
        busy.book.rest(BookOrder(f"u{number}", "u", BUY, 900_000 - number, 5))
        busy.match(SELL, None, 3, "u")
        busy.step()
        assert quiet.index_price == busy.index_price
    assert quiet.book.trades != busy.book.trades


def test_the_mark_follows_what_the_middle_is_above_the_index_by_time_not_by_steps() -> None:
    """That of an inverse contract; of linear ones it is the median of three."""
    market, clock = a_market(CONTRACTS[-1])
    before = market.mark_price - market.index_price
    for _ in range(200):
        market.step()
    assert market.mark_price - market.index_price == pytest.approx(before, abs=Decimal("0.02"))
    for _ in range(2000):
        clock.advance(0.5)
        market.step()
    best_bid, best_ask = market.book.best(BUY), market.book.best(SELL)
    assert best_bid is not None
    assert best_ask is not None
    middle = market.spec.price(best_bid + best_ask) / 2
    assert abs(market.mark_price - middle) < middle / 2000


@pytest.mark.parametrize("spec", CONTRACTS, ids=lambda spec: spec.symbol)
def test_prices_stand_on_their_grids_and_near_each_other(spec: ContractSpec) -> None:
    market, clock = a_market(spec)
    for _ in range(300):
        clock.advance(0.06)
        market.step()
    assert market.index_price % spec.index_tick == 0
    assert market.mark_price % spec.index_tick == 0
    assert abs(market.mark_price / market.index_price - 1) < Decimal("0.005")
    assert market.buy_limit % spec.tick == market.sell_limit % spec.tick == 0
    assert market.buy_limit <= market.mark_price * (1 + spec.price_range)
    assert market.sell_limit >= market.mark_price * (1 - spec.price_range)
    assert market.buy_limit + spec.tick > market.mark_price * (1 + spec.price_range)
    assert market.sell_limit - spec.tick < market.mark_price * (1 - spec.price_range)


def test_the_rate_of_a_cycle_stays_and_is_the_one_it_is_settled_with() -> None:
    market, clock = a_market(CONTRACTS[4])
    clock.every(2, market.step)
    settles_ms = market.next_funding_ms
    told = market.funding_rate
    clock.advance((settles_ms - START_MS) / 1000 - 1)
    assert market.next_funding_ms == settles_ms
    assert market.funding_rate == told
    predicted = market.predicted_rate
    clock.advance(2)
    assert market.next_funding_ms == settles_ms + FUNDING_MS
    assert market.settled_rate(settles_ms) == told
    assert market.funding_rate == pytest.approx(predicted, abs=2e-6)


def test_there_is_a_last_trade_from_the_beginning() -> None:
    market, clock = a_market()
    (trade,) = market.trades
    assert trade.price == market.last == SPEC.start_ticks
    (row,) = market.candles.rows(1, None, None, 1)
    assert row.start_ms <= trade.at_ns // 1_000_000 < row.start_ms + 60_000
    assert row.close == trade.price
    assert trade.at_ns < clock.now_ns()


def test_ids_are_numbers_that_no_other_contract_gives_out() -> None:
    seen = {a_market(spec)[0].new_id() for spec in CONTRACTS}
    assert len(seen) == len(CONTRACTS)
    assert all(one.isdigit() and len(one) == 18 for one in seen)


def test_open_interest_moves_with_trades_and_never_ends() -> None:
    market, clock = a_market()
    before = market.open_interest
    for _ in range(100):
        clock.advance(0.06)
        market.step()
    assert market.open_interest != before
    assert market.open_interest > 0


def test_json_numbers_are_the_nearest_to_the_exact_price() -> None:
    for spec in CONTRACTS:
        for ticks in (1, 7, 99, spec.start_ticks, spec.start_ticks + 1, 123_456_789):
            assert spec.number(ticks) == float(spec.price(ticks))
