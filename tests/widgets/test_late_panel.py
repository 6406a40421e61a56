"""A panel that is filled after the window is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.frame import HandFrameClock
from terminal.widgets.late_panel import LatePanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_what_is_filled_in_late_rests_as_the_panel_does(qtbot: QtBot) -> None:
    """The view-model learns what was told to the panel before, and what is told later."""
    frame = HandFrameClock()
    panel = LatePanel("Loading.")
    qtbot.addWidget(panel)
    view_model = ViewModel(frame)
    panel.set_paused(True)
    panel.fill(QLineEdit(), view_model)
    view_model.start()
    view_model.mark_dirty()
    assert frame.pending == 0
    panel.set_paused(False)
    assert frame.pending == 1
    view_model.stop()


def test_the_focus_goes_on_into_the_content(qtbot: QtBot) -> None:
    """Whoever is sent to the panel types into what is in it."""
    panel = LatePanel("Loading.")
    qtbot.addWidget(panel)
    field = QLineEdit()
    panel.fill(field, ViewModel(HandFrameClock()))
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.setFocus()
    assert field.hasFocus()


def test_a_panel_is_filled_once(qtbot: QtBot) -> None:
    """What it waits for goes with the first content; a second would sit beside it."""
    panel = LatePanel("Loading.")
    qtbot.addWidget(panel)
    label = panel.findChild(QLabel)
    assert isinstance(label, QLabel)
    assert label.text() == "Loading."
    panel.fill(QLineEdit(panel), ViewModel(HandFrameClock()))
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert panel.findChild(QLabel) is None
    with pytest.raises(RuntimeError, match="already"):
        panel.fill(QLineEdit(panel), ViewModel(HandFrameClock()))
