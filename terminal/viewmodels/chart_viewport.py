"""Which part of time the chart shows: zoom, pan, and following the newest candle.

Numbers are slots (see ``chart_columns``) and pixels of the plot; nothing here knows candles.
"""

from __future__ import annotations

from typing import final

DEFAULT_SLOT_PX = 8.0
LARGEST_SLOT_PX = 80.0
SMALLEST_SLOT_PX = 0.0005
SPARE_PX = 72.0
"""Room right of the newest candle: for its price line's label and for what comes next."""
SMALLEST_KEPT_PX = 1.0
"""A zoom that is kept for another series shows at most one candle a pixel: more take long to load.
"""
_SEEN_SLOTS = 3.0
"""So much of the candles stays in sight, whatever is done."""
_FULL_SHARE = 0.92
"""How much of the plot all loaded candles fill when zoomed fully out."""


@final
class Viewport:
    """The shown slots ``[left, right)``.

    While ``is_following``, the newest candle keeps its distance to the right edge. Panning it out
    of sight ends that; bringing it back, or ``latest``, begins it again.
    """

    def __init__(self) -> None:
        self.width_px = 0
        self.slot_px = DEFAULT_SLOT_PX
        self.right = 0.0
        self._first: int | None = None
        self._last: int | None = None
        self._gap_px: float | None = None
        self.is_following = True

    @property
    def span(self) -> float:
        """How many slots are shown."""
        return self.width_px / self.slot_px

    @property
    def left(self) -> float:
        """The left edge."""
        return self.right - self.span

    def reset(self) -> None:
        """Another series: forget where we were, keep the zoom as far as that loads quickly."""
        self.slot_px = max(self.slot_px, SMALLEST_KEPT_PX)
        self._first = self._last = None
        self.latest()

    def set_width(self, width_px: int) -> None:
        """The plot is so wide now; candles keep their width, the right edge stays."""
        self.width_px = max(0, width_px)
        self._place()

    def set_ends(self, first: int, last: int) -> None:
        """The slots of the oldest and newest candle."""
        self._first, self._last = first, last
        self._place()

    # Gestures --------------------------------------------------------------------------------

    def pan(self, slots: float) -> None:
        """Move towards newer candles (positive) or older ones."""
        self.right += slots
        self._keep_in_reach()
        self._look_whether_following()

    def zoom(self, factor: float, at: float) -> None:
        """Make candles ``factor`` times as wide; the slot ``at`` stays where it is."""
        before = self.slot_px
        # Room may have grown since: zooming out must not zoom in then.
        smallest = min(before, self._smallest_px())
        self.slot_px = min(LARGEST_SLOT_PX, max(smallest, before * factor))
        self.right = at + (self.right - at) * before / self.slot_px
        self._keep_in_reach()
        self._look_whether_following()

    def latest(self) -> None:
        """Back to the newest candle, and follow it."""
        self._gap_px = None
        self.is_following = True
        self._place()

    def oldest(self) -> None:
        """To the oldest candle that is loaded."""
        if self._first is not None:
            self.right = self._first + self.span * _FULL_SHARE
            self._keep_in_reach()
            self._look_whether_following()

    def reset_zoom(self) -> None:
        """As at the beginning: usual width, newest candle, following."""
        self.slot_px = DEFAULT_SLOT_PX
        self.latest()

    # Keeping in reach ------------------------------------------------------------------------

    def _smallest_px(self) -> float:
        """All loaded candles and a margin, but no zoom out to a needle."""
        if self._first is None or self._last is None or not self.width_px:
            return SMALLEST_SLOT_PX
        count = self._last - self._first + 1
        return max(SMALLEST_SLOT_PX, min(DEFAULT_SLOT_PX, self.width_px * _FULL_SHARE / count))

    def _place(self) -> None:
        if not self.is_following or self._last is None:
            return
        if self._gap_px is None:
            gap_px = min(SPARE_PX, self.width_px / 2)
        else:  # where the user put it, if the plot is still so wide
            gap_px = min(self._gap_px, self.width_px - self._seen * self.slot_px)
        self.right = self._last + 1 + gap_px / self.slot_px

    @property
    def _seen(self) -> float:
        return min(self.span, _SEEN_SLOTS)

    def _keep_in_reach(self) -> None:
        if self._first is None or self._last is None:
            return
        self.right = min(self.right, self._last + 1 + self.span - self._seen)
        self.right = max(self.right, self._first + self._seen)

    def _look_whether_following(self) -> None:
        if self._last is None or not self.width_px:
            return
        end = self._last + 1
        self.is_following = end <= self.right + 1e-9  # it never is left of the plot
        self._gap_px = max(0.0, (self.right - end) * self.slot_px)
