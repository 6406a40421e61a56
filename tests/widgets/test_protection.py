"""The banner of protection: what it shows, what its button and menu do, and that it stays put."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton

from terminal.storage.paths import resources
from terminal.widgets.protection import ProtectionBanner
from terminal.widgets.theme import Theme
from tests.support.guarded import a_stop_update
from tests.support.pointer import burst
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme.load(resources() / "themes", "dark")


@pytest.fixture
def banner(qtbot: QtBot, theme: Theme) -> Callable[[Protected], ProtectionBanner]:
    def make(protected: Protected) -> ProtectionBanner:
        widget = ProtectionBanner(protected.vm, protected.hand, theme)
        qtbot.addWidget(widget)
        widget.resize(500, widget.sizeHint().height())
        return widget

    return make


async def test_the_button_asks_and_sends(
    banner: Callable[[Protected], ProtectionBanner],
) -> None:
    protected = await Protected().start(2)
    widget = banner(protected)
    mend = widget.findChild(QPushButton, "protection.mend")
    words = widget.findChild(QLabel, "protection.words")
    assert mend is not None
    assert words is not None
    assert words.property("loud") == "true"
    assert "NAKED" in words.toolTip()
    burst(mend, 3)
    await protected.settle()
    assert mend.text() == "Send"
    assert protected.sent == []
    mend.click()
    await protected.settle()
    assert protected.sent == [("sell", 2, 960)]
    assert words.property("loud") == "false"
    assert not mend.isEnabled()
    await protected.stop()


async def test_its_height_is_the_same_with_and_without_words(
    banner: Callable[[Protected], ProtectionBanner],
) -> None:
    """The rows of the ladder below never jump."""
    protected = await Protected().start()
    widget = banner(protected)
    empty = widget.sizeHint().height()
    protected.guarded.hold(2)
    await protected.settle()
    assert protected.vm.view.words
    assert widget.sizeHint().height() == empty
    await protected.stop()


async def test_the_menu_holds_and_releases_and_says_what_dies(
    banner: Callable[[Protected], ProtectionBanner],
) -> None:
    protected = await Protected().start(4, a_stop_update("s1", 4))
    widget = banner(protected)
    hold = widget.findChild(QToolButton, "protection.hold")
    assert hold is not None
    menu = hold.menu()
    assert menu is not None
    *held, release = menu.actions()
    for action in held:
        assert "dies with the app" in action.text()
        action.trigger()
        await protected.settle()
        assert len(protected.held.held()) == 1
    release.trigger()
    assert protected.held.held() == ()
    await protected.stop()
