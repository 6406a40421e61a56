"""Parts of the ticket that are painted by us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from terminal.storage.paths import resources
from terminal.widgets.theme import Theme
from terminal.widgets.ticket_parts import note, show_note

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_a_note_without_room_ends_in_an_ellipsis_and_is_whole_in_the_tooltip(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    long, narrow = "Buy if mark rises to it; sell if mark falls to it.", 120
    label = note(holder, Theme.load(resources() / "themes", "dark"), "note")
    label.resize(narrow, 20)
    cut = label.fontMetrics().elidedText(long, label.CUT, narrow)
    pictures = []
    for words in (long, cut, "Buy"):
        show_note(label, "", words)
        pictures.append(label.grab().toImage())
    assert cut.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert pictures[0] == pictures[1] != pictures[2]
    show_note(label, "", long)
    assert label.toolTip() == label.text() == long
