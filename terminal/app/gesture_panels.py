"""Gestures on many orders and on exits: scale, pairs, an exit at a typed price."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from terminal.viewmodels.exit_form import ExitFormViewModel
from terminal.viewmodels.scale import ScaleViewModel
from terminal.widgets.exit_form import show_exit_form
from terminal.widgets.scale import show_scale

if TYPE_CHECKING:
    from terminal.domain.triggers import Purpose
    from terminal.session.backend import Backend
    from terminal.viewmodels.frame import QtFrameClock
    from terminal.viewmodels.orders import OrdersViewModel
    from terminal.viewmodels.positions import PositionsViewModel
    from terminal.viewmodels.ticket import TicketViewModel
    from terminal.viewmodels.workspace import Workspace
    from terminal.widgets.main_window import MainWindow
    from terminal.widgets.theme import Theme


MODE_WORDS = "Margin, leverage, one-way or hedge mode\N{HORIZONTAL ELLIPSIS}"


class Asking(Protocol):
    """The panels that ask for a dialog."""

    @property
    def ticket(self) -> TicketViewModel:
        """Asks for a scale."""
        ...

    @property
    def positions(self) -> PositionsViewModel:
        """Asks for an exit."""
        ...


@final
class GestureDialogs(NamedTuple):
    """What the dialogs show; each computes nothing before it is shown."""

    scale: ScaleViewModel
    exit_form: ExitFormViewModel


def add_gestures(
    window: MainWindow,
    theme: Theme,
    backend: Backend,
    frame: QtFrameClock,
    shown: Asking,
    workspace: Workspace,
) -> GestureDialogs:
    """Let the ticket and the menu ask for a scale, and a position's row for an exit."""
    desk, account, contracts = backend.desk, backend.account, backend.markets.contracts
    dialogs = GestureDialogs(
        ScaleViewModel(workspace, desk, account, frame),
        ExitFormViewModel(desk, account, backend.protecting, contracts, frame),
    )

    def scale() -> None:
        show_scale(dialogs.scale, theme, frame.meter, window)

    def ask(symbol: str, purpose: Purpose) -> None:
        dialogs.exit_form.ask(symbol, purpose)
        show_exit_form(dialogs.exit_form, theme, window)

    ticket = window.docks.panels["ticket"]

    def choose_mode() -> None:
        shown.ticket.open_terms(is_open=True)
        ticket.come_forward()

    shown.ticket.picked.connect(ticket.show_in_front)
    shown.ticket.scale_asked.connect(scale)
    shown.positions.exit_asked.connect(ask)
    if backend.has_account:
        window.add_trade_action("", "", scale)
        window.add_trade_action("Scale: many limit orders\N{HORIZONTAL ELLIPSIS}", "", scale)
        window.add_trade_action(MODE_WORDS, "", choose_mode)
    return dialogs


def add_pairs(backend: Backend, orders: OrdersViewModel) -> None:
    """Let the table of orders link pairs, and leaving tell that they end with the program."""
    orders.pairs = backend.pairs
    held, words = backend.leaving.held, backend.pairs.words
    backend.leaving.held = lambda: (*held(), *words())
