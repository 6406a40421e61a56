"""Keys of the whole program around order entry: palette, search for contracts, the lock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.entry_lock import EntryLockViewModel
from terminal.viewmodels.keys import LOCK_KEY, PALETTE_KEY, SEARCH_KEY, first_key
from terminal.viewmodels.ladder_commands import ladder_commands
from terminal.viewmodels.palette import PaletteCommand, PaletteViewModel
from terminal.widgets.entry_lock import LockBar
from terminal.widgets.palette import show_palette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.session.backend import Backend
    from terminal.viewmodels.frame import QtFrameClock
    from terminal.viewmodels.keys import LadderAction
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_group import LadderGroup
    from terminal.viewmodels.ticket import TicketViewModel
    from terminal.viewmodels.workspace import Workspace
    from terminal.widgets.main_window import MainWindow
    from terminal.widgets.theme import Theme

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@final
class Entry(NamedTuple):
    """The panels by which orders are entered: ladders by keys and mouse, the ticket by its form."""

    ladders: LadderGroup
    ticket: TicketViewModel


@final
class EntryPanels(NamedTuple):
    """What is shown of them."""

    palette: PaletteViewModel
    search: PaletteViewModel
    lock: EntryLockViewModel


def add_entry(
    window: MainWindow,
    theme: Theme,
    backend: Backend,
    frame: QtFrameClock,
    entry: Entry,
    workspace: Workspace,
) -> EntryPanels:
    """Put them into the menu, each with a key that works from every window of ours."""
    ladders = entry.ladders
    palette = PaletteViewModel(
        "Commands",
        "A few letters of a command, a panel or a contract",
        (
            lambda: ladder_commands(ladders.active),
            lambda: _menu_commands(window, ladders.active),
            window.panel_commands,
            partial(_contracts, workspace),
        ),
        frame,
    )
    search = PaletteViewModel(
        "Find a contract",
        "A few letters of the contract",
        (partial(_contracts, workspace),),
        frame,
    )
    lock = EntryLockViewModel(backend.entry_lock, frame)
    for words, key, one, name in (
        (f"&Command palette{ELLIPSIS}", PALETTE_KEY, palette, "palette"),
        (f"&Find a contract{ELLIPSIS}", SEARCH_KEY, search, "search"),
    ):
        window.add_program_action(words, key, partial(show_palette, one, name, theme, window))
    if backend.has_account:
        window.add_program_action("&Lock order entry, or unlock", LOCK_KEY, lock.toggle)
        window.add_bar(LockBar(lock, theme))
        follow_lock(backend, entry)
    return EntryPanels(palette, search, lock)


def follow_lock(backend: Backend, entry: Entry) -> None:
    """What is armed is not any more once the lock is on; ladders know it since they were built."""
    lock = backend.entry_lock
    entry.ticket.locked = lock.reason
    lock.on_locked.add(partial(entry.ladders.disarm, "order entry was locked."))
    lock.on_locked.add(entry.ticket.drop)
    lock.on_changed.add(entry.ticket.mark_dirty)


def _contracts(workspace: Workspace) -> Iterator[PaletteCommand]:
    """Every contract that can be shown; the panels that follow the workspace show it."""
    for symbol in workspace.symbols:
        yield PaletteCommand(str(symbol), "Contract", "", partial(workspace.choose, str(symbol)))


def _menu_commands(window: MainWindow, ladder: LadderViewModel) -> Iterator[PaletteCommand]:
    """The menus' entries, without those that are the ladder's actions under other names."""
    known = {first_key(action, ladder.keys) for action in _bound(ladder)}
    for command in window.menu_commands():
        if not command.key or command.key not in known:
            yield command


def _bound(ladder: LadderViewModel) -> set[LadderAction]:
    return set(ladder.keys.values())
