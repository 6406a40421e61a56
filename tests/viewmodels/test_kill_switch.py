"""The stop as it is seen."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from terminal.domain.access import Access, StopRecord
from terminal.domain.clock import TimestampMs
from terminal.domain.events import OrderType, StopDirection
from terminal.domain.units import ClientOid, OrderId, Price, Side
from terminal.session.clearing import ClearingKind
from terminal.session.kill_switch import KillSwitch, NoMemory
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.keys import DEFAULT_KEYS, GLOBAL_KEYS
from terminal.viewmodels.kill_switch import KillSwitchViewModel
from tests.support.builders import an_order_update
from tests.support.desktop import Desktop
from tests.support.standing import Stage, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Kept(NoMemory):  # type: ignore[misc]  # final for the program, not for a test
    @override
    def load(self) -> StopRecord | None:
        return StopRecord(TimestampMs(1_760_000_000_000), is_finished=True)


class Seen:
    def __init__(self, stage: Stage, switch: KillSwitch, kind: ClearingKind) -> None:
        self.stage, self.frame = stage, HandFrameClock()
        self.vm = KillSwitchViewModel(switch, self.frame, kind)
        self.asked: list[str] = []
        self.vm.lift_asked.connect(lambda: self.asked.append("lift"))
        self.vm.flatten_asked.connect(lambda: self.asked.append("flatten"))
        self.vm.start()

    @property
    def detail(self) -> str:
        self.frame.tick()
        return self.vm.view.detail


@contextlib.asynccontextmanager
async def seen(
    kind: ClearingKind = ClearingKind.ENTRIES, memory: NoMemory | None = None
) -> AsyncIterator[Seen]:
    async with staged() as stage:
        bench = stage.bench
        switch = KillSwitch(
            bench.desk, bench.account, bench.owner, bench.notices, memory or NoMemory()
        )
        switch.start()
        one = Seen(stage, switch, kind)
        try:
            yield one
        finally:
            one.vm.stop()
            await switch.stop()


async def test_progress_and_the_end_are_told() -> None:
    async with seen() as one:
        assert not one.vm.view.is_on
        one.vm.throw()
        assert one.detail == "Canceling 2 orders. 3 orders that only reduce kept."
        assert one.vm.view.title.startswith("STOPPED since ")
        await one.stage.clock.advance(5)
        assert one.detail == (
            "Nothing is left that could open a position. 3 orders that only reduce kept."
        )
        assert not one.vm.view.is_working


async def test_a_stop_that_protects_and_could_open_is_told_apart() -> None:
    async with seen() as one:
        one.stage.put(
            an_order_update(
                order_id=OrderId("p"), client_oid=ClientOid("p"), side=Side.SELL, price=None,
                order_type=OrderType.MARKET, untriggered=True, is_reduce_only=False,
                trigger=Price(1100), stop_direction=StopDirection.DOWN,
            )
        )  # fmt: skip
        await one.stage.clock.settle()
        one.vm.throw()
        words = (
            "1 stop kept that protects although it is not reduce-only: it could open a position."
        )
        assert one.detail.endswith(words)
        await one.stage.clock.advance(5)
        assert one.detail == (
            "Nothing else is left that could open a position. "
            f"3 orders that only reduce kept. {words}"
        )


async def test_without_a_connection_it_says_what_it_waits_for() -> None:
    async with seen() as one:
        one.stage.go_away()
        one.vm.throw()
        await one.stage.clock.advance(4)
        assert one.detail.startswith("Trying on: The exchange did not answer. Canceling 2 orders.")
        one.vm.lift()
        await one.stage.come_back()
        await one.stage.clock.advance(30)


async def test_the_flattening_key_stops_at_once_and_flattens_after_the_answer() -> None:
    async with seen() as one:
        one.vm.ask_to_flatten()
        assert one.asked == ["flatten"]
        await one.stage.clock.advance(5)
        assert one.stage.closes == [], "a question is no command"
        assert "entry" not in one.stage.on_exchange
        one.vm.flatten()
        await one.stage.clock.advance(20)
        assert one.stage.on_exchange == set()
        assert one.detail == "Verified: all orders and positions are gone."


async def test_the_settings_may_make_one_press_flatten() -> None:
    async with seen(ClearingKind.FLATTEN) as one:
        one.vm.throw()
        assert "Flattening XBTUSDTM." in one.detail
        await one.stage.clock.advance(20)
        assert one.stage.on_exchange == set()


async def test_lifting_asks_first_and_only_where_there_is_something_to_lift() -> None:
    async with seen() as one:
        one.vm.ask_to_lift()
        assert one.asked == []
        one.vm.throw()
        one.vm.ask_to_lift()
        assert one.asked == ["lift"]
        assert one.detail
        one.vm.lift()
        assert one.detail == ""
        await one.stage.clock.advance(10)


async def test_after_a_restart_it_says_that_nothing_is_canceled_by_itself() -> None:
    async with seen(memory=Kept()) as one:
        assert one.detail == (
            "Stopped before the restart: nothing is canceled by itself. "
            "What was to be canceled then was."
        )


async def test_where_nothing_is_sent_the_button_says_why() -> None:
    async with seen() as one:
        one.stage.bench.trading.access = Access.WATCH_ONLY
        one.vm.ask_to_flatten()
        one.frame.tick()
        assert one.vm.view.why_not == Access.WATCH_ONLY.reason
        assert one.asked == []
        one.stage.bench.trading.access = Access.FULL


async def test_a_stopped_ladder_cannot_be_armed() -> None:
    desktop = await Desktop().start()
    desktop.ladder.toggle_keyboard()
    assert desktop.ladder.trading.armed
    desktop.desk.stops.append(lambda: "Stopped: lift it first.")
    desktop.ladder.disarm("stopped.")
    desktop.ladder.toggle_keyboard()
    desktop.ladder.toggle_mouse()
    assert not desktop.ladder.trading.armed
    assert desktop.ladder.trading.message is not None
    assert desktop.ladder.trading.message.text == "Not armed. Stopped: lift it first."
    await desktop.stop()


def test_no_global_key_has_a_meaning_in_the_ladder() -> None:
    assert not {chord.label for chord in DEFAULT_KEYS} & set(GLOBAL_KEYS)
