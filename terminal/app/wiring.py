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
from terminal.viewmodels.protection import ProtectionViewModel
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.transfer import TransferViewModel
from terminal.viewmodels.workspace import Workspace
from terminal.widgets.fills import FillsPanel
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.late_panel import LatePanel
from terminal.widgets.log import LogPanel
from terminal.widgets.main_window import MainWindow, Place
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.protection import ProtectionBanner
from terminal.widgets.ticket import TicketPanel
from terminal.widgets.transfer import show_transfer

if TYPE_CHECKING:
    from terminal.session.backend import Backend
    from terminal.storage.settings import Settings
    from terminal.viewmodels.base import ViewModel
    from terminal.viewmodels.chart import ChartViewModel
    from terminal.widgets.theme import Theme


@final
@dataclass(slots=True)
class Program:
    """The assembled program: what the run loop starts and stops, and what the tour drives."""

    backend: Backend
    frame: QtFrameClock
    workspace: Workspace
    ladder: LadderViewModel
    transfer: TransferViewModel
    status: StatusViewModel
    view_models: tuple[ViewModel, ...]
    window: MainWindow
    ladder_widget: LadderPanel
    theme: Theme
    chart_panel: LatePanel
    chart: ChartViewModel | None = None
    startup_ms: float | None = None


def build(  # noqa: PLR0915 - one line for each panel
    backend: Backend,
    settings: Settings,
    theme: Theme,
    badge: tuple[str, Role] = ("DEMO", Role.DEMO),
) -> Program:
    """Build view-models and widgets on a backend; nothing is started yet."""
    frame = QtFrameClock()
    workspace = Workspace(backend.markets)
    contracts = backend.markets.contracts
    desk, account = backend.desk, backend.account
    sizes = Sizes(settings.sizes, settings.chosen_size)
    ladder = LadderViewModel(workspace, desk, account, sizes, frame)
    ticket = TicketViewModel(workspace, desk, account, frame)
    positions = PositionsViewModel(workspace, account, desk, contracts, frame)
    protecting = backend.protecting
    protection = ProtectionViewModel(workspace, protecting.watch, protecting.held, frame)
    orders = OrdersViewModel(desk, contracts, frame)
    fills = FillsViewModel(desk, contracts, frame)
    log = LogViewModel(backend.notices, frame)
    status = StatusViewModel(
        StatusSources(
            backend.market_feed,
            backend.account_feed,
            account,
            workspace,
            backend.clock,
            ladder,
            backend.health,
        ),
        badge,
        frame,
    )
    for feed in (backend.market_feed, backend.account_feed):
        feed.on_lost.add(partial(ladder.disarm, "the connection was lost."))
    meter = frame.meter
    ladder_panel = LadderPanel(ladder, theme, meter)
    if backend.has_account:
        ticket.protecting = positions.protecting = protecting
        hand = ladder.protect_with(protecting, protection)
        ladder_panel.show_protection(ProtectionBanner(protection, hand, theme))
    chart_panel = LatePanel("The chart comes in a moment.")
    window = MainWindow(status, theme, ladder.keys, meter)
    for name, title, widget, place, view_model in (
        ("ladder", "Ladder", ladder_panel, Place.LEFT, ladder),
        ("chart", "Chart", chart_panel, Place.CHART, chart_panel),
        (
            "positions",
            "Positions",
            PositionsPanel(positions, theme, meter),
            Place.BOTTOM,
            positions,
        ),
        ("orders", "Working orders", OrdersPanel(orders, theme, meter), Place.BOTTOM, orders),
        ("ticket", "Order ticket", TicketPanel(ticket, theme), Place.RIGHT, ticket),
        ("fills", "Fills", FillsPanel(fills, theme, meter), Place.BOTTOM, fills),
        ("log", "Event log", LogPanel(log, theme, meter), Place.RIGHT_BELOW, log),
    ):
        window.add_panel(name, title, widget, place, view_model)
    headers = HeadersViewModel(workspace, desk, account, frame, badge[0].split()[0])
    window.show_headers(headers)
    _fill_trade_menu(window, ladder)
    transfer = TransferViewModel(workspace, backend.transfers, contracts, frame)
    if backend.has_account:
        show = partial(show_transfer, transfer, theme, window)
        window.add_account_action(
            "&Transfer between accounts\N{HORIZONTAL ELLIPSIS}", "Ctrl+T", show
        )
    return Program(
        backend=backend,
        frame=frame,
        workspace=workspace,
        ladder=ladder,
        chart_panel=chart_panel,
        status=status,
        transfer=transfer,
        view_models=(
            ladder,
            ticket,
            protection,
            positions,
            orders,
            fills,
            log,
            status,
            headers,
            transfer,
        ),
        window=window,
        ladder_widget=ladder_panel,
        theme=theme,
    )


def add_chart(program: Program) -> ChartViewModel:
    """Fill the chart's panel. Not part of ``build``: what it is drawn with is slow to load."""
    from terminal.viewmodels.chart import ChartViewModel
    from terminal.widgets.chart import ChartPanel

    backend, frame = program.backend, program.frame
    chart = ChartViewModel(
        program.workspace,
        backend.desk,
        backend.account,
        backend.candles,
        frame,
        backend.exchange_clock,
    )
    program.chart_panel.fill(ChartPanel(chart, program.theme, frame.meter), chart)
    program.chart = chart
    program.view_models = (*program.view_models, chart)
    return chart


def _fill_trade_menu(window: MainWindow, ladder: LadderViewModel) -> None:
    """The ladder's commands, told with their keys."""
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
