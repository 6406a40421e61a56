"""The steps of the tour beside the ladder: the chart and the layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from terminal.app.tour_stage import StepFailedError
from terminal.domain.candles import CandleInterval
from terminal.domain.transfer import AccountKind
from terminal.session.transfers import TransferEnd
from terminal.viewmodels.chart_view import LineKind

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from terminal.app.tour_orders import Until
    from terminal.app.tour_stage import Stage
    from terminal.viewmodels.chart import ChartViewModel

CANVAS = "chart.canvas"
RESTING_S = 0.3
"""So long a layout is left alone before it is looked at: windows arrive in their own time."""


@final
class PanelSteps:
    """A trader who looks at the chart and moves panels about."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._program = stage.program
        self._until = stage.until

    @property
    def _chart(self) -> ChartViewModel:
        chart = self._program.chart
        if chart is None:
            raise StepFailedError("there is no chart")
        return chart

    # Chart -----------------------------------------------------------------------------------

    async def see_orders_on_the_chart(self, until: Until) -> None:
        """Wait for own order, position and fill on the chart that shows the same contract.

        ``until`` is how to wait while the order rests.
        """
        await until(lambda: self._program.chart is not None, "the chart")
        chart = self._chart
        await until(
            lambda: chart.view.waiting is None and chart.view.stale is None, "candles in the chart"
        )
        await until(
            lambda: {LineKind.ORDER, LineKind.ENTRY} <= {line.kind for line in chart.view.lines},
            "lines of the order and the position in the chart",
        )
        await until(lambda: bool(chart.view.marks), "the fill's mark in the chart")

    async def change_the_timeframe(self) -> None:
        """Take five-minute candles by mouse, fifteen-minute ones by key, look back, and return."""
        chart = self._chart
        self._stage.click("chart.interval_5m")
        await self._shown(CandleInterval.M5)
        self._stage.click(CANVAS)
        self._stage.press(CANVAS, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        await self._shown(CandleInterval.M15)
        self._stage.press(CANVAS, Qt.Key.Key_PageUp)
        await self._until(lambda: not chart.view.is_following, "the chart that looks back")
        self._stage.press(CANVAS, Qt.Key.Key_End)
        await self._until(lambda: chart.view.is_following, "the chart at its newest candle")
        self._stage.click("chart.interval_1m")
        await self._shown(CandleInterval.M1)

    async def _shown(self, interval: CandleInterval) -> None:
        chart = self._chart
        await self._until(
            lambda: (
                chart.view.interval is interval
                and chart.view.waiting is None
                and chart.view.end - chart.view.first > 1
            ),
            f"{interval.text} candles in sight",
        )

    # Money -----------------------------------------------------------------------------------

    async def move_money(self) -> None:
        """Move 250 USDT from the futures account to the main one, by keys, and see it arrive."""
        view_model, transfers = self._program.transfer, self._program.backend.transfers
        canvas = self._stage.widget(CANVAS)
        self._stage.click(CANVAS)
        self._stage.hands.press(canvas, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        await self._until(lambda: self._dialog() is not None, "the transfer dialog")
        await self._until(self._part("amount").hasFocus, "the amount to be typed")
        self._stage.hands.click(self._part("swap"))
        await self._until(
            lambda: view_model.view.source is AccountKind.FUTURES, "the futures account paying"
        )
        self._stage.hands.click(self._part("amount"))
        self._stage.hands.type(self._part("amount"), "250")
        await self._until(lambda: view_model.view.can_send, "a transfer that can be sent")
        self._stage.hands.press(self._part("amount"), Qt.Key.Key_Return)
        await self._until(
            lambda: transfers.last is not None and transfers.last.end is TransferEnd.MOVED,
            "the money in the main account",
        )
        self._stage.hands.press(self._part("amount"), Qt.Key.Key_Escape)
        await self._until(lambda: self._dialog() is None, "the end of the dialog")

    def _dialog(self) -> object:
        return self._program.window.findChild(QWidget, "transfer.dialog")

    def _part(self, name: str) -> QWidget:
        return self._stage.widget(f"transfer.{name}")

    # Layout ----------------------------------------------------------------------------------

    async def save_and_restore_the_layout(self) -> None:
        """Tear the chart off and hide the fills, restore the default, bring the own layout back."""
        window = self._program.window
        chart, fills = window.docks.panels["chart"], window.docks.panels["fills"]
        await self._choose("&View", "Fills")
        await self._until(fills.dock.isClosed, "the hidden fills")
        chart.tear_off()
        await self._until(lambda: chart.is_floating, "the chart in a window of its own")
        await self._program.backend.clock.sleep(RESTING_S)
        own = window.saved_layout()
        await self._choose("&View", "&Restore default layout")
        await self._until(lambda: chart.is_docked and fills.is_docked, "the default layout")
        problem = window.restore_layout(own)
        if problem:
            raise StepFailedError(f"the saved layout cannot be used: {problem}")
        await self._until(
            lambda: chart.is_floating and fills.dock.isClosed(), "the saved layout as it was"
        )
        await self._choose("&View", "&Restore default layout")
        await self._until(lambda: chart.is_docked and fills.is_docked, "the default layout")
        await self._until(lambda: self._chart.view.stale is None, "the live chart")

    async def _choose(self, menu: str, entry: str) -> None:
        """Open a menu and choose an entry, by mouse."""
        window = self._program.window
        bar = window.menuBar()
        title = _action_of(bar.actions(), menu)
        window.activateWindow()
        self._stage.hands.click(bar, bar.actionGeometry(title).center())
        popup = title.menu()
        if not isinstance(popup, QMenu):
            raise StepFailedError(f"{menu} opens nothing")
        await self._until(popup.isVisible, f"the menu {menu}")
        chosen = _action_of(popup.actions(), entry)
        self._stage.hands.click(popup, popup.actionGeometry(chosen).center())
        await self._until(
            lambda: QApplication.activePopupWidget() is None, f"the end of the menu {menu}"
        )


def _action_of(actions: list[QAction], words: str) -> QAction:
    for action in actions:
        if action.text() == words:
            return action
    raise StepFailedError(f"there is no menu entry {words}")
