"""Closing a position, or a share of it: what is sent only reduces, so it can never open anything.

The whole is closed with ``closeOrder``, which takes no size and so closes what is there by then; a
share, and whatever waits at a price, is reduce-only of whole lots (API reference 3.3). Orders are
left as they are: that is what flattening is for.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import MarginMode, OrderType
from terminal.domain.guard import Block, BlockField
from terminal.domain.intention import Purpose
from terminal.domain.lanes import about, wire_lane
from terminal.domain.ticket import OrderTerms, OrderTicket, close_ticket
from terminal.domain.units import Lots, Side
from terminal.session.account import LaneNotNamedError
from terminal.session.procedures import say
from terminal.session.results import Blocked, not_sent

if TYPE_CHECKING:
    from terminal.domain.events import PositionSide
    from terminal.domain.units import Price, Symbol
    from terminal.session.account import Position
    from terminal.session.desk import Desk

WHOLE = Decimal(1)


@final
class Closing:
    """The close commands of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def start(
        self, symbol: Symbol, share: Decimal, price: Price | None, lane: PositionSide | None = None
    ) -> Blocked | None:
        """Close a share (above 0, up to 1) at market, or with a limit at ``price``.

        A position that is not sure is read first; then whatever keeps it from closing is said.
        """
        if not 0 < share <= 1:
            return not_sent(BlockField.LOTS, f"A share of {share} cannot be closed.")
        account = self._desk.account
        try:
            position = account.position(symbol, lane)
        except LaneNotNamedError as error:
            return Blocked((Block(BlockField.POSITION, error.sentence, error.remedy),))
        if account.is_trusted and not position.is_provisional:
            return self._close(position, share, price)
        pressed_s = self._desk.latency.pressed_s
        self._desk.spawn(f"close {symbol}", self._read_and_close(position, share, price, pressed_s))
        return None

    async def _read_and_close(
        self, known: Position, share: Decimal, price: Price | None, pressed_s: float | None
    ) -> None:
        desk, symbol, lane = self._desk, known.symbol, known.lane
        name = about(symbol, lane)
        try:
            position = await desk.account.read_position(symbol, lane)
        except TernError as error:
            if share != WHOLE or price is not None:
                words = (
                    f"{name}: nothing was closed, its size is not known. {error.sentence} "
                    "Flatten it, or close all of it: neither needs the size."
                )
                say(desk, symbol, words, ok=False)
                return
            # Closing all needs no size, and closing what is not there is refused without harm.
            with desk.latency.since(pressed_s):
                self._close_all(desk.account.position(symbol, lane))
            return
        with desk.latency.since(pressed_s):
            blocked = self._close(position, share, price)
        if blocked is not None:
            say(desk, symbol, f"{name} was not closed. {blocked.blocks[0].reason}", ok=False)

    def _close(self, position: Position, share: Decimal, price: Price | None) -> Blocked | None:
        held = position.core.lots
        if not held:
            name = about(position.symbol, position.lane)
            return not_sent(BlockField.POSITION, f"There is no position in {name} to close.")
        if share == WHOLE and price is None:
            self._close_all(position)
            return None
        return self._close_part(position, share, price)

    def _close_part(
        self, position: Position, share: Decimal, price: Price | None
    ) -> Blocked | None:
        """Send orders that together are a share; the first that is blocked ends it."""
        desk, symbol = self._desk, position.symbol
        contract = desk.contract(symbol)
        lots = share_of(position.core.lots, share, 1 if contract is None else contract.lot_size)
        sizes: tuple[Lots, ...] = (lots,)
        if contract is not None:
            is_market = price is None
            most = contract.max_market_order_lots if is_market else contract.max_order_lots
            sizes = in_parts(lots, most, contract.lot_size)
        for number, size in enumerate(sizes):
            result = desk.submit(self._part(position, size, price), Purpose.CLOSE)
            if isinstance(result, Blocked):
                if not number:
                    return result
                words = f"{sum(sizes[:number])} of {lots} lots are being closed, the rest is not."
                name = about(symbol, position.lane)
                say(desk, symbol, f"{name}: {words} {result.blocks[0].reason}", ok=False)
                break
        return None

    def _close_all(self, position: Position) -> None:
        terms = OrderTerms(position_side=wire_lane(position.lane))
        ticket = close_ticket(position.symbol, self._mode(position), terms=terms)
        self._desk.close_position(ticket, Purpose.CLOSE)

    def _part(self, position: Position, lots: Lots, price: Price | None) -> OrderTicket:
        held = position.core.lots
        return OrderTicket(
            symbol=position.symbol,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            side=Side.SELL if held > 0 else Side.BUY,
            price=price,
            lots=lots,
            margin_mode=self._mode(position),
            leverage=self._desk.account.leverage(position.symbol, position.lane),
            is_reduce_only=True,
            terms=OrderTerms(position_side=wire_lane(position.lane)),
        )

    def _mode(self, position: Position) -> MarginMode:
        known = position.margin_mode or self._desk.account.margin_mode(position.symbol)
        return known or MarginMode.ISOLATED


def share_of(held: int, share: Decimal, lot_size: int = 1) -> Lots:
    """Lots of a share in whole lot sizes, rounded down, at least one size but no more than is held.

    ``held`` is signed and not zero.
    """
    sizes = (abs(held) * share / lot_size).to_integral_value(rounding=ROUND_FLOOR)
    return Lots(min(abs(held), lot_size * max(1, int(sizes))))


def in_parts(lots: Lots, most: Lots, lot_size: int = 1) -> tuple[Lots, ...]:
    """Lots as orders of at most ``most`` each, whole lot sizes but for the last."""
    each = max(lot_size, most - most % lot_size)
    rest = lots % each
    return (Lots(each),) * (lots // each) + ((Lots(rest),) if rest else ())
