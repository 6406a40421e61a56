"""The dialog for one exit of a position by real keys, on fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from PySide6.QtWidgets import QWidget as Widget

from terminal.domain.triggers import Purpose
from terminal.storage.paths import resources
from terminal.viewmodels.exit_form import ExitFormViewModel
from terminal.widgets.exit_form import ExitFormDialog, show_exit_form
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
async def shown() -> AsyncIterator[tuple[Protected, ExitFormDialog]]:
    """The dialog for a stop-loss of a long position of four lots."""
    protected = await Protected().start(4)
    bench = protected.desktop.bench
    vm = ExitFormViewModel(
        bench.desk, bench.account, protected.protecting, bench.contracts, protected.desktop.frame
    )
    window = Widget()
    window.show()
    vm.ask(XBT, Purpose.LOSS)
    theme = Theme.load(resources() / "themes", "dark")
    dialog = show_exit_form(vm, theme, window)
    assert show_exit_form(vm, theme, window) is dialog, "it is there once"
    yield protected, dialog
    vm.stop()
    await protected.stop()
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def line(dialog: ExitFormDialog, name: str) -> QLineEdit:
    found = dialog.findChild(QLineEdit, f"exit.{name}")
    assert isinstance(found, QLineEdit)
    return found


def words(dialog: ExitFormDialog) -> str:
    found = dialog.findChild(QLabel, "exit.words")
    assert isinstance(found, QLabel)
    return found.text()


async def test_a_price_is_typed_read_as_a_condition_and_enter_places_it(
    shown: tuple[Protected, ExitFormDialog],
) -> None:
    protected, dialog = shown
    assert dialog.windowTitle() == "Stop-loss of XBTUSDTM"
    QTest.keyClicks(line(dialog, "price"), "95")
    QTest.keyClicks(line(dialog, "lots"), "3")
    await protected.settle()
    assert words(dialog).startswith("Sell 3 at market, reduce-only, if mark falls to 95.0.")
    QTest.keyClick(line(dialog, "price"), Qt.Key.Key_Return)
    await protected.settle()
    assert protected.sent == [("sell", 3, 950)]
    assert words(dialog) == "Sent: untriggered."


async def test_what_would_fire_now_cannot_be_placed_and_esc_sends_nothing(
    shown: tuple[Protected, ExitFormDialog],
) -> None:
    protected, dialog = shown
    QTest.keyClicks(line(dialog, "price"), "101")
    await protected.settle()
    place = dialog.findChild(QPushButton, "exit.place")
    assert isinstance(place, QPushButton)
    assert not place.isEnabled()
    assert words(dialog).startswith("It would fire now")
    QTest.keyClick(line(dialog, "price"), Qt.Key.Key_Return)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    await protected.settle()
    assert not dialog.isVisible()
    assert protected.sent == []


async def test_it_follows_the_theme(shown: tuple[Protected, ExitFormDialog]) -> None:
    _, dialog = shown
    before = dialog.styleSheet()
    dialog._theme.switch_to("light")
    assert dialog.styleSheet() == dialog._theme.style_sheet != before
