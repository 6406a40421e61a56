"""New protection first: whoever asks for it, the old goes only while the new is known to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING, final

import pytest

from terminal.domain.access import Access
from terminal.domain.order import PendingCommand
from terminal.domain.units import ClientOid, Lots, Price
from terminal.session.swaps import Swapped, swap
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
