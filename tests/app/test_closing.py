"""Every wish to end leads to one question, and to no question where nobody is there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, Signal

from terminal.app.cli import Command, Options, parse
from terminal.app.closing import SYSTEM_WAIT_S, Closing

pytestmark = pytest.mark.usefixtures("qapp")


class FakeLeaving(QObject):
    """Notes what it is told."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []
        self.is_open = False
        self.needs_answer = True

    def ask(self, within_s: int | None = None) -> None:
        self.told.append(within_s)
        self.is_open = True

    def insist(self) -> None:
        self.told.append("insist")


class FakeManager:
    """A session manager; ``may`` is whether the user can be asked."""

    def __init__(self, *, may: bool) -> None:
        self.may = may
        self.is_canceled = False

    def allowsInteraction(self) -> bool:  # noqa: N802 - Qt's name
        return self.may

    def cancel(self) -> None:
        self.is_canceled = True


def closing(*, asks: bool = True) -> tuple[Closing, FakeLeaving, list[str]]:
    leaving = FakeLeaving()
    one = Closing(leaving, asks=asks)  # type: ignore[arg-type] # a stand-in
    left: list[str] = []
    one.left.connect(lambda: left.append("left"))
    return one, leaving, left


def test_the_window_asks_without_a_clock() -> None:
    one, leaving, left = closing()
    one.by_hand()
    assert leaving.told == [None]
    assert left == []
    leaving.left.emit()
    assert left == ["left"]


def test_a_signal_asks_for_a_while_and_a_second_one_insists() -> None:
    one, leaving, _left = closing()
    one.by_signal()
    assert leaving.told == [SYSTEM_WAIT_S]
    one.by_signal()
    assert leaving.told == [SYSTEM_WAIT_S, "insist"]


def test_a_session_that_ends_is_held_where_that_is_allowed() -> None:
    one, leaving, _left = closing()
    manager = FakeManager(may=True)
    one._on_session_end(manager)
    assert manager.is_canceled
    assert leaving.told == [SYSTEM_WAIT_S]
    hurried = FakeManager(may=False)
    one._on_session_end(hurried)
    assert not hurried.is_canceled


def test_a_session_that_ends_with_nothing_standing_is_not_held() -> None:
    one, leaving, _left = closing()
    leaving.needs_answer = False
    manager = FakeManager(may=True)
    one._on_session_end(manager)
    assert not manager.is_canceled
    assert leaving.told == []


def test_where_nobody_is_there_nobody_is_asked() -> None:
    one, leaving, left = closing(asks=False)
    one.by_hand()
    one.by_signal()
    one._on_session_end(FakeManager(may=True))
    assert leaving.told == []
    assert left == ["left", "left"]


def test_unattended_are_tours_and_timed_runs_and_nothing_else() -> None:
    assert not Options(Command.DEMO).is_unattended
    assert not parse(["demo"]).is_unattended
    assert parse(["demo", "--tour"]).is_unattended
    assert parse(["watch", "--seconds", "5"]).is_unattended
