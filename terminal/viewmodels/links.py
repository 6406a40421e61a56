"""Which panels follow one contract: each has a workspace of its own, those of one colour agree."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Signal

from terminal.viewmodels.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.session.markets import Markets


class LinkColor(Enum):
    """The colour that links panels. The values are the words of the settings file."""

    NONE = "none"
    BLUE = "blue"
    GOLD = "gold"
    VIOLET = "violet"
    CYAN = "cyan"

    @property
    def number(self) -> int:
        """1 to 4, told beside the colour, which is never the only sign; 0 for none."""
        return _ORDER.index(self)

    @property
    def words(self) -> str:
        """What the menu says."""
        if self is LinkColor.NONE:
            return "None: a contract of its own"
        return f"{self.number} {self.value.capitalize()}"


_ORDER = tuple(LinkColor)
USUAL = LinkColor.BLUE
"""What panels have that nobody has linked otherwise: all follow one contract."""


@final
class Links(QObject):
    """The linked panels by name. Who chooses a contract moves all panels of its colour.

    ``changed`` is emitted when a panel has another contract, another colour, has come or gone.
    """

    changed = Signal()

    def __init__(self, markets: Markets, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._markets = markets
        self._workspaces: dict[str, Workspace] = {}
        self._colors: dict[str, LinkColor] = {}
        self._slots: dict[str, Callable[[], None]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All panels that can be linked, in the order in which they came."""
        return tuple(self._workspaces)

    def workspace(self, name: str, color: LinkColor = USUAL) -> Workspace:
        """The workspace of a panel; made, and linked with ``color``, when it is asked for first."""
        known = self._workspaces.get(name)
        if known is not None:
            return known
        # No child of this one: what a child's end lets go of may be the last that holds us.
        made = self._workspaces[name] = Workspace(self._markets)
        self._colors[name] = color
        self._slots[name] = partial(self._on_contract_changed, name)
        made.contract_changed.connect(self._slots[name])
        self._join(name)
        self.changed.emit()
        return made

    def color(self, name: str) -> LinkColor:
        """What links a panel."""
        return self._colors[name]

    def link(self, name: str, color: LinkColor) -> None:
        """Link a panel otherwise: it takes the contract of those that have the colour already."""
        if name in self._colors and self._colors[name] is not color:
            self._colors[name] = color
            self._join(name)
            self.changed.emit()

    def drop(self, name: str) -> None:
        """A panel has gone for good: its market is given back."""
        gone = self._workspaces.pop(name, None)
        self._colors.pop(name, None)
        if gone is not None:
            gone.contract_changed.disconnect(self._slots.pop(name))
            gone.leave()
            self.changed.emit()

    def symbol(self, name: str) -> str:
        """The contract that a panel shows; empty before there is one."""
        market = self._workspaces[name].market
        return "" if market is None else str(market.contract.symbol)

    def _peers(self, name: str) -> list[str]:
        color = self._colors[name]
        if color is LinkColor.NONE:
            return []
        return [other for other, its in self._colors.items() if its is color and other != name]

    def _join(self, name: str) -> None:
        found = next(filter(None, map(self.symbol, self._peers(name))), "")
        if found:
            self._workspaces[name].choose(found)

    def _on_contract_changed(self, name: str) -> None:
        symbol = self.symbol(name)
        for peer in self._peers(name):
            self._workspaces[peer].choose(symbol)  # nothing happens where it is shown already
        self.changed.emit()

    # Start and file --------------------------------------------------------------------------

    def read(self, stored: Mapping[str, str]) -> None:
        """Link the panels as they were left; words that are no colour change nothing."""
        for name, words in stored.items():
            color = _color(words.partition(" ")[0])
            if color is not None:
                self.link(name, color)

    def contracts_loaded(self, stored: Mapping[str, str], usual: str) -> None:
        """The contract list is known: panels without a contract show theirs of before.

        ``usual`` is for those that had none, or one that is not listed any more; the first of the
        list where that is not listed either.
        """
        for name, workspace in self._workspaces.items():
            workspace.contracts_loaded()
            left = stored.get(name, "").partition(" ")[2]
            for symbol in (left, usual, *workspace.symbols[:1]):
                if workspace.market is not None or workspace.choose(symbol):
                    break

    def written(self) -> dict[str, str]:
        """Colour and contract of each panel, for the settings file."""
        return {
            name: f"{self._colors[name].value} {self.symbol(name)}".strip() for name in self.names
        }


def _color(word: str) -> LinkColor | None:
    return next((one for one in LinkColor if one.value == word), None)
