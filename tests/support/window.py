"""The main window with real panels on fakes: where tests of the workspace begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from terminal.storage.paths import resources
from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.headers import HeadersViewModel
from terminal.viewmodels.log import LogViewModel
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket import TicketViewModel
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.log import LogPanel
from terminal.widgets.main_window import MainWindow, Place
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.theme import Theme
from terminal.widgets.ticket import TicketPanel
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from terminal.viewmodels.base import ViewModel


@final
class Workbench:
    """A window that nobody has shown yet. ``close`` it."""

    def __init__(self, *, without: tuple[str, ...] = ()) -> None:
        self._is_closed = False
        self.desktop = desktop = Desktop()
        self.theme = theme = Theme.load(resources() / "themes", "dark")
        bench, frame, meter = desktop.bench, desktop.frame, FrameMeter()
        positions = PositionsViewModel(
            desktop.workspace, desktop.account, desktop.desk, bench.contracts, frame
        )
        orders = OrdersViewModel(desktop.desk, bench.contracts, frame)
        ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, frame)
        log = LogViewModel(bench.notices, frame)
        status = StatusViewModel(
            StatusSources(
                desktop.market_feed,
                bench.feed,
                desktop.account,
                desktop.workspace,
                desktop.clock,
                desktop.ladder,
                desktop.health,
            ),
            ("DEMO", Role.DEMO),
            frame,
        )
        self.headers = HeadersViewModel(
            desktop.workspace, desktop.desk, desktop.account, frame, "DEMO"
        )
        self.window = MainWindow(status, theme, desktop.ladder.keys, meter)
        self.ladder = LadderPanel(desktop.ladder, theme, meter)
        self.orders = OrdersPanel(orders, theme, meter)
        for name, title, panel, place, view_model in (
            ("ladder", "Ladder", self.ladder, Place.LEFT, desktop.ladder),
            ("positions", "Positions", PositionsPanel(positions, theme, meter), Place.BOTTOM,
             positions),
            ("orders", "Working orders", self.orders, Place.BOTTOM, orders),
            ("ticket", "Order ticket", TicketPanel(ticket, theme), Place.RIGHT, ticket),
            ("log", "Event log", LogPanel(log, theme, meter), Place.RIGHT_BELOW, log),
        ):  # fmt: skip
            if name not in without:
                self.window.add_panel(name, title, panel, place, view_model)
        self.window.show_headers(self.headers)
        self.view_models: tuple[ViewModel, ...] = (
            positions, orders, ticket, log, status, self.headers,
        )  # fmt: skip

    async def start(self) -> Workbench:
        """Connect everything and show the window in its default layout."""
        await self.desktop.start()
        for view_model in self.view_models:
            view_model.start()
        self.window.show_first()
        self.window.docks.arrange()
        self.desktop.workspace.contracts_loaded()
        self.desktop.frame.tick()
        return self

    async def stop(self) -> None:
        """End everything."""
        for view_model in self.view_models:
            view_model.stop()
        await self.desktop.stop()
        self.close()

    def close(self) -> None:
        """Close the window for good; twice is fine."""
        if self._is_closed:
            return
        self._is_closed = True
        self.window.close_for_good()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
