"""What an account's working orders hold back, kept up to date order by order.

Source: reference 7.3. An opening order holds its value over the leverage and the taker's fee. Lots
that would reduce the position hold nothing, the oldest orders first, unless the order was sent with
``forceHold``. In cross mode only the larger side of a contract counts.
"""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.market.contracts import AMOUNT_GRID
from terminal.simexchange.market.matching import BUY, SELL

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.trading.orders import UserOrder

_ZERO = Decimal(0)
# All amounts are on one grid, so that sums that grow and shrink stay exact.


@final
class Opening(NamedTuple):
    """What lots that open cost: their value, and the margin and fee they hold when isolated."""

    value: Decimal
    held: Decimal


_NOTHING = Opening(_ZERO, _ZERO)


@final
class _Row(NamedTuple):
    lots: int
    price: Decimal
    leverage: Decimal
    cost: Opening


@final
class _Side:
    """Orders of one side of one contract, oldest first; those that always hold stand apart."""

    __slots__ = ("forced", "lots", "rows", "total")

    def __init__(self) -> None:
        self.rows: dict[str, _Row] = {}
        self.forced: dict[str, _Row] = {}
        self.lots = 0
        self.total = _NOTHING

    def change(self, rows: dict[str, _Row], identity: str, row: _Row | None) -> None:
        old = rows.get(identity)
        lots, (value, held) = self.lots, self.total
        if old is not None:
            lots -= old.lots if rows is self.rows else 0
            value, held = value - old.cost.value, held - old.cost.held
        if row is not None:
            lots += row.lots if rows is self.rows else 0
            value, held = value + row.cost.value, held + row.cost.held
            rows[identity] = row
        else:
            rows.pop(identity, None)
        self.lots, self.total = lots, Opening(value, held)


@final
class OrderHolds:
    """The holds of one contract's working limit orders of one account."""

    def __init__(self, spec: ContractSpec) -> None:
        self._spec = spec
        self._sides = {BUY: _Side(), SELL: _Side()}

    @property
    def is_empty(self) -> bool:
        """True when no order holds anything, whatever the position."""
        buys, sells = self._sides[BUY], self._sides[SELL]
        return not (buys.rows or sells.rows or buys.forced or sells.forced)

    def set(self, order: UserOrder) -> None:
        """An order is new or has another remaining size."""
        if order.price is None or (order.only_reduces and not order.holds_margin):
            return
        side = self._sides[order.side]
        rows = side.forced if order.holds_margin else side.rows
        lots = order.remaining
        if lots == 0:
            side.change(rows, order.id, None)
            return
        price = self._spec.price(order.price)
        cost = self.opening(price, lots, order.leverage)
        side.change(rows, order.id, _Row(lots, price, order.leverage, cost))

    def drop(self, order: UserOrder) -> None:
        """An order has ended."""
        side = self._sides[order.side]
        for rows in (side.rows, side.forced):
            if order.id in rows:
                side.change(rows, order.id, None)

    def opening(self, price: Decimal, lots: int, leverage: Decimal) -> Opening:
        """What so many lots cost."""
        if not lots:
            return _NOTHING
        value = self._spec.value(price, lots)
        held = (value / leverage + value * self._spec.taker_rate).quantize(AMOUNT_GRID, ROUND_UP)
        return Opening(value.quantize(AMOUNT_GRID, ROUND_UP), held)

    def uncovered(self, side: str, position: int, lots: int) -> int:
        """How many of the lots of a new order would open, beside the orders that stand already."""
        covering = abs(position) if position and (position > 0) == (side == SELL) else 0
        return lots - min(lots, max(0, covering - self._sides[side].lots))

    def margin(self, position: int, cross_leverage: Decimal | None) -> Decimal:
        """Held beside a position of signed lots; by side when isolated (no cross leverage)."""
        if cross_leverage is None:
            return self._opened(BUY, position).held + self._opened(SELL, position).held
        return self._crossed(self.larger_value(position), cross_leverage)

    def larger_value(self, position: int) -> Decimal:
        """The value that counts in cross mode: of the side that would open more."""
        return max(self._opened(BUY, position).value, self._opened(SELL, position).value)

    def lots_of(self, side: str) -> int:
        """The lots of a side's orders that hold margin, or would without a position."""
        found = self._sides[side]
        return found.lots + sum(row.lots for row in found.forced.values())

    def cost_of(
        self, order: UserOrder, position: int, price: Decimal, cross_leverage: Decimal | None
    ) -> Decimal:
        """What an order that is not here yet would hold beyond the others, at a price."""
        cost = self._cost(order, position, price)
        if cross_leverage is None:
            return cost.held
        return self._crossed(self._grown(order.side, position, cost), cross_leverage)

    def grown_value(self, order: UserOrder, position: int, price: Decimal) -> Decimal:
        """How much ``larger_value`` would grow by an order that is not here yet."""
        return self._grown(order.side, position, self._cost(order, position, price))

    def _cost(self, order: UserOrder, position: int, price: Decimal) -> Opening:
        opens = order.remaining
        if not order.holds_margin:
            if order.only_reduces:
                return _NOTHING
            opens = self.uncovered(order.side, position, opens)
        return self.opening(price, opens, order.leverage)

    def _grown(self, side: str, position: int, cost: Opening) -> Decimal:
        before = {each: self._opened(each, position).value for each in (BUY, SELL)}
        after = {**before, side: before[side] + cost.value}
        return max(after.values()) - max(before.values())

    def side_value(self, side: str, position: int) -> Decimal:
        """The value of what a side's orders would open."""
        return self._opened(side, position).value

    def _crossed(self, value: Decimal, leverage: Decimal) -> Decimal:
        return (value / leverage + value * self._spec.taker_rate).quantize(AMOUNT_GRID, ROUND_UP)

    def _opened(self, side: str, position: int) -> Opening:
        """The part of a side that opens: all of it but the oldest lots that reduce."""
        found = self._sides[side]
        free = abs(position) if position and (position > 0) == (side == SELL) else 0
        if not free or not found.rows:
            return found.total
        value, held = found.total
        for row in found.rows.values():
            covered = min(row.lots, free)
            rest = self.opening(row.price, row.lots - covered, row.leverage)
            value, held = value - row.cost.value + rest.value, held - row.cost.held + rest.held
            free -= covered
            if not free:
                break
        return Opening(value, held)
