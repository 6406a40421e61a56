"""Open positions as a table, with profit at the mark price as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from typing_extensions import override

from terminal.domain.position import unrealized
from terminal.domain.units import Symbol
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.protection import held_words, state_role, state_words, tooltip
from terminal.viewmodels.tables import Column, RowTableModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.units import ExactPrice
    from terminal.session.account import AccountSession, Position
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace


@final
class PositionRow(NamedTuple):
    """One open position in texts."""

    symbol: str
    side: str
    side_role: Role
    lots: str
    base_size: str
    entry: str
    mark: str
    liquidation: str
    margin: str
    pnl: str
    pnl_role: Role
    realized: str
    realized_role: Role
    protection: str = ""
    protection_role: Role = Role.TEXT_DIM
    protection_tip: str = ""


COLUMNS: tuple[Column[PositionRow], ...] = (
    Column("Contract", lambda row: row.symbol, is_number=False, sample="1000BONKUSDTM"),
    Column(
        "Side", lambda row: row.side, lambda row: row.side_role, is_number=False, sample="Short"
    ),
    Column("Lots", lambda row: row.lots, lambda row: row.side_role, sample="10 000"),
    Column("Size", lambda row: row.base_size, sample="10.000 XBT"),
    Column("Entry", lambda row: row.entry, sample="100 000.00"),
    Column("Mark", lambda row: row.mark, sample="100 000.00"),
    Column("Liquidation", lambda row: row.liquidation, sample="100 000.00"),
    Column("Margin", lambda row: row.margin, sample="10 000.00 USDT"),
    Column("Unrealized", lambda row: row.pnl, lambda row: row.pnl_role, sample="+1 000.00 USDT"),
    Column(
        "Realized", lambda row: row.realized, lambda row: row.realized_role, sample="+1 000.00 USDT"
    ),
    Column(
        "Protection",
        lambda row: row.protection,
        lambda row: row.protection_role,
        lambda row: row.protection_tip,
        is_number=False,
        sample="Exits on their way, held",
    ),
)


@final
class PositionsViewModel(ViewModel):
    """All open positions. The shown contract's mark price is live, others are as last stated."""

    empty_text = "No open position. B or S in an armed ladder opens one."

    def __init__(
        self,
        workspace: Workspace,
        account: AccountSession,
        desk: OrderDesk,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.protecting: Protecting | None = None
        """What is known of protection; set before the start, the column is empty without."""
        self.empty_text = text.empty_words(desk.access, "No open position.", self.empty_text)
        self.model: RowTableModel[PositionRow] = RowTableModel(
            COLUMNS, lambda row: row.symbol, self
        )
        self._workspace = workspace
        self._account = account
        self._desk = desk
        self._contracts = contracts
        self._mark_handle: Removable | None = None

    @property
    def stale(self) -> str | None:
        """Why the table cannot be trusted, None when it can."""
        return text.out_of_date("Positions", self._account.trust.missing_for_s)

    def flatten(self, key: str) -> None:
        """Flatten one contract."""
        self._desk.flatten(Symbol(key))

    def select(self, key: str) -> None:
        """Show the position's contract in the linked panels."""
        self._workspace.choose(key)

    @override
    def connect_sources(self) -> None:
        self.listen(self._account.on_changed.add(self.mark_dirty))
        if self.protecting is not None:
            self.listen(
                self.protecting.watch.on_changed.add(self.mark_dirty),
                self.protecting.held.on_changed.add(self.mark_dirty),
            )
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self._on_contract_changed()

    @override
    def stop(self) -> None:
        super().stop()
        self._workspace.contract_changed.disconnect(self._on_contract_changed)
        self._forget_mark()

    @override
    def refresh(self) -> bool:
        self.model.set_rows([self._row(position) for position in self._account.positions()])
        return True

    def _on_contract_changed(self) -> None:
        self._forget_mark()
        if self._workspace.market is not None:
            self._mark_handle = self._workspace.market.on_mark_changed.add(self.mark_dirty)
        self.mark_dirty()

    def _forget_mark(self) -> None:
        if self._mark_handle is not None:
            self._mark_handle.remove()
            self._mark_handle = None

    def _mark(self, position: Position) -> ExactPrice | None:
        market = self._workspace.market
        if (
            market is not None
            and market.contract.symbol == position.symbol
            and market.mark is not None
        ):
            return market.mark.mark_price
        return position.mark

    def _row(self, position: Position) -> PositionRow:
        contract = self._contracts[position.symbol]
        core, mark = position.core, self._mark(position)
        pnl = None if mark is None else unrealized(core, mark, contract)
        base = contract.base_size(core.lots)
        protection = self._protection(contract)
        return PositionRow(
            symbol=str(position.symbol),
            side="Long" if core.lots > 0 else "Short",
            side_role=Role.BUY if core.lots > 0 else Role.SELL,
            lots=text.whole(core.lots) + ("*" if position.is_provisional else ""),
            base_size=text.EMPTY
            if base is None
            else f"{text.number(base, _decimals(contract))} {contract.base_currency}",
            entry=text.exact_price(core.average_entry, contract),
            mark=text.exact_price(mark, contract),
            liquidation=text.exact_price(position.liquidation, contract),
            margin=text.money(position.margin),
            pnl=text.money(pnl, sign=True),
            pnl_role=Role.TEXT_DIM if pnl is None else text.gain_role(pnl),
            realized=text.money(position.realized, sign=True),
            realized_role=Role.TEXT_DIM
            if position.realized is None
            else text.gain_role(position.realized),
            protection=protection[0],
            protection_role=protection[1],
            protection_tip=protection[2],
        )

    def _protection(self, contract: Contract) -> tuple[str, Role, str]:
        """Word, colour role and all that is known of it."""
        if self.protecting is None:
            return "", Role.TEXT_DIM, ""
        watch = self.protecting.watch
        watched = watch.watched(contract.symbol)
        if watched is None:
            return "", Role.TEXT_DIM, ""
        held = held_words(self.protecting.held, contract)
        word = state_words(watched.cover) + (", held" if held else "")
        tip = tooltip(watched, watch.lasts_s(watched), held)
        return word, state_role(watched.cover.state), tip


def _decimals(contract: Contract) -> int:
    exponent = contract.multiplier.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
