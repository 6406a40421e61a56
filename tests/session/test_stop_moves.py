"""A protective stop moves place-first: what it protects is never without it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.events import OrderType
from terminal.domain.intention import Purpose
from terminal.domain.order import PendingCommand
from terminal.domain.ticket import OrderTerms, close_ticket
from terminal.domain.units import ClientOid, Lots, Price
from tests.support.builders import XBT, a_ticket
from tests.support.pocket import Fate, Placed, PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from terminal.domain.events import OrderUpdate
    from terminal.domain.units import Symbol

HELD = Lots(3)


async def a_stopped_position(
    **more: object,
) -> tuple[PocketDesk, ClientOid]:
    d = await a_pocket_desk()
    d.touch = None  # what reduces needs no live book
    await d.hold(HELD)
    oid = await d.placed(a_ticket(lots=HELD, **{**stop_at(900), **more}))
    return d, oid


def waiting(d: PocketDesk) -> list[tuple[str, int]]:
    """The stops that wait, with their triggers."""
    return [
        (one.client_oid, one.ticket.trigger.price)
        for one in d.exchange.alive()
        if one.waits and one.ticket.trigger is not None
    ]


async def test_the_new_stop_waits_before_the_old_one_is_canceled() -> None:
    d, oid = await a_stopped_position()
    assert d.desk.move(oid, Price(910)) is None
    assert d.desk.orders[oid].pending is PendingCommand.MOVE
    await d.clock.advance(3.0)
    assert d.exchange.log == ["place c1", "place c2", "cancel c1"]
    assert waiting(d) == [("c2", 910)]
    assert d.sentences == ["Moved: the new stop waits, the old one is canceled."]
    await d.stop()


async def test_every_term_goes_along_and_a_limit_price_keeps_its_distance() -> None:
    terms = OrderTerms(holds_margin=True, remark="mine")
    d, oid = await a_stopped_position(order_type=OrderType.LIMIT, price=Price(895), terms=terms)
    before = d.exchange.alive()[0].ticket
    d.desk.move(oid, Price(910))
    await d.clock.advance(3.0)
    after = d.exchange.alive()[0].ticket
    assert before.trigger is not None
    assert after.trigger is not None
    assert (after.price, after.trigger.price) == (905, 910)
    assert (after.terms, after.lots, after.is_reduce_only) == (terms, HELD, True)
    assert (after.trigger.direction, after.trigger.reference) == (
        before.trigger.direction,
        before.trigger.reference,
    )
    await d.stop()


async def test_a_close_order_stop_of_another_program_moves_by_what_the_exchange_tells() -> None:
    d = await a_pocket_desk()
    await d.hold(HELD)
    ticket = a_ticket(**stop_at(900))
    foreign = close_ticket(XBT, ticket.margin_mode, trigger=ticket.trigger)
    d.exchange._make(foreign, ClientOid("web"))
    await d.clock.settle()
    (stop,) = d.desk.working(XBT)
    assert d.desk.move(stop.client_oid, Price(905)) is None
    await d.clock.advance(3.0)
    (new,) = d.exchange.alive()
    assert new.ticket.is_close_order
    assert waiting(d) == [(new.client_oid, 905)]
    await d.stop()


async def test_a_new_stop_that_is_refused_leaves_the_old_one() -> None:
    d, oid = await a_stopped_position()
    d.exchange.fate = lambda kind: Fate.REFUSED if kind == "place" else Fate.WELL
    d.desk.move(oid, Price(910))
    await d.clock.advance(20.0)
    assert waiting(d) == [(oid, 900)]
    assert d.desk.orders[oid].pending is PendingCommand.NONE, "it can be moved again"
    words = "Not moved: Trading is suspended. The old stop stays as it was."
    assert d.sentences[-1] == words
    await d.stop()


async def test_a_new_stop_of_which_nobody_knows_leaves_the_old_one() -> None:
    d, oid = await a_stopped_position()
    d.exchange.fate = lambda kind: Fate.LOST if kind in {"place", "read"} else Fate.WELL
    d.desk.move(oid, Price(910))
    await d.clock.advance(14.0)
    assert waiting(d) == [(oid, 900)]
    assert "so the old one stays" in d.sentences[-1]
    await d.stop()


async def test_a_stream_that_is_not_trusted_is_not_enough_to_cancel_the_old_one() -> None:
    d, oid = await a_stopped_position()
    d.desk.trust.take_away()
    d.exchange.fate = lambda kind: Fate.LOST if kind == "read" else Fate.WELL
    d.desk.move(oid, Price(910))
    await d.clock.advance(3.0)
    assert [one for one, _ in waiting(d)] == [oid, "c2"], "heard of, and not seen in the list"
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(5.0)
    assert waiting(d) == [("c2", 910)]
    await d.stop()


async def test_an_old_stop_that_fires_on_the_way_is_said_and_the_new_one_stays() -> None:
    d, oid = await a_stopped_position()
    d.exchange.fate = lambda kind: Fate.LATE if kind == "place" else Fate.WELL
    d.desk.move(oid, Price(910))
    await d.clock.settle()
    (old,) = d.exchange.alive()
    d.exchange.fill(old, HELD)
    await d.clock.advance(20.0)
    assert d.exchange.held == 0
    assert waiting(d) == [("c2", 910)]
    assert any(words.startswith("The old stop fired") for words in d.sentences), d.sentences
    await d.stop()


async def test_a_new_stop_that_fires_at_once_leaves_the_old_one() -> None:
    d, oid = await a_stopped_position()

    def fire(what: str) -> None:
        if what == "place c2":
            d.exchange.watch = lambda _what: None
            new = next(o for o in d.exchange.alive() if o.client_oid == "c2")
            d.exchange.fill(new, 1)

    d.exchange.watch = fire
    d.desk.move(oid, Price(910))
    await d.clock.advance(20.0)
    assert oid in [name for name, _ in waiting(d)]
    assert "fired at once" in d.sentences[-1]
    await d.stop()


async def test_a_new_stop_that_others_cancel_meanwhile_is_not_said_to_wait() -> None:
    d, oid = await a_stopped_position()
    d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    d.desk.move(oid, Price(910))
    await d.clock.advance(1.5)
    d.exchange.end(next(one for one in d.exchange.alive() if one.client_oid == "c2"))
    await d.clock.advance(20.0)
    assert waiting(d) == []
    assert d.sentences[-1] == (
        "The old stop has ended, and the new one does not wait: look at the position."
    )
    await d.stop()


async def test_canceling_the_new_stop_in_the_middle_of_a_move_leaves_the_old_one() -> None:
    d, oid = await a_stopped_position()
    d.exchange.fate = lambda kind: Fate.LATE if kind == "place" else Fate.WELL
    d.desk.move(oid, Price(910))
    await d.clock.advance(1.0)
    d.desk.cancel(ClientOid("c2"))
    await d.clock.advance(20.0)
    assert waiting(d) == [("c1", 900)]
    assert d.sentences[-1] == "Not moved: the new stop has ended. The old one stays as it was."
    assert d.desk.orders[oid].pending is PendingCommand.NONE
    await d.stop()


async def test_canceling_the_stop_in_the_middle_of_its_move_cancels_both() -> None:
    d, oid = await a_stopped_position()
    d.exchange.fate = lambda kind: Fate.LATE if kind == "place" else Fate.WELL
    d.desk.move(oid, Price(910))
    await d.clock.settle()
    d.desk.cancel(oid)
    await d.clock.advance(20.0)
    assert d.exchange.alive() == []
    await d.stop()


async def test_the_move_is_written_down_step_by_step() -> None:
    d, oid = await a_stopped_position()
    d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    d.desk.move(oid, Price(910))
    intention = d.desk.journal.intention(ClientOid("c2"))
    assert intention is not None
    assert intention.purpose is Purpose.MOVE
    assert intention.procedure is not None
    await d.clock.settle()
    (procedure,) = d.desk.journal.open_procedures()
    assert [step.name for step in procedure.steps] == ["place new", "see new", "cancel old"]
    await d.clock.advance(20.0)
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


# The law -----------------------------------------------------------------------------------------

FATES = st.sampled_from(
    [Fate.WELL, Fate.WELL, Fate.ANSWER_LOST, Fate.LOST, Fate.LATE, Fate.REFUSED]
)
WORDS = st.sampled_from([Fate.WELL, Fate.WELL, Fate.LATE, Fate.TWICE, Fate.LOST])


async def _never_without(
    places: Sequence[Fate],
    cancels: Sequence[Fate],
    words: Sequence[Fate],
    reads: Sequence[bool],
    fires_at_s: float | None,
) -> None:
    drawn = {
        "place": iter(places),
        "cancel": iter(cancels),
        "word": iter(words),
        "read": iter([Fate.WELL if good else Fate.LOST for good in reads]),
    }
    d, oid = await a_stopped_position()
    naked: list[str] = []

    def watch(what: str) -> None:
        stops = [one for one in d.exchange.alive() if one.ticket.reduces_only]
        if d.exchange.held and sum(one.left for one in stops) < d.exchange.held:
            naked.append(what)

    d.exchange.watch = watch
    d.exchange.fate = lambda kind: next(drawn.get(kind, iter(())), Fate.WELL)
    d.desk.move(oid, Price(910))
    if fires_at_s is not None:
        old: Placed = next(o for o in d.exchange.orders.values() if o.client_oid == oid)
        d.exchange.later(fires_at_s, lambda: None if old.is_done else d.exchange.fill(old, HELD))
    await d.clock.advance(60.0)
    assert naked == []
    assert d.exchange.held == (0 if d.exchange.held == 0 else HELD), "nothing was opened"
    assert d.sentences, "how it ended was said"
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


@settings(max_examples=settings().max_examples // 2)
@given(
    st.lists(FATES, max_size=3),
    st.lists(FATES, max_size=6),
    st.lists(WORDS, max_size=10),
    st.lists(st.booleans(), max_size=10),
    st.none() | st.floats(0.0, 8.0),
)
def test_a_position_is_never_without_its_stop_through_our_own_doing(
    places: list[Fate],
    cancels: list[Fate],
    words: list[Fate],
    reads: list[bool],
    fires_at_s: float | None,
) -> None:
    """Whatever is lost, late or doubled, and whether or not the market fires the old stop."""
    asyncio.run(_never_without(places, cancels, words, reads, fires_at_s))


async def test_an_error_of_ours_in_the_middle_leaves_a_stop_that_can_be_canceled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the mover trips over is reported; the old stop stays and is nobody's any more."""
    d, oid = await a_stopped_position()
    d.desk.trust.take_away()
    asked, is_broken = d.exchange.open_stops, [True]

    async def broken(symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        if is_broken[0]:
            raise ValueError("unreadable")
        return await asked(symbol)

    monkeypatch.setattr(d.exchange, "open_stops", broken)
    taken = d.desk.take
    d.desk.move(oid, Price(910))
    await d.clock.advance(2.0)
    is_broken[0] = False
    monkeypatch.setattr(d.desk, "take", None)  # the next word that is taken raises
    await d.clock.advance(2.0)
    monkeypatch.setattr(d.desk, "take", taken)
    assert "read the stops: ValueError('unreadable')" in d.errors[0]
    assert "place first" in d.errors[-1]
    d.errors.clear()
    assert d.sentences[-1].startswith("The move was broken off")
    assert [name for name, _ in waiting(d)] == ["c1", "c2"]
    assert d.desk.orders[oid].pending is PendingCommand.NONE
    assert d.desk.journal.open_procedures() == ()
    d.desk.cancel(oid)
    await d.clock.advance(1.0)
    assert [name for name, _ in waiting(d)] == ["c2"]
    await d.stop()


async def test_a_mark_of_a_move_that_nobody_sees_to_keeps_no_order_from_being_canceled() -> None:
    d, oid = await a_stopped_position()
    d.desk.put(replace(d.desk.orders[oid], pending=PendingCommand.MOVE))
    d.desk.cancel(oid)
    await d.clock.advance(1.0)
    assert waiting(d) == []
    await d.stop()
