"""A burst of clicks is one, whatever Qt makes of each of them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from terminal.widgets.single_click import SingleClick
from tests.support.pointer import burst, press_at

pytestmark = pytest.mark.usefixtures("qapp")
PRESS = QEvent.Type.MouseButtonPress


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_all_clicks_of_a_burst_are_one(count: int) -> None:
    """Qt makes a double click of every other press, and of the rest a press like any other."""
    window = QWidget()
    told: list[bool] = []
    button = SingleClick(window)
    button.clicked.connect(lambda: told.append(True))
    later = burst(button, count)
    assert len(told) == 1
    press_at(button, PRESS, later)
    assert len(told) == 2, "a press after a pause is meant"
