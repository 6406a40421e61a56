"""An exit of a standing position by a typed trigger price: what it would be, as a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.domain.events import PositionSide
from terminal.domain.intention import Purpose as Meant
from terminal.domain.lanes import about
from terminal.domain.triggers import Fires, Purpose, would_fire_now
from terminal.domain.units import Symbol
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.positions import of_key, parse_price
from terminal.viewmodels.protection import ticket_words
from terminal.viewmodels.sizes import parse_lots
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid
    from terminal.session.account import AccountSession
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.frame import FrameClock

NO_POSITION = "There is no position to close."


@final
@dataclass(frozen=True, slots=True)
class ExitFormView:
    """Everything that is shown. ``why_not`` says why it cannot be placed, empty when it can."""

    title: str
    position: str
    price_text: str
    lots_text: str
    words: str
    words_role: Role
    why_not: str


@final
class ExitFormViewModel(ViewModel):
    """One stop-loss or take-profit of one position. ``ask`` opens it, ``place`` sends it once.

    It waits at the exchange and only reduces: without lots it closes all that there is by then.
    """

    def __init__(
        self,
        desk: OrderDesk,
        account: AccountSession,
        protecting: Protecting,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._desk = desk
        self._account = account
        self._protecting = protecting
        self._contracts = contracts
        self._symbol = Symbol("")
        self._lane: PositionSide | None = None
        self._purpose = Purpose.LOSS
        self._price_text = self._lots_text = ""
        self._placed: ClientOid | None = None
        self._said = ""
        self._is_paused = True  # nobody looks before it is asked for
        self.view = self._build()

    # Commands --------------------------------------------------------------------------------

    def ask(self, key: str, purpose: Purpose) -> None:
        """Begin anew for the position of a row."""
        self._symbol, self._lane = of_key(key)
        self._purpose = purpose
        self._price_text = self._lots_text = ""
        self.start()
        self.set_paused(paused=False)
        self._edited()
        self.view = self._build()
        self.changed.emit()

    def set_price_text(self, typed: str) -> None:
        """Trigger price as typed."""
        self._price_text = typed
        self._edited()

    def set_lots_text(self, typed: str) -> None:
        """Lots as typed; empty closes all of the position."""
        self._lots_text = typed
        self._edited()

    def _edited(self) -> None:
        self._placed, self._said = None, ""
        self.mark_dirty()

    def place(self) -> None:
        """Send it, unless something is wrong or it was sent already."""
        ticket = None if self._placed is not None else self._ticket()
        if not isinstance(ticket, str) and ticket is not None:
            with self._desk.latency.gesture():
                result = self._desk.submit(ticket, Meant.PROTECT)
            if isinstance(result, Blocked):
                self._said = f"Not sent. {result.blocks[0].reason}"
            else:
                self._placed = result.client_oid
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self.listen(
            self._desk.on_changed.add(self.mark_dirty),
            self._account.on_changed.add(self.mark_dirty),
            self._protecting.watch.on_changed.add(self.mark_dirty),
        )

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> ExitFormView:
        words, role, why_not = self._words()
        held = self._held()
        side = "Long" if held > 0 else "Short"
        name = about(self._symbol, self._lane or PositionSide.BOTH)
        return ExitFormView(
            title=f"{self._purpose.value.capitalize()} of {name}",
            position=f"{side} {text.whole(abs(held))} {self._symbol}" if held else NO_POSITION,
            price_text=self._price_text,
            lots_text=self._lots_text,
            words=words,
            words_role=role,
            why_not=why_not,
        )

    def _held(self) -> int:
        """Signed lots; a row of the other position mode has none any more."""
        if not self._symbol or (self._lane is None) is self._account.is_hedged:
            return 0
        return self._account.position(self._symbol, self._lane).core.lots

    def _words(self) -> tuple[str, Role, str]:
        contract = self._contracts.get(self._symbol)
        if self._placed is not None and contract is not None:
            order = self._desk.orders.get(self._placed)
            return (*_placed_words(order), "It was sent; change something to send another.")
        if self._said:
            return self._said, Role.DANGER, ""
        ticket = self._ticket()
        if isinstance(ticket, str):
            role = Role.DANGER if self._price_text else Role.TEXT_DIM
            return ticket, role, ticket
        if contract is None:
            return "", Role.TEXT, NO_POSITION
        tail = "" if ticket.is_close_order else " It closes a part only."
        words = f"{ticket_words(ticket, contract)}.{tail}"
        now = self._protecting.watch.references(self._symbol)
        trigger = ticket.trigger
        if trigger is not None and would_fire_now(trigger, contract.scale, now) is Fires.UNKNOWN:
            doubt = f"The {trigger.reference.value} price is not known: it might fire now."
            return f"{words} {doubt}", Role.CAUTION, ""
        return words, Role.TEXT, ""

    def _ticket(self) -> OrderTicket | str:
        """What would be sent, or why nothing would be, as a sentence."""
        contract = self._contracts.get(self._symbol)
        if contract is None or not self._held():
            return NO_POSITION
        if not self._price_text.strip():
            return "Type the price that it waits for."
        price = parse_price(self._price_text, contract)
        if price is None:
            return f"Not a price of {self._symbol}: the tick is {contract.scale.tick_size:f}."
        lots = parse_lots(self._lots_text) if self._lots_text.strip() else None
        if lots is None and self._lots_text.strip():
            return "A whole number of lots above zero, or nothing for all of it."
        found = self._protecting.orders.exit_at(
            self._symbol, self._purpose, price, lots, self._lane
        )
        if isinstance(found, Blocked):
            return found.blocks[0].reason
        blocks = self._desk.blocks(found)
        return blocks[0].reason if blocks else found


def _placed_words(order: Order | None) -> tuple[str, Role]:
    if order is None:
        return "It ended long ago.", Role.TEXT_DIM
    if order.state.is_terminal:
        return f"{order.state.value}. {order.reason}".rstrip(), Role.DANGER
    return f"Sent: {order.state.value.lower()}. {order.reason}".rstrip(), Role.TEXT
