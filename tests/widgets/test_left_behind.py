"""What looks after every test for things of Qt that it left behind sees what it is meant to see."""

from __future__ import annotations

import gc
import weakref
from functools import partial

import pytest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import Shiboken

from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.frame import HandFrameClock
from tests.support.item_wrappers import item_wrappers
from tests.support.left_windows import end_what_is_left

pytestmark = pytest.mark.usefixtures("qapp")


def test_a_row_that_was_filled_before_it_was_nested_on_a_widget_is_seen() -> None:
    window, row = QWidget(), QHBoxLayout()
    row.addWidget(QLabel())
    row.addStretch(1)
    column = QVBoxLayout(window)
    assert item_wrappers() == []
    column.addLayout(row)
    assert sorted(item_wrappers()) == ["QSpacerItem", "QWidgetItem"]
    Shiboken.delete(window)
    assert item_wrappers() == []


def test_windows_are_deleted_and_signals_keep_nothing() -> None:
    window = QWidget()
    child = QLabel(window)
    model = ViewModel(HandFrameClock())
    model.changed.connect(partial(model.set_paused, True))
    kept = weakref.ref(model)

    end_what_is_left()

    assert not Shiboken.isValid(window)
    assert not Shiboken.isValid(child)
    assert QApplication.topLevelWidgets() == []
    del model
    gc.collect()
    assert kept() is None
