"""New protection first: whoever asks for it, the old goes only while the new is known to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING, final

import pytest

from terminal.domain.access import Access
from terminal.domain.order import PendingCommand
from terminal.domain.units import ClientOid, Lots, Price
from terminal.session.place_first import OWN_ERROR
from terminal.session.swaps import NOTHING_HELD, Swapped, swap
from tests.support.builders import XBT, a_ticket
from tests.support.pocket import Fate, Placed, PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from collections.abc import Iterator

HELD = Lots(3)
HOW = ("move", "swap")


@final
@dataclass
class Stage:
    """A position with a stop, ``c1``, whose place ``c2`` takes: by a move or by a swap."""

    d: PocketDesk
    how: str
    done: list[Swapped] = field(default_factory=list)

    def begin(self) -> None:
        if self.how == "move":
            assert self.d.desk.move(ClientOid("c1"), Price(910)) is None
        else:
            self.d.desk.spawn("swap", self._swap())

    async def _swap(self) -> None:
        tickets = [a_ticket(lots=HELD, **stop_at(910))]
        done = await swap(self.d.desk, XBT, tickets, [ClientOid("c1")], "Swapping.")
        self.done.append(done)

    @property
    def said(self) -> str:
        """How it ended, in words; for a move with what else was told of the two."""
        return " ".join(self.d.sentences) if self.how == "move" else self.done[-1].sentence

    def waiting(self) -> list[str]:
        return [one.client_oid for one in self.d.exchange.alive() if one.waits]

    def placed(self, name: str) -> Placed:
        return next(o for o in self.d.exchange.orders.values() if o.client_oid == name)

    def fates(self, kind: str, *fates: Fate) -> None:
        """What becomes of the next of a kind; all others go well."""
        drawn: dict[str, Iterator[Fate]] = {kind: chain(fates, repeat(Fate.WELL))}
        self.d.exchange.fate = lambda one: next(drawn.get(one, repeat(Fate.WELL)))


@pytest.fixture(params=HOW)
async def stage(request: pytest.FixtureRequest) -> Stage:
    d = await a_pocket_desk()
    await d.hold(HELD)
    await d.placed(a_ticket(lots=HELD, **stop_at(900)))
    return Stage(d, str(request.param))


async def test_a_lost_cancel_is_asked_again_while_the_new_one_waits(stage: Stage) -> None:
    d = stage.d
    stage.fates("cancel", Fate.LOST)
    stage.begin()
    await d.clock.advance(20.0)
    assert d.exchange.log == ["place c1", "place c2", "cancel c1"]
    assert stage.waiting() == ["c2"]
    await d.stop()


@pytest.mark.parametrize("is_heard", [True, False])
@pytest.mark.parametrize("is_trusted", [True, False])
async def test_a_cancel_is_not_repeated_once_others_ended_what_takes_its_place(
    stage: Stage, *, is_heard: bool, is_trusted: bool
) -> None:
    """Whether the stream tells it or only the list does: the position keeps its old stop."""
    d = stage.d

    def end_new(what: str) -> None:
        if what == "place c2":
            d.exchange.watch = lambda _what: None
            d.exchange.later(0.3, lambda: d.exchange.end(stage.placed("c2")))

    d.exchange.watch = end_new
    lost = iter([Fate.LOST])
    # The words of the new one's coming are heard: it and the position; those of its end are not.
    words = repeat(Fate.WELL) if is_heard else chain([Fate.WELL] * 2, repeat(Fate.LOST))
    drawn = {"cancel": lost, "word": words}
    d.exchange.fate = lambda kind: next(drawn.get(kind, iter(())), Fate.WELL)
    stage.begin()
    if not is_trusted:
        await d.clock.settle()
        d.desk.trust.take_away()
    await d.clock.advance(20.0)
    assert d.exchange.log == ["place c1", "place c2", "cancel c2"], "nobody canceled the old one"
    assert stage.waiting() == ["c1"]
    assert "no longer waits, so the old one is not canceled again" in stage.said
    old = d.desk.orders[ClientOid("c1")]
    assert (old.is_working, old.pending) == (True, PendingCommand.NONE), "it can be canceled"
    assert d.desk.journal.open_procedures() == ()
    d.desk.cancel(old.client_oid)
    await d.clock.advance(2.0)
    assert stage.waiting() == []
    await d.stop()


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_where_the_list_is_silent_only_a_trusted_stream_lets_a_cancel_be_repeated(
    stage: Stage, *, is_trusted: bool
) -> None:
    d = stage.d
    lost = iter([Fate.LOST])

    def fate(kind: str) -> Fate:
        if kind == "cancel":
            return next(lost, Fate.WELL)
        return Fate.LOST if kind == "read" else Fate.WELL

    stage.begin()
    d.exchange.fate = fate
    await d.clock.settle()
    if not is_trusted:
        d.desk.trust.take_away()
    await d.clock.advance(4.0)
    assert stage.waiting() == (["c2"] if is_trusted else ["c1", "c2"])
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(20.0)
    await d.stop()


async def test_a_new_one_that_fires_at_once_leaves_the_old_one(stage: Stage) -> None:
    d = stage.d

    def fire(what: str) -> None:
        if what == "place c2":
            d.exchange.watch = lambda _what: None
            d.exchange.fill(stage.placed("c2"), 1)

    d.exchange.watch = fire
    stage.begin()
    await d.clock.advance(20.0)
    assert "cancel c1" not in d.exchange.log
    assert "fired at once" in stage.said
    await d.stop()


async def test_a_new_one_that_the_user_cancels_stands_in_for_nothing(stage: Stage) -> None:
    d = stage.d
    d.desk.trust.take_away()
    stage.fates("read", *[Fate.LOST] * 3)
    stage.begin()
    await d.clock.advance(1.0)
    d.desk.cancel(ClientOid("c2"))
    await d.clock.advance(20.0)
    assert stage.waiting() == ["c1"]
    assert "stays" in stage.said
    await d.stop()


async def test_a_cancel_of_all_meanwhile_leaves_neither(stage: Stage) -> None:
    """The new one is on its way and arrives after everything was canceled."""
    d = stage.d
    stage.fates("place", Fate.LATE)
    stage.begin()
    await d.clock.settle()
    d.desk.cancel_all(XBT)
    await d.clock.advance(20.0)
    assert d.exchange.alive() == []
    assert ("Called off" if stage.how == "swap" else "Canceled instead of moved") in stage.said
    await d.stop()


async def test_an_error_of_ours_leaves_both_and_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = stage.d
    stage.begin()

    def fail(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(d.desk, "cancel_and_see", fail)
    await d.clock.advance(3.0)
    assert stage.waiting() == ["c1", "c2"]
    assert "roken off by an error" in stage.said
    assert d.desk.orders[ClientOid("c1")].pending is PendingCommand.NONE
    assert "ZeroDivisionError" in d.errors.pop()
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


async def test_a_stop_whose_place_is_being_taken_cannot_be_moved_meanwhile(stage: Stage) -> None:
    d = stage.d
    stage.fates("place", Fate.LATE)
    stage.begin()
    await d.clock.settle()
    assert d.desk.is_moving(ClientOid("c1"))
    assert d.desk.move(ClientOid("c1"), Price(905)) is not None
    await d.clock.advance(20.0)
    assert stage.waiting() == ["c2"]
    assert not d.desk.is_moving(ClientOid("c2"))
    await d.stop()


async def test_of_several_old_ones_one_that_is_canceled_by_hand_changes_nothing() -> None:
    d = await a_pocket_desk()
    await d.hold(HELD)
    for price in (890, 895):
        await d.placed(a_ticket(lots=HELD, **stop_at(price)))
    olds, done = [ClientOid("c1"), ClientOid("c2")], list[Swapped]()

    async def swapping() -> None:
        done.append(await swap(d.desk, XBT, [a_ticket(lots=HELD, **stop_at(910))], olds, "Swap."))

    stage = Stage(d, "swap", done)
    stage.fates("place", Fate.LATE)
    d.desk.spawn("swap", swapping())
    await d.clock.settle()
    d.desk.cancel(olds[0])
    await d.clock.advance(20.0)
    assert stage.waiting() == ["c3"]
    assert (done[0].ok, done[0].sentence) == (True, "Done: 1 stop waits, 2 were canceled.")
    await d.stop()


async def test_a_watch_only_account_swaps_nothing() -> None:
    d = await a_pocket_desk()
    await d.hold(HELD)
    oid = await d.placed(a_ticket(lots=HELD, **stop_at(900)))
    d.exchange.access = Access.WATCH_ONLY
    done = await swap(d.desk, XBT, [], [oid], "Canceling what is too much.")
    assert not done.ok
    assert done.sentence.startswith("Not sent.")
    assert d.exchange.log == ["place c1"]
    await d.stop()


async def test_a_lost_cancel_is_not_repeated_while_the_user_cancels_what_takes_its_place(
    stage: Stage,
) -> None:
    """His cancel is on its way and the new one still waits: it stands in for nothing by now."""
    d = stage.d
    stage.fates("cancel", Fate.LOST, Fate.LATE)
    stage.begin()
    await d.clock.settle()
    assert d.desk.orders[ClientOid("c1")].pending is not PendingCommand.NONE
    d.desk.cancel(ClientOid("c2"))
    await d.clock.advance(20.0)
    assert stage.waiting() == ["c1"]
    assert "no longer waits, so the old one is not canceled again" in stage.said
    await d.stop()


async def test_a_cancel_of_all_after_the_old_ones_cancel_was_sent_takes_the_new_one_too(
    stage: Stage,
) -> None:
    d = stage.d
    stage.fates("cancel", Fate.LATE, Fate.LOST, Fate.LOST)
    stage.begin()
    await d.clock.settle()
    assert "place c2" in d.exchange.log
    d.desk.abort_moves(XBT)
    await d.clock.advance(30.0)
    assert stage.waiting() == []
    assert ("Called off" if stage.how == "swap" else "Canceled instead of moved") in stage.said
    await d.stop()


async def test_an_error_before_anything_was_sent_leaves_no_procedure_open(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = stage.d

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(d.desk, "submit", fail)
    if stage.how == "move":
        blocked = d.desk.move(ClientOid("c1"), Price(910))
        assert blocked is not None
        assert blocked.blocks[0].reason == OWN_ERROR
    else:
        stage.begin()
        await d.clock.settle()
        assert stage.said == f"Not sent. {OWN_ERROR} What was there before stays."
    assert "ZeroDivisionError" in d.errors.pop()
    assert d.desk.journal.open_procedures() == ()
    assert stage.waiting() == ["c1"]
    assert d.desk.orders[ClientOid("c1")].pending is PendingCommand.NONE
    await d.stop()


async def a_swapping_desk(*prices: int) -> tuple[Stage, list[Swapped]]:
    """A position with its stop, ``c1``, that is being swapped for stops at some prices."""
    d = await a_pocket_desk()
    await d.hold(HELD)
    await d.placed(a_ticket(lots=HELD, **stop_at(900)))
    done: list[Swapped] = []
    tickets = [a_ticket(lots=HELD, **stop_at(price)) for price in prices]

    async def swapping() -> None:
        done.append(await swap(d.desk, XBT, tickets, [ClientOid("c1")], "Swap."))

    d.exchange.fate = lambda kind: Fate.LATE if kind == "place" else Fate.WELL
    d.desk.spawn("swap", swapping())
    await d.clock.settle()
    return Stage(d, "swap", done), done


@pytest.mark.parametrize(
    ("names", "words"),
    [(["c1"], "the new one stays."), (["c1", "c2"], "the new one does not wait, either.")],
)
async def test_an_old_one_that_the_user_cancels_is_not_said_to_have_ended_by_itself(
    names: list[str], words: str
) -> None:
    stage, done = await a_swapping_desk(910)
    for name in names:
        stage.d.desk.cancel(ClientOid(name))
    await stage.d.clock.advance(20.0)
    assert done[0].sentence == f"The old stop was canceled from here meanwhile; {words}"
    assert not done[0].ok
    await stage.d.stop()


async def test_a_swap_that_ends_with_nothing_held_says_what_is_left() -> None:
    """The take-profit filled whole meanwhile: the new stop closes nothing."""
    stage, done = await a_swapping_desk(910)
    await stage.d.hold(0)
    await stage.d.clock.advance(20.0)
    assert stage.waiting() == ["c2"]
    assert done[0].sentence == f"Done: 1 stop waits, 1 was canceled. {NOTHING_HELD}"
    assert not done[0].ok
    await stage.d.stop()


async def test_a_second_new_one_that_is_blocked_is_said_with_what_was_sent() -> None:
    d = await a_pocket_desk()
    await d.hold(HELD)
    old = await d.placed(a_ticket(lots=HELD, **stop_at(900)))
    tickets = [a_ticket(lots=Lots(lots), **stop_at(910)) for lots in (2, 10**9)]
    done = await swap(d.desk, XBT, tickets, [old], "Swap.")
    await d.clock.settle()
    assert [one.client_oid for one in d.exchange.alive()] == ["c1", "c2"]
    assert done.sentence.startswith("Only 1 of 2 new stops sent. ")
    assert done.sentence.endswith("What was sent stays, and what was there before.")
    alone = await swap(d.desk, XBT, tickets[1:], [old], "Swap.")
    assert alone.sentence.startswith("Not sent. ")
    await d.stop()
