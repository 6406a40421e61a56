from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QTimer

from terminal.viewmodels.frame import (
    FRAME_INTERVAL_MS,
    LONGEST_INTERVAL_MS,
    REFRESH_MS,
    REST_MS,
    WAITING_FOR_PAINT,
    FrameMeter,
    HandFrameClock,
    QtFrameClock,
    wait_ms,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot


def test_asking_twice_refreshes_once() -> None:
    """A thousand changes between two frames cost one refresh."""
    calls: list[str] = []
    clock = HandFrameClock()

    def refresh() -> None:
        calls.append("refreshed")

    clock.request(refresh)
    clock.request(refresh)
    clock.tick()
    clock.tick()

    assert calls == ["refreshed"]


def test_a_request_made_while_refreshing_waits_for_the_next_frame() -> None:
    """A refresh that asks again cannot spin within one frame."""
    clock = HandFrameClock()
    calls: list[int] = []

    def refresh() -> None:
        calls.append(1)
        clock.request(refresh)

    clock.request(refresh)
    clock.tick()

    assert calls == [1]
    assert clock.pending == 1


def test_a_forgotten_request_is_not_called() -> None:
    """Stopped view-models are left alone."""
    clock = HandFrameClock()
    calls: list[int] = []

    def refresh() -> None:
        calls.append(1)

    clock.request(refresh)
    clock.forget(refresh)
    clock.tick()

    assert calls == []


def test_a_frame_lasts_from_its_tick_to_its_last_paint() -> None:
    """Frames without painting are not counted."""
    meter = FrameMeter()

    meter.tick_started()
    meter.tick_started()
    meter.painted()
    meter.painted()
    meter.close()

    assert meter.frames == 1
    assert len(meter.durations_ms) == 1
    assert meter.durations_ms[0] >= 0


def test_after_paint_callbacks_run_once() -> None:
    """The first paint is told once."""
    meter = FrameMeter()
    calls: list[int] = []
    meter.after_next_paint(lambda: calls.append(1))

    meter.painted()
    meter.painted()

    assert calls == [1]


def test_who_waits_while_nothing_paints_is_bounded_and_the_newest_are_told() -> None:
    """A window that is minimized for hours gathers nothing."""
    meter = FrameMeter()
    calls: list[int] = []
    for number in range(WAITING_FOR_PAINT + 3):
        meter.after_next_paint(partial(calls.append, number))
    meter.painted()
    assert calls == list(range(3, WAITING_FOR_PAINT + 3))


def test_who_asks_again_while_being_told_waits_for_the_paint_after() -> None:
    meter = FrameMeter()
    calls: list[int] = []

    def again() -> None:
        calls.append(len(calls))
        meter.after_next_paint(again)

    meter.after_next_paint(again)
    meter.painted()
    assert calls == [0]
    meter.painted()
    assert calls == [0, 1]


def test_the_qt_clock_is_silent_until_asked(qtbot: object) -> None:
    """A calm program costs nothing."""
    clock = QtFrameClock()
    timer = clock.findChildren(type(clock.children()[0]))[0]

    assert not timer.isActive()  # type: ignore[attr-defined] # the one QTimer child

    clock.request(lambda: None)
    assert timer.isActive()  # type: ignore[attr-defined] # the one QTimer child

    clock.stop()
    assert not timer.isActive()  # type: ignore[attr-defined] # the one QTimer child


def test_what_is_painted_after_the_frame_does_not_lengthen_it() -> None:
    meter = FrameMeter()
    meter.tick_started()
    meter.painted()
    meter.frame_painted()
    assert meter.frames == 1
    meter.painted()
    meter.frame_painted()
    meter.tick_started()
    assert meter.frames == 1


@given(st.floats(0, 10_000), st.floats(0, 500))
def test_frames_are_a_sixtieth_apart_and_leave_half_of_the_time_to_others(
    since_ms: float, work_ms: float
) -> None:
    """Whatever frames cost, and never more than a tenth of a second."""
    apart_ms = since_ms + wait_ms(since_ms, work_ms)
    assert apart_ms >= FRAME_INTERVAL_MS
    assert apart_ms >= min(2 * work_ms, LONGEST_INTERVAL_MS)
    assert wait_ms(since_ms, work_ms) <= LONGEST_INTERVAL_MS
    assert since_ms < LONGEST_INTERVAL_MS or wait_ms(since_ms, work_ms) == 0


class Clocked:
    """A clock of frames whose time is the test's."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.now_s = 0.0
        self.calls: list[str] = []
        self.clock = QtFrameClock(now_s=self.time, used_s=self.time)
        self.timer = self.clock.findChildren(QTimer)[0]

    def time(self) -> float:
        return self.now_s

    def refresh(self, name: str, took_ms: float = 0.0) -> Callable[[], None]:
        def called() -> None:
            self.now_s += took_ms / 1000.0
            self.calls.append(name)

        return called

    def frame(self) -> None:
        """Wait for the next frame and what it paints."""
        count = len(self.calls)
        self._qtbot.waitUntil(lambda: len(self.calls) > count)
        painted = self.clock.findChildren(QTimer)[1]
        self._qtbot.waitUntil(lambda: not painted.isActive())


def test_the_first_change_after_a_rest_is_shown_at_once_and_the_next_is_paced(
    qtbot: QtBot,
) -> None:
    """Nobody waits for a timer in a calm market."""
    one = Clocked(qtbot)
    one.clock.request(one.refresh("first"))
    assert one.timer.interval() == 0
    one.frame()
    one.now_s += 0.004
    one.clock.request(one.refresh("second"))
    assert one.timer.interval() == FRAME_INTERVAL_MS - 4
    one.frame()
    one.now_s += 1.0
    one.clock.request(one.refresh("third"))
    assert one.timer.interval() == 0
    one.clock.stop()


def test_a_moment_between_two_frames_is_no_rest(qtbot: QtBot) -> None:
    """What waits for calm (a full collection) does not fall into a burst."""
    one = Clocked(qtbot)
    assert one.clock.is_idle, "nothing was ever drawn"
    one.clock.request(one.refresh("one"))
    assert not one.clock.is_idle
    one.frame()
    assert not one.clock.is_idle
    one.now_s += REST_MS / 1000.0
    assert one.clock.is_idle
    one.clock.stop()


def test_a_frame_that_took_long_is_followed_by_as_long_a_pause(qtbot: QtBot) -> None:
    one = Clocked(qtbot)
    one.clock.request(one.refresh("slow", 30))
    one.frame()
    one.clock.request(one.refresh("next"))
    assert one.timer.interval() == 30
    one.clock.stop()


def test_refreshes_of_a_full_frame_are_spread_over_two_and_none_waits_for_a_third(
    qtbot: QtBot,
) -> None:
    """The next frame begins with what was late, however busy it is."""
    one = Clocked(qtbot)
    ladder, chart = one.refresh("ladder", REFRESH_MS), one.refresh("chart", REFRESH_MS)
    table = one.refresh("table")
    for refresh in (ladder, chart, table):
        one.clock.request(refresh)
    frames: list[tuple[str, ...]] = []

    def ticked() -> None:
        frames.append(tuple(one.calls))
        one.calls.clear()
        if len(frames) == 1:
            one.clock.request(ladder)

    one.timer.timeout.connect(ticked)
    qtbot.waitUntil(lambda: not one.timer.isActive())
    assert frames == [("ladder",), ("chart", "table"), ("ladder",)], "late ones first, all of them"
    one.clock.stop()
