"""The dialogs of one order's trail and of all orders' latency, by real keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from terminal.domain.units import Lots, OrderId
from terminal.storage.paths import resources
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.latency import LatencyViewModel
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.trail import TrailViewModel
from terminal.widgets.fills import FillsPanel
from terminal.widgets.latency import LatencyDialog, show_latency
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.theme import Theme
from terminal.widgets.trail import TrailDialog, show_trail
from tests.support.builders import a_fill, an_order_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def window() -> Iterator[QWidget]:
    made = QWidget()
    made.resize(700, 300)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_enter_on_an_order_or_a_fill_opens_its_trail_beside_everything_else(
    window: QWidget,
) -> None:
    """One dialog for all, not modal; what it shows can be copied; Esc closes it."""
    theme = Theme.load(resources() / "themes", "dark")
    desktop = await Desktop().start()
    desk, contracts, frame, meter = (
        desktop.desk, desktop.bench.contracts, desktop.frame, FrameMeter(),
    )  # fmt: skip
    orders, fills = OrdersViewModel(desk, contracts, frame), FillsViewModel(desk, contracts, frame)
    trail = TrailViewModel(desk, contracts, frame)
    show = partial(show_trail, trail, theme, meter, window)
    for view_model in (orders, fills, trail):
        view_model.start()
    orders.trail_asked.connect(show)
    fills.trail_asked.connect(show)
    panels = OrdersPanel(orders, theme, meter, window), FillsPanel(fills, theme, meter, window)
    fill = a_fill(order_id=OrderId("o2"), lots=Lots(1))
    desktop.bench.stream.push(
        an_order_update(order_id=OrderId("o1"), client_oid=None),
        an_order_update(
            order_id=OrderId("o2"), client_oid=None, lots=Lots(1), filled=Lots(1), is_done=True,
            fill=fill,
        ),
    )  # fmt: skip
    desktop.frame.tick()
    for panel, headline in zip(panels, ("Buy 2", "Buy 1"), strict=True):
        panel.table.selectRow(0)
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
        (dialog,) = window.findChildren(TrailDialog)
        assert not dialog.isModal()
        assert dialog.headline.text() == f"{headline} XBTUSDTM at 100.0"
    (dialog,) = window.findChildren(TrailDialog)
    QTest.keyClick(dialog.copy, Qt.Key.Key_Space)
    assert QGuiApplication.clipboard().text() == trail.as_text()
    assert "Bought 1 at 100.0" in trail.as_text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not trail.is_seen, "closed, it computes nothing"
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.findChild(TrailDialog) is None
    for view_model in (orders, fills, trail):
        view_model.stop()
    await desktop.stop()


async def test_the_latency_dialog_opens_once_and_rests_when_closed(window: QWidget) -> None:
    theme = Theme.load(resources() / "themes", "light")
    desktop = await Desktop().start()
    latency = LatencyViewModel(desktop.desk.latency, desktop.frame)
    latency.start()
    dialog = show_latency(latency, theme, FrameMeter(), window)
    assert show_latency(latency, theme, FrameMeter(), window) is dialog
    desktop.frame.tick()
    assert dialog.sentence.text().startswith("Not enough orders")
    assert not dialog.isModal()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not latency.is_seen
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.findChild(LatencyDialog) is None
    latency.stop()
    await desktop.stop()
