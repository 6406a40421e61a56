"""The event log where letters are large: sentences get the room of the column beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication

from terminal.session.notices import NoticeBoard, NoticeLevel
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter, HandFrameClock
from terminal.viewmodels.log import LogViewModel
from terminal.widgets.log import NARROW_EM, LogPanel
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")


class Stage:
    def __init__(self) -> None:
        self.board, self.frame = NoticeBoard(FakeClock()), HandFrameClock()
        self.log = LogViewModel(self.board, self.frame)
        self.theme = Theme.load(resources() / "themes", "dark", 2.0)
        self.panel = LogPanel(self.log, self.theme, FrameMeter())
        self.log.start()
        self.panel.show()

    def as_wide_as(self, letters: int) -> None:
        self.panel.resize(letters * self.theme.base_px, 300)
        QApplication.processEvents()
        self.frame.tick()


@pytest.fixture
def stage(qapp: QApplication) -> Iterator[Stage]:
    made = Stage()
    yield made
    made.log.stop()
    made.panel.close()
    made.panel.deleteLater()


def test_a_narrow_log_names_the_contract_in_the_sentence(stage: Stage) -> None:
    stage.board.post(NoticeLevel.INFO, "orders", "Filled.", XBT)
    stage.board.post(NoticeLevel.INFO, "app", "Saved.")
    stage.as_wide_as(NARROW_EM + 5)
    keys = [row.key for row in stage.log.model.rows]
    assert [row.words for row in stage.log.model.rows] == ["Saved.", "Filled."]
    assert not stage.panel.table.isColumnHidden(1)
    stage.as_wide_as(NARROW_EM - 5)
    assert [row.words for row in stage.log.model.rows] == ["Saved.", "XBTUSDTM: Filled."]
    assert stage.panel.table.isColumnHidden(1)
    assert [row.key for row in stage.log.model.rows] == keys


def test_the_chosen_row_is_told_by_lines_not_by_a_faint_ground_alone(stage: Stage) -> None:
    stage.board.post(NoticeLevel.INFO, "app", "Saved.")
    stage.as_wide_as(NARROW_EM + 5)
    table = stage.panel.table
    before = table.viewport().grab().toImage()
    table.selectRow(0)
    after = table.viewport().grab().toImage()
    rect = table.visualRect(table.model().index(0, 2))
    at = rect.topLeft()
    assert before.pixelColor(at) != after.pixelColor(at)
    assert after.pixelColor(at) == stage.theme.color("accent")
    assert after.pixelColor(rect.bottomLeft()) == stage.theme.color("accent")
