"""What of a series is in sight: its extremes and time labels, kept for as long as they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.viewmodels.chart_axis import time_ticks
from terminal.viewmodels.chart_view import Bounds

if TYPE_CHECKING:
    from terminal.viewmodels.chart_axis import AxisTick, TimeScale
    from terminal.viewmodels.chart_columns import CandleValues, ChartColumns
    from terminal.viewmodels.chart_viewport import Viewport

TIME_LABEL_GAP_PX = 84


@final
class Sight:
    """One series' own: another series gets another one."""

    def __init__(self) -> None:
        self._history: tuple[tuple[int, int, int], Bounds | None, float] | None = None
        self._ticks: tuple[tuple[object, ...], tuple[AxisTick, ...]] | None = None

    def extremes(
        self, columns: ChartColumns, first: int, end: int, live: CandleValues
    ) -> tuple[Bounds | None, float]:
        """Lowest and highest price and the largest size of candles ``[first, end)``.

        History's are kept: a tick at the live end looks at one candle, not at a million.
        """
        last = len(columns) - 1
        bounds, most = self._of_history(columns, first, min(end, last))
        if first <= last < end:
            most = max(most, live.lots)
            bounds = (
                Bounds(live.low, live.high)
                if bounds is None
                else Bounds(min(bounds.low, live.low), max(bounds.high, live.high))
            )
        return bounds, most

    def _of_history(
        self, columns: ChartColumns, first: int, end: int
    ) -> tuple[Bounds | None, float]:
        key = (columns.revision, first, end)
        if self._history is None or self._history[0] != key:
            bounds, most = None, 0.0
            if first < end:
                part = slice(first, end)
                bounds = Bounds(float(columns.lows[part].min()), float(columns.highs[part].max()))
                most = float(columns.lots[part].max())
            self._history = (key, bounds, most)
        return self._history[1:]

    def time_ticks(self, viewport: Viewport, scale: TimeScale) -> tuple[AxisTick, ...]:
        """The labels of the time axis."""
        key = (viewport.left, viewport.right, viewport.slot_px, scale)
        if self._ticks is None or self._ticks[0] != key:
            ticks = time_ticks(
                viewport.left,
                viewport.right,
                slot_px=viewport.slot_px,
                gap_px=TIME_LABEL_GAP_PX,
                scale=scale,
            )
            if all(tick.is_major for tick in ticks):  # what all are, none is
                ticks = tuple(tick._replace(is_major=False) for tick in ticks)
            self._ticks = (key, ticks)
        return self._ticks[1]
