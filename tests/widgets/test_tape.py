"""The tape's panel: what is painted again, hands, fields and the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QHelpEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QToolTip
from typing_extensions import override

from terminal.domain.units import Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.widgets.canvas.tape_canvas import TapeCanvas, place_columns
from terminal.widgets.tape import TapePanel
from terminal.widgets.theme import Theme
from tests.support.tapes import TapeBench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("qapp")


class Stage:
    def __init__(self, bench: TapeBench, panel: TapePanel) -> None:
        self.bench = bench
        self.panel = panel
        self.canvas: TapeCanvas = panel.canvas
        self.tape = bench.tape

    def trade(self, *lots: int, taker: Side = Side.BUY) -> None:
        for one in lots:
            self.bench.trade(one, taker=taker)
        self.bench.tick()
        QApplication.processEvents()

    @property
    def texts(self) -> list[str]:
        return [row.lots for row in self.tape.view.rows]


@pytest.fixture
async def stage(qapp: QApplication) -> AsyncIterator[Stage]:
    bench = await TapeBench().start()
    panel = TapePanel(bench.tape, Theme.load(resources() / "themes", "dark"), FrameMeter())
    panel.resize(360, 320)
    panel.show()
    bench.tick()
    yield Stage(bench, panel)
    panel.close()
    panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    await bench.stop()


def test_columns_follow_each_other_and_the_least_needed_goes_first() -> None:
    wide = place_columns(800, 8, lambda words: 7.0 * len(words))
    edges = [wide.time, wide.arrow, wide.price, wide.lots]
    assert edges == sorted(edges)
    assert wide.trades is not None
    assert wide.trades > wide.lots
    assert place_columns(wide.trades - 1, 8, lambda words: 7.0 * len(words)).trades is None


async def test_a_burst_that_grows_paints_one_row_again(stage: Stage) -> None:
    stage.trade(1, 2, 3)
    painted: list[int] = []
    theme = stage.panel._theme

    class Watch(QObject):
        @override
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                painted.append(event.region().boundingRect().height())
            return False

    watch = Watch()
    stage.canvas.installEventFilter(watch)
    stage.bench.trade(5, ms=3)
    stage.bench.tick()
    QApplication.processEvents()
    stage.canvas.removeEventFilter(watch)
    assert stage.texts[0] == "8"
    assert painted == [theme.row_height]


async def test_sides_differ_by_more_than_colour(stage: Stage) -> None:
    stage.trade(4)
    stage.trade(4, taker=Side.SELL)
    arrows = [row.arrow for row in stage.tape.view.rows]
    assert len(set(arrows)) == 2


async def test_keys_hold_scroll_and_go_back_to_the_newest(stage: Stage) -> None:
    stage.trade(*range(1, 61))
    QTest.keyClick(stage.canvas, Qt.Key.Key_Space)
    stage.trade(99)
    assert stage.texts[0] == "60"
    assert "1 wait" in stage.tape.view.note
    for key, top in (
        (Qt.Key.Key_Down, "59"),
        (Qt.Key.Key_Up, "60"),
        (Qt.Key.Key_Home, "60"),
    ):
        QTest.keyClick(stage.canvas, key)
        stage.bench.tick()
        assert stage.texts[0] == top
    QTest.keyClick(stage.canvas, Qt.Key.Key_End)
    stage.bench.tick()
    assert stage.texts[-1] == "1"
    QTest.keyClick(stage.canvas, Qt.Key.Key_Space)
    stage.bench.tick()
    assert stage.texts[0] == "99"


async def test_the_pointer_holds_the_rows_and_a_hidden_panel_lets_them_go(stage: Stage) -> None:
    stage.trade(1)
    QApplication.sendEvent(stage.canvas, _enter())
    stage.trade(2)
    assert stage.texts == ["1"]
    stage.panel.hide()
    stage.bench.tick()
    assert stage.texts == ["2", "1"]


async def test_the_tooltip_of_a_row_is_exact(stage: Stage) -> None:
    stage.trade(7)
    at = QPoint(40, stage.canvas.height() // 2 - stage.canvas.height() // 2 + 30)
    event = QHelpEvent(QEvent.Type.ToolTip, at, stage.canvas.mapToGlobal(at))
    QApplication.sendEvent(stage.canvas, event)
    assert "7 lots at 100.0" in QToolTip.text()
    QToolTip.hideText()


async def test_a_wrong_size_is_marked_at_its_field(stage: Stage) -> None:
    stage.panel.least.setText("many")
    stage.panel.least.editingFinished.emit()
    assert stage.panel.least.property("wrong") == "true"
    assert "whole number" in stage.panel.least.accessibleDescription()
    stage.panel.least.setText("25")
    stage.panel.least.editingFinished.emit()
    assert stage.panel.least.property("wrong") == "false"
    assert stage.tape.options.least_lots == 25


async def test_switches_of_the_menu_are_choices_that_are_kept(stage: Stage) -> None:
    assert stage.panel.joins.isChecked()
    stage.panel.joins.trigger()
    stage.panel.alerts.trigger()
    assert (stage.tape.options.joins_bursts, stage.tape.options.alerts) == (False, True)
    stage.panel.held.trigger()
    stage.panel.menu.aboutToShow.emit()
    assert stage.panel.held.isChecked()


async def test_the_file_is_asked_for_without_a_loop_of_its_own(
    stage: Stage, tmp_path: Path
) -> None:
    saved: list[str] = []
    stage.tape.save = lambda path, _rows, _contract: saved.append(path)
    stage.trade(1)
    stage.panel.menu.actions()[-1].trigger()
    dialog = stage.panel.findChild(QFileDialog, "tape.file")
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "a.csv"))
    dialog.close()
    assert saved == [str(tmp_path / "a.csv")]


async def test_another_theme_paints_another_picture(stage: Stage) -> None:
    stage.trade(1)
    before = stage.panel.grab().toImage()
    stage.panel._theme.colors["panel"].setRed(200)
    stage.panel._theme.changed.emit()
    assert stage.panel.grab().toImage() != before


def _enter() -> QEvent:
    return QEnterEvent(QPointF(10, 60), QPointF(10, 60), QPointF(10, 60))


async def test_the_threshold_of_large_ones_is_in_lots_or_in_value_and_can_be_heard(
    stage: Stage,
) -> None:
    beeps: list[bool] = []
    panel = TapePanel(
        stage.tape,
        Theme.load(resources() / "themes", "dark"),
        FrameMeter(),
        beep=lambda: beeps.append(True),
    )
    assert "so many lots" in panel.large.toolTip()
    panel.by_value.trigger()
    panel.sounds.trigger()
    assert "so many USDT" in panel.large.toolTip()
    panel.large.setText("50")
    panel.large.editingFinished.emit()
    assert stage.tape.options.large == (50, True)
    assert "so many USDT" in panel.large.toolTip()
    stage.trade(400, 600)
    assert beeps == [True]
    panel.by_value.trigger()
    assert panel.large.text() == ""
    panel.deleteLater()
