"""The status bar's news: what no panel has told, as far as it fits, and taken away."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from terminal.domain.units import ClientOid
from terminal.storage.paths import resources
from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.ladder_group import LadderGroup
from terminal.viewmodels.stray_news import StrayNews
from terminal.viewmodels.text import Role
from terminal.widgets.connection import NEWS_HELP, StatusBar
from terminal.widgets.theme import Theme
from tests.support.builders import an_order_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
LONG = "Rejected: the exchange does not take it, & says why in a long sentence. " * 4


@contextlib.asynccontextmanager
async def a_bar() -> AsyncIterator[tuple[Desktop, StatusBar, QPushButton]]:
    desktop = await Desktop().start()
    group = LadderGroup(desktop.ladder)
    status = StatusViewModel(
        StatusSources(
            desktop.market_feed, desktop.bench.feed, desktop.account, desktop.workspace,
            desktop.clock, desktop.ladder, desktop.health, desk=desktop.desk, ladders=group,
            news=StrayNews(desktop.desk, group.all.values),
        ),
        ("DEMO", Role.DEMO),
        desktop.frame,
    )  # fmt: skip
    status.start()
    bar = StatusBar(status)
    bar.resize(1400, 26)
    bar.show()
    desktop.bench.stream.push(an_order_update())
    await desktop.settle()
    button = bar.findChild(QPushButton, "status.news")
    assert isinstance(button, QPushButton)
    try:
        yield desktop, bar, button
    finally:
        status.stop()
        await desktop.stop()
        bar.close()
        bar.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.parametrize("hand", ["mouse", "keys"])
async def test_news_stands_in_the_bar_until_a_press_takes_it_away(hand: str) -> None:
    async with a_bar() as (desktop, bar, button):
        assert not button.isVisible()
        desktop.ladder.set_paused(True)
        desktop.desk.tell(ClientOid("c1"), "Rejected: Too poor.", ok=False)
        desktop.frame.tick()
        assert button.isVisible()
        assert button.text() == "XBTUSDTM: Rejected: Too poor."
        assert button.accessibleName() == button.text()
        assert NEWS_HELP in button.toolTip()
        if hand == "mouse":
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        else:
            button.setFocus()
            QTest.keyClick(button, Qt.Key.Key_Space)
        desktop.frame.tick()
        assert not button.isVisible()
        assert bar.isVisible()


async def test_news_makes_the_bar_no_higher() -> None:
    """Else all above it would move, the buttons below the ladder among it."""
    async with a_bar() as (desktop, bar, button):
        bar.setStyleSheet(Theme.load(resources() / "themes", "dark").style_sheet)
        bar.ensurePolished()
        before = bar.sizeHint().height()
        desktop.ladder.set_paused(True)
        desktop.desk.tell(ClientOid("c1"), "Rejected: Too poor.", ok=False)
        desktop.frame.tick()
        assert button.isVisible()
        layout = bar.layout()
        assert layout is not None
        layout.activate()
        assert bar.sizeHint().height() == before


@pytest.mark.parametrize("width", [600, 1000, 1900])
async def test_long_news_is_cut_in_the_bar_whole_in_its_help_and_never_widens_the_window(
    width: int,
) -> None:
    async with a_bar() as (desktop, bar, button):
        bar.resize(width, 26)
        desktop.ladder.set_paused(True)
        desktop.desk.tell(ClientOid("c1"), LONG, ok=False)
        desktop.frame.tick()
        assert button.text().endswith("\N{HORIZONTAL ELLIPSIS}")
        assert button.width() <= width // 2
        assert LONG in button.toolTip()
        assert LONG in button.accessibleName()
        assert bar.minimumSizeHint().width() == 0
