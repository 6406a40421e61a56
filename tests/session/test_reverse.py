"""Reversing: flatten, and only when verified flat one opposite order of the old size."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.events import OrderType, PositionMode
from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.intention import Purpose
from terminal.domain.units import ClientOid, Lots, Price, Side
from terminal.session.journal import MemoryJournal
from terminal.session.results import Blocked
from tests.support.builders import XBT, a_ticket
from tests.support.pocket import Fate, PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from collections.abc import Sequence


async def a_held_position(lots: int = 3) -> PocketDesk:
    """A long position with an entry below and a stop."""
    d = await a_pocket_desk()
    await d.hold(lots)
    await d.placed(a_ticket(price=Price(950)))
    await d.placed(a_ticket(lots=Lots(3), **stop_at(900)))
    d.exchange.log.clear()
    return d


async def test_the_order_of_things() -> None:
    d = await a_held_position()
    assert d.desk.reverse(XBT) is None
    await d.clock.advance(5.0)
    assert d.exchange.log == [
        "cancel c1",
        "place c3",
        "fill c3 3",
        "cancel c2",
        "place c4",
        "fill c4 3",
    ]
    assert d.exchange.held == -3
    tickets = [order.ticket for order in d.exchange.orders.values()][2:]
    assert tickets[0].is_close_order
    opposite = tickets[1]
    assert (opposite.side, opposite.lots, opposite.order_type) == (Side.SELL, 3, OrderType.MARKET)
    assert not opposite.reduces_only
    assert d.sentences[-1] == "Reversed: XBTUSDTM is short 3, without exits."
    intention = d.desk.journal.intention(d.desk.orders[next(reversed(d.desk.orders))].client_oid)
    assert intention is not None
    assert intention.purpose is Purpose.REVERSE
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


async def test_what_would_be_blocked_is_said_before_anything_is_closed() -> None:
    d = await a_held_position()
    d.limits = GuardLimits(max_lots=Lots(2))
    blocked = d.desk.reverse(XBT)
    assert isinstance(blocked, Blocked)
    assert "your limit is 2" in blocked.blocks[0].reason
    d.touch = None
    assert d.desk.reverse(XBT) is not None
    await d.clock.advance(5.0)
    assert d.exchange.log == []
    assert d.exchange.held == 3
    await d.stop()


async def test_the_verified_size_is_looked_at_by_the_guard_too() -> None:
    d = await a_held_position()
    d.limits = GuardLimits(max_lots=Lots(4))
    d.exchange.held = 5  # more than was told
    assert d.desk.reverse(XBT) is None
    await d.clock.advance(5.0)
    assert d.exchange.log == []
    assert d.sentences[-1].startswith("Not reversed, and nothing was touched. 5 lots")
    await d.stop()


async def test_a_guard_that_says_no_after_closing_leaves_us_flat_and_says_so() -> None:
    d = await a_held_position()

    def stale(what: str) -> None:
        if what.startswith("fill"):
            d.touch = None

    d.exchange.watch = stale
    d.desk.reverse(XBT)
    await d.clock.advance(5.0)
    assert d.exchange.held == 0
    assert d.sentences[-1].startswith("XBTUSDTM is flat, and nothing opposite was sent.")
    await d.stop()


async def test_a_refused_close_sends_nothing_opposite_and_keeps_the_stop() -> None:
    d = await a_held_position()
    d.exchange.fate = lambda kind: Fate.REFUSED if kind == "place" else Fate.WELL
    d.desk.reverse(XBT)
    await d.clock.advance(20.0)
    assert d.exchange.held == 3
    assert [order.client_oid for order in d.exchange.alive()] == ["c2"]
    assert d.sentences[-1].startswith("Not reversed: XBTUSDTM was not flattened.")
    await d.stop()


async def test_amid_a_settlement_nothing_is_reversed_later_than_it_was_meant() -> None:
    """Unlike flattening it does not wait: the opposite order is meant for the market of now."""
    d = await a_held_position()
    d.exchange.fate = lambda kind: Fate.SETTLING if kind == "place" else Fate.WELL
    d.desk.reverse(XBT)
    await d.clock.advance(4.0)
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(60.0)
    assert d.exchange.held == 3
    assert "Not reversed: XBTUSDTM was not flattened. Settlement" in d.sentences[-1]
    await d.stop()


async def test_flattening_in_the_middle_calls_the_opposite_order_off() -> None:
    d = await a_held_position()
    d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    d.desk.reverse(XBT)
    assert d.desk.reversing(XBT)
    await d.clock.settle()
    d.desk.flatten(XBT)
    await d.clock.advance(20.0)
    assert d.exchange.held == 0
    assert d.sentences[-1].endswith("The reverse was called off.")
    assert not d.desk.reversing(XBT)
    await d.stop()


async def test_disarming_in_the_middle_calls_the_opposite_order_off() -> None:
    d = await a_held_position()
    d.desk.reverse(XBT)
    d.desk.abort_moves(XBT, exits_too=False)
    await d.clock.advance(5.0)
    assert d.exchange.held == 3
    assert d.sentences[-1].startswith("Not reversed, and nothing was touched.")
    await d.stop()


async def test_an_opposite_order_that_fills_in_part_says_what_came_of_it() -> None:
    d = await a_held_position()

    def thin(what: str) -> None:
        if what == "cancel c2":
            d.exchange.market_fills = 1

    d.exchange.watch = thin
    d.desk.reverse(XBT)
    await d.clock.advance(20.0)
    assert d.exchange.held == -1
    words = "XBTUSDTM: 1 of 3 lots were opened the other way, the rest was canceled."
    assert d.sentences[-1] == words
    await d.stop()


async def test_once_at_a_time_and_not_without_a_position() -> None:
    d = await a_held_position()
    assert d.desk.reverse(XBT) is None
    assert d.desk.reverse(XBT) is not None
    await d.clock.advance(5.0)
    await d.hold(0)
    blocked = d.desk.reverse(XBT)
    assert isinstance(blocked, Blocked)
    assert blocked.blocks[0].reason == "There is no position in XBTUSDTM to reverse."
    await d.stop()


async def test_in_hedge_mode_a_lane_must_be_named_to_be_reversed() -> None:
    d = PocketDesk()
    d.exchange.mode = PositionMode.HEDGE
    await d.start()
    blocked = d.desk.reverse(XBT)
    assert isinstance(blocked, Blocked)
    assert "hedge mode" in blocked.blocks[0].sentence
    assert "lane" in blocked.blocks[0].remedy
    assert not d.desk.reversing(XBT)
    await d.stop()


FATES = st.sampled_from(
    [Fate.WELL, Fate.WELL, Fate.WELL, Fate.ANSWER_LOST, Fate.LOST, Fate.LATE, Fate.REFUSED]
)
WORDS = st.sampled_from([Fate.WELL, Fate.WELL, Fate.LATE, Fate.TWICE, Fate.LOST])


async def _never_more(
    held: int, commands: Sequence[Fate], words: Sequence[Fate], reads: Sequence[bool]
) -> None:
    drawn = {
        "place": iter(commands),
        "cancel": iter(commands[::-1]),
        "word": iter(words),
        "read": iter([Fate.WELL if good else Fate.LOST for good in reads]),
    }
    d = await a_pocket_desk()
    await d.hold(held)
    stop = await d.placed(a_ticket(lots=Lots(held), **stop_at(900)))
    broken: list[str] = []

    def watch(what: str) -> None:
        if what == f"cancel {stop}" and d.exchange.held > 0:
            broken.append("the stop went before we were flat")
        opening = [o for o in d.exchange.orders.values() if o.opens]
        if len(opening) > 1 or any(o.lots > held for o in opening):
            broken.append("more than one opposite order of the old size")
        if opening and d.exchange.held > 0:
            broken.append("opposite before flat")

    d.exchange.watch = watch
    d.exchange.fate = lambda kind: next(drawn.get(kind, iter(())), Fate.WELL)
    d.desk.reverse(XBT)
    await d.clock.advance(90.0)
    assert broken == []
    assert -held <= d.exchange.held <= held
    assert not d.desk.flattening(XBT)
    assert d.sentences
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


@settings(max_examples=settings().max_examples // 2)
@given(
    st.integers(1, 5),
    st.lists(FATES, max_size=6),
    st.lists(WORDS, max_size=12),
    st.lists(st.booleans(), max_size=10),
)
def test_never_more_than_the_old_size_and_never_naked_before_flat(
    held: int, commands: list[Fate], words: list[Fate], reads: list[bool]
) -> None:
    """Whatever is lost, late or doubled on the way."""
    asyncio.run(_never_more(held, commands, words, reads))


async def test_the_guard_is_asked_as_if_we_were_flat_already() -> None:
    """The position to be closed must not make room for an order that comes after it is closed."""
    d = await a_held_position()
    d.limits = GuardLimits(max_position=Lots(2))
    blocked = d.desk.reverse(XBT)
    assert isinstance(blocked, Blocked)
    assert "3 lots short" in blocked.blocks[0].reason
    await d.clock.advance(5.0)
    assert (d.exchange.log, d.exchange.held) == ([], 3)
    d.limits = GuardLimits(max_position=Lots(3))
    assert d.desk.reverse(XBT) is None
    await d.clock.advance(5.0)
    assert d.exchange.held == -3
    await d.stop()


async def test_what_cannot_be_written_down_is_not_begun() -> None:
    d = await a_held_position()
    assert isinstance(d.desk.journal, MemoryJournal)
    d.desk.journal.problem = "The order journal cannot be written (disk full)."
    blocked = d.desk.reverse(XBT)
    assert isinstance(blocked, Blocked)
    assert blocked.blocks[0].field is BlockField.JOURNAL
    moved = d.desk.move(ClientOid("c1"), Price(960))
    assert isinstance(moved, Blocked)
    assert moved.blocks[0].field is BlockField.JOURNAL
    await d.clock.advance(5.0)
    assert d.exchange.log == []
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


async def test_a_position_that_an_error_of_ours_keeps_from_being_read_is_left_and_told() -> None:
    d = await a_held_position()

    async def fail(_symbol: object) -> None:
        raise ValueError("ours")

    d.account.read_position = fail  # type: ignore[method-assign,assignment]  # breaks
    assert d.desk.reverse(XBT) is None
    await d.clock.advance(5.0)
    assert d.exchange.log == []
    assert d.sentences == ["Nothing was touched: the position in XBTUSDTM could not be read."]
    assert d.desk.journal.open_procedures() == ()
    assert all("ours" in error for error in d.errors)
    assert d.errors
    d.errors.clear()
    await d.stop()


@pytest.mark.parametrize("command", ["reverse", "flatten", "cancel_all"])
async def test_a_procedure_that_an_error_of_ours_breaks_off_says_so_and_ends(command: str) -> None:
    """Left open it would be told at the next start as cut off by the program's end."""
    d = await a_held_position()
    step, is_broken = d.desk.journal.step, False

    def fail(*values: Any) -> None:
        nonlocal is_broken
        if is_broken or values[1] == "verify size":
            step(*values)
            return
        is_broken = True
        raise ValueError("ours")

    d.desk.journal.step = fail  # type: ignore[method-assign,assignment]  # breaks once
    getattr(d.desk, command)(XBT)
    await d.clock.advance(30.0)
    said = [*d.sentences, *(report.sentence for report in d.reports)]
    assert any("an error inside the program" in words for words in said)
    assert d.desk.journal.open_procedures() == ()
    assert not d.desk.reversing(XBT)
    assert not d.desk.flattening(XBT)
    assert d.desk.under_way() == ()
    assert all("ours" in error for error in d.errors)
    assert d.errors
    d.errors.clear()
    await d.stop()
