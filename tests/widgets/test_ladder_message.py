"""The ladder's sentence stands below the rows, grows over their foot, and never moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal.storage.paths import resources
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role
from terminal.widgets.ladder_message import MOST_LINES, MessageLine
from terminal.widgets.theme import Theme

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LONG = "A rather long sentence about what was wrong. "


def test_rows_stay_where_they_are_whatever_is_said(qtbot: QtBot) -> None:
    panel, rows = QWidget(), QWidget()
    qtbot.addWidget(panel)
    message = MessageLine(Theme.load(resources() / "themes", "dark"), panel)
    column = QVBoxLayout(panel)
    column.addWidget(rows, 1)
    column.addWidget(message.slot)
    message.take_lines(1)
    panel.resize(400, 300)
    panel.show()
    before = rows.geometry()
    heights = []
    for words in ("Sent.", LONG * 3, LONG * 40):
        message.show_message(Message(words, Role.CAUTION))
        assert message.isVisible()
        assert rows.geometry() == before
        assert message.geometry().bottom() == message.slot.geometry().bottom()
        assert message.toolTip() == words
        heights.append(message.height())
    assert heights[0] == message.slot.height()
    assert heights[0] < heights[1] < heights[2] == panel.height() // 2
    assert heights[2] > message.height_of(MOST_LINES)
    message.show_message(None)
    assert not message.isVisible()
    assert rows.geometry() == before
