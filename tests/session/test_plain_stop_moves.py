"""A plain stop that bounds the loss of what is held moves place-first, as protective ones do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.order import PendingCommand
from terminal.domain.units import ClientOid, Lots, Price
from terminal.session.clearing import Clearing, ClearingKind
from terminal.session.stop_moves import ALSO_OPENS, HELD_NOT_KNOWN
from tests.support.builders import XBT, a_ticket
from tests.support.pocket import Fate, PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket
    from terminal.session.results import Blocked

OLD = ClientOid("c1")


def a_plain_stop(price: int, lots: int = 3) -> OrderTicket:
    return a_ticket(**{**stop_at(price), "lots": Lots(lots), "is_reduce_only": False})


async def a_plainly_stopped(lots: int = 3, held: int = 3) -> tuple[PocketDesk, list[str]]:
    """A position with a plain stop, ``c1``; the list gets what happened while it was naked."""
    d = await a_pocket_desk()
    await d.hold(held)
    await d.placed(a_plain_stop(900, lots))
    naked: list[str] = []

    def look(what: str) -> None:
        covered = sum(one.left for one in d.exchange.alive() if one.waits)
        if covered < d.exchange.held:
            naked.append(what)

    d.exchange.watch = look
    return d, naked


def waiting(d: PocketDesk) -> list[tuple[str, int, bool]]:
    return [
        (one.client_oid, one.ticket.trigger.price, one.opens)
        for one in d.exchange.alive()
        if one.ticket.trigger is not None
    ]


def goes(d: PocketDesk, kind: str, fate: Fate) -> None:
    d.exchange.fate = lambda one: fate if one == kind else Fate.WELL


async def test_the_new_one_waits_first_and_only_reduces() -> None:
    d, naked = await a_plainly_stopped()
    assert d.desk.move(OLD, Price(930)) is None
    await d.clock.advance(10.0)
    assert waiting(d) == [("c2", 930, False)]
    assert d.sentences == [
        "Moved: the new stop waits, the old one is canceled. Unlike the old one it only reduces."
    ]
    assert naked == []
    await d.stop()


@pytest.mark.parametrize("how", ["kill switch", "disarming"])
@pytest.mark.parametrize("late", ["place", "cancel"])
async def test_who_takes_away_what_opens_leaves_the_new_one(how: str, late: str) -> None:
    d, naked = await a_plainly_stopped()
    goes(d, late, Fate.LATE)
    assert d.desk.move(OLD, Price(930)) is None
    await d.clock.advance(0.5)
    if how == "disarming":
        d.desk.abort_moves(XBT, exits_too=False)
    else:
        d.desk.spawn("clear", Clearing(d.desk, d.account, ClearingKind.ENTRIES).run())
    goes(d, late, Fate.WELL)
    await d.clock.advance(40.0)
    assert waiting(d) == [("c2", 930, False)]
    assert naked == []
    await d.stop()


async def test_a_book_that_goes_stale_meanwhile_changes_nothing() -> None:
    d, naked = await a_plainly_stopped()
    goes(d, "cancel", Fate.LATE)
    d.touch = None
    assert d.desk.move(OLD, Price(930)) is None
    await d.clock.advance(40.0)
    assert waiting(d) == [("c2", 930, False)]
    assert naked == []
    await d.stop()


async def test_a_new_one_that_is_refused_leaves_the_old_one() -> None:
    d, naked = await a_plainly_stopped()
    goes(d, "place", Fate.REFUSED)
    assert d.desk.move(OLD, Price(930)) is None
    await d.clock.advance(40.0)
    assert waiting(d) == [("c1", 900, True)]
    assert d.desk.orders[OLD].pending is PendingCommand.NONE
    assert naked == []
    await d.stop()


@pytest.mark.parametrize(
    ("kind", "fate", "words"),
    [
        ("cancel", Fate.REFUSED, "the old one could open."),
        ("place", Fate.LOST, "Both may wait; the new one only reduces, the old one could open."),
    ],
)
async def test_words_do_not_promise_that_the_old_one_only_reduces(
    kind: str, fate: Fate, words: str
) -> None:
    d, naked = await a_plainly_stopped()
    d.exchange.fate = lambda one: fate if one in {kind, "read"} else Fate.WELL
    assert d.desk.move(OLD, Price(930)) is None
    await d.clock.advance(14.0)
    assert any(said.endswith(words) for said in d.sentences), d.sentences
    assert naked == []
    d.exchange.fate = lambda _one: Fate.WELL
    await d.clock.advance(40.0)
    await d.stop()


def blocked_words(result: Blocked | None) -> str:
    assert result is not None
    return result.blocks[0].reason


async def test_one_that_would_also_open_stays_and_the_way_out_is_said() -> None:
    d, naked = await a_plainly_stopped(lots=4)
    assert blocked_words(d.desk.move(OLD, Price(930))) == ALSO_OPENS
    await d.clock.advance(10.0)
    assert waiting(d) == [("c1", 900, True)]
    assert naked == []
    await d.stop()


async def test_while_it_is_not_known_what_is_held_it_stays() -> None:
    d, _ = await a_plainly_stopped()
    d.exchange.fate = lambda kind: Fate.LOST if kind == "read" else Fate.WELL
    d.stream.drop()
    await d.clock.settle()
    assert blocked_words(d.desk.move(OLD, Price(930))) == HELD_NOT_KNOWN
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(20.0)
    await d.stop()


async def test_one_that_nothing_hangs_on_moves_as_the_entry_that_it_is() -> None:
    """A nearer stop covers all that is held: the plain one is there to turn it round."""
    d, _ = await a_plainly_stopped()
    await d.placed(a_ticket(**{**stop_at(950), "lots": Lots(3)}))
    assert d.desk.move(OLD, Price(930)) is None
    await d.clock.advance(10.0)
    assert waiting(d) == [("c2", 950, False), ("c3", 930, True)]
    await d.stop()


async def test_one_that_began_to_protect_in_the_middle_of_its_move_still_does_after_it() -> None:
    """Its cancel was on its way before there was a position; disarming takes nothing away."""
    d, _ = await a_plainly_stopped(held=0)
    goes(d, "cancel", Fate.LATE)
    assert d.desk.move(OLD, Price(930)) is None
    await d.clock.advance(0.5)
    await d.hold(3)
    d.desk.abort_moves(XBT, exits_too=False)
    await d.clock.advance(20.0)
    assert waiting(d) == [("c2", 930, False)]
    await d.stop()
