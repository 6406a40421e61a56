"""Which contract the workspace shows; panels that are linked follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from terminal.domain.units import Symbol
    from terminal.session.market import MarketSession
    from terminal.session.markets import Markets


@final
class Workspace(QObject):
    """Holds the one shown contract's market session open, and only that one.

    ``contract_changed`` is emitted when ``market`` is another one; ``contracts_changed`` when the
    list of contracts is known anew.
    """

    contract_changed = Signal()
    contracts_changed = Signal()

    def __init__(self, markets: Markets, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._markets = markets
        self.market: MarketSession | None = None

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """All symbols that can be chosen, in the exchange's order."""
        return tuple(self._markets.contracts)

    def contracts_loaded(self) -> None:
        """Tell everyone that the contract list is known (anew)."""
        self.contracts_changed.emit()

    def choose(self, symbol: str) -> bool:
        """Show another contract. False when the exchange does not list it; nothing changes then."""
        contract = next((c for s, c in self._markets.contracts.items() if s == symbol), None)
        if contract is None:
            return False
        if self.market is not None and self.market.contract.symbol == contract.symbol:
            return True
        before = self.market
        self.market = self._markets.open(contract.symbol)
        if before is not None:
            self._markets.close(before.contract.symbol)
        self.contract_changed.emit()
        return True

    def leave(self) -> None:
        """Give the market session back; nobody looks at this workspace any more."""
        if self.market is not None:
            market, self.market = self.market, None
            self._markets.close(market.contract.symbol)
