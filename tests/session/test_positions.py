"""Positions by contract and lane: nothing is ever added up, and no lane is guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.events import PositionMode, PositionPatch, PositionSettlement, PositionSide
from terminal.domain.units import ExactPrice, Lots, Money, Price, Side, Symbol
from terminal.session.account import RECONCILE_INTERVAL_S, LaneNotNamedError
from terminal.session.positions import PositionBook
from tests.support.builders import (
    NOW_MS,
    NOW_NS,
    XBT,
    a_contract,
    a_fill,
    a_position_update,
    an_inverse_contract,
    an_order_update,
    position_details,
)
from tests.support.desk import Bench
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.events import PositionUpdate

BOTH, LONG, SHORT = PositionSide
INVERSE = Symbol("XBTUSDM")


def told(lots: int, side: PositionSide | None, **changes: Any) -> PositionUpdate:
    """A whole position that names its lane, a second after the start."""
    return a_position_update(
        lots,
        **{"details": position_details(side), "event_at": TimestampMs(NOW_MS + 1000), **changes},
    )


def at(seconds: int) -> TimestampNs:
    return TimestampNs(NOW_NS + seconds * 10**9)


async def a_hedged_bench(*held: PositionUpdate) -> Bench:
    bench = Bench()
    bench.contracts[INVERSE] = an_inverse_contract()
    bench.gateway.mode = PositionMode.HEDGE
    bench.gateway.held = held
    await bench.start()
    return bench


def lots(bench: Bench, symbol: Symbol = XBT) -> tuple[int, int]:
    return tuple(bench.account.position(symbol, lane).core.lots for lane in (LONG, SHORT))  # type: ignore[return-value]  # of two


async def test_both_lanes_are_read_and_neither_is_a_sum() -> None:
    bench = await a_hedged_bench(told(5, LONG), told(-3, SHORT, average_entry=None))
    assert bench.account.lanes(XBT) == (LONG, SHORT)
    assert lots(bench) == (5, -3)
    assert [(one.symbol, one.lane) for one in bench.account.positions()] == [
        (XBT, LONG), (XBT, SHORT),
    ]  # fmt: skip
    for ask in (bench.account.position, bench.account.lane):
        with pytest.raises(LaneNotNamedError) as caught:
            ask(XBT, None)
        assert "long and a short" in caught.value.sentence
    assert bench.account.position(XBT, BOTH).core.is_flat, "there is no such lane"
    await bench.stop()


@pytest.mark.parametrize("symbol", [XBT, INVERSE])
async def test_fills_go_to_the_lane_of_their_order_or_to_their_own(symbol: Symbol) -> None:
    """Entries average as they do in one-way mode: by value, or by the inverse of the price."""
    bench = await a_hedged_bench()
    account = bench.account
    account.apply_fill(a_fill(symbol=symbol, event_at=at(1)), LONG)
    account.apply_fill(a_fill(symbol=symbol, price=Price(2000), event_at=at(2)), LONG)
    selling = a_fill(symbol=symbol, side=Side.SELL, lots=Lots(3), event_at=at(3))
    account.apply_fill(selling, SHORT)
    own = a_fill(symbol=symbol, side=Side.SELL, lots=Lots(1), event_at=at(4), position_side=LONG)
    account.apply_fill(own, SHORT)
    assert lots(bench, symbol) == (3, -3)
    entry = account.position(symbol, LONG).core.average_entry
    assert entry is not None
    linear, inverse = Decimal(150), Decimal(4) / (Decimal(2) / 100 + Decimal(2) / 200)
    assert entry.value == (linear if symbol == XBT else inverse)
    assert account.unconfirmed() == (symbol,)
    await bench.stop()


async def test_a_fill_without_a_lane_is_not_guessed_but_asked_about() -> None:
    bench = await a_hedged_bench(told(5, LONG), told(-3, SHORT))
    bench.gateway.held = (told(7, LONG), told(-3, SHORT))
    bench.account.apply_fill(a_fill(event_at=at(5)))
    assert lots(bench) == (5, -3)
    assert bench.account.unconfirmed() == (XBT,), "neither lane is sure"
    await bench.clock.advance(0.1)
    assert lots(bench) == (7, -3)
    assert bench.account.unconfirmed() == ()
    await bench.stop()


async def test_a_lane_never_becomes_its_opposite() -> None:
    bench = await a_hedged_bench(told(2, LONG))
    bench.account.apply_fill(a_fill(side=Side.SELL, lots=Lots(5), event_at=at(5)), LONG)
    position = bench.account.position(XBT, LONG)
    assert (position.core.lots, position.is_provisional) == (0, True)
    assert lots(bench) == (0, 0)
    await bench.stop()


async def test_the_orders_stream_names_the_lane_of_a_fill() -> None:
    bench = await a_hedged_bench()
    fill = a_fill(side=Side.SELL, event_at=at(1))
    update = an_order_update(
        side=Side.SELL, position_side=SHORT, lots=Lots(2), filled=Lots(2), is_done=True, fill=fill
    )
    bench.stream.push(update)
    assert lots(bench) == (0, -2)
    await bench.stop()


async def test_what_the_stream_tells_changes_its_own_lane_only() -> None:
    bench = await a_hedged_bench(told(5, LONG), told(-3, SHORT))
    bench.stream.push(told(6, LONG, event_at=TimestampMs(NOW_MS + 2000)))
    assert lots(bench) == (6, -3)
    bench.stream.push(told(-1, None, event_at=TimestampMs(NOW_MS + 3000)))
    assert lots(bench) == (6, -1), "short lots are of the short lane, told or not"
    bench.stream.push(told(0, SHORT, event_at=TimestampMs(NOW_MS + 4000)))
    assert lots(bench) == (6, 0)
    bench.stream.push(told(0, None, event_at=TimestampMs(NOW_MS + 5000)))
    assert lots(bench) == (0, 0), "the only one that is held"
    await bench.stop()


async def test_a_flat_word_without_a_lane_is_asked_about_when_both_are_held() -> None:
    bench = await a_hedged_bench(told(5, LONG), told(-3, SHORT))
    bench.gateway.held = (told(5, LONG),)
    bench.stream.push(told(0, None, event_at=TimestampMs(NOW_MS + 5000)))
    assert bench.account.unconfirmed() == (XBT,)
    await bench.clock.advance(0.1)
    assert lots(bench) == (5, 0)
    await bench.stop()


def a_patch(side: PositionSide | None, mark: str = "111", margin: str = "7") -> PositionPatch:
    zero, price = Money(Decimal(0), "USDT"), ExactPrice(Decimal(mark))
    amount = Money(Decimal(margin), "USDT")
    return PositionPatch(XBT, price, zero, amount, None, None, TimestampMs(NOW_MS + 9000), side)


async def test_a_part_without_a_lane_tells_both_the_mark_and_neither_its_margin() -> None:
    bench = await a_hedged_bench(told(5, LONG), told(-3, SHORT))
    bench.stream.push(a_patch(None))
    found = [bench.account.position(XBT, lane) for lane in (LONG, SHORT)]
    marks = [one.mark for one in found]
    assert marks == [ExactPrice(Decimal(111))] * 2
    assert [one.margin for one in found] == [Money(Decimal(0), "USDT")] * 2
    bench.stream.push(a_patch(SHORT, "112"))
    long, short = (bench.account.position(XBT, lane) for lane in (LONG, SHORT))
    assert long.mark == ExactPrice(Decimal(111))
    assert short.margin == Money(Decimal(7), "USDT")
    await bench.stop()


async def test_funding_says_of_which_lane_it_is() -> None:
    bench = await a_hedged_bench(told(5, LONG), told(-3, SHORT))
    fee, price = Money(Decimal("-0.5"), "USDT"), ExactPrice(Decimal(100))
    settled = PositionSettlement(
        XBT, Lots(-3), price, Decimal("0.0001"), fee, NOW_MS, TimestampNs(NOW_NS)
    )
    bench.stream.push(settled)
    said = bench.notices.notices[-1].text
    assert said == "Funding: -0.5 USDT on -3 lots of the short lane."
    await bench.stop()


async def test_a_mode_switched_elsewhere_clears_and_everything_is_read_again() -> None:
    bench = Bench()
    bench.gateway.held = (a_position_update(5),)
    await bench.start()
    bench.gateway.held = ()
    bench.stream.push(a_position_update(0, event_at=TimestampMs(NOW_MS + 1000)))
    bench.gateway.mode = PositionMode.HEDGE
    bench.gateway.held = (told(2, LONG),)
    bench.stream.push(told(2, LONG))
    assert not bench.account.is_trusted, "the mode that we knew has no such lane"
    await bench.clock.advance(3.0)
    assert bench.account.is_trusted
    assert bench.account.is_hedged
    assert lots(bench) == (2, 0)
    assert any("hedge mode" in notice.text for notice in bench.notices.notices)

    bench.gateway.mode = PositionMode.ONE_WAY
    bench.gateway.held = (a_position_update(-4),)
    await bench.clock.advance(RECONCILE_INTERVAL_S)
    assert bench.account.position(XBT).core.lots == -4
    assert lots(bench) == (0, 0), "what the lanes held is forgotten"
    assert bench.notices.notices[-1].text == "The account was changed to one-way mode."
    await bench.stop()


async def test_a_lane_that_is_told_oddly_does_not_keep_the_account_from_trust() -> None:
    """The mode was asked for again and stands: its word is the one that counts."""
    bench = Bench()
    bench.gateway.held = (told(2, LONG),)
    await bench.start()
    await bench.clock.advance(20.0)
    assert bench.account.is_trusted
    assert bench.account.position(XBT).core.lots == 2
    await bench.stop()


async def test_an_answer_is_believed_lane_by_lane() -> None:
    bench = await a_hedged_bench(told(5, LONG), told(-3, SHORT))
    asked = bench.gateway.positions_of

    async def overtaken(symbol: Symbol) -> tuple[PositionUpdate, ...]:
        bench.stream.push(told(-9, SHORT, event_at=TimestampMs(NOW_MS + 7000)))
        return await asked(symbol)

    bench.gateway.positions_of = overtaken  # type: ignore[method-assign]  # the stream is quicker
    bench.gateway.held = (told(6, LONG), told(-3, SHORT))
    assert (await bench.account.read_position(XBT, LONG)).core.lots == 6
    assert lots(bench) == (6, -9), "what was heard of the short meanwhile is newer"
    await bench.stop()


FILLS = st.lists(
    st.tuples(st.sampled_from([LONG, SHORT]), st.sampled_from(Side), st.integers(1, 9)), max_size=20
)


@given(FILLS, st.sampled_from([a_contract(), an_inverse_contract()]))
def test_whatever_fills_no_lane_has_lots_of_the_other_sign(
    fills: list[tuple[PositionSide, Side, int]], contract: Contract
) -> None:
    """And a fill never changes the lane that it is not of."""
    symbol = contract.symbol
    book = PositionBook(FakeClock(), {symbol: contract})
    book.take_mode(PositionMode.HEDGE, set())
    for number, (lane, side, size) in enumerate(fills, start=1):
        before = {one: book.get(symbol, one) for one in (LONG, SHORT)}
        fill = a_fill(symbol=symbol, side=side, lots=Lots(size), event_at=at(number))
        book.add(fill, lane)
        long, short = book.get(symbol, LONG), book.get(symbol, SHORT)
        assert long.core.lots >= 0 >= short.core.lots
        other = LONG if lane is SHORT else SHORT
        assert book.get(symbol, other) is before[other] or before[other].core.is_flat
