"""What stops, what watches over orders when the program dies, and what is asked before its end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.session.clearing import ClearingKind
from terminal.viewmodels.fuse import FuseViewModel
from terminal.viewmodels.keys import FUSE_KEY, KILL_FLATTEN_KEY, KILL_KEY
from terminal.viewmodels.kill_switch import KillSwitchViewModel
from terminal.viewmodels.leaving import ENDS_WITH_DEMO, KEPT_BY_EXCHANGE, LeavingViewModel
from terminal.widgets.fuse import show_fuse
from terminal.widgets.global_keys import GlobalKeys
from terminal.widgets.kill_switch import KillButton, StopBar
from terminal.widgets.leaving import LeavingQuestion

if TYPE_CHECKING:
    from terminal.session.backend import Backend
    from terminal.storage.settings import Settings
    from terminal.viewmodels.frame import QtFrameClock
    from terminal.viewmodels.workspace import Workspace
    from terminal.widgets.main_window import MainWindow
    from terminal.widgets.theme import Theme


@final
class SafetyPanels(NamedTuple):
    """What stops, what watches over orders when we die, and what is asked before the end."""

    kill_switch: KillSwitchViewModel
    fuse: FuseViewModel
    leaving: LeavingViewModel


def safety_panels(
    backend: Backend,
    settings: Settings,
    workspace: Workspace,
    frame: QtFrameClock,
    *,
    is_demo: bool,
) -> SafetyPanels:
    """Build what is shown of them."""
    return SafetyPanels(
        KillSwitchViewModel(backend.kill_switch, frame, kill_kind(settings)),
        FuseViewModel(backend.fuse, workspace, frame),
        LeavingViewModel(backend.leaving, frame, ENDS_WITH_DEMO if is_demo else KEPT_BY_EXCHANGE),
    )


def kill_kind(settings: Settings) -> ClearingKind:
    """What one press of the kill switch takes away, by the settings."""
    if settings.kill_flattens:
        return ClearingKind.FLATTEN
    return ClearingKind.ENTRIES if settings.kill_keeps_exits else ClearingKind.ALL


def add_safety(
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
