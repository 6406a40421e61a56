"""Builds the object graph, top to bottom. No logic: a new panel is one more line here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.app.account_menu import LiveParts, account_dialogs, fill_account_menu, follow_live
from terminal.app.announcing import add_announcements
from terminal.app.entry_panels import Entry, add_entry
from terminal.app.gesture_panels import add_gestures, add_pairs
from terminal.app.ladders import Ladders
from terminal.app.safety_panels import SafetyPanels, add_safety, safety_panels
from terminal.app.tape_panel import add_tape
from terminal.app.truth_panels import add_truth, truth_dialogs
from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.frame import QtFrameClock
from terminal.viewmodels.headers import HeadersViewModel
from terminal.viewmodels.ladder_group import FIRST
from terminal.viewmodels.log import LogViewModel
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.protection import ProtectionViewModel, all_held_words
from terminal.viewmodels.stray_news import StrayNews
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket import TicketViewModel
from terminal.widgets.fills import FillsPanel
from terminal.widgets.late_panel import LatePanel
from terminal.widgets.log import LogPanel
from terminal.widgets.main_window import MainWindow, Place
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.ticket import TicketPanel

if TYPE_CHECKING:
    from terminal.domain.units import ClientOid
    from terminal.session.backend import Backend
    from terminal.session.latency import LatencyBook
    from terminal.storage.settings import Settings
    from terminal.viewmodels.base import ViewModel
    from terminal.viewmodels.chart import ChartViewModel
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_group import LadderGroup
    from terminal.viewmodels.limits import LimitsViewModel
    from terminal.viewmodels.live import LiveViewModel
    from terminal.viewmodels.tape import TapeViewModel
    from terminal.viewmodels.transfer import TransferViewModel
    from terminal.viewmodels.workspace import Workspace
    from terminal.widgets.ladder import LadderPanel
    from terminal.widgets.theme import Theme

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
"""At the end of a menu entry that opens a dialog."""


@final
@dataclass(slots=True)
class Program:
    """The assembled program: what the run loop starts and stops, and what the tour drives."""

    backend: Backend
    frame: QtFrameClock
    workspace: Workspace
    ladder: LadderViewModel
    ticket: TicketViewModel
    ladders: Ladders
    transfer: TransferViewModel
    limits: LimitsViewModel
    status: StatusViewModel
    safety: SafetyPanels
    view_models: tuple[ViewModel, ...]
    window: MainWindow
    ladder_widget: LadderPanel
    tape: TapeViewModel
    theme: Theme
    chart_panel: LatePanel
    chart: ChartViewModel | None = None
    live: LiveViewModel | None = None
    startup_ms: float | None = None


@final
class _Shown(NamedTuple):
    """What the panels show."""

    ladder: LadderViewModel
    ticket: TicketViewModel
    protection: ProtectionViewModel
    positions: PositionsViewModel
    orders: OrdersViewModel
    fills: FillsViewModel
    log: LogViewModel


def build(
    backend: Backend,
    settings: Settings,
    theme: Theme,
    badge: tuple[str, Role] = ("DEMO", Role.DEMO),
    account_name: str = "",
) -> Program:
    """Build view-models and widgets on a backend; nothing is started yet."""
    frame = QtFrameClock()
    ladders = Ladders(backend, settings, frame, theme)
    workspace, ladder = ladders.workspace(FIRST), ladders.first.view_model
    shown = _shown(backend, ladders, frame)
    safety = safety_panels(backend, settings, workspace, frame, is_demo=badge[1] is Role.DEMO)
    status = StatusViewModel(
        StatusSources(
            backend.market_feed,
            backend.account_feed,
            backend.account,
            workspace,
            backend.clock,
            ladder,
            backend.health,
            safety.fuse,
            backend.desk,
            ladders.group,
            StrayNews(backend.desk, lambda: (*ladders.group.all.values(), shown.ticket)),
        ),
        badge,
        frame,
    )
    meter = frame.meter
    _follow(backend, ladders.group, meter)
    ladders.fill_ticket(shown.ticket.pick)
    if backend.has_account:
        _protect(backend, shown)
    chart_panel = LatePanel("The chart comes in a moment.")
    window = MainWindow(status, theme, ladder.keys, meter)
    for name, title, widget, place, view_model in (
        (FIRST, "Ladder", ladders.first.panel, Place.LEFT, ladder),
        ("chart", "Chart", chart_panel, Place.CHART, chart_panel),
        (
            "positions",
            "Positions",
            PositionsPanel(shown.positions, theme, meter),
            Place.BOTTOM,
            shown.positions,
        ),
        (
            "orders",
            "Working orders",
            OrdersPanel(shown.orders, theme, meter),
            Place.BOTTOM,
            shown.orders,
        ),
        ("ticket", "Order ticket", TicketPanel(shown.ticket, theme), Place.RIGHT, shown.ticket),
        ("fills", "Fills", FillsPanel(shown.fills, theme, meter), Place.BOTTOM, shown.fills),
        ("log", "Event log", LogPanel(shown.log, theme, meter), Place.LOG, shown.log),
    ):
        window.add_panel(name, title, widget, place, view_model)
    for name, short in (("orders", "Orders"), ("ticket", "Ticket"), ("log", "Log")):
        window.docks.panels[name].short_title = short
    tape = add_tape(window, theme, backend, frame, ladders.workspace("tape"))
    ladders.serve(window)
    headers = HeadersViewModel(workspace, backend.desk, backend.account, frame, badge[0].split()[0])
    headers.links = ladders.links
    window.show_headers(headers)
    add_safety(window, theme, backend, safety)
    dialogs = account_dialogs(backend, workspace, frame)
    if backend.has_account:
        fill_account_menu(window, dialogs, theme, meter)
    gestures = add_gestures(window, theme, backend, frame, shown, ladders.workspace("ticket"))
    truth = truth_dialogs(backend, frame)
    add_truth(window, theme, meter, truth, (shown.orders.trail_asked, shown.fills.trail_asked))
    program = Program(
        backend=backend,
        frame=frame,
        workspace=workspace,
        ladder=ladder,
        ticket=shown.ticket,
        ladders=ladders,
        chart_panel=chart_panel,
        status=status,
        transfer=dialogs.transfer,
        limits=dialogs.limits,
        safety=safety,
        view_models=(
            *shown,
            tape,
            status,
            headers,
            add_announcements(window, backend, ladders.group, frame),
            *dialogs,
            *truth,
            *gestures,
            *add_entry(
                window, theme, backend, frame, Entry(ladders.group, shown.ticket), workspace
            ),
            *safety,
        ),
        window=window,
        ladder_widget=ladders.first.panel,
        tape=tape,
        theme=theme,
    )
    _add_live(program, account_name)
    return program


def _add_live(program: Program, account_name: str) -> None:
    """Show whether anything is real, where that can change."""
    backend = program.backend
    if backend.live is not None:
        parts = LiveParts(
            backend.leaving,
            program.frame,
            program.status,
            program.ladders.group,
            program.window,
            program.theme,
        )
        program.live = follow_live(backend.live, account_name, parts)
        program.view_models = (*program.view_models, program.live)


def _shown(backend: Backend, ladders: Ladders, frame: QtFrameClock) -> _Shown:
    contracts, desk, account = backend.markets.contracts, backend.desk, backend.account
    group, workspace = ladders.group, ladders.workspace(FIRST)
    positions = PositionsViewModel(workspace, account, desk, contracts, frame, group.is_armed_on)
    positions.show_in_ladder = group.show
    ticket = TicketViewModel(ladders.workspace("ticket"), desk, account, frame)
    ticket.sources.candles = backend.candles
    ticket.terms.changes = backend.terms if backend.has_account else None
    ticket.level.levels = backend.risk_levels if backend.has_account else None
    ticket.terms.position_modes = backend.position_modes if backend.has_account else None
    return _Shown(
        ladders.first.view_model,
        ticket,
        ladders.first.protection,
        positions,
        OrdersViewModel(desk, contracts, frame),
        FillsViewModel(desk, contracts, frame),
        LogViewModel(backend.notices, frame),
    )


def _protect(backend: Backend, shown: _Shown) -> None:
    """Let ticket and positions know what protects, and leaving what ends with us."""
    protecting = backend.protecting
    shown.ticket.protecting = shown.positions.protecting = protecting
    contracts = backend.markets.contracts
    backend.leaving.held = partial(all_held_words, protecting.held, contracts)
    add_pairs(backend, shown.orders)


def _see_painted(latency: LatencyBook, meter: FrameMeter, client_oid: ClientOid) -> None:
    """The stream told of an order: the next paint is the first that can show it."""
    meter.after_next_paint(partial(latency.painted, client_oid))


def _follow(backend: Backend, ladders: LadderGroup, meter: FrameMeter) -> None:
    """Disarm when it must be, and note when what an order's event changed was painted."""
    backend.desk.latency.on_event.add(partial(_see_painted, backend.desk.latency, meter))
    for feed in (backend.market_feed, backend.account_feed):
        feed.on_lost.add(partial(ladders.disarm, "the connection was lost."))
    backend.kill_switch.on_thrown.add(partial(ladders.disarm, "stopped."))


def add_chart(program: Program) -> ChartViewModel:
    """Fill the chart's panel. Not part of ``build``: what it is drawn with is slow to load."""
    from terminal.viewmodels.chart import ChartViewModel
    from terminal.widgets.chart import ChartPanel

    backend, frame = program.backend, program.frame
    chart = ChartViewModel(
        program.ladders.workspace("chart"),
        backend.desk,
        backend.account,
        backend.candles,
        frame,
        backend.exchange_clock,
    )
    chart.takes_price = program.ticket.pick
    program.chart_panel.fill(ChartPanel(chart, program.theme, frame.meter), chart)
    program.chart = chart
    program.view_models = (*program.view_models, chart)
    return chart
