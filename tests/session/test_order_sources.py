"""Whatever tells of an order, in whatever order, twice or never: one truth, and a journal of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.intention import EventKind, Source
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, OrderId
from terminal.exchange.outcome import Accepted, Outcome, Rejected, Unknown
from terminal.session.results import Submitted
from tests.support.builders import NOW_NS, a_fill, a_ticket, an_order_update
from tests.support.desk import Bench

if TYPE_CHECKING:
    from terminal.domain.events import OrderUpdate

C1, O1 = ClientOid("c1"), OrderId("o1")
SIZE = 10
OUTCOMES: tuple[Outcome, ...] = (
    Accepted((O1,)),
    Accepted(()),
    Unknown("No answer."),
    Rejected("300003", "Misread."),
)


@st.composite
def lives(draw: st.DrawFn) -> list[OrderUpdate]:
    """The life of one order on the exchange, as it happened: open, some fills, an end."""
    sizes = draw(st.lists(st.integers(1, 4), max_size=4).filter(lambda all_: sum(all_) <= SIZE))
    told = [an_order_update(order_id=O1, client_oid=C1, lots=Lots(SIZE), remaining=Lots(SIZE))]
    filled = 0
    for number, size in enumerate(sizes):
        filled += size
        fill = a_fill(
            order_id=O1,
            trade_id=f"t{number}",
            lots=Lots(size),
            event_at=NOW_NS + number,
        )
        told.append(
            an_order_update(
                order_id=O1, client_oid=C1, lots=Lots(SIZE), filled=Lots(filled),
                remaining=Lots(SIZE - filled), fill=fill, event_at=NOW_NS + number,
            )
        )  # fmt: skip
    told.append(
        an_order_update(
            order_id=O1, client_oid=C1, lots=Lots(SIZE), filled=Lots(filled),
            canceled=Lots(SIZE - filled), remaining=Lots(0), is_done=True,
            event_at=NOW_NS + len(sizes),
        )
    )  # fmt: skip
    return told


@given(
    life=lives(),
    dice=st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=12),
    outcome=st.sampled_from(OUTCOMES),
)
def test_every_order_of_sources_ends_in_the_same_truth(
    life: list[OrderUpdate], dice: list[tuple[int, bool]], outcome: Outcome
) -> None:
    """By stream and by reading, shuffled, doubled and left out; the last word by reading."""
    asyncio.run(_play(life, dice, outcome))


async def _play(life: list[OrderUpdate], dice: list[tuple[int, bool]], outcome: Outcome) -> None:
    bench = Bench()
    await bench.start()
    bench.trading.hold = asyncio.Event()
    bench.trading.place_outcomes.append(outcome)
    assert isinstance(bench.desk.submit(a_ticket(lots=Lots(SIZE))), Submitted)
    await bench.clock.settle()
    ended, most_filled = False, 0
    for number, (pick, by_stream) in enumerate(dice):
        if number == len(dice) // 2:
            bench.trading.hold.set()
            await bench.clock.settle()
        bench.desk.take(life[pick % len(life)], Source.STREAM if by_stream else Source.REST)
        order = bench.desk.orders[C1]
        assert order.filled >= most_filled, "sizes never go back"
        assert not ended or order.state.is_terminal, "an end is an end"
        most_filled = order.filled
        ended = order.state.is_terminal and order.state is not OrderState.REJECTED
        is_open = bool(bench.desk.journal.open_intentions())
        assert is_open is not order.state.is_terminal, "the journal ends with the order"
    bench.trading.hold.set()
    await bench.clock.settle()
    bench.desk.take(life[-1])
    order = bench.desk.orders[C1]
    state = OrderState.FILLED if life[-1].filled == SIZE else OrderState.CANCELED
    assert (order.state, order.filled, order.remaining) == (state, life[-1].filled, 0)
    assert not bench.desk.journal.open_intentions()
    keys = [fill.key for fill in bench.desk.fills]
    assert len(keys) == len(set(keys))
    noted = [
        event.detail["trade_id"]
        for event in bench.desk.journal.trail(C1)
        if event.what is EventKind.FILLED
    ]
    assert len(noted) == len(set(noted)) == len(keys)
    assert len(bench.trading.placed) == 1
    await bench.stop()
