"""Positions and balances: read, streamed, changed by fills at once, never believed too long."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.errors import TernError
from terminal.domain.events import (
    CrossLeverageUpdate,
    MarginMode,
    MarginModesUpdate,
    PositionMode,
    PositionPatch,
    PositionSettlement,
    PositionUpdate,
    RiskLimitUpdate,
    WalletPatch,
)
from terminal.domain.intention import Source
from terminal.domain.units import ExactPrice, Lots, Money, Price, Side, Symbol
from terminal.exchange.errors import TransportError
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.account import POSITION_READS, RECONCILE_INTERVAL_S
from tests.support.builders import NOW_MS, NOW_NS, XBT, a_fill, a_position_update, a_wallet
from tests.support.desk import Bench

if TYPE_CHECKING:
    from terminal.domain.events import Fill

LATER_NS = TimestampNs((NOW_MS + 500) * 1_000_000)


async def test_everything_is_read_before_it_is_trusted() -> None:
    bench = Bench()
    bench.gateway.held = (a_position_update(3, "100"),)
    assert not bench.account.is_trusted
    await bench.start()
    assert bench.account.is_trusted
    assert bench.account.position(XBT).core.lots == 3
    assert bench.account.wallet("USDT") == a_wallet()
    assert bench.account.margin_mode(XBT) is MarginMode.ISOLATED
    assert bench.account.leverage(XBT) == 5
    await bench.stop()


async def test_a_read_that_fails_is_repeated_until_it_works() -> None:
    bench = Bench()
    bench.gateway.fails = TransportError("down", was_sent=True)
    await bench.start()
    assert not bench.account.is_trusted
    bench.gateway.fails = None
    await bench.clock.advance(0.6)
    assert bench.account.is_trusted
    assert any("could not be read" in notice.text for notice in bench.notices.notices)
    await bench.stop()


async def test_a_lost_stream_takes_the_trust_until_all_is_read_anew() -> None:
    bench = Bench()
    await bench.start()
    bench.stream.drop()
    await bench.clock.settle()
    assert not bench.account.is_trusted
    bench.gateway.held = (a_position_update(-4, "99"),)
    await bench.clock.advance(1.0)
    assert bench.account.is_trusted
    assert bench.account.position(XBT).core.lots == -4
    await bench.stop()


async def test_a_fill_changes_the_position_at_once_and_the_exchange_confirms() -> None:
    bench = Bench()
    await bench.start()
    bench.account.apply_fill(a_fill(price=Price(1000), lots=Lots(2), event_at=LATER_NS))
    position = bench.account.position(XBT)
    assert (position.core.lots, position.is_provisional) == (2, True)
    assert position.core.average_entry is not None
    assert position.core.average_entry.value == Decimal("100.0")
    bench.stream.push(a_position_update(2, "100", event_at=TimestampMs(NOW_MS + 501)))
    assert not bench.account.position(XBT).is_provisional
    await bench.clock.advance(6.0)
    assert bench.account.position(XBT).core.lots == 2
    await bench.stop()


async def test_a_position_frame_that_came_first_is_not_counted_twice() -> None:
    bench = Bench()
    await bench.start()
    bench.stream.push(a_position_update(2, "100", event_at=TimestampMs(NOW_MS + 600)))
    bench.account.apply_fill(a_fill(event_at=LATER_NS))
    assert bench.account.position(XBT).core.lots == 2
    await bench.stop()


async def test_an_older_position_frame_does_not_take_a_fill_back() -> None:
    bench = Bench()
    await bench.start()
    bench.account.apply_fill(a_fill(event_at=LATER_NS))
    bench.stream.push(a_position_update(0, None, event_at=TimestampMs(NOW_MS + 100)))
    assert bench.account.position(XBT).core.lots == 2
    await bench.stop()


async def test_fills_nobody_confirms_are_checked_after_five_seconds() -> None:
    bench = Bench()
    await bench.start()
    bench.account.apply_fill(a_fill(event_at=LATER_NS))
    bench.gateway.held = (a_position_update(7, "101"),)
    await bench.clock.advance(5.1)
    position = bench.account.position(XBT)
    assert (position.core.lots, position.is_provisional) == (7, False)
    await bench.stop()


async def test_positions_that_vanish_between_reads_are_flat() -> None:
    bench = Bench()
    bench.gateway.held = (a_position_update(3, "100"),)
    await bench.start()
    bench.gateway.held = ()
    await bench.clock.advance(60.5)
    assert bench.account.position(XBT).core.is_flat
    assert bench.account.positions() == ()
    await bench.stop()


async def test_cross_mode_uses_the_contracts_leverage() -> None:
    bench = Bench()
    bench.gateway.margin = MarginMode.CROSS
    await bench.start()
    assert bench.account.leverage(XBT) == 10
    await bench.stop()


async def test_an_open_position_decides_mode_and_leverage() -> None:
    bench = Bench()
    bench.gateway.held = (
        a_position_update(1, "100", margin_mode=MarginMode.ISOLATED, leverage=Decimal(20)),
    )
    await bench.start()
    assert bench.account.leverage(XBT) == 20
    await bench.stop()


async def test_day_profit_counts_from_the_first_reading_of_the_utc_day() -> None:
    bench = Bench()
    assert bench.account.day_pnl("USDT") is None
    await bench.start()
    bench.stream.push(a_wallet(equity="1012.5"))
    day = bench.account.day_pnl("USDT")
    assert day is not None
    assert day[0] == Money(Decimal("12.5"), "USDT")
    bench.clock.shift_ms = 24 * 3600 * 1000
    await bench.clock.advance(61.0)
    bench.stream.push(a_wallet(equity="1010"))
    day = bench.account.day_pnl("USDT")
    assert day is not None
    # The reconciliation just after midnight read 1000 again: the new day's first reading.
    assert day[0] == Money(Decimal(10), "USDT")
    await bench.stop()


async def test_hedge_mode_is_said() -> None:
    bench = Bench()
    bench.gateway.mode = PositionMode.HEDGE
    await bench.start()
    assert any("hedge" in notice.text for notice in bench.notices.notices)
    await bench.stop()


async def test_sides_of_fills_reduce_and_cross_zero() -> None:
    bench = Bench()
    bench.gateway.held = (a_position_update(1, "100"),)
    await bench.start()
    bench.account.apply_fill(
        a_fill(side=Side.SELL, lots=Lots(3), price=Price(1010), event_at=LATER_NS)
    )
    core = bench.account.position(XBT).core
    assert core.lots == -2
    assert core.average_entry is not None
    assert core.average_entry.value == Decimal("101.0")
    await bench.stop()


async def test_what_is_heard_while_an_answer_is_on_its_way_is_newer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    await bench.start()
    asked = bench.gateway.position

    async def slow(symbol: Symbol) -> PositionUpdate | None:
        answer = await asked(symbol)
        bench.stream.push(a_position_update(7, "100", event_at=TimestampMs(NOW_MS + 900)))
        return answer

    monkeypatch.setattr(bench.gateway, "position", slow)
    position = await bench.account.read_position(XBT)
    assert position.core.lots == 7
    await bench.stop()


async def test_transfers_move_the_start_of_the_day_along() -> None:
    """Money that came in by a transfer is no gain; without a known day there is nothing to move."""
    bench = Bench()
    money = Money(Decimal(250), "USDT")
    now_ms = bench.clock.now_ms()
    bench.account.note_transfer(money, now_ms)
    await bench.start()
    bench.stream.push(a_wallet(equity="1250"))
    bench.account.note_transfer(money, now_ms)
    day = bench.account.day_pnl("USDT")
    assert day is not None
    assert day[0] == Money(Decimal(0), "USDT")
    await bench.stop()


async def test_a_transfer_of_yesterday_is_in_the_start_of_today_already() -> None:
    """Who says in the morning that it arrived does not turn it into a loss of the day."""
    bench = Bench()
    await bench.start()
    sent_at = bench.clock.now_ms()
    bench.clock.shift_ms += 24 * 3_600_000
    bench.stream.push(a_wallet(equity="1250"))
    bench.account.note_transfer(Money(Decimal(250), "USDT"), sent_at)
    day = bench.account.day_pnl("USDT")
    assert day is not None
    assert day[0] == Money(Decimal(0), "USDT")
    await bench.stop()


async def test_a_wallet_heard_while_it_is_asked_for_is_newer() -> None:
    """The answer to a question does not overwrite what the stream told meanwhile."""
    bench = Bench()
    await bench.start()
    bench.gateway.wallets["USDT"] = a_wallet(equity="900")
    assert await bench.account.read_wallet("USDT") == a_wallet(equity="900")
    assert bench.account.wallet("USDT") == a_wallet(equity="900")
    bench.gateway.on_wallet = lambda: bench.stream.push(a_wallet(equity="950"))
    bench.gateway.wallets["USDT"] = a_wallet(equity="901")
    assert await bench.account.read_wallet("USDT") == a_wallet(equity="950")
    assert bench.account.wallet("USDT") == a_wallet(equity="950")
    await bench.stop()


async def test_what_may_leave_is_the_answers_where_the_stream_does_not_tell() -> None:
    """A newer equity without the field does not turn everything available transferable."""
    bench = Bench()
    await bench.start()
    bench.gateway.on_wallet = lambda: bench.stream.push(a_wallet(equity="950"))
    may_leave = Money(Decimal(850), "USDT")
    bench.gateway.wallets["USDT"] = replace(a_wallet(equity="901"), withdrawable=may_leave)
    heard = await bench.account.read_wallet("USDT")
    assert heard.equity.amount == 950
    assert heard.withdrawable == may_leave
    await bench.stop()


async def test_a_position_heard_during_a_comparison_is_newer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The comparison of every minute does not overwrite what the stream told meanwhile."""
    bench = Bench()
    await bench.start()
    answer = bench.gateway.positions

    async def overtaken() -> tuple[PositionUpdate, ...]:
        found = await answer()
        bench.stream.push(a_position_update(7, "101"))
        return found

    monkeypatch.setattr(bench.gateway, "positions", overtaken)  # the stream is quicker
    await bench.clock.advance(RECONCILE_INTERVAL_S + 1.0)
    assert bench.account.position(XBT).core.lots == 7
    await bench.stop()


async def test_a_wallet_heard_during_a_comparison_is_newer() -> None:
    """The comparison of every minute does not overwrite what the stream told meanwhile, either."""
    bench = Bench()
    await bench.start()
    bench.gateway.on_wallet = lambda: bench.stream.push(a_wallet(equity="950"))
    bench.gateway.wallets["USDT"] = a_wallet(equity="901")
    await bench.clock.advance(RECONCILE_INTERVAL_S + 1)
    assert bench.account.wallet("USDT") == a_wallet(equity="950")
    await bench.stop()


def a_patch(**changes: Any) -> PositionPatch:
    values: dict[str, Any] = {
        "symbol": XBT,
        "mark": ExactPrice(Decimal(111)),
        "unrealized": Money(Decimal(1), "USDT"),
        "margin": None,
        "liquidation": None,
        "leverage": None,
        "event_at": TimestampMs(NOW_MS + 1),
    }
    return PositionPatch(**{**values, **changes})


async def test_a_mark_price_frame_re_marks_and_leaves_all_else() -> None:
    bench = Bench()
    margin = Money(Decimal(40), "USDT")
    bench.gateway.held = (a_position_update(3, "100", margin=margin),)
    await bench.start()
    before = bench.account.position(XBT)
    bench.stream.push(a_patch())
    assert bench.account.position(XBT) == replace(before, mark=ExactPrice(Decimal(111)))
    bench.account.apply_fill(a_fill(event_at=TimestampNs((NOW_MS + 1) * 1_000_000)))
    assert bench.account.position(XBT).core.lots == 5, "a mark says nothing of fills"
    await bench.stop()


async def test_a_mark_price_frame_opens_no_position() -> None:
    bench = Bench()
    await bench.start()
    bench.stream.push(a_patch())
    assert bench.account.positions() == ()
    await bench.stop()


async def test_what_a_whole_position_leaves_out_stays_as_it_was() -> None:
    bench = Bench()
    margin = Money(Decimal(40), "USDT")
    bench.gateway.held = (a_position_update(3, "100", margin=margin, margin_mode=MarginMode.CROSS),)
    await bench.start()
    update = a_position_update(
        5,
        None,
        leverage=None,
        event_at=TimestampMs(NOW_MS + 1),
        untold=frozenset({"margin", "margin_mode", "leverage", "average_entry"}),
    )
    bench.stream.push(update)
    position = bench.account.position(XBT)
    assert (position.core.lots, position.margin) == (5, margin)
    assert position.leverage == Decimal(5)
    assert position.margin_mode is MarginMode.CROSS
    assert position.core.average_entry == ExactPrice(Decimal(100))
    await bench.stop()


async def test_parts_of_an_old_wallet_change_one_figure_each() -> None:
    bench = Bench()
    await bench.start()
    at = TimestampMs(NOW_MS + 1)
    bench.stream.push(WalletPatch("USDT", Money(Decimal(7), "USDT"), None, None, at))
    bench.stream.push(WalletPatch("USDT", None, Money(Decimal(3), "USDT"), None, at))
    bench.stream.push(WalletPatch("EUR", Money(Decimal(1), "EUR"), None, None, at))
    wallet = bench.account.wallet("USDT")
    assert wallet is not None
    assert wallet.available.amount == 7
    assert wallet.order_margin.amount == 3
    bench.stream.push(WalletPatch("USDT", None, None, Money(Decimal(2), "USDT"), at))
    wallet = bench.account.wallet("USDT")
    assert wallet is not None
    assert wallet.frozen == Money(Decimal(2), "USDT")
    assert wallet.equity == a_wallet().equity
    assert bench.account.wallet("EUR") is None
    await bench.stop()


async def test_modes_that_are_changed_elsewhere_are_heard() -> None:
    bench = Bench()
    await bench.start()
    bench.stream.push(MarginModesUpdate(((XBT, MarginMode.CROSS),)))
    bench.stream.push(CrossLeverageUpdate(((XBT, Decimal(8)),)))
    assert bench.account.margin_mode(XBT) is MarginMode.CROSS
    assert bench.account.leverage(XBT) == 8
    await bench.stop()


async def test_settlements_and_risk_limits_are_said() -> None:
    bench = Bench()
    await bench.start()
    fee = Money(Decimal("-0.0142"), "USDT")
    mark, at = ExactPrice(Decimal(100)), TimestampMs(NOW_MS)
    bench.stream.push(PositionSettlement(XBT, Lots(2), mark, Decimal(0), fee, at, LATER_NS))
    bench.stream.push(RiskLimitUpdate(XBT, True, 2, ""))
    bench.stream.push(RiskLimitUpdate(None, False, None, "Too large."))
    texts = [notice.text for notice in bench.notices.notices]
    assert texts[-3:] == [
        "Funding: -0.0142 USDT on 2 lots.",
        "The risk level is 2 now.",
        "The risk level was not changed. Too large.",
    ]
    await bench.stop()


async def test_a_mode_that_could_not_be_read_is_asked_for() -> None:
    """An order in the wrong margin mode would be refused."""
    bench = Bench()
    await bench.start()
    bench.account.prepare(XBT)
    await bench.clock.settle()
    assert bench.account.margin_mode(XBT) is MarginMode.ISOLATED
    bench.gateway.margin = MarginMode.CROSS
    bench.stream.push(FrameUnreadable("half a frame", Channel(ChannelKind.MARGIN_MODES)))
    await bench.clock.settle()
    assert bench.account.margin_mode(XBT) is MarginMode.CROSS
    await bench.stop()


@pytest.mark.parametrize("kind", [ChannelKind.POSITIONS, ChannelKind.ORDERS])
@pytest.mark.parametrize("happens", [ChannelInterrupted, ChannelRefused])
async def test_what_an_interrupted_channel_may_have_missed_is_read_once_it_is_confirmed(
    kind: ChannelKind, happens: type[ChannelInterrupted] | type[ChannelRefused]
) -> None:
    bench = Bench()
    await bench.start()
    session = bench.account if kind is ChannelKind.POSITIONS else bench.desk
    assert session.is_trusted
    channel = Channel(kind)
    bench.stream.push(happens(channel, "Silent."))
    await bench.clock.advance(10.0)
    assert not session.is_trusted
    bench.stream.push(ChannelConfirmed(channel))
    await bench.clock.settle()
    assert session.is_trusted
    await bench.stop()


async def test_a_position_without_a_time_is_the_latest_word() -> None:
    bench = Bench()
    await bench.start()
    known = replace(a_position_update(5), event_at=TimestampMs(NOW_MS + 9))
    bench.stream.push(known, replace(known, lots=Lots(7), event_at=TimestampMs(0)))
    assert bench.account.position(XBT).core.lots == 7
    bench.stream.push(replace(known, lots=Lots(3), event_at=TimestampMs(NOW_MS)))
    assert bench.account.position(XBT).core.lots == 7
    await bench.stop()


async def test_a_change_of_modes_that_cannot_be_read_is_asked_for() -> None:
    bench = Bench()
    await bench.start()
    bench.gateway.margin = MarginMode.CROSS
    unreadable = FrameUnreadable("marginMode: unknown word", Channel(ChannelKind.MARGIN_MODES))
    bench.stream.push(unreadable)
    await bench.clock.settle()
    assert bench.account.margin_mode(XBT) is MarginMode.CROSS
    assert bench.account.leverage(XBT) == 10
    assert bench.account.is_trusted, "positions and balances are not concerned"
    assert any("change of modes" in notice.text for notice in bench.notices.notices)
    await bench.stop()


async def test_many_changes_of_modes_that_cannot_be_read_are_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And once more, because the last of them came while the first answer was on its way."""
    bench = Bench()
    await bench.start()
    asked: list[Symbol] = []

    async def margin_mode(symbol: Symbol) -> MarginMode:
        asked.append(symbol)
        await bench.clock.sleep(0.05)
        return MarginMode.CROSS

    monkeypatch.setattr(bench.gateway, "margin_mode", margin_mode)  # counts and is slow
    bench.stream.push(FrameUnreadable("half a frame", Channel(ChannelKind.MARGIN_MODES)))
    await bench.clock.settle()
    for _ in range(100):
        bench.stream.push(FrameUnreadable("half a frame", Channel(ChannelKind.MARGIN_MODES)))
    await bench.clock.advance(0.2)
    assert asked == [XBT] * 2
    told = [one for one in bench.notices.notices if "change of modes" in one.text]
    assert len(told) == 1, "told once per reading"
    assert bench.account.margin_mode(XBT) is MarginMode.CROSS
    bench.account.prepare(XBT)
    await bench.clock.settle()
    await bench.clock.advance(0.2)
    assert asked == [XBT] * 3, "who is done reads again when it is asked for"
    bench.stream.push(FrameUnreadable("half a frame", Channel(ChannelKind.MARGIN_MODES)))
    told = [one for one in bench.notices.notices if "change of modes" in one.text]
    assert len(told) == 2, "the next reading is told of again"
    await bench.stop()


async def test_who_told_the_size_of_a_position_is_kept_with_it() -> None:
    """A mark price tells nothing of the size; a late frame is not believed."""
    bench = Bench()
    bench.gateway.held = (a_position_update(2),)
    await bench.start()

    def told() -> tuple[Source, int]:
        heard = bench.account.position(XBT).told
        assert heard is not None
        return heard.source, heard.revision

    assert told() == (Source.REST, 1)
    bench.stream.push(a_position_update(3))
    assert told() == (Source.STREAM, 2)
    bench.stream.push(a_patch(), a_position_update(1, event_at=TimestampMs(NOW_MS - 5)))
    assert told() == (Source.STREAM, 2)
    bench.account.apply_fill(a_fill(event_at=TimestampNs(NOW_NS + 9_000_000)))
    assert told() == (Source.ASSUMED, 3)
    await bench.account.read_position(XBT)
    assert told() == (Source.REST, 4)
    await bench.stop()


async def test_a_comparison_of_positions_counts_other_sizes() -> None:
    bench = Bench()
    bench.gateway.held = (a_position_update(2),)
    await bench.start()
    assert bench.account.comparison is not None
    assert bench.account.comparison.differences is None
    await bench.account.read_again()
    assert bench.account.comparison.differences == 0
    bench.gateway.held = ()
    await bench.account.read_again()
    assert bench.account.comparison.differences == 1
    await bench.stop()


def sold(number: int, lots: int) -> Fill:
    """A fill of ours after the position was told."""
    at = TimestampNs((NOW_MS + 500 + number) * 1_000_000)
    return a_fill(trade_id=f"t{number}", side=Side.SELL, lots=Lots(lots), event_at=at)


async def test_a_fill_during_a_read_is_no_answer_of_the_exchange(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """4 are held, 3 were told, 3 are sold while we ask: our sum is flat, the truth is 1."""
    bench = Bench()
    bench.gateway.held = (a_position_update(3, "100"),)
    await bench.start()
    asked, fills = bench.gateway.position, [sold(1, 3)]

    async def slow(symbol: Symbol) -> PositionUpdate | None:
        answer = await asked(symbol)
        if fills:
            bench.account.apply_fill(fills.pop())
            bench.gateway.held = (a_position_update(1, "100"),)
        return answer

    monkeypatch.setattr(bench.gateway, "position", slow)
    position = await bench.account.read_position(XBT)
    assert (position.core.lots, position.is_provisional) == (1, False)
    await bench.stop()


async def test_a_position_that_never_stands_still_is_not_known_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    bench.gateway.held = (a_position_update(3, "100"),)
    await bench.start()
    asked = bench.gateway.position
    numbers = iter(range(1, 100))

    async def restless(symbol: Symbol) -> PositionUpdate | None:
        answer = await asked(symbol)
        bench.account.apply_fill(sold(next(numbers), 1))
        return answer

    monkeypatch.setattr(bench.gateway, "position", restless)
    with pytest.raises(TernError, match="changed during every answer"):
        await bench.account.read_position(XBT)
    assert next(numbers) == POSITION_READS + 1
    assert bench.account.unconfirmed() == (XBT,)
    monkeypatch.setattr(bench.gateway, "position", asked)
    await bench.clock.advance(6.0)
    assert bench.account.unconfirmed() == ()
    assert bench.account.position(XBT).core.lots == 3
    await bench.stop()


@pytest.mark.parametrize("reads_all", [False, True])
async def test_a_fill_that_a_flat_reading_covered_makes_no_position_of_nothing(
    *, reads_all: bool
) -> None:
    """The stream tells it late; a reading of nothing tells no time, so it is asked for anew."""
    bench = Bench()
    bench.gateway.held = (a_position_update(5, "100", event_at=TimestampMs(NOW_MS)),)
    await bench.start()
    bench.gateway.held = ()
    await bench.clock.advance(1.0)
    if reads_all:
        await bench.account.read_again()
    else:
        await bench.account.read_position(XBT)
    assert bench.account.position(XBT).core.is_flat
    late = a_fill(side=Side.SELL, lots=Lots(5), event_at=LATER_NS)
    bench.account.apply_fill(late)
    position = bench.account.position(XBT)
    assert (position.core.is_flat, position.is_provisional) == (True, True)
    bench.gateway.held = (a_position_update(-1, "100", event_at=TimestampMs(NOW_MS + 600)),)
    await bench.clock.advance(0.1)
    assert bench.account.position(XBT).core.lots == -1, "asked at once, whatever our clock says"
    assert not bench.account.position(XBT).is_provisional
    newer = a_fill(trade_id="t2", side=Side.SELL, lots=Lots(2), event_at=TimestampNs(NOW_NS * 2))
    bench.account.apply_fill(newer)
    assert bench.account.position(XBT).core.lots == -3
    await bench.stop()
