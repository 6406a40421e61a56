"""Builds the object graph, top to bottom. No logic: a new panel is one more line here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.frame import QtFrameClock
from terminal.viewmodels.headers import HeadersViewModel
from terminal.viewmodels.keys import LadderAction, chords_of
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.log import LogViewModel
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.workspace import Workspace
from terminal.widgets.fills import FillsPanel
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.log import LogPanel
from terminal.widgets.main_window import MainWindow, Place
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.ticket import TicketPanel

if TYPE_CHECKING:
    from terminal.app.backend import Backend
    from terminal.storage.settings import Settings
    from terminal.viewmodels.base import ViewModel
    from terminal.widgets.theme import Theme


@final
@dataclass(slots=True)
class Program:
    """The assembled program: what the run loop starts and stops, and what the tour drives."""

    backend: Backend
    frame: QtFrameClock
    workspace: Workspace
    ladder: LadderViewModel
    status: StatusViewModel
    view_models: tuple[ViewModel, ...]
    window: MainWindow
    ladder_widget: LadderPanel
    theme: Theme
    startup_ms: float | None = None


def build(backend: Backend, settings: Settings, theme: Theme) -> Program:
    """Build view-models and widgets on a backend; nothing is started yet."""
    frame = QtFrameClock()
    workspace = Workspace(backend.markets)
    contracts = backend.markets.contracts
    desk, account = backend.desk, backend.account
    sizes = Sizes(settings.sizes, settings.chosen_size)
    ladder = LadderViewModel(workspace, desk, account, sizes, frame)
    ticket = TicketViewModel(workspace, desk, account, frame)
    positions = PositionsViewModel(workspace, account, desk, contracts, frame)
    orders = OrdersViewModel(desk, contracts, frame)
    fills = FillsViewModel(desk, contracts, frame)
    log = LogViewModel(backend.notices, frame)
    status = StatusViewModel(
        StatusSources(
            backend.market_feed, backend.account_feed, account, workspace, backend.clock, ladder
        ),
        ("DEMO", Role.DEMO),
        frame,
    )
    lost = partial(ladder.disarm, "the connection was lost.")
    backend.market_feed.on_lost.add(lost)
    backend.account_feed.on_lost.add(lost)
    meter = frame.meter
    ladder_panel = LadderPanel(ladder, theme, meter)
    window = MainWindow(status, theme, ladder.keys, meter)
    window.add_panel("ladder", "Ladder", ladder_panel, Place.LEFT, ladder)
    window.add_panel(
        "positions", "Positions", PositionsPanel(positions, theme, meter), Place.BOTTOM, positions
    )
    window.add_panel(
        "orders", "Working orders", OrdersPanel(orders, theme, meter), Place.BOTTOM, orders
    )
    window.add_panel("ticket", "Order ticket", TicketPanel(ticket, theme), Place.RIGHT, ticket)
    window.add_panel("fills", "Fills", FillsPanel(fills, theme, meter), Place.BOTTOM, fills)
    window.add_panel("log", "Event log", LogPanel(log, theme, meter), Place.RIGHT_BELOW, log)
    headers = HeadersViewModel(workspace, desk, account, frame, "DEMO")
    window.show_headers(headers)
    for words, action, act in (
        ("Arm or disarm the keyboard", LadderAction.ARM_KEYBOARD, ladder.toggle_keyboard),
        ("Arm or disarm the mouse", None, ladder.toggle_mouse),
        ("Recentre", LadderAction.RECENTER, ladder.recenter),
        ("", None, ladder.recenter),
        ("Cancel all of this contract", LadderAction.CANCEL_ALL, ladder.cancel_all),
        ("Cancel all everywhere", LadderAction.CANCEL_EVERYWHERE, ladder.cancel_everywhere),
        ("Flatten this contract (twice)", LadderAction.FLATTEN, ladder.flatten_chosen),
    ):
        keys = "" if action is None else chords_of(action, ladder.keys)[0].label
        window.add_trade_action(words, keys, act)
    return Program(
        backend=backend,
        frame=frame,
        workspace=workspace,
        ladder=ladder,
        status=status,
        view_models=(ladder, ticket, positions, orders, fills, log, status, headers),
        window=window,
        ladder_widget=ladder_panel,
        theme=theme,
    )
