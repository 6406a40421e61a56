"""Scale: many limit orders between two prices, listed first, staged, and sent by a second press."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.domain.access import Access
from terminal.domain.errors import UnitError
from terminal.domain.events import OrderType, PositionSide
from terminal.domain.lanes import about, lane_for
from terminal.domain.order import OrderState
from terminal.domain.scale import FEWEST, MOST, Shape, prices, split
from terminal.domain.ticket import ASSUMED_MODE, OrderTerms, OrderTicket
from terminal.domain.units import Lots, Money, Side
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.positions import parse_price
from terminal.viewmodels.scale_view import COLUMNS, ScaleRow, ScaleView
from terminal.viewmodels.sizes import parse_lots
from terminal.viewmodels.tables import RowTableModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.guard import Block
    from terminal.domain.units import Price
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.session.results import SubmitResult
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace

SHAPES = tuple(shape.value for shape in Shape)
NOT_COMPLETE = "Type two prices, how many orders, and how many lots in all."
_STATES = {
    OrderState.SUBMITTING: ("On its way.", Role.TEXT_DIM),
    OrderState.OPEN: ("Sent, it works.", Role.TEXT),
    OrderState.UNTRIGGERED: ("Sent, it waits.", Role.TEXT),
    OrderState.PARTLY_FILLED: ("Sent, filled in part.", Role.TEXT),
    OrderState.FILLED: ("Sent, filled.", Role.TEXT),
    OrderState.CANCELED: ("Sent, then canceled.", Role.CAUTION),
    OrderState.REJECTED: ("Refused.", Role.DANGER),
    OrderState.UNKNOWN: ("Unknown: asking what became of it.", Role.CAUTION),
}


@final
class ScaleViewModel(ViewModel):
    """A scale on the workspace's contract. ``press`` stages, and sends when staged. It sends once.

    ``begin`` when it is shown; a change of anything drops what is staged.
    """

    empty_text = NOT_COMPLETE
    stale: str | None = None

    def __init__(
        self,
        workspace: Workspace,
        desk: OrderDesk,
        account: AccountSession,
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.model: RowTableModel[ScaleRow] = RowTableModel(COLUMNS, lambda row: row.key, self)
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self._handles: list[Removable] = []
        self._texts = {"first": "", "last": "", "count": "5", "lots": ""}
        self._shape = Shape.EVEN
        self._side = Side.BUY
        self._is_post_only = self._is_reduce_only = False
        self._staged: tuple[OrderTicket, ...] = ()
        self._sent: tuple[tuple[OrderTicket, SubmitResult], ...] = ()
        self._message: Message | None = None
        self._is_paused = True  # nobody looks before it begins
        self.view = self._build((), "")

    # Editing ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Show it: what was typed is kept, nothing is staged."""
        self.start()
        self.set_paused(paused=False)
        self._edited()

    def set_text(self, name: str, typed: str) -> None:
        """A field as typed: ``first`` and ``last`` price, ``count`` of orders, ``lots`` in all."""
        self._texts[name] = typed
        self._edited()

    def set_shape(self, word: str) -> None:
        """How the lots are shared out, by its word in ``SHAPES``."""
        self._shape = Shape(word)
        self._edited()

    def set_side(self, side: Side) -> None:
        """Buy or sell."""
        self._side = side
        self._edited()

    def set_post_only(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Each rests or is refused."""
        self._is_post_only = is_set
        self._edited()

    def set_reduce_only(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """None opens or enlarges a position."""
        self._is_reduce_only = is_set
        self._edited()

    def _edited(self) -> None:
        self._staged, self._sent, self._message = (), (), None
        self.mark_dirty()

    # Sending ---------------------------------------------------------------------------------

    def stage(self) -> None:
        """Say what would be sent, if all of it may go; never sends. What was sent stays so."""
        if self._staged or self._sent:
            return
        self._message = None
        tickets, problem = self._tickets()
        blocked = self._blocked(tickets)
        if problem or blocked:
            self._message = Message(f"Not sent. {problem or blocked}", Role.DANGER)
        else:
            self._staged = tickets
        self.mark_dirty()

    def press(self) -> None:
        """First press: stage. Second press: send what was staged, once."""
        if not self._staged:
            self.stage()
            return
        tickets, self._staged = self._staged, ()
        blocked = self._blocked(tickets)  # the market went on since
        if blocked:
            self._message = Message(f"Not sent. {blocked}", Role.DANGER)
        else:
            with self._desk.latency.gesture():
                results = self._desk.submit_batch(tickets)
            self._sent = tuple(zip(tickets, results, strict=True))
        self.mark_dirty()

    def drop(self) -> bool:
        """Take back what is staged; returns whether anything was. Never sends."""
        was_staged, self._staged = bool(self._staged), ()
        if was_staged:
            self._message = Message("Nothing was sent.", Role.TEXT_DIM)
            self.mark_dirty()
        return was_staged

    def _blocked(self, tickets: tuple[OrderTicket, ...]) -> str:
        """How many of them are blocked, and why the first is; empty when none is."""
        found = [blocks for blocks in self._desk.batch_blocks(tickets) if blocks]
        if not found:
            return ""
        return f"{len(found)} of {len(tickets)} are blocked: {found[0][0].reason}"

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self.listen(
            self._account.on_changed.add(self.mark_dirty),
            self._desk.on_changed.add(self.mark_dirty),
        )
        self._on_contract_changed()

    @override
    def stop(self) -> None:
        if self._is_running:
            self._workspace.contract_changed.disconnect(self._on_contract_changed)
        self._leave()
        super().stop()

    @override
    def refresh(self) -> bool:
        tickets, problem = self._tickets()
        if self._sent:
            rows = [self._sent_row(n, *one) for n, one in enumerate(self._sent, start=1)]
        else:
            all_blocks = self._desk.batch_blocks(tickets)
            rows = [
                self._row(n, ticket, blocks)
                for n, (ticket, blocks) in enumerate(zip(tickets, all_blocks, strict=True), start=1)
            ]
        self.empty_text = problem
        changed = self.model.set_rows(rows)
        view = self._build(tickets, problem)
        changed |= view != self.view
        self.view = view
        return changed

    def _build(self, tickets: tuple[OrderTicket, ...], problem: str) -> ScaleView:
        contract, texts = self._contract(), self._texts
        lots = text.whole(sum(ticket.lots or 0 for ticket in tickets))
        verb = "Buy" if self._side is Side.BUY else "Sell"
        lane = self._lane() or PositionSide.BOTH
        about_all = about(f"{len(tickets)} orders", lane)
        button = f"{verb} {lots} in {about_all}" if tickets else verb
        is_typed = all(texts.values())
        return ScaleView(
            symbol="" if contract is None else about(contract.symbol, lane),
            first_text=texts["first"],
            last_text=texts["last"],
            count_text=texts["count"],
            lots_text=texts["lots"],
            shape=self._shape,
            side=self._side,
            is_post_only=self._is_post_only,
            is_reduce_only=self._is_reduce_only,
            problem=problem if is_typed else "",
            total=self._total(tickets, contract),
            button=f"Press again: {button[0].lower()}{button[1:]}" if self._staged else button,
            is_staged=bool(self._staged),
            why_not=problem or ("Sent; change something to send another." if self._sent else ""),
            message=self._said() or self._message,
        )

    def _said(self) -> Message | None:
        """What came of all that were sent, counted anew whenever an order changes."""
        if not self._sent:
            return None
        states = [self._state_of(result)[1] for _, result in self._sent]
        bad = sum(role is Role.DANGER for role in states)
        unknown = sum(role is Role.CAUTION for role in states)
        words = f"{len(states) - bad - unknown} of {len(states)} orders sent"
        if bad:
            words += f", {bad} not taken"
        if unknown:
            words += f", {unknown} to look at"
        role = Role.DANGER if bad else Role.CAUTION if unknown else Role.TEXT
        return Message(f"{words}.", role)

    def _row(self, number: int, ticket: OrderTicket, blocks: tuple[Block, ...]) -> ScaleRow:
        if blocks:
            return self._texts_of(number, ticket, (blocks[0].reason, Role.DANGER))
        words = "Staged." if self._staged else "Can be sent."
        return self._texts_of(number, ticket, (words, Role.TEXT_DIM))

    def _sent_row(self, number: int, ticket: OrderTicket, result: SubmitResult) -> ScaleRow:
        return self._texts_of(number, ticket, self._state_of(result))

    def _state_of(self, result: SubmitResult) -> tuple[str, Role]:
        if isinstance(result, Blocked):
            return f"Not sent. {result.blocks[0].reason}", Role.DANGER
        order = self._desk.orders.get(result.client_oid)
        if order is None:
            return "Sent; it ended long ago.", Role.TEXT_DIM
        words, role = _STATES[order.state]
        return f"{words} {order.reason}".rstrip(), role

    def _texts_of(self, number: int, ticket: OrderTicket, state: tuple[str, Role]) -> ScaleRow:
        contract = self._desk.contract(ticket.symbol)
        price = value = fee = text.EMPTY
        if contract is not None and ticket.price is not None:
            price = text.price(ticket.price, contract)
            worth = self._value(ticket, contract)
            value, fee = text.money(worth), _fee(worth, contract, is_maker=ticket.is_post_only)
        return ScaleRow(number, price, text.whole(ticket.lots or 0), value, fee, *state)

    @staticmethod
    def _value(ticket: OrderTicket, contract: Contract) -> Money:
        at = Decimal(0) if ticket.price is None else contract.scale.decimal(ticket.price)
        return contract.settle_value(at, ticket.lots or Lots(0))

    def _total(self, tickets: tuple[OrderTicket, ...], contract: Contract | None) -> str:
        if contract is None or not tickets:
            return text.EMPTY
        worth = Money(Decimal(0), contract.settle_currency)
        for ticket in tickets:
            worth += self._value(ticket, contract)
        fee = _fee(worth, contract, is_maker=self._is_post_only)
        return f"{text.money(worth)}, fee at most {fee}"

    # Tickets ---------------------------------------------------------------------------------

    def _contract(self) -> Contract | None:
        market = self._workspace.market
        return None if market is None else market.contract

    def _tickets(self) -> tuple[tuple[OrderTicket, ...], str]:
        """What would be sent, or why there is nothing, as a sentence."""
        contract = self._contract()
        if contract is None:
            return (), "No contract yet."
        if self._desk.access is Access.MARKET_DATA:
            return (), self._desk.access.reason
        if not all(self._texts.values()):
            return (), NOT_COMPLETE
        mode = self._account.margin_mode(contract.symbol)
        if self._is_reduce_only:
            mode = mode or ASSUMED_MODE
        if mode is None:
            return (), "The margin mode is not known yet."
        try:
            typed = self._typed(contract)
        except UnitError as error:
            words = str(error)
            return (), f"{words[0].upper()}{words[1:]}."
        lane = self._lane()
        leverage = self._account.leverage(contract.symbol, lane)
        return tuple(
            OrderTicket(
                symbol=contract.symbol,
                order_type=OrderType.LIMIT,
                side=self._side,
                price=price,
                lots=lots,
                margin_mode=mode,
                leverage=leverage,
                is_post_only=self._is_post_only,
                is_reduce_only=self._is_reduce_only,
                terms=OrderTerms(position_side=lane),
            )
            for price, lots in typed
        ), ""

    def _lane(self) -> PositionSide | None:
        """The lane that the side opens, or reduces; None in one-way mode."""
        mode = self._account.position_mode
        return lane_for(self._side, mode, reduces=self._is_reduce_only)

    def _typed(self, contract: Contract) -> list[tuple[Price, Lots]]:
        """Price and lots of each order as typed. Raises ``UnitError`` where that cannot be."""
        first = parse_price(self._texts["first"], contract)
        last = parse_price(self._texts["last"], contract)
        count, total = parse_lots(self._texts["count"]), parse_lots(self._texts["lots"])
        if first is None or last is None:
            tick = contract.scale.tick_size.normalize()
            raise UnitError(f"prices are above zero, on the tick of {tick:f}")
        if count is None:
            raise UnitError(f"it takes {FEWEST} to {MOST} orders")
        if total is None:
            raise UnitError("lots are a whole number above zero")
        sizes = split(total, count, self._shape, contract.lot_size)
        return list(zip(prices(first, last, count), sizes, strict=True))

    def _on_contract_changed(self) -> None:
        self._leave()
        self._texts["first"] = self._texts["last"] = ""
        market = self._workspace.market
        if market is not None:
            self._handles = [market.on_status_changed.add(self.mark_dirty)]
        self._edited()

    def _leave(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


def _fee(value: Money, contract: Contract, *, is_maker: bool) -> str:
    rate = contract.maker_fee_rate if is_maker else contract.taker_fee_rate
    decimals = text.money_decimals(value.currency) + 2
    return f"{text.number(value.amount * rate, decimals)} {value.currency}"
