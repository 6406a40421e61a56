"""Everything that can be typed and chosen in the ticket, one command each. Nothing here sends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from terminal.domain.draft import OrderKind
from terminal.domain.events import PositionSide, SelfTrade, StopReference, TimeInForce
from terminal.domain.sizing import SizeUnit
from terminal.domain.units import Price
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.ticket_form import Sized, TicketForm, stepped, typed_price

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.ticket_sources import QuickPrice, TicketSources


class TicketEditing(ViewModel):
    """The half of the ticket that takes what is typed; every change goes through ``edit``."""

    def __init__(
        self, sources: TicketSources, frame: FrameClock, parent: QObject | None = None
    ) -> None:
        super().__init__(frame, parent)
        self.sources = sources
        self.form = TicketForm()

    def edit(self, form: TicketForm) -> None:
        """Take what is typed now; whatever was staged for something else is taken back."""
        # Abstract, as size is: Qt's metaclass cannot be joined with ABCMeta.
        raise NotImplementedError

    def size(self) -> Sized:
        """The size in all units."""
        raise NotImplementedError

    # Editing ---------------------------------------------------------------------------------

    def set_kind(self, kind: OrderKind) -> None:
        """Another type of order; what is typed stays where it has a field.

        The price of an exit is a choice: left over from another order it would make a limit of it,
        which need not fill where protection is wanted.
        """
        is_left_over = kind.is_exit and not self.form.kind.is_exit
        price = "" if is_left_over else self.form.price_text
        self.edit(replace(self.form, kind=kind, price_text=price))

    def set_market(self, is_market: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Market or limit; a market order has no price and no post-only."""
        self.set_kind(OrderKind.MARKET if is_market else OrderKind.LIMIT)

    def set_price_text(self, typed: str) -> None:
        """Price as typed."""
        self.edit(replace(self.form, price_text=typed))

    def set_trigger_text(self, typed: str) -> None:
        """The price that a stop waits for, as typed."""
        self.edit(replace(self.form, trigger_text=typed))

    def set_reference(self, reference: StopReference) -> None:
        """The price that a stop watches."""
        self.edit(replace(self.form, reference=reference))

    def set_lots_text(self, typed: str) -> None:
        """Lots as typed."""
        self.set_size_text(SizeUnit.LOTS, typed)

    def set_size_text(self, unit: SizeUnit, typed: str) -> None:
        """The size as typed in a unit: the others follow it from now on."""
        self.edit(replace(self.form, unit=unit, size_text=typed))

    def set_post_only(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Rest or be refused, never take."""
        self.edit(replace(self.form, is_post_only=is_set))

    def set_reduce_only(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Never open or enlarge a position."""
        self.edit(replace(self.form, is_reduce_only=is_set))

    def set_closes(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Close all of the position, whatever its size is by then."""
        self.edit(replace(self.form, closes=is_set))

    def set_loss_text(self, typed: str) -> None:
        """Trigger of an attached stop-loss as typed; empty for none."""
        self.edit(replace(self.form, loss_text=typed))

    def set_profit_text(self, typed: str) -> None:
        """Trigger of an attached take-profit as typed; empty for none."""
        self.edit(replace(self.form, profit_text=typed))

    def set_lane(self, lane: PositionSide) -> None:
        """The long or the short lane of hedge mode; ``ValueError`` for no lane of it."""
        if lane is PositionSide.BOTH:
            raise ValueError("hedge mode has a long and a short lane")
        self.edit(replace(self.form, lane=lane))

    def set_time_in_force(self, time: TimeInForce) -> None:
        """How long a limit order waits."""
        self.edit(replace(self.form, time_in_force=time))

    def set_self_trade(self, choice: SelfTrade | None) -> None:
        """What happens where it would meet one of our own; None as the exchange does."""
        self.edit(replace(self.form, self_trade=choice))

    def set_hidden(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Nobody sees it in the book."""
        self.edit(replace(self.form, is_hidden=is_set))

    def set_visible_text(self, typed: str) -> None:
        """The lots of an iceberg that are seen, as typed; empty for no iceberg."""
        self.edit(replace(self.form, visible_text=typed))

    def set_holds_margin(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Margin is frozen for a reducing order, too."""
        self.edit(replace(self.form, holds_margin=is_set))

    def step_size(self, by: int) -> None:
        """So many lots more or fewer."""
        contract = self.sources.contract
        lot_size = 1 if contract is None else contract.lot_size
        self.edit(stepped(self.form, self.size().lots, by, lot_size))

    def step_price(self, by: int, *, is_trigger: bool = False) -> None:
        """So many ticks up or down; an empty field begins at the last price."""
        contract = self.sources.contract
        if contract is None:
            return
        typed = self.form.trigger_text if is_trigger else self.form.price_text
        now = typed_price(typed, contract)
        if now is None:
            market = self.sources.market
            if typed.strip() or market is None or market.last_trade is None:
                return  # what is typed is not taken away
            now, by = market.last_trade.price, 0
        self.take_price(Price(max(1, now + by)), is_trigger=is_trigger)

    def fill(self, wanted: QuickPrice, *, is_trigger: bool = False) -> None:
        """Take over a price of the market; nothing happens while it is not known."""
        price = self.sources.quick(wanted)
        if price is not None:
            self.take_price(price, is_trigger=is_trigger)

    def take_price(self, price: Price, *, is_trigger: bool = False) -> None:
        """A price that was picked somewhere: it stands in the field, and nothing is staged."""
        contract = self.sources.contract
        if contract is None:
            return
        typed = f"{contract.scale.decimal(price):.{contract.scale.decimals}f}"
        if is_trigger or not self.form.kind.has_price:
            self.set_trigger_text(typed)
        else:
            self.set_price_text(typed)
