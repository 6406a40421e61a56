"""Canceling one order: until its end is known, also of one of which nobody knows whether it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.units import Price
from terminal.session.cancels import TO_BE_CANCELED
from terminal.session.resolution import SIGNED_FOR_S, WAITS_S
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.pocket import Fate, PocketDesk, a_pocket_desk

if TYPE_CHECKING:
    from terminal.domain.units import ClientOid, Symbol
    from terminal.exchange.outcome import Outcome


async def on_its_way(arrives_after_s: float | None) -> tuple[PocketDesk, Submitted]:
    """A desk with an order of which nobody knows; it arrives late, or never."""
    d = await a_pocket_desk()
    fate = Fate.LOST if arrives_after_s is None else Fate.LATE
    d.exchange.later = lambda _s, do: d._later(arrives_after_s or 0.0, do)
    d.exchange.fate = lambda kind: fate if kind == "place" else Fate.WELL
    placed = d.desk.submit(a_ticket(price=Price(950)))
    assert isinstance(placed, Submitted)
    await d.clock.advance(0.1)
    d.exchange.fate = lambda _kind: Fate.WELL
    return d, placed


async def test_an_order_that_arrives_after_its_cancel_is_canceled_when_it_turns_up() -> None:
    d, placed = await on_its_way(4.5)
    d.desk.cancel(placed.client_oid)
    await d.clock.advance(4.0)
    order = d.desk.orders[placed.client_oid]
    assert (order.state, order.pending) == (OrderState.UNKNOWN, PendingCommand.CANCEL_UNKNOWN)
    assert d.sentences[-1] == TO_BE_CANCELED
    await d.clock.advance(10.0)
    assert d.exchange.alive() == []
    assert d.exchange.log == ["place c1", "cancel c1"]
    assert d.desk.orders[placed.client_oid].state is OrderState.CANCELED
    assert not any("can no longer be canceled" in words for words in d.sentences)
    await d.stop()


async def test_an_order_that_turns_up_in_the_answer_to_the_cancels_question_is_asked_again() -> (
    None
):
    """It arrived between the refused cancel and the question: that refusal says nothing of it."""
    d, placed = await on_its_way(None)
    ticket = a_ticket(price=Price(950))
    refuse = d.exchange.cancel_by_client_oid

    async def arrives_meanwhile(symbol: Symbol, client_oid: ClientOid) -> Outcome:
        outcome = await refuse(symbol, client_oid)
        d.exchange.fate = lambda kind: Fate.LOST if kind == "word" else Fate.WELL
        d.exchange._make(ticket, client_oid)
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(d.exchange, "cancel_by_client_oid", arrives_meanwhile)
        d.desk.cancel(placed.client_oid)
        await d.clock.advance(3.0)
    await d.clock.advance(5.0)
    assert d.exchange.alive() == []
    assert not any(words.startswith("Not canceled. ") for words in d.sentences)
    await d.stop()


async def test_an_order_that_never_arrived_needs_no_cancel() -> None:
    d, placed = await on_its_way(None)
    d.desk.cancel(placed.client_oid)
    await d.clock.advance(SIGNED_FOR_S + 2 * WAITS_S[-1])
    order = d.desk.orders[placed.client_oid]
    assert (order.state, order.pending) == (OrderState.REJECTED, PendingCommand.NONE)
    assert not any(words.startswith("Not canceled. ") for words in d.sentences)
    await d.stop()


async def test_an_order_that_arrives_after_it_was_given_up_is_canceled_all_the_same() -> None:
    """That it never arrived was concluded from silence; the promise holds."""
    d, placed = await on_its_way(12.0)
    d.desk.cancel(placed.client_oid)
    await d.clock.advance(11.5)
    assert d.desk.orders[placed.client_oid].is_guess
    await d.clock.advance(10.0)
    assert d.exchange.alive() == []
    assert d.exchange.log == ["place c1", "cancel c1"]
    assert d.desk.orders[placed.client_oid].state is OrderState.CANCELED
    await d.stop()


async def test_an_order_that_nobody_canceled_works_when_it_arrives_after_all() -> None:
    d, placed = await on_its_way(12.0)
    await d.clock.advance(11.5)
    assert d.desk.orders[placed.client_oid].is_guess
    await d.clock.advance(10.0)
    assert [one.client_oid for one in d.exchange.alive()] == [placed.client_oid]
    await d.stop()


async def test_the_newest_order_is_one_that_is_not_to_be_canceled_already() -> None:
    d, placed = await on_its_way(6.0)
    d.exchange.fate = lambda _kind: Fate.WELL
    d.desk.cancel(placed.client_oid)
    await d.clock.advance(3.0)
    assert not d.desk.cancel_newest(XBT)
    await d.clock.advance(10.0)
    assert d.exchange.alive() == []
    await d.stop()


async def test_the_newest_order_in_the_middle_of_its_move_is_the_one_that_goes() -> None:
    """It is canceled instead of moved, and the order before it is left alone."""
    d = await a_pocket_desk()
    older = await d.placed(a_ticket(price=Price(950)))
    newer = await d.placed(a_ticket(price=Price(960)))
    d.exchange.fate = lambda kind: Fate.LATE if kind == "word" else Fate.WELL
    assert d.desk.move(newer, Price(970)) is None
    await d.clock.settle()
    assert d.desk.orders[newer].pending is PendingCommand.MOVE
    assert d.desk.cancel_newest(XBT)
    assert d.desk.orders[newer].pending is PendingCommand.CANCEL
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(10.0)
    assert [order.client_oid for order in d.exchange.alive()] == [older]
    assert d.sentences[-1] == "Canceled instead of moved."
    await d.stop()


async def test_a_second_time_takes_the_one_before() -> None:
    d = await a_pocket_desk()
    await d.placed(a_ticket(price=Price(950)))
    newer = await d.placed(a_ticket(price=Price(960)))
    d.exchange.fate = lambda kind: Fate.LATE if kind == "word" else Fate.WELL
    assert d.desk.move(newer, Price(970)) is None
    await d.clock.settle()
    assert d.desk.cancel_newest(XBT)
    assert d.desk.cancel_newest(XBT)
    assert not d.desk.cancel_newest(XBT)
    await d.clock.advance(10.0)
    assert d.exchange.alive() == []
    await d.stop()
