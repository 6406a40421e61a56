"""The fuse's dialog by real keys."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from terminal.domain.account_facts import StopsFate
from terminal.session.fuse import Fuse, FuseTerms
from terminal.storage.paths import resources
from terminal.viewmodels.fuse import FuseViewModel
from terminal.widgets.fuse import FuseDialog, show_fuse
from terminal.widgets.theme import Theme
from tests.support.desktop import Desktop
from tests.support.fake_fuse import FakeFuseGateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Opened:
    def __init__(self, stops: StopsFate) -> None:
        self.desktop = Desktop()
        bench = self.desktop.bench
        self.gateway = FakeFuseGateway(bench.clock)
        self.fuse = Fuse(
            self.gateway, bench.desk, bench.clock, bench.owner, bench.notices, FuseTerms(stops)
        )
        self.vm = FuseViewModel(self.fuse, self.desktop.workspace, self.desktop.frame)
        self.theme = Theme.load(resources() / "themes", "dark")
        self.window = QWidget()

    def open(self) -> None:
        self.window.show()
        self.dialog: FuseDialog = show_fuse(self.vm, self.theme, self.window)

    def words(self, name: str) -> str:
        found = self.dialog.findChild(QLabel, f"fuse.{name}")
        assert isinstance(found, QLabel)
        return found.text()

    def button(self, name: str) -> QPushButton:
        found = self.dialog.findChild(QPushButton, f"fuse.{name}")
        assert isinstance(found, QPushButton)
        return found

    @property
    def timeout(self) -> QLineEdit:
        found = self.dialog.findChild(QLineEdit, "fuse.timeout")
        assert isinstance(found, QLineEdit)
        return found

    async def settle(self) -> None:
        await self.desktop.clock.settle()
        self.desktop.frame.tick()


@contextlib.asynccontextmanager
async def opened(stops: StopsFate = StopsFate.KEPT) -> AsyncIterator[Opened]:
    one = Opened(stops)
    await one.desktop.start()
    one.vm.start()
    one.open()
    await one.settle()
    try:
        yield one
    finally:
        one.vm.stop()
        await one.fuse.stop()
        await one.desktop.stop()
        one.window.close()
        one.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_enter_lights_it_for_the_time_that_is_typed() -> None:
    async with opened() as one:
        one.timeout.selectAll()
        QTest.keyClicks(one.timeout, "45")
        QTest.keyClick(one.timeout, Qt.Key.Key_Return)
        await one.settle()
        assert [timeout_s for _, timeout_s in one.gateway.calls] == [45]
        assert one.words("state").startswith("Lit: 4")
        assert one.button("light").text() == "Set it anew"
        QTest.mouseClick(one.button("put_out"), Qt.MouseButton.LeftButton)
        await one.settle()
        assert one.words("state") == "Off."


async def test_esc_closes_and_leaves_it_burning() -> None:
    async with opened() as one:
        QTest.keyClick(one.timeout, Qt.Key.Key_Return)
        await one.settle()
        QTest.keyClick(one.timeout, Qt.Key.Key_Escape)
        await one.settle()
        assert one.fuse.is_burning


async def test_where_it_is_not_offered_the_dialog_says_why() -> None:
    async with opened(StopsFate.UNKNOWN) as one:
        assert not one.button("light").isEnabled()
        assert "fuse_stops" in one.words("problem")
        QTest.keyClick(one.timeout, Qt.Key.Key_Return)
        await one.settle()
        assert one.gateway.calls == []


async def test_what_happens_to_stops_is_on_the_screen() -> None:
    async with opened(StopsFate.CANCELED) as one:
        assert "without protection" in one.words("stops")


async def test_it_is_lit_for_the_shown_contract_where_that_is_chosen() -> None:
    async with opened() as one:
        scope = one.dialog.findChild(QComboBox, "fuse.scope")
        assert isinstance(scope, QComboBox)
        assert [scope.itemText(n) for n in range(scope.count())] == ["All contracts", "XBTUSDTM"]
        scope.setCurrentIndex(1)
        one.button("light").click()
        await one.settle()
        assert one.gateway._symbols == ("XBTUSDTM",)


async def test_asking_again_shows_the_same_dialog() -> None:
    async with opened() as one:
        assert show_fuse(one.vm, one.theme, one.window) is one.dialog
