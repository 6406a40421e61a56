"""The fuse as it is seen: seconds, reasons, and never more than is known."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QTimer

from terminal.domain.account_facts import StopsFate
from terminal.exchange.outcome import NotSent, Rejected
from terminal.session.fuse import Fuse, FuseTerms
from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.fuse import FuseViewModel
from terminal.viewmodels.text import Role
from tests.support.desktop import Desktop
from tests.support.fake_fuse import FakeFuseGateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Seen:
    def __init__(self, stops: StopsFate) -> None:
        self.desktop = Desktop()
        bench = self.desktop.bench
        self.clock = self.desktop.clock
        self.gateway = FakeFuseGateway(self.clock)
        self.fuse = Fuse(
            self.gateway, bench.desk, self.clock, bench.owner, bench.notices, FuseTerms(stops)
        )
        self.vm = FuseViewModel(self.fuse, self.desktop.workspace, self.desktop.frame)
        self.status = StatusViewModel(
            StatusSources(
                self.desktop.market_feed, bench.feed, self.desktop.account,
                self.desktop.workspace, self.clock, self.desktop.ladder, self.desktop.health,
                self.vm,
            ),
            ("DEMO", Role.DEMO),
            self.desktop.frame,
        )  # fmt: skip

    def cell(self) -> tuple[str, Role]:
        self.status.mark_dirty()
        self.desktop.frame.tick()
        cell = next(cell for cell in self.status.view.cells if cell.name == "fuse")
        return cell.text, cell.role


@contextlib.asynccontextmanager
async def seen(stops: StopsFate = StopsFate.KEPT) -> AsyncIterator[Seen]:
    one = Seen(stops)
    await one.desktop.start()
    one.vm.start()
    one.status.start()
    try:
        yield one
    finally:
        one.status.stop()
        one.vm.stop()
        await one.fuse.stop()
        await one.desktop.stop()


async def test_the_status_bar_counts_down() -> None:
    async with seen() as one:
        assert one.cell() == ("off", Role.TEXT_DIM)
        one.vm.light("30", is_for_one=False)
        await one.clock.settle()
        assert one.cell() == ("30 s", Role.TEXT)
        await one.clock.advance(4)
        assert one.cell() == ("26 s", Role.TEXT)
        await one.clock.advance(20)
        assert one.cell() == ("26 s", Role.TEXT), "renewed twice"
        one.vm.put_out()
        assert one.cell()[0].startswith("being put out")
        await one.clock.settle()
        assert one.cell() == ("off", Role.TEXT_DIM)


async def test_off_it_ticks_not_at_all() -> None:
    """What is not lit asks for no frame and wakes nobody."""
    async with seen() as one:
        one.desktop.frame.tick()
        changes: list[int] = []
        one.vm.changed.connect(lambda: changes.append(1))
        assert not one.vm.findChildren(QTimer)
        before = one.desktop.bench.owner.task_names
        await one.clock.advance(2)
        assert changes == []
        assert one.desktop.bench.owner.task_names == before


async def test_a_renewal_that_fails_shows_the_seconds_that_are_left_and_why() -> None:
    async with seen() as one:
        one.vm.light("30", is_for_one=False)
        await one.clock.settle()
        one.gateway.outcomes.extend([Rejected("429000", "Too many requests.")] * 20)
        await one.clock.advance(12)
        assert one.cell() == ("not renewed 18 s", Role.DANGER)
        view = one.vm.view_now()
        assert view.state == "Not renewed: 18 s until the exchange cancels all orders."
        assert view.detail == "Not renewed: Too many requests."
        await one.clock.advance(18.5)
        assert one.cell() == ("BLOWN?", Role.DANGER)
        await one.clock.advance(10)
        assert one.cell() == ("BLOWN", Role.DANGER)
        assert one.vm.view_now().put_out_text == "Understood"
        one.vm.put_out()
        assert one.cell() == ("off", Role.TEXT_DIM)


async def test_a_lit_fuse_that_gets_late_catches_the_eye() -> None:
    async with seen() as one:
        one.vm.light("30", is_for_one=False)
        await one.clock.settle()
        one.clock.shift_ms += 22_000
        assert one.cell() == ("8 s", Role.CAUTION)


async def test_where_it_is_not_offered_nothing_is_shown_but_the_reason() -> None:
    async with seen(StopsFate.UNKNOWN) as one:
        assert one.cell() == ("", Role.TEXT_DIM)
        view = one.vm.view_now()
        assert not view.can_light
        assert "fuse_stops" in view.problem
        one.vm.light("30", is_for_one=False)
        await one.clock.settle()
        assert one.gateway.calls == []


@pytest.mark.parametrize(
    ("stops", "words"), [(StopsFate.KEPT, "stay"), (StopsFate.CANCELED, "without protection")]
)
async def test_what_happens_to_stops_stands_there_before_it_is_lit(
    stops: StopsFate, words: str
) -> None:
    async with seen(stops) as one:
        assert words in one.vm.view_now().stops
        one.desktop.frame.tick()
        assert words in next(c for c in one.status.view.cells if c.name == "fuse").tooltip


@pytest.mark.parametrize("typed", ["", "4", "x", "-5", "5.5", "99999", "\u0663\u0660"])
async def test_nonsense_is_answered_and_not_sent(typed: str) -> None:
    async with seen() as one:
        one.vm.light(typed, is_for_one=False)
        await one.clock.settle()
        assert one.gateway.calls == []
        assert one.vm.view_now().problem == "The time is 5 to 86400 seconds."


async def test_it_can_be_for_the_shown_contract_alone() -> None:
    async with seen() as one:
        one.vm.light("30", is_for_one=True)
        await one.clock.settle()
        assert one.gateway._symbols == ("XBTUSDTM",)
        assert "orders of XBTUSDTM" in one.vm.view_now().state


async def test_a_first_try_that_fails_says_so_once() -> None:
    async with seen() as one:
        one.gateway.outcomes.append(NotSent("No quota."))
        one.vm.light("30", is_for_one=False)
        await one.clock.settle()
        view = one.vm.view_now()
        assert (view.cell_text, view.detail) == ("off", "The fuse is not lit. No quota.")
        assert not view.can_put_out
