"""Our own fills as a table, newest first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.clock import to_ms
from terminal.domain.events import Fill, Liquidity
from terminal.domain.lanes import HEDGED, known_lane
from terminal.domain.order import made_up
from terminal.domain.units import Side, Symbol
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.row_commands import WHAT_HAPPENED, RowCommand
from terminal.viewmodels.tables import Column, RowTableModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.events import PositionSide
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.row_commands import RowEntry

SHOWN_FILLS = 200


@final
class FillRow(NamedTuple):
    """One fill in texts."""

    key: str
    time: str
    exact_time: str
    symbol: str
    side: str
    side_role: Role
    price: str
    lots: str
    fee: str
    liquidity: str


COLUMNS: tuple[Column[FillRow], ...] = (
    Column(
        "Time", lambda r: r.time, None, lambda r: r.exact_time, is_number=False, sample="00:00:00"
    ),
    Column("Contract", lambda row: row.symbol, is_number=False, sample="1000BONKUSDTM"),
    Column(
        "Side",
        lambda row: row.side,
        lambda row: row.side_role,
        is_number=False,
        sample="Sell, short",
    ),
    Column("Price", lambda row: row.price, sample="100 000.0"),
    Column("Lots", lambda row: row.lots, sample="10 000"),
    Column("Fee", lambda row: row.fee, sample="0.000000 USDT"),
    Column("As", lambda row: row.liquidity, is_number=False, sample="maker"),
)


@final
class FillsViewModel(ViewModel):
    """The newest fills of the account, at most ``SHOWN_FILLS``.

    ``trail_asked`` carries the name of a fill's order.
    """

    trail_asked = Signal(str)
    empty_text = "No fills in the last 24 hours."

    def __init__(
        self,
        desk: OrderDesk,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.empty_text = text.empty_words(
            desk.access, "No fills in the last 24 hours.", self.empty_text
        )
        self.model: RowTableModel[FillRow] = RowTableModel(COLUMNS, lambda row: row.key, self)
        self._desk = desk
        self._contracts = contracts

    @property
    def stale(self) -> str | None:
        """Why the table cannot be trusted, None when it can."""
        return text.out_of_date("Fills", self._desk.trust.missing_for_s)

    def ask_for_trail(self, key: str) -> None:
        """Somebody wants to see what happened to the order of a fill."""
        fill = next((one for one in self._desk.fills if "/".join(one.key) == key), None)
        if fill is not None:
            named = self._desk.named(fill.order_id)
            self.trail_asked.emit(str(made_up(fill.order_id) if named is None else named))

    def commands_of(self, key: str) -> tuple[RowEntry, ...]:
        """What the menu of a fill's row offers."""
        return (RowCommand(WHAT_HAPPENED, partial(self.ask_for_trail, key)),)

    @override
    def connect_sources(self) -> None:
        self.listen(self._desk.on_changed.add(self.mark_dirty))

    @override
    def refresh(self) -> bool:
        newest = list(self._desk.fills)[-SHOWN_FILLS:]
        self.model.set_rows([self._row(fill) for fill in reversed(newest)])
        return True

    def _row(self, fill: Fill) -> FillRow:
        contract = self._contracts.get(fill.symbol)
        at = to_ms(fill.event_at)
        lane = self._lane(fill)
        return FillRow(
            key="/".join(fill.key),
            time=text.clock_time(at),
            exact_time=text.exact_time(at),
            symbol=str(fill.symbol),
            side=fill.side.value.capitalize() + ("" if lane is None else f", {lane.value}"),
            side_role=Role.BUY if fill.side is Side.BUY else Role.SELL,
            price=str(fill.price) if contract is None else text.price(fill.price, contract),
            lots=text.whole(fill.lots),
            fee=_fee(fill),
            liquidity="maker" if fill.liquidity is Liquidity.MAKER else "taker",
        )

    def _lane(self, fill: Fill) -> PositionSide | None:
        """The lane of hedge mode, by the fill or by its order; None where neither names one."""
        named = self._desk.named(fill.order_id)
        order = None if named is None else self._desk.orders.get(named)
        lane = known_lane(fill.position_side) or (None if order is None else order.position_side)
        return lane if lane in HEDGED else None


def _fee(fill: Fill) -> str:
    if fill.fee is None:
        return text.EMPTY
    decimals = 4 if text.money_decimals(fill.fee.currency) == 2 else 8
    return f"{text.number(fill.fee.amount, decimals)} {fill.fee.currency}"
