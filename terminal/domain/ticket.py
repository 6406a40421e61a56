"""An order intention before it is sent, and what identifies it.

A ticket says all the exchange needs to know and nothing about how it gets there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.errors import UnitError
from terminal.domain.events import MarginMode, OrderType

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.units import Lots, Price, Side, Symbol


@final
@dataclass(frozen=True, slots=True)
class OrderTicket:
    """What the user wants to send.

    A limit ticket has a price, a market ticket none. A close ticket (``is_close_order``) flattens
    the contract whatever its side and has neither side, price nor lots of its own. ``leverage`` is
    needed to open in isolated mode. Raises ``UnitError`` when the parts contradict each other.
    """

    symbol: Symbol
    order_type: OrderType
    side: Side | None
    price: Price | None
    lots: Lots | None
    margin_mode: MarginMode
    leverage: Decimal | None = None
    is_post_only: bool = False
    is_reduce_only: bool = False
    is_close_order: bool = False

    def __post_init__(self) -> None:
        if (self.order_type is OrderType.LIMIT) != (self.price is not None):
            raise UnitError(f"a {self.order_type.value} ticket and price {self.price} contradict")
        if self.is_close_order:
            if self.order_type is not OrderType.MARKET or self.lots is not None:
                raise UnitError("a close ticket is a market order without size")
            return
        if self.side is None or self.lots is None or self.lots <= 0:
            raise UnitError("a ticket needs a side and a size above zero")

    @property
    def reduces_only(self) -> bool:
        """True when the exchange itself will keep it from opening or enlarging a position."""
        return self.is_reduce_only or self.is_close_order


def close_ticket(symbol: Symbol, margin_mode: MarginMode) -> OrderTicket:
    """Build the market order that flattens a contract, whatever its position is by then."""
    return OrderTicket(
        symbol=symbol,
        order_type=OrderType.MARKET,
        side=None,
        price=None,
        lots=None,
        margin_mode=margin_mode,
        is_close_order=True,
    )
