"""Builds the ladder's rows from book, own orders, position and cursor: values in, values out.

A row that is equal to the one before it is the same object, so that comparing costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.breakeven import profit_at
from terminal.domain.depth_rows import (
    DepthRow,
    OutwardSums,
    depth_rows,
    price_for_side,
    row_index,
    row_price,
)
from terminal.domain.events import StopDirection
from terminal.domain.order import Order, OrderState, PendingCommand
from terminal.domain.position import FLAT, PositionCore, unrealized
from terminal.domain.session_marks import Threshold
from terminal.domain.units import ExactPrice, Lots, Money, Price, Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import LadderColumn, NumberFormat
from terminal.viewmodels.ladder_lanes import UNCLEAR, column_side, lane_letter
from terminal.viewmodels.ladder_numbers import SizeTexts
from terminal.viewmodels.ladder_pace import is_near
from terminal.viewmodels.ladder_style import RowStyle
from terminal.viewmodels.ladder_tags import TagPlaces
from terminal.viewmodels.ladder_view import (
    NO_EXTRAS,
    LadderRow,
    OwnMark,
    OwnState,
    RowExtras,
    StagedMark,
    TagMark,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from terminal.domain.book import OrderBook
    from terminal.domain.breakeven import Charges
    from terminal.domain.contract import Contract
    from terminal.domain.guard import Touch
    from terminal.viewmodels.ladder_studies import RowStudies, RowStudy
    from terminal.viewmodels.text import Role

Placed: TypeAlias = tuple[int, Side]

_CACHE_LIMIT = 20_000
ALL_WORDS = "all"
"""The size of a stop that closes the position: the lots that it was placed for mean nothing."""
_NO_TAGS = TagPlaces({}, (), ())
_C = LadderColumn
_SUMS = frozenset({_C.BID_TOTAL, _C.ASK_TOTAL, _C.IMBALANCE})


@final
@dataclass(frozen=True, slots=True)
class RowMarks:
    """What is marked on rows besides depth. Rows are absolute indices, None where there is none.

    ``staged`` are lines by row; trails give rows a strength of 1 to 3.
    """

    cursor: int | None = None
    grab_target: int | None = None
    entry: int | None = None
    last: int | None = None
    last_lots: Lots | None = None
    last_way: int = 0
    tags: TagPlaces = _NO_TAGS
    staged: Mapping[int, StagedMark] = field(default_factory=dict)
    bid_trail: Mapping[int, int] = field(default_factory=dict)
    ask_trail: Mapping[int, int] = field(default_factory=dict)
    plate: int = 0
    """+1 or -1 where a plate covers the top or the bottom row: tags out of view keep off it."""


PLAIN = RowStyle()


@final
class RowBuilder:
    """Builds rows of one contract and keeps the texts it made (bounded).

    ``position`` and ``studies`` may be set at any time. ``widest`` is the largest depth of the rows
    that were built last, in lots.
    """

    def __init__(self, contract: Contract) -> None:
        self.position: PositionCore = FLAT
        self.charges: Charges | None = None
        """What the result of closing has taken off; None for nothing."""
        self.studies: RowStudies | None = None
        self.widest = 0
        self._contract = contract
        self._prices: dict[Price, str] = {}
        self._sizes = SizeTexts(contract)
        self._rows: dict[int, LadderRow] = {}
        self._pnl: dict[tuple[int, bool], tuple[str, Role]] = {}
        self._pnl_of: object = None

    @property
    def sizes(self) -> SizeTexts:
        """How sizes of the contract are written."""
        return self._sizes

    def build(  # noqa: PLR0913 - a frame is made of these, and all are needed
        self,
        book: OrderBook,
        touch: Touch,
        *,
        indices: Sequence[int],
        step: int,
        own: Mapping[Placed, OwnMark],
        marks: RowMarks,
        style: RowStyle = PLAIN,
        is_book_shown: bool = True,
        held: frozenset[int] | None = None,
    ) -> tuple[LadderRow, ...]:
        """Rows for ``indices``, which run from the top down.

        With ``is_book_shown`` False the depth columns are empty: a book that is not live is never
        drawn as if it were. With ``held`` only rows near the inside and those in it are made anew,
        the others stay as they were (``ladder_pace``).
        """
        bid_row = _row_of(touch.best_bid, step) if is_book_shown else None
        ask_row = _row_of(touch.best_ask, step) if is_book_shown else None
        depth = _depth(book, indices, step) if is_book_shown else _no_depth(indices, step)
        self.widest = max((max(row.bid_lots, row.ask_lots) for row in depth), default=0)
        studies = self._studies_of(depth, indices, step, touch, style)
        frame = _Frame(
            step=step,
            last_row=len(indices) - 1,
            bid_row=bid_row,
            ask_row=ask_row,
            full=style.bar_full or self.widest or 1,
            own=own,
            marks=marks,
            style=style,
            sums=_sums(book, touch, indices, step)
            if is_book_shown and len(indices) and not _SUMS.isdisjoint(style.formats)
            else None,
            studies=studies,
            most_traded=max((study.volume for study in studies), default=0) or 1,
            large_lots=_least_large(depth, style),
            best_bid=touch.best_bid if is_book_shown else None,
            best_ask=touch.best_ask if is_book_shown else None,
        )
        before, rows = self._rows, {}
        for row, (index, levels) in enumerate(zip(indices, depth, strict=True)):
            old = before.get(index)
            if (
                held is not None
                and old is not None
                and index not in held
                and not is_near(index, (bid_row, ask_row))
            ):
                rows[index] = old
                continue
            gap = row < frame.last_row and indices[row + 1] != index - 1
            made = self._row(row, index, levels, frame, is_gap_below=gap)
            rows[index] = old if old == made else made
        self._rows = rows
        return tuple(rows.values())

    def _studies_of(
        self,
        depth: list[DepthRow],
        indices: Sequence[int],
        step: int,
        touch: Touch,
        style: RowStyle,
    ) -> list[RowStudy]:
        if self.studies is None:
            return []
        self.studies.look(indices, step, touch, style)
        ask = self.studies.row
        return [ask(row.price, Price(row.price + step - 1)) for row in depth]

    def _row(
        self, row: int, index: int, levels: DepthRow, frame: _Frame, *, is_gap_below: bool
    ) -> LadderRow:
        price, bid, ask = levels
        marks, style, tags = frame.marks, frame.style, frame.marks.tags
        is_last = index == marks.last
        bid_row, ask_row = frame.bid_row, frame.ask_row
        on_row = tags.rows.get(index, ())
        outside, way = _outside(row, frame.last_row, marks)
        sizes = self._sizes
        return LadderRow(
            price,
            self._price_text(price),
            sizes.text(bid, price, style.format_of(_C.BID)),
            sizes.text(ask, price, style.format_of(_C.ASK)),
            min(1.0, bid / frame.full),
            min(1.0, ask / frame.full),
            frame.own.get((index, Side.BUY)),
            frame.own.get((index, Side.SELL)),
            index == bid_row,
            index == ask_row,
            bid_row is not None and ask_row is not None and bid_row < index < ask_row,
            is_last,
            sizes.lots(marks.last_lots or 0) if is_last else "",
            marks.last_way if is_last else 0,
            index == marks.entry,
            index == marks.cursor,
            index == marks.grab_target,
            tuple(TagMark(tag.label, tag.role) for tag in on_row) if on_row else (),
            outside,
            way,
            marks.staged.get(index),
            _large(bid, frame.large_lots),
            _large(ask, frame.large_lots),
            marks.bid_trail.get(index, 0),
            marks.ask_trail.get(index, 0),
            is_gap_below,
            self._extras(row, index, price, frame),
        )

    # Columns beyond the depth ----------------------------------------------------------------

    def _extras(self, row: int, index: int, price: Price, frame: _Frame) -> RowExtras:
        formats = frame.style.formats
        if formats.keys().isdisjoint(_EXTRA) and not frame.studies:
            return NO_EXTRAS
        values = self._studied(frame.studies[row], price, frame) if frame.studies else {}
        if frame.sums is not None:
            values.update(self._totals(index, price, frame))
        if _C.PNL in formats and not self.position.is_flat:
            values["pnl_text"], values["pnl_role"] = self._pnl_at(index, frame)
        if _C.NOTES in formats:
            words = [str(values.get("note", "")), *_tag_words(index, frame.marks.tags)]
            values["note"] = ", ".join(word for word in words if word)
        return RowExtras(**values) if values else NO_EXTRAS  # type: ignore[arg-type] # by name

    def _studied(self, study: RowStudy, price: Price, frame: _Frame) -> dict[str, object]:
        style, write = frame.style, self._sizes.text
        volume, sold = study.volume, study.volume_sold
        values: dict[str, object] = {}
        if style.is_volume_split:
            volume -= sold
            values["is_volume_split"] = True
            values["volume_sold"] = write(sold, price, style.format_of(_C.VOLUME))
            values["volume_sold_share"] = sold / frame.most_traded
        return {
            **values,
            "volume_text": write(volume, price, style.format_of(_C.VOLUME)),
            "volume_share": volume / frame.most_traded,
            "bid_trades": write(study.bid_trades, price, style.format_of(_C.BID_TRADES)),
            "ask_trades": write(study.ask_trades, price, style.format_of(_C.ASK_TRADES)),
            "bid_change": self._change(study.bid_change, price, style.format_of(_C.BID_CHANGE)),
            "ask_change": self._change(study.ask_change, price, style.format_of(_C.ASK_CHANGE)),
            "bid_queue": study.bid_queue,
            "ask_queue": study.ask_queue,
            "note": study.note,
        }

    def _change(self, lots: int, price: Price, number_format: NumberFormat) -> str:
        words = self._sizes.text(lots, price, number_format)
        return f"+{words}" if lots > 0 else words

    def _totals(self, index: int, price: Price, frame: _Frame) -> dict[str, object]:
        bids, asks = frame.sums or (None, None)
        values: dict[str, object] = {}
        is_bid = frame.bid_row is not None and index <= frame.bid_row
        is_ask = frame.ask_row is not None and index >= frame.ask_row
        if is_bid and frame.bid_row is not None:
            distance = frame.bid_row - index
        elif is_ask and frame.ask_row is not None:
            distance = index - frame.ask_row
        else:
            return values
        bid = None if bids is None else bids.up_to(distance)
        ask = None if asks is None else asks.up_to(distance)
        write, style = self._sizes.text, frame.style
        if is_bid and bid is not None:
            values["bid_total"] = write(bid, price, style.format_of(_C.BID_TOTAL))
        if is_ask and ask is not None:
            values["ask_total"] = write(ask, price, style.format_of(_C.ASK_TOTAL))
        if bid is not None and ask is not None and bid + ask:
            values["imbalance"] = str(round(100 * bid / (bid + ask)))
        return values

    def _pnl_at(self, index: int, frame: _Frame) -> tuple[str, Role]:
        """What closing everything at the row would bring, without its currency.

        Where a limit would rest it leaves as maker, else as taker: at the touch, or by a stop.
        """
        position, charges, step = self.position, self.charges, frame.step
        is_long = position.lots > 0
        best = frame.best_bid if is_long else frame.best_ask
        side = Side.SELL if is_long else Side.BUY
        tick = price_for_side(index, step, side)
        rests = best is not None and (tick > best if is_long else tick < best)
        if self._pnl_of != (position, step, charges) or len(self._pnl) > _CACHE_LIMIT:
            self._pnl, self._pnl_of = {}, (position, step, charges)
        found = self._pnl.get((index, rests))
        if found is None:
            contract = self._contract
            at = contract.scale.decimal(tick)
            gain = unrealized(position, ExactPrice(at), contract)
            entry = position.average_entry
            if charges is not None and entry is not None and at > 0:
                leaving = charges.resting if rests else charges
                left = profit_at(contract, position.lots, entry.value, at, leaving)
                gain = Money(left, contract.settle_currency)
            words = text.signed(gain.amount, text.money_decimals(gain.currency))
            found = self._pnl[index, rests] = (words, text.gain_role(gain))
        return found

    def _price_text(self, price: Price) -> str:
        found = self._prices.get(price)
        if found is None:
            if len(self._prices) > _CACHE_LIMIT:
                self._prices.clear()
            found = self._prices[price] = text.price(price, self._contract)
        return found


_EXTRA = frozenset(_C) - {_C.OWN_BID, _C.OWN_ASK, _C.BID, _C.ASK, _C.PRICE}


@final
@dataclass(frozen=True, slots=True)
class _Frame:
    """What all rows of one frame share. ``sums`` are depths from each best price outwards."""

    step: int
    last_row: int
    bid_row: int | None
    ask_row: int | None
    full: int
    own: Mapping[Placed, OwnMark]
    marks: RowMarks
    style: RowStyle
    sums: tuple[OutwardSums | None, OutwardSums | None] | None
    studies: Sequence[RowStudy]
    most_traded: int
    large_lots: tuple[int, int] = (0, 0)
    best_bid: Price | None = None
    best_ask: Price | None = None


def _depth(book: OrderBook, indices: Sequence[int], step: int) -> list[DepthRow]:
    """Depth of rows that may have gaps: one look at the book for each run without one."""
    if isinstance(indices, range):
        return depth_rows(book, top_index=indices[0], count=len(indices), step=step)
    rows: list[DepthRow] = []
    start = 0
    for place in range(1, len(indices) + 1):
        if place == len(indices) or indices[place] != indices[place - 1] - 1:
            rows += depth_rows(book, top_index=indices[start], count=place - start, step=step)
            start = place
    return rows


def _no_depth(indices: Sequence[int], step: int) -> list[DepthRow]:
    return [DepthRow(row_price(index, step), Lots(0), Lots(0)) for index in indices]


def _sums(
    book: OrderBook, touch: Touch, indices: Sequence[int], step: int
) -> tuple[OutwardSums | None, OutwardSums | None]:
    """Bids and asks added up from the best price outwards, through rows out of view as well."""
    bid, ask = _row_of(touch.best_bid, step), _row_of(touch.best_ask, step)
    below = 0 if bid is None else bid - indices[-1]
    above = 0 if ask is None else indices[0] - ask
    most = max(0, below, above)
    return (
        None if bid is None else OutwardSums(book.bids.falling(), bid, step, most),
        None if ask is None else OutwardSums(book.asks.rising(), ask, step, most),
    )


def _outside(row: int, last_row: int, marks: RowMarks) -> tuple[tuple[TagMark, ...], int]:
    tags = marks.tags
    if tags.above and row == (1 if marks.plate > 0 else 0):
        return tags.above, 1
    is_low = row == last_row - (1 if marks.plate < 0 else 0)
    return (tags.below, -1) if tags.below and is_low else ((), 0)


def _tag_words(index: int, tags: TagPlaces) -> list[str]:
    return [tag.words for tag in tags.rows.get(index, ())]


def _least_large(depth: list[DepthRow], style: RowStyle) -> tuple[int, int]:
    """From how many lots on sizes are large, 0 for never."""
    first, second = style.large_lots
    if not style.is_large_by_mean or not (first or second):
        return style.large_lots
    sizes = [lots for row in depth for lots in (row.bid_lots, row.ask_lots)]
    least = [
        Threshold(times_mean=Decimal(times)).least(sizes) if times else 0
        for times in (first, second)
    ]
    return least[0], least[1]


def _large(lots: int, thresholds: tuple[int, int]) -> int:
    """0, or the number of the highest threshold that is reached."""
    first, second = thresholds
    if second and lots >= second:
        return 2
    return 1 if first and lots >= first else 0


def own_marks(
    orders: Iterable[Order], step: int, *, is_hedged: bool = False
) -> dict[Placed, OwnMark]:
    """Group working orders by row and own column, waiting stops at their trigger.

    The columns are the sides', in hedge mode the lanes' (``ladder_lanes``). The worst state decides
    the drawing.
    """
    groups: dict[Placed, list[Order]] = defaultdict(list)
    for order in orders:
        price, column = order.shown_at, column_side(order, is_hedged=is_hedged)
        if order.is_working and price is not None and column is not None:
            groups[row_index(price, step), column].append(order)
    return {
        place: _in_lane(_mark(group), group) if is_hedged else _mark(group)
        for place, group in groups.items()
    }


def _in_lane(mark: OwnMark, group: list[Order]) -> OwnMark:
    """The mark with its lane and, as a lane has buys and sells, with its side."""
    letters = {lane_letter(order, is_hedged=True) for order in group}
    sides = {order.side for order in group}
    return mark._replace(
        lane=letters.pop() if len(letters) == 1 else UNCLEAR,
        side=sides.pop() if len(sides) == 1 else None,
    )


def _mark(group: list[Order]) -> OwnMark:
    remaining = sum(order.remaining for order in group)
    ordered = sum(order.lots for order in group)
    filled = sum(order.filled for order in group)
    worst = min((_own_state(order) for order in group), key=_WORST_FIRST.index)
    lots = ALL_WORDS if any(order.is_close_order for order in group) else text.whole(remaining)
    words = lots if len(group) == 1 else f"{len(group)}: {lots}"
    share = filled / ordered if ordered else 0.0
    return OwnMark(words, worst, share, len(group), _points(group))


def _points(group: list[Order]) -> int:
    """The way the stops of a row look, 0 where they differ or it is not known."""
    directions = {order.stop_direction for order in group}
    if len(directions) != 1:
        return 0
    direction = directions.pop()
    if direction is None:
        return 0
    return 1 if direction is StopDirection.UP else -1


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
