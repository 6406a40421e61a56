"""The dialog of what the exchange has."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from terminal.domain.intention import Purpose
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.widgets.reconcile import ReconcileDialog, show_reconcile
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.viewmodels.test_reconcile import Shown

pytestmark = pytest.mark.usefixtures("qapp")


async def test_it_says_what_is_to_be_read_until_somebody_has_read_it() -> None:
    """Closing changes nothing; the button does."""
    theme = Theme.load(resources() / "themes", "dark")
    shown, window = Shown(), QWidget()
    shown.bench.desk.journal.begin(Purpose.MOVE, XBT, "Moving a buy.")
    await shown.start()
    dialog = show_reconcile(shown.vm, theme, FrameMeter(), window)
    assert show_reconcile(shown.vm, theme, FrameMeter(), window) is dialog
    shown.frame.tick()
    assert "Moving a buy was under way" in dialog.sentences.text()
    assert not dialog.grab().isNull()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert len(shown.bench.desk.journal.open_procedures()) == 1
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    again = show_reconcile(shown.vm, theme, FrameMeter(), window)
    assert isinstance(again, ReconcileDialog)
    shown.frame.tick()
    QTest.mouseClick(again.seen, Qt.MouseButton.LeftButton)
    shown.frame.tick()
    assert shown.bench.desk.journal.open_procedures() == ()
    assert not again.sentences.isVisibleTo(again)
    assert not again.seen.isEnabled()
    QTest.mouseClick(again.again, Qt.MouseButton.LeftButton)
    await shown.bench.clock.settle()
    again.close()
    shown.vm.stop()
    await shown.reconciling.stop()
    await shown.bench.stop()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
