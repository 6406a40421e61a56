"""The protection watch: always true, never acting by itself, and checked before it acts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import PositionMode, PositionSide, StopDirection, StopReference
from terminal.domain.order import OrderState
from terminal.domain.protection import ProtectionState
from terminal.domain.ticket import AttachedExits
from terminal.domain.triggers import UNKNOWN_REFERENCES
from terminal.domain.units import Lots, OrderId, Price, Side, Symbol
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Rejected, Unknown
from terminal.session.account import LaneNotNamedError
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_fill, a_position_update, a_ticket, an_order_update
from tests.support.guarded import Guarded, a_guarded, a_stop_update, prices
from tests.support.pocket import stop_at

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket
    from terminal.session.protection import Proposal

STATE = ProtectionState
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


async def test_a_position_and_its_stops_are_classified_as_they_come_and_go() -> None:
    guarded = await a_guarded(2)
    assert guarded.state() is STATE.NAKED
    guarded.push(a_stop_update("s1", 1))
    await guarded.settle()
    assert guarded.state() is STATE.UNDER_COVERED
    guarded.push(a_stop_update("s2", 1))
    await guarded.settle()
    assert guarded.state() is STATE.PROTECTED
    guarded.hold(1)
    await guarded.settle()
    assert guarded.state() is STATE.OVER_COVERED
    guarded.hold(0)
    await guarded.settle()
    assert guarded.state() is STATE.ORPHAN_STOPPED
    for name in ("s1", "s2"):
        guarded.bench.desk.cancel(next(o.client_oid for o in guarded.bench.desk.working()
                                       if o.order_id == name))  # fmt: skip
    await guarded.settle()
    assert guarded.state() is None
    await guarded.stop()


async def test_changes_are_told_once_and_the_age_counts_from_the_change_of_state() -> None:
    guarded = await a_guarded(2)
    told: list[ProtectionState | None] = []
    guarded.watch.on_changed.add(lambda: told.append(guarded.state()))
    await guarded.bench.clock.advance(5.0)
    assert told == []
    watched = guarded.watch.watched(XBT)
    assert watched is not None
    assert guarded.watch.lasts_s(watched) == 5.0
    assert watched.source == "told by the exchange"
    guarded.push(a_stop_update())
    await guarded.settle()
    assert set(told) == {STATE.PROTECTED}
    assert [one.cover.state for one in guarded.watch.all()] == [STATE.PROTECTED]
    await guarded.stop()


async def test_a_lost_connection_is_never_protection() -> None:
    guarded = await a_guarded(2, a_stop_update())
    assert guarded.state() is STATE.PROTECTED
    guarded.bench.stream.connects = False
    guarded.bench.stream.drop()
    await guarded.settle()
    watched = guarded.watch.watched(XBT)
    assert watched is not None
    assert watched.cover.state is STATE.UNKNOWN
    assert watched.source == "being read again"
    assert guarded.watch.propose(XBT).is_empty
    await guarded.stop()


async def test_fills_that_the_exchange_has_not_confirmed_say_so() -> None:
    guarded = await a_guarded(2)
    guarded.bench.stream.push(an_order_update(filled=Lots(2), is_done=True, is_reduce_only=False,
        fill=a_fill(event_at=guarded.bench.clock.now_ms() * 1_000_000 + 5_000_000)))  # fmt: skip
    await guarded.settle()
    watched = guarded.watch.watched(XBT)
    assert watched is not None
    assert watched.cover.missing == 4
    assert watched.source == "own fills, not confirmed yet"
    await guarded.stop()


async def test_each_lane_of_hedge_mode_is_protected_by_its_own_stops() -> None:
    guarded = Guarded()
    bench = guarded.bench
    bench.gateway.mode = PositionMode.HEDGE
    bench.gateway.held = (a_position_update(2), a_position_update(-3))
    await guarded.start(0, a_stop_update(position_side=LONG))
    states = {one.cover.held.lane: one.cover.state for one in guarded.watch.all()}
    assert states == {LONG: STATE.PROTECTED, SHORT: STATE.NAKED}
    with pytest.raises(LaneNotNamedError):
        guarded.watch.watched(XBT)

    guarded.watch.mend(guarded.watch.propose(XBT, SHORT))
    await bench.clock.advance(1.0)
    ((ticket, _),) = bench.trading.placed
    assert (ticket.side, ticket.lots, ticket.terms.position_side) == (Side.BUY, 3, SHORT)
    assert ticket.is_reduce_only
    assert guarded.mended[-1].lane is SHORT
    await guarded.stop()


async def test_what_has_to_be_noticed_is_told_once_it_lasts() -> None:
    guarded = await a_guarded(2)
    assert "naked" not in guarded.said
    await guarded.bench.clock.advance(1.1)
    assert guarded.said.count("naked") == 1
    await guarded.bench.clock.advance(30.0)
    assert guarded.said.count("naked") == 1
    await guarded.stop()


async def test_a_state_that_passes_is_not_told() -> None:
    guarded = await a_guarded(2)
    guarded.push(a_stop_update())
    await guarded.bench.clock.advance(5.0)
    assert "naked" not in guarded.said
    await guarded.stop()


async def test_one_order_that_two_sources_name_covers_once() -> None:
    """The stream may tell of a stop before the answer to the request that placed it."""
    guarded = await a_guarded(4)
    guarded.push(a_stop_update("s1", 2))
    await guarded.settle()
    desk = guarded.bench.desk
    (known,) = desk.working(XBT)
    desk.orders[known.client_oid] = known
    desk.orders[a_ticket().symbol] = replace(known, client_oid=a_ticket().symbol)  # type: ignore[index,arg-type]  # a second name
    watched = guarded.watch.watched(XBT)
    assert watched is not None
    assert watched.cover.covered == 2
    await guarded.stop()


# Exits on their way ------------------------------------------------------------------------------


async def a_fill_with_exits(guarded: Guarded, exits: AttachedExits) -> None:
    guarded.bench.trading.on_place = None
    result = guarded.bench.desk.submit(a_ticket(exits=exits))
    assert isinstance(result, Submitted)
    await guarded.settle()
    guarded.bench.stream.push(
        an_order_update(
            order_id=OrderId("id-1"), client_oid=result.client_oid, filled=Lots(2), is_done=True
        )
    )
    guarded.hold(2)
    await guarded.settle()


async def test_after_a_fill_exits_are_awaited_for_a_while_and_found_in_the_list() -> None:
    guarded = await a_guarded()
    await a_fill_with_exits(guarded, AttachedExits(StopReference.MARK, down=Price(950)))
    assert guarded.state() is STATE.COMING
    assert guarded.watch.propose(XBT).reason.startswith("Exits are on their way")
    guarded.bench.trading.stops = (a_stop_update(),)  # made, and nobody told us
    await guarded.bench.clock.advance(1.1)
    assert guarded.state() is STATE.PROTECTED
    await guarded.bench.clock.advance(20.0)
    assert "have not appeared" not in guarded.said
    await guarded.stop()


async def test_exits_that_never_come_are_said_after_the_grace_period() -> None:
    guarded = await a_guarded()
    await a_fill_with_exits(guarded, AttachedExits(StopReference.MARK, down=Price(950)))
    await guarded.bench.clock.advance(9.0)
    assert guarded.state() is STATE.COMING
    assert "naked" not in guarded.said
    await guarded.bench.clock.advance(1.5)
    assert guarded.state() is STATE.NAKED
    assert "have not appeared" in guarded.said
    await guarded.stop()


async def test_a_part_for_which_no_exits_were_asked_is_said_at_once() -> None:
    """Two lots were held before; the exits of two more promise nothing for them."""
    guarded = await a_guarded()
    await a_fill_with_exits(guarded, AttachedExits(StopReference.MARK, down=Price(950)))
    guarded.hold(4)
    await guarded.settle()
    assert guarded.state() is STATE.NAKED
    await guarded.stop()


async def a_bracket_fill(guarded: Guarded, name: str, held: int) -> None:
    """One lot more by an order with exits, which leaves so many held."""
    exits = AttachedExits(StopReference.MARK, down=Price(950))
    result = guarded.bench.desk.submit(a_ticket(exits=exits))
    assert isinstance(result, Submitted)
    await guarded.settle()
    guarded.bench.stream.push(
        an_order_update(
            order_id=OrderId(name), client_oid=result.client_oid, lots=Lots(1), filled=Lots(1),
            is_done=True,
        )
    )  # fmt: skip
    guarded.hold(held)
    await guarded.settle()


async def test_each_fill_is_waited_for_on_its_own_and_mended_once_its_time_is_over() -> None:
    """Fills that follow each other put nothing off, and what may still come is not mended."""
    guarded = await a_guarded()
    for number in range(1, 4):
        await a_bracket_fill(guarded, f"b{number}", number)
        await guarded.bench.clock.advance(8.0)
        assert guarded.state() is (STATE.COMING if number == 1 else STATE.NAKED)
    assert guarded.said.count("have not appeared") == 2
    (ticket,) = guarded.watch.propose(XBT).places
    assert ticket.lots == 2, "of three the last may still get its own"
    await guarded.bench.clock.advance(3.0)
    assert guarded.said.count("have not appeared") == 3
    (ticket,) = guarded.watch.propose(XBT).places
    assert ticket.lots == 3
    await guarded.stop()


async def test_an_exit_that_came_is_awaited_no_more() -> None:
    guarded = await a_guarded()
    await a_bracket_fill(guarded, "b1", 1)
    guarded.push(a_stop_update("s1", 1))
    await guarded.settle()
    assert guarded.state() is STATE.PROTECTED
    guarded.hold(2)
    await guarded.settle()
    assert guarded.state() is STATE.UNDER_COVERED, "a plain lot beside is seen at once"
    desk = guarded.bench.desk
    desk.cancel(next(one.client_oid for one in desk.working() if one.order_id == "s1"))
    await guarded.settle()
    assert guarded.state() is STATE.NAKED, "nor is another awaited when it goes"
    await guarded.bench.clock.advance(20.0)
    assert "have not appeared" not in guarded.said
    await guarded.stop()


async def test_a_stop_of_our_own_is_not_taken_for_the_exit_on_its_way() -> None:
    guarded = await a_guarded()
    await a_bracket_fill(guarded, "b1", 2)
    own = replace(the_stop(), lots=Lots(1))
    assert isinstance(guarded.bench.desk.submit(own), Submitted)
    await guarded.settle()
    assert guarded.state() is STATE.COMING
    await guarded.bench.clock.advance(20.0)
    await guarded.stop()


@pytest.mark.parametrize("between", [0, -1])
async def test_what_is_closed_or_turned_round_awaits_nothing_any_more(between: int) -> None:
    guarded = await a_guarded()
    await a_bracket_fill(guarded, "b1", 1)
    assert guarded.state() is STATE.COMING
    for lots in (between, 1):
        guarded.hold(lots)
        await guarded.settle()
    assert guarded.state() is STATE.NAKED
    await guarded.stop()


async def test_a_take_profit_alone_promises_no_protection() -> None:
    guarded = await a_guarded()
    await a_fill_with_exits(guarded, AttachedExits(StopReference.MARK, up=Price(1100)))
    assert guarded.state() is STATE.NAKED
    await guarded.stop()


async def test_a_list_that_cannot_be_read_is_said_and_ends_the_grace_period_all_the_same() -> None:
    guarded = await a_guarded()
    await a_fill_with_exits(guarded, AttachedExits(StopReference.MARK, down=Price(950)))
    failing(guarded)
    await guarded.bench.clock.advance(11.0)
    assert "The stops could not be read." in guarded.said
    assert guarded.state() is STATE.NAKED
    await guarded.stop()


def the_stop() -> OrderTicket:
    """A stop for what is held, as the user would place it."""
    return a_ticket(**stop_at(950))


def failing(guarded: Guarded) -> None:
    async def fails(_symbol: Symbol | None = None) -> tuple[()]:
        raise TransportError("no answer", was_sent=True)

    guarded.bench.trading.open_stops = fails  # type: ignore[method-assign,assignment]  # the list is away


# Mending -----------------------------------------------------------------------------------------


def the_ticket(proposal: Proposal) -> tuple[Side | None, int | None, int, bool]:
    (ticket,) = proposal.places
    assert ticket.trigger is not None
    return ticket.side, ticket.lots, ticket.trigger.price, ticket.is_reduce_only


@pytest.mark.parametrize("lots", [3, -3])
async def test_a_naked_position_is_proposed_an_exact_order_and_nothing_is_sent(lots: int) -> None:
    guarded = await a_guarded(lots)
    proposal = guarded.watch.propose(XBT)
    side, price = (Side.SELL, 960) if lots > 0 else (Side.BUY, 1040)
    assert the_ticket(proposal) == (side, 3, price, True)
    await guarded.bench.clock.advance(120.0)
    assert guarded.bench.trading.placed == []
    assert guarded.bench.trading.cancels == []
    await guarded.stop()


async def test_the_second_press_sends_it_after_the_list_was_read_again() -> None:
    guarded = await a_guarded(3)
    proposal = guarded.watch.propose(XBT)
    guarded.watch.mend(proposal)
    assert guarded.watch.is_mending(XBT)
    await guarded.settle()
    ((ticket, _),) = guarded.bench.trading.placed
    assert ticket == proposal.places[0]
    assert guarded.state() is STATE.PROTECTED
    (mended,) = guarded.mended
    assert (mended.ok, mended.sentence) == (True, "Done: 1 stop waits.")
    assert not guarded.watch.is_mending(XBT)
    await guarded.stop()


async def test_a_stop_that_the_list_shows_by_then_keeps_the_mending_back() -> None:
    """Somebody else protected it: nobody told us, the list did."""
    guarded = await a_guarded(3)
    proposal = guarded.watch.propose(XBT)
    guarded.bench.trading.stops = (a_stop_update("theirs", 3),)
    guarded.watch.mend(proposal)
    await guarded.settle()
    assert guarded.bench.trading.placed == []
    (mended,) = guarded.mended
    assert not mended.ok
    assert "changed meanwhile" in mended.sentence
    assert mended.instead is not None
    assert mended.instead.is_empty
    await guarded.stop()


async def test_a_position_of_another_size_by_then_keeps_the_mending_back() -> None:
    guarded = await a_guarded(3)
    proposal = guarded.watch.propose(XBT)
    guarded.bench.gateway.held = tuple(replace(p, lots=Lots(2)) for p in guarded.bench.gateway.held)
    guarded.watch.mend(proposal)
    await guarded.settle()
    assert guarded.bench.trading.placed == []
    (mended,) = guarded.mended
    assert mended.instead is not None
    assert the_ticket(mended.instead) == (Side.SELL, 2, 960, True)
    guarded.watch.mend(mended.instead)
    await guarded.settle()
    assert guarded.mended[-1].ok
    await guarded.stop()


async def test_a_list_that_cannot_be_read_keeps_the_mending_back() -> None:
    guarded = await a_guarded(3)
    proposal = guarded.watch.propose(XBT)
    failing(guarded)
    guarded.watch.mend(proposal)
    await guarded.settle()
    assert guarded.bench.trading.placed == []
    assert "could not be read again" in guarded.mended[0].sentence
    await guarded.stop()


async def test_a_price_that_went_past_the_stop_keeps_the_mending_back() -> None:
    guarded = await a_guarded(3)
    proposal = guarded.watch.propose(XBT)
    guarded.now = prices(955)
    guarded.watch.mend(proposal)
    await guarded.settle()
    assert guarded.bench.trading.placed == []
    assert "would fire now" in guarded.mended[0].sentence
    await guarded.stop()


async def test_a_price_that_is_not_known_any_more_keeps_the_mending_back() -> None:
    """The stop might fire at once, and nobody could tell."""
    guarded = await a_guarded(3)
    proposal = guarded.watch.propose(XBT)
    guarded.now = UNKNOWN_REFERENCES
    guarded.watch.mend(proposal)
    await guarded.settle()
    assert guarded.bench.trading.placed == []
    assert guarded.mended[0].sentence == (
        "Not sent: the mark price is not known, so the stop might fire now."
    )
    await guarded.stop()


async def test_a_stop_is_measured_by_the_price_that_it_watches_and_by_no_other() -> None:
    guarded = await a_guarded(3)
    guarded.settings = replace(guarded.settings, reference=StopReference.LAST)
    guarded.now = replace(guarded.now, last=None)
    proposal = guarded.watch.propose(XBT)
    assert proposal.is_empty
    assert proposal.reason == "The last price is not known, so no stop can be placed by it."
    await guarded.stop()


async def test_what_only_cancels_needs_no_price() -> None:
    guarded = await a_guarded(0, a_stop_update("s1", 2))
    guarded.now = UNKNOWN_REFERENCES
    guarded.watch.mend(guarded.watch.propose(XBT))
    await guarded.settle()
    assert guarded.bench.trading.cancels == ["s1"]
    await guarded.bench.clock.advance(5)
    await guarded.stop()


async def test_an_old_proposal_is_made_anew() -> None:
    guarded = await a_guarded(3)
    proposal = guarded.watch.propose(XBT)
    await guarded.bench.clock.advance(31.0)
    guarded.watch.mend(proposal)
    await guarded.settle()
    assert guarded.bench.trading.placed == []
    assert "too long ago" in guarded.mended[0].sentence
    await guarded.stop()


async def test_too_many_stops_are_canceled_and_coverage_stays() -> None:
    stops = (a_stop_update("near", 2), a_stop_update("far", 2, trigger=Price(900)))
    guarded = await a_guarded(2, *stops)
    assert guarded.state() is STATE.OVER_COVERED
    proposal = guarded.watch.propose(XBT)
    assert [order.order_id for order in proposal.cancels] == ["far"]
    guarded.watch.mend(proposal)
    await guarded.settle()
    assert guarded.bench.trading.cancels == ["far"]
    assert guarded.state() is STATE.PROTECTED
    assert guarded.mended[0].sentence == "Done: 1 was canceled."
    await guarded.stop()


async def test_a_stop_too_large_is_canceled_only_once_its_successor_waits() -> None:
    guarded = await a_guarded(2, a_stop_update("large", 5))
    guarded.keeps = False
    guarded.watch.mend(guarded.watch.propose(XBT))
    await guarded.settle()
    assert len(guarded.bench.trading.placed) == 1
    assert guarded.bench.trading.cancels == [], "accepted is not waiting yet"
    _, oid = guarded.bench.trading.placed[0]
    guarded.push(a_stop_update("id-1", 2, client_oid=oid))
    await guarded.settle()
    assert guarded.bench.trading.cancels == ["large"]
    await guarded.bench.clock.advance(6.0)
    assert guarded.mended[0].sentence == "The old stop has not ended yet: both may work."
    await guarded.stop()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Rejected("300003", "The balance is too small.", ""), "was not placed"),
        (Unknown("No answer."), "does not know this order"),
    ],
)
async def test_a_successor_that_does_not_come_leaves_the_old_stop(
    outcome: Rejected | Unknown, words: str
) -> None:
    guarded = await a_guarded(2, a_stop_update("large", 5))
    guarded.keeps = False
    guarded.bench.trading.place_outcomes.append(outcome)
    guarded.watch.mend(guarded.watch.propose(XBT))
    await guarded.bench.clock.advance(11.0)
    assert guarded.bench.trading.cancels == []
    assert words in guarded.mended[0].sentence
    assert guarded.mended[0].sentence.endswith("What was there before stays.")
    await guarded.stop()


async def test_orphan_stops_are_canceled_when_asked() -> None:
    guarded = await a_guarded(0, a_stop_update())
    assert guarded.state() is STATE.ORPHAN_STOPPED
    guarded.watch.mend(guarded.watch.propose(XBT))
    await guarded.settle()
    assert guarded.bench.trading.cancels == ["s1"]
    assert guarded.state() is None
    await guarded.stop()


async def test_a_stop_that_the_exchange_does_not_list_is_asked_for_and_doubted() -> None:
    guarded = await a_guarded(2, a_stop_update())
    guarded.bench.trading.stops = ()
    guarded.bench.trading.known.clear()
    proposal = guarded.watch.propose(XBT)
    guarded.watch.mend(replace(proposal, cancels=guarded.bench.desk.working(XBT)))
    await guarded.settle()
    (order,) = guarded.bench.desk.working(XBT)
    assert order.state is OrderState.UNKNOWN
    assert guarded.state() is STATE.UNKNOWN
    assert guarded.bench.trading.cancels == []
    await guarded.stop()


async def test_without_a_price_and_for_strange_contracts_nothing_is_proposed() -> None:
    guarded = await a_guarded(2)
    guarded.now = UNKNOWN_REFERENCES
    assert "mark price is not known" in guarded.watch.propose(XBT).reason
    assert "not listed" in guarded.watch.propose(Symbol("NOPE")).reason
    guarded.watch.mend(guarded.watch.propose(XBT))
    assert "mark price is not known" in guarded.mended[0].sentence
    await guarded.stop()


async def test_stops_looking_the_wrong_way_are_no_protection() -> None:
    guarded = await a_guarded(2, a_stop_update(stop_direction=StopDirection.UP))
    assert guarded.state() is STATE.NAKED
    await guarded.stop()
