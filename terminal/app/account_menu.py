"""The dialogs about an account, and their entries in its menu."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.leaving import standing_lines
from terminal.viewmodels.limits import LimitSources, LimitsViewModel
from terminal.viewmodels.live import LiveViewModel
from terminal.viewmodels.reconcile import ReconcileViewModel
from terminal.viewmodels.transfer import TransferViewModel
from terminal.widgets.limits import show_limits
from terminal.widgets.live import show_live
from terminal.widgets.reconcile import show_reconcile
from terminal.widgets.transfer import show_transfer

if TYPE_CHECKING:
    from terminal.session.backend import Backend
    from terminal.session.leaving import Leaving
    from terminal.session.live_switch import LiveSwitch
    from terminal.viewmodels.connection import StatusViewModel
    from terminal.viewmodels.frame import FrameMeter, QtFrameClock
    from terminal.viewmodels.ladder_group import LadderGroup
    from terminal.viewmodels.workspace import Workspace
    from terminal.widgets.main_window import MainWindow
    from terminal.widgets.theme import Theme

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
"""At the end of a menu entry that opens a dialog."""

BURNING = "The fuse burns: it is put out before."


@final
class AccountDialogs(NamedTuple):
    """What the dialogs of an account show."""

    transfer: TransferViewModel
    reconcile: ReconcileViewModel
    limits: LimitsViewModel


def account_dialogs(backend: Backend, workspace: Workspace, frame: QtFrameClock) -> AccountDialogs:
    """Build what the dialogs show; each computes nothing before it is shown."""
    contracts = backend.markets.contracts
    sources = LimitSources(backend.limits, backend.loss, backend.desk, backend.account, contracts)
    return AccountDialogs(
        TransferViewModel(workspace, backend.transfers, contracts, frame),
        ReconcileViewModel(backend.reconciling, contracts, frame),
        LimitsViewModel(workspace, sources, frame),
    )


def fill_account_menu(
    window: MainWindow, dialogs: AccountDialogs, theme: Theme, meter: FrameMeter
) -> None:
    """One entry for each dialog; one of them opens by itself when it is to be read."""
    look = partial(show_reconcile, dialogs.reconcile, theme, meter, window)
    dialogs.reconcile.set_paused(True)  # until its dialog is shown
    dialogs.reconcile.attention_asked.connect(look)
    move = partial(show_transfer, dialogs.transfer, theme, window)
    limit = partial(show_limits, dialogs.limits, theme, window)
    window.add_account_action(f"&Limits{ELLIPSIS}", "", limit)
    window.add_account_action(f"&Transfer between accounts{ELLIPSIS}", "Ctrl+T", move)
    window.add_account_action(f"&What the exchange has{ELLIPSIS}", "", look)


@final
class LiveParts(NamedTuple):
    """What live trading is shown by, and what it disarms."""

    leaving: Leaving
    frame: QtFrameClock
    status: StatusViewModel
    ladders: LadderGroup
    window: MainWindow
    theme: Theme


def follow_live(switch: LiveSwitch, name: str, parts: LiveParts) -> LiveViewModel:
    """Live trading of an account of the real exchange, in the menu and in the status bar."""

    def standing() -> tuple[str, ...]:
        lines = tuple(line.text for line in standing_lines(parts.leaving.standing()))
        return (BURNING, *lines) if parts.leaving.needs_work else lines

    live = LiveViewModel(switch, name, parts.frame, standing=standing)
    switch.on_changed.add(partial(_follow, live, parts))
    parts.status.show_badge(*live.badge)
    show = partial(show_live, live, parts.theme, parts.window)
    parts.window.add_account_action(f"Li&ve trading{ELLIPSIS}", "", show)
    return live


def _follow(live: LiveViewModel, parts: LiveParts) -> None:
    """The badge tells how far commands go, and hands are armed only while orders are sent."""
    parts.status.show_badge(*live.badge)
    if not live.is_on:
        parts.ladders.disarm("live trading is off.")
