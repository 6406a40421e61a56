"""Open positions as a table, with profit at the mark price as it stands."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.errors import UnitError
from terminal.domain.events import PositionSide
from terminal.domain.lanes import about
from terminal.domain.position import unrealized
from terminal.domain.triggers import Purpose
from terminal.domain.units import Symbol
from terminal.session.closing import WHOLE
from terminal.session.procedures import say
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.double_press import DoublePress
from terminal.viewmodels.keys import BUTTON_PRESS_MS, LadderAction
from terminal.viewmodels.protection import held_words, state_role, state_words, tooltip
from terminal.viewmodels.row_commands import PriceCommand, RowCommand
from terminal.viewmodels.tables import Column, RowTableModel, with_tooltip
from terminal.viewmodels.text import Role
from terminal.viewmodels.told import TITLE, AgeTimer, position_tip, position_told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.domain.contract import Contract
    from terminal.domain.units import ExactPrice, Price
    from terminal.session.account import AccountSession, Position
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.row_commands import RowEntry
    from terminal.viewmodels.workspace import Workspace

SHARES = tuple((percent, Decimal(percent) / 100) for percent in (25, 50, 75))
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
NOT_ARMED = "Trading is not armed on this contract: F4 in its ladder arms it."


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
    told: str = ""
    told_role: Role = Role.TEXT_DIM
    lane: PositionSide = PositionSide.BOTH

    @property
    def key(self) -> str:
        """What names the row: the contract, in hedge mode with its lane."""
        return key_of(Symbol(self.symbol), self.lane)


COLUMNS: tuple[Column[PositionRow], ...] = (
    Column("Contract", lambda row: row.symbol, is_number=False, sample="1000BONKUSDTM"),
    Column(
        "Side",
        lambda row: row.side,
        lambda row: row.side_role,
        is_number=False,
        sample="Short lane",
    ),
    Column("Lots", lambda row: row.lots, lambda row: row.side_role, sample="10 000"),
    Column(
        "Protection",
        lambda row: row.protection,
        lambda row: row.protection_role,
        lambda row: row.protection_tip,
        is_number=False,
        sample="Under-covered, held",
    ),
    Column(
        TITLE,
        lambda row: row.told,
        lambda row: row.told_role,
        is_number=False,
        sample="assumed 59 s",
    ),
    Column("Size", lambda row: row.base_size, sample="10.000 XBT"),
    Column("Entry", lambda row: row.entry, sample="100 000.00"),
    Column("Mark", lambda row: row.mark, sample="100 000.00"),
    Column("Liquidation", lambda row: row.liquidation, sample="100 000.00"),
    Column("Margin", lambda row: row.margin, sample="10 000.00 USDT"),
    Column("Unrealized", lambda row: row.pnl, lambda row: row.pnl_role, sample="+1 000.00 USDT"),
    Column(
        "Realized", lambda row: row.realized, lambda row: row.realized_role, sample="+1 000.00 USDT"
    ),
)


@final
class PositionsViewModel(ViewModel):
    """All open positions. The shown contract's mark price is live, others are as last stated.

    ``exit_asked`` carries a contract and the purpose of the exit that is to be asked about.
    """

    exit_asked = Signal(str, object)
    empty_text = "No open position. B or S in an armed ladder opens one."

    def __init__(
        self,
        workspace: Workspace,
        account: AccountSession,
        desk: OrderDesk,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        is_armed: Callable[[Symbol], bool] = lambda _symbol: False,
    ) -> None:
        """``is_armed`` says whether a ladder is armed on a contract: what opens needs it."""
        super().__init__(frame)
        self.protecting: Protecting | None = None
        """What is known of protection; set before the start, the column is empty without."""
        self.show_in_ladder: Callable[[Symbol, PositionSide | None], None] | None = None
        """Shows a contract and a lane of it; without, the linked panels take the contract."""
        self._is_armed = is_armed
        self._presses = DoublePress()
        self._asked_for = ""
        self.empty_text = text.empty_words(desk.access, "No open position.", self.empty_text)
        columns = with_tooltip(COLUMNS, TITLE, self._told_tip)
        self.model: RowTableModel[PositionRow] = RowTableModel(columns, lambda row: row.key, self)
        self._workspace = workspace
        self._account = account
        self._desk = desk
        self._contracts = contracts
        self._mark_handle: Removable | None = None
        self._ages = AgeTimer(lambda: bool(self.model.rows), self.mark_dirty, self)

    @property
    def stale(self) -> str | None:
        """Why the table cannot be trusted, None when it can."""
        return text.out_of_date("Positions", self._account.trust.missing_for_s)

    def flatten(self, key: str) -> None:
        """Flatten one contract, in hedge mode the row's lane of it."""
        with self._desk.latency.gesture():
            self._desk.flatten(*of_key(key))

    def commands_of(self, key: str) -> tuple[RowEntry, ...]:
        """What the menu of a position's row offers."""
        symbol, lane = of_key(key)
        off = self._desk.access.silence
        unarmed = self._desk.access.reason or ("" if self._is_armed(symbol) else NOT_ARMED)
        name = about(symbol, lane or PositionSide.BOTH)
        return (
            *(
                RowCommand(f"Close {percent} % at market", partial(self._close, key, share), off)
                for percent, share in SHARES
            ),
            RowCommand("Close all at market", partial(self._close, key, WHOLE), off),
            PriceCommand(
                "Close all with a limit\N{HORIZONTAL ELLIPSIS}",
                f"Price at which all of {name} is closed:",
                self._closing_touch(key),
                partial(self.close_at, key),
                off,
            ),
            None,
            *self._exit_commands(key, off),
            RowCommand("Flatten: cancel orders, close", partial(self.flatten, key), off),
            *self._flatten_both(symbol, lane, off),
            RowCommand("Reverse (choose twice)", partial(self.reverse, key), unarmed),
            None,
            RowCommand("Cancel its orders", partial(self._cancel_orders, key), off),
            RowCommand("Cancel its stops", partial(self._cancel_stops, key), off),
        )

    def _exit_commands(self, key: str, off: str) -> tuple[RowEntry, ...]:
        """Exits at a typed price, where it is known what protects; closed by a line."""
        if self.protecting is None:
            return ()
        return (
            *(
                RowCommand(
                    f"Add a {purpose.value}{ELLIPSIS}", partial(self._ask, key, purpose), off
                )
                for purpose in (Purpose.LOSS, Purpose.PROFIT)
            ),
            None,
        )

    def _ask(self, key: str, purpose: Purpose) -> None:
        self.exit_asked.emit(key, purpose)

    def _flatten_both(
        self, symbol: Symbol, lane: PositionSide | None, off: str
    ) -> tuple[RowCommand, ...]:
        if lane is None:
            return ()
        words = f"Flatten both lanes of {symbol}"
        return (RowCommand(words, partial(self._desk.flatten, symbol), off),)

    def _cancel_orders(self, key: str) -> None:
        self._desk.cancel_all(*of_key(key))

    def _cancel_stops(self, key: str) -> None:
        self._desk.cancel_stops(*of_key(key))

    def close_at(self, key: str, typed: str) -> None:
        """Close a whole position with a limit at a typed price; nonsense is said."""
        symbol, _ = of_key(key)
        contract = self._contracts.get(symbol)
        price = None if contract is None else parse_price(typed, contract)
        if price is None:
            self._say(symbol, f"'{typed}' is not a price of {symbol}; nothing was sent.")
        else:
            self._close(key, WHOLE, price)

    def _close(self, key: str, share: Decimal, price: Price | None = None) -> None:
        symbol, lane = of_key(key)
        with self._desk.latency.gesture():
            blocked = self._desk.close_share(symbol, share, price, lane)
        if blocked is not None:
            self._say(symbol, f"Nothing was closed. {blocked.blocks[0].reason}")

    def reverse(self, key: str) -> None:
        """Reverse a position whose contract is armed in a ladder, when chosen twice."""
        symbol, lane = of_key(key)
        if not self._is_armed(symbol):
            self._say(symbol, f"Not reversed. {NOT_ARMED}")
            return
        at_ms = int(monotonic() * 1000)
        if self._asked_for != key:
            self._presses.forget()
        self._asked_for = key
        if not self._presses.is_second(LadderAction.REVERSE, at_ms, BUTTON_PRESS_MS):
            name = about(symbol, lane or PositionSide.BOTH)
            self._say(symbol, f"Once more to reverse {name}.")
            return
        with self._desk.latency.gesture():
            blocked = self._desk.reverse(symbol, lane)
        if blocked is not None:
            self._say(symbol, f"Not reversed. {blocked.blocks[0].reason}")

    def _closing_touch(self, key: str) -> str:
        """The price that closes at once, to begin with; empty when it is not shown here."""
        symbol, lane = of_key(key)
        market, contract = self._workspace.market, self._contracts.get(symbol)
        if market is None or contract is None or market.contract.symbol != symbol:
            return ""
        touch = market.touch()
        is_long = any(
            one.core.lots > 0 for one in self._account.held(symbol) if lane in {None, one.lane}
        )
        best = None if touch is None else (touch.best_bid if is_long else touch.best_ask)
        return "" if best is None else text.price(best, contract)

    def _say(self, symbol: Symbol, sentence: str) -> None:
        """Say it in the event log, and next to the contract's ladder."""
        say(self._desk, symbol, sentence, ok=False)

    def select(self, key: str) -> None:
        """Show the position's contract, in hedge mode its lane, in the ladder and its links."""
        symbol, lane = of_key(key)
        if self.show_in_ladder is None:
            self._workspace.choose(symbol)
        else:
            self.show_in_ladder(symbol, lane)

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
        self._ages.run(is_seen=False)
        self._workspace.contract_changed.disconnect(self._on_contract_changed)
        self._forget_mark()

    @override
    def start(self) -> None:
        super().start()
        self._ages.run(is_seen=self.is_seen)

    @override
    def set_paused(self, paused: bool) -> None:
        super().set_paused(paused)
        self._ages.run(is_seen=self.is_seen)

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

    def _told_tip(self, row: PositionRow) -> str:
        return position_tip(self._account.position(Symbol(row.symbol), row.lane))

    def _row(self, position: Position) -> PositionRow:
        contract = self._contracts[position.symbol]
        core, mark = position.core, self._mark(position)
        pnl = None if mark is None else unrealized(core, mark, contract)
        base = contract.base_size(core.lots)
        protection = self._protection(contract, position.lane)
        told = position_told(position, self._desk.clock.monotonic_s())
        return PositionRow(
            symbol=str(position.symbol),
            side=_side(position),
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
            told=told.words,
            told_role=told.role,
            lane=position.lane,
        )

    def _protection(self, contract: Contract, lane: PositionSide) -> tuple[str, Role, str]:
        """Word, colour role and all that is known of it."""
        if self.protecting is None:
            return "", Role.TEXT_DIM, ""
        watch = self.protecting.watch
        watched = watch.watched(contract.symbol, lane)
        if watched is None:
            return "", Role.TEXT_DIM, ""
        held = held_words(self.protecting.held, contract, lane)
        word = state_words(watched.cover) + (", held" if held else "")
        tip = tooltip(watched, watch.lasts_s(watched), held)
        return word, state_role(watched.cover.state), tip


def key_of(symbol: Symbol, lane: PositionSide) -> str:
    """What names a position's row: ``XBTUSDTM``, in hedge mode ``XBTUSDTM long``."""
    return str(symbol) if lane is PositionSide.BOTH else f"{symbol} {lane.value}"


def of_key(key: str) -> tuple[Symbol, PositionSide | None]:
    """The contract of a row, and its lane; None for the only position of one-way mode."""
    name, _, lane = key.partition(" ")
    return Symbol(name), PositionSide(lane) if lane else None


def _side(position: Position) -> str:
    word = "Long" if position.core.lots > 0 else "Short"
    return (
        word if position.lane is PositionSide.BOTH else f"{position.lane.value} lane".capitalize()
    )


def parse_price(typed: str, contract: Contract) -> Price | None:
    """Read a price above zero on the contract's ticks as typed; None when it is something else."""
    try:
        price = Decimal(text.bare_number(typed))
        return contract.scale.ticks(price) if price.is_finite() and price > 0 else None
    except (ArithmeticError, UnitError):
        return None


def _decimals(contract: Contract) -> int:
    exponent = contract.multiplier.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
