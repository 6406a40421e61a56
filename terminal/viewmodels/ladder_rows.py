"""Builds the ladder's rows from book, own orders, position and cursor: values in, values out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import depth_rows, row_index
from terminal.domain.order import Order, OrderState, PendingCommand
from terminal.domain.units import Lots, Price, Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_view import LadderRow, OwnMark, OwnState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terminal.domain.book import OrderBook
    from terminal.domain.contract import Contract
    from terminal.domain.guard import Touch

_Placed = tuple[int, Side]

_CACHE_LIMIT = 20_000


@final
@dataclass(frozen=True, slots=True)
class RowMarks:
    """What is marked on rows besides depth. Rows are absolute indices, None where there is none."""

    cursor: int | None
    grab_target: int | None
    entry: int | None
    last: int | None
    last_lots: Lots | None
    last_direction: int


@final
class RowBuilder:
    """Builds rows of one contract and keeps the texts it made (bounded)."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._prices: dict[Price, str] = {}
        self._lots: dict[int, str] = {0: ""}

    def build(
        self,
        book: OrderBook,
        touch: Touch,
        *,
        window: tuple[int, int, int],
        own: Mapping[_Placed, OwnMark],
        marks: RowMarks,
        is_book_shown: bool,
    ) -> tuple[LadderRow, ...]:
        """Rows from the top of ``window`` (top index, count, step) downwards.

        With ``is_book_shown`` False the depth columns are empty: a book that is not live is never
        drawn as if it were.
        """
        top_index, count, step = window
        rows = depth_rows(book, top_index=top_index, count=count, step=step)
        widest = max((max(row.bid_lots, row.ask_lots) for row in rows), default=0) or 1
        bid_row = _row_of(touch.best_bid, step) if is_book_shown else None
        ask_row = _row_of(touch.best_ask, step) if is_book_shown else None
        built: list[LadderRow] = []
        for offset, row in enumerate(rows):
            index = top_index - offset
            bid, ask = (row.bid_lots, row.ask_lots) if is_book_shown else (0, 0)
            is_last = index == marks.last
            built.append(
                LadderRow(
                    row.price,
                    self._price_text(row.price),
                    self._lots_text(bid),
                    self._lots_text(ask),
                    bid / widest,
                    ask / widest,
                    own.get((index, Side.BUY)),
                    own.get((index, Side.SELL)),
                    index == bid_row,
                    index == ask_row,
                    bid_row is not None and ask_row is not None and bid_row < index < ask_row,
                    is_last,
                    self._lots_text(marks.last_lots or 0) if is_last else "",
                    marks.last_direction if is_last else 0,
                    index == marks.entry,
                    index == marks.cursor,
                    index == marks.grab_target,
                )
            )
        return tuple(built)

    def _price_text(self, price: Price) -> str:
        found = self._prices.get(price)
        if found is None:
            if len(self._prices) > _CACHE_LIMIT:
                self._prices.clear()
            found = self._prices[price] = text.price(price, self._contract)
        return found

    def _lots_text(self, lots: int) -> str:
        found = self._lots.get(lots)
        if found is None:
            if len(self._lots) > _CACHE_LIMIT:
                self._lots = {0: ""}
            found = self._lots[lots] = text.whole(lots)
        return found


def own_marks(orders: Iterable[Order], step: int) -> dict[_Placed, OwnMark]:
    """Group working orders by row and side, waiting stops at their trigger.

    The worst state decides the drawing.
    """
    groups: dict[_Placed, list[Order]] = defaultdict(list)
    for order in orders:
        price = order.shown_at
        if order.is_working and price is not None and order.side is not None:
            groups[row_index(price, step), order.side].append(order)
    return {place: _mark(group) for place, group in groups.items()}


def _mark(group: list[Order]) -> OwnMark:
    remaining = sum(order.remaining for order in group)
    ordered = sum(order.lots for order in group)
    filled = sum(order.filled for order in group)
    worst = min((_own_state(order) for order in group), key=_WORST_FIRST.index)
    words = text.whole(remaining) if len(group) == 1 else f"{len(group)}: {text.whole(remaining)}"
    return OwnMark(words, worst, filled / ordered if ordered else 0.0, len(group))


_WORST_FIRST = (
    OwnState.UNKNOWN,
    OwnState.PENDING,
    OwnState.CANCELING,
    OwnState.UNTRIGGERED,
    OwnState.PARTLY,
    OwnState.WORKING,
)


def _own_state(order: Order) -> OwnState:
    if order.state is OrderState.UNKNOWN or order.pending is PendingCommand.CANCEL_UNKNOWN:
        return OwnState.UNKNOWN
    if order.state is OrderState.SUBMITTING:
        return OwnState.PENDING
    if order.pending is not PendingCommand.NONE:
        return OwnState.CANCELING
    if order.state is OrderState.UNTRIGGERED:
        return OwnState.UNTRIGGERED
    return OwnState.PARTLY if order.state is OrderState.PARTLY_FILLED else OwnState.WORKING


def _row_of(price: Price | None, step: int) -> int | None:
    return None if price is None else row_index(price, step)
