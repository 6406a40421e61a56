"""What the panels' headers say behind their titles: the contract, a count, or that it is old.

A panel behind another tab rests; its header is still seen. So headers have a view-model of their
own that never rests, and looks at nothing but counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.viewmodels.base import ViewModel

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.session.trust import Trust
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.links import Links
    from terminal.viewmodels.workspace import Workspace

LINKED = ("ladder", "tape", "chart", "ticket")
"""Panels that show the workspace's contract where no links are told."""


@final
class HeadersViewModel(ViewModel):
    """Notes by panel name; a panel without one has nothing to say.

    ``environment`` is a word like DEMO: a torn-off panel must tell it, too.
    """

    def __init__(
        self,
        workspace: Workspace,
        desk: OrderDesk,
        account: AccountSession,
        frame: FrameClock,
        environment: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.links: Links | None = None
        """Which panel shows which contract; set before the start."""
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self._environment = environment
        self.notes: dict[str, str] = {}

    @override
    def connect_sources(self) -> None:
        self.listen(
            self._desk.on_changed.add(self.mark_dirty),
            self._account.on_changed.add(self.mark_dirty),
        )
        self._workspace.contract_changed.connect(self.mark_dirty)
        if self.links is not None:
            self.links.changed.connect(self.mark_dirty)

    @override
    def stop(self) -> None:
        super().stop()
        self._workspace.contract_changed.disconnect(self.mark_dirty)
        if self.links is not None:
            self.links.changed.disconnect(self.mark_dirty)

    @override
    def refresh(self) -> bool:
        notes = {name: f"{symbol}  {self._environment}".strip() for name, symbol in self._symbols()}
        notes["positions"] = _count(len(self._account.positions()), self._account.trust)
        notes["orders"] = _count(len(self._desk.working()), self._desk.trust)
        is_other = notes != self.notes
        self.notes = notes
        return is_other

    def _symbols(self) -> list[tuple[str, str]]:
        if self.links is not None:
            return [(name, self.links.symbol(name)) for name in self.links.names]
        market = self._workspace.market
        symbol = "" if market is None else str(market.contract.symbol)
        return [(name, symbol) for name in LINKED]


def _count(number: int, trust: Trust) -> str:
    """How many; with a question mark while they may be out of date."""
    words = str(number) if number else ""
    if trust.is_absent:
        return ""  # no account: nothing to count
    return words if trust.is_given else f"{words}?"
