"""The question of leaving, as it is seen."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.access import Access
from terminal.domain.account_facts import StopsFate
from terminal.domain.events import StopDirection
from terminal.domain.units import ClientOid, Lots, Price
from terminal.session.fuse import Fuse, FuseTerms
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.leaving import (
    ENDS_WITH_DEMO,
    NOT_KNOWN,
    NOTHING_KNOWN,
    LeavingViewModel,
)
from terminal.viewmodels.text import Role
from tests.support.builders import XBT
from tests.support.fake_fuse import FakeFuseGateway
from tests.support.guarded import a_stop_update
from tests.support.standing import Stage, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Seen:
    def __init__(self, stage: Stage) -> None:
        bench = stage.bench
        self.stage = stage
        self.timer = FakeFuseGateway(stage.clock)
        self.fuse = Fuse(
            self.timer, bench.desk, stage.clock, bench.owner, bench.notices,
            FuseTerms(StopsFate.KEPT),
        )  # fmt: skip
        self.leaving = stage.leaving(self.fuse)
        self.vm = LeavingViewModel(self.leaving, HandFrameClock())
        self.told: list[str] = []
        for name in ("opened", "ended", "left"):
            getattr(self.vm, name).connect(self._note(name))
        self.vm.start()

    def _note(self, name: str) -> object:
        return lambda: self.told.append(name)

    @property
    def lines(self) -> list[str]:
        self.vm.refresh_now()
        return [line.text for line in self.vm.view.lines]


@contextlib.asynccontextmanager
async def seen(*, empty: bool = False) -> AsyncIterator[Seen]:
    async with staged(empty=empty) as stage:
        one = Seen(stage)
        try:
            yield one
        finally:
            one.vm.stop()
            await one.leaving.stop()
            await one.fuse.stop()


async def test_with_nothing_standing_nobody_is_asked() -> None:
    async with seen(empty=True) as one:
        one.vm.ask()
        assert one.told == ["left"]
        one.vm.ask()
        assert one.told == ["left"]


async def test_where_nothing_is_sent_nobody_is_asked() -> None:
    async with seen() as one:
        one.stage.bench.trading.access = Access.WATCH_ONLY
        one.vm.ask()
        assert one.told == ["left"]
        one.stage.bench.trading.access = Access.FULL


async def test_what_stands_is_listed_with_its_protection() -> None:
    async with seen() as one:
        one.leaving.held = lambda: ("XBTUSDTM: a target at 100 300.0 is held here.",)
        one.vm.ask()
        assert one.told == ["opened"]
        assert one.lines == [
            "ETHUSDTM: 1 other exit, no position.",
            "ETHUSDTM: 1 order that can open a position.",
            "Long 3 XBTUSDTM: protected by 1 stop on the exchange; 1 other exit.",
            "XBTUSDTM: 1 order that can open a position.",
            "XBTUSDTM: a target at 100 300.0 is held here. It ends with this program.",
        ]
        assert one.vm.view.lines[-1].role is Role.DANGER
        assert one.vm.view.doubt == ""


@pytest.mark.parametrize(("lots", "words"), [(2, "Long 2"), (-7, "Short 7")])
async def test_a_position_without_a_stop_is_said_loudly(lots: int, words: str) -> None:
    async with seen(empty=True) as one:
        one.stage.hold_position(lots)
        await one.stage.clock.settle()
        one.vm.ask()
        assert one.lines == [f"{words} XBTUSDTM: NAKED, no stop on the exchange limits its loss."]
        assert one.vm.view.lines[0].role is Role.DANGER
        assert not one.vm.view.has_entries


@pytest.mark.parametrize(
    ("changes", "words", "role"),
    [
        (
            {"stop_direction": StopDirection.UP, "trigger": Price(1200)},
            "NAKED, no stop on the exchange limits its loss; 1 other exit.",
            Role.DANGER,
        ),
        ({"lots": Lots(1)}, "covered 1 of 3 by 1 stop on the exchange.", Role.DANGER),
        ({}, "protected by 1 stop on the exchange.", Role.TEXT),
        (
            {"stop_direction": None},
            "it is not known whether it is protected. It is not known which way a stop looks.",
            Role.CAUTION,
        ),
    ],
)
async def test_a_position_is_told_as_protected_only_by_what_protects_it(
    changes: dict[str, Any], words: str, role: Role
) -> None:
    """A take-profit is no stop, and a stop for a part covers a part."""
    async with seen(empty=True) as one:
        one.stage.hold_position(3)
        stop = a_stop_update("s", client_oid=ClientOid("s"), **{"lots": Lots(3), **changes})
        one.stage.put(stop)
        await one.stage.clock.settle()
        one.vm.ask()
        line = one.vm.view.lines[0]
        assert (line.text, line.role) == (f"Long 3 XBTUSDTM: {words}", role)


async def test_a_stop_that_could_open_is_told_apart_and_stays_when_entries_go() -> None:
    async with seen(empty=True) as one:
        one.stage.hold_position(3)
        one.stage.put(a_stop_update("s", 3, client_oid=ClientOid("s"), is_reduce_only=False))
        await one.stage.clock.settle()
        one.vm.ask()
        assert one.lines == [
            "Long 3 XBTUSDTM: protected by 1 stop on the exchange.",
            (
                "XBTUSDTM: 1 stop that protects but is not reduce-only: it could open a position, "
                "and stays when entries are canceled."
            ),
        ]
        assert not one.vm.view.has_entries
        one.vm.cancel_entries()
        one.vm.refresh_now()
        assert "1 stop kept that protects although" in one.vm.view.progress
        assert "could open a position" in one.leaving.truth_if_left_now
        await one.stage.clock.advance(5)
        assert one.told == ["opened", "ended", "left"]
        assert one.stage.on_exchange == {"s"}


async def test_a_second_wish_does_not_ask_twice() -> None:
    async with seen() as one:
        one.vm.ask()
        one.vm.ask()
        assert one.told == ["opened"]


async def test_keeping_leaves_at_once_and_sends_nothing() -> None:
    async with seen() as one:
        one.vm.ask()
        one.vm.keep()
        await one.stage.clock.settle()
        assert one.told == ["opened", "ended", "left"]
        assert one.stage.log == []


async def test_who_stays_may_ask_again() -> None:
    async with seen() as one:
        one.vm.ask()
        one.vm.stay()
        one.vm.ask()
        assert one.told == ["opened", "ended", "opened"]


async def test_flattening_shows_progress_and_leaves_when_it_is_verified() -> None:
    async with seen() as one:
        one.vm.ask()
        one.vm.flatten()
        view = one.vm.view
        assert not view.is_question
        assert "Not flat yet: XBTUSDTM." in view.progress
        assert not view.can_leave_now
        await one.stage.clock.advance(20)
        assert one.told == ["opened", "ended", "left"]
        assert one.stage.on_exchange == set()


async def test_an_unverified_flatten_offers_to_leave_with_the_truth_beside_it() -> None:
    async with seen() as one:
        one.stage.closes_do_nothing = True
        one.vm.ask()
        one.vm.flatten()
        one.vm.leave_now()
        await one.stage.clock.advance(30)
        assert one.told == ["opened"], "not offered yet, so not done"
        one.vm.refresh_now()
        assert one.vm.view.can_leave_now
        assert f"Not verified flat: {XBT}." in one.vm.view.problem
        one.vm.leave_now()
        assert one.told == ["opened", "ended", "left"]


async def test_without_a_connection_it_says_that_this_may_be_out_of_date() -> None:
    async with seen() as one:
        one.stage.go_away()
        await one.stage.clock.settle()
        one.vm.ask()
        assert one.vm.view.doubt == NOT_KNOWN
        assert "Long 3 XBTUSDTM: it is not known whether it is protected." in " ".join(one.lines)
        one.vm.stay()
        await one.stage.come_back()
        await one.stage.clock.advance(30)


async def test_a_burning_fuse_alone_is_put_out_without_a_question_to_answer() -> None:
    async with seen(empty=True) as one:
        one.fuse.light(30)
        await one.stage.clock.settle()
        one.vm.ask()
        await one.stage.clock.settle()
        assert one.told == ["opened", "ended", "left"]
        assert not one.timer.is_set


async def test_a_system_that_waits_for_nobody_gets_the_default() -> None:
    async with seen() as one:
        one.vm.ask(2)
        assert one.vm.view.countdown.endswith("without an answer in 2 s everything is kept.")
        for _ in range(4):
            one.vm._look()
        await one.stage.clock.settle()
        assert one.told == ["opened", "ended", "left"]
        assert one.stage.log == []


async def test_a_system_that_asks_during_the_question_starts_its_clock() -> None:
    async with seen() as one:
        one.vm.ask()
        assert one.vm.view.countdown == ""
        one.vm.ask(1)
        assert one.vm.view.countdown
        one.vm.stay()
        one.vm.ask()
        assert one.vm.view.countdown == "", "who stays has answered"


async def test_who_knows_nothing_is_asked_and_offered_every_way_out() -> None:
    """Not to know is no nothing. Only the demo's exchange ends with us, whatever stands there."""
    async with seen(empty=True) as one:
        one.stage.go_away()
        await one.stage.clock.settle()
        assert one.vm.needs_answer
        one.vm.ask()
        assert one.told == ["opened"]
        view = one.vm.view
        assert (view.lines, view.doubt) == ((), NOTHING_KNOWN)
        assert view.has_entries
        assert view.has_orders_or_positions
        one.vm.keep()
        await one.stage.clock.settle()
        assert one.told == ["opened", "ended", "left"]
        demo = LeavingViewModel(one.leaving, HandFrameClock(), ENDS_WITH_DEMO)
        assert not demo.needs_answer
        await one.stage.come_back()
        await one.stage.clock.advance(20)


async def test_whoever_insists_leaves_whatever_is_being_done() -> None:
    """The first time everything is kept; while something is done already it is left at once."""
    async with seen() as one:
        one.vm.ask()
        one.vm.insist()
        await one.stage.clock.settle()
        assert one.told == ["opened", "ended", "left"]
        assert one.stage.log == []
    async with seen() as one:
        one.stage.refuses = 100
        one.vm.ask()
        one.vm.flatten()
        await one.stage.clock.advance(1)
        assert not one.leaving.is_late
        one.vm.insist()
        assert one.told == ["opened", "ended", "left"]
