"""What the menu of a column offers beyond its look: what it counts, how, and from when."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.volume_view import VolumePart
from terminal.viewmodels.keys import LadderAction, first_key
from terminal.viewmodels.ladder_columns import LadderColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_options import LadderOptions

_C = LadderColumn


@final
class ColumnChoice(NamedTuple):
    """One entry. ``is_on`` is None for what is done, else whether the choice holds."""

    words: str
    deed: Callable[[], None]
    is_on: bool | None = None
    help: str = ""


def column_choices(ladder: LadderViewModel, column: LadderColumn) -> tuple[ColumnChoice, ...]:
    """The entries of one column, none for most."""
    insight, options = ladder.insight, ladder.options
    if insight is None:
        return ()
    if column is _C.VOLUME:
        split = _switch(
            ladder,
            "Split by who took: sold, bought",
            replace(options, is_volume_split=not options.is_volume_split),
            is_on=options.is_volume_split,
        )
        clears = tuple(
            ColumnChoice(
                f"Clear {part.value}, {where}",
                partial(insight.clear_volume, part, everywhere=everywhere),
                help="A click in the column does it as well: above the inside clears above, "
                "below it below, between all. Left: this ladder. Right: all ladders.",
            )
            for everywhere, where in ((False, "this ladder"), (True, "all ladders"))
            for part in VolumePart
        )
        return (split, *clears)
    if column in {_C.BID_CHANGE, _C.ASK_CHANGE}:
        return (
            _switch(
                ladder,
                "Sum from the inside outwards",
                replace(options, is_change_summed=not options.is_change_summed),
                is_on=options.is_change_summed,
            ),
        )
    if column in {_C.BID, _C.ASK}:
        return (
            _switch(
                ladder,
                "Large sizes: times the mean in view, not lots",
                replace(options, is_large_by_mean=not options.is_large_by_mean),
                is_on=options.is_large_by_mean,
            ),
        )
    if column is _C.PNL:
        return (
            _switch(
                ladder,
                "Fees and the next funding taken off",
                replace(options, is_pnl_net=not options.is_pnl_net),
                is_on=options.is_pnl_net,
            ),
        )
    if column is _C.PRICE:
        return (
            _switch(
                ladder,
                "Mark day high, low and VWAP",
                replace(options, shows_day=not options.shows_day),
                is_on=options.shows_day,
            ),
        )
    if column is _C.NOTES:
        key = first_key(LadderAction.NOTE, ladder.keys)
        words = f"Note or alert at the cursor ({key})" if key else "Note or alert at the cursor"
        return (ColumnChoice(words, insight.ask_note),)
    return ()


def _switch(
    ladder: LadderViewModel, words: str, options: LadderOptions, *, is_on: bool
) -> ColumnChoice:
    return ColumnChoice(words, partial(ladder.set_options, options), is_on)
