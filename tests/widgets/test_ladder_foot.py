"""The ladder's foot folds and unfolds, and gives its note away meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.widgets.ladder import FOLD_ROWS, LadderPanel
from terminal.widgets.theme import Theme
from tests.support.desktop import Desktop
from tests.support.item_wrappers import item_wrappers

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


async def test_a_row_that_something_leaves_has_no_items_that_python_knows(qtbot: QtBot) -> None:
    desktop = await Desktop().start()
    theme = Theme.load(resources() / "themes", "dark")
    panel = LadderPanel(desktop.ladder, theme, FrameMeter())
    qtbot.addWidget(panel)
    panel.show()

    for rows in (2 * FOLD_ROWS, FOLD_ROWS // 2, 2 * FOLD_ROWS):
        panel.resize(420, rows * theme.row_height)
        assert not item_wrappers()

    await desktop.stop()
