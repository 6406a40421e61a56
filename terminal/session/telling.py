"""What the desk says, to its listeners and to the log: how commands ended, what went wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.units import Side
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel
from terminal.session.origins import Origins, asking
from terminal.session.results import BatchResult, DryRun, OrderResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Price, Symbol
    from terminal.session.notices import NoticeBoard


@final
class Telling:
    """The voice of one desk. Each way of a command's end has its listeners; all reach the log."""

    def __init__(
        self,
        notices: NoticeBoard,
        contracts: Mapping[Symbol, Contract],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._notices = notices
        self._contracts = contracts
        self.origins = Origins()
        self.on_outcome: Listeners[[OrderResult]] = Listeners(on_error)
        self.on_batch: Listeners[[BatchResult]] = Listeners(on_error)
        self.on_called_off: Listeners[[Symbol | None]] = Listeners(on_error)
        """Somebody cancels or flattens a contract, or all: what a hand holds back is not sent."""
        self.on_dry_run: Listeners[[DryRun]] = Listeners(on_error)

    # The log ---------------------------------------------------------------------------------

    def note(self, text: str, symbol: Symbol | None = None) -> None:
        """Put what happened into the event log."""
        self._notices.post(NoticeLevel.INFO, "orders", text, symbol)

    def warn(self, text: str, symbol: Symbol | None = None) -> None:
        """Put a warning about orders into the event log."""
        self._notices.post(NoticeLevel.WARNING, "orders", text, symbol)

    def alarm(self, text: str) -> None:
        """Put what must not be overlooked into the event log."""
        self._notices.post(NoticeLevel.ERROR, "orders", text)

    def _log(self, text: str, symbol: Symbol | None, *, ok: bool) -> None:
        level = NoticeLevel.INFO if ok else NoticeLevel.WARNING
        self._notices.post(level, "orders", text, symbol)

    # Ends ------------------------------------------------------------------------------------

    def ended(self, order: Order, sentence: str, *, ok: bool) -> None:
        """Say how a command about an order ended."""
        self._log(sentence, order.symbol, ok=ok)
        self.on_outcome.notify(OrderResult(order, ok, sentence, self.origins.of(order.client_oid)))

    def batch_ended(self, result: BatchResult) -> None:
        """Say how a command about many orders ended."""
        self._log(result.sentence, result.symbol, ok=result.ok)
        self.on_batch.notify(replace(result, origin=asking()))

    def dry_run_ended(self, ticket: OrderTicket, sentence: str, *, ok: bool) -> None:
        """Say how the test of an order ended."""
        self._log(sentence, ticket.symbol, ok=ok)
        self.on_dry_run.notify(DryRun(ticket, ok, sentence))

    def filled(self, fill: Fill) -> None:
        """Say what filled."""
        verb = "Bought" if fill.side is Side.BUY else "Sold"
        self.note(
            f"{verb} {fill.lots} at {self._price_text(fill.symbol, fill.price)}.", fill.symbol
        )

    # Words -----------------------------------------------------------------------------------

    def words(self, order: Order) -> str:
        """What an order is, for a sentence about its end."""
        unsided = "close" if order.is_close_order else "order of"
        side = order.side.value if order.side is not None else unsided
        words = f"{side} {order.canceled}"
        if order.price is not None:
            words += f" at {self._price_text(order.symbol, order.price)}"
        return words

    def _price_text(self, symbol: Symbol, price: Price) -> str:
        contract = self._contracts.get(symbol)
        if contract is None:
            return f"{price} ticks"
        return f"{contract.scale.decimal(price):.{contract.scale.decimals}f}"
