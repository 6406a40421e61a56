"""What goes with the next order beyond side, size and price, in words: one label for every hand.

The line at the cursor, the mark under the pointer and what is held back read the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.lanes import closes, lane_words

if TYPE_CHECKING:
    from terminal.domain.units import Side
    from terminal.viewmodels.ladder_trading import LadderTrading


def terms_label(
    trading: LadderTrading, side: Side | None, *, reduces: bool = False, is_stop: bool = False
) -> str:
    """Post-only, reduce-only, exits and the lane of hedge mode; empty where nothing is special.

    Without a side both are meant. ``reduces`` is for an order that is made to, whatever the next
    one was to do. A stop takes neither post-only nor exits with it: where exits were asked for, it
    is said that they are left out.
    """
    lane = lane_words(trading.lane)
    closes_lane = side is not None and closes(trading.lane, side)
    is_exit = reduces or closes_lane or trading.is_reduce_only
    exits = "no bracket" if is_stop else "with exits"
    parts = (
        "post-only" if trading.is_post_only and not is_stop else "",
        "reduce-only" if is_exit else "",
        exits if trading.bracket is not None and not is_exit else "",
        f"(closes the {trading.lane.value})" if closes_lane else f"({lane})" if lane else "",
    )
    return " ".join(part for part in parts if part)
