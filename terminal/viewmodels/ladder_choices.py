"""What the menu of a column offers beyond its look: what it counts, how, and from when."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.domain.volume_view import VolumePart
from terminal.viewmodels.keys import LadderAction, first_key
from terminal.viewmodels.ladder_columns import LadderColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_insight import LadderInsight

_C = LadderColumn
_CLICK_HELP = (
    "A left click in the column does it as well: above the inside it clears above, below it below, "
    "between the best prices all."
)
_ALL_HELP = "Every ladder that shows the contract counts anew. Only from this menu."
_SUMMED = (("is_change_summed", "Sum from the inside outwards"),)
_BY_MEAN = (("is_large_by_mean", "Large sizes: times the mean in view, not lots"),)
_SWITCHES = {
    _C.VOLUME: (("is_volume_split", "Split by who took: sold, bought"),),
    _C.BID_CHANGE: _SUMMED,
    _C.ASK_CHANGE: _SUMMED,
    _C.BID: _BY_MEAN,
    _C.ASK: _BY_MEAN,
    _C.PNL: (("is_pnl_net", "Fees and the next funding taken off"),),
    _C.PRICE: (("shows_day", "Mark day high, low and VWAP"),),
}
"""The ladder's options that are switched in a column's menu, by their names, with their words."""


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
    switches = tuple(
        ColumnChoice(words, partial(_turn, ladder, name), getattr(options, name))
        for name, words in _SWITCHES.get(column, ())
    )
    if column is _C.VOLUME:
        clears = tuple(
            ColumnChoice(
                f"Clear {part.value}, {where}",
                partial(insight.clear_volume, part, everywhere=everywhere),
                help=_ALL_HELP if everywhere else _CLICK_HELP,
            )
            for everywhere, where in ((False, "this ladder"), (True, "all ladders"))
            for part in VolumePart
        )
        return (*switches, *clears, *_restores(insight))
    if column is _C.NOTES:
        key = first_key(LadderAction.NOTE, ladder.keys)
        words = f"Note or alert at the cursor ({key})" if key else "Note or alert at the cursor"
        return (ColumnChoice(words, insight.ask_note),)
    if column is _C.PRICE:
        key = first_key(LadderAction.TO_TICKET, ladder.keys)
        words = f"{LadderAction.TO_TICKET.value} ({key})" if key else LadderAction.TO_TICKET.value
        tip = "Alt+click, or Windows key+click, takes the price under the pointer."
        return (*switches, ColumnChoice(words, ladder.price_to_ticket, help=tip))
    return switches


def _restores(insight: LadderInsight) -> tuple[ColumnChoice, ...]:
    """What was cleared can be brought back; nothing is offered before a clear."""
    return tuple(
        ColumnChoice(
            f"Bring the volume back, {where}",
            partial(insight.restore_volume, everywhere=everywhere),
            help="What was cleared is counted again, beside what was traded since.",
        )
        for everywhere, where in ((False, "this ladder"), (True, "all ladders"))
        if insight.can_restore_volume(everywhere=everywhere)
    )


def _turn(ladder: LadderViewModel, name: str) -> None:
    """Switch one of the ladder's options."""
    # Any: replace() is checked argument by argument, and which one it is the table says.
    turned: dict[str, Any] = {name: not getattr(ladder.options, name)}
    ladder.set_options(replace(ladder.options, **turned))
