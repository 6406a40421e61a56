"""Builds the ladders of a window: the first one, and those that are opened beside it by hand.

Each has a contract, an arming, sizes, columns and a market session of its own. What a rule disarms
it disarms in all of them (``group``). What every ladder gets is given to it here, in ``_build``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from terminal.app.ladder_panels import add_insight
from terminal.app.trade_menu import fill_trade_menu
from terminal.session.notices import NoticeLevel
from terminal.viewmodels.headers import LINKED
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.ladder_group import (
    FIRST,
    MOST,
    NAMES,
    LadderGroup,
    ladder_number,
)
from terminal.viewmodels.ladder_options import from_document, to_document
from terminal.viewmodels.links import USUAL, LinkColor, Links
from terminal.viewmodels.protection import ProtectionViewModel
from terminal.viewmodels.sizes import Sizes
from terminal.widgets.dock import Place
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.link_badge import link_icon
from terminal.widgets.protection import ProtectionBanner

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.ladder_habits import LadderHabits
    from terminal.domain.units import Price
    from terminal.session.backend import Backend
    from terminal.storage.settings import Settings
    from terminal.viewmodels.frame import QtFrameClock
    from terminal.viewmodels.ladder_view import Message
    from terminal.viewmodels.workspace import Workspace
    from terminal.widgets.main_window import MainWindow
    from terminal.widgets.theme import Theme

CLOSED = "the ladder was closed."
OF_CONTRACTS = "contract_sizes"
"""In a further ladder's document: units of sizes and the sizes in them, by contract."""


@final
class LadderParts(NamedTuple):
    """One ladder with what it is shown by."""

    view_model: LadderViewModel
    protection: ProtectionViewModel
    panel: LadderPanel


@final
class Ladders(QObject):
    """All ladders of one window, and the links of its panels.

    ``changed`` is emitted when something should be stored: ladders, their sizes, links, contracts.
    """

    changed = Signal()

    def __init__(
        self, backend: Backend, settings: Settings, frame: QtFrameClock, theme: Theme
    ) -> None:
        super().__init__()
        self._backend = backend
        self._settings = settings
        self._frame = frame
        self._theme = theme
        self._window: MainWindow | None = None
        self.links = Links(backend.markets, self)
        self._parts: dict[str, LadderParts] = {}
        self._habits = settings.habits
        self._takes_price: Callable[[Contract, Price], Message] | None = None
        sizes = Sizes(settings.sizes, settings.chosen_size)
        sizes.restore(settings.contract_sizes)
        self.first = self._build(FIRST, sizes, USUAL)
        for name in LINKED:  # they follow from the start, also what is filled later
            self.links.workspace(name)
        self.group = LadderGroup(self.first.view_model, self)
        self.first.view_model.keys_changed.connect(self._give_keys)
        self.links.changed.connect(self._on_links)

    def _build(self, name: str, sizes: Sizes, color: LinkColor) -> LadderParts:
        """A ladder with all that every ladder has; not yet in a dock."""
        backend, frame, theme = self._backend, self._frame, self._theme
        workspace = self.links.workspace(name, color)
        ladder = LadderViewModel(workspace, backend.desk, backend.account, sizes, frame)
        ladder.habits = self._habits
        ladder.trading.locked = backend.entry_lock.reason
        watch, held = backend.protecting.watch, backend.protecting.held
        protection = ProtectionViewModel(workspace, watch, held, frame)
        panel = LadderPanel(ladder, theme, frame.meter)
        if backend.has_account:
            hand = ladder.protect_with(backend.protecting, protection)
            panel.show_protection(ProtectionBanner(protection, hand, theme))
        add_insight(backend, ladder, panel, theme)
        ladder.mouse.picking.takes = self._takes_price
        made = self._parts[name] = LadderParts(ladder, protection, panel)
        return made

    def fill_ticket(self, takes: Callable[[Contract, Price], Message]) -> None:
        """Whatever price is picked in a ladder goes there, also in those that are opened later."""
        self._takes_price = takes
        for parts in self._parts.values():
            parts.view_model.mouse.picking.takes = takes

    def take_habits(self, habits: LadderHabits) -> None:
        """From now on all hands do so, those of ladders that are opened later, too."""
        self._habits = habits
        for ladder in self.group.all.values():
            ladder.habits = habits

    # Window ----------------------------------------------------------------------------------

    def serve(self, window: MainWindow) -> None:
        """Live in a window whose panels are there: its menus open, close and link from now on."""
        self._window = window
        fill_trade_menu(window, self.group)
        window.view_menu.new_ladder_asked.connect(self.open_new)
        window.panels_asked.connect(self._on_panels_asked)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)
        for name in self.links.names:
            self._offer_links(name)
        self._theme.changed.connect(self._show_links)
        self._show_links()
        window.docks.panels[FIRST].closed.connect(partial(self._on_closed, FIRST))

    def restore(self) -> None:
        """Open the ladders that were there, and link the panels, as the settings know them."""
        for name in NAMES[1:]:
            if name in self._settings.ladders:
                self._open(name)
        self.links.read(self._settings.links)

    def contracts_loaded(self) -> None:
        """The contract list is known: every panel shows the contract it was left with."""
        self.links.contracts_loaded(self._settings.links, self._settings.contract)

    @Slot()
    def open_new(self) -> None:
        """Open one more ladder, on the contract of the one that was used last; its own from now."""
        name = self.group.free_name
        if not name:
            words = f"There are {MOST} ladders. Close one for good before you open another one."
            self._backend.notices.post(NoticeLevel.WARNING, "app", words)
            return
        contract = self.group.active.trading.contract
        parts = self._open(name)
        if contract is not None:
            self.links.workspace(name).choose(contract.symbol)
        parts.panel.window().activateWindow()
        parts.panel.setFocus()
        self.changed.emit()

    def _open(self, name: str) -> LadderParts:
        """Put a further ladder into its dock, as it was left; linked with none at first."""
        document = self._settings.ladders.get(name, {})
        parts = self._build(name, self._sizes(document), LinkColor.NONE)
        ladder = parts.view_model
        ladder.set_options(from_document(document))
        ladder.set_keys(self.first.view_model.keys)
        self.group.add(name, ladder)
        for changed in (ladder.sizes_changed, ladder.options_changed):
            changed.connect(self.changed)
        ladder.start()
        parts.protection.start()
        window = self._window
        if window is not None:
            title = f"Ladder {ladder_number(name)}"
            window.add_panel(name, title, parts.panel, Place.LADDERS, ladder)
            panel = window.docks.panels[name]
            panel.closed.connect(partial(self._on_closed, name))
            panel.offer_end(partial(self.close, name))
            self._offer_links(name)
            self._show_links()
        ladder.contracts_changed.emit()
        return parts

    def _sizes(self, document: dict[str, Any]) -> Sizes:
        """A ladder's own sizes; those of the first one where the file has none that can be used."""
        first = self.group.first.trading.sizes
        stored, chosen = document.get("sizes"), document.get("chosen_size")
        if not isinstance(stored, list) or len(stored) != len(first.stored):
            stored = [int(size) for size in first.stored]
        good = all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in stored)
        sizes = stored if good else [int(size) for size in first.stored]
        is_number = isinstance(chosen, int) and 1 <= chosen <= len(sizes)
        made = Sizes(tuple(sizes), chosen if is_number and isinstance(chosen, int) else 1)
        # A document of an earlier version has none; a new ladder begins as the first one is.
        kept = document.get(OF_CONTRACTS) if document else first.documents()
        made.restore(_documents(kept))
        return made

    def close(self, name: str) -> None:
        """Close a further ladder for good: it is disarmed and gone, its market given back."""
        window = self._window
        if name == FIRST or name not in self._parts or window is None:
            return
        self.group.remove(name)
        parts = self._parts.pop(name)
        for view_model in (parts.view_model, parts.protection):
            view_model.stop()
        window.remove_panel(name)
        self.links.drop(name)
        self.first.panel.setFocus()
        self.changed.emit()

    def stop(self) -> None:
        """Rest at the end of the program; the first ladder is stopped with the other panels."""
        self.links.changed.disconnect(self._on_links)
        application = QApplication.instance()
        if self._window is not None and isinstance(application, QApplication):
            application.focusChanged.disconnect(self._on_focus)
        for name, parts in self._parts.items():
            if name != FIRST:
                parts.view_model.stop()
                parts.protection.stop()

    # Hands -----------------------------------------------------------------------------------

    def _on_closed(self, name: str) -> None:
        """Out of sight is out of hand, also where the View menu could bring it back."""
        if name in self._parts:
            self._parts[name].view_model.disarm(CLOSED)

    @Slot(object)
    def _on_panels_asked(self, names: frozenset[str]) -> None:
        """A layout is about to be shown that may know ladders which are not there."""
        for name in sorted(names):
            if ladder_number(name) > 1 and name not in self._parts:
                self._open(name)
                stored = self._settings.links
                self.links.read({name: stored[name]} if name in stored else {})
                if self.first.view_model.contracts:
                    self.contracts_loaded()
                self.changed.emit()

    @Slot(QWidget, QWidget)
    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        for name, parts in self._parts.items():
            if now is not None and (parts.panel is now or parts.panel.isAncestorOf(now)):
                self.group.activate(name)
                if self._window is not None:
                    self._window.menus.home = parts.panel

    @Slot()
    def _give_keys(self) -> None:
        """Every ladder has the keys of the first one."""
        for name, parts in self._parts.items():
            if name != FIRST:
                parts.view_model.set_keys(self.first.view_model.keys)

    # Links -----------------------------------------------------------------------------------

    def _offer_links(self, name: str) -> None:
        panel = None if self._window is None else self._window.docks.panels.get(name)
        if panel is not None:
            panel.offer_links(partial(self.links.link, name))

    @Slot()
    def _on_links(self) -> None:
        self._show_links()
        self.changed.emit()

    @Slot()
    def _show_links(self) -> None:
        panels = {} if self._window is None else self._window.docks.panels
        for name in self.links.names:
            color = self.links.color(name)
            if name in panels:
                panels[name].show_link(color, link_icon(color, self._theme))

    # File ------------------------------------------------------------------------------------

    def written(self, before: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The choices of all further ladders, beside what is not theirs in the settings."""
        documents = {name: one for name, one in before.items() if ladder_number(name) < 2}
        for name, parts in self._parts.items():
            if name == FIRST:
                continue
            ladder, known = parts.view_model, before.get(name, {})
            sizes = ladder.trading.sizes
            made = {
                "sizes": [int(size) for size in sizes.stored],
                "chosen_size": sizes.chosen_lots,
                OF_CONTRACTS: {**_documents(known.get(OF_CONTRACTS)), **sizes.documents()},
            }
            is_same = name in before and from_document(known) == ladder.options
            documents[name] = {**(known if is_same else to_document(ladder.options)), **made}
        return documents

    def workspace(self, name: str) -> Workspace:
        """The workspace of a panel, linked as usual when it is asked for first."""
        return self.links.workspace(name)


def _documents(value: object) -> dict[str, dict[str, Any]]:
    """What of a document can be sizes by contract."""
    found = value.items() if isinstance(value, dict) else ()
    return {str(name): one for name, one in found if isinstance(one, dict)}
