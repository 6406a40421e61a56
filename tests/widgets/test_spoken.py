"""Announcements reach Qt's bridge when something reads the screen aloud."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel

from terminal.widgets.spoken import Announcer, is_read_aloud

pytestmark = pytest.mark.usefixtures("qapp")


def test_words_are_handed_on_with_their_urgency(qapp: QApplication) -> None:
    label = QLabel("panel")
    heard: list[tuple[str, bool]] = []
    announcer = Announcer(label, lambda words, is_urgent: heard.append((words, is_urgent)))
    assert announcer.is_heard
    announcer.say("Filled.", False)
    announcer.say("Disarmed.", True)
    assert heard == [("Filled.", False), ("Disarmed.", True)]
    label.deleteLater()


def test_without_a_reader_nothing_is_worth_finding_words(qapp: QApplication) -> None:
    label = QLabel("panel")
    announcer = Announcer(label)
    was_active = QAccessible.isActive()
    try:
        QAccessible.setActive(False)
        assert not announcer.is_heard
        QAccessible.setActive(True)
        assert is_read_aloud()
        assert announcer.is_heard
        announcer.say("Disarmed.", True)  # Qt's own bridge takes it
        announcer.say("", False)
    finally:
        QAccessible.setActive(was_active)
    label.deleteLater()
