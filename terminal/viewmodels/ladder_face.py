"""What a ladder's rows look like now: options, axis modes, tags, trails and pace in one hand.

No trading and no Qt. The view-model asks for rows once per frame; ``is_unsettled`` tells that
another frame is needed although nothing may happen until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from terminal.domain.depth_rows import row_index
from terminal.domain.units import Side
from terminal.viewmodels.ladder_columns import FACTS, STUDIED, LadderColumn
from terminal.viewmodels.ladder_lanes import lane_tags
from terminal.viewmodels.ladder_news import rows_with_news
from terminal.viewmodels.ladder_options import SHIPPED, BarScale, Centering, LadderOptions
from terminal.viewmodels.ladder_pace import AIM_MS, ChaseTrail, DeepPace, RollingMax
from terminal.viewmodels.ladder_rows import RowBuilder, RowMarks, own_marks
from terminal.viewmodels.ladder_style import RowStyle
from terminal.viewmodels.ladder_tags import (
    own_tags,
    place_tags,
    reference_tags,
    staged_tags,
    stop_tags,
)
from terminal.viewmodels.ladder_view import StagedMark
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from terminal.domain.breakeven import Charges
    from terminal.domain.contract import Contract
    from terminal.domain.guard import Touch
    from terminal.domain.order import Order
    from terminal.session.account import Position
    from terminal.session.market import MarketSession
    from terminal.viewmodels.ladder_axis import LadderAxis
    from terminal.viewmodels.ladder_rows import Placed
    from terminal.viewmodels.ladder_studies import RowStudies
    from terminal.viewmodels.ladder_tags import PriceTag
    from terminal.viewmodels.ladder_view import LadderRow, OwnMark, StagedOrder

_SIDE_ROLES = {Side.BUY: Role.BUY, Side.SELL: Role.SELL}
_WAYS = {Side.BUY: 1, Side.SELL: -1}
OWN_SIDES = {LadderColumn.OWN_BID: Side.BUY, LadderColumn.OWN_ASK: Side.SELL}


class Insight(Protocol):
    """Knows prices that matter beyond book, orders and position."""

    charges: Charges

    def tags(self, facts: RowFacts) -> Iterable[PriceTag]:
        """Its prices for this frame; ``charges`` are of the same frame afterwards."""
        ...


@final
class RowFacts(NamedTuple):
    """What the rows of a frame are made from.

    ``is_busy`` while a grab or a question is open, ``is_hovered`` while the pointer is over the
    ladder; ``grab_target`` is a row.
    """

    market: MarketSession
    touch: Touch
    orders: Sequence[Order]
    position: Position
    staged: Sequence[StagedOrder]
    grab_target: int | None
    is_hovered: bool
    is_busy: bool
    lanes: Sequence[Position] = ()
    """The positions of both lanes in hedge mode; ``position`` is that of the focused one."""


@final
class _Held(NamedTuple):
    """An own order under the pointer: where on the screen, and its true row."""

    row: int
    true_row: int
    side: Side


@final
class LadderFace:
    """The look of one ladder on one contract at a time. ``now_ms`` is any steady clock.

    ``tags`` are prices that others know, beside those of position, marks and stops; ``insight``
    is asked for more with every frame.
    """

    def __init__(self, axis: LadderAxis, now_ms: Callable[[], float]) -> None:
        self.tags: tuple[PriceTag, ...] = ()
        self.insight: Insight | None = None
        self.is_unsettled = False
        self._options = SHIPPED
        self._axis = axis
        self._now_ms = now_ms
        self._builder: RowBuilder | None = None
        self._held: _Held | None = None
        self._forget()

    def _forget(self) -> None:
        self._pace = DeepPace()
        self._trails = (ChaseTrail(), ChaseTrail())
        self._largest = RollingMax()
        self._sequence = -1
        self._is_behind = False
        self._before: tuple[object, ...] = ()
        self._marks = RowMarks()
        self._own: Mapping[Placed, OwnMark] = {}
        self._marks_of_orders: tuple[tuple[object, ...], Mapping[Placed, OwnMark]] = ((), {})
        self._step = 0
        self._shown: Sequence[int] = ()
        self._moved_ms = float("-inf")

    def now_ms(self) -> float:
        """The ladder's steady clock."""
        return self._now_ms()

    @property
    def is_behind(self) -> bool:
        """Whether deep rows are held back: the book says more than the rows on show."""
        return self._is_behind

    @property
    def studies(self) -> RowStudies | None:
        """Whoever counts the trades of the contract."""
        return None if self._builder is None else self._builder.studies

    # Choices ---------------------------------------------------------------------------------

    @property
    def options(self) -> LadderOptions:
        """What the user chose."""
        return self._options

    @options.setter
    def options(self, options: LadderOptions) -> None:
        self._options = options
        self._axis.centering = options.centering
        self._axis.drift_ticks = options.drift_ticks
        if not options.is_spread_collapsed:
            self._axis.hidden = ()
        self._style = None

    _style: RowStyle | None = None

    @property
    def missing(self) -> frozenset[LadderColumn]:
        """Columns whose source is not there."""
        has_studies = self._builder is not None and self._builder.studies is not None
        return frozenset() if has_studies else STUDIED

    def set_contract(self, contract: Contract | None, studies: RowStudies | None = None) -> None:
        """Another contract, with whoever counts its trades."""
        if self.studies is not None:
            self.studies.close()
        self._builder = None if contract is None else RowBuilder(contract)
        if self._builder is not None:
            self._builder.studies = studies
        self._held = self._style = self._full_lots = None
        self._forget()

    def units(self, contract: Contract) -> tuple[tuple[LadderColumn, str], ...]:
        """The unit of each column that has one, for its heading."""
        builder = self._builder
        if builder is None:
            return ()
        units = [
            (one.column, builder.sizes.unit(one.number_format))
            for one in self._options.columns
            if FACTS[one.column].has_sizes
        ]
        return (*units, (LadderColumn.PNL, contract.settle_currency))

    # Pointer ---------------------------------------------------------------------------------

    def point_at(
        self, row: int | None, column: LadderColumn | None, shown: Sequence[LadderRow]
    ) -> None:
        """The pointer is over a cell of the rows shown, or over none.

        Where the rows move by themselves, an own order under it is held there.
        """
        side = None if column is None else OWN_SIDES.get(column)
        held = self._held
        if held is not None and (held.row, held.side) == (row, side):
            return
        self._held = None
        if row is None or side is None or row >= len(shown):
            return
        mark = shown[row].own_bid if side is Side.BUY else shown[row].own_ask
        index = self._axis.index_of_row(row)
        if self._options.centering is Centering.ALWAYS and mark is not None and index is not None:
            self._held = _Held(row, index, side)

    def index_of_own(self, row: int, side: Side) -> int | None:
        """The row whose own orders are drawn at a place: the held one's is elsewhere."""
        held = self._held
        if held is not None and (held.row, held.side) == (row, side):
            return held.true_row
        return self._axis.index_of_row(row)

    def words_of(self, index: int) -> tuple[str, ...]:
        """Everything that is tagged on a row, in words."""
        return tuple(tag.words for tag in self._marks.tags.rows.get(index, ()))

    def holds_at(self, row: int, side: Side) -> bool:
        """Whether an own order is held under the pointer there, whatever the rows do."""
        held = self._held
        return held is not None and (held.row, held.side) == (row, side)

    @property
    def has_just_moved(self) -> bool:
        """Whether rows moved while a hand was on its way to a click.

        By themselves, where they do that; or in any way that no frame has shown yet.
        """
        options, axis = self._options, self._axis
        if axis.step != self._step or axis.indices != self._shown:
            return True
        moves = options.centering is not Centering.STATIC or options.is_spread_collapsed
        return moves and self._now_ms() - self._moved_ms < AIM_MS

    # Rows ------------------------------------------------------------------------------------

    def place(self, facts: RowFacts) -> None:
        """Put rows and cursor where the market wants them now; before what depends on the cursor.

        Call it before ``rows``: a free cursor moves with the inside, and what is staged at it is
        staged where it is by then.
        """
        if self._builder is None or not self._axis.count:
            return
        step, kept = self._axis.step, set[int]()
        if self._options.is_spread_collapsed:
            kept = {index for index, _ in self._own_marks(facts, step)} | set(
                _staged_marks(facts.staged, step)
            )
        self._place_axis(facts, kept)

    def rows(self, facts: RowFacts) -> tuple[LadderRow, ...]:
        """The rows of this frame; empty before there is a price to show them around."""
        builder, axis = self._builder, self._axis
        if builder is None or not axis.count:
            return ()
        now_ms = self._now_ms()
        market, touch, step = facts.market, facts.touch, axis.step
        if step != self._step:
            self._trails = (ChaseTrail(), ChaseTrail())
            self._step, self._held = step, None
        own = self._own_marks(facts, step)
        staged = _staged_marks(facts.staged, step)
        tags = (
            *lane_tags(facts.lanes or (facts.position,), market.contract),
            *reference_tags(market.mark, market.contract),
            *stop_tags(facts.orders),
            *self.tags,
            *(() if self.insight is None else self.insight.tags(facts)),
        )
        if axis.top_index is None:
            return ()
        indices = axis.indices
        own = self._with_held(own, indices)
        marks = self._marks_of(facts, staged, tags, now_ms)
        builder.position = facts.position.core
        insight = self.insight if self._options.is_pnl_net else None
        builder.charges = None if insight is None else insight.charges
        key = (indices, step, marks.plate, self._options, market.book_is_live, builder.position,
               builder.charges)  # fmt: skip
        held = self._held_back(key, marks, own, (market.book.sequence, now_ms))
        rows = builder.build(
            market.book,
            touch,
            indices=indices,
            step=step,
            own=own,
            marks=marks,
            style=self._style_now(),
            is_book_shown=market.book_is_live,
            held=held,
        )
        if self._shown and indices != self._shown:
            self._moved_ms = now_ms
        self._before, self._marks, self._shown, self._own = key, marks, indices, own
        if self._options.bar_scale is BarScale.MINUTE:
            self._grow(builder.widest, now_ms)
        self.is_unsettled = self._is_behind or bool(marks.bid_trail or marks.ask_trail)
        return rows

    def _own_marks(self, facts: RowFacts, step: int) -> Mapping[Placed, OwnMark]:
        """The own orders by row and column, kept while they are the same orders."""
        of = (facts.orders, step, bool(facts.lanes))
        if of != self._marks_of_orders[0]:
            self._marks_of_orders = (of, own_marks(facts.orders, step, is_hedged=of[2]))
        return self._marks_of_orders[1]

    def _place_axis(self, facts: RowFacts, kept: set[int]) -> None:
        axis, touch = self._axis, facts.touch
        is_held = facts.is_hovered or facts.is_busy
        if self._options.is_spread_collapsed:
            if facts.grab_target is not None:
                kept.add(facts.grab_target)
            axis.collapse(touch, kept, is_held=is_held)
        if self._options.centering is Centering.ALWAYS and axis.top_index is not None:
            if not facts.is_busy:
                axis.keep_centered(touch)
        else:
            axis.follow(touch, is_held=is_held)

    def _with_held(
        self, own: Mapping[Placed, OwnMark], indices: Sequence[int]
    ) -> Mapping[Placed, OwnMark]:
        """The order under the pointer stays there; a ghost stands where it truly is."""
        held = self._held
        if held is None:
            return own
        mark = own.get((held.true_row, held.side))
        if mark is None or held.row >= len(indices):
            self._held = None
            return own
        here = indices[held.row]
        if here == held.true_row:
            return own
        return {
            **own,
            (held.true_row, held.side): mark._replace(is_ghost=True),
            (here, held.side): mark._replace(is_held=True),
        }

    def _marks_of(
        self,
        facts: RowFacts,
        staged: Mapping[int, StagedMark],
        tags: Iterable[PriceTag],
        now_ms: float,
    ) -> RowMarks:
        market, step, touch = facts.market, self._axis.step, facts.touch
        scale, indices = market.contract.scale, self._axis.indices
        outside = self._axis.rows_outside(touch)
        entry, last = facts.position.core.average_entry, market.last_trade
        for trail, price in zip(self._trails, (touch.best_bid, touch.best_ask), strict=True):
            trail.take(None if price is None else row_index(price, step), now_ms)
        bid_trail, ask_trail = (trail.strengths(now_ms) for trail in self._trails)
        return RowMarks(
            cursor=self._axis.cursor,
            grab_target=facts.grab_target,
            entry=None if entry is None else row_index(scale.ticks_nearest(entry.value), step),
            last=None if last is None else row_index(last.price, step),
            last_lots=None if last is None else last.lots,
            last_way=0 if last is None else _WAYS[last.taker_side],
            tags=place_tags(
                (
                    *tags,
                    *staged_tags(facts.staged, step, indices),
                    *own_tags(facts.orders, step, indices, is_hedged=bool(facts.lanes)),
                ),
                market.contract,
                step,
                indices,
            ),
            plate=(outside > 0) - (outside < 0),
            staged=staged,
            bid_trail=bid_trail,
            ask_trail=ask_trail,
        )

    def _held_back(
        self,
        key: tuple[object, ...],
        marks: RowMarks,
        own: Mapping[Placed, OwnMark],
        at: tuple[int, float],
    ) -> frozenset[int] | None:
        """None when all rows are due, else the rows away from the inside that are made anew.

        Own orders, tags and whatever else stands on a single row is never held back: a tag that
        moves with every trade (the day's average) must not make all the others due.
        """
        sequence, now_ms = at
        if key != self._before:
            self._is_behind, self._sequence = False, sequence
            return None
        if sequence != self._sequence or self._is_behind:
            self._sequence = sequence
            self._is_behind = not self._pace.take(now_ms)
        if not self._is_behind:
            return None
        return rows_with_news((self._marks, self._own), (marks, own), self._shown)

    def _style_now(self) -> RowStyle:
        if self._style is None:
            options = self._options
            missing = self.missing
            full = {BarScale.FIXED: options.bar_full_lots, BarScale.MINUTE: self._full_lots}
            self._style = RowStyle(
                {
                    one.column: one.number_format
                    for one in options.columns
                    if one.is_shown and one.column not in missing
                },
                full.get(options.bar_scale),
                options.large_lots,
                options.is_volume_split,
                options.is_change_summed,
                options.is_pnl_net,
                options.shows_day,
                options.is_large_by_mean,
            )
        return self._style

    _full_lots: int | None = None

    def _grow(self, widest: int, now_ms: float) -> None:
        largest = self._largest.take(widest, now_ms)
        if largest != self._full_lots:
            self._full_lots = largest or None
            self._style = None


def _staged_marks(staged: Iterable[StagedOrder], step: int) -> dict[int, StagedMark]:
    """Staged orders by row; several on one row share a line."""
    marks: dict[int, StagedMark] = {}
    for order in staged:
        index = row_index(order.price, step)
        role = Role.CAUTION if order.side is None else _SIDE_ROLES[order.side]
        before = marks.get(index)
        if before is None:
            marks[index] = StagedMark(order.words, role, order.held_share, order.tail, order.short)
        else:
            words, share = f"{before.words}, {order.words}", before.held_share + order.held_share
            marks[index] = StagedMark(words, Role.CAUTION, min(1.0, share))
    return marks
