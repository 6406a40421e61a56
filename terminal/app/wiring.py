"""Builds the object graph, top to bottom. No logic: a new panel is one more line here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.units import Side
from terminal.session.clearing import ClearingKind
from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.frame import QtFrameClock
from terminal.viewmodels.fuse import FuseViewModel
from terminal.viewmodels.headers import HeadersViewModel
from terminal.viewmodels.keys import (
    FUSE_KEY,
    KILL_FLATTEN_KEY,
    KILL_KEY,
    LadderAction,
    chords_of,
)
from terminal.viewmodels.kill_switch import KillSwitchViewModel
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.leaving import ENDS_WITH_DEMO, KEPT_BY_EXCHANGE, LeavingViewModel
from terminal.viewmodels.limits import LimitSources, LimitsViewModel
from terminal.viewmodels.live import LiveViewModel
from terminal.viewmodels.log import LogViewModel
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.protection import ProtectionViewModel
from terminal.viewmodels.reconcile import ReconcileViewModel
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.transfer import TransferViewModel
from terminal.viewmodels.workspace import Workspace
from terminal.widgets.fills import FillsPanel
from terminal.widgets.fuse import show_fuse
from terminal.widgets.global_keys import GlobalKeys
from terminal.widgets.kill_switch import KillButton, StopBar
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.late_panel import LatePanel
from terminal.widgets.leaving import LeavingQuestion
from terminal.widgets.limits import show_limits
from terminal.widgets.live import show_live
from terminal.widgets.log import LogPanel
from terminal.widgets.main_window import MainWindow, Place
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.protection import ProtectionBanner
from terminal.widgets.reconcile import show_reconcile
from terminal.widgets.ticket import TicketPanel
from terminal.widgets.transfer import show_transfer

if TYPE_CHECKING:
    from terminal.session.backend import Backend
    from terminal.session.live_switch import LiveSwitch
    from terminal.storage.settings import Settings
    from terminal.viewmodels.base import ViewModel
    from terminal.viewmodels.chart import ChartViewModel
    from terminal.viewmodels.frame import FrameMeter
    from terminal.widgets.theme import Theme

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
"""At the end of a menu entry that opens a dialog."""


@final
class SafetyPanels(NamedTuple):
    """What stops, what watches over orders when we die, and what is asked before the end."""

    kill_switch: KillSwitchViewModel
    fuse: FuseViewModel
    leaving: LeavingViewModel


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
    safety: SafetyPanels
    view_models: tuple[ViewModel, ...]
    window: MainWindow
    ladder_widget: LadderPanel
    theme: Theme
    chart_panel: LatePanel
    chart: ChartViewModel | None = None
    live: LiveViewModel | None = None
    startup_ms: float | None = None


def build(  # noqa: PLR0915 - one line for each panel
    backend: Backend,
    settings: Settings,
    theme: Theme,
    badge: tuple[str, Role] = ("DEMO", Role.DEMO),
    account_name: str = "",
) -> Program:
    """Build view-models and widgets on a backend; nothing is started yet."""
    frame = QtFrameClock()
    workspace = Workspace(backend.markets)
    contracts = backend.markets.contracts
    desk, account = backend.desk, backend.account
    sizes = Sizes(settings.sizes, settings.chosen_size)
    ladder = LadderViewModel(workspace, desk, account, sizes, frame)
    ticket = TicketViewModel(workspace, desk, account, frame)
    positions = PositionsViewModel(workspace, account, desk, contracts, frame, ladder.is_armed_on)
    protecting = backend.protecting
    protection = ProtectionViewModel(workspace, protecting.watch, protecting.held, frame)
    orders = OrdersViewModel(desk, contracts, frame)
    fills = FillsViewModel(desk, contracts, frame)
    log = LogViewModel(backend.notices, frame)
    is_demo = badge[1] is Role.DEMO
    safety = SafetyPanels(
        KillSwitchViewModel(backend.kill_switch, frame, _kill_kind(settings)),
        FuseViewModel(backend.fuse, workspace, frame),
        LeavingViewModel(backend.leaving, frame, ENDS_WITH_DEMO if is_demo else KEPT_BY_EXCHANGE),
    )
    status = StatusViewModel(
        StatusSources(
            backend.market_feed,
            backend.account_feed,
            account,
            workspace,
            backend.clock,
            ladder,
            backend.health,
            safety.fuse,
        ),
        badge,
        frame,
    )
    for feed in (backend.market_feed, backend.account_feed):
        feed.on_lost.add(partial(ladder.disarm, "the connection was lost."))
    backend.kill_switch.on_thrown.add(partial(ladder.disarm, "stopped."))
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
    _add_safety(window, theme, backend, safety)
    transfer = TransferViewModel(workspace, backend.transfers, contracts, frame)
    reconcile = ReconcileViewModel(backend.reconciling, contracts, frame)
    sources = LimitSources(backend.limits, backend.loss, desk, account, contracts)
    limits = LimitsViewModel(workspace, sources, frame)
    if backend.has_account:
        show = partial(show_limits, limits, theme, window)
        window.add_account_action(f"&Limits{ELLIPSIS}", "", show)
        _fill_account_menu(window, transfer, reconcile, theme, meter)
    program = Program(
        backend=backend,
        frame=frame,
        workspace=workspace,
        ladder=ladder,
        chart_panel=chart_panel,
        status=status,
        transfer=transfer,
        safety=safety,
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
            reconcile,
            limits,
            *safety,
        ),
        window=window,
        ladder_widget=ladder_panel,
        theme=theme,
    )
    if backend.live is not None:
        program.live = _live(backend.live, account_name, program)
        program.view_models = (*program.view_models, program.live)
    return program


def _live(
    switch: LiveSwitch,
    name: str,
    program: Program,
) -> LiveViewModel:
    """Live trading of an account of the real exchange, in the menu and in the status bar."""
    live = LiveViewModel(switch, name, program.frame)
    switch.on_changed.add(partial(_follow, live, program))
    program.status.show_badge(*live.badge)
    show = partial(show_live, live, program.theme, program.window)
    program.window.add_account_action("&Live trading\N{HORIZONTAL ELLIPSIS}", "", show)
    return live


def _follow(live: LiveViewModel, program: Program) -> None:
    """The badge tells how far commands go, and hands are armed only while orders are sent."""
    program.status.show_badge(*live.badge)
    if not live.is_on:
        program.ladder.disarm("live trading is off.")


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


def _fill_account_menu(
    window: MainWindow,
    transfer: TransferViewModel,
    reconcile: ReconcileViewModel,
    theme: Theme,
    meter: FrameMeter,
) -> None:
    """The dialogs about the account; one of them opens by itself when it is to be read."""
    look = partial(show_reconcile, reconcile, theme, meter, window)
    reconcile.set_paused(True)  # until its dialog is shown
    reconcile.attention_asked.connect(look)
    move = partial(show_transfer, transfer, theme, window)
    window.add_account_action(f"&Transfer between accounts{ELLIPSIS}", "Ctrl+T", move)
    window.add_account_action(f"&What the exchange has{ELLIPSIS}", "", look)


def _fill_trade_menu(window: MainWindow, ladder: LadderViewModel) -> None:
    """The ladder's commands, told with their keys."""
    for words, action, act in (
        ("Arm or disarm the keyboard", LadderAction.ARM_KEYBOARD, ladder.toggle_keyboard),
        ("Arm or disarm the mouse", None, ladder.toggle_mouse),
        ("Recentre", LadderAction.RECENTER, ladder.recenter),
        ("", None, ladder.recenter),
        ("Cancel the buys", LadderAction.CANCEL_BUYS, partial(ladder.cancel_side, Side.BUY)),
        ("Cancel the sells", LadderAction.CANCEL_SELLS, partial(ladder.cancel_side, Side.SELL)),
        ("Cancel the stops", None, ladder.cancel_stops),
        ("Cancel all of this contract", LadderAction.CANCEL_ALL, ladder.cancel_all),
        ("Cancel all everywhere", LadderAction.CANCEL_EVERYWHERE, ladder.cancel_everywhere),
        ("", None, ladder.recenter),
        ("Close half at market (twice)", LadderAction.CLOSE_HALF, ladder.close_half_chosen),
        ("Flatten this contract (twice)", LadderAction.FLATTEN, ladder.flatten_chosen),
        ("Reverse the position (twice, armed)", LadderAction.REVERSE, ladder.reverse_chosen),
    ):
        keys = "" if action is None else chords_of(action, ladder.keys)[0].label
        window.add_trade_action(words, keys, act)


def _kill_kind(settings: Settings) -> ClearingKind:
    """What one press of the kill switch takes away, by the settings."""
    if settings.kill_flattens:
        return ClearingKind.FLATTEN
    return ClearingKind.ENTRIES if settings.kill_keeps_exits else ClearingKind.ALL


def _add_safety(
    window: MainWindow,
    theme: Theme,
    backend: Backend,
    safety: SafetyPanels,
) -> None:
    """Keys, menu entries, the button and the bar of what keeps the account safe."""
    kill_switch, fuse, leaving = safety
    LeavingQuestion(leaving, theme, window)
    if not backend.has_account:
        return
    window.add_corner(KillButton(kill_switch))
    window.add_bar(StopBar(kill_switch, theme))
    GlobalKeys(window, {KILL_KEY: kill_switch.throw, KILL_FLATTEN_KEY: kill_switch.ask_to_flatten})
    for words, keys, act in (
        ("", "", kill_switch.throw),
        ("STOP: no opening order, cancel entries everywhere", KILL_KEY, kill_switch.throw),
        ("STOP, and ask to flatten everything", KILL_FLATTEN_KEY, kill_switch.ask_to_flatten),
        ("Lift the stop\N{HORIZONTAL ELLIPSIS}", "", kill_switch.ask_to_lift),
    ):
        window.add_trade_action(words, keys, act)
    show = partial(show_fuse, fuse, theme, window)
    window.add_account_action("The &fuse\N{HORIZONTAL ELLIPSIS}", FUSE_KEY, show)
