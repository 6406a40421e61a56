"""An order's life."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampNs
from terminal.domain.events import PositionSide, StopDirection, StopReference
from terminal.domain.order import (
    LEGAL_STEPS,
    OrderState,
    PendingCommand,
    apply_update,
    from_update,
    state_of,
    submitting,
)
from terminal.domain.ticket import OrderTerms, StopTrigger
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from tests.support.builders import a_ticket, an_order_update

if TYPE_CHECKING:
    from terminal.domain.events import OrderUpdate


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, OrderState.OPEN),
        ({"filled": Lots(1)}, OrderState.PARTLY_FILLED),
        ({"filled": Lots(2), "is_done": True}, OrderState.FILLED),
        ({"canceled": Lots(2), "is_done": True}, OrderState.CANCELED),
        ({"filled": Lots(1), "canceled": Lots(1), "is_done": True}, OrderState.CANCELED),
        ({"untriggered": True}, OrderState.UNTRIGGERED),
    ],
)
def test_the_state_is_read_from_the_counts(changes: dict[str, object], state: OrderState) -> None:
    assert state_of(an_order_update(**changes)) is state


def test_a_submitted_order_takes_what_the_ticket_says() -> None:
    order = submitting(a_ticket(is_post_only=True), ClientOid("c1"))
    assert order.state is OrderState.SUBMITTING
    assert order.is_working
    assert order.remaining == 2
    assert order.is_post_only
    assert order.order_id is None


def test_updates_assign_and_end_the_pending_command() -> None:
    order = submitting(a_ticket(is_reduce_only=True), ClientOid("c1"))
    order = apply_update(order, an_order_update(filled=Lots(1)))
    assert (order.filled, order.remaining) == (1, 1)
    assert order.is_reduce_only, "the stream does not tell, so it stays"
    waiting = apply_update(order, an_order_update(filled=Lots(1)))
    ended = apply_update(waiting, an_order_update(filled=Lots(1), canceled=Lots(1), is_done=True))
    assert ended.pending is PendingCommand.NONE
    assert ended.remaining == 0
    assert not ended.is_working


def test_an_update_without_a_readable_side_keeps_the_known_one() -> None:
    order = from_update(an_order_update(side=Side.SELL))
    after = apply_update(order, an_order_update(side=None, filled=Lots(1)))
    assert (after.side, after.filled) == (Side.SELL, 1)
    assert from_update(an_order_update(side=None)).side is None


def test_orders_placed_elsewhere_get_a_name() -> None:
    order = from_update(an_order_update(client_oid=None, order_id=OrderId("77")))
    assert order.client_oid == "id:77"


def test_a_waiting_stop_stands_at_its_trigger_and_a_triggered_one_at_its_price() -> None:
    """A trigger that one source does not repeat is not forgotten."""
    waiting = from_update(an_order_update(untriggered=True, trigger=Price(1100)))
    assert waiting.shown_at == 1100
    market = from_update(an_order_update(untriggered=True, trigger=Price(1100), price=None))
    assert market.shown_at == 1100
    assert from_update(an_order_update(untriggered=True)).shown_at == 1000, "trigger not told"
    again = apply_update(waiting, an_order_update(untriggered=True))
    assert again.shown_at == 1100
    assert apply_update(waiting, an_order_update()).shown_at == 1000


updates = st.tuples(st.integers(0, 2), st.booleans())


@given(st.lists(updates, max_size=12))
def test_no_order_of_updates_brings_an_order_back(history: list[tuple[int, bool]]) -> None:
    """Terminal stays terminal, fills never shrink, every step is legal."""
    order = submitting(a_ticket(), ClientOid("c1"))
    for filled, is_done in history:
        update = an_order_update(filled=Lots(filled), is_done=is_done)
        after = apply_update(order, update)
        assert after.filled >= order.filled
        if after is not order:
            assert after.state in LEGAL_STEPS[order.state]
        if order.state.is_terminal:
            assert after is order
        order = after


@pytest.mark.parametrize(
    ("update", "state"),
    [
        (an_order_update(), OrderState.OPEN),
        (an_order_update(filled=Lots(1)), OrderState.PARTLY_FILLED),
        (an_order_update(filled=Lots(2), is_done=True), OrderState.FILLED),
        (an_order_update(canceled=Lots(2), is_done=True), OrderState.CANCELED),
    ],
)
def test_an_order_said_to_be_rejected_works_when_the_exchange_speaks_of_it(
    update: OrderUpdate, state: OrderState
) -> None:
    """Nothing is ever told of what was really refused; an order that works is never hidden."""
    refused = replace(
        submitting(a_ticket(), ClientOid("c1")), state=OrderState.REJECTED, reason="No."
    )
    after = apply_update(refused, update)
    assert (after.state, after.reason, after.order_id) == (state, "", update.order_id)


def test_a_stop_keeps_which_way_it_looks_though_the_stream_does_not_repeat_it() -> None:
    trigger = StopTrigger(StopDirection.DOWN, StopReference.MARK, Price(900))
    terms = OrderTerms(position_side=PositionSide.LONG)
    order = submitting(a_ticket(trigger=trigger, terms=terms), ClientOid("c1"))
    assert order.is_stop
    assert not submitting(a_ticket(), ClientOid("c1")).is_stop
    for update in (
        an_order_update(untriggered=True),
        an_order_update(
            untriggered=True, stop_direction=StopDirection.DOWN, stop_reference=StopReference.MARK
        ),
    ):
        after = apply_update(order, update)
        assert (after.trigger, after.stop_direction) == (900, StopDirection.DOWN)
        assert after.stop_reference is StopReference.MARK
        assert after.position_side is PositionSide.LONG
    heard = from_update(an_order_update(untriggered=True, stop_direction=StopDirection.UP))
    assert heard.is_stop
    assert heard.stop_direction is StopDirection.UP


def test_an_older_word_of_the_same_state_changes_nothing_that_was_told_since() -> None:
    """A reading that was begun before the exchange took some lots away (reference 3.6 rule 6)."""
    at_ns = 1_760_000_000_000_000_000
    first = an_order_update(lots=Lots(10), event_at=TimestampNs(at_ns))
    cut = replace(first, lots=Lots(6), event_at=TimestampNs(at_ns + 3_000_000))
    order = apply_update(from_update(first), cut)
    late = replace(first, event_at=TimestampNs(at_ns + 1_000_000))
    assert apply_update(order, late) is order
    told = apply_update(order, replace(late, is_reduce_only=True, price=Price(7)))
    assert (told.is_reduce_only, told.lots, told.updated_at) == (True, 6, cut.event_at)
    assert told.price == order.price


@pytest.mark.parametrize("later_ns", [0, -999_999])
def test_a_reading_of_the_same_millisecond_is_not_older(later_ns: int) -> None:
    """The stream tells nanoseconds, a reading whole milliseconds (reference 3.6)."""
    at_ns = 1_760_000_000_000_999_999
    order = from_update(an_order_update(lots=Lots(10), event_at=TimestampNs(at_ns)))
    reading = an_order_update(lots=Lots(6), event_at=TimestampNs(at_ns + later_ns))
    assert apply_update(order, reading).lots == 6
    untimed = an_order_update(lots=Lots(6), event_at=TimestampNs(0))
    assert apply_update(order, untimed).lots == 6


def test_an_older_word_of_another_state_is_looked_at_as_before() -> None:
    order = from_update(an_order_update(event_at=TimestampNs(9_000_000)))
    filled = an_order_update(filled=Lots(1), event_at=TimestampNs(1_000_000))
    assert apply_update(order, filled).filled == 1
