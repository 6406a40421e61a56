"""The chart's view-model: candles of the workspace's contract, own orders, fills and position.

It owns what is shown of time (``chart_viewport``) and the chosen price range; widgets tell gestures
in slots and ticks and draw ``view``.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, final

from PySide6.QtCore import QObject, QTimer, Signal
from typing_extensions import override

from terminal.domain.candles import CandleInterval, SeriesChange
from terminal.domain.units import Price
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.chart_axis import TimeScale, zone_text
from terminal.viewmodels.chart_columns import ChartColumns
from terminal.viewmodels.chart_own import OwnThings
from terminal.viewmodels.chart_readout import Cursor, crosshair, readout
from terminal.viewmodels.chart_sight import Sight
from terminal.viewmodels.chart_view import (
    ALL_PARTS,
    EMPTY_CHART,
    PRICE_PANE,
    Bounds,
    ChartPart,
    ChartView,
    Figure,
)
from terminal.viewmodels.chart_viewport import Viewport
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.session.account import AccountSession
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.chart_columns import CandleValues
    from terminal.viewmodels.chart_source import CandleSource, CandleSources
    from terminal.viewmodels.chart_view import FillMark
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace

COUNTDOWN_INTERVAL_MS = 1000
_NEAR_LEFT_END = 0.5
"""Older candles are asked for when the first one is nearer than this share of the plot."""
_SMALLEST_PRICE_SPAN = 4.0
INTERVALS = tuple(CandleInterval)


class Move(Enum):
    """Where a key takes the chart."""

    OLDER = "older"
    NEWER = "newer"
    PAGE_OLDER = "a page older"
    PAGE_NEWER = "a page newer"
    OLDEST = "oldest"
    LATEST = "latest"


@final
class ChartViewModel(ViewModel):
    """A candle chart that follows the workspace. ``view`` is what to draw.

    ``options_changed`` tells that ``interval`` or ``parts`` is another one and may be stored.
    """

    options_changed = Signal()

    def __init__(  # noqa: PLR0913, PLR0917 - what a chart shows comes from all of these
        self,
        workspace: Workspace,
        desk: OrderDesk,
        account: AccountSession,
        sources: CandleSources[Any],
        frame: FrameClock,
        clock: Clock,
        interval: CandleInterval = CandleInterval.M1,
        zone: tzinfo | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.view: ChartView = EMPTY_CHART
        self.interval = interval
        self.parts = ALL_PARTS
        self.viewport = Viewport()
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self._own = OwnThings(desk, account, clock)
        self._sight = Sight()
        self._sources = sources
        self._zone = zone
        self._market: MarketSession | None = None
        self._source: CandleSource | None = None
        self._columns = ChartColumns(interval)
        self._pending: SeriesChange | None = None
        self._handles: list[Removable] = []
        self._price_range: Bounds | None = None
        self._cursor: Cursor | None = None
        self._asked_before: int | None = None
        self.takes_price: Callable[[Contract, Price], Message] | None = None
        """Where a picked price goes, and what came of it."""
        self._said: Message | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(COUNTDOWN_INTERVAL_MS)
        self._timer.timeout.connect(self.mark_dirty)

    # Life ------------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self.listen(
            self._desk.on_changed.add(self._on_orders_changed),
            self._account.on_changed.add(self.mark_dirty),
        )
        self._on_contract_changed()
        if not self._is_paused:
            self._timer.start()

    @override
    def stop(self) -> None:
        was_running = self._is_running
        super().stop()
        self._timer.stop()
        self._leave()
        if was_running:
            self._workspace.contract_changed.disconnect(self._on_contract_changed)

    @override
    def set_paused(self, paused: bool) -> None:
        super().set_paused(paused)
        if paused:
            self._timer.stop()
        elif self._is_running:
            self._timer.start()

    @property
    def is_counting_down(self) -> bool:
        """Whether the forming candle's remaining time is kept up to date."""
        return self._timer.isActive()

    # Gestures --------------------------------------------------------------------------------

    def choose_interval(self, interval: CandleInterval) -> None:
        """Show candles of another length."""
        if interval is self.interval:
            return
        self.interval = interval
        if self._is_running:
            self._on_contract_changed()
        self.options_changed.emit()

    def show_part(self, part: ChartPart, *, is_shown: bool) -> None:
        """Take a part of the chart in or leave it out."""
        parts = self.parts | {part} if is_shown else self.parts - {part}
        if parts != self.parts:
            self.parts = parts
            self.mark_dirty()
            self.options_changed.emit()

    def step_interval(self, steps: int) -> None:
        """Take a longer (positive) or shorter interval; at the ends nothing happens."""
        index = INTERVALS.index(self.interval) + steps
        self.choose_interval(INTERVALS[min(max(index, 0), len(INTERVALS) - 1)])

    def set_plot_width(self, width_px: int) -> None:
        """The widget's plot is so wide."""
        if width_px != self.viewport.width_px:
            self.viewport.set_width(width_px)
            self.mark_dirty()

    def pan(self, slots: float) -> None:
        """Move towards newer candles (positive) or older ones."""
        self.viewport.pan(slots)
        self._viewport_moved()

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Make candles wider or narrower about a slot.

        Without one about the newest candle while it is followed, else about the middle.
        """
        viewport = self.viewport
        if at is None:
            is_at_end = viewport.is_following and len(self._columns)
            middle = (viewport.left + viewport.right) / 2
            at = float(self._columns.slots[-1]) + 1.0 if is_at_end else middle
        viewport.zoom(factor, at)
        self._viewport_moved()

    def move(self, where: Move) -> None:
        """What the keys do: a tenth of the plot, nearly all of it, or to an end."""
        if where is Move.LATEST:
            self.viewport.latest()
        elif where is Move.OLDEST:
            self.viewport.oldest()
        else:
            self.viewport.pan(_MOVES[where] * self.viewport.span)
        self._viewport_moved()

    def set_price_range(self, low: float, high: float) -> None:
        """Hold the price axis at a range in ticks; nonsense is ignored."""
        if high - low >= _SMALLEST_PRICE_SPAN:
            self._price_range = Bounds(low, high)
            self.mark_dirty()

    def auto_price(self) -> None:
        """Let the price axis follow what is in sight."""
        self._price_range = None
        self.mark_dirty()

    def reset(self) -> None:
        """Usual zoom, newest candle, price axis that follows."""
        self._price_range = None
        self.viewport.reset_zoom()
        self._viewport_moved()

    @property
    def pointed(self) -> Price | None:
        """The price under the pointer, on a tick; None while it is elsewhere."""
        cursor = self._cursor
        if cursor is None or cursor.pane != PRICE_PANE or self._market is None:
            return None
        price = Price(round(cursor.value))
        return price if price > 0 else None

    def pick(self, price: Price | None) -> None:
        """Let the ticket take a price; what came of it is said. Nothing is sent."""
        market = self._market
        if market is None or price is None or self.takes_price is None:
            return
        self._said = self.takes_price(market.contract, price)
        self.mark_dirty()

    def point_at(self, slot: int, pane: str, value: float) -> None:
        """The cursor is over a slot, at a value of a pane's axis."""
        self._cursor = Cursor(slot, pane, value)
        self.mark_dirty()

    def point_nowhere(self) -> None:
        """The cursor has left."""
        self._cursor = self._said = None
        self.mark_dirty()

    def _viewport_moved(self) -> None:
        self._asked_before = None  # a new look may ask again, even after a failure
        self.mark_dirty()

    # Sources ---------------------------------------------------------------------------------

    def _on_contract_changed(self) -> None:
        before = self._source
        market = self._workspace.market
        is_other = market is not self._market
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._market, self._source = market, None
        if market is not None:
            source: CandleSource = self._sources.open(market.contract.symbol, self.interval)
            self._source = source
            self._handles = [
                source.on_changed.add(self._on_series_changed),
                source.on_status_changed.add(self.mark_dirty),
                market.on_mark_changed.add(self.mark_dirty),
            ]
        if before is not None:
            self._sources.close(before)
        self._start_over(is_other=is_other)

    def _start_over(self, *, is_other: bool) -> None:
        """Another series: nothing of the one before may be seen in it."""
        self._columns = ChartColumns(self.interval)
        self._pending = None
        self._sight = Sight()
        self._own.forget()
        self._cursor = None
        self._asked_before = None
        self.viewport.reset()
        if is_other:
            self._price_range = None
        if self._source is not None and len(self._source.series):
            self._pending = SeriesChange(0, 0, len(self._source.series))
        self.mark_dirty()

    def _leave(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []
        source, self._source, self._market = self._source, None, None
        if source is not None:
            self._sources.close(source)

    def _on_series_changed(self, change: SeriesChange) -> None:
        """Only note it: a hundred trades between two frames are one copy."""
        before = self._pending
        self._pending = change if before is None else before.then(change)
        self.mark_dirty()

    def _on_orders_changed(self) -> None:
        self._own.forget()
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def refresh(self) -> bool:
        market, source = self._market, self._source
        if market is None or source is None:
            view = EMPTY_CHART
        else:
            self._take_pending(source)
            self._ask_for_older(source)
            view = self._build(market, source)
        changed = view != self.view
        self.view = view
        return changed

    def _take_pending(self, source: CandleSource) -> None:
        pending, self._pending = self._pending, None
        if pending is None:
            return
        columns = self._columns
        columns.take(source.series, pending)
        if len(columns):
            self.viewport.set_ends(int(columns.slots[0]), int(columns.slots[-1]))

    def _ask_for_older(self, source: CandleSource) -> None:
        if not len(self._columns) or not self.viewport.width_px:
            return
        first = int(self._columns.slots[0])
        is_near = self.viewport.left < first + self.viewport.span * _NEAR_LEFT_END
        if is_near and source.has_older and not source.is_loading and first != self._asked_before:
            self._asked_before = first
            source.load_older()

    def _build(self, market: MarketSession, source: CandleSource) -> ChartView:
        columns, viewport, contract = self._columns, self.viewport, source.contract
        if not len(columns):
            return ChartView(
                symbol=str(contract.symbol),
                contract=contract,
                interval=self.interval,
                parts=self.parts,
                waiting=self._waiting(source),
            )
        stale = source.staleness()
        scale = TimeScale(columns.base_ms or 0, self.interval, self._zone)
        first, end = columns.range_of(viewport.left, viewport.right)
        live = columns.values(-1)
        seen, most_lots = self._sight.extremes(columns, first, end, live)
        marks = self._own.marks(contract, columns, self.parts)
        note = self._note(source, first)
        return ChartView(
            symbol=str(contract.symbol),
            contract=contract,
            interval=self.interval,
            columns=columns,
            revision=columns.revision,
            live=live,
            left=viewport.left,
            right=viewport.right,
            slot_px=viewport.slot_px,
            first=first,
            end=end,
            seen=seen,
            most_lots=most_lots,
            price_range=self._price_range,
            time_ticks=self._sight.time_ticks(viewport, scale),
            lines=self._own.lines(market, live, columns, self.parts),
            marks=marks,
            crosshair=None if self._cursor is None else crosshair(self._cursor, contract, scale),
            readout=self._readout(live, marks, contract, scale),
            is_following=viewport.is_following,
            parts=self.parts,
            zone_text=zone_text(int(live.slot), scale),
            stale=None if stale is None else stale.reason,
            waiting=None,
            note=note.text,
            note_role=note.role,
        )

    def _waiting(self, source: CandleSource) -> str:
        name = f"{self.interval.text} candles of {source.contract.symbol}"
        if source.problem:
            return source.problem
        if source.is_loading or source.has_older:
            return f"Loading {name}."
        stale = source.staleness()
        if stale is not None:
            return stale.reason
        return f"No {name} yet. The first trade begins one."

    def _note(self, source: CandleSource, first: int) -> Message:
        if source.problem:
            return Message(source.problem, Role.CAUTION)
        if self._said is not None:
            return self._said
        is_loading = source.is_loading and first == 0
        return Message("Loading older candles." if is_loading else "", Role.TEXT_DIM)

    def _readout(
        self,
        live: CandleValues,
        marks: tuple[FillMark, ...],
        contract: Contract,
        scale: TimeScale,
    ) -> tuple[Figure, ...]:
        # Right of the newest candle there is nothing to read yet: the newest itself is read.
        slot = int(live.slot) if self._cursor is None else min(self._cursor.slot, int(live.slot))
        return readout(slot, self._columns, marks, contract, scale)


_MOVES = {
    Move.OLDER: -0.1,
    Move.NEWER: 0.1,
    Move.PAGE_OLDER: -0.9,
    Move.PAGE_NEWER: 0.9,
}
