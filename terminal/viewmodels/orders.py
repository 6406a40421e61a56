"""Working orders as a table, newest first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.events import OrderType, PositionSide
from terminal.domain.order import UNCLEAR, Order, OrderState, PendingCommand
from terminal.domain.pairs import PairRule, leg_words
from terminal.domain.triggers import unclear_words
from terminal.domain.units import ClientOid, Side, Symbol
from terminal.session.pairs import DIES
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.protection import trigger_arrow
from terminal.viewmodels.row_commands import WHAT_HAPPENED, RowCommand
from terminal.viewmodels.tables import Column, RowTableModel, with_tooltip
from terminal.viewmodels.text import Role
from terminal.viewmodels.told import SAMPLE, TITLE, AgeTimer, order_tip, order_told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.session.orders import OrderDesk
    from terminal.session.pairs import Pairs
    from terminal.session.results import BatchResult
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.row_commands import RowEntry

FLAGS = "Flags"
OCO = "OCO"
LINK = "One cancels the other"
UNLINK = "Unlink the pair"
TWO = "Select exactly two orders."
UNKNOWN = "unknown"
"""What stands where the exchange's word could not be read."""


@final
class OrderRow(NamedTuple):
    """One working order in texts. ``key`` is its client order id."""

    key: str
    symbol: str
    side: str
    side_role: Role
    price: str
    lots: str
    filled: str
    remaining: str
    flags: str
    state: str
    state_role: Role
    reason: str
    told: str = ""
    told_role: Role = Role.TEXT_DIM
    flags_role: Role = Role.TEXT


COLUMNS: tuple[Column[OrderRow], ...] = (
    Column("Contract", lambda row: row.symbol, is_number=False, sample="1000BONKUSDTM"),
    Column(
        "Side",
        lambda row: row.side,
        lambda row: row.side_role,
        is_number=False,
        sample="Sell, short",
    ),
    Column("Price", lambda row: row.price, sample="\N{BLACK DOWN-POINTING TRIANGLE} 100 000.0"),
    Column("Lots", lambda row: row.lots, sample="10 000"),
    Column(
        "State",
        lambda row: row.state,
        lambda row: row.state_role,
        lambda row: row.reason,
        is_number=False,
        sample="Open, cancel of unknown outcome",
    ),
    Column("Filled", lambda row: row.filled, sample="10 000"),
    Column("Left", lambda row: row.remaining, sample="10 000"),
    Column(
        FLAGS,
        lambda row: row.flags,
        lambda row: row.flags_role,
        is_number=False,
        sample="PO RO OCO",
    ),
    Column(
        TITLE,
        lambda row: row.told,
        lambda row: row.told_role,
        is_number=False,
        sample=SAMPLE,
    ),
)


@final
class OrdersViewModel(ViewModel):
    """All working orders of the account. ``trail_asked`` carries an order's key."""

    trail_asked = Signal(str)
    empty_text = "No working orders. B or S in an armed ladder (F4) places one."

    def __init__(
        self,
        desk: OrderDesk,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.empty_text = text.empty_words(desk.access, "No working orders.", self.empty_text)
        self.pairs: Pairs | None = None
        """Pairs of which one cancels the other; set before the start, none are offered without."""
        self._verdicts: dict[ClientOid, str] = {}
        """What of the last cancel of many is not as it was wanted."""
        columns = with_tooltip(COLUMNS, TITLE, self._told_tip)
        columns = with_tooltip(columns, FLAGS, self._flags_tip)
        self.model: RowTableModel[OrderRow] = RowTableModel(columns, lambda row: row.key, self)
        self._desk = desk
        self._contracts = contracts
        self._ages = AgeTimer(lambda: bool(self.model.rows), self.mark_dirty, self)

    @property
    def stale(self) -> str | None:
        """Why the table cannot be trusted, None when it can."""
        return text.out_of_date("Orders", self._desk.trust.missing_for_s)

    def cancel(self, key: str) -> None:
        """Cancel one order by its key."""
        self._desk.cancel(ClientOid(key))

    def cancel_many(self, keys: tuple[str, ...]) -> None:
        """Cancel orders by their keys; of several each has its verdict."""
        if len(keys) == 1:
            self.cancel(keys[0])
        else:
            self._desk.cancel_chosen(tuple(map(ClientOid, keys)))

    def ask_for_trail(self, key: str) -> None:
        """Somebody wants to see what happened to an order."""
        self.trail_asked.emit(key)

    def commands_of(self, key: str) -> tuple[RowEntry, ...]:
        """What the menu of an order's row offers."""
        desk, off = self._desk, self._desk.access.silence
        order = desk.orders.get(ClientOid(key))
        if order is None:
            return ()
        symbol, sides = order.symbol, []
        if order.side is not None:
            words = f"Cancel all {order.side.value}s of {symbol}"
            sides = [RowCommand(words, partial(desk.cancel_side, symbol, order.side), off)]
        return (
            RowCommand(WHAT_HAPPENED, partial(self.ask_for_trail, key)),
            *self._pair_commands((key,)),
            None,
            RowCommand("Cancel this order", partial(self.cancel, key), off),
            *sides,
            RowCommand(f"Cancel the stops of {symbol}", partial(desk.cancel_stops, symbol), off),
            RowCommand(f"Cancel all of {symbol}", partial(desk.cancel_all, symbol), off),
            None,
            RowCommand("Cancel all everywhere", desk.cancel_everywhere, off),
        )

    def commands_of_many(self, keys: tuple[str, ...]) -> tuple[RowEntry, ...]:
        """What the menu offers where several orders are selected."""
        off = self._desk.access.silence
        words = f"Cancel the {len(keys)} selected orders"
        return (
            RowCommand(words, partial(self.cancel_many, keys), off),
            None,
            *self._pair_commands(keys),
        )

    def _pair_commands(self, keys: tuple[str, ...]) -> tuple[RowEntry, ...]:
        """Unlink what is a pair; link two that are none, by either rule."""
        pairs = self.pairs
        if pairs is None:
            return ()
        oids = tuple(map(ClientOid, keys))
        linked = next((oid for oid in oids if pairs.of(oid) is not None), None)
        if linked is not None:
            return (RowCommand(UNLINK, partial(pairs.unlink, linked)),)
        if len(oids) != 2:
            return (RowCommand(LINK, lambda: None, TWO),)
        return tuple(
            RowCommand(
                f"{LINK} {rule.value}",
                partial(self._link, *oids, rule),
                pairs.why_not(*oids, rule),
            )
            for rule in PairRule
        )

    def _link(self, one: ClientOid, other: ClientOid, rule: PairRule) -> None:
        """Link two orders; one of them may have ended since the menu was opened."""
        if self.pairs is None:
            return
        reason = self.pairs.link(one, other, rule)
        if reason:
            self._desk.warn(f"Not linked. {reason}")

    @override
    def connect_sources(self) -> None:
        self.listen(
            self._desk.on_changed.add(self.mark_dirty), self._desk.on_batch.add(self._on_batch)
        )
        if self.pairs is not None:
            self.listen(self.pairs.on_changed.add(self.mark_dirty))

    def _on_batch(self, result: BatchResult) -> None:
        self._verdicts = {one.client_oid: one.sentence for one in result.items if not one.ok}
        self.mark_dirty()

    @override
    def stop(self) -> None:
        super().stop()
        self._ages.run(is_seen=False)

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
        self.model.set_rows([self._row(order) for order in reversed(self._desk.working())])
        return True

    def _told_tip(self, row: OrderRow) -> str:
        order = self._desk.orders.get(ClientOid(row.key))
        return "" if order is None else order_tip(order, self._desk.recorder)

    def _flags_tip(self, row: OrderRow) -> str:
        oid = ClientOid(row.key)
        pair = None if self.pairs is None else self.pairs.of(oid)
        partner = None if self.pairs is None else self.pairs.partner(oid)
        if pair is None or partner is None:
            return ""
        words = leg_words(partner, self._contracts.get(partner.symbol))
        return f"{OCO}: one cancels the other {pair.rule.value}. The other: {words}. {DIES}"

    def _row(self, order: Order) -> OrderRow:
        contract = self._contracts.get(order.symbol)
        is_market = order.order_type is OrderType.MARKET or order.is_close_order
        price, waits = "market" if is_market else UNKNOWN, ""
        if order.price is not None and contract is not None:
            price = text.price(order.price, contract)
        if order.state is OrderState.UNTRIGGERED and order.trigger and contract is not None:
            at = text.price(order.trigger, contract)
            waits = f"{price} {unclear_words(order.stop_direction, order.stop_reference, at)}"
            # Where it waits must be read in a narrow table, too; what for stands under its state.
            price = f"{trigger_arrow(order.stop_direction)} {at}".strip()
        told = order_told(order, self._desk.recorder, self._desk.clock.monotonic_s())
        is_paired = self.pairs is not None and self.pairs.of(order.client_oid) is not None
        verdict = self._verdicts.get(order.client_oid, "")
        return OrderRow(
            key=str(order.client_oid),
            symbol=str(order.symbol),
            side=_side(order),
            side_role=_side_role(order),
            price=price,
            lots=text.whole(order.lots),
            filled=text.whole(order.filled),
            remaining="all" if order.is_close_order else text.whole(order.remaining),
            flags=_flags(order, is_paired=is_paired),
            flags_role=Role.CAUTION if is_paired else Role.TEXT,
            state=_state(order, waits),
            state_role=Role.CAUTION if verdict else _state_role(order),
            reason=" ".join(filter(None, (order.reason, verdict))),
            told=told.words,
            told_role=told.role,
        )


def _side(order: Order) -> str:
    word = "close" if order.is_close_order else UNKNOWN
    if order.side is not None:
        word = order.side.value.capitalize()
    lane = order.position_side
    return word if lane in {None, PositionSide.BOTH} else f"{word}, {lane.value}"


def _side_role(order: Order) -> Role:
    if order.side is None and not order.is_close_order:
        return Role.CAUTION
    return Role.SELL if order.side is Side.SELL else Role.BUY


def _flags(order: Order, *, is_paired: bool) -> str:
    flags = (
        ("PO", order.is_post_only),
        ("RO", order.is_reduce_only),
        ("CLOSE", order.is_close_order),
        (OCO, is_paired),
    )
    return " ".join(word for word, is_set in flags if is_set)


def _state(order: Order, waits: str) -> str:
    """Where the order is in its life; ``waits`` says what a stop will do, and when."""
    state = waits or order.state.value
    return state if order.pending is PendingCommand.NONE else f"{state}, {order.pending.value}"


def _state_role(order: Order) -> Role:
    if order.state in UNCLEAR:
        return Role.CAUTION
    return Role.TEXT if order.pending is PendingCommand.NONE else Role.CAUTION
