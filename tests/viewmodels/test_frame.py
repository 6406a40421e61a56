from functools import partial

from terminal.viewmodels.frame import WAITING_FOR_PAINT, FrameMeter, HandFrameClock, QtFrameClock


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
