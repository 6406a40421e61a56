"""Pre-trade checks: a list of blocks with reason and field, never an exception.

What is blocked here never leaves the program. The exchange's own refusals are rejections and come
later. Orders that only reduce pass the size and value limits, because a limit that keeps a trader
from getting out is a danger of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.contract import ContractStatus
from terminal.domain.units import Lots, Price, Side, plain

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.ticket import OrderTicket


class BlockField(Enum):
    """Which part of the intention a block is about; widgets speak next to it."""

    ACCESS = "access"
    ARMING = "arming"
    CONTRACT = "contract"
    BOOK = "book"
    PRICE = "price"
    LOTS = "lots"
    VALUE = "value"
    ORDER = "order"
    POSITION = "position"
    JOURNAL = "journal"


@final
@dataclass(frozen=True, slots=True)
class Block:
    """Why an intention is not sent: one calm sentence and the field it is about."""

    field: BlockField
    reason: str


@final
@dataclass(frozen=True, slots=True)
class GuardLimits:
    """The fat-finger limits, all inclusive.

    ``max_lots`` and ``max_value`` (in the contract's quote currency) bound one order;
    ``collar_ticks`` is how far a limit may lie through the touch.
    """

    max_lots: Lots = Lots(10_000)
    max_value: Decimal = Decimal(250_000)
    collar_ticks: int = 20


@final
@dataclass(frozen=True, slots=True)
class Touch:
    """Best bid and best ask of a live book; a side without orders is None."""

    best_bid: Price | None
    best_ask: Price | None


def check(
    ticket: OrderTicket, contract: Contract, touch: Touch | None, limits: GuardLimits
) -> tuple[Block, ...]:
    """List what keeps a ticket from being sent; empty means go.

    ``touch`` is None while the book is not live: then an opening order is blocked, a reducing one
    is not. The worst price for the value check of a market order is the far side of the touch.
    """
    blocks: list[Block] = []
    if contract.status is not ContractStatus.OPEN and not ticket.reduces_only:
        blocks.append(
            Block(
                BlockField.CONTRACT,
                f"{contract.symbol} takes no new orders: {contract.status.value}.",
            )
        )
    if touch is None and not ticket.reduces_only:
        blocks.append(Block(BlockField.BOOK, "The order book is not live, so nothing is sent."))
    blocks.extend(_price_blocks(ticket, contract, touch, limits))
    blocks.extend(_size_blocks(ticket, contract, touch, limits))
    return tuple(blocks)


def _price_blocks(
    ticket: OrderTicket, contract: Contract, touch: Touch | None, limits: GuardLimits
) -> list[Block]:
    if ticket.price is None:
        return []
    if not 0 < ticket.price <= contract.max_price:
        return [Block(BlockField.PRICE, "The price is outside what the contract allows.")]
    if touch is None:
        return []
    through = ticks_through_touch(ticket.side, ticket.price, touch)
    if through > limits.collar_ticks:
        word = "above the best ask" if ticket.side is Side.BUY else "below the best bid"
        return [
            Block(
                BlockField.PRICE,
                f"{through} ticks {word}; the collar is {limits.collar_ticks} ticks.",
            )
        ]
    return []


def ticks_through_touch(side: Side | None, price: Price, touch: Touch) -> int:
    """How many ticks a limit lies beyond the opposite best price; zero when it would rest."""
    if side is Side.BUY and touch.best_ask is not None:
        return max(0, price - touch.best_ask)
    if side is Side.SELL and touch.best_bid is not None:
        return max(0, touch.best_bid - price)
    return 0


def _size_blocks(
    ticket: OrderTicket, contract: Contract, touch: Touch | None, limits: GuardLimits
) -> list[Block]:
    if ticket.lots is None:
        return []
    blocks: list[Block] = []
    exchange_max = (
        contract.max_market_order_lots if ticket.price is None else contract.max_order_lots
    )
    if ticket.lots > exchange_max:
        blocks.append(
            Block(BlockField.LOTS, f"The exchange takes at most {exchange_max} lots in one order.")
        )
    if ticket.reduces_only:
        return blocks
    if ticket.lots > limits.max_lots:
        blocks.append(
            Block(BlockField.LOTS, f"{ticket.lots} lots; your limit is {limits.max_lots} an order.")
        )
    price = ticket.price if ticket.price is not None else _far_touch(ticket.side, touch)
    if price is not None:
        value = contract.notional(price, ticket.lots)
        if value.amount > limits.max_value:
            shown = plain(value.amount.quantize(Decimal(1)))
            blocks.append(
                Block(
                    BlockField.VALUE,
                    f"Worth {shown} {value.currency}; your limit is "
                    f"{plain(limits.max_value)} an order.",
                )
            )
    return blocks


def _far_touch(side: Side | None, touch: Touch | None) -> Price | None:
    if touch is None:
        return None
    return touch.best_ask if side is Side.BUY else touch.best_bid
