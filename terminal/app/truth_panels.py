"""The dialogs that show the truth of orders: what happened to one, and where their time goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.latency import LatencyViewModel
from terminal.viewmodels.trail import TrailViewModel
from terminal.widgets.latency import show_latency
from terminal.widgets.trail import show_trail

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

    from terminal.session.backend import Backend
    from terminal.viewmodels.frame import FrameMeter, QtFrameClock
    from terminal.widgets.main_window import MainWindow
    from terminal.widgets.theme import Theme


@final
class TruthDialogs(NamedTuple):
    """What the dialogs show."""

    trail: TrailViewModel
    latency: LatencyViewModel


def truth_dialogs(backend: Backend, frame: QtFrameClock) -> TruthDialogs:
    """Build what the dialogs show; each computes nothing before it is shown."""
    dialogs = TruthDialogs(
        TrailViewModel(backend.desk, backend.markets.contracts, frame),
        LatencyViewModel(backend.desk.latency, frame),
    )
    for view_model in dialogs:
        view_model.set_paused(True)  # until its dialog is shown
    return dialogs


def add_truth(
    window: MainWindow,
    theme: Theme,
    meter: FrameMeter,
    dialogs: TruthDialogs,
    asked: tuple[SignalInstance, ...],
) -> None:
    """Whoever asks for an order's trail gets it; the latency of orders is in the help menu."""
    show = partial(show_trail, dialogs.trail, theme, meter, window)
    for signal in asked:
        signal.connect(show)
    look = partial(show_latency, dialogs.latency, theme, meter, window)
    window.add_help_action("&Latency of orders\N{HORIZONTAL ELLIPSIS}", look)
