"""A damaged frame changes nothing halfway: it is applied as a whole, or nothing changed.

Real sessions on fakes, with something in them; before and after are compared as a whole, and with
what the pure functions of the domain make of the fact. What was missed is said and asked for.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.clock import to_ms
from terminal.domain.events import (
    BookDelta,
    BookDepth,
    CandleUpdate,
    CrossLeverageUpdate,
    Level,
    MarginModesUpdate,
    OrderUpdate,
    PositionPatch,
    PositionUpdate,
    PublicTrade,
    QuoteUpdate,
    RiskLimitUpdate,
    WalletPatch,
    WalletUpdate,
)
from terminal.domain.intention import Source
from terminal.domain.order import apply_update, from_update
from terminal.domain.position import after_fill
from terminal.exchange.gateway import ChannelKind, FrameUnreadable
from terminal.session.hearing import Hearing
from terminal.session.market import BookMode
from terminal.session.positions import flat, position_of
from terminal.session.recovering import APART_S
from tests.contract.test_readers import seeds
from tests.session.test_candles import MINUTE, NOW
from tests.session.test_candles import Harness as CandleHarness
from tests.session.test_market import Harness as MarketHarness
from tests.support.builders import NOW_MS, XBT, a_contract, a_position_update, a_snapshot
from tests.support.desk import Bench
from tests.support.frames import FRAMES, a_connection, heard
from tests.support.mutations import damaged, dumped, mutated
from tests.support.payloads import known_scales, load

if TYPE_CHECKING:
    from terminal.exchange.gateway import StreamFact

SCALES = known_scales()
LONGEST_S = APART_S[-1] + 1.0
"""After so long everything was read again, however often it was before."""
PRIVATE = tuple(name for name in FRAMES if load(name).get("channelType") or "wallet" in name)
ACCOUNT = {
    ChannelKind.POSITIONS, ChannelKind.WALLET, ChannelKind.ORDERS, ChannelKind.STOPS,
    ChannelKind.MARGIN_MODES, ChannelKind.CROSS_LEVERAGE,
}  # fmt: skip
TOLD = Hearing(Source.STREAM, NOW_MS, 0.0, 1)
"""Who told it is looked at elsewhere; here in place of whatever is told."""
OPEN = load("order_open_frame") | {"topic": "/contractMarket/tradeOrders"}


def fact_of(payload: Any, seed: int) -> StreamFact | None:
    return heard(a_connection(), damaged(payload, seed), SCALES)


# Account and orders ------------------------------------------------------------------------------


def all_of(bench: Bench) -> dict[str, dict[Any, Any]]:
    """Everything that account and desk believe."""
    account, desk = bench.account, bench.desk
    return {
        "positions": {one.symbol: replace(one, told=TOLD) for one in account._book.all()},
        "wallets": dict(account._wallets),
        "modes": dict(account._margin_modes),
        "leverages": dict(account._cross_leverage),
        "orders": dict(desk.orders),
        "ids": dict(desk._store.by_id),
        "fills": dict(desk._fills.by_key),
    }


def expected(before: dict[str, dict[Any, Any]], fact: Any) -> dict[str, dict[Any, Any]]:
    """What a whole fact makes of what was believed."""
    after = {name: dict(values) for name, values in before.items()}
    if isinstance(fact, PositionUpdate):
        known = before["positions"].get(fact.symbol)
        if known is None or fact.event_at >= known.event_at:
            after["positions"][fact.symbol] = position_of(fact, TOLD, known)
    elif isinstance(fact, PositionPatch):
        known = before["positions"].get(fact.symbol)
        if known is not None and not known.core.is_flat and fact.event_at >= known.event_at:
            told = {
                name: value
                for name in ("mark", "margin", "liquidation", "leverage")
                if (value := getattr(fact, name))
            }
            after["positions"][fact.symbol] = replace(known, **told)
    elif isinstance(fact, MarginModesUpdate):
        after["modes"].update(fact.modes)
    elif isinstance(fact, CrossLeverageUpdate):
        after["leverages"].update(fact.leverages)
    elif isinstance(fact, RiskLimitUpdate):
        known = before["positions"].get(fact.symbol)
        if known is not None and fact.is_done and fact.level is not None:
            after["positions"][fact.symbol] = replace(known, risk_level=fact.level)
    elif isinstance(fact, OrderUpdate):
        _expect_order(after, fact)
    return after


def _expect_order(after: dict[str, dict[Any, Any]], update: OrderUpdate) -> None:
    oid = after["ids"].get(update.order_id)
    if oid is None and update.client_oid in after["orders"]:
        oid = update.client_oid
    known = after["orders"].get(oid)
    order = from_update(update) if known is None else apply_update(known, update)
    fill = update.fill
    if fill is not None and fill.key not in after["fills"]:
        after["fills"][fill.key] = fill
        position = after["positions"].get(fill.symbol) or flat(fill.symbol)
        at = to_ms(fill.event_at)
        if fill.symbol == XBT and (at > position.event_at or position.is_provisional):
            after["positions"][fill.symbol] = replace(
                position,
                core=after_fill(position.core, fill, a_contract()),
                is_provisional=True,
                event_at=max(at, position.event_at),
                told=TOLD,
            )
    if order is not known:
        after["orders"][order.client_oid] = order
        after["ids"][order.order_id] = order.client_oid


@pytest.mark.parametrize("name", PRIVATE)
async def test_no_damaged_private_frame_changes_the_account_halfway(name: str) -> None:
    payload = load(name)
    bench = Bench()
    bench.gateway.held = (a_position_update(3, "100"),)
    await bench.start()
    bench.stream.push(heard(a_connection(), json.dumps(OPEN), SCALES))
    await bench.clock.settle()
    for seed in seeds(0.3):
        before = all_of(bench)
        fact = fact_of(payload, seed)
        reads = bench.gateway.reads
        if fact is not None:
            bench.stream.push(fact)
        try:
            _assert_whole_step(bench, before, fact)
            if isinstance(fact, FrameUnreadable):
                await _assert_read_again(bench, fact, reads)
        except AssertionError as error:
            raise AssertionError(f"{name} seed {seed}: {fact}") from error
        if isinstance(fact, FrameUnreadable):
            await bench.clock.advance(1.0)
    await bench.stop()


def _assert_whole_step(bench: Bench, before: dict[str, dict[Any, Any]], fact: Any) -> None:
    assert not bench.errors
    after = all_of(bench)
    if isinstance(fact, (WalletUpdate, WalletPatch)):
        changed = {
            currency
            for currency in after["wallets"]
            if after["wallets"][currency] != before["wallets"].get(currency)
        }
        assert changed <= {fact.currency}
        for currency in changed:
            _assert_wallet(before["wallets"].get(currency), after["wallets"][currency], fact)
        before = before | {"wallets": after["wallets"]}
    assert after == expected(before, fact)


def _assert_wallet(before: Any, after: Any, fact: WalletUpdate | WalletPatch) -> None:
    """All that was told, and of the rest what was known."""
    told = ("equity", "available", "order_margin", "position_margin", "unrealized", "event_at")
    for field in told:
        value = getattr(fact, field, None)
        assert getattr(after, field) == (getattr(before, field) if value is None else value), field


async def _assert_read_again(bench: Bench, fact: FrameUnreadable, reads: int) -> None:
    """Said, and asked for, by whom it concerns."""
    kind = None if fact.channel is None else fact.channel.kind
    if kind is not None and kind not in ACCOUNT:
        return  # of a channel that nobody here listens to
    assert any("could not be read" in notice.text for notice in bench.notices.notices)
    if kind in {None, ChannelKind.POSITIONS, ChannelKind.WALLET}:
        assert not bench.account.is_trusted
        await bench.clock.advance(LONGEST_S)
        assert bench.gateway.reads > reads
    if kind in {None, ChannelKind.ORDERS, ChannelKind.STOPS}:
        await bench.clock.advance(LONGEST_S)
    assert bench.account.is_trusted
    assert bench.desk.is_trusted


# Books -------------------------------------------------------------------------------------------


def book_of(harness: MarketHarness) -> tuple[Any, ...]:
    book = harness.market.book
    return (book.sequence, book.bids.ascending(), book.asks.ascending(), book.bids.off_tick())


@pytest.mark.parametrize("name", ["level2_frame", "level2_removed_frame"])
async def test_no_damaged_change_leaves_a_book_that_is_wrong_and_shown(name: str) -> None:
    payload = load(name)
    sequence = payload["data"]["sequence"]
    levels = {"bids": ((1_000_114, 5), (999_999, 7)), "asks": ((1_000_115, 4), (1_000_200, 9))}
    for seed in seeds(0.2):
        harness = MarketHarness()
        harness.gateway.snapshots[0] = a_snapshot(sequence - 1, **levels)
        await harness.live()
        assert harness.market.book_is_live
        before = book_of(harness)
        fact = fact_of(payload, seed)
        if fact is not None:
            harness.stream.push(fact)
        after = book_of(harness)
        try:
            if isinstance(fact, BookDelta) and fact.symbol == XBT:
                _assert_book_step(harness, before, after, fact)
            elif isinstance(fact, FrameUnreadable):
                about = fact.channel
                if about is None or (about.kind is ChannelKind.BOOK and about.symbol == XBT):
                    assert not harness.market.book_is_live
                assert after == before
            else:
                assert after == before
        except AssertionError as error:
            raise AssertionError(f"{name} seed {seed}: {fact}") from error
        await harness.clock.advance(3.0)
        if isinstance(fact, FrameUnreadable):
            assert harness.market.book_is_live, "it was read again"
        await harness.end()


def _assert_book_step(
    harness: MarketHarness, before: tuple[Any, ...], after: tuple[Any, ...], delta: BookDelta
) -> None:
    last = before[0]
    if delta.sequence <= last:
        assert after == before
    elif delta.sequence > last + 1:
        assert not harness.market.book_is_live
    else:
        assert after[0] == delta.sequence
        index = 1 if delta.side.value == "buy" else 2
        assert after[3 - index] == before[3 - index], "the other side stays"
        rest = {level for level in before[index] if level.price != delta.price}
        kept = {level for level in after[index] if level.price != delta.price}
        assert rest == kept


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("depth5_frame", BookMode.DEPTH5),
        ("depth5_old_frame", BookMode.DEPTH5),
        ("depth50_frame", BookMode.DEPTH50),
        ("ticker_v2_frame", BookMode.QUOTES),
    ],
)
async def test_no_damaged_frame_is_half_a_light_book(name: str, mode: BookMode) -> None:
    payload = load(name)
    for seed in seeds(0.1):
        harness = MarketHarness()
        harness.market.follow(mode)
        await harness.live()
        assert harness.market.book_is_live
        before = book_of(harness)
        fact = fact_of(payload, seed)
        if fact is not None:
            harness.stream.push(fact)
        after = book_of(harness)
        if isinstance(fact, (BookDepth, QuoteUpdate)):
            whole = _levels_of(fact)
            assert after == before or after[:3] == whole, f"{name} seed {seed}: {fact}"
        else:
            assert after == before, f"{name} seed {seed}: {fact}"
        if isinstance(fact, FrameUnreadable) and fact.channel is None:
            assert not harness.market.book_is_live
        await harness.clock.advance(1.0)
        assert harness.market.book_is_live, "it was read again"
        await harness.end()


def _levels_of(fact: BookDepth | QuoteUpdate) -> tuple[Any, ...]:
    if isinstance(fact, BookDepth):
        bids, asks = fact.bids, fact.asks
    else:
        bids = () if fact.bid is None else (fact.bid,)
        asks = () if fact.ask is None else (fact.ask,)
    return fact.sequence, _ascending(bids), _ascending(asks)


def _ascending(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    return tuple(sorted(levels))


# Candles -----------------------------------------------------------------------------------------


def _today(payload: Any) -> Any:
    """The frame with the times of the test's clock."""
    data = dict(payload["data"])
    if "candles" in data:
        data["candles"] = [str(NOW // 1000), *data["candles"][1:]]
        data["time"] = NOW + 1_000
    elif "ts" in data:
        data["ts"] = (NOW + 1_000) * 1_000_000
    return {**payload, "data": data}


@pytest.mark.parametrize("name", ["candle_frame", "execution_frame", "execution_old_frame"])
async def test_no_damaged_frame_breaks_a_series_of_candles(name: str) -> None:
    payload = _today(load(name))
    harness = CandleHarness(minutes=20)
    await harness.live()
    for seed in seeds(0.3):
        dice = random.Random(seed)
        before = _candles(harness)
        fact = heard(a_connection(), dumped(mutated(payload, dice)), SCALES)
        if fact is not None:
            harness.stream.push(fact)
        after = _candles(harness)
        starts = [candle.start_at for candle in after]
        try:
            assert starts == sorted(set(starts))
            assert all(start % MINUTE == 0 for start in starts)
            if isinstance(fact, (CandleUpdate, PublicTrade)):
                changed = [old for old, new in zip(before, after, strict=False) if old != new]
                assert all(old.start_at >= before[-2].start_at for old in changed)
            else:
                assert after == before
            if isinstance(fact, FrameUnreadable) and fact.channel is not None:
                assert harness.candles.staleness() is not None
        except AssertionError as error:
            raise AssertionError(f"{name} seed {seed}: {fact}") from error
        assert not harness.errors
        await harness.clock.advance(4.0)
        assert harness.candles.staleness() is None
    await harness.end()


def _candles(harness: CandleHarness) -> list[Any]:
    series = harness.candles.series
    return [series.candle(at) for at in range(len(series))]
